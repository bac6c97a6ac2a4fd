"""The request for information as data: its moves, what each must record, codes and words in both
languages. Clocks and grounds are the closed lists that agreements choose from."""

from __future__ import annotations

from functools import cache
from typing import Final

from esclusa.casework.forms import (
    Code,
    Field,
    MoveRow,
    Word,
    codes_of,
    fields_of,
    final_of,
    rows_of,
    states_of,
    words_of,
)
from esclusa.sharing.agreement.lists import clocks, refusals

REQUESTER: Final = "requester"
LEAD: Final = "lead"
ANSWERER: Final = "answerer"
SYSTEM: Final = "(node)"
"""Who makes the moves that follow from time; no account can have this name."""
ANSWERS: Final = frozenset({"answer_full", "answer_part", "answer_none"})
DECISIONS: Final = ANSWERS | {"refuse"}
"""Moves by which the asked service settles the question."""


class Row(MoveRow, frozen=True, kw_only=True):
    """A move that the table allows from one state."""

    def may(self, side: str, *, system: bool) -> bool:
        """Tell whether a side's people, or its system, may make it."""
        return side == (ANSWERER if self.actor == ANSWERER else REQUESTER) and system == (
            self.actor == "system"
        )


@cache
def rows() -> dict[tuple[str, str], Row]:
    """Return the table of moves by (move, state)."""
    return rows_of("information_states.csv", Row)


@cache
def states() -> tuple[str, ...]:
    """Return every state that a request can be in, in the order of the table."""
    return states_of(rows().values())


@cache
def final() -> frozenset[str]:
    """Return the states that nobody can leave."""
    return final_of(rows().values())


@cache
def fields() -> dict[str, Field]:
    """Return every field by its name."""
    return fields_of("information_fields.csv")


@cache
def codes(name: str) -> dict[str, Code]:
    """Return a list of codes by code; empty when there is no such list.

    ``clock`` and ``ground`` are the lists of :mod:`esclusa.sharing.agreement`, with their sources.
    """
    if name == "clock":
        return {
            clock.id: Code(
                list=name, code=clock.id, text_en=clock.text.en, text_es=clock.text.es,
                meaning_en=clock.source, meaning_es=clock.source,
            )
            for clock in clocks().values()
        }  # fmt: skip
    if name == "ground":
        return {
            ground.code: Code(
                list=name, code=ground.code, text_en=ground.text.en, text_es=ground.text.es,
                meaning_en=ground.source, meaning_es=ground.source,
            )
            for ground in refusals().values()
        }  # fmt: skip
    return codes_of("information_codes.csv", name)


@cache
def words(group: str) -> dict[str, Word]:
    """Return the words of a group (``state``, ``move``, ``lost``, ``stays``) by code."""
    return words_of("information_words.csv", group)
