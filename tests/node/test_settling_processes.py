"""What is owed is erased and reported by one process of a node alone; on both databases.

Between the two another one would erase again, find nothing, and report that, before what is kept
beside the ledger has let go of it. About 4 CPU seconds, most of them the other process's start."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, nullcontext
from pathlib import Path

import pytest

from esclusa.errors import LedgerError
from esclusa.ledger.store import Store
from esclusa.node import Node, exchange
from exchange_cases import OTHER_BOX, Bill, give, receipts, record_of
from exchange_worlds import World, found

CHILD = Path(__file__).with_name("settling_child.py")
BILLS = (Bill(), Bill(bill="B2", box=OTHER_BOX))


class Other:
    """The other process."""

    def __init__(self, folder: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, str(CHILD), str(folder)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip

    def says(self, word: str) -> None:
        assert self.process.stdout is not None
        assert self.process.stdout.readline() == word + "\n"

    def go(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write("\n")
        self.process.stdin.flush()


@pytest.fixture
def other(pair: World) -> Iterator[Other]:
    give(pair, *BILLS)
    made = Other(pair["northreach"].folder)
    made.says("open")
    yield made
    made.process.kill()
    made.process.communicate()


def owe(world: World, bill: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have Marisol recall a bill, and Northreach take that in and erase nothing yet."""
    giver = world["marisol"]
    giver.exchange.withdraw([record_of(giver, bill).id], by="ana")
    with monkeypatch.context() as patch:
        patch.setattr(world["northreach"].exchange, "settle", lambda **_given: 0)
        world.sync("marisol", "northreach")
    assert len(world["northreach"].exchange.state().owed) == 1


def test_who_waits_for_another_process_holds_up_no_thread_of_this_one(
    pair: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    node = pair["northreach"]
    give(pair, *BILLS)
    owe(pair, "KANARIBILL", monkeypatch)
    waits, settled, sole = threading.Event(), list[int](), node.store.sole

    @contextmanager
    def told() -> Iterator[bool]:
        waits.set()
        with sole() as ours:
            yield ours

    monkeypatch.setattr(node.store, "sole", told)
    url = node.settings.database_url(node.folder)
    with closing(Store(url)) as another, another.sole() as theirs:
        assert theirs
        waiting = threading.Thread(target=lambda: settled.append(node.exchange.settle()))
        waiting.start()
        assert waits.wait(30)
        waits.clear()
        assert waits.wait(30)  # it looks again and again
        # A batch is taken in meanwhile, and the thread that does it leaves the erasure alone.
        pair.sync("marisol", "northreach")
        assert node.exchange.settle(wait=False) == 0
        assert waiting.is_alive()
    waiting.join(30)
    assert settled == [1]


def test_patience_ends_when_the_other_process_settles_nothing_more(
    two: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exchange, "_PATIENCE_S", 0)
    node = two["northreach"].exchange
    for left, hangs in (([3, 2, 1, 0], False), ([3, 2, 2, 0], True)):
        looks = iter(left)
        monkeypatch.setattr(node, "_settle", lambda looks=looks: (0, next(looks)))
        with pytest.raises(LedgerError) if hangs else nullcontext():
            assert node.settle() == 0
        assert list(looks) == ([0] if hangs else [])


def test_the_files_are_cleaned_of_a_lot_though_another_process_has_the_next(
    two: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    node = two["northreach"]
    give(two, *BILLS)
    giver, cleaned = two["marisol"], list[int]()
    giver.exchange.withdraw([record_of(giver, bill).id for bill in ("KANARIBILL", "B2")], by="ana")
    with monkeypatch.context() as patch:
        patch.setattr(node.exchange, "settle", lambda **_given: 0)
        two.sync("marisol", "northreach")
    monkeypatch.setattr(exchange, "_LET_GO", 1)
    monkeypatch.setattr(exchange, "_PATIENCE_S", 0)
    scrub, sole = node.store.scrub, node.store.sole

    def cleaning() -> None:
        scrub()
        cleaned.append(len(node.exchange.state().owed))

    monkeypatch.setattr(node.store, "scrub", cleaning)
    with closing(Store(node.settings.database_url(node.folder))) as another, ExitStack() as held:

        @contextmanager
        def once() -> Iterator[bool]:
            with sole() as ours:
                yield ours
            held.enter_context(another.sole())

        monkeypatch.setattr(node.store, "sole", once)
        with pytest.raises(LedgerError, match="look for it"):
            node.exchange.settle()
    assert cleaned == [1]
    monkeypatch.setattr(node.store, "sole", sole)
    assert (node.exchange.settle(), cleaned) == (1, [1, 0])


def test_one_process_erases_and_reports_and_another_waits_or_says_that_it_hangs(
    pair: World, other: Other, monkeypatch: pytest.MonkeyPatch
) -> None:
    node = pair["northreach"]
    owe(pair, "KANARIBILL", monkeypatch)
    other.go()
    other.says("erased")

    # Whoever need not wait leaves it to the other, and reading and taking in go on.
    assert node.exchange.settle(wait=False) == 0
    Node.open(node.folder).close()
    assert found(node, "KANARIBILL") == [] and len(found(node, "B2")) == 1
    give(pair, Bill(bill="B3", box=OTHER_BOX))
    assert len(found(node, "B3")) == 1

    # A tick waits for a time and tells of one that hangs; nothing was reported meanwhile.
    with monkeypatch.context() as patch:
        patch.setattr(exchange, "_PATIENCE_S", 0.1)
        with pytest.raises(LedgerError, match="look for it and end it if it hangs"):
            node.exchange.tick()
    assert len(node.exchange.state().owed) == 1 and receipts(pair["marisol"], "northreach") == []

    settled = list[int]()
    waiting = threading.Thread(target=lambda: settled.append(node.exchange.settle()))
    waiting.start()
    waiting.join(0.2)
    assert waiting.is_alive()
    other.go()
    other.says("1")
    waiting.join(60)
    assert settled == [0]
    pair.sync("northreach", "marisol")
    (receipt,) = receipts(pair["marisol"], "northreach")
    assert receipt.erased["tables"] >= 2 and receipt.erased["indexes"] > 0

    # One that is killed there lets go at once; what it began is done again.
    owe(pair, "B2", monkeypatch)
    other.go()
    other.says("erased")
    other.process.kill()
    other.process.wait()
    assert node.exchange.settle() == 1
    pair.sync("northreach", "marisol")
    assert len(receipts(pair["marisol"], "northreach")) == 2
