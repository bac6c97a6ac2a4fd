"""IFCSUM, the forwarding and consolidation summary: what a forwarder or carrier moves together.

UN/EDIFACT directories D.96A to D.24A. CNI opens each consignment; a bill of the header is the
master bill of all, parties of the header are parties of all.
"""

from __future__ import annotations

from typing import Final

from esclusa.formats.edifact import forwarding
from esclusa.formats.edifact import manifest_segments as cargo
from esclusa.formats.edifact.manifest import Manifest
from esclusa.formats.edifact.segment import RawMessage, Segment
from esclusa.formats.reading import Notes, Reading


def read(raw: RawMessage, notes: Notes) -> list[Reading]:
    """Read one IFCSUM message into consignments, and equipment that no consignment names.

    Defects go to ``notes``. Empty when the message's function states nothing (1225).
    """
    return cargo.read_report(raw, notes, _HANDLERS, forwarding.UNREAD)


def _cni(manifest: Manifest, segment: Segment) -> None:
    cargo.cni(manifest, segment)
    bill = manifest.bill
    assert bill is not None
    bill.master = manifest.master if manifest.master != bill.listed else ""
    bill.parties.extend(manifest.parties)


_HANDLERS: Final[dict[str, cargo.Handler]] = {**forwarding.HANDLERS, "CNI": _cni}
