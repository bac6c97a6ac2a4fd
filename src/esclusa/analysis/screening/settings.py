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
    order: float
    form: float
    glued: float
    initial: float
    initial_weight: float
    weak: float
    kind: float


class WordWeights(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Section ``word``: how alike two words are, from 0 to 1."""

    sound: float
    related: float
    prefix: float
    vowels: float
    vowels_two: float
    vowels_one: float
    first_letter: float
    spelling: float
    short: float
    abjad: float
    abjad_letter: float
    abjad_coarse: float
    floor: float


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


@cache
def default_weights() -> Weights:
    """Return the weights that ship with Esclusa."""
    return msgspec.convert(words.toml("weights.toml"), Weights)
