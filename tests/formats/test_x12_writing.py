"""X12 written: ASC X12.5 (envelopes) and X12.6 (separators); files written back."""

from __future__ import annotations

import io
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from esclusa.formats.edifact.drafting import WritingError
from esclusa.formats.edifact.rewriting import Edit
from esclusa.formats.edifact.segment import RawMessage, Segment, Separators
from esclusa.formats.x12.drafting import DRAFT, USUAL, again, fitting, segment
from esclusa.formats.x12.rewriting import rewrite
from esclusa.formats.x12.syntax import read_messages
from esclusa.formats.x12.writing import (
    Envelope,
    NewGroup,
    NewSet,
    group_head,
    set_head,
    set_of,
    write_interchange,
)

WHEN = "2026-04-13T10:15"
ENVELOPE = Envelope(sender="NRLN", recipient="MARISOL", prepared=WHEN, control=412)
SAMPLES = sorted(
    path for folder in ("x12", "malformed")
    for path in (Path(__file__).parents[1] / "data" / folder).iterdir()
    if path.suffix.lower() in (".edi", ".x12", ".txt")
)  # fmt: skip


def head(control: int = 7) -> Segment:
    return group_head("SO", sender="NRLN", recipient="MARISOL", prepared=WHEN, control=control)


def group(*bodies: list[Segment], control: int = 7) -> NewGroup:
    sets = [NewSet(set_head("309", str(at)), body) for at, body in enumerate(bodies, 1)]
    return NewGroup(head(control), sets)


def written(*groups: NewGroup, envelope: Envelope = ENVELOPE, **more: object) -> bytes:
    return b"".join(write_interchange(envelope, groups, **more))  # type: ignore[arg-type]


def read(data: bytes) -> list[RawMessage]:
    """The sets of what was written, which has no defect."""
    found = list(read_messages(io.BytesIO(data)))
    assert all(isinstance(item, RawMessage) and not item.defects for item in found), found
    return [item for item in found if isinstance(item, RawMessage)]


# -- the envelopes --------------------------------------------------------------------------------


def test_envelopes_have_their_widths_counts_and_control_numbers() -> None:
    data = written(group([segment("M10", "NRLN")], []), group([], control=8))
    assert data == (
        b"ISA*00*          *00*          *ZZ*NRLN           *ZZ*MARISOL        "
        b"*260413*1015*U*00401*000000412*0*P*>~"
        b"GS*SO*NRLN*MARISOL*20260413*1015*7*X*004010~"
        b"ST*309*0001~M10*NRLN~SE*3*0001~ST*309*0002~SE*2*0002~GE*2*7~"
        b"GS*SO*NRLN*MARISOL*20260413*1015*8*X*004010~ST*309*0001~SE*2*0001~GE*1*8~"
        b"IEA*2*000000412~"
    )
    assert data.index(b"~") == 105
    assert [one.reference for one in read(data)] == ["0001", "0002", "0001"]


def test_a_line_break_follows_each_segment_when_asked() -> None:
    data = written(group([segment("M10", "NRLN")]), line_break="\n")
    assert data.count(b"~\n") == data.count(b"~") == 7
    assert len(read(data)) == 1


def test_empty_elements_at_the_end_are_left_out_and_those_between_stay() -> None:
    (one,) = read(written(group([segment("N1", "FS", "", ("", ""), "USJAX", "", ("",))])))
    assert one.segments[1].text == "N1*FS***USJAX"


def test_each_set_goes_out_as_soon_as_it_is_whole() -> None:
    made: list[int] = []

    def sets() -> Iterator[NewSet]:
        for at in (1, 2, 3):
            made.append(at)
            yield NewSet(set_head("309", str(at)), [segment("LX", str(at))])

    pieces = write_interchange(ENVELOPE, [NewGroup(head(), sets())], marks=USUAL)
    assert [(len(made), piece[-5:-1]) for piece in pieces][:3] == [
        (1, b"0001"), (2, b"0002"), (3, b"0003"),
    ]  # fmt: skip


# -- separators -----------------------------------------------------------------------------------


def test_separators_are_chosen_that_no_value_contains() -> None:
    hard = "A*B>C~D|E:F'G"
    data = written(group([segment("N1", "SH", hard)]))
    (one,) = read(data)
    assert one.segments[1].get(2) == hard
    assert not {data[3:4], data[104:105], data[105:106]} & {each.encode() for each in hard}


def test_the_usual_separators_are_taken_where_they_can_be() -> None:
    assert fitting(set("ABC|:'")) == USUAL
    assert fitting(set(), repeats=True).repetition == "^"


def test_from_004020_on_isa_names_a_separator_for_repeats() -> None:
    envelope = Envelope(sender="A", recipient="B", prepared=WHEN, version="00501")
    data = written(group([segment("N1", "SH", "A")]), envelope=envelope)
    assert data[82:83] == b"^"
    assert read(data)[0].segments[1].marks.repetition == "^"


@pytest.mark.parametrize("mark", ["*", ">", "~"])
def test_a_value_with_a_separator_is_refused_by_set_segment_and_element(mark: str) -> None:
    body = [segment("LX", "1"), segment("N1", "SH", f"A{mark}B")]
    reason = rf"set|message '0001', segment 3 \(N1\), element 2: the separator '\{mark}'"
    with pytest.raises(WritingError, match=reason) as caught:
        written(group(body), marks=USUAL)
    assert (caught.value.message, caught.value.segment) == ("0001", "N1")
    assert (caught.value.number, caught.value.element) == (3, "2")
    assert f"A{mark}B" not in str(caught.value)


def test_a_control_code_is_refused_wherever_it_stands() -> None:
    with pytest.raises(WritingError, match=r"N1, element 2: the control code '\\x1d'"):
        segment("N1", "SH", "A\x1dB")


def test_what_was_read_gets_other_separators() -> None:
    old = Segment("N1|SH|A:B||", "N1", 0, 0, 0, Separators(":", "|", ".", "", "", "'"))
    assert again(old, USUAL).text == "N1*SH*A>B"
    with pytest.raises(WritingError, match="element 2: the separator '>'"):
        again(Segment("N1|SH|A>B", "N1", 0, 0, 0, old.marks), USUAL)


# -- what cannot be written -----------------------------------------------------------------------


def test_a_bad_set_costs_only_itself() -> None:
    refused: list[WritingError] = []
    bad, good = [segment("N1", "SH", "Ñ")], [segment("N1", "SH", "N")]
    data = written(group(bad, good, bad), refuse=refused.append)
    assert [one.reference for one in read(data)] == ["0002"]
    assert b"GE*1*7~" in data
    assert [error.message for error in refused] == ["0001", "0003"]
    assert "'Ñ' (U+00D1) does not fit ascii" in str(refused[0])


@pytest.mark.parametrize("codec", ["utf-8", "iso8859-1"])
def test_other_characters_go_out_in_the_bytes_that_were_asked_for(codec: str) -> None:
    envelope = Envelope(sender="A", recipient="B", prepared=WHEN, codec=codec)
    data = written(group([segment("N1", "SH", "PEÑA")]), envelope=envelope)
    assert "PEÑA".encode(codec) in data
    (one,) = [item for item in read_messages(io.BytesIO(data)) if isinstance(item, RawMessage)]
    assert one.segments[1].get(2) == "PEÑA"


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"sender": "A" * 16}, "ISA, element 6: a value of 16 characters stands where 15 fit"),
        ({"recipient": "Ñ"}, "ISA, element 8: a value holds"),
        ({"prepared": "2026"}, "ISA, element 9: '2026' is not a moment"),
        ({"control": 10**9}, "ISA, element 13: a value of 10"),
        ({"codec": "utf-16"}, "'utf-16' is none of"),
    ],
)
def test_an_envelope_that_cannot_be_is_refused(change: dict[str, object], reason: str) -> None:
    fields = {"sender": "A", "recipient": "B", "prepared": WHEN, **change}
    with pytest.raises(WritingError, match=reason):
        written(group([]), envelope=Envelope(**fields))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("groups", "reason"),
    [
        ([], "no set to write"),
        ([NewGroup(head(), [])], "no set to write"),
        ([NewGroup(segment("ST", "309"), [])], "GS with a control number is expected"),
        ([NewGroup(head(), [NewSet(segment("ST", "309"), [])])], "ST with a code and a control"),
        ([NewGroup(head(), [NewSet(set_head("309", "1"), [segment("SE", "2")])])], "service"),
    ],
)
def test_groups_and_sets_that_cannot_be_are_refused(groups: list[NewGroup], reason: str) -> None:
    with pytest.raises(WritingError, match=reason):
        written(*groups)


def test_a_tag_has_two_or_three_characters() -> None:
    for tag in ("N1", "N10"):
        assert segment(tag, "A").text == f"{tag}{DRAFT.element}A"
    for tag in ("N", "n1", "N100", "1N"):
        with pytest.raises(WritingError, match="is not a tag"):
            segment(tag, "A")


VALUE = st.text(st.sampled_from("AB9 *>~|:'^\\!<;`."), max_size=12)


@given(st.lists(st.lists(VALUE, min_size=1, max_size=6), min_size=1, max_size=5))
@settings(max_examples=100)
def test_any_values_come_back_as_they_went(rows: list[list[str]]) -> None:
    body = [segment("ZZ", "1", *row, "1") for row in rows]
    (one,) = read(written(group(body)))
    found = [[each.get(at) for at in range(2, len(each))] for each in one.segments[1:-1]]
    assert found == rows


# -- files written back ---------------------------------------------------------------------------


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.name)
def test_an_unmodified_file_is_written_back_byte_for_byte(path: Path) -> None:
    sink = io.BytesIO()
    with path.open("rb") as source:
        assert rewrite(source, sink, file=path.name) == 0
    assert sink.getvalue() == path.read_bytes()


MANIFEST = files("esclusa.samples").joinpath("ocean-manifest-309.x12").read_bytes()


def test_a_changed_segment_alone_is_written_anew_and_the_count_moves() -> None:
    def change(raw: RawMessage) -> list[Edit]:
        first = next(each for each in raw.segments if each.tag == "N3")
        return [Edit(first, (segment("N3", "NEW ROAD 1"), segment("N3", "FLOOR 2")))]

    sink = io.BytesIO()
    assert rewrite(io.BytesIO(MANIFEST), sink, change) == 4
    data = sink.getvalue()
    assert data.count(b"N3*NEW ROAD 1~N3*FLOOR 2~") == 2
    changed = [line for line in data.split(b"\n") if line not in MANIFEST.split(b"\n")]
    assert all(b"N3*NEW ROAD" in line or line.startswith(b"SE*") for line in changed)
    assert all(not one.defects for one in read(data))


def test_a_changed_value_with_the_files_separator_is_refused_by_its_place() -> None:
    def change(raw: RawMessage) -> list[Edit]:
        return [Edit(raw.segments[2], (segment("P4", "52*01"),))]

    with pytest.raises(WritingError, match=r"P4, element 1: the separator '\*'"):
        rewrite(io.BytesIO(MANIFEST), io.BytesIO(), change)


def test_a_set_that_was_read_is_written_with_its_count_put_right() -> None:
    bad = MANIFEST.replace(b"\nSE*48", b"\nSE*99", 1)
    sets = [item for item in read_messages(io.BytesIO(bad)) if isinstance(item, RawMessage)]
    assert sets[0].defects
    again_written = read(written(NewGroup(head(), [set_of(raw) for raw in sets])))
    for old, new in zip(sets, again_written, strict=True):
        assert [each.text for each in old.segments[:-1]] == [e.text for e in new.segments[:-1]]
