"""Contributions and questions in one order of time, and which questions must not see themselves."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from esclusa.analysis.profiles.coding import in_order
from esclusa.analysis.profiles.contributions import Contributions
from esclusa.analysis.profiles.rows import DAY_US

Ints = npt.NDArray[np.signedinteger[Any]]
Small = npt.NDArray[np.int8]


class Own(NamedTuple):
    """Pairs of a question and an earlier contribution of the same consignment: ``asking`` and
    ``told`` are places in the stream, ``slot`` numbers of questions."""

    asking: Ints
    told: Ints
    slot: Ints


class Stream(NamedTuple):
    """Contributions and questions, ordered by moment.

    ``row`` leads into the table of all rows. ``rank`` is the dense rank of the moment, ``slot`` the
    number of the question or -1, ``who`` a number for the consignment's id.
    """

    row: Ints
    at: Ints
    rank: npt.NDArray[np.int32]
    day: npt.NDArray[np.int32]
    stated: Small
    examined: Small
    found: Small
    seen: npt.NDArray[np.bool_]
    slot: Ints
    who: Ints
    asked: int
    own: Own


def stream_of(
    made: Contributions, asked_rows: Ints, asked_at: Ints, who: Ints, *, same: bool
) -> Stream:
    """Return the stream of contributions and questions.

    :param asked_rows: row of each question, ``asked_at`` its moment, ``who`` id number of each row.
    :param same: question ``i`` is about row ``i`` at the moment of that row.
    """
    slot = np.where(made.seen, made.row, -1) if same else np.full(len(made.row), -1)
    answered = np.zeros(len(asked_rows), np.bool_)
    answered[slot[slot >= 0]] = True
    extra = np.flatnonzero(~answered)
    blank, unseen = np.zeros(len(extra), np.int8), np.zeros(len(extra), np.bool_)
    slot = np.concatenate([slot, extra])
    row = np.concatenate([made.row, asked_rows[extra]])
    at = np.concatenate([made.at, asked_at[extra]])
    order = _by_moment(at)
    at, row, slot = at[order], row[order], slot[order]
    fresh = np.ones(len(at), np.int32)
    fresh[1:] = at[1:] != at[:-1]
    stated, examined, found = (
        np.concatenate([part, blank])[order] for part in (made.stated, made.examined, made.found)
    )
    seen = np.concatenate([made.seen, unseen])[order]
    mine = who[row]
    return Stream(
        row=row, at=at, rank=np.cumsum(fresh, dtype=np.int32),
        day=(at // DAY_US).astype(np.int32), stated=stated, examined=examined, found=found,
        seen=seen, slot=slot, who=mine, asked=len(asked_rows), own=_own(at, mine, slot, who),
    )  # fmt: skip


def _by_moment(at: Ints) -> Ints:
    """Return the places of moments in ascending order, equal ones as they stand."""
    size = len(at)
    if not size:
        return np.arange(0)
    early = at[1:] < at[:-1]
    ahead = int(early.argmax()) + 1 if early.any() else size  # so many stand in order already
    if size - ahead > ahead:
        return _sorted(at)
    # Most histories come as they were written: the few others are put between them.
    late = _sorted(at[ahead:])
    between = np.searchsorted(at[:ahead], at[ahead:][late], side="right") + np.arange(size - ahead)
    order, kept = np.empty(size, np.int64), np.ones(size, np.bool_)
    kept[between] = False
    order[between] = late + ahead
    order[kept] = np.arange(ahead)
    return order


def _sorted(at: Ints) -> Ints:
    if not len(at):
        return np.arange(0)
    early, ticks = int(at.min()), np.int64(1)
    span = int(at.max()) - early
    if (at % 1_000_000 == early % 1_000_000).all():
        ticks = np.int64(1_000_000)
    if span // int(ticks) < 1 << (63 - len(at).bit_length()):
        return in_order((at - early) // ticks)[0]
    return np.argsort(at, kind="stable")


def _own(at: Ints, mine: Ints, slot: Ints, who: Ints) -> Own:
    first = np.full(int(who.max(initial=-1)) + 1, np.iinfo(np.int64).max)
    np.minimum.at(first, mine, at)
    asking = np.flatnonzero(slot >= 0)
    asking = asking[at[asking] > first[mine[asking]]]
    wanted = np.zeros(len(first), np.bool_)
    wanted[mine[asking]] = True
    told = np.flatnonzero(wanted[mine])
    told = told[in_order(mine[told])[0]]
    begin = np.searchsorted(mine[told], mine[asking], side="left")
    size = np.searchsorted(mine[told], mine[asking], side="right") - begin
    inside = np.arange(int(size.sum())) - np.repeat(np.cumsum(size) - size, size)
    asking, told = np.repeat(asking, size), told[np.repeat(begin, size) + inside]
    before = at[told] < at[asking]
    asking, told = asking[before], told[before]
    return Own(asking, told, slot[asking])
