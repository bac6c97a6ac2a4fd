"""An exported case checked by whoever has nothing but the package and the agency's public keys.

Needs no node. The signature says who made it and that no byte was changed; the manifest says in
which file one was.
"""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import BinaryIO

import msgspec

from esclusa.errors import ConfigError
from esclusa.node import case_signature
from esclusa.node.case_package import MANIFEST, PackageCheck, check
from esclusa.node.case_signature import Statement


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """A package checked: who signed it and when, how each member stands, and what is wrong first,
    one sentence with the bytes of the package, "" when nothing is."""

    signed: Statement
    found: PackageCheck
    wrong: str


def verify(file: BinaryIO, name: str, keys: str) -> Verdict:
    """Check a package with public keys alone.

    :param file: the package, seekable.
    :param name: of the file, for errors.
    :param keys: a file as ``esclusa partner keys`` prints it, or a public key in hexadecimal.
    :raises InputError: when it is no package, or not signed.
    :raises TrustError: when it was signed with another key, or the signature does not hold.
    :raises ConfigError: when the keys cannot be read.
    """
    ring = case_signature.ring_of(_text(keys), case_signature.signed(file), keys)
    said, whole = case_signature.check(file, ring, name)
    found = check(file, name)
    return Verdict(signed=said, found=found, wrong=_wrong(file, found, said, whole=whole))


def _text(keys: str) -> bytes:
    path = Path(keys)
    if len(keys) == 64 and not path.exists():
        return keys.encode()
    try:
        return path.read_bytes()
    except OSError as error:
        raise ConfigError(f"{keys[:200]}: cannot be read: {error.strerror}") from None


def _wrong(file: BinaryIO, found: PackageCheck, said: Statement, *, whole: bool) -> str:
    places = _places(file)
    if found.seal != said.manifest:
        return _sentence(MANIFEST, "is not the one that was signed", places)
    bad = [(path, result) for path, _expected, result in found.members if result != "intact"]
    bad.sort(key=lambda one: places.get(one[0], (0, 0)))
    for path, result in bad:
        told = {"missing": "is missing", "added": "was added"}.get(result, "was changed")
        return _sentence(path, told, places)
    return "" if whole else "bytes between the files of the package were changed"


def _sentence(path: str, told: str, places: dict[str, tuple[int, int]]) -> str:
    place = places.get(path)
    where = f" (bytes {place[0]} to {place[1]} of the package)" if place else ""
    return f"{path} {told}{where}"


def _places(file: BinaryIO) -> dict[str, tuple[int, int]]:
    """Return the first and the last byte of each member, with its header."""
    with zipfile.ZipFile(file) as source:
        infos = sorted(source.infolist(), key=lambda info: info.header_offset)
        ends = [*(info.header_offset for info in infos[1:]), source.start_dir]
    return {
        info.filename: (info.header_offset, end - 1) for info, end in zip(infos, ends, strict=True)
    }
