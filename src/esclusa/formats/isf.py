"""US Importer Security Filing (10+2), CATAIR records SF10 to SF50 and the answer SF90.

Columns after CBP's CATAIR chapter "Importer Security Filing" of July 2017, version 3, and for SF10,
SF20, SF25, SF30, SF31, SF35 and SF36 also after the guide "ACE Cargo Release" version 40 of July
2025. They stand in ``isf_records.csv``.

SF10 opens a filing; each bill it names (SF15) is a consignment with the filing's parties, goods and
containers. Records with SF90 among them are CBP's answer to a filing: they state what became of its
bills, not what was filed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import BinaryIO, Final

from msgspec.structs import replace

from esclusa.errors import LimitError
from esclusa.formats import columns
from esclusa.formats.columns import Line, Record
from esclusa.formats.edifact.segment import RawMessage
from esclusa.formats.format import Format
from esclusa.formats.limits import DEFAULT, Limits
from esclusa.formats.reading import Notes, Reading, messages_of, snippet
from esclusa.formats.values import checked_container, hs_code
from esclusa.formats.work import Work
from esclusa.model import (
    Consignment,
    Conveyance,
    Defect,
    Function,
    GoodsItem,
    Identifier,
    Message,
    Party,
    Place,
    Severity,
    TransportEquipment,
    TransportEvent,
    Voyage,
)

RECORDS: Final = columns.load("esclusa.formats", "isf_records.csv")
WIDTH: Final = 80

_OPENING: Final = re.compile(rb"(?:^|[\r\n])SF10[1-4][0-9]{2}[ADR]")
_RECORD: Final = re.compile(r"SF[0-9]{2}", re.ASCII)
_BILL: Final = re.compile(r"([A-Z]{4})(\S+)", re.ASCII)

_ACTION: Final = {
    "A": Function.ORIGINAL, "R": Function.AMENDMENT, "D": Function.CANCELLATION,
}  # fmt: skip
_ROLE: Final = {
    "SE": "exporter", "BY": "importer", "IM": "importer", "CN": "consignee", "LG": "stuffer",
    "CS": "consolidator",
}  # fmt: skip
"""Entity code → role. Manufacturer, ship-to and booking party are ``other``; the code is kept."""
_SCHEME: Final = {"EI": "tax", "34": "national_id", "AEF": "passport", "DUN": "duns", "DNS": "duns"}
ENTITY: Final = "entity_code"
"""Scheme of the identifier that keeps the entity code of a party (``MF``, ``ST`` …)."""

_ACCEPTED: Final = ("02", "03")
_MESSAGE_LEVEL: Final = ("01", "02", "03")
_KILOGRAMS: Final = {"K": 1.0, "L": 0.45359237}


class _Filing:
    """The records from one SF10 to the next."""

    __slots__ = ("lines", "raw")

    def __init__(self, line: Line) -> None:
        self.lines = [line]
        self.raw = RawMessage(type="filing", offset=line.offset)

    def close(self) -> None:
        last = self.lines[-1]
        self.raw.length = last.offset + len(last.text) - self.raw.offset
        self.raw.reference = columns.text_of(self.lines[0], RECORDS["SF10"], "transaction")
        if any(line.text.startswith("SF90") for line in self.lines):
            self.raw.type = "answer"


def read(
    stream: BinaryIO, *, file: str = "", limits: Limits = DEFAULT
) -> Iterator[Message | Defect]:
    """Read a file of filings; see :class:`~esclusa.formats.format.Reader`.

    Records of other applications round them (batch headers, entries) are passed over and told once.
    """
    work = Work(file, limits)
    for number, item in enumerate(_filings(stream, file, limits), 1):
        if isinstance(item, Defect):
            yield item
            continue
        if number > limits.messages:
            reason = f"file holds more than {limits.messages:,} filings"
            raise LimitError(reason, file=file, offset=item.raw.offset)
        item.close()
        yield from messages_of(item.raw, "isf", _Reader(item), limits, work)


def _filings(stream: BinaryIO, file: str, limits: Limits) -> Iterator[_Filing | Defect]:
    open_filing: _Filing | None = None
    told = seen = False
    end = 0
    for line in columns.lines(stream, WIDTH):
        end = line.offset + len(line.text)
        if end > limits.file_bytes:
            reason = f"the file is larger than the limit of {limits.file_bytes} bytes"
            raise LimitError(reason, file=file, offset=limits.file_bytes)
        if line.text.startswith("SF10"):
            if open_filing is not None:
                yield open_filing
            open_filing, seen = _Filing(line), True
        elif _RECORD.match(line.text) and open_filing is not None:
            if len(open_filing.lines) >= limits.segments:
                reason = f"a filing has more than {limits.segments:,} records"
                raise LimitError(reason, file=file, offset=line.offset)
            open_filing.lines.append(line)
        elif line.text.strip() and not told:
            told = True
            yield _outside(line)
    if open_filing is not None:
        yield open_filing
    if not seen:
        reason = "no record SF10 found, which opens a filing"
        yield Defect(code="isf.none", severity=Severity.FATAL, reason=reason, offset=0, length=end)


def _outside(line: Line) -> Defect:
    """A record of a filing without its SF10 is lost; one of another application is none of ours."""
    lost = _RECORD.match(line.text) is not None
    what = "stands before any SF10 and is not used" if lost else "is none of a security filing"
    return Defect(
        code="isf.record.outside",
        severity=Severity.ERROR if lost else Severity.NOTE,
        reason=f"line {line.number}: record {snippet(line.text[:4])} {what}; told once",
        offset=line.offset,
        length=len(line.text),
        segment=line.text[:4].strip(),
        segment_no=line.number,
    )


# -- one filing -----------------------------------------------------------------------------------


class _Reader:
    """Reads the records of one filing into its readings."""

    def __init__(self, filing: _Filing) -> None:
        self.filing = filing

    def __call__(self, raw: RawMessage, notes: Notes) -> list[Reading]:
        records = list(_records(self.filing.lines, notes))
        header = records[0]
        function = _ACTION.get(header["action"])
        if function is None:
            reason = f"{snippet(header['action'])} stands there, A, D or R is expected"
            header.note(notes, "isf.action", Severity.WARNING, "action", reason)
        if raw.type == "answer":
            return [Reading(Function.ORIGINAL, _answer(records, notes))]
        statements = _consignments(records, notes)
        return [Reading(function or Function.ORIGINAL, statements)]


def _records(lines: list[Line], notes: Notes) -> Iterator[Record]:
    for line in lines:
        layout = RECORDS.get(line.text[:4])
        if layout is None:
            spot = columns.Spot(line.text[:4], line.offset, len(line.text), line.number)
            reason = f"line {line.number}: record {line.text[:4]} is not known; it was passed over"
            notes.first("isf.record.unknown", Severity.NOTE, reason, spot)
        else:
            yield columns.cut(line, layout, notes)


def _of(records: list[Record], tag: str) -> list[Record]:
    return [record for record in records if record.layout.tag == tag]


def _bills(records: list[Record], notes: Notes) -> list[tuple[str, str]]:
    """Issuer and number of each bill; a filing that names none is an error."""
    found = [_bill(record["bill"]) for record in _of(records, "SF15") if record["bill"]]
    if not found:
        reason = "the filing names no bill (SF15); nobody can know what it is about"
        records[0].note(notes, "isf.bill.missing", Severity.ERROR, "tag", reason)
    return list(dict.fromkeys(found))


def _bill(text: str) -> tuple[str, str]:
    """SF15 has the issuer's code of four letters and the number behind it."""
    found = _BILL.fullmatch(text)
    return (found[1], found[2]) if found else ("", text)


def _consignments(records: list[Record], notes: Notes) -> tuple[Consignment, ...]:
    header = records[0]
    references = [(each["qualifier"], each["reference"]) for each in _of(records, "SF20")]
    documents = [f"{word}:{text}" for word, text in references if word != "MB" and text]
    if header["transaction"]:
        documents.insert(0, f"ISF:{header['transaction']}")
    unlading, delivery = _ports(records)
    common = Consignment(
        carrier="",
        bill="",
        master_bill=next((text for word, text in references if word == "MB"), ""),
        voyage=Voyage(carrier=header["scac"], conveyance=Conveyance(mode="sea")),
        discharge_port=unlading,
        delivery_place=delivery,
        parties=tuple(_parties(records)),
        goods=_goods(records, notes),
        equipment=tuple(_equipment(records, notes)),
        documents=tuple(documents),
    )
    return tuple(
        replace(common, carrier=carrier or header["scac"], bill=bill)
        for carrier, bill in _bills(records, notes)
    )


def _ports(records: list[Record]) -> tuple[Place, Place]:
    """SF50 of ISF-5: foreign port of unlading and place of delivery (K: schedule K, UN)."""
    for record in _of(records, "SF50"):
        return (
            _place(record["unlading"], record["unlading_list"]),
            _place(record["delivery"], record["delivery_list"]),
        )
    return Place(), Place()


def _place(code: str, listed: str) -> Place:
    return Place(code=code, scheme="unlocode" if code and listed == "UN" else "")


def _equipment(records: list[Record], notes: Notes) -> Iterator[TransportEquipment]:
    """SF25: the number is filled with zeros to 15 digits; the check digit may stand apart."""
    for record in _of(records, "SF25"):
        serial = record["number"].lstrip("0").rjust(6, "0")
        text = record["initial"] + serial + record["check"]
        plain, valid = checked_container(text, notes, record.spot("number"), "11")
        yield TransportEquipment(number=plain, number_valid=valid, size_type=record["size_type"])


def _goods(records: list[Record], notes: Notes) -> tuple[GoodsItem, ...]:
    """SF40; what SF13 estimates stands for the only item, or for an item of its own."""
    found = [
        GoodsItem(
            sequence=at,
            hs_code=hs_code(record["hs_code"], notes, record.spot("hs_code"), "5"),
            origin_country=record["origin"],
        )
        for at, record in enumerate(_of(records, "SF40"), 1)
    ]
    estimates = _of(records, "SF13")
    if not estimates:
        return tuple(found)
    if len(found) > 1:
        reason = "the filing has several items; its estimates are those of no single one"
        estimates[0].note(notes, "isf.estimates", Severity.NOTE, "value", reason)
        return tuple(found)
    return (_estimated(found[0] if found else GoodsItem(), estimates[0]),)


def _estimated(item: GoodsItem, record: Record) -> GoodsItem:
    weight, factor = _whole(record["weight"]), _KILOGRAMS.get(record["weight_unit"])
    value = _whole(record["value"])
    return replace(
        item,
        packages=_whole(record["quantity"]),
        package_type=record["unit"],
        gross_mass_kg=None if weight is None or factor is None else weight * factor,
        value=None if value is None else float(value),
        currency="USD" if value is not None else "",
    )


def _whole(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() else None


# -- parties --------------------------------------------------------------------------------------


def _parties(records: list[Record]) -> Iterator[Party]:
    """The importer of SF10, and each SF30 with the records behind it."""
    header, entities = records[0], list(_entities(records))
    number = _number(header["importer_qualifier"], header["importer"])
    if number is not None and not any(number in each.identifiers for each in entities):
        yield Party(role="importer", identifiers=(number,))
    yield from entities


def _entities(records: list[Record]) -> Iterator[Party]:
    party: Party | None = None
    for record in records:
        if record.layout.tag == "SF30":
            if party is not None:
                yield party
            party = _entity(record)
        elif party is not None and record.layout.tag in _FURTHER:
            party = _FURTHER[record.layout.tag](party, record)
    if party is not None:
        yield party


def _entity(record: Record) -> Party:
    number = _number(record["qualifier"], record["identifier"])
    code = Identifier(scheme=ENTITY, value=record["entity"])
    return Party(
        role=_ROLE.get(record["entity"], "other"),
        name=record["name"],
        identifiers=(number, code) if number is not None else (code,),
    )


def _number(qualifier: str, value: str) -> Identifier | None:
    return Identifier(scheme=_SCHEME.get(qualifier, "other"), value=value) if value else None


def _second_name(party: Party, record: Record) -> Party:
    return replace(party, name=", ".join(part for part in (party.name, record["name"]) if part))


def _address(party: Party, record: Record) -> Party:
    parts = (party.address, record["address_1"], record["address_2"])
    return replace(party, address=", ".join(part for part in parts if part))


def _area(party: Party, record: Record) -> Party:
    region = " ".join(part for part in (record["region"], record["postal"]) if part)
    address = ", ".join(part for part in (party.address, region) if part)
    return replace(party, address=address, city=record["city"], country=record["country"])


_FURTHER: Final = {"SF31": _second_name, "SF35": _address, "SF36": _area}


# -- CBP's answer ---------------------------------------------------------------------------------


def _answer(records: list[Record], notes: Notes) -> tuple[TransportEvent, ...]:
    """What became of each bill: the last verdict on the message, with all codes and texts."""
    header, told = records[0], _of(records, "SF90")
    verdicts = [each["type"] for each in told if each["type"] in _MESSAGE_LEVEL]
    accepted = bool(verdicts) and verdicts[-1] in _ACCEPTED
    transaction = header["transaction"]
    event = TransportEvent(
        event="accept" if accepted else "refuse",
        code=",".join(each["code"] for each in told if each["code"]),
        reason="; ".join(each["text"] for each in told if each["text"]),
        documents=(f"ISF:{transaction}",) if transaction else (),
        carrier=header["scac"],
    )
    bills = [_bill(record["bill"]) for record in _of(records, "SF15") if record["bill"]]
    if not bills and not transaction:
        reason = "the answer names neither a bill (SF15) nor its filing; it is about nothing"
        header.note(notes, "isf.bill.missing", Severity.ERROR, "transaction", reason)
        return ()
    return tuple(
        replace(event, carrier=carrier or event.carrier, bill=bill)
        for carrier, bill in dict.fromkeys(bills or [("", "")])
    )


def sniff(head: bytes, name: str) -> bool:
    """Answer whether a line opens a filing: SF10 with its submission, shipment and action codes."""
    del name
    return _OPENING.search(head) is not None


FORMAT: Final = Format(
    id="isf",
    title_en="US Importer Security Filing (10+2), CATAIR records",
    title_es="Declaración de seguridad del importador de EE. UU. (10+2), registros CATAIR",
    standard="CBP CATAIR, Importer Security Filing, July 2017 version 3",
    sniff=sniff,
    read=read,
)
