"""Facts about decisions on possible matches."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
import polars as pl
import sqlalchemy as sa

from esclusa.analysis.figures import gathered
from esclusa.ledger import casework_counts as counts


class _Said(msgspec.Struct, frozen=True):
    outcome: str
    at: str


class _Step(msgspec.Struct, frozen=True):
    said: _Said | None = None


_STEP = msgspec.json.Decoder(_Step)


def facts(
    connection: sa.Connection, visible: frozenset[int], since: str, until: str
) -> Iterator[pl.DataFrame]:
    """Yield the facts about matches on which somebody decided in a span. Where a reader sees one
    under several labels, the step recorded last speaks."""
    last: dict[str, _Step] = {}
    for name, body in counts.match_steps(connection, visible, since, until):
        last[name] = _STEP.decode(body)
    told = [(name, step.said) for name, step in last.items() if step.said]
    made = [(name, said) for name, said in told if since <= said.at < until]
    yield gathered({
        "figure": "matches_decided", "part": [said.outcome for _name, said in made],
        "record": [name for name, _said in made], "kind": "match",
        "at": [said.at for _name, said in made],
    })  # fmt: skip
