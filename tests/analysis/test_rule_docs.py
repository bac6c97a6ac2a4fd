"""docs/rules.md says what the code, the catalogue and the pack say."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from esclusa.analysis.targeting import load_pack
from esclusa.analysis.targeting.catalogue import SUBJECTS, fields
from esclusa.analysis.targeting.checker import MAX_CALCULATIONS
from esclusa.analysis.targeting.functions import FUNCTIONS
from esclusa.analysis.targeting.lexer import MAX_LENGTH
from esclusa.analysis.targeting.parser import MAX_DEPTH, MAX_ITEMS
from esclusa.analysis.targeting.patterns import MAX_PATTERN
from esclusa.analysis.targeting.ruleschema import indicators

PAGE = (Path(__file__).parents[2] / "docs" / "rules.md").read_text(encoding="utf-8")
PACK = load_pack()


def rows(heading: str) -> list[list[str]]:
    """Return the cells of the first table below a heading, without its two head lines."""
    lines = PAGE.split(f"\n{heading}\n", 1)[1].splitlines()
    start = next(i for i, line in enumerate(lines) if line.startswith("|"))
    body = []
    for line in lines[start + 2 :]:
        if not line.startswith("|"):
            break
        body.append([cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]])
    return body


def test_every_indicator_names_its_rules_or_the_data_it_waits_for() -> None:
    written = {row[0]: (row[1], row[2]) for row in rows("## The eighty published indicators")}
    assert set(written) == {row["id"] for row in indicators()}
    for indicator in indicators():
        says, answer = written[indicator["id"]]
        named = set(re.findall(r"`([A-Z0-9.]+)`", answer))
        rules = {f.rule.id for f in PACK.rules if indicator["id"] in f.rule.indicators}
        assert says == indicator["indicator"]
        assert named == rules, indicator["id"]
        assert rules or answer.startswith(("missing: ", "no rule: "))


@pytest.mark.parametrize("subject", SUBJECTS)
def test_the_field_catalogue_is_printed_whole(subject: str) -> None:
    written = {row[0].strip("`"): row[1:] for row in rows(f"### {subject}")}
    assert set(written) == set(fields(subject))
    for field in fields(subject).values():
        kind, english, spanish, _, use, note = written[field.name]
        assert (kind, english, spanish, note) == (
            field.type, field.label_en, field.label_es, field.note,
        )  # fmt: skip
        assert use == (", ".join(sorted(field.allowed_for)) or "refused")


def test_every_function_is_described() -> None:
    written = {row[0].strip("`"): row[3] for row in rows("### Functions")}
    assert set(written) == {*FUNCTIONS, "list"}
    assert all(written[name] == function.meaning for name, function in FUNCTIONS.items())


def test_limits_are_those_of_the_code() -> None:
    text = " ".join(PAGE.split())
    assert f"at most {MAX_LENGTH:,} characters and {MAX_DEPTH} levels" in text
    assert f"at most {MAX_CALCULATIONS} calculations inside one another" in text
    assert f"at most {MAX_PATTERN} characters" in text
    assert f"1 to {MAX_ITEMS} constants" in text


def test_points_tiers_are_those_of_the_pack() -> None:
    written = {int(n) for row in rows("## Read a rule") for n in re.findall("[0-9]+", row[0])}
    assert {found.rule.points for found in PACK.rules} == written


def test_entries_of_a_rule_file_shown_are_entries_of_a_rule() -> None:
    example = PAGE.split("```toml", 1)[1].split("```", 1)[0]
    names = set(re.findall(r"^([a-z_]+) = ", example, re.MULTILINE)) - {"name", "expect", "record"}
    known = set(type(PACK.rules[0].rule).__struct_fields__)
    assert names <= known
    assert known - names - {"tests", "review"} == {"title_es", "text_es", "false_positive_es"}
