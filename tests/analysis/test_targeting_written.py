"""A rule as a person writes it: what is wrong stands at its place in the text."""

from __future__ import annotations

import datetime as dt

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from esclusa.analysis.targeting import load_pack
from esclusa.analysis.targeting.pack import DEFAULT
from esclusa.analysis.targeting.written import Mistake, blank, check_text

PACK = load_pack()
GOOD = (DEFAULT / "C06.toml").read_text().replace('id = "C06"', 'id = "N1"')
WHEN = "box_mass_gap > 0.1"


def changed(old: str, new: str) -> str:
    assert old in GOOD
    return GOOD.replace(old, new, 1)


def mistakes(text: str) -> tuple[Mistake, ...]:
    return check_text(text, PACK).mistakes


def pointed_at(text: str, mistake: Mistake) -> str:
    return text.split("\n")[mistake.line - 1][mistake.column - 1 :]


def test_a_good_rule_has_no_mistake_passes_its_tests_and_has_a_fingerprint() -> None:
    found = check_text(GOOD, PACK)
    assert (found.mistakes, found.failures) == ((), ())
    assert found.compiled is not None and found.compiled.rule.id == "N1"
    assert len(found.digest) == 32 and found.digest == check_text(GOOD, PACK).digest


@pytest.mark.parametrize(
    ("condition", "reason", "at"),
    [
        ("box_mas_gap > 0.1", "there is no field box_mas_gap; did you mean box_mass_gap?", "box_"),
        ("box_mass_gap > 0.1 or box_mass_gap / 0 > 1", "this divides by zero", "0 > 1"),
        ("box_mass_gap > 0.1 or box_mass_gap / (2 - 2) > 1", "this divides by zero", "- 2) > 1"),
        ("box_mass_gap > box_mass_gap / -0", "this divides by zero", "-0"),
        ("box_mass_gap > (((((((1+box_mass_gap)+1)+1)+1)+1)+1)+1)", "more than 6 calculations", "+box_mass_gap"),
        ("box_mass_gap > 0.1 and shipper_gender == \"F\"", "there is no field shipper_gender",
         "shipper_gender"),
        ("box_mass_gap > ", "", ""),
        ("box_mass_gap", "a condition must be true or false as a whole", "box_mass_gap"),
        ("box_mass_gap > \"X\"", "> takes number here, not text", "> \"X\""),
    ],
)  # fmt: skip
def test_a_mistake_in_the_condition_stands_at_its_character(
    condition: str, reason: str, at: str
) -> None:
    text = changed(WHEN, condition)
    mistake = mistakes(text)[0]
    assert reason in mistake.reason
    assert text.split("\n")[mistake.line - 1] == condition or not at
    assert pointed_at(text, mistake).startswith(at)


@pytest.mark.parametrize("quotes", ["'''\n{}\n'''", '"""\n{}"""', "'{}'", '"{}"', "'''{}'''"])
def test_the_place_is_right_in_every_way_to_write_a_text(quotes: str) -> None:
    text = changed(f"'''\n{WHEN}\n'''", quotes.format("box_mass_gap > 0.1 or nothing > 1"))
    assert pointed_at(text, mistakes(text)[0]).startswith("nothing > 1")


def test_escaped_characters_count_as_what_they_stand_for() -> None:
    said = 'when = """\\u0062ox_mass_gap > 0.1 \\\n   or load_code == \\"X\\" or nothing > 1"""'
    text = changed(f"when = '''\n{WHEN}\n'''", said)
    assert pointed_at(text, mistakes(text)[0]).startswith("nothing > 1")


@pytest.mark.parametrize(
    ("old", "new", "reason", "at"),
    [
        ("points = 10", "points = 0", "points is 0, expected 1 to 100", "points = 0"),
        ("points = 10", 'points = "ten"', "points: Expected `int`, got `str`", "points ="),
        ("points = 10", "pionts = 10", "unknown entry pionts", "pionts"),
        ('"consignment", "equipment"', '"ship"', "ship is not a subject", "subjects"),
        ("2028-12-31", "2040-12-31", "runs longer than 1098 days", "valid_to"),
        ("2028-12-31", "2025-12-31", "valid_to is before valid_from", "valid_to"),
        ('evidence = ["box_mass_gap"]', 'evidence = ["nothing"]', "no evidence may show nothing",
         "evidence"),
        ("differ by {box_mass_gap:%}.\"\ntext_es", "differ by {nothing}.\"\ntext_es",
         "text_en: no sentence may show nothing", "{nothing}"),
        ('indicators = ["C06"]', 'indicators = ["Z99"]', "Z99 is not a published indicator",
         "indicators"),
        ('owner = "Targeting desk, Marisol customs (MAR-CUS)"', 'owner = ""', "owner is empty",
         "owner"),
        ('subjects = ["consignment", "equipment"]', "subjects = []", "subjects is empty",
         "subjects"),
        ("given = {}", "", "test 'no verified mass' must have either given or record",
         'name = "no verified mass"'),
        ('subject = "equipment"', 'subject = "traveller"',
         "test 'single container' is about traveller, the rule is not", 'name = "single container"'),
    ],
)  # fmt: skip
def test_a_mistake_in_an_entry_stands_at_the_entry(
    old: str, new: str, reason: str, at: str
) -> None:
    text = changed(old, new)
    found = [one for one in mistakes(text) if reason in one.reason]
    assert found, mistakes(text)
    assert pointed_at(text, found[0]).startswith(at)


def test_what_is_missing_has_no_place_and_what_is_no_toml_has_the_place_of_its_reader() -> None:
    missing = mistakes(changed("points = 10\n", ""))[0]
    assert (missing.reason, missing.line, missing.column) == ("points is missing", 0, 0)
    broken = mistakes(changed("points = 10", "points = = 10"))[0]
    assert (broken.line, broken.column) == (9, 10)
    assert str(broken) == "line 9, character 10: the text cannot be read here: Invalid value"
    assert mistakes(GOOD + "\n[[tests")[0].line == GOOD.count("\n") + 2
    assert mistakes('id = "')[0].reason.startswith("the text cannot be read at the end: ")
    assert "larger than" in mistakes("#" * 300_000)[0].reason


def test_the_text_to_begin_with_has_nothing_wrong() -> None:
    found = check_text(blank(dt.date(2028, 2, 29)), PACK)
    assert (found.mistakes, found.failures) == ((), ())
    assert found.compiled is not None
    assert found.compiled.rule.valid_to == dt.date(2029, 2, 27)


def test_an_id_of_the_pack_is_refused() -> None:
    found = check_text(GOOD, PACK, taken={"N1"}).mistakes
    assert (found[0].line, found[0].column) == (1, 1)
    assert "belongs to a rule of the pack" in found[0].reason


def test_a_test_that_does_not_come_out_is_a_failure_and_no_mistake() -> None:
    found = check_text(changed('expect = "false"', 'expect = "true"'), PACK)
    assert not found.mistakes
    assert [one.expected for one in found.failures] == ["true"]


@pytest.mark.parametrize(
    ("field", "why"),
    [("nationality", "no condition may read nationality"), ("gender", "no condition may read"),
     ("surname", "no condition may read surname")],
)  # fmt: skip
def test_a_field_about_a_traveller_that_no_rule_may_judge_is_refused_at_its_place(
    field: str, why: str
) -> None:
    good = (DEFAULT / "T01.toml").read_text().replace('id = "T01"', 'id = "N2"')
    text = good.replace("\ndocument_listed\n", f'\ndocument_listed or {field} == "X"\n')
    mistake = mistakes(text)[0]
    assert why in mistake.reason
    assert pointed_at(text, mistake).startswith(field)


def test_a_changed_condition_about_travellers_needs_a_new_review() -> None:
    good = (DEFAULT / "T01.toml").read_text().replace('id = "T01"', 'id = "N2"')
    text = good.replace("\ndocument_listed\n", "\ndocument_listed or watch_document\n")
    (mistake,) = mistakes(text)
    assert "the condition is not the one that was reviewed" in mistake.reason
    assert pointed_at(text, mistake).startswith("[review]")


def test_the_fingerprint_changes_with_anything_in_the_rule_and_with_a_list_that_it_reads() -> None:
    digests = {
        check_text(changed("points = 10", f"points = {n}"), PACK).digest for n in (9, 10, 11)
    }
    assert len(digests) == 3
    listed = (DEFAULT / "C05.toml").read_text().replace('id = "C05"', 'id = "N3"')
    words = PACK.lists["vague_terms"]
    longer = msgspec.structs.replace(words, items=(*words.items, "ODDS AND ENDS"))
    other = msgspec.structs.replace(PACK, lists={**PACK.lists, "vague_terms": longer})
    assert check_text(listed, PACK).digest != check_text(listed, other).digest
    assert check_text(GOOD, PACK).digest == check_text(GOOD, other).digest


@given(st.text(max_size=200), st.integers(0, len(GOOD)), st.integers(0, 30))
def test_no_text_raises_and_every_place_is_in_the_text(noise: str, at: int, cut: int) -> None:
    text = GOOD[:at] + noise + GOOD[at + cut :]
    plain = text.replace("\r\n", "\n").split("\n")
    for mistake in mistakes(text):
        assert 0 <= mistake.line <= len(plain)
        if mistake.line:
            assert 1 <= mistake.column <= len(plain[mistake.line - 1]) + 1
