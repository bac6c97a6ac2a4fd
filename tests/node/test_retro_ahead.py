"""While found records are screened again, other processes look through the next batches.

That changes no alert, no count and no order: batches are stored in the order of recording, and the
mark never passes one that was not stored, whatever ends the processes or the node.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from itertools import pairwise
from pathlib import Path

import pytest
from test_list_retro import BILLS, SECOND, bring, compared, listing, retro_of, standing

import worlds
from esclusa.analysis.screening import sieve
from esclusa.ledger import retro as kept_marks
from esclusa.node import Node, retro
from esclusa.node.retro import Retro

Seen = tuple[object, ...]


@pytest.fixture
def two(monkeypatch: pytest.MonkeyPatch) -> None:
    """Start processes for one party."""
    monkeypatch.setattr(sieve, "MANY", 1)
    monkeypatch.setattr(sieve, "_FEW", 1)


def made(folder: Path, *, workers: int = 2, batch: int = 1) -> Node:
    """Return a node that holds five bills and looks at one at a time."""
    node = worlds.make(folder)
    worlds.take_in(node, "bills.edi", worlds.cuscar(*BILLS))
    node.list_desk.retro = Retro(node.pipeline, batch=batch, workers=workers)
    return node


@pytest.fixture(scope="module")
def wanted(tmp_path_factory: pytest.TempPathFactory) -> Seen:
    """What one process finds that looks at all at once."""
    node = made(tmp_path_factory.mktemp("one"), workers=1, batch=20_000)
    bring(node, "own", listing(SECOND))
    found = seen(node)
    node.close()
    return found


def seen(node: Node) -> Seen:
    found = retro_of(node)
    return standing(node), found.state, found.compared, found.changed, found.ended  # type: ignore[attr-defined]


@pytest.mark.usefixtures("two")
@pytest.mark.parametrize("remembered", [0, 500_000], ids=["nothing kept", "answers kept"])
def test_the_next_batches_are_asked_for_before_the_one_before_is_stored(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, wanted: Seen, remembered: int
) -> None:
    told: list[tuple[str, int]] = []
    monkeypatch.setattr(retro, "_REMEMBERED", remembered)
    monkeypatch.setattr(Retro, "_look", telling(told, "look", Retro._look, lambda got: got[1]))
    monkeypatch.setattr(Retro, "_step", telling(told, "step", Retro._step, lambda got: got[3]))
    node = made(tmp_path)
    bring(node, "own", listing(SECOND))
    assert seen(node) == wanted
    for what in ("look", "step"):
        marks = [mark for which, mark in told if which == what and mark]
        assert marks == sorted(set(marks))
        assert len(marks) == compared(node)
    places = {one: place for place, one in enumerate(told)}
    stored = [mark for which, mark in told if which == "step" and mark]
    for now, ahead in pairwise(stored):
        assert places["look", ahead] < places["step", now]
    # No more is read ahead than memory was counted for.
    for place, (which, _mark) in enumerate(told):
        asked = sum(1 for one, _ in told[: place + 1] if one == "look")
        done = sum(1 for one, _ in told[:place] if one == "step")
        assert which == "step" or asked - done <= retro._AHEAD + 1
    node.close()


@pytest.mark.usefixtures("two")
def test_the_last_batch_is_looked_at_part_by_part(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, wanted: Seen
) -> None:
    told: list[tuple[str, int]] = []
    monkeypatch.setattr(retro, "_LEAST", 1)
    monkeypatch.setattr(Retro, "_look", telling(told, "look", Retro._look, lambda got: got[1]))
    monkeypatch.setattr(Retro, "_step", telling(told, "step", Retro._step, lambda got: got[3]))
    node = made(tmp_path, batch=3)
    bring(node, "own", listing(SECOND))
    assert seen(node) == wanted
    looks, steps = ([mark for one, mark in told if one == what] for what in ("look", "step"))
    # Three together, then each that is left alone, stored as it was looked at.
    assert len(looks) == compared(node) - 2
    assert steps == looks == sorted(set(looks))
    node.close()


def telling(
    told: list[tuple[str, int]], what: str, does: Callable[..., object],
    kept: Callable[[tuple[object, ...]], object],
) -> Callable[..., object]:  # fmt: skip
    """Note the number of the last record that a step is about."""

    def noted(*got: object, **more: object) -> object:
        records = kept(got)
        told.append((what, records[-1].seq if records else 0))  # type: ignore[index]
        return does(*got, **more)

    return noted


@pytest.mark.usefixtures("two")
@pytest.mark.parametrize("at", [0, 3])
def test_an_error_in_a_worker_ends_the_comparison_at_its_mark_and_it_goes_on_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, wanted: Seen, at: int
) -> None:
    node = made(tmp_path)
    left = iter(range(at))
    spread = sieve.Sieve._spread

    def failing(self: sieve.Sieve, asked: sieve.Piece) -> list[Future[sieve.Found]]:
        pieces = spread(self, asked)
        if next(left, None) is None:
            pieces = [Future()]
            pieces[0].set_exception(ValueError("a worker's error"))
        return pieces

    marks = marks_of(monkeypatch)
    with monkeypatch.context() as patch:
        patch.setattr(sieve.Sieve, "_spread", failing)
        with pytest.raises(ValueError, match="a worker's error"):
            bring(node, "own", listing(SECOND))
    assert retro_of(node).state == "running"  # type: ignore[attr-defined]
    assert len(marks) == at
    assert children() == []
    node.list_desk.compare_waiting()
    assert seen(node) == wanted
    assert marks == sorted(set(marks))
    assert node.check() == []
    node.close()


def marks_of(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Return where the marks that are set from now on are noted."""
    marks: list[int] = []
    advance = kept_marks.advance

    def noted(connection: object, job: object, to: int, *args: object, **more: object) -> None:
        marks.append(to)
        advance(connection, job, to, *args, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(kept_marks, "advance", noted)
    return marks


def children() -> list[int]:
    """Return the processes that this one started for looking and that still run."""
    return [number for number in started if sieve_runs(number)]


started: list[int] = []


@pytest.fixture(autouse=True)
def noting_processes(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    started.clear()
    close = sieve.Sieve.close

    def closing(self: sieve.Sieve) -> None:
        if self._pool is not None:
            started.extend(self._pool._processes or {})
        close(self)

    monkeypatch.setattr(sieve.Sieve, "close", closing)
    yield
    assert children() == []


def sieve_runs(number: int) -> bool:
    """A process that ended and that nobody has asked for its end does not run any more: what waits
    for processes may itself have ended where an answer was given up (CPython, ``terminate_broken``)."""
    try:
        if os.waitpid(number, os.WNOHANG)[0] == number:
            return False
    except ChildProcessError:
        pass
    try:
        os.kill(number, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.mark.usefixtures("two")
@pytest.mark.parametrize("steps", [0, 3])
def test_interrupted_while_others_look_ahead_it_goes_on_behind_the_mark(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, wanted: Seen, steps: int
) -> None:
    node = made(tmp_path)
    left, step = iter(range(steps)), Retro._step

    def interrupted(self: Retro, *args: object, **more: object) -> bool:
        if next(left, None) is None:
            raise KeyboardInterrupt
        return step(self, *args, **more)  # type: ignore[arg-type]

    marks = marks_of(monkeypatch)
    with monkeypatch.context() as patch:
        patch.setattr(Retro, "_step", interrupted)
        with pytest.raises(KeyboardInterrupt):
            bring(node, "own", listing(SECOND))
    assert started
    assert children() == []
    assert len(marks) == steps
    node.close()

    again = Node.open(tmp_path)
    again.list_desk.retro = Retro(again.pipeline, batch=1, workers=2)
    again.process_waiting()
    assert seen(again) == wanted
    assert marks == sorted(set(marks))
    assert again.check() == []
    again.close()


@pytest.mark.usefixtures("two")
def test_processes_that_are_killed_under_batches_that_wait_lose_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, wanted: Seen
) -> None:
    """The batches asked for ahead are looked through by the node itself."""
    node = made(tmp_path)
    left, step, spread, pools = iter(range(1)), Retro._step, sieve.Sieve._spread, []

    def spreading(self: sieve.Sieve, asked: sieve.Piece) -> list[Future[sieve.Found]]:
        pieces = spread(self, asked)
        pools.append(self)
        if len(pools) > 1:  # nobody will answer these
            for piece in pieces:
                piece.cancel()
        return pieces

    def killing(self: Retro, *args: object, **more: object) -> bool:
        if next(left, None) is not None:
            for number in list(pools[0]._pool._processes):
                os.kill(number, signal.SIGKILL)
        return step(self, *args, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(sieve.Sieve, "_spread", spreading)
    monkeypatch.setattr(Retro, "_step", killing)
    bring(node, "own", listing(SECOND))
    assert len(pools) > 1
    assert pools[0]._workers == 1
    assert seen(node) == wanted
    node.close()
