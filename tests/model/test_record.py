"""Identity: derived from originator, kind and the natural key that the standard gives."""

import uuid

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from esclusa.model import (
    Consignment,
    Conveyance,
    Examination,
    Finding,
    Journey,
    ListEntry,
    Place,
    PortCall,
    ShipDeclaration,
    TransportEquipment,
    TransportEvent,
    TravelDocument,
    Traveller,
    Voyage,
    decode_body,
    encode_body,
    kind_of,
    natural_key,
    record_id,
)
from esclusa.model.record import NAMESPACE, Body

SHIP = Conveyance(mode="sea", name="Northreach Star", imo="9074729")
BODIES = [
    Consignment(carrier="NRCH", bill="B100"),
    TransportEquipment(number="CSQU3054383", voyage=Voyage(reference="0412N", conveyance=SHIP)),
    PortCall(voyage=Voyage(reference="0412N", conveyance=SHIP), port=Place(code="PAONX")),
    Traveller(surname="Vega", journey=Journey(carrier="AM", number="218", departure="2026-11-23")),
    ListEntry(list_id="own", uid="1", type="person", name="X"),
    TransportEvent(
        event="gate_in", occurred="2026-11-23T10:30", place=Place(code="PAONX"),
        equipment=TransportEquipment(number="CSQU3054383"),
    ),
    TransportEvent(event="hold", carrier="NRCH", bill="B100"),
    ShipDeclaration(form="health", voyage=Voyage(conveyance=SHIP), port=Place(), call_reference="7"),
    Examination(agency="marisol_customs", number="mc-1", result="found", bills=("B100",),
                findings=(Finding(category="drugs", quantity=46.0, unit="KGM"),)),
]  # fmt: skip


@pytest.mark.parametrize(
    ("body", "key"),
    [
        (BODIES[0], "NRCH/B100"),
        (BODIES[1], "CSQU3054383/9074729/0412N"),
        (BODIES[2], "9074729/0412N/PAONX/"),
        (BODIES[3], "AM/218/2026-11-23/VEGA//"),
        (BODIES[4], "OWN/1"),
        (BODIES[5], "CSQU3054383//GATE_IN/ACTUAL/2026-11-23T10:30/PAONX//"),
        (BODIES[6], "NRCH/B100/HOLD/ACTUAL////"),
        (BODIES[7], "HEALTH/9074729/7"),
        (BODIES[8], "MARISOL_CUSTOMS/MC-1"),
    ],
)
def test_natural_keys_come_from_the_standards(body: Consignment, key: str) -> None:
    assert natural_key(body) == key


def test_a_traveller_with_a_document_is_known_by_it() -> None:
    person = Traveller(
        surname="Vega",
        documents=(TravelDocument(number="p123", issuer="UTO"),),
        journey=Journey(carrier="AM", number="218", departure="2026-11-23T10:30"),
    )
    assert natural_key(person) == "AM/218/2026-11-23/UTO/P123"


@given(st.text(), st.text(), st.text())
def test_an_identity_is_the_uuid_of_version_5_rfc_9562(
    originator: str, kind: str, key: str
) -> None:
    expected = uuid.uuid5(NAMESPACE, f"{originator}\n{kind}\n{key}")
    assert record_id(originator, kind, key) == str(expected)


def test_the_same_bill_in_other_letters_is_the_same_record() -> None:
    assert natural_key(Consignment(carrier=" nrch", bill="b100 ")) == "NRCH/B100"


def test_an_identity_is_a_uuid_version_5_and_differs_by_originator_kind_and_key() -> None:
    one = record_id("marisol", "consignment", "NRCH/B100")
    assert one[14] == "5"
    assert one == record_id("marisol", "consignment", "NRCH/B100")
    others = {
        record_id("northreach", "consignment", "NRCH/B100"),
        record_id("marisol", "equipment", "NRCH/B100"),
        record_id("marisol", "consignment", "NRCH/B101"),
    }
    assert one not in others
    assert len(others) == 3


@pytest.mark.parametrize("body", BODIES, ids=kind_of)
def test_a_body_reads_back_equal(body: Consignment) -> None:
    assert decode_body(encode_body(body)) == body


@given(st.text(max_size=30), st.text(max_size=30))
def test_any_text_gives_a_key_and_a_body_that_reads_back(carrier: str, bill: str) -> None:
    body = Consignment(carrier=carrier, bill=bill)
    assert decode_body(encode_body(body)) == body
    assert record_id("marisol", kind_of(body), natural_key(body))


PLACES = st.builds(Place, code=st.sampled_from(["", "PAONX"]), name=st.sampled_from(["", '":{}']))
SHIPS = st.builds(Conveyance, name=st.sampled_from(["", ',"voyage":{}', "\\"]))
VOYAGES = st.builds(Voyage, reference=st.sampled_from(["", "0412N"]), conveyance=SHIPS)
UNITS = st.builds(
    TransportEquipment, number=st.sampled_from(["", "X"]), load_port=PLACES, discharge_port=PLACES,
    voyage=VOYAGES,
)  # fmt: skip
PLACED = st.one_of(
    UNITS,
    st.builds(PortCall, voyage=VOYAGES, port=PLACES, next_port=PLACES),
    st.builds(ShipDeclaration, form=st.just("waste"), voyage=VOYAGES, port=PLACES),
    st.builds(TransportEvent, event=st.just("load"), place=PLACES, equipment=st.none() | UNITS,
              inland=VOYAGES, voyage=VOYAGES),
    st.builds(Examination, agency=st.just("A"), number=st.just("1"), voyage=VOYAGES, port=PLACES),
    st.builds(
        Traveller, surname=st.just(""), journey=st.builds(Journey, departure_place=PLACES),
        legs=st.lists(st.builds(Journey, arrival_place=PLACES), max_size=2).map(tuple),
    ),
)  # fmt: skip


@given(PLACED)
def test_equal_bodies_give_equal_bytes_however_they_were_made(body: Body) -> None:
    data = encode_body(body)
    assert decode_body(data) == body
    plain = msgspec.convert(msgspec.to_builtins(body), type(body))
    assert plain == body
    assert encode_body(plain) == data == encode_body(decode_body(data))


def test_an_empty_entry_of_a_list_stays() -> None:
    call = PortCall(voyage=Voyage(), port=Place(), last_ports=(Place(), Place()))
    assert decode_body(encode_body(call)) == call
