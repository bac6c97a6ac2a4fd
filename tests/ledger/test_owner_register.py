"""Who owns what is kept as one run over the same records gives it, however they came and went."""

from __future__ import annotations

import random

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.resolution_worlds import RARITY, TIGHT, judgement
from esclusa.analysis.links import Graph, neighbourhood, paths
from esclusa.analysis.resolution import Entities, Judgement, Mention, mentions_of
from esclusa.ledger.register import Links
from esclusa.model import Conveyance, Ownership, Party
from esclusa.model.ownership import CAPACITIES
from ledger.test_entity_register import Register

PARTIES = ("Northreach Shipping", "Altamira Holding", "Lorenzo Zubarov", "Marisol Lines")
SHIPS = (Conveyance(name="Northreach Star", imo="9074729"), Conveyance(name="Marisol del Sur"))


@st.composite
def statements(draw: st.DrawFn) -> list[Mention]:
    """Up to eight statements of owners of two ships and four firms, one record each."""
    some = st.sampled_from
    found: list[Mention] = []
    for number in range(draw(st.integers(1, 8))):
        owner = Party(role=draw(some(sorted(CAPACITIES))), name=draw(some(PARTIES)))
        firm = Party(role="owned", name=draw(some(PARTIES))) if draw(st.booleans()) else None
        body = Ownership(
            owner=owner, firm=firm, ship=draw(some(SHIPS)) if firm is None else Conveyance(),
            share_percent=draw(some((None, 25.0, 62.5))),
            held_from=draw(some(("", "2019-03-01"))), held_until=draw(some(("", "2024-05-31"))),
        )  # fmt: skip
        found += mentions_of(body, record=f"r{number}", label=1, seq=number + 1)
    return found


def told(linked: Graph | Links, names: list[str]) -> object:
    near = [neighbourhood(linked, name, depth=2) for name in names]
    return near, [paths(linked, a, b) for a in names[:3] for b in names[:3]]


def run_over(mentions: list[Mention], judged: list[Judgement]) -> tuple[object, list[str]]:
    run = Entities.build(mentions, judged, TIGHT, RARITY)
    graph = Graph.build(mentions, {m: one.id for one in run for m in one.mentions})
    names = [one.id for one in run]
    return told(graph, names), names


@settings(max_examples=20, deadline=None)
@given(statements(), st.integers(0, 2**32))
def test_statements_that_come_and_go_in_any_order_leave_the_links_of_one_run(
    mentions: list[Mention], seed: int
) -> None:
    source, register = random.Random(seed), Register()
    by_record: dict[str, list[Mention]] = {}
    for one in mentions:
        by_record.setdefault(one.record, []).append(one)
    lots = source.sample(list(by_record.values()), len(by_record))
    gone = lots[: source.randint(0, len(lots) - 1)]
    for lot in lots:
        register.change(lot)
    for lot in gone:
        register.change((), [one.id for one in lot])
    left = [one for lot in lots if lot not in gone for one in lot]
    expected, names = run_over(left, [])
    assert told(Links(register.file, register.kept), names) == expected
    assert register.file.all("SELECT count(*) FROM thing WHERE kind = 'owner'")[0][0] == len(
        {tie.value for one in left for tie in one.ties}
    )


@settings(max_examples=12, deadline=None)
@given(statements(), st.integers(0, 2**32))
def test_a_judgement_on_two_owners_and_its_undoing_leave_the_links_of_one_run(
    mentions: list[Mention], seed: int
) -> None:
    source, register = random.Random(seed), Register()
    register.change(mentions)
    a, b = source.sample(mentions, 2)
    said = msgspec.structs.replace(judgement(1, 0, 1, "same"), a=a.id, b=b.id)
    register.judge({said.id: said})
    expected, names = run_over(mentions, [said])
    assert told(Links(register.file, register.kept), names) == expected
    register.judge({})
    expected, names = run_over(mentions, [])
    assert told(Links(register.file, register.kept), names) == expected
