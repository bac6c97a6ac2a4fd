"""What partners are shown of who acts: numbers once they are given, and nowhere a canary name. About
14 s of CPU."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from starlette.testclient import TestClient

from case_worlds import NAMED
from esclusa.errors import ConfigError, InputError, StateError
from esclusa.ledger import audit, records
from esclusa.model import InformationMove, ReferralMove, Seizure
from esclusa.node import Node
from esclusa.node.case_writing import Wanted
from esclusa.node.settings import Settings
from esclusa.node.shown_names import OFFICERS, PEOPLE, ShownNames
from esclusa.sharing.bundle import unseal
from esclusa.sharing.reader import Reader, Role
from esclusa.web.app import create_app
from exchange_worlds import World, for_partners, officer, take_in
from referral_worlds import ASKING, HOST, bill, facts, history, state_at

CANARY, SECOND = "kanarivogel.anton", "zeisigfink.berta"
ACCOUNTS = {CANARY: Role.ANALYST, SECOND: Role.SUPERVISOR}
NUMBERS = {(ASKING, CANARY): "NR-104", (ASKING, SECOND): "NR-205",
           (HOST, CANARY): "MR-0017", (HOST, SECOND): "MR-0018"}  # fmt: skip
WORDS = tuple(
    form
    for name in ACCOUNTS
    for part in (name, *name.split("."))
    for form in (part.encode(), part.upper().encode(), part.title().encode())
)
"""What no partner may get, as it could be written."""


def person(node: Node, name: str, **more: Any) -> Reader:
    made = officer(node, role=ACCOUNTS[name], **more)
    return msgspec.structs.replace(made, name=name)


class Overheard:
    """All bytes that left any node of a world for another."""

    def __init__(self, world: World) -> None:
        self.said: list[bytes] = []
        for node in world.nodes.values():
            self._listen(node)

    def _listen(self, node: Node) -> None:
        batch = node.exchange.batch

        def listened(partner: str, *rest: Any, **more: Any) -> bytes:
            data = batch(partner, *rest, **more)
            self.said.append(data)
            return data

        node.exchange.batch = listened  # type: ignore[method-assign]

    def names(self) -> list[bytes]:
        """Return the forms of a canary name that went over the line."""
        return [word for word in WORDS if any(word in data for data in self.said)]

    def tells(self, word: str) -> bool:
        return any(word.encode() in data for data in self.said)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Two nodes under the shipped agreement on casework, with two accounts each; no numbers."""
    two = World(tmp_path_factory.mktemp("shown"), HOST, ASKING)
    cases = two.draft(HOST, ASKING, sample="marisol-northreach-casework")
    more = two.draft(HOST, ASKING)
    kinds = {(one.giver, one.kind) for one in cases.clauses}
    clauses = tuple(one for one in more.clauses if (one.giver, one.kind) not in kinds)
    two.agree(HOST, ASKING, clauses=(*cases.clauses, *clauses), requests=cases.requests)
    take_in(two[HOST], for_partners(ASKING))
    for node in two.nodes.values():
        for name, role in ACCOUNTS.items():
            node.people.add(name=name, password="", role=role, clearance=2)
    yield two
    two.close()


@pytest.fixture
def numbered(world: World) -> Iterator[World]:
    """The same, its accounts with their numbers."""
    for (agency, name), number in NUMBERS.items():
        give(world[agency], name, number)
    yield world
    for agency, name in NUMBERS:
        give(world[agency], name, "")


def give(node: Node, name: str, number: str) -> None:
    tom = node.administrator()
    seen = node.account_desk.one(tom, name).seen
    node.account_desk.set_number(tom, name, number, seen=seen)


def ask(world: World, by: str = CANARY) -> str:
    given = {
        "risk_reasons": "goods do not fit the exporter", "legal_purpose": "treaty, article 3",
        "cut_off": world.clock().replace(year=world.clock().year + 1).isoformat(),
    }  # fmt: skip
    node = world[ASKING]
    view = node.referral_desk.open(person(node, by), bill(world), HOST, given, send=True)
    assert view.stays is None
    world.sync(HOST, ASKING)
    return view.row.id


def step(world: World, agency: str, name: str, move: str, by: str = CANARY, **given: str) -> Any:
    node = world[agency]
    state = state_at(world, agency, name)
    must = facts(move, state)
    given |= {field: by.upper() + " " for field in OFFICERS if field in must}
    done = node.referral_desk.move(person(node, by), name, move, facts(move, state, **given))
    world.sync(HOST, ASKING)
    return done


def bodies(node: Node, kind: type) -> list[Any]:
    with node.store.read() as connection:
        labels = frozenset(label.id for label in node.labels.all())
        found = records.current_of_kind(connection, node.labels, kind.__struct_config__.tag)
        assert labels
        return [record.body for record in found]


def played(world: World) -> Overheard:
    """Play every kind of step that goes to a partner and carries who made it."""
    heard = Overheard(world)
    name = ask(world)
    for move in ("accept", "scan", "scan_anomaly", "examine", "seize"):
        step(world, HOST, name, move)
    waived = ask(world)
    step(world, ASKING, waived, "ask_waiver", exception_code="relief_goods")
    step(world, ASKING, waived, "waive", by=SECOND)
    asking, asked = world[ASKING], world[HOST]
    question = {
        "subject_kind": "company", "subject_name": "ISTMO TRADING", "question": "who owns it now?",
        "purpose": "targeting", "legal_basis": "treaty, article 7",
        "clock": next(iter(agreed_clocks(world))),
    }  # fmt: skip
    wanted = asking.information_desk.ask(person(asking, CANARY), HOST, question).row.id
    world.sync(HOST, ASKING)
    asked.information_desk.move(person(asked, CANARY), wanted, "acknowledge", {"officer": CANARY})
    world.sync(HOST, ASKING)
    report = Seizure(agency="x", number=f"S-{next(_NUMBERS)}", event="", seized="2026-11-20",
                     part="found", equipment="CSQU3054383")  # fmt: skip
    report = msgspec.structs.replace(report, items=seized_items(world))
    asked.seizure_desk.report(person(asked, CANARY), report, partners=(ASKING,))
    world.sync(HOST, ASKING)
    share_a_case(world)
    for giver, to in ((ASKING, HOST), (HOST, ASKING)):
        heard.said.extend(at_the_door(world, giver, to))
        sealed = world[giver].exchange.bundle(to)
        heard.said.append(unseal(sealed, [world[to].exchange.credentials.bundle]))
    return heard


def at_the_door(world: World, giver: str, to: str) -> Iterator[bytes]:
    """Yield what a partner's client gets at a node's TAXII door: every collection, every page."""
    node = world[giver]
    node.taxii_publisher.publish_own(to)
    until = world.clock() + dt.timedelta(days=1)
    token = node.taxii.add_client(
        node.administrator(), f"{to}-{next(_NUMBERS)}", to, until=until
    )  # fmt: skip
    client = TestClient(create_app(node), base_url="http://door")
    client.headers = {
        "Accept": "application/taxii+json;version=2.1", "Authorization": f"Bearer {token}"
    }  # fmt: skip
    at = "/taxii2/exchange/collections/"
    answer = client.get(at)
    yield answer.content
    objects = 0
    for found in answer.json()["collections"]:
        more: dict[str, str] | None = {}
        while more is not None and found["can_read"]:
            page = client.get(f"{at}{found['id']}/objects/", params=more)
            assert page.status_code == 200, page.text
            yield page.content
            objects += len(page.json().get("objects", ()))
            more = {"next": page.json()["next"]} if page.json().get("more") else None
    assert objects or giver != HOST  # the door is not empty


def share_a_case(world: World) -> str:
    """Share a case with a member, a task and a note, have a task done by the other side; return the
    joint case's name."""
    node, other = world[HOST], world[ASKING]
    anton = person(node, CANARY)
    name = node.case_desk.open(anton, NAMED).row.id

    def step(move: str, **given: str) -> None:
        node.case_desk.move(anton, name, Wanted(move=move, given=given, of="", under="all"))

    step("join", person=SECOND)
    step("note", text="seen at the gate")
    step("task", task="look at the seals", member=SECOND, due="2030-12-01T10:00Z")
    joint = node.joint_desk.share(anton, name, ASKING, "their port sees the same boxes").row.id
    world.sync(HOST, ASKING)
    step("task", task="tell us when it came", member=f"@{ASKING}", due="2030-12-01T10:00Z")
    step("hand_over", person=SECOND, reason="on leave from tomorrow")
    world.sync(HOST, ASKING)
    other.joint_desk.take_up(person(other, CANARY), joint, {"title": "boxes of the other side"})
    shown = other.joint_desk.show(person(other, CANARY), joint)
    (task,) = [one.name for one in shown.tasks if one.ours]
    other.joint_desk.done(person(other, CANARY), joint, task, "it came on Tuesday")
    world.sync(HOST, ASKING)
    return joint


_NUMBERS = itertools.count(1)


def agreed_clocks(world: World) -> tuple[str, ...]:
    return world.draft(HOST, ASKING, sample="marisol-northreach-casework").requests.clocks


def seized_items(world: World) -> Any:
    return next(body.items for body in bodies(world[HOST], Seizure) if body.items)


def test_without_numbers_a_partner_is_shown_the_accounts_name(world: World) -> None:
    """So the test below finds something where there is something to find."""
    heard = played(world)
    assert {CANARY.encode(), SECOND.encode()} <= set(heard.names())


def test_with_numbers_no_byte_that_leaves_holds_an_accounts_name(numbered: World) -> None:
    heard = played(numbered)
    assert heard.said and heard.names() == []
    for number in NUMBERS.values():
        if number != "MR-0018":  # who leads the host's team did nothing
            assert heard.tells(number), number


def test_each_sides_people_see_their_own_persons_and_the_others_numbers(numbered: World) -> None:
    name = ask(numbered)
    step(numbered, HOST, name, "accept")
    here, there = (
        [(step_[0], step_[2]) for step_ in history(numbered, agency, name)]
        for agency in (ASKING, HOST)
    )
    assert here == [("request", CANARY), ("accept", "MR-0017")]
    assert there == [("request", "NR-104"), ("accept", CANARY)]
    kept = [
        {(move.agency, move.number, move.by, move.at)
         for move in bodies(numbered[agency], ReferralMove) if move.referral == name and move.number}
        for agency in (ASKING, HOST)
    ]  # fmt: skip
    assert kept[0] == kept[1] and len(kept[0]) == 2  # one record of each, as shared
    for agency in (ASKING, HOST):
        with numbered[agency].store.read() as connection:
            told = audit.lines(connection, limit=20, action="referral:move", subject=name)
        assert {line.who for line in told} == {CANARY}  # at home the log has the person


def test_in_a_joint_case_each_side_sees_its_own_persons_and_the_others_numbers(
    numbered: World,
) -> None:
    joint = share_a_case(numbered)
    for agency, by, named in (
        (HOST, {CANARY, "NR-104"}, SECOND),
        (ASKING, {"MR-0017", CANARY}, "MR-0018"),
    ):
        node = numbered[agency]
        view = node.joint_desk.show(person(node, SECOND), joint)
        assert {one.by for one in view.steps} == by
        assert {one.person for one in view.tasks} == {named, f"@{ASKING}"}
        told = {item.value for one in view.steps for item in one.recorded
                if item.field.code in PEOPLE}  # fmt: skip
        assert told == {named, f"@{ASKING}"}


def test_one_person_under_two_numbers_does_not_approve_the_own_waiver(world: World) -> None:
    """Asked under the name, then under a number, then under another number."""
    node, name = world[ASKING], ask(world, by=SECOND)
    step(world, ASKING, name, "ask_waiver", by=SECOND, exception_code="relief_goods")
    try:
        for number in ("NR-205", "NR-999", "NR-205"):
            give(node, SECOND, number)
            shown = node.referral_desk.show(person(node, SECOND), name)
            assert shown.waiver_by == SECOND
            assert "waive" not in [move.move.code for move in shown.moves]
            with pytest.raises(StateError, match="second person"):
                node.referral_desk.move(
                    person(node, SECOND), name, "waive", {"approval": "it is urgent"}
                )
    finally:
        give(node, SECOND, "")


def test_who_had_a_number_is_told_as_its_person_for_ever(world: World) -> None:
    node = world[ASKING]
    give(node, CANARY, "NR-104")
    name = ask(world)
    give(node, CANARY, "NR-777")
    assert history(world, ASKING, name)[0][2] == CANARY
    give(node, CANARY, "")
    assert history(world, ASKING, name)[0][2] == CANARY
    assert history(world, HOST, name)[0][2] == "NR-104"
    with pytest.raises(InputError, match="another account"):
        give(node, SECOND, "NR-104")
    give(node, CANARY, "NR-104")  # the own one is taken up again
    give(node, CANARY, "")


def test_a_partners_number_is_never_taken_for_an_account_of_ours(numbered: World) -> None:
    """Both sides give the same number to different accounts."""
    give(numbered[HOST], SECOND, "NR-104")
    try:
        name = ask(numbered)
        step(numbered, HOST, name, "accept")
        assert history(numbered, HOST, name)[0][2] == "NR-104"
    finally:
        give(numbered[HOST], SECOND, "MR-0018")


def test_where_only_numbers_may_be_shown_each_account_gets_one_and_the_rest_is_refused(
    tmp_path: Path,
) -> None:
    node = Node.create(tmp_path / "node", agency="marisol")
    node.people.add(name="ana", password="", role="analyst")
    (tmp_path / "node" / "esclusa.toml").write_text(
        'agency = "marisol"\nshown_to_partners = "number"\n'
    )
    node.close()
    node = Node.open(tmp_path / "node")
    given = node.shown_names.of("ana")
    assert given.startswith("N") and given[1:].isdigit()
    assert node.shown_names.of("operator") == "operator"  # no account and no person's name
    eva = node.add_user(node.administrator(), name="eva", password="", role="analyst")
    assert node.shown_names.of(eva.name) not in ("eva", given)
    give(node, "eva", "")
    with pytest.raises(StateError, match="has none yet"):
        node.shown_names.of("eva")
    node.close()
    reopened = Node.open(tmp_path / "node")
    assert reopened.shown_names.of("ana") == given != reopened.shown_names.of("eva")
    reopened.close()


def test_a_service_may_show_names_all_the_same(world: World) -> None:
    node = world[ASKING]
    give(node, CANARY, "NR-104")
    named = ShownNames(node.store, "name")
    assert named.of(CANARY) == CANARY
    assert named.fields({"officer": CANARY}) == {"officer": CANARY}
    assert named.person("NR-104") == CANARY  # what went before is still told
    give(node, CANARY, "")
    with pytest.raises(ConfigError, match="shown_to_partners"):
        Settings(agency="x", shown_to_partners="badge")


def test_what_a_number_may_be(world: World) -> None:
    node = world[ASKING]
    for wrong in ("nr-104", "NR", "NRX", "NR 104", "NR_104", "NR-104\n", "9" * 21, "-104",
                  "KANARIVOGEL-1", "ANTON1", "1ANTON1"):  # fmt: skip
        with pytest.raises(InputError):
            give(node, CANARY, wrong)
    assert node.shown_names.of(CANARY) == CANARY


def test_the_requests_of_information_hold_the_number(numbered: World) -> None:
    played(numbered)
    said = {move.by for move in bodies(numbered[ASKING], InformationMove)}
    assert {"NR-104", "MR-0017"} <= said
