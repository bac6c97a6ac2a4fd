"""Referrals: the desk of both sides with its clocks, one referral with its history and its steps.

A step that cannot be made leaves everything on the page that was typed: what is wrong stands at its
field, and where somebody was faster the page shows what has changed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

import msgspec
from starlette.responses import Response

from esclusa.api.queries import one_of
from esclusa.api.referral_endpoints import SIDES, STATES
from esclusa.casework.referral_moves import MoveMistakes
from esclusa.casework.referral_words import fields, words
from esclusa.errors import AgreementError, EsclusaError, InputError, StateError
from esclusa.sharing.reader import Action
from esclusa.sharing.referral_views import OfRecordView
from esclusa.sharing.views import RecordView
from esclusa.web.catalogue import mark as _
from esclusa.web.page import Page
from esclusa.web.visit import Visit

ROWS: Final = 100
PROBLEMS: Final = {
    "missing": _("Fill this in."),
    "one_of": _("Fill in this or the field beside it."),
    "short": _("This says too little."),
    "long": _("This is too long."),
    "damaged": _("This has a character that is no text."),
    "code": _("Choose from the list."),
    "number": _("Write a number above 0, with a point for decimals."),
    "moment": _("Write date and time like 2026-11-28 10:00."),
    "past": _("This is not after now."),
}
_WITHOUT_ZONE: Final = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d)?")
"""A moment without its zone is UTC, as the page says. It is a field of text, because a browser's
own field for date and time writes 11/12 for one day here and another there."""
_OWN: Final = frozenset({"csrf", "version", "move", "host", "box", "send"})
"""Fields of the forms that are no facts to record."""


class Tried(msgspec.Struct, frozen=True, kw_only=True):
    """A step that was not made: which, what was typed, what is wrong.

    ``mistakes`` are texts by field; ``why`` is an English sentence of the program; ``faster`` tells
    that the referral has changed since the form was drawn.
    """

    move: str = ""
    typed: Mapping[str, str] = {}
    mistakes: Mapping[str, str] = {}
    why: str = ""
    faster: bool = False
    host: str = ""
    box: str = ""


async def show(visit: Visit) -> Response:
    """Draw the referrals of both sides, what waits for us first."""
    side = one_of("side", visit.param("side"), ("", *SIDES))
    state = one_of("state", visit.param("state") or "open", STATES)
    desk = visit.site.node.referral_desk
    page = await visit.ask(desk.referrals, side=side, state=state, limit=ROWS)
    rates = await visit.ask(desk.rates)
    return visit.page(
        "referrals.html", page=page, side=side, state=state, sides=SIDES, states=STATES,
        texts=words("state"), rates=[one for one in rates if one.asked or one.void],
    )  # fmt: skip


async def referral(visit: Visit) -> Response:
    """Draw one referral: clock, history of both sides, and a form for each step possible now."""
    return await _drawn(visit, Tried())


async def move(visit: Visit) -> Response:
    """Make a step on a referral, or show its page again with what is wrong."""
    name, asked = _name(visit), visit.form.get("move", "")
    given = _given(visit)
    desk = visit.site.node.referral_desk
    try:
        view = await visit.ask(desk.move, name, asked, given, version=visit.form.get("version", ""))
    except (StateError, InputError, AgreementError) as error:
        return await _drawn(visit, _tried(visit, error), status=_status(error))
    return visit.go(f"/referrals/{view.row.id}")


async def start(visit: Visit) -> Response:
    """Draw the form of a new referral about a record or an alert."""
    return await _started(visit, Tried())


async def begin(visit: Visit) -> Response:
    """Send a new referral, or keep it as a draft, or show the form again with what is wrong."""
    given, form = _given(visit), visit.form
    desk = visit.site.node.referral_desk
    try:
        view = await visit.ask(
            desk.open, str(visit.request.path_params["record_id"]), form.get("host", ""), given,
            box=form.get("box", ""), send=form.get("send") == "yes",
        )  # fmt: skip
    except (StateError, InputError, AgreementError) as error:
        return await _started(visit, _tried(visit, error), status=_status(error))
    return visit.go(f"/referrals/{view.row.id}")


async def referrals_of(visit: Visit, record: RecordView) -> OfRecordView | None:
    """Return the referrals of a record for its page, None where there can be none."""
    if record.kind not in ("consignment", "equipment") or record.erased:
        return None
    return await visit.ask(visit.site.node.referral_desk.of_record, record.id)


async def _drawn(visit: Visit, tried: Tried, *, status: int = 200) -> Response:
    view = await visit.ask(visit.site.node.referral_desk.show, _name(visit))
    seen = visit.form.get("version", view.version)
    if tried.why and seen != view.version:
        tried = msgspec.structs.replace(tried, faster=True, why="")
    return visit.page("referral.html", status=status, view=view, tried=tried)


async def _started(visit: Visit, tried: Tried, *, status: int = 200) -> Response:
    name = str(visit.request.path_params["record_id"])
    view = await visit.ask(visit.site.node.referral_desk.start, name)
    return visit.page("referral_start.html", status=status, view=view, tried=tried, name=name)


def _name(visit: Visit) -> str:
    return str(visit.request.path_params["referral_id"])[:64]


def _given(visit: Visit) -> dict[str, str]:
    """Return what the form records, by field; a moment without a zone is UTC, as the form says."""
    moments = {name for name, field in fields().items() if field.type == "moment"}
    return {
        name: value + "Z" if name in moments and _WITHOUT_ZONE.fullmatch(value) else value
        for name, value in _typed(visit).items()
    }


def _typed(visit: Visit) -> dict[str, str]:
    return {
        name: value.replace("\r\n", "\n").strip()
        for name, value in visit.form.items() if name not in _OWN
    }  # fmt: skip


def _tried(visit: Visit, error: EsclusaError) -> Tried:
    mistakes: dict[str, str] = {}
    why = ""
    if isinstance(error, MoveMistakes):
        mistakes = {one.field: PROBLEMS[one.problem] for one in error.mistakes}
    elif isinstance(error, (InputError, AgreementError)):
        why = error.reason
    else:
        why = str(error)
    form: Mapping[str, Any] = visit.form
    return Tried(
        move=form.get("move", ""), typed=_typed(visit), mistakes=mistakes, why=why,
        host=form.get("host", ""), box=form.get("box", ""),
    )  # fmt: skip


def _status(error: EsclusaError) -> int:
    return 409 if isinstance(error, StateError) else 422


PAGES = (
    Page(path="/referrals", show=show, action=Action.REFERRAL_READ, label=_("Referrals"), order=18),
    Page(path="/referrals/{referral_id}", show=referral, action=Action.REFERRAL_READ),
    Page(path="/referrals/{referral_id}/move", show=move, method="POST",
         action=Action.REFERRAL_MOVE),
    Page(path="/referral-starts/{record_id}", show=start, action=Action.REFERRAL_MOVE),
    Page(path="/referral-starts/{record_id}", show=begin, method="POST",
         action=Action.REFERRAL_MOVE),
)  # fmt: skip
