"""Requests for information between two joined nodes: Northreach asks, Marisol is asked. About 12 s
of CPU."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

import pytest

from esclusa.casework.forms import MoveMistakes
from esclusa.errors import AgreementError, Forbidden, InputError, NotFound, StateError
from esclusa.ledger import records
from esclusa.ledger.records import Draft
from esclusa.model import InformationMove, Level
from esclusa.node import information_rows as held
from esclusa.node.referral_rows import all_labels
from esclusa.sharing.reader import Role
from exchange_cases import Bill, give, manifest, record_of, refused
from exchange_worlds import World, for_partners, officer, own, take_in
from request_worlds import (
    ASKED,
    ASKING,
    ask,
    bill,
    facts,
    go,
    history,
    in_hours,
    lead,
    made,
    question,
    state_at,
)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """One pair of nodes for all tests here; each test has its own questions."""
    with made(tmp_path_factory.mktemp("requests")) as two:
        yield two


def desk(world: World, agency: str) -> Any:
    return world[agency].information_desk


def shown(world: World, agency: str, name: str) -> Any:
    return desk(world, agency).show(officer(world[agency]), name)


def test_from_question_to_answer_both_sides_see_one_history(world: World) -> None:
    sent = ask(world)
    assert (sent.row.state.code, sent.stays, sent.row.ours) == ("asked", None, False)
    here = shown(world, ASKED, sent.row.id)
    assert here.row.ours
    assert here.row.subject.name == "KANARI TRADING"
    assert {move.move.code for move in here.moves} == {
        "acknowledge", "need_more", "extend", "answer_full", "answer_part", "answer_none", "refuse",
    }  # fmt: skip
    go(world, sent.row.id, "acknowledge", "need_more", "reply", "answer_part")
    told = history(world, ASKING, sent.row.id)
    assert told == history(world, ASKED, sent.row.id)
    assert [step[0] for step in told] == ["ask", "acknowledge", "need_more", "reply", "answer_part"]
    assert "not_given=written with a reason in it" in told[-1]
    assert state_at(world, ASKING, sent.row.id) == "answered_in_part"
    assert not shown(world, ASKING, sent.row.id).row.open


def test_the_clock_of_the_agreement_runs_rests_and_is_extended_at_both(world: World) -> None:
    name = ask(world, clock="8h").row.id
    go(world, name, "need_more")
    world.clock.ahead += dt.timedelta(hours=10)
    world[ASKING].exchange.tick()
    view = shown(world, ASKING, name)
    assert (view.row.state.code, view.row.ours) == ("need_more", True)
    assert view.row.clock.resting_since
    assert 470 < view.row.clock.left_minutes <= 480
    go(world, name, "reply")
    go(world, name, "extend", until=in_hours(world, 30))
    for agency in (ASKED, ASKING):
        clock = shown(world, agency, name).row.clock
        assert (clock.hours, clock.extended, clock.resting_since) == (8, 1, "")
        assert 599 <= clock.rested_minutes <= 601
        assert 29 * 60 < clock.left_minutes <= 30 * 60
    go(world, name, "answer_full")
    assert history(world, ASKING, name) == history(world, ASKED, name)


def test_silence_is_no_answer_by_the_nodes_tick_and_a_late_answer_counts_as_late(
    world: World,
) -> None:
    name, quiet = ask(world, clock="8h").row.id, ask(world, clock="7d").row.id
    world.clock.ahead += dt.timedelta(hours=9)
    assert shown(world, ASKED, name).row.clock.left_minutes < 0
    late = lambda: desk(world, ASKED).move(  # noqa: E731
        officer(world[ASKED]), name, "extend",
        facts("extend", "asked", until=in_hours(world, 20)))  # fmt: skip
    assert "no time can be added" in refused(late, StateError)
    world[ASKING].exchange.tick()
    world.sync(ASKED, ASKING)
    for agency in (ASKED, ASKING):
        view = shown(world, agency, name)
        assert view.row.state.en == "No answer in time"
        assert view.steps[-1].by == "(node)"
        assert state_at(world, agency, quiet) == "asked"
    assert shown(world, ASKED, name).row.ours
    world[ASKING].exchange.tick()
    assert len(history(world, ASKING, name)) == 2
    go(world, name, "answer_none")
    told = history(world, ASKING, name)
    assert told == history(world, ASKED, name)
    assert told[-1][4:6] == ("nothing_known", True)


def test_what_the_agreement_does_not_list_is_refused_with_the_reason(world: World) -> None:
    with pytest.raises(MoveMistakes) as caught:
        ask(world, clock="14d", purpose="sanctions")
    assert {(m.field, m.problem) for m in caught.value.mistakes} == {
        ("clock", "unagreed"), ("purpose", "unagreed"),
    }  # fmt: skip
    name = ask(world).row.id
    form = next(m for m in shown(world, ASKED, name).moves if m.move.code == "refuse")
    (ground,) = [field for field in form.fields if field.word.code == "ground"]
    assert [code.word.code for code in ground.codes] == [
        "not_available", "national_security", "outside_agreement",
    ]  # fmt: skip
    with pytest.raises(MoveMistakes, match="not one that the agreement") as caught:
        go(world, name, "refuse", ground="minor_offence")
    go(world, name, "refuse", ground="national_security")
    view = shown(world, ASKING, name)
    said = {item.field.code: item.text for item in view.steps[-1].recorded}
    assert "national security" in said["ground"].en
    assert view.unagreed == ()


def test_the_lead_escalates_and_the_answer_stays_the_answerers(world: World) -> None:
    name = ask(world).row.id
    go(world, name, "refuse")
    moves = {move.move.code for move in shown(world, ASKING, name).moves}
    assert moves == set()
    by_analyst = lambda: desk(world, ASKING).move(  # noqa: E731
        officer(world[ASKING]), name, "escalate", facts("escalate", "refused"))  # fmt: skip
    assert "a supervisor" in refused(by_analyst, StateError)
    go(world, name, "escalate")
    assert shown(world, ASKED, name).row.ours
    theirs = lambda: desk(world, ASKING).move(  # noqa: E731
        lead(world), name, "answer_full", facts("answer_full", "escalated"))  # fmt: skip
    assert "belongs to the service that is asked" in refused(theirs, StateError)
    go(world, name, "answer_full")
    assert state_at(world, ASKING, name) == "answered"
    assert history(world, ASKING, name) == history(world, ASKED, name)


def test_moves_made_beside_each_other_end_alike_at_both(world: World) -> None:
    name = ask(world).row.id
    desk(world, ASKING).move(officer(world[ASKING]), name, "withdraw", facts("withdraw", "asked"))
    desk(world, ASKED).move(
        officer(world[ASKED]), name, "answer_full", facts("answer_full", "asked")
    )
    assert state_at(world, ASKING, name) == "withdrawn"
    world.sync(ASKED, ASKING)
    assert state_at(world, ASKING, name) == state_at(world, ASKED, name) == "answered"
    told = history(world, ASKING, name)
    assert told == history(world, ASKED, name)
    assert [(step[0], step[6]) for step in told[1:]] == [
        ("answer_full", ""), ("withdraw", "overtaken"),
    ]  # fmt: skip


def test_somebody_was_faster_and_nothing_is_written(world: World) -> None:
    name, hugo = ask(world).row.id, officer(world[ASKED])
    seen = shown(world, ASKED, name).version
    go(world, name, "acknowledge")
    before = history(world, ASKED, name)
    late = lambda: desk(world, ASKED).move(  # noqa: E731
        hugo, name, "answer_none", facts("answer_none", "acknowledged"), version=seen)  # fmt: skip
    assert "somebody was faster" in refused(late, StateError)
    assert history(world, ASKED, name) == before


def test_a_question_about_a_record_names_it_only_to_who_knows_it(world: World) -> None:
    node, record = world[ASKING], bill(world)
    start = desk(world, ASKING).start(officer(node), record)
    filled = {field.word.code: field.value for field in start.fields}
    assert (filled["subject_kind"], start.levels) == ("document", ())
    view = ask(world, record, subject_kind="document")
    assert view.record == record
    here = shown(world, ASKED, view.row.id)
    assert (here.record, here.theirs) == ("", "")
    moves = [item for item in own(world[ASKED], "information_move")
             if item.body.request == view.row.id]  # fmt: skip
    assert record not in str([item.body for item in moves])
    assert all(item.body.number for item in moves)
    rows = desk(world, ASKING).of_record(officer(node), record).requests
    assert [row.id for row in rows] == [view.row.id]


def test_a_question_about_a_copy_leads_the_other_side_to_its_own_record(world: World) -> None:
    give(world, Bill(bill="KANARIOWN", box="CSQU3054383"), giver=ASKED, to=(ASKING,))
    copy, theirs = record_of(world[ASKING], "KANARIOWN"), record_of(world[ASKED], "KANARIOWN")
    name = ask(world, copy.id, subject_kind="document").row.id
    assert copy.id != theirs.id
    assert shown(world, ASKED, name).theirs == theirs.id
    assert shown(world, ASKING, name).record == copy.id


def test_an_answer_points_to_records_that_go_by_the_agreement_and_no_others(world: World) -> None:
    node, hugo = world[ASKED], officer(world[ASKED])
    named = Bill(bill="KANARIPOINT", box="CSQU3054383", seal="SPOINT")
    take_in(node, for_partners(ASKING), manifest(named), "point.edi")
    kept = bill(world, ASKED)
    high = Bill(bill="KANARIABOVE", box="MSKU9070323", seal="SABOVE")
    take_in(node, for_partners(ASKING, level=Level.RESTRICTED), manifest(high), "above.edi")
    goes, above = record_of(node, "KANARIPOINT").id, record_of(node, "KANARIABOVE").id
    name = ask(world).row.id
    # Not named in its marking, above the request, no such record, a move on a request: none goes.
    said = refused(lambda: go(world, name, "answer_full", record_ids=(goes, kept)), AgreementError)
    assert f"the record {kept} stays here" in said
    assert "marked above this request" in refused(
        lambda: go(world, name, "answer_full", record_ids=(above,)), InputError
    )
    for other in ("0" * 36, own(node, "information_move")[0].id):
        refused(lambda other=other: go(world, name, "answer_full", record_ids=(other,)), InputError)
    refused(lambda: go(world, name, "acknowledge", record_ids=(goes,)), InputError)
    assert state_at(world, ASKED, name) == "asked"
    go(world, name, "answer_full", record_ids=(goes,))
    (mine,) = desk(world, ASKED).show(hugo, name).steps[-1].records
    (got,) = shown(world, ASKING, name).steps[-1].records
    copy = record_of(world[ASKING], "KANARIPOINT")
    assert (mine.id, got.id, mine.name) == (goes, copy.id, got.name)
    assert got.id != goes
    # What comes of it is what the agreement releases: no consignee's street, no value.
    assert "KANARI STREET" not in str(copy.body)
    node.exchange.withdraw([goes], by="test")
    world.sync(ASKED, ASKING)
    (got,) = shown(world, ASKING, name).steps[-1].records
    assert (got.id, got.title) == ("", "")


def test_a_request_that_its_reader_may_not_see_is_none(world: World) -> None:
    node = world[ASKING]
    take_in(node, for_partners(level=Level.RESTRICTED),
            manifest(Bill(bill="KANARIHIGH", seal="SHIGH")), "high.edi")  # fmt: skip
    record = record_of(node, "KANARIHIGH").id
    low = officer(node, clearance=Level.OFFICIAL)
    before = (
        desk(world, ASKING).requests(low, state="all", limit=500), desk(world, ASKING).rates(low),
    )  # fmt: skip
    name = ask(world, record, subject_kind="document").row.id
    for agency in (ASKING, ASKED):
        low = officer(world[agency], clearance=Level.OFFICIAL)
        at = desk(world, agency)
        hidden = refused(lambda at=at, low=low: at.show(low, name), NotFound)
        assert hidden == refused(lambda at=at, low=low: at.show(low, "0" * 16), NotFound)
        moved = refused(lambda at=at, low=low: at.move(low, name, "refuse", {}), NotFound)
        assert moved == refused(lambda at=at, low=low: at.move(low, "0" * 16, "x", {}), NotFound)
        assert at.of_record(low, record).requests == ()
    low = officer(node, clearance=Level.OFFICIAL)
    assert before == (
        desk(world, ASKING).requests(low, state="all", limit=500), desk(world, ASKING).rates(low),
    )  # fmt: skip
    refused(lambda: desk(world, ASKING).start(low, record), NotFound)
    go(world, name, "refuse")
    moves = [item for item in own(world[ASKED], "information_move")
             if isinstance(item.body, InformationMove) and item.body.request == name]  # fmt: skip
    assert {item.marking.level for item in moves} == {Level.RESTRICTED}


def test_a_question_about_nothing_here_stands_under_the_level_that_was_chosen(
    world: World,
) -> None:
    node, ana = world[ASKING], officer(world[ASKING])
    view = desk(world, ASKING).ask(ana, ASKED, question(), level=Level.RESTRICTED)
    assert (view.marking.level, view.marking.releasable_to) == (Level.RESTRICTED, {ASKED})
    low = officer(node, clearance=Level.OFFICIAL)
    refused(lambda: desk(world, ASKING).show(low, view.row.id), NotFound)
    refused(lambda: desk(world, ASKING).ask(ana, ASKED, question(), level=Level.SECRET), InputError)
    assert desk(world, ASKING).start(low).levels == (0, 1)
    refused(lambda: desk(world, ASKING).ask(ana, "altamira", question()), InputError)


def test_the_list_shows_what_waits_for_us_first_and_whoever_reads_no_case_reads_none(
    world: World,
) -> None:
    late, soon = ask(world, clock="7d").row.id, ask(world, clock="8h").row.id
    done = ask(world).row.id
    go(world, done, "refuse")
    asked = desk(world, ASKED).requests(officer(world[ASKED]), side="answerer", limit=500)
    ids = [row.id for row in asked.rows]
    assert ids.index(soon) < ids.index(late)
    assert done not in ids
    assert all(row.side == "answerer" and row.open for row in asked.rows)
    assert desk(world, ASKING).requests(officer(world[ASKING]), side="answerer").rows == ()
    one = desk(world, ASKED).requests(officer(world[ASKED]), limit=1)
    assert (len(one.rows), one.more) == (1, True)
    ours, _ = desk(world, ASKING).rates(officer(world[ASKING]))
    _, theirs = desk(world, ASKED).rates(officer(world[ASKED]))
    assert ours.asked == theirs.asked > 5
    assert [(g.word.code, g.count) for g in ours.refused] == [
        (g.word.code, g.count) for g in theirs.refused
    ]
    for role in (Role.AUDITOR, Role.ADMINISTRATOR):
        reader = officer(world[ASKED], role=role)
        for act in (
            lambda r=reader: desk(world, ASKED).show(r, late),
            lambda r=reader: desk(world, ASKED).requests(r),
            lambda r=reader: desk(world, ASKED).rates(r),
            lambda r=reader: desk(world, ASKED).move(r, late, "refuse", {}),
        ):
            refused(act, Forbidden)


def test_the_partner_cannot_write_the_answerers_moves(world: World) -> None:
    name, node = ask(world).row.id, world[ASKING]
    forged = InformationMove(
        request=name, requester=ASKING, answerer=ASKED, agency=ASKED, number=1, seen=1,
        move="answer_none", by="hugo", at=in_hours(world, 0),
    )  # fmt: skip
    label = node.labels.intern(ASKING, for_partners(ASKED))
    with node.store.write() as connection:
        records.append(connection, [Draft(body=forged, originator=ASKING, label_id=label)])
    node.exchange.publish()
    world.sync(ASKED, ASKING)
    assert state_at(world, ASKED, name) == state_at(world, ASKING, name) == "asked"
    go(world, name, "refuse")
    assert state_at(world, ASKING, name) == "refused"


def test_a_request_is_erased_with_the_record_it_rests_on(world: World) -> None:
    node, record = world[ASKING], bill(world)
    name = ask(world, record, subject_kind="document").row.id
    assert state_at(world, ASKED, name) == "asked"
    node.erase(node.administrator(), record, reason="court order")
    refused(lambda: shown(world, ASKING, name), NotFound)
    world.sync(ASKED, ASKING)
    refused(lambda: shown(world, ASKED, name), NotFound)
    assert name not in str([item.body for item in own(world[ASKED], "information_move")])


def test_what_is_remembered_is_what_the_ledger_holds(world: World) -> None:
    node, ana = world[ASKING], officer(world[ASKING])
    memory = held.Memory(node.labels, node.agency)

    def same() -> None:
        for visible in (node.gate.visible(ana), all_labels(node.labels)):
            with node.store.read() as connection:
                rows = memory.all(connection, visible)
                assert list(rows) == held.kept(connection, node.labels, visible, node.agency)

    same()
    found = [bill(world), bill(world)]
    names = [ask(world, record, subject_kind="document").row.id for record in found]
    same()
    go(world, names[0], "need_more", "reply")
    same()
    for record in (found[1], found[0]):
        node.erase(node.administrator(), record, reason="court order")
        same()


def test_without_a_clause_of_its_own_a_side_says_nothing_and_is_told_so(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    none = made(
        tmp_path_factory.mktemp("none"), left_out=("requests-to-marisol", "requests-to-northreach")
    )
    try:
        (partner,) = desk(none, ASKING).start(officer(none[ASKING])).partners
        assert (partner.agency, partner.stays.code) == (ASKED, "kind_not_agreed")
        with pytest.raises(MoveMistakes, match="purpose is not one that the agreement"):
            ask(none)
        assert desk(none, ASKING).requests(officer(none[ASKING]), state="all").rows == ()
    finally:
        none.close()
    half = made(tmp_path_factory.mktemp("half"), left_out=("requests-to-northreach",))
    try:
        name = ask(half).row.id
        hugo = officer(half[ASKED])
        view = desk(half, ASKED).move(hugo, name, "acknowledge", facts("acknowledge", "asked"))
        assert view.stays.code == "kind_not_agreed"
        said = refused(lambda: go(half, name, "refuse"), AgreementError)
        assert "nothing would reach northreach" in said
        assert state_at(half, ASKED, name) == "acknowledged"
    finally:
        half.close()


@pytest.mark.postgres
def test_on_postgresql_a_reader_without_clearance_sees_no_request_and_the_tick_writes(
    tmp_path_factory: pytest.TempPathFactory, database_from: Any
) -> None:
    with database_from("") as url:
        two = made(tmp_path_factory.mktemp("postgres"), databases={ASKING: url})
        try:
            node = two[ASKING]
            view = node.information_desk.ask(
                officer(node), ASKED, question(), level=Level.RESTRICTED
            )
            two.sync(ASKED, ASKING)
            low = officer(node, clearance=Level.OFFICIAL)
            refused(lambda: node.information_desk.show(low, view.row.id), NotFound)
            assert node.information_desk.requests(low, state="all").rows == ()
            assert node.information_desk.rates(low)[0].asked == 0
            go(two, view.row.id, "need_more", "reply")
            assert history(two, ASKING, view.row.id) == history(two, ASKED, view.row.id)
            two.clock.ahead += dt.timedelta(hours=9)
            node.exchange.tick()
            assert state_at(two, ASKING, view.row.id) == "expired"
            (ours, _) = node.information_desk.rates(officer(node))
            assert (ours.asked, ours.silent, ours.due) == (1, 1, 1)
        finally:
            two.close()
