"""Facts from other records: what is stated on one side alone is no difference. CPU: under 1 second."""

from __future__ import annotations

import datetime as dt
from typing import Any

import msgspec
import pytest

from esclusa.analysis.targeting import past, shippast
from esclusa.model import (
    Consignment,
    Conveyance,
    DeclaredValue,
    Examination,
    Finding,
    GoodsItem,
    Party,
    Place,
    PortCall,
    Seal,
    ShipDeclaration,
    TransportEquipment,
    TransportEvent,
    Voyage,
)

BOX = "CSQU3054383"
TODAY = dt.date(2026, 9, 20)
VOYAGE = Voyage(reference="412N", conveyance=Conveyance(imo="9074729", name="MARISOL STAR"))
TRIP = past.Trip("NRCH", "B1", VOYAGE, TODAY)


def unit(**more: Any) -> TransportEquipment:
    return TransportEquipment(number=BOX, **more)


def event(what: str, box: TransportEquipment | None = None, **more: Any) -> TransportEvent:
    more = {"occurred": "2026-09-18T10:00", "bill": "B1", **more}
    return TransportEvent(event=what, equipment=box or unit(), **more)


def port(code: str) -> Place:
    return Place(code=code, scheme="unlocode")


# --- A box ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("occurred", "expected"),
    [
        ("2026-09-18", True),
        ("2026-03-24", True),
        ("2026-03-23", False),
        ("2026-09-21", True),
        ("2026-11-20", False),
        ("", False),
    ],
)
def test_a_refusal_counts_for_180_days_and_for_60_more_on_the_same_journey(
    occurred: str, expected: bool
) -> None:
    assert past.refused(BOX, [event("refuse", occurred=occurred)], TRIP) is expected


def test_what_happens_later_on_another_journey_is_not_about_this_one() -> None:
    later = event("refuse", occurred="2026-09-25", bill="B2", reason="broken seal")
    assert not past.refused(BOX, [later], TRIP)
    assert list(past.findings(BOX, [later], TRIP)) == []


def test_a_refusal_of_another_box_is_none_of_this_one() -> None:
    other = TransportEquipment(number="CSQU3054384")
    assert not past.refused(BOX, [event("refuse", other), event("hold")], TRIP)


def test_words_of_inspections_and_examinations_are_gathered_and_normalised() -> None:
    exam = Examination(
        agency="MC", number="1", equipment=BOX, completed="2026-09-10", remarks="Soldadura reciente",
        findings=(Finding(category="drugs", what="40 bags"),),
    )  # fmt: skip
    told = [event("inspect", reason="Precinto violentado!"), event("load", reason="loaded"), exam]
    assert list(past.findings(BOX, told, TRIP)) == [
        "PRECINTO VIOLENTADO", "DRUGS 40 BAGS", "SOLDADURA RECIENTE",
    ]  # fmt: skip
    old = msgspec.structs.replace(exam, completed="2026-06-01")
    assert list(past.findings(BOX, [old], TRIP)) == []


@pytest.mark.parametrize(
    ("declared", "others", "expected"),
    [
        ({"verified_mass_kg": 20_000.0}, [{"verified_mass_kg": 25_000.0}], 0.2),
        ({"gross_mass_kg": 20_000.0}, [{"verified_mass_kg": 24_000.0}], None),  # may be the tare
        ({"gross_mass_kg": 10_000.0}, [{"gross_mass_kg": 20_000.0}], 0.5),
        ({"gross_mass_kg": 10_000.0}, [{}], None),
        ({}, [{"gross_mass_kg": 20_000.0, "load_status": "empty"}], None),
    ],
)
def test_two_masses_on_one_journey(
    declared: dict[str, Any], others: list[dict[str, Any]], expected: float | None
) -> None:
    told = [event("weigh", unit(**each)) for each in others]
    found = past.mass_change(unit(**declared), told, TRIP)
    assert found == (None if expected is None else pytest.approx(expected))


def test_the_mass_of_another_journey_is_not_compared() -> None:
    told = [event("weigh", unit(verified_mass_kg=5_000.0), bill="B2")]
    assert past.mass_change(unit(verified_mass_kg=20_000.0), told, TRIP) is None


def haulier(name: str) -> Voyage:
    return Voyage(carrier=name)


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        ([("release", "Trans Uno"), ("gate_out", "Trans Dos")], True),
        ([("release", "Trans Uno"), ("gate_out", "TRANS UNO.")], False),
        ([("release", "Trans Uno")], None),
        ([("gate_out", "Trans Dos")], None),
        ([("release", ""), ("gate_out", "Trans Dos")], None),
    ],
)
def test_another_haulier_than_released_to(
    events: list[tuple[str, str]], expected: bool | None
) -> None:
    told = [event(what, inland=haulier(who)) for what, who in events]
    assert past.taken_by_other(BOX, told, TRIP) is expected


def test_a_box_is_not_in_two_countries_on_the_day_it_is_loaded() -> None:
    seen = event("gate_in", occurred="2026-09-18T22:00", place=port("COCTG"))
    assert past.elsewhere(BOX, [seen], TRIP, "2026-09-18", port("ECGYE"))
    assert not past.elsewhere(BOX, [seen], TRIP, "2026-09-17", port("ECGYE"))
    assert not past.elsewhere(BOX, [seen], TRIP, "2026-09-18", port("COBUN"))
    planned = msgspec.structs.replace(seen, stage="planned")
    assert not past.elsewhere(BOX, [planned], TRIP, "2026-09-18", port("ECGYE"))


def test_a_seal_that_an_event_contradicts_but_not_one_that_an_examination_put_on() -> None:
    mine = unit(seals=(Seal(number="SL778899"),))
    read = event("discharge", unit(seals=(Seal(number="SL000111"),)))
    assert list(past.torn_seals(mine, [read], TRIP)) == ["SL778899"]
    assert list(past.torn_seals(mine, [event("discharge", mine)], TRIP)) == []
    assert list(past.torn_seals(mine, [event("discharge")], TRIP)) == []
    exam = Examination(agency="MC", number="1", equipment=BOX, new_seal="SL000111")
    assert list(past.torn_seals(mine, [read, exam], TRIP)) == []


# --- A bill -----------------------------------------------------------------------------------------


def bill(number: str = "B1", **more: Any) -> Consignment:
    return Consignment(carrier="NRCH", bill=number, **more)


def trade(number: str, day: str, **more: Any) -> Consignment:
    given = {
        "parties": (Party(role="shipper", name="Frutera"), Party(role="consignee", name="Kiosko")),
        "goods": (GoodsItem(hs_code="080390", gross_mass_kg=1_000.0),),
        "load_port": port("ECGYE"), "stuffing_place": "Finca A",
    }  # fmt: skip
    return bill(number, arrival=day, **{**given, **more})


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, ()),
        ({"goods": (GoodsItem(hs_code="080310", gross_mass_kg=1_040.0),)}, ()),
        ({"goods": (GoodsItem(hs_code="870899", gross_mass_kg=2_000.0),)}, ("GOODS", "MASS")),
        ({"stuffing_place": "Finca B"}, ("STUFFING",)),
        ({"parties": (Party(role="shipper", name="Otra"),)}, ("SHIPPER",)),
        ({"stuffing_place": "", "parties": (), "goods": ()}, ()),
        ({"bill": "B2", "stuffing_place": "Finca B"}, ()),
        ({"carrier": "XXXX", "stuffing_place": "Finca B"}, ()),
    ],
)
def test_another_record_of_the_bill(change: dict[str, Any], expected: tuple[str, ...]) -> None:
    mine = trade("B1", "2026-09-01")
    assert past.papers_differ(mine, [msgspec.structs.replace(mine, **change)]) == expected


def test_changes_need_five_earlier_consignments() -> None:
    before = [trade(f"A{n}", f"2026-08-0{n + 1}") for n in range(5)]
    now = trade("B1", "2026-09-01", goods=(GoodsItem(hs_code="870899", gross_mass_kg=9_000.0),))
    assert past.changes(now, "consignee", before[1:]) is None
    assert past.changes(now, "consignee", before) == ("GOODS", "VOLUME")
    assert past.changes(trade("B1", "2026-09-01"), "consignee", before) == ()


def test_what_came_later_is_not_the_past() -> None:
    later = [trade(f"A{n}", f"2026-09-1{n}") for n in range(5)]
    assert past.changes(trade("B1", "2026-09-01"), "consignee", later) is None


def test_lane_packer_and_other_side_are_told_apart() -> None:
    before = [trade(f"A{n}", f"2026-08-0{n + 1}") for n in range(5)]
    now = trade("B1", "2026-09-01", load_port=port("COCTG"), stuffing_place="Finca B")
    assert past.changes(now, "shipper", before) == ("LANE", "PACKER")
    other = (Party(role="shipper", name="Nueva"), Party(role="consignee", name="Kiosko"))
    assert past.changes(trade("B1", "2026-09-01", parties=other), "consignee", before) == (
        "SHIPPER",
    )


def priced(number: str, value: float | None, currency: str = "USD") -> Consignment:
    return bill(number, goods=(GoodsItem(gross_mass_kg=100.0, value=value, currency=currency),))


def test_a_median_needs_eight_peers_in_one_currency() -> None:
    peers = [priced(f"P{n}", 100.0 * (n + 1)) for n in range(8)]
    assert past.peer_value(priced("B1", 500.0), peers) == pytest.approx(4.5)
    assert past.peer_value(priced("B1", 500.0), peers[1:]) is None
    assert past.peer_value(priced("B1", 500.0, "EUR"), peers) is None
    assert past.peer_value(priced("B1", None), peers) is None


# --- A ship -----------------------------------------------------------------------------------------


def call(code: str, day: str, **more: Any) -> PortCall:
    ship = Conveyance(
        imo="9074729", name=more.pop("name", "MARISOL STAR"), flag=more.pop("flag", "PA")
    )
    return PortCall(voyage=Voyage(conveyance=ship), port=port(code), arrival=day, **more)


def test_names_and_flags_of_two_years() -> None:
    old = [
        call("ECGYE", "2024-01-01", name="ALTAIR"),
        call("ECGYE", "2025-01-01", name="STAR 1", flag="KM"),
    ]
    found = shippast.ship_past(call("PAONX", "2026-09-20"), old)
    assert found is not None
    assert found.names == ("STAR 1", "MARISOL STAR")
    assert found.flags == ("KM", "PA")
    assert not found.conflict


def test_another_name_within_a_month_is_a_conflict() -> None:
    found = shippast.ship_past(call("PAONX", "2026-09-20"), [call("ECGYE", "2026-09-10", name="X")])
    assert found is not None
    assert found.conflict


def test_the_call_before_says_what_comes_next() -> None:
    before = call("ECGYE", "2026-09-10", next_port=port("COCTG"), crew_count=22)
    found = shippast.ship_past(call("PAONX", "2026-09-20"), [before])
    assert found is not None
    assert (found.next_said, found.crew_before) == ("COCTG", 22)
    stale = shippast.ship_past(call("PAONX", "2026-10-20"), [before])
    assert stale is not None
    assert (stale.next_said, stale.crew_before) == ("", None)


def test_without_number_or_day_nothing_is_known() -> None:
    assert shippast.ship_past(PortCall(voyage=Voyage(), port=port("PAONX")), []) is None


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ((("IMO0216", "Y"),), ("STOWAWAYS",)),
        ((("IMO0216", "N"), ("IMO0131", "nil")), ()),
        ((("IMO0131", "Boats followed us"),), ("BOATS FOLLOWED US",)),
    ],
)
def test_what_the_ship_declared_about_this_call(
    values: tuple[tuple[str, str], ...], expected: tuple[str, ...]
) -> None:
    mine = call("PAONX", "2026-09-20")
    said = ShipDeclaration(
        form="security", voyage=mine.voyage, port=mine.port, arrival="2026-09-20",
        values=tuple(DeclaredValue(code=code, value=value) for code, value in values),
    )  # fmt: skip
    assert shippast.reports(mine, [said]) == expected
    assert shippast.reports(mine, [msgspec.structs.replace(said, arrival="2026-09-21")]) is None
