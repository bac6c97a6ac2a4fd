"""Decisions on possible matches: what waits, both sides, a person's decision and its undoing.

A match is found in the alerts that tell of it. A decision is written under the lowest label of the
visible alerts that tell of the match, and takes effect at once wherever that label is covered.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from itertools import islice

import msgspec
import sqlalchemy as sa

from esclusa.analysis.screening import normalise
from esclusa.casework.match_facts import entry_digests, party_digest
from esclusa.casework.match_sides import sides
from esclusa.casework.matches import (
    REOPENED,
    next_step,
    sentence,
    worth,
)  # fmt: skip
from esclusa.errors import NotFound
from esclusa.ledger import audit, matches, records, ties
from esclusa.ledger.indexing import match_party_reference, quiet_reference, title_of
from esclusa.ledger.records import Draft
from esclusa.model import (
    Alert,
    ListEntry,
    MatchDecision,
    PartyFacts,
    Reason,
    Record,
    Said,
)  # fmt: skip
from esclusa.node.match_memory import REDRESS, match_id, party_of, state_of
from esclusa.node.partner_entries import code_of
from esclusa.node.pipeline import Pipeline
from esclusa.node.queries import queries_of
from esclusa.node.screen_again import screen_again
from esclusa.sharing import match_views as views
from esclusa.sharing.reader import Action, Reader, Role
from esclusa.sharing.release import PAGE_LIMIT, Gate

_WALKED = 5_000
"""Matches that wait are walked so far for a neighbour; nobody steps through more."""
_EARLIER_SHOWN = 50
_AT_ONCE = 500


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """A match as one reader may see it. ``subject`` is None when no record states the party any
    more; ``label`` is that of a decision on it."""

    id: str
    label: int
    party: PartyFacts
    entry: Record
    subject: Record | None = None
    reason: Reason | None = None
    path: str = ""


class MatchDesk:
    """Possible matches and decisions on them, for people."""

    def __init__(self, gate: Gate, pipeline: Pipeline) -> None:
        self._gate = gate
        self._pipeline = pipeline
        self._store = pipeline.store
        self._labels = pipeline.labels
        self._agency = pipeline.settings.agency
        self._settled = ""

    # --- reading -------------------------------------------------------------------------------

    def matches(self, reader: Reader, *, limit: int = 50) -> views.MatchPage:
        """Return the matches that nobody has decided, or that were reopened."""
        reader.require(Action.MATCH_READ)
        limit = max(1, min(limit, PAGE_LIMIT))
        self.settle()
        with self._gate.reading(reader) as (connection, visible):
            held = list(islice(matches.undecided(connection, visible), limit + 1))
            alerts = records.get_by_seq(
                connection, self._labels, visible, [seq for _name, seq, _n, _a in held]
            )
            rows = [
                self._row(connection, visible, name, alerts[seq], n, at)
                for name, seq, n, at in held
            ]
        self._gate.note(reader, Action.MATCH_READ, detail=f"rows={len(rows[:limit])}")
        return views.MatchPage(rows=tuple(rows[:limit]), more=len(rows) > limit)

    def _row(
        self, connection: sa.Connection, visible: Collection[int], name: str, held: Record,
        alerts: int, arrival: str,
    ) -> views.MatchRow:  # fmt: skip
        alert = held.body
        assert isinstance(alert, Alert)
        reason = _reason(alert, name)
        assert reason is not None and reason.match is not None
        list_id, _, uid = reason.code.partition(":")
        entry = records.get(connection, self._labels, visible, reason.record_id)
        label = records.label_of(connection, held.seq)
        return views.MatchRow(
            match_id=name, score=reason.match.score, state=reason.match.state,
            party=reason.evidence[0].value,
            entry=title_of(entry.body) if entry and entry.body else uid, list_id=list_id,
            uid=entry.body.uid if entry and isinstance(entry.body, ListEntry) else uid,
            subject_id=alert.subject_id, subject_kind=alert.subject_kind, title=alert.title,
            arrival="" if arrival.startswith("9999") else arrival, alerts=alerts,
            level=int(self._labels.get(label).marking.level),
        )  # fmt: skip

    def match(self, reader: Reader, name: str) -> views.MatchView:
        """Return a match with both sides and what people said of it; raises ``NotFound``."""
        reader.require(Action.MATCH_READ)
        with self._gate.reading(reader) as (connection, visible):
            found = self._find(connection, visible, name)
            view = self._view(connection, visible, found, reader) if found else None
        self._gate.note(reader, Action.MATCH_READ, subject=found.id if found else "no identifier",
                        detail="" if found else "not found")  # fmt: skip
        if view is None:
            raise NotFound("no such match")
        return view

    def neighbours(self, reader: Reader, name: str) -> tuple[str, str]:
        """Return the matches that wait before and after one, "" at the ends; behind a match that
        waits no more comes the first."""
        reader.require(Action.MATCH_READ)
        with self._gate.reading(reader) as (connection, visible):
            names = [row[0] for row in islice(matches.undecided(connection, visible), _WALKED)]
        if name not in names:
            return "", names[0] if names else ""
        at = names.index(name)
        return (names[at - 1] if at else ""), (names[at + 1] if at + 1 < len(names) else "")

    def _find(self, connection: sa.Connection, visible: Collection[int], name: str) -> Found | None:
        seqs = matches.alerts_holding(connection, visible, [f"match:{name}"])[:_AT_ONCE]
        told = records.get_by_seq(connection, self._labels, visible, seqs)
        labels = {seq: records.label_of(connection, seq) for seq in told}
        covers = self._pipeline.analyst.algebra.covers
        # The lowest label first: what is decided there counts for the most readers.
        lowest = sorted(
            told,
            key=lambda seq: (-sum(covers(labels[seq], other) for other in labels.values()), -seq),
        )
        for seq in lowest:
            found = self._told(connection, visible, name, told[seq], labels[seq])
            if found is not None:
                return found
        return self._decided(connection, visible, name)

    def _told(
        self, connection: sa.Connection, visible: Collection[int], name: str, alert: Record,
        label: int,
    ) -> Found | None:  # fmt: skip
        assert isinstance(alert.body, Alert)
        reason = _reason(alert.body, name)
        below = self._below(visible, label)
        subject = records.get(connection, self._labels, below, alert.body.subject_id)
        entry = records.get(connection, self._labels, below, reason.record_id) if reason else None
        if reason is None or subject is None or subject.body is None or not _is_entry(entry):
            return None
        list_id, _, uid = reason.code.partition(":")
        for query in queries_of(subject.body):
            party = party_of(query)
            if match_id(self._agency, list_id, uid, party) == name:
                assert entry is not None
                return Found(id=name, label=label, party=party, entry=entry, subject=subject,
                             reason=reason, path=query.path)  # fmt: skip
        return None

    def _decided(
        self, connection: sa.Connection, visible: Collection[int], name: str
    ) -> Found | None:
        """Return a match that no alert tells of any more, by the decision on it."""
        held = records.get(connection, self._labels, visible, name)
        if held is None or not isinstance(held.body, MatchDecision):
            return None
        step, label = held.body, records.label_of(connection, held.seq)
        listed = held.derived_from[0]
        entry = records.get(connection, self._labels, self._below(visible, label), listed)
        if entry is None or not _is_entry(entry):
            return None
        return Found(id=name, label=label, party=step.party, entry=entry)

    def _below(self, visible: Collection[int], label: int) -> set[int]:
        covers = self._pipeline.analyst.algebra.covers
        return {item for item in visible if covers(item, label)}

    # --- deciding ------------------------------------------------------------------------------

    def decide(
        self, reader: Reader, name: str, *, outcome: str, reason: str, until: str = "",
        redress: str = "",
    ) -> views.MatchView:  # fmt: skip
        """Decide a match; it takes effect at once on every alert that tells of it.

        :param until: the last day, ``YYYY-MM-DD``; "" for the node's setting.
        :param redress: the number under which the party may state this decision later.
        :raises NotFound: when there is no such match, or none this reader may know of.
        :raises StateError: when somebody else decided it and it still stands.
        :raises InputError: when outcome, reason, day or number is missing or wrong.
        """
        reader.require(Action.MATCH_DECIDE)
        at = self._pipeline.analyst.now()
        last = until or f"{at.date() + dt.timedelta(days=self._pipeline.settings.match_days)}"
        said = Said(
            outcome=outcome, by=reader.name, at=_moment(at), reason=reason.strip(), until=last,
            redress=redress.strip(),
        )  # fmt: skip
        self._step(reader, name, "decide", said, at)
        return self.match(reader, name)

    def undo(self, reader: Reader, name: str) -> views.MatchView:
        """Take back the last decision on a match: one's own, or a supervisor anybody's."""
        reader.require(Action.MATCH_UNDO)
        self._step(reader, name, "undo", None, self._pipeline.analyst.now())
        return self.match(reader, name)

    def _step(
        self, reader: Reader, name: str, move: str, said: Said | None, at: dt.datetime
    ) -> None:
        visible = self._gate.visible(reader)
        with self._store.read() as connection:
            found = self._find(connection, visible, name)
            concerned = self._concerned(connection, found) if found else set()
            labels = ties.labels_of(connection, concerned)
        if found is None:
            raise NotFound("no such match")
        for label in labels:
            self._pipeline.analyst.refresh(label)
        with self._store.write() as connection:
            found = self._find(connection, visible, name)
            if found is None:
                raise NotFound("no such match")
            step = self._next(connection, reader, found, move, said, at)
            records.append(connection, [self._draft(found, step)])
            action = Action.MATCH_DECIDE if move == "decide" else Action.MATCH_UNDO
            audit.write_line(
                connection, who=reader.name, role=reader.role, purpose=reader.purpose,
                action=action, subject=name, detail=said.outcome if said else "",
            )  # fmt: skip
            screen_again(self._pipeline, connection, self._concerned(connection, found))

    def _next(
        self, connection: sa.Connection, reader: Reader, found: Found, move: str,
        said: Said | None, at: dt.datetime,
    ) -> MatchDecision:  # fmt: skip
        list_id, uid = code_of(found.entry)
        entry = _digests(found.entry)
        steps = self._steps(connection, found)
        now = worth([(found.id, steps[-1])] if steps else [], found.party, entry, f"{at:%Y-%m-%d}")
        asked = MatchDecision(
            list_id=list_id, uid=uid, digest=party_digest(found.party), party=found.party,
            number=0, move=move, by=reader.name, at=_moment(at),
        )  # fmt: skip
        return next_step(
            steps, match=asked, state=now.state, supervisor=reader.role is Role.SUPERVISOR,
            said=msgspec.structs.replace(said, entry=entry) if said else None,
            bounds=(at.date(), self._last_day(at)),
        )  # fmt: skip

    def _last_day(self, at: dt.datetime) -> dt.date:
        return at.date() + dt.timedelta(days=self._pipeline.settings.match_days_most)

    def _steps(self, connection: sa.Connection, found: Found) -> list[MatchDecision]:
        chain = records.chain(connection, self._labels, found.id, found.label)
        return [item.body for item in chain if isinstance(item.body, MatchDecision)]

    def _draft(self, found: Found, step: MatchDecision) -> Draft:
        # What quotes a copy goes with it; of ours, with the last record that states the party.
        copied = self._labels.get(found.label).supplier and found.subject is not None
        subject = (found.subject.id,) if copied and found.subject else ()
        return Draft(
            body=step, originator=self._agency, label_id=found.label, valid_time=step.at,
            derived_from=(found.entry.id, *subject),
        )  # fmt: skip

    def _concerned(self, connection: sa.Connection, found: Found) -> set[str]:
        """Return the records that a decision on a match may concern: those of alerts that tell of
        this entry for a party of this name, or of a decision by this match."""
        seqs = matches.alerts_holding(connection, None, [f"record:{found.entry.id}"])
        wanted = normalise(found.party.name).tokens
        names: set[str] = set()
        for start in range(0, len(seqs), _AT_ONCE):
            for body in records.bodies(connection, seqs[start : start + _AT_ONCE]):
                if isinstance(body, Alert) and any(
                    reason.record_id == found.entry.id and _concerns(reason, found.id, wanted)
                    for reason in body.reasons
                ):
                    names.add(body.subject_id)
        return names

    # --- time and erasure ----------------------------------------------------------------------

    def settle(self) -> None:
        """Screen again what decisions that have ended said of; at most once for each day."""
        today = f"{self._pipeline.analyst.now():%Y-%m-%d}"
        if today == self._settled:
            return
        with self._store.read() as connection:
            names = self._ended(connection, today)
            labels = ties.labels_of(connection, names)
        if names:
            for label in labels:
                self._pipeline.analyst.refresh(label)
            with self._store.write() as connection:
                screen_again(self._pipeline, connection, names)
        self._settled = today

    def _ended(self, connection: sa.Connection, today: str) -> set[str]:
        ended = matches.ended(connection, today)
        seqs = matches.alerts_holding(connection, None, [f"decision:{name}" for name in ended])
        return {
            body.subject_id
            for body in records.bodies(connection, seqs)
            if isinstance(body, Alert)
            for reason in body.reasons
            if reason.match and reason.match.decision in ended and reason.match.state != REOPENED
        }

    def due(self, today: str) -> set[str]:
        """Return the decisions whose last day is longer ago than the node keeps them."""
        days = self._pipeline.settings.match_kept_days
        first = dt.date.fromisoformat(today) - dt.timedelta(days=days)
        with self._store.read() as connection:
            return matches.ended(connection, first.isoformat())

    # --- views ---------------------------------------------------------------------------------

    def _view(
        self, connection: sa.Connection, visible: Collection[int], found: Found, reader: Reader
    ) -> views.MatchView:
        now = self._pipeline.analyst.now()
        list_id, uid = code_of(found.entry)
        below = self._below(visible, found.label)
        entry_value = f"match_entry:{list_id}:{uid}"
        party_value = match_party_reference(found.party.name)
        held = matches.decisions(connection, self._labels, visible, {entry_value, party_value})
        on_entry = held.get(entry_value, [])
        known = [(item.id, matches.step_of(item)) for item, label in on_entry if label in below]
        told = worth(known, found.party, _digests(found.entry), f"{now:%Y-%m-%d}")
        quiet = self._quiet(connection, visible, found.id)
        steps = self._steps(connection, found)
        body = found.entry.body
        assert isinstance(body, ListEntry)
        subject = found.subject.body if found.subject else None
        standing = bool(steps) and steps[-1].said is not None
        last = next((step for step in reversed(steps) if step.move == "decide"), None)
        return views.MatchView(
            match_id=found.id,
            score=found.reason.match.score if found.reason and found.reason.match else 0.0,
            state=REDRESS if quiet else state_of(told),
            told_en=quiet.text_en if quiet else sentence(told, "en"),
            told_es=quiet.text_es if quiet else sentence(told, "es"),
            party=found.party, subject_id=found.subject.id if found.subject else "",
            subject_kind=found.subject.kind if found.subject else "",
            title=title_of(subject) if subject is not None else "", entry_id=found.entry.id,
            entry=body.name, list_id=list_id, uid=body.uid,
            sides=tuple(
                msgspec.convert(side, views.SideRow, from_attributes=True)
                for side in sides(found.party, subject, found.path, body)
            ),
            **_spoken(found.reason),
            steps=tuple(_shown(found.id, step, "match") for step in steps),
            earlier=self._earlier(held, found, entry_value),
            marking=self._labels.get(found.label).marking,
            originator=self._labels.get(found.label).originator,
            until=f"{now.date() + dt.timedelta(days=self._pipeline.settings.match_days)}",
            last_day=f"{self._last_day(now)}",
            may_undo=standing and last is not None and reader.may(Action.MATCH_UNDO)
            and (_standing_by(steps) == reader.name or reader.role is Role.SUPERVISOR),
        )  # fmt: skip

    def _quiet(
        self, connection: sa.Connection, visible: Collection[int], name: str
    ) -> Reason | None:
        """Return the reason in a visible alert that says that a redress number keeps a match
        quiet."""
        seqs = matches.alerts_holding(connection, visible, [quiet_reference(name)])[:1]
        told = records.get_by_seq(connection, self._labels, visible, seqs)
        bodies = (item.body for item in told.values())
        return next((_reason(body, name) for body in bodies if isinstance(body, Alert)), None)

    def _earlier(
        self, held: dict[str, list[tuple[Record, int]]], found: Found, entry_value: str
    ) -> tuple[views.StepView, ...]:
        rows = {
            (item.id, label): _shown(
                item.id, matches.step_of(item), "entry" if value == entry_value else "party"
            )
            for value in sorted(held, key=lambda value: value == entry_value)
            for item, label in held[value]
            if (item.id, label) != (found.id, found.label)
        }
        newest = sorted(rows.values(), key=lambda row: row.at, reverse=True)
        return tuple(newest[:_EARLIER_SHOWN])


def _reason(alert: Alert, name: str) -> Reason | None:
    return next((r for r in alert.reasons if r.match and r.match.id == name), None)


def _concerns(reason: Reason, name: str, wanted: tuple[str, ...]) -> bool:
    found = reason.match
    if found is not None and name in (found.id, found.decision):
        return True
    return any(normalise(item.value).tokens == wanted for item in reason.evidence)


def _is_entry(found: Record | None) -> bool:
    return found is not None and isinstance(found.body, ListEntry)


def _digests(entry: Record) -> dict[str, str]:
    assert isinstance(entry.body, ListEntry)
    return entry_digests(entry.body)


def _moment(at: dt.datetime) -> str:
    return at.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _standing_by(steps: list[MatchDecision]) -> str:
    said = steps[-1].said
    return said.by if said is not None else ""


def _spoken(reason: Reason | None) -> dict[str, tuple[str, ...]]:
    """Sort the lines of a match: each begins with its points, a line without any cannot tell."""
    said: dict[str, tuple[str, ...]] = {}
    for end, lines in (("", reason.detail), ("_es", reason.detail_es)) if reason else ():
        said[f"speaks_for{end}"] = tuple(line for line in lines if line[:1] == "+")
        said[f"speaks_against{end}"] = tuple(line for line in lines if line[:1] in "-−")
        said[f"cannot_tell{end}"] = tuple(line for line in lines if line[:1] not in "+-−")
    names = ("speaks_for", "speaks_against", "cannot_tell")
    return {f"{name}{end}": () for name in names for end in ("", "_es")} | said


def _shown(name: str, step: MatchDecision, about: str) -> views.StepView:
    said = step.said
    return views.StepView(
        decision_id=name, number=step.number, move=step.move, by=step.by, at=step.at,
        outcome=said.outcome if said else "", reason=said.reason if said else "",
        until=said.until if said else "", redress=said.redress if said else "", about=about,
        party=step.party.name, list_id=step.list_id, uid=step.uid,
    )  # fmt: skip
