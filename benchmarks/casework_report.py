"""A month's report over a large ledger: CPU time of the report, of what stands behind a figure, of
the board, and of the files.

    python benchmarks/casework_report.py [--alerts 100000] [--database sqlite|postgresql URL]

The ledger: ``--alerts`` consignments with one alert each, raised over fourteen months, half of them
decided a day later; 2,000 examinations, 2,000 referrals that this node asked for, all in the same
months; 500 files. Three months are counted for one report: the month, the one before, and that of
the year before. Figures are remembered until something is recorded, so a month is measured both
ways. Processor time of this process, best of three, with the memory that it took on top
of the open node; what a PostgreSQL server spends is not in it.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import random
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

import sqlalchemy as sa

import report_worlds as made
import worlds
from esclusa.ledger import bulk, queue, records
from esclusa.ledger.records import Draft
from esclusa.ledger.schema import record, source
from esclusa.model import (
    Alert,
    AlertMove,
    Consignment,
    Examination,
    Finding,
    GoodsItem,
    Level,
    Marking,
    Party,
    Reason,
    ReferralMove,
)
from esclusa.node import Node
from esclusa.node.reporting.written import FORMATS

FIRST = dt.datetime(2025, 10, 1, tzinfo=dt.UTC)
MONTHS = 14
RUNS = 3
_BATCH = 5_000
PERIOD = "2026-11"


def text(moment: dt.datetime) -> str:
    """Return a moment as the ledger writes it."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def filled(folder: Path, alerts: int, database: str) -> Node:
    """Return the node; the same for the same number of alerts."""
    node = worlds.make(folder, database)
    node.casework_reports.now = lambda: dt.datetime(2026, 12, 2, tzinfo=dt.UTC)
    node.board.now = node.report_desk.now = node.casework_reports.now
    label = node.labels.intern(made.US, Marking(level=Level.OFFICIAL))
    span = dt.timedelta(days=30.4 * MONTHS)
    rng = random.Random(7)
    for start in range(0, alerts, _BATCH):
        with node.store.write() as connection:
            _alerts(connection, label, range(start, min(alerts, start + _BATCH)), alerts, span)
    with node.store.write() as connection:
        _others(connection, label, rng, span, alerts)
    return node


def _alerts(connection: Any, label: int, numbers: range, whole: int, span: dt.timedelta) -> None:
    shared = {"originator": made.US, "label_id": label}
    drafts, moments = [], [FIRST + span * number / whole for number in numbers]
    for number, at in zip(numbers, moments, strict=True):
        drafts += [Draft(body=body, **shared) for body in _stated(number, at)]  # type: ignore[arg-type]
    named = [one.id for one in records.append(connection, drafts, recorded=text(moments[0]))[1::2]]
    seqs = dict(connection.execute(sa.select(record.c.id, record.c.seq).where(
        record.c.kind == "alert", record.c.recorded_time == text(moments[0]))).all())  # fmt: skip
    by_day: dict[str, list[Draft]] = {}
    rows = []
    for number, at, name in zip(numbers, moments, named, strict=True):
        decided = number % 2 == 0
        if decided:
            after = at + dt.timedelta(hours=number % 48)
            move = AlertMove(alert_id=name, number=1, move="verdict", state="closed", by="ana",
                             at=text(after), reason="seen",
                             verdict=("refer", "explained", "other_party")[number % 3])  # fmt: skip
            draft = Draft(body=move, derived_from=(name,), **shared)  # type: ignore[arg-type]
            by_day.setdefault(f"{after:%Y-%m-%d}", []).append(draft)
        rows.append({
            "alert_id": name, "label_id": label, "seq": seqs[name],
            "subject_id": made.subject_of(f"K{number}"), "subject_kind": "consignment",
            "source_id": "", "breadth": 2, "title": f"NRCH K{number}", "score": 10.0,
            "open": not decided, "state": "closed" if decided else "new", "claimed_by": "",
            "verdict": "refer" if decided else "", "port": "PAONX", "arrival": text(at)[:10],
            "created": text(at), "until": "",
        })  # fmt: skip
    for day, some in by_day.items():
        records.append(connection, some, recorded=f"{day}T23:59:59.000000Z")
    queue.put(connection, rows)


def _stated(number: int, at: dt.datetime) -> tuple[Consignment, Alert]:
    """Return a consignment and the alert on it."""
    said = Consignment(
        carrier="NRCH", bill=f"K{number}", arrival=text(at)[:10],
        parties=(Party(role="consignee", name=f"FIRMA {number % 997} SA"),),
        goods=(GoodsItem(description="MACHINE PARTS AND THEIR ACCESSORIES"),),
    )  # fmt: skip
    reasons = tuple(
        Reason(source="rule", code=f"C{code:02}", version="1", points=5, text_en="t", text_es="t")
        for code in (number % 7, 7 + number % 5)
    )
    subject = made.subject_of(f"K{number}")
    return said, Alert(subject_id=subject, subject_kind="consignment", score=10, reasons=reasons,
                       title=f"NRCH K{number}")  # fmt: skip


def _others(
    connection: Any, label: int, rng: random.Random, span: dt.timedelta, alerts: int
) -> None:
    drafts: list[Draft] = []
    shared = {"originator": made.US, "label_id": label}
    for number in range(2_000):
        at = text(FIRST + span * rng.random())
        found = number % 9 == 0
        exam = Examination(
            agency="MC", number=f"E{number}", result="found" if found else "nothing_found",
            carrier="NRCH", bills=(f"K{rng.randrange(alerts)}",), started=at, completed=at,
            reported=at, methods=("scan",), lane=("value", "control_random")[number % 2],
            findings=(Finding(category="drugs"),) if found else (),
        )  # fmt: skip
        asked = FIRST + span * rng.random()
        told = {"referral": f"r{number}", "requester": made.US, "host": made.THEM,
                "agency": made.US, "seen": 0}  # fmt: skip
        request = ReferralMove(number=1, move="request", by="ana", at=text(asked),
                               cut_off=text(asked + dt.timedelta(hours=12)), **told)  # type: ignore[arg-type]  # fmt: skip
        silent = ReferralMove(number=2, move="expire", by="(node)", **told,  # type: ignore[arg-type]
                              at=text(asked + dt.timedelta(hours=13)))  # fmt: skip
        drafts += [Draft(body=body, **shared) for body in (exam, request, silent)]  # type: ignore[arg-type]
    records.append(connection, drafts)
    bulk.insert(connection, source, [
        {"id": f"s{n}", "sha256": f"s{n}", "name": f"s{n}.edi", "size": 1, "label_id": label,
         "format": "edifact", "state": "done", "received": text(FIRST + span * n / 500),
         "received_by": "ana", "counts": json.dumps({"messages": 200, "defects": 3})}
        for n in range(500)
    ])  # fmt: skip


def best(action: Callable[[], object]) -> float:
    """Return the least processor seconds of some runs."""
    times = []
    for _run in range(RUNS):
        began = time.process_time()
        action()
        times.append(time.process_time() - began)
    return min(times)


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--alerts", type=int, default=100_000)
    parser.add_argument("--database", default="")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        node = filled(Path(folder) / "node", chosen.alerts, chosen.database)
        reader, desk = made.supervisor(node), node.casework_reports
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        began = time.process_time()
        view = desk.report(reader, PERIOD)
        print(f"{chosen.alerts} alerts: first report {time.process_time() - began:.2f} s of CPU")
        told = {row.figure: row.cells["now"].number for one in view.sections for row in one.rows
                if not row.part}  # fmt: skip
        print({name: number for name, number in told.items() if number})
        anew = iter(range(1_000_000))

        def record_and_report() -> None:
            with node.store.write() as connection:
                said, _alert = _stated(10_000_000 + next(anew), FIRST)
                label = node.labels.intern(made.US, Marking(level=Level.OFFICIAL))
                records.append(connection, [Draft(body=said, originator=made.US, label_id=label)])
            desk.report(reader, PERIOD)

        tasks: dict[str, Callable[[], object]] = {
            "report of a month": lambda: desk.report(reader, PERIOD),
            "report of a month after something came in": record_and_report,
            "report of a month, small figures hidden":
                lambda: desk.report(reader, PERIOD, hide_small=True),
            "report of a year": lambda: desk.report(reader, "2026"),
            "report of a year, small figures hidden":
                lambda: desk.report(reader, "2026", hide_small=True),
            "behind alerts_decided": lambda: desk.behind(reader, PERIOD, "alerts_decided"),
            "behind sent_asked": lambda: desk.behind(reader, PERIOD, "sent_asked"),
            "board": lambda: node.board.board(reader),
            **{f"as {name}": lambda write=write: write(view, "en")  # type: ignore[misc]
               for name, write in FORMATS.items()},
        }  # fmt: skip
        for name, task in tasks.items():
            print(f"{name:42} {best(task):6.2f} s")
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        print(f"memory on top of the open node: {(peak - before) / 1024:.0f} MiB")
        node.close()


if __name__ == "__main__":
    main()
