"""IFTSTA, international multimodal status report: what happened to consignments and containers.

UN/EDIFACT D.96A to D.17B. Each STS makes an event, one for each container behind it. Its code is of
UN/ECE Recommendation 24, as the directory asks, or of ANSI X12 (element 157), as ocean carriers
write it. Moments say whether it happened or is awaited.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from msgspec.structs import replace

from esclusa.formats.edifact import common, status
from esclusa.formats.edifact.segment import RawMessage, Segment
from esclusa.formats.reading import Notes, Reading
from esclusa.formats.values import container
from esclusa.model import Function, Place, TransportEvent, Voyage

STATUS: Final = common.CODES["transport_status"]
CARRIER: Final = common.CODES["carrier_status"]
_STAGE: Final = common.CODES["status_moment"]

TRANSPORT: Final = frozenset({"", "1"})
"""9015 of statuses of transport."""

WHY: Final = "STS:"
"""Stands before the code of a status reason (9013)."""

_PORT: Final = {"9": "load_port", "11": "discharge_port", "12": "discharge_port"}
_EQUIPMENT: Final = frozenset({"EQ", "AAQ"})
"""1153 of a container where no EQD names one."""

_UNREAD: Final = frozenset({
    "UNH", "UNT", "TSR", "CNT", "PCI", "DIM", "EQN", "HAN", "SGP", "DGS", "GIN", "TPL", "TMD",
    "GDS", "MOA", "QTY", "EFI", "CED", "RNG", "COD", "TMP", "DAM",
})  # fmt: skip
"""Segments that make no event of their own."""


class _Status(status.Told):
    """A status, a consignment or the header while it is read. ``part``: what stands here is of the
    status itself (""), of the carriage, the main carriage, a container, or something else."""

    __slots__ = ("event", "listed", "part", "ports", "stage", "within")

    def __init__(self, *, bare: bool = False) -> None:
        super().__init__(bare=bare)
        self.event = "other"
        self.stage = "actual"
        self.listed = ""  # the code of the list, which a sender's own takes the place of
        self.part = ""
        self.ports: dict[str, Place] = {}
        self.within: _Status | None = None  # the consignment, or else the header


class _Report:
    """The message while it is read."""

    __slots__ = ("function", "head", "loose", "notes", "now", "statuses", "whole", "year")

    def __init__(self, raw: RawMessage, notes: Notes) -> None:
        self.notes = notes
        self.year = common.year_of(raw)
        self.function: Function | None = Function.ORIGINAL
        self.head = self.now = self.whole = _Status(bare=True)
        self.statuses: list[_Status] = []
        self.loose = False  # equipment stands before any consignment


def read(raw: RawMessage, notes: Notes) -> list[Reading]:
    """Read one message into transport events; defects go to ``notes``."""
    found = _Report(raw, notes)
    for segment in raw.segments:
        status.handle(found, segment, _HANDLERS, _UNREAD, "IFTSTA")
    return [Reading(found.function, tuple(_events(found)))] if found.function else []


# -- segments --------------------------------------------------------------------------------------


def _bgm(found: _Report, segment: Segment) -> None:
    found.function = common.function_of(segment, found.notes, status.FUNCTION)


def _cni(found: _Report, segment: Segment) -> None:
    found.now = found.whole = _Status()
    found.loose = False
    found.whole.bill = segment.get(2).strip()


def _sts(found: _Report, segment: Segment) -> None:
    """STS: category, status, and up to five reasons."""
    now = _Status()
    now.within = found.whole
    code, agency = segment.get(2).strip(), segment.get(2, 3).strip()
    now.listed = code
    if segment.get(1).strip() in TRANSPORT:
        now.event = meant(code, agency)
    if text := segment.get(2, 4).strip():
        now.texts.append(text)
    for at in range(3, 8):
        if why := segment.get(at).strip():
            now.document(WHY + why)
        if text := segment.get(at, 4).strip():
            now.texts.append(text)
    found.now = now
    found.statuses.append(now)


def meant(code: str, agency: str) -> str:
    """Return the event of a status code, ``other`` for one of an agreed or unknown list.

    Letters are of X12 whoever is named as their keeper: carriers put their own code there.
    """
    if agency == status.OWN:
        return "other"
    if code.isdigit():
        return STATUS.get(code, "other") if agency in status.UN else "other"
    return CARRIER.get(code, "other")


def _dtm(found: _Report, segment: Segment) -> None:
    now, code = found.now, segment.get(1)
    if now.within is None or now.part or now.occurred or code not in _STAGE:
        return
    now.occurred = common.moment(segment, found.notes, found.year)
    now.stage = _STAGE[code] if now.occurred else now.stage


def _rff(found: _Report, segment: Segment) -> None:
    now, code, number = found.now, segment.get(1).strip(), segment.get(1, 2).strip()
    if not number or now.part == "else":
        return
    if now.part in ("carriage", "main"):
        if code == "VON" and now.part == "main" and not now.voyage.reference:
            now.voyage = replace(now.voyage, reference=number)
    else:
        now.document(f"{code}:{number}")


def _doc(found: _Report, segment: Segment) -> None:
    """DOC: code (1001) and number of the document that the status is about."""
    if number := segment.get(2).strip():
        found.now.document(f"{segment.get(1).strip()}:{number}")


def _ftx(found: _Report, segment: Segment) -> None:
    if not found.now.part:
        status.ftx(found.now, segment)


def _nad(found: _Report, segment: Segment) -> None:
    status.nad(found.now, segment)


def _contact(found: _Report, segment: Segment) -> None:
    status.contact(found.now, segment)


def _loc(found: _Report, segment: Segment) -> None:
    """Where it happened; of a consignment, the header or the main carriage the ports."""
    now, field = found.now, _PORT.get(segment.get(1))
    if now.within is not None and not now.part:
        now.place = common.place(segment) if now.place == Place() else now.place
    elif field and now.part in ("", "main"):
        now.ports.setdefault(field, common.place(segment))


def _tdt(found: _Report, segment: Segment) -> None:
    found.now.part = "main" if status.tdt(found.now, segment, found.notes) else "carriage"


def _eqd(found: _Report, segment: Segment) -> None:
    """Equipment of a status; in later directories also equipment that statuses follow."""
    if found.now is found.head or found.loose:
        found.now = found.whole = _Status()
        found.loose = True
    unit = status.unit(segment, found.notes, "IFTSTA")
    found.now.part = "unit" if unit else "else"
    if unit:
        found.now.units.append(unit)


def _mea(found: _Report, segment: Segment) -> None:
    if found.now.part == "unit":
        common.box_mass(segment, found.notes, found.now.units[-1].fields)


def _sel(found: _Report, segment: Segment) -> None:
    seal = common.seal(segment)
    if found.now.part == "unit" and seal is not None:
        found.now.units[-1].seals[seal] = None


def _aside(found: _Report, segment: Segment) -> None:
    """Equipment attached to equipment, and goods, are about something else."""
    found.now.part = "else"


_HANDLERS: Final[dict[str, Callable[[_Report, Segment], None]]] = {
    "BGM": _bgm, "CNI": _cni, "STS": _sts, "DTM": _dtm, "RFF": _rff, "DOC": _doc, "FTX": _ftx,
    "NAD": _nad, "CTA": _contact, "COM": _contact, "LOC": _loc, "TDT": _tdt, "EQD": _eqd,
    "MEA": _mea, "SEL": _sel, "EQA": _aside, "GID": _aside,
}  # fmt: skip


# -- events ----------------------------------------------------------------------------------------


def _events(found: _Report) -> Iterator[TransportEvent]:
    for each in found.statuses:
        yield from _of(found, each)


def _of(found: _Report, now: _Status) -> Iterator[TransportEvent]:
    """One event for each container of a status, or one without. What the status does not say, its
    consignment or the header does."""
    whole = now.within or found.head
    levels = [now, whole] if whole is found.head else [now, whole, found.head]
    documents = list(dict.fromkeys(text for level in levels for text in level.documents))
    bill, named = _bill(now, whole, documents)
    units = now.units or whole.units
    if not units and (named_unit := _unit(now.documents)):
        units = [status.Unit(named_unit[1])]
        documents.remove(named_unit[0])
    ports = {field: place for level in reversed(levels) for field, place in level.ports.items()}
    event = TransportEvent(
        event=now.event,
        stage=now.stage,
        occurred=now.occurred,
        place=now.place,
        carrier=next((level.carrier for level in levels if level.carrier), ""),
        bill=bill,
        voyage=next((level.voyage for level in levels if level.voyage != Voyage()), Voyage()),
        inland=next((level.inland for level in levels if level.inland != Voyage()), Voyage()),
        code=now.code or now.listed,
        reason=next((level.reason() for level in levels if level.texts), ""),
        parties=tuple(party for level in levels for party in level.parties),
        documents=tuple(text for text in documents if text != named),
    )
    if not units:
        yield event
    for unit in units:
        yield replace(event, equipment=unit.equipment(**ports))


def _bill(now: _Status, whole: _Status, documents: list[str]) -> tuple[str, str]:
    """The bill and the document that names it: that of the status, else of CNI, else any."""
    own = _first_bill(now.documents)
    if not own and whole.bill:
        return whole.bill, f"BM:{whole.bill}"
    named = own or _first_bill(documents)
    return named.partition(":")[2], named


def _first_bill(documents: list[str]) -> str:
    kinds = common.REFERENCE
    return next((text for text in documents if kinds.get(text.partition(":")[0]) == "bill"), "")


def _unit(documents: list[str]) -> tuple[str, dict[str, object]] | None:
    """The container that a reference names, and that reference."""
    for text in documents:
        code, _, number = text.partition(":")
        if code in _EQUIPMENT:
            plain, valid = container(number)
            return text, {"number": plain, "number_valid": valid}
    return None
