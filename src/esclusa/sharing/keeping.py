"""Rows of the exchange as JSON, so that a ledger can keep them.

Each table has one kind of row. Keys are a text or a few; a number in a key is a place in an outbox.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from esclusa.sharing.exchange import rows
from esclusa.sharing.exchange.messages import Receipt
from esclusa.sharing.exchange.state import TABLES

_ROWS: Final[dict[str, Any]] = {
    "clock": rows.Clock,
    "own": rows.Own,
    "uses": tuple[str, ...],
    "copies": rows.Copy,
    "owed": rows.Owed,
    "floors": int,
    "grants": rows.Grant,
    "trail": Receipt,
    "pacts": rows.Pact,
    "outboxes": rows.Outbox,
    "entries": rows.Entry,
    "inboxes": rows.Inbox,
    "leases": rows.Lease,
    "lent": rows.Lease,
    "consents": rows.Consent,
    "questions": rows.Question,
}
assert set(_ROWS) == set(TABLES)

_READERS: Final = {name: msgspec.json.Decoder(kind) for name, kind in _ROWS.items()}
_ENCODE: Final = msgspec.json.Encoder(order="deterministic").encode


def key_text(key: str | tuple[Any, ...]) -> str:
    """Return a key as text: itself, or a JSON list."""
    return key if isinstance(key, str) else _ENCODE(key).decode()


def key_of(text: str) -> Any:
    """Return the key that a text stands for."""
    return tuple(msgspec.json.decode(text)) if text.startswith("[") else text


def written(store: Mapping[str, Mapping[Any, Any]]) -> dict[tuple[str, str], bytes | None]:
    """Return what a transition stores as rows of a ledger."""
    return {
        (name, key_text(key)): _ENCODE(row) if row is not None else None
        for name, table in store.items()
        for key, row in table.items()
    }


def read(name: str, row: bytes) -> Any:
    """Return the row of a table.

    :raises KeyError: when there is no such table.
    """
    return _READERS[name].decode(row)
