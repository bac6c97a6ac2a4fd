"""Cases for tests: a node with a manifest, a lead, a member, and one who is cleared for secrets."""

from __future__ import annotations

import datetime as dt
import io
import itertools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import worlds
from esclusa.model import Level
from esclusa.node import Node
from esclusa.node.case_writing import Wanted
from esclusa.sharing.case_views import CaseView
from esclusa.sharing.reader import Reader, Role

NOW = dt.datetime(2026, 11, 27, 8, tzinfo=dt.UTC)
DUE = "2026-12-01T10:00Z"
PHOTO = b"\xff\xd8\xff a photo of the seal"
NAMED = {"title": "Boxes of Altamira", "summary": "three boxes, one exporter"}
TAKEN = {"what": "photo of the seal", "source": "gate camera 3"}
CLOSED = {"outcome": "nothing_found", "closing": "scan and opening on the quay"}


def made(folder: Path, database: str = "") -> Node:
    """Return a node with alerts, accounts for each role, and a clock in hand."""
    node = worlds.make(folder, database)
    worlds.with_list(node, "own_public", ("p1", "OTRA FIRMA"))
    worlds.take_in(node, "open.edi", worlds.cuscar(*worlds.OPEN_BILLS))
    worlds.add_people(node)
    settle(node)
    return node


def settle(node: Node) -> None:
    """Give a node's case room a clock that stands still, and names that can be foretold."""
    numbers = itertools.count(1)
    node.case_desk.now = lambda: NOW
    node.case_desk.new_name = lambda: f"{next(numbers):016x}"


def lead(node: Node, **more: Any) -> Reader:
    """Return the analyst who opens cases."""
    return worlds.reader(node, name="analyst", **more)


def boss(node: Node) -> Reader:
    """Return a supervisor who is in no case."""
    return worlds.reader(node, name="supervisor", role=Role.SUPERVISOR)


def top(node: Node) -> Reader:
    """Return the one who is cleared for secrets, a supervisor."""
    return worlds.reader(node, name=worlds.CLEARED, role=Role.SUPERVISOR, clearance=Level.SECRET)


def alert(node: Node) -> str:
    """Return an alert that everybody may see."""
    return worlds.queue_of(node, lead(node))[0].alert_id


def opened(node: Node, *, kind: str = "", item: str = "", **more: Any) -> CaseView:
    """Open a case by its lead."""
    return node.case_desk.open(lead(node), NAMED, kind=kind, item=item, **more)


def go(node: Node, name: str, move: str, by: Reader | None = None, **more: Any) -> CaseView:
    """Make a step; what is no part of the step itself is recorded."""
    parts = {key: more.pop(key) for key in ("of", "under", "level", "version") if key in more}
    wanted = Wanted(move=move, given=more, **parts)
    return node.case_desk.move(by or lead(node), name, wanted)


def take(
    node: Node, name: str, data: bytes = PHOTO, file: str = "seal.jpg", by: Reader | None = None,
    **more: Any,
) -> CaseView:  # fmt: skip
    """Take a file of evidence in."""
    wanted = Wanted(move="take_in", given=TAKEN, **more)
    return node.case_desk.take_in(by or lead(node), name, file, io.BytesIO(data), wanted)


# --- two worlds ---------------------------------------------------------------------------------

OPEN = f"{1:016x}"
"""The case that :func:`live` makes in both worlds."""
HIDDEN = "00000000000000ff"
"""The case that is there in secret alone."""


class Names:
    """Names of open steps are the same in both worlds; those of secret ones come from elsewhere."""

    def __init__(self, node: Node) -> None:
        self._open, self._secret = itertools.count(1), itertools.count(0xFF)
        self.secret = False
        node.case_desk.new_name = self.next

    def next(self) -> str:
        return f"{next(self._secret if self.secret else self._open):016x}"


def live(node: Node, *, secret: bool) -> None:
    """Have people work openly on a case; and where it is asked for somebody who is cleared works on
    it as well, between all that, and on one of her own, with what is secret."""
    clock, names, desk, boss = itertools.count(), Names(node), node.case_desk, top(node)
    row = next(one for one in worlds.queue_of(node, lead(node)) if one.title == "NRCH B2")

    def openly(work: Callable[[], Any]) -> Any:
        desk.now = lambda: NOW + dt.timedelta(minutes=next(clock))
        return work()

    def hidden(*works: Callable[[], Any]) -> None:
        desk.now = lambda: NOW + dt.timedelta(days=9)  # later than all else that shows
        names.secret = True
        for work in works if secret else ():
            work()
        names.secret = False

    openly(lambda: opened(node, kind="alert", item=row.alert_id))
    hidden(
        lambda: desk.open(boss, {"title": "GHOST FIRM"}, kind="alert", item=row.alert_id, level=4),
        lambda: desk.put(boss, OPEN, "record", _secret_record(node)),
        lambda: go(node, OPEN, "note", boss, text="GHOST FIRM pays for it"),
        lambda: take(node, OPEN, b"GHOST FIRM its books", "ghost.pdf", boss),
        lambda: _packed(node, boss),
    )
    openly(lambda: go(node, OPEN, "join", person="supervisor"))
    openly(lambda: go(node, OPEN, "start"))
    openly(lambda: go(node, OPEN, "task", task="ask the carrier", member="analyst", due=DUE))
    view = openly(lambda: take(node, OPEN))
    photo, task = view.evidence[0].name, view.tasks[0].name
    openly(lambda: _read(node, lead(node), photo))
    hidden(
        lambda: _read(node, boss, desk.show(boss, OPEN).evidence[0].name),
        lambda: go(node, OPEN, "note", boss, text="HIDDEN", of=view.items[0].name, level=4),
    )
    openly(lambda: go(node, OPEN, "seal", of=photo, seal="MC-1", reason="court"))
    openly(lambda: go(node, OPEN, "done", of=task))
    openly(lambda: go(node, OPEN, "note", text="the seal differs"))
    hidden(lambda: go(node, OPEN, "note", boss, text="HIDDEN and last"))
    desk.now = lambda: NOW + dt.timedelta(days=3)


def _packed(node: Node, who: Reader) -> None:
    node.case_desk.export(who, OPEN, {"to": "GHOST"}).file.close()


def _read(node: Node, who: Reader, evidence: str) -> None:
    _file, stream = node.case_desk.read(who, OPEN, evidence)
    stream.close()


def _secret_record(node: Node) -> str:
    return node.search(worlds.cleared(node), "GHOST").rows[0].record_id
