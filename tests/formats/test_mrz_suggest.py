"""Look-alikes are suggested; no reader applies them."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from test_mrz_samples import SPECIMENS, TD3, zone_fields

from esclusa.formats import mrz
from esclusa.formats.mrz import Fields, Kind, Suggestion, suggest
from esclusa.formats.mrz.lookalikes import DIGIT_FOR, LETTER_FOR


def misread(text: str, line: int, position: int, char: str) -> mrz.Zone:
    rows = text.split("\n")
    rows[line - 1] = rows[line - 1][: position - 1] + char + rows[line - 1][position:]
    return mrz.read("\n".join(rows))


def test_a_letter_in_a_date_and_a_digit_in_a_name_are_plain() -> None:
    assert suggest(misread(TD3, 2, 15, "A")) == ()
    assert suggest(misread(TD3, 2, 18, "I")) == (
        Suggestion(2, 18, "I", "1", "a digit stands here", True),
    )
    assert suggest(misread(TD3, 1, 9, "1")) == (
        Suggestion(1, 9, "1", "I", "a letter stands here", True),
    )


def test_a_check_digit_read_as_a_letter_is_plain() -> None:
    assert suggest(misread(TD3, 2, 44, "O")) == (
        Suggestion(2, 44, "O", "0", "a digit stands here", True),
    )


def test_in_a_number_a_change_is_suggested_that_makes_its_digit_right() -> None:
    zone = misread(TD3, 2, 6, "O")
    assert zone.fields.document_number == "L8989O2C3"
    reason = "makes the check digit of the document number right"
    assert suggest(zone) == (Suggestion(2, 6, "O", "0", reason, True),)


def test_the_composite_digit_says_when_it_does_not_agree() -> None:
    zone = misread("\n".join(misread(TD3, 2, 6, "O").lines), 2, 44, "3")
    assert [(one.position, one.agrees) for one in suggest(zone)] == [(6, False)]


def test_a_long_number_is_told_at_its_place_in_the_optional_data() -> None:
    fields = mrz.Fields(
        kind=Kind.TD1, document_code="I", issuer="UTO", surname="ALTAMIRA", nationality="UTO",
        document_number="D231458907S4", birth_date="740812", expiry_date="120415",
    )  # fmt: skip
    zone = misread("\n".join(mrz.write(fields)), 1, 17, "5")
    assert zone.fields.document_number == "D23145890754"
    assert Suggestion(
        1, 17, "5", "S", "makes the check digit of the document number right", True
    ) in suggest(zone)


def test_a_clean_zone_has_no_suggestion() -> None:
    for lines in SPECIMENS.values():
        assert suggest(mrz.read("\n".join(lines))) == ()


@given(zone_fields(), st.data())
def test_a_look_alike_where_only_one_class_may_stand_is_always_found(
    fields: Fields, data: st.DataObject
) -> None:
    """And the zone itself stays as it was read."""
    lines = mrz.write(fields)
    text = "\n".join(lines)
    clean = mrz.read(text)
    before = {
        (one.line - 1, one.position - 1)
        for one in clean.checks if one.given in LETTER_FOR
    }  # fmt: skip
    if not before:
        return
    line, at = data.draw(st.sampled_from(sorted(before)))
    digit = lines[line][at]
    letter = data.draw(
        st.sampled_from([char for char, plain in DIGIT_FOR.items() if plain == digit])
    )
    zone = misread(text, line + 1, at + 1, letter)
    assert zone.lines[line][at] == letter
    assert (line + 1, at + 1, letter, digit) in [
        (one.line, one.position, one.found, one.proposed) for one in suggest(zone)
    ]
