"""From a file in custody to records and alerts.

A batch is one transaction: its records, its alerts, its defects, its quarantine and the mark how
far the file has been read. Killed at any moment, the next run goes on behind the last mark; nothing
is stored twice and nothing acknowledged is lost.
"""

from __future__ import annotations

import datetime as dt
import json
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from itertools import islice
from typing import Any, BinaryIO, Final

import msgspec
import sqlalchemy as sa

from esclusa.errors import InputError, NotFound
from esclusa.formats import DEFAULT, TableFormat, by_id, detect, open_stream, table_of
from esclusa.formats.files import HEAD
from esclusa.intake.batches import Batch, Origin, batches
from esclusa.ledger import custody, queue, records, ties
from esclusa.ledger.labels import Labels
from esclusa.ledger.records import Appended, Draft, Outcome
from esclusa.ledger.store import Store
from esclusa.model import Defect, ListEntry, Message, Record, kind_of, record_id
from esclusa.node import alerts, kept_mappings
from esclusa.node.analyst import Analyst
from esclusa.node.context import Subject
from esclusa.node.order_notes import order_notes
from esclusa.node.settings import Settings
from esclusa.node.touched import touched
from esclusa.sharing.release import Gate

ANALYSED: Final = frozenset({
    "consignment", "equipment", "transport_event", "port_call", "ship_declaration", "traveller",
})  # fmt: skip
"""Kinds whose parties and ships are screened; rules know some of them."""

_TRIES: Final = 100
"""Labels made for one batch; each is made once in the life of a ledger."""


class Pipeline:
    """Reads files in custody and stores what they say."""

    def __init__(
        self, *, store: Store, labels: Labels, vault: custody.Vault, gate: Gate, analyst: Analyst,
        settings: Settings,
    ) -> None:  # fmt: skip
        self.store = store
        self.labels = labels
        self.vault = vault
        self.gate = gate
        self.analyst = analyst
        self.settings = settings
        self._ready: set[int] = set()

    def process(self, source_id: str) -> None:
        """Read a source to its end, going on where an earlier run stopped.

        A file that no reader recognises, or that breaks a limit, ends as ``refused`` with its
        reason; what was read of it before stays.

        :raises NotFound: when there is no such source.
        """
        row = self._source(source_id)
        if row.state != "received":
            return
        self.analyst.refresh(row.label_id)
        counts = Counter(json.loads(row.counts))
        name, reason, state = "", "", "done"
        try:
            with self.vault.open(row.sha256) as raw:
                name, items = self.items(raw, row)
                for batch in batches(islice(items, counts["items"], None), self.origin(row)):
                    _refuse_list(batch, row.name)
                    self.ready_around(batch.drafts)
                    if not self._stored(batch, row, counts):
                        return
        except InputError as error:
            state, reason = "refused", str(error)
        with self.store.write() as connection:
            custody.finish(
                connection, source_id, state=state, format=name, counts=dict(counts), reason=reason
            )

    def _source(self, source_id: str) -> Any:
        with self.store.read() as connection:
            row = custody.find(connection, source_id, None)
        if row is None:
            raise NotFound("no such file in custody")
        return row

    def items(self, raw: BinaryIO, row: Any) -> tuple[str, Iterator[Message | Defect]]:
        """Return the format of a source's bytes and what its reader says of them, from the start.

        A table is read with the source's mapping, whatever has been kept under its id since.

        :raises InputError: when nothing can read the bytes, or the mapping cannot be used.
        """
        mapping = kept_mappings.by_reference(self.store, row.mapping)
        stream = open_stream(raw, row.name, DEFAULT)
        head = stream.peek(HEAD)[:HEAD]
        if mapping is None:
            chosen = by_id(row.format) if row.format else detect(head, row.name)
            return chosen.id, chosen.read(stream, file=row.name, limits=DEFAULT)
        table = by_id(row.format) if row.format else table_of(head, row.name)
        if not isinstance(table, TableFormat):
            raise InputError(f"mapping {mapping.id} reads tables; this is none", file=row.name)
        return table.id, table.read(stream, file=row.name, limits=DEFAULT, mapping=mapping)

    def origin(self, row: Any) -> Origin:
        """Return what drafts of a source share."""
        return Origin(
            source_id=row.id,
            originator=self.settings.agency,
            label_id=row.label_id,
            today=dt.datetime.now(dt.UTC).date(),
            retention_days=self.settings.retention_days,
        )

    def _stored(self, batch: Batch, row: Any, counts: Counter[str]) -> bool:
        """Store a batch, once more for each label that had to be made first."""
        for _ in range(_TRIES):
            try:
                return self._store(batch, row, counts)
            except alerts.MissingLabel:
                self.analyst.refresh(row.label_id)
        return self._store(batch, row, counts)

    def _store(self, batch: Batch, row: Any, counts: Counter[str]) -> bool:
        """Store a batch whole; False when another process has gone on with this source."""
        with self.store.write() as connection:
            now = custody.find(connection, row.id, None)
            if now.state != "received" or json.loads(now.counts).get("items", 0) != counts["items"]:
                return False
            self._store_batch(connection, batch, row, counts)
            custody.progress(connection, row.id, dict(counts))
        return True

    def _store_batch(
        self, connection: sa.Connection, batch: Batch, row: Any, counts: Counter[str]
    ) -> None:
        made = self.store_drafts(connection, batch.drafts)
        defects = (*batch.defects, *order_notes(batch.drafts, made))
        custody.add_defects(connection, row.id, counts["defects"], defects)
        for held in batch.held:
            custody.hold(
                connection, source_id=row.id, label_id=row.label_id, offset=held.offset,
                length=held.length, message=held.message, reason=held.reason,
            )  # fmt: skip
        counts.update(
            items=batch.items,
            messages=batch.messages,
            statements=len(batch.drafts),
            defects=len(defects),
            quarantined=len(batch.held),
        )
        counts.update(answer.outcome.value for answer in made)

    def store_drafts(self, connection: sa.Connection, drafts: Sequence[Draft]) -> list[Appended]:
        """Append drafts, analyse what is new or changed, and bring the queue in step."""
        recorded = records.now_text()
        made = records.append(connection, drafts, recorded=recorded)
        subjects = _subjects(drafts, made, recorded)
        complete = all(answer.outcome is Outcome.NEW for answer in made)
        self._analyse(connection, subjects, complete=complete)
        self._judge_touched(connection, drafts, made)
        return made

    def ready_around(self, drafts: Sequence[Draft]) -> None:
        """Make analysis ready for what will be judged again because of these drafts; opens
        transactions, so call it before that of :meth:`store_drafts`. What was not made ready is
        left as it was judged."""
        with self.store.read() as connection:
            names = touched(connection, self.labels, self.analyst.algebra, drafts)
            self._ready = ties.labels_of(connection, names)
        for label in sorted(self._ready):
            self.analyst.refresh(label)

    def _judge_touched(
        self, connection: sa.Connection, drafts: Sequence[Draft], made: Sequence[Appended]
    ) -> None:
        """Judge again the bills and boxes that new events and examinations speak of."""
        told = [
            draft
            for draft, answer in zip(drafts, made, strict=True)
            if answer.outcome is not Outcome.UNCHANGED
        ]
        names = touched(connection, self.labels, self.analyst.algebra, told) if self._ready else ()
        chains = ties.chains_of(connection, set(names) - {answer.id for answer in made})
        ready = {name for name, labels in chains.items() if labels <= self._ready}
        if subjects := self._standing(connection, ready):
            self._analyse(connection, subjects, complete=False)

    def look_again(
        self, connection: sa.Connection, names: Collection[str]
    ) -> dict[str, tuple[int, ...]]:
        """Analyse records anew, because something they rest on has gone.

        :return: the alerts about them: id → sequence numbers of the versions in the queue.
        """
        subjects = self._standing(connection, names)
        self._analyse(connection, subjects, complete=False)
        named = {record_id(self.settings.agency, "alert", subject.id) for subject in subjects}
        standing = queue.known(connection, named)
        return {
            name: tuple(row.seq for (other, _label), row in standing.items() if other == name)
            for name in named
        }

    def _standing(self, connection: sa.Connection, names: Collection[str]) -> list[Subject]:
        """Return the records in force of these ids as subjects, each with the version before it: a
        rule may ask what an amendment changed."""
        live = [
            one for one in records.live(connection, self.labels, names) if one[0].kind in ANALYSED
        ]
        previous = records.before(connection, [(item, label) for item, label, _until in live])
        return [
            msgspec.structs.replace(subject_of(item, label, until), previous=previous.get(item.seq))
            for item, label, until in live
        ]

    def alerts_of(
        self, connection: sa.Connection, names: Collection[str]
    ) -> dict[tuple[str, int], int]:
        """Return the alerts about records, (alert, label) → number of the version in the queue."""
        named = [record_id(self.settings.agency, "alert", name) for name in names]
        return {key: row.seq for key, row in queue.known(connection, named).items()}

    def _analyse(
        self, connection: sa.Connection, subjects: Sequence[Subject], *, complete: bool
    ) -> None:
        findings = self.analyst.findings(connection, subjects, complete=complete)
        alerts.store(
            connection, labels=self.labels, algebra=self.analyst.algebra, gate=self.gate,
            agency=self.settings.agency, findings=findings,
        )  # fmt: skip


def _refuse_list(batch: Batch, name: str) -> None:
    """A list taken in as a message would stand beside the editions in force and never be screened
    against."""
    if any(isinstance(draft.body, ListEntry) for draft in batch.drafts):
        raise InputError("this is a watchlist; add it with `esclusa lists add`", file=name)


def _subjects(
    drafts: Sequence[Draft], made: Sequence[Appended], recorded: str
) -> tuple[Subject, ...]:
    """Return the newest version of each record that changed; a batch may hold several."""
    newest: dict[tuple[str, int], Subject] = {}
    for told, answer in zip(drafts, made, strict=True):
        draft = answer.again or told  # of a late statement, what stands again above it
        kind = kind_of(draft.body)
        if answer.outcome is Outcome.UNCHANGED or kind not in ANALYSED:
            continue
        newest[answer.id, draft.label_id] = Subject(
            id=answer.id,
            kind=kind,
            body=draft.body,
            label_id=draft.label_id,
            source_id=draft.provenance.source,
            retain_until=draft.retain_until,
            recorded=recorded,
            seq=answer.seq,
            withdrawn=draft.withdrawn,
            previous=answer.previous,
        )
    return tuple(newest.values())


def subject_of(record: Record, label: int, until: str) -> Subject:
    """Return a record in force as a subject of analysis. ``until`` is its last day, "" for none."""
    assert record.body is not None  # erased records are not in force
    recorded = record.recorded_time
    return Subject(
        id=record.id,
        kind=record.kind,
        body=record.body,
        label_id=label,
        source_id=record.provenance.source,
        retain_until=until,
        recorded=recorded.isoformat() if recorded else "",
        seq=record.seq,
    )
