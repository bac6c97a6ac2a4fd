"""The index: compact columns, updates that equal a rebuild, and a quick search that loses nothing."""

from __future__ import annotations

import random
from collections.abc import Iterable

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from esclusa.analysis.screening import Hit, Index, Query, Screener, make_query, search
from esclusa.analysis.screening.align import align
from esclusa.analysis.screening.columns import GONE, Keys, Texts, ends_of, renumbered, spread
from esclusa.analysis.screening.index import ListedName, kind_bit
from esclusa.analysis.screening.normalise import normalise
from esclusa.analysis.screening.search import Asked, look_up
from esclusa.model import Alias, Identifier, ListEntry

GIVEN = ["MARIA", "JOSE", "JUAN", "PETR", "OLGA", "WEI", "IVAN", "ANA", "J", "ABDUL", "KHALID"]
FAMILY = ["RODRIGUEZ", "PEREZ", "IVANOV", "IVANOVA", "HUSSEIN", "HUSAYN", "TORRES", "VEGA", "CHEN",
          "ZUBAROWSKI", "RAHMAN", "ABDULRAHMAN", "OCEAN", "STAR", "LOGISTICS", "S.A.", "Ñandú",
          "محمد", "7"]  # fmt: skip
WORDS = GIVEN + FAMILY


def entry(uid: str, name: str, *aliases: str, number: str = "", weak: bool = False) -> ListEntry:
    found = (Identifier(scheme="passport", value=number),) if number else ()
    return ListEntry(
        list_id="marisol",
        uid=uid,
        type="person",
        name=name,
        aliases=tuple(Alias(name=alias, weak=weak) for alias in aliases),
        identifiers=found,
    )


def made(seed: int, count: int, first: int = 0) -> list[ListEntry]:
    source = random.Random(seed)

    def name() -> str:
        return " ".join(source.choice(WORDS) for _ in range(source.choice([1, 2, 2, 3, 4])))

    return [
        ListEntry(
            list_id=source.choice(["marisol", "northreach"]),
            uid=str(number),
            type=source.choice(["person", "organisation", "vessel", "aircraft"]),
            name=name(),
            aliases=tuple(
                Alias(name=name(), weak=source.random() < 0.3)
                for _ in range(source.choice([0, 1, 2]))
            ),
            birth_dates=source.choice([(), ("1971-05-02",)]),
            identifiers=source.choice([(), (Identifier(scheme="imo", value="9074729"),)]),
        )
        for number in range(first, first + count)
    ]


def hits(index: Index, names: Iterable[str], threshold: float = 20.0) -> list[tuple[Hit, ...]]:
    screener = Screener(index, threshold=threshold)
    more = {"birth_date": "1971-05-02", "identifiers": ["imo:9074729"]}
    return [screener.one(name, **extra) for name in names for extra in ({}, more)]


class Slow(Screener):
    """Compares a query with every listed name, save those that agree in single letters alone."""

    def _answer(self, query: Query) -> tuple[Hit, ...]:
        asked = look_up(query.name.tokens, self.lookups)
        return self.judged(query, asked, self._all(query, asked))

    def _all(self, query: Query, asked: Asked) -> list[int]:
        bits = 0xFF if query.kind == "any" else kind_bit("") | kind_bit(query.kind)
        return [
            number
            for number, name in enumerate(self.index.names)
            if kind_bit(self.index.entries[name.entry].type) & bits
            and any(
                pair.how == "glued" or (len(asked.words[place].token) > 1 and pair.how != "initial")
                for pair in align(self.index, asked, name).pairs
                for place in pair.asked
            )
        ]


LISTED = made(3, 250)
INDEX = Index.build(LISTED, {"marisol": "1"})
ASKED = st.lists(st.sampled_from(WORDS), min_size=1, max_size=4).map(" ".join)


@pytest.mark.parametrize("few", [0, search._FEW_NAMES], ids=["long list", "short list"])
@settings(max_examples=60, deadline=None)
@given(ASKED, st.sampled_from(["any", "person", "vessel"]), st.sampled_from([25.0, 54.0, 70.0]))
def test_the_quick_search_answers_as_comparing_with_every_name_does(
    few: int, name: str, kind: str, threshold: float
) -> None:
    query = make_query(name, kind)
    assume(any(len(token) > 1 for token in query.name.tokens))
    quick, slow = Screener(INDEX, threshold=threshold), Slow(INDEX, threshold=threshold)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(search, "_FEW_NAMES", few)
        found = quick.query(query)
    assert found == slow.query(query)


@pytest.mark.parametrize("few", [0, search._FEW_NAMES], ids=["long list", "short list"])
@pytest.mark.parametrize("name", ["Anibal Bruno Celso Quispe", "Anibal Bruno Celso Dario Quispe"])
def test_a_name_of_initials_is_found_by_the_words_they_stand_for(
    few: int, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "_FEW_NAMES", few)
    initials = " ".join(word[0] for word in name.split()[:-1])
    index = Index.build([entry("i", f"{initials} Quispe"), *LISTED])
    found = Screener(index).one(name)
    assert found == Slow(index).one(name)
    assert [hit.uid for hit in found] == ["i"]


def test_entries_and_names_come_back_as_they_were_given() -> None:
    assert list(INDEX.entries) == LISTED
    assert INDEX.entries[-1] == LISTED[-1]
    assert INDEX.entries[3:5] == LISTED[3:5]
    tokens = INDEX.vocabulary.tokens
    for number, name in enumerate(INDEX.names):
        of = LISTED[name.entry]
        spelt = normalise(name.text, of.type)
        assert number in INDEX.names_of(name.entry)
        assert tuple(tokens[word] for word in name.words) == spelt.tokens
        assert (name.form, name.is_firm) == (spelt.form, spelt.is_firm)
        assert name.text in [of.name, *(alias.name for alias in of.aliases)]
        assert all(number in INDEX.names_with(word) for word in name.words)


def test_numbers_outside_the_list_are_refused() -> None:
    with pytest.raises(IndexError):
        INDEX.entries[len(LISTED)]
    with pytest.raises(IndexError):
        INDEX.names[len(INDEX.names)]


def test_entries_are_read_once_from_any_source() -> None:
    assert len(Index.build(iter(LISTED)).entries) == len(LISTED)


def _put(seed: int) -> list[ListEntry]:
    return made(seed, 4, first=seed % 260)


STEPS = st.lists(
    st.tuples(
        st.integers(4, 400).map(_put),
        st.lists(st.integers(0, 260).map(str), max_size=6),
    ),
    min_size=1,
    max_size=4,
)


def _after(
    entries: list[ListEntry], put: list[ListEntry], gone: set[tuple[str, str]]
) -> list[ListEntry]:
    away = gone | {(one.list_id, one.uid) for one in put}
    return [one for one in entries if (one.list_id, one.uid) not in away] + put


@settings(max_examples=15, deadline=None)
@given(STEPS, st.lists(ASKED, min_size=3, max_size=6))
def test_an_updated_index_answers_as_one_built_anew(
    steps: list[tuple[list[ListEntry], list[str]]], names: list[str]
) -> None:
    index, entries = INDEX, LISTED
    for put, uids in steps:
        gone = {("marisol", uid) for uid in uids} - {(one.list_id, one.uid) for one in put}
        index = index.updated(put, gone, {"marisol": "2"})
        entries = _after(entries, put, gone)
    fresh = Index.build(entries, {"marisol": "2"})
    assert list(index.entries) == entries
    assert index.vocabulary.tokens == fresh.vocabulary.tokens
    assert index.word_weights == fresh.word_weights
    assert list(index.names) == list(fresh.names)
    assert _columns(index) == _columns(fresh)
    assert hits(index, names) == hits(fresh, names)


def _columns(index: Index) -> list[bytes]:
    keys, columns = index.vocabulary.keys, index.columns
    tables = (keys.sounds, keys.bones, keys.deletions, columns.glued, columns.whole, columns.uids,
              columns.identifiers)  # fmt: skip
    plain = (index.postings, index.initial_postings, index.name_weights, index.initial_weights,
             index.name_factors, index.kinds, keys.groups, keys.before)  # fmt: skip
    return [table.pairs().tobytes() for table in tables] + [column.tobytes() for column in plain]


def test_the_old_index_stays_usable_after_an_update() -> None:
    names = [one.name for one in LISTED[:10]]
    before = hits(INDEX, names)
    INDEX.updated(made(9, 50), [(one.list_id, one.uid) for one in LISTED[:10]])
    assert hits(INDEX, names) == before
    assert list(INDEX.entries) == LISTED


def test_a_withdrawn_word_is_forgotten() -> None:
    index = Index.build([entry("a", "Quimbaya Orsolya"), *LISTED])
    assert "QUIMBAYA" in index.vocabulary.ids
    index = index.updated(gone=[("marisol", "a")])
    assert "QUIMBAYA" not in index.vocabulary.ids
    assert Screener(index).one("Quimbaya Orsolya") == ()


def test_a_changed_entry_takes_the_place_of_the_old_one() -> None:
    old = entry("a", "Quimbaya Orsolya", number="PX1234567")
    index = Index.build([old]).updated([entry("a", "Kertesz Bruna", number="PX7654321")])
    screener = Screener(index)
    assert screener.one("Quimbaya Orsolya", identifiers=["passport:PX1234567"]) == ()
    assert [hit.uid for hit in screener.one("Bruna Kertesz")] == ["a"]
    assert [hit.uid for hit in screener.one("X", identifiers=["passport:PX7654321"])] == ["a"]


def test_of_two_changes_to_one_entry_the_last_counts() -> None:
    index = Index.build([]).updated([entry("a", "Quimbaya Orsolya"), entry("a", "Kertesz Bruna")])
    assert [one.name for one in index.entries] == ["Kertesz Bruna"]


def test_an_unknown_entry_cannot_be_withdrawn_and_does_no_harm() -> None:
    index = INDEX.updated(gone=[("marisol", "never"), ("altamira", "0")])
    assert list(index.entries) == LISTED


def test_an_empty_list_can_be_filled_and_emptied() -> None:
    index = Index.build([]).updated(LISTED)
    assert hits(index, ["Maria Perez"]) == hits(Index.build(LISTED), ["Maria Perez"])
    empty = index.updated(gone=[(one.list_id, one.uid) for one in LISTED])
    assert (len(empty.entries), len(empty.names), len(empty.vocabulary.tokens)) == (0, 0, 0)
    assert hits(empty, ["Maria Perez"]) == [(), ()]


def test_an_entry_is_found_by_list_and_own_id() -> None:
    for number, one in enumerate(LISTED[:20]):
        assert number in INDEX.numbers(one.list_id, one.uid)
    assert INDEX.numbers("marisol", "never") == ()


def test_an_identifier_names_each_entry_and_scheme_once() -> None:
    twice = ListEntry(
        list_id="marisol",
        uid="t",
        type="vessel",
        name="Brisa",
        identifiers=tuple(Identifier(scheme=s, value="9074729") for s in ("imo", "imo", "reg")),
    )
    index = Index.build([twice, entry("u", "Brisa", number="9074729")])
    assert index.identifiers.get("9074729") == ((0, "imo"), (0, "reg"), (1, "passport"))
    assert index.identifiers.get("1234567") == ()


@given(st.lists(st.tuples(st.integers(0, 9), st.booleans()), max_size=12))
def test_keys_move_with_what_they_point_at(pairs: list[tuple[int, bool]]) -> None:
    table = Keys.of([key for key, _ in pairs], range(len(pairs)))
    moved = renumbered(np.array([stays for _, stays in pairs], dtype=np.bool_))
    after = table.changed(moved, Keys.of([3], [99]))
    for key in range(10):
        assert table.get(key).tolist() == [n for n, (k, _) in enumerate(pairs) if k == key]
        kept = [int(moved[n]) for n, (k, _) in enumerate(pairs) if k == key and moved[n] != GONE]
        assert after.get(key).tolist() == kept + [99] * (key == 3)


@given(st.lists(st.tuples(st.binary(max_size=3), st.booleans()), max_size=12))
def test_texts_that_stay_keep_their_order(parts: list[tuple[bytes, bool]]) -> None:
    texts = Texts(
        b"".join(text for text, _ in parts), ends_of(np.array([len(t) for t, _ in parts]))
    )
    kept = np.array([stays for _, stays in parts], dtype=np.bool_)
    after = texts.changed(kept, Texts(b"new", ends_of(np.array([3]))))
    assert [bytes(after[n]) for n in range(len(after))] == [t for t, s in parts if s] + [b"new"]


def test_groups_of_places_follow_one_another() -> None:
    assert spread(np.array([3, 9, 0]), np.array([2, 1, 0])).tolist() == [3, 4, 9]


def test_a_listed_name_is_what_its_column_says() -> None:
    index = Index.build([entry("a", "Petr Ivanov", "El Pez", weak=True)])
    tokens = index.vocabulary.ids
    assert index.names[1] == ListedName(0, "El Pez", True, (tokens["PEZ"],), "", False)
