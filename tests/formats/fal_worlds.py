"""A fictional ship before its call, in all ten forms, and made-up statements that forms can carry."""

from __future__ import annotations

import datetime as dt
import io
from collections import Counter
from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st
from msgspec.structs import replace
from typed_writing import CODE, MASS, NUMBER

from esclusa.codes import unlocode
from esclusa.formats.fal import json_layout, xlsx_layout, xlsx_writing
from esclusa.formats.fal.call import DIRECTION, IDENTITY, journey, ship_word
from esclusa.formats.fal.cargo import same_place
from esclusa.formats.fal.declarations import SIGNED
from esclusa.formats.fal.tables import elements, form
from esclusa.formats.values import container
from esclusa.model import (
    Consignment,
    Conveyance,
    DangerousGoods,
    DeclaredItem,
    DeclaredValue,
    Defect,
    Function,
    GoodsItem,
    Identifier,
    Message,
    Party,
    Place,
    PortCall,
    ShipDeclaration,
    TransportEquipment,
    TravelDocument,
    Traveller,
    Voyage,
)

LAYOUTS: dict[str, tuple[Callable[[Message], bytes], Any]] = {
    "json": (json_layout.write, json_layout.read),
    "xlsx": (xlsx_writing.write, xlsx_layout.read),
}


def read(layout: str, data: bytes) -> list[Message]:
    """The messages of a file in which nothing is wrong outside them."""
    found = list(LAYOUTS[layout][1](io.BytesIO(data), file=f"f.{layout}"))
    assert not [item for item in found if isinstance(item, Defect)], found
    return found


def stating(*statements: Any, **more: Any) -> Message:
    return Message(format="made", offset=0, length=0, statements=statements, **more)


def check_same(layout: str, message: Message) -> None:
    """What comes back is what went: envelope, function, and the statements in any order."""
    found = read(layout, LAYOUTS[layout][0](message))
    back = Counter(each for item in found for each in item.statements)
    assert back == Counter(message.statements)
    for item in found:
        assert (item.function, item.sender, item.recipient, item.prepared) == (
            message.function, message.sender, message.recipient, message.prepared,
        )  # fmt: skip


# -- the ship of the sample -----------------------------------------------------------------------

PIONEER = Voyage(
    reference="0412W",
    carrier="NRLN",
    conveyance=Conveyance(mode="sea", name="NORTHREACH PIONEER", imo="9999993", imo_valid=True, call_sign="3ENR7", flag="PA"),
)  # fmt: skip
COLON = Place(code="PAONX", name="Colón", scheme="unlocode")
LAST = tuple(
    Place(code=code, scheme="unlocode")
    for code in ("ECGYE", "PECLL", "CLSAI", "COCTG", "MXZLO", "KRPUS", "CNSHA", "PABLB", "PAONX", "ECGYE")
)  # fmt: skip
CALL = PortCall(
    voyage=PIONEER, port=COLON, call_reference="CALL-0412", arrival="2026-04-13T06:00",
    departure="2026-04-14T18:00", last_ports=LAST[:3], next_port=Place(code="COCTG", scheme="unlocode"),
    berth="Muelle 6", purposes=("1", "25"), crew_count=2, passenger_count=1, draught_m=11.4,
    parties=(Party(role="agent", name="Agencia Marisol", city="Colón", country="PA", contact="Ríos", identifiers=(Identifier(scheme="other", value="AG-7"),)),),
)  # fmt: skip


def declaration(
    word: str, *items: DeclaredItem, call: PortCall = CALL, **values: str
) -> ShipDeclaration:
    return ShipDeclaration(
        form=word, voyage=call.voyage, port=call.port, call_reference=call.call_reference,
        arrival=call.arrival, departure=call.departure, declared="2026-04-12T09:00Z", declarant="R. Altamira",
        values=tuple(DeclaredValue(code=code.removeprefix("Q"), value=value) for code, value in values.items()),
        items=items,
    )  # fmt: skip


def value(code: str, said: str) -> DeclaredValue:
    return DeclaredValue(code=code, value=said)


VEGA = Traveller(
    surname="VEGA", given_names="ANA LUZ", role="crew", birth_date="1988-02-03", gender="F", nationality="PAN",
    documents=(
        TravelDocument(type="passport", number="PA0099", issuer="PAN", expires="2030-01-31"),
        TravelDocument(type="seafarer", number="SB-71", issuer="PAN", expires="2028-06-30"),
    ),
    journey=journey(CALL, False),
)  # fmt: skip
ROJAS = replace(
    VEGA,
    surname="ROJAS",
    given_names="IVAN",
    gender="M",
    documents=(TravelDocument(type="seafarer", number="SB-90"),),
)
LIMA = replace(
    VEGA, surname="LIMA", given_names="EVA", role="transit", embarkation=LAST[0],
    documents=(TravelDocument(number="EC17", issuer="ECU"), TravelDocument(type="visa", number="V-5")),
)  # fmt: skip
BANANAS = Consignment(
    carrier="NRLN", bill="NRLN0001", voyage=PIONEER, arrival=CALL.arrival, load_port=LAST[0], discharge_port=COLON,
    goods=(GoodsItem(description="BANANAS", hs_code="0803", packages=1080, package_type="CT", gross_mass_kg=21600, marks="N/M", equipment=("CSQU3054383",)),),
    equipment=(TransportEquipment(number="CSQU3054383", number_valid=True),),
)  # fmt: skip
PAINT = replace(
    BANANAS,
    bill="NRLN0002",
    goods=(
        GoodsItem(description="TOOLS", packages=10, package_type="PK"),
        GoodsItem(
            sequence=2, description="PAINT", packages=40, package_type="DR", undg=("1263",), equipment=("CSQU3054383",),
            dangerous=(DangerousGoods(un="1263", hazard_class="3", subsidiary_classes=("8",), packing_group="II", name="PAINT", flash_point_c=12, marine_pollutant=True, emergency="F-E, S-E", net_mass_kg=800, stowage="010584"),),
        ),
    ),
    documents=("CU:SH-1",),
)  # fmt: skip


def pre_arrival() -> Message:
    """Everything that the master of the Northreach Pioneer tells Marisol before Colón."""
    return stating(
        CALL,
        declaration("general", DeclaredItem(code="CNSHA"), IMO0088="3", IMO0139="40000", IMO0196="None"),
        declaration(
            "stores", DeclaredItem(name="Cigarettes", quantity=4000, unit="NMP", place="Bonded store"),
            DeclaredItem(name="Diesel oil", quantity=310.5, unit="TNE", place="Tanks"), IMO0123="2",
        ),
        declaration("effects", DeclaredItem(name="Camera", quantity=1, unit="NMP", person="VEGA, ANA LUZ", values=(value("IMO0042", "Chief mate"),))),
        VEGA, ROJAS, LIMA, BANANAS, PAINT,
        declaration(
            "health",
            DeclaredItem(name="Fever", person="ROJAS, IVAN", values=(value("IMO0221", "2026-04-10"), value("IMO0222", "yes"))),
            DeclaredItem(name="Isolation", place="Cabin 12", values=(value("list", "measures"), value("IMO0215", "2026-04-10"))),
            Q1="no", Q2="yes", Q3="no", Q4="yes", Q5="yes", Q6="no", Q7="yes", Q8="no", Q9="no", IMO0067="yes",
        ),
        declaration(
            "security",
            *(DeclaredItem(code=port.code, place="Terminal", values=(value("IMO0124", f"2026-03-{day:02}"), value("IMO0149", "1"))) for day, port in enumerate(LAST, 1)),
            DeclaredItem(name="Bunkering", place="Roads of Guayaquil", values=(value("list", "activities"), value("IMO0166", "2026-03-02"))),
            IMO0067="yes", IMO0130="yes", IMO0137="1",
        ),
        declaration(
            "waste",
            DeclaredItem(name="Sludge", code="I/2", quantity=12.5, unit="MTQ", values=(value("IMO0180", "40"),)),
            DeclaredItem(code="V/A", quantity=1.2, unit="MTQ"), IMO0178="no", IMO0179="2026-03-01",
        ),
        reference="PRE-1", sender="NORTHREACH", recipient="MARISOL", prepared="2026-04-12T09:05:00Z",
    )  # fmt: skip


# -- made-up statements ---------------------------------------------------------------------------

DAYS = st.dates(min_value=dt.date(1900, 1, 1)).map(str)
MOMENTS = st.sampled_from(
    ["", "2026-04-13", "2026-04-13T06:00", "2026-04-13T06:00:30-05:00", "2026-04-13T06:00Z"]
)
STATE = st.sampled_from(["", "PAN", "ECU", "D", "XXA", "GBD"])
LETTERS = "ABCXYZabc019?+:'*.,-/=Ññé船"


def text(least: int = 0, letters: str = LETTERS) -> st.SearchStrategy[str]:
    """What a reader leaves of a text: nothing at its ends is blank."""
    word = st.text(st.sampled_from(letters), min_size=1, max_size=6)
    return st.lists(word, min_size=least, max_size=3).map(" ".join)


NAME = text(1, "ABCabcÑ'-")
WORD = st.text(st.sampled_from("ABCXYZ019"), min_size=6, max_size=9)

PLACES = st.one_of(
    st.just(Place()),
    st.builds(Place, code=st.from_regex(r"[A-Z]{2}[A-Z0-9]{3}", fullmatch=True), name=text(), scheme=st.just("unlocode")),
    st.builds(Place, code=st.from_regex(r"[A-Z]{2}", fullmatch=True), name=text(), scheme=st.just("country")),
    st.builds(Place, code=WORD, name=text()),
    st.builds(Place, name=text(1).filter(lambda name: not unlocode.get(name))),
)  # fmt: skip
SOMEWHERE = PLACES.filter(lambda place: place != Place())

SHIPS = st.one_of(
    st.builds(Conveyance, mode=st.just("sea"), name=text(1), imo=st.just("9999993"), imo_valid=st.just(True), flag=st.sampled_from(["", "PA"]), mmsi=st.sampled_from(["", "351000001"])),
    st.builds(Conveyance, mode=st.just("sea"), name=text(1), imo=st.just("1234568"), imo_valid=st.just(False)),
    st.builds(Conveyance, mode=st.just("sea"), name=text(), call_sign=CODE),
    st.builds(Conveyance, mode=st.just("sea"), name=text(1)),
)  # fmt: skip
AGENTS = st.one_of(
    st.just(()),
    st.builds(
        lambda name, city, number: (
            Party(role="agent", name=name, city=city, country="PA", identifiers=(Identifier(scheme="other", value=number),) if number else ()),
        ),
        text(), text(), text(),
    ),
)  # fmt: skip
CALLS = st.builds(
    PortCall,
    voyage=st.builds(Voyage, reference=text(), carrier=st.sampled_from(["", "NRLN"]), conveyance=SHIPS),
    port=SOMEWHERE, call_reference=text(), arrival=MOMENTS, departure=MOMENTS,
    last_ports=st.lists(SOMEWHERE, max_size=3).map(tuple), next_port=PLACES, berth=text(),
    purposes=st.lists(text(1), max_size=3).map(tuple), crew_count=st.none() | st.integers(0, 9999),
    passenger_count=st.none() | st.integers(0, 9999), draught_m=st.none() | st.just(7.25), parties=AGENTS,
)  # fmt: skip


def _said(code: str) -> st.SearchStrategy[str]:
    if code in ("IMO0137", "IMO0149"):
        return st.sampled_from("123")
    known = elements().get(code)
    kind = known.kind if known else ""
    return st.sampled_from(["yes", "no"]) if kind == "indicator" else DAYS if kind else text(1)


def _values(codes: list[str]) -> st.SearchStrategy[tuple[DeclaredValue, ...]]:
    one = st.sampled_from(codes).flatmap(
        lambda code: st.builds(DeclaredValue, code=st.just(code), value=_said(code))
    )
    return st.lists(one, max_size=5, unique_by=lambda found: found.code).map(
        lambda found: tuple(sorted(found, key=lambda each: each.code))
    )


def _items(word: str, name: str) -> st.SearchStrategy[list[DeclaredItem]]:
    known = form(word)
    listed = known.lists[name]
    strategies: dict[str, st.SearchStrategy[Any]] = {
        field: MASS if field == "quantity" else text()
        for field in listed.fields
        if field not in ("person", "given")
    }
    if "person" in listed.fields:
        strategies["person"] = st.one_of(st.just(""), NAME, st.builds("{}, {}".format, NAME, NAME))
    others = [code for code in listed.columns if code not in listed.fields.values()]
    mark = () if name == known.main else (DeclaredValue(code="list", value=name),)

    def made(fields: dict[str, Any], said: tuple[DeclaredValue, ...]) -> DeclaredItem:
        if word == "waste" and fields.get("quantity") is not None:
            fields["unit"] = fields["unit"] or "MTQ"
        return DeclaredItem(**fields, values=(*mark, *said))

    one = st.builds(
        made, st.fixed_dictionaries(strategies), _values(others) if others else st.just(())
    )
    return st.lists(one.filter(lambda item: item != DeclaredItem(values=mark)), max_size=3)


@st.composite
def declarations(draw: st.DrawFn, word: str, call: PortCall) -> ShipDeclaration:
    known = form(word)
    lists = [name for name in known.lists if name != "previous_ports"]
    codes = [code for code in known.values if code not in IDENTITY and code not in SIGNED] + [
        "IMO9999"
    ]
    answers = draw(st.lists(st.sampled_from("123456789"), unique=True)) if word == "health" else []
    said = tuple(value(code, draw(st.sampled_from(["yes", "no"]))) for code in sorted(answers))
    return ShipDeclaration(
        form=word, voyage=call.voyage, port=call.port, call_reference=call.call_reference,
        arrival=call.arrival, departure=call.departure, declared=draw(MOMENTS), declarant=draw(text()),
        values=(*said, *draw(_values(codes))), items=tuple(item for name in lists for item in draw(_items(word, name))),
    )  # fmt: skip


HAZARDS = st.builds(
    DangerousGoods, un=st.from_regex(r"[0-9]{4}", fullmatch=True), hazard_class=st.sampled_from(["", "3", "1.4S"]),
    subsidiary_classes=st.lists(st.sampled_from(["6.1", "8"]), unique=True).map(tuple), packing_group=st.sampled_from(["", "I", "III"]),
    name=text(), flash_point_c=st.none() | st.integers(-40, 99).map(float), marine_pollutant=st.sampled_from([None, True, False]),
    emergency=text(), net_mass_kg=MASS, stowage=text(),
)  # fmt: skip
BOXES = st.lists(NUMBER.map(lambda number: container(number)[0]), unique=True, max_size=2)


@st.composite
def consignments(draw: st.DrawFn, call: PortCall, bill: str) -> Consignment:
    goods = []
    for sequence in range(1, draw(st.integers(1, 4))):
        hazards = draw(st.lists(HAZARDS, max_size=2))
        goods.append(GoodsItem(
            sequence=sequence, description=draw(text(1)), marks=draw(text()), packages=draw(st.none() | st.integers(0, 999)),
            package_type=draw(st.sampled_from(["", "CT"])), hs_code=draw(st.sampled_from(["", "0803", "850440"])),
            gross_mass_kg=draw(MASS), volume_m3=draw(MASS), equipment=tuple(draw(BOXES)),
            dangerous=tuple(hazards), undg=tuple(dict.fromkeys(hazard.un for hazard in hazards)),
        ))  # fmt: skip
    boxes = dict.fromkeys([*(number for item in goods for number in item.equipment), *draw(BOXES)])
    load, discharge = draw(PLACES), draw(PLACES | st.just(call.port))
    return Consignment(
        carrier=draw(st.sampled_from([ship_word(call.voyage), "ALTM"])), bill=bill, voyage=call.voyage,
        load_port=load, discharge_port=discharge,
        arrival=call.arrival if same_place(discharge, call.port) else "",
        departure=call.departure if same_place(load, call.port) else "",
        goods=tuple(goods), equipment=tuple(TransportEquipment(number=number, number_valid=container(number)[1]) for number in boxes),
        documents=draw(st.sampled_from([(), ("CU:1", "CU:2", "AKG:VIN9")])),
    )  # fmt: skip


DOCUMENTS = st.one_of(
    st.builds(TravelDocument, type=st.just("visa"), number=text(1)),
    st.builds(
        TravelDocument, type=st.sampled_from(["passport", "seafarer", "id_card", "residence", "other", "visa"]),
        number=text(1), issuer=STATE, expires=st.just("") | DAYS,
    ),
)  # fmt: skip


def travellers(call: PortCall, departing: bool) -> st.SearchStrategy[Traveller]:
    return st.builds(
        Traveller, surname=text(1), given_names=text(), role=st.sampled_from(["crew", "passenger", "transit"]),
        birth_date=st.sampled_from(["", "1971", "1971-05", "1971-05-09"]), gender=st.sampled_from(["", "M", "F", "X"]),
        nationality=STATE, residence=STATE, documents=st.lists(DOCUMENTS, max_size=4).map(tuple),
        journey=st.just(journey(call, departing)), embarkation=PLACES, disembarkation=PLACES,
        birth_place=text(),
    )  # fmt: skip


@st.composite
def messages(draw: st.DrawFn, anchored: bool = False) -> Message:
    """Statements of one call, as many forms as the draw will have; ``anchored`` by the call."""
    call = draw(CALLS)
    stated, departing = anchored or draw(st.booleans()), draw(st.booleans())
    statements: list[Any] = [call] if stated else []
    if stated:
        general = draw(declarations("general", call))
        code = (value(DIRECTION, "D"),) if departing else ()
        general = replace(general, values=(*code, *general.values))
        if general.values or general.items or general.declared or general.declarant:
            statements.append(general)
    forms = st.lists(
        st.sampled_from(["stores", "effects", "health", "security", "waste"]), unique=True
    )
    statements += [draw(declarations(word, call)) for word in draw(forms)]
    statements += [
        draw(consignments(call, bill)) for bill in ("B0", "B1")[: draw(st.integers(0, 2))]
    ]
    if stated:
        statements += draw(st.lists(travellers(call, departing), max_size=3))
    return stating(
        *(statements or [call]),
        function=draw(st.sampled_from(Function)),
        reference="R",
        sender=draw(text()),
        prepared=draw(MOMENTS),
    )
