"""A ship at a port: CALINF, VESDEP, BERMAN and CUSREP, read and written."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from ship_messages import BODIES, check_fidelity, message
from typed_reading import edifact_message
from typed_writing import A_PLACE, CODE, CONVEYANCE, DAY, MINUTE, returned, stating, text, texts

from esclusa.model import (
    Conveyance,
    DeclaredItem,
    DeclaredValue,
    Identifier,
    Party,
    Place,
    PortCall,
    ShipDeclaration,
    Voyage,
)

PORT = Place(code="PAONX", scheme="unlocode")
BEFORE = Place(code="ECGYE", scheme="unlocode")
NEXT = Place(code="MXZLO", scheme="unlocode")
SHIP = Conveyance(
    mode="sea", name="NORTHREACH PIONEER", imo="9074729", imo_valid=True, call_sign="3ENR7",
    flag="PA",
)  # fmt: skip
VOYAGE = Voyage(reference="0412W", carrier="NRLN", conveyance=SHIP)


def call_of(kind: str, body: str = "") -> PortCall:
    found = edifact_message(kind, body or BODIES[kind], "D:17B:UN").statements[0]
    assert isinstance(found, PortCall)
    return found


def declared(kind: str, form: str = "general") -> ShipDeclaration:
    for each in message(kind).statements:
        if isinstance(each, ShipDeclaration) and each.form == form:
            return each
    raise AssertionError(form)


def values(declaration: ShipDeclaration | DeclaredItem) -> dict[str, str]:
    return {value.code: value.value for value in declaration.values}


def with_line(kind: str, old: str, new: str) -> PortCall:
    assert old in BODIES[kind]
    return call_of(kind, BODIES[kind].replace(old, new))


# -- read -----------------------------------------------------------------------------------------


def test_a_vessel_call_names_ship_voyage_port_times_and_parties() -> None:
    agent = Party(
        role="agent", name="NORTHREACH AGENCIES", address="1 QUAY ROAD", city="PUERTO NAVIA",
        country="MX", identifiers=(Identifier(scheme="other", value="NRAG"),),
        contact="ANA RUIZ; ana@northreach.example",
    )  # fmt: skip
    assert call_of("CALINF") == PortCall(
        voyage=VOYAGE, port=PORT, call_reference="MS-2026-0412", arrival="2026-04-13T10:00",
        departure="2026-04-14T22:00", last_ports=(BEFORE,), next_port=NEXT, berth="QUAY 7",
        crew_count=22, draught_m=11.5, parties=(agent,),
    )  # fmt: skip


def test_cargo_figures_dimensions_and_remarks_are_a_general_declaration() -> None:
    found = declared("CALINF")
    assert (found.voyage, found.port, found.call_reference) == (VOYAGE, PORT, "MS-2026-0412")
    assert values(found) == {
        "RFF:VON": "0413E",
        "TDT": "CONTAINER",
        "DIM:1": "294.1:32.2 MTR",
        "QTY:495": "620",
        "FTX:TRA": "BOW THRUSTER OUT OF ORDER",
    }
    assert found.items[0] == DeclaredItem(
        name="CONTAINERS TO DISCHARGE",
        code="FTX:AAA",
        values=(
            DeclaredValue(code="MEA:AAE:AAB", value="4200 TNE"),
            DeclaredValue(code="EQN:2", value="310"),
        ),
    )


def test_the_moment_at_an_earlier_port_is_no_moment_of_this_call() -> None:
    call = with_line("CALINF", "DTM+133:202604142200:203\n", "\n")
    assert call.departure == ""
    line = declared("CALINF").items[1]
    assert (line.code, line.place, values(line)) == (
        "LOC:94", "ECGYE", {"DTM:136": "2026-04-11T18:30"},
    )  # fmt: skip


def test_a_vessel_departs_from_its_port_of_departure() -> None:
    call = call_of("VESDEP")
    assert (call.port, call.departure, call.arrival) == (PORT, "2026-04-15T00:30", "")
    assert (call.next_port, call.passenger_count) == (NEXT, 0)
    assert values(declared("VESDEP"))["MEA:AAE:AAM"] == "41500 TNE"


def test_an_actual_moment_counts_more_than_an_expected_one() -> None:
    call = with_line(
        "VESDEP", "DTM+136:202604150030:203", "DTM+133:202604142300:203\nDTM+136:202604150030:203"
    )
    assert call.departure == "2026-04-15T00:30"


def test_a_berth_request_names_berth_purposes_people_and_every_number_of_the_ship() -> None:
    call = call_of("BERMAN")
    assert call.voyage.conveyance == replace(SHIP, mmsi="352001234")
    assert (call.berth, call.purposes) == ("QUAY7", ("1", "3"))
    assert (call.crew_count, call.passenger_count, call.draught_m) == (22, 3, 11.5)


def test_each_service_of_a_berth_is_a_line_of_a_berth_declaration() -> None:
    mooring, pilot = declared("BERMAN", "berth").items
    assert (mooring.code, mooring.place) == ("TSR:61:164", "QUAY7")
    assert values(mooring)["DTM:132"] == "2026-04-13T11:30"
    assert values(mooring)["MEA:AAE:AER"] == "11.5 MTR"
    assert values(mooring)["NAD:DEP"] == "ALTAMIRA STEVEDORES"
    assert (pilot.code, pilot.place, values(pilot)) == (
        "TSR:7:175", "PILOT NORTH", {"QTY:501": "2"},
    )  # fmt: skip


def test_a_berth_may_stand_beside_its_port_or_beside_a_berth_qualifier() -> None:
    assert with_line("CALINF", "LOC+164+QUAY 7", "LOC+164+PAONX:139:6+Q9:TERMINAL").berth == "Q9"
    ported = with_line("CALINF", "LOC+153+PAONX:139:6", "LOC+153+PAONX:139:6+T4")
    assert ported.berth == "QUAY 7"
    body = BODIES["CALINF"].replace("LOC+164+QUAY 7\n", "")
    assert call_of("CALINF", body.replace("PAONX:139:6", "PAONX:139:6+T4")).berth == "T4"


def test_a_customs_report_names_security_documents_and_containers() -> None:
    found = declared("CUSREP")
    told = values(found)
    assert (told["STS:11"], told["GEI:5"], told["MEA:LAO"]) == ("139", "23", "294.1 MTR")
    codes = [(item.code, item.name, item.quantity) for item in found.items]
    assert codes == [
        ("LOC:94", "", None), ("DOC:798", "REG 5", None), ("EQD:CN", "45R1", 310.0),
    ]  # fmt: skip


def test_the_draught_at_an_earlier_port_is_not_the_draught_here() -> None:
    assert call_of("CUSREP").draught_m is None
    here = with_line("CUSREP", "LOC+60+PAONX:139:6", "LOC+60+PAONX:139:6")
    assert here.draught_m is None
    told = with_line("CUSREP", "MEA+LAO", "MEA+AAE+AEQ+CMT:950\nMEA+LAO")
    assert told.draught_m == pytest.approx(9.5)


def test_a_customs_report_of_departure_is_about_the_port_left() -> None:
    body = """
        BGM+124:::DEPART+77:1+9
        DTM+136:20260415:102
        LOC+5+PAONX:139:6
        TDT+20+0412W++11+NRLN::95+++9074729::11
        LOC+8+MXZLO::6
    """
    call = edifact_message("CUSREP", body, "D:99B:UN").statements[0]
    assert isinstance(call, PortCall)
    assert (call.port, call.departure, call.next_port) == (PORT, "2026-04-15", NEXT)


def test_a_sender_that_repeats_the_envelope_is_no_party_of_the_call() -> None:
    assert with_line("VESDEP", "NAD+CG+NRAG:160:ZZZ", "NAD+MS+ME").parties == ()
    reporting = with_line("VESDEP", "NAD+CG+NRAG:160:ZZZ", "NAD+MS+OTHER").parties
    assert [party.role for party in reporting] == ["reporting"]


@pytest.mark.parametrize(
    ("mark", "field"), [("9074729", "imo"), ("352001234", "mmsi"), ("3ENR7", "call_sign")]
)
def test_a_further_number_of_the_ship_is_known_by_its_form(mark: str, field: str) -> None:
    body = f"BGM+96+1+9\nTDT+20+1+1\nRFF+VM:{mark}\nLOC+153+PAONX:139:6"
    assert getattr(call_of("CALINF", body).voyage.conveyance, field) == mark


def test_a_number_that_cannot_be_read_is_named_and_left_out() -> None:
    body = BODIES["VESDEP"].replace("MEA+AAE+AAM+TNE:41500", "MEA+AAE+AAM+TNE:MUCH")
    found = edifact_message("VESDEP", body.replace("QTY+114:0", "QTY+114:x"), "D:17B:UN")
    assert [(defect.code, defect.element) for defect in found.defects] == [
        ("value.number", "3.2"), ("value.number", "1.2"),
    ]  # fmt: skip
    call = found.statements[0]
    assert isinstance(call, PortCall)
    assert call.passenger_count is None


# -- written --------------------------------------------------------------------------------------


def test_a_vessel_departure_is_written_segment_by_segment() -> None:
    assert texts("VESDEP", replace(message("VESDEP"), reference="M1")) == [
        "UNH+M1+VESDEP:D:17B:UN",
        "BGM+124+M1+9",
        "DTM+137:202604131015:203",
        "RFF+ATZ:MS-2026-0412",
        "NAD+AG+NRAG:ZZZ:ZZZ",
        "TDT+20+0412W+1++NRLN:172:20+++9074729:146::NORTHREACH PIONEER:PA",
        "DTM+136:202604150030:203",
        "LOC+5+PAONX:139:6",
        "LOC+61+MXZLO:139:6",
        "DTM+132:202604180600:203",
        "MEA+AAE+AAM+TNE:41500",
        "QTY+114:0",
        "QTY+495:618",
        "UNT+14+M1",
    ]


def test_each_call_has_a_message_of_its_own() -> None:
    call = call_of("CALINF")
    other = replace(call, port=NEXT, arrival="2026-04-18T06:00", last_ports=(), next_port=Place())
    assert returned("CALINF", call, other) == [call, other]


def test_a_declaration_alone_brings_its_call_back() -> None:
    alone = declared("VESDEP")
    call = PortCall(
        voyage=alone.voyage, port=alone.port, call_reference=alone.call_reference,
        departure=alone.departure, next_port=Place(code="MXZLO"),
    )  # fmt: skip
    found, same = returned("VESDEP", alone)
    assert isinstance(found, PortCall)
    assert replace(found, next_port=replace(found.next_port, scheme="")) == call
    assert same == alone


def test_purposes_are_not_carried_where_the_message_has_no_place_for_them() -> None:
    call = replace(call_of("CALINF"), purposes=("1",))
    assert returned("CALINF", call) == [replace(call, purposes=())]


# -- laws -----------------------------------------------------------------------------------------


NUMBER = st.integers(1, 99_999).map(lambda tenths: f"{tenths / 10:g}")
WORDS = text(1).map(lambda words: " ".join(words.split())).filter(bool)


def of_code(code: str, value: st.SearchStrategy[str]) -> st.SearchStrategy[DeclaredValue]:
    return value.map(lambda text: DeclaredValue(code=code, value=text))


def in_order(*found: st.SearchStrategy[DeclaredValue]) -> st.SearchStrategy[Any]:
    """At most one value of each kind, in the order that a reader gives them."""
    choices = [st.none() | each for each in found]
    return st.tuples(*choices).map(lambda told: tuple(each for each in told if each is not None))


TONNAGE = of_code("MEA:AAE:AAM", NUMBER.map(lambda number: f"{number} TNE"))
MOVES = of_code("QTY:495", st.integers(0, 9999).map(str))
REMARK = of_code("FTX:AAI", WORDS)
REFERENCE = of_code("RFF:ABT", text(1))
TYPE = of_code("TDT", CODE)
STATUS = of_code("STS:11", st.sampled_from(["139", "140", "ZZZ"]))
EARLIER = in_order(of_code("DTM:136", MINUTE | DAY))
PORTS = st.lists(A_PLACE, max_size=3, unique=True).map(tuple)
PARTY = st.builds(
    Party,
    role=st.sampled_from(["agent", "carrier", "declarant", "other"]),
    name=WORDS, city=text(), country=st.sampled_from(["", "PA"]),
    contact=st.sampled_from(["", "ANA RUIZ", "ANA RUIZ; a@x.example"]),
)  # fmt: skip
GENERAL = {
    "CALINF": in_order(REFERENCE, TYPE, MOVES, REMARK),
    "VESDEP": in_order(REFERENCE, TYPE, TONNAGE, MOVES, REMARK),
    "BERMAN": in_order(REFERENCE, TYPE, of_code("COM:TE", CODE), TONNAGE, MOVES, REMARK),
    "CUSREP": in_order(REFERENCE, TYPE, TONNAGE, MOVES, REMARK, of_code("GEI:5", CODE), STATUS),
}
SERVICE = st.builds(
    lambda code, place, told: DeclaredItem(code=f"TSR:{code}:164", place=place, values=told),
    st.sampled_from(["61", "62"]), WORDS,
    in_order(of_code("DTM:132", MINUTE), of_code("QTY:501", NUMBER), of_code("FTX:BLU", WORDS)),
)  # fmt: skip


@st.composite
def calls(draw: st.DrawFn, kind: str) -> list[PortCall | ShipDeclaration]:
    ship = draw(CONVEYANCE.filter(lambda ship: ship.mode == "sea"))
    if ship.imo:
        marks = draw(st.sampled_from([("", ""), ("3ENR7", ""), ("", "352001234")]))
        ship = replace(ship, call_sign=marks[0], mmsi=marks[1])
    fields: dict[str, Any] = {
        "voyage": Voyage(reference=draw(text(1)), carrier=draw(text()), conveyance=ship),
        "port": draw(A_PLACE),
        "call_reference": draw(text()),
        "arrival": draw(st.just("") | MINUTE),
        "departure": draw(st.just("") | DAY),
    }
    last = draw(PORTS)
    values = draw(GENERAL[kind])
    items: list[DeclaredItem] = []
    if last and draw(st.booleans()):
        word = last[-1].code or last[-1].name
        items.append(DeclaredItem(code="LOC:94", place=word, values=draw(EARLIER)))
    items = [item for item in items if item.values]
    services = draw(st.lists(SERVICE.filter(lambda item: bool(item.code)), max_size=2))
    berth = draw(text()) if kind != "BERMAN" or not services else services[0].place
    call = PortCall(
        **fields, last_ports=last, next_port=draw(st.just(Place()) | A_PLACE), berth=berth,
        purposes=draw(st.lists(CODE, max_size=3, unique=True).map(tuple))
        if kind in ("BERMAN", "CUSREP") else (),
        crew_count=draw(st.none() | st.integers(0, 99)),
        passenger_count=draw(st.none() | st.integers(0, 99)),
        draught_m=draw(st.none() | st.integers(1, 200).map(lambda tenths: tenths / 10)),
        parties=tuple(draw(st.lists(PARTY, max_size=2))),
    )  # fmt: skip
    found: list[PortCall | ShipDeclaration] = [call]
    if values or items:
        found.append(ShipDeclaration(form="general", values=values, items=tuple(items), **fields))
    if services and kind == "BERMAN":
        found.append(ShipDeclaration(form="berth", items=tuple(services), **fields))
    return found


@pytest.mark.parametrize("kind", sorted(GENERAL))
@given(data=st.data())
@settings(max_examples=25, deadline=None)
def test_any_call_that_a_message_carries_comes_back_as_it_was(kind: str, data: Any) -> None:
    check_fidelity(kind, stating(*data.draw(calls(kind))))
