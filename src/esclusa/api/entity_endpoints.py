"""The API's addresses about entities: the same services as the pages."""

from __future__ import annotations

from typing import Final

from esclusa.api import shapes
from esclusa.api.endpoint import Call, at
from esclusa.api.queries import check_limit, one_of
from esclusa.casework.entity_judgements import VERDICTS
from esclusa.errors import InputError
from esclusa.sharing import chart_views, map_views, story_views
from esclusa.sharing import entity_views as views

_DEEPEST: Final = 3


async def entities(call: Call) -> views.EntityPage:
    """Entities that have all the words of `text` in one name or number."""
    return await call.ask(call.node.entities.find, call.query.text, limit=_limit(call))


async def entity(call: Call) -> views.EntityView:
    """One entity: members, why it is one, what was kept apart, is open, was judged."""
    return await call.ask(call.node.entities.show, call.path["entity_id"])


async def near(call: Call) -> views.NearView:
    """Who shares what with an entity, up to `depth` (1 to 3) links away."""
    if not 1 <= call.query.depth <= _DEEPEST:
        raise InputError(f"depth is {call.query.depth}, expected 1 to {_DEEPEST}")
    return await call.ask(call.node.entities.links, call.path["entity_id"], depth=call.query.depth)


async def ways(call: Call) -> views.NearView:
    """How an entity and another one are connected, shortest way first."""
    return await call.ask(call.node.entities.paths, call.path["entity_id"], call.query.other)


async def chart(call: Call) -> chart_views.ChartView:
    """The link chart of an entity: nodes with their places, and lines with what states them."""
    query: shapes.ChartQuery = call.query
    through = tuple(query.through.splitlines())
    return await call.ask(
        call.node.charts.chart, call.path["entity_id"], depth=query.depth, to=query.to,
        through=through,
    )  # fmt: skip


async def facts(call: Call) -> story_views.FactsView:
    """What is stated of an entity, with sources, and what contradicts what."""
    return await call.ask(call.node.stories.facts, call.path["entity_id"])


async def timeline(call: Call) -> story_views.TimelineView:
    """What happened with an entity, newest first."""
    query: shapes.StoryQuery = call.query
    wanted = story_views.TimelineFilter(
        kinds=(query.kind,) if query.kind else (), since=query.since, until=query.until,
        cursor=query.cursor, limit=_limit(call),
    )  # fmt: skip
    return await call.ask(call.node.stories.timeline, call.path["entity_id"], wanted)


async def places(call: Call) -> map_views.PlacesView:
    """The places that records give of an entity, with coordinates, in the order of their dates."""
    return await call.ask(call.node.maps.places, call.path["entity_id"])


async def questions(call: Call) -> tuple[views.PairView, ...]:
    """The likeliest pairs that may be one and that nothing decides."""
    return await call.ask(call.node.entities.questions, limit=_limit(call))


async def judgements(call: Call) -> views.JudgementPage:
    """What people said about pairs of mentions, newest first; taken back ones too."""
    return await call.ask(call.node.entities.judgements, limit=_limit(call))


async def judge(call: Call) -> views.JudgementView:
    """Say that two mentions name one and the same, or that they do not."""
    asked: shapes.EntityJudged = call.body
    one_of("verdict", asked.verdict, VERDICTS)
    return await call.ask(
        call.node.entities.judge, asked.one, asked.other, verdict=asked.verdict,
        reason=asked.reason,
    )  # fmt: skip


async def undo_judgement(call: Call) -> views.JudgementView:
    """Take a judgement back; everything is then as if it had never been."""
    asked: shapes.EntityUnjudged = call.body
    return await call.ask(call.node.entities.undo, call.path["judgement_id"], reason=asked.reason)


def _limit(call: Call) -> int:
    limit: int = call.query.limit
    check_limit(limit, call.limits)
    return limit


ENDPOINTS: Final = (
    at("GET", "/entities", entities, views.EntityPage, query=shapes.EntityQuery),
    at("GET", "/entities/{entity_id}", entity, views.EntityView),
    at("GET", "/entities/{entity_id}/links", near, views.NearView, query=shapes.DepthQuery),
    at("GET", "/entities/{entity_id}/paths", ways, views.NearView, query=shapes.OtherQuery),
    at("GET", "/entities/{entity_id}/chart", chart, chart_views.ChartView,
        query=shapes.ChartQuery),
    at("GET", "/entities/{entity_id}/facts", facts, story_views.FactsView),
    at("GET", "/entities/{entity_id}/timeline", timeline, story_views.TimelineView,
        query=shapes.StoryQuery),
    at("GET", "/entities/{entity_id}/places", places, map_views.PlacesView),
    at("GET", "/entity-questions", questions, tuple[views.PairView, ...],
        query=shapes.LimitQuery),
    at("GET", "/entity-judgements", judgements, views.JudgementPage, query=shapes.LimitQuery),
    at("POST", "/entity-judgements", judge, views.JudgementView, body=shapes.EntityJudged),
    at("POST", "/entity-judgements/{judgement_id}/undo", undo_judgement, views.JudgementView,
        body=shapes.EntityUnjudged),
)  # fmt: skip
