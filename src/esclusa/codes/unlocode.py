"""Places of trade and transport: UN/LOCODE (UNECE Recommendation 16).

Two letters of the country and three of the place, digits 2 to 9 once the letters ran out:
``PAONX`` is Colón. Positions are as the list states them, whole arc minutes, and some are wrong by
degrees: take :mod:`esclusa.codes.port` first where a port's place on the chart matters.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Final

import msgspec

from esclusa.codes import packed
from esclusa.codes.table import Table
from esclusa.codes.text import compact, quoted

LABEL_EN: Final = "UN/LOCODE"
LABEL_ES: Final = "Código UN/LOCODE"
STANDARD: Final = "UNECE Recommendation 16"

_FORM: Final = re.compile(r"[A-Z]{2}[A-Z2-9]{3}")
_POSITION: Final = re.compile(r"(\d\d)(\d\d)([NS]) (\d{3})(\d\d)([EW])")
_REMOVAL: Final = "XX"


class Locode(msgspec.Struct, frozen=True, gc=False):
    """A place. ``name`` with its own letters, ``plain_name`` without diacritics.

    ``functions`` are eight places, ``1`` port, ``2`` rail, ``3`` road, ``4`` airport, ``5`` postal,
    ``6`` multimodal or dry port, ``7`` fixed installation, ``B`` border crossing. ``status`` is
    the entry's standing (``AA`` approved … ``XX`` leaves the next edition). ``iata`` only where it
    differs from the last three letters. ``lat``, ``lon`` in degrees WGS84, None when not stated.
    """

    code: str
    name: str
    plain_name: str
    subdivision: str
    functions: str
    status: str
    iata: str
    lat: float | None
    lon: float | None
    other_names: tuple[str, ...]

    @property
    def country(self) -> str:
        """ISO 3166-1 alpha-2."""
        return self.code[:2]

    @property
    def is_port(self) -> bool:
        """Whether the list knows the place as a port (function 1)."""
        return "1" in self.functions

    @property
    def leaving(self) -> bool:
        """Whether the entry is marked for removal in the next edition."""
        return self.status == _REMOVAL


def normalise(text: str) -> str:
    """Return upper case without blanks and separators: ``pa onx`` → ``PAONX``."""
    return compact(text)


def get(code: str) -> Locode | None:
    """Return the place for a code, None when this edition does not list it."""
    return _TABLE.get(code)


def known(code: str) -> bool:
    """Answer whether this edition lists the code."""
    return _TABLE.known(code)


def fault(text: str) -> str:
    """Return what is wrong with a code as one sentence, "" when this edition lists it."""
    if _TABLE.known(text):
        return ""
    code = normalise(text)
    if not _FORM.fullmatch(code):
        return f"{quoted(text)} is not two letters and three letters or digits 2 to 9 ({STANDARD})"
    return f"{code} is not in UN/LOCODE {edition()}"


def is_valid(text: str) -> bool:
    """Answer whether this edition lists the code; accepts separators, never raises on any text."""
    return _TABLE.known(text)


def all_places() -> list[Locode]:
    """Return every place, by country and code."""
    return _TABLE.all()


def by_iata(code: str) -> Locode | None:
    """Return the place of an IATA location code (``PTY``), None where none or several fit.

    The list names such a code only where it differs from the place's own, and not always rightly.
    So three groups are looked at, and the first that has just one place gives it: places with an
    airport whose code ends so and that name no other, places that name it, and places with an
    airport whose code ends so though they name another (Panama City).
    """
    groups = _by_iata().get(code.strip().upper(), ())
    return next((get(group[0]) for group in groups if len(group) == 1), None)


@cache
def _by_iata() -> dict[str, tuple[list[str], list[str], list[str]]]:
    found: dict[str, tuple[list[str], list[str], list[str]]] = {}
    for code, line in _TABLE.rows.items():
        _code, _name, _plain, _subdivision, functions, _status, iata, _rest = line.split("\t", 7)
        if iata:
            found.setdefault(iata, ([], [], []))[1].append(code)
        if "4" in functions:
            found.setdefault(code[2:], ([], [], []))[2 if iata else 0].append(code)
    return found


def edition() -> str:
    """Return the edition, such as ``2023-2``."""
    return packed.edition("unlocode")


def position(text: str) -> tuple[float, float] | None:
    """Read a position as the list writes it: ``0922N 07954W`` → (9.366…, -79.9), degrees WGS84."""
    match = _POSITION.fullmatch(text)
    if match is None:
        return None
    lat = _degrees(match[1], match[2], match[3] == "S")
    lon = _degrees(match[4], match[5], match[6] == "W")
    return (lat, lon) if abs(lat) <= 90 and abs(lon) <= 180 else None


def _degrees(degrees: str, minutes: str, negative: bool) -> float:
    value = int(degrees) + int(minutes) / 60
    return -value if negative else value


def _make(row: list[str]) -> Locode:
    code, name, plain, subdivision, functions, status, iata, where, others = row
    lat, lon = position(where) or (None, None)
    names = tuple(others.split("|")) if others else ()
    return Locode(code, name, plain or name, subdivision, functions, status, iata, lat, lon, names)


_TABLE: Final = Table("unlocode", _make, normalise)
