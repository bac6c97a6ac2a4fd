"""How much one request may bring.

The figures protect a small machine: an upload goes to a temporary file, everything else is held in
memory and is therefore kept small.
"""

from __future__ import annotations

import msgspec

MIB = 1024 * 1024


class FaceLimits(msgspec.Struct, frozen=True, kw_only=True):
    """Bounds for one request. Sizes in bytes."""

    upload_bytes: int = 200 * MIB
    """A night of manifests of a large terminal is about a tenth of this."""
    form_bytes: int = 128 * 1024
    message_bytes: int = 1_000_000
    """A message that is looked at and not kept. Below the size (1 MiB) at which the form parser
    would write a file to disk."""
    files: int = 20
    fields: int = 60
    text_characters: int = 2_000
    """One typed value: a name, a reason, a search."""
    rows: int = 200
    """Rows of a list on one page."""


DEFAULT = FaceLimits()
