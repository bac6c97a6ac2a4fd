"""What an originator takes back is gone at every holder, and each holder's signed receipt says so.

Recall, narrowing, correction, the end of an agreement, of a lease and of the time to keep: each is
followed into the holder's tables, indexes, queue and alerts, and then into the bytes of its files.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

import msgspec
import pytest
import sqlalchemy as sa

from esclusa.errors import ExchangeError, InputError, NotFound, StateError
from esclusa.ledger import schema
from esclusa.model import Level, Marking
from esclusa.node import Node
from esclusa.sharing.exchange.messages import CLASSES
from esclusa.sharing.reader import Action, Role
from esclusa.sharing.views import QueueFilter
from exchange_cases import (
    OTHER_BOX,
    Bill,
    copies,
    give,
    held,
    manifest,
    receipts,
    record_of,
    refused,
    traces,
)
from exchange_worlds import World, for_partners, found, officer, take_in
from worlds import PUBLIC, with_list

LISTED = (("x1", "KANARI CONSIGNEE"),)
SECOND = Bill(bill="SECONDBILL", shipper="OTRA FIRMA SA", consignee="FIRMA CUATRO SA", box=OTHER_BOX,
              goods="BANANAS", marks="M", street="S", notify="N")  # fmt: skip
WORD = b"KANARI"
WHY = "given to the wrong office"


def queue(node: Node, **changes: Any) -> list[Any]:
    return list(node.queue(officer(node, **changes), QueueFilter(state="all")).rows)


def recall(world: World, bill: str = "KANARIBILL") -> tuple[str, ...]:
    giver = world["marisol"]
    holders = giver.exchange.withdraw([record_of(giver, bill).id], by="ana")
    world.sync("marisol", "northreach")
    return holders


def later(world: World, **time: float) -> None:
    world.clock.ahead += dt.timedelta(**time)


def newer(world: World, **changes: Any) -> None:
    """Have both sides sign the next version of their agreement."""
    (before,) = world["marisol"].exchange.in_force()
    world.agree("marisol", "northreach", version=2, replaces=before, **changes)


def see_nothing(node: Node, copy_id: str) -> None:
    """No question that a person can ask finds the copy or what rests on it. The page of a copy that
    was there and is erased says that much, and no word of it."""
    assert found(node, "KANARIBILL") == []
    assert found(node, "KANARISEAL") == []
    assert [row.title for row in queue(node) if "KANARI" in row.title] == []
    try:
        page = node.record(officer(node), copy_id)
    except NotFound:
        return
    assert page.erased
    assert (page.title, page.key, page.facts, page.links, page.alert) == ("", "", (), (), None)


def see_no_page(node: Node, copy_id: str) -> None:
    """A hidden copy is to a reader as if it had never come."""
    see_nothing(node, copy_id)
    refused(lambda: node.record(officer(node), copy_id), NotFound)
    refused(lambda: node.partner_desk.trail(officer(node), copy_id), NotFound)


def test_a_copy_is_found_screened_and_queued_like_a_record_of_ones_own(pair: World) -> None:
    node = pair["northreach"]
    with_list(node, "own", *LISTED)
    give(pair, Bill())
    assert [row.kind for row in found(node, "KANARIBILL")] == ["consignment"]
    (row,) = queue(node)
    assert row.title == "NRCH KANARIBILL"
    assert "own:x1" in [reason.code for reason in row.reasons]
    view = node.record(officer(node), row.subject_id)
    assert view.originator == "marisol"


def test_a_recall_reaches_tables_indexes_queue_and_alerts_and_no_byte_remains(pair: World) -> None:
    node = pair["northreach"]
    with_list(node, "own", ("x1", "CONSIGNEE LISTED"))
    give(pair, Bill(consignee="CONSIGNEE LISTED KANARI"), Bill(bill="B2", box=OTHER_BOX))
    (copy, _other) = sorted(held(node, ""), key=lambda item: "KANARIBILL" not in str(item.body))
    alert = next(row for row in queue(node) if "KANARIBILL" in row.title)
    node.claim(officer(node), alert.alert_id)
    node.verdict(officer(node), alert.alert_id, verdict="refer", reason="KANARI is known")
    assert recall(pair) == ("northreach",)
    recall(pair, '"B2"')
    see_nothing(node, copy.id)
    refused(lambda: node.alert(officer(node), alert.alert_id), NotFound)
    assert traces(node, WORD) == []
    assert node.check() == []


def test_a_recall_comes_back_as_a_receipt_that_counts_each_class_of_storage(pair: World) -> None:
    with_list(pair["northreach"], "own", *LISTED)
    give(pair, Bill())
    recall(pair)
    (receipt,) = receipts(pair["marisol"], "northreach")
    assert (receipt.reason, receipt.originator) == ("recall", "marisol")
    assert set(receipt.erased) == set(CLASSES)
    # Its row and its alert's, and the exchange's own; both index entries and the queue row.
    assert receipt.erased["tables"] == 3
    assert receipt.erased["indexes"] >= 2
    grant = next(iter(pair["marisol"].exchange.state().grants.values()))
    assert grant.state == "gone"


def test_a_person_takes_a_record_back_with_a_reason_that_one_audit_line_holds(two: World) -> None:
    giver = two["marisol"]
    give(two, Bill())
    bill, chief = record_of(giver, "KANARIBILL").id, officer(giver, role=Role.SUPERVISOR)
    before = giver.exchange.state().grants
    for reason in ("", " \n ", "a\x00b", "x" * 2_001):
        refused(lambda said=reason: giver.partner_desk.recall(chief, bill, said), InputError)
    refused(lambda: giver.partner_desk.recall(chief, "no such record", WHY), NotFound)
    assert giver.exchange.state().grants == before, "nothing is taken back without a reason"
    assert giver.partner_desk.recall(chief, bill, f"  {WHY}\n") == ("northreach",)
    refused(lambda: giver.partner_desk.recall(chief, bill, WHY), ExchangeError)
    two.sync("marisol", "northreach")
    lines = sa.select(schema.audit.c.subject, schema.audit.c.detail).where(
        schema.audit.c.action == Action.RELEASE_RECALL
    )
    with giver.store.read() as connection:
        assert [tuple(row) for row in connection.execute(lines)] == [(bill, f"holders=1 {WHY}")]
    steps = giver.partner_desk.trail(officer(giver, role=Role.AUDITOR), bill).steps
    assert steps and all(WHY not in step.detail for step in steps), "a trail tells no reason"
    assert traces(two["northreach"], WHY.encode()) == [], "the reason stays here"


def test_a_recall_without_a_settled_erasure_brings_no_receipt(two: World) -> None:
    give(two, Bill())
    node, giver = two["northreach"], two["marisol"]
    node.exchange.settle = lambda **_given: 0  # type: ignore[method-assign]
    recall(two)
    assert receipts(giver, "northreach") == []
    see_nothing_yet_owed = dict(node.exchange.state().owed)
    assert len(see_nothing_yet_owed) == 1


def test_what_was_recalled_does_not_go_again_by_itself(two: World) -> None:
    give(two, Bill())
    recall(two)
    giver = two["marisol"]
    assert giver.exchange.publish() == 0
    assert two.reopen("marisol").exchange.publish() == 0
    newer(two)
    two["marisol"].exchange.publish()
    two.sync("marisol", "northreach")
    assert held(two["northreach"]) == []


def test_a_newer_version_of_what_was_recalled_is_stated_again(two: World) -> None:
    give(two, Bill())
    recall(two)
    give(two, Bill(goods="KANARI OTHER"))
    (copy,) = held(two["northreach"])
    assert "KANARI OTHER" in str(copy.body)


def test_a_correction_replaces_what_was_said_and_leaves_no_byte_of_it(pair: World) -> None:
    node = pair["northreach"]
    with_list(node, "own", ("x1", "FALSO IMPORTS"), ("x2", "CIERTO TRADING"))
    give(pair, Bill(consignee="FALSO IMPORTS SA"))
    alert = next(row for row in queue(node))
    node.claim(officer(node), alert.alert_id)
    node.verdict(officer(node), alert.alert_id, verdict="refer", reason="listed")
    give(pair, Bill(consignee="CIERTO TRADING SA"))
    (copy,) = held(node)
    assert "CIERTO TRADING SA" in str(copy.body)
    assert [row.kind for row in found(node, "FALSO")] == ["list_entry"]  # one's own
    (row,) = queue(node)
    assert row.state == "new"  # what it rested on was said anew: a person looks again
    pair["northreach"].exchange.settle()
    node.store.scrub()
    with node.store.read() as connection:  # the list is one's own and keeps its entry
        assert "FALSO" not in str(_bodies(connection, "alert"))
        assert "FALSO" not in str(_bodies(connection, "consignment"))


def _bodies(connection: Any, kind: str) -> list[bytes]:
    import sqlalchemy as sa

    from esclusa.ledger.schema import record

    query = sa.select(record.c.body).where(record.c.kind == kind, record.c.body.is_not(None))
    return [bytes(body) for body in connection.execute(query).scalars()]


def test_what_a_copy_said_before_its_present_version_is_in_no_byte(pair: World) -> None:
    node = pair["northreach"]
    give(pair, Bill(goods="OLDWORDS"))
    give(pair, Bill(goods="NEWWORDS"))
    node.exchange.settle()
    node.store.scrub()
    assert traces(node, b"OLDWORDS") == []
    assert traces(node, b"NEWWORDS") != []


def stricter(world: World) -> None:
    """Take the same bill in again, for targeting alone."""
    narrow = Marking(
        level=Level.OFFICIAL, releasable_to=frozenset({"northreach"}),
        purposes=frozenset({"targeting"}),
    )  # fmt: skip
    give(world, Bill(), marking=narrow)


def test_a_stricter_marking_binds_the_copy_and_whoever_may_not_see_it_any_more(
    pair: World,
) -> None:
    node = pair["northreach"]
    give(pair, Bill())
    other = officer(node, purpose="sanctions")
    assert found(node, "KANARIBILL", other)
    stricter(pair)
    (copy,) = held(node)
    assert copy.marking.purposes == {"targeting"}
    assert found(node, "KANARIBILL", other) == []
    assert [row.kind for row in found(node, "KANARIBILL")] == ["consignment"]
    (kept,) = copies(node)
    assert kept.marking.purposes == {"targeting"}


def test_a_narrowing_keeps_what_is_left_and_erases_what_is_not(pair: World) -> None:
    """A second text of the agreement gives fewer fields: what it takes back is erased there."""
    node = pair["northreach"]
    with_list(node, "own", *LISTED)
    give(pair, Bill())
    newer(pair, clauses=fewer(pair))
    pair["marisol"].exchange.tick()
    pair.sync("marisol", "northreach")
    (copy,) = held(node)
    assert "KANARI GOODS" in str(copy.body)
    assert "KANARI CONSIGNEE" not in str(copy.body)
    assert "narrow" in {receipt.reason for receipt in receipts(pair["marisol"], "northreach")}
    assert [row.kind for row in found(node, "CONSIGNEE")] == ["list_entry"]  # one's own
    assert [row.kind for row in found(node, "KANARIBILL")] == ["consignment"]
    node.exchange.settle()
    node.store.scrub()
    bare = traces(node, b"KANARI CONSIGNEE SA")
    assert bare == []


def fewer(world: World) -> Any:
    """Return the sample's clauses without the parties of consignments."""
    import msgspec

    draft = world.draft("marisol", "northreach")
    first, *rest = draft.clauses
    keep = first.fields[0]
    paths = tuple(path for path in keep.paths if not path.startswith("parties"))
    left = (msgspec.structs.replace(keep, paths=paths), *first.fields[1:])
    return (msgspec.structs.replace(first, fields=left), *rest)


def test_a_narrowing_under_the_same_text_is_receipted_and_the_copy_stays(pair: World) -> None:
    node = pair["northreach"]
    give(pair, Bill())
    stricter(pair)
    pair.sync("marisol", "northreach")
    assert len(held(node)) == len(copies(node)) == 1
    assert dict(node.exchange.state().owed) == {}


def test_the_end_of_an_agreement_takes_back_on_both_sides(pair: World) -> None:
    with_list(pair["northreach"], "own", *LISTED)
    give(pair, Bill())
    (copy,) = held(pair["northreach"])
    pair["marisol"].exchange.end("northreach", by="ana")
    pair.sync("marisol", "northreach")
    see_nothing(pair["northreach"], copy.id)
    assert traces(pair["northreach"], b"KANARIBILL") == []
    (receipt,) = receipts(pair["marisol"], "northreach")
    assert receipt.reason in ("agreement", "recall")
    assert receipt.erased["tables"] >= 2


def test_an_agreement_that_runs_out_ends_without_a_word_from_anybody(pair: World) -> None:
    give(pair, Bill())
    (copy,) = held(pair["northreach"])
    later(pair, days=800)
    see_nothing(pair["northreach"], copy.id)  # at once, before any job has run
    pair["northreach"].exchange.tick()
    assert traces(pair["northreach"], WORD) == []


def test_a_lease_that_ran_out_with_the_line_cut_hides_the_copy_from_every_question(
    pair: World,
) -> None:
    node = pair["northreach"]
    with_list(node, "own", *LISTED)
    with_list(node, "strict", ("x2", "KANARI SHIPPER"), marking=Marking(level=Level.RESTRICTED))
    give(pair, Bill())
    (copy,) = held(node)
    assert queue(node)
    later(pair, hours=71)
    assert found(node, "KANARIBILL")
    later(pair, hours=2)
    see_no_page(node, copy.id)
    assert queue(node) == []
    assert held(node), "hidden, and not erased before the grace is over"


OWN = Bill(bill="OWNBILL", box=OTHER_BOX, shipper="S", consignee="C", notify="N")


def take_in_own(node: Node, **changes: str) -> None:
    """Take in a bill of one's own with the copy's seal on another box, under a marking so strict
    that all its readers may see the copy."""
    strict = Marking(
        level=Level.OFFICIAL, purposes=frozenset({"targeting"}), retain_until=dt.date(2027, 1, 31)
    )
    take_in(node, strict, manifest(msgspec.structs.replace(OWN, **changes)), "own.edi")


@pytest.mark.parametrize("hours", [1, 73])
def test_a_hidden_copy_is_no_context_for_judging_another_record(two: World, hours: int) -> None:
    node = two["northreach"]
    give(two, Bill())
    later(two, hours=hours)
    take_in_own(node)
    codes = {r.code for row in queue(node) if "OWNBILL" in row.title for r in row.reasons}
    assert ("C15" in codes) is (hours < 72)


def test_a_reason_that_rests_on_a_copy_is_hidden_with_it_and_the_others_stay(two: World) -> None:
    """The alert is on one's own record and has reasons of its own; the copy is not yet erased."""
    node = two["northreach"]
    with_list(node, "own", ("x9", "Orlena Vastrik"))
    give(two, Bill())
    take_in_own(node, shipper="ORLENA VASTRIK")

    def codes() -> set[str]:
        return {r.code for row in queue(node) if "OWNBILL" in row.title for r in row.reasons}

    assert {"C15", "own:x9"} <= codes()
    later(two, hours=73)
    assert held(node), "not erased yet"
    assert "own:x9" in codes()
    assert "C15" not in codes()


def test_an_alert_on_ones_own_record_that_rested_on_a_copy_goes_with_it(pair: World) -> None:
    node = pair["northreach"]
    give(pair, Bill())
    take_in_own(node)
    assert "C15" in {r.code for row in queue(node) for r in row.reasons}
    recall(pair)
    assert "C15" not in {r.code for row in queue(node) for r in row.reasons}
    assert node.check() == []


def test_a_renewed_lease_shows_the_copy_again(pair: World) -> None:
    node = pair["northreach"]
    give(pair, Bill())
    later(pair, hours=73)
    assert found(node, "KANARIBILL") == []
    pair["marisol"].exchange.tick()
    pair.sync("marisol", "northreach")
    assert found(node, "KANARIBILL")


def test_after_the_grace_the_hidden_copy_is_erased_with_the_line_still_cut(pair: World) -> None:
    node = pair["northreach"]
    with_list(node, "own", *LISTED)
    give(pair, Bill())
    later(pair, hours=72 + 71)
    node.exchange.tick()
    assert held(node)
    later(pair, hours=2)
    node.exchange.tick()
    assert held(node) == []
    assert traces(node, b"KANARIBILL", b"KANARI GOODS") == []
    pair["marisol"].exchange.tick()
    pair.sync("marisol", "northreach", rounds=1)
    assert "lease" in {r.reason for r in receipts(pair["marisol"], "northreach")}


def test_setting_the_clock_back_gives_no_time(two: World) -> None:
    node = two["northreach"]
    give(two, Bill())
    later(two, hours=73)
    node.exchange.tick()
    assert found(node, "KANARIBILL") == []
    later(two, hours=-100)
    assert found(node, "KANARIBILL") == []


def test_after_its_last_day_a_copy_is_erased_and_receipted(pair: World) -> None:
    node = pair["northreach"]
    give(pair, Bill())
    later(pair, days=160)
    for node_ in (pair["marisol"], node):
        node_.exchange.tick()
    pair.sync("marisol", "northreach")
    for _ in range(70):  # the lease, of a week, is kept alive until the last day
        later(pair, days=3)
        pair["marisol"].exchange.tick()
        node.exchange.tick()
        if not held(node):
            break
        pair.sync("marisol", "northreach", rounds=1)
    assert traces(node, WORD) == []
    pair.sync("marisol", "northreach")
    (receipt,) = receipts(pair["marisol"], "northreach")
    assert receipt.reason == "expiry"


def test_an_alert_on_another_record_that_rested_on_the_copy_is_made_anew_and_open_again(
    pair: World,
) -> None:
    """Two bills with one seal: each alert says that the seal is also on another container."""
    node = pair["northreach"]
    with_list(node, "own", *LISTED)
    give(pair, Bill(), Bill(bill="SECOND", box=OTHER_BOX))
    rests = {row.title: row for row in queue(node)}["NRCH SECOND"]
    assert {"C15", "own:x1"} <= {reason.code for reason in rests.reasons}
    node.claim(officer(node), rests.alert_id)
    node.verdict(officer(node), rests.alert_id, verdict="refer", reason="the seal of KANARIBILL")
    recall(pair)
    (again,) = queue(node)
    assert again.title == "NRCH SECOND"
    assert "C15" not in {reason.code for reason in again.reasons}
    assert "own:x1" in {reason.code for reason in again.reasons}
    assert (again.state, again.claimed_by, again.verdict) == ("new", "", "")
    assert node.alert(officer(node), again.alert_id).moves == ()
    assert traces(node, b"KANARIBILL") == []
    for move in (node.claim, node.release, node.claim):
        move(officer(node), again.alert_id)
    done = node.verdict(officer(node), again.alert_id, verdict="refer", reason="looked again")
    assert (done.state, len(done.moves)) == ("closed", 4)
    assert node.check() == []


def test_an_alert_on_another_record_is_left_alone_when_it_rested_on_something_else(
    two: World,
) -> None:
    node = two["northreach"]
    with_list(node, "own", *LISTED)
    give(two, Bill(), Bill(bill="SECOND", box=OTHER_BOX, seal="OTHERSEAL"))
    other = {row.title: row for row in queue(node)}["NRCH SECOND"]
    node.claim(officer(node), other.alert_id)
    recall(two)
    (still,) = queue(node)
    assert (still.title, still.state, still.claimed_by) == ("NRCH SECOND", "claimed", "ana")


def test_an_alert_that_rested_on_what_was_corrected_opens_again(two: World) -> None:
    node = two["northreach"]
    give(two, Bill(), Bill(bill="SECOND", box=OTHER_BOX))
    (rests,) = (row for row in queue(node) if row.title == "NRCH SECOND")
    node.claim(officer(node), rests.alert_id)
    give(two, Bill(seal="TYPINGERROR"))
    titles = {row.title for row in queue(node) if row.state != "withdrawn"}
    assert "NRCH SECOND" not in titles


def test_erasing_a_record_where_it_was_made_recalls_it_everywhere(pair: World) -> None:
    give(pair, Bill())
    giver = pair["marisol"]
    giver.erase(giver.administrator(), record_of(giver, "KANARIBILL").id, reason="court order")
    pair.sync("marisol", "northreach")
    assert traces(pair["northreach"], WORD) == []
    (receipt,) = receipts(giver, "northreach")
    assert receipt.reason == "recall"


def test_retention_at_the_originator_recalls_what_it_purges(pair: World) -> None:
    give(pair, Bill())
    giver = pair["marisol"]
    assert giver.purge(giver.administrator(), "2099-01-01") > 0
    pair.sync("marisol", "northreach")
    assert traces(pair["northreach"], WORD) == []


def test_a_copy_is_not_erased_by_hand_its_originator_recalls_it(two: World) -> None:
    node = two["northreach"]
    give(two, Bill())
    (copy,) = held(node)
    said = refused(lambda: node.erase(node.administrator(), copy.id, reason="tidying"), StateError)
    assert "originator" in said
    assert held(node)


def test_purging_at_the_holder_leaves_copies_to_the_exchange(two: World) -> None:
    node = two["northreach"]
    give(two, Bill())
    node.purge(node.administrator(), "2099-01-01")
    assert held(node)
    assert len(copies(node)) == 1


@pytest.mark.parametrize("marking", [PUBLIC, Marking(level=Level.RESTRICTED)])
def test_an_alert_that_a_copy_gives_rise_to_is_hidden_and_erased_with_it(
    two: World, marking: Marking
) -> None:
    """Whatever list it also rests on: the alert is the partner's record as much as ours."""
    node = two["northreach"]
    with_list(node, "own", *LISTED, marking=marking)
    give(two, Bill())
    assert queue(node)
    later(two, hours=73)
    assert queue(node) == []
    later(two, hours=73)
    node.exchange.tick()
    assert queue(node) == []
    assert traces(node, b"KANARIBILL") == []


@pytest.mark.parametrize("marking", [for_partners("altamira"), for_partners(), Marking()])
def test_a_record_said_again_for_others_or_for_nobody_is_taken_back(
    two: World, marking: Marking
) -> None:
    give(two, Bill())
    give(two, Bill(), marking=marking, sync=False)
    two["marisol"].exchange.publish()
    two.sync("marisol", "northreach")
    assert held(two["northreach"]) == []
    newer(two)  # and a new text of the agreement does not bring the older statement back
    two["marisol"].exchange.publish()
    two.sync("marisol", "northreach")
    assert held(two["northreach"]) == []
