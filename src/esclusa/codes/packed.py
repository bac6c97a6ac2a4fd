"""Reads the packed code lists and refuses a damaged one.

Why not a database or a zip of the originals: each list is a gzip of tab-separated lines, so a
person can look at it with ``zcat``, it loads in tens of milliseconds and a rebuild is easy to
compare. ``manifest.json`` beside the files names edition, origin, licence and hashes.
"""

from __future__ import annotations

import gzip
import hashlib
from functools import cache
from pathlib import Path
from typing import Final

import msgspec

from esclusa.errors import ConfigError

DATA: Final = Path(__file__).parent / "data"
"""Folder of the packed lists inside the installed package."""

MANIFEST: Final = "manifest.json"


class CodeList(msgspec.Struct, frozen=True, kw_only=True):
    """What the manifest says of one list.

    ``sha256`` is the hash of the file as shipped, ``content_sha256`` of its unpacked text (stable
    over versions of the compressor). ``rows`` counts lines, ``columns`` names the fields.
    ``attribution`` is the notice that the licence asks us to pass on, "" when it asks for none.
    """

    file: str
    title_en: str
    title_es: str
    edition: str
    rows: int
    columns: tuple[str, ...]
    origin: str
    licence: str
    attribution: str
    refresh: str
    sha256: str
    content_sha256: str


@cache
def manifest(folder: Path = DATA) -> dict[str, CodeList]:
    """Return the manifest, list id → :class:`CodeList`; raises ``ConfigError`` if unreadable."""
    try:
        raw = (folder / MANIFEST).read_bytes()
        return msgspec.json.decode(raw, type=dict[str, CodeList])
    except OSError as error:
        raise ConfigError(f"code lists: {MANIFEST} cannot be read ({error.strerror})") from error
    except msgspec.MsgspecError as error:
        raise ConfigError(f"code lists: {MANIFEST} is not a manifest: {error}") from error


def read(name: str, folder: Path = DATA) -> list[str]:
    """Return the lines of list ``name``, fields separated by tabs.

    Raises :class:`~esclusa.errors.ConfigError` when the list is unknown, missing, or not the bytes
    that the manifest vouches for: a damaged list would turn good codes into bad ones unseen.
    """
    entry = manifest(folder).get(name)
    if entry is None:
        raise ConfigError(f"code list {name!r} is not in {MANIFEST}")
    return _unpack(entry, _verified(name, entry, folder)).split("\n")


def edition(name: str) -> str:
    """Return the edition of list ``name``, such as ``2023-2``; raises ``ConfigError``."""
    return manifest()[name].edition


def _verified(name: str, entry: CodeList, folder: Path) -> bytes:
    try:
        data = (folder / entry.file).read_bytes()
    except OSError as error:
        raise ConfigError(
            f"code list {name!r}: {entry.file} cannot be read ({error.strerror})"
        ) from error
    found = hashlib.sha256(data).hexdigest()
    if found != entry.sha256:
        raise ConfigError(
            f"code list {name!r}: {entry.file} is damaged, its sha256 is {found[:12]}… and "
            f"{MANIFEST} expects {entry.sha256[:12]}…; install Esclusa again"
        )
    return data


def _unpack(entry: CodeList, data: bytes) -> str:
    text = gzip.decompress(data) if entry.file.endswith(".gz") else data
    return text.decode("utf-8").removesuffix("\n")
