"""The API's addresses about entities: the same services as the pages."""

from __future__ import annotations

from typing import Final

from esclusa.api import shapes
from esclusa.api.endpoint import Call, at
from esclusa.api.queries import one_of
from esclusa.casework.entity_judgements import VERDICTS
from esclusa.errors import InputError
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
    if not 1 <= limit <= call.limits.rows:
        raise InputError(f"limit is {limit}, expected 1 to {call.limits.rows}")
    return limit


ENDPOINTS: Final = (
    at("GET", "/entities", entities, views.EntityPage, query=shapes.EntityQuery),
    at("GET", "/entities/{entity_id}", entity, views.EntityView),
    at("GET", "/entities/{entity_id}/links", near, views.NearView, query=shapes.DepthQuery),
    at("GET", "/entities/{entity_id}/paths", ways, views.NearView, query=shapes.OtherQuery),
    at("GET", "/entity-questions", questions, tuple[views.PairView, ...],
        query=shapes.LimitQuery),
    at("GET", "/entity-judgements", judgements, views.JudgementPage, query=shapes.LimitQuery),
    at("POST", "/entity-judgements", judge, views.JudgementView, body=shapes.EntityJudged),
    at("POST", "/entity-judgements/{judgement_id}/undo", undo_judgement, views.JudgementView,
        body=shapes.EntityUnjudged),
)  # fmt: skip
