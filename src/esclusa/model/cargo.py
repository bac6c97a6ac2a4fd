"""Consignments, goods items and transport equipment."""

from __future__ import annotations

import msgspec

from esclusa.model.common import Party, Place, Seal
from esclusa.model.movement import Voyage


class DangerousGoods(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A dangerous substance as declared (IMDG Code 5.4.1.4, IATA DGR 8.1.6).

    ``un`` is the UN number's four digits, ``hazard_class`` the class or division (``3``, ``5.1``),
    ``packing_group`` ``I``, ``II`` or ``III``, ``emergency`` the EmS or sender's emergency code.
    Mass in kilograms, flash point in degrees Celsius. ``stowage`` is where on board.
    """

    un: str = ""
    hazard_class: str = ""
    subsidiary_classes: tuple[str, ...] = ()
    packing_group: str = ""
    name: str = ""
    flash_point_c: float | None = None
    marine_pollutant: bool | None = None
    emergency: str = ""
    net_mass_kg: float | None = None
    stowage: str = ""


class GoodsItem(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One line of goods. Masses in kilograms, volume in cubic metres, value in ``currency``.

    ``hs_code`` is digits alone, 4 to 12 of them, as declared. ``undg`` are UN dangerous goods
    numbers of four digits, ``dangerous`` what was declared about them. ``equipment`` names the
    containers the goods travel in. ``procedure`` is the customs procedure asked for.
    """

    sequence: int = 1
    description: str = ""
    hs_code: str = ""
    packages: int | None = None
    package_type: str = ""
    gross_mass_kg: float | None = None
    volume_m3: float | None = None
    value: float | None = None
    currency: str = ""
    origin_country: str = ""
    marks: str = ""
    undg: tuple[str, ...] = ()
    equipment: tuple[str, ...] = ()
    net_mass_kg: float | None = None
    procedure: str = ""
    dangerous: tuple[DangerousGoods, ...] = ()


class TransportEquipment(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="kind", tag="equipment"
):
    """A container or other unit of transport equipment (ISO 6346).

    ``number`` is upper case without blanks; ``number_valid`` the verdict of its check digit.
    ``size_type`` as sent (``45R1`` or older two-plus-two digits). ``load_status``: ``full``,
    ``empty`` or "". ``stowage`` is bay, row, tier as sent (``0010584``). ``gross_mass_kg`` is the
    declared mass, ``verified_mass_kg`` the verified gross mass (SOLAS VI/2). Temperature in degrees
    Celsius. Natural key: number + voyage.
    """

    number: str
    number_valid: bool | None = None
    size_type: str = ""
    load_status: str = ""
    gross_mass_kg: float | None = None
    verified_mass_kg: float | None = None
    tare_kg: float | None = None
    seals: tuple[Seal, ...] = ()
    temperature_c: float | None = None
    undg: tuple[str, ...] = ()
    operator: str = ""
    stowage: str = ""
    load_port: Place = Place()
    discharge_port: Place = Place()
    voyage: Voyage = Voyage()


class Consignment(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    omit_defaults=True,
    tag_field="kind",
    tag="consignment",
):
    """Goods under one bill of lading, air waybill or road consignment note.

    Natural key: carrier code + bill number. Dates are ISO 8601 text; a time without a zone is local
    to the place it is about. ``freight_payment``: ``prepaid``, ``collect`` or "".
    """

    carrier: str
    bill: str
    master_bill: str = ""
    voyage: Voyage = Voyage()
    place_of_receipt: Place = Place()
    load_port: Place = Place()
    transhipment_ports: tuple[Place, ...] = ()
    discharge_port: Place = Place()
    delivery_place: Place = Place()
    stuffing_place: str = ""
    issued: str = ""
    departure: str = ""
    arrival: str = ""
    parties: tuple[Party, ...] = ()
    goods: tuple[GoodsItem, ...] = ()
    equipment: tuple[TransportEquipment, ...] = ()
    freight_amount: float | None = None
    freight_currency: str = ""
    freight_payment: str = ""
    documents: tuple[str, ...] = ()
