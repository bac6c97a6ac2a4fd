"""Cases shared between two joined nodes: Marisol owns them, Northreach is the guest. About 14 s of
CPU."""

from __future__ import annotations

import io
import random
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from esclusa.casework.forms import MoveMistakes
from esclusa.errors import AgreementError, InputError, NotFound, StateError
from esclusa.model import Level, Marking
from esclusa.node.case_writing import Wanted
from esclusa.sharing.agreement.shape import Rule
from esclusa.sharing.reader import Reader
from exchange_cases import Bill, give, held, manifest, record_of, traces
from exchange_worlds import World, officer, own, take_in
from joint_worlds import (
    DUE,
    GUEST,
    OWNER,
    WHY,
    history,
    joint_at,
    later,
    made,
    opened,
    share,
    standing,
    step,
    take,
    take_up,
)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """One pair of nodes for all tests here; each test has its own cases."""
    with made(tmp_path_factory.mktemp("joint")) as two:
        yield two


def desk(world: World, agency: str) -> Any:
    return world[agency].joint_desk


def shared_as(world: World, case: str) -> str:
    """Return the name of a case's last sharing."""
    steps = world[OWNER].case_desk.show(officer(world[OWNER]), case).steps
    return [one.step for one in steps if one.move.code == "share"][-1]


def both(world: World, joint: str) -> tuple[Any, Any]:
    """Return the joint case at both sides, which show one history."""
    one, other = (joint_at(world, agency, joint) for agency in (OWNER, GUEST))
    assert history(one) == history(other)
    assert standing(one) == standing(other)
    assert one.version == other.version
    return one, other


def test_a_case_is_shared_worked_on_by_both_and_has_one_history(world: World) -> None:
    case = opened(world)
    step(world, OWNER, case, "note", text="the seal differs")
    joint = share(world, case)
    (row,) = [row for row in desk(world, GUEST).joints(officer(world[GUEST])) if row.id == joint]
    assert (row.side, row.partner, row.theirs.code, row.case) == (
        "guest",
        OWNER,
        "not_taken_up",
        "",
    )
    home = take_up(world, joint)
    assert desk(world, GUEST).show(officer(world[GUEST]), joint).row.case == home
    step(world, GUEST, home, "note", text="our camera saw it")
    step(world, OWNER, case, "start")
    step(world, OWNER, case, "task", task="check the gate", member=f"@{GUEST}", due=DUE)
    take(world, GUEST, home, b"their photo", "gate.jpg")
    world.sync(OWNER, GUEST)
    here, there = both(world, joint)
    assert (here.stays, there.stays, here.row.missing) == (None, None, 0)
    assert [t.ours for t in here.tasks] + [t.ours for t in there.tasks] == [False, True]
    (photo,) = here.evidence
    assert (photo.agency, photo.title, photo.size) == (GUEST, "gate.jpg", 11)
    assert not world[OWNER].vault.path(photo.sha256).exists()  # its bytes stayed at home
    say = desk(world, GUEST).done
    say(officer(world[GUEST]), joint, there.tasks[0].name, "nobody passed", version=there.version)
    world.sync(OWNER, GUEST)
    here, _there = both(world, joint)
    assert (here.tasks[0].state.code, here.tasks[0].result) == ("done", "nobody passed")
    assert here.row.state.code == "in_progress"
    assert here.row.theirs.code == "open"
    # The custody of evidence goes on at both.
    _file, stream = world[GUEST].case_desk.read(officer(world[GUEST]), home, _evidence(world, home))
    stream.close()
    world.sync(OWNER, GUEST)
    here, _there = both(world, joint)
    assert [s.move.code for s in here.evidence[0].steps] == ["take_in", "read"]


def _evidence(world: World, home: str) -> str:
    node = world[GUEST]
    return node.case_desk.show(officer(node), home).evidence[0].name


def test_the_preview_is_what_the_partner_then_sees(world: World) -> None:
    case, who = opened(world), officer(world[OWNER])
    take(world, OWNER, case)
    step(world, OWNER, case, "note", text="for us alone", under="home")
    before = desk(world, OWNER).preview(who, case, GUEST, WHY)
    joint = share(world, case)
    there = joint_at(world, GUEST, joint)
    assert [s[1:] for s in history(before)][1:] == [s[1:] for s in history(there)][1:]
    assert [s[1:4] + s[5:] for s in history(before)] == [s[1:4] + s[5:] for s in history(there)]
    assert [s[1:] for s in standing(before)] == [s[1:] for s in standing(there)]
    assert (before.summary, before.reason, before.agreement) == (
        there.summary, there.reason, there.agreement,
    )  # fmt: skip
    assert before.marking.level == there.marking.level


def test_what_stands_higher_or_is_kept_at_home_stays_and_leaves_no_trace(world: World) -> None:
    plain, full = opened(world), opened(world)
    for case in (plain, full):
        step(world, OWNER, case, "note", text="for both")
    joints = [share(world, case) for case in (plain, full)]
    step(world, OWNER, full, "note", text="HIDDEN higher", level=2)
    step(world, OWNER, full, "note", text="HIDDEN at home", under="home")
    task = step(world, OWNER, full, "task", task="HIDDEN task", member="ana", due=DUE,
                under="home").tasks[0].name  # fmt: skip
    step(world, OWNER, full, "done", of=task, result="HIDDEN result")
    step(world, OWNER, full, "join", person="supervisor", note="HIDDEN member")
    node = world[OWNER]
    node.case_desk.export(officer(node), full, {"to": "HIDDEN court"}).file.close()
    for case in (plain, full):
        step(world, OWNER, case, "start")
    before = world[OWNER].exchange.state().outboxes[GUEST].last
    world.sync(OWNER, GUEST)
    assert world[OWNER].exchange.state().outboxes[GUEST].last == before
    views = [joint_at(world, GUEST, joint) for joint in joints]
    told = [[(s.move.code, s.by, *(r.value for r in s.recorded)) for s in v.steps] for v in views]
    assert told[0] == told[1]
    assert (views[0].row.missing, views[1].row.missing) == (0, 0)
    assert traces(world[GUEST], b"HIDDEN") == []


def test_things_are_referred_to_only_where_the_partner_holds_them(world: World) -> None:
    owner, guest = world[OWNER], world[GUEST]
    give(world, Bill(bill="BOTHHOLD"))
    take_in(owner, Marking(level=Level.OFFICIAL), manifest(Bill(bill="OURSALONE")))
    case, desk_, who = opened(world), owner.case_desk, officer(owner)
    ours = {one.body.bill: one.id for one in own(owner)}
    for bill in ("BOTHHOLD", "OURSALONE"):
        desk_.put(who, case, "record", ours[bill], why="seen twice")
    items = {one.title.split()[-1]: one.name for one in desk_.show(who, case).items}
    for name in items.values():
        step(world, OWNER, case, "note", of=name, text="look here")
    step(world, OWNER, case, "take_out", of=items["OURSALONE"], reason="not needed")
    joint = share(world, case)
    view = joint_at(world, GUEST, joint)
    (item,) = view.items
    assert item.item.title.endswith("BOTHHOLD")
    assert guest.record(officer(guest), item.item.id).kind == "consignment"
    codes = [s.move.code for s in view.steps]
    assert codes == ["share", "name", "put", "note", "note"]
    assert [(s.about.endswith("BOTHHOLD"), s.elsewhere) for s in view.steps[3:]] == [
        (True, False), (False, True),
    ]  # fmt: skip
    text = msgspec.json.encode(view)
    for hidden in (b"OURSALONE", ours["OURSALONE"].encode(), ours["BOTHHOLD"].encode()):
        assert hidden not in text
    # Whoever at the guest's may not see the copy is told of no kind, name or id either.
    low = officer(guest, clearance=Level.OFFICIAL, purpose="border_control")
    owner.exchange.withdraw([ours["BOTHHOLD"]], by="test")
    world.sync(OWNER, GUEST)
    gone = desk(world, GUEST).show(low, joint)
    assert [(one.item, one.elsewhere, one.title) for one in gone.items] == [(None, True, "")]
    assert b'"record"' not in msgspec.json.encode(gone.items) + msgspec.json.encode(gone.steps)


def test_a_record_that_came_from_the_partner_is_referred_to_by_the_partners_own_name(
    world: World,
) -> None:
    give(world, Bill(bill="THEIRBILL"))
    node = world[GUEST]  # which owns this case
    (copy,) = held(node, "THEIRBILL")
    case = node.case_desk.open(officer(node), {"title": "theirs"}, kind="record", item=copy.id)
    view = node.joint_desk.share(officer(node), case.row.id, OWNER, WHY)
    world.sync(OWNER, GUEST)
    (item,) = joint_at(world, OWNER, view.row.id).items
    assert item.item.id == record_of(world[OWNER], "THEIRBILL").id


def test_taking_back_recalls_every_step_with_receipts_and_nothing_more_is_told(
    world: World,
) -> None:
    case = opened(world)
    step(world, OWNER, case, "note", text="RECALLME please")
    joint = share(world, case)
    home = take_up(world, joint)
    step(world, GUEST, home, "note", text="theirs to keep")
    world.sync(OWNER, GUEST)
    node, name = world[OWNER], shared_as(world, case)
    with pytest.raises(StateError, match="already"):
        desk(world, OWNER).share(officer(node), case, GUEST, WHY)
    desk(world, OWNER).unshare(officer(node), case, name, "court order")
    view = joint_at(world, OWNER, joint)
    assert (view.ended, view.given, view.back, view.receipts) == (True, 3, 3, 0)
    step(world, OWNER, case, "note", text="RECALLME again")
    world.sync(OWNER, GUEST)
    view = joint_at(world, OWNER, joint)
    assert (view.given, view.back, view.receipts) == (3, 3, 3)
    with pytest.raises(NotFound):
        joint_at(world, GUEST, joint)
    assert traces(world[GUEST], b"RECALLME") == []
    left = world[GUEST].case_desk.show(officer(world[GUEST]), home)
    assert [n.recorded[0].value for n in left.notes] == ["theirs to keep"]
    with pytest.raises(StateError):
        desk(world, OWNER).unshare(officer(node), case, name, "twice")
    again = share(world, case)  # a new sharing is another joint case, with all there is now
    assert again != joint
    assert "RECALLME again" in str(history(joint_at(world, GUEST, again)))


def test_the_guest_takes_its_own_part_back_and_the_owners_stays(world: World) -> None:
    case = opened(world)
    joint = share(world, case)
    home = take_up(world, joint)
    step(world, GUEST, home, "note", text="a slip of the pen")
    world.sync(OWNER, GUEST)
    node = world[GUEST]
    steps = node.case_desk.show(officer(node), home).steps
    (tie,) = [one.step for one in steps if one.move.code == "take_up"]
    desk(world, GUEST).unshare(officer(node), home, tie, "wrong case")
    world.sync(OWNER, GUEST)
    here = joint_at(world, OWNER, joint)
    assert {s.agency for s in here.steps} == {OWNER}
    assert here.row.theirs.code == "not_taken_up"
    assert joint_at(world, GUEST, joint).row.missing == 0


def test_what_is_erased_goes_at_both_and_the_rest_keeps_its_order(world: World) -> None:
    owner = world[OWNER]
    give(world, Bill(bill="ERASEME"))
    record = record_of(owner, "ERASEME")
    case = opened(world)
    view = owner.case_desk.put(officer(owner), case, "record", record.id)
    step(world, OWNER, case, "note", of=view.items[0].name, text="about it")
    joint = share(world, case)
    step(world, OWNER, case, "note", text="last")
    world.sync(OWNER, GUEST)
    both(world, joint)
    owner.erase(owner.administrator(), record.id, reason="court order")
    world.sync(OWNER, GUEST)
    here, there = both(world, joint)
    assert [s.move.code for s in here.steps] == ["share", "name", "note"]
    assert (here.row.missing, there.row.missing) == (2, 2)
    owner.exchange.tick()  # what was erased is not told again
    step(world, OWNER, case, "start")
    world.sync(OWNER, GUEST)
    both(world, joint)


def test_what_the_guest_wrote_about_the_owners_record_goes_with_that_at_both(world: World) -> None:
    owner, guest = world[OWNER], world[GUEST]
    give(world, Bill(bill="QUOTEME"))
    joint = share(world, opened(world))
    home = take_up(world, joint)
    (copy,) = held(guest, "QUOTEME")
    view = guest.case_desk.put(officer(guest), home, "record", copy.id)
    step(world, GUEST, home, "note", of=view.items[0].name, text="QUOTEME signed it")
    world.sync(OWNER, GUEST)
    here, _there = both(world, joint)
    assert [s.move.code for s in here.steps] == ["share", "name", "take_up", "put", "note"]
    owner.erase(owner.administrator(), record_of(owner, "QUOTEME").id, reason="court order")
    world.sync(OWNER, GUEST)
    guest.exchange.tick()
    world.sync(OWNER, GUEST)
    here, _there = both(world, joint)
    assert [s.move.code for s in here.steps] == ["share", "name", "take_up"]
    for node in (owner, guest):
        assert traces(node, b"QUOTEME signed it") == []


def test_what_an_interruption_left_is_done_by_the_nodes_tick(world: World) -> None:
    case = opened(world)
    joint = share(world, case)
    owner, broken = world[OWNER], world[OWNER].case_desk.shared
    owner.case_desk.shared = lambda _name: None
    step(world, OWNER, case, "note", text="written, not told")
    owner.case_desk.shared = broken
    world.sync(OWNER, GUEST)
    assert "not told" not in str(history(joint_at(world, GUEST, joint)))
    owner.exchange.tick()
    owner.exchange.tick()
    world.sync(OWNER, GUEST)
    here, _there = both(world, joint)
    assert [s.move.code for s in here.steps] == ["share", "name", "note"]
    recall = desk(world, OWNER)._writing.recall
    desk(world, OWNER)._writing.recall = lambda *_a, **_k: None
    desk(world, OWNER).unshare(officer(owner), case, shared_as(world, case), "power cut")
    desk(world, OWNER)._writing.recall = recall
    owner.exchange.tick()
    world.sync(OWNER, GUEST)
    assert joint_at(world, OWNER, joint).receipts == 3


def test_who_may_share_and_what_is_refused_with_its_reason(world: World) -> None:
    case, owner = opened(world), world[OWNER]
    desk_, who = desk(world, OWNER), officer(owner)
    other = msgspec.structs.replace(who, name="bea")
    with pytest.raises(StateError, match="belongs to the members|lead of the case"):
        desk_.share(other, case, GUEST, WHY)
    with pytest.raises(InputError, match="no partner"):
        desk_.share(who, case, "altamira", WHY)
    with pytest.raises(MoveMistakes, match="reason"):
        desk_.share(who, case, GUEST, " ")
    with pytest.raises(StateError, match="faster"):
        desk_.share(who, case, GUEST, WHY, version="old")
    for move in ("share", "unshare", "take_up"):
        with pytest.raises(InputError, match="not a step that is made like this"):
            owner.case_desk.move(who, case, Wanted(move=move, given={"reason": WHY}))
    joint = share(world, case)
    guest, stranger = desk(world, GUEST), officer(world[GUEST])
    with pytest.raises(StateError, match="case of our own"):
        desk_.take_up(who, joint, {"title": "mine"})
    with pytest.raises(StateError, match="no task|take the case up"):
        guest.done(stranger, joint, "nothing")
    take_up(world, joint)
    with pytest.raises(StateError, match="taken up already"):
        guest.take_up(stranger, joint, {"title": "twice"})
    with pytest.raises(StateError, match="no task"):
        guest.done(stranger, joint, "nothing")
    with pytest.raises(StateError, match="faster"):
        guest.done(stranger, joint, "nothing", version="old")


def test_an_agreement_keeps_fields_back_and_without_its_clause_nothing_is_kept(
    tmp_path: Path,
) -> None:
    narrow = msgspec.convert(
        [{"do": "keep", "paths": [
            "{joint,owner,guest,agency,number,seen,step,of,move,by,at}", "item.{kind,name}",
            "recorded[name=title].{name,value}", "recorded[name=text].{name,value}",
            "file.{sha256,size}",
        ]}, {"do": "mask", "paths": ["file.name"], "last": 4}],
        tuple[Rule, ...],
    )  # fmt: skip
    with made(tmp_path / "narrow", changed={"fields": narrow}) as world:
        case = opened(world)
        take(world, OWNER, case)
        before = desk(world, OWNER).preview(officer(world[OWNER]), case, GUEST, WHY)
        there = joint_at(world, GUEST, share(world, case))
        assert [s[1:4] + s[5:] for s in history(before)] == [s[1:4] + s[5:] for s in history(there)]
        assert (there.summary, there.reason, there.evidence[0].source) == ("", "", "")
        assert there.evidence[0].sha256 and there.evidence[0].title != "seal.jpg"
        top = officer(world[OWNER], clearance=Level.SECRET)
        high = world[OWNER].case_desk.open(top, {"title": "high"}, level=3).row.id
        with pytest.raises(AgreementError, match="nothing would reach"):
            desk(world, OWNER).share(top, high, GUEST, WHY)
    with made(tmp_path / "none", left_out=("cases-to-northreach",)) as world:
        case, who = opened(world), officer(world[OWNER])
        (partner,) = desk(world, OWNER).start(who, case).partners
        assert partner.stays.code == "kind_not_agreed"
        with pytest.raises(AgreementError, match="no steps of joint cases"):
            desk(world, OWNER).share(who, case, GUEST, WHY)
        assert desk(world, OWNER).joints(who) == ()
        assert len(world[OWNER].case_desk.show(who, case).steps) == 2


def test_one_history_at_both_whatever_the_exchange_loses_and_whenever_they_work(
    world: World,
) -> None:
    """Both sides work by chance while batches are lost, repeated or late."""
    case = opened(world)
    joint = share(world, case)
    cases = {OWNER: case, GUEST: take_up(world, joint)}
    chance = random.Random(7)
    for number in range(30):
        agency = chance.choice((OWNER, GUEST))
        node, mine = world[agency], cases[agency]
        later(world, minutes=1)
        view = node.case_desk.show(officer(node), mine)
        tasks = [t.name for t in view.tasks if t.state.code == "waiting"]
        act = chance.choice(("note", "task", "done", "theirs", "carry", "lose", "again"))
        if act == "note":
            step(world, agency, mine, "note", text=f"note {number}")
        elif act == "task":
            other = GUEST if agency == OWNER else OWNER
            step(world, agency, mine, "task", task=f"task {number}", member=f"@{other}", due=DUE)
        elif act == "done" and tasks:
            step(world, agency, mine, "drop", of=tasks[0], reason="not needed")
        elif act == "theirs":
            for task in joint_at(world, agency, joint).tasks:
                if task.ours:
                    node.joint_desk.done(officer(node), joint, task.name)
                    break
        else:
            other = world[GUEST if agency == OWNER else OWNER]
            batch = node.exchange.batch(other.agency, limit=chance.randrange(1, 9))
            for _ in range({"carry": 1, "lose": 0, "again": 2}.get(act, 0)):
                other.exchange.receive(batch)
    world.sync(OWNER, GUEST)
    here, _there = both(world, joint)
    assert here.row.missing == 0
    assert len({s.agency for s in here.steps}) == 2
    assert len(here.steps) > 12


def test_both_parts_stand_in_the_package_of_each_own_case(world: World) -> None:
    case = opened(world)
    share(world, case)
    node = world[OWNER]
    with node.case_desk.export(officer(node), case, {}).file as file:
        data = file.read()
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert GUEST.encode() in archive.read("case.json")


def reader_of_nothing(node: Any) -> Reader:
    return officer(node, clearance=Level.OPEN)


def test_whoever_may_not_see_the_case_may_not_see_the_joint_case(world: World) -> None:
    case = opened(world)
    joint = share(world, case)
    for agency in (OWNER, GUEST):
        node, low = world[agency], reader_of_nothing(world[agency])
        assert [row for row in node.joint_desk.joints(low) if row.id == joint] == []
        for work in (
            lambda d=node.joint_desk, r=low: d.show(r, joint),
            lambda d=node.joint_desk, r=low: d.done(r, joint, "x"),
            lambda d=node.joint_desk, r=low: d.take_up(r, joint, {"title": "mine"}),
        ):
            with pytest.raises(NotFound):
                work()
    with pytest.raises(NotFound):
        desk(world, OWNER).preview(reader_of_nothing(world[OWNER]), case, GUEST)
