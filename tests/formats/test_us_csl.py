"""The Consolidated Screening List of the United States, on rows of the published file."""

from __future__ import annotations

from collections import Counter

from lists_reading import defects, entries, fatal, held, messages, read_all

from esclusa.formats.lists.us_csl import FORMAT
from esclusa.model import Alias, Identifier

CSV = held("us_csl_excerpt.csv")
HEADING, _, ROWS = CSV.partition(b"\n")


def row(**cells: str) -> bytes:
    names = HEADING.decode().split(",")
    return ",".join(f'"{cells.get(name, "")}"' for name in names).encode() + b"\n"


def test_every_row_of_the_excerpt_is_an_entry_without_a_defect() -> None:
    items = read_all(FORMAT, CSV)
    assert len(entries(items)) == len(messages(items)) == 27
    assert defects(items) == []
    assert Counter(e.type for e in entries(items).values()) == {
        "other": 12, "organisation": 8, "person": 5, "vessel": 2,
    }  # fmt: skip


def test_a_repeated_line_of_headings_is_no_entry() -> None:
    assert ROWS.startswith(HEADING)
    assert "_id" not in entries(read_all(FORMAT, CSV))


def test_a_bank_has_its_lists_names_and_numbers() -> None:
    made = entries(read_all(FORMAT, CSV))["17013"]
    assert made.type == "organisation"
    assert made.programs == ("UKRAINE-EO13662", "RUSSIA-EO14024")
    assert made.remarks.startswith("Source: Sectoral Sanctions Identifications List (SSI)")
    assert "St. Petersburg" in made.addresses[0]


def test_a_subject_of_two_lists_is_one_entry() -> None:
    one = row(_id="7", source="List A", type="Entity", programs="NRL-1", name="Northreach Ltd")
    two = row(_id="7", source="List B", type="Entity", programs="NRL-2", name="Northreach Ltd")
    (made,) = entries(read_all(FORMAT, HEADING + b"\n" + one + two)).values()
    assert made.programs == ("NRL-1", "NRL-2")
    assert made.remarks == "Source: List A, List B"


def test_numbers_in_one_cell_are_told_apart_by_their_labels() -> None:
    ids = "Passport, NR1234567, PA; Website, northreach.example; Gender, Male; Odd, 1, 2; loose"
    one = row(
        _id="7", source="List A", name="Marisol", ids=ids, alt_names="M. Vega; Vega",
        dates_of_birth="12 Mar 1965; circa 1967; never", citizenships="PA; CO",
    )  # fmt: skip
    items = read_all(FORMAT, HEADING + b"\n" + one)
    made = entries(items)["7"]
    assert made.identifiers == (
        Identifier(scheme="passport", value="NR1234567", country="PA"),
        Identifier(scheme="website", value="northreach.example"),
    )
    assert made.aliases == (Alias(name="M. Vega"), Alias(name="Vega"))
    assert made.birth_dates == ("1965-03-12", "1965/1969")
    assert made.nationalities == ("PA", "CO")
    assert made.programs == ("List A",)
    assert made.remarks == "Date of birth: never; Source: List A; Gender: Male; Odd: 1, 2; loose"
    assert [d.code for d in defects(items)] == ["csl.birth_date"]


def test_a_row_that_is_cut_is_refused_alone() -> None:
    lines = CSV.splitlines(keepends=True)
    cut = b"".join((*lines[:5], lines[5][:80] + b'"\n', *lines[6:]))
    items = read_all(FORMAT, cut)
    assert len(entries(items)) == 26
    (defect,) = fatal(items)
    assert "columns, 29 were expected" in defect.reason
    assert cut[defect.offset :].startswith(lines[5][:80])
