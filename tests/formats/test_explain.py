"""A message explained: each segment by number, byte and name, each defect at its place, and the
records that intake would make of it."""

from __future__ import annotations

import gzip
from collections import Counter
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from esclusa.errors import ConfigError, FormatError, LimitError, UnknownFormat
from esclusa.formats import Limits, read_file
from esclusa.formats.edifact import directory
from esclusa.formats.edifact.checking import check
from esclusa.formats.explain import COMPONENTS, explain
from esclusa.formats.explained import Element, Explained, Row, Told, Value
from esclusa.model import Defect, Message, Severity

DATA = Path(__file__).parents[1] / "data"
SAMPLES = Path(__file__).parents[2] / "src/esclusa/samples"
FILES = sorted(
    file
    for folder in (*(DATA / name for name in ("edifact", "x12", "typed", "malformed")), SAMPLES)
    for file in folder.iterdir()
    if file.suffix in (".edi", ".x12", ".csv")
    # Nothing in these is recognised by its head: no text, or no interchange header.
    and file.name not in ("empty_input.edi", "random_text.edi")
    and not file.name.startswith(("apimeister__301", "apimeister__310"))
)

HEAD = "UNB+UNOC:3+NORTHREACH+MARISOL+260413:1015+77'"
BODY = (
    "UNH+1+CUSCAR:D:96A:UN'"
    "BGM+85+NR-1+9'"
    "NAD+CZ+++PANADERIA O?'HARA+CALLE 50'"
    "EQD+CN+NRXU4430057+22G1:102:5++2+5'"
    "UNT+5+1'"
)
WHOLE = HEAD + BODY + "UNZ+1+77'"


def rows(found: Explained) -> list[Row]:
    return [row for block in found.blocks for row in block.rows]


def row(found: Explained, tag: str) -> Row:
    return next(one for one in rows(found) if one.tag == tag)


def element(one: Row, number: int) -> Element:
    return next(each for each in one.elements if each.number == number)


def values(one: Row) -> dict[str, Value]:
    return {value.place: value for each in one.elements for value in each.values}


def told(found: Explained, code: str) -> Told:
    return next(one for one in found.told if one.defect.code == code)


def numbers_in(one: Row) -> list[int]:
    """Every defect that a row shows, wherever in it."""
    inside = [each.defects for each in one.elements]
    inside += [value.defects for each in one.elements for value in each.values]
    return [number for some in (one.defects, *inside) for number in some]


# -- segments by name -----------------------------------------------------------------------------


def test_each_segment_has_its_number_its_byte_and_its_name() -> None:
    found = explain(WHOLE.encode())
    assert [(one.row, one.number, one.tag, one.name) for one in rows(found)] == [
        (1, 0, "UNB", "Interchange header"),
        (2, 1, "UNH", "Message header"),
        (3, 2, "BGM", "Beginning of message"),
        (4, 3, "NAD", "Name and address"),
        (5, 4, "EQD", "Equipment details"),
        (6, 5, "UNT", "Message trailer"),
        (7, 0, "UNZ", "Interchange trailer"),
    ]
    assert [one.offset for one in rows(found)] == [WHOLE.index(one.tag) for one in rows(found)]
    assert sum(one.length for one in rows(found)) == len(WHOLE)


def test_elements_and_components_have_the_names_and_words_of_the_directory() -> None:
    """D.96A: C002.1001 code 85, 1225 code 9."""
    begin = row(explain(WHOLE.encode()), "BGM")
    document, _number, function = begin.elements
    assert (document.id, document.name) == ("C002", "Document/message name")
    assert document.values[0] == Value(
        "1.1", "85", "1001", "Document/message name, coded", "Customs manifest"
    )
    assert function.values == (Value("3", "9", "1225", "Message function, coded", "Original"),)
    assert not function.composite


def test_a_code_of_another_agencys_list_has_no_words_of_the_directorys() -> None:
    """Where 1131 or 3055 is filled, the code before them is another's (UNTDID 5.4)."""
    found = explain(WHOLE.replace("BGM+85", "BGM+85:101:ZZZ").encode())
    assert values(row(found, "BGM"))["1.1"].means == ""


def test_a_value_is_what_was_meant_without_its_release_characters() -> None:
    assert values(row(explain(WHOLE.encode()), "NAD"))["4.1"].text == "PANADERIA O'HARA"


def test_only_what_is_filled_is_shown() -> None:
    party = row(explain(WHOLE.encode()), "NAD")
    assert [one.number for one in party.elements] == [1, 4, 5]
    assert all(value.text for one in party.elements for value in one.values)


def test_repeats_of_version_4_are_shown_one_by_one() -> None:
    data = WHOLE.replace("UNOC:3", "UNOC:4").replace("O?'HARA", "UNO").replace("NRXU4430057", "A*B")
    unit = row(explain(data.encode()), "EQD")
    again = [one for one in unit.elements if one.number == 2]
    assert [(one.occurrence, one.values[0].text) for one in again] == [(1, "A"), (2, "B")]


@pytest.mark.parametrize("edition", directory.sources())
def test_every_segment_composite_and_element_of_a_directory_has_a_name(edition: str) -> None:
    """Service segments included: ISO 9735-1 annex C, ISO 9735-10."""
    for kind in directory.kinds(edition):
        todo = list(directory.structure(edition, kind))
        while todo:
            node = todo.pop()
            todo += node.inside
            if node.tag:
                assert directory.segment_name(edition, node.tag), node.tag
    for tag in ("UNB", "UNG", "UNH", "UNT", "UNE", "UNZ", "NAD", "TDT", "GID", "EQD", "LOC"):
        for one in directory.segment(edition, tag) or ():
            assert directory.element_name(edition, one.id), one.id
            assert all(directory.element_name(edition, part.id) for part in one.parts), one.id


# -- defects at their place -----------------------------------------------------------------------


def test_a_wrong_value_is_marked_at_its_component() -> None:
    found = explain(WHOLE.encode())
    wrong = told(found, "value.container")
    unit = row(found, "EQD")
    assert wrong.row == unit.row
    assert values(unit)["2.1"].defects == (wrong.number,)
    assert numbers_in(unit) == [wrong.number]


def test_what_is_missing_is_shown_as_an_empty_place_with_its_name() -> None:
    found = explain(WHOLE.replace("NAD+CZ+++", "NAD++++").encode())
    party = row(found, "NAD")
    wrong = told(found, "edifact.element.missing")
    assert values(party)["1"] == Value("1", "", "3035", "Party qualifier", "", (wrong.number,))
    whole = explain(WHOLE.replace("UNH+1+CUSCAR:D:96A:UN", "UNH+1+CUSCAR:D:96A").encode())
    wrong = told(whole, "edifact.component.missing")
    assert values(row(whole, "UNH"))["2.4"] == Value(
        "2.4", "", "0051", "Controlling agency, coded", "", (wrong.number,)
    )


def test_what_is_too_much_is_marked_and_has_no_name() -> None:
    found = explain(WHOLE.replace("+9'", "+9+X+Y'").encode())
    excess = values(row(found, "BGM"))["5"]
    assert (excess.text, excess.id, excess.name) == ("Y", "", "")
    assert [found.told[number - 1].defect.code for number in excess.defects] == [
        "edifact.element.excess"
    ]


def test_a_composite_that_is_missing_is_marked_as_a_whole() -> None:
    """RFF C506 is mandatory."""
    found = explain(WHOLE.replace("NAD+CZ", "RFF'NAD+CZ").encode())
    wrong = told(found, "edifact.element.missing")
    place = element(row(found, "RFF"), 1)
    assert (place.id, place.defects, place.values[0].text) == ("C506", (wrong.number,), "")


def test_a_defect_in_a_repeat_is_marked_in_that_repeat() -> None:
    data = WHOLE.replace("UNOC:3", "UNOC:4").replace("O?'HARA", "UNO")
    found = explain(data.replace("+85+", "+85+" + "N" * 30 + "*" + "N" * 99 + "+").encode())
    long = told(found, "edifact.element.long")
    second = next(one for one in row(found, "BGM").elements if one.occurrence == 2)
    assert second.values[0].defects == (long.number,)


def test_a_defect_of_the_envelope_is_in_the_envelopes_segment() -> None:
    found = explain(WHOLE.replace("UNZ+1+77", "UNZ+2+78").encode())
    trailer = row(found, "UNZ")
    assert {place: bool(value.defects) for place, value in values(trailer).items()} == {
        "1": True,
        "2": True,
    }
    assert told(found, "edifact.unz.count").row == trailer.row


def test_a_message_that_the_file_cuts_off_says_so_at_its_last_segment() -> None:
    found = explain(WHOLE[: WHOLE.index("EQD") + 8].encode())
    cut = told(found, "edifact.truncated")
    assert row(found, "NAD").defects == (cut.number,)


def test_a_defect_of_the_message_as_a_whole_is_told_at_the_message() -> None:
    found = explain(WHOLE.replace("CUSCAR", "QUOTES").encode())
    without = told(found, "edifact.message.no_reader")
    assert without.row == 0
    assert [block.defects for block in found.blocks if block.format] == [(without.number,)]


@cache
def explained(file: Path) -> Explained:
    return explain(file.read_bytes(), name=file.name)


def test_every_defect_with_a_row_stands_in_that_row_once() -> None:
    seen = 0
    for file in FILES:
        found = explained(file)
        placed = [(number, one.row) for one in rows(found) for number in numbers_in(one)]
        assert sorted(placed) == [(t.number, t.row) for t in found.told if t.row], file.name
        seen += len(placed)
    assert seen > 500


def test_every_row_stands_at_the_byte_of_its_tag_in_every_sample() -> None:
    seen = 0
    for file in FILES:
        data = file.read_bytes()
        for one in rows(explained(file)):
            sent = data[one.offset : one.offset + one.length].lstrip().decode("latin-1")
            assert sent.upper().startswith(one.tag), (file.name, one.offset)
            seen += 1
    assert seen > 5_000


def test_the_defects_are_those_of_validate_and_of_the_typed_reader() -> None:
    for file in FILES:
        found = explained(file)
        if found.format != "edifact":
            continue
        with file.open("rb") as stream:
            checked = list(check(stream))
        wanted = Counter(
            defect
            for item in checked
            for defect in ((item,) if isinstance(item, Defect) else item.defects)
        )
        listed = Counter(one.defect for one in explain(file.read_bytes(), defects=10_000).told)
        assert not wanted - listed, file.name
        for defect in listed - wanted:
            assert not defect.code.startswith("edifact.element"), (file.name, defect)


# -- records --------------------------------------------------------------------------------------


def test_the_records_are_those_that_intake_would_make() -> None:
    seen = 0
    for file in FILES:
        read = [item for item in read_file(file) if isinstance(item, Message)]
        found = explained(file)
        assert [one for block in found.blocks for one in block.messages] == read, file.name
        seen += found.statements
    assert seen > 400


def test_an_amendment_says_so() -> None:
    found = explain((SAMPLES / "manifest-northreach-0412-amendment.edi").read_bytes())
    said = [tuple(map(str, block.functions)) for block in found.blocks if block.format]
    assert said == [("amendment",), ("cancellation",)]


# -- directory and guide --------------------------------------------------------------------------

PLAN = (
    "UNB+UNOC:3+A+B+260413:1015+1'UNH+1+BAPLIE:D:95B:UN:SMDG22'BGM++BAY1+9'"
    "TDT+20+0412W+++NRLN:172:20+++9999993:146::NORTHREACH PIONEER'LOC+5+PAONX:139:6'"
    "DTM+178:2604131015:201'UNT+6+1'UNZ+1+1'"
)


def test_a_message_says_what_it_names_and_what_it_was_judged_by() -> None:
    found = explain(PLAN.encode())
    (block,) = (one for one in found.blocks if one.format)
    assert (found.format, block.format, block.type) == ("edifact", "edifact.baplie", "BAPLIE")
    assert (block.directory, block.judged_by, block.guide) == ("D.95B", "D.96A", "smdg_baplie_22")
    assert block.guide_title_en and block.guide_title_es


@pytest.mark.parametrize(
    ("chosen", "guide", "judged_by", "used"),
    [("D.17B", None, "D.96A", "smdg_baplie_22"), ("D.17B", "", "D.17B", ""),
     ("D.17B", "smdg_baplie_31", "D.17B", "smdg_baplie_31"), ("", "wco_paxlst", "D.96A", "")],
)  # fmt: skip
def test_directory_and_guide_can_be_chosen_by_hand(
    chosen: str, guide: str | None, judged_by: str, used: str
) -> None:
    """Guide 2.2 goes by D.96A at the latest. A guide for other messages leaves the directory."""
    found = explain(PLAN.encode(), directory=chosen, guide=guide)
    (block,) = (one for one in found.blocks if one.format)
    assert (block.judged_by, block.guide) == (judged_by, used)


def test_a_guide_that_there_is_not_is_refused() -> None:
    with pytest.raises(ConfigError, match="there is no guide 'marisol'"):
        explain(PLAN.encode(), guide="marisol")


def test_a_message_of_no_directory_is_named_by_the_nearest_one() -> None:
    found = explain(WHOLE.replace("CUSCAR:D:96A", "TAXMSG:D:93A").encode())
    (block,) = (one for one in found.blocks if one.format)
    assert block.judged_by == ""
    assert row(found, "NAD").name == "Name and address"
    assert told(found, "edifact.message.unknown").row == row(found, "UNH").row


# -- other formats --------------------------------------------------------------------------------


def test_an_x12_segment_has_its_elements_and_no_names() -> None:
    found = explained(DATA / "typed" / "ocean-manifest-309-apimeister.x12")
    isa = row(found, "ISA")
    assert (isa.name, [one.number for one in isa.elements]) == ("", list(range(1, 17)))
    assert isa.elements[15].values == (Value("16", ">"),)
    assert {one.tag for one in rows(found)} >= {"ISA", "GS", "ST", "M10", "SE", "GE", "IEA"}
    assert all(not value.name for one in rows(found) for value in values(one).values())
    assert found.statements > 0


def test_a_defect_of_an_x12_set_is_in_its_segment() -> None:
    sent = (DATA / "typed" / "ocean-manifest-309-apimeister.x12").read_bytes()
    at = sent.index(b"SE*")
    found = explain(sent[:at] + b"SE*999*" + sent[sent.index(b"*", at + 3) + 1 :])
    wrong = told(found, "x12.se.count")
    assert values(row(found, "SE"))["1"].defects == (wrong.number,)


@pytest.mark.parametrize(
    ("name", "format_id", "kind"),
    [("manifest-small-trader.csv", "tabular.csv", "Consignment"),
     ("lost-documents.csv", "tabular.csv", "ListEntry")],
)  # fmt: skip
def test_a_table_gives_messages_records_and_no_segments(
    name: str, format_id: str, kind: str
) -> None:
    found = explained(SAMPLES / name)
    assert (found.format, found.segments) == (format_id, 0)
    assert {type(one).__name__ for block in found.blocks for one in block.statements} == {kind}


def test_lines_count_from_one_and_binary_data_have_none() -> None:
    lines = WHOLE.replace("'", "'\n").replace("?'\n", "?'").encode()
    assert [one.line for one in rows(explain(lines))] == list(range(1, 8))
    table = b"nombre,documento\nMarisol,1\nMarisol\n"
    assert {block.line for block in explain(table, name="a.csv").blocks} == {2, 3}
    assert rows(explain(WHOLE.encode() + b"\0"))[1].line == 0


def test_a_machine_readable_zone_gives_a_traveller() -> None:
    zone = (
        b"P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\n"
        b"L898902C36UTO7408122F1204159ZE184226B<<<<<10\n"
    )
    found = explain(zone)
    assert (found.format, found.statements, found.messages) == ("mrz", 1, 1)


# -- limits ---------------------------------------------------------------------------------------


def many(count: int, bad: int) -> bytes:
    """A message of so many free texts; the one at an index is broken."""
    texts = ["FTX+AAA+++SEAWEED'"] * count
    texts[bad] = "FTX++++SEAWEED'"
    return (HEAD + f"UNH+1+CUSCAR:D:96A:UN'{''.join(texts)}UNT+{count + 2}+1'UNZ+1+77'").encode()


def test_the_segments_shown_are_bounded_and_a_broken_one_is_always_among_them() -> None:
    found = explain(many(500, 444), rows=100)
    assert (found.segments, found.shown, len(rows(found))) == (504, 100, 100)
    broken = told(found, "edifact.element.missing")
    place = next(one for one in rows(found) if one.row == broken.row)
    assert place.number == 446 and numbers_in(place) == [broken.number]
    hidden = sum(one.skipped for one in rows(found)) + sum(one.skipped for one in found.blocks)
    assert hidden == 404
    assert place.skipped > 300


def test_two_thousand_segments_are_shown_unless_told_otherwise() -> None:
    found = explain(many(3_000, 0))
    assert (found.segments, found.shown) == (3_004, 2_000)


def test_components_shown_are_bounded_in_a_segment_and_in_all() -> None:
    wide = "NAD" + "+X:X:X:X" * 4_000 + "'"
    found = explain((HEAD + "UNH+1+CUSCAR:D:96A:UN'" + wide * 400).encode())
    shown = [len(values(one)) for one in rows(found)]
    assert max(shown) < 500 and sum(shown) < 3 * COMPONENTS
    assert {one.cut for one in rows(found) if one.tag == "NAD"} == {True}
    assert found.shown < found.segments


def test_the_most_severe_defects_are_listed_and_all_are_counted() -> None:
    data = HEAD + "".join(BODY.replace("CUSCAR:D:96A", "CUSCAR:D:95B") for _ in range(20))
    found = explain((data + "UNT'UNZ+1+77'").encode(), defects=25)
    assert sum(found.counts.values()) == len(found.told) + found.unlisted > 25
    assert len(found.told) == 25
    listed = Counter(str(one.defect.severity) for one in found.told)
    assert listed["warning"] == min(25, found.counts["warning"])
    assert [one.defect.offset for one in found.told] == sorted(o.defect.offset for o in found.told)
    assert [one.number for one in found.told] == list(range(1, 26))


def test_defects_below_the_severity_asked_for_are_counted_and_not_shown() -> None:
    data = WHOLE.replace("NAD+CZ", "NAD+").encode()
    found = explain(data, least=Severity.ERROR)
    assert {one.defect.severity for one in found.told} == {Severity.ERROR}
    assert found.counts["warning"] > 0 and found.unlisted == 0
    assert numbers_in(row(found, "EQD")) == []


def test_a_limit_ends_the_reading_and_keeps_what_came_before() -> None:
    found = explain((HEAD + BODY * 3).encode(), limits=Limits(messages=2))
    assert found.messages == 2
    limit = told(found, "file.limit")
    assert limit.defect.severity is Severity.FATAL
    assert "more than the limit of 2 messages" in limit.defect.reason


def test_packed_data_are_unpacked_within_the_limits() -> None:
    assert explain(gzip.compress(WHOLE.encode()), name="a.edi.gz").messages == 1
    bomb = gzip.compress(b"UNB+" + b" " * 40_000_000)
    with pytest.raises(LimitError):
        explain(bomb, limits=Limits(archive_bytes=1_000_000))
    with pytest.raises(LimitError, match="more than 1,000 bytes"):
        explain(gzip.compress(WHOLE.encode() * 10), limits=Limits(file_bytes=1_000))
    with pytest.raises(FormatError, match="end early"):
        explain(gzip.compress(WHOLE.encode())[:-12])


@pytest.mark.parametrize("data", [b"", b"%PDF-1.7", b"only a sentence", b"\x00\x01\x02" * 99])
def test_what_no_reader_recognises_is_refused(data: bytes) -> None:
    with pytest.raises(UnknownFormat):
        explain(data)


# -- damage ---------------------------------------------------------------------------------------

_SEED = (SAMPLES / "manifest-damaged.edi").read_bytes()[:1_386] + b"UNZ+1+NR0412D'"


@given(st.data())
@settings(max_examples=150)
def test_no_damage_makes_it_fail_or_lose_a_defect(data: st.DataObject) -> None:
    """Bytes cut out, doubled or changed anywhere behind the first sign of what it is."""
    at = data.draw(st.integers(5, len(_SEED)))
    until = data.draw(st.integers(at, min(len(_SEED), at + 80)))
    put = data.draw(st.sampled_from([b"", _SEED[at:until] * 2, b"'", b"+", b"UNH+", b"\xff\x00"]))
    found = explain(_SEED[:at] + put + _SEED[until:], name="seed.edi")
    placed = [(number, one.row) for one in rows(found) for number in numbers_in(one)]
    assert sorted(placed) == [(one.number, one.row) for one in found.told if one.row]
    assert len(found.told) + found.unlisted == sum(found.counts.values())


@given(st.binary(max_size=200))
@settings(max_examples=100)
def test_any_bytes_behind_a_header_are_explained(rest: bytes) -> None:
    found = explain(HEAD.encode() + b"UNH+1+CUSCAR:D:96A:UN'" + rest)
    assert found.format == "edifact"
