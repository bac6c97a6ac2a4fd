"""EDIFACT read against pydifact on the same interchange; memory while streaming.

    python benchmarks/edifact.py [--stream-mb 200]

The interchange is made of the bodies of the public sample messages in tests/data. Readers alternate;
figures are medians of CPU seconds. pydifact splits each segment into lists of elements; our reader
keeps the text and splits what is asked for. So ours is measured twice: with one component asked of
each segment, as typed readers do at least, and with every component of every element, which is the
like-for-like figure. Streaming runs in a process of its own, so its peak is its own.
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
from collections.abc import Callable, Iterator
from pathlib import Path

from esclusa.formats.edifact.segment import RawMessage, Segment
from esclusa.formats.edifact.syntax import read_messages

ROOT = Path(__file__).resolve().parents[1]
ROUNDS = 3
PEER = "pydifact"
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


def one(segment: Segment) -> object:
    """Return the first component."""
    return segment.get(1)


def every(segment: Segment) -> object:
    """Return what pydifact makes of a segment: all components of all elements, unescaped."""
    return segment.elements()


def ours(data: bytes, ask: Callable[[Segment], object]) -> tuple[int, float]:
    """Return (segments, CPU seconds) of our reader, ``ask`` put to each segment."""
    began, count = time.process_time(), 0
    for message in read_messages(io.BytesIO(data)):
        if isinstance(message, RawMessage):
            for segment in message.segments:
                ask(segment)
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


def compare() -> None:
    """Print segments and megabytes a CPU second, and the ratio to the peer."""
    small, large = made(2_000_000), made(10_000_000)
    runs: dict[str, tuple[Callable[[], tuple[int, float]], int]] = {
        "esclusa, every component": (lambda: ours(small, every), len(small)),
        PEER: (lambda: pydifact(small), len(small)),
        "esclusa, one component": (lambda: ours(small, one), len(small)),
        "esclusa, every, 10 MB": (lambda: ours(large, every), len(large)),
        "esclusa, one, 10 MB": (lambda: ours(large, one), len(large)),
    }
    results: dict[str, list[tuple[int, float]]] = {name: [] for name in runs}
    for _ in range(ROUNDS):
        for name, (read, _size) in runs.items():
            results[name].append(read())
    rates = {
        name: statistics.median(count / seconds for count, seconds in found)
        for name, found in results.items()
    }
    for name, rate in rates.items():
        size = runs[name][1] / results[name][0][0]
        print(f"{name:<25}{rate:>10,.0f} segments/s {rate * size / 1e6:>6.1f} MB/s "
              f"({rate / rates[PEER]:.1f} x pydifact)")  # fmt: skip


def main() -> None:
    """Compare with the peer, then stream."""
    parser = argparse.ArgumentParser(description="EDIFACT reading")
    parser.add_argument("--stream-mb", type=int, default=200)
    parser.add_argument("--stream-only", action="store_true")
    chosen = parser.parse_args()
    if chosen.stream_only:
        stream(chosen.stream_mb)
        return
    compare()
    command = [sys.executable, __file__, "--stream-only", "--stream-mb", str(chosen.stream_mb)]
    subprocess.run(command, check=True)


if __name__ == "__main__":
    main()
