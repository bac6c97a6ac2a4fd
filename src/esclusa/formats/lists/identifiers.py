"""Identifiers of list entries, with the verdict of their check digit."""

from __future__ import annotations

import re
from typing import Final

from esclusa.codes import schemes
from esclusa.model import Identifier

_CHECKED: Final = frozenset(("imo", "iso6346"))
"""Schemes with a check digit. An MMSI has none: a form that is unusual is not a wrong number."""


IMO_IN_TEXT: Final = re.compile(r"\bIMO\b\)?\s*(?:number|no\.?)?\s*:?\s*(\d{7})\b", re.IGNORECASE)
"""An IMO number in a list's comments, where no field holds it."""


def made(scheme: str, value: str, country: str = "") -> Identifier:
    """Return an identifier with the verdict of its check digit, None where it has none."""
    if scheme not in _CHECKED:
        return Identifier(scheme=scheme, value=value, country=country)
    value = schemes.normalise(scheme, value)
    valid = schemes.check(scheme, value)
    return Identifier(scheme=scheme, value=value, valid=valid, country=country)
