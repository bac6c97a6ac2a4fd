"""What an administrator decides about signing in through an identity provider."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlsplit

import msgspec

from esclusa.errors import ConfigError
from esclusa.sharing.reader import Role

RETURN: Final = "/sign-in/return"
"""The path that the provider sends browsers back to."""

ENDED: Final = "/sign-in/ended"
"""The path at which the provider says that somebody is signed out there."""

ALGORITHMS: Final = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512",
                     "ES256", "ES384", "ES512", "Ed25519", "EdDSA")  # fmt: skip
"""Signatures by a key pair. No shared secret, and never none (RFC 8725, section 3.1)."""

_LOOPBACK: Final = ("127.0.0.1", "::1", "localhost")


class Oidc(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An identity provider (OpenID Connect Core 1.0).

    ``issuer`` is exactly what the provider calls itself. ``client_id`` is this node's name there,
    and ``client_secret_file`` a file in the node's folder that holds its secret, "" for a public
    client. ``return_address`` is the address that the provider sends browsers back to, as it is
    registered there. ``title`` is how people call the provider. ``authorities`` is a PEM file in
    the node's folder with the certificates that vouch for the provider, "" for those of the system.

    Role and clearance are always those of the account here. With ``role_claim`` and ``role_values``
    (value of the claim → role) the provider can take away, never give: a sign-in needs a value that
    stands for the account's own role.
    """

    issuer: str
    client_id: str
    return_address: str
    client_secret_file: str = ""
    title: str = ""
    authorities: str = ""
    algorithms: tuple[str, ...] = ("RS256", "PS256", "ES256", "Ed25519", "EdDSA")
    role_claim: str = ""
    role_values: dict[str, Role] = {}

    def __post_init__(self) -> None:
        check_address("oidc.issuer", self.issuer)
        check_address("oidc.return_address", self.return_address)
        if urlsplit(self.return_address).path != RETURN or "?" in self.return_address:
            raise ConfigError(f"oidc.return_address ends with {RETURN}")
        if not self.client_id:
            raise ConfigError("oidc.client_id is empty")
        if unknown := sorted(set(self.algorithms) - set(ALGORITHMS)):
            raise ConfigError(f"oidc.algorithms: {unknown[0]!r} is not one of {ALGORITHMS}")
        if not self.algorithms:
            raise ConfigError("oidc.algorithms names none")
        if bool(self.role_claim) != bool(self.role_values):
            raise ConfigError("oidc.role_claim and oidc.role_values go together")


def check_address(name: str, address: str) -> str:
    """Return an address that may be asked: HTTPS, or HTTP on this very machine.

    :raises ConfigError: for every other address, or one that holds a password or a fragment.
    """
    parts = urlsplit(address)
    plain = parts.scheme == "http" and parts.hostname in _LOOPBACK
    if not (parts.scheme == "https" or plain) or not parts.hostname:
        raise ConfigError(f"{name} is an https address, or http on this machine")
    if parts.username is not None or parts.fragment:
        raise ConfigError(f"{name} holds no user and no fragment")
    return address
