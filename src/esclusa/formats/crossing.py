"""From one message to another through the records: what stands where in each.

Where two messages state the same kind of record (CUSCAR, 309 and AWMDS a consignment) reading one
and writing the other is the crossing. A bay plan states equipment and an order states events, so
two functions stand between them. ``ROWS`` says which field of which message goes where; the tables
of ``docs/formats/crossing.md`` are made of it.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from msgspec.structs import replace

from esclusa.model import Message, Place, PortCall, TransportEquipment, TransportEvent, Voyage

_NOWHERE: Final = Place()
ON_BOARD: Final = frozenset({"load", "discharge", "shift"})
"""Events of containers that stand on board before or after."""


class Row(NamedTuple):
    """A field of a record and its place in the two messages of a crossing; "" where none is."""

    crossing: str
    field: str
    source: str
    target: str


# -- bay plan to order -----------------------------------------------------------------------------


def equipment_to_events(message: Message, event: str, port: Place = _NOWHERE) -> Message:
    """Return a bay plan as the planned events of one port: what is to be loaded or discharged.

    A container that is loaded or discharged elsewhere stays out. Where no port is known, each
    container's event is at its own port.

    :param event: ``load`` or ``discharge``.
    :param port: the port, else that of the plan's call: its own for loading, the next for
        discharge.
    :raises ValueError: for another event.
    """
    if event not in ("load", "discharge"):
        raise ValueError(f"a bay plan orders loading and discharge, not {event[:20]!r}")
    calls = [each for each in message.statements if isinstance(each, PortCall)]
    ports = {call.voyage: _port_of(call, event, port) for call in reversed(calls)}
    boxes = [each for each in message.statements if isinstance(each, TransportEquipment)]
    moved = [_move(box, event, ports.get(box.voyage, port)) for box in boxes]
    events = [each for each in moved if each is not None]
    return replace(message, statements=(*(_call_at(one, ports) for one in calls), *events))


def _port_of(call: PortCall, event: str, port: Place) -> Place:
    if port != _NOWHERE:
        return port
    return call.port if event == "load" else call.next_port


def _call_at(call: PortCall, ports: dict[Voyage, Place]) -> PortCall:
    """The call of the order. The times of a plan are those of its own port alone."""
    port = ports[call.voyage]
    if port in (call.port, _NOWHERE):
        return call
    return PortCall(voyage=call.voyage, port=port)


def _move(box: TransportEquipment, event: str, port: Place) -> TransportEvent | None:
    own = box.load_port if event == "load" else box.discharge_port
    if port != _NOWHERE and not _same(own, port):
        return None
    bare = replace(box, voyage=Voyage())
    return TransportEvent(
        event=event, stage="planned", place=own, equipment=bare, voyage=box.voyage
    )


def _same(one: Place, other: Place) -> bool:
    """A place is its code; a name may be written in many ways."""
    return one.code == other.code if one.code or other.code else one == other


# -- order or report to bay plan -------------------------------------------------------------------


def events_to_equipment(message: Message) -> Message:
    """Return what is loaded, discharged or shifted as equipment of its voyage, with its port calls.

    Other events make no statement: they are of containers ashore. A call of a message that only
    discharges is the next one of the ship's plan, whose own port is not told.
    """
    found = [
        each for each in message.statements
        if isinstance(each, TransportEvent) and each.event in ON_BOARD and each.equipment
    ]  # fmt: skip
    arriving = bool(found) and all(each.event == "discharge" for each in found)
    calls = [each for each in message.statements if isinstance(each, PortCall)]
    planned = [_next(call) if arriving else call for call in calls]
    return replace(message, statements=(*planned, *(_on_board(each) for each in found)))


def _next(call: PortCall) -> PortCall:
    return PortCall(voyage=call.voyage, port=_NOWHERE, next_port=call.port)


def _on_board(event: TransportEvent) -> TransportEquipment:
    """A port that the container does not state is that of its event."""
    box = event.equipment
    assert box is not None  # chosen so
    load, discharge = box.load_port, box.discharge_port
    if event.event == "load" and load == _NOWHERE:
        load = event.place
    if event.event == "discharge" and discharge == _NOWHERE:
        discharge = event.place
    return replace(box, voyage=event.voyage, load_port=load, discharge_port=discharge)


# -- the table -------------------------------------------------------------------------------------

PLAN_TO_ORDER: Final = "BAPLIE to COPRAR"
REPORT_TO_AWMDS: Final = "CUSCAR to AWMDS"
X12_TO_REPORT: Final = "309 to CUSCAR"

_ORDERS: Final = (
    ("voyage.reference", "TDT 8028", "TDT 8028"),
    ("voyage.carrier", "TDT C040", "TDT C040"),
    ("voyage.conveyance", "TDT C222", "TDT C222"),
    ("port_call.port", "LOC 5; for discharge LOC 61", "LOC 9; for discharge LOC 11"),
    ("port_call.arrival", "DTM 178; for discharge not told", "DTM 132"),
    ("port_call.departure", "DTM 133 136 186 189; for discharge not told", "DTM 133"),
    ("port_call.next_port", "LOC 61", "LOC 61; for discharge not told"),
    ("event.event", "asked for", "BGM 1001"),
    ("event.place", "LOC 9 or 11", "LOC 165"),
    ("equipment.number", "EQD C237", "EQD C237"),
    ("equipment.number_valid", "the reader's verdict", "the reader's verdict"),
    ("equipment.size_type", "EQD C224", "EQD C224"),
    ("equipment.load_status", "EQD 8169", "EQD 8169"),
    ("equipment.gross_mass_kg", "MEA WT; in 3.1 MEA AET", "MEA G"),
    ("equipment.verified_mass_kg", "MEA VGM", "MEA VGM"),
    ("equipment.tare_kg", "MEA T", "MEA T"),
    ("equipment.temperature_c", "TMP", "TMP"),
    ("equipment.undg", "DGS C234", "DGS C234"),
    ("equipment.operator", "NAD CA; in 3.1 NAD CF", "NAD CF"),
    ("equipment.stowage", "LOC 147", "LOC 147"),
    ("equipment.load_port", "LOC 9; in 1.5 LOC 6", "LOC 9"),
    ("equipment.discharge_port", "LOC 11; in 1.5 LOC 12", "LOC 11"),
    ("equipment.voyage", "TDT", "TDT, once for the message"),
    ("equipment.seals", "SEL where sent; not written", "SEL"),
)
"""Field, BAPLIE, COPRAR."""

_VERDICT: Final = "the reader's verdict"
_PLACE: Final = "the item's place"
_BILLS: Final = (
    ("carrier", "NAD CA, else TDT C040", "Carrier_code", "M1112, else M1001"),
    ("bill", "CNI C503; under a master bill RFF BH", "Bol_reference", "M1101"),
    ("master_bill", "CNI C503", "Master_bill_ref_number", "M1111"),
    ("voyage.reference", "TDT 8028", "Voyage_number", "M1006"),
    ("voyage.carrier", "TDT C040", "Carrier_code", "M1001"),
    ("voyage.conveyance", "TDT 8067, C222", "Identity, Nationality, Mode, Registration_number "
     "of Transport_information", "M1002 to M1005"),
    ("place_of_receipt", "LOC 88", "", "M1110, as a name"),
    ("load_port", "LOC 9", "Place_of_loading_code", "M1102"),
    ("transhipment_ports", "LOC 13", "", ""),
    ("discharge_port", "LOC 11", "Place_of_unloading_code", "P401"),
    ("delivery_place", "LOC 8", "", "N1 FS"),
    ("stuffing_place", "LOC 256", "", ""),
    ("issued", "DTM 95", "", ""),
    ("departure", "DTM 136", "Date_of_departure, the day", ""),
    ("arrival", "DTM 132", "Date_of_arrival, Time_of_arrival", "P402, the day"),
    ("parties.role", "NAD 3035", "Exporter, Notify, Consignee", "N101"),
    ("parties.name", "NAD C080", "the party's name", "N102"),
    ("parties.address", "NAD C059", "the party's address", "N3"),
    ("parties.city", "NAD 3164", "last line but one of the address", "N401"),
    ("parties.country", "NAD 3207", "last line of the address", "N404"),
    ("parties.identifiers", "NAD C082; RFF AHP, XA", "the party's code, one", "N103, N104, one"),
    ("parties.contact", "CTA, COM", "", "PER"),
    ("goods.sequence", "GID 1496", _PLACE, _PLACE),
    ("goods.description", "FTX AAA", "Goods_description", "N1002"),
    ("goods.hs_code", "CST", "", "N1005"),
    ("goods.packages", "GID C213", "Number_of_packages", "N1001"),
    ("goods.package_type", "GID C213", "Package_type_code", "N1010"),
    ("goods.gross_mass_kg", "MEA AAE G", "Gross_mass", "N1008"),
    ("goods.volume_m3", "MEA AAE AAW", "Volume_in_cubic_meters, of a single item",
     "M1107, of a single item"),
    ("goods.value", "MOA 40", "Customs_value, of a single item", "N1006"),
    ("goods.currency", "MOA 40", "Customs_currency, of a single item", "N1013"),
    ("goods.origin_country", "LOC 27", "", "N1011"),
    ("goods.marks", "PCI", "Shipping_marks", "N1003"),
    ("goods.undg", "DGS", "", "H1"),
    ("goods.equipment", "SGP", "ctn_segment, Split_segment", "VID of its loop, the first"),
    ("goods.net_mass_kg", "", "", ""),
    ("goods.procedure", "", "Bol_nature", ""),
    ("goods.dangerous", "", "", ""),
    ("equipment.number", "EQD C237", "Ctn_reference", "VID02, VID03"),
    ("equipment.number_valid", _VERDICT, _VERDICT, _VERDICT),
    ("equipment.size_type", "EQD C224", "Type_of_container", "VID09"),
    ("equipment.load_status", "EQD 8169", "Empty_Full", "VID10"),
    ("equipment.gross_mass_kg", "MEA AAE G", "Empty_weight and Goods_weight", ""),
    ("equipment.verified_mass_kg", "MEA AAE VGM", "", ""),
    ("equipment.tare_kg", "MEA AAE T", "Empty_weight", ""),
    ("equipment.seals", "SEL", "Marks1 to Marks3, Sealing_Party, Seals_segment",
     "VID04, VID05, M7; not who affixed them"),
    ("equipment.temperature_c", "TMP", "", ""),
    ("equipment.undg", "", "", ""),
    ("equipment.operator", "NAD CF", "", ""),
    ("equipment.stowage", "", "", ""),
    ("equipment.load_port", "", "", ""),
    ("equipment.discharge_port", "", "", ""),
    ("equipment.voyage", "", "", ""),
    ("freight_amount", "MOA 144", "Freight_value", ""),
    ("freight_currency", "MOA 144", "Freight_currency", ""),
    ("freight_payment", "CPI", "PC_indicator", ""),
    ("documents", "RFF", "Unique_carrier_reference: those under UCN", "N9"),
)  # fmt: skip
"""Field of a consignment, CUSCAR, AWMDS, X12 309."""

ROWS: Final[tuple[Row, ...]] = (
    *(Row(PLAN_TO_ORDER, field, plan, order) for field, plan, order in _ORDERS),
    *(Row(REPORT_TO_AWMDS, field, report, awmds) for field, report, awmds, _ in _BILLS),
    *(Row(X12_TO_REPORT, field, ocean, report) for field, report, _, ocean in _BILLS),
)
"""Which field of which message goes to which place of the other."""


def table(crossing: str) -> str:
    """Return the rows of a crossing as a table in Markdown."""
    source, _, target = crossing.partition(" to ")
    rows = [
        f"| `{row.field}` | {row.source or '—'} | {row.target or '—'} |"
        for row in ROWS
        if row.crossing == crossing
    ]
    return "\n".join([f"| record | {source} | {target} |", "|---|---|---|", *rows])
