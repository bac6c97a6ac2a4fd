"""The work queue: what deserves a look first, and for which reasons."""

from __future__ import annotations

from starlette.responses import Response

from esclusa.api.queries import ALERT_KINDS, SORTS, STATES
from esclusa.sharing.reader import Action
from esclusa.web.catalogue import mark as _
from esclusa.web.filters import address_of, alert_named, filter_of
from esclusa.web.page import Page
from esclusa.web.visit import Visit

PAGE_SIZES = (50, 100, 200)


async def show(visit: Visit) -> Response:
    """Draw one page of the queue. The address is the saved view."""
    wanted = filter_of(visit)
    page = await visit.ask(visit.site.node.queue, wanted)
    return visit.page(
        "queue.html",
        wanted=wanted,
        page=page,
        filter=address_of(wanted),
        next=address_of(wanted, cursor=page.next_cursor),
        first=address_of(wanted, cursor=""),
        moved=alert_named(visit.param("moved")),
        states=STATES,
        kinds=ALERT_KINDS,
        sorts=SORTS,
        page_sizes=PAGE_SIZES,
    )


PAGES = (Page(path="/queue", show=show, action=Action.QUEUE_READ, label=_("Queue"), order=10),)
