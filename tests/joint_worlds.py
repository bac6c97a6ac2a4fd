"""Two nodes that share cases: Marisol owns them, Northreach is the guest."""

from __future__ import annotations

import datetime as dt
import io
import itertools
from pathlib import Path
from typing import Any

import msgspec
import yaml

import worlds
from case_worlds import NAMED, PHOTO, TAKEN
from esclusa.ledger import records
from esclusa.ledger.records import Draft
from esclusa.model import JointCaseMove, Level, Marking, Recorded
from esclusa.node import Node
from esclusa.node.case_writing import Wanted
from esclusa.sharing.agreement.shape import Clause
from esclusa.sharing.case_views import CaseView
from esclusa.sharing.joint_views import JointView
from esclusa.sharing.reader import Reader, Role
from exchange_worlds import World, officer

OWNER, GUEST = "marisol", "northreach"
DOCS = Path(__file__).parents[1] / "docs" / "cases.md"
WHY = "their port sees the same boxes"
DUE = "2030-12-01T10:00Z"
FIXED = dt.datetime(2026, 11, 20, 8, tzinfo=dt.UTC)
"""A moment that stands still."""


def clauses() -> tuple[Clause, ...]:
    """Return the clauses that the manual gives as an example."""
    text = DOCS.read_text("utf-8")
    block = text.split("```yaml\n", 1)[1].split("```", 1)[0]
    return msgspec.convert(yaml.safe_load(block), tuple[Clause, ...])


def made(
    folder: Path, *, left_out: tuple[str, ...] = (), changed: dict[str, Any] | None = None
) -> World:
    """Return two nodes whose agreement gives steps of joint cases.

    :param left_out: ids of clauses that it lacks.
    :param changed: what each of these clauses says otherwise.
    """
    world = World(folder, OWNER, GUEST)
    draft = world.draft(OWNER, GUEST)
    more = tuple(
        msgspec.structs.replace(one, **(changed or {})) for one in clauses()
        if one.id not in left_out
    )  # fmt: skip
    world.agree(OWNER, GUEST, clauses=(*draft.clauses, *more))
    for number, node in enumerate(world.nodes.values()):
        settle(world, node, number)
    return world


def settle(world: World, node: Node, number: int) -> None:
    """Give a node's case room the world's clock, names that can be foretold, and people."""
    names = itertools.count((number + 1) << 32)
    node.case_desk.now = world.clock
    node.case_desk.new_name = lambda: f"{next(names):016x}"
    worlds.add_people(node)


def lead(node: Node) -> Reader:
    """Return a supervisor of a node."""
    return officer(node, role=Role.SUPERVISOR)


def opened(world: World, agency: str = OWNER, **more: Any) -> str:
    """Open a case by an analyst, who leads it; return its name."""
    node = world[agency]
    return node.case_desk.open(officer(node), NAMED, **more).row.id


def step(
    world: World, agency: str, case: str, move: str, *, by: Reader | None = None, of: str = "",
    under: str = "all", level: int | None = None, **given: str,
) -> CaseView:  # fmt: skip
    """Make a step on a case at its own node."""
    node = world[agency]
    wanted = Wanted(move=move, given=given, of=of, under=under, level=level)
    return node.case_desk.move(by or officer(node), case, wanted)


def take(
    world: World, agency: str, case: str, data: bytes = PHOTO, file: str = "seal.jpg", **more: Any
) -> CaseView:
    """Take a file of evidence in at a node."""
    node = world[agency]
    wanted = Wanted(move="take_in", given=TAKEN, **more)
    return node.case_desk.take_in(officer(node), case, file, io.BytesIO(data), wanted)


def share(world: World, case: str) -> str:
    """Share a case of the owner's, let it arrive, and return the name of the joint case."""
    node = world[OWNER]
    view = node.joint_desk.share(officer(node), case, GUEST, WHY)
    world.sync(OWNER, GUEST)
    return view.row.id


def take_up(world: World, joint: str) -> str:
    """Take a joint case up at the guest's, let that arrive, and return the guest's own case."""
    node = world[GUEST]
    view = node.joint_desk.take_up(officer(node), joint, {"title": "Altamira's boxes, with them"})
    world.sync(OWNER, GUEST)
    return view.row.id


def joint_at(world: World, agency: str, joint: str, by: Reader | None = None) -> JointView:
    """Return a joint case as a node shows it."""
    node = world[agency]
    return node.joint_desk.show(by or officer(node), joint)


def history(view: JointView) -> list[tuple[Any, ...]]:
    """Return what a view shows of a history, in plain values; what things are called here is not
    part of it."""
    return [
        (s.step, s.move.code, s.agency, s.by, s.at, s.lost.code if s.lost else "",
         *(f"{r.field.code}={r.value}" for r in s.recorded))
        for s in view.steps
    ]  # fmt: skip


def standing(view: JointView) -> list[tuple[Any, ...]]:
    """Return where the things of a view stand, in plain values."""
    things = (*view.tasks, *view.notes, *view.evidence, *view.items)
    return [
        (t.name, t.kind, t.agency, t.state.code, t.person, t.due, t.result, t.sha256, t.size,
         len(t.steps), "" if t.kind == "item" else t.title)
        for t in things
    ]  # fmt: skip


def later(world: World, **delta: float) -> None:
    """Let time pass."""
    world.clock.ahead += dt.timedelta(**delta)


HIDDEN = "00fedcba98765441"
"""The name of the joint case that :func:`hide` makes."""


def hide(node: Any) -> None:
    """Put a joint case into a node that only a reader cleared for secrets may know of."""
    label = node.labels.intern(node.agency, Marking(level=Level.SECRET))
    said = {
        "joint": HIDDEN, "owner": node.agency, "guest": "ghost", "agency": node.agency, "seen": 0,
        "by": "bea", "at": "2026-11-27T08:00:00Z",
    }  # fmt: skip
    moves = [
        JointCaseMove(number=1, step="g1", move="share", **said),
        JointCaseMove(number=2, step="g2", move="name",
                      recorded=(Recorded(name="title", value="GHOST FIRM"),), **said),
        JointCaseMove(number=3, step="g3", move="note",
                      recorded=(Recorded(name="text", value="GHOST FIRM pays"),), **said),
    ]  # fmt: skip
    with node.store.write() as connection:
        drafts = [Draft(body=move, originator=node.agency, label_id=label) for move in moves]
        records.append(connection, drafts)
