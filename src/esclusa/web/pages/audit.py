"""The audit log: who asked for what, when, for which purpose. Identifiers, no content."""

from __future__ import annotations

from urllib.parse import urlencode

from starlette.responses import Response

from esclusa.api.queries import check_value, number, one_of
from esclusa.sharing.reader import Action
from esclusa.web.catalogue import mark as _
from esclusa.web.page import Page
from esclusa.web.visit import Visit

ROWS = 100


async def show(visit: Visit) -> Response:
    """Draw one page of the log, the newest first."""
    who, action = visit.param("who").strip(), visit.param("action")
    check_value("who", who, limits=visit.site.limits)
    one_of("action", action, ("", *Action))
    before = number("before", visit.param("before") or "0")
    rows = await visit.ask(visit.site.node.audit, limit=ROWS, before=before, who=who, action=action)
    asked = {name: value for name, value in (("who", who), ("action", action)) if value}
    older = urlencode(asked | {"before": str(rows[-1].seq)}) if len(rows) == ROWS else ""
    return visit.page(
        "audit.html", rows=rows, who=who, action=action, actions=tuple(Action), older=older
    )


PAGES = (Page(path="/audit", show=show, action=Action.AUDIT_READ, label=_("Audit"), order=70),)
