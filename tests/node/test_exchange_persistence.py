"""The exchange is where its ledger is: closed, opened, shared or interrupted, it goes on the same."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa

from esclusa.errors import ExchangeError, LedgerError
from esclusa.ledger import audit, audit_sets
from esclusa.ledger import exchange as rows
from esclusa.node import Node
from esclusa.node import exchange as exchange_module
from esclusa.node.chronicle import Chronicle
from esclusa.node.copies import Copies
from exchange_cases import (
    OTHER_BOX,
    Bill,
    copies,
    give,
    held,
    manifest,
    receipts,
    record_of,
    traces,
)
from exchange_worlds import World, for_partners, found, take_in

Step = Callable[[World], None]


def outcome(world: World) -> Any:
    """Return what the exchange came to at both nodes, without keys and times."""
    ends = []
    for node in world.nodes.values():
        state = node.exchange.state()
        ends.append(
            {
                "bills": sorted(item.body.bill for item in held(node, "")),
                "copies": sorted((c.version, c.edition, c.why) for c in state.copies.values()),
                "grants": sorted((g.version, g.state, g.number) for g in state.grants.values()),
                "own": sorted((o.version, o.content is None) for o in state.own.values()),
                "trail": sorted((r.version, r.reason, sorted(r.erased.items()))
                                for r in state.trail.values()),
                "boxes": {k: (b.last, b.cursor) for k, b in state.outboxes.items()},
                "read": {k: i.number for k, i in state.inboxes.items()},
                "owed": len(state.owed),
                "alarms": sorted(alarm.rule for alarm in node.exchange.alarms.values()),
                "wrong": (*node.exchange.log.verify(), *node.check()),
            }
        )  # fmt: skip
    return ends


def _take(*bills: Bill) -> Step:
    return lambda world: take_in(
        world["marisol"], for_partners("northreach"), manifest(*bills), bills[0].bill + ".edi"
    )


def _send(giver: str, to: str) -> Step:
    def step(world: World) -> None:
        world[to].exchange.receive(world[giver].exchange.batch(to))

    return step


def _recall(world: World) -> None:
    world["marisol"].exchange.withdraw([record_of(world["marisol"], "KANARIBILL").id], by="ana")


STEPS: tuple[Step, ...] = (
    _take(Bill(), Bill(bill="B2", box=OTHER_BOX)),
    lambda world: world["marisol"].exchange.tick(),
    _send("marisol", "northreach"),
    _send("northreach", "marisol"),
    _take(Bill(bill="B2", box=OTHER_BOX, goods="CORRECTED")),
    lambda world: world["marisol"].exchange.tick(),
    _recall,
    _send("marisol", "northreach"),
    lambda world: world["northreach"].exchange.tick(),
    _send("northreach", "marisol"),
    _send("marisol", "northreach"),
)  # fmt: skip


def run(world: World, between: Callable[[World], None]) -> Any:
    for step in STEPS:
        step(world)
        between(world)
    return outcome(world)


def test_closed_and_opened_between_any_two_steps_it_behaves_the_same(
    three_anew: Callable[[], World],
) -> None:
    def reopen(world: World) -> None:
        for agency in ("marisol", "northreach"):
            world.reopen(agency)

    plain, restarted = three_anew(), three_anew()
    ends = run(plain, lambda _world: None), run(restarted, reopen)
    assert ends[0] == ends[1]
    assert ends[0][1]["bills"] == ["B2"]
    plain.close()
    restarted.close()


def test_two_processes_on_one_folder_take_turns_and_agree(
    three_anew: Callable[[], World],
) -> None:
    """Each step is made by the other of two nodes that are open on the same folder."""
    plain, shared = three_anew(), three_anew()
    others = {name: Node.open(shared[name].folder) for name in ("marisol", "northreach")}
    for node in others.values():
        node.exchange.now = shared.clock

    def swap(world: World) -> None:
        for name in others:
            world.nodes[name], others[name] = others[name], world.nodes[name]

    ends = run(plain, lambda _world: None), run(shared, swap)
    assert ends[0] == ends[1]
    swap(shared)
    assert outcome(shared) == ends[1]
    for node in others.values():
        node.close()
    plain.close()
    shared.close()


def test_two_processes_that_state_the_same_records_at_once_state_them_once(two: World) -> None:
    node = two["marisol"]
    other = Node.open(node.folder)
    take_in(node, for_partners("northreach"), manifest(Bill(), Bill(bill="B2", box=OTHER_BOX)))
    errors: list[BaseException] = []

    def publish(which: Node) -> None:
        try:
            which.exchange.publish()
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=publish, args=(each,)) for each in (node, other)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    states = [each.exchange.state() for each in (node, other)]
    assert states[0].own == states[1].own
    assert len(states[0].own) == 2
    two.sync("marisol", "northreach")
    assert len(held(two["northreach"], "")) == 2
    other.close()


class Broken(Exception):
    """The fault that a test puts in."""


def _broken(*_args: Any, **_named: Any) -> Any:
    raise Broken


FAULTS: dict[str, tuple[Any, str]] = {
    "the copies cannot be stored": (Copies, "store"),
    "the rows cannot be stored": (rows, "put"),
    "the audit line cannot be written": (audit, "write_many"),
    "the list of an audit line cannot be kept": (audit_sets, "keep"),
}


@pytest.mark.parametrize("fault", [*FAULTS, "the commit fails", "no transaction can be begun"])
def test_a_move_whose_transaction_fails_changes_nothing_in_memory_or_on_disk(
    two: World, monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    give(two, Bill(bill="BEFORE"))
    give(two, Bill(), sync=False)
    node = two["northreach"]
    batch = two["marisol"].exchange.batch("northreach")
    before = _tables(node)
    with monkeypatch.context() as patch:
        if fault in FAULTS:
            patch.setattr(*FAULTS[fault], _broken)
        elif fault == "the commit fails":
            sa.event.listen(node.store._writer, "commit", _broken)
        else:
            patch.setattr(node.store, "write", _broken)
        with pytest.raises(Broken):
            node.exchange.receive(batch)
        if fault == "the commit fails":
            sa.event.remove(node.store._writer, "commit", _broken)
    assert _tables(node) == before
    assert [item.body.bill for item in held(node, "")] == ["BEFORE"]
    fresh = Node.open(node.folder)
    assert _tables(fresh) == before
    fresh.close()
    node.exchange.receive(batch)
    assert sorted(item.body.bill for item in held(node, "")) == ["BEFORE", "KANARIBILL"]


def _tables(node: Node) -> dict[str, Any]:
    state = node.exchange.state()
    return {name: dict(getattr(state, name)) for name in exchange_tables()} | {
        "alarms": dict(node.exchange.alarms), "pointers": dict(node.exchange.pointers),
    }  # fmt: skip


def exchange_tables() -> tuple[str, ...]:
    from esclusa.sharing.exchange.state import TABLES

    return TABLES


@pytest.mark.parametrize("end", ["start", "tick"])
def test_a_crash_between_erasure_and_its_report_is_finished_at_the_next_start_or_tick(
    two: World, monkeypatch: pytest.MonkeyPatch, end: str
) -> None:
    give(two, Bill())
    _recall(two)
    batch = two["marisol"].exchange.batch("northreach")
    with monkeypatch.context() as patch:
        patch.setattr(exchange_module.moves, "erased_all", _broken)
        with pytest.raises(Broken):
            two["northreach"].exchange.receive(batch)
    assert held(two["northreach"]) == []  # erased, and not reported yet
    assert len(two["northreach"].exchange.state().owed) == 1
    _finish(two, end)
    two.sync("marisol", "northreach")
    (receipt,) = receipts(two["marisol"], "northreach")
    assert receipt.reason == "recall"


@pytest.mark.parametrize("end", ["start", "tick"])
def test_a_crash_before_the_erasure_is_finished_at_the_next_start_or_tick(
    two: World, monkeypatch: pytest.MonkeyPatch, end: str
) -> None:
    give(two, Bill())
    _recall(two)
    batch = two["marisol"].exchange.batch("northreach")
    with monkeypatch.context() as patch:
        patch.setattr(Copies, "erase", _broken)
        with pytest.raises(Broken):
            two["northreach"].exchange.receive(batch)
    _finish(two, end)
    assert found(two["northreach"], "KANARIBILL") == []
    assert traces(two["northreach"], b"KANARI") == []
    two.sync("marisol", "northreach")
    (receipt,) = receipts(two["marisol"], "northreach")
    assert receipt.erased["tables"] >= 2


@pytest.mark.parametrize("end", ["start", "tick", "contact"])
def test_a_crash_between_taking_a_batch_and_its_entry_in_the_log_leaves_no_gap_there(
    two: World, monkeypatch: pytest.MonkeyPatch, end: str
) -> None:
    take_in(two["marisol"], for_partners("northreach"), manifest(Bill()), "one.edi")
    two["marisol"].exchange.publish()
    batch = two["marisol"].exchange.batch("northreach")
    with monkeypatch.context() as patch:
        patch.setattr(Chronicle, "_note", _broken)
        with pytest.raises(Broken):
            two["northreach"].exchange.receive(batch)
    header = batch.split(b"\n", 1)[0].decode()
    assert header not in {entry.header for entry in two["northreach"].exchange.log.entries()}
    if end == "contact":
        two["northreach"].exchange.receive(two["marisol"].exchange.batch("northreach"))
    else:
        _finish(two, end)
    node = two["northreach"]
    assert [entry.header for entry in node.exchange.log.entries()].count(header) == 1
    assert node.exchange.log.verify() == ()
    node.exchange.tick()
    assert [entry.header for entry in node.exchange.log.entries()].count(header) == 1


def _finish(world: World, end: str) -> None:
    node = world.reopen("northreach") if end == "start" else world["northreach"]
    if end == "tick":
        node.exchange.tick()
    assert node.exchange.state().owed == {}


def test_a_crash_between_the_recall_and_the_erasure_at_the_originator_loses_neither(
    two: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    give(two, Bill())
    giver = two["marisol"]
    record = record_of(giver, "KANARIBILL")
    with monkeypatch.context() as patch:
        patch.setattr("esclusa.node.erasure.erase", _broken)
        with pytest.raises(Broken):
            giver.erase(giver.administrator(), record.id, reason="court order")
    two.sync("marisol", "northreach")
    assert held(two["northreach"]) == []
    assert giver.erase(giver.administrator(), record.id, reason="court order") > 0
    two.sync("marisol", "northreach")
    assert copies(two["northreach"]) == []


def test_a_move_that_a_rule_refuses_leaves_the_state_as_it_was(two: World) -> None:
    give(two, Bill())
    node = two["northreach"]
    before = _tables(node)
    (copy,) = copies(node)
    with pytest.raises(ExchangeError):
        node.exchange.pass_on((copy.supplier, copy.originator, copy.record), "altamira", by="ana")
    assert _tables(node) == before


def test_a_log_that_another_process_holds_is_waited_for_and_then_said(
    two: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    from esclusa.node import chronicle
    from esclusa.sharing.transparency.storage import Folder

    give(two, Bill(), sync=False)
    node = two["marisol"]
    monkeypatch.setattr(chronicle, "_PATIENCE", 0.05)
    holder = Folder(node.folder / "log")
    with pytest.raises(LedgerError):
        node.exchange.batch("northreach")
    holder.close()
    two.sync("marisol", "northreach")
    assert len(held(two["northreach"])) == 1
