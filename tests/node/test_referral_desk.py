"""Referrals between two joined nodes: Northreach asks, Marisol is the host. About 12 s of CPU."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from esclusa.casework.forms import MoveMistakes
from esclusa.casework.referrals import merge
from esclusa.errors import AgreementError, Forbidden, InputError, NotFound, StateError
from esclusa.model import Level, ReferralMove
from esclusa.node import Node
from esclusa.node import referral_rows as held
from esclusa.node.referral_boxes import told
from esclusa.sharing.reader import Reader, Role
from exchange_cases import Bill, give, manifest, record_of, refused
from exchange_worlds import World, for_partners, officer, own, take_in
from referral_worlds import (
    ASKING,
    HOST,
    bill,
    facts,
    go,
    history,
    in_hours,
    lead,
    loaded,
    made,
    request,
    state_at,
)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """One pair of nodes for all tests here; each test has its own bills."""
    with made(tmp_path_factory.mktemp("referrals")) as two:
        yield two


def asked(world: World, **more: Any) -> str:
    """Return the name of a request that has arrived at the host."""
    name = request(world, bill(world), **more).row.id
    world.sync(HOST, ASKING)
    return name


def desk(world: World, agency: str) -> Any:
    return world[agency].referral_desk


def asked_about(world: World, agency: str) -> tuple[Node, Reader, str, str]:
    """Return a node, its officer, the name of a request that has arrived, and the box asked about."""
    name, node = asked(world), world[agency]
    who = officer(node)
    (box,) = node.referral_desk.show(who, name).row.subject.boxes
    return node, who, name, box


def test_from_request_to_seizure_both_sides_see_one_history(world: World) -> None:
    record = bill(world)
    sent = request(world, record)
    assert (sent.row.state.code, sent.stays, sent.record) == ("requested", None, record)
    assert not sent.row.ours
    world.sync(HOST, ASKING)
    here = desk(world, HOST).show(officer(world[HOST]), sent.row.id)
    assert here.row.ours
    assert here.row.subject.bill == sent.row.subject.bill != ""
    assert (here.record, here.drafts) == ("", ())
    assert {move.move.code for move in here.moves} >= {"accept", "decline", "ask", "void"}
    go(world, sent.row.id, "accept", "scan", "scan_anomaly", "examine", "seize")
    told = history(world, ASKING, sent.row.id)
    assert told == history(world, HOST, sent.row.id)
    assert [step[0] for step in told] == [
        "request", "accept", "scan", "scan_anomaly", "examine", "seize",
    ]  # fmt: skip
    assert "mass_kg=112" in told[-1]
    assert state_at(world, ASKING, sent.row.id) == state_at(world, HOST, sent.row.id) == "seizure"


def test_what_was_found_counts_once_in_the_outcomes_of_both_sides(world: World) -> None:
    record = bill(world)
    name = request(world, record).row.id
    world.sync(HOST, ASKING)
    go(world, name, "accept", "scan", "scan_anomaly", "examine", "seize")
    for agency in (HOST, ASKING):
        (exam,) = [item for item in own(world[agency], "examination") if item.body.event == name]
        assert exam.originator == HOST
        assert (exam.body.result, exam.body.findings[0].quantity) == ("found", 112.0)
        assert exam.body.methods == ("scan", "physical_part")
    outcome = world[ASKING].outcomes(officer(world[ASKING])).filter(subject=record)
    assert outcome.select("found", "event").rows() == [(True, name)]
    view = desk(world, HOST).show(officer(world[HOST]), name)
    assert world[HOST].record(officer(world[HOST]), view.examination).kind == "examination"


def test_declined_escalated_and_only_the_hosts_clearance_lifts_do_not_load(world: World) -> None:
    name = asked(world)
    go(world, name, "decline")
    assert desk(world, ASKING).show(officer(world[ASKING]), name).row.ours
    assert go(world, name, "escalate").row.do_not_load
    view = desk(world, ASKING).show(officer(world[ASKING]), name)
    assert view.row.do_not_load
    assert view.moves == ()
    refused(lambda: desk(world, ASKING).move(
        lead(world), name, "clear_load", facts("clear_load", "escalated")), StateError)  # fmt: skip
    go(world, name, "clear_load")
    view = desk(world, ASKING).show(officer(world[ASKING]), name)
    assert (view.row.state.code, view.row.do_not_load) == ("host_cleared", False)
    assert [item for item in own(world[HOST], "examination") if item.body.event == name] == []


def test_a_loading_told_while_do_not_load_stands_is_shown_and_marked(world: World) -> None:
    node, hugo, name, box = asked_about(world, HOST)
    take_in(node, for_partners(), loaded(box, event="44"), f"{box}-44.edi")
    go(world, name, "decline", "escalate")
    take_in(node, for_partners(), loaded(box), f"{box}-46.edi")
    first, second = desk(world, HOST).show(hugo, name).news
    assert (first.box, first.event, first.stage, first.against) == (box, "load", "actual", True)
    assert (first.occurred[:16], first.place, first.ship, first.voyage) == (
        "2026-12-01T06:40", "CNSHA", "NORTHREACH STAR", "0412N",
    )  # fmt: skip
    assert node.record(hugo, first.record).kind == "transport_event"
    assert (second.event, second.against) == ("discharge", False)
    go(world, name, "clear_load")
    assert [one.against for one in desk(world, HOST).show(hugo, name).news] == [False, False]


def test_what_a_reader_may_not_see_of_a_box_is_in_no_referral_of_it(world: World) -> None:
    node, hugo, name, box = asked_about(world, HOST)
    take_in(node, for_partners(level=Level.SECRET), loaded(box), f"{box}.edi")
    assert desk(world, HOST).show(hugo, name).news == ()
    chief = officer(node, clearance=Level.SECRET)
    view = desk(world, HOST).show(chief, name)
    assert [(one.box, one.level) for one in view.news] == [(box, Level.SECRET)]
    assert view.row.level < Level.SECRET  # so each line says its own
    world.sync(HOST, ASKING)
    assert desk(world, ASKING).show(officer(world[ASKING]), name).news == ()


def test_what_was_told_of_an_earlier_journey_of_the_box_is_left_out(world: World) -> None:
    node, hugo, name, box = asked_about(world, HOST)
    take_in(node, for_partners(), loaded(box), f"{box}.edi")
    with node.store.read() as connection:
        visible = frozenset(node.gate.visible(hugo))
        (kept,) = [
            one for one in desk(world, HOST).every(connection, visible) if one.referral.id == name
        ]
        first, *rest = kept.referral.steps
        for days, left in ((13, 1), (15, 0)):
            at = (world.clock() + dt.timedelta(days=days)).strftime("%Y-%m-%dT%H:%M:%SZ")
            step = msgspec.structs.replace(first, move=msgspec.structs.replace(first.move, at=at))
            later = msgspec.structs.replace(kept.referral, steps=(step, *rest))
            assert len(told(connection, node.labels, visible, later)) == left


@pytest.mark.parametrize("at", ["soon", "2026-12-01T00:00:00", "2199-01-01T00:00:00Z"])
def test_a_step_before_the_request_moves_no_time_of_it(world: World, at: str) -> None:
    node, ana, name, box = asked_about(world, ASKING)
    take_in(node, for_partners(), loaded(box), f"{box}.edi")
    with node.store.read() as connection:
        visible = frozenset(node.gate.visible(ana))
        rows = desk(world, ASKING).every(connection, visible)
        (it,) = [one.referral for one in rows if one.referral.id == name]
        request_made = it.steps[0].move
        early = msgspec.structs.replace(
            request_made, agency=HOST, move="accept", by="hugo", at=at, recorded=()
        )
        it = merge([early, request_made])
        assert [(one.move.move, bool(one.lost)) for one in it.steps] == [
            ("accept", True), ("request", False),
        ]  # fmt: skip
        assert [one.box for one in told(connection, node.labels, visible, it)] == [box]


def test_a_waiver_is_asked_by_one_and_approved_by_another_who_leads(world: World) -> None:
    name, at = asked(world), desk(world, ASKING)
    ana, lena = officer(world[ASKING]), lead(world)
    for given in ({}, {"waiver_reason": "no time"}, {"exception_code": "friend_of_mine"}):
        with pytest.raises(MoveMistakes):
            at.move(ana, name, "ask_waiver", given)
    at.move(ana, name, "ask_waiver", {"exception_code": "relief_goods"})
    approval = {"approval": "the emergency was declared"}
    assert "second person" in refused(
        lambda: at.move(lead(world, name="ana"), name, "waive", approval), StateError
    )
    assert "supervisor" in refused(lambda: at.move(ana, name, "waive", approval), StateError)
    assert at.move(lena, name, "waive", approval).row.state.code == "waived"
    world.sync(HOST, ASKING)
    assert state_at(world, HOST, name) == "waived"
    assert history(world, HOST, name) == history(world, ASKING, name)


def test_silence_past_the_cut_off_is_no_answer_by_the_nodes_tick(world: World) -> None:
    name = asked(world, hours=1)
    quiet = asked(world, hours=30)
    world.clock.ahead += dt.timedelta(hours=2)
    here = desk(world, HOST).show(officer(world[HOST]), name)
    assert here.row.clock.left_minutes < 0
    late = lambda: desk(world, HOST).move(  # noqa: E731
        officer(world[HOST]), name, "accept", facts("accept", "requested"))  # fmt: skip
    assert "cut-off passed" in refused(late, StateError)
    world[ASKING].exchange.tick()
    world.sync(HOST, ASKING)
    for agency in (HOST, ASKING):
        view = desk(world, agency).show(officer(world[agency]), name)
        assert view.row.state.code == "expired"
        assert view.row.state.en == "No answer before the cut-off"
        assert view.steps[-1].by == "(node)"
        assert state_at(world, agency, quiet) == "requested"
    world[ASKING].exchange.tick()
    assert len(history(world, ASKING, name)) == 2


def test_the_clock_rests_while_a_question_is_open_and_both_sides_see_it(world: World) -> None:
    name = asked(world, hours=2)
    go(world, name, "ask")
    world.clock.ahead += dt.timedelta(hours=3)
    world[ASKING].exchange.tick()
    view = desk(world, ASKING).show(officer(world[ASKING]), name)
    assert (view.row.state.code, view.row.ours) == ("need_info", True)
    assert view.row.clock.resting_since
    assert view.row.clock.after_cut_off
    assert 110 < view.row.clock.left_minutes <= 120
    go(world, name, "answer")
    clock = desk(world, HOST).show(officer(world[HOST]), name).row.clock
    assert (clock.resting_since, 179 <= clock.rested_minutes <= 181) == ("", True)
    go(world, name, "accept")
    assert state_at(world, ASKING, name) == "accepted"


def test_a_deleted_bill_makes_it_void_and_nobody_can_say_so_by_hand(world: World) -> None:
    node = world[ASKING]
    said = Bill(bill="KANARIGONE", box="CSQU3054383", seal="SGONE")
    marking = node.settings.intake_marking()
    take_in(node, marking, manifest(said), "gone.edi")
    name = request(world, record_of(node, "KANARIGONE").id).row.id
    world.sync(HOST, ASKING)
    by_hand = lambda: desk(world, ASKING).move(  # noqa: E731
        lead(world), name, "void", facts("void", "requested"))  # fmt: skip
    assert "when its bill is deleted" in refused(by_hand, StateError)
    take_in(node, marking, manifest(said, function="1"), "deletion.edi")
    node.exchange.tick()
    world.sync(HOST, ASKING)
    assert state_at(world, ASKING, name) == state_at(world, HOST, name) == "void"
    assert "void_code=bill_deleted" in history(world, HOST, name)[-1]
    assert [item for item in own(node, "examination") if item.body.event == name] == []


def test_the_hosts_own_deleted_bill_is_void_at_its_node_while_nothing_is_decided(
    world: World,
) -> None:
    """What was referred back to the host: its node knows of the deletion, and its people decide what
    they have begun. A bill that a reader of the referral may not know of says nothing."""
    here, there = world[HOST], world[ASKING]
    shared = [Bill(bill=f"KANARIBACK{n}", seal=f"SBACK{n}") for n in range(2)]
    give(world, *shared, giver=HOST, to=(ASKING,))
    names = [request(world, record_of(there, said.bill).id).row.id for said in shared]
    hidden = {
        Bill(bill="KANARIBACK2", seal="SBACK2"): for_partners("altamira"),
        Bill(bill="KANARIBACK3", seal="SBACK3"): for_partners(ASKING, level=Level.SECRET),
    }  # fmt: skip
    for said, marking in hidden.items():
        take_in(here, marking, manifest(said), "hidden.edi")
        take_in(there, there.settings.intake_marking(), manifest(said), "own.edi")
        names.append(request(world, record_of(there, said.bill).id).row.id)
    world.sync(HOST, ASKING)
    go(world, names[1], "accept")
    take_in(here, for_partners(ASKING), manifest(*shared, function="1"), "deletion.edi")
    for said, marking in hidden.items():
        take_in(here, marking, manifest(said, function="1"), "deletion.edi")
    here.exchange.tick()
    world.sync(HOST, ASKING)
    for agency in (HOST, ASKING):
        assert [state_at(world, agency, name) for name in names] == [
            "void", "accepted", "requested", "requested",
        ]  # fmt: skip
    assert history(world, HOST, names[0]) == history(world, ASKING, names[0])
    void = desk(world, ASKING).show(officer(there), names[0]).steps[-1]
    assert (void.agency, void.by) == (HOST, "(node)")


def test_moves_made_beside_each_other_end_alike_at_both(world: World) -> None:
    name, ana = asked(world), officer(world[ASKING])
    desk(world, ASKING).move(ana, name, "ask_waiver", {"exception_code": "relief_goods"})
    desk(world, ASKING).move(lead(world), name, "waive", {"approval": "as declared"})
    desk(world, HOST).move(officer(world[HOST]), name, "accept", facts("accept", "requested"))
    assert state_at(world, ASKING, name) == "waived"
    world.sync(HOST, ASKING)
    assert state_at(world, ASKING, name) == state_at(world, HOST, name) == "accepted"
    told = history(world, ASKING, name)
    assert told == history(world, HOST, name)
    assert [(step[0], step[5]) for step in told] == [
        ("request", ""), ("accept", ""), ("ask_waiver", "overtaken"), ("waive", "overtaken"),
    ]  # fmt: skip


def test_somebody_was_faster_and_nothing_is_written(world: World) -> None:
    name, hugo = asked(world), officer(world[HOST])
    seen = desk(world, HOST).show(hugo, name).version
    go(world, name, "ask")
    before = history(world, HOST, name)
    asks = lambda: desk(world, HOST).move(  # noqa: E731
        hugo, name, "void", facts("void", "need_info"), version=seen)  # fmt: skip
    assert "somebody was faster" in refused(asks, StateError)
    assert history(world, HOST, name) == before


def test_a_draft_stays_at_home_until_it_is_sent(world: World) -> None:
    node, ana = world[ASKING], officer(world[ASKING])
    record = bill(world)
    view = desk(world, ASKING).open(ana, record, HOST, {"risk_reasons": "KANARIDRAFT words"})
    name = view.row.id
    assert view.row.state.code == "draft"
    with pytest.raises(MoveMistakes) as caught:
        desk(world, ASKING).move(ana, name, "request", {})
    assert [(m.field, m.problem) for m in caught.value.mistakes] == [
        ("risk_reasons", "missing"), ("legal_purpose", "missing"), ("cut_off", "missing"),
    ]  # fmt: skip
    node.exchange.publish()
    assert b"KANARIDRAFT" not in node.exchange.batch(HOST)
    assert name.encode() not in node.exchange.batch(HOST)
    world.sync(HOST, ASKING)
    refused(lambda: desk(world, HOST).show(officer(world[HOST]), name), NotFound)
    given = {"risk_reasons": "what may be said", "legal_purpose": "treaty",
             "cut_off": in_hours(world, 5)}  # fmt: skip
    assert desk(world, ASKING).move(ana, name, "request", given).row.state.code == "requested"
    batch = node.exchange.batch(HOST)
    assert b"what may be said" in batch
    assert b"KANARIDRAFT" not in batch
    assert record.encode() not in batch
    world.sync(HOST, ASKING)
    assert state_at(world, HOST, name) == "requested"


def test_a_box_is_chosen_and_what_is_no_cargo_is_refused(world: World) -> None:
    record = bill(world)
    view = request(world, record, box=desk(world, ASKING).start(
        officer(world[ASKING]), record).subject.boxes[0])  # fmt: skip
    assert len(view.row.subject.boxes) == 1
    refused(lambda: request(world, record, box="MSKU0000000"), InputError)
    refused(lambda: request(world, "0" * 36), NotFound)
    given = {"risk_reasons": "goods do not fit", "legal_purpose": "treaty", "cut_off": "tomorrow"}
    with pytest.raises(MoveMistakes):
        desk(world, ASKING).open(officer(world[ASKING]), record, HOST, given, send=True)
    refused(lambda: desk(world, ASKING).open(
        officer(world[ASKING]), record, "altamira", {}), InputError)  # fmt: skip
    rows = desk(world, ASKING).of_record(officer(world[ASKING]), record).referrals
    assert [row.id for row in rows] == [view.row.id]


def test_a_copy_of_the_hosts_record_is_referred_back_to_it(world: World) -> None:
    give(world, Bill(bill="KANARICOPY", box="CSQU3054383"), giver=HOST, to=(ASKING,))
    copy = record_of(world[ASKING], "KANARICOPY")
    name = request(world, copy.id).row.id
    world.sync(HOST, ASKING)
    assert state_at(world, HOST, name) == "requested"


def test_the_list_shows_what_waits_for_us_first(world: World) -> None:
    late, soon = asked(world, hours=40), asked(world, hours=20)
    hosts = desk(world, HOST).referrals(officer(world[HOST]), side="host")
    ids = [row.id for row in hosts.rows]
    assert ids.index(soon) < ids.index(late)
    assert all(row.side == "host" and row.open for row in hosts.rows)
    asking = desk(world, ASKING).referrals(officer(world[ASKING]), state="requested")
    assert {late, soon} <= {row.id for row in asking.rows}
    assert desk(world, ASKING).referrals(officer(world[ASKING]), side="host").rows == ()
    one = desk(world, HOST).referrals(officer(world[HOST]), limit=1)
    assert (len(one.rows), one.more) == (1, True)


def test_whoever_reads_no_case_reads_no_referral(world: World) -> None:
    name = asked(world)
    for role in (Role.AUDITOR, Role.ADMINISTRATOR):
        reader = officer(world[HOST], role=role)
        refused(lambda reader=reader: desk(world, HOST).show(reader, name), Forbidden)
        refused(lambda reader=reader: desk(world, HOST).referrals(reader), Forbidden)
        refused(lambda reader=reader: desk(world, HOST).move(reader, name, "ask", {}), Forbidden)


def test_a_referral_that_its_reader_may_not_see_is_none(world: World) -> None:
    node = world[ASKING]
    take_in(node, for_partners(level=Level.RESTRICTED),
            manifest(Bill(bill="KANARIHIGH", seal="SHIGH")), "high.edi")  # fmt: skip
    record = record_of(node, "KANARIHIGH").id
    before = desk(world, ASKING).referrals(officer(node, clearance=Level.OFFICIAL), limit=500)
    name = request(world, record).row.id
    world.sync(HOST, ASKING)
    for agency in (ASKING, HOST):
        low = officer(world[agency], clearance=Level.OFFICIAL)
        at = desk(world, agency)
        hidden = refused(lambda at=at, low=low: at.show(low, name), NotFound)
        nothing = refused(lambda at=at, low=low: at.show(low, "0" * 16), NotFound)
        assert hidden == nothing
        moved = refused(lambda at=at, low=low: at.move(low, name, "ask", {}), NotFound)
        assert moved == refused(lambda at=at, low=low: at.move(low, "0" * 16, "ask", {}), NotFound)
        assert at.of_record(low, record).referrals == ()
    low = officer(node, clearance=Level.OFFICIAL)
    assert desk(world, ASKING).referrals(low, limit=500) == before
    refused(lambda: desk(world, ASKING).start(low, record), NotFound)
    # What the host answers stands under the same marking.
    go(world, name, "decline")
    moves = [item for item in own(world[HOST], "referral_move")
             if isinstance(item.body, ReferralMove) and item.body.referral == name]  # fmt: skip
    assert {item.marking.level for item in moves} == {Level.RESTRICTED}


def test_the_partner_cannot_write_the_hosts_moves(world: World) -> None:
    """A forged record in the host's name, stated by the requesting side, counts for nothing."""
    from esclusa.ledger import records
    from esclusa.ledger.records import Draft

    name, node = asked(world), world[ASKING]
    forged = ReferralMove(
        referral=name, requester=ASKING, host=HOST, agency=HOST, number=1, seen=1, move="accept",
        by="hugo", at=in_hours(world, 0),
    )  # fmt: skip
    label = node.labels.intern(ASKING, for_partners(HOST))
    with node.store.write() as connection:
        records.append(connection, [Draft(body=forged, originator=ASKING, label_id=label)])
    node.exchange.publish()
    world.sync(HOST, ASKING)
    assert state_at(world, HOST, name) == state_at(world, ASKING, name) == "requested"
    go(world, name, "decline")
    assert state_at(world, ASKING, name) == "declined"


def test_a_referral_is_erased_with_the_record_it_rests_on(world: World) -> None:
    node, record = world[ASKING], bill(world)
    name = request(world, record).row.id
    world.sync(HOST, ASKING)
    assert state_at(world, HOST, name) == "requested"
    node.erase(node.administrator(), record, reason="court order")
    refused(lambda: desk(world, ASKING).show(officer(node), name), NotFound)
    world.sync(HOST, ASKING)
    refused(lambda: desk(world, HOST).show(officer(world[HOST]), name), NotFound)
    assert name not in str([item.body for item in own(world[HOST], "referral_move")])


def test_without_a_clause_nothing_leaves_and_the_desk_says_so(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    two = made(tmp_path_factory.mktemp("unagreed"), agreed=False)
    try:
        record = bill(two)
        start = two[ASKING].referral_desk.start(officer(two[ASKING]), record)
        (host,) = start.hosts
        assert (host.agency, host.stays.code) == (HOST, "kind_not_agreed")
        said = refused(lambda: request(two, record), AgreementError)
        assert "nothing would reach marisol" in said
        assert two[ASKING].referral_desk.of_record(officer(two[ASKING]), record).referrals == ()
        two[ASKING].exchange.publish()
        assert b"referral" not in two[ASKING].exchange.batch(HOST)
        draft = two[ASKING].referral_desk.open(officer(two[ASKING]), record, HOST, {})
        assert draft.row.state.code == "draft"
    finally:
        two.close()


def test_what_is_remembered_is_what_the_ledger_holds(world: World) -> None:
    node, ana = world[ASKING], officer(world[ASKING])
    memory = held.Memory(node.labels, node.agency)

    def same() -> None:
        for visible in (node.gate.visible(ana), held.all_labels(node.labels)):
            with node.store.read() as connection:
                rows = memory.all(connection, visible)
                assert list(rows) == held.kept(connection, node.labels, visible, node.agency)

    same()
    records = [bill(world), bill(world)]
    names = [request(world, record).row.id for record in records]
    same()
    world.sync(HOST, ASKING)
    go(world, names[0], "ask", "answer")
    same()
    for record in (records[1], records[0]):  # the newest, then one before others
        node.erase(node.administrator(), record, reason="court order")
        same()
    request(world, bill(world))
    same()


def test_a_host_whose_clause_is_missing_is_told_that_its_answer_does_not_leave(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    two = made(tmp_path_factory.mktemp("onesided"), left_out=("referrals-to-northreach",))
    try:
        name = request(two, bill(two)).row.id
        two.sync(HOST, ASKING)
        hugo = officer(two[HOST])
        said = two[HOST].referral_desk.move(hugo, name, "accept", facts("accept", "requested"))
        assert (said.row.state.code, said.stays.code) == ("accepted", "kind_not_agreed")
        two.sync(HOST, ASKING)
        assert state_at(two, ASKING, name) == "requested"
    finally:
        two.close()


def test_what_was_recorded_can_be_kept_back_and_the_history_is_still_one(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    two = made(tmp_path_factory.mktemp("bare"), bare=True)
    try:
        name = request(two, bill(two)).row.id
        two.sync(HOST, ASKING)
        go(two, name, "decline")
        view = two[ASKING].referral_desk.show(officer(two[ASKING]), name)
        assert (view.row.state.code, view.steps[-1].recorded) == ("declined", ())
        ours = two[HOST].referral_desk.show(officer(two[HOST]), name)
        assert len(ours.steps[-1].recorded) == 3
        assert ours.row.subject == view.row.subject
    finally:
        two.close()


@pytest.mark.postgres
def test_on_postgresql_a_reader_without_clearance_sees_no_referral_and_the_tick_writes(
    tmp_path_factory: pytest.TempPathFactory, database_from: Any
) -> None:
    with database_from("") as url:
        two = made(tmp_path_factory.mktemp("postgres"), databases={ASKING: url})
        try:
            node = two[ASKING]
            take_in(
                node,
                for_partners(level=Level.RESTRICTED),
                manifest(Bill(bill="KANARIPG", seal="SPG")),
                "pg.edi",
            )
            name = request(two, record_of(node, "KANARIPG").id, hours=1).row.id
            low = officer(node, clearance=Level.OFFICIAL)
            refused(lambda: node.referral_desk.show(low, name), NotFound)
            assert node.referral_desk.referrals(low, state="all").rows == ()
            assert node.referral_desk.rates(low)[0].asked == 0
            two.sync(HOST, ASKING)
            go(two, name, "ask")
            assert history(two, ASKING, name) == history(two, HOST, name)
            go(two, name, "answer")
            two.clock.ahead += dt.timedelta(hours=2)
            node.exchange.tick()
            assert state_at(two, ASKING, name) == "expired"
            (asked_for, _) = node.referral_desk.rates(officer(node))
            assert (asked_for.asked, asked_for.silent, asked_for.due) == (1, 1, 1)
        finally:
            two.close()
