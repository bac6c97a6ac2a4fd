"""Names in the letters of a zone: Doc 9303-3 §4.6 and the tables of §6."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from esclusa.errors import FormatError
from esclusa.formats.mrz import letters


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("D'Artagnan", "DARTAGNAN"),
        ("O’Connor", "OCONNOR"),
        ("Marie-Elise", "MARIE ELISE"),
        ("Anna, Maria", "ANNA MARIA"),
        ("St. John", "ST JOHN"),
        ("  Van   der Muellen ", "VAN DER MUELLEN"),
        ("ERIKSSON", "ERIKSSON"),
        ("", ""),
    ],
)
def test_section_4_6_punctuation(name: str, written: str) -> None:
    assert letters(name) == written


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("Térèsa Cañón", "TERESA CANON"),
        ("Gößmann", "GOESSMANN"),
        ("Müller", "MUELLER"),
        ("Håkon Sørås", "HAAKON SOERAAS"),
        ("Þór Ægir Ðan", "THOR AEGIR DAN"),
        ("Łódź Żak Ďuro Œuf", "LODZ ZAK DURO OEUF"),
        ("Ĳsbrand ıŞ", "IJSBRAND IS"),
        ("Nu\u0303n\u0303ez", "NUNEZ"),
    ],
)
def test_section_6_a_latin(name: str, written: str) -> None:
    assert letters(name) == written


def test_section_6_a_allows_the_shorter_letters_that_spanish_documents_use() -> None:
    assert letters("Agüero Núñez", "es") == "AGUERO NUNEZ"
    assert letters("Agüero") == "AGUEERO"


@pytest.mark.parametrize(
    ("name", "language", "written"),
    [
        ("Щукин Ёлкин", "", "SHCHUKIN ELKIN"),
        ("Ёлкин", "be", "IOLKIN"),
        ("Юрій Їжак", "uk", "YURII YIZHAK"),
        ("Юрий", "", "IURII"),
        ("Жарко Ћирић", "sr", "ZARKO CIRIC"),
        ("Ќосев", "mk", "KJOSEV"),
        ("Щерев", "bg", "SHTEREV"),
        ("Гельцер", "", "GELTSER"),
    ],
)
def test_section_6_b_cyrillic_and_its_languages(name: str, language: str, written: str) -> None:
    assert letters(name, language) == written


@pytest.mark.parametrize(
    ("name", "written"), [("عبّاس", "EBBAS"), ("فضّة", "FXDZDZXAH"), ("هشام", "HXSHAM")]
)
def test_section_6_c_arabic_shadda_doubles_and_teh_marbuta_ends(name: str, written: str) -> None:
    assert letters(name) == written


@pytest.mark.parametrize(
    ("name", "position"), [("Anna 2", 6), ("Ωmega", 1), ("安娜", 1), ("An\x00na", 3), ("€", 1)]
)
def test_what_has_no_letters_is_refused_with_its_position(name: str, position: int) -> None:
    with pytest.raises(FormatError, match=f"position {position}: "):
        letters(name)


def test_a_name_longer_than_any_person_has_is_refused() -> None:
    with pytest.raises(FormatError, match="401 characters"):
        letters("A" * 401)


@given(
    st.one_of(st.text(), st.text("áÑüß ЩҗÇÅşżكّة'-,.A", max_size=40)),
    st.sampled_from(["", "es", "uk", "sr"]),
)
def test_any_name_gives_letters_or_one_clear_error(name: str, language: str) -> None:
    try:
        written = letters(name, language)
    except FormatError as error:
        assert error.reason
    else:
        assert re.fullmatch("([A-Z]+( [A-Z]+)*)?", written)
        assert letters(written) == written
