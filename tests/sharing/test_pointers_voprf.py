"""RFC 9497: the vectors of its appendix A.1.2, another implementation, and what must be refused."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pointer_worlds import seeded
from voprf import ristretto as peer

from esclusa.sharing.pointers import group, proof, voprf
from esclusa.sharing.pointers.voprf import KeyPair

SEED = bytes.fromhex("a3" * 32)
INFO = b"test key"
SECRET = "e6f73f344b79b379f1a0dd37e07ff62e38d9f71345ce62ae3a9bc60b04ccd909"
PUBLIC = "c803e2cc6b05fc15064549b5920659ca4a77b2cca6f04f6b357009335476ad4e"


class Vector(NamedTuple):
    """One test vector, fields as the RFC names them, batches as tuples, all in hexadecimal."""

    input: tuple[str, ...]
    blind: tuple[str, ...]
    blinded: tuple[str, ...]
    evaluated: tuple[str, ...]
    proof: str
    random: str
    output: tuple[str, ...]


A = "64d37aed22a27f5191de1c1d69fadb899d8862b58eb4220029e036ec4c1f6706"
B = "222a5e897cf59db8145db8d16e597e8facb80ae7d4e26d9881aa6f61d645fc0e"
OUTPUT_1 = "b58cfbe118e0cb94d79b5fd6a6dafb98764dff49c14e1770b566e42402da1a7da4d8527693914139caee5bd03903af43a491351d23b430948dd50cde10d32b3c"
OUTPUT_2 = "8a9a2f3c7f085b65933594309041fc1898d42d0858e59f90814ae90571a6df60356f4610bf816f27afdd84f47719e480906d27ecd994985890e5f539e7ea74b6"
VECTORS = {
    "A.1.2.1": Vector(
        ("00",), (A,),
        ("863f330cc1a1259ed5a5998a23acfd37fb4351a793a5b3c090b642ddc439b945",),
        ("aa8fa048764d5623868679402ff6108d2521884fa138cd7f9c7669a9a014267e",),
        "ddef93772692e535d1a53903db24367355cc2cc78de93b3be5a8ffcc6985dd066d4346421d17bf5117a2a1ff0fcb2a759f58a539dfbe857a40bce4cf49ec600d",
        B, (OUTPUT_1,),
    ),
    "A.1.2.2": Vector(
        ("5a" * 17,), (A,),
        ("cc0b2a350101881d8a4cba4c80241d74fb7dcbfde4a61fde2f91443c2bf9ef0c",),
        ("60a59a57208d48aca71e9e850d22674b611f752bed48b36f7a91b372bd7ad468",),
        "401a0da6264f8cf45bb2f5264bc31e109155600babb3cd4e5af7d181a2c9dc0a67154fabf031fd936051dec80b0b6ae29c9503493dde7393b722eafdf5a50b02",
        B, (OUTPUT_2,),
    ),
    "A.1.2.3": Vector(
        ("00", "5a" * 17), (A, B),
        ("863f330cc1a1259ed5a5998a23acfd37fb4351a793a5b3c090b642ddc439b945",
         "90a0145ea9da29254c3a56be4fe185465ebb3bf2a1801f7124bbbadac751e654"),
        ("aa8fa048764d5623868679402ff6108d2521884fa138cd7f9c7669a9a014267e",
         "cc5ac221950a49ceaa73c8db41b82c20372a4c8d63e5dded2db920b7eee36a2a"),
        "cc203910175d786927eeb44ea847328047892ddf8590e723c37205cb74600b0a5ab5337c8eb4ceae0494c2cf89529dcf94572ed267473d567aeed6ab873dee08",
        "419c4f4f5052c53c45f3da494d2b67b220d02118e0857cdbcf037f9ea84bbe0c", (OUTPUT_1, OUTPUT_2),
    ),
}  # fmt: skip


def _bytes(items: tuple[str, ...]) -> tuple[bytes, ...]:
    return tuple(map(bytes.fromhex, items))


@pytest.fixture(params=VECTORS)
def vector(request: pytest.FixtureRequest) -> Vector:
    return VECTORS[request.param]


@pytest.fixture
def key() -> KeyPair:
    return voprf.derive_key(SEED, INFO)


def test_the_key_is_derived_as_in_3_2_1(key: KeyPair) -> None:
    assert (key.secret.hex(), key.public.hex()) == (SECRET, PUBLIC)


def test_blinding_gives_the_vector(vector: Vector) -> None:
    pairs = zip(_bytes(vector.input), _bytes(vector.blind), strict=True)
    assert tuple(voprf.blind(data, by).hex() for data, by in pairs) == vector.blinded


def test_evaluation_gives_the_vector(vector: Vector, key: KeyPair) -> None:
    evaluated, _proof = voprf.evaluate(key, _bytes(vector.blinded), seeded(1))
    assert tuple(item.hex() for item in evaluated) == vector.evaluated


def test_the_proof_is_the_vector(vector: Vector, key: KeyPair) -> None:
    made = proof.prove(key.secret, key.public, _bytes(vector.blinded), _bytes(vector.evaluated), bytes.fromhex(vector.random))  # fmt: skip
    assert made.hex() == vector.proof


def test_the_vectors_proof_holds(vector: Vector, key: KeyPair) -> None:
    said = bytes.fromhex(vector.proof)
    assert proof.holds(key.public, _bytes(vector.blinded), _bytes(vector.evaluated), said)


def test_finalizing_gives_the_vector(vector: Vector) -> None:
    parts = zip(_bytes(vector.input), _bytes(vector.blind), _bytes(vector.evaluated), strict=True)
    assert tuple(voprf.finalize(*part).hex() for part in parts) == vector.output


def test_the_owner_computes_the_same_without_blinding(vector: Vector, key: KeyPair) -> None:
    assert tuple(voprf.compute(key, data).hex() for data in _bytes(vector.input)) == vector.output


# --- another implementation -----------------------------------------------------------------------
# The peer writes a batch reply as the proof and then the elements.

INPUTS = st.lists(st.binary(min_size=1, max_size=60), min_size=1, max_size=12)
SEEDS = st.binary(min_size=32, max_size=32)


@settings(max_examples=15, deadline=None)
@given(INPUTS, SEEDS)
def test_another_implementation_accepts_our_evaluation_and_proof(
    inputs: list[bytes], seed: bytes
) -> None:
    key = voprf.derive_key(seed, b"a label")
    clients = [peer.Client.blind(data) for data in inputs]
    evaluated, said = voprf.evaluate(key, [m.serialize() for _c, m in clients], seeded(2))
    reply = peer.VerifiableBatchOutput.deserialize(said + b"".join(evaluated))
    public = peer.PublicKey.deserialize(key.public)
    outputs = peer.Client.finalize_batch([client for client, _m in clients], reply, public)
    assert outputs == [voprf.compute(key, data) for data in inputs]


@settings(max_examples=15, deadline=None)
@given(INPUTS, SEEDS)
def test_we_accept_the_evaluation_and_proof_of_another_implementation(
    inputs: list[bytes], seed: bytes
) -> None:
    theirs = peer.Evaluator.from_seed(seed, b"a label")
    random = seeded(3)
    blinds = [group.random_scalar(random) for _ in inputs]
    blinded = [voprf.blind(data, by) for data, by in zip(inputs, blinds, strict=True)]
    reply = theirs.evaluate_batch([peer.BlindedInput.deserialize(item) for item in blinded])
    said, joined = reply.serialize()[: proof.PROOF], reply.serialize()[proof.PROOF :]
    evaluated = [joined[place : place + 32] for place in range(0, len(joined), 32)]
    assert proof.holds(theirs.public_key.serialize(), blinded, evaluated, said)
    for data, by, item in zip(inputs, blinds, evaluated, strict=True):
        assert voprf.finalize(data, by, item) == theirs.evaluate_known_input(data)


# --- what must be refused -------------------------------------------------------------------------


def _batch(key: KeyPair) -> tuple[list[bytes], tuple[bytes, ...], bytes]:
    random = seeded(4)
    blinded = [voprf.blind(b"%d" % n, group.random_scalar(random)) for n in range(3)]
    evaluated, said = voprf.evaluate(key, blinded, random)
    return blinded, evaluated, said


def test_a_proof_fails_when_one_element_was_made_with_another_key(key: KeyPair) -> None:
    blinded, evaluated, _said = _batch(key)
    other = voprf.derive_key(SEED, b"another label")
    mixed = [group.multiply(other.secret, blinded[0]), *evaluated[1:]]
    forged = proof.prove(key.secret, key.public, blinded, mixed, group.random_scalar(seeded(5)))
    assert not proof.holds(key.public, blinded, mixed, forged)


def test_a_proof_fails_under_another_public_key(key: KeyPair) -> None:
    blinded, evaluated, said = _batch(key)
    assert not proof.holds(voprf.derive_key(SEED, b"x").public, blinded, evaluated, said)


def test_a_proof_fails_when_elements_change_places(key: KeyPair) -> None:
    blinded, evaluated, said = _batch(key)
    assert not proof.holds(key.public, blinded, evaluated[::-1], said)


@pytest.mark.parametrize("place", range(0, 64, 7))
def test_a_proof_fails_with_any_bit_flipped(key: KeyPair, place: int) -> None:
    blinded, evaluated, said = _batch(key)
    flipped = bytearray(said)
    flipped[place] ^= 1
    assert not proof.holds(key.public, blinded, evaluated, bytes(flipped))


@pytest.mark.parametrize("said", [b"", bytes(64), bytes(63), b"\xff" * 64, bytes(65)])
def test_what_is_no_proof_does_not_hold(key: KeyPair, said: bytes) -> None:
    blinded, evaluated, _said = _batch(key)
    assert not proof.holds(key.public, blinded, evaluated, said)


def test_a_proof_for_fewer_or_no_elements_does_not_hold(key: KeyPair) -> None:
    blinded, evaluated, said = _batch(key)
    assert not proof.holds(key.public, blinded, evaluated[:2], said)
    assert not proof.holds(key.public, [], [], said)


ORDER = group.ORDER.to_bytes(32, "little")
NO_ELEMENTS = {
    "identity": bytes(32),
    "short": bytes(31),
    "empty": b"",
    "not canonical (RFC 9496 A.3)": bytes.fromhex("edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"),
    "negative (RFC 9496 A.3)": bytes.fromhex("0100000000000000000000000000000000000000000000000000000000000000"),
    "not on the curve (RFC 9496 A.3)": bytes.fromhex("26948d35ca62e643e26a83177332e6b6afeb9d08e4268b650f1f5bbd8d81d371"),
}  # fmt: skip


@pytest.mark.parametrize("data", NO_ELEMENTS.values(), ids=NO_ELEMENTS)
def test_what_is_no_element_is_refused_before_it_is_computed_with(
    data: bytes, key: KeyPair
) -> None:
    good = voprf.blind(b"1", group.random_scalar(seeded(6)))
    assert not group.is_element(data)
    with pytest.raises(ValueError, match="element"):
        voprf.evaluate(key, [good, data], seeded(7))
    with pytest.raises(ValueError, match="element"):
        group.add(good, data)


@pytest.mark.parametrize("data", [bytes(32), ORDER, b"\xff" * 32, b"\x01", b""])
def test_what_is_no_scalar_is_refused(data: bytes) -> None:
    assert not group.is_scalar(data)
    with pytest.raises(ValueError, match="scalar"):
        group.multiply_generator(data)


def test_the_library_leaves_no_file_in_the_temporary_folder(tmp_path: Path) -> None:
    program = "from esclusa.sharing.pointers import group; print(group.element(bytes(64)).hex())"
    made = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True,
                          env={**os.environ, "TMPDIR": str(tmp_path)})  # fmt: skip
    assert len(made.stdout.strip()) == 64
    assert not list(tmp_path.iterdir())
