"""Told of cases shared with a partner: who works on one, of what, and what no message may tell; one
pair of nodes, 6 s of CPU."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from esclusa.casework.notices import Choice, Way
from esclusa.model import Level
from esclusa.node import Node
from esclusa.sharing.reader import Reader
from exchange_worlds import World
from joint_worlds import DUE, GUEST, OWNER, made, opened, share, step, take_up
from notice_worlds import account

KINDS = ("joint_shared", "joint_moved")
CHOICE = Choice(feed=Way(kinds=KINDS))
LOW = {"clearance": 0}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """One pair of nodes for all tests here; each has its own cases, and its own look before."""
    with made(tmp_path_factory.mktemp("told")) as two:
        for node in two.nodes.values():
            node.notices.tick()
        yield two


@pytest.fixture(scope="module")
def people(world: World) -> dict[str, Reader]:
    """Who is told: at each side a member, one who is none, and one who may not read the case."""
    return {
        f"{name}@{agency}": account(world[agency], name, CHOICE, **{"clearance": 2} | more)
        for agency in (OWNER, GUEST)
        for name, more in (("mia", {}), ("nan", {}), ("lou", LOW))
    }


def told(node: Node, reader: Reader) -> list[tuple[str, str, str]]:
    """Return (kind, title, due) of what waits for somebody; the node looks before."""
    node.notices.tick()
    return [(one.kind.code, one.title_en, one.due) for one in node.notices.waiting(reader)]


def about(world: World, people: dict[str, Reader], who: str) -> list[tuple[str, str]]:
    """Return (kind, title) of what waits for somebody."""
    node = world[who.partition("@")[2]]
    return [one[:2] for one in told(node, people[who])]


def clear(world: World) -> None:
    """Take all out that waits, so that each test begins with nothing."""
    for node in world.nodes.values():
        node.notices.tick()
        with node.store.write() as connection:
            connection.exec_driver_sql("DELETE FROM notice_item")


def case_of(world: World, people: dict[str, Reader], *, low: bool = False) -> tuple[str, str]:
    """Share a case that ``mia`` leads, and return its name and that of the joint case."""
    mia = people[f"mia@{OWNER}"]
    more: dict[str, Any] = {"level": 0} if low else {}
    name = world[OWNER].case_desk.open(mia, {"title": "Boxes of Altamira"}, **more).row.id
    joint = world[OWNER].joint_desk.share(mia, name, GUEST, "they see the same boxes").row.id
    world.sync(OWNER, GUEST)
    return name, joint


def taken_up(world: World, people: dict[str, Reader], joint: str) -> str:
    mia = people[f"mia@{GUEST}"]
    view = world[GUEST].joint_desk.take_up(mia, joint, {"title": "Theirs and ours"})
    world.sync(OWNER, GUEST)
    return view.row.id


def test_a_shared_case_is_told_to_who_may_take_it_up_until_somebody_does(
    world: World, people: dict[str, Reader]
) -> None:
    clear(world)
    _case, joint = case_of(world, people)
    waits = [("joint_shared", f"Boxes of Altamira ({OWNER})")]
    assert about(world, people, f"mia@{GUEST}") == waits
    assert about(world, people, f"nan@{GUEST}") == waits
    assert about(world, people, f"lou@{GUEST}") == []
    assert about(world, people, f"mia@{OWNER}") == []  # it is our own doing
    taken_up(world, people, joint)
    assert about(world, people, f"nan@{GUEST}") == []


def test_each_side_is_told_of_the_other_sides_steps_and_only_its_members_are(
    world: World, people: dict[str, Reader]
) -> None:
    clear(world)
    case, joint = case_of(world, people)
    home = taken_up(world, people, joint)
    assert about(world, people, f"mia@{OWNER}") == [
        ("joint_moved", f"Boxes of Altamira: Take up a shared case ({GUEST})")
    ]
    assert about(world, people, f"nan@{OWNER}") == []
    clear(world)
    mia = people[f"mia@{OWNER}"]
    step(world, OWNER, case, "note", by=mia, text="the seal differs")
    step(world, OWNER, case, "task", by=mia, task="look at the gate", member=f"@{GUEST}", due=DUE)
    world.sync(OWNER, GUEST)
    here = told(world[GUEST], people[f"mia@{GUEST}"])
    # What comes at once is one line, of the last; what we are to do stands with its time.
    assert here == [
        ("joint_moved", f"Theirs and ours: Set a task ({OWNER})", "2030-12-01T10:00:00.000000Z")
    ]
    assert about(world, people, f"mia@{OWNER}") == []  # own steps tell nobody here
    step(world, GUEST, home, "join", by=people[f"mia@{GUEST}"], person="nan")
    step(world, OWNER, case, "start", by=mia)
    world.sync(OWNER, GUEST)
    assert about(world, people, f"nan@{GUEST}") == [
        ("joint_moved", f"Theirs and ours: Start work ({OWNER})")
    ]
    step(world, GUEST, home, "leave", by=people[f"mia@{GUEST}"], member="nan", reason="on leave")
    assert about(world, people, f"nan@{GUEST}") == []
    assert about(world, people, f"lou@{GUEST}") == []


def test_what_was_taken_back_is_told_no_more(world: World, people: dict[str, Reader]) -> None:
    clear(world)
    case, joint = case_of(world, people)
    taken_up(world, people, joint)
    mia = people[f"mia@{OWNER}"]
    step(world, OWNER, case, "note", by=mia, text="for both")
    world.sync(OWNER, GUEST)
    assert about(world, people, f"mia@{GUEST}") != []
    shared = [
        s.step for s in world[OWNER].case_desk.show(mia, case).steps if s.move.code == "share"
    ]
    world[OWNER].joint_desk.unshare(mia, case, shared[-1], "sent by mistake")
    world.sync(OWNER, GUEST)
    assert about(world, people, f"mia@{GUEST}") == []
    assert about(world, people, f"mia@{OWNER}") == []  # we ended it: nothing of it waits here


def test_what_stays_at_home_is_told_to_nobody_over_there(
    world: World, people: dict[str, Reader]
) -> None:
    clear(world)
    case, joint = case_of(world, people)
    taken_up(world, people, joint)
    clear(world)
    mia = people[f"mia@{OWNER}"]
    step(world, OWNER, case, "note", by=mia, text="GHOST", under="home")
    top = account(world[OWNER], "top", CHOICE, role="supervisor", clearance=int(Level.SECRET))
    step(world, OWNER, case, "note", by=top, text="GHOST", level=4)
    world.sync(OWNER, GUEST)
    assert about(world, people, f"mia@{GUEST}") == []


def test_a_message_outside_names_the_partners_step_only_where_copies_may_go(
    world: World, people: dict[str, Reader]
) -> None:
    clear(world)
    _case, joint = case_of(world, people)
    home = taken_up(world, people, joint)
    clear(world)
    line = f"Boxes of Altamira: Write a note ({GUEST})"
    paths = {agency: feed_of(world[agency], people[f"mia@{agency}"]) for agency in (OWNER, GUEST)}
    for copies, shown in ((False, False), (True, True)):
        said = {}
        for agency, case in ((GUEST, home), (OWNER, _case)):
            say(world[agency], f"level = 2\nwaits = 2\ncopies = {str(copies).lower()}")
            step(world, agency, case, "note", by=people[f"mia@{agency}"], text="for both")
        world.sync(OWNER, GUEST)
        for agency, path in paths.items():
            world[agency].notices.tick()
            said[agency] = world[agency].notices.feed(path).body.decode()
            assert "<entry>" in said[agency]  # that something waits is said in any case
        assert (line in said[OWNER]) == shown
        # A case of our own that rests on theirs carries their handling code: no content outside.
        assert "Theirs and ours" not in said[GUEST]
        clear(world)


def feed_of(node: Node, reader: Reader) -> str:
    return node.notices.make_feed(reader).path.rpartition("/")[2]


def say(node: Node, limits: str) -> None:
    text = f'address = "https://esclusa.example"\n[feed]\non = true\n{limits}\n'
    (node.folder / "notices.toml").write_text(text)


def test_opened_cases_that_nobody_shares_tell_nothing(
    world: World, people: dict[str, Reader]
) -> None:
    clear(world)
    case = opened(world)
    step(world, OWNER, case, "note", text="at home")
    joint = share(world, opened(world))
    take_up(world, joint)  # officers of the tests have no account: nobody is told
    for who in people:
        assert [kind for kind, _title in about(world, people, who)] in ([], ["joint_shared"])
