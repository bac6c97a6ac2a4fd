"""Link charts: what is drawn, what is folded or left out, and where it stands. About 3 CPU seconds."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from itertools import combinations

from hypothesis import given, settings
from hypothesis import strategies as st

from esclusa.analysis.links import (
    BOWS,
    CELL_HEIGHT,
    CELL_WIDTH,
    ENTITY,
    Chart,
    ChartLimits,
    Graph,
    bows,
    chart_around,
    chart_between,
    layout,
)
from esclusa.analysis.resolution import Mention, Tie

KINDS = ("consignment", "voyage", "phone", "address")


def mention(entity: str, *ties: str, label: int = 1, number: int = 0) -> Mention:
    """A mention of ``entity`` tied to things written ``kind:value``."""
    made = tuple(Tie(*tie.split(":"), role="party") for tie in ties)
    return Mention(id=f"{entity}#{number}#{label}#{'+'.join(ties)}", record=f"r-{entity}-{number}",
                   path="p", label=label, seq=number, type="party", ties=made)  # fmt: skip


def graph_of(mentions: list[Mention], visible: set[int] | None = None) -> Graph:
    return Graph.build(mentions, {one.id: one.id.split("#")[0] for one in mentions}, visible)


def names(chart: Chart) -> set[str]:
    return {node.name for node in chart.nodes}


def lines(chart: Chart) -> set[tuple[str, str]]:
    return {(chart.nodes[a].name, chart.nodes[b].name) for a, b in chart.lines}


CHAIN = [
    mention("a", "consignment:1", "phone:5", "phone:alone"),
    mention("b", "consignment:1", "address:x"),
    mention("c", "address:x", "voyage:9"),
    mention("d", "voyage:9"),
    mention("e", "phone:5"),
]


def test_a_link_away_is_drawn_with_what_is_shared_and_nothing_that_is_shared_with_nobody() -> None:
    chart = chart_around(graph_of(CHAIN), "a", 1)
    assert names(chart) == {"a", "b", "e", "1", "5"}
    assert lines(chart) == {("a", "1"), ("b", "1"), ("a", "5"), ("e", "5")}
    assert {node.name: node.away for node in chart.nodes} == {
        "a": 0,
        "1": 1,
        "5": 1,
        "b": 2,
        "e": 2,
    }
    # b goes on to x, a is wholly drawn: what it shares with nobody is no link.
    assert {node.name: node.folded for node in chart.nodes if node.folded} == {"b": 1}
    assert names(chart_around(graph_of(CHAIN), "a", 3)) == {
        "a",
        "b",
        "c",
        "d",
        "e",
        "1",
        "5",
        "x",
        "9",
    }
    assert chart_around(graph_of(CHAIN), "nobody", 1).nodes == ()


def test_ways_between_two_are_one_chart_and_without_a_way_both_stand_alone() -> None:
    chart = chart_between(graph_of(CHAIN), "a", "d")
    assert [node.name for node in chart.nodes] == ["a", "1", "b", "x", "c", "9", "d"]
    assert len(chart.lines) == 6
    apart = chart_between(graph_of([*CHAIN, mention("z", "phone:9")]), "a", "z")
    assert names(apart) == {"a", "z"} and apart.lines == ()


def test_a_hub_is_folded_with_its_count_and_opened_when_asked() -> None:
    crowd = [mention(f"n{number:04}", "address:big") for number in range(2_000)]
    ours = [mention("a", "address:big", "phone:5"), mention("z", "phone:5", "address:big")]
    graph = graph_of([*crowd, *ours])
    chart = chart_around(graph, "a", 2)
    (hub,) = (node for node in chart.nodes if node.hub)
    assert (hub.kind, hub.name, hub.folded) == ("address", "big", 2_000)
    assert names(chart) == {"a", "z", "5", "big"}
    assert lines(chart) >= {("a", "big"), ("z", "big")}
    opened = chart_around(graph, "a", 1, through=["address:big"])
    assert len(opened.nodes) == 1_000
    assert (opened.left_entities, opened.left_things) == (2_004 - 1_000, 0)
    (open_hub,) = (node for node in opened.nodes if node.name == "big")
    assert (open_hub.hub, open_hub.folded) == (False, opened.left_entities)


def test_what_a_reader_does_not_see_is_in_no_count_and_moves_no_node() -> None:
    hidden = [mention(f"h{n}", "address:x", "phone:5", label=9) for n in range(80)]
    hidden += [
        mention("a", "voyage:secret", label=9, number=1),
        mention("b", "voyage:secret", label=9),
    ]
    seen, alone = graph_of([*CHAIN, *hidden], {1}), graph_of(CHAIN)
    for depth in (1, 2, 3):
        left, right = chart_around(seen, "a", depth), chart_around(alone, "a", depth)
        assert [(n.name, n.folded, n.hub) for n in left.nodes] == [
            (n.name, n.folded, n.hub) for n in right.nodes
        ]
        assert places_of(left) == places_of(right)
    assert "secret" in names(chart_around(graph_of([*CHAIN, *hidden]), "a", 1))


def test_no_room_leaves_out_the_far_and_counts_it() -> None:
    rng = random.Random(3)
    graph = some_graph(rng, 3_000, 500)
    chart = chart_around(graph, graph.entities[0], 3, ChartLimits(nodes=200, lines=150))
    assert len(chart.nodes) == 200 and len(chart.lines) == 150
    assert chart.left_entities + chart.left_things > 0 and chart.left_lines > 0
    assert [node.away for node in chart.nodes] == sorted(node.away for node in chart.nodes)
    cut = chart_around(graph, graph.entities[0], 3, ChartLimits(work=20))
    assert cut.cut and len(cut.nodes) <= 22


def some_graph(rng: random.Random, mentions: int, things: int) -> Graph:
    made = [
        mention(
            f"e{rng.randrange(mentions):04}",
            *(f"{kind}:{rng.randrange(things)}" for kind in rng.sample(KINDS, 2)),
            number=n,
        )
        for n in range(mentions)
    ]
    return graph_of(made)


def places_of(chart: Chart) -> list[tuple[int, int]]:
    return layout(len(chart.nodes), chart.lines, [node.away for node in chart.nodes])


graphs = st.builds(
    some_graph, st.integers(0, 2**32).map(random.Random), st.integers(2, 60), st.integers(2, 30)
)


@settings(max_examples=60, deadline=None)
@given(graphs, st.integers(1, 3), st.integers(2, 40))
def test_a_chart_is_of_the_graph_and_its_nodes_stand_apart(
    graph: Graph, depth: int, most: int
) -> None:
    chart = chart_around(graph, graph.entities[0], depth, ChartLimits(nodes=most))
    assert len(chart.nodes) <= most
    assert len({(node.kind, node.name) for node in chart.nodes}) == len(chart.nodes)
    for entity, thing in chart.lines:
        assert chart.nodes[entity].kind == ENTITY != chart.nodes[thing].kind
        assert chart.nodes[thing].number in graph.beside(chart.nodes[entity].number)
    # All ties between drawn nodes are lines, and what is folded is exactly the rest.
    drawn = {node.number for node in chart.nodes}
    for place, node in enumerate(chart.nodes):
        beside = set(graph.beside(node.number))
        assert sum(place in line for line in chart.lines) == len(beside & drawn)
        linking = {n for n in beside if graph.degree(n) > 1 or node.kind != ENTITY}
        assert node.folded == len(linking - drawn)
    places = places_of(chart)
    for (x, y), (other_x, other_y) in combinations(places, 2):
        assert abs(x - other_x) >= CELL_WIDTH or abs(y - other_y) >= CELL_HEIGHT
    assert min(x for x, _y in places) == CELL_WIDTH // 2 or min(x for x, _y in places) == CELL_WIDTH
    assert min(y for _x, y in places) == CELL_HEIGHT // 2
    assert places == places_of(chart)


def test_a_line_is_bowed_round_a_node_between_its_ends() -> None:
    row = [(CELL_WIDTH // 2 + CELL_WIDTH * n, CELL_HEIGHT // 2) for n in range(3)]
    assert bows(row, [(0, 2), (0, 1)]) == [BOWS[0], BOWS[0]]
    # The first bow would lead through the node below.
    below = (row[1][0] - CELL_WIDTH // 2, row[1][1] + CELL_HEIGHT)
    (bow,) = bows([row[0], row[2], below], [(0, 1)])
    assert bow in BOWS and bows([], []) == []


def test_hardly_a_line_of_a_chart_runs_through_a_node_that_it_does_not_lead_to() -> None:
    chart = chart_around(some_graph(random.Random(11), 900, 200), "e0007", 3)
    places = places_of(chart)
    assert len(places) > 150
    bowed = bows(places, chart.lines)
    through = sum(touches(places, line, bow) for line, bow in zip(chart.lines, bowed, strict=True))
    straight = sum(touches(places, line, 0.0) for line in chart.lines)
    assert through <= 0.03 * len(chart.lines) < straight


def touches(places: list[tuple[int, int]], line: tuple[int, int], bow: float) -> bool:
    (ax, ay), (bx, by) = places[line[0]], places[line[1]]
    cx, cy = (ax + bx) / 2 - bow * (by - ay), (ay + by) / 2 + bow * (bx - ax)
    for step in range(1, 60):
        t = step / 60
        x = (1 - t) ** 2 * ax + 2 * t * (1 - t) * cx + t * t * bx
        y = (1 - t) ** 2 * ay + 2 * t * (1 - t) * cy + t * t * by
        for number, (ox, oy) in enumerate(places):
            if number not in line and abs(x - ox) < 9 and abs(y - oy) < 9:
                return True
    return False


_AGAIN = """
import random, sys
sys.path.insert(0, {folder!r})
from test_link_charts import chart_around, places_of, some_graph
print(places_of(chart_around(some_graph(random.Random(5), 900, 200), "e0007", 3)))
"""


def test_another_process_lays_the_same_chart_out_the_same_way() -> None:
    chart = chart_around(some_graph(random.Random(5), 900, 200), "e0007", 3)
    assert len(chart.nodes) > 100
    script = _AGAIN.format(folder=os.path.dirname(__file__))  # noqa: PTH120
    environment = {**os.environ, "PYTHONHASHSEED": "77", "PYTHONDONTWRITEBYTECODE": "1"}
    again = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, env=environment
    )
    assert again.stdout.strip() == str(places_of(chart))


def test_no_nodes_and_one_node_have_their_places() -> None:
    assert layout(0, [], []) == []
    assert layout(1, [], [0]) == [(CELL_WIDTH // 2, CELL_HEIGHT // 2)]
    assert len(set(layout(2, [], [0, 1]))) == 2
