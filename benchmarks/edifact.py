"""EDIFACT segments read a second against pydifact on the same interchange; memory while streaming.

    python benchmarks/edifact.py [--stream-mb 200]

The interchange is made of the bodies of the public sample messages in tests/data. Readers alternate;
figures are medians of CPU seconds. Streaming runs in a process of its own, so its peak is its own.
"""

from __future__ import annotations

import argparse
import io
import resource
import statistics
import subprocess
import sys
import time
import warnings
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from esclusa.formats.edifact.segment import RawMessage
from esclusa.formats.edifact.syntax import read_messages

ROUNDS = 3
SAMPLES = ("BAPLIE", "PAXLST", "COPRAR", "IFTSAI", "IFCSUM", "IFTSTA")


def bodies() -> list[bytes]:
    """Return message bodies (UNH to UNT) of real samples with the usual separators."""
    found = []
    for path in sorted((ROOT / "tests" / "data" / "edifact").iterdir()):
        if not path.name.startswith(SAMPLES):
            continue
        data = path.read_bytes().replace(b"\r", b"").replace(b"\n", b"")
        start, end = data.find(b"UNH+"), data.rfind(b"UNT+")
        stop = data.find(b"'", end)
        body = data[start : stop + 1]
        tags = [part[:3] for part in body.replace(b"?'", b"").split(b"'")[:-1]]
        whole = 0 <= start < end < stop and data.count(b"UNH+") == 1 and data.isascii()
        # The peer stops at a tag that is not three letters or digits; it gets none to stop at.
        if whole and all(tag.isalnum() and len(tag) == 3 for tag in tags):
            found.append(body)
    return found


def made(size: int) -> bytes:
    """Return one interchange of about ``size`` bytes."""
    parts, total, pool = [b"UNA:+.? '", b"UNB+UNOA:2+A+B+261123:1200+1'"], 0, bodies()
    number = 0
    while total < size:
        parts.append(pool[number % len(pool)])
        total += len(parts[-1])
        number += 1
    return b"".join([*parts, b"UNZ+%d+1'" % number])


def ours(data: bytes) -> tuple[int, float]:
    """Return (segments, CPU seconds) of our reader, every element of each segment touched once."""
    began, count = time.process_time(), 0
    for message in read_messages(io.BytesIO(data)):
        if isinstance(message, RawMessage):
            for segment in message.segments:
                segment.get(1)
            count += len(message.segments)
    return count, time.process_time() - began


def pydifact(data: bytes) -> tuple[int, float]:
    """Return (segments, CPU seconds) of the peer."""
    from pydifact.parser import Parser

    warnings.simplefilter("ignore")  # the wheel lacks its directories and says so per segment
    text = data.decode()
    began = time.process_time()
    count = sum(1 for _segment in Parser().parse(text))
    return count, time.process_time() - began


class Endless(io.RawIOBase):
    """A stream of ``size`` bytes made of repeated messages; nothing is kept."""

    def __init__(self, size: int) -> None:
        self.pieces = self._pieces(size)
        self.rest = b""

    def _pieces(self, size: int) -> Iterator[bytes]:
        yield b"UNA:+.? 'UNB+UNOA:2+A+B+261123:1200+1'"
        pool, total = bodies(), 0
        while total < size:
            for body in pool:
                yield body
                total += len(body)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray) -> int:  # type: ignore[override]
        while not self.rest:
            piece = next(self.pieces, None)
            if piece is None:
                return 0
            self.rest = piece
        count = min(len(buffer), len(self.rest))
        buffer[:count] = self.rest[:count]
        self.rest = self.rest[count:]
        return count


def stream(megabytes: int) -> None:
    """Stream an interchange and print its speed and this process's peak memory."""
    began, count = time.process_time(), 0
    for message in read_messages(io.BufferedReader(Endless(megabytes << 20), 1 << 16)):
        if isinstance(message, RawMessage):
            count += len(message.segments)
    seconds = time.process_time() - began
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"streamed {megabytes} MB: {count:,} segments, {megabytes / seconds:.1f} MB/s, "
          f"peak {peak:.0f} MB")  # fmt: skip


def main() -> None:
    """Compare with the peer, then stream."""
    parser = argparse.ArgumentParser(description="EDIFACT reading")
    parser.add_argument("--stream-mb", type=int, default=200)
    parser.add_argument("--stream-only", action="store_true")
    chosen = parser.parse_args()
    if chosen.stream_only:
        stream(chosen.stream_mb)
        return
    small, large = made(2_000_000), made(10_000_000)
    rates: dict[str, list[float]] = {"esclusa": [], "pydifact": [], "esclusa, 10 MB": []}
    for _ in range(ROUNDS):
        for name, reader, data in (
            ("esclusa", ours, small), ("pydifact", pydifact, small), ("esclusa, 10 MB", ours, large),
        ):  # fmt: skip
            count, seconds = reader(data)
            rates[name].append(count / seconds)
    middle = {name: statistics.median(values) for name, values in rates.items()}
    for name, rate in middle.items():
        print(f"{name:<15} {rate:>12,.0f} segments per CPU second "
              f"({rate / middle['pydifact']:.1f} x pydifact)")  # fmt: skip
    command = [sys.executable, __file__, "--stream-only", "--stream-mb", str(chosen.stream_mb)]
    subprocess.run(command, check=True)


if __name__ == "__main__":
    main()
