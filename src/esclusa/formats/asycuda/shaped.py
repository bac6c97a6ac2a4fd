"""A bill of a manifest that was read by its shape, if it is as most bills are.

:mod:`esclusa.formats.asycuda.awmds` says what an element means and reads any bill. Here stands the
short way for one with nothing to remark: its texts come all at once, and no place is kept for a
defect. What is not that plain is left to it, and tests hold both to the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Final, NamedTuple

import msgspec
from msgspec.structs import replace

from esclusa.codes import iso6346
from esclusa.formats.asycuda import common
from esclusa.formats.asycuda.common import line, plain_count, plain_number
from esclusa.formats.values import container
from esclusa.formats.xml_moulds import Each, Mould, Pick, Texts, Wanted
from esclusa.formats.xml_shapes import UnplacedError
from esclusa.model import (
    Consignment,
    GoodsItem,
    Identifier,
    Message,
    Party,
    Place,
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
_NATION: Final = f"{_BREAK}[A-Z][A-Z]<"
_ADDRESS: Final = (
    f"(?:(?:({LINE}(?!{_NATION})(?:{_BREAK}{LINE}(?!{_NATION}))*+){_BREAK})?+"
    f"({LINE}){_BREAK}([A-Z][A-Z])(?=<)|({LINE}(?:{_BREAK}{LINE})*+))"
)
"""The lines of an address, city and country; or lines without a country. The city is the line
before a country, so no line is looked at twice to find it."""

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
_TRADED: Final = "Traders_segment/"
_PLAIN: Final = {path: kind for path, kind in _TEXTS.items() if not path.startswith(_TRADED)}

_LOADED: Final = common.CODES["load"]
_PAID: Final = common.CODES["payment"]
_SEALED: Final = common.CODES["seal_party"]

LARGE: Final = 2048
"""A heading larger than this is weighed against each bill that repeats it."""


class _Drawn(NamedTuple):
    """What a mould says of where things stand.

    ``traders`` are roles with what picks code, name and the pieces of the address, in the order of
    the file, ``goods`` is where Goods_segment is marked.
    """

    texts: Pick
    traders: tuple[tuple[str, Pick], ...]
    goods: int
    boxes: Each | None
    splits: Each | None


def _drawn(mould: Mould) -> _Drawn:
    texts, goods = mould.pick(_PLAIN), mould.place("Goods_segment")
    boxes, splits = mould.each("ctn_segment"), mould.each("Split_segment")
    stated = [path.split("/")[1] for path in mould.order if path.startswith(_TRADED)]
    traders = [
        (ROLES[tag], mould.pick([f"{_TRADED}{tag}/{each}" for each in trader(tag)]))
        for tag in dict.fromkeys(stated)
    ]
    if mould.tidy:
        return _Drawn(texts, tuple(traders), goods, boxes, splits)
    return _Drawn(
        _cleaning(texts, _PLAIN.values()),
        tuple([(role, _parted(pick)) for role, pick in traders]),
        goods,
        boxes and _each_cleaned(boxes, _BOX.values()),
        splits and _each_cleaned(splits, _SPLIT.values()),
    )


class Bills:
    """Makes messages of bills that were read by their shape, under the heading ``head``."""

    def __init__(self) -> None:
        self.head = Head()
        # What ``float`` and ``int`` make of digits, in a quarter of their time. JSON knows no zeros
        # in front: as soon as some are met, it is they that read.
        self._figure: Callable[[str], float] = msgspec.json.Decoder(float).decode
        self._whole: Callable[[str], int] = msgspec.json.Decoder(int).decode
        self._nations = common.nations()
        self._places: dict[str | None, Place] = {}

    def _place(self, code: str | None) -> Place:
        found = common.place(code)
        if len(self._places) < _PLACES and len(found.code) == 5:
            self._places[code] = found
        return found

    def take(
        self, mould: Mould, texts: Texts, codec: str, offset: int, length: int
    ) -> Message | None:
        """Return the bill, None where it has no number or the heading must be weighed.

        Raises :class:`~esclusa.formats.xml_shapes.UnplacedError` where something is to be remarked.
        """
        try:
            return self._message(mould, texts, codec, offset, length)
        except msgspec.DecodeError:
            self._figure, self._whole = float, int
            return self._message(mould, texts, codec, offset, length)

    def _message(
        self, mould: Mould, texts: Texts, codec: str, offset: int, length: int
    ) -> Message | None:
        head, places, figure = self.head, self._places, self._figure
        drawn: _Drawn = mould.drawn  # type: ignore[assignment]
        if drawn is None:
            drawn = mould.drawn = _drawn(mould)
        pick, traders, there, boxes, splits = drawn
        (
            number, nature, master, other, unique, description, kind, marks, packages, mass, volume,
            sealer, seals, freight, currency, payment, worth, worth_currency, loading, unloading,
        ) = pick(texts)  # fmt: skip
        if not number or head.size > LARGE:
            return None
        numbered = _boxes(boxes(texts, codec), figure) if boxes else {}
        held = tuple(numbered.values())
        if seals:
            held = _sealed(held, seals, sealer or "")
        items: tuple[GoodsItem, ...] = ()
        if splits and (found := splits(texts, codec)):
            items = _valued(_split(found, nature or ""), worth, worth_currency)
        elif texts[there] is not None:
            items = (
                GoodsItem(
                    sequence=1,
                    description=description or "",
                    packages=self._whole(packages) if packages else None,
                    package_type=kind or "",
                    gross_mass_kg=figure(mass) if mass else None,
                    volume_m3=figure(volume) if volume else None,
                    value=figure(worth) if worth else None,
                    currency=worth_currency or "" if worth else "",
                    marks=marks or "",
                    procedure=nature or "",
                    equipment=tuple(numbered),
                ),
            )
        parties = _parties(traders, texts, self._nations) if traders else ()
        carrier = _carrier(parties) if parties and parties[0].role == "carrier" else ""
        bill = Consignment(
            carrier=carrier or head.carrier,
            bill=number,
            master_bill=master or other or head.master,
            voyage=head.voyage,
            load_port=places.get(loading) or self._place(loading),
            discharge_port=places.get(unloading) or self._place(unloading),
            departure=head.departure,
            arrival=head.arrival,
            parties=parties,
            goods=items,
            equipment=held,
            documents=(f"UCN:{unique}",) if unique else (),
            freight_amount=figure(freight) if freight else None,
            freight_currency=currency or "",
            freight_payment=_PAID.get(payment, "") if payment else "",
        )
        return Message(
            format=FORMAT,
            offset=offset,
            length=length,
            reference=number,
            sender=head.carrier,
            recipient=head.office,
            statements=(bill,),
        )


_PLACES: Final = 1024
"""Ports of one manifest that are remembered."""


def _carrier(parties: tuple[Party, ...]) -> str:
    first = parties[0]
    return first.identifiers[0].value if first.identifiers else first.name


def _parties(
    traders: tuple[tuple[str, Pick], ...], texts: Texts, nations: frozenset[str]
) -> tuple[Party, ...]:
    made = []
    for role, pick in traders:
        code, name, lines, city, nation, others = pick(texts)
        if nation and nation not in nations:
            others, city, nation = "\n".join(filter(None, (lines, city, nation))), None, None
        where = lines if nation else others
        if not (code or name or where or nation):
            continue
        made.append(
            Party(
                role=role,
                name=name or "",
                address="" if not where else where.replace("\n", ", ") if "\n" in where else where,
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


def _boxes(found: list[Texts], figure: Callable[[str], float]) -> dict[str, TransportEquipment]:
    """Return the containers by their numbers."""
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
        tare = figure(empty) if empty else None
        goods = figure(net) if net else None
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


def _split(found: list[Texts], nature: str) -> list[GoodsItem]:
    items: list[GoodsItem] = []
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


def _cleaned(texts: Texts, cleaners: list[Cleaner]) -> Texts:
    return tuple([text and clean(text) for text, clean in zip(texts, cleaners, strict=True)])


def _cleaning(pick: Pick, kinds: Iterable[str]) -> Pick:
    """Return what picks texts and makes of them what a tidy mould gives. That and the two below
    raise :class:`~esclusa.formats.xml_shapes.UnplacedError` where something is to be remarked."""
    cleaners = [_CLEANERS.get(kind, line) for kind in kinds]
    return lambda texts: _cleaned(pick(texts), cleaners)


def _each_cleaned(each: Each, kinds: Iterable[str]) -> Each:
    cleaners = [_CLEANERS.get(kind, line) for kind in kinds]
    return lambda texts, codec: [_cleaned(found, cleaners) for found in each(texts, codec)]


def _parted(pick: Pick) -> Pick:
    def found(texts: Texts) -> Texts:
        code, name, address = pick(texts)
        return line(code), line(name), *(_address(address) if address else _NO_ADDRESS)

    return found


_NO_ADDRESS: Final = (None,) * 4
