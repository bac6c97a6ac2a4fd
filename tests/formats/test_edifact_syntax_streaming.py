"""Damaged files read the same in any block size, place all they report, and stay small in memory."""

from __future__ import annotations

import io
import random
import tracemalloc
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from types import ModuleType

import pytest

from esclusa.errors import LimitError
from esclusa.formats.edifact import buffer, machine
from esclusa.formats.edifact import syntax as edifact
from esclusa.formats.edifact.segment import RawMessage
from esclusa.formats.limits import DEFAULT, Limits
from esclusa.formats.x12 import syntax as x12
from esclusa.model import Defect

DATA = Path(__file__).parents[1] / "data"
PIECE = 3_000
INSERTS = (
    b"'", b"+", b":", b"?", b"\n", b"\r\n", b"\x00", b"*", b"~", b"\xe9", b"\xc3\xa9", b"?" * 5,
    b"\x1b$B", b"\x1d", b"UNH+", b"UNA:+.? '", b"UNB+UNOA:1+", b"UNZ+1+1'", b"UNT+2+1'",
    b"UNH+9+CUSCAR:D:95B:UN'", b"ST*309*0001~", b"ISA*00*", b"SE*1*0001",
)  # fmt: skip
SMALL = Limits(segment_bytes=60, message_bytes=700, defects_per_message=3, rows=20)


@cache
def samples() -> list[tuple[ModuleType, bytes]]:
    folders = ((edifact, "edifact"), (edifact, "malformed"), (x12, "x12"))
    return [
        (engine, path.read_bytes()[:PIECE])
        for engine, folder in folders
        for path in sorted((DATA / folder).iterdir())
        if path.suffix.lower() in (".edi", ".x12")
    ]


def damage(data: bytes, chance: random.Random) -> bytes:
    changed = bytearray(data)
    for _ in range(chance.choice((1, 1, 2, 5, 20))):
        place = chance.randrange(len(changed) + 1)
        match chance.randrange(5):
            case 0:
                changed[place : place + 1] = bytes([chance.randrange(256)])
            case 1 | 2:
                changed[place:place] = chance.choice(INSERTS)
            case 3:
                del changed[place : place + chance.choice((1, 3, 50))]
            case _:
                changed[place:place] = changed[:200]
    return bytes(changed[: chance.choice((None, None, len(changed) // 2))])


def outcome(engine: ModuleType, data: bytes, limits: Limits) -> list[object]:
    """All that reading says, as comparable values."""
    said: list[object] = []
    try:
        said.extend(
            item if isinstance(item, Defect) else as_values(item)
            for item in engine.read_messages(io.BytesIO(data), limits=limits)
        )
    except LimitError as refusal:
        said.append(str(refusal))
    return said


def as_values(message: RawMessage) -> tuple[object, ...]:
    segments = [(s.text, s.tag, s.offset, s.length, s.number) for s in message.segments]
    return message.type, message.reference, message.offset, message.length, segments, tuple(
        message.defects
    )  # fmt: skip


def set_block(monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    monkeypatch.setattr(buffer, "BLOCK", size)
    monkeypatch.setattr(machine, "LAST_SPAN", 2 * size)


def check_places(engine: ModuleType, data: bytes) -> None:
    for item in engine.read_messages(io.BytesIO(data)):
        defects = [item] if isinstance(item, Defect) else item.defects
        for defect in defects:
            assert 0 <= defect.offset <= defect.offset + defect.length <= len(data)
        if isinstance(item, RawMessage):
            check_segments(item, data)


def check_segments(message: RawMessage, data: bytes) -> None:
    end = message.offset
    for segment in message.segments:
        assert segment.offset >= end
        end = segment.offset + segment.length
        assert end <= len(data)
        assert data[segment.offset : segment.offset + 1].upper() == segment.tag[:1].encode()
    assert end <= message.offset + message.length <= len(data)
    assert [segment.number for segment in message.segments] == list(
        range(1, len(message.segments) + 1)
    )


@pytest.mark.parametrize("size", [1, 7, 64, 129, 1000])
def test_damaged_files_read_the_same_in_any_block_size(
    monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    chance = random.Random(size)
    for _ in range(60):
        engine, data = chance.choice(samples())
        damaged, limits = damage(data, chance), chance.choice((DEFAULT, SMALL))
        whole = outcome(engine, damaged, limits)
        with monkeypatch.context() as patch:
            set_block(patch, size)
            assert outcome(engine, damaged, limits) == whole, damaged


def test_segments_and_defects_of_damaged_files_lie_where_they_say() -> None:
    chance = random.Random(7)
    for _ in range(400):
        engine, data = chance.choice(samples())
        check_places(engine, damage(data, chance))


class Generated(io.RawIOBase):
    """A stream of ``size`` bytes that repeats a pattern after a head."""

    def __init__(self, head: bytes, pattern: bytes, size: int) -> None:
        self.parts = self.make(head, pattern * (65_536 // len(pattern) + 1), size)

    def make(self, head: bytes, block: bytes, size: int) -> Iterator[bytes]:
        yield head
        for _ in range(size // len(block)):
            yield block

    def read(self, size: int = -1) -> bytes:
        return next(self.parts, b"")


UNB = b"UNB+UNOA:2+NRCH+MARISOL+261123:1215+R7'"


@pytest.mark.parametrize(
    ("head", "pattern", "size"),
    [
        (b"", b"rubbish without end ", 20_000_000),
        (UNB, b"endless segment ", 20_000_000),
        (UNB + b"UNH+1+CUSCAR:D:95B:UN'", b"XX", 20_000_000),
        (UNB, b"UNH+1+CUSCAR:D:95B:UN'" + b"LOC+9+PAONX'" * 200 + b"UNT+202+1'", 2_000_000),
    ],
    ids=["rubbish", "no terminator", "endless segment in a message", "many messages"],
)
def test_memory_does_not_grow_with_the_file(head: bytes, pattern: bytes, size: int) -> None:
    tracemalloc.start()
    try:
        for _ in edifact.read_messages(Generated(head, pattern, size)):
            pass
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 3_000_000
