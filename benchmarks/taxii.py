"""The TAXII door in one process: objects pushed and pulled per second of its own CPU.

    python benchmarks/taxii.py [--sizes 1000,10000,100000] [--rounds 3] [--batch 1000]
                               [--page 5000] [--peers PYTHON] [--peer-sizes 1000,3000]

Each request runs through the door as an ASGI application: sign-in, agreement, validation of each
object, its label, custody, storage and the audit line included; no socket and no client. STIX 2.1
indicators of about 650 bytes with one of three TLP markings. The sizes take turns, each time in a
process of its own; printed are the median of the rounds and, in brackets, the least and the most.

``cold``   the first post (of one object) and the first page of a process, in milliseconds
``push``   objects per CPU second over the whole filling, without that first post
``end``    the same over the last tenth: what a post costs when all of the others are stored
``pull``   objects per CPU second over walks through the whole collection, the first page too; a
           small one is walked until 20,000 objects have gone out
``page``   CPU time of its last page, in milliseconds
``MiB``    the most memory that the process held
``floor``  the same batches put into a table of SQLite with a number and the bytes alone, each a
           synced transaction, between one post and the next; and read back page by page and joined

``--peers`` names an interpreter of an environment of its own with ``pip install medallion opentaxii
"sqlalchemy<2"``: both are then given the same envelopes, at sizes that they can bear. Neither labels,
audits or keeps custody, and medallion keeps everything in memory.
"""

from __future__ import annotations

import argparse
import asyncio
import datetime as dt
import json
import random
import resource
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from pathlib import Path
from typing import Any

import msgspec

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from esclusa.api.taxii import create_door
from exchange_worlds import World

MEDIA = b"application/taxii+json;version=2.1"
_TLP = (
    "marking-definition--94868c89-83c2-464b-929b-a1a8aa3c8487",
    "marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb",
    "marking-definition--939a9414-2ddd-4d32-a0cd-375ea402b003",
)
_LEAST = 20_000


def indicators(number: int, seed: int) -> list[bytes]:
    """Return made-up indicators."""
    chance = random.Random(seed)
    found = []
    for _ in range(number):
        item: dict[str, Any] = {
            "type": "indicator", "spec_version": "2.1",
            "id": f"indicator--{uuid.UUID(int=chance.getrandbits(128), version=4)}",
            "created_by_ref": f"identity--{uuid.UUID(int=7, version=4)}",
            "created": "2026-11-20T10:00:00.000Z", "modified": "2026-11-20T10:00:00.000Z",
            "name": f"Container {chance.randrange(10**7)}",
            "description": "Declared weight and stowage do not agree. " * 4,
            "pattern": f"[file:name = '{chance.getrandbits(64):x}']", "pattern_type": "stix",
            "valid_from": "2026-11-20T10:00:00Z", "labels": ["anomalous-activity"],
            "object_marking_refs": [chance.choice(_TLP)],
        }  # fmt: skip
        found.append(msgspec.json.encode(item))
    return found


class Asker:
    """Calls an ASGI application without a socket."""

    def __init__(self, app: Any, token: str) -> None:
        self._app = app
        self._headers = [(b"accept", MEDIA), (b"content-type", MEDIA),
                         (b"authorization", b"Bearer " + token.encode())]  # fmt: skip

    async def ask(self, method: str, path: str, query: str = "", body: bytes = b"") -> bytes:
        """Return the body of the answer."""
        scope = {
            "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": method,
            "path": path, "raw_path": path.encode(), "query_string": query.encode(),
            "headers": self._headers, "scheme": "http", "server": ("door", 80), "root_path": "",
            "client": ("192.0.2.1", 1),
        }  # fmt: skip
        answer = b""
        status = 0

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: Any) -> None:
            nonlocal status, answer
            status = message.get("status", status)
            answer = message.get("body", b"") or answer  # the door answers in one piece

        await self._app(scope, receive, send)
        if status >= 300:
            raise SystemExit(f"{path}: {status} {answer[:200]!r}")
        return answer


async def walk(asker: Asker, path: str, page: int, expected: int) -> list[float]:
    """Walk through a collection; return the CPU seconds of each page."""
    took, count, query = [], 0, f"limit={page}"
    while query:
        begun = time.process_time()
        answer = await asker.ask("GET", path, query)
        took.append(time.process_time() - begun)
        head = answer[:80]
        more = head.startswith(b'{"more":true')
        token = head.split(b'"')[5].decode() if more else ""
        count += answer.count(b'"type":"indicator"')
        query = f"limit={page}&next={token}" if more else ""
    assert count == expected, (count, expected)
    return took


class Floor:
    """The same bytes through SQLite alone."""

    def __init__(self, file: Path) -> None:
        self._base = sqlite3.connect(file, isolation_level=None)
        self._base.execute("PRAGMA journal_mode = WAL")
        self._base.execute("PRAGMA synchronous = FULL")
        self._base.execute("CREATE TABLE object (position INTEGER PRIMARY KEY, body BLOB)")

    def push(self, objects: list[bytes]) -> float:
        """Store a batch; return its CPU seconds."""
        begun = time.process_time()
        self._base.execute("BEGIN IMMEDIATE")
        self._base.executemany("INSERT INTO object (body) VALUES (?)", [(o,) for o in objects])
        self._base.execute("COMMIT")
        return time.process_time() - begun

    def pull(self, page: int) -> float:
        """Read everything page by page; return the CPU seconds."""
        begun, last = time.process_time(), 0
        query = "SELECT position, body FROM object WHERE position > ? ORDER BY position LIMIT ?"
        while rows := self._base.execute(query, (last, page)).fetchall():
            b",".join([row[1] for row in rows])
            last = rows[-1][0]
        return time.process_time() - begun


async def measure(size: int, batch: int, page: int) -> dict[str, float]:
    """Fill a new node's door to a size and empty it again."""
    with tempfile.TemporaryDirectory() as folder:
        world = World(Path(folder), "marisol", "northreach")
        world.agree("marisol", "northreach")
        node = world["marisol"]
        until = dt.datetime.now(dt.UTC) + dt.timedelta(days=1)
        token = node.taxii.add_client(node.administrator(), "bench", "northreach", writes=True,
                                      until=until)  # fmt: skip
        asker = Asker(create_door(node), token)
        floor = Floor(Path(folder) / "floor")
        every = msgspec.json.decode(await asker.ask("GET", "/exchange/collections/"))
        shelf = next(c["id"] for c in every["collections"] if c["can_write"])
        path = f"/exchange/collections/{shelf}/objects/"
        begun = time.process_time()
        await asker.ask("POST", path, body=b'{"objects":[%b]}' % indicators(1, -1)[0])
        cold = time.process_time() - begun
        took: list[float] = []
        floors: list[float] = []
        for start in range(0, size, batch):
            objects = indicators(min(batch, size - start), start)
            body = b'{"objects":[' + b",".join(objects) + b"]}"
            begun = time.process_time()
            await asker.ask("POST", path, body=body)
            took.append(time.process_time() - begun)
            floors.append(floor.push(objects))
        walks = -(-_LEAST // size)
        pages = [took for _ in range(walks) for took in await walk(asker, path, page, size + 1)]
        read_back = sum(floor.pull(page) for _ in range(walks))
        world.close()
    tenth = max(1, len(took) // 10)
    return {
        "push": size / sum(took), "end": min(tenth * batch, size) / sum(took[-tenth:]),
        "pull": (size + 1) * walks / sum(pages), "page": pages[-1] * 1000,
        "cold_post": cold * 1000, "cold_page": pages[0] * 1000,
        "memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "floor_push": size / sum(floors), "floor_pull": size * walks / read_back,
    }  # fmt: skip


def rounds(sizes: list[int], number: int, batch: int, page: int) -> None:
    """Measure the sizes in turn, each in its own process, and print what was found."""
    found: dict[int, list[dict[str, float]]] = {size: [] for size in sizes}
    for _ in range(number):
        for size in sizes:
            command = [sys.executable, __file__, "--one", str(size), "--batch", str(batch),
                       "--page", str(page)]  # fmt: skip
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            if done.returncode:
                raise SystemExit(done.stderr)
            found[size].append(json.loads(done.stdout.splitlines()[-1]))
    print(f"{'objects':>9} {'push/s':>24} {'end/s':>24} {'pull/s':>27} {'page':>5} {'cold':>10} "
          f"{'MiB':>4} {'floor push/s':>12} {'pull/s':>9}   (per CPU second, {number} rounds)")  # fmt: skip
    for size, runs in found.items():
        middle = {name: statistics.median(run[name] for run in runs) for name in runs[0]}
        said = [f"{size:>9,}"]
        for name, width in (("push", 24), ("end", 24), ("pull", 27)):
            every = [run[name] for run in runs]
            said.append(f"{f'{middle[name]:,.0f} [{min(every):,.0f}..{max(every):,.0f}]':>{width}}")
        cold = f"{middle['cold_post']:.0f} / {middle['cold_page']:.0f}"
        said += [f"{middle['page']:>5.1f}", f"{cold:>10}", f"{middle['memory']:>4.0f}",
                 f"{middle['floor_push']:>12,.0f}", f"{middle['floor_pull']:>9,.0f}"]  # fmt: skip
        print(" ".join(said), flush=True)


def peer(python: str, name: str, size: int, batch: int, page: int) -> None:
    """Measure another server in its own process on the same envelopes."""
    with tempfile.TemporaryDirectory() as folder:
        for start in range(0, size, batch):
            body = b",".join(indicators(min(batch, size - start), start))
            (Path(folder) / f"{start:09d}").write_bytes(b'{"objects":[' + body + b"]}")
        script = Path(__file__).parent / "peers" / "taxii_servers.py"
        command = [python, str(script), name, folder, str(page)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{name}: {done.stderr.strip().splitlines()[-1:]}")
    found = json.loads(done.stdout.splitlines()[-1])
    assert found["objects"] == size, found
    print(f"{size:>9,} {size / found['push']:>24,.0f} {'':>24} {size / found['pull']:>27,.0f}"
          f" {name}", flush=True)  # fmt: skip


def main() -> None:
    """Measure each size."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", default="1000,10000,100000")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--batch", type=int, default=1000)
    parser.add_argument("--page", type=int, default=5000)
    parser.add_argument("--peers", default="", help="interpreter that has medallion and opentaxii")
    parser.add_argument("--peer-sizes", default="1000,3000")
    parser.add_argument("--one", type=int, default=0, help="measure one size here, as JSON")
    asked = parser.parse_args()
    if asked.one:
        print(json.dumps(asyncio.run(measure(asked.one, asked.batch, asked.page))))
        return
    sizes = [int(word) for word in asked.sizes.split(",")]
    rounds(sizes, asked.rounds, asked.batch, asked.page)
    if not asked.peers:
        print("medallion and OpenTAXII were not measured: --peers names no interpreter")
        return
    for name in ("medallion", "opentaxii"):
        for size in (int(word) for word in asked.peer_sizes.split(",")):
            peer(asked.peers, name, size, asked.batch, asked.page)


if __name__ == "__main__":
    main()
