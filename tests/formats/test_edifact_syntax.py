"""ISO 9735: separators, release character, charsets, envelopes; reading is independent of chunks."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from esclusa.formats.edifact.segment import RawMessage
from esclusa.formats.edifact.syntax import read_messages
from esclusa.formats.limits import Limits
from esclusa.model import Defect, Severity


class Trickle(io.BytesIO):
    """Hands out a few bytes at a time."""

    def __init__(self, data: bytes, size: int) -> None:
        super().__init__(data)
        self.size = size

    def read(self, size: int | None = -1, /) -> bytes:
        return super().read(self.size)

    def read1(self, size: int | None = -1, /) -> bytes:
        return super().read(self.size)


def messages(data: bytes, **more: object) -> list[RawMessage]:
    found = read_messages(io.BytesIO(data), **more)
    return [item for item in found if isinstance(item, RawMessage)]


def escape(text: str, marks: str) -> str:
    return "".join(marks[3] + char if char in marks else char for char in text)


def interchange(segments: list[list[list[str]]], marks: str = ":+.? '") -> bytes:
    """Write segments (tag element excluded: each is a list of elements of components)."""
    comp, elem, _dec, rel, _space, term = marks
    use = comp + elem + term + rel
    picked = f"{comp}{elem}{term}{rel}"
    assert len(set(picked)) == 4

    def write(tag: str, elements: list[list[str]]) -> str:
        escaped = [
            comp.join("".join(rel + c if c in use else c for c in part) for part in element)
            for element in elements
        ]
        return elem.join([tag, *escaped]) + term

    body = "".join(write("FTX", elements) for elements in segments)
    head = f"UNA{marks}" + write("UNB", [["UNOW", "4"], ["S"], ["R"], ["261123", "1200"], ["1"]])
    open_ = write("UNH", [["1"], ["CUSCAR", "D", "95B", "UN"]])
    close = write("UNT", [[str(len(segments) + 2)], ["1"]]) + write("UNZ", [["1"], ["1"]])
    return (head + open_ + body + close).encode()


TEXT = st.text(
    st.characters(codec="utf-8", categories=["L", "N", "P", "S", "Zs"]), min_size=1, max_size=12
).filter(lambda text: text == text.strip())
ELEMENTS = st.lists(st.lists(TEXT, min_size=1, max_size=3), min_size=1, max_size=4)
MARKS = st.sampled_from([":+.? '", "|*.\\ ~", "\x1f\x1d.? \x1c", "^&.! %"])


@given(st.lists(ELEMENTS, min_size=1, max_size=5), MARKS)
def test_whatever_is_written_with_release_characters_reads_back(
    segments: list[list[list[str]]], marks: str
) -> None:
    (message,) = messages(interchange(segments, marks))
    assert [
        [segment.element(place) for place in range(1, len(elements) + 1)]
        for segment, elements in zip(message.segments[1:-1], segments, strict=True)
    ] == segments
    assert [d for d in message.defects if d.severity is not Severity.NOTE] == []


@given(st.lists(ELEMENTS, min_size=1, max_size=3), st.integers(1, 70))
def test_reading_does_not_depend_on_how_the_stream_is_cut(
    segments: list[list[list[str]]], size: int
) -> None:
    data = interchange(segments)
    whole = messages(data)
    cut = [m for m in read_messages(Trickle(data, size)) if isinstance(m, RawMessage)]
    assert [[(s.tag, s.offset, s.element(1)) for s in m.segments] for m in whole] == [
        [(s.tag, s.offset, s.element(1)) for s in m.segments] for m in cut
    ]


def test_offsets_are_bytes_of_the_file() -> None:
    data = "UNB+UNOW:4+S+R+261123:1200+1'UNH+1+CUSCAR:D:95B:UN'FTX+ñandú'BGM+85'UNT+4+1'UNZ+1+1'"
    (message,) = messages(data.encode())
    for segment in message.segments:
        assert data.encode()[segment.offset :].startswith(segment.tag.encode())
    assert message.offset == data.encode().index(b"UNH")


def test_the_envelope_says_who_when_and_which_guide() -> None:
    data = (
        b"UNB+UNOA:2+NRCH+MARISOL+261123:1215+R7'UNH+M1+BAPLIE:D:95B:UN:SMDG22'UNT+2+M1'UNZ+1+R7'"
    )
    (message,) = messages(data)
    assert (message.type, message.directory, message.association) == ("BAPLIE", "D.95B", "SMDG22")
    assert (message.interchange_sender, message.interchange_recipient) == ("NRCH", "MARISOL")
    assert (message.reference, message.interchange_reference) == ("M1", "R7")
    assert message.prepared.startswith("2026-11-23T12:15")


def test_a_broken_message_never_costs_its_neighbours() -> None:
    good = b"UNH+%d+CUSCAR:D:95B:UN'BGM+85+M'UNT+3+%d'"
    data = (
        b"UNB+UNOA:2+S+R+261123:1200+1'" + good % (1, 1) + b"UNH+2+CUSCAR:D:95B:UN'\x00\xff?'+++'"
        + good % (3, 3) + b"UNZ+3+1'"
    )  # fmt: skip
    found = messages(data)
    assert [m.reference for m in found][0] == "1"
    assert found[-1].reference == "3"
    assert len(found[-1].segments) == 3


def test_an_oversized_segment_is_flagged_and_reading_goes_on() -> None:
    data = (
        b"UNB+UNOA:2+S+R+261123:1200+1'UNH+1+CUSCAR:D:95B:UN'FTX+" + b"X" * 5_000
        + b"'UNT+3+1'UNH+2+CUSCAR:D:95B:UN'BGM+85'UNT+3+2'UNZ+2+1'"
    )  # fmt: skip
    found = list(read_messages(io.BytesIO(data), limits=Limits(segment_bytes=1_000)))
    last = [item for item in found if isinstance(item, RawMessage)][-1]
    assert (last.reference, len(last.segments)) == ("2", 3)
    defects = [item for item in found if isinstance(item, Defect)]
    defects += [d for item in found if isinstance(item, RawMessage) for d in item.defects]
    assert any(d.severity in (Severity.ERROR, Severity.FATAL) for d in defects)


@pytest.mark.parametrize("data", [b"", b"\x00" * 50_000, b"'" * 20_000, b"UN" * 20_000])
def test_garbage_states_nothing(data: bytes) -> None:
    assert messages(data) == []
