"""X12 310: an ocean bill of lading read and written, release 004010."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from test_write_cuscar import PORT, VOYAGE_0412
from typed_reading import codes, x12_messages
from typed_writing import DAY, MASS, UNDG, box, boxes, documents, messages, some_of, stating
from x12_writing import (
    PARTY,
    VOYAGE,
    check_same,
    long_text,
    returned,
    text,
    texts,
    written,
)

from esclusa.formats.edifact.drafting import WritingError
from esclusa.formats.x12 import reader
from esclusa.model import (
    Consignment,
    Function,
    GoodsItem,
    Identifier,
    Message,
    Party,
    Place,
    PortCall,
    Seal,
    TransportEquipment,
    natural_key,
)

FILES = sorted((Path(__file__).parents[1] / "data" / "x12").glob("*310*"))

BILL = """
B3*B*INV7*NRLN0001*PP**20260410*125050****NRLN*20260410
B2A*00*BL
N9*BM*NRLN0001
N9*BN*BK77
N9*MB*MASTER1
V1*9999993*NORTHREACH PIONEER*PA*0412W*NRLN***L
C3*USD
N1*SH*FRUTERA RIO AMARILLO*1*123456789
N3*KM 14*VIA DAULE
N4*GUAYAQUIL*G*090101*EC
N1*CN*PANADERIA EL INDIGO
R4*R*ZZ*DURAN*DURAN
R4*L*UN*ECGYE*GUAYAQUIL
DTM*140*20260411*0630*LT
R4*T*UN*PABLB*BALBOA
R4*D*UN*PAONX*COLON
DTM*140*20260418*040000*LT
R4*E**COLON*COLON FREE ZONE
LX*1
N7*CSQU*305438*21300*G*4600******CN*****M*K*3****45R1
M7*S1*S2
W09*CN*0*FA
L0*1***18000*G*42.5*X*900*CTN**K
L5*1*FROZEN SHRIMP*030617*J**LOT 7
L5*1*IN CARTONS***
H1*1845
L3*18000*G***125050****42.5*X*900*K
"""


def only(body: str) -> Message:
    (message,) = x12_messages(body, "310")
    return message


def bill_of(body: str) -> Consignment:
    (found,) = only(body).statements
    assert isinstance(found, Consignment)
    return found


def test_b3_names_the_bill_its_issuer_its_date_and_what_is_due() -> None:
    found = bill_of(BILL)
    assert natural_key(found) == "NRLN/NRLN0001"
    assert (found.issued, found.freight_payment) == ("2026-04-10", "prepaid")
    assert (found.freight_amount, found.freight_currency) == (1250.5, "USD")
    assert (found.master_bill, found.documents) == ("MASTER1", ("BN:BK77",))


def test_without_n9_the_shipments_number_is_the_bill_else_the_invoices() -> None:
    assert bill_of("B3*B*INV7*NRLN0001").bill == "NRLN0001"
    assert bill_of("B3*B*INV7").bill == "INV7"


def test_r4_names_the_ports_and_dtm_the_moments_of_loading_and_discharge() -> None:
    found = bill_of(BILL)
    assert found.place_of_receipt == Place(code="DURAN", name="DURAN")
    assert found.load_port == Place(code="ECGYE", name="GUAYAQUIL", scheme="unlocode")
    assert found.transhipment_ports == (Place(code="PABLB", name="BALBOA", scheme="unlocode"),)
    assert found.discharge_port == Place(code="PAONX", name="COLON", scheme="unlocode")
    assert found.delivery_place == Place(code="COLON", name="COLON FREE ZONE")
    assert (found.departure, found.arrival) == ("2026-04-11T06:30", "2026-04-18T04:00:00")


def test_a_time_with_the_code_of_universal_time_has_a_zone() -> None:
    found = bill_of("B3*B*B1\nR4*D*UN*PAONX\nDTM*140*20260418*0400*UT")
    assert found.arrival == "2026-04-18T04:00Z"


def test_n7_becomes_equipment_and_its_check_digit_may_stand_apart() -> None:
    (unit,) = bill_of(BILL).equipment
    assert (unit.number, unit.number_valid, unit.size_type) == ("CSQU3054383", True, "45R1")
    assert (unit.gross_mass_kg, unit.tare_kg, unit.temperature_c) == (21300.0, 4600.0, -17.8)
    assert unit.seals == (Seal(number="S1"), Seal(number="S2"))


def test_l0_and_l5_become_goods_in_the_containers_of_their_loop() -> None:
    (item,) = bill_of(BILL).goods
    assert item == GoodsItem(
        description="FROZEN SHRIMP IN CARTONS", hs_code="030617", packages=900, package_type="CTN",
        gross_mass_kg=18000.0, volume_m3=42.5, marks="LOT 7", undg=("1845",),
        equipment=("CSQU3054383",),
    )  # fmt: skip


def test_a_line_that_is_but_a_charge_is_no_goods() -> None:
    body = "B3*B*B1\nLX*1\nL0*1*1*FR*100*G****PCS**K\nL1*1*80*FC*8000\nLX*2\nL0*2***100*G******K\nL5*2*PARTS\nL1*2*9*FC"
    assert [each.description for each in bill_of(body).goods] == ["PARTS"]


def test_totals_stand_for_a_single_line_that_lacks_its_own() -> None:
    body = "B3*B*B1\nLX*1\nL0*1\nL5*1*PARTS\nL3*200*G***5000****2*X*7*L"
    (item,) = bill_of(body).goods
    assert item.gross_mass_kg == pytest.approx(90.718474)
    assert (item.volume_m3, item.packages) == (2.0, 7)
    assert bill_of(body).freight_amount == 50.0


@pytest.mark.parametrize(
    ("code", "function"),
    [("00", Function.ORIGINAL), ("01", Function.CANCELLATION), ("05", Function.AMENDMENT)],
)
def test_b2a_gives_the_function(code: str, function: Function) -> None:
    assert only(f"B3*B*B1\nB2A*{code}*BL").function is function


def test_a_set_without_bill_is_refused_and_says_so() -> None:
    message = only("B3*B")
    assert message.refused
    assert codes(message) == ["x12.310.bill.missing", "x12.message.unusable"]


def test_what_cannot_be_read_is_noted_at_its_place_and_left_out() -> None:
    body = "B3*B*B1****2026041X*12.X\nLX*1\nN7*CSQU*3054383*1*G*************Q\nL0*1***1*G*1*Q\nXX*1"
    message = only(body)
    assert codes(message) == [
        "value.date", "value.number", "value.unit", "value.unit", "x12.310.segment.unknown",
    ]  # fmt: skip
    assert [each.element for each in message.defects] == ["6", "7", "17", "7", ""]


# -- written --------------------------------------------------------------------------------------


def samples_of() -> list[Message]:
    found = []
    for path in FILES:
        with path.open("rb") as stream:
            items = reader.read(stream, file=path.name)
            found += [item for item in items if isinstance(item, Message) and item.statements]
    assert len(found) == len(FILES) == 5
    return found


@pytest.mark.parametrize("message", samples_of(), ids=lambda one: f"{one.reference}-{one.offset}")
def test_every_sample_comes_back_as_it_was(message: Message) -> None:
    check_same("310", message)


def test_the_bill_of_this_test_comes_back_in_the_order_of_the_set() -> None:
    message = only(BILL)
    tags = [each.split("*")[0] for each in texts("310", message)]
    assert tags == (
        ["ST", "B3", "B2A", "N9", "N9", "N9", "V1", "C3", "N1", "N3", "N3", "N4", "N1", "R4", "R4", "DTM", "R4", "R4", "DTM", "R4", "LX", "N7", "M7", "W09", "L0", "L5", "H1", "L3", "SE"]
    )  # fmt: skip
    check_same("310", message)


def bill(number: str = "B1", **more: object) -> Consignment:
    return Consignment(carrier="NRLN", bill=number, voyage=VOYAGE_0412, **more)  # type: ignore[arg-type]


def test_each_bill_is_a_set() -> None:
    assert [each for each in texts("310", stating(bill("B1"), bill("B2"))) if each[:2] == "ST"] == [
        "ST*310*0001", "ST*310*0002",
    ]  # fmt: skip


def test_containers_and_goods_keep_their_order_whatever_goods_name_first() -> None:
    first = TransportEquipment(number="CSQU3054383", number_valid=True, seals=(Seal(number="S1"),))
    second = TransportEquipment(number="NRXU4430056", number_valid=True)
    third = TransportEquipment(number="NRXU2789999", number_valid=True)
    both = ("NRXU4430056", "CSQU3054383")
    goods = (GoodsItem(packages=1, equipment=both), GoodsItem(sequence=2, description="X"))
    check_same("310", stating(bill(equipment=(first, second, third), goods=goods)))
    check_same("310", stating(bill(equipment=(second, first, third), goods=goods)))


CHANGED = [
    ("a moment with an offset", {"arrival": "2026-04-18T04:00-05:00"}, {"arrival": "2026-04-18T09:00Z"}),
    ("the hour of issue", {"issued": "2026-04-10T10:00"}, {"issued": "2026-04-10"}),
    ("the scheme of a place", {"load_port": Place(code="PTY", scheme="iata")}, {"load_port": Place(code="PTY")}),
    ("place of stuffing", {"stuffing_place": "KM 14"}, {}),
    ("nothing due, and parts of a cent", {"freight_amount": 0.0}, {}),
    ("a payment that is neither", {"freight_payment": "elsewhere"}, {}),
    ("no carrier becomes the voyage's", {"carrier": ""}, {"carrier": "NRLN"}),
    ("a document without qualifier", {"documents": ("77", "LONG:1", "BM:2")},
     {"documents": ("ZZ:77", "ZZ:LONG:1", "ZZ:BM:2")}),
    ("a contact", {"parties": (Party(role="notify", name="X", contact="RAMONA"),)}, {"parties": (Party(role="notify", name="X"),)}),
    ("a second number", {"parties": (Party(role="notify", identifiers=(Identifier(scheme="tax", value="1"), Identifier(scheme="duns", value="2"))),)},
     {"parties": (Party(role="notify", identifiers=(Identifier(scheme="tax", value="1"),)),)}),
    ("load, verified mass and operator of a container",
     {"equipment": (TransportEquipment(number="CSQU3054383", load_status="full", verified_mass_kg=1.0, operator="X"),)},
     {"equipment": (TransportEquipment(number="CSQU3054383", number_valid=True),)}),
    ("value, origin, net mass of goods", {"goods": (GoodsItem(packages=1, value=1.0, currency="USD", origin_country="EC", net_mass_kg=1.0),)},
     {"goods": (GoodsItem(packages=1),)}),
    ("a container that goods name and the bill lacks", {"goods": (GoodsItem(packages=1, equipment=("NRXU4430056",)),)},
     {"goods": (GoodsItem(packages=1, equipment=("NRXU4430056",)),), "equipment": (TransportEquipment(number="NRXU4430056", number_valid=True),)}),
]  # fmt: skip


@pytest.mark.parametrize(("what", "fields", "back"), CHANGED, ids=[each[0] for each in CHANGED])
def test_what_the_set_cannot_carry_comes_back_as_documented(
    what: str, fields: dict[str, object], back: dict[str, object]
) -> None:
    sent = replace(bill(), **fields)  # type: ignore[arg-type]
    assert returned("310", sent) == [replace(bill(), **back)]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("statement", "reason"),
    [
        (bill(""), "no bill number"),
        (PortCall(voyage=VOYAGE_0412, port=PORT), "310 carries consignments, no PortCall"),
        (bill(departure="tomorrow"), "not written as a day"),
        (bill(equipment=(TransportEquipment(number=""),)), "no number"),
        (bill(freight_amount=float("inf")), "not finite"),
    ],
)
def test_a_statement_that_cannot_be_written_is_refused_by_its_place(
    statement: Consignment, reason: str
) -> None:
    with pytest.raises(WritingError, match=f"message 'M1': statement 2, .*{reason}"):
        written("310", stating(bill("B0"), statement))


# -- laws -----------------------------------------------------------------------------------------

WHERE = st.one_of(
    st.just(Place()),
    st.builds(Place, code=st.from_regex(r"[A-Z]{2}[A-Z0-9]{3}", fullmatch=True), name=text(), scheme=st.sampled_from(["unlocode", ""])),
    st.builds(Place, code=text(1, 6), name=text()),
    st.builds(Place, name=text(1)),
)  # fmt: skip
MOMENT = st.one_of(
    st.just(""),
    DAY,
    st.builds("{}T{}".format, DAY, st.sampled_from(["04:00", "23:59:59", "00:00Z"])),
)
NESTED = box(
    number=st.sampled_from(["CSQU3054383", "NRXU2789999", "NRXU4430056", "CSQU3054384"]),
    size_type=st.sampled_from(["", "22G1"]), load_status=st.just(""), verified_mass_kg=st.none(),
    operator=st.just(""), undg=UNDG,
    seals=st.lists(st.builds(Seal, number=text(1)), max_size=7).map(tuple),
)  # fmt: skip
GOODS = st.builds(
    GoodsItem, description=long_text(), hs_code=st.sampled_from(["", "0306", "030617"]),
    packages=st.none() | st.integers(0, 10**8), package_type=st.sampled_from(["", "CTN"]),
    gross_mass_kg=MASS, volume_m3=MASS, marks=long_text(4), undg=UNDG,
)  # fmt: skip
BILLS = st.builds(
    Consignment, carrier=st.sampled_from(["NRLN", "SLOT"]), bill=text(1), master_bill=text(),
    voyage=VOYAGE.map(lambda one: replace(one, conveyance=replace(one.conveyance, mode="sea" if one.carrier else ""))),
    place_of_receipt=WHERE, load_port=WHERE, discharge_port=WHERE, delivery_place=WHERE,
    transhipment_ports=st.lists(WHERE.filter(lambda where: where != Place()), max_size=2).map(tuple),
    issued=st.just("") | DAY, departure=MOMENT, arrival=MOMENT,
    parties=st.lists(PARTY.map(lambda one: replace(one, contact="")), max_size=3).map(tuple),
    goods=st.lists(GOODS, max_size=3).map(tuple),
    equipment=boxes(NESTED),
    freight_amount=st.none() | st.integers(1, 10**9).map(lambda cents: cents / 100),
    freight_payment=st.sampled_from(["", "collect", "prepaid"]),
    documents=documents("BN", "ZZ", number=text(1)),
)  # fmt: skip


@st.composite
def consignments(draw: st.DrawFn) -> Consignment:
    """A bill without what the table of lost fields names."""
    made = draw(BILLS)
    held = some_of(made.equipment)
    goods = tuple(
        replace(item, sequence=at, equipment=draw(held)) for at, item in enumerate(made.goods, 1)
    )
    currency = "" if made.freight_amount is None else draw(st.sampled_from(["", "USD"]))
    return replace(made, goods=goods, freight_currency=currency)


@given(messages(consignments(), most=5))
@settings(max_examples=60, deadline=None)
def test_any_bills_that_the_set_carries_come_back_as_they_were(message: Message) -> None:
    check_same("310", message)
