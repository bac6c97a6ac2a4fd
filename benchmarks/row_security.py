"""What PostgreSQL's row security costs a release: server time over a ledger of many records.

    python benchmarks/row_security.py [--rows 200000] [--rounds 5]

PostgreSQL itself fills the ledger's own table of records (400 labels, one row in five visible). It
is asked for a count, for the newest 100 and for one record by its number: with the labels in the
query alone, behind the policies as well (what the gate does), behind the policies alone (a query
that forgot its labels), and behind policies written in other ways. One process, no parallel
workers, no JIT; the ways take turns, medians of planning and execution as PostgreSQL tells them.
A count needs an index that begins with the label. The ledger has none, for it never counts records
without a bound; the benchmark makes it. The size that the project promises is --rows 10000000:
count within 1 s, newest 100 within 1 ms.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

import sqlalchemy as sa
from benchmarks.ingest import databases, fresh

from esclusa.ledger.store import Store

LABELS = 400
VISIBLE = range(1, LABELS + 1, 5)
CHUNK = 500_000
LISTED = f"label_id IN ({', '.join(map(str, VISIBLE))})"

FILL = f"""
    INSERT INTO record (seq, id, label_id, version, kind, key, body, salt, digest, recorded_time)
    SELECT n, 'record-' || n, 1 + abs(hashint8(n)::bigint) % {LABELS}, 1, 'consignment',
           'NRCH/B' || n, decode(repeat('7b', 60), 'hex'), '\\x00', '\\x00', 'T' || n
    FROM generate_series(CAST(:first AS bigint), CAST(:last AS bigint)) AS n"""
UNUSED = (
    "ALTER TABLE record DROP CONSTRAINT uq_record_id_label_id_version",
    "DROP INDEX ix_record_source_id, ix_record_retain_until, ix_record_list_entry",
)
"""Indexes that none of the questions uses: without them the filling is quick."""

QUESTIONS = {
    "count": "SELECT count(*) FROM record WHERE {filter}",
    "newest 100": "SELECT * FROM record WHERE {filter} ORDER BY seq DESC LIMIT 100",
    "one record": "SELECT * FROM record WHERE {filter} AND seq = {middle}",
}
LIST_READ_ONCE = (
    "label_id = ANY ((SELECT coalesce(nullif(current_setting('esclusa.labels', true), ''), '{}')"
    "::integer[])::integer[])"
)
CONTRAST = {
    "the queue's shape, labels in the query": (LISTED, f"({LIST_READ_ONCE}) IS TRUE", ()),
    "policy reads a table of labels": (
        "true",
        "label_id IN (SELECT shown.label_id FROM shown)",
        (
            f"CREATE TABLE shown AS SELECT n AS label_id FROM unnest(ARRAY{[*VISIBLE]}) AS n",
            "GRANT SELECT ON shown TO esclusa_reader",
            "ANALYZE shown",
        ),
    ),
    "policy reads the setting row by row": (
        "true", "label_id = ANY (current_setting('esclusa.labels', true)::integer[])", (),
    ),
    "policy calls a function row by row": (
        "true",
        "may_show(label_id)",
        (
            "CREATE FUNCTION may_show(label integer) RETURNS boolean LANGUAGE plpgsql STABLE AS $$"
            " BEGIN RETURN label = ANY (current_setting('esclusa.labels', true)::integer[]); END $$",
        ),
    ),
}  # fmt: skip
"""Other policies: the filter of the query, the policy, and what it needs."""


def fill(store: Store, rows: int) -> None:
    """Let PostgreSQL write the records, and the index that a count by label needs."""
    with store.write() as connection:
        for statement in UNUSED:
            connection.exec_driver_sql(statement)
    for first in range(1, rows + 1, CHUNK):
        with store.write() as connection:
            last = min(first + CHUNK - 1, rows)
            connection.execute(sa.text(FILL), {"first": first, "last": last})
    with store.write() as connection:
        connection.exec_driver_sql("CREATE INDEX ix_bench_label ON record (label_id, seq)")
    engine = sa.create_engine(store.url, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
    with engine.connect() as connection:
        connection.exec_driver_sql("VACUUM (ANALYZE) record")


def spent(connection: sa.Connection, question: str) -> float:
    """Return the milliseconds that the server took to plan and run a question."""
    connection.exec_driver_sql("SET LOCAL max_parallel_workers_per_gather = 0; SET LOCAL jit = off")
    plan = connection.exec_driver_sql(
        "EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) " + question
    ).scalar_one()
    return float(plan[0]["Planning Time"] + plan[0]["Execution Time"])


@contextmanager
def asking(store: Store, visible: Collection[int] | None) -> Iterator[sa.Connection]:
    """Yield a transaction behind the policies, or the node's own (None)."""
    with store.read() if visible is None else store.read_for(visible) as connection:
        yield connection


def measure(
    store: Store, ways: dict[str, tuple[str, Collection[int] | None]], middle: int, rounds: int
) -> dict[str, dict[str, list[float]]]:
    """Ask every question in every way in turns; milliseconds by way and question."""
    found: dict[str, dict[str, list[float]]] = {
        way: {name: [] for name in QUESTIONS} for way in ways
    }
    for _round in range(rounds):
        for way, (filtered, visible) in ways.items():
            for name, question in QUESTIONS.items():
                with asking(store, visible) as connection:
                    text = question.format(filter=filtered, middle=middle)
                    found[way][name].append(spent(connection, text))
    return found


def show(found: dict[str, dict[str, list[float]]]) -> None:
    """Print a line of medians for each way."""
    for way, times in found.items():
        medians = [statistics.median(times[name]) for name in QUESTIONS]
        print(f"{way:<38}" + "".join(f"{value:>12,.2f} ms" for value in medians), flush=True)


def contrast(store: Store, middle: int) -> None:
    """Put other policies in the place of the ledger's and ask once each."""
    for way, (filtered, policy, needs) in CONTRAST.items():
        with store.write() as connection:
            for statement in needs:
                connection.exec_driver_sql(statement)
            connection.exec_driver_sql(f"ALTER POLICY released ON record USING ({policy})")
        show(measure(store, {way: (filtered, VISIBLE)}, middle, 1))


def main() -> None:
    """Fill a ledger and ask."""
    parser = argparse.ArgumentParser(description="row security")
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--rounds", type=int, default=5)
    chosen = parser.parse_args()
    with databases("postgresql") as urls:
        store = Store(fresh(urls["postgresql"], 0))
        store.upgrade()
        began = time.perf_counter()
        fill(store, chosen.rows)
        with store.read() as connection:
            size = connection.scalar(sa.text("SELECT pg_table_size('record')")) / 1e6
        with store.read_for(VISIBLE) as connection:
            seen = connection.scalar(sa.text("SELECT count(*) FROM record"))
            middle = connection.scalar(
                sa.text(f"SELECT min(seq) FROM record WHERE seq > {chosen.rows // 2}")
            )
        print(f"{chosen.rows:,} records, {size:,.0f} MB, {seen:,} visible under {len(VISIBLE)} of "
              f"{LABELS} labels; filled in {time.perf_counter() - began:.0f} s")  # fmt: skip
        print(f"{'':<38}" + "".join(f"{name:>15}" for name in QUESTIONS))
        ways = {
            "labels in the query": (LISTED, None),
            "labels in the query, and policies": (LISTED, VISIBLE),
            "policies alone": ("true", VISIBLE),
        }
        show(measure(store, ways, middle, chosen.rounds))
        contrast(store, middle)
        store.close()


if __name__ == "__main__":
    main()
