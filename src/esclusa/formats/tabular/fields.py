"""The fields a mapping can fill, read from ``fields.json``, the one place that names them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from importlib.resources import files
from typing import Final

import msgspec
from anyascii import anyascii

_MARKS: Final = re.compile(r"[^a-z0-9]+")


class Field(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A field. ``kind`` says how its text is read (see ``convert``); ``many`` that several columns,
    or a cell with several values, may fill it."""

    kind: str
    en: str
    es: str
    synonyms: tuple[str, ...]
    many: bool = False


class Target(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A kind of statement, and the fields without which none can be made: ``surname|name`` asks for
    one of the two."""

    required: tuple[str, ...]
    about: str
    fields: dict[str, Field]


class Fields(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All targets, and the words of coded columns: kind → the model's word → senders' words."""

    about: str
    targets: dict[str, Target]
    words: dict[str, dict[str, tuple[str, ...]]]


def plain(text: str) -> str:
    """Return the words of a heading: lower case, no accents, marks turned to blanks.

    ``"Nº B/L:"`` → ``no b l``.
    """
    return _MARKS.sub(" ", anyascii(text[:200]).lower()).strip()


@cache
def fields() -> Fields:
    """Return the table of fields."""
    return msgspec.json.decode(files(__package__).joinpath("fields.json").read_bytes(), type=Fields)


@cache
def headings(target: str) -> dict[str, tuple[str, ...]]:
    """Return heading → the paths of the target's fields that claim it, in the table's order."""
    found: dict[str, dict[str, None]] = {}
    for path, field in fields().targets[target].fields.items():
        for words in (*field.synonyms, plain(field.en), plain(field.es), plain(path)):
            found.setdefault(words, {})[path] = None
    return {words: tuple(paths) for words, paths in found.items()}


def lacking(target: str, filled: Iterable[str]) -> list[str]:
    """Return the required fields that nothing fills."""
    have = frozenset(filled)
    return [need for need in fields().targets[target].required if have.isdisjoint(need.split("|"))]


@cache
def words(kind: str) -> dict[str, str]:
    """Return sender's word → model's word for a coded kind, an empty table for other kinds."""
    return {word: own for own, given in fields().words.get(kind, {}).items() for word in given}
