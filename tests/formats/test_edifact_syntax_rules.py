"""ISO 9735 section by section: what is read, and what is said of a sender who departs from it."""

from __future__ import annotations

import io

import pytest

from esclusa.errors import LimitError
from esclusa.formats.edifact.charset import CODECS, decode
from esclusa.formats.edifact.envelope import prepared
from esclusa.formats.edifact.segment import RawMessage, Segment, Separators
from esclusa.formats.edifact.syntax import read_messages
from esclusa.formats.limits import DEFAULT, Limits
from esclusa.model import Defect, Severity

UNB = b"UNB+UNOA:2+NRCH+MARISOL+261123:1215+R7'"
BODY = b"UNH+%d+CUSCAR:D:95B:UN'BGM+85+M'UNT+3+%d'"


def read(data: bytes, limits: Limits = DEFAULT) -> tuple[list[RawMessage], list[Defect]]:
    """Messages, and all defects: bare ones first."""
    items = list(read_messages(io.BytesIO(data), limits=limits))
    messages = [item for item in items if isinstance(item, RawMessage)]
    bare = [item for item in items if isinstance(item, Defect)]
    return messages, bare + [defect for message in messages for defect in message.defects]


def codes(defects: list[Defect]) -> list[str]:
    return [defect.code for defect in defects]


def one(*segments: bytes, unb: bytes = UNB) -> bytes:
    """An interchange of one message with these segments between UNH and UNT."""
    body = b"".join(segments)
    count = len(segments) + 2
    return unb + b"UNH+1+CUSCAR:D:95B:UN'" + body + b"UNT+%d+1'UNZ+1+R7'" % count


def lone(text: str, **marks: str) -> Segment:
    return Segment(text, text[:3], 0, len(text) + 1, 1, Separators(**marks))


# --- the segment -----------------------------------------------------------------------------


def test_elements_and_components_count_from_one_and_absent_ones_are_empty() -> None:
    segment = lone("LOC+147+0010101::5")
    assert segment.get(1) == "147"
    assert segment.get(2, 3) == "5"
    assert segment.get(2, 2) == segment.get(2, 4) == segment.get(3) == ""
    assert segment.element(2) == ["0010101", "", "5"]
    assert segment.element(3) == []
    assert len(segment) == 2


def test_a_segment_with_nothing_but_a_tag_is_a_segment() -> None:
    segment = lone("SRC")
    assert len(segment) == 0
    assert segment
    assert segment.get(1) == ""


def test_release_restores_separators_release_and_terminator() -> None:
    segment = lone("FTX+AAA+++IT?'S A?+B?:C ?? END:2")
    assert segment.element(4) == ["IT'S A+B:C ? END", "2"]
    assert segment.get(4, 2) == "2"
    assert len(segment) == 4


def test_a_released_decimal_mark_or_asterisk_is_that_character() -> None:
    assert lone("FTX+AAA+Dr?. Paz ?*").get(2) == "Dr. Paz *"


def test_version_4_repeats_elements() -> None:
    segment = lone("ABC+1:2*3?*:4+5", repetition="*")
    assert segment.repeats(1) == [["1", "2"], ["3*", "4"]]
    assert segment.element(1) == ["1", "2"]
    assert segment.get(1, 2) == "2"
    assert segment.get(2) == "5"


# --- UNA and separators ------------------------------------------------------------------------


def test_each_interchange_of_a_file_has_its_own_separators() -> None:
    other = b"UNA|*.\\ ~UNB*UNOA|2*S*R*261123|1215*8~UNH*1*CUSCAR|D|95B|UN~BGM*85~UNT*3*1~UNZ*1*8~"
    messages, defects = read(one(b"BGM+85'") + other + one(b"BGM+9'"))
    assert [message.segments[1].get(1) for message in messages] == ["85", "85", "9"]
    assert defects == []


def test_a_second_una_is_found_even_if_the_first_interchange_never_ended() -> None:
    other = b"UNA|*.\\ ~UNB*UNOA|2*S*R*261123|1215*8~UNH*1*CUSCAR|D|95B|UN~BGM*85~UNT*3*1~UNZ*1*8~"
    messages, defects = read(UNB + BODY % (1, 1) + other)
    assert [len(message.segments) for message in messages] == [3, 3]
    assert codes(defects) == ["edifact.unz.missing"]


def test_separators_shown_by_unb_are_used_when_una_is_missing() -> None:
    data = b"UNB*UNOA|2*S*R*261123|1215*8~UNH*1*CUSCAR|D|95B|UN~BGM*85~UNT*3*1~UNZ*1*8~"
    messages, defects = read(data)
    assert messages[0].segments[1].get(1) == "85"
    assert codes(defects) == ["edifact.una.missing"]


def test_una_that_contradicts_unb_is_not_believed() -> None:
    messages, defects = read(b"UNA|*.\\ ~" + one(b"BGM+85'"))
    assert len(messages[0].segments) == 3
    assert codes(defects) == ["edifact.una.separators"]


def test_an_asterisk_in_una_repeats_in_version_4_only() -> None:
    for version, first in ((b"4", "1"), (b"3", "1*2")):
        unb = UNB.replace(b"UNOA:2", b"UNOA:" + version)
        messages, defects = read(b"UNA:+.?*'" + one(b"ABC+1*2'", unb=unb))
        assert messages[0].segments[1].get(1) == first
        assert defects == []


@pytest.mark.parametrize("ending", [b"\n", b"\r\n", b"\r"])
def test_lines_instead_of_terminators_are_read_and_flagged(ending: bytes) -> None:
    messages, defects = read(one(b"BGM+85'").replace(b"'", ending))
    assert [segment.tag for segment in messages[0].segments] == ["UNH", "BGM", "UNT"]
    assert codes(defects) == ["edifact.terminator"]


def test_a_line_break_between_release_and_released_character_is_a_transports_doing() -> None:
    messages, defects = read(one(b"FTX+AAA+++IT?\r\n'S'", b"BGM+85'"))
    assert messages[0].segments[1].get(4) == "IT'S"
    assert defects == []


def test_a_release_character_that_releases_nothing_stays_in_the_text() -> None:
    messages, defects = read(one(b"FTX+AAA+++WHY? BECAUSE'"))
    assert messages[0].segments[1].get(4) == "WHY? BECAUSE"
    assert codes(defects) == ["edifact.release"]


# --- character sets (annex A) --------------------------------------------------------------------


CHARSETS = (
    (b"UNOA", "PANAMA"),
    (b"UNOB", "Panama"),
    (b"UNOC", "MERCANCÍA"),
    (b"UNOD", "ŁÓDŹ"),
    (b"UNOE", "ПАНАМА"),
    (b"UNOF", "ΠΕΙΡΑΙΑΣ"),
    (b"UNOG", "MARSAXLOKK, ĠORĠ ŻAMMIT"),
    (b"UNOH", "JĀNIS ĶĒNIŅŠ"),
    (b"UNOI", "ميناء"),
    (b"UNOJ", "חיפה"),
    (b"UNOK", "İSTANBUL"),
    (b"UNOL", "ŒUVRE €"),
    (b"UNOW", "天津"),
    (b"UNOY", "ПАНАМА 天津"),
    (b"UNOX", "天津ABC"),
)


def test_every_character_set_is_tried() -> None:
    assert {identifier.decode() for identifier, _text in CHARSETS} == set(CODECS)


@pytest.mark.parametrize(("identifier", "text"), CHARSETS)
def test_the_syntax_identifier_names_the_character_set(identifier: bytes, text: str) -> None:
    coded = text.encode(CODECS[identifier.decode()])
    data = one(b"FTX+AAA+++" + coded + b"'", unb=UNB.replace(b"UNOA", identifier))
    messages, defects = read(data)
    assert messages[0].segments[1].get(4) == text
    assert defects == []


def test_iso_2022_bytes_that_look_like_separators_are_not() -> None:
    text = "".join(chr(code) for code in range(0x3041, 0x3094))
    coded = text.encode("iso2022_jp_2")
    assert b"'" in coded
    assert b"+" in coded
    data = one(b"FTX+AAA+++" + coded + b"'", b"BGM+85'", unb=UNB.replace(b"UNOA", b"UNOX"))
    messages, defects = read(data)
    assert messages[0].segments[1].get(4) == text
    assert messages[0].segments[2].get(1) == "85"
    assert defects == []


def test_bytes_against_the_declaration_are_flagged_once_a_message_and_read_all_the_same() -> None:
    utf8, windows = "CAFÉ".encode(), "“CAFÉ”".encode("cp1252")
    for declared in (b"UNOA", b"UNOC"):
        unb = UNB.replace(b"UNOA", declared)
        messages, defects = read(one(b"FTX+A+" + utf8 + b"'", b"FTX+A+" + windows + b"'", unb=unb))
        assert [segment.get(2) for segment in messages[0].segments[1:3]] == ["CAFÉ", "“CAFÉ”"]
        assert codes(defects) == ["edifact.charset"]
        assert "UTF-8" in defects[0].reason


def test_every_byte_can_be_restored_from_the_text() -> None:
    raw = bytes(range(0x80, 0x100)).decode("latin-1")
    text, used = decode(raw, "ascii")
    assert used == "Windows-1252"
    assert len(set(text)) == len(raw)


# --- envelopes (annex B) -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("date", "time", "expected"),
    [
        ("261123", "1215", "2026-11-23T12:15:00"),
        ("20261123", "121530", "2026-11-23T12:15:30"),
        ("991231", "2359", "1999-12-31T23:59:00"),
        ("261123", "", "2026-11-23T00:00:00"),
        ("261323", "1215", ""),
        ("261123", "2515", ""),
        ("", "", ""),
        ("²61123", "1215", ""),
    ],
)
def test_preparation_time_is_iso_8601_or_empty(date: str, time: str, expected: str) -> None:
    assert prepared(date, time) == expected


@pytest.mark.parametrize(
    ("good", "bad", "code"),
    [
        (b"UNT+3+1", b"UNT+7+1", "edifact.unt.count"),
        (b"UNT+3+1", b"UNT++1", "edifact.unt.count"),
        (b"UNT+3+1", "UNT+³+1".encode("latin-1"), "edifact.unt.count"),
        (b"UNT+3+1", b"UNT+3+2", "edifact.unt.reference"),
        (b"UNE+1+5", b"UNE+2+5", "edifact.une.count"),
        (b"UNE+1+5", b"UNE+1+6", "edifact.une.reference"),
        (b"UNE+1+5'", b"", "edifact.une.missing"),
        (b"UNZ+1+R7", b"UNZ+2+R7", "edifact.unz.count"),
        (b"UNZ+1+R7", b"UNZ+1+R8", "edifact.unz.reference"),
        (b"UNZ+1+R7'", b"", "edifact.unz.missing"),
        (b"UNT+3+1'", b"", "edifact.unt.missing"),
        (b"UNH+1+CUSCAR:D:95B:UN", b"UNH+1", "edifact.unh.type"),
        (b"BGM+85'", b"'BGM+85'", "edifact.segment.empty"),
        (b"BGM+85'", b"BGM+85'B'", "edifact.segment.junk"),
        (b"BGM+85'", b"bgm+85'", "edifact.segment.case"),
        (b"BGM+85'", b"BGM +85'", "edifact.segment.blank"),
        (b"BGM+85'", b"\x07BGM+85'", "edifact.control"),
        (b"BGM+85'", b"BGM+8\x005'", "edifact.control"),
        (b"UNT+3+1'", b"UNT+3+1", "edifact.terminator.missing"),
        (b"BGM+85'", b"BGM+85", "edifact.terminator.missing"),
        (b"UNZ+1+R7'", b"UNZ+1+R7", "edifact.terminator.missing"),
        (b"UNE+1+5'", b"UNE+1+5'BGM+85'", "edifact.outside"),
        (b"UNE+1+5'", b"UNE+1+5'UNT+3+1'", "edifact.unt.outside"),
        (b"UNE+1+5'", b"UNE+1+5'UNE+1+5'", "edifact.une.outside"),
        (b"UNZ+1+R7'", b"UNZ+1+R7'BGM+85'RFF+M:1'", "edifact.outside"),
    ],
)
def test_each_departure_is_named_and_the_message_is_kept(
    good: bytes, bad: bytes, code: str
) -> None:
    group = b"UNG+CUSCAR+S+R+261123:1215+5+UN+D:95B'"
    data = UNB + group + b"UNH+1+CUSCAR:D:95B:UN'BGM+85'UNT+3+1'UNE+1+5'UNZ+1+R7'"
    assert read(data)[1] == []
    assert data.count(good) == 1
    messages, defects = read(data.replace(good, bad))
    assert code in codes(defects)
    assert len(messages) == 1
    assert messages[0].segments[0].tag == "UNH"
    assert all(defect.severity is not Severity.FATAL for defect in defects)


def test_a_wrong_count_points_at_its_trailer() -> None:
    data = UNB + BODY % (1, 1) + BODY.replace(b"UNT+3", b"UNT+9") % (2, 2) + b"UNZ+2+R7'"
    messages, _ = read(data)
    (defect,) = messages[1].defects
    assert defect.severity is Severity.WARNING
    assert (defect.message, defect.segment, defect.segment_no, defect.element) == (
        "2", "UNT", 3, "1",
    )  # fmt: skip
    assert data[defect.offset : defect.offset + defect.length] == b"UNT+9+2'"


def test_a_message_that_the_end_of_the_file_cuts_off_cannot_be_used() -> None:
    data = UNB + BODY % (1, 1) + b"UNH+2+CUSCAR:D:95B:UN'BGM+85'NAD+CA+AC"
    messages, defects = read(data)
    assert [message.reference for message in messages] == ["1", "2"]
    assert messages[0].defects == []
    assert [(d.code, d.severity) for d in messages[1].defects] == [
        ("edifact.truncated", Severity.FATAL)
    ]
    assert [segment.tag for segment in messages[1].segments] == ["UNH", "BGM"]
    assert "edifact.unz.missing" in codes(defects)


def test_trailers_count_groups_where_there_are_groups() -> None:
    group = b"UNG+CUSCAR+S+R+261123:1215+5+UN+D:95B'"
    two = group + BODY % (1, 1) + BODY % (2, 2) + b"UNE+2+5'"
    assert read(UNB + two + b"UNZ+1+R7'")[1] == []
    assert codes(read(UNB + two + b"UNZ+2+R7'")[1]) == ["edifact.unz.count"]


def test_a_lost_terminator_before_the_next_message_costs_neither_message() -> None:
    data = UNB + (BODY % (1, 1))[:-1] + BODY % (2, 2) + b"UNZ+2+R7'"
    messages, defects = read(data)
    assert [len(message.segments) for message in messages] == [3, 3]
    assert codes(defects) == ["edifact.terminator.missing"]


def test_a_lost_terminator_before_the_trailer_is_made_good() -> None:
    messages, defects = read(one(b"BGM+85+M'").replace(b"M'UNT", b"MUNT"))
    assert [segment.tag for segment in messages[0].segments] == ["UNH", "BGM", "UNT"]
    assert messages[0].segments[1].get(2) == "M"
    assert codes(defects) == ["edifact.terminator.missing"]


def test_a_following_interchange_closes_an_open_one() -> None:
    messages, defects = read(UNB + b"UNH+1+CUSCAR:D:95B:UN'BGM+85'" + one(b"BGM+9'"))
    assert [len(message.segments) for message in messages] == [2, 3]
    assert codes(defects) == ["edifact.unz.missing", "edifact.unt.missing"]


def test_text_around_interchanges_is_not_a_defect() -> None:
    data = (
        b"QU HDQCR\r\n.PTYCS 231215\r\n" + one(b"BGM+85'") + b"\r\n-- \r\nNorthreach Lines\r\n\x1a"
    )
    messages, defects = read(data)
    assert len(messages) == 1
    assert defects == []


# --- limits ----------------------------------------------------------------------------------


def test_a_file_larger_than_the_limit_is_refused_by_name_and_position() -> None:
    with pytest.raises(LimitError) as refusal:
        list(read_messages(io.BytesIO(b" " * 50), file="big.edi", limits=Limits(file_bytes=20)))
    assert (refusal.value.file, refusal.value.offset) == ("big.edi", 20)


def test_more_messages_than_the_limit_are_refused_after_the_allowed_ones() -> None:
    stream = read_messages(
        io.BytesIO(UNB + BODY % (1, 1) + BODY % (2, 2) + b"UNZ+2+R7'"),
        file="many.edi",
        limits=Limits(messages=1),
    )
    with pytest.raises(LimitError) as refusal:
        list(stream)
    assert refusal.value.file == "many.edi"


@pytest.mark.parametrize("limits", [Limits(message_bytes=100), Limits(segments=5)])
def test_an_outsized_message_is_refused_alone(limits: Limits) -> None:
    long = b"UNH+2+CUSCAR:D:95B:UN'" + b"LOC+9+PAONX'" * 20 + b"UNT+22+2'"
    data = UNB + BODY % (1, 1) + long + BODY % (3, 3) + b"UNZ+3+R7'"
    messages, _ = read(data, limits)
    assert [(m.reference, len(m.segments), codes(m.defects)) for m in messages] == [
        ("1", 3, []),
        ("2", 1, ["edifact.message.size"]),
        ("3", 3, []),
    ]
    assert messages[1].length == len(long)


def test_a_flood_of_errors_makes_the_message_unusable_a_flood_of_notes_does_not() -> None:
    limits = Limits(defects_per_message=3)
    errors = read(one(b"XX'" * 9 + b"BGM+85'"), limits)[0][0].defects
    notes = read(one(b"'" * 9 + b"BGM+85'"), limits)[0][0].defects
    assert [len(errors), len(notes)] == [4, 4]
    assert errors[-1].severity is Severity.FATAL
    assert notes[-1].severity is Severity.WARNING
    assert errors[-1].code == notes[-1].code == "edifact.defects"


def test_rubbish_between_messages_yields_a_bounded_number_of_defects() -> None:
    data = UNB + b"XX'" * 5_000 + BODY % (1, 1) + b"UNZ+1+R7'"
    messages, defects = read(data, Limits(defects_per_message=10))
    assert len(messages) == 1
    assert len(defects) == 11


@pytest.mark.parametrize(
    "flood",
    [
        b"UNH+", b"UNB+A", b"UNA:+.? '", b"UNH+1+CUSCAR:D:95B:UN", b"?'", b"?\r\n", b"ABC+",
        b"xUNB'", b"UNZ+1+R7'", b"UNT+1+", b"UNA:+.? 'UNB+A", b"\x1b$B",
    ],
)  # fmt: skip
def test_hostile_repetition_is_read_to_its_end(flood: bytes) -> None:
    size = 40_000
    for head in (b"", UNB, UNB + b"UNH+1+CUSCAR:D:95B:UN'"):
        data = head + flood * (size // len(flood))
        _, defects = read(data, Limits(segment_bytes=2_000, work=1_000_000))
        assert defects
        assert all(0 <= defect.offset <= len(data) for defect in defects)


@pytest.mark.parametrize("flood", [b"UNH+A'", b"UNB+A'", b"UNA:+.? 'UNB+A"])
def test_a_flood_of_what_states_nothing_refuses_the_file_where_it_went_too_far(
    flood: bytes,
) -> None:
    data = UNB + BODY % (1, 1) + flood * 20_000
    items = read_messages(io.BytesIO(data), file="flood.edi", limits=Limits())
    assert next(items).reference == "1"
    with pytest.raises(LimitError, match="the rest is not read") as refusal:
        list(items)
    assert refusal.value.file == "flood.edi"
    assert 0 < (refusal.value.offset or 0) < len(data)
