"""PNRGOV in XML: the same travellers, one message for each booking, nothing from outside."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typed_reading import codes, messages, read_edifact

from esclusa.errors import LimitError
from esclusa.formats import pnrgov_xml
from esclusa.formats.limits import Limits
from esclusa.model import Defect, Function, Message, Severity, Traveller, natural_key

FOLDER = Path(__file__).resolve().parents[1] / "data" / "fictional"
SAMPLE = (FOLDER / "pnrgov.xml").read_bytes()


def read(data: bytes, limits: Limits | None = None) -> list[Message | Defect]:
    return list(pnrgov_xml.read(io.BytesIO(data), file="p.xml", limits=limits or Limits()))


def people(items: list[Message | Defect]) -> list[Traveller]:
    found = [each for message in messages(items) for each in message.statements]
    return [each for each in found if isinstance(each, Traveller)]


def push(passenger: str = "", rest: str = "", flight: str = "") -> list[Message | Defect]:
    """Read one booking with one passenger."""
    leg = flight or (
        '<FlightLeg CarrierCode="AM" FlightNumber="218" DepartureDateTime="2026-04-18T11:10:00">'
        '<DepartureAirport LocationCode="UIO"/><ArrivalAirport LocationCode="PTY"/></FlightLeg>'
    )
    named = f'<Passenger RPH="1"><Surname>PITTI</Surname>{passenger}</Passenger>'
    text = f"<{pnrgov_xml.ROOT}>{leg}<PNRs><PNR>{named}{rest}</PNR></PNRs></{pnrgov_xml.ROOT}>"
    return read(text.encode())


def docs(attributes: str) -> str:
    return f'<DOC_SSR SSR_Code="DOCS"><DOCS {attributes}/></DOC_SSR>'


def test_each_booking_is_one_message_with_its_bytes() -> None:
    found = messages(read(SAMPLE))
    assert [(each.reference, each.function, len(each.statements)) for each in found] == [
        ("AM218A/1", Function.ORIGINAL, 2),
        ("AM218A/2", Function.CANCELLATION, 1),
        ("AM218A/3", Function.ORIGINAL, 1),
    ]
    for message in found:
        piece = SAMPLE[message.offset : message.offset + message.length]
        assert piece.startswith(b"<PNR ")
        assert piece.endswith(b"</PNR>")
    assert {(each.sender, each.prepared, each.format) for each in found} == {
        ("AM", "2026-04-17T21:10:00", "pnrgov_xml")
    }
    assert not any(each.defects for each in found)


def test_the_travellers_are_those_of_the_edifact_message() -> None:
    """Both samples tell of the same bookings; XML has no bags that we read."""
    edifact = people(read_edifact((FOLDER / "pnrgov.edi").read_bytes()))
    wanted = {natural_key(each): each for each in edifact}
    found = {natural_key(each): each for each in people(read(SAMPLE))}
    assert len(found) == 4
    for key, person in found.items():
        for field in ("surname", "given_names", "birth_date", "gender", "nationality",
                      "residence", "documents", "journey", "legs", "embarkation"):  # fmt: skip
            assert getattr(person, field) == getattr(wanted[key], field), (key, field)


def test_namespaces_and_an_envelope_round_the_root_do_not_matter() -> None:
    inner = SAMPLE.split(b"?>", 1)[1].replace(b"<", b"<p:").replace(b"<p:/", b"</p:")
    inner = inner.replace(b'xmlns="http', b'xmlns:p="http')
    wrapped = b"<soap:Envelope xmlns:soap='urn:s'><soap:Body>" + inner
    found = read(wrapped + b"</soap:Body></soap:Envelope>")
    assert people(found) == people(read(SAMPLE))
    assert pnrgov_xml.sniff(wrapped[:4096], "x")


@pytest.mark.parametrize(
    ("given_date", "read_date"),
    [("02JUN84", "1984-06-02"), ("1984-06-02", "1984-06-02"), ("02JUN1984", "1984-06-02"),
     ("", "")],
)  # fmt: skip
def test_birth_dates(given_date: str, read_date: str) -> None:
    (person,) = people(push(docs(f'DateOfBirth="{given_date}"')))
    assert person.birth_date == read_date


def test_a_bad_date_costs_only_itself_and_names_its_element() -> None:
    found = push(docs('DateOfBirth="31APR80" TravelDocNbr="X1" Gender="F"'))
    (message,) = messages(found)
    assert [(each.code, each.segment) for each in message.defects] == [("value.date", "DOCS")]
    (person,) = people(found)
    assert (person.birth_date, person.gender, person.documents[0].number) == ("", "F", "X1")


def test_the_operating_flight_is_the_leg() -> None:
    flight = (
        '<Flight DepartureDateTime="2026-04-19T18:00:00+02:00" Status="HK" FlightNumber="9099">'
        '<DepartureAirport LocationCode="PTY"/><ArrivalAirport LocationCode="BOG"/>'
        '<OperatingAirline Code="NR" FlightNumber="0474"/><MarketingAirline Code="AM"/></Flight>'
    )
    (leg,) = people(push(rest=flight))[0].legs
    assert (leg.carrier, leg.number, leg.departure) == ("NR", "474", "2026-04-19T18:00+02:00")


def test_without_a_flight_the_travellers_stand_and_the_message_says_so() -> None:
    found = push(flight="<FlightLegs/>")
    assert codes(messages(found)[0]) == ["pnrgov.flight.missing"]
    assert len(people(found)) == 1


def test_a_bad_moment_of_the_flight_is_told_beside_the_messages() -> None:
    found = push(flight='<FlightLeg CarrierCode="AM" DepartureDateTime="soon"/>')
    assert [each.code for each in found if isinstance(each, Defect)] == ["value.date"]
    assert len(people(found)) == 1


def test_an_external_entity_is_refused_before_it_is_declared() -> None:
    doctype = b'<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
    found = read(SAMPLE.replace(b"?>", b"?>" + doctype, 1))
    assert [each.code for each in found if isinstance(each, Defect)] == ["xml.doctype"]
    assert not people(found)


def test_a_booking_too_large_is_refused_and_its_neighbours_are_read() -> None:
    fat = b"<PNR>" + b"<Remark/>" * 1000 + b"</PNR>"
    data = SAMPLE.replace(b'<PNRs NumberOfPnrs="3">', b"<PNRs>" + fat, 1)
    found = messages(read(data, Limits(message_bytes=5000)))
    assert [each.refused for each in found] == [True, False, False, False]
    assert "larger than 5,000 bytes" in found[0].defects[0].reason


def test_a_file_larger_than_the_limit_is_refused() -> None:
    with pytest.raises(LimitError, match=r"p\.xml"):
        read(SAMPLE, Limits(file_bytes=1000))


def test_a_booking_of_nobody_states_nothing() -> None:
    found = read(f"<{pnrgov_xml.ROOT}><PNR/></{pnrgov_xml.ROOT}>".encode())
    (message,) = messages(found)
    assert (message.statements, message.refused) == ((), False)


@given(at=st.integers(0, len(SAMPLE) - 1))
@settings(max_examples=60)
def test_cut_at_any_byte_the_whole_bookings_before_the_cut_stand(at: int) -> None:
    found = read(SAMPLE[:at])
    whole = [each for each in messages(read(SAMPLE)) if each.offset + each.length <= at]
    assert [each for each in messages(found) if not each.refused][: len(whole)] == whole
    assert len(messages(found)) == len(whole)
    fatal = [each for each in found if isinstance(each, Defect)]
    assert [each.severity for each in fatal] == [Severity.FATAL]


@given(at=st.integers(0, len(SAMPLE) - 1), byte=st.integers(0, 255))
@settings(max_examples=120)
def test_any_byte_may_be_wrong_and_nothing_raises(at: int, byte: int) -> None:
    for item in read(SAMPLE[:at] + bytes([byte]) + SAMPLE[at + 1 :]):
        if isinstance(item, Message):
            assert not (item.refused and item.statements)
            assert all(isinstance(natural_key(each), str) for each in item.statements)


def test_other_xml_is_not_taken() -> None:
    assert not pnrgov_xml.sniff(b"<?xml version='1.0'?><CONSOLIDATED_LIST/>", "list.xml")
    assert pnrgov_xml.sniff(SAMPLE.decode().encode("utf-16")[:4096], "p.xml")
