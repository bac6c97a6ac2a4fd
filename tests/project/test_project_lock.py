"""The lock pins everything, with the hash of every published file, and names no server."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LOCKS = sorted((ROOT / "requirements").glob("*.txt"))
_PIN = re.compile(r"^([a-z0-9][a-z0-9.-]*)==(\S+)(?: ; [^\\]+)? \\$")
_HASH = re.compile(r"^    --hash=sha256:[0-9a-f]{64}(?: \\)?$")
_NAME = re.compile(r"^[A-Za-z0-9._-]+")
ONE_FILE = {"cpe", "pyspark-client"}
"""Published as one source distribution and nothing else, so there is only one hash to pin. The first
comes with stix2-validator, the second is the client of a cluster; both stand in the lock of the tests
alone."""


def _pins(lock: Path) -> dict[tuple[str, str], int]:
    """Number of hashes of each (package, version)."""
    found: dict[tuple[str, str], int] = {}
    current = ("", "")
    for line in lock.read_text().splitlines():
        if pin := _PIN.match(line):
            current = (pin[1], pin[2])
            found[current] = 0
        elif _HASH.match(line):
            found[current] += 1
        else:
            assert line.startswith("#"), f"{lock.name}: unexpected line {line!r}"
    return found


def _names(requirements: list[str]) -> set[str]:
    found = (_NAME.match(line) for line in requirements)
    return {re.sub(r"[-_.]+", "-", name[0]).lower() for name in found if name}


def test_all_four_locks_are_there() -> None:
    assert [lock.stem for lock in LOCKS] == ["base", "bootstrap", "postgres", "test"]


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.stem)
def test_every_package_is_pinned_with_the_hashes_of_more_than_one_file(lock: Path) -> None:
    pins = _pins(lock)
    assert pins
    few = {name for (name, _version), count in pins.items() if count < 2}
    assert few == (ONE_FILE if lock.stem == "test" else set())


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.stem)
def test_a_lock_names_no_address_and_no_option_but_hashes(lock: Path) -> None:
    text = lock.read_text()
    assert "://" not in text
    assert not re.search(r"--(?!hash=)", text)
    assert not re.search(r"\b(index|find-links|trusted-host|file:)", text)


@pytest.mark.parametrize("package", ["numpy", "lxml", "rapidfuzz", "polars-runtime-32"])
def test_compiled_packages_have_files_for_several_systems(package: str) -> None:
    counts = [count for (name, _), count in _pins(ROOT / "requirements/base.txt").items()
              if name == package]  # fmt: skip
    assert counts
    assert min(counts) >= 8


def test_every_requirement_of_the_package_is_in_the_lock() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    base = {name for name, _ in _pins(ROOT / "requirements/base.txt")}
    assert _names(project["dependencies"]) - base == set()
    postgres = {name for name, _ in _pins(ROOT / "requirements/postgres.txt")}
    assert _names(project["optional-dependencies"]["postgres"]) - postgres == set()


@pytest.mark.parametrize("wanted", ["build", "bootstrap", "test"])
def test_every_tool_is_in_its_lock(wanted: str) -> None:
    lines = (ROOT / f"requirements/{wanted}.in").read_text().splitlines()
    lock = {"build": "base", "bootstrap": "bootstrap", "test": "test"}[wanted]
    pinned = {name for name, _ in _pins(ROOT / f"requirements/{lock}.txt")}
    assert _names([line for line in lines if not line.startswith("#")]) - pinned == set()


def test_the_larger_locks_hold_the_versions_of_the_smaller_ones() -> None:
    base, postgres, test = (
        set(_pins(ROOT / f"requirements/{name}.txt")) for name in ("base", "postgres", "test")
    )
    assert base <= postgres <= test


def test_the_core_does_not_depend_on_psycopg() -> None:
    assert not {name for name, _ in _pins(ROOT / "requirements/base.txt") if "psycopg" in name}
