"""Moves that two services make on one thing, in the ledger: read, told apart by what they are on,
merged, and remembered.

All moves of one side on one thing stand under one label, so whoever may see one of them may see
all. A move counts as its agency's only where that agency stated the record.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection
from typing import Final, Generic, TypeVar

import msgspec
import sqlalchemy as sa

from esclusa.ledger import asked, versions
from esclusa.ledger.labels import Label, Labels
from esclusa.ledger.once import once
from esclusa.model import InformationMove, JointCaseMove, ReferralMove

M = TypeVar("M", ReferralMove, InformationMove, JointCaseMove)
K = TypeVar("K")
Key = tuple[str, str, str]
"""Name and the two sides: whoever uses another's name has a thing of its own."""
HOME: Final = 0
"""The number of moves that stay at home."""


class Moves(Generic[M]):
    """Moves on one thing, gathered in the order in which they were stored: ``home`` is the chain
    that stays here, ``said`` what was said by (agency, number), ``labels`` those of both."""

    def __init__(self) -> None:
        self.home: list[M] = []
        self.said: dict[tuple[str, int], M] = {}
        self.labels: dict[tuple[str, int], int] = {}

    def take(self, move: M, label: int, *, withdrawn: bool) -> None:
        """Add a move, or take it out when its record was withdrawn."""
        key = (move.agency, move.number)
        if withdrawn:
            self.said.pop(key, None)
            return
        self.labels[key] = label
        if move.number == HOME:
            self.home.append(move)
        else:
            self.said[key] = move


class Kind(Generic[M, K]):
    """A kind of record that holds such moves.

    :param name: of the kind; ``reference`` is the one by which all moves of the kind are found.
    :param key: tells apart what moves are on.
    :param sides: the two agencies of a move, the one that began first.
    :param kept: what faces work with, from the moves; None where what began it is not to be seen.
    """

    def __init__(
        self, name: str, reference: str, type_: type[M], *, key: Callable[[M], Key],
        sides: Callable[[M], tuple[str, str]], kept: Callable[[Moves[M]], K | None],
    ) -> None:  # fmt: skip
        self.name = name
        self.reference = reference
        self.decode: Callable[[bytes], M] = msgspec.json.Decoder(type_).decode
        self.key: Callable[[M], Key] = key
        self.sides: Callable[[M], tuple[str, str]] = sides
        self.kept: Callable[[Moves[M]], K | None] = kept

    def is_own(self, move: M, label: Label, us: str) -> bool:
        """Tell whether a record says what its originator may say: its own moves, and what stays at
        home at its own home."""
        sides = self.sides(move)
        if label.originator != move.agency or move.agency not in sides or sides[0] == sides[1]:
            return False
        return move.number > HOME or (
            move.number == HOME and move.agency == us == sides[0] and not label.supplier
        )


def kept(
    kind: Kind[M, K], connection: sa.Connection, labels: Labels, visible: Collection[int], us: str,
    *, value: str,
) -> list[K]:  # fmt: skip
    """Return what moves that hold a reference are on, under these labels, oldest first.

    :param us: the node's agency; what stays at home is its own.
    """
    found: dict[Key, Moves[M]] = {}
    _gather(kind, found, connection, labels, visible, us, value=value)
    return [made for moves in found.values() if (made := kind.kept(moves)) is not None]


def _gather(
    kind: Kind[M, K], found: dict[Key, Moves[M]], connection: sa.Connection, labels: Labels,
    visible: Collection[int], us: str, *, value: str, after: int = 0,
) -> set[Key]:  # fmt: skip
    """Add the moves stored after a sequence number; return the keys that have new ones."""
    touched: set[Key] = set()
    for held in versions.all_holding(connection, visible, value, after=after):
        if held.kind != kind.name:
            continue
        move = kind.decode(held.body)
        if kind.is_own(move, labels.get(held.label_id), us):
            key = kind.key(move)
            found.setdefault(key, Moves()).take(move, held.label_id, withdrawn=held.withdrawn)
            touched.add(key)
    return touched


class Memory(Generic[M, K]):
    """All things of a kind under some labels, merged once; what comes is added, and what is erased
    makes it begin anew. Safe to share between threads."""

    def __init__(self, kind: Kind[M, K], labels: Labels, us: str) -> None:
        self._kind: Kind[M, K] = kind
        self._labels = labels
        self._us = us
        self._known: dict[frozenset[int], _Remembered[M, K]] = {}
        self._lock = threading.Lock()

    def all(self, connection: sa.Connection, visible: frozenset[int]) -> tuple[K, ...]:
        """Return the things under these labels, oldest first."""
        return once(connection, (self, visible), lambda: self._all(connection, visible))

    def _all(self, connection: sa.Connection, visible: frozenset[int]) -> tuple[K, ...]:
        kind, value = self._kind, self._kind.reference
        with self._lock:
            known = self._known.get(visible) or _Remembered()
            last, count, fresh = _counts(connection, value, known.last)
            if last < known.last:  # a snapshot older than what is remembered
                return tuple(kept(kind, connection, self._labels, visible, self._us, value=value))
            if count != known.count + fresh:
                known = _Remembered()
            if last != known.last:
                touched = _gather(kind, known.moves, connection, self._labels, visible, self._us,
                                  value=value, after=known.last)  # fmt: skip
                known.rows |= {key: kind.kept(known.moves[key]) for key in touched}
                known.last, known.count = last, count
            if visible not in self._known and len(self._known) >= _CLASSES:
                self._known = {}
            self._known[visible] = known
            rows = map(known.rows.__getitem__, known.moves)
            return tuple(row for row in rows if row is not None)


class _Remembered(Generic[M, K]):
    """Moves up to a sequence number, and how many references there were then."""

    def __init__(self) -> None:
        self.last = 0
        self.count = 0
        self.moves: dict[Key, Moves[M]] = {}
        self.rows: dict[Key, K | None] = {}


_CLASSES: Final = 32
"""Sets of labels that are remembered; a service has a few dozen classes of readers."""


def _counts(connection: sa.Connection, value: str, last: int) -> tuple[int, int, int]:
    """Return the last sequence number of a move, how many there are, and how many after ``last``:
    erasing takes from the second what nothing adds to the third."""
    row = connection.execute(asked.COUNTS, {"value": value, "last": last}).one()
    return row[0], row[1], row[2]


def at_home(
    kind: Kind[M, K], connection: sa.Connection, labels: Labels, visible: Collection[int], us: str,
    *, value: str,
) -> list[M]:  # fmt: skip
    """Return the moves that hold a reference and stay at home, under these labels, oldest first."""
    found: dict[Key, Moves[M]] = {}
    _gather(kind, found, connection, labels, visible, us, value=value)
    return [move for moves in found.values() for move in moves.home]
