"""What the repository holds: no trace of one machine, no stray data, licences in their place."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections import Counter
from fnmatch import fnmatch

import pytest
from tree import ROOT, files, texts

_SLASH = "/"
_MACHINE = re.compile(
    "|".join(
        re.escape(_SLASH + name) for name in ("root/", "work/", "farm/", "Users/", "tmp/bash_jobs")
    )
    + r"|/home/[a-z]+/|[A-Z]:\\Users\\"
)
_PRIVATE_HOST = re.compile(r"[\w-]+\.(?:internal|corp|lan|intra)\b(?!\()")
_DATA_PAGE = (ROOT / "docs/data-and-licences.md").read_text()


def test_no_file_names_a_path_of_one_machine() -> None:
    found = [
        f"{name}: {hit[0]}"
        for name, text in texts()
        for hit in _MACHINE.finditer(text)
        if not re.search(r"[\w.:-]$", text[max(0, hit.start() - 1) : hit.start()])
    ]
    assert found == []


def test_no_file_names_a_private_host() -> None:
    assert [name for name, text in texts() if _PRIVATE_HOST.search(text)] == []


def test_no_file_names_the_package_index_that_this_machine_uses() -> None:
    command = [sys.executable, "-m", "pip", "config", "list"]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    hosts = set(re.findall(r"https?://(?:[^@/'\s]*@)?([^/:'\s]+)", done.stdout)) - {"pypi.org"}
    assert [(name, host) for name, text in texts() for host in hosts if host in text] == []


def test_no_file_is_larger_than_three_megabytes() -> None:
    assert [str(path) for path in files() if path.stat().st_size > 3_000_000] == []


def test_no_two_modules_of_the_tests_share_a_name() -> None:
    """The folders of tests are no packages: of two modules of one name, tests find only one."""
    names = Counter(
        path.name
        for path in files()
        if path.suffix == ".py"
        and path.is_relative_to(ROOT / "tests")
        and path.name not in {"conftest.py", "__init__.py"}
    )
    assert [name for name, times in names.items() if times > 1] == []


def test_no_module_is_longer_than_six_hundred_lines() -> None:
    long = [
        str(path.relative_to(ROOT))
        for path in files()
        if path.suffix == ".py"
        and not path.is_relative_to(ROOT / "tests")
        and path.read_text().count("\n") > 600
    ]
    assert long == []


def test_no_database_and_no_node_is_in_the_tree() -> None:
    stray = {".sqlite", ".db", ".sqlite-wal", ".sqlite-shm"}
    assert [str(path) for path in files() if path.suffix in stray or path.name == ".env"] == []


def test_the_licence_is_the_whole_apache_licence() -> None:
    text = (ROOT / "LICENSE").read_text()
    assert "Version 2.0, January 2004" in text
    assert "9. Accepting Warranty or Additional Liability" in text
    assert "APPENDIX: How to apply the Apache License" in text


def test_every_code_list_is_on_the_page_of_data_with_its_licence() -> None:
    manifest = json.loads((ROOT / "src/esclusa/codes/data/manifest.json").read_text())
    rows = [line for line in _DATA_PAGE.splitlines() if line.startswith("|")]
    for entry in manifest.values():
        row = next((row for row in rows if f"`{entry['file']}`" in row), "")
        assert row, f"{entry['file']} is not on docs/data-and-licences.md"
        licence = entry["licence"].split()[0].lower()
        assert licence in row.lower(), f"{entry['file']}: licence {licence} is not in its row"


@pytest.mark.parametrize("folder", ["tests/data", "src/esclusa/samples"])
def test_every_folder_of_data_is_on_the_page_of_data(folder: str) -> None:
    below = [
        path.relative_to(ROOT / folder) for path in files() if path.is_relative_to(ROOT / folder)
    ]
    names = {f"{folder}/{path.parts[0]}" for path in below if len(path.parts) > 1}
    assert sorted(name for name in names if name not in _DATA_PAGE) == []


def test_every_notice_beside_data_names_the_files_it_speaks_for() -> None:
    for notice in (path for path in files() if path.name.startswith("NOTICE")):
        if notice.parent == ROOT:
            continue
        named = re.findall(r"[\w.*-]{3,}", notice.read_text() + _DATA_PAGE)
        beside = [path for path in files() if path.parent == notice.parent and path != notice]
        data = [path for path in beside if path.name not in {"__init__.py", "manifest.json"}]
        unnamed = [path.name for path in data if not _is_named(path.name, named)]
        assert unnamed == [], f"{notice.relative_to(ROOT)} names neither these nor their pattern"


def _is_named(name: str, patterns: list[str]) -> bool:
    stem = name.split(".")[0]
    return any(fnmatch(name, pattern) or stem == pattern for pattern in patterns)
