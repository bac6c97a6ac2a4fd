"""A bundle carried by hand: closed for its receiver, limited while it opens, whole or not at all."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pyrage
import pytest
import zstandard
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from esclusa.errors import TrustError, WireError
from esclusa.sharing.bundle import MAGIC, read_bundle, seal, unseal, write_bundle
from esclusa.sharing.keys import EXCHANGE, KeyRing, Signer
from esclusa.sharing.wire import Limits, Received, read_batch, write_batch

MADE = dt.datetime(2026, 11, 24, 12, tzinfo=dt.UTC)
SIGNER = Signer("marisol", EXCHANGE, Ed25519PrivateKey.from_private_bytes(bytes(range(32))))
RING = KeyRing().with_key(SIGNER.key(MADE - dt.timedelta(days=100)))
MESSAGES = (b'{"type":"put","n":1}', b'{"type":"put","n":2}')
BATCH = write_batch(SIGNER, MESSAGES, receiver="northreach", first=1, made=MADE)

OURS = pyrage.x25519.Identity.generate()
OTHER = pyrage.x25519.Identity.generate()
BUNDLE = seal(BATCH, [str(OURS.to_public())])


def opened(data: bytes, limits: Limits | None = None) -> Received:
    batch = unseal(data, [str(OURS)], limits=limits, file="by-hand.bundle")
    return read_batch(batch, receiver="northreach", ring=RING, now=MADE, limits=limits)


def sealed_raw(packed: bytes) -> bytes:
    return MAGIC + pyrage.encrypt(packed, [OURS.to_public()])


def test_a_bundle_opens_to_the_same_bytes_as_over_a_line() -> None:
    assert unseal(BUNDLE, [str(OURS)]) == BATCH
    assert opened(BUNDLE).messages == MESSAGES


def test_a_flipped_bit_anywhere_is_refused_and_nothing_is_returned() -> None:
    changed = bytearray(BUNDLE)
    for place in range(len(BUNDLE)):
        for bit in range(8):
            changed[place] ^= 1 << bit
            with pytest.raises(WireError) as caught:
                opened(bytes(changed))
            assert caught.value.file == "by-hand.bundle"
            assert caught.value.offset in (0, len(MAGIC))
            changed[place] ^= 1 << bit
    assert opened(bytes(changed)).messages == MESSAGES


def test_a_bundle_cut_off_or_lengthened_anywhere_is_refused() -> None:
    for length in range(len(BUNDLE)):
        with pytest.raises(WireError):
            opened(BUNDLE[:length])
    for tail in (b"\n", b"\x00" * 64, BUNDLE):
        with pytest.raises(WireError):
            opened(BUNDLE + tail)


def test_a_bundle_for_another_does_not_open() -> None:
    with pytest.raises(
        WireError, match=r"by-hand\.bundle, byte 17: sealed for another, or changed"
    ):
        opened(seal(BATCH, [str(OTHER.to_public())]))


def test_a_bundle_opens_with_an_earlier_key_of_the_node_and_for_each_recipient() -> None:
    both = seal(BATCH, [str(OTHER.to_public()), str(OURS.to_public())])
    assert unseal(both, [str(OTHER)]) == BATCH
    assert unseal(BUNDLE, [str(OTHER), str(OURS)]) == BATCH


def test_a_bundle_shows_no_name_of_sender_or_receiver() -> None:
    for word in (b"marisol", b"northreach", SIGNER.key_id.encode(), str(OURS.to_public()).encode()):
        assert word not in BUNDLE


def test_another_version_of_the_format_is_refused() -> None:
    with pytest.raises(WireError, match="byte 0: does not begin with 'esclusa-bundle/1'"):
        opened(BUNDLE.replace(b"esclusa-bundle/1", b"esclusa-bundle/2", 1))


def test_a_bomb_is_refused_while_it_unpacks() -> None:
    bomb = sealed_raw(zstandard.ZstdCompressor(level=19).compress(bytes(64 << 20)))
    assert len(bomb) < 10_000
    with pytest.raises(WireError, match="unpacks to more than 1000000 bytes"):
        opened(bomb, Limits(batch=1_000_000))


def test_a_bomb_that_hides_its_size_or_comes_in_pieces_is_refused_too() -> None:
    packer = zstandard.ZstdCompressor(level=3, write_content_size=False)
    piece = packer.compress(bytes(700_000))
    for packed in (packer.compress(bytes(4 << 20)), piece + piece):
        with pytest.raises(WireError, match="unpacks to more than 1000000 bytes"):
            opened(sealed_raw(packed), Limits(batch=1_000_000))


def test_a_frame_that_asks_for_too_much_memory_is_refused() -> None:
    settings = zstandard.ZstdCompressionParameters(window_log=27)
    packer = zstandard.ZstdCompressor(compression_params=settings).compressobj()
    packed = packer.compress(bytes(1 << 20)) + packer.flush()
    with pytest.raises(WireError, match="not packed with zstd"):
        opened(sealed_raw(packed))


@pytest.mark.parametrize("packed", [
    b"", b"plain", zstandard.compress(BATCH)[:-9], zstandard.compress(BATCH) + b"tail",
    zstandard.compress(BATCH) * 2, zstandard.compress(b""),
])  # fmt: skip
def test_a_bundle_around_something_else_is_refused(packed: bytes) -> None:
    with pytest.raises(WireError):
        opened(sealed_raw(packed))


def test_a_batch_of_a_stranger_in_a_good_bundle_is_refused() -> None:
    stranger = Signer("marisol", EXCHANGE, Ed25519PrivateKey.from_private_bytes(bytes(32)))
    batch = write_batch(stranger, MESSAGES, receiver="northreach", first=1, made=MADE)
    with pytest.raises(WireError, match="is known"):
        opened(seal(batch, [str(OURS.to_public())]))


def test_a_receiver_without_a_key_gets_no_bundle() -> None:
    with pytest.raises(TrustError, match="no key that opens bundles"):
        seal(BATCH, [])
    with pytest.raises(TrustError, match="recipient of the bundle is malformed"):
        seal(BATCH, ["age1nonsense"])
    with pytest.raises(TrustError, match=r"identity of this node is malformed$"):
        unseal(BUNDLE, ["AGE-SECRET-KEY-1NONSENSE"])


def test_a_file_is_written_whole_and_never_over_another(tmp_path: Path) -> None:
    path = tmp_path / "to-northreach.bundle"
    write_bundle(path, BUNDLE)
    assert read_bundle(path, [str(OURS)]) == BATCH
    with pytest.raises(FileExistsError):
        write_bundle(path, b"other")
    assert [item.name for item in tmp_path.iterdir()] == ["to-northreach.bundle"]


def test_a_file_that_is_too_large_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "large.bundle"
    write_bundle(path, BUNDLE)
    with pytest.raises(WireError, match=r"large\.bundle, byte 100: longer than 100 bytes"):
        read_bundle(path, [str(OURS)], limits=Limits(bundle=100))
