"""What the two sides say: a catalogue for each epoch, questions, replies. Exact shapes and sizes.

They are JSON; bytes are base64. Each names its whole scope, so none is taken for another's. Who
sent a message is the transport's to know: it arrives in a batch that its sender signed.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from typing import Annotated, Final, TypeVar

import msgspec
from msgspec import Meta

from esclusa.errors import PointerError
from esclusa.sharing.pointers.group import SIZE
from esclusa.sharing.pointers.padding import QUESTIONS
from esclusa.sharing.pointers.terms import Subject

TAG: Final = 10
"""Bytes of an entry. 80 bits: at a million entries and half a million elements the chance of one
false hit is 4 in 10¹³."""
LARGEST_MESSAGE: Final = 4 * (QUESTIONS[-1] * SIZE // 3) + 4096
"""Bytes of a question or a reply: the largest one in base64, and its head."""

Agency = Annotated[str, Meta(pattern="^[a-z][a-z0-9_]{0,31}$")]
Digest = Annotated[str, Meta(pattern="^[0-9a-f]{64}$")]
Name = Annotated[str, Meta(pattern="^[0-9a-f]{32}$")]


class _Part(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Part of a message; an unknown field refuses it."""


class Scope(_Part, frozen=True):
    """What one key serves: one owner, one asker, one agreement (its digest), one purpose, one kind
    of thing."""

    owner: Agency
    asker: Agency
    agreement: Digest
    purpose: Annotated[str, Meta(pattern="^[a-z][a-z0-9_-]{0,63}$")]
    subject: Subject

    @property
    def name(self) -> str:
        """All five words, separated by blanks."""
        return " ".join((self.owner, self.asker, self.agreement, self.purpose, self.subject))


class _Said(_Part, frozen=True, tag_field="type"):
    scope: Scope
    number: Annotated[int, Meta(ge=1)]


class Catalogue(_Said, frozen=True, tag="pointer_catalogue"):
    """The owner's set in epoch ``number``, from ``begins`` up to and without ``ends``.

    ``public`` is the key that proofs are checked against. ``tags`` are entries of ten bytes,
    ascending; some stand for a key, the others for nothing, and only the owner can tell which.
    """

    begins: dt.datetime
    ends: dt.datetime
    public: bytes
    tags: bytes


class Question(_Said, frozen=True, tag="pointer_question"):
    """Blinded elements of 32 bytes, ascending; ``catalogue`` is the digest of the set that the
    asker compares with."""

    id: Name
    catalogue: Digest
    elements: bytes


class Reply(_Said, frozen=True, tag="pointer_reply"):
    """The evaluated elements in the question's order and the proof; ``question`` is its digest."""

    id: Name
    question: Digest
    elements: bytes
    proof: bytes


Message = TypeVar("Message", Catalogue, Question, Reply)


def encode(message: Catalogue | Question | Reply) -> bytes:
    """Return the message as JSON."""
    return msgspec.json.encode(message)


def digest(message: Catalogue | Question | Reply) -> str:
    """Return the SHA-256 of a message."""
    return hashlib.sha256(encode(message)).hexdigest()


def catalogue_limit(entries: int) -> int:
    """Return the most bytes that a catalogue of so many entries takes."""
    return 4 * (entries * TAG // 3) + 4096


def decode(data: bytes, kind: type[Message], sender: str, limit: int = LARGEST_MESSAGE) -> Message:
    """Read a message.

    :param limit: bytes; for a catalogue :func:`catalogue_limit` of what was agreed.
    :raises PointerError: when it is too large or has another shape; nothing of it is used.
    """
    if len(data) > limit:
        raise PointerError("size", f"a message of at most {limit:,} bytes was expected", sender)
    try:
        message = msgspec.json.decode(data, type=kind)
    except (msgspec.ValidationError, msgspec.DecodeError, UnicodeDecodeError) as error:
        raise PointerError("shape", "the message is cut short or has another form", sender) \
            from error  # fmt: skip
    if isinstance(message, Catalogue) and (message.begins.tzinfo is None
                                           or message.ends.tzinfo is None):  # fmt: skip
        raise PointerError("shape", "times with their zone were expected", sender)
    return message


def split(data: bytes, size: int = SIZE) -> tuple[bytes, ...]:
    """Return joined items of one size; a rest that is no whole item is an item too."""
    return tuple(data[place : place + size] for place in range(0, len(data), size))
