"""Screening as callers use it: one name, or a table of them.

A :class:`Screener` keeps the look-ups of words and the hits of whole queries, both bounded, so a
shipper who stands on a thousand bills is compared once. It is the only object here that changes,
and what it remembers never changes an answer.
"""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Container, Iterable, Mapping, Sequence
from functools import cached_property
from typing import Final

import msgspec
import numpy as np

from esclusa.analysis.screening import attributes
from esclusa.analysis.screening.addresses import ADDRESS, address_index
from esclusa.analysis.screening.bounds import Pairs
from esclusa.analysis.screening.closely import Needed, closely
from esclusa.analysis.screening.hit import Hit
from esclusa.analysis.screening.index import Index
from esclusa.analysis.screening.learned import Learned
from esclusa.analysis.screening.listed_words import ListedWords
from esclusa.analysis.screening.lookup import WORDS_KEPT, Lookups
from esclusa.analysis.screening.query import Making, Query
from esclusa.analysis.screening.questions import Words, questions
from esclusa.analysis.screening.score import EntryScore, NameScore, score_entry, score_name
from esclusa.analysis.screening.search import Asked, candidates, kind_bits, look_up
from esclusa.analysis.screening.stated import Asks, Worth

ANSWERS_KEPT: Final = 50_000
"""Most answers are empty; for their size see ``WORDS_KEPT``."""
HITS_KEPT: Final = 50
"""More hits than this say that the name is too common to screen by; the best are kept."""

_SCORES_KEPT: Final = 5_000
"""Queries of which the names compared are kept until all their hits are asked for."""

_FEW_FOUND: Final = 20
"""So many names are compared in the time that the closest look takes."""

_NOTHING: Final[Mapping[int, NameScore | None]] = {}


class Screener:
    """Screens against one index, remembering words and answers."""

    def __init__(
        self,
        index: Index,
        *,
        threshold: float | None = None,
        words_kept: int = WORDS_KEPT,
        answers_kept: int = ANSWERS_KEPT,
        learned: Learned | None = None,
    ) -> None:
        """:param threshold: 0 to 100; default: that of the index's weights.
        :param learned: what processes with the same index tell each other of words.
        """
        default = index.weights.threshold.default
        self.index: Final = index
        self.threshold: Final = default if threshold is None else threshold
        self.lookups: Final = Lookups(index, words_kept, learned)
        self.making: Final = Making(answers_kept)
        self.made: Final = self.making.made
        self._worth: Final = Worth.of(index.weights.attribute)
        self._answers_kept: Final = answers_kept
        self._answers: Final[OrderedDict[Query, tuple[Hit, ...]]] = OrderedDict()
        self._scored: Final[dict[Query, dict[int, NameScore | None]]] = {}

    @property
    def remembered(self) -> tuple[int, int]:
        """How many words and answers are held at present."""
        return self.lookups.remembered, len(self._answers)

    @cached_property
    def listed_words(self) -> ListedWords:
        """What bounds need to know of the listed words; made when first asked for."""
        return ListedWords(self.index)

    def one(
        self,
        name: str | None,
        kind: str | None = "any",
        birth_date: str | None = "",
        nationality: str | None = "",
        identifiers: Iterable[str] | None = (),
        birth_place: str | None = "",
        address: str | None = "",
    ) -> tuple[Hit, ...]:
        """Return the hits for one party, best first; the arguments are those of ``make_query``."""
        numbers = tuple(identifiers or ())
        return self.query(
            self.made(name, kind, birth_date, nationality, numbers, birth_place, address)
        )

    def query(self, query: Query) -> tuple[Hit, ...]:
        """Return the hits for a query made by :func:`~.query.make_query`."""
        found = self.remembers(query)
        return self.remember(query, self._answer(query)) if found is None else found

    def remembers(self, query: Query) -> tuple[Hit, ...] | None:
        """Return the hits of a query that was asked lately, None when it was not."""
        found = self._answers.get(query)
        if found is not None:
            self._answers.move_to_end(query)
        return found

    def remember(self, query: Query, hits: tuple[Hit, ...]) -> tuple[Hit, ...]:
        """Keep the hits of a query, and return them."""
        self._answers[query] = hits
        if len(self._answers) > self._answers_kept:
            self._answers.popitem(last=False)
        return hits

    def _answer(self, query: Query) -> tuple[Hit, ...]:
        if query.kind == ADDRESS:
            return tuple(self._named(hit) for hit in self._addresses.of_address(query))
        return self._compared(query)

    def _compared(self, query: Query) -> tuple[Hit, ...]:
        asked = look_up(query.name.tokens, self.lookups)
        found = candidates(self.index, asked, query.kind, self.least(query))
        if len(found) > _FEW_FOUND:
            found = self._closer(query, asked, found)
        return self.judged(query, asked, found)

    def _closer(self, query: Query, asked: Asked, found: Sequence[int]) -> list[int]:
        """Leave out the names that cannot reach the threshold; those that without blanks sound
        alike stay."""
        words = Words([query.name.tokens])
        slots, facts = questions(self.index, words, self.lookups)
        if not len(slots.look):
            return list(found)
        names = np.array(found, dtype=np.int32)
        pairs = Pairs.every(names, len(slots.look))
        close = closely(self.listed_words, facts, slots, pairs, self.needed([query]), words)
        alike = self.index.names_sounding(asked.whole)
        return sorted({*close.name.tolist(), *names[np.isin(names, alike)].tolist()})

    @cached_property
    def _addresses(self) -> Screener:
        """Screens the listed addresses; made when the first address is asked for."""
        return Screener(
            address_index(self.index), threshold=self.threshold, answers_kept=self._answers_kept
        )

    def of_address(self, query: Query) -> tuple[Hit, ...]:
        """Return the hits for an address; the index must be one of addresses."""
        return self._compared(query)

    def _named(self, hit: Hit) -> Hit:
        """Say whose address was found."""
        entry = self.index.entries[self.index.numbers(hit.list_id, hit.uid)[0]]
        return msgspec.structs.replace(
            hit, entry_type=entry.type, entry_name=entry.name, evidence=("address",)
        )

    def judged(
        self, query: Query, asked: Asked, names: Sequence[int], only: Container[int] | None = None
    ) -> tuple[Hit, ...]:
        """Return the hits of a query among names that may be enough, and by its identifiers.

        :param asked: the look-ups of the query's words.
        :param names: the names to compare, as :func:`~.search.candidates` finds them.
        :param only: the entries that an identifier may lead to; None for all.
        """
        kept = self._enough(query, asked, names, self._numbers(query, only))
        kept.sort(key=_order)
        return tuple(
            _hit(self.index, query, s, rank) for rank, s in enumerate(kept[:HITS_KEPT], start=1)
        )

    def meets(
        self, query: Query, asked: Asked, names: Sequence[int], only: Container[int] | None = None
    ) -> bool:
        """Answer whether :meth:`judged` finds a hit, with no more entries compared than needed.

        :param names: in ascending order.
        """
        numbers = self._numbers(query, only)
        if numbers and self._enough(query, asked, (), numbers):
            return True
        if not asked.words or not names:
            return False
        index, listed = self.index, self.index.names
        asks = attributes.asks(query, index.weights.attribute)
        found: list[NameScore] = []
        scored: dict[int, NameScore | None] = {}
        # An entry's names follow each other, and no entry's score depends on another's.
        for number in names:
            name = listed[number]
            if found and name.entry != found[0].name.entry:
                if self._any_enough(query, found):
                    return self._keep(query, scored)
                found = []
            least, enough = self._least_of(asks, number)
            score = scored[number] = score_name(index, query, asked, name, least, enough)
            if score is not None and name.entry not in numbers:
                found.append(score)
        return self._any_enough(query, found) and self._keep(query, scored)

    def _keep(self, query: Query, scored: dict[int, NameScore | None]) -> bool:
        """Keep what names scored: all hits of a query that has one will be asked for."""
        if len(self._scored) >= _SCORES_KEPT:
            self._scored.clear()
        self._scored[query] = scored
        return True

    def _any_enough(self, query: Query, found: Iterable[NameScore]) -> bool:
        scored = (self._entry(query, number, each, []) for number, each in _best(found).items())
        return any(s is not None and s.score >= self.threshold for s in scored)

    def _numbers(
        self, query: Query, only: Container[int] | None
    ) -> dict[int, list[tuple[str, str, str]]]:
        """Return the entries that identifiers of a query lead to."""
        found = _by_identifier(self.index, query)
        return {
            number: places for number, places in found.items() if only is None or number in only
        }

    def _enough(
        self,
        query: Query,
        asked: Asked,
        names: Sequence[int],
        numbers: dict[int, list[tuple[str, str, str]]],
    ) -> list[EntryScore]:
        """Return the entries that reach the threshold, by some names and by identifiers."""
        if not numbers and not names:
            return []
        best = self._names(query, asked, names, numbers)
        scored = (
            self._entry(query, number, best.get(number, [None]), numbers.get(number, []))
            for number in sorted(best.keys() | numbers.keys())
        )
        return [s for s in scored if s is not None and s.score >= self.threshold]

    def _entry(
        self,
        query: Query,
        number: int,
        names: Sequence[NameScore | None],
        identifiers: list[tuple[str, str, str]],
    ) -> EntryScore | None:
        scored = [score_entry(self.index, query, number, name, identifiers) for name in names]
        return min((s for s in scored if s is not None), key=_order, default=None)

    def _names(
        self, query: Query, asked: Asked, names: Sequence[int], numbers: Iterable[int]
    ) -> dict[int, list[NameScore]]:
        """Return entry → its best strong and its best weak name, where they may be enough.

        An equal identifier shows its entry whatever the name; say then how the names compare.
        """
        if not asked.words:
            return {}
        index, listed = self.index, self.index.names
        asks = attributes.asks(query, index.weights.attribute)
        known = self._scored.pop(query, None) or _NOTHING
        scored = (
            known[n] if n in known
            else score_name(index, query, asked, listed[n], *self._least_of(asks, n))
            for n in names
        )  # fmt: skip
        best = _best(score for score in scored if score is not None)
        for number in numbers:
            every = (
                score_name(index, query, asked, listed[n]) for n in index.names_of(number)
            )  # fmt: skip
            best.update(_best(score for score in every if score is not None))
        return best

    def _least_of(self, asks: Asks, name: int) -> tuple[float, float]:
        """Return the share and the points that a name needs; one with fewer makes no hit of its
        entry."""
        columns = self.index.columns
        most = asks.most(columns.stated.item(name), columns.nations.item(name), self._worth)
        # What is below 0 counts as 0, and is a hit where that is the threshold.
        return self._least(most), self.threshold - most if self.threshold > 0 else -math.inf

    def needed(self, queries: Sequence[Query]) -> Needed:
        """Return what names need to be hits of these queries."""
        points = self.index.weights.attribute
        kinds = {kind: kind_bits(kind) for kind in {query.kind for query in queries}}
        return Needed(
            self.threshold,
            attributes.asks_of(queries, points),
            np.array([kinds[query.kind] for query in queries], np.uint8),
            np.array([bool(query.name.signs) for query in queries], np.bool_),
        )

    def least(self, query: Query) -> float:
        """Return the share a name needs, everything else speaking for it."""
        return self._least(attributes.most(query, self.index.weights.attribute))

    def _least(self, most: float) -> float:
        weights = self.index.weights.name
        return max(self.threshold - (weights.rarity + most), 1.0) / weights.full


def screen_one(
    index: Index,
    *,
    name: str,
    kind: str = "any",
    birth_date: str = "",
    nationality: str = "",
    identifiers: Sequence[str] = (),
    birth_place: str = "",
    address: str = "",
    threshold: float | None = None,
) -> list[Hit]:
    """Return the hits for one party, best first. For many, keep a :class:`Screener`."""
    screener = Screener(index, threshold=threshold)
    return list(
        screener.one(name, kind, birth_date, nationality, identifiers, birth_place, address)
    )


def _by_identifier(index: Index, query: Query) -> dict[int, list[tuple[str, str, str]]]:
    found: dict[int, list[tuple[str, str, str]]] = {}
    for scheme, value in query.identifiers:
        for number, listed in index.identifiers.get(value, ()):
            found.setdefault(number, []).append((value, scheme, listed))
    return found


def _best(scores: Iterable[NameScore]) -> dict[int, list[NameScore]]:
    """Keep each entry's best strong and best weak name: most points, then weight, then first.

    Both, because a weak alias may agree better and yet not be allowed to make the hit.
    """
    best: dict[tuple[int, bool], NameScore] = {}
    for score in scores:
        key = score.name.entry, score.name.weak
        if key not in best or _name_rank(score) > _name_rank(best[key]):
            best[key] = score
    found: dict[int, list[NameScore]] = {}
    for (entry, _), score in sorted(best.items()):
        found.setdefault(entry, []).append(score)
    return found


def _name_rank(score: NameScore) -> tuple[float, float]:
    return score.points, score.weight


def _order(scored: EntryScore) -> tuple[float, float, str, str]:
    weight = scored.name.weight if scored.name else 0.0
    return -round(scored.score, 2), -round(weight, 6), scored.entry.list_id, scored.entry.uid


def _hit(index: Index, query: Query, scored: EntryScore, rank: int) -> Hit:
    entry, name = scored.entry, scored.name
    return Hit(
        list_id=entry.list_id,
        uid=entry.uid,
        edition=index.editions.get(entry.list_id, ""),
        version=index.weights.version,
        entry_type=entry.type,
        entry_name=entry.name,
        matched_name=name.name.text if name else "",
        weak_alias=bool(name and name.name.weak),
        score=scored.score,
        rank=rank,
        matched_weight=name.weight / 2 if name else 0.0,
        parts=scored.parts,
        evidence=_evidence(scored),
    )


_BIRTH_PLACES: Final = frozenset({"birth_place", "birth_country", "birth_country_other"})


def _evidence(scored: EntryScore) -> tuple[str, ...]:
    codes = {part.code for part in scored.parts}
    fields = (
        ("name", scored.name is not None),
        ("birth_date", any(c.startswith("birth_") for c in codes - _BIRTH_PLACES)),
        ("birth_place", not codes.isdisjoint(_BIRTH_PLACES)),
        ("address", "address" in codes),
        ("nationality", any(code.startswith("country") for code in codes)),
        (
            "identifiers",
            any(code.startswith("identifier") or code == "imo_other" for code in codes),
        ),
    )
    return tuple(field for field, there in fields if there)
