"""The same batch here and on a cluster: a real Spark Connect server, real workers, equal hits."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import polars as pl
import pytest
from pysail.spark import SparkConnectServer

from esclusa.analysis.screening import HIT_SCHEMA, Index, screen
from esclusa.errors import ConfigError, InputError
from esclusa.model import Alias, Identifier, ListEntry
from esclusa.node import cluster

ENTRIES = [
    ListEntry(
        list_id="own", uid="1", type="person", name="Altamira Reyes, Nicanor",
        aliases=(Alias(name="Nico Altamira"), Alias(name="El Faro", weak=True)),
        birth_dates=("1971-05-02",), nationalities=("PA",),
    ),
    ListEntry(list_id="own", uid="2", type="vessel", name="Marisol Star",
              identifiers=(Identifier(scheme="imo", value="9074729"),)),
    ListEntry(list_id="own", uid="3", type="organisation", name="Northreach Maritime S. de R.L."),
]  # fmt: skip
EDITIONS = {"own": "2026-11-01"}
QUERIES = pl.DataFrame(
    {
        "query_id": [str(number) for number in range(200)],
        "name": ["Nicanor Altamira Reyes", "MV Marisol Star", "Northreach Maritime", "Ana Quintero",
                 ""] * 40,
        "type": ["person", "vessel", None, "person", "any"] * 40,
        "birth_date": ["1971-05-02", None, None, "1990", ""] * 40,
        "nationality": ["PA", None, "", "PA", None] * 40,
        "identifiers": [None, ["imo:9074729"], [], None, None] * 40,
    },
    schema_overrides={"identifiers": pl.List(pl.String())},
)  # fmt: skip


@pytest.fixture(scope="module")
def session() -> Iterator[Any]:
    server = SparkConnectServer(ip="127.0.0.1", port=0)
    server.start(background=True)
    try:
        _host, port = server.listening_address
        session = cluster.connect(f"sc://127.0.0.1:{port}")
        yield session
        session.stop()
    finally:
        server.stop()


def _sorted(hits: pl.DataFrame) -> pl.DataFrame:
    return hits.sort("query_id", "rank").select(HIT_SCHEMA.names())


def _on_cluster(session: Any, queries: pl.DataFrame, **chosen: Any) -> pl.DataFrame:
    table = session.createDataFrame(queries.to_arrow())
    found = cluster.screen_on_cluster(table, ENTRIES, EDITIONS, **chosen).toArrow()
    return _sorted(pl.from_arrow(found).cast(HIT_SCHEMA))  # type: ignore[union-attr]


def test_a_cluster_gives_the_hits_that_one_machine_gives(session: Any) -> None:
    here = screen(QUERIES, Index.build(ENTRIES, EDITIONS))
    assert here.height == 120
    assert _on_cluster(session, QUERIES).equals(_sorted(here))


def test_the_threshold_travels_with_the_job(session: Any) -> None:
    here = screen(QUERIES, Index.build(ENTRIES, EDITIONS), threshold=95.0)
    assert 0 < here.height < 120
    assert _on_cluster(session, QUERIES, threshold=95.0).equals(_sorted(here))


def test_no_hit_anywhere_is_an_empty_table_with_all_columns(session: Any) -> None:
    found = _on_cluster(session, QUERIES.filter(pl.col("name") == "Ana Quintero"))
    assert found.height == 0
    assert found.columns == HIT_SCHEMA.names()


def test_columns_that_screening_does_not_know_stay_where_they_are(session: Any) -> None:
    wider = QUERIES.with_columns(pl.lit("flight 12").alias("note"))
    assert _on_cluster(session, wider).equals(_on_cluster(session, QUERIES))


def test_a_table_without_names_is_refused_before_anything_runs(session: Any) -> None:
    table = session.createDataFrame(QUERIES.select("query_id").to_arrow())
    with pytest.raises(InputError, match="column name is missing"):
        cluster.screen_on_cluster(table, ENTRIES)


def test_lists_larger_than_a_job_carries_are_refused(
    session: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cluster, "_LARGEST", 10)
    with pytest.raises(InputError, match="one job carries 10"):
        cluster.screen_on_cluster(session.createDataFrame(QUERIES.to_arrow()), ENTRIES)


def test_a_worker_of_another_version_refuses_the_job(
    session: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    cluster._screener.cache_clear()
    table = session.createDataFrame(QUERIES.to_arrow())
    monkeypatch.setattr(cluster, "version", lambda _name: "0.0.1")
    found = cluster.screen_on_cluster(table, ENTRIES, EDITIONS)
    monkeypatch.undo()
    with pytest.raises(Exception, match=r"the job is of esclusa 0\.0\.1"):
        found.toArrow()


def test_an_address_without_a_server_is_one_clear_error() -> None:
    with pytest.raises(ConfigError, match="begins with sc://"):
        cluster.connect("http://127.0.0.1:1")
    with pytest.raises(ConfigError, match="no Spark Connect server answers"):
        cluster.connect("sc://127.0.0.1:1")
