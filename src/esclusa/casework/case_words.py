"""The case's data: its moves, what each must record, codes and words in both languages."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Final

import msgspec

from esclusa.casework.forms import Code, Field, Need, Word, codes_of, fields_of, needs_of, words_of
from esclusa.casework.tables import table

NONE: Final = "none"
"""Where a case stands that is not there yet."""
ITEMS: Final = ("alert", "record", "entity", "referral", "request")
"""Kinds of things that can be put into a case."""
WRITTEN: Final = frozenset({"text", "long"})
"""Types of fields whose values are free text: they stand in a move's words."""


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """A move that the table allows.

    ``sources`` are the states of the case that it is made from, empty for any; ``target`` where it
    leads, "" where the case stays as it is. ``of`` is the kind of thing that it makes or is about;
    it makes one where ``of_sources`` is empty, which else are the states of that thing, and
    ``of_target`` is where that leads. ``actor``: ``anyone``, ``member``, ``lead``, ``author`` of
    the thing, or its ``assignee``.
    """

    move: str
    sources: frozenset[str]
    target: str
    of: str
    of_sources: frozenset[str]
    of_target: str
    actor: str
    needs: tuple[Need, ...]

    @property
    def fields(self) -> tuple[str, ...]:
        """Return every field that it records, in the order of the table."""
        return tuple(name for need in self.needs for name in need.fields)

    @property
    def makes(self) -> str:
        """Return the kind of thing that it adds to the case, "" when it adds none."""
        return self.of if self.of and not self.of_sources else ""

    @property
    def about(self) -> str:
        """Return the kind of thing that it is about and that must be named, "" for none."""
        return self.of if self.of_sources else ""

    def allows(self, state: str) -> bool:
        """Tell whether it can be made where the case stands; never before there is one."""
        return state in self.sources or (not self.sources and state != NONE)


@cache
def rows() -> Mapping[str, Row]:
    """Return the table of moves by move, in its order."""
    return {
        item["move"]: Row(
            move=item["move"], target=item["to"], of=item["of"], of_target=item["of_to"],
            sources=frozenset(() if item["from"] == "*" else item["from"].split()),
            of_sources=frozenset(item["of_from"].split()), actor=item["actor"],
            needs=tuple(needs_of(item["needs"])),
        )
        for item in table("case_states.csv")
    }  # fmt: skip


@cache
def states() -> tuple[str, ...]:
    """Return every state that a case can be in, in the order of the table."""
    return tuple(dict.fromkeys(row.target for row in rows().values() if row.target))


@cache
def fields() -> dict[str, Field]:
    """Return every field by its name."""
    return fields_of("case_fields.csv")


@cache
def codes(name: str) -> dict[str, Code]:
    """Return a list of codes by code; empty when there is no such list."""
    return codes_of("case_codes.csv", name)


@cache
def words(group: str) -> dict[str, Word]:
    """Return the words of a group (``state``, ``of_state``, ``move``, ``item``, ``check``)."""
    return words_of("case_words.csv", group)
