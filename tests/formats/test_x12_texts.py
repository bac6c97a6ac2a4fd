"""Segments kept as texts are the segments, and what is read from them is what segments give."""

from __future__ import annotations

import io
import random
from typing import Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_x12_columns import MANIFESTS, damaged
from test_x12_syntax_laws import DATA, SAMPLES, everything, interchange, shape, transaction

from esclusa.formats.edifact.segment import RawMessage, Segment
from esclusa.formats.limits import DEFAULT, MIB, Limits
from esclusa.formats.reading import Notes, Reading
from esclusa.formats.x12 import reader, syntax
from esclusa.formats.x12.cutting import tokens
from esclusa.formats.x12.growth import most
from esclusa.formats.x12.syntax import Reader, read_messages
from esclusa.formats.x12.transaction import TransactionSet
from esclusa.model import Consignment, Message, encode_body

BODY: Final = ["M10*NRLN*O*PA*9999993*NORTHREACH PIONEER*0412W", "LX*1", "M11*NR1*CNSHA*3"]


def sets(data: bytes, limits: Limits = DEFAULT) -> list[TransactionSet]:
    return [item for item in everything(data, limits) if isinstance(item, TransactionSet)]


def laid_out(data: bytes, layout: str) -> bytes:
    """The same segments on one line, or each on a line of its own, indented or not."""
    bare = data.replace(b"\r", b"").replace(b"~\n", b"~")
    return bare if layout == "none" else bare.replace(b"~", b"~" + LAYOUTS[layout])


LAYOUTS: Final = {"lf": b"\n", "crlf": b"\r\n", "indented": b"\n  ", "empty": b"\n~\n"}
LAYOUT: Final = st.sampled_from(["none", *LAYOUTS])


# -- the set ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("layout", ["none", "lf", "crlf"])
def test_a_regular_set_is_held_as_texts_until_its_segments_are_asked_for(layout: str) -> None:
    data = laid_out(interchange(transaction(BODY), transaction(BODY, number=2)), layout)
    for one in sets(data):
        assert one.texts[1:-1] == BODY
        assert one.held() == 5
        segments = one.segments
        assert one.texts == []
        assert one.held() == len(segments) == 5
        assert one.segments is segments
        assert [each.number for each in segments] == [1, 2, 3, 4, 5]
        for each in segments:
            assert data[each.offset : each.offset + each.length] == each.text.encode() + b"~"


def test_a_set_goes_on_in_objects_once_they_are_made() -> None:
    (one,) = sets(interchange(transaction(BODY)))
    before = list(one.segments)
    last = before[-1]
    more = Segment("N9*BM*1", "N9", last.offset + last.length, 8, 6, last.marks)
    one.keep(more)
    one.take(["H1*1"], ["H1"], more.offset + more.length, 1)
    assert one.segments[5] is more
    assert (one.segments[6].text, one.segments[6].number) == ("H1*1", 7)
    assert one.segments[6].offset == more.offset + 8


def test_other_segments_can_be_given_to_a_set() -> None:
    one, other = sets(interchange(transaction(BODY), transaction(BODY[:1], number=2)))
    one.segments = other.segments
    assert (one.texts, one.held()) == ([], 3)


@given(st.sampled_from(SAMPLES), LAYOUT)
@settings(max_examples=30, deadline=None)
def test_tokens_are_the_elements_of_each_segment(name: str, layout: str) -> None:
    data = laid_out((DATA / name).read_bytes(), layout)
    for one, again in zip(sets(data), sets(data), strict=True):
        segments = again.segments
        assert list(tokens(one)) == list(tokens(again))
        assert list(tokens(one)) == [each.text.split(each.marks.element) for each in segments]


# -- the engine: windows of plain characters ---------------------------------------------------------


def carefully(data: bytes, limits: Limits) -> list[object]:
    """All that the engine gives where it takes no window for plain."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Reader, "cut_plain", lambda self: False)
        return shape(list(read_messages(io.BytesIO(data), file="t.x12", limits=limits)))


LIMITS: Final = (
    DEFAULT,
    Limits(segment_bytes=40),
    Limits(message_bytes=400),
    Limits(segments=8, defects_per_message=2),
)


@pytest.mark.parametrize("limits", LIMITS, ids=["usual", "segments", "messages", "counts"])
@pytest.mark.parametrize("layout", ["none", *LAYOUTS])
def test_plain_windows_give_what_looking_at_each_segment_gives(layout: str, limits: Limits) -> None:
    rng = random.Random(layout)
    for _ in range(12):
        data = laid_out(damaged(rng), layout)
        assert shape(everything(data, limits)) == carefully(data, limits)


def test_a_line_break_that_isa_names_as_component_separator_is_none_of_the_texts() -> None:
    """Its last element is empty and each segment ends with a line break: CR is what stands there."""
    data = interchange(transaction(BODY)).replace(b"*>~", b"*~").replace(b"~", b"\r\n")
    found = everything(data)
    assert [each.segments[0].text for each in found if isinstance(each, RawMessage)] == [
        "ST*309*0001"
    ]
    assert shape(found) == carefully(data, DEFAULT)


@pytest.mark.parametrize("layout", ["none", "lf", "crlf"])
def test_bytes_beyond_ascii_cost_their_own_segment_alone(
    layout: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(syntax, "WORTH", 60)
    rng = random.Random(layout)
    for _ in range(12):
        data = laid_out(damaged(rng), layout)
        for _ in range(rng.randrange(1, 6)):
            at = rng.randrange(106, max(len(data), 107))
            data = data[:at] + rng.choice((b"\xc3\xa9", b"\xe9", b"\x80")) + data[at + 1 :]
        assert shape(everything(data)) == carefully(data, DEFAULT)


def test_a_set_without_such_bytes_stays_in_texts_beside_one_with_them() -> None:
    other = transaction([*BODY, "N1*SH*CAF\xc9"], number=30)
    sound = [transaction(BODY * 9, number=at) for at in range(1, 60)]
    found = sets(interchange(*sound[:29], other, *sound[30:]))
    assert [bool(one.texts) for one in found].count(False) <= 2
    assert found[29].segments[4].text == "N1*SH*CAFÉ"


def test_plain_windows_are_what_most_files_are_read_by() -> None:
    """Else the law above would say nothing."""
    taken: list[int] = []
    plain = Reader.take_plain

    def counted(self: Reader, texts: list[str], offset: int, lead: str, led: int) -> int:
        end = plain(self, texts, offset, lead, led)
        taken.append(end - offset)
        return end

    data = interchange(*(transaction(BODY * 9, number=at) for at in range(1, 40)))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Reader, "take_plain", counted)
        assert len(sets(data)) == 39
    assert sum(taken) > 0.95 * len(data)


@pytest.mark.parametrize("wrong", ["SE*9*0001", "SE*5*0002", "SE*5*1", "SE*05*0001", "SE*5*0001*"])
def test_a_trailer_that_is_not_the_expected_text_is_looked_at(wrong: str) -> None:
    text = transaction(BODY).replace("SE*5*0001", wrong)
    data = interchange(text, transaction(BODY, number=2))
    assert shape(everything(data)) == carefully(data, DEFAULT)
    codes = [defect.code for one in sets(data) for defect in one.defects]
    told = {"SE*9*0001": ["x12.se.count"], "SE*5*0002": ["x12.se.reference"]}
    assert codes == told.get(wrong, [])


# -- typed readers -----------------------------------------------------------------------------------


def told(raw: RawMessage) -> tuple[list[Reading], tuple[object, ...]]:
    notes = Notes(raw.reference, raw.offset, DEFAULT.defects_per_message)
    return reader.TYPES[raw.type](raw, notes), notes.closed()


@pytest.mark.parametrize("kind", sorted(MANIFESTS))
@given(data=st.data())
@settings(max_examples=25, deadline=None)
def test_records_and_defects_are_the_same_from_texts_and_from_segments(
    kind: str, data: st.DataObject
) -> None:
    body = data.draw(MANIFESTS[kind][1])
    file = interchange(transaction(body).replace("ST*309", f"ST*{kind}"))
    one, again = *sets(file), *sets(file)
    assert again.segments
    assert not again.texts
    assert one.texts
    assert told(one) == told(again)


def test_a_component_or_a_repeat_in_one_segment_is_cut_in_it_alone() -> None:
    data = interchange(transaction([*BODY, "N1*SH*A>B^C", "N3*X^Y", "N10*1*TEXT"]))
    (message,) = [item for item in reader.read(io.BytesIO(data)) if isinstance(item, Message)]
    (bill,) = message.statements
    assert isinstance(bill, Consignment)
    assert bill.parties[0].name == "A"
    assert bill.parties[0].address == "X"
    assert bill.goods[0].description == "TEXT"


# -- growth ------------------------------------------------------------------------------------------


def stated(readings: list[Reading]) -> int:
    return sum(len(encode_body(each)) for one in readings for each in one.statements)


@pytest.mark.parametrize("kind", sorted(MANIFESTS))
@given(data=st.data())
@settings(max_examples=25, deadline=None)
def test_statements_never_take_more_than_the_bound_says(kind: str, data: st.DataObject) -> None:
    body = data.draw(MANIFESTS[kind][1])
    (one,) = sets(interchange(transaction(body).replace("ST*309", f"ST*{kind}")))
    readings, _ = told(one)
    assert stated(readings) <= most(one, readings)


LONG: Final = "\\" * 3000
"""Each of its characters takes two bytes of JSON."""

REPEATING: Final = {
    "309": [f"M10*NRLN*O*PA*{LONG}*{LONG}*{LONG}", f"P4*{LONG}*20260424"]
    + [each for at in range(60) for each in ("LX*1", f"M11*B{at}", f"VID*4B*{LONG}", "N10*1*X", "N10*2*Y")],
    "310": [f"B3*B*INV*{LONG}", f"V1*{LONG}*{LONG}*PA*{LONG}*{LONG}", "LX*1"]
    + [f"N7*{LONG}*{at}" for at in range(20)] + ["L0*1", "L5*1*X"] * 30,
    "350": [f"M10*{LONG}*O*PA*{LONG}*{LONG}*{LONG}", f"P4*{LONG}"]
    + [f"X4*B{at}*5*01*E*20260424*1030*1C" for at in range(60)],
    "353": [f"M10*{LONG}*O*PA*{LONG}*{LONG}*{LONG}***Z", f"P4*{LONG}"]
    + [f"M15*2*B{at}*20260424" for at in range(60)],
    "355": [f"M10*{LONG}*O*PA*{LONG}*{LONG}*{LONG}", f"P4*{LONG}"]
    + [each for at in range(60) for each in ("LX*1", f"M11*B{at}", "K1*111 X")],
}  # fmt: skip


@pytest.mark.parametrize("kind", sorted(REPEATING))
def test_the_bound_holds_where_a_long_value_stands_in_every_statement(kind: str) -> None:
    (one,) = sets(interchange(transaction(REPEATING[kind]).replace("ST*309", f"ST*{kind}")))
    readings, _ = told(one)
    assert one.length < stated(readings) <= most(one, readings)


def test_a_set_that_states_too_much_is_refused_whether_the_bound_is_known_or_not() -> None:
    head = BODY[0].replace("NORTHREACH PIONEER", "V" * 9000)
    body = [head, *(each for at in range(300) for each in ("LX*1", f"M11*B{at}"))]
    data = interchange(transaction(body), transaction(BODY, number=2))
    assert stated(told(sets(data)[0])[0]) > MIB + DEFAULT.growth * sets(data)[0].length
    grown, sound = [item for item in reader.read(io.BytesIO(data)) if isinstance(item, Message)]
    assert [defect.code for defect in grown.defects] == ["x12.message.growth"]
    assert (grown.statements, len(sound.statements)) == ((), 1)
