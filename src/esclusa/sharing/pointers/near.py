"""Approximate search for a person in two stages: coarse keys first, facts only after a coarse hit.

A person's name is cut into **blocks**: each pair of its words by their consonants, and each word
with a country. A coarse key is a block with a year of birth; the owner enters the years beside the
listed ones too. Many innocents meet such a key. Behind each block the owner's set holds **facts**
of the bearer: the day of birth, the year and whether a day is listed, the country, the further
words. A fact's key contains its block and its year, so it is no shorter way to try names. The asker
asks for the facts of the blocks that were hit, and adds up points: a possible hit from
:func:`enough` on.

Points were chosen by ``benchmarks/pointer_names.py`` on one half of its data; what they find and
find wrongly on the other half is told in ``docs/pointer-search.md``.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping, Set
from itertools import combinations, product
from typing import Final

import msgspec

from esclusa.analysis.screening.normalise import ABJAD, normalise
from esclusa.analysis.screening.query import country_code
from esclusa.analysis.screening.sound import abjad_skeletons, skeleton
from esclusa.sharing.pointers.keys import Pointer
from esclusa.sharing.pointers.names import years_of

COARSE: Final = "name_near"
FACTS: Final = "name_near_facts"

_WORDS: Final = 6
"""Words of a name that are looked at: 15 pairs at most."""
_READINGS: Final = 4
"""Most readings of a word in a script without vowels."""
_BLOCKS: Final = 16
"""Most coarse keys of one name, so that it fits into the smallest question; five words make 15."""
_UNKNOWN: Final = "-"
_DAY: Final = re.compile(r"([12][0-9]{3})-([01][0-9])-([0-3][0-9])")
_SAID: Final = re.compile(r"([12][0-9]{3})(?:-([0-9]{1,2})(?:-([0-9]{1,2}))?)?")
_LONGEST: Final = 40

POINTS: Final[dict[str, float]] = {
    "pair": 10.0,
    "word": 8.0,
    "day": 7.0,
    "other_day": -5.5,
    "other_year": -4.0,
    "country": 8.0,
    "other_country": -6.5,
    "word_left": -3.5,
    "word_left_alone": -3.0,
    "short": -2.5,
    "short_alone": -1.5,
}
"""``pair`` and ``word`` are where a block starts. ``word_left`` counts for each word of the asker's
name that is none of the bearer's (``_alone``: behind a single word and country), ``short`` for each
consonant that a pair has fewer than six or a single word fewer than four. Points are the weights of
a logistic regression on the tuning half times ``PER_ODDS``, rounded to halves. ``pair`` and
``word`` are set so that 0 is enough in a set of ``TUNED_ON`` entries: of the innocents of the
tuning half 3.4 in 1,000 have 0 or more."""
PER_ODDS: Final = 2.0
TUNED_ON: Final = 1 << 19


class Sought(msgspec.Struct, frozen=True, order=True):
    """Whom an asker looks for: a name, the date of birth (``1971-05-02`` or ``1971``), and the
    nationality as alpha-2, "" when it is not known."""

    name: str
    birth: str
    country: str = ""

    def __repr__(self) -> str:
        return "Sought()"


class Block(msgspec.Struct, frozen=True, order=True):
    """Part of a name that a coarse key is made of: ``ANA RVS``, or ``RVS/PA``. ``others`` are the
    readings of each word that is not in it."""

    text: str
    others: tuple[tuple[str, ...], ...] = ()

    @property
    def is_pair(self) -> bool:
        """True for two words, False for one word with a country."""
        return "/" not in self.text

    def key_of(self, person: Sought) -> Pointer:
        """Return the coarse key of the block for a person's year of birth."""
        return Pointer(COARSE, (self.text, person.birth[:4]))

    @property
    def start(self) -> tuple[tuple[str, int], ...]:
        """What counts before any fact is known: the kind, and consonants that are wanting."""
        letters = len(self.text.partition("/")[0].replace(" ", ""))
        if self.is_pair:
            return ("pair", 1), ("short", max(0, 6 - letters))
        return ("word", 1), ("short_alone", max(0, 4 - letters))


class Verdict(msgspec.Struct, frozen=True):
    """What speaks for and against one block: words of ``POINTS``, each with how often it counts."""

    why: tuple[tuple[str, int], ...] = ()

    @property
    def points(self) -> float:
        """The sum."""
        return sum(POINTS[word] * times for word, times in self.why)

    def possible(self, entries: int) -> bool:
        """True when a person should look at it, in a set of so many entries."""
        return bool(self.why) and self.points >= enough(entries)


def enough(entries: int) -> float:
    """Return the points of a possible hit in a set of so many entries, padding included.

    Twice the set has twice the strangers that meet a name, so what speaks for a hit must be twice
    as strong; below the size that the points were chosen on, 0 is enough.
    """
    return PER_ODDS * max(0.0, math.log(entries / TUNED_ON))


def sought(name: str, birth: str, country: str = "") -> Sought | None:
    """Return whom to look for, None when the keys need more: a year of birth, and two words or one
    word and a country.

    :param birth: ``1971-05-02``, ``1971-5-2``, ``1971-05`` or ``1971``.
    :param country: nationality as a code or a name; "" when it is not known.
    """
    said = _SAID.fullmatch(birth.strip())
    code = country_code(country.strip())[:_LONGEST] if country.strip() else ""
    if said is None or not blocks(name, (code,) if code else ()):
        return None
    year, month, day = (part or "" for part in said.groups())
    date = f"{year}-{month:0>2}-{day:0>2}" if day else year
    return Sought(name, date, code)


def blocks(name: str, countries: Iterable[str]) -> tuple[Block, ...]:
    """Return the blocks of a name, in order; a block that two pairs of words make stands once."""
    words = [_bones(word) for word in normalise(name, "person").tokens[:_WORDS]]
    words = [bones for bones in words if bones]
    found: dict[str, Block] = {}
    for pair in combinations(range(len(words)), 2):
        others = tuple(bones for place, bones in enumerate(words) if place not in pair)
        for spelt in product(*(words[place] for place in pair)):
            text = " ".join(sorted(spelt))
            found.setdefault(text, Block(text, others))
    for country in countries:
        for place, bones in enumerate(words):
            others = tuple(words[:place] + words[place + 1 :])
            for single in bones:
                text = f"{single}/{country}"
                found.setdefault(text, Block(text, others))
    return tuple(sorted(found.values()))


def held(
    names: Iterable[str], dates: Iterable[str], countries: Iterable[str]
) -> Iterator[Pointer]:  # fmt: skip
    """Yield the keys of both stages of a person in the owner's set; none without a year of birth.

    :param names: strong names; ``dates`` as records hold them; ``countries`` are nationalities.
    """
    born = sorted({moment for date in dates for moment in _moments(date)})
    codes = sorted({country_code(item) for item in countries if item})
    for block in {block for name in names for block in blocks(name, codes)} if born else ():
        for year, day in born:
            for near in _around(year):
                yield Pointer(COARSE, (block.text, str(near)))
            yield from (
                Pointer(FACTS, (block.text, fact)) for fact in _facts(block, year, day, codes)
            )


def _facts(block: Block, year: int, day: str, codes: list[str]) -> Iterator[str]:
    yield _precision(year, exact=bool(day))
    if day:
        yield day
    if block.is_pair:
        yield from (_of(year, code) for code in codes or [_UNKNOWN])
        yield from (_and(year, spelt) for bones in block.others for spelt in bones)


def coarse(person: Sought) -> dict[Pointer, Block]:
    """Return the keys of the first stage, each with its block: 16 at most, telling ones first."""
    made = blocks(person.name, (person.country,) if person.country else ())
    best_first = sorted(made, key=lambda block: (-Verdict(block.start).points, block))
    return {block.key_of(person): block for block in best_first[:_BLOCKS]}


def finer(person: Sought, block: Block) -> frozenset[Pointer]:
    """Return the keys of the second stage behind one block that was hit."""
    return frozenset(Pointer(FACTS, (block.text, fact)) for fact in _asked(person, block))


def _asked(person: Sought, block: Block) -> Iterator[str]:
    exact = bool(_DAY.fullmatch(person.birth))
    for year in _around(int(person.birth[:4])):
        yield _precision(year, exact=True)
        yield _precision(year, exact=False)
        if exact:
            yield _in(year, person.birth)
        if block.is_pair:
            yield _of(year, _UNKNOWN)
            if person.country:
                yield _of(year, person.country)
            yield from (_and(year, spelt) for bones in block.others for spelt in bones)
    yield from _swapped(person.birth)


def judge(person: Sought, block: Block, facts: Set[str]) -> Verdict:
    """Return the verdict on a block that was hit: the best of what the listed years allow.

    :param facts: the second part of each finer key of this block that was a hit.
    """
    listed = [(year, exact) for year in _around(int(person.birth[:4])) for exact in (True, False)
              if _precision(year, exact=exact) in facts]  # fmt: skip
    made = [
        Verdict(tuple(_reasons(person, block, facts, year, exact=exact))) for year, exact in listed
    ]
    return max(made, key=lambda item: item.points, default=Verdict())


def _reasons(
    person: Sought, block: Block, facts: Set[str], year: int, *, exact: bool
) -> Iterator[tuple[str, int]]:
    yield from ((word, times) for word, times in block.start if times)
    if str(year) != person.birth[:4]:
        yield "other_year", 1
    if exact and _DAY.fullmatch(person.birth):
        if _in(year, person.birth) in facts:
            yield "day", 1
        elif not any(day[:4] == str(year) and day in facts for day in _swapped(person.birth)):
            yield "other_day", 1
    met = sum(any(_and(year, spelt) in facts for spelt in bones) for bones in block.others)
    left = len(block.others) - met
    if left:
        yield ("word_left" if block.is_pair else "word_left_alone"), left
    if block.is_pair and person.country:
        if _of(year, person.country) in facts:
            yield "country", 1
        elif _of(year, _UNKNOWN) not in facts:
            yield "other_country", 1


def best(person: Sought, found: Mapping[Block, Set[str]]) -> tuple[Block, Verdict] | None:
    """Return the block with the most points and its verdict, None when nothing was hit.

    :param found: for each block whose facts were asked, the facts that were hits.
    """
    made = [(block, judge(person, block, facts)) for block, facts in sorted(found.items())]
    told = [item for item in made if item[1].why]
    return max(told, key=lambda item: item[1].points, default=None)


def _bones(word: str) -> tuple[str, ...]:
    if word.startswith(ABJAD):
        return abjad_skeletons(word)[:_READINGS]
    bones = skeleton(word)
    return (bones,) if bones else ()


def _moments(date: str) -> Iterator[tuple[int, str]]:
    """Yield (year, day or "") of a date as records hold it."""
    if _DAY.fullmatch(date):
        yield int(date[:4]), date
    else:
        yield from ((int(year), "") for year in years_of(date))


def _around(year: int) -> tuple[int, int, int]:
    return year, year - 1, year + 1


def _precision(year: int, *, exact: bool) -> str:
    return f"{year} {'day' if exact else 'year'}"


def _in(year: int, date: str) -> str:
    return f"{year}{date[4:]}"


def _swapped(date: str) -> tuple[str, ...]:
    found = _DAY.fullmatch(date)
    if not found or found[3] > "12" or found[2] == found[3]:
        return ()
    return (f"{found[1]}-{found[3]}-{found[2]}",)


def _of(year: int, country: str) -> str:
    return f"{year} of {country}"


def _and(year: int, word: str) -> str:
    return f"{year} and {word}"
