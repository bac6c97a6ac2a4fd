"""How a hostile file of any size is made: pieces repeated, counted, halved."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
SAMPLES = ROOT / "src" / "esclusa" / "samples"
LISTS = ROOT / "tests" / "data" / "lists"

Make = Callable[[int], tuple[bytes, int]]
"""Gives the file of about so many bytes, and how many bytes there are inside."""


class Case(NamedTuple):
    """A made file of a format, under the name it is sent by."""

    format: str
    name: str
    file: str
    make: Make


def filled(head: bytes, piece: bytes, tail: bytes = b"") -> Make:
    """Repeat a piece between a head and a tail."""

    def make(size: int) -> tuple[bytes, int]:
        data = head + piece * max((size - len(head) - len(tail)) // len(piece), 1) + tail
        return data, len(data)

    return make


def counted(head: bytes, piece: bytes, tail: bytes = b"") -> Make:
    """Repeat a piece in which ``%09d`` counts."""

    def make(size: int) -> tuple[bytes, int]:
        count = max(size // len(piece % 0), 1)
        data = head + b"".join(piece % number for number in range(count)) + tail
        return data, len(data)

    return make


def halves(head: bytes, first: bytes, second: bytes, tail: bytes) -> Make:
    """One half of one counted piece, one half of another."""

    def make(size: int) -> tuple[bytes, int]:
        one, _ = counted(head, first)(size // 2)
        two, _ = counted(b"", second, tail)(size // 2)
        return one + two, len(one) + len(two)

    return make
