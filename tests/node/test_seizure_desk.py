"""Seizures: reported, corrected, shared; a referral's seizure counts once at both sides. About 8 s
of CPU."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml

from esclusa.casework.forms import MoveMistakes
from esclusa.casework.seizures import categories, parts
from esclusa.codes.examination import lists
from esclusa.errors import Forbidden, InputError, NotFound, StateError
from esclusa.ledger import records
from esclusa.ledger.records import Draft
from esclusa.model import Level, Marking, Place, SeizedItem, Seizure
from esclusa.sharing.agreement.shape import Clause
from esclusa.sharing.reader import Role
from exchange_cases import refused
from exchange_worlds import World, officer, own
from referral_worlds import ASKING, HOST, bill, clauses, go, request

DOCS = Path(__file__).parents[2] / "docs" / "seizures.md"
DRUGS = SeizedItem(category="drugs", what="packages", quantity=112.0, unit="KGM")


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Marisol and Northreach, whose agreement names referrals, examinations and seizures."""
    (block,) = re.findall(r"```yaml\n(.*?)```", DOCS.read_text("utf-8"), re.DOTALL)
    clause = msgspec.convert(yaml.safe_load(block), tuple[Clause, ...])
    two = World(tmp_path_factory.mktemp("seizures"), HOST, ASKING)
    draft = two.draft(HOST, ASKING)
    two.agree(HOST, ASKING, clauses=(*draft.clauses, *clauses(), *clause))
    yield two
    two.close()


def said(number: str, **more: Any) -> Seizure:
    """Return a report of drugs."""
    given = {"agency": "customs", "number": number, "event": "", "seized": "2026-11-20",
             "part": "found", "items": (DRUGS,), "place": Place(code="PAONX", scheme="unlocode"),
             "equipment": "CSQU 305438 3", "concealment": "behind the doors"} | more  # fmt: skip
    return Seizure(**given)


def referred(world: World) -> str:
    """Return the name of a referral that ended in a seizure at the host."""
    name = request(world, bill(world)).row.id
    world.sync(HOST, ASKING)
    go(world, name, "accept", "scan", "scan_anomaly", "examine", "seize")
    return name


def desk(world: World, agency: str = HOST) -> Any:
    return world[agency].seizure_desk


def counted(world: World, agency: str = HOST, **more: Any) -> dict[str, tuple[int, int]]:
    rows = desk(world, agency).counts(officer(world[agency]), by="year", **more).rows
    return {row.category.code: (row.events, row.reports) for row in rows}


def test_a_referrals_seizure_is_one_event_with_its_examination_at_both_sides(
    world: World,
) -> None:
    name = referred(world)
    for agency in (HOST, ASKING):
        view = desk(world, agency).show(officer(world[agency]), name)
        assert [(r.body.agency, r.part.code, r.own) for r in view.reports] == [
            (HOST, "found", agency == HOST)
        ]  # fmt: skip
        assert (len(view.examinations), view.referral) == (1, name)
        (amount,) = view.row.amounts
        assert (amount.category.code, amount.amount, amount.unit) == ("drugs", 112.0, "KGM")
    (copy,) = [item for item in own(world[ASKING], "seizure") if item.body.event == name]
    assert (copy.body.by, copy.body.concealment, copy.body.why) == ("", "", "")
    before = {agency: counted(world, agency)[""] for agency in (HOST, ASKING)}
    # The requesting side reports its own part under the same event: still one seizure.
    told = said("N-1", agency="border", event=name, part="informed", equipment="",
                items=(msgspec.structs.replace(DRUGS, quantity=110.0),))  # fmt: skip
    view = desk(world, ASKING).report(officer(world[ASKING]), told, partners=[HOST])
    assert [r.part.code for r in view.reports] == ["informed", "found"]
    assert [one.amount for one in view.row.amounts] == [112.0]
    assert counted(world, ASKING)[""] == (before[ASKING][0], before[ASKING][1] + 1)
    # The examination is no second one: it counts among outcomes, and there once.
    exams = [item for item in own(world[ASKING], "examination") if item.body.event == name]
    assert len(exams) == 1


def test_several_services_of_one_node_report_one_event_once(world: World) -> None:
    hugo, before = officer(world[HOST]), counted(world).get("", (0, 0))
    view = desk(world).report(hugo, said("C-10"))
    assert view.row.event == "customs-C-10"
    assert view.reports[0].body.equipment == "CSQU3054383"
    desk(world).report(hugo, said("P-3", agency="police", event="customs-C-10", part="helped"))
    view = desk(world).show(hugo, "customs-C-10")
    assert view.row.services == ("customs", "police")
    assert counted(world)[""] == (before[0] + 1, before[1] + 2)
    assert refused(lambda: desk(world).report(hugo, said("C-10")), StateError).startswith(
        "this service has a report"
    )


def test_two_that_may_be_one_are_shown_until_one_number_joins_them(world: World) -> None:
    hugo = officer(world[HOST])
    first = desk(world).report(hugo, said("C-20", equipment="MSKU9070323", seized="2026-10-01"))
    other = desk(world).report(hugo, said("G-1", agency="coastguard", equipment="MSKU9070323",
                                          seized="2026-10-02"))  # fmt: skip
    pair = (other.row.event, first.row.event)
    assert tuple(sorted(pair)) in desk(world).seizures(hugo).maybe_one
    (mine,) = other.reports
    body = msgspec.structs.replace(mine.body, event=first.row.event, why="the same find")
    joined = desk(world).correct(hugo, mine.record, body, version=mine.version)
    assert joined.row.services == ("customs", "coastguard")
    assert desk(world).seizures(hugo).maybe_one == ()
    refused(lambda: desk(world).show(hugo, other.row.event), NotFound)
    late = lambda: desk(world).correct(hugo, mine.record, body, version=mine.version)  # noqa: E731
    assert "somebody was faster" in refused(late, StateError)


def test_a_correction_says_why_and_reaches_the_partner_and_a_withdrawal_too(world: World) -> None:
    hugo, ana = officer(world[HOST]), officer(world[ASKING])
    view = desk(world).report(hugo, said("C-30", equipment=""), partners=[ASKING])
    world.sync(HOST, ASKING)
    assert desk(world, ASKING).show(ana, "customs-C-30").row.amounts[0].amount == 112.0
    (mine,) = view.reports
    body = msgspec.structs.replace(
        mine.body, items=(msgspec.structs.replace(DRUGS, quantity=98.5),), agency="x", number="y"
    )
    with pytest.raises(MoveMistakes) as caught:
        desk(world).correct(hugo, mine.record, body)
    assert [(one.field, one.problem) for one in caught.value.mistakes] == [("why", "missing")]
    body = msgspec.structs.replace(body, why="weighed again, dry")
    fixed = desk(world).correct(hugo, mine.record, body)
    assert (fixed.reports[0].body.agency, fixed.row.amounts[0].amount) == ("customs", 98.5)
    world.sync(HOST, ASKING)
    theirs = desk(world, ASKING).show(ana, "customs-C-30")
    assert theirs.row.amounts[0].amount == 98.5
    refused(lambda: desk(world, ASKING).correct(ana, theirs.reports[0].record, body), StateError)
    desk(world).withdraw(hugo, mine.record, "entered twice")
    world.sync(HOST, ASKING)
    refused(lambda: desk(world).show(hugo, "customs-C-30"), NotFound)
    refused(lambda: desk(world, ASKING).show(ana, "customs-C-30"), NotFound)


def test_a_report_begins_at_an_examination_and_is_as_strict(world: World) -> None:
    hugo, name = officer(world[HOST]), referred(world)
    (exam,) = [item for item in own(world[HOST], "examination") if item.body.event == name]
    start = desk(world).start(hugo, exam.id)
    assert start.body.event == name
    assert start.body.items[0].category == "drugs"
    assert {one.word.code for one in start.categories} == set(categories())
    assert ASKING in start.partners
    body = msgspec.structs.replace(start.body, agency="police", number="P-9", part="held")
    view = desk(world).report(hugo, body, about=exam.id)
    (made,) = [one for one in view.reports if one.body.number == "P-9"]
    assert made.marking.releasable_to == exam.marking.releasable_to
    refused(lambda: desk(world).start(hugo, "0" * 36), NotFound)


@pytest.mark.parametrize(
    ("change", "field", "problem"),
    [
        ({"number": ""}, "number", "missing"),
        ({"seized": ""}, "seized", "missing"),
        ({"seized": "2199-01-01"}, "seized", "future"),
        ({"seized": "20/11/2026"}, "seized", "moment"),
        ({"part": "watched"}, "part", "code"),
        ({"equipment": "CSQU3054384"}, "equipment", "box"),
        ({"items": ()}, "items", "missing"),
        ({"items": (SeizedItem(category="gold"),)}, "items[0].category", "code"),
        ({"items": (SeizedItem(category="drugs", quantity=-1.0, unit="KGM"),)},
         "items[0].quantity", "number"),
        ({"items": (SeizedItem(category="drugs", quantity=1.0),)}, "items[0].unit", "missing"),
        ({"items": (SeizedItem(category="drugs", unit="KGM"),)}, "items[0].quantity", "missing"),
        ({"items": (SeizedItem(category="drugs", what="x" * 201),)}, "items[0].what", "long"),
        ({"concealment": "a\x00b"}, "concealment", "damaged"),
        ({"event": "e" * 65}, "event", "long"),
        ({"event": "E 1/2"}, "event", "signs"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named_at_its_field(
    world: World, change: dict[str, Any], field: str, problem: str
) -> None:
    with pytest.raises(MoveMistakes) as caught:
        desk(world).report(officer(world[HOST]), msgspec.structs.replace(said("W-1"), **change))
    assert (field, problem) in {(one.field, one.problem) for one in caught.value.mistakes}


def test_what_may_not_be_seen_is_in_no_list_no_count_and_no_pair(world: World) -> None:
    node = world[HOST]
    desk(world).report(officer(node), said("C-40", equipment="MSKU9070339"))
    hugo, before = officer(node), (counted(world), desk(world).seizures(officer(node)))
    label = node.labels.intern(node.agency, Marking(level=Level.SECRET))
    ghost = said("S-1", agency="ghost", event="customs-C-40", equipment="MSKU9070339")
    lone = said("S-2", agency="ghost", event="GHOST-2", equipment="MSKU9070339")
    with node.store.write() as connection:
        records.append(connection, [
            Draft(body=body, originator=node.agency, label_id=label) for body in (ghost, lone)
        ])  # fmt: skip
    assert (counted(world), desk(world).seizures(hugo)) == before
    assert "ghost" not in desk(world).show(hugo, "customs-C-40").row.services
    refused(lambda: desk(world).show(hugo, "GHOST-2"), NotFound)
    name = next(item.id for item in own(node, "seizure") if item.body.number == "S-2")
    refused(lambda: desk(world).correct(hugo, name, said("x", why="because")), NotFound)
    refused(lambda: desk(world).withdraw(hugo, name, "because"), NotFound)
    cleared = officer(node, clearance=Level.SECRET)
    assert "ghost" in desk(world).show(cleared, "customs-C-40").row.services
    for role in (Role.AUDITOR, Role.ADMINISTRATOR):
        refused(lambda role=role: desk(world).seizures(officer(node, role=role)), Forbidden)


def test_wrong_questions_are_refused(world: World) -> None:
    hugo = officer(world[HOST])
    refused(lambda: desk(world).counts(hugo, by="week"), InputError)
    refused(lambda: desk(world).counts(hugo, since="soon"), InputError)
    refused(lambda: desk(world).seizures(hugo, category="gold"), InputError)
    refused(lambda: desk(world).report(hugo, said("Z"), partners=["atlantis"]), InputError)


def test_the_categories_are_those_of_examinations_in_both_languages() -> None:
    known = lists().category
    assert set(categories()) == set(known)
    for code, one in categories().items():
        assert (one.text_en, one.text_es) == (known[code].en, known[code].es)
        assert one.source and one.meaning_en and one.meaning_es
    assert all(one.text_en != one.text_es for one in parts().values())
