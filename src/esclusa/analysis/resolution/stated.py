"""What an entity's mentions state, value by value, and which values contradict each other.

An entity is a hypothesis. Where two of its mentions state two birth dates, one of the records is
wrong, or the entity is; both values stand side by side and a person decides.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from itertools import combinations
from typing import Final

import msgspec

from esclusa.analysis.resolution.attributes import births
from esclusa.analysis.resolution.mention import VESSEL, Mention
from esclusa.codes.text import compact

PARTS: Final = (
    "names", "birth_dates", "nationalities", "identifiers", "addresses", "places", "phones",
)  # fmt: skip
"""What is stated of an entity, in the order in which it is read."""
_OTHER_DATE: Final = frozenset({"near", "swapped", "contradiction", "partial_contradiction"})
"""Verdicts on two birth dates that cannot both be right; near ones may be one slip of a key."""


class Stated(msgspec.Struct, frozen=True, kw_only=True):
    """A value, the ids of the mentions that state it in their order, and whether another value of
    the same part contradicts it."""

    part: str
    value: str
    mentions: tuple[str, ...]
    differs: bool = False


def stated(mentions: Iterable[Mention], exclusive: Iterable[str]) -> tuple[Stated, ...]:
    """Return what mentions state, part by part in the order of ``PARTS``; of each part the value
    stated most often first, then by the value.

    :param exclusive: schemes of numbers of which one has only one (an IMO number, a tax number);
        ``Settings.exclusive`` names them.

    Spellings that differ in letter case and blanks alone are one value, shown as first met. Two
    birth dates of which one is not a part of the other contradict each other; so do two numbers of
    one exclusive scheme, and two flags of a ship. Names, addresses, telephones may be many.
    """
    said: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    shown: dict[tuple[str, str], str] = {}
    ship = False
    known: dict[tuple[tuple[str, ...], ...], list[tuple[str, str]]] = {}
    for one in mentions:
        ship = ship or one.type == VESSEL
        values = tuple(getattr(one, part) for part in PARTS)
        if values not in known:  # most mentions of an entity state what another one states
            known[values] = list(_keys(values, shown))
        for key in known[values]:
            said[key].append(one.id)
    wrong = _differing(shown, frozenset(exclusive), ship=ship)
    found = [
        Stated(part=key[0], value=shown[key], mentions=tuple(ids), differs=key in wrong)
        for key, ids in said.items()
    ]
    return tuple(
        sorted(found, key=lambda one: (PARTS.index(one.part), -len(one.mentions), one.value))
    )


def _keys(
    values: tuple[tuple[str, ...], ...], shown: dict[tuple[str, str], str]
) -> Iterator[tuple[str, str]]:
    """Yield (part, plain value) of the values of a mention, and note as which each is shown."""
    for part, stated_ in zip(PARTS, values, strict=True):
        for value in dict.fromkeys(stated_):
            key = (part, _plain(part, value))
            shown.setdefault(key, value)
            yield key


def _plain(part: str, value: str) -> str:
    if part == "identifiers":
        scheme, _, number = value.partition(":")
        return f"{scheme.lower()}:{compact(number)}"
    return " ".join(value.upper().split())


def _differing(
    shown: Mapping[tuple[str, str], str], exclusive: frozenset[str], *, ship: bool
) -> set[tuple[str, str]]:
    """Return the values that another one of their part contradicts."""
    dates = [key for key in shown if key[0] == "birth_dates"]
    found = {key for one, other in combinations(dates, 2)
             if births((one[1],), (other[1],)) in _OTHER_DATE for key in (one, other)}  # fmt: skip
    alone: defaultdict[str, list[tuple[str, str]]] = defaultdict(list)
    for key in shown:
        scheme = key[1].partition(":")[0]
        if key[0] == "identifiers" and scheme in exclusive:
            alone[scheme].append(key)
        elif key[0] == "nationalities" and ship:
            alone[""].append(key)
    return found.union(*(keys for keys in alone.values() if len(keys) > 1))
