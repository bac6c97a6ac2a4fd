"""News goes to partners side by side, and a recall from its first lot on."""

from __future__ import annotations

import datetime as dt
import gc
import threading
from collections.abc import Callable, Collection
from typing import Any

import pytest

from esclusa.errors import ExchangeError, LedgerError
from esclusa.ledger.store import Store
from esclusa.node import carrying as node_carrying
from esclusa.node import recall_orders
from esclusa.node.carrying import carrying
from esclusa.node.collecting import uncollected
from esclusa.node.copies import Copies
from esclusa.node.exchange import Exchange
from esclusa.node.line import BATCH, WITNESS, Send, Synced, answer
from esclusa.node.recall_orders import RecallOrders
from esclusa.node.turns import Turns
from esclusa.sharing.exchange import outbox
from esclusa.sharing.exchange.messages import LeaseRefresh
from esclusa.sharing.exchange.rows import Lease
from esclusa.sharing.exchange.state import Draft, State, Tables
from exchange_cases import Bill, copies, give, receipts, traces
from exchange_worlds import World, own

BILLS = tuple(
    Bill(bill=f"KANARI{number}", shipper=f"KANARI SHIPPER {number}", seal=f"SEAL{number}")
    for number in range(6)
)
BOTH = ("marisol", "northreach")
LONG = 60.0
"""Seconds that no step takes, on however slow a machine."""


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lots of two."""
    monkeypatch.setattr(recall_orders, "LOT", 2)
    monkeypatch.setattr(recall_orders, "LARGEST", 2)


def send_to(world: World, agency: str, giver: str = "marisol") -> Send:
    return lambda path, body: answer(world[agency].exchange, giver, path, body)


def recall(world: World) -> tuple[str, ...]:
    node = world["marisol"]
    holders: tuple[str, ...] = node.exchange.withdraw([item.id for item in own(node)], by="ana")
    return holders


def before_each_further_lot(patch: pytest.MonkeyPatch, act: Callable[[], None]) -> None:
    """Do something between two lots, where a crash or another thread may come in."""
    lot = RecallOrders._recall_lot

    def then(exchange: RecallOrders, *args: object) -> None:
        act()
        lot(exchange, *args)  # type: ignore[arg-type]

    patch.setattr(RecallOrders, "_recall_lot", then)


@pytest.mark.usefixtures("small")
def test_a_partner_erases_the_first_lot_before_the_last_is_ordered(
    pair: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    give(pair, *BILLS)
    holder, erased, left = pair["northreach"], threading.Event(), list[int]()
    hand_over = send_to(pair, "northreach")

    def send(path: str, body: bytes) -> bytes:
        said = hand_over(path, body)
        if len(copies(holder)) < len(BILLS):
            erased.set()
        return said

    def wait() -> None:
        assert erased.wait(LONG), "nothing was carried between two lots"
        left.append(len(copies(holder)))

    with monkeypatch.context() as patch:
        before_each_further_lot(patch, wait)
        with carrying(pair["marisol"].exchange, {"northreach": send}) as outcome:
            recall(pair)
    assert left[0] == 4, "the second lot had not been ordered"
    made = outcome["northreach"]
    assert isinstance(made, Synced)
    assert made.up_to_date
    assert made.witnessed
    found = receipts(pair["marisol"], "northreach")
    assert len(found) == len(BILLS)
    assert all(receipt.erased for receipt in found)
    assert traces(holder, b"KANARI") == []


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("calls", [0, 1, 2])
def test_a_line_that_fails_in_between_loses_nothing_of_the_recall(two: World, calls: int) -> None:
    give(two, *BILLS)
    hand_over, made = send_to(two, "northreach"), list[str]()

    def send(path: str, body: bytes) -> bytes:
        made.append(path)
        if len(made) > calls:
            raise LedgerError("the line to northreach failed: it is cut")
        return hand_over(path, body)

    with carrying(two["marisol"].exchange, {"northreach": send}) as outcome:
        assert recall(two) == ("northreach",)
    assert isinstance(outcome["northreach"], LedgerError)
    with carrying(two["marisol"].exchange, {"northreach": hand_over}) as again:
        pass
    assert isinstance(again["northreach"], Synced)
    assert len(receipts(two["marisol"], "northreach")) == len(BILLS)
    assert traces(two["northreach"], b"KANARI") == []


def test_an_answer_that_is_lost_is_asked_for_again(two: World) -> None:
    give(two, *BILLS, sync=False)
    hand_over, lost = send_to(two, "northreach"), list[bytes]()

    def send(path: str, body: bytes) -> bytes:
        said = hand_over(path, body)
        if path == BATCH and not lost:
            lost.append(said)
            raise LedgerError("the line to northreach failed: timed out")
        return said

    for _ in range(2):
        with carrying(two["marisol"].exchange, {"northreach": send}) as outcome:
            pass
    assert isinstance(outcome["northreach"], Synced)
    assert len(copies(two["northreach"])) == len(BILLS)


def test_a_partner_that_fails_holds_up_no_other(two: World) -> None:
    give(two, *BILLS, sync=False)
    node, reached = two["marisol"], threading.Event()
    hand_over = send_to(two, "northreach")

    def slow(_path: str, _body: bytes) -> bytes:
        assert reached.wait(LONG), "it waited for the one that does not answer"
        raise LedgerError("the line to altamira failed: timed out")

    def send(path: str, body: bytes) -> bytes:
        said = hand_over(path, body)
        if path == WITNESS:
            reached.set()
        return said

    node.exchange.add_partner("altamira", [], address="", by="ana")
    with carrying(node.exchange, {"altamira": slow, "northreach": send}) as outcome:
        pass
    assert list(outcome) == ["altamira", "northreach"]
    assert isinstance(outcome["altamira"], LedgerError)
    assert isinstance(outcome["northreach"], Synced)
    assert len(copies(two["northreach"])) == len(BILLS)


def test_more_partners_than_may_be_in_contact_are_all_served(
    two: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    give(two, *BILLS, sync=False)
    monkeypatch.setattr(node_carrying, "_AT_ONCE", 1)
    node, inside, most = two["marisol"], list[str](), list[int]()
    hand_over = send_to(two, "northreach")

    def sending(agency: str) -> Send:
        def send(path: str, body: bytes) -> bytes:
            inside.append(agency)
            most.append(len(inside))
            try:
                if agency != "northreach":
                    raise LedgerError(f"the line to {agency} failed: timed out")
                return hand_over(path, body)
            finally:
                inside.remove(agency)

        return send

    for agency in ("altamira", "port"):
        node.exchange.add_partner(agency, [], address="", by="ana")
    sends = {agency: sending(agency) for agency in ("altamira", "port", "northreach")}
    with carrying(node.exchange, sends) as outcome:
        pass
    assert max(most) == 1
    assert [type(one) for one in outcome.values()] == [LedgerError, LedgerError, Synced]
    assert len(copies(two["northreach"])) == len(BILLS)


def test_what_comes_up_when_a_partner_was_done_already_goes_too(three: World) -> None:
    give(three, *BILLS, giver="northreach", to=("altamira",))
    node, done = three["northreach"], threading.Event()
    both = {name: send_to(three, name, "northreach") for name in ("altamira", "marisol")}

    def to_altamira(path: str, body: bytes) -> bytes:
        said = both["altamira"](path, body)
        if path == WITNESS:
            done.set()
        return said

    def to_marisol(path: str, body: bytes) -> bytes:
        if path == WITNESS and not recalled:
            assert done.wait(LONG)
            recalled.extend(node.exchange.withdraw([item.id for item in own(node)], by="ana"))
        return both["marisol"](path, body)

    recalled = list[str]()
    sends = {"altamira": to_altamira, "marisol": to_marisol}
    with carrying(node.exchange, sends) as outcome:
        pass
    assert recalled == ["altamira"]
    assert [type(one) for one in outcome.values()] == [Synced, Synced]
    assert len(receipts(node, "altamira")) == len(BILLS)


def test_what_comes_up_while_that_is_carried_goes_as_well(three: World) -> None:
    """Altamira, the first, is done with when its news comes up."""
    exchange, done, made = three["northreach"].exchange, threading.Event(), list[str]()

    def news(agency: str) -> None:
        lease = LeaseRefresh("northreach", dt.timedelta(), "")  # under no agreement: says nothing

        def say(draft: Draft, _rows: object) -> None:
            outbox.append(draft, agency, lease)

        exchange.change(say)
        made.append(agency)

    def to_altamira(path: str, body: bytes) -> bytes:
        if path == WITNESS and not made:
            assert done.wait(LONG)
            news("marisol")
        return answer(three["altamira"].exchange, "northreach", path, body)

    def to_marisol(path: str, body: bytes) -> bytes:
        if path == WITNESS and made == ["marisol"]:
            news("altamira")
        said = answer(three["marisol"].exchange, "northreach", path, body)
        if path == WITNESS:
            done.set()
        return said

    with carrying(exchange, {"altamira": to_altamira, "marisol": to_marisol}) as outcome:
        pass
    assert made == ["marisol", "altamira"]
    assert all(isinstance(one, Synced) and one.up_to_date for one in outcome.values())
    assert not any(exchange.has_news(agency) for agency in outcome)


def test_a_copy_is_erased_and_reported_by_one_thread_alone(two: World) -> None:
    """What is kept beside the ledger lets go between the two: a contact with another partner that
    comes in there would erase again, find nothing, and report that too early."""
    give(two, BILLS[0])
    holder, beside, early = two["northreach"].exchange, list[threading.Thread](), list[bool]()

    def told(_seqs: Collection[int]) -> None:
        if not beside:
            beside.append(threading.Thread(target=holder.settle))
            beside[0].start()
            beside[0].join(0.2)
            early.append(not holder.state().owed)

    two["northreach"].store.after_erasure.append(told)
    recall(two)
    two.sync(*BOTH)
    beside[0].join(LONG)
    assert early == [False]
    (receipt,) = receipts(two["marisol"], "northreach")
    assert receipt.erased["tables"] >= 2


def refuse(*_given: object) -> None:
    raise ExchangeError("held", "there is no such record")


def test_a_move_that_fails_beside_takes_no_partners_keys(
    two: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    exchange, state, beside = two["marisol"].exchange, Exchange.state, list[threading.Thread]()

    def fails() -> None:
        with pytest.raises(ExchangeError):
            exchange.change(refuse)

    def failing_after(self: Exchange) -> State:
        found = state(self)
        if self is exchange and not beside:
            beside.append(threading.Thread(target=fails))
            beside[0].start()
            beside[0].join(0.2)
        return found

    monkeypatch.setattr(Exchange, "state", failing_after)
    assert {key.agency for key in exchange.ring().keys} >= set(BOTH)
    beside[0].join(LONG)


def test_a_move_that_fails_after_a_recall_leaves_its_traces_to_be_overwritten(
    two: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    give(two, BILLS[0], sync=False)
    recall(two)
    with pytest.raises(ExchangeError):
        two["marisol"].exchange.change(refuse)
    settled = list[bool]()
    monkeypatch.setattr(Store, "settle", lambda _store: settled.append(True))
    two["marisol"].exchange.settle()
    assert settled == [True]


def test_leases_count_in_the_move_that_brings_them_however_many_they_are(
    two: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What comes with them is judged in that move, and only by what may be read."""
    exchange, store, seen = two["northreach"].exchange, Copies.store, list[int]()
    paths = [("marisol", f"service-{number}") for number in range(100)]

    def lend(draft: Draft, _rows: object) -> None:
        for path in paths:
            draft.put(Tables.leases, path, Lease(draft.run + dt.timedelta(hours=1)))

    def storing(self: Copies, *given: Any) -> Any:
        seen.append(sum(path in exchange.state().leases for path in paths))
        return store(self, *given)

    monkeypatch.setattr(Copies, "store", storing)
    exchange.change(lend)
    assert seen == [len(paths)]


def test_a_batch_of_another_partner_ends_that_partners_line(two: World) -> None:
    give(two, *BILLS, sync=False)
    own_words = two["northreach"].exchange.batch("marisol")
    two["marisol"].exchange.add_partner("altamira", [], address="", by="ana")
    sends: dict[str, Send] = {"altamira": lambda _path, _body: own_words}
    with carrying(two["marisol"].exchange, sends) as outcome:
        pass
    assert isinstance(outcome["altamira"], ExchangeError)


@pytest.mark.usefixtures("small")
def test_what_the_block_raises_is_raised_when_all_else_was_carried(two: World) -> None:
    give(two, *BILLS)

    class Stop(Exception):
        pass

    sends = {"northreach": send_to(two, "northreach")}
    with pytest.raises(Stop), carrying(two["marisol"].exchange, sends):
        recall(two)
        raise Stop
    assert len(receipts(two["marisol"], "northreach")) == len(BILLS)
    assert two["marisol"].exchange.told == []


def test_who_lets_go_of_the_lock_and_wants_it_again_comes_after_who_waits() -> None:
    turns, order, ready = Turns(), list[str](), threading.Event()

    def other() -> None:
        ready.set()
        with turns:
            order.append("other")

    with turns:
        thread = threading.Thread(target=other)
        thread.start()
        assert ready.wait(LONG)
        while not turns._next.locked():  # it stands in the place of who is next
            pass
        with turns:  # taken again by its holder, it waits for nobody
            order.append("inner")
    with turns:
        order.append("again")
    thread.join(LONG)
    assert order == ["inner", "other", "again"]


def test_cycles_are_looked_for_again_when_the_last_of_several_threads_is_done() -> None:
    inside, leave = threading.Event(), threading.Event()

    def other() -> None:
        with uncollected():
            inside.set()
            leave.wait(LONG)

    assert gc.isenabled()
    thread = threading.Thread(target=other)
    with uncollected():
        thread.start()
        assert inside.wait(LONG)
    assert not gc.isenabled()
    leave.set()
    thread.join(LONG)
    assert gc.isenabled()
