"""Reports of seizures for tests of who may see them."""

from __future__ import annotations

from typing import Any

from esclusa.ledger import records
from esclusa.ledger.records import Draft
from esclusa.model import Level, Marking, SeizedItem, Seizure, natural_key, record_id
from esclusa.node import Node

HIDDEN = "GHOST-2"
"""The event that :func:`hide` makes."""


def said(number: str, **more: Any) -> Seizure:
    """Return a report of drugs."""
    given = {
        "agency": "customs", "number": number, "event": "", "seized": "2026-11-20",
        "part": "found", "equipment": "CSQU3054383", "concealment": "behind the doors",
        "items": (SeizedItem(category="drugs", what="packages", quantity=112.0, unit="KGM"),),
    } | more  # fmt: skip
    return Seizure(**given)


def hide(node: Node) -> str:
    """Put a report into a node that only a reader cleared for secrets may know of; return its
    record's id."""
    label = node.labels.intern(node.agency, Marking(level=Level.SECRET))
    body = said("S-2", agency="ghost", event=HIDDEN, concealment="GHOST WORDS")
    with node.store.write() as connection:
        records.append(connection, [Draft(body=body, originator=node.agency, label_id=label)])
    return record_id(node.agency, "seizure", natural_key(body))
