"""Which mentions a record makes: every kind of body, with what ties them together."""

from __future__ import annotations

from esclusa.analysis.resolution import Mention, Tie, mention_id, mentions_of
from esclusa.analysis.resolution.extract import phone_number
from esclusa.model import (
    Alert,
    Alias,
    Body,
    Consignment,
    Conveyance,
    Identifier,
    Journey,
    ListEntry,
    Party,
    Place,
    PortCall,
    ShipDeclaration,
    TransportEquipment,
    TransportEvent,
    TravelDocument,
    Traveller,
    Voyage,
)

VOYAGE = Voyage(
    reference="0412",
    carrier="MRSL",
    conveyance=Conveyance(mode="sea", name="MV Altamira", imo="9074729"),
)
SHIPPER = Party(
    role="shipper", name="Northreach Trading SA", address="12 Harbour Road", city="Marisol", country="PA",
    identifiers=(Identifier(scheme="tax", value="8-123-456"),), contact="Tel. +507 555-0101",
)  # fmt: skip


def _mentions(body: Body) -> dict[str, Mention]:
    found = mentions_of(body, record="rec", label=7, seq=3)
    assert all((one.record, one.label, one.seq) == ("rec", 7, 3) for one in found)
    assert all(one.id == mention_id("rec", one.path, 7) for one in found)
    assert len({one.id for one in found}) == len(found)
    return {one.path: one for one in found}


def test_a_consignment_names_parties_addresses_phones_ship_containers_and_documents() -> None:
    found = _mentions(
        Consignment(
            carrier="MRSL", bill="B1", voyage=VOYAGE, parties=(SHIPPER, Party(role="consignee", name="TO ORDER")),
            equipment=(TransportEquipment(number="MSKU 123456-5"),), documents=("AAS:X 99", "junk"),
        )
    )  # fmt: skip
    assert sorted((one.path, one.type) for one in found.values()) == [
        ("documents.0", "document"),
        ("equipment.0.number", "container"),
        ("parties.0.address", "address"),
        ("parties.0.contact", "phone"),
        ("parties.0.name", "party"),
        ("voyage.conveyance.name", "vessel"),
    ]
    party = found["parties.0.name"]
    assert party.identifiers == ("tax:8-123-456",)
    assert party.phones == ("5075550101",)
    assert Tie("consignment", "MRSL/B1", "shipper") in party.ties
    assert Tie("phone", "5075550101") in party.ties
    assert Tie("consignment", "MRSL/B1", "carried") in found["equipment.0.number"].ties
    assert found["equipment.0.number"].identifiers == ("iso6346:MSKU1234565",)


def test_a_call_and_a_declaration_tie_ship_agent_and_declarant_to_the_voyage() -> None:
    agent = Party(role="agent", name="Marisol Agency")
    call = _mentions(PortCall(voyage=VOYAGE, port=Place(code="PAONX"), parties=(agent,)))
    assert call["parties.0.name"].ties == (Tie("voyage", "9074729/0412", "agent"),)
    assert call["voyage.conveyance.name"].ties == (Tie("voyage", "9074729/0412", "carrier"),)
    form = ShipDeclaration(form="general", voyage=VOYAGE, port=Place(), declarant="Ana Vega")
    assert _mentions(form)["declarant"].names == ("Ana Vega",)


def test_an_event_and_a_unit_name_their_container() -> None:
    unit = TransportEquipment(number="MSKU1234565", voyage=VOYAGE)
    assert _mentions(unit)["number"].ties == (Tie("voyage", "9074729/0412", "carried"),)
    event = TransportEvent(event="gate_in", carrier="MRSL", bill="B1", equipment=unit)
    assert Tie("consignment", "MRSL/B1", "carried") in _mentions(event)["equipment.number"].ties


def test_a_traveller_is_a_person_with_documents_booking_and_journey() -> None:
    found = _mentions(
        Traveller(
            surname="VEGA", given_names="ANA", birth_date="1971-05-02", nationality="PAN",
            documents=(TravelDocument(number="P123 4567", issuer="PAN"),), booking_reference="abc123",
            journey=Journey(carrier="AM", number="218", departure="2026-11-01T10:00"),
        )
    )  # fmt: skip
    person = found["surname"]
    assert (person.type, person.names) == ("person", ("ANA VEGA",))
    assert {tie.kind: tie.value for tie in person.ties} == {
        "journey": "AM/218/2026-11-01",
        "booking": "ABC123",
        "document": "PANP1234567",
    }
    assert found["documents.0.number"].type == "document"


def test_a_list_entry_brings_its_strong_names_alone() -> None:
    entry = ListEntry(
        list_id="l",
        uid="1",
        type="vessel",
        name="ALTAMIRA",
        aliases=(Alias(name="A", weak=True), Alias(name="B")),
    )
    assert _mentions(entry)["name"].names == ("ALTAMIRA", "B")


def test_what_names_nobody_makes_no_mention() -> None:
    assert (
        mentions_of(
            Alert(subject_id="x", subject_kind="y", score=1, title=""), record="r", label=1, seq=1
        )
        == ()
    )
    assert mentions_of(Consignment(carrier="", bill=""), record="r", label=1, seq=1) == ()


def test_a_telephone_number_is_found_among_words_and_nothing_else_is() -> None:
    assert phone_number("Mrs Vega, tel 00507 (555) 0101 ext 2") == "5075550101"
    assert phone_number("Room 12, 2026") == ""
    assert phone_number("1234567890123456789") == ""
