"""Figures about alerts, raised and decided with the time that it took, and what is behind them."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from typing import Final

import polars as pl
import sqlalchemy as sa

from esclusa.analysis.figures import LATE, Figure, Key, gathered
from esclusa.ledger import alert_figures as held

SECTION: Final = "alerts"
RAISED, STANDING, DECIDED, TIME = (
    "alerts_raised", "alerts_standing", "alerts_decided", "alerts_time",
)  # fmt: skip


def figures(
    connection: sa.Connection, visible: Collection[int], since: str, until: str, now: str
) -> dict[Key, Figure]:
    """Return the figures about the alerts of a span.

    :param since: its first day, and ``until`` the first after it (ISO 8601).
    :param now: the moment at which states are told, as the ledger writes it.
    """
    raised = held.raised(connection, visible, since, until, now)
    counts: dict[Key, int] = {(RAISED, ""): 0, (STANDING, ""): 0, (DECIDED, ""): 0}
    for (kind, state), number in raised.items():
        for key in ((RAISED, ""), (RAISED, kind), (STANDING, ""), (STANDING, state)):
            counts[key] = counts.get(key, 0) + number
    times = held.decided(connection, visible, since, until)
    every = [one for some in times.values() for one in some]
    counts[DECIDED, ""] = len(every)
    counts |= {(DECIDED, verdict): len(some) for verdict, some in times.items()}
    found = {key: Figure(number=number) for key, number in counts.items()}
    found[TIME, ""] = _time(every)
    return found | {(TIME, verdict): _time(some) for verdict, some in times.items()}


def _time(waited: Sequence[int]) -> Figure:
    """Return median and ninth decile, in minutes, of times in microseconds."""
    if not waited:
        return Figure(number=0)
    order, last = sorted(waited), len(waited) - 1
    middle = (_minutes(order[last // 2]) + _minutes(order[(last + 1) // 2])) / 2
    late = _minutes(order[math.ceil(LATE * last)])
    return Figure(number=len(order), value=middle, low=0.0, high=late)


def _minutes(microseconds: int) -> float:
    return microseconds / 60_000_000


def behind(
    connection: sa.Connection, visible: Collection[int], since: str, until: str, now: str, *,
    figure: str, part: str, limit: int, offset: int,
) -> tuple[int, pl.DataFrame]:  # fmt: skip
    """Return how many alerts a figure counts, and those of a page as facts, the earliest first."""
    span = (connection, visible, since, until)
    page = {"part": part, "limit": limit, "offset": offset}
    if figure in (DECIDED, TIME):
        number, rows = held.decided_page(*span, **page)  # type: ignore[arg-type]
    else:
        by_state = figure == STANDING
        number, rows = held.raised_page(*span, now, by_state=by_state, **page)  # type: ignore[arg-type]
    return number, gathered({
        "figure": figure, "part": [row.part for row in rows],
        "record": [row.alert_id for row in rows], "kind": "alert", "at": [row.at for row in rows],
    })  # fmt: skip
