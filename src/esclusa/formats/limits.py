"""How much a reader accepts before it refuses.

Each figure is far above what real senders produce and far below what would hurt a small machine.
"""

from __future__ import annotations

import msgspec

MIB = 1024 * 1024


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """Bounds for one file. Sizes in bytes; counts are per file unless the name says otherwise."""

    file_bytes: int = 4096 * MIB
    segment_bytes: int = 64 * 1024
    """EDIFACT and X12 set no bound; free text segments stay under 5 KB in every sample we hold."""
    message_bytes: int = 256 * MIB
    messages: int = 5_000_000
    defects_per_message: int = 200
    """Past this a message is fatally broken; naming every place would only fill the disk."""
    row_bytes: int = 1 * MIB
    rows: int = 5_000_000
    columns: int = 1_000
    xml_depth: int = 64
    xml_text_bytes: int = 1 * MIB
    archive_ratio: int = 200
    """A zip member may grow to this multiple of its packed size; real sheets reach about 20."""
    archive_bytes: int = 1024 * MIB
    """Unpacked size of all members of one archive (an XLSX file is a zip archive)."""


DEFAULT = Limits()
