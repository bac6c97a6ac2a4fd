"""A ship's forms written in either layout read back to equal records."""

from __future__ import annotations

from importlib.resources import as_file, files

import pytest
from fal_worlds import (
    BANANAS,
    CALL,
    LAYOUTS,
    PAINT,
    PIONEER,
    VEGA,
    check_same,
    declaration,
    messages,
    pre_arrival,
    read,
    stating,
)
from hypothesis import given, settings
from msgspec.structs import replace

from esclusa.formats.edifact.drafting import WritingError
from esclusa.formats.fal import json_layout, xlsx_layout, xlsx_writing
from esclusa.formats.fal.writing import filings
from esclusa.formats.registry import read_file
from esclusa.model import DeclaredValue, Message, Severity, TravelDocument, Voyage, kind_of

BOTH = pytest.mark.parametrize("layout", sorted(LAYOUTS))


@BOTH
def test_the_sample_holds_all_ten_forms_and_comes_back_whole_without_a_warning(layout: str) -> None:
    check_same(layout, pre_arrival())
    (found,) = read(layout, LAYOUTS[layout][0](pre_arrival()))
    assert [each for each in found.defects if each.severity is not Severity.NOTE] == []
    assert found.reference == "PRE-1"
    assert found.format == f"fal.{layout}"


@given(messages())
@settings(max_examples=60, deadline=None)
def test_what_forms_can_carry_comes_back_equal_from_json(message: Message) -> None:
    check_same("json", message)


@given(messages(anchored=True))
@settings(max_examples=20, deadline=None)
def test_what_forms_can_carry_comes_back_equal_from_a_workbook(message: Message) -> None:
    check_same("xlsx", message)


def test_json_holds_several_calls() -> None:
    other = replace(PIONEER, reference="0413E")
    call = replace(CALL, voyage=other, call_reference="CALL-0413")
    message = stating(
        CALL,
        call,
        BANANAS,
        replace(PAINT, voyage=other),
        VEGA,
        declaration("stores", call=call, IMO0123="3"),
    )
    check_same("json", message)
    assert len(read("json", json_layout.write(message))) == 2


def test_a_workbook_holds_one_call() -> None:
    with pytest.raises(WritingError, match="forms of one call, these statements are of 2"):
        xlsx_writing.write(stating(CALL, replace(CALL, call_reference="OTHER")))


@pytest.mark.parametrize("layout", sorted(LAYOUTS))
def test_equal_statements_give_equal_bytes(layout: str) -> None:
    write = LAYOUTS[layout][0]
    assert write(pre_arrival()) == write(pre_arrival())


def test_a_workbook_we_write_is_known_by_its_head() -> None:
    data = xlsx_writing.write(pre_arrival())
    assert xlsx_layout.sniff(data[:4096], "anything")


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        (replace(BANANAS, bill=""), "statement 2, consignment: a consignment without bill number"),
        (replace(VEGA, role="pilot"), "statement 2, traveller: the role"),
        (replace(VEGA, surname=""), "statement 2, traveller: a person without surname"),
        (replace(VEGA, documents=(TravelDocument(number=""),)), "statement 2, traveller: a travel document without number"),
        (declaration("berth"), "no form carries the ship declaration 'berth'"),
        (replace(declaration("waste"), values=(DeclaredValue(code="WAS", value="secret"),)), "no IMO data number"),
    ],
)  # fmt: skip
def test_what_no_form_carries_is_refused_by_place_and_quotes_no_value(
    statement: object, words: str
) -> None:
    with pytest.raises(WritingError, match="statement 2") as caught:
        json_layout.write(stating(CALL, statement))
    assert words in str(caught.value)
    assert "secret" not in str(caught.value)


def test_a_text_that_a_cell_cannot_hold_is_refused() -> None:
    with pytest.raises(WritingError, match="too long"):
        xlsx_writing.write(stating(replace(CALL, berth="x" * 40_000)))


def test_people_alone_bring_their_journey_with_them() -> None:
    (found,) = read("json", json_layout.write(stating(VEGA)))
    assert found.statements == (VEGA,)


def test_a_general_declaration_without_its_call_comes_back_with_one() -> None:
    said = declaration("general", IMO0196="None")
    (found,) = read("json", json_layout.write(stating(said)))
    assert said in found.statements
    assert len(found.statements) == 2


def test_the_carrier_stands_for_the_ship_where_no_code_names_one() -> None:
    voyage = Voyage(reference="1", conveyance=PIONEER.conveyance)
    bill = replace(BANANAS, voyage=voyage, carrier="9999993")
    (found,) = read("json", json_layout.write(stating(bill)))
    assert found.statements == (bill,)


@pytest.mark.parametrize(
    ("sample", "calls"),
    [("manifest-northreach-0412.edi", 6), ("passengers-altamira-AM218.edi", 1)],
)
def test_what_is_about_one_call_of_one_ship_makes_one_filing(sample: str, calls: int) -> None:
    """A time at the other end, which the forms have no field for, makes no filing of its own."""
    with as_file(files("esclusa.samples").joinpath(sample)) as path:
        found = [item for item in read_file(path) if isinstance(item, Message)]
    carried = [each for one in found for each in one.statements if kind_of(each) != "equipment"]
    assert len(carried) > 50
    assert len(filings(replace(found[0], statements=tuple(carried)))) == calls
