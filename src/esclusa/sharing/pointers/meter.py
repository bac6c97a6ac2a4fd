"""How much a partner has asked, and whether it may ask more. Both sides keep one per partner."""

from __future__ import annotations

import datetime as dt
from typing import Final

import msgspec

from esclusa.errors import PointerError
from esclusa.sharing.pointers.messages import Scope
from esclusa.sharing.pointers.terms import Limits

DAY: Final = dt.timedelta(hours=24)
YEAR: Final = dt.timedelta(days=365)


class Spent(msgspec.Struct, frozen=True):
    """One question: when, in which scope and epoch, how many elements with padding."""

    at: dt.datetime
    scope: Scope
    number: int
    elements: int


class Meter(msgspec.Struct, frozen=True):
    """The questions of the last 365 days, the oldest first."""

    spent: tuple[Spent, ...] = ()


def left(meter: Meter, limits: Limits, scope: Scope, number: int, now: dt.datetime) -> int:
    """Return how many elements may still be asked now; at most what one question may hold.

    Purposes and agreements share the day and the year of a kind of thing, and a new epoch or a new
    text resets neither. A clock that went back changes nothing.
    """
    same = [item for item in meter.spent if item.scope.subject == scope.subject]
    day = sum(item.elements for item in same if now - item.at < DAY)
    year = sum(item.elements for item in same if now - item.at < YEAR)
    epoch = sum(item.elements for item in same if (item.scope, item.number) == (scope, number))
    rest = (limits.day - day, limits.epoch - epoch, limits.year - year, limits.question)
    return max(0, min(rest))


def spend(
    meter: Meter, limits: Limits, scope: Scope, number: int, elements: int, now: dt.datetime,
    partner: str,
) -> Meter:  # fmt: skip
    """Return the meter with one more question.

    :raises PointerError: when it is one too many; the sentence tells what is left.
    """
    rest = left(meter, limits, scope, number, now)
    if elements > rest:
        raise PointerError(
            "limit", f"{elements:,} elements were asked and {rest:,} may be asked now", partner
        )
    at = max([now, *(item.at for item in meter.spent[-1:])])
    kept = tuple(item for item in meter.spent if at - item.at < YEAR)
    return Meter((*kept, Spent(at, scope, number, elements)))
