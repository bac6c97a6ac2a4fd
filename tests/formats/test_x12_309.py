"""X12 309: release 004010 and the public CBP ocean manifest guide."""

from __future__ import annotations

import pytest
from typed_reading import codes, read_sample, x12_messages

from esclusa.model import (
    Consignment,
    Function,
    GoodsItem,
    Message,
    Place,
    Seal,
    Severity,
    natural_key,
)

MANIFEST = """
M10*NRLN*O*PA*9999993*NORTHREACH PIONEER*0412W*000412*1*W*L
P4*5201*20260424*1
LX*1
M11*B1*35177*900*CTN*39600*L*1500*E**SANTOS*MASTER1*NRLN
N9*ZZ*REF7
N1*SH*FRUTERA RIO AMARILLO*1*123456789
N3*KM 14*VIA DAULE
N4*GUAYAQUIL*G*090101*EC
PER*IC*RAMONA*TE*555 0199
N1*CN*CORAL WAY PRODUCE
N1*FS*USJAX**USJAX
M12*61*ENTRY7*5201*35177*5000*INB9
VID*4B*CSQU*3054383*S1*S2****45R1*L
M7*S3
N10*900*FRESH FRUIT*MARKS*J*080390*5000*K*18000
H1*1845*9
"""


def only(body: str) -> Message:
    (message,) = x12_messages(body)
    return message


def bill(message: Message, index: int = 0) -> Consignment:
    found = message.statements[index]
    assert isinstance(found, Consignment)
    return found


def test_m10_names_the_voyage_and_the_vessel() -> None:
    voyage = bill(only(MANIFEST)).voyage
    assert (voyage.reference, voyage.carrier) == ("0412W", "NRLN")
    ship = voyage.conveyance
    assert (ship.mode, ship.imo, ship.imo_valid) == ("sea", "9999993", True)
    assert (ship.name, ship.flag) == ("NORTHREACH PIONEER", "PA")


def test_m11_names_the_bill_its_issuer_and_its_ports() -> None:
    found = bill(only(MANIFEST))
    assert natural_key(found) == "NRLN/B1"
    assert found.master_bill == "MASTER1"
    assert found.load_port == Place(code="35177")
    assert found.place_of_receipt == Place(name="SANTOS")


def test_p4_names_the_port_of_discharge_and_the_day_of_arrival() -> None:
    found = bill(only(MANIFEST))
    assert (found.discharge_port, found.arrival) == (Place(code="5201"), "2026-04-24")


def test_n1_loops_become_parties_and_fs_the_place_of_delivery() -> None:
    found = bill(only(MANIFEST))
    shipper, consignee = found.parties
    assert (shipper.role, shipper.name) == ("shipper", "FRUTERA RIO AMARILLO")
    assert (shipper.city, shipper.country) == ("GUAYAQUIL", "EC")
    assert shipper.address == "KM 14, VIA DAULE, G 090101"
    assert shipper.contact == "RAMONA; 555 0199"
    assert shipper.identifiers[0].scheme == "duns"
    assert consignee.role == "consignee"
    assert found.delivery_place == Place(code="USJAX", scheme="unlocode")


def test_vid_and_m7_become_equipment_with_seals() -> None:
    (box,) = bill(only(MANIFEST)).equipment
    assert (box.number, box.number_valid, box.size_type) == ("CSQU3054383", True, "45R1")
    assert box.load_status == "full"
    assert box.seals == (Seal(number="S1"), Seal(number="S2"), Seal(number="S3"))


def test_n10_becomes_goods_and_the_bills_totals_fill_what_a_single_line_lacks() -> None:
    assert bill(only(MANIFEST)).goods == (
        GoodsItem(
            sequence=1,
            description="FRESH FRUIT",
            hs_code="080390",
            packages=900,
            package_type="CTN",
            gross_mass_kg=18000.0,
            volume_m3=pytest.approx(42.475, abs=0.001),
            value=5000.0,
            currency="USD",
            marks="MARKS",
            undg=("1845",),
            equipment=("CSQU3054383",),
        ),
    )


def test_m12_and_n9_are_kept_as_documents() -> None:
    assert bill(only(MANIFEST)).documents == ("ZZ:REF7", "ENTRY:ENTRY7", "INBOND:INB9")


def test_pounds_become_kilograms() -> None:
    (goods,) = bill(only("LX*1\nM11*B1*35177*9*CTN*100*L")).goods
    assert goods.gross_mass_kg == pytest.approx(45.359237)


@pytest.mark.parametrize(
    ("kind", "function"),
    [
        ("W", Function.ORIGINAL),
        ("X", Function.AMENDMENT),
        ("Y", Function.AMENDMENT),
        ("", Function.ORIGINAL),
    ],
)
def test_m1009_gives_the_function(kind: str, function: Function) -> None:
    assert only(f"M10*NRLN*O*PA*9999993*SHIP*1***{kind}\nLX*1\nM11*B1").function is function


def test_a_type_without_bills_of_the_sender_states_nothing() -> None:
    message = only("M10*NRLN*O*PA*9999993*SHIP*1***H\nLX*1\nM11*B1")
    assert (message.statements, message.refused) == ((), False)
    assert codes(message) == ["x12.309.type"]


def test_m13_acts_on_its_bill_alone() -> None:
    body = """
    M10*NRLN*O*PA*9999993*SHIP*1***X
    LX*1
    M13*NRLN*5201*D*B1*9
    M11*B1
    LX*2
    M13*NRLN*5201*A*B2*9
    M11*B2
    LX*3
    M11*B3
    """
    found = x12_messages(body)
    assert [(each.function, natural_key(each.statements[0])) for each in found] == [
        (Function.CANCELLATION, "NRLN/B1"),
        (Function.ORIGINAL, "NRLN/B2"),
        (Function.AMENDMENT, "NRLN/B3"),
    ]
    assert len({(each.offset, each.length) for each in found}) == 1


def test_a_deletion_may_come_without_m11() -> None:
    (message,) = x12_messages("M10*NRLN*O*PA*9999993*SHIP*1***X\nLX*1\nM13*NRLN*5201*D*B1*9")
    assert message.function is Function.CANCELLATION
    assert natural_key(message.statements[0]) == "NRLN/B1"


def test_text_lines_go_on_with_the_line_before_them() -> None:
    full = "X" * 45
    body = f"LX*1\nM11*B1\nN10*1*{full}\nN10**Y\nN10**Z\nN10*2*OTHER"
    assert [each.description for each in bill(only(body)).goods] == [f"{full}Y Z", "OTHER"]


def test_a_bill_without_number_is_an_error_and_its_neighbour_stands() -> None:
    message = only("LX*1\nN1*SH*A\nLX*2\nM11*B2")
    assert [natural_key(each) for each in message.statements] == ["/B2"]
    assert codes(message) == ["x12.309.bill.missing"]
    assert message.defects[0].severity is Severity.ERROR


def test_a_bill_outside_its_loop_is_read_and_noted() -> None:
    message = only("M10*NRLN*O*PA*9999993*SHIP*1\nM11*B1")
    assert [natural_key(each) for each in message.statements] == ["NRLN/B1"]
    assert codes(message) == ["x12.309.lx.missing"]


def test_v1_names_the_vessel_where_m10_does_not() -> None:
    ship = bill(only("V1*3ENR7*NORTHREACH PIONEER*PA*0412W*NRLN***C\nLX*1\nM11*B1")).voyage
    assert (ship.conveyance.call_sign, ship.conveyance.name) == ("3ENR7", "NORTHREACH PIONEER")
    assert (ship.reference, ship.carrier) == ("0412W", "NRLN")


def test_breakbulk_has_no_equipment() -> None:
    body = "LX*1\nM11*B1\nVID*NC**\nN10*5*STEEL COILS****K*90"
    found = bill(only(body))
    assert (found.equipment, found.goods[0].equipment) == ((), ())


def test_real_manifest_reads_bills_boxes_seals_and_dangers() -> None:
    (message,) = read_sample("ocean-manifest-309-apimeister.x12")
    assert message.function is Function.AMENDMENT
    assert [natural_key(each) for each in message.statements] == [
        "XXXX/99XXZ999999X",
        "XXXX/99XXZ999999X",
        "XXXX/99XXZ023538X",
    ]
    tires, oil, paper = (bill(message, index) for index in range(3))
    assert (tires.voyage.conveyance.imo, tires.voyage.conveyance.imo_valid) == ("9283186", True)
    assert tires.goods[0].hs_code == "401120"
    assert (tires.goods[0].gross_mass_kg, tires.goods[0].volume_m3) == (14404.0, 46.0)
    assert [box.number for box in oil.equipment] == ["BGBU5086915", "BGBU5109230"]
    assert [box.seals[1].number for box in oil.equipment] == ["128130", "128164"]
    assert all(item.undg == ("2319",) for item in oil.goods)
    assert "TERPENE HYDROCARBONS, N.O.S." in oil.goods[0].description
    assert [box.number_valid for box in paper.equipment] == [True, False, True]
    assert codes(message) == [
        "value.container",
        "value.hs_code",
        "value.hs_code",
        "x12.309.bill.repeated",
    ]
