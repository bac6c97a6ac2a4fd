"""The node's own keys: one for each role, in its folder, locked.

The private keys are locked for one age identity, the machine's. It stands beside them, readable by
the node's user alone, or comes from ``ESCLUSA_IDENTITY`` where an administrator keeps such things
elsewhere. Whoever has it and the folder can sign for the agency.
"""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import msgspec
import pyrage

from esclusa.errors import ConfigError
from esclusa.sharing.keys import (
    AGREEMENT,
    AUTHORITY,
    BUNDLE,
    EXCHANGE,
    LOG,
    WITNESS,
    Key,
    Signer,
    load_signer,
    lock_for,
    new_signer,
    private_pem,
    unlock,
    write_private,
)

FOLDER: Final = "keys"
SIGNING: Final = (AUTHORITY, AGREEMENT, EXCHANGE, LOG, WITNESS)

_MACHINE: Final = "machine.identity"
_VARIABLE: Final = "ESCLUSA_IDENTITY"
_SECRET: Final = "secret"
_PUBLIC: Final = "public.json"


class PublicKeys(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An agency's public keys, as it hands them to partners."""

    agency: str
    keys: tuple[Key, ...]


class Credentials:
    """Opened keys of one agency. ``secret`` salts and names what leaves; it never leaves."""

    def __init__(
        self, signers: Mapping[str, Signer], bundle: str, secret: bytes, public: PublicKeys
    ) -> None:
        self._signers = signers
        self.bundle = bundle
        self.secret = secret
        self.public = public

    def __repr__(self) -> str:
        return f"Credentials({self.public.agency})"

    def signer(self, role: str) -> Signer:
        """Return the signer of a role."""
        return self._signers[role]


def exist(folder: Path) -> bool:
    """Tell whether a node has keys."""
    return (folder / FOLDER / _PUBLIC).exists()


def create(folder: Path, agency: str, now: dt.datetime) -> Credentials:
    """Make the keys of a node, valid from ``now``, and return them opened.

    :raises ConfigError: when it has keys already.
    """
    place = folder / FOLDER
    if place.exists():
        raise ConfigError(f"{place} exists already; keys are never written over others")
    place.mkdir(mode=0o700)
    machine = pyrage.x25519.Identity.generate()
    _write_secret(place / _MACHINE, str(machine).encode())
    lock = [str(machine.to_public())]
    signers = {role: new_signer(agency, role) for role in SIGNING}
    bundle, secret = pyrage.x25519.Identity.generate(), os.urandom(32)
    for role, signer in signers.items():
        write_private(place / f"{role}.age", lock_for(private_pem(signer), lock))
    write_private(place / f"{BUNDLE}.age", lock_for(str(bundle).encode(), lock))
    write_private(place / f"{_SECRET}.age", lock_for(secret.hex().encode(), lock))
    keys = [signer.key(now) for signer in signers.values()]
    keys.append(Key(agency=agency, role=BUNDLE, public=str(bundle.to_public()), valid_from=now))
    public = PublicKeys(agency, tuple(keys))
    data = msgspec.json.format(msgspec.json.encode(public), indent=2)
    # Last: a node without this file has no keys, whatever an interruption left beside it.
    (place / _PUBLIC).write_bytes(data + b"\n")
    return Credentials(signers, str(bundle), secret, public)


def load(folder: Path) -> Credentials:
    """Open the keys of a node.

    :raises ConfigError: when it has none, or the machine's identity is missing.
    :raises TrustError: when they do not open.
    """
    place = folder / FOLDER
    public = read_public(folder)
    machine = os.environ.get(_VARIABLE) or _identity(place / _MACHINE)

    def opened(name: str) -> bytes:
        return unlock((place / f"{name}.age").read_bytes(), identity=machine)

    try:
        signers = {role: load_signer(public.agency, role, opened(role)) for role in SIGNING}
        return Credentials(
            signers, opened(BUNDLE).decode(), bytes.fromhex(opened(_SECRET).decode()), public
        )
    except OSError as error:
        raise ConfigError(f"the node's keys are incomplete: {error.strerror}") from None


def read_public(folder: Path) -> PublicKeys:
    """Return the public keys of a node; raises ``ConfigError`` when it has none."""
    try:
        data = (folder / FOLDER / _PUBLIC).read_bytes()
    except OSError:
        raise ConfigError("this node has no keys; run `esclusa partner keys --create`") from None
    return parse_public(data)


def parse_public(data: bytes, *, file: str = "") -> PublicKeys:
    """Read an agency's public keys as it handed them over.

    :raises ConfigError: when they are not such a file, or name another agency's keys.
    """
    try:
        found = msgspec.json.decode(data, type=PublicKeys)
    except (msgspec.ValidationError, msgspec.DecodeError) as error:
        raise ConfigError(f"{file or 'input'}: no public keys of an agency: {error}") from None
    if any(key.agency != found.agency for key in found.keys):
        raise ConfigError(f"{file or 'input'}: holds keys of another agency")
    return found


def _identity(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii").strip()
    except OSError:
        raise ConfigError(f"the machine's identity is missing: set {_VARIABLE}") from None


def _write_secret(path: Path, data: bytes) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(data + b"\n")
