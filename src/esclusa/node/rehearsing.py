"""A rule rehearsed over what the node keeps: what it would have done, before it may act.

The features are made by the functions that make them when a record comes in. What is still
different is said with the figures, as codes (:data:`APART`). Records are read and judged in
batches; only counts and a few examples stay in memory, whatever the ledger holds.
"""

from __future__ import annotations

import datetime as dt
from bisect import bisect_right
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any, Final

import msgspec
import polars as pl
import sqlalchemy as sa

from esclusa.analysis.targeting import Pack, TravellerContext
from esclusa.analysis.targeting.pack import Compiled, active
from esclusa.analysis.targeting.rehearsal import EXAMINED, FOUND, Rate, Rehearsed, rehearse
from esclusa.ledger import ties
from esclusa.ledger.labels import Labels
from esclusa.ledger.records import slices, to_record
from esclusa.ledger.schema import record
from esclusa.model import Body, RehearsalFigures, RuleOverlap, RuleRate, decode_body
from esclusa.node.alerts import LabelAlgebra
from esclusa.node.context import HISTORY_NEEDED, FirstSeen, Subject, features_of

BATCH: Final = 2_000
"""Records looked at together."""
_ID, _SEQ, _BEFORE, _AT = "record", "seq", "version in force", "at"

NEWEST: Final = 20_000
"""Records that are looked at while a person waits at the editor: about five seconds of a core."""

APART: Final = ("newest", "copies", "present", "around", "active", "lists")
"""What differs from judging a record when it comes in: only the newest were looked at; partners'
copies and records under markings above the rule's are not in it; each record counts in its present
version; what other records say around it (seals, boxes, pairs of parties) is as of today; the
active rules are those of today; and what lists say about a traveller is not looked up."""

Outcomes = Callable[[sa.Connection, frozenset[int]], pl.DataFrame]
"""Returns what came of examinations under some labels: columns ``subject`` (record id),
``examined`` and ``found``."""


def nothing_examined(_connection: sa.Connection, _visible: frozenset[int]) -> pl.DataFrame:
    """Say that nothing was examined."""
    return pl.DataFrame(schema={"subject": pl.String, EXAMINED: pl.Boolean, FOUND: pl.Boolean})


class Rehearsing(msgspec.Struct, frozen=True, kw_only=True):
    """What a rehearsal may look at: the ledger, its labels, and the results of examinations."""

    labels: Labels
    algebra: LabelAlgebra
    outcomes: Outcomes = nothing_examined
    batch: int = BATCH

    def allowed(self, visible: Collection[int], label: int) -> frozenset[int]:
        """Return the labels whose records count for a rule under ``label``: the reader sees them,
        and whoever reads the rule may know what they say."""
        return frozenset(other for other in visible if self.algebra.covers(other, label))

    def more_than(
        self, connection: sa.Connection, allowed: frozenset[int], draft: Compiled, most: int
    ) -> bool:
        """Tell whether a draft would look at more records than ``most``."""
        return _behind(connection, allowed, draft.rule.subjects, most) > 0

    def run(
        self, connection: sa.Connection, allowed: frozenset[int], draft: Compiled,
        standing: Sequence[Pack], day: dt.date, *, before: Compiled | None = None, most: int = 0,
    ) -> RehearsalFigures:  # fmt: skip
        """Replay a draft over the records under some labels.

        :param allowed: as :meth:`allowed` returns.
        :param standing: packs of the rules in force, the program's and own ones.
        :param before: the version in force of the draft's rule.
        :param most: look at so many of the newest records only; 0 for all.
        """
        others = _others(standing, draft.rule.id, day)
        rules = {draft.rule.id: draft} | ({_BEFORE: before} if before else {})
        seen = _Seen(_behind(connection, allowed, draft.rule.subjects, most))
        pieces = self._judged(connection, allowed, draft.rule.subjects, {**others, **rules}, seen)
        answers = rehearse(
            pieces, {name: pl.col(name) for name in rules}, {name: pl.col(name) for name in others}
        )
        examples = self._named(connection, allowed, draft.rule.subjects, seen, answers[0].examples)
        return _figures(answers, seen, len(others), draft.rule.subjects, examples)

    def compare(
        self, connection: sa.Connection, allowed: frozenset[int], standing: Sequence[Pack],
        day: dt.date, *, most: int = 0,
    ) -> tuple[Rehearsed, ...]:  # fmt: skip
        """Replay the rules in force over the newest ``most`` records (0: all); one answer for each,
        as of today. ``examples`` mean nothing here."""
        rules = _others(standing, "", day)
        kinds = {kind for found in rules.values() for kind in found.expressions}
        seen = _Seen(_behind(connection, allowed, sorted(kinds), most))
        pieces = self._judged(connection, allowed, sorted(kinds), rules, seen)
        columns = {name: pl.col(name) for name in rules}
        return rehearse(pieces, columns, columns, examples=0)

    def _judged(
        self, connection: sa.Connection, allowed: frozenset[int], kinds: Sequence[str],
        rules: Mapping[str, Compiled], seen: _Seen,
    ) -> Iterator[pl.DataFrame]:  # fmt: skip
        """Yield the verdicts of all rules and what came of examinations, in order of record."""
        results = _results(self.outcomes(connection, allowed))
        around = _Around(connection, allowed, self.algebra)
        for some in _batches(connection, self.labels, allowed, kinds, self.batch, seen.first):
            parts = [_verdicts(around.table(group), group, rules) for group in around.groups(some)]
            piece = pl.concat(parts).sort(_SEQ).join(results, on=_ID, how="left")
            seen.note(piece)
            yield piece.drop(_ID, _SEQ, _AT)

    def _named(
        self, connection: sa.Connection, allowed: frozenset[int], kinds: Sequence[str],
        seen: _Seen, rows: Sequence[int],
    ) -> tuple[str, ...]:  # fmt: skip
        """Return the ids of the records in these rows, which are read again."""
        found = []
        for row in rows:
            start, at = seen.batch_of(row)
            query = _in_order(allowed, kinds, at, sa.select(record.c.id))
            found.append(connection.execute(query.offset(row - start).limit(1)).scalar_one())
        return tuple(found)


class _Seen:
    """Notes where each batch begins, and from when to when its records are.

    :param first: the sequence number behind which the first record stands.
    """

    def __init__(self, first: int) -> None:
        self._starts: list[tuple[int, int]] = []
        self._rows = 0
        self.first = self._at = first
        self.since = self.until = ""

    def note(self, piece: pl.DataFrame) -> None:
        """Add a batch, in order of sequence number."""
        self._starts.append((self._rows, self._at))
        self._rows += piece.height
        self._at = int(piece[_SEQ][-1])
        first, last = str(piece[_AT].min()), str(piece[_AT].max())
        self.since, self.until = min(self.since or first, first), max(self.until, last)

    def batch_of(self, row: int) -> tuple[int, int]:
        """Return the first row of the batch that holds a row, and the number behind which the
        batch's records stand."""
        return self._starts[bisect_right(self._starts, row, key=lambda one: one[0]) - 1]


class _Around:
    """Makes features for batches of records of one kind and label, as at intake."""

    def __init__(
        self, connection: sa.Connection, allowed: frozenset[int], algebra: LabelAlgebra
    ) -> None:
        self._connection = connection
        self._allowed = allowed
        self._algebra = algebra
        self._first_seen = FirstSeen()
        self._settled: dict[int, str] = {}

    def groups(self, subjects: Sequence[Subject]) -> Iterator[list[Subject]]:
        """Cut a batch by kind and label, and where the ledger had become old enough to say who is
        new: one answer holds for a whole table."""
        found: dict[tuple[str, int, bool], list[Subject]] = {}
        for one in subjects:
            old = one.recorded >= self._old_enough(one.label_id)
            found.setdefault((one.kind, one.label_id, old), []).append(one)
        yield from found.values()

    def table(self, group: Sequence[Subject]) -> pl.DataFrame:
        """Return the features of records of one kind and label."""
        visible = self._view(group[0].label_id)
        return features_of(
            self._connection, visible, self._first_seen, group, complete=False,
            watched=lambda _name: TravellerContext(),
        )  # fmt: skip

    def _view(self, label: int) -> frozenset[int]:
        return frozenset(item for item in self._allowed if self._algebra.covers(item, label))

    def _old_enough(self, label: int) -> str:
        if label not in self._settled:
            first = ties.first_recorded(self._connection, self._view(label))
            moment = dt.datetime.fromisoformat(first) + dt.timedelta(days=HISTORY_NEEDED)
            self._settled[label] = moment.isoformat()
        return self._settled[label]


def _batches(
    connection: sa.Connection, labels: Labels, allowed: frozenset[int], kinds: Sequence[str],
    size: int, at: int,
) -> Iterator[list[Subject]]:  # fmt: skip
    """Yield the records in force of these kinds under these labels behind a number, in order, batch
    by batch."""
    while True:
        query = _in_order(allowed, kinds, at, sa.select(record)).limit(size)
        rows = connection.execute(query).all()
        if not rows:
            return
        at = rows[-1].seq
        yield _subjects(connection, labels, rows)


def _in_order(
    allowed: frozenset[int], kinds: Sequence[str], at: int, chosen: sa.Select[Any]
) -> sa.Select[Any]:
    """Choose the records in force behind a number, in order. Of what is known of one record under
    several markings the last word counts, as when people read it."""
    later = record.alias("later")
    overtaken = sa.exists().where(later.c.id == record.c.id, *_stands(later, allowed),
                                  later.c.seq > record.c.seq)  # fmt: skip
    return chosen.where(
        record.c.seq > at, record.c.kind.in_(sorted(kinds)), *_stands(record, allowed),
        sa.not_(overtaken),
    ).order_by(record.c.seq)  # fmt: skip


def _behind(
    connection: sa.Connection, allowed: frozenset[int], kinds: Sequence[str], most: int
) -> int:
    """Return the number behind which the newest ``most`` records stand, 0 when these are all."""
    if not most:
        return 0
    query = _in_order(allowed, kinds, 0, sa.select(record.c.seq)).order_by(None)
    query = query.order_by(record.c.seq.desc()).offset(most).limit(1)
    return int(connection.execute(query).scalar() or 0)


def _stands(table: Any, allowed: frozenset[int]) -> tuple[sa.ColumnElement[bool], ...]:
    c = table.c
    return (
        c.label_id.in_(sorted(allowed)), c.current, sa.not_(c.withdrawn), c.body.is_not(None),
    )  # fmt: skip


def _subjects(connection: sa.Connection, labels: Labels, rows: Sequence[Any]) -> list[Subject]:
    earlier = _earlier(connection, [row for row in rows if row.version > 1])
    found = []
    for row in rows:
        held = to_record(row, labels)
        assert held.body is not None and held.recorded_time is not None  # the query says so
        found.append(
            Subject(
                id=held.id, kind=held.kind, body=held.body, label_id=row.label_id,
                source_id=held.provenance.source, retain_until=row.retain_until or "",
                recorded=held.recorded_time.isoformat(), seq=held.seq,
                previous=earlier.get((held.id, row.label_id)),
            )
        )  # fmt: skip
    return found


def _earlier(connection: sa.Connection, rows: Sequence[Any]) -> dict[tuple[str, int], Body]:
    """Return the bodies of the versions just before these."""
    wanted = {(row.id, row.label_id): row.version - 1 for row in rows}
    found: dict[tuple[str, int], Body] = {}
    for some in slices(sorted({row.id for row in rows})):
        query = sa.select(record.c.id, record.c.label_id, record.c.version, record.c.body).where(
            record.c.id.in_(some), record.c.body.is_not(None)
        )
        for name, label, version, body in connection.execute(query):
            if wanted.get((name, label)) == version:
                found[name, label] = decode_body(bytes(body))
    return found


def _others(standing: Sequence[Pack], own: str, day: dt.date) -> dict[str, Compiled]:
    """Return the rules that run on a day but the one named, by id; where two have one id, the
    second gets a number."""
    found: dict[str, Compiled] = {}
    for pack in standing:
        kinds = sorted({kind for rule in pack.rules for kind in rule.expressions})
        running = {rule.rule.id: rule for kind in kinds for rule in active(pack, day, kind)}
        for name, rule in sorted(running.items()):
            if name != own:
                found[name if name not in found else f"{name} (2)"] = rule
    return found


def _verdicts(
    table: pl.DataFrame, group: Sequence[Subject], rules: Mapping[str, Compiled]
) -> pl.DataFrame:
    kind = group[0].kind
    says = [rule.expressions.get(kind, pl.lit(False)).alias(name) for name, rule in rules.items()]
    return table.lazy().select(says).collect().select(
        pl.Series(_ID, [one.id for one in group]), pl.Series(_SEQ, [one.seq for one in group]),
        pl.Series(_AT, [one.recorded[:10] for one in group]), pl.all(),
    )  # fmt: skip


def _results(outcomes: pl.DataFrame) -> pl.DataFrame:
    """Return one row for each record: whether somebody looked, and whether anything was found by
    any of those who did."""
    return (
        outcomes.group_by(pl.col("subject").alias(_ID))
        .agg(pl.col(EXAMINED).any(), (pl.col(FOUND) & pl.col(EXAMINED)).any())
        .select(_ID, EXAMINED, pl.when(EXAMINED).then(FOUND).alias(FOUND))
    )


def _figures(
    answers: Sequence[Rehearsed], seen: _Seen, active: int, kinds: Sequence[str],
    examples: tuple[str, ...],
) -> RehearsalFigures:  # fmt: skip
    draft = answers[0]
    left_out = {"lists"} - {"lists" for kind in kinds if kind == "traveller"}
    left_out |= set() if seen.first else {"newest"}
    shared = sorted(draft.overlap.items(), key=lambda pair: (-pair[1], pair[0]))
    return RehearsalFigures(
        rows=draft.rows, unjudged=draft.unjudged, all=_rate(draft.all), alone=_rate(draft.alone),
        active=active, before=_rate(answers[1].all) if len(answers) > 1 else None,
        overlap=tuple(RuleOverlap(rule=name, hits=hits) for name, hits in shared),
        examples=examples, since=seen.since, until=seen.until,
        apart=tuple(code for code in APART if code not in left_out),
    )  # fmt: skip


def _rate(rate: Rate) -> RuleRate:
    return RuleRate(hits=rate.hits, examined=rate.examined, found=rate.found)
