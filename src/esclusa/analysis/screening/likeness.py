"""How alike two words are, and in which way."""

from __future__ import annotations

from typing import Final

from rapidfuzz.distance import OSA

from esclusa.analysis.screening import words
from esclusa.analysis.screening.abjad import ABJAD, abjad_likeness
from esclusa.analysis.screening.romanised import IN_CANTONESE, ties
from esclusa.analysis.screening.settings import WordWeights
from esclusa.analysis.screening.sound import fold, skeleton

EXACT: Final = "exact"
ROMANISED: Final = frozenset({"romanised", "cantonese"})
"""Manners that count only where both names can be read as Chinese ones, see :func:`likeness`."""
ANY_WAYS: Final = (1 << 9) - 1
"""All pairs of ways of writing Chinese, see :func:`~.romanised.pairs_of`."""
NONE: Final = ("", 0.0)
_SHORTEST: Final = 3
"""Words of one or two letters are alike only when they sound alike: LI and LU are two names."""

SLIPS: Final = 2
SLIPS_LENGTH: Final = 6
"""Letters of words that may differ by :data:`SLIPS`; in shorter ones a third would be other."""
_BACKWARDS: Final = 5
"""Letters of a word that is another one backwards by intent, not by accident (NAVI, IVAN)."""
_FULL_LENGTH: Final = 4
"""Sounds from which on a word is long enough for its likeness to be taken at face value."""
_ARTICLES: Final = frozenset({"AL", "EL", "DE", "DEL", "DELA", "DELOS", "DELAS"})
"""Articles that are dropped where they stand apart, and stay where they are one word with the name:
ALTIKRITI, DELACRUZ."""

Likeness = tuple[str, float]
"""Manner (``exact``, ``sound``, ``related``, ``romanised``, ``cantonese``, ``typo``,
``consonants``, ``prefix``) and 0 to 1."""


def likeness(left: str, right: str, weights: WordWeights, pairs: int = 0) -> Likeness:
    """Return how alike two tokens are; ``("", 0.0)`` when they are different words. Symmetric.

    :param pairs: pairs of ways (see :func:`~.romanised.pairs_of`) in which the names that the
        tokens stand in can both be read as Chinese; 0 for names that cannot.
    """
    found = _spelt(left, right, weights)
    tie = pairs and ties(left).get(right, 0) & pairs
    if not tie:
        return found
    cantonese = tie & ~IN_CANTONESE == 0
    read = ("cantonese", weights.cantonese) if cantonese else ("romanised", weights.romanised)
    return max(found, read, key=_strength)


def _spelt(left: str, right: str, weights: WordWeights) -> Likeness:
    if left == right:
        return EXACT, 1.0
    if left[0] == ABJAD or right[0] == ABJAD:
        return abjad_likeness(left, right)
    if has_digit(left) or has_digit(right):
        return NONE
    numerals = words.numerals()
    if left in numerals and right in numerals:
        return NONE
    if is_related(left, right):
        return max(("related", weights.related), _written(left, right, weights), key=_strength)
    return _written(left, right, weights)


def has_digit(token: str) -> bool:
    """Answer whether a digit stands in the token; numbers are equal or different, never alike."""
    return not token.isalpha() and any(letter.isdigit() for letter in token)


def is_related(left: str, right: str) -> bool:
    """Answer whether two words are one name in two languages, a word and its short form, or a long
    word and itself written backwards."""
    if len(left) >= _BACKWARDS and left == right[::-1]:
        return True
    if right in words.given_names().get(left, ()):
        return True
    variants = words.word_variants()
    return variants.get(left, left) == variants.get(right, right)


def _strength(found: Likeness) -> float:
    return found[1]


def _written(left: str, right: str, weights: WordWeights) -> Likeness:
    if _has_article(left, right) or _has_article(right, left):
        return "prefix", weights.prefix
    heard, other = fold(left), fold(right)
    if heard == other:
        return "sound", weights.sound - weights.short * max(0, _FULL_LENGTH - len(heard))
    if min(len(left), len(right)) < _SHORTEST:
        return NONE
    alike = _alike(left, right, heard, other, weights)
    if alike >= weights.floor or (alike >= weights.floor_two and two_slips(left, right)):
        return "typo", alike
    return NONE


def two_slips(left: str, right: str) -> bool:
    """Answer whether two long words begin alike and differ by two letters at most: SECHIN, SECHEV.

    Each letter more, less or other, or two neighbours swapped, is one slip (optimal string
    alignment).
    """
    if min(len(left), len(right)) < SLIPS_LENGTH or left[0] != right[0]:
        return False
    return OSA.distance(left, right, score_cutoff=SLIPS) <= SLIPS


def _has_article(longer: str, shorter: str) -> bool:
    if len(shorter) < _SHORTEST or not longer.endswith(shorter):
        return False
    return longer[: -len(shorter)] in _ARTICLES


def _alike(left: str, right: str, heard: str, other: str, weights: WordWeights) -> float:
    longest = max(len(left), len(right))
    by_sound = OSA.distance(heard, other) / max(len(heard), len(other))
    bones = skeleton(left)
    if bones == skeleton(right):
        by_sound *= _vowel_cost(len(bones), weights)
    loss = min(by_sound, OSA.distance(left, right) / longest) + weights.spelling
    if heard[0] != other[0]:
        loss += weights.first_letter
    return 1.0 - loss - weights.short * max(0, _FULL_LENGTH + 1 - longest)


def _vowel_cost(consonants: int, weights: WordWeights) -> float:
    if consonants > 2:
        return weights.vowels
    return weights.vowels_two if consonants == 2 else weights.vowels_one
