"""A name as typed becomes comparable words: spec by example, and laws."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from esclusa.analysis.screening.normalise import MAX_CHARS, MAX_TOKENS, normalise
from esclusa.analysis.screening.sound import fold, skeleton

NAMES = Path(__file__).parents[1] / "data" / "names"
KINDS = ["person", "organisation", "vessel", "any"]


def words(text: str, kind: str = "any") -> list[str]:
    return list(normalise(text, kind).tokens)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("IVANOV, Petr", ["IVANOV", "PETR"]),
        ("José  Núñez\tPeña", ["JOSE", "NUNEZ", "PENA"]),
        ("O'Brien", ["OBRIEN"]),
        ("Mar\u200bía\u202e Gómez", ["MARIA", "GOMEZ"]),
        ("Ｐｅｔｒ", ["PETR"]),
        ("Straße", ["STRASSE"]),
        ("Петров Юрий", ["PETROV", "YURIY"]),
        ("Παπαδόπουλος", ["PAPADOPOULOS"]),
        ("习近平", ["XI", "JIN", "PING"]),
        ("김정은", ["KIM", "JEONG", "EUN"]),
    ],
)
def test_case_accents_signs_and_scripts_do_not_matter(text: str, expected: list[str]) -> None:
    assert words(text, "person") == expected


def test_words_of_scripts_without_vowels_are_marked() -> None:
    assert words("محمد حسین", "person") == ["~MHMD", "~HSYN"]
    assert words("عبد الرحمن", "person") == ["~ABD", "~RHMN"]


@pytest.mark.parametrize(
    "text", ["Abdulrahman Karim", "Abd al-Rahman Karim", "ABDUL RAHMAN, KARIM", "Abdurrahman Karim"]
)
def test_names_with_abd_are_one_however_joined(text: str) -> None:
    assert words(text, "person") == ["ABD", "RAHMAN", "KARIM"]


@pytest.mark.parametrize(
    "text", ["Juan de la Cruz", "JUAN DE LA CRUZ", "Sr. Juan de la Cruz", "Ing. Juan De La Cruz"]
)
def test_titles_and_particles_carry_no_identity(text: str) -> None:
    assert words(text, "person") == ["JUAN", "CRUZ"]


def test_a_name_of_particles_alone_keeps_them() -> None:
    assert words("de la", "person") == ["DE", "LA"]
    assert words("Mullah", "person") == ["MULLAH"]


@pytest.mark.parametrize(
    "form",
    ["S.A.", "SA", "S. A.", "S. de R.L.", "S. DE R. L. DE C.V.", "Ltd", "Co., Ltd.", "GmbH", "L.L.C.",
     "Inc.", "Corp.", "B.V.", "PLC", "p.l.c.", "Sdn. Bhd.", "Pte. Ltd.", "Sp. z o.o.", "OOO", "d.o.o.",
     "Sociedad Anónima", "Limited Liability Company", "Pty Ltd", "A/S", "Ltda.", "S.A.S.", "C.A."],
)  # fmt: skip
def test_legal_forms_are_taken_off_a_firm(form: str) -> None:
    name = normalise(f"Marisol Trading, {form}")
    assert name.tokens == ("MARISOL", "TRADING")
    assert name.is_firm


@pytest.mark.parametrize("text", ["OOO Romashka", "ООО «Ромашка»", "PT Romashka", "АО Ромашка"])
def test_legal_forms_stand_in_front_too(text: str) -> None:
    assert words(text, "organisation") == ["ROMASHKA"]


def test_equal_legal_forms_have_one_canonical_form() -> None:
    forms = {normalise(f"Marisol {form}").form for form in ("S.A.", "Sociedad Anónima", "SA")}
    assert forms == {"SA"}


def test_a_persons_initials_are_not_a_legal_form() -> None:
    assert words("Kumar S.A.", "person") == ["KUMAR", "S", "A"]


def test_a_firm_that_is_only_a_legal_form_keeps_a_word() -> None:
    for kind in KINDS:
        assert words("S.A.", kind)


@pytest.mark.parametrize(
    "text", ["M/V Ocean Lantern", "MV OCEAN LANTERN", "M.T. Ocean Lantern", "B/M Ocean Lantern"]
)
@pytest.mark.parametrize("kind", ["vessel", "any"])
def test_ship_prefixes_are_taken_off(text: str, kind: str) -> None:
    assert words(text, kind) == ["OCEAN", "LANTERN"]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "text",
    ["", " ", "x", "A" * 10_000, "a " * 10_000, "1234567", "\x00\x01", "ﷺ" * 500, "🚢", "~", "~~"],
)
def test_any_text_is_accepted_and_bounded(text: str, kind: str) -> None:
    name = normalise(text, kind)
    assert len(name.tokens) <= MAX_TOKENS
    assert len(name.text) <= 4 * MAX_CHARS


@given(st.text(max_size=80), st.sampled_from(KINDS))
def test_normalising_twice_changes_nothing(text: str, kind: str) -> None:
    once = normalise(text, kind)
    assert normalise(once.text, kind).tokens == once.tokens


@given(st.text(max_size=60), st.sampled_from(KINDS))
def test_tokens_are_upper_case_latin_letters_and_digits(text: str, kind: str) -> None:
    for token in normalise(text, kind).tokens:
        bare = token.removeprefix("~")
        assert bare.isascii() and bare.isalnum() and bare == bare.upper()


@given(st.text(alphabet="ABCDEFGHIJKLMNOPQRSTUVWXYZ", min_size=1, max_size=30))
def test_every_word_has_a_sound_and_consonants(token: str) -> None:
    assert fold(token)
    assert skeleton(token)


def _pairs(name: str) -> list[tuple[str, str]]:
    lines = (NAMES / f"pairs_{name}.tsv").read_text(encoding="utf-8").splitlines()
    return [(parts[0], parts[1].replace(" ", "")) for parts in (line.split("\t") for line in lines)]


def _same_consonants(latin: str, other: str) -> bool:
    from esclusa.analysis.screening.likeness import likeness
    from esclusa.analysis.screening.settings import default_weights

    left, right = normalise(latin, "vessel").tokens, normalise(other, "vessel").tokens
    if len(left) != 1 or len(right) != 1:
        return False
    return likeness(left[0], right[0], default_weights().word)[1] > 0


@pytest.mark.parametrize(("script", "least"), [("arabic", 0.45), ("russian", 0.80)])
def test_words_of_other_scripts_meet_their_latin_spelling(script: str, least: float) -> None:
    pairs = _pairs(script)
    met = sum(_same_consonants(*pair) for pair in pairs)
    assert len(pairs) > 350
    assert met / len(pairs) >= least


@pytest.mark.parametrize(("script", "most"), [("arabic", 0.01), ("russian", 0.01)])
def test_words_of_other_scripts_do_not_meet_strangers(script: str, most: float) -> None:
    pairs = _pairs(script)
    strangers = [(a, b) for (a, _), (_, b) in zip(pairs, pairs[7:] + pairs[:7], strict=True)]
    assert sum(_same_consonants(*pair) for pair in strangers) / len(pairs) <= most
