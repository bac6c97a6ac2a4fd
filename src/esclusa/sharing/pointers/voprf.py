"""A verifiable oblivious pseudorandom function: RFC 9497, ristretto255-SHA512, verifiable mode.

The owner of a key computes a keyed hash of the asker's input without seeing it; the asker gets the
hash of its own input, and a proof that it was made with the key agreed on.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec

from esclusa.sharing.pointers import group, proof
from esclusa.sharing.pointers.group import Random
from esclusa.sharing.pointers.suite import (
    CONTEXT,
    digest,
    framed,
    hash_to_group,
    hash_to_scalar,
)

SEED: Final = 32
OUTPUT: Final = 64
LONGEST_INPUT: Final = 0xFFFF
"""An input's length, and the number of elements under one proof, take two bytes."""


class KeyPair(msgspec.Struct, frozen=True):
    """A scalar to keep, and the element that proofs are checked against."""

    secret: bytes
    public: bytes

    def __repr__(self) -> str:
        return f"KeyPair({self.public.hex()})"


def derive_key(seed: bytes, info: bytes) -> KeyPair:
    """Return the key pair of 32 secret bytes and a public label (``DeriveKeyPair``, §3.2.1).

    :raises ValueError: when the seed does not have 32 bytes.
    """
    if len(seed) != SEED:
        raise ValueError(f"a seed of {SEED} bytes was expected")
    tag = b"DeriveKeyPair" + CONTEXT
    tries = (hash_to_scalar(seed + framed(info) + bytes([n]), tag) for n in range(256))
    secret = next(found for found in tries if group.is_scalar(found))
    return KeyPair(secret, group.multiply_generator(secret))


def blind(data: bytes, by: bytes) -> bytes:
    """Return an input hidden by a random scalar (``Blind``, §3.3.1)."""
    return group.multiply(by, hash_to_group(data))


def evaluate(
    key: KeyPair, blinded: Sequence[bytes], random: Random
) -> tuple[tuple[bytes, ...], bytes]:
    """Return the evaluated elements, in order, and one proof for all (``BlindEvaluate``, §3.3.2).

    :raises ValueError: for no element at all, or for one that is none.
    """
    if not 0 < len(blinded) <= LONGEST_INPUT:
        raise ValueError(f"1 to {LONGEST_INPUT} elements were expected")
    evaluated = tuple(group.multiply(key.secret, item) for item in blinded)
    r = group.random_scalar(random)
    return evaluated, proof.prove(key.secret, key.public, blinded, evaluated, r)


def finalize(data: bytes, by: bytes, evaluated: bytes) -> bytes:
    """Return the 64 bytes of the function at an input of ours (``Finalize``, §3.3.2).

    Check the batch's proof first (:func:`esclusa.sharing.pointers.proof.holds`).
    """
    return _output(data, group.multiply(group.invert(by), evaluated))


def compute(key: KeyPair, data: bytes) -> bytes:
    """Return the same 64 bytes for an input that the holder of the key knows (``Evaluate``)."""
    return _output(data, group.multiply(key.secret, hash_to_group(data)))


def _output(data: bytes, issued: bytes) -> bytes:
    return digest(framed(data, issued) + b"Finalize")
