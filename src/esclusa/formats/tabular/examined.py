"""Examinations from rows: rows with one agency's number that follow each other are one examination.

Each row gives at most one finding. What belongs to the whole examination may stand on each of its
rows or on the first. Outcomes are measured by, so nothing here is filled in or left out: a cell
that cannot be read, rows that contradict each other, and a report that contradicts itself refuse
the whole examination, each with its place.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from typing import Any, Final

import msgspec

from esclusa.codes import iso6346
from esclusa.codes.examination import faults
from esclusa.formats.tabular.fields import fields
from esclusa.formats.tabular.record import Record
from esclusa.model import (
    Conveyance,
    Defect,
    Examination,
    Finding,
    Message,
    Place,
    Severity,
    Voyage,
)

FINDING: Final = "finding."
_TIMES: Final = ("started", "completed", "reported")
_TEXTS: Final = (
    "agency", "number", "result", "equipment", "carrier", "cause", "lane", "selection", "event",
    "new_seal", "remarks",
)  # fmt: skip
_GROUP: Final = 1_000
"""Findings of one examination; a box holds fewer kinds of goods than that."""


def groups(
    items: Iterable[Record | Message | Defect], *, blank_continues: bool
) -> Iterator[tuple[Record, ...] | Message | Defect]:
    """Yield the rows of each examination together, and whatever is no row as it is.

    :param blank_continues: a row without a number belongs to the examination above it.
    """
    held: list[Record] = []
    for item in items:
        if not isinstance(item, Record):
            yield item
            continue
        if held and (not _same(held[0], item, blank_continues) or len(held) >= _GROUP):
            yield tuple(held)
            held = []
        held.append(item)
    if held:
        yield tuple(held)


def _same(first: Record, row: Record, blank_continues: bool) -> bool:
    number, agency = row.one("number"), row.one("agency")
    if not number:
        return blank_continues and agency in ("", first.one("agency"))
    return (agency, number) == (first.one("agency"), first.one("number"))


def examination(rows: tuple[Record, ...]) -> tuple[Examination | None, tuple[Defect, ...]]:
    """Return the examination that the rows state, None when it cannot stand, and its defects."""
    found = [_hardened(defect) for row in rows for defect in row.defects]
    head = _joined(rows, found)
    times = {name: _utc(head, name, found) for name in _TIMES}
    made = Examination(
        **{name: head.one(name) for name in _TEXTS},
        **times,
        bills=head.all("bills"),
        voyage=_voyage(head),
        port=head.one("port", Place()),
        methods=head.all("methods"),
        probability=head.one("probability", None),
        findings=tuple(_findings(rows)),
    )
    if not any(defect.severity is Severity.FATAL for defect in found):
        # Where a cell is lost, what the rest seems to lack would be said twice.
        found += [_fatal(rows[0], fault) for fault in faults(made)]
    if made.equipment and not iso6346.is_valid(made.equipment):
        found.append(_defect("value.container", rows[0], iso6346.fault(made.equipment)))
    refused = any(defect.severity is Severity.FATAL for defect in found)
    return None if refused else made, tuple(found)


def _hardened(defect: Defect) -> Defect:
    """A cell that cannot be read may be the one that says what was found."""
    if defect.severity is Severity.ERROR:
        return msgspec.structs.replace(defect, severity=Severity.FATAL)
    return defect


def _joined(rows: tuple[Record, ...], found: list[Defect]) -> Record:
    values: dict[str, list[Any]] = {}
    known = fields().targets["examination"].fields
    for row in rows:
        for path, given in row.values.items():
            if path.startswith(FINDING):
                continue
            if path not in values:
                values[path] = list(given)
            elif known[path].many:
                values[path].extend(given)
            elif values[path] != given:
                found.append(_fatal(row, f"{path} differs from an earlier row of the same number"))
    return Record(values, rows[0].offset, rows[0].length, rows[0].where)


def _utc(head: Record, name: str, found: list[Defect]) -> str:
    """Return a time in UTC; a day alone stays one."""
    text: str = head.one(name)
    if len(text) <= len("YYYY-MM-DD"):
        return text
    try:
        moment = dt.datetime.fromisoformat(text)
        if moment.tzinfo is None:
            offset: str = head.one("utc_offset")
            if not offset:
                reason = f"{name} {text} has no zone, and no column or constant gives utc_offset"
                found.append(_fatal(head, reason))
                return text
            moment = dt.datetime.fromisoformat(text + offset)
        seconds = "seconds" if moment.second else "minutes"
        return moment.astimezone(dt.UTC).replace(tzinfo=None).isoformat(timespec=seconds) + "Z"
    except (ValueError, OverflowError):
        found.append(_fatal(head, f"{name} {text[:40]!r} is no time"))
        return text


def _voyage(head: Record) -> Voyage:
    ship = Conveyance(
        name=head.one("voyage.conveyance.name"), imo=head.one("voyage.conveyance.imo")
    )
    return Voyage(reference=head.one("voyage.reference"), conveyance=ship)


def _findings(rows: tuple[Record, ...]) -> Iterator[Finding]:
    for row in rows:
        given = {
            path.removeprefix(FINDING): values[0]
            for path, values in row.values.items()
            if path.startswith(FINDING)
        }
        if given:
            yield Finding(**{"category": "", **given})


def _fatal(row: Record, reason: str) -> Defect:
    return _defect("table.examination", row, reason, Severity.FATAL)


def _defect(code: str, row: Record, reason: str, severity: Severity = Severity.WARNING) -> Defect:
    return Defect(
        code=code, severity=severity, reason=f"{row.where}: {reason}", offset=row.offset,
        length=row.length,
    )  # fmt: skip
