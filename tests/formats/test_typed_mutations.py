"""Whatever happens to a message, its reader goes on: bad input costs only itself."""

from __future__ import annotations

import io
import random
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typed_reading import DATA

from esclusa import samples
from esclusa.formats.edifact import reader as edifact
from esclusa.formats.x12 import reader as x12
from esclusa.model import Message, decode_body, encode_body, natural_key

FILES = {
    "cuscar": samples.sample("manifest-northreach-0412-amendment.edi").read_bytes(),
    "baplie": (DATA / "baplie-d95b-shogg.edi").read_bytes(),
    "paxlst": (DATA / "paxlst-d05b-ediclean-c.edi").read_bytes(),
    "pnrgov": (DATA.parent / "fictional" / "pnrgov.edi").read_bytes(),
    "cusres": (DATA.parent / "fictional" / "customs-response.edi").read_bytes(),
    "iftsta": (DATA.parent / "fictional" / "status-report.edi").read_bytes(),
    "309": samples.sample("ocean-manifest-309.x12").read_bytes(),
    "310": (DATA.parent / "fictional" / "ocean-bill-310.x12").read_bytes(),
    "350": (DATA.parent / "fictional" / "customs-status-350.x12").read_bytes(),
    "353": (DATA.parent / "fictional" / "customs-events-353.x12").read_bytes(),
    "355": (DATA.parent / "fictional" / "customs-answer-355.x12").read_bytes(),
}
TERMINATORS = {
    kind: b"#" if kind == "paxlst" else b"~" if kind.isdigit() else b"'" for kind in FILES
}
TOKENS = (b"", b"+", b":", b"'", b"?", b"*", b"~", b"\x00", b"\xff", b"-", b"9" * 40, b"1e999",
          b"00000000", b"UNH+1", b"UNT", "٣".encode(), b"\n")  # fmt: skip


def read(kind: str, data: bytes) -> list[Message]:
    reader = x12 if kind.isdigit() else edifact
    found = reader.read(io.BytesIO(data), file="mutated")
    return [item for item in found if isinstance(item, Message)]


def check(kind: str, data: bytes) -> None:
    """Every statement has a key and survives its JSON text; a refused message states nothing."""
    for message in read(kind, data):
        assert not (message.refused and message.statements)
        for statement in message.statements:
            assert isinstance(natural_key(statement), str)
            assert decode_body(encode_body(statement)) == statement


def overwrite(rng: random.Random, data: bytes, terminator: bytes) -> bytes:
    at = rng.randrange(len(data))
    return data[:at] + rng.choice(TOKENS) + data[at + rng.randrange(6) :]


def drop_segment(rng: random.Random, data: bytes, terminator: bytes) -> bytes:
    parts = data.split(terminator)
    del parts[rng.randrange(len(parts))]
    return terminator.join(parts)


def repeat_segment(rng: random.Random, data: bytes, terminator: bytes) -> bytes:
    parts = data.split(terminator)
    parts.insert(rng.randrange(len(parts)), rng.choice(parts))
    return terminator.join(parts)


def swap_segments(rng: random.Random, data: bytes, terminator: bytes) -> bytes:
    parts = data.split(terminator)
    one, two = rng.randrange(len(parts)), rng.randrange(len(parts))
    parts[one], parts[two] = parts[two], parts[one]
    return terminator.join(parts)


def cut(rng: random.Random, data: bytes, terminator: bytes) -> bytes:
    return data[: rng.randrange(len(data))]


MUTATIONS: tuple[Callable[[random.Random, bytes, bytes], bytes], ...] = (
    overwrite, overwrite, overwrite, drop_segment, repeat_segment, swap_segments, cut,
)  # fmt: skip


@pytest.mark.parametrize("kind", sorted(FILES))
@given(seed=st.integers(0, 2**32))
@settings(max_examples=120, deadline=None)
def test_a_mutated_message_is_read_or_refused_and_never_raises(kind: str, seed: int) -> None:
    rng = random.Random(seed)
    data = FILES[kind]
    for _ in range(rng.randrange(1, 8)):
        data = rng.choice(MUTATIONS)(rng, data, TERMINATORS[kind]) or b"'"
    check(kind, data)


@pytest.mark.parametrize("kind", sorted(FILES))
@given(seed=st.integers(0, 2**32))
@settings(max_examples=40, deadline=None)
def test_segments_in_any_order_are_read(kind: str, seed: int) -> None:
    """Groups open at their trigger segments: order may change what is stated, never stop it."""
    terminator = TERMINATORS[kind]
    head, *inner, tail = FILES[kind].split(terminator)
    random.Random(seed).shuffle(inner)
    check(kind, terminator.join([head, *inner, tail]))


@pytest.mark.parametrize("kind", sorted(FILES))
def test_the_untouched_message_states_something(kind: str) -> None:
    assert any(message.statements for message in read(kind, FILES[kind]))
    check(kind, FILES[kind])


@given(st.binary(max_size=300))
@settings(max_examples=60, deadline=None)
def test_sniffing_never_raises(head: bytes) -> None:
    assert edifact.FORMAT.sniff(head, "x") in (True, False)
    assert x12.FORMAT.sniff(head, "x") in (True, False)


@pytest.mark.parametrize("kind", ["cuscar", "baplie", "paxlst"])
def test_edifact_is_sniffed_and_x12_is_not_taken_for_it(kind: str) -> None:
    assert edifact.FORMAT.sniff(FILES[kind][:4096], "file")
    assert not x12.FORMAT.sniff(FILES[kind][:4096], "file")
    assert x12.FORMAT.sniff(FILES["309"][:4096], "file")
    assert not edifact.FORMAT.sniff(FILES["309"][:4096], "file")
