"""EDIFACT by columns against pydifact and the plain reader; memory of whole-file tables.

    python benchmarks/columns.py [--mb 10] [--rounds 3]

Readers alternate; figures are medians of CPU seconds of the process, all threads. The index is
measured on the interchange of ``benchmarks/edifact.py``, and so is the peer: the pass that finds all
separators alone, and the whole index with its segments, messages and checks. Tables are measured on
files of one message type, made of the bodies of real samples (BAPLIE, PAXLST), of made-up cargo
reports, and of a made-up report of discharge. ``repeated`` repeats bodies as they are; ``varied``
gives each copy other digits in numbers of containers, seals, documents, references, in masses and
dates of birth, since values that come again cost less. pydifact and the plain reader see a part of the same
file. Memory is the peak of a process of its own, which is
given the path of a file, less that of one that read a small file.
"""

from __future__ import annotations

import argparse
import gc
import re
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT)]

from benchmarks.edifact import bodies, made, pydifact
from benchmarks.edifact_writing import peak_memory
from benchmarks.synthetic import generate_cuscar

from esclusa.formats.edifact import reader
from esclusa.formats.edifact.columns import BACKENDS, TABLES, index, segments
from esclusa.formats.edifact.columns.base import table
from esclusa.formats.edifact.columns.kernel import find
from esclusa.formats.edifact.columns.run import text_of
from esclusa.formats.edifact.service import LEVEL_A

HEAD = b"UNA:+.? 'UNB+UNOA:2+A+B+261123:1200+1'"
PART = 1_000_000
"""Bytes of a file that the slow readers see."""

MOVES = b"UNH+1+COARRI:D:95B:UN:ITG13'BGM+44+DIS0412+9'TDT+20+0412W+1++NRLN:172:20+++9999993:146::NORTHREACH PIONEER'RFF+VON:0412W'LOC+11+PAONX:139:6'DTM+178:202604131015:203'NAD+CA+NRLN:160:166'"
MOVE = b"EQD+CN+CSQU3054383+45G1:102:5++3+5'RFF+BN:AB123456'RFF+BM:NRLN0412001'DTM+203:202604131130:203'LOC+147+0010584::5'LOC+9+ECGYE:139:6'LOC+11+PAONX:139:6'MEA+AAE+G+KGM:21500'MEA+AAE+T+KGM:3900'SEL+ML123456+CA'NAD+CF+NRLN:160:166'"


def samples(kind: str) -> list[bytes]:
    """Return bodies of real messages of a type."""
    return [body for body in bodies() if body.split(b"+", 2)[2].startswith(kind.encode())]


def reports() -> list[bytes]:
    """Return a made-up report of two hundred containers."""
    return [MOVES + MOVE * 200 + b"UNT+2208+1'"]


def varied(body: bytes, number: int) -> bytes:
    """Return the message with other digits where messages differ."""

    def other(found: re.Match[bytes]) -> bytes:
        size = len(found[0])
        return str((int(found[0]) + 7919 * number) % 10**size).zfill(size).encode()

    def segment(found: re.Match[bytes]) -> bytes:
        if found[0].startswith(b"DTM"):
            year, month, day = number % 90 + 10, number // 90 % 12 + 1, number // 7 % 28 + 1
            return b"DTM+329:%02d%02d%02d" % (year, month, day)
        return re.sub(rb"[0-9]{4,}", other, found[0])

    return re.sub(rb"(?<=')(?:EQD|SEL|RFF|DOC|MEA|DTM\+329:)[^']*", segment, body)


def file_of(kind: str, size: int, *, vary: bool) -> bytes:
    """Return an interchange of about ``size`` bytes of one message type."""
    if kind == "CUSCAR":
        every = b"".join(generate_cuscar(size // 700))
        return every if vary else (every[: every.rindex(b"UNZ+")])[:size] + b"'"
    pool = reports() if kind == "COARRI" else samples(kind)
    parts, total, number = [HEAD], 0, 0
    while total < size:
        body = pool[number % len(pool)]
        if vary:
            # Every container of a plan differs, not only every message.
            body = b"'".join(
                varied(b"'" + each, number * 97 + at)[1:]
                for at, each in enumerate(body.split(b"'"))
            )
        parts.append(body)
        total += len(body)
        number += 1
    return b"".join([*parts, b"UNZ+%d+1'" % number])


def timed(work: Callable[[], object]) -> float:
    """Return CPU seconds."""
    gc.collect()
    began = time.process_time()
    work()
    return time.process_time() - began


def peer(data: bytes) -> float:
    """Return megabytes a second of pydifact on these bytes."""
    return len(data) / pydifact(data)[1] / 1e6


def plain(data: bytes) -> None:
    """Read with the typed reader."""
    for _ in reader.read(BytesIO(data)):
        pass


def part_of(data: bytes) -> bytes:
    """Return the first whole messages of a file."""
    end = data.find(b"'UNH+", PART)
    return data if end < 0 else data[: end + 1] + b"UNZ+1+1'"


def measure(runs: dict[str, tuple[Callable[[], object], int]], rounds: int) -> dict[str, float]:
    """Return megabytes a CPU second of each, taken in turn."""
    rates: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(rounds):
        for name, (work, size) in runs.items():
            rates[name].append(size / timed(work) / 1e6)
    return {name: statistics.median(found) for name, found in rates.items()}


def show(name: str, rate: float, rates: dict[str, float]) -> None:
    """Print one line."""
    print(f"{name:<34}{rate:>8.1f} MB/s   {rate / rates['pydifact']:>6.0f} x pydifact"
          f"   {rate / rates['plain']:>5.1f} x plain reader")  # fmt: skip


def compare_index(size: int, rounds: int) -> None:
    """The index, and the table of segments."""
    data, small = made(size), made(2_000_000)
    text = text_of(data).array
    runs: dict[str, tuple[Callable[[], object], int]] = {
        "pydifact": (lambda: pydifact(small), len(small)),
        "plain": (lambda: plain(small), len(small)),
    }
    for backend in BACKENDS:
        index(small, backend=backend)  # compiles
        runs[f"separators alone, {backend}"] = (
            lambda each=backend: find(text, 0, len(data), LEVEL_A, each),
            len(data),
        )
        runs[f"index, {backend}"] = (lambda each=backend: index(data, backend=each), len(data))
    runs["index and segments"] = (lambda: segments(index(data)), len(data))
    rates = measure(runs, rounds)
    for name in rates:
        show(name, rates[name], rates)
    if "numba" not in BACKENDS:
        print("numba is not installed (extra `fast`): the index by numpy alone was measured")


def compare_tables(size: int, rounds: int) -> None:
    """The typed tables, each against the peer on the same file."""
    for kind in TABLES:
        for way in ("repeated", "varied"):
            data = file_of(kind, size, vary=way == "varied")
            part = part_of(data)
            runs: dict[str, tuple[Callable[[], object], int]] = {
                "pydifact": (lambda part=part: pydifact(part), len(part)),
                "plain": (lambda part=part: plain(part), len(part)),
            }
            for backend in BACKENDS:
                table(index(part, backend=backend), TABLES[kind])  # compiles
                runs[backend] = (
                    lambda data=data, kind=kind, backend=backend: table(
                        index(data, backend=backend), TABLES[kind]
                    ),
                    len(data),
                )
            rates = measure(runs, rounds)
            for backend in BACKENDS:
                show(f"{kind.lower()}, {way}, {backend}", rates[backend], rates)


def compare_memory() -> None:
    """Peak memory of whole-file tables for each byte of input, and how it grows."""
    base = 0.0
    for kind in TABLES:
        told = []
        for size in (0, 2, 5, 10, 50):
            command = [sys.executable, __file__, "--peak", kind, "--mb", str(size)]
            made_of = subprocess.run(command, check=True, capture_output=True, text=True).stdout
            peak, length, seconds = map(float, made_of.split())
            if size:
                told.append(f"{size} MB: {(peak - base) / length:.1f} x input, {seconds:.2f} s")
            else:
                base = peak
        print(f"{kind.lower():<8} peak memory beyond a small file: {'; '.join(told)}")


def peak(kind: str, megabytes: int) -> None:
    """Make one table and print peak memory in bytes, size of the input, CPU seconds."""
    path = ROOT / "benchmarks" / f".columns-{kind}-{megabytes}.edi"
    command = [sys.executable, __file__, "--make", str(path), "--peak", kind]
    subprocess.run([*command, "--mb", str(megabytes)], check=True)
    began = time.process_time()
    try:
        table(path, TABLES[kind])
        print(peak_memory() * 1024, path.stat().st_size, time.process_time() - began)
    finally:
        path.unlink()


def main() -> None:
    """Compare speeds, then memory."""
    parser = argparse.ArgumentParser(description="EDIFACT by columns")
    parser.add_argument("--mb", type=int, default=10)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--peak", choices=sorted(TABLES), default="")
    parser.add_argument("--make", type=Path, default=None)
    given = parser.parse_args()
    if given.make:
        given.make.write_bytes(file_of(given.peak, max(given.mb * 1_000_000, 20_000), vary=True))
    elif given.peak:
        peak(given.peak, given.mb)
    else:
        compare_index(given.mb * 1_000_000, given.rounds)
        compare_tables(given.mb * 1_000_000, given.rounds)
        compare_memory()


if __name__ == "__main__":
    main()
