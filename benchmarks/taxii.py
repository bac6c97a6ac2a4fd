"""The TAXII door in one process: objects pushed and pulled per second of its own CPU.

    python benchmarks/taxii.py [--sizes 1000,10000,100000] [--batch 1000] [--page 5000]
                               [--peers PYTHON] [--peer-sizes 1000,3000]

Each request runs through the door as an ASGI application: sign-in, agreement, validation of each
object, its label, custody, storage and the audit line included; no socket and no client. STIX 2.1
indicators of about 650 bytes with one of three TLP markings. ``pull`` walks the whole collection;
``page`` is the CPU time of one page at its end, which must not grow with what is stored.

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


async def measure(size: int, batch: int, page: int) -> None:
    """Fill a new node's door to a size and empty it again."""
    with tempfile.TemporaryDirectory() as folder:
        world = World(Path(folder), "marisol", "northreach")
        world.agree("marisol", "northreach")
        node = world["marisol"]
        until = dt.datetime.now(dt.UTC) + dt.timedelta(days=1)
        token = node.taxii.add_client(node.administrator(), "bench", "northreach", writes=True,
                                      until=until)  # fmt: skip
        asker = Asker(create_door(node), token)
        every = msgspec.json.decode(await asker.ask("GET", "/exchange/collections/"))
        shelf = next(c["id"] for c in every["collections"] if c["can_write"])
        path = f"/exchange/collections/{shelf}/objects/"
        pushed = last = 0.0
        for start in range(0, size, batch):
            objects = indicators(min(batch, size - start), start)
            body = b'{"objects":[' + b",".join(objects) + b"]}"
            begun = time.process_time()
            await asker.ask("POST", path, body=body)
            last = time.process_time() - begun
            pushed += last
        pulled, count, tail, query = 0.0, 0, 0.0, f"limit={page}"
        while query:
            begun = time.process_time()
            answer = await asker.ask("GET", path, query)
            tail = time.process_time() - begun
            pulled += tail
            head = answer[:80]
            more = head.startswith(b'{"more":true')
            token = head.split(b'"')[5].decode() if more else ""
            count += answer.count(b'"type":"indicator"')
            query = f"limit={page}&next={token}" if more else ""
        world.close()
    assert count == size, (count, size)
    print(f"{size:>9,} {size / pushed:>12,.0f} {min(batch, size) / last:>12,.0f} "
          f"{size / pulled:>12,.0f} {tail * 1000:>9.1f}", flush=True)  # fmt: skip


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
    print(f"{size:>9,} {size / found['push']:>12,.0f} {'':>12} {size / found['pull']:>12,.0f}"
          f" {'':>9} {name}", flush=True)  # fmt: skip


def main() -> None:
    """Measure each size."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", default="1000,10000,50000")
    parser.add_argument("--batch", type=int, default=1000)
    parser.add_argument("--page", type=int, default=5000)
    parser.add_argument("--peers", default="", help="interpreter that has medallion and opentaxii")
    parser.add_argument("--peer-sizes", default="1000,3000")
    asked = parser.parse_args()
    print("  objects       push/s  last batch/s      pull/s   last page ms   (per CPU second)")
    for size in (int(word) for word in asked.sizes.split(",")):
        asyncio.run(measure(size, asked.batch, asked.page))
    if not asked.peers:
        print("medallion and OpenTAXII were not measured: --peers names no interpreter")
        return
    for name in ("medallion", "opentaxii"):
        for size in (int(word) for word in asked.peer_sizes.split(",")):
            peer(asked.peers, name, size, asked.batch, asked.page)


if __name__ == "__main__":
    main()
