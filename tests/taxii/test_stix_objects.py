"""Every kind of record from real messages is valid STIX 2.1 and is read back with all it says."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from importlib.resources import files
from itertools import islice
from pathlib import Path
from typing import Any

import msgspec
import pytest
import stix2
from stix2validator import ValidationOptions, validate_instance

from esclusa.formats import read_file
from esclusa.formats.stix import extensions, objects
from esclusa.model import (
    Body,
    Conveyance,
    DeclaredItem,
    DeclaredValue,
    Examination,
    Finding,
    Level,
    Marking,
    Message,
    Place,
    ShipDeclaration,
    TransportEquipment,
    TransportEvent,
    Voyage,
    kind_of,
)

SAMPLES = Path(str(files("esclusa.samples")))
MOMENT = "2026-11-26T08:30:00.000001Z"
FROM = {
    "consignment": ("manifest-northreach-0412.edi", "ocean-manifest-309.x12"),
    "equipment": ("bayplan-northreach-0412.edi", "manifest-northreach-0412.edi"),
    "port_call": ("bayplan-northreach-0412.edi",),
    "traveller": ("passengers-altamira-AM218.edi", "crew-altamira-AM218.edi"),
    "list_entry": ("lists/un_consolidated.xml.gz",),
}
SHIP = Voyage(reference="0412W", conveyance=Conveyance(mode="sea", name="NORTHREACH PIONEER"))
MADE: dict[str, Body] = {
    "transport_event": TransportEvent(
        event="gate_in", occurred="2026-04-12T08:00", place=Place(code="PAONX"), voyage=SHIP,
        equipment=TransportEquipment(number="CSQU3054383", number_valid=True),
    ),
    "ship_declaration": ShipDeclaration(
        form="waste", voyage=SHIP, port=Place(code="PAONX"), items=(DeclaredItem(name="Sludge"),),
        values=(DeclaredValue(code="IMO0277", value="7"),),
    ),
    "examination": Examination(
        agency="MARISOL_CUSTOMS", number="MC-1", result="found", equipment="CSQU3054383",
        carrier="NRLN", bills=("B1", "B2"), completed="2026-04-19T15:40Z", methods=("scan",),
        findings=(Finding(category="drugs", quantity=46.0, unit="KGM"),), probability=0.25,
    ),
}  # fmt: skip
"""Kinds that no shipped sample states."""
MARKING = objects.marking(Marking(level=Level.OFFICIAL, releasable_to=frozenset({"northreach"})))


def bodies(kind: str) -> Iterator[Body]:
    """The first bodies of a kind in each of the sample files."""
    if kind in MADE:
        yield MADE[kind]
    for name in FROM.get(kind, ()):
        found = (
            body for item in read_file(SAMPLES / name) if isinstance(item, Message)
            for body in item.statements if kind_of(body) == kind
        )  # fmt: skip
        yield from islice(found, 60)


def written(body: Body) -> dict[str, Any]:
    made = objects.written(
        body, name=str(uuid.uuid4()), originator="marisol", markings=(MARKING["id"],)
    )
    return {**made, "created": MOMENT, "modified": MOMENT}


def test_there_is_a_shape_for_each_kind_that_samples_hold() -> None:
    assert set(FROM) | set(MADE) == set(extensions.SHAPES)


@pytest.mark.parametrize("kind", sorted(FROM | MADE))
def test_stix2_validator_reports_no_error(kind: str) -> None:
    made = [written(body) for body in bodies(kind)]
    assert made
    options = ValidationOptions(version="2.1")
    faults = [str(error) for item in made for error in validate_instance(item, options).errors]
    assert faults == []


@pytest.mark.parametrize("kind", sorted(FROM | MADE))
def test_the_stix2_library_parses_each_and_its_extension_says_what_the_record_says(
    kind: str,
) -> None:
    shape = extensions.SHAPES[kind]
    for body in bodies(kind):
        item = stix2.parse(msgspec.json.encode(written(body)), allow_custom=False)
        said = {k: v for k, v in item["extensions"][shape.extension].items()
                if k not in ("extension_type", "kind")}  # fmt: skip
        told = msgspec.to_builtins(body)
        assert said.items() <= _filled(told).items()
        assert _filled(told).items() <= {**said, "kind": kind}.items()


def _filled(value: Any) -> Any:
    """The same value without what is empty."""
    if isinstance(value, dict):
        inner = {name: _filled(each) for name, each in value.items()}
        return {name: each for name, each in inner.items() if each not in ({}, [], "", None)}
    if isinstance(value, list | tuple):
        return [each for item in value if (each := _filled(item)) not in ({}, [], "", None)]
    return value


@pytest.mark.parametrize("item", extensions.definitions(), ids=lambda item: item["name"])
def test_the_definitions_are_valid(item: dict[str, Any]) -> None:
    result = validate_instance(item, ValidationOptions(version="2.1"))
    assert [str(error) for error in result.errors] == []
