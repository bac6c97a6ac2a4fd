"""Is a group chosen more often than others, and found wanting less often? Then an alarm is due.

Choosing a group often is no fault where its boxes carry more. It is one where they are opened more
and less is found: the burden falls on people who give no cause. (This is the outcome test of Becker
1957; a like hit rate proves no fairness, but a high selection with low hits is a sign against it.)

Two tests have to agree, and the weaker of their probabilities counts (Berger 1982):

1. the group was chosen for cause more often than the others (hypergeometric, Fisher 1935);
2. of what was opened for cause, less was found in it than in the others (the same test).

Many groups are looked at, so the probabilities are adjusted (Holm 1979): an alarm means that by
chance alone there would be any alarm in the whole table at most once in twenty weeks.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec
import polars as pl

from esclusa.analysis.intervals import at_least
from esclusa.analysis.measurement.rates import Rate, rate

ALARM: Final = 0.05


class Group(msgspec.Struct, frozen=True, kw_only=True):
    """One group: how many came, how many of them were chosen for cause, and what was found.

    ``chance`` is the adjusted probability of a group like this, or a stranger one, where nothing is
    amiss; ``alarm`` tells that it is at most :data:`ALARM`.
    """

    kind: str
    name: str
    came: int
    hits: Rate
    selection: float
    others_selection: float | None
    others_hits: float | None
    chance: float
    alarm: bool


def groups(candidates: pl.DataFrame, kinds: Sequence[str]) -> tuple[Group, ...]:
    """Compare each group of each kind with all others of that kind.

    :param candidates: one row for each subject that could be chosen: ``chosen`` (for cause),
        ``found`` (null without a result), and a column for each kind. A row without a value is in
        no group of the kind.
    :return: alarms first, then by selection, the highest first.
    """
    raw = [found for kind in kinds for found in _kind(candidates, kind)]
    adjusted = holm([one.chance for one in raw])
    told = [
        msgspec.structs.replace(one, chance=chance, alarm=chance <= ALARM)
        for one, chance in zip(raw, adjusted, strict=True)
    ]
    return tuple(sorted(told, key=lambda g: (not g.alarm, -g.selection, g.kind, g.name)))


def _kind(candidates: pl.DataFrame, kind: str) -> list[Group]:
    sums = (
        candidates.drop_nulls(kind)
        .group_by(pl.col(kind).cast(pl.String).alias("name"))
        .agg(
            pl.len().alias("came"),
            pl.col("chosen").sum().alias("chosen"),
            (pl.col("chosen") & pl.col("found").is_not_null()).sum().alias("examined"),
            (pl.col("chosen") & pl.col("found").fill_null(False)).sum().alias("found"),
        )
        .sort("name")
    )
    all_, chosen, examined, found = (
        int(sums[name].sum()) for name in ("came", "chosen", "examined", "found")
    )
    told = []
    for row in sums.iter_rows(named=True):
        often = at_least(row["chosen"], row["came"], chosen, all_)
        empty = row["examined"] - row["found"]
        in_vain = at_least(empty, row["examined"], examined - found, examined)
        others, others_seen = all_ - row["came"], examined - row["examined"]
        told.append(
            Group(
                kind=kind,
                name=row["name"],
                came=row["came"],
                hits=rate(row["name"], row["chosen"], row["examined"], row["found"]),
                selection=row["chosen"] / row["came"],
                others_selection=(chosen - row["chosen"]) / others if others else None,
                others_hits=(found - row["found"]) / others_seen if others_seen else None,
                chance=max(often, in_vain),
                alarm=False,
            )
        )
    return told


def holm(chances: Sequence[float]) -> list[float]:
    """Return probabilities adjusted for their number (Holm 1979), in the order given."""
    adjusted, ran = [0.0] * len(chances), 0.0
    for rank, at in enumerate(sorted(range(len(chances)), key=lambda at: chances[at])):
        ran = max(ran, min(1.0, chances[at] * (len(chances) - rank)))
        adjusted[at] = ran
    return adjusted
