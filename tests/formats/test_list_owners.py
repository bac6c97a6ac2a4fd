"""Owners that lists state become relations of their entries; the words stay in the remarks."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest

from esclusa.formats.lists import (
    ofac_advanced,
    ofac_sdn_xml,
    opensanctions_ftm,
    uk_sanctions,
    uk_sanctions_csv,
)
from esclusa.formats.lists.draft import owners
from esclusa.model import ListEntry, Relation

LISTS = Path(__file__).parents[1] / "data" / "lists"


def entries(format: Any, data: bytes) -> dict[str, ListEntry]:
    found = format.read(io.BytesIO(data), file="list")
    said = [one for message in found for one in getattr(message, "statements", ())]
    return {one.name: one for one in said}


@pytest.mark.parametrize(
    ("module", "file", "name", "expected"),
    [
        (ofac_sdn_xml, "ofac_sdn_fictional.xml", "NORTHREACH STAR",
         Relation(role="owner", name="Northreach Trading Ltd")),
        (uk_sanctions, "uk_sanctions_fictional.xml", "NORTHREACH STAR",
         Relation(role="owner_operator", name="Northreach Trading Ltd")),
        (uk_sanctions_csv, "uk_sanctions_fictional.csv", "NORTHREACH STAR",
         Relation(role="owner_operator", name="Northreach Trading Ltd")),
    ],
    ids=["ofac-xml", "uk-xml", "uk-csv"],
)  # fmt: skip
def test_a_ship_s_owner_is_a_relation(
    module: Any, file: str, name: str, expected: Relation
) -> None:
    found = entries(module.FORMAT, (LISTS / file).read_bytes())
    entry = next(one for key, one in found.items() if name in key.upper())
    assert entry.relations == (expected,)
    assert expected.name in entry.remarks


def test_ofac_s_relation_stands_at_both_entries_with_the_id_of_the_other() -> None:
    found = entries(ofac_advanced.FORMAT, (LISTS / "ofac_advanced_fictional.xml").read_bytes())
    ship = next(one for one in found.values() if one.type == "vessel")
    tied = [one for one in ship.relations if one.uid]
    (other,) = [one for one in found.values() if one.uid == tied[0].uid]
    assert tied == [Relation(role="controller", name=other.name, uid=other.uid)]
    assert other.relations == (
        Relation(role="controller", name=ship.name, uid=ship.uid, owns=True),
    )
    assert f"Owned or Controlled By: {other.name}" in ship.remarks
    assert ship.name not in other.remarks


def test_nested_ownership_of_followthemoney_is_read_from_either_side() -> None:
    firm = {"id": "f", "schema": "Company", "caption": "Northreach Trading Ltd"}
    link = {"percentage": ["62.5"], "startDate": ["2019-03-01"], "endDate": ["2024"]}
    ship = {
        "id": "s", "schema": "Vessel", "caption": "Northreach Star",
        "properties": {
            "name": ["Northreach Star"],
            "ownershipAsset": [
                {"schema": "Ownership", "properties": {**link, "owner": [firm]}},
                {"schema": "Ownership", "properties": {"owner": ["only-an-id"]}}, "x", None,
            ],
        },
    }  # fmt: skip
    owner = {
        **firm,
        "properties": {
            "name": ["Northreach Trading Ltd"],
            "ownershipOwner": [
                {"schema": "Ownership", "properties": {"percentage": ["180"], "asset": [
                    {"id": "s", "schema": "Vessel", "properties": {"name": ["Northreach Star"]}}
                ]}}
            ],
        },
    }  # fmt: skip
    data = b"\n".join(json.dumps(one).encode() for one in (ship, owner))
    found = entries(opensanctions_ftm.FORMAT, data)
    assert found["Northreach Star"].relations == (
        Relation(
            role="owner", name="Northreach Trading Ltd", share_percent=62.5,
            held_from="2019-03-01", held_until="2024",
        ),
    )  # fmt: skip
    assert found["Northreach Trading Ltd"].relations == (
        Relation(role="owner", name="Northreach Star", owns=True),
    )


@pytest.mark.parametrize("text", ["", " ; ", "Unknown", "-0-", "n/a"], ids=repr)
def test_nobody_is_no_owner(text: str) -> None:
    assert owners("Owner", text) == []


def test_several_owners_in_one_cell_are_several_and_other_labels_are_none() -> None:
    assert [one.name for one in owners("Owner:", "Altamira SA;  Marisol  Lines; Altamira SA")] == [
        "Altamira SA", "Marisol Lines",
    ]  # fmt: skip
    assert owners("Vessel type", "Tanker") == []
    assert owners("Former owner or operator", "Marisol")[0].former
