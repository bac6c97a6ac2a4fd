"""How much a reader accepts before it refuses.

Each figure is far above what real senders produce and far below what would hurt a small machine.
All of them count bytes, items or work, never seconds: the same file is refused at the same byte on
every machine.
"""

from __future__ import annotations

import msgspec

MIB = 1024 * 1024


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """Bounds for one file. Sizes in bytes; counts are per file unless the name says otherwise."""

    file_bytes: int = 4096 * MIB
    work: int = 64 * 1024
    """Units of work (``work``) that a file may make beyond its bytes, one unit for each byte."""
    growth: int = 64
    """A message may state this many bytes for each of its own, past the first MiB. Cargo reports
    state two to three, passenger lists of a cruise with thirty legs about forty."""
    segment_bytes: int = 64 * 1024
    """EDIFACT and X12 set no bound; free text segments stay under 5 KB in every sample we hold."""
    message_bytes: int = 64 * MIB
    segments: int = 500_000
    """Of one message, which is held whole: the plan of a ship with 24,000 boxes has 240,000."""
    messages: int = 5_000_000
    defects_per_message: int = 200
    """Past this a message is fatally broken; naming every place would only fill the disk."""
    row_bytes: int = 1 * MIB
    rows: int = 5_000_000
    columns: int = 1_000
    cell_characters: int = 32_767
    """What a cell of a workbook can hold (Excel specifications and limits)."""
    sheet_rows: int = 1_048_576
    """Rows of a worksheet, from the same page: no program writes a row beyond it."""
    strings: int = 2_000_000
    """Shared strings of a workbook; they are held in memory, some 100 bytes each."""
    elements: int = 100_000
    """Elements of each other part of a workbook, all of which the library holds in memory."""
    xml_depth: int = 64
    xml_text_bytes: int = 1 * MIB
    archive_ratio: int = 200
    """A zip member may grow to this multiple of its packed size; real sheets reach about 20."""
    archive_bytes: int = 1024 * MIB
    """Unpacked size of all members of one archive (an XLSX file is a zip archive)."""


DEFAULT = Limits()
