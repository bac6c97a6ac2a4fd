"""What a case holds that a partner may not know of changes nothing at the partner, nor for those here
who may not see it. About 9 s of CPU.

In both worlds the same people share the same case; in one of them more happens besides, between all
that: higher steps, steps kept at home, things that the partner does not hold, members, exports.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from test_case_worlds import told

import joint_worlds
from esclusa.casework.notices import Choice, Way
from esclusa.errors import EsclusaError
from esclusa.ledger import notices
from esclusa.model import Level, Marking
from esclusa.sharing.reader import Reader, Role
from exchange_cases import Bill, give, manifest, record_of
from exchange_worlds import World, officer, take_in
from joint_worlds import DUE, GUEST, OWNER, WHY, made, share, step, take, take_up
from notice_worlds import account
from twins import blank as without_times

_KEYED = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}")
"""The name of a record between partners: made with a secret of its node, so another in each world.
"""


def blank(text: str) -> str:
    """Return a text without today's times and without keyed names."""
    return _KEYED.sub("NAME", without_times(text))


class Names:
    """Names of open steps are the same in both worlds; those of hidden ones come from elsewhere."""

    def __init__(self, node: Any, start: int) -> None:
        self._open, self._hidden = start, 0xFF00
        self.hidden = False
        node.case_desk.new_name = self.next

    def next(self) -> str:
        if self.hidden:
            self._hidden += 1
            return f"{self._hidden:016x}"
        self._open += 1
        return f"{self._open:016x}"


def lived(folder: Path, *, secret: bool) -> tuple[World, str]:
    """Return a pair of nodes with a shared case, and in secret with more in it; and the name of the
    joint case."""
    world = made(folder)
    owner = world[OWNER]
    names = Names(owner, 0xC9)
    Names(world[GUEST], 0xD000)
    owner.case_desk.now = world[GUEST].case_desk.now = lambda: joint_worlds.FIXED
    top = officer(owner, role=Role.SUPERVISOR, clearance=Level.SECRET)

    def hidden(*works: Any) -> None:
        names.hidden = True
        for work in works if secret else ():
            work()
        names.hidden = False

    give(world, Bill())
    shown = record_of(owner, "KANARIBILL").id
    take_in(owner, Marking(level=Level.OFFICIAL), manifest(Bill(bill="GHOSTBILL")), "g.edi")
    ghost = record_of(owner, "GHOSTBILL").id
    desk, who = owner.case_desk, officer(owner)
    name = desk.open(who, {"title": "Boxes"}, kind="record", item=shown).row.id

    def put_and_take_out() -> None:
        view = desk.put(top, name, "record", ghost, why="GHOST")
        step(world, OWNER, name, "task", by=top, task="GHOST", member="ana", due=DUE, under="home")
        step(world, OWNER, name, "take_out", by=top, of=view.items[-1].name, reason="GHOST")

    def export() -> None:
        desk.export(top, name, {"to": "GHOST"}).file.close()

    def note(text: str, **more: Any) -> Any:
        return lambda: step(world, OWNER, name, "note", by=top, text=text, **more)

    hidden(put_and_take_out, note("GHOST higher", level=4), note("GHOST home", under="home"))
    step(world, OWNER, name, "note", text="for both")
    joint = share(world, name)
    hidden(
        note("GHOST after", level=3),
        lambda: step(world, OWNER, name, "join", by=top, person="supervisor"),
        lambda: take(world, OWNER, name, b"GHOST", "GHOST.pdf", under="home"),
        export,
        lambda: joint_worlds.hide(owner),
    )
    home = take_up(world, joint)
    step(world, GUEST, home, "note", text="theirs")
    step(world, OWNER, name, "task", task="look", member=f"@{GUEST}", due=DUE)
    hidden(note("GHOST last", under="home"))
    world.sync(OWNER, GUEST)
    return world, joint


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[tuple[World, str]]]:
    folder = tmp_path_factory.mktemp("joint")
    pairs = [lived(folder / str(secret), secret=secret) for secret in (False, True)]
    yield pairs
    for world, _joint in pairs:
        world.close()


def everything(world: World, joint: str, agency: str, who: Reader) -> dict[str, str]:
    desk = world[agency].joint_desk
    seen = {"list": told(lambda: desk.joints(who))}
    for name in (joint, joint_worlds.HIDDEN, "nothing"):
        seen[f"show {name}"] = told(lambda n=name: desk.show(who, n))
        seen[f"take up {name}"] = told(lambda n=name: desk.take_up(who, n, {"title": ""}))
        for task in ("nothing", "g3"):
            seen[f"done {name} {task}"] = told(lambda n=name, t=task: desk.done(who, n, t))
    return {key: blank(value) for key, value in seen.items()}


def test_the_secret_world_really_holds_more(both: list[tuple[World, str]]) -> None:
    (plain, _one), (full, _other) = both
    counts = []
    for world in (plain, full):
        node = world[OWNER]
        top = officer(node, role=Role.SUPERVISOR, clearance=Level.SECRET)
        row = node.case_desk.cases(top).rows[0]
        counts.append(len(node.case_desk.show(top, row.id).steps))
    assert counts[1] >= counts[0] + 10


@pytest.mark.parametrize("level", [Level.OPEN, Level.OFFICIAL, Level.RESTRICTED])
def test_nothing_at_the_partner_tells_the_worlds_apart(
    both: list[tuple[World, str]], level: Level
) -> None:
    read = [
        everything(world, joint, GUEST, officer(world[GUEST], clearance=level))
        for world, joint in both
    ]
    assert read[0] == read[1]
    assert "GHOST" not in "".join(read[1].values())
    assert ("for both" in "".join(read[1].values())) == (level >= Level.OFFICIAL)


def test_as_many_messages_went_and_no_byte_of_what_stays_is_at_the_partner(
    both: list[tuple[World, str]],
) -> None:
    last = [world[OWNER].exchange.state().outboxes[GUEST].last for world, _joint in both]
    assert last[0] == last[1]
    copies = [
        sorted(
            blank(bytes(copy.content.body).decode())
            for copy in world[GUEST].exchange.state().copies.values()
            if copy.content is not None and copy.kind == "joint_case_move"
        )
        for world, _joint in both
    ]  # fmt: skip
    assert copies[0] == copies[1]
    assert len(copies[0]) == 5


def test_who_may_not_see_it_here_is_told_the_same_in_both_worlds(
    both: list[tuple[World, str]],
) -> None:
    read = []
    for world, joint in both:
        node = world[OWNER]
        low = officer(node, clearance=Level.OFFICIAL)
        seen = everything(world, joint, OWNER, low)
        case = node.joint_desk.show(low, joint).row.case
        seen["start"] = told(lambda n=node, w=low, c=case: n.joint_desk.start(w, c).partners)
        look = lambda n=node, w=low, c=case: n.joint_desk.preview(w, c, GUEST, WHY)  # noqa: E731
        seen["preview"] = blank(told(look))
        # What its own case holds of steps kept at home is its reader's; the joint case has none.
        read.append(seen)
    assert read[0] == read[1]
    assert "GHOST" not in "".join(read[1].values())


def test_errors_are_the_same_for_what_is_hidden_and_what_is_nowhere(
    both: list[tuple[World, str]],
) -> None:
    world, _joint = both[1]
    desk, low = world[OWNER].joint_desk, officer(world[OWNER])
    said = []
    for name in (joint_worlds.HIDDEN, "nothing"):
        with pytest.raises(EsclusaError) as caught:
            desk.show(low, name)
        said.append(str(caught.value))
    assert said[0] == said[1]
    assert msgspec.json.encode(said)


def _told_of(world: World, agency: str, level: Level) -> str:
    """Return what waits for the lead of the case at one side, were all of it new, and what a feed
    says outside under a limit that lets titles go."""
    node = world[agency]
    text = 'address = "https://esclusa.example"\n[feed]\non = true\nlevel = 2\nwaits = 2\ncopies = true\n'
    (node.folder / "notices.toml").write_text(text)
    names = itertools.count(1)
    node.notices.outbox.name = lambda: f"{next(names):032x}"
    node.notices.outbox._entered.clear()  # what it entered for the account before was taken out
    try:
        choice = Choice(feed=Way(kinds=("joint_shared", "joint_moved")))
        ana = account(node, "ana", choice, clearance=int(level))
        feed = node.notices.make_feed(ana).path.rpartition("/")[2]
        with node.store.write() as connection:
            connection.exec_driver_sql("UPDATE notice_choice SET since = '2026-01-01T00:00:00Z'")
            notices.set_mark(connection, "records", "0")
        node.notices.tick()
        waits = [(one.kind.code, one.title_en, one.due) for one in node.notices.waiting(ana)]
        outside = node.notices.feed(feed).body.decode()
    finally:
        with node.store.write() as connection:
            connection.exec_driver_sql("DELETE FROM account WHERE name = 'ana'")
            for table in ("notice_item", "notice_message", "notice_choice"):
                connection.exec_driver_sql(f"DELETE FROM {table} WHERE account = 'ana'")
    return blank(f"{waits}\n{re.sub('urn:uuid:[0-9a-f-]+', 'ID', outside)}")


@pytest.mark.parametrize("level", [Level.OPEN, Level.OFFICIAL, Level.RESTRICTED])
@pytest.mark.parametrize("agency", [OWNER, GUEST])
def test_a_notice_of_a_shared_case_is_the_same_in_both_worlds(
    both: list[tuple[World, str]], agency: str, level: Level
) -> None:
    said = [_told_of(world, agency, level) for world, _joint in both]
    assert said[0] == said[1]
    assert "GHOST" not in said[1]
    assert ("joint_moved" in said[1]) == (level >= Level.OFFICIAL)
