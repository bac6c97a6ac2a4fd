"""What a ship's forms say as strangers send them, and what is told when something is wrong."""

from __future__ import annotations

import datetime as dt
import io
import json
import random
import zipfile
from typing import Any

import pytest
from fal_worlds import CALL, PAINT, pre_arrival
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook

from esclusa.formats.fal import json_layout, tables, xlsx_layout, xlsx_writing
from esclusa.formats.limits import Limits
from esclusa.formats.tabular import xlsx_reader
from esclusa.model import (
    Consignment,
    Defect,
    Function,
    Message,
    PortCall,
    Severity,
    ShipDeclaration,
    Traveller,
    decode_body,
    encode_body,
    natural_key,
)

SHIP = {"IMO0140": "9999993", "IMO0142": "NORTHREACH PIONEER", "IMO0191": "0412W", "IMO0108": "PAONX", "IMO0064": "2026-04-13T06:00"}  # fmt: skip
VEGA = {"IMO0098": "VEGA", "IMO0100": "ANA"}


def sent(said: Any) -> list[Message | Defect]:
    data = said if isinstance(said, bytes) else json.dumps(said).encode()
    return list(json_layout.read(io.BytesIO(data), file="f.json"))


def one(**forms: Any) -> Message:
    (found,) = sent({**SHIP, **forms})
    assert isinstance(found, Message)
    return found


def told(message: Message) -> list[tuple[str, str]]:
    return [(each.code, each.element) for each in message.defects]


def book(**pages: list[list[Any]]) -> bytes:
    made = Workbook()
    made.remove(made.worksheets[0])
    for title, rows in pages.items():
        sheet = made.create_sheet(title.replace("_", " "))
        for row in rows:
            sheet.append(row)
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


def opened(data: bytes) -> Message:
    (found,) = xlsx_layout.read(io.BytesIO(data), file="f.xlsx")
    assert isinstance(found, Message)
    return found


# -- the call -------------------------------------------------------------------------------------


def test_numbers_alone_are_a_general_declaration() -> None:
    (call,) = one().statements
    assert isinstance(call, PortCall)
    assert (call.voyage.conveyance.imo, call.port.code, call.arrival) == (
        "9999993",
        "PAONX",
        "2026-04-13T06:00",
    )


def test_what_a_port_call_has_no_field_for_is_kept_by_its_number() -> None:
    _call, general = one(FAL1={"IMO0139": 40000, "IMO0083": "ALTAMIRA"}).statements
    assert isinstance(general, ShipDeclaration)
    assert [(each.code, each.value) for each in general.values] == [
        ("IMO0083", "ALTAMIRA"),
        ("IMO0139", "40000"),
    ]


def test_a_wrong_check_digit_is_told_and_kept() -> None:
    (found,) = sent({**SHIP, "IMO0140": "9999990"})
    assert isinstance(found, Message)
    assert ("value.imo", "/IMO0140") in told(found)
    assert found.statements[0].voyage.conveyance.imo_valid is False  # type: ignore[union-attr]


def test_a_departure_is_about_the_port_left() -> None:
    found = one(IMO0013="D", IMO0111="PABLB", IMO0066="2026-04-15", IMO0084="COCTG", FAL5=[VEGA])
    leg = next(each for each in found.statements if isinstance(each, Traveller)).journey
    assert (leg.departure_place.code, leg.departure, leg.arrival_place.code) == (
        "PABLB",
        "2026-04-15",
        "COCTG",
    )


def test_the_actual_arrival_stands_before_the_estimate_which_is_kept() -> None:
    call, general = one(IMO0063="2026-04-13T07:10").statements
    assert call.arrival == "2026-04-13T07:10"  # type: ignore[union-attr]
    assert general.values[0].code == "IMO0064"  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("code", "effect"),
    [("9", Function.ORIGINAL), ("5", Function.AMENDMENT), ("1", Function.CANCELLATION)],
)
def test_the_function_code_is_that_of_edifact_1225(code: str, effect: Function) -> None:
    assert one(IMO0305=code).function is effect


def test_a_form_of_another_ship_is_told() -> None:
    found = one(FAL3={"IMO0140": "9074729", "items": [{"IMO0154": "Wine"}]})
    assert ("fal.call.differs", "/FAL3/IMO0140") in told(found)


# -- forms ----------------------------------------------------------------------------------------


def test_the_nine_health_answers_stand_by_question_and_a_case_by_person() -> None:
    numbers = tables.form("health").questions
    found = one(
        MDH={
            **{number: asked in "24" for asked, number in numbers.items()},
            "cases": [{**VEGA, "IMO0220": "Fever", "IMO0221": "2026-04-01"}],
        }
    )
    (said,) = found.statements
    assert isinstance(said, ShipDeclaration)
    assert {each.code: each.value for each in said.values} == {
        str(n): "yes" if n in (2, 4) else "no" for n in range(1, 10)
    }
    assert (said.items[0].name, said.items[0].person) == ("Fever", "VEGA, ANA")


def test_every_question_and_form_has_its_words_in_both_languages() -> None:
    texts = tables.texts()
    assert set(texts["health"]) == set("123456789")
    assert set(texts["forms"]) == set(tables.all_forms().forms)
    assert all(
        set(each) == {"en", "es"} and all(each.values())
        for group in texts.values()
        for each in group.values()
    )


def test_tables_name_only_numbers_that_are_listed() -> None:
    known = {*tables.elements(), tables.LINE}
    for each in tables.all_forms().forms.values():
        for listed in each.lists.values():
            assert {*listed.columns, *listed.fields.values(), *listed.own} <= known
        assert {*each.values, *each.questions.values()} <= known
    assert set(tables.headings().values()) <= known
    assert set(tables.all_forms().call.values) <= known


def test_fewer_than_ten_calls_of_the_security_form_are_told() -> None:
    found = one(SECURITY={"calls": [{"IMO0127": "ECGYE"}]})
    assert [each.reason for each in found.defects] == [
        "1 of the last 10 calls at port facilities are given"
    ]


def test_a_security_level_is_one_to_three() -> None:
    assert ("fal.security.level", "/SECURITY/IMO0137") in told(one(SECURITY={"IMO0137": "4"}))


def test_a_kind_of_waste_is_coded_by_marpol_annex_and_counts_in_cubic_metres() -> None:
    found = one(WASTE=[{"IMO0183": "V/A", "IMO0174": 1.50}, {"IMO0183": "XX", "IMO0174": 2}])
    (said,) = found.statements
    assert [(i.code, i.quantity, i.unit) for i in said.items] == [
        ("V/A", 1.5, "MTQ"),
        ("XX", 2, "MTQ"),
    ]  # type: ignore[union-attr]
    assert told(found) == [("fal.waste.kind", "/WASTE/1/IMO0183")]


def test_a_row_that_repeats_the_sequence_number_adds_a_document() -> None:
    found = one(
        FAL5=[
            {"IMO0044": 1, **VEGA, "IMO0104": "39", "IMO0103": "P1"},
            {"IMO0044": 1, "IMO0104": "718", "IMO0103": "S1"},
        ]
    )
    (person,) = found.statements
    assert [(d.type, d.number) for d in person.documents] == [
        ("passport", "P1"),
        ("seafarer", "S1"),
    ]  # type: ignore[union-attr]


def test_a_repeated_sequence_number_with_another_name_is_another_person() -> None:
    found = one(FAL5=[{"IMO0044": 1, **VEGA}, {"IMO0044": 1, "IMO0098": "ROJAS"}])
    assert [each.surname for each in found.statements] == ["VEGA", "ROJAS"]  # type: ignore[union-attr]


def test_passengers_in_transit_have_their_role() -> None:
    found = one(FAL6=[{**VEGA, "IMO0089": "Y"}, {"IMO0098": "LIMA", "IMO0089": False}])
    assert [each.role for each in found.statements] == ["transit", "passenger"]  # type: ignore[union-attr]


def test_a_person_twice_is_told() -> None:
    assert ("fal.person.twice", "/FAL6/1/IMO0098") in told(one(FAL6=[VEGA, VEGA]))


def test_what_a_traveller_has_no_field_for_is_told_once() -> None:
    found = one(FAL5=[{**VEGA, "IMO0042": "Bosun"}, {"IMO0098": "ROJAS", "IMO0042": "Cook"}])
    assert told(found) == [("fal.number.no_field", "/FAL5/0/IMO0042")]


def test_the_place_of_birth_is_kept_with_its_country() -> None:
    found = one(FAL5=[{**VEGA, "IMO0106": "Colón", "IMO0096": "PA"},
                      {"IMO0098": "ROJAS", "IMO0106": "Quito"}])  # fmt: skip
    assert told(found) == []
    assert [each.birth_place for each in found.statements] == ["Colón, PA", "Quito"]  # type: ignore[union-attr]


def test_dangerous_goods_find_their_line_of_the_bill_by_container() -> None:
    cargo = [
        {"IMO0170": "B", "IMO0022": "TOOLS"},
        {"IMO0170": "B", "IMO0022": "PAINT", "IMO0021": "CSQU3054383"},
    ]
    found = one(
        FAL2=cargo,
        FAL7=[{"IMO0170": "B", "IMO0021": "CSQU3054383", "IMO0060": "UN 1263", "IMO0048": "53.6F"}],
    )
    (bill,) = found.statements
    assert isinstance(bill, Consignment)
    assert [item.undg for item in bill.goods] == [(), ("1263",)]
    assert bill.goods[1].dangerous[0].flash_point_c == 12


def test_a_manifest_of_dangerous_goods_alone_makes_consignments() -> None:
    (bill,) = one(
        FAL7=[{"IMO0170": "B", "IMO0060": "1263", "IMO0059": "xylene", "IMO0055": "PAINT"}]
    ).statements
    assert bill.goods[0].dangerous[0].name == "PAINT (xylene)"  # type: ignore[union-attr]


def test_tonnes_become_kilograms_and_a_bill_keeps_its_first_ports() -> None:
    row = {"IMO0170": "B", "IMO0024": "1.5", "IMO0077": "TNE", "IMO0113": "PAONX"}
    found = one(FAL2=[row, {**row, "IMO0113": "PABLB"}])
    assert [item.gross_mass_kg for item in found.statements[0].goods] == [1500, 1500]  # type: ignore[union-attr]
    assert [code for code, _ in told(found)] == ["fal.bill.differs"]


# -- bad input ------------------------------------------------------------------------------------


def test_one_bad_row_costs_only_itself() -> None:
    found = one(
        FAL2=[{"IMO0022": "no bill"}, 7, {"IMO0170": "B1", "IMO0028": "2.5"}],
        FAL5=[{"IMO0105": "PA"}, VEGA],
    )
    assert [type(each).__name__ for each in found.statements] == ["Consignment", "Traveller"]
    assert told(found) == [
        ("fal.value", "/FAL2/1"), ("fal.bill.missing", "/FAL2/0/IMO0022"), ("value.count", "/FAL2/2/IMO0028"),
        ("fal.person.name", "/FAL5/0/IMO0105"),
    ]  # fmt: skip


def test_unknown_numbers_are_kept_where_a_form_has_room_and_told() -> None:
    found = one(FAL3={"IMO9999": "x"}, FAL5=[{**VEGA, "IMO9998": "y"}])
    assert found.statements[0].values[0].code == "IMO9999"  # type: ignore[union-attr]
    assert told(found) == [
        ("fal.number.unknown", "/FAL3/IMO9999"),
        ("fal.number.unknown", "/FAL5/0/IMO9998"),
    ]


def test_unknown_keys_are_told_with_their_pointer() -> None:
    assert told(one(**{"a/b": 1, "FAL3": {"stock": []}})) == [
        ("fal.key.unknown", "/a~1b"),
        ("fal.key.unknown", "/FAL3/stock"),
    ]


def test_a_number_given_twice_is_told_and_the_first_stands() -> None:
    (found,) = sent(b'{"IMO0142": "A", "IMO0142": "B"}')
    assert isinstance(found, Message)
    assert told(found) == [("fal.duplicate", "/IMO0142")]
    assert found.statements[0].voyage.conveyance.name == "A"  # type: ignore[union-attr]


def test_damage_costs_its_own_call_and_names_its_byte() -> None:
    first, last = json.dumps(SHIP), json.dumps({**SHIP, "IMO0191": "0413W"})
    found = sent(f'[\n{first},\n{{"IMO0140": oops}},\n{last}\n]'.encode())
    assert [isinstance(each, Message) and each.refused for each in found] == [False, True, False]
    assert found[1].offset == len(first) + 4


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[]",
        b"{",
        b"\xff\xfe",
        b"[" * 100_000,
        b"7",
        b'{"IMO0140": ' + b"[" * 5000,
        b"{}",
        b"null",
    ],
)
def test_what_is_no_filing_states_nothing(data: bytes) -> None:
    found = sent(data)
    assert found
    assert not [each for each in found if isinstance(each, Message) and each.statements]


def test_half_characters_and_control_codes_are_left_out_and_told() -> None:
    (found,) = sent(b'{"IMO0142": "A\\ud800B\\u0000"}')
    assert isinstance(found, Message)
    assert found.statements[0].voyage.conveyance.name == "AB"  # type: ignore[union-attr]
    assert "fal.text.characters" in dict(told(found))


def test_a_long_name_in_every_bill_refuses_the_message() -> None:
    bills = [{"IMO0170": str(number)} for number in range(400)]
    found = one(IMO0144="x", IMO0136="9" * 30_000, FAL2=bills)
    assert found.refused
    assert not found.statements


@given(st.integers(0, 2**32))
@settings(max_examples=120, deadline=None)
def test_a_mutated_file_is_read_or_refused_and_never_raises(seed: int) -> None:
    rng = random.Random(seed)
    data = WRITTEN
    for _ in range(rng.randrange(1, 5)):
        at = rng.randrange(len(data))
        token = rng.choice(
            [b"", b'"', b"{", b"]", b",", b"\xff", b"IMO0098", b"null", b"1e999", b"[[", b"true"]
        )
        data = data[:at] + token + data[at + rng.randrange(40) :]
    sound(list(json_layout.read(io.BytesIO(data))))


@given(st.integers(0, 10_000))
@settings(max_examples=60, deadline=None)
def test_a_cut_file_never_raises(at: int) -> None:
    sound(sent(WRITTEN[: at % len(WRITTEN)]))


def sound(items: list[Message | Defect]) -> None:
    """Every statement has a key and survives its JSON text; a refused message states nothing."""
    for item in items:
        if isinstance(item, Message):
            assert not (item.refused and item.statements)
            for each in item.statements:
                assert isinstance(natural_key(each), str)
                assert decode_body(encode_body(each)) == each


WRITTEN = json_layout.write(pre_arrival())


@pytest.mark.parametrize(
    ("head", "ours"),
    [
        (b'{"IMO0140": "9999993"', True), (b'\xef\xbb\xbf[\n {"FAL5": [', True), (b'{"MDH":{}}', True),
        (b'{"id": "IMO0140"', False), (b'{"IMO140": 1}', False), (b"[]", False), (b'{"FAL8": 1}', False),
    ],
)  # fmt: skip
def test_json_is_taken_by_its_first_key(head: bytes, ours: bool) -> None:
    assert json_layout.sniff(head, "x.json") is ours


# -- workbooks ------------------------------------------------------------------------------------

CAPTIONS = [
    [
        "Family name",
        "Given name(s)",
        "Nationality",
        "Date of Birth",
        "Number of Identity Document",
        "Shoe size",
    ]
]


def test_captions_of_the_paper_form_are_understood() -> None:
    page = [["Crew list"], *CAPTIONS, ["VEGA", "ANA", "Panama", dt.date(1988, 2, 3), "PA0099", 38]]
    found = opened(
        book(Ship=[["IMO0140", 9999993], ["Ship name", "NORTHREACH PIONEER"]], Crew_List=page)
    )
    (person,) = found.statements
    assert isinstance(person, Traveller)
    assert (person.nationality, person.birth_date, person.documents[0].number) == (
        "PAN",
        "1988-02-03",
        "PA0099",
    )
    assert told(found) == [("fal.heading.unknown", "Crew List!F2")]


def test_a_bad_cell_is_named_by_sheet_and_cell_and_costs_itself() -> None:
    page = [["IMO0170", "IMO0028"], ["B1", 2.5], [None, 4], ["B2", 4]]
    found = opened(book(FAL_2_Cargo=page))
    assert [each.bill for each in found.statements] == ["B1", "B2"]  # type: ignore[union-attr]
    assert told(found) == [
        ("value.count", "FAL 2 Cargo!B2"),
        ("fal.bill.missing", "FAL 2 Cargo!B3"),
    ]


def test_a_formula_is_never_computed_and_is_told() -> None:
    found = opened(book(FAL_2_Cargo=[["IMO0170", "IMO0024"], ["B1", "=6*7"]]))
    assert [code for code, _ in told(found)] == ["xlsx.formula", "value.number"]
    assert found.statements[0].goods == ()  # type: ignore[union-attr]


def test_a_sheet_of_no_form_is_left_out_and_told() -> None:
    found = opened(book(FAL_3=[["IMO0123", 2]], Notes=[["x", 1]]))
    assert told(found) == [("fal.sheet.unknown", "Notes")]
    assert len(found.statements) == 1


def test_lists_of_one_form_are_told_apart_by_their_headings() -> None:
    page = [
        ["IMO0127", "IMO0124"],
        ["ECGYE", "2026-03-01"],
        ["IMO0162", "IMO0166"],
        ["Bunkering", "2026-03-02"],
    ]
    said = opened(book(Security=page)).statements[0]
    assert isinstance(said, ShipDeclaration)
    assert [(item.code, item.name) for item in said.items] == [("ECGYE", ""), ("", "Bunkering")]


@pytest.mark.parametrize(
    "data", [b"", b"no zip", book(Prices=[["a", 1]]), b"PK\x03\x04" + b"x" * 50]
)
def test_what_is_no_fal_workbook_is_refused_whole(data: bytes) -> None:
    (found,) = xlsx_layout.read(io.BytesIO(data))
    assert isinstance(found, Defect)
    assert found.severity is Severity.FATAL


def test_a_workbook_of_a_spreadsheet_program_is_known_when_its_list_of_sheets_stands_early() -> (
    None
):
    def arranged(data: bytes) -> bytes:
        """The archive as Excel orders it, packed."""
        out = io.BytesIO()
        first = ["[Content_Types].xml", "_rels/.rels", "xl/workbook.xml"]
        with (
            zipfile.ZipFile(io.BytesIO(data)) as old,
            zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new,
        ):
            for name in [*first, *(each for each in old.namelist() if each not in first)]:
                new.writestr(name, old.read(name))
        return out.getvalue()

    lists = {"Crew List": [["x"]], "Passenger List": [["x"]]}
    assert xlsx_layout.sniff(arranged(book(**lists))[:4096], "")
    assert xlsx_layout.sniff(arranged(book(FAL_5=[["x"]]))[:4096], "")
    assert not xlsx_layout.sniff(arranged(book(Passengers=[["x"]]))[:4096], "")
    assert not xlsx_layout.sniff(arranged(book(Prices=[["x"]]))[:4096], "")
    assert xlsx_reader.sniff(arranged(book(FAL_5=[["x"]]))[:4096], "f.xlsx")


@given(st.binary(max_size=300))
@settings(max_examples=60, deadline=None)
def test_sniffing_never_raises(tail: bytes) -> None:
    for head in (tail, b"PK\x03\x04" + tail, WRITTEN[:40] + tail):
        assert json_layout.sniff(head, "") in (True, False)
        assert xlsx_layout.sniff(head, "") in (True, False)


def test_a_cell_that_begins_with_an_equals_sign_is_text_when_we_write_it() -> None:
    goods = PAINT.goods[0]
    message = Message(
        format="made",
        offset=0,
        length=0,
        statements=(
            CALL,
            type(PAINT)(carrier="NRLN", bill="=1+1", voyage=CALL.voyage, goods=(goods,)),
        ),
    )
    data = xlsx_writing.write(message)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert not [name for name in archive.namelist() if b"<f>" in archive.read(name)]


def test_a_workbook_with_more_rows_than_the_limit_is_refused() -> None:
    from esclusa.errors import LimitError

    with pytest.raises(LimitError, match="rows"):
        list(
            xlsx_layout.read(
                io.BytesIO(book(FAL_5=[["IMO0098", "IMO0100"]] * 9)), limits=Limits(rows=5)
            )
        )
