"""A small certificate authority for pilots: mutual TLS between nodes without buying anything.

Keys are ECDSA P-256, which every TLS stack accepts; Ed25519 certificates are still refused by some
browsers, proxies and key stores. An authority signs for nodes alone (path length 0). A node's
certificate serves both ends of a connection, and names the agency in a URI beside its host names,
``urn:esclusa:agency:marisol``: what a node is called on the network says nothing about who it is.

For production bring certificates of your own; the contexts at the end take any PEM files. All times
are aware, UTC. Nothing here reads a clock, except TLS itself when it compares dates.
"""

from __future__ import annotations

import datetime as dt
import ipaddress
import ssl
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import msgspec
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from esclusa.errors import TrustError

AGENCY: Final = "urn:esclusa:agency:"

AUTHORITY_DAYS: Final = 3653
NODE_DAYS: Final = 397
"""A year and a month, so that renewing it once a year leaves a month to do it in."""

LIST_DAYS: Final = 30
"""How long a revocation list counts. Behind its end every handshake fails, so renew it weekly."""

BACKDATED: Final = dt.timedelta(hours=1)
"""A certificate begins this long before it is made: a clock a little behind must not refuse it."""


class Identity(msgspec.Struct, frozen=True):
    """A certificate and its private key, both PEM. The key is in the clear: lock it to keep it."""

    certificate: bytes
    private: bytes

    def __repr__(self) -> str:
        return f"Identity({_load(self.certificate).subject.rfc4514_string()})"


class Revoked(msgspec.Struct, frozen=True):
    """A certificate that counts no more: its serial number and from when."""

    serial: int
    at: dt.datetime


def create_authority(name: str, now: dt.datetime, days: int = AUTHORITY_DAYS) -> Identity:
    """Return a new authority."""
    private = ec.generate_private_key(ec.SECP256R1())
    subject = _name(name)
    builder = _builder(subject, subject, private.public_key(), now, days).add_extension(
        x509.BasicConstraints(ca=True, path_length=0), critical=True
    )
    usage = _usage(sign_certificates=True)
    builder = builder.add_extension(usage, critical=True)
    return _identity(builder, private, private)


def issue(
    authority: Identity, agency: str, hosts: Sequence[str], now: dt.datetime, days: int = NODE_DAYS
) -> Identity:
    """Return a node's identity, with a fresh key.

    :param agency: the agency's id, one lower-case word.
    :param hosts: DNS names and IP addresses under which partners reach the node.
    :raises TrustError: when the authority has run out before the certificate would.
    """
    private = ec.generate_private_key(ec.SECP256R1())
    return _issued(authority, agency, hosts, private, now, days)


def renew(authority: Identity, node: Identity, now: dt.datetime, days: int = NODE_DAYS) -> Identity:
    """Return a node's identity with the same names and a fresh key; the old one stays valid.

    :raises TrustError: when the old certificate is of another authority.
    """
    old = _load(node.certificate)
    try:
        old.verify_directly_issued_by(_load(authority.certificate))
    except (ValueError, TypeError, InvalidSignature):
        raise TrustError("the certificate to renew is of another authority") from None
    names = old.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    hosts = [str(item.value) for item in names if isinstance(item, x509.DNSName | x509.IPAddress)]
    return issue(authority, _agency_in(_uris(names)), hosts, now, days)


def serial_of(certificate: bytes) -> int:
    """Return a certificate's serial number."""
    return _load(certificate).serial_number


def revocation_list(
    authority: Identity,
    revoked: Iterable[Revoked],
    number: int,
    now: dt.datetime,
    days: int = LIST_DAYS,
) -> bytes:
    """Return the list of revoked certificates, PEM (RFC 5280, section 5).

    :param number: higher than that of the list before.
    """
    certificate, private = _load(authority.certificate), _private(authority)
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(certificate.subject)
        .last_update(now - BACKDATED)
        .next_update(now + dt.timedelta(days=days))
        .add_extension(x509.CRLNumber(number), critical=False)
        .add_extension(_authority_id(private.public_key()), critical=False)
    )
    for item in revoked:
        entry = x509.RevokedCertificateBuilder().serial_number(item.serial)
        builder = builder.add_revoked_certificate(entry.revocation_date(item.at).build())
    return builder.sign(private, hashes.SHA256()).public_bytes(Encoding.PEM)


# --- TLS ------------------------------------------------------------------------------------------


def server_context(
    certificate: Path, private: Path, authorities: Path, revocations: Path, password: str = ""
) -> ssl.SSLContext:
    """Return the listening end of mutual TLS, version 1.3: who shows no certificate is refused.

    :param certificate: PEM file of the node's certificate, its chain behind it.
    :param authorities: PEM file of the authorities that partners' certificates may come from.
    :param revocations: PEM file of a revocation list for each of them.
    :raises TrustError: when a file cannot be used.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    return _prepared(context, certificate, private, authorities, revocations, password)


def client_context(
    certificate: Path, private: Path, authorities: Path, revocations: Path, password: str = ""
) -> ssl.SSLContext:
    """Return the calling end: shows the node's certificate and checks the other's host name."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    return _prepared(context, certificate, private, authorities, revocations, password)


def agency_of(peer: Mapping[str, Any] | None) -> str:
    """Return the agency that the other end of a connection proved to be.

    :param peer: what ``SSLSocket.getpeercert()`` returns after the handshake.
    :raises TrustError: when the certificate names no agency, or more than one.
    """
    names = (peer or {}).get("subjectAltName", ())
    return _agency_in(value for kind, value in names if kind == "URI")


def _prepared(
    context: ssl.SSLContext,
    certificate: Path,
    private: Path,
    authorities: Path,
    revocations: Path,
    password: str,
) -> ssl.SSLContext:
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.verify_mode = ssl.CERT_REQUIRED
    context.verify_flags |= ssl.VERIFY_CRL_CHECK_LEAF | ssl.VERIFY_X509_STRICT
    try:
        context.load_cert_chain(certificate, private, lambda: password)
        context.load_verify_locations(authorities)
        context.load_verify_locations(revocations)
    except (OSError, ssl.SSLError) as error:
        raise TrustError(f"the node's certificates cannot be used: {error}") from error
    return context


# --- certificates ---------------------------------------------------------------------------------


def _issued(
    authority: Identity,
    agency: str,
    hosts: Sequence[str],
    private: ec.EllipticCurvePrivateKey,
    now: dt.datetime,
    days: int,
) -> Identity:
    issuer, key = _load(authority.certificate), _private(authority)
    if now + dt.timedelta(days=days) > issuer.not_valid_after_utc:
        raise TrustError(f"the authority itself ends on {issuer.not_valid_after_utc:%Y-%m-%d}")
    names = [_host(host) for host in hosts]
    uri = x509.UniformResourceIdentifier(AGENCY + agency)
    builder = _builder(_name(agency), issuer.subject, private.public_key(), now, days)
    builder = (
        builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(sign_certificates=False), critical=True)
        .add_extension(
            x509.ExtendedKeyUsage(
                [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]
            ),
            critical=False,
        )
        .add_extension(x509.SubjectAlternativeName([*names, uri]), critical=False)
        .add_extension(_authority_id(key.public_key()), critical=False)
    )
    return _identity(builder, private, key)


def _builder(
    subject: x509.Name,
    issuer: x509.Name,
    public: ec.EllipticCurvePublicKey,
    now: dt.datetime,
    days: int,
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - BACKDATED)
        .not_valid_after(now + dt.timedelta(days=days))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
    )


def _identity(
    builder: x509.CertificateBuilder,
    private: ec.EllipticCurvePrivateKey,
    signer: ec.EllipticCurvePrivateKey,
) -> Identity:
    certificate = builder.sign(signer, hashes.SHA256()).public_bytes(Encoding.PEM)
    pem = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return Identity(certificate, pem)


def _usage(*, sign_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not sign_certificates,
        key_cert_sign=sign_certificates,
        crl_sign=sign_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _authority_id(public: ec.EllipticCurvePublicKey) -> x509.AuthorityKeyIdentifier:
    return x509.AuthorityKeyIdentifier.from_issuer_public_key(public)


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _host(text: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(text))
    except ValueError:
        return x509.DNSName(text)


def _uris(names: x509.SubjectAlternativeName) -> Iterable[str]:
    return (item.value for item in names if isinstance(item, x509.UniformResourceIdentifier))


def _agency_in(uris: Iterable[str]) -> str:
    found = [uri.removeprefix(AGENCY) for uri in uris if uri.startswith(AGENCY)]
    if len(found) != 1 or not found[0]:
        raise TrustError("the certificate does not name one agency")
    return found[0]


def _load(certificate: bytes) -> x509.Certificate:
    try:
        return x509.load_pem_x509_certificate(certificate)
    except ValueError:
        raise TrustError("not a certificate in PEM") from None


def _private(authority: Identity) -> ec.EllipticCurvePrivateKey:
    private = load_pem_private_key(authority.private, None)
    if not isinstance(private, ec.EllipticCurvePrivateKey):
        raise TrustError("the authority's key is not an ECDSA key")
    return private
