"""The pilot's certificate authority, shown by real handshakes over the loopback interface.

Both ends check: the chain, the dates, the revocation list, and the caller the host name. In TLS 1.3
a caller learns that its own certificate was refused only with the first byte it reads.
"""

from __future__ import annotations

import datetime as dt
import socket
import ssl
import threading
from pathlib import Path
from typing import NamedTuple

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from esclusa.errors import TrustError
from esclusa.sharing import authority
from esclusa.sharing.authority import AGENCY, Identity, Revoked

NOW = dt.datetime.now(dt.UTC)
DAY = dt.timedelta(days=1)
LOOPBACK = ["localhost", "127.0.0.1"]

PILOT = authority.create_authority("Pilot of the corridor", NOW)
OTHER = authority.create_authority("Somebody else", NOW)
NORTHREACH = authority.issue(PILOT, "northreach", LOOPBACK, NOW)
MARISOL = authority.issue(PILOT, "marisol", LOOPBACK, NOW)
NOBODY_REVOKED = authority.revocation_list(PILOT, (), 1, NOW)


class Outcome(NamedTuple):
    """Who each end found at the other, or why it refused."""

    server: str
    client: str


def files(
    folder: Path, name: str, identity: Identity, revoked: bytes, trusted: bytes
) -> list[Path]:
    paths = [
        folder / f"{name}-{part}.pem"
        for part in ("certificate", "private", "authorities", "revocations")
    ]
    contents = (identity.certificate, identity.private, trusted, revoked)
    for path, content in zip(paths, contents, strict=True):
        path.write_bytes(content)
    return paths


def handshake(
    folder: Path,
    server: Identity = NORTHREACH,
    client: Identity | None = MARISOL,
    revoked: bytes = NOBODY_REVOKED,
    host: str = "localhost",
    trusted: bytes = PILOT.certificate,
) -> Outcome:
    listening = authority.server_context(*files(folder, "server", server, revoked, trusted))
    if client is None:
        calling = ssl.create_default_context(cadata=PILOT.certificate.decode())
    else:
        calling = authority.client_context(*files(folder, "client", client, revoked, trusted))
    found: list[str] = []
    with socket.create_server(("127.0.0.1", 0)) as door:
        thread = threading.Thread(target=lambda: found.append(_serve(door, listening)))
        thread.start()
        outcome = _call(door.getsockname()[1], calling, host)
        thread.join(timeout=30)
    return Outcome(found[0], outcome)


def _serve(door: socket.socket, context: ssl.SSLContext) -> str:
    raw, _address = door.accept()
    try:
        with context.wrap_socket(raw, server_side=True) as line:
            peer = authority.agency_of(line.getpeercert())
            line.sendall(b"come in")
            return peer
    except (ssl.SSLError, OSError) as error:
        return f"refused: {error}"


def _call(port: int, context: ssl.SSLContext, host: str) -> str:
    try:
        with (
            socket.create_connection(("127.0.0.1", port), timeout=30) as raw,
            context.wrap_socket(raw, server_hostname=host) as line,
        ):
            if line.recv(7) != b"come in":
                return "refused: closed"
            return authority.agency_of(line.getpeercert())
    except (ssl.SSLError, OSError) as error:
        return f"refused: {error}"


# --- handshakes -----------------------------------------------------------------------------------


@pytest.mark.parametrize("host", LOOPBACK)
def test_two_nodes_of_one_authority_know_each_other_by_agency(tmp_path: Path, host: str) -> None:
    assert handshake(tmp_path, host=host) == Outcome("marisol", "northreach")


Bought = tuple[x509.Certificate, ec.EllipticCurvePrivateKey]
MAY_SIGN = x509.KeyUsage(False, False, False, False, False, True, True, False, False)


def bought(subject: str, by: Bought | None, names: list[x509.GeneralName] | None = None) -> Bought:
    """Return a certificate as a government's own authority makes it (RFC 5280), by no code of ours:
    of an authority without names, a root without an issuer."""
    key = ec.generate_private_key(ec.SECP384R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, subject)])
    issuer, signing = (name, key) if by is None else (by[0].subject, by[1])
    builder = (
        x509.CertificateBuilder(
            issuer, name, key.public_key(), x509.random_serial_number(), NOW - DAY, NOW + DAY
        )
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False)
        .add_extension(signed_with(signing), False)
        .add_extension(x509.BasicConstraints(ca=not names, path_length=None), True)
    )
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName(names), False)
    else:
        builder = builder.add_extension(MAY_SIGN, True)
    return builder.sign(signing, hashes.SHA384()), key


def signed_with(key: ec.EllipticCurvePrivateKey) -> x509.AuthorityKeyIdentifier:
    return x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key())


def test_certificates_of_somebody_elses_authorities_serve_as_well(tmp_path: Path) -> None:
    """A root, an authority below it, and certificates of nodes that name their agency."""
    root = bought("Root of Altamira", None)
    below = bought("Authority of Altamira", root)
    revocations = (
        x509.CertificateRevocationListBuilder(below[0].subject, NOW - DAY, NOW + DAY)
        .add_extension(x509.CRLNumber(1), False)
        .add_extension(signed_with(below[1]), False)
        .sign(below[1], hashes.SHA384())
        .public_bytes(Encoding.PEM)
    )
    nodes = []
    for agency in ("northreach", "marisol"):
        names = [x509.DNSName("localhost"), x509.UniformResourceIdentifier(AGENCY + agency)]
        certificate, key = bought(agency, below, names)
        chain = certificate.public_bytes(Encoding.PEM) + below[0].public_bytes(Encoding.PEM)
        private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        nodes.append(Identity(chain, private))
    trusted = root[0].public_bytes(Encoding.PEM)
    outcome = handshake(tmp_path, nodes[0], nodes[1], revocations, trusted=trusted)
    assert outcome == Outcome("marisol", "northreach")
    outcome = handshake(tmp_path, nodes[0], MARISOL, revocations, trusted=trusted)
    assert "CERTIFICATE_VERIFY_FAILED" in outcome.server


def test_a_caller_without_a_certificate_is_refused(tmp_path: Path) -> None:
    outcome = handshake(tmp_path, client=None)
    assert "PEER_DID_NOT_RETURN_A_CERTIFICATE" in outcome.server
    assert outcome.client.startswith("refused")


def test_a_caller_of_another_authority_is_refused(tmp_path: Path) -> None:
    outcome = handshake(tmp_path, client=authority.issue(OTHER, "marisol", LOOPBACK, NOW))
    assert "CERTIFICATE_VERIFY_FAILED" in outcome.server
    assert outcome.client.startswith("refused")


def test_a_node_of_another_authority_is_refused_by_the_caller(tmp_path: Path) -> None:
    outcome = handshake(tmp_path, server=authority.issue(OTHER, "northreach", LOOPBACK, NOW))
    assert "CERTIFICATE_VERIFY_FAILED" in outcome.client
    assert outcome.server.startswith("refused")


def test_an_expired_certificate_is_refused_at_both_ends(tmp_path: Path) -> None:
    old = authority.create_authority("Pilot", NOW - 900 * DAY)
    lists = authority.revocation_list(old, (), 1, NOW)
    good = authority.issue(old, "northreach", LOOPBACK, NOW)
    late = authority.issue(old, "marisol", LOOPBACK, NOW - 500 * DAY, days=100)
    outcome = handshake(tmp_path, good, late, lists, trusted=old.certificate)
    assert "certificate has expired" in outcome.server
    assert outcome.client.startswith("refused")
    outcome = handshake(tmp_path, late, good, lists, trusted=old.certificate)
    assert "certificate has expired" in outcome.client


def test_a_certificate_from_the_future_is_refused(tmp_path: Path) -> None:
    early = authority.issue(PILOT, "marisol", LOOPBACK, NOW + 10 * DAY)
    assert "certificate is not yet valid" in handshake(tmp_path, client=early).server


def test_a_revoked_certificate_is_refused_at_both_ends(tmp_path: Path) -> None:
    gone = [Revoked(authority.serial_of(MARISOL.certificate), NOW - DAY)]
    revoked = authority.revocation_list(PILOT, gone, 2, NOW)
    assert "certificate revoked" in handshake(tmp_path, revoked=revoked).server
    outcome = handshake(tmp_path, server=MARISOL, client=NORTHREACH, revoked=revoked)
    assert "certificate revoked" in outcome.client
    fresh = authority.renew(PILOT, MARISOL, NOW)
    assert handshake(tmp_path, client=fresh, revoked=revoked) == Outcome("marisol", "northreach")


def test_without_a_list_in_date_nobody_comes_in(tmp_path: Path) -> None:
    stale = authority.revocation_list(PILOT, (), 1, NOW - 31 * DAY)
    foreign = authority.revocation_list(OTHER, (), 1, NOW)
    for revoked, reason in ((stale, "CRL has expired"), (foreign, "unable to get certificate CRL")):
        outcome = handshake(tmp_path, revoked=revoked)
        assert reason in outcome.client
        assert outcome.server.startswith("refused")


def test_a_caller_notices_that_it_reached_another_host(tmp_path: Path) -> None:
    elsewhere = authority.issue(PILOT, "northreach", ["node.northreach.example"], NOW)
    assert "Hostname mismatch" in handshake(tmp_path, server=elsewhere).client


def test_a_node_cannot_issue_certificates(tmp_path: Path) -> None:
    forged = authority.issue(MARISOL, "altamira", LOOPBACK, NOW, days=30)
    chained = Identity(forged.certificate + MARISOL.certificate, forged.private)
    assert handshake(tmp_path, client=chained).server.startswith("refused")


def test_older_versions_of_tls_are_not_spoken(tmp_path: Path) -> None:
    context = authority.client_context(
        *files(tmp_path, "c", MARISOL, NOBODY_REVOKED, PILOT.certificate)
    )
    assert context.minimum_version == ssl.TLSVersion.TLSv1_3
    assert context.check_hostname


# --- certificates ---------------------------------------------------------------------------------


def test_a_certificate_covers_both_ends_and_a_clock_that_is_behind() -> None:
    certificate = x509.load_pem_x509_certificate(MARISOL.certificate)
    usage = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert {item.dotted_string for item in usage} == {"1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2"}
    assert certificate.not_valid_before_utc == (NOW - dt.timedelta(hours=1)).replace(microsecond=0)
    assert certificate.not_valid_after_utc == (NOW + 397 * DAY).replace(microsecond=0)


def test_renewing_keeps_the_names_and_takes_a_fresh_key() -> None:
    fresh = authority.renew(PILOT, MARISOL, NOW + 300 * DAY)
    old, new = (x509.load_pem_x509_certificate(item.certificate) for item in (MARISOL, fresh))
    names = x509.SubjectAlternativeName
    assert new.extensions.get_extension_for_class(names) == old.extensions.get_extension_for_class(
        names
    )
    assert new.public_key() != old.public_key()
    assert new.serial_number != old.serial_number
    with pytest.raises(TrustError, match="of another authority"):
        authority.renew(OTHER, MARISOL, NOW)


def test_an_authority_does_not_sign_beyond_its_own_end() -> None:
    short = authority.create_authority("Short", NOW, days=100)
    with pytest.raises(TrustError, match="the authority itself ends on"):
        authority.issue(short, "marisol", LOOPBACK, NOW)


def test_a_private_key_is_not_printed() -> None:
    assert repr(MARISOL) == "Identity(CN=marisol)"


@pytest.mark.parametrize("peer", [
    None, {}, {"subjectAltName": (("DNS", "urn:esclusa:agency:marisol"),)},
    {"subjectAltName": (("URI", "urn:esclusa:agency:"),)},
    {"subjectAltName": (("URI", "urn:esclusa:agency:a"), ("URI", "urn:esclusa:agency:b"))},
])  # fmt: skip
def test_a_certificate_that_does_not_name_one_agency_is_nobody_s(
    peer: dict[str, object] | None,
) -> None:
    with pytest.raises(TrustError, match="does not name one agency"):
        authority.agency_of(peer)


def test_files_that_cannot_be_used_are_refused_at_the_start(tmp_path: Path) -> None:
    paths = files(tmp_path, "node", MARISOL, NOBODY_REVOKED, PILOT.certificate)
    mixed = files(tmp_path, "other", NORTHREACH, NOBODY_REVOKED, PILOT.certificate)
    with pytest.raises(TrustError, match="cannot be used"):
        authority.server_context(paths[0], mixed[1], *paths[2:])
    with pytest.raises(TrustError, match="cannot be used"):
        authority.server_context(*paths[:3], tmp_path / "missing.pem")
    with pytest.raises(TrustError, match="not a certificate"):
        authority.serial_of(b"nonsense")
