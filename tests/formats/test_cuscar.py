"""CUSCAR: values expected from UN/EDIFACT D.95B to D.17B and its code lists."""

from __future__ import annotations

import pytest
from typed_reading import codes, edifact_message, messages, read_edifact

from esclusa.model import (
    Consignment,
    Function,
    GoodsItem,
    Identifier,
    Message,
    Place,
    Seal,
    Severity,
    TransportEquipment,
    natural_key,
)

FULL = """
BGM+85+MAN-1+9
DTM+137:202604131015:203
NAD+MS+NRLN:172:20
TDT+20+0412W+1++NRLN:172:20+++9999993:146::NORTHREACH PIONEER:PA
LOC+60+PAONX:139:6
DTM+132:202604180400:203
DTM+136:202604121830:203
EQD+CN+CSQU3054383+45R1:102:5++2+5
MEA+AAE+G+KGM:21300
MEA+AAE+T+KGM:4600
SEL+SH-99+SH
SEL+778812+CA
TMP+2+-18:CEL
EQD+CN+NRXU2789999+22G1:102:5++2+4
CNI+1+NRLN0001
RFF+BM:NRLN0001
RFF+ABT:DEC-77
MOA+144:1250,50:USD
LOC+88+ECGYE:139:6:GUAYAQUIL
LOC+9+ECGYE:139:6
LOC+13+COCTG:139:6
LOC+11+PAONX:139:6
LOC+8+PACFZ:139:6
DTM+95:20260410:102
CPI+4++P
NAD+CZ+++CAMARONERA LA ESCONDIDA:CIA LTDA+AV DEL ESTERO 220+GUAYAQUIL+++EC
NAD+CN+PA-4411:ZZZ:ZZZ++PANADERIA EL INDIGO+CALLE 50 NO 14+PANAMA+++PA
CTA+IC+:RAMONA
COM+555 0199:TE
RFF+VA:RUC-8-123
NAD+NI+++DOS OCEANOS
NAD+GC+++EMPACADORA SUR+KM 14+DURAN+++EC
GID+1+900:CT
FTX+AAA+++FROZEN SHRIMP:HEAD ON
MEA+AAE+G+KGM:18000
MEA+AAE+AAW+MTQ:42.5
MOA+40:135000:USD
SGP+CSQU3054383+900
PCI+24+LOT 7:LOT 8
CST++030617:122:5
LOC+27+EC:162:5
GID+2+10:DR
FTX+AAA+++PAINT
DGS+IMD+3+1263
SGP+CSQU3054383+10
"""


@pytest.fixture(scope="module")
def full() -> Message:
    return edifact_message("CUSCAR", FULL)


def consignment(message: Message, index: int = 0) -> Consignment:
    found = message.statements[index]
    assert isinstance(found, Consignment)
    return found


def test_a_whole_report_reads_without_a_defect(full: Message) -> None:
    assert full.defects == ()
    assert full.format == "edifact.cuscar"
    assert full.directory == "D.95B"
    assert full.function is Function.ORIGINAL


def test_voyage_of_the_header_applies_to_every_consignment(full: Message) -> None:
    voyage = consignment(full).voyage
    assert (voyage.reference, voyage.carrier) == ("0412W", "NRLN")
    ship = voyage.conveyance
    assert (ship.mode, ship.imo, ship.imo_valid) == ("sea", "9999993", True)
    assert (ship.name, ship.flag) == ("NORTHREACH PIONEER", "PA")


def test_loc_qualifiers_of_3227_become_ports_and_places(full: Message) -> None:
    found = consignment(full)
    assert found.place_of_receipt == Place(code="ECGYE", name="GUAYAQUIL", scheme="unlocode")
    assert found.load_port.code == "ECGYE"
    assert [each.code for each in found.transhipment_ports] == ["COCTG"]
    assert found.discharge_port.code == "PAONX"
    assert found.delivery_place == Place(code="PACFZ", scheme="unlocode")


def test_dtm_qualifiers_of_2005_become_iso_moments(full: Message) -> None:
    found = consignment(full)
    assert found.issued == "2026-04-10"
    assert found.arrival == "2026-04-18T04:00"
    assert found.departure == "2026-04-12T18:30"


def test_nad_qualifiers_of_3035_become_roles(full: Message) -> None:
    parties = consignment(full).parties
    assert [each.role for each in parties] == ["shipper", "consignee", "notify", "stuffer"]
    assert parties[0].name == "CAMARONERA LA ESCONDIDA CIA LTDA"
    assert (parties[0].city, parties[0].country) == ("GUAYAQUIL", "EC")


def test_contact_and_tax_number_after_nad_belong_to_that_party(full: Message) -> None:
    consignee = consignment(full).parties[1]
    assert consignee.contact == "RAMONA; 555 0199"
    assert consignee.identifiers == (
        Identifier(scheme="other", value="PA-4411"),
        Identifier(scheme="tax", value="RUC-8-123"),
    )


def test_stuffing_place_is_the_address_of_who_packed_the_container(full: Message) -> None:
    assert consignment(full).stuffing_place == "KM 14, DURAN"


def test_goods_item_carries_its_text_code_masses_value_and_equipment(full: Message) -> None:
    assert consignment(full).goods[0] == GoodsItem(
        sequence=1,
        description="FROZEN SHRIMP HEAD ON",
        hs_code="030617",
        packages=900,
        package_type="CT",
        gross_mass_kg=18000.0,
        volume_m3=42.5,
        value=135000.0,
        currency="USD",
        origin_country="EC",
        marks="LOT 7 LOT 8",
        equipment=("CSQU3054383",),
    )


def test_dgs_belongs_to_its_goods_item(full: Message) -> None:
    assert consignment(full).goods[1].undg == ("1263",)


def test_equipment_named_by_sgp_is_nested_with_its_own_details(full: Message) -> None:
    (box,) = consignment(full).equipment
    assert (box.number, box.number_valid, box.size_type) == ("CSQU3054383", True, "45R1")
    assert (box.load_status, box.temperature_c) == ("full", -18.0)
    assert (box.gross_mass_kg, box.tare_kg) == (21300.0, 4600.0)
    assert box.seals == (
        Seal(number="SH-99", affixed_by="shipper"),
        Seal(number="778812", affixed_by="carrier"),
    )


def test_equipment_that_no_consignment_names_is_stated_on_its_own(full: Message) -> None:
    loose = full.statements[1]
    assert isinstance(loose, TransportEquipment)
    assert (loose.number, loose.load_status) == ("NRXU2789999", "empty")
    assert natural_key(loose) == "NRXU2789999/9999993/0412W"
    assert loose.discharge_port.code == "PAONX"


def test_freight_and_its_payment(full: Message) -> None:
    found = consignment(full)
    assert (found.freight_amount, found.freight_currency) == (1250.5, "USD")
    assert found.freight_payment == "prepaid"


def test_other_references_are_kept_as_documents(full: Message) -> None:
    assert consignment(full).documents == ("ABT:DEC-77",)


@pytest.mark.parametrize(
    ("code", "function"),
    [
        ("9", Function.ORIGINAL),
        ("2", Function.ORIGINAL),
        ("22", Function.ORIGINAL),
        ("", Function.ORIGINAL),
        ("4", Function.AMENDMENT),
        ("5", Function.AMENDMENT),
        ("36", Function.AMENDMENT),
        ("1", Function.CANCELLATION),
        ("3", Function.CANCELLATION),
    ],
)
def test_function_1225_is_reduced_to_its_effect(code: str, function: Function) -> None:
    assert edifact_message("CUSCAR", f"BGM+85+M+{code}\nCNI+1+B1").function is function


def test_a_test_or_answer_states_nothing_and_is_not_refused() -> None:
    message = edifact_message("CUSCAR", "BGM+85+M+53\nCNI+1+B1")
    assert message.statements == ()
    assert not message.refused
    assert codes(message) == ["edifact.function.no_statement"]


def test_an_unknown_function_is_noted_and_read_as_original() -> None:
    message = edifact_message("CUSCAR", "BGM+85+M+99\nCNI+1+B1")
    assert message.function is Function.ORIGINAL
    assert codes(message) == ["edifact.function.unknown"]
    assert len(message.statements) == 1


def test_a_cancellation_needs_only_the_bill_and_its_carrier() -> None:
    message = edifact_message("CUSCAR", "BGM+85+M+1\nTDT+20+7+1++NRLN:172\nCNI+1+B1")
    assert message.function is Function.CANCELLATION
    assert natural_key(message.statements[0]) == "NRLN/B1"


def test_the_bills_own_carrier_stands_before_the_voyages() -> None:
    message = edifact_message("CUSCAR", "TDT+20+7+1++NRLN:172\nCNI+1+B1\nNAD+CA+SLOT:172:20")
    assert natural_key(message.statements[0]) == "SLOT/B1"


def test_house_bill_stands_under_the_master_bill() -> None:
    body = "CNI+1+X\nRFF+MB:MASTER1\nRFF+BH:HOUSE1"
    found = consignment(edifact_message("CUSCAR", body))
    assert (found.bill, found.master_bill) == ("HOUSE1", "MASTER1")


def test_house_bills_under_one_cni_are_consignments_of_their_own() -> None:
    body = """
    CNI+1+MASTER1
    RFF+BH:HOUSE1
    GID+1+5:CT
    FTX+AAA+++TEA
    RFF+BH:HOUSE2
    GID+1+6:CT
    FTX+AAA+++COFFEE
    """
    found = edifact_message("CUSCAR", body).statements
    assert [(each.bill, each.master_bill) for each in found if isinstance(each, Consignment)] == [
        ("HOUSE1", "MASTER1"),
        ("HOUSE2", "MASTER1"),
    ]
    assert consignment(edifact_message("CUSCAR", body), 1).goods[0].description == "COFFEE"


def test_a_consignment_without_any_number_is_an_error_and_its_neighbour_stands() -> None:
    message = edifact_message("CUSCAR", "CNI+1\nGID+1+1:CT\nCNI+2+B2")
    assert codes(message) == ["cuscar.bill.missing"]
    assert [natural_key(each) for each in message.statements] == ["/B2"]


def test_a_message_whose_errors_leave_nothing_is_refused() -> None:
    message = edifact_message("CUSCAR", "CNI+1\nGID+1+1:CT")
    assert message.refused
    assert codes(message)[-1] == "edifact.message.unusable"


def test_a_bill_number_twice_in_a_message_is_noted() -> None:
    assert codes(edifact_message("CUSCAR", "CNI+1+B1\nCNI+2+B1")) == ["cuscar.bill.repeated"]


def test_wrong_check_digit_is_a_warning_and_the_number_is_kept_as_sent() -> None:
    message = edifact_message("CUSCAR", "EQD+CN+CSQU3054384\nCNI+1+B1\nGID+1+1:CT\nSGP+CSQU3054384")
    (box,) = consignment(message).equipment
    assert (box.number, box.number_valid) == ("CSQU3054384", False)
    (defect,) = message.defects
    assert (defect.code, defect.severity) == ("value.container", Severity.WARNING)
    assert (defect.segment, defect.segment_no, defect.element) == ("EQD", 2, "2.1")


def test_a_container_named_by_sgp_alone_is_made_from_its_number() -> None:
    message = edifact_message("CUSCAR", "CNI+1+B1\nGID+1+1:CT\nSGP+csqu 305438-3+1")
    assert consignment(message).equipment == (
        TransportEquipment(number="CSQU3054383", number_valid=True),
    )


def test_two_consignments_may_share_a_container() -> None:
    body = """
    EQD+CN+CSQU3054383
    SEL+S1+CA
    CNI+1+B1
    GID+1+1:CT
    SGP+CSQU3054383
    CNI+2+B2
    GID+1+1:CT
    SGP+CSQU3054383
    """
    message = edifact_message("CUSCAR", body)
    assert len(message.statements) == 2
    assert consignment(message, 0).equipment == consignment(message, 1).equipment


def test_equipment_inside_a_consignment_is_attached_and_noted_once() -> None:
    body = """
    CNI+1+B1
    EQD+CN+CSQU3054383
    SEL+S1+CA
    NAD+CN+++BUYER
    EQD+CN+NRXU2789999
    """
    message = edifact_message("CUSCAR", body)
    assert [box.number for box in consignment(message).equipment] == ["CSQU3054383", "NRXU2789999"]
    assert consignment(message).parties[0].name == "BUYER"
    assert codes(message) == ["cuscar.equipment.inside"]


def test_a_bad_number_is_left_out_and_named_with_its_place() -> None:
    message = edifact_message("CUSCAR", "CNI+1+B1\nGID+1+1:CT\nMEA+AAE+G+KGM:12.500,0")
    assert consignment(message).goods[0].gross_mass_kg is None
    (defect,) = message.defects
    assert (defect.code, defect.severity) == ("value.number", Severity.ERROR)
    assert (defect.segment, defect.segment_no, defect.element) == ("MEA", 4, "3.2")


@pytest.mark.parametrize(
    ("unit", "value", "expected"),
    [("KGM", "5", 5.0), ("TNE", "1.5", 1500.0), ("LBR", "100", 45.359237), ("", "7", 7.0)],
)
def test_masses_come_in_kilograms_whatever_the_unit(unit: str, value: str, expected: float) -> None:
    message = edifact_message("CUSCAR", f"CNI+1+B1\nGID+1+1:CT\nMEA+AAE+G+{unit}:{value}")
    assert consignment(message).goods[0].gross_mass_kg == pytest.approx(expected)


def test_an_unknown_unit_leaves_the_value_out() -> None:
    message = edifact_message("CUSCAR", "CNI+1+B1\nGID+1+1:CT\nMEA+AAE+G+STN:5")
    assert consignment(message).goods[0].gross_mass_kg is None
    assert codes(message) == ["value.unit"]


def test_a_bad_date_is_left_out_and_named() -> None:
    message = edifact_message("CUSCAR", "TDT+20+7+1\nDTM+132:202613451830:203\nCNI+1+B1")
    assert consignment(message).arrival == ""
    assert codes(message) == ["value.date"]


def test_hs_code_loses_its_dots_and_a_word_is_no_code() -> None:
    body = "CNI+1+B1\nGID+1+1:CT\nCST++6403.99\nGID+2+1:CT\nCST++SHOES"
    message = edifact_message("CUSCAR", body)
    assert [item.hs_code for item in consignment(message).goods] == ["640399", ""]
    assert codes(message) == ["value.hs_code"]


def test_a_segment_that_cuscar_does_not_know_is_noted_and_stops_nothing() -> None:
    message = edifact_message("CUSCAR", "CNI+1+B1\nXYZ+1\nGID+1+2:CT\nXYZ+2")
    assert codes(message) == ["cuscar.segment.unknown"]
    assert message.defects[0].severity is Severity.NOTE
    assert consignment(message).goods[0].packages == 2


def test_seals_and_goods_that_belong_to_nothing_are_noted() -> None:
    message = edifact_message("CUSCAR", "SEL+S1+CA\nGID+1+1:CT\nCNI+1+B1")
    assert codes(message) == ["cuscar.seal.outside", "cuscar.goods.outside"]
    assert len(message.statements) == 1


def test_value_of_a_consignment_with_one_item_is_the_items_value() -> None:
    message = edifact_message("CUSCAR", "CNI+1+B1\nMOA+43:900:USD\nGID+1+1:CT")
    assert consignment(message).goods[0].value == 900.0


def test_value_of_a_consignment_with_several_items_cannot_be_split() -> None:
    message = edifact_message("CUSCAR", "CNI+1+B1\nMOA+43:900:USD\nGID+1+1:CT\nGID+2+1:CT")
    assert [item.value for item in consignment(message).goods] == [None, None]
    assert codes(message) == ["cuscar.value.unsplit"]


def test_ports_of_the_voyage_stand_in_for_missing_ones() -> None:
    message = edifact_message("CUSCAR", "TDT+20+7+1\nLOC+9+ECGYE\nLOC+60+PAONX\nCNI+1+B1")
    found = consignment(message)
    assert (found.load_port.code, found.discharge_port.code) == ("ECGYE", "PAONX")


def test_original_port_of_loading_counts_as_receipt_when_the_voyage_loads_elsewhere() -> None:
    message = edifact_message("CUSCAR", "CNI+1+B1\nLOC+76+CNSHA\nLOC+9+KRPUS")
    found = consignment(message)
    assert (found.place_of_receipt.code, found.load_port.code) == ("CNSHA", "KRPUS")


def test_legs_inside_a_consignment_do_not_move_its_ports() -> None:
    message = edifact_message("CUSCAR", "CNI+1+B1\nLOC+9+ECGYE\nTDT+10+PRE+3\nLOC+11+COCTG")
    assert consignment(message).discharge_port == Place()


def test_more_defects_than_the_limit_are_counted_and_cost_no_consignment() -> None:
    body = "\n".join(f"CNI+{n}+B{n}\nGID+1+1:CT\nMEA+AAE+G+KGM:x" for n in range(1, 301))
    message = edifact_message("CUSCAR", body)
    assert len(message.statements) == 300
    assert len(message.defects) == 201
    reason = "100 more defects of this message are not listed, past the limit of 200"
    assert message.defects[-1].reason == reason


def test_a_message_type_without_reader_is_kept_without_statements() -> None:
    message = edifact_message("ORDERS", "BGM+220+X+9")
    assert message.format == "edifact.orders"
    assert (message.statements, message.refused) == ((), False)
    assert codes(message) == ["edifact.message.no_reader"]


def test_a_bad_message_never_costs_its_neighbours() -> None:
    good = "UNH+{0}+CUSCAR:D:95B:UN'BGM+85+M+9'CNI+1+B{0}'UNT+4+{0}'"
    bad = "UNH+2'BGM'CNI'UNT+4+2'"
    data = f"UNB+UNOA:2+A+B+260413:1015+R'{good.format(1)}{bad}{good.format(3)}UNZ+3+R'"
    found = messages(read_edifact(data.encode()))
    assert [message.refused for message in found] == [False, True, False]
    assert [natural_key(each.statements[0]) for each in (found[0], found[2])] == ["/B1", "/B3"]
