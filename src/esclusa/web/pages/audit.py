"""The audit log as sentences: who did what, when, for which purpose. Identifiers, no content."""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import urlencode

import msgspec
from starlette.responses import Response

from esclusa.api.queries import check_value, number, one_of
from esclusa.sharing.audit_views import AuditFilter
from esclusa.sharing.reader import PURPOSES, Action
from esclusa.web.catalogue import mark as _
from esclusa.web.catalogue import vocabulary
from esclusa.web.page import Group, Page
from esclusa.web.visit import Visit

ROWS: Final = 100
_NAMED: Final = ("who", "action", "subject", "purpose", "since", "until")


async def show(visit: Visit) -> Response:
    """Draw one page of the log, the newest first, as sentences or as a table."""
    asked = {name: value for name in _NAMED if (value := visit.param(name).strip())}
    for name, value in asked.items():
        check_value(name, value, limits=visit.site.limits)
    one_of("action", asked.get("action", ""), ("", *actions()))
    one_of("purpose", asked.get("purpose", ""), ("", *PURPOSES))
    form = one_of("as", visit.param("as"), ("", "table"))
    before = number("before", visit.param("before") or "0")
    wanted = msgspec.convert(asked | {"before": before, "limit": ROWS}, AuditFilter)
    rows = await visit.ask(visit.site.node.audit_desk.lines, wanted)
    looked: Any = ()
    if wanted.subject and not before:
        looked = await visit.ask(visit.site.node.audit_desk.about, wanted.subject)
    kept = asked | ({"as": form} if form else {})
    return visit.page(
        "audit.html", rows=rows, asked=dict.fromkeys(_NAMED, "") | asked, actions=actions(),
        purposes=PURPOSES, form=form, looked=looked, log=visit.site.node.log_check.last(),
        older=urlencode(kept | {"before": str(rows[-1].seq)}) if len(rows) == ROWS else "",
        other=urlencode(asked | ({} if form else {"as": "table"})),
    )  # fmt: skip


def actions() -> tuple[str, ...]:
    """Return every action that a line can be about: what people ask for, and what the exchange
    and the searches between nodes do by themselves."""
    return tuple(vocabulary()["action"])


PAGES = (
    Page(path="/audit", show=show, action=Action.AUDIT_READ, label=_("Audit"),
         group=Group.OVERSIGHT, order=50),
)  # fmt: skip
