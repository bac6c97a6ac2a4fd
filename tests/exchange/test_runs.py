"""Long runs come to the same as their messages one by one: rows, audit lines, erasures, order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from random import Random
from typing import Any, Final

import msgspec
import pytest
from simulator.world import World
from trio import ALL, CONSENT, ERASED, HOUR, NOW, Trio, content, marking

from esclusa.sharing.exchange import core, moves, runs
from esclusa.sharing.exchange.messages import Batch, Put, Recall, Receipt, Seen
from esclusa.sharing.exchange.rows import Copy, Entry, Grade, Grant, Outbox, Own
from esclusa.sharing.exchange.state import Audits, Effects, Layer
from simulator import schedule

NEVER = 10**9
MANY = 3 * runs.LEAST
RAW: Final = msgspec.Raw(b"{}")


class Both:
    """Each transition is made both ways; what both come to is compared and goes on."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.met: Counter[str] = Counter()
        self._patch = patch
        for module, name in ((core, "receive"), (moves, "withdraw_all"), (moves, "erased_all")):
            patch.setattr(module, name, self._compared(getattr(module, name)))
        for kind, run in runs._RUNS.items():
            patch.setitem(runs._RUNS, kind, self._counted(kind.__name__, run))

    def _compared(self, made: Callable[..., Effects]) -> Callable[..., Effects]:
        def both(*given: Any, **named: Any) -> Effects:
            self._patch.setattr(runs, "LEAST", NEVER)
            alone = made(*given, **named)
            self._patch.setattr(runs, "LEAST", 1)
            together = made(*given, **named)
            assert said(together) == said(alone)
            return together

        return both

    def _counted(self, name: str, run: Callable[..., None]) -> Callable[..., None]:
        def counted(draft: Any, batch: Any, messages: Any, handle: Any) -> None:
            def alone(*given: Any) -> None:
                self.met[f"{name} alone"] += 1
                handle(*given)

            self.met[name] += len(messages)
            run(draft, batch, messages, alone)

        return counted


def said(effects: Effects) -> list[Any]:
    """Return all that effects say; a refusal by its words. Rows of a table in their order, audit
    lines in the order of each record's own."""
    lines = [
        line
        for each in effects.audit
        for line in (each.lines() if isinstance(each, Audits) else (each,))
    ]
    lines.sort(key=lambda line: line.record)
    store = {name: list(rows.items()) for name, rows in effects.store.items()}
    refused = None if effects.refused is None else str(effects.refused)
    effects = msgspec.structs.replace(effects, audit=tuple(lines))
    return [store, *msgspec.structs.astuple(effects)[1:-2], refused, effects.dropped]


@pytest.fixture
def both(monkeypatch: pytest.MonkeyPatch) -> Iterator[Both]:
    yield Both(monkeypatch)


def test_schedules_of_faults_come_to_the_same_in_runs_as_one_by_one(both: Both) -> None:
    for seed in range(40):
        world = World(seed)
        for _ in range(40):
            schedule.one(world)
    for kind in ("Recall", "Receipt"):
        # Plain ones, and such as go the way of a single message.
        assert 0 < both.met[f"{kind} alone"] < both.met[kind]


def test_a_recall_of_many_comes_to_the_same_in_runs_as_one_by_one(both: Both) -> None:
    trio = Trio()
    names = [f"r{number}" for number in range(MANY)]
    for name in names:
        trio.state("marisol", name)
    trio.talk()
    # Some that one partner does not have; one passed on; one that another record rests on; one
    # that ran out; and one that a partner got from two sides.
    trio.state("marisol", "r1", 2, marking=marking("altamira"))
    trio.consent("marisol", "northreach", "altamira", record="r2")
    trio.pass_on("northreach", "altamira", originator="marisol", record="r2")
    trio.state("northreach", "built", sources=(("marisol", "marisol", "r3"),))
    trio.talk()
    versions = {name: trio.nodes["marisol"].own[name].version + 1 for name in names}
    trio.do("marisol", moves.withdraw_all, versions=versions)
    for holder in ("northreach", "altamira"):
        trio.carry("marisol", holder)
        owed = dict(trio.nodes[holder].owed)
        assert len(owed) >= MANY - 1
        reports = {key: (debt, ERASED) for key, debt in owed.items()}
        trio.do(holder, moves.erased_all, reports=reports)
        trio.carry(holder, "marisol")
    trio.talk()
    grants = trio.nodes["marisol"].grants.values()
    assert {grant.state for grant in grants if grant.state is not Grade.LAPSED} == {Grade.GONE}
    assert not any(
        trio.holds(holder, "marisol", name) for holder in ALL - {"marisol"} for name in names
        if ("marisol", "marisol", name) in trio.nodes[holder].copies
    )  # fmt: skip
    assert both.met["Recall"] > both.met["Recall alone"] > 0
    assert both.met["Receipt"] > both.met["Receipt alone"]


def test_a_run_that_says_one_record_twice_takes_the_later_word(both: Both) -> None:
    trio = Trio(names=("marisol", "northreach"))
    for version in (1, 3):
        trio.state("marisol", "r1", version, content=content(f"crane {version}"))
        trio.withdraw("marisol", "r1", version + 1)
    trio.talk()
    trio.state("marisol", "r1", 5)
    trio.talk()
    for version in (6, 8):
        trio.withdraw("marisol", "r1", version)
        if version == 6:
            trio.state("marisol", "r1", 7)
    trio.talk()
    assert not trio.holds("northreach", "marisol")
    assert trio.grant("marisol", "northreach").state is Grade.GONE
    assert trio.copy("northreach", "marisol").version == 8


def test_receipts_of_every_shape_come_to_the_same_in_runs_as_one_by_one(both: Both) -> None:
    """Also such as no honest partner writes, about grants in any state."""
    for seed in range(200):
        random = Random(seed)
        trio = anything(random)
        messages = tuple(receipt(random) for _ in range(20))
        batch = Batch("northreach", "marisol", 1, "", messages, Seen(), NOW, HOUR)
        trio.take(batch)
    assert 0 < both.met["Receipt alone"] < both.met["Receipt"]


def test_grants_of_every_shape_are_withdrawn_alike_in_runs_and_one_by_one(both: Both) -> None:
    met: Counter[Grade] = Counter()
    for seed in range(100):
        trio = anything(Random(seed))
        node = trio.nodes["marisol"]
        met.update(grant.state for grant in node.grants.values())
        trio.do("marisol", moves.withdraw_all, versions=dict.fromkeys(node.own, 2))
    assert met.keys() == set(Grade)
    assert both.met == {}


def test_recalls_behind_receipts_do_not_walk_all_grants_for_each(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A batch that brings receipts first has written grants by the time its recalls are read."""
    walked = list[str]()
    monkeypatch.setattr(Layer, "_rows", lambda _self: walked.append("all rows"))
    trio = Trio(names=("marisol", "northreach"))
    node = trio.nodes["northreach"]
    names = [f"r{number}" for number in range(runs.LEAST)]
    for place, name in enumerate(names, 1):
        node.grants["marisol", "northreach", name] = Grant(
            1, 1, "digest", ("what",), marking("marisol"), CONSENT, Grade.RECALLED, place, ""
        )
        node.entries["marisol", place] = Entry(Recall("northreach", name, 1, 1), "head")
        node.copies["marisol", "marisol", name] = Copy(
            "marisol", "marisol", name, "port_call", 1, 1, marking("northreach"), CONSENT, "digest",
            content(),
        )  # fmt: skip
    receipts = [
        Receipt("northreach", name, 1, 1, "marisol", "recall", "", ERASED) for name in names
    ]
    recalls = [Recall("marisol", name, 2, 2) for name in names]
    trio.take(Batch("marisol", "northreach", 1, "", (*receipts, *recalls), Seen(), NOW, HOUR))
    assert {grant.state for grant in node.grants.values()} == {Grade.GONE}
    assert [copy.content for copy in node.copies.values()] == [None] * len(names)
    assert walked == []


RECORDS = tuple(f"r{number}" for number in range(6))
PLACES = 8


def anything(random: Random) -> Trio:
    """Return a world in which Marisol has told her partners anything of a few records."""
    trio = Trio()
    node = trio.nodes["marisol"]
    node.own.update({
        record: Own("marisol", record, "port_call", 1, marking(*ALL), content()) for record in RECORDS
    })  # fmt: skip
    for partner in ("northreach", "altamira"):
        base = random.choice((0, 2, 5))
        node.outboxes[partner] = Outbox(PLACES, "head", 0, 0, base)
        for number in range(1, PLACES):  # the last place stands empty
            record = random.choice(RECORDS)
            put = Put(
                "marisol", record, 1, 1, "port_call", "text-1", RAW, CONSENT, "", None, content()
            )
            message = random.choice((put, Recall("marisol", record, 1, 1)))
            node.entries[partner, number] = Entry(message, f"head {number}")
        for record in RECORDS:
            if random.random() < 0.9:
                state = random.choice((*Grade, Grade.RECALLED, Grade.RECALLED))
                node.grants[partner, "marisol", record] = Grant(
                    random.choice((1, 1, 1, 3)), random.choice((1, 1, 1, 2, 7)), "digest", ("what",),
                    marking(partner), CONSENT, state, random.randint(1, PLACES), "",
                    random.choice(("text-1", "text-0")),
                )  # fmt: skip
            if random.random() < 0.5:
                node.trail["marisol", record, partner] = Receipt(
                    "marisol", record, random.choice((1, 2)), 1, partner, "recall", "",
                    random.choice(({}, ERASED)),
                )  # fmt: skip
    return trio


def receipt(random: Random) -> Receipt:
    """Return a receipt, most of them nearly plain."""

    def mostly(plain: Any, *others: Any) -> Any:
        return plain if random.random() < 0.9 else random.choice(others)

    return Receipt(
        mostly("marisol", "altamira"), random.choice(RECORDS), mostly(1, 2, 3), mostly(1, 2, 7),
        mostly("northreach", "altamira", "marisol"),
        mostly("recall", "expiry", "lease", "agreement", "nothing_held", "passed"),
        mostly("", "agreement", "marking"), mostly(ERASED, {}),
    )  # fmt: skip
