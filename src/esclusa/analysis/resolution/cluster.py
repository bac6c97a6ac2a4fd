"""Groups of profiles that are one and the same, out of pairs.

Rules, in this order:

1. ``same`` of a person joins, whatever else speaks against it, unless a ``different`` forbids it.
2. Pairs join from the highest score down, ties by content, each only if nothing forbids it:
   a ``different`` between members; a person and a firm; exclusive numbers (IMO) of which neither
   is shared; exact birth dates that contradict; more than so many profiles.
3. A pair below ``strong`` joins two groups only when at least half of all pairs between them are
   at least possible. So A like B and B like C does not make C one with A.

The result depends on the profiles and pairs of one connected part alone and on no order.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import msgspec

from esclusa.analysis.resolution.attributes import births
from esclusa.analysis.resolution.judgement import Judgement
from esclusa.analysis.resolution.mention import ORGANISATION, PERSON
from esclusa.analysis.resolution.profile import Profile
from esclusa.analysis.resolution.settings import Settings

_SUPPORT: Final = 0.5

Edge = tuple[float, int, int]
"""Points and two nodes."""


class Refusal(msgspec.Struct, frozen=True):
    """A pair that was not joined. ``why``: ``different``, ``kind``, ``identifier``, ``birth_date``,
    ``size`` or ``weak``; ``judgement`` the id of one that was contradicted, else ""."""

    a: int
    b: int
    why: str
    judgement: str = ""


class Component(msgspec.Struct, frozen=True):
    """A connected part: its nodes with their profiles, the pairs that may join, and the judgements
    on its nodes. ``rank`` orders nodes by content, ``near`` holds all pairs down to ``possible``,
    also those that leave the part."""

    profiles: Mapping[int, Profile]
    rank: Mapping[int, tuple[str, str]]
    near: Mapping[int, Mapping[int, float]]
    joining: Sequence[Edge]
    same: Sequence[tuple[int, int, Judgement]]
    different: Mapping[int, frozenset[int]]


class _Group:
    """Nodes taken for one, and what together they say that only one can."""

    def __init__(self, node: int, profile: Profile, settings: Settings) -> None:
        self.nodes = [node]
        self.kinds = {profile.type} & {PERSON, ORGANISATION}
        self.numbers: dict[str, set[str]] = {}
        for scheme, value in profile.identifiers:
            if scheme in settings.exclusive:
                self.numbers.setdefault(scheme, set()).add(value)
        self.births = set(profile.births)

    def absorb(self, other: _Group) -> None:
        self.nodes.extend(other.nodes)
        self.kinds |= other.kinds
        self.births |= other.births
        for scheme, values in other.numbers.items():
            self.numbers.setdefault(scheme, set()).update(values)


def cluster(part: Component, settings: Settings) -> tuple[list[tuple[int, ...]], list[Refusal]]:
    """Return the groups of a connected part, and which pairs were kept from joining and why."""
    work = _Clustering(part, settings)
    for a, b, judgement in sorted(part.same, key=lambda one: (one[2].at, one[2].id), reverse=True):
        work.join(a, b, judgement=judgement.id)
    for points, a, b in sorted(part.joining, key=lambda e: (-e[0], *_ordered(part, e[1], e[2]))):
        work.join(a, b, points=points)
    groups = {id(group): group for group in work.group_of.values()}
    return [tuple(sorted(group.nodes)) for group in groups.values()], work.refusals


def _ordered(part: Component, a: int, b: int) -> list[tuple[str, str]]:
    return sorted((part.rank[a], part.rank[b]))


class _Clustering:
    def __init__(self, part: Component, settings: Settings) -> None:
        self.part = part
        self.settings = settings
        self.group_of = {n: _Group(n, p, settings) for n, p in part.profiles.items()}
        self.refusals: list[Refusal] = []

    def join(self, a: int, b: int, *, points: float = 0.0, judgement: str = "") -> None:
        ours, theirs = self.group_of[a], self.group_of[b]
        if ours is theirs:
            return
        why = self._forbidden(ours, theirs) if judgement else self._against(ours, theirs, points)
        if why:
            self.refusals.append(Refusal(a, b, why, judgement))
            return
        if len(ours.nodes) < len(theirs.nodes):
            ours, theirs = theirs, ours
        ours.absorb(theirs)
        for node in theirs.nodes:
            self.group_of[node] = ours

    def _forbidden(self, ours: _Group, theirs: _Group) -> str:
        return "different" if self._meetings(ours, theirs, self.part.different) else ""

    def _meetings(self, ours: _Group, theirs: _Group, pairs: Mapping[int, Iterable[int]]) -> int:
        """Count the pairs between two groups; the smaller one is walked."""
        if not pairs:
            return 0
        if len(ours.nodes) > len(theirs.nodes):
            ours, theirs = theirs, ours
        others = self.group_of
        return sum(others.get(b) is theirs for a in ours.nodes for b in pairs.get(a, ()))

    def _against(self, ours: _Group, theirs: _Group, points: float) -> str:
        if forbidden := self._forbidden(ours, theirs):
            return forbidden
        if len(ours.kinds | theirs.kinds) > 1:
            return "kind"
        if _numbers_contradict(ours.numbers, theirs.numbers):
            return "identifier"
        if births_contradict(ours.births, theirs.births):
            return "birth_date"
        if len(ours.nodes) + len(theirs.nodes) > self.settings.limits.cluster:
            return "size"
        weak = points < self.settings.threshold.strong
        return "weak" if weak and not self._supported(ours, theirs) else ""

    def _supported(self, ours: _Group, theirs: _Group) -> bool:
        total = len(ours.nodes) * len(theirs.nodes)
        return self._meetings(ours, theirs, self.part.near) >= _SUPPORT * total


def _numbers_contradict(ours: Mapping[str, set[str]], theirs: Mapping[str, set[str]]) -> bool:
    return any(values.isdisjoint(theirs.get(scheme, values)) for scheme, values in ours.items())


def births_contradict(ours: Iterable[str], theirs: Iterable[str]) -> bool:
    """Answer whether every birth date of one side contradicts every one of the other."""
    return births(tuple(ours), tuple(theirs)) == "contradiction"
