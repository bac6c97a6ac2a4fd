"""A bill of a manifest that was read by its shape, if it is as most bills are.

:mod:`esclusa.formats.asycuda.awmds` says what an element means and reads any bill. Here stands the
short way for one with nothing to remark: texts are taken all at once for each group, and no place
is kept for a defect. What is not that plain is left to it, and tests hold both to the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from operator import itemgetter
from typing import Final

import msgspec

from esclusa.codes import iso6346
from esclusa.formats.asycuda import common
from esclusa.formats.asycuda.common import line, plain_count, plain_number, word
from esclusa.formats.values import container
from esclusa.formats.xml_batches import Part, UnplacedError
from esclusa.formats.xml_twigs import Pick, Plan, Stem, StemPlan, Stretch, Texts, Twig, picked
from esclusa.model import Consignment, GoodsItem, Message, Party, Seal, TransportEquipment, Voyage

FORMAT: Final = "asycuda.awmds"

Getter = Callable[[Texts], Texts]


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
TRADERS: Final = {tag: Pick(f"{tag}_code", f"{tag}_name", f"{tag}_address") for tag in ROLES}

ID: Final = Pick(
    "Bol_reference", "Bol_nature", "Master_bill_ref_number", "Master_bol_ref_number",
    "Unique_carrier_reference",
)  # fmt: skip
PORTS: Final = Pick("Place_of_loading_code", "Place_of_unloading_code")
_BOX: Final = Pick(
    "Ctn_reference", "Type_of_container", "Empty_Full", "Sealing_Party", "Marks1", "Marks2",
    "Marks3", "Empty_weight", "Goods_weight",
)  # fmt: skip
_GOODS: Final = Pick(
    "Goods_description", "Package_type_code", "Shipping_marks", "Number_of_packages", "Gross_mass",
    "Volume_in_cubic_meters",
)  # fmt: skip
_VALUE: Final = Pick(
    "Freight_segment/Freight_value", "Freight_segment/Freight_currency",
    "Freight_segment/PC_indicator", "Customs_segment/Customs_value",
    "Customs_segment/Customs_currency",
)  # fmt: skip

_GROUPS: Final = {
    "Bol_id": (0, ID), "Load_unload_place": (5, PORTS), "Value_segment": (7, _VALUE),
    "Goods_segment": (12, _GOODS),
}  # fmt: skip
"""Group → where its texts begin among those of a bill, and what they are."""

_NONE: Final = (None,) * 18

# Most codes stand there as they are in the table: those need not be looked at.
_LOADED: Final = common.CODES["load"]
_SEALED: Final = common.CODES["seal_party"]

Taken = tuple[Sequence[str | None], list[tuple[str, Texts]], list[Texts], bool]
"""What a bill says: texts of the groups above, tag and texts of each trader, texts of each
container, and whether there are goods."""


_ALWAYS: Final = -2
"""Stands for the value that tells whether a group is there where it is there in all bills."""


class _Drawn:
    """Where the texts of a bill stand among the values of its shape.

    ``unless`` are values that are None in plain bills.
    """

    __slots__ = ("boxes", "goods", "plain", "texts", "traders", "unless")

    def __init__(self, plan: StemPlan) -> None:
        places = [-1] * len(_NONE)
        self.boxes: list[tuple[Stretch, Getter]] = []
        self.traders: list[tuple[str, Getter]] = []
        self.goods: int | None = None
        self.unless: list[int] = []
        self.plain = False
        for stretch in plan.parts:
            part, begin = stretch.plan, stretch.begin
            tag, there = part.tag, part.there
            if tag == "ctn_segment":
                first = 0 if stretch.each else begin
                self.boxes.append((stretch, itemgetter(*_places(part, first, _BOX))))
            elif tag == "Split_segment":
                self.unless.append(
                    _ALWAYS if there < 0 and not stretch.each else begin + max(there, 0)
                )
            elif stretch.each is not None:  # of what stands twice the last would have to count
                if tag in _GROUPS or tag == "Traders_segment":
                    self.unless.append(_ALWAYS)
            elif tag == "Traders_segment":
                self.traders = [
                    (each, itemgetter(*_places(inner, begin, TRADERS[each])))
                    for each, inner in part.parts.items()
                    if each in TRADERS
                ]
            elif tag in _GROUPS:
                first, pick = _GROUPS[tag]
                places[first : first + len(pick.tags)] = _places(part, begin, pick)
                self.plain |= tag == "Bol_id"
                if tag == "Goods_segment":
                    self.goods = _ALWAYS if there < 0 else begin + there
                    seals = part.parts.get("Seals_segment")
                    if seals is not None:
                        self.unless.append(_ALWAYS if seals.there < 0 else begin + seals.there)
        self.plain &= _ALWAYS not in self.unless
        self.texts: Getter = itemgetter(*places)

    def taken(self, stem: Stem) -> Taken | None:
        values = stem.values
        if not self.plain:
            return None
        for at in self.unless:
            if values[at] is not None:
                return None
        goods = self.goods is not None and (self.goods < 0 or values[self.goods] is not None)
        traders = [(tag, each(values)) for tag, each in self.traders]
        boxes: list[Texts] = []
        for stretch, each in self.boxes:
            if stretch.each is not None:
                boxes += [each(texts) for texts in stem.repeated(stretch)]
            elif stretch.plan.there < 0 or values[stretch.begin + stretch.plan.there] is not None:
                boxes.append(each(values))
        return self.texts(values), traders, boxes, goods


def _places(plan: Plan, begin: int, pick: Pick) -> list[int]:
    """Where these texts stand among all values; the last of them is None."""
    found = [plan.place(tag) for tag in pick.tags]
    return [at if at < 0 else begin + at for at in found]


def _whole(stem: Stem) -> Taken | None:
    drawn = stem.plan.drawn
    if not isinstance(drawn, _Drawn):
        drawn = stem.plan.drawn = _Drawn(stem.plan)
    return drawn.taken(stem)


def _by_groups(groups: Iterable[Twig]) -> Taken | None:
    texts: list[str | None] = [*_NONE]
    traders: list[tuple[str, Texts]] = []
    boxes: list[Texts] = []
    goods = named = False
    for group in groups:
        tag = group.tag
        if tag == "ctn_segment":
            boxes.append(_BOX.of(group))
        elif tag == "Traders_segment":
            traders = picked(group, TRADERS)
        elif tag == "Split_segment":
            return None
        elif tag in _GROUPS:
            first, pick = _GROUPS[tag]
            texts[first : first + len(pick.tags)] = pick.of(group)
            named |= tag == "Bol_id"
            if tag == "Goods_segment":
                goods = True
                if "Seals_segment" in group.plan.parts:
                    return None
    return (texts, traders, boxes, goods) if named else None


def plain_bill(part: Part, groups: list[Twig] | Stem, head: Head) -> Message | None:
    """Return the bill; None where it has splits or seals of its own, or no number.

    Raises :class:`~esclusa.formats.xml_batches.UnplacedError` where something is to be remarked.
    """
    taken = _whole(groups) if isinstance(groups, Stem) else _by_groups(groups)
    if taken is None:
        return None
    (
        reference, nature, master, other, unique, loading, unloading, freight, currency, payment,
        worth, worth_currency, description, kind, marks, packages, mass, volume,
    ), traders, boxes, goods = taken  # fmt: skip
    number = line(reference)
    if not number:
        return None
    held = _boxes(boxes)
    items: tuple[GoodsItem, ...] = ()
    if goods:
        value = plain_number(worth)
        items = (
            GoodsItem(
                sequence=1,
                description=line(description),
                packages=plain_count(packages),
                package_type=line(kind),
                gross_mass_kg=plain_number(mass),
                volume_m3=plain_number(volume),
                value=value,
                currency="" if value is None else line(worth_currency),
                marks=line(marks),
                procedure=line(nature),
                equipment=tuple([box.number for box in held]),
            ),
        )
    parties = _parties(traders)
    carrier = _carrier(parties) if parties and parties[0].role == "carrier" else ""
    cited = line(unique)
    bill = Consignment(
        carrier=carrier or head.carrier,
        bill=number,
        master_bill=line(master) or line(other) or head.master,
        voyage=head.voyage,
        load_port=common.place(loading),
        discharge_port=common.place(unloading),
        departure=head.departure,
        arrival=head.arrival,
        parties=parties,
        goods=items,
        equipment=held,
        documents=(f"UCN:{cited}",) if cited else (),
        freight_amount=plain_number(freight),
        freight_currency=line(currency),
        freight_payment=word("payment", payment),
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


def _parties(traders: list[tuple[str, Texts]]) -> tuple[Party, ...]:
    made = {}
    for tag, texts in traders:
        role = ROLES[tag]
        party = common.party(role, *texts)
        if party is not None:
            made[role] = party
    return tuple(made.values())


def _boxes(boxes: list[Texts]) -> tuple[TransportEquipment, ...]:
    if len(boxes) == 1:
        return (_box(boxes[0]),)
    made = [_box(each) for each in boxes]
    return tuple({box.number: box for box in made}.values())


def _box(texts: Texts) -> TransportEquipment:
    text, kind, load, party, one, two, three, empty, net = texts
    number = text or ""
    if not iso6346.is_exact(number):
        number, valid = container(line(text))
        if not valid:
            raise UnplacedError
    by = _SEALED.get(party or "") or word("seal_party", party)
    mark = line(one)
    if two or three:
        marks = dict.fromkeys((mark, line(two), line(three)))
        seals = tuple([Seal(number=each, affixed_by=by) for each in marks if each])
    else:
        seals = (Seal(number=mark, affixed_by=by),) if mark else ()
    tare = plain_number(empty)
    return TransportEquipment(
        number=number,
        number_valid=True,
        size_type=line(kind),
        load_status=_LOADED.get(load or "") or word("load", load and load.upper()),
        gross_mass_kg=common.gross(plain_number(net), tare),
        tare_kg=tare,
        seals=seals,
    )
