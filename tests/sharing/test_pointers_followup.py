"""After a hit the owner is asked; nothing else flows, and nobody can ask about what was no hit."""

from __future__ import annotations

import datetime as dt

import agreement_worlds as pacts
import msgspec
import pytest
from pointer_worlds import NOW, World, container, containers

from esclusa.errors import PointerError
from esclusa.model import TransportEquipment
from esclusa.sharing.exchange.messages import ConsentAsk, Message, Request
from esclusa.sharing.pointers import answering, followup
from esclusa.sharing.pointers.asking import Hit
from esclusa.sharing.pointers.keys import Pointer

DUE = NOW + dt.timedelta(hours=8)


@pytest.fixture
def world() -> World:
    made = World()
    made.open(containers(range(20)))
    return made


@pytest.fixture
def hit(world: World) -> Hit:
    (found,) = world.search(containers({3, 77})).hits
    return found


def test_a_hit_becomes_a_request_of_the_exchange_and_the_owner_learns_the_key_from_it(
    world: World, hit: Hit
) -> None:
    request, told = followup.request_for(hit, "r1", DUE, NOW)
    crossed = msgspec.json.decode(msgspec.json.encode(request), type=Message)
    assert isinstance(crossed, Request) and (crossed.kind, crossed.due) == ("pointer_hit", DUE)
    pointer, taken = followup.taken(world.owner, world.set, crossed, NOW)
    assert pointer == container(3)
    assert (told.event, taken.event) == ("pointers:hit:told", "pointers:hit:taken")
    assert pointer.parts[0] not in msgspec.json.encode([told, taken]).decode()


def forged(hit: Hit, **changes: object) -> Request:
    """Return a request made from a hit that was changed."""
    return followup.request_for(msgspec.structs.replace(hit, **changes), "r1", DUE, NOW)[0]


def refused(world: World, request: Request, now: dt.datetime = NOW) -> str:
    """Return the rule that refuses a request."""
    with pytest.raises(PointerError) as caught:
        followup.taken(world.owner, world.set, request, now)
    return caught.value.rule


def test_a_key_that_was_never_searched_cannot_be_asked_about(world: World, hit: Hit) -> None:
    """Else requests would try keys without any limit."""
    assert refused(world, forged(hit, pointer=container(4))) == "evidence"
    assert refused(world, forged(hit, evidence=bytes(64))) == "evidence"
    assert refused(world, forged(hit, evidence=b"")) == "evidence"


def test_a_miss_cannot_be_asked_about_even_with_its_true_evidence(world: World) -> None:
    from esclusa.sharing.pointers import voprf
    from esclusa.sharing.pointers.epochs import key_of

    (epoch,) = world.owner.epochs
    output = voprf.compute(key_of(epoch), container(77).encode())
    made = Hit(pointer=container(77), scope=epoch.scope, number=1, evidence=output)
    assert refused(world, followup.request_for(made, "r1", DUE, NOW)[0]) == "evidence"


def test_evidence_of_another_epoch_or_scope_is_refused(world: World, hit: Hit) -> None:
    assert refused(world, forged(hit, number=2)) == "epoch"
    other = msgspec.structs.replace(hit.scope, purpose="sanctions")
    assert refused(world, forged(hit, scope=other)) == "epoch"


def test_a_hit_can_be_followed_up_for_a_while_after_its_epoch_and_no_longer(
    world: World, hit: Hit
) -> None:
    (epoch,) = world.owner.epochs
    request = forged(hit)
    late = epoch.until - dt.timedelta(seconds=1)
    world.owner = answering.lapse(world.owner, late)
    assert followup.taken(world.owner, world.set, request, late)[0] == container(3)
    assert refused(world, request, epoch.until) == "epoch"
    world.owner = answering.lapse(world.owner, epoch.until)
    assert refused(world, request, epoch.until) == "epoch"


@pytest.mark.parametrize("body", [b"null", b"{}", b"[1]", b'"x"'])
def test_a_request_of_another_form_is_refused(world: World, hit: Hit, body: bytes) -> None:
    request = msgspec.structs.replace(forged(hit), body=msgspec.Raw(body))
    assert refused(world, request) == "shape"


@pytest.mark.parametrize("parts", [(), ("x",) * 4, ("x" * 70_000,), ("x" * 2001,)])
def test_a_key_of_another_form_is_refused(world: World, hit: Hit, parts: tuple[str, ...]) -> None:
    request = forged(hit, pointer=Pointer("iso6346", parts))
    assert refused(world, request) in ("shape", "evidence")


def test_a_key_of_a_kind_that_nobody_knows_is_refused(world: World, hit: Hit) -> None:
    body = msgspec.json.decode(forged(hit).body)
    changed = msgspec.json.encode({**body, "key": "shoe_size"})
    request = msgspec.structs.replace(forged(hit), body=msgspec.Raw(changed))
    assert refused(world, request) == "evidence"


def test_only_records_that_can_still_be_found_stand_behind_a_hit(hit: Hit) -> None:
    record = pacts.record(TransportEquipment(number=container(3).parts[0]))
    other = pacts.record(TransportEquipment(number=container(4).parts[0]))
    assert followup.records_behind(hit.pointer, [record, other]) == (record,)
    assert followup.records_behind(hit.pointer, [other]) == ()
    assert followup.records_behind(hit.pointer, [msgspec.structs.replace(record, body=None)]) == ()


def test_the_originator_is_asked_about_a_record_that_is_not_the_owners_own() -> None:
    ours = pacts.record(TransportEquipment(number=container(3).parts[0]))
    theirs = msgspec.structs.replace(ours, originator="altamira", id="a1")
    asks = followup.consents_needed([ours, theirs], "marisol", "northreach", "a hit")
    assert asks == (ConsentAsk("altamira", "a1", "marisol", "northreach", "pass", "a hit"),)


def test_neither_findings_nor_a_trace_hold_more_than_the_key_and_its_evidence(hit: Hit) -> None:
    assert set(msgspec.structs.asdict(hit)) == {"pointer", "scope", "number", "evidence"}
    assert container(3).parts[0] not in repr(hit)
