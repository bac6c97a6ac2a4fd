"""What IFCSUM and IFTMCS say otherwise than the customs cargo report, segment by segment.

Equipment stands behind the goods inside a consignment, goods have references and legs of their own,
and parties of the header are parties of every consignment.
"""

from __future__ import annotations

from typing import Final

from esclusa.formats.edifact import common
from esclusa.formats.edifact import manifest_segments as cargo
from esclusa.formats.edifact.manifest import Manifest
from esclusa.formats.edifact.segment import Segment
from esclusa.formats.values import hs_code, whole

MEASURE: Final = {**common.MEASURE, **common.CODES["goods_measure"]}
_GOODS_MEASURE: Final = {
    "gross": "gross_mass_kg", "net": "net_mass_kg", "volume": "volume_m3",
}  # fmt: skip
_COMMODITY: Final = ("HS", "SRZ", "TSP")
"""Kinds of product code (7143) that are customs commodity codes."""

UNREAD: Final = frozenset({
    "UNH", "UNT", "CNT", "TSR", "HAN", "DIM", "RNG", "QTY", "TMD", "EQA", "EQN", "GDS", "TCC",
    "PRI", "PCD", "ICD", "GOR", "TPL", "TOD", "GIN", "SEQ", "AUT",
})  # fmt: skip
"""Segments of forwarding messages that make no statement of their own."""


def eqd(manifest: Manifest, segment: Segment) -> None:
    """EQD closes the goods before it: what follows is about the container."""
    manifest.goods = None
    cargo.equipment(manifest, segment)


def gid(manifest: Manifest, segment: Segment) -> None:
    """GID closes the container before it. The outermost level with a count gives the packages."""
    manifest.box = None
    cargo.gid(manifest, segment)
    goods = manifest.goods
    if goods is None or goods.fields.get("packages") is not None:
        return
    for level in range(3, 7):
        if text := segment.get(level).strip():
            goods.fields["packages"] = whole(text, manifest.notes, segment, f"{level}.1")
            kind = segment.get(level, 2).strip() or segment.get(level, 5).strip()
            goods.fields["package_type"] = kind
            return


def mea(manifest: Manifest, segment: Segment) -> None:
    """MEA of goods may be net; of a container as in CUSCAR."""
    if manifest.goods is None:
        cargo.mea(manifest, segment)
        return
    what, value = common.quantity(segment, manifest.notes, MEASURE)
    field = _GOODS_MEASURE.get(what)
    if value is not None and field:
        manifest.goods.fields.setdefault(field, value)


def pia(manifest: Manifest, segment: Segment) -> None:
    """PIA: the commodity code among the product codes."""
    if manifest.goods is None:
        return
    for at, code in enumerate(segment.elements()[1:6], start=2):
        if len(code) > 1 and code[1].strip() in _COMMODITY:
            found = hs_code(code[0].strip(), manifest.notes, segment, f"{at}.1")
            if found:
                manifest.goods.fields.setdefault("hs_code", found)


def rff(manifest: Manifest, segment: Segment) -> None:
    """A reference of goods or equipment is a document; only one before them names the bill."""
    bill = manifest.bill
    word = common.REFERENCE.get(segment.get(1), "")
    text = segment.get(1, 2).strip()
    if bill is None:
        _header_reference(manifest, segment, word, text)
    elif word == "equipment" or (manifest.goods is None and manifest.box is None):
        cargo.rff(manifest, segment)
    elif text:
        bill.documents.append(f"{segment.get(1)}:{text}")


def _header_reference(manifest: Manifest, segment: Segment, word: str, text: str) -> None:
    """A bill of the whole message is the master of its consignments."""
    if word in ("tax", "registration"):
        cargo.rff(manifest, segment)
    elif word in ("bill", "master"):
        manifest.master = manifest.master or text


def doc(manifest: Manifest, segment: Segment) -> None:
    """DOC: code (1001) and number go to the documents of the consignment."""
    text = segment.get(2).strip()
    if manifest.bill is not None and text:
        manifest.bill.documents.append(f"{segment.get(1).strip()}:{text}")


def nad(manifest: Manifest, segment: Segment) -> None:
    """A party behind a container is its operator; one of the header is every consignment's."""
    role = common.ROLE.get(segment.get(1), "other")
    if manifest.bill is not None and manifest.box is None:
        cargo.nad(manifest, segment)
        return
    cargo.header_party(manifest, segment, role)
    if manifest.bill is None and manifest.box is None and role != "reporting":
        manifest.parties.append(common.party(segment, role))
        manifest.party = manifest.parties


def dtm(manifest: Manifest, segment: Segment) -> None:
    """Moments of a leg that is not the main carriage are not the consignment's."""
    if not manifest.leg:
        cargo.dtm(manifest, segment)


def sgp(manifest: Manifest, segment: Segment) -> None:
    """SGP places goods, or before any goods the whole consignment, in a container."""
    text = segment.get(1).strip()
    if manifest.bill is not None and manifest.goods is None and text:
        cargo.place_in(manifest, manifest.bill, segment, text, "1.1")
    else:
        cargo.sgp(manifest, segment)


def tdt(manifest: Manifest, segment: Segment) -> None:
    """The main carriage (stage 20) inside a consignment is the consignment's own voyage."""
    if manifest.bill is None:
        cargo.tdt(manifest, segment)
        return
    manifest.party = None
    manifest.leg = segment.get(1) != "20"
    if not manifest.leg:
        manifest.bill.voyage = common.voyage(segment, manifest.notes)


HANDLERS: Final[dict[str, cargo.Handler]] = {
    **cargo.HANDLERS,
    "EQD": eqd, "GID": gid, "MEA": mea, "PIA": pia, "RFF": rff, "DOC": doc, "NAD": nad,
    "DTM": dtm, "SGP": sgp, "TDT": tdt,
}  # fmt: skip
