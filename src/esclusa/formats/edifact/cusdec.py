"""CUSDEC, the customs declaration: one consignment, its goods item by item.

UN/EDIFACT directories D.96A to D.24A, and the guides that build on D.96B. The number of the
declaration (BGM 1004) is the consignment's ``bill``; the transport document is in ``documents``.
CST opens a goods item when it has an item number (1496) or stands behind UNS; else it speaks for
all. Codes of C246 are told apart by their list (1131): 117 procedure, 108 and 122 tariff.
"""

from __future__ import annotations

from typing import Final

from msgspec.structs import replace

from esclusa.formats.edifact import common, forwarding
from esclusa.formats.edifact import manifest_segments as cargo
from esclusa.formats.edifact.manifest import Bill, Goods, Manifest
from esclusa.formats.edifact.segment import RawMessage, Segment
from esclusa.formats.reading import Notes, Reading
from esclusa.formats.values import hs_code, whole
from esclusa.model import Consignment, Statement

_CODE: Final = common.CODES["customs_code"]

_UNREAD: Final = frozenset({
    "UNH", "UNT", "UNS", "GIS", "GEI", "FII", "TPL", "TOD", "EFI", "CED", "QTY", "DMS", "PAT",
    "PYT", "PCD", "ALC", "RTE", "LIN", "PIA", "PRI", "QVR", "GIR", "IMD", "GIN", "GDS", "TAX",
    "CNT", "AUT",
})  # fmt: skip
"""Segments that make no statement of their own: taxes, indicators, lines of invoices."""


def read(raw: RawMessage, notes: Notes) -> list[Reading]:
    """Read one CUSDEC message into its consignment; defects go to ``notes``.

    Empty when the message's function states nothing (1225).
    """
    return [
        Reading(each.function, tuple(map(_declared, each.statements)))
        for each in cargo.read_report(raw, notes, _HANDLERS, _UNREAD)
    ]


def _declared(statement: Statement) -> Statement:
    """Take the carrier out: the number is customs' or the declarant's, no carrier's bill.

    The key is then that of the same declaration in ASYCUDA (SAD).
    """
    return replace(statement, carrier="") if isinstance(statement, Consignment) else statement


def _bgm(manifest: Manifest, segment: Segment) -> None:
    cargo.bgm(manifest, segment)
    cargo.open_bill(manifest, Bill(segment, segment.get(2).strip()))


def _cst(manifest: Manifest, segment: Segment) -> None:
    """CST of an item opens it; the header's gives the procedure of all items."""
    found = _codes(manifest, segment)
    number = segment.get(1).strip()
    if not number and "tariff" not in found:
        manifest.procedure = manifest.procedure or found.get("procedure", "")
        return
    bill = manifest.bill
    if bill is None:
        bill = Bill(segment, "")
        cargo.open_bill(manifest, bill)
    manifest.party = manifest.box = None
    goods = Goods(len(bill.goods) + 1)
    bill.goods.append(goods)
    manifest.goods = goods
    sequence = whole(number, manifest.notes, segment, "1")
    goods.fields["sequence"] = sequence or goods.fields["sequence"]
    goods.fields["packages"] = None
    goods.fields["package_type"] = ""
    goods.fields["hs_code"] = found.get("tariff", "")
    goods.fields["procedure"] = found.get("procedure", "") or manifest.procedure


def _codes(manifest: Manifest, segment: Segment) -> dict[str, str]:
    """Read C246: word (``tariff``, ``procedure``) to code; an item's first code without list is
    its tariff."""
    found: dict[str, str] = {}
    for at, parts in enumerate(segment.elements()[1:6], start=2):
        listed = parts[1].strip() if len(parts) > 1 else ""
        word = _CODE.get(listed, "tariff" if not listed and at == 2 and segment.get(1) else "")
        code = parts[0].strip()
        if word == "tariff":
            code = hs_code(code, manifest.notes, segment, f"{at}.1")
        if word and code:
            found.setdefault(word, code)
    return found


def _rff(manifest: Manifest, segment: Segment) -> None:
    """Numbers of a party are its own; every other reference is a document."""
    word = common.REFERENCE.get(segment.get(1), "")
    text = segment.get(1, 2).strip()
    if word in ("tax", "registration") and manifest.party:
        cargo.rff(manifest, segment)
    elif manifest.bill is not None and text:
        manifest.bill.documents.append(f"{segment.get(1)}:{text}")


def _ftx(manifest: Manifest, segment: Segment) -> None:
    if manifest.party is None:
        cargo.ftx(manifest, segment)


_HANDLERS: Final[dict[str, cargo.Handler]] = {
    **cargo.HANDLERS,
    "BGM": _bgm, "CST": _cst, "RFF": _rff, "FTX": _ftx, "EQD": forwarding.eqd,
    "MEA": forwarding.mea, "DOC": forwarding.doc, "TDT": forwarding.tdt, "DTM": forwarding.dtm,
}  # fmt: skip
