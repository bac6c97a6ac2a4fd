"""How alike a word written without vowels is to one in Latin letters.

Arabic and Hebrew script write consonants and long vowels. Which Latin letters stand for which
signs, and at what price, was counted on pairs of names in both scripts
(``data/abjad_letters.csv``; ``benchmarks/scripts.py --train`` counts again). The cheapest way to
spell one word by the other gives the likeness: a stochastic edit distance (Ristad and Yianilos,
1998) over groups of one to three letters.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from functools import cache, lru_cache
from typing import Final

from rapidfuzz.distance import OSA

from esclusa.analysis.screening import words

ABJAD: Final = "~"
"""First character of a word written without its vowels."""

SIGNS: Final = re.compile("KH|SH|TH|DH|GH|CH|ZH|TZ|BV|PF|WV|KC|KQ|SX|[A-Z]")
"""The signs of a word as :mod:`~.scripts` spells them; TH is one sign, not T and H. BV, PF, WV, KC,
KQ and SX are Hebrew letters with two sounds."""
SHAPES: Final = ((1, 1), (1, 0), (2, 1), (0, 1), (1, 2), (3, 1))
"""Latin letters and signs that may stand for each other in one step."""

_DOUBLED: Final = re.compile(r"([BCDFGHJKLMNPQRSTVWXZ])\1+")
_UNSEEN: Final = {(1, 1): 7.0, (1, 0): 6.0, (2, 1): 9.0, (0, 1): 7.0, (1, 2): 11.0, (3, 1): 11.0}
"""Price of a step that no pair showed often enough."""
_ARTICLES: Final = ("AL", "EL", "UL")
_SHORTEST: Final = 2
_ARTICLE_AND_NAME: Final = 3
_ARTICLE: Final = 0.05
"""Price of an article that only one side has."""
_BEST: Final = 0.95
_FREE: Final = 0.15
_SLOPE: Final = 0.28
_LEAST: Final = 0.70
"""A mean price of 0.15 nats or less gives 0.95, one of 1.04 gives 0.70, the least. Set on the
tuning half of the Security Council's names."""
_WORST: Final = _FREE + (_BEST - _LEAST) / _SLOPE
_PAIRS_KEPT: Final = 200_000

Prices = dict[tuple[str, ...], dict[str, float]]
"""Signs → Latin letters → price."""
Step = tuple[str, tuple[str, ...]]
"""Latin letters and the signs they stand for."""
Steps = list[tuple[str, tuple[str, ...], float]]
"""Latin letters, signs, and how often one stood for the other."""


def mean_price(latin: str, signs: tuple[str, ...], most: float = math.inf) -> float:
    """Return the price of the cheapest spelling of ``latin`` by ``signs``, per letter and sign.

    :param most: give up above this mean price and return infinity.
    """
    letters = _DOUBLED.sub(r"\1", latin)
    limit = most * (len(letters) + len(signs))
    cost = _cheapest(letters, signs, limit)
    return cost / (len(letters) + len(signs))


def counted_steps(latin: str, signs: tuple[str, ...], prices: Prices) -> list[Step]:
    """Return the steps of the cheapest spelling of ``latin`` by ``signs``, last first: training."""
    letters = _DOUBLED.sub(r"\1", latin)
    rows = _filled(letters, signs, prices, math.inf)
    steps, i, j = [], len(letters), len(signs)
    while (i, j) != (0, 0):
        i, j, step = min(_backwards(letters, signs, i, j), key=lambda b: _reached(rows, b, prices))
        steps.append(step)
    return steps


def _backwards(
    letters: str, signs: tuple[str, ...], i: int, j: int
) -> Iterator[tuple[int, int, Step]]:
    for latin, sign in SHAPES:
        if latin <= i and sign <= j:
            yield i - latin, j - sign, (letters[i - latin : i], signs[j - sign : j])


def _reached(rows: list[list[float]], back: tuple[int, int, Step], prices: Prices) -> float:
    i, j, step = back
    return rows[i][j] + _price_of(*step, prices)


def _price_of(latin: str, signs: tuple[str, ...], prices: Prices) -> float:
    return prices.get(signs, _NOTHING).get(latin, _UNSEEN[len(latin), len(signs)])


def _cheapest(letters: str, signs: tuple[str, ...], limit: float) -> float:
    return _fill(letters, len(signs), _learned_steps(signs), limit)[len(letters)][len(signs)]


def _filled(
    letters: str, signs: tuple[str, ...], prices: Prices, limit: float
) -> list[list[float]]:
    """Return the least price of each beginning of both words, infinity beyond ``limit``."""
    return _fill(letters, len(signs), _steps(signs, prices), limit)


def _fill(
    letters: str, signs: int, steps: tuple[tuple[_Shape, ...], ...], limit: float
) -> list[list[float]]:
    """The innermost loop of screening Arabic names: what depends on the signs alone is in
    ``steps``."""
    rows = [[math.inf] * (signs + 1) for _ in range(len(letters) + 4)]
    rows[0][0] = 0.0
    for i in range(len(letters) + 1):
        row = rows[i]
        if min(*row, *rows[i + 1], *rows[i + 2]) > limit:
            break
        left, ahead = len(letters) - i, ("", *(letters[i : i + size] for size in (1, 2, 3)))
        for j in range(signs + 1):
            paid = row[j]
            if paid > limit:
                continue
            for latin, sign, known, unseen in steps[j]:
                if latin <= left:
                    price = paid + known.get(ahead[latin], unseen)
                    if price < rows[i + latin][j + sign]:
                        rows[i + latin][j + sign] = price
    return rows


_Shape = tuple[int, int, dict[str, float], float]
"""How many letters and signs stand for each other, at which prices, and at which for others."""


def _steps(signs: tuple[str, ...], prices: Prices) -> tuple[tuple[_Shape, ...], ...]:
    """Return the steps that begin before each sign, and behind the last."""
    return tuple(
        tuple(
            (latin, sign, prices.get(signs[j : j + sign], _NOTHING), _UNSEEN[latin, sign])
            for latin, sign in SHAPES
            if j + sign <= len(signs)
        )
        for j in range(len(signs) + 1)
    )


@lru_cache(maxsize=10_000)
def _learned_steps(signs: tuple[str, ...]) -> tuple[tuple[_Shape, ...], ...]:
    return _steps(signs, learned_prices())


_NOTHING: Final[dict[str, float]] = {}


@cache
def learned_prices() -> Prices:
    """Return what each step costs: the mean of both conditional surprises, in nats.

    The signs of Hebrew letters with two sounds are priced by hand; the lower price holds.
    """
    counted = [
        (row["latin"], tuple(row["signs"].split()), float(row["count"]))
        for row in words.rows("abjad_letters.csv")
    ]
    prices = prices_of(counted)
    for row in words.rows("hebrew_letters.csv"):
        of_signs, price = prices.setdefault(tuple(row["signs"].split()), {}), float(row["price"])
        of_signs[row["latin"]] = min(price, of_signs.get(row["latin"], price))
    return prices


def prices_of(counted: Steps) -> Prices:
    """Return the prices that counts of steps give."""
    total = sum(count for *_, count in counted)
    by_latin: dict[str, float] = {}
    by_signs: dict[tuple[str, ...], float] = {}
    for latin, signs, count in counted:
        by_latin[latin] = by_latin.get(latin, 0.0) + count
        by_signs[signs] = by_signs.get(signs, 0.0) + count
    prices: Prices = {}
    for latin, signs, count in counted:
        of_latin = by_latin[latin] if latin else total
        of_signs = by_signs[signs] if signs else total
        price = -(math.log(count / of_latin) + math.log(count / of_signs)) / 2
        prices.setdefault(signs, {})[latin] = price
    return prices


@lru_cache(maxsize=_PAIRS_KEPT)
def abjad_likeness(left: str, right: str) -> tuple[str, float]:
    """Return (``consonants``, likeness 0 to 1) of two words, one or both without vowels.

    ``("", 0.0)`` when they are different words. Symmetric.
    """
    if left[0] == right[0]:
        like = _BEST - OSA.normalized_distance(left[1:], right[1:])
    else:
        marked, latin = (left, right) if left[0] == ABJAD else (right, left)
        like = _BEST - _SLOPE * max(0.0, _price(latin, marked) - _FREE)
    return ("consonants", like) if like >= _LEAST else ("", 0.0)


def _price(latin: str, marked: str) -> float:
    signs = tuple(SIGNS.findall(marked))
    if min(len(signs), len(latin)) < _SHORTEST or not latin.isalpha():
        return math.inf
    price = mean_price(latin, signs, _WORST)
    if signs[:2] == ("A", "L") and len(signs) > _ARTICLE_AND_NAME:
        price = min(price, mean_price(latin, signs[2:], _WORST) + _ARTICLE)
    if latin[:2] in _ARTICLES and len(latin) > _ARTICLE_AND_NAME + 1:
        price = min(price, mean_price(latin[2:], signs, _WORST) + _ARTICLE)
    return price
