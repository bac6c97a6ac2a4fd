"""Names in other scripts meet their Latin spelling; bad text is accepted in bounded size."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from esclusa.analysis.screening import Index, Screener, normalise
from esclusa.analysis.screening.abjad import abjad_likeness, mean_price
from esclusa.analysis.screening.normalise import MAX_CHARS, MAX_TOKEN, MAX_TOKENS
from esclusa.analysis.screening.sound import abjad_skeletons, fold, fold_joined, skeleton
from esclusa.model import ListEntry

KINDS = ["person", "organisation", "vessel", "any"]


def tokens(text: str, kind: str = "person") -> list[str]:
    return list(normalise(text, kind).tokens)


@pytest.mark.parametrize("text", ["عبد الغني برادر", "عبدالغني برادر", "عبد الغنى برادر"])
def test_abd_is_a_word_of_its_own_glued_or_apart(text: str) -> None:
    assert tokens(text)[0] == "~ABD"
    assert tokens(text)[1][:4] == "~GHN"


@pytest.mark.parametrize("text", ["عبد الله", "عبدالله"])
def test_abdullah_is_two_words_as_in_latin(text: str) -> None:
    assert tokens(text)[1:] == tokens("Abdullah")[1:] == tokens("Abdallah")[1:]


@pytest.mark.parametrize("text", ["حمد الله", "حمدالله"])
def test_allah_belongs_to_the_word_before(text: str) -> None:
    assert tokens(text) == ["~HMDALLH"]


def test_ad_din_belongs_to_the_word_before_in_both_scripts() -> None:
    assert tokens("سيف الدين") == ["~SYFDYN"]
    spellings = ["Saif al-Din", "Saifuddin", "SAIF-AL-DIN", "Saif ud Din", "Saif Eddine"]
    assert {tuple(tokens(text)) for text in spellings} == {("SAIFUDDIN",)}


def test_din_without_an_article_is_a_name() -> None:
    assert tokens("Din Muhammad") == ["DIN", "MUHAMMAD"]
    assert tokens("دين محمد") == ["~DYN", "~MHMD"]


@pytest.mark.parametrize("text", ["ابوبكر", "أبو بكر", "أبوبكر"])
def test_abu_is_a_word_of_its_own(text: str) -> None:
    assert tokens(text) == ["ABU", "~BKR"]


@pytest.mark.parametrize("text", ["بلال بن مروان", "بلال ابن مروان", "الشيخ بلال بن مروان"])
def test_son_of_and_titles_carry_no_identity_in_arabic_either(text: str) -> None:
    assert tokens(text) == ["~BLAL", "~MRWAN"]


def test_hebrew_ben_goes_inside_a_name_and_stays_in_front() -> None:
    assert "BEN" not in tokens("דוד בן גוריון")
    assert tokens("בן גוריון")[0] == "BEN"


def test_a_final_he_after_a_consonant_is_ta_marbuta() -> None:
    assert tokens("شحاته") == tokens("شحاتة")
    assert tokens("نبيه") == ["~NBYH"]


@pytest.mark.parametrize(
    ("arabic", "latin"),
    [
        ("محمد", ["MUHAMMAD", "MOHAMED", "MOHAMMED"]),
        ("جمال", ["JAMAL", "GAMAL", "DJAMEL"]),
        ("حسين", ["HUSAYN", "HUSSEIN", "HOSSEIN"]),
        ("قاسم", ["QASIM", "KASSEM", "GHASEM"]),
        ("عثمان", ["UTHMAN", "OSMAN", "OTHMAN"]),
        ("رمضان", ["RAMADAN", "RAMAZAN"]),
        ("طارق", ["TARIQ", "TAREK", "TARIK"]),
        ("مصطفى", ["MUSTAFA", "MOSTAFA", "MOUSTAPHA"]),
        ("حقانى", ["HAQQANI", "HAKKANI"]),
    ],
)
def test_an_arabic_word_meets_its_romanisations(arabic: str, latin: list[str]) -> None:
    """ICAO 9303 part 3 section 6 B, ALA-LC, and the everyday French and English spellings."""
    word = tokens(arabic, "vessel")[0]
    for spelling in latin:
        assert abjad_likeness(word, spelling)[1] >= 0.7, spelling
        assert abjad_likeness(spelling, word) == abjad_likeness(word, spelling)


@pytest.mark.parametrize(
    ("arabic", "latin"), [("حسن", "SALIM"), ("كمال", "KHALIL"), ("سعد", "SAYYID")]
)
def test_an_arabic_word_does_not_meet_another_name(arabic: str, latin: str) -> None:
    assert abjad_likeness(tokens(arabic, "vessel")[0], latin) == ("", 0.0)


def test_a_long_vowel_tells_two_names_apart() -> None:
    hasan, husayn = tokens("حسن", "vessel")[0], tokens("حسين", "vessel")[0]
    assert abjad_likeness(hasan, "HASAN")[1] > abjad_likeness(husayn, "HASAN")[1]
    assert abjad_likeness(husayn, "HUSAYN")[1] > abjad_likeness(hasan, "HUSAYN")[1]


@given(st.text("ABDHKLMNQRSTWY", min_size=1, max_size=12), st.text("AEIOUBDHKLMNRST", max_size=12))
def test_a_limit_never_changes_a_price_below_it(signs: str, latin: str) -> None:
    full = mean_price(latin, tuple(signs))
    assert mean_price(latin, tuple(signs), full + 0.01) == pytest.approx(full)
    assert mean_price(latin, tuple(signs), full / 2) >= full


@pytest.mark.parametrize(
    ("latin", "original"),
    [
        ("Abdul Ghani Marisol Abdul Ahmad", "عبدالغنی ماريسول عبد الاحمد"),
        ("Jassem Sulaiman Ali Abo Ghaith", "جاسم سليمان علي أبوغيث"),
        ("Noureddine Ben Ali Ben Belkassem al-Altamiri", "نور الدين بن علي بن بلقاسم الالتاميري"),
        ("Hamdullah Marisoli", "حمد الله ماريسولي"),
    ],
)
def test_a_full_name_is_found_whichever_side_is_in_arabic(latin: str, original: str) -> None:
    for listed, asked in ((latin, original), (original, latin)):
        entry = ListEntry(list_id="own", uid="1", type="person", name=listed)
        hits = Screener(Index.build([entry])).one(asked, "person")
        assert [hit.uid for hit in hits] == ["1"]


BAD = [
    "",
    "x",
    "م",
    "A" * 10_000,
    "م" * 10_000,
    "م " * 10_000,
    "عبد ال" * 2_000,
    "مم الله" * 2_000,
    "محمد Ali محمد Ali",
    "\u202eيلع Ali\u202c \u2066x\u2069",
    "Ma\u200bri\u200da",
    "\x00\x1b[31m\x7f",
    "a" + "\u0301" * 5_000,
    "م" + "\u064e" * 5_000,
    "1234567 89",
    "\ud800abc\udfff",
    "ＰＥＴＲ 𝐏𝐞𝐭𝐫 𝔓𝔢𝔱𝔯",
    "~", "~~~", "~X~Y", "~COX ~QUX",
    "ﷺ" * 500,
    "\u0378\U000fffff\ufffe",
]  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("text", BAD, ids=range(len(BAD)))
def test_bad_text_gives_a_bounded_name_that_stays_the_same(text: str, kind: str) -> None:
    name = normalise(text, kind)
    assert len(name.tokens) <= MAX_TOKENS
    assert all(len(token) <= MAX_TOKEN + 1 for token in name.tokens)
    assert len(name.text) <= 4 * MAX_CHARS
    assert normalise(name.text, kind).tokens == name.tokens


def test_full_width_and_mathematical_letters_are_letters() -> None:
    """Unicode NFKC (UAX #15)."""
    assert tokens("ＰＥＴＲ") == tokens("𝐏𝐞𝐭𝐫") == tokens("𝔓𝔢𝔱𝔯") == ["PETR"]


def test_a_cyrillic_letter_in_a_latin_word_does_not_hide_it() -> None:
    assert tokens("Mаriа Lореz")[0] == "MARIA"


_MIXED = st.text(
    st.one_of(
        st.characters(min_codepoint=0x590, max_codepoint=0x6FF),
        st.characters(min_codepoint=0x370, max_codepoint=0x52F),
        st.characters(min_codepoint=0xAC00, max_codepoint=0xAC40),
        st.characters(min_codepoint=0x4E00, max_codepoint=0x4E40),
        st.characters(min_codepoint=0x200B, max_codepoint=0x206F),
        st.sampled_from(" ~-.'&AEL"),
        st.characters(categories=["Cs", "Cc", "Mn"]),
    ),
    max_size=60,
)


@given(_MIXED, st.sampled_from(KINDS))
def test_any_mixture_of_scripts_is_accepted_and_stays_the_same(text: str, kind: str) -> None:
    once = normalise(text, kind)
    assert normalise(once.text, kind).tokens == once.tokens
    for token in once.tokens:
        assert token.removeprefix("~").isascii()


@given(_MIXED)
def test_words_without_vowels_have_few_skeletons(text: str) -> None:
    for token in normalise(text, "vessel").tokens:
        if token[0] == "~":
            assert len(abjad_skeletons(token)) <= 4_096
        else:
            assert isinstance(skeleton(token), str)


@given(st.lists(st.text("ACEGHIKOQSTUXYZDJNP", min_size=1, max_size=6), min_size=1, max_size=4))
def test_words_without_their_blanks_sound_as_their_letters_in_a_row(words: list[str]) -> None:
    assert fold_joined(words) == fold("".join(words))
