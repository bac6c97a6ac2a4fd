"""Three code lists of UN/EDIFACT that manifests lean on: documents, parties, places (UNCL).

Element 1001 document name, 3035 party function, 3227 location function. Later directories keep the
codes of earlier ones, so one edition reads messages of all.
"""

from __future__ import annotations

from typing import Final

import msgspec

from esclusa.codes import packed
from esclusa.codes.table import Table
from esclusa.codes.text import compact

STANDARD: Final = "UN/EDIFACT UNCL"


class Code(msgspec.Struct, frozen=True, gc=False):
    """A code, its name and its definition, in the English of the directory."""

    code: str
    name: str
    definition: str


def document(code: str) -> Code | None:
    """Return the document for a code of element 1001 (``705`` bill of lading), or None."""
    return _DOCUMENT.get(code)


def party_role(code: str) -> Code | None:
    """Return the party function for a code of element 3035 (``CN`` consignee), or None."""
    return _PARTY.get(code)


def place_role(code: str) -> Code | None:
    """Return the location function for a code of element 3227 (``9`` place of loading), or None."""
    return _PLACE.get(code)


def edition() -> str:
    """Return the directory, such as ``D.24A``."""
    return packed.edition("uncl_1001")


def _make(row: list[str]) -> Code:
    return Code(row[0], row[1], row[2])


_DOCUMENT: Final = Table("uncl_1001", _make, compact)
_PARTY: Final = Table("uncl_3035", _make, compact)
_PLACE: Final = Table("uncl_3227", _make, compact)
