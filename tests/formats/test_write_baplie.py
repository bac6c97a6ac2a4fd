"""BAPLIE written: SMDG guide 2.2 of D.95B, and what comes back when it is read."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from test_baplie import SMDG_15, SMDG_22, SMDG_31
from typed_reading import edifact_message
from typed_writing import (
    MOMENT,
    PLACE,
    UNDG,
    VOYAGE,
    box,
    check_order,
    check_same,
    head,
    messages,
    read,
    returned,
    samples_of,
    stating,
    text,
    texts,
    written,
)  # fmt: skip

from esclusa.formats.edifact import write_baplie
from esclusa.formats.edifact.drafting import WritingError
from esclusa.formats.edifact.writing import write_interchange
from esclusa.model import (
    Consignment,
    Conveyance,
    Function,
    Message,
    Place,
    PortCall,
    Seal,
    TransportEquipment,
    Voyage,
)

SAMPLES = samples_of("edifact.baplie")

TABLE = (
    r"UNH BGM( DTM)?( TDT)?( LOC)?( LOC)?( DTM)*"
    r"( LOC( MEA)*( TMP)?( LOC)*( RFF)( EQD)( NAD)?( DGS)*)* UNT"
)
"""Segment table of D.95B and D.96A, as far as a plan of ours uses it."""

VOYAGE_0412 = Voyage(
    reference="0412W",
    carrier="NRLN",
    conveyance=Conveyance(mode="sea", name="NORTHREACH PIONEER", call_sign="3ENR7", flag="PA"),
)
GUAYAQUIL = Place(code="ECGYE", scheme="unlocode")
PORT = Place(code="PAONX", scheme="unlocode")
CALL = PortCall(
    voyage=VOYAGE_0412, port=GUAYAQUIL, next_port=PORT, arrival="2026-04-11T05:00",
    departure="2026-04-12T18:30",
)  # fmt: skip
BOX = TransportEquipment(
    number="CSQU3054383", number_valid=True, size_type="45R1", load_status="full",
    gross_mass_kg=21300.0, verified_mass_kg=21420.0, tare_kg=4600.0, temperature_c=-18.0,
    undg=("3082", "1263"), operator="NRLN", stowage="0010584", load_port=GUAYAQUIL,
    discharge_port=PORT, voyage=VOYAGE_0412,
)  # fmt: skip


def test_a_plan_is_written_segment_by_segment_in_the_order_of_the_guide() -> None:
    assert texts("BAPLIE", stating(CALL, BOX)) == [
        "UNH+M1+BAPLIE:D:95B:UN:SMDG22",
        "BGM++M1+9",
        "DTM+137:202604131015:203",
        "TDT+20+0412W+++NRLN:172:20+++3ENR7:103::NORTHREACH PIONEER:PA",
        "LOC+5+ECGYE:139:6",
        "LOC+61+PAONX:139:6",
        "DTM+178:202604110500:203",
        "DTM+136:202604121830:203",
        "LOC+147+0010584::5",
        "MEA+WT++KGM:21300",
        "MEA+VGM++KGM:21420",
        "MEA+AAE+T+KGM:4600",
        "TMP+2+-18:CEL",
        "LOC+9+ECGYE:139:6",
        "LOC+11+PAONX:139:6",
        "RFF+BM:1",
        "EQD+CN+CSQU3054383+45R1:102:5+++5",
        "NAD+CA+NRLN:172:20",
        "DGS+IMD++3082",
        "DGS+IMD++1263",
        "UNT+21+M1",
    ]


def test_what_was_written_comes_back_as_it_was() -> None:
    assert returned("BAPLIE", CALL, BOX) == [CALL, BOX]
    check_order("BAPLIE", stating(CALL, BOX), TABLE)


@pytest.mark.parametrize(("name", "message"), SAMPLES, ids=[name for name, _ in SAMPLES])
def test_every_sample_comes_back_as_it_was_and_in_its_order(name: str, message: Message) -> None:
    (found,) = read(written("BAPLIE", message))
    assert found.statements == message.statements
    assert found.function is message.function
    check_order("BAPLIE", message, TABLE)


def test_there_are_samples() -> None:
    assert len(SAMPLES) >= 6


@pytest.mark.parametrize("body", [SMDG_15, SMDG_22, SMDG_31], ids=["1.5", "2.2", "3.1"])
def test_plans_of_every_guide_come_back_but_for_their_seals(body: str) -> None:
    message = edifact_message("BAPLIE", body)
    bare = tuple(
        replace(each, seals=()) if isinstance(each, TransportEquipment) else each
        for each in message.statements
    )
    check_same("BAPLIE", replace(message, statements=bare))


def test_every_voyage_and_every_call_has_a_plan_of_its_own() -> None:
    other = replace(VOYAGE_0412, reference="0413E")
    message = stating(CALL, BOX, replace(CALL, voyage=other), replace(CALL, port=PORT))
    assert len(write_baplie.write(message)) == 3
    check_same("BAPLIE", message)


def test_equipment_without_a_call_states_none() -> None:
    assert returned("BAPLIE", BOX) == [BOX]
    assert not [each for each in texts("BAPLIE", stating(BOX)) if each.startswith("LOC+5")]


def test_a_call_at_an_unknown_port_is_still_a_call() -> None:
    call = PortCall(voyage=VOYAGE_0412, port=Place())
    assert returned("BAPLIE", call) == [call]


def test_what_bears_no_container_number_is_called_breakbulk() -> None:
    yacht = TransportEquipment(number="YACHT1", voyage=VOYAGE_0412)
    assert "EQD+BB+YACHT1" in texts("BAPLIE", stating(yacht))
    assert returned("BAPLIE", yacht) == [yacht]


def test_the_number_of_the_plan_may_be_told() -> None:
    (made,) = write_baplie.write(stating(BOX), document="BP0412W")
    assert b"BGM++BP0412W+9'" in b"".join(write_interchange(head(), [made]))


@pytest.mark.parametrize("function", list(Function))
def test_the_function_is_that_of_the_message(function: Function) -> None:
    check_same("BAPLIE", stating(CALL, BOX, function=function))


# -- what the message cannot carry ----------------------------------------------------------------


def test_seals_the_calls_own_number_and_its_last_ports_are_not_carried() -> None:
    sealed = replace(BOX, seals=(Seal(number="S1", affixed_by="carrier"),))
    call = replace(CALL, call_reference="C7", last_ports=(PORT,))
    assert returned("BAPLIE", call, sealed) == [CALL, BOX]


def test_a_voyage_without_mode_is_taken_for_a_ships() -> None:
    voyage = Voyage(reference="7")
    sea = replace(voyage, conveyance=Conveyance(mode="sea"))
    assert returned("BAPLIE", replace(BOX, voyage=voyage)) == [replace(BOX, voyage=sea)]
    assert returned("BAPLIE", replace(BOX, voyage=Voyage())) == [replace(BOX, voyage=Voyage())]


def test_the_verdict_on_a_number_is_the_readers_own() -> None:
    assert returned("BAPLIE", replace(BOX, number_valid=None)) == [BOX]


# -- bad input ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("statement", "reason"),
    [
        (replace(BOX, number=""), "it has no number"),
        (Consignment(carrier="A", bill="B"), "BAPLIE carries .* no Consignment"),
        (replace(BOX, temperature_c=float("nan")), "not finite"),
        (replace(CALL, arrival="soon"), "not written in ISO 8601"),
    ],
)
def test_a_statement_that_cannot_be_written_is_refused_with_the_reason(
    statement: TransportEquipment, reason: str
) -> None:
    with pytest.raises(WritingError, match=f"message 'M1': statement 1, .*{reason}"):
        written("BAPLIE", stating(statement))


# -- laws -----------------------------------------------------------------------------------------


SHIP_VOYAGE = VOYAGE.filter(lambda voyage: voyage == Voyage() or voyage.conveyance.mode)
SLOT = box(stowage=text(), undg=UNDG, load_port=PLACE, discharge_port=PLACE, voyage=SHIP_VOYAGE)
PORT_CALL = st.builds(
    PortCall, voyage=SHIP_VOYAGE, port=PLACE, next_port=PLACE, arrival=MOMENT, departure=MOMENT
)


@given(messages(st.one_of(PORT_CALL, SLOT)))
@settings(max_examples=150)
def test_any_records_that_a_plan_carries_come_back_as_they_were(message: Message) -> None:
    check_same("BAPLIE", message)
    check_order("BAPLIE", message, TABLE)
