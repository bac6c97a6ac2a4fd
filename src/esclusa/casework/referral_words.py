"""The referral's data: its moves, what each must record, codes and words in both languages."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Final

import msgspec

from esclusa.casework.tables import table

TEAM: Final = "team"
LEAD: Final = "lead"
HOST: Final = "host"
SYSTEM: Final = "(node)"
"""Who makes the moves that follow from time or from a deleted bill; no account can have this
name."""

_SIDES: Final = {
    TEAM: ("requester",), LEAD: ("requester",), HOST: ("host",), "system": ("requester",),
    "either": ("requester", "host"), "system_or_host": ("requester", "host"),
}  # fmt: skip


class Need(msgspec.Struct, frozen=True):
    """What a move records: one of these fields must be filled, unless it is ``optional``."""

    fields: tuple[str, ...]
    optional: bool = False


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """A move that the table allows from one state."""

    move: str
    source: str
    target: str
    actor: str
    rules: frozenset[str]
    needs: tuple[Need, ...]

    def may(self, side: str, *, system: bool) -> bool:
        """Tell whether a side's people, or its system, may make it."""
        if side not in _SIDES[self.actor]:
            return False
        if self.actor == "system_or_host":
            return system == (side == "requester")
        return system == (self.actor == "system")

    @property
    def fields(self) -> tuple[str, ...]:
        """Return every field that it records, in the order of the table."""
        return tuple(name for need in self.needs for name in need.fields)


class Field(msgspec.Struct, frozen=True, kw_only=True):
    """A field of a move. ``type``: ``text``, ``long``, ``number``, ``moment`` (ISO 8601 with a
    zone) or ``code`` of ``list``; ``least`` and ``most`` are characters."""

    name: str
    type: str
    list: str
    least: int
    most: int
    text_en: str
    text_es: str


class Code(msgspec.Struct, frozen=True, kw_only=True):
    """A code of a closed list with its text and what it means."""

    list: str
    code: str
    text_en: str
    text_es: str
    meaning_en: str = ""
    meaning_es: str = ""


class Word(msgspec.Struct, frozen=True, kw_only=True):
    """A state, a move, or a reason why a move does not count, for people."""

    group: str
    code: str
    text_en: str
    text_es: str


@cache
def rows() -> dict[tuple[str, str], Row]:
    """Return the table of moves by (move, state)."""
    return {
        (item["move"], item["from"]): Row(
            move=item["move"], source=item["from"], target=item["to"], actor=item["actor"],
            rules=frozenset(item["rules"].split()), needs=tuple(_needs(item["needs"])),
        )
        for item in table("referral_states.csv")
    }  # fmt: skip


def _needs(text: str) -> Iterator[Need]:
    for word in text.split():
        yield Need(tuple(word.removeprefix("?").split("|")), word.startswith("?"))


@cache
def states() -> tuple[str, ...]:
    """Return every state that a referral can be in, in the order of the table."""
    return tuple(dict.fromkeys(row.target for row in rows().values()))


@cache
def final() -> frozenset[str]:
    """Return the states that nobody can leave."""
    return frozenset(states()) - {row.source for row in rows().values()}


@cache
def fields() -> dict[str, Field]:
    """Return every field by its name."""
    return {row["name"]: msgspec.convert(row, Field, strict=False)
            for row in table("referral_fields.csv")}  # fmt: skip


@cache
def codes(name: str) -> dict[str, Code]:
    """Return a list of codes by code; empty when there is no such list."""
    return {row["code"]: Code(**row) for row in table("referral_codes.csv")
            if row["list"] == name}  # fmt: skip


@cache
def words(group: str) -> dict[str, Word]:
    """Return the words of a group (``state``, ``move``, ``lost``) by code."""
    return {row["code"]: Word(**row) for row in table("referral_words.csv")
            if row["group"] == group}  # fmt: skip
