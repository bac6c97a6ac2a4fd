"""Reports on casework for people: a month or a year, the records behind a figure, what was kept.

A report counts what its reader may see and says so. Nothing of it is stored unless somebody keeps
it; then its counts are frozen as a record with their digest, under the label of all they rest on.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable, Collection, Mapping
from functools import reduce
from typing import Final

import msgspec
import polars as pl
import sqlalchemy as sa

from esclusa.analysis.figures import Figure, Key, counted
from esclusa.casework.report_definitions import SECTIONS, definitions, meaning, meanings
from esclusa.casework.report_periods import Period, period
from esclusa.errors import InputError, NotFound, StateError
from esclusa.ledger import alert_figures as held
from esclusa.ledger import queue
from esclusa.model import Level
from esclusa.node.pipeline import Pipeline
from esclusa.node.reporting import alerts, keeping, telling, words
from esclusa.node.reporting.behind import titled
from esclusa.node.reporting.gathering import Gathering, Sources
from esclusa.node.reporting.remembered import Remembered, Rests
from esclusa.node.reporting.waiting import subject_text
from esclusa.node.selection_telling import marking_text
from esclusa.sharing import report_views as views
from esclusa.sharing.reader import Action, Reader
from esclusa.sharing.release import PAGE_LIMIT, Gate

_NO_FIGURE: Final = "the period is none of those that the report compares: "
_MISSING: Final = "no such kept report"
_FILES: Final = "intake"


class CaseworkReportDesk:
    """Monthly and yearly reports on casework, for people."""

    def __init__(self, gate: Gate, pipeline: Pipeline, sources: Sources) -> None:
        self._gate = gate
        self._pipeline = pipeline
        self._labels = pipeline.labels
        self._from = sources
        self._remembered = Remembered()
        self.now: Callable[[], dt.datetime] = lambda: dt.datetime.now(dt.UTC)

    # --- reading -------------------------------------------------------------------------------

    def this_month(self, reader: Reader) -> str:
        """Return the name of the month that it is now, in UTC."""
        reader.require(Action.REPORT_READ)
        return f"{self.now().astimezone(dt.UTC):%Y-%m}"

    def report(
        self, reader: Reader, name: str, *, hide_small: bool = False
    ) -> views.CaseworkReport:
        """Return the report of a month (``2026-11``) or a year (``2026``).

        :param hide_small: leave out figures from 1 to 4, and what would give them away.
        :raises InputError: for what is neither, and a period that has not begun.
        """
        asked = self._period(reader, name)
        with self._gate.reading(reader) as (connection, visible):
            gathering = self._gathering(connection, visible)
            told = {what: self._figures(gathering, visible, one) for what, one in asked.compared()}
            months = {
                what: [self._figures(gathering, visible, month) for month in self._begun(one)]
                for what, one in asked.compared() if hide_small
            }  # fmt: skip
            hides_days = hide_small or asked.is_year
            days = () if hides_days else days_of(connection, visible, asked.first, asked.end)
            in_use = self._from.in_use.among(visible)
            kept = keeping.all_kept(connection, visible, period=name)
        self._gate.note(reader, Action.REPORT_READ, detail=f"period={name}")
        known = tuple(self._row(one, in_use, told["now"]) for one in kept)
        if hide_small:
            told = {
                what: telling.without_small(figures, months[what]) for what, figures in told.items()
            }
        level, marking = marked(self._pipeline, in_use) if in_use else (int(Level.OPEN), "")
        return views.CaseworkReport(
            period=name, first=asked.since, last=asked.last.isoformat(),
            over=asked.is_over(self.now()), made=_moment(self.now()), agency=self._from.agency,
            compared={what: one.name for what, one in asked.compared()},
            sections=telling.sections(told, asked),
            definitions=tuple(map(telling.meaning_view, meanings().values())),
            clearance=int(reader.clearance), caveats=tuple(sorted(reader.caveats)),
            purpose=reader.purpose, level=level, marking=marking, hides_small=hide_small,
            days=days, kept=known,
        )  # fmt: skip

    def behind(
        self, reader: Reader, name: str, figure: str, *, part: str = "", of: str = "",
        limit: int = 100, offset: int = 0,
    ) -> views.BehindView:  # fmt: skip
        """Return the records that a figure of a report counts, the earliest first.

        :param part: of one part only; "" for all of it.
        :param of: the period that is meant, of those that the report compares; "" for its own.
        :raises InputError: for a period or figure that there is not.
        """
        asked = self._period(reader, name)
        one = meaning(figure)
        compared = {other.name: other for _what, other in asked.compared()}
        if of and of not in compared:
            raise InputError(f"{_NO_FIGURE}{', '.join(compared)}", field="of", problem="code")
        meant = compared[of or name]
        with self._gate.reading(reader) as (connection, visible):
            gathering = self._gathering(connection, visible)
            number, some = _behind(
                gathering, meant, figure, part, limit=max(1, min(limit, PAGE_LIMIT)),
                offset=max(0, offset),
            )  # fmt: skip
            named = self._titles(connection, visible, some)
            shown = titled(connection, self._labels, visible, some, one.definition.parts, named)
        detail = f"period={meant.name} figure={figure} rows={len(shown)}"
        self._gate.note(reader, Action.REPORT_READ, detail=detail)
        title = words.part(one.definition.parts, part) if part else (one.title_en, one.title_es)
        return views.BehindView(
            period=meant.name, figure=figure, part=part, title_en=title[0], title_es=title[1],
            meaning=telling.meaning_view(one), number=number, offset=max(0, offset),
            rows=shown,
        )  # fmt: skip

    # --- keeping -------------------------------------------------------------------------------

    def keep(self, reader: Reader, name: str) -> views.KeptView:
        """Freeze the report of a period that has ended, with its digest, as a record.

        :raises StateError: when the period has not ended.
        """
        reader.require(Action.REPORT_KEEP)
        asked = self._period(reader, name)
        if not asked.is_over(self.now()):
            raise StateError(
                "{period} has not ended; its report can be kept from {day} on",
                period=name,
                day=str(asked.end),
            )
        label = self._label(reader)
        with self._gate.reading(reader) as (connection, visible):
            figures = self._under(connection, visible, label, asked)
        made = keeping.sealed(
            asked.name, at=_moment(self.now()), by=reader.name, figures=telling.frozen(figures),
            clearance=marking_text(self._labels.get(label)),
        )  # fmt: skip
        keeping.store(self._pipeline, reader, made, label)
        return self.kept(reader, made.digest)

    def kept_reports(self, reader: Reader, *, period: str = "") -> tuple[views.KeptRow, ...]:
        """Return the reports that were kept and that the reader may see, the newest first."""
        reader.require(Action.REPORT_READ)
        with self._gate.reading(reader) as (connection, visible):
            found = keeping.all_kept(connection, visible, period=period)
        self._gate.note(reader, Action.REPORT_READ, detail=f"kept={len(found)}")
        return tuple(self._row(one, frozenset(), {}) for one in found)

    def kept(self, reader: Reader, digest: str) -> views.KeptView:
        """Return a kept report beside the figures of now under the same labels.

        :param digest: its SHA-256, or the first 12 digits of it or more.
        :raises NotFound: when there is none that the reader may see.
        """
        reader.require(Action.REPORT_READ)
        reader.require(Action.RECORD_READ)
        with self._gate.reading(reader) as (connection, visible):
            found = keeping.find(connection, visible, digest)
            now = (
                self._under(connection, visible, found.label_id, period(found.body.period))
                if found else {}
            )  # fmt: skip
        self._gate.note(reader, Action.REPORT_READ, subject=found.id if found else "",
                        detail="kept" if found else "not found")  # fmt: skip
        if found is None:
            raise NotFound(_MISSING)
        return keeping.view(found, self._row(found, None, now), now,
                            marking_text(self._labels.get(found.label_id)))  # fmt: skip

    # --- inside --------------------------------------------------------------------------------

    def _period(self, reader: Reader, name: str) -> Period:
        reader.require(Action.REPORT_READ)
        reader.require(Action.RECORD_READ)
        asked = period(name)
        if asked.first > self.now().astimezone(dt.UTC).date():
            raise InputError(f"{name} has not begun", field="period", problem="future")
        return asked

    def _begun(self, asked: Period) -> tuple[Period, ...]:
        """Return the months of a year that have begun; of a month none."""
        today = self.now().astimezone(dt.UTC).date()
        return tuple(month for month in asked.months() if month.first <= today)

    def _titles(
        self, connection: sa.Connection, visible: frozenset[int], rows: pl.DataFrame
    ) -> dict[str, str]:
        """Return what the referrals and alerts among some facts are about, by their names."""
        kinds = set(rows["kind"])
        if "referral" in kinds:
            every = (one.referral for one in self._from.referrals.every(connection, visible))
            return {it.id: subject_text(it.subject) for it in every}
        if "alert" in kinds:
            found = queue.find_all(connection, visible, list(rows["record"]))
            return {name: row.title for name, row in found.items()}
        return {}

    def _gathering(self, connection: sa.Connection, visible: frozenset[int]) -> Gathering:
        return Gathering(self._from, connection, visible, self.now())

    def _figures(
        self, gathering: Gathering, visible: frozenset[int], asked: Period
    ) -> dict[Key, Figure]:
        """Return all figures of a period. Those of files, which change in their place, are worked
        out each time, those of alerts whenever something was recorded, the others when something
        was that concerns them."""
        stamp, span = gathering.stamp(), (asked.since, asked.until)
        found = self._remembered.of(
            visible, asked.name, stamp, gathering.written, lambda: _worked_out(gathering, asked),
            gathering.now,
        ) | self._remembered.of(
            visible, f"{asked.name} {alerts.SECTION}", stamp, gathering.written,
            lambda: (gathering.alerts(*span), None), gathering.now,
        )  # fmt: skip
        return found | gathering.files(*span)

    def _under(
        self, connection: sa.Connection, visible: frozenset[int], label: int, asked: Period
    ) -> dict[Key, Figure]:
        """Return the figures that every reader of a label may see: the same for each of them."""
        algebra = self._pipeline.analyst.algebra
        below = frozenset(one for one in algebra.all_below(label) if algebra.covers(one, label))
        gathering = self._gathering(connection, visible & below)
        return self._figures(gathering, visible & below, asked)

    def _label(self, reader: Reader) -> int:
        """Return the label of all that the reader may see and there is, for this node alone, hidden
        with the copies that it rests on. Without its last day: that is the records', and a count is
        none."""
        held = self._from.in_use.among(self._gate.visible(reader))
        if not held:
            raise StateError("there is nothing to report on")
        joined = self._labels.get(reduce(self._pipeline.analyst.algebra.join, sorted(held)))
        at_home = msgspec.structs.replace(
            joined.marking, retain_until=None, releasable_to=frozenset()
        )
        paths = "+".join(sorted("/".join(path) for path in joined.paths))
        return self._labels.intern(self._from.agency, at_home, paths)

    def _row(
        self, one: keeping.Held, held: frozenset[int] | None, now: dict[Key, Figure]
    ) -> views.KeptRow:
        """Return a line about a kept report. ``held`` are the labels that the figures of now rest
        on; None when they are those of the kept report."""
        algebra = self._pipeline.analyst.algebra
        comparable = held is None or (
            bool(held) and all(algebra.covers(other, one.label_id) for other in held)
        )
        return views.KeptRow(
            period=one.body.period, digest=one.body.digest, at=one.body.at, by=one.body.by,
            level=int(self._labels.get(one.label_id).marking.level),
            changed=keeping.changes(one.body, now) if comparable and now else None,
        )  # fmt: skip


def _worked_out(gathering: Gathering, asked: Period) -> tuple[dict[Key, Figure], Rests]:
    """Return the figures of a period but those of alerts and files, and what they rest on."""
    kept = (alerts.SECTION, _FILES)
    listed = [one for one in SECTIONS if one not in kept]
    wanted = [one for one in definitions() if one.section not in kept]
    found = counted(gathering.facts(asked.since, asked.until, listed), wanted)
    left = gathering.missed(asked.since, asked.until)
    found["selection_missed", ""] = Figure(
        number=left.examined, value=left.share, low=left.low, high=left.high
    )
    return found, gathering.rests()


def _behind(
    gathering: Gathering, meant: Period, figure: str, part: str, *, limit: int, offset: int
) -> tuple[int, pl.DataFrame]:
    """Return how many facts a figure counts, and a page of them; a share and a time lead to what
    they are over."""
    definition = meaning(figure).definition
    if definition.section == alerts.SECTION:
        return gathering.behind_alerts(
            meant.since, meant.until, figure=figure, part=part, limit=limit, offset=offset
        )
    if definition.unit == "estimate":
        rows = gathering.control(meant.since, meant.until).sort("at", "record")
        return rows.height, rows.slice(offset, limit)
    facts = gathering.facts(meant.since, meant.until, (definition.section,))
    over = definition.bottom.split("+") if definition.unit != telling.COUNT else [figure]
    rows = facts.filter(pl.col("figure").is_in(over))
    if part:
        rows = rows.filter(pl.col("part") == part)
    elif not definition.adds:
        rows = rows.unique("record", keep="first", maintain_order=True)
    return rows.height, rows.sort("at", "record", "part").slice(offset, limit)


def marked(pipeline: Pipeline, held: Collection[int]) -> tuple[int, str]:
    """Return level and words of the marking of all that stands under these labels, one at least."""
    joined = pipeline.labels.get(reduce(pipeline.analyst.algebra.join, sorted(held)))
    return int(joined.marking.level), marking_text(joined)


def days_of(
    connection: sa.Connection, visible: Collection[int], first: dt.date, end: dt.date,
    made: Mapping[tuple[str, str], int] | None = None,
) -> tuple[views.DayRow, ...]:  # fmt: skip
    """Return how many alerts were raised and decided on each day, from ``first`` up to and without
    ``end``.

    :param made: what was decided, where the caller has it already.
    """
    span = (first.isoformat(), end.isoformat())
    raised = held.raised_by_day(connection, visible, *span)
    if made is None:
        made = held.decided_by_day(connection, visible, *span)
    decided: Counter[str] = Counter()
    for (day, _who), number in made.items():
        decided[day] += number
    days = ((first + dt.timedelta(days=n)).isoformat() for n in range((end - first).days))
    return tuple(
        views.DayRow(day=day, raised=raised.get(day, 0), decided=decided[day]) for day in days
    )


def _moment(now: dt.datetime) -> str:
    return now.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
