"""A record: its facts with their source and marking, its versions and its links."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from esclusa.analysis.scoring import points
from esclusa.api.queries import number
from esclusa.sharing.reader import Action
from esclusa.sharing.score_views import AssessmentView
from esclusa.sharing.views import AlertView, RecordView
from esclusa.web.facts import groups, paths, total
from esclusa.web.page import Page
from esclusa.web.pages.cases import cases_of
from esclusa.web.pages.referrals import referrals_of
from esclusa.web.pages.requests import requests_of
from esclusa.web.pages.warnings import warnings_of
from esclusa.web.visit import Visit


async def show(visit: Visit) -> Response:
    """Draw the newest version of the record, or the one that the address names."""
    asked = visit.param("version")
    version = number("version", asked, low=1) if asked else None
    record = await visit.ask(
        visit.site.node.record, visit.request.path_params["record_id"], version=version
    )
    return draw(
        visit, record, record.alert, score=await score_of(visit, record),
        referrals=await referrals_of(visit, record),
        requests=await requests_of(visit, record), warned=await warnings_of(visit, record),
        cases=await cases_of(visit, "record", record.id), cased=f"record/{record.id}",
        photos=await photos_of(visit, record),
    )  # fmt: skip


async def photos_of(visit: Visit, record: RecordView) -> int:
    """Return how many photographs came with an examination; 0 for other records."""
    if record.kind != "examination":
        return 0
    return await visit.ask(visit.site.node.yard_desk.photos.count, record.id)


async def score_of(visit: Visit, record: RecordView) -> AssessmentView | None:
    """Return the newest score of a consignment, None for other records and without a score."""
    if record.kind != "consignment":
        return None
    return await visit.ask(visit.site.node.score_desk.beside, record.id)


def draw(
    visit: Visit,
    record: RecordView,
    alert: AlertView | None,
    *,
    status: int = 200,
    **place: Any,
) -> Response:
    """Draw a record with the alert on it. ``place`` tells where in the queue the reader stands."""
    reasons = alert.alert.reasons if alert else ()
    values = {
        "record": record,
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
    "typed": None, "last": None, "lengths": (),
    "score": None, "referrals": None, "requests": None, "cases": None, "cased": "",
    "warned": (), "photos": 0,
}  # fmt: skip

PAGES = (Page(path="/records/{record_id}", show=show, action=Action.RECORD_READ),)
