"""Rules as people are shown them: the pack's, the node's own, what rehearsals gave."""

from __future__ import annotations

import datetime as dt
import tomllib
from collections.abc import Collection, Mapping, Sequence
from functools import lru_cache
from typing import Final

import msgspec

from esclusa.analysis.targeting import Failure, Rule
from esclusa.analysis.targeting.pack import standing
from esclusa.analysis.targeting.rehearsal import Rate
from esclusa.analysis.targeting.rule import from_table
from esclusa.analysis.targeting.written import Checker, Mistake, Written, refusal
from esclusa.casework.refusals import code_of, in_spanish
from esclusa.casework.rule_life import OPEN, RUNNING, Periods, Version, in_force, state_on
from esclusa.errors import RuleError
from esclusa.model import RehearsalFigures, RuleMove, RuleRate
from esclusa.node.own_rules import Kept
from esclusa.sharing import rule_views as views
from esclusa.sharing.views import RuleView

STOPPED: Final = "stopped"
"""State of a version that is approved and within its dates, and cannot run."""

Titles = Mapping[str, str]
"""Titles of records by id; one that is not there may not be shown."""


def rate_view(rate: Rate | RuleRate) -> views.RateView:
    """Return a rate with its share and interval."""
    counted = Rate(rate.hits, rate.examined, rate.found)
    low, high = counted.interval or (None, None)
    return views.RateView(
        hits=rate.hits, examined=rate.examined, found=rate.found, share=counted.yields, low=low,
        high=high,
    )  # fmt: skip


def figures_view(figures: RehearsalFigures, titles: Titles) -> views.FiguresView:
    """Return figures with the examples whose titles may be shown."""
    return views.FiguresView(
        rows=figures.rows, unjudged=figures.unjudged, all=rate_view(figures.all),
        alone=rate_view(figures.alone), active=figures.active,
        before=rate_view(figures.before) if figures.before else None,
        overlap=tuple(views.OverlapView(rule=one.rule, hits=one.hits) for one in figures.overlap),
        examples=tuple(
            views.ExampleView(record_id=name, title=titles[name])
            for name in figures.examples if name in titles
        ),
        since=figures.since, until=figures.until, apart=figures.apart,
    )  # fmt: skip


def mistake_view(mistake: Mistake) -> views.MistakeView:
    """Return a mistake at its place."""
    return views.MistakeView(
        reason=mistake.reason, reason_es=in_spanish(mistake.problem), code=code_of(mistake.problem),
        line=mistake.line, column=mistake.column,
    )  # fmt: skip


def failure_view(failure: Failure) -> views.FailureView:
    """Return a test that does not come out."""
    problem = failure.problem
    return views.FailureView(
        test=failure.test, expected=failure.expected, found=failure.found,
        found_es=in_spanish(problem) if problem else "", code=code_of(problem) if problem else "",
    )  # fmt: skip


@lru_cache(maxsize=512)
def rule_of(text: str) -> Rule | None:
    """Return the entries of a text, None when they are not those of a rule."""
    try:
        return from_table(Rule, tomllib.loads(text))[0]  # type: ignore[no-any-return]
    except (tomllib.TOMLDecodeError, ValueError):
        return None


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """A rule of the node's own on a day. ``name`` is how to ask for it."""

    kept: Kept
    name: str
    check: Checker
    day: dt.date
    periods: Periods
    level: int = 0

    def state(self, known: Sequence[Version], place: int) -> str:
        """Return the state of a version; ``stopped`` for one that should run and cannot."""
        state = state_on(known, place, self.day, self.periods)
        return STOPPED if state in RUNNING and self.why(known[place].text) else state

    def why(self, text: str) -> RuleError | None:
        """Return why a text cannot run today, None if it can."""
        written = self.check(text)
        if written.pack is None:
            return refusal(written.mistakes[:1])
        (now,) = standing(written.pack, self.day)
        if now.state == "active" or now.cause == now.rule:
            return None
        return RuleError("the list {name} has ended", name=now.cause)

    def row(self) -> RuleView:
        """Return the rule as a line of the list: the version in force, else the newest."""
        known = self.kept.versions()
        running = in_force(known, self.day, self.periods)
        newest = len(known) - 1
        place = known.index(running) if running else newest
        version = known[place]
        written_anew = known[newest].stored in OPEN
        figures = version.figures
        rule = rule_of(version.text)
        return msgspec.structs.replace(
            rule_row(rule, "") if rule else _unreadable(self.kept.rule_id, version),
            name=self.name, level=self.level, state=self.state(known, place),
            open_version=known[newest].name if written_anew else "",
            open_state=known[newest].stored if written_anew else "",
            rate=rate_view(figures.all) if figures else None,
            alone=rate_view(figures.alone) if figures else None,
        )  # fmt: skip

    def view(
        self, titles: Titles, *, reader: str, supervisor: bool, allowed: Collection[str]
    ) -> views.OwnRuleView:
        """Return the rule with all versions and steps.

        :param allowed: moves that the reader's role includes.
        """
        known = self.kept.versions()
        running = in_force(known, self.day, self.periods)
        newest = known[-1]
        row = self.row()
        return views.OwnRuleView(
            name=self.name, id=self.kept.rule_id, record_id=self.kept.record_id, level=self.level,
            title_en=row.title_en, title_es=row.title_es,
            versions=tuple(self._version(known, place, titles) for place in range(len(known))),
            steps=tuple(map(_step, self.kept.moves)),
            open=newest.name if newest.stored in OPEN else "",
            running=running.name if running else "",
            moves=tuple(
                move for move in sorted(allowed)
                if self._may(move, known, reader=reader, supervisor=supervisor)
            ),
        )  # fmt: skip

    def _may(self, move: str, known: Sequence[Version], *, reader: str, supervisor: bool) -> bool:
        newest, author = known[-1], reader in known[-1].authors
        state = state_on(known, len(known) - 1, self.day, self.periods)
        if move == "retire":
            states = [state_on(known, at, self.day, self.periods) for at in range(len(known))]
            return any(one in (*RUNNING, "approved") for one in states)
        if move in ("new", "amend"):
            return move == "amend" and newest.stored not in OPEN
        if move == "approve":
            return state == "rehearsed" and not author
        if move == "withdraw":
            return newest.stored in OPEN and (author or supervisor)
        return newest.stored in OPEN

    def _version(
        self, known: Sequence[Version], place: int, titles: Titles
    ) -> views.RuleVersionView:
        version = known[place]
        state = self.state(known, place)
        open_one = version.stored in OPEN
        written = self.check(version.text) if open_one else Written()
        why = self.why(version.text) if state == STOPPED or open_one else None
        return views.RuleVersionView(
            version=version.name, state=state, text=version.text, digest=version.digest,
            authors=tuple(sorted(version.authors)), valid_from=version.valid_from.isoformat(),
            valid_to=version.valid_to.isoformat(),
            approved=version.approved.isoformat() if version.approved else "",
            why=why.reason if why else "", why_es=in_spanish(why) if why else "",
            failures=tuple(map(failure_view, written.failures)),
            figures=figures_view(version.figures, titles) if version.figures else None,
            waiting=version.waiting.by if version.waiting else "",
            waiting_since=version.waiting.at if version.waiting else "",
        )  # fmt: skip


def rule_row(rule: Rule, state: str) -> RuleView:
    """Return a rule as a line of the list."""
    return RuleView(
        id=rule.id, version=rule.version, indicator=", ".join(rule.indicators),
        subject=", ".join(rule.subjects), title_en=rule.title_en, title_es=rule.title_es,
        points=rule.points, when=rule.when, owner=rule.owner, purpose=rule.purpose,
        legal_basis=rule.legal_basis, valid_from=rule.valid_from.isoformat(),
        valid_to=rule.valid_to.isoformat(), state=state, note_en=rule.false_positive_en,
        note_es=rule.false_positive_es,
    )  # fmt: skip


def _unreadable(rule_id: str, version: Version) -> RuleView:
    """Return what is left of a rule whose text this version of the program cannot read."""
    return RuleView(
        id=rule_id, version=version.name, indicator="", subject="", title_en=rule_id,
        title_es=rule_id, points=0.0, when="", owner="", purpose="", legal_basis="",
        valid_from=version.valid_from.isoformat(), valid_to=version.valid_to.isoformat(), state="",
    )  # fmt: skip


def _step(move: RuleMove) -> views.RuleStepView:
    return views.RuleStepView(
        number=move.number, move=move.move, version=move.version, state=move.state, by=move.by,
        at=move.at, reason=move.reason,
    )  # fmt: skip
