"""Whatever happens to a message about moves or decisions, its reader goes on, its neighbours stand."""

from __future__ import annotations

import io
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_containers_writing import EXAMPLES
from test_cusres import HELD
from test_iftsta import LOADED
from test_typed_mutations import MUTATIONS
from typed_writing import stating, written

from esclusa.formats.edifact import reader
from esclusa.model import Message, decode_body, encode_body, natural_key

STATED = {**EXAMPLES, "CUSRES": (HELD,), "IFTSTA": (LOADED,)}
FILES = {kind: written(kind, stating(*found)) for kind, found in STATED.items()}


def read(data: bytes) -> list[Message]:
    found = reader.read(io.BytesIO(data), file="mutated")
    return [item for item in found if isinstance(item, Message)]


def check(data: bytes) -> None:
    """Every statement has a key and survives its JSON text; a refused message states nothing."""
    for message in read(data):
        assert not (message.refused and message.statements)
        for statement in message.statements:
            assert isinstance(natural_key(statement), str)
            assert decode_body(encode_body(statement)) == statement


@pytest.mark.parametrize("kind", FILES)
def test_a_message_cut_at_any_byte_is_read_as_far_as_it_goes(kind: str) -> None:
    for end in range(len(FILES[kind])):
        check(FILES[kind][:end])


@pytest.mark.parametrize("kind", FILES)
@given(seed=st.integers(0, 2**32))
@settings(max_examples=60, deadline=None)
def test_a_mutated_message_is_read_or_refused_and_never_raises(kind: str, seed: int) -> None:
    rng = random.Random(seed)
    data = FILES[kind]
    for _ in range(rng.randrange(1, 8)):
        data = rng.choice(MUTATIONS)(rng, data, b"'") or b"'"
    check(data)


@pytest.mark.parametrize("kind", FILES)
def test_a_damaged_message_costs_only_itself(kind: str) -> None:
    """A segment dropped, doubled or emptied in the first of two: the second comes whole."""
    head, *inner, tail, _ = FILES[kind].split(b"'")
    good = b"'".join(inner) + b"'"
    (whole,) = read(FILES[kind])
    for at in range(1, len(inner) - 1):
        for new in ([], [inner[at]] * 2, [inner[at][:3] + b"+++:?"]):
            bad = b"'".join([*inner[:at], *new, *inner[at + 1 :]]) + b"'"
            messages = read(head + b"'" + bad + good + tail + b"'")
            assert messages[-1].statements == whole.statements
