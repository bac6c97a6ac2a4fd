"""Search: names, bills, containers, ships and documents among the records."""

from __future__ import annotations

from starlette.responses import Response

from esclusa.api.queries import KINDS, check_value, one_of
from esclusa.sharing.reader import Action
from esclusa.sharing.views import SearchPage
from esclusa.web.catalogue import mark as _
from esclusa.web.page import Group, Page
from esclusa.web.visit import Visit

ROWS = 100


async def show(visit: Visit) -> Response:
    """Draw the form and, once there is something to look for, the results."""
    text, kind = visit.param("text").strip(), visit.param("kind")
    check_value("text", text, limits=visit.site.limits)
    one_of("kind", kind, ("", *KINDS))
    found: SearchPage | None = None
    if text:
        found = await visit.ask(visit.site.node.search, text, kind=kind, limit=ROWS)
    return visit.page("search.html", text=text, kind=kind, kinds=KINDS, found=found)


PAGES = (
    Page(
        path="/search",
        show=show,
        action=Action.SEARCH,
        label=_("Search"),
        group=Group.LOOK_UP,
        order=10,
    ),
)
