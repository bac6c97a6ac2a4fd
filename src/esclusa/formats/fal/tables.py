"""The tables of the package, loaded once."""

from __future__ import annotations

import csv
import tomllib
from functools import cache
from importlib.resources import files
from typing import Final

import msgspec

from esclusa.formats.codemap import load_map
from esclusa.formats.edifact.common import CODES as EDIFACT
from esclusa.formats.tabular.fields import plain

LINE: Final = "line"
"""The one column that is ours: in FAL 7, which line of its bill in FAL 2 a row belongs to."""

_PACKAGE: Final = "esclusa.formats.fal"


class List(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A list of a form; ``forms.toml`` tells what each field means."""

    columns: tuple[str, ...]
    fields: dict[str, str] = {}
    own: tuple[str, ...] = ()


class Form(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A form."""

    key: str
    sheet: str
    names: tuple[str, ...]
    values: tuple[str, ...]
    lists: dict[str, List]
    questions: dict[str, str] = {}

    @property
    def main(self) -> str:
        """The name of the form's own list."""
        return next(iter(self.lists))


class CallSheet(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The sheet of what holds for all forms."""

    sheet: str
    names: tuple[str, ...]
    values: tuple[str, ...]


class Forms(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All of ``forms.toml``."""

    call: CallSheet
    forms: dict[str, Form]


class Element(msgspec.Struct, frozen=True):
    """A data element of the IMO Compendium. ``kind``: ``date``, ``moment``, ``indicator``, ""."""

    number: str
    name: str
    kind: str


class Waste(msgspec.Struct, frozen=True):
    """A kind of waste of MARPOL: ``annex`` I, II, IV, V or VI, name in both languages."""

    code: str
    annex: str
    en: str
    es: str


def _text(name: str) -> str:
    return files(_PACKAGE).joinpath(name).read_text(encoding="utf-8")


@cache
def elements() -> dict[str, Element]:
    """Return number → element."""
    rows = csv.DictReader(_text("elements.tsv").splitlines(), delimiter="\t")
    return {row["number"]: Element(**row) for row in rows}


@cache
def all_forms() -> Forms:
    """Return the table of forms."""
    return msgspec.convert(tomllib.loads(_text("forms.toml")), Forms)


def form(word: str) -> Form:
    """Return a form by its word (``crew``)."""
    return all_forms().forms[word]


@cache
def words_by_key() -> dict[str, str]:
    """Return key in JSON → word of the form."""
    return {each.key: word for word, each in all_forms().forms.items()}


@cache
def questions() -> dict[str, str]:
    """Return data number → number of the question of the Maritime Declaration of Health."""
    return {number: asked for asked, number in form("health").questions.items()}


@cache
def wastes() -> dict[str, Waste]:
    """Return code → kind of waste."""
    return {row["code"]: Waste(**row) for row in csv.DictReader(_text("waste.csv").splitlines())}


@cache
def texts() -> dict[str, dict[str, dict[str, str]]]:
    """Return the words of pages: ``forms`` and ``health`` → word or question → language → text."""
    return tomllib.loads(_text("words.toml"))


@cache
def headings() -> dict[tuple[str, str], str]:
    """Return (word of the form or "", heading in plain letters) → data number.

    The name of each element stands for itself in every form.
    """
    rows = csv.DictReader(_text("headings.csv").splitlines())
    found = {("", plain(each.name)): each.number for each in elements().values()}
    found |= {(row["form"], row["heading"]): row["number"] for row in rows}
    return found | {("dangerous", LINE): LINE}


@cache
def sheets() -> dict[str, str]:
    """Return name of a sheet in plain letters → word of its form, ``call`` for the call's."""
    every: dict[str, CallSheet | Form] = {"call": all_forms().call, **all_forms().forms}
    names = {word: (each.sheet, *each.names) for word, each in every.items()}
    return {plain(name): word for word, known in names.items() for name in known}


CODES: Final = load_map(_PACKAGE, "codes.csv")
DOCUMENT: Final = {**EDIFACT["document"], **CODES["document"]}
WRITTEN: Final = {word: code for code, word in reversed(CODES["document"].items())}
"""Type of a travel document → the code written for it."""

FUNCTION: Final = EDIFACT["function"]
