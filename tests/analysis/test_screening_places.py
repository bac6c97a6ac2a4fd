"""Birth places, addresses and bare numbers: parts of a score, and questions of their own."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest

from esclusa.analysis.screening import (
    Hit,
    Index,
    Screener,
    default_weights,
    make_query,
    normalise,
    screen,
    screen_one,
    sentences,
)
from esclusa.analysis.screening.addresses import is_address, same_place
from esclusa.model import Identifier, ListEntry

ENTRIES = [
    ListEntry(
        list_id="own", uid="firm", type="organisation", name="Northreach Shipping SA",
        addresses=("Calle 5ta No. 23, Colón, Panama", "Istanbul, Turkey"),
    ),
    ListEntry(
        list_id="own", uid="person", type="person", name="Nicanor Altamira Vega",
        birth_places=("David, Chiriqui, Panama", "Colon"),
        addresses=("P.O. Box 72146, Dubai, United Arab Emirates",),
    ),
    ListEntry(
        list_id="own", uid="document", type="document", name="",
        identifiers=(Identifier(scheme="passport", value="PA1234567"),),
    ),
]  # fmt: skip
SCREENER = Screener(Index.build(ENTRIES))


def person(**facts: Any) -> Hit:
    return SCREENER.one("Nicanor Altamira Vega", "person", **facts)[0]


def points(hit: Hit) -> dict[str, float]:
    return {part.code: part.points for part in hit.parts}


@pytest.mark.parametrize(
    ("place", "code"),
    [
        ("David", "birth_place"),
        ("DAVID (Chiriquí), PANAMÁ", "birth_place"),
        ("Давид, Panama", "birth_place"),
        ("Santiago, Panama", "birth_country"),
        ("PA", "birth_country"),
        ("Bogota, Colombia", "birth_country_other"),
    ],
)
def test_a_birth_place_is_a_part_of_its_own(place: str, code: str) -> None:
    bare, hit = person(), person(birth_place=place)
    assert points(hit)[code] == default_weights().attribute[code]
    assert hit.score == pytest.approx(bare.score + default_weights().attribute[code])
    assert "birth_place" in hit.evidence
    assert "birth_date" not in hit.evidence
    assert any(place in line for line in sentences(hit, "es"))


def test_a_town_without_its_country_contradicts_nothing() -> None:
    assert person(birth_place="Santiago de Veraguas").score == person().score


def test_the_kind_of_a_place_is_no_town() -> None:
    assert "birth_place" not in points(person(birth_place="Ciudad"))


@pytest.mark.parametrize(
    "address", ["PO Box 72146, Dubai", "P.O.BOX 72146 Dubai UAE", "Box 72146, Dubai, AE"]
)
def test_an_address_of_the_party_supports_its_name(address: str) -> None:
    hit = person(address=address)
    assert points(hit)["address"] == default_weights().attribute["address"]
    assert "address" in hit.evidence


@pytest.mark.parametrize("address", ["PO Box 72147, Dubai", "Dubai", "", "Calle 5ta 23, Colon"])
def test_another_address_speaks_against_nobody(address: str) -> None:
    assert person(address=address).score == person().score


def test_the_bound_of_the_search_knows_of_places() -> None:
    """A name just below the threshold becomes a hit by what else agrees."""
    alone = SCREENER.one("Nicanor Altamira Vega", "person")[0].score
    strict = Screener(SCREENER.index, threshold=alone + 7)
    facts = {"birth_place": "David", "address": "PO Box 72146, Dubai"}
    assert not strict.one("Nicanor Altamira Vega", "person")
    assert strict.one("Nicanor Altamira Vega", "person", **facts)


@pytest.mark.parametrize(
    "address",
    [
        "Calle 5ta No. 23, Colón, Panama",
        "CL 5TA 23 COLON PANAMA",
        "23 Calle 5ta, Colon",
        "Colon, Calle 5ta nro. 23",
    ],
)
def test_an_address_finds_whose_it_is(address: str) -> None:
    (hit,) = SCREENER.one(address, "address")
    assert (hit.uid, hit.entry_type, hit.entry_name) == (
        "firm", "organisation", "Northreach Shipping SA",
    )  # fmt: skip
    assert hit.matched_name == "Calle 5ta No. 23, Colón, Panama"
    assert hit.evidence == ("address",)
    assert hit.score == pytest.approx(sum(part.points for part in hit.parts))


def test_another_house_number_or_country_counts_against_an_address() -> None:
    same = SCREENER.one("Calle 5ta 23, Colon, Panama", "address")[0].score
    other = Screener(SCREENER.index, threshold=30).one("Calle 5ta 24, Colon, Panama", "address")[0]
    assert points(other)["number_other"] == -default_weights().name.number
    assert other.score < same - default_weights().name.number
    abroad = Screener(SCREENER.index, threshold=30).one("Calle 5ta 23, Colon, Cuba", "address")[0]
    assert points(abroad)["place_other"] == -default_weights().name.place


@pytest.mark.parametrize("address", ["Istanbul, Turkey", "Panama", "", "Dubai", "x" * 10_000])
def test_a_town_alone_is_no_address(address: str) -> None:
    assert SCREENER.one(address, "address") == ()
    assert not is_address(address)


def test_a_name_does_not_meet_an_address() -> None:
    assert not SCREENER.one("Calle 5ta Colon", "any")
    assert not SCREENER.one("Nicanor Altamira Vega", "address")


def test_an_address_in_a_table_is_answered_as_alone() -> None:
    asked = "Calle 5ta 23, Colon"
    table = pl.DataFrame(
        {
            "query_id": ["a", "b", "c"],
            "name": [asked, "Nicanor Altamira Vega", "Nowhere 99 Street"],
            "type": ["address", "person", "address"],
            "birth_place": [None, "David", None],
        }
    )
    hits = screen(table, SCREENER)
    assert hits["query_id"].to_list() == ["a", "b"]
    assert hits["score"].to_list() == [
        SCREENER.one(asked, "address")[0].score, person(birth_place="David").score,
    ]  # fmt: skip
    assert screen(table, SCREENER, only=[("own", "person")])["query_id"].to_list() == ["b"]


def test_an_updated_index_has_the_addresses_of_its_entries() -> None:
    index = SCREENER.index.updated(gone=[("own", "firm")])
    assert not screen_one(index, name="Calle 5ta 23, Colon", kind="address")


@pytest.mark.parametrize(
    "number", ["passport:PA1234567", "document: pa-1234567", "number:PA1234567"]
)
def test_a_number_alone_finds_a_document(number: str) -> None:
    (hit,) = SCREENER.one("", "any", identifiers=[number])
    assert hit.uid == "document"
    assert hit.evidence == ("identifiers",)


def test_a_number_under_another_scheme_does_not_decide() -> None:
    assert not SCREENER.one("", "any", identifiers=["imo:1234567"])
    assert not SCREENER.one("", "any", identifiers=["tax:PA1234567"])


def test_same_place_needs_numbers_that_do_not_contradict() -> None:
    assert same_place("12 Marisol Street, Colon", "Marisol St. 12, Colon, Panama")
    assert same_place("12 Marisol Street, Colon 0301", "Marisol St. 12, Colon")
    assert not same_place("12 Marisol Street, Colon", "14 Marisol Street, Colon")
    assert not same_place("Colon, Panama", "Colon, Panama")


@pytest.mark.parametrize(
    "text", ["P.O. Box 7, Dubai, UAE", "Av. Sur 12, Apto 3", "1 St", "Denver, CO"]
)
def test_an_address_keeps_its_normal_form(text: str) -> None:
    once = normalise(text, "address")
    assert normalise(once.text, "address").tokens == once.tokens


def test_equal_questions_are_equal() -> None:
    assert make_query("Vega", birth_place=" David ") == make_query("Vega", birth_place="David")
    assert make_query("Vega", birth_place=None, address=None) == make_query("Vega")
