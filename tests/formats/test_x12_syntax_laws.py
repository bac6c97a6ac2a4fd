"""ASC X12.5 and X12.6: any separators, any blocks, bounds, and every public sample."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from esclusa.formats.edifact.buffer import BLOCK
from esclusa.formats.edifact.segment import RawMessage
from esclusa.formats.limits import Limits
from esclusa.formats.x12.syntax import read_messages
from esclusa.model import Defect, Severity

DATA = Path(__file__).parents[1] / "data" / "x12"
SAMPLES = sorted(path.name for path in DATA.iterdir() if path.suffix != ".md")
MARKS = st.sampled_from(["*>^~", "|:^\n", "\x1d\x1f\x1e\x1c", "+<!'", "*\\^~"])
"""Element, component and repetition separator, terminator."""
BLOCKS = ("*>^~", "|:^\n")


class Trickle(io.BytesIO):
    """Hands out at most ``step`` bytes at a time."""

    def __init__(self, data: bytes, step: int) -> None:
        super().__init__(data)
        self.step = step

    def read(self, size: int | None = -1, /) -> bytes:
        return super().read(self.step)


def isa(marks: str = "*>^~", number: int = 7, version: str = "00501") -> str:
    element, component, repetition, terminator = marks
    words = ["ISA", "00", " " * 10, "00", " " * 10, "ZZ", "NRCH".ljust(15), "ZZ",
             "MARISOL".ljust(15), "260413", "1015", repetition, version, f"{number:09}", "0", "T",
             component]  # fmt: skip
    return element.join(words) + terminator


def gs(marks: str = "*>^~") -> str:
    return "GS*SO*NRCH*MARISOL*20260413*1015*3*X*004010".replace("*", marks[0]) + marks[3]


def transaction(body: list[str], marks: str = "*>^~", number: int = 1) -> str:
    control = f"{number:04}"
    lines = [f"ST*309*{control}".replace("*", marks[0]), *body]
    lines.append(f"SE*{len(body) + 2}*{control}".replace("*", marks[0]))
    return "".join(line + marks[3] for line in lines)


def interchange(*sets: str, marks: str = "*>^~", number: int = 7) -> bytes:
    tail = f"GE*{len(sets)}*3".replace("*", marks[0]) + marks[3]
    tail += f"IEA*1*{number:09}".replace("*", marks[0]) + marks[3]
    return (isa(marks, number) + gs(marks) + "".join(sets) + tail).encode("latin-1")


def everything(data: bytes, limits: Limits | None = None) -> list[RawMessage | Defect]:
    return list(read_messages(io.BytesIO(data), file="t.x12", limits=limits or Limits()))


def messages(data: bytes, limits: Limits | None = None) -> list[RawMessage]:
    return [item for item in everything(data, limits) if isinstance(item, RawMessage)]


def defects(items: list[RawMessage | Defect]) -> list[Defect]:
    return [
        defect
        for item in items
        for defect in ([item] if isinstance(item, Defect) else item.defects)
    ]


def codes(data: bytes, limits: Limits | None = None) -> list[str]:
    return [defect.code for defect in defects(everything(data, limits))]


def shape(items: list[RawMessage | Defect]) -> list[object]:
    """All that reading gives, comparable: raw messages compare by identity."""
    return [
        item
        if isinstance(item, Defect)
        else (item.type, item.reference, item.prepared, item.offset, item.length, item.defects,
              [(s.text, s.tag, s.offset, s.length, s.number, s.marks) for s in item.segments])
        for item in items
    ]  # fmt: skip


# --- X12.6 § 3.2: separators -----------------------------------------------------------------------

SEPARATORS = "*>^~|:\n\r\x1c\x1d\x1e\x1f+<!'\\"
TEXT = st.text(
    st.characters(min_codepoint=0x20, max_codepoint=0x7E, exclude_characters=SEPARATORS),
    max_size=12,
)
ELEMENT = st.lists(st.lists(TEXT, min_size=1, max_size=3), min_size=1, max_size=3)
"""Repeats of components."""
SEGMENT = st.lists(ELEMENT, min_size=1, max_size=4)


def write(elements: list[list[list[str]]], marks: str) -> str:
    element, component, repetition, _terminator = marks
    fields = [repetition.join(component.join(parts) for parts in repeats) for repeats in elements]
    return element.join(["N9", *fields])


@given(st.lists(SEGMENT, min_size=1, max_size=6), MARKS)
def test_elements_components_and_repeats_read_back_under_any_separators_isa_names(
    segments: list[list[list[list[str]]]], marks: str
) -> None:
    data = interchange(transaction([write(s, marks) for s in segments], marks), marks=marks)
    items = everything(data)
    (message,) = [item for item in items if isinstance(item, RawMessage)]
    read = [[s.repeats(n) for n in range(1, len(s) + 1)] for s in message.segments[1:-1]]
    assert read == segments
    assert defects(items) == []


# --- X12.5: envelopes ------------------------------------------------------------------------------


def test_offsets_and_lengths_are_bytes_of_the_file() -> None:
    data = interchange(transaction(["N9*BM*1"]), transaction(["N9*BM*22"], number=2))
    for message in messages(data):
        span = data[message.offset : message.offset + message.length]
        assert span.startswith(b"ST*309*") and span.endswith(message.reference.encode() + b"~")
        for segment in message.segments:
            piece = data[segment.offset : segment.offset + segment.length]
            assert piece == segment.text.encode() + b"~"


# --- the result does not depend on how the bytes arrive ---------------------------------------------


@given(st.sampled_from(SAMPLES), st.integers(1, 600))
@settings(max_examples=60)
def test_reading_does_not_depend_on_how_the_stream_is_cut(name: str, step: int) -> None:
    data = (DATA / name).read_bytes()
    whole = list(read_messages(io.BytesIO(data)))
    assert shape(list(read_messages(Trickle(data, step)))) == shape(whole)


@pytest.mark.parametrize("marks", BLOCKS)
def test_a_file_of_many_blocks_is_read_like_one(marks: str) -> None:
    """Segments, headers and trailers fall across the edges of blocks."""
    line = "N9*BM*" + "x" * 61
    sets = [transaction([line.replace("*", marks[0])] * 40, marks, n) for n in range(1, 160)]
    data = interchange(*sets, marks=marks)
    assert len(data) > 3 * BLOCK
    whole = everything(data)
    assert len(whole) == 159
    assert defects(whole) == []
    for step in (BLOCK - 1, 4099):
        assert shape(list(read_messages(Trickle(data, step)))) == shape(whole)


# --- bounds ----------------------------------------------------------------------------------------


def test_an_oversized_segment_is_passed_over_and_the_next_set_is_read() -> None:
    data = interchange(transaction(["N9*" + "X" * 5_000]), transaction(["N9*BM*2"], number=2))
    limits = Limits(segment_bytes=1_000)
    assert "x12.segment.size" in codes(data, limits)
    assert [len(m.segments) for m in messages(data, limits)] == [2, 3]


def test_an_oversized_set_keeps_no_segments_and_its_neighbours_stand() -> None:
    small = transaction(["N9*BM*1"])
    data = interchange(small, transaction(["N9*BM*2"] * 500, number=2), small)
    first, second, third = messages(data, Limits(message_bytes=1_000))
    assert [len(m.segments) for m in (first, second, third)] == [3, 1, 3]
    assert [d.code for d in second.defects] == ["x12.message.size"]
    assert second.defects[0].severity is Severity.FATAL


def test_defects_of_a_set_are_bounded() -> None:
    data = interchange(transaction(["?"] * 5_000))
    (message,) = messages(data, Limits(defects_per_message=20))
    assert len(message.defects) == 21
    assert message.defects[-1].severity is Severity.FATAL


# --- real samples ----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", SAMPLES)
def test_every_set_of_a_public_sample_is_recovered_whole(name: str) -> None:
    items = everything((DATA / name).read_bytes())
    found = [item for item in items if isinstance(item, RawMessage)]
    assert len(found) == 1
    assert found[0].segments[-1].tag == "SE"
    assert not any(defect.severity is Severity.FATAL for defect in defects(items))


@pytest.mark.parametrize("padding", [0, 40, 300])
def test_a_trailer_without_terminator_is_found_wherever_it_stands(padding: int) -> None:
    """Lines as segments: the break that ends the segment before is a terminator, no blank."""
    data = interchange(transaction(["N9|BM|" + "x" * padding], "|:^\n"), marks="|:^\n")
    glued = data.replace(b"GE|1|3\n", b"GE|1|3")
    assert codes(glued) == ["x12.terminator.missing"]
