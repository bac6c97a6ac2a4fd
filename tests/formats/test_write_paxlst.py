"""PAXLST written: the WCO/IATA/ICAO guide, and what comes back when it is read."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from test_paxlst import LIST
from typed_reading import edifact_message
from typed_writing import (
    DAY,
    MINUTE,
    PLACE,
    check_order,
    check_same,
    head,
    messages,
    read,
    returned,
    samples_of,
    stating,
    text,
    texts,
    written,
)  # fmt: skip

from esclusa.formats.edifact import write_paxlst, writers
from esclusa.formats.edifact.drafting import WritingError
from esclusa.formats.edifact.paxlst import flight
from esclusa.model import (
    Function,
    Journey,
    Message,
    Place,
    PortCall,
    TravelDocument,
    Traveller,
    Voyage,
)

SAMPLES = samples_of("edifact.paxlst")

TABLE = (
    r"UNH BGM( NAD)?( TDT( LOC)?( DTM)?( LOC)?( DTM)?)*"
    r"( NAD( ATT)?( DTM)?( MEA)?( LOC)*( NAT)?( RFF)?( DOC( DTM)?( LOC)?)*)* CNT UNT"
)
"""Segment table of D.01B with RFF behind NAT, as the guide uses it."""

QUITO, PANAMA, BOGOTA = (Place(code=code, scheme="iata") for code in ("UIO", "PTY", "BOG"))
LEG = Journey(
    carrier="AM", number="218", departure_place=QUITO, departure="2026-04-18T11:10",
    arrival_place=PANAMA, arrival="2026-04-18T14:45",
)  # fmt: skip
CHILD = Traveller(
    surname="PITTI", given_names="NIEVES ALMA", gender="F", birth_date="2014-06-02",
    nationality="ECU", residence="PAN", embarkation=QUITO, disembarkation=BOGOTA, journey=LEG,
    booking_reference="K7QX2M", bags=2,
    documents=(TravelDocument(number="AR5520187", issuer="ECU", expires="2030-01-17"),),
)  # fmt: skip
CREW = Traveller(surname="JURADO", role="crew", journey=LEG)


def test_a_list_is_written_segment_by_segment_as_the_guide_has_it() -> None:
    assert texts("PAXLST", stating(CHILD)) == [
        "UNH+M1+PAXLST:D:02B:UN:IATA",
        "BGM+745",
        "NAD+MS+++NORTHREACH",
        "TDT+20+AM218+++AM",
        "LOC+125+UIO",
        "DTM+189:2604181110:201",
        "LOC+87+PTY",
        "DTM+232:2604181445:201",
        "NAD+FL+++PITTI:NIEVES:ALMA",
        "ATT+2++F",
        "DTM+329:140602",
        "MEA+CT++:2",
        "LOC+178+UIO",
        "LOC+179+BOG",
        "LOC+174+PAN",
        "NAT+2+ECU",
        "RFF+AVF:K7QX2M",
        "DOC+P:110:111+AR5520187",
        "DTM+36:300117",
        "LOC+91+ECU",
        "CNT+42:1",
        "UNT+22+M1",
    ]


def test_what_was_written_comes_back_as_it_was() -> None:
    assert returned("PAXLST", CHILD, CREW) == [CHILD, CREW]
    check_order("PAXLST", stating(CHILD, CREW), TABLE)


@pytest.mark.parametrize(("name", "message"), SAMPLES, ids=[name for name, _ in SAMPLES])
def test_every_sample_comes_back_as_it_was_and_in_its_order(name: str, message: Message) -> None:
    (found,) = read(written("PAXLST", message))
    assert found.statements == message.statements
    assert found.function is message.function
    check_order("PAXLST", message, TABLE)


def test_there_are_samples() -> None:
    assert len(SAMPLES) >= 13


def test_the_list_of_the_readers_own_test_comes_back() -> None:
    check_same("PAXLST", edifact_message("PAXLST", LIST, "D:02B:UN:IATA"))


def test_a_crew_list_has_a_name_and_a_total_of_its_own() -> None:
    found = texts("PAXLST", stating(CREW, CREW))
    assert found[1] == "BGM+250"
    assert "CNT+41:2" in found
    assert [each for each in found if each.startswith("NAD+FM")] == ["NAD+FM+++JURADO"] * 2


@pytest.mark.parametrize(
    ("function", "bgm"),
    [
        (Function.ORIGINAL, "BGM+745"),
        (Function.AMENDMENT, "BGM+745+CP"),
        (Function.CANCELLATION, "BGM+745+XR"),
    ],
)
def test_1004_says_what_the_list_does(function: Function, bgm: str) -> None:
    message = stating(CHILD, function=function)
    assert texts("PAXLST", message)[1] == bgm
    check_same("PAXLST", message)


def test_the_leg_of_interest_is_marked_among_several() -> None:
    onward = Journey(carrier="AM", number="9", departure_place=PANAMA, arrival_place=BOGOTA)
    person = replace(CHILD, legs=(onward, LEG), journey=LEG)
    assert texts("PAXLST", stating(person))[3:10] == [
        "TDT+20+AM9+++AM", "LOC+92+PTY", "LOC+92+BOG",
        "TDT+20+AM218+++AM", "LOC+125+UIO", "DTM+189:2604181110:201", "LOC+87+PTY",
    ]  # fmt: skip
    assert returned("PAXLST", person) == [person]


def test_travellers_of_two_journeys_stand_in_two_lists() -> None:
    message = stating(CHILD, replace(CREW, journey=replace(LEG, number="219")), CHILD)
    assert len(write_paxlst.write(message)) == 2
    check_same("PAXLST", message)


def test_short_dates_are_used_where_they_mean_the_same_year() -> None:
    old = replace(CHILD, birth_date="1920-01-31")
    assert "DTM+329:19200131:102" in texts("PAXLST", stating(old))
    partial = replace(CHILD, birth_date="1980")
    assert "DTM+329:1980:602" in texts("PAXLST", stating(partial))
    far = replace(CHILD, documents=(TravelDocument(number="X", expires="2066-01-01"),))
    assert "DTM+36:20660101:102" in texts("PAXLST", stating(far))
    for each in (old, partial, far):
        assert returned("PAXLST", each) == [each]


def test_the_year_of_short_dates_is_the_interchanges_own() -> None:
    """A message made in 2014 and sent in 1999: the reader knows the interchange alone."""
    message = replace(stating(CHILD), prepared="2014-06-03T00:00:00")
    pieces = writers.write(head(prepared="1999-01-01T00:00"), [message], "PAXLST")
    (found,) = read(b"".join(pieces))
    assert found.statements == (CHILD,)


# -- what the message cannot carry ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("sent", "back"),
    [
        (replace(CHILD, legs=(LEG,)), CHILD),
        (
            replace(CHILD, documents=(TravelDocument(number="V1", type="visa"), TravelDocument(number="P1"))),
            replace(CHILD, documents=(TravelDocument(number="P1"), TravelDocument(number="V1", type="visa"))),
        ),
        (
            replace(CHILD, documents=(TravelDocument(number="L1", type="licence"),)),
            replace(CHILD, documents=(TravelDocument(number="L1", type="other"),)),
        ),
        (
            replace(CHILD, journey=replace(LEG, number="0218")),
            replace(CHILD, journey=LEG),
        ),
        (
            replace(CHILD, journey=replace(LEG, carrier="", number="AM218")),
            replace(CHILD, journey=LEG),
        ),
        (replace(CHILD, embarkation=Place(code="XYZ")), replace(CHILD, embarkation=Place(code="XYZ", scheme="iata"))),
    ],
    ids=[
        "one leg is none", "documents have their rank", "an unknown document is another",
        "zeros before a number", "a carrier inside a number", "a scheme told by the form of a code",
    ],
)  # fmt: skip
def test_what_a_list_cannot_carry_comes_back_as_documented(
    sent: Traveller, back: Traveller
) -> None:
    assert returned("PAXLST", sent) == [back]


# -- bad input ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("statement", "reason"),
    [
        (replace(CHILD, legs=(replace(LEG, number="9"), replace(LEG, number="8"))), "none of its legs"),
        (replace(CHILD, role="stowaway"), "its role is none of passenger, crew and transit"),
        (replace(CHILD, documents=(TravelDocument(number=""),)), "a travel document has no number"),
        (replace(CHILD, birth_date="young"), "not written in ISO 8601"),
        (replace(CHILD, birth_date="2014-13-01"), "none of the calendar"),
        (PortCall(voyage=Voyage(), port=PANAMA), "PAXLST carries travellers, no PortCall"),
    ],
)  # fmt: skip
def test_a_statement_that_cannot_be_written_is_refused_with_the_reason(
    statement: Traveller, reason: str
) -> None:
    with pytest.raises(WritingError, match=f"message 'M1': .*{reason}") as caught:
        written("PAXLST", stating(statement))
    assert "PITTI" not in str(caught.value)


# -- laws -----------------------------------------------------------------------------------------


RANK = {"passport": 0, "id_card": 1, "seafarer": 1, "residence": 2, "other": 3, "visa": 4}
DOCUMENT = st.builds(
    TravelDocument, number=text(1), type=st.sampled_from(sorted(RANK)), issuer=text(),
    expires=st.just("") | DAY,
)  # fmt: skip
FLIGHT = st.sampled_from(
    [
        ("AM", "218"),
        ("LH", "7"),
        ("ABC", "1234"),
        ("", "77"),
        ("LOCK", ""),
        ("", ""),
        ("A-1", "X 9"),
    ]
).filter(lambda pair: flight(*pair) == pair)
JOURNEY = st.builds(
    lambda pair, *rest: Journey(
        carrier=pair[0], number=pair[1], departure_place=rest[0], departure=rest[1],
        arrival_place=rest[2], arrival=rest[3],
    ),
    FLIGHT, PLACE, st.just("") | MINUTE, PLACE, st.just("") | MINUTE,
)  # fmt: skip
BIRTH = st.one_of(
    st.just(""),
    st.dates(max_value=dt.date(2026, 4, 13), min_value=dt.date(1900, 1, 1)).map(str),
    st.integers(1900, 2026).map(str),
    st.builds(lambda year, month: f"{year}-{month:02}", st.integers(1900, 2025), st.integers(1, 12)),
)  # fmt: skip


@st.composite
def travellers(draw: st.DrawFn) -> Traveller:
    documents = sorted(draw(st.lists(DOCUMENT, max_size=3)), key=lambda each: RANK[each.type])
    legs = tuple(draw(st.lists(JOURNEY, max_size=3)))
    journey = draw(st.sampled_from(legs)) if legs else Journey()
    return Traveller(
        surname=draw(text()), given_names=draw(text()),
        role=draw(st.sampled_from(["passenger", "crew", "transit"])), birth_date=draw(BIRTH),
        gender=draw(st.sampled_from(["", "M", "F", "U", "X"])), nationality=draw(text()),
        residence=draw(text()), documents=tuple(documents), journey=journey,
        legs=legs if len(legs) > 1 else (), embarkation=draw(PLACE), disembarkation=draw(PLACE),
        booking_reference=draw(text()), bags=draw(st.none() | st.integers(0, 99)),
        birth_place=draw(text()),
    )  # fmt: skip


@given(messages(travellers()))
@settings(max_examples=80)
def test_any_records_that_a_list_carries_come_back_as_they_were(message: Message) -> None:
    check_same("PAXLST", message)
    check_order("PAXLST", message, TABLE)
