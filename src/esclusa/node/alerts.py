"""From reasons to alerts: one alert per subject and label that some reason needs.

A reason carries the label of the strictest record it rests on. An alert under a label holds exactly
the reasons that every reader of that label may see, so a reader without access to one list gets the
same alert as if the list were not there.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

import msgspec
import sqlalchemy as sa

from esclusa.casework import snooze
from esclusa.casework.alerts import ANALYSIS, next_move
from esclusa.casework.desk import store_moves
from esclusa.errors import StateError
from esclusa.ledger import queue, records, ties
from esclusa.ledger.labels import Label, Labels
from esclusa.ledger.queue import UNKNOWN_ARRIVAL
from esclusa.ledger.records import Appended, Draft, Outcome, now_text
from esclusa.model import Alert, AlertMove, Body, Marking, Reason, record_id
from esclusa.sharing.policy import is_below
from esclusa.sharing.release import Gate

_REASONS_PER_ALERT: Final = 100
"""More reasons than this no person reads; the strongest are kept and the sum is of those kept."""


_LEFT: Final = ("closed", "withdrawn")
"""States in which an alert has left the queue."""


_Moving = tuple[str, int, str]
"""An alert, one of its labels, and the move to make there."""

_JOINED: Final = 6
"""Labels of one record's reasons whose joins all get an alert; of more, each and all together."""


class MissingLabel(StateError):
    """A transaction needs a label that must be made outside of one."""


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """What analysis found about one subject. Each reason comes with the label it needs."""

    subject_id: str
    subject_kind: str
    subject_label: int
    title: str
    source_id: str
    port: str
    arrival: str
    retain_until: str
    reasons: tuple[tuple[int, Reason], ...]


class LabelAlgebra:
    """Joins and comparisons of one node's labels, remembered."""

    def __init__(self, labels: Labels, agency: str) -> None:
        self._labels = labels
        self._agency = agency
        self.shows_copies: Callable[[Label], bool] = lambda _label: False
        """Whether copies under a label may be looked at now; the exchange says so."""
        self._joins: dict[tuple[int, int], int] = {}
        self._missing: set[tuple[int, int]] = set()
        self._below: dict[tuple[int, int], bool] = {}

    def join(self, left: int, right: int) -> int:
        """Return the label of what rests on both; opens a transaction when the label is new."""
        found = self.known(left, right)
        if found is None:
            pair = (min(left, right), max(left, right))
            found = self._joins[pair] = self._labels.intern(*self._joined(left, right))
        return found

    def known(self, left: int, right: int) -> int | None:
        """Return the label of what rests on both, None when nobody has made it yet."""
        if left == right:
            return left
        pair = (min(left, right), max(left, right))
        found = self._joins.get(pair)
        if found is None:
            found = self._upper(left, right)
            if found is None:
                found = self._labels.find(*self._joined(left, right))
            if found is not None:
                self._joins[pair] = found
        return found

    def inside(self, left: int, right: int) -> int:
        """Return the label of what rests on both, inside a transaction.

        :raises MissingLabel: when nobody has made it yet, which a transaction cannot do;
            :meth:`make_missing` does, and the transaction goes through when it is made again.
        """
        found = self.known(left, right)
        if found is None:
            self._missing.add((left, right))
            raise MissingLabel("a marking is met for the first time; take this in again")
        return found

    def make_missing(self) -> None:
        """Make the labels that transactions lacked; opens transactions."""
        while self._missing:
            self.join(*self._missing.pop())

    def _joined(self, left: int, right: int) -> tuple[str, Marking, str]:
        joined = self._marking(left).join(self._marking(right))
        return self._agency, joined, "+".join(sorted(self._paths(left) | self._paths(right)))

    def _upper(self, left: int, right: int) -> int | None:
        """Return the one of two labels that is strict enough for both, None when neither is. What
        rests on a copy must also be hidden with it: so its label names the copy's path."""
        for lower, upper in ((left, right), (right, left)):
            if self.covers(lower, upper):
                return upper
        return None

    def covers(self, lower: int, upper: int) -> bool:
        """Tell whether what rests on ``lower`` may stand under ``upper``: all its readers may see
        it, and it is hidden whenever a copy that ``lower`` rests on is."""
        return self.below(lower, upper) and self._paths(lower) <= self._paths(upper)

    def _paths(self, number: int) -> frozenset[str]:
        return frozenset("/".join(path) for path in self._labels.get(number).paths)

    def hidden(self) -> frozenset[int]:
        """Return the labels of copies that may not be looked at now; reads the ledger, so not to be
        called inside a transaction."""
        copies = [item for item in self._labels.all() if item.supplier]
        shown: dict[tuple[str, str], bool] = {}
        for item in copies:
            path = (item.supplier, item.originator)
            if path not in shown:
                shown[path] = self.shows_copies(item)
        return frozenset(item.id for item in copies if not shown[item.supplier, item.originator])

    def below(self, lower: int, upper: int) -> bool:
        """Tell whether every reader of ``upper`` may also see ``lower``."""
        pair = (lower, upper)
        if pair not in self._below:
            self._below[pair] = is_below(self._marking(lower), self._marking(upper))
        return self._below[pair]

    def all_below(self, upper: int) -> frozenset[int]:
        """Return every label whose records a reader of ``upper`` may see."""
        return frozenset(item.id for item in self._labels.all() if self.below(item.id, upper))

    def looks(self, upper: int, lower: int) -> bool:
        """Tell whether rules on records under ``upper`` look at records under ``lower``: at what
        every reader of the former may see; and for a record of our own at partners' copies, too,
        where there is anybody who may see both. What they say then stands under both."""
        if self.below(lower, upper):
            return True
        over, under = self._labels.get(upper), self._labels.get(lower)
        if over.supplier or not under.supplier or "/" in under.supplier:
            return False
        return bool(self._marking(upper).join(self._marking(lower)).purposes)

    def looked_at(self, upper: int) -> frozenset[int]:
        """Return every label that rules on records under ``upper`` look at."""
        return frozenset(item.id for item in self._labels.all() if self.looks(upper, item.id))

    def _marking(self, number: int) -> Marking:
        label = self._labels.get(number)
        return label.marking.including(label.originator)


def cuts(finding: Finding, algebra: LabelAlgebra) -> dict[int, tuple[Reason, ...]]:
    """Return the reasons that make up the alert under each label; no reasons, no alert. There is
    one for every set of labels that a reader may see, so that nobody's alert depends on what he may
    not know of; those with more in them come last.

    :raises MissingLabel: when a label is not made yet.
    """
    needed = {label for label, _reason in finding.reasons}
    top = finding.subject_label
    for label in sorted(needed):
        top = algebra.inside(top, label)
    wanted = needed | ({top} if needed else set())
    if len(needed) <= _JOINED:
        for label in sorted(needed):
            wanted |= {algebra.inside(other, label) for other in wanted}
    breadth = {label: sum(algebra.covers(other, label) for other in wanted) for label in wanted}
    ordered = sorted(wanted, key=lambda label: (breadth[label], label))
    return {label: _strongest(_under(finding, label, algebra)) for label in ordered}


def _under(finding: Finding, label: int, algebra: LabelAlgebra) -> list[Reason]:
    """Return the reasons that may stand under a label; of one rule the one that looked at most,
    which comes last."""
    found: dict[object, Reason] = {}
    for place, (other, reason) in enumerate(finding.reasons):
        if algebra.covers(other, label):
            found[reason.code if reason.source == "rule" else place] = reason
    said = list(found.values())
    # What is known with a partner's redress number stands in place of what is known without it.
    anew = {(r.code, r.match.id) for r in said if r.match and r.match.partner}
    return [
        r for r in said
        if not r.match or r.match.partner or (r.code, r.match.id) not in anew
    ]  # fmt: skip


def _strongest(reasons: list[Reason]) -> tuple[Reason, ...]:
    ordered = sorted(reasons, key=lambda reason: (-reason.points, reason.source, reason.code))
    return tuple(ordered[:_REASONS_PER_ALERT])


def store(
    connection: sa.Connection, *, labels: Labels, algebra: LabelAlgebra, gate: Gate, agency: str,
    findings: Sequence[Finding],
) -> int:  # fmt: skip
    """Append the alerts of these findings and bring the queue in step; return how many changed.

    A finding without reasons ends earlier alerts of its subject: they get an empty version and
    leave the queue only if nobody has decided them yet.
    """
    names = {f.subject_id: record_id(agency, "alert", f.subject_id) for f in findings}
    rows = queue.known(connection, names.values())
    chains = ties.chains_of(connection, {row.subject_id for row in rows.values()})
    # Where two chains of a record give an alert under one label, the last recorded speaks.
    given = {
        (names[finding.subject_id], label): (finding, label, _draft(finding, label, why, agency))
        for finding in findings
        for label, why in cuts(finding, algebra).items()
    }
    for finding, label in _ended(findings, rows, algebra, chains):
        ended = (finding, label, _draft(finding, label, (), agency))
        given.setdefault((names[finding.subject_id], label), ended)
    ready = list(given.values())
    made = records.append(connection, [draft for _finding, _label, draft in ready])
    both = [(*item, answer) for item, answer in zip(ready, made, strict=True)]
    changed = [item for item in both if item[3].outcome is not Outcome.UNCHANGED]
    moved = [
        item for item in both if item[3].outcome is Outcome.UNCHANGED and _arrives_anew(*item, rows)
    ]
    queue.put(connection, [_queue_row(*item, rows) for item in (*changed, *moved)])
    at = now_text()
    _reopen(connection, labels, gate, changed, rows, at)
    _wake(connection, labels, gate, moved, rows, at)
    return len({answer.id for _f, _l, _d, answer in changed})


def _arrives_anew(
    finding: Finding, label: int, _draft: Draft, answer: Appended,
    rows: Mapping[tuple[str, int], Any],
) -> bool:  # fmt: skip
    """Tell whether an alert with the same reasons is about another port or time of arrival."""
    before = rows.get((answer.id, label))
    now = (finding.port, finding.arrival or UNKNOWN_ARRIVAL)
    return before is not None and (before.port, before.arrival) != now


def _ended(
    findings: Sequence[Finding], rows: Mapping[tuple[str, int], Any], algebra: LabelAlgebra,
    chains: Mapping[str, frozenset[int]],
) -> Iterator[tuple[Finding, int]]:  # fmt: skip
    """Yield the labels under which a finding may end the alert: what is known of a record under a
    stricter label neither ends nor changes what readers below see, nor the other way about, unless
    both are judged together."""
    standing: dict[str, list[int]] = defaultdict(list)
    for (_alert, label), row in rows.items():
        standing[row.subject_id].append(label)
    judged = {(finding.subject_id, finding.subject_label) for finding in findings}
    for finding in findings:
        known = chains.get(finding.subject_id, frozenset[int]())
        others = [label for label in known if (finding.subject_id, label) not in judged]
        for label in standing.get(finding.subject_id, ()):
            apart = not any(algebra.covers(other, label) for other in others)
            if apart and algebra.covers(finding.subject_label, label):
                yield finding, label


def _draft(finding: Finding, label: int, reasons: tuple[Reason, ...], agency: str) -> Draft:
    used = tuple(sorted({name for reason in reasons for name in _rests_on(reason)} - {""}))
    return Draft(
        body=Alert(
            subject_id=finding.subject_id,
            subject_kind=finding.subject_kind,
            score=round(sum(reason.points for reason in reasons), 3),
            title=finding.title,
            reasons=reasons,
        ),
        originator=agency,
        label_id=label,
        derived_from=(finding.subject_id, *used),
        withdrawn=not reasons,
        retain_until=finding.retain_until,
    )


def _anew(reasons: Sequence[Reason]) -> int:
    """Return how many reasons stand in place of those of a lower label: who sees both labels is to
    see this one."""
    return sum(reason.match is not None and reason.match.partner for reason in reasons)


def _rests_on(reason: Reason) -> tuple[str, ...]:
    """Return the records that a reason rests on and goes with. A redress number of ours is none: it
    is erased long after its last day, and the alert must not go with it."""
    found = reason.match
    return (reason.record_id, found.grant if found and found.partner else "")


def _queue_row(
    finding: Finding, label: int, draft: Draft, answer: Appended,
    rows: Mapping[tuple[str, int], Any],
) -> dict[str, Any]:  # fmt: skip
    before = rows.get((answer.id, label))
    alert = draft.body
    assert isinstance(alert, Alert)
    state = before.state if before else "new"
    return {
        "alert_id": answer.id,
        "label_id": label,
        "seq": answer.seq,
        "subject_id": finding.subject_id,
        "subject_kind": finding.subject_kind,
        "source_id": finding.source_id,
        "breadth": len(alert.reasons) + _anew(alert.reasons),
        "title": finding.title,
        "score": alert.score,
        "open": state in queue.OPEN_STATES,
        "state": state,
        "claimed_by": before.claimed_by if before else "",
        "verdict": before.verdict if before else "",
        "port": finding.port,
        "arrival": finding.arrival or UNKNOWN_ARRIVAL,
        "created": before.created if before else now_text(),
        "until": before.until if before else "",
    }


def _reopen(
    connection: sa.Connection, labels: Labels, gate: Gate,
    changed: Sequence[tuple[Finding, int, Draft, Appended]],
    rows: Mapping[tuple[str, int], Any], at: str,
) -> None:  # fmt: skip
    """A decided or sleeping alert whose reasons changed goes back to the queue; one without reasons
    leaves."""
    moves: list[_Moving] = []
    for finding, label, draft, answer in changed:
        before = rows.get((answer.id, label))
        if _is_quiet(draft.body):
            if before is None or before.state == "new":
                moves.append((answer.id, label, "quiet"))
            continue
        if before is None:
            continue
        asleep = snooze.is_asleep(before.state, before.until, at)
        oversleeps = asleep and snooze.oversleeps(before.until, finding.arrival)
        told = (
            (before.state == "closed" or asleep)
            and not oversleeps
            and _only_decided(answer.previous, draft.body)
        )
        if draft.withdrawn and before.state != "withdrawn":
            moves.append((answer.id, label, "void"))
        elif not draft.withdrawn and not told and (before.state in _LEFT or asleep):
            moves.append((answer.id, label, "reopen"))
    _make_moves(connection, labels, gate, moves, at)


def _is_quiet(alert: Body) -> bool:
    """Tell whether nothing in an alert counts because a redress number says so: it is kept with its
    reasons, as a trace, and nobody has to look."""
    reasons = alert.reasons if isinstance(alert, Alert) else ()
    states = {reason.match.state for reason in reasons if reason.match}
    return "redress" in states and all(reason.points <= 0 for reason in reasons)


def _wake(
    connection: sa.Connection, labels: Labels, gate: Gate,
    moved: Sequence[tuple[Finding, int, Draft, Appended]],
    rows: Mapping[tuple[str, int], Any], at: str,
) -> None:  # fmt: skip
    """A sleeping alert whose subject now arrives before the snooze ends goes back to the queue."""
    moves: list[_Moving] = []
    for finding, label, _draft, answer in moved:
        before = rows[answer.id, label]
        asleep = snooze.is_asleep(before.state, before.until, at)
        if asleep and snooze.oversleeps(before.until, finding.arrival):
            moves.append((answer.id, label, "reopen"))
    _make_moves(connection, labels, gate, moves, at)


def _only_decided(before: Body | None, after: Body) -> bool:
    """Tell whether two alerts differ in nothing but what people said about matches: nobody needs to
    look again at what somebody has just looked at."""
    if not isinstance(before, Alert) or not isinstance(after, Alert):
        return False
    decided = {
        reason.match.id
        for reason in after.reasons
        if reason.match and reason.match.state not in ("", "reopened")
    }
    old, new = (
        {r for r in alert.reasons if not (r.match and r.match.id in decided)}
        for alert in (before, after)
    )
    return new <= old


def _make_moves(
    connection: sa.Connection, labels: Labels, gate: Gate, moves: Sequence[_Moving], at: str
) -> None:
    """Make the moves of analysis on alerts, each of another alert or under another label, and store
    them together: alone, each would cost a dozen statements."""
    by_label: dict[int, list[tuple[str, int]]] = defaultdict(list)
    for alert_id, label, _move in moves:
        by_label[label].append((alert_id, label))
    before = {label: gate.moves_of(connection, those) for label, those in by_label.items()}
    made: list[tuple[int, AlertMove]] = []
    for alert_id, label, move in moves:
        told = before[label][alert_id]
        made.append((label, next_move(told, alert_id=alert_id, move=move, by=ANALYSIS, at=at)))
    if made:
        store_moves(connection, labels, made)
