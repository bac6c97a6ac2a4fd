"""Reading a machine readable zone: ICAO Doc 9303 parts 3 to 7."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from msgspec.structs import replace
from test_mrz_samples import SPECIMENS, TD3

from esclusa.errors import FormatError
from esclusa.formats import mrz
from esclusa.formats.mrz import Kind, Verdict, Zone
from esclusa.formats.mrz.dates import birth, date_fault, expiry, short
from esclusa.model import Defect, Severity

LINES = SPECIMENS[Kind.TD3]


def card(first: str, second: str = "7408122F1204159UTO<<<<<<<<<<<") -> Zone:
    """A TD1 card with these lines and whatever composite digit they need."""
    for digit in "0123456789":
        zone = mrz.read(
            "\n".join((first.ljust(30, "<"), second + digit, "ERIKSSON<<ANNA<MARIA<<<<<<<<<<"))
        )
        composite = zone.check("composite")
        if composite is not None and composite.verdict is Verdict.VALID:
            return zone
    raise AssertionError("no digit fits")


def passport(at: int, text: str, line: int = 1) -> Zone:
    """The specimen passport with other characters from position ``at`` (from 1)."""
    rows = list(LINES)
    rows[line] = rows[line][: at - 1] + text + rows[line][at - 1 + len(text) :]
    return mrz.read("\n".join(rows))


def fatal(source: str | bytes) -> Defect:
    found = mrz.attempt(source)
    assert isinstance(found, Defect)
    assert found.severity is Severity.FATAL
    return found


def codes(zone: Zone) -> list[str]:
    return [defect.code for defect in zone.defects]


# --- fields and verdicts ---------------------------------------------------------------------


def test_part_4_every_field_of_the_specimen_passport() -> None:
    fields = mrz.read(TD3).fields
    assert fields == mrz.Fields(
        kind=Kind.TD3, document_code="P", issuer="UTO", surname="ERIKSSON", given_names="ANNA MARIA",
        document_number="L898902C3", nationality="UTO", birth_date="740812", sex="F",
        expiry_date="120415", optional="ZE184226B",
    )  # fmt: skip


def test_each_check_names_value_digits_verdict_and_place() -> None:
    checks = passport(28, "8").checks
    assert [(c.field, c.verdict.value, c.line, c.position) for c in checks] == [
        ("document_number", "valid", 2, 10), ("birth_date", "valid", 2, 20),
        ("expiry_date", "wrong", 2, 28), ("personal_number", "valid", 2, 43),
        ("composite", "wrong", 2, 44),
    ]  # fmt: skip
    assert (checks[2].value, checks[2].given, checks[2].computed) == ("120415", "8", "9")


def test_part_7_visas_have_no_composite_digit() -> None:
    zone = mrz.read("\n".join(SPECIMENS[Kind.MRV_A]))
    assert zone.check("composite") is None
    assert zone.fields.optional == "6ZE184226B"


@pytest.mark.parametrize(
    ("given_digit", "verdict"), [("<", "not_given"), ("0", "valid"), ("4", "wrong")]
)
def test_part_4_the_digit_of_an_empty_personal_number_may_be_zero_or_filler(
    given_digit: str, verdict: str
) -> None:
    check = passport(29, "<" * 14 + given_digit).check("personal_number")
    assert check is not None
    assert check.verdict.value == verdict


def test_the_filler_is_no_defect_there_and_one_everywhere_else() -> None:
    fields = replace(mrz.read(TD3).fields, optional="", empty_check="<")
    empty = mrz.read("\n".join(mrz.write(fields)))
    assert (empty.valid, empty.defects) == (True, ())
    missing = passport(20, "<")
    assert not missing.valid
    assert "mrz.check.missing" in codes(missing)


def test_a_missing_digit_alone_makes_a_visa_invalid() -> None:
    first, second = SPECIMENS[Kind.MRV_B]
    zone = mrz.read(f"{first}\n{second[:19]}<{second[20:]}")
    assert [check.verdict.value for check in zone.checks] == ["valid", "not_given", "valid"]
    assert not zone.valid


def test_part_5_note_j_a_long_number_goes_on_in_the_optional_data() -> None:
    zone = card("I<UTOD23145890<7349<AB<1")
    assert zone.valid
    assert (zone.fields.document_number, zone.fields.optional) == ("D23145890734", "AB<1")
    check = zone.checks[0]
    assert (check.value, check.given, check.line, check.position) == ("D23145890734", "9", 1, 19)


def test_part_6_note_j_the_same_on_a_td2_card() -> None:
    fields = mrz.Fields(
        kind=Kind.TD2, document_code="I", issuer="UTO", surname="NORTHREACH", nationality="UTO",
        document_number="D23145890734", birth_date="740812", expiry_date="120415",
    )  # fmt: skip
    lines = mrz.write(fields)
    assert lines[1][:10] == "D23145890<"
    assert lines[1][28:35] == "7349<<<"
    assert mrz.read("\n".join(lines)).fields == fields


def test_a_short_number_without_its_digit_does_not_swallow_the_optional_data() -> None:
    zone = card("I<UTOD2314<<<<<7349")
    assert (zone.fields.document_number, zone.fields.optional) == ("D2314", "7349")
    assert zone.checks[0].verdict is Verdict.NOT_GIVEN


def test_a_long_number_that_counts_its_filler_is_wrong_and_the_defect_says_why() -> None:
    zone = card("IDBEL000590240<6013", "8512017F1311048BEL85120100200")
    assert zone.checks[0].verdict is Verdict.WRONG
    assert "filler inside the long number" in zone.defects[0].reason


def test_part_3_section_5_germany_is_d_and_specials_are_known() -> None:
    assert passport(3, "D<<", 0).fields.issuer == "D"
    for code in ("D<<", "GBD", "XXA", "XXB", "UNO", "EUE", "RKS", "XOM"):
        assert "mrz.nationality" not in codes(passport(11, code))
    for code in ("DDD", "<<<", "<D<", "PA<"):
        assert "mrz.nationality" in codes(passport(11, code))


def test_only_names_that_end_before_their_field_are_surely_whole() -> None:
    assert not mrz.read(TD3).names_truncated
    full = passport(6, "PAPANDROPOULOUS<<JONATHON<WARREN<TREVOR", 0)
    assert full.names_truncated
    assert full.fields.given_names == "JONATHON WARREN TREVOR"


@pytest.mark.parametrize(
    ("name", "surname", "given_names"),
    [
        ("VAN<DER<MUELLEN<<MARTIN", "VAN DER MUELLEN", "MARTIN"),
        ("SATRIYA<SUDARPA", "SATRIYA SUDARPA", ""),
        ("ARKFREITH", "ARKFREITH", ""),
    ],
)
def test_part_4_section_4_2_3_names(name: str, surname: str, given_names: str) -> None:
    zone = passport(6, name.ljust(39, "<"), 0)
    assert (zone.fields.surname, zone.fields.given_names, zone.defects) == (
        surname,
        given_names,
        (),
    )


def test_doubtful_values_are_told_by_line_and_position() -> None:
    zone = passport(14, "741312")
    defect = next(one for one in zone.defects if one.code == "mrz.birth_date")
    assert (defect.segment_no, defect.element, defect.offset, defect.length) == (
        2,
        "14-19",
        45 + 13,
        6,
    )
    assert "month 13" in defect.reason
    assert "mrz.sex" in codes(passport(21, "Q"))
    assert "mrz.expiry_date" in codes(passport(22, "<<<<<<0"))
    assert "mrz.name.digit" in codes(passport(9, "0", 0))
    assert "mrz.name.fillers" in codes(passport(6, "A<<B<<C<<<", 0))
    assert "mrz.document_code" in codes(passport(2, "7", 0))


def test_the_old_french_card_is_named_instead_of_misread_in_silence() -> None:
    zone = mrz.read("IDFRABERTHIER<<<<<<<<<<<<<<<<<<<<<<<\n9409923102854CORINNE<<<<<<<6512068F4")
    assert codes(zone)[-1] == "mrz.layout"


# --- dates -----------------------------------------------------------------------------------

DAY = dt.date(2026, 11, 26)


def test_a_birth_is_never_after_the_reference_date() -> None:
    assert birth("261126", DAY) == "2026-11-26"
    assert birth("261127", DAY) == "1926-11-27"
    assert birth("740812", DAY) == "1974-08-12"
    assert birth("740812", dt.date(2075, 1, 1)) == "2074-08-12"


def test_an_expiry_may_lie_thirty_years_ahead() -> None:
    assert expiry("560101", DAY) == "2056-01-01"
    assert expiry("570101", DAY) == "1957-01-01"
    assert expiry("991231", dt.date(1998, 1, 1)) == "1999-12-31"


@pytest.mark.parametrize(
    ("text", "iso"),
    [("7408<<", "1974-08"), ("74<<<<", "1974"), ("<<<<<<", ""), ("<<0812", ""), ("74<<12", "1974"), ("26<<<<", "2026"), ("2612<<", "1926-12"), ("2611<<", "2026-11")],
)  # fmt: skip
def test_part_3_section_4_8_unknown_parts_of_a_birth_stay_unknown(text: str, iso: str) -> None:
    assert birth(text, DAY) == iso
    assert date_fault(text, unknown_allowed=True) == ""


def test_a_day_that_does_not_exist_is_no_date() -> None:
    for text in ("740231", "740001", "741301", "740100", "7408AB", "740229"):
        assert date_fault(text, unknown_allowed=True)
        assert birth(text, DAY) == ""
    assert birth("000229", DAY) == "2000-02-29"
    assert birth("000229", dt.date(1999, 1, 1)) == ""


@given(st.dates(dt.date(1926, 11, 27), DAY))
def test_every_birth_of_the_last_hundred_years_comes_back(day: dt.date) -> None:
    assert birth(short(day.isoformat()), DAY) == day.isoformat()


@given(st.dates(dt.date(1957, 1, 1), dt.date(2056, 12, 31)))
def test_every_expiry_of_the_hundred_years_comes_back(day: dt.date) -> None:
    assert expiry(short(day.isoformat()), DAY) == day.isoformat()


# --- what people paste -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "code", "line", "element"),
    [
        ("\ufeff" + TD3, "mrz.mark", 1, "1"),
        (TD3.replace("\n", "\r\n"), "mrz.line_end", 1, "45"),
        (TD3.replace("\n", "\r"), "mrz.line_end", 1, "45"),
        (TD3.replace("ANNA", "anna"), "mrz.case", 1, "16"),
        (TD3.replace("<<<<10", "    10"), "mrz.blank", 2, "39"),
        ("  " + TD3, "mrz.blank", 1, "1"),
        (TD3.replace("ANNA", "AN NA"), "mrz.blank", 1, "18"),
        (TD3.replace("\n", ""), "mrz.joined", 1, "45"),
    ],
)
def test_what_can_be_understood_is_read_the_same_and_told(
    text: str, code: str, line: int, element: str
) -> None:
    zone = mrz.read(text)
    assert (zone.lines, zone.fields) == (LINES, mrz.read(TD3).fields)
    assert [(one.code, one.severity, one.segment_no, one.element) for one in zone.defects] == [
        (code, Severity.NOTE, line, element)
    ]


def test_a_line_end_at_the_end_and_empty_lines_are_no_defect() -> None:
    assert mrz.read(TD3 + "\n").defects == ()
    assert mrz.read("\n" + TD3.replace("\n", "\n\n") + "\n\n").defects == ()


def test_the_offset_counts_bytes_from_where_the_zone_begins() -> None:
    text = "\ufeff" + TD3.replace("740812", "741312").replace("\n", "\r\n")
    found = mrz.attempt(text.encode(), offset=1000)
    assert isinstance(found, Zone)
    defect = next(one for one in found.defects if one.code == "mrz.birth_date")
    assert text.encode()[defect.offset - 1000 :][:6] == b"741312"


@pytest.mark.parametrize(
    ("text", "code", "line", "element"),
    [
        ("", "mrz.lines", 1, ""),
        ("hello", "mrz.lines", 1, ""),
        (TD3 + "\nA\nB", "mrz.lines", 4, ""),
        (TD3[:-1], "mrz.length", 2, "44"),
        (TD3 + "<", "mrz.length", 2, "45"),
        (TD3.replace("ERIKSSON", "ERIKSSÖN"), "mrz.character", 1, "12"),
        (TD3.replace("ERIKSSON", "ERIKS-ON"), "mrz.character", 1, "11"),
        (TD3.replace("ERIKSSON", "ERIKS\x00ON"), "mrz.character", 1, "11"),
        (TD3.replace("P<", "X<"), "mrz.type", 1, "1"),
        ("A" * 2000, "mrz.size", 1, ""),
    ],
)  # fmt: skip
def test_what_is_no_zone_is_one_clear_error_with_its_position(
    text: str, code: str, line: int, element: str
) -> None:
    defect = fatal(text)
    assert (defect.code, defect.segment_no, defect.element) == (code, line, element)
    with pytest.raises(FormatError) as caught:
        mrz.read(text, file="gate.txt")
    assert caught.value.offset == defect.offset
    assert str(caught.value).startswith(f"gate.txt, byte {defect.offset}: line {line}")


def test_the_error_counts_blanks_and_bytes_as_they_were_sent() -> None:
    defect = fatal(("  " + TD3.replace("ERIKSSON", "ERIKSSÖN")).encode())
    assert (defect.element, defect.offset) == ("14", 13)
    broken = fatal(TD3.encode().replace(b"ERIKSSON", b"ERIKSS\xd6N"))
    assert (broken.code, broken.element, broken.offset) == ("mrz.character", "12", 11)


@given(st.one_of(st.text(), st.binary(), st.text("AP<0\n \r\ufeffé", max_size=100)))
@example("\ud800" + TD3)
@example("ß" * 44 + "\n" + "ß" * 44)
@example("٣" * 44 + "\n" + "٣" * 44)
@example("ﬁ" * 30 + "\nx\ny")
def test_no_text_and_no_bytes_bring_the_reader_down(source: str | bytes) -> None:
    found = mrz.attempt(source)
    assert isinstance(found, (Zone, Defect))


@given(st.integers(0, 88), st.characters())
def test_one_strange_character_anywhere_is_read_or_named(at: int, char: str) -> None:
    text = TD3[:at] + char + TD3[at + 1 :]
    found = mrz.attempt(text)
    if isinstance(found, Defect) and found.code == "mrz.character":
        assert found.offset == len(TD3[:at].encode())
