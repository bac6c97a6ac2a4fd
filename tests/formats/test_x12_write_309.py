"""309 written: CBP ocean manifest guide, release 004010, and what comes back when it is read."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from test_write_cuscar import PORT, VOYAGE_0412
from test_x12_309 import MANIFEST
from typed_reading import x12_messages
from typed_writing import MASS, UNDG, box, boxes, messages, stating
from x12_writing import (
    CODED,
    PARTY,
    VOYAGE,
    check_same,
    long_text,
    read,
    returned,
    text,
    texts,
    written,
)

from esclusa import samples
from esclusa.formats.edifact import reader as edifact
from esclusa.formats.edifact import writers as edifact_writers
from esclusa.formats.edifact.drafting import WritingError
from esclusa.formats.edifact.writing import interchange_head
from esclusa.formats.x12 import reader
from esclusa.model import (
    Consignment,
    Function,
    GoodsItem,
    Identifier,
    Message,
    Party,
    Place,
    PortCall,
    Seal,
    TransportEquipment,
    Voyage,
)

DATA = Path(__file__).parents[1] / "data"
FILES = [
    samples.sample("ocean-manifest-309.x12"),
    DATA / "typed" / "ocean-manifest-309-apimeister.x12",
    DATA / "x12" / "apimeister__309__9556dfe7.x12",
]


def samples_of() -> list[Message]:
    found = []
    for path in FILES:
        with path.open("rb") as stream:
            found += [
                item for item in reader.read(stream, file=path.name)
                if isinstance(item, Message) and item.statements
            ]  # fmt: skip
    return found


@pytest.mark.parametrize("message", samples_of(), ids=lambda one: f"{one.reference}-{one.offset}")
def test_every_sample_comes_back_as_it_was(message: Message) -> None:
    check_same("309", message)


def test_the_manifest_of_the_readers_own_test_comes_back() -> None:
    (message,) = x12_messages(MANIFEST)
    check_same("309", message)


def bill(number: str = "B1", **more: object) -> Consignment:
    return Consignment(carrier="NRLN", bill=number, voyage=VOYAGE_0412, **more)  # type: ignore[arg-type]


def test_a_bill_is_written_in_the_order_of_the_guide() -> None:
    (message,) = x12_messages(MANIFEST)
    tags = [each.split("*")[0] for each in texts("309", message)]
    assert tags == (
        "ST M10 P4 LX M11 N9 N9 N9 N1 N3 N3 N4 PER N1 N1 VID M7 N10 H1 SE".split()  # noqa: SIM905
    )


def test_voyages_have_sets_and_ports_have_loops_of_their_own() -> None:
    port = Place(code="5201")
    other = replace(bill("B3"), voyage=replace(VOYAGE_0412, reference="0413E"))
    message = stating(bill("B1", discharge_port=port), other, bill("B2"))
    lines = texts("309", message)
    assert [each for each in lines if each[:3] in ("ST*", "P4*", "LX*")] == [
        "ST*309*0001", "P4*5201**1", "LX*1", "P4***1", "LX*2", "ST*309*0002", "P4***1", "LX*1",
    ]  # fmt: skip
    check_same("309", message)


@pytest.mark.parametrize(("function", "kind"), list(zip(Function, ["W", "X", "X"], strict=True)))
def test_the_function_is_the_type_of_manifest_and_a_deletion_stands_in_m13(
    function: Function, kind: str
) -> None:
    message = stating(bill(), function=function)
    lines = texts("309", message)
    assert lines[1].split("*")[9] == kind
    assert any(each.startswith("M13*NRLN**D*B1") for each in lines) == (
        function is Function.CANCELLATION
    )
    check_same("309", message)


def test_a_long_text_is_cut_at_45_characters_and_joined_again() -> None:
    long = "X" * 44 + " " + "Y" * 50 + " END " + "Z" * 45 + " " + "W" * 46
    message = stating(bill(goods=(GoodsItem(description=long, packages=1),)))
    lines = [each.split("*")[2] for each in texts("309", message) if each.startswith("N10")]
    assert max(map(len, lines)) == 45
    check_same("309", message)


def test_containers_and_goods_keep_their_order_whatever_goods_name_first() -> None:
    first = TransportEquipment(number="CSQU3054383", number_valid=True, seals=(Seal(number="S1"),))
    second = TransportEquipment(number="NRXU4430056", number_valid=True)
    goods = (
        GoodsItem(packages=1, equipment=("NRXU4430056",)),
        GoodsItem(sequence=2, packages=2, equipment=("CSQU3054383",)),
        GoodsItem(sequence=3, packages=3),
        GoodsItem(sequence=4, description="TEXT ALONE"),
        GoodsItem(sequence=5, description="TEXT ALONE AGAIN", equipment=("CSQU3054383",)),
        GoodsItem(sequence=6, description="AND AGAIN", equipment=("CSQU3054383",)),
    )
    check_same("309", stating(bill(equipment=(first, second), goods=goods)))


def test_many_seals_and_many_dangers_come_back() -> None:
    seals = tuple(Seal(number=f"S{at}") for at in range(12))
    unit = TransportEquipment(number="CSQU3054383", number_valid=True, seals=seals)
    goods = GoodsItem(packages=1, undg=("1845", "1263"), equipment=("CSQU3054383",))
    check_same("309", stating(bill(equipment=(unit,), goods=(goods,))))


CHANGED = [
    ("an hour of arrival", {"arrival": "2026-04-24T10:00"}, {"arrival": "2026-04-24"}),
    ("departure and date of issue", {"departure": "2026-04-01", "issued": "2026-04-01"}, {}),
    ("the name of a port that has a code", {"load_port": Place(code="CNSHA", name="SHANGHAI", scheme="unlocode")},
     {"load_port": Place(code="CNSHA", scheme="unlocode")}),
    ("a port that has a name alone", {"load_port": Place(name="SHANGHAI")}, {"load_port": Place(code="SHANGHAI")}),
    ("the code of a place of receipt", {"place_of_receipt": Place(code="BRSSZ", scheme="unlocode")},
     {"place_of_receipt": Place(name="BRSSZ")}),
    ("ports of transhipment, freight, place of stuffing",
     {"transhipment_ports": (Place(code="PAONX"),), "freight_amount": 1.0, "freight_currency": "USD",
      "freight_payment": "prepaid", "stuffing_place": "KM 14"}, {}),
    ("no carrier becomes the voyage's", {"carrier": ""}, {"carrier": "NRLN"}),
    ("a document without qualifier", {"documents": ("77", "LONG:1", "MB:2")},
     {"documents": ("ZZ:77", "ZZ:LONG:1", "ZZ:MB:2")}),
    ("an unknown role", {"parties": (Party(role="banker", name="X"),)}, {"parties": (Party(role="other", name="X"),)}),
    ("a second number, and one of another scheme",
     {"parties": (Party(role="notify", name="X", identifiers=(Identifier(scheme="passport", value="7"), Identifier(scheme="tax", value="1", country="PA"))),)},
     {"parties": (Party(role="notify", name="X", identifiers=(Identifier(scheme="tax", value="1"),)),)}),
    ("masses, operator and temperature of a container; who affixed a seal",
     {"equipment": (TransportEquipment(number="CSQU3054383", gross_mass_kg=1.0, tare_kg=1.0, operator="X", temperature_c=1.0, seals=(Seal(number="S1", affixed_by="carrier"),)),)},
     {"equipment": (TransportEquipment(number="CSQU3054383", number_valid=True, seals=(Seal(number="S1"),)),)}),
    ("a unit that is no container", {"equipment": (TransportEquipment(number="TRAILER7"),)},
     {"equipment": (TransportEquipment(number="TRAILER7", number_valid=False),)}),
    ("a container that goods name and the bill lacks", {"goods": (GoodsItem(packages=1, equipment=("NRXU4430056",)),)},
     {"goods": (GoodsItem(packages=1, equipment=("NRXU4430056",)),), "equipment": (TransportEquipment(number="NRXU4430056", number_valid=True),)}),
    ("a second container of one item",
     {"goods": (GoodsItem(packages=1, equipment=("NRXU4430056", "CSQU3054383")),),
      "equipment": (TransportEquipment(number="NRXU4430056", number_valid=True), TransportEquipment(number="CSQU3054383", number_valid=True))},
     {"goods": (GoodsItem(packages=1, equipment=("NRXU4430056",)),),
      "equipment": (TransportEquipment(number="NRXU4430056", number_valid=True), TransportEquipment(number="CSQU3054383", number_valid=True))}),
    ("volumes of several items", {"goods": (GoodsItem(packages=1, volume_m3=1.0), GoodsItem(sequence=2, packages=1))},
     {"goods": (GoodsItem(packages=1), GoodsItem(sequence=2, packages=1))}),
    ("sequence, net mass, procedure; an item that says nothing",
     {"goods": (GoodsItem(sequence=7, packages=1, net_mass_kg=1.0, procedure="40"), GoodsItem(sequence=8))},
     {"goods": (GoodsItem(packages=1),)}),
    ("a currency without value, and line breaks", {"goods": (GoodsItem(currency="USD", description="A\r\nB"),)},
     {"goods": (GoodsItem(description="A B"),)}),
]  # fmt: skip


@pytest.mark.parametrize(("what", "fields", "back"), CHANGED, ids=[each[0] for each in CHANGED])
def test_what_a_manifest_cannot_carry_comes_back_as_documented(
    what: str, fields: dict[str, object], back: dict[str, object]
) -> None:
    sent = replace(bill(), **fields)  # type: ignore[arg-type]
    assert returned("309", sent) == [replace(bill(), **back)]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("statement", "reason"),
    [
        (bill(""), "no bill number"),
        (PortCall(voyage=VOYAGE_0412, port=PORT), "309 carries consignments, no PortCall"),
        (bill(arrival="tomorrow"), "not written as a day"),
        (bill(arrival="2026-02-30"), "none of the calendar"),
        (bill(goods=(GoodsItem(value=float("nan")),)), "not finite"),
        (bill(goods=(GoodsItem(gross_mass_kg=float("inf")),)), "not finite"),
        (bill(master_bill="A\x1dB"), "M11, element 11: .*control code"),
    ],
)
def test_a_statement_that_cannot_be_written_is_refused_by_its_place(
    statement: Consignment, reason: str
) -> None:
    with pytest.raises(WritingError, match=f"message 'M1'.*{reason}|{reason}") as caught:
        written("309", stating(bill("SECRET"), statement))
    assert caught.value.message == "M1"
    assert "statement 2" in str(caught.value)
    assert "SECRET" not in str(caught.value)


def test_a_bad_message_costs_only_itself() -> None:
    refused: list[WritingError] = []
    good, bad = stating(bill()), replace(stating(bill("")), reference="M9")
    (found,) = read(written("309", bad, good, bad, refuse=refused.append))
    assert found.statements == (bill(),)
    assert [each.message for each in refused] == ["M9", "M9"]


def test_an_unknown_set_is_refused_by_name() -> None:
    with pytest.raises(WritingError, match="no writer for '999'; there are 309"):
        written("999", stating(bill()))


# -- laws -----------------------------------------------------------------------------------------

NESTED = box(
    number=st.sampled_from(["CSQU3054383", "NRXU2789999", "NRXU4430056", "CSQU3054384"]),
    size_type=st.sampled_from(["", "22G1"]),
    seals=st.lists(st.builds(Seal, number=text(1)), max_size=7).map(tuple),
    gross_mass_kg=st.none(), verified_mass_kg=st.none(), tare_kg=st.none(), temperature_c=st.none(),
    operator=st.just(""),
)  # fmt: skip
GOODS = st.builds(
    GoodsItem, description=long_text(), hs_code=st.sampled_from(["", "0306", "030617"]),
    packages=st.none() | st.integers(0, 10**8), package_type=st.sampled_from(["", "CTN", "PKG"]),
    gross_mass_kg=MASS, value=MASS, origin_country=st.sampled_from(["", "EC"]),
    marks=long_text(4), undg=UNDG,
)  # fmt: skip
BILL = st.builds(
    Consignment, carrier=st.sampled_from(["NRLN", "SLOT"]), bill=text(1), master_bill=text(), voyage=VOYAGE,
    place_of_receipt=text().map(lambda name: Place(name=name)), load_port=CODED, discharge_port=CODED,
    delivery_place=CODED, arrival=st.sampled_from(["", "2026-04-24", "1999-12-31"]),
    parties=st.lists(PARTY, max_size=3).map(tuple), goods=st.lists(GOODS, max_size=3).map(tuple),
    equipment=boxes(NESTED),
    documents=st.lists(st.builds(lambda code, rest: f"{code}:{rest}", st.sampled_from(["BN", "INBOND", "ENTRY", "ZZ"]), text(1)), max_size=2).map(tuple),
)  # fmt: skip


@st.composite
def consignments(draw: st.DrawFn) -> Consignment:
    """A bill without what the table of lost fields names."""
    made = draw(BILL)
    numbers = [each.number for each in made.equipment]
    goods = []
    for item in made.goods:
        named = draw(st.sampled_from([*numbers, ""]))
        plain = replace(item, equipment=(named,) if named else ())
        if item.value is not None:
            plain = replace(plain, currency=draw(st.sampled_from(["USD", "EUR"])))
        if plain != GoodsItem(equipment=plain.equipment):
            goods.append(replace(plain, sequence=len(goods) + 1))
    return replace(made, goods=tuple(goods))


@given(messages(consignments(), most=5))
@settings(max_examples=80, deadline=None)
def test_any_records_that_a_manifest_carries_come_back_as_they_were(message: Message) -> None:
    bills = {each.bill: each for each in message.statements if isinstance(each, Consignment)}
    check_same("309", replace(message, statements=tuple(bills.values())))


# -- 309 to CUSCAR --------------------------------------------------------------------------------


def crossed(message: Message) -> list[Consignment]:
    """Write what a 309 stated as CUSCAR, and read it."""
    unb = interchange_head(
        sender="N", recipient="M", prepared="2026-04-13T10:15", reference="1", syntax="UNOY"
    )
    data = b"".join(edifact_writers.write(unb, [message], "CUSCAR"))
    items = edifact.read(io.BytesIO(data), file="crossed.edi")
    found = [item for item in items if isinstance(item, Message)]
    assert {item.function for item in found} <= {message.function}
    return [each for item in found for each in item.statements if isinstance(each, Consignment)]


def as_cuscar_keeps(found: Consignment) -> Consignment:
    """The differences that the table of CUSCAR names, and no other: the carrier of a bill of
    another than the ship's, and documents whose qualifier says something else there."""
    parties, documents = found.parties, found.documents
    said = next((each for each in parties if each.role == "carrier"), None)
    known = (said.identifiers[0].value if said.identifiers else said.name) if said else ""
    if found.carrier and found.carrier != (known or found.voyage.carrier or found.carrier):
        number = Identifier(scheme="other", value=found.carrier)
        parties = (Party(role="carrier", identifiers=(number,)), *parties)
    kept = tuple(each if len(each.partition(":")[0]) <= 3 else f"ZZZ:{each}" for each in documents)
    return replace(found, parties=parties, documents=kept)


@pytest.mark.parametrize("message", samples_of(), ids=lambda one: f"{one.reference}-{one.offset}")
def test_a_309_crosses_to_cuscar_and_keeps_every_mapped_field(message: Message) -> None:
    sent = [each for each in message.statements if isinstance(each, Consignment)]
    assert sent
    assert crossed(message) == [as_cuscar_keeps(each) for each in sent]


def test_the_full_manifest_crosses_to_cuscar_and_keeps_every_mapped_field() -> None:
    (message,) = x12_messages(MANIFEST)
    (sent,) = message.statements
    assert isinstance(sent, Consignment)
    assert crossed(message) == [as_cuscar_keeps(sent)]
    assert sent.voyage != Voyage()
