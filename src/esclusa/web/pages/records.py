"""A record: its facts with their source and marking, its versions and its links."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from esclusa.analysis.scoring import points
from esclusa.api.queries import number
from esclusa.node.record_desk import Sheet
from esclusa.sharing.reader import Action
from esclusa.sharing.views import AlertView
from esclusa.web.facts import groups, paths, total
from esclusa.web.page import Page
from esclusa.web.visit import Visit


async def show(visit: Visit) -> Response:
    """Draw the newest version of the record, or the one that the address names."""
    asked = visit.param("version")
    version = number("version", asked, low=1) if asked else None
    seen = await visit.ask(
        visit.site.node.record_desk.record, visit.request.path_params["record_id"], version=version
    )
    return draw(visit, seen, seen.record.alert, cased=f"record/{seen.record.id}")


def draw(
    visit: Visit,
    seen: Sheet,
    alert: AlertView | None,
    *,
    status: int = 200,
    **place: Any,
) -> Response:
    """Draw a record with the alert on it. ``place`` tells where in the queue the reader stands."""
    record = seen.record
    reasons = alert.alert.reasons if alert else ()
    values = {
        "record": record,
        "score": seen.score,
        "referrals": seen.referrals,
        "requests": seen.requests,
        "cases": seen.cases,
        "warned": seen.warned,
        "photos": seen.photos,
        "alert": alert,
        "newest": max((row.version for row in record.versions), default=record.version),
        "groups": groups(record.facts, reasons),
        "paths": paths(record.facts),
        "total": total(reasons),
        "verdicts": visit.site.node.verdicts(),
        "log_odds": points,
    }
    return visit.page("record.html", status=status, **(_NOWHERE | values | place))


_NOWHERE: dict[str, Any] = {
    "filter": "", "before": "", "after": "", "moved": "", "in_list": False, "back": "",
    "typed": None, "last": None, "lengths": (), "cased": "",
}  # fmt: skip

PAGES = (Page(path="/records/{record_id}", show=show, action=Action.RECORD_READ),)
