"""Registers of owners as tables: long, wide and both; what is doubtful, and what is refused."""

from __future__ import annotations

import io
from typing import Any

import msgspec
import pytest

import owner_worlds
from esclusa.formats.tabular import csv_reader
from esclusa.formats.tabular.mapping import load_mapping
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
