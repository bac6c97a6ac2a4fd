"""Evidence of a case: taken in while it streams, kept under its SHA-256, compared, handed out.

The bytes lie where all received bytes lie, and are protected as those are. They are whole and on
the disk before the step that records them is written; an upload that breaks off leaves nothing.
"""

from __future__ import annotations

import hashlib
import unicodedata
from typing import BinaryIO, Final

import sqlalchemy as sa

from esclusa.casework.case_words import words
from esclusa.casework.cases import Thing
from esclusa.errors import InputError, StateError, Term
from esclusa.ledger import custody
from esclusa.ledger.custody import Vault
from esclusa.model import EvidenceFile

NAME_CHARACTERS: Final = 200
"""Of a file's name; longer ones are cut, because no file system has them."""
_ODD: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
"""General categories of signs that a name may not show: controls, and those that turn the order of
letters round, so that ``gpj.exe`` reads ``exe.jpg``."""


def file_name(name: str) -> str:
    """Return a sender's file name fit to be shown: its last part, without signs that cannot be seen
    or that turn the order of others round, and without dots and blanks at its ends; ``unnamed``
    where nothing is left. It is never used to open anything."""
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    shown = "".join(sign for sign in last if unicodedata.category(sign) not in _ODD)
    return " ".join(shown.split()).strip(". ")[:NAME_CHARACTERS] or "unnamed"


def keep(vault: Vault, name: str, stream: BinaryIO, *, limit: int) -> EvidenceFile:
    """Keep the bytes of a stream durably, and return what they are.

    :raises LimitError: when there are more than ``limit`` bytes; nothing is kept then.
    :raises InputError: when there is none, or the stream breaks off; nothing is kept then.
    """
    shown = file_name(name)
    first = stream.read(1)
    if not first:
        reason = "the file is empty; there is nothing to keep"
        raise InputError(reason, file=shown, field="files", problem="empty")
    sha256, size = vault.put(_Rejoined(first, stream), limit=limit, name=shown)  # type: ignore[arg-type]
    return EvidenceFile(name=shown, sha256=sha256, size=size)


class _Rejoined:
    """A stream whose first byte was looked at."""

    def __init__(self, first: bytes, rest: BinaryIO) -> None:
        self._first = first
        self._rest = rest

    def read(self, size: int = -1) -> bytes:
        if self._first:
            first, self._first = self._first, b""
            return first
        return self._rest.read(size)


def state_of(connection: sa.Connection, vault: Vault, thing: Thing) -> tuple[str, str]:
    """Compare the bytes of evidence with the hash recorded when they came.

    :return: ``intact``, ``altered``, ``missing`` or ``erased``; and the hash found, "" for none.
    """
    file = thing.file
    if file is None or custody.is_redacted(connection, file.sha256):
        return "erased", ""
    path = vault.path(file.sha256)
    if not path.is_file():
        return "missing", ""
    with path.open("rb") as kept:
        found = hashlib.file_digest(kept, "sha256").hexdigest()
    return ("intact" if found == file.sha256 else "altered"), found


def opened(connection: sa.Connection, vault: Vault, thing: Thing) -> BinaryIO:
    """Open the bytes of evidence after they were compared with their hash.

    :raises StateError: when they are not what was taken in; then nothing is handed out.
    """
    found, _hash = state_of(connection, vault, thing)
    if found != "intact" or thing.file is None:
        raise StateError(
            "the file is {state}; it is not handed out as what was taken in",
            state=Term(found, es=words("check")[found].text_es),
        )
    return vault.open(thing.file.sha256)
