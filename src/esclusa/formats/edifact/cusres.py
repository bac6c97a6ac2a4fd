"""CUSRES, customs response: what customs decided on a declaration, a bill or containers.

UN/EDIFACT D.96A to D.17B. The processing indicator says what was decided (GIS, in later directories
GEI; 7365), ERP and ERC what is wrong with the message that is answered. The header is one subject;
each DOC, and each bill in RFF where there are several, is one of its own. What is decided in the
header holds for subjects that say nothing else. A decision on several containers makes an event for
each, as a 350 does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Final, TypeAlias

from esclusa.formats.edifact import common, status
from esclusa.formats.edifact.segment import RawMessage, Segment
from esclusa.formats.reading import Notes, Reading
from esclusa.model import Function, Place, Severity, TransportEvent, Voyage

DECISION: Final = common.CODES["customs_decision"]
_ANSWER: Final = common.CODES["response_event"]
_DOCUMENT: Final = common.CODES["response_document"]
_BILL: Final = common.CODES["bill_document"]
_MOMENT: Final = common.CODES["customs_moment"]
_HERE: Final = common.CODES["customs_place"]

FREED: Final = "4"
"""7365 of goods released: customs' clearance, unless the document is a notice of release."""

INDICATOR: Final = "GIS:"
"""Stands before an indicator that decides nothing (import, transit, in a container)."""

POINT: Final = "ERP:"
"""Stands before where the error is: message section and item, segment behind a plus."""

ERROR: Final = "ERC:"
"""Stands before the code of an error at the point before it."""

MESSAGE: Final = "BGM:"
"""Stands before the number of the message, where it names nothing else."""

_INDICATORS: Final = 10
"""Indicators kept for one subject, as many as the header holds in D.96A and D.01B."""

ERRORS: Final = 999
"""Points and codes of errors kept for one subject."""

_UNREAD: Final = frozenset({"UNH", "UNT", "MEA", "MOA", "CUX", "CNT"})
"""Segments that make no event of their own."""

_Decisions: TypeAlias = "list[tuple[str, str]]"


class _Subject(status.Told):
    """What is decided on, while it is read. ``document``: opened by DOC, not by RFF."""

    __slots__ = ("decisions", "errors", "indicators", "opened")

    def __init__(self, opened: str = "") -> None:
        super().__init__(bare=not opened)
        self.opened = opened
        self.decisions: _Decisions = []
        self.indicators: list[str] = []
        self.errors: list[str] = []

    def own(self) -> _Decisions:
        """Its own decisions; errors alone are a refusal."""
        return self.decisions or ([("refuse", "")] if self.errors else [])


class _Response:
    """The message while it is read. ``quiet``: what stands here is about taxes, goods lines or
    packages; ``point``: the last segment opened an error."""

    __slots__ = (
        "answer", "function", "head", "issued", "notes", "now", "number", "point", "quiet",
        "subjects", "word", "year",
    )  # fmt: skip

    def __init__(self, raw: RawMessage, notes: Notes) -> None:
        self.notes = notes
        self.year = common.year_of(raw)
        self.function: Function | None = Function.ORIGINAL
        self.head = self.now = _Subject()
        self.subjects: list[_Subject] = []
        self.answer = self.word = self.number = self.issued = ""
        self.quiet = self.point = False

    def open(self, tag: str) -> _Subject:
        self.now = _Subject(tag)
        self.subjects.append(self.now)
        return self.now


def read(raw: RawMessage, notes: Notes) -> list[Reading]:
    """Read one message into transport events; defects go to ``notes``."""
    found = _Response(raw, notes)
    for segment in raw.segments:
        status.handle(found, segment, _HANDLERS, _UNREAD, "CUSRES")
        found.point = found.point and segment.tag in ("ERP", "RFF")
    return [Reading(found.function, tuple(_events(found)))] if found.function else []


# -- segments --------------------------------------------------------------------------------------


def _bgm(found: _Response, segment: Segment) -> None:
    found.function = common.function_of(segment, found.notes, status.FUNCTION)
    found.answer = _ANSWER.get(segment.get(3), "")
    found.word = _DOCUMENT.get(segment.get(1).strip(), "")
    found.number = segment.get(2).strip()


def _dtm(found: _Response, segment: Segment) -> None:
    code = segment.get(1)
    if code == "137" and found.now is found.head and not found.issued:
        found.issued = common.moment(segment, found.notes, found.year)
    elif code in _MOMENT and not found.quiet and not found.now.occurred:
        found.now.occurred = common.moment(segment, found.notes, found.year)


def _loc(found: _Response, segment: Segment) -> None:
    if segment.get(1) in _HERE and found.now.place == Place():
        found.now.place = common.place(segment)


def _gis(found: _Response, segment: Segment) -> None:
    """GIS has the indicator first, GEI behind what kind it is."""
    if found.quiet:
        return
    at = 2 if segment.tag == "GEI" else 1
    code, agency = segment.get(at).strip(), segment.get(at, 3).strip()
    now = found.now
    if not code or len(now.decisions) + len(now.indicators) >= _INDICATORS:
        return
    if agency not in status.UN:
        now.decisions.append(("other", code))
    elif code in DECISION:
        event = DECISION[code]
        freed = code == FREED and found.word == "release"
        now.decisions.append(("release" if freed else event, code))
    else:
        now.indicators.append(f"{INDICATOR}{code}")


def _ftx(found: _Response, segment: Segment) -> None:
    if not found.quiet:
        status.ftx(found.now, segment)


def _eqd(found: _Response, segment: Segment) -> None:
    if unit := status.unit(segment, found.notes, "CUSRES"):
        found.now.units.append(unit)


def _nad(found: _Response, segment: Segment) -> None:
    status.nad(found.now, segment)


def _contact(found: _Response, segment: Segment) -> None:
    status.contact(found.now, segment)


def _tdt(found: _Response, segment: Segment) -> None:
    status.tdt(found.now, segment, found.notes)


def _rff(found: _Response, segment: Segment) -> None:
    """A reference names its subject; in the header each bill opens one."""
    code, number = segment.get(1).strip(), segment.get(1, 2).strip()
    inside = found.now.opened == "DOC"
    if not number or (inside and found.quiet):
        return
    bill = common.REFERENCE.get(code) == "bill"
    if found.point:
        found.now.document(f"{code}:{number}")
        return
    found.quiet = False
    if bill and not inside:
        found.open("RFF").bill = number
    elif bill and not found.now.bill:
        found.now.bill = number
    else:
        found.now = found.now if inside else found.head
        found.now.document(f"{code}:{number}")


def _doc(found: _Response, segment: Segment) -> None:
    code, number = segment.get(1).strip(), segment.get(2).strip()
    found.quiet = False
    subject = found.open("DOC")
    if code in _BILL:
        subject.bill = number
    elif number:
        subject.document(f"{code}:{number}")


def _erp(found: _Response, segment: Segment) -> None:
    """ERP: section and item (C701), then the segment (C853). Behind the bills of the header it is
    the header's again."""
    found.quiet, found.point = False, True
    found.now = found.head if found.now.opened == "RFF" else found.now
    where = "+".join(":".join(segment.element(at)) for at in (1, 2)).rstrip("+:")
    if where and len(found.now.errors) < ERRORS:
        found.now.errors.append(POINT + where)


def _erc(found: _Response, segment: Segment) -> None:
    if (code := segment.get(1).strip()) and len(found.now.errors) < ERRORS:
        found.now.errors.append(ERROR + code)


def _aside(found: _Response, segment: Segment) -> None:
    """TAX, CST and AUT are about something else; so are the packages of the header."""
    if segment.tag not in ("PAC", "PCI") or found.now.opened != "DOC":
        found.quiet = True


_HANDLERS: Final[dict[str, Callable[[_Response, Segment], None]]] = {
    "BGM": _bgm, "DTM": _dtm, "LOC": _loc, "GIS": _gis, "GEI": _gis, "FTX": _ftx, "EQD": _eqd,
    "NAD": _nad, "CTA": _contact, "COM": _contact, "TDT": _tdt, "RFF": _rff, "DOC": _doc,
    "ERP": _erp, "ERC": _erc, "TAX": _aside, "CST": _aside, "AUT": _aside, "PAC": _aside,
    "PCI": _aside,
}  # fmt: skip


# -- events ----------------------------------------------------------------------------------------


def _events(found: _Response) -> Iterator[TransportEvent]:
    head = found.head
    subjects = list(_parted(found))
    general = head.own() or _implied(found)
    if len(subjects) == 1 and not subjects[0].units:
        subjects[0].units, head.units = head.units, []
    if not subjects and not general and not _named(found):
        _undecided(found)
        return
    if not subjects or head.units or (head.own() and all(each.own() for each in subjects)):
        yield from _of(found, head, general or _undecided(found))
    for each in subjects:
        yield from _of(found, each, each.own() or general or _undecided(found))


def _parted(found: _Response) -> Iterator[_Subject]:
    """Subjects of their own. A lone bill is that of the header, and a document of which nothing is
    said is one that customs asks for."""
    stated = []
    for each in found.subjects:
        if each.opened == "RFF" or _stated(each):
            stated.append(each)
        else:
            for text in each.documents:
                found.head.document(text)
    if len(stated) == 1 and stated[0].opened == "RFF":
        _join(found.head, stated[0])
    else:
        yield from stated


def _join(head: _Subject, bill: _Subject) -> None:
    head.bill = bill.bill
    head.units += bill.units
    head.texts += bill.texts
    head.decisions += bill.decisions
    head.indicators += bill.indicators
    head.occurred = head.occurred or bill.occurred
    head.place = head.place if head.place != Place() else bill.place


def _named(found: _Response) -> bool:
    """Whether the header says anything of which something could be decided."""
    head = found.head
    return bool(_stated(head) or head.documents or head.indicators or head.texts or found.number)


def _stated(subject: _Subject) -> bool:
    return bool(subject.bill or subject.units or subject.decisions or subject.errors)


def _implied(found: _Response) -> _Decisions:
    """What the kind of answer says where no indicator does."""
    event = found.answer or found.word
    return [(event, "")] if event else []


def _undecided(found: _Response) -> _Decisions:
    reason = "the message does not say what customs decided; the event is 'other'"
    found.notes.add("cusres.decision", Severity.WARNING, reason, None)
    return [("other", "")]


def _of(found: _Response, subject: _Subject, decisions: _Decisions) -> Iterable[TransportEvent]:
    """The events of a subject: each decision on each of its containers."""
    head = found.head
    alone = subject is head
    parties = tuple(subject.parties if alone else subject.parties + head.parties)
    reason = subject.reason() or head.reason()
    documents = _documents(found, subject)
    boxes = [unit.equipment() for unit in subject.units]
    for event, code in decisions:
        for box in boxes or (None,):
            yield TransportEvent(
                event=event,
                occurred=subject.occurred or head.occurred or found.issued,
                place=subject.place if subject.place != Place() else head.place,
                equipment=box,
                carrier=subject.carrier or head.carrier,
                bill=subject.bill,
                voyage=subject.voyage if subject.voyage != Voyage() else head.voyage,
                inland=subject.inland if subject.inland != Voyage() else head.inland,
                code=subject.code or ("" if subject.own() else head.code) or code,
                reason=reason,
                parties=parties,
                documents=documents,
            )


def _documents(found: _Response, subject: _Subject) -> tuple[str, ...]:
    """References, indicators and errors; those of the header too where it decides."""
    head = found.head
    if subject is not head:
        errors = subject.errors if subject.own() else head.errors[: status.MOST]
        references = dict.fromkeys(subject.documents + head.documents)
        return (*references, *subject.indicators, *head.indicators, *errors)
    nameless = not (head.bill or head.units or head.documents)
    number = (MESSAGE + found.number,) if nameless and found.number else ()
    return (*number, *dict.fromkeys(head.documents), *head.indicators, *head.errors)
