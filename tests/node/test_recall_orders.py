"""A recall of many records goes lot by lot, and is whole whatever happens between two lots.

Lots of two records here, so that five bills make three of them.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

import pytest

from esclusa.errors import LedgerError
from esclusa.ledger import audit
from esclusa.node import Node, recall_orders
from esclusa.node.copies import Copies
from esclusa.node.recall_orders import ORDERED
from esclusa.sharing.exchange.rows import Grade
from esclusa.sharing.exchange.state import TABLES
from exchange_cases import Bill, give, receipts, record_of, traces
from exchange_worlds import World, own

BILLS = tuple(
    Bill(bill=f"KANARI{number}", shipper=f"KANARI SHIPPER {number}", goods=f"GOODS {number}",
         seal=f"SEAL{number}")
    for number in range(5)
)  # fmt: skip
BOTH = ("marisol", "northreach")
MINUTES = 3
"""After which a lot that waits is nobody's any more."""


class Crash(Exception):
    """What ends the process in the middle."""


@pytest.fixture
def given(two: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """Northreach holds five bills of Marisol's."""
    monkeypatch.setattr(recall_orders, "LOT", 2)
    monkeypatch.setattr(recall_orders, "LARGEST", 2)
    give(two, *BILLS)
    yield two


@pytest.mark.parametrize(
    ("records", "sizes"),
    [(0, []), (2_499, [2_499]), (2_501, [2_500, 1]), (10_000, [2_500, 5_000, 2_500]),
     (40_000, [4_000, 8_000, 10_000, 10_000, 8_000]), (120_000, [10_000] * 12)],
    ids=["none", "few", "one more", "a manifest", "many", "very many"],
)  # fmt: skip
def test_lots_grow_and_leave_nothing_out(records: int, sizes: list[int]) -> None:
    names = [str(number) for number in range(records)]
    lots = list(recall_orders._lots(names))
    assert [len(lot) for lot in lots] == sizes
    assert [name for lot in lots for name in lot] == names


def state_of(node: Node) -> dict[str, Any]:
    state = node.exchange.state()
    return {name: dict(getattr(state, name)) for name in TABLES}


def out(node: Node) -> int:
    """Return how many records Northreach has from a node that were not taken back."""
    grants = node.exchange.state().grants.values()
    return sum(grant.state is Grade.OUT for grant in grants)


def steps(node: Node, bill: str) -> list[str]:
    """Return what the audit log tells of a record's recall."""
    name = node.exchange.name_of(record_of(node, bill).id)
    with node.store.read() as connection:
        return [
            line.action for line in audit.about(connection, name)
            if line.action in ("exchange:record:withdrawn", "exchange:grant:recalled")
        ]  # fmt: skip


def recall(node: Node) -> tuple[str, ...]:
    holders: tuple[str, ...] = node.exchange.withdraw([item.id for item in own(node)], by="ana")
    return holders


def crash_in(monkeypatch: pytest.MonkeyPatch, lot: int) -> None:
    """Have the process end in the middle of the transaction of a lot, behind all its rows."""
    write, seen = audit.write_many, [0]

    def ending(connection: Any, **said: Any) -> None:
        write(connection, **said)
        seen[0] += 1
        if seen[0] == lot:
            raise Crash

    monkeypatch.setattr(audit, "write_many", ending)


def crashed(given: World, monkeypatch: pytest.MonkeyPatch, lot: int) -> Node:
    """Return the node opened again after a recall whose process ended in this lot."""
    with monkeypatch.context() as patch, pytest.raises(Crash):
        crash_in(patch, lot)
        recall(given["marisol"])
    return given.reopen("marisol")


def test_each_lot_is_recorded_by_itself_and_none_waits_in_the_end(given: World) -> None:
    node, sizes = given["marisol"], list[int]()
    node.exchange.told.append(lambda _partners: sizes.append(out(node)))
    assert recall(node) == ("northreach",)
    assert sizes == [3, 1, 0]
    assert node.exchange.kept[ORDERED] == {}
    given.sync(*BOTH)
    assert len(receipts(node, "northreach")) == 5


@pytest.mark.parametrize("lot", [2, 3])
def test_a_crash_in_a_lot_leaves_the_order_and_the_next_tick_goes_on(
    given: World, monkeypatch: pytest.MonkeyPatch, lot: int
) -> None:
    with monkeypatch.context() as patch, pytest.raises(Crash):
        crash_in(patch, lot)
        recall(given["marisol"])
    node = given.reopen("marisol")
    left = 5 - 2 * (lot - 1)
    assert out(node) == left
    assert len(node.exchange.kept[ORDERED]) == 4 - lot
    node.exchange.tick()
    assert out(node) == left, "another process may still be at it"
    given.clock.ahead += dt.timedelta(minutes=MINUTES)
    node.exchange.tick()
    assert (out(node), node.exchange.kept[ORDERED]) == (0, {})
    given.sync(*BOTH)
    assert {receipt.reason for receipt in receipts(node, "northreach")} == {"recall"}
    assert len(receipts(node, "northreach")) == 5
    assert traces(given["northreach"], b"KANARI") == []
    for bill in BILLS:
        assert steps(node, bill.bill) == ["exchange:record:withdrawn", "exchange:grant:recalled"]
    with node.store.read() as connection:
        assert list(audit.broken_lines(connection)) == []


def test_an_order_goes_on_when_the_clock_was_set_back_since(
    given: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    node = crashed(given, monkeypatch, 2)
    given.clock.ahead -= dt.timedelta(hours=48)
    assert node.exchange.go_on() == 2
    assert (out(node), node.exchange.kept[ORDERED]) == (0, {})


def test_a_crash_in_the_first_lot_orders_nothing(
    given: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = state_of(given["marisol"])
    node = crashed(given, monkeypatch, 1)
    assert (state_of(node), node.exchange.kept[ORDERED]) == (before, {})


def test_what_is_stated_anew_after_the_crash_is_not_taken_back_by_the_old_order(
    given: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    node = crashed(given, monkeypatch, 2)
    waiting = node.exchange.kept[ORDERED]
    anew = next(bill for bill in BILLS if _waits(node, waiting, bill))
    corrected = Bill(bill=anew.bill, shipper=anew.shipper, goods="CORRECTED", seal=anew.seal)
    give(given, corrected, sync=False)
    given.clock.ahead += dt.timedelta(minutes=MINUTES)
    node.exchange.tick()
    given.sync(*BOTH)
    assert out(node) == 1
    assert traces(given["northreach"], b"CORRECTED") != []


@pytest.mark.parametrize("erased", [False, True])
def test_what_is_stated_anew_between_two_lots_goes_only_where_it_is_erased_here(
    given: World, monkeypatch: pytest.MonkeyPatch, erased: bool
) -> None:
    node, lot, anew = given["marisol"], recall_orders.RecallOrders._recall_lot, list[str]()

    def corrected_before(these: Any, key: str, row: bytes, names: Any, *more: Any) -> None:
        if not anew:
            bill = next(bill for bill in BILLS if _waits(node, {key: row}, bill))
            anew.append(bill.bill)
            corrected = Bill(bill=bill.bill, shipper=bill.shipper, goods="NEW", seal=bill.seal)
            give(given, corrected, sync=False)
        lot(these, key, row, names, *more)

    with monkeypatch.context() as patch:
        patch.setattr(recall_orders.RecallOrders, "_recall_lot", corrected_before)
        if erased:
            node.exchange.erased([item.id for item in own(node)], by="ana")
        else:
            recall(node)
    assert (out(node), node.exchange.kept[ORDERED]) == (0 if erased else 1, {})


def _waits(node: Node, waiting: dict[str, bytes], bill: Bill) -> bool:
    name = node.exchange.name_of(record_of(node, bill.bill).id)
    return any(name.encode() in row for row in waiting.values())


def test_a_process_that_was_taken_for_dead_does_nothing_twice(
    given: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    node, beside = given["marisol"], Node.open(given["marisol"].folder)
    beside.exchange.now = given.clock
    prepare, lots = Copies.prepare, [0]

    def meanwhile(these: Copies, *args: Any) -> None:
        prepare(these, *args)
        if these is node.exchange._copies:
            lots[0] += 1
            if lots[0] == 2:  # in the second lot: another process finds it two minutes old
                given.clock.ahead += dt.timedelta(minutes=MINUTES)
                assert beside.exchange.go_on() == 2

    with monkeypatch.context() as patch:
        patch.setattr(Copies, "prepare", meanwhile)
        recall(node)
    assert state_of(node) == state_of(beside)
    assert node.exchange.kept[ORDERED] == beside.exchange.kept[ORDERED] == {}
    beside.close()
    for bill in BILLS:
        assert steps(node, bill.bill) == ["exchange:record:withdrawn", "exchange:grant:recalled"]


def test_a_lot_that_another_order_has_taken_the_place_of_stays(given: World) -> None:
    exchange = given["marisol"].exchange
    exchange.change(lambda _draft, rows: rows.update({(ORDERED, "000000"): b'"another"'}))
    exchange._recall_lot("000000", b'"mine"', [], "ana")
    assert exchange.kept[ORDERED] == {"000000": b'"another"'}
    exchange._recall_lot("000000", b'"another"', [], "ana")
    assert exchange.kept[ORDERED] == {}


def test_an_overtaken_try_is_taken_back_and_the_state_is_not_read_anew(
    given: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    node, beside = given["marisol"], Node.open(given["marisol"].folder)
    beside.exchange.now = given.clock
    names = [record_of(node, bill.bill).id for bill in BILLS]
    node.exchange.state()
    prepare, tried, forgotten = Copies.prepare, [0], node.exchange._forgotten

    def meanwhile(these: Copies, *args: Any) -> None:
        prepare(these, *args)
        if these is node.exchange._copies:
            tried[0] += 1
            if tried[0] == 1:
                beside.exchange.withdraw(names[:1], by="eva")

    with monkeypatch.context() as patch:
        patch.setattr(Copies, "prepare", meanwhile)
        node.exchange.withdraw(names[1:3], by="ana")
    assert (tried[0], node.exchange._forgotten) == (2, forgotten)
    fresh = Node.open(node.folder)
    assert state_of(fresh) == state_of(node) == state_of(beside)
    fresh.close()
    beside.close()


def test_the_reason_is_noted_before_the_first_lot(
    given: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    node = given["marisol"]
    source = str(record_of(node, "KANARI1").provenance.source)
    why = "sent to the wrong office"
    with monkeypatch.context() as patch, pytest.raises(Crash):
        crash_in(patch, 2)
        node.partner_desk.recall_source(node.operator(), source, why)
    with node.store.read() as connection:
        (line,) = audit.lines(connection, limit=5, action="release:recall")
    assert (line.subject, line.detail) == (source, f"records=5 holders=1 {why}")


def test_a_lot_that_the_database_refuses_is_told_and_waits(
    given: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    node, write, seen = given["marisol"], audit.write_many, [0]

    def full(connection: Any, **said: Any) -> None:
        seen[0] += 1
        if seen[0] == 2:
            raise LedgerError("the disk is full")
        write(connection, **said)

    with monkeypatch.context() as patch, pytest.raises(LedgerError):
        patch.setattr(audit, "write_many", full)
        recall(node)
    assert (out(node), len(node.exchange.kept[ORDERED])) == (3, 2)
    assert recall(node) == ("northreach",)
    assert out(node) == 0
    given.clock.ahead += dt.timedelta(minutes=MINUTES)
    node.exchange.tick()  # the old order finds nothing left, and goes
    assert node.exchange.kept[ORDERED] == {}
    for bill in BILLS:
        assert steps(node, bill.bill) == ["exchange:record:withdrawn", "exchange:grant:recalled"]
