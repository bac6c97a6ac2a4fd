"""A report as tables in one language: what page, PDF, DOCX and command line show alike, and CSV.

People get numbers as text; CSV keeps them as numbers, each with its definition's version and the
address of the records behind it.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from typing import Any, Final

import msgspec

from esclusa.model import Level
from esclusa.node.report_tables import Table, plain
from esclusa.node.reporting.words import part, say, section
from esclusa.sharing.report_views import (
    CaseworkReport,
    CellView,
    FigureRow,
    KeptView,
    MeaningView,
)

PERIODS: Final = ("now", "before", "year")
"""What the periods of a report are to it, in the order of its columns."""
PART: Final = "· "
"""Stands before what is a part of the row above, where nothing can be indented."""
_HOUR, _DAY = 60, 24 * 60


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """A row of a section: what it is called, whether it is a part of the row above, and for each
    period its text and the page of the records behind it."""

    figure: str
    title: str
    is_part: bool
    cells: tuple[tuple[str, str], ...]


class Section(msgspec.Struct, frozen=True, kw_only=True):
    """A section in one language: its key, title, the names of the periods, its lines."""

    key: str
    title: str
    heads: tuple[str, ...]
    lines: tuple[Line, ...]


def sections(view: CaseworkReport, language: str) -> tuple[Section, ...]:
    """Return the sections of a report."""
    periods = [name for name in PERIODS if name in view.compared]
    heads = (say("what", language), *(view.compared[name] for name in periods))
    return tuple(
        Section(
            key=one.section, title=section(one.section, language), heads=heads,
            lines=tuple(_line(row, view, periods, language) for row in one.rows),
        )
        for one in view.sections
    )  # fmt: skip


def _line(row: FigureRow, view: CaseworkReport, periods: Sequence[str], language: str) -> Line:
    return Line(
        figure=row.figure, title=title_of(row, language), is_part=bool(row.part),
        cells=tuple(
            (written(row.unit, row.cells[name], language), _address(row, view, name))
            for name in periods
        ),
    )  # fmt: skip


def title_of(row: Any, language: str) -> str:
    """Return what a figure, a part or a definition is called."""
    title: str = row.title_es if language == "es" else row.title_en
    return title


def _address(row: FigureRow, view: CaseworkReport, name: str) -> str:
    """Return the page of the records behind a number, "" where it is hidden or there are none."""
    one = row.cells[name]
    if one.hidden or not (one.of or one.number):
        return ""
    if name == "now":
        return row.address
    return f"{row.address}{'&' if '?' in row.address else '?'}of={view.compared[name]}"


def written(unit: str, one: CellView, language: str) -> str:
    """Return a number as people read it: times in days, hours and minutes, shares as per cent with
    their interval, the unknown and the hidden as such."""
    if one.hidden:
        return say("hidden", language)
    if unit == "count":
        return str(one.number)
    if one.value is None or one.low is None or one.high is None:
        return say("unknown", language)
    if unit == "minutes":
        return say("late", language, lasting(one.value), lasting(one.high))
    low, high = _percent(one.low, language), _percent(one.high, language)
    told = f"{_percent(one.value, language)} % ({low}–{high})"
    if unit == "share":
        told += f", {say('of', language, one.number, one.of)}"
    return told


def _percent(share: float, language: str) -> str:
    told = f"{100 * share:.1f}"
    return told.replace(".", ",") if language == "es" else told


def lasting(minutes: float) -> str:
    """Return a time that passed as days, hours and minutes."""
    whole = round(minutes)
    days, hours, left = whole // _DAY, whole % _DAY // _HOUR, whole % _HOUR
    if days:
        return f"{days} d {hours} h"
    return f"{hours} h {left:02} min" if hours else f"{left} min"


def earlier(view: CaseworkReport) -> tuple[str, ...]:
    """Return the names of the periods beside a report's in which anything counted."""
    told = {
        name
        for one in view.sections for row in one.rows for name, cell in row.cells.items()
        if name != "now" and (cell.hidden or cell.number)
    }  # fmt: skip
    return tuple(view.compared[name] for name in PERIODS if name in told)


def heading(view: CaseworkReport, language: str) -> str:
    """Return the title of a report."""
    return say("report", language, view.period)


def about(view: CaseworkReport, language: str) -> tuple[str, ...]:
    """Return the sentences at the head of a report: its period, the day it was made, for whom, what
    it rests on, and what it does not say."""
    caveats = ", ".join(view.caveats) or say("none", language)
    caveats = say("all", language) if view.caveats == ("*",) else caveats
    purpose = part("purpose", view.purpose)[language == "es"]
    lines = [
        f"{say('period', language)}: {say('days', language, view.first, view.last)}. "
        f"{say('made', language)}: {view.made[:10]}, {view.agency}.",
        f"{say('rests_on', language)}: {marking(view, language)}. "
        + say("made_for", language, Level(view.clearance).name, caveats, purpose),
    ]
    if not view.over:
        lines.append(say("not_over", language))
    if view.hides_small:
        lines.append(say("small", language))
    return (*lines, say("clean", language))


def marking(view: CaseworkReport, language: str) -> str:
    """Return the marking of all that a report rests on."""
    return view.marking or say("nothing", language)


def tables(view: CaseworkReport, language: str) -> tuple[Table, ...]:
    """Return the sections and the definitions as tables of text, for PDF, DOCX and terminal."""
    made = []
    for one in sections(view, language):
        rows = tuple(
            (f"{PART}{line.title}" if line.is_part else line.title,
             *(text for text, _address in line.cells))
            for line in one.lines
        )  # fmt: skip
        columns = ("title", *PERIODS[: len(one.heads) - 1])
        made.append(Table(key=one.key, title=one.title, note="", columns=columns, heads=one.heads,
                          rows=rows))  # fmt: skip
    return (*made, definitions(view.definitions, language))


def definitions(listed: Sequence[MeaningView], language: str) -> Table:
    """Return the appendix: what each figure counts, what it does not, and by which version."""
    spanish = language == "es"
    return Table(
        key="definitions", title=say("definitions", language), note="",
        columns=("name", "version", "counts", "not"),
        heads=tuple(say(key, language) for key in ("what", "version", "counts", "not")),
        rows=tuple(
            (f"{section(one.section, language)}: {title_of(one, language)}",
             f"{one.figure} {one.version}", one.counts_es if spanish else one.counts_en,
             one.not_es if spanish else one.not_en)
            for one in listed
        ),
    )  # fmt: skip


_COLUMNS: Final = (
    "period", "section", "figure", "version", "part", "title", "unit", "number", "of", "value",
    "low", "high", "hidden", "address",
)  # fmt: skip


def as_csv(view: CaseworkReport, language: str) -> str:
    """Return a report as CSV (RFC 4180): lines that say what it is, one row for each figure and
    period, and the definitions.

    Shares are numbers between 0 and 1, times are minutes; the unknown and the hidden are empty.
    ``address`` leads to the records behind the figure, as :func:`records_csv` gives them.
    """
    out = io.StringIO()
    rows = csv.writer(out, lineterminator="\r\n")
    rows.writerow([plain(heading(view, language))])
    rows.writerows([plain(line)] for line in about(view, language))
    rows.writerow([])
    rows.writerow(_COLUMNS)
    for one in view.sections:
        for row in one.rows:
            rows.writerows(_figure(row, one.section, view, language))
    rows.writerow([])
    appendix = definitions(view.definitions, language)
    rows.writerow(appendix.heads)
    rows.writerows([plain(value) for value in row] for row in appendix.rows)
    return out.getvalue()


def _figure(
    row: FigureRow, key: str, view: CaseworkReport, language: str
) -> Iterator[list[object]]:
    for name in PERIODS:
        if name in row.cells:
            one = row.cells[name]
            yield [plain(value) for value in (
                view.compared[name], key, row.figure, row.version, row.part,
                title_of(row, language), row.unit, one.number, one.of, one.value, one.low, one.high,
                one.hidden, _address(row, view, name),
            )]  # fmt: skip


def kept_table(view: KeptView, language: str) -> Table:
    """Return a kept report beside the figures of now, as a table of text."""
    changed = say("yes", language)
    rows = tuple(
        (f"{PART}{title_of(row, language)}" if row.part else title_of(row, language),
         section(row.section, language) if row.section else "",
         written(row.unit, row.kept, language), written(row.unit, row.now, language),
         changed if row.changed else "")
        for row in view.rows
    )  # fmt: skip
    heads = ("what", "section", "kept", "today", "changed")
    return Table(
        key="kept", title=say("report", language, view.row.period), note="",
        columns=("title", "kind", "now", "before", "year"),
        heads=tuple(say(key, language) for key in heads), rows=rows,
    )  # fmt: skip
