"""The manual's pages of formats tell the truth: what is read, what is written, what goes where."""

from __future__ import annotations

import re
from itertools import chain
from pathlib import Path

import pytest
from tree import ROOT

from esclusa.formats import crossing, registry, writers
from esclusa.formats.edifact import reader as edifact
from esclusa.formats.edifact.guides import Guide, guides
from esclusa.formats.x12 import reader as x12

PAGE = (ROOT / "docs/formats.md").read_text()
PAGES = sorted((ROOT / "docs/formats").glob("*.md"))


def section(page: str, heading: str) -> str:
    """What stands under a heading, down to the next of its level."""
    level = heading.partition(" ")[0]
    found = re.search(
        rf"^{re.escape(heading)}\n(.*?)(?=^#{{1,{len(level)}}} |\Z)", page, re.M | re.S
    )
    assert found, heading
    return found[1]


def cells(text: str) -> list[list[str]]:
    """The rows of the tables in a text, without their heads."""
    rows = [line.strip("|\n ").split(" | ") for line in text.splitlines() if line.startswith("|")]
    rules = [at for at, row in enumerate(rows) if row[0].startswith("---")]
    heads = {at - 1 for at in rules} | set(rules)
    return [row for at, row in enumerate(rows) if at not in heads]


def code(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


FORMATS = cells(section(PAGE, "## Formats"))
TRANSLATING = [row for row in cells(section(PAGE, "## Translating")) if row[0].startswith("`")]


def test_translating_names_every_format_that_is_written_and_no_other() -> None:
    named = [name for formats, _kinds in TRANSLATING for name in code(formats) if name[0] != "-"]
    assert sorted(named) == sorted(writers.ids())


def test_translating_names_the_kinds_of_record_that_a_format_has_a_place_for() -> None:
    named = {name: set(code(kinds)) for formats, kinds in TRANSLATING for name in code(formats)}
    assert {name: named[name] for name in writers.ids()} == {
        name: set(writers.writer(name).kinds) for name in writers.ids()
    }


def test_the_table_of_formats_names_every_format_that_is_read() -> None:
    named = set(chain.from_iterable(code(row[1]) for row in FORMATS))
    typed = {f"edifact.{kind.lower()}" for kind in edifact.TYPES}
    typed |= {f"x12.{kind}" for kind in x12.TYPES}
    assert typed - named == set()
    families = {name if name in registry.ids() else name.partition(".")[0] for name in named}
    assert families == set(registry.ids())


@pytest.mark.parametrize("row", FORMATS, ids=lambda row: row[1])
def test_the_table_of_formats_says_what_is_written(row: list[str]) -> None:
    known = {name in writers.ids() for name in code(row[1])}
    assert known == {row[3] == "yes"}
    assert row[3] in {"yes", "no"}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_page_of_formats_is_reached_from_the_first(page: Path) -> None:
    assert re.search(rf"\(formats/{page.name}[)#]", PAGE)


def test_every_guide_has_its_row() -> None:
    rows = cells(section((ROOT / "docs/formats/validation.md").read_text(), "## Guides"))
    told = {
        name: (row[1].split()[0], tuple(re.findall(r"[A-Z]+\d*\b", row[2])), row[3])
        for row in rows
        for name in code(row[0])
    }
    assert told == {name: _guide(guide) for name, guide in guides().items()}


def _guide(guide: Guide) -> tuple[str, tuple[str, ...], str]:
    """A guide's message, the codes that name it, and the directory it stands on."""
    (message,) = guide.messages
    return message, guide.associations, guide.latest or f"{guide.earliest} or later"


@pytest.mark.parametrize("name", sorted({row.crossing for row in crossing.ROWS}))
def test_the_tables_of_crossings_are_those_of_the_program(name: str) -> None:
    page = (ROOT / "docs/formats/crossing.md").read_text()
    assert crossing.table(name) in section(page, f"## {name}")
