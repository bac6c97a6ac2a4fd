"""Server time of a queue page of 200 rows, from a ledger of many alerts.

    python benchmarks/queue_page.py [--rows 100000] [--database sqlite|postgresql] [--node FOLDER]

Alert records and queue rows are written through the ledger's own functions: four kinds, three
ports, open, claimed and closed, one in five under a stricter label and one in twenty under both.
Two readers ask, one who may see one label and one who may see both, in every order and through
every filter, the rare values of a column included: an index must find them. Median of 15 requests
each, beside the floor of reading the same 200 bodies by their keys. ``--node`` keeps the filled
node for another run. The size that the project promises is --rows 1000000.
"""

from __future__ import annotations

import argparse
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from benchmarks.ingest import databases, fresh
from starlette.testclient import TestClient

from esclusa.ledger import queue, records
from esclusa.ledger.records import Appended, Draft
from esclusa.model import Alert, Evidence, Level, Marking, Reason, record_id
from esclusa.node import Node
from esclusa.sharing.views import QueueFilter
from esclusa.web.app import create_app

BATCH = 2_000
ROWS = 200
PASSWORD = "a long enough password"
READERS = {"one label": Level.OFFICIAL, "both labels": Level.SECRET}
KINDS = {"consignment": 700, "equipment": 200, "traveller": 99, "port_call": 1}
PORTS = {"PAONX": 800, "PABLB": 199, "PACTB": 1}
QUESTIONS: tuple[dict[str, Any], ...] = (
    {}, {"sort": "recent"}, {"sort": "arrival"}, {"state": "new"}, {"state": "claimed"},
    {"state": "closed"}, {"state": "all"}, {"mine": True}, {"kind": "consignment"},
    {"kind": "port_call"}, {"port": "PAONX"}, {"port": "PACTB"}, {"minimum_score": 55.0},
    {"port": "PACTB", "kind": "port_call"}, {"port": "PACTB", "sort": "recent"},
    {"kind": "port_call", "sort": "arrival"}, {"port": "PAONX", "sort": "recent"},
    {"mine": True, "sort": "recent"}, {"state": "withdrawn"},
)  # fmt: skip


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
        subject_id=record_id("marisol", "consignment", f"B{number}"),
        subject_kind=rng.choices(list(KINDS), list(KINDS.values()))[0],
        score=points, title=f"NRCH B{number}", reasons=reasons,
    )  # fmt: skip


def fill(node: Node, rows: int) -> None:
    """Write alerts and their queue rows until there are ``rows`` of them."""
    rng = random.Random(3)
    open_, secret = (
        node.labels.intern("marisol", Marking(level=level)) for level in READERS.values()
    )
    done = 0
    while done < rows:
        drafts: list[Draft] = []
        while len(drafts) < min(BATCH, rows - done):
            body, draw = alert(done + len(drafts), rng), rng.random()
            labels = (open_, secret) if draw < 0.05 else (secret,) if draw < 0.25 else (open_,)
            drafts += [Draft(body=body, originator="marisol", label_id=label) for label in labels]
        with node.store.write() as connection:
            made = records.append(connection, drafts)
            pairs = zip(drafts, made, strict=True)
            queue.put(connection, [_row(draft, answer, rng) for draft, answer in pairs])
        done += len(drafts)


def _row(draft: Draft, made: Appended, rng: random.Random) -> dict[str, Any]:
    """A queue row; the state depends on the alert alone, as two labels of one may differ."""
    day = rng.randint(1, 28)
    state = rng.choices(("new", "claimed", "closed"), (8_495, 5, 1_500))[0]
    who = "" if state == "new" else rng.choice(("ana", "bea", "eva"))
    port = rng.choices(list(PORTS), list(PORTS.values()))[0]
    return queue_row(draft, made, state=state, who=who, port=port, day=day) | {"breadth": 2}


def queue_row(
    draft: Draft, made: Appended, *, state: str, who: str, port: str, day: int
) -> dict[str, Any]:
    """Return the queue row of an alert that was written.

    :param who: the account that claimed it, or "".
    :param day: of the month in which it was raised, and in the next of which the goods arrive.
    """
    body = draft.body
    assert isinstance(body, Alert)
    return {
        "alert_id": made.id, "label_id": draft.label_id, "seq": made.seq,
        "subject_id": body.subject_id, "subject_kind": body.subject_kind, "source_id": "",
        "breadth": 1, "title": body.title, "score": body.score, "open": state != "closed",
        "state": state, "claimed_by": who, "verdict": "inspect" if state == "closed" else "",
        "port": port, "arrival": f"2026-12-{day:02}T08:00",
        "created": f"2026-11-{day:02}T12:00:00Z",
    }  # fmt: skip


def middle(action: Callable[[], object]) -> float:
    """Return the median milliseconds of 15 runs after two warm ones."""
    times = []
    for _ in range(17):
        began = time.perf_counter()
        action()
        times.append(time.perf_counter() - began)
    return statistics.median(times[2:]) * 1000


@contextmanager
def filled(chosen: argparse.Namespace) -> Iterator[Node]:
    """Yield a node with that many queue rows: the kept one, or one filled now."""
    with tempfile.TemporaryDirectory() as folder, databases(chosen.database) as urls:
        place = chosen.node or Path(folder) / "node"
        if chosen.node and (place / "ledger.sqlite").exists():
            node = Node.open(place)
        else:
            node = Node.create(place, agency="marisol", database=fresh(urls[chosen.database], 0))
            began = time.perf_counter()
            fill(node, chosen.rows)
            print(f"{chosen.rows:,} queue rows written in {time.perf_counter() - began:.0f} s")
            for name, level in zip(("ana", "bea"), READERS.values(), strict=True):
                node.add_user(
                    node.administrator(), name=name, password=PASSWORD, role="analyst",
                    clearance=level,
                )  # fmt: skip
        yield node
        node.close()


def main() -> None:
    """Fill a ledger and ask for its queue."""
    parser = argparse.ArgumentParser(description="queue page")
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--database", choices=["sqlite", "postgresql"], default="sqlite")
    parser.add_argument("--node", type=Path, default=None)
    with filled(parser.parse_args()) as node:
        print(f"{'question':<40}" + "".join(f"{name:>14}" for name in READERS) + "   rows")
        readers = [node.reader(node.sign_in(name, PASSWORD)) for name in ("ana", "bea")]
        floor = _floor(node)
        slowest = 0.0
        for question in QUESTIONS:
            wanted = QueueFilter(limit=ROWS, **question)
            spent = [
                middle(lambda who=who, wanted=wanted: node.queue(who, wanted)) for who in readers
            ]
            slowest = max(slowest, *spent)
            label = " ".join(f"{name}={value}" for name, value in question.items()) or "as it opens"
            shown = len(node.queue(readers[0], wanted).rows)
            print(f"{label:<40}" + "".join(f"{ms:>11.1f} ms" for ms in spent) + f"{shown:>7}")
        print(f"slowest {slowest:.1f} ms; floor, {ROWS} bodies by key: {floor:.1f} ms")
        for path, name in (
            ("/api/v1/queue?limit=200", "JSON answer"),
            ("/queue?limit=200", "page"),
        ):
            spent = faces(node, path)
            print(f"{name}, {ROWS} rows, through the application: {spent:.1f} ms "
                  f"({spent / floor:.1f} x floor)")  # fmt: skip


def _floor(node: Node) -> float:
    """Median milliseconds to read 200 bodies by their keys and do nothing else."""
    seqs = list(range(1, ROWS + 1))
    visible = frozenset(label.id for label in node.labels.all())

    def read() -> None:
        with node.store.read() as connection:
            records.bodies_by_seq(connection, visible, seqs)

    return middle(read)


def faces(node: Node, path: str) -> float:
    """Median milliseconds of an answer through the ASGI application, sign-in included."""
    client = TestClient(create_app(node))
    token = node.sign_in("ana", PASSWORD)
    headers = {"Authorization": f"Bearer {token}"}
    if not path.startswith("/api"):
        client.cookies.set("esclusa", token)

    def ask() -> None:
        assert client.get(path, headers=headers, follow_redirects=False).status_code == 200

    return middle(ask)


if __name__ == "__main__":
    main()
