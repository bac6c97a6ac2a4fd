"""BAPLIE: SMDG guides 1.5, 2.x and 3.1, and bay plans of other projects."""

from __future__ import annotations

import pytest
from typed_reading import codes, edifact_message, read_sample

from esclusa.model import Message, Place, PortCall, Seal, TransportEquipment, natural_key

SMDG_22 = """
BGM++BP1+9
DTM+137:202604122100:203
TDT+20+0412W+++NRLN:172:20+++9999993:146::NORTHREACH PIONEER:PA
LOC+5+ECGYE:139:6
LOC+61+PAONX:139:6
DTM+178:202604110500:203
DTM+136:202604121830:203
DTM+132:202604180400:203
LOC+147+0010584::5
FTX+AAY+++SM2:SMDG:306
MEA+WT++KGM:21300
MEA+VGM++KGM:21420
TMP+2+-18:CEL
LOC+9+ECGYE:139:6
LOC+11+PAONX:139:6
LOC+83+PACFZ:139:6
RFF+BM:1
EQD+CN+CSQU3054383+45R1:102:5++2+5
SEL+778812+CA
NAD+CA+NRLN:172:20
DGS+IMD+9+3082++3+F-AS-F
LOC+147+0010586::5
LOC+147+0010588::5
MEA+WT++KGM:2250
LOC+9+ECGYE:139:6
LOC+11+PAONX:139:6
EQD+CN+NRXU2789999+2200+++4
"""

SMDG_31 = """
BGM+659+BP1+9
DTM+137:202604122100:203
TDT+20+0412W+1++NRLN:LINES:306+++9999993:146::NORTHREACH PIONEER
LOC+5+ECGYE
LOC+61+PAONX
UNS+D
LOC+147+0010584:9711:5
EQD+CN+CSQU3054383:6346:5+45R1:6346:5++2+5
NAD+CF+NRLN:LINES:306
MEA+AAE+VGM+KGM:21420
MEA+AAE+AET+KGM:21300
LOC+9+ECGYE
LOC+11+PAONX
DGS+IMD+3+1263
CNT+16:1
"""

SMDG_15 = """
BGM++BP1+9
TDT+20+0412W++3ENR7:103::NORTHREACH PIONEER:PA++NRLN:172:20
LOC+5+ECGYE
DTM+133:0912112349:201
LOC+147+0010584::5
MEA+WT++KGM:21300
LOC+6+ECGYE
LOC+12+PAONX
RFF+BM:1
EQD+CN+CSQU3054383+20G1+++5
EQA+CN+CSQU3054383
NAD+CA+NRLN:172:20
"""


def call(message: Message) -> PortCall:
    found = message.statements[0]
    assert isinstance(found, PortCall)
    return found


def boxes(message: Message) -> list[TransportEquipment]:
    return [each for each in message.statements if isinstance(each, TransportEquipment)]


def test_port_call_of_the_plan_is_the_port_of_departure() -> None:
    found = call(edifact_message("BAPLIE", SMDG_22, "D:95B:UN:SMDG22"))
    assert found.port == Place(code="ECGYE", scheme="unlocode")
    assert found.next_port.code == "PAONX"
    assert (found.arrival, found.departure) == ("2026-04-11T05:00", "2026-04-12T18:30")
    assert natural_key(found) == "9999993/0412W/ECGYE/2026-04-11"


def test_smdg_22_container_with_place_masses_ports_and_dangers() -> None:
    message = edifact_message("BAPLIE", SMDG_22, "D:95B:UN:SMDG22")
    box = boxes(message)[0]
    assert (box.number, box.number_valid, box.stowage) == ("CSQU3054383", True, "0010584")
    assert (box.gross_mass_kg, box.verified_mass_kg) == (21300.0, 21420.0)
    assert (box.load_port.code, box.discharge_port.code) == ("ECGYE", "PAONX")
    assert (box.temperature_c, box.undg, box.operator) == (-18.0, ("3082",), "NRLN")
    assert box.seals == (Seal(number="778812", affixed_by="carrier"),)
    assert message.defects == ()


def test_an_empty_slot_makes_no_statement_and_the_next_container_keeps_its_own_place() -> None:
    found = boxes(edifact_message("BAPLIE", SMDG_22, "D:95B:UN:SMDG22"))
    assert [(box.number, box.stowage, box.load_status) for box in found] == [
        ("CSQU3054383", "0010584", "full"),
        ("NRXU2789999", "0010588", "empty"),
    ]


def test_smdg_31_has_verified_mass_and_operator_in_the_equipment_group() -> None:
    message = edifact_message("BAPLIE", SMDG_31, "D:13B:UN:SMDG31")
    (box,) = boxes(message)
    assert (box.gross_mass_kg, box.verified_mass_kg) == (21300.0, 21420.0)
    assert (box.operator, box.undg, box.stowage) == ("NRLN", ("1263",), "0010584")
    assert box.voyage.conveyance.imo == "9999993"
    assert message.defects == ()


def test_smdg_15_has_ship_and_carrier_in_the_elements_of_directory_911() -> None:
    message = edifact_message("BAPLIE", SMDG_15, "1:911:UN:SMDG15")
    (box,) = boxes(message)
    ship = box.voyage.conveyance
    assert (ship.call_sign, ship.name, box.voyage.carrier) == (
        "3ENR7",
        "NORTHREACH PIONEER",
        "NRLN",
    )
    assert (box.load_port.code, box.discharge_port.code) == ("ECGYE", "PAONX")
    assert call(message).departure == "2009-12-11T23:49"


def test_voyage_number_of_rff_von_stands_in_for_a_missing_one() -> None:
    body = "TDT+20++++NRLN:172+++9999993:146\nRFF+VON:0412W\nLOC+5+ECGYE"
    assert call(edifact_message("BAPLIE", body)).voyage.reference == "0412W"


def test_bundled_flats_share_the_place_of_the_first() -> None:
    body = """
    LOC+147+0010584::5
    LOC+9+ECGYE
    LOC+11+PAONX
    EQD+CN+CSQU3054383+22P3
    EQD+CN+NRXU2789999+22P3
    """
    found = boxes(edifact_message("BAPLIE", body))
    assert [(box.stowage, box.load_port.code) for box in found] == [("0010584", "ECGYE")] * 2


def test_a_plan_that_writes_equipment_before_its_place_is_read_in_that_order() -> None:
    message = read_sample("baplie-d15a-nezpik.edi")[0]
    assert [(box.number, box.stowage, box.gross_mass_kg) for box in boxes(message)] == [
        ("NYKU1234567", "0200404", 26400.0),
        ("MSKU9876543", "0400204", 28000.0),
        ("TRIU5555555", "0300606", 32000.0),
        ("CMAU7777777", "0600204", 24000.0),
        ("OOLU8888888", "0500404", 30000.0),
    ]
    assert call(message).voyage.conveyance.name == "EXAMPLE VESSEL"
    assert codes(message).count("value.container") == 4
    assert "edifact.unt.count" in codes(message)


def test_real_plan_d95b_reads_reefer_dangers_and_verified_mass() -> None:
    message = read_sample("baplie-d95b-shogg.edi")[0]
    (box,) = boxes(message)
    assert (box.number, box.number_valid) == ("CSNU1487660", True)
    assert (box.temperature_c, box.verified_mass_kg) == (-18.0, 26700.0)
    assert box.undg == ("3082", "3133", "1263")
    assert (box.load_port.code, box.discharge_port.code) == ("DEHAM", "SGSIN")
    assert call(message).voyage.conveyance.call_sign == "A8VP5"


def test_real_plan_d04b_keeps_words_that_are_no_codes() -> None:
    message = read_sample("baplie-d04b-apimeister.edi")[0]
    (box,) = boxes(message)
    assert (box.number, box.number_valid) == ("CONTAINER", False)
    assert box.discharge_port == Place(code="PORTOFDISCHARGE")
    assert (box.size_type, box.load_status, box.operator) == ("2210", "full", "TSL")
    assert call(message).next_port.code == "NEXTPORTOFCALL"
    assert codes(message) == ["value.imo", "value.container"]


def test_uncontainerised_cargo_without_number_is_noted_and_makes_no_statement() -> None:
    message = edifact_message("BAPLIE", "LOC+5+ECGYE\nLOC+147+0010584::5\nEQD+BB")
    assert boxes(message) == []
    assert codes(message) == ["baplie.equipment.number"]


def test_a_container_in_two_places_is_noted() -> None:
    body = """
    LOC+147+0010584::5
    EQD+CN+CSQU3054383
    LOC+147+0010586::5
    EQD+CN+CSQU3054383
    """
    assert codes(edifact_message("BAPLIE", body)) == ["baplie.equipment.repeated"]


@pytest.mark.parametrize(("value", "celsius"), [("-18:CEL", -18.0), ("0:FAH", -17.78)])
def test_temperature_is_in_degrees_celsius(value: str, celsius: float) -> None:
    body = f"LOC+147+0010584::5\nTMP+2+{value}\nEQD+CN+CSQU3054383"
    assert boxes(edifact_message("BAPLIE", body))[0].temperature_c == celsius


@pytest.mark.parametrize(("code", "status"), [("4", "empty"), ("5", "full"), ("2", ""), ("", "")])
def test_full_or_empty_8169(code: str, status: str) -> None:
    body = f"LOC+147+0010584::5\nEQD+CN+CSQU3054383+2200+++{code}"
    assert boxes(edifact_message("BAPLIE", body))[0].load_status == status
