"""Weights and thresholds of the score, from ``data/weights.toml``."""

from __future__ import annotations

from functools import cache

import msgspec

from esclusa.analysis.screening import words


class NameWeights(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Section ``name``: how words add up to the points of a name."""

    full: float
    rarity: float
    rarity_scale: float
    conflict: float
    extra_query: float
    extra_entry: float
    single: float
    generic: float
    order: float
    form: float
    glued: float
    initial: float
    initial_weight: float
    weak: float
    kind: float
    against: float
    against_power: float
    signs: float
    syllable: float
    alike: float
    few: float
    number: float
    number_alone: float
    place: float
    place_alone: float


class WordWeights(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Section ``word``: how alike two words are, from 0 to 1."""

    sound: float
    related: float
    romanised: float
    cantonese: float
    prefix: float
    vowels: float
    vowels_two: float
    vowels_one: float
    first_letter: float
    spelling: float
    short: float
    floor: float
    floor_two: float


class Threshold(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Section ``threshold``: the score from which a candidate is a hit."""

    default: float


class Weights(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Everything that decides a score. ``version`` is stored with each hit's reason."""

    version: str
    reason: str
    name: NameWeights
    word: WordWeights
    attribute: dict[str, float]
    threshold: Threshold


class Purpose(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A threshold for one purpose, with the budget it was chosen on and the curve.

    ``budget`` is the most alerts per 1,000 innocent queries. ``asks`` says what a query holds.
    ``threshold`` is the lowest that keeps the budget on the tuning half; each row of ``curve`` is
    (threshold, share of listed parties found, alerts per 1,000 innocents) on the other half.
    """

    title_en: str
    title_es: str
    asks: str
    budget: float
    threshold: float
    found_in: str
    curve: tuple[tuple[float, float, float], ...]


@cache
def purposes() -> dict[str, Purpose]:
    """Return the purposes of ``data/thresholds.toml`` by name."""
    table = words.toml("thresholds.toml")
    return {name: msgspec.convert(values, Purpose) for name, values in table["purpose"].items()}


def threshold_for(purpose: str) -> float:
    """Return the threshold of a purpose (``cargo``, ``traveller``, ``name``, ``vessel``).

    :raises ValueError: for a purpose that is not in the table.
    """
    known = purposes()
    if purpose not in known:
        raise ValueError(f"unknown purpose {purpose!r}: one of {', '.join(sorted(known))}")
    return known[purpose].threshold


@cache
def default_weights() -> Weights:
    """Return the weights that ship with Esclusa."""
    return msgspec.convert(words.toml("weights.toml"), Weights)
