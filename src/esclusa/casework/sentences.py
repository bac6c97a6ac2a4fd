"""Sentences of the rooms below in Spanish: what is wrong with a file, a message, a code or a rule.

These rooms make whole English sentences, with the values already in them, and so they are kept: in
a defect, beside a file, in a mail. ``sentences.csv`` beside the code of a room holds each sentence
with a place for each value, and its Spanish with the same places. A page, the API and a notice look
for the row that a sentence follows when they show it. Three kinds of places:

- ``{value}`` stands for a value, which stays as it is;
- ``{=words}`` for words of the program, which have a row themselves, else the row is not followed;
- ``{*all}`` for several such, ``; `` between them.

All that the Spanish shows beside the row's own words was cut from the English sentence, so it can
tell no reader more.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from typing import Final, NamedTuple

ROOMS: Final = (
    "codes", "formats", "analysis", "ledger", "sharing", "casework", "node", "api", "web", "cli",
)  # fmt: skip
"""The rooms whose sentences have rows."""
PLACE: Final = re.compile(r"\{([=*'~]?)(\w+)\}")
"""A place in the text of a row: its kind and its name."""
_TOLD: Final = ("=", "*")
_HOLDS: Final = {
    "": r"(\S*)",
    "'": r"""('(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")""",
    "~": "(.*?)",
    "=": "(.+?)",
    "*": "(.+?)",
}
"""What may stand in each kind of place."""
LONGEST: Final = 2_000
"""Characters of a sentence that is looked for; a longer one stays as it is."""
DEEPEST: Final = 4
"""Sentences within one another: place, mapping, column, value. More are tried in no other way, so
that no text costs more than a few tries."""
_BETWEEN: Final = "; "


class Row(NamedTuple):
    """A sentence with its places, in both languages."""

    text_en: str
    text_es: str


class _Pattern(NamedTuple):
    """A row with places; ``rank`` is its place among all, that with most words of its own first."""

    rank: int
    row: Row


def rows(room: str) -> tuple[Row, ...]:
    """Return the rows of a room in the order of its file."""
    # By the path: no room above is imported for its data.
    text = files("esclusa").joinpath(room, "sentences.csv").read_text(encoding="utf-8")
    return tuple(Row(**row) for row in csv.DictReader(text.splitlines()))


def translated(sentence: str) -> str:
    """Return a sentence of the rooms below in Spanish, "" where it follows no row."""
    return _found(sentence, DEEPEST) if len(sentence) <= LONGEST else ""


def _found(sentence: str, deep: int) -> str:
    if whole := _plain().get(sentence):
        return whole
    by_word = _patterns() if deep else {}
    held = {one for word in {"", *sentence.split(" ")} for one in by_word.get(word, ())}
    for pattern in sorted(held):
        match = _expression(pattern.row.text_en).fullmatch(sentence)
        if match and (text := _filled(pattern.row, match, deep - 1)):
            return text
    return ""


def _filled(row: Row, match: re.Match[str], deep: int) -> str:
    """Return the Spanish of a row with what stood in its places, "" where words have no row."""
    said = {}
    for (kind, name), value in zip(PLACE.findall(row.text_en), match.groups(), strict=True):
        parts = value.split(_BETWEEN) if kind == "*" else [value]
        told = [_found(part, deep) for part in parts] if kind in _TOLD else parts
        if kind in _TOLD and not all(told):
            return ""
        said[name] = _BETWEEN.join(told)
    return PLACE.sub(lambda place: said[place[2]], row.text_es)


@cache
def _plain() -> dict[str, str]:
    """Return the Spanish of the rows without places."""
    return {row.text_en: row.text_es for row in _all() if not PLACE.search(row.text_en)}


@cache
def _patterns() -> dict[str, list[_Pattern]]:
    """Return the rows with places by a word that each sentence of theirs has, "" for those that
    have none: so a sentence is held against a few rows."""
    found: dict[str, list[_Pattern]] = {}
    held = [row for row in _all() if PLACE.search(row.text_en)]
    held.sort(key=lambda row: -len(PLACE.sub("", row.text_en)))
    for rank, row in enumerate(held):
        # A word that a place touches is no word of the sentence by itself.
        words = PLACE.sub("\0", row.text_en).split(" ")
        longest = max((word for word in words if "\0" not in word), key=len, default="")
        found.setdefault(longest, []).append(_Pattern(rank, row))
    return found


@cache
def _expression(text: str) -> re.Pattern[str]:
    """Return what a sentence of a row looks like. It is made when a sentence is first held against
    the row: all of them would take seconds."""
    own = PLACE.split(text)[::3]
    made = re.escape(own[0])
    for (kind, _name), after in zip(PLACE.findall(text), own[1:], strict=True):
        made += _HOLDS[kind] + re.escape(after)
    return re.compile(made, re.DOTALL)


def _all() -> Iterator[Row]:
    for room in ROOMS:
        yield from rows(room)
