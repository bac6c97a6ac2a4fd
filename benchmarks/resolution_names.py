"""Names for made-up worlds of any size: a few are common, and there are always more rare ones.

How many people have a name falls with its rank ``r`` as ``(r + q) ** -s`` (Zipf and Mandelbrot), so
the number of different names grows as the power ``1 / s`` of the number of people (Heaps' law; Lü,
Zhang and Zhou 2010, PLoS ONE 5(12) e14139). Family names do grow as a power of the population
(Miyazima and others 2000, Physica A 278, 282). The constants:

* family names: ``s`` = 1.4 and ``q`` = 100, read off the United States census of 2010 (Comenetz
  2016): 6.3 million different names among 295 million people, 6.8 by the formula; the 25 commonest
  cover 8.7 % there, 8.5 % here; the 239 commonest 25 % there, 39 % here, so more people share a
  name here than there.
* given names: ``s`` = 1.8 and ``q`` = 60, by hand: fewer and more common than family names.
* trades of firms and words of ships: ``s`` = 1.6 and ``q`` = 12, by hand. Among 3,099 firms of the
  US Consolidated Screening List the number of different words grows as the power .72 of the number
  of words; here, all words of firms together, as printed by ``--names``.

The common names are those of ``tests/data/names`` in order of frequency; those behind them are made
of their pieces (a chain over two letters), the same in every world, whatever the seed.
"""

from __future__ import annotations

import csv
import random
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Final

NAMES: Final = Path(__file__).resolve().parents[1] / "tests/data/names"
_TRADES: Final = """
TRADING LOGISTICS SHIPPING IMPORT EXPORT MARINE FOODS TEXTILES TIMBER METALS ELECTRONICS CARGO
FREIGHT CHEMICALS MOTORS SEAFOOD STEEL INTERNATIONAL GROUP INDUSTRIES SERVICES TRANSPORT PLASTICS
PAPER GRAIN COFFEE FRUIT MEAT DAIRY SUGAR RUBBER GLASS CERAMICS FURNITURE GARMENTS FOOTWEAR
LEATHER COTTON MACHINERY TOOLS ENGINEERING CONSTRUCTION CEMENT PETROLEUM ENERGY SOLAR BATTERIES
CABLES OPTICS PHARMA MEDICAL COSMETICS PACKAGING PRINTING TOYS SPORTS BICYCLES TYRES PARTS
AVIATION AGENCIES BROKERS WAREHOUSING SUPPLY DISTRIBUTION HOLDINGS VENTURES PARTNERS SOLUTIONS
SYSTEMS TECHNOLOGIES MINING MINERALS SALT FERTILISERS SEEDS FEEDS FLOWERS WINES BEVERAGES
"""
_SHIPS: Final = """
STAR OCEAN SEA QUEEN PEARL SPIRIT WIND PRIDE GLORY EXPRESS DAWN LADY PRINCESS KING FORTUNE HARMONY
HORIZON EAGLE FALCON DOLPHIN ORCHID ROSE JADE RUBY DIAMOND GOLD SILVER BLUE GREEN RED NORTH SOUTH
EAST WEST ATLANTIC PACIFIC CARIBBEAN GULF BAY ISLAND VOYAGER PIONEER EXPLORER TRADER CARRIER BRIDGE
TRIUMPH VICTORY COURAGE LIBERTY UNITY PEACE HOPE GRACE BREEZE STORM WAVE TIDE MOON SUN COMET
"""
_END: Final = "$"
_SHORTEST, _LONGEST = 4, 11


class Vocabulary:
    """Words by rank, without end. ``steep`` is ``s`` and ``flat`` is ``q`` of the formula."""

    def __init__(self, listed: Sequence[str], salt: int, steep: float, flat: float) -> None:
        self._listed = [word for word, _ in Counter(listed).most_common()]
        self._salt, self._steep, self._flat = salt, steep, flat
        self._next: dict[str, list[str]] = {}
        self._starts = [word[:2] for word in self._listed]
        self._made: dict[int, str] = {}
        for word in self._listed:
            for at in range(2, len(word) + 1):
                self._next.setdefault(word[at - 2 : at], []).append((word + _END)[at])

    def draw(self, source: random.Random) -> str:
        """Return a word, the common ones often."""
        rest = 1.0 - source.random()
        rank = int(self._flat * (rest ** (-1.0 / (self._steep - 1.0)) - 1.0))
        return self.word(rank)

    def word(self, rank: int) -> str:
        """Return the word of a rank, 0 for the commonest."""
        if rank < len(self._listed):
            return self._listed[rank]
        found = self._made.get(rank)
        if found is None:
            found = self._made[rank] = self._make(random.Random(rank << 8 | self._salt))
        return found

    def _make(self, source: random.Random) -> str:
        while True:
            word = source.choice(self._starts)
            while len(word) < _LONGEST:
                letter = source.choice(self._next.get(word[-2:], [_END]))
                if letter == _END:
                    break
                word += letter
            if len(word) >= _SHORTEST:
                return word


class Vocabularies:
    """The words of which names are made, by part: ``given``, ``family``, ``trade``, ``ship``."""

    def __init__(self, given: Sequence[str], family: Sequence[str]) -> None:
        self.family = Vocabulary(family, 2, 1.4, 100.0)
        self.parts = {
            "given": Vocabulary(given, 1, 1.8, 60.0), "family": self.family,
            "trade": Vocabulary(_TRADES.split(), 3, 1.6, 12.0), "ship": Vocabulary(_SHIPS.split(), 4, 1.6, 12.0),
        }  # fmt: skip

    def draw(self, source: random.Random, part: str) -> str:
        """Return a word for a part of a name, the common ones often."""
        return self.parts[part].draw(source)


def vocabularies() -> Vocabularies:
    """Return the words of all worlds; the listed ones come from ``tests/data/names``."""
    given: list[str] = []
    family: list[str] = []
    for file in ("innocents_global.csv", "innocents_us.csv"):
        with (NAMES / file).open(encoding="utf-8", newline="") as lines:
            for row in csv.DictReader(lines):
                parts = row["full_name"].replace(".", "").upper().split()
                if len(parts) > 1 and all(part.isalpha() and part.isascii() for part in parts):
                    given.append(parts[0])
                    family.append(parts[-1])
    return Vocabularies(given, family)
