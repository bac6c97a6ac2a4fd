"""Tables as delimited text: rows with their bytes, mappings, values, guesses."""

from __future__ import annotations

import csv
import io
import tracemalloc
from itertools import islice
from pathlib import Path
from typing import BinaryIO, cast

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from esclusa.errors import FormatError, LimitError
from esclusa.formats import Limits, open_file
from esclusa.formats.lists.own_list import read_own_list
from esclusa.formats.tabular import convert
from esclusa.formats.tabular.csv_reader import read, sniff
from esclusa.formats.tabular.dialect import Dialect, guess_encoding
from esclusa.formats.tabular.dialect import sniff as sniff_dialect
from esclusa.formats.tabular.fields import fields, headings, plain
from esclusa.formats.tabular.guess import guess_mapping
from esclusa.formats.tabular.mapping import Column, Mapping, check, dump_mapping, load_mapping
from esclusa.formats.tabular.rows import Row, read_rows
from esclusa.model import (
    Alias,
    Consignment,
    Defect,
    Identifier,
    ListEntry,
    Message,
    Place,
    Seal,
    Severity,
    Statement,
    Traveller,
)

DATA = Path(__file__).parents[1] / "data" / "tabular"
MANIFEST = (DATA / "manifiesto.csv").read_bytes()
MAPPING = load_mapping((DATA / "mapping.toml").read_bytes(), file="mapping.toml")
SMALL = Mapping(
    id="small",
    target="consignment",
    columns={
        "bl": "bill",
        "box": "equipment.number",
        "kg": "goods.gross_mass_kg",
        "what": "goods.description",
        "from": "load_port",
        "shipper": "parties.shipper.name",
        "eta": "arrival",
    },
    constants={"carrier": "MRSL"},
)
HEAD = b"bl,box,kg,what,from,shipper,eta\n"


def read_all(
    data: bytes, mapping: Mapping | None = SMALL, limits: Limits | None = None
) -> list[Message | Defect]:
    return list(read(io.BytesIO(data), file="t.csv", mapping=mapping, limits=limits or Limits()))


def messages(items: list[Message | Defect]) -> list[Message]:
    return [item for item in items if isinstance(item, Message)]


def said(message: Message) -> Statement:
    (made,) = message.statements
    return made


def bills(items: list[Message | Defect]) -> list[Consignment]:
    made = [said(m) for m in messages(items) if not m.refused]
    assert all(isinstance(each, Consignment) for each in made)
    return made  # type: ignore[return-value]


def rows(data: bytes, dialect: Dialect | None = None, **limits: int) -> list[Row | Defect]:
    how = dialect or sniff_dialect(data[:4096])
    return list(read_rows(io.BytesIO(data), how, limits=Limits(**limits)))


def cells(data: bytes) -> list[tuple[str, ...]]:
    return [row.cells for row in rows(data) if isinstance(row, Row)]


# --- rows -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("encoding", "mark"),
    [
        ("utf-8", b""), ("utf-8", b"\xef\xbb\xbf"), ("cp1252", b""), ("utf-16-le", b"\xff\xfe"),
        ("utf-16-be", b"\xfe\xff"), ("utf-16-le", b""), ("utf-16-be", b""),
    ],
)  # fmt: skip
@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_encoding_and_separator_are_found_out(encoding: str, mark: bytes, separator: str) -> None:
    table = [("carga", "peso, neto"), ("piña", "1"), ("café\nmolido", "2")]
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=separator).writerows(table)
    assert cells(mark + text.getvalue().encode(encoding)) == table


def test_a_line_feed_inside_a_wide_character_ends_no_line() -> None:
    assert cells("a\tĊ\nb\t☊\n".encode("utf-16-be")) == [("a", "Ċ"), ("b", "☊")]


def test_line_ends_of_old_macintosh_files_are_known() -> None:
    assert cells(b"a;b\r1;2\r3;4") == [("a", "b"), ("1", "2"), ("3", "4")]


def test_each_row_carries_its_own_bytes() -> None:
    data = b'a,b\r\n1,"x\r\ny"\r\n\r\n2,z'
    found = [row for row in rows(data) if isinstance(row, Row)]
    assert [data[r.offset : r.offset + r.length] for r in found] == [
        b"a,b\r\n", b'1,"x\r\ny"\r\n', b"2,z",
    ]  # fmt: skip


def test_an_open_quote_costs_its_own_line_only() -> None:
    found = rows(b'a,b\n1,"open\n2,x\n3,y\n')
    assert [row.cells for row in found if isinstance(row, Row)] == [
        ("a", "b"), (), ("2", "x"), ("3", "y"),
    ]  # fmt: skip
    broken = found[1]
    assert isinstance(broken, Row)
    assert (broken.offset, broken.defects[0].severity) == (4, Severity.FATAL)


def test_a_line_in_another_encoding_is_read_and_flagged_at_its_byte() -> None:
    found = rows(b"a,b\npi\xf1a,1\n", Dialect(encoding="utf-8"))
    assert isinstance(found[1], Row)
    assert found[1].cells == ("piña", "1")
    assert (found[1].defects[0].code, found[1].defects[0].offset) == ("csv.encoding", 6)


def test_nul_bytes_are_left_out_and_flagged() -> None:
    found = rows(b"a,b\n1\x00,2\n", Dialect())
    assert isinstance(found[1], Row)
    assert found[1].cells == ("1", "2")
    assert found[1].defects[0].code == "csv.nul"


def test_a_row_of_ten_megabytes_is_skipped_and_the_next_is_read() -> None:
    huge = b"1," + b"x" * 10_000_000 + b"\n"
    found = rows(b"a,b\n" + huge + b"2,y\n")
    assert [row.cells for row in found if isinstance(row, Row)] == [("a", "b"), (), ("2", "y")]
    assert (found[1].offset, found[1].length) == (4, len(huge))


def test_a_file_of_open_quotes_is_refused_once_its_lines_were_read_again_too_often() -> None:
    with pytest.raises(LimitError, match="the rest is not read") as refusal:
        rows(b"a,b\n" + b'b","\n' * 200_000, Dialect())
    assert (refusal.value.offset or 0) < 100_000


def test_too_many_columns_cost_the_row_too_many_rows_the_file() -> None:
    found = rows(b"a,b\n1,2,3,4\n5,6\n", columns=3)
    assert isinstance(found[1], Row)
    assert found[1].defects[0].reason == "row 2: 4 cells, at most 3 expected"
    with pytest.raises(LimitError, match="more than 2 rows"):
        rows(b"a\n1\n2\n", Dialect(), rows=2)
    with pytest.raises(LimitError, match="larger than 4 bytes"):
        rows(b"a\n1\n2\n", Dialect(), file_bytes=4)


@given(st.lists(st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\0\r\x1a")),
                         min_size=2, max_size=4), min_size=1, max_size=6))  # fmt: skip
def test_what_rfc_4180_writes_is_read_back(table: list[list[str]]) -> None:
    text = io.StringIO(newline="")
    csv.writer(text, quoting=csv.QUOTE_ALL).writerows(table)
    found = rows(text.getvalue().encode(), Dialect())
    assert [list(row.cells) for row in found if isinstance(row, Row)] == table
    assert not any(row.defects for row in found if isinstance(row, Row))


@given(st.binary(max_size=400))
def test_any_bytes_give_rows_that_lie_one_behind_the_other(data: bytes) -> None:
    end = 0
    for row in rows(data):
        assert row.offset >= end
        end = row.offset + row.length
    assert end <= len(data)


def test_encodings_without_evidence_are_utf_8() -> None:
    assert guess_encoding(b"") == "utf-8"
    assert guess_encoding("ñ".encode()[:1]) == "utf-8"
    assert guess_encoding(b"pi\xf1a,") == "cp1252"


# --- mapping files --------------------------------------------------------------------------------


def test_a_mapping_survives_writing_and_reading() -> None:
    assert load_mapping(dump_mapping(MAPPING)) == MAPPING


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("{", "not a mapping"),
        ("id = ", "not a mapping"),
        ("\xff", "not a mapping"),
        ('{"id":"x","target":"cargo","columns":{}}', "cargo"),
        ('{"id":"x","target":"consignment","columns":{},"colour":1}', "colour"),
        ('{"id":"x","target":"consignment","columns":{"A":"billl"}}', "no field 'billl'"),
        ('{"id":"x","target":"consignment","columns":{"A":"carrier"}}', "fills 'bill'"),
        ('{"id":"x","target":"list_entry","columns":{"A":"uid"}}', "'name|document.number'"),
        ('{"id":"x","target":"consignment","columns":{"A":"bill"},"header_row":0}', "position"),
        ('{"id":"x","target":"consignment","columns":{"A":"bill"},"encoding":"klingon"}', "klingon"),
        ('{"id":"x","target":"consignment","columns":{"A":"bill"},"separator":";;"}', "separator"),
        ('{"id":"x","target":"consignment","columns":{"A":{"field":"bill","cut":1}}}', "cut"),
        ('{"id":"x","target":"consignment","columns":{"A":"bill"},"constants":{"issued":"soon"}}',
         "'soon'"),
    ],
)  # fmt: skip
def test_a_wrong_mapping_file_is_refused_with_its_reason(text: str, reason: str) -> None:
    with pytest.raises(FormatError, match="m.json") as caught:
        load_mapping(text.encode("latin-1"), file="m.json")
    assert reason in str(caught.value)


def test_the_whole_name_may_stand_for_the_surname() -> None:
    assert not check(Mapping(id="x", target="traveller", columns={"Pax": "name"}))


def test_every_field_has_a_kind_that_can_be_read_and_names_in_both_languages() -> None:
    for target in fields().targets.values():
        for field in target.fields.values():
            assert field.kind in convert.KINDS
            assert field.en
            assert field.es
            assert all(plain(synonym) == synonym for synonym in field.synonyms)


def test_every_field_can_be_filled_from_its_english_heading() -> None:
    for name, target in fields().targets.items():
        for path, field in target.fields.items():
            assert path in headings(name)[plain(field.en)]


def test_the_manual_names_every_field_and_every_key() -> None:
    manual = (Path(__file__).parents[2] / "docs" / "mapping-files.md").read_text("utf-8")
    keys = [*Mapping.__struct_fields__, *Column.__struct_fields__]
    paths = [path for target in fields().targets.values() for path in target.fields]
    assert [word for word in (*keys, *paths) if f"`{word}`" not in manual] == []


def test_the_example_in_the_manual_can_be_loaded() -> None:
    manual = (Path(__file__).parents[2] / "docs" / "mapping-files.md").read_text("utf-8")
    example = manual.partition("```toml\n")[2].partition("```")[0]
    assert load_mapping(example.encode()).id == "altamira-manifest"


# --- values ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "decimal", "value"),
    [
        ("1234.5", ".", 1234.5), ("1,234.5", ".", 1234.5), ("1,234", ".", 1234.0),
        ("1.234,50", ",", 1234.5), ("1.234.567", ",", 1234567.0), ("12,5", ",", 12.5),
        ("1 234,5", ",", 1234.5), ("1'234.5", ".", 1234.5), ("-3", ".", -3.0), (".5", ".", 0.5),
        ("1\u00a0234,5", ",", 1234.5), ("1,234", ",", 1.234),
    ],
)  # fmt: skip
def test_numbers(text: str, decimal: str, value: float) -> None:
    assert convert.number(text, convert.Style(decimal)) == value


@pytest.mark.parametrize(
    "text", ["", "abc", "1,5", "1.2.3", "nan", "inf", "1e9", "٣", "=1+1", "12 34"]
)
def test_what_is_no_number_is_not_taken_for_one(text: str) -> None:
    with pytest.raises(ValueError, match="number"):
        convert.number(text, convert.Style("."))


def test_a_mass_may_name_kilograms_and_no_other_unit() -> None:
    assert convert.mass("1,200 KGS", convert.Style(".")) == 1200
    with pytest.raises(ValueError, match="number"):
        convert.mass("26,455 LB", convert.Style("."))


@pytest.mark.parametrize(
    ("text", "order", "date"),
    [
        ("2026-03-04", "dmy", "2026-03-04"), ("03/04/2026", "dmy", "2026-04-03"),
        ("03/04/2026", "mdy", "2026-03-04"), ("3.4.26", "dmy", "2026-04-03"),
        ("20260304", "ymd", "2026-03-04"), ("4-mar-2026", "ymd", "2026-03-04"),
        ("4 marzo 2026", "ymd", "2026-03-04"), ("2026/3/4", "ymd", "2026-03-04"),
    ],
)  # fmt: skip
def test_dates(text: str, order: str, date: str) -> None:
    assert convert.date(text, convert.Style(".", order)) == date


@pytest.mark.parametrize("text", ["", "31/02/2026", "13/13/2026", "yesterday", "2026", "20261301"])
def test_what_is_no_date_is_not_taken_for_one(text: str) -> None:
    with pytest.raises(ValueError, match="is not a"):
        convert.date(text, convert.Style(".", "dmy"))


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-03-01 22:15", "2026-03-01T22:15"), ("2026-03-01T22:15:30Z", "2026-03-01T22:15:30Z"),
        ("2026-03-01T22:15-05:00", "2026-03-01T22:15-05:00"), ("2026-03-01", "2026-03-01"),
    ],
)  # fmt: skip
def test_moments_keep_the_zone_only_when_it_is_written(text: str, moment: str) -> None:
    assert convert.moment(text, convert.Style()) == moment


def test_births_may_be_partial_and_two_digit_years_lie_in_the_past() -> None:
    day_first = convert.Style(".", "dmy")
    assert convert.birth_date("1971", day_first) == "1971"
    assert convert.birth_date("may 1971", day_first) == "1971-05"
    assert convert.birth_date("12/05/71", day_first) == "1971-05-12"
    assert convert.birth_date("12/05/12", day_first) == "2012-05-12"


def test_places_are_codes_only_when_the_list_has_them() -> None:
    style = convert.Style()
    assert convert.place("paonx", style) == Place(code="PAONX", scheme="unlocode")
    assert convert.place("PA ONX - Colón", style) == Place(
        code="PAONX", name="Colón", scheme="unlocode"
    )
    assert convert.place("Rotterdam", style) == Place(name="Rotterdam")
    assert convert.place("QQZZZ", style) == Place(name="QQZZZ")
    assert convert.travel_place("pty", style) == Place(code="PTY", scheme="iata")


def test_codes_keep_their_leading_zeros() -> None:
    assert convert.code(" 0071 a", convert.Style()) == "0071 A"
    assert convert.hs("0803.90.10", convert.Style()) == "08039010"


@given(st.text(max_size=40), st.sampled_from(sorted(convert.KINDS)), st.sampled_from(".,"))
def test_any_text_is_a_value_or_a_value_error(text: str, kind: str, decimal: str) -> None:
    try:
        convert.KINDS[kind](text, convert.Style(decimal, "dmy"))
    except ValueError as error:
        assert str(error)


# --- consignments ---------------------------------------------------------------------------------


def test_rows_with_one_bill_that_follow_each_other_are_one_consignment() -> None:
    first, second = bills(read_all(MANIFEST, MAPPING))
    assert (first.carrier, first.bill) == ("ALTM", "MRSL001")
    assert [g.gross_mass_kg for g in first.goods] == [21600.5, 10800.0, 100.0]
    assert [g.sequence for g in first.goods] == [1, 2, 3]
    assert first.goods[1].description == 'Plátano "macho" en cajas'
    assert [g.hs_code for g in first.goods] == ["080390", "080390", ""]
    assert first.goods[0].equipment == ("CSQU3054383",)
    assert [e.number for e in first.equipment] == ["CSQU3054383", "MSKU1234565", "MSKU1234560"]
    assert first.equipment[0].seals == (Seal(number="A1"), Seal(number="A2"))
    assert [p.role for p in first.parties] == ["shipper", "consignee"]
    assert first.load_port == Place(code="PAONX", scheme="unlocode")
    assert second.discharge_port == Place(name="Rotterdam")


def test_a_message_spans_the_bytes_of_all_its_rows() -> None:
    first, second = messages(read_all(MANIFEST, MAPPING))
    assert MANIFEST[first.offset :].startswith(b"MRSL001")
    assert first.offset + first.length == second.offset
    assert second.offset + second.length == len(MANIFEST)
    assert first.reference == "MRSL001"


def test_a_container_number_that_fails_its_check_digit_is_kept_and_flagged() -> None:
    (first, _) = messages(read_all(MANIFEST, MAPPING))
    made = said(first)
    assert isinstance(made, Consignment)
    assert [e.number_valid for e in made.equipment] == [True, True, False]
    flagged = [d for d in first.defects if d.code == "value.container"]
    assert "its check digit is 5 (ISO 6346)" in flagged[0].reason
    assert MANIFEST[flagged[0].offset :].startswith(b";;;;;;MSKU1234560")


def test_a_row_without_a_bill_belongs_to_the_one_above_and_says_so() -> None:
    (first, _) = messages(read_all(MANIFEST, MAPPING))
    assert "table.bill.continued" in {d.code for d in first.defects}
    strict = msgspec.structs.replace(MAPPING, blank_continues=False)
    assert [m.refused for m in messages(read_all(MANIFEST, strict))] == [False, True, False]


def test_a_value_that_cannot_be_read_is_an_error_at_its_row_and_left_out() -> None:
    (_, second) = messages(read_all(MANIFEST, MAPPING))
    (defect,) = second.defects
    assert (defect.severity, defect.segment) == (Severity.ERROR, "goods.gross_mass_kg")
    assert defect.reason == "row 6: 'abc' for goods.gross_mass_kg is not a number"
    assert MANIFEST[defect.offset :].startswith(b"MRSL002")
    made = said(second)
    assert isinstance(made, Consignment)
    assert made.goods[0].gross_mass_kg is None


def test_a_formula_is_the_text_it_is() -> None:
    (first, _) = bills(read_all(MANIFEST, MAPPING))
    assert first.goods[2].description == "=cmd|'/c calc'!A0"


def test_a_contradiction_between_rows_is_named_and_the_first_value_kept() -> None:
    message = messages(read_all(HEAD + b"B1,,,x,PAONX,Ana,\nB1,,,y,PABLB,,\n"))[0]
    made = said(message)
    assert isinstance(made, Consignment)
    assert made.load_port.code == "PAONX"
    assert [p.name for p in made.parties] == ["Ana"]
    assert [d.reason for d in message.defects] == [
        "row 3: load_port differs from an earlier row of the same bill"
    ]


def test_a_bill_that_comes_again_further_down_is_flagged() -> None:
    found = messages(read_all(HEAD + b"B1,,,x,,,\nB2,,,y,,,\nB1,,,z,,,\n"))
    assert [[d.code for d in m.defects] for m in found] == [[], [], ["table.bill.repeated"]]


def test_one_container_on_several_rows_is_one_unit() -> None:
    (made,) = bills(read_all(HEAD + b"B1,CSQU3054383,1,x,,,\nB1,csqu 305438-3,2,y,,,\n"))
    assert [e.number for e in made.equipment] == ["CSQU3054383"]
    assert len(made.goods) == 2


def test_a_row_without_any_bill_is_refused_and_the_next_is_read() -> None:
    found = messages(read_all(HEAD + b",,,x,,,\nB1,,,y,,,\n"))
    assert [m.refused for m in found] == [True, False]
    assert (found[0].offset, found[0].length) == (len(HEAD), 8)


def test_ragged_rows_are_flagged_and_read() -> None:
    found = messages(read_all(HEAD + b"B1,,5\nB2,,6,x,,,,extra\nB3,,7,x,,,,\n"))
    assert [[d.code for d in m.defects] for m in found] == [
        ["table.ragged"], ["table.ragged"], [],
    ]  # fmt: skip
    assert found[0].defects[0].reason == "row 2 has 3 cells, the header has 7"


def test_a_broken_row_goes_to_quarantine_between_good_ones() -> None:
    data = HEAD + b'B1,,1,x,,,\nB2,,1,"x,,,\nB3,,1,x,,,\n'
    found = messages(read_all(data))
    assert sorted(m.offset for m in found if not m.refused) == [len(HEAD), len(HEAD) + 23]
    (broken,) = [m for m in found if m.refused]
    assert data[broken.offset :].startswith(b"B2")


def test_a_file_cut_in_half_keeps_the_rows_before_the_cut() -> None:
    data = HEAD + b"B1,,1,x,,,\n" + b'B2,,1,"long text'
    found = messages(read_all(data))
    assert sorted(m.refused for m in found) == [False, True]


def test_a_scale_turns_tonnes_into_kilograms() -> None:
    tonnes = msgspec.structs.replace(
        SMALL, columns={"bl": "bill", "kg": Column(field="goods.gross_mass_kg", scale=1000)}
    )
    (made,) = bills(read_all(HEAD + b"B1,,21.5,x,,,\n", tonnes))
    assert made.goods[0].gross_mass_kg == 21500


def test_columns_may_be_named_by_position() -> None:
    bare = Mapping(
        id="bare", target="consignment", header_row=0, columns={"#2": "bill", "#1": "carrier"},
        separator=",",
    )  # fmt: skip
    (made,) = bills(read_all(b"MRSL,B1\n", bare))
    assert (made.carrier, made.bill) == ("MRSL", "B1")


def test_a_constant_gives_way_to_a_column() -> None:
    both = msgspec.structs.replace(
        SMALL, columns={"bl": "bill", "box": "carrier"}, constants={"carrier": "MRSL"}
    )
    made = bills(read_all(HEAD + b"B1,ALTM,,,,,\nB2,,,,,,\n", both))
    assert [each.carrier for each in made] == ["ALTM", "MRSL"]


def test_a_missing_column_is_a_warning_a_missing_bill_column_ends_the_reading() -> None:
    found = read_all(b"bl,what\nB1,x\n")
    assert {d.severity for d in found if isinstance(d, Defect)} == {Severity.WARNING}
    assert len(bills(found)) == 1
    lost = read_all(b"b l no,what\nB1,x\n")
    assert not messages(lost)
    assert isinstance(lost[-1], Defect)
    assert lost[-1].severity is Severity.FATAL
    assert "no column for bill that mapping small names" in lost[-1].reason


def test_a_mapping_made_in_code_is_checked_like_a_file() -> None:
    wrong = msgspec.structs.replace(SMALL, encoding="klingon")
    (defect,) = read_all(HEAD + b"B1,,,,,,\n", wrong)
    assert isinstance(defect, Defect)
    assert (defect.code, defect.severity) == ("table.mapping", Severity.FATAL)
    assert "'klingon' is not known" in defect.reason


def test_repeated_headings_are_told_and_the_first_column_is_read() -> None:
    found = read_all(b"bl,kg,kg\nB1,5,7\n")
    told = [d for d in found if isinstance(d, Defect) and d.code == "table.heading.repeated"]
    assert len(told) == 1
    assert bills(found)[0].goods[0].gross_mass_kg == 5


def test_a_table_without_carrier_says_that_bills_go_by_number_alone() -> None:
    found = read_all(HEAD + b"B1,,,,,,\n", msgspec.structs.replace(SMALL, constants={}))
    assert "table.carrier" in {d.code for d in found if isinstance(d, Defect)}


def test_defects_of_a_message_are_bounded() -> None:
    data = HEAD + b"B1,,abc,x,,,soon\n" * 50
    (message,) = messages(read_all(data, limits=Limits(defects_per_message=10)))
    assert len(message.defects) == 11
    assert message.defects[-1].code == "table.defects.unlisted"


def test_an_empty_file_and_an_empty_table_say_so() -> None:
    (defect,) = read_all(b"", None)
    assert isinstance(defect, Defect)
    assert (defect.severity, defect.reason) == (Severity.FATAL, "the table is empty")
    assert not messages(read_all(HEAD))


class Endless(io.RawIOBase):
    """A table that goes on, each row another bill, without being held anywhere."""

    def __init__(self, rows: int) -> None:
        self._rows = iter(range(rows))
        self._head = HEAD

    def read(self, size: int = -1) -> bytes:
        head, self._head = self._head, b""
        return head + b"".join(b"B%d,,1,x,,,\n" % n for n in islice(self._rows, 1_000))


def test_memory_does_not_grow_with_the_table() -> None:
    peaks = []
    for rows_in_all in (4_000, 40_000):
        tracemalloc.start()
        items = read(cast(BinaryIO, Endless(rows_in_all)), mapping=SMALL)
        assert sum(isinstance(item, Message) for item in items) == rows_in_all
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < peaks[0] + 36_000 * 150  # the numbers of bills already seen, no more


# --- list entries and travellers ------------------------------------------------------------------


def test_an_own_watchlist_goes_by_the_id_of_its_owner() -> None:
    with open_file(DATA / "own_watchlist.csv") as stream:
        items = list(read_own_list(stream, "marisol-watch", file="own_watchlist.csv"))
    made = [said(m) for m in messages(items)]
    person = made[0]
    assert isinstance(person, ListEntry)
    assert (person.list_id, person.uid, person.type) == ("marisol-watch", "W-1", "person")
    assert person.aliases == (Alias(name="V. Marrone"), Alias(name="El Pardo"))
    assert person.birth_dates == ("1971-05-12",)
    assert person.nationalities == ("PA",)
    assert person.identifiers == (Identifier(scheme="passport", value="P0000171"),)
    ship, firm = made[1:]
    assert isinstance(ship, ListEntry)
    assert isinstance(firm, ListEntry)
    assert ship.identifiers == (Identifier(scheme="imo", value="9074729", valid=True),)
    assert (firm.type, firm.nationalities) == ("organisation", ("Northreach",))


def test_an_own_list_is_never_read_with_a_mapping_for_something_else() -> None:
    with open_file(DATA / "own_watchlist.csv") as stream, pytest.raises(FormatError):
        list(read_own_list(stream, "x", mapping=SMALL))


def test_an_entry_without_id_is_known_by_its_name_and_birth_in_any_order_of_rows() -> None:
    entry = Mapping(id="l", target="list_entry", columns={"n": "name", "b": "birth_date"})
    lines = [b"Ana,1971\n", b"Ana,1980\n", b"Eva,\n"]
    uids = [
        {m.reference for m in messages(read_all(b"n,b\n" + b"".join(order), entry))}
        for order in (lines, lines[::-1])
    ]
    assert uids[0] == uids[1] == {"ANA/1971", "ANA/1980", "EVA"}


def test_a_document_alone_is_an_entry_of_its_own() -> None:
    found = read_all(b"number,issuer,type,status\nPT1234567,PAN,passport,stolen\n", None)
    made = said(messages(found)[0])
    assert isinstance(made, ListEntry)
    assert (made.type, made.name, made.uid) == ("document", "PT1234567", "PA/PT1234567")
    assert made.identifiers == (Identifier(scheme="passport", value="PT1234567", country="PA"),)
    assert made.programs == ("stolen",)


def test_a_list_row_that_names_nobody_is_refused_alone() -> None:
    entry = Mapping(id="l", target="list_entry", columns={"n": "name", "u": "uid"})
    assert [m.refused for m in messages(read_all(b"u,n\n1,\n2,Ana\n", entry))] == [True, False]


def test_travellers_with_document_and_flight() -> None:
    found = read_all((DATA / "pax.tsv").read_bytes(), None)
    first, second = (said(m) for m in messages(found))
    assert isinstance(first, Traveller)
    assert isinstance(second, Traveller)
    assert (first.surname, first.given_names, first.gender) == ("MARRONE", "VELASCO", "M")
    assert (first.journey.carrier, first.journey.number) == ("AM", "218")
    assert first.journey.departure == "2026-03-01T22:15"
    assert first.journey.departure_place == Place(code="PTY", scheme="iata")
    assert first.documents[0].number == "P0000171"
    assert (second.nationality, second.documents[0].number) == ("COL", "00012345")


@pytest.mark.parametrize(
    ("name", "surname", "given"),
    [("PÉREZ, ANA", "PÉREZ", "ANA"), ("PEREZ/ANA MARIA", "PEREZ", "ANA MARIA"), ("ANA", "ANA", "")],
)
def test_a_whole_name_is_cut_where_the_sender_cut_it(name: str, surname: str, given: str) -> None:
    whole = Mapping(id="t", target="traveller", columns={"pax": "name"}, separator=";")
    made = said(messages(read_all(f"pax;x\n{name};\n".encode(), whole))[0])
    assert isinstance(made, Traveller)
    assert (made.surname, made.given_names) == (surname, given)


# --- guessing -------------------------------------------------------------------------------------


def test_a_guess_is_said_once_as_a_bare_note() -> None:
    found = read_all(MANIFEST, None)
    notes = [d for d in found if isinstance(d, Defect)]
    assert [(d.code, d.severity) for d in notes] == [("table.guessed", Severity.NOTE)]
    assert len(bills(found)) == 2


def test_spanish_headings_below_a_title_are_found() -> None:
    proposal = guess_mapping(MANIFEST, "manifiesto.csv")
    assert proposal.mapping is not None
    assert (proposal.mapping.header_row, proposal.mapping.decimal) == (2, ",")
    assert {g.column: g.field for g in proposal.columns} == {
        "No. B/L": "bill",
        "Naviera": "carrier",
        "Embarcador": "parties.shipper.name",
        "Consignatario": "parties.consignee.name",
        "Puerto de embarque": "load_port",
        "Puerto de descarga": "discharge_port",
        "Contenedor": "equipment.number",
        "Precintos": "equipment.seals",
        "Descripción de la mercancía": "goods.description",
        "Partida arancelaria": "goods.hs_code",
        "Bultos": "goods.packages",
        "Peso Bruto (kg)": "goods.gross_mass_kg",
    }
    assert proposal.unmapped == ()
    assert proposal.columns[0].samples == ("MRSL001", "MRSL001", "MRSL002")


def test_a_guess_reads_the_same_as_the_mapping_it_proposes() -> None:
    proposal = guess_mapping(MANIFEST, "t.csv")
    kept = load_mapping(dump_mapping(proposal.mapping))  # type: ignore[arg-type]
    assert bills(read_all(MANIFEST, kept)) == bills(read_all(MANIFEST, None))


def test_columns_without_a_known_heading_are_named_by_their_check_digits() -> None:
    data = b"BL,XYZ,Q\nB1,CSQU3054383,a\nB2,MSKU1234565,b\n"
    proposal = guess_mapping(data)
    assert [(g.column, g.field) for g in proposal.columns] == [
        ("BL", "bill"), ("XYZ", "equipment.number"),
    ]  # fmt: skip
    assert proposal.unmapped == ("Q",)
    assert proposal.columns[1].confidence < proposal.columns[0].confidence


def test_loading_and_discharge_never_pass_for_each_other() -> None:
    proposal = guess_mapping(b"BL,POL,POD\nB1,PAONX,NLRTM\n")
    assert {g.column: g.field for g in proposal.columns} == {
        "BL": "bill", "POL": "load_port", "POD": "discharge_port",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("dates", "order"),
    [(("13/01/2026",), "dmy"), (("01/13/2026",), "mdy"), (("01/02/2026",), "dmy"),
     (("2026-01-13",), "ymd")],
)  # fmt: skip
def test_the_order_of_dates_is_told_by_days_past_twelve(dates: tuple[str, ...], order: str) -> None:
    data = "BL;ETA\n" + "".join(f"B{i};{date}\n" for i, date in enumerate(dates))
    mapping = guess_mapping(data.encode()).mapping
    assert mapping is not None
    assert mapping.date_order == order


@pytest.mark.parametrize(
    ("numbers", "decimal"),
    [(("1.234,50", "7,5"), ","), (("1,234.50", "7.5"), "."), (("1.234", "12.000"), ","),
     (("12.5",), "."), (("12",), ".")],
)  # fmt: skip
def test_the_decimal_mark_is_told_by_what_makes_sense(
    numbers: tuple[str, ...], decimal: str
) -> None:
    data = "BL;Gross weight\n" + "".join(f"B{i};{n}\n" for i, n in enumerate(numbers))
    mapping = guess_mapping(data.encode()).mapping
    assert mapping is not None
    assert mapping.decimal == decimal


def test_what_cannot_be_guessed_is_one_fatal_defect_that_asks_for_a_mapping() -> None:
    (defect,) = read_all(b"colour,shape\nred,round\n", None)
    assert isinstance(defect, Defect)
    assert (defect.code, defect.severity) == ("table.unknown", Severity.FATAL)
    assert "a mapping file is needed" in defect.reason


@pytest.mark.parametrize(
    ("head", "name", "mine"),
    [
        (b"a,b\n1,2\n", "x.csv", True), (b"a,b\n1,2\n", "download", True),
        (b"a,b\n1\n2,3,4\n", "download", False), (b"a,b", "x.csv", True),
        (b"", "x.csv", False), (b"\x00\x01\x02,\x03", "x.csv", False),
        (b"<a>,</a>", "x.csv", False), (b'{"a":1,"b":2}', "x.txt", False),
        ("a;ñ\n1;2\n".encode("utf-16"), "x.csv", True),
    ],
)  # fmt: skip
def test_only_text_in_columns_is_taken_for_a_table(head: bytes, name: str, mine: bool) -> None:
    assert sniff(head, name) is mine


@given(st.binary(max_size=500))
def test_any_bytes_are_sniffed_and_read_without_an_exception(data: bytes) -> None:
    sniff(data, "x.csv")
    for mapping in (None, SMALL, MAPPING):
        for item in read_all(data, mapping):
            assert item.offset >= 0
            assert isinstance(item, Defect) or item.refused is not bool(item.statements)


@given(st.lists(st.lists(st.text(max_size=12), min_size=7, max_size=7), max_size=6))
def test_any_cells_are_read_without_an_exception(table: list[list[str]]) -> None:
    text = io.StringIO(newline="")
    csv.writer(text).writerows(table)
    for message in messages(read_all(HEAD + text.getvalue().encode("utf-8", "replace"))):
        assert message.refused is not bool(message.statements)
