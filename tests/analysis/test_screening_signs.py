"""Names written in Chinese or Korean signs on both sides are compared by their signs, and long
words may differ by two letters. 0.3 CPU seconds."""

from __future__ import annotations

import pytest
from rapidfuzz.distance import OSA

from esclusa.analysis.screening import Hit, Index, Screener, default_weights, make_query, sentences
from esclusa.analysis.screening.likeness import likeness
from esclusa.analysis.screening.many import BulkScreener
from esclusa.analysis.screening.signs import unlike_signs, written_signs
from esclusa.analysis.screening.slips import Slips
from esclusa.model import Alias, ListEntry

NAMES = ("高市早苗", "김정은", "國澤廣", "Nicanor Altamirano", "Gao Shi Zao Miao")


def listed(*names: str) -> Index:
    """Return an index with one person for each name."""
    return Index.build(
        ListEntry(list_id="own", uid=str(number), type="person", name=name)
        for number, name in enumerate(names)
    )


@pytest.fixture(scope="module")
def screener() -> Screener:
    return Screener(listed(*NAMES), threshold=20.0)


def of(screener: Screener, name: str, uid: int) -> Hit:
    """Return the hit of one listed person."""
    return next(hit for hit in screener.one(name, "person") if hit.uid == str(uid))


def codes(hit: Hit) -> set[str]:
    return {part.code for part in hit.parts}


def test_two_names_that_sound_alike_and_are_written_otherwise_stay_under_the_threshold(
    screener: Screener,
) -> None:
    assert of(screener, "高石早苗", 0).score < default_weights().threshold.default
    assert of(screener, "김종은", 1).score < default_weights().threshold.default


def test_the_same_signs_agree_in_full(screener: Screener) -> None:
    assert of(screener, "高市早苗", 0).score > 80
    assert "signs" not in codes(of(screener, "高市 早苗", 0))


def test_simplified_traditional_and_japanese_forms_are_one_sign(screener: Screener) -> None:
    for spelling in ("国泽广", "国沢広"):
        assert "signs" not in codes(of(screener, spelling, 2))


def test_a_latin_spelling_is_met_by_its_sound_as_before(screener: Screener) -> None:
    assert of(screener, "高石早苗", 4).score > 80
    assert of(screener, "Gao Shi Zao Miao", 0).score > 80


def test_the_hit_says_which_signs_stand_against_each_other(screener: Screener) -> None:
    hit = of(screener, "高石早苗", 0)
    assert any("sign 石 stands against 市" in line for line in sentences(hit, "en"))
    assert any("el signo 石 se opone a 市" in line for line in sentences(hit, "es"))
    assert hit.score == pytest.approx(sum(part.points for part in hit.parts))


def test_only_short_names_in_one_script_have_signs() -> None:
    assert written_signs("高市 早苗") == "高市早苗"
    assert written_signs("國澤廣") == written_signs("国泽广")
    for text in ("Petr Ivanov", "", "高", "贝拉克·侯赛因·奥巴马", "高 Gao", "김 민 A", "أحمد"):
        assert written_signs(text) == ""


def test_a_missing_sign_contradicts_nothing_and_two_scripts_neither() -> None:
    assert unlike_signs("高市早苗", "高市早") == []
    assert unlike_signs("高市早苗", "김정은") == []
    assert unlike_signs("", "김정은") == []
    assert unlike_signs("王小明", "明小王") == []
    assert unlike_signs("王小明", "李大明") == [("王", "李"), ("小", "大")]


def test_a_long_word_with_two_slips_is_alike_and_a_hit(screener: Screener) -> None:
    weights = default_weights().word
    for left, right in (("SECHEV", "SECHIN"), ("CARNEY", "COONEY"), ("ALTAMIRANO", "ALTEMIRENO")):
        how, like = likeness(left, right, weights)
        assert how == "typo"
        assert like == likeness(right, left, weights)[1] >= weights.floor_two
    assert of(screener, "Nicanor Altemireno", 3).score > default_weights().threshold.default


def test_a_short_word_or_another_first_letter_with_two_slips_is_another_word() -> None:
    weights = default_weights().word
    for left, right in (("MARON", "MATIN"), ("SECHIN", "LECHUR"), ("SULTAN", "SALMIN")):
        assert likeness(left, right, weights)[1] == 0.0


def test_no_long_word_within_two_slips_is_lost() -> None:
    tokens = tuple(sorted(
        {left[:at] + letter + left[at + 1 :] for left in ("ALTAMIRA", "NORTHREACH", "SECHIN")
         for at in range(len(left)) for letter in "AEMZ"} | {"SECHI", "ALTAMIRAAAA", "~SHRYF", "A1BCDEF"}
    ))  # fmt: skip
    slips = Slips(tokens)
    for token in (*tokens, "ALTEMERA", "NOTRHREACH", "SECH", "ALTAMIRAS"):
        usable = len(token) >= 6 and token.isalpha()
        expected = {
            number
            for number, other in enumerate(tokens)
            if usable and len(other) >= 6 and other.isalpha() and other[0] == token[0]
            and OSA.distance(token, other) <= 2
        }  # fmt: skip
        assert set(slips.of(token)) == expected


def test_a_batch_gives_the_hits_of_one_at_a_time() -> None:
    index = listed(*NAMES, "Olegario Sechin")
    asked = ["高石早苗", "김종은", "Olegario Sechev", "Nicanor Altemireno", "国沢広"] * 4
    one = Screener(index)
    expected = [one.query(make_query(name, "person")) for name in asked]
    assert any(expected)
    queries = [make_query(name, "person") for name in asked]
    assert list(BulkScreener(Screener(index)).answers(queries)) == expected


def test_an_alias_in_signs_is_compared_by_its_own_signs() -> None:
    entry = ListEntry(
        list_id="own",
        uid="1",
        type="person",
        name="Takaichi Sanae",
        aliases=(Alias(name="高市早苗"),),
    )
    hits = Screener(Index.build([entry]), threshold=20.0).one("高石早苗", "person")
    assert [hit.score < default_weights().threshold.default for hit in hits] in ([], [True])
