"""A night's batch on a cluster, through Spark Connect, with the answers of one machine.

The lists travel with the job, so the cluster needs no access to a node. Each Python worker arranges
them once and keeps the index for all its parts of the table. Workers need this package in the same
version: another one could score differently, so it is refused. See
``docs/decisions/0027-spark-connect.md``.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

import msgspec
import polars as pl
import zstandard

from esclusa.analysis.screening import HIT_SCHEMA, Index, Screener, screen
from esclusa.errors import ConfigError, InputError
from esclusa.model import ListEntry
from esclusa.node.screening_table import Lists, as_text

if TYPE_CHECKING:
    from pyspark.sql.connect.dataframe import DataFrame
    from pyspark.sql.connect.session import SparkSession

_DDL: Final = {
    pl.String(): "string",
    pl.Boolean(): "boolean",
    pl.Float64(): "double",
    pl.Int32(): "int",
    pl.List(pl.String()): "array<string>",
}
COLUMNS: Final = (
    "query_id", "name", "type", "birth_date", "nationality", "identifiers", "birth_place", "address"
)  # fmt: skip
"""Columns of the queries that count; any other is left on the cluster."""

_LARGEST: Final = 64 * 1024 * 1024
"""Bytes of packed lists in one job; Spark Connect's messages end at 128 MB. 40,000 entries take
about 4 MB."""


_PORT: Final = 15002
"""Spark Connect's port when an address names none."""
_WAIT: Final = 10.0
"""Seconds for somebody to answer."""


class _Job(msgspec.Struct, frozen=True):
    """What a worker is told, packed once."""

    version: str
    threshold: float | None
    editions: dict[str, str]
    entries: list[ListEntry]


def connect(address: str) -> SparkSession:
    """Return a session at ``sc://host:port``.

    :raises ConfigError: when the extra ``cluster`` is not installed, the address is none, or nobody
        answers there.
    """
    try:
        import pyspark

        # The client looks for a Spark on this machine and ends the process when there is none.
        os.environ.setdefault("SPARK_HOME", str(Path(pyspark.__file__).parent))
        from pyspark.errors import PySparkException
        from pyspark.sql.connect.session import SparkSession
    except ImportError as error:
        raise ConfigError("a cluster needs the extra: pip install 'esclusa[cluster]'") from error
    if not address.startswith("sc://"):
        raise ConfigError("a cluster's address begins with sc://")
    _answered(address)
    try:
        session = SparkSession.builder.remote(address).getOrCreate()
        _ = session.version
    except PySparkException as error:
        raise ConfigError("no Spark Connect server answers at that address") from error
    return session


def _answered(address: str) -> None:
    """See that somebody listens; the client would try again for minutes."""
    place = urlsplit(address)
    try:
        socket.create_connection((place.hostname or "", place.port or _PORT), _WAIT).close()
    except (OSError, ValueError) as error:
        raise ConfigError("no Spark Connect server answers at that address") from error


def screen_on_cluster(
    queries: DataFrame, entries: Sequence[ListEntry], editions: Mapping[str, str] | None = None, *,
    threshold: float | None = None,
) -> DataFrame:  # fmt: skip
    """Return the hits of a cluster's table of queries as a table of the cluster.

    Columns and values are those of :func:`esclusa.analysis.screening.screen`; the order of rows is
    the cluster's own. Nothing is computed before the result is asked for.

    :param queries: columns as :func:`~esclusa.analysis.screening.screen` takes them, identifiers as
        an array of strings; wider tables may be passed.
    :param threshold: 0 to 100; None for the calibrated one.
    :raises InputError: without the columns ``query_id`` and ``name``, or when the lists are larger
        than one job carries.
    """
    missing = {"query_id", "name"}.difference(queries.columns)
    if missing:
        raise InputError(f"column {min(missing)} is missing among the {len(queries.columns)}")
    job = _Job(version("esclusa"), threshold, dict(editions or {}), list(entries))
    packed = zstandard.compress(msgspec.msgpack.encode(job))
    if len(packed) > _LARGEST:
        raise InputError(f"the lists take {len(packed):,} bytes, one job carries {_LARGEST:,}")
    wanted: Any = queries.select(*(column for column in COLUMNS if column in queries.columns))
    ddl = ", ".join(f"{name} {_DDL[kind]}" for name, kind in HIT_SCHEMA.items())
    found: DataFrame = wanted.mapInArrow(_screening(packed), ddl)
    return found


def screen_table_on_cluster(
    address: str, queries: pl.DataFrame, lists: Lists, *, threshold: float | None = None
) -> pl.DataFrame:
    """Return what :func:`~esclusa.node.screening_table.screen_table` returns, worked out by the
    cluster at ``address``.

    :raises ConfigError: see :func:`connect`.
    """
    session = connect(address)
    try:
        known = queries.select(column for column in COLUMNS if column in queries.columns)
        table: Any = session.createDataFrame(known.to_arrow())
        found = screen_on_cluster(table, lists.entries, threshold=threshold).toArrow()
    finally:
        session.stop()
    hits = pl.from_arrow(found)
    assert isinstance(hits, pl.DataFrame)
    place = queries.select("query_id").unique(maintain_order=True).with_row_index("place")
    ordered = hits.cast(HIT_SCHEMA).join(place, on="query_id").sort("place", "rank")
    return as_text(ordered.drop("place"))


def _screening(packed: bytes) -> Callable[[Iterator[Any]], Iterator[Any]]:
    def run(batches: Iterator[Any]) -> Iterator[Any]:
        screener = _screener(packed)
        for batch in batches:
            if batch.num_rows:
                yield from _batches(screen(_frame(batch), screener))

    return run


@lru_cache(maxsize=2)
def _screener(packed: bytes) -> Screener:
    job = msgspec.msgpack.decode(zstandard.decompress(packed), type=_Job)
    here = version("esclusa")
    if here != job.version:
        raise RuntimeError(f"the job is of esclusa {job.version}, this worker has {here}")
    return Screener(Index.build(job.entries, job.editions), threshold=job.threshold)


def _frame(batch: Any) -> pl.DataFrame:
    import pyarrow as pa

    table = pl.from_arrow(pa.Table.from_batches([batch]))
    assert isinstance(table, pl.DataFrame)
    return table


def _batches(hits: pl.DataFrame) -> list[Any]:
    """Return Arrow batches in the types that Spark knows: it has no large strings or views."""
    import pyarrow as pa

    plain = {
        pl.String(): pa.string(),
        pl.Boolean(): pa.bool_(),
        pl.Float64(): pa.float64(),
        pl.Int32(): pa.int32(),
        pl.List(pl.String()): pa.list_(pa.string()),
    }
    schema = pa.schema([(name, plain[kind]) for name, kind in HIT_SCHEMA.items()])
    batches: list[Any] = hits.to_arrow().cast(schema).to_batches()
    return batches
