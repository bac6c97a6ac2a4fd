"""Server time of a queue page of 200 rows, from a ledger of many alerts.

    python benchmarks/queue_page.py [--rows 100000]

Alert records and queue rows are written through the ledger's own functions under two labels; a
reader who may see one of them asks for the page through the web application. Median of 15 requests,
beside the floor of reading the same 200 rows by their keys. The issue's size is --rows 1000000.
"""

from __future__ import annotations

import argparse
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from starlette.testclient import TestClient

from esclusa.ledger import queue, records
from esclusa.ledger.records import Draft
from esclusa.model import Alert, Evidence, Level, Marking, Reason, record_id
from esclusa.node import Node
from esclusa.sharing.views import QueueFilter
from esclusa.web.app import create_app

BATCH = 2_000
PASSWORD = "a long enough password"


def alert(number: int, rng: random.Random) -> Alert:
    """Return a made-up alert with two reasons."""
    points = float(rng.randint(5, 60))
    reasons = tuple(
        Reason(
            source="rule", code=code, version="1", points=points / 2,
            text_en="The goods text is vague.", text_es="El texto de la mercancía es vago.",
            evidence=(Evidence(path="goods.0.description", value="GENERAL CARGO"),),
        )
        for code in ("C05", "C12")
    )  # fmt: skip
    return Alert(
        subject_id=record_id("marisol", "consignment", f"B{number}"), subject_kind="consignment",
        score=points, title=f"NRCH B{number}", reasons=reasons,
    )  # fmt: skip


def fill(node: Node, rows: int) -> None:
    """Write alerts and their queue rows; one in five under a stricter label."""
    rng = random.Random(3)
    labels = [
        node.labels.intern("marisol", Marking(level=level))
        for level in (Level.OFFICIAL, Level.SECRET)
    ]
    for first in range(0, rows, BATCH):
        bodies = [alert(number, rng) for number in range(first, min(first + BATCH, rows))]
        drafts = [
            Draft(body=body, originator="marisol", label_id=labels[rng.random() < 0.2])
            for body in bodies
        ]
        with node.store.write() as connection:
            made = records.append(connection, drafts)
            queue.put(
                connection,
                [
                    {
                        "alert_id": done.id, "label_id": draft.label_id, "seq": done.seq,
                        "subject_id": body.subject_id, "subject_kind": "consignment",
                        "source_id": "", "breadth": 2, "title": body.title, "score": body.score,
                        "open": True, "state": "new", "claimed_by": "", "verdict": "",
                        "port": "PAONX", "arrival": f"2026-12-{rng.randint(1, 28):02}T08:00",
                        "created": "2026-11-23T12:00:00Z",
                    }
                    for body, draft, done in zip(bodies, drafts, made, strict=True)
                ],
            )  # fmt: skip


def middle(action: Callable[[], object]) -> float:
    """Return the median milliseconds of 15 runs after two warm ones."""
    times = []
    for _ in range(17):
        began = time.perf_counter()
        action()
        times.append(time.perf_counter() - began)
    return statistics.median(times[2:]) * 1000


def main() -> None:
    """Fill a ledger and ask for its queue."""
    parser = argparse.ArgumentParser(description="queue page")
    parser.add_argument("--rows", type=int, default=100_000)
    rows = parser.parse_args().rows
    with tempfile.TemporaryDirectory() as folder:
        node = Node.create(Path(folder) / "node", agency="marisol")
        began = time.perf_counter()
        fill(node, rows)
        print(f"{rows:,} alerts written in {time.perf_counter() - began:.0f} s")
        node.add_user(node.administrator(), name="ana", password=PASSWORD, role="analyst")
        reader = node.reader(node.sign_in("ana", PASSWORD))
        page = node.queue(reader, QueueFilter(limit=200))
        seqs = list(range(1, 201))

        def floor() -> None:
            with node.store.read() as connection:
                records.get_by_seq(connection, node.labels, node.gate.visible(reader), seqs)

        lowest = middle(floor)
        service = middle(lambda: node.queue(reader, QueueFilter(limit=200)))
        print(f"service, {len(page.rows)} rows: {service:.1f} ms ({service / lowest:.1f} x floor)")
        api(node, lowest)
        node.close()


def api(node: Node, lowest: float) -> None:
    """Print the time of the JSON answer through the application."""
    client = TestClient(create_app(node))
    body = {"name": "ana", "password": PASSWORD}
    token = client.post("/api/v1/session", json=body).json()["token"]
    headers = {"Authorization": f"Bearer {token}"}

    def ask() -> None:
        assert client.get("/api/v1/queue?limit=200", headers=headers).status_code == 200

    spent = middle(ask)
    print(f"API answer, 200 rows: {spent:.1f} ms ({spent / lowest:.1f} x floor)")


if __name__ == "__main__":
    main()
