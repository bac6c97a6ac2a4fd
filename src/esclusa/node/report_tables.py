"""The report and the sheet as tables with words in both languages.

Page, PDF, CSV and command line all show these tables, so none says more than another. A cell is a
value and not its text: CSV keeps numbers as they are, people get them rounded.
"""

from __future__ import annotations

import csv
import io
import tomllib
from functools import cache
from importlib.resources import files
from typing import Any, Final

import msgspec

from esclusa.sharing.selection_views import (
    EstimateRow,
    RateRow,
    ReportView,
    SelectionView,
    SheetRow,
)

Cell = str | int | float | bool | None

SHARES: Final = frozenset(
    {"share", "low", "high", "cause_share", "control_share", "missed", "selection",
     "others_selection", "hits", "others_hits", "inclusion"}
)  # fmt: skip
"""Columns whose numbers are shares."""
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
"""A cell that begins so is a formula to a spreadsheet; an apostrophe before it keeps it text."""


class Table(msgspec.Struct, frozen=True, kw_only=True):
    """A table: its key, title and note in one language, the keys and titles of its columns."""

    key: str
    title: str
    note: str
    columns: tuple[str, ...]
    heads: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]


@cache
def _words() -> dict[str, dict[str, list[str]]]:
    return tomllib.loads(files("esclusa.node").joinpath("report_words.toml").read_text())


def word(group: str, key: str, language: str, *values: object) -> str:
    """Return a word of the report; one that is not in its lists is returned as it is."""
    found = _words()[group].get(key)
    return found[language == "es"].format(*values) if found else key


def report_tables(view: ReportView, language: str) -> tuple[Table, ...]:
    """Return the tables of a report, in the order they are read."""
    say = _Say(language)
    cells = {row.name: row for row in view.table}
    return (
        say.table("missed", ("what", "count", "share", "low", "high"), _missed(view, say)),
        say.table("lanes", _RATE, [
            *(_rate(row, say) for row in view.lanes), _rate(view.others, say)
        ]),
        say.table("table", ("what", "with", "without"), [
            (say.name("chosen"), *map(say.number, (cells["chosen_with"], cells["chosen_without"]))),
            (say.name("not_chosen"),
             *map(say.number, (cells["others_with"], cells["others_without"]))),
        ]),
        say.table("shares", ("what", "share", "low", "high"), [
            (say.name(key), cells[key].value, cells[key].low, cells[key].high)
            for key in ("caught", "slipped", "troubled", "right")
        ]),
        say.table("weeks",
                  ("week", "candidates", "chosen", "cause_share", "control_share", "missed", "low",
                   "high"),
                  [(row.week, row.candidates, row.cause.chosen, row.cause.share, row.control.share,
                    row.missed.value, row.missed.low, row.missed.high) for row in view.weeks]),
        say.table("rules", ("name", "title", *_RATE[1:]), [
            (row.name, row.title_es if say.language == "es" else row.title_en, *_rate(row, say)[1:])
            for row in view.rules
        ]),
        say.table("groups",
                  ("alarm", "kind", "name", "came", "chosen", "selection", "others_selection",
                   "examined", "found", "hits", "low", "high", "others_hits", "chance"),
                  [(row.alarm, say.name(row.kind), row.name, row.came, row.chosen, row.selection,
                    row.others_selection, row.examined, row.found, row.hits, row.low, row.high,
                    row.others_hits, row.chance) for row in view.groups]),
        say.table("left_out", ("result", "count"),
                  [(say.name(name), count) for name, count in view.left_out]),
    )  # fmt: skip


_RATE: Final = ("what", "chosen", "examined", "found", "share", "low", "high")


def sheet_table(view: SelectionView, language: str) -> Table:
    """Return what a sheet proposes, with room for the result by hand."""
    say = _Say(language)
    return say.table(
        "proposed",
        ("subject", "boxes", "importer", "trade_lane", "lane", "reasons", "score", "inclusion",
         "opened"),
        [_proposed(row, say) for row in view.rows if row.now],
    )  # fmt: skip


def _proposed(row: SheetRow, say: _Say) -> tuple[Cell, ...]:
    return (
        row.title or row.subject_id, " ".join(row.boxes), row.importer, row.trade_lane,
        say.name(row.lane), ", ".join(say.name(one) for one in row.reasons), row.score, row.chance,
        "",
    )  # fmt: skip


def _rate(row: RateRow, say: _Say) -> tuple[Cell, ...]:
    name = say.name(row.name)
    return (name, row.chosen, row.examined, row.found, row.share, row.low, row.high)


def _missed(view: ReportView, say: _Say) -> list[tuple[Cell, ...]]:
    counts = ("pool", "control_examined", "control_found", "control_unanswered", "control_unseen")
    rows: list[tuple[Cell, ...]] = [
        (say.name(key), str(getattr(view, key)), "", "", "") for key in counts
    ]
    share, total = view.missed, view.missed_total
    rows.insert(0, (say.name("missed"), "", share.value, share.low, share.high))
    rows.insert(1, (say.name("missed_total"), say.number(total), "", "", ""))
    return rows


class _Say:
    """Words of one language."""

    def __init__(self, language: str) -> None:
        self.language = language

    def table(self, key: str, columns: tuple[str, ...], rows: list[Any]) -> Table:
        return Table(
            key=key, title=word("sections", key, self.language),
            note=_words()["notes"].get(key, ["", ""])[self.language == "es"], columns=columns,
            heads=tuple(word("columns", one, self.language) for one in columns), rows=tuple(rows),
        )  # fmt: skip

    def name(self, key: str) -> str:
        return word("names", key, self.language)

    def number(self, row: EstimateRow) -> str:
        if row.value is None or row.low is None or row.high is None:
            return word("titles", "unknown", self.language)
        told = written("number", row.value, self.language)
        low, high = (written("number", float(each), self.language) for each in (row.low, row.high))
        return told if low == high else f"{told} ({low}–{high})"


def written(column: str, value: Cell, language: str) -> str:
    """Return a cell as people read it: shares as per cent, numbers rounded, the unknown as such."""
    if value is None:
        return word("titles", "unknown", language) if column in SHARES else ""
    if isinstance(value, bool):
        return word("titles", "yes", language) if value else ""
    if isinstance(value, float):
        places = 1 if column in SHARES or column == "number" else 3
        told = f"{100 * value:.1f} %" if column in SHARES else f"{value:.{places}f}"
        return told.replace(".", ",") if language == "es" else told
    return str(value)


def report_csv(view: ReportView, language: str) -> str:
    """Return a report as CSV (RFC 4180): a first part that says what it is, then each table.

    Shares are numbers between 0 and 1; the unknown is an empty cell.
    """
    out = io.StringIO()
    rows = csv.writer(out, lineterminator="\r\n")
    rows.writerow([word("titles", "report", language), view.since, view.until])
    rows.writerow([word("titles", "marking", language), marking_of(view, language)])
    rows.writerow([word("titles", "made", language), view.made])
    rows.writerow([definitions_of(view, language)])
    for table in report_tables(view, language):
        rows.writerow([])
        _write(rows, table)
    return out.getvalue()


def sheet_csv(view: SelectionView, language: str) -> str:
    """Return what a sheet proposes as CSV (RFC 4180), behind three lines that say what it is."""
    out = io.StringIO()
    rows = csv.writer(out, lineterminator="\r\n")
    rows.writerow([word("titles", "sheet", language), view.port, view.day, view.shift])
    rows.writerow([word("titles", "marking", language), view.marking])
    rows.writerow([word("titles", "proposal", language)])
    _write(rows, sheet_table(view, language))
    return out.getvalue()


def marking_of(view: ReportView, language: str) -> str:
    """Return the marking of all that a report rests on."""
    return view.marking or word("titles", "nothing", language)


def definitions_of(view: ReportView, language: str) -> str:
    """Return by which definitions a report was made."""
    return word("titles", "definitions", language, view.definitions, view.outcome_definitions)


def _write(rows: Any, table: Table) -> None:
    rows.writerow([table.title])
    rows.writerow(table.heads)
    rows.writerows([plain(cell) for cell in row] for row in table.rows)


def plain(cell: Cell) -> Cell:
    """Return a cell as it is written to CSV: never a formula, empty for None, 1 or 0 for a bool."""
    if isinstance(cell, str) and cell.startswith(_FORMULA):
        return "'" + cell
    return "" if cell is None else int(cell) if isinstance(cell, bool) else cell
