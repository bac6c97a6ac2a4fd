"""The work queue: what deserves a look first, and for which reasons."""

from __future__ import annotations

from typing import Any

import msgspec
from starlette.responses import Response

from esclusa.api.queries import ALERT_KINDS, SORTS, STATES
from esclusa.sharing.reader import Action
from esclusa.sharing.views import QueueFilter
from esclusa.web.catalogue import mark as _
from esclusa.web.filters import address_of, alert_named, filter_of, with_filter
from esclusa.web.page import Group, Page
from esclusa.web.visit import Visit

PAGE_SIZES = (50, 100, 200)


async def show(visit: Visit) -> Response:
    """Draw one page of the queue. The address is the saved view."""
    return await draw(
        visit, filter_of(visit), at=alert_named(visit.param("at")),
        moved=alert_named(visit.param("moved")), bulk=alert_named(visit.param("bulk")),
        every=visit.param("chosen") == "all",
    )  # fmt: skip


async def draw(
    visit: Visit, wanted: QueueFilter, *, at: str = "", status: int = 200, **said: Any
) -> Response:
    """Draw a page of the queue.

    :param at: an alert that the page must show when it is in the list, wherever the page began.
    :param said: what the person chose and typed, for a page that is drawn anew.
    """
    node = visit.site.node
    page = await visit.ask(node.queue, wanted)
    if at and at not in {row.alert_id for row in page.rows}:
        wanted = msgspec.structs.replace(wanted, cursor=await visit.ask(node.place, at, wanted))
        page = await visit.ask(node.queue, wanted)
    address = address_of(wanted)
    values = {
        "wanted": wanted,
        "page": page,
        "filter": address,
        "view": address_of(wanted, cursor=""),
        "next": address_of(wanted, cursor=page.next_cursor),
        "all": with_filter("/queue", address, chosen="all"),
        "saved": await visit.ask(node.saved_views.all),
        "verdicts": node.verdicts(),
        "states": STATES,
        "kinds": ALERT_KINDS,
        "sorts": SORTS,
        "page_sizes": PAGE_SIZES,
    }
    return visit.page("queue.html", status=status, **(_UNSAID | values | said))


_UNSAID: dict[str, Any] = {
    "moved": "", "bulk": "", "every": False, "chosen": frozenset(), "verdict": "", "reason": "",
    "view_name": "", "wrong": "", "wrong_view": "",
}  # fmt: skip

PAGES = (
    Page(
        path="/queue",
        show=show,
        action=Action.QUEUE_READ,
        label=_("Queue"),
        group=Group.WORK,
        order=10,
    ),
)
