"""Walks over the graph: who is near, and how two are connected. Bounded whatever the graph holds.

A node with more ties than ``hub`` (a forwarder with 100,000 consignments, the address of a
registered agent) is named and not walked through: it connects everybody with everybody and tells
nothing. ``through`` names hubs that are walked all the same.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

import msgspec

from esclusa.analysis.links.graph import Evidence, Linked


class Limits(msgspec.Struct, frozen=True):
    """Ties from which a node is a hub; links told, paths told and ties looked at, at most."""

    hub: int = 50
    links: int = 1_000
    paths: int = 20
    work: int = 100_000


class Link(msgspec.Struct, frozen=True, kw_only=True):
    """Two entities share a thing of ``kind`` and ``value``; ``ours`` and ``theirs`` say where it is
    stated of either. ``labels`` are those of that evidence."""

    a: str
    b: str
    kind: str
    value: str
    ours: tuple[Evidence, ...]
    theirs: tuple[Evidence, ...]

    @property
    def labels(self) -> frozenset[int]:
        """The labels that the link rests on."""
        return frozenset(one.label for one in (*self.ours, *self.theirs))


class Hub(msgspec.Struct, frozen=True):
    """A node that was not walked through, and how many ties it has."""

    name: str
    ties: int


class Neighbourhood(msgspec.Struct, frozen=True, kw_only=True):
    """Entities with their distance in links, nearest first, the links walked, the hubs left aside.
    ``count`` is how many links were walked, told or not; ``cut`` is True when a limit ended the
    walk."""

    entities: tuple[tuple[str, int], ...]
    links: tuple[Link, ...]
    count: int
    hubs: tuple[Hub, ...]
    cut: bool


class Paths(msgspec.Struct, frozen=True, kw_only=True):
    """Ways from one entity to another, shortest first. ``cut`` as in :class:`Neighbourhood`: there
    may be more ways then, and none found is not none."""

    paths: tuple[tuple[Link, ...], ...]
    hubs: tuple[Hub, ...]
    cut: bool


class _Walk:
    """What one walk has looked at so far."""

    def __init__(self, graph: Linked, limits: Limits, through: Collection[str]) -> None:
        self.graph, self.limits, self.through = graph, limits, frozenset(through)
        self.work = 0
        self.cut = False
        self.hubs: dict[Any, Hub] = {}

    def steps(self, entity: Any, *, start: bool = False) -> Iterator[tuple[Any, Any]]:
        """Yield (thing, other entity) one link away, in order."""
        if not start and self._is_hub(entity):
            return
        for thing in self._ties(entity):
            if not self._is_hub(thing):
                for other in self._ties(thing):
                    if other != entity:
                        yield thing, other

    def shared(self, one: Any, other: Any, *, start: bool) -> Iterator[Any]:
        """Yield the things that two entities share, in order; cheap however many either has."""
        if start or not self._is_hub(one):
            ours, theirs = self.graph.beside(one), self.graph.beside(other)
            few, many = (ours, theirs) if len(ours) < len(theirs) else (theirs, ours)
            self.work += len(few)
            held = set(many)
            for thing in few:
                if thing in held and not self._is_hub(thing):
                    yield thing

    def _ties(self, number: Any) -> Iterator[Any]:
        for other in self.graph.beside(number):
            if self.work >= self.limits.work:
                self.cut = True
                return
            self.work += 1
            yield other

    def _is_hub(self, number: Any) -> bool:
        ties = self.graph.degree(number)
        if ties <= self.limits.hub:
            return False
        name = self.graph.name(number)
        if name in self.through:
            return False
        self.hubs[number] = Hub(name, ties)
        return True

    def link(self, a: Any, thing: Any, b: Any) -> Link:
        graph = self.graph
        kind, value = graph.thing(thing) or ("", "")
        return Link(
            a=graph.name(a), b=graph.name(b), kind=kind, value=value,
            ours=graph.evidence(a, thing), theirs=graph.evidence(b, thing),
        )  # fmt: skip

    def told_hubs(self) -> tuple[Hub, ...]:
        return tuple(hub for _, hub in sorted(self.hubs.items()))


def neighbourhood(
    graph: Linked,
    entity: str,
    depth: int = 1,
    limits: Limits = Limits(),  # noqa: B008
    through: Collection[str] = (),
    told: int | None = None,
    passed: int = 0,
) -> Neighbourhood:
    """Return who is within ``depth`` links of an entity. An entity that is not in the graph has no
    neighbours. The start is walked from even if it is a hub, as far as ``limits.work`` goes.

    :param told: how many links are told, in order; None for all that were walked.
    :param passed: how many come before those.
    """
    walk = _Walk(graph, limits, through)
    start = graph.find(entity)
    distance: dict[Any, int] = {} if start is None else {start: 0}
    found: dict[tuple[Any, Any, Any], None] = {}
    edge = list(distance)
    for away in range(1, depth + 1):
        further: list[Any] = []
        for one in edge:
            for thing, other in walk.steps(one, start=away == 1):
                if len(found) >= limits.links:
                    walk.cut = True
                    break
                found[min(one, other), thing, max(one, other)] = None
                if other not in distance:
                    distance[other] = away
                    further.append(other)
        edge = sorted(further)
    nearest = sorted(distance.items(), key=lambda item: (item[1], item[0]))
    shown = sorted(found)[passed:][:told]
    graph.expect([(end, thing) for a, thing, b in shown for end in (a, b)])
    return Neighbourhood(
        entities=tuple((graph.name(number), away) for number, away in nearest if away),
        links=tuple(walk.link(*key) for key in shown),
        count=len(found),
        hubs=walk.told_hubs(),
        cut=walk.cut,
    )


def paths(
    graph: Linked,
    a: str,
    b: str,
    longest: int = 4,
    limits: Limits = Limits(),  # noqa: B008
    through: Collection[str] = (),
) -> Paths:
    """Return how two entities are connected by at most ``longest`` links, no entity twice on a way,
    shortest first, then in order of names."""
    walk = _Walk(graph, limits, through)
    start, goal = graph.find(a), graph.find(b)
    if start is None or goal is None or start == goal:
        return Paths(paths=(), hubs=(), cut=False)
    away = _distances(walk, goal, longest - 1)
    walk.work, known = 0, not walk.cut
    found: list[tuple[Link, ...]] = []
    for length in range(1, longest + 1):
        for steps in _ways(walk, goal, length, (start,), away if known else None):
            if len(found) == limits.paths:
                walk.cut = True
                break
            found.append(tuple(walk.link(*step) for step in steps))
    return Paths(paths=tuple(found), hubs=walk.told_hubs(), cut=walk.cut)


def _distances(walk: _Walk, goal: Any, longest: int) -> dict[Any, int]:
    """How far each entity is from the goal, by walking from it."""
    distance, edge = {goal: 0}, [goal]
    for away in range(1, longest + 1):
        further = []
        for one in edge:
            for _, other in walk.steps(one, start=one == goal):
                if other not in distance:
                    distance[other] = away
                    further.append(other)
        edge = further
    return distance


_Steps = tuple[tuple[Any, Any, Any], ...]


def _ways(
    walk: _Walk, goal: Any, left: int, been: tuple[Any, ...], away: dict[Any, int] | None
) -> Iterator[_Steps]:
    """Ways of exactly ``left`` links; what is too far from the goal is not entered. ``away`` is
    None when the distances could not all be found."""
    at, start = been[-1], len(been) == 1
    if left == 1:
        yield from (((at, thing, goal),) for thing in walk.shared(at, goal, start=start))
        return
    for thing, other in walk.steps(at, start=start):
        near = away is None or away.get(other, left) < left
        if near and other != goal and other not in been:
            for rest in _ways(walk, goal, left - 1, (*been, other), away):
                yield ((at, thing, other), *rest)
