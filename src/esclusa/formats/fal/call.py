"""What holds for a whole call: ship, voyage, port, times, agent; read and written."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, NamedTuple

from msgspec.structs import replace

from esclusa.formats.edifact.write_common import number as number_text
from esclusa.formats.fal import values
from esclusa.formats.fal.filing import Cell, Cells, Row, cells_of
from esclusa.formats.fal.tables import CODES
from esclusa.formats.reading import Notes
from esclusa.formats.tabular.fields import plain
from esclusa.model import (
    Conveyance,
    Identifier,
    Journey,
    Party,
    Place,
    PortCall,
    ShipDeclaration,
    Voyage,
)

DIRECTION: Final = "IMO0013"
_AGENT: Final = {
    "name": "IMO0010", "address": "IMO0012", "city": "IMO0001", "country": "IMO0003",
    "contact": "IMO0002",
}  # fmt: skip
_AGENT_NUMBER: Final = "IMO0007"
_NOWHERE: Final = Place()

IDENTITY: Final = frozenset({
    "IMO0140", "IMO0142", "IMO0136", "IMO0326", "IMO0138", "IMO0191", "IMO0396", "IMO0153",
    "IMO0108", "IMO0109", "IMO0063", "IMO0064", "IMO0065", "IMO0066",
})  # fmt: skip
"""Numbers that say which call a form is about, wherever in the form they stand."""


class Call(NamedTuple):
    """A call as read. ``rest`` are cells that a port call has no field for."""

    call: PortCall
    departing: bool
    rest: list[Cell]


def departs(text: str) -> bool:
    """Answer whether the arrival/departure code says departure."""
    return plain(text) in CODES["direction"]


def read_call(cells: Iterable[Cell], previous: Iterable[Cells], notes: Notes) -> Call:
    """Read the cells of a call; ``previous`` are the rows of its previous ports.

    A declaration for departure is about the port of departure.
    """
    row = Row(cells, notes)
    direction = row.all(DIRECTION)
    departing = any(departs(cell.text) for cell in direction)
    voyage = _voyage(row)
    call = PortCall(
        voyage=voyage,
        port=_port(row, departing),
        call_reference=row.text("IMO0153"),
        arrival=_moment(row, "IMO0063", "IMO0064"),
        departure=_moment(row, "IMO0065", "IMO0066"),
        last_ports=_last_ports(row, previous),
        next_port=values.place(row, "IMO0084", "IMO0085"),
        berth=row.text("IMO0144" if "IMO0144" in row else "IMO0232"),
        purposes=tuple(cell.text for cell in row.all("IMO0172")),
        crew_count=row.read("IMO0086", values.whole, None),
        passenger_count=row.read("IMO0087", values.whole, None),
        draught_m=row.read("IMO0357", values.number, None),
        parties=_agent(row),
    )
    return Call(call, departing, [*direction, *row.rest()])


def _voyage(row: Row) -> Voyage:
    number = row.take("IMO0140")
    imo, valid = values.ship(number, row.notes) if number else ("", None)
    ship = Conveyance(
        name=row.text("IMO0142"),
        imo=imo,
        imo_valid=valid,
        mmsi=row.text("IMO0326"),
        call_sign=row.text("IMO0136"),
        flag=row.read("IMO0138", values.alpha2, ""),
    )
    ship = replace(ship, mode="sea") if ship != Conveyance() else ship
    return Voyage(reference=row.text("IMO0191"), carrier=row.text("IMO0396"), conveyance=ship)


def _port(row: Row, departing: bool) -> Place:
    order = [("IMO0108", "IMO0109"), ("IMO0111", "IMO0112")]
    for code, name in reversed(order) if departing else order:
        if code in row or name in row:
            return values.place(row, code, name)
    return _NOWHERE


def _moment(row: Row, actual: str, estimated: str) -> str:
    return row.read(actual if actual in row else estimated, values.when, "")


def _last_ports(row: Row, previous: Iterable[Cells]) -> tuple[Place, ...]:
    found = [values.place(row, "IMO0076", "IMO0075")]
    for cells in previous:
        line = Row(cells, row.notes)
        found.append(values.place(line, "IMO0127", "IMO0126"))
    return tuple(place for place in found if place != _NOWHERE)


def _agent(row: Row) -> tuple[Party, ...]:
    said = {
        field: row.read(number, values.alpha2, "") if field == "country" else row.text(number)
        for field, number in _AGENT.items()
    }
    number = row.text(_AGENT_NUMBER)
    if not number and not any(said.values()):
        return ()
    identifiers = (Identifier(scheme="other", value=number),) if number else ()
    return (Party(role="agent", identifiers=identifiers, **said),)


def ship_word(voyage: Voyage) -> str:
    """Return what stands for the carrier, whom the forms need not name: its code, else the ship's
    number, call sign or name."""
    ship = voyage.conveyance
    return voyage.carrier or ship.imo or ship.call_sign or ship.name


def journey(call: PortCall, departing: bool) -> Journey:
    """Return the leg of the people on board: the one that ends at the port, or begins there."""
    leg = Journey(carrier=ship_word(call.voyage), number=call.voyage.reference)
    if departing:
        return replace(
            leg, departure_place=call.port, departure=call.departure, arrival_place=call.next_port
        )
    last = call.last_ports[0] if call.last_ports else _NOWHERE
    return replace(leg, departure_place=last, arrival_place=call.port, arrival=call.arrival)


def heading(said: PortCall | ShipDeclaration) -> PortCall:
    """Return only what says which call it is."""
    return PortCall(
        voyage=said.voyage,
        port=said.port,
        call_reference=said.call_reference,
        arrival=said.arrival,
        departure=said.departure,
    )


# -- written --------------------------------------------------------------------------------


def call_cells(call: PortCall, departing: bool, taken: frozenset[str]) -> list[Cell]:
    """Return the cells of a call. ``taken`` are numbers that other values stand under."""
    port = ("IMO0111", "IMO0112") if departing else ("IMO0108", "IMO0109")
    ship, last = call.voyage.conveyance, call.last_ports[0] if call.last_ports else _NOWHERE
    return cells_of((
        ("IMO0140", ship.imo), ("IMO0142", ship.name), ("IMO0136", ship.call_sign),
        ("IMO0326", ship.mmsi), ("IMO0138", ship.flag),
        ("IMO0191", call.voyage.reference), ("IMO0396", call.voyage.carrier),
        ("IMO0153", call.call_reference),
        (port[0], call.port.code), (port[1], call.port.name),
        ("IMO0063" if "IMO0064" in taken else "IMO0064", call.arrival),
        ("IMO0065" if "IMO0066" in taken else "IMO0066", call.departure),
        ("IMO0144", call.berth), *(("IMO0172", purpose) for purpose in call.purposes),
        ("IMO0076", last.code), ("IMO0075", last.name),
        ("IMO0084", call.next_port.code), ("IMO0085", call.next_port.name),
        ("IMO0086", count_text(call.crew_count)), ("IMO0087", count_text(call.passenger_count)),
        ("IMO0357", measure_text(call.draught_m)), *_agent_pairs(call.parties),
    ))  # fmt: skip


def _agent_pairs(parties: Iterable[Party]) -> list[tuple[str, str]]:
    agent = next((party for party in parties if party.role == "agent"), None)
    if agent is None:
        return []
    number = agent.identifiers[0].value if agent.identifiers else ""
    pairs = [(tag, getattr(agent, field)) for field, tag in _AGENT.items()]
    return [*pairs, (_AGENT_NUMBER, number)]


def previous_rows(call: PortCall) -> list[list[Cell]]:
    """Return the rows of the ports before the last one."""
    return [
        cells_of((("IMO0127", port.code), ("IMO0126", port.name)))
        for port in call.last_ports[1:]
        if port != _NOWHERE
    ]


def count_text(value: int | None) -> str:
    """Return a count as text, "" for None."""
    return "" if value is None else str(value)


def measure_text(value: float | None) -> str:
    """Return a number as text, "" for None.

    :raises WritingError: it is not finite.
    """
    return "" if value is None else number_text(value, "a measure")
