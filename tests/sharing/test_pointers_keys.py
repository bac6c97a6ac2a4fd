"""What is compared: exact keys in one spelling, approximate keys by sound, and a record's keys."""

from __future__ import annotations

import pytest

from esclusa.errors import InputError
from esclusa.model import (
    Alias,
    Body,
    Consignment,
    Conveyance,
    Examination,
    Identifier,
    ListEntry,
    Party,
    Place,
    PortCall,
    ShipDeclaration,
    TransportEquipment,
    TransportEvent,
    Traveller,
    Voyage,
)
from esclusa.model.people import TravelDocument
from esclusa.sharing.pointers import names
from esclusa.sharing.pointers.gather import pointers_of
from esclusa.sharing.pointers.keys import Pointer, exact, require
from esclusa.sharing.pointers.terms import KEYS

SAME = [
    ("iso6346", ("CSQU3054383",), ("csqu 305438-3",)),
    ("imo", ("9074729",), ("IMO No. 9074729",)),
    ("mmsi", ("351759000",), ("MMSI 351 759 000",)),
    ("duns", ("150483782",), ("15-048-3782",)),
    ("passport", ("PAN", "PA0123456"), ("PA", "pa 0123456")),
    ("passport", ("D<<", "C01X00T47"), ("Germany", "C01X00T47<")),
    ("registration", ("PA", "155-712"), ("Panama", "155 712")),
    ("tax", ("CO", "900.123.456-1"), ("COL", "9001234561")),
    ("name_birth", ("Rivas, Ana María", "1980-02-29"), ("ANA MARIA RIVAS", "1980-02-29")),
]


@pytest.mark.parametrize(("key", "one", "other"), SAME)
def test_two_spellings_of_one_thing_are_one_key(
    key: str, one: tuple[str, ...], other: tuple[str, ...]
) -> None:
    assert exact(key, *one) == exact(key, *other)
    assert exact(key, *one) is not None


NOTHING = [
    ("iso6346", ("CSQU3054384",)), ("iso6346", ("",)),
    ("imo", ("9074728",)), ("imo", ("0000000",)),
    ("mmsi", ("111232506",)), ("mmsi", ("12",)),
    ("duns", ("12345678",)),
    ("passport", ("", "PA0123456")), ("passport", ("Nowhere", "PA0123456")),
    ("passport", ("PA", "N/A")), ("passport", ("PA", "000000000")), ("passport", ("PA", "UNKNOWN")),
    ("name_birth", ("Ana Rivas", "1980")), ("name_birth", ("", "1980-02-29")),
    ("name_birth", ("Ana Rivas", "1980-02-29T00:00")),
]  # fmt: skip


@pytest.mark.parametrize(("key", "said"), NOTHING)
def test_what_cannot_identify_makes_no_key_and_a_person_is_told_why(
    key: str, said: tuple[str, ...]
) -> None:
    assert exact(key, *said) is None
    with pytest.raises(InputError, match=key):
        require(key, *said)


def test_a_key_that_nobody_knows_is_refused() -> None:
    with pytest.raises(InputError, match="not one of the exact keys"):
        require("shoe_size", "42")


def test_the_same_digits_under_another_kind_of_key_or_country_are_another_key() -> None:
    keys = [
        exact("passport", "PA", "123456789"), exact("national_id", "PA", "123456789"),
        exact("passport", "CO", "123456789"), exact("tax", "PA", "123456789"),
        exact("duns", "123456789"),
    ]  # fmt: skip
    assert len({item.encode() for item in keys if item}) == len(keys)


def test_parts_cannot_be_moved_between_fields() -> None:
    assert Pointer("tax", ("PA1", "23")).encode() != Pointer("tax", ("PA", "123")).encode()
    assert Pointer("tax", ("PA", "1", "23")).encode() != Pointer("tax", ("PA", "123")).encode()


# --- approximate ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("one", "other"),
    [("Mouhammed al-Rashid", "Muhamed Rasheed"), ("Yevgeny Ivanov", "IVANOV, Evgenii"),
     ("Ana María Rivas Solano", "Ana Rivas"), ("محمد راشد", "Mohammed Rashid")],
)  # fmt: skip
def test_names_that_sound_alike_share_a_key(one: str, other: str) -> None:
    assert names.person(one, ["1980"]) & names.person(other, ["1980"])


@pytest.mark.parametrize(
    ("one", "other"), [("Ana Rivas", "Ana Solano"), ("Petr Ivanov", "Olga Petrova")]
)
def test_one_word_in_common_is_no_key_in_common(one: str, other: str) -> None:
    assert not names.person(one, ["1980"]) & names.person(other, ["1980"])


def test_the_same_name_born_in_another_year_is_no_hit() -> None:
    assert not names.person("Ana Rivas", ["1980"]) & names.person("Ana Rivas", ["1981"])


def test_without_a_year_of_birth_a_persons_name_is_not_searched() -> None:
    assert not names.person("Ana Rivas", [])
    assert not names.person("Ana Rivas", ["80", ""])


@pytest.mark.parametrize(
    ("date", "years"),
    [("1971", ("1971",)), ("1971-05", ("1971",)), ("1971-05-09", ("1971",)),
     ("1960/1962", ("1960", "1961", "1962")), ("1940/1990", ()), ("", ()), ("about 1970", ())],
)  # fmt: skip
def test_a_birth_date_gives_the_years_it_may_mean(date: str, years: tuple[str, ...]) -> None:
    assert names.years_of(date) == years


def test_a_firm_keeps_its_key_under_another_legal_form_and_a_ship_without_its_prefix() -> None:
    assert names.company("Istmo Primavera, S.A.") == names.company("ISTMO PRIMAVERA SRL")
    assert names.vessel("M/V Gran Altamira") == names.vessel("GRAN ALTAMIRA")


@pytest.mark.parametrize("text", ["", "   ", "…", "\u200b", "A" * 5000, "لا", "'", "x " * 400])
def test_any_text_gives_keys_that_can_be_encoded_or_none(text: str) -> None:
    made = names.person(text, ["1980"]) | names.company(text) | names.vessel(text)
    assert all(item.encode() for item in made)
    assert len(names.person(text, ["1980"])) <= 23


# --- records --------------------------------------------------------------------------------------

SHIP = Conveyance(mode="sea", name="Gran Altamira", imo="9074729", mmsi="351759000")
BOX = TransportEquipment(number="CSQU3054383", voyage=Voyage(conveyance=SHIP))
ANA = Traveller(
    surname="Rivas", given_names="Ana", birth_date="1980-02-29",
    documents=(TravelDocument(number="PA0123456", issuer="PAN"),
               TravelDocument(number="V99999", type="visa", issuer="PAN")),
)  # fmt: skip
BILL = Consignment(
    carrier="NRCH", bill="B77", voyage=Voyage(conveyance=SHIP), equipment=(BOX,),
    parties=(Party(role="shipper", name="Istmo Primavera SA", country="PA",
                   identifiers=(Identifier(scheme="tax", value="155-712-9"),)),
             Party(role="notify", name="Ana Rivas")),
)  # fmt: skip
LISTED = ListEntry(
    list_id="own", uid="1", type="person", name="Ana Rivas",
    aliases=(Alias(name="Anna Rivass"), Alias(name="La Reina", weak=True)),
    birth_dates=("1980-02-29", "1981"), nationalities=("PA",),
    identifiers=(Identifier(scheme="passport", value="PA0123456"),),
)  # fmt: skip
SHIP_KEYS = {"imo", "mmsi", "vessel_name"}


@pytest.mark.parametrize(
    ("body", "keys"),
    [
        (BOX, {"iso6346"} | SHIP_KEYS),
        (PortCall(voyage=Voyage(conveyance=SHIP), port=Place(code="MRSAN")), SHIP_KEYS),
        (
            TransportEvent(event="load", equipment=BOX, voyage=Voyage(conveyance=SHIP)),
            {"iso6346"} | SHIP_KEYS,
        ),
        (ShipDeclaration(form="waste", voyage=Voyage(conveyance=SHIP), port=Place()), SHIP_KEYS),
        (
            Examination(
                agency="A", number="1", equipment=BOX.number, voyage=Voyage(conveyance=SHIP)
            ),
            {"iso6346"} | SHIP_KEYS,
        ),
        (ANA, {"passport", "name_birth", "name_year", "name_near", "name_near_facts"}),
        (BILL, {"iso6346", "tax", "company_name"} | SHIP_KEYS),
        (LISTED, {"passport", "name_birth", "name_year", "name_near", "name_near_facts"}),
    ],
    ids=[
        "equipment",
        "port call",
        "event",
        "declaration",
        "examination",
        "traveller",
        "consignment",
        "list entry",
    ],
)
def test_a_record_is_found_by_these_keys(body: Body, keys: set[str]) -> None:
    assert {item.key for item in pointers_of(body)} == keys


def test_only_the_keys_agreed_are_made() -> None:
    assert {item.key for item in pointers_of(BILL, ("imo",))} == {"imo"}


def test_a_listed_person_and_a_traveller_meet_by_document_by_birth_and_by_sound() -> None:
    both = pointers_of(LISTED) & pointers_of(ANA)
    by_name = {"name_birth", "name_year", "name_near", "name_near_facts"}
    assert {item.key for item in both} == {"passport"} | by_name


def test_a_weak_alias_makes_no_key() -> None:
    assert not pointers_of(LISTED) & names.person("La Reina", ["1980", "1981"])


def test_an_aircraft_is_no_vessel() -> None:
    plane = Conveyance(mode="air", name="AM218", imo="9074729")
    call = PortCall(voyage=Voyage(conveyance=plane), port=Place(code="PTY"))
    assert not pointers_of(call)


def test_every_exact_key_has_a_maker_and_a_kind() -> None:
    approximate = {"name_year", "name_near", "name_near_facts", "company_name", "vessel_name"}
    for key in set(KEYS) - approximate:
        with pytest.raises(InputError):
            require(key, *("", "")[: 1 if key in ("iso6346", "imo", "mmsi", "duns") else 2])
