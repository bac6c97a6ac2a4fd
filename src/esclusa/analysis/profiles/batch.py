"""Profiles of a whole history at once."""

from __future__ import annotations

from typing import Final

import numpy as np
import polars as pl

from esclusa.analysis.profiles.catalogue import keys, measures
from esclusa.analysis.profiles.coding import Coder
from esclusa.analysis.profiles.contributions import contributions, single_versions
from esclusa.analysis.profiles.counting import count_key
from esclusa.analysis.profiles.peers import compare
from esclusa.analysis.profiles.rows import measured, outcomes_taken, taken
from esclusa.analysis.profiles.settings import Settings
from esclusa.analysis.profiles.shaping import Shape, asked_about
from esclusa.analysis.profiles.stream import Stream, stream_of

_SETTINGS = Settings()


_ID: Final = ("id",)


def profile(
    rows: pl.DataFrame, outcomes: pl.DataFrame | None = None, *, asked: pl.DataFrame | None = None,
    settings: Settings = _SETTINGS,
) -> pl.DataFrame:  # fmt: skip
    """Return ``id``, ``at`` and the features of each row asked about, in its order.

    Each is what the rows and outcomes before its moment say, without what its own consignment said.

    :param rows: history, columns of ``ROW_COLUMNS``, in any order.
    :param outcomes: columns of ``OUTCOME_COLUMNS``, in any order.
    :param asked: rows to profile at their ``at``; None: every row of ``rows`` at its own, one
        that is stated twice once.
    :raises InputError: a column is missing or has a wrong type, a moment is out of range, or one
        consignment is stated twice, differently, at one moment.
    """
    coder, stream, wanted = history_of(rows, outcomes, asked)
    raw = measured(coder.frame)
    shape = Shape(*asked_about(wanted, raw[len(raw) - len(wanted) :]), settings)
    for key in keys():
        shape.history(key, count_key(key, coder.groups(key.columns), stream))
    for measure in measures():
        values = raw[measure.name].to_numpy()
        shape.peers(measure, compare(measure, values, coder.groups, stream, settings))
    return shape.frame(wanted)


def history_of(
    rows: pl.DataFrame, outcomes: pl.DataFrame | None = None, asked: pl.DataFrame | None = None
) -> tuple[Coder, Stream, pl.DataFrame]:
    """Return the codes of all rows, the stream of contributions and questions, and the rows asked
    about, which are the last of all. Arguments and errors as :func:`profile`."""
    told = taken(rows)
    coder = Coder(told)
    history = single_versions(told, coder.groups(_ID))
    known = outcomes_taken(outcomes)
    wanted = history if asked is None else taken(asked)
    every = history if asked is None else pl.concat([history, wanted])
    if every is not told:
        coder = Coder(every)
    ids = coder.groups(_ID)
    stream = stream_of(
        contributions(history, known, ids[: len(history)]),
        np.arange(len(every) - len(wanted), len(every), dtype=np.int64),
        wanted["at"].to_physical().to_numpy().astype(np.int64),
        ids,
        same=asked is None,
    )
    return coder, stream, wanted
