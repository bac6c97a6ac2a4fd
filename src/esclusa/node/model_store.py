"""Fitted models in the ledger, the steps on them, and which one is active.

A model stands under the label of all that it was learned from; so do the steps on it. Whoever may
not see one of these finds the models, and the active one, of a node without it.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Collection
from threading import Lock
from typing import Final

import msgspec
import sqlalchemy as sa

from esclusa.analysis.scoring import Scorer, read_model
from esclusa.errors import InputError, NotFound
from esclusa.ledger.indexing import MODEL_REFERENCE
from esclusa.ledger.records import bodies_by_seq
from esclusa.ledger.schema import record, reference
from esclusa.model import Body, ModelMove, ScoreModel

SUBJECT: Final = "consignment"
"""The kind of record that models score."""
_SHORTEST: Final = 6
_KEPT: Final = 4


class KeptModel(msgspec.Struct, frozen=True):
    """A fitted model as a record: its id and label."""

    record_id: str
    label_id: int
    seq: int
    body: ScoreModel


class KeptStep(msgspec.Struct, frozen=True):
    """A step with the record and label of its chain."""

    record_id: str
    label_id: int
    seq: int
    body: ModelMove


class Models(msgspec.Struct, frozen=True):
    """The models under some labels, oldest first, and the steps on them, oldest first."""

    models: tuple[KeptModel, ...]
    steps: tuple[KeptStep, ...]

    def active(self) -> KeptModel | None:
        """Return the model that the last step left active, None when it left none."""
        if not self.steps:
            return None
        last = self.steps[-1]
        found = (one for one in self.models if one.body.checksum == last.body.checksum)
        return next((one for one in found if one.label_id == last.label_id), None)

    def activated(self) -> tuple[KeptModel, int] | None:
        """Return the active model and the place in the ledger where it was activated."""
        found = self.active()
        return (found, self.steps[-1].seq) if found else None

    def find(self, asked: str) -> KeptModel:
        """Return the model whose checksum begins so, or that is the newest of a name.

        :raises NotFound: when there is none.
        :raises InputError: when several checksums begin so.
        """
        named = [one for one in self.models if one.body.name == asked]
        if named:
            return named[-1]
        begun = [
            one for one in self.models
            if len(asked) >= _SHORTEST and one.body.checksum.startswith(asked)
        ]  # fmt: skip
        if len({one.body.checksum for one in begun}) > 1:
            raise InputError("several models have a checksum that begins so; give more of it")
        if not begun:
            raise NotFound("no such model")
        return begun[-1]


class Scorers:
    """One node's models, read once: a document is a few hundred thousand bytes."""

    def __init__(self) -> None:
        self._ready: OrderedDict[str, Scorer] = OrderedDict()
        self._bodies: dict[int, ScoreModel | ModelMove] = {}
        self._lock = Lock()

    def kept(self, connection: sa.Connection, visible: Collection[int]) -> Models:
        """Return the models and steps under these labels."""
        rows = connection.execute(_UNDER, {"labels": sorted(visible)}).all()
        bodies = self._read(connection, visible, [row.seq for row in rows])
        models, steps = [], []
        for name, label, seq in rows:
            body = bodies[seq]
            if isinstance(body, ScoreModel):
                models.append(KeptModel(name, label, seq, body))
            elif isinstance(body, ModelMove) and body.subject_kind == SUBJECT:
                steps.append(KeptStep(name, label, seq, body))
        return Models(tuple(models), tuple(steps))

    def _read(
        self, connection: sa.Connection, visible: Collection[int], seqs: Collection[int]
    ) -> dict[int, Body]:
        """Return bodies by sequence number. Versions never change, so they are kept."""
        known: dict[int, Body] = {seq: self._bodies[seq] for seq in seqs if seq in self._bodies}
        fresh = bodies_by_seq(connection, visible, [seq for seq in seqs if seq not in known])
        self._bodies |= {
            seq: one for seq, one in fresh.items() if isinstance(one, ScoreModel | ModelMove)
        }
        return known | fresh

    def of(self, body: ScoreModel) -> Scorer:
        """Return the scorer of a model; raises ``InputError`` when its document was damaged."""
        with self._lock:
            found = self._ready.pop(body.checksum, None) or Scorer(read_model(body.document))
            self._ready[body.checksum] = found
            while len(self._ready) > _KEPT:
                self._ready.popitem(last=False)
        return found


_UNDER: Final = (
    sa.select(record.c.id, record.c.label_id, record.c.seq)
    .join(reference, reference.c.seq == record.c.seq)
    .where(reference.c.value == MODEL_REFERENCE, record.c.body.is_not(None))
    .where(record.c.label_id.in_(sa.bindparam("labels", expanding=True)))
    .order_by(record.c.seq)
)
