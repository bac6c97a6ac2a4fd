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
import numpy as np
import numpy.typing as npt

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


class Sized(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One of ``sizes``: the thresholds of a node of up to so many records, and what they gave in
    the world that they were chosen in."""

    records: int
    match: float
    strong: float
    precision: float
    recall: float
    f1: float


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
    sizes: tuple[Sized, ...] = ()

    def section(self, name: str) -> Section:
        """Return the weights of one of :data:`SECTIONS`."""
        found: Section = getattr(self, name)
        return found

    def for_size(self, records: int) -> Settings:
        """Return these settings with the thresholds of a node of about so many records.

        The more records, the more pairs that are alike by chance (Fellegi and Sunter: prior odds
        fall with the number of candidates). ``records`` is what an administrator expects, rounded
        up to the next of ``sizes``, never a count of what is there: so a record that a reader may
        not see changes nothing for him, and incremental equals batch.

        :raises ValueError: for a number below 1.
        """
        if records < 1:
            raise ValueError(f"a node has at least 1 record, not {records}")
        if not self.sizes:
            return self
        ordered = sorted(self.sizes, key=lambda one: one.records)
        size = next((one for one in ordered if one.records >= records), ordered[-1])
        possible = size.match - (self.threshold.match - self.threshold.possible)
        chosen = Threshold(possible=possible, match=size.match, strong=size.strong)
        return msgspec.structs.replace(self, threshold=chosen)

    def name_weights(self) -> npt.NDArray[np.float64]:
        """Return what a bit of a name that agrees, contradicts or is on one side only is worth: a
        row for each of :data:`SECTIONS`."""
        parts = (self.section(name) for name in SECTIONS)
        return np.array([[one.agree, one.conflict, one.extra] for one in parts])

    def answer_points(self) -> npt.NDArray[np.float64]:
        """Return points by section, attribute (0 for the base) and answer."""
        found = np.zeros((len(SECTIONS), len(ATTRIBUTES) + 1, 1 + max(map(len, LEVELS.values()))))
        for row, section in enumerate(map(self.section, SECTIONS)):
            found[row, 0, 0] = section.base
            for column, attribute in enumerate(ATTRIBUTES):
                for at, level in enumerate(LEVELS[attribute]):
                    found[row, column + 1, at + 1] = getattr(section, attribute).get(level, 0.0)
        return found


def read_settings(text: str) -> Settings:
    """Read settings from TOML; raises ``msgspec.ValidationError`` when a part is missing."""
    return msgspec.convert(tomllib.loads(text), Settings)


@cache
def default_settings() -> Settings:
    """Return the settings that ship with Esclusa."""
    return read_settings((files(__package__) / "data/weights.toml").read_text(encoding="utf-8"))
