"""Goods texts against tariff codes: sums are exact, silence is an answer, the file is what it was.

CPU: about 3 seconds, most of them for the texts that hypothesis makes.
"""

from __future__ import annotations

import json
import math
from hashlib import sha256
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from esclusa.analysis.goods import judge, likeness, read, shares, shipped
from esclusa.analysis.goods import model as files
from esclusa.analysis.goods.words import MOST_WORDS, pieces, units
from esclusa.errors import InputError

ROOT = Path(__file__).parents[2]
DATA = ROOT / "src" / "esclusa" / "analysis" / "goods" / "data"
TEST = ROOT / "tools" / "goods" / "test_texts.txt"
WORDS = st.sampled_from(["BANANO", "fresh", "ROPA", "usada", "Café", "ZZQX", "12KG", "-", "ñame"])
TEXTS = st.one_of(st.text(max_size=60), st.lists(WORDS, max_size=8).map(" ".join))
CODES = st.one_of(
    st.sampled_from(["0803", "63", "870899", "77", "99", "x", ""]), st.text(max_size=4)
)


def words(text: str) -> list[str]:
    return units(pl.Series([text]))["unit"].to_list()


# --- What of a text counts ----------------------------------------------------------------------


def test_packing_counts_and_measures_are_no_goods() -> None:
    assert words("S.T.C. 400 CTNS of BANANO FRESCO 18.14KG, PO 4471") == [
        "BANANO", "BANANO FRESCO", "FRESCO",
    ]  # fmt: skip


def test_accents_case_and_signs_make_no_difference() -> None:
    assert (
        words("Piñas, frescas") == words("PINAS FRESCAS") == ["PINAS", "PINAS FRESCAS", "FRESCAS"]
    )


def test_a_pair_never_reaches_into_the_next_text() -> None:
    found = units(pl.Series(["BANANO", None, "", "FRESCO"]))
    assert found.rows() == [(0, "BANANO", True), (3, "FRESCO", True)]


def test_a_repeated_word_counts_once_and_a_long_text_is_cut() -> None:
    assert words("coffee coffee") == ["COFFEE", "COFFEE COFFEE"]
    long = " ".join(f"{'ABCDEFGHIJ'[n // 10]}{'KLMNOPQRST'[n % 10]}O" for n in range(100))
    assert sum(" " not in word for word in words(long)) == MOST_WORDS


def test_two_letters_have_no_pieces() -> None:
    assert pieces("PP") == []
    assert pieces("RON") == ["<RO", "RON", "ON>", "<RON", "RON>", "<RON>"]


# --- Answers --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("FRESH CAVENDISH BANANAS", "080390"),
        ("ROPA USADA EN PACAS", "6309"),
        ("Auto spare parts, brake pads", "870830"),
        ("CAMARON CONGELADO SIN CABEZA", "030617"),
        ("CAFE MOLDO TOSTDO", "090121"),  # letters lost
        ("ZAPATILLAS DEPORTIVS", "640411"),  # misspelt
        ("PLASTIC WARE ARTICULOS PLASTICOS", "392410"),  # both languages
    ],
)
def test_a_text_fits_its_own_code_and_not_another(text: str, code: str) -> None:
    own, other = likeness([text, text], [code, "9306"])
    assert own > 0.9
    assert other < 0.05


@pytest.mark.parametrize(
    "text",
    ["GENERAL CARGO", "REPUESTOS", "STC 200 BULTOS", "FAK", "ZORBIX QUELTO", "", "4471", None],
)
def test_who_names_no_goods_gets_no_answer(text: str | None) -> None:
    fit = judge([text], ["870899"])
    assert [column[0] for column in fit] == [None] * 5


@pytest.mark.parametrize("code", ["", None, "7", "77", "99", "XX12"])
def test_without_a_chapter_there_is_no_likeness_but_a_best_chapter(code: str | None) -> None:
    fit = judge(["FRESH BANANAS"], [code])
    assert (fit.likeness[0], fit.share[0], fit.surprise[0]) == (None, None, None)
    assert fit.best[0] == "08"


def test_lengths_must_agree() -> None:
    with pytest.raises(ValueError, match="1 texts and 2 codes"):
        likeness(["COFFEE"], ["0901", "0902"])


def test_no_texts_give_no_rows() -> None:
    assert likeness([], []).to_list() == []
    assert shares([]).height == 0


@given(rows=st.lists(st.tuples(TEXTS, CODES), max_size=6))
@settings(max_examples=60, deadline=None)
def test_any_text_gets_a_share_or_nothing_and_company_changes_nothing(
    rows: list[tuple[str, str]],
) -> None:
    texts, codes = [row[0] for row in rows], [row[1] for row in rows]
    found = likeness(texts, codes).to_list()
    alone = [likeness([text], [code])[0] for text, code in rows]
    for one, other in zip(found, alone, strict=True):
        assert (one is None) == (other is None)
        assert one is None or (0 <= one <= 1 and one == pytest.approx(other, rel=1e-4, abs=1e-7))
    sums = shares(texts).sum_horizontal(ignore_nulls=False).drop_nulls().to_list()
    assert sums == pytest.approx([1.0] * len(sums), rel=1e-5)


# --- Why ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("PLASTIC TOYS AND DOLLS", "9503"),
        ("PLASTIC TOYS AND DOLLS", "3926"),
        ("Café verde", "8471"),
    ],
)
def test_what_the_words_say_adds_up_to_what_the_shares_say(text: str, code: str) -> None:
    why = read(text, code)
    assert why is not None
    assert why.start + sum(said.weight for said in why.said) == pytest.approx(why.margin)
    row = shares([text]).row(0, named=True)
    assert math.log(row[why.chapter] / row[why.other]) == pytest.approx(why.margin, abs=1e-2)
    assert [abs(said.weight) for said in why.said] == sorted(
        (abs(said.weight) for said in why.said), reverse=True
    )


def test_the_word_that_speaks_against_a_code_is_named() -> None:
    why = read("ROPA USADA", "8708")
    assert why is not None
    assert (why.chapter, why.other) == ("87", "63")
    assert why.margin < 0
    assert {said.words for said in why.said if said.weight < 0} >= {"ROPA", "ROPA USADA"}


@pytest.mark.parametrize(("text", "code"), [("", "0803"), ("4471", "0803"), ("BANANAS", "77")])
def test_nothing_to_go_by_has_no_reasons(text: str, code: str) -> None:
    assert read(text, code) is None


# --- The file ---------------------------------------------------------------------------------------


def manifest() -> dict[str, object]:
    return dict(json.loads((DATA / "manifest.json").read_text(encoding="utf-8")))


def test_the_file_is_the_one_of_its_manifest_and_small() -> None:
    data = (DATA / "goods.npz").read_bytes()
    assert sha256(data).hexdigest() == manifest()["sha256"]
    assert len(data) < 1_000_000
    assert shipped().edition == manifest()["edition"]
    assert len(shipped().classes) == 97


def test_a_changed_file_is_refused_by_name() -> None:
    data = bytearray((DATA / "goods.npz").read_bytes())
    data[1000] ^= 1
    with pytest.raises(InputError, match=r"goods\.npz: SHA-256 .* its manifest says"):
        files.read(bytes(data), manifest())


def test_a_model_written_and_read_says_the_same() -> None:
    data = files.written(shipped())
    again = files.read(data, {**manifest(), "sha256": sha256(data).hexdigest()})
    texts = ["FRESH BANANAS", "ROPA USADA", "GENERAL CARGO"]
    one, other = shares(texts).to_numpy(), shares(texts, model=again).to_numpy()
    assert one == pytest.approx(other, abs=1e-4)
    assert files.written(shipped()) == data


# --- How good it is -------------------------------------------------------------------------------


def test_the_page_names_the_test_texts_that_it_was_measured_on() -> None:
    page = (ROOT / "docs" / "goods-text.md").read_text(encoding="utf-8")
    assert sha256(TEST.read_bytes()).hexdigest()[:16] in page
    assert str(manifest()["sha256"])[:16] in page


def test_the_shipped_model_does_what_the_page_says_on_the_test_texts() -> None:
    lines = [line for line in TEST.read_text(encoding="utf-8").splitlines() if line[0] != "#"]
    rows = [line.split("|", 2) for line in lines]
    goods = [(row[0][:2], row[2]) for row in rows if row[0] != "-"]
    table = shares([text for _chapter, text in goods]).drop("--")
    right = in_three = 0
    for (chapter, _text), row in zip(goods, table.iter_rows(named=True), strict=True):
        order = sorted(row, key=lambda name: -(row[name] or 0.0))[:3]
        right += order[0] == chapter
        in_three += chapter in order
    assert right / len(goods) > 0.92
    assert in_three / len(goods) > 0.98
    vague = [row[2] for row in rows if row[0] == "-"]
    silent = judge(vague, ["8708"] * len(vague)).likeness.is_null().sum()
    assert silent / len(vague) > 0.9
