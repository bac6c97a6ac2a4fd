"""The node's own keys: one for each role, in its folder, locked.

The private keys are locked for one age identity, the machine's. It stands beside them, readable by
the node's user alone, or comes from ``ESCLUSA_IDENTITY`` where an administrator keeps such things
elsewhere. Whoever has it and the folder can sign for the agency.
"""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Iterator, Mapping
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
        self, signers: Mapping[str, Signer], bundle: str, secret: bytes, public: PublicKeys,
        machine: str,
    ) -> None:  # fmt: skip
        self._signers = signers
        self._machine = machine
        self.bundle = bundle
        self.secret = secret
        self.public = public

    def __repr__(self) -> str:
        return f"Credentials({self.public.agency})"

    def signer(self, role: str) -> Signer:
        """Return the signer of a role."""
        return self._signers[role]

    def lock(self, data: bytes) -> bytes:
        """Return data that only this machine's identity opens, as it locks the keys themselves."""
        own = pyrage.x25519.Identity.from_str(self._machine).to_public()
        locked: bytes = pyrage.encrypt(data, [own])
        return locked

    def unlock(self, data: bytes) -> bytes:
        """Return what :meth:`lock` locked; raises ``TrustError`` when it does not open."""
        return unlock(data, identity=self._machine)


def machine_identity(place: Path) -> str:
    """Return the identity that opens the keys in a folder of keys.

    :raises ConfigError: when it is neither in the environment nor in that folder.
    """
    return os.environ.get(_VARIABLE) or _identity(place / _MACHINE)


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
    # Last: a node without this file has no keys, whatever an interruption left beside it.
    _write_public(place, public)
    return Credentials(signers, str(bundle), secret, public, str(machine))


def load(folder: Path) -> Credentials:
    """Open the keys of a node.

    :raises ConfigError: when it has none, or the machine's identity is missing.
    :raises TrustError: when they do not open.
    """
    place = folder / FOLDER
    public = read_public(folder)
    machine = machine_identity(place)

    def opened(name: str) -> bytes:
        return unlock((place / f"{name}.age").read_bytes(), identity=machine)

    try:
        signers = {role: load_signer(public.agency, role, opened(role)) for role in SIGNING}
        return Credentials(
            signers, opened(BUNDLE).decode(), bytes.fromhex(opened(_SECRET).decode()), public,
            machine,
        )  # fmt: skip
    except OSError as error:
        why = error.strerror or ""
        raise ConfigError("the node's keys are incomplete: {why}", why=why) from None


def files(folder: Path) -> Iterator[tuple[str, Path]]:
    """Yield (name below the node's folder, path) of each file for a backup: all but the machine's
    identity, without which the rest stays locked; the public keys last, which make it whole."""
    if exist(folder):
        for path in sorted((folder / FOLDER).iterdir(), key=lambda item: item.name == _PUBLIC):
            if path.name != _MACHINE:
                yield path.relative_to(folder).as_posix(), path


def add_key(folder: Path, agency: str, role: str, now: dt.datetime) -> Signer:
    """Make a fresh key in a role beside the one in use, and publish it; return its signer.

    :raises ConfigError: for a role whose key signs nothing.
    """
    if role not in SIGNING:
        raise ConfigError(f"{role!r} is none of {', '.join(SIGNING)}")
    place, signer = folder / FOLDER, new_signer(agency, role)
    machine = machine_identity(place)
    lock = [str(pyrage.x25519.Identity.from_str(machine).to_public())]
    write_private(place / f"{role}.{signer.key_id}.age", lock_for(private_pem(signer), lock))
    public = read_public(folder)
    keys = (*public.keys, signer.key(now))
    _write_public(place, PublicKeys(agency, keys))
    return signer


def use_key(folder: Path, role: str, key_id: str) -> None:
    """Take a key that was added into use; the one before stays in the folder under its id."""
    place = folder / FOLDER
    before = load(folder).signer(role).key_id
    kept = place / f"{role}.{before}.age"
    if not kept.exists():
        os.link(place / f"{role}.age", kept)
    fresh = place / f".{role}.new"
    fresh.unlink(missing_ok=True)
    os.link(place / f"{role}.{key_id}.age", fresh)
    fresh.replace(place / f"{role}.age")


def _write_public(place: Path, public: PublicKeys) -> None:
    data = msgspec.json.format(msgspec.json.encode(public), indent=2)
    beside = place / f".{_PUBLIC}.new"
    beside.write_bytes(data + b"\n")
    beside.replace(place / _PUBLIC)


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
        raise ConfigError(
            "the machine's identity is missing: set {variable}", variable=_VARIABLE
        ) from None


def _write_secret(path: Path, data: bytes) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(data + b"\n")
