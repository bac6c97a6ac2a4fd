"""Compare kept records with a list the moment a new edition of it comes into force.

Every record in force is looked at once, in the order of recording, in batches. A cheap pass over a
batch finds the records concerned: a party of theirs meets an entry that is new or changed, or an
alert of theirs rests on an entry that changed or went. Those alone are screened again, as intake
screens. A batch is one transaction with the mark how far it went; killed at any moment, the next
run goes on behind the mark. While the records found in one batch are screened again, other
processes look through the next ones, if the setting gives them.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import ExitStack
from typing import Any, Final

import msgspec
import sqlalchemy as sa

from esclusa.analysis.screening import Party, Sieve
from esclusa.ledger import queue, records, retro, ties, watchlists
from esclusa.ledger.retro import Counts, KeptRecord
from esclusa.model import Alert, record_id
from esclusa.node.collecting import uncollected
from esclusa.node.pipeline import ANALYSED, Pipeline
from esclusa.node.queries import queries_of
from esclusa.node.screen_again import screen_again

BATCH: Final = 20_000
"""Records looked at together: some hundred megabytes of bodies at most."""
_TOGETHER: Final = 500
"""Records screened again in one transaction, so that intake need not wait longer than a second."""
_REMEMBERED: Final = 500_000
"""Parties whose answer is kept; a shipper who stands on a thousand bills is asked for once."""
_LAST_PARTS: Final = 4
_LEAST: Final = 2_500
"""The last batch is looked at in so many parts, none of them of fewer records."""
_AHEAD: Final = 2
"""Batches that other processes look through while the one before is screened again and stored."""

Known = dict[Party, bool | None]
"""Whether a party may be an entry that is looked for; None while that is being asked."""


class Plan(msgspec.Struct, kw_only=True):
    """What an edition changed: what looks for the entries that are new or changed, if any are; the
    records to look at again in any case, the answers already known by party, and the labels made
    ready."""

    sieve: Sieve | None
    resting: frozenset[str]
    known: Known
    ready: set[int]


class Looked(msgspec.Struct, frozen=True, kw_only=True):
    """A batch that is being looked through: its records without what they say, the parties of each,
    and what waits for the answers and returns them. ``more`` tells whether others come behind."""

    kept: Sequence[KeptRecord]
    parties: Sequence[Sequence[Party]]
    known: Callable[[], Known]
    more: bool


class Retro:
    """Compares kept records with editions that came into force; safe to run in many processes."""

    def __init__(
        self, pipeline: Pipeline, *, batch: int = BATCH, workers: int | None = None
    ) -> None:
        """:param workers: processes that look for the records concerned; None for the setting."""
        self._workers = pipeline.settings.list_workers if workers is None else workers
        self._pipeline = pipeline
        self._store = pipeline.store
        self._analyst = pipeline.analyst
        self._batch = batch

    def run(self) -> None:
        """Finish every comparison that waits. Where another process is at one, it is left to it."""
        while (job := self._next()) is not None and self._finish(job):
            pass

    def _next(self) -> Any:
        with self._store.read() as connection:
            return retro.waiting(connection)

    def _finish(self, job: Any) -> bool:
        """Compare all records with one edition; False when another process goes on with it."""
        with ExitStack() as open_ones:
            return self._compare(job, open_ones)

    def _compare(self, job: Any, open_ones: ExitStack) -> bool:
        at, kept = job.position, self._read(job, job.position)
        if not kept:
            return self._step(job, at, (), (), more=False)
        plan = self._plan(job, open_ones)
        ahead = deque([self._look(kept, plan, more=len(kept) == self._batch)])
        while ahead:
            with uncollected():
                while ahead[-1].more and len(ahead) <= _AHEAD:
                    read = self._read(job, ahead[-1].kept[-1].seq)
                    ahead.extend(self._looks(read, plan))
                looked = ahead.popleft()
                concerned = self._concerned(looked, plan)
                if looked.kept:
                    self._ready(looked.kept, concerned, plan, job.label_id)
                    self._analyst.screens.ahead(job.label_id, _asked(looked, concerned))
            for some, names in _parts(looked.kept, concerned):
                further = looked.more or (bool(some) and some[-1].seq != looked.kept[-1].seq)
                with uncollected():
                    if not self._step(job, at, some, names, more=further):
                        return False
                at = some[-1].seq if some else at
        return True

    def _ready(
        self, kept: Sequence[KeptRecord], concerned: Collection[str], plan: Plan, list_label: int
    ) -> None:
        """Make analysis ready for what comes next; opens transactions."""
        with self._store.read() as connection:
            labels = ties.labels_of(connection, concerned)
        for label in (labels | {record.label_id for record in kept}) - plan.ready:
            self._analyst.refresh(label)
            # A partner's list may have left meanwhile; its edition is counted all the same.
            self._analyst.algebra.join(label, list_label)
            plan.ready.add(label)

    # --- finding --------------------------------------------------------------------------------

    def _plan(self, job: Any, open_ones: ExitStack) -> Plan:
        self._analyst.refresh(None)
        with self._store.read() as connection:
            changes = watchlists.changes(
                connection, {job.label_id}, job.id, job.label_id, job.number, limit=0
            )
            touched = [row.record_id for row in changes if row.what != "added"]
            resting = self._resting(connection, touched)
        entries = [(job.id, row.uid) for row in changes if row.what != "removed"]
        screener = self._analyst.screens.screener(job.label_id)
        sieve = None
        if screener is not None and entries:
            sieve = open_ones.enter_context(Sieve(screener, entries, workers=self._workers))
        return Plan(
            sieve=sieve,
            resting=frozenset(resting),
            known={},
            ready=set(),
        )

    def _resting(self, connection: sa.Connection, entries: Sequence[str]) -> set[str]:
        """Return the records whose alerts rest on these entries. A rule about travellers that asks
        what lists say names no entry, so alerts in which one speaks rest on any."""
        if not entries:
            return set()
        alerts = set(watchlists.alerted(connection, entries))
        found = set(queue.subjects(connection, alerts).values())
        rows = watchlists.alerts_on(connection, "traveller")
        said = records.bodies_by_seq(connection, set(rows.values()), list(rows))
        rules = self._analyst.rules_on_lists
        return found | {
            alert.subject_id
            for alert in said.values()
            if isinstance(alert, Alert) and any(reason.code in rules for reason in alert.reasons)
        }

    def _read(self, job: Any, behind: int) -> list[KeptRecord]:
        with self._store.read() as connection:
            return retro.batch(connection, ANALYSED, behind, job.until, limit=self._batch)

    def _looks(self, kept: Sequence[KeptRecord], plan: Plan) -> list[Looked]:
        """Ask for the parties of a batch of records; of the last one part by part, so that there
        is little left to store once nothing is left to look through."""
        more = len(kept) == self._batch
        size = len(kept) if more else max(-(-len(kept) // _LAST_PARTS), _LEAST)
        starts = range(0, max(len(kept), 1), max(size, 1))
        parts = [kept[start : start + size] for start in starts]
        return [
            self._look(part, plan, more=more or part is not parts[-1]) for part in parts
        ]  # fmt: skip

    def _look(self, kept: Sequence[KeptRecord], plan: Plan, *, more: bool) -> Looked:
        """Ask for the parties of some records, behind which others come or not."""
        parties = [_parties(record) for record in kept]
        return Looked(
            kept=[msgspec.structs.replace(record, body=None) for record in kept],
            parties=parties,
            known=self._ask(kept, parties, plan),
            more=more,
        )

    def _concerned(self, looked: Looked, plan: Plan) -> set[str]:
        known = looked.known()
        return {
            record.id
            for record, parties in zip(looked.kept, looked.parties, strict=True)
            if record.id in plan.resting or any(known[party] for party in parties)
        }

    def _ask(
        self, kept: Sequence[KeptRecord], parties: Sequence[Sequence[Party]], plan: Plan
    ) -> Callable[[], Known]:
        """Ask for each party of these records whether it may be an entry that is looked for, and
        return what waits for the answers; to be called in the order of asking. Two parties that are
        alike in all that is asked get one answer."""
        if len(plan.known) > _REMEMBERED:
            plan.known = {}  # answers that others wait for are in the one before
        known = plan.known
        fresh = list({party: None for each in parties for party in each if party not in known})
        if plan.sieve is None:
            known.update(dict.fromkeys(fresh, False))
            return lambda: known
        places = {party: place for place, party in enumerate(fresh)}
        together: list[tuple[int, ...]] = []
        wanted: list[int] = []
        for record, each in zip(kept, parties, strict=True):
            some = tuple([places[party] for party in each if party in places])
            # Of a record that is screened again in any case the hits are wanted.
            if some and (record.id in plan.resting or any(known.get(party) for party in each)):
                wanted += some
            elif len(some) > 1:
                together.append(some)
        known.update(dict.fromkeys(fresh))
        answer = plan.sieve.asked(fresh, together, wanted)

        def answered() -> Known:
            known.update(zip(fresh, answer(), strict=True))
            return known

        return answered

    # --- screening again ------------------------------------------------------------------------

    def _step(
        self, job: Any, at: int, looked: Sequence[KeptRecord], concerned: Collection[str], *,
        more: bool,
    ) -> bool:  # fmt: skip
        """Screen the records concerned again and set the mark, in one transaction; False when the
        mark is not where it was left."""
        with self._store.write() as connection:
            if retro.position(connection, job) != at:
                return False
            counted = self._compared(looked, job.label_id)
            if concerned:
                self._again(connection, concerned, counted, job.label_id)
            to = looked[-1].seq if more else job.until
            retro.advance(connection, job, to, counted, done=not more)
        return True

    def _compared(self, looked: Sequence[KeptRecord], list_label: int) -> dict[int, Counts]:
        counted: dict[int, Counts] = {}
        for record in looked:
            label = self._analyst.algebra.join(record.label_id, list_label)
            counted.setdefault(label, Counts()).compared += 1
        return counted

    def _again(
        self, connection: sa.Connection, names: Collection[str], counted: dict[int, Counts],
        list_label: int,
    ) -> None:  # fmt: skip
        alerts = [record_id(self._pipeline.settings.agency, "alert", name) for name in names]
        before = queue.known(connection, alerts)
        screen_again(self._pipeline, connection, names)
        after = queue.known(connection, alerts)
        for label, ended in self._changes(before, after):
            under = self._analyst.algebra.join(label, list_label)
            found = counted.setdefault(under, Counts())
            found.changed += not ended
            found.ended += ended

    def _changes(
        self, before: Mapping[tuple[str, int], Any], after: Mapping[tuple[str, int], Any]
    ) -> list[tuple[int, bool]]:
        """Return label and end of each alert that says something else now. An alert that does so
        under several labels counts where the fewest may not see it."""
        changed: dict[str, dict[int, bool]] = {}
        for (alert, label), row in after.items():
            old = before.get((alert, label))
            if old is None or old.seq != row.seq:
                changed.setdefault(alert, {})[label] = row.state == "withdrawn"
        covers = self._analyst.algebra.covers
        return [
            (label, ended)
            for each in changed.values()
            for label, ended in each.items()
            if not any(other != label and covers(other, label) for other in each)
        ]


def _parts(
    kept: Sequence[KeptRecord], concerned: Collection[str]
) -> list[tuple[Sequence[KeptRecord], set[str]]]:
    """Cut a batch so that no part holds more than ``_TOGETHER`` records to screen again."""
    parts: list[tuple[Sequence[KeptRecord], set[str]]] = []
    start, names = 0, set[str]()
    for place, record in enumerate(kept, 1):
        if record.id in concerned:
            names.add(record.id)
        if len(names) == _TOGETHER:
            parts.append((kept[start:place], names))
            start, names = place, set()
    if start < len(kept) or not parts:
        parts.append((kept[start:], names))
    return parts


def _asked(looked: Looked, concerned: Collection[str]) -> list[Party]:
    """Return the parties of the records to screen again, each once."""
    return list({
        party: None
        for record, parties in zip(looked.kept, looked.parties, strict=True)
        if record.id in concerned
        for party in parties
    })  # fmt: skip


def _parties(record: KeptRecord) -> list[Party]:
    return [query.asked for query in queries_of(record.body)] if record.body else []
