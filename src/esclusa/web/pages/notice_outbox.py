"""The outbox of notices and the use that agencies made of them: for those who run the node."""

from __future__ import annotations

from typing import Final

from starlette.responses import Response

from esclusa.api.queries import number, one_of
from esclusa.errors import InputError, NotFound
from esclusa.node.notice_running import OUTBOX_STATES
from esclusa.sharing.reader import Action
from esclusa.web.catalogue import mark as _
from esclusa.web.page import Group, Page
from esclusa.web.steps import require
from esclusa.web.visit import Visit

_RUN: Final = Action.NOTICE_RUN
_PERIODS: Final = (7, 31, 92, 366)


async def show(visit: Visit) -> Response:
    """Draw the messages that wait or failed, and the channels."""
    return await _drawn(visit)


async def again(visit: Visit) -> Response:
    """Let a message be tried once more."""
    name = visit.request.path_params["message_id"]
    await visit.ask(visit.site.node.notices.again, name)
    return visit.go("/notice-outbox")


async def test(visit: Visit) -> Response:
    """Send a test, and say how it went."""
    form = visit.form
    channel, to = form.get("channel", ""), form.get("to", "").strip()
    require(visit, "to")
    done = await visit.ask(visit.site.node.notices.test, channel, to)
    return await _drawn(visit, tested=done, channel=channel, to=to)


async def count_for(visit: Visit) -> Response:
    """Say for which agency an account's use is counted."""
    form = visit.form
    account, agency = form.get("account", "").strip(), form.get("agency", "").strip()
    require(visit, "account")
    try:
        await visit.ask(visit.site.node.notices.count_for, account, agency)
    except NotFound as error:
        raise InputError(str(error), field="account", problem="nobody") from None
    return visit.go("/notice-use")


async def _drawn(
    visit: Visit, *, tested: object = None, channel: str = "mail", to: str = "",
) -> Response:  # fmt: skip
    state = one_of("state", visit.param("state"), OUTBOX_STATES)
    view = await visit.ask(visit.site.node.notices.messages, state=state)
    return visit.page(
        "notice_outbox.html", outbox=view, state=state, states=OUTBOX_STATES,
        tested=tested, channel=channel, to=to,
    )  # fmt: skip


async def use(visit: Visit) -> Response:
    """Draw the use that each agency made of the node."""
    days = _days(visit)
    page = await visit.ask(visit.site.node.notices.use, days=days)
    return visit.page("notice_use.html", page=page, days=days, periods=_PERIODS)


async def use_as_csv(visit: Visit) -> Response:
    """Give the same as a table to keep."""
    text = await visit.ask(visit.site.node.notices.use_csv, days=_days(visit))
    return visit.attach("use.csv", text)


def _days(visit: Visit) -> int:
    return number("days", visit.param("days") or "92", high=1830)


PAGES = (
    Page(path="/notice-outbox", show=show, action=_RUN, label=_("Outbox of notices"),
         group=Group.ADMINISTRATION, order=70),
    Page(path="/notice-outbox/{message_id}/again", show=again, method="POST", action=_RUN),
    Page(path="/notice-outbox/test", show=test, method="POST", action=_RUN),
    Page(path="/notice-use", show=use, action=Action.NOTICE_USE, label=_("Use by agency"),
         group=Group.OVERSIGHT, order=70),
    Page(path="/notice-use.csv", show=use_as_csv, action=Action.NOTICE_USE, download=True),
    Page(path="/notice-use", show=count_for, method="POST", action=_RUN),
)  # fmt: skip
