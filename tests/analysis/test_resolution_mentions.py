"""Which mentions a record makes: every kind of body, with what ties them together."""

from __future__ import annotations

import msgspec

from esclusa.analysis.resolution import Mention, Tie, mention_id, mentions_of
from esclusa.analysis.resolution.extract import phone_number
from esclusa.model import (
    Alert,
    Alias,
    Body,
    Consignment,
    Conveyance,
    DeclaredValue,
    Identifier,
    Journey,
    ListEntry,
    Ownership,
    Party,
    Place,
    PortCall,
    Relation,
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


def _stake(found: dict[str, Mention]) -> dict[str, list[tuple[str, str]]]:
    """Return the owner ties of each mention: part played and statement."""
    return {
        path: [(tie.role, tie.value) for tie in one.ties if tie.kind == "owner"]
        for path, one in found.items()
        if any(tie.kind == "owner" for tie in one.ties)
    }


def test_who_owns_or_runs_a_ship_in_a_message_is_tied_to_it_and_other_parties_are_not() -> None:
    owner = Party(role="owner", name="Northreach Shipping SA")
    for body in (
        PortCall(voyage=VOYAGE, port=Place(), parties=(SHIPPER, owner)),
        TransportEvent(event="load", voyage=VOYAGE, parties=(SHIPPER, owner)),
        Consignment(carrier="MRSL", bill="B1", voyage=VOYAGE, parties=(SHIPPER, owner)),
    ):
        what = "9074729 < NORTHREACH SHIPPING SA; owner"
        assert _stake(_mentions(body)) == {
            "parties.1.name": [("owner", what)], "voyage.conveyance.name": [("owned", what)],
        }  # fmt: skip
    nameless = PortCall(voyage=Voyage(reference="1"), port=Place(), parties=(owner,))
    assert _stake(_mentions(nameless)) == {}


def test_the_company_of_a_security_declaration_runs_the_ship() -> None:
    def told(form: str, number: str) -> dict[str, Mention]:
        values = (DeclaredValue(code="IMO0031", value=number),
                  DeclaredValue(code="IMO0032", value="Altamira Ship Management"))  # fmt: skip
        return _mentions(ShipDeclaration(form=form, voyage=VOYAGE, port=Place(), values=values))

    found = told("security", "IMO 1234565")
    assert found["values.1.value"].identifiers == ("imo_company:1234565",)
    assert _stake(found) == {
        "values.1.value": [("ism_company", "9074729 < 1234565; ism_company")],
        "voyage.conveyance.name": [("run", "9074729 < 1234565; ism_company")],
    }
    # A number that fails its check digit is kept, and the firm known by its name.
    what = "9074729 < ALTAMIRA SHIP MANAGEMENT; ism_company"
    assert _stake(told("security", "1234567"))["values.1.value"] == [("ism_company", what)]
    assert _stake(told("general", "1234565")) == {}


def test_a_statement_of_ownership_names_both_sides_share_and_dates() -> None:
    firm = Party(role="owned", name="Northreach Shipping SA")
    person = Party(
        role="beneficial_owner", name="Lorenzo Zubarov", contact="+507 555-0101",
        address="12 Harbour Road",
    )  # fmt: skip
    made = Ownership(
        owner=person, firm=firm, owner_type="person", owner_birth_date="1971-05",
        share_percent=62.5, held_until="2024-05-31",
    )  # fmt: skip
    found = _mentions(made)
    what = "NORTHREACH SHIPPING SA < LORENZO ZUBAROV; beneficial_owner; 62.5 %; ../2024-05-31"
    assert {path: one.type for path, one in found.items()} == {
        "firm.name": "party", "owner.name": "person", "owner.contact": "phone",
        "owner.address": "address",
    }  # fmt: skip
    assert found["owner.name"].birth_dates == ("1971-05",)
    # An owner's telephone and address are tied to the owner, and own nothing themselves.
    assert _stake(found) == {
        "firm.name": [("owned", what)], "owner.name": [("beneficial_owner", what)],
    }  # fmt: skip
    for kind, path in (("phone", "owner.contact"), ("address", "owner.address")):
        (shared,) = (tie for tie in found[path].ties if tie.kind == kind)
        assert shared in found["owner.name"].ties
    ship = msgspec.structs.replace(made, firm=None, ship=VOYAGE.conveyance)
    assert _mentions(ship)["ship.name"].identifiers == ("imo:9074729",)


def test_two_entries_of_one_list_name_the_relation_alike_and_a_name_alone_is_a_mention() -> None:
    ship = ListEntry(
        list_id="l", uid="1", type="vessel", name="Star",
        relations=(Relation(role="controller", name="Firm", uid="2"),
                   Relation(role="owner_operator", name="Marisol Lines", former=True)),
    )  # fmt: skip
    firm = ListEntry(
        list_id="l", uid="2", type="organisation", name="Firm",
        relations=(Relation(role="controller", name="Star", uid="1", owns=True),),
    )  # fmt: skip
    former = "STAR < MARISOL LINES; owner_operator; former"
    assert _stake(_mentions(ship)) == {
        "name": [("owned", "l:1 < l:2; controller"), ("owned", former)],
        "relations.1.name": [("owner_operator", former)],
    }
    assert _stake(_mentions(firm)) == {"name": [("controller", "l:1 < l:2; controller")]}
