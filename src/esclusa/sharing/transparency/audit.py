"""Reading a whole log again: every entry, every tile, the head. And mending tiles.

Everything follows from the entries. So the audit hashes them all and compares each tile, each level
and the signed root with the result; whatever byte was changed, it names the file and the place.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import msgspec

from esclusa.errors import ProofError
from esclusa.sharing.transparency.checkpoint import Checkpoint, open_checkpoint
from esclusa.sharing.transparency.log import CHECKPOINT, read_checkpoint
from esclusa.sharing.transparency.merkle import (
    HASH_BYTES,
    CompactRange,
    fold,
    leaf_hash,
    root_of_hashes,
)
from esclusa.sharing.transparency.note import NoteKey
from esclusa.sharing.transparency.storage import Storage
from esclusa.sharing.transparency.tiles import (
    ENTRIES,
    WIDTH,
    DamagedFile,
    Tile,
    full_tiles,
    levels,
    partial_width,
    split_entries,
)


class Finding(msgspec.Struct, frozen=True):
    """Something wrong with a log. ``offset`` counts bytes in the file, -1 where it has none."""

    path: str
    offset: int
    reason: str


def audit(storage: Storage, origin: str, keys: Sequence[NoteKey]) -> tuple[Finding, ...]:
    """Return all that is wrong with a log; nothing when every byte is as it was signed."""
    try:
        head = _head(storage, origin, keys)
        damages, root = _compare(storage, head.size)
    except DamagedFile as error:
        return (Finding(error.path, error.offset, error.reason),)
    except ProofError as error:
        return (Finding(CHECKPOINT, -1, str(error)),)
    if root == head.root:
        return tuple(_bad_tile(item) for item in damages)
    unlike = tuple(_bad_entry(item) for item in damages if item.tile.level == 0)
    return unlike or (Finding(CHECKPOINT, -1, "the entries do not give the root it signed"),)


def mend(storage: Storage, origin: str, keys: Sequence[NoteKey]) -> tuple[str, ...]:
    """Write damaged tiles anew from the entries and return their paths.

    :raises ProofError: when the entries do not give the signed root. Then nothing is written: only
        a copy of the entries from elsewhere can help.
    """
    head = _head(storage, origin, keys)
    damages, root = _compare(storage, head.size)
    if root != head.root:
        raise ProofError(f"the entries of {origin!r} do not give the root it signed")
    if damages:
        storage.write({item.tile.path: item.expected for item in damages})
    return tuple(item.tile.path for item in damages)


class _Damage(msgspec.Struct, frozen=True):
    """A tile that is not what the entries make of it."""

    tile: Tile
    expected: bytes
    offset: int


def _head(storage: Storage, origin: str, keys: Sequence[NoteKey]) -> Checkpoint:
    return open_checkpoint(read_checkpoint(storage), origin, keys)


def _compare(storage: Storage, size: int) -> tuple[list[_Damage], bytes]:
    """Return the damaged tiles and the root that the entries give."""
    damages: list[_Damage] = []
    roots: list[bytes] = []
    rest = CompactRange()
    for number, hashes in enumerate(_leaf_hashes(storage, size)):
        damages += _differences(storage, 0, number, hashes)
        if len(hashes) == WIDTH:
            roots.append(root_of_hashes(hashes))
        else:
            rest = CompactRange().extend(hashes)
    root = fold((*CompactRange().extend(roots).nodes, *rest.nodes))
    for level in range(1, levels(size)):
        parts = [roots[place : place + WIDTH] for place in range(0, len(roots), WIDTH)]
        for number, hashes in enumerate(parts):
            damages += _differences(storage, level, number, hashes)
        roots = [root_of_hashes(hashes) for hashes in parts if len(hashes) == WIDTH]
    return damages, root


def _leaf_hashes(storage: Storage, size: int) -> Iterator[list[bytes]]:
    """Yield the leaf hashes of each bundle in order.

    :raises DamagedFile: when a bundle is missing or is none.
    """
    bundles = [Tile(ENTRIES, number) for number in range(full_tiles(0, size))]
    if width := partial_width(0, size):
        bundles.append(Tile(ENTRIES, len(bundles), width))
    for bundle in bundles:
        data = storage.read(bundle.path)
        if data is None:
            raise DamagedFile(bundle.path, 0, "missing")
        yield [leaf_hash(entry) for entry in split_entries(data, bundle.width, bundle.path)]


def _differences(
    storage: Storage, level: int, number: int, hashes: Sequence[bytes]
) -> Iterable[_Damage]:
    tile, expected = Tile(level, number, len(hashes)), b"".join(hashes)
    found = storage.read(tile.path)
    if found != expected:
        yield _Damage(tile, expected, _first_difference(found or b"", expected))


def _first_difference(found: bytes, expected: bytes) -> int:
    pairs = enumerate(zip(found, expected, strict=False))
    shorter = min(len(found), len(expected))
    return next((place for place, (one, other) in pairs if one != other), shorter)


def _bad_tile(damage: _Damage) -> Finding:
    reason = f"hash {damage.offset // HASH_BYTES} is not the one that the entries give"
    return Finding(damage.tile.path, damage.offset, reason)


def _bad_entry(damage: _Damage) -> Finding:
    number = damage.tile.number * WIDTH + damage.offset // HASH_BYTES
    bundle = damage.tile._replace(level=ENTRIES)
    return Finding(bundle.path, -1, f"entry {number} is not the one in {damage.tile.path}")
