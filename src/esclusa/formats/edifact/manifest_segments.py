"""The segments of cargo reports, one function each: what it says goes to what stands open.

Groups are opened by their trigger segments (EQD a container, CNI or a further bill reference a
consignment, GID a goods item), not by their place in the segment table.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Final

from msgspec.structs import replace

from esclusa.formats.edifact import common
from esclusa.formats.edifact.manifest import Bill, Box, Goods, Manifest, statements
from esclusa.formats.edifact.segment import RawMessage, Segment
from esclusa.formats.reading import Notes, Reading, walk
from esclusa.formats.values import checked_container, container, hs_code, number, undg, whole
from esclusa.model import Identifier, Party, Severity, Voyage

Handler = Callable[[Manifest, Segment], None]

_PAYMENT: Final = common.CODES["payment"]
_AMOUNT: Final = common.CODES["amount"]

_PARTY_LIMIT: Final = 30
"""Numbers and contacts kept for one party; guides allow nine of each."""


def read_report(
    raw: RawMessage, notes: Notes, handlers: Mapping[str, Handler], unread: Collection[str]
) -> list[Reading]:
    """Read one cargo report with the ``handlers`` of its type; defects go to ``notes``.

    A segment that is neither handled nor in ``unread`` is noted. Empty when the message's function
    states nothing (1225).
    """
    manifest = Manifest(raw, notes, raw.type.lower())
    walk(manifest, raw, handlers, unread, raw.type, manifest.kind)
    if manifest.function is None:
        return []
    return [Reading(manifest.function, tuple(statements(manifest)))]


def bgm(manifest: Manifest, segment: Segment) -> None:
    manifest.function = common.function_of(segment, manifest.notes)


def dtm(manifest: Manifest, segment: Segment) -> None:
    field = common.MOMENT.get(segment.get(1), "")
    if field not in ("arrival", "departure", "issued"):
        return
    if manifest.party is not None and field != "issued":
        return
    value = common.moment(segment, manifest.notes, manifest.year)
    if not value:
        return
    if manifest.bill is None:
        manifest.dates.setdefault(field, value)
    else:
        manifest.bill.fields.setdefault(field, value)


def tdt(manifest: Manifest, segment: Segment) -> None:
    """The header's main carriage is the voyage; legs inside a consignment only open their group."""
    manifest.party = None
    if manifest.bill is not None:
        manifest.leg = True
        return
    voyage = common.voyage(segment, manifest.notes)
    if segment.get(1) == "20" or manifest.voyage == Voyage():
        manifest.voyage = voyage


def loc(manifest: Manifest, segment: Segment) -> None:
    field = common.PLACE.get(segment.get(1))
    if field is None:
        return
    place = common.place(segment)
    if field == "origin":
        if manifest.goods is not None:
            manifest.goods.fields["origin_country"] = place.code
    elif manifest.bill is None:
        places = manifest.box.places if manifest.box is not None else manifest.places
        places.setdefault(field, place)
    elif field == "transhipment":
        manifest.bill.transhipment.append(place)
    elif not manifest.leg:
        manifest.bill.places.setdefault(field, place)


def eqd(manifest: Manifest, segment: Segment) -> None:
    """EQD opens a container; one inside a consignment belongs to it, and is noted."""
    if equipment(manifest, segment) and manifest.bill is not None:
        reason = "equipment stands inside a consignment; it is read as part of it"
        manifest.notes.first(f"{manifest.kind}.equipment.inside", Severity.NOTE, reason, segment)


def equipment(manifest: Manifest, segment: Segment) -> bool:
    """Open the container of EQD, and attach it to the open bill; False when it has no number."""
    manifest.party = None
    fields = common.equipment_fields(segment, manifest.notes)
    plain = fields["number"]
    if not plain:
        manifest.box = None
        reason = "equipment has no number; it makes no statement"
        manifest.notes.add(
            f"{manifest.kind}.equipment.number", Severity.NOTE, reason, segment, "2.1"
        )
        return False
    box = manifest.boxes.get(plain) or Box(plain)
    manifest.boxes[plain] = manifest.box = box
    box.fields |= fields
    if manifest.bill is not None:
        manifest.bill.boxes[plain] = box
        box.used = True
    return True


def sel(manifest: Manifest, segment: Segment) -> None:
    seal = common.seal(segment)
    if seal is None:
        return
    if manifest.box is None:
        reason = "a seal stands outside any equipment; it belongs to nothing"
        manifest.notes.first(f"{manifest.kind}.seal.outside", Severity.WARNING, reason, segment)
    else:
        manifest.box.seals[seal] = None


def mea(manifest: Manifest, segment: Segment) -> None:
    what, value = common.quantity(segment, manifest.notes)
    if value is None:
        return
    if manifest.goods is not None:
        field = {"gross": "gross_mass_kg", "volume": "volume_m3"}.get(what)
        if field:
            manifest.goods.fields.setdefault(field, value)
    elif manifest.box is not None:
        field = common.MASS.get(what)
        if field:
            manifest.box.fields.setdefault(field, value)


def tmp(manifest: Manifest, segment: Segment) -> None:
    if manifest.box is not None:
        manifest.box.fields["temperature_c"] = common.temperature(segment, manifest.notes)


def dgs(manifest: Manifest, segment: Segment) -> None:
    holder = manifest.goods or manifest.box
    code = undg(segment.get(3), manifest.notes, segment, "3.1")
    if holder is not None and code:
        holder.undg[code] = None


def cni(manifest: Manifest, segment: Segment) -> None:
    open_bill(manifest, Bill(segment, segment.get(2).strip()))


def open_bill(manifest: Manifest, bill: Bill) -> None:
    manifest.bill = bill
    manifest.bills.append(bill)
    manifest.goods = manifest.box = manifest.party = None
    manifest.leg = False


def rff(manifest: Manifest, segment: Segment) -> None:
    word = common.REFERENCE.get(segment.get(1), "")
    text = segment.get(1, 2).strip()
    if word in ("tax", "registration") and manifest.party:
        _identify(manifest.party, Identifier(scheme=word, value=text))
    elif word in ("bill", "house"):
        _bill_number(manifest, segment, word, text)
    elif manifest.bill is not None:
        _bill_reference(manifest, segment, word, text)


def _identify(parties: list[Party], identifier: Identifier) -> None:
    last = parties[-1]
    if len(last.identifiers) < _PARTY_LIMIT:
        parties[-1] = replace(last, identifiers=(*last.identifiers, identifier))


def _bill_number(manifest: Manifest, segment: Segment, word: str, text: str) -> None:
    """A bill number opens a consignment when none is open or the open one has its goods."""
    bill = manifest.bill
    if bill is None or bill.goods:
        listed = bill.listed if bill is not None else ""
        bill = Bill(segment, listed)
        open_bill(manifest, bill)
    if word == "house":
        bill.house = text
    else:
        bill.bill = bill.bill or text


def _bill_reference(manifest: Manifest, segment: Segment, word: str, text: str) -> None:
    bill = manifest.bill
    assert bill is not None
    if word == "master":
        bill.master = text
    elif word == "equipment" and text:
        place_in(manifest, bill, segment, text, "1.2")
    elif text:
        bill.documents.append(f"{segment.get(1)}:{text}")


def place_in(manifest: Manifest, bill: Bill, segment: Segment, text: str, element: str) -> str:
    """Attach the container named ``text`` to the bill and return its plain number.

    A container that no EQD introduced is made from its number alone.
    """
    box = manifest.boxes.get(text) or manifest.boxes.get(container(text)[0])
    if box is None:
        plain, valid = checked_container(text, manifest.notes, segment, element)
        box = manifest.boxes[plain] = Box(plain)
        box.fields["number_valid"] = valid
    bill.boxes[box.number] = box
    box.used = True
    return box.number


def nad(manifest: Manifest, segment: Segment) -> None:
    code = segment.get(1)
    role = common.ROLE.get(code, "other")
    if manifest.bill is None:
        header_party(manifest, segment, role)
        return
    manifest.party = manifest.bill.parties
    manifest.bill.parties.append(common.party(segment, role))


def header_party(manifest: Manifest, segment: Segment, role: str) -> None:
    name = segment.get(2).strip() or segment.get(4).strip()
    if manifest.box is not None:
        manifest.box.fields.setdefault("operator", name)
    elif role == "carrier":
        manifest.carrier = name
    elif role == "reporting":
        manifest.carrier = manifest.carrier or name


def contact(manifest: Manifest, segment: Segment) -> None:
    if not manifest.party:
        return
    text = segment.get(2, 2) if segment.tag == "CTA" else segment.get(1)
    last = manifest.party[-1]
    if text.strip() and last.contact.count(";") < _PARTY_LIMIT:
        contact = f"{last.contact}; {text.strip()}" if last.contact else text.strip()
        manifest.party[-1] = replace(last, contact=contact)


def gid(manifest: Manifest, segment: Segment) -> None:
    manifest.party = None
    if manifest.bill is None:
        reason = "a goods item stands before any consignment; it belongs to nothing"
        manifest.notes.add(f"{manifest.kind}.goods.outside", Severity.ERROR, reason, segment)
        return
    goods = Goods(len(manifest.bill.goods) + 1)
    manifest.bill.goods.append(goods)
    manifest.goods = goods
    sequence = whole(segment.get(1).strip(), manifest.notes, segment, "1")
    goods.fields["sequence"] = sequence or goods.fields["sequence"]
    goods.fields["packages"] = whole(segment.get(2).strip(), manifest.notes, segment, "2.1")
    goods.fields["package_type"] = segment.get(2, 2).strip() or segment.get(2, 5).strip()


def pac(manifest: Manifest, segment: Segment) -> None:
    """PAC fills what GID left open."""
    goods = manifest.goods
    if goods is None:
        return
    if goods.fields["packages"] is None:
        goods.fields["packages"] = whole(segment.get(1).strip(), manifest.notes, segment, "1")
    kind = segment.get(3).strip() or segment.get(3, 4).strip()
    goods.fields["package_type"] = goods.fields["package_type"] or kind


def ftx(manifest: Manifest, segment: Segment) -> None:
    if manifest.goods is not None and segment.get(1) in ("AAA", ""):
        text = common.free_text(segment)
        if text:
            manifest.goods.text.append(text)


def pci(manifest: Manifest, segment: Segment) -> None:
    if manifest.goods is not None:
        manifest.goods.marks.extend(mark.strip() for mark in segment.element(2) if mark.strip())


def sgp(manifest: Manifest, segment: Segment) -> None:
    text = segment.get(1).strip()
    if manifest.bill is None or manifest.goods is None or not text:
        return
    plain = place_in(manifest, manifest.bill, segment, text, "1.1")
    manifest.goods.equipment[plain] = None


def cst(manifest: Manifest, segment: Segment) -> None:
    if manifest.goods is not None:
        code = hs_code(segment.get(2).strip(), manifest.notes, segment, "2.1")
        if code:
            manifest.goods.fields.setdefault("hs_code", code)


def moa(manifest: Manifest, segment: Segment) -> None:
    bill, kind = manifest.bill, _AMOUNT.get(segment.get(1))
    if bill is None or kind is None:
        return
    amount = number(segment.get(1, 2), manifest.notes, segment, "1.2")
    currency = segment.get(1, 3).strip() or manifest.currency
    if amount is None:
        return
    if kind == "freight":
        bill.fields.setdefault("freight_amount", amount)
        bill.fields.setdefault("freight_currency", currency)
    elif manifest.goods is not None:
        manifest.goods.fields.setdefault("value", amount)
        manifest.goods.fields.setdefault("currency", currency)
    else:
        bill.value = bill.value or (amount, currency)


def cux(manifest: Manifest, segment: Segment) -> None:
    manifest.currency = segment.get(1, 2).strip()


def cpi(manifest: Manifest, segment: Segment) -> None:
    if manifest.bill is None:
        return
    word = _PAYMENT.get(segment.get(2)) or _PAYMENT.get(segment.get(3))
    if word:
        manifest.bill.fields.setdefault("freight_payment", word)


HANDLERS: Final[dict[str, Callable[[Manifest, Segment], None]]] = {
    "BGM": bgm, "DTM": dtm, "TDT": tdt, "LOC": loc, "EQD": eqd, "SEL": sel, "MEA": mea,
    "TMP": tmp, "DGS": dgs, "CNI": cni, "RFF": rff, "NAD": nad, "CTA": contact,
    "COM": contact, "GID": gid, "PAC": pac, "FTX": ftx, "PCI": pci, "SGP": sgp, "CST": cst,
    "MOA": moa, "CUX": cux, "CPI": cpi,
}  # fmt: skip
