"""This room's data files: lists of codes with their texts, and the moves that a state allows."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

import msgspec


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """A move that is allowed from a state: where it leads, who makes it, what it must record."""

    target: str
    actor: str
    needs: frozenset[str]


def table(name: str) -> list[dict[str, str]]:
    """Return the rows of a data file."""
    text = files("esclusa.casework").joinpath(name).read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))


@cache
def moves(name: str) -> Mapping[tuple[str, str], Row]:
    """Return the rows of a table of moves (columns move, from, to, actor, needs) by move and state
    that it is made from; ``*`` stands there for any state."""
    return {
        (row["move"], row["from"]): Row(
            target=row["to"], actor=row["actor"], needs=frozenset(row["needs"].split())
        )
        for row in table(name)
    }
