"""Chinese names in Latin letters: Hanyu Pinyin, Wade-Giles and Cantonese spellings of one name.

All names are made of syllables, not of persons.
"""

from __future__ import annotations

import csv
import random
from functools import cache
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from esclusa.analysis.screening import BulkScreener, Index, Screener, make_query, normalise
from esclusa.analysis.screening.chinese import comparable, may_be_slip, ways
from esclusa.analysis.screening.likeness import ANY_WAYS, likeness
from esclusa.analysis.screening.romanised import CANTONESE, PINYIN, TAIWAN, pairs_of, ties, ways_of
from esclusa.analysis.screening.search import kind_bits, look_up
from esclusa.analysis.screening.settings import default_weights
from esclusa.analysis.screening.words import rows
from esclusa.model import ListEntry

NAMES = Path(__file__).parents[1] / "data/names"
WEIGHTS = default_weights()


@pytest.mark.parametrize(
    ("pinyin", "wade_giles"),
    [
        ("ZHANG", "CHANG"), ("CHANG", "CH'ANG"), ("JIANG", "CHIANG"), ("QIANG", "CH'IANG"),
        ("CAI", "TS'AI"), ("ZAI", "TSAI"), ("XIE", "HSIEH"), ("XIONG", "HSIUNG"), ("XUE", "HSUEH"),
        ("ZHI", "CHIH"), ("CHI", "CH'IH"), ("SHI", "SHIH"), ("RI", "JIH"), ("ZI", "TZU"),
        ("CI", "TZ'U"), ("SI", "SSU"), ("YI", "I"), ("YE", "YEH"), ("YAN", "YEN"), ("YOU", "YU"),
        ("YONG", "YUNG"), ("DUO", "TO"), ("TUO", "T'O"), ("GUO", "KUO"), ("ZUO", "TSO"),
        ("GE", "KO"), ("KE", "K'O"), ("HE", "HO"), ("DE", "TE"), ("GUI", "KUEI"), ("HUI", "HUI"),
        ("RONG", "JUNG"), ("TIAN", "T'IEN"), ("LYU", "LU"), ("ER", "ERH"), ("BO", "PO"),
    ],
)  # fmt: skip
def test_a_syllable_has_its_wade_giles_form(pinyin: str, wade_giles: str) -> None:
    table = {row["pinyin"]: row["wade_giles"] for row in rows("chinese_syllables.csv")}
    assert table[pinyin] == wade_giles
    bare = wade_giles.replace("'", "")
    assert bare == pinyin or ties(pinyin)[bare] & pairs_of(PINYIN, TAIWAN)


@pytest.mark.parametrize(
    ("cantonese", "pinyin"),
    [
        ("CHAN", "CHEN"), ("CHEUNG", "ZHANG"), ("WONG", "HUANG"), ("WONG", "WANG"), ("NG", "WU"),
        ("LEUNG", "LIANG"), ("KWOK", "GUO"), ("YIP", "YE"), ("TSE", "XIE"), ("LAW", "LUO"),
        ("CHOW", "ZHOU"), ("TSUI", "XU"), ("HUI", "XU"), ("CHIU", "ZHAO"), ("TSANG", "ZENG"),
        ("SHEK", "SHI"), ("FUNG", "FENG"), ("AU", "OU"), ("MAN", "WEN"), ("TAI", "DA"),
        ("KWOK", "GUO"), ("KEUNG", "QIANG"), ("WAI", "WEI"), ("SZE", "SHI"), ("YUK", "YU"),
    ],
)  # fmt: skip
def test_a_cantonese_spelling_has_its_mandarin_readings(cantonese: str, pinyin: str) -> None:
    assert ties(cantonese)[pinyin] & pairs_of(CANTONESE, PINYIN)


def test_ties_are_mutual_and_never_lead_a_word_to_itself() -> None:
    known = sorted(
        {word for row in rows("chinese_syllables.csv") for word in row["pinyin"].split()}
    )
    for left in known:
        for right, pairs in ties(left).items():
            assert right != left
            back = ties(right)[left]
            turned = sum(1 << (3 * j + i) for i in range(3) for j in range(3)
                         if pairs >> (3 * i + j) & 1)  # fmt: skip
            assert back == turned
    assert not ties("ALTAMIRA")


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("Cai Yingwen", "CAI YING WEN"),
        ("Ts'ai Ying-wen", "TSAI YING WEN"),
        ("TSAI Ing-wen", "TSAI ING WEN"),
        ("Ying Wen Tsai", "YING WEN TSAI"),
        ("Yingwen CAI", "YING WEN CAI"),
        ("Chan Tai-man", "CHAN TAI MAN"),
        ("Tony Chan Tai-man", "TONY CHAN TAI MAN"),
        ("CHAN, Tony Tai Man", "CHAN TONY TAI MAN"),
        ("Ouyang Xiaoming", "OU YANG XIAO MING"),
        ("Li Xian", "LI XIAN"),
        ("Lin Xinan", "LIN XI NAN"),
        ("Chen Da-ming", "CHEN DA MING"),
        ("陈大明", "CHEN DA MING"),
        ("Mr. Chen Daming", "CHEN DA MING"),
    ],
)
def test_a_name_is_read_syllable_by_syllable(written: str, read: str) -> None:
    name = comparable(written, "person")
    assert name.text == read
    assert ways(name.tokens)
    assert comparable(name.text, "person").tokens == name.tokens


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("Cai Xiaoming", PINYIN),
        ("Tsai Hsiao-ming", TAIWAN),
        ("Cheung Kwok-keung", CANTONESE),
        ("Gao Hsiao-ming", PINYIN | TAIWAN),
        ("Hsieh Lai-keung", TAIWAN | CANTONESE),
    ],
)
def test_syllables_tell_how_a_name_is_written(written: str, expected: int) -> None:
    assert ways(comparable(written, "person").tokens) == expected


@pytest.mark.parametrize(
    "written",
    ["Marisol He", "Nicanor Altamira", "Ana Chan", "Juan Lee", "Jose Luis Chen", "Maria Li Wong",
     "Hasan Ali", "Abd al-Rahman Wang", "Northreach Lin", "Mariana Lima", "Sofia Malenko",
     "Ivan Tan", "Chen", "Li", "李", "Sato Kenji", "De la Paz Luna", "Ho Chi Minh Van",
     "Chen Ivanov Petrov"],
)  # fmt: skip
def test_other_names_stay_what_they_are(written: str) -> None:
    assert comparable(written, "person") == normalise(written, "person")
    assert not ways(comparable(written, "person").tokens)


@pytest.mark.parametrize("kind", ["organisation", "vessel", "address"])
def test_firms_ships_and_addresses_are_left_alone(kind: str) -> None:
    assert comparable("Chen Daming", kind) == normalise("Chen Daming", kind)
    assert comparable("Li Dagong S.A.", "any") == normalise("Li Dagong S.A.", "any")


def test_no_spanish_name_of_the_set_is_cut_but_those_of_chinese_syllables() -> None:
    with (NAMES / "spanish.csv").open(encoding="utf-8", newline="") as lines:
        texts = {row[f"name{n}"] for row in csv.DictReader(lines) for n in (1, 2)}
    changed = {t for t in texts if comparable(t, "person") != normalise(t, "person")}
    assert len(texts) > 400
    assert not changed


def test_few_innocent_names_in_latin_letters_are_cut() -> None:
    with (NAMES / "innocents_us.csv").open(encoding="utf-8", newline="") as lines:
        texts = [row["full_name"] for row in csv.DictReader(lines)]
    texts = [text for text in texts if text.isascii()][::2]
    changed = [t for t in texts if comparable(t, "person") != normalise(t, "person")]
    assert len(texts) > 700
    assert len(changed) <= 0.003 * len(texts)


def points(asked: str, listed: str, kind: str = "person") -> tuple[float, tuple[str, ...]]:
    entry = ListEntry(list_id="own", uid="1", type=kind, name=listed)
    hits = Screener(Index.build([entry]), threshold=1).one(asked, kind)
    return (hits[0].score, tuple(part.code for part in hits[0].parts)) if hits else (0.0, ())


@pytest.mark.parametrize(
    ("asked", "listed"),
    [
        ("Cai Yingwen", "Ts'ai Ying-wen"),
        ("Cai Yingwen", "TSAI Ing-wen"),
        ("Ying-Wen Tsai", "CAI Yingwen"),
        ("Jiang Zhijie", "Chiang Chih-chieh"),
        ("Xie Xiaoqing", "Hsieh Hsiao-ch'ing"),
        ("谢小青", "Hsieh Hsiao-ch'ing"),
        ("Zhang Guoqiang", "Chang Kuo Chiang"),
        ("Chen Dawen", "Chan Tai-man"),
        ("陈大文", "Tony Chan Tai-man"),
        ("Tony Chan Tai Man", "CHEN Dawen"),
        ("Zhang Guoqiang", "Cheung Kwok-keung"),
        ("Chang Kuo-chiang", "Cheung Kwok-keung"),
        ("Ouyang Zhijie", "Au Yeung Chi-kit"),
        ("Chow Kwok-wai", "Chau Kwok Wai"),
    ],
)
def test_spellings_of_one_name_meet(asked: str, listed: str) -> None:
    assert points(asked, listed)[0] >= 54
    assert points(listed, asked)[0] >= 54


@pytest.mark.parametrize(
    ("asked", "listed"),
    [
        ("Cai Yingwen", "Ts'ai Hsiao-wen"),
        ("Jiang Zhijie", "Chiang Kuo-chieh"),
        ("Chen Dawen", "Chan Kwok-man"),
        ("Zhang Guoqiang", "Wong Kwok-keung"),
        ("Zhang Guoqiang", "Cheung Kwok-wai"),
    ],
)
def test_other_names_do_not(asked: str, listed: str) -> None:
    assert points(asked, listed)[0] < 54


@pytest.mark.parametrize(
    ("asked", "listed"),
    [
        ("Cai Yingwne", "Cai Yingwen"),
        ("Zhang Guoqang", "Zhang Guoqiang"),
        ("Zhang Gouqiang", "ZHANG, Guoqiang"),
        ("Wang Xiaomign", "Wang Xiaoming"),
    ],
)
def test_a_slip_in_a_given_name_of_two_syllables_is_a_slip_in_a_word(
    asked: str, listed: str
) -> None:
    """What is no syllable any more is compared with the name as it is written."""
    assert points(asked, listed)[0] >= 54
    assert points(listed, asked)[0] >= 54


def test_slips_are_found_without_looking_at_words_further_off() -> None:
    """As many as among all that the two syllables may mean."""
    syllables = ["YING", "WEN", "XIAO", "MIN", "YONG", "AN", "ZHI", "JIE", "LI", "HUA", "O", "YO"]
    pairs = list(product(syllables, repeat=2))
    letters = random.Random(7)
    words = {"YINGWNE", "YNIGWEN", "XIAMIN", "XIAOMI", "YONGAN", "YONGA"} | {
        _slipped(left + right, letters) for left, right in pairs for _ in range(3)
    }
    listed = Index.build(
        ListEntry(list_id="own", uid=word, type="person", name=word) for word in sorted(words)
    )
    vocabulary, found = listed.vocabulary, 0
    for left, right in pairs:
        slips = vocabulary.slips(left, right)
        assert slips == [
            (number, how, like)
            for number, how, like in vocabulary.variants(left + right)
            if how == "typo" and may_be_slip(left, right, vocabulary.tokens[number])
        ]
        found += len(slips)
    assert found > 200


def _slipped(word: str, letters: random.Random) -> str:
    at = letters.randrange(len(word))
    other = letters.choice("AEGNXZ")
    return letters.choice([word[:at] + word[at + 1 :], word[:at] + other + word[at:],
                           word[:at] + other + word[at + 1 :],
                           word[:at] + word[at : at + 2][::-1] + word[at + 2 :]])  # fmt: skip


def test_cantonese_counts_less_than_another_romanisation_of_mandarin() -> None:
    taiwan, codes = points("Zhang Guoqiang", "Chang Kuo-ch'iang")
    cantonese, others = points("Zhang Guoqiang", "Cheung Kwok-keung")
    assert "romanised" in codes and "cantonese" in others
    assert taiwan > cantonese + 5
    assert WEIGHTS.word.cantonese < WEIGHTS.word.romanised < WEIGHTS.word.sound


@pytest.mark.parametrize(
    ("asked", "listed", "kind"),
    [
        ("Wen Trading", "Man Trading", "organisation"),
        ("Wen Star", "Man Star", "vessel"),
        ("Rosa Elena Wen", "Rosa Elena Man", "person"),
        ("Ahmad Salih Su", "Ahmad Salih So", "person"),
    ],
)
def test_syllables_of_names_that_are_not_chinese_as_a_whole_are_other_words(
    asked: str, listed: str, kind: str
) -> None:
    assert {"romanised", "cantonese"}.isdisjoint(points(asked, listed, kind)[1])


def test_a_way_of_writing_holds_for_the_whole_name() -> None:
    """CHANG may be ZHANG in Wade-Giles; pinyin's CHANG XIAO is another name than ZHANG XIAO."""
    assert "romanised" not in points("Chang Xiaoqing", "Zhang Xiaoqing")[1]
    assert "romanised" in points("Chang Hsiao-ch'ing", "Zhang Xiaoqing")[1]


def test_words_in_no_chinese_name_are_as_alike_as_their_letters_say() -> None:
    for left, right in (("WEN", "MAN"), ("XU", "TSUI"), ("CHEN", "CHAN"), ("CAI", "TSAI")):
        alone = likeness(left, right, WEIGHTS.word)
        assert alone[0] not in ("romanised", "cantonese")
        assert likeness(left, right, WEIGHTS.word, ANY_WAYS)[1] > alone[1]


SYLLABLES = ["CHEN", "CHAN", "TSAI", "CAI", "LI", "LEE", "MAN", "WEN", "TAI", "DA", "DAWEN", "XIAO",
             "HSIAO", "SIU", "KWOK", "GUO", "KUO", "TONY", "MARIA", "I", "YI", "J", "WEI", "WAI",
             "SHIPPING", "陈", "文", "DAWNE", "ZHIJIE", "ZHIJEI"]  # fmt: skip


def _entries() -> list[ListEntry]:
    source = random.Random(20261128)
    return [
        ListEntry(
            list_id="own",
            uid=str(number),
            type=source.choice(["person", "person", "organisation", "vessel"]),
            name=" ".join(source.sample(SYLLABLES, source.choice([2, 3, 3, 4]))),
        )
        for number in range(60)
    ]


@cache
def screener() -> Screener:
    return Screener(Index.build(_entries()), threshold=40.0)


@settings(max_examples=20, deadline=None)
@given(st.lists(st.sampled_from(SYLLABLES), min_size=1, max_size=4).map(" ".join),
       st.sampled_from(["person", "any"]))  # fmt: skip
def test_no_bound_leaves_out_a_name_that_would_be_a_hit(asked: str, kind: str) -> None:
    query, own = make_query(asked, kind), screener()
    looked = look_up(query.name.tokens, own.lookups)
    names = np.flatnonzero(own.index.kinds & kind_bits(kind)).tolist()
    every = own.judged(query, looked, names) if any(look.best for look in looked.words) else ()
    assert own.query(query) == every
    assert list(BulkScreener(own).answers([query])) == [every]


def test_made_up_names_are_found_by_their_other_romanisation() -> None:
    """100 names of a surname and two syllables, each against the 99 others (a floor below
    what docs/screening.md states of names that people have)."""
    source = random.Random(7)
    table = [row for row in rows("chinese_syllables.csv") if len(row["pinyin"]) > 1]
    surnames = ["WANG", "LI", "ZHANG", "LIU", "CHEN", "YANG", "ZHAO", "HUANG", "ZHOU", "WU", "XU",
                "SUN", "ZHU", "GAO", "LIN", "HE", "GUO", "MA", "LUO", "ZHENG"]  # fmt: skip
    forms = {row["pinyin"]: row["wade_giles"] for row in table}
    names = [
        (source.choice(surnames), *(source.choice(table)["pinyin"] for _ in range(2)))
        for _ in range(100)
    ]
    listed = [
        ListEntry(list_id="own", uid=str(n), type="person",
                  name=f"{forms[last]} {forms[one]}-{forms[two]}")
        for n, (last, one, two) in enumerate(names)
    ]  # fmt: skip
    own = Screener(Index.build(listed), threshold=60)
    found = strangers = 0
    for n, (last, one, two) in enumerate(names):
        for hit in own.one(f"{last} {one}{two.lower()}", "person"):
            same = names[int(hit.uid)] == names[n]
            found, strangers = found + same, strangers + (not same)
    assert found >= 95
    assert strangers <= 10


def test_every_surname_is_a_syllable_in_each_way_it_has() -> None:
    for row in rows("chinese_surnames.csv"):
        assert all(ways_of(part) & PINYIN for part in row["pinyin"].split())


def test_y_is_an_initial_in_a_chinese_name() -> None:
    assert comparable("TSANG, Y Yuan", "person").tokens == ("TSANG", "Y", "YUAN")
    assert points("TSANG, Y Yuan", "TSANG, Yung Yuan")[0] >= 60
    assert comparable("Jose Li y Vega", "person") == normalise("Jose Li y Vega", "person")


@pytest.mark.parametrize(
    ("asked", "listed"), [("HU, Yogan", "HU, Yongan"), ("TSANG, Yung Yean", "TSANG, Yung Yuan")]
)
def test_a_slip_that_cuts_a_word_elsewhere_loses_no_hit(asked: str, listed: str) -> None:
    assert points(asked, listed)[0] >= 54
    assert points(listed, asked)[0] >= 54


def test_two_syllables_are_no_other_word_that_sounds_a_little_like_them() -> None:
    for asked, listed in (("Mei Ying Lai", "EP-MNG"), ("Xin Li Wang", "VIV LIVING")):
        assert not points(asked, listed, "any")[0]
