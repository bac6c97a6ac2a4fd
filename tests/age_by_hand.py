"""A passphrase-locked age file written by hand, with little work asked of whoever opens it.

What ``keys.lock`` writes costs a second of CPU to write and another to open, on purpose. Tests of what
happens around a locked key use this one; it follows the format's text (C2SP age, version 1: header,
scrypt recipient, payload of one chunk, armor), so it also shows that files of other software open.
"""

from __future__ import annotations

import base64
import hmac
import os

from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

_VERSION = b"age-encryption.org/v1"
_CHUNK = 64 * 1024


def lightly_locked(
    private: bytes, passphrase: str, *, work: int = 4, asks: int | None = None
) -> bytes:
    """Return the armored file of a short text. ``work`` is the logarithm of scrypt's cost that was
    spent, ``asks`` the one that the file names, if it is another."""
    assert len(private) <= _CHUNK
    file_key, salt, nonce = os.urandom(16), os.urandom(16), os.urandom(16)
    scrypt = Scrypt(_VERSION + b"/scrypt" + salt, length=32, n=1 << work, r=8, p=1)
    wrapped = _sealed(scrypt.derive(passphrase.encode()), bytes(12), file_key)
    stanza = b"-> scrypt %b %d\n%b\n" % (
        _plain(salt),
        work if asks is None else asks,
        _plain(wrapped),
    )
    header = _VERSION + b"\n" + stanza + b"---"
    mac = hmac.digest(_derived(file_key, b"", b"header"), header, "sha256")
    last = bytes(11) + b"\1"
    body = nonce + _sealed(_derived(file_key, nonce, b"payload"), last, private)
    return _armored(header + b" " + _plain(mac) + b"\n" + body)


def _sealed(key: bytes, nonce: bytes, text: bytes) -> bytes:
    return ChaCha20Poly1305(key).encrypt(nonce, text, None)


def _derived(key: bytes, salt: bytes, use: bytes) -> bytes:
    return HKDF(SHA256(), length=32, salt=salt, info=use).derive(key)


def _plain(data: bytes) -> bytes:
    return base64.b64encode(data).rstrip(b"=")


def _armored(data: bytes) -> bytes:
    text = base64.b64encode(data)
    lines = [text[at : at + 64] for at in range(0, len(text), 64)]
    begin, end = b"-----BEGIN AGE ENCRYPTED FILE-----", b"-----END AGE ENCRYPTED FILE-----"
    return b"\n".join([begin, *lines, end, b""])
