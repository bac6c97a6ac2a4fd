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


_LIKE_UTF_8: Final = re.compile("[\xc2-\xf4][\x80-\xbf]")
"""Latin-1 that the reader may take for UTF-8."""


class Charset(msgspec.Struct, frozen=True):
    """A character set with the separators in force.

    ``name`` is for people (``UNOC``); ``allowed`` the bytes that may be written, b"" when the codec
    alone decides; ``control`` finds a control code that is no separator; ``plain`` are the bytes of
    ASCII that may be written.
    """

    name: str
    codec: str
    marks: Separators
    control: re.Pattern[str]
    plain: bytes
    allowed: bytes = b""


def charset(identifier: str, marks: Separators) -> Charset:
    """Return the character set of a syntax identifier such as ``UNOA`` (UNB S001.0001).

    An identifier that names no set (``IATA``) is taken as ASCII, as the reader does.
    """
    name = identifier.upper()
    letters = _REPERTOIRE.get(name, "")
    allowed = (letters + marks.active()).encode("ascii") if letters else b""
    return Charset(name, codec(name), marks, _control(marks), allowed or _plain(marks), allowed)


def named(python_codec: str, marks: Separators) -> Charset:
    """Return the character set of a Python codec, whatever identifier names it."""
    for identifier, known in CODECS.items():
        if known == python_codec and identifier not in _REPERTOIRE:
            return Charset(identifier, known, marks, _control(marks), _plain(marks))
    return Charset(python_codec, python_codec, marks, _control(marks), _plain(marks))


@lru_cache(maxsize=64)
def _control(marks: Separators) -> re.Pattern[str]:
    controls = [chr(code) for code in (*range(0x20), *range(0x7F, 0xA0))]
    return re.compile(
        "[" + re.escape("".join(c for c in controls if c not in marks.active())) + "]"
    )


@lru_cache(maxsize=64)
def _plain(marks: Separators) -> bytes:
    """ASCII without the control codes that separate nothing."""
    ascii_only = (chr(code) for code in range(0x80))
    return "".join(c for c in ascii_only if not _control(marks).match(c)).encode("ascii")


def whole(text: str, found: Charset) -> bytes | None:
    """Return the bytes of texts joined by their terminator; None when a closer look is needed."""
    if found.codec == ESCAPED:
        return None
    if text.isascii():
        # Every codec but the one above leaves ASCII as it is.
        data = text.encode("ascii")
        return None if data.translate(None, found.plain) else data
    if not text.isprintable() and found.control.search(text):
        return None
    try:
        data = text.encode(found.codec)
    except UnicodeEncodeError:
        return None
    if found.allowed and data.translate(None, found.allowed):
        return None
    if found.codec == "iso8859-1" and _LIKE_UTF_8.search(text):
        return None
    return data


def one(text: str, found: Charset) -> bytes | int:
    """Return the bytes of one segment's text, or the place of the first character not to be sent.

    A control code fits no set: line breaks would be lost, others are forbidden.
    """
    control = found.control.search(text)
    limit = control.start() if control else len(text)
    try:
        data = text[:limit].encode(found.codec)
    except UnicodeEncodeError as error:
        return error.start
    if found.allowed and (strange := data.translate(None, found.allowed)):
        return data.index(strange[:1])
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
