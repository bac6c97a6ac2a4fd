"""The cipher suite ristretto255-SHA512 in verifiable mode (RFC 9497 §4.1, mode 0x01).

Hashing to the group and to scalars follows RFC 9380: ``expand_message_xmd`` (§5.3.1) with SHA-512.
"""

from __future__ import annotations

import hashlib
from typing import Final

from esclusa.sharing.pointers import group

CONTEXT: Final = b"OPRFV1-\x01-ristretto255-SHA512"
"""RFC 9497 §3.1: version, mode and suite."""

_TO_GROUP: Final = b"HashToGroup-" + CONTEXT
_TO_SCALAR: Final = b"HashToScalar-" + CONTEXT
_BLOCK: Final = bytes(128)
"""``Z_pad``: as many zeros as SHA-512 has bytes of input block."""


def framed(*parts: bytes) -> bytes:
    """Return each part after its length in two bytes (``I2OSP(len(x), 2) || x``)."""
    return b"".join(len(part).to_bytes(2, "big") + part for part in parts)


def digest(data: bytes) -> bytes:
    """Return the suite's ``Hash``: SHA-512."""
    return hashlib.sha512(data).digest()


def hash_to_group(data: bytes) -> bytes:
    """Return the element that any bytes hash to (RFC 9380 appendix B)."""
    return group.element(_expand(data, _TO_GROUP))


def hash_to_scalar(data: bytes, tag: bytes = _TO_SCALAR) -> bytes:
    """Return the scalar that any bytes hash to, under a domain separation tag."""
    return group.scalar(_expand(data, tag))


def _expand(data: bytes, tag: bytes) -> bytes:
    """``expand_message_xmd`` for 64 bytes: one block of SHA-512, so one round (RFC 9380 §5.3.1)."""
    ending = tag + bytes([len(tag)])
    first = digest(_BLOCK + data + group.WIDE.to_bytes(2, "big") + b"\x00" + ending)
    return digest(first + b"\x01" + ending)
