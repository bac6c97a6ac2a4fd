"""PAXLST: the WCO/IATA/ICAO implementation guide, and lists of other projects."""

from __future__ import annotations

import pytest
from typed_reading import codes, edifact_message, read_sample

from esclusa.formats.edifact.paxlst import flight
from esclusa.model import Function, Message, TravelDocument, Traveller, natural_key

LIST = """
BGM+745
NAD+MS+++ALTAMIRA AIR
COM+555 0100:TE
TDT+20+AM218+++AM
LOC+125+UIO
DTM+189:2604181110:201
LOC+87+PTY
DTM+232:2604181445:201
NAD+FL+++PITTI:NIEVES:ALMA
ATT+2++F
DTM+329:140602
MEA+CT++:2
LOC+178+UIO
LOC+179+BOG
LOC+174+ECU
NAT+2+ECU
RFF+AVF:K7QX2M
RFF+SEA:2A
DOC+P:110:111+AR5520187
DTM+36:300117
LOC+91+ECU
NAD+DDU+++WATTS:HUGO
DOC+V+V77
DOC+P+XN4471902
LOC+91+COL
NAD+FM+++JURADO:INES
DTM+329:710718
CNT+42:3
"""


def people(message: Message) -> list[Traveller]:
    return [each for each in message.statements if isinstance(each, Traveller)]


@pytest.fixture(scope="module")
def listed() -> list[Traveller]:
    message = edifact_message("PAXLST", LIST, "D:02B:UN:IATA")
    assert message.defects == ()
    assert message.function is Function.ORIGINAL
    return people(message)


def test_nad_opens_a_traveller_and_its_qualifier_gives_the_role(listed: list[Traveller]) -> None:
    assert [each.role for each in listed] == ["passenger", "transit", "crew"]


def test_names_gender_birth_and_nationality(listed: list[Traveller]) -> None:
    child = listed[0]
    assert (child.surname, child.given_names) == ("PITTI", "NIEVES ALMA")
    assert (child.gender, child.birth_date, child.nationality) == ("F", "2014-06-02", "ECU")
    assert (child.residence, child.booking_reference, child.bags) == ("ECU", "K7QX2M", 2)


def test_loc_178_and_179_are_the_travellers_own_ends(listed: list[Traveller]) -> None:
    assert (listed[0].embarkation.code, listed[0].disembarkation.code) == ("UIO", "BOG")
    assert listed[0].embarkation.scheme == "iata"


def test_the_place_of_birth_is_its_name_and_code() -> None:
    for said, kept in (("LOC+180+PAN:::COLON", "COLON, PAN"), ("LOC+180+PAN", "PAN")):
        text = LIST.replace("LOC+174", f"{said}\nLOC+174", 1)
        child = people(edifact_message("PAXLST", text, "D:02B:UN:IATA"))[0]
        assert (child.birth_place, child.residence) == (kept, "ECU")


def test_document_with_expiry_and_issuer(listed: list[Traveller]) -> None:
    assert listed[0].documents == (
        TravelDocument(number="AR5520187", type="passport", issuer="ECU", expires="2030-01-17"),
    )


def test_a_passport_stands_before_a_visa_because_the_key_rests_on_it(
    listed: list[Traveller],
) -> None:
    assert [each.type for each in listed[1].documents] == ["passport", "visa"]
    assert natural_key(listed[1]) == "AM/218/2026-04-18/COL/XN4471902"


def test_without_document_the_key_rests_on_name_and_birth(listed: list[Traveller]) -> None:
    assert natural_key(listed[2]) == "AM/218/2026-04-18/JURADO/INES/1971-07-18"


def test_the_leg_from_loc_125_to_87_is_the_journey(listed: list[Traveller]) -> None:
    leg = listed[0].journey
    assert (leg.departure_place.code, leg.arrival_place.code) == ("UIO", "PTY")
    assert (leg.departure, leg.arrival) == ("2026-04-18T11:10", "2026-04-18T14:45")
    assert listed[0].legs == ()


def test_of_several_legs_the_journey_is_the_one_that_crosses_the_border() -> None:
    body = """
    BGM+745
    TDT+20+QQ877+++QQ
    LOC+92+MIA
    DTM+189:0807101500:201
    LOC+92+IAD
    DTM+232:0807101755:201
    TDT+20+QQ827+++QQ
    LOC+125+IAD
    DTM+189:0808102000:201
    LOC+87+CDG
    DTM+232:0808110630:201
    NAD+FL+++BARRIA:ABEL
    """
    (found,) = people(edifact_message("PAXLST", body))
    assert [(leg.departure_place.code, leg.arrival_place.code) for leg in found.legs] == [
        ("MIA", "IAD"),
        ("IAD", "CDG"),
    ]
    assert found.journey == found.legs[1]


@pytest.mark.parametrize(
    ("carrier", "number", "expected"),
    [
        ("", "LH0532", ("LH", "532")),
        ("LH", "LH532", ("LH", "532")),
        ("LH", "0532", ("LH", "532")),
        ("LH", "532", ("LH", "532")),
        ("", "A92707", ("A9", "2707")),
        ("LH", "XX532", ("LH", "XX532")),
        ("", "", ("", "")),
    ],
)
def test_flight_number_is_the_same_however_it_is_written(
    carrier: str, number: str, expected: tuple[str, str]
) -> None:
    assert flight(carrier, number) == expected


def test_birth_years_lie_before_the_message_and_expiries_may_lie_after() -> None:
    body = "BGM+745\nNAD+FL+++A:B\nDTM+329:590610\nDOC+P+N1\nDTM+36:351231"
    (found,) = people(edifact_message("PAXLST", body))
    assert (found.birth_date, found.documents[0].expires) == ("1959-06-10", "2035-12-31")


def test_a_birth_date_known_in_part_is_kept_in_part() -> None:
    (found,) = people(edifact_message("PAXLST", "NAD+FL+++A:B\nDTM+329:19710000:102"))
    assert found.birth_date == "1971"


@pytest.mark.parametrize(
    ("word", "function"),
    [("CP", Function.AMENDMENT), ("XR", Function.CANCELLATION), ("C", Function.ORIGINAL)],
)
def test_document_number_of_bgm_says_what_a_list_does(word: str, function: Function) -> None:
    message = edifact_message("PAXLST", f"BGM+745+{word}\nNAD+FL+++A:B")
    assert message.function is function


def test_a_missing_surname_a_bad_gender_and_a_document_without_number_are_noted() -> None:
    message = edifact_message("PAXLST", "NAD+FL\nATT+2++Q\nDOC+P")
    assert codes(message) == ["paxlst.name.missing", "paxlst.gender", "paxlst.document.number"]
    (found,) = people(message)
    assert (found.surname, found.gender, found.documents) == ("", "Q", ())


def test_bags_are_read_with_and_without_the_colon() -> None:
    body = "NAD+FL+++A:B\nMEA+CT++1\nMEA+WT++KGM:13\nNAD+FL+++C:D\nMEA+CT++:3"
    assert [each.bags for each in people(edifact_message("PAXLST", body))] == [1, 3]


def test_contact_of_the_sender_is_no_traveller() -> None:
    message = edifact_message("PAXLST", "BGM+745\nNAD+MS+++HELP DESK")
    assert message.statements == ()


def test_real_list_with_other_separators_and_a_group() -> None:
    (message,) = read_sample("paxlst-d05b-ediclean-c.edi")
    found = people(message)
    assert [each.documents[0].number for each in found] == ["756178630", "736393519", "730087856"]
    assert found[0].birth_date == "2015-12-04"
    assert found[2].birth_date == "1959-06-10"
    assert natural_key(found[0]) == "B2/740/2021-08-27/AUT/756178630"
    assert (found[0].disembarkation.code, found[0].bags) == ("DME", 1)
    assert "edifact.unt.count" in codes(message)


def test_real_crew_list_reads_crew_and_a_licence_as_other_document() -> None:
    (message,) = read_sample("paxlst-d05b-ediclean-f.edi")
    (found,) = people(message)
    assert (found.role, found.journey.carrier, found.journey.number) == ("crew", "TK", "334")
    assert [each.type for each in found.documents] == ["passport", "other"]
    assert found.documents[1].expires == "2036-01-01"


def test_real_list_reads_its_only_passenger() -> None:
    (message,) = read_sample("paxlst-d05b-ediclean-b.edi")
    (found,) = people(message)
    assert (found.surname, found.given_names, found.gender) == ("AERWDEDE", "FERDE H", "F")
    assert found.documents[0].expires == "2028-07-27"


def test_real_land_list_reads_the_driver_and_the_country_that_issued_each_document() -> None:
    (message,) = read_sample("paxlst-d03b-smooks.edi")
    (found,) = people(message)
    assert message.function is Function.AMENDMENT
    assert (found.surname, found.birth_date, found.nationality) == ("AOMAD", "1935-09-19", "US")
    assert [(each.type, each.number, each.issuer) for each in found.documents] == [
        ("passport", "15504141", "US"),
        ("other", "P100971204141", "US"),
    ]
    assert found.gender == "M", "syntax version 4: * repeats the element, the first one counts"
    assert message.defects == ()
