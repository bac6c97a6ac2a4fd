"""When the certificates of the node's line end (RFC 5280, sections 4.1.2.5 and 5.1.2)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from cryptography import x509

from esclusa.sharing.health_views import CertificateView

FOLDER: Final = "line"
_CERTIFICATES: Final = ("node.pem", "authorities.pem")
_REVOCATIONS: Final = "revocations.pem"
_CRL_START: Final = b"-----BEGIN X509 CRL-----"


def certificates(folder: Path, now: dt.datetime) -> tuple[CertificateView, ...]:
    """Return every certificate and list of revoked ones that the line rests on, the first to end
    first. A file that cannot be read counts as ended: nothing can rest on it."""
    found = [one for file in _CERTIFICATES for one in _of_file(folder / FOLDER / file, now)]
    found += _revocations(folder / FOLDER / _REVOCATIONS, now)
    return tuple(sorted(found, key=lambda one: (one.ends, one.file)))


def _of_file(path: Path, now: dt.datetime) -> Iterator[CertificateView]:
    if not path.exists():
        return
    try:
        for one in x509.load_pem_x509_certificates(path.read_bytes()):
            yield _view(path.name, one.subject.rfc4514_string(), one.not_valid_after_utc, now)
    except (OSError, ValueError):
        yield _unreadable(path.name)


def _revocations(path: Path, now: dt.datetime) -> Iterator[CertificateView]:
    if not path.exists():
        return
    try:
        parts = path.read_bytes().split(_CRL_START)[1:]
        for part in parts:
            one = x509.load_pem_x509_crl(_CRL_START + part)
            ends = one.next_update_utc
            if ends is not None:
                yield _view(path.name, one.issuer.rfc4514_string(), ends, now)
    except (OSError, ValueError):
        yield _unreadable(path.name)


def _view(file: str, whose: str, ends: dt.datetime, now: dt.datetime) -> CertificateView:
    return CertificateView(
        file=file, whose=whose[:200], ends=ends.strftime("%Y-%m-%dT%H:%M:%SZ"),
        days=(ends - now).days,
    )  # fmt: skip


def _unreadable(file: str) -> CertificateView:
    return CertificateView(file=file, whose="", ends="", days=-1)
