"""IFTMCS, the contract of carriage as a carrier confirms it: one consignment in each message.

UN/EDIFACT directories D.96A to D.24A. The bill number is that of RFF (BM, AWB …), else the number
of the document (BGM).
"""

from __future__ import annotations

from typing import Final

from esclusa.formats.edifact import forwarding
from esclusa.formats.edifact import manifest_segments as cargo
from esclusa.formats.edifact.manifest import Bill, Manifest
from esclusa.formats.edifact.segment import RawMessage, Segment
from esclusa.formats.reading import Notes, Reading


def read(raw: RawMessage, notes: Notes) -> list[Reading]:
    """Read one IFTMCS message into its consignment; defects go to ``notes``.

    Empty when the message's function states nothing (1225).
    """
    return cargo.read_report(raw, notes, _HANDLERS, forwarding.UNREAD)


def _bgm(manifest: Manifest, segment: Segment) -> None:
    cargo.bgm(manifest, segment)
    cargo.open_bill(manifest, Bill(segment, segment.get(2).strip()))


_HANDLERS: Final[dict[str, cargo.Handler]] = {**forwarding.HANDLERS, "BGM": _bgm}
