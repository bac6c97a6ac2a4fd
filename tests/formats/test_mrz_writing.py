"""Writing a zone: what is written reads back, names are cut by rule, nothing else is bent."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from test_mrz_samples import CHARACTERS, SPECIMENS, TD3, zone_fields

from esclusa.codes import icao9303
from esclusa.errors import FormatError
from esclusa.formats import mrz
from esclusa.formats.mrz import Fields, Kind, Zone
from esclusa.formats.mrz.layout import LAYOUTS
from esclusa.formats.mrz.names import name_field

PASSPORT = mrz.read(TD3).fields
BENNELONG = ("BENNELONG WOOLOOMOOLOO WARRANDYTE WARNAMBOOL", "DINGO POTOROO")


@given(zone_fields())
def test_what_is_written_reads_back_as_it_was(fields: Fields) -> None:
    lines = mrz.write(fields)
    layout = LAYOUTS[fields.kind]
    assert [len(line) for line in lines] == [layout.width] * layout.count
    zone = mrz.read("\n".join(lines))
    assert zone.fields == fields
    assert zone.valid
    assert zone.defects == ()


@given(zone_fields())
def test_what_was_read_is_written_back_byte_for_byte(fields: Fields) -> None:
    zone = mrz.read("\n".join(mrz.write(fields)))
    assert mrz.write(zone.fields) == zone.lines


@pytest.mark.parametrize("kind", Kind)
def test_the_specimens_are_written_as_doc_9303_prints_them(kind: Kind) -> None:
    assert mrz.write(mrz.read("\n".join(SPECIMENS[kind])).fields) == SPECIMENS[kind]


def value_of(char: str) -> int:
    return int(icao9303.check_digit("<<" + char))


def checked_places(zone: Zone) -> set[tuple[int, int]]:
    """Line and place, from 0, of all that a check digit covers, the digits themselves included."""
    layout = LAYOUTS[zone.fields.kind]
    spans = (layout.number, layout.birth, layout.expiry, *layout.composite)
    places = {(span.line, at) for span in spans for at in range(span.start, span.end)}
    return places | {(check.line - 1, check.position - 1) for check in zone.checks}


@settings(max_examples=500)
@given(zone_fields(), st.data())
def test_any_changed_character_is_told_or_changes_nothing_that_is_checked(
    fields: Fields, data: st.DataObject
) -> None:
    """But for the limit of §4.9: characters whose values differ by ten look the same to the digit."""
    before = mrz.read("\n".join(mrz.write(fields)))
    line = data.draw(st.integers(0, len(before.lines) - 1))
    at = data.draw(st.integers(0, len(before.lines[0]) - 1))
    char = data.draw(st.sampled_from(CHARACTERS))
    was = before.lines[line][at]
    rows = list(before.lines)
    rows[line] = rows[line][:at] + char + rows[line][at + 1 :]
    after = mrz.attempt("\n".join(rows))
    if not isinstance(after, Zone) or after.defects or not after.valid:
        return
    if (line, at) in checked_places(before):
        assert value_of(char) == value_of(was)
        return
    assert [check.value for check in after.checks] == [check.value for check in before.checks]


@settings(max_examples=300)
@given(zone_fields(), st.data())
def test_any_changed_digit_of_a_number_or_date_is_told(fields: Fields, data: st.DataObject) -> None:
    before = mrz.read("\n".join(mrz.write(fields)))
    places = sorted(
        place for place in checked_places(before) if before.lines[place[0]][place[1]].isdigit()
    )
    line, at = data.draw(st.sampled_from(places))
    char = data.draw(st.sampled_from("0123456789"))
    rows = list(before.lines)
    rows[line] = rows[line][:at] + char + rows[line][at + 1 :]
    assert mrz.read("\n".join(rows)).valid == (char == before.lines[line][at])


@pytest.mark.parametrize(
    ("surname", "given_names", "width", "field"),
    [
        ("NILAVADHANANANDA", "CHAYAPA DEJTHAMRONG KRASUANG", 39, "NILAVADHANANANDA<<CHAYAPA<DEJTHAMRONG<K"),
        ("NILAVADHANANANDA", "ARNPOL PETCH CHARONGUANG", 39, "NILAVADHANANANDA<<ARNPOL<PETCH<CHARONGU"),
        ("PAPANDROPOULOUS", "JONATHON WARREN TREVOR", 39, "PAPANDROPOULOUS<<JONATHON<WARREN<TREVOR"),
        ("PAPANDROPOULOUS", "JONATHON ALEC", 30, "PAPANDROPOULOUS<<JONATHON<ALEC"),
        ("PAPANDROPOULOUS", "JONATHOON ALEC", 31, "PAPANDROPOULOUS<<JONATHOON<ALEC"),
        ("VILARCHAO FERNANDEZ", "JOSE RAMON", 30, "VILARCHAO<FERNANDEZ<<JOSE<RAMO"),
        ("SMITH JONES", "SUSIE MARGARET", 39, "SMITH<JONES<<SUSIE<MARGARET<<<<<<<<<<<<"),
        ("ARKFREITH", "", 30, "ARKFREITH<<<<<<<<<<<<<<<<<<<<<"),
    ],
)  # fmt: skip
def test_section_4_2_3_the_examples_of_parts_4_to_7(
    surname: str, given_names: str, width: int, field: str
) -> None:
    assert name_field(surname, given_names, width) == field


@pytest.mark.parametrize("width", [30, 31, 39])
def test_a_primary_identifier_gives_room_for_the_secondary(width: int) -> None:
    field = name_field(*BENNELONG, width)
    primary, _, secondary = field.partition("<<")
    assert len(field) == width
    assert secondary == "D"
    assert [part[0] for part in primary.split("<")] == ["B", "W", "W", "W"]


WORDS = st.lists(
    st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ", min_size=2, max_size=20), min_size=1, max_size=6
).map(" ".join)


@given(WORDS, st.one_of(st.just(""), WORDS), st.sampled_from([30, 31, 39]))
def test_a_name_that_does_not_fit_ends_in_a_letter_and_shows_both_identifiers(
    surname: str, given_names: str, width: int
) -> None:
    field = name_field(surname, given_names, width)
    whole = f"{surname}  {given_names}".strip().replace(" ", "<")
    assert len(field) == width
    assert "<<<" not in field.rstrip("<")
    assert ("<<" in field.rstrip("<")) == bool(given_names)
    if len(whole) <= width:
        assert field == whole.ljust(width, "<")
    else:
        assert field[-1].isalpha()


def test_a_cut_name_is_flagged_when_read() -> None:
    zone = mrz.read(
        "\n".join(mrz.write(replace(PASSPORT, surname=BENNELONG[0], given_names=BENNELONG[1])))
    )
    assert zone.names_truncated
    assert zone.defects == ()


def test_a_name_of_single_letters_that_cannot_end_in_a_letter_is_refused() -> None:
    with pytest.raises(FormatError, match="letter in the last place"):
        name_field("A B C D E F G H I J K L M N O P", "", 30)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"document_code": "I"}, "document code TD3 begins with P"),
        ({"document_code": ""}, "document code '' is not one or two letters"),
        ({"issuer": "P4N"}, "issuer 'P4N' is not a code"),
        ({"surname": "Núñez"}, "surname 'Núñez' is not letters A to Z"),
        ({"surname": "A  B"}, "surname 'A  B' is not letters A to Z"),
        ({"document_number": "L898902C36"}, "document number has 10 characters, TD3 has 9"),
        ({"document_number": "ab"}, "document number 'ab' is not letters A to Z"),
        ({"birth_date": "741312"}, "birth date has month 13"),
        ({"expiry_date": "12041"}, "expiry date is not six digits YYMMDD"),
        ({"sex": "X"}, "sex 'X' is not M, F or empty"),
        ({"optional": "A" * 15}, "optional takes 15 characters, TD3 has 14"),
        ({"optional": "A<"}, "optional 'A<' is not letters A to Z"),
        ({"optional_2": "A"}, "optional 2 has 1 characters, expected 0"),
        ({"empty_check": "0"}, "empty check stands only for an empty personal number"),
        ({"surname": "A" * 5000}, "surname 'AAAAAAAAAAAAAAAAAAAAAAA…' is not letters"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused_by_name(change: dict[str, str], sentence: str) -> None:
    with pytest.raises(FormatError) as caught:
        mrz.write(replace(PASSPORT, **change))
    assert sentence in str(caught.value)


def test_a_long_number_that_leaves_no_filler_behind_its_digit_is_refused() -> None:
    card = replace(mrz.read("\n".join(SPECIMENS[Kind.TD1])).fields, document_number="D" * 22)
    assert mrz.read("\n".join(mrz.write(card))).fields == card
    with pytest.raises(FormatError, match="at most 22 fit"):
        mrz.write(replace(card, document_number="D" * 23))
    with pytest.raises(FormatError, match="filler at or behind"):
        mrz.write(replace(card, document_number="D2314589<<7"))


@given(st.text(max_size=30), st.text(max_size=30), st.text(max_size=12), st.text(max_size=8))
def test_no_text_brings_the_writer_down(
    surname: str, given_names: str, number: str, date: str
) -> None:
    wild = replace(
        PASSPORT, surname=surname, given_names=given_names, document_number=number, birth_date=date
    )
    try:
        assert mrz.read("\n".join(mrz.write(wild))).fields == wild
    except FormatError as error:
        assert error.reason
