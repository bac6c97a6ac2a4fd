"""Places of entities at a node: complete for who may see, and for others a world without.

About 8 CPU seconds: two worlds, made once.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

import worlds
from esclusa.codes import coast
from esclusa.errors import EsclusaError, Forbidden, NotFound
from esclusa.model import (
    Consignment,
    Journey,
    Level,
    Marking,
    Place,
    PortCall,
    TransportEvent,
    Traveller,
    Voyage,
)
from esclusa.node import Node
from esclusa.node.map_visits import spot, visits_of
from esclusa.sharing.reader import Role
from twins import blank

WORDS = ("ISTMO", "OTRA FIRMA", "ALTAMIRA EXPORT", "GHOST", "DELVALLE", "NORTHREACH", "NRXU4430056")


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Node, Node]]:
    with worlds.both(tmp_path_factory.mktemp("map")) as pair:
        yield pair


def answer(node: Node, name: str, **who: Any) -> str:
    try:
        said = node.maps.places(worlds.reader(node, **who), name)
    except EsclusaError as error:
        return f"{type(error).__name__}: {error}"
    return blank(msgspec.json.encode(said).decode())


def test_what_is_hidden_changes_neither_places_nor_numbers(both: tuple[Node, Node]) -> None:
    plain, secret = both
    hidden, seen = (
        {row.id for word in WORDS for row in node.entities.find(who, word).rows[:2]}
        for node, who in ((secret, worlds.cleared(secret)), (plain, worlds.reader(plain)))
    )
    assert len(seen) > 5 and hidden - seen
    shown = []
    for name in sorted(hidden | seen):
        answer(secret, name, clearance=Level.SECRET)
        for level in (Level.OFFICIAL, Level.OPEN):
            left, right = (answer(node, name, clearance=level) for node in both)
            assert left == right, name
            shown.append(left)
    assert any("NotFound" in one for one in shown) and any('"lat":9.3667' in one for one in shown)
    top, low = (
        [answer(secret, name, clearance=level) for name in sorted(hidden | seen)]
        for level in (Level.SECRET, Level.OFFICIAL)
    )
    assert top != low


def test_who_may_not_read_records_sees_no_place_and_a_look_is_an_audit_line(
    both: tuple[Node, Node],
) -> None:
    plain, _secret = both
    name = plain.entities.find(worlds.reader(plain), "ISTMO").rows[0].id
    with pytest.raises(Forbidden):
        plain.maps.places(worlds.reader(plain, role=Role.AUDITOR), name)
    with pytest.raises(NotFound):
        plain.maps.places(worlds.reader(plain), "ent-nobody")
    plain.maps.places(worlds.reader(plain), name)
    last = plain.gate.audit(worlds.reader(plain, role=Role.AUDITOR), limit=2)[1]
    assert (last.detail, last.subject) == ("entity places", name)


def locode(code: str) -> Place:
    return Place(code=code, scheme="unlocode")


def told(body: Any) -> list[tuple[str, tuple[str, ...], tuple[str, ...]]]:
    class Row(msgspec.Struct):
        body: Any

    return [
        (one.place.code, one.when, tuple(f"{word.section}.{word.text}" for word in one.what))
        for one in visits_of(Row(body))  # type: ignore[arg-type]
    ]


def test_each_kind_of_record_gives_its_places_with_their_own_dates() -> None:
    bill = Consignment(
        carrier="NRCH", bill="B1", load_port=locode("COCTG"), departure="2026-11-20",
        discharge_port=locode("PAONX"), arrival="2026-12-01", delivery_place=locode("PABLB"),
        transhipment_ports=(locode("JMKIN"),), place_of_receipt=locode("COBOG"),
    )  # fmt: skip
    assert told(bill) == [
        ("COBOG", (), ("map.receipt",)),
        ("COCTG", ("2026-11-20",), ("value.event.load",)),
        ("JMKIN", (), ("map.transhipment",)),
        ("PAONX", ("2026-12-01",), ("value.event.discharge",)),
        ("PABLB", (), ("value.event.deliver",)),
    ]
    call = PortCall(
        voyage=Voyage(), port=locode("PAONX"), arrival="2026-12-01", departure="2026-12-02",
        last_ports=(locode("COCTG"),), next_port=locode("PABLB"),
    )  # fmt: skip
    assert told(call) == [
        ("PAONX", ("2026-12-01", "2026-12-02"), ("story.port_call",)),
        ("COCTG", (), ("map.last_port",)),
        ("PABLB", (), ("map.next_port",)),
    ]
    move = TransportEvent(
        event="gate_in", stage="planned", occurred="2026-12-03", place=locode("PAONX")
    )
    words = ("value.event.gate_in", "value.stage.planned")
    assert told(move) == [("PAONX", ("2026-12-03",), words)]
    leg = Journey(departure_place=Place(code="BOG", scheme="iata"), departure="2026-12-01T06:00",
                  arrival_place=Place(code="PTY", scheme="iata"))  # fmt: skip
    assert told(Traveller(surname="PAZ", journey=leg)) == [
        ("BOG", ("2026-12-01T06:00",), ("value.event.depart",)),
        ("PTY", (), ("value.event.arrive",)),
    ]
    assert told(Marking(level=Level.OPEN)) == []


def test_a_position_is_the_port_s_then_the_town_s_and_a_sender_s_own_word_has_none() -> None:
    assert (spot(locode("NLRTM")).source, spot(locode("NLRTM")).lat) == ("port", 51.9)
    bogota = spot(Place(code="BOG", scheme="iata"))
    assert (bogota.source, bogota.name, bogota.lat) == ("unlocode", "Bogotá", 4.6)
    assert spot(Place(code="PTY", scheme="iata")).lon == -79.5333
    for place in (Place(code="NLRTM", name="MUELLE 7"), locode("QQQQQ"), Place(name="ROTTERDAM")):
        assert spot(place).lat is None and spot(place).name == place.name


def test_coast_lines_lie_in_their_windows_and_run_past_colon() -> None:
    for scale in coast.SCALES:
        points = [point for line in coast.lines(scale) for point in line]
        assert len(points) > 500
        slack = 1 / scale.steps
        assert all(scale.west - slack <= x <= scale.east + slack for x, _y in points)
        assert all(scale.south - slack <= y <= scale.north + slack for _x, y in points)
        colon = min((x + 79.9) ** 2 + (y - 9.36) ** 2 for x, y in points) ** 0.5
        assert colon < 0.3, scale.name
    assert coast.scale_for(-80, 8, -79, 10) is coast.PANAMA
    assert coast.scale_for(-85, 8, -79, 10) is coast.REGION
    assert coast.scale_for(170, -20, 200, 0) is coast.WORLD
