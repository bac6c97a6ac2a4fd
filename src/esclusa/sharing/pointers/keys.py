"""Exact keys: one spelling for each identifier, so that equal ones meet and no others do.

A key names its kind of thing and its kind of identifier, so a passport number never meets a tax
number of the same digits. What cannot identify (wrong check digit, no country, half a date) makes
no key.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

import msgspec

from esclusa.analysis.screening.identifiers import identifier_key
from esclusa.analysis.screening.normalise import normalise
from esclusa.codes import country, imo, iso6346, mmsi
from esclusa.errors import InputError
from esclusa.sharing.pointers.suite import framed
from esclusa.sharing.pointers.terms import KEYS, Subject

_DOMAIN: Final = b"esclusa-pointer/1"
_DATE: Final = re.compile(r"[12][0-9]{3}-[01][0-9]-[0-3][0-9]")


class Pointer(msgspec.Struct, frozen=True, order=True):
    """A key in normal form: its kind (a word of ``terms.KEYS``) and its parts."""

    key: str
    parts: tuple[str, ...]

    @property
    def subject(self) -> Subject:
        """The kind of thing that the key finds."""
        return KEYS[self.key]

    def encode(self) -> bytes:
        """Return the bytes that are searched; no two keys have the same."""
        said = (self.subject, self.key, *self.parts)
        return framed(_DOMAIN, *(part.encode() for part in said))


Parts = tuple[str, ...]


def exact(key: str, *said: str) -> Pointer | None:
    """Return the pointer for an exact key as people write it, None when it identifies nothing.

    ``exact("iso6346", "csqu 305438-3")``, ``exact("passport", "PAN", "PA 0123456")``,
    ``exact("name_birth", "Rivas, Ana", "1980-02-29")``, ``exact("registration", "PA", "155-1")``.

    :param key: an exact word of ``terms.KEYS``. Numbers given by a country come after its code
        (alpha-2, ICAO 9303) or name; ``iso6346``, ``imo``, ``mmsi`` and ``duns`` stand alone.
    """
    parts = _MAKERS[key](*said)
    return Pointer(key, parts) if parts else None


def require(key: str, *said: str) -> Pointer:
    """Return the pointer for what a person typed.

    :raises InputError: when it cannot be searched; the sentence tells why.
    """
    if key not in _MAKERS:
        raise InputError(f"{key!r} is not one of the exact keys {', '.join(_MAKERS)}")
    found = exact(key, *said)
    if found is None:
        raise InputError(f"{key}: {_FAULTS.get(key, _no_country)(*said)}")
    return found


def _container(number: str) -> Parts:
    return (iso6346.normalise(number),) if iso6346.is_valid(number) else ()


def _imo(number: str) -> Parts:
    return (imo.normalise(number),) if imo.is_valid(number) else ()


def _mmsi(number: str) -> Parts:
    return (mmsi.normalise(number),) if mmsi.kind(number) == "ship" else ()


def _duns(number: str) -> Parts:
    digits = identifier_key("duns", number)[1]
    return (digits,) if len(digits) == 9 and digits.isdigit() else ()


def _of_country(where: str, number: str) -> Parts:
    code, value = _alpha2(where), identifier_key("other", number.replace("<", ""))[1]
    return (code, value) if code and value else ()


def _alpha2(where: str) -> str:
    known = country.by_icao(where) if where else None
    if known is not None:
        return known.alpha2
    found = country.find(where) if where else None
    return found.alpha2 if found else ""


def _name_birth(name: str, date: str) -> Parts:
    words = sorted(normalise(name, "person").tokens)
    return (" ".join(words), date) if words and _DATE.fullmatch(date) else ()


def _no_country(*_said: str) -> str:
    return "a known country, and a number of 5 to 40 characters with a digit, were expected"


def _no_ship(number: str) -> str:
    return mmsi.fault(number) or "the number of a ship was expected"


_MAKERS: Final[dict[str, Callable[..., Parts]]] = {
    "passport": _of_country, "national_id": _of_country, "name_birth": _name_birth,
    "registration": _of_country, "tax": _of_country, "duns": _duns,
    "imo": _imo, "mmsi": _mmsi, "iso6346": _container,
}  # fmt: skip
_FAULTS: Final[dict[str, Callable[..., str]]] = {
    "iso6346": iso6346.fault, "imo": imo.fault, "mmsi": _no_ship,
    "duns": lambda _number: "nine digits were expected",
    "name_birth": lambda *_said: "a name, and a date of birth as YYYY-MM-DD, were expected",
}  # fmt: skip
