"""Compiled loops are kept in files for the next process; bad files cost time and nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numba
import numpy as np
import pytest
from numba.core import caching

from esclusa.formats.edifact.columns import compiled, loops

TEXT = np.frombuffer(b"  ab  cd  ", np.uint8).copy()


def stripped(loop: Any) -> list[tuple[int, int]]:
    """What the loop says of two spans."""
    begin, end = np.array([0, 4], np.int32), np.array([4, 10], np.int32)
    first, last = np.empty(2, np.int32), np.empty(2, np.int32)
    loop(TEXT, begin, end, first, last)
    return list(zip(first.tolist(), last.tolist(), strict=True))


def folder(monkeypatch: pytest.MonkeyPatch, path: Path) -> None:
    monkeypatch.setattr(numba.config, "CACHE_DIR", str(path))


def made(loop: Any) -> Any:
    """Compiled as in a new process."""
    return compiled.compiled.__wrapped__(loop)


@pytest.mark.parametrize("suffix", [".nbi", ".nbc"], ids=["list of files", "code"])
def test_a_file_that_was_cut_short_is_not_used(
    suffix: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder(monkeypatch, tmp_path)
    assert stripped(made(loops.stripped)) == [(2, 4), (6, 8)]
    (kept,) = tmp_path.rglob(f"*{suffix}")
    kept.write_bytes(b"")
    assert stripped(made(loops.stripped)) == [(2, 4), (6, 8)]


def test_code_for_other_arrays_is_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two processes that compile at once may write the same file."""
    folder(monkeypatch, tmp_path)
    walk = made(loops.stripped)
    assert stripped(walk) == [(2, 4), (6, 8)]
    (kept,) = tmp_path.rglob("*.nbc")
    walk(TEXT, *np.zeros((4, 2), np.int64))
    (other,) = set(tmp_path.rglob("*.nbc")) - {kept}
    kept.write_bytes(other.read_bytes())
    assert stripped(made(loops.stripped)) == [(2, 4), (6, 8)]


def test_a_full_disk_keeps_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder(monkeypatch, tmp_path)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(caching.IndexDataCacheFile, "save", full)
    walk = made(loops.stripped)
    assert stripped(walk) == stripped(walk) == [(2, 4), (6, 8)]
    assert not [*tmp_path.rglob("*.nb?")]


def test_files_of_another_version_have_other_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A package may come with the times of its build, so that time and size tell nothing."""

    def one(found: Any) -> None:
        found[0] = 1

    folder(monkeypatch, tmp_path)
    changed = tuple(2 if each == 1 else each for each in one.__code__.co_consts)
    then, now = np.zeros(1, np.int32), np.zeros(1, np.int32)
    made(one)(then)
    one.__code__ = one.__code__.replace(co_consts=changed)
    made(one)(now)
    assert [*then, *now] == [1, 2]
