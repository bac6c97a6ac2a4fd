"""What commands about messages are given: files, folders, standard input."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import click

if TYPE_CHECKING:
    from esclusa.formats.files import OpenedFile

paths_argument = click.argument(
    "paths", nargs=-1, required=True, type=click.Path(path_type=Path, exists=True, allow_dash=True)
)


class Input(NamedTuple):
    """A file to read; ``path`` is None for standard input. ``name`` is for people."""

    name: str
    path: Path | None

    def open(self) -> OpenedFile:
        """Open it, unpacked; raises as :func:`~esclusa.formats.files.open_file`."""
        from esclusa.formats import open_file, open_stream

        if self.path is None:
            return open_stream(sys.stdin.buffer, self.name)
        return open_file(self.path)

    @property
    def size(self) -> int:
        """Bytes on disk, 0 for a stream."""
        return self.path.stat().st_size if self.path else 0


def inputs(*paths: Path) -> list[Input]:
    """Return the files that paths name, those in folders to their depth and in order of name."""
    return [found for path in paths for found in _below(path)]


def _below(path: Path) -> Iterator[Input]:
    if path == Path("-"):
        yield Input("standard-input", None)
    elif path.is_dir():
        for file in sorted(item for item in path.rglob("*") if item.is_file()):
            yield Input(str(file.relative_to(path)), file)
    else:
        yield Input(path.name, path)


def total_size(found: list[Input]) -> int | None:
    """Return the bytes of all files; None when one is a stream or packed."""
    plain = [each for each in found if each.path is not None and each.path.suffix != ".gz"]
    return sum(each.size for each in plain) if len(plain) == len(found) else None
