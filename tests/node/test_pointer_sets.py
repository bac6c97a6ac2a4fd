"""A partner's set of keys is computed outside of any transaction: once, and of what may be found."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import closing
from typing import Any

import pytest
from pointer_node_worlds import BOX, HELD, LISTED, NOT_HELD, VESSEL, ask, enter, outcomes, search

from esclusa.model import ListEntry
from esclusa.node import Node, pointer_sets
from esclusa.sharing.pointers import answering
from esclusa.sharing.pointers.messages import Scope
from exchange_worlds import World

BOTH = ("northreach", "marisol")


def events(node: Node) -> list[str]:
    """Return the events in a node's log of searches, in order."""
    return [row.event.removeprefix("pointers:") for row in node.pointers.log()]


@pytest.mark.parametrize("meanwhile", ["a record", "the same set by another process"])
def test_a_set_is_computed_outside_of_any_transaction_and_opened_once(
    searchable: World, monkeypatch: pytest.MonkeyPatch, meanwhile: str
) -> None:
    """A set of 100,000 persons takes minutes: in a transaction it would hold up everybody who
    writes, and be computed again each time that the transaction is tried again."""
    marisol, computed = searchable["marisol"], []
    enter(marisol, *LISTED)
    ask(searchable["northreach"], "imo", HELD["imo"])
    prepare = answering.prepare

    def slow(*given: Any) -> Any:
        computed.append(given)
        if len(computed) == 1:
            with closing(Node.open(marisol.folder)) as other:
                other.exchange.now = searchable.clock
                if meanwhile == "a record":
                    enter(other, BOX)
                else:
                    other.pointers.keep_up()
        return prepare(*given)

    monkeypatch.setattr(answering, "prepare", slow)
    searchable.sync(*BOTH, rounds=12)
    assert outcomes(searchable["northreach"]) == {HELD["imo"]: "hit"}
    assert len(computed) == 1
    assert events(marisol).count("epoch:opened") == 1


def while_made(monkeypatch: pytest.MonkeyPatch, first: Callable[[], object]) -> list[str]:
    """Let something happen while the first set is computed; return what each set was made for."""
    prepare, made = answering.prepare, list[str]()

    def slow(owner: answering.Owner, scope: Scope, *given: Any) -> Any:
        made.append(scope.subject)
        if len(made) == 1:
            first()
        return prepare(owner, scope, *given)

    monkeypatch.setattr(answering, "prepare", slow)
    return made


def test_contacts_that_come_while_a_set_is_computed_begin_no_other(
    searchable: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A partner whose line timed out calls again, each time in another thread of the server; and a
    command that carries by the clock is begun again before the last one has ended."""
    marisol = searchable["marisol"]
    enter(marisol, *LISTED)
    ask(searchable["northreach"], "imo", HELD["imo"])

    def call_again() -> None:
        with ThreadPoolExecutor(1) as others:
            others.submit(marisol.exchange.tick).result(timeout=20)

    made = while_made(monkeypatch, call_again)
    searchable.sync(*BOTH, rounds=12)
    assert made == ["vessel"]
    assert outcomes(searchable["northreach"]) == {HELD["imo"]: "hit"}


@pytest.mark.parametrize("how", ["withdrawn", "erased"])
def test_what_goes_while_a_set_is_computed_stands_in_none_that_is_opened(
    searchable: World, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    marisol = searchable["marisol"]
    (vessel,) = enter(marisol, VESSEL)
    ask(searchable["northreach"], "imo", HELD["imo"])
    made = while_made(monkeypatch, lambda: gone(marisol, vessel, VESSEL, how))
    searchable.sync(*BOTH)
    assert events(marisol) == []  # what is computed anew is so by the next tick
    marisol.exchange.tick()
    searchable.sync(*BOTH, rounds=12)
    assert outcomes(searchable["northreach"]) == {HELD["imo"]: "no_hit"}
    assert made == ["vessel", "vessel"]
    assert "epoch:closed" not in events(marisol)


def test_what_goes_while_another_set_is_computed_is_answered_for_no_more(
    searchable: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    marisol, northreach = searchable["marisol"], searchable["northreach"]
    vessel, _box = enter(marisol, VESSEL, BOX)
    assert search(searchable, "imo", NOT_HELD["imo"]) == {NOT_HELD["imo"]: "no_hit"}
    ask(northreach, "iso6346", HELD["iso6346"])  # a wish for a set that is made, and then
    ask(northreach, "mmsi", HELD["mmsi"])  # a question under the set that is there
    while_made(monkeypatch, lambda: gone(marisol, vessel, VESSEL, "withdrawn"))
    searchable.sync(*BOTH, rounds=12)
    assert outcomes(northreach) == {
        NOT_HELD["imo"]: "no_hit", HELD["iso6346"]: "hit", HELD["mmsi"]: "no_hit",
    }  # fmt: skip


def gone(node: Node, name: str, entry: ListEntry, how: str) -> None:
    """Withdraw or erase a record that was entered."""
    if how == "withdrawn":
        enter(node, entry, withdrawn=True)
    else:
        node.erase(node.administrator(), name, reason="test")


@pytest.mark.parametrize("killed", [False, True], ids=["whole", "one-killed"])
def test_a_large_set_is_computed_by_the_processes_of_the_setting(
    searchable: World, monkeypatch: pytest.MonkeyPatch, killed: bool
) -> None:
    asked: list[int] = []

    class Killed(ThreadPoolExecutor):
        def submit(self, *_: Any, **__: Any) -> Any:
            raise BrokenProcessPool

    def threads(workers: int, *_begin: Any, **_how: Any) -> ThreadPoolExecutor:
        asked.append(workers)
        return Killed(workers) if killed else ThreadPoolExecutor(workers)

    monkeypatch.setattr(pointer_sets, "pool", threads)
    monkeypatch.setattr(searchable["marisol"].pointers.owner, "_workers", 2)
    enter(searchable["marisol"], *LISTED)
    assert search(searchable, "imo", HELD["imo"]) == {HELD["imo"]: "hit"}
    assert asked == []  # too few keys to start any
    monkeypatch.setattr(pointer_sets, "MANY", 1)
    assert search(searchable, "iso6346", HELD["iso6346"]) == {HELD["iso6346"]: "hit"}
    assert asked == [2]
