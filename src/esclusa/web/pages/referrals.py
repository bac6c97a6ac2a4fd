"""Referrals: the desk of both sides with its clocks, one referral with its history and its steps.

A step that cannot be made leaves everything on the page that was typed: what is wrong stands at its
field, and where somebody was faster the page shows what has changed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from starlette.responses import Response

from esclusa.api.queries import one_of
from esclusa.api.referral_endpoints import SIDES, STATES
from esclusa.casework.referral_words import fields, words
from esclusa.errors import AgreementError, EsclusaError, InputError, StateError
from esclusa.sharing.reader import Action
from esclusa.web import steps
from esclusa.web.catalogue import mark as _
from esclusa.web.page import Group, Page
from esclusa.web.visit import Visit

ROWS: Final = 100
_OWN: Final = frozenset({"csrf", "version", "move", "host", "box", "send"})
"""Fields of the forms that are no facts to record."""


class Tried(steps.Tried, frozen=True, kw_only=True):
    """A step on a referral that was not made, with the host and the box that were chosen."""

    host: str = ""
    box: str = ""


async def show(visit: Visit) -> Response:
    """Draw the referrals of both sides, what waits for us first."""
    side = one_of("side", visit.param("side"), ("", *SIDES))
    state = one_of("state", visit.param("state") or "open", STATES)
    desk = visit.site.node.referral_desk
    page = await visit.ask(desk.referrals, side=side, state=state, limit=ROWS)
    since, until = visit.param("since"), visit.param("until")
    rates = await visit.ask(desk.rates, since=since, until=until)
    return visit.page(
        "referrals.html", page=page, side=side, state=state, sides=SIDES, states=STATES,
        texts=words("state"), rates=[one for one in rates if one.asked or one.void],
        since=since, until=until,
    )  # fmt: skip


async def referral(visit: Visit) -> Response:
    """Draw one referral: clock, history of both sides, and a form for each step possible now."""
    return await _drawn(visit, Tried())


async def move(visit: Visit) -> Response:
    """Make a step on a referral, or show its page again with what is wrong."""
    name, asked = _name(visit), visit.form.get("move", "")
    given = steps.given(visit, _OWN, fields())
    desk = visit.site.node.referral_desk
    try:
        view = await visit.ask(desk.move, name, asked, given, version=visit.form.get("version", ""))
    except (StateError, InputError, AgreementError) as error:
        return await _drawn(visit, _tried(visit, error), status=steps.status(error))
    return visit.go(f"/referrals/{view.row.id}")


async def start(visit: Visit) -> Response:
    """Draw the form of a new referral about a record or an alert."""
    return await _started(visit, Tried())


async def begin(visit: Visit) -> Response:
    """Send a new referral, or keep it as a draft, or show the form again with what is wrong."""
    given, form = steps.given(visit, _OWN, fields()), visit.form
    desk = visit.site.node.referral_desk
    try:
        view = await visit.ask(
            desk.open, str(visit.request.path_params["record_id"]), form.get("host", ""), given,
            box=form.get("box", ""), send=form.get("send") == "yes",
        )  # fmt: skip
    except (StateError, InputError, AgreementError) as error:
        return await _started(visit, _tried(visit, error), status=steps.status(error))
    return visit.go(f"/referrals/{view.row.id}")


async def _drawn(visit: Visit, tried: Tried, *, status: int = 200) -> Response:
    view = await visit.ask(visit.site.node.referral_desk.show, _name(visit))
    tried = steps.against(visit, tried, view.version)
    cases = await visit.ask(visit.site.node.case_desk.of_item, "referral", view.row.id)
    return visit.page(
        "referral.html", status=status, view=view, tried=tried, cases=cases,
        cased=f"referral/{view.row.id}",
    )  # fmt: skip


async def _started(visit: Visit, tried: Tried, *, status: int = 200) -> Response:
    name = str(visit.request.path_params["record_id"])
    view = await visit.ask(visit.site.node.referral_desk.start, name)
    return visit.page("referral_start.html", status=status, view=view, tried=tried, name=name)


def _name(visit: Visit) -> str:
    return str(visit.request.path_params["referral_id"])[:64]


def _tried(visit: Visit, error: EsclusaError) -> Tried:
    mistakes, why = steps.mistaken(error, visit.language)
    form: Mapping[str, Any] = visit.form
    return Tried(
        move=form.get("move", ""), typed=steps.typed(visit, _OWN), mistakes=mistakes, why=why,
        host=form.get("host", ""), box=form.get("box", ""),
    )  # fmt: skip


PAGES = (
    Page(path="/referrals", show=show, action=Action.REFERRAL_READ, label=_("Referrals"),
         group=Group.WORK, order=30),
    Page(path="/referrals/{referral_id}", show=referral, action=Action.REFERRAL_READ),
    Page(path="/referrals/{referral_id}/move", show=move, method="POST",
         action=Action.REFERRAL_MOVE),
    Page(path="/referral-starts/{record_id}", show=start, action=Action.REFERRAL_MOVE),
    Page(path="/referral-starts/{record_id}", show=begin, method="POST",
         action=Action.REFERRAL_MOVE),
)  # fmt: skip
