"""Signed notes (C2SP signed-note): a text, an empty line, and lines of signatures.

Only Ed25519 is made and checked here: plain (type 0x01) and as a witness's cosignature with a time
(type 0x04, C2SP tlog-cosignature). Signatures by unknown keys are ignored, as the format demands.
One that a known key did not make refuses the whole note.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable, Sequence
from hashlib import sha256
from typing import Final

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from esclusa.errors import ProofError

PLAIN: Final = 0x01
COSIGNATURE: Final = 0x04

MAX_NOTE: Final = 1 << 20
"""Longest note in bytes. Sixteen signatures must fit, and future ones may have 5 kB each."""

MAX_SIGNATURES: Final = 100

_DASH: Final = "— "
_KEY_BYTES: Final = 32
_ID_BYTES: Final = 4
_TIME_BYTES: Final = 8


class NoteKey(msgspec.Struct, frozen=True):
    """A public key under the name that its signatures carry."""

    name: str
    public: bytes
    kind: int = PLAIN

    @property
    def id(self) -> bytes:
        """Return the four bytes that go before each signature (signed-note, Signatures)."""
        head = self.name.encode() + b"\n" + bytes([self.kind])
        return sha256(head + self.public).digest()[:_ID_BYTES]

    def text(self) -> str:
        """Return the verifier key: name, key id and key, joined by ``+``."""
        key = base64.b64encode(bytes([self.kind]) + self.public).decode()
        return f"{self.name}+{self.id.hex()}+{key}"


class NoteSignature(msgspec.Struct, frozen=True):
    """One signature line: whose it says it is, and the bytes behind the key id."""

    name: str
    key_id: bytes
    value: bytes

    def line(self) -> str:
        """Return the line, with its newline."""
        return f"{_DASH}{self.name} {base64.b64encode(self.key_id + self.value).decode()}\n"


class Note(msgspec.Struct, frozen=True):
    """A text, which ends in a newline, and its signatures in order. Not checked by itself."""

    text: str
    signatures: tuple[NoteSignature, ...]

    def data(self) -> bytes:
        """Return the bytes of the note."""
        return (self.text + "\n" + "".join(item.line() for item in self.signatures)).encode()


def parse_key(text: str) -> NoteKey:
    """Read a verifier key.

    :raises ProofError: when it is malformed, of another kind, or its key id does not fit.
    """
    name, plus, rest = text.partition("+")
    key_id, second, encoded = rest.partition("+")
    if not plus or not second:
        raise ProofError("a verifier key reads name+id+key")
    raw = _decode(encoded, "the verifier key")
    if len(raw) != 1 + _KEY_BYTES or raw[0] not in (PLAIN, COSIGNATURE):
        raise ProofError(f"the verifier key of {name!r} is not an Ed25519 key")
    key = NoteKey(_checked_name(name), raw[1:], raw[0])
    if key.id.hex() != key_id:
        raise ProofError(f"the id in the verifier key of {name!r} is not that of its key")
    return key


def sign(text: str, name: str, private: Ed25519PrivateKey) -> Note:
    """Return the note of a text under one plain signature.

    :raises ValueError: when the text cannot be one of a note.
    """
    if not text.endswith("\n") or not _printable(text):
        raise ValueError("the text of a note ends in a newline and has no other control character")
    key = NoteKey(name, private.public_key().public_bytes_raw())
    return Note(text, (NoteSignature(name, key.id, private.sign(text.encode())),))


def cosign(text: str, name: str, private: Ed25519PrivateKey, time: int) -> NoteSignature:
    """Return a witness's signature over a checkpoint's text.

    :param time: seconds since 1970, UTC.
    """
    key = NoteKey(name, private.public_key().public_bytes_raw(), COSIGNATURE)
    value = time.to_bytes(_TIME_BYTES, "big") + private.sign(_cosigned(text, time))
    return NoteSignature(name, key.id, value)


def parse_note(data: bytes) -> Note:
    """Read a note without checking its signatures.

    :raises ProofError: when it is not a note, byte for byte.
    """
    if len(data) > MAX_NOTE:
        raise ProofError(f"a note has at most {MAX_NOTE} bytes, not {len(data)}")
    try:
        whole = data.decode()
    except UnicodeDecodeError as error:
        raise ProofError(f"note, byte {error.start}: not UTF-8") from None
    if not _printable(whole):
        raise ProofError("a note has no control characters but newlines")
    text, empty, lines = whole.rpartition("\n\n")
    if not empty or not text or not lines.endswith("\n"):
        raise ProofError("a note is a text, an empty line and signature lines")
    signatures = [_parse_line(line) for line in lines[:-1].split("\n")]
    if len(signatures) > MAX_SIGNATURES:
        raise ProofError(f"a note has at most {MAX_SIGNATURES} signatures")
    return Note(text + "\n", tuple(signatures))


def open_note(data: bytes, keys: Sequence[NoteKey]) -> Note:
    """Read a note and check it: the result has one signature of each known key that made one.

    :raises ProofError: when no known key signed, or a signature of a known key does not hold.
    """
    note = parse_note(data)
    return Note(note.text, tuple(_checked(note.text, note.signatures, keys)))


def cosigned_at(signature: NoteSignature) -> int:
    """Return when a witness signed: seconds since 1970, UTC.

    :raises ProofError: when the signature has no time.
    """
    if len(signature.value) != _TIME_BYTES + 64:
        raise ProofError(f"the signature of {signature.name!r} is no cosignature")
    return int.from_bytes(signature.value[:_TIME_BYTES], "big")


def _checked(
    text: str, signatures: Iterable[NoteSignature], keys: Sequence[NoteKey]
) -> list[NoteSignature]:
    known = {(key.name, key.id): key for key in keys}
    good: dict[tuple[str, bytes], NoteSignature] = {}
    for signature in signatures:
        place = (signature.name, signature.key_id)
        if (key := known.get(place)) is None:
            continue
        if not _holds(text, signature, key):
            raise ProofError(f"the signature of {signature.name!r} does not hold")
        good.setdefault(place, signature)
    if not good:
        raise ProofError("the note is not signed by a known key")
    return list(good.values())


def _holds(text: str, signature: NoteSignature, key: NoteKey) -> bool:
    message, value = text.encode(), signature.value
    if key.kind == COSIGNATURE:
        message, value = _cosigned(text, cosigned_at(signature)), value[_TIME_BYTES:]
    try:
        Ed25519PublicKey.from_public_bytes(key.public).verify(value, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def _cosigned(text: str, time: int) -> bytes:
    return f"cosignature/v1\ntime {time}\n{text}".encode()


def _parse_line(line: str) -> NoteSignature:
    name, space, encoded = line.removeprefix(_DASH).partition(" ")
    if not line.startswith(_DASH) or not space:
        raise ProofError("a signature line reads: dash, space, name, space, signature")
    raw = _decode(encoded, f"the signature of {name!r}")
    if len(raw) <= _ID_BYTES:
        raise ProofError(f"the signature of {name!r} is too short")
    return NoteSignature(_checked_name(name), raw[:_ID_BYTES], raw[_ID_BYTES:])


def _checked_name(name: str) -> str:
    if not name or "+" in name or any(letter.isspace() for letter in name):
        raise ProofError(f"{name!r} is not the name of a key")
    return name


def _decode(encoded: str, what: str) -> bytes:
    # Encoding again catches what a lenient decoder lets pass: stray bits behind the last byte.
    try:
        raw = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        raw = b""
    if not raw or base64.b64encode(raw).decode() != encoded:
        raise ProofError(f"{what} is not base64")
    return raw


def _printable(text: str) -> bool:
    return all(letter >= " " or letter == "\n" for letter in text)
