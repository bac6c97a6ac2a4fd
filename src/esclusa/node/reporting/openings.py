"""Facts about openings: by the lane that chose them, and by the rules in the alert."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Any, NamedTuple

import polars as pl
import sqlalchemy as sa

from esclusa.analysis.figures import gathered
from esclusa.analysis.outcomes import Definitions, Stated, definitions, instant
from esclusa.node.selection_candidates import alerts_of, rules_of

_MOMENT = "%Y-%m-%dT%H:%M:%SZ"
_OTHER = "other"


class Opening(NamedTuple):
    """An opening, however many services told of it: when it was completed (or became known), the
    first examination that tells of it, whether somebody looked, what was found, and its lane."""

    at: str
    examination: str
    looked: bool
    found: bool | None
    lane: str


def opened(exams: Iterable[Stated], rules: Definitions) -> Iterator[Opening]:
    """Yield the openings that examinations tell of; those of one event are one."""
    order = sorted(exams, key=lambda one: (_event(one), _at(one), one.id))
    for _name, told in groupby(order, key=_event):
        same = list(told)
        found = {rules.outcome(one.body) for one in same}
        lanes = (one.body.lane for one in same if one.body.lane not in ("", _OTHER))
        yield Opening(
            at=_at(same[0]), examination=same[0].id,
            looked=any(rules.looked(one.body) for one in same),
            found=True if True in found else False if False in found else None,
            lane=next(lanes, _OTHER),
        )  # fmt: skip


def _event(one: Stated) -> str:
    return one.body.event or one.id


def _at(one: Stated) -> str:
    known = one.known or one.recorded
    return (instant(one.body.completed) or instant(one.body.started) or known).strftime(_MOMENT)


def facts(
    connection: sa.Connection, visible: frozenset[int], agency: str, exams: Iterable[Stated],
    outcomes: pl.DataFrame, since: str, until: str,
) -> Iterator[pl.DataFrame]:  # fmt: skip
    """Yield the facts about what was opened in a span.

    :param exams: those in force, as :func:`~esclusa.node.examinations.in_force` gives them.
    :param outcomes: as :func:`~esclusa.node.examinations.outcomes_under` gives them.
    """
    here = [one for one in opened(exams, definitions(None)) if since <= one.at < until]
    made = [one for one in here if one.looked]
    yield _lanes("exams_made", made)
    yield _lanes("exams_answered", [one for one in made if one.found is not None])
    yield _lanes("exams_found", [one for one in made if one.found])
    yield _lanes("exams_not_made", [one for one in here if not one.looked], parts=False)
    placed = outcomes.with_columns(
        pl.coalesce("at", "known").dt.strftime(_MOMENT).alias("moment")
    ).filter((pl.col("moment") >= since) & (pl.col("moment") < until))
    yield from _rules(connection, visible, agency, placed)


def _lanes(figure: str, rows: list[Opening], *, parts: bool = True) -> pl.DataFrame:
    return gathered({
        "figure": figure, "part": [one.lane for one in rows] if parts else "",
        "record": [one.examination for one in rows], "kind": "examination",
        "at": [one.at for one in rows],
    })  # fmt: skip


def _rules(
    connection: sa.Connection, visible: frozenset[int], agency: str, placed: pl.DataFrame
) -> Iterator[pl.DataFrame]:
    told = placed.filter((pl.col("kind") == "consignment") & pl.col("found").is_not_null())
    alerts = alerts_of(connection, visible, agency, set(told["subject"]))
    rows: list[dict[str, Any]] = [
        {"part": rule, "record": subject, "at": moment, "found": found}
        for subject, moment, found in told.select("subject", "moment", "found").iter_rows()
        for rule in rules_of(alerts.get(subject))
    ]
    every = pl.DataFrame(
        rows, schema={"part": pl.String, "record": pl.String, "at": pl.String, "found": pl.Boolean}
    )
    for figure, some in (("rules_answered", every), ("rules_found", every.filter("found"))):
        shared = {name: some[name] for name in ("part", "record", "at")}
        yield gathered({"figure": figure, "kind": "record", **shared})
