"""AWMDS, the ASYCUDA World manifest, and Awbolds: read, written, and crossed with CUSCAR."""

from __future__ import annotations

from decimal import Decimal

import pytest
from asycuda_worlds import (
    MANIFEST,
    check_place,
    defects,
    items,
    messages,
    statements,
    stating,
    written,
)
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from typed_writing import FILES, samples_of, texts
from typed_writing import read as read_edifact
from typed_writing import written as edifact

from esclusa.formats.asycuda import common, writers
from esclusa.formats.asycuda.reader import FORMAT
from esclusa.formats.edifact.drafting import WritingError
from esclusa.formats.heading import Heading
from esclusa.model import (
    Consignment,
    Conveyance,
    Defect,
    Function,
    GoodsItem,
    Identifier,
    Message,
    Party,
    Place,
    PortCall,
    Seal,
    Severity,
    Statement,
    TransportEquipment,
    Voyage,
)

VOYAGE = Voyage(
    reference="0412W", carrier="NRLN",
    conveyance=Conveyance(mode="sea", name="NORTHREACH PIONEER", imo="9999993", imo_valid=True, flag="PA"),
)  # fmt: skip
GYE = Place(code="ECGYE", scheme="unlocode")
ONX = Place(code="PAONX", scheme="unlocode")


def bill(number: str = "B1", **more: object) -> Consignment:
    return Consignment(**{"carrier": "NRLN", "bill": number, "voyage": VOYAGE, **more})  # type: ignore[arg-type]


def back(*made: Statement) -> list[Statement]:
    return statements(written("awmds", stating(*made)))


def test_the_general_segment_is_a_port_call_and_each_bill_a_message() -> None:
    call, first, second = messages(MANIFEST)
    assert (call.format, call.sender, call.recipient) == ("asycuda.awmds", "NRLN", "PAONX")
    assert [each.reference for each in (call, first, second)] == ["0412W", "NRLN0001", "NRLN0002"]
    assert call.statements == (
        PortCall(
            voyage=VOYAGE, port=ONX, arrival="2026-04-18T04:00", last_ports=(GYE,),
            parties=(
                Party(role="carrier", name="NORTHREACH LINE", address="QUAY ROAD 2", identifiers=(Identifier(scheme="other", value="NRLN"),)),
                Party(role="agent", name="MARISOL AGENCY", identifiers=(Identifier(scheme="other", value="AG7"),)),
                Party(role="other", name="R. ROE"),
            ),
        ),
    )  # fmt: skip


def test_a_bill_holds_its_parties_goods_containers_seals_freight_and_value() -> None:
    assert messages(MANIFEST)[1].statements == (
        bill(
            "NRLN0001", master_bill="NRLN-M1", load_port=GYE, discharge_port=ONX,
            departure="2026-04-10", arrival="2026-04-18T04:00", documents=("UCN:6NRLN77",),
            parties=(
                Party(role="shipper", name="ALTAMIRA FRUIT & SEA", address="MALECON 100", city="GUAYAQUIL", country="EC"),
                Party(role="consignee", name="PANADERIA EL INDIGO", address="CALLE 50 NO 14", identifiers=(Identifier(scheme="tax", value="8-123"),)),
            ),
            goods=(
                GoodsItem(
                    description="FROZEN SHRIMP", packages=900, package_type="CT", gross_mass_kg=18000.5,
                    volume_m3=42.5, value=135000.0, currency="USD", marks="LOT 7", procedure="23",
                    equipment=("CSQU3054383",),
                ),
            ),
            equipment=(
                TransportEquipment(
                    number="CSQU3054383", number_valid=True, size_type="45R1", load_status="full",
                    gross_mass_kg=22600.5, tare_kg=4600.0, seals=(Seal(number="SH-99", affixed_by="shipper"),),
                ),
            ),
            freight_amount=1250.5, freight_currency="USD", freight_payment="prepaid",
        ),
    )  # fmt: skip


def test_offset_and_length_are_the_bytes_of_the_element() -> None:
    for message, tag in zip(
        messages(MANIFEST), ["General_segment", "Bol_segment", "Bol_segment"], strict=True
    ):
        text = MANIFEST[message.offset : message.offset + message.length].decode()
        assert text.startswith(f"<{tag}>")
        assert text.endswith(f"</{tag}>")


def test_what_was_read_is_written_and_comes_back_as_it_was() -> None:
    assert statements(written("awmds", *messages(MANIFEST))) == statements(MANIFEST)
    assert defects(written("awmds", *messages(MANIFEST))) == []


def test_elements_are_written_in_the_order_of_the_schema() -> None:
    text = written("awmds", *messages(MANIFEST)).decode()
    tags = [
        "General_segment_id", "Totals_segment", "Transport_information", "Load_unload_place",
        "Bol_segment", "Bol_id", "Bol_reference", "Line_number", "Bol_nature", "Bol_type_code",
        "Master_bill_ref_number", "Traders_segment", "Exporter", "Notify", "Consignee", "ctn_segment",
        "Goods_segment", "Value_segment", "Freight_segment", "Customs_segment",
    ]  # fmt: skip
    places = [text.index(f"<{tag}>") for tag in tags]
    assert places == sorted(places)


def test_the_file_is_told_by_its_root_in_any_dress() -> None:
    for head in (
        MANIFEST[:200],
        b"\xef\xbb\xbf<!-- a --><a:Awmds xmlns:a='u'>",
        "<Awbolds>".encode("utf-16"),
    ):
        assert FORMAT.sniff(head, "x.xml")
    assert not FORMAT.sniff(b"<CONSOLIDATED_LIST/>", "x.xml")
    assert not FORMAT.sniff(b"<Awmds_other>", "x.xml")


# -- what is broken -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("good", "bad", "code", "element"),
    [
        ("<Gross_mass>500<", "<Gross_mass>1/2 t<", "value.number", "Goods_segment/Gross_mass"),
        ("packages>40<", "packages>4.5<", "value.count", "Goods_segment/Number_of_packages"),
        ("packages>900.0<", "packages>-9<", "value.count", "Goods_segment/Number_of_packages"),
        ("CSQU3054383", "CSQU3054384", "value.container", "ctn_segment/Ctn_reference"),
        ("IMO 9999993", "IMO 9999994", "value.imo", "General_segment/Transport_information/Registration_number_of_transport_code"),
        ("10/04/2026", "31/02/2026", "value.date", "General_segment/General_segment_id/Date_of_departure"),
        ("Freight_value>1250.50", "Freight_value>12,50,1", "value.number", "Value_segment/Freight_segment/Freight_value"),
        ("bols>2<", "bols>3<", "asycuda.totals", "General_segment/Totals_segment/Total_number_of_bols"),
        ("18500.5<", "18500.9<", "asycuda.totals", "General_segment/Totals_segment/Total_gross_mass"),
    ],
)  # fmt: skip
def test_a_broken_value_is_told_with_path_line_and_byte(
    good: str, bad: str, code: str, element: str
) -> None:
    data = MANIFEST.replace(good.encode(), bad.encode(), 1)
    found = defects(data)
    assert [each.code for each in found][:1] == [code]
    check_place(data, found[0], element)


@pytest.mark.parametrize("comment", [b"<!-- by hand -->", b"<?note x?>", b""])
def test_places_are_the_same_however_the_file_is_read(comment: bytes) -> None:
    data = MANIFEST.replace(b"<Gross_mass>500<", comment + b"<Gross_mass>x<")
    (found,) = [each for each in defects(data) if each.code == "value.number"]
    assert data[found.offset :].startswith(b"<Gross_mass>x<")
    assert found.segment_no == data.count(b"\n", 0, found.offset) + 1


def test_a_bill_without_reference_is_refused_and_its_neighbour_stands() -> None:
    found = [
        item for item in items(MANIFEST.replace(b"NRLN0001<", b"<")) if isinstance(item, Message)
    ]
    assert [(each.refused, each.reference) for each in found] == [
        (False, "0412W"), (True, ""), (False, "NRLN0002"),
    ]  # fmt: skip
    assert found[1].defects[0].code == "asycuda.bill.missing"


def test_a_bill_too_large_is_refused_and_its_neighbours_stand() -> None:
    large = b"<Bol_segment><Bol_id><Bol_reference>BIG</Bol_reference></Bol_id>" + b"<x>" + b"y" * 5_000_000 + b"</x>" + b"</Bol_segment>"  # fmt: skip
    data = MANIFEST.replace(b" <Bol_segment>", large + b"<Bol_segment>", 1)
    found = [item for item in items(data) if isinstance(item, Message)]
    assert [each.refused for each in found] == [False, True, False, False]
    assert "longer than 1,048,576 bytes" in found[1].defects[0].reason


def test_unknown_elements_of_national_schemas_are_passed_over() -> None:
    more = b"<HS_segment><HS_code>0306</HS_code></HS_segment></Goods_segment>"
    assert statements(MANIFEST.replace(b"</Goods_segment>", more)) == statements(MANIFEST)


def test_another_root_is_one_fatal_defect() -> None:
    (found,) = items(b"<Other><Bol_segment/></Other>")
    assert isinstance(found, Defect)
    assert (found.code, found.severity) == ("asycuda.root", Severity.FATAL)


# -- Awbolds --------------------------------------------------------------------------------------

ADDED = b"""<Awbolds>
<Master_bol><Customs_office_code>PAONX</Customs_office_code><Voyage_number>0412W</Voyage_number>
<Date_of_departure>2026-04-10</Date_of_departure><Reference_number>NRLN-M1</Reference_number></Master_bol>
<Bol_segment><Bol_id><Bol_reference>H1</Bol_reference><Bol_type_code>HSB</Bol_type_code><Master_bol_ref_number/></Bol_id>
<Traders_segment><Carrier><Carrier_code>FWD1</Carrier_code><Carrier_name>MARISOL FORWARDING</Carrier_name></Carrier></Traders_segment>
<Goods_segment><Number_of_packages>2</Number_of_packages></Goods_segment></Bol_segment></Awbolds>"""


def test_bills_added_to_a_manifest_stand_under_its_master_bill() -> None:
    (found,) = statements(ADDED)
    assert isinstance(found, Consignment)
    assert (found.carrier, found.bill, found.master_bill) == ("FWD1", "H1", "NRLN-M1")
    assert (found.voyage.reference, found.departure) == ("0412W", "2026-04-10")


def test_added_bills_come_back_as_they_were() -> None:
    assert statements(written("awbolds", *messages(ADDED))) == statements(ADDED)


def test_added_bills_of_two_master_bills_do_not_share_a_file() -> None:
    with pytest.raises(WritingError, match="another voyage, dates or master bill"):
        written("awbolds", stating(bill("H1", master_bill="M1"), bill("H2", master_bill="M2")))


# -- writing --------------------------------------------------------------------------------------


def test_several_goods_of_a_bill_are_splits_with_their_containers() -> None:
    boxes = tuple(
        TransportEquipment(number=number, number_valid=True)
        for number in ("CSQU3054383", "NRXU4430056")
    )
    goods = (
        GoodsItem(description="SHRIMP", packages=9, gross_mass_kg=90.5, equipment=("CSQU3054383", "NRXU4430056")),
        GoodsItem(sequence=2, description="TILES", packages=1, gross_mass_kg=7.0),
    )  # fmt: skip
    made = bill(goods=goods, equipment=boxes)
    text = written("awmds", stating(made)).decode()
    assert text.count("<Split_segment>") == 3
    assert "<Gross_mass>97.5</Gross_mass>" in text
    (found,) = (one for one in back(made) if isinstance(one, Consignment))
    assert found.goods == goods


def test_seals_past_the_third_stand_with_the_goods_of_a_single_container() -> None:
    seals = tuple(Seal(number=f"S{at}", affixed_by="carrier") for at in range(5))
    made = bill(
        goods=(GoodsItem(equipment=("CSQU3054383",)),),
        equipment=(TransportEquipment(number="CSQU3054383", number_valid=True, seals=seals),),
    )
    assert back(made)[-1] == made


@pytest.mark.parametrize(
    ("statement", "reason"),
    [
        (bill(""), "a bill has no number"),
        (bill(freight_amount=float("nan")), "not finite"),
        (bill(arrival="tomorrow"), "not written in ISO 8601"),
        (bill(equipment=(TransportEquipment(number=""),)), "a container has no number"),
        (bill(goods=(GoodsItem(description="a\x00b"),)), "has no place in XML"),
        (TransportEquipment(number="CSQU3054383"), "no TransportEquipment"),
    ],
)
def test_a_statement_that_cannot_be_written_is_refused_with_the_reason(
    statement: Statement, reason: str
) -> None:
    with pytest.raises(WritingError, match=reason) as caught:
        written("awmds", stating(statement))
    assert "tomorrow" not in str(caught.value)


def test_a_bad_message_costs_only_itself() -> None:
    refused: list[WritingError] = []
    two = [stating(bill("B1")), replace(stating(bill("")), reference="M9"),
           stating(bill("B2", voyage=Voyage(reference="9"))),
           stating(bill("B3"), function=Function.CANCELLATION)]  # fmt: skip
    data = b"".join(writers.write_file(two, Heading(), "awmds", refuse=refused.append))
    found = [one.bill for one in statements(data) if isinstance(one, Consignment)]
    assert found == ["B1"]
    assert [each.message for each in refused] == ["M9", "M1", "M1"]


def test_nothing_to_write_is_no_file() -> None:
    assert written("awmds") == b""


# -- CUSCAR and back ------------------------------------------------------------------------------

_PLACE = Place()


def as_a_manifest_has_it(found: Consignment) -> Consignment:
    """A consignment without what AWMDS has no place for, as the table of docs/formats/customs.md says."""
    roles = {}
    for party in reversed(found.parties):
        roles[party.role] = party
    several = len(found.goods) > 1
    numbers = [box.number for box in found.equipment]
    apart = several or any(list(item.equipment) != numbers for item in found.goods)
    return replace(
        found,
        issued="",
        departure=found.departure[:10],
        place_of_receipt=_PLACE, delivery_place=_PLACE, transhipment_ports=(), stuffing_place="",
        load_port=replace(found.load_port, name=""), discharge_port=replace(found.discharge_port, name=""),
        documents=tuple(text for text in found.documents if text.startswith("UCN:")),
        parties=tuple(
            replace(
                roles[role], contact="",
                identifiers=tuple(replace(one, scheme="tax") for one in sorted(roles[role].identifiers, key=lambda one: one.scheme != "tax")[:1]),
            )
            for role in ("shipper", "notify", "consignee") if role in roles
        ),
        goods=tuple(
            replace(
                item, sequence=at, hs_code="", origin_country="", undg=(), dangerous=(), net_mass_kg=None,
                volume_m3=None if apart else item.volume_m3,
                value=None if several else item.value, currency="" if several else item.currency,
            )
            for at, item in enumerate(found.goods, 1)
        ),
        equipment=tuple(
            replace(box, temperature_c=None, operator="", verified_mass_kg=None, seals=box.seals)
            for box in found.equipment
        ),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("name", "message"), samples_of("edifact.cuscar"), ids=lambda each: each if isinstance(each, str) else ""
)  # fmt: skip
def test_a_cargo_report_goes_through_a_manifest_and_comes_back(name: str, message: Message) -> None:
    for one in message.statements:
        if not isinstance(one, Consignment):
            continue
        wanted = as_a_manifest_has_it(one)
        passed = [
            each for each in statements(written("awmds", stating(one))) if isinstance(each, Consignment)
        ]  # fmt: skip
        again = [
            each
            for item in read_edifact(edifact("CUSCAR", stating(*passed)))
            for each in item.statements
        ]
        assert passed == [wanted], name
        assert again == [wanted], name


def test_the_samples_hold_cargo_reports() -> None:
    assert FILES
    assert len(samples_of("edifact.cuscar")) >= 2
    assert texts("CUSCAR", stating(bill("B1")))


# -- laws -----------------------------------------------------------------------------------------

WORD = st.text(st.sampled_from("ABC xyz019&<>'\"Ñ船./-"), max_size=20).map(
    lambda text: " ".join(text.split())
)
FULL = WORD.filter(lambda text: bool(text) and text != "-")
MASS = st.none() | st.integers(0, 10**9).map(lambda grams: grams / 1000)
CODE = st.sampled_from(["ECGYE", "PAONX", "USNYC"])
PORT = st.just(Place()) | st.builds(Place, code=CODE, scheme=st.just("unlocode"))


def party(role: str) -> st.SearchStrategy[Party]:
    where = st.one_of(
        st.tuples(WORD, st.just(""), st.just("")),
        st.tuples(FULL, WORD.filter(lambda text: text != "-"), st.sampled_from(["PA", "EC"])),
    )
    codes = st.just(()) | st.builds(lambda text: (Identifier(scheme="tax", value=text),), FULL)
    return st.builds(
        lambda name, at, ids: Party(role=role, name=name, address=at[0], city=at[1], country=at[2], identifiers=ids),
        FULL, where, codes,
    )  # fmt: skip


@st.composite
def boxes(draw: st.DrawFn, number: str) -> TransportEquipment:
    tare, goods = draw(MASS), draw(MASS)
    gross = goods
    if goods is not None and tare:
        gross = float(Decimal(repr(goods)) + Decimal(repr(tare)))
    by = draw(st.sampled_from(["", "carrier", "customs", "veterinary"]))
    marks = draw(st.lists(FULL, unique=True, max_size=3))
    return TransportEquipment(
        number=number, number_valid=True, size_type=draw(WORD), tare_kg=tare, gross_mass_kg=gross,
        load_status=draw(st.sampled_from(["", "full", "empty"])),
        seals=tuple(Seal(number=mark, affixed_by=by) for mark in marks),
    )  # fmt: skip


@st.composite
def bills(draw: st.DrawFn, number: str) -> Consignment:
    numbers = draw(
        st.lists(st.sampled_from(["CSQU3054383", "NRXU4430056", "MSKU6011672"]), unique=True)
    )
    count = draw(st.integers(0, 3))
    nature = draw(st.sampled_from(["", "23", "28"])) if count else ""
    several, goods = count > 1, []
    for at in range(1, count + 1):
        held = tuple(draw(st.lists(st.sampled_from(numbers), unique=True))) if numbers else ()
        held = held if several or draw(st.booleans()) else tuple(numbers)
        apart = several or held != tuple(numbers)
        value = None if several else draw(MASS)
        goods.append(
            GoodsItem(
                sequence=at, description=draw(WORD), packages=draw(st.none() | st.integers(1, 10**6)),
                package_type=draw(WORD), gross_mass_kg=draw(MASS), marks=draw(WORD), procedure=nature,
                volume_m3=None if apart else draw(MASS), value=value,
                currency="USD" if value is not None and draw(st.booleans()) else "", equipment=held,
            )
        )  # fmt: skip
    parties = tuple(
        draw(party(role)) for role in ("shipper", "notify", "consignee") if draw(st.booleans())
    )
    freight = draw(MASS)
    return bill(
        number, master_bill=draw(WORD), load_port=draw(PORT), discharge_port=draw(PORT),
        departure="2026-04-10", arrival="2026-04-18T04:00", parties=parties, goods=tuple(goods),
        equipment=tuple(draw(boxes(each)) for each in numbers), freight_amount=freight,
        freight_currency="USD" if freight is not None else "",
        freight_payment=draw(st.sampled_from(["", "prepaid", "collect"])),
        documents=draw(st.sampled_from([(), ("UCN:6NRLN77",)])),
    )  # fmt: skip


@given(st.lists(FULL, unique=True, max_size=3).flatmap(lambda each: st.tuples(*map(bills, each))))
@settings(max_examples=60, deadline=None)
def test_any_bills_that_a_manifest_carries_come_back_as_they_were(
    made: tuple[Consignment, ...],
) -> None:
    call = PortCall(voyage=VOYAGE, port=ONX, arrival="2026-04-18T04:00", last_ports=(GYE,))
    data = written("awmds", stating(call, *made))
    assert statements(data) == [call, *made]
    assert [each for each in defects(data) if each.severity is not Severity.NOTE] == []


@given(st.text(st.sampled_from(" \n\tAB.\u00a0\u2028É"), min_size=1, max_size=12))
def test_lines_of_an_address_are_those_that_say_something(text: str) -> None:
    wanted = [words for each in text.split("\n") if (words := " ".join(each.split()))]
    assert common._lines(text) == wanted
