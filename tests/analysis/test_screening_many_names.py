"""What a batch works out for many names at once is what is worked out for each alone: the keys of
words written as one, names in Latin letters, and what a person's name loses at least."""

from __future__ import annotations

import math
import random
import re
import unicodedata

import numpy as np
import pytest
from anyascii import anyascii
from hypothesis import example, given, settings
from hypothesis import strategies as st

from esclusa.analysis.screening import BulkScreener, Index, Screener, make_query, scripts
from esclusa.analysis.screening.attributes import attribute_parts
from esclusa.analysis.screening.bounds import Pairs
from esclusa.analysis.screening.closely import closely, may_reach
from esclusa.analysis.screening.columns import hashed
from esclusa.analysis.screening.doubts import alike, contradictions
from esclusa.analysis.screening.index import glued, whole
from esclusa.analysis.screening.left_over import Left, least_lost
from esclusa.analysis.screening.questions import Words, questions
from esclusa.analysis.screening.score import score_name
from esclusa.analysis.screening.scripts import latinised
from esclusa.analysis.screening.search import look_up
from esclusa.analysis.screening.signs import written_signs
from esclusa.model import Alias, ListEntry

# --- words written as one ---------------------------------------------------------------------

TOKENS = st.one_of(
    st.text("ACEHKOSTUXYZ", min_size=1, max_size=7),
    st.sampled_from(["NASSER", "HADI", "SARAH", "H", "HH", "X", "~MHMD", "MV2", "2", "SCH", "CH",
                     "A" * 40, "XYZ" * 13, "ZHUK", "OU"]),
)  # fmt: skip
NAMES = st.lists(st.lists(TOKENS, max_size=5).map(tuple), min_size=1, max_size=40)


@settings(max_examples=120, deadline=None)
@given(NAMES)
@example([("SARAH",), ("H",), ("HA", "HH"), (), ("NASSER", "HADI"), ("MUSA", "AHMED")] * 20)
def test_words_written_as_one_have_the_key_of_their_sound(names: list[tuple[str, ...]]) -> None:
    names = names * (1 + 64 // len(names))  # enough that they are put together as columns
    words = Words(names)
    keys, may = words.whole()
    sounds = [whole(name) for name in names]
    assert may.tolist() == [bool(sound) for sound in sounds]
    assert keys[may].tolist() == [hashed(sound) for sound in sounds if sound]
    first = [place for place, name in enumerate(names) for _ in name[1:]]
    left = np.array([n for s, c in zip(words.starts, words.counts, strict=True)
                     for n in words.numbers[s : s + c][:-1]], dtype=np.int32)  # fmt: skip
    right = np.array([n for s, c in zip(words.starts, words.counts, strict=True)
                      for n in words.numbers[s : s + c][1:]], dtype=np.int32)  # fmt: skip
    assert len(first) == len(left)
    keys, may = words.glued(left, right)
    sounds = [glued(words.tokens[one], words.tokens[other])
              for one, other in zip(left.tolist(), right.tolist(), strict=True)]  # fmt: skip
    assert may.tolist() == [bool(sound) for sound in sounds]
    assert keys[may].tolist() == [hashed(sound) for sound in sounds if sound]


def test_few_words_are_put_together_as_many_are() -> None:
    names = [("NASSER", "HADI"), ("SARAH", "VEGA"), ("MV2", "STAR")]
    few, many = Words(names), Words(names * 40)
    for told, wanted in zip(few.whole(), many.whole(), strict=True):
        assert told.tolist() == wanted.tolist()[: len(names)]


# --- names in other scripts -------------------------------------------------------------------


@pytest.mark.parametrize("start", [0, 0x11000, 0x22000, 0xE0000], ids=hex)
def test_every_sign_becomes_the_letters_that_the_longer_way_gives(
    start: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name of which no rule speaks is read sign by sign, in fewer steps. Beyond these planes there
    are hardly any signs."""
    signs = [
        unicodedata.normalize("NFKC", chr(code))
        for code in range(start, start + 0x11000)
        if not 0xD800 <= code <= 0xDFFF
    ]
    texts = [*signs, *("".join(signs[at : at + 7]) for at in range(0, len(signs), 7))]
    quickly = [latinised(text) for text in texts]
    free = [not scripts._RULED.search(text) for text in texts]
    monkeypatch.setattr(scripts, "_RULED", re.compile(""))
    assert quickly == [scripts._in_ascii(text) for text in texts]
    for text, told, unruled in zip(texts, quickly, free, strict=True):
        assert not unruled or told == anyascii(text)


MIXED = st.lists(
    st.sampled_from([
        "Maria", "de", "O'Neil", "ß", "Ş", "Щириця", "Іван", "ю", "ΟΔΟΣ", "Σ", "Μπ", "結衣", "高市早苗",
        "김정은", "ゆっこ", "ー", "عبد", "الله", "شحاته", "צ'רלס", "‍", "َ", " ", " ", " ",
        "	", "-", "'", "", "~",
    ]), max_size=12,
).map("".join)  # fmt: skip


@settings(max_examples=400, deadline=None)
@given(MIXED)
@example("Simon 結衣 Jespersen")
@example("Abu الله B")
@example("A Σ B")
def test_words_in_ascii_around_others_change_nothing(text: str) -> None:
    """Only what stands between them is read, and remembered."""
    folded = unicodedata.normalize("NFKC", text)
    assert latinised(folded) == scripts._in_ascii(folded)


def test_nothing_below_the_letters_of_hangul_becomes_a_chinese_or_korean_sign() -> None:
    """So a name without any of these needs no look at its signs."""
    for code in range(0x1100):
        folded = unicodedata.normalize("NFKC", chr(code))
        assert all(sign < "\u3400" for sign in folded)
        assert written_signs(chr(code) * 2) == ""
    assert written_signs("\u1100\u1161\u1102\u1161") == "\uac00\ub098"
    assert written_signs("\u2f00\u2f06") == written_signs("\u4e00\u4e8c")


# --- what a person's name loses at least ------------------------------------------------------

PEOPLE = ["MARIA", "MARIANA", "ANNA", "JOSE", "JOSEPH", "VEGA", "CARLSSON", "GOMEZ", "RODRIGUEZ",
          "RODRIGEZ", "M", "J", "G", "A", "LIN", "LINNA", "NA", "WEI", "KRISTIN", "MOONEY", "ANTON",
          "ANGELICA", "K", "H", "محمد", "高市", "早苗", "高石", "정은", "YI"]  # fmt: skip
WORDS = st.lists(st.sampled_from(PEOPLE), min_size=1, max_size=5)


def _listed() -> Index:
    source = random.Random(20261128)

    def name() -> str:
        return " ".join(source.sample(PEOPLE, source.choice([2, 3, 3, 4, 5])))

    return Index.build(
        ListEntry(
            list_id="own", uid=str(number), type="person" if number % 5 else "vessel", name=name(),
            aliases=(Alias(name=name(), weak=number % 4 == 0),),
        )
        for number in range(150)
    )  # fmt: skip


INDEX = _listed()


@settings(max_examples=100, deadline=None)
@given(
    st.lists(WORDS.map(" ".join), min_size=1, max_size=6), st.sampled_from(["any", "person"]),
    st.sampled_from([0.0, 25.0, 40.0, 54.0, 70.0]),
)  # fmt: skip
def test_no_name_that_reaches_the_threshold_is_given_up_for_what_it_loses_at_least(
    names: list[str], kind: str, threshold: float
) -> None:
    """Asked of every pair with a word in common, so that no step before hides a slip."""
    screener = Screener(INDEX, threshold=threshold)
    queries = [make_query(name, kind, "1971") for name in names]
    tokens = [query.name.tokens for query in queries]
    slots, facts = questions(INDEX, Words(tokens), screener.lookups)
    pairs = BulkScreener(screener)._pairs(slots)
    if not len(pairs.query):
        return
    words, needed = screener.listed_words, screener.needed(queries)
    may = may_reach(words, facts, slots, pairs, needed)
    left = closely(words, facts, slots, pairs, needed, Words(tokens))
    kept = set(zip(left.query.tolist(), left.name.tolist(), strict=True))
    kept &= set(zip(pairs.query[may].tolist(), pairs.name[may].tolist(), strict=True))
    for place, number in zip(pairs.query.tolist(), pairs.name.tolist(), strict=True):
        asked = look_up(tokens[place], screener.lookups)
        scored = score_name(INDEX, queries[place], asked, INDEX.names[number])
        entry = INDEX.entries[INDEX.names[number].entry]
        parts = attribute_parts(queries[place], entry, INDEX.weights.attribute)
        brought = sum(part.points for part in parts)
        if scored is not None and max(scored.points + brought, 0.0) >= threshold:
            alike = number in INDEX.names_sounding(asked.whole).tolist()  # found by another way
            assert (place, number) in kept or alike


WRITTEN = st.lists(st.sampled_from([*PEOPLE[:24], "~MHMD", "~M", "LYN", "KRISTEN"]), min_size=1,
                   max_size=5)  # fmt: skip


def _plainly(asked: list[str], listed: list[str], sure: bool, ours: int, theirs: int) -> float:
    """What a pair loses at least, one word after the other."""
    weights = INDEX.weights.name
    left = [word for at, word in enumerate(asked) if ours >> at & 1]
    right = [word for at, word in enumerate(listed) if theirs >> at & 1]
    if sure:
        likes = [[like for *_, like in contradictions(left, right)]]
    else:
        likes = [
            [max(found) for word in some
             if (found := [how for other in others if (how := alike(word, other)) is not None])]
            for some, others in ((left, listed), (right, asked))
        ]  # fmt: skip
    return min(
        sum([weights.against * math.pow(1.0 - like, weights.against_power) for like in each])
        for each in likes
    )


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.tuples(WRITTEN, st.integers(0, 400), st.booleans(), st.integers(0, 63),
                       st.integers(0, 63)), min_size=1, max_size=8)
)  # fmt: skip
def test_what_many_pairs_lose_at_least_is_what_each_loses(
    pairs: list[tuple[list[str], int, bool, int, int]],
) -> None:
    """Also of initials, of words without vowels, and of two words as much alike as two others."""
    asked = [tuple(words) for words, *_ in pairs]
    names = [number % len(INDEX.names) for _, number, *_ in pairs]
    listed = [[INDEX.vocabulary.tokens[word] for word in INDEX.names[n].words] for n in names]
    ours = [
        marks & (1 << len(words)) - 1 for words, (*_, marks, _) in zip(asked, pairs, strict=True)
    ]
    theirs = [
        marks & (1 << len(words)) - 1 for words, (*_, marks) in zip(listed, pairs, strict=True)
    ]
    sure = [each[2] for each in pairs]
    left = Left(
        np.arange(len(pairs), dtype=np.int32), np.array(names, dtype=np.int32), np.array(sure),
        np.array(ours, dtype=np.uint32), np.array(theirs, dtype=np.uint32),
    )  # fmt: skip
    told = least_lost(INDEX, left, Words(asked))
    plain = [
        _plainly(list(words), others, known, mine, other)
        for words, others, known, mine, other in zip(asked, listed, sure, ours, theirs, strict=True)
    ]
    assert told.tolist() == pytest.approx(plain, abs=1e-9)


@pytest.mark.parametrize(
    ("asked", "listed", "kept"),
    [
        ("Anton H Kristin Mooney", "Angelica K Kristin Mooney", False),
        ("Mariana J Gomez", "Maria Anna Carlsson", False),
        ("Anton H Kristin Mooney", "Anton Henrik Kristin Mooney", True),
        ("Anton H Kristin Mooney", "Anton Kristin Mooney", True),
    ],
)
def test_words_that_surely_stand_against_each_other_save_the_comparison(
    asked: str, listed: str, kept: bool
) -> None:
    entries = [ListEntry(list_id="own", uid="1", type="person", name=listed)]
    screener = Screener(Index.build(entries))
    query = make_query(asked)
    slots, facts = questions(screener.index, Words([query.name.tokens]), screener.lookups)
    pairs: Pairs = BulkScreener(screener)._pairs(slots)
    assert len(pairs.name) == 1
    needed = screener.needed([query])
    left = closely(screener.listed_words, facts, slots, pairs, needed, Words([query.name.tokens]))
    assert len(left.name) == int(kept)
