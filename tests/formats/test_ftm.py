"""FollowTheMoney lists: one line, one entity; other schemata are counted, broken lines refused."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from esclusa.formats import Limits, detect, open_file
from esclusa.formats.lists.opensanctions_ftm import FORMAT, read
from esclusa.formats.lists.own_list import read_own_list
from esclusa.model import Alias, Defect, Identifier, ListEntry, Message, Severity

FILE = Path(__file__).parents[1] / "data" / "lists" / "ftm_fictional.jsonl"
DATA = FILE.read_bytes()


def read_all(data: bytes, limits: Limits | None = None) -> list[Message | Defect]:
    return list(read(io.BytesIO(data), limits=limits or Limits()))


def one(**entity: object) -> ListEntry:
    item = read_all(json.dumps(entity).encode())[0]
    assert isinstance(item, Message)
    (made,) = item.statements
    assert isinstance(made, ListEntry)
    return made


@pytest.fixture(scope="module")
def entries() -> dict[str, ListEntry]:
    made = [s for m in read_all(DATA) if isinstance(m, Message) for s in m.statements]
    return {entry.uid: entry for entry in made if isinstance(entry, ListEntry)}


def test_subjects_of_each_schema(entries: dict[str, ListEntry]) -> None:
    assert {uid: entry.type for uid, entry in entries.items()} == {
        "nr-0001": "person",
        "nr-0002": "vessel",
        "nr-0003": "organisation",
        "nr-0004": "aircraft",
        "nr-0006": "person",
        "nr-0009": "organisation",
        "nr-0010": "vessel",
    }


def test_the_caption_is_the_name_and_other_names_are_aliases(
    entries: dict[str, ListEntry],
) -> None:
    person = entries["nr-0001"]
    assert person.name == "Velasco Marrone"
    assert person.aliases == (
        Alias(name="Marrone, Velasco"), Alias(name="V. Marrone"), Alias(name="El Pardo", weak=True),
    )  # fmt: skip
    assert person.birth_dates == ("1971-05",)
    assert person.nationalities == ("PA",)
    assert person.programs == ("NR-DRUG",)
    assert person.remarks == "Topics: crime.traffick"


def test_a_vessel_with_its_numbers_and_former_name(entries: dict[str, ListEntry]) -> None:
    ship = entries["nr-0002"]
    assert ship.aliases == (Alias(name="BRISA DEL SUR"),)
    assert ship.identifiers == (
        Identifier(scheme="imo", value="9074729", valid=True),
        Identifier(scheme="mmsi", value="351759000"),
        Identifier(scheme="call_sign", value="H3XY"),
    )


def test_a_wrong_check_digit_is_kept_and_flagged(entries: dict[str, ListEntry]) -> None:
    assert entries["nr-0010"].identifiers == (
        Identifier(scheme="imo", value="9074728", valid=False),
    )


def test_nested_addresses_and_sanctions_are_taken_up(entries: dict[str, ListEntry]) -> None:
    firm = entries["nr-0003"]
    assert firm.addresses == ("Calle 5, Colón",)
    assert firm.programs == ("Northreach trade order 7",)
    assert firm.listed_on == "2023-11-30"


def test_properties_beside_the_id_and_single_values_are_read(
    entries: dict[str, ListEntry],
) -> None:
    assert entries["nr-0004"].identifiers == (
        Identifier(scheme="registration", value="HP-0000ZZ"),
        Identifier(scheme="aircraft_serial", value="MSN 12"),
    )
    assert one(id="a", schema="Person", properties={"name": "Ana"}).name == "Ana"


def test_other_schemata_are_counted_once_with_their_first_place() -> None:
    notes = [item for item in read_all(DATA) if isinstance(item, Defect)]
    assert [note.severity for note in notes] == [Severity.NOTE, Severity.NOTE]
    assert "1 entities of schema 'Ownership'" in notes[0].reason
    assert DATA[notes[0].offset :].startswith(b'{"id":"nr-0005"')


def test_a_broken_line_is_refused_at_its_byte_and_the_next_is_read() -> None:
    broken = [m for m in read_all(DATA) if isinstance(m, Message) and m.refused]
    assert [DATA[m.offset : m.offset + m.length].strip()[:13] for m in broken] == [
        b'{"id":"nr-000', b"not json at a",
    ]  # fmt: skip
    assert [m.defects[0].reason for m in broken] == [
        "line names nobody", "line is not one JSON value",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "line",
    [
        b"[1]", b"{}", b'{"schema": 5}', b'{"schema":"Person"}', b"\xff\xfe", b'{"schema":"Person"',
        b'{"schema":"Person","id":7,"name":"A"}', b'{"schema":"Person","id":" ","name":"A"}',
        b'{"schema":"Person","id":"1","properties":{"name":[{}]}}',
        b'{"schema":"Person","id":"1","properties":[]}', b"[" * 100_000,
    ],
)  # fmt: skip
def test_a_line_that_is_no_entity_is_refused(line: bytes) -> None:
    (item,) = read_all(line)
    assert isinstance(item, Message)
    assert item.refused


def test_deeply_nested_values_are_refused_or_ignored_never_fatal_to_the_file() -> None:
    deep = b'{"id":"1","schema":"Person","name":"A","x":' + b"[" * 5_000 + b"]" * 5_000 + b"}"
    items = read_all(deep + b"\n" + b'{"id":"2","schema":"Person","name":"B"}')
    assert isinstance(items[-1], Message)
    assert items[-1].reference == "2"


def test_a_line_over_the_limit_is_skipped_without_being_held() -> None:
    line = b'{"id":"1","schema":"Person","name":"' + b"A" * 10_000_000 + b'"}\n'
    items = read_all(line + DATA)
    assert isinstance(items[0], Message)
    assert items[0].refused
    assert (items[0].offset, items[0].length) == (0, len(line))
    assert isinstance(items[1], Message)
    assert items[1].offset == len(line)


def test_an_owner_names_the_list() -> None:
    with open_file(FILE) as stream:
        made = [m for m in read_own_list(stream, "northreach") if isinstance(m, Message)]
    assert {s.list_id for m in made for s in m.statements if isinstance(s, ListEntry)} == {
        "northreach"
    }


def test_the_lines_are_recognised_by_their_schema() -> None:
    assert detect(DATA[:4096], "entities.ftm.json") is FORMAT
    assert detect(b"\xef\xbb\xbf" + DATA[:4000], "x") is FORMAT


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=8,
)
KEYS = st.sampled_from(
    ["id", "schema", "name", "caption", "properties", "birthDate", "country", "imoNumber",
     "addressEntity", "sanctions", "last_change"]
)  # fmt: skip


@given(st.dictionaries(KEYS, VALUES), st.dictionaries(KEYS, VALUES))
def test_an_entity_of_any_shape_is_read_without_an_exception(
    entity: dict[str, object], properties: dict[str, object]
) -> None:
    for shape in (entity, {**entity, "schema": "Person", "properties": properties}):
        line = json.dumps(shape).encode()
        for item in read_all(line):
            if isinstance(item, Message):
                assert item.refused is not bool(item.statements)


@given(st.binary(max_size=200))
def test_a_line_of_any_bytes_is_read_without_an_exception(line: bytes) -> None:
    for item in read_all(line + b"\n" + DATA):
        assert item.offset >= 0
