"""Requests for information: the desk of both sides with its clocks, one request with its history
and its steps, the form of a question.

A step that cannot be made leaves everything on the page that was typed: what is wrong stands at its
field, and where somebody was faster the page shows what has changed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from starlette.responses import Response

from esclusa.api.queries import one_of
from esclusa.api.request_endpoints import SIDES, STATES
from esclusa.casework.information_words import ANSWERS, fields, words
from esclusa.errors import AgreementError, EsclusaError, InputError, StateError
from esclusa.model import Level
from esclusa.node.information_table import requests_csv
from esclusa.sharing.reader import Action
from esclusa.web import steps
from esclusa.web.catalogue import mark as _
from esclusa.web.page import Group, Page
from esclusa.web.visit import Visit

ROWS: Final = 100
_MOST_ROWS: Final = 5000
"""Rows of the desk that go into one file."""
_OWN: Final = frozenset({"csrf", "version", "move", "partner", "level", "records"})
"""Fields of the forms that are no facts to record."""


class Tried(steps.Tried, frozen=True, kw_only=True):
    """A step on a request that was not made; ``records`` are ids as typed."""

    partner: str = ""
    level: str = ""
    records: str = ""


async def show(visit: Visit) -> Response:
    """Draw the requests of both sides, what waits for us first."""
    side, state = _filter(visit)
    desk = visit.site.node.information_desk
    page = await visit.ask(desk.requests, side=side, state=state, limit=ROWS)
    rates = await visit.ask(desk.rates)
    return visit.page(
        "requests.html", page=page, side=side, state=state, sides=SIDES, states=STATES,
        texts=words("state"), rates=[one for one in rates if one.asked],
        may_ask=visit.reader.may(Action.REQUEST_MOVE),
    )  # fmt: skip


async def as_csv(visit: Visit) -> Response:
    """Give the requests of the desk as CSV."""
    side, state = _filter(visit)
    desk = visit.site.node.information_desk
    page = await visit.ask(desk.requests, side=side, state=state, limit=_MOST_ROWS)
    return visit.attach("requests.csv", requests_csv(page, visit.language))


async def request(visit: Visit) -> Response:
    """Draw one request: clock, history of both sides, and a form for each step possible now."""
    return await _drawn(visit, Tried())


async def move(visit: Visit) -> Response:
    """Make a step on a request, or show its page again with what is wrong."""
    given, form = steps.given(visit, _OWN, fields()), visit.form
    desk = visit.site.node.information_desk
    try:
        view = await visit.ask(
            desk.move, _name(visit), form.get("move", ""), given,
            version=form.get("version", ""), record_ids=tuple(form.get("records", "").split()),
        )  # fmt: skip
    except (StateError, InputError, AgreementError) as error:
        return await _drawn(visit, _tried(visit, error), status=steps.status(error))
    return visit.go(f"/requests/{view.row.id}")


async def start(visit: Visit) -> Response:
    """Draw the form of a new question, about a record or an alert or about neither."""
    return await _started(visit, Tried())


async def begin(visit: Visit) -> Response:
    """Ask a partner, or show the form again with what is wrong."""
    given, form = steps.given(visit, _OWN, fields()), visit.form
    desk = visit.site.node.information_desk
    level = form.get("level", "") or str(int(Level.OFFICIAL))
    one_of("level", level, [str(int(one)) for one in Level])
    try:
        view = await visit.ask(
            desk.ask, form.get("partner", ""), given, record=_record(visit),
            level=Level(int(level)),
        )  # fmt: skip
    except (StateError, InputError, AgreementError) as error:
        return await _started(visit, _tried(visit, error), status=steps.status(error))
    return visit.go(f"/requests/{view.row.id}")


def _filter(visit: Visit) -> tuple[str, str]:
    side = one_of("side", visit.param("side"), ("", *SIDES))
    return side, one_of("state", visit.param("state") or "open", STATES)


async def _drawn(visit: Visit, tried: Tried, *, status: int = 200) -> Response:
    view = await visit.ask(visit.site.node.information_desk.show, _name(visit))
    tried = steps.against(visit, tried, view.version)
    cases = await visit.ask(visit.site.node.case_desk.of_item, "request", view.row.id)
    return visit.page(
        "request.html", status=status, view=view, tried=tried, answers=ANSWERS, cases=cases,
        cased=f"request/{view.row.id}",
    )  # fmt: skip


async def _started(visit: Visit, tried: Tried, *, status: int = 200) -> Response:
    name = _record(visit)
    view = await visit.ask(visit.site.node.information_desk.start, name)
    return visit.page("request_start.html", status=status, view=view, tried=tried, name=name)


def _name(visit: Visit) -> str:
    return str(visit.request.path_params["request_id"])[:64]


def _record(visit: Visit) -> str:
    return str(visit.request.path_params.get("record_id", ""))


def _tried(visit: Visit, error: EsclusaError) -> Tried:
    mistakes, why = steps.mistaken(error, visit.language)
    form: Mapping[str, Any] = visit.form
    return Tried(
        move=form.get("move", ""), typed=steps.typed(visit, _OWN), mistakes=mistakes, why=why,
        partner=form.get("partner", ""), level=form.get("level", ""),
        records=form.get("records", "").strip(),
    )  # fmt: skip


_READ, _MOVE = Action.REQUEST_READ, Action.REQUEST_MOVE
PAGES = (
    Page(path="/requests", show=show, action=_READ, label=_("Requests"), group=Group.WORK,
         order=35),
    Page(path="/requests.csv", show=as_csv, action=_READ, download=True),
    Page(path="/requests/{request_id}", show=request, action=_READ),
    Page(path="/requests/{request_id}/move", show=move, method="POST", action=_MOVE),
    Page(path="/request-starts", show=start, action=_MOVE),
    Page(path="/request-starts", show=begin, method="POST", action=_MOVE),
    Page(path="/request-starts/{record_id}", show=start, action=_MOVE),
    Page(path="/request-starts/{record_id}", show=begin, method="POST", action=_MOVE),
)  # fmt: skip
