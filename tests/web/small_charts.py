"""A chart, a timeline and places in memory, for :class:`small_node.SmallNode`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from small_entities import ENTITY, JUDGEMENT, MENTION, OTHER

from esclusa.errors import NotFound
from esclusa.model import Level, Marking
from esclusa.node.entity_story import KINDS
from esclusa.sharing import chart_views, map_views, story_views
from esclusa.sharing.reader import Action, Reader

_AT = "2026-11-19T12:00:00+00:00"


class _Desk:
    """:param name: a hostile text that stands wherever a sender's words would."""

    def __init__(self, name: str = "") -> None:
        self.name = name or "ORILLA SUR & SONS"

    def _known(self, reader: Reader, name: str) -> None:
        reader.require(Action.RECORD_READ)
        if name not in (ENTITY, f"ent-{OTHER}"):
            raise NotFound("no such entity")


class SmallCharts(_Desk):
    """The service of :class:`esclusa.node.entity_chart.ChartDesk`: every kind of node once."""

    def chart(
        self, reader: Reader, name: str, *, depth: int = 1, to: str = "",
        through: Sequence[str] = (), exported: bool = False,
    ) -> chart_views.ChartView:  # fmt: skip
        self._known(reader, name)
        types = (
            "party",
            "vessel",
            "person",
            "organisation",
            "container",
            "address",
            "document",
            "phone",
        )
        kinds = ("consignment", "voyage", "journey", "booking", "document", "phone", "address")
        nodes = [
            chart_views.ChartNodeView(
                kind="entity", name=ENTITY if not n else f"ent-{MENTION}{n}", title=self.name,
                type=type_, x=68 + 136 * n, y=30, away=min(n, 1) * 2,
            )
            for n, type_ in enumerate(types)
        ]  # fmt: skip
        nodes += [
            chart_views.ChartNodeView(
                kind=kind, name=f"{self.name}{n}", title=f"{self.name}{n}", x=136 + 136 * n, y=90,
                away=1, folded=n, hub=n == 6, opens=f"{kind}:{self.name}" if n == 6 else "",
                record=JUDGEMENT,
            )
            for n, kind in enumerate(kinds)
        ]  # fmt: skip
        lines = [
            chart_views.ChartLineView(
                entity=one, thing=8 + n, roles=("shipper", self.name), records=4, first=_AT, last=_AT,
                stated=(chart_views.StatedView(record_id=JUDGEMENT, title=self.name),),
            )
            for n in range(7) for one in (0, n + 1)
        ]  # fmt: skip
        return chart_views.ChartView(
            start=ENTITY, title=self.name, nodes=tuple(nodes), lines=tuple(lines), width=1100,
            height=150, marking=Marking(level=Level.OFFICIAL), originators=("marisol",),
            made="2026-11-19T12:00:00Z", depth=depth, to=to, through=tuple(through),
            left_entities=2, left_things=1, left_lines=3, cut=True,
        )  # fmt: skip


class SmallStories(_Desk):
    """The services of :class:`esclusa.node.entity_story.StoryDesk`."""

    def facts(self, reader: Reader, name: str) -> story_views.FactsView:
        self._known(reader, name)
        source = story_views.SourceView(
            record_id=JUDGEMENT, title=self.name, source=self.name, originator="marisol", level=1,
            recorded=_AT,
        )  # fmt: skip
        facts = tuple(
            story_views.FactView(
                part=part, value=value, records=7, level=1, first=_AT, last=_AT, sources=(source,),
                differs=part == "birth_dates",
            )
            for part, value in (("names", self.name), ("birth_dates", "1971-02-03"),
                                ("birth_dates", "1974-03-04"), ("places", self.name))
        )  # fmt: skip
        return story_views.FactsView(entity=ENTITY, facts=facts, members=9, looked=4)

    def timeline(
        self, reader: Reader, name: str, wanted: story_views.TimelineFilter
    ) -> story_views.TimelineView:
        self._known(reader, name)
        rows = tuple(self._entry(n, kind) for n, kind in enumerate(KINDS))
        return story_views.TimelineView(
            entity=ENTITY, title=self.name, rows=rows, count=len(rows),
            kinds=tuple((kind, 1) for kind in KINDS), next_cursor=f"{self.name}~1", cut=True,
        )  # fmt: skip

    def _entry(self, number: int, kind: str) -> story_views.EntryView:
        words: tuple[Any, ...] = (
            story_views.EntryWord(text="shipper", section="value.role"),
            story_views.EntryWord(text=self.name, es=self.name),
        )
        return story_views.EntryView(
            id=str(number), kind=kind, at=f"2026-11-{number + 1:02}T12:00", title=self.name,
            words=words, page="records", name=JUDGEMENT, originator="marisol", level=1,
            recorded=_AT, by=self.name, stated=bool(number % 2), undone=number == 3,
        )  # fmt: skip


class SmallMaps(_Desk):
    """The service of :class:`esclusa.node.entity_map.MapDesk`: a place with a position and dates,
    one without dates, one that no list knows."""

    def places(self, reader: Reader, name: str) -> map_views.PlacesView:
        self._known(reader, name)
        record = map_views.PlaceRecord(
            record_id=JUDGEMENT, title=self.name, originator="marisol", level=1
        )
        words = (
            story_views.EntryWord(text="load", section="value.event"),
            story_views.EntryWord(text="next_port", section="map"),
        )
        where: tuple[tuple[float | None, float | None, str, str], ...] = (
            (9.3667, -79.8833, "port", _AT), (8.95, -79.5667, "unlocode", "2026-11-21T08:00"),
            (8.96, -79.57, "port", ""), (None, None, "", ""),
        )  # fmt: skip
        rows = tuple(
            map_views.PlaceView(
                number=n, code=self.name, name=self.name, first=at, last=at, records=7,
                kinds=(("consignment", 6), ("port_call", 1)), what=words, named=(record,), lat=lat,
                lon=lon, source=source,
            )
            for n, (lat, lon, source, at) in enumerate(where, start=1)
        )  # fmt: skip
        stops: tuple[tuple[int, float | None, str, bool], ...] = (
            (1, None, "", False), (2, 30.5, "", False), (1, 0.0, "at_once", False),
            (2, 900.0, "long", False), (1, 24.0, "", True), (4, 24.0, "unplaced", True),
        )  # fmt: skip
        track = tuple(
            map_views.StopView(place=place, first=_AT, last="2026-11-21T08:00", records=n,
                               ahead=ahead, hours=hours, gap=gap)
            for n, (place, hours, gap, ahead) in enumerate(stops, start=1)
        )  # fmt: skip
        return map_views.PlacesView(
            entity=ENTITY, title=self.name, rows=rows, carrier=True, looked=9, cut=True,
            track=track, track_cut=True,
        )  # fmt: skip
