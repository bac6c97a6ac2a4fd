"""A name put together word by word is the name read as a whole, wherever it is put together."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from esclusa.analysis.screening.by_words import by_words
from esclusa.analysis.screening.chinese import comparable

WORDS = ["Maria", "JOSÉ", "vega", "O'Brien", "Ying-wen", "TSAI", "Tony", "van", "Al", "Abdul",
         "abdulrahman", "Din", "Ltd", "SiemensAG", "S.A.", "SA", "de", "M", "M/V", "MV", "V", "E",
         "Y", "Mr", "The", "Co", "I9OR", "SECH1N", "Щорс", "Ельцин", "Київ", "이", "정은", "王",
         "高橋", "さくら", "عبد", "الله", "محمد",
         "الدين", "الدین", "زاده", "ابوبکر", "الغنی", "آخوند", "شحاته", "عَبد", "ولعبد", "x-عبد",
         "ג׳ו", "پور", "ربه", "זהבי", "Νίκος", "ŁÓDŹ", "ｆｕｌｌ", "½", "~X", "",
         "-", "a.b.", "ab\u200bc", "\u0301", "Ünlü", "ﷺ", "कृष्ण", "X" * 45, "wei", "xiaoming",
         "\t", "\u00a0", "II", "TRADING", "&"]  # fmt: skip
"""Words that a rule touches, joins, parts or reads by what stands beside them, and others."""

KINDS = ["any", "person", "organisation", "vessel", "address", "other"]
NAMES = st.lists(st.sampled_from(WORDS) | st.text(max_size=4), max_size=7).map(" ".join)


@settings(max_examples=600, deadline=None)
@given(NAMES | st.text(max_size=40), st.sampled_from(KINDS))
def test_what_is_put_together_is_what_is_read_as_a_whole(text: str, kind: str) -> None:
    found = by_words(text, kind)
    assert found is None or found == comparable(text, kind)


@pytest.mark.parametrize(
    "text",
    [
        "Maria Vega Robles",
        "JOSÉ PEÑA O'BRIEN",
        "Altamira Shipping Lines",
        "Νίκος Vega Ünlü",
        "محمد Vega الغنی",
        "Cai Yingwen",
        "林 Heloisa",
    ],
    ids=["latin", "accents", "firm", "greek", "arabic", "pinyin", "sign"],
)
def test_names_of_plain_words_are_put_together(text: str) -> None:
    for kind in ("any", "person", "vessel"):
        assert by_words(text, kind) == comparable(text, kind)
        assert by_words(text, kind) is not None


@pytest.mark.parametrize(
    ("text", "kind"),
    [("Vega Ltd", "any"), ("M V Marisol", "vessel"), ("Abdul Vega Robles", "person"),
     ("Vega عبد", "any"), ("Vega الله", "any"), ("Щорс Київ Vega", "any"),
     ("12 Calle Mayor", "address"), ("x" * 101, "any"), ("", "any")],
    ids=["form", "prefix", "opened", "before", "behind", "language", "address", "long", "empty"],
)  # fmt: skip
def test_names_of_which_a_rule_sees_the_whole_are_not(text: str, kind: str) -> None:
    assert by_words(text, kind) is None
