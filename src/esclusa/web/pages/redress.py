"""Redress: cases, one case with its steps, the form of an application, and what a number says.

A step that cannot be made leaves everything on the page that was typed, as on the referral's.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from starlette.responses import Response

from esclusa.api.queries import one_of
from esclusa.api.redress_endpoints import STATES
from esclusa.casework.redress import words
from esclusa.errors import EsclusaError, InputError, NotFound, StateError
from esclusa.model import RedressPerson
from esclusa.sharing.reader import Action
from esclusa.sharing.redress_views import NumberView
from esclusa.web import steps
from esclusa.web.catalogue import mark as _
from esclusa.web.page import Group, Page
from esclusa.web.steps import Tried
from esclusa.web.visit import Visit

ROWS: Final = 100
_PERSON: Final = ("name", "birth_date", "nationality", "documents")
_OWN: Final = frozenset({"csrf", "version", "move", "match"})
_PARTNER: Final = "partner_"
"""Begins the names of the boxes that choose partners."""


async def show(visit: Visit) -> Response:
    """Draw the cases, how often people were mistaken, and what a number says that was asked for."""
    desk = visit.site.node.redress_desk
    state = one_of("state", visit.param("state") or "all", STATES)
    asked, found, wrong = visit.param("number").strip(), tuple[NumberView, ...](), ""
    status = 200
    if asked:
        try:
            found = await visit.ask(desk.number, asked)
        except NotFound:
            wrong = _("No such redress number is known here.")
        except InputError:
            wrong, status = _("This is no redress number, or it is mistyped."), 422
    page = await visit.ask(desk.cases, state=state, limit=ROWS)
    counts = await visit.ask(desk.counts)
    return visit.page(
        "redress.html", status=status, page=page, state=state, states=STATES, texts=words("state"),
        counts=counts, asked=asked, found=found, wrong=wrong,
    )  # fmt: skip


async def case(visit: Visit) -> Response:
    """Draw one case: whom it is about, its history, and a form for each step possible now."""
    return await _drawn(visit, Tried())


async def move(visit: Visit) -> Response:
    """Make a step on a case, or show its page again with what is wrong."""
    form, asked = visit.form, visit.form.get("move", "")
    desk = visit.site.node.redress_desk
    partners = [name.removeprefix(_PARTNER) for name in form if name.startswith(_PARTNER)]
    try:
        view = await visit.ask(
            desk.move, _name(visit), asked, _given(visit),
            person=_person(form) if asked == "papers" else None, partners=partners,
            version=form.get("version", ""),
        )  # fmt: skip
    except (StateError, InputError) as error:
        return await _drawn(visit, _tried(visit, error), status=steps.status(error))
    return visit.go(f"/redress/{view.row.case}")


async def start(visit: Visit) -> Response:
    """Draw the form of an application that begins at a match."""
    return await _started(visit, Tried())


async def begin(visit: Visit) -> Response:
    """Take an application, or show the form again with what is wrong."""
    desk = visit.site.node.redress_desk
    try:
        view = await visit.ask(desk.apply, _person(visit.form), _given(visit), match=_match(visit))
    except (StateError, InputError) as error:
        return await _started(visit, _tried(visit, error), status=steps.status(error))
    return visit.go(f"/redress/{view.row.case}")


async def paper(visit: Visit) -> Response:
    """Hand out what the person receives, as PDF or as text."""
    pdf = one_of("as", visit.param("as") or "pdf", ("pdf", "text")) == "pdf"
    name = _name(visit)
    made = await visit.ask(visit.site.node.redress_desk.paper, name, pdf=pdf)
    return visit.attach(f"redress-{name}.{'pdf' if pdf else 'txt'}", made)


async def _drawn(visit: Visit, tried: Tried, *, status: int = 200) -> Response:
    view = await visit.ask(visit.site.node.redress_desk.show, _name(visit))
    tried = steps.against(visit, tried, view.version)
    return visit.page("redress_case.html", status=status, view=view, tried=tried)


async def _started(visit: Visit, tried: Tried, *, status: int = 200) -> Response:
    view = await visit.ask(visit.site.node.redress_desk.start, _match(visit))
    return visit.page("redress_start.html", status=status, view=view, tried=tried)


def _name(visit: Visit) -> str:
    return str(visit.request.path_params["case"])[:64]


def _match(visit: Visit) -> str:
    return str(visit.request.path_params["match_id"])[:64]


def _person(form: Mapping[str, str]) -> RedressPerson:
    return RedressPerson(
        name=form.get("name", ""), birth_date=form.get("birth_date", ""),
        nationality=form.get("nationality", ""),
        documents=tuple(form.get("documents", "").split("\n")),
    )  # fmt: skip


def _typed(visit: Visit) -> dict[str, str]:
    found = steps.typed(visit, _OWN)
    return {name: value for name, value in found.items() if not name.startswith(_PARTNER)}


def _given(visit: Visit) -> dict[str, str]:
    return {name: value for name, value in _typed(visit).items() if name not in _PERSON}


def _tried(visit: Visit, error: EsclusaError) -> Tried:
    mistakes, why = steps.mistaken(error, visit.language)
    return Tried(move=visit.form.get("move", ""), typed=_typed(visit), mistakes=mistakes,
                 why=why)  # fmt: skip


PAGES = (
    Page(path="/redress", show=show, action=Action.REDRESS_READ, label=_("Redress"),
         group=Group.WORK, order=60),
    Page(path="/redress/{case}", show=case, action=Action.REDRESS_READ),
    Page(path="/redress/{case}/move", show=move, method="POST", action=Action.REDRESS_MOVE),
    Page(path="/redress/{case}/paper", show=paper, action=Action.REDRESS_READ, download=True),
    Page(path="/redress-starts/{match_id}", show=start, action=Action.REDRESS_MOVE),
    Page(path="/redress-starts/{match_id}", show=begin, method="POST",
         action=Action.REDRESS_MOVE),
)  # fmt: skip
