"""What partners gave, in a case: hidden with the lease, erased with the recall, and the case stays.
About 9 s of CPU."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Iterator
from pathlib import Path

import pytest

import referral_worlds
import request_worlds
from case_worlds import DUE, NAMED, PHOTO, TAKEN
from esclusa.node import Node
from esclusa.node.case_writing import Wanted
from esclusa.sharing.case_views import CaseView
from exchange_cases import Bill, give, held, record_of, traces
from exchange_worlds import World, officer

WORD = b"KANARI"


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[World]:
    world = World(tmp_path, "marisol", "northreach")
    world.agree("marisol", "northreach")
    yield world
    world.close()


def write(node: Node, name: str, move: str, of: str = "", **given: str) -> CaseView:
    wanted = Wanted(move=move, given=given, of=of)
    return node.case_desk.move(officer(node), name, wanted)


def with_copy(node: Node) -> str:
    """Open a case with nothing in it, put a partner's record in, and write about it."""
    desk, who = node.case_desk, officer(node)
    (copy,) = held(node)
    name = desk.open(who, NAMED).row.id
    view = desk.put(who, name, "record", copy.id, why="KANARI again")
    item = view.items[0].name
    write(node, name, "note", item, text="KANARI signed it")
    write(node, name, "note", text="the yard was told", of="")
    wanted = Wanted(move="take_in", given=TAKEN, of=item)
    desk.take_in(who, name, "k.pdf", io.BytesIO(WORD + b" its books"), wanted)
    return name


def steps(view: CaseView) -> list[tuple[str, bool]]:
    return [(step.move.code, step.erased) for step in view.steps]


def test_what_rests_on_a_copy_is_hidden_when_its_lease_ends_and_the_case_stays(pair: World) -> None:
    node = pair["northreach"]
    give(pair, Bill())
    name = with_copy(node)
    assert [code for code, _erased in steps(node.case_desk.show(officer(node), name))] == [
        "open", "name", "put", "note", "note", "take_in",
    ]  # fmt: skip
    pair.clock.ahead += dt.timedelta(hours=73)
    view = node.case_desk.show(officer(node), name)
    # The second note was written under all that its writer saw, and so under the copy.
    assert steps(view) == [("open", False), ("name", False)]
    assert (view.items, view.evidence, view.row.title) == ((), (), NAMED["title"])


def test_a_recalled_record_leaves_the_case_and_so_does_what_was_written_about_it(
    pair: World,
) -> None:
    node, giver = pair["northreach"], pair["marisol"]
    give(pair, Bill())
    name = with_copy(node)
    sha256 = node.case_desk.show(officer(node), name).evidence[0].sha256
    giver.erase(giver.administrator(), record_of(giver, "KANARIBILL").id, reason="court order")
    pair.sync("marisol", "northreach")
    view = node.case_desk.show(officer(node), name)
    assert steps(view) == [
        ("open", False), ("name", False), ("put", True), ("note", True), ("note", False),
        ("take_in", True),
    ]  # fmt: skip
    node.jobs.run()
    assert set(node.vault.path(sha256).read_bytes()) == {0}
    assert traces(node, WORD) == []
    assert node.check() == []


def test_evidence_that_a_living_step_stands_for_is_never_blanked_by_the_nodes_upkeep(
    pair: World,
) -> None:
    node = pair["northreach"]
    desk, who = node.case_desk, officer(node)
    name = desk.open(who, NAMED).row.id
    view = desk.take_in(
        who, name, "seal.jpg", io.BytesIO(PHOTO), Wanted(move="take_in", given=TAKEN)
    )
    for _ in range(2):
        node.jobs.run()
    assert node.vault.path(view.evidence[0].sha256).read_bytes() == PHOTO


def test_referrals_and_requests_are_put_in_at_both_sides(tmp_path: Path) -> None:
    world = referral_worlds.made(tmp_path / "referrals")
    record = referral_worlds.bill(world)
    referral = referral_worlds.request(world, record).row.id
    world.sync("marisol", "northreach")
    for agency in ("marisol", "northreach"):
        node = world[agency]
        view = node.case_desk.open(officer(node), NAMED, kind="referral", item=referral)
        assert "KANARIREF" in view.items[0].title
        assert node.case_desk.of_item(officer(node), "referral", referral).cases
    node = world["northreach"]
    node.erase(node.administrator(), record, reason="court order")
    (row,) = node.case_desk.cases(officer(node)).rows
    assert [item.erased for item in node.case_desk.show(officer(node), row.id).items] == [True]
    world.close()
    world = request_worlds.made(tmp_path / "requests")
    request = request_worlds.ask(world).row.id
    for node in world.nodes.values():
        desk, who = node.case_desk, officer(node)
        view = desk.open(who, NAMED, kind="request", item=request)
        assert view.items[0].title
        view = write(node, view.row.id, "task", task="answer it", member=who.name, due=DUE)
        assert [row.id for row in desk.of_item(who, "request", request).cases] == [view.row.id]
    world.close()
