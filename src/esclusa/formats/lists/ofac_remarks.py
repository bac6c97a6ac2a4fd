"""The remarks of OFAC's SDN list, taken apart.

The CSV edition keeps birth, nationality, papers, ship numbers and weak aliases in one text, its
parts closed by a semicolon: ``DOB 12 Mar 1965; Passport X1 (Panama); a.k.a. 'EL FLACO'.`` Parts
that mean nothing here (``Linked To:``, ``Gender``, sanctions notes) stay in the remarks.

An alias inside the remarks stands in quotes, OFAC's sign for a weak alias: one so common that it
may only support a match (OFAC FAQ 122).
"""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files
from typing import Final

import msgspec

from esclusa.codes import imo
from esclusa.formats.lists.dates import list_date
from esclusa.formats.lists.identifiers import made
from esclusa.formats.lists.places import country_words, is_code, unique
from esclusa.model import Alias, Identifier

FULL: Final = 1_000
"""Longest remarks the CSV edition has room for; longer ones go on in a file of their own."""

_PART: Final = re.compile(r";\s+")
_ALTERNATIVE: Final = re.compile(r"alt\. ")
_ALIAS: Final = re.compile(r"[afn]\.k\.a\. (.+)")
_TAIL: Final = re.compile(r" (?:issued|expires) \d")


class Remarks(msgspec.Struct, frozen=True, kw_only=True):
    """What the remarks state. ``unread`` holds parts that look like a date but are none."""

    aliases: tuple[Alias, ...] = ()
    birth_dates: tuple[str, ...] = ()
    birth_places: tuple[str, ...] = ()
    nationalities: tuple[str, ...] = ()
    identifiers: tuple[Identifier, ...] = ()
    unread: tuple[str, ...] = ()


class _Label(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    label: str
    scheme: str


class _Labels(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    about: str
    labels: tuple[_Label, ...]


def parse_remarks(text: str) -> Remarks:
    """Take the remarks of one entry apart; never raises."""
    parts = [_ALTERNATIVE.sub("", part, count=1) for part in _PART.split(_unstopped(text))]
    births = [part[4:] for part in parts if part.startswith("DOB ")]
    dates = [(birth, list_date(birth)) for birth in births]
    return Remarks(
        aliases=tuple(Alias(name=name, weak=True) for name in unique(map(_alias, parts))),
        birth_dates=unique(date for _, date in dates),
        birth_places=unique(part[4:] for part in parts if part.startswith("POB ")),
        nationalities=unique(map(_nationality, parts)),
        identifiers=tuple(found for part in parts if (found := identifier(part))),
        unread=tuple(birth for birth, date in dates if not date),
    )


def identifier(part: str) -> Identifier | None:
    """Return the identifier that one part of the remarks states, None when it states none.

    ``valid`` is set for schemes with a check digit only.
    """
    found = _pattern().match(part)
    if not found:
        return None
    value, country = _country(_TAIL.split(part[found.end() :].strip(), maxsplit=1)[0])
    if not value or value == "-0-":
        return None
    return made(_scheme(found[1], value), value, country)


def _scheme(label: str, value: str) -> str:
    """Return the label's scheme; a ship number without the letters IMO is still one if it fits."""
    scheme = _schemes()[label]
    if label == "Vessel Registration Identification" and imo.is_valid(value):
        return "imo"
    return scheme


def _country(value: str) -> tuple[str, str]:
    """Split ``X123 (Panama)`` into ``X123`` and ``PA``; other words in brackets stay."""
    number, bracket, words = value.rpartition("(")
    code = country_words(words[:-1]) if bracket and words.endswith(")") else ""
    return (number.rstrip(), code) if is_code(code) else (value, "")


def _nationality(part: str) -> str:
    word, _, country = part.partition(" ")
    return country_words(country) if word in ("nationality", "citizen") else ""


def _alias(part: str) -> str:
    found = _ALIAS.fullmatch(part)
    return found[1].strip("'\" ") if found else ""


def _unstopped(text: str) -> str:
    """Return the text without the full stop that closes the whole remarks."""
    text = text.strip()
    return text[:-1] if text.endswith(".") else text


@cache
def _schemes() -> dict[str, str]:
    data = files(__package__).joinpath("ofac_labels.json").read_bytes()
    return {each.label: each.scheme for each in msgspec.json.decode(data, type=_Labels).labels}


@cache
def _pattern() -> re.Pattern[str]:
    longest_first = sorted(_schemes(), key=len, reverse=True)
    return re.compile(f"({'|'.join(map(re.escape, longest_first))})(?= )")
