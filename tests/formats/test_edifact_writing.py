"""ISO 9735 written: separators, counts, character sets, empty ends; and files written back whole."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from esclusa import samples
from esclusa.errors import InputError, LimitError
from esclusa.formats.edifact import rewriting
from esclusa.formats.edifact.drafting import WritingError, again, segment, segments
from esclusa.formats.edifact.rewriting import Edit, bytes_of, rewrite
from esclusa.formats.edifact.segment import RawMessage, Segment, Separators
from esclusa.formats.edifact.service import LEVEL_A, LEVEL_B
from esclusa.formats.edifact.syntax import read_messages
from esclusa.formats.edifact.writing import (
    BATCH,
    LEVEL_A_4,
    NewGroup,
    NewMessage,
    group_head,
    interchange_head,
    message_head,
    message_of,
    write_interchange,
)
from esclusa.formats.limits import Limits
from esclusa.model import Defect

DATA = Path(__file__).parents[1] / "data"
FILES = sorted(
    path
    for folder in ("edifact", "malformed", "typed")
    for path in (DATA / folder).iterdir()
    if path.suffix == ".edi"
) + [samples.sample(name) for name in samples.names() if name.endswith(".edi")]
STARS = Separators(component=":", element="*", decimal=".", release="?", terminator="#")


def unb(syntax: str = "UNOC", version: str = "3", marks: Separators | None = None) -> Segment:
    return interchange_head(
        sender="ME", recipient="YOU", prepared="2026-04-13T10:15", reference="R",
        syntax=syntax, version=version, marks=marks,
    )  # fmt: skip


def message(*segments: Segment, reference: str = "1") -> NewMessage:
    return NewMessage(message_head(reference, "CUSCAR", "D.95B"), segments)


def written(head: Segment, *content: NewMessage | NewGroup, **more: object) -> str:
    pieces = write_interchange(head, content, **more)  # type: ignore[arg-type]
    return b"".join(pieces).decode("latin-1")


def read(data: bytes) -> list[RawMessage]:
    """Read what was written, which must be without a defect."""
    items = list(read_messages(io.BytesIO(data)))
    assert not [item for item in items if isinstance(item, Defect)]
    found = [item for item in items if isinstance(item, RawMessage)]
    assert not [defect for each in found for defect in each.defects]
    return found


def values(found: Segment) -> tuple[str, list[list[list[str]]]]:
    """What a segment says: its elements without empty ends."""
    elements = [[_cut(each) for each in found.repeats(at)] for at in range(1, len(found) + 1)]
    return found.tag, _cut([_cut(each) for each in elements])


def _cut(parts: list) -> list:  # type: ignore[type-arg]
    while parts and not parts[-1]:
        parts = parts[:-1]
    return parts


def body(found: RawMessage) -> list[tuple[str, list[list[list[str]]]]]:
    return [values(each) for each in found.segments if each.tag not in ("UNH", "UNT")]


# -- the envelope ---------------------------------------------------------------------------------


def test_an_interchange_has_its_counts_and_references_right() -> None:
    text = written(
        unb(), message(segment("BGM", "85", "M", "9")), message(reference="2"),
    )  # fmt: skip
    assert text == (
        "UNB+UNOC:3+ME+YOU+260413:1015+R'"
        "UNH+1+CUSCAR:D:95B:UN'BGM+85+M+9'UNT+3+1'"
        "UNH+2+CUSCAR:D:95B:UN'UNT+2+2'"
        "UNZ+2+R'"
    )


def test_groups_count_their_messages_and_the_interchange_its_groups() -> None:
    def group(reference: str, *messages: NewMessage) -> NewGroup:
        head = group_head(
            unb(), type="PAXLST", reference=reference, prepared="2026-04-13T10:15",
            directory="D.05B", sender=("SDT", "ZZ"), recipient="B",
        )  # fmt: skip
        return NewGroup(head, messages)

    text = written(unb(), group("G1", message(), message(reference="2")), group("G2", message()))
    assert "UNG+PAXLST+SDT:ZZ+B+260413:1015+G1+UN+D:05B'" in text
    assert "UNE+2+G1'" in text
    assert "UNE+1+G2'" in text
    assert text.endswith("UNZ+2+R'")
    assert len(read(text.encode())) == 3


def test_una_is_written_only_where_the_separators_are_not_the_usual_ones_or_when_asked() -> None:
    assert written(unb(), message()).startswith("UNB+")
    assert written(unb(), message(), una=True).startswith("UNA:+.? 'UNB+")
    assert written(unb(marks=STARS), message()).startswith("UNA:*.? #UNB*UNOC:3*ME")
    assert written(unb("UNOB", "1", LEVEL_B), message()).startswith("UNB\x1dUNOB\x1f1\x1dME")
    comma = replace(LEVEL_A, decimal=",")
    assert written(unb(marks=comma), message()).startswith("UNA:+,? 'UNB")


def test_version_4_tells_repeats_apart_by_the_asterisk_and_says_the_century() -> None:
    repeated = segment("ATT", "2", [["A", "B"], ["C"]], marks=LEVEL_A_4)
    text = written(unb(version="4"), message(repeated, segment("FTX", "A*B")))
    assert text.startswith("UNB+UNOC:4+ME+YOU+20260413:1015+R'UNH")
    assert "ATT+2+A:B*C'FTX+A?*B'" in text
    (found,) = read(text.encode())
    assert found.segments[1].repeats(2) == [["A", "B"], ["C"]]
    assert found.segments[2].get(1) == "A*B"
    assert found.prepared == "2026-04-13T10:15:00"


def test_version_4_without_repeats_says_so_in_una() -> None:
    text = written(unb(version="4", marks=LEVEL_A), message(segment("FTX", "A*B")))
    assert text.startswith("UNA:+.? 'UNB+UNOC:4+")
    assert "FTX+A*B'" in text
    (found,) = read(text.encode())
    assert found.segments[1].get(1) == "A*B"


def test_a_line_break_follows_each_segment_when_asked() -> None:
    quote = message(segment("FTX", "IT'S"), segment("BGM", "85"))
    text = written(unb(), quote, line_break="\r\n", una=True)
    assert text.split("\r\n") == [
        "UNA:+.? '", "UNB+UNOC:3+ME+YOU+260413:1015+R'", "UNH+1+CUSCAR:D:95B:UN'",
        "FTX+IT?'S'", "BGM+85'", "UNT+4+1'", "UNZ+1+R'", "",
    ]  # fmt: skip
    assert written(unb(), message(segment("BGM", "85")), line_break="\n").count("'\n") == 5


def test_empty_ends_of_elements_and_segments_are_left_out() -> None:
    made = segment("NAD", "CZ", ("", "", ""), "", ("A", "", "B", ""), ("", ""), "")
    assert made.text == "NAD+CZ+++A::B"
    sent = Segment("NAD+CZ+:::++A::B:+:+", "NAD", 0, 0, 0, LEVEL_A)
    assert "NAD+CZ+++A::B'" in written(unb(), message(sent))
    released = Segment("FTX+A?++B??:+", "FTX", 0, 0, 0, LEVEL_A)
    assert "FTX+A?++B??'" in written(unb(), message(released))
    repeats = Segment("ATT+A:*B:*:*+C", "ATT", 0, 0, 0, LEVEL_A_4)
    assert "ATT+A*B+C'" in written(unb(version="4"), message(repeats))


def test_the_release_character_stands_before_each_separator_in_a_text_and_nowhere_else() -> None:
    made = segment("FTX", "A+B:C'D?E.F*G")
    assert made.text == "FTX+A?+B?:C?'D??E.F*G"
    assert made.get(1) == "A+B:C'D?E.F*G"
    needless = Segment("FTX+A?.B?C", "FTX", 0, 0, 0, LEVEL_A)
    assert "FTX+A.B??C'" in written(unb(), message(needless))


def test_segments_of_other_separators_get_those_of_the_interchange() -> None:
    sent = Segment("NAD*FL***A:B?*C", "NAD", 0, 0, 0, STARS)
    assert "NAD+FL+++A:B*C'" in written(unb(), message(sent))
    assert "NAD*FL***A:B?*C#" in written(unb(marks=STARS), message(again(sent, LEVEL_A)))


def test_a_terminator_in_a_text_cannot_begin_a_segment() -> None:
    forged = Segment("FTX+A'UNZ+1+R", "FTX", 0, 0, 0, LEVEL_A)
    (found,) = read(written(unb(), message(forged)).encode())
    assert found.segments[1].elements() == [["A'UNZ"], ["1"], ["R"]]


def test_explicit_nesting_behind_a_tag_is_kept() -> None:
    nested = Segment("GID:1:2+1?.", "GID", 0, 0, 0, LEVEL_A)
    assert "GID:1:2+1.'" in written(unb(), message(nested))


# -- character sets -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("syntax", "text"),
    [
        ("UNOA", "PEÑA"), ("UNOA", "pena"), ("UNOA", "A@B"), ("UNOB", "a_b"), ("UNOC", "Łódź"),
        ("UNOD", "ЖZ"), ("UNOE", "éa"), ("IATA", "ÉA"), ("UNOY", "A\tB"), ("UNOC", "A\nB"),
        ("UNOY", "A\x1dB"), ("UNOC", "A\x85B"), ("UNOY", "\ud800A"),
    ],
)  # fmt: skip
def test_a_character_that_does_not_fit_is_named_with_its_place(syntax: str, text: str) -> None:
    bad = message(segment("BGM", "85"), segment("NAD", "CZ", "", ("X", text)), reference="M7")
    with pytest.raises(WritingError, match="message 'M7', segment 3") as caught:
        written(unb(syntax), bad, file="out.edi")
    error = caught.value
    place = (error.file, error.message, error.segment, error.number, error.element)
    assert place == ("out.edi", "M7", "NAD", 3, "3")
    assert "U+" in error.reason
    assert f"does not fit {syntax}" in error.reason
    assert text not in error.reason, "one character is named, the value is not"


@pytest.mark.parametrize(
    ("syntax", "text"),
    [
        ("UNOA", "PENA 1.,-()/=!\"%&*;<>"), ("UNOB", "pena"), ("UNOC", "PEÑA ª"), ("UNOD", "Łódź"),
        ("UNOE", "Жук"), ("UNOF", "Αθήνα"), ("UNOK", "İzmir"), ("UNOL", "5 €"), ("UNOY", "船 Ж é"),
        ("UNOW", "船"), ("UNOX", "横浜港+"),
    ],
)  # fmt: skip
def test_what_fits_a_character_set_is_read_back_from_it(syntax: str, text: str) -> None:
    data = b"".join(
        write_interchange(unb(syntax), [message(segment("FTX", "AAA", text), segment("LOC", "9"))])
    )
    (found,) = read(data)
    assert found.segments[1].get(2) == text
    assert found.segments[2].get(1) == "9"


def test_latin_text_that_reads_like_utf_8_is_refused_and_not_garbled() -> None:
    with pytest.raises(WritingError, match="does not fit UNOC"):
        written(unb("UNOC"), message(segment("FTX", "Ã¼")))


def test_a_text_with_a_separator_is_refused_where_no_release_character_is_in_force() -> None:
    with pytest.raises(WritingError, match=r"message '1', segment 2 \(FTX\).*no release"):
        written(unb("UNOB", "1", LEVEL_B), message(Segment("FTX+A?\x1fB", "FTX", 0, 0, 0, LEVEL_A)))
    with pytest.raises(WritingError, match="no release"):
        segment("FTX", "A\x1dB", marks=LEVEL_B)


def test_a_repeated_element_is_refused_before_version_4() -> None:
    with pytest.raises(WritingError, match="repeats"):
        segment("ATT", [["A"], ["B"]])


# -- what cannot be written -----------------------------------------------------------------------


BAD = message(segment("FTX", "Ж"), reference="BAD")


def test_a_message_that_cannot_be_written_is_left_out_whole_and_its_neighbours_stand() -> None:
    refused: list[WritingError] = []
    many = [segment("LOC", "9")] * (2 * BATCH)
    late = NewMessage(message_head("LATE", "CUSCAR", "D.95B"), [*many, segment("FTX", "Ж")])
    text = written(
        unb(), BAD, message(reference="A"), late, message(reference="B"), refuse=refused.append
    )
    assert [each.message for each in refused] == ["BAD", "LATE"]
    assert refused[1].number == 2 * BATCH + 2
    assert [each.reference for each in read(text.encode())] == ["A", "B"]
    assert text.endswith("UNZ+2+R'")


def test_nothing_is_written_when_no_message_is_left() -> None:
    pieces: list[bytes] = []
    with pytest.raises(WritingError, match="no message to write"):
        pieces.extend(write_interchange(unb(), [BAD], refuse=lambda error: None))
    with pytest.raises(WritingError, match="no message to write"):
        pieces.extend(write_interchange(unb(), []))
    with pytest.raises(WritingError, match="Ж"):
        pieces.extend(write_interchange(unb(), [BAD]))
    assert pieces == []


def test_a_group_none_of_whose_messages_can_be_written_is_left_out() -> None:
    head = group_head(
        unb(), type="CUSCAR", reference="G", prepared="2026-04-13T10:15", directory="D.95B",
        sender="A", recipient="B",
    )  # fmt: skip
    text = written(
        unb(), NewGroup(head, [BAD]), NewGroup(head, [message()]), refuse=lambda error: None
    )
    assert text.count("UNG+") == text.count("UNE+1+G'") == 1
    assert text.endswith("UNZ+1+R'")


@pytest.mark.parametrize("tag", ["UNA", "UNB", "UNG", "UNH", "UNT", "UNE", "UNZ"])
def test_a_segment_of_the_envelope_cannot_stand_inside_a_message(tag: str) -> None:
    with pytest.raises(WritingError, match=r"message '1', segment 2 .*service segment"):
        written(unb(), message(segment(tag, "1", "R")))


def test_a_section_control_is_no_service_segment() -> None:
    assert "UNS+D'" in written(unb(), message(segment("UNS", "D")))


def test_groups_and_messages_do_not_stand_side_by_side() -> None:
    head = group_head(
        unb(), type="CUSCAR", reference="G", prepared="2026-04-13T10:15", directory="D.95B",
        sender="A", recipient="B",
    )  # fmt: skip
    with pytest.raises(WritingError, match="beside"):
        written(unb(), message(), NewGroup(head, [message()]))
    with pytest.raises(WritingError, match="beside"):
        written(unb(), NewGroup(head, [message()]), message())


@pytest.mark.parametrize(
    ("head", "element"),
    [
        (segment("UNB", ("UNOC", "3"), "ME", "YOU", ("260413", "1015")), "5"),
        (segment("UNB", "", "ME", "YOU", ("260413", "1015"), "R"), "1"),
        (segment("UNB", ("UNOC", "3"), "ME", "", ("260413", "1015"), "R"), "3"),
    ],
)
def test_a_head_says_what_it_must(head: Segment, element: str) -> None:
    with pytest.raises(WritingError, match="UNB") as caught:
        written(head, message())
    assert caught.value.element == element


def test_a_message_has_a_reference_and_a_type() -> None:
    with pytest.raises(WritingError, match="UNH, element 1"):
        written(unb(), message(reference=""))
    with pytest.raises(WritingError, match="UNH, element 2"):
        written(unb(), NewMessage(segment("UNH", "1"), []))
    with pytest.raises(WritingError, match="UNH is expected"):
        written(unb(), NewMessage(segment("BGM", "1"), []))


@pytest.mark.parametrize("prepared", ["", "2026-04-13", "13.04.2026 10:15", "2026-04-13T1:15"])
def test_the_moment_of_preparation_is_iso_8601_to_the_minute(prepared: str) -> None:
    with pytest.raises(WritingError, match="is not a moment"):
        interchange_head(sender="A", recipient="B", prepared=prepared, reference="R")


@pytest.mark.parametrize("tag", ["", "A", "NADX", "nad", "1AB", "N+D", "ÑAD"])
def test_a_tag_is_a_letter_and_two_letters_or_digits(tag: str) -> None:
    with pytest.raises(WritingError, match="is not a tag"):
        segment(tag, "1")


def test_separators_that_no_reader_can_tell_are_refused() -> None:
    for marks in (replace(LEVEL_A, component="A"), replace(LEVEL_A, element=":")):
        with pytest.raises(WritingError):
            written(unb(marks=marks), message())


def test_a_line_break_is_nothing_else() -> None:
    with pytest.raises(WritingError, match="line break"):
        written(unb(), message(), line_break=";")


def test_an_error_of_writing_is_an_input_error_with_file() -> None:
    with pytest.raises(InputError, match=r"^out\.edi: message 'BAD'"):
        written(unb(), BAD, file="out.edi")


# -- streaming ------------------------------------------------------------------------------------


def test_messages_go_out_before_all_are_asked_for() -> None:
    asked: list[int] = []

    def endless() -> Iterator[NewMessage]:
        for number in range(1, 1_000_000):
            asked.append(number)
            yield message(segment("LOC", "9"), reference=str(number))

    pieces = write_interchange(unb(), endless())
    assert next(pieces).endswith(b"UNT+3+171'")
    assert len(asked) == 171, "so many messages of three segments make a batch"
    assert next(pieces).startswith(b"UNH+172+")
    assert len(asked) == 342


def test_a_long_message_goes_out_before_the_next_is_asked_for() -> None:
    asked: list[str] = []

    def two() -> Iterator[NewMessage]:
        for reference in ("1", "2"):
            asked.append(reference)
            yield message(*[segment("LOC", "9")] * BATCH, reference=reference)

    pieces = write_interchange(unb(), two())
    assert next(pieces).endswith(f"UNT+{BATCH + 2}+1'".encode())
    assert asked == ["1"]


def test_segments_may_come_from_a_generator() -> None:
    made = NewMessage(
        message_head("1", "X", "D.95B"), (segment("LOC", str(n)) for n in range(1300))
    )
    (found,) = read(written(unb(), made).encode())
    assert len(found.segments) == 1302
    assert found.segments[-1].get(1) == "1302"


# -- laws -----------------------------------------------------------------------------------------


MARKS = st.sampled_from(
    [
        LEVEL_A,
        STARS,
        replace(LEVEL_A, release="!"),
        replace(LEVEL_A, component="/", element="|", terminator="~"),
    ]
)
PART = st.text(st.sampled_from("AZ09 a.,*:+?'#!/|~é€Жñ船-"), max_size=6)
ELEMENTS = st.lists(st.lists(PART, max_size=4), max_size=5)
SEGMENTS = st.lists(st.tuples(st.sampled_from(["BGM", "FTX", "A1Z"]), ELEMENTS), max_size=12)


@given(
    SEGMENTS, MARKS, st.sampled_from(["3", "4"]), st.sampled_from(["", "\n", "\r\n"]), st.booleans()
)
@settings(max_examples=150)
def test_segments_written_and_read_are_the_same(
    wanted: list[tuple[str, list[list[str]]]],
    marks: Separators,
    version: str,
    line_break: str,
    una: bool,
) -> None:
    made = [segment(tag, *elements, marks=LEVEL_A) for tag, elements in wanted]
    data = b"".join(
        write_interchange(
            unb("UNOY", version, marks), [message(*made)], line_break=line_break, una=una
        )
    )
    (found,) = read(data)
    plain = [(tag, _cut([_cut([_cut(each)]) for each in elements])) for tag, elements in wanted]
    assert body(found) == plain
    again_written = b"".join(
        write_interchange(
            unb("UNOY", version, marks), [message_of(found)], line_break=line_break, una=una
        )
    )
    assert again_written == data, "the form is the only one"


PLAIN = st.text(st.sampled_from("AZ09 a."), max_size=4)
ANY_ELEMENT = (
    st.lists(PLAIN, max_size=4)
    | st.lists(PART, max_size=3)
    | st.lists(PLAIN, max_size=3).map(tuple)
    | PLAIN
    | st.lists(st.lists(PLAIN, max_size=2), max_size=2)
)


@given(
    st.lists(st.tuples(st.sampled_from(["BGM", "FTX", "A1Z", "bgm", ""]), st.lists(ANY_ELEMENT)),
             max_size=6),
    st.sampled_from([LEVEL_A, LEVEL_A_4, STARS, replace(LEVEL_A, release="")]),
)  # fmt: skip
@settings(max_examples=120)
def test_segments_made_together_are_those_made_one_by_one(
    parts: list[tuple[str, list[Any]]], marks: Separators
) -> None:
    def made(work: Callable[[], list[Segment]]) -> list[tuple[str, str]] | str:
        try:
            return [(each.tag, each.text) for each in work()]
        except WritingError as error:
            return str(error)

    alone = made(lambda: [segment(tag, *elements, marks=marks) for tag, elements in parts])
    assert made(lambda: segments(parts, marks=marks)) == alone


@given(st.lists(st.lists(st.lists(PART, max_size=3), min_size=1, max_size=3), max_size=4))
def test_repeats_written_and_read_are_the_same(elements: list[list[list[str]]]) -> None:
    made = segment("ATT", "1", *elements, marks=LEVEL_A_4)
    data = b"".join(write_interchange(unb("UNOY", "4"), [message(made)]))
    (found,) = read(data)
    assert values(found.segments[1]) == values(made)
    assert (
        _cut([_cut([_cut(each) for each in element]) for element in [[["1"]], *elements]])
        == values(made)[1]
    )


@given(
    st.text(max_size=20),
    st.sampled_from(["UNOA", "UNOB", "UNOC", "UNOD", "UNOK", "UNOX", "UNOY", "IATA"]),
)
@settings(max_examples=200)
def test_any_text_is_refused_or_read_back_as_it_was(text: str, syntax: str) -> None:
    try:
        data = b"".join(write_interchange(unb(syntax), [message(segment("FTX", "A", text, "Z"))]))
    except WritingError as error:
        assert error.number == 2
        return
    (found,) = read(data)
    assert found.segments[1].elements() == [["A"], [text], ["Z"]]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_every_sample_written_anew_says_the_same_and_has_no_defect_of_syntax(path: Path) -> None:
    for item in read_messages(io.BytesIO(path.read_bytes())):
        if not isinstance(item, RawMessage) or not item.type:
            continue
        pieces = write_interchange(unb("UNOY", "4"), [message_of(item)])
        if any("\t" in each.text for each in item.segments):
            with pytest.raises(WritingError, match="U\\+0009"):
                next(pieces)
        else:
            (found,) = read(b"".join(pieces))
            assert body(found) == body(item)


# -- files written back ---------------------------------------------------------------------------


def rewritten(
    data: bytes, change: Callable[[RawMessage], Iterable[Edit]] = rewriting.unchanged
) -> bytes:
    sink = io.BytesIO()
    rewrite(io.BytesIO(data), sink, change, file="in.edi")
    return sink.getvalue()


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_a_file_without_changes_is_written_back_byte_for_byte(path: Path) -> None:
    data = path.read_bytes()
    assert rewritten(data) == data


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_one_segment_changed_in_each_message_changes_no_other_byte(path: Path) -> None:
    data = path.read_bytes()
    expected, at, count = b"", 0, 0

    def change(found: RawMessage) -> list[Edit]:
        nonlocal expected, at, count
        inner = [each for each in found.segments if each.tag not in ("UNH", "UNT")]
        if not inner:
            return []
        old, marks = inner[-1], inner[-1].marks
        new = f"FTX{marks.element}{marks.escape('CHANGED+')}{marks.terminator}"
        expected += data[at : old.offset] + new.encode("ascii")
        at, count = old.offset + old.length, count + 1
        return [Edit(old, (segment("FTX", "CHANGED+"),))]

    changed = rewritten(data, change)
    assert changed == expected + data[at:]
    again_read = [
        item for item in read_messages(io.BytesIO(changed)) if isinstance(item, RawMessage)
    ]  # fmt: skip
    marked = [each for item in again_read for each in item.segments if each.get(1) == "CHANGED+"]
    assert len(marked) == count


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_every_segment_replaced_by_itself_leaves_what_the_file_says(path: Path) -> None:
    data = path.read_bytes()
    before = [item for item in read_messages(io.BytesIO(data)) if isinstance(item, RawMessage)]
    if any("\t" in each.text for item in before for each in item.segments):
        with pytest.raises(WritingError, match="U\\+0009"):
            rewritten(data, lambda found: [Edit(each, (each,)) for each in found.segments])
        return

    def same(found: RawMessage) -> list[Edit]:
        return [Edit(each, (each,)) for each in found.segments]

    after = [
        item for item in read_messages(io.BytesIO(rewritten(data, same)))
        if isinstance(item, RawMessage)
    ]  # fmt: skip
    assert [[values(each) for each in item.segments] for item in after] == [
        [values(each) for each in item.segments] for item in before
    ]


PLAN = (
    b"junk before\r\nUNB+UNOC:3+A+B+260413:1015+R'\r\nUNH+1+BAPLIE:D:95B:UN'\r\nBGM++A+9'\r\n"
    b"FTX+AAA+++wrap\r\nped'\r\nLOC+9+X+++'\r\nUNT+5+1'\r\nUNZ+1+R'\r\n"
)


def at(tag: str, *new: Segment) -> Callable[[RawMessage], list[Edit]]:
    return lambda found: [Edit(each, new) for each in found.segments if each.tag == tag]


def test_the_count_moves_with_segments_that_come_or_go() -> None:
    more = rewritten(PLAN, at("LOC", segment("LOC", "9", "X"), segment("LOC", "11", "Y")))
    assert more == PLAN.replace(b"LOC+9+X+++'", b"LOC+9+X'LOC+11+Y'").replace(b"UNT+5", b"UNT+6")
    less = rewritten(PLAN, at("FTX"))
    assert less == PLAN.replace(b"FTX+AAA+++wrap\r\nped'", b"").replace(b"UNT+5", b"UNT+4")


def test_a_changed_segment_is_written_in_the_set_its_old_bytes_were_in() -> None:
    data = PLAN.replace(b"wrap\r\nped", b"PE\xc3\x91A")
    assert b"PE\xc3\x91A 2'" in rewritten(data, at("FTX", segment("FTX", "PEÑA 2")))
    assert b"PE\xd1A 2'" in rewritten(PLAN, at("FTX", segment("FTX", "PEÑA 2")))
    old = PLAN.replace(b"UNOC", b"UNOA").replace(b"wrap\r\nped", b"\x93PE\xd1A\x94")
    assert b"\x93N\xd1\x94'" in rewritten(old, at("FTX", segment("FTX", "“NÑ”")))


def test_a_lost_terminator_is_put_in_where_its_segment_is_changed() -> None:
    data = PLAN.replace(b"+++'", b"").replace(b"\r\n", b"")
    assert b"LOC+9+Y'UNT+5" in rewritten(data, at("LOC", segment("LOC", "9", "Y")))


def test_a_terminator_that_is_a_line_break_keeps_its_carriage_return() -> None:
    data = b"UNB+UNOA:1+A+B+260413:1015+R\r\nUNH+1+X:D:95B\r\nBGM+1\r\nUNT+3+1\r\nUNZ+1+R\r\n"
    assert rewritten(data, at("BGM", segment("BGM", "2"))) == data.replace(b"BGM+1", b"BGM+2")


def test_a_changed_segment_that_does_not_fit_leaves_the_sink_before_its_message() -> None:
    sink = io.BytesIO()
    two = PLAN.replace(b"junk before", b"") + PLAN.replace(b"UNH+1", b"UNH+2")

    def change(found: RawMessage) -> list[Edit]:
        return at("FTX", segment("FTX", "A", "Ж"))(found) if found.reference == "2" else []

    with pytest.raises(WritingError, match=r"in\.edi: message '2', segment 3 \(FTX\).*Ж.*UNOC"):
        rewrite(io.BytesIO(two), sink, change, file="in.edi")
    assert two.startswith(sink.getvalue())
    assert b"UNZ+1+R" in sink.getvalue()
    assert b"UNH+2" not in sink.getvalue()


def test_an_edit_names_a_segment_of_its_message_once() -> None:
    with pytest.raises(WritingError, match="none of this message"):
        rewritten(PLAN, lambda found: [Edit(segment("LOC", "9"))])
    with pytest.raises(WritingError, match="two edits"):
        rewritten(PLAN, lambda found: [Edit(found.segments[1]), Edit(found.segments[1])])


def test_a_message_stands_in_its_file_as_its_bytes() -> None:
    (found,) = [item for item in read_messages(io.BytesIO(PLAN)) if isinstance(item, RawMessage)]
    assert bytes_of(io.BytesIO(PLAN), found) == PLAN[PLAN.index(b"UNH") : PLAN.index(b"UNZ") - 2]


class Stream(io.RawIOBase):
    """So many bytes of one piece over and over; nothing is kept."""

    def __init__(self, piece: bytes, times: int) -> None:
        self.rest, self.piece, self.times = b"", piece, times

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray) -> int:  # type: ignore[override]
        if not self.rest and self.times:
            self.rest, self.times = self.piece, self.times - 1
        count = min(len(buffer), len(self.rest))
        buffer[:count], self.rest = self.rest[:count], self.rest[count:]
        return count


class Far(io.RawIOBase):
    """A sink that counts, and remembers how far behind the source it ever was."""

    def __init__(self, source: Stream, size: int) -> None:
        self.source, self.size, self.written, self.behind = source, size, 0, 0

    def write(self, data: bytes) -> int:  # type: ignore[override]
        self.written += len(data)
        read = self.size - self.source.times * len(self.source.piece)
        self.behind = max(self.behind, read - self.written)
        return len(data)


@pytest.mark.parametrize("piece", [PLAN, b"no interchange at all, only words of a mail\r\n" * 20])
def test_the_sink_follows_the_source_whatever_the_file_holds(piece: bytes) -> None:
    times = 8_000_000 // len(piece)
    source = Stream(piece, times)
    sink = Far(source, times * len(piece))
    limits = Limits(message_bytes=500_000, messages=1_000_000)
    rewrite(io.BufferedReader(source), sink, limits=limits)
    assert sink.written == times * len(piece)
    assert sink.behind < 2_000_000


def test_a_file_that_is_refused_is_refused_by_rewriting_too() -> None:
    with pytest.raises(LimitError):
        rewrite(io.BytesIO(PLAN * 3), io.BytesIO(), limits=Limits(messages=1))
