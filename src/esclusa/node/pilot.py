"""Certificates for a pilot: a small authority in a folder, and a node's files for its line.

For production bring the same four files from an authority of your own; see ``docs/exchange.md``.
"""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from esclusa.errors import ConfigError
from esclusa.node.line import FOLDER
from esclusa.sharing.authority import Identity, create_authority, issue, revocation_list

_CERTIFICATE: Final = "authority.pem"
_PRIVATE: Final = "authority.key"


def make_authority(folder: Path, name: str, now: dt.datetime) -> None:
    """Make an authority in a folder; raises ``ConfigError`` when there is one."""
    if (folder / _CERTIFICATE).exists():
        raise ConfigError(f"{folder} holds an authority already")
    folder.mkdir(parents=True, exist_ok=True)
    made = create_authority(name, now)
    _write(folder / _PRIVATE, made.private)
    (folder / _CERTIFICATE).write_bytes(made.certificate)


def certify(
    authority: Path, node: Path, agency: str, hosts: Sequence[str], now: dt.datetime
) -> None:
    """Give a node what its line needs: certificate, key, authorities, revocation list.

    :param hosts: DNS names and IP addresses under which partners reach the node.
    :raises ConfigError: when there is no authority in the folder.
    """
    try:
        ca = Identity((authority / _CERTIFICATE).read_bytes(), (authority / _PRIVATE).read_bytes())
    except OSError:
        raise ConfigError(f"{authority} holds no authority") from None
    place = node / FOLDER
    place.mkdir(mode=0o700, exist_ok=True)
    made = issue(ca, agency, hosts, now)
    _write(place / "node.key", made.private)
    (place / "node.pem").write_bytes(made.certificate)
    (place / "authorities.pem").write_bytes(ca.certificate)
    (place / "revocations.pem").write_bytes(revocation_list(ca, [], 1, now))


def _write(path: Path, data: bytes) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(data)
