"""Programs that others wrote, unchanged, before a served node."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from stix2 import TAXIICollectionSource
from stix2validator import ValidationOptions, validate_instance
from taxii2client.v21 import Collection, Server, as_pages

from esclusa.node import Node


@pytest.fixture
def reach(address: str, token: Callable[..., str]) -> Callable[[str], Collection]:
    """Return a collection as taxii2-client finds it: from the discovery address down."""
    password = token(name="reader", writes=True)

    def found(end: str) -> Collection:
        server = Server(address, user="reader", password=password)
        assert [root.title for root in server.api_roots] == ["marisol"]
        return next(c for c in server.api_roots[0].collections if c.title.endswith(end))

    return found


def indicator(number: int) -> dict[str, Any]:
    return {
        "type": "indicator", "spec_version": "2.1",
        "id": f"indicator--{uuid.uuid5(uuid.NAMESPACE_OID, str(number))}",
        "created": "2026-11-20T10:00:00.000Z", "modified": "2026-11-20T10:00:00.000Z",
        "pattern": "[file:name = 'a']", "pattern_type": "stix",
        "valid_from": "2026-11-20T10:00:00Z",
        "object_marking_refs": ["marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb"],
    }  # fmt: skip


@pytest.mark.parametrize("size", [1, 7, 1000])
def test_taxii2_client_pulls_each_object_once_at_any_page_size(
    reach: Callable[[str], Collection], size: int
) -> None:
    collection = reach("marisol to northreach")
    pulled = [o["id"] for page in as_pages(collection.get_objects, per_request=size)
              for o in page.get("objects", [])]  # fmt: skip
    listed = [o["id"] for page in as_pages(collection.get_manifest, per_request=size)
              for o in page.get("objects", [])]  # fmt: skip
    assert len(pulled) == len(set(pulled)) > 10
    assert pulled == listed


def test_the_stix2_source_parses_every_object_and_finds_what_each_refers_to(
    reach: Callable[[str], Collection],
) -> None:
    source = TAXIICollectionSource(reach("marisol to northreach"))
    found = source.query([])
    assert {"identity", "infrastructure", "extension-definition", "marking-definition"} <= {
        item["type"] for item in found
    }
    ids = {item["id"] for item in found}
    named = {
        ref for item in found
        for ref in (*item.get("object_marking_refs", ()), *item.get("extensions", ()),
                    item.get("created_by_ref"))
        if ref
    }  # fmt: skip
    published = {"extension-definition--60a3c5c5-0d10-413e-aab3-9e08dde9e88d"}
    assert named - ids - published == set()
    one = next(item for item in found if item["type"] == "infrastructure")
    assert source.get(one["id"])["id"] == one["id"]


def test_stix2_validator_reports_no_error_on_anything_that_goes_out(
    reach: Callable[[str], Collection],
) -> None:
    found = reach("marisol to northreach").get_objects()["objects"]
    options = ValidationOptions(version="2.1")
    faults = {
        item["type"]: [str(error) for error in result.errors]
        for item in found
        if not (result := validate_instance(item, options)).is_valid
    }
    assert faults == {}


def test_what_taxii2_client_adds_it_gets_back_and_the_status_tells_of_each(
    reach: Callable[[str], Collection],
) -> None:
    collection = reach("to marisol")
    given = [indicator(number) for number in range(3)]
    status = collection.add_objects({"objects": given}, wait_for_completion=True)
    assert (status.status, status.success_count, status.failure_count) == ("complete", 3, 0)
    assert [detail["id"] for detail in status.successes] == [item["id"] for item in given]
    assert collection.get_objects()["objects"] == given
    assert collection.get_object(given[0]["id"])["objects"] == given[:1]


def test_the_bytes_of_a_post_are_in_custody_and_its_bad_objects_in_quarantine(
    reach: Callable[[str], Collection], node: Node
) -> None:
    bad = indicator(2) | {"object_marking_refs": [f"marking-definition--{uuid.UUID(int=7)}"]}
    status = reach("to marisol").add_objects({"objects": [indicator(1), bad]})
    assert (status.success_count, status.failure_count) == (1, 1)
    assert "is not defined" in status.failures[0]["message"]
    with node.store.read() as connection:
        from esclusa.ledger import custody
        from esclusa.ledger.schema import source

        row = connection.execute(source.select().order_by(source.c.received.desc())).first()
        assert row is not None
        held = custody.held(connection, [row.id])
    with node.vault.open(row.sha256) as file:
        data = file.read()
    assert len(held) == 1
    kept = data[held[0].offset : held[0].offset + held[0].length]
    assert msgspec.json.decode(kept) == bad
