"""Seconds to seal and to open a bundle of records, and how that compares with hashing them alone.

    python benchmarks/bundle.py [--records 100000] [--rounds 3]

Each message is one line of JSON of about 650 bytes: a consignment with invented parties and numbers
that do not repeat. Sealing is: leaf hashes, root, signature, zstd, age. Opening is: age, zstd, the
signature, every limit, every hash. The floor is SHA-256 over the same bytes, once. The two take
turns. Goals: 100,000 records sealed in 2 s and opened in 1.5 s.
"""

from __future__ import annotations

import argparse
import datetime as dt
import hashlib
import json
import random
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import NamedTuple, TypeVar

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT)]

import pyrage
import zstandard

from esclusa.sharing.bundle import seal, unseal
from esclusa.sharing.keys import EXCHANGE, KeyRing, new_signer
from esclusa.sharing.wire import Received, read_batch, write_batch

SEAL_GOAL = 2.0
OPEN_GOAL = 1.5
MADE = dt.datetime(2026, 11, 24, 12, tzinfo=dt.UTC)
SYLLABLES = [
    "ba",
    "ce",
    "di",
    "fo",
    "gu",
    "ka",
    "le",
    "mi",
    "no",
    "pu",
    "ra",
    "se",
    "ti",
    "vo",
    "xu",
    "ya",
    "zel",
    "mar",
    "tor",
    "vin",
]

Result = TypeVar("Result")


class Taken(NamedTuple):
    """Seconds on the clock, and of this process's CPU."""

    seconds: float
    cpu: float


def records(count: int) -> list[bytes]:
    """Return messages with a consignment each."""
    rng = random.Random(7)

    def name(words: int) -> str:
        return " ".join("".join(rng.choices(SYLLABLES, k=3)).title() for _ in range(words))

    def message(number: int) -> bytes:
        body = {
            "kind": "consignment", "carrier": "NRCH", "bill": f"NR{rng.getrandbits(40):012}",
            "load_port": {"code": rng.choice(["PAONX", "COCTG", "ECGYE"]), "scheme": "unlocode"},
            "parties": [
                {"role": role, "name": name(3), "city": name(1)}
                for role in ("shipper", "consignee")
            ],
            "goods": [{"description": name(4), "hs_code": f"{rng.randrange(10**6):06}",
                       "packages": rng.randrange(900), "gross_mass_kg": rng.randrange(9**6) / 10}],
        }  # fmt: skip
        digest, salt = rng.randbytes(32).hex(), rng.randbytes(16).hex()
        whole = {
            "type": "put", "originator": "marisol", "record": rng.randbytes(16).hex(), "version": 1,
            "edition": 1, "kind": "consignment", "agreement": "corredor-1", "marking": {"level": 1},
            "onward": {}, "digest": digest, "content": {"salt": salt, "body": body},
        }  # fmt: skip
        return json.dumps(whole, separators=(",", ":")).encode()

    return [message(number) for number in range(count)]


def timed(work: Callable[[], Result]) -> tuple[Result, Taken]:
    """Return what the work gives and what it cost."""
    began, cpu = time.perf_counter(), time.process_time()
    result = work()
    return result, Taken(time.perf_counter() - began, time.process_time() - cpu)


def show(name: str, taken: list[Taken], floor: float, goal: float) -> bool:
    """Print the median of the rounds; return whether the goal is met."""
    seconds, cpu = median(item.seconds for item in taken), median(item.cpu for item in taken)
    met = seconds <= goal
    print(
        f"{name:<10}{seconds:>8.2f} s on the clock {cpu:>8.2f} s of CPU {cpu / floor:>6.1f} times hashing"
        f"   goal {goal} s: {'met' if met else 'MISSED'}"
    )
    return met


def levels(batch: bytes) -> None:
    """Print what other levels of packing would cost and save."""
    for level in (1, 3, 6, 9):
        packed, taken = timed(
            lambda level=level: zstandard.ZstdCompressor(level=level).compress(batch)
        )
        print(f"zstd level {level}: {len(packed) / 1e6:6.1f} MB, {taken.cpu:5.2f} s of CPU")


def main() -> int:
    """Run the benchmark; 1 when a goal is missed."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--records", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    messages = records(options.records)
    size = sum(map(len, messages))
    signer, identity = new_signer("marisol", EXCHANGE), pyrage.x25519.Identity.generate()
    ring = KeyRing().with_key(signer.key(MADE))
    recipients = [str(identity.to_public())]

    def sealing() -> bytes:
        batch = write_batch(signer, messages, receiver="northreach", first=1, made=MADE)
        return seal(batch, recipients)

    def opening() -> Received:
        batch = unseal(bundle, [str(identity)])
        return read_batch(batch, receiver="northreach", ring=ring, now=MADE)

    hashed, sealed, opened = [], [], []
    for _ in range(options.rounds):
        hashed.append(timed(lambda: [hashlib.sha256(item).digest() for item in messages])[1])
        bundle, taken = timed(sealing)
        sealed.append(taken)
        received, taken = timed(opening)
        opened.append(taken)
        assert list(received.messages) == messages
    floor = median(item.cpu for item in hashed)
    print(f"{len(messages):,} records, {size / len(messages):.0f} B each, {size / 1e6:.1f} MB")
    print(f"bundle of {len(bundle) / 1e6:.1f} MB, {len(bundle) / len(messages):.0f} B a record")
    print(
        f"{'hashing':<10}{median(item.seconds for item in hashed):>8.2f} s on the clock {floor:>8.2f} s of CPU"
    )
    scale = len(messages) / 100_000
    good = [
        show("sealed", sealed, floor, SEAL_GOAL * scale),
        show("opened", opened, floor, OPEN_GOAL * scale),
    ]
    levels(b"\n".join(messages))
    return int(not all(good))


if __name__ == "__main__":
    sys.exit(main())
