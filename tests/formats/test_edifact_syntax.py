"""ISO 9735: separators, release character, charsets, envelopes; reading is independent of chunks."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from esclusa.errors import LimitError
from esclusa.formats.edifact.buffer import BLOCK
from esclusa.formats.edifact.segment import RawMessage
from esclusa.formats.edifact.syntax import read_messages
from esclusa.formats.limits import Limits
from esclusa.model import Defect, Severity

DATA = Path(__file__).parents[1] / "data" / "edifact"
SAMPLES = sorted(path.name for path in DATA.iterdir() if path.suffix != ".md")
UNH = re.compile(rb"UNH([^A-Za-z0-9\s])[^'\n]{1,35}?\1[A-Z]{6}")
"""A message header, by any separator: found here without the engine's own rules."""
CUT_OFF = {"MEDRPT__nerdocs__pydifact__patient3.edi__556d31af.edi"}
"""This one ends inside a segment."""
UNB = b"UNB+UNOA:2+S+R+261123:1200+1'"


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


def interchange(segments: list[list[list[str]]], marks: str = ":+.? '") -> bytes:
    """Write segments (tag element excluded: each is a list of elements of components)."""
    comp, elem, _dec, rel, _space, term = marks
    use = comp + elem + term + rel
    assert len(set(use)) == 4

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
    assert [segment.elements() for segment in message.segments[1:-1]] == segments
    for segment in message.segments:
        singly = [segment.element(place) for place in range(1, len(segment) + 1)]
        assert segment.elements() == singly
        assert [segment.get(place) for place in range(1, len(segment) + 1)] == [
            components[0] for components in singly
        ]
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


def message(number: int, *segments: bytes) -> bytes:
    body = b"".join(segment + b"'" for segment in segments)
    return b"UNH+%d+CUSCAR:D:95B:UN'%sUNT+%d+%d'" % (number, body, len(segments) + 2, number)


def everything(data: bytes, limits: Limits | None = None) -> list[RawMessage | Defect]:
    return list(read_messages(io.BytesIO(data), file="t.edi", limits=limits or Limits()))


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


# --- the result does not depend on how the bytes arrive ---------------------------------------------


@given(st.sampled_from(SAMPLES), st.integers(1, 600))
@settings(max_examples=80)
def test_a_public_sample_reads_the_same_however_it_arrives(name: str, step: int) -> None:
    data = (DATA / name).read_bytes()
    assert shape(list(read_messages(Trickle(data, step)))) == shape(everything(data))


@given(st.sampled_from(SAMPLES), st.integers(0, 10_000), st.integers(1, 9), st.binary(max_size=3))
@settings(max_examples=120)
def test_a_damaged_sample_reads_the_same_however_it_arrives(
    name: str, place: int, step: int, junk: bytes
) -> None:
    data = (DATA / name).read_bytes()[:3_000]
    place %= len(data)
    data = data[:place] + junk + data[place + 2 :]
    assert shape(list(read_messages(Trickle(data, step)))) == shape(everything(data))


@pytest.mark.parametrize("text", ["x" * 57, "it?'s ?+ ??", "ñandú\r\n del río"])
def test_a_file_of_many_blocks_is_read_like_one(text: str) -> None:
    """Segments, release characters and trailers fall across the edges of blocks."""
    line = b"FTX+AAA+++" + text.encode("latin-1")
    data = UNB.replace(b"UNOA", b"UNOC") + b"".join(message(n, *[line] * 40) for n in range(1, 700))
    data += b"UNZ+699+1'"
    assert len(data) > 3 * BLOCK
    whole = everything(data)
    assert len(whole) == 699
    assert defects(whole) == []
    for step in (BLOCK - 1, 4099):
        assert shape(list(read_messages(Trickle(data, step)))) == shape(whole)


# --- bounds ----------------------------------------------------------------------------------------


def test_an_oversized_message_keeps_no_segments_and_its_neighbours_stand() -> None:
    big = message(2, *[b"FTX+AAA+++SOME TEXT"] * 500)
    data = UNB + message(1, b"BGM+85") + big + message(3, b"BGM+85") + b"UNZ+3+1'"
    items = everything(data, Limits(message_bytes=1_000))
    assert [len(m.segments) for m in items if isinstance(m, RawMessage)] == [3, 1, 3]
    (defect,) = defects(items)
    assert (defect.code, defect.severity) == ("edifact.message.size", Severity.FATAL)
    assert defect.offset == data.index(b"UNH+2")


def test_a_segment_that_never_ends_costs_no_memory_and_hides_no_interchange() -> None:
    good = UNB + message(1, b"BGM+85") + b"UNZ+1+1'"
    data = UNB + b"UNH+9+CUSCAR:D:95B:UN'FTX+" + b"X" * 600_000 + good
    found = [item for item in everything(data) if isinstance(item, RawMessage)]
    assert [m.reference for m in found] == ["9", "1"]
    assert "edifact.segment.size" in codes(data)
    assert max(len(s.text) for m in found for s in m.segments) < 100


def test_defects_of_a_message_are_bounded() -> None:
    items = everything(UNB + message(1, *[b"!"] * 5_000), Limits(defects_per_message=20))
    (found,) = [item for item in items if isinstance(item, RawMessage)]
    assert len(found.defects) == 21
    assert found.defects[-1].severity is Severity.FATAL


def test_a_file_with_more_messages_than_the_limit_is_refused_at_that_place() -> None:
    data = UNB + b"".join(message(n) for n in range(1, 6))
    with pytest.raises(LimitError) as refusal:
        everything(data, Limits(messages=3))
    assert refusal.value.offset == data.index(b"UNH+4")
    assert refusal.value.file == "t.edi"


def test_a_file_larger_than_the_limit_is_refused() -> None:
    with pytest.raises(LimitError):
        everything(UNB + message(1), Limits(file_bytes=20))


# --- ISO 9735-1 annex A: character sets --------------------------------------------------------------


@pytest.mark.parametrize(
    ("declared", "sent", "read", "flags"),
    [
        (b"UNOC", "Mercancía".encode("latin-1"), "Mercancía", []),
        (b"UNOY", "Mercancía".encode(), "Mercancía", []),
        (b"UNOE", "Груз".encode("iso8859-5"), "Груз", []),
        (b"UNOA", "Mercancía".encode(), "Mercancía", ["edifact.charset"]),
        (b"UNOA", "Mercancía".encode("latin-1"), "Mercancía", ["edifact.charset"]),
        (b"UNOC", "€ 5".encode("cp1252"), "€ 5", ["edifact.charset"]),
        (b"UNOC", "Mercancía".encode(), "Mercancía", ["edifact.charset"]),
    ],
)
def test_text_is_read_in_the_declared_or_else_the_evident_character_set(
    declared: bytes, sent: bytes, read: str, flags: list[str]
) -> None:
    data = UNB.replace(b"UNOA", declared) + message(1, b"FTX+AAA+++" + sent) + b"UNZ+1+1'"
    (found,) = messages(data)
    assert found.segments[1].get(4) == read
    assert codes(data) == flags


# --- ISO 9735-1 § 8: syntax version 4 ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("advice", "version", "repeats"),
    [
        (b"UNA:+.?*'", b"4", [["a"], ["b", "c"]]),
        (b"UNA:+.?*'", b"3", [["a*b", "c"]]),
        (b"UNA:+.? '", b"4", [["a*b", "c"]]),
        (b"UNA:+.?b'", b"4", [["a*b", "c"]]),
        (b"", b"4", [["a"], ["b", "c"]]),
        (b"", b"3", [["a*b", "c"]]),
    ],
    ids=[
        "UNA names it",
        "older version",
        "UNA leaves it blank",
        "UNA names a letter",
        "default",
        "no default",
    ],
)
def test_the_repetition_separator_belongs_to_version_4(
    advice: bytes, version: bytes, repeats: list[list[str]]
) -> None:
    head = advice + b"UNB+UNOA:" + version + b"+S+R+261123:1200+1'"
    (found,) = messages(head + message(1, b"FTX+a*b:c") + b"UNZ+1+1'")
    assert found.segments[1].repeats(1) == repeats


# --- real samples ----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", SAMPLES)
def test_every_message_of_a_public_sample_is_recovered(name: str) -> None:
    data = (DATA / name).read_bytes()
    items = everything(data)
    found = [item for item in items if isinstance(item, RawMessage)]
    assert len(found) == len(UNH.findall(data)) > 0
    fatal = any(defect.severity is Severity.FATAL for defect in defects(items))
    assert fatal == (name in CUT_OFF)
    for one in found:
        assert data[one.offset :].startswith(b"UNH")
        assert one.offset + one.length <= len(data)
