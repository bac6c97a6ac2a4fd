"""Which part of the graph a chart shows: the surroundings of an entity, or the ways between two.

A chart has entities and the things they share (a consignment, a voyage, an address) as nodes, and a
line for each tie of the one to the other. So a voyage that a hundred firms share is a hundred lines
and not five thousand.

1. A thing that only one entity is tied to is no link and is not drawn.
2. A hub is drawn and not walked through: its node says how many more it is tied to. ``through``
   names hubs that are opened all the same.
3. A chart has at most ``nodes`` nodes. Near ones come before far ones; among equally near ones
   those that tie more of what is drawn, then those with fewer ties, then by name. What was met and
   not drawn is counted.

Everything is counted in the graph at hand, which is a reader's own.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

import msgspec

from esclusa.analysis.links.graph import Linked
from esclusa.analysis.links.walk import Hub, Limits, Link, paths

ENTITY = "entity"
"""The kind of a node that is an entity; any other kind is that of a tie."""


class ChartLimits(msgspec.Struct, frozen=True):
    """Nodes and lines drawn, ties from which a node is a hub, ties looked at, at most."""

    nodes: int = 1_000
    lines: int = 4_000
    hub: int = 50
    work: int = 100_000


class Spot(msgspec.Struct, frozen=True, kw_only=True):
    """A node of a chart. ``number`` is how the graph knows it. ``name`` is an entity's id or a
    thing's value. ``away`` counts lines from where the chart starts. ``folded`` is how many more it
    is tied to that are not drawn: entities of a thing; of an entity, things that it shares with
    others. ``hub`` tells that it was not walked through because it has too many ties."""

    number: Any
    kind: str
    name: str
    away: int
    folded: int
    hub: bool


class Chart(msgspec.Struct, frozen=True, kw_only=True):
    """Nodes, nearest first, and lines as places in ``nodes``: (entity, thing).

    ``aside`` are hubs, not drawn, that no way between two was looked for through. ``left_entities``
    and ``left_things`` were met and not drawn for want of room, ``left_lines`` run between drawn
    nodes. ``cut`` says that a limit ended the walk, so there may be more."""

    nodes: tuple[Spot, ...]
    lines: tuple[tuple[int, int], ...]
    aside: tuple[Hub, ...] = ()
    left_entities: int = 0
    left_things: int = 0
    left_lines: int = 0
    cut: bool = False


def chart_around(
    graph: Linked,
    entity: str,
    depth: int = 1,
    limits: ChartLimits = ChartLimits(),  # noqa: B008
    through: Collection[str] = (),
) -> Chart:
    """Return the surroundings of an entity up to ``depth`` links away: a link is two lines, over
    the thing that is shared. Without the entity in the graph the chart is empty.

    :param through: hubs to be opened, as entity ids or ``kind:value``.
    """
    start = graph.find(entity)
    if start is None:
        return Chart(nodes=(), lines=())
    walk = _Walk(graph, limits, through, start)
    for step in range(1, depth + 1):
        if not walk.step(step):
            break
    return _made(graph, limits, walk.drawn, walk.hubs, walk.left, cut=walk.cut)


def chart_between(
    graph: Linked,
    one: str,
    other: str,
    longest: int = 4,
    limits: ChartLimits = ChartLimits(),  # noqa: B008
    through: Collection[str] = (),
) -> Chart:
    """Return the ways between two entities as one chart, starting at ``one``; both ends alone when
    there is no way of at most ``longest`` links."""
    ends = [end for name in (one, other) if (end := graph.find(name)) is not None]
    found = paths(
        graph, one, other, longest, Limits(hub=limits.hub, work=limits.work), through=through
    )
    drawn: dict[Any, int] = {}
    for way in found.paths:
        for away, number in enumerate(_passed(graph, one, way)):
            drawn[number] = min(away, drawn.get(number, away))
    for end in ends:
        drawn.setdefault(end, 0 if end == ends[0] else 1)
    order = sorted(drawn.items(), key=lambda item: (item[1], item[0]))
    made = _made(graph, limits, dict(order[: limits.nodes]), set(), set(), cut=found.cut)
    shown = {node.number for node in made.nodes}
    aside = (hub for hub in found.hubs if _number(graph, hub.name) not in shown)
    return msgspec.structs.replace(made, aside=tuple(aside))


def _number(graph: Linked, name: str) -> Any:
    kind, _, value = name.partition(":")
    return graph.number_of_thing(kind, value) if value else graph.find(name)


def _passed(graph: Linked, start: str, way: Iterable[Link]) -> Iterator[Any]:
    """Yield the numbers of entities and things along a way, in turn."""
    at = start
    yield graph.find(at)
    for link in way:
        at = link.b if link.a == at else link.a
        yield graph.number_of_thing(link.kind, link.value)
        yield graph.find(at)


class _Walk:
    """What is drawn so far, and from where the next step goes on."""

    def __init__(
        self, graph: Linked, limits: ChartLimits, through: Collection[str], start: Any
    ) -> None:
        self.graph, self.limits, self.through = graph, limits, frozenset(through)
        self.start, self.edge = start, [start]
        self.drawn: dict[Any, int] = {start: 0}
        self.hubs: set[Any] = set()
        self.left: set[Any] = set()
        self.work = 0
        self.cut = False

    def step(self, step: int) -> bool:
        """Draw what is one link further; False when there is nothing to go on from."""
        offered = Counter(thing for one in self.edge for thing in self._shared(one))
        fresh: list[Any] = []
        for thing in sorted(offered, key=lambda n: (-offered[n], self.graph.degree(n), n)):
            if not self._draw(thing, 2 * step - 1):
                continue
            if self._is_hub(thing):
                continue
            fresh += [
                other
                for other in self._ties(thing)
                if other not in self.drawn and self._draw(other, 2 * step)
            ]
        self.edge = sorted(fresh)
        return bool(fresh)

    def _draw(self, number: Any, away: int) -> bool:
        if len(self.drawn) >= self.limits.nodes:
            self.left.add(number)
            return False
        self.drawn[number] = away
        return True

    def _shared(self, entity: Any) -> Iterator[Any]:
        if entity != self.start and self._is_hub(entity):
            return
        for thing in self._ties(entity):
            if thing not in self.drawn and self.graph.degree(thing) > 1:
                yield thing

    def _ties(self, number: Any) -> Iterator[Any]:
        for other in self.graph.beside(number):
            if self.work >= self.limits.work:
                self.cut = True
                return
            self.work += 1
            yield other

    def _is_hub(self, number: Any) -> bool:
        if self.graph.degree(number) <= self.limits.hub:
            return False
        if self.graph.name(number) in self.through:
            return False
        self.hubs.add(number)
        return True


def _made(
    graph: Linked, limits: ChartLimits, drawn: dict[Any, int], hubs: set[Any], left: set[Any],
    *, cut: bool,
) -> Chart:  # fmt: skip
    drawn = dict(sorted(drawn.items(), key=lambda item: item[1]))
    place_of = {number: place for place, number in enumerate(drawn)}
    things = {number: graph.thing(number) for number in drawn}
    lines = list(_lines(graph, things, place_of))
    tied = Counter(place for line in lines for place in line)
    unseen = left - drawn.keys()
    return Chart(
        nodes=tuple(
            Spot(
                number=number, away=away, hub=number in hubs,
                kind=ENTITY if thing is None else thing[0],
                name=graph.name(number) if thing is None else thing[1],
                folded=_linking(graph, number, thing) - tied[place_of[number]],
            )
            for number, away in drawn.items()
            for thing in (things[number],)
        ),
        lines=tuple(lines[: limits.lines]), left_lines=max(0, len(lines) - limits.lines),
        left_entities=sum(graph.thing(number) is None for number in unseen),
        left_things=sum(graph.thing(number) is not None for number in unseen), cut=cut,
    )  # fmt: skip


def _lines(
    graph: Linked, things: Mapping[Any, tuple[str, str] | None], place_of: Mapping[Any, int]
) -> Iterator[tuple[int, int]]:
    """Return the lines, by entity as it is drawn, and then by thing."""
    found = [
        (place_of[entity], number)
        for number, thing in things.items() if thing is not None
        for entity in graph.beside(number) if entity in place_of
    ]  # fmt: skip
    found.sort()
    return ((place, place_of[number]) for place, number in found)


def _linking(graph: Linked, number: Any, thing: tuple[str, str] | None) -> int:
    """Return how many nodes beside one could be drawn: a thing of one entity alone never is."""
    return graph.shared(number) if thing is None else graph.degree(number)
