"""One row for each subject: what its examinations say together."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any, Final

import msgspec
import polars as pl

from esclusa.analysis.outcomes.definitions import Definitions
from esclusa.analysis.outcomes.link import Linked
from esclusa.analysis.outcomes.times import instant
from esclusa.analysis.outcomes.versions import Stated

_MOMENT: Final = pl.Datetime("us", "UTC")

COLUMNS: Final[dict[str, Any]] = {
    "subject": pl.String,
    "kind": pl.String,
    "examined": pl.Boolean,
    "found": pl.Boolean,
    "known": _MOMENT,
    "at": _MOMENT,
    "lane": pl.String,
    "probability": pl.Float64,
    "selection": pl.String,
    "event": pl.String,
    "examination": pl.String,
    "result": pl.String,
}
"""Columns of the table of outcomes with their types."""

_LANES: Final = frozenset({"mandatory", "value", "control_random", "control_lane"})


class _Said(msgspec.Struct, frozen=True, kw_only=True):
    """What one examination says of one subject."""

    stated: Stated
    known: dt.datetime
    looked: bool
    found: bool | None

    @property
    def order(self) -> tuple[int, dt.datetime, str]:
        """What outweighs comes first; among equals what was known first."""
        weight = 0 if self.found else 1 if self.found is False else 2 if self.looked else 3
        return weight, self.known, self.stated.id

    @property
    def since(self) -> tuple[bool, dt.datetime, str]:
        body = self.stated.body
        moment = instant(body.started) or instant(body.completed) or self.known
        return not self.looked, moment, self.stated.id


def outcome_table(
    exams: Sequence[Stated], linked: Iterable[Linked], rules: Definitions
) -> pl.DataFrame:
    """Return one row for each subject, ordered by subject; columns as in :data:`COLUMNS`.

    ``found`` is null where the outcome is unknown; a rate is taken over the rows where it is not.
    ``examined`` says that somebody looked. ``event`` is equal where one opening speaks for several
    subjects: whoever counts openings or finds counts its distinct values. ``lane`` is ``other``
    where none is known. ``at`` is when the examination was completed.
    """
    about: defaultdict[tuple[str, str], list[_Said]] = defaultdict(list)
    for one in linked:
        stated = exams[one.exam]
        about[one.subject, one.kind].append(
            _Said(
                stated=stated,
                known=stated.known or stated.recorded,
                looked=rules.looked(stated.body),
                found=rules.outcome(stated.body) if one.speaks else None,
            )
        )
    rows = [_row(subject, kind, said) for (subject, kind), said in sorted(about.items())]
    return pl.DataFrame(rows, schema=COLUMNS, orient="row")


def _row(subject: str, kind: str, said: list[_Said]) -> tuple[Any, ...]:
    first = min(said, key=lambda one: one.order)
    lanes = [one for one in said if one.stated.body.lane]
    chosen = min(lanes or said, key=lambda one: one.since).stated.body
    body = first.stated.body
    at = instant(body.completed) or instant(body.started) if first.looked else None
    return (
        subject, kind, first.looked, first.found, first.known, at,
        chosen.lane if chosen.lane in _LANES else "other", _chance(chosen.probability),
        chosen.selection, body.event or first.stated.id, first.stated.id, body.result,
    )  # fmt: skip


def _chance(given: float | None) -> float | None:
    """A copy may hold any number; a chance is above 0 and at most 1."""
    return given if given is not None and 0 < given <= 1 else None
