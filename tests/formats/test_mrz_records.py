"""Zones and travellers: each keeps what the other has no place for."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from msgspec.structs import replace
from test_mrz_samples import SPECIMENS, TD3, zone_fields

from esclusa.errors import FormatError
from esclusa.formats import mrz
from esclusa.formats.mrz import Fields, Kind
from esclusa.formats.mrz.records import fields_of, traveller
from esclusa.model import Journey, TravelDocument, Traveller

DAY = dt.date(2026, 11, 26)
KNOWN = Traveller(
    surname="Núñez Altamira",
    given_names="José Ramón",
    role="crew",
    birth_date="1974-08",
    gender="U",
    nationality="PAN",
    documents=(
        TravelDocument(number="X-77 81", type="residence", issuer="PAN", expires="2030-01-31"),
        TravelDocument(number="L898902C3", type="passport", issuer="PAN", expires="2027-04-15"),
    ),
    journey=Journey(carrier="AM", number="218"),
    booking_reference="Q7ZKP2",
    bags=2,
)


def test_a_zone_becomes_a_traveller_with_one_document() -> None:
    assert traveller(mrz.read(TD3).fields, DAY) == Traveller(
        surname="ERIKSSON", given_names="ANNA MARIA", birth_date="1974-08-12", gender="F", nationality="UTO",
        documents=(TravelDocument(number="L898902C3", type="passport", issuer="UTO", expires="2012-04-15"),),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "word"),
    [
        (Kind.TD1, "id_card"),
        (Kind.TD2, "id_card"),
        (Kind.TD3, "passport"),
        (Kind.MRV_A, "visa"),
        (Kind.MRV_B, "visa"),
    ],
)
def test_the_document_code_gives_the_type(kind: Kind, word: str) -> None:
    assert traveller(mrz.read("\n".join(SPECIMENS[kind])).fields, DAY).documents[0].type == word


def test_an_unspecified_sex_is_x_and_unknown_dates_stay_open() -> None:
    fields = replace(mrz.read(TD3).fields, sex="", birth_date="74<<<<", expiry_date="<<<<<<")
    person = traveller(fields, DAY)
    assert (person.gender, person.birth_date, person.documents[0].expires) == ("X", "1974", "")


@given(zone_fields())
def test_a_zone_comes_back_whole_from_the_record(fields: Fields) -> None:
    """A day of a month that is unknown is the one thing that a partial date cannot hold."""
    person = traveller(fields, DAY)
    again = fields_of(person, base=fields)
    if fields.birth_date.startswith("<"):
        again = replace(again, birth_date=fields.birth_date)
    assert again == fields


def test_a_known_traveller_loses_nothing_that_the_zone_does_not_contradict() -> None:
    for document in (0, 1):
        fields = fields_of(KNOWN, document=document, language="es")
        assert (
            traveller(
                mrz.read("\n".join(mrz.write(fields))).fields, DAY, known=KNOWN, language="es"
            )
            == KNOWN
        )


def test_a_known_traveller_keeps_the_name_that_the_zone_had_to_cut() -> None:
    person = replace(KNOWN, given_names="José Ramón Bartolomé Maximiliano Hermenegildo")
    zone = mrz.read("\n".join(mrz.write(fields_of(person))))
    assert zone.names_truncated
    assert traveller(zone.fields, DAY, known=person) == person


def test_what_the_zone_contradicts_is_changed_and_nothing_else() -> None:
    fields = fields_of(KNOWN, document=1, language="es")
    told = replace(fields, surname="NUNEZ NORTHREACH", birth_date="740812", expiry_date="320415")
    person = traveller(told, DAY, known=KNOWN, language="es")
    assert (person.surname, person.birth_date) == ("NUNEZ NORTHREACH", "1974-08-12")
    assert person.documents == (
        KNOWN.documents[0],
        replace(KNOWN.documents[1], expires="2032-04-15"),
    )
    kept = replace(
        person,
        surname=KNOWN.surname,
        given_names=KNOWN.given_names,
        birth_date=KNOWN.birth_date,
        documents=KNOWN.documents,
    )
    assert kept == KNOWN


def test_a_document_that_the_record_has_not_stands_first() -> None:
    person = traveller(
        mrz.read(TD3).fields, DAY, known=replace(KNOWN, documents=KNOWN.documents[:1])
    )
    assert [one.number for one in person.documents] == ["L898902C3", "X-77 81"]


def test_spanish_and_cyrillic_names_are_written_in_letters() -> None:
    assert fields_of(KNOWN).surname == "NUNEZ ALTAMIRA"
    assert (
        fields_of(replace(KNOWN, surname="Щукін", given_names="Юрій"), language="uk").given_names
        == "YURII"
    )


def test_a_number_loses_its_hyphen_and_blank_to_fillers() -> None:
    assert fields_of(KNOWN).document_number == "X<77<81"


@pytest.mark.parametrize(("document", "kind"), [(0, Kind.TD1), (1, Kind.TD3)])
def test_the_type_of_the_document_gives_the_kind(document: int, kind: Kind) -> None:
    assert fields_of(KNOWN, document=document).kind is kind


def test_a_document_that_is_not_there_and_a_name_without_letters_are_refused() -> None:
    with pytest.raises(FormatError, match="2 documents, 2 was asked"):
        fields_of(KNOWN, document=2)
    with pytest.raises(FormatError, match="has no letters in a zone"):
        fields_of(replace(KNOWN, surname="安娜"))
