"""Passing on: never without the originator's rule or its signed consent, and never out of its reach.

Marisol gives to Northreach, Northreach may give to Altamira. Consignments go on freely to Altamira
(the agreement lists it), travellers only with Marisol's consent, each time.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from esclusa.errors import ExchangeError, NotFound
from esclusa.node import Node
from esclusa.sharing.exchange.rows import CopyKey
from esclusa.sharing.facts import plain
from esclusa.sharing.reader import Role
from exchange_cases import Bill, give, held, leaves, receipts, record_of, refused, traces
from exchange_worlds import World, files, for_partners, found, officer, own, take_in

BOTH = (("marisol", "northreach"), ("northreach", "altamira"))
WORD = "DELVALLE JURADO"
KINDS = ("consignment", "equipment")


def carry(world: World, *, rounds: int = 2) -> None:
    """Carry batches along the row of nodes, both ways."""
    for _ in range(rounds):
        for pair in BOTH:
            world.sync(*pair)


def give_travellers(world: World) -> CopyKey:
    """Give travellers to Northreach; return the key of one copy there."""
    data = files("esclusa.samples").joinpath("passengers-altamira-AM218.edi").read_bytes()
    short = _short(data)
    take_in(world["marisol"], for_partners("northreach"), short, "p.edi")
    world["marisol"].exchange.publish()
    world.sync("marisol", "northreach")
    return key_of(world["northreach"], WORD)


def _short(data: bytes) -> bytes:
    """Return the sample passenger list with its first two travellers alone."""
    head, *people = data.split(b"NAD+FL+++")
    tail = people[-1].split(b"UNT+")[1].partition(b"+")[2]
    body = head + b"".join(b"NAD+FL+++" + person for person in people[:2])
    segments = body.split(b"UNH+")[1].count(b"'") + 1
    count = people[-1].split(b"CNT+42:")
    trailer = b"CNT+42:2'" if len(count) > 1 else b""
    return body + trailer + b"UNT+%d+" % (segments + (1 if trailer else 0)) + tail


def key_of(node: Node, word: str) -> CopyKey:
    (copy,) = held(node, word)
    return ("marisol", "marisol", copy.id)


def ask_and_grant(world: World, key: CopyKey, **answer: Any) -> None:
    """Have Northreach ask for Altamira, and Marisol answer."""
    node, giver = world["northreach"], world["marisol"]
    node.exchange.ask_consent(key, "altamira", "pass", "a joint search", by="ana")
    world.sync("northreach", "marisol")
    given = {"granted": True, "by": "ana"} | answer
    giver.exchange.answer_consent(key[2], "northreach", "altamira", "pass", **given)
    world.sync("marisol", "northreach")


def test_without_consent_passing_on_is_impossible(three: World) -> None:
    key = give_travellers(three)
    node = three["northreach"]
    said = refused(lambda: node.exchange.pass_on(key, "altamira", by="ana"), ExchangeError)
    assert "consented" in said
    carry(three)
    assert held(three["altamira"], WORD) == []


def test_a_question_alone_is_no_consent_and_a_refusal_is_none(three: World) -> None:
    key = give_travellers(three)
    node = three["northreach"]
    ask_and_grant(three, key, granted=False)
    refused(lambda: node.exchange.pass_on(key, "altamira", by="ana"), ExchangeError)
    carry(three)
    assert held(three["altamira"], WORD) == []


def test_with_recorded_consent_it_goes_and_the_third_can_show_that_consent(three: World) -> None:
    key = give_travellers(three)
    ask_and_grant(three, key)
    batch_before = three["northreach"].exchange.batch("altamira")
    assert WORD.encode() not in batch_before
    three["northreach"].exchange.pass_on(key, "altamira", by="ana")
    carry(three)
    (copy,) = held(three["altamira"], WORD)
    assert (copy.originator, copy.id) == ("marisol", key[2])
    assert copy.marking.releasable_to == {"altamira"}
    assert "ORCON" in copy.marking.caveats
    assert "passed" in {receipt.reason for receipt in receipts(three["marisol"], "altamira")}


def test_consent_to_one_record_lets_no_other_go(three: World) -> None:
    key = give_travellers(three)
    ask_and_grant(three, key)
    other = next(item for item in own(three["northreach"], "traveller") if item.id != key[2])
    refused(
        lambda: three["northreach"].exchange.pass_on(
            ("marisol", "marisol", other.id), "altamira", by="ana"
        ),
        ExchangeError,
    )


def test_consent_withdrawn_takes_the_record_back_from_the_third(three: World) -> None:
    key = give_travellers(three)
    ask_and_grant(three, key)
    three["northreach"].exchange.pass_on(key, "altamira", by="ana")
    carry(three)
    assert held(three["altamira"], WORD)
    three["marisol"].exchange.answer_consent(
        key[2], "northreach", "altamira", "pass", granted=False, by="ana"
    )
    carry(three)
    assert held(three["altamira"], WORD) == []
    assert traces(three["altamira"], WORD.encode()) == []
    assert held(three["northreach"], WORD)


def test_consent_that_lapses_takes_the_record_back_without_a_word(three: World) -> None:
    key = give_travellers(three)
    until = three.clock() + dt.timedelta(hours=5)
    ask_and_grant(three, key, until=until)
    three["northreach"].exchange.pass_on(key, "altamira", by="ana")
    carry(three)
    assert held(three["altamira"], WORD)
    three.clock.ahead += dt.timedelta(hours=6)
    three["northreach"].exchange.tick()
    carry(three)
    assert held(three["altamira"], WORD) == []
    refused(lambda: three["northreach"].exchange.pass_on(key, "altamira", by="ana"), ExchangeError)


def test_nobody_answers_for_the_originator(three: World) -> None:
    key = give_travellers(three)
    node = three["northreach"]
    node.exchange.ask_consent(key, "altamira", "pass", "x", by="ana")
    for name in ("northreach", "altamira"):
        refused(
            lambda node=three[name]: node.exchange.answer_consent(
                key[2], "northreach", "altamira", "pass", granted=True, by="ana"
            ),
            ExchangeError,
        )
    refused(lambda: node.exchange.pass_on(key, "altamira", by="ana"), ExchangeError)


def test_what_the_agreement_lists_goes_on_without_asking_and_nowhere_else(three: World) -> None:
    give(three, Bill())
    key = key_of(three["northreach"], "KANARIBILL")
    three["northreach"].exchange.pass_on(key, "altamira", by="ana")
    carry(three)
    (copy,) = held(three["altamira"])
    assert copy.originator == "marisol"
    refused(lambda: three["northreach"].exchange.pass_on(key, "marisol", by="a"), ExchangeError)


def test_what_arrives_at_the_third_is_what_the_second_previews(three: World) -> None:
    give(three, Bill())
    node = three["northreach"]
    key = key_of(node, "KANARIBILL")
    said = node.partner_desk.preview(officer(node), key[2], "altamira")
    node.exchange.pass_on(key, "altamira", by="ana")
    carry(three)
    (copy,) = held(three["altamira"])
    assert said.goes
    assert said.marking is not None
    assert said.keep_until == copy.marking.retain_until.isoformat()
    came = [value for value in leaves(plain(copy.body)).values() if value not in KINDS]
    assert sorted(came) == sorted(i.value for i in said.fields if i.outcome != "withheld")


@pytest.mark.parametrize("withdrawn", ["recall", "erasure", "end"])
def test_what_the_originator_takes_back_reaches_the_third_through_the_second(
    three: World, withdrawn: str
) -> None:
    give(three, Bill())
    giver = three["marisol"]
    key = key_of(three["northreach"], "KANARIBILL")
    three["northreach"].exchange.pass_on(key, "altamira", by="ana")
    carry(three)
    assert found(three["altamira"], "KANARIBILL")
    record = record_of(giver, "KANARIBILL")
    if withdrawn == "recall":
        giver.exchange.withdraw([record.id], by="ana")
    elif withdrawn == "erasure":
        giver.erase(giver.administrator(), record.id, reason="court order")
    else:
        giver.exchange.end("northreach", by="ana")
    carry(three)
    for name in ("northreach", "altamira"):
        assert held(three[name]) == []
        assert traces(three[name], b"KANARI") == [], name
    (last,) = receipts(giver, "altamira")
    assert last.reason == "recall"
    assert last.erased["tables"] >= 2


def test_a_correction_reaches_the_third_through_the_second(three: World) -> None:
    give(three, Bill(goods="OLDWORDS"))
    key = key_of(three["northreach"], "KANARIBILL")
    three["northreach"].exchange.pass_on(key, "altamira", by="ana")
    carry(three)
    give(three, Bill(goods="NEWWORDS"))
    carry(three)
    (copy,) = held(three["altamira"])
    assert "NEWWORDS" in str(copy.body)
    for name in ("northreach", "altamira"):
        three[name].store.scrub()
        assert traces(three[name], b"OLDWORDS") == [], name


def test_the_third_may_read_no_longer_than_the_second(three: World) -> None:
    """Marisol falls silent: Northreach's lease ends, and so does all it lent of Marisol's."""
    give(three, Bill())
    key = key_of(three["northreach"], "KANARIBILL")
    three["northreach"].exchange.pass_on(key, "altamira", by="ana")
    carry(three)
    for _ in range(4):
        three.clock.ahead += dt.timedelta(hours=19)
        for name in ("northreach", "altamira"):
            three[name].exchange.tick()
        three.sync("northreach", "altamira")
    for name in ("northreach", "altamira"):
        assert found(three[name], "KANARIBILL") == [], name


def test_a_reader_asks_and_answers_through_the_desk_for_what_he_may_see(three: World) -> None:
    key = give_travellers(three)
    node, giver = three["northreach"], three["marisol"]
    who = officer(node, purpose="border_control", role=Role.SUPERVISOR)
    node.partner_desk.ask(who, key[2], "altamira", use="pass", why="a joint search")
    three.sync("northreach", "marisol")
    chief = officer(giver, purpose="border_control", role=Role.SUPERVISOR)
    (question,) = giver.partner_desk.questions(chief)
    assert (question.asker, question.to, question.state) == ("northreach", "altamira", "asked")
    giver.partner_desk.answer(chief, question.record, "northreach", "altamira", "pass",
                              granted=True)  # fmt: skip
    three.sync("marisol", "northreach")
    node.partner_desk.pass_on(who, key[2], "altamira")
    carry(three)
    assert held(three["altamira"], WORD)
    blind = officer(
        node, purpose="sanctions", role=Role.SUPERVISOR
    )  # travellers are given for border control alone
    assert node.partner_desk.questions(blind) == ()
    refused(lambda: node.partner_desk.pass_on(blind, key[2], "altamira"), NotFound)


def test_days_of_keeping_at_the_third_count_from_when_the_second_had_it(three: World) -> None:
    (before,) = (d for d, item in three["northreach"].exchange.in_force().items()
                 if item.agreement.id == "northreach-altamira")  # fmt: skip
    draft = three.draft("northreach", "altamira")
    clauses = tuple(msgspec.structs.replace(item, retention_days=30) for item in draft.clauses)
    three.agree("northreach", "altamira", id="northreach-altamira", version=2, replaces=before,
                clauses=clauses)  # fmt: skip
    give(three, Bill())
    key = key_of(three["northreach"], "KANARIBILL")
    three["northreach"].exchange.pass_on(key, "altamira", by="ana")
    carry(three)
    (first,) = held(three["altamira"])
    for hours in (60, 60):
        three.clock.ahead += dt.timedelta(hours=hours)
        for node in three.nodes.values():
            node.exchange.tick()
        carry(three)
    (again,) = held(three["altamira"])
    assert again.marking.retain_until == first.marking.retain_until


STEPS = ("ask", "grant", "refuse", "pass", "carry", "recall", "state", "lapse")


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(plan=st.lists(st.sampled_from(STEPS), min_size=1, max_size=9))
def test_whatever_people_do_in_whatever_order_the_third_holds_nothing_without_standing_consent(
    three_anew: Any, plan: list[str]
) -> None:
    world: World = three_anew()
    try:
        key = give_travellers(world)
        consent: dt.datetime | None = None
        recalled = False
        for step in plan:
            consent, recalled = _step(world, key, step, consent, recalled)
        for node in world.nodes.values():
            node.exchange.tick()
        carry(world, rounds=3)
        allowed = consent is not None and world.clock() < consent and not recalled
        assert not held(world["altamira"], WORD) or allowed
        assert not recalled or not held(world["northreach"], WORD)
    finally:
        world.close()


def _step(
    world: World, key: CopyKey, step: str, consent: dt.datetime | None, recalled: bool
) -> tuple[dt.datetime | None, bool]:  # fmt: skip
    """Take one step; a step that the rules refuse changes nothing."""
    giver, node = world["marisol"].exchange, world["northreach"].exchange
    until = world.clock() + dt.timedelta(hours=20)
    try:
        if step == "ask":
            node.ask_consent(key, "altamira", "pass", "", by="ana")
            world.sync("northreach", "marisol")
        elif step in ("grant", "refuse"):
            giver.answer_consent(key[2], "northreach", "altamira", "pass",
                                 granted=step == "grant", until=until, by="ana")  # fmt: skip
            return (until if step == "grant" else None), recalled
        elif step == "pass":
            node.pass_on(key, "altamira", by="ana")
        elif step == "carry":
            carry(world, rounds=1)
        elif step == "recall":
            record = record_of_traveller(world["marisol"])
            recalled = bool(giver.withdraw([record], by="ana")) or recalled
        elif step == "lapse":
            world.clock.ahead += dt.timedelta(hours=21)
        else:
            giver.publish()
    except ExchangeError:
        pass
    return consent, recalled


def record_of_traveller(node: Node) -> str:
    return next(item.id for item in own(node, "traveller") if WORD.split()[0] in str(item.body))
