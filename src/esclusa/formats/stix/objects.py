"""Write records as STIX 2.1 objects. Ids are UUIDv5 of the name given, the same for versions."""

from __future__ import annotations

import uuid
from typing import Any, Final

import msgspec

from esclusa.formats.stix.extensions import CREATED, MARKING, SHAPES
from esclusa.model import (
    Body,
    Consignment,
    Examination,
    ListEntry,
    Marking,
    Ownership,
    PortCall,
    ShipDeclaration,
    TransportEquipment,
    TransportEvent,
    Traveller,
    kind_of,
)
from esclusa.model.ownership import known_by, subject_of

_SPACE: Final = uuid.UUID("5b1c7a0e-3f7d-4b62-8a55-0e3d9c2f7a10")
_CLASSES: Final = {"person": "individual", "organisation": "organization"}


def identity_of(type: str, name: str) -> str:
    """Return the id of an object of a type that stands for a name."""
    return f"{type}--{uuid.uuid5(_SPACE, f'{type} {name}')}"


def agency(name: str) -> dict[str, Any]:
    """Return the identity object of an agency, by its short name."""
    return {
        "type": "identity", "spec_version": "2.1", "id": identity_of("identity", f"agency/{name}"),
        "created": CREATED, "modified": CREATED, "name": name, "identity_class": "organization",
    }  # fmt: skip


def marking(said: Marking) -> dict[str, Any]:
    """Return a marking definition that says a handling marking in full (STIX 2.1 §7.2.1)."""
    text = said.canonical()
    words = {name: value for name, value in msgspec.json.decode(text).items() if value != []}
    return {
        "type": "marking-definition",
        "spec_version": "2.1",
        "id": identity_of("marking-definition", text.decode()),
        "created": CREATED,
        "extensions": {MARKING: {"extension_type": "property-extension", "marking": words}},
    }


def written(body: Body, *, name: str, originator: str, markings: tuple[str, ...]) -> dict[str, Any]:
    """Return a record as an object, without the moments ``created`` and ``modified``.

    :param body: what of the record goes; every value of it goes out.
    :param name: the name by which the reader knows the record; the object's id is made of it.
    :param markings: ids of the marking definitions it goes under.
    """
    kind = kind_of(body)
    shape = SHAPES[kind]
    fields = _filled({k: v for k, v in msgspec.to_builtins(body).items() if k != "kind"})
    return {
        "type": shape.type,
        "spec_version": "2.1",
        "id": identity_of(shape.type, f"{kind}/{name}"),
        "created_by_ref": identity_of("identity", f"agency/{originator}"),
        "name": title(body) or kind.replace("_", " "),
        **shape.fixed,
        **_class(body),
        "labels": [kind.replace("_", "-")],
        "object_marking_refs": list(markings),
        "extensions": {
            shape.extension: {"extension_type": "property-extension", "kind": kind, **fields}
        },
    }


def _class(body: Body) -> dict[str, str]:
    if isinstance(body, ListEntry) and body.type in _CLASSES:
        return {"identity_class": _CLASSES[body.type]}
    return {}


def title(body: Body) -> str:
    """Return the name of an object: only values that the body holds."""
    match body:
        case Consignment():
            return " ".join(filter(None, (body.carrier, body.bill)))
        case TransportEquipment():
            return body.number
        case PortCall():
            ship = body.voyage.conveyance
            return " ".join(filter(None, (ship.name or ship.imo, body.port.code or body.port.name)))
        case ShipDeclaration():
            ship, port = body.voyage.conveyance, body.port.code or body.port.name
            return " ".join(filter(None, (ship.name or ship.imo, port, body.form)))
        case TransportEvent():
            unit = body.equipment.number if body.equipment else ""
            subject = (unit,) if unit else (body.carrier, body.bill)
            return " ".join(filter(None, (*subject, body.event)))
        case Examination():
            return " ".join(filter(None, (body.agency, body.number)))
        case Traveller():
            return " ".join(filter(None, (body.given_names, body.surname)))
        case ListEntry():
            return body.name
        case Ownership():
            owned = subject_of(body)
            return ": ".join(filter(None, (owned.name or known_by(owned), body.owner.name)))
    return ""


def _filled(value: Any) -> Any:
    """Without empty groups and lists, which STIX forbids (§2.9)."""
    if isinstance(value, dict):
        made = {name: _filled(inner) for name, inner in value.items()}
        return {name: inner for name, inner in made.items() if inner not in ({}, [], "", None)}
    if isinstance(value, list | tuple):
        return [made for inner in value if (made := _filled(inner)) not in ({}, [], "", None)]
    return value
