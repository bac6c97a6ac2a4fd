"""The Merkle tree of RFC 6962, section 2.1, and the checks of its proofs.

A leaf is hashed as ``SHA-256(0x00 || entry)``, an inner node as ``SHA-256(0x01 || left || right)``;
so nobody can pass a node off as a leaf. The tree of ``n`` leaves splits at the largest power of two
below ``n``. Hashes are 32 raw bytes, positions count from 0.

The entries of Esclusa's logs are themselves commitments, ``SHA-256(salt || body)``. Erasing a
record drops its salt and its body. The commitment stays, tells nothing without the salt, and every
proof that was ever handed out still holds.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Sequence
from hashlib import sha256
from typing import Final

import msgspec

from esclusa.errors import ProofError

EMPTY_ROOT: Final = sha256(b"").digest()
"""The root of the tree without leaves."""

SALT_BYTES: Final = 32
"""As long as the hash: guessing a short body, such as a passport number, stays hopeless."""

HASH_BYTES: Final = 32


def new_salt() -> bytes:
    """Return a fresh salt for one record."""
    return secrets.token_bytes(SALT_BYTES)


def commitment(salt: bytes, body: bytes) -> bytes:
    """Return the log's entry for a body; without the salt it tells nothing about the body.

    :raises ValueError: when the salt is not 32 bytes; of fixed length, it cannot run into the body.
    """
    if len(salt) != SALT_BYTES:
        raise ValueError(f"a salt has {SALT_BYTES} bytes, not {len(salt)}")
    return sha256(salt + body).digest()


def leaf_hash(entry: bytes) -> bytes:
    """Return the hash of one entry."""
    return sha256(b"\x00" + entry).digest()


def leaf_hashes(entries: Iterable[bytes]) -> list[bytes]:
    """Return the hash of each of these entries."""
    return [sha256(b"\x00" + entry).digest() for entry in entries]


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash over two subtrees."""
    return sha256(b"\x01" + left + right).digest()


def root(leaf_bytes: Iterable[bytes]) -> bytes:
    """Return the root over entries, which are hashed here."""
    return root_of_hashes(leaf_hashes(leaf_bytes))


def root_of_hashes(hashes: Sequence[bytes]) -> bytes:
    """Return the root over leaf hashes, or over equally high subtrees.

    A node without a right sibling moves up unchanged; that is the split of RFC 6962 read upwards.
    """
    level = hashes
    while len(level) > 1:
        above = [
            sha256(b"\x01" + left + right).digest()
            for left, right in zip(level[::2], level[1::2], strict=False)
        ]
        if len(level) % 2:
            above.append(level[-1])
        level = above
    return level[0] if level else EMPTY_ROOT


class CompactRange(msgspec.Struct, frozen=True):
    """All that appending needs to know of a tree: its size and at most 63 hashes.

    ``nodes`` are the roots of the complete subtrees that make up the tree, the largest first: one
    for each 1 in the binary form of ``size``.
    """

    size: int = 0
    nodes: tuple[bytes, ...] = ()

    def append(self, hash_of_leaf: bytes) -> CompactRange:
        """Return the range with one more leaf."""
        return self.extend((hash_of_leaf,))

    def extend(self, leaf_hashes: Iterable[bytes]) -> CompactRange:
        """Return the range with more leaves."""
        size, nodes = self.size, list(self.nodes)
        for node in leaf_hashes:
            # Each trailing 1 of the old size is a finished subtree that the new leaf completes.
            for _ in range((~size & size + 1).bit_length() - 1):
                node = node_hash(nodes.pop(), node)  # noqa: PLW2901
            nodes.append(node)
            size += 1
        return CompactRange(size, tuple(nodes))

    def root(self) -> bytes:
        """Return the root of the tree so far."""
        return fold(self.nodes)


def fold(nodes: Sequence[bytes]) -> bytes:
    """Return the root over complete subtrees given from the left, the largest first."""
    if not nodes:
        return EMPTY_ROOT
    *others, result = nodes
    for node in reversed(others):
        result = node_hash(node, result)
    return result


# --- which hashes a proof consists of -------------------------------------------------------------

Range = tuple[int, int]
"""Entries from the first number up to, and without, the second."""


def split_point(size: int) -> int:
    """Return the largest power of two below ``size`` (RFC 6962: ``k < n <= 2k``)."""
    return 1 << ((size - 1).bit_length() - 1)


def inclusion_ranges(index: int, size: int) -> tuple[Range, ...]:
    """Return the ranges whose hashes prove entry ``index`` in a tree of ``size`` (section 2.1.1).

    :raises ProofError: when there is no such entry.
    """
    if not 0 <= index < size:
        raise ProofError(f"there is no entry {index} in a log of {size} entries")
    begin, end, ranges = 0, size, []
    while end - begin > 1:
        middle = begin + split_point(end - begin)
        if index < middle:
            ranges.append((middle, end))
            end = middle
        else:
            ranges.append((begin, middle))
            begin = middle
    return tuple(reversed(ranges))


def consistency_ranges(old: int, new: int) -> tuple[Range, ...]:
    """Return the ranges whose hashes prove that ``old`` entries are the first of ``new`` (2.1.2).

    :raises ProofError: when the log would have to shrink.
    """
    if not 0 <= old <= new:
        raise ProofError(f"a log of {old} entries cannot be the beginning of one of {new}")
    if old in (0, new):
        return ()
    begin, end, ranges = 0, new, []
    while end != old:
        middle = begin + split_point(end - begin)
        if old <= middle:
            ranges.append((middle, end))
            end = middle
        else:
            ranges.append((begin, middle))
            begin = middle
    if begin:
        ranges.append((begin, end))
    return tuple(reversed(ranges))


# --- checking -------------------------------------------------------------------------------------


def check_inclusion(
    index: int, size: int, hash_of_leaf: bytes, proof: Sequence[bytes], root: bytes
) -> None:
    """Check that a leaf is entry ``index`` of the tree with this root (RFC 9162, 2.1.3.2).

    :raises ProofError: when it does not follow.
    """
    if not 0 <= index < size:
        raise ProofError(f"there is no entry {index} in a log of {size} entries")
    _check_hashes(hash_of_leaf, root, *proof)
    first, second, result = index, size - 1, hash_of_leaf
    for node in proof:
        if second == 0:
            raise ProofError("the proof of inclusion is too long")
        if first & 1 or first == second:
            result = node_hash(node, result)
            first, second = _strip(first, second)
        else:
            result = node_hash(result, node)
        first, second = first >> 1, second >> 1
    if second:
        raise ProofError("the proof of inclusion is too short")
    if result != root:
        raise ProofError(f"entry {index} is not in the log of {size} entries with this root")


def check_consistency(
    old: int, new: int, old_root: bytes, new_root: bytes, proof: Sequence[bytes]
) -> None:
    """Check that the old tree is the beginning of the new one (RFC 9162, section 2.1.4.2).

    :raises ProofError: when it does not follow: something was changed, dropped or reordered.
    """
    if not 0 <= old <= new:
        raise ProofError(f"a log of {old} entries cannot be the beginning of one of {new}")
    _check_hashes(old_root, new_root, *proof)
    if old in (0, new):
        return _check_trivial(old, new, old_root, new_root, proof)
    if not proof:
        raise ProofError("the proof of consistency is empty")
    path = (old_root, *proof) if old & (old - 1) == 0 else tuple(proof)
    first, second = old - 1, new - 1
    while first & 1:
        first, second = first >> 1, second >> 1
    before = after = path[0]
    for node in path[1:]:
        if second == 0:
            raise ProofError("the proof of consistency is too long")
        if first & 1 or first == second:
            before, after = node_hash(node, before), node_hash(node, after)
            first, second = _strip(first, second)
        else:
            after = node_hash(after, node)
        first, second = first >> 1, second >> 1
    if second:
        raise ProofError("the proof of consistency is too short")
    if before != old_root or after != new_root:
        raise ProofError(f"the log of {new} entries does not continue the one of {old} entries")
    return None


def _strip(first: int, second: int) -> tuple[int, int]:
    """Shift both until the first is odd or zero (RFC 9162, step 4.b.ii)."""
    while first and not first & 1:
        first, second = first >> 1, second >> 1
    return first, second


def _check_trivial(
    old: int, new: int, old_root: bytes, new_root: bytes, proof: Sequence[bytes]
) -> None:
    if proof:
        raise ProofError("nothing is to be proved, but the proof of consistency is not empty")
    if old == 0 and old_root != EMPTY_ROOT:
        raise ProofError("the root of an empty log is not the hash of nothing")
    if old == new and old_root != new_root:
        raise ProofError(f"two different logs of {new} entries: the log has forked")


def _check_hashes(*hashes: bytes) -> None:
    for value in hashes:
        if len(value) != HASH_BYTES:
            raise ProofError(f"a hash has {HASH_BYTES} bytes, not {len(value)}")
