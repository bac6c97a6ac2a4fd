"""Which identifier type a scheme word names, so a reader can ask for a verdict by word.

A new identifier type is one module with the functions of :class:`IdentifierType` and one line here.
"""

from __future__ import annotations

from typing import Final, Protocol

from esclusa.codes import hs, imo, imo_company, iso6346, mmsi, undg, unlocode


class IdentifierType(Protocol):
    """What every identifier module offers; a module is its own instance."""

    @property
    def LABEL_EN(self) -> str: ...  # noqa: N802
    @property
    def LABEL_ES(self) -> str: ...  # noqa: N802
    @property
    def STANDARD(self) -> str: ...  # noqa: N802

    def normalise(self, text: str) -> str: ...
    def is_valid(self, text: str) -> bool: ...
    def fault(self, text: str) -> str: ...


TYPES: Final[dict[str, IdentifierType]] = {
    "imo": imo,
    "imo_company": imo_company,
    "mmsi": mmsi,
    "iso6346": iso6346,
    "unlocode": unlocode,
    "hs": hs,
    "undg": undg,
}
"""Scheme word (:class:`esclusa.model.Identifier`) → module."""


def check(scheme: str, value: str) -> bool | None:
    """Return the verdict on a value, None when the scheme has no rule we know."""
    module = TYPES.get(scheme)
    return None if module is None else module.is_valid(value)


def fault(scheme: str, value: str) -> str:
    """Return what is wrong with a value as one sentence; "" when nothing is or no rule is known."""
    module = TYPES.get(scheme)
    return "" if module is None else module.fault(value)


def normalise(scheme: str, value: str) -> str:
    """Return the value in the scheme's own form; outer blanks off when the scheme is unknown."""
    module = TYPES.get(scheme)
    return value.strip() if module is None else module.normalise(value)
