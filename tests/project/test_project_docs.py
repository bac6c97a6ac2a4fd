"""The pages tell the truth: commands, rooms, settings, links, languages and decisions."""

from __future__ import annotations

import re
from pathlib import Path

import click
import msgspec
import pytest
from tree import ROOT, pages

from esclusa.cli.commands import COMMANDS, cli
from esclusa.node.settings import Settings
from esclusa.sharing.reader import Role

_OPERATIONS = (ROOT / "docs/operations.md").read_text()
_MAKEFILE = (ROOT / "Makefile").read_text()
_TARGETS = set(re.findall(r"^([a-z-]+):.*## ", _MAKEFILE, re.M))
_READMES = ("README.md", "README.es.md")
_DECISIONS = sorted((ROOT / "docs/decisions").glob("[0-9]*.md"))
_PARTS = ["Question", "Options measured", "Choice", "What would change it"]


def _code(text: str) -> str:
    """Only what stands in code spans and blocks."""
    return "\n".join(re.findall(r"```.*?```|`[^`\n]+`", text, re.S))


def _row(command: str) -> str:
    found = re.search(rf"^\| `esclusa {command}` \|.*$", _OPERATIONS, re.M)
    return found[0] if found else ""


# --- commands -------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_its_row_and_so_has_every_subcommand(name: str) -> None:
    assert _row(name), f"docs/operations.md has no row for `esclusa {name}`"
    command = cli.get_command(click.Context(cli), name)
    if isinstance(command, click.Group):
        assert [sub for sub in command.commands if f"`{sub}`" not in _row(name)] == []


@pytest.mark.parametrize("page", pages(), ids=lambda page: str(page.relative_to(ROOT)))
def test_a_page_names_only_commands_that_exist(page: Path) -> None:
    code = _code(page.read_text())
    named = set(re.findall(r"(?:^|`|bin/)esclusa ([a-z]+)\b", code, re.M))
    assert named - set(COMMANDS) == set()
    assert set(re.findall(r"\bmake ([a-z]+)\b", code)) - _TARGETS == set()


def test_every_setting_and_every_role_is_explained() -> None:
    settings = [field.name for field in msgspec.structs.fields(Settings)]
    assert [name for name in settings if f"`{name}`" not in _OPERATIONS] == []
    assert [role for role in Role if f"| {role} |" not in _OPERATIONS] == []


# --- the two commands -----------------------------------------------------------------------------


@pytest.mark.parametrize("name", _READMES)
def test_the_readme_sets_up_and_tests_with_two_commands_that_exist(name: str) -> None:
    blocks = re.findall(r"^```\n(.*?)\n```$", (ROOT / name).read_text(), re.M | re.S)
    assert blocks == ["make demo", "make test"]
    assert {"demo", "test"} <= _TARGETS


def test_ci_runs_the_readmes_test_command_and_the_checkers() -> None:
    lines = (ROOT / ".ci/run").read_text().splitlines()
    assert "make test" in lines
    assert "make lint" in lines


def test_help_lists_every_target_that_people_call() -> None:
    phony = re.search(r"^\.PHONY: (.*)$", _MAKEFILE, re.M)
    assert phony
    inner = {"base-set", "test-set", "chromium"}
    assert set(phony[1].split()) - inner == _TARGETS


# --- both languages -------------------------------------------------------------------------------


def _shape(name: str) -> list[str]:
    """Headings by level, tables by rows, lists by items: what both languages must share."""
    lines = (ROOT / name).read_text().splitlines()
    kinds = (re.match(r"(#+ |\| |- |\d\. )", line) for line in lines)
    return [kind[0] for kind in kinds if kind]


def test_the_spanish_readme_is_as_complete_as_the_english_one() -> None:
    assert _shape("README.es.md") == _shape("README.md")


def test_both_readmes_name_the_same_commands_and_pages() -> None:
    english, spanish = ((ROOT / name).read_text() for name in _READMES)
    other = {"(README.es.md)", "(README.md)"}
    links = re.compile(r"\([\w./-]+\)")
    assert set(links.findall(english)) - other == set(links.findall(spanish)) - other
    commands = re.compile(r"`(?:make|esclusa|\.venv)[^`]*`")
    assert sorted(commands.findall(english)) == sorted(commands.findall(spanish))


# --- rooms ----------------------------------------------------------------------------------------


def test_every_room_is_on_the_page_of_the_house_and_every_room_there_exists() -> None:
    page = (ROOT / "docs/architecture.md").read_text()
    section = page.split("## The rooms", 1)[1].split("\n## ", 1)[0]
    first_cells = re.findall(r"^\| ([^|]*) \|", section, re.M)
    named = {name for cell in first_cells for name in re.findall(r"`(\w+)`", cell)}
    rooms = {path.parent.name for path in (ROOT / "src/esclusa").glob("*/__init__.py")}
    assert named == rooms


# --- links and decisions --------------------------------------------------------------------------


@pytest.mark.parametrize("page", pages(), ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_somewhere(page: Path) -> None:
    targets = re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", page.read_text())
    local = [target for target in targets if "://" not in target]
    assert [target for target in local if not (page.parent / target).exists()] == []


def test_every_page_of_the_manual_is_in_the_index() -> None:
    index = (ROOT / "docs/index.md").read_text()
    names = {path.name for path in (ROOT / "docs").glob("*.md")} - {"index.md"}
    assert sorted(name for name in names if f"({name})" not in index) == []


@pytest.mark.parametrize("page", _DECISIONS, ids=lambda page: page.stem)
def test_a_decision_has_its_four_parts_a_date_and_a_place_in_the_index(page: Path) -> None:
    text = page.read_text()
    assert re.findall(r"^## (.*)$", text, re.M) == _PARTS
    parts = re.split(r"^## .*$", text, flags=re.M)[1:]
    assert all(len(part.strip()) > 60 for part in parts)
    title = re.match(rf"# {page.stem[:4]} · (.+)\n\n\d{{4}}-\d\d-\d\d · accepted\n", text)
    assert title
    assert (
        f"| [{page.stem[:4]}]({page.name}) | {title[1]} |"
        in (ROOT / "docs/decisions/index.md").read_text()
    )


def test_decisions_are_numbered_without_a_gap() -> None:
    numbers = [int(page.stem[:4]) for page in _DECISIONS]
    assert numbers == list(range(1, len(numbers) + 1))
