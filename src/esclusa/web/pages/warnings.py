"""What our warnings led to at partners."""

from __future__ import annotations

from typing import Final

from starlette.responses import Response

from esclusa.sharing.reader import Action
from esclusa.sharing.views import RecordView
from esclusa.sharing.warning_views import WarningRow
from esclusa.web.catalogue import mark as _
from esclusa.web.page import Group, Page
from esclusa.web.visit import Visit

ROWS: Final = 100
_KINDS: Final = frozenset({"consignment", "equipment", "list_entry"})


async def show(visit: Visit) -> Response:
    """Draw records and referrals of ours with what they led to at partners."""
    page = await visit.ask(visit.site.node.feedback_desk.warnings, limit=ROWS)
    return visit.page("warnings.html", page=page)


async def warnings_of(visit: Visit, record: RecordView) -> tuple[WarningRow, ...]:
    """Return what a record led to at partners, for its page."""
    if record.kind not in _KINDS or record.erased:
        return ()
    return await visit.ask(visit.site.node.feedback_desk.of_record, record.id)


PAGES = (
    Page(path="/warnings", show=show, action=Action.WARNING_READ, label=_("Warnings"),
         group=Group.WORK, order=85),
)  # fmt: skip
