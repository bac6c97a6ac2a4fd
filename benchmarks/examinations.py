"""Measure outcomes: what it costs to ask a ledger of consignments and examinations once.

    python benchmarks/examinations.py                                 # small, a few seconds
    python benchmarks/examinations.py --bills 100000 --exams 5000

Each box makes two journeys with a bill each; half of the examinations name the box alone, so that
the journey has to be found. CPU seconds are those of this process; set POLARS_MAX_THREADS=1.
"""

from __future__ import annotations

import argparse
import datetime as dt
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from esclusa.ledger import records
from esclusa.ledger.records import Draft
from esclusa.model import (
    Body,
    Consignment,
    Conveyance,
    Examination,
    Finding,
    GoodsItem,
    Marking,
    Party,
    TransportEquipment,
    Voyage,
)
from esclusa.node import Node

SHIP = Conveyance(name="NORTHREACH STAR", imo="9074729")
BATCH = 2_000


def box(number: int, bills: int) -> str:
    """Return the container of a bill: each serves two bills, on journeys months apart."""
    return f"CSQU{number % (bills // 2):07d}"


def bill(number: int, bills: int) -> Consignment:
    """Return a consignment."""
    unit = TransportEquipment(number=box(number, bills))
    return Consignment(
        carrier="NRLN",
        bill=f"B{number:07d}",
        voyage=Voyage(reference=f"V{_month(number, bills)}", conveyance=SHIP),
        arrival=f"2026-{_month(number, bills):02d}-10",
        parties=(
            Party(role="shipper", name=f"FIRM {number % 900}", address="CALLE 5"),
            Party(role="consignee", name=f"IMPORTER {number % 5000}"),
        ),
        goods=(GoodsItem(description="BANANAS", hs_code="080390", gross_mass_kg=1000.0),),
        equipment=(unit,),
    )


def exam(number: int, bills: int, exams: int) -> Examination:
    """Return an examination of one of the bills, by its box alone when the number is even."""
    chosen = number * bills // exams
    found = number % 30 == 0
    return Examination(
        agency="MC",
        number=f"E{number}",
        result="found" if found else "nothing_found",
        equipment=box(chosen, bills),
        carrier="NRLN",
        bills=(f"B{chosen:07d}",) if number % 2 else (),
        completed=f"2026-{_month(chosen, bills):02d}-12T10:00Z",
        reported=f"2026-{_month(chosen, bills):02d}-14",
        methods=("scan",),
        findings=(Finding(category="drugs"),) if found else (),
        lane="value",
        probability=0.5,
    )


def _month(number: int, bills: int) -> int:
    return 1 + number % 6 + (6 if number >= bills // 2 else 0)


def keep(node: Node, bodies: Sequence[Body]) -> None:
    """Store bodies, without analysing them."""
    label = node.labels.intern(node.agency, Marking())
    for start in range(0, len(bodies), BATCH):
        drafts = [
            Draft(body=body, originator=node.agency, label_id=label)
            for body in bodies[start : start + BATCH]
        ]
        with node.store.write() as connection:
            records.append(connection, drafts)


def main() -> None:
    """Fill a ledger and ask it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bills", type=int, default=10_000)
    parser.add_argument("--exams", type=int, default=1_000)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        node = Node.create(Path(folder) / "node", agency="marisol")
        keep(node, [bill(number, asked.bills) for number in range(asked.bills)])
        keep(node, [exam(number, asked.bills, asked.exams) for number in range(asked.exams)])
        june = dt.datetime(2026, 6, 1, tzinfo=dt.UTC)
        for name, moment in (("now", None), ("again", None), ("as of June", june)):
            start = time.process_time()
            found = node.outcomes(node.operator(), known_by=moment)
            spent = time.process_time() - start
            print(f"{asked.bills:,} bills, {asked.exams:,} examinations, {name}: "
                  f"{found.height:,} outcomes in {spent:.2f} s")  # fmt: skip
        node.close()


if __name__ == "__main__":
    main()
