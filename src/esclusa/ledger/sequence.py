"""In what order a sender prepared its messages, told by the sender's own clock.

Files arrive out of order: a line is down, a message waits in quarantine, a folder is read by name.
So a statement that its sender prepared before the one in force does not take its place.
"""

from __future__ import annotations

import datetime as dt
import re
from functools import lru_cache
from typing import Final

import msgspec

_MOMENT: Final = re.compile(
    r"(\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d{1,6})?)?)?)(Z|[+-]\d\d:?\d\d)?"
)
"""A date, or a moment to the minute, second or part of it, with or without a zone."""


class Said(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """By whom, in which format and when a statement was prepared; "" where that is not known.

    ``sender`` is the interchange's own word for it, ``format`` the reader's id, ``prepared`` ISO
    8601 by the sender's clock.
    """

    sender: str = ""
    format: str = ""
    prepared: str = ""


def earlier(one: Said, other: Said) -> bool:
    """Tell whether ``one`` was prepared before ``other``.

    Never so when that cannot be known: of different senders or formats, without a readable time,
    or one time with a zone and one without. Times of different precision are compared as far as
    the less precise one goes.
    """
    if not one.sender or (one.sender, one.format) != (other.sender, other.format):
        return False
    times = _moments(one.prepared, other.prepared)
    return times is not None and times[0] < times[1]


@lru_cache(maxsize=1024)
def _moments(one: str, other: str) -> tuple[str, str] | None:
    """Return two moments as far as both go. A file has one, and its statements meet few."""
    first, second = _MOMENT.fullmatch(one), _MOMENT.fullmatch(other)
    if first is None or second is None or bool(first[2]) != bool(second[2]):
        return None
    texts = _plain(first), _plain(second)
    if not all(texts):
        return None
    shared = min(map(len, texts))
    return texts[0][:shared], texts[1][:shared]


def _plain(found: re.Match[str]) -> str:
    """Return a moment without zone, in UTC where it has one, and no more precise than it was; ""
    for what is no moment."""
    try:
        moment = dt.datetime.fromisoformat(found[0])
        if found[2]:
            moment = moment.astimezone(dt.UTC).replace(tzinfo=None)
    except (ValueError, OverflowError):
        return ""
    return moment.isoformat(timespec="microseconds")[: len(found[1])]
