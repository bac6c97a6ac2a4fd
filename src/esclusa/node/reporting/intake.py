"""Facts about what came in: files, messages, defects."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Final

import polars as pl
import sqlalchemy as sa

from esclusa.analysis.figures import gathered
from esclusa.ledger import casework_counts as counts

_COUNTED: Final = {
    "intake_messages": "messages", "intake_quarantined": "quarantined", "intake_defects": "defects",
}  # fmt: skip
UNKNOWN_FORMAT: Final = "unknown"
"""The part of a file that nothing could read; "" is the whole."""


def facts(
    connection: sa.Connection, visible: frozenset[int], since: str, until: str
) -> Iterator[pl.DataFrame]:
    """Yield the facts about the files that were received in a span; each counts with what it
    holds."""
    rows = counts.files(connection, visible, since, until)
    told = [json.loads(row.counts) for row in rows]
    shared = {
        "record": [row.id for row in rows],
        "kind": "file",
        "at": [row.received for row in rows],
    }
    formats = [row.format or UNKNOWN_FORMAT for row in rows]
    yield gathered({"figure": "intake_files", "part": [row.state for row in rows], **shared})
    for figure, name in _COUNTED.items():
        values = [one.get(name, 0) for one in told]
        made = gathered({"figure": figure, "part": formats, "value": values, **shared})
        yield made.filter(pl.col("value") > 0)
