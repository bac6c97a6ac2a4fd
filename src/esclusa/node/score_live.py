"""Features of single consignments in milliseconds: history is kept in memory and grows with the
ledger, instead of being read anew for each question.

One history for each set of labels, because what a reader may not see must not count in his figures.
It follows versions of consignments, and outcomes, by their place in the ledger. Where something was
taken back that had counted (an erased record, an outcome that is none any more), and every
:data:`OLDEST` seconds, it is built anew from the ledger. The values are those of
:func:`~esclusa.node.features.consignment_features`; a test holds them together.
"""

from __future__ import annotations

import datetime as dt
import time
from collections import OrderedDict
from collections.abc import Collection, Iterator
from threading import Lock
from typing import Any, Final

import msgspec
import polars as pl
import sqlalchemy as sa

from esclusa.analysis.goods import judge_one
from esclusa.analysis.profiles import Settings, State
from esclusa.analysis.profiles.from_records import Stated, masses, rows_of, values_of
from esclusa.ledger import versions
from esclusa.ledger.indexing import EXAMINATION_REFERENCE
from esclusa.ledger.labels import Labels
from esclusa.ledger.schema import audit, record, reference
from esclusa.ledger.store import Store
from esclusa.model import Consignment
from esclusa.node.examinations import outcomes_under
from esclusa.node.features import weighed_in
from esclusa.sharing.reader import Action

OLDEST: Final = 3_600.0
"""Seconds after which history is built anew, whatever happened."""
_KEPT: Final = 4
"""Sets of labels whose history is kept; the one used longest ago goes first."""
_FEW: Final = 20
"""Up to so many versions are taken in one by one, as a table of them costs more."""
_CONSIGNMENT: Final = msgspec.json.Decoder(Consignment)
_SETTINGS: Final = Settings()


class _Gone(Exception):
    """Something that counted was taken back."""


class _History:
    """The history under one set of labels, up to a place in the ledger."""

    def __init__(self, store: Store, labels: Labels, visible: frozenset[int]) -> None:
        self.store = store
        self.labels = labels
        self.visible = visible
        self.state = State(_SETTINGS)
        self.seq = 0
        self.exam = 0
        self.erased = -1
        self.born = time.monotonic()
        self.told: dict[tuple[str, dt.datetime], bool | None] = {}

    def catch_up(self, connection: sa.Connection) -> None:
        """Take in what was recorded since; raises ``_Gone``."""
        self._look_for_erasures()
        fresh = list(self._since(connection))
        if fresh:
            stated = (
                Stated(one.id, one.recorded, _CONSIGNMENT.decode(one.body), one.withdrawn)
                for one in fresh
            )
            if len(fresh) <= _FEW:
                last = {(one.id, one.at): one for one in stated}
                self.state.add_rows(map(values_of, last.values()))
            else:
                rows = rows_of(stated)
                self.state.add(rows.unique(["id", "at"], keep="last", maintain_order=True))
            self.seq = fresh[-1].seq
        exam, touched = _exams(connection, self.visible, fresh)
        if exam > self.exam or (exam and touched):
            self._learn(connection)
            self.exam = exam

    def _since(self, connection: sa.Connection) -> Iterator[versions.Held]:
        given = {"seq": self.seq, "labels": sorted(self.visible)}
        return map(versions.held, connection.execute(_SINCE, given))

    def _learn(self, connection: sa.Connection) -> None:
        found = outcomes_under(connection, self.labels, self.visible, kinds=("consignment",))
        now = {
            (row["subject"], row["known"]): row["found"] if row["examined"] else None
            for row in found.select("subject", "known", "examined", "found").iter_rows(named=True)
        }
        if any(key not in now or now[key] != said for key, said in self.told.items()):
            raise _Gone
        fresh = [key for key in now if key not in self.told]
        if fresh:
            keys = pl.DataFrame(
                fresh, schema={"subject": pl.String(), "known": found["known"].dtype}, orient="row"
            )
            self.state.learn(found.join(keys, on=["subject", "known"], how="semi"))
        self.told = now

    def _look_for_erasures(self) -> None:
        """Look for lines of erasures that the log got since; a reader's own connection may not."""
        with self.store.read() as connection:
            if self.erased < 0:
                self.erased = int(connection.execute(_LAST_LINE).scalar() or 0)
                return
            last, gone = connection.execute(_LINES_SINCE, {"seq": self.erased}).one()
        if gone:
            raise _Gone
        self.erased = max(int(last or 0), self.erased)


class LiveProfiles:
    """Histories in memory, by the labels that they rest on."""

    def __init__(self, store: Store, labels: Labels) -> None:
        self._store = store
        self._labels = labels
        self._known: OrderedDict[frozenset[int], _History] = OrderedDict()
        self._lock = Lock()

    def knows(self, visible: Collection[int]) -> bool:
        """Tell whether history under these labels can be followed: copies of partners cannot, for
        they leave by other ways than an erasure."""
        return not any(self._labels.get(number).supplier for number in visible)

    def features(
        self, connection: sa.Connection, visible: frozenset[int], name: str, as_of: dt.datetime
    ) -> dict[str, Any] | None:
        """Return the row that ``consignment_features`` gives for one consignment as of a moment, as
        values by column; None where it was not in force.

        :param as_of: an aware moment, not before one that was asked about earlier.
        """
        with self._lock:
            history = self._history(connection, visible)
            asked = self._asked(connection, visible, name, as_of)
            if asked is None:
                return None
            return {"record": name, "at": asked["at"], **history.state.ask_row(asked)}

    def _history(self, connection: sa.Connection, visible: frozenset[int]) -> _History:
        history = self._known.pop(visible, None)
        if history is None or time.monotonic() - history.born > OLDEST:
            history = _History(self._store, self._labels, visible)
        try:
            history.catch_up(connection)
        except _Gone:
            history = _History(self._store, self._labels, visible)
            history.catch_up(connection)
        self._known[visible] = history
        while len(self._known) > _KEPT:
            self._known.popitem(last=False)
        return history

    def _asked(
        self, connection: sa.Connection, visible: frozenset[int], name: str, as_of: dt.datetime
    ) -> dict[str, Any] | None:
        found = connection.execute(_VERSIONS, {"name": name, "labels": sorted(visible)})
        held = [one for one in map(versions.held, found) if one.recorded < as_of]
        last = max(held, key=lambda one: (one.recorded, one.seq), default=None)
        if last is None or last.withdrawn:
            return None
        row = values_of(Stated(last.id, last.recorded, _CONSIGNMENT.decode(last.body)))
        fit, _chapter = judge_one(row["text"], row["hs"])
        row |= {"at": as_of.astimezone(dt.UTC), "text_fit": fit}
        if box := row["box"]:
            told = versions.all_holding(connection, visible, f"equipment:{box}")
            weighed = [one for held in told for one in weighed_in(held) if one.number == box]
            row |= masses(weighed, row["at"], row)
        return row


def _exams(
    connection: sa.Connection, visible: Collection[int], fresh: list[versions.Held]
) -> tuple[int, bool]:
    """Return the place of the newest examination, 0 if there is none, and whether new versions name
    a bill or a box that an examination names."""
    many = len(fresh) > 500
    given = {"labels": sorted(visible), "fresh": [] if many else [one.seq for one in fresh]}
    newest, touched = connection.execute(_EXAMS, given).one()
    return int(newest or 0), many or bool(touched)


# Written once: to put a statement together costs more than most of them take.
_LABELS: Final = record.c.label_id.in_(sa.bindparam("labels", expanding=True))
_THEIRS: Final = reference.alias()
_VERSIONS: Final = (
    sa.select(*versions.COLUMNS)
    .where(record.c.id == sa.bindparam("name"), _LABELS, record.c.body.is_not(None))
    .order_by(record.c.seq)
)
_SINCE: Final = (
    sa.select(*versions.COLUMNS)
    .where(record.c.seq > sa.bindparam("seq"), record.c.kind == "consignment", _LABELS)
    .where(record.c.body.is_not(None))
    .order_by(record.c.seq)
)
_LAST_LINE: Final = sa.select(sa.func.max(audit.c.seq))
_LINES_SINCE: Final = sa.select(
    sa.func.max(audit.c.seq),
    sa.func.count().filter(audit.c.action == Action.RECORD_ERASE.value),
).where(audit.c.seq > sa.bindparam("seq"))
_EXAMS: Final = sa.select(
    sa.select(sa.func.max(record.c.seq))
    .join(reference, reference.c.seq == record.c.seq)
    .where(reference.c.value == EXAMINATION_REFERENCE, _LABELS)
    .scalar_subquery(),
    sa.select(_THEIRS.c.seq)
    .join(reference, reference.c.value == _THEIRS.c.value)
    .join(record, record.c.seq == _THEIRS.c.seq)
    .where(reference.c.seq.in_(sa.bindparam("fresh", expanding=True)))
    .where(record.c.kind == "examination")
    .exists(),
)
