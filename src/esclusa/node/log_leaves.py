"""The hashes of a logged batch's messages: a few in the entry's own row, many once and apart.

A batch of a recall has up to 100,000 messages. Its entry is written three times (when it is taken,
before and after it stands in the log), and read whenever the exchange looks for news; so the hashes
of a long batch have a row of their own, named by their root.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec
import sqlalchemy as sa

from esclusa.ledger import exchange
from esclusa.sharing.transparency.merkle import HASH_BYTES

LONG: Final = 64
"""Messages from which on a batch's hashes stand apart."""


class Rooted(msgspec.Struct, frozen=True):
    """A batch's signed line, as far as the root of its messages."""

    root: str


def short(leaves: Sequence[bytes]) -> tuple[str, ...]:
    """Return the hashes, in hexadecimal, that stand in an entry itself."""
    return tuple(leaf.hex() for leaf in leaves) if len(leaves) < LONG else ()


def apart(header: str, leaves: Sequence[bytes]) -> dict[tuple[str, str], bytes]:
    """Return the row of the hashes that stand apart, if there is one.

    Named by their root it is written once, however often the batch is sent, and can say nothing
    else without being found.

    :param header: the batch's signed line, JSON.
    """
    if len(leaves) < LONG:
        return {}
    return {(exchange.LEAVES, _root_of(header)): b"".join(leaves)}


def read(connection: sa.Connection, header: str) -> tuple[str, ...]:
    """Return the hashes that stand apart for a batch, in hexadecimal; none where there are none,
    or where the signed line cannot be read."""
    try:
        row = exchange.get(connection, exchange.LEAVES, _root_of(header)) or b""
    except (msgspec.ValidationError, msgspec.DecodeError):
        return ()
    return tuple(row[at : at + HASH_BYTES].hex() for at in range(0, len(row), HASH_BYTES))


def _root_of(header: str) -> str:
    return msgspec.json.decode(header, type=Rooted).root
