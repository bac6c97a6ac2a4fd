"""Entities: found by name, with members and reasons; pairs that a person judges, one by one."""

from __future__ import annotations

from urllib.parse import quote, urlencode

from starlette.responses import Response

from esclusa.api.queries import number
from esclusa.casework.entity_judgements import VERDICTS
from esclusa.errors import InputError
from esclusa.node.chart_drawing import stake
from esclusa.sharing.entity_views import Turned
from esclusa.sharing.reader import Action
from esclusa.web.catalogue import mark as _
from esclusa.web.filters import alert_named
from esclusa.web.page import Group, Page
from esclusa.web.steps import require
from esclusa.web.visit import Visit

ROWS = 100
"""Entities found, and judgements."""
TOLD = 25
"""Mentions, pairs and links that an entity's page shows at once; links lead to the others."""
QUESTIONS = 25
"""Open questions on a page: each is compared in full, and people judge them one by one."""
DEPTHS = ("1", "2", "3")
LISTS = ("mentions", "pairs", "links")
"""The lists of an entity's page that are turned, as its address names them."""
_FURTHEST = 1_000_000_000
LATEST = 5
"""Entries of the timeline that the entity's own page shows."""


async def show(visit: Visit) -> Response:
    """Look for entities by name or number, and draw what was found."""
    text = visit.param("text").strip()
    found, wordless = None, False
    if text:
        try:
            found = await visit.ask(visit.site.node.entities.find, text, limit=ROWS)
        except InputError:
            wordless = True
    return visit.page("entities.html", text=text, found=found, wordless=wordless)


async def entity(visit: Visit) -> Response:
    """Draw an entity: what is stated, what happened, why it is one, what is near, judgements."""
    name, to = visit.request.path_params["entity_id"], visit.param("to").strip()
    depth = visit.param("depth") if visit.param("depth") in DEPTHS else "1"
    at = {key: number(key, visit.param(key) or "0", high=_FURTHEST) for key in LISTS}
    found = await visit.ask(
        visit.site.node.entity_sheets.sheet, name, most=TOLD, latest=LATEST, depth=int(depth),
        to=to, turned=Turned(**at),
    )  # fmt: skip
    view = found.entity

    def turned(key: str, by: int) -> str:
        """Return the page's address with one list turned on by so many rows, or back."""
        asked = {"depth": depth if depth != DEPTHS[0] else "", "to": to}
        asked |= {one: str(rows or "") for one, rows in (at | {key: max(0, at[key] + by)}).items()}
        query = urlencode({one: value for one, value in asked.items() if value})
        return f"/entities/{view.entity.id}" + (f"?{query}" if query else "")

    return visit.page(
        "entity.html", view=view, former=name != view.entity.id, near=found.near, depth=depth,
        depths=DEPTHS, connected=found.connected, to=to, stated=found.facts, story=found.story,
        most=TOLD, at=at, turned=turned, cases=found.cases, cased=f"entity/{view.entity.id}",
        stake=stake,
    )  # fmt: skip


async def questions(visit: Visit) -> Response:
    """Draw the pairs that may be one and that nothing decides, the likeliest first."""
    rows = await visit.ask(visit.site.node.entities.questions, limit=QUESTIONS + 1)
    return visit.page(
        "entity_questions.html", rows=rows[:QUESTIONS], more=len(rows) > QUESTIONS,
        judged=alert_named(visit.param("judged")),
    )  # fmt: skip


async def judgements(visit: Visit) -> Response:
    """Draw what people said about pairs, newest first; taken back ones too."""
    page = await visit.ask(visit.site.node.entities.judgements, limit=ROWS)
    return visit.page("entity_judgements.html", page=page)


async def pair(visit: Visit) -> Response:
    """Draw two mentions side by side, why and why not, and a form to judge them."""
    found = await visit.ask(visit.site.node.entities.pair, *_pair(visit))
    return visit.page(
        "entity_pair.html", found=found, verdicts=VERDICTS,
        judged=alert_named(visit.param("judged")),
    )  # fmt: skip


async def judge(visit: Visit) -> Response:
    """Write a judgement, then show the next open question, or the list at its end."""
    desk, (one, other) = visit.site.node.entities, _pair(visit)
    require(visit, "verdict")
    after = (await visit.ask(desk.pair, one, other)).after
    said = await visit.ask(
        desk.judge, one, other, verdict=visit.form["verdict"],
        reason=visit.form.get("reason", ""), seen=visit.form.get("seen", ""),
    )  # fmt: skip
    return visit.go(f"{_place(after)}?judged={said.id}")


async def join(visit: Visit) -> Response:
    """Go to the pair of an entity and another one that the form names."""
    name, other = visit.request.path_params["entity_id"], visit.form.get("other", "").strip()
    require(visit, "other")
    return visit.go(f"/entity-pairs/{quote(name, safe='')}/{quote(other, safe='')}")


async def undo(visit: Visit) -> Response:
    """Take a judgement back, and show its pair or the entity that the form stood on.

    Where a record of the pair is withdrawn, no page can show the pair: the list of judgements does.
    """
    name, back = visit.request.path_params["judgement_id"], visit.form.get("entity", "")
    said = await visit.ask(visit.site.node.entities.undo, name, reason=visit.form.get("reason", ""))
    if back:
        return visit.go(f"/entities/{quote(back, safe='')}#judged")
    if said.a is None or said.b is None:
        return visit.go("/entity-judgements")
    return visit.go(_place((said.a.id, said.b.id)))


def _pair(visit: Visit) -> tuple[str, str]:
    return visit.request.path_params["one"], visit.request.path_params["other"]


def _place(mentions: tuple[str, ...]) -> str:
    return "/entity-pairs/{}/{}".format(*mentions) if mentions else "/entity-questions"


PAGES = (
    Page(path="/entities", show=show, action=Action.SEARCH, label=_("Entities"),
         group=Group.LOOK_UP, order=20),
    Page(path="/entities/{entity_id}", show=entity, action=Action.RECORD_READ),
    Page(path="/entities/{entity_id}/join", show=join, method="POST", action=Action.ENTITY_JUDGE),
    Page(path="/entity-questions", show=questions, action=Action.RECORD_READ),
    Page(path="/entity-judgements", show=judgements, action=Action.RECORD_READ),
    Page(path="/entity-judgements/{judgement_id}/undo", show=undo, method="POST",
         action=Action.ENTITY_UNDO),
    Page(path="/entity-pairs/{one}/{other}", show=pair, action=Action.RECORD_READ),
    Page(path="/entity-pairs/{one}/{other}", show=judge, method="POST",
         action=Action.ENTITY_JUDGE),
)  # fmt: skip
