"""One record at a time takes quick ways around data frames: they say what the ways for many say.

0.6 CPU seconds, half of it the text model.
"""

from __future__ import annotations

import datetime as dt
import random

import numpy as np
import polars as pl
import pytest

from esclusa.analysis import goods
from esclusa.analysis.goods import fit, words
from esclusa.analysis.profiles.from_records import Stated, rows_of, values_of
from esclusa.analysis.targeting import goodsfit, load_pack, reasons_for, run_rules, told
from esclusa.analysis.targeting.consignments import consignment_table
from esclusa.analysis.targeting.context import ConsignmentContext
from esclusa.model import Consignment, GoodsItem, Party, Place, Seal, TransportEquipment

_TEXTS = (
    "FRESH BANANAS 400 CTNS", "S.T.C. 20 PALLETS OF ROASTED COFFEE, ROASTED COFFEE", "Café tostado",
    "camarón congelado ½ KG N° 3", "straße", "R134A GAS", "PM10", "12 34", "", "   ", "A-B-C",
    "MUEBLES DE MADERA " * 40, "ŒUFS FRAIS", "CHATARRA DE COBRE / COPPER SCRAP", "FAK",
)  # fmt: skip
_LATIN = tuple(f"A{chr(sign)}B TEA{chr(sign)}{chr(sign)}" for sign in range(0x250))
_FOREIGN = ("ЧАЙ ЧЕРНЫЙ TEA", "茶 TEA", "COFFEE \u2019 TEA")


def _read_by_columns(texts: tuple[str, ...]) -> list[tuple[list[str], int]]:
    found: list[tuple[list[str], int]] = [([], 0) for _ in texts]
    for row, unit, single in words.units(pl.Series(texts)).iter_rows():
        found[row] = ([*found[row][0], unit], found[row][1] + single)
    return found


def test_a_text_read_by_itself_has_the_units_that_the_column_engine_finds() -> None:
    texts = _TEXTS + _LATIN
    assert [words.units_of(text) for text in texts] == _read_by_columns(texts)
    assert sum(len(names) for names, _single in _read_by_columns(texts)) > 500


@pytest.mark.parametrize("text", _FOREIGN)
def test_a_text_with_other_signs_is_left_to_the_column_engine(text: str) -> None:
    assert words.units_of(text) is None
    (one,), (_, other) = (
        goods.likeness([text], ["0902"]),
        goods.likeness(["TEA", text], ["0902"] * 2),
    )
    assert one is not None and one == other


def test_as_many_lines_as_are_judged_one_by_one_have_the_features_of_columns(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    texts = [*_TEXTS, *_FOREIGN, *(f"TEA AND COFFEE {n} {text}" for n, text in enumerate(_TEXTS))]
    bodies = [
        Consignment(
            carrier="NRCH", bill=f"F{n}",
            goods=(GoodsItem(description=text, hs_code=f"{n + 1:02d}0100"),),
        )
        for n, text in enumerate(texts)
    ]  # fmt: skip
    assert 10 < len(bodies) <= goodsfit._FEW
    alone = goodsfit.fit_values(bodies)
    assert sum(likeness is not None for likeness, _best, _words in alone) > 10
    monkeypatch.setattr(goodsfit, "_FEW", 0)
    assert goodsfit.fit_values(bodies) == alone


def test_texts_weighed_one_by_one_get_the_figures_that_they_get_among_many() -> None:
    texts = [*_TEXTS, None, *_FOREIGN]
    codes = [f"{chapter:02d}0100" for chapter in range(1, len(texts) - 1)] + [None, " 08\u2003"]
    many = goods.judge(texts, codes)
    for row, (text, code) in enumerate(zip(texts, codes, strict=True)):
        for again in range(2):  # the second time from memory
            one = goods.judge([text], [code])
            for part, whole in zip(one, many, strict=True):
                assert part.equals(whole.slice(row, 1), check_dtypes=True), (text, code, again)
        alone = goods.judge_one(text, code)
        assert alone == (many.likeness[row], many.best[row])
    assert many.likeness.null_count() < len(texts)


def test_another_model_is_not_answered_from_the_memory_of_the_first() -> None:
    shipped = goods.shipped()
    other = shipped._replace(bias=np.zeros_like(shipped.bias))
    first, second = (goods.shares(["COFFEE"], model=one) for one in (None, other))
    assert not first.equals(second)
    assert second.equals(pl.DataFrame(
        fit._many_shares(pl.Series(["COFFEE"]), other), schema=list(other.classes)
    ))  # fmt: skip


def _bodies() -> list[Consignment]:
    draw = random.Random(5)
    return [
        Consignment(
            carrier="NRTH", bill=f"N{number}",
            load_port=Place(code=draw.choice(("COCTG", "ECGYE", ""))),
            discharge_port=Place(code=draw.choice(("PAONX", "NLRTM"))),
            issued=draw.choice(("", "2026-03-01")),
            departure=draw.choice(("", "2026-03-02T10:00Z")),
            arrival=draw.choice(("", "2026-03-20")),
            parties=(
                Party(role="consignee", name=draw.choice(("TO ORDER", "IMPORTADORA SA", ""))),
                Party(role="shipper", name=f"EXPORTADORA {draw.randrange(9)}", country="EC"),
            ),
            goods=tuple(
                GoodsItem(
                    description=draw.choice(_TEXTS[:5]), hs_code=draw.choice(("080390", "7204", "")),
                    packages=draw.choice((None, 0, 7)), package_type="CT",
                    gross_mass_kg=draw.choice((None, 900.0, 21_000)),
                    value=draw.choice((None, 10.0, 50_000.0)), currency="USD",
                )
                for _item in range(draw.randrange(3))
            ),
            equipment=tuple(
                TransportEquipment(number=f"MSCU{number:07d}", seals=(Seal(number=f"S{number}77"),))
                for _unit in range(draw.randrange(2))
            ),
        )
        for number in range(40)
    ]  # fmt: skip


def _contexts() -> list[ConsignmentContext]:
    draw = random.Random(6)
    return [
        ConsignmentContext(
            received="2026-03-01T12:00:00Z",
            seals_elsewhere=draw.choice((None, (), ("S1",))),
            box_findings=draw.choice(((), ("SEAL BROKEN", "DOOR OPEN"))),
            consignee_changes=draw.choice((None, (), ("ROUTE",))),
            peer_value_per_kg=draw.choice((None, 3)),
        )
        for _number in range(40)
    ]  # fmt: skip


def test_the_table_and_the_hits_of_one_consignment_are_those_it_has_among_many() -> None:
    bodies, around, pack = _bodies(), _contexts(), load_pack()
    day = dt.datetime(2026, 3, 3, tzinfo=dt.UTC)
    many = consignment_table(bodies, around)
    hits = run_rules(many, pack, day)
    assert hits["row"].n_unique() > 10 and len(hits) > hits["row"].n_unique()
    reasons = told(bodies, many, pack, day)
    assert reasons == reasons_for(bodies, many, hits, pack)
    for row, (body, known) in enumerate(zip(bodies, around, strict=True)):
        one = consignment_table([body], [known])
        assert told([body], one, pack, day) == [reasons[row]]
        assert one.schema == many.schema and one.equals(many.slice(row, 1))
        own = hits.filter(row=row).with_columns(row=pl.lit(0, pl.UInt32))
        found = run_rules(one, pack, day)
        assert found.schema == hits.schema and found.equals(own)


def test_a_few_rows_have_their_hits_in_the_order_of_many() -> None:
    table, pack = consignment_table(_bodies(), _contexts()), load_pack()
    day = dt.date(2026, 3, 3)
    some = run_rules(table, pack, day).filter(pl.col("row") < 8)
    assert run_rules(table.head(8), pack, day).equals(some) and some["row"].n_unique() > 1


def test_the_row_of_one_version_is_the_row_it_has_among_many() -> None:
    at = dt.datetime(2026, 3, 1, tzinfo=dt.UTC)
    stated = [Stated(f"r{n}", at, body, n % 7 == 0) for n, body in enumerate(_bodies())]
    many = rows_of(stated)
    for row, one in enumerate(stated):
        assert pl.DataFrame([values_of(one)], schema=many.schema).equals(many.slice(row, 1))
