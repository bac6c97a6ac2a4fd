"""A bundle carried by hand is worth what a batch over the line is: the same bytes, sealed."""

from __future__ import annotations

import datetime as dt

import pytest

from esclusa.errors import EsclusaError, TrustError, WireError
from esclusa.node import Node
from esclusa.sharing.bundle import unseal
from esclusa.sharing.keys import BUNDLE, Revocation
from exchange_cases import Bill, copies, give, held, receipts, record_of, refused, some
from exchange_worlds import World, found


def carry(world: World, giver: str, to: str) -> None:
    world[to].exchange.receive_bundle(world[giver].exchange.bundle(to), file="case-1.bundle")


def by_hand(world: World, *pair: str, rounds: int = 6) -> None:
    """Carry bundles to and fro until neither side has news."""
    first, second = pair
    for _ in range(rounds):
        carry(world, first, second)
        carry(world, second, first)
        if not any(world[a].exchange.has_news(b) for a, b in (pair, pair[::-1])):
            return


def said(node: Node) -> dict[str, object]:
    """Return what a node holds and has heard, without times and numbers of batches."""
    state = node.exchange.state()
    grants = {key: (g.version, g.state, g.digest) for key, g in state.grants.items()}
    return {
        "copies": sorted((c.record, c.version, c.digest) for c in copies(node)),
        "grants": grants,
        "trail": {k: (r.reason, dict(r.erased)) for k, r in state.trail.items()},
        "found": len(found(node, "NORTHREACH")),
        "read": {k: v.number for k, v in state.inboxes.items()},
    }


def test_by_hand_ends_where_the_line_ends(three_anew: object, two: World) -> None:
    """Release, correction and recall, once over a line and once in bundles."""
    ends = []
    for carried in (False, True):
        world = two if carried else three_anew()  # type: ignore[operator]
        give(world, Bill(bill="KEPT"), Bill(), sync=False)
        _exchange(world, carried)
        give(world, Bill(bill="KEPT", goods="CORRECTED"), sync=False)
        recalled = record_of(world["marisol"], "KANARIBILL")
        world["marisol"].exchange.withdraw([recalled.id], by="ana")
        _exchange(world, carried)
        node = world["northreach"]
        assert [item.body.bill for item in held(node, "")] == ["KEPT"]
        assert node.exchange.log.verify() == ()
        ends.append((len(copies(node)), {r.reason for r in receipts(world["marisol"], "northreach")},
                     [dict(r.erased) for r in receipts(world["marisol"], "northreach")]))  # fmt: skip
    assert ends[0] == ends[1]


def _exchange(world: World, carried: bool) -> None:
    if carried:
        by_hand(world, "marisol", "northreach")
    else:
        world.sync("marisol", "northreach")


def test_what_is_sealed_are_the_bytes_of_the_line(two: World) -> None:
    give(two, Bill(), sync=False)
    sealed = two["marisol"].exchange.bundle("northreach")
    opened = unseal(sealed, [two["northreach"].exchange.credentials.bundle])
    assert b"KANARIBILL" in opened
    assert b"KANARI" not in sealed
    assert b"marisol" not in sealed
    two["northreach"].exchange.receive(opened)
    assert len(held(two["northreach"])) == 1


def test_a_flipped_bit_at_any_place_is_refused_with_one_clear_error(two: World) -> None:
    give(two, Bill(), sync=False)
    sealed = two["marisol"].exchange.bundle("northreach")
    node = two["northreach"]
    before = said(node)
    for place in some(range(len(sealed)), 60):
        bad = bytearray(sealed)
        bad[place] ^= 1
        sentence = refused(
            lambda bad=bytes(bad): node.exchange.receive_bundle(bad, file="case-1.bundle"),
            WireError,
        )
        assert sentence.startswith("case-1.bundle, byte ")
        assert "KANARI" not in sentence
    assert said(node) == before
    assert len(node.exchange.alarms) >= 60
    node.exchange.receive_bundle(sealed)
    assert len(held(node)) == 1


def test_a_bundle_cut_off_at_any_place_is_refused(two: World) -> None:
    give(two, Bill(), sync=False)
    sealed = two["marisol"].exchange.bundle("northreach")
    node = two["northreach"]
    before = said(node)
    for end in some(range(len(sealed)), 20):
        refused(lambda end=end: node.exchange.receive_bundle(sealed[:end]), WireError)
    assert said(node) == before


def test_a_bundle_for_another_is_refused_there_and_still_good_here(three: World) -> None:
    give(three, Bill(), sync=False)
    sealed = three["marisol"].exchange.bundle("northreach")
    other = three["altamira"]
    before = said(other)
    assert "another" in refused(lambda: other.exchange.receive_bundle(sealed), WireError)
    assert said(other) == before
    three["northreach"].exchange.receive_bundle(sealed)
    assert len(held(three["northreach"])) == 1


def test_a_bundle_carried_twice_changes_nothing_the_second_time(two: World) -> None:
    give(two, Bill(), sync=False)
    sealed = two["marisol"].exchange.bundle("northreach")
    node = two["northreach"]
    assert node.exchange.receive_bundle(sealed).fresh
    before, head = said(node), node.exchange.log.head()
    for _ in range(3):
        assert not node.exchange.receive_bundle(sealed).fresh
    assert said(node) == before
    assert node.exchange.log.head() == head


def test_an_old_bundle_brings_back_nothing_that_was_recalled_since(two: World) -> None:
    give(two, Bill(), sync=False)
    old = two["marisol"].exchange.bundle("northreach")
    by_hand(two, "marisol", "northreach")
    recalled = record_of(two["marisol"], "KANARIBILL")
    two["marisol"].exchange.withdraw([recalled.id], by="ana")
    by_hand(two, "marisol", "northreach")
    two["northreach"].exchange.receive_bundle(old)
    assert held(two["northreach"]) == []


@pytest.mark.parametrize("handed", [False, True])
def test_after_days_without_a_line_both_catch_up(two: World, handed: bool) -> None:
    """Each takes in records for two days, and none of it is lost or doubled."""
    marisol, northreach = two["marisol"], two["northreach"]
    for day in range(2):
        give(two, Bill(bill=f"DAY{day}"), sync=False)
        two.clock.ahead += dt.timedelta(days=1)
        for node in (marisol, northreach):
            node.exchange.tick()
    give(two, Bill(bill="DAY0", goods="CORRECTED"), sync=False)
    recalled = record_of(marisol, "DAY1")
    marisol.exchange.withdraw([recalled.id], by="ana")
    assert held(northreach, "") == []
    _exchange(two, handed)
    (copy,) = held(northreach, "")
    assert (copy.body.bill, copy.body.goods[0].description) == ("DAY0", "CORRECTED")
    assert found(northreach, "DAY0")
    assert not marisol.exchange.has_news("northreach")
    assert not northreach.exchange.has_news("marisol")


def test_bundles_that_come_in_the_wrong_order_are_all_of_use(two: World) -> None:
    give(two, Bill(bill="FIRST"), sync=False)
    first = two["marisol"].exchange.bundle("northreach")
    give(two, Bill(bill="SECOND"), sync=False)
    second = two["marisol"].exchange.bundle("northreach")
    node = two["northreach"]
    for sealed in (second, first, second):
        node.exchange.receive_bundle(sealed)
    assert {item.body.bill for item in held(node, "")} == {"FIRST", "SECOND"}


def test_nothing_is_sealed_for_a_key_that_was_revoked(two: World) -> None:
    exchange = two["marisol"].exchange
    (key,) = exchange.ring().current("northreach", BUNDLE, two.clock())
    exchange.revoke(
        Revocation(agency="northreach", role=BUNDLE, key=key.id, at=two.clock()), by="ana"
    )
    two.clock.ahead += dt.timedelta(minutes=1)
    refused(lambda: exchange.bundle("northreach"), TrustError)


def test_rubbish_is_no_bundle(two: World) -> None:
    node = two["northreach"]
    for data in (b"", b"rubbish", b"esclusa-bundle/1\n", b"esclusa-bundle/1\nage", b"\x00" * 300):
        refused(lambda data=data: node.exchange.receive_bundle(data), EsclusaError)
    assert node.exchange.state().inboxes == {} or held(node, "") == []
