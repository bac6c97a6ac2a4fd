"""PNRGOV: the WCO/IATA/ICAO guide, and what senders make of it."""

from __future__ import annotations

import io
import random
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typed_reading import codes, edifact_message, messages, read_edifact

from esclusa.formats.edifact import reader as edifact
from esclusa.formats.pnr_texts import state, untitled
from esclusa.model import Function, Message, TravelDocument, Traveller, natural_key

SAMPLE = Path(__file__).resolve().parents[1] / "data" / "fictional" / "pnrgov.edi"

HEAD = """
MSG+:22
ORG+AM:UIO
TVL+180426:1110:180426:1445+UIO+PTY+AM+0218
"""
BOOKING = """
SRC
RCI+AM:AM7KQ2
TIF+PITTI:I+NIEVES:A:1
TIF+VILLALAZ:I+HUGO:A:2
"""


def push(body: str, head: str = HEAD) -> Message:
    return edifact_message("PNRGOV", head + body, "15:1:IA")


def people(message: Message) -> list[Traveller]:
    return [each for each in message.statements if isinstance(each, Traveller)]


@pytest.fixture(scope="module")
def sample() -> list[Message]:
    return messages(read_edifact(SAMPLE.read_bytes()))


@pytest.fixture(scope="module")
def booked(sample: list[Message]) -> dict[str, Traveller]:
    return {each.given_names: each for message in sample for each in people(message)}


# --- the sample --------------------------------------------------------------------------------


def test_each_traveller_of_each_booking_is_one_statement(sample: list[Message]) -> None:
    assert [(each.function, len(each.statements)) for each in sample] == [
        (Function.ORIGINAL, 5),
        (Function.CANCELLATION, 1),
    ]


def test_the_only_defect_is_the_birth_date_that_is_none(sample: list[Message]) -> None:
    (defect,) = [each for message in sample for each in message.defects]
    assert (defect.code, defect.segment, defect.element) == ("value.date", "SSR", "1.9")
    assert SAMPLE.read_bytes()[defect.offset :].startswith(b"SSR+DOCS:HK:1:AM:::UIO:PTY:/P/COL")


def test_docs_give_names_birth_gender_nationality_and_document(
    booked: dict[str, Traveller],
) -> None:
    adult = booked["NIEVES ALMA"]
    assert (adult.surname, adult.birth_date, adult.gender) == ("PITTI", "1984-06-02", "F")
    assert (adult.nationality, adult.residence) == ("ECU", "ECU")
    assert adult.documents == (
        TravelDocument(number="AR5520187", type="passport", issuer="ECU", expires="2030-01-17"),
        TravelDocument(number="V7710023", type="visa", issuer="PAN"),
    )


def test_the_flight_of_the_header_is_the_journey_and_the_key(booked: dict[str, Traveller]) -> None:
    adult = booked["NIEVES ALMA"]
    assert (adult.journey.carrier, adult.journey.number) == ("AM", "218")
    assert (adult.journey.departure, adult.journey.arrival) == (
        "2026-04-18T11:10",
        "2026-04-18T14:45",
    )
    assert natural_key(adult) == "AM/218/2026-04-18/ECU/AR5520187"


def test_all_flights_are_legs_and_a_codeshare_is_the_flight_that_flies(
    booked: dict[str, Traveller],
) -> None:
    assert [(leg.carrier, leg.number) for leg in booked["NIEVES ALMA"].legs] == [
        ("AM", "218"),
        ("NR", "474"),
    ]


def test_hotels_split_off_bookings_and_history_state_nothing(booked: dict[str, Traveller]) -> None:
    assert "LUCIA" not in booked
    assert booked["HUGO"].booking_reference == "AM7KQ2"
    assert len(booked["HUGO"].legs) == 2


def test_an_infant_takes_the_document_that_stands_with_its_adult(
    booked: dict[str, Traveller],
) -> None:
    infant = booked["BRUNO"]
    assert (infant.birth_date, infant.gender, infant.surname) == ("2025-08-11", "M", "PITTI")
    assert [each.number for each in infant.documents] == ["AR5520188"]


def test_bags_are_those_checked_in_on_the_flight(booked: dict[str, Traveller]) -> None:
    assert (booked["NIEVES ALMA"].bags, booked["HUGO"].bags) == (2, None)


def test_a_seat_given_up_is_a_cancellation(booked: dict[str, Traveller]) -> None:
    assert booked["OSCAR"].booking_reference == "CNX001"
    assert booked["OSCAR"].legs == ()


def test_travellers_of_one_surname_stand_in_one_tif_and_a_group_is_nobody(
    booked: dict[str, Traveller],
) -> None:
    assert (booked["INES"].surname, booked["MARTA"].surname) == ("JURADO", "JURADO")
    assert not any("CHOIR" in each.surname for each in booked.values())


def test_the_locator_of_the_carrier_that_flies_stands_before_others(
    booked: dict[str, Traveller],
) -> None:
    assert booked["NIEVES ALMA"].booking_reference == "AM7KQ2"
    other = push("SRC\nRCI+1A:FIRST1+NR:OTHER2\nTIF+PITTI+NIEVES:A:1")
    assert people(other)[0].booking_reference == "FIRST1"


# --- a forgiving grammar -----------------------------------------------------------------------


def test_an_ssr_finds_its_traveller_by_reference_wherever_it_stands() -> None:
    docs = "SSR+DOCS:HK:1:AM:::::/P/ECU/X1/ECU/02JUN84/F//PITTI/NIEVES+::1"
    flight = "TVL+180426:1110:180426:1445+UIO+PTY+AM+218"
    for body in (
        BOOKING + docs,
        BOOKING + flight + "\n" + docs,
        "SRC\n" + docs + BOOKING.replace("SRC", ""),
        BOOKING + flight + "\nDAT+2:180426:0915\nTRI++1:::2\n" + docs,
    ):
        first, second = people(push(body))
        assert ([each.number for each in first.documents], second.documents) == (["X1"], ())


def test_without_reference_the_place_decides_and_after_the_flights_the_name() -> None:
    docs = "SSR+DOCS:HK:1:AM:::::/P/ECU/X1/ECU/02JUN84/F//VILLALAZ/HUGO RAUL"
    inside, outside = push(BOOKING + docs), push(BOOKING + "TVL+180426+UIO+PTY+AM+218\n" + docs)
    assert people(inside)[1].documents == people(outside)[1].documents != ()


def test_an_ssr_that_is_nobodys_is_noted_and_costs_only_itself() -> None:
    docs = "SSR+DOCS:HK:1:AM:::::/P/ECU/X1/ECU/02JUN84/F//WATTS/OSCAR+::9"
    message = push(BOOKING + "TVL+180426+UIO+PTY+AM+218\n" + docs)
    assert codes(message) == ["pnrgov.ssr.owner"]
    assert [each.documents for each in people(message)] == [(), ()]


@pytest.mark.parametrize(
    ("bad", "code"),
    [
        ("SSR+DOCS:HK:1:AM:::::/P/ECU", "pnrgov.ssr.docs"),
        ("SSR+DOCS", "pnrgov.ssr.docs"),
        ("SSR+DOCS:HK:1:AM:::::/P/ECU/X2/ECU/99JUN84/F//PITTI/NIEVES+::1", "value.date"),
        ("SSR+DOCS:HK:1:AM:::::/P/ECU/X2/ECU/02JUN84/Q//PITTI/NIEVES+::1", "pnrgov.gender"),
        ("SSR+INFT:NN:1:AM:::::BRUNO", "pnrgov.ssr.inft"),
        ("SSR+CHLD:HK:1:AM:::::YESTERDAY+::1", "value.date"),
    ],
)
def test_a_bad_ssr_costs_only_itself(bad: str, code: str) -> None:
    good = "SSR+DOCS:HK:1:AM:::::/P/COL/C9/COL/30SEP71/M//VILLALAZ/HUGO+::2"
    message = push(f"{BOOKING}\n{bad}\n{good}")
    assert code in codes(message)
    assert [each.surname for each in people(message)] == ["PITTI", "VILLALAZ"]
    assert [each.number for each in people(message)[1].documents] == ["C9"]


def test_truncated_segments_are_passed_over_and_noted() -> None:
    """3.1 % of one agency's messages failed on a history line cut down to its first letters."""
    body = "LTS+0/O/NM/PITTI\nL\nLT\nSRC\nRCI+AM:SECOND\nTIF+WATTS+OSCAR:A:1"
    message = push(BOOKING + body)
    assert [each.surname for each in people(message)] == ["PITTI", "VILLALAZ", "WATTS"]
    assert [(each.code, each.reason.split()[0], each.length) for each in message.defects] == [
        ("edifact.segment.junk", "'L'", 2),
        ("edifact.segment.junk", "'LT'", 3),
    ]


def test_a_booking_that_lost_its_src_opens_at_its_first_segment() -> None:
    message = push(BOOKING.replace("SRC", ""))
    assert codes(message) == ["pnrgov.src.missing"]
    assert [each.booking_reference for each in people(message)] == ["AM7KQ2", "AM7KQ2"]


def test_without_a_flight_in_the_header_the_travellers_still_stand() -> None:
    message = push(BOOKING, "MSG+:22")
    assert codes(message) == ["pnrgov.flight.missing"]
    assert len(people(message)) == 2


def test_the_order_of_groups_does_not_matter() -> None:
    flight = "TVL+180426:1110+UIO+PTY+AM+218\nRPI+2+HK"
    before, after = push("SRC\n" + flight + BOOKING.replace("SRC", "")), push(BOOKING + flight)
    assert before.statements == after.statements


def test_an_unknown_segment_is_noted_once() -> None:
    assert codes(push(BOOKING + "XYZ+1\nXYZ+2")) == ["pnrgov.segment.unknown"]


@pytest.mark.parametrize(
    ("sent", "departure", "arrival"),
    [
        ("180426:1110:180426:1445", "2026-04-18T11:10", "2026-04-18T14:45"),
        ("180426:1110::1445", "2026-04-18T11:10", "2026-04-18T14:45"),
        ("180426:2310:190426:0145", "2026-04-18T23:10", "2026-04-19T01:45"),
        ("180426:1110:1445", "2026-04-18T11:10", "2026-04-18T14:45"),
        ("180426", "2026-04-18", ""),
        ("18042026:1110", "2026-04-18T11:10", ""),
    ],
)
def test_moments_of_a_flight(sent: str, departure: str, arrival: str) -> None:
    message = push(BOOKING, f"MSG+:22\nTVL+{sent}+UIO+PTY+AM+218")
    leg = people(message)[0].journey
    assert (leg.departure, leg.arrival) == (departure, arrival)


def test_a_time_in_the_place_of_a_date_is_noted_and_one_that_is_none_is_a_defect() -> None:
    assert codes(push(BOOKING, "TVL+180426:1110:1445+UIO+PTY+AM+218")) == ["pnrgov.time.place"]
    message = push(BOOKING, "TVL+180426:4321+UIO+PTY+AM+218")
    assert codes(message) == ["value.date"]
    assert people(message)[0].journey.departure == "2026-04-18"


# --- who, in which booking ---------------------------------------------------------------------


def test_an_infant_known_from_its_adults_ssr_alone_becomes_a_traveller() -> None:
    inft = push(BOOKING + "SSR+INFT:NN:1:AM:::::PITTI/BRUNO/11AUG25+::1")
    docs = push(BOOKING + "SSR+DOCS:HK:1:AM:::::/P/ECU/X9/ECU/11AUG25/MI//PITTI/BRUNO+::1")
    for message in (inft, docs):
        infant = people(message)[2]
        assert (infant.surname, infant.given_names, infant.birth_date) == (
            "PITTI",
            "BRUNO",
            "2025-08-11",
        )
    assert people(docs)[0].documents == ()


def test_the_same_person_below_a_flight_is_not_counted_twice() -> None:
    seats = "TVL+180426+UIO+PTY+AM+218\nTRI++7:::1\nTIF+PITTI:I+NIEVES:A:1\nTBD++01:23:700"
    message = push(BOOKING + seats)
    assert [each.bags for each in people(message)] == [1, None]


def test_bags_of_the_journey_stand_before_those_of_other_flights() -> None:
    legs = (
        "TVL+170426+GYE+UIO+AM+77\nTIF+PITTI:I+NIEVES:A:1\nTBD++3:60:700\n"
        "TVL+180426+UIO+PTY+AM+218\nTIF+PITTI:I+NIEVES:A:1\nTBD++2:40:700"
    )
    assert people(push(BOOKING + legs))[0].bags == 2
    assert (
        people(push(BOOKING + legs.splitlines()[0] + "\n" + "\n".join(legs.splitlines()[1:3])))[
            0
        ].bags
        == 3
    )


def test_an_older_codeshare_names_the_flight_in_a_tvl_without_places() -> None:
    legs = "TVL+190426:1000+PTY+BOG+AM:NR+9099:Y\nTVL+++++474:Y"
    (leg,) = people(push(BOOKING + legs))[0].legs
    assert (leg.carrier, leg.number) == ("NR", "474")


def test_the_flight_is_found_under_its_codeshare_number() -> None:
    legs = "TVL+180426:1110::1500+UIO+PTY+NR:AM+9099:Y\nTVL+++++218:Y"
    person = people(push(BOOKING + legs))[0]
    assert person.legs == ()
    assert (person.journey.carrier, person.journey.number) == ("AM", "218")


def test_where_a_traveller_boards_and_leaves_the_flight() -> None:
    legs = "TVL+180426:1300::1445+GYE+PTY+AM+218:Y"
    person = people(push(BOOKING + legs))[0]
    assert (person.embarkation.code, person.disembarkation.code) == ("GYE", "PTY")
    assert (person.journey.departure_place.code, person.journey.departure) == (
        "UIO",
        "2026-04-18T11:10",
    )


def test_a_cancelled_flight_is_no_leg_and_a_cancelled_service_says_nothing() -> None:
    legs = (
        "TVL+180426+UIO+PTY+AM+218\nRPI+2+HK\nTVL+190426+PTY+BOG+AM+9\nRPI+2+XX\n"
        "SSR+DOCS:XX:1:AM:::::/P/ECU/X1/ECU/02JUN84/F//PITTI/NIEVES+::1"
    )
    person = people(push(BOOKING + legs))[0]
    assert (person.legs, person.documents) == ((), ())


def test_eqn_counts_bookings_or_travellers_and_a_missing_one_is_a_warning() -> None:
    for count, expected in (("1", []), ("2", []), ("3", ["pnrgov.count"])):
        assert codes(push(BOOKING, HEAD + f"EQN+{count}")) == expected


def test_a_traveller_in_two_bookings_is_noted() -> None:
    docs = "SSR+DOCS:HK:1:AM:::::/P/ECU/X1/ECU/02JUN84/F//PITTI/NIEVES+::1\n"
    message = push(BOOKING + docs + BOOKING.replace("TIF+VILLALAZ:I+HUGO:A:2", "") + docs)
    assert codes(message) == ["pnrgov.traveller.repeated"]


@pytest.mark.parametrize(
    ("head", "function"),
    [("MSG+:22", "original"), ("MSG+:141", "amendment"), ("MSG+:77", "original"), ("", "original")],
)
def test_the_function_of_a_message(head: str, function: str) -> None:
    message = push(BOOKING, head + HEAD.replace("MSG+:22", ""))
    assert message.function == function
    assert ("pnrgov.function" in codes(message)) is (head == "MSG+:77")


def test_a_hostile_booking_is_bounded() -> None:
    """A thousand travellers on a thousand flights would state a million legs."""
    names = "\n".join(f"TIF+PITTI+N{at}:A:{at}" for at in range(1, 1101))
    legs = "\n".join("TVL+190426+PTY+BOG+AM+9" for _ in range(300))
    message = push(f"SRC\nRCI+AM:BIG\n{names}\n{legs}")
    assert message.refused or len(people(message)) == 999
    assert {"pnrgov.booking.size", "edifact.message.growth"} & set(codes(message))


# --- texts -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sent", "plain"),
    [
        ("JOHNMR", "JOHN"), ("NINA MS", "NINA"), ("KONG CHUN MRS", "KONG CHUN"), ("AMR", "AMR"),
        ("ADAMS", "ADAMS"), ("MR", "MR"), ("LUCIAMISS", "LUCIA"), ("", ""), ("JO  ANN", "JO ANN"),
    ],
)  # fmt: skip
def test_titles_are_taken_off_given_names(sent: str, plain: str) -> None:
    assert untitled(sent) == plain


def test_two_letters_of_a_state_become_three_and_others_stay() -> None:
    assert [state(code) for code in ("EC", "ECU", "D", "XXB", "Q9", "")] == [
        "ECU", "ECU", "D", "XXB", "Q9", "",
    ]  # fmt: skip


@pytest.mark.parametrize("text", ["/P/EC/X1/EC/02JUN84/F", "P/EC/X1/EC/02JUN84/F"])
def test_the_leading_slash_of_docs_may_be_missing(text: str) -> None:
    person = people(push(BOOKING + f"SSR+DOCS:HK:1:AM:::::{text}+::1"))[0]
    assert (person.documents[0].number, person.birth_date) == ("X1", "1984-06-02")


def test_a_docs_without_number_gives_birth_and_gender_alone() -> None:
    person = people(push(BOOKING + "SSR+DOCS:HK:1:AM::::://///02JUN84/F//PITTI/NIEVES+::1"))[0]
    assert (person.documents, person.birth_date, person.gender) == ((), "1984-06-02", "F")


@pytest.mark.parametrize(
    ("text", "documents"),
    [
        ("/QUITO/V/V77/PANAMA/03MAR26/PAN", ["V77"]),
        ("QUITO/V/V77/PANAMA/03MAR26/PAN", ["V77"]),
        ("/V/V77/PANAMA/03MAR26/PAN", ["V77"]),
        ("//K/K123456/USA", []),
        ("", []),
    ],
)
def test_doco_gives_visas_and_no_traveller_numbers(text: str, documents: list[str]) -> None:
    person = people(push(BOOKING + f"SSR+DOCO:HK:1:AM:::::{text}+::1"))[0]
    assert [each.number for each in person.documents] == documents


def test_a_lost_colon_does_not_lose_the_document() -> None:
    person = people(push(BOOKING + "SSR+DOCS:HK:1:AM::/P/ECU/X1/ECU/02JUN84/F//PITTI/NIEVES+::1"))
    assert person[0].documents[0].number == "X1"


# --- damage ------------------------------------------------------------------------------------


@given(at=st.integers(0, SAMPLE.stat().st_size - 1))
@settings(max_examples=80)
def test_cut_at_any_byte_a_message_is_refused_or_whole_and_its_neighbour_stands(at: int) -> None:
    whole = SAMPLE.read_bytes()
    first, cut = messages(read_edifact(whole)), messages(read_edifact(whole + whole[:at]))
    assert [each.statements for each in cut[:2]] == [each.statements for each in first]
    for message in cut[2:]:
        assert message.refused or message.statements in [each.statements for each in first]


@given(seed=st.integers(0, 2**32))
@settings(max_examples=80)
def test_a_lost_segment_costs_no_booking_beside_its_own(seed: int) -> None:
    parts = SAMPLE.read_bytes().split(b"'")
    inner = [at for at, part in enumerate(parts) if part.strip()[:3] not in (
        b"UNA", b"UNB", b"UNG", b"UNH", b"UNT", b"UNE", b"UNZ", b"SRC", b"",
    )]  # fmt: skip
    lost = random.Random(seed).choice(inner)
    kept = b"'".join(parts[:lost] + parts[lost + 1 :])
    whole, damaged = _by_booking(SAMPLE.read_bytes()), _by_booking(kept)
    changed = [key for key in whole if damaged.get(key) != whole[key]]
    if b"TVL+180426:1110:180426:1445+UIO+PTY+AM+0218" not in parts[lost]:
        assert len(changed) <= 1


def _by_booking(data: bytes) -> dict[str, Counter[str]]:
    found: dict[str, Counter[str]] = {}
    for item in edifact.read(io.BytesIO(data)):
        for person in people(item) if isinstance(item, Message) else ():
            one = found.setdefault(person.booking_reference, Counter())
            one[person.surname + person.given_names] += 1
    return found
