"""The canonical form of an agreement and its digest: what both sides sign (RFC 8785).

Notes, the order of keys and the choice of YAML or JSON do not change it. A key left out and the
same key with its default value mean the same and have one form.
"""

from __future__ import annotations

import hashlib
from functools import lru_cache

import msgspec
import rfc8785

from esclusa.sharing.agreement.shape import Agreement


def canonical(agreement: Agreement) -> bytes:
    """Return the canonical JSON (RFC 8785) of an agreement: equal agreements give equal bytes."""
    return rfc8785.dumps(msgspec.to_builtins(agreement))


@lru_cache(maxsize=64)
def digest(agreement: Agreement) -> str:
    """Return the SHA-256 of the canonical form, 64 hexadecimal digits; remembered, since agreements
    never change."""
    return hashlib.sha256(canonical(agreement)).hexdigest()
