"""The referral's data: its moves, what each must record, codes and words in both languages."""

from __future__ import annotations

from functools import cache
from typing import Final

from esclusa.casework import waiver_exceptions
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


class Row(MoveRow, frozen=True, kw_only=True):
    """A move that the table allows from one state."""

    def may(self, side: str, *, system: bool) -> bool:
        """Tell whether a side's people, or its system, may make it."""
        if side not in _SIDES[self.actor]:
            return False
        if self.actor == "system_or_host":
            return system or side == "host"
        return system == (self.actor == "system")


@cache
def rows() -> dict[tuple[str, str], Row]:
    """Return the table of moves by (move, state)."""
    return rows_of("referral_states.csv", Row)


@cache
def states() -> tuple[str, ...]:
    """Return every state that a referral can be in, in the order of the table."""
    return states_of(rows().values())


@cache
def final() -> frozenset[str]:
    """Return the states that nobody can leave."""
    return final_of(rows().values())


@cache
def fields() -> dict[str, Field]:
    """Return every field by its name."""
    return fields_of("referral_fields.csv")


@cache
def codes(name: str, day: str = "") -> dict[str, Code]:
    """Return a list of codes by code; empty when there is no such list.

    :param day: of exceptions those in force on it (``YYYY-MM-DD``, UTC), "" for the newest.
    """
    if name == waiver_exceptions.LIST:
        return {code: one.coded() for code, one in waiver_exceptions.in_force(day).items()}
    return codes_of("referral_codes.csv", name)


@cache
def words(group: str) -> dict[str, Word]:
    """Return the words of a group (``state``, ``move``, ``lost``) by code."""
    return words_of("referral_words.csv", group)
