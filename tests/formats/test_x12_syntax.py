"""ASC X12.5 and X12.6: separators taken from ISA, three levels of envelopes, lenient reading."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from esclusa.formats.edifact.segment import RawMessage
from esclusa.formats.limits import DEFAULT, Limits
from esclusa.formats.x12.syntax import read_messages
from esclusa.model import Defect, Severity

ISA = (
    b"ISA*00*          *00*          *ZZ*NRCH           *ZZ*MARISOL        "
    b"*261123*1215*U*00401*000000007*0*P*>~"
)
GS = b"GS*SO*NRCH*MARISOL*20261123*1215*7*X*004010~"
SET = b"ST*309*%04d~M10*NRCH*O*PA~SE*3*%04d~"
END = b"GE*1*7~IEA*1*000000007~"


def read(data: bytes, limits: Limits = DEFAULT) -> tuple[list[RawMessage], list[Defect]]:
    """Transaction sets, and all defects: bare ones first."""
    items = list(read_messages(io.BytesIO(data), limits=limits))
    messages = [item for item in items if isinstance(item, RawMessage)]
    bare = [item for item in items if isinstance(item, Defect)]
    return messages, bare + [defect for message in messages for defect in message.defects]


def codes(defects: list[Defect]) -> list[str]:
    return [defect.code for defect in defects]


def one(*segments: bytes, isa: bytes = ISA) -> bytes:
    count = len(segments) + 2
    return isa + GS + b"ST*309*0001~" + b"".join(segments) + b"SE*%d*0001~" % count + END


def test_isa_has_its_fixed_width_in_these_tests() -> None:
    assert len(ISA) == 106


def test_the_envelopes_say_who_when_which_set_and_version() -> None:
    ((message,), defects) = read(ISA + GS + SET % (1, 1) + END)
    assert defects == []
    assert (message.type, message.reference) == ("309", "0001")
    assert (message.directory, message.agency) == ("004010", "X")
    assert (message.interchange_sender, message.interchange_recipient) == ("NRCH", "MARISOL")
    assert message.interchange_reference == "000000007"
    assert message.prepared == "2026-11-23T12:15:00"
    assert [segment.tag for segment in message.segments] == ["ST", "M10", "SE"]
    assert [segment.number for segment in message.segments] == [1, 2, 3]


def test_st03_names_the_implementation_guide() -> None:
    data = (ISA + GS + SET % (1, 1) + END).replace(b"ST*309*0001", b"ST*309*0001*005010X1")
    assert read(data)[0][0].association == "005010X1"


def test_isa_names_all_separators_and_the_repetition_from_version_00402() -> None:
    isa = ISA.replace(b"*U*00401", b"*^*00501").replace(b">~", b":|").replace(b"*", b"!")
    data = one(b"REF*A^B:C*D~", isa=b"").replace(b"*", b"!").replace(b"~", b"|")
    ((message,), defects) = read(isa + data)
    assert message.segments[1].repeats(1) == [["A"], ["B", "C"]]
    assert message.segments[1].get(2) == "D"
    assert defects == []


def test_a_letter_in_isa11_means_no_repetition() -> None:
    ((message,), _) = read(one(b"REF*AUB*D~"))
    assert message.segments[1].get(1) == "AUB"


@pytest.mark.parametrize("ending", [b"\n", b"\r\n"])
def test_a_line_end_may_be_the_terminator(ending: bytes) -> None:
    ((message,), defects) = read(one(b"M10*NRCH~").replace(b"~", ending))
    assert message.segments[1].get(1) == "NRCH"
    assert len(message.segments) == 3
    assert defects == []


@pytest.mark.parametrize("width", [40, 64, 80])
def test_line_breaks_at_a_fixed_width_are_a_transports_doing(width: int) -> None:
    data = one(b"N1*CA*NORTHREACH LINES OF ALTAMIRA*2*NRCH~", b"N3*1 QUAY ROAD~")
    wrapped = b"\r\n".join(data[at : at + width] for at in range(0, len(data), width))
    ((message,), defects) = read(wrapped)
    assert message.segments[1].get(2) == "NORTHREACH LINES OF ALTAMIRA"
    assert message.segments[2].get(1) == "1 QUAY ROAD"
    assert defects == []


def test_trimmed_padding_in_isa_is_read_and_flagged() -> None:
    trimmed = b"*".join(part.strip() for part in ISA.split(b"*"))
    ((message,), defects) = read(one(b"M10*NRCH~", isa=trimmed))
    assert message.interchange_sender == "NRCH"
    assert codes(defects) == ["x12.isa.width"]


def test_several_interchanges_with_their_own_separators_and_text_between() -> None:
    other = one(b"M10*NRCH~").replace(b"*", b"|").replace(b"~", b"!").replace(b">!", b"<!")
    messages, defects = read(one(b"M10*A~") + b"\r\n-- \r\nNorthreach\r\n" + other)
    assert [message.segments[1].get(1) for message in messages] == ["A", "NRCH"]
    assert defects == []


def test_transaction_sets_without_envelope_are_read_and_flagged() -> None:
    for ending in (b"~", b"~\n", b"\n", b"\r\n"):
        messages, defects = read((SET % (1, 1) + SET % (2, 2)).replace(b"~", ending))
        assert [message.reference for message in messages] == ["0001", "0002"]
        assert [len(message.segments) for message in messages] == [3, 3]
        assert codes(defects) == ["x12.isa.missing"]


@pytest.mark.parametrize(
    ("good", "bad", "code"),
    [
        (b"SE*3*0001", b"SE*4*0001", "x12.se.count"),
        (b"SE*3*0001", b"SE*3*0002", "x12.se.reference"),
        (b"SE*3*0001~", b"", "x12.se.missing"),
        (b"SE*3*0001~", b"SE*3*0001", "x12.terminator.missing"),
        (b"GE*1*7", b"GE*2*7", "x12.ge.count"),
        (b"GE*1*7", b"GE*1*8", "x12.ge.reference"),
        (b"GE*1*7~", b"", "x12.ge.missing"),
        (b"GE*1*7~", b"GE*1*7~GE*1*7~", "x12.ge.outside"),
        (b"GE*1*7~", b"GE*1*7~M10*A~", "x12.outside"),
        (b"IEA*1*000000007", b"IEA*2*000000007", "x12.iea.count"),
        (b"IEA*1*000000007", b"IEA*1*000000008", "x12.iea.reference"),
        (b"IEA*1*000000007", "IEA*1*00000000²".encode("latin-1"), "x12.iea.reference"),
        (b"IEA*1*000000007~", b"", "x12.iea.missing"),
        (b"IEA*1*000000007~", b"IEA*1*000000007", "x12.terminator.missing"),
        (b"M10*NRCH*O", b"~M10*NRCH*O", "x12.segment.empty"),
        (b"M10*NRCH*O", b"L~M10*NRCH*O", "x12.segment.junk"),
        (b"M10*NRCH*O", b"m10*NRCH*O", "x12.segment.case"),
        (b"M10*NRCH*O", b"M10*NR\x00CH*O", "x12.control"),
        (b"M10*NRCH*O", "M10*ÑRCH*O".encode(), "x12.charset"),
        (b"ST*309*", b"ST**", "x12.st.type"),
        (b"P*>~", b"P~", "x12.isa.separators"),
    ],
)
def test_each_departure_is_named_and_the_set_is_kept(good: bytes, bad: bytes, code: str) -> None:
    data = ISA + GS + SET % (1, 1) + END
    assert data.count(good) == 1
    messages, defects = read(data.replace(good, bad))
    assert code in codes(defects)
    assert len(messages) == 1
    assert "M10" in [segment.tag for segment in messages[0].segments]
    assert all(defect.severity is not Severity.FATAL for defect in defects)


def test_control_numbers_of_groups_and_interchanges_are_numbers() -> None:
    data = ISA + GS + SET % (1, 1) + b"GE*1*000000007~IEA*1*7~"
    assert read(data)[1] == []


def test_a_set_that_the_end_of_the_file_cuts_off_cannot_be_used() -> None:
    messages, defects = read(ISA + GS + SET % (1, 1) + b"ST*309*0002~M10*NRCH~P4*PA")
    assert [len(message.segments) for message in messages] == [3, 2]
    assert codes(messages[0].defects) == []
    assert [(d.code, d.severity) for d in messages[1].defects] == [
        ("x12.truncated", Severity.FATAL)
    ]
    assert "x12.iea.missing" in codes(defects)


def test_a_following_set_or_interchange_closes_an_open_one() -> None:
    opened = ISA + GS + b"ST*309*0001~M10*A~"
    messages, defects = read(opened + SET % (2, 2) + GS + SET % (3, 3) + one(b"M10*B~"))
    assert [message.reference for message in messages] == ["0001", "0002", "0003", "0001"]
    assert codes(messages[0].defects) == ["x12.se.missing"]
    assert codes(defects[:3]) == ["x12.ge.missing", "x12.ge.missing", "x12.iea.missing"]


def test_a_lost_terminator_before_the_trailer_is_made_good() -> None:
    ((message,), defects) = read(one(b"M10*NRCH~").replace(b"NRCH~SE", b"NRCHSE"))
    assert [segment.tag for segment in message.segments] == ["ST", "M10", "SE"]
    assert message.segments[1].get(1) == "NRCH"
    assert codes(defects) == ["x12.terminator.missing"]


def test_a_value_that_looks_like_a_header_is_a_value() -> None:
    ((message,), defects) = read(one(b"N4*PAONX*ST*309*0001~", b"N9*BM*TEST*309*0001~"))
    assert message.segments[1].get(4) == "0001"
    assert message.segments[2].get(2) == "TEST"
    assert defects == []


def test_an_endless_segment_costs_only_itself() -> None:
    data = one(b"N9*BM*" + b"X" * 3_000 + b"~", b"M10*NRCH~")
    ((message,), defects) = read(data, Limits(segment_bytes=1_000))
    assert [segment.tag for segment in message.segments] == ["ST", "M10", "SE"]
    assert codes(defects) == ["x12.segment.size"]


@pytest.mark.parametrize("data", [b"", b"hello world", b"\x00" * 3_000, b"ISA" * 1_000])
def test_a_file_without_x12_says_so(data: bytes) -> None:
    messages, defects = read(data)
    assert messages == []
    assert [(d.code, d.severity) for d in defects] == [("x12.none", Severity.FATAL)]


TEXT = st.text(
    st.characters(codec="ascii", categories=["L", "N", "P", "S"], exclude_characters="*~>^"),
    min_size=1,
    max_size=12,
)
ELEMENTS = st.lists(st.lists(TEXT, min_size=1, max_size=3), min_size=1, max_size=5)


@given(st.lists(ELEMENTS, min_size=1, max_size=6), st.sampled_from([b"~", b"~\r\n", b"\n"]))
def test_whatever_is_written_reads_back(segments: list[list[list[str]]], ending: bytes) -> None:
    lines = ["*".join(["N9", *(">".join(element) for element in line)]) for line in segments]
    data = one(*(line.encode() + b"~" for line in lines)).replace(b"~", ending)
    ((message,), defects) = read(data)
    found = [
        [segment.element(place) for place in range(1, len(segment) + 1)]
        for segment in message.segments[1:-1]
    ]
    assert found == segments
    assert defects == []
