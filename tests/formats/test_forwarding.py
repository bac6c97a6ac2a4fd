"""IFCSUM and IFTMCS: consignments of forwarders and carriers, values from D.01B."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typed_reading import codes, edifact_message, messages, read_edifact

from esclusa.model import Consignment, Message, TransportEquipment, natural_key

EDIFACT = Path(__file__).resolve().parents[1] / "data" / "edifact"

SUMMARY = """
BGM+610+SUM-1+9
RFF+MB:NRLN0001
NAD+FW+F-1++ALTAMIRA FORWARDING+++QUITO++EC
NAD+CA+NRLN
TDT+20+0412W+1++NRLN:172:20+++9999993:146::NORTHREACH PIONEER:PA
LOC+9+ECGYE:139:6
LOC+11+PAONX:139:6
EQD+CN+CSQU3054383+45R1:102:5++2+5
MEA+AAE+T+KGM:4600
SEL+778812+CA
EQD+CN+NRXU2789999+22G1:102:5++2+4
CNI+1+HB-1
DTM+95:20260410:102
RFF+CR:ORDER-5
NAD+CZ+++CAMARONERA LA ESCONDIDA
NAD+CN+++PANADERIA EL INDIGO
GID+1+900:CT
FTX+AAA+++FROZEN SHRIMP
PIA+1+030617:HS
MEA+AAE+G+KGM:18000
MEA+AAE+AAA+KGM:17000
RFF+ACE:CERT-9
DOC+380+INV-77
SGP+CSQU3054383+900
CNI+2+HB-2
SGP+CSQU3054383
TDT+20+0555N+1++NRLN:172:20+++9999993:146::NORTHREACH PIONEER:PA
GID+1+:X:1:9+10:DR
FTX+AAA+++PAINT
"""

CONTRACT = """
BGM+705+NRLN0009+9
LOC+88+ECQUI:139:6
RFF+BM:NRLN0009
RFF+BN:BOOK-3
CPI+4++P
TDT+10+TRUCK-1+3
LOC+9+ECQUI:139:6
DTM+133:20260410:102
TDT+20+0412W+1++NRLN:172:20+++9999993:146::NORTHREACH PIONEER:PA
LOC+9+ECGYE:139:6
DTM+133:20260412:102
LOC+11+PAONX:139:6
NAD+CZ+++CAMARONERA LA ESCONDIDA
NAD+CN+++PANADERIA EL INDIGO
GID+1+900:CT
FTX+AAA+++FROZEN SHRIMP
MEA+AAE+G+KGM:18000
SGP+CSQU3054383+900
EQD+CN+CSQU3054383+45R1:102:5++2+5
MEA+AAE+T+KGM:4600
SEL+778812+SH
NAD+CF+NRLN
RFF+SQ:7
"""


@pytest.fixture(scope="module")
def summary() -> Message:
    message = edifact_message("IFCSUM", SUMMARY, "D:01B:UN")
    assert codes(message) == []
    return message


@pytest.fixture(scope="module")
def contract() -> Consignment:
    message = edifact_message("IFTMCS", CONTRACT, "D:01B:UN")
    assert codes(message) == []
    (found,) = message.statements
    assert isinstance(found, Consignment)
    return found


def bills(message: Message) -> list[Consignment]:
    return [each for each in message.statements if isinstance(each, Consignment)]


def test_each_cni_is_a_consignment_under_the_bill_of_the_header(summary: Message) -> None:
    assert [(each.carrier, each.bill, each.master_bill) for each in bills(summary)] == [
        ("NRLN", "HB-1", "NRLN0001"),
        ("NRLN", "HB-2", "NRLN0001"),
    ]


def test_parties_of_the_header_are_parties_of_each_consignment(summary: Message) -> None:
    first, second = bills(summary)
    assert [each.role for each in first.parties] == [
        "forwarder", "carrier", "shipper", "consignee",
    ]  # fmt: skip
    assert [each.role for each in second.parties] == ["forwarder", "carrier"]


def test_goods_have_commodity_code_and_both_masses(summary: Message) -> None:
    (goods,) = bills(summary)[0].goods
    assert (goods.hs_code, goods.gross_mass_kg, goods.net_mass_kg) == ("030617", 18000.0, 17000.0)
    assert (goods.packages, goods.package_type, goods.equipment) == (900, "CT", ("CSQU3054383",))


def test_references_and_documents_of_goods_are_documents(summary: Message) -> None:
    assert bills(summary)[0].documents == ("CR:ORDER-5", "ACE:CERT-9", "380:INV-77")


def test_packages_of_an_inner_level_count_when_the_outer_has_no_number(summary: Message) -> None:
    (goods,) = bills(summary)[1].goods
    assert (goods.packages, goods.package_type) == (10, "DR")


def test_a_container_may_hold_a_whole_consignment(summary: Message) -> None:
    assert [[box.number for box in each.equipment] for each in bills(summary)] == [
        ["CSQU3054383"],
        ["CSQU3054383"],
    ]


def test_equipment_that_no_consignment_names_is_stated_alone(summary: Message) -> None:
    loose = [each for each in summary.statements if isinstance(each, TransportEquipment)]
    assert [(each.number, each.load_status) for each in loose] == [("NRXU2789999", "empty")]


def test_a_consignment_may_have_its_own_main_carriage(summary: Message) -> None:
    assert [each.voyage.reference for each in bills(summary)] == ["0412W", "0555N"]


def test_a_contract_is_one_consignment(contract: Consignment) -> None:
    assert (contract.carrier, contract.bill, contract.freight_payment) == (
        "NRLN",
        "NRLN0009",
        "prepaid",
    )
    assert contract.voyage.reference == "0412W"
    assert contract.documents == ("BN:BOOK-3", "SQ:7")


def test_ports_and_dates_are_those_of_the_main_carriage(contract: Consignment) -> None:
    assert (contract.place_of_receipt.code, contract.load_port.code) == ("ECQUI", "ECGYE")
    assert (contract.discharge_port.code, contract.departure) == ("PAONX", "2026-04-12")


def test_equipment_behind_the_goods_has_its_own_mass_seal_and_operator(
    contract: Consignment,
) -> None:
    (box,) = contract.equipment
    assert (box.tare_kg, box.operator, box.seals[0].number) == (4600.0, "NRLN", "778812")
    assert [each.role for each in contract.parties] == ["shipper", "consignee"]
    assert contract.goods[0].gross_mass_kg == 18000.0


def test_without_a_bill_reference_the_document_number_is_the_bill() -> None:
    message = edifact_message("IFTMCS", "BGM+705+DOC-4+9\nGID+1+1:CT", "D:01B:UN")
    assert [each.bill for each in bills(message)] == ["DOC-4"]


@pytest.mark.parametrize(
    "path", sorted(EDIFACT.glob("IFCSUM__*")), ids=lambda path: path.name[-12:]
)
def test_the_public_samples_state_their_consignment(path: Path) -> None:
    (message,) = messages(read_edifact(path.read_bytes()))
    (found,) = bills(message)
    assert (found.bill, found.carrier, len(found.goods)) == ("311447177", "5999999999950", 2)
    assert codes(message) == ["edifact.unt.count"]


@pytest.mark.parametrize(("kind", "body"), [("IFCSUM", SUMMARY), ("IFTMCS", CONTRACT)])
@given(seed=st.integers(0, 2**32))
@settings(max_examples=60)
def test_segments_lost_doubled_or_moved_never_stop_the_reading(
    kind: str, body: str, seed: int
) -> None:
    rng = random.Random(seed)
    lines = [line for line in body.strip().splitlines() if rng.random() > 0.1]
    lines += rng.sample(lines, 3)
    rng.shuffle(lines)
    message = edifact_message(kind, "\n".join(lines))
    assert not (message.refused and message.statements)
    assert all(isinstance(natural_key(each), str) for each in message.statements)
