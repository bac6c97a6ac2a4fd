"""Handling codes: what a caveat asks of whoever passes a record on. The codes are data.

H1 has no effect on a machine's decision: it travels with the record and binds the court's reader.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Final

import msgspec

from esclusa.model import EVERYONE

ORIGINATOR_CONTROL: Final = "ORCON"


class Handling(msgspec.Struct, frozen=True, kw_only=True):
    """A handling code. ``consent``: another agency's record goes on only with its consent.
    ``purposes`` are the only ones it may go for; ``{"*"}`` is any."""

    code: str
    consent: bool
    purposes: frozenset[str]
    en: str
    es: str
    source: str


@cache
def handling() -> MappingProxyType[str, Handling]:
    """Return the handling codes by word. Other caveats are compartments, without such an effect."""
    text = files("esclusa.sharing.vocabularies").joinpath("data", "handling.csv").read_text("utf-8")
    return MappingProxyType(
        {row["code"]: _handling(row) for row in csv.DictReader(io.StringIO(text))}
    )


def _handling(row: dict[str, str]) -> Handling:
    if row["onward"] not in ("free", "consent"):
        raise ValueError(f"handling code {row['code']}: onward is free or consent")
    return Handling(
        code=row["code"], consent=row["onward"] == "consent",
        purposes=frozenset(row["purposes"].split() or {EVERYONE}),
        en=row["en"], es=row["es"], source=row["source"],
    )  # fmt: skip


def needs_consent(caveats: Iterable[str]) -> bool:
    """Tell whether another agency's record with these caveats needs its consent to go on."""
    return any(code.consent for word in caveats if (code := handling().get(word)))


def compartments(caveats: frozenset[str]) -> frozenset[str]:
    """Return the caveats that a reader must be read into: all but the handling codes."""
    return caveats - handling().keys()


def purposes_left(caveats: Iterable[str]) -> frozenset[str]:
    """Return the purposes that all these caveats allow; ``{"*"}`` is any."""
    left = frozenset({EVERYONE})
    for word in caveats:
        code = handling().get(word)
        if code is not None and EVERYONE not in code.purposes:
            left = code.purposes if EVERYONE in left else left & code.purposes
    return left
