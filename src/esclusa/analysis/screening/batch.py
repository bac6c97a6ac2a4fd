"""A night's batch on all cores of one machine, with the answers of one at a time."""

from __future__ import annotations

from collections.abc import Collection, Iterator

import polars as pl

from esclusa.analysis.screening.index import Index
from esclusa.analysis.screening.many import BulkScreener
from esclusa.analysis.screening.processes import pool
from esclusa.analysis.screening.screener import Screener
from esclusa.analysis.screening.table import HIT_SCHEMA, hits_of

_ROWS = 50_000
"""Rows that are screened, or go to a process, at a time: some megabytes, some seconds of work."""


def screen_batch(
    queries: pl.DataFrame,
    index: Index | Screener,
    *,
    threshold: float | None = None,
    only: Collection[tuple[str, str]] | None = None,
    detail: bool = True,
    workers: int = 1,
) -> pl.DataFrame:
    """Return what :func:`~.table.screen` returns, worked out by ``workers`` processes.

    Each process holds a copy of the index, so memory grows with their number. With one worker, or
    few rows, no process is started.
    """
    screener = index if isinstance(index, Screener) else Screener(index, threshold=threshold)
    kept = None if only is None else tuple(only)
    parts = queries.iter_slices(_ROWS)
    if workers <= 1 or queries.height <= _ROWS:
        bulk = BulkScreener(screener, kept)
        return _whole(hits_of(part, bulk, detail=detail) for part in parts)
    with pool(workers, _begin, screener.index, screener.threshold, kept, detail) as processes:
        return _whole(processes.map(_some, parts))


def _whole(parts: Iterator[pl.DataFrame]) -> pl.DataFrame:
    return pl.concat([pl.DataFrame(schema=HIT_SCHEMA), *parts])


_work: list[tuple[BulkScreener, bool]] = []
"""What a worker process was started with."""


def _begin(
    index: Index, threshold: float, only: tuple[tuple[str, str], ...] | None, detail: bool
) -> None:
    _work.append((BulkScreener(Screener(index, threshold=threshold), only), detail))


def _some(queries: pl.DataFrame) -> pl.DataFrame:
    bulk, detail = _work[0]
    return hits_of(queries, bulk, detail=detail)
