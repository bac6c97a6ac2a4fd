"""Rule packs: every rule proves itself, and what is wrong is refused with its place."""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from esclusa.analysis.targeting import PackError, check_pack, fingerprint, load_pack, standing
from esclusa.analysis.targeting.pack import DEFAULT, MAX_FILE_BYTES, active
from esclusa.analysis.targeting.parser import parse
from esclusa.analysis.targeting.rule import LONGEST_PLACES, RuleTest
from esclusa.analysis.targeting.ruleschema import indicator_ids, indicators
from esclusa.analysis.targeting.selftest import verdict
from esclusa.errors import RuleError

PACK = load_pack()
IN_FORCE = dt.date(2026, 11, 1)
EXAMPLES = [(found, test) for found in PACK.rules for test in found.rule.tests]
Copy = Callable[..., Path]


@pytest.fixture
def copy(tmp_path: Path) -> Copy:
    """Return a copier of the first pack that replaces one piece of text in one file."""

    def make(file: str = "", old: str = "", new: str = "") -> Path:
        folder = tmp_path / "pack"
        shutil.copytree(DEFAULT, folder, dirs_exist_ok=True)
        if file:
            text = (folder / file).read_text(encoding="utf-8")
            assert old in text
            (folder / file).write_text(text.replace(old, new), encoding="utf-8")
        return folder

    return make


def problems(folder: Path) -> tuple[RuleError, ...]:
    with pytest.raises(PackError) as caught:
        load_pack(folder)
    return caught.value.problems


# --- The first pack ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("found", "test"), EXAMPLES, ids=[f"{c.rule.id}: {t.name}" for c, t in EXAMPLES]
)
def test_rule_says_what_its_example_expects(found, test: RuleTest) -> None:  # type: ignore[no-untyped-def]
    assert verdict(found, test) == test.expect


def test_check_pack_runs_every_example_and_finds_no_failure() -> None:
    report = check_pack(PACK)
    assert report.passed
    assert (report.rules, report.tests) == (len(PACK.rules), len(EXAMPLES))


def test_at_least_50_of_the_80_published_indicators_are_rules() -> None:
    assert len(indicators()) == len(indicator_ids()) == 80
    covered = {name for found in PACK.rules for name in found.rule.indicators}
    assert covered <= indicator_ids()
    assert len(covered) >= 50


def test_every_rule_speaks_both_languages_with_the_same_fields() -> None:
    for found in PACK.rules:
        assert found.text_en.fields == found.text_es.fields
        assert found.rule.text_en != found.rule.text_es
        assert found.rule.title_en != found.rule.title_es


def test_no_text_of_the_pack_promises_safety() -> None:
    for file in DEFAULT.rglob("*.toml"):
        words = set(file.read_text(encoding="utf-8").lower().replace(".", " ").split())
        assert not words & {"safe", "harmless", "clear", "seguro", "inofensivo"}, file.name


def test_place_lists_expire_within_twelve_months() -> None:
    places = [words for words in PACK.lists.values() if words.kind == "places"]
    assert places
    assert all(words.valid_to - words.valid_from <= LONGEST_PLACES for words in places)


def test_every_list_is_used_by_a_rule() -> None:
    assert {name for found in PACK.rules for name in found.lists} == set(PACK.lists)


def test_points_carry_a_reason_and_stay_in_their_tiers() -> None:
    assert {found.rule.points for found in PACK.rules} <= {3, 5, 10, 15, 25, 40}


def test_rules_about_travellers_are_reviewed_before_they_start() -> None:
    about = [found for found in PACK.rules if "traveller" in found.rule.subjects]
    assert about
    for found in about:
        assert found.rule.review is not None
        assert found.rule.review.condition == fingerprint(found.tree)
        assert found.rule.review.on <= found.rule.valid_from


# --- Dates -------------------------------------------------------------------------------------


def ids(as_of: dt.date, subject: str = "consignment") -> set[str]:
    return {found.rule.id for found in active(PACK, as_of, subject)}


def test_a_rule_runs_from_its_first_to_its_last_day() -> None:
    rule = next(found.rule for found in PACK.rules if found.rule.id == "C06")
    day = dt.timedelta(days=1)
    assert "C06" in ids(rule.valid_from)
    assert "C06" in ids(rule.valid_to)
    assert "C06" not in ids(rule.valid_from - day)
    assert "C06" not in ids(rule.valid_to + day)


def test_a_rule_stops_when_a_list_it_uses_expires() -> None:
    assert "C28" in ids(IN_FORCE)
    late = PACK.lists["free_zone_places"].valid_to + dt.timedelta(days=1)
    assert "C28" not in ids(late)
    state = {s.rule: s for s in standing(PACK, late)}["C28"]
    assert (state.state, state.cause) == ("expired", "free_zone_places")
    assert state.valid_to == PACK.lists["free_zone_places"].valid_to


def test_standing_lists_every_rule_whatever_its_dates() -> None:
    for day, state in ((IN_FORCE, "active"), (dt.date(2025, 1, 1), "not yet")):
        assert {s.state for s in standing(PACK, day)} == {state}
        assert len(standing(PACK, day)) == len(PACK.rules)
    assert {s.state for s in standing(PACK, dt.date(2040, 1, 1))} == {"expired"}


def test_a_moment_counts_as_its_utc_day() -> None:
    rule = next(found.rule for found in PACK.rules if found.rule.id == "C06")
    east = dt.timezone(dt.timedelta(hours=9))
    morning = dt.datetime.combine(rule.valid_from, dt.time(3), tzinfo=east)
    assert "C06" not in ids(morning)
    assert "C06" in ids(morning.replace(tzinfo=dt.UTC))


# --- Refusals ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("file", "old", "new", "rule", "part"),
    [
        ("C06.toml", "valid_to = 2028-12-31\n", "", "C06.toml", "valid_to is missing"),
        ("C06.toml", "valid_to = 2028-12-31", "valid_to = 2025-12-31", "C06", "before valid_from"),
        ("C06.toml", "valid_to = 2028-12-31", "valid_to = 2036-12-31", "C06", "longer than"),
        ("C06.toml", "points = 10", "points = 0", "C06", "expected 1 to 100"),
        ("C06.toml", "points = 10", "points = 2.5", "C06.toml", "points"),
        ("C06.toml", 'version = "1"', 'version = ""', "C06", "version is empty"),
        ("C06.toml", 'version = "1"', 'versión = "1"', "C06.toml", "not a TOML file"),
        ("C06.toml", 'version = "1"', 'version = "1"\nscore = 3', "C06.toml", "entry score"),
        ("C06.toml", 'indicators = ["C06"]', 'indicators = ["C99"]', "C06", "published indicator"),
        ("C06.toml", '"equipment"]', '"parcel"]', "C06", "parcel is not a subject"),
        ("C06.toml", 'id = "C06"', 'id = "c06"', "c06", "upper-case"),
        ("C06.toml", 'id = "C06"', 'id = "C07"', "C07", "more than once"),
        ("C06.toml", "{box_mass_gap:%}", "{box_mass_gab:%}", "C06", "may show box_mass_gab"),
        ("C06.toml", "{box_mass_gap:%}", "{box_mass_gap", "C06", "braces"),
        ("C05.toml", "{goods_texts}", "{goods_texts:%}", "C05", "no per cent"),
        ("C06.toml", 'evidence = ["box_mass_gap"]', 'evidence = ["tare"]', "C06", "evidence may"),
        ("C06.toml", 'expect = "unknown"', 'expect = "true"', "C06", "no test expects unknown"),
        ("C06.toml", 'expect = "unknown"', 'expect = "maybe"', "C06.toml", "maybe"),
        ("T08.toml", "evidence = [", 'evidence = ["gender", ', "T08", "evidence may show gender"),
        ("T08.toml", "of {age} years", "of {age} years, {nationality},", "T08", "nationality"),
        ("T08.toml", "age < 18", "age < 17", "T08", "not the one that was reviewed"),
        ("T08.toml", "on = 2025-12-15", "on = 2026-12-15", "T08", "later than valid_from"),
        ("pack.toml", 'id = "first"', "", "pack.toml", "id is missing"),
        ("lists/lane_santos.toml", "valid_to = 2027-05-31", "valid_to = 2028-05-31",
         "list lane_santos", "longer than 366 days"),
        ("lists/lane_santos.toml", '["BRSSZ"]', "[]", "list lane_santos", "has no items"),
        ("lists/lane_santos.toml", '["BRSSZ"]', '[" "]', "list lane_santos", "empty item"),
        ("lists/lane_santos.toml", 'kind = "places"', 'kind = "x"', "lane_santos.toml", "kind"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_pack_is_named(
    copy: Copy, file: str, old: str, new: str, rule: str, part: str
) -> None:
    found = problems(copy(file, old, new))
    assert any(p.rule == rule and part in p.reason for p in found), [str(p) for p in found]


def test_a_traveller_rule_that_reads_nationality_is_refused_at_its_character(copy: Copy) -> None:
    condition = 'age < 18 and nationality == "XAL"'
    [found] = problems(copy("T08.toml", "age < 18", condition))
    assert (found.rule, found.offset) == ("T08", condition.index("nationality"))
    assert "never a sign of risk" in found.reason


def test_a_traveller_rule_without_review_is_refused(copy: Copy) -> None:
    folder = copy()
    file = folder / "T01.toml"
    text = file.read_text(encoding="utf-8")
    start, end = text.index("[review]"), text.index("[[tests]]")
    file.write_text(text[:start] + text[end:], encoding="utf-8")
    assert "needs a review" in problems(folder)[0].reason


def test_all_mismatches_are_raised_at_once(copy: Copy) -> None:
    copy("C06.toml", "points = 10", "points = 0")
    folder = copy("C05.toml", "any_only_words", "any_only_word")
    (folder / "C06.toml").write_text(
        (DEFAULT / "C06.toml").read_text(encoding="utf-8").replace("points = 10", "points = 0"),
        encoding="utf-8",
    )
    found = problems(folder)
    assert {p.rule for p in found} == {"C05", "C06"}
    with pytest.raises(PackError) as caught:
        load_pack(folder)
    assert all(str(p) in str(caught.value) for p in found)


def test_an_unreadable_pack_is_refused(tmp_path: Path) -> None:
    assert "cannot be read" in problems(tmp_path)[0].reason


def test_a_rule_file_of_unlikely_size_is_refused(copy: Copy) -> None:
    folder = copy()
    (folder / "C06.toml").write_bytes(b"#" * (MAX_FILE_BYTES + 1))
    assert "larger than" in problems(folder)[0].reason


def test_a_changed_condition_has_another_fingerprint_and_blanks_do_not_matter() -> None:
    assert fingerprint(parse("age<18")) == fingerprint(parse("age  <  18"))
    assert fingerprint(parse("age < 18")) != fingerprint(parse("age < 19"))


# --- Failing examples ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new", "found"),
    [
        ("verified_mass_kg = 18000.0", "verified_mass_kg = 11900.0", "false"),
        ("verified_mass_kg = 18000.0", "mass_verified = 1.0", "cannot run: there is no equipment."),
        ("gross_mass_kg = 12000.0", 'gross_mass_kg = "much"', "cannot run: Expected `float"),
        ("given = {}", "given = { nonsense = 1 }", "cannot run: consignment has no field nonsense"),
    ],
)  # fmt: skip
def test_an_example_that_does_not_hold_is_reported(
    copy: Copy, old: str, new: str, found: str
) -> None:
    report = check_pack(load_pack(copy("C06.toml", old, new)))
    assert not report.passed
    assert {failure.rule for failure in report.failures} == {"C06"}
    assert any(failure.found.startswith(found) for failure in report.failures)
