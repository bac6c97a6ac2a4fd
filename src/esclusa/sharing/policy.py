"""The rules of release to a reader at this node. No database, no clock.

A reader may see a record when all of these hold:

1. the marking's level is at most the reader's clearance;
2. the reader's agency is the originator, or is named in ``releasable_to``, or ``releasable_to``
   says everyone; an empty ``releasable_to`` is the originator alone;
3. the reader holds every caveat of the marking that is a compartment; a handling code (ORCON, H0 to
   H3) shuts nobody out who works here, it binds what may be done;
4. the reader's present purpose is among the marking's purposes, or they say any purpose, and every
   handling code allows it;
5. the marking's ``retain_until`` has not passed.

Whatever is not plainly allowed is refused.
"""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Sequence
from typing import Final

import msgspec

from esclusa.model import EVERYONE, Level, Marking
from esclusa.sharing.reader import Reader
from esclusa.sharing.vocabularies.handling import compartments, purposes_left


def may_see(reader: Reader, originator: str, marking: Marking, today: dt.date) -> bool:
    """Tell whether the reader may see what carries this marking."""
    return (
        marking.level <= reader.clearance
        and (reader.agency == originator or _names(marking.releasable_to, reader.agency))
        and reader.holds(compartments(marking.caveats))
        and _names(marking.purposes, reader.purpose)
        and _names(purposes_left(marking.caveats), reader.purpose)
        and (marking.retain_until is None or today <= marking.retain_until)
    )


class ReaderClass(msgspec.Struct, frozen=True):
    """What the rules ask of a reader: readers of one class see the same."""

    agency: str
    clearance: Level
    caveats: frozenset[str]
    purpose: str


def class_of(reader: Reader) -> ReaderClass:
    """Return the class that a reader is in for his present purpose."""
    return ReaderClass(reader.agency, reader.clearance, reader.caveats, reader.purpose)


_CLASSES_KEPT: Final = 1000
"""Beyond that the answers are forgotten and given anew; a service has a few dozen classes."""


class Decisions:
    """Answers of :func:`may_see`, each given once per (label, reader class) and day.

    A label's marking never changes, so an answer holds until the day ends. Safe between threads.
    """

    def __init__(self) -> None:
        self._day = dt.date.min
        self._known: dict[ReaderClass, dict[int, bool]] = {}
        self._lock = threading.Lock()

    def seen(
        self, reader: Reader, today: dt.date, labels: Sequence[tuple[int, str, Marking]]
    ) -> frozenset[int]:
        """Return the numbers of those labels (number, originator, marking) the reader may see."""
        with self._lock:
            known = self._answers(class_of(reader), today)
            for number, originator, marking in labels:
                if number not in known:
                    known[number] = may_see(reader, originator, marking, today)
            return frozenset(number for number, _originator, _marking in labels if known[number])

    def _answers(self, kind: ReaderClass, today: dt.date) -> dict[int, bool]:
        if today != self._day or len(self._known) >= _CLASSES_KEPT:
            self._day, self._known = today, {}
        return self._known.setdefault(kind, {})


def is_below(lower: Marking, upper: Marking) -> bool:
    """Tell whether everyone who may see ``upper`` may also see ``lower``."""
    return lower.join(upper) == upper


def _names(words: frozenset[str], word: str) -> bool:
    return EVERYONE in words or word in words
