"""What an entry states beside its names, in a few bits, and the most points that this can bring.

Most entries state little: where there is no birth date, none can agree, and another nationality
than the party's costs points. So a name has to agree better by itself than the party's own facts
would ask for, and bounds that know it leave out more. A nation is one of 64 bits: two nations may
share one, which only ever leaves a name in.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final, NamedTuple
from zlib import crc32

import numpy as np
import numpy.typing as npt

from esclusa.analysis.screening.query import country_code
from esclusa.model import ListEntry

BIRTH: Final = 1
"""A person's entry has birth dates."""
BIRTH_PLACE: Final = 2
"""A person's entry has places of birth."""
ADDRESS: Final = 4
PLACE: Final = 8
"""The entry has addresses or places of birth, which may name the party's country."""

Bits = npt.NDArray[np.uint8]
Nations = npt.NDArray[np.uint64]
Floats = npt.NDArray[np.float32]


def stated(entry: ListEntry) -> int:
    """Return which facts an entry states."""
    person, places = entry.type == "person", bool(entry.birth_places)
    found = BIRTH if person and entry.birth_dates else 0
    found |= BIRTH_PLACE if person and places else 0
    found |= ADDRESS if entry.addresses else 0
    return found | (PLACE if places or entry.addresses else 0)


def nations_of(entry: ListEntry) -> int:
    """Return a bit for each nationality of an entry."""
    found = 0
    for text in entry.nationalities:
        found |= nation_bit(country_code(text))
    return found


@lru_cache(4096)
def nation_bit(code: str) -> int:
    """Return the bit of a nation, 0 for ""; any text is accepted, also half of a surrogate pair."""
    return 1 << crc32(code.encode("utf-8", "surrogatepass")) % 64 if code else 0


class Worth(NamedTuple):
    """The most points of a country: one that may be among the nationalities, one that a place may
    name, and one that is surely another."""

    country: float
    place: float
    other: float

    @classmethod
    def of(cls, points: Mapping[str, float]) -> Worth:
        """:param points: those of attributes, see :class:`~.settings.Weights`."""
        other, place = points["country_other"], points["country_place"]
        most = max(points["country"], place, other, 0.0)
        return cls(most, max(place, other, 0.0), other)


class Asks(NamedTuple):
    """What one query, or each of many, asks beside the name: the bit of its nation, and the most
    points that a birth date, a place of birth and an address may bring."""

    nation: Any
    birth: Any
    birth_place: Any
    address: Any

    def most(self, said: int, nations: int, worth: Worth) -> float:
        """Return the most points that an entry's facts bring this query, below 0 where they surely
        cost some.

        :param said: what :func:`stated` says of the entry; ``nations`` what :func:`nations_of`.
        """
        found = 0.0
        if said:
            found += self.birth if said & BIRTH else 0.0
            found += self.birth_place if said & BIRTH_PLACE else 0.0
            found += self.address if said & ADDRESS else 0.0
        if self.nation:
            if nations & self.nation:
                found += worth.country
            elif said & PLACE:
                found += worth.place
            elif nations:
                found += worth.other
        return float(found)


def most_of(asks: Asks, query: Any, said: Bits, nations: Nations, worth: Worth) -> Floats:
    """Return what :meth:`Asks.most` does, for many pairs.

    :param query: the number of each pair's query in ``asks``; ``said`` and ``nations`` are of its
        name.
    """
    some = np.float32
    found = np.where(said & BIRTH, asks.birth[query], some(0))
    found += np.where(said & BIRTH_PLACE, asks.birth_place[query], some(0))
    found += np.where(said & ADDRESS, asks.address[query], some(0))
    nation = asks.nation[query]
    by_nation = np.where(
        nations & nation > 0, some(worth.country),
        np.where(said & PLACE, some(worth.place), np.where(nations > 0, some(worth.other), some(0)))
    )  # fmt: skip
    return np.asarray(found + np.where(nation > 0, by_nation, some(0)), dtype=np.float32)
