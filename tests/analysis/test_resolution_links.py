"""Links: what entities share, paths and neighbourhoods, bounded, in one order, by label."""

from __future__ import annotations

import random

from hypothesis import given, settings
from hypothesis import strategies as st

from esclusa.analysis.links import Graph, Limits, neighbourhood, paths
from esclusa.analysis.resolution import Mention, Tie


def _mention(entity: str, *ties: str, label: int = 1, number: int = 0) -> Mention:
    """A mention of ``entity`` tied to things written ``kind:value``."""
    made = tuple(Tie(*tie.split(":"), role="party") for tie in ties)
    return Mention(id=f"{entity}#{number}#{label}#{'+'.join(ties)}", record=f"r-{entity}-{number}", path="p",
                   label=label, seq=number, type="party", ties=made)  # fmt: skip


def _graph(mentions: list[Mention], visible: set[int] | None = None) -> Graph:
    return Graph.build(mentions, {one.id: one.id.split("#")[0] for one in mentions}, visible)


CHAIN = [
    _mention("a", "consignment:1", "phone:5"),
    _mention("b", "consignment:1", "address:x"),
    _mention("c", "address:x", "voyage:9"),
    _mention("d", "voyage:9"),
    _mention("e", "phone:5"),
]


def _names(found: object) -> list[tuple[str, ...]]:
    return [tuple(f"{link.a}-{link.kind}-{link.b}" for link in way) for way in found.paths]  # type: ignore[attr-defined]


def test_neighbours_come_with_their_distance_and_links_with_kind_evidence_and_labels() -> None:
    found = neighbourhood(_graph(CHAIN), "a", 2)
    assert found.entities == (("b", 1), ("e", 1), ("c", 2))
    link = found.links[0]
    assert (link.a, link.b, link.kind, link.value, link.labels) == (
        "a",
        "b",
        "consignment",
        "1",
        frozenset({1}),
    )
    assert (link.ours[0].record, link.ours[0].path, link.ours[0].role) == ("r-a-0", "p", "party")
    assert not found.cut and not found.hubs


def test_paths_are_shortest_first_and_no_longer_than_asked() -> None:
    graph = _graph([*CHAIN, _mention("e", "voyage:9", number=1)])
    assert _names(paths(graph, "a", "d", 3)) == [
        ("a-phone-e", "e-voyage-d"),
        ("a-consignment-b", "b-address-c", "c-voyage-d"),
        ("a-phone-e", "e-voyage-c", "c-voyage-d"),
    ]
    assert _names(paths(graph, "a", "d", 1)) == []
    assert paths(graph, "a", "nobody").paths == ()
    assert paths(graph, "a", "a").paths == ()


def test_a_hub_is_named_and_not_walked_through_unless_asked() -> None:
    crowd = [_mention(f"n{number:05}", "consignment:big") for number in range(10_000)]
    graph = _graph(
        [
            *crowd,
            _mention("a", "consignment:big", "phone:5"),
            _mention("z", "phone:5", "consignment:big"),
        ]
    )
    found = neighbourhood(graph, "a", 3)
    assert found.entities == (("z", 1),)
    assert [(hub.name, hub.ties) for hub in found.hubs] == [("consignment:big", 10_002)]
    asked = neighbourhood(graph, "a", 1, Limits(links=10), through=["consignment:big"])
    assert (len(asked.links), asked.cut) == (10, True)
    assert _names(paths(graph, "a", "z")) == [("a-phone-z",)]


def test_a_forwarder_with_ten_thousand_consignments_is_not_walked_through() -> None:
    forwarder = [_mention("f", f"consignment:{n}", number=n) for n in range(10_000)]
    graph = _graph([*forwarder, _mention("a", "consignment:1"), _mention("b", "consignment:2")])
    assert paths(graph, "a", "b").paths == ()
    assert [hub.name for hub in paths(graph, "a", "b").hubs] == ["f"]
    few = Limits(work=5_000)
    assert _names(paths(graph, "a", "b", 4, few, through=["f"])) == [
        ("a-consignment-f", "f-consignment-b")
    ]
    near = neighbourhood(graph, "f", 1, Limits(work=1000))
    assert near.cut


@st.composite
def _worlds(draw: st.DrawFn) -> list[Mention]:
    things = st.lists(
        st.sampled_from(["phone:1", "phone:2", "voyage:1", "address:1", "address:2"]), max_size=3
    )
    return [
        _mention(
            draw(st.sampled_from("abcdef")),
            *draw(things),
            label=draw(st.integers(1, 2)),
            number=number,
        )
        for number in range(draw(st.integers(0, 12)))
    ]


@settings(max_examples=40, deadline=None)
@given(_worlds(), st.integers(0, 9))
def test_what_a_reader_may_not_see_leaves_no_trace_and_order_makes_no_difference(
    mentions: list[Mention], seed: int
) -> None:
    mixed = random.Random(seed).sample(mentions, len(mentions))
    seen = _graph(mixed, {1})
    without = _graph([one for one in mentions if one.label == 1])
    for entity in "abcdef":
        assert neighbourhood(seen, entity, 3) == neighbourhood(without, entity, 3)
        assert paths(seen, "a", entity) == paths(without, "a", entity)


@settings(max_examples=40, deadline=None)
@given(_worlds())
def test_paths_are_all_simple_ways_that_exist(mentions: list[Mention]) -> None:
    graph = _graph(mentions)
    holders: dict[tuple[str, str], set[str]] = {}
    for one in mentions:
        for tie in one.ties:
            holders.setdefault((tie.kind, tie.value), set()).add(one.id[0])

    def ways(been: tuple[str, ...], left: int) -> int:
        if been[-1] == "b":
            return 1
        nexts = [o for held in holders.values() if been[-1] in held for o in held if o not in been]
        return sum(ways((*been, other), left - 1) for other in nexts) if left else 0

    found = paths(graph, "a", "b", 3, Limits(paths=10_000))
    assert len(found.paths) == ways(("a",), 3)
    assert [len(way) for way in found.paths] == sorted(len(way) for way in found.paths)
