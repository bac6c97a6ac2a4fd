"""A rule rehearsed over what the node keeps: as when the records came in, in any batches."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import polars as pl
import pytest
import sqlalchemy as sa

import worlds
from esclusa.analysis.targeting.pack import Compiled, Pack
from esclusa.analysis.targeting.written import check_text
from esclusa.model import Level, Marking, RehearsalFigures, RuleRate
from esclusa.node import Node
from esclusa.node.examinations import outcomes_under
from esclusa.node.rehearsing import Rehearsing
from esclusa.node.rules import pack_in_force
from esclusa.sharing.reader import Role
from exchange_cases import OTHER_BOX, Bill, give, manifest
from exchange_worlds import World, for_partners, officer, take_in
from rule_texts import rule

TODAY = dt.datetime.now(dt.UTC).date()


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    """A node with the samples, an amended bill, and bills under two markings."""
    made = worlds.make(tmp_path_factory.mktemp("rehearsed") / "node")
    worlds.take_in(made, "manifest.edi", worlds.sample(worlds.MANIFEST))
    worlds.take_in(made, "flight.edi", worlds.sample(worlds.PASSENGERS))
    bills = [(f"B{n}", f"FIRMA {n % 3} SA", "GENERAL CARGO" if n % 2 else "PLANTAINS")
             for n in range(1, 30)]  # fmt: skip
    worlds.take_in(made, "one.edi", worlds.cuscar(*bills))
    worlds.take_in(made, "two.edi", worlds.cuscar(("B2", "FIRMA OTRA SA", "MACHINE PARTS")))
    secret = Marking(level=Level.SECRET)
    worlds.take_in(made, "s.edi", worlds.cuscar(("B4", "FIRMA 1 SA", "PLANTAINS")), secret)
    worlds.take_in(made, "box.edi", worlds.box("B50", "CSQU3054383", "S1"))
    worlds.take_in(made, "box2.edi", worlds.box("B51", "MSKU9070323", "S1"))
    yield made
    made.close()


def run(
    node: Node, draft: Compiled, *, batch: int = 2_000, standing: tuple[Pack, ...] | None = None,
    outcomes: dict[str, tuple[bool, bool | None]] | None = None, top: bool = False, **more: Any,
) -> RehearsalFigures:  # fmt: skip
    """Rehearse with made-up results of examinations, by record id."""
    who = worlds.reader(node, clearance=Level.SECRET if top else Level.OFFICIAL)
    table = pl.DataFrame(
        [(name, *said) for name, said in (outcomes or {}).items()],
        schema={"subject": pl.String, "examined": pl.Boolean, "found": pl.Boolean}, orient="row",
    )  # fmt: skip
    rehearsing = Rehearsing(
        labels=node.labels, algebra=node.algebra, outcomes=lambda _c, _v: table, batch=batch
    )
    with node.gate.reading(who) as (connection, visible):
        packs = (node.pack,) if standing is None else standing
        return rehearsing.run(connection, visible, draft, packs, TODAY, **more)


def compiled(text: str) -> Compiled:
    found = check_text(text, pack_in_force()).compiled
    assert found is not None
    return found


def of_pack(node: Node, name: str) -> Compiled:
    return next(found for found in node.pack.rules if found.rule.id == name)


def test_what_a_rehearsal_finds_is_what_the_rules_said_when_the_records_came_in(
    node: Node,
) -> None:
    """But for what other records say around a record, which is as of today."""
    rows = worlds.queue_of(node, worlds.reader(node))
    said: dict[str, set[str]] = {}
    for row in rows:
        for reason in row.reasons:
            if reason.source == "rule" and row.subject_kind != "traveller":
                said.setdefault(reason.code, set()).add(row.subject_id)
    around = {"C15", "C23", "C23.2", "C24", "C24.2", "C12"}
    looked = 0
    for found in node.pack.rules:
        if {"consignment", "equipment"} & set(found.rule.subjects):
            figures = run(node, found, standing=())
            expected = len(said.get(found.rule.id, ()))
            if found.rule.id in around:
                assert figures.all.hits >= expected, found.rule.id
            else:
                assert figures.all.hits == expected, found.rule.id
            looked += expected
    assert looked > 20


@pytest.mark.parametrize("batch", [11])
def test_batches_of_any_size_give_the_same_figures(node: Node, batch: int) -> None:
    for name in ("C07", "C15"):
        whole, cut = run(node, of_pack(node, name)), run(node, of_pack(node, name), batch=batch)
        assert whole == cut and (whole.rows > 30)


def test_examined_and_found_are_counted_and_examples_begin_with_finds(node: Node) -> None:
    draft = compiled(rule(word="PLANTAINS"))
    plain = run(node, draft)
    assert plain.all == RuleRate(hits=13, examined=0, found=0)
    ids = plain.examples
    given = {ids[6]: (True, True), ids[3]: (True, False), ids[0]: (False, None)}
    looked = run(node, draft, outcomes=given, batch=5)
    assert looked.all == RuleRate(hits=13, examined=2, found=1)
    assert looked.examples[:3] == (ids[6], ids[3], ids[0])
    assert set(looked.examples) <= {*ids, *looked.examples} and len(looked.examples) == 10


def test_what_a_rule_adds_is_what_no_other_active_one_has(node: Node) -> None:
    same = check_text(rule("N7", "PLANTAINS"), node.pack).pack
    other = check_text(rule("N8", "GENERAL"), node.pack).pack
    assert same is not None and other is not None
    draft = compiled(rule("N6", "PLANTAINS"))
    for standing, alone, shared in (
        ((other,), 13, {}), ((same, other), 0, {"N7": 13}), ((same, same), 0, {"N7": 13, "N7 (2)": 13}),
    ):  # fmt: skip
        figures = run(node, draft, standing=standing)
        assert (figures.alone.hits, figures.active) == (alone, len(standing))
        assert {one.rule: one.hits for one in figures.overlap} == shared
    anew = run(node, compiled(rule("N7", "GENERAL", version="2")), standing=(same, other),
               before=same.rules[0])  # fmt: skip
    assert anew.before == RuleRate(hits=13)
    assert [(one.rule, one.hits) for one in anew.overlap] == [("N8", 16)]
    assert anew.active == 1, "the version in force is compared, and is no other rule"


def test_of_one_record_under_two_markings_the_last_word_counts_once(node: Node) -> None:
    low, top = (
        run(node, compiled(rule(word="PLANTAINS"))),
        run(node, compiled(rule(word="PLANTAINS")), top=True),
    )
    assert (low.rows, low.all.hits) == (top.rows, top.all.hits)


def test_a_changed_version_is_judged_with_the_one_before_it(node: Node) -> None:
    text = rule("N9", "PLANTAINS").replace('contains(goods_text, "PLANTAINS")', "consignee_changed")
    text = text.replace('goods_text = "FRESH PLANTAINS"', "consignee_changed = true")
    text = text.replace('goods_text = "NOTHING OF IT"', "consignee_changed = false")
    figures = run(node, compiled(text))
    assert figures.all.hits == 1, "B2, whose consignee was another in the version before"


@pytest.mark.parametrize("most", [1, 10, 31, 10_000])
def test_the_newest_records_alone_are_looked_at_and_it_is_said(node: Node, most: int) -> None:
    draft = compiled(rule(word="PLANTAINS"))
    every, some = run(node, draft), run(node, draft, most=most, batch=7)
    assert some.rows == min(most, every.rows)
    assert ("newest" in some.apart) == (most < every.rows)
    assert "newest" not in every.apart
    if most == 31:  # the last of the small manifests and what came after
        assert 0 < some.all.hits <= every.all.hits
    assert run(node, draft, most=most) == some, "in batches of any size, examples too"


def test_kinds_that_the_rule_is_not_about_are_not_looked_at(node: Node) -> None:
    travellers = run(node, of_pack(node, "T08"))
    assert "lists" in travellers.apart and travellers.rows < run(node, of_pack(node, "C05")).rows
    nothing = run(node, of_pack(node, "V02"))
    assert nothing == RehearsalFigures(
        rows=0, unjudged=0, active=nothing.active, apart=("copies", "present", "around", "active")
    )


def test_real_examinations_count(tmp_path: Path) -> None:
    made = worlds.make(tmp_path / "node")
    worlds.take_in(made, "manifest.edi", worlds.sample(worlds.MANIFEST))
    made.add_mapping(made.operator(), "e.toml", io.BytesIO(worlds.sample("examinations.toml")))
    worlds.take_in(made, "e.csv", worlds.sample("examinations-marisol.csv"))
    who = worlds.reader(made)
    every = rule("N1", "X").replace('contains(goods_text, "X")', "goods_lines > 0")
    rehearsing = Rehearsing(
        labels=made.labels, algebra=made.algebra,
        outcomes=lambda connection, seen: outcomes_under(connection, made.labels, seen),
    )  # fmt: skip
    with made.gate.reading(who) as (connection, visible):
        figures = rehearsing.run(connection, visible, compiled(every), (), TODAY)
        known = outcomes_under(connection, made.labels, visible, kinds=("consignment",))
        bills = connection.execute(sa.text("select count(*) from record where kind='consignment'"))
        assert figures.rows == bills.scalar_one()
    examined = known.filter("examined")
    assert figures.all.examined == examined["subject"].n_unique() > 0
    assert figures.all.found == examined.filter("found")["subject"].n_unique() > 0
    made.close()


# --- a partner's data under originator control -----------------------------------------------------


def test_what_rules_say_of_originator_controlled_data_carries_its_mark(three: World) -> None:
    """Subject or context: the alert, and so its reason's text, stands under ORCON; whoever may not
    read for the marking's purpose sees neither the hit nor the rule's sentence."""
    node = three["altamira"]
    boss = msgspec.structs.replace(officer(node, role=Role.SUPERVISOR), name="bea")
    for text in (rule("N1", "KANARI"), rule("N2", "TEA")):
        node.rule_desk.write(officer(node), text)
        name = text[6:8]
        node.rule_desk.rehearse(officer(node), name)
        node.rule_desk.approve(boss, name, reason="good")
    controlled = for_partners("altamira", caveats=("ORCON",))
    give(three, Bill(), giver="northreach", to=("altamira",), marking=controlled)
    strict = Marking(
        level=Level.OFFICIAL, caveats=frozenset({"ORCON"}), purposes=frozenset({"targeting"}),
        retain_until=dt.date(2026, 12, 31),
    )  # fmt: skip
    own = Bill(bill="OWNBILL", box=OTHER_BOX, shipper="S", consignee="C", notify="N", goods="TEA")
    take_in(node, strict, manifest(own), "own.edi")

    rows = {row.title: row for row in worlds.queue_of(node, officer(node))}
    assert {"N1"} <= {r.code for r in rows["NRCH KANARIBILL"].reasons}
    assert {"N2", "C15"} <= {r.code for r in rows["NRCH OWNBILL"].reasons}
    for row in rows.values():
        alert = node.record(officer(node), row.alert_id)
        assert "ORCON" in alert.marking.caveats, row.title
    told = [r.text_en for r in rows["NRCH KANARIBILL"].reasons if r.code == "N1"]
    assert told == ["The goods text holds a word of the shift: KANARI GOODS."]
    other = officer(node, purpose="supervision")
    assert not worlds.queue_of(node, other)
    assert not node.search(other, "KANARI").rows
