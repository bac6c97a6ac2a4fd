"""Partners: how the exchange with each stands, its agreements, receipts and alarms."""

from __future__ import annotations

from starlette.responses import Response

from esclusa.sharing.reader import Action
from esclusa.web.catalogue import mark as _
from esclusa.web.page import Group, Page
from esclusa.web.visit import Visit


async def show(visit: Visit) -> Response:
    """Draw every partner in a line."""
    found = await visit.ask(visit.site.node.partner_desk.partners)
    return visit.page("partners.html", partners=found)


async def one(visit: Visit) -> Response:
    """Draw one partner: what its agreements give, what it erased, what needs a look."""
    agency = visit.request.path_params["agency"]
    found = await visit.ask(visit.site.node.partner_desk.partner, agency)
    return visit.page("partner.html", partner=found)


PAGES = (
    Page(
        path="/partners",
        show=show,
        action=Action.PARTNER_READ,
        label=_("Partners"),
        group=Group.PARTNERS,
        order=10,
    ),
    Page(path="/partners/{agency}", show=one, action=Action.PARTNER_READ),
)
