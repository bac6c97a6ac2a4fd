"""COPRAR, COARRI, CODECO, COPARN, VERMAS, MOVINS read: SMDG and ITIGG guides on D.95B to D.16A."""

from __future__ import annotations

import pytest
from typed_reading import codes, edifact_message

from esclusa.formats.edifact.containers import KINDS
from esclusa.model import Function, Message, Place, PortCall, Seal, TransportEvent, natural_key

COPRAR = """
BGM+121+L1+9
DTM+137:202604122100:203
RFF+XXX:1
TDT+20+0412W+1++NRLN:172:20+++9999993:146::NORTHREACH PIONEER:PA
LOC+9+ECGYE:139:6
DTM+132:202604110500:203
DTM+133:202604121830:203
NAD+CA+NRLN:172:20
EQD+CN+CSQU3054383+45R1:102:5++2+5
RFF+BN:N4006
RFF+BM:NR1
DTM+7:202604111200:203
LOC+11+PAONX:139:6
LOC+147+0010584::5
MEA+AAE+G+KGM:21300
MEA+AAE+VGM+KGM:21420
TMP+2+-18:CEL
SEL+778812+CA
FTX+AAI+++KEEP UPRIGHT
DGS+IMD+3+3082
TDT+10++3++MARISOL HAULAGE+++MX 99-1
DTM+132:202604111100:203
LOC+8+PAPTY
NAD+CF+NRLN:172:20
NAD+CZ+++ALTAMIRA FRUIT
EQD+CN+NRXU2789999+22G1:102:5++2+4
NAD+CF+AMFE:172:20
CNT+16:2
"""

COARRI = """
BGM+44+R1+9
TDT+20+0412W+1++NRLN:172:20+++3ENR7:103::NORTHREACH PIONEER
LOC+11+PAONX:139:6
DTM+178:202604180400:203
DTM+136:202604190130:203
NAD+CF+NRLN:160:20
EQD+CN+CSQU3054383+45R1:102:5++3+5
DTM+203:202604181013:203
LOC+9+ECGYE:139:6
LOC+147+0010584::6
MEA+AAE+EGW+KGM:8914
SEL+H53175+SH
FTX+DAR++OK:ZZZ:184
FTX+DAR+++SCRATCHED
DAM+1+DE:::DENT+L:::LEFT WALL+:::MINOR
EQD+CN+NRXU2789999+22G1:102:5++3+4
FTX+DAR++OK:ZZZ:184
CNT+16:2
"""

CODECO = """
BGM+36+G1+9
NAD+MS+MARISOL
NAD+CF+NRLN:160:166
EQD+CN+CSQU3054383+22G1:102:5++3+5
RFF+BN:N4006
DTM+7:202604200800:203
LOC+165+PAONX:139:6+MARISOL GATE
LOC+11+PAONX:139:6
MEA+AAE+G+KGM:15400
SEL+1234567+CU
TDT+1++3+31+MARISOL HAULAGE+++MX 99-1
DGS+IMD+3+3082
TMP+2+4:CEL
CNT+16:1
"""

COPARN = """
BGM+126+A1+5
RFF+ATX:T55
RFF+BN:N4006
TDT+20+0413E+1++NRLN:172:20+++9999993:146::NORTHREACH PIONEER
NAD+MS+NRLN:160:ZZZ
NAD+CF+NRLN:160:166
EQD+CN+CSQU3054383+22G1:102:5++2+5
RFF+SQ:0001
DTM+201:202604200800:203
LOC+9+ECGYE:139:6
LOC+11+PAONX:139:6
TDT+1++3
NAD+CN+++ALTAMIRA FRUIT
CTA+IC+:INES LUNA
COM+ines@altamira.example:EM
CNT+16:1
"""

VERMAS = """
BGM+749+V1+9
DTM+137:202604132039:203
NAD+TB
CTA+IC+:ANA SOTO
EQD+CN+CSQU3054383+22G1:6346:306
RFF+BN:N4006
LOC+138+PAONX:139:6
SEL+45545+SH
MEA+AAE+VGM+KGM:12120
DTM+798:202604131939:203
TDT+20+0413E+1++NRLN:172:20+++9999993:146::NORTHREACH PIONEER
DOC+SM1:VGM:306+W77
NAD+SPC+++ALTAMIRA FRUIT
CTA+RP+:INES LUNA
COM+ines@altamira.example:EM
NAD+WPA+++MARISOL SCALES
"""

MOVINS = """
BGM++S1+9
DTM+137:202604122100:203
TDT+20+0412W+++NRLN:172:20+++9999993:146::NORTHREACH PIONEER
LOC+5+ECGYE:139:6
LOC+61+PAONX:139:6
DTM+132:202604110500:203
HAN+LOA
LOC+147+0010584::5
RFF+BM:1
MEA+WT++KGM:21300
LOC+9+ECGYE:139:6
LOC+11+PAONX:139:6
NAD+CA+NRLN:172:20
TMP+2+-18:CEL
EQD+CN+CSQU3054383+45R1+++5
RFF+DGS:1
DGS+IMD++3082
LOC+147+0010586::5
RFF+BM:1
LOC+9+ECGYE:139:6
HAN+RES
LOC+147+0020102::5
RFF+BM:1
NAD+CA+AMFE:172:20
EQD+CN+NRXU2789999+22G1+++4
"""

SAMPLES = {
    "COPRAR": (COPRAR, "D:00B:UN:SMDG20"), "COARRI": (COARRI, "D:95B:UN:ITG13"),
    "CODECO": (CODECO, "D:95B:UN:ITG13"), "COPARN": (COPARN, "D:00B:UN:SMDG20"),
    "VERMAS": (VERMAS, "D:16A:UN:SMDG10"), "MOVINS": (MOVINS, "D:95B:UN:SMDG21"),
}  # fmt: skip
ECGYE = Place(code="ECGYE", scheme="unlocode")
PAONX = Place(code="PAONX", scheme="unlocode")


def sample(kind: str) -> Message:
    body, directory = SAMPLES[kind]
    return edifact_message(kind, body, directory)


def calls(message: Message) -> list[PortCall]:
    return [each for each in message.statements if isinstance(each, PortCall)]


def events(message: Message) -> list[TransportEvent]:
    return [each for each in message.statements if isinstance(each, TransportEvent)]


@pytest.mark.parametrize("kind", KINDS)
def test_a_clean_message_has_no_defect_and_states_events(kind: str) -> None:
    message = sample(kind)
    assert message.defects == ()
    assert events(message)
    assert message.format == f"edifact.{kind.lower()}"


@pytest.mark.parametrize("kind", KINDS)
def test_orders_plan_and_reports_tell_what_was(kind: str) -> None:
    stage = "planned" if kind in ("COPRAR", "COPARN", "MOVINS") else "actual"
    assert {event.stage for event in events(sample(kind))} == {stage}


def test_a_loading_order_names_the_call_and_every_container() -> None:
    message = sample("COPRAR")
    (call,) = calls(message)
    assert call.port == ECGYE
    assert (call.arrival, call.departure) == ("2026-04-11T05:00", "2026-04-12T18:30")
    assert call.voyage.conveyance.imo == "9999993"
    assert [event.event for event in events(message)] == ["load", "load"]


def test_a_container_of_an_order_has_masses_places_seals_dangers_and_documents() -> None:
    event = events(sample("COPRAR"))[0]
    box = event.equipment
    assert box is not None
    assert (box.number, box.size_type, box.load_status) == ("CSQU3054383", "45R1", "full")
    assert (box.gross_mass_kg, box.verified_mass_kg) == (21300.0, 21420.0)
    assert (box.load_port, box.discharge_port, box.stowage) == (ECGYE, PAONX, "0010584")
    assert (box.temperature_c, box.undg, box.operator) == (-18.0, ("3082",), "NRLN")
    assert box.seals == (Seal(number="778812", affixed_by="carrier"),)
    assert (event.bill, event.documents, event.carrier) == ("NR1", ("BN:N4006",), "NRLN")
    assert (event.occurred, event.place, event.reason) == (
        "2026-04-11T12:00", ECGYE, "KEEP UPRIGHT",
    )  # fmt: skip
    assert [(party.role, party.name) for party in event.parties] == [("shipper", "ALTAMIRA FRUIT")]


def test_a_lorry_is_the_inland_carriage_and_its_places_are_its_own() -> None:
    event = events(sample("COPRAR"))[0]
    assert event.inland.carrier == "MARISOL HAULAGE"
    assert event.inland.conveyance.mode == "road"
    assert event.inland.conveyance.name == "MX 99-1"
    assert event.voyage.reference == "0412W"


def test_an_empty_container_of_another_operator() -> None:
    box = events(sample("COPRAR"))[1].equipment
    assert box is not None
    assert (box.load_status, box.operator) == ("empty", "AMFE")


def test_a_discharge_report_of_the_older_guide_tells_when_and_where() -> None:
    event = events(sample("COARRI"))[0]
    assert (event.event, event.occurred, event.place) == ("discharge", "2026-04-18T10:13", PAONX)
    assert event.equipment is not None
    assert (event.equipment.gross_mass_kg, event.equipment.operator) == (8914.0, "NRLN")
    assert event.equipment.discharge_port == PAONX


def test_damage_is_an_event_of_its_own_at_the_time_of_the_move() -> None:
    _move, damage, other = events(sample("COARRI"))
    assert (damage.event, damage.stage, damage.code) == ("damage", "actual", "DE")
    assert damage.reason == "SCRATCHED; DENT; LEFT WALL; MINOR"
    assert damage.occurred == "2026-04-18T10:13"
    assert damage.equipment is not None
    assert damage.equipment.number == "CSQU3054383"
    assert other.event == "discharge"


def test_a_gate_report_tells_the_gate_and_the_lorry() -> None:
    (event,) = events(sample("CODECO"))
    assert (event.event, event.occurred, event.place) == ("gate_out", "2026-04-20T08:00", PAONX)
    assert event.equipment is not None
    assert event.equipment.seals == (Seal(number="1234567", affixed_by="customs"),)
    assert (event.equipment.undg, event.equipment.temperature_c) == (("3082",), 4.0)
    assert event.inland.conveyance.mode == "road"
    assert calls(sample("CODECO")) == []


def test_an_acceptance_order_has_the_booking_of_its_header_and_a_contact() -> None:
    message = sample("COPARN")
    (event,) = events(message)
    assert message.function is Function.AMENDMENT
    assert event.event == "accept"
    assert event.documents == ("SQ:0001", "ATX:T55", "BN:N4006")
    assert event.parties[0].contact == "INES LUNA; ines@altamira.example"
    assert event.voyage.reference == "0413E"


def test_a_verified_mass_has_its_method_its_moment_and_who_answers_for_it() -> None:
    (event,) = events(sample("VERMAS"))
    assert event.equipment is not None
    assert (event.event, event.code, event.occurred) == ("weigh", "SM1", "2026-04-13T19:39")
    assert (event.equipment.verified_mass_kg, event.place) == (12120.0, PAONX)
    assert event.documents == ("BN:N4006", "DOC:W77")
    assert [(p.role, p.name, p.contact) for p in event.parties] == [
        ("reporting", "ALTAMIRA FRUIT", "INES LUNA; ines@altamira.example"),
        ("other", "MARISOL SCALES", ""),
    ]
    assert event.voyage.conveyance.imo == "9999993"


def test_a_stowage_instruction_orders_by_handling_and_place_on_board() -> None:
    message = sample("MOVINS")
    first, second = events(message)
    assert [(e.event, e.place) for e in (first, second)] == [("load", ECGYE), ("shift", ECGYE)]
    assert first.equipment is not None
    assert second.equipment is not None
    assert (first.equipment.stowage, second.equipment.stowage) == ("0010584", "0020102")
    assert (first.equipment.undg, first.equipment.operator) == (("3082",), "NRLN")
    assert calls(message)[0].port == ECGYE
    assert calls(message)[0].next_port == PAONX


@pytest.mark.parametrize(
    ("kind", "code", "event"),
    [
        ("COPRAR", "45", "load"), ("COPRAR", "43", "discharge"), ("COPRAR", "118", "discharge"),
        ("COARRI", "46", "load"), ("COARRI", "119", "discharge"), ("COARRI", "122", "load"),
        ("CODECO", "34", "gate_in"), ("CODECO", "109", "gate_in"), ("CODECO", "111", "gate_out"),
        ("COPARN", "108", "pick_up"), ("COPARN", "129", "release"),
    ],
)  # fmt: skip
def test_the_document_says_what_happens(kind: str, code: str, event: str) -> None:
    body = f"BGM+{code}+1+9\nEQD+CN+CSQU3054383"
    assert [each.event for each in events(edifact_message(kind, body))] == [event]


def test_a_document_that_does_not_say_what_happens_is_told_and_its_code_kept() -> None:
    message = edifact_message("COPARN", "BGM+999+1+9\nEQD+CN+CSQU3054383")
    (event,) = events(message)
    assert (event.event, event.code) == ("other", "999")
    assert codes(message) == ["coparn.event"]


def test_a_container_without_number_makes_no_event_and_its_neighbour_stands() -> None:
    message = edifact_message("COPRAR", "BGM+121+1+9\nEQD+CN++22G1\nEQD+CN+CSQU3054383")
    assert [e.equipment.number for e in events(message) if e.equipment] == ["CSQU3054383"]
    assert codes(message) == ["coprar.equipment.number"]


def test_a_wrong_check_digit_is_kept_and_marked() -> None:
    message = edifact_message("CODECO", "BGM+109+1+9\nEQD+CN+CSQU3054384")
    (event,) = events(message)
    assert event.equipment is not None
    assert event.equipment.number_valid is False
    assert codes(message) == ["value.container"]


def test_a_segment_that_has_no_place_is_passed_over_and_noted_once() -> None:
    message = edifact_message("COARRI", "BGM+122+1+9\nZZZ+1\nZZZ+2\nEQD+CN+CSQU3054383")
    assert codes(message) == ["coarri.segment.unknown"]
    assert len(events(message)) == 1


def test_the_same_move_has_the_same_key_in_order_and_report() -> None:
    """All but the stage and the moment: the plan and what came of it stand beside each other."""
    load = events(sample("COPRAR"))[0]
    assert natural_key(load) == (
        "CSQU3054383//LOAD/PLANNED/2026-04-11T12:00/ECGYE/9999993/0412W"
    )  # fmt: skip
