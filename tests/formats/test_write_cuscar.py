"""CUSCAR written: UN/EDIFACT D.01B, and what comes back when it is read."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from test_cuscar import FULL
from typed_reading import edifact_message
from typed_writing import (
    A_PLACE,
    DAY,
    MASS,
    MOMENT,
    PLACE,
    UNDG,
    VOYAGE,
    box,
    boxes,
    check_order,
    check_same,
    documents,
    head,
    long_text,
    messages,
    read,
    returned,
    samples_of,
    some_of,
    stating,
    text,
    texts,
    written,
)  # fmt: skip

from esclusa.formats.edifact import write_cuscar, writers
from esclusa.formats.edifact.drafting import WritingError
from esclusa.formats.edifact.writing import write_interchange
from esclusa.model import (
    Consignment,
    Conveyance,
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

SAMPLES = samples_of("edifact.cuscar")

TABLE = (
    r"UNH BGM( DTM)*( NAD)*( TDT( LOC)*( DTM)*)?"
    r"( EQD( MEA)*( SEL)*( NAD)?( LOC)?( TMP)?)*"
    r"( CNI( RFF)+( MOA)?( LOC)*( CPI)?( NAD( DTM)?( RFF)*( CTA( COM)*)*)*"
    r"( GID( FTX)*( MEA)*( MOA)?( SGP)*( DGS)*( PCI)*( CST)?( LOC)?)*)* UNT"
)
"""Segment table of D.01B, as far as a report of ours uses it."""

VOYAGE_0412 = Voyage(
    reference="0412W",
    carrier="NRLN",
    conveyance=Conveyance(
        mode="sea", name="NORTHREACH PIONEER", imo="9999993", imo_valid=True, flag="PA"
    ),
)
PORT = Place(code="PAONX", scheme="unlocode")
SHRIMP = Consignment(
    carrier="NRLN", bill="NRLN0001", voyage=VOYAGE_0412, issued="2026-04-10",
    arrival="2026-04-18T04:00", load_port=Place(code="ECGYE", scheme="unlocode"),
    discharge_port=PORT, freight_amount=1250.5, freight_currency="USD", freight_payment="prepaid",
    documents=("ABT:DEC-77",),
    parties=(
        Party(
            role="consignee", name="PANADERIA EL INDIGO", address="CALLE 50 NO 14, PISO 2",
            city="PANAMA", country="PA", contact="RAMONA; +507 555 0199; ramona@indigo.example",
            identifiers=(
                Identifier(scheme="other", value="PA-4411"), Identifier(scheme="tax", value="8-123")
            ),
        ),
    ),
    goods=(
        GoodsItem(
            packages=900, package_type="CT", description="FROZEN SHRIMP", hs_code="030617",
            gross_mass_kg=18000.0, volume_m3=42.5, value=135000.0, currency="USD", marks="LOT 7",
            origin_country="EC", undg=("1845",), equipment=("CSQU3054383",),
        ),
    ),
    equipment=(
        TransportEquipment(
            number="CSQU3054383", number_valid=True, size_type="45R1", load_status="full",
            gross_mass_kg=21300.0, tare_kg=4600.0, temperature_c=-18.0,
            seals=(Seal(number="SH-99", affixed_by="shipper"),),
        ),
    ),
)  # fmt: skip
EMPTY = TransportEquipment(
    number="NRXU2789999", number_valid=True, size_type="22G1", load_status="empty",
    voyage=VOYAGE_0412, discharge_port=PORT, operator="NRLN",
)  # fmt: skip


def test_a_report_is_written_segment_by_segment_in_the_order_of_the_directory() -> None:
    assert texts("CUSCAR", stating(SHRIMP, EMPTY)) == [
        "UNH+M1+CUSCAR:D:01B:UN",
        "BGM+85+M1+9",
        "DTM+137:202604131015:203",
        "NAD+MS+NORTHREACH",
        "TDT+20+0412W+1++NRLN:172:20+++9999993:146::NORTHREACH PIONEER:PA",
        "LOC+60+PAONX:139:6",
        "DTM+132:202604180400:203",
        "EQD+CN+CSQU3054383+45R1:102:5+++5",
        "MEA+AAE+G+KGM:21300",
        "MEA+AAE+T+KGM:4600",
        "SEL+SH-99+SH",
        "TMP+2+-18:CEL",
        "EQD+CN+NRXU2789999+22G1:102:5+++4",
        "NAD+CF+NRLN:172:20",
        "LOC+11+PAONX:139:6",
        "CNI+1+NRLN0001",
        "RFF+ABT:DEC-77",
        "RFF+BM:NRLN0001",
        "MOA+144:1250.5:USD",
        "LOC+9+ECGYE:139:6",
        "LOC+11+PAONX:139:6",
        "CPI+4++P",
        "NAD+CN+PA-4411:ZZZ:ZZZ++PANADERIA EL INDIGO+CALLE 50 NO 14:PISO 2+PANAMA+++PA",
        "DTM+95:20260410:102",
        "RFF+AHP:8-123",
        "CTA+IC+:RAMONA",
        "COM+?+507 555 0199:TE",
        "COM+ramona@indigo.example:EM",
        "GID+1+900:CT",
        "FTX+AAA+++FROZEN SHRIMP",
        "MEA+AAE+G+KGM:18000",
        "MEA+AAE+AAW+MTQ:42.5",
        "MOA+40:135000:USD",
        "SGP+CSQU3054383",
        "DGS+IMD++1845",
        "PCI+24+LOT 7",
        "CST++030617:122:5",
        "LOC+27+EC:162:5",
        "UNT+39+M1",
    ]


def test_what_was_written_comes_back_as_it_was() -> None:
    check_same("CUSCAR", stating(SHRIMP, EMPTY))
    check_order("CUSCAR", stating(SHRIMP, EMPTY), TABLE)


@pytest.mark.parametrize(("name", "message"), SAMPLES, ids=[name for name, _ in SAMPLES])
def test_every_sample_comes_back_as_it_was_and_in_its_order(name: str, message: Message) -> None:
    found = read(written("CUSCAR", message))
    assert [each for one in found for each in one.statements] == list(message.statements)
    assert all(each.function is message.function for each in found)
    check_order("CUSCAR", message, TABLE)


def test_there_are_samples() -> None:
    assert len(SAMPLES) >= 11


def test_the_report_of_the_readers_own_test_comes_back() -> None:
    message = edifact_message("CUSCAR", FULL)
    loose = message.statements[-1]
    assert isinstance(loose, TransportEquipment)
    check_same("CUSCAR", replace(message, function=Function.AMENDMENT))


# -- one header for many bills --------------------------------------------------------------------


def bill(number: str, **more: object) -> Consignment:
    return Consignment(carrier="NRLN", bill=number, voyage=VOYAGE_0412, **more)  # type: ignore[arg-type]


def test_bills_of_two_voyages_go_into_two_reports() -> None:
    other = replace(bill("B3"), voyage=replace(VOYAGE_0412, reference="0413E"))
    message = stating(bill("B1"), other, bill("B2"))
    heads = [each for each in texts("CUSCAR", message) if each.startswith("UNH")]
    assert heads == ["UNH+M1+CUSCAR:D:01B:UN", "UNH+M1-2+CUSCAR:D:01B:UN"]
    check_same("CUSCAR", message)


def test_bills_that_arrive_apart_go_into_two_reports() -> None:
    message = stating(
        bill("B1", arrival="2026-04-18"), bill("B2", arrival="2026-04-19"), bill("B3")
    )
    assert len(write_cuscar.write(message)) == 3
    check_same("CUSCAR", message)


def test_a_container_described_in_two_ways_needs_two_reports() -> None:
    light = TransportEquipment(number="CSQU3054383", number_valid=True, gross_mass_kg=1.0)
    heavy = replace(light, gross_mass_kg=2.0)
    message = stating(bill("B1", equipment=(light,)), bill("B2", equipment=(heavy,)))
    assert len(write_cuscar.write(message)) == 2
    check_same("CUSCAR", message)
    shared = stating(bill("B1", equipment=(light,)), bill("B2", equipment=(light,)))
    assert len(write_cuscar.write(shared)) == 1
    check_same("CUSCAR", shared)


def test_an_empty_container_says_where_it_was_loaded_in_a_header_of_its_own() -> None:
    loaded = replace(EMPTY, load_port=Place(code="COCTG", scheme="unlocode"))
    message = stating(bill("B1"), loaded)
    assert len(write_cuscar.write(message)) == 2
    check_same("CUSCAR", message)


def test_the_port_of_arrival_is_told_only_when_it_is_every_bills_port_of_discharge() -> None:
    one = stating(bill("B1", discharge_port=PORT), bill("B2", discharge_port=PORT))
    assert "LOC+60+PAONX:139:6" in texts("CUSCAR", one)
    two = stating(bill("B1", discharge_port=PORT), bill("B2"))
    assert not [each for each in texts("CUSCAR", two) if each.startswith("LOC+60")]
    check_same("CUSCAR", two)


def test_a_house_bill_stands_under_the_number_of_its_master() -> None:
    message = stating(bill("H1", master_bill="M1"))
    assert texts("CUSCAR", message)[5:7] == ["CNI+1+M1", "RFF+BH:H1"]
    check_same("CUSCAR", message)


def test_containers_keep_their_order_whatever_goods_name_first() -> None:
    first = TransportEquipment(number="CSQU3054383", number_valid=True)
    second = TransportEquipment(number="NRXU4430056", number_valid=True)
    goods = (
        GoodsItem(equipment=("NRXU4430056",)),
        GoodsItem(sequence=2, equipment=("CSQU3054383",)),
    )
    check_same("CUSCAR", stating(bill("B1", equipment=(first, second), goods=goods)))
    check_same("CUSCAR", stating(bill("B1", equipment=(first, second), goods=goods[:1])))


@pytest.mark.parametrize("function", list(Function))
def test_the_function_is_that_of_the_message(function: Function) -> None:
    check_same("CUSCAR", stating(bill("B1"), function=function))


def test_long_texts_are_broken_at_blanks_into_lines_of_the_directory() -> None:
    long = " ".join(f"WORD{number}" for number in range(100))
    message = stating(bill("B1", goods=(GoodsItem(description=long, marks=long),)))
    found = [each for each in texts("CUSCAR", message) if each.startswith(("FTX", "PCI"))]
    assert max(len(part) for each in found for part in each.split("+")[-1].split(":")) <= 70
    assert max(len(each.split(":")) for each in found if each.startswith("FTX")) == 5
    check_same("CUSCAR", message)


def test_a_unit_without_container_number_is_called_none() -> None:
    trailer = TransportEquipment(number="MX991", voyage=VOYAGE_0412)
    assert "EQD+TE+MX991" in texts("CUSCAR", stating(trailer))
    check_same("CUSCAR", stating(trailer))


def test_the_directory_may_be_told_otherwise() -> None:
    (made,) = write_cuscar.write(stating(bill("B1")), directory="D.95B", document="MAN-7")
    data = b"".join(write_interchange(head(), [made]))
    assert b"CUSCAR:D:95B:UN'BGM+85+MAN-7+9'" in data


# -- what the message cannot carry ----------------------------------------------------------------


CHANGED = [
    ("a carrier that is not the voyage's becomes a party", {"carrier": "SLOT"},
     {"carrier": "SLOT", "parties": (Party(role="carrier", identifiers=(Identifier(scheme="other", value="SLOT"),)),)}),
    ("no carrier becomes the voyage's", {"carrier": ""}, {"carrier": "NRLN"}),
    ("a currency without amount", {"freight_currency": "USD"}, {}),
    ("a payment that is neither", {"freight_payment": "elsewhere"}, {}),
    ("a document without qualifier", {"documents": ("77",)}, {"documents": ("ZZZ:77",)}),
    ("a document under a bill's qualifier", {"documents": ("MB:77",)}, {"documents": ("ZZZ:MB:77",)}),
    ("a master bill that is the bill", {"master_bill": "B1"}, {}),
    ("a place's own word that looks like another scheme", {"load_port": Place(code="ABC")},
     {"load_port": Place(code="ABC", scheme="iata")}),
    ("no stuffing place where a stuffer has an address",
     {"parties": (Party(role="stuffer", address="KM 14", city="DURAN"),)},
     {"parties": (Party(role="stuffer", address="KM 14", city="DURAN"),), "stuffing_place": "KM 14, DURAN"}),
    ("an unknown role", {"parties": (Party(role="banker", name="X"),)}, {"parties": (Party(role="other", name="X"),)}),
    ("an identifier of a scheme that NAD and RFF lack",
     {"parties": (Party(role="notify", name="X", identifiers=(Identifier(scheme="passport", value="7"),)),)},
     {"parties": (Party(role="notify", name="X"),)}),
    ("a second code, and the order of identifiers",
     {"parties": (Party(role="notify", identifiers=(Identifier(scheme="tax", value="1"), Identifier(scheme="other", value="2", country="PA"), Identifier(scheme="duns", value="3"))),)},
     {"parties": (Party(role="notify", identifiers=(Identifier(scheme="other", value="2"), Identifier(scheme="tax", value="1"))),)}),
    ("a currency without value, and line breaks", {"goods": (GoodsItem(currency="USD", description="A\r\nB"),)},
     {"goods": (GoodsItem(description="A B"),)}),
    ("a container that goods name and the bill lacks", {"goods": (GoodsItem(equipment=("NRXU4430056",)),)},
     {"goods": (GoodsItem(equipment=("NRXU4430056",)),), "equipment": (TransportEquipment(number="NRXU4430056", number_valid=True),)}),
    ("voyage, ports, place and dangers of a bill's container",
     {"equipment": (TransportEquipment(number="CSQU3054383", voyage=VOYAGE_0412, load_port=PORT, discharge_port=PORT, stowage="0010584", undg=("1263",)),)},
     {"equipment": (TransportEquipment(number="CSQU3054383", number_valid=True),)}),
]  # fmt: skip


@pytest.mark.parametrize(("what", "fields", "back"), CHANGED, ids=[each[0] for each in CHANGED])
def test_what_a_report_cannot_carry_comes_back_as_documented(
    what: str, fields: dict[str, object], back: dict[str, object]
) -> None:
    sent = replace(bill("B1"), **fields)  # type: ignore[arg-type]
    assert returned("CUSCAR", sent) == [replace(bill("B1"), **back)]  # type: ignore[arg-type]


def test_an_empty_containers_place_and_dangers_are_not_carried() -> None:
    sent = replace(EMPTY, stowage="0010584", undg=("1263",))
    assert returned("CUSCAR", sent) == [EMPTY]


@pytest.mark.parametrize(
    ("ship", "back"),
    [
        (Conveyance(name="X"), Conveyance(name="X")),
        (Conveyance(call_sign="3ENR7"), Conveyance(call_sign="3ENR7", mode="sea")),
        (Conveyance(mode="sea", flag="PA"), Conveyance(mode="sea")),
        (
            Conveyance(mode="sea", imo="9999993", call_sign="3ENR7", registration="R", mmsi="1"),
            Conveyance(mode="sea", imo="9999993", imo_valid=True),
        ),
        (Conveyance(mode="sea", registration="A B"), Conveyance(mode="sea", name="A B")),
    ],
)
def test_c222_holds_one_number_and_says_nothing_without_one(
    ship: Conveyance, back: Conveyance
) -> None:
    (found,) = returned(
        "CUSCAR", replace(bill("B1"), voyage=Voyage(carrier="NRLN", conveyance=ship))
    )
    assert isinstance(found, Consignment)
    assert found.voyage.conveyance == back


# -- bad input ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("statement", "reason"),
    [
        (replace(bill("B1"), bill=""), "no bill number"),
        (replace(EMPTY, number=""), "no number"),
        (PortCall(voyage=VOYAGE_0412, port=PORT), "CUSCAR carries .* no PortCall"),
        (bill("B1", freight_amount=float("nan")), "not finite"),
        (bill("B1", goods=(GoodsItem(gross_mass_kg=float("inf")),)), "not finite"),
        (bill("B1", arrival="tomorrow"), "not written in ISO 8601"),
        (bill("B1", arrival="2026-02-30"), "none of the calendar"),
        (bill("B1", arrival="2026-02-30/2026-03-01"), "not one of days"),
        (bill("B1", issued="٢٠٢٦"), "not written in ISO 8601"),
    ],
)
def test_a_statement_that_cannot_be_written_is_refused_with_the_reason(
    statement: Consignment, reason: str
) -> None:
    with pytest.raises(WritingError, match=f"message 'M1'.*{reason}"):
        written("CUSCAR", stating(statement))


def test_the_error_names_the_statement_by_its_place_and_quotes_no_record() -> None:
    with pytest.raises(WritingError, match="message 'M1': statement 2, consignment: a") as caught:
        written("CUSCAR", stating(bill("B1"), bill("SECRET", arrival="2026-13-01"), bill("B3")))
    assert "SECRET" not in str(caught.value)
    assert "2026-13" not in str(caught.value)


def test_a_character_that_does_not_fit_names_its_segment() -> None:
    message = stating(bill("B1", goods=(GoodsItem(description="船"),)))
    with pytest.raises(WritingError, match=r"message 'M1', segment \d+ \(FTX\), element 4: '船'"):
        written("CUSCAR", message, syntax="UNOC")


def test_a_bad_message_costs_only_itself() -> None:
    refused: list[WritingError] = []
    good, bad = stating(bill("B1")), replace(stating(bill("")), reference="M9")
    pieces = writers.write(head(), [bad, good, bad], "CUSCAR", refuse=refused.append)
    (found,) = read(b"".join(pieces))
    assert found.statements == (bill("B1"),)
    assert [each.message for each in refused] == ["M9", "M9"]


def test_an_unknown_type_is_refused_by_name() -> None:
    with pytest.raises(WritingError, match="no writer for 'ORDERS'; there are BAPLIE"):
        written("ORDERS", stating(bill("B1")))


# -- laws -----------------------------------------------------------------------------------------


IDENTIFIERS = st.builds(
    lambda code, numbers: (*code, *numbers),
    st.lists(st.builds(Identifier, scheme=st.sampled_from(["duns", "other"]), value=text(1)), max_size=1),
    st.lists(st.builds(Identifier, scheme=st.sampled_from(["tax", "registration"]), value=text(1)), max_size=2),
)  # fmt: skip
PARTY = st.builds(
    Party,
    role=st.sampled_from(["shipper", "consignee", "notify", "carrier", "agent", "stuffer", "reporting", "other"]),
    name=long_text(), address=st.lists(text(1), max_size=6).map(", ".join), city=text(),
    country=st.sampled_from(["", "PA", "EC"]), identifiers=IDENTIFIERS,
    contact=st.lists(text(1), max_size=3).map("; ".join),
)  # fmt: skip
NESTED = box(
    seals=st.lists(
        st.builds(
            Seal,
            number=text(1),
            affixed_by=st.sampled_from(["", "carrier", "customs", "veterinary"]),
        ),
        unique=True,
        max_size=2,
    ).map(tuple)
)
GOODS = st.builds(
    GoodsItem, sequence=st.integers(1, 99999), description=long_text(), hs_code=st.sampled_from(["", "0306", "030617"]),
    packages=st.none() | st.integers(0, 10**8), package_type=st.sampled_from(["", "CT", "WOODEN BOX"]),
    gross_mass_kg=MASS, volume_m3=MASS, value=MASS, origin_country=st.sampled_from(["", "EC"]),
    marks=long_text(), undg=UNDG,
)  # fmt: skip
BILL = st.builds(
    Consignment, carrier=text(), bill=text(1), master_bill=text(), voyage=VOYAGE,
    place_of_receipt=PLACE, load_port=PLACE, transhipment_ports=st.lists(A_PLACE, max_size=2).map(tuple),
    discharge_port=PLACE, delivery_place=PLACE, stuffing_place=text(),
    issued=st.just("") | DAY, departure=MOMENT, arrival=MOMENT,
    parties=st.lists(PARTY, max_size=3).map(tuple), goods=st.lists(GOODS, max_size=3).map(tuple),
    equipment=boxes(NESTED),
    freight_amount=MASS, freight_payment=st.sampled_from(["", "collect", "prepaid"]),
    documents=documents("ABT", "VA", "ZZZ", number=text(1)),
)  # fmt: skip


@st.composite
def consignments(draw: st.DrawFn) -> Consignment:
    """A bill without the contradictions that the table of lost fields names."""
    made = draw(BILL)
    held = some_of(made.equipment)
    goods = tuple(
        replace(
            item,
            equipment=draw(held),
            currency="USD" if item.value is not None and draw(st.booleans()) else "",
        )
        for item in made.goods
    )
    carriers = [each for each in made.parties if each.role == "carrier"]
    if carriers:
        first = carriers[0]
        carrier = first.identifiers[0].value if first.identifiers else first.name
    else:
        carrier = made.voyage.carrier or made.carrier
    stuffers = [each for each in made.parties if each.role == "stuffer"]
    where = [part for each in stuffers[:1] for part in (each.address, each.city) if part]
    return replace(
        made,
        goods=goods,
        carrier=carrier,
        master_bill="" if made.master_bill == made.bill else made.master_bill,
        freight_currency="USD" if made.freight_amount is not None else "",
        stuffing_place=made.stuffing_place or ", ".join(where),
    )


LOOSE = box(voyage=VOYAGE, load_port=PLACE, discharge_port=PLACE)


@given(messages(st.one_of(consignments(), LOOSE)))
@settings(max_examples=80)
def test_any_records_that_a_report_carries_come_back_as_they_were(message: Message) -> None:
    check_same("CUSCAR", message)
    check_order("CUSCAR", message, TABLE)
