"""Which characters an interchange may hold, and their bytes (ISO 9735-1 annex A).

The reader forgives bytes outside the declared set; a writer must not send them. What passes here is
read back as it was: each text goes through the reader's own decoding when it is not plain ASCII.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Final

import msgspec

from esclusa.formats.edifact.charset import CODECS, ESCAPED, codec, decode
from esclusa.formats.edifact.cleaning import cut
from esclusa.formats.edifact.segment import Separators

_LEVEL_A: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 .,-()/='+:?!\"%&*;<>"
_LEVEL_B: Final = _LEVEL_A + "abcdefghijklmnopqrstuvwxyz"
_REPERTOIRE: Final = {"UNOA": _LEVEL_A, "UNOB": _LEVEL_B}
"""Level A has no lower case; neither has ``@``, ``_`` or ``#``. Other sets are those of a codec."""


class Charset(msgspec.Struct, frozen=True):
    """A character set with the separators in force.

    ``name`` is for people (``UNOC``); ``allowed`` the bytes that may be written, b"" when the codec
    alone decides.
    """

    name: str
    codec: str
    marks: Separators
    allowed: bytes = b""


def charset(identifier: str, marks: Separators) -> Charset:
    """Return the character set of a syntax identifier such as ``UNOA`` (UNB S001.0001).

    An identifier that names no set (``IATA``) is taken as ASCII, as the reader does.
    """
    name = identifier.upper()
    letters = _REPERTOIRE.get(name, "")
    allowed = (letters + marks.active()).encode("ascii") if letters else b""
    return Charset(name=name, codec=codec(name), marks=marks, allowed=allowed)


def named(python_codec: str, marks: Separators) -> Charset:
    """Return the character set of a Python codec, whatever identifier names it."""
    for identifier, known in CODECS.items():
        if known == python_codec and identifier not in _REPERTOIRE:
            return Charset(name=identifier, codec=known, marks=marks)
    return Charset(name=python_codec, codec=python_codec, marks=marks)


@lru_cache(maxsize=64)
def _control(marks: Separators) -> re.Pattern[str]:
    controls = [chr(code) for code in (*range(0x20), *range(0x7F, 0xA0))]
    return re.compile(
        "[" + re.escape("".join(c for c in controls if c not in marks.active())) + "]"
    )


def whole(text: str, found: Charset) -> bytes | None:
    """Return the bytes of texts joined by their terminator; None when a closer look is needed."""
    if found.codec == ESCAPED or not text.isascii():
        return None
    data = text.encode("ascii")
    if found.allowed:
        return None if data.translate(None, found.allowed) else data
    plain = text.isprintable() or not _control(found.marks).search(text)
    return data if plain else None


def one(text: str, found: Charset) -> bytes | int:
    """Return the bytes of one segment's text, or the place of the first character not to be sent.

    A control code fits no set: line breaks would be lost, others are forbidden.
    """
    control = _control(found.marks).search(text)
    limit = control.start() if control else len(text)
    try:
        data = text[:limit].encode(found.codec)
    except UnicodeEncodeError as error:
        return error.start
    if found.allowed:
        for at, byte in enumerate(data):
            if byte not in found.allowed:
                return at
    if control:
        return limit
    return data if text.isascii() or _returns(text, data, found) else _beyond(text)


def _returns(text: str, data: bytes, found: Charset) -> bool:
    """Is it read as it was? Latin-1 like "Ã¼" is taken for UTF-8; escaped bytes for separators."""
    raw = data.decode("latin-1")
    return cut(raw, found.marks, found.codec) == [raw] and decode(raw, found.codec) == (text, "")


def _beyond(text: str) -> int:
    return next(at for at, character in enumerate(text) if not character.isascii())


def joined(pieces: Sequence[bytes], terminator: bytes) -> bytes:
    """Return pieces with a terminator behind each."""
    return terminator.join([*pieces, b""])
