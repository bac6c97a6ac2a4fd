"""A batch sealed for carrying by hand: the bytes of the wire, packed and closed for its receiver.

A bundle is one line, ``esclusa-bundle/1``, and an age file (X25519 recipients) around a zstd frame
around the batch. Outside nobody sees more than its size: not the sender, not the receiver, not how
many messages. age notices any changed bit; who sent it is said and signed by the batch inside.

Anyone can seal something for a node. So what comes out is limited while it is unpacked, and nothing
of it counts before :func:`esclusa.sharing.wire.read_batch` has checked it.
"""

from __future__ import annotations

import io
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import pyrage
import zstandard

from esclusa.errors import TrustError, WireError
from esclusa.sharing.wire import Limits

MAGIC: Final = b"esclusa-bundle/1\n"

_LEVEL: Final = 1
"""zstd level: on records under a tenth larger than level 9, in under a tenth of its time."""

_WINDOW: Final = 8 << 20
"""Most memory that a frame may ask for while it is unpacked; level 1 asks for 512 KiB."""

_CHUNK: Final = 1 << 20


def seal(batch: bytes, recipients: Sequence[str]) -> bytes:
    """Return a batch as a bundle.

    :param recipients: age recipients (``age1…``) of the receiver; each can open it.
    :raises TrustError: when there is none, or one is malformed.
    """
    try:
        known = [pyrage.x25519.Recipient.from_str(text) for text in recipients]
    except pyrage.RecipientError:
        raise TrustError("a recipient of the bundle is malformed") from None
    if not known:
        raise TrustError("the receiver has no key that opens bundles")
    packed = zstandard.ZstdCompressor(level=_LEVEL).compress(batch)
    closed: bytes = pyrage.encrypt(packed, known)
    return MAGIC + closed


def unseal(
    data: bytes, identities: Sequence[str], *, limits: Limits | None = None, file: str = ""
) -> bytes:
    """Return the batch in a bundle, not yet checked.

    :param identities: age identities of this node (``AGE-SECRET-KEY-1…``), old ones included.
    :raises WireError: when it is no bundle, was changed, is for another, or is too large.
    :raises TrustError: when an identity is malformed.
    """
    limits = limits or Limits()
    if len(data) > limits.bundle:
        raise WireError(f"longer than {limits.bundle} bytes", file=file, offset=limits.bundle)
    if not data.startswith(MAGIC):
        expected = MAGIC.decode().strip()
        raise WireError(f"does not begin with {expected!r}: no bundle of this format", file=file,
                        offset=0)  # fmt: skip
    try:
        known = [pyrage.x25519.Identity.from_str(text) for text in identities]
    except pyrage.IdentityError:
        raise TrustError("an identity of this node is malformed") from None
    try:
        packed = pyrage.decrypt(data[len(MAGIC) :], known)
    except pyrage.DecryptError:
        raise WireError("sealed for another, or changed on the way", file=file,
                        offset=len(MAGIC)) from None  # fmt: skip
    return _unpacked(packed, limits.batch, file)


def _unpacked(packed: bytes, limit: int, file: str) -> bytes:
    """Unpack step by step, so that a small frame cannot fill the memory."""
    whole = bytearray()
    unpacker = zstandard.ZstdDecompressor(max_window_size=_WINDOW)
    try:
        with unpacker.stream_reader(io.BytesIO(packed), read_across_frames=True) as stream:
            while chunk := stream.read(_CHUNK):
                whole += chunk
                if len(whole) > limit:
                    raise WireError(f"unpacks to more than {limit} bytes", file=file,
                                    offset=len(MAGIC))  # fmt: skip
    except zstandard.ZstdError:
        raise WireError("what was sealed is not packed with zstd", file=file,
                        offset=len(MAGIC)) from None  # fmt: skip
    return bytes(whole)


def write_bundle(path: Path, data: bytes) -> None:
    """Write a bundle durably: the file is there whole, or not at all.

    :raises FileExistsError: when the file exists; a bundle is never written over another.
    """
    if path.exists():
        raise FileExistsError(path.name)
    temporary = path.with_name(path.name + ".part")
    with temporary.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)
    handle = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def read_bundle(path: Path, identities: Sequence[str], *, limits: Limits | None = None) -> bytes:
    """Read a bundle's file and return the batch in it, not yet checked.

    :raises WireError: as ``unseal``; a file that is too large is not read to its end.
    """
    limits = limits or Limits()
    with path.open("rb") as file:
        data = file.read(limits.bundle + 1)
    return unseal(data, identities, limits=limits, file=path.name)
