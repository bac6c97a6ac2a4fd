"""The API's addresses about seizures: the same services as the pages."""

from __future__ import annotations

from typing import Final

import msgspec

from esclusa.api.endpoint import Call, at
from esclusa.api.queries import check_limit
from esclusa.api.shapes import Asked
from esclusa.errors import InputError
from esclusa.model import Place, SeizedItem, Seizure
from esclusa.sharing import seizure_views as views


class SeizureQuery(msgspec.Struct, frozen=True, kw_only=True):
    """Which seizures: of a ``category``, between two days (``YYYY-MM-DD``); "" for all."""

    category: str = ""
    since: str = ""
    until: str = ""
    limit: int = 50


class SeizureCountQuery(msgspec.Struct, frozen=True, kw_only=True):
    """Counts ``by`` ``month``, ``quarter`` or ``year``, between two days."""

    by: str = "month"
    since: str = ""
    until: str = ""


class ItemGiven(Asked, frozen=True, kw_only=True):
    """Goods: category, the service's words, quantity and unit (UN/ECE Recommendation 20)."""

    category: str
    what: str = ""
    quantity: float | None = None
    unit: str = ""


class ReportGiven(Asked, frozen=True, kw_only=True):
    """What a report says. ``event`` is the number that services share, "" for an event of its own;
    ``seized`` a day or a moment with its zone; ``place`` a UN/LOCODE; ``part`` a code of the
    parts."""

    seized: str
    items: tuple[ItemGiven, ...]
    agency: str = ""
    number: str = ""
    event: str = ""
    part: str = "found"
    place: str = ""
    equipment: str = ""
    carrier: str = ""
    bill: str = ""
    concealment: str = ""
    examination: str = ""


class SeizureReported(Asked, frozen=True, kw_only=True):
    """A report, the ``partners`` that get it, and the record of the examination it is ``about``."""

    report: ReportGiven
    partners: tuple[str, ...] = ()
    about: str = ""


class SeizureCorrected(Asked, frozen=True, kw_only=True):
    """A correction: the report as it should be, why, and the ``version`` as it was seen."""

    report: ReportGiven
    why: str
    version: str


class SeizureWithdrawn(Asked, frozen=True, kw_only=True):
    """Why a report is taken back, and the ``version`` as it was seen."""

    why: str
    version: str


async def seizures(call: Call) -> views.EventPage:
    """Seizures, the newest first; each is one event."""
    asked: SeizureQuery = call.query
    check_limit(asked.limit, call.limits)
    return await call.ask(
        call.node.seizure_desk.seizures, category=asked.category, since=asked.since,
        until=asked.until, limit=asked.limit,
    )  # fmt: skip


async def seizure(call: Call) -> views.EventView:
    """A seizure with each service's report."""
    return await call.ask(call.node.seizure_desk.show, call.path["event"])


async def report_seizure(call: Call) -> views.EventView:
    """Report a seizure."""
    asked: SeizureReported = call.body
    return await call.ask(
        call.node.seizure_desk.report, _body(asked.report, call.node.agency),
        partners=asked.partners, about=asked.about,
    )  # fmt: skip


async def correct(call: Call) -> views.EventView:
    """Correct a report of this node."""
    asked: SeizureCorrected = call.body
    _require_version(asked.version)
    made = msgspec.structs.replace(_body(asked.report, call.node.agency), why=asked.why)
    return await call.ask(
        call.node.seizure_desk.correct, call.path["record"], made, version=asked.version
    )


async def withdraw_seizure_report(call: Call) -> None:
    """Take a report back: it counts no more."""
    asked: SeizureWithdrawn = call.body
    _require_version(asked.version)
    await call.ask(
        call.node.seizure_desk.withdraw, call.path["record"], asked.why, version=asked.version
    )


async def seizure_counts(call: Call) -> views.CountsView:
    """Seizures by period and category: one event, one count."""
    asked: SeizureCountQuery = call.query
    return await call.ask(
        call.node.seizure_desk.counts, by=asked.by, since=asked.since, until=asked.until
    )


def _require_version(version: str) -> None:
    if not version:
        raise InputError("version is empty; send the one of the report as you saw it")


def _body(given: ReportGiven, agency: str) -> Seizure:
    return Seizure(
        agency=given.agency or agency, number=given.number, event=given.event,
        seized=given.seized, part=given.part, equipment=given.equipment, carrier=given.carrier,
        bill=given.bill, concealment=given.concealment, examination=given.examination,
        place=Place(code=given.place.strip().upper(), scheme="unlocode") if given.place.strip()
        else Place(),
        items=tuple(
            SeizedItem(category=one.category, what=one.what, quantity=one.quantity, unit=one.unit)
            for one in given.items
        ),
    )  # fmt: skip


ENDPOINTS: Final = (
    at("GET", "/seizures", seizures, views.EventPage, query=SeizureQuery),
    at("POST", "/seizures", report_seizure, views.EventView, body=SeizureReported),
    at("GET", "/seizures/{event}", seizure, views.EventView),
    at("POST", "/seizure-reports/{record}/correction", correct, views.EventView,
       body=SeizureCorrected),
    at(
        "POST", "/seizure-reports/{record}/withdrawal", withdraw_seizure_report,
        None, body=SeizureWithdrawn),
    at("GET", "/seizure-counts", seizure_counts, views.CountsView, query=SeizureCountQuery),
)  # fmt: skip
