"""The secret from which a node makes the seeds of its draws: a file that only its owner can read.

Who has it before a list is fixed can foresee the draw. It is made once, and kept apart from backups
of the ledger: a seed that was revealed is in the ledger, one that was not goes with the file.
"""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import Final

from esclusa.errors import ConfigError

FILE: Final = "selection.key"
_BYTES: Final = 32


def secret(folder: Path) -> bytes:
    """Return the node's secret; it is made when there is none.

    :raises ConfigError: when the file is not what was written.
    """
    path = folder / FILE
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return _read(path)
    with os.fdopen(handle, "wb") as file:
        file.write(secrets.token_bytes(_BYTES))
        file.flush()
        os.fsync(file.fileno())
    return _read(path)


def _read(path: Path) -> bytes:
    found = path.read_bytes()
    if len(found) != _BYTES:
        raise ConfigError(
            "{file} has {count} bytes, expected {expected}", file=path.name, count=len(found),
            expected=_BYTES,
        )  # fmt: skip
    return found
