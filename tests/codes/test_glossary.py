"""The glossary: complete, unique, and the same words as the pages. Well under one CPU second."""

from __future__ import annotations

import tomllib
from importlib.resources import files

import pytest

from esclusa.casework.tables import table
from esclusa.codes.examination import lists
from esclusa.codes.glossary import GROUPS, Term, by_code, by_name, find, name_of, terms
from esclusa.model import Level
from esclusa.sharing.vocabularies.handling import handling
from esclusa.web.catalogue import Catalogue, po_path, vocabulary
from esclusa.web.extract import texts


def test_there_are_300_terms_and_each_group_has_some() -> None:
    assert len(terms()) >= 300
    assert {term.group for term in terms()} == set(GROUPS)


def faults(term: Term) -> list[str]:
    """Return what a term lacks, one sentence each."""
    said = (term.en, term.es, *term.also, term.meaning_en, term.meaning_es, term.source)
    wrong = [f"odd blanks: {text}" for text in said if text != " ".join(text.split())]
    wrong += [] if term.en and term.es and term.name == name_of(term.en) else ["no term"]
    for meaning in (term.meaning_en, term.meaning_es):
        whole = meaning[:1].isupper() and meaning.endswith(".") and 15 <= len(meaning) <= 200
        wrong += [] if whole else [f"no sentence: {meaning}"]
    return wrong + (["one language"] if term.meaning_en == term.meaning_es else [])


def test_every_term_is_complete() -> None:
    assert {term.name: wrong for term in terms() if (wrong := faults(term))} == {}


def test_no_term_and_no_first_translation_stands_twice() -> None:
    for said in ([term.en for term in terms()], [term.es for term in terms()]):
        assert sorted({text.casefold() for text in said}) == sorted(
            text.casefold() for text in said
        )
    assert len(by_name()) == len(terms())
    codes = [code for term in terms() for code in term.codes]
    assert len(codes) == len(set(codes)) == len(by_code())


def known() -> dict[str, set[str]]:
    """Return the words of each closed list that a term may name."""
    states = {
        f"{kind}_state": {row["code"] for row in table(f"{name}_words.csv") if row["group"] == "state"}
        for kind, name in (("referral", "referral"), ("request", "information"))
    }  # fmt: skip
    grounds = {row["code"] for row in table("referral_codes.csv") if row["list"] == "decline"}
    return states | {
        "state": set(vocabulary()["state"]), "level": {str(int(one)) for one in Level},
        "handling": set(handling()), "ground": grounds,
        "value.result": set(lists().result), "value.cause": set(lists().cause),
    }  # fmt: skip


def test_codes_name_words_that_exist_and_whole_lists_have_their_terms() -> None:
    words, named = known(), set(by_code())
    for code in named:
        section, _, word = code.partition(":")
        assert word in words[section], code
    for section in ("level", "handling", "state", "ground", "value.result"):
        assert {f"{section}:{word}" for word in words[section]} - named == set()


# --- the same words as the pages -----------------------------------------------------------------


def on_pages() -> list[tuple[str, str, str]]:
    """Return (context, English, Spanish) of every short text of the pages and the data."""
    spanish = Catalogue("es")
    found = [(context, text, spanish.pgettext(context, text) if context else spanish.gettext(text))
             for context, text in texts()]  # fmt: skip
    for name in ("referral_words", "information_words", "referral_codes", "information_codes"):
        found += [(name, row["text_en"], row["text_es"]) for row in table(f"{name}.csv")]
    for section, codes in tomllib.loads(_CODES).items():
        if section != "edition":
            found += [(section, code["en"], code["es"]) for code in codes.values()]
    return found


_CODES = files("esclusa.codes").joinpath("examination.toml").read_text("utf-8")


def disagreements(said: list[tuple[str, str, str]]) -> list[str]:
    """Return the texts that are a term of the glossary and have Spanish that is none of it."""
    by_text = {
        text: term for term in terms() for text in (term.en, term.en[0].upper() + term.en[1:])
    }
    wrong = []
    for context, english, spanish in said:
        term = by_text.get(english.rstrip("."))
        if term is None:
            continue
        allowed = {text.casefold() for text in (term.es, *term.also)}
        if spanish.rstrip(".").casefold() not in allowed:
            wrong.append(f"{context}: {english} = {spanish}, glossary: {term.es}")
    return wrong


def test_a_term_on_a_page_has_the_spanish_of_the_glossary() -> None:
    assert po_path("es").exists()
    assert disagreements(on_pages()) == []


def test_another_spanish_word_for_a_term_is_found() -> None:
    """The check above can fail: FollowTheMoney calls a ship's flag a brand."""
    assert disagreements([("field", "Flag", "Marca")]) == ["field: Flag = Marca, glossary: bandera"]
    assert len([text for text in on_pages() if text[1].casefold() in
                {term.en.casefold() for term in terms()}]) > 100  # fmt: skip


# --- search ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "first"),
    (("levante", "release of goods"), ("AFORO", "assessment"), ("bill of lading", "bill of lading"),
     ("poliz", "stowaway"), ("conocimiento embarque", "bill of lading"), ("cédula", "identity card"),
     ("Colon free", "Colón Free Zone"), ("seal", "seal"), ("ORCON", None), ("", None), ("·", None)),
)  # fmt: skip
def test_a_word_is_found_in_either_language_without_accents(text: str, first: str | None) -> None:
    found = find(text)
    if first is None:
        assert found == ()
    else:
        assert first in [term.en for term in found[:3]]


def test_a_term_that_says_the_word_comes_before_one_whose_meaning_does() -> None:
    assert [term.en for term in find("manifest")][0] == "manifest"
    assert find("precinto")[0].en == "seal"
