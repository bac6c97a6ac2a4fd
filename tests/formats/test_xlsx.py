"""Workbooks: cells as text, what a dangerous archive is refused for, what is left alone."""

from __future__ import annotations

import datetime as dt
import io
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook

from esclusa.casework.sentences import translated
from esclusa.errors import FormatError, LimitError
from esclusa.formats import Limits, open_file
from esclusa.formats.lists.own_list import read_own_list
from esclusa.formats.tabular.archive import check_workbook
from esclusa.formats.tabular.mapping import Mapping
from esclusa.formats.tabular.sheet import cell_text
from esclusa.formats.tabular.xlsx_reader import propose, read, sniff
from esclusa.model import Consignment, Defect, ListEntry, Message, Severity

HEAD = ["BL No.", "Carrier", "Container", "Seal", "Goods", "Gross weight", "ETA"]
ROW = ["B1", "MRSL", "CSQU3054383", "007", "Bananas", 21600.5, dt.datetime(2026, 3, 4)]
CASE = [HEAD, ROW, [None, None, "MSKU1234565", "0", "Coffee", 10, None]]


def book(rows: list[list[object]], *, title: str = "Manifest") -> bytes:
    made = Workbook()
    sheet = made.active
    assert sheet is not None
    sheet.title = title
    for row in rows:
        sheet.append(row)
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


def rewritten(data: bytes, change: Callable[[str, bytes], bytes | None], **extra: bytes) -> bytes:
    """Return the archive with each part changed, or left out for None, and ``extra`` parts added."""
    out = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(data)) as old,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for name in old.namelist():
            part = change(name, old.read(name))
            if part is not None:
                new.writestr(name, part)
        for name, part in extra.items():
            new.writestr(name.replace("__", "/"), part)
    return out.getvalue()


def unchanged(name: str, part: bytes) -> bytes:
    return part


def read_all(
    data: bytes, mapping: Mapping | None = None, limits: Limits | None = None
) -> list[Message | Defect]:
    return list(read(io.BytesIO(data), file="m.xlsx", mapping=mapping, limits=limits or Limits()))


def bills(items: list[Message | Defect]) -> list[Consignment]:
    made = [s for m in items if isinstance(m, Message) for s in m.statements]
    assert all(isinstance(each, Consignment) for each in made)
    return made  # type: ignore[return-value]


def refusal(data: bytes, limits: Limits | None = None) -> str:
    (defect,) = read_all(data, limits=limits)
    assert isinstance(defect, Defect)
    assert (defect.code, defect.severity) == ("xlsx.refused", Severity.FATAL)
    return defect.reason


def test_a_workbook_is_read_like_a_table() -> None:
    items = read_all(book(CASE))
    assert isinstance(items[0], Defect)
    assert items[0].code == "table.guessed"
    (made,) = bills(items)
    assert (made.carrier, made.bill, made.arrival) == ("MRSL", "B1", "2026-03-04")
    assert [g.gross_mass_kg for g in made.goods] == [21600.5, 10.0]
    assert [s.number for e in made.equipment for s in e.seals] == ["007", "0"]


def test_messages_and_defects_name_sheet_and_row_since_rows_have_no_bytes() -> None:
    items = read_all(book([HEAD, ["B1", "M", "", "", "", "heavy", None], [None], ["B2", "M"]]))
    first, second = (m for m in items if isinstance(m, Message))
    assert (first.offset, first.length, first.reference) == (2, 0, "Manifest row 2")
    assert (second.offset, second.reference) == (4, "Manifest row 4")
    (defect,) = [d for d in first.defects if d.code == "table.value"]
    assert defect.offset == 0
    assert defect.reason.startswith("Manifest row 2: 'heavy' for goods.gross_mass_kg")


def test_a_formula_is_text_and_flagged_never_computed() -> None:
    row = ["B1", "M", "", "", '=HYPERLINK("http://192.0.2.1")', "=1+1", None]
    items = read_all(book([HEAD, row]))
    (message,) = [m for m in items if isinstance(m, Message)]
    (made,) = bills(items)
    assert made.goods[0].description == '=HYPERLINK("http://192.0.2.1")'
    assert made.goods[0].gross_mass_kg is None
    assert "xlsx.formula" in {d.code for d in message.defects}


@pytest.mark.parametrize(
    ("value", "decimal", "text"),
    [
        (None, ".", ""), ("007", ".", "007"), (7, ".", "7"), (7.0, ".", "7"), (7.25, ",", "7,25"),
        (True, ".", "TRUE"), (dt.datetime(2026, 3, 4), ".", "2026-03-04"),
        (dt.datetime(2026, 3, 4, 22, 15), ".", "2026-03-04T22:15"), (dt.date(2026, 3, 4), ".", "2026-03-04"),
        (dt.time(9, 5), ".", "09:05:00"), (1e20, ".", "1e+20"),
    ],
)  # fmt: skip
def test_cells_as_text(value: object, decimal: str, text: str) -> None:
    assert cell_text(value, decimal) == text


@pytest.mark.parametrize("decimal", [".", ","])
def test_a_true_number_is_the_same_number_whatever_the_mapping_says(decimal: str) -> None:
    how = Mapping(
        id="x", target="consignment", decimal=decimal,  # type: ignore[arg-type]
        columns={"BL No.": "bill", "Gross weight": "goods.gross_mass_kg"},
    )  # fmt: skip
    rows: list[list[object]] = [["BL No.", "Gross weight"], ["B1", 1.234], ["B2", 1234.5]]
    assert [b.goods[0].gross_mass_kg for b in bills(read_all(book(rows), how))] == [1.234, 1234.5]


def test_a_sheet_is_chosen_by_name_and_a_missing_one_refused() -> None:
    made = Workbook()
    made.create_sheet("Cargo").append(["BL No."])
    made["Cargo"].append(["B9"])
    out = io.BytesIO()
    made.save(out)
    by_name = Mapping(id="x", target="consignment", columns={"BL No.": "bill"}, sheet="Cargo")
    assert [b.bill for b in bills(read_all(out.getvalue(), by_name))] == ["B9"]
    other = Mapping(id="x", target="consignment", columns={"BL No.": "bill"}, sheet="None")
    (defect,) = read_all(out.getvalue(), other)
    assert isinstance(defect, Defect)
    assert defect.reason == "workbook has no sheet 'None'"


def test_merged_cells_leave_their_rows_with_the_bill_above() -> None:
    made = Workbook()
    sheet = made.active
    assert sheet is not None
    for row in ([*HEAD], ["B1", "M", "CSQU3054383"], ["B1", "M", "MSKU1234565"]):
        sheet.append(row)
    sheet.merge_cells("A2:A3")
    out = io.BytesIO()
    made.save(out)
    (bill,) = bills(read_all(out.getvalue()))
    assert [e.number for e in bill.equipment] == ["CSQU3054383", "MSKU1234565"]


def test_an_own_list_may_be_a_workbook(tmp_path: Path) -> None:
    path = tmp_path / "list.xlsx"
    path.write_bytes(book([["id", "name", "DOB"], ["W-1", "Velasco Marrone", 1971]]))
    with open_file(path) as stream:
        items = list(read_own_list(stream, "marisol", file=path.name))
    (made,) = [s for m in items if isinstance(m, Message) for s in m.statements]
    assert isinstance(made, ListEntry)
    assert (made.list_id, made.uid, made.birth_dates) == ("marisol", "W-1", ("1971",))


def test_a_proposal_for_a_workbook() -> None:
    proposal = propose(io.BytesIO(book(CASE)), file="m.xlsx")
    assert proposal.mapping is not None
    assert [g.field for g in proposal.columns] == [
        "bill", "carrier", "equipment.number", "equipment.seals", "goods.description",
        "goods.gross_mass_kg", "arrival",
    ]  # fmt: skip


# --- archives -------------------------------------------------------------------------------------


def test_a_part_that_unpacks_too_far_is_refused_before_it_is_unpacked() -> None:
    bomb = rewritten(book(CASE), unchanged, xl__media__zeros=b"\0" * 5_000_000)
    with pytest.raises(LimitError, match="more than 200 times its size"):
        read_all(bomb)


def test_the_sum_of_all_parts_is_bounded() -> None:
    with pytest.raises(LimitError, match="workbook unpacks to"):
        read_all(book(CASE), limits=Limits(archive_bytes=10_000))


def test_the_number_of_parts_is_bounded() -> None:
    many = rewritten(book(CASE), unchanged, **{f"p{i}": b"" for i in range(10_001)})
    with pytest.raises(LimitError, match="parts, at most 10,000"):
        read_all(many)


def test_a_packed_file_past_the_limit_is_refused_while_it_comes_in() -> None:
    with pytest.raises(LimitError, match="larger than"):
        read_all(book(CASE), limits=Limits(file_bytes=1_000))


@pytest.mark.parametrize("part", ["xl/worksheets/sheet1.xml", "xl/workbook.xml", "xl/styles.xml"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_part_with_an_entity_bomb_is_refused(part: str, encoding: str) -> None:
    bomb = '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><sst>&b;</sst>'.encode(encoding)
    data = rewritten(book(CASE), lambda name, old: bomb if name == part else old)
    assert "declares a document type" in refusal(data)


def test_shared_strings_are_read_and_an_entity_bomb_in_them_is_refused() -> None:
    strings = "".join(f"<si><t>{text}</t></si>" for text in ("BL No.", "Seal", "B1", "007"))
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    table = f'<sst xmlns="{main}">{strings}</sst>'
    cells = [f'<c r="{at}" t="s"><v>{i}</v></c>' for i, at in enumerate(("A1", "B1", "A2", "B2"))]
    sheet = (
        f'<worksheet xmlns="{main}"><sheetData><row r="1">{"".join(cells[:2])}</row>'
        f'<row r="2">{"".join(cells[2:])}</row></sheetData></worksheet>'
    )
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"

    def shared(name: str, part: bytes) -> bytes:
        if name == "[Content_Types].xml":
            entry = f'<Override PartName="/xl/sharedStrings.xml" ContentType="{kind}"/></Types>'
            return part.replace(b"</Types>", entry.encode())
        return sheet.encode() if name.endswith("sheet1.xml") else part

    how = Mapping(id="x", target="consignment", columns={"BL No.": "bill", "Seal": "documents"})
    good = rewritten(book(CASE), shared, **{"xl__sharedStrings.xml": table.encode()})
    (made,) = bills(read_all(good, how))
    assert (made.bill, made.documents) == ("B1", ("007",))
    bomb = b'<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>' + table.encode()
    assert "declares a document type" in refusal(
        rewritten(book(CASE), shared, **{"xl__sharedStrings.xml": bomb})
    )


def test_an_external_entity_in_a_sheet_is_refused() -> None:
    def poisoned(name: str, part: bytes) -> bytes:
        if name != "xl/worksheets/sheet1.xml":
            return part
        return part.replace(
            b"<worksheet", b'<!DOCTYPE w [<!ENTITY x SYSTEM "file:///etc/passwd">]><worksheet', 1
        )

    assert "declares a document type" in refusal(rewritten(book(CASE), poisoned))


@pytest.mark.parametrize(
    "name", ["../evil.xml", "/evil.xml", "xl/../../evil.xml", "xl\\evil.xml", "C:evil.xml"]
)
def test_names_that_point_out_of_the_archive_are_refused(name: str) -> None:
    data = rewritten(book(CASE), unchanged, **{name: b"<a/>"})
    assert refusal(data) == "a part of the workbook has a name outside the archive"


def test_two_parts_of_one_name_are_refused() -> None:
    data = rewritten(book(CASE), unchanged, **{"XL__workbook.xml": b"<a/>"})
    assert refusal(data) == "two parts of the workbook have one name"


def test_an_encrypted_part_is_refused() -> None:
    data = bytearray(book(CASE))
    at = data.index(b"PK\x01\x02")
    flags = struct.unpack_from("<H", data, at + 8)[0]
    struct.pack_into("<H", data, at + 8, flags | 1)
    assert refusal(bytes(data)) == "workbook is encrypted; save it without a password"


def test_older_workbooks_and_passwords_are_told_apart_from_damage() -> None:
    assert "save it as XLSX" in refusal(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600)
    assert refusal(b"text") == "is not an XLSX workbook"
    assert refusal(b"") == "file is empty"


def test_another_zip_archive_is_told_so() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("readme.txt", "x")
    assert "no XLSX workbook; unpack it first" in refusal(out.getvalue())


@pytest.mark.parametrize("part", [0.2, 0.5, 0.9, 0.99])
def test_a_workbook_cut_short_is_one_fatal_defect(part: float) -> None:
    data = book(CASE)
    assert refusal(data[: int(len(data) * part)]).startswith("damaged zip archive")


def test_of_a_long_name_that_a_damaged_workbook_quotes_the_beginning_is_told() -> None:
    """The directory names a part with sixty thousand letters, and the part itself another."""
    held = io.BytesIO(book(CASE))
    with zipfile.ZipFile(held, "a") as archive:
        archive.writestr("q" * 60_000, "x")
    data = held.getvalue().replace(b"q" * 60_000, b"Q" * 60_000, 1)
    said = refusal(data)
    assert said.startswith("damaged zip archive: File name in directory 'qqq")
    assert said.endswith("q…") and len(said) < 200
    assert translated(said).startswith("archivo zip dañado: «File name in directory 'qqq")


def test_a_missing_sheet_part_is_one_fatal_defect() -> None:
    data = rewritten(
        book(CASE), lambda name, part: None if name.startswith("xl/worksheets/") else part
    )
    assert "workbook" in refusal(data)


def test_macros_and_links_to_other_files_are_left_alone_and_told() -> None:
    data = rewritten(
        book(CASE), unchanged,
        **{"xl__vbaProject.bin": b"x", "xl__externalLinks__externalLink1.xml": b"<a/>"},
    )  # fmt: skip
    items = read_all(data)
    notes = [d for d in items if isinstance(d, Defect) and d.code == "xlsx.left_alone"]
    assert [n.severity for n in notes] == [Severity.NOTE, Severity.NOTE]
    assert len(bills(items)) == 1


def test_a_row_number_out_of_all_bounds_costs_its_row_alone() -> None:
    def far(name: str, part: bytes) -> bytes:
        return part.replace(b'<row r="2"', b'<row r="99999999999"') if "sheet1" in name else part

    items = read_all(rewritten(book([HEAD, ROW, ["B2", "M"]]), far))
    (refused,) = [item for item in items if isinstance(item, Message) and item.refused]
    assert refused.defects[0].reason == "row number 99,999,999,999 is above 1,048,576"
    assert [bill.bill for bill in bills(items)] == ["B2"]


def test_too_many_columns_cost_the_row() -> None:
    wide: list[object] = ["B2", *range(1_200)]
    items = read_all(book([HEAD, ROW, wide, ["B3", "M"]]))
    refused = [m for m in items if isinstance(m, Message) and m.refused]
    assert len(refused) == 1
    assert (refused[0].offset, refused[0].reference) == (3, "Manifest row 3")
    assert sorted(b.bill for b in bills(items)) == ["B1", "B3"]


def test_the_check_gives_notes_and_raises_for_the_rest() -> None:
    assert check_workbook(io.BytesIO(book(CASE)), file="m.xlsx", limits=Limits()) == []
    with pytest.raises(FormatError, match=r"m\.xlsx: damaged zip archive"):
        check_workbook(io.BytesIO(b"PK\x03\x04"), file="m.xlsx", limits=Limits())


def test_a_workbook_is_recognised_by_its_parts_or_its_name() -> None:
    assert sniff(book(CASE)[:4096], "download")
    assert sniff(b"PK\x03\x04...", "a.xlsx")
    assert not sniff(b"PK\x03\x04...", "a.zip")
    assert not sniff(b"BL,x\n", "a.xlsx")


SHAPE = book(CASE)


@given(st.binary(min_size=1, max_size=30), st.integers(0, len(SHAPE)))
def test_a_damaged_workbook_is_read_without_an_exception(junk: bytes, at: int) -> None:
    for item in read_all(SHAPE[:at] + junk + SHAPE[at + len(junk) :]):
        assert isinstance(item, Message | Defect)


@given(
    st.text(max_size=60),
    st.sampled_from(["sheet1.xml", "workbook.xml", "workbook.xml.rels", "styles.xml"]),
)
def test_a_damaged_part_is_read_without_an_exception(junk: str, where: str) -> None:
    def damaged(name: str, part: bytes) -> bytes:
        if not name.endswith(where):
            return part
        at = len(junk) * 37 % len(part)
        return part[:at] + junk.encode("utf-8", "replace") + part[at:]

    for item in read_all(rewritten(SHAPE, damaged)):
        assert isinstance(item, Message | Defect)
