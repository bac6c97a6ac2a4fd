"""CUSDEC: one declaration is one consignment with its goods; values from D.96B and D.01B."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typed_reading import codes, edifact_message

from esclusa.model import Consignment, Function, GoodsItem, Identifier, Message, natural_key

FULL = """
BGM+929+MR-2026-000417+9
CST++A:117:ZZZ
LOC+9+ECGYE:139:6
LOC+11+PAONX:139:6
DTM+132:20260418:102
MEA+AAE+G+KGM:6000
EQD+CN+CSQU3054383+45R1:102:5++3+5
SEL+778812+CU
RFF+BM:NRLN0001
TDT+20+0412W+1++NRLN:172:20+++9999993:146::NORTHREACH PIONEER:PA
DOC+380+INV-77
NAD+IM+PA-4411++PANADERIA EL INDIGO+CALLE 50 NO 14+PANAMA+++PA
RFF+VA:RUC-8-123
NAD+EX+++CAMARONERA LA ESCONDIDA+AV DEL ESTERO 220+GUAYAQUIL+++EC
NAD+DT+D-901++AGENCIA MARISOL
UNS+D
CST+1+030617:122:5+4000:117:ZZZ
FTX+AAA+++FROZEN SHRIMP:HEAD ON
LOC+27+EC:162:5
MEA+AAE+G+KGM:4000
MEA+AAE+AAA+KGM:3800
PAC+900++CT
PCI+24+LOT 7
MOA+40:135000:USD
RFF+ACE:CERT-9
CST+2+320810:108:ZZZ
FTX+AAA+++PAINT
UNS+S
TAX+1
"""


def declared(body: str) -> Consignment:
    message = edifact_message("CUSDEC", body, "D:96B:UN")
    (found,) = message.statements
    assert isinstance(found, Consignment)
    return found


@pytest.fixture(scope="module")
def full() -> Message:
    return edifact_message("CUSDEC", FULL, "D:96B:UN")


@pytest.fixture(scope="module")
def entry(full: Message) -> Consignment:
    assert codes(full) == []
    assert full.function is Function.ORIGINAL
    (found,) = full.statements
    assert isinstance(found, Consignment)
    return found


def test_the_number_of_the_declaration_is_the_bill(entry: Consignment) -> None:
    assert (entry.carrier, entry.bill) == ("", "MR-2026-000417")
    assert entry.voyage.carrier == "NRLN"
    assert entry.voyage.conveyance.imo == "9999993"
    assert (entry.load_port.code, entry.discharge_port.code) == ("ECGYE", "PAONX")
    assert entry.arrival == "2026-04-18"


def test_transport_document_invoice_and_certificates_are_documents(entry: Consignment) -> None:
    assert entry.documents == ("BM:NRLN0001", "380:INV-77", "ACE:CERT-9")


def test_parties_stand_in_their_roles_with_their_numbers(entry: Consignment) -> None:
    assert [(each.role, each.name) for each in entry.parties] == [
        ("importer", "PANADERIA EL INDIGO"),
        ("exporter", "CAMARONERA LA ESCONDIDA"),
        ("declarant", "AGENCIA MARISOL"),
    ]
    assert Identifier(scheme="tax", value="RUC-8-123") in entry.parties[0].identifiers


def test_each_item_has_tariff_procedure_origin_masses_and_value(entry: Consignment) -> None:
    assert entry.goods == (
        GoodsItem(
            sequence=1, description="FROZEN SHRIMP HEAD ON", hs_code="030617", packages=900,
            package_type="CT", gross_mass_kg=4000.0, net_mass_kg=3800.0, value=135000.0,
            currency="USD", origin_country="EC", marks="LOT 7", procedure="4000",
        ),
        GoodsItem(sequence=2, description="PAINT", hs_code="320810", procedure="A"),
    )  # fmt: skip


def test_containers_of_the_declaration_have_their_seals(entry: Consignment) -> None:
    (box,) = entry.equipment
    assert (box.number, box.size_type, box.seals[0].affixed_by) == (
        "CSQU3054383",
        "45R1",
        "customs",
    )


def test_an_item_without_uns_is_known_by_its_number() -> None:
    found = declared("BGM+929+X1+9\nCST+1+940161009:108:ZZZ+100\nMEA+AAE+AAA+KGM:12")
    assert [(each.hs_code, each.net_mass_kg) for each in found.goods] == [("940161009", 12.0)]


def test_a_bad_tariff_costs_only_itself() -> None:
    message = edifact_message("CUSDEC", "BGM+929+X1+9\nCST+1+SHRIMP:122\nCST+2+030617:122")
    assert codes(message) == ["value.hs_code"]
    (found,) = message.statements
    assert isinstance(found, Consignment)
    assert [each.hs_code for each in found.goods] == ["", "030617"]


def test_a_declaration_without_number_is_refused() -> None:
    message = edifact_message("CUSDEC", "BGM+929++9\nCST+1+030617:122")
    assert message.refused
    assert "cusdec.bill.missing" in codes(message)


@pytest.mark.parametrize(
    ("code", "function"), [("9", "original"), ("4", "amendment"), ("1", "cancellation")]
)
def test_the_function_of_a_declaration(code: str, function: str) -> None:
    message = edifact_message("CUSDEC", f"BGM+929+X1+{code}\nCST+1+030617:122")
    assert message.function == function


@given(seed=st.integers(0, 2**32))
@settings(max_examples=60)
def test_segments_lost_doubled_or_moved_never_stop_the_reading(seed: int) -> None:
    rng = random.Random(seed)
    lines = [line for line in FULL.strip().splitlines() if rng.random() > 0.1]
    lines += rng.sample(lines, 3)
    rng.shuffle(lines)
    message = edifact_message("CUSDEC", "\n".join(lines))
    assert not (message.refused and message.statements)
    assert all(isinstance(natural_key(each), str) for each in message.statements)
