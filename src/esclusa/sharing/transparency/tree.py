"""Reading hashes from a log's tiles, and the proofs made of them."""

from __future__ import annotations

from collections.abc import Sequence

from esclusa.errors import ProofError
from esclusa.sharing.transparency.merkle import (
    Range,
    consistency_ranges,
    fold,
    inclusion_ranges,
    root_of_hashes,
    split_point,
)
from esclusa.sharing.transparency.storage import Storage
from esclusa.sharing.transparency.tiles import (
    ENTRIES,
    HEIGHT,
    WIDTH,
    Tile,
    full_tiles,
    partial_width,
    split_entries,
    split_hashes,
)


def prove_inclusion(storage: Storage, index: int, size: int, held: int) -> tuple[bytes, ...]:
    """Return the hashes that prove entry ``index`` in the first ``size`` entries of a log.

    :param held: how many entries the storage holds now, ``size`` or more.
    :raises ProofError: when there is no such entry, or a tile is missing.
    """
    return _hashes(storage, inclusion_ranges(index, size), held)


def prove_consistency(storage: Storage, old: int, new: int, held: int) -> tuple[bytes, ...]:
    """Return the hashes that prove the first ``old`` entries to be the beginning of ``new``.

    :param held: how many entries the storage holds now, ``new`` or more.
    :raises ProofError: when the log would have to shrink, or a tile is missing.
    """
    return _hashes(storage, consistency_ranges(old, new), held)


def root_at(storage: Storage, size: int, held: int) -> bytes:
    """Return the root that a log had at an earlier size.

    :raises ProofError: when a tile is missing.
    """
    return _range_hash(storage, (0, size), held)


def read_tile(storage: Storage, tile: Tile, held: int) -> bytes:
    """Return the bytes of a tile or bundle at an earlier width, cut from the one held now.

    :raises ProofError: when there is none.
    """
    level = 0 if tile.level == ENTRIES else int(tile.level)
    full = tile.number < full_tiles(level, held)
    now = tile._replace(width=WIDTH if full else partial_width(level, held))
    data = storage.read(now.path) if now.width >= tile.width else None
    if data is None:
        raise ProofError(f"{tile.path}: not held by this log of {held} entries")
    if tile.level == ENTRIES:
        entries = split_entries(data, now.width, now.path)[: tile.width]
        return data[: sum(len(entry) + 2 for entry in entries)]
    return b"".join(split_hashes(data, tile.width, now.path))


def _hashes(storage: Storage, ranges: Sequence[Range], held: int) -> tuple[bytes, ...]:
    if any(end > held for _begin, end in ranges):
        raise ProofError(f"this log holds {held} entries, fewer than the proof is about")
    return tuple(_range_hash(storage, item, held) for item in ranges)


def _range_hash(storage: Storage, entries: Range, held: int) -> bytes:
    """Return the root over a range that starts where a subtree of its size can start."""
    begin, end = entries
    nodes = []
    while begin < end:
        count = split_point(end - begin + 1)
        level = count.bit_length() - 1
        nodes.append(_node(storage, level, begin >> level, held))
        begin += count
    return fold(nodes)


def _node(storage: Storage, level: int, index: int, held: int) -> bytes:
    """Return the root of a complete subtree of ``2**level`` entries."""
    tile_level, height = divmod(level, HEIGHT)
    number, place = divmod(index << height, WIDTH)
    count = 1 << height
    tile = Tile(tile_level, number, place + count)
    hashes = split_hashes(read_tile(storage, tile, held), place + count, tile.path)
    return root_of_hashes(hashes[place:])
