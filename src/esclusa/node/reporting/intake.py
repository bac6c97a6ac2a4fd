"""Facts about what came in: files, messages, defects."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from typing import Final

import polars as pl
import sqlalchemy as sa

from esclusa.analysis.figures import Figure, Key, gathered
from esclusa.ledger import casework_counts as counts

_RECEIVED: Final = "intake_files"
_COUNTED: Final = {
    "intake_messages": "messages", "intake_quarantined": "quarantined", "intake_defects": "defects",
}  # fmt: skip
UNKNOWN_FORMAT: Final = "unknown"
"""The part of a file that nothing could read; "" is the whole."""


def figures(
    connection: sa.Connection, visible: frozenset[int], since: str, until: str
) -> dict[Key, Figure]:
    """Return the figures about the files that were received in a span: what counting their
    :func:`facts` gives, without a table of them. They are asked for at each look at a report."""
    sums: Counter[Key] = Counter({(name, ""): 0 for name in (_RECEIVED, *_COUNTED)})
    for row in counts.files(connection, visible, since, until):
        told = json.loads(row.counts)
        found = [(_RECEIVED, row.state, 1)]
        found += [(name, row.format or UNKNOWN_FORMAT, told.get(key, 0))
                  for name, key in _COUNTED.items()]  # fmt: skip
        for name, part, number in found:
            if number > 0:
                sums[name, part] += number
                sums[name, ""] += number
    return {key: Figure(number=number) for key, number in sums.items()}


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
    yield gathered({"figure": _RECEIVED, "part": [row.state for row in rows], **shared})
    for figure, name in _COUNTED.items():
        values = [one.get(name, 0) for one in told]
        made = gathered({"figure": figure, "part": formats, "value": values, **shared})
        yield made.filter(pl.col("value") > 0)
