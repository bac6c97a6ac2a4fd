"""Weights, limits and thresholds of resolution, from ``data/weights.toml``.

The unit of all points is the bit: one point more doubles the odds that two mentions name the same
one (Fellegi and Sunter 1969, as logarithms).
"""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from typing import Final

import msgspec

SECTIONS: Final = ("person", "organisation", "vessel", "address")
ATTRIBUTES: Final = ("birth", "country", "identifier", "phone", "address", "place")
LEVELS: Final = {
    "birth": (
        "day", "swapped", "month", "year", "range", "near", "partial_contradiction",
        "contradiction",
    ),
    "country": ("same", "other"),
    "identifier": ("same", "other_scheme", "other"),
    "phone": ("same", "other"),
    "address": ("same", "part", "other"),
    "place": ("same", "other"),
}  # fmt: skip
"""The answers a comparison may give. What is missing on one side gives none, and no points."""


class Limits(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Section ``limits``: what keeps the work linear."""

    block: int
    names: int
    words: int
    cluster: int


class Threshold(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Section ``threshold``, in points."""

    possible: float
    match: float
    strong: float


class WordPoints(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Section ``words``: what a word that agrees tells, beside its rarity."""

    floor: float
    initial: float
    most: float


class Section(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Weights for one kind of pair; each attribute maps an answer of :data:`LEVELS` to points."""

    base: float
    agree: float
    conflict: float
    extra: float
    birth: dict[str, float]
    country: dict[str, float]
    identifier: dict[str, float]
    phone: dict[str, float]
    address: dict[str, float]
    place: dict[str, float]


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Everything that decides a score or a cluster. ``version`` is told with each explanation."""

    version: str
    reason: str
    limits: Limits
    threshold: Threshold
    words: WordPoints
    person: Section
    organisation: Section
    vessel: Section
    address: Section
    exclusive: tuple[str, ...]

    def section(self, name: str) -> Section:
        """Return the weights of one of :data:`SECTIONS`."""
        found: Section = getattr(self, name)
        return found


def read_settings(text: str) -> Settings:
    """Read settings from TOML; raises ``msgspec.ValidationError`` when a part is missing."""
    return msgspec.convert(tomllib.loads(text), Settings)


@cache
def default_settings() -> Settings:
    """Return the settings that ship with Esclusa."""
    return read_settings((files(__package__) / "data/weights.toml").read_text(encoding="utf-8"))
