"""Somebody reads while the exchange moves: neither waits for the other for ever, and a move that
fails takes nothing from a reading that has begun.

CPU: about five seconds.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from test_exchange_letting_go import fewer, newer, recall

import joint_worlds
from esclusa.errors import EsclusaError, LedgerError
from esclusa.ledger.standing import mark
from esclusa.ledger.store import Store
from esclusa.node import Node
from esclusa.node.exchange import Exchange
from exchange_cases import Bill, give, held, record_of
from exchange_worlds import World, officer
from joint_worlds import DUE, GUEST, OWNER

PATIENCE = 20.0
"""Seconds until a test gives up; what it waits for takes a fraction of one."""


def erased(node: Node) -> int:
    with node.store.read() as connection:
        return mark(connection).erased


def until(told: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not told():
        assert time.monotonic() < end
        time.sleep(0.01)


def test_who_reads_entities_and_who_takes_in_a_recall_do_not_wait_for_each_other(
    two: World,
) -> None:
    """A reading of entities holds the registers and asks what is lent; a recall holds the exchange
    and, once it is stored, takes what was erased out of the registers."""
    node = two["northreach"]
    reader = officer(node)
    give(two, Bill())
    assert node.entities.find(reader, "KANARI").rows
    before = erased(node)
    with ThreadPoolExecutor(2) as beside:
        with node.entities.registers.lock:
            taken = beside.submit(recall, two)
            until(lambda: erased(node) > before)
            time.sleep(0.2)  # it comes to the registers, if it is going to
            beside.submit(node.gate.visible, reader).result(PATIENCE / 4)
        assert taken.result(PATIENCE) == ("northreach",)
    assert node.entities.find(reader, "KANARI").rows == ()


def failing(_draft: Any, _rows: Any) -> None:
    raise EsclusaError("this does not go")


def fails(node: Node) -> None:
    with pytest.raises(EsclusaError):
        node.exchange.change(failing)


def test_a_move_that_fails_beside_a_reading_takes_nothing_from_it(two: World) -> None:
    """It makes the node forget the state, which may be ahead of the ledger by then."""
    node = two["marisol"]
    give(two, Bill())
    reader = officer(node)
    with node.gate.together(reader):
        before = sorted(node.exchange.state().grants)
        assert before and "northreach" in node.exchange.state().pacts
        beside = threading.Thread(target=fails, args=(node,))
        beside.start()
        beside.join(PATIENCE)
        assert sorted(node.exchange.state().grants) == before
        assert "northreach" in node.exchange.state().pacts
        assert "northreach" in node.exchange.partners.known


def test_a_state_that_could_not_be_read_is_read_when_it_is_asked_for_again(
    two: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    node = two["marisol"]
    fails(node)

    def broken(*_given: Any) -> Any:
        raise LedgerError("the ledger's database answered: no")

    with node.gate.together(officer(node)):
        with monkeypatch.context() as patched, pytest.raises(LedgerError):
            patched.setattr("esclusa.ledger.exchange.changed", broken)
            node.exchange.state()
        assert "northreach" in node.exchange.state().pacts


def test_a_move_that_fails_before_an_erasure_costs_no_copy_that_stays(
    two: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a narrowed copy only what it said before goes."""
    node, given = two["northreach"], Exchange._erase
    give(two, Bill())

    def erasing(self: Exchange, *owed: Any) -> None:
        if self is node.exchange:
            fails(node)
        given(self, *owed)

    monkeypatch.setattr(Exchange, "_erase", erasing)
    newer(two, clauses=fewer(two))
    two["marisol"].exchange.tick()
    two.sync("marisol", "northreach")
    assert held(node, "KANARI SHIPPER") == []
    assert held(node, "KANARIBILL")


def test_a_move_that_fails_beside_a_recall_of_many_leaves_none_out(
    two: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    giver, state = two["marisol"], Exchange.state
    give(two, Bill())
    wanted = [record_of(giver, "KANARIBILL").id, *(f"none-{number}" for number in range(5000))]
    beside: list[threading.Thread] = []

    def failing_after(self: Exchange) -> Any:
        found = state(self)
        if self is giver.exchange and not beside:
            beside.append(threading.Thread(target=fails, args=(giver,)))
            beside[0].start()
            beside[0].join(0.3)
        return found

    monkeypatch.setattr(Exchange, "state", failing_after)
    assert len(giver.exchange.given(wanted)) == 1
    beside[0].join(PATIENCE)


class InTransaction(AssertionError):
    """The state was asked for by who holds up all writers, and is held up by one of them."""


@pytest.fixture
def watched(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody asks for the state of the exchange in a write of his own: a move holds the state and
    waits for its turn to write, so each would wait for the other."""
    writing, write, state, tried = threading.local(), Store.write, Exchange.state, Exchange._tried

    @contextmanager
    def noted(self: Store) -> Iterator[Any]:
        with write(self) as connection:
            writing.here = True
            try:
                yield connection
            finally:
                writing.here = False

    def asked(self: Exchange) -> Any:
        if getattr(writing, "here", False) and not getattr(writing, "moves", False):
            raise InTransaction
        return state(self)

    def moving(self: Exchange, *given: Any) -> Any:
        writing.moves = True  # it holds the state itself
        try:
            return tried(self, *given)
        finally:
            writing.moves = False

    monkeypatch.setattr(Store, "write", noted)
    monkeypatch.setattr(Exchange, "state", asked)
    monkeypatch.setattr(Exchange, "_tried", moving)


@pytest.mark.usefixtures("watched")
def test_a_case_with_copies_is_written_without_asking_for_the_exchange_meanwhile(
    tmp_path: Path,
) -> None:
    with joint_worlds.made(tmp_path / "joint") as world:
        case = joint_worlds.opened(world)
        joint = joint_worlds.share(world, case)
        home, guest = joint_worlds.take_up(world, joint), world[GUEST]
        joint_worlds.step(
            world, OWNER, case, "task", task="check the gate", member=f"@{GUEST}", due=DUE
        )
        give(world, Bill())
        (task,) = joint_worlds.joint_at(world, GUEST, joint).tasks
        guest.joint_desk.done(officer(guest), joint, task.name, "nobody passed")
        given = {"to": "court", "why": "for the trial"}
        with guest.case_desk.export(officer(guest), home, given).file as file:
            assert file.read(2) == b"PK"
