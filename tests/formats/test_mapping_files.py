"""Mapping files from the proposal to the table that is read with them."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook

from esclusa.errors import FormatError, InputError, LimitError, UnknownFormat
from esclusa.formats import open_stream, propose, read_file, table_of
from esclusa.formats.registry import fitting
from esclusa.formats.tabular import csv_reader, xlsx_reader
from esclusa.formats.tabular.convert import KINDS, Style
from esclusa.formats.tabular.fields import fields
from esclusa.formats.tabular.guess import guess_mapping
from esclusa.formats.tabular.mapping import (
    MAPPING_BYTES,
    NOTHING,
    Column,
    Mapping,
    check,
    load_mapping,
)
from esclusa.formats.tabular.writing import mapping_toml, proposal_toml
from esclusa.model import Consignment, Defect, Message

DATA = Path(__file__).parents[1] / "data" / "tabular"
EXPORTS = (DATA / "exportacion.csv").read_bytes()
RIGHT = load_mapping((DATA / "exportacion.toml").read_bytes(), file="exportacion.toml")
SMALL = Mapping(id="small", target="consignment", columns={"BL": "bill", "Peso": "goods.value"})

NAMES = ["BL", "No. B/L", "Contenedor", "Precintos", "Peso bruto", "ETA", "Embarcador", "Nombre",
         "Pasaporte", "DOB", "Apellidos", "id", "alias", "Observaciones", "#2", "=1+1"]  # fmt: skip
CELLS = ["B1", "CSQU3054383", "A1/A2", "1.234,50", "12.5", "03/04/2026", "2026-03-04", "Ana",
         "Altamira S.A.", "P0000171", "", "-", "x;y"]  # fmt: skip
HEADINGS = st.one_of(st.sampled_from(NAMES), st.text(max_size=8))
HEADS = st.one_of(
    st.lists(HEADINGS, min_size=2, max_size=7),
    st.lists(HEADINGS, min_size=1, max_size=6).map(lambda head: ["BL", *head]),
)
TABLES = HEADS.flatmap(
    lambda head: st.lists(
        st.lists(st.sampled_from(CELLS), min_size=len(head), max_size=len(head)), max_size=5
    ).map(lambda body: [head, *body])
)


def as_csv(table: list[list[str]], separator: str = ";") -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=separator).writerows(table)
    return text.getvalue().encode("utf-8", "replace")


def as_xlsx(table: list[list[Any]], title: str = "Sheet") -> bytes:
    book = Workbook()
    assert book.active is not None
    book.active.title = title
    for row in table:
        book.active.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def read(data: bytes, mapping: Mapping | None = None, reader: Any = csv_reader) -> list[Any]:
    return list(reader.read(io.BytesIO(data), file="t.csv", mapping=mapping))


def without_the_note(items: list[Message | Defect]) -> list[Message | Defect]:
    return [item for item in items if not isinstance(item, Defect) or item.code != "table.guessed"]


def bills(items: list[Any]) -> list[Consignment]:
    found = [said for item in items if isinstance(item, Message) for said in item.statements]
    assert all(isinstance(said, Consignment) for said in found)
    return found


# --- a proposal is the guess, written down --------------------------------------------------------


def proposal_reads_as_the_guess(data: bytes, reader: Any) -> None:
    proposal = reader.propose(io.BytesIO(data), file="t.csv")
    if proposal.mapping is None:
        return
    kept = load_mapping(proposal_toml(proposal, "t.csv").encode())
    assert kept == proposal.mapping
    assert read(data, kept, reader) == without_the_note(read(data, None, reader))


@given(TABLES, st.sampled_from(",;\t|"))
def test_a_proposal_read_back_gives_what_the_guess_gives(
    table: list[list[str]], separator: str
) -> None:
    proposal_reads_as_the_guess(as_csv(table, separator), csv_reader)


@given(st.binary(max_size=300))
def test_a_proposal_for_any_bytes_is_none_or_can_be_kept(data: bytes) -> None:
    proposal_reads_as_the_guess(b"BL;Peso bruto;" + data, csv_reader)


CLEAN = st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "Z")), max_size=8)


@given(st.lists(st.one_of(st.sampled_from(NAMES), CLEAN), min_size=2, max_size=6),
       st.lists(st.lists(st.sampled_from([*CELLS, 7, 12.5, None]), max_size=6), max_size=4))  # fmt: skip
@settings(max_examples=40)
def test_a_proposal_for_a_workbook_gives_what_the_guess_gives(
    head: list[str], body: list[list[Any]]
) -> None:
    proposal_reads_as_the_guess(as_xlsx([head, *body]), xlsx_reader)


@pytest.mark.parametrize(
    "name", ["manifiesto.csv", "own_watchlist.csv", "pax.tsv", "exportacion.csv"]
)
def test_the_proposal_for_each_sample_table_gives_what_the_guess_gives(name: str) -> None:
    proposal_reads_as_the_guess((DATA / name).read_bytes(), csv_reader)


def test_a_proposal_names_the_columns_left_out_ready_to_be_filled_in() -> None:
    text = proposal_toml(guess_mapping(EXPORTS, "exportación.csv"), "exportación.csv")
    assert '"Peso bruto" = "goods.gross_mass_kg"  # confidence 0.' in text
    assert '# "Cliente" = ""\n' in text
    filled = text.replace('# "Cliente" = ""', '"Cliente" = "parties.consignee.name"')
    mapping = load_mapping(filled.encode())
    assert mapping.id == "exportacion"
    assert mapping.columns["Cliente"] == "parties.consignee.name"


def test_a_proposal_quotes_headings_and_no_cell() -> None:
    text = proposal_toml(guess_mapping(EXPORTS, "exportacion.csv"), "exportacion.csv")
    cells = [cell for row in csv.reader(EXPORTS.decode("cp1252").splitlines()[3:], delimiter=";")
             for cell in row if cell]  # fmt: skip
    assert [cell for cell in cells if f'"{cell}"' in text or f" {cell}" in text] == []


def test_repeated_and_odd_headings_are_named_by_position() -> None:
    proposal = guess_mapping(b"BL;Box;Box;#1\nB1;CSQU3054383;MSKU1234565;CSQU3054383\n")
    assert proposal.mapping is not None
    assert set(proposal.mapping.columns) == {"BL", "#2", "#3", "#4"}
    assert [e.number for e in bills(read(b"BL;#1\nB1;CSQU3054383\n"))[0].equipment] == [
        "CSQU3054383"
    ]


def test_there_is_no_text_for_what_cannot_be_guessed() -> None:
    with pytest.raises(ValueError, match="no mapping"):
        proposal_toml(guess_mapping(b"colour;shape\nred;round\n"), "t.csv")


KEYS = st.one_of(st.text(min_size=1, max_size=10), st.integers(1, 99).map(lambda n: f"#{n}"))
PATHS = st.sampled_from(sorted(fields().targets["consignment"].fields))
PRINTED = st.text(st.characters(codec="utf-8", min_codepoint=32), max_size=9)
RULES = st.one_of(
    PATHS,
    st.builds(Column, field=PATHS, split=st.text(max_size=2), scale=st.floats(1e-9, 1e9)),
)


@given(
    st.builds(
        Mapping,
        id=st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", fullmatch=True),
        target=st.just("consignment"),
        columns=st.dictionaries(KEYS, RULES, max_size=5).map(lambda some: {**some, "BL": "bill"}),
        title=st.text(max_size=20),
        constants=st.dictionaries(st.sampled_from(["carrier", "goods.marks"]), PRINTED),
        header_row=st.integers(1, 1000),
        separator=st.sampled_from(["", ",", ";", "\t", "^", "\x7f"]),
        decimal=st.sampled_from(".,"),
        date_order=st.sampled_from(["ymd", "dmy", "mdy"]),
        nothing=st.one_of(st.just(NOTHING), st.tuples(st.text(max_size=3), st.text(max_size=3))),
        sheet=st.text(max_size=5),
        list_id=st.text(max_size=5),
        blank_continues=st.booleans(),
    )
)
def test_every_mapping_survives_being_written_as_toml(mapping: Mapping) -> None:
    assert load_mapping(mapping_toml(mapping).encode()) == mapping


# --- a wrong guess, corrected ---------------------------------------------------------------------


def test_a_mapping_corrects_what_a_guess_gets_wrong_in_a_spanish_table() -> None:
    """Tonnes taken for kilograms, two columns not known, seals not cut: the file decides."""
    guessed, right = bills(read(EXPORTS)), bills(read(EXPORTS, RIGHT))
    assert [b.goods[0].gross_mass_kg for b in guessed[:2]] == [21.6, 1.25]
    assert [b.goods[0].gross_mass_kg for b in right[:2]] == [21600.0, 1250.0]
    assert {p.role for b in guessed for p in b.parties} == {"shipper"}
    assert [p.name for p in right[1].parties if p.role == "consignee"] == ["Café Alto Mirador S.A."]
    assert [s.number for s in guessed[0].equipment[0].seals] == ["A1-A2"]
    assert [s.number for s in right[0].equipment[0].seals] == ["A1", "A2"]
    assert right[0].goods[0].description == "Plátano verde"
    assert {(b.carrier, b.departure[:7]) for b in right} == {("ALTM", "2026-09")}


def test_the_same_table_as_a_workbook_is_read_with_the_same_mapping() -> None:
    rows = list(csv.reader(EXPORTS.decode("cp1252").splitlines(), delimiter=";"))
    assert bills(read(as_xlsx(rows), RIGHT, xlsx_reader)) == bills(read(EXPORTS, RIGHT))


# --- what a mapping may say -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"id": "two words"}, "id has at most 64 letters"), ({"id": ""}, "id has"),
        ({"id": "x" * 65}, "id has"), ({"id": "../x"}, "id has"), ({"id": "a@b"}, "id has"),
        ({"header_row": -1}, "header_row is a number from 0 to 1,000"),
        ({"header_row": 1001}, "header_row"), ({"encoding": "base64"}, "'base64' is not known"),
        ({"encoding": "idna"}, "not known"), ({"encoding": "utf-32"}, "not known"),
        ({"encoding": "undefined"}, "not known"), ({"encoding": "unicode_escape"}, "not known"), ({"encoding": "x\0"}, "not known"),
        ({"constants": {"goods.marks": "a\0b"}}, "constant for goods.marks holds a control"),
        ({"constants": {"carrier": "A\x1b[31m"}}, "control character"),
        ({"header_row": 0, "columns": {"#²": "bill"}}, "position"),
        ({"header_row": 0, "columns": {"#0": "bill"}}, "position"),
        ({"header_row": 0, "columns": {"#" + "9" * 5000: "bill"}}, "position"),
        *(
            ({"columns": {"A": "bill", "B": Column(field="goods.value", scale=scale)}}, "scale of")
            for scale in (0.0, -1.0, 1e300, float("inf"), float("nan"))
        ),
    ],
)  # fmt: skip
def test_a_value_that_makes_no_sense_is_named(change: dict[str, Any], reason: str) -> None:
    faults = check(msgspec.structs.replace(SMALL, **change))
    assert any(reason in fault for fault in faults), faults


def test_a_mapping_that_is_too_large_is_refused() -> None:
    with pytest.raises(LimitError, match="at most 131,072 bytes"):
        load_mapping(b"#" * (MAPPING_BYTES + 1))


@pytest.mark.parametrize("data", [b"[" * 100_000, b"a=" + b"[" * 50_000, b'{"a":' * 25_000])
def test_a_mapping_nested_too_deeply_is_refused(data: bytes) -> None:
    with pytest.raises(FormatError, match="not a mapping"):
        load_mapping(data)


def test_a_column_named_by_an_odd_digit_is_a_heading_that_is_missing() -> None:
    mapping = msgspec.structs.replace(SMALL, columns={"BL": "bill", "#²": "goods.value"})
    assert len(bills(read(b"BL,x\nB1,2\n", mapping))) == 1


def test_a_heading_of_marks_alone_is_not_taken_for_a_blank_one() -> None:
    mapping = msgspec.structs.replace(SMALL, columns={"BL": "bill", "***": "goods.marks"})
    assert bills(read(b"BL,\nB1,secret\n", mapping))[0].goods == ()


def test_a_blank_cell_is_never_a_value() -> None:
    mapping = msgspec.structs.replace(SMALL, nothing=("none",))
    (message,) = [m for m in read(b"BL,Peso\nB1,\n", mapping) if isinstance(m, Message)]
    assert message.defects == ()


ENCODINGS = ["", "utf-8", "utf-16", "utf-16-be", "cp1252", "cp037", "utf-7", "gbk", "shift_jis",
             "unicode_escape", "iso2022_jp", "hz"]  # fmt: skip


@given(
    st.binary(max_size=200),
    st.sampled_from(ENCODINGS),
    st.dictionaries(st.sampled_from(["BL", "x", "#1", "#7", "#²"]), RULES, max_size=4),
    st.integers(0, 4),
    st.sampled_from(["", ";", "^", "\0"]),
)
def test_a_mapping_that_passes_the_check_reads_any_bytes_without_an_exception(
    data: bytes, encoding: str, columns: dict[str, Any], header_row: int, separator: str
) -> None:
    mapping = Mapping(
        id="x", target="consignment", columns={**columns, "#2": "bill"}, encoding=encoding,
        header_row=header_row, separator=separator,
    )  # fmt: skip
    if check(mapping):
        return
    head = "BL;x\n1;2\n".encode(encoding or "utf-8", "replace")
    for item in read(head + data, mapping):
        assert isinstance(item, Message | Defect)


def test_every_kind_reads_a_scaled_value_that_can_be_stored() -> None:
    """The largest number a cell may hold, scaled as far as a mapping may: still no infinity."""
    value = KINDS["number"]("9" * 18, Style()) * 1e9
    assert msgspec.json.decode(msgspec.json.encode(value)) == value


# --- which mapping fits a table -------------------------------------------------------------------


def fit(data: bytes, *mappings: Mapping, reader: Any = csv_reader) -> list[str]:
    return [m.id for m in reader.fitting(io.BytesIO(data), mappings, file="t")]


def named(*headings: str, **more: Any) -> Mapping:
    columns = dict.fromkeys(headings, "goods.marks")
    return Mapping(id=more.pop("id", "m"), target="consignment", columns=columns, **more)


@pytest.mark.parametrize(
    ("mapping", "fits"),
    [
        (named("BL", "Peso"), True), (named("bl", "PESO:"), True), (named("BL"), True),
        (named("BL", "Peso", "Bultos"), False), (named("BL", "#9"), True), (named("#1"), False),
        (named("#1", header_row=0), False), (named("BL", header_row=2), False),
        (named("BL", separator="^"), False), (named("B1", "5", header_row=2), True),
        (named("BL", encoding="utf-16"), False),
    ],
)  # fmt: skip
def test_a_mapping_fits_a_table_that_has_all_of_its_headings(mapping: Mapping, fits: bool) -> None:
    assert fit(b"BL;Peso;Nota\nB1;5;x\n", mapping) == (["m"] if fits else [])
    if not mapping.separator and not mapping.encoding:
        rows = [["BL", "Peso", "Nota"], ["B1", "5", "x"]]
        assert fit(as_xlsx(rows), mapping, reader=xlsx_reader) == (["m"] if fits else [])


def test_a_heading_below_a_title_and_in_another_encoding_is_found() -> None:
    assert fit(EXPORTS, RIGHT, SMALL) == [RIGHT.id]


def test_a_workbooks_sheet_must_be_there_to_fit() -> None:
    data = as_xlsx([["BL", "Peso"]], title="Carga")
    here, gone = named("BL", id="here", sheet="Carga"), named("BL", id="gone", sheet="Otra")
    assert fit(data, gone, here, named("BL"), reader=xlsx_reader) == ["here", "m"]


@given(st.binary(max_size=200))
def test_fitting_any_bytes_raises_only_what_it_says(data: bytes) -> None:
    fit(data, SMALL, RIGHT)
    with pytest.raises(InputError):
        fit(b"PK\x03\x04" + data, SMALL, reader=xlsx_reader)


def test_what_is_no_table_fits_nothing() -> None:
    def found(data: bytes, name: str) -> tuple[Mapping, ...]:
        return fitting(open_stream(io.BytesIO(data), name), name, [SMALL])

    assert found(b"UNA:+.? 'UNB+UNOC:3+A+B+261123:1200+I1'", "m.edi") == ()
    with pytest.raises(UnknownFormat):
        found(b"%PDF-1.7", "m.pdf")


# --- which files a mapping may be named for -------------------------------------------------------


@pytest.mark.parametrize(
    ("head", "name", "format_id"),
    [
        (b"a;b\n1;2\n", "x.csv", "tabular.csv"), (b"BL\nB1\nB2\n", "x.csv", "tabular.csv"),
        (b"BL^Peso\nB1^5\n", "x.txt", "tabular.csv"), (as_xlsx([["a"]])[:4096], "x", "tabular.xlsx"),
        (b"UNA:+.? 'UNB+UNOC:3+A+B+261123:1200+I1'", "x.edi", ""), (b"%PDF-1.7", "x.csv", ""),
        (b'{"a": 1}', "x.json", ""), (b"", "x.csv", ""), (b"\0\1\2", "x.csv", ""),
    ],
)  # fmt: skip
def test_a_mapping_is_for_tables_and_for_text_that_only_it_can_cut(
    head: bytes, name: str, format_id: str
) -> None:
    found = table_of(head, name)
    assert (found.id if found else "") == format_id


def test_a_separator_that_only_the_mapping_knows_is_read(tmp_path: Path) -> None:
    path = tmp_path / "odd.txt"
    path.write_bytes(b"BL^Peso\nB1^5\nB2^6\n")
    mapping = msgspec.structs.replace(SMALL, separator="^")
    assert [b.bill for b in bills(list(read_file(path, mapping=mapping)))] == ["B1", "B2"]


def test_a_mapping_for_what_is_no_table_is_an_error_that_says_what_it_is(tmp_path: Path) -> None:
    path = tmp_path / "m.edi"
    path.write_bytes(b"UNA:+.? 'UNB+UNOC:3+A+B+261123:1200+I1'UNZ+0+I1'")
    with pytest.raises(FormatError, match="a mapping reads tables; this is UN/EDIFACT"):
        list(read_file(path, mapping=SMALL))
    with pytest.raises(FormatError, match="this is a PDF document"):
        propose(open_stream(io.BytesIO(b"%PDF-1.7"), "m.csv"), "m.csv")
