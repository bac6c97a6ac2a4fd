"""A proposal for reading a table that nobody has explained yet.

Headings are compared with the synonyms of every field, and the cells below with what such a field
looks like: a container number passes its check digit, a UN/LOCODE is on the list. The result is a
proposal with a confidence for each column; a person should look at it once and keep it.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from itertools import islice
from pathlib import PurePath
from typing import Final

import msgspec
from rapidfuzz import fuzz, process

from esclusa.codes import imo, iso6346, unlocode
from esclusa.formats.limits import DEFAULT
from esclusa.formats.tabular.convert import KINDS, Style
from esclusa.formats.tabular.dialect import sniff
from esclusa.formats.tabular.fields import Field, fields, headings, plain
from esclusa.formats.tabular.mapping import NOTHING, Mapping, check, position

HEADER_ROWS: Final = 10
"""Titles, dates and addresses may stand above the headings; more than this was never met."""

SAMPLE_ROWS: Final = 50

_LONGEST: Final = 200
"""Longest cell that tells what its column holds; trying one costs up to its length squared."""

EXACT: Final = 0.9
"""Confidence of a heading that is on the list of synonyms; its cells add or take the rest."""

ALIKE: Final = 88.0
"""Likeness (0 to 100) from which a heading counts as a misspelt synonym; below it, short headings
such as ``pol`` and ``pod`` would pass for each other."""

SURE: Final = 0.8
"""Share of cells that must fit before a column is named by its cells alone."""

_SPLITS: Final = ";|"

_BOX_SPLITS: Final = "/,"
"""Between several seals or containers in one cell; in a name or an address these mean nothing."""

_SHAPES: Final[dict[str, Callable[[str], bool]]] = {
    "container": iso6346.is_valid,
    "imo": imo.is_valid,
    "place": unlocode.is_valid,
}
"""Kinds that can be told by their cells alone, because chance rarely passes the check."""


class Guess(msgspec.Struct, frozen=True, kw_only=True):
    """What a column was taken for. ``confidence`` from 0 to 1. ``samples`` are its first values."""

    column: str
    field: str
    confidence: float
    samples: tuple[str, ...] = ()


class Proposal(msgspec.Struct, frozen=True, kw_only=True):
    """A proposed mapping, None when no target's required fields were found; ``unmapped`` names the
    columns left over. ``reason`` says why there is no mapping."""

    mapping: Mapping | None
    columns: tuple[Guess, ...] = ()
    unmapped: tuple[str, ...] = ()
    reason: str = ""

    @property
    def confidence(self) -> float:
        """The mean over the mapped columns, 0 when there is no mapping."""
        return sum(g.confidence for g in self.columns) / len(self.columns) if self.columns else 0.0


def guess_mapping(head: bytes, file: str = "", *, target: str = "") -> Proposal:
    """Propose a mapping for a delimited text file from its first bytes; never raises.

    ``target`` is the kind of statement when the caller knows it, "" to find that out too.
    """
    dialect = sniff(head)
    text = head[dialect.mark :].decode(dialect.encoding, errors="replace").replace("\0", "")
    lines = text.split(dialect.newline)
    whole = lines[:-1] if len(lines) > 2 else lines
    try:
        rows = [row for row in csv.reader(whole, delimiter=dialect.separator) if row]
    except csv.Error as error:
        return Proposal(mapping=None, reason=f"the first rows cannot be read: {error}")
    return guess_rows(rows, file=file, target=target)


def guess_rows(rows: Sequence[Sequence[str]], *, file: str = "", target: str = "") -> Proposal:
    """Propose a mapping from the first rows of a table, headings among them or not."""
    first = [[cell.strip() for cell in row] for row in rows[: HEADER_ROWS + SAMPLE_ROWS]]
    if not first:
        return Proposal(mapping=None, reason="the table is empty")
    if max(map(len, first)) > DEFAULT.columns:
        return Proposal(mapping=None, reason=f"a row has more than {DEFAULT.columns:,} cells")
    targets = [target] if target else list(fields().targets)
    found = [_for_target(first, each, file) for each in targets]
    usable = [proposal for proposal in found if proposal.mapping is not None]
    if not usable:
        reason = "the columns are not recognised; a mapping file is needed"
        best = max(found, key=_weight)
        return msgspec.structs.replace(best, reason=reason)
    return max(usable, key=_weight)


def _weight(proposal: Proposal) -> float:
    return sum(guess.confidence for guess in proposal.columns)


def _for_target(rows: list[list[str]], target: str, file: str) -> Proposal:
    at = max(range(min(len(rows), HEADER_ROWS)), key=lambda row: (_known(rows[row], target), -row))
    headed = _known(rows[at], target) > 0
    header = rows[at] if headed else [""] * max(map(len, rows))
    body = rows[at + 1 :] if headed else rows
    columns = [[row[i] for row in body if i < len(row)] for i in range(len(header))]
    guesses = _assigned(header, columns, target)
    left = [_key(header, i) for i in range(len(header)) if i not in guesses]
    mapping = _mapping(guesses, header, columns, target, at + 1 if headed else 0, file)
    return Proposal(
        mapping=None if check(mapping) else mapping,
        columns=tuple(guesses[i] for i in sorted(guesses)),
        unmapped=tuple(left),
    )


def _known(row: Iterable[str], target: str) -> int:
    """Return how many cells of a row are headings of the target."""
    return sum(plain(cell) in headings(target) for cell in row)


def _assigned(header: list[str], columns: list[list[str]], target: str) -> dict[int, Guess]:
    """Give each column its likeliest field, the surest first; one column to a field unless it
    holds many."""
    known = fields().targets[target].fields
    likely = sorted(
        (
            (confidence, -i, path)
            for i, name in enumerate(header)
            for path, confidence in _candidates(name, _samples(columns[i]), target)
        ),
        reverse=True,
    )
    given: dict[int, Guess] = {}
    taken: set[str] = set()
    for confidence, minus, path in likely:
        if -minus in given or (path in taken and not known[path].many):
            continue
        taken.add(path)
        given[-minus] = Guess(
            column=_key(header, -minus),
            field=path,
            confidence=round(confidence, 2),
            samples=tuple(_samples(columns[-minus])[:3]),
        )
    return given


def _key(header: list[str], index: int) -> str:
    """Return the heading, or the position where it is missing, stands twice or looks like one."""
    name = header[index]
    alone = name and header.count(name) == 1 and position(name) is None
    return name if alone else f"#{index + 1}"


def _samples(cells: list[str]) -> list[str]:
    told = (cell for cell in cells if cell not in NOTHING and len(cell) <= _LONGEST)
    return list(islice(told, SAMPLE_ROWS))


def _candidates(name: str, cells: list[str], target: str) -> list[tuple[str, float]]:
    """Return the fields a column may be, each with its confidence."""
    known = fields().targets[target].fields
    words = plain(name)
    named = _by_heading(words, target) if words else []
    if named:
        return [(path, round(sure * _fit(cells, known[path]), 4)) for path, sure in named]
    return [
        (path, 0.6 * share)
        for path, field in known.items()
        if field.kind in _SHAPES and cells
        if (share := _share(cells, _SHAPES[field.kind])) >= SURE
    ]


@lru_cache(maxsize=2048)
def _by_heading(words: str, target: str) -> list[tuple[str, float]]:
    if words in headings(target):
        return [(path, EXACT) for path in headings(target)[words]]
    best = process.extractOne(
        words, headings(target).keys(), scorer=fuzz.token_sort_ratio, score_cutoff=ALIKE
    )
    if best is None:
        return []
    return [(path, EXACT * best[1] / 110) for path in headings(target)[best[0]]]


def _fit(cells: list[str], field: Field) -> float:
    """Return how far the cells speak for a field: 1.1 when all are values of its kind, 0.5 when
    none is; cells that prove nothing leave the confidence as it is."""
    if not cells:
        return 1.0
    shape = _SHAPES.get(field.kind)
    share = _share(cells, shape or _reads(field.kind))
    if shape is not None:
        return 1.0 + 0.1 * share
    return 0.5 + 0.6 * share if field.kind not in ("text", "code") else 1.0


def _reads(kind: str) -> Callable[[str], bool]:
    """Return a test whether a cell can be read as the kind, in any usual way of writing."""
    styles = [Style(decimal, order) for decimal in ".," for order in ("ymd", "dmy", "mdy")]

    def fits(cell: str) -> bool:
        return any(_converts(kind, cell, style) for style in styles)

    return fits


def _converts(kind: str, cell: str, style: Style) -> bool:
    try:
        KINDS[kind](cell, style)
    except ValueError:
        return False
    return True


def _share(cells: list[str], test: Callable[[str], bool]) -> float:
    return sum(map(test, cells)) / len(cells)


def _mapping(
    guesses: dict[int, Guess],
    header: list[str],
    columns: list[list[str]],
    target: str,
    header_row: int,
    file: str,
) -> Mapping:
    known = fields().targets[target].fields
    numbers: list[str] = []
    dates: list[str] = []
    for index, guess in guesses.items():
        kind = known[guess.field].kind
        if kind in ("number", "mass", "percent"):
            numbers += _samples(columns[index])
        elif kind in ("date", "moment", "birth_date"):
            dates += _samples(columns[index])
    return msgspec.convert(
        {
            "id": _id(file),
            "target": target,
            "columns": {
                guess.column if header_row else f"#{index + 1}": _rule(guess, columns[index], known)
                for index, guess in sorted(guesses.items())
            },
            "header_row": header_row,
            "decimal": max(".,", key=lambda mark: _sense(numbers, mark)),
            "date_order": _date_order(dates),
        },
        Mapping,
    )


def _id(file: str) -> str:
    """Return an id for the mapping of a file: the words of its name."""
    return plain(PurePath(file).stem).replace(" ", "-")[:64].strip("-") or "guessed"


def _rule(guess: Guess, cells: list[str], known: dict[str, Field]) -> str | dict[str, str]:
    """Return the field, with a split when its cells hold several values."""
    if not known[guess.field].many:
        return guess.field
    marks = _SPLITS + (_BOX_SPLITS if guess.field.startswith("equipment.") else "")
    for mark in marks:
        if any(mark in cell for cell in _samples(cells)):
            return {"field": guess.field, "split": mark}
    return guess.field


def _sense(cells: list[str], decimal: str) -> int:
    """Count numbers that a decimal mark makes sense of: it is the last mark and not before a group
    of three, or the last mark is the other one and sets thousands apart."""
    count = 0
    for cell in cells:
        last = max(cell.rfind(","), cell.rfind("."))
        if last >= 0:
            grouped = sum(map(str.isdigit, cell[last + 1 :])) == 3
            both = "," in cell and "." in cell
            count += (cell[last] == decimal) == (not grouped or both)
    return count


def _date_order(cells: list[str]) -> str:
    """Return the order in which most dates are days of the calendar; day first when undecided,
    as in all of Spanish America."""
    dates = [cell.split(" ")[0] for cell in cells if not cell[:4].isdigit()]
    if not dates:
        return "ymd"
    return max(
        ("dmy", "mdy", "ymd"),
        key=lambda order: sum(_converts("date", day, Style(".", order)) for day in dates),
    )
