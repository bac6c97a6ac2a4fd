"""Charts, facts and timelines at a node: complete for who may see, and for others a world without.

About 8 CPU seconds: two worlds, made once.
"""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import msgspec
import pytest

import worlds
from esclusa.errors import EsclusaError, Forbidden, InputError, NotFound
from esclusa.model import Level, Marking, SeizedItem, Seizure
from esclusa.node import Node
from esclusa.node.chart_drawing import DASHES, THINGS, TYPES, file_svg, page_svg, title_of
from esclusa.node.chart_table import chart_csv
from esclusa.node.entity_story import KINDS
from esclusa.node.story_sketch import moment_key
from esclusa.sharing.chart_views import ChartView
from esclusa.sharing.reader import Role
from esclusa.sharing.story_views import EntryView, TimelineFilter
from twins import blank

SVG = "{http://www.w3.org/2000/svg}"
WORDS = ("ISTMO", "OTRA FIRMA", "ALTAMIRA EXPORT", "GHOST", "DELVALLE", "NORTHREACH STAR", "NRXU4430056",
         "SALINAS")  # fmt: skip
HOSTILE = "ISTMO \"<script>alert(1)</script>&' SA"


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Node, Node]]:
    with worlds.both(tmp_path_factory.mktemp("charts")) as pair:
        yield pair


@pytest.fixture
def node(tmp_path: Path) -> Iterator[Node]:
    made = worlds.make(tmp_path / "node")
    worlds.take_in(made, "one.edi", worlds.cuscar(("B1", "ISTMO PRIMAVERA SA", "BANANAS")))
    yield made
    made.close()


def entity(node: Node, words: str, **who: Any) -> str:
    return node.entities.find(worlds.reader(node, **who), words).rows[0].id


def answer(action: Any) -> str:
    try:
        said = action()
    except EsclusaError as error:
        return f"{type(error).__name__}: {error}"
    return blank(said if isinstance(said, str) else msgspec.json.encode(said).decode())


def told(node: Node, name: str, other: str, **who: Any) -> list[str]:
    reader = worlds.reader(node, **who)
    charts, stories = node.charts, node.stories
    kinds = [TimelineFilter(kinds=(kind,), limit=3) for kind in KINDS[::4]]
    return [
        *(answer(lambda d=depth: charts.chart(reader, name, depth=d)) for depth in (1, 2)),
        answer(lambda: charts.chart(reader, name, to=other)),
        answer(lambda: file_svg(charts.chart(reader, name, exported=True), "es")),
        answer(lambda: chart_csv(charts.chart(reader, name, depth=2, exported=True), "en")),
        answer(lambda: stories.facts(reader, name)),
        *(answer(lambda w=wanted: stories.timeline(reader, name, w)) for wanted in kinds),
        answer(lambda: stories.timeline(reader, name, TimelineFilter(limit=200))),
    ]


def test_what_is_hidden_moves_no_node_and_is_in_no_count_fact_or_entry(
    both: tuple[Node, Node],
) -> None:
    plain, secret = both
    top = worlds.cleared(secret)
    asked = [(secret, top), (plain, worlds.reader(plain))]
    hidden, seen = (
        {row.id for word in WORDS for row in node.entities.find(who, word).rows[:2]}
        for node, who in asked
    )
    assert len(seen) > 5 and hidden - seen
    names, other = sorted(hidden | seen), min(seen)
    for name in names:
        # What the cleared reader was shown before must not serve the other one.
        told(secret, name, other, clearance=Level.SECRET)
        for level in (Level.OFFICIAL, Level.OPEN):
            left, right = (told(world, name, other, clearance=level) for world in both)
            assert left == right, name
    istmo = entity(secret, "ISTMO PRIMAVERA")
    more = secret.stories.timeline(top, istmo, TimelineFilter(limit=200))
    less = secret.stories.timeline(worlds.reader(secret), istmo, TimelineFilter(limit=200))
    assert {entry.kind for entry in more.rows} - {entry.kind for entry in less.rows} >= {
        "alert_move"
    }


def test_the_drawing_the_page_and_the_table_hold_the_same_lines_and_print_the_marking(
    both: tuple[Node, Node],
) -> None:
    plain, _secret = both
    reader = worlds.reader(plain)
    view = plain.charts.chart(reader, entity(plain, "NORTHREACH PIONEER"))
    assert len(view.lines) > 500
    drawn = ElementTree.fromstring(file_svg(view, "en"))
    paths = {path.get("id") for path in drawn.iter(f"{SVG}path") if path.get("id")}
    assert paths == {f"l{number}" for number in range(len(view.lines))}
    nodes = {group.get("id") for group in drawn.iter(f"{SVG}g") if group.get("id")}
    assert nodes == {f"n{number}" for number in range(len(view.nodes))}
    page = page_svg(view, "en", lambda node: f"/x/{node.name}")
    assert set(re.findall(r'<path id="(l\d+)"', page)) == paths
    assert re.findall(r' href="/x/', page) and "style" not in page
    rows = list(csv.reader(io.StringIO(chart_csv(view, "en"))))
    table = rows[next(n for n, row in enumerate(rows) if row[0] == "From") + 1 :]
    assert len(table) == len(view.lines)
    assert {(row[0], row[4]) for row in table} == {
        (view.nodes[line.entity].title, view.nodes[line.thing].title) for line in view.lines
    }
    assert ["Marking", "OFFICIAL · marisol · → marisol"] in rows
    assert "Marking: OFFICIAL · marisol · → marisol" in "".join(drawn.itertext())


def test_a_marking_is_that_of_everything_drawn(both: tuple[Node, Node]) -> None:
    _plain, secret = both
    name = entity(secret, "ALTAMIRA EXPORT LTD")
    low = secret.charts.chart(worlds.reader(secret), name)
    top = secret.charts.chart(
        worlds.cleared(secret), entity(secret, "ALTAMIRA EXPORT LTD", clearance=Level.SECRET)
    )
    assert low.marking.level == Level.OFFICIAL
    assert top.marking.level == Level.SECRET
    assert "SECRET" in file_svg(top, "en") and "SECRET" not in file_svg(low, "en")


def test_a_hostile_name_stays_text_in_drawing_and_table(node: Node) -> None:
    worlds.take_in(
        node,
        "b.edi",
        worlds.cuscar(("B2", HOSTILE.replace("'", ""), "TEA"), ("B3", "=CMD SA", "TEA")),
    )
    view = node.charts.chart(worlds.reader(node), entity(node, "ALTAMIRA EXPORT"))
    for text in (file_svg(view, "en"), page_svg(view, "es", lambda node: '"><script>')):
        assert "<script" not in text
        ElementTree.fromstring(text)
    assert "'=CMD SA" in chart_csv(view, "en")


def test_every_type_and_tie_has_a_shape_and_no_two_look_alike() -> None:
    assert len(set(TYPES.values())) == len(TYPES) and len(set(THINGS.values())) == len(THINGS)
    assert set(THINGS) == set(DASHES) and len(set(DASHES.values())) == len(DASHES)


def test_a_node_says_what_it_is_and_what_is_not_drawn(node: Node) -> None:
    bills = [(f"K{n}", f"FIRMA {n:03} SA", "TEA") for n in range(60)]
    worlds.take_in(node, "many.edi", worlds.cuscar(*bills))
    reader = worlds.reader(node)
    view = node.charts.chart(reader, entity(node, "FIRMA 001"), depth=2)
    (ship,) = (one for one in view.nodes if one.type == "vessel")
    assert ship.hub and ship.opens == ship.name
    assert f"tied to {ship.folded} more; not walked through" in title_of(ship, "en")
    more = node.charts.chart(reader, view.start, depth=2, through=[ship.opens])
    assert len(more.nodes) > len(view.nodes) + 50
    assert "Barco" not in title_of(ship, "es") and title_of(ship, "es").startswith("Buque: ")
    (start,) = (one for one in view.nodes if one.away == 0)
    assert title_of(start, "es").endswith("aquí empieza el diagrama")


def test_bad_questions_are_refused_and_each_answer_is_in_the_log(node: Node) -> None:
    reader, name = worlds.reader(node), entity(node, "ISTMO PRIMAVERA")
    for more in ({"depth": 4}, {"through": ["x"] * 21}):
        with pytest.raises(InputError):
            node.charts.chart(reader, name, **more)  # type: ignore[arg-type]
    for wanted in (
        TimelineFilter(kinds=("ghost",)),
        TimelineFilter(since="27/11/2026"),
        TimelineFilter(until="2026-11"),
    ):
        with pytest.raises(InputError):
            node.stories.timeline(reader, name, wanted)
    with pytest.raises(NotFound, match="no such entity"):
        node.charts.chart(reader, name, to="ent-nobody")
    auditor = worlds.reader(node, role=Role.AUDITOR)
    for action in (
        lambda: node.charts.chart(auditor, name),
        lambda: node.stories.facts(auditor, name),
    ):
        with pytest.raises(Forbidden):
            action()
    node.charts.chart(reader, name, exported=True)
    node.stories.facts(reader, name)
    lines = node.gate.audit(auditor, limit=6)
    assert [(line.subject, line.detail) for line in lines[1:3]] == [
        (name, "entity facts"), (name, "entity chart exported nodes=4")]  # fmt: skip


def entries(node: Node, name: str, **wanted: Any) -> tuple[EntryView, ...]:
    return node.stories.timeline(worlds.reader(node), name, TimelineFilter(**wanted)).rows


def test_a_timeline_tells_bills_matches_decisions_verdicts_and_examinations(node: Node) -> None:
    reader, name = worlds.reader(node), entity(node, "ISTMO PRIMAVERA")
    node.add_mapping(
        node.operator(), "examinations.toml", io.BytesIO(worlds.sample("examinations.toml"))
    )
    worlds.with_list(node, "own", ("s1", "ISTMO PRIMAVERA"), ("s2", "ALTAMIRA EXPORT"))
    worlds.take_in(node, "e.csv", worlds.examined(("E1", "found", "", "B1", "value", "1")))
    (row,) = worlds.queue_of(node, reader)
    match = next(r.match for r in row.reasons if r.match and r.code == "own:s1")
    assert match is not None
    node.match_desk.decide(reader, match.id, outcome="not_the_same", reason="Other tax number.")
    node.verdict(reader, row.alert_id, verdict="refer", reason="Odd weight.")
    node.undo(reader, row.alert_id)
    supervisor = worlds.reader(node, role=Role.SUPERVISOR)
    node.seizure_desk.report(supervisor, Seizure(
        agency="marisol", number="S1", event="", seized="2026-11-26", part="found", bill="B1",
        items=(SeizedItem(category="drugs", what="PACKAGES", quantity=46, unit="KGM"),),
    ))  # fmt: skip
    node.verdict(reader, row.alert_id, verdict="explained", reason="Papers seen.")
    name = next(one.id for one in node.entities.find(reader, "ISTMO PRIMAVERA").rows)
    rows = entries(node, name)
    assert sorted(one.at for one in rows if one.kind != "consignment")
    by_kind: dict[str, list[EntryView]] = {}
    for one in rows:
        by_kind.setdefault(one.kind, []).append(one)
    assert set(by_kind) >= {
        "consignment",
        "alert",
        "alert_move",
        "match_decision",
        "examination",
        "match",
        "seizure",
    }
    # The bill's other listed party is no match of this one.
    assert len(by_kind["match"]) == 1 and match.id == by_kind["match"][0].name
    assert [(one.by, one.undone) for one in by_kind["alert_move"]] == [
        ("ana", False),
        ("ana", True),
    ]
    assert {word.text for word in by_kind["examination"][0].words} >= {"found", "drugs", "B1"}
    assert [word.text for word in by_kind["seizure"][0].words] == ["PACKAGES 46.0 KGM", "B1"]
    assert "Other tax number." in {word.text for word in by_kind["match_decision"][0].words}
    keys = [one.at[:10] for one in rows]
    assert keys == sorted(keys, reverse=True)


def test_a_timeline_is_filtered_and_turned_page_by_page_without_loss(node: Node) -> None:
    bills = [(f"K{n}", "ISTMO PRIMAVERA SA", "TEA") for n in range(25)]
    worlds.take_in(node, "many.edi", worlds.cuscar(*bills))
    reader, name = worlds.reader(node), entity(node, "ISTMO PRIMAVERA")
    whole = entries(node, name, limit=200)
    assert len(whole) >= 26
    found: list[EntryView] = []
    cursor = ""
    for _page in range(20):
        view = node.stories.timeline(reader, name, TimelineFilter(limit=7, cursor=cursor))
        assert view.count == len(whole)
        found += view.rows
        if not (cursor := view.next_cursor):
            break
    assert found == list(whole)
    # What was counted and put in order before it was made is what is shown.
    order = [(moment_key(one), one.id) for one in whole]
    assert order == sorted(order, reverse=True)
    assert dict(view.kinds) == Counter(one.kind for one in whole)
    only = entries(node, name, kinds=("consignment",), limit=200)
    assert only and {one.kind for one in only} == {"consignment"}
    assert entries(node, name, since="2026-12-01", until="2026-12-01", limit=200) == tuple(
        one for one in whole if one.at.startswith("2026-12-01"))  # fmt: skip
    assert entries(node, name, since="2026-12-02") == ()


def test_two_birth_dates_stand_side_by_side_with_their_sources(node: Node) -> None:
    worlds.take_in(node, "flight.edi", worlds.sample(worlds.PASSENGERS))
    reader = worlds.reader(node)
    rows = [row for row in node.entities.find(reader, "DELVALLE").rows if "person" in row.types]
    one, other = rows[0].id, rows[1].id
    assert not [fact for fact in node.stories.facts(reader, one).facts if fact.differs]
    node.entities.judge(reader, one, other, verdict="same", reason="one card")
    name = next(r.id for r in node.entities.find(reader, "DELVALLE").rows if r.members == 2)
    facts = node.stories.facts(reader, name).facts
    dates = [fact for fact in facts if fact.part == "birth_dates"]
    assert len(dates) == 2 and all(fact.differs for fact in dates)
    for fact in facts:
        assert fact.records == len(fact.sources) and fact.first <= fact.last
        assert {source.source for source in fact.sources} == {"flight.edi"}
        assert {source.originator for source in fact.sources} == {"marisol"}


def test_an_erased_record_is_in_no_chart_fact_or_timeline(node: Node) -> None:
    reader, name = worlds.reader(node), entity(node, "NORTHREACH STAR")
    before = told(node, name, name)
    worlds.take_in(node, "two.edi", worlds.cuscar(("B7", "GHOST FIRM SA", "COFFEE")))
    (ghost,) = node.entities.find(reader, "GHOST FIRM").rows
    assert ghost.id in {one.name for one in node.charts.chart(reader, name).nodes}
    (member,) = node.entities.show(reader, ghost.id).members
    node.erase(node.administrator(), member.record_id, reason="a test of erasure")
    assert told(node, name, name) == before


def test_an_empty_chart_is_drawn_too() -> None:
    view = ChartView(start="ent-1", title="X", nodes=(), lines=(), width=68, height=30, marking=Marking(),
                     originators=(), made="2026-11-27T00:00:00Z")  # fmt: skip
    ElementTree.fromstring(file_svg(view, "en"))
    assert chart_csv(view, "es").startswith("Diagrama de vínculos")
