"""Cyrillic, Greek, kana, Korean and Chinese signs follow the standards of their languages."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from esclusa.analysis.screening import Index, Screener, default_weights, normalise
from esclusa.analysis.screening.likeness import likeness
from esclusa.model import ListEntry


def text(written: str, kind: str = "person") -> str:
    return normalise(written, kind).text


@pytest.mark.parametrize(
    ("written", "latin"),
    [
        ("Щербаков Юрий", "SHCHERBAKOV YURIY"),
        ("Елизавета Хрущёва", "ELIZAVETA KHRUSHCHYOVA"),
    ],
)
def test_russian_by_bgn_pcgn_1947(written: str, latin: str) -> None:
    assert text(written) == latin


@pytest.mark.parametrize(
    ("written", "latin"),
    [
        ("Згурський Євген", "ZHURSKYI IEVHEN"),
        ("Юрій Щербаченко", "IURII SHCHERBACHENKO"),
        ("Ґалаґан Їжак", "GALAGAN IZHAK"),
    ],
)
def test_ukrainian_by_resolution_55(written: str, latin: str) -> None:
    """Examples of the resolution's table, positions at the start of a word simplified."""
    assert text(written) == latin


def test_belarusian_h_and_short_u() -> None:
    assert text("Рыгор Аляксандравіч Каралёў") == "RYHOR ALIAKSANDRAVICH KARALIOU"


def test_bulgarian_is_known_by_its_hard_sign_between_consonants() -> None:
    """Transliteration Act of 2009: ъ is A, щ is SHT, х is H."""
    assert text("Търново", "any") == "TARNOVO"
    assert text("Хърщенски", "any") == "HARSHTENSKI"


def test_serbian_by_gaj_without_accents_as_registers_write() -> None:
    assert text("Ђорђе Вучић Жупањац") == text("Djordje Vučić Županjac")


def test_a_text_of_another_language_leaves_the_letters_of_the_next_alone() -> None:
    assert text("Гагарин", "any") == "GAGARIN"
    assert text("Гагарін", "any") == "HAHARIN"


@pytest.mark.parametrize(
    ("written", "latin"),
    [
        ("Μπουμπουλίνα", "BOUMPOULINA"),
        ("Ντόρα Γκίκα", "DORA GIKA"),
        ("Άγγελος Σφίγξ", "ANGELOS SFINX"),
        ("Ευάγγελος Αυγερινός", "EVANGELOS AVGERINOS"),
        ("Ευθύμιος Ναύτης", "EFTHYMIOS NAFTIS"),
        ("Μάιος Αϊβαλιώτης", "MAIOS AIVALIOTIS"),
        ("Ουρανία Ψύλλου", "OURANIA PSYLLOU"),
    ],
)
def test_greek_by_elot_743(written: str, latin: str) -> None:
    assert text(written) == latin


@pytest.mark.parametrize(
    ("written", "latin"),
    [
        ("とうきょう", "TOUKYOU"),
        ("さっぽろ", "SAPPORO"),
        ("しょうじ", "SHOUJI"),
        ("マリソール・アルタミラ", "MARISORU ARUTAMIRA"),
        ("ヴィーナス", "VINASU"),
        ("チェン", "CHEN"),
        ("フィリッパ", "FIRIPPA"),
    ],
)
def test_kana_by_hepburn(written: str, latin: str) -> None:
    assert text(written, "any") == latin


@pytest.mark.parametrize(
    ("written", "latin"),
    [
        ("이영희", "LEE YOUNG HEE"),
        ("박경숙", "PARK KYUNG SOOK"),
        ("부산", "BU SAN"),
        ("김도자", "KIM DOJA"),
    ],
)
def test_korean_by_the_revised_romanisation_and_the_spellings_of_passports(
    written: str, latin: str
) -> None:
    assert text(written) == latin


def test_a_chinese_surname_is_read_as_one_only_where_a_surname_stands() -> None:
    assert text("曾国强").split()[0] == "ZENG"
    assert text("单伟").split()[0] == "SHAN"


def test_a_syllable_that_looks_like_a_particle_stays_in_the_name() -> None:
    """大 is DA, 拉 is LA: inside a name they are no particles, which Latin particles are."""
    assert text("李大伟") == "LI DAWEI"
    assert text("Maria de la Cruz") == "MARIA CRUZ"


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("LEE", "RHEE"), ("PARK", "PAK"), ("CHOI", "CHOE"), ("KYUNG", "GYEONG"), ("SOOK", "SUG"),
        ("ZHANG", "CHEUNG"), ("XU", "HSU"), ("CAI", "TSAI"), ("XIE", "TSE"),
        ("ALEKSANDROVICH", "ALIAKSANDRAVICH"), ("IGOR", "IHAR"), ("VOLHA", "OLGA"),
    ],
)  # fmt: skip
def test_one_name_in_another_romanisation_or_east_slavic_language(left: str, right: str) -> None:
    """McCune-Reischauer, Wade-Giles, Cantonese; Russian, Ukrainian, Belarusian."""
    assert likeness(left, right, default_weights().word)[1] >= 0.78


@pytest.mark.parametrize(
    ("hebrew", "latin"),
    [
        ("קרביץ", "KRAVITZ"), ("פישמן", "FISHMAN"), ("וולודארסקי", "VOLODARSKY"), ("אדיב", "ADIV"),
        ("ג'וליאני", "GIULIANI"), ("צ׳רצ׳יל", "CHURCHILL"), ("שחק", "SHAHAK"), ("מרינה", "MARINA"),
    ],
)  # fmt: skip
def test_a_hebrew_letter_with_two_sounds_meets_both(hebrew: str, latin: str) -> None:
    word = normalise(hebrew, "vessel").tokens[0]
    assert likeness(word, latin, default_weights().word)[1] >= 0.7
    assert likeness(word, "ALTAMIRA", default_weights().word)[1] == 0.0


@pytest.mark.parametrize(
    ("asked", "listed"),
    [
        ("Сергій Григорович Маріненко", "Sergei Grigorievich MARINENKO"),
        ("Γεώργιος Μπαλτατζής", "Georgios Baltatzis"),
        ("정경호", "CHUNG Kyung-ho"),
        ("김도자", "KIM DOJA"),
        ("李大伟", "LI Dawei"),
        ("דוד שמטוב", "David Shemtov"),
    ],
)
def test_a_full_name_is_found_across_scripts(asked: str, listed: str) -> None:
    index = Index.build([ListEntry(list_id="own", uid="1", type="person", name=listed)])
    assert [hit.uid for hit in Screener(index).one(asked, "person")] == ["1"]


def test_digits_that_look_like_letters_do_not_hide_a_person() -> None:
    assert text("N1can0r Altamira") == "NICANOR ALTAMIRA"
    assert text("Altamira 2000", "any") == "ALTAMIRA 2000"
    assert text("MARISOL 2", "vessel") == "MARISOL 2"


def test_a_legal_form_glued_to_a_name_is_one() -> None:
    name = normalise("NorthreachGmbH", "organisation")
    assert name.tokens == ("NORTHREACH",)
    assert name.is_firm
    assert normalise("Northreach", "organisation").tokens == name.tokens


def test_a_name_written_backwards_is_found() -> None:
    index = Index.build([ListEntry(list_id="own", uid="1", type="person", name="Nicanor Altamira")])
    assert Screener(index).one("ronaciN arimatlA", "person")
    assert likeness("NAVI", "IVAN", default_weights().word) == ("", 0.0)


_SIGNS = st.text(
    st.one_of(
        st.characters(min_codepoint=0x370, max_codepoint=0x52F),
        st.characters(min_codepoint=0x3041, max_codepoint=0x30FF),
        st.characters(min_codepoint=0xAC00, max_codepoint=0xD7A3),
        st.characters(min_codepoint=0x4E00, max_codepoint=0x9FFF),
        st.characters(min_codepoint=0x5D0, max_codepoint=0x5F4),
        st.sampled_from(" '-ー"),
    ),
    max_size=40,
)


@given(_SIGNS, st.sampled_from(["person", "organisation", "any"]))
def test_a_spelt_name_is_ascii_and_stays_the_same(written: str, kind: str) -> None:
    once = normalise(written, kind)
    assert normalise(once.text, kind).tokens == once.tokens
    assert once.text.isascii()
