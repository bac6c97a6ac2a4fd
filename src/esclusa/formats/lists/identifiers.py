"""Identifiers of list entries, with the verdict of their check digit."""

from __future__ import annotations

from typing import Final

from esclusa.codes import schemes
from esclusa.model import Identifier

_CHECKED: Final = frozenset(("imo", "iso6346"))
"""Schemes with a check digit. An MMSI has none: a form that is unusual is not a wrong number."""


def made(scheme: str, value: str, country: str = "") -> Identifier:
    """Return an identifier with the verdict of its check digit, None where it has none."""
    if scheme not in _CHECKED:
        return Identifier(scheme=scheme, value=value, country=country)
    value = schemes.normalise(scheme, value)
    valid = schemes.check(scheme, value)
    return Identifier(scheme=scheme, value=value, valid=valid, country=country)
