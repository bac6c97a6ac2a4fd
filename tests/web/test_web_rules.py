"""Rules through the pages, over one real node: written, rehearsed, approved, retired, no script."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import html
from small_node import HOSTILE, SmallNode
from walker import Walker, text_of

import worlds
from esclusa.analysis.targeting.rehearsal import Rate
from esclusa.casework.rule_life import states
from esclusa.casework.tables import table
from esclusa.node import Node
from esclusa.node.rehearsing import APART
from esclusa.node.rule_telling import STOPPED, rate_view
from esclusa.web.catalogue import vocabulary
from esclusa.web.plots import WIDTH, interval_plot
from rule_texts import rule


@pytest.fixture
def node(tmp_path: Path) -> Iterator[Node]:
    made = worlds.make(tmp_path / "node")
    worlds.take_in(made, "o.edi", worlds.cuscar(("B1", "UNO SA", "BANANAS"), ("B2", "DOS", "TEA")))
    worlds.add_people(made)
    yield made
    made.close()


def person(node: Node, role: str = "analyst", language: str = "en") -> Walker:
    return Walker(node).sign_in(role, language, password=worlds.PASSWORD)


def test_from_the_editor_to_a_rule_in_force_and_its_end(node: Node) -> None:
    ana, boss = person(node), person(node, "supervisor")
    page = ana.see("/rule-editor")
    assert 'id = "N1"' in page.xpath("string(//textarea)")
    tried = ana.post("/rule-editor", text=rule().replace("\n", "\r\n"), do="rehearse", level="")
    assert tried.status_code == 200
    assert "2 records were looked at" in tried.text and "N1, version 1: not kept" in tried.text
    assert ana.see("/rules/N1", 404) is not None
    kept = ana.post("/rule-editor", text=rule(), do="keep", reason="asked by the shift")
    assert (kept.status_code, kept.headers["location"]) == (303, "/rules/N1")
    assert ana.post("/rules/N1/rehearse").status_code == 303
    assert ana.post("/rules/N1/approve", reason="mine").status_code == 403
    page = boss.see("/rules/N1")
    digest = page.xpath("//input[@name='digest']/@value")[0]
    stale = boss.post("/rules/N1/approve", reason="good", digest="0" * 32)
    assert (stale.status_code, "changed since you saw it" in stale.text) == (409, True)
    assert boss.post("/rules/N1/approve", reason="good", digest=digest).status_code == 303
    said = text_of(boss.see("/rules/N1"))
    assert "in force: version 1" in said and "judges what comes in from its approval on" in said
    assert "asked by the shift" in said and "good" in said
    page = ana.see("/rule-editor?rule=N1")
    assert page.xpath("string(//textarea)").strip() == rule().strip()
    ana.post("/rule-editor?rule=N1", text=rule(version="2", word="TEA"), do="keep")
    assert "being written: version 2" in text_of(ana.see("/rules/N1"))
    assert boss.post("/rules/N1/reject", reason="too wide").status_code == 303
    assert boss.post("/rules/N1/retire", reason="moved on").status_code == 303
    assert "no version is in force" in text_of(ana.see("/rules/N1"))
    page = ana.see("/rules?yields=true")
    assert len(page.xpath("//table/tbody/tr")) == len(node.rules(worlds.reader(node)))


def test_a_mistake_stands_at_its_place_in_the_text(node: Node) -> None:
    ana = person(node)
    wrong = rule().replace("contains(goods_text", "contains(goods_tex").replace("points = 10", "")
    for do in ("check", "rehearse", "keep"):
        answer = ana.post("/rule-editor", text=wrong, do=do)
        assert answer.status_code == 422
        page = html.fromstring(answer.text)
        assert page.xpath("string(//textarea)").strip() == wrong.strip(), "nothing is lost"
        assert page.xpath("//textarea/@aria-describedby") == ["mistakes"]
        assert "points is missing" in text_of(page)
    fields = rule().replace("contains(goods_text", "contains(goods_tex")
    page = html.fromstring(ana.post("/rule-editor", text=fields, do="check").text)
    (said,) = page.xpath("//section[@role='alert']//li")
    assert "Line 12, character 10" in text_of(said) and "did you mean goods_text?" in text_of(said)
    assert said.xpath("string(.//mark)") == "g"
    assert said.xpath("string(.//pre)") == 'contains(goods_tex, "BANANAS")'
    assert not [row for row in node.rules(worlds.reader(node)) if row.name]


def test_a_mistake_is_said_in_the_language_of_its_reader(node: Node) -> None:
    eva = person(node, language="es")
    wrong = rule().replace("contains(goods_text", "contains(goods_tex").replace("points = 10", "")
    for do in ("check", "rehearse", "keep"):
        page = html.fromstring(eva.post("/rule-editor", text=wrong, do=do).text)
        said = [text_of(one) for one in page.xpath("//section[@role='alert']//li")]
        assert page.xpath("string(//textarea)").strip() == wrong.strip(), "nothing is lost"
        assert said == ["falta points"]
    wrong = rule().replace("contains(goods_text", "contains(goods_tex")
    page = html.fromstring(eva.post("/rule-editor", text=wrong, do="check").text)
    (said,) = page.xpath("//section[@role='alert']//li")
    assert text_of(said).startswith(
        "Línea 12, carácter 10: no existe el campo goods_tex; ¿quiso decir goods_text?"
    )
    assert said.xpath("string(.//mark)") == "g" and not said.xpath(".//*[@lang='en']")
    broken = eva.post("/rule-editor", text=rule().replace("points = 10", "points = ="), do="check")
    assert "el texto no puede leerse aquí" in text_of(html.fromstring(broken.text))


def test_why_a_test_cannot_run_is_said_in_the_language_of_its_reader(node: Node) -> None:
    odd = rule().replace("given = {", "given = { nothing = 1, ", 1)
    for language, said in (
        ("en", "cannot run: consignment has no field nothing"),
        ("es", "no puede ejecutarse: consignment no tiene ningún campo nothing"),
    ):
        tried = person(node, language=language).post("/rule-editor", text=odd, do="check")
        assert tried.status_code == 200 and said in text_of(html.fromstring(tried.text))


def test_wrong_forms_are_refused(node: Node) -> None:
    ana = person(node)
    assert ana.post("/rule-editor", text=rule(), do="explode").status_code == 400
    assert ana.post("/rule-editor", text=rule(), do="keep", level="9").status_code == 400
    assert ana.post("/rule-editor", text=rule(), do="keep", level="4").status_code == 400
    assert ana.post("/rule-editor", text=rule(), do="keep", reason="x" * 2001).status_code == 400
    assert ana.post("/rule-editor", text="\0", do="check").status_code == 422
    assert ana.post("/rule-editor?rule=N9", text=rule("N9"), do="keep").status_code == 404
    assert ana.get("/rule-editor?rule=N9").status_code == 404
    assert ana.get("/rules/" + "x" * 3000).status_code == 400
    auditor = person(node, "auditor")
    assert auditor.get("/rules").status_code == 200
    assert auditor.get("/rules?yields=true").status_code == 403
    assert auditor.get("/rule-editor").status_code == 403


def test_in_spanish(node: Node) -> None:
    ana = person(node, language="es")
    tried = ana.post("/rule-editor", text=rule(), do="rehearse")
    said = text_of(html.fromstring(tried.text))
    assert "Se miraron 2 registros" in said and "El texto no tiene errores." in said
    assert "no se comprobó que fuera inocuo" in said
    shown = text_of(ana.see("/rules"))
    assert "Convenio de Kioto revisado" in shown and "Revised Kyoto" not in shown


def test_the_plot_says_what_its_table_says_in_both_languages() -> None:
    for language, shown in (("en", "30% 10.8% to 60.3%"), ("es", "30 % de 10,8 % a 60,3 %")):
        page = Walker(SmallNode()).sign_in("supervisor", language).see("/rules/N1")
        (plot, _again) = page.xpath("//*[name()='svg']")
        labels = plot.xpath(".//*[name()='text'][@text-anchor='end']/text()")
        assert labels == page.xpath("//article[1]//div/table//tbody/tr/th/text()")
        assert len(plot.xpath(".//*[name()='circle']")) == 2, "all, and of the version in force"
        told = page.xpath("//article[1]//div/table//tbody/tr[1]/td[4]")[0]
        assert " ".join(told.text_content().split()).replace("\xa0", " ") == shown
        assert plot.xpath("string(./*[name()='title'])") and plot.get("role") == "img"


@given(st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 10**6)), min_size=1, max_size=9))
def test_every_mark_of_a_plot_stands_where_its_share_does(pairs: list[tuple[int, int]]) -> None:
    rates = [rate_view(Rate(max(pair), max(pair), min(pair))) for pair in pairs]
    plot = interval_plot([("row", rate) for rate in rates])
    known = [rate for rate in rates if rate.share is not None]
    assert (plot is None) == (not known)
    if plot is None:
        return
    first, last = plot.ticks[0], plot.ticks[-1]
    per_share = (last.x - first.x) / last.share
    for bar, rate in zip(plot.bars, rates, strict=True):
        assert bar.known == (rate.share is not None)
        if rate.share is not None and rate.high is not None:
            assert abs(bar.x - first.x - rate.share * per_share) < 0.2
            assert first.x - 0.1 <= bar.low <= bar.x + 0.1 and bar.x <= bar.high + 0.1
            assert bar.high <= last.x + 0.1 <= WIDTH
    assert interval_plot([("row", None)]) is None


def test_what_people_wrote_is_drawn_and_never_run() -> None:
    walker = Walker(SmallNode(title=HOSTILE)).sign_in("supervisor")
    for address in ("/rules", "/rules/N1", "/rule-editor"):
        text = walker.get(address).text
        assert "<script>alert" not in text and "<img" not in text and "&lt;script&gt;" in text
    answer = walker.post("/rule-editor", text=f"wrong {HOSTILE}", do="check")
    assert not re.search(r"<script>alert|<img", answer.text)


def test_every_state_step_and_note_has_its_words() -> None:
    words = vocabulary()
    assert {*states(), STOPPED} <= words["rule_state"].keys()
    moves = {row["move"] for row in table("rule_states.csv") if row["actor"] != "dates"}
    assert words["rule_move"].keys() == moves
    assert words["rule_apart"].keys() == {*APART}
