"""WASDIS: the waste of a ship, kind by kind, read and written."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from ship_messages import BODIES, check_fidelity, message
from typed_reading import edifact_message
from typed_writing import A_PLACE, CODE, CONVEYANCE, MASS, MINUTE, stating, text, texts

from esclusa.model import (
    DeclaredItem,
    DeclaredValue,
    Message,
    Place,
    ShipDeclaration,
    Voyage,
)


def read(body: str = BODIES["WASDIS"]) -> Message:
    return edifact_message("WASDIS", body, "D:17B:UN")


def declaration(found: Message) -> ShipDeclaration:
    (statement,) = found.statements
    assert isinstance(statement, ShipDeclaration)
    return statement


def values(holder: ShipDeclaration | DeclaredItem) -> dict[str, str]:
    return {value.code: value.value for value in holder.values}


def test_a_declaration_names_call_times_master_and_who_sends_it() -> None:
    found = declaration(read())
    assert (found.form, found.port, found.call_reference) == (
        "waste", Place(code="PAONX", scheme="unlocode"), "MS-2026-0412",
    )  # fmt: skip
    assert (found.arrival, found.departure) == ("2026-04-13T10:00", "2026-04-14T22:00")
    assert (found.declared, found.declarant) == ("2026-04-10T12:00", "CAPT LUZ MAR")
    assert [(each.role, each.contact) for each in found.parties] == [
        ("agent", "ANA RUIZ; 5551234567")
    ]
    assert found.voyage.conveyance.call_sign == "3ENR7"


def test_each_kind_of_waste_is_a_line_with_its_four_amounts() -> None:
    bilge, second = declaration(read()).items
    assert (bilge.code, bilge.name, bilge.quantity, bilge.unit) == (
        "1100", "OILY BILGE WATER", 2.5, "MTQ",
    )  # fmt: skip
    assert values(bilge) == {
        "DGS": "ADV",  # MARPOL
        "DGS:8078": "A",
        "MEA:AAE:AEM": "10 MTQ",  # capacity
        "MEA:AAE:AFS": "1 MTQ",  # retained on board
        "MEA:AAE:AFR": "0.7 MTQ",  # estimated until the next port
        "LOC:283": "MXZLO",  # where the rest is to be delivered
        "DTM:7": "2026-04-18",
        "NAD:TR": "ALTAMIRA RECEPTION",
    }
    assert (second.code, second.quantity) == ("2100", 0.2)


def test_the_last_inspection_and_the_route_are_values() -> None:
    told = values(declaration(read()))
    assert (told["LOC:175"], told["DTM:351"], told["GOR"]) == ("ECGYE", "2026-04-11", "17:3")
    assert (told["LOC:94"], told["LOC:61"]) == ("ECGYE", "MXZLO")
    assert (told["QTY:115"], told["MEA:AAE:AAM"]) == ("22", "41500 TNE")


def test_an_amount_that_is_no_number_is_named_and_left_out() -> None:
    found = read(BODIES["WASDIS"].replace("MTQ:2.5", "MTQ:some"))
    assert [(defect.code, defect.element) for defect in found.defects] == [("value.number", "3.2")]
    assert declaration(found).items[0].quantity is None


def test_a_line_is_written_with_its_amounts_texts_and_places() -> None:
    written = texts("WASDIS", replace(message("WASDIS"), reference="M1"))
    at = written.index("DGS+ADV+1100:A")
    assert written[at : at + 9] == [
        "DGS+ADV+1100:A",
        "MEA+AAE+AFQ+MTQ:2.5",
        "MEA+AAE+AEM+MTQ:10",
        "MEA+AAE+AFS+MTQ:1",
        "MEA+AAE+AFR+MTQ:0.7",
        "FTX+AAD+++OILY BILGE WATER",
        "LOC+283+MXZLO",
        "DTM+7:20260418:102",
        "NAD+TR+++ALTAMIRA RECEPTION",
    ]


WORDS = text(1).map(lambda words: " ".join(words.split())).filter(bool)


def of(code: str, found: st.SearchStrategy[str]) -> st.SearchStrategy[DeclaredValue | None]:
    return st.none() | found.map(lambda value: DeclaredValue(code=code, value=value))


def told(*found: st.SearchStrategy[DeclaredValue | None]) -> st.SearchStrategy[Any]:
    return st.tuples(*found).map(lambda each: tuple(one for one in each if one is not None))


AMOUNT = st.integers(0, 9999).map(lambda tenths: f"{tenths / 10:g} MTQ")
LINE = st.builds(
    lambda amount, **fields: DeclaredItem(
        **fields, quantity=amount, unit="" if amount is None else "MTQ"
    ),
    amount=MASS, code=st.text("0123456789", min_size=1, max_size=7), name=WORDS | st.just(""),
    values=told(
        of("LOC:283", CODE), of("MEA:AAE:AEM", AMOUNT), of("MEA:AAE:AFS", AMOUNT),
        of("FTX:ACB", WORDS), of("DGS", st.just("ADV")),
    ),
)  # fmt: skip
WASTE = st.builds(
    ShipDeclaration,
    form=st.just("waste"),
    voyage=st.builds(
        Voyage, reference=text(1), carrier=text(),
        conveyance=CONVEYANCE.filter(lambda ship: ship.mode == "sea"),
    ),
    port=A_PLACE,
    call_reference=text(), declarant=WORDS | st.just(""),
    arrival=st.just("") | MINUTE, departure=st.just("") | MINUTE, declared=st.just("") | MINUTE,
    values=told(of("LOC:61", CODE), of("MEA:AAE:AAM", AMOUNT), of("QTY:115", st.just("22"))),
    items=st.lists(LINE, max_size=3).map(tuple),
)  # fmt: skip


@given(st.lists(WASTE, min_size=1, max_size=2))
@settings(max_examples=40, deadline=None)
def test_any_waste_that_a_message_carries_comes_back_as_it_was(found: list[Any]) -> None:
    check_fidelity("WASDIS", stating(*found))


@pytest.mark.parametrize("code", ["AFQ", "AFP"])
def test_only_what_is_to_be_delivered_is_the_quantity_of_a_line(code: str) -> None:
    body = BODIES["WASDIS"].replace("MEA+AAE+AFQ+MTQ:0.2", f"MEA+AAE+{code}+MTQ:0.2")
    line = declaration(read(body)).items[1]
    assert line.quantity == (0.2 if code == "AFQ" else None)
