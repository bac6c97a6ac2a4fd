"""Hit review: both sides of a possible match, a person's decision, and the next one."""

from __future__ import annotations

from starlette.responses import Response

from esclusa.casework.matches import outcomes
from esclusa.sharing.reader import Action
from esclusa.web.catalogue import mark as _
from esclusa.web.filters import alert_named
from esclusa.web.page import Group, Page
from esclusa.web.steps import require
from esclusa.web.visit import Visit

ROWS = 100


async def show(visit: Visit) -> Response:
    """Draw the possible matches that wait for a decision."""
    page = await visit.ask(visit.site.node.match_desk.matches, limit=ROWS)
    return visit.page("matches.html", page=page, decided=alert_named(visit.param("decided")))


async def review(visit: Visit) -> Response:
    """Draw a possible match with both sides, why, why not, and what was decided before."""
    desk, name = visit.site.node.match_desk, visit.request.path_params["match_id"]
    match = await visit.ask(desk.match, name)
    before, after = await visit.ask(desk.neighbours, match.match_id)
    return visit.page(
        "match.html", match=match, before=before, after=after, outcomes=outcomes(),
        decided=alert_named(visit.param("decided")),
    )  # fmt: skip


async def decide(visit: Visit) -> Response:
    """Write a decision, then show the next match that waits, or the list at its end."""
    desk, name = visit.site.node.match_desk, visit.request.path_params["match_id"]
    _before, after = await visit.ask(desk.neighbours, name)
    require(visit, "outcome", *(("until",) if "until" in visit.form else ()))
    done = await visit.ask(
        desk.decide, name, outcome=visit.form["outcome"], reason=visit.form.get("reason", ""),
        until=visit.form.get("until", "").strip(), redress=visit.form.get("redress", ""),
    )  # fmt: skip
    path = f"/matches/{after}" if after and after != done.match_id else "/matches"
    return visit.go(f"{path}?decided={done.match_id}")


async def undo(visit: Visit) -> Response:
    """Take the last decision on a match back and show the match."""
    name = visit.request.path_params["match_id"]
    undone = await visit.ask(visit.site.node.match_desk.undo, name)
    return visit.go(f"/matches/{undone.match_id}")


PAGES = (
    Page(path="/matches", show=show, action=Action.MATCH_READ, label=_("Matches"),
         group=Group.WORK, order=20),
    Page(path="/matches/{match_id}", show=review, action=Action.MATCH_READ),
    Page(path="/matches/{match_id}/decide", show=decide, method="POST",
         action=Action.MATCH_DECIDE),
    Page(path="/matches/{match_id}/undo", show=undo, method="POST", action=Action.MATCH_UNDO),
)  # fmt: skip
