"""What our warnings led to at partners."""

from __future__ import annotations

from typing import Final

from starlette.responses import Response

from esclusa.sharing.reader import Action
from esclusa.web.catalogue import mark as _
from esclusa.web.page import Group, Page
from esclusa.web.visit import Visit

ROWS: Final = 100


async def show(visit: Visit) -> Response:
    """Draw records and referrals of ours with what they led to at partners."""
    page = await visit.ask(visit.site.node.feedback_desk.warnings, limit=ROWS)
    return visit.page("warnings.html", page=page)


PAGES = (
    Page(path="/warnings", show=show, action=Action.WARNING_READ, label=_("Warnings"),
         group=Group.WORK, order=85),
)  # fmt: skip
