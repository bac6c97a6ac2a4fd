"""Names as people write them → the letters of a zone (Doc 9303-3 §4.6 and §6).

``letters.tsv`` holds the tables of §6: Latin (A), Cyrillic (B), Arabic (C), with the exceptions
that it names by language, and the shorter forms it allows for Spanish (``es``: Ü is U). Rows marked
``-`` are ours: Ь, Ћ and Ѓ, which table B leaves out. A Latin letter with marks that the table does
not list (Ș, Ế) gives its base letter.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from importlib.resources import files
from typing import Final

import msgspec

from esclusa.errors import FormatError

_LETTERS: Final = re.compile(r"[A-Z]+(?: [A-Z]+)*")
_SPACED: Final = re.compile(r"[\s,\-\u2010-\u2015\u2212]+")
"""Blanks, hyphens and commas become one filler (§4.6); a filler is written as a space here."""

_SHADDA: Final = "\u0651"
"""Doubles the letters before it, but for the X that opens them: XDZ, XDZDZ (§6 C, note 3)."""

_LONGEST: Final = 400


class _Letter(msgspec.Struct, frozen=True):
    """``exceptions``: ``uk`` language, ``uk^`` first of a part in that language, ``$`` last."""

    plain: str
    exceptions: dict[str, str]


def letters(name: str, language: str = "") -> str:
    """Return a name in letters A to Z, its parts separated by one space.

    Apostrophes and other punctuation vanish, hyphens and commas part (§4.6). ``language`` is a
    two-letter code (``es``, ``uk``, ``sr`` …) where §6 makes an exception for it.

    Raises :class:`~esclusa.errors.FormatError` for a digit or a character without letters; it names
    the position, from 1.
    """
    if len(name) > _LONGEST:
        raise FormatError(f"name has {len(name):,} characters, at most {_LONGEST} were expected")
    if _LETTERS.fullmatch(name):
        return name
    parts = (_part(part, language) for part in _placed(name))
    return " ".join(part for part in parts if part)


def _placed(name: str) -> list[list[tuple[int, str]]]:
    """Parts of a name; each character in upper case with its position in what was given."""
    parts: list[list[tuple[int, str]]] = [[]]
    for position, char in enumerate(name, 1):
        if _SPACED.fullmatch(char):
            parts.append([])
        else:
            parts[-1].extend((position, upper) for upper in _upper(char))
    return parts


def _upper(char: str) -> str:
    return "ẞ" if char == "ß" else char.upper()


def _part(part: list[tuple[int, str]], language: str) -> str:
    composed = _composed(part)
    written: list[str] = []
    for at, (position, char) in enumerate(composed):
        if char == _SHADDA:
            written.extend(last.lstrip("X") for last in written[-1:])
            continue
        ends = at == 0, at == len(composed) - 1
        written.append(_written(char, position, language, *ends))
    return "".join(written)


def _composed(part: list[tuple[int, str]]) -> list[tuple[int, str]]:
    """The part with its combining marks joined to their letters (N and a tilde are Ñ)."""
    joined: list[tuple[int, str]] = []
    for position, char in part:
        pair = unicodedata.normalize("NFC", joined[-1][1] + char) if joined else char
        if joined and len(pair) == 1:
            joined[-1] = (joined[-1][0], pair)
        else:
            joined.append((position, char))
    return joined


def _written(char: str, position: int, language: str, first: bool, last: bool) -> str:
    if "A" <= char <= "Z":
        return char
    letter = _table().get(char)
    if letter is not None:
        exceptions = letter.exceptions
        keys = [f"{language}^"] * first + [language] + ["$"] * last
        return next((exceptions[key] for key in keys if key in exceptions), letter.plain)
    category = unicodedata.category(char)
    if category[0] == "P" or category in ("Mn", "Cf") or char in "`´":
        return ""
    return _base(char, position, language, first, last)


def _base(char: str, position: int, language: str, first: bool, last: bool) -> str:
    """Letters of what a character is made of; marks fall away, ligatures part."""
    apart = unicodedata.normalize("NFKD", char)
    kept = [one for one in apart if unicodedata.category(one) != "Mn"]
    if kept == [char] or not kept or any(not one.isalpha() for one in kept):
        shown = f"{char!r} (U+{ord(char):04X})" if char.isprintable() else f"U+{ord(char):04X}"
        reason = f"position {position}: {shown} has no letters in a zone (Doc 9303-3 §6)"
        raise FormatError(reason)
    return "".join(_written(one, position, language, first, last) for one in kept)


@cache
def _table() -> dict[str, _Letter]:
    text = files(__package__).joinpath("letters.tsv").read_text("utf-8")
    rows = [line.split("\t") for line in text.splitlines() if not line.startswith("#")]
    return {chr(int(code[2:], 16)): _Letter(plain, _exceptions(by)) for _, code, plain, by in rows}


def _exceptions(text: str) -> dict[str, str]:
    pairs = (pair.partition("=") for pair in text.split(",") if pair)
    return {key: plain for key, _, plain in pairs}
