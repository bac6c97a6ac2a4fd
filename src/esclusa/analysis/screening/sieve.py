"""Which of many parties may be an entry that is looked for, asked on all cores of one machine."""

from __future__ import annotations

import gc
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import CancelledError, Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import Final

import msgspec

from esclusa.analysis.screening.hit import Hit
from esclusa.analysis.screening.index import Index
from esclusa.analysis.screening.learned import Learned
from esclusa.analysis.screening.many import CHUNK, BulkScreener
from esclusa.analysis.screening.processes import pool
from esclusa.analysis.screening.query import Query, make_query
from esclusa.analysis.screening.screener import Screener

Party = tuple[str, str, str, str, tuple[str, ...], str, str]
"""Name, type, birth date, nationality, identifiers, birth place, address, as
:func:`~.query.make_query` takes them."""

MANY: Final = 20_000
"""Fewer parties are answered before a process has started and read the index."""
_FEW: Final = 1_000
"""Fewer are not worth the way to a process that waits."""

Hits = tuple[Hit, ...]
Asked = list[tuple[int, Query, Hits]]
"""By their places what was asked of some parties, with all hits."""
Found = tuple[list[bool], bytes | Asked]
"""Of each party whether it is kept, and of some what was asked: as bytes, which are made and read
in a tenth of the time that :mod:`pickle` takes, or as it is, where a text cannot be written so."""

_encode: Final = msgspec.msgpack.Encoder().encode
_decode: Final = msgspec.msgpack.Decoder(Asked).decode


class Piece(msgspec.Struct, frozen=True, array_like=True):
    """Parties to ask for in one go. ``together`` are the places of those that stand on one record,
    ``wanted`` those of parties whose hits are wanted in any case."""

    parties: Sequence[Party]
    together: Sequence[tuple[int, ...]] = ()
    wanted: Sequence[int] = ()

    def part(self, start: int, end: int) -> Piece:
        """Return a run of the parties, with what is said of these alone."""
        return Piece(
            self.parties[start:end],
            [tuple(at - start for at in some) for some in self.together
             if start <= min(some) and max(some) < end],
            [at - start for at in self.wanted if start <= at < end],
        )  # fmt: skip


class Sieve:
    """Keeps, of many parties, those that hit one of some entries; answers are the same with any
    number of processes. To be closed, or used in a ``with`` statement.

    Other processes also work out all hits of the parties that are kept, and of those on a record
    with one, and the screener remembers them: it will be asked for these parties next.
    """

    def __init__(
        self, screener: Screener, only: Collection[tuple[str, str]], *, workers: int = 1
    ) -> None:
        """:param only: (list id, entry's own id) of the entries that are looked for.
        :param workers: processes to ask, each with a copy of the index. They are started when there
            is enough to ask for; with 1 none is.
        """
        self._screener = screener
        self._only = tuple(only)
        self._workers = workers
        self._bulk = BulkScreener(screener, self._only)
        self._pool: ProcessPoolExecutor | None = None
        self._learned: Learned | None = None

    def __enter__(self) -> Sieve:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the processes."""
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)
            self._pool = None
        if self._learned is not None:
            self._learned.close()
            self._learned = None

    def meets(self, parties: Sequence[Party]) -> list[bool]:
        """Return for each party whether it hits an entry that is looked for."""
        return self.asked(parties)()

    def asked(
        self,
        parties: Sequence[Party],
        together: Sequence[tuple[int, ...]] = (),
        wanted: Sequence[int] = (),
    ) -> Callable[[], list[bool]]:
        """Ask what :meth:`meets` returns, and return what waits for the answer. Other processes, if
        there are any for so many, are at it meanwhile; else this one, when the answer is wanted.

        :param together: places of parties that stand on one record and will be asked for together.
        :param wanted: places of parties that will be asked for in any case.
        """
        if self._workers > 1 and len(parties) >= (MANY if self._pool is None else _FEW):
            try:
                pieces = self._spread(Piece(parties, together, wanted))
                return lambda: self._gathered(pieces, parties)
            except BrokenProcessPool:
                self._alone()
        return lambda: _met(self._bulk, parties)[0]

    def _gathered(self, pieces: Sequence[Future[Found]], parties: Sequence[Party]) -> list[bool]:
        try:
            told = [piece.result() for piece in pieces]
        except (BrokenProcessPool, CancelledError):
            self._alone()
            return _met(self._bulk, parties)[0]
        kept: list[bool] = []
        for met, found in told:
            for place, query, hits in _decode(found) if isinstance(found, bytes) else found:
                self._screener.making.keep(parties[len(kept) + place], query)
                self._screener.remember(query, hits)
            kept += met
        return kept

    def _alone(self) -> None:
        """A machine short of memory ends its largest processes; this one does without them."""
        self.close()
        self._workers = 1

    def _spread(self, asked: Piece) -> list[Future[Found]]:
        if self._pool is None:
            screener, self._learned = self._screener, Learned.among(self._workers)
            self._pool = pool(
                self._workers, _begin, screener.index, screener.threshold, self._only,
                self._bulk.entries, self._learned, behind=True,
            )  # fmt: skip
        count = len(asked.parties)
        size = min(CHUNK, -(-count // self._workers))
        starts = range(0, count, size)
        return [self._pool.submit(_some, asked.part(start, start + size)) for start in starts]


def _met(bulk: BulkScreener, parties: Sequence[Party]) -> tuple[list[bool], list[Query]]:
    """Return for each party whether it is kept, and what was asked. Neighbours in the alphabet have
    words in common, which are looked up once."""
    queries = [make_query(*party) for party in parties]
    order = sorted(range(len(parties)), key=parties.__getitem__)
    met = [False] * len(parties)
    answers = bulk.meets([queries[place] for place in order])
    for place, meets in zip(order, answers, strict=True):
        met[place] = meets
    return met, queries


_work: list[tuple[BulkScreener, BulkScreener]] = []
"""What a worker process was started with: what asks for the entries looked for, and for all."""


def _begin(
    index: Index, threshold: float, only: tuple[tuple[str, str], ...], entries: frozenset[int],
    learned: Learned | None,
) -> None:  # fmt: skip
    if learned is not None:
        learned.claim()
    screener = Screener(index, threshold=threshold, learned=learned)
    _work.append((BulkScreener(screener, only, entries), BulkScreener(screener)))


def _some(piece: Piece) -> Found:
    """Do what :func:`_answered` does; Python looks for no cycles meanwhile. What is made is in
    none, and each look would walk all words looked up so far."""
    gc.disable()
    try:
        return _answered(piece)
    finally:
        gc.enable()


def _answered(piece: Piece) -> Found:
    """Return which parties hit an entry looked for, and all hits of these, of those on a record
    with one, and of those whose hits are wanted."""
    some, every = _work[0]
    met, queries = _met(some, piece.parties)
    places = {place for place, meets in enumerate(met) if meets} | set(piece.wanted)
    for record in piece.together:
        if any(met[place] for place in record):
            places.update(record)
    asked = sorted(places, key=lambda place: piece.parties[place])
    some_of = [queries[place] for place in asked]
    found = list(zip(asked, some_of, every.answers(some_of), strict=True))
    try:
        return met, _encode(found)
    except UnicodeEncodeError:  # half of a surrogate pair is no text
        return met, found
