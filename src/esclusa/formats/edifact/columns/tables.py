"""One table for each message type that has one."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import polars as pl

from esclusa.formats.edifact.columns.base import Table, table
from esclusa.formats.edifact.columns.bayplan import BAPLIE
from esclusa.formats.edifact.columns.index import Index
from esclusa.formats.edifact.columns.manifests import CUSCAR
from esclusa.formats.edifact.columns.moves import COARRI
from esclusa.formats.edifact.columns.passengers import PAXLST

TABLES: Final[dict[str, Table]] = {each.kind: each for each in (BAPLIE, COARRI, CUSCAR, PAXLST)}


def baplie(found: bytes | Path | Index) -> pl.DataFrame:
    """Return the containers of every bay plan of a file, one a row."""
    return table(found, BAPLIE)


def coarri(found: bytes | Path | Index) -> pl.DataFrame:
    """Return the moves of every discharge and loading report of a file, one a row."""
    return table(found, COARRI)


def cuscar(found: bytes | Path | Index) -> pl.DataFrame:
    """Return the bills of every cargo report of a file, one a row."""
    return table(found, CUSCAR)


def paxlst(found: bytes | Path | Index) -> pl.DataFrame:
    """Return the travellers of every passenger and crew list of a file, one a row."""
    return table(found, PAXLST)
