"""CUSCAR, the customs cargo report: what a carrier has on board, bill by bill.

UN/EDIFACT directories D.95B to D.17B and later. National guides drop, repeat and move groups, and a
segment out of place must not cost the manifest: see
:mod:`esclusa.formats.edifact.manifest_segments`.
"""

from __future__ import annotations

from typing import Final

from esclusa.formats.edifact.manifest_segments import HANDLERS, read_report
from esclusa.formats.edifact.segment import RawMessage
from esclusa.formats.reading import Notes, Reading

_UNREAD: Final = frozenset({
    "UNH", "UNT", "GIS", "GEI", "CNT", "TSR", "HAN", "DIM", "RNG", "QTY", "AUT", "DOC", "TMD",
    "SGU", "EQA", "UNS", "GDS", "LAN",
})  # fmt: skip
"""Segments that CUSCAR allows and that make no statement of their own."""


def read(raw: RawMessage, notes: Notes) -> list[Reading]:
    """Read one CUSCAR message into consignments, and equipment that no consignment names.

    Defects go to ``notes``. Empty when the message's function states nothing (1225).
    """
    return read_report(raw, notes, HANDLERS, _UNREAD)
