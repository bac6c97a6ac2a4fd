"""All facts of a span of time under some labels, section by section; a section is gathered when it
is asked for."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Iterator
from typing import Final

import msgspec
import polars as pl
import sqlalchemy as sa

from esclusa.analysis.figures import Figure, Key, empty
from esclusa.analysis.measurement import CONTROL, Missed, missed_by
from esclusa.analysis.outcomes import Stated
from esclusa.ledger import alert_figures
from esclusa.ledger import casework_counts as counts
from esclusa.ledger.exchange import newest
from esclusa.ledger.indexing import (
    EXAMINATION_REFERENCE,
    FEEDBACK_REFERENCE,
    REFERRAL_REFERENCE,
    SELECTION_REFERENCE,
)
from esclusa.ledger.labels import Labels
from esclusa.ledger.records import now_text
from esclusa.ledger.standing import Written, mark, written_since
from esclusa.ledger.store import Store
from esclusa.model import record_id
from esclusa.node.examinations import in_force, outcomes_under
from esclusa.node.exchange import Exchange
from esclusa.node.referral_desk import ReferralDesk
from esclusa.node.reporting import alerts, exchanged, intake, matches, openings, referrals
from esclusa.node.reporting import selections as sheets
from esclusa.node.reporting.in_use import InUse
from esclusa.node.reporting.remembered import Rests, Stamp, rests
from esclusa.node.selection_report import ReportDesk

_BEGIN: Final = {"examinations": "exams_", "rules": "rules_"}
"""How the figures of a section begin, where that is not its name."""
_HOUR: Final = len("2026-11-27T08")
_KINDS: Final = ("match_decision",)
_EVERY: Final = (
    EXAMINATION_REFERENCE, FEEDBACK_REFERENCE, REFERRAL_REFERENCE, SELECTION_REFERENCE,
)  # fmt: skip
"""Each record of these kinds, or with one of these references, may change figures; others do where
they were looked for."""


class Sources(msgspec.Struct, frozen=True, kw_only=True):
    """Where a node's facts come from."""

    store: Store
    labels: Labels
    agency: str
    exchange: Exchange
    referrals: ReferralDesk
    selections: ReportDesk
    in_use: InUse


class Gathering:
    """Facts under the labels of one reader at one moment.

    :param connection: a snapshot with these labels.
    :param now: what is known by then counts (aware).
    """

    def __init__(
        self, sources: Sources, connection: sa.Connection, visible: frozenset[int],
        now: dt.datetime,
    ) -> None:  # fmt: skip
        self._from = sources
        self._connection = connection
        self._visible = visible
        self.now = now
        self._stamp: Stamp | None = None
        self._outcomes: pl.DataFrame | None = None
        self._exams: list[Stated] | None = None
        self._until: dt.datetime | None = None
        self._candidates: dict[tuple[str, str], pl.DataFrame] = {}
        self._gathered: dict[tuple[str, str, str], pl.DataFrame] = {}
        self._looked_for: set[int] = set(map(hash, _EVERY))
        self._written: dict[int, Written | None] = {}

    def facts(self, since: str, until: str, sections: Collection[str]) -> pl.DataFrame:
        """Return the facts of a span about some sections, of which alerts are none.

        :param since: its first day, and ``until`` the first after it (ISO 8601).
        """
        return empty(part for name in sections for part in self._section(name, since, until))

    def alerts(self, since: str, until: str) -> dict[Key, Figure]:
        """Return the figures about alerts of a span: those are kept, and not made from facts."""
        return alerts.figures(self._connection, self._visible, since, until, now_text())

    def files(self, since: str, until: str) -> dict[Key, Figure]:
        """Return the figures about the files that were received in a span."""
        return intake.figures(self._connection, self._visible, since, until)

    def behind_alerts(
        self, since: str, until: str, *, figure: str, part: str, limit: int, offset: int
    ) -> tuple[int, pl.DataFrame]:
        """Return how many alerts one of those figures counts, and a page of them as facts."""
        return alerts.behind(
            self._connection, self._visible, since, until, now_text(), figure=figure, part=part,
            limit=limit, offset=offset,
        )  # fmt: skip

    def stamp(self) -> Stamp:
        """Return what all figures but those of files are made from."""
        if self._stamp is None:
            with self._from.store.read() as log:
                changed, logged = newest(log), counts.exchanged_last(log)
            now = now_text()
            awake = alert_figures.awake(self._connection, self._visible, now)
            self._stamp = Stamp(mark(self._connection), changed, logged, awake, now[:_HOUR])
        return self._stamp

    def written(self, after: int) -> Written | None:
        """Return what was written after a sequence number, None where that is too much to tell."""
        if after not in self._written:
            last = self.stamp().records.last
            self._written[after] = written_since(self._connection, self._visible, after, last)
        return self._written[after]

    def rests(self) -> Rests:
        """Return what all facts rest on that were asked for until now."""
        return rests(_KINDS, self._looked_for, self._until)

    def _look_for(self, names: Iterable[str]) -> None:
        """Note ids of records, or references, by which something is looked for."""
        self._looked_for.update(map(hash, names))

    def _look_beside(self, subjects: Collection[str]) -> None:
        """Note records that are looked for with the alerts about them."""
        self._look_for(subjects)
        self._look_for(record_id(self._from.agency, "alert", name) for name in subjects)

    def missed(self, since: str, until: str) -> Missed:
        """Return the estimate of what the selection of a span missed."""
        return missed_by(self._sheets(since, until))

    def control(self, since: str, until: str) -> pl.DataFrame:
        """Return the facts that the estimate of what was missed rests on."""
        answered = self.facts(since, until, ("selection",))
        drawn = pl.col("part").is_in(CONTROL)
        return answered.filter((pl.col("figure") == "selection_answered") & drawn)

    def _section(self, name: str, since: str, until: str) -> Iterator[pl.DataFrame]:
        where, labels = (self._connection, self._visible), self._from.labels
        if name == "matches":
            yield from matches.facts(*where, since, until)
        elif name in ("sent", "received"):
            yield from self._shared(since, until, "referrals", f"{name}_")
        elif name in ("examinations", "rules"):
            yield from self._shared(since, until, "openings", _BEGIN[name])
        elif name == "selection":
            yield from sheets.facts(self._sheets(since, until))
        elif name == "exchange":
            yield from exchanged.facts(
                *where, self._from.store, labels, self._from.exchange, since, until,
                self._look_for,
            )  # fmt: skip
        elif name == "intake":
            yield from intake.facts(*where, since, until)

    def _shared(self, since: str, until: str, what: str, begin: str) -> Iterator[pl.DataFrame]:
        """Yield the facts of one of two sections that are gathered together."""
        key = (what, since, until)
        if key not in self._gathered:
            self._gathered[key] = empty(self._together(what, since, until))
        yield self._gathered[key].filter(pl.col("figure").str.starts_with(begin))

    def _together(self, what: str, since: str, until: str) -> Iterator[pl.DataFrame]:
        agency = self._from.agency
        if what == "referrals":
            known = self._from.referrals.every(self._connection, self._visible)
            return referrals.facts((one.referral for one in known), agency, since, until)
        return openings.facts(
            self._connection, self._visible, agency, self._examinations(),
            self._outcome_table(), since, until,
        )  # fmt: skip

    def _examinations(self) -> list[Stated]:
        if self._exams is None:
            labels = self._from.labels
            where = (self._connection, labels, self._visible)
            self._exams, self._until = in_force(*where, self.now)
        return self._exams

    def _outcome_table(self) -> pl.DataFrame:
        if self._outcomes is None:
            self._outcomes = outcomes_under(
                self._connection, self._from.labels, self._visible, known_by=self.now,
                looked_for=self._look_for,
            )  # fmt: skip
            self._look_beside(set(self._outcomes["subject"]))
        return self._outcomes

    def _sheets(self, since: str, until: str) -> pl.DataFrame:
        if (since, until) not in self._candidates:
            last = (dt.date.fromisoformat(until) - dt.timedelta(days=1)).isoformat()
            found = self._from.selections.sheets(self._connection, self._visible, since, last)
            bills = lambda: self._outcome_table().filter(kind="consignment")  # noqa: E731
            told = self._from.selections.candidates(self._connection, self._visible, found, bills)
            self._look_beside(set(told["subject"]))
            self._candidates[since, until] = told
        return self._candidates[since, until]
