"""The signature of an exported case: who made the package, for whoever has nothing but it.

It stands in the comment at the end of the zip file, in a field of one length, and is over the
SHA-256 of the manifest and of every byte before that field. So whoever has the agency's public keys
can tell, without a node, that not one byte was changed, and who signed. Where a byte was, the
manifest tells in which file.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import re
import zipfile
from typing import BinaryIO, Final

import msgspec

from esclusa.errors import ConfigError, InputError, TrustError
from esclusa.node.credentials import parse_public
from esclusa.sharing.keys import EXCHANGE, Key, KeyRing, Signer, key_id

FORMAT: Final = "esclusa-case-signature/1"
LENGTH: Final = 1024
"""Bytes of the field: the statement and the signature have about 600, the rest is blanks."""
BLANK: Final = b" " * LENGTH
_CHUNK: Final = 1 << 20
_HEX: Final = re.compile(r"[0-9a-f]{64}\Z")
_KEYS_BYTES: Final = 1 << 20


class Statement(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is signed: whose package it is, by which key, when (ISO 8601 UTC), the SHA-256 of its
    manifest, and that of all bytes before the signature."""

    format: str
    agency: str
    role: str
    key: str
    made: str
    manifest: str
    package: str


class _Signature(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    signature: str


def sign(file: BinaryIO, signer: Signer, *, made: str, manifest: str) -> None:
    """Write the signature into the field at the end of a package.

    :param file: the package, open for reading and writing, whose last ``LENGTH`` bytes are blank.
    :param made: when it was made, ISO 8601 UTC.
    :param manifest: the SHA-256 of its manifest.
    """
    line = msgspec.json.encode(Statement(
        format=FORMAT, agency=signer.agency, role=signer.role, key=signer.key_id, made=made,
        manifest=manifest, package=_digest(file),
    ))  # fmt: skip
    said = b"\n".join((line, msgspec.json.encode(_Signature(signer.sign(line).hex()))))
    file.seek(-LENGTH, 2)
    file.write(said.ljust(LENGTH))


def signed(file: BinaryIO) -> Statement | None:
    """Return what the signature of a package states, unchecked; None where it has none.

    :raises InputError: when what stands in its place is damaged.
    """
    parts = _parts(file)
    return msgspec.json.decode(parts[0], type=Statement) if parts else None


def check(file: BinaryIO, keys: KeyRing, name: str) -> tuple[Statement, bool]:
    """Check the signature of a package.

    :param keys: of the agency that is expected to have signed.
    :param name: of the file, for errors.
    :return: what is signed, and whether every byte before the signature is the one signed.
    :raises TrustError: when it was signed with none of these keys, or the signature does not hold.
    :raises InputError: when the package is not signed, or its signature is damaged.
    """
    parts = _parts(file, name)
    if parts is None:
        if not zipfile.is_zipfile(file):
            raise InputError("not a package, or one cut off: it has no end", file=name)
        reason = "the package bears no whole signature: it was not signed, or its end was cut off"
        raise InputError(reason, file=name)
    line, signature = parts
    said = msgspec.json.decode(line, type=Statement)
    if said.format != FORMAT or said.role != EXCHANGE:
        raise InputError(f"the signature is of another kind: {said.format[:40]!r}", file=name)
    keys.verify(said.agency, said.role, said.key, line, signature, _moment(said.made, name))
    return said, _digest(file) == said.package


def ring_of(text: bytes, said: Statement | None, file: str = "") -> KeyRing:
    """Return the keys of a file of public keys, as ``esclusa partner keys`` prints them, or of one
    public key in 64 hexadecimal digits, which then is good at any time.

    :param said: what the package states; it says which agency the bare key should be of.
    :raises ConfigError: when it is neither.
    """
    bare = text[:_KEYS_BYTES].decode("ascii", "replace").strip().lower()
    if not _HEX.match(bare):
        return KeyRing(parse_public(text, file=file).keys)
    if said is None:
        return KeyRing()
    if said.key != key_id(said.agency, EXCHANGE, bare):
        raise TrustError("the package was signed with another key")
    begin = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)
    try:
        key = Key(agency=said.agency, role=EXCHANGE, public=bare, valid_from=begin)
        return KeyRing().with_key(key)
    except TrustError as error:
        raise ConfigError(str(error)) from None


def _parts(file: BinaryIO, name: str = "") -> tuple[bytes, bytes] | None:
    """Return the signed line and the signature; None where there is no field."""
    size = file.seek(0, 2)
    if size < LENGTH:
        return None
    file.seek(-LENGTH, 2)
    field = file.read(LENGTH)
    if not field.startswith(b'{"format":"esclusa-case-signature'):
        # The length before the field says whether there is one at all, or a damaged one.
        file.seek(max(size - LENGTH - 2, 0))
        if file.read(2) == LENGTH.to_bytes(2, "little"):
            raise InputError("the signature is damaged", file=name)
        return None
    line, _, rest = field.partition(b"\n")
    try:
        said = msgspec.json.decode(rest, type=_Signature)
        one_form = rest == msgspec.json.encode(said).ljust(len(rest))
        msgspec.json.decode(line, type=Statement)
        if not one_form or len(said.signature) != 128:
            raise ValueError("another form")
        return line, bytes.fromhex(said.signature)
    except (msgspec.DecodeError, msgspec.ValidationError, UnicodeDecodeError, ValueError):
        raise InputError("the signature is damaged", file=name) from None


def _digest(file: BinaryIO) -> str:
    """Return the SHA-256 of all bytes before the field."""
    left, sha = file.seek(0, 2) - LENGTH, hashlib.sha256()
    file.seek(0)
    while left > 0 and (chunk := file.read(min(_CHUNK, left))):
        sha.update(chunk)
        left -= len(chunk)
    return sha.hexdigest()


def _moment(text: str, name: str) -> dt.datetime:
    try:
        found = dt.datetime.fromisoformat(text)
    except ValueError:
        found = None
    if found is None or found.tzinfo is None:
        raise InputError("the signature has no moment", file=name)
    return found
