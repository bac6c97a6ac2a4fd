"""SAD, the goods declaration of ASYCUDA World: read and written."""

from __future__ import annotations

import pytest
from asycuda_worlds import (
    DECLARATION,
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

from esclusa.formats.edifact.drafting import WritingError
from esclusa.model import (
    Consignment,
    Conveyance,
    GoodsItem,
    Identifier,
    Message,
    Party,
    Place,
    PortCall,
    Statement,
    TransportEquipment,
    Voyage,
)

EXPECTED = Consignment(
    carrier="", bill="D-9 2026-0012", issued="2026-04-19",
    voyage=Voyage(conveyance=Conveyance(mode="sea", name="NORTHREACH PIONEER", flag="PA")),
    place_of_receipt=Place(code="EC", scheme="country"), delivery_place=Place(code="PA", scheme="country"),
    load_port=Place(code="ECGYE", name="Guayaquil", scheme="unlocode"),
    parties=(
        Party(role="exporter", name="ALTAMIRA FRUIT SA", address="MALECON 100", city="GUAYAQUIL", country="EC"),
        Party(role="consignee", name="PANADERIA EL INDIGO", identifiers=(Identifier(scheme="tax", value="8-123"),)),
        Party(
            role="declarant", name="MARISOL BROKERS", address="PIER 3", contact="J. ROE",
            identifiers=(Identifier(scheme="tax", value="D-9"),),
        ),
    ),
    goods=(
        GoodsItem(
            description="FROZEN SHRIMP", hs_code="0306170000", packages=20, package_type="CT", gross_mass_kg=1000.5,
            net_mass_kg=950.0, value=9000.0, currency="USD", origin_country="EC", marks="LOT SAME",
            procedure="4000 000", equipment=("CSQU3054383",),
        ),
        GoodsItem(sequence=2, description="TILES", hs_code="690721", packages=10, gross_mass_kg=499.5),
    ),
    equipment=(TransportEquipment(number="CSQU3054383", number_valid=True, size_type="45R1", load_status="full"),),
    freight_amount=300.0, freight_currency="USD",
    documents=("AFB:PAONX 2026 77", "ABT:C 4711", "AAE:PAONX 2025 W 31", "IV05:F-100", "BM:NRLN0001"),
)  # fmt: skip


def test_a_declaration_is_one_consignment_with_its_items() -> None:
    (message,) = messages(DECLARATION)
    assert message.statements == (EXPECTED,)
    assert (message.format, message.sender, message.recipient) == ("asycuda.sad", "D-9", "PAONX")
    assert message.defects == ()


def test_what_was_read_is_written_and_comes_back_as_it_was() -> None:
    data = written("sad", *messages(DECLARATION))
    assert statements(data) == [EXPECTED]
    assert defects(data) == []


def test_a_declaration_without_reference_goes_by_its_registration() -> None:
    (found,) = statements(DECLARATION.replace(b"<Number>2026-0012<", b"<Number><null/><"))
    assert isinstance(found, Consignment)
    assert found.bill == "PAONX C 4711"
    assert statements(written("sad", stating(found))) == [found]


def test_without_any_number_nothing_is_stated() -> None:
    data = DECLARATION.replace(b"<Number>2026-0012<", b"<Number><").replace(b">4711<", b"><")
    (message,) = messages(data.replace(b"<Serial_number>C<", b"<Serial_number><"))
    assert message.refused
    assert [each.code for each in message.defects] == ["asycuda.declaration.number"]


@pytest.mark.parametrize(
    ("good", "bad", "code", "element"),
    [
        ("itm>1000.5<", "itm>1 ton<", "value.number", "Item/Valuation_item/Weight_itm/Gross_weight_itm"),
        ("packages>20.0<", "packages>2.5<", "value.count", "Item/Packages/Number_of_packages"),
        ("03061700<", "0306 frozen<", "value.hs_code", "Item/Tarification/HScode/Commodity_code"),
        ("CSQU3054383", "CSQU3054381", "value.container", "Container/Container_identity"),
        ("4/19/26", "13/32/26", "value.date", "Identification/Registration/Date"),
        ("items>2<", "items>3<", "asycuda.totals", "Property/Nbers/Total_number_of_items"),
        ("weight>1500<", "weight>1501<", "asycuda.totals", "Valuation/Weight/Gross_weight"),
    ],
)  # fmt: skip
def test_a_broken_value_is_told_with_path_line_and_byte(
    good: str, bad: str, code: str, element: str
) -> None:
    data = DECLARATION.replace(good.encode(), bad.encode(), 1)
    first = defects(data)[0]
    assert first.code == code
    check_place(data, first, element)
    assert statements(data)


def test_a_declaration_that_breaks_off_states_nothing() -> None:
    (message,) = items(DECLARATION[:-40])
    assert isinstance(message, Message)
    assert message.refused
    assert {each.code for each in message.defects} == {"xml.syntax", "asycuda.declaration.broken"}


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2026-04-09", "2026-04-09"), ("09/04/2026", "2026-04-09"), ("4/9/26", "2026-04-09"),
        ("20260409", "2026-04-09"), ("19/4/26", "2026-04-19"), ("04/19/2026", "2026-04-19"),
        ("2026-04-09T10:00:00", "2026-04-09"),
    ],
)  # fmt: skip
def test_dates_of_all_installations_are_understood(text: str, day: str) -> None:
    (found,) = statements(DECLARATION.replace(b"4/19/26", text.encode()))
    assert isinstance(found, Consignment)
    assert found.issued == day


@pytest.mark.parametrize(
    ("made", "reason"),
    [
        ((replace(EXPECTED, bill=""),), "a declaration has no number"),
        ((EXPECTED, EXPECTED), "a file is one declaration"),
        ((PortCall(voyage=Voyage(), port=Place()),), "no PortCall"),
        ((replace(EXPECTED, freight_amount=float("inf")),), "not finite"),
        ((replace(EXPECTED, issued="soon"),), "not written in ISO 8601"),
    ],
)
def test_what_cannot_be_written_is_refused_with_the_reason(
    made: tuple[Statement, ...], reason: str
) -> None:
    with pytest.raises(WritingError, match=f"message 'M1'.*{reason}"):
        written("sad", stating(*made))


# -- laws -----------------------------------------------------------------------------------------

WORD = st.text(st.sampled_from("ABC xyz019&<>Ñ船./"), max_size=20).map(
    lambda text: " ".join(text.split())
)
FULL = WORD.filter(bool)
MASS = st.none() | st.integers(1, 10**9).map(lambda grams: grams / 1000)
BOXES = ("CSQU3054383", "NRXU4430056")


def party(role: str) -> st.SearchStrategy[Party]:
    codes = st.just(()) | st.builds(lambda text: (Identifier(scheme="tax", value=text),), FULL)
    where = st.one_of(
        st.tuples(WORD, st.just(""), st.just("")),
        st.tuples(FULL, WORD, st.sampled_from(["PA", "EC"])),
    )
    return st.builds(
        lambda name, at, ids: Party(role=role, name=name, address=at[0], city=at[1], country=at[2], identifiers=ids),
        FULL, where, codes,
    )  # fmt: skip


@st.composite
def declarations(draw: st.DrawFn) -> Consignment:
    goods = tuple(
        GoodsItem(
            sequence=at, description=draw(WORD), hs_code=draw(st.from_regex(r"[0-9]{4}|[0-9]{8}|[0-9]{10}", fullmatch=True)),
            packages=draw(st.none() | st.integers(0, 10**6)), package_type=draw(WORD), marks=draw(WORD),
            gross_mass_kg=draw(MASS), net_mass_kg=draw(MASS), value=draw(MASS), origin_country=draw(st.sampled_from(["", "EC"])),
            procedure=draw(st.sampled_from(["", "4000", "4000 000"])), equipment=draw(st.sampled_from([(), BOXES[:1], BOXES])),
        )
        for at in range(1, draw(st.integers(1, 3)) + 1)
    )  # fmt: skip
    goods = tuple(
        replace(item, currency="USD") if item.value is not None and draw(st.booleans()) else item
        for item in goods
    )
    used = [number for number in BOXES if any(number in item.equipment for item in goods)]
    parties = [
        draw(party(role)) for role in ("exporter", "consignee", "declarant") if draw(st.booleans())
    ]
    code = ""
    if parties and parties[-1].role == "declarant":
        parties[-1] = replace(parties[-1], contact=draw(WORD))
        code = parties[-1].identifiers[0].value if parties[-1].identifiers else ""
    freight = draw(MASS)
    return Consignment(
        carrier="", bill=f"{code} {draw(FULL)}".strip(), parties=tuple(parties), goods=goods,
        equipment=tuple(TransportEquipment(number=number, number_valid=True, gross_mass_kg=draw(MASS)) for number in used),
        freight_amount=freight, freight_currency="USD" if freight is not None else "",
        documents=draw(st.sampled_from([(), ("AFB:M 7", "ABT:C 9", "AAE:PAONX 2025 W 31", "IV05:F-1", "BM:B1")])),
        load_port=draw(st.sampled_from([Place(), Place(code="ECGYE", name="Guayaquil", scheme="unlocode")])),
        issued=draw(st.sampled_from(["", "2026-04-19"])),
    )  # fmt: skip


@given(declarations())
@settings(max_examples=60, deadline=None)
def test_any_declaration_comes_back_as_it_was(made: Consignment) -> None:
    assert statements(written("sad", stating(made))) == [made]
