"""Copies of partners' records in this node's own tables: stored, analysed, hidden, erased.

A copy is a record like any other, under its originator's name and marking; its label also says
through whom it came. So every question that people ask finds it, and the gate hides all copies of
one supplier by their labels the moment their lease runs out. A copy holds its supplier's last word
alone: what it said before is erased when it says something else.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Final

import sqlalchemy as sa

from esclusa.ledger import queue, records
from esclusa.ledger.labels import Labels
from esclusa.ledger.records import Draft, Outcome
from esclusa.model import Provenance, decode_body
from esclusa.node.pipeline import Pipeline
from esclusa.sharing.exchange.messages import CLASSES
from esclusa.sharing.exchange.rows import Copy, CopyKey

FORMAT: Final = "esclusa-exchange"


class Copies:
    """Brings the node's tables in step with what the exchange holds of others."""

    def __init__(self, labels: Labels, pipeline: Pipeline) -> None:
        self._labels = labels
        self._pipeline = pipeline

    def prepare(self, rows: Mapping[CopyKey, Copy | None]) -> None:
        """Make the labels that storing will need; opens transactions, so call it outside of one."""
        self.ready({self._label(copy) for copy in _held(rows)})

    def store(self, connection: sa.Connection, rows: Mapping[CopyKey, Copy | None]) -> None:
        """Store new and changed copies, analyse them, and erase what they said before."""
        held = _held(rows)
        drafts = [self._draft(copy) for copy in held]
        made = self._pipeline.store_drafts(connection, drafts)
        for copy, answer in zip(held, made, strict=True):
            if answer.outcome is not Outcome.UNCHANGED:
                records.erase(connection, copy.record, labels=self._labels_of(copy.supplier,
                              copy.originator), keep=(answer.seq,))  # fmt: skip

    def prepare_erasure(self, connection: sa.Connection, key: CopyKey) -> Collection[int]:
        """Return the labels of what must be analysed anew once a copy has gone; hand each to
        :meth:`ready` before the transaction that erases."""
        resting = records.dependents(connection, key[2])
        names = {*queue.subjects(connection, resting).values(), key[2]}
        return {label for _record, label, _until in records.live(connection, self._labels, names)}

    def ready(self, labels: Collection[int]) -> None:
        """Make analysis ready for records under these labels; opens transactions."""
        for label in labels:
            self._pipeline.analyst.refresh(label)

    def erase(self, connection: sa.Connection, key: CopyKey) -> dict[str, int]:
        """Erase a copy and what rests on it; return how many places were emptied, by class.

        Alerts about the copy go with it. Alerts about other records that rest on it are made anew
        without it and open again for a person.
        """
        supplier, originator, record = key
        resting = records.dependents(connection, record)
        labels = self._labels_of(supplier, originator)
        emptied = records.erase(connection, record, labels=labels)
        subjects = queue.subjects(connection, resting)
        fresh = self._pipeline.look_again(connection, {*subjects.values(), record})
        for name in resting:
            emptied += records.erase(connection, name, keep=fresh.get(name, ()))
        gone = [name for name in resting if name not in fresh]
        taken = queue.remove(connection, gone)
        tables, indexes = len(emptied) + 1, len(emptied) + taken  # the exchange's own row as well
        return dict(zip(CLASSES, (tables, indexes, 0, 0, 0), strict=True))

    def _label(self, copy: Copy) -> int:
        return self._labels.intern(copy.originator, copy.marking, copy.supplier)

    def _labels_of(self, supplier: str, originator: str) -> Collection[int]:
        return [
            label.id
            for label in self._labels.all()
            if (label.supplier, label.originator) == (supplier, originator)
        ]

    def _draft(self, copy: Copy) -> Draft:
        assert copy.content is not None
        last = copy.marking.retain_until
        return Draft(
            body=decode_body(bytes(copy.content.body)),
            originator=copy.originator,
            label_id=self._label(copy),
            provenance=Provenance(format=FORMAT, message=copy.supplier),
            retain_until=last.isoformat() if last else "",
            name=copy.record,
        )


def _held(rows: Mapping[CopyKey, Copy | None]) -> list[Copy]:
    return [copy for copy in rows.values() if copy is not None and copy.content is not None]
