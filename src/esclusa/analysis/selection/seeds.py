"""Chance that nobody can foresee and everybody can check: commit, draw, reveal.

1. Before the list of candidates is fixed, the commitment is published: the SHA-256 of a secret seed
   with port, day and shift. It tells nothing of the seed, and holds its owner to it.
2. Each number of the draw is an HMAC-SHA256 (RFC 2104) under a key made from the seed by
   HKDF-SHA256 (RFC 5869). It hangs on the subject's id alone, so the order of candidates is nothing
   to it, and without the seed it cannot be told from any other number.
3. When the seed is revealed, anyone makes the same numbers again, and with them the draw.

Who knows the seed before the list is fixed can foresee the draw. So the seed has to be kept as a
key is kept, until it is revealed.
"""

from __future__ import annotations

import hashlib
import hmac
from typing import Final

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from esclusa.errors import InputError

SEED_BYTES: Final = 32
_NAME: Final = b"esclusa selection v1"
"""Part of each hash, so that none of them is worth anything elsewhere."""


def commitment(seed: bytes, port: str, day: str, shift: str) -> str:
    """Return the commitment to a seed for one port, day and shift, as 64 hexadecimal digits.

    :raises InputError: the seed has not 32 bytes.
    """
    return hashlib.sha256(_told(b"commitment", port, day, shift) + _whole(seed)).hexdigest()


def draw_key(seed: bytes, port: str, day: str, shift: str) -> bytes:
    """Return the key of one draw, 32 bytes.

    :raises InputError: the seed has not 32 bytes.
    """
    info = _told(b"draw", port, day, shift)
    return HKDF(algorithm=SHA256(), length=32, salt=_NAME, info=info).derive(_whole(seed))


def number(key: bytes, purpose: str, subject: str = "") -> int:
    """Return the number of a subject for a purpose: a whole number below 2**256."""
    told = _told(purpose.encode(), subject)
    return int.from_bytes(hmac.digest(key, told, "sha256"), "big")


def sheet_seed(secret: bytes, port: str, day: str, shift: str, turn: int) -> bytes:
    """Return the seed of one sheet, made from a node's secret; ``turn`` tells apart draws
    of one place, such as those of sheets under different markings.

    So no seed has to be kept: whoever has the secret makes it again, and whoever has one seed knows
    nothing of the next.

    :raises InputError: the secret has not 32 bytes.
    """
    info = _told(b"seed", port, day, shift, str(turn))
    made = HKDF(algorithm=SHA256(), length=SEED_BYTES, salt=_NAME, info=info)
    return made.derive(_whole(secret))


def _whole(seed: bytes) -> bytes:
    if len(seed) != SEED_BYTES:
        raise InputError(f"a seed has {SEED_BYTES} bytes, this one {len(seed)}", file="seed")
    return seed


def _told(*parts: bytes | str) -> bytes:
    """Return parts with the length of each before it, so that no two lists read alike."""
    texts = [part.encode() if isinstance(part, str) else part for part in (_NAME, *parts)]
    return b"".join(len(text).to_bytes(4, "big") + text for text in texts)
