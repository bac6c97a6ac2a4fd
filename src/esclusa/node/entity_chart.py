"""The link chart of an entity, for people: what is near it, or how two are connected.

The graph is that of what the reader may see and of nothing else, and places are worked out from the
chart alone. So what is hidden moves no node and is in no count.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Final

import sqlalchemy as sa

from esclusa.analysis.links import (
    CELL_HEIGHT,
    CELL_WIDTH,
    ENTITY,
    Chart,
    Hub,
    bows,
    chart_around,
    chart_between,
    layout,
)
from esclusa.analysis.links.graph import Linked
from esclusa.errors import InputError, NotFound
from esclusa.ledger import records
from esclusa.ledger.indexing import title_of
from esclusa.ledger.labels import Labels
from esclusa.ledger.register import KeptEntity
from esclusa.model import Marking, Record
from esclusa.model.marking import join_all
from esclusa.node.entity_desk import EntityDesk
from esclusa.node.entity_known import Known
from esclusa.node.entity_taking import number_of
from esclusa.node.pipeline import Pipeline
from esclusa.sharing import chart_views as views
from esclusa.sharing.reader import Action, Reader
from esclusa.sharing.release import Gate

DEEPEST: Final = 3
"""Links from the start, at most."""
THROUGH: Final = 20
"""Hubs that one chart may open, at most."""
_NAMED: Final = 3
"""Records named for each line, at most; they are counted all."""
_TELLING: Final = ("person", "organisation", "vessel", "container", "address", "document", "phone")


class ChartDesk:
    """Link charts."""

    def __init__(self, gate: Gate, pipeline: Pipeline, entities: EntityDesk) -> None:
        self._gate = gate
        self._pipeline = pipeline
        self._labels = pipeline.labels
        self._entities = entities

    def chart(
        self, reader: Reader, name: str, *, depth: int = 1, to: str = "",
        through: Sequence[str] = (), exported: bool = False,
    ) -> views.ChartView:  # fmt: skip
        """Return the chart of an entity up to ``depth`` links away, or of its ways to ``to``.

        :param through: hubs to open, as their nodes say in ``opens``.
        :param exported: the chart leaves the node as a file; the audit line says so.
        :raises NotFound: when an entity is not there, or the reader may not know of it.
        :raises InputError: when the depth is not 1 to 3, or too many hubs are named.
        """
        reader.require(Action.RECORD_READ)
        if not 1 <= depth <= DEEPEST:
            raise InputError(
                f"depth is {depth}, expected 1 to {DEEPEST}", field="depth", problem="whole",
                expected=f"1–{DEEPEST}",
            )  # fmt: skip
        if len(through) > THROUGH:
            raise InputError(
                f"{len(through)} hubs are named, expected at most {THROUGH}", field="through",
                problem="long", expected=f"≤ {THROUGH}",
            )  # fmt: skip
        with self._entities.seen(reader) as (connection, visible, known):
            ends = [known.entities.entity(one) for one in ((name, to) if to else (name,))]
            found = [end for end in ends if end is not None]
            made = None
            if len(found) == len(ends):
                graph = known.linked
                chart = _chart(graph, found, depth, through)
                made = _Told(connection, self._labels, visible, known, graph, chart)
        drawn = f" nodes={len(made.chart.nodes)}" if made else ""
        said = "chart exported" if exported else "chart"
        self._gate.note(
            reader, Action.RECORD_READ, subject=found[0].id if made else "",
            detail=f"entity {said}{drawn}" if made else "entity not found",
        )  # fmt: skip
        if made is None:
            raise NotFound("no such entity")
        now = self._pipeline.analyst.now().astimezone(dt.UTC)
        return made.view(
            start=found[0].id, depth=depth, to=found[-1].id if to else "",
            through=tuple(through), made=now.strftime("%Y-%m-%dT%H:%M:%SZ"),
        )  # fmt: skip


def _chart(graph: Linked, ends: list[KeptEntity], depth: int, through: Sequence[str]) -> Chart:
    if len(ends) == 1:
        return chart_around(graph, ends[0].id, depth, through=through)
    return chart_between(graph, ends[0].id, ends[1].id, through=through)


class _Told:
    """What a chart says, read while its snapshot lasts; the places come after."""

    def __init__(
        self, connection: sa.Connection, labels: Labels, visible: Collection[int], known: Known,
        graph: Linked, chart: Chart,
    ) -> None:  # fmt: skip
        self.chart = chart
        numbers = [node.number for node in chart.nodes]
        ties = [(numbers[entity], numbers[thing]) for entity, thing in chart.lines]
        graph.expect(ties)
        known.entities.expect([node.name for node in chart.nodes if node.kind == ENTITY])
        self._seqs = [graph.seqs(*tie) for tie in ties]
        self._roles = [
            tuple(dict.fromkeys(one.role for one in graph.evidence(*tie) if one.role))
            for tie in ties
        ]
        self._named = {seq for seqs in self._seqs for seq in _named(seqs)}
        self._held = records.get_by_seq(connection, labels, visible, self._named)
        entities = {node.name: known.entities.entity(node.name)
                    for node in chart.nodes if node.kind == ENTITY}  # fmt: skip
        there = {name: entity for name, entity in entities.items() if entity is not None}
        self._titles = {name: title_of_entity(entity) for name, entity in there.items()}
        self._aside = tuple(_aside(known, hub) for hub in chart.aside)
        self._types = {name: most_telling(entity.types) for name, entity in there.items()}
        self.marking, self.originators = _marking(labels, visible, there)

    def view(
        self, *, start: str, depth: int, to: str, through: tuple[str, ...], made: str
    ) -> views.ChartView:
        chart = self.chart
        places = layout(len(chart.nodes), chart.lines, [node.away for node in chart.nodes])
        lines = tuple(self._lines(bows(places, chart.lines)))
        first: dict[int, str] = {}
        for line in lines:
            if line.stated:
                first.setdefault(line.thing, line.stated[0].record_id)
        return views.ChartView(
            start=start, title=self._titles.get(start, start), lines=lines, depth=depth, to=to,
            through=through, aside=self._aside, made=made,
            marking=self.marking, originators=self.originators,
            nodes=tuple(self._nodes(places, first)),
            width=max((x for x, _y in places), default=0) + CELL_WIDTH // 2,
            height=max((y for _x, y in places), default=0) + CELL_HEIGHT // 2,
            left_entities=chart.left_entities, left_things=chart.left_things,
            left_lines=chart.left_lines, cut=chart.cut,
        )  # fmt: skip

    def _nodes(
        self, places: list[tuple[int, int]], first: Mapping[int, str]
    ) -> Iterator[views.ChartNodeView]:
        for number, (node, (x, y)) in enumerate(zip(self.chart.nodes, places, strict=True)):
            thing = node.kind != ENTITY
            opens = (f"{node.kind}:{node.name}" if thing else node.name) if node.hub else ""
            yield views.ChartNodeView(
                kind=node.kind, name=node.name, title=self._titles.get(node.name, node.name),
                type=self._types.get(node.name, "") if not thing else "", x=x, y=y,
                away=node.away, folded=node.folded, hub=node.hub, opens=opens,
                record=first.get(number, "") if thing else "",
            )  # fmt: skip

    def _lines(self, bowed: list[float]) -> Iterator[views.ChartLineView]:
        for (entity, thing), seqs, roles, bow in zip(
            self.chart.lines, self._seqs, self._roles, bowed, strict=True
        ):
            told = [self._held[seq] for seq in _named(seqs) if seq in self._held]
            yield views.ChartLineView(
                entity=entity, thing=thing, roles=roles, records=len(seqs),
                stated=tuple(
                    views.StatedView(
                        record_id=one.id, title=title_of(one.body) if one.body is not None else ""
                    )
                    for one in {one.id: one for one in told}.values()
                ),
                first=_when(told[:1]), last=_when(told[-1:]), bow=bow,
            )  # fmt: skip


def _aside(known: Known, hub: Hub) -> views.AsideView:
    entity = known.entities.entity(hub.name)
    title = title_of_entity(entity) if entity else hub.name.partition(":")[2]
    return views.AsideView(title=title, ties=hub.ties, opens=hub.name)


def _named(seqs: tuple[int, ...]) -> tuple[int, ...]:
    """Return which records of a line are named: the first, and the last."""
    return seqs if len(seqs) <= _NAMED else (*seqs[: _NAMED - 1], seqs[-1])


def _when(some: list[Record]) -> str:
    return next((one.recorded_time.isoformat() for one in some if one.recorded_time), "")


def most_telling(types: Collection[str]) -> str:
    """Return the type that says most of an entity whose mentions differ: a firm that some messages
    call a party is a firm."""
    return next((one for one in _TELLING if one in types), next(iter(types), ""))


def title_of_entity(entity: KeptEntity) -> str:
    """Return an entity's earliest name, number, address or telephone."""
    stated = entity.contents
    parts = ("names", "identifiers", "addresses", "phones")
    told = (text for part in parts for one in stated for text in getattr(one, part))
    first = next(told, entity.id)
    return first.partition(":")[2] or first if not any(one.names for one in stated) else first


def _marking(
    labels: Labels, visible: Collection[int], entities: Mapping[str, KeptEntity]
) -> tuple[Marking, tuple[str, ...]]:
    """Return the marking of all that a chart rests on, and who wrote it: every mention of its
    entities, since any may be what makes an entity one."""
    used = {label for one in entities.values() for label in one.labels()}
    kept = [label for label in map(labels.get, sorted(visible)) if number_of(label) in used]
    joined = join_all(label.marking.including(label.originator) for label in kept)
    return joined, tuple(sorted({label.originator for label in kept}))
