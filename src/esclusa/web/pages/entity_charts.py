"""An entity's link chart, its timeline and its map: drawn, and the chart as files."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import quote, urlencode

from markupsafe import Markup
from starlette.responses import Response

from esclusa.api.queries import check_value, number
from esclusa.node.chart_drawing import (
    DASHES,
    THINGS,
    TYPES,
    file_svg,
    heading,
    named,
    notes,
    page_svg,
    used,
    word,
)
from esclusa.node.chart_table import chart_csv, chart_rows
from esclusa.node.entity_chart import DEEPEST
from esclusa.node.entity_story import KINDS
from esclusa.node.map_track import GAP_DAYS
from esclusa.sharing.chart_views import ChartNodeView, ChartView
from esclusa.sharing.reader import Action
from esclusa.sharing.story_views import TimelineFilter
from esclusa.web.map_plots import drawn
from esclusa.web.page import Page
from esclusa.web.story_plots import strip
from esclusa.web.visit import Visit

ROWS = 50
_ASKED = ("depth", "to", "through")


async def chart(visit: Visit) -> Response:
    """Draw the chart of an entity, its legend and its table."""
    view = await _chart(visit)
    types, things = used(view)
    drawing = page_svg(view, visit.language, _leads(view))
    return visit.page(
        "entity_chart.html", view=view, rows=chart_rows(view), drawing=Markup(drawing),
        heading=heading(view, visit.language), notes=notes(view, visit.language),
        depths=range(1, DEEPEST + 1),
        types=[(TYPES[name], word("type", name, visit.language)) for name in types],
        things=[(name, THINGS[name], DASHES[name], word("thing", name, visit.language))
                for name in things],
        kind=lambda node: word("thing", node.kind, visit.language), files=_query(view),
        called=lambda node: named(node, visit.language), folded=_folded(view, visit.language),
        opened=_opened(view),
    )  # fmt: skip


async def chart_as_svg(visit: Visit) -> Response:
    """Give the chart as a drawing that stands alone, with its marking."""
    view = await _chart(visit, exported=True)
    return visit.attach(f"chart-{view.start}.svg", file_svg(view, visit.language))


async def chart_as_csv(visit: Visit) -> Response:
    """Give the chart's lines as CSV, with the marking."""
    view = await _chart(visit, exported=True)
    return visit.attach(f"chart-{view.start}.csv", chart_csv(view, visit.language))


async def timeline(visit: Visit) -> Response:
    """Draw what happened with an entity, newest first: a strip and its table."""
    asked = {name: visit.param(name) for name in ("kind", "since", "until", "cursor")}
    for name, value in asked.items():
        check_value(name, value, limits=visit.site.limits)
    kind = asked.pop("kind")
    wanted = TimelineFilter(kinds=(kind,) if kind else (), limit=ROWS, **asked)
    view = await visit.ask(visit.site.node.stories.timeline, _name(visit), wanted)
    kept = {"kind": kind, "since": wanted.since, "until": wanted.until}
    return visit.page(
        "entity_timeline.html", view=view, strip=strip(view.rows), kinds=KINDS, asked=kept,
        query=urlencode({name: value for name, value in kept.items() if value}),
        first=not wanted.cursor,
    )  # fmt: skip


async def places(visit: Visit) -> Response:
    """Draw the places that records give of an entity on a map, with a table that says the same."""
    view = await visit.ask(visit.site.node.maps.places, _name(visit))
    return visit.page(
        "entity_map.html", view=view, map=drawn(view, visit.language),
        unknown=[one for one in view.rows if one.lat is None], gap_days=GAP_DAYS,
    )  # fmt: skip


def _name(visit: Visit) -> str:
    name: str = visit.request.path_params["entity_id"]
    return name


async def _chart(visit: Visit, *, exported: bool = False) -> ChartView:
    asked = {name: visit.param(name).strip() for name in _ASKED}
    for name, value in asked.items():
        check_value(name, value, limits=visit.site.limits)
    depth = number("depth", asked["depth"] or "1", low=1, high=DEEPEST)
    return await visit.ask(
        visit.site.node.charts.chart, _name(visit), depth=depth, to=asked["to"],
        through=tuple(asked["through"].splitlines()), exported=exported,
    )  # fmt: skip


def _query(view: ChartView, *more: str) -> str:
    """Return the query string of a chart, with more hubs opened."""
    through = "\n".join((*view.through, *more))
    asked: dict[str, Any] = {"depth": view.depth, "to": view.to, "through": through}
    return urlencode({name: value for name, value in asked.items() if value})


def _folded(view: ChartView, language: str) -> list[tuple[str, int, str]]:
    """Return the hubs that were not walked through: title, how many more, how to open it."""
    drawn = [(named(node, language), node.folded, node.opens)
             for node in view.nodes if node.opens]  # fmt: skip
    return [*drawn, *((hub.title, hub.ties, hub.opens) for hub in view.aside)]


def _opened(view: ChartView) -> Callable[[str], str]:
    """Return how to get to the chart with one more hub opened."""
    return lambda opens: f"/entities/{quote(view.start, safe='')}/chart?{_query(view, opens)}"


def _leads(view: ChartView) -> Callable[[ChartNodeView], str]:
    """Return where the nodes of a chart lead to: an entity's page, a record that states what is
    shared, and, for a hub that was not walked through, the chart with it opened."""
    opened = _opened(view)

    def address(node: ChartNodeView) -> str:
        if node.kind == "entity":
            return f"/entities/{quote(node.name, safe='')}"
        return opened(node.opens) if node.opens else f"/records/{node.record}"

    return address


_READ = Action.RECORD_READ

PAGES = (
    Page(path="/entities/{entity_id}/chart", show=chart, action=_READ),
    Page(path="/entities/{entity_id}/chart.svg", show=chart_as_svg, action=_READ, download=True),
    Page(path="/entities/{entity_id}/chart.csv", show=chart_as_csv, action=_READ, download=True),
    Page(path="/entities/{entity_id}/timeline", show=timeline, action=_READ),
    Page(path="/entities/{entity_id}/map", show=places, action=_READ),
)
