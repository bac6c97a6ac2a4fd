"""Names and contents of the files a log is kept in (C2SP tlog-tiles).

A *tile* holds up to 256 consecutive hashes of one level: leaf hashes at level 0; above it the roots
of full tiles of the level below. An *entry bundle* holds the entries of a tile of level 0, each
with its length before it. Both are partial while they grow, with their width in the name, and never
change once they are full.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from esclusa.errors import ProofError
from esclusa.sharing.transparency.merkle import HASH_BYTES

WIDTH: Final = 256
HEIGHT: Final = 8
"""A tile is a subtree of this height: 2**8 hashes."""

MAX_ENTRY: Final = 0xFFFF
"""Longest entry in bytes: its length is written in 16 bits."""

ENTRIES: Final = "entries"


class DamagedFile(ProofError):
    """A file of a log is not what its name says. ``offset`` counts bytes from its start."""

    def __init__(self, path: str, offset: int, reason: str) -> None:
        self.path, self.offset, self.reason = path, offset, reason
        super().__init__(f"{path}, byte {offset}: {reason}")


class Tile(NamedTuple):
    """One file: ``level`` is a number, or ``"entries"``; ``width`` counts hashes or entries."""

    level: int | str
    number: int
    width: int = WIDTH

    @property
    def path(self) -> str:
        """Return the path below the log's prefix, such as ``tile/0/x001/x234/067.p/8``."""
        groups = [f"{self.number % 1000:03}"]
        rest = self.number // 1000
        while rest:
            groups.insert(0, f"x{rest % 1000:03}")
            rest //= 1000
        partial = "" if self.width == WIDTH else f".p/{self.width}"
        return f"tile/{self.level}/{'/'.join(groups)}{partial}"


def partial_width(level: int, size: int) -> int:
    """Return how many hashes the last tile of a level holds; 0 when its last tile is full."""
    return (size >> HEIGHT * level) % WIDTH


def levels(size: int) -> int:
    """Return how many levels of tiles a tree has."""
    return max(1, -(-size.bit_length() // HEIGHT)) if size else 0


def full_tiles(level: int, size: int) -> int:
    """Return how many full tiles a level has."""
    return size >> HEIGHT * (level + 1)


def partial_tiles(size: int) -> tuple[Tile, ...]:
    """Return the partial tiles at the right edge of a tree, and its partial entry bundle."""
    found = [
        Tile(level, full_tiles(level, size), width)
        for level in range(levels(size))
        if (width := partial_width(level, size))
    ]
    if width := partial_width(0, size):
        found.append(Tile(ENTRIES, full_tiles(0, size), width))
    return tuple(found)


def tiles_of(size: int) -> tuple[Tile, ...]:
    """Return every file of a tree: full tiles and bundles in order, then those at the edge."""
    full = [
        Tile(level, number)
        for level in range(levels(size))
        for number in range(full_tiles(level, size))
    ]
    bundles = [Tile(ENTRIES, number) for number in range(full_tiles(0, size))]
    return (*full, *bundles, *partial_tiles(size))


def split_hashes(data: bytes, width: int, path: str) -> list[bytes]:
    """Return the first ``width`` hashes of a tile.

    :raises DamagedFile: when the tile is too short for them.
    """
    if len(data) < width * HASH_BYTES:
        raise DamagedFile(path, len(data), f"cut off, expected {width * HASH_BYTES} bytes")
    return [data[place : place + HASH_BYTES] for place in range(0, width * HASH_BYTES, HASH_BYTES)]


def join_entries(entries: Sequence[bytes]) -> bytes:
    """Return the bytes of an entry bundle.

    :raises ValueError: when an entry is longer than 65,535 bytes.
    """
    for entry in entries:
        if len(entry) > MAX_ENTRY:
            raise ValueError(f"an entry has at most {MAX_ENTRY} bytes, not {len(entry)}")
    return b"".join([len(entry).to_bytes(2, "big") + entry for entry in entries])


def split_entries(data: bytes, width: int, path: str) -> list[bytes]:
    """Return the entries of a bundle.

    :raises DamagedFile: when the bundle does not hold exactly ``width`` entries.
    """
    entries, place = [], 0
    for _ in range(width):
        start = place + 2
        place = start + int.from_bytes(data[place:start], "big")
        if start > len(data) or place > len(data):
            raise DamagedFile(path, start - 2, "the entry is cut off")
        entries.append(data[start:place])
    if place != len(data):
        raise DamagedFile(path, place, f"more than the {width} entries expected")
    return entries
