"""Chinese syllables in Latin letters: which spellings may be one and the same sign.

Three ways of writing them meet in lists and messages: Hanyu Pinyin, what Taiwan writes
(Wade-Giles without its apostrophes, and passports' spellings) and what Hong Kong writes
(Cantonese). A spelling of one way often has several readings in another, so a name must first be
read as a whole (:mod:`~.chinese`): a name that has ``HSIAO`` in it is not pinyin. The tables are
``data/chinese_syllables.csv``, ``data/cantonese_syllables.csv`` and ``data/chinese_surnames.csv``.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Final

import msgspec

from esclusa.analysis.screening import words

PINYIN: Final = 1
TAIWAN: Final = 2
CANTONESE: Final = 4
"""Ways of writing, as bits: a name of short syllables may be read in several."""

WAYS: Final = (PINYIN, TAIWAN, CANTONESE)
_SHARE: Final = 0.1
"""A reading that fewer of a Cantonese syllable's frequent signs have is left out."""
_LETTERS: Final = frozenset({"I"})
"""A single letter is an initial; Wade-Giles has one syllable of one letter that names have."""
_PASSPORT: Final = {"LYU": ("LU", "LV"), "NYU": ("NU", "NV"), "LYUE": ("LUE", "LVE"),
                    "NYUE": ("NUE", "NVE")}  # fmt: skip
"""Pinyin's Ü is U, V or YU where no mark can be set."""

Ties = Mapping[str, int]
"""Spelling → the pairs of ways (see :func:`pairs_of`) in which it may be the same sign."""


class _Tables(msgspec.Struct, frozen=True):
    """Spelling → readings in each way. Those of ``read`` are pinyin, those of ``jyutping`` tell
    Cantonese spellings of one syllable; surnames of two syllables have a blank between them."""

    read: dict[int, dict[str, frozenset[str]]]
    jyutping: dict[str, frozenset[str]]
    surnames: frozenset[str]
    double_surnames: frozenset[str]


@cache
def syllables() -> Mapping[str, int]:
    """Return each spelling of a Chinese syllable → the ways in which it is one."""
    found: dict[str, int] = {}
    for way, read in _tables().read.items():
        for spelling in read:
            found[spelling] = found.get(spelling, 0) | way
    return found


def ways_of(token: str) -> int:
    """Return the ways in which a word is one Chinese syllable, 0 for none."""
    return syllables().get(token, 0)


@cache
def surnames() -> frozenset[str]:
    """Return the words that are a Chinese surname in some way of writing: ``TSAI``, ``OUYANG``."""
    tables = _tables()
    return tables.surnames | {name.replace(" ", "") for name in tables.double_surnames}


def double_surname(left: str, right: str) -> bool:
    """Answer whether two syllables are one surname: ``OU YANG``."""
    return f"{left} {right}" in _tables().double_surnames


def pairs_of(left: int, right: int) -> int:
    """Return the pairs of ways that two names may be written in, one bit for each pair."""
    return sum(
        1 << (3 * i + j)
        for i, way in enumerate(WAYS) if left & way
        for j, other in enumerate(WAYS) if right & other
    )  # fmt: skip


IN_CANTONESE: Final = pairs_of(CANTONESE, 7) | pairs_of(7, CANTONESE)
"""The pairs of ways of which one is Cantonese."""


_NONE: Final[Ties] = {}


def ties(token: str) -> Ties:
    """Return the other spellings that may stand for the same sign as a syllable, none for a word
    that is no syllable."""
    return _ties(token) if token in syllables() else _NONE


@cache
def _ties(token: str) -> Ties:
    tables, by_reading, found = _tables(), _by_reading(), dict[str, int]()
    for i, way in enumerate(WAYS):
        for reading in tables.read[way].get(token, ()):
            for j, other in enumerate(WAYS):
                if way == other == CANTONESE:
                    continue
                for spelling in by_reading[other].get(reading, ()):
                    found[spelling] = found.get(spelling, 0) | 1 << (3 * i + j)
    both = pairs_of(CANTONESE, CANTONESE)
    for syllable in tables.jyutping.get(token, ()):
        for spelling in by_reading[0][syllable]:
            found[spelling] = found.get(spelling, 0) | both
    found.pop(token, None)
    return found


@cache
def _by_reading() -> dict[int, dict[str, list[str]]]:
    """Return way → reading → its spellings; under 0 those of a syllable in Jyutping."""
    tables = _tables()
    found: dict[int, dict[str, list[str]]] = {0: {}}
    for way, read in (*tables.read.items(), (0, tables.jyutping)):
        for spelling, readings in sorted(read.items()):
            for reading in readings:
                found.setdefault(way, {}).setdefault(reading, []).append(spelling)
    return found


@cache
def _tables() -> _Tables:
    read: dict[int, dict[str, set[str]]] = {way: {} for way in WAYS}
    jyutping: dict[str, set[str]] = {}

    def add(way: int, spelling: str, reading: str) -> None:
        if len(spelling) == 1 and spelling not in _LETTERS:
            return
        read[way].setdefault(spelling, set()).add(reading)

    for row in words.rows("chinese_syllables.csv"):
        pinyin = row["pinyin"]
        for spelling in (pinyin, *_PASSPORT.get(pinyin, ())):
            add(PINYIN, spelling, pinyin)
        for spelling in (row["wade_giles"].replace("'", ""), *row["taiwan"].split()):
            add(TAIWAN, spelling, pinyin)
    for row in words.rows("cantonese_syllables.csv"):
        counts = {p: int(n) for p, n in (pair.split(":") for pair in row["pinyin"].split())}
        enough = _SHARE * sum(counts.values())
        for spelling in row["spellings"].split():
            if len(spelling) == 1:
                continue
            jyutping.setdefault(spelling, set()).add(row["jyutping"])
            for pinyin, count in counts.items():
                if count >= enough:
                    add(CANTONESE, spelling, pinyin)
    single, double = _surnames(read)
    return _Tables(
        {way: {key: frozenset(value) for key, value in read[way].items()} for way in WAYS},
        {key: frozenset(value) for key, value in jyutping.items()},
        single,
        double,
    )


def _surnames(read: dict[int, dict[str, set[str]]]) -> tuple[frozenset[str], frozenset[str]]:
    """Return the spellings of surnames of one syllable, and those of two with a blank between."""
    customs = {row["jyutping"]: row["spellings"].split()
               for row in words.rows("cantonese_syllables.csv")}  # fmt: skip
    spelt: dict[int, dict[str, list[str]]] = {CANTONESE: customs}
    for way in (PINYIN, TAIWAN):
        spelt[way] = {}
        for spelling, readings in read[way].items():
            for reading in readings:
                spelt[way].setdefault(reading, []).append(spelling)
    single, double = set[str](), set[str]()
    for row in words.rows("chinese_surnames.csv"):
        for way, customary in spelt.items():
            parts = row["jyutping" if way == CANTONESE else "pinyin"].split()
            written = [customary.get(part, []) for part in parts]
            if len(row["signs"]) == 1:
                single.update(word for part in written for word in part)
            else:
                first, second = written
                double.update(f"{one} {two}" for one in first for two in second)
    return frozenset(word for word in single if len(word) > 1), frozenset(double)
