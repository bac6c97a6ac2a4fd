"""The API's addresses about possible matches: the same services as the pages."""

from __future__ import annotations

from typing import Final

from esclusa.api import shapes
from esclusa.api.endpoint import Call, at
from esclusa.api.queries import check_limit, one_of
from esclusa.casework.matches import outcomes
from esclusa.sharing import match_views as views


async def matches(call: Call) -> views.MatchPage:
    """Possible matches that wait for a decision, the highest score first."""
    check_limit(call.query.limit, call.limits)
    return await call.ask(call.node.match_desk.matches, limit=call.query.limit)


async def match(call: Call) -> views.MatchView:
    """One possible match: both sides, why, why not, and what people said."""
    return await call.ask(call.node.match_desk.match, call.path["match_id"])


async def decide(call: Call) -> views.MatchView:
    """Decide a match, with a written reason and a last day."""
    asked: shapes.MatchDecided = call.body
    one_of("outcome", asked.outcome, (item.code for item in outcomes()))
    return await call.ask(
        call.node.match_desk.decide, call.path["match_id"], outcome=asked.outcome,
        reason=asked.reason, until=asked.until, redress=asked.redress,
    )  # fmt: skip


async def undo_decision(call: Call) -> views.MatchView:
    """Take the last decision on a match back."""
    return await call.ask(call.node.match_desk.undo, call.path["match_id"])


ENDPOINTS: Final = (
    at("GET", "/matches", matches, views.MatchPage, query=shapes.LimitQuery),
    at("GET", "/matches/{match_id}", match, views.MatchView),
    at("POST", "/matches/{match_id}/decide", decide, views.MatchView, body=shapes.MatchDecided),
    at("POST", "/matches/{match_id}/undo", undo_decision, views.MatchView),
)
