"""A bill of a manifest that was read by its shape, if it is as most bills are.

:mod:`esclusa.formats.asycuda.awmds` says what an element means and reads any bill. Here stands the
short way for one with nothing to remark: its texts come all at once, and no place is kept for a
defect. What is not that plain is left to it, and tests hold both to the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Final

import msgspec
from msgspec.structs import replace

from esclusa.codes import iso6346
from esclusa.formats.asycuda import common
from esclusa.formats.asycuda.common import line, plain_count, plain_number
from esclusa.formats.values import container
from esclusa.formats.xml_batches import Part, UnplacedError
from esclusa.formats.xml_moulds import Mould, Texts, Wanted
from esclusa.formats.xml_shapes import Cast
from esclusa.model import (
    Consignment,
    GoodsItem,
    Identifier,
    Message,
    Party,
    Seal,
    TransportEquipment,
    Voyage,
)

FORMAT: Final = "asycuda.awmds"


class Head(msgspec.Struct, frozen=True):
    """What stands before the bills and holds for each of them."""

    voyage: Voyage = Voyage()
    carrier: str = ""
    departure: str = ""
    arrival: str = ""
    master: str = ""
    office: str = ""
    size: int = 0
    totals: tuple[tuple[str, float], ...] = ()


ROLES: Final = {
    "Carrier": "carrier",
    "Exporter": "shipper",
    "Notify": "notify",
    "Consignee": "consignee",
}

WORD: Final = r"[!-;=?-~\x80-\xbf\xc3-\xdf]++"
"""Bytes of ASCII and of U+00C0 to U+07FF in UTF-8: no blank is among them, entities may be."""

LINE: Final = f"{WORD}(?: {WORD})*+"
COUNT: Final = "[0-9]{1,15}+"
NUMBER: Final = r"[0-9]{1,15}+(?:\.[0-9]{1,12}+)?+"
"""What ``float`` takes, and :func:`~esclusa.formats.asycuda.common.plain_number`."""

_REFERENCE: Final = "[A-Z]{4}[0-9]{7}"
_BREAK: Final = r"\r?+\n"
_ADDRESS: Final = (
    f"(?:(?:({LINE}(?:{_BREAK}{LINE})*){_BREAK})?({LINE}){_BREAK}([A-Z][A-Z])(?=<)"
    f"|({LINE}(?:{_BREAK}{LINE})*+))"
)
"""The lines of an address, city and country; or lines without a country."""

ID: Final = (
    "Bol_reference", "Bol_nature", "Master_bill_ref_number", "Master_bol_ref_number",
    "Unique_carrier_reference",
)  # fmt: skip
PORTS: Final = ("Place_of_loading_code", "Place_of_unloading_code")
_BOX: Final = {
    "Ctn_reference": _REFERENCE, "Type_of_container": WORD, "Empty_Full": WORD,
    "Sealing_Party": WORD, "Marks1": LINE, "Marks2": LINE, "Marks3": LINE, "Empty_weight": NUMBER,
    "Goods_weight": NUMBER,
}  # fmt: skip
_GOODS: Final = {
    "Goods_description": LINE, "Package_type_code": WORD, "Shipping_marks": LINE,
    "Number_of_packages": COUNT, "Gross_mass": NUMBER, "Volume_in_cubic_meters": NUMBER,
}  # fmt: skip
_SEALS: Final = ("Seals_segment/Sealing_party_code", "Seals_segment/Marks_of_seals")
_VALUE: Final = {
    "Freight_segment/Freight_value": NUMBER, "Freight_segment/Freight_currency": WORD,
    "Freight_segment/PC_indicator": WORD, "Customs_segment/Customs_value": NUMBER,
    "Customs_segment/Customs_currency": WORD,
}  # fmt: skip


def trader(tag: str) -> tuple[str, str, str]:
    """Return the tags of a trader's code, name and address."""
    return f"{tag}_code", f"{tag}_name", f"{tag}_address"


def _texts() -> Iterator[tuple[str, str]]:
    yield from ((f"Bol_id/{tag}", LINE) for tag in ID)
    yield from ((f"Goods_segment/{tag}", kind) for tag, kind in _GOODS.items())
    yield from ((f"Goods_segment/{tag}", LINE) for tag in _SEALS)
    yield from ((f"Value_segment/{tag}", kind) for tag, kind in _VALUE.items())
    yield from ((f"Load_unload_place/{tag}", WORD) for tag in PORTS)
    for tag in ROLES:
        for each, kind in zip(trader(tag), (LINE, LINE, _ADDRESS), strict=True):
            yield f"Traders_segment/{tag}/{each}", kind


_TEXTS: Final = dict(_texts())
_SPLIT: Final = {**_GOODS, "Container/Reference": _REFERENCE}
WANTED: Final = Wanted(_TEXTS, {"ctn_segment": _BOX, "Split_segment": _SPLIT}, ("Goods_segment",))
_TRADERS: Final = len(_TEXTS) - 3 * len(ROLES)
"""Where the texts of traders begin, six for each: code, name and the four pieces of an address."""

_BOXES: Final = _TRADERS + 6 * len(ROLES)

_LOADED: Final = common.CODES["load"]
_PAID: Final = common.CODES["payment"]
_SEALED: Final = common.CODES["seal_party"]

Order = list[tuple[str, int]]
"""Role and place of each trader among the values, as they stand in the file."""


def plain_bill(part: Part, cast: Cast, head: Head) -> Message | None:
    """Return the bill, None where it has no number.

    Raises :class:`~esclusa.formats.xml_batches.UnplacedError` where something is to be remarked.
    """
    mould = cast.mould
    values = cast.values if mould.tidy else _tidied(cast.values)
    (
        number, nature, master, other, unique, description, kind, marks, packages, mass, volume,
        sealer, seals, freight, currency, payment, worth, worth_currency, loading, unloading,
    ) = values[:_TRADERS]  # fmt: skip
    boxes, splits, goods = values[-3:]
    if not number:
        return None
    numbered = _boxes(cast) if boxes else {}
    held = tuple(numbered.values())
    if seals:
        held = _sealed(held, seals, sealer or "")
    items: tuple[GoodsItem, ...] = ()
    if splits:
        items = _valued(_split(cast, nature or ""), worth, worth_currency)
    elif goods is not None:
        items = (
            GoodsItem(
                sequence=1,
                description=description or "",
                packages=int(packages) if packages else None,
                package_type=kind or "",
                gross_mass_kg=float(mass) if mass else None,
                volume_m3=float(volume) if volume else None,
                value=float(worth) if worth else None,
                currency=worth_currency or "" if worth else "",
                marks=marks or "",
                procedure=nature or "",
                equipment=tuple(numbered),
            ),
        )
    parties = _parties(mould, values)
    carrier = _carrier(parties) if parties and parties[0].role == "carrier" else ""
    bill = Consignment(
        carrier=carrier or head.carrier,
        bill=number,
        master_bill=master or other or head.master,
        voyage=head.voyage,
        load_port=common.place(loading),
        discharge_port=common.place(unloading),
        departure=head.departure,
        arrival=head.arrival,
        parties=parties,
        goods=items,
        equipment=held,
        documents=(f"UCN:{unique}",) if unique else (),
        freight_amount=float(freight) if freight else None,
        freight_currency=currency or "",
        freight_payment=_PAID.get(payment, "") if payment else "",
    )
    return Message(
        format=FORMAT,
        offset=part.offset,
        length=part.length,
        reference=number,
        sender=head.carrier,
        recipient=head.office,
        statements=(bill,),
    )


def _carrier(parties: tuple[Party, ...]) -> str:
    first = parties[0]
    return first.identifiers[0].value if first.identifiers else first.name


def _parties(mould: Mould, values: Texts) -> tuple[Party, ...]:
    order: Order = mould.drawn  # type: ignore[assignment]
    if order is None:
        order = mould.drawn = _order(mould)
    made = []
    for role, at in order:
        code, name, lines, city, nation, others = values[at : at + 6]
        if nation and not common.is_nation(nation):
            others, city, nation = "\n".join(filter(None, (lines, city, nation))), None, None
        where = lines if nation else others
        if not (code or name or where or nation):
            continue
        made.append(
            Party(
                role=role,
                name=name or "",
                address=where.replace("\n", ", ") if where else "",
                city=city if city and city != common.NO_CITY else "",
                country=nation or "",
                identifiers=(Identifier(scheme="tax", value=code),)
                if code and role != "carrier"
                else (Identifier(scheme="other", value=code),)
                if code
                else (),
            )
        )
    return tuple(made)


def _order(mould: Mould) -> Order:
    tags = list(
        dict.fromkeys(
            [path.split("/")[1] for path in mould.order if path.startswith("Traders_segment/")]
        )
    )
    places = {tag: _TRADERS + 6 * number for number, tag in enumerate(ROLES)}
    return [(ROLES[tag], places[tag]) for tag in tags]


def _boxes(cast: Cast) -> dict[str, TransportEquipment]:
    """Return the containers by their numbers."""
    found = cast.each(_BOXES if cast.mould.tidy else len(_TEXTS))
    if not cast.mould.tidy:
        found = [_cleaned(texts, _BOX_CLEANERS) for texts in found]
    made: dict[str, TransportEquipment] = {}
    exact, loaded, sealed = iso6346.is_exact, _LOADED, _SEALED
    for number, kind, load, party, one, two, three, empty, net in found:
        if not number or not exact(number):
            raise UnplacedError
        if two or three:
            seals = _seals((one, two, three), party)
        elif one:
            seals = (Seal(number=one, affixed_by=sealed.get(party, "") if party else ""),)
        else:
            seals = ()
        tare = float(empty) if empty else None
        goods = float(net) if net else None
        if goods is not None and tare:
            whole = goods.is_integer() and tare.is_integer()
            goods = goods + tare if whole else common.gross(goods, tare)
        made[number] = TransportEquipment(
            number=number,
            number_valid=True,
            size_type=kind or "",
            load_status=loaded.get(load) or loaded.get(load.upper(), "") if load else "",
            gross_mass_kg=goods,
            tare_kg=tare,
            seals=seals,
        )
    return made


def _seals(marks: Texts, party: str | None) -> tuple[Seal, ...]:
    by = _SEALED.get(party, "") if party else ""
    return tuple([Seal(number=mark, affixed_by=by) for mark in dict.fromkeys(marks) if mark])


def _sealed(
    boxes: tuple[TransportEquipment, ...], seals: str, sealer: str
) -> tuple[TransportEquipment, ...]:
    """Add the seals of the bill to its only container."""
    more = bill_seals(sealer, seals)
    if not more or not boxes:
        return boxes
    if len(boxes) > 1:
        if not all(box.seals for box in boxes):
            raise UnplacedError
        return boxes
    (box,) = boxes
    known = {seal.number for seal in box.seals}
    more = tuple([seal for seal in more if seal.number not in known])
    return (replace(box, seals=(*box.seals, *more)),)


def bill_seals(party: str, numbers: str) -> tuple[Seal, ...]:
    """Return the seals of Seals_segment: who affixed them, and numbers with commas between."""
    by = _SEALED.get(party, "")
    marks = (mark.strip() for mark in numbers.split(","))
    return tuple(Seal(number=mark, affixed_by=by) for mark in marks if mark)


def _split(cast: Cast, nature: str) -> list[GoodsItem]:
    items: list[GoodsItem] = []
    found = cast.each(1 + (_BOXES if cast.mould.tidy else len(_TEXTS)))
    if not cast.mould.tidy:
        found = [_cleaned(texts, _SPLIT_CLEANERS) for texts in found]
    for description, kind, marks, packages, mass, volume, held in found:
        if held and not iso6346.is_exact(held):
            raise UnplacedError
        item = GoodsItem(
            sequence=len(items) + 1,
            description=description or "",
            packages=int(packages) if packages else None,
            package_type=kind or "",
            gross_mass_kg=float(mass) if mass else None,
            volume_m3=float(volume) if volume else None,
            marks=marks or "",
            procedure=nature,
            equipment=(held,) if held else (),
        )
        common.add_split(items, item)
    return items


def _valued(
    items: list[GoodsItem], worth: str | None, currency: str | None
) -> tuple[GoodsItem, ...]:
    if not worth:
        return tuple(items)
    if len(items) > 1:
        raise UnplacedError
    return (replace(items[0], value=float(worth), currency=currency or ""),)


# -- texts that are not tidy ----------------------------------------------------------------------


def _container(text: str) -> str:
    number, valid = container(line(text))
    if number and not valid:
        raise UnplacedError
    return number


def _count(text: str) -> str:
    value = plain_count(text)
    return "" if value is None else str(value)


def _number(text: str) -> str:
    return "" if plain_number(text) is None else text.strip()


def _address(text: str) -> tuple[str | None, ...]:
    lines, city, nation = common.address_of(text)
    if nation:
        return "\n".join(lines), city or common.NO_CITY, nation, None
    return None, None, None, "\n".join(lines)


Cleaner = Callable[[str], str]

_CLEANERS: Final[dict[str, Cleaner]] = {NUMBER: _number, COUNT: _count, _REFERENCE: _container}


def _cleaners(kinds: Iterable[str]) -> tuple[Cleaner, ...]:
    return tuple([_CLEANERS.get(kind, line) for kind in kinds])


_TEXT_CLEANERS: Final = _cleaners(list(_TEXTS.values())[:_TRADERS])
_BOX_CLEANERS: Final = _cleaners(_BOX.values())
_SPLIT_CLEANERS: Final = _cleaners(_SPLIT.values())


def _cleaned(texts: Texts, cleaners: tuple[Cleaner, ...]) -> Texts:
    return tuple([text and clean(text) for text, clean in zip(texts, cleaners, strict=True)])


def _tidied(values: Texts) -> Texts:
    """Return the values as a tidy mould gives them.

    Raises :class:`~esclusa.formats.xml_batches.UnplacedError` where something is to be remarked.
    """
    made = list(_cleaned(values[:_TRADERS], _TEXT_CLEANERS))
    for at in range(_TRADERS, len(_TEXTS), 3):
        code, name, address = values[at : at + 3]
        made += [line(code), line(name), *(_address(address) if address else _NO_ADDRESS)]
    return (*made, *values[-3:])


_NO_ADDRESS: Final = (None,) * 4
