"""Checkpoints (C2SP tlog-checkpoint): whose log, how many entries, which root."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Sequence
from typing import Final

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from esclusa.errors import ProofError
from esclusa.sharing.transparency import note
from esclusa.sharing.transparency.merkle import HASH_BYTES
from esclusa.sharing.transparency.note import NoteKey

MAX_SIZE: Final = (1 << 63) - 1

_SIZE: Final = re.compile(r"0|[1-9][0-9]{0,18}")


class Checkpoint(msgspec.Struct, frozen=True):
    """The head of a log: ``root`` is the root of its first ``size`` entries."""

    origin: str
    size: int
    root: bytes

    def text(self) -> str:
        """Return the text that is signed."""
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n"

    def signed(self, private: Ed25519PrivateKey) -> bytes:
        """Return the note of this head, signed under the name of the origin."""
        return note.sign(self.text(), self.origin, private).data()


def parse_checkpoint(text: str) -> Checkpoint:
    """Read the text of a checkpoint. Extension lines are allowed and left alone.

    :raises ProofError: when it is not one.
    """
    lines = text.split("\n")
    if len(lines) < 4 or lines[-1] or not all(lines[:-1]):
        raise ProofError("a checkpoint has three lines or more, none of them empty")
    origin, size, encoded = lines[:3]
    if not _SIZE.fullmatch(size) or int(size) > MAX_SIZE:
        raise ProofError(f"checkpoint, line 2: {size[:24]!r} is not the size of a log")
    return Checkpoint(origin, int(size), _root(encoded))


def open_checkpoint(data: bytes, origin: str, keys: Sequence[NoteKey]) -> Checkpoint:
    """Read a signed checkpoint of the log ``origin`` and check its signatures.

    :param keys: the log's keys, all under the name of the origin; a witness's key does not do.
    :raises ProofError: when it is of another log, or no key of the log signed it.
    """
    own = [key for key in keys if key.name == origin and key.kind == note.PLAIN]
    head = parse_checkpoint(note.open_note(data, own).text)
    if head.origin != origin:
        raise ProofError(f"the checkpoint is of the log {head.origin!r}, expected {origin!r}")
    return head


def _root(encoded: str) -> bytes:
    try:
        root = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        root = b""
    if len(root) != HASH_BYTES or base64.b64encode(root).decode() != encoded:
        raise ProofError("checkpoint, line 3: not a hash of 32 bytes in base64")
    return root
