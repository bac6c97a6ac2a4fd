"""docs/profiles.md names every key, measure and feature of the tables, as they are."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from esclusa.analysis.profiles import ROW_COLUMNS, Settings, feature_names, features
from esclusa.analysis.profiles.catalogue import BINS, keys, measures, new_pairs, shares

PAGE = (Path(__file__).parents[2] / "docs" / "profiles.md").read_text(encoding="utf-8")
ROWS = {
    cells[0].strip("`"): cells[1:]
    for line in PAGE.splitlines()
    if line.startswith("| `")
    for cells in [[cell.strip() for cell in line.strip("|").split("|")]]
}


def _columns(cell: str) -> tuple[str, ...]:
    return tuple(re.findall(r"`(\w+)`", cell))


@pytest.mark.parametrize("key", keys(), ids=lambda key: key.name)
def test_every_key_is_described(key) -> None:  # type: ignore[no-untyped-def]
    columns, gives, english, spanish = ROWS[key.name]
    assert _columns(columns) == key.columns
    assert frozenset(gives.split()) == key.gives
    assert (english, spanish) == (key.title_en, key.title_es)


def test_every_measure_share_pair_and_raw_feature_is_described() -> None:
    for measure in measures():
        found = re.search(rf"^\| `{measure.name}` \| [^|]+\| (.*;.*|`.*`) \| (.*) \|$", PAGE, re.M)
        assert found, measure.name
        assert tuple(map(_columns, found[1].split(";"))) == measure.levels
        assert tuple(map(float, found[2].split(", "))) == (measure.low, measure.high)
    for pair in (*shares(), *new_pairs()):
        assert _columns(ROWS[pair.name][0]) == (pair.pair,)
        assert _columns(ROWS[pair.name][1]) == pair.parts
    for one in features():
        assert one.group != "raw" or f"\n| `{one.name}` | {one.unit} | {one.title_en} | " in PAGE


def test_figures_of_the_page_are_those_of_the_code() -> None:
    assert f"{len(feature_names())} features" in PAGE
    assert f"histogram of {BINS} steps" in PAGE
    chosen = Settings()
    assert (chosen.strength, chosen.base_finds, chosen.base_exams) == (10, 1, 20)
    assert (chosen.thin, chosen.known, chosen.least_spread) == (20, 5, 0.05)


def test_every_feature_has_a_name_of_its_own_in_both_languages() -> None:
    names = [one.name for one in features()]
    assert len(set(names)) == len(names)
    for language in ("title_en", "title_es"):
        titles = [(getattr(one, language), one.unit) for one in features()]
        assert all(text for text, _unit in titles)
    assert {column for key in keys() for column in key.columns} <= {
        *ROW_COLUMNS, "hs2", "hs4", "hs6",
    }  # fmt: skip
