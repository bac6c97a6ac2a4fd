"""Watchlist entries, arranged so that most names are done after a few look-ups.

The index holds every name and alias as word ids, per word the names that use it, pairs of words
joined (to meet a sender who leaves the blank out), and identifiers. It is built once per set of
lists, never changes, and two builds from the same entries in the same order are equal.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import msgspec
import numpy as np
import numpy.typing as npt

from esclusa.analysis.screening.identifiers import identifier_key
from esclusa.analysis.screening.normalise import Name, normalise
from esclusa.analysis.screening.settings import Weights, default_weights
from esclusa.analysis.screening.sound import fold
from esclusa.analysis.screening.vocabulary import Ints, Vocabulary
from esclusa.model import ListEntry

Floats = npt.NDArray[np.float32]

_GLUE_CHARS: Final = 24
"""Two words that make more than this are never written as one by accident."""

_WHOLE_CHARS: Final = 60
"""Longer names lose a blank without losing the match."""

_BITS: Final = {"person": 1, "organisation": 2, "vessel": 4, "aircraft": 16, "document": 16}
_OTHER: Final = 8


class ListedName(msgspec.Struct, frozen=True, gc=False):
    """One name of an entry. ``entry`` is the entry's number; ``words`` are vocabulary ids."""

    entry: int
    text: str
    weak: bool
    words: tuple[int, ...]
    form: str
    is_firm: bool


class Index:
    """Entries ready to be screened against; make one with :meth:`build`."""

    def __init__(
        self, entries: tuple[ListEntry, ...], editions: Mapping[str, str], weights: Weights
    ) -> None:
        self.entries: Final = entries
        self.editions: Final = dict(editions)
        self.weights: Final = weights
        spelt = [spelling for number, e in enumerate(entries) for spelling in _spellings(number, e)]
        self._first_name: Final = _first_names(spelt, len(entries))
        self.vocabulary: Final = Vocabulary(_entry_counts(spelt), len(entries), weights.word)
        ids = self.vocabulary.ids
        self.names: Final = tuple(
            ListedName(n, text, weak, tuple(ids[t] for t in name.tokens), name.form, name.is_firm)
            for n, text, weak, name in spelt
        )
        self.word_weights: Final = self._word_weights()
        self.rarest: Final = max(self.word_weights, default=0.0)
        self.name_factors: Final[Floats] = np.array(
            [weights.name.weak if name.weak else 1.0 for name in self.names], dtype=np.float32
        )
        self.kinds: Final = _kinds(self.names, entries)
        self.name_weights: Final[Floats] = np.array(
            [sum(self.word_weights[word] for word in name.words) for name in self.names],
            dtype=np.float32,
        )
        self.initial_weights: Final[Floats] = np.array(
            [self._initials(name) for name in self.names], dtype=np.float32
        )
        self._starts, self._postings = self._word_postings()
        self._glued: Final = self._glued_pairs()
        self._whole: Final = self._whole_names()
        self.identifiers: Final = _identifiers(entries)

    @classmethod
    def build(
        cls,
        entries: Iterable[ListEntry],
        editions: Mapping[str, str] | None = None,
        weights: Weights | None = None,
    ) -> Index:
        """Return an index over ``entries``.

        :param editions: list id → edition of that list, repeated in every hit.
        :param weights: default: those of ``data/weights.toml``.
        """
        return cls(tuple(entries), editions or {}, weights or default_weights())

    def names_with(self, word: int) -> Ints:
        """Return the numbers of the names that use a word, ascending."""
        return self._postings[self._starts[word] : self._starts[word + 1]]

    def names_of(self, entry: int) -> range:
        """Return the numbers of an entry's names."""
        return range(self._first_name[entry], self._first_name[entry + 1])

    def names_joining(self, heard: str) -> tuple[int, ...]:
        """Return the names with two neighbouring words that together sound like ``heard``."""
        found = self._glued.get(heard, ())
        return (found,) if isinstance(found, int) else found

    def names_sounding(self, heard: str) -> tuple[int, ...]:
        """Return the names that without their blanks sound like ``heard`` (see :func:`whole`)."""
        found = self._whole.get(heard, ()) if heard else ()
        return (found,) if isinstance(found, int) else found

    def _word_weights(self) -> list[float]:
        initial = self.weights.name.initial_weight
        pairs = zip(self.vocabulary.tokens, self.vocabulary.rarity, strict=True)
        return [initial if len(token) == 1 else rarity for token, rarity in pairs]

    def _initials(self, name: ListedName) -> float:
        tokens = self.vocabulary.tokens
        return sum(self.word_weights[word] for word in name.words if len(tokens[word]) == 1)

    def _word_postings(self) -> tuple[Ints, Ints]:
        pairs = np.array(
            [(w, n) for n, name in enumerate(self.names) for w in sorted(set(name.words))],
            dtype=np.int32,
        ).reshape(-1, 2)
        counts = np.bincount(pairs[:, 0], minlength=len(self.vocabulary.tokens))
        starts = np.concatenate(([0], np.cumsum(counts))).astype(np.int32)
        order = np.lexsort((pairs[:, 1], pairs[:, 0]))
        return starts, np.ascontiguousarray(pairs[order, 1])

    def _glued_pairs(self) -> dict[str, int | tuple[int, ...]]:
        """One number instead of a tuple where a pair occurs once: most do, and memory matters."""
        tokens = self.vocabulary.tokens
        found: dict[str, int | tuple[int, ...]] = {}
        heard: dict[tuple[int, int], str] = {}
        for number, name in enumerate(self.names):
            for pair in set(zip(name.words, name.words[1:], strict=False)):
                key = heard.get(pair)
                if key is None:
                    key = heard[pair] = glued(tokens[pair[0]], tokens[pair[1]])
                if key:
                    found[key] = _also(found.get(key), number)
        return found

    def _whole_names(self) -> dict[str, int | tuple[int, ...]]:
        tokens = self.vocabulary.tokens
        found: dict[str, int | tuple[int, ...]] = {}
        for number, name in enumerate(self.names):
            key = whole([tokens[word] for word in name.words]) if len(name.words) > 1 else ""
            if key:
                found[key] = _also(found.get(key), number)
        return found


def whole(tokens: Sequence[str]) -> str:
    """Return how a name sounds without its blanks, "" for one that is too long or has digits."""
    joined = "".join(tokens)
    return fold(joined) if len(joined) <= _WHOLE_CHARS and joined.isalpha() else ""


def kind_bit(kind: str) -> int:
    """Return the bit of an entry's type; a query of a kind meets its own and ``other``."""
    return _BITS.get(kind, _OTHER)


def glued(left: str, right: str) -> str:
    """Return how two words sound when written as one, "" when they are too long or have digits."""
    joined = left + right
    return fold(joined) if len(joined) <= _GLUE_CHARS and joined.isalpha() else ""


def _also(known: int | tuple[int, ...] | None, number: int) -> int | tuple[int, ...]:
    if known is None:
        return number
    return (*((known,) if isinstance(known, int) else known), number)


def _first_names(spelt: list[tuple[int, str, bool, Name]], entries: int) -> list[int]:
    counts = np.bincount([number for number, *_ in spelt], minlength=entries)
    return [0, *np.cumsum(counts).tolist()]


def _kinds(names: tuple[ListedName, ...], entries: tuple[ListEntry, ...]) -> npt.NDArray[np.uint8]:
    return np.array([kind_bit(entries[name.entry].type) for name in names], dtype=np.uint8)


def _spellings(number: int, entry: ListEntry) -> list[tuple[int, str, bool, Name]]:
    """Return the entry's different names; of equal ones the first stays, strong before weak."""
    written = [(entry.name, False)] + [(alias.name, alias.weak) for alias in entry.aliases]
    found: dict[tuple[str, ...], tuple[int, str, bool, Name]] = {}
    for text, weak in sorted(written, key=lambda one: one[1]):
        name = normalise(text, entry.type)
        if name.tokens:
            found.setdefault(name.tokens, (number, text, weak, name))
    return list(found.values())


def _entry_counts(spelt: list[tuple[int, str, bool, Name]]) -> dict[str, int]:
    """Count entries, not names: thirty aliases of one man do not make his name common."""
    seen = {(number, token) for number, _, _, name in spelt for token in name.tokens}
    counts: dict[str, int] = {}
    for _, token in seen:
        counts[token] = counts.get(token, 0) + 1
    return counts


def _identifiers(entries: tuple[ListEntry, ...]) -> dict[str, tuple[tuple[int, str], ...]]:
    """Return value → (entry, scheme), in the order of the entries."""
    found: dict[str, dict[tuple[int, str], None]] = {}
    for number, entry in enumerate(entries):
        for identifier in entry.identifiers:
            scheme, value = identifier_key(identifier.scheme, identifier.value)
            if value:
                found.setdefault(value, {})[number, scheme] = None
    return {value: tuple(places) for value, places in found.items()}
