"""Check digits by their standards: published vectors, what they guarantee, and what they do not."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from esclusa.codes import batch, icao9303, imo, iso6346, mmsi, schemes
from esclusa.codes.text import compact

DIGITS = "0123456789"
UPPER = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"

MODULES = [iso6346, imo, mmsi, icao9303]

bases = st.builds(
    "".join,
    st.tuples(
        st.text(UPPER, min_size=3, max_size=3),
        st.sampled_from("UJZ"),
        st.text(DIGITS, min_size=6, max_size=6),
    ),
)
ships = st.builds(
    "".join, st.tuples(st.sampled_from("123456789"), st.text(DIGITS, min_size=5, max_size=5))
)
fields = st.text(DIGITS + UPPER + "<", max_size=44)


def swapped(text: str, place: int, char: str) -> str:
    return text[:place] + char + text[place + 1 :]


class TestHowNumbersAreWrittenDown:
    @given(st.text() | st.text(DIGITS + UPPER + "abcß²٣ -./_\u00a0\u2007\u202f\u2010\u2011\u2013"))
    def test_compact_is_upper_case_without_blanks_and_separators(self, text):
        dropped = " \t\r\n\v\f\u00a0\u2007\u202f-\u2010\u2011\u2013./_"
        assert compact(text) == "".join(char for char in text.upper() if char not in dropped)


class TestEveryIdentifierType:
    @pytest.mark.parametrize("module", MODULES)
    @given(text=st.text())
    def test_no_text_makes_it_raise_and_verdict_agrees_with_reason(self, module, text):
        assert module.is_valid(text) == (module.fault(text) == "")

    @pytest.mark.parametrize("module", MODULES)
    @given(text=st.text())
    def test_normal_form_is_final_and_has_the_same_verdict(self, module, text):
        normal = module.normalise(text)
        assert module.normalise(normal) == normal
        assert module.is_valid(normal) == module.is_valid(text)

    @pytest.mark.parametrize("module", MODULES)
    def test_labels_exist_in_both_languages_with_the_standard(self, module):
        assert module.LABEL_EN and module.LABEL_ES and module.STANDARD

    @pytest.mark.parametrize("module", MODULES)
    @given(text=st.text(min_size=200))
    def test_a_reason_never_repeats_a_long_text(self, module, text):
        assert len(module.fault(text)) < 400

    @pytest.mark.parametrize(("scheme", "word"), [("imo", "IMO"), ("mmsi", "MMSI"), ("undg", "UN")])
    def test_a_megabyte_of_prefixes_is_taken_off_in_one_pass(self, scheme, word):
        assert schemes.normalise(scheme, word * 300_000 + "1203") == "1203"


class TestContainerNumberIso6346:
    @pytest.mark.parametrize(
        "number",
        ["CSQU3054383", "TOLU4734787", "TEXU3070079", "HLXU2008419", "ZEPU0037255"],
    )
    def test_published_numbers_are_valid(self, number):
        assert iso6346.is_valid(number)

    def test_worked_example(self):
        assert iso6346.check_digit("ZEPU003725") == "5"

    @given(st.text(max_size=13) | bases.map(lambda base: base + iso6346.check_digit(base)))
    def test_an_exact_number_is_a_valid_one_without_anything_to_take_off(self, text):
        exact = iso6346.is_valid(text) and iso6346.normalise(text) == text
        assert iso6346.is_exact(text) == exact

    @pytest.mark.parametrize(
        "text", ["csqu3054383", "CSQU305438-3", "CSQU3054384", "CSQU30543833", ""]
    )
    def test_a_number_in_another_writing_or_a_wrong_one_is_not_exact(self, text):
        assert not iso6346.is_exact(text)
        assert iso6346.is_exact("CSQU3054383")

    def test_owners_beyond_those_that_are_remembered_are_checked_as_well(self, monkeypatch):
        monkeypatch.setattr(iso6346, "_PREFIX", {"TOLU": iso6346._PREFIX.get("TOLU", 0)})
        monkeypatch.setattr(iso6346, "_PREFIXES", 1)
        assert iso6346.is_exact("CSQU3054383")
        assert not iso6346.is_exact("CSQU3054384")
        assert list(iso6346._PREFIX) == ["TOLU"]

    def test_an_owner_that_another_thread_meets_meanwhile_changes_nothing(self, monkeypatch):
        class Meanwhile(dict):
            def __missing__(self, owner):
                self[owner] = sums[owner]
                raise KeyError(owner)

        assert iso6346.is_exact("CSQU3054383")
        sums = {"CSQU": iso6346._PREFIX.get("CSQU", 28 + 58 + 120 + 256)}
        monkeypatch.setattr(iso6346, "_PREFIX", Meanwhile())
        assert iso6346.is_exact("CSQU3054383")
        assert "CSQU" in iso6346._PREFIX

    def test_letters_skip_the_multiples_of_eleven(self):
        assert (iso6346.LETTERS["A"], iso6346.LETTERS["B"]) == (10, 12)
        assert (iso6346.LETTERS["K"], iso6346.LETTERS["L"]) == (21, 23)
        assert (iso6346.LETTERS["U"], iso6346.LETTERS["V"], iso6346.LETTERS["Z"]) == (32, 34, 38)

    def test_remainder_ten_is_written_zero(self):
        base = "MARU000002"
        values = [iso6346.LETTERS.get(char) or int(char) for char in base[:4]]
        values += [int(char) for char in base[4:]]
        assert sum(value * 2**place for place, value in enumerate(values)) % 11 == 10
        assert iso6346.check_digit(base) == "0"
        assert iso6346.is_valid(base + "0")

    @given(bases)
    def test_one_check_digit_alone_is_valid(self, base):
        assert [d for d in DIGITS if iso6346.is_valid(base + d)] == [iso6346.check_digit(base)]

    @given(bases, st.integers(4, 9), st.sampled_from(DIGITS))
    def test_a_wrong_serial_digit_escapes_only_between_remainders_ten_and_zero(
        self, base, place, digit
    ):
        other = swapped(base, place, digit)
        remainders = {self.remainder(base), self.remainder(other)}
        if other != base and remainders != {0, 10}:
            assert not iso6346.is_valid(other + iso6346.check_digit(base))

    @staticmethod
    def remainder(base: str) -> int:
        """The sum of annex A written out longhand, as an independent check."""
        total = 0
        for place, char in enumerate(base):
            value = int(char) if char.isdigit() else ord(char) - 55 + (ord(char) - 56) // 10
            total += value * 2**place
        return total % 11

    @given(bases)
    def test_agrees_with_the_longhand_sum(self, base):
        assert iso6346.check_digit(base) == str(self.remainder(base) % 10)

    @given(bases, st.integers(0, 10), st.characters())
    def test_a_character_that_cannot_stand_in_its_place_is_refused(self, base, place, char):
        kinds = [UPPER] * 3 + ["UJZ"] + [DIGITS] * 7
        other = swapped(base + iso6346.check_digit(base), place, char)
        if len(compact(char)) == 1 and compact(char) not in kinds[place]:
            assert not iso6346.is_valid(other) and "form" in iso6346.fault(other)

    @pytest.mark.parametrize("text", ["csqu 305438-3", "CSQU/305438/3", " CSQU3054383\n"])
    def test_separators_and_case_are_accepted(self, text):
        assert iso6346.normalise(text) == "CSQU3054383"
        assert iso6346.is_valid(text)

    @pytest.mark.parametrize(
        "text", ["", "CSQU305438", "CSQA3054383", "CSQU30543830", "CSQU305438３", "1SQU3054383"]
    )
    def test_other_forms_are_refused(self, text):
        assert "form" in iso6346.fault(text)

    def test_the_reason_names_found_and_expected_digit(self):
        assert iso6346.fault("CSQU3054384") == (
            "container number CSQU3054384 ends in 4, its check digit is 3 (ISO 6346)"
        )

    @pytest.mark.parametrize("text", ["", "CSQU", "123", "ÑSQU305438"])
    def test_no_check_digit_for_what_has_no_form(self, text):
        assert iso6346.check_digit(text) == ""


class TestShipNumberImoA1117:
    def test_worked_example(self):
        assert imo.check_digit("907472") == "9"
        assert imo.is_valid("IMO 9074729")

    @pytest.mark.parametrize("number", ["9074729", "9319466", "8814275", "9811000"])
    def test_published_numbers_are_valid(self, number):
        assert imo.is_valid(number)

    @given(ships)
    def test_one_check_digit_alone_is_valid(self, base):
        assert [d for d in DIGITS if imo.is_valid(base + d)] == [imo.check_digit(base)]

    @given(st.text(DIGITS, min_size=6, max_size=6))
    def test_agrees_with_the_longhand_sum(self, base):
        total = sum(
            int(digit) * weight for digit, weight in zip(base, range(7, 1, -1), strict=True)
        )
        assert imo.check_digit(base) == str(total)[-1]

    @given(ships, st.integers(0, 6), st.characters())
    def test_a_character_that_is_no_digit_is_refused(self, base, place, char):
        other = swapped(base + imo.check_digit(base), place, char)
        if len(compact(char)) == 1 and char not in DIGITS + ":#":
            assert not imo.is_valid(other) and "seven digits" in imo.fault(other)

    @given(ships, st.sampled_from([0, 4]), st.sampled_from(DIGITS))
    def test_a_wrong_first_or_fifth_digit_is_always_noticed(self, base, place, digit):
        other = swapped(base, place, digit)
        if other != base:
            assert not imo.is_valid(other + imo.check_digit(base))

    def test_a_wrong_second_digit_may_escape_as_weight_six_shares_a_factor_with_ten(self):
        assert imo.is_valid("9074729") and imo.is_valid("9574729")

    @pytest.mark.parametrize("text", ["0000000", "", "IMO", "907472", "90747290", "９０７４７２９"])
    def test_other_forms_are_refused(self, text):
        assert not imo.is_valid(text)

    @pytest.mark.parametrize(
        "text", ["IMO9074729", "imo no. 9074729", "IMO NR: 9074729", "#9074729"]
    )
    def test_words_before_the_number_are_taken_off(self, text):
        assert imo.normalise(text) == "9074729"

    def test_the_reason_names_found_and_expected_digit(self):
        assert "ends in 8, its check digit is 9" in imo.fault("9074728")


class TestMmsiItuM585:
    @pytest.mark.parametrize(
        ("number", "kind", "mid", "flag"),
        [
            ("351759000", "ship", "351", "PA"),
            ("636015000", "ship", "636", "LR"),
            ("035100000", "group", "351", "PA"),
            ("002241076", "coast", "224", "ES"),
            ("009990000", "coast", "", ""),
            ("111232501", "sar_aircraft", "232", "GB"),
            ("993671234", "aton", "367", "US"),
            ("983380001", "craft", "338", "US"),
            ("835112345", "handheld", "351", "PA"),
            ("970010001", "sart", "", ""),
            ("972123456", "mob", "", ""),
            ("974123456", "epirb", "", ""),
            ("979123456", "amrd", "", ""),
        ],
    )
    def test_each_form_with_its_country_digits(self, number, kind, mid, flag):
        assert (mmsi.kind(number), mmsi.mid_of(number), mmsi.flag(number)) == (kind, mid, flag)
        assert mmsi.is_valid(number)

    @pytest.mark.parametrize("number", ["123456789", "112351001", "900000000", "971000000"])
    def test_a_leading_group_that_is_not_assigned_has_no_form(self, number):
        assert mmsi.form(number) is None
        assert not mmsi.is_valid(number)

    def test_an_unallocated_mid_is_a_fault_but_the_form_is_known(self):
        assert mmsi.kind("299000000") == "ship"
        assert "299" in mmsi.fault("299000000")

    @pytest.mark.parametrize("text", ["", "35175900", "3517590000", "35175900A", "٣٥١٧٥٩٠٠٠"])
    def test_nine_ascii_digits_are_required(self, text):
        assert not mmsi.is_valid(text)

    def test_every_form_has_a_title_in_both_languages(self):
        assert all(form.title_en and form.title_es for form in mmsi.FORMS)

    @given(st.text(DIGITS, min_size=9, max_size=9))
    def test_the_longest_prefix_decides(self, number):
        found = mmsi.form(number)
        fitting = [form.prefix for form in mmsi.FORMS if number.startswith(form.prefix)]
        if number != mmsi.ALL_COAST:
            assert (found.prefix if found else "") == max(fitting, key=len, default="")


class TestTravelDocumentIcao9303:
    @pytest.mark.parametrize(
        ("field", "digit"),
        [
            ("L898902C3", "6"),
            ("740812", "2"),
            ("120415", "9"),
            ("ZE184226B<<<<<", "1"),
("L898902C36" + "7408122" + "1204159" + "ZE184226B<<<<<1", "0"),
            ("D23145890", "7"),
            ("520727", "3"),
            ("", "0"),
        ],
    )  # fmt: skip
    def test_specimens_of_parts_3_to_5(self, field, digit):
        assert icao9303.check_digit(field) == digit
        assert icao9303.field_matches(field, digit)

    @given(fields, st.integers(0, 43), st.sampled_from(DIGITS))
    def test_a_wrong_digit_for_a_digit_is_always_noticed(self, field, place, digit):
        if place < len(field) and field[place] in DIGITS and field[place] != digit:
            other = swapped(field, place, digit)
            assert icao9303.check_digit(other) != icao9303.check_digit(field)

    @given(fields)
    def test_agrees_with_the_longhand_sum(self, field):
        values = [0 if char == "<" else int(char, 36) for char in field]
        total = sum(value * (7, 3, 1)[place % 3] for place, value in enumerate(values))
        assert icao9303.check_digit(field) == str(total % 10)

    @given(fields.filter(bool))
    def test_a_field_is_valid_with_its_digit_alone_at_its_end(self, field):
        right = [char for char in DIGITS + UPPER + "<" if icao9303.is_valid(field + char)]
        assert right == [icao9303.check_digit(field)]

    @pytest.mark.parametrize("text", ["", "0", "<", "7"])
    def test_a_digit_without_a_field_is_refused(self, text):
        assert not icao9303.is_valid(text)

    def test_the_longest_field_has_90_characters(self):
        assert icao9303.is_valid("<" * 90 + "0")
        assert not icao9303.is_valid("<" * 91 + "0")

    @pytest.mark.parametrize("text", ["Ñ0", "L898902\ud800C36", "L898902٣C36", "L898902C3²"])
    def test_what_the_zone_cannot_hold_is_refused(self, text):
        assert not icao9303.is_valid(text) and "letters, digits" in icao9303.fault(text)

    def test_lower_case_and_blanks_are_accepted(self):
        assert icao9303.is_valid(" l898902c36") and icao9303.is_valid("ze184226b     1")

    def test_a_letter_read_as_a_digit_ten_apart_escapes(self):
        assert icao9303.check_digit("A12") == icao9303.check_digit("012")

    @given(fields)
    def test_a_field_with_its_digit_is_valid_and_with_another_is_not(self, field):
        good = icao9303.check_digit(field)
        assert [d for d in DIGITS if icao9303.field_matches(field, d)] == [good]

    @pytest.mark.parametrize("field", ["Ñ12", "a.b", "1" * 91, "12\n3"])
    def test_what_the_zone_cannot_hold_has_no_check_digit(self, field):
        assert icao9303.check_digit(field) == ""
        assert not icao9303.field_matches(field, "0")

    def test_blanks_and_hyphens_are_fillers(self):
        assert icao9303.normalise(" ab-12 c ") == "AB<12<C"

    def test_an_empty_optional_field_may_carry_a_filler_for_its_digit(self):
        assert icao9303.field_matches("<" * 14, "<", optional=True)
        assert icao9303.field_matches("<" * 14, "0", optional=True)
        assert not icao9303.field_matches("<" * 14, "<")
        assert not icao9303.field_matches("A<<<<<", "<", optional=True)

    def test_a_document_number_of_nine_places(self):
        found = icao9303.document_number("L898902C<", "3", "<" * 15)
        assert found == ("L898902C", "3", True)

    def test_part_5_note_j_a_longer_document_number_goes_on_in_the_optional_data(self):
        found = icao9303.document_number("D23145890", "<", "7349<<<<<<<<<<<")
        assert found == ("D23145890734", "9", True)

    def test_part_5_note_j_a_damaged_long_number_is_noticed(self):
        assert icao9303.document_number("D23145890", "<", "7348<<<<<<<<<<<")[2] is False
        assert icao9303.document_number("D23145890", "<", "<" * 15)[2] is False


class TestColumnsAtOnce:
    @given(
        st.lists(st.one_of(bases.map(lambda b: b + iso6346.check_digit(b)), st.text(max_size=13)))
    )
    def test_container_verdicts_equal_those_one_by_one(self, values):
        normal = [iso6346.normalise(value) for value in values]
        expected = [iso6346.is_valid(value) for value in normal]
        assert batch.iso6346(normal).tolist() == expected

    @given(st.lists(st.one_of(ships.map(lambda b: b + imo.check_digit(b)), st.text(max_size=9))))
    def test_ship_verdicts_equal_those_one_by_one(self, values):
        normal = [imo.normalise(value) for value in values]
        assert batch.imo(normal).tolist() == [imo.is_valid(value) for value in normal]

    def test_a_trailing_nul_is_not_padding(self):
        assert batch.iso6346(["CSQU3054383\0", "CSQU3054383"]).tolist() == [False, True]

    def test_no_values_give_no_verdicts(self):
        assert batch.imo([]).shape == (0,) and batch.imo([]).dtype == np.bool_


class TestSchemeWords:
    def test_a_verdict_by_the_word_of_the_model(self):
        assert schemes.check("imo", "9074729") is True
        assert schemes.check("iso6346", "CSQU3054384") is False
        assert schemes.check("mmsi", "351759000") is True

    def test_no_rule_gives_no_verdict(self):
        assert schemes.check("passport", "L898902C3") is None
        assert schemes.fault("passport", "L898902C3") == ""
        assert schemes.normalise("passport", " L89 ") == "L89"

    @pytest.mark.parametrize("scheme", sorted(schemes.TYPES))
    @given(text=st.text())
    def test_every_scheme_answers_any_text(self, scheme, text):
        assert schemes.check(scheme, text) == (schemes.fault(scheme, text) == "")
        normal = schemes.normalise(scheme, text)
        assert schemes.normalise(scheme, normal) == normal
