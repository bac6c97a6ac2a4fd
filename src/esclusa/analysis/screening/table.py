"""Screening as a function from a table to a table (Arrow memory in and out)."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Final

import polars as pl

from esclusa.analysis.screening.hit import Hit
from esclusa.analysis.screening.index import Index
from esclusa.analysis.screening.many import BulkScreener
from esclusa.analysis.screening.query import Query, make_query
from esclusa.analysis.screening.screener import Screener
from esclusa.analysis.screening.sentences import sentences

_COLUMNS: Final = (
    "name", "type", "birth_date", "nationality", "identifiers", "birth_place", "address"
)  # fmt: skip

HIT_SCHEMA: Final = pl.Schema(
    {
        "query_id": pl.String(),
        "list_id": pl.String(),
        "uid": pl.String(),
        "edition": pl.String(),
        "version": pl.String(),
        "entry_type": pl.String(),
        "entry_name": pl.String(),
        "matched_name": pl.String(),
        "weak_alias": pl.Boolean(),
        "score": pl.Float64(),
        "rank": pl.Int32(),
        "matched_weight": pl.Float64(),
        "answer": pl.String(),
        "cannot_tell": pl.List(pl.String()),
        "evidence": pl.List(pl.String()),
        "detail": pl.List(pl.String()),
        "detail_es": pl.List(pl.String()),
    }
)
"""Columns of the table of hits."""


def screen(
    queries: pl.DataFrame,
    index: Index | Screener,
    *,
    threshold: float | None = None,
    only: Collection[tuple[str, str]] | None = None,
    detail: bool = True,
) -> pl.DataFrame:
    """Return the hits of a table of queries, in the order of the queries, best hit first.

    :param queries: ``query_id``, ``name``, and where known ``type`` (``person``, ``organisation``,
        ``vessel``, ``address``, ``any``), ``birth_date`` (ISO 8601, possibly partial),
        ``nationality``, ``identifiers`` (list of ``scheme:value``), ``birth_place``, ``address``. A
        query of type ``address`` has the address as its ``name``. Missing columns and nulls mean
        unknown.
    :param index: an index, or a screener, which brings its own threshold.
    :param threshold: 0 to 100; default: the calibrated one of the weights.
    :param only: (list id, entry's own id) of the entries that may be hit; None for all. Weights are
        those of the whole index.
    :param detail: False leaves ``detail`` and ``detail_es`` empty, which saves time.
    :returns: a table of :data:`HIT_SCHEMA`. A query without a row has no hit, which says nothing
        about its subject.
    :raises polars.exceptions.ColumnNotFoundError: without ``query_id`` or ``name``.
    """
    screener = index if isinstance(index, Screener) else Screener(index, threshold=threshold)
    return hits_of(queries, BulkScreener(screener, only), detail=detail)


def hits_of(queries: pl.DataFrame, bulk: BulkScreener, *, detail: bool = True) -> pl.DataFrame:
    """Return the hits of a table of queries, as :func:`screen` does."""
    ids = queries.get_column("query_id").cast(pl.String).to_list()
    asked = _rows(queries)
    made: dict[tuple[Any, ...], Query] = {row: make_query(*row) for row in dict.fromkeys(asked)}
    distinct = tuple(dict.fromkeys(made.values()))
    answers = zip(distinct, bulk.answers(distinct), strict=True)
    found = {query: hits for query, hits in answers if hits}
    rows = [
        _row(query_id, hit, detail)
        for query_id, row in zip(ids, asked, strict=True)
        for hit in found.get(made[row], ())
    ]
    return pl.DataFrame(rows, schema=HIT_SCHEMA, orient="row")


def _rows(queries: pl.DataFrame) -> list[tuple[Any, ...]]:
    queries.get_column("name")
    columns = [_column(queries, name) for name in _COLUMNS]
    return list(zip(*columns, strict=True))


def _column(queries: pl.DataFrame, name: str) -> list[Any]:
    if name not in queries.columns:
        return [None] * queries.height
    values = queries.get_column(name).to_list()
    return [tuple(v) if v else None for v in values] if name == "identifiers" else values


def _row(query_id: str | None, hit: Hit, detail: bool) -> tuple[Any, ...]:
    return (
        query_id, hit.list_id, hit.uid, hit.edition, hit.version, hit.entry_type, hit.entry_name,
        hit.matched_name, hit.weak_alias, hit.score, hit.rank, hit.matched_weight, hit.answer,
        list(hit.cannot_tell), list(hit.evidence),
        list(sentences(hit, "en")) if detail else [], list(sentences(hit, "es")) if detail else [],
    )  # fmt: skip
