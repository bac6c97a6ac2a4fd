"""A node with something on every page: bills, alerts and lists, and one of each thing that is done
with a partner or over months. :func:`made` returns it with the addresses that no link leads to."""

from __future__ import annotations

import datetime as dt
import io
import itertools
from pathlib import Path
from typing import Any

import case_worlds
import joint_worlds
import redress_worlds
import referral_worlds
import request_worlds
import seizure_worlds
import worlds
import yard_worlds
from esclusa.casework.notices import Choice, Way
from esclusa.ledger import records
from esclusa.ledger.records import Draft
from esclusa.model import Examination, Marking, natural_key, record_id
from esclusa.node import Node, notice_settings
from esclusa.sharing.agreement.shape import Requests
from esclusa.sharing.reader import Reader, Role
from exchange_worlds import World, officer
from photos import jpeg

US, THEM = "marisol", "northreach"
SHEET = f"{worlds.PORT}/{worlds.ARRIVAL}/A"
ADDRESSES = "addresses.txt"
"""File beside the nodes: a line for each address."""


def made(folder: Path, database: str = "") -> Node:
    """Make the node in a folder, with its partner beside it.

    :param database: the SQLAlchemy URL of an empty database; "" for a file in the folder.
    """
    world = World(folder, US, THEM, databases={US: database})
    draft = world.draft(US, THEM)
    world.agree(US, THEM, clauses=(
        *draft.clauses, *referral_worlds.clauses(), *request_worlds.clauses(),
        *joint_worlds.clauses(), redress_worlds.clause(),
    ), requests=Requests(clocks=("8h", "7d"), refusals=request_worlds.GROUNDS))  # fmt: skip
    node, kept = world[US], worlds.make
    worlds.make = lambda *_place, **_more: node
    try:
        worlds.build(node.folder, secret=False)
    finally:
        worlds.make = kept
    worlds.add_people(node)
    found = _planted(world, node)
    (folder / ADDRESSES).write_text("".join(f"{one}\n" for one in found))
    world[THEM].close()
    return node


def addresses(folder: Path) -> tuple[str, ...]:
    """Return the addresses of what :func:`made` planted."""
    return tuple((folder / ADDRESSES).read_text().split())


def _planted(world: World, node: Node) -> list[str]:
    boss = worlds.reader(node, name="supervisor", role=Role.SUPERVISOR)
    theirs = referral_worlds.request(world, referral_worlds.bill(world)).row.id
    asked = request_worlds.ask(world).row.id
    world.sync(US, THEM)
    case_worlds.live(node, secret=False)
    names = itertools.count(1 << 40)  # its own names are those of a test, which begin at 1
    node.case_desk.new_name = lambda: f"{next(names):016x}"
    joint = joint_worlds.share(world, joint_worlds.opened(world))
    bill = node.search(boss, "B1").rows[0].record_id
    return [
        f"/cases/{case_worlds.OPEN}", f"/cases/{case_worlds.OPEN}/checks",
        f"/cases/{case_worlds.OPEN}/share", f"/joint-cases/{joint}", f"/partners/{THEM}",
        f"/referrals/{theirs}", f"/referral-starts/{bill}", f"/request-starts/{bill}",
        f"/requests/{asked}", f"/selections/{SHEET.replace('/', '.')}/check", _photographs(node),
        f"/records/{bill}/preview", f"/records/{bill}/trail", *_redress(node), *_seizure(node),
        *_kept(node, boss), *_notice(node, boss), *_proposals(node),
        "/sign-in/return?state=x&code=x",
    ]  # fmt: skip


def _redress(node: Node) -> list[str]:
    redress_worlds.list_y(node)
    record = redress_worlds.fly(node, "AM401")
    match = redress_worlds.listed(node, record).match
    assert match is not None
    case = redress_worlds.apply(node, record).row.case
    return [f"/redress-starts/{match.id}", f"/redress/{case}"]


def _seizure(node: Node) -> list[str]:
    label = node.labels.intern(node.agency, Marking())
    bodies: list[Any] = [seizure_worlds.said("S-1", agency=node.agency, event="EV-1")]
    bodies += [
        Examination(
            agency="MC", number=f"X{n}", result="nothing_found", carrier="NRCH",
            bills=(f"P{n * 97}",), methods=("scan",), lane=("value", "control_random")[n % 2],
            started=at, completed=at, reported=at,
        )
        for n in range(300)
        for at in [(dt.datetime(2026, 11, 20) - dt.timedelta(days=n)).isoformat() + "Z"]
    ]  # fmt: skip
    drafts = [Draft(body=body, originator=node.agency, label_id=label) for body in bodies]
    with node.store.write() as connection:
        records.append(connection, drafts)
    name = record_id(node.agency, "seizure", natural_key(bodies[0]))
    return ["/seizures/EV-1", f"/seizures/EV-1/reports/{name}"]


def _photographs(node: Node) -> str:
    who = yard_worlds.officer(node)
    box = node.yard_desk.sheet(who, SHEET).boxes[0]
    told = node.yard_desk.record(
        who, SHEET, yard_worlds.filled(box), told=[one.code for one in box.told],
        photos=[("seal.jpg", io.BytesIO(jpeg()))],
    )  # fmt: skip
    return f"/examinations/{told.examination}/photographs"


def _kept(node: Node, boss: Reader) -> list[str]:
    last = dt.date.today().replace(day=1) - dt.timedelta(days=1)
    made = node.casework_reports.keep(boss, f"{last:%Y-%m}")
    return [f"/kept-reports/{made.row.digest}"]


def _notice(node: Node, boss: Reader) -> list[str]:
    (node.folder / notice_settings.FILE).write_text("[feed]\nlevel = 4\nwaits = 4\n")
    node.notices.choose(boss, Choice(feed=Way(kinds=("alert", "referral_received"))))
    node.notices.tick()  # what comes from now on is told
    worlds.take_in(node, "told.edi", worlds.cuscar(("T9", "OTRA FIRMA SA", "GENERAL CARGO")))
    node.notices.tick()
    return [f"/notices/{one.id}" for one in node.notices.waiting(boss)[:1]]


def _proposals(node: Node) -> list[str]:
    top = officer(node)
    return [
        f"/intake/{one.id}/{page}" for one in node.sources(top) if one.name == "guessed.csv"
        for page in ("proposal", "recall")
    ]  # fmt: skip
