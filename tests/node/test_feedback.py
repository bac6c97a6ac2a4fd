"""What a partner's record led to flows back to it, and no more than the agreement says. About 8 s
of CPU."""

from __future__ import annotations

import datetime as dt
import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml

import worlds
from esclusa.errors import Forbidden
from esclusa.model import Level, Marking
from esclusa.node.features import features_for
from esclusa.sharing.agreement.shape import Clause
from esclusa.sharing.reader import Role
from exchange_cases import Bill, give, manifest, record_of, refused
from exchange_worlds import World, officer, own, take_in
from referral_worlds import ASKING, HOST, bill, clauses, go, request

DOCS = Path(__file__).parents[2] / "docs" / "warnings.md"
WARNS, LOOKS = HOST, ASKING
BOXES = ("CSQU3054383", "MSKU9070323", "NRXU4430056", "TGHU3000006")


def clause() -> tuple[Clause, ...]:
    """Return the clause that the manual gives as an example, given by Northreach, which looks."""
    (block,) = re.findall(r"```yaml\n(.*?)```", DOCS.read_text("utf-8"), re.DOTALL)
    found = msgspec.convert(yaml.safe_load(block), tuple[Clause, ...])
    return tuple(msgspec.structs.replace(one, id="feedback-back", giver=LOOKS) for one in found)


def made(folder: Path, *, agreed: bool = True) -> World:
    """Return Marisol, which warns, and Northreach, which looks; referrals go the other way."""
    two = World(folder, HOST, ASKING)
    draft = two.draft(HOST, ASKING)
    referrals = tuple(one for one in clauses() if one.kind != "examination")
    two.agree(HOST, ASKING, clauses=(*draft.clauses, *referrals, *(clause() if agreed else ())))
    node = two[LOOKS]
    node.add_mapping(node.operator(), "e.toml", io.BytesIO(worlds.sample("examinations.toml")))
    worlds.with_list(node, "watched", ("w1", "KANARI CONSIGNEE SA"), ("w2", "KANARI SHIPPER LTD"))
    return two


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with made(tmp_path_factory.mktemp("feedback")) as two:
        yield two


def warn(world: World, name: str, box: str = BOXES[0]) -> str:
    """Give a bill of Marisol's to Northreach; return Marisol's record."""
    give(world, Bill(bill=name, box=box, seal=f"S{name}"), giver=WARNS, to=(LOOKS,))
    return record_of(world[WARNS], name).id


def look(world: World, name: str, result: str = "found", number: str = "",
         marking: Marking | None = None) -> None:  # fmt: skip
    """Take in Northreach's examination of a bill, and let time pass at both."""
    row = (number or f"E{name}", result, "", name, "value", "")
    node = world[LOOKS]
    worlds.take_in(node, f"{name}{result}.csv", worlds.examined(row), marking=marking)
    node.exchange.tick()
    world.sync(HOST, ASKING)


def rows(world: World, reader: Any = None) -> dict[str, Any]:
    page = world[WARNS].feedback_desk.warnings(reader or officer(world[WARNS]), limit=200)
    return {row.title.split()[-1]: row for row in page.rows}


def history(world: World, agency: str, bill: str) -> tuple[int, int]:
    """Return how many examinations and finds a bill's profile counts beside the bill's own."""
    node = world[agency]
    later = dt.datetime(2100, 1, 1, tzinfo=dt.UTC)
    names = [record_of(node, bill).id]
    made = features_for(node.gate, node.labels, officer(node), as_of=later, names=names)
    return int(made["all_examined"][0]), int(made["all_found"][0])


def test_a_find_flows_back_to_who_warned_and_into_both_sides_statistics(world: World) -> None:
    record = warn(world, "KANARIFB1")
    warn(world, "KANARIFB0", BOXES[1])
    before = {agency: history(world, agency, "KANARIFB0") for agency in (LOOKS, WARNS)}
    here = world[LOOKS].record(officer(world[LOOKS]), record_of(world[LOOKS], "KANARIFB1").id)
    assert here.alert is not None
    look(world, "KANARIFB1")
    row = rows(world)["KANARIFB1"]
    assert (row.kind, row.record, row.partner) == ("consignment", record, LOOKS)
    assert (row.found, row.seized) == (True, False)
    assert [one.code for one in row.categories] == ["drugs"]
    (shown,) = world[WARNS].feedback_desk.of_record(officer(world[WARNS]), record)
    assert shown == row
    for agency, subject in ((LOOKS, here.id), (WARNS, record)):
        table = world[agency].outcomes(officer(world[agency])).filter(subject=subject)
        assert table.select("examined", "found").rows() == [(True, True)], agency
        examined, found = before[agency]
        assert history(world, agency, "KANARIFB0") == (examined + 1, found + 1), agency
    # Of the examination itself nothing went: the agreement has no clause for it.
    assert [one for one in own(world[WARNS], "examination") if one.originator == LOOKS] == []
    (said,) = [one.body for one in own(world[WARNS], "feedback") if one.body.bill == "KANARIFB1"]
    words = msgspec.json.encode(said)
    assert b"PACKAGES" not in words and b"EKANARIFB1" not in words and b"watched" not in words


def test_nothing_found_flows_back_too_and_a_correction_corrects(world: World) -> None:
    before = world[WARNS].feedback_desk.warnings(officer(world[WARNS]))
    warn(world, "KANARIFB2", BOXES[1])
    look(world, "KANARIFB2", "nothing found")
    assert not rows(world)["KANARIFB2"].found
    look(world, "KANARIFB2", "found")
    assert rows(world)["KANARIFB2"].found
    page = world[WARNS].feedback_desk.warnings(officer(world[WARNS]))
    assert (page.examined, page.found) == (before.examined + 1, before.found + 1)


def test_what_was_not_performed_says_nothing(world: World) -> None:
    warn(world, "KANARIFB3", BOXES[2])
    look(world, "KANARIFB3", "not performed")
    assert "KANARIFB3" not in rows(world)


def test_an_examination_above_the_clause_stays_at_home(world: World) -> None:
    warn(world, "KANARIFB4", BOXES[3])
    look(world, "KANARIFB4", marking=Marking(level=Level.SECRET))
    assert [one for one in own(world[LOOKS], "feedback") if one.body.bill == "KANARIFB4"]
    assert "KANARIFB4" not in rows(world)
    assert [one for one in own(world[WARNS], "feedback") if one.body.bill == "KANARIFB4"] == []


def test_a_referrals_end_is_in_the_list_once(world: World) -> None:
    name = request(world, bill(world)).row.id
    world.sync(HOST, ASKING)
    go(world, name, "accept", "scan", "scan_anomaly", "examine", "seize")
    world[HOST].exchange.tick()
    world.sync(HOST, ASKING)
    page = world[ASKING].feedback_desk.warnings(officer(world[ASKING]))
    (row,) = [row for row in page.rows if row.event == name]
    assert (row.kind, row.found, row.seized, row.partner) == ("referral", True, True, HOST)
    assert page.seized == 1


def test_whoever_may_not_see_the_record_sees_nothing_of_what_it_led_to(world: World) -> None:
    record, low = warn(world, "KANARIFB7"), officer(world[WARNS], clearance=Level.OPEN)
    look(world, "KANARIFB7")
    assert world[WARNS].feedback_desk.of_record(officer(world[WARNS]), record) != ()
    assert world[WARNS].feedback_desk.warnings(low).rows == ()
    assert world[WARNS].feedback_desk.of_record(low, record) == ()
    for role in (Role.AUDITOR, Role.ADMINISTRATOR):
        who = officer(world[WARNS], role=role)
        refused(lambda who=who: world[WARNS].feedback_desk.warnings(who), Forbidden)
        assert world[WARNS].feedback_desk.of_record(who, record) == ()


def test_without_a_clause_nothing_is_written_and_nothing_goes(tmp_path: Path) -> None:
    two = made(tmp_path, agreed=False)
    warn(two, "KANARIFB9")
    look(two, "KANARIFB9")
    assert own(two[LOOKS], "feedback") == own(two[WARNS], "feedback") == []
    assert rows(two) == {}
    two.close()


def test_an_outcome_known_before_the_alert_did_not_come_of_it(world: World) -> None:
    """The bill is examined first; Northreach's copy and the alert on it come afterwards."""
    node = world[LOOKS]
    worlds.take_in(
        node, "early.csv", worlds.examined(("EX0", "found", "", "KANARIFB5", "value", ""))
    )
    warn(world, "KANARIFB5", BOXES[1])
    node.exchange.tick()
    world.sync(HOST, ASKING)
    assert "KANARIFB5" not in rows(world)


def test_a_partners_record_that_our_own_alert_rests_on_led_to_the_find(world: World) -> None:
    """Northreach looks into a bill of its own because its seal is on a box of Marisol's too."""
    record = warn(world, "KANARIFB6", BOXES[0])
    node = world[LOOKS]
    ours = Bill(bill="KANARIOWN6", box=BOXES[2], seal="SKANARIFB6", consignee="NOBODY SA",
                shipper="NOBODY LTD")  # fmt: skip
    until = dt.date.today() + dt.timedelta(days=30)
    strict = Marking(level=Level.OFFICIAL, purposes=frozenset({"targeting"}), retain_until=until)
    take_in(node, strict, manifest(ours), "own.edi")
    look(world, "KANARIOWN6")
    row = rows(world)["KANARIFB6"]
    assert (row.record, row.found) == (record, True)
    (said,) = [one.body for one in own(world[WARNS], "feedback") if one.body.bill == "KANARIFB6"]
    assert b"KANARIOWN6" not in msgspec.json.encode(said)
