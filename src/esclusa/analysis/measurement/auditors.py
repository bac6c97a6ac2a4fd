"""The table that auditors print: chosen against not chosen, something there against nothing there.

What was chosen for cause (mandatory and by worth) is in the first row, all others in the second.
What was opened is counted. What was not is estimated: of the chosen without a result, by the
find rate of the chosen; of the others, by the control sample (see :mod:`.missed`). An estimate has
its interval, and where there is no control sample the second row stays empty: unknown, never clean.

The names of the shares are those of the reports of the US Government Accountability Office on the
targeting of containers: of all that carries something, how much was chosen; and of all that carries
nothing, how much was chosen all the same.
"""

from __future__ import annotations

from typing import Final

import msgspec

from esclusa.analysis.measurement.missed import Missed
from esclusa.analysis.measurement.rates import Rate

FOR_CAUSE: Final = ("mandatory", "value")
"""Lanes of selection in which something was chosen for what was known of it."""
CONTROL: Final = ("control_random", "control_lane")
"""Lanes of the control sample."""


class Estimate(msgspec.Struct, frozen=True):
    """A number with the bounds of its 95 % interval; equal ones where it was counted."""

    value: float
    low: float
    high: float


class TwoByTwo(msgspec.Struct, frozen=True, kw_only=True):
    """Numbers of subjects, and the shares that follow from them; None where nothing is known.

    ``caught`` is the share of all that carries something that was chosen (true positive rate),
    ``slipped`` the share that was not (false negative rate), ``troubled`` the share of all that
    carries nothing that was chosen all the same (false positive rate), and ``right`` the share of
    the chosen that carries something (precision).
    """

    chosen_with: Estimate | None
    chosen_without: Estimate | None
    others_with: Estimate | None
    others_without: Estimate | None
    caught: Estimate | None
    slipped: Estimate | None
    troubled: Estimate | None
    right: Estimate | None


def two_by_two(chosen: Rate, missed: Missed) -> TwoByTwo:
    """Make the table.

    :param chosen: the rate of all that was chosen for cause.
    :param missed: what is estimated of all others.

    The interval of a share takes each part at its own bound, so it is rather too wide than too
    narrow.
    """
    first, second = _chosen(chosen), _others(missed)
    first_rest, second_rest = (
        _rest(chosen.chosen, first),
        _rest(missed.pool - missed.unseen, second),
    )
    caught = _part(first, second)
    return TwoByTwo(
        chosen_with=first,
        chosen_without=first_rest,
        others_with=second,
        others_without=second_rest,
        caught=caught,
        slipped=None if caught is None else _rest(1, caught),
        troubled=_part(first_rest, second_rest),
        right=None if chosen.share is None or chosen.low is None or chosen.high is None
        else Estimate(chosen.share, chosen.low, chosen.high),
    )  # fmt: skip


def _chosen(rate: Rate) -> Estimate | None:
    """What was found, and of what has no result as much as the rate lets expect."""
    if rate.share is None or rate.low is None or rate.high is None:
        return None if rate.chosen else Estimate(0, 0, 0)
    more = rate.unanswered
    return Estimate(
        rate.found + more * rate.share, rate.found + more * rate.low, rate.found + more * rate.high
    )


def _others(missed: Missed) -> Estimate | None:
    if missed.share is None or missed.low is None or missed.high is None:
        return None if missed.pool else Estimate(0, 0, 0)
    held = missed.pool - missed.unseen
    return Estimate(
        held * missed.share,
        max(missed.found, held * missed.low),
        min(held - (missed.examined - missed.found), held * missed.high),
    )


def _rest(whole: float, part: Estimate | None) -> Estimate | None:
    if part is None:
        return None
    return Estimate(whole - part.value, whole - part.high, whole - part.low)


def _part(one: Estimate | None, other: Estimate | None) -> Estimate | None:
    """Return one as a share of both."""
    if one is None or other is None or one.value + other.value <= 0:
        return None
    low = one.low / (one.low + other.high) if one.low + other.high > 0 else 0.0
    high = one.high / (one.high + other.low) if one.high + other.low > 0 else 1.0
    return Estimate(one.value / (one.value + other.value), low, high)
