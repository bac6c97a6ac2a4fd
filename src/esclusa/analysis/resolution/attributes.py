"""What two profiles say beside their names: birth date, country, number, telephone, place.

Most profiles state one value of an attribute. Two such are compared as columns; where a side states
several, or a range of dates, each pair of distinct values is asked once.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

import msgspec
import numpy as np
import numpy.typing as npt

from esclusa.analysis.resolution.profile import Profile
from esclusa.analysis.resolution.settings import LEVELS, Settings
from esclusa.analysis.resolution.wordtable import Ints
from esclusa.analysis.screening import dates

Codes = npt.NDArray[np.int8]
Flags = npt.NDArray[np.bool_]
Small = npt.NDArray[np.int32]

_LOW: Final = (1 << 31) - 1
_NEAR_YEARS: Final = 1

VALUES: Final[dict[str, Callable[[Profile], Any]]] = {
    "birth": lambda profile: profile.births,
    "country": lambda profile: profile.countries,
    "identifier": lambda profile: profile.identifiers,
    "phone": lambda profile: profile.phones,
    "place": lambda profile: profile.places,
}
"""Where a profile states an attribute; the address is compared by its words (:mod:`.compare`)."""


class Attribute(msgspec.Struct, frozen=True):
    """One attribute of all profiles: ``codes`` a number per distinct value, 0 for none.

    ``plain`` says of each distinct value whether it can be compared by ``parts`` alone: year, month
    and day of a birth date; scheme and value of a number and whether the scheme is exclusive;
    nothing for the rest.
    """

    codes: Small
    values: Sequence[Any]
    plain: Flags
    parts: tuple[Ints, ...]


def make_attribute(
    name: str, codes: Small, values: Sequence[Any], exclusive: Sequence[str]
) -> Attribute:
    """Return an attribute from its codes and its distinct values, the empty one first.

    :param exclusive: schemes of numbers that contradict each other.
    """
    if name == "birth":
        rows = [_date(value) for value in values]
        year, month, day = (np.array(column, dtype=np.int64) for column in zip(*rows, strict=True))
        return Attribute(codes, values, year > 0, (year, month, day))
    plain = np.array([len(value) == 1 for value in values], dtype=np.bool_)
    if name == "identifier":
        only = [int(len(value) == 1 and value[0][0] in exclusive) for value in values]
        parts = (_numbers(values, 0), _numbers(values, 1), np.array(only, dtype=np.int64))
        return Attribute(codes, values, plain, parts)
    return Attribute(codes, values, plain, ())


def _date(value: tuple[str, ...]) -> tuple[int, int, int]:
    """Year, month and day of a value that is one date and no range; else zeros."""
    span = dates.parse_span(value[0]) if len(value) == 1 else None
    return span.first if span and span.first == span.last else (0, 0, 0)


def _numbers(values: Sequence[Any], side: int) -> Ints:
    known: dict[str, int] = {}
    firsts = (value[0][side] if len(value) == 1 else "" for value in values)
    return np.array([known.setdefault(text, len(known)) for text in firsts], dtype=np.int64)


def answers(column: Attribute, name: str, settings: Settings, a: Ints, b: Ints) -> Codes:
    """Return for each pair n of profiles which of :data:`LEVELS` the values of ``a[n]`` and
    ``b[n]`` give, counted from 1; 0 where a side states none or both tell nothing together."""
    ours, theirs = column.codes[a], column.codes[b]
    found = np.zeros(a.size, dtype=np.int8)
    both = (ours > 0) & (theirs > 0)
    plain = both & column.plain[ours] & column.plain[theirs]
    at = np.flatnonzero(plain)
    found[at] = _PLAIN.get(name, _same)(column, ours[at], theirs[at])
    at = np.flatnonzero(both & ~plain)
    if at.size:
        pairs, inverse = np.unique(
            ours[at].astype(np.int64) << 31 | theirs[at], return_inverse=True
        )
        levels = ("", *LEVELS[name])
        told = [
            levels.index(_ask(name, column.values[p >> 31], column.values[p & _LOW], settings))
            for p in pairs.tolist()
        ]
        found[at] = np.array(told, dtype=np.int8)[inverse]
    return found


def _same(column: Attribute, ours: Small, theirs: Small) -> Codes:
    return np.where(ours == theirs, 1, 2).astype(np.int8)


def _level(name: str, level: str) -> int:
    return LEVELS[name].index(level) + 1


def _number(column: Attribute, ours: Small, theirs: Small) -> Codes:
    schemes, values, exclusive = column.parts
    scheme = schemes[ours] == schemes[theirs]
    value = values[ours] == values[theirs]
    found = np.select(
        [scheme & value, value, scheme & (exclusive[ours] > 0)],
        [_level("identifier", one) for one in ("same", "other_scheme", "other")],
    )
    return found.astype(np.int8)


def _birth(column: Attribute, ours: Small, theirs: Small) -> Codes:
    """The verdicts of :func:`esclusa.analysis.screening.dates.compare` for two single dates."""
    year, month, day = (part[ours] for part in column.parts)
    other_year, other_month, other_day = (part[theirs] for part in column.parts)
    apart = np.abs(year - other_year)
    days = (day > 0) & (other_day > 0)
    swapped = (month == other_day) & (day == other_month)
    rules = (
        ("near", (apart > 0) & (apart <= _NEAR_YEARS)),
        ("contradiction", (apart > _NEAR_YEARS) & days),
        ("partial_contradiction", apart > _NEAR_YEARS),
        ("year", (month == 0) | (other_month == 0)),
        ("day", (month == other_month) & days & (day == other_day)),
        ("month", (month == other_month) & ~days),
        ("swapped", (month != other_month) & swapped),
    )
    found = np.select(
        [rule for _, rule in rules], [_level("birth", verdict) for verdict, _ in rules],
        _level("birth", "near"),
    )  # fmt: skip
    return found.astype(np.int8)


_PLAIN: Final[dict[str, Callable[[Attribute, Small, Small], Codes]]] = {
    "birth": _birth,
    "identifier": _number,
}


def _ask(name: str, ours: Any, theirs: Any, settings: Settings) -> str:
    if name == "birth":
        return births(ours, theirs)
    if name == "identifier":
        return identifiers(ours, theirs, settings.exclusive)
    return "other" if set(ours).isdisjoint(theirs) else "same"


def births(ours: tuple[str, ...], theirs: tuple[str, ...]) -> str:
    """Return the best verdict of any birth date of one side against any of the other's."""
    listed = [span for span in map(dates.parse_span, theirs) if span]
    verdicts = {dates.compare(span, listed) for span in map(dates.parse_span, ours) if span}
    return next((verdict for verdict in LEVELS["birth"] if verdict in verdicts), "")


def identifiers(
    ours: tuple[tuple[str, str], ...],
    theirs: tuple[tuple[str, str], ...],
    exclusive: Sequence[str],
) -> str:
    """Return ``same`` (number and scheme), ``other_scheme``, ``other`` (two numbers under a scheme
    that gives each one) or ""."""
    if not set(ours).isdisjoint(theirs):
        return "same"
    if not {value for _, value in ours}.isdisjoint(value for _, value in theirs):
        return "other_scheme"
    both = {scheme for scheme, _ in ours} & {scheme for scheme, _ in theirs}
    return "other" if both.intersection(exclusive) else ""
