"""One world in which every form of the site can be filled: for tests of bad input.

Two nodes that share referrals, requests, redress numbers and copies; lists, matches, cases, rules,
models and sheets at Marisol; and one secret of each kind, whose words hold ``GHOST``. About four CPU
seconds.
"""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from pathlib import Path

import sqlalchemy as sa

import case_worlds
import planted_models
import redress_worlds
import referral_worlds
import request_worlds
import rule_texts
import seizure_worlds
import worlds
from esclusa.ledger import schema
from esclusa.node import Node
from esclusa.sharing.agreement.shape import Requests
from esclusa.sharing.reader import Action
from exchange_worlds import World, for_partners, own, take_in

US, THEM = "marisol", "northreach"
GHOST = "GHOST"


@dataclass
class Forms:
    """The nodes, and the names of the things that forms are about."""

    world: World
    ids: dict[str, str] = field(default_factory=dict)

    def node(self, agency: str = US) -> Node:
        """Return a node."""
        return self.world[agency]

    def written(self, agency: str = US) -> dict[str, int]:
        """Return how many rows each table has that a form may write, and how often somebody did
        something: what people only looked at is left out."""
        with self.node(agency).store.read() as connection:
            found = {
                table.name: connection.scalar(sa.select(sa.func.count()).select_from(table))
                for table in schema.metadata.sorted_tables if table.name not in LOOKED
            }  # fmt: skip
            deeds = sa.select(sa.func.count()).where(schema.audit.c.action.not_in(LOOKS))
            return found | {"deeds": connection.scalar(deeds)}


LOOKED = frozenset({"audit", "session", "label", "notice_mark", "notice_use"})
"""Tables that grow when somebody looks or signs in; a marking is numbered when it is first named."""
LOOKS = frozenset(
    action for action in Action
    if action.endswith(":read")
    or action in (Action.SESSION_OPEN, Action.NOTICE_RUN, Action.NOTICE_USE, Action.NOTICE_CHOOSE,
                  Action.RELEASE_PREVIEW)
)  # fmt: skip
"""What the log notes of somebody who looked, or came."""


def made(folder: Path) -> Forms:
    """Return the world."""
    world = World(folder, US, THEM)
    draft = world.draft(US, THEM)
    more = (*referral_worlds.clauses(), *request_worlds.clauses(), redress_worlds.clause())
    world.agree(
        US, THEM, clauses=(*draft.clauses, *more),
        requests=Requests(clocks=("8h", "7d"), refusals=request_worlds.GROUNDS),
    )  # fmt: skip
    world.add_people()
    forms = Forms(world)
    _fill(forms.node(), forms.ids)
    _share(world, forms.ids)
    return forms


def _fill(node: Node, ids: dict[str, str]) -> None:
    redress_worlds.list_y(node)
    worlds.with_list(node, "own_public", ("p1", "OTRA FIRMA"))
    node.add_mapping(node.operator(), "office.toml", io.BytesIO(worlds.MAPPING.encode()))
    worlds.own_rule(node)
    analyst = worlds.reader(node, name="analyst")
    node.rule_desk.write(analyst, rule_texts.rule("N7", "MANGOES"))
    node.rule_desk.rehearse(analyst, "N7")
    worlds.take_in(node, "hidden.edi", worlds.cuscar(*worlds.HIDDEN_BILLS), marking=worlds.SECRET)
    worlds.take_in(node, "open.edi", worlds.cuscar(*worlds.OPEN_BILLS))
    ids["held"] = _held(node)
    ids["traveller"] = redress_worlds.fly(node, "AM218")
    who, boss = worlds.reader(node), worlds.reader(node, name="supervisor", role="supervisor")
    ids["alert"] = worlds.queue_of(node, who)[0].alert_id
    ids["record"] = worlds.queue_of(node, who)[0].subject_id
    ids["match"] = _match(node, ids["traveller"])
    ids["redress"] = redress_worlds.apply(node, ids["traveller"]).row.case
    ids["model"] = planted_models.plant(node, "planted")
    active = planted_models.plant(node, "active", intercept=-24_000)
    node.model_desk.activate(boss, active, reason="card read")
    half = worlds.list_of(("F1", "OLGA QUILLFEATHER"), schema="Person")
    node.add_list(node.operator(), redress_worlds.LIST, "Wanted", [("half.json", io.BytesIO(half))])
    worlds.select_all(node, secret=False)
    desk = node.selection_desk
    names = [f"{worlds.PORT}/{worlds.ARRIVAL}/{one}" for one in "BC"]
    ids["drawn"], ids["committed"] = (name.replace("/", ".") for name in names)
    sheet = desk.show(boss, names[0])
    ids["out"] = next(row.subject_id for row in sheet.rows if row.now)
    ids["in"] = next((row.subject_id for row in sheet.rows if not row.now), "")
    box = node.yard_desk.sheet(who, names[0]).boxes[0]
    ids["box"] = f"{box.subject}|{box.box}"
    ids["rule"] = "N7"
    _entities(node, ids)
    case_worlds.live(node, secret=True)
    ids["case"] = case_worlds.OPEN
    ids["evidence"] = node.case_desk.show(case_worlds.lead(node), case_worlds.OPEN).evidence[0].name
    report = node.seizure_desk.report(who, seizure_worlds.said("S-1"), partners=[])
    ids["event"] = report.row.event
    ids["report"] = report.reports[0].record
    secret = node.search(worlds.cleared(node), GHOST).rows[0].record_id
    referral_worlds.hide(node, secret)
    redress_worlds.hide(node)
    seizure_worlds.hide(node)
    request_worlds.hide(node, secret)


def _held(node: Node) -> str:
    damaged = worlds.take_in(node, "damaged.edi", worlds.sample(worlds.DAMAGED))
    return node.source(worlds.reader(node), damaged).quarantine[0].id


def _match(node: Node, traveller: str) -> str:
    reason = redress_worlds.listed(node, traveller, worlds.reader(node))
    assert reason.match is not None
    return reason.match.id


def _entities(node: Node, ids: dict[str, str]) -> None:
    who = worlds.reader(node)
    one, other = (
        node.entities.show(who, node.entities.find(who, name).rows[0].id)
        for name in ("ISTMO PRIMAVERA", "SALINAS DEL ESTE")
    )
    third = node.entities.show(who, node.entities.find(who, "OTRA FIRMA").rows[0].id)
    ids["entity"] = one.entity.id
    judged = node.entities.judge(who, one.entity.id, other.entity.id, verdict="different",
                                 reason="seen at the counter")  # fmt: skip
    ids["judgement"] = judged.id
    ids["mention"], ids["other"] = sorted((one.members[0].id, third.members[0].id))


def _share(world: World, ids: dict[str, str]) -> None:
    """Have a referral and a question wait at Marisol, and a copy and a bill lie at Northreach."""
    bill = referral_worlds.bill(world)
    ids["their_bill"] = bill
    ids["referral"] = referral_worlds.request(world, bill).row.id
    ids["request"] = request_worlds.ask(world).row.id
    take_in(world[US], for_partners(THEM))
    world[US].exchange.publish()
    world.sync(US, THEM)
    copy = next(one for one in own(world[THEM], "consignment") if one.originator == US)
    ids["copy"] = copy.id
    ours = own(world[US], "consignment")
    given = next(one for one in ours if one.body.bill == copy.body.bill)
    ids["ours"], ids["file"] = given.id, given.provenance.source
