"""Acceptance scenarios of practice over two and three running nodes: what each check expects, held
as far as this program can answer it today. About 12 s of CPU.

A scenario's numbers are copied here, beside its test. Checks are named by their ids; those that are
not asserted stand in the test's docstring with the reason. Minutes are minutes of the scenario's
clock, moved by the test; how long the program itself takes is CPU time of all nodes in one process.
What a line between two machines adds to that, and the minute after which a served node looks again,
are not in it: ``test_served_pair.py`` takes both by the wall clock.

S03 and S04 are played in a browser (``tests/web/test_browser_referrals.py``), S06 on nodes
(``test_redress_desk.py``) and in a browser (``tests/web/test_browser_redress.py``); S07 is the work
of ``test_two_worlds.py``, ``test_partner_trail.py`` and ``tests/exchange``. Of S03, only here: the
offer of a scan does not lift the flag (S03.2), and the month's report has the ground (S03.3). Of
S04, the text of an exception as it was on an earlier day (S04.3) is in ``test_waiver_texts.py``; not
here: agreement of two units (S04.1), which is about people.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import io
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import msgspec
import pytest
from test_around import keep

import worlds
from case_worlds import NAMED, PHOTO
from case_worlds import take as take_evidence
from entry_worlds import entries_clause
from esclusa.casework.referral_words import final
from esclusa.errors import StateError
from esclusa.model import (
    Consignment,
    Level,
    Marking,
    Place,
    Record,
    TransportEquipment,
    TransportEvent,
    Voyage,
)
from esclusa.node import Node
from esclusa.sharing.agreement.shape import Clause
from esclusa.sharing.facts import plain
from esclusa.sharing.reader import Role
from esclusa.sharing.views import QueueFilter
from exchange_cases import (
    BOX,
    OTHER_BOX,
    Bill,
    leaves,
    manifest,
    receipts,
    record_of,
    refused,
    traces,
)
from exchange_worlds import World, for_partners, officer, own, take_in
from referral_worlds import ASKING, HOST, bill, facts, go, history, made, request, state_at

ELSEWHERE: Final = "altamira"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Marisol, the host, and Northreach, whose agreement names cargo, referrals and examinations."""
    with made(tmp_path_factory.mktemp("scenarios")) as two:
        for node in two.nodes.values():
            node.casework_reports.now = two.clock
        yield two


@pytest.fixture(scope="module")
def joint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Three nodes that give each other what happened to boxes, with seals, and entries of their own
    lists, and no manifest: Marisol to both others, Altamira to Northreach."""
    three = World(tmp_path_factory.mktemp("joint"), HOST, ASKING, ELSEWHERE)
    for giver, to, third in ((HOST, ASKING, ELSEWHERE), (HOST, ELSEWHERE, ASKING),
                             (ELSEWHERE, ASKING, HOST)):  # fmt: skip
        clauses = (_events(giver, third), entries_clause(giver))
        three.agree(giver, to, id=f"{giver}-{to}", clauses=clauses)
    yield three
    three.close()


def _events(giver: str, third: str) -> Clause:
    return msgspec.convert({
        "id": "events", "giver": giver, "kind": "transport_event", "purposes": ["targeting"],
        "level": "restricted", "caveats": [], "onward": {"rule": "within", "agencies": [third]},
        "retention_days": 365, "lease_hours": 168,
        "fields": [{"do": "keep", "paths": [
            "{event,stage,occurred}", "place.{code,scheme}", "equipment.number",
            "equipment.seals.*.{number,affixed_by}",
        ]}],
    }, Clause)  # fmt: skip


OPENED_IN: Final = "2026"
"""The year in which boxes were opened, says ``worlds.examined``."""


def figures(world: World, agency: str) -> dict[str, Any]:
    """Return the figures of a node's reports on that year and on this one, together, as ``figure``
    or ``figure/part``; shares, as pairs, of this one."""
    node, found = world[agency], dict[str, Any]()
    for year in sorted({OPENED_IN, f"{world.clock():%Y}"}):
        view = node.casework_reports.report(officer(node, role=Role.SUPERVISOR), year)
        for row in (row for section in view.sections for row in section.rows):
            cell, key = row.cells["now"], f"{row.figure}/{row.part}".rstrip("/")
            if row.unit == "count":
                found[key] = found.get(key, 0) + (cell.number or 0)
            else:
                found[key] = (cell.number, cell.of)
    return found


def of_both(world: World) -> dict[str, dict[str, Any]]:
    return {agency: figures(world, agency) for agency in (HOST, ASKING)}


def grown(before: dict[str, Any], after: dict[str, Any]) -> dict[str, int]:
    """Return by how much each count has changed."""
    counts = {key for key, value in after.items() if isinstance(value, int)}
    found = {key: after[key] - before.get(key, 0) for key in counts}
    return {key: more for key, more in found.items() if more}


def later(world: World, minutes: float) -> None:
    world.clock.ahead += dt.timedelta(minutes=minutes)


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Fail when the block takes more CPU seconds."""
    began = time.process_time()
    yield
    assert time.process_time() - began < seconds


# --- S01: late, amended and deleted manifest ------------------------------------------------------

FILED, AMENDED, OTHER_CONSIGNEE, DELETED = (
    range(1, 401),
    range(10, 20),
    range(20, 22),
    range(30, 33),
)
"""400 bills filed, 12 amended of which 2 change the consignee, 3 deleted."""
SEEN_WITHIN = 60.0
"""Seconds in which the partner sees a released change."""


def told(numbers: range, change: str = "", function: str = "9", firm: str = "") -> bytes:
    """Return a manifest of bills, ``function`` as UN/EDIFACT 1225 has it."""
    return worlds.cuscar(
        *((f"K{n}", firm or f"FIRMA {n % 70} SA", f"MACHINE PARTS {n}{change}") for n in numbers),
        function=function,
    )  # fmt: skip


def live(node: Node) -> dict[str, Record]:
    """Return the bills in force by their numbers."""
    return {item.body.bill: item for item in own(node)
            if isinstance(item.body, Consignment) and item.body.bill.startswith("K")
            and item.body.bill[1:].isdigit()}  # fmt: skip


def is_the_same_at_both_ends(world: World) -> None:
    """Every bill stands at the partner as its latest version, in all that the agreement gives."""
    here, there = live(world[HOST]), live(world[ASKING])
    assert here.keys() == there.keys()
    for number, record in here.items():
        plan = world[HOST].exchange.planned(record, ASKING)
        assert plan is not None
        given = {one.at: str(one.value) for one in plan.fields if one.outcome != "withheld"}
        body = leaves(plain(there[number].body))
        assert {at: value for at, value in body.items() if at.split(".")[-1] != "kind"} == given


def test_s01_late_amended_and_deleted_manifest(world: World) -> None:
    """Old versions are readable where the carrier filed them and not at the partner: what a copy
    said before is erased there with what replaces it, which S01.2 leaves open."""
    node, there, mark = world[HOST], world[ASKING], for_partners(ASKING)

    def carry() -> None:
        with within(SEEN_WITHIN):  # S01.1
            node.exchange.publish()
            world.sync(HOST, ASKING)

    take_in(node, mark, first := told(FILED), "filed.edi")
    carry()
    assert len(live(there)) == 400
    before = live(node)
    take_in(node, mark, told(AMENDED, " AMENDED", "4"), "amended.edi")
    take_in(node, mark, told(OTHER_CONSIGNEE, "", "4", "OTRA FIRMA SA"), "consignees.edi")
    carry()
    is_the_same_at_both_ends(world)  # S01.2
    stood = of_both(world)
    assert live(there)["K10"].body.goods[0].description == "MACHINE PARTS 10 AMENDED"
    old = node.record(officer(node), before["K10"].id, version=1)
    assert "MACHINE PARTS 10 AMENDED" not in str(old.facts)
    assert "MACHINE PARTS 10" in str(old.facts)

    # A referral, a find and an alert on a bill that is deleted then: counted now, and in no rate.
    mapping = io.BytesIO(worlds.sample("examinations.toml"))
    node.add_mapping(node.operator(), "examinations.toml", mapping)
    looked = worlds.examined(("E1", "found", "", "K30", "value", "1"),
                             ("E2", "found", "", "K40", "value", "1"))  # fmt: skip
    take_in(node, mark, looked, "looked.csv")
    name = request(world, live(there)["K31"].id).row.id
    carry()
    for agency, side in ((ASKING, "sent"), (HOST, "received")):
        more = grown(stood[agency], figures(world, agency))
        assert (more["rules_answered"], more["rules_found"], more[f"{side}_asked"]) == (2, 2, 1)

    take_in(node, mark, told(DELETED, "", "1"), "deleted.edi")
    carry()
    for agency in (HOST, ASKING):
        world[agency].exchange.tick()
    carry()
    assert len(live(node)) == len(live(there)) == 397  # S01.3
    is_the_same_at_both_ends(world)
    for agency, side in ((ASKING, "sent"), (HOST, "received")):  # S01.4
        now = figures(world, agency)
        more = grown(stood[agency], now)
        assert (more["rules_answered"], more["rules_found"], more[f"{side}_void"]) == (1, 1, 1)
        assert f"{side}_asked" not in more
        assert now[f"{side}_share"] == stood[agency][f"{side}_share"]
        assert state_at(world, agency, name) == "void"
        waiting = world[agency].queue(officer(world[agency]), QueueFilter(limit=200))
        assert not {"NRCH K30", "NRCH K31", "NRCH K32"} & {row.title for row in waiting.rows}
    later(world, 24 * 60)
    there.exchange.tick()
    assert state_at(world, ASKING, name) == "void"  # not "no answer"

    last = {agency: versions(world[agency]) for agency in (HOST, ASKING)}
    take_in(node, mark, first, "filed.edi")
    assert node.exchange.publish() == 0
    carry()
    assert {agency: versions(world[agency]) for agency in (HOST, ASKING)} == last  # S01.5


def versions(node: Node) -> dict[str, tuple[int, str]]:
    return {number: (record.version, str(record.body)) for number, record in live(node).items()}


# --- S02: a referral that ends in a seizure --------------------------------------------------------

REASONS = ("C08", "C18", "C27")
CUT_OFF_HOURS, MASS_KG, DECIDED_WITHIN = 9, 112.0, dt.timedelta(hours=2)
AT = {"request": 10, "accept": 25, "scan": 26, "scan_anomaly": 80, "examine": 81, "seize": 150}
"""Minutes of the scenario at which each step is made."""
TOLD_WITHIN = 300.0
"""Seconds in which the outcome is in the rules' statistics of both nodes."""
REEFER = Consignment(
    carrier="NRCH", bill="REEFER1", voyage=Voyage(reference="0412N"),
    load_port=Place(code="ECGYE", scheme="unlocode"),
    transhipment_ports=(Place(code="PAMIT", scheme="unlocode"),),
    discharge_port=Place(code="NLRTM", scheme="unlocode"),
    equipment=(TransportEquipment(number=BOX, number_valid=True, size_type="45R1"),),
)  # fmt: skip
"""A refrigerated box from Guayaquil by Panama to Rotterdam."""


def refusal(world: World) -> TransportEvent:
    """Return what says that a port sent the box back two months ago."""
    day = (world.clock() - dt.timedelta(days=60)).date().isoformat()
    return TransportEvent(event="refuse", occurred=day, equipment=REEFER.equipment[0], bill="OLD")


def codes_of(node: Node, record: str) -> set[str]:
    alert = node.record(officer(node), record).alert
    return {reason.code for reason in alert.alert.reasons} if alert else set()


def test_s02_a_referral_that_ends_in_a_seizure(world: World) -> None:
    """S02.5, that no officer's name leaves, is held by ``test_shown_names.py``: a step carries the
    service number of the account that made it, once it has one."""
    ids = {}
    for agency in (HOST, ASKING):
        keep(world[agency], refusal(world), days=60)
        keep(world[agency], REEFER)
        (ids[agency],) = [item.id for item in own(world[agency]) if item.body.bill == "REEFER1"]
        assert set(REASONS) <= codes_of(world[agency], ids[agency])
    done = 0
    before = of_both(world)
    name = ""
    for move, minute in AT.items():
        later(world, minute - done)
        done = minute
        if move == "request":
            name = request(world, ids[ASKING], hours=CUT_OFF_HOURS).row.id
            world.sync(HOST, ASKING)
        elif move == "seize":
            with within(TOLD_WITHIN):
                go(world, name, move, mass_kg=f"{MASS_KG:g}",
                   concealment="behind the doors; two spare seals")  # fmt: skip
                after = of_both(world)
        else:
            go(world, name, move)

    for agency in (HOST, ASKING):
        node, told = world[agency], history(world, agency, name)
        assert [step[0] for step in told] == list(AT)
        assert [step[4] for step in told if step[4] in final()] == ["seizure"]  # S02.1
        assert told == history(world, HOST, name)
        (found,) = node.outcomes(officer(node)).filter(subject=ids[agency]).rows(named=True)
        assert (found["found"], found["event"]) == (True, name)
        more = grown(before[agency], after[agency])
        for figure in ("rules_answered", "rules_found"):  # S02.3
            assert [more[f"{figure}/{code}"] for code in REASONS] == [1, 1, 1]

    row = world[HOST].referral_desk.show(officer(world[HOST]), name)
    at = {step.move.code: dt.datetime.fromisoformat(step.at) for step in row.steps}
    assert at["accept"] - at["request"] <= DECIDED_WITHIN  # S02.2
    assert at["seize"] <= dt.datetime.fromisoformat(row.row.clock.cut_off)


def test_s02_what_was_taken_is_exported_with_hashes_and_its_custody(world: World) -> None:
    """S02.4, at the host."""
    node, name = world[HOST], request(world, bill(world)).row.id
    world.sync(HOST, ASKING)
    go(world, name, "accept", "scan", "scan_anomaly", "examine", "seize")
    hugo, room = officer(node), node.case_desk
    case = room.open(hugo, NAMED, kind="referral", item=name, why="two spare seals").row.id
    take_evidence(node, case, by=hugo)
    (file,) = room.show(hugo, case).evidence
    assert [step.move.code for step in file.custody] == ["take_in"]
    package = room.export(hugo, case, {"to": "the court of Puerto Ceiba", "why": "for the trial"})
    with package.file as sealed_:
        known, members = room.verify_package(hugo, case, sealed_, package.name)
    assert known
    assert {one.result.code for one in members} == {"intact"}
    assert hashlib.sha256(PHOTO).hexdigest() == file.sha256
    assert file.sha256 in {one.sha256 for one in members}
    (file,) = room.show(hugo, case).evidence
    assert [step.move.code for step in file.custody] == ["take_in", "read"]


# --- S03: declined, then do not load ---------------------------------------------------------------


def test_s03_an_offer_of_a_scan_lifts_nothing_and_the_report_has_the_ground(world: World) -> None:
    before = of_both(world)
    name = request(world, bill(world)).row.id
    world.sync(HOST, ASKING)
    go(world, name, "decline", decline_code="own_operation")
    go(world, name, "escalate")
    for step in ("accept", "scan", "scan_clear"):
        assert go(world, name, step).row.do_not_load
    desk = world[ASKING].referral_desk
    assert desk.show(officer(world[ASKING]), name).row.do_not_load
    for move in ("clear", "clear_load", "void"):  # S03.2, S03.4
        refused(lambda move=move: desk.move(
            officer(world[ASKING], role=Role.SUPERVISOR), name, move, _some(move)), StateError)  # fmt: skip
    go(world, name, "clear")
    assert not desk.show(officer(world[ASKING]), name).row.do_not_load
    for agency, side in ((ASKING, "sent"), (HOST, "received")):  # S03.3
        more = grown(before[agency], figures(world, agency))
        for figure in ("asked", "answered", "declined", "grounds/own_operation", "nothing"):
            assert more[f"{side}_{figure}"] == 1, figure


def _some(move: str) -> dict[str, str]:
    state = {"clear": "scan_clear", "clear_load": "escalated", "void": "requested"}[move]
    return facts(move, state)


# --- S05: a cloned seal over three nodes -----------------------------------------------------------

SEAL = "771204"
DETECTED_WITHIN = 120.0


def sealed(world: World, event: str, hours: float, *seals: str) -> bytes:
    """Return a gate report (CODECO) of box A, so many hours ago."""
    at = world.clock() - dt.timedelta(hours=hours)
    marks = "".join(f"SEL+{seal}+CA'" for seal in seals)
    body = (
        f"BGM+{event}+G1+9'TDT+20+0412N+1++NRCH:172:20+++9074729:146::NORTHREACH STAR'"
        f"NAD+CF+NRCH:160:20'EQD+CN+{BOX}+22G1:102:5+++5'DTM+7:{at:%Y%m%d%H%M}:203'"
        f"LOC+165+PAMIT:139:6'{marks}CNT+16:1'"
    )
    return (
        "UNA:+.? 'UNB+UNOA:1+TERM+MARISOL+261123:1200+G1'UNH+1+CODECO:D:95B:UN:ITG14'"
        f"{body}UNT+{body.count(chr(39)) + 2}+1'UNZ+1+G1'"
    ).encode()


OURS: Final = Marking(level=Level.OFFICIAL)
"""What Northreach marks its own bills with: for every purpose, and without a last day. Partners'
copies are for targeting alone, so what they say of such a bill is for whoever may see both."""


def give(world: World, giver: str, data: bytes, *to: str) -> None:
    take_in(world[giver], for_partners(*to), data, "gate.edi")
    world[giver].exchange.publish()
    for partner in to:
        world.sync(giver, partner)


def cloned(node: Node, title: str) -> list[str]:
    """Return what the open alert on a bill says of a seal on two boxes."""
    rows = node.queue(officer(node), QueueFilter()).rows
    return [r.text_en for row in rows if title in row.title for r in row.reasons if r.code == "C15"]


def test_s05_a_cloned_seal_over_three_nodes(joint: World) -> None:
    """The reason names the seal; the three records, each with time and source, stand among the
    links of the record's page (S05.3)."""
    node = joint[ASKING]
    take_in(joint[HOST], for_partners(ASKING), manifest(Bill()), "manifest.edi")
    give(joint, HOST, sealed(joint, "34", 6, SEAL), ASKING)
    give(joint, ELSEWHERE, sealed(joint, "36", 2.7, SEAL), ASKING)
    theirs = Bill(bill="BORDER1", shipper="S", consignee="C", notify="N", goods="G", marks="M",
                  street="S", box=OTHER_BOX, seal=SEAL)  # fmt: skip
    with within(DETECTED_WITHIN):  # S05.1
        take_in(node, OURS, manifest(theirs), "border.edi")
        assert cloned(node, "BORDER1") == [f"Seal {SEAL} is also on another container."]
    for agency in (ASKING, ELSEWHERE):  # S05.2
        assert traces(joint[agency], b"KANARI") == []
    assert {item.originator for item in own(node)} == {ASKING}
    assert own(joint[ELSEWHERE]) == [] and len(own(joint[HOST])) == 1

    record = record_of(node, "BORDER1")
    links = [one for one in node.record(officer(node), record.id).links if one.kind != "alert"]
    pages = [node.record(officer(node), one.record_id) for one in links if "seal" in one.relation]
    assert {page.originator for page in pages} == {HOST, ELSEWHERE}
    assert all(BOX in page.title and SEAL in str(page.facts) for page in pages)
    times = {fact for page in pages for fact in str(page.facts).split("'") if "T" in fact}
    assert len({one[:16] for one in times if one[:2] == "20"}) == 2


# --- S08: recall and correction ---------------------------------------------------------------------

WRONG = ("990001", "990002", "990003")
"""Seals that Marisol noted on the wrong box; an alert rests on each."""


def test_s08_recall_and_correction(joint: World) -> None:
    """Marisol takes back what it said of a box: two nodes hold it, of which one is away, and three
    alerts rest on it. Five holders, and every order of losses, are in ``tests/exchange``."""
    node, giver, away = joint[ASKING], joint[HOST], joint[ELSEWHERE]
    worlds.with_list(node, "own", ("x1", "DUDOSA TRADING"))
    give(joint, HOST, sealed(joint, "34", 6, *WRONG), ASKING, ELSEWHERE)
    (wrong,) = [item for item in own(giver, "transport_event") if WRONG[0] in str(item.body)]
    for number, seal in enumerate(WRONG):
        said = Bill(bill=f"REST{number}", shipper="S", notify="N", consignee="DUDOSA TRADING",
                    goods="G", marks="M", street="S", box=f"MSKU900000{number}", seal=seal)  # fmt: skip
        take_in(node, OURS, manifest(said), f"rest{number}.edi")
        assert cloned(node, said.bill)
    rest = [row for row in _every(node) if "REST" in row.title]
    assert len(rest) == 3
    for row in rest:
        node.verdict(officer(node), row.alert_id, verdict="refer", reason="the seal is cloned")

    known = {holder: receipts(giver, holder) for holder in (ASKING, ELSEWHERE)}
    holders = giver.exchange.withdraw([wrong.id], by="ana")
    assert set(holders) == {ASKING, ELSEWHERE}
    with within(DETECTED_WITHIN):  # S08.1, the one on line
        joint.sync(HOST, ASKING)
        assert traces(node, b"990001") != []  # its own bill says so; the copy does not
        assert [item for item in own(node, "transport_event") if WRONG[0] in str(item.body)] == []
        again = [row for row in _every(node) if "REST" in row.title]
    assert [(row.state, row.verdict, row.claimed_by) for row in again] == [("new", "", "")] * 3
    assert {r.code for row in again for r in row.reasons} & {"C15"} == set()  # S08.2
    assert all(node.alert(officer(node), row.alert_id).moves == () for row in again)

    assert receipts(giver, ELSEWHERE) == known[ELSEWHERE]
    (copy,) = [item for item in own(away, "transport_event") if WRONG[0] in str(item.body)]
    later(joint, 45)
    with within(DETECTED_WITHIN):  # S08.1, the one that was away
        joint.sync(HOST, ELSEWHERE)
    assert traces(away, *(seal.encode() for seal in WRONG)) == []
    assert away.record(officer(away), copy.id).erased
    for holder in (ASKING, ELSEWHERE):  # S08.3
        (receipt,) = [one for one in receipts(giver, holder) if one not in known[holder]]
        assert (receipt.reason, receipt.erased["tables"] > 0) == ("recall", True)
    auditor = officer(giver, role=Role.AUDITOR)
    lines = giver.audit(auditor, action="exchange:receipt:taken")
    assert {one for line in lines for one in (ASKING, ELSEWHERE) if one in str(line)} == {
        ASKING, ELSEWHERE,
    }  # fmt: skip
    assert [one.check() for one in joint.nodes.values()] == [[], [], []]


WANTED: Final = "EQUIVOCADA CANARIA"


def test_s08_a_wrong_watch_entry(joint: World) -> None:
    """The same with an entry of Marisol's list, on which both others screen: three alerts rest on
    it, each with a reason of Northreach's own beside it."""
    node, giver, away = joint[ASKING], joint[HOST], joint[ELSEWHERE]
    worlds.with_list(node, "beside", ("b1", "BESIDE TRADING"))
    data = io.BytesIO(worlds.list_of(("w1", WANTED)))
    mark = for_partners(ASKING, ELSEWHERE)
    giver.list_desk.add(giver.operator(), "wanted", "wanted", [("w.json", data)], marking=mark)
    giver.exchange.publish()
    for partner in (ASKING, ELSEWHERE):
        joint.sync(HOST, partner)
    for number in range(3):
        said = Bill(bill=f"WATCH{number}", shipper=f"{WANTED} SA", notify="N", goods="G",
                    consignee="BESIDE TRADING", marks="M", street="S",
                    box=f"TCLU710000{number}", seal=f"W{number}")  # fmt: skip
        take_in(node, Marking(level=Level.OFFICIAL), manifest(said), f"watch{number}.edi")
    rest = _of(node, "WATCH")
    assert [sorted(r.code.partition(":")[0] for r in row.reasons if r.source == "list")
            for row in rest] == [["beside", "from-marisol"]] * 3  # fmt: skip
    for row in rest:
        node.verdict(officer(node), row.alert_id, verdict="refer", reason="on Marisol's list")

    (wrong,) = [item for item in own(giver, "list_entry") if WANTED in str(item.body)]
    copies = {holder: item for holder in (ASKING, ELSEWHERE)
              for item in own(joint[holder], "list_entry") if WANTED in str(item.body)}  # fmt: skip
    known = {holder: receipts(giver, holder) for holder in copies}
    assert set(giver.exchange.withdraw([wrong.id], by="ana")) == set(copies)
    with within(DETECTED_WITHIN):  # S08.1, the one on line
        joint.sync(HOST, ASKING)
        again = _of(node, "WATCH")
    assert [(row.state, row.verdict, row.claimed_by) for row in again] == [("new", "", "")] * 3
    assert [[r.code.partition(":")[0] for r in row.reasons if r.source == "list"]
            for row in again] == [["beside"]] * 3  # fmt: skip  # S08.2
    later(joint, 45)
    with within(DETECTED_WITHIN):  # S08.1, the one that was away
        joint.sync(HOST, ELSEWHERE)
    assert traces(away, WANTED.encode()) == []
    for holder in (ASKING, ELSEWHERE):  # S08.3
        assert joint[holder].record(officer(joint[holder]), copies[holder].id).erased
        (receipt,) = [one for one in receipts(giver, holder) if one not in known[holder]]
        assert (receipt.reason, receipt.erased["tables"] > 0) == ("recall", True)
    assert [one.check() for one in joint.nodes.values()] == [[], [], []]


def _of(node: Node, word: str) -> list[Any]:
    return [row for row in _every(node) if word in row.title]


def _every(node: Node) -> list[Any]:
    return list(node.queue(officer(node), QueueFilter(state="all", limit=200)).rows)
