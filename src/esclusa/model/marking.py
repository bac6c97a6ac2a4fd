"""The handling marking and its algebra.

A marking says who may read a record and for what. Rules, all shown by property tests:

1. ``join`` is the least upper bound: the result is at least as strict as either side in every part.
   It is associative, commutative and idempotent, and ``OPEN`` is its neutral element.
2. Whoever may read the join may read both sides; whoever may read both sides may read the join.
3. Empty ``releasable_to`` means the originator alone; empty ``purposes`` means no purpose at all.
4. Unknown levels, grades and malformed words raise :class:`~esclusa.errors.MarkingError`.
5. Nothing here ever makes a marking weaker.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from enum import IntEnum
from functools import lru_cache, reduce
from itertools import chain

import msgspec

from esclusa.errors import MarkingError

EVERYONE = "*"
"""In ``releasable_to``: any agency. In ``purposes``: any purpose."""

_GRADES_SOURCE = "ABCX"
"""Source grades of European police practice: A reliable … C unreliable, X cannot be judged."""

_GRADES_INFORMATION = "1234"
"""Information grades: 1 known to be true … 3 hearsay, 4 cannot be judged."""

_SOURCE = frozenset(_GRADES_SOURCE)
_INFORMATION = frozenset(_GRADES_INFORMATION)


class Level(IntEnum):
    """Sensitivity, from the least to the most restricted."""

    OPEN = 0
    OFFICIAL = 1
    RESTRICTED = 2
    CONFIDENTIAL = 3
    SECRET = 4


@lru_cache(maxsize=4096)
def _check_words(*parts: frozenset[str]) -> None:
    """Refuse what is no word. Markings are many and their words few: good ones are remembered."""
    for word in chain.from_iterable(parts):
        if not word or word != word.strip() or not word.isprintable() or "," in word:
            raise MarkingError("{word!r} is not a word a marking may use", word=word)


_NONE: frozenset[str] = frozenset()
_ALL = frozenset({EVERYONE})


class Marking(msgspec.Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """Who may read a record, for what, how much to trust it, and until when to keep it.

    ``caveats`` are words a reader must hold all of (compartments such as ``PAX``, handling codes
    ``H0`` to ``H3``, ``ORCON``). ``retain_until`` None means no date is set.
    """

    level: Level = Level.OPEN
    releasable_to: frozenset[str] = _NONE
    caveats: frozenset[str] = _NONE
    purposes: frozenset[str] = _ALL
    source_grade: str = "A"
    information_grade: str = "1"
    retain_until: dt.date | None = None

    def __post_init__(self) -> None:
        if self.source_grade not in _SOURCE:
            raise MarkingError(
                "source grade {grade!r} is not one of A, B, C, X", grade=self.source_grade
            )
        if self.information_grade not in _INFORMATION:
            raise MarkingError(
                "information grade {grade!r} is not one of 1 to 4", grade=self.information_grade
            )
        _check_words(self.releasable_to, self.caveats, self.purposes)
        # Encoders leave out a default by identity, and a set that was joined or read is another
        # object: what equals its default is put back to it, so that one meaning has one text.
        if not self.releasable_to and self.releasable_to is not _NONE:
            msgspec.structs.force_setattr(self, "releasable_to", _NONE)
        if not self.caveats and self.caveats is not _NONE:
            msgspec.structs.force_setattr(self, "caveats", _NONE)
        if self.purposes == _ALL and self.purposes is not _ALL:
            msgspec.structs.force_setattr(self, "purposes", _ALL)

    def join(self, other: Marking) -> Marking:
        """Return the least marking at least as strict as both."""
        return Marking(
            level=self.level if self.level >= other.level else other.level,
            releasable_to=_meet(self.releasable_to, other.releasable_to),
            caveats=self.caveats | other.caveats,
            purposes=_meet(self.purposes, other.purposes),
            source_grade=(
                self.source_grade
                if self.source_grade == other.source_grade
                else max(self.source_grade, other.source_grade, key=_GRADES_SOURCE.index)
            ),
            information_grade=max(self.information_grade, other.information_grade),
            retain_until=_earlier(self.retain_until, other.retain_until),
        )

    def including(self, agency: str) -> Marking:
        """Return the same marking with ``agency`` named in ``releasable_to``.

        The originator may always read its own record without being named. Before markings of
        different originators are joined each originator must be named, or the join would shut out
        the very agency that wrote one of the sources.
        """
        if EVERYONE in self.releasable_to:
            return self
        return msgspec.structs.replace(self, releasable_to=self.releasable_to | {agency})

    def canonical(self) -> bytes:
        """Return one JSON text per meaning: equal markings give equal bytes."""
        return msgspec.json.encode(self, order="deterministic")


OPEN = Marking(releasable_to=frozenset({EVERYONE}))
"""The neutral element of ``join``: public."""


def join_all(markings: Iterable[Marking]) -> Marking:
    """Join any number of markings; none at all gives ``OPEN``."""
    return reduce(Marking.join, markings, OPEN)


def parse_marking(data: bytes | str) -> Marking:
    """Read the JSON text of a marking; unknown words and fields raise ``MarkingError``."""
    try:
        return msgspec.json.decode(data, type=_StrictMarking).plain()
    except (msgspec.ValidationError, msgspec.DecodeError) as error:
        raise MarkingError(f"not a marking: {error}") from error


class _StrictMarking(Marking, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The same fields; a field we do not know may be a restriction we would drop: refuse it."""

    def plain(self) -> Marking:
        return Marking(**{name: getattr(self, name) for name in Marking.__struct_fields__})


def _meet(left: frozenset[str], right: frozenset[str]) -> frozenset[str]:
    if EVERYONE in left:
        return frozenset({EVERYONE}) if EVERYONE in right else right
    return left if EVERYONE in right else left & right


def _earlier(left: dt.date | None, right: dt.date | None) -> dt.date | None:
    if left is None or right is None:
        return left or right
    return min(left, right)
