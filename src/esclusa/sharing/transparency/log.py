"""A log under the hands of the node that keeps it: append in groups, sign the head, prove.

A group of entries is one commit: the new tiles, the bundles and the checkpoint signed over them
become durable together. The head that is signed always continues the last one, for it is made from
what the storage holds; a log whose tiles do not give its own signed root does not open.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from esclusa.errors import ProofError
from esclusa.sharing.transparency import tree
from esclusa.sharing.transparency.checkpoint import Checkpoint, open_checkpoint
from esclusa.sharing.transparency.merkle import EMPTY_ROOT, fold, leaf_hash, root_of_hashes
from esclusa.sharing.transparency.note import NoteKey
from esclusa.sharing.transparency.storage import Storage
from esclusa.sharing.transparency.tiles import (
    ENTRIES,
    WIDTH,
    Tile,
    full_tiles,
    join_entries,
    levels,
    partial_tiles,
    partial_width,
    split_entries,
    split_hashes,
)
from esclusa.sharing.transparency.witness import Request

CHECKPOINT: Final = "checkpoint"


def start_log(storage: Storage, origin: str, private: Ed25519PrivateKey) -> None:
    """Begin an empty log.

    :raises ProofError: when there is one already; a log is never begun twice.
    """
    if storage.read(CHECKPOINT) is not None:
        raise ProofError(f"the log {origin!r} exists already")
    storage.write({CHECKPOINT: Checkpoint(origin, 0, EMPTY_ROOT).signed(private)})


class Log:
    """One log and its place of storage. One thread at a time.

    :param keys: public keys of this log so far, for a head that an earlier key signed.
    :raises ProofError: when there is no log, or its files do not give the root that it signed.
    """

    def __init__(
        self,
        storage: Storage,
        origin: str,
        private: Ed25519PrivateKey,
        keys: Sequence[NoteKey] = (),
    ) -> None:
        self._storage = storage
        self._private = private
        own = NoteKey(origin, private.public_key().public_bytes_raw())
        self.signed = read_checkpoint(storage)
        self.head = open_checkpoint(self.signed, origin, (own, *keys))
        self._edge = _read_edge(storage, self.head.size)
        self._entries = _read_last_entries(storage, self.head.size)
        if _root(self._edge) != self.head.root:
            raise ProofError(f"the tiles of {origin!r} do not give the root it signed: audit it")

    def append(self, entries: Sequence[bytes]) -> Checkpoint:
        """Add entries in one commit and return the new head; durable when this returns.

        :raises ValueError: when an entry is longer than 65,535 bytes.
        :raises LedgerError: when the disk fails; the log is then as it was.
        """
        files: dict[str, bytes | None] = {}
        edge, bundle = self._grow(entries, files)
        head = Checkpoint(self.head.origin, self.head.size + len(entries), _root(edge))
        gone = set(partial_tiles(self.head.size)) - set(partial_tiles(head.size))
        signed = head.signed(self._private)
        # The checkpoint comes last in its group: a log without one is no log.
        self._storage.write({**files, **{tile.path: None for tile in gone}, CHECKPOINT: signed})
        self.head, self.signed, self._edge, self._entries = head, signed, edge, bundle
        return head

    def prove_inclusion(self, index: int, size: int) -> tuple[bytes, ...]:
        """Return the proof that entry ``index`` is among the first ``size`` entries."""
        return tree.prove_inclusion(self._storage, index, size, self.head.size)

    def prove_consistency(self, old: int, new: int) -> tuple[bytes, ...]:
        """Return the proof that the first ``old`` entries begin the first ``new``."""
        return tree.prove_consistency(self._storage, old, new, self.head.size)

    def request(self, old: int) -> Request:
        """Return what a witness that saw ``old`` entries last needs to sign the present head."""
        proof = self.prove_consistency(old, self.head.size)
        return Request(old, proof, self.signed)

    def _grow(
        self, entries: Sequence[bytes], files: dict[str, bytes | None]
    ) -> tuple[list[list[bytes]], list[bytes]]:
        """Put the files that change into ``files``; return the new edge and the last bundle."""
        bundle = _cut(files, ENTRIES, full_tiles(0, self.head.size), [*self._entries, *entries])
        edge: list[list[bytes]] = []
        hashes = [leaf_hash(entry) for entry in entries]
        while hashes:
            level = len(edge)
            items = [*(self._edge[level] if level < len(self._edge) else ()), *hashes]
            edge.append(_cut(files, level, full_tiles(level, self.head.size), items))
            hashes = [root_of_hashes(part) for part in _full_parts(items)]
        return [*edge, *self._edge[len(edge) :]], bundle


def read_checkpoint(storage: Storage) -> bytes:
    """Return the signed head as it is kept.

    :raises ProofError: when there is no log.
    """
    data = storage.read(CHECKPOINT)
    if data is None:
        raise ProofError("there is no log here")
    return data


def _cut(
    files: dict[str, bytes | None], level: int | str, number: int, items: list[bytes]
) -> list[bytes]:
    """Enter the tiles that these items fill, and the partial one; return the items of that one."""
    pack = join_entries if level == ENTRIES else b"".join
    for part in _full_parts(items):
        files[Tile(level, number).path] = pack(part)
        number += 1
    rest = items[len(items) // WIDTH * WIDTH :]
    if rest:
        files[Tile(level, number, len(rest)).path] = pack(rest)
    return rest


def _full_parts(items: list[bytes]) -> list[list[bytes]]:
    return [items[place : place + WIDTH] for place in range(0, len(items) // WIDTH * WIDTH, WIDTH)]


def _root(edge: Sequence[Sequence[bytes]]) -> bytes:
    """Return the root of a tree from the hashes of its partial tiles, the lowest level first."""
    nodes: list[bytes] = []
    for hashes in reversed(edge):
        place = 0
        for bit in range(len(hashes).bit_length() - 1, -1, -1):
            if len(hashes) >> bit & 1:
                nodes.append(root_of_hashes(hashes[place : place + (1 << bit)]))
                place += 1 << bit
    return fold(nodes)


def _read_edge(storage: Storage, size: int) -> list[list[bytes]]:
    edge = []
    for level in range(levels(size)):
        tile = Tile(level, full_tiles(level, size), partial_width(level, size))
        data = storage.read(tile.path) if tile.width else b""
        edge.append(split_hashes(data or b"", tile.width, tile.path))
    return edge


def _read_last_entries(storage: Storage, size: int) -> list[bytes]:
    tile = Tile(ENTRIES, full_tiles(0, size), partial_width(0, size))
    data = storage.read(tile.path) if tile.width else b""
    return split_entries(data or b"", tile.width, tile.path)
