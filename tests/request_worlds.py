"""Two nodes that ask each other: Northreach asks, Marisol is asked."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import msgspec
import yaml

from esclusa.casework.information_words import codes, fields, rows
from esclusa.sharing.agreement.shape import Clause, Requests
from esclusa.sharing.information_views import RequestView
from exchange_worlds import World, officer
from referral_worlds import bill, in_hours, lead

__all__ = ["ASKED", "ASKING", "bill", "in_hours", "lead"]

ASKING, ASKED = "northreach", "marisol"
DOCS = Path(__file__).parents[1] / "docs" / "requests.md"
_FILLED = {"text": "something", "long": "written with a reason in it"}
GROUNDS = ("not_available", "national_security", "outside_agreement")
"""The grounds that the agreement of :func:`made` lists."""


def clauses() -> tuple[Clause, ...]:
    """Return the clauses that the manual gives as an example."""
    (block,) = re.findall(r"```yaml\n(.*?)```", DOCS.read_text("utf-8"), re.DOTALL)
    return msgspec.convert(yaml.safe_load(block), tuple[Clause, ...])


def made(
    folder: Path, *, left_out: tuple[str, ...] = (), databases: dict[str, str] | None = None,
    clocks: tuple[str, ...] = ("8h", "7d"),
) -> World:  # fmt: skip
    """Return two nodes whose agreement gives steps of requests.

    :param left_out: ids of clauses that it lacks.
    """
    world = World(folder, ASKED, ASKING, databases=databases)
    draft = world.draft(ASKED, ASKING)
    more = tuple(one for one in clauses() if one.id not in left_out)
    world.agree(
        ASKED, ASKING, clauses=(*draft.clauses, *more),
        requests=Requests(clocks=clocks, refusals=GROUNDS),
    )  # fmt: skip
    return world


def question(**changes: str) -> dict[str, str]:
    """Return what a question records."""
    return {
        "subject_kind": "company", "subject_name": "KANARI TRADING", "question": "who owns it now?",
        "purpose": "targeting", "legal_basis": "treaty, article 7", "clock": "8h",
    } | changes  # fmt: skip


def ask(world: World, record: str = "", **changes: str) -> RequestView:
    """Have Northreach's analyst ask, and let it arrive."""
    node = world[ASKING]
    view = node.information_desk.ask(officer(node), ASKED, question(**changes), record=record)
    world.sync(ASKED, ASKING)
    return view


def facts(move: str, state: str, **changes: str) -> dict[str, str]:
    """Return what a move must record, filled; of alternatives the first."""
    found = {}
    for need in rows()[move, state].needs:
        field = fields()[need.fields[0]]
        if field.type == "code":
            found[field.name] = (
                GROUNDS[0] if field.list == "ground" else next(iter(codes(field.list)))
            )
        elif field.type in _FILLED:
            found[field.name] = _FILLED[field.type]
    return found | changes


def go(world: World, name: str, *moves: str, record_ids: tuple[str, ...] = (), **changes: str,
       ) -> RequestView:  # fmt: skip
    """Make moves in order, each at the side it belongs to, and carry each over."""
    view = None
    for move in moves:
        state = state_at(world, ASKED, name)
        agency = ASKED if rows()[move, state].actor == "answerer" else ASKING
        who = lead(world, agency) if move == "escalate" else officer(world[agency])
        view = world[agency].information_desk.move(
            who, name, move, facts(move, state, **changes), record_ids=record_ids
        )
        world.sync(ASKED, ASKING)
    assert view is not None
    return view


def state_at(world: World, agency: str, name: str) -> str:
    """Return where a request stands at a node."""
    node = world[agency]
    return node.information_desk.show(officer(node), name).row.state.code


def history(world: World, agency: str, name: str) -> list[tuple[Any, ...]]:
    """Return what a node shows of a request's history."""
    view = world[agency].information_desk.show(officer(world[agency]), name)
    return [
        (step.move.code, step.agency, step.by, step.at, step.after.code, step.late,
         step.lost.code if step.lost else "", *(f"{r.field.code}={r.value}" for r in step.recorded))
        for step in view.steps
    ]  # fmt: skip


HIDDEN = "00fedcba98765432"
"""The name of the request that :func:`hide` makes."""


def hide(node: Any, record: str) -> None:
    """Put a question into a node that only a reader cleared for secrets may know of."""
    from esclusa.ledger import records
    from esclusa.ledger.records import Draft
    from esclusa.model import InformationMove, InformationSubject, Level, Marking, Recorded

    label = node.labels.intern(node.agency, Marking(level=Level.SECRET))
    said = {
        "request": HIDDEN, "requester": node.agency, "answerer": "ghost", "agency": node.agency,
        "seen": 0, "by": "bea", "at": "2026-11-27T08:00:00Z",
    }  # fmt: skip
    about = (Recorded(name="record", value=record),)
    moves = (
        InformationMove(number=0, move="about", recorded=about, **said),
        InformationMove(
            number=1, move="ask", clock="14d",
            subject=InformationSubject(kind="company", name="GHOST FIRM", number="G-1"),
            recorded=(Recorded(name="question", value="what do you know of GHOST FIRM?"),), **said,
        ),
    )  # fmt: skip
    with node.store.write() as connection:
        drafts = [Draft(body=move, originator=node.agency, label_id=label) for move in moves]
        records.append(connection, drafts)
