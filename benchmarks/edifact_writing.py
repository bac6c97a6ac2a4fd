"""EDIFACT written against pydifact on the same segments; memory while streaming.

    python benchmarks/edifact_writing.py [--stream-mb 200]

The interchange is the one of ``benchmarks/edifact.py``: bodies of the public sample messages. Each
side starts from what its own reader made of it, and ends with bytes; reading is not counted. Writers
alternate; figures are medians of CPU seconds. Three ways:

as read        segments as they were read: the usual way, to change an envelope or some messages
components     segments made from lists of components first, on both sides
separators     segments that were read with other separators; the peer keeps none and does the same
               as for segments as read

Five times the peer is the goal of the first two. Then records to bytes (CUSCAR), which has no peer. Streaming runs in processes of its own, so a peak
is its own: an interchange written from messages that nobody holds, and a file written back unchanged.
"""

from __future__ import annotations

import argparse
import io
import re
import statistics
import subprocess
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT)]

from benchmarks.edifact import Endless, made
from benchmarks.synthetic import generate_cuscar

from esclusa.formats.edifact import reader, writers
from esclusa.formats.edifact.drafting import segment, segments
from esclusa.formats.edifact.rewriting import rewrite
from esclusa.formats.edifact.segment import RawMessage, Segment, Separators
from esclusa.formats.edifact.syntax import read_messages
from esclusa.formats.edifact.writing import (
    NewMessage,
    interchange_head,
    message_of,
    write_interchange,
)
from esclusa.model import Message

ROUNDS = 7
PEER = "pydifact"
GOAL = 5
"""Times the peer, for segments as read and for components."""
STARS = Separators(component="/", element="*", decimal=".", release="!", terminator="~")


def head(marks: Separators | None = None) -> Segment:
    """Return UNB of what is written here; UNOC checks that every byte is ASCII or Latin-1."""
    return interchange_head(
        sender="A", recipient="B", prepared="2026-11-23T12:00", reference="1", marks=marks
    )


def messages(data: bytes) -> list[RawMessage]:
    """Return the messages of an interchange."""
    return [item for item in read_messages(io.BytesIO(data)) if isinstance(item, RawMessage)]


def timed(work: Callable[[], int]) -> tuple[int, float]:
    """Return (bytes, CPU seconds)."""
    began = time.process_time()
    return work(), time.process_time() - began


def as_read(found: list[NewMessage], unb: Segment) -> int:
    """Write segments that were read."""
    return sum(map(len, write_interchange(unb, found)))


Parts = list[tuple[str, list[list[str]]]]


def from_components(found: list[tuple[Segment, Parts]], unb: Segment) -> int:
    """Make segments from components and write them."""

    def built() -> Iterator[NewMessage]:
        for unh, parts in found:
            yield NewMessage(unh, segments(parts))

    return sum(map(len, write_interchange(unb, built())))


def pydifact_writers(data: bytes) -> tuple[Callable[[], int], Callable[[], int]]:
    """Return the peer's writing of the same interchange: of segments, and of components."""
    from pydifact.parser import Parser
    from pydifact.segments import Segment as PeerSegment
    from pydifact.serializer import Serializer

    warnings.simplefilter("ignore")  # the wheel lacks its directories and says so per segment
    segments = list(Parser().parse(data.decode()))
    parts = [(each.tag, each.elements) for each in segments]

    def write(found: list[PeerSegment]) -> int:
        return len(Serializer().serialize(found).encode("ascii"))

    return (
        lambda: write(segments),
        lambda: write([PeerSegment(tag, *elements) for tag, elements in parts]),
    )


def cuscar(consignments: int) -> Callable[[], int]:
    """Return the writing of made-up cargo reports from records."""
    data = b"".join(generate_cuscar(consignments))
    found = [item for item in reader.read(io.BytesIO(data)) if isinstance(item, Message)]
    return lambda: sum(map(len, writers.write(head(), found, "CUSCAR")))


def compare() -> None:
    """Print megabytes a CPU second, and the ratio to the peer."""
    data = made(2_000_000)
    found = [message_of(each) for each in messages(data)]
    parts = [
        (each.head, [(one.tag, one.elements()) for one in each.segments]) for each in found
    ]  # fmt: skip
    same = messages(b"".join(write_interchange(head(), found)))
    assert [[one.text for one in each.segments[1:-1]] for each in same] == [
        [one.text for one in segment_list(each)] for each in found
    ], "what is measured is right"
    other = [message_of(each) for each in messages(b"".join(write_interchange(head(STARS), found)))]
    peer, peer_components = pydifact_writers(data)
    runs: dict[str, Callable[[], int]] = {
        PEER: peer,
        f"{PEER}, components": peer_components,
        "esclusa, as read": lambda: as_read(found, head()),
        "esclusa, components": lambda: from_components(parts, head()),
        "esclusa, separators": lambda: as_read(other, head()),
        "esclusa, records": cuscar(2000),
    }
    results: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(ROUNDS):
        for name, work in runs.items():
            size, seconds = timed(work)
            results[name].append(size / seconds / 1e6)
    for name, rates in results.items():
        told = "" if name.startswith(PEER) else compared(name, results)
        print(f"{name:<22}{statistics.median(rates):>7.1f} MB/s{told}")


def compared(name: str, results: dict[str, list[float]]) -> str:
    """Tell the median of the ratios of all rounds, the least and the greatest, and the goal."""
    if name.endswith("records"):
        return " (no peer)"
    against = f"{PEER}, components" if name.endswith("components") else PEER
    ratios = [one / other for one, other in zip(results[name], results[against], strict=True)]
    median = statistics.median(ratios)
    told = f" ({median:.1f} x {against}, {min(ratios):.1f} to {max(ratios):.1f}"
    if name.endswith("separators"):
        return f"{told})"
    return f"{told}; goal {GOAL} x: {'met' if median >= GOAL else 'MISSED'})"


def segment_list(message: NewMessage) -> list[Segment]:
    """Return a message's segments as they are written: without empty ends."""
    return [
        segment(one.tag, *[one.element(at) for at in range(1, len(one) + 1)])
        for one in message.segments
    ]


class Counting(io.RawIOBase):
    """A sink that counts."""

    size = 0

    def write(self, data: bytes) -> int:  # type: ignore[override]
        self.size += len(data)
        return len(data)


def stream_writing(megabytes: int) -> int:
    """Write an interchange from messages that are made as it goes."""
    pool = [message_of(each) for each in messages(made(1_000_000))]
    size = 0
    want = megabytes << 20

    def endless() -> Iterator[NewMessage]:
        while size < want:
            yield from pool

    for piece in write_interchange(head(), endless()):
        size += len(piece)
    return size


def stream_rewriting(megabytes: int) -> int:
    """Write a file back unchanged."""
    sink = Counting()
    rewrite(io.BufferedReader(Endless(megabytes << 20), 1 << 16), sink)
    return sink.size


STREAMS = {"writing": stream_writing, "rewriting": stream_rewriting}


def peak_memory() -> int:
    """Return this program's peak in KiB. (``ru_maxrss`` would tell the one of the parent, too.)"""
    status = Path("/proc/self/status").read_text("ascii")
    return int(re.search(r"VmHWM:\s+(\d+)", status)[1])


def stream(name: str, megabytes: int) -> None:
    """Print speed and this process's peak memory."""
    size, seconds = timed(lambda: STREAMS[name](megabytes))
    peak = peak_memory() / 1024
    print(
        f"{name} {size / 1e6:.0f} MB as a stream: {size / seconds / 1e6:.1f} MB/s, peak {peak:.0f} MB"
    )


def main() -> None:
    """Compare with the peer, then stream."""
    parser = argparse.ArgumentParser(description="EDIFACT writing")
    parser.add_argument("--stream-mb", type=int, default=200)
    parser.add_argument("--stream-only", choices=sorted(STREAMS), default="")
    chosen = parser.parse_args()
    if chosen.stream_only:
        stream(chosen.stream_only, chosen.stream_mb)
        return
    compare()
    for name in STREAMS:
        for megabytes in (chosen.stream_mb // 10, chosen.stream_mb):
            command = [sys.executable, __file__, "--stream-only", name]
            subprocess.run([*command, "--stream-mb", str(megabytes)], check=True)


if __name__ == "__main__":
    main()
