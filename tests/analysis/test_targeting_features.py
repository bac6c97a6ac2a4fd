"""Feature tables: what a column says about a record, and when it says nothing."""

from __future__ import annotations

import datetime as dt
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from esclusa.analysis.targeting import (
    ConsignmentContext,
    EquipmentContext,
    PortCallContext,
    TravellerContext,
    consignment_table,
    equipment_table,
    port_call_table,
    traveller_table,
)
from esclusa.analysis.targeting.catalogue import POLARS_TYPES, SUBJECTS, columns, fields
from esclusa.analysis.targeting.evidence import resolve
from esclusa.analysis.targeting.normal import code, day, hours_between, normal, number, total
from esclusa.model import (
    Consignment,
    Conveyance,
    GoodsItem,
    Journey,
    Party,
    Place,
    PortCall,
    Seal,
    TransportEquipment,
    TravelDocument,
    Traveller,
    Voyage,
)

TABLES: dict[str, Any] = {
    "consignment": consignment_table,
    "equipment": equipment_table,
    "port_call": port_call_table,
    "traveller": traveller_table,
}
LEAST: dict[str, Any] = {
    "consignment": Consignment(carrier="", bill=""),
    "equipment": TransportEquipment(number=""),
    "port_call": PortCall(voyage=Voyage(), port=Place()),
    "traveller": Traveller(surname=""),
}


def bill(**parts: Any) -> Consignment:
    return Consignment(carrier="MARU", bill="B1", **parts)


def row(body: Consignment, context: ConsignmentContext | None = None) -> dict[str, Any]:
    contexts = None if context is None else [context]
    return consignment_table([body], contexts).row(0, named=True)


def port(place: str) -> Place:
    return Place(code=place, scheme="unlocode")


# --- Every table -------------------------------------------------------------------------------


@pytest.mark.parametrize("subject", SUBJECTS)
@pytest.mark.parametrize("height", [0, 1, 3])
def test_columns_and_types_are_those_of_the_catalogue(subject: str, height: int) -> None:
    table = TABLES[subject]([LEAST[subject]] * height)
    assert dict(table.schema) == {"subject": pl.String(), **columns(subject)}
    assert table.height == height
    assert table["subject"].to_list() == [subject] * height


@pytest.mark.parametrize("subject", SUBJECTS)
def test_a_record_that_says_nothing_gives_no_false_text_list_or_date(subject: str) -> None:
    values = TABLES[subject]([LEAST[subject]]).row(0, named=True)
    for name, field in fields(subject).items():
        if field.allowed_for and field.type in ("text", "texts", "date") and name != "role":
            assert values[name] is None, name


@pytest.mark.parametrize("subject", SUBJECTS)
def test_what_the_node_was_not_asked_for_is_unknown_never_false(subject: str) -> None:
    values = TABLES[subject]([LEAST[subject]]).row(0, named=True)
    context = [f.name for f in fields(subject).values() if f.note.startswith("context")]
    assert context
    assert {name: values[name] for name in context} == dict.fromkeys(context)


@pytest.mark.parametrize("subject", SUBJECTS)
def test_contexts_must_be_as_many_as_bodies(subject: str) -> None:
    with pytest.raises(ValueError, match="zip"):
        TABLES[subject]([LEAST[subject]], [])


@pytest.mark.parametrize("subject", SUBJECTS)
def test_catalogue_is_complete_and_its_paths_exist(subject: str) -> None:
    full = FULL[subject]
    for field in fields(subject).values():
        assert field.type in POLARS_TYPES
        assert field.label_en
        assert field.label_es
        assert field.allowed_for <= {"condition", "text"}
        for path in field.paths:
            assert list(resolve(full, path)), f"{subject}.{field.name}: {path}"


@pytest.mark.parametrize("subject", SUBJECTS)
def test_a_field_that_nobody_may_use_has_no_column(subject: str) -> None:
    barred = {f.name for f in fields(subject).values() if not f.allowed_for}
    assert not barred & set(TABLES[subject]([]).columns)


# --- Consignments ---------------------------------------------------------------------------


def test_texts_are_compared_without_case_accents_and_signs() -> None:
    found = row(bill(goods=(GoodsItem(description="Plátanos  frescos,\n'Cavendish'"),)))
    assert found["goods_text"] == "PLATANOS FRESCOS CAVENDISH"
    assert found["goods_texts"] == ["PLATANOS FRESCOS CAVENDISH"]


def test_sums_are_unknown_when_one_line_does_not_say() -> None:
    lines = (GoodsItem(gross_mass_kg=100.0, packages=4), GoodsItem(packages=6))
    found = row(bill(goods=lines))
    assert found["packages"] == 10
    assert found["gross_mass_kg"] is None
    assert found["mass_per_package_kg"] is None


def test_value_is_unknown_across_currencies() -> None:
    lines = (GoodsItem(value=5.0, currency="USD"), GoodsItem(value=7.0, currency="EUR"))
    assert row(bill(goods=lines))["value"] is None
    assert row(bill(goods=lines[:1] * 2))["value"] == 10


def test_freight_is_compared_only_in_one_currency() -> None:
    lines = (GoodsItem(value=50.0, currency="USD"),)
    same = bill(goods=lines, freight_amount=100.0, freight_currency="USD")
    other = bill(goods=lines, freight_amount=100.0, freight_currency="EUR")
    assert row(same)["freight_to_value"] == 2
    assert row(other)["freight_to_value"] is None


def test_country_comes_only_from_a_unlocode_or_country_code() -> None:
    assert row(bill(load_port=port("ECGYE")))["load_country"] == "EC"
    assert row(bill(load_port=Place(code="EC", scheme="country")))["load_country"] == "EC"
    assert row(bill(load_port=Place(code="MIAMI")))["load_country"] is None
    assert row(bill(load_port=Place(code="PTY", scheme="iata")))["load_country"] is None


def test_parties_are_the_first_in_each_role() -> None:
    parties = (
        Party(role="shipper", name="Frutas Ceiba, S.A.", country="ec"),
        Party(role="shipper", name="Segunda"),
        Party(role="agent", name="FRUTAS CEIBA S A"),
    )
    found = row(bill(parties=parties))
    assert found["shipper_name"] == "FRUTAS CEIBA S A"
    assert found["shipper_country"] == "EC"
    assert found["parties_missing"] == 2
    assert found["shipper_is_forwarder"] is True
    assert found["consignee_is_forwarder"] is None


def test_a_full_box_without_seal_is_seen_only_when_the_sender_says_full() -> None:
    box = TransportEquipment(number="MARU1234567")
    assert row(bill(equipment=(box,)))["seal_missing_full"] is None
    full = TransportEquipment(number="MARU1234567", load_status="full")
    sealed = TransportEquipment(number="X", load_status="full", seals=(Seal(number="S1"),))
    assert row(bill(equipment=(full, sealed)))["seal_missing_full"] is True
    assert row(bill(equipment=(sealed,)))["seal_missing_full"] is False


@pytest.mark.parametrize(
    ("size_type", "temperature", "expected"),
    [("45R1", None, True), ("22G1", None, False), ("2232", None, True), ("2210", None, False),
     ("", None, None), ("R1", None, None), ("22G1", -18.0, True)],
)  # fmt: skip
def test_refrigerated_boxes_by_iso_6346_type_or_by_a_set_temperature(
    size_type: str, temperature: float | None, expected: bool | None
) -> None:
    box = TransportEquipment(number="X", size_type=size_type, temperature_c=temperature)
    assert row(bill(equipment=(box,)))["reefer"] is expected


def test_ship_details_are_missed_only_at_sea() -> None:
    at_sea = bill(voyage=Voyage(conveyance=Conveyance(mode="sea", name="Ceiba Star")))
    by_road = bill(voyage=Voyage(conveyance=Conveyance(mode="road")))
    assert row(at_sea)["ship_missing"] is True
    assert row(by_road)["ship_missing"] is None


def test_changes_compare_with_the_version_before() -> None:
    before = bill(delivery_place=port("NLRTM"), parties=(Party(role="consignee", name="Uno"),))
    now = bill(delivery_place=port("BEANR"), parties=(Party(role="consignee", name="UNO."),))
    found = row(now, ConsignmentContext(previous=before, received="2026-09-04T10:00:00Z"))
    assert found["amended"] is True
    assert found["delivery_changed"] is True
    assert found["consignee_changed"] is False
    assert found["route_changed"] is None
    assert found["stuffing_changed"] is None


def test_a_first_filing_is_known_only_when_the_moment_of_filing_is() -> None:
    assert row(bill(), ConsignmentContext(received="2026-09-04T10:00:00Z"))["amended"] is False
    assert row(bill(), ConsignmentContext())["amended"] is None


def test_empty_knowledge_of_the_node_is_an_empty_list_and_not_unknown() -> None:
    context = ConsignmentContext(seals_elsewhere=(), documents_elsewhere=("PHY 1",))
    found = row(bill(), context)
    assert found["seals_elsewhere"] == []
    assert found["documents_elsewhere"] == ["PHY 1"]
    assert found["containers_elsewhere"] is None


# --- What a batch shows ---------------------------------------------------------------------


def boxed(number_: str, seal: str, **parts: Any) -> Consignment:
    return bill(
        equipment=(TransportEquipment(number=number_, seals=(Seal(number=seal),)),), **parts
    )


def test_one_seal_on_two_boxes_of_a_batch_is_seen_on_both() -> None:
    table = consignment_table([boxed("A", "SL7788"), boxed("B", "sl7788"), boxed("C", "SL9900")])
    assert table["seals_elsewhere"].to_list() == [["SL7788"], ["SL7788"], None]


def test_house_bills_that_share_a_box_share_its_seal_lawfully() -> None:
    table = consignment_table([boxed("A", "SL7788"), boxed("A", "SL7788")])
    assert table["seals_elsewhere"].to_list() == [None, None]


@pytest.mark.parametrize("mark", ["000000", "NOSEAL", "N/A", "1", "----"])
def test_place_holders_are_not_seals(mark: str) -> None:
    table = consignment_table([boxed("A", mark), boxed("B", mark)])
    assert table["seals_elsewhere"].to_list() == [None, None]


def test_a_box_loaded_in_two_countries_on_one_day_is_in_two_places() -> None:
    parts = {"departure": "2026-09-01"}
    table = consignment_table(
        [
            boxed("A", "SL1111", load_port=port("ECGYE"), **parts),
            boxed("A", "SL1111", load_port=port("PECLL"), **parts),
            boxed("B", "SL2222", load_port=port("PECLL"), **parts),
        ]
    )
    assert table["containers_elsewhere"].to_list() == [["A"], ["A"], None]


def test_one_document_of_two_shippers_is_seen_on_both() -> None:
    def with_paper(shipper: str) -> Consignment:
        return bill(documents=("PHY-4412",), parties=(Party(role="shipper", name=shipper),))

    table = consignment_table([with_paper("Uno"), with_paper("Dos"), with_paper("dos")])
    assert table["documents_elsewhere"].to_list() == [["PHY-4412"]] * 3
    assert consignment_table([with_paper("Dos")] * 2)["documents_elsewhere"].null_count() == 2


def test_a_count_within_a_batch_is_a_fact_only_for_a_whole_manifest() -> None:
    parties = (Party(role="shipper", name="Uno"), Party(role="consignee", name="Dos"))
    bodies = [bill(parties=parties, arrival="2026-09-28")] * 3
    assert consignment_table(bodies)["same_party_day_count"].to_list() == [None] * 3
    whole = consignment_table(bodies, complete=True)
    assert whole["same_party_day_count"].to_list() == [3.0] * 3


# --- Equipment, port calls, travellers -----------------------------------------------------------


def test_equipment_joins_batch_and_node_knowledge() -> None:
    bodies = [TransportEquipment(number=n, seals=(Seal(number="SL7788"),)) for n in "AB"]
    contexts = [EquipmentContext(seals_elsewhere=("SL0099",)), EquipmentContext()]
    table = equipment_table(bodies, contexts)
    assert table["seals_elsewhere"].to_list() == [["SL7788", "SL0099"], ["SL7788"]]


def test_notice_is_counted_in_hours_before_arrival() -> None:
    call = PortCall(voyage=Voyage(), port=port("PABLB"), arrival="2026-09-05T12:00:00Z")
    context = PortCallContext(notice_received="2026-09-01T12:00:00Z")
    assert port_call_table([call], [context])["notice_hours"][0] == 96
    assert port_call_table([call])["notice_hours"][0] is None


def test_one_imo_number_under_two_names_is_a_conflict() -> None:
    def call(name: str) -> PortCall:
        ship = Conveyance(name=name, imo="9074729", imo_valid=True)
        return PortCall(voyage=Voyage(conveyance=ship), port=port("PABLB"))

    assert port_call_table([call("Ceiba"), call("Otra")])["identity_conflict"].all()
    assert port_call_table([call("Ceiba"), call("CEIBA")])["identity_conflict"].null_count() == 2


def person(surname: str, born: str = "", document: str = "", **parts: Any) -> Traveller:
    papers = (TravelDocument(number=document, issuer="XMA"),) if document else ()
    journey = Journey(carrier="MA", number="77", departure="2026-09-01")
    return Traveller(surname=surname, birth_date=born, documents=papers, journey=journey, **parts)


def test_one_document_with_two_names_is_seen_on_both_travellers() -> None:
    table = traveller_table([person("Rivas", document="P1"), person("Salas", document="P1")])
    assert table["document_other_identity"].to_list() == [True, True]
    same = traveller_table([person("Rivas", document="P1"), person("RIVAS", document="P1")])
    assert same["document_other_identity"].null_count() == 2


def test_age_is_full_years_on_the_day_of_travel() -> None:
    births = ["2008-09-01", "2008-09-02", "2008", ""]
    table = traveller_table([person("R", born) for born in births])
    assert table["age"].to_list() == [18, 17, None, None]


def test_adults_on_a_booking_are_counted_only_on_a_complete_list() -> None:
    people = [
        person("Rivas", "2016-05-01", booking_reference="Q1"),
        person("Rivas", "1986-05-01", booking_reference="Q1"),
        person("Salas", "2016-05-01", booking_reference="Q2"),
        person("Pardo", "2016-05-01"),
    ]
    assert traveller_table(people)["adults_on_booking"].null_count() == 4
    counts = traveller_table(people, complete=True)["adults_on_booking"].to_list()
    assert counts == [1, 1, 0, None]


def test_what_screening_knows_of_a_traveller_passes_through() -> None:
    context = TravellerContext(watch_name=True, document_listed=False)
    found = traveller_table([person("Rivas")], [context]).row(0, named=True)
    assert (found["watch_name"], found["watch_document"]) == (True, None)
    assert found["document_listed"] is False


# --- The normal forms ---------------------------------------------------------------------------


@given(st.text(max_size=40))
def test_normal_form_is_stable_and_plain(text: str) -> None:
    found = normal(text)
    assert found is None or (normal(found) == found and found.isascii() and found == found.upper())


@given(st.lists(st.text(max_size=12), max_size=4))
@settings(max_examples=200, deadline=None)
def test_no_text_of_a_record_can_split_or_join_list_elements(texts: list[str]) -> None:
    lines = tuple(GoodsItem(description=text, hs_code=text) for text in texts)
    found = row(bill(goods=lines))
    assert (found["hs_codes"] or []) == [c for text in texts if (c := code(text))]
    assert (found["goods_texts"] or []) == [n for text in texts if (n := normal(text))]


@given(st.text(alphabet="0123456789-T:Z+. ", max_size=30))
def test_dates_never_raise(text: str) -> None:
    assert day(text) is None or isinstance(day(text), dt.date)
    assert hours_between(text, text) in (None, 0)


def test_half_a_surrogate_pair_costs_only_itself() -> None:
    found = row(bill(documents=("A\ud800B",), stuffing_place="\udfffX"))
    assert found["documents"] == ["A?B"]
    assert found["stuffing_place"] == "X"


def test_a_figure_beyond_any_number_is_unknown_in_every_table() -> None:
    assert traveller_table([person("R", bags=10**400)])["bags"][0] is None
    assert row(bill(goods=(GoodsItem(packages=10**400),)))["packages"] is None


def test_figures_too_large_are_unknown() -> None:
    assert number(10**400) is None
    assert number(float("nan")) is None
    assert total([1e308, 1e308]) is None
    assert total([0.5, 10**400]) is None


_PARTY = {"name": "N", "address": "A", "city": "C", "country": "PA"}
_BOX = TransportEquipment(
    number="N", number_valid=False, load_status="full", undg=("1203",), seals=(Seal(number="S"),)
)
FULL: dict[str, Any] = {
    "consignment": bill(
        parties=tuple(
            Party(role=r, **_PARTY) for r in ("shipper", "consignee", "notify", "forwarder")
        ),
        goods=(GoodsItem(undg=("1203",)),),
        equipment=(_BOX,),
        transhipment_ports=(Place(),),
        documents=("D",),
    ),
    "equipment": _BOX,
    "port_call": PortCall(voyage=Voyage(), port=Place(), last_ports=(Place(),)),
    "traveller": person("R", document="P", legs=(Journey(),)),
}


# --- Goods texts against codes ---------------------------------------------------------------------


def line(description: str, hs_code: str) -> GoodsItem:
    return GoodsItem(description=description, hs_code=hs_code)


def test_the_line_that_fits_worst_speaks_for_the_consignment() -> None:
    found = row(bill(goods=(line("FRESH BANANAS", "080390"), line("Ropa usada", "870899"))))
    assert found["goods_fit"] < 0.01
    assert found["goods_speak_for"] == "63"
    assert found["goods_words_against"] == ["ROPA", "USADA", "ROPA USADA"]


def test_a_text_that_fits_has_no_words_against() -> None:
    found = row(bill(goods=(line("FRESH BANANAS", "080390"),)))
    assert found["goods_fit"] == 1
    assert found["goods_words_against"] is None


@pytest.mark.parametrize(
    "goods",
    [(), (line("GENERAL CARGO", "870899"),), (line("FRESH BANANAS", ""),), (line("", "0803"),)],
)
def test_nothing_to_hold_against_the_code_is_unknown(goods: tuple[GoodsItem, ...]) -> None:
    found = row(bill(goods=goods))
    assert [found[name] for name in ("goods_fit", "goods_speak_for", "goods_words_against")] == [
        None
    ] * 3


def test_half_of_a_surrogate_pair_in_a_text_is_no_obstacle() -> None:
    assert row(bill(goods=(line("FRESH BANANAS \ud800", "08\udfff"),)))["goods_speak_for"] == "08"


# --- The way back ----------------------------------------------------------------------------------


def leg(day: str, start: str, end: str) -> Journey:
    return Journey(departure=day, departure_place=Place(code=start), arrival_place=Place(code=end))


@pytest.mark.parametrize(
    ("legs", "days"),
    [
        ((leg("2026-09-01", "PTY", "MAD"), leg("2026-09-22", "MAD", "PTY")), 21),
        ((leg("2026-09-22", "MAD", "PTY"), leg("2026-09-01", "PTY", "MAD")), 21),
        ((leg("2026-09-01", "PTY", "MAD"), leg("2026-09-22", "MAD", "BOG")), None),
        ((leg("2026-09-01", "PTY", "MAD"),), None),
        ((leg("", "PTY", "MAD"), leg("2026-09-22", "MAD", "PTY")), None),
        ((), None),
    ],
)
def test_days_of_a_return_journey(legs: tuple[Journey, ...], days: int | None) -> None:
    found = traveller_table([Traveller(surname="Rivas", legs=legs)])["trip_days"]
    assert found.to_list() == [days]
