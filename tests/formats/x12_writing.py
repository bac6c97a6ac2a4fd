"""Records written as X12 and read again, and what the sets of cargo have in common."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Callable
from typing import Any

import typed_writing
from hypothesis import strategies as st
from typed_writing import CONVEYANCE, stating

from esclusa.formats.x12 import reader, writers
from esclusa.formats.x12.writing import Envelope
from esclusa.model import (
    Defect,
    Identifier,
    Message,
    Party,
    Place,
    Statement,
    Voyage,
)

ENVELOPE = Envelope(
    sender="NORTHREACH", recipient="MARISOL", prepared="2026-04-13T10:15", codec="utf-8"
)
KNOWN = {"x12.309.bill.repeated", "x12.charset", "x12.350.disposition"}
"""What the records have too, and what ISA has no place to say: that bytes are not ASCII."""


def written(kind: str, *messages: Message, **more: Any) -> bytes:
    return b"".join(writers.write(ENVELOPE, messages, kind, **more))


def texts(kind: str, *messages: Message) -> list[str]:
    """The segments written, without envelopes; line breaks stand for terminators."""
    data = written(kind, *messages).decode()
    return data.split(data[105])[2:-3]


def read(data: bytes) -> list[Message]:
    """Read what was written: no defect outside messages, none of syntax or structure inside."""
    items = list(reader.read(io.BytesIO(data), file="written.x12"))
    assert not [item for item in items if isinstance(item, Defect)]
    found = [item for item in items if isinstance(item, Message)]
    codes = {defect.code for each in found for defect in each.defects}
    assert {code for code in codes if code.startswith("x12.")} <= KNOWN
    return found


def returned(kind: str, *statements: Statement) -> list[Statement]:
    """Write statements and read them back."""
    found = read(written(kind, stating(*statements)))
    return [each for message in found for each in message.statements]


def check_same(
    kind: str, message: Message, expected: Callable[[Any], Any] = lambda one: one
) -> None:
    """What comes back is what went, but for what ``expected`` changes: in any order."""
    found = read(written(kind, message))
    assert {each.function for each in found} <= {message.function}
    back = Counter(each for one in found for each in one.statements)
    assert back == Counter(map(expected, message.statements))


# -- made-up values -------------------------------------------------------------------------------

ALPHABET = "ABCXYZ abc019 *>~|^:'.,-/Ñé船"


def text(least: int = 0, most: int = 30) -> st.SearchStrategy[str]:
    return typed_writing.text(least, most, ALPHABET)


def long_text(most: int = 12) -> st.SearchStrategy[str]:
    """Words with single blanks between them, as a cut inside several would lose some."""
    word = st.text(st.sampled_from("ABCXYZ019*>~.,Ñé船"), min_size=1, max_size=50)
    return st.lists(word, max_size=most).map(" ".join)


VOYAGE = st.one_of(
    st.just(Voyage()),
    st.builds(
        Voyage,
        reference=text(),
        carrier=st.sampled_from(["NRLN", "AM"]),
        conveyance=CONVEYANCE.filter(lambda ship: ship.name == " ".join(ship.name.split())),
    ),
)
CODED = st.one_of(
    st.just(Place()),
    st.from_regex(r"[A-Z]{2}[A-Z0-9]{3}", fullmatch=True).map(lambda code: Place(code=code, scheme="unlocode")),
    st.from_regex(r"[0-9]{4,5}", fullmatch=True).map(lambda code: Place(code=code)),
)  # fmt: skip
PARTY = st.builds(
    Party,
    role=st.sampled_from(["shipper", "exporter", "consignee", "importer", "notify", "carrier", "forwarder",
                          "declarant", "consolidator", "agent", "stuffer", "reporting", "other"]),
    name=text(), address=st.lists(text(1), max_size=6).map(", ".join),
    city=text(), country=st.sampled_from(["", "PA", "EC"]),
    identifiers=st.lists(
        st.builds(Identifier, scheme=st.sampled_from(["duns", "tax", "other"]), value=text(1)), max_size=1
    ).map(tuple),
    contact=st.lists(text(1), max_size=4).map("; ".join),
)  # fmt: skip
