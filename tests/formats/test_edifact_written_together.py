"""Messages written together are those written one by one, whatever is in them.

The writer looks at many texts at once and closer only where it must. Held here against the plain
way: each message alone, and its segments from a generator, so that nothing is taken together.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from esclusa.formats.edifact.drafting import WritingError, again, segment, segments, trimmed
from esclusa.formats.edifact.segment import Segment, Separators
from esclusa.formats.edifact.service import LEVEL_A, LEVEL_B
from esclusa.formats.edifact.writing import (
    BATCH,
    LEVEL_A_4,
    NewMessage,
    interchange_head,
    write_interchange,
)

STARS = Separators(component="/", element="*", decimal=".", release="!", terminator="~")
SWAPPED = replace(LEVEL_A, component="+", element=":", release="!")
"""Separators that are one another's: an exchange one after the other would join them."""

ALL = [LEVEL_A, replace(LEVEL_A, decimal=","), LEVEL_A_4, STARS, SWAPPED, LEVEL_B,
       replace(LEVEL_A, terminator="+", element="'")]  # fmt: skip


def unb(syntax: str, marks: Separators) -> Segment:
    return interchange_head(
        sender="ME", recipient="YOU", prepared="2026-04-13T10:15", reference="R",
        syntax=syntax, version="4" if marks.repetition else "3", marks=marks,
    )  # fmt: skip


Told = tuple[str, str, int, str, str]
"""What an error names: message, segment, number, element, reason."""


def written(
    head: Segment, content: Iterable[NewMessage], line_break: str = ""
) -> tuple[bytes, list[Told]]:
    """Return the bytes between UNB and UNZ, and what was refused."""
    told: list[Told] = []

    def refuse(error: WritingError) -> None:
        told.append((error.message, error.segment, error.number, error.element, error.reason))

    pieces: list[bytes] = []
    try:
        pieces.extend(write_interchange(head, content, line_break=line_break, refuse=refuse))
    except WritingError as error:
        assert "no message to write" in error.reason
        return b"", told
    data = b"".join(pieces)
    end = (head.marks.terminator + line_break).encode()
    opened, closed = data.index(b"UNH"), data.rindex(b"UNZ")
    assert data[closed:].endswith(end)
    return data[opened:closed], told


def alone(
    head: Segment, content: Iterable[NewMessage], line_break: str = ""
) -> tuple[bytes, list[Told]]:
    """The plain way: each message by itself, its segments one after the other."""
    data, told = b"", []
    for message in content:
        one = NewMessage(message.head, (each for each in message.segments))
        more, refused = written(head, [one], line_break)
        data += more
        told += refused
    return data, told


TEXT = st.text(st.sampled_from("AZ09 a.+:?'*!/~\x1d\x1féЖ"), max_size=8)
"""Text as nobody should send it: separators and release characters anywhere."""

VALUES = st.lists(st.lists(st.sampled_from(["A", "9", "", "B+", "é"]), max_size=3), max_size=3)


@st.composite
def bodies(draw: st.DrawFn, marks: Separators) -> Segment:
    """A segment of a file: mostly in order, sometimes not at all."""
    if draw(st.integers(0, 4)):
        return segment(draw(st.sampled_from(["NAD", "FTX"])), *draw(VALUES), marks=marks)
    tag = draw(st.sampled_from(["NAD", "A1Z", "UNS", "UNT", "nad", "NAD ", "NADX"]))
    said = draw(st.sampled_from([tag[:3].upper()] * 4 + ["FTX"]))
    text = tag + draw(st.sampled_from([marks.element] * 3 + [""])) + draw(TEXT)
    return Segment(text, said, 0, 0, 0, marks)


@st.composite
def interchanges(draw: st.DrawFn) -> list[NewMessage]:
    """Messages of a few files."""
    found = []
    for number in range(draw(st.integers(1, 4))):
        marks = draw(st.sampled_from(ALL))
        body = draw(st.lists(bodies(draw(st.sampled_from([marks, marks, replace(marks)])))))
        body += draw(st.lists(bodies(draw(st.sampled_from(ALL))), max_size=1))
        reference = draw(st.sampled_from([f"R{number}", f"{number} 1", f"{number}+", ""]))
        more = draw(st.sampled_from(["", "A", "A+B", "?"]))
        head = segment("UNH", reference, ("CUSCAR", "D", "95B", "UN", more), more, marks=LEVEL_A)
        found.append(NewMessage(again(head, marks) if marks.release else head, body))
    return found


@given(
    interchanges(),
    st.sampled_from(ALL),
    st.sampled_from(["UNOA", "UNOC", "UNOX", "UNOY"]),
    st.sampled_from(["", "\r\n"]),
)
@settings(max_examples=70)
def test_messages_written_together_are_those_written_one_by_one(
    content: list[NewMessage], marks: Separators, syntax: str, line_break: str
) -> None:
    head = unb(syntax, marks)
    assert written(head, content, line_break) == alone(head, content, line_break)


@given(st.lists(bodies(STARS), max_size=4), st.lists(bodies(LEVEL_A), max_size=4))
@settings(max_examples=40)
def test_each_segment_goes_out_as_it_does_by_itself(
    strange: list[Segment], own: list[Segment]
) -> None:
    """What a batch writes of a segment is what ``again`` and ``trimmed`` make of it."""
    head = unb("UNOY", LEVEL_A)
    opening = segment("UNH", "1", ("CUSCAR", "D", "95B", "UN"))
    data, told = written(head, [NewMessage(again(opening, STARS), strange),
                                NewMessage(opening, own)])  # fmt: skip
    if told:
        return
    expected = ""
    for body in (strange, own):
        texts = [opening.text, *[again(each, LEVEL_A).text for each in body]]
        expected += trimmed("'".join([*texts, f"UNT+{len(body) + 2}+1", ""]), LEVEL_A)
    assert data.decode() == expected


# -- the few that cost themselves alone -------------------------------------------------------------


def plain(reference: str, *more: Segment) -> NewMessage:
    body = [segment("NAD", "CZ", ["A", "B"]), *more]
    return NewMessage(segment("UNH", reference, ("CUSCAR", "D", "95B", "UN")), body)


@pytest.mark.parametrize(
    ("odd", "shown"),
    [
        (Segment("FTX+A?.B", "FTX", 0, 0, 0, LEVEL_A), "FTX+A.B"),
        (Segment("FTX+A?", "FTX", 0, 0, 0, LEVEL_A), "FTX+A??"),
        (Segment("FTX+A?'B", "FTX", 0, 0, 0, LEVEL_A), "FTX+A?'B"),
        (Segment("FTX+A'B", "FTX", 0, 0, 0, LEVEL_A), "FTX+A?'B"),
        (Segment("FTX+??+A?:+:", "FTX", 0, 0, 0, LEVEL_A), "FTX+??+A?:"),
        (Segment("ftx+A", "FTX", 0, 0, 0, LEVEL_A), "FTX+A"),
        (Segment("FTX*A!*B+!!*", "FTX", 0, 0, 0, STARS), "FTX+A*B?+!"),
    ],
    ids=["needless release", "release at the end", "released terminator", "torn", "empty ends",
         "lower case", "other separators"],
)  # fmt: skip
def test_what_is_not_in_order_is_put_right_among_many(odd: Segment, shown: str) -> None:
    content = [plain("1"), plain("2", odd), plain("3", segment("FTX", "IT'S"))]
    data, told = written(unb("UNOC", LEVEL_A), content)
    assert not told
    assert f"NAD+CZ+A:B'{shown}'UNT+4+2'" in data.decode()
    assert "FTX+IT?'S'UNT+4+3'" in data.decode()


@pytest.mark.parametrize("marks", [LEVEL_A, SWAPPED], ids=["own", "others"])
@pytest.mark.parametrize(
    ("odd", "shown"),
    [("", ""), ("?.", "."), ("'", "?'"), ("Ж", "")],
    ids=["in order", "needless release", "torn", "does not fit"],
)
def test_a_segment_is_written_as_it_was_when_its_message_was_handed_over(
    odd: str, shown: str, marks: Separators
) -> None:
    """One object may serve for message after message, also where one of them needs a closer look."""
    shared = segment("NAD", "A")
    head = segment("UNH", "0", ["X", "D", "95B"], marks=marks)

    def reused() -> Iterator[NewMessage]:
        for number in range(1, 5):
            one = LEVEL_A if number == 2 else marks
            text = f"NAD+{number}" + (odd if number == 2 else "")
            shared.text, shared.marks = text.replace("+", one.element), one
            opening = f"UNH+{number}+X:D:95B"
            head.text, head.marks = again(Segment(opening, "UNH", 0, 0, 0, LEVEL_A), one).text, one
            yield NewMessage(head, [shared])

    data, told = written(unb("UNOC", LEVEL_A), reused())
    expected = [f"UNH+{number}+X:D:95B'NAD+{number}{shown if number == 2 else ''}'UNT+3+{number}'"
                for number in range(1, 5)]  # fmt: skip
    if odd == "Ж":
        assert [each[:3] for each in told] == [("2", "NAD", 2)]
        del expected[1]
    assert data.decode() == "".join(expected)


def test_many_messages_of_many_files_are_written_as_each_is() -> None:
    content = [
        plain(str(number), segment("FTX", "A:B" if number % 7 else "A"))
        if number % 3 else NewMessage(
            segment("UNH", str(number), ["X", "D", "95B"], marks=marks),
            [segment("FTX", "A+B", "C*D" if number % 6 else "", marks=marks)],
        )
        for number, marks in enumerate([LEVEL_A, STARS, SWAPPED] * (BATCH // 4), 1)
    ]  # fmt: skip
    head = unb("UNOC", LEVEL_A)
    assert written(head, content) == alone(head, content)


def test_segments_are_made_together_whatever_their_texts_hold() -> None:
    parts: list[tuple[str, list[list[str]]]] = [
        ("NAD", [["CZ"], ["A", "B"]]), ("FTX", [["A+B:C'D?E"], [], ["", ""]]), ("UNS", []),
        ("FTX", [["\x01", "\x02"], ["\0"]]), ("FTX", [["é", "船"], ["", "X"]]),
    ]  # fmt: skip
    for marks in ALL:
        if marks.release:
            for some in (parts, parts[:2], parts[1:3], parts[3:]):
                assert [each.text for each in segments(some, marks=marks)] == [
                    segment(tag, *elements, marks=marks).text for tag, elements in some
                ]
