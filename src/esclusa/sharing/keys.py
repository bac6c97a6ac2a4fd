"""Keys of agencies: who may sign in which role, from when, until when. And how they are kept.

The rules of :meth:`KeyRing.verify`, all of which must hold at the time of signing:

1. The key is known for exactly this agency and role.
2. Its validity has begun and not ended, give or take the agreed clock skew.
3. It was not revoked by then. A revocation counts from its moment on, without skew.
4. The signature holds.

A past signature therefore stays good when its key runs out, is revoked later, or its agency is
merged into another. A thief can lie about the time of signing; so what arrives now goes through
:meth:`KeyRing.verify_received`, which also refuses whatever a key revoked by now signed at any
time, what lies in the future, and what is older than anything carried by hand may be.

Each thing that is signed names its kind in its first bytes (``{"format":"esclusa-batch/1"``,
``cosignature/v1``, a log's origin) and each role has keys of its own. So no signature can be passed
off as one over something else.
"""

from __future__ import annotations

import base64
import binascii
import datetime as dt
import hashlib
import os
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Final, Literal, NoReturn

import msgspec
import pyrage
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from esclusa.errors import TrustError

Word = Annotated[str, msgspec.Meta(pattern=r"^[a-z][a-z0-9_-]{0,63}$")]
"""An agency's id or a role: one lower-case word."""

Hex32 = Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{32}$")]

AUTHORITY: Final = "authority"
"""The role that enrols and revokes the agency's other keys and signs for its succession."""

AGREEMENT: Final = "agreement"
EXCHANGE: Final = "exchange"
LOG: Final = "log"
WITNESS: Final = "witness"

BUNDLE: Final = "bundle"
"""The role whose keys are age recipients: they open sealed bundles and sign nothing."""

SKEW: Final = dt.timedelta(minutes=10)
"""How far another's clock may be from ours unless an agreement says otherwise."""

CARRIED: Final = dt.timedelta(days=30)
"""How long a batch may be on its way, by hand at worst, unless an agreement says otherwise."""


class Key(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A public key of an agency in a role.

    ``public`` is 64 hexadecimal digits of an Ed25519 key, in the role ``bundle`` an age recipient.
    Times are aware, UTC. ``valid_until`` None means no end is set.
    """

    agency: Word
    role: Word
    public: str
    valid_from: dt.datetime
    valid_until: dt.datetime | None = None

    @property
    def id(self) -> str:
        """Return the key's id: 32 hexadecimal digits that depend on agency, role and key."""
        return key_id(self.agency, self.role, self.public)

    def valid_at(self, at: dt.datetime, skew: dt.timedelta = dt.timedelta()) -> bool:
        """Tell whether the validity covers a moment, give or take the skew."""
        ended = self.valid_until is not None and at >= self.valid_until + skew
        return self.valid_from - skew <= at and not ended


class Revocation(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """From this moment on the key counts for nothing. ``reason`` is a sentence for people."""

    agency: Word
    role: Word
    key: Hex32
    at: dt.datetime
    reason: str = ""


def key_id(agency: str, role: str, public: str) -> str:
    """Return the id of a key."""
    return hashlib.sha256(f"{agency}/{role}\n{public}".encode()).hexdigest()[:32]


class Signer:
    """A private key with the agency and role it signs for. Never printed, never pickled."""

    def __init__(self, agency: str, role: str, private: Ed25519PrivateKey) -> None:
        self.agency = agency
        self.role = role
        self._private = private

    def __repr__(self) -> str:
        return f"Signer({self.agency}/{self.role}, key {self.key_id})"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a private key is not pickled")

    @property
    def private(self) -> Ed25519PrivateKey:
        """Return the private key, for notes that are signed under another name."""
        return self._private

    @property
    def public(self) -> str:
        """Return the public key, 64 hexadecimal digits."""
        return self._private.public_key().public_bytes_raw().hex()

    @property
    def key_id(self) -> str:
        """Return the id of the key."""
        return key_id(self.agency, self.role, self.public)

    def sign(self, message: bytes) -> bytes:
        """Return the signature, 64 bytes (Ed25519, RFC 8032)."""
        return self._private.sign(message)

    def key(self, valid_from: dt.datetime, valid_until: dt.datetime | None = None) -> Key:
        """Return the public key with a validity, to be enrolled by others."""
        return Key(
            agency=self.agency,
            role=self.role,
            public=self.public,
            valid_from=valid_from,
            valid_until=valid_until,
        )


def new_signer(agency: str, role: str) -> Signer:
    """Return a signer with a fresh key."""
    return Signer(agency, role, Ed25519PrivateKey.generate())


class KeyRing:
    """All keys that are known here, and what became of them. Unchangeable; adding returns another.

    :param skew: how far another's clock may be from ours.
    :param carried: how long something signed may be on its way.
    """

    def __init__(
        self,
        keys: Iterable[Key] = (),
        revocations: Iterable[Revocation] = (),
        *,
        skew: dt.timedelta = SKEW,
        carried: dt.timedelta = CARRIED,
    ) -> None:
        self.keys = tuple(keys)
        self.revocations = tuple(revocations)
        self.skew = skew
        self.carried = carried
        self._by_id = {(key.agency, key.role, key.id): key for key in self.keys}
        self._revoked: dict[tuple[str, str, str], dt.datetime] = {}
        for item in self.revocations:
            place = (item.agency, item.role, item.key)
            # The earliest counts: a later one cannot bring a key back to life.
            self._revoked[place] = min(item.at, self._revoked.get(place, item.at))

    def with_key(self, key: Key) -> KeyRing:
        """Return a ring that knows one more key.

        :raises TrustError: when the key is malformed, or known with another validity. A validity
            that could be stretched afterwards would be none.
        """
        _check_public(key)
        known = self._by_id.get((key.agency, key.role, key.id))
        if known is not None and known != key:
            raise TrustError(f"key {key.id} of {key.agency}/{key.role} is known otherwise")
        return self if known else self._with((*self.keys, key), self.revocations)

    def with_revocation(self, revocation: Revocation) -> KeyRing:
        """Return a ring in which a key is revoked."""
        return self._with(self.keys, (*self.revocations, revocation))

    def find(self, agency: str, role: str, key_id: str) -> Key:
        """Return a key.

        :raises TrustError: when it is not known for this agency and role.
        """
        key = self._by_id.get((agency, role, key_id))
        if key is None:
            raise TrustError(f"no key {key_id[:32]!r} of {agency}/{role} is known")
        return key

    def current(self, agency: str, role: str, at: dt.datetime) -> tuple[Key, ...]:
        """Return the keys that count at a moment, the one valid longest first."""
        good = [
            key
            for key in self.keys
            if (key.agency, key.role) == (agency, role)
            and key.valid_at(at)
            and not self.revoked_by(key, at)
        ]
        return tuple(sorted(good, key=lambda key: (key.valid_from, key.id)))

    def revoked_by(self, key: Key, at: dt.datetime) -> bool:
        """Tell whether a key was revoked at a moment or before it."""
        moment = self._revoked.get((key.agency, key.role, key.id))
        return moment is not None and moment <= at

    def verify(
        self, agency: str, role: str, key_id: str, message: bytes, signature: bytes, at: dt.datetime
    ) -> Literal[True]:
        """Check a signature as of the time of signing. Returns True or raises.

        :param at: when it was signed, as far as that is known for certain: aware, UTC.
        :raises TrustError: when one of the rules above is broken; the sentence says which.
        """
        key = self.find(agency, role, key_id)
        name = f"key {key.id} of {agency}/{role}"
        if role == BUNDLE:
            raise TrustError(f"{name} opens bundles and signs nothing")
        if self.revoked_by(key, at):
            raise TrustError(f"{name} was revoked before {_text(at)}")
        if not key.valid_at(at, self.skew):
            raise TrustError(f"{name} was not valid at {_text(at)}")
        try:
            Ed25519PublicKey.from_public_bytes(bytes.fromhex(key.public)).verify(signature, message)
        except InvalidSignature:
            raise TrustError(f"the signature under {name} does not hold") from None
        return True

    def verify_received(
        self,
        agency: str,
        role: str,
        key_id: str,
        message: bytes,
        signature: bytes,
        *,
        made: dt.datetime,
        now: dt.datetime,
    ) -> Literal[True]:
        """Check a signature on something that arrives now; its time is only what the signer says.

        :raises TrustError: as ``verify``, and when it is from the future, too old, or its key is
            revoked by now.
        """
        if made > now + self.skew:
            raise TrustError(f"signed at {_text(made)}, which is in the future: a clock is wrong")
        if made < now - self.carried - self.skew:
            days = self.carried.days
            raise TrustError(f"signed at {_text(made)}, longer than {days} days on its way")
        self.verify(agency, role, key_id, message, signature, made)
        if self.revoked_by(self.find(agency, role, key_id), now):
            raise TrustError(f"key {key_id} of {agency}/{role} is revoked")
        return True

    def _with(self, keys: Sequence[Key], revocations: Sequence[Revocation]) -> KeyRing:
        return KeyRing(keys, revocations, skew=self.skew, carried=self.carried)


def _check_public(key: Key) -> None:
    try:
        if key.role == BUNDLE:
            pyrage.x25519.Recipient.from_str(key.public)
        else:
            Ed25519PublicKey.from_public_bytes(bytes.fromhex(key.public))
    except (ValueError, pyrage.RecipientError):
        raise TrustError(f"the key of {key.agency}/{key.role} is malformed") from None
    if key.role != BUNDLE and key.public != key.public.lower():
        raise TrustError(f"the key of {key.agency}/{key.role} is not in lower case")


def _text(at: dt.datetime) -> str:
    return at.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


# --- how private keys are kept --------------------------------------------------------------------


_TRIES: Final = 5
_ARMOUR: Final = b"-----BEGIN AGE ENCRYPTED FILE-----"
_HEADER: Final = 512
"""Bytes that hold the first recipient line of a locked key, armoured or not."""
_TOO_MUCH_WORK: Final = "Excessive work"


def lock(private: bytes, passphrase: str) -> bytes:
    """Return a private key under a passphrase: age (scrypt) around the PEM, about 2 s of CPU.

    The password encryption inside PKCS#8 itself would let a thief try thousands of passwords a
    second; see the decision on bundles.
    """
    if not passphrase:
        raise ValueError("a private key is kept under a passphrase that is not empty")
    locked: bytes = pyrage.passphrase.encrypt(private, passphrase, armored=True)
    return locked


def lock_for(private: bytes, recipients: Sequence[str]) -> bytes:
    """Return a private key that the holders of these age recipients can open."""
    known = [pyrage.x25519.Recipient.from_str(text) for text in recipients]
    locked: bytes = pyrage.encrypt(private, known, armored=True)
    return locked


def opens_by_identity(data: bytes) -> bool:
    """Tell whether a locked key asks for an identity, as ``lock_for`` keeps one, and not for a
    passphrase: the first recipient line of age's header says which (C2SP age, X25519)."""
    head = data[:_HEADER]
    if head.startswith(_ARMOUR):
        lines = head.split(b"\n")[1:-1]
        text = b"".join(line.strip() for line in lines if not line.startswith(b"-----"))
        with suppress(binascii.Error):
            head = base64.b64decode(text[: len(text) // 4 * 4])
    return b"\n-> X25519 " in head


def unlock(data: bytes, *, passphrase: str = "", identity: str = "") -> bytes:
    """Return the PEM of a private key as ``lock`` or ``lock_for`` kept it.

    :raises TrustError: when it does not open; the sentence never says what was tried.
    """
    pem: bytes
    try:
        if identity:
            pem = pyrage.decrypt(data, [pyrage.x25519.Identity.from_str(identity)])
        else:
            pem = _with_passphrase(data, passphrase)
    except (pyrage.DecryptError, pyrage.IdentityError, ValueError):
        raise TrustError("the private key does not open with what was given") from None
    return pem


def _with_passphrase(data: bytes, passphrase: str) -> bytes:
    """Open what a passphrase locks. The library refuses a key that seems to need over 16 times the
    work of one second here, and times this machine for it in a moment: with much other work beside
    it a machine may seem that slow once, so it is asked again."""
    for _try in range(_TRIES):
        try:
            pem: bytes = pyrage.passphrase.decrypt(data, passphrase)
        except pyrage.DecryptError as error:
            if _TOO_MUCH_WORK not in str(error):
                raise
        else:
            return pem
    raise TrustError("the private key asks for more work to open than this machine does")


def private_pem(signer: Signer) -> bytes:
    """Return the signer's key as PEM (PKCS#8), in the clear: lock it before it is kept."""
    return signer.private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def load_signer(agency: str, role: str, pem: bytes, password: str = "") -> Signer:
    """Return the signer of a PEM (PKCS#8), which may have a password of its own.

    :raises TrustError: when it is not an Ed25519 key or the password is wrong.
    """
    try:
        private = load_pem_private_key(pem, password.encode() or None)
    except (ValueError, TypeError):
        raise TrustError(f"the private key of {agency}/{role} cannot be read") from None
    if not isinstance(private, Ed25519PrivateKey):
        raise TrustError(f"the private key of {agency}/{role} is not an Ed25519 key")
    return Signer(agency, role, private)


def write_private(path: Path, locked: bytes) -> None:
    """Write a locked private key so that only its owner may read it, durably, never over another.

    :raises ValueError: when it is not locked.
    :raises FileExistsError: when the file exists.
    """
    if b"ENCRYPTED" not in locked.split(b"\n", 1)[0]:
        raise ValueError("a private key is not written in the clear")
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(locked)
        file.flush()
        os.fsync(file.fileno())
