"""The report on selection: what sheets found, what they missed, on whom they fell.

It is made when it is asked for, from the sheets, records and outcomes that the reader may see, and
kept nowhere: so a result that came late is in the next one, and nobody reads more than his own.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Iterable, Sequence
from functools import reduce
from typing import Any, Final

import polars as pl
import sqlalchemy as sa

from esclusa.analysis.measurement import (
    COLUMNS,
    CONTROL,
    Estimate,
    Group,
    Missed,
    Rate,
    Report,
    TwoByTwo,
    rates,
    report,
)
from esclusa.analysis.outcomes import definitions
from esclusa.analysis.selection import ONE
from esclusa.errors import InputError
from esclusa.node.examinations import outcomes_under
from esclusa.node.pipeline import Pipeline
from esclusa.node.reporting.in_use import InUse
from esclusa.node.rules import pack_in_force
from esclusa.node.selecting import SelectionDesk
from esclusa.node.selection_candidates import alerts_of, cargos, groups_of, result_of, rules_of
from esclusa.node.selection_telling import Drawn, marking_text
from esclusa.sharing import selection_views as views
from esclusa.sharing.reader import Action, Reader
from esclusa.sharing.release import Gate

GROUPS: Final = ("importer_country", "lane_of_trade", "carrier", "agent")
_RESTS_ON: Final = ("consignment", "examination", "selection_move", "alert")
"""Kinds of record that a report is made of; equipment and events only link examinations."""
_LONGEST: Final = 1100
"""Days: three years."""


class ReportDesk:
    """Reports on selection, for people."""

    def __init__(self, gate: Gate, pipeline: Pipeline, selections: SelectionDesk) -> None:
        self._gate = gate
        self._pipeline = pipeline
        self._labels = pipeline.labels
        self._selections = selections
        self._in_use = InUse(pipeline.store, _RESTS_ON)
        self._titles = {
            one.rule.id: (one.rule.title_en, one.rule.title_es) for one in pack_in_force().rules
        }
        self.now: Callable[[], dt.datetime] = lambda: dt.datetime.now(dt.UTC)

    def report(
        self, reader: Reader, *, since: str = "", until: str = "", port: str = ""
    ) -> views.ReportView:
        """Return the report on the sheets of a period.

        :param since: its first day and ``until`` its last, ISO 8601; "" for the last twelve weeks.
        :param port: of one port only; "" for all.
        :raises InputError: for a day that is none, and a period that ends before it begins.
        """
        reader.require(Action.REPORT_READ)
        reader.require(Action.RECORD_READ)
        first, last = self._period(since, until)
        with self._gate.reading(reader) as (connection, visible):
            found = self.sheets(connection, visible, first, last, port=port)
            frame = self.candidates(connection, visible, found)
            labels = self._in_use.among(visible)
        marking = self._marking(labels)
        self._gate.note(reader, Action.REPORT_READ, detail=f"sheets={len(found)}")
        return self._told(frame, found, first, last, marking)

    def _period(self, since: str, until: str) -> tuple[str, str]:
        last = _day("until", until) or self.now().date()
        first = _day("since", since) or _weeks_before(last)
        if not 0 <= (last - first).days <= _LONGEST:
            raise InputError(
                f"from {first} to {last} is no period of up to {_LONGEST} days", field="until",
                problem="order", expected=f"≤ {_LONGEST}",
            )  # fmt: skip
        return first.isoformat(), last.isoformat()

    def sheets(
        self, connection: sa.Connection, visible: frozenset[int], first: str, last: str, *,
        port: str = "",
    ) -> list[Drawn]:  # fmt: skip
        """Return the selections drawn for the days from ``first`` to ``last``, of these labels."""
        return [
            one for one in self._selections.all(connection, visible)
            if one.draw is not None and first <= one.day <= last and port in ("", one.port)
        ]  # fmt: skip

    def candidates(
        self, connection: sa.Connection, visible: frozenset[int], found: Sequence[Drawn],
        outcomes: Callable[[], pl.DataFrame] | None = None,
    ) -> pl.DataFrame:  # fmt: skip
        """Return a row for each candidate of each sheet, with what came of it.

        :param outcomes: what is known of consignments under these labels; None to work it out here.
        """
        agency = self._pipeline.settings.agency
        lines = [(one, line) for one in found if (sheet := one.sheet()) for line in sheet.lines]
        names = {line.subject for _one, line in lines}
        results = result_of(outcomes() if outcomes else outcomes_under(
            connection, self._labels, visible, kinds=("consignment",), known_by=self.now()
        )) if lines else {}  # fmt: skip
        alerts = alerts_of(connection, visible, agency, names)
        cargo = cargos(connection, visible, names)
        rows: list[dict[str, Any]] = []
        for one, line in lines:
            found_, word = results.get(line.subject, (None, ""))
            held = cargo.get(line.subject)
            groups: dict[str, str | None] = groups_of(held.cargo) if held else {}
            rows.append({
                "subject": line.subject, "day": one.day, "lane": line.lane,
                "chance": None if line.stratum < 0 else line.chance / ONE, "stratum": line.stratum,
                "found": found_, "result": word or None,
                "rules": rules_of(alerts.get(line.subject)),
                **{kind: groups.get(kind) for kind in GROUPS},
            })  # fmt: skip
        kinds: dict[str, Any] = {**COLUMNS, "day": pl.String, **dict.fromkeys(GROUPS, pl.String)}
        return pl.DataFrame(rows, schema=kinds)

    def _marking(self, labels: Collection[int]) -> tuple[int, str]:
        """Return level and words of the marking of all that was read."""
        if not labels:
            return 0, ""
        algebra = self._pipeline.analyst.algebra
        joined = self._labels.get(reduce(algebra.join, sorted(labels)))
        return int(joined.marking.level), marking_text(joined)

    def _told(
        self, frame: pl.DataFrame, found: Sequence[Drawn], first: str, last: str,
        marking: tuple[int, str],
    ) -> views.ReportView:  # fmt: skip
        whole = report(frame, GROUPS)
        left = whole.missed
        return views.ReportView(
            since=first, until=last, made=self.now().astimezone(dt.UTC).date().isoformat(),
            definitions=whole.version, outcome_definitions=definitions(None).number,
            sheets=len(found), candidates=whole.candidates, weeks=tuple(_weeks(frame)),
            lanes=tuple(map(_rate, whole.lanes)), others=_rate(whole.others),
            rules=tuple(self._rule(one) for one in whole.rules), pool=left.pool,
            control_examined=left.examined, control_found=left.found,
            control_unanswered=left.unanswered, control_unseen=left.unseen,
            missed=_missed(left), missed_total=_missed_total(left), table=_table(whole.table),
            groups=tuple(map(_group, whole.groups)), left_out=whole.left_out, level=marking[0],
            marking=marking[1],
        )  # fmt: skip

    def _rule(self, one: Rate) -> views.RateRow:
        title_en, title_es = self._titles.get(one.name, ("", ""))
        return _rate(one, title_en=title_en, title_es=title_es)


def _weeks(frame: pl.DataFrame) -> Iterable[views.WeekRow]:
    mondays = [_monday(dt.date.fromisoformat(day)).isoformat() for day in frame["day"].to_list()]
    dated = frame.with_columns(pl.Series("week", mondays, dtype=pl.String))
    for (week,), part in sorted(dated.group_by("week"), key=lambda item: str(item[0][0])):
        told: Report = report(part)
        drawn = part.filter(pl.col("lane").is_in(CONTROL)).with_columns(lane=pl.lit("control"))
        yield views.WeekRow(
            week=str(week), candidates=told.candidates, cause=_rate(told.for_cause),
            control=_rate(rates(drawn, "lane", ("control",))[0]), missed=_missed(told.missed),
        )  # fmt: skip


def _rate(one: Rate, *, title_en: str = "", title_es: str = "") -> views.RateRow:
    return views.RateRow(
        name=one.name, chosen=one.chosen, examined=one.examined, found=one.found, share=one.share,
        low=one.low, high=one.high, title_en=title_en, title_es=title_es,
    )  # fmt: skip


def _missed(one: Missed) -> views.EstimateRow:
    return views.EstimateRow(name="missed", value=one.share, low=one.low, high=one.high)


def _missed_total(one: Missed) -> views.EstimateRow:
    held = one.pool - one.unseen
    low, high = (None if each is None else each * held for each in (one.low, one.high))
    return views.EstimateRow(name="missed_total", value=one.total, low=low, high=high)


def _table(table: TwoByTwo) -> tuple[views.EstimateRow, ...]:
    return tuple(_estimate(name, getattr(table, name)) for name in TABLE)


TABLE: Final = (
    "chosen_with", "chosen_without", "others_with", "others_without", "caught", "slipped",
    "troubled", "right",
)  # fmt: skip
"""Cells and shares of the auditors' table, in the order of a report."""


def _estimate(name: str, one: Estimate | None) -> views.EstimateRow:
    if one is None:
        return views.EstimateRow(name=name, value=None, low=None, high=None)
    return views.EstimateRow(name=name, value=one.value, low=one.low, high=one.high)


def _group(one: Group) -> views.GroupRow:
    return views.GroupRow(
        kind=one.kind, name=one.name, came=one.came, chosen=one.hits.chosen,
        examined=one.hits.examined, found=one.hits.found, selection=one.selection,
        others_selection=one.others_selection, hits=one.hits.share, low=one.hits.low,
        high=one.hits.high, others_hits=one.others_hits, chance=one.chance, alarm=one.alarm,
    )  # fmt: skip


def _day(field: str, text: str) -> dt.date | None:
    """Return a day as typed into a field, None where nothing was."""
    try:
        return dt.date.fromisoformat(text) if text else None
    except ValueError:
        raise InputError(
            f"{text[:20]!r} is no day such as 2026-11-27", field=field, problem="day"
        ) from None


def _monday(day: dt.date) -> dt.date:
    return day - dt.timedelta(days=day.weekday())


def _weeks_before(day: dt.date) -> dt.date:
    """Return the Monday eleven weeks before that of a day, or the first day of the calendar."""
    return dt.date.fromordinal(max(1, _monday(day).toordinal() - 77))
