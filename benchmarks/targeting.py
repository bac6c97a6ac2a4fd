"""Features, rules and reasons per second, and what the rule language costs over bare polars.

    python -m benchmarks.targeting [consignments]

Consignments come from the made-up cargo reports of ``benchmarks.synthetic``, in the pipeline's
chunks of 500. Two floors are measured in the same run: one attribute read per body and field in a
bare list comprehension (for the features), and one bare polars comparison per rule (for the
rules). The ratio travels between machines, the speed does not. Times are of this process, best of
five, as other work on the machine only ever adds.
"""

from __future__ import annotations

import datetime as dt
import io
import sys
import time
from collections.abc import Callable, Sequence

import polars as pl
from benchmarks.synthetic import generate_cuscar

from esclusa.analysis.targeting import (
    consignment_table,
    load_pack,
    reasons_for,
    run_rules,
)
from esclusa.analysis.targeting.catalogue import columns
from esclusa.analysis.targeting.pack import Pack, active
from esclusa.analysis.targeting.run import judge
from esclusa.formats import registry
from esclusa.model import Consignment, Message

CHUNK = 500
REPEATS = 5
AS_OF = dt.date(2026, 11, 1)
HISTORY_ROWS = 200_000


def consignments(count: int) -> list[Consignment]:
    """Return made-up consignments as the reader of cargo reports gives them."""
    stream = io.BytesIO(b"".join(generate_cuscar(count)))
    messages = (m for m in registry.by_id("edifact.cuscar").read(stream) if isinstance(m, Message))
    return [s for m in messages for s in m.statements if isinstance(s, Consignment)]


def best(action: Callable[[], object]) -> float:
    """Return the least seconds of :data:`REPEATS` runs."""
    times = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        action()
        times.append(time.perf_counter() - start)
    return min(times)


def show(title: str, seconds: float, rows: int, floor: float) -> None:
    """Print one line: rows per second, microseconds per row, multiple of the floor."""
    speed, each = rows / seconds, seconds / rows * 1e6
    print(f"  {title:34} {speed:12,.0f} rows/s {each:9.2f} µs/row {seconds / floor:8.1f} × floor")


def chunked(bodies: Sequence[Consignment]) -> list[Sequence[Consignment]]:
    """Cut into chunks as the pipeline does."""
    return [bodies[start : start + CHUNK] for start in range(0, len(bodies), CHUNK)]


def attribute_floor(bodies: Sequence[Consignment]) -> pl.DataFrame:
    """Read one attribute per body and catalogue field: nothing that makes fields does less."""
    names = columns("consignment")
    return pl.DataFrame({name: [body.bill for body in bodies] for name in names})


def filter_floor(table: pl.DataFrame, rules: int) -> pl.DataFrame:
    """Compare one column once per rule."""
    column = pl.col("gross_mass_kg")
    return table.select((column > limit).alias(str(limit)) for limit in range(rules))


def passes(bodies: Sequence[Consignment], pack: Pack) -> None:
    """Measure the three steps chunk by chunk."""
    chunks, count = chunked(bodies), len(bodies)
    rules = len(active(pack, AS_OF, "consignment"))
    tables = [consignment_table(chunk) for chunk in chunks]
    hits = [run_rules(table, pack, AS_OF) for table in tables]
    found = sum(hit.height for hit in hits)
    print(f"{count:,} consignments in chunks of {CHUNK}, {rules} rules, {found:,} hits")
    floor = best(lambda: [attribute_floor(chunk) for chunk in chunks])
    show("features", best(lambda: [consignment_table(c) for c in chunks]), count, floor)
    floor = best(lambda: [filter_floor(table, rules) for table in tables])
    show("rules: verdicts", best(lambda: [judge(t, pack, AS_OF) for t in tables]), count, floor)
    show("rules: hits", best(lambda: [run_rules(t, pack, AS_OF) for t in tables]), count, floor)
    triples = list(zip(chunks, tables, hits, strict=True))
    spent = best(lambda: [reasons_for(b, t, h, pack) for b, t, h in triples])
    show("reasons with evidence", spent, count, floor)
    spent = best(lambda: [whole(chunk, pack) for chunk in chunks])
    show("all three", spent, count, floor)
    one = best(lambda: whole(bodies[:1], pack))
    print(f"  one consignment alone: {one * 1000:.1f} ms")


def whole(bodies: Sequence[Consignment], pack: Pack) -> object:
    """Features, hits and reasons of one chunk."""
    table = consignment_table(bodies)
    return reasons_for(bodies, table, run_rules(table, pack, AS_OF), pack)


def rehearsal(bodies: Sequence[Consignment], pack: Pack) -> None:
    """Measure the whole pack over a long history, as before a rule is switched on."""
    table = consignment_table(bodies)
    history = pl.concat([table] * (HISTORY_ROWS // table.height), rechunk=True)
    rules = len(active(pack, AS_OF, "consignment"))
    print(f"History of {history.height:,} rows in one table")
    floor = best(lambda: filter_floor(history, rules))
    show("verdicts of all rules", best(lambda: judge(history, pack, AS_OF)), history.height, floor)


def main() -> None:
    """Measure with as many consignments as asked for."""
    bodies = consignments(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000)
    pack = load_pack()
    print(f"load and check the pack: {best(load_pack) * 1000:.0f} ms")
    passes(bodies, pack)
    rehearsal(bodies[:5_000], pack)


if __name__ == "__main__":
    main()
