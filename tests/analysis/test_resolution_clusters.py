"""Groups, judgements and bad input of resolution, case by case."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.resolution_worlds import RARITY, TIGHT, judgement, mention
from esclusa.analysis.resolution import (
    Entities,
    Mention,
    Notice,
    default_settings,
    read_settings,
    sentence,
)
from esclusa.analysis.resolution.blocks import by_key, candidate_pairs, make_rows
from esclusa.analysis.resolution.keys import keys_of
from esclusa.analysis.resolution.profile import profile_of
from esclusa.analysis.resolution.settings import LEVELS
from esclusa.analysis.resolution.weigh import _templates
from esclusa.analysis.resolution.wordtable import WordTable

BORN = {"birth_dates": ("1971-05-02",)}


def _entities(*mentions: Mention) -> Entities:
    return Entities.build(mentions, (), default_settings(), RARITY)


def _groups(entities: Entities) -> list[str]:
    return sorted(" ".join(members) for members in entities.partition().values())


def test_spelling_order_and_a_partial_date_do_not_keep_one_person_apart() -> None:
    found = _entities(
        mention(1, "John Kowalczyk", **BORN),
        mention(2, "KOWALCYZK, John", birth_dates=("1971",), identifiers=("passport:P1234567",)),
        mention(3, "J. Kowalczyk", identifiers=("passport:P1234567",)),
    )
    assert _groups(found) == ["m001 m002 m003"]


def test_a_firm_under_two_legal_forms_is_one_and_a_person_of_its_name_is_not() -> None:
    where = {"addresses": ("12 Harbour Road",), "nationalities": ("PA",)}
    found = _entities(
        mention(1, "Barrantes Zubarowski S.A.", "organisation", **where),
        mention(2, "BARRANTES ZUBAROWSKI SOCIEDAD ANONIMA", "party", **where),
        mention(3, "Barrantes Zubarowski", "person", **where),
    )
    assert "m001 m002" in _groups(found)


def test_ships_are_told_apart_by_their_imo_number_and_one_keeps_it_through_a_new_name() -> None:
    found = _entities(
        mention(1, "Ocean Zubarowski", "vessel", identifiers=("imo:9074729",)),
        mention(2, "MV OCEAN ZUBAROWSKI", "vessel", identifiers=("imo:IMO 9074729",)),
        mention(3, "Ocean Zubarowski", "vessel", identifiers=("imo:9176187",)),
        mention(4, "Ocean Zubarowsky", "vessel", identifiers=("imo:9074728",)),
    )
    partition = _groups(found)
    assert any("m001 m002" in group for group in partition)
    assert found.entity_of("m001") != found.entity_of("m003")


def test_a_thing_that_is_its_number_is_one_by_equal_numbers_and_never_by_others() -> None:
    found = _entities(
        mention(1, kind="container", identifiers=("iso6346:MSKU1234565",)),
        mention(2, kind="container", identifiers=("iso6346:MSKU 123456-5",)),
        mention(3, kind="container", identifiers=("iso6346:MSKU1234566",)),
        mention(4, kind="phone", phones=("5075550101",)),
        mention(5, kind="phone", phones=("+507 555 0101",)),
        mention(6, kind="document", identifiers=("permit:12",)),
        mention(7, kind="document", identifiers=("permit:99",)),
    )
    assert _groups(found) == ["m001 m002", "m003", "m004 m005", "m006", "m007"]


def test_two_that_match_a_third_but_contradict_each_other_do_not_become_one() -> None:
    found = _entities(
        mention(1, "John Kowalczyk", identifiers=("national_id:8-123-456", "passport:P1")),
        mention(2, "John Kowalczyk", phones=("5550101111",), identifiers=("passport:P1234567",)),
        mention(
            3, "John Kowalczyk", phones=("5550101111",), identifiers=("national_id:8-999-123",)
        ),
    )
    assert found.entity_of("m001") != found.entity_of("m003")
    dated = _entities(
        mention(1, "John Barrantes Kowalczyk", **BORN),
        mention(2, "John Barrantes Kowalczyk", nationalities=("PA",)),
        mention(3, "John Barrantes Kowalczyk", birth_dates=("1985-11-30",)),
    )
    assert dated.entity_of("m001") != dated.entity_of("m003")
    why = {bond.why for entity in dated for bond in dated.explain(entity.id).refused}  # type: ignore[union-attr]
    assert why == {"birth_date"}


def test_a_weak_pair_does_not_chain_groups_whose_other_members_are_not_alike() -> None:
    passport = {"identifiers": ("passport:P1234567",)}
    mentions = [
        mention(1, "Maria Vega", **passport),
        mention(2, "Maria Vega", nationalities=("PA",), **passport),
        mention(3, "Maria Vega Zubarowski Kowalczyk", **passport),
        mention(4, "Zubarowski Kowalczyk"),  # like the third alone
    ]
    guarded = Entities.build(mentions, (), default_settings(), RARITY)
    assert _groups(guarded) == ["m001 m002 m003", "m004"]
    assert {b.why for e in guarded for b in guarded.explain(e.id).refused} == {"weak"}  # type: ignore[union-attr]
    cut = default_settings().threshold
    loose = msgspec.structs.replace(
        default_settings(), threshold=msgspec.structs.replace(cut, strong=cut.match)
    )
    chained = Entities.build(mentions, (), loose, RARITY)
    assert _groups(chained) == ["m001 m002 m003 m004"]


def test_no_entity_grows_beyond_the_limit() -> None:
    mentions = [
        mention(n, "John Kowalczyk", identifiers=("passport:P1234567", f"other:A{n}2345"))
        for n in range(3)
    ] + [mention(9, "John Kowalczyk", identifiers=("passport:P1234567",))]
    limits = msgspec.structs.replace(TIGHT.limits, cluster=2, block=10)
    small = msgspec.structs.replace(TIGHT, limits=limits)
    found = Entities.build(mentions, (), small, RARITY)
    assert max(len(entity.mentions) for entity in found) == 2
    assert {b.why for e in found for b in found.explain(e.id).refused} == {"size"}  # type: ignore[union-attr]


def test_a_person_joins_what_no_score_joins_and_parts_what_every_score_joins() -> None:
    found = _entities(
        mention(1, "John Kowalczyk", **BORN),
        mention(2, "John Kowalczyk", **BORN),
        mention(3, "Ana Vega"),
    )
    assert _groups(found) == ["m001 m002", "m003"]
    (parted,) = found.judge(judgement(1, 1, 2, "different"))
    assert (parted.kind, parted.entity, parted.others) == ("split", "ent-m001", ("ent-m002",))
    (joined,) = found.judge(judgement(2, 1, 3, "same", label=9))
    assert (joined.kind, joined.entity, joined.others, joined.because) == (
        "merged",
        "ent-m001",
        ("ent-m003",),
        ("j2",),
    )
    entity = found.entity("ent-m003")
    assert entity is not None
    assert (entity.id, entity.labels) == ("ent-m001", frozenset({1, 9}))
    why = found.explain("ent-m001")
    assert why is not None and why.weakest is not None
    assert why.weakest.judgement == "j2"


def test_of_two_judgements_on_one_pair_the_later_counts_and_that_is_told() -> None:
    found = _entities(mention(1, "Ana Vega"), mention(2, "Olga Petrova"))
    found.judge(judgement(2, 1, 2, "different"))
    found.judge(judgement(1, 1, 2, "same"))
    assert len(found) == 2
    assert found.notices() == (Notice("overruled", "j1", "j2"),)


def test_different_counts_against_a_chain_of_same_and_that_is_told() -> None:
    found = _entities(mention(1, "Ana Vega"), mention(2, "Olga Petrova"), mention(3, "Wei Li"))
    for one in (
        judgement(1, 1, 2, "same"),
        judgement(2, 2, 3, "same"),
        judgement(3, 1, 3, "different"),
    ):
        found.judge(one)
    assert _groups(found) == ["m001", "m002 m003"]
    assert found.notices() == (Notice("contradicted", "j1"),)


def test_the_older_id_stays_on_a_merge_and_the_former_one_still_leads_there() -> None:
    found = _entities(mention(1, "John Kowalczyk", **BORN), mention(2, "Maria Zubarowski", **BORN))
    changes = found.add(
        [mention(3, "Maria Zubarowska", identifiers=("passport:P1234567",), **BORN)]
    )
    assert [(one.kind, one.entity) for one in changes] == [("grown", "ent-m002")]
    assert found.entity("ent-m003") == found.entity("ent-m002")
    assert found.entity("ent-m999") is None


def test_when_the_first_record_is_erased_the_entity_is_renamed_and_the_log_says_so() -> None:
    found = _entities(mention(1, "John Kowalczyk", **BORN), mention(2, "John Kowalczyk", **BORN))
    changes = found.remove(["r001"])
    assert [(c.kind, c.entity, c.others) for c in changes if c.kind == "renamed"] == [
        ("renamed", "ent-m002", ("ent-m001",))
    ]
    assert found.mention("m001") is None
    assert found.remove(["r002"])[0].kind == "dissolved"
    assert len(found) == 0


def test_thousands_of_one_common_name_stay_apart_and_a_number_still_finds_its_owner() -> None:
    crowd = [mention(n, "John Maria") for n in range(3000)]
    found = _entities(
        *crowd,
        *(
            mention(n, "John Maria", identifiers=("passport:P1234567",), **BORN)
            for n in (5001, 5002)
        ),
    )
    assert len(found) == 3001
    assert found.entity_of("m5001") == found.entity_of("m5002")


def test_a_carrier_named_in_thousands_of_records_is_compared_once_and_one_entity() -> None:
    same = {"addresses": ("1 Marisol Quay",), "nationalities": ("PA",)}
    found = _entities(
        *(mention(n, "Kowalczyk Zubarowski Lines", "party", **same) for n in range(3000))
    )
    assert len(found) == 1
    assert found.explain("ent-m000").equal == 2999  # type: ignore[union-attr]


def test_mentions_that_say_nothing_or_nonsense_harm_nobody() -> None:
    odd = [
        mention(1, ""), mention(2, "\u200b\u202e"), mention(3, "X" * 10_000), mention(4, "12345"),
        mention(5, "J"), mention(6, "John Kowalczyk", birth_dates=("1971-99-99", "0000", "soon")),
        mention(7, kind="container"), mention(8, identifiers=("passport:", "imo:1", ":", "::")),
        mention(9, "محمد كوفالتشيك"), mention(10, kind="phone", phones=("", "abc")),
    ]  # fmt: skip
    found = _entities(*odd, mention(11, "John Kowalczyk"))
    assert {m for members in found.partition().values() for m in members} == {
        one.id for one in [*odd, mention(11)]
    }
    empty = ("m001", "m002", "m008")
    assert all(found.entity_of(one).mentions == (one,) for one in empty)  # type: ignore[union-attr]


def test_a_mention_twice_counts_once_and_a_changed_one_takes_its_place() -> None:
    one = mention(1, "John Kowalczyk", **BORN)
    found = Entities.build([one, one], (), None, RARITY)
    assert found.add([one]) == ()
    found.add([mention(1, "Ana Vega")])
    assert found.mention("m001").names == ("Ana Vega",)  # type: ignore[union-attr]
    assert len(found) == 1


def test_a_judgement_needs_two_mentions_and_a_known_word() -> None:
    with pytest.raises(ValueError, match="not one of same, different"):
        judgement(1, 1, 2, "perhaps")
    with pytest.raises(ValueError, match="two mentions"):
        judgement(1, 1, 1, "same")
    with pytest.raises(KeyError):
        _entities().withdraw("j1")


def test_possible_pairs_are_asked_of_a_person_until_they_are_judged() -> None:
    cut = msgspec.structs.replace(default_settings().threshold, match=100.0, strong=200.0)
    unsure = msgspec.structs.replace(default_settings(), threshold=cut)
    found = Entities.build(
        [mention(1, "John Kowalczyk", **BORN), mention(2, "John Kowalczik")], (), unsure, RARITY
    )
    (question,) = found.questions()
    assert (question.a, question.b, question.labels) == ("m001", "m002", frozenset({1}))
    found.judge(judgement(1, 1, 2, "different"))
    assert found.questions() == ()


@settings(max_examples=30, deadline=None)
@given(
    st.lists(st.sets(st.sampled_from("abcdef"), max_size=3), max_size=12),
    st.integers(1, 4),
    st.data(),
)
def test_pairs_are_those_that_share_a_key_or_a_refined_key_that_few_share(
    keys: list[set[str]], limit: int, data: st.DataObject
) -> None:
    finer = [data.draw(st.sets(st.sampled_from("xyz"), max_size=2)) for _ in keys]

    def few(key: str, more: str) -> bool:
        return (
            sum(key in own and more in refined for own, refined in zip(keys, finer, strict=True))
            <= limit
        )

    def meet(a: int, b: int) -> bool:
        return any(
            sum(key in own for own in keys) <= limit
            or any(few(key, more) for more in finer[a] & finer[b])
            for key in keys[a] & keys[b]
        )

    own, refined = make_rows(sorted(k) for k in keys), make_rows(sorted(r) for r in finer)
    codes, loss = candidate_pairs(by_key(own), refined, limit)
    left, right = codes >> 32, codes & 0xFFFFFFFF
    expected = [(a, b) for a in range(len(keys)) for b in range(a + 1, len(keys)) if meet(a, b)]
    assert list(zip(left.tolist(), right.tolist(), strict=True)) == expected
    assert (loss.keys == 0) == (loss.pairs == 0)


def test_a_key_too_common_is_told_as_a_loss() -> None:
    rows = make_rows([("a",)] * 10)
    _, loss = candidate_pairs(by_key(rows), make_rows([("y1971",)] * 10), 3)
    assert (loss.keys, loss.pairs) == (1, 45)


def test_keys_do_not_depend_on_order_spelling_of_a_sound_or_swapped_days() -> None:
    table = WordTable(RARITY, default_settings())
    keys = [
        set(keys_of(profile_of(one), table))
        for one in (
            mention(1, "Barrantes Kowalczyk", birth_dates=("1971-05-02",)),
            mention(2, "Kowalczik, Barrantes", birth_dates=("1971-02-05",)),
        )
    ]
    assert {key[1] for key in keys[0] & keys[1]} >= {"p", "b"}


def test_every_answer_has_a_sentence_in_two_languages() -> None:
    codes = {f"{name}_{level}" for name, levels in LEVELS.items() for level in levels}
    assert codes <= _templates().keys()
    assert all(row["en"] and row["es"] for row in _templates().values())
    found = _entities(mention(1, "John Kowalczyk", **BORN), mention(2, "J. Kowalczik", **BORN))
    for part in found.compare("m001", "m002").parts:
        assert sentence(part, "en")[0] in "+-"
        assert sentence(part, "es")[0] in "+-"


def test_settings_with_a_missing_or_unknown_part_are_refused() -> None:
    with pytest.raises(msgspec.ValidationError):
        read_settings('version = "x"')
    assert np.isfinite(default_settings().threshold.match)
