"""Registers of owners as tables: long, wide and both; what is doubtful, and what is refused."""

from __future__ import annotations

import io
from typing import Any

import msgspec
import pytest
from openpyxl import Workbook

import owner_worlds
from esclusa.formats.stix.objects import title
from esclusa.formats.tabular import csv_reader, xlsx_reader
from esclusa.formats.tabular.convert import KINDS, Style
from esclusa.formats.tabular.mapping import Column, Mapping, load_mapping
from esclusa.model import Ownership, Severity, natural_key

SHIPS = load_mapping(owner_worlds.MAPPING)
FIRMS = load_mapping(owner_worlds.FIRMS_MAPPING)


def read(data: bytes, mapping: Any) -> tuple[list[Ownership], list[tuple[str, Severity]]]:
    found = list(csv_reader.read(io.BytesIO(data), file="t.csv", mapping=mapping))
    said = [one for message in found for one in getattr(message, "statements", ())]
    return said, [
        (d.code, d.severity) for message in found for d in getattr(message, "defects", ())
    ]


def test_a_wide_row_states_each_capacity_with_its_own_number_and_first_day() -> None:
    said, defects = read(owner_worlds.SHIPS, SHIPS)
    assert defects == []
    assert [(one.ship.name, one.owner.role, one.owner.name, one.held_from) for one in said] == [
        ("NORTHREACH STAR", "ism_company", "ALTAMIRA SHIP MANAGEMENT LTD", ""),
        ("NORTHREACH STAR", "manager", "ALTAMIRA SHIP MANAGEMENT LTD", ""),
        ("NORTHREACH STAR", "registered_owner", "NORTHREACH SHIPPING SA", "2019-03-01"),
        ("MARISOL DEL SUR", "operator", "MARISOL LINES SA", ""),
        ("MARISOL DEL SUR", "registered_owner", "NORTHREACH SHIPPING SA", "2021-07-15"),
    ]
    assert said[0].owner.identifiers[0].valid is True
    assert said[0].register == "Marisol ship register"
    assert len({natural_key(one) for one in said}) == len(said)


def test_a_long_row_states_capacity_share_and_dates_of_a_firm_s_owner() -> None:
    (person, holding), defects = read(owner_worlds.FIRMS, FIRMS)
    assert defects == []
    assert (person.owner.role, person.owner_type, person.owner_birth_date) == (
        "beneficial_owner", "person", "1971-05",
    )  # fmt: skip
    assert person.firm is not None and person.firm.name == "NORTHREACH SHIPPING SA"
    assert [i.scheme for i in person.firm.identifiers] == ["registration"]
    assert (person.share_percent, person.held_from, person.held_until) == (62.5, "2019-03-01", "")
    assert (holding.owner.role, holding.share_percent) == ("shareholder", 37.5)
    assert holding.held_until == "2024-05-31"


def test_an_amended_entry_has_the_key_of_the_one_before_and_without_entry_the_facts_are_it() -> (
    None
):
    (one, _), _ = read(owner_worlds.FIRMS, FIRMS)
    amended = msgspec.structs.replace(one, share_percent=10.0, held_until="2025-01-01")
    assert natural_key(amended) == natural_key(one)
    bare = msgspec.structs.replace(one, reference="")
    assert natural_key(bare) == (
        "ALTAMIRA COMPANY REGISTER/155-001/BENEFICIAL_OWNER/8-123-456/2019-03-01"
    )


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ("1;F SA;1;PA;O;;;;;180 %;;", [("table.value", Severity.ERROR)]),
        ("1;F SA;1;PA;O;;emperor;;;;;", [("table.value", Severity.ERROR)]),
        ("1;F SA;1;PA;O;;;;;;01/03/2020;01/03/2019", [("table.owned.dates", Severity.WARNING)]),
        ("1;F SA;1;PA;O;;;;;;31/02/2020;", [("table.value", Severity.ERROR)]),
    ],
    ids=["share", "capacity", "dates", "no-day"],
)  # fmt: skip
def test_what_is_doubtful_is_flagged_and_the_rest_of_the_row_stands(
    row: str, expected: list[tuple[str, Severity]]
) -> None:
    head = owner_worlds.FIRMS.splitlines()[0].decode()
    (one,), defects = read(f"{head}\n{row}\n".encode(), FIRMS)
    assert defects == expected and one.owner.name == "O"


@pytest.mark.parametrize(
    "row", ["1;F SA;1;PA;;;;;;;;", "1;;;PA;O;;;;;;;"], ids=["no-owner", "nothing-owned"]
)
def test_a_row_without_owner_or_without_what_is_owned_is_refused(row: str) -> None:
    head = owner_worlds.FIRMS.splitlines()[0].decode()
    said, defects = read(f"{head}\n{row}\n".encode(), FIRMS)
    assert said == [] and defects == [("table.row", Severity.FATAL)]


def test_wrong_check_digits_are_kept_and_flagged() -> None:
    row = b"A1,STAR,9074728,PA,OWNER SA,1234567,,,,,\n"
    (one,), defects = read(owner_worlds.HEAD + row, SHIPS)
    assert {code for code, _ in defects} == {"value.imo", "value.imo_company"}
    assert one.ship.imo == "9074728" and one.ship.imo_valid is False
    assert one.owner.identifiers[0].valid is False


def of_firms(*rows: str) -> tuple[list[Ownership], list[tuple[str, Severity]]]:
    head = owner_worlds.FIRMS.splitlines()[0].decode()
    return read("\n".join((head, *rows, "")).encode(), FIRMS)


def test_entries_of_two_registers_that_name_none_are_not_one_statement() -> None:
    """An entry's number says something only within its register."""
    one, other = (
        list(csv_reader.read(io.BytesIO(table), file="t.csv"))
        for table in (b"Entry;Vessel;Owner\n1;STAR;A SA\n", b"Entry;Company;Owner\n1;B SA;C SA\n")
    )
    keys = {natural_key(s) for m in one + other for s in getattr(m, "statements", ())}
    assert keys == {"/STAR/OWNER/A SA/", "/B SA/OWNER/C SA/"}


def test_joint_owners_under_one_entry_replace_each_other_and_a_warning_says_so() -> None:
    rows = [f"7;F SA;1;PA;{name};;accionista;;;50;;" for name in ("A SA", "B SA", "B SA")]
    said, defects = of_firms(*rows)
    assert [one.owner.name for one in said] == ["A SA", "B SA", "B SA"]
    assert defects == [("table.owned.repeated", Severity.WARNING)]


def test_an_owner_with_a_number_and_no_name_is_left_out_and_told() -> None:
    table = (b"IMO;Registered owner;Manager;Manager IMO company number\n"
             b"9074729;A;;1234565\n9074729;A;B;1234565\n")  # fmt: skip
    items = list(csv_reader.read(io.BytesIO(table), file="t.csv"))
    codes = [d.code for m in items for d in getattr(m, "defects", ())]
    assert codes.count("table.owned.nameless") == 1


def test_a_day_of_a_capacity_s_own_column_after_the_end_is_flagged() -> None:
    table = b"IMO;Registered owner;Registered owner since;Until\n9074729;A;2021-01-01;2020-01-01\n"
    items = list(csv_reader.read(io.BytesIO(table), file="t.csv"))
    assert "table.owned.dates" in {d.code for m in items for d in getattr(m, "defects", ())}


@pytest.mark.parametrize("word", ["vessel", "documento"])
def test_an_owner_is_a_person_or_an_organisation_and_no_ship_or_paper(word: str) -> None:
    (one,), defects = of_firms(f"1;F SA;1;PA;O;{word};;;;;;")
    assert one.owner_type == "" and defects == [("table.value", Severity.ERROR)]


@pytest.mark.parametrize(("cell", "share"), [("0,625", 62.5), ("62,5", None)], ids=["of-one", "%"])
def test_a_share_that_a_mapping_scales_is_still_one_of_a_hundred(
    cell: str, share: float | None
) -> None:
    scaled = FIRMS.columns | {"Participacion": Column(field="share_percent", scale=100.0)}
    head = owner_worlds.FIRMS.splitlines()[0]
    row = f"1;F SA;1;PA;O;;;;;{cell};;".encode()
    (one,), defects = read(
        head + b"\n" + row + b"\n", msgspec.structs.replace(FIRMS, columns=scaled)
    )
    assert one.share_percent == share and bool(defects) is (share is None)


def test_a_guessed_register_has_its_decimal_mark_from_the_shares() -> None:
    table = b"Company;Owner;Share\nF SA;A SA;62,5 %\nF SA;B SA;37,5\n"
    items = list(csv_reader.read(io.BytesIO(table), file="t.csv"))
    said = [one for m in items for one in getattr(m, "statements", ())]
    assert [one.share_percent for one in said] == [62.5, 37.5]


def test_a_share_that_a_workbook_shows_as_a_percentage_is_what_it_shows() -> None:
    """A program for workbooks keeps 62.5 % as 0.625 and the sign in the cell's number format."""
    book = Workbook()
    sheet: Any = book.active
    for row in (("Company", "Owner", "Share"), ("F SA", "A", 0.07), ("F SA", "B", 0.625)):
        sheet.append(row)
    sheet["C2"].number_format, sheet["C3"].number_format = "0%", '0.0%" held"'
    sheet.append(("F SA", "C", 12.5))
    sheet["C4"].number_format = '0.0"%"'
    out = io.BytesIO()
    book.save(out)
    items = list(xlsx_reader.read(io.BytesIO(out.getvalue()), file="t.xlsx"))
    said = [one for m in items for one in getattr(m, "statements", ())]
    assert [one.share_percent for one in said] == [7.0, 62.5, 12.5]


def test_a_plain_number_that_is_shown_as_a_percentage_stays_the_number() -> None:
    assert [KINDS["number"](text, Style()) for text in ("7 %", "62.5%", "0.625")] == [
        0.07, 0.625, 0.625,
    ]  # fmt: skip
    with pytest.raises(ValueError):
        KINDS["mass"]("7 %", Style())


def test_a_statement_has_a_title_where_messages_are_shown() -> None:
    (person, _), _ = read(owner_worlds.FIRMS, FIRMS)
    assert title(person) == "NORTHREACH SHIPPING SA: LORENZO ZUBAROV QUIJANO"


def test_two_columns_that_name_owners_name_two_and_no_share_is_either_s() -> None:
    table = (
        b"Entry;Vessel;Owner 1;Owner 2;Id;Share\n1;STAR;A SA;B SA;8-1;50\n2;LUNA;A SA;;8-1;100\n"
    )
    columns = {
        "Vessel": "ship.name", "Owner 1": "owner.name", "Owner 2": "owner.name",
        "Id": "owner.registration", "Share": "share_percent",
    }  # fmt: skip
    said, defects = read(table, Mapping(id="two", target="ownership", columns=dict(columns)))
    assert defects == []
    assert [(s.owner.name, len(s.owner.identifiers), s.share_percent) for s in said] == [
        ("A SA", 1, None), ("B SA", 0, None), ("A SA", 1, 100.0),
    ]  # fmt: skip
