"""IFTDGN: what a ship carries that is dangerous, read and written."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from ship_messages import BODIES, check_fidelity, message
from typed_reading import edifact_message
from typed_writing import (
    A_PLACE,
    MASS,
    MINUTE,
    NUMBER,
    PLACE,
    returned,
    stating,
    text,
    texts,
    written,
)  # fmt: skip

from esclusa.formats.edifact.drafting import WritingError
from esclusa.formats.values import container
from esclusa.model import (
    Consignment,
    Conveyance,
    DangerousGoods,
    GoodsItem,
    Message,
    Party,
    PortCall,
    TransportEquipment,
    Voyage,
)

PAINT = DangerousGoods(
    un="1263", hazard_class="3", subsidiary_classes=("8",), packing_group="III",
    name="PAINT, FLAMMABLE", flash_point_c=23.0, marine_pollutant=True, emergency="F-E,S-E",
    net_mass_kg=1500.0,
)  # fmt: skip


def read(body: str = BODIES["IFTDGN"], edition: str = "D:21A:UN") -> Message:
    return edifact_message("IFTDGN", body, edition)


def bill(found: Message) -> Consignment:
    return next(each for each in found.statements if isinstance(each, Consignment))


def changed(old: str, new: str) -> DangerousGoods:
    """The first substance of the message after a change."""
    assert old in BODIES["IFTDGN"]
    return bill(read(BODIES["IFTDGN"].replace(old, new))).goods[0].dangerous[0]


def test_a_notification_states_the_call_it_is_for() -> None:
    call = read().statements[0]
    assert isinstance(call, PortCall)
    assert (call.port.code, call.call_reference, call.arrival, call.next_port.code) == (
        "PAONX", "MS-2026-0412", "2026-04-13T10:00", "MXZLO",
    )  # fmt: skip
    assert [party.role for party in call.parties] == ["carrier", "agent"]


def test_without_a_port_in_the_header_its_parties_and_times_are_those_of_each_consignment() -> None:
    lines = [
        line for line in BODIES["IFTDGN"].splitlines()
        if "LOC+153" not in line and "ATZ" not in line
    ]  # fmt: skip
    (only,) = read("\n".join(lines)).statements
    assert isinstance(only, Consignment)
    assert [party.role for party in only.parties] == ["carrier", "agent", "shipper"]
    assert only.arrival == "2026-04-13T10:00"


def test_a_consignment_has_carrier_voyage_ports_parties_and_handling() -> None:
    found = bill(read())
    assert (found.carrier, found.bill, found.voyage.reference) == ("NRLN", "NRLN0412001", "0412W")
    assert (found.load_port.code, found.discharge_port.code) == ("ECGYE", "PAONX")
    assert [party.name for party in found.parties] == ["ALTAMIRA PAINTS"]
    assert found.documents == ("FF:F77", "HAN:LLO")


def test_handling_of_the_whole_message_counts_where_a_consignment_tells_none() -> None:
    found = bill(read(BODIES["IFTDGN"].replace("HAN+LLO\n", "\n")))
    assert found.documents == ("FF:F77", "HAN:T")


def test_a_substance_is_declared_with_everything_that_makes_it_dangerous() -> None:
    item = bill(read()).goods[0]
    assert item.dangerous == (PAINT,)
    assert (item.undg, item.packages, item.package_type) == (("1263",), 80, "DR")
    assert (item.description, item.marks, item.gross_mass_kg) == ("PAINT", "MARK A", 1700.0)
    assert item.equipment == ("CSQU3054383",)


def test_a_unit_has_its_seals_mass_and_place_on_board() -> None:
    (box,) = bill(read()).equipment
    assert (box.number, box.number_valid, box.stowage) == ("CSQU3054383", True, "0010584")
    assert (box.gross_mass_kg, box.load_status, box.size_type) == (21000.0, "full", "22G1")
    assert [(seal.number, seal.affixed_by) for seal in box.seals] == [("S77", "carrier")]


def test_goods_that_stand_in_no_unit_have_a_place_of_their_own() -> None:
    assert bill(read()).goods[1].dangerous[0].stowage == "DECK 2"


def test_a_goods_item_without_packages_goes_on_with_the_one_before() -> None:
    item = bill(read()).goods[1]
    assert item.undg == ("1824", "3082")
    assert [each.net_mass_kg for each in item.dangerous] == [200.0, 20.0]


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        ("FTX+AAC++P", True),
        ("FTX+AAC++NP", False),
        ("FTX+AAC+++MARINE POLLUTANT", True),
        ("FTX+AAC+++NOT A MARINE POLLUTANT", False),
        ("FTX+AAC+++KEEP COOL", None),
    ],
)
def test_a_marine_pollutant_is_told_by_code_or_by_words(text: str, verdict: bool | None) -> None:
    assert changed("FTX+AAC++P+MARINE POLLUTANT", text).marine_pollutant is verdict


def test_units_are_turned_into_degrees_celsius_and_kilograms() -> None:
    assert changed("23:CEL", "73.4:FAH").flash_point_c == 23.0
    assert changed("AAA+KGM:1500", "AAA+TNE:1.5").net_mass_kg == 1500.0
    assert changed("AAA+KGM:1500", "AAA+LTR:1500").net_mass_kg is None


def test_what_is_no_un_number_and_what_is_no_flash_point_is_named_and_left_out() -> None:
    found = read(BODIES["IFTDGN"].replace("3+1263+23:CEL", "3+12X3+hot:CEL"))
    assert {defect.code for defect in found.defects} == {"value.undg", "value.number"}
    substance = bill(found).goods[0].dangerous[0]
    assert (substance.un, substance.flash_point_c, substance.hazard_class) == ("", None, "3")


def test_the_layout_of_the_protect_guide_is_read() -> None:
    body = """
        BGM+89N++9
        HAN+L
        TDT+20+333N+1+:CONTAINER VESSEL++++3ENR7:::NORTHREACH PIONEER
        RFF+VM:3ENR7
        LOC+5+ECGYE:139:6
        LOC+61+PAONX:139:6
        DTM+132:260413:101
        EQD+CN+CSQU3054383+22G1
        MEA+WT+G+TNE:21.3
        CNI+1+NRLN0412002
        HAN+L
        LOC+9+ECGYE:139:6
        LOC+11+PAONX:139:6
        GID+1+0
        DGS+IMD+3+1263+023:CEL+3+F-E
        FTX+AAD+++PAINT:FLAMMABLE
        MEA+WT+AAL+KGM:1500
        MEA+WT+G+KGM:1700
        SGP+CSQU3054383
    """
    found = bill(read(body, "D:03A:UN:PROT20"))
    (item,) = found.goods
    assert item.gross_mass_kg == 1700.0
    assert item.dangerous[0].net_mass_kg == 1500.0
    assert item.dangerous[0].name == "PAINT FLAMMABLE"
    assert found.equipment[0].gross_mass_kg == 21300.0
    assert found.voyage.conveyance.call_sign == "3ENR7"


def test_a_consignment_without_a_number_is_named_and_its_neighbours_stand() -> None:
    body = BODIES["IFTDGN"] + "CNI+2\nGID+1\nDGS+IMD+3+1203\nCNI+3+B3\nGID+1\nDGS+IMD+3+1203"
    found = read(body)
    assert [defect.code for defect in found.defects] == ["iftdgn.bill.missing"]
    bills = [each.bill for each in found.statements if isinstance(each, Consignment)]
    assert bills == ["NRLN0412001", "B3"]


# -- written --------------------------------------------------------------------------------------


def test_a_substance_is_written_in_the_order_of_its_group() -> None:
    found = texts("IFTDGN", message("IFTDGN"))
    at = found.index("GID+1+80:DR")
    assert found[at : at + 10] == [
        "GID+1+80:DR",
        "FTX+AAA+++PAINT",
        "PCI+24+MARK A",
        "DGS+IMD+3+1263+023:CEL+3+F-E,S-E++++8",
        "FTX+AAD+++PAINT, FLAMMABLE",
        "FTX+AAC++P+MARINE POLLUTANT",
        "MEA+AAE+AAA+KGM:1500",
        "MEA+AAE+AAB+KGM:1700",
        "SGP+CSQU3054383",
        "LOC+147+0010584",
    ]


SHIP = Voyage(reference="0412W", conveyance=Conveyance(mode="sea", name="NORTHREACH PIONEER"))


def test_what_is_not_dangerous_is_left_out() -> None:
    plain = GoodsItem(description="BANANAS", packages=3)
    both = Consignment(
        carrier="", bill="B1", voyage=SHIP, goods=(plain, GoodsItem(sequence=2, dangerous=(PAINT,)))
    )
    other = replace(both, bill="B2", goods=(plain,))
    (found,) = returned("IFTDGN", both, other)
    assert isinstance(found, Consignment)
    assert [(item.sequence, item.undg) for item in found.goods] == [(2, ("1263",))]
    with pytest.raises(WritingError, match="no consignment has dangerous goods"):
        written("IFTDGN", stating(other))


def test_un_numbers_without_a_declaration_come_back_as_substances() -> None:
    found = Consignment(carrier="", bill="B1", voyage=SHIP, goods=(GoodsItem(undg=("1203",)),))
    (back,) = returned("IFTDGN", found)
    assert isinstance(back, Consignment)
    assert back.goods == (GoodsItem(undg=("1203",), dangerous=(DangerousGoods(un="1203"),)),)


def test_a_consignment_without_a_number_is_refused() -> None:
    found = Consignment(carrier="", bill="", goods=(GoodsItem(dangerous=(PAINT,)),))
    with pytest.raises(WritingError, match="statement 1, .*it has no bill number"):
        written("IFTDGN", stating(found))


# -- laws -----------------------------------------------------------------------------------------


WORDS = text(1).map(lambda words: " ".join(words.split())).filter(bool)
SUBSTANCE = st.builds(
    DangerousGoods,
    un=st.from_regex(r"[0-9]{4}", fullmatch=True),
    hazard_class=st.sampled_from(["3", "5.1", "9", "1.4S"]),
    subsidiary_classes=st.lists(st.sampled_from(["8", "6.1"]), unique=True).map(tuple),
    packing_group=st.sampled_from(["", "I", "II", "III"]),
    name=WORDS,
    flash_point_c=st.none() | st.integers(-60, 250).map(float),
    marine_pollutant=st.sampled_from([None, True, False]),
    emergency=st.sampled_from(["", "F-E,S-E"]),
    net_mass_kg=st.integers(1, 99_999).map(lambda grams: grams / 1000),
    stowage=st.sampled_from(["", "DECK 2"]),
)  # fmt: skip


def _item(sequence: int, fields: dict[str, Any]) -> GoodsItem:
    numbers = dict.fromkeys(each.un for each in fields["dangerous"])
    return GoodsItem(sequence=sequence, undg=tuple(numbers), **fields)


@st.composite
def bills(draw: st.DrawFn) -> list[Consignment | PortCall]:
    voyage = replace(SHIP, carrier=draw(st.sampled_from(["", "NRLN"])))
    numbers = draw(st.lists(NUMBER, unique=True, max_size=2))
    boxes = {}
    for sent in numbers:
        number, valid = container(sent)
        boxes[number] = TransportEquipment(
            number=number, number_valid=valid, gross_mass_kg=draw(MASS),
            stowage=draw(st.sampled_from(["", "0010584"])),
        )  # fmt: skip
    item = {
        "description": WORDS | st.just(""), "marks": st.sampled_from(["", "MARK A"]),
        "packages": st.integers(1, 99), "package_type": st.sampled_from(["DR", "wooden box"]),
        "gross_mass_kg": MASS,
        "dangerous": st.lists(SUBSTANCE, min_size=1, max_size=2).map(tuple),
    }  # fmt: skip
    found: list[Consignment | PortCall] = []
    if draw(st.booleans()):
        found.append(PortCall(
            voyage=voyage, port=draw(A_PLACE), arrival=draw(st.just("") | MINUTE),
            next_port=draw(PLACE),
        ))  # fmt: skip
    for at in range(draw(st.integers(1, 2))):
        goods = tuple(_item(n, draw(st.fixed_dictionaries(item))) for n in (1, 2))
        held = replace(goods[0], equipment=tuple(boxes))
        found.append(Consignment(
            carrier=voyage.carrier, bill=f"B{at}", voyage=voyage, load_port=draw(PLACE),
            discharge_port=draw(PLACE), arrival=draw(st.just("") | MINUTE),
            parties=(Party(role="shipper", name="ALTAMIRA"),), goods=(held, goods[1]),
            equipment=tuple(boxes.values()), documents=("FF:1", "HAN:T"),
        ))  # fmt: skip
    return found


@given(bills())
@settings(max_examples=40, deadline=None)
def test_any_dangerous_goods_that_a_message_carries_come_back_as_they_were(
    found: list[Any],
) -> None:
    check_fidelity("IFTDGN", stating(*found))
