"""Profiles of a whole history at once."""

from __future__ import annotations

from typing import Final

import numpy as np
import polars as pl

from esclusa.analysis.profiles.catalogue import keys, measures
from esclusa.analysis.profiles.coding import Coder
from esclusa.analysis.profiles.compiled import INSTALLED
from esclusa.analysis.profiles.contributions import contributions, single_versions
from esclusa.analysis.profiles.counting import count_key
from esclusa.analysis.profiles.peers import compare
from esclusa.analysis.profiles.rows import measured, outcomes_taken, taken
from esclusa.analysis.profiles.settings import Settings
from esclusa.analysis.profiles.shaping import Shape, asked_about
from esclusa.analysis.profiles.stream import Stream, stream_of
from esclusa.analysis.profiles.walking import walked

_SETTINGS = Settings()


BACKENDS: Final = ("numba", "numpy") if INSTALLED else ("numpy",)
"""``numpy`` sorts the stream by each key, ``numba`` walks it in compiled loops."""
_WORTH: Final = 50_000
"""Rows that take numpy about as long as numba takes to load what it has compiled before."""
_ID: Final = ("id",)


def profile(
    rows: pl.DataFrame, outcomes: pl.DataFrame | None = None, *, asked: pl.DataFrame | None = None,
    settings: Settings = _SETTINGS, backend: str = "", threads: int = 0,
) -> pl.DataFrame:  # fmt: skip
    """Return ``id``, ``at`` and the features of each row asked about, in its order.

    Each is what the rows and outcomes before its moment say, without what its own consignment said.

    :param rows: history, columns of ``ROW_COLUMNS``, in any order.
    :param outcomes: columns of ``OUTCOME_COLUMNS``, in any order.
    :param asked: rows to profile at their ``at``; None: every row of ``rows`` at its own, one
        that is stated twice once.
    :param backend: one of ``BACKENDS``; "" takes numba where it is installed and rows are many
        enough to be worth loading it. Values do not depend on it.
    :param threads: how many keys numba works out at once; 0: as many as polars has threads.
    :raises InputError: a column is missing or has a wrong type, a moment is out of range, or one
        consignment is stated twice, differently, at one moment.
    :raises ValueError: the backend is unknown or not installed.
    """
    if backend and backend not in BACKENDS:
        raise ValueError(f"no backend {backend}: there are {', '.join(BACKENDS)}")
    size = len(rows) + (0 if asked is None else len(asked))
    quick = (backend or BACKENDS[-1 if size < _WORTH else 0]) == "numba"
    coder, stream, wanted = history_of(rows, outcomes, asked, quick=quick)
    if quick:
        return walked(coder, stream, wanted, settings, threads or pl.thread_pool_size())
    raw = measured(coder.frame)
    shape = Shape(*asked_about(wanted, raw[len(raw) - len(wanted) :]), settings)
    for key in keys():
        shape.history(key, count_key(key, coder.groups(key.columns), stream))
    for measure in measures():
        values = raw[measure.name].to_numpy()
        shape.peers(measure, compare(measure, values, coder.groups, stream, settings))
    return shape.frame(wanted)


def history_of(
    rows: pl.DataFrame,
    outcomes: pl.DataFrame | None = None,
    asked: pl.DataFrame | None = None,
    *,
    quick: bool = False,
) -> tuple[Coder, Stream, pl.DataFrame]:
    """Return the codes of all rows, the stream of contributions and questions, and the rows asked
    about, which are the last of all. Arguments and errors as :func:`profile`.

    :param quick: codes are made by compiled loops.
    """
    told = taken(rows, derived=not quick)
    coder = Coder(told, quick=quick)
    history = single_versions(told, coder.groups(_ID))
    known = outcomes_taken(outcomes)
    wanted = history if asked is None else taken(asked, derived=not quick)
    every = history if asked is None else pl.concat([history, wanted])
    if every is not told:
        coder = Coder(every, quick=quick)
    ids = coder.groups(_ID)
    stream = stream_of(
        contributions(history, known, ids[: len(history)]),
        np.arange(len(every) - len(wanted), len(every), dtype=np.int64),
        wanted["at"].to_physical().to_numpy().astype(np.int64),
        ids,
        same=asked is None,
    )
    return coder, stream, wanted
