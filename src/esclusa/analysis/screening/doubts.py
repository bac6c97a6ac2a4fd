"""What speaks against a name although its words agree: the parts with negative points.

They come after the share of agreeing words and only ever lower it, so the bound that the search
works with stays true. How much each costs stands in ``weights.toml``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache

from rapidfuzz.distance import OSA

from esclusa.analysis.screening import words
from esclusa.analysis.screening.align import Alignment, of_person
from esclusa.analysis.screening.chinese import ways
from esclusa.analysis.screening.hit import Part
from esclusa.analysis.screening.index import Index, ListedName
from esclusa.analysis.screening.query import Query
from esclusa.analysis.screening.romanised import ways_of
from esclusa.analysis.screening.search import Asked
from esclusa.analysis.screening.settings import NameWeights
from esclusa.analysis.screening.signs import unlike_signs, written_signs
from esclusa.analysis.screening.sound import fold
from esclusa.analysis.screening.words import shown

ENOUGH = 3
"""From three agreeing words on, chance is no explanation any more."""
_ALIKE = frozenset({"typo", "sound", "consonants"})


def doubts(
    index: Index, query: Query, asked: Asked, name: ListedName, aligned: Alignment
) -> list[Part]:
    """Return the doubts about one listed name, none of them with positive points."""
    weights, person = index.weights.name, of_person(index, name)
    ours = [asked.words[i].token for i in aligned.asked_left]
    theirs = [index.vocabulary.tokens[name.words[j]] for j in aligned.listed_left]
    if query.kind == "address":
        return list(_of_address(ours, theirs, weights))
    parts = [Part("order", -weights.order)] if not aligned.in_order else []
    if person:
        signs = query.name.signs and unlike_signs(query.name.signs, written_signs(name.text))
        if signs:
            parts += _of_signs(signs, weights)
        parts += _of_person(aligned, ours, theirs, weights, written=bool(signs))
        if len(ours) != len(theirs) and not signs and _both_chinese(index, asked, name):
            parts += _of_syllables(ours, theirs, weights)
    elif ours or theirs:
        parts += _of_thing(ours, theirs, weights)
    if query.name.form and name.form and query.name.form != name.form:
        values = (("asked", query.name.form), ("listed", name.form))
        parts.append(Part("form", -weights.form, values))
    if query.name.is_firm and person:
        parts.append(Part("kind", -weights.kind))
    return parts


def contradictions(ours: Iterable[str], theirs: Iterable[str]) -> list[tuple[str, str, float]]:
    """Return words left over on both sides that stand against each other, and how alike they are.

    The most alike first; a word stands against one word only. Initials contradict nothing.
    """
    theirs = list(theirs)
    pairs = sorted([
        (-how, i, j, left, right)
        for i, left in enumerate(ours)
        for j, right in enumerate(theirs)
        if (how := alike(left, right)) is not None
    ])  # fmt: skip
    found, ours_met, theirs_met = [], set(), set()
    for unlike, i, j, left, right in pairs:
        if i not in ours_met and j not in theirs_met:
            ours_met.add(i)
            theirs_met.add(j)
            found.append((left, right, -unlike))
    return found


@lru_cache(65_536)
def alike(left: str, right: str) -> float | None:
    """Return how alike two words are that stand against each other, 0 to 1; None where one is an
    initial, which contradicts nothing."""
    if len(shown(left)) <= 1 or len(shown(right)) <= 1:
        return None
    by_sound = OSA.normalized_similarity(fold(left), fold(right))
    return max(by_sound, OSA.normalized_similarity(shown(left), shown(right)))


def _of_person(
    aligned: Alignment, ours: list[str], theirs: list[str], weights: NameWeights, *, written: bool
) -> Iterator[Part]:
    """:param written: signs contradict already, and what they sound like says no more."""
    against = contradictions(ours, theirs) if ours and theirs and not written else []
    for left, right, alike in against:
        points = -weights.against * (1.0 - alike) ** weights.against_power
        values = (("asked", shown(left)), ("listed", shown(right)), ("like", f"{alike:.2f}"))
        yield Part("against", points, values)
    unlike = sum(1.0 - pair.like for pair in aligned.pairs if pair.how in _ALIKE)
    if unlike:
        yield Part("spelling", -weights.alike * unlike)
    agreeing = sum(1 for pair in aligned.pairs if pair.how != "initial")
    if agreeing < ENOUGH:
        yield Part("few", -weights.few * (2 if ours or theirs else 1))


def _of_signs(signs: list[tuple[str, str]], weights: NameWeights) -> Iterator[Part]:
    for left, right in signs:
        yield Part("signs", -weights.signs, (("asked", left), ("listed", right)))


def _both_chinese(index: Index, asked: Asked, name: ListedName) -> bool:
    tokens = index.vocabulary.tokens
    return bool(ways(asked.tokens) and ways(tuple([tokens[word] for word in name.words])))


def _of_syllables(ours: list[str], theirs: list[str], weights: NameWeights) -> Iterator[Part]:
    """Nobody leaves out half of a Chinese given name: WU HUA is not WU WEIHUA. A given name of
    another language (``TONY``) may come and go."""
    more, fewer = (ours, theirs) if len(ours) > len(theirs) else (theirs, ours)
    told = [word for word in more if ways_of(word)][len(fewer) :]
    for word in told:
        yield Part("syllable", -weights.syllable, (("word", word),))


def _of_thing(ours: list[str], theirs: list[str], weights: NameWeights) -> Iterator[Part]:
    """MARISOL II is not MARISOL III, a branch in Mexico is not the bank in Spain."""
    for code, told in (("number", words.number), ("place", words.place)):
        left, right = _told(ours, told), _told(theirs, told)
        if left.keys() == right.keys():
            continue
        both = bool(left and right)
        cost = getattr(weights, code) if both else getattr(weights, f"{code}_alone")
        values = (("asked", ", ".join(left.values())), ("listed", ", ".join(right.values())))
        lone = (("word", ", ".join([*left.values(), *right.values()])),)
        yield Part(f"{code}_other" if both else f"{code}_alone", -cost, values if both else lone)


def _of_address(ours: list[str], theirs: list[str], weights: NameWeights) -> Iterator[Part]:
    """Another number is another door. Words may stand in any order, and what one side leaves out
    (a postal code, the country) contradicts nothing."""
    for code, told in (("number", words.number), ("place", words.country_code)):
        left, right = _told(ours, told), _told(theirs, told)
        if left and right:
            values = (("asked", ", ".join(left.values())), ("listed", ", ".join(right.values())))
            yield Part(f"{code}_other", -getattr(weights, code), values)


def _told(tokens: Iterable[str], meaning: words.Meaning) -> dict[str, str]:
    """Return what the tokens say (number, country) → the first token that says it."""
    found: dict[str, str] = {}
    for token in tokens:
        said = meaning(token)
        if said:
            found.setdefault(said, shown(token))
    return dict(sorted(found.items()))
