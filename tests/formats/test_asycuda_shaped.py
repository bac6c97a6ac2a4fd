"""What the quick way into a bill's record takes for granted is what the plain way works out.

About 3 CPU seconds.
"""

from __future__ import annotations

import re

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_xml_shapes_plain import FULL, alike, bill, ways

from esclusa.formats.asycuda import common, shaped
from esclusa.formats.xml_shapes import Run, Shapes
from esclusa.model import Consignment, Message, Party

DIGITS = st.text("0123456789", min_size=1, max_size=15)
NUMBERS = DIGITS | st.tuples(DIGITS, st.text("0123456789", min_size=1, max_size=12)).map(".".join)


def stated(found: list[object]) -> list[Consignment]:
    bills = [one for item in found if isinstance(item, Message) for one in item.statements]
    return [each for each in bills if isinstance(each, Consignment)]


def padded(text: str) -> bool:
    return re.match("0[0-9]", text) is not None


@given(NUMBERS)
def test_a_number_is_what_python_makes_of_it(text: str) -> None:
    assert re.fullmatch(shaped.NUMBER, text)
    try:
        found = shaped.Bills()._figure(text)
    except msgspec.DecodeError:
        assert padded(text)
    else:
        assert (found, type(found)) == (float(text), float)


@given(DIGITS)
def test_a_count_is_what_python_makes_of_it(text: str) -> None:
    assert re.fullmatch(shaped.COUNT, text)
    try:
        assert shaped.Bills()._whole(text) == int(text)
    except msgspec.DecodeError:
        assert padded(text)


@pytest.mark.parametrize(
    "tag", ["Number_of_packages", "Gross_mass", "Customs_value", "Freight_value", "Goods_weight"]
)
def test_zeros_in_front_of_a_number_change_nothing(tag: str) -> None:
    bills = [bill(number, FULL.format(number)) for number in range(1, 12)]
    bills = [
        each.replace("</Goods_segment>", "<Gross_mass>7.5</Gross_mass></Goods_segment>")
        for each in bills
    ]
    zeros = [
        each.replace(f"<{tag}>", f"<{tag}>00") if at > 4 else each for at, each in enumerate(bills)
    ]
    assert zeros != bills
    found, plain, count = ways(alike(*zeros))
    assert found == plain
    assert count == 10
    assert stated(list(found)) == stated(list(ways(alike(*bills))[0]))


def test_codes_of_countries_are_those_that_the_plain_way_knows() -> None:
    capitals = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    every = [one + other for one in capitals for other in capitals]
    assert common.nations() == {code for code in every if common.is_nation(code)}
    assert {"PA", "EC"} < common.nations()
    assert "XX" not in common.nations()


LINES = st.sampled_from(
    ["CALLE 5", "PANAMA", "PA", "EC", "XX", "-", "A", "pa", "CALLE  5", " PA", "PA ", "", "A &amp; B", "\u00d1AME"]
)  # fmt: skip
ADDRESSES = st.lists(LINES, min_size=1, max_size=5).flatmap(
    lambda lines: st.sampled_from(["\n", "\r\n", "\r"]).map(lambda end: end.join(lines))
)


def with_address(number: int, address: str) -> str:
    tags = (
        f"<Consignee_name>MARISOL</Consignee_name><Consignee_address>{address}</Consignee_address>"
    )
    return bill(number, f"<Traders_segment><Consignee>{tags}</Consignee></Traders_segment>")


@given(st.lists(ADDRESSES, min_size=8, max_size=16))
@settings(max_examples=40, deadline=None)
def test_lines_of_an_address_are_those_of_the_plain_way(addresses: list[str]) -> None:
    bills = [with_address(number, each) for number, each in enumerate(["A\nB\nPA", *addresses])]
    found, plain, count = ways(alike(*bills), batch=1024)
    assert found == plain
    assert count > 4


def test_the_city_is_the_line_before_the_country() -> None:
    sent = {
        "CALLE 5\nPISO 2\nPANAMA\nPA": ("CALLE 5, PISO 2", "PANAMA", "PA"),
        "PANAMA\nPA": ("", "PANAMA", "PA"),
        "CALLE 5\n-\nPA": ("CALLE 5", "", "PA"),
        "PA\nPA\nPA": ("PA", "PA", "PA"),
        "PA": ("PA", "", ""),
        "CALLE 5\nPANAMA\nXX": ("CALLE 5, PANAMA, XX", "", ""),
        "CALLE 5\nPA\nPANAMA": ("CALLE 5, PA, PANAMA", "", ""),
    }
    found, _, count = ways(alike(*[with_address(at, each) for at, each in enumerate(["A", *sent])]))
    assert count == len(sent)
    parties: list[Party] = [each.parties[0] for each in stated(list(found))[1:]]
    assert [(each.address, each.city, each.country) for each in parties] == list(sent.values())


def test_bills_come_in_their_order_whatever_stands_between() -> None:
    """They are handed over some at a time; one with a defect or another shape ends a run."""
    lengths: list[int] = []
    run = Shapes.run

    def noted(self: Shapes, *given: object) -> Run[object]:
        made = run(self, *given)  # type: ignore[arg-type]
        lengths.append(len(made.made))
        return made

    bills = [bill(number) for number in range(1, 200)]
    for at in (40, 41, 77):
        bills[at] = bills[at].replace("<Number_of_packages>", "<Number_of_packages>x")
    bills[120] = bills[120].replace("<Bol_id>", '<Bol_id kind="1">')
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Shapes, "run", noted)
        found, plain, _ = ways(alike(*bills), batch=16 * 1024)
    assert found == plain
    assert [each.bill for each in stated(list(found))] == [f"NRLN{at:04}" for at in range(1, 200)]
    assert max(lengths) == 8
    assert len({*lengths}) > 3


@pytest.mark.parametrize("cut", [0, 30], ids=["whole", "breaks off"])
def test_a_declaration_begins_with_its_first_item_where_that_comes_first(cut: int) -> None:
    items = "".join(
        f"<Item><Packages><Number_of_packages>{at}</Number_of_packages></Packages></Item>\n"
        for at in range(1, 20)
    )
    number = "<Identification><Registration><Number>77</Number></Registration></Identification>"
    data = f"<ASYCUDA>\n{items}{number}</ASYCUDA>\n".encode()
    found, plain, count = ways(data[: len(data) - cut])
    assert found == plain
    assert count == 19
    (told,) = [item for item in found if isinstance(item, Message)]
    assert told.offset == data.index(b"<Item>")


def test_ports_that_are_remembered_are_bounded() -> None:
    bills = shaped.Bills()
    for number in range(3000):
        assert bills._place(f"P{number:04}").code == f"P{number:04}"
        assert bills._place("P" * 50).code == "P" * 50
    assert len(bills._places) == 1024
