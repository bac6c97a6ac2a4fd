"""What a timeline counts and orders entries by is what they show: the moment and the matches that
are read of a part of a body are those of the whole body."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from esclusa.ledger.versions import Held
from esclusa.model import (
    Alert,
    Body,
    Consignment,
    Conveyance,
    Evidence,
    Journey,
    ListEntry,
    Place,
    PortCall,
    Reason,
    ReasonMatch,
    ShipDeclaration,
    TransportEquipment,
    TransportEvent,
    Traveller,
    Voyage,
    encode_body,
    kind_of,
)
from esclusa.node.story_sketch import Alarm, Cargo, happened, moment_at, moment_of, part_of

RECORDED = dt.datetime(2026, 11, 27, 8, 30, tzinfo=dt.UTC)
STATED = "2026-11-20T09:00:00-05:00"
SHIP = Voyage(reference="12N", conveyance=Conveyance(name="NORTHREACH STAR", imo="9074729"))


def held(body: Body) -> Held:
    return Held(1, "id", kind_of(body), 1, RECORDED, False, STATED, encode_body(body))


BODIES: dict[str, tuple[Body, str]] = {
    "bill that arrives": (Consignment(carrier="NRCH", bill="B1", arrival="2026-12-01",
                                      departure="2026-11-01", issued="2026-10-01"), "2026-12-01"),
    "bill that left": (Consignment(carrier="NRCH", bill="B1", departure="2026-11-01"),
                       "2026-11-01"),
    "bill that was issued": (Consignment(carrier="NRCH", bill="B1", issued="2026-10-01"),
                             "2026-10-01"),
    "bill without a day": (Consignment(carrier="NRCH", bill="B1"), ""),
    "box": (TransportEquipment(number="NRXU1234560"), STATED),
    "event": (TransportEvent(event="gate_in", occurred="2026-11-05T10:00"), "2026-11-05T10:00"),
    "call": (PortCall(voyage=SHIP, port=Place(code="PAONX"), departure="2026-11-06"),
             "2026-11-06"),
    "ship's form": (ShipDeclaration(form="FAL1", voyage=SHIP, port=Place(code="PAONX"),
                                    arrival="2026-11-07"), "2026-11-07"),
    "traveller": (Traveller(surname="SALINAS", journey=Journey(arrival="2026-11-08T11:00")),
                  "2026-11-08T11:00"),
    "entry of a list": (ListEntry(list_id="own", uid="1", type="person", name="SALINAS",
                                  listed_on="2020-01-01"), "2020-01-01"),
}  # fmt: skip


@pytest.mark.parametrize("name", BODIES)
def test_when_it_happened_is_read_of_a_part_as_of_the_whole(name: str) -> None:
    body, when = BODIES[name]
    one = held(body)
    assert happened(one.kind, part_of(one), one.valid_time) == when
    assert happened(one.kind, body, one.valid_time) == when


def test_of_a_bill_its_number_its_boxes_and_its_ship_are_read() -> None:
    boxes = (TransportEquipment(number="NRXU1234560"), TransportEquipment(number=""))
    body = Consignment(carrier="NRCH", bill="B1", voyage=SHIP, equipment=boxes)
    cargo = part_of(held(body))
    assert isinstance(cargo, Cargo)
    assert (cargo.bill, [box.number for box in cargo.equipment]) == ("B1", ["NRXU1234560", ""])
    ship = cargo.voyage.conveyance
    assert (cargo.voyage.reference, ship.name, ship.imo) == ("12N", "NORTHREACH STAR", "9074729")


def test_of_an_alert_its_matches_and_where_they_stand_are_read() -> None:
    told: dict[str, Any] = {
        "source": "list",
        "version": "1",
        "points": 5.0,
        "text_en": "a",
        "text_es": "b",
    }
    reasons = (
        Reason(code="C05", **told),
        Reason(code="own:1", **told, evidence=(Evidence(path="parties.0.name", value="SALINAS"),),
               match=ReasonMatch(id="m1", score=90, decision="d1")),
    )  # fmt: skip
    body = Alert(subject_id="s", subject_kind="consignment", score=5, title="t", reasons=reasons)
    alarm = part_of(held(body))
    assert isinstance(alarm, Alarm)
    assert [one.match and (one.match.id, one.match.decision) for one in alarm.reasons] == [
        None, ("m1", "d1")
    ]  # fmt: skip
    assert [[at.path for at in one.evidence] for one in alarm.reasons] == [[], ["parties.0.name"]]


@pytest.mark.parametrize("stated", ["", "soon", "2026-13-01"])
def test_what_states_no_moment_stands_at_the_moment_when_it_was_recorded(stated: str) -> None:
    assert moment_at(stated, RECORDED) == "2026-11-27T08:30:00.000000"


def test_a_moment_with_a_zone_stands_at_its_place_in_utc() -> None:
    assert moment_at(STATED, RECORDED) == moment_of(STATED) == "2026-11-20T14:00:00.000000"
    assert moment_at("2026-11-20", RECORDED) == "2026-11-20T00:00:00.000000"
