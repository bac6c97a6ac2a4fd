"""Consent: may a third agency have a record, or another record rest on it?"""

from __future__ import annotations

import datetime as dt

from starlette.responses import Response

from esclusa.errors import ExchangeError
from esclusa.sharing.reader import Action
from esclusa.web.catalogue import mark as _
from esclusa.web.page import Group, Page
from esclusa.web.visit import Visit


async def show(visit: Visit) -> Response:
    """Draw the questions: partners' to us and ours to others."""
    return await _page(visit)


async def answer(visit: Visit) -> Response:
    """Answer a partner's question, with a last day or without."""
    form = visit.form
    try:
        until = _until(form.get("until", ""))
    except (ValueError, OverflowError):  # no day follows the last one of the calendar
        return await _page(visit, wrong=_("The last day is a date."), status=400)
    named = (form.get("record", ""), form.get("asker", ""), form.get("to", ""), form.get("use", ""))
    try:
        await visit.ask(
            visit.site.node.partner_desk.answer, *named, granted=form.get("word") == "grant",
            until=until,
        )  # fmt: skip
    except ExchangeError:
        return await _page(visit, wrong=_("Nobody waits for this answer."), status=409)
    return visit.go("/consents")


def _until(text: str) -> dt.datetime | None:
    """Return the end of the day that was typed, in UTC; None when none was."""
    if not text:
        return None
    midnight = dt.datetime.combine(dt.date.fromisoformat(text), dt.time(), dt.UTC)
    return midnight + dt.timedelta(days=1)


async def _page(visit: Visit, *, wrong: str = "", status: int = 200) -> Response:
    found = await visit.ask(visit.site.node.partner_desk.questions)
    return visit.page("consents.html", status=status, questions=found, wrong=wrong)


PAGES = (
    Page(
        path="/consents",
        show=show,
        action=Action.PARTNER_READ,
        label=_("Consent"),
        group=Group.PARTNERS,
        order=20,
    ),
    Page(path="/consents", show=answer, method="POST", action=Action.CONSENT_ANSWER),
)
