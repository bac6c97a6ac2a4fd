"""The extension definitions that our objects use (STIX 2.1 §7.3), with fixed ids.

Each is a property extension: a reader that does not know it still reads a plain ``infrastructure``
or ``identity`` object.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec

CREATED: Final = "2026-11-25T00:00:00.000Z"
"""When these definitions were made; part of the objects."""
MAKER: Final = "identity--2c8e7c5e-4f0b-4e55-9a43-6f3f7d6f1b01"
"""The identity that stands behind the definitions: the project, not an agency."""
MARKING: Final = "extension-definition--7d5b3c1e-98a4-4a1c-8d5e-3b0f2e6a9c06"
"""Says a handling marking in full, on a marking definition."""


class Shape(msgspec.Struct, frozen=True, kw_only=True):
    """How a kind of record is written: the object's type, its extension and what that says."""

    type: str
    extension: str
    says: str
    fixed: dict[str, Any] = {}


SHAPES: Final[dict[str, Shape]] = {
    "consignment": Shape(
        type="infrastructure",
        extension="extension-definition--0d8f6b52-6a3e-4d2b-9f0a-51c7d2a4e101",
        says="goods under one bill of lading, air waybill or road consignment note",
    ),
    "equipment": Shape(
        type="infrastructure",
        extension="extension-definition--1e9a7c63-7b4f-4e3c-8a1b-62d8e3b5f202",
        says="a container or other unit of transport equipment",
    ),
    "port_call": Shape(
        type="infrastructure",
        extension="extension-definition--2fab8d74-8c50-4f4d-9b2c-73e9f4c60303",
        says="a conveyance at a port",
    ),
    "transport_event": Shape(
        type="infrastructure",
        extension="extension-definition--52deba07-bf83-427a-8e5f-a61c27f93606",
        says="what happened or is to happen to a container or a consignment",
    ),
    "ship_declaration": Shape(
        type="infrastructure",
        extension="extension-definition--63efcb18-c094-438b-9f60-b72d38a04707",
        says="what a ship declares about itself at a port",
    ),
    "examination": Shape(
        type="infrastructure",
        extension="extension-definition--74f0dc29-d1a5-449c-8071-c83e49b15808",
        says="what came of looking into a container or a consignment",
    ),
    "traveller": Shape(
        type="identity",
        extension="extension-definition--30bc9e85-9d61-405e-8c3d-84fa05d71404",
        says="a person on a journey",
        fixed={"identity_class": "individual"},
    ),
    "list_entry": Shape(
        type="identity",
        extension="extension-definition--41cdaf96-ae72-416f-9d4e-950b16e82505",
        says="one entry of a watchlist",
        fixed={"identity_class": "unknown"},
    ),
}


def definitions() -> tuple[dict[str, Any], ...]:
    """Return the maker's identity and every extension definition, as objects."""
    found = [_definition(kind.replace("_", " "), shape.extension, shape.says)
             for kind, shape in SHAPES.items()]  # fmt: skip
    found.append(_definition("handling marking", MARKING, "who may see an object and for what"))
    return (_maker(), *found)


def _maker() -> dict[str, Any]:
    return {
        "type": "identity", "spec_version": "2.1", "id": MAKER, "created": CREATED,
        "modified": CREATED, "name": "Esclusa", "identity_class": "system",
    }  # fmt: skip


def _definition(name: str, identity: str, says: str) -> dict[str, Any]:
    return {
        "type": "extension-definition",
        "spec_version": "2.1",
        "id": identity,
        "created_by_ref": MAKER,
        "created": CREATED,
        "modified": CREATED,
        "name": f"Esclusa {name}",
        "description": f"Properties of {says}.",
        "schema": "The fields are those of the page docs/taxii.md of Esclusa, written as JSON.",
        "version": "1.0.0",
        "extension_types": ["property-extension"],
    }
