"""CUSCAR to AWMDS and 309 to CUSCAR: the tables of the manual say what comes over, and no more."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import asycuda_worlds
import pytest
import typed_writing
import x12_writing
from msgspec.structs import replace
from test_write_cuscar import SHRIMP, VOYAGE_0412

from esclusa.formats.crossing import REPORT_TO_AWMDS, ROWS, X12_TO_REPORT
from esclusa.model import (
    Consignment,
    DangerousGoods,
    GoodsItem,
    Identifier,
    Message,
    Party,
    Place,
    Seal,
    TransportEquipment,
    Voyage,
)


def place(code: str) -> Place:
    return Place(code=code, scheme="unlocode")


FULL = replace(
    SHRIMP,
    master_bill="NRLNM1", departure="2026-04-10", place_of_receipt=place("ECUIO"),
    transhipment_ports=(place("COCTG"),), delivery_place=place("PAPTY"),
    stuffing_place="MALECON 100", documents=("UCN:6NRLN77",),
    parties=(
        Party(
            role="shipper", name="ALTAMIRA FRUIT", address="MUELLE 2", city="GUAYAQUIL",
            country="EC", contact="ANA", identifiers=(Identifier(scheme="tax", value="8-123"),),
        ),
    ),
    goods=(
        replace(
            SHRIMP.goods[0], net_mass_kg=17000.0, procedure="23",
            dangerous=(DangerousGoods(un="1845", hazard_class="9"),),
        ),
    ),
    equipment=(
        replace(
            SHRIMP.equipment[0], gross_mass_kg=22600.0, verified_mass_kg=22601.0, undg=("1845",),
            operator="NRLN", stowage="0010584", load_port=place("ECGYE"),
            discharge_port=place("PAONX"), voyage=VOYAGE_0412,
        ),
    ),
)  # fmt: skip
"""A consignment with something in every field."""

NESTED = {"voyage": Voyage, "parties": Party, "goods": GoodsItem, "equipment": TransportEquipment}
FIELDS = [
    name if name not in NESTED else f"{name}.{inner}"
    for name in Consignment.__struct_fields__
    for inner in (NESTED[name].__struct_fields__ if name in NESTED else ("",))
]


SILENT: tuple[Any, ...] = ("", (), None, Place(), Voyage())


def values(found: Consignment) -> dict[str, Any]:
    """What a consignment says, by the fields of the table."""
    return {field: said for field in FIELDS if (said := value(found, field)) not in SILENT}


def value(found: Consignment, field: str) -> Any:
    outer, _, inner = field.partition(".")
    nested = getattr(found, outer)
    if not inner:
        return nested
    return getattr(nested[0] if isinstance(nested, tuple) else nested, inner)


def through(way: str, found: Consignment) -> Consignment:
    """Written as CUSCAR, AWMDS or 309 and read again."""
    sent = typed_writing.stating(found)
    data: list[Message]
    if way == "CUSCAR":
        data = typed_writing.read(typed_writing.written("CUSCAR", sent))
    elif way == "AWMDS":
        data = asycuda_worlds.messages(asycuda_worlds.written("awmds", sent))
    else:
        data = x12_writing.read(x12_writing.written("309", sent))
    (back,) = consignments(data)
    return back


def consignments(messages: list[Message]) -> Iterator[Consignment]:
    for message in messages:
        yield from (each for each in message.statements if isinstance(each, Consignment))


def rows(crossing: str) -> dict[str, tuple[str, str]]:
    return {row.field: (row.source, row.target) for row in ROWS if row.crossing == crossing}


def test_the_example_says_something_in_every_field() -> None:
    assert sorted(values(FULL)) == sorted(FIELDS)
    assert FULL.equipment[0].seals == (Seal(number="SH-99", affixed_by="shipper"),)


@pytest.mark.parametrize("crossing", [REPORT_TO_AWMDS, X12_TO_REPORT])
def test_the_table_names_every_field_of_a_consignment_once(crossing: str) -> None:
    named = [row.field for row in ROWS if row.crossing == crossing]
    assert sorted(named) == sorted(FIELDS)


@pytest.mark.parametrize("crossing", [REPORT_TO_AWMDS, X12_TO_REPORT])
def test_a_message_has_what_the_table_gives_a_place_and_nothing_else(crossing: str) -> None:
    source, _, target = crossing.partition(" to ")
    table = rows(crossing)
    assert set(values(through(source, FULL))) == {name for name in table if table[name][0]}
    assert set(values(through(target, FULL))) == {name for name in table if table[name][1]}


@pytest.mark.parametrize("crossing", [REPORT_TO_AWMDS, X12_TO_REPORT])
def test_what_has_a_place_in_both_comes_over_as_it_was(crossing: str) -> None:
    source, _, target = crossing.partition(" to ")
    sent = through(source, FULL)
    arrived = through(target, sent)
    shared = {name for name, places in rows(crossing).items() if all(places)}
    assert {name: value(arrived, name) for name in shared} == {
        name: value(sent, name) for name in shared
    }


def test_what_a_manifest_carries_of_a_cargo_report_comes_back_to_it() -> None:
    manifest = through("AWMDS", through("CUSCAR", FULL))
    assert through("CUSCAR", manifest) == manifest
