"""What a register keeps is what one run over the same mentions and judgements gives, however they
came and went: entities, reasons, questions, who is found by name, links and charts. About 20 CPU
seconds."""

from __future__ import annotations

import random
from collections.abc import Iterable
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.resolution_worlds import (
    NAMES,
    RARITY,
    TIGHT,
    judgement,
    judgements,
    mention,
    worlds,
)
from esclusa.analysis.links import Graph, chart_around, chart_between, neighbourhood, paths
from esclusa.analysis.links.chart import ChartLimits
from esclusa.analysis.links.walk import Limits
from esclusa.analysis.resolution import Entities, Judgement, Mention, Tie
from esclusa.analysis.resolution.wordtable import WordTable
from esclusa.analysis.screening import normalise
from esclusa.ledger.register import Changing, File, Judged, Kept, Links, fill

SEEDS = st.integers(0, 2**32)
WORDS = sorted({word for name in NAMES for word in normalise(name).tokens} | {"P1234567"})
FEW, SMALL = Limits(hub=2, links=30, work=60), ChartLimits(nodes=9, lines=12, hub=2, work=40)


class Register:
    """A register in memory."""

    def __init__(self) -> None:
        self.file = File()
        self.table = WordTable(RARITY, TIGHT)
        self.judged: dict[str, Judgement] = {}

    def change(self, add: Iterable[Mention] = (), remove: Iterable[str] = ()) -> None:
        add, remove = list(add), list(remove)
        gone = [row[0] for name in remove
                for row in self.file.all("SELECT seq FROM mention WHERE id = ?", (name,))]  # fmt: skip
        with self.file.writing():
            self.file.many("INSERT OR REPLACE INTO version VALUES (?, ?, ?)",
                           [(one.seq, one.record, one.label) for one in add])  # fmt: skip
            Changing(self.file, TIGHT, self.table).change(add, remove)
            left = set(gone) - {one.seq for one in add}
            self.file.many("DELETE FROM version WHERE seq = ?", [(seq,) for seq in left])

    def judge(self, wanted: dict[str, Judgement]) -> None:
        with self.file.writing():
            Changing(self.file, TIGHT, self.table).change(judgements=wanted)
            self.file.run("DELETE FROM judged")
            for number, one in enumerate(wanted.values()):
                self.file.put_judged(number, Judged(one, {}, {}))
            self.file.run("UPDATE judged SET stands = 1")
        self.judged = wanted

    @property
    def kept(self) -> Kept:
        return Kept(self.file, TIGHT, self.table, self.file.standing())


def filled(mentions: list[Mention], judged: list[Judgement]) -> Register:
    made = Register()
    made.file = File(fresh=True)
    made.file.many("INSERT INTO version VALUES (?, ?, ?)",
                   [(one.seq, one.record, one.label) for one in mentions])  # fmt: skip
    fill(made.file, Entities.build(mentions, judged, TIGHT, RARITY))
    for number, one in enumerate(judged):
        made.file.put_judged(number, Judged(one, {}, {}))
    made.file.run("UPDATE judged SET stands = 1")
    return made


def told_by_run(entities: Entities) -> list[Any]:
    found = list(entities)
    return [
        [(one.id, one.types, one.mentions) for one in found],
        [bare(entities.explain(one.id)) for one in found],
        [entities.questions(most) for most in (1, 3, 100)],
        [entities.questions(2, about=one.mentions) for one in found],
        entities.notices(),
        [[one.id for one in found if says(entities, one.mentions, {w, v})][:2]
         for w in WORDS for v in WORDS],
    ]  # fmt: skip


def told_by_register(kept: Kept) -> list[Any]:
    found = list(kept)
    assert all(one.count == len(one.mentions) for one in found)
    assert all(one.first(1) == one.mentions[:1] for one in found)
    assert len(kept) == len(found)
    return [
        [(one.id, one.types, one.mentions) for one in found],
        [bare(kept.explain(one)) for one in found],
        [kept.questions(most) for most in (1, 3, 100)],
        [kept.questions(2, about=one) for one in found],
        kept.notices(),
        found_by_name(kept),
    ]


def found_by_name(kept: Kept) -> list[list[str]]:
    """Both ways of looking give the same."""
    asked = [{w, v} for w in WORDS for v in WORDS]
    listed = [[one.id for one in kept.find(words, 2)] for words in asked]
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("esclusa.ledger.register.read._COMMON", 0)
        assert [[one.id for one in kept.find(words, 2)] for words in asked] == listed
    return listed


def bare(why: Any) -> Any:
    return msgspec.structs.replace(why, entity=None)


def says(entities: Entities, mentions: Iterable[str], words: set[str]) -> bool:
    stated = [one for one in map(entities.mention, mentions) if one is not None]
    texts = (text for one in stated
             for text in (*one.names, *(i.partition(":")[2] for i in one.identifiers)))  # fmt: skip
    return any(words <= set(normalise(text).tokens) for text in texts)


@settings(max_examples=40, deadline=None)
@given(worlds(), judgements(), SEEDS)
def test_what_came_and_went_in_any_order_leaves_what_one_run_gives(
    mentions: list[Mention], judged: list[Judgement], seed: int
) -> None:
    source, register = random.Random(seed), Register()
    here: dict[str, Mention] = {}
    standing: dict[str, Judgement] = {}
    for _ in range(8):
        step = source.random()
        if step < 0.3 and judged:
            one = source.choice(judged)
            if standing.pop(one.id, None) is None:
                standing[one.id] = one
            register.judge(dict(standing))
            continue
        away = source.sample(sorted(here), min(len(here), source.randint(0, 3)))
        rest = [one for one in mentions if one.id not in here or one.id in away]
        came = source.sample(rest, min(len(rest), source.randint(0, 6)))
        register.change(came, away)
        here = {name: one for name, one in here.items() if name not in away}
        here |= {one.id: one for one in came}
        run = Entities.build(here.values(), standing.values(), TIGHT, RARITY)
        assert told_by_register(register.kept) == told_by_run(run)


@settings(max_examples=20, deadline=None)
@given(worlds(), judgements(), SEEDS)
def test_a_register_filled_at_once_answers_and_goes_on_as_one_run_does(
    mentions: list[Mention], judged: list[Judgement], seed: int
) -> None:
    source = random.Random(seed)
    first = source.sample(mentions, len(mentions) // 2)
    register = filled(first, judged)
    assert told_by_register(register.kept) == told_by_run(
        Entities.build(first, judged, TIGHT, RARITY)
    )
    rest = [one for one in mentions if one not in first]
    register.change(rest)
    assert told_by_register(register.kept) == told_by_run(
        Entities.build(mentions, judged, TIGHT, RARITY)
    )


@settings(max_examples=20, deadline=None)
@given(worlds(), judgements())
def test_what_is_taken_out_is_in_no_table_any_more(
    mentions: list[Mention], judged: list[Judgement]
) -> None:
    register = filled(tied(mentions, random.Random(1)), judged)
    register.judge({})
    register.change((), [one.id for one in mentions])
    tables = [r[0] for r in register.file.all("SELECT name FROM sqlite_master WHERE type='table'")]
    assert {name: register.file.all(f"SELECT * FROM {name}") for name in tables} == {
        name: [] for name in tables
    }


def tied(mentions: list[Mention], source: random.Random) -> list[Mention]:
    things = [Tie(kind, value, role) for kind in ("voyage", "phone") for value in ("1", "2", "A:B")
              for role in ("shipper", "")]  # fmt: skip
    things += [Tie("owner", "9 < 1; owner; 50 %", role) for role in ("owned", "owner")]
    return [
        msgspec.structs.replace(one, ties=tuple(source.sample(things, source.randint(0, 3))))
        for one in mentions
    ]


@settings(max_examples=30, deadline=None)
@given(worlds(), SEEDS)
def test_links_ways_and_charts_are_those_of_the_whole_graph(
    mentions: list[Mention], seed: int
) -> None:
    source = random.Random(seed)
    mentions = tied(mentions, source)
    run = Entities.build(mentions, (), TIGHT, RARITY)
    register = Register()
    for one in mentions:
        register.change([one])
    kept = register.kept
    names = [one.id for one in run]
    whole = Graph.build(mentions, {m: one.id for one in run for m in one.mentions})
    asked = source.sample(names, min(len(names), 3))
    for name in [*asked, "ent-nobody"]:
        links = Links(register.file, kept)
        assert neighbourhood(links, name, 2) == neighbourhood(whole, name, 2)
        assert neighbourhood(links, name, 3, FEW) == neighbourhood(whole, name, 3, FEW)
        near = neighbourhood(links, name, 2)
        assert neighbourhood(links, name, 2, told=2) == msgspec.structs.replace(
            near, links=near.links[:2]
        )
        assert near.count == len(near.links)
        opened = ["voyage:1", *names[:1]]
        for limits, through in ((ChartLimits(), ()), (SMALL, ()), (SMALL, opened)):
            ours = chart_around(links, name, 2, limits, through)
            theirs = chart_around(whole, name, 2, limits, through)
            assert numberless(ours) == numberless(theirs)
            assert ties(links, ours) == ties(whole, theirs)
        for other in asked:
            assert paths(links, name, other) == paths(whole, name, other)
            ours = chart_between(links, name, other, 4, SMALL)
            assert numberless(ours) == numberless(chart_between(whole, name, other, 4, SMALL))


@settings(max_examples=20, deadline=None)
@given(worlds(), SEEDS, st.sampled_from((0, 1, 64)))
def test_what_is_read_together_is_what_is_read_one_by_one(
    mentions: list[Mention], seed: int, few: int
) -> None:
    """Also where a thing has too many entities to read them all, and in short statements."""
    register = Register()
    register.change(tied(mentions, random.Random(seed)))
    names = [one.id for one in register.kept]
    alone = {name: register.kept.entity(name) for name in names}
    kept = register.kept
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("esclusa.ledger.register.links._FEW", few)
        patched.setattr("esclusa.ledger.register.file._MANY", 3)
        kept.expect([*names, *names, "ent-nobody"])
        links, single = Links(register.file, kept), Links(register.file, register.kept)
        pairs = [((0, name), thing) for name in names for thing in single.beside((0, name))]
        links.expect(pairs)
        assert [links.evidence(*one) for one in pairs] == [single.evidence(*one) for one in pairs]
        assert [links.seqs(*one) for one in pairs] == [single.seqs(*one) for one in pairs]
    for name, one in alone.items():
        other = kept.entity(name)
        assert one is not None and other is not None
        assert (other.id, other.nodes, other.alone) == (one.id, one.nodes, one.alone)
        assert (other.contents, other.count, other.types) == (one.contents, one.count, one.types)
        assert other.mentions == one.mentions
    assert kept.entity("ent-nobody") is None


def numberless(chart: Any) -> Any:
    nodes = tuple(msgspec.structs.replace(node, number=0) for node in chart.nodes)
    return msgspec.structs.replace(chart, nodes=nodes)


def ties(graph: Any, chart: Any) -> list[Any]:
    pairs = [(chart.nodes[a].number, chart.nodes[b].number) for a, b in chart.lines]
    return [(graph.seqs(*pair), graph.evidence(*pair)) for pair in pairs]


def test_a_crowd_under_one_key_is_refined_and_left_again() -> None:
    register, here = Register(), list[Mention]()
    source = random.Random(7)
    for number in range(24):
        dates = (f"19{70 + number % 3}-05-02",)
        here.append(mention(number, f"Kowalczyk {source.choice('ABCDE')}", birth_dates=dates))
        register.change(here[-1:])
        run = Entities.build(here, (), TIGHT, RARITY)
        assert told_by_register(register.kept) == told_by_run(run)
    while here:
        gone = [here.pop(source.randrange(len(here))).id for _ in range(min(3, len(here)))]
        register.change((), gone)
        run = Entities.build(here, (), TIGHT, RARITY)
        assert told_by_register(register.kept) == told_by_run(run)


def test_a_judged_pair_is_told_as_overruled_and_contradicted() -> None:
    mentions = [mention(n, "Maria Zubarowski") for n in range(3)]
    judged = [judgement(1, 0, 1, "same"), judgement(2, 1, 2, "same"), judgement(3, 0, 2, "different"),
              judgement(4, 0, 1, "different")]  # fmt: skip
    register = Register()
    register.change(mentions)
    for count in range(5):
        standing = {one.id: one for one in judged[:count]}
        register.judge(standing)
        run = Entities.build(mentions, standing.values(), TIGHT, RARITY)
        assert told_by_register(register.kept) == told_by_run(run)
    assert {notice.code for notice in register.kept.notices()} == {"overruled"}
