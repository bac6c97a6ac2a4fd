"""Which of many parties may be an entry that is looked for, asked on all cores of one machine."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from concurrent.futures import CancelledError, Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import Final

from esclusa.analysis.screening.hit import Hit
from esclusa.analysis.screening.index import Index
from esclusa.analysis.screening.many import CHUNK, BulkScreener
from esclusa.analysis.screening.processes import pool
from esclusa.analysis.screening.query import make_query
from esclusa.analysis.screening.screener import Screener

Party = tuple[str, str, str, str, tuple[str, ...], str, str]
"""Name, type, birth date, nationality, identifiers, birth place, address, as
:func:`~.query.make_query` takes them."""

MANY: Final = 20_000
"""Fewer parties are answered before a process has started and read the index."""
_FEW: Final = 1_000
"""Fewer are not worth the way to a process that waits."""

Hits = tuple[Hit, ...]


class Sieve:
    """Keeps, of many parties, those that hit one of some entries; answers are the same with any
    number of processes. To be closed, or used in a ``with`` statement.

    Other processes also work out all hits of the parties that are kept, and the screener remembers
    them: it will be asked for these parties next.
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

    def __enter__(self) -> Sieve:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the processes."""
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)
            self._pool = None

    def meets(self, parties: Sequence[Party]) -> list[bool]:
        """Return for each party whether it hits an entry that is looked for."""
        return self.asked(parties)()

    def asked(self, parties: Sequence[Party]) -> Callable[[], list[bool]]:
        """Ask what :meth:`meets` returns, and return what waits for the answer. Other processes, if
        there are any for so many, are at it meanwhile; else this one, when the answer is wanted."""
        if self._workers > 1 and len(parties) >= (MANY if self._pool is None else _FEW):
            try:
                pieces = self._spread(parties)
                return lambda: self._gathered(pieces, parties)
            except BrokenProcessPool:
                self._alone()
        return lambda: _met(self._bulk, parties)

    def _gathered(
        self, pieces: Sequence[Future[list[Hits]]], parties: Sequence[Party]
    ) -> list[bool]:
        try:
            found = [hits for piece in pieces for hits in piece.result()]
        except (BrokenProcessPool, CancelledError):
            self._alone()
            return _met(self._bulk, parties)
        for party, hits in zip(parties, found, strict=True):
            if hits:
                self._screener.remember(self._screener.made(*party), hits)
        return [bool(hits) for hits in found]

    def _alone(self) -> None:
        """A machine short of memory ends its largest processes; this one does without them."""
        self.close()
        self._workers = 1

    def _spread(self, parties: Sequence[Party]) -> list[Future[list[Hits]]]:
        if self._pool is None:
            screener = self._screener
            self._pool = pool(
                self._workers, _begin, screener.index, screener.threshold, self._only, behind=True
            )
        size = min(CHUNK, -(-len(parties) // self._workers))
        starts = range(0, len(parties), size)
        return [self._pool.submit(_some, parties[start : start + size]) for start in starts]


def _met(bulk: BulkScreener, parties: Sequence[Party]) -> list[bool]:
    return list(bulk.meets([make_query(*one) for one in parties]))


_work: list[tuple[BulkScreener, BulkScreener]] = []
"""What a worker process was started with: what asks for the entries looked for, and for all."""


def _begin(index: Index, threshold: float, only: tuple[tuple[str, str], ...]) -> None:
    screener = Screener(index, threshold=threshold)
    _work.append((BulkScreener(screener, only), BulkScreener(screener)))


def _some(parties: Sequence[Party]) -> list[Hits]:
    """Return all hits of each party that hits an entry looked for, () for the others."""
    some, every = _work[0]
    queries = [make_query(*one) for one in parties]
    met = list(some.meets(queries))
    kept = [query for query, meets in zip(queries, met, strict=True) if meets]
    hits = iter(every.answers(kept))
    return [next(hits) if meets else () for meets in met]
