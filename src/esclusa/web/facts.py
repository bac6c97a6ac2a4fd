"""Ordering a record's facts for the page, and tying reasons to the facts they rest on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Final

import msgspec

from esclusa.model import Reason
from esclusa.sharing.views import Fact
from esclusa.web.catalogue import vocabulary

GENERAL: Final = ""
"""Path of the group that holds what belongs to the record as a whole."""
SMALL: Final = 3
"""A nested part with this many facts or fewer (a place, say) is drawn among the general ones."""


class FactRow(msgspec.Struct, frozen=True, kw_only=True):
    """One fact. ``label`` is the path below its group; ``section`` the closed list that the value
    is a word of, if any; ``reasons`` the numbers, from 1, of the reasons that rest on it."""

    path: str
    label: str
    value: str
    section: str = ""
    reasons: tuple[int, ...] = ()


class FactGroup(msgspec.Struct, frozen=True, kw_only=True):
    """Facts of one part of the record: the record itself, a party, a line of goods."""

    path: str
    rows: tuple[FactRow, ...]


def groups(facts: Iterable[Fact], reasons: Iterable[Reason] = ()) -> tuple[FactGroup, ...]:
    """Group facts by the part they belong to, in the order of the record."""
    given, cited = tuple(facts), _cited(reasons)
    weights = Counter(fact.path.split(".")[0] for fact in given)
    found: dict[str, list[FactRow]] = {GENERAL: []}
    for fact in given:
        group, label = _split(fact.path, weights)
        row = FactRow(
            path=fact.path,
            label=label,
            value=fact.value,
            section=_section(fact.path),
            reasons=cited.get(fact.path, ()),
        )
        found.setdefault(group, []).append(row)
    return tuple(FactGroup(path=path, rows=tuple(rows)) for path, rows in found.items() if rows)


def paths(facts: Iterable[Fact]) -> frozenset[str]:
    """Return the paths of the facts, for links that must not lead nowhere."""
    return frozenset(fact.path for fact in facts)


def total(reasons: Iterable[Reason]) -> float:
    """Return the sum of the reasons' points, rounded to the thousandth."""
    return round(sum(reason.points for reason in reasons), 3)


def _split(path: str, weights: Counter[str]) -> tuple[str, str]:
    """Return the path of the group, and of the fact within it."""
    parts = path.split(".")
    indexed = len(parts) > 1 and parts[1].isdigit()
    if len(parts) == 1 + indexed or (not indexed and weights[parts[0]] <= SMALL):
        return GENERAL, path
    return ".".join(parts[: 1 + indexed]), ".".join(parts[1 + indexed :])


def _section(path: str) -> str:
    names = [part for part in path.split(".") if not part.isdigit()]
    section = "value." + (names[-1] if names else "")
    return section if section in vocabulary() else ""


def _cited(reasons: Iterable[Reason]) -> dict[str, tuple[int, ...]]:
    cited: dict[str, tuple[int, ...]] = {}
    for number, reason in enumerate(reasons, 1):
        for evidence in reason.evidence:
            cited[evidence.path] = (*cited.get(evidence.path, ()), number)
    return cited
