"""Two nodes that refer boxes to each other: Northreach asks, Marisol is the host."""

from __future__ import annotations

import datetime as dt
import itertools
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import yaml

from esclusa.casework.referral_words import codes, fields, rows
from esclusa.sharing.agreement.shape import Clause
from esclusa.sharing.reader import Reader, Role
from esclusa.sharing.referral_views import ReferralView
from exchange_cases import Bill, manifest, record_of
from exchange_worlds import World, officer, take_in

ASKING, HOST = "northreach", "marisol"
DOCS = Path(__file__).parents[1] / "docs" / "referrals.md"
_NUMBER: Iterator[int] = itertools.count(1)
_FILLED = {"text": "something", "long": "written with a reason in it", "number": "112"}


def clauses() -> tuple[Clause, ...]:
    """Return the clauses that the manual gives as an example."""
    (block,) = re.findall(r"```yaml\n(.*?)```", DOCS.read_text("utf-8"), re.DOTALL)
    return msgspec.convert(yaml.safe_load(block), tuple[Clause, ...])


def made(
    folder: Path, *, agreed: bool = True, databases: dict[str, str] | None = None,
    left_out: tuple[str, ...] = (), bare: bool = False,
) -> World:  # fmt: skip
    """Return two nodes; their agreement names referrals unless ``agreed`` is False.

    :param left_out: ids of clauses that it lacks.
    :param bare: nothing that was recorded goes.
    """
    world = World(folder, HOST, ASKING, databases=databases)
    draft = world.draft(HOST, ASKING)
    more = tuple(one for one in clauses() if agreed and one.id not in left_out)
    if bare:
        more = tuple(_bare(one) for one in more)
    world.agree(HOST, ASKING, clauses=(*draft.clauses, *more))
    return world


def _bare(clause: Clause) -> Clause:
    rules = tuple(
        msgspec.structs.replace(
            rule, paths=tuple(path for path in rule.paths if not path.startswith("recorded"))
        )
        for rule in clause.fields
    )
    return msgspec.structs.replace(clause, fields=rules)


def bill(world: World, agency: str = ASKING, **changes: Any) -> str:
    """Take a new bill in at a node, and return its record's id."""
    number = next(_NUMBER)
    name = f"KANARIREF{number}"
    given = {"bill": name, "box": f"CSQU{3000000 + number}", "seal": f"S{number}"} | changes
    said = Bill(**given)
    take_in(world[agency], world[agency].settings.intake_marking(), manifest(said), f"{name}.edi")
    return record_of(world[agency], name).id


def lead(world: World, agency: str = ASKING, name: str = "lena") -> Reader:
    """Return a supervisor of a node."""
    reader = officer(world[agency], role=Role.SUPERVISOR)
    return msgspec.structs.replace(reader, name=name)


def in_hours(world: World, hours: float) -> str:
    """Return a moment so many hours from now."""
    return (world.clock() + dt.timedelta(hours=hours)).isoformat(timespec="seconds")


def request(world: World, record: str, *, hours: float = 12, **more: Any) -> ReferralView:
    """Have Northreach's analyst send a request."""
    given = {
        "risk_reasons": "goods do not fit the exporter", "legal_purpose": "treaty, article 3",
        "cut_off": in_hours(world, hours),
    }  # fmt: skip
    node = world[ASKING]
    return node.referral_desk.open(officer(node), record, HOST, given, send=True, **more)


def facts(move: str, state: str, **changes: str) -> dict[str, str]:
    """Return what a move must record, filled; of alternatives the first."""
    found = {}
    for need in rows()[move, state].needs:
        field = fields()[need.fields[0]]
        found[field.name] = (
            next(iter(codes(field.list))) if field.list else _FILLED.get(field.type, "")
        )  # fmt: skip
    return found | changes


def go(world: World, name: str, *moves: str, sync: bool = True, **changes: str) -> ReferralView:
    """Make moves in order, each at the side it belongs to, and carry each over."""
    view = None
    for move in moves:
        agency = HOST if state_at(world, HOST, name) and is_hosts(world, move, name) else ASKING
        node = world[agency]
        state = node.referral_desk.show(officer(node), name).row.state.code
        given = facts(move, state, **changes)
        view = node.referral_desk.move(officer(node), name, move, given)
        if sync:
            world.sync(HOST, ASKING)
    assert view is not None
    return view


def state_at(world: World, agency: str, name: str) -> str:
    """Return where a referral stands at a node."""
    return world[agency].referral_desk.show(officer(world[agency]), name).row.state.code


def is_hosts(world: World, move: str, name: str) -> bool:
    """Tell whether a move is the host's, from where the referral stands there."""
    row = rows().get((move, state_at(world, HOST, name)))
    return row is not None and row.actor == "host"


def history(world: World, agency: str, name: str) -> list[tuple[str, ...]]:
    """Return what a node shows of a referral's history."""
    view = world[agency].referral_desk.show(officer(world[agency]), name)
    return [
        (step.move.code, step.agency, step.by, step.at, step.after.code,
         step.lost.code if step.lost else "", *(f"{r.field.code}={r.value}" for r in step.recorded))
        for step in view.steps
    ]  # fmt: skip


HIDDEN = "0123456789abcdef"
"""The name of the referral that :func:`hide` makes."""


def hide(node: Any, record: str) -> None:
    """Put a sent referral into a node that only a reader cleared for secrets may know of."""
    from esclusa.ledger import records
    from esclusa.ledger.records import Draft
    from esclusa.model import Level, Marking, Recorded, ReferralMove, ReferralSubject

    label = node.labels.intern(node.agency, Marking(level=Level.SECRET))
    subject = ReferralSubject(carrier="NRCH", bill="B8", ship="GHOST SHIP")
    said = {
        "referral": HIDDEN, "requester": node.agency, "host": "ghost", "agency": node.agency,
        "seen": 0, "by": "bea", "at": "2026-11-27T08:00:00Z", "cut_off": "2199-01-01T00:00:00Z",
        "subject": subject,
    }  # fmt: skip
    about = (Recorded(name="record", value=record),)
    why = (Recorded(name="risk_reasons", value="GHOST FIRM is known to us"),)
    moves = (
        ReferralMove(number=0, move="open", recorded=about, **said),
        ReferralMove(number=1, move="request", recorded=why, **said),
    )
    with node.store.write() as connection:
        drafts = [Draft(body=move, originator=node.agency, label_id=label) for move in moves]
        records.append(connection, drafts)


def loaded(box: str, *, event: str = "46") -> bytes:
    """Return a COARRI that tells that a box was loaded (46) or discharged (44)."""
    body = (
        f"BGM+{event}+R{box}+9'TDT+20+0412N+1++NRCH:172:20+++9074729:146::NORTHREACH STAR'"
        f"LOC+9+CNSHA:139:6'NAD+CF+NRCH:160:20'EQD+CN+{box}+22G1:102:5++2+5'"
        "DTM+203:202612010640:203'LOC+9+CNSHA:139:6'CNT+16:1'"
    )
    head = f"UNB+UNOC:3+NRCH+MARISOL+261201:0700+{box[-6:]}'UNH+1+COARRI:D:95B:UN:ITG13'"
    return f"{head}{body}UNT+{body.count(chr(39)) + 2}+1'UNZ+1+{box[-6:]}'".encode()
