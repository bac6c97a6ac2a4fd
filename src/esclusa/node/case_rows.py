"""Steps on cases in the ledger: read under the labels that a reader may see, told apart by case.

Each step is a record of its own under the label of what it rests on. So a reader who may not see a
step has the case of a world without it. A case whose first step he may not see is not there.
"""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Collection, Iterable
from typing import Final

import msgspec
import sqlalchemy as sa

from esclusa.casework.cases import Case, fold
from esclusa.ledger import asked, versions
from esclusa.ledger.indexing import CASE_REFERENCE, case_reference, in_case_reference
from esclusa.ledger.once import once
from esclusa.ledger.versions import Held
from esclusa.model import CaseMove, CaseWords

MOVE: Final = "case_move"
WORDS: Final = "case_words"
MISSING: Final = "no such case"
_MOVE: Final = msgspec.json.Decoder(CaseMove)
_WORDS: Final = msgspec.json.Decoder(CaseWords)
_CLASSES: Final = 32
"""Sets of labels whose cases are remembered; a service has a few dozen classes of readers."""


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """A case as the ledger holds it under some labels: ``labels`` are those of its steps by name,
    ``written`` the ids of the records that hold what they wrote down, ``dues`` the deadlines of its
    waiting tasks, the next one first."""

    case: Case
    labels: dict[str, int]
    written: dict[str, str]
    dues: tuple[dt.datetime, ...]

    @property
    def base(self) -> int:
        """Return the label of the case itself; whoever may not see that sees nothing of it."""
        return self.labels[self.case.steps[0].move.step]


def kept_of(case: Case, labels: dict[str, int], written: dict[str, str]) -> Kept:
    """Return a case with the deadlines of its waiting tasks, which a list asks for again and
    again."""
    dues = sorted(
        task.due for task in case.of("task") if task.state == "waiting" and task.due is not None
    )
    return Kept(case=case, labels=labels, written=written, dues=tuple(dues))


class _Steps:
    """Steps on one case in the order in which they were stored."""

    def __init__(self) -> None:
        self._moves: list[CaseMove] = []
        self._words: list[CaseWords] = []
        self._labels: dict[str, int] = {}
        self._written: dict[str, str] = {}

    def take(self, held: Held) -> str:
        """Add a record, and return the case that it is about."""
        if held.kind == MOVE:
            move = _MOVE.decode(held.body)
            self._moves.append(move)
            self._labels[move.step] = held.label_id
            return move.case
        words = _WORDS.decode(held.body)
        self._words.append(words)
        self._written[words.step] = held.id
        return words.case

    def kept(self) -> Kept | None:
        """Return the case; None where its first step is not here."""
        if not self._moves or self._moves[0].move != "open":
            return None
        case = fold(self._moves, self._words)
        return kept_of(case, dict(self._labels), dict(self._written))


def one(connection: sa.Connection, visible: Collection[int], name: str) -> Kept | None:
    """Return the case of this name under these labels, None when there is none."""
    steps = _Steps()
    for held in versions.all_holding(connection, visible, case_reference(name)):
        if held.kind in (MOVE, WORDS) and _case_of(held) == name:
            steps.take(held)
    return steps.kept()


def _case_of(held: Held) -> str:
    return (_MOVE if held.kind == MOVE else _WORDS).decode(held.body).case


def holding(
    connection: sa.Connection, visible: Collection[int], items: Iterable[str]
) -> frozenset[str]:
    """Return the names of the cases that any of these items was ever put into."""
    values = {in_case_reference(item) for item in items}
    found = versions.holding(connection, visible, {WORDS}, values)
    return frozenset(_WORDS.decode(held.body).case for held in found.values())


class Memory:
    """All cases under some labels, folded once; what comes is added, and what is erased makes it
    begin anew. Safe to share between threads."""

    def __init__(self) -> None:
        self._known: dict[frozenset[int], _Remembered] = {}
        self._lock = threading.Lock()

    def all(self, connection: sa.Connection, visible: frozenset[int]) -> tuple[Kept, ...]:
        """Return the cases under these labels, oldest first."""
        return once(connection, (self, visible), lambda: self._all(connection, visible))

    def _all(self, connection: sa.Connection, visible: frozenset[int]) -> tuple[Kept, ...]:
        with self._lock:
            known = self._known.get(visible) or _Remembered()
            last, count, fresh = _counts(connection, known.last)
            if last < known.last:  # a snapshot older than what is remembered
                return _Remembered().caught_up(connection, visible, last, count)
            if count != known.count + fresh:
                known = _Remembered()
            if visible not in self._known and len(self._known) >= _CLASSES:
                self._known = {}
            self._known[visible] = known
            return known.caught_up(connection, visible, last, count)


class _Remembered:
    """Cases up to a sequence number, and how many references there were then."""

    def __init__(self) -> None:
        self.last = 0
        self.count = 0
        self._steps: dict[str, _Steps] = {}
        self._rows: dict[str, Kept | None] = {}

    def caught_up(
        self, connection: sa.Connection, visible: frozenset[int], last: int, count: int
    ) -> tuple[Kept, ...]:
        """Return the cases after what was stored since, up to a sequence number."""
        if last != self.last:
            touched = set()
            for held in versions.all_holding(connection, visible, CASE_REFERENCE, after=self.last):
                name = _case_of(held)
                self._steps.setdefault(name, _Steps()).take(held)
                touched.add(name)
            self._rows |= {name: self._steps[name].kept() for name in touched}
            self.last, self.count = last, count
        rows = map(self._rows.__getitem__, self._steps)
        return tuple(row for row in rows if row is not None)


def _counts(connection: sa.Connection, last: int) -> tuple[int, int, int]:
    """Return the last sequence number of a step, how many there are, and how many after ``last``:
    erasing takes from the second what nothing adds to the third."""
    row = connection.execute(asked.COUNTS, {"value": CASE_REFERENCE, "last": last}).one()
    return row[0], row[1], row[2]
