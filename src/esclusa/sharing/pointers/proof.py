"""Proof that one key evaluated all elements of a batch, without showing it (RFC 9497 §2.2).

A proof of equal discrete logarithms (Chaum and Pedersen), made without interaction, one for a whole
batch. It keeps an owner from marking an asker's elements with different keys.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import reduce
from typing import Final

from esclusa.sharing.pointers import group
from esclusa.sharing.pointers.suite import CONTEXT, digest, framed, hash_to_scalar

PROOF: Final = 64
"""Bytes of a proof: challenge and response."""

_SEED_TAG: Final = b"Seed-" + CONTEXT


def prove(
    secret: bytes, public: bytes, blinded: Sequence[bytes], evaluated: Sequence[bytes], r: bytes
) -> bytes:
    """Return the proof for a batch of at least one element (``GenerateProof``, §2.2.1).

    :param r: a fresh random scalar; the same one under two proofs would give the key away.
    """
    weights = tuple(_weights(public, blinded, evaluated))
    m = _weighted(weights, blinded)
    z = group.multiply(secret, m)
    t2, t3 = group.multiply_generator(r), group.multiply(r, m)
    challenge = _challenge(public, m, z, t2, t3)
    return challenge + group.less_product(r, challenge, secret)


def holds(
    public: bytes, blinded: Sequence[bytes], evaluated: Sequence[bytes], proof: bytes
) -> bool:
    """Tell whether a proof holds (``VerifyProof``, §2.2.2). Whatever is malformed does not."""
    challenge, response = proof[: group.SIZE], proof[group.SIZE :]
    if len(blinded) != len(evaluated) or not blinded:
        return False
    if not (group.is_scalar(challenge) and group.is_scalar(response)):
        return False
    try:
        return challenge == _expected(public, blinded, evaluated, challenge, response)
    except ValueError:
        return False


def _expected(
    public: bytes,
    blinded: Sequence[bytes],
    evaluated: Sequence[bytes],
    challenge: bytes,
    response: bytes,
) -> bytes:
    weights = tuple(_weights(public, blinded, evaluated))
    m, z = _weighted(weights, blinded), _weighted(weights, evaluated)
    t2 = group.add(group.multiply_generator(response), group.multiply(challenge, public))
    t3 = group.add(group.multiply(response, m), group.multiply(challenge, z))
    return _challenge(public, m, z, t2, t3)


def _weights(
    public: bytes, blinded: Sequence[bytes], evaluated: Sequence[bytes]
) -> Iterator[bytes]:
    """Yield the weight of each pair (``ComputeComposites``, §2.2.1)."""
    seed = digest(framed(public, _SEED_TAG))
    for number, pair in enumerate(zip(blinded, evaluated, strict=True)):
        said = framed(seed) + number.to_bytes(2, "big") + framed(*pair) + b"Composite"
        yield hash_to_scalar(said)


def _weighted(weights: Sequence[bytes], elements: Sequence[bytes]) -> bytes:
    return reduce(group.add, map(group.multiply, weights, elements))


def _challenge(*elements: bytes) -> bytes:
    return hash_to_scalar(framed(*elements) + b"Challenge")
