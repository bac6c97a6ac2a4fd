"""One table for each transaction set that has one."""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO, Final

from esclusa.formats.limits import DEFAULT, Limits
from esclusa.formats.x12.columns import table
from esclusa.formats.x12.columns.advice_353 import ADVICE_353
from esclusa.formats.x12.columns.answer_355 import ANSWER_355
from esclusa.formats.x12.columns.bill_310 import BILL_310
from esclusa.formats.x12.columns.manifest_309 import MANIFEST_309
from esclusa.formats.x12.columns.status_350 import STATUS_350
from esclusa.formats.x12.columns.table import Table, Tables

TABLES: Final[dict[str, Table]] = {
    each.kind: each for each in (MANIFEST_309, BILL_310, STATUS_350, ADVICE_353, ANSWER_355)
}


def read(data: bytes | Path | BinaryIO, *, backend: str = "", limits: Limits = DEFAULT) -> Tables:
    """Read a whole file into a table for each transaction set, and all its defects; see
    :func:`esclusa.formats.x12.columns.table.read`."""
    return table.read(data, TABLES, backend=backend, limits=limits)
