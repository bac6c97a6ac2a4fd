"""Hits, reasons, evidence, score and order."""

from __future__ import annotations

import datetime as dt
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from esclusa.analysis.targeting import (
    ConsignmentContext,
    consignment_table,
    equipment_table,
    explain,
    load_pack,
    queue_key,
    reasons_for,
    run_rules,
    score,
    standing,
    unjudged,
)
from esclusa.analysis.targeting.evidence import MOST_PLACES, evidence_for
from esclusa.analysis.targeting.run import HITS, judge
from esclusa.analysis.targeting.template import show
from esclusa.errors import RuleError
from esclusa.model import (
    Consignment,
    GoodsItem,
    Party,
    Place,
    Reason,
    Seal,
    TransportEquipment,
    encode_body,
)

PACK = load_pack()
IN_FORCE = dt.date(2026, 11, 1)


def bill(number: str = "B1", **parts: Any) -> Consignment:
    return Consignment(carrier="MARU", bill=number, **parts)


def reasons(*bodies: Consignment, as_of: dt.date = IN_FORCE) -> list[tuple[Reason, ...]]:
    table = consignment_table(bodies)
    return reasons_for(bodies, table, run_rules(table, PACK, as_of), PACK)


VAGUE = bill(
    goods=(
        GoodsItem(description="Fresh bananas, Cavendish"),
        GoodsItem(description="F.A.K., said to contain 40 pallets"),
    ),
    parties=(Party(role="consignee", name="To order"),),
)


# --- Hits -----------------------------------------------------------------------------------


def test_hits_name_row_rule_version_points_and_evidence() -> None:
    table = consignment_table([bill(goods=(GoodsItem(description="Bananas"),)), VAGUE])
    hits = run_rules(table, PACK, IN_FORCE)
    assert dict(hits.schema) == HITS
    assert hits.filter(row=1).rows() == [
        (1, "C05", "1", 10.0, ["goods_texts"]),
        (1, "C24.2", "1", 10.0, ["consignee_name", "notify_name"]),
        (1, "C23", "1", 3.0, ["ship_name", "ship_imo", "load_code", "discharge_code"]),
    ]


def test_a_rule_outside_its_dates_does_not_run_and_is_listed_as_expired() -> None:
    table = consignment_table([VAGUE])
    late = dt.date(2040, 1, 1)
    assert run_rules(table, PACK, late).is_empty()
    assert judge(table, PACK, late).width == 0
    assert all(found.state == "expired" for found in standing(PACK, late))


def test_an_empty_table_has_no_hits() -> None:
    hits = run_rules(consignment_table([]), PACK, IN_FORCE)
    assert hits.is_empty()
    assert dict(hits.schema) == HITS
    assert unjudged(consignment_table([]), PACK, IN_FORCE).is_empty()


def test_only_rules_about_the_kind_of_record_run() -> None:
    box = TransportEquipment(number="X", number_valid=False)
    table = equipment_table([box])
    assert run_rules(table, PACK, IN_FORCE)["rule"].to_list() == ["C17.2"]
    assert "C05" not in judge(table, PACK, IN_FORCE).columns


def test_what_could_not_be_judged_is_counted() -> None:
    table = consignment_table([VAGUE, bill("B2")])
    counts = dict(unjudged(table, PACK, IN_FORCE).iter_rows())
    assert counts["C01"] == 2
    assert counts["C05"] == 1
    assert counts["C05.2"] == 0


def test_unknown_never_fires() -> None:
    verdicts = judge(consignment_table([bill()]), PACK, IN_FORCE)
    fired = {r.code for r in reasons(bill())[0]}
    assert fired == {name for name in verdicts.columns if verdicts[name][0] is True}
    assert fired == {"C05.2", "C23"}


# --- Reasons and evidence -----------------------------------------------------------------------


def test_a_reason_says_its_sentence_in_both_languages_and_where_it_stands() -> None:
    first = reasons(VAGUE)[0][0]
    assert (first.source, first.code, first.version, first.points) == ("rule", "C05", "1", 10)
    assert first.text_en.startswith("A goods line names no goods: ")
    assert first.text_es.startswith("Una línea no nombra mercancía alguna: ")


def test_evidence_points_at_the_very_line_and_quotes_the_record() -> None:
    [place] = reasons(VAGUE)[0][0].evidence
    assert place.path == "goods.1.description"
    assert place.value == "F.A.K., said to contain 40 pallets"


def test_evidence_names_the_seal_that_repeats_and_not_the_others() -> None:
    def boxed(number: str, *seals: str) -> Consignment:
        marks = tuple(Seal(number=seal) for seal in seals)
        return bill(number, equipment=(TransportEquipment(number=number, seals=marks),))

    first, _ = reasons(boxed("A", "SL1111", "SL7788"), boxed("B", "sl7788"))
    [reason] = [r for r in first if r.code == "C15"]
    assert [(e.path, e.value) for e in reason.evidence] == [
        ("equipment.0.seals.1.number", "SL7788")
    ]


def test_a_reason_about_what_is_missing_points_at_the_empty_place() -> None:
    [_, second, third] = reasons(VAGUE)[0]
    assert second.code == "C24.2"
    assert [(e.path, e.value) for e in second.evidence] == [
        ("parties.0.name", "To order"),
        ("parties", ""),
    ]
    assert ("voyage.conveyance.imo", "") in [(e.path, e.value) for e in third.evidence]


def test_evidence_for_one_field_is_bounded() -> None:
    body = bill(goods=tuple(GoodsItem(description=f"D{i}") for i in range(100)))
    assert len(evidence_for(body, ("goods.*.description",))) == MOST_PLACES


def test_every_evidence_path_leads_to_its_value_in_the_record() -> None:
    for reason in reasons(VAGUE)[0]:
        for place in reason.evidence:
            value: Any = VAGUE
            for step in place.path.split("."):
                value = value[int(step)] if step.isdigit() else getattr(value, step)
            assert (value or "") == place.value or place.value == ""


def test_reasons_stand_beside_their_bodies_and_are_empty_where_nothing_fired() -> None:
    plain = bill(goods=(GoodsItem(description="Bananas"),), load_port=Place(code="X"),
                 discharge_port=Place(code="Y"))  # fmt: skip
    found = reasons(plain, VAGUE, plain)
    assert [len(r) for r in found] == [0, 3, 0]


def test_a_sentence_names_what_is_not_known() -> None:
    body = bill(parties=(Party(role="shipper", name="Frutas Ceiba"),))
    table = consignment_table([body], [ConsignmentContext(shipper_days_known=3)])
    found = reasons_for([body], table, run_rules(table, PACK, IN_FORCE), PACK)[0]
    [new] = [r for r in found if r.code == "C01"]
    assert "shipper 3, consignee not known" in new.text_en
    assert "embarcador 3, consignatario no consta" in new.text_es


@pytest.mark.parametrize(
    ("value", "language", "percent", "shown"),
    [
        (None, "en", False, "not known"), (None, "es", False, "no consta"),
        (True, "es", False, "sí"), (False, "en", False, "no"),
        (1234.5, "en", False, "1234.5"), (1234.5, "es", False, "1234,5"),
        (3.0, "es", False, "3"), (0.333, "en", True, "33 %"), (0.0, "en", False, "0"),
        (100.0, "en", False, "100"), (dt.date(2026, 9, 1), "es", False, "2026-09-01"),
        (list("ABCDEFG"), "en", False, "A, B, C, D, E +2"),
        ("A" * 200, "en", False, "A" * 119 + "…"),
    ],
)  # fmt: skip
def test_values_are_shown_in_the_readers_language(
    value: Any, language: str, percent: bool, shown: str
) -> None:
    assert show(value, language, percent=percent) == shown


# --- Score and order ------------------------------------------------------------------------------

_points = st.lists(st.integers(1, 100).map(float), max_size=12)


def made(points: list[float]) -> tuple[Reason, ...]:
    return tuple(
        Reason(source="rule", code=f"R{i}", version="1", points=p, text_en="e", text_es="s")
        for i, p in enumerate(points)
    )


@given(_points)
def test_score_is_exactly_the_sum_of_the_points_of_its_reasons(points: list[float]) -> None:
    found = made(points)
    assert score(found) == sum(points)
    lines = explain(score(found), found)
    assert len(lines) == len(points) + 1
    assert sum(float(line.split()[0]) for line in lines[:-1]) == float(lines[-1].split()[0])


@given(st.lists(st.floats(0.01, 1.0), min_size=1, max_size=12), st.randoms())
def test_score_does_not_depend_on_the_order_of_reasons(points: list[float], random: Any) -> None:
    found = list(made(points))
    total = score(found)
    random.shuffle(found)
    assert score(found) == total


def test_explain_refuses_a_score_that_is_not_the_sum() -> None:
    with pytest.raises(RuleError, match="not the sum"):
        explain(11.0, made([10.0]))


def test_explain_speaks_both_languages() -> None:
    found = made([10.0])
    assert explain(10.0, found, "en")[0].endswith("e")
    assert explain(10.0, found, "es")[0].endswith("s")


def test_equal_scores_are_ordered_by_reasons_then_arrival_then_key() -> None:
    queue = [
        ("late", queue_key(made([5.0, 5.0]), "2026-09-30", "B")),
        ("no arrival", queue_key(made([5.0, 5.0]), "", "A")),
        ("one reason", queue_key(made([10.0]), "2026-09-01", "A")),
        ("key A", queue_key(made([5.0, 5.0]), "2026-09-02", "A")),
        ("key B", queue_key(made([5.0, 5.0]), "2026-09-02", "B")),
        ("highest", queue_key(made([11.0]), "", "Z")),
    ]
    ordered = [name for name, _ in sorted(queue, key=lambda entry: entry[1])]
    assert ordered == ["highest", "key A", "key B", "late", "no arrival", "one reason"]


@given(st.lists(st.tuples(_points, st.sampled_from(["", "2026-09-01"])), max_size=6))
def test_two_records_never_tie(entries: list[tuple[list[float], str]]) -> None:
    keys = [queue_key(made(p), day, f"K{i}") for i, (p, day) in enumerate(entries)]
    assert len(set(keys)) == len(keys)


# --- The whole pass over made-up records -------------------------------------------------------

_words = st.sampled_from(["", "FAK", "Bananas", "Zona Libre", "To order", "Ceiba Logistics", "12"])
_places = st.sampled_from(["", "ECGYE", "PAMIT", "NLRTM", "BRSSZ", "GHTEM", "PACFZ"]).map(
    lambda found: Place(code=found, scheme="unlocode" if found else "")
)
_boxes = st.builds(
    TransportEquipment,
    number=st.sampled_from(["A", "B", "C"]),
    number_valid=st.sampled_from([None, True, False]),
    size_type=st.sampled_from(["", "45R1", "22G1"]),
    gross_mass_kg=st.sampled_from([None, 0.0, 12000.0]),
    verified_mass_kg=st.sampled_from([None, 0.0, 30000.0]),
    seals=st.lists(_words.map(lambda n: Seal(number=f"{n}99")), max_size=2).map(tuple),
)
_goods = st.builds(
    GoodsItem,
    description=_words,
    hs_code=st.sampled_from(["", "640399", "710310", "0803"]),
    gross_mass_kg=st.sampled_from([None, 0.0, 90000.0]),
    value=st.sampled_from([None, 0.0, 10.0]),
    currency=st.sampled_from(["", "USD"]),
)
bills = st.builds(
    Consignment,
    carrier=st.just("MARU"),
    bill=st.sampled_from(["1", "2"]),
    load_port=_places,
    transhipment_ports=st.lists(_places, max_size=3).map(tuple),
    discharge_port=_places,
    delivery_place=_places,
    issued=st.sampled_from(["", "2026-09-30", "nonsense"]),
    departure=st.sampled_from(["", "2026-09-01T10:00:00Z"]),
    arrival=st.sampled_from(["", "2026-09-20"]),
    parties=st.lists(
        st.builds(Party, role=st.sampled_from(["shipper", "consignee", "agent"]), name=_words,
                  address=_words), max_size=3,
    ).map(tuple),
    goods=st.lists(_goods, max_size=3).map(tuple),
    equipment=st.lists(_boxes, max_size=3).map(tuple),
    freight_amount=st.sampled_from([None, 0.0, 99.0]),
    freight_currency=st.sampled_from(["", "USD"]),
)  # fmt: skip


@given(st.lists(bills, max_size=5))
@settings(max_examples=150, deadline=None)
def test_any_batch_gives_reasons_whose_sum_is_the_sum_of_its_hits(
    bodies: list[Consignment],
) -> None:
    table = consignment_table(bodies)
    hits = run_rules(table, PACK, IN_FORCE)
    found = reasons_for(bodies, table, hits, PACK)
    assert len(found) == len(bodies)
    for index, some in enumerate(found):
        mine = hits.filter(pl.col("row") == index)
        assert [r.code for r in some] == mine["rule"].to_list()
        assert score(some) == sum(mine["points"].to_list())
        assert all(r.text_en and r.text_es and r.evidence for r in some)


@given(st.lists(bills, min_size=1, max_size=4))
@settings(max_examples=60, deadline=None)
def test_the_pass_is_pure(bodies: list[Consignment]) -> None:
    before = [encode_body(body) for body in bodies]
    assert reasons(*bodies) == reasons(*bodies)
    assert [encode_body(body) for body in bodies] == before
