"""Bad input from partners: one clear error, an alarm that is kept, nothing lost, nothing granted."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
import pytest

from esclusa.errors import (
    AgreementError,
    EsclusaError,
    ExchangeError,
    LedgerError,
    NotFound,
    TrustError,
    WireError,
)
from esclusa.ledger.store import Store
from esclusa.node import Node, upgrade
from esclusa.sharing.agreement import Signed, sign, write_signed
from esclusa.sharing.carriage import pack
from esclusa.sharing.exchange import core
from esclusa.sharing.exchange.messages import Batch, Put
from esclusa.sharing.keys import EXCHANGE, Revocation
from exchange_cases import Bill, copies, give, held, receipts, refused, some
from exchange_worlds import World

Change = Callable[[Batch], Batch]


def waiting(world: World) -> Batch:
    """Return the batch that Marisol would send now, before it is written."""
    exchange = world["marisol"].exchange
    return core.batch_for(exchange.state(), "northreach", world.clock())


def written(world: World, batch: Batch, *, by: str = "marisol") -> bytes:
    """Return a batch as signed bytes of an agency."""
    return pack(batch, world[by].exchange.credentials.signer(EXCHANGE))


def puts(batch: Batch, **changes: Any) -> Batch:
    """Return the batch with every put changed."""
    messages = tuple(
        msgspec.structs.replace(item, **changes) if isinstance(item, Put) else item
        for item in batch.messages
    )
    return msgspec.structs.replace(batch, messages=messages)


def whole(node: Node) -> dict[str, Any]:
    """Return all that a refusal must leave as it was."""
    state = node.exchange.state()
    tables = ("own", "copies", "owed", "grants", "pacts", "inboxes", "leases", "consents")
    found: dict[str, Any] = {name: dict(getattr(state, name)) for name in tables}
    return found | {"held": [item.id for item in held(node, "")]}


def refuses(world: World, data: bytes, *kinds: type[EsclusaError]) -> str:
    """Northreach refuses these bytes, changes nothing, and keeps an alarm even after a restart."""
    node = world["northreach"]
    before, alarms = whole(node), set(node.exchange.alarms)
    said = refused(lambda: node.exchange.receive(data), *kinds)
    assert whole(node) == before
    fresh = set(node.exchange.alarms) - alarms
    assert len(fresh) == 1
    node = world.reopen("northreach")
    node.exchange.state()
    assert fresh <= set(node.exchange.alarms)
    assert whole(node) == before
    return said


@pytest.fixture(scope="module")
def made_ready(made_two: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folders of the two of ``ready``."""
    folder = tmp_path_factory.mktemp("ready")
    made = World.copied(made_two, folder, "marisol", "northreach")
    give(made, Bill(bill="BEFORE"))
    give(made, Bill(), sync=False)
    made.close()
    return folder


@pytest.fixture
def ready(made_ready: Path, tmp_path: Path) -> Iterator[World]:
    """Two nodes; Marisol has a bill for Northreach that has not gone yet, and one that has."""
    made = World.copied(made_ready, tmp_path, "marisol", "northreach")
    yield made
    made.close()


def test_after_every_refusal_the_sound_batch_is_still_taken(ready: World) -> None:
    data = ready["marisol"].exchange.batch("northreach")
    refuses(ready, b"rubbish", WireError)
    refuses(ready, data[:-1], WireError)
    refuses(ready, data.replace(b"KANARIBILL", b"KANARIBULL"), WireError)
    ready.sync("marisol", "northreach")
    assert len(held(ready["northreach"])) == 1


@pytest.mark.parametrize("place", range(0, 1000, 91))
def test_a_flipped_bit_anywhere_refuses_the_whole_batch(ready: World, place: int) -> None:
    data = bytearray(ready["marisol"].exchange.batch("northreach"))
    data[place * len(data) // 1000] ^= 1
    refuses(ready, bytes(data), WireError)


def test_a_batch_cut_off_anywhere_is_refused(ready: World) -> None:
    data = ready["marisol"].exchange.batch("northreach")
    node = ready["northreach"]
    before = whole(node)
    for end in some(range(len(data)), 12):
        refused(lambda end=end: node.exchange.receive(data[:end]), WireError)
    assert whole(node) == before


def test_the_signature_of_another_is_none(ready: World) -> None:
    data = written(ready, waiting(ready), by="northreach")
    said = refuses(ready, data, WireError, ExchangeError)
    assert "KANARI" not in said


def test_a_batch_for_another_node_is_refused(ready: World) -> None:
    other = msgspec.structs.replace(waiting(ready), receiver="altamira")
    assert "altamira" in refuses(ready, written(ready, other), WireError)


def test_a_batch_from_a_stranger_is_refused(three: World) -> None:
    """Altamira and Marisol have no agreement; each knows the other's keys."""
    three["altamira"].exchange.publish()
    batch = Batch(
        sender="altamira", receiver="marisol", first=1, previous="", messages=(),
        seen=waiting(three).seen, made=three.clock(), run=dt.timedelta(),
    )  # fmt: skip
    data = written(three, batch, by="altamira")
    node = three["marisol"]
    before = whole(node)
    refused(lambda: node.exchange.receive(data), ExchangeError)
    assert whole(node) == before
    assert [alarm.rule for alarm in node.exchange.alarms.values()] == ["stranger"]


def test_a_key_that_was_revoked_signs_nothing_any_more(ready: World) -> None:
    key = ready["marisol"].exchange.credentials.signer(EXCHANGE).key_id
    ready["northreach"].exchange.revoke(
        Revocation(agency="marisol", role=EXCHANGE, key=key, at=ready.clock()), by="ana"
    )
    ready.clock.ahead += dt.timedelta(minutes=1)
    data = ready["marisol"].exchange.batch("northreach")
    assert "revoked" in refuses(ready, data, WireError)


def test_a_key_that_nobody_entered_cannot_be_revoked(two: World) -> None:
    made_up = Revocation(agency="marisol", role=EXCHANGE, key="0" * 32, at=two.clock())
    refused(lambda: two["northreach"].exchange.revoke(made_up, by="ana"), TrustError)


def test_a_batch_from_the_future_is_refused_and_one_within_the_agreed_skew_taken(
    ready: World,
) -> None:
    now = ready.clock()
    late = msgspec.structs.replace(waiting(ready), made=now + dt.timedelta(hours=2))
    refuses(ready, written(ready, late), WireError, ExchangeError)
    near = msgspec.structs.replace(waiting(ready), made=now + dt.timedelta(minutes=9))
    ready["northreach"].exchange.receive(written(ready, near))
    assert held(ready["northreach"])


@pytest.mark.parametrize(
    "word", [{"level": "ultra"}, {"level": 9}, {"caveats": "ORCON"}, {"embargo": "2030-01-01"}]
)
def test_a_marking_with_an_unknown_word_refuses_its_record_and_nothing_beside_it(
    ready: World, word: dict[str, object]
) -> None:
    """The message can be read, so the rest of the batch counts; the record is not held."""
    give(ready, Bill(bill="BESIDE"), sync=False)
    batch = waiting(ready)
    first = next(item for item in batch.messages if isinstance(item, Put))
    marking = msgspec.json.decode(bytes(first.marking))
    raw = msgspec.Raw(msgspec.json.encode(marking | word))
    messages = tuple(
        msgspec.structs.replace(item, marking=raw) if item is first else item
        for item in batch.messages
    )
    node = ready["northreach"]
    bad = msgspec.structs.replace(batch, messages=messages)
    node.exchange.receive(written(ready, bad))
    refused_one = "KANARIBILL" if "KANARIBILL" in str(bytes(first.content.body)) else "BESIDE"
    bills = {"BEFORE", "BESIDE", "KANARIBILL"} - {refused_one}
    assert {item.body.bill for item in held(node, "")} == bills
    assert [alarm.rule for alarm in node.exchange.alarms.values()] == ["marking"]
    assert {copy.why for copy in node.exchange.state().copies.values()} >= {"marking"}
    ready["marisol"].exchange.receive(node.exchange.batch("marisol"))
    assert "refused" in {receipt.reason for receipt in receipts(ready["marisol"], "northreach")}


def test_a_content_that_is_no_record_refuses_its_batch(ready: World) -> None:
    for body in (b"{}", b"null", b'{"kind":"spell"}', b'{"kind":"consignment","bill":7}'):
        batch = waiting(ready)
        content = next(i for i in batch.messages if isinstance(i, Put)).content
        assert content is not None
        data = written(ready, puts(batch, content=msgspec.structs.replace(
            content, body=msgspec.Raw(body))))  # fmt: skip
        refuses(ready, data, WireError)


def test_a_content_of_another_kind_than_its_message_says_is_not_held(ready: World) -> None:
    data = written(ready, puts(waiting(ready), kind="traveller"))
    assert "kind" in refuses(ready, data, WireError)


def test_a_content_that_is_not_the_one_its_digest_names_is_not_held(ready: World) -> None:
    batch = waiting(ready)
    content = next(i for i in batch.messages if isinstance(i, Put)).content
    assert content is not None
    other = msgspec.structs.replace(content, salt="0" * 32)
    node = ready["northreach"]
    node.exchange.receive(written(ready, puts(batch, content=other)))
    assert {item.body.bill for item in held(node, "")} == {"BEFORE"}
    assert [alarm.rule for alarm in node.exchange.alarms.values()] == ["content"]


def test_a_message_of_an_unknown_type_refuses_its_batch_for_it_may_be_a_restriction(
    ready: World,
) -> None:
    from esclusa.sharing.wire import write_batch

    signer = ready["marisol"].exchange.credentials.signer(EXCHANGE)
    batch = waiting(ready)
    data = write_batch(
        signer, [b'{"type":"embargo","record":"x"}'], receiver="northreach", first=batch.first,
        made=batch.made, run=batch.run, previous=batch.previous, seen=batch.seen,
    )  # fmt: skip
    assert "message" in refuses(ready, data, WireError)


def test_an_empty_audience_means_nobody(ready: World) -> None:
    batch = waiting(ready)
    marking = msgspec.json.decode(
        bytes(next(i for i in batch.messages if isinstance(i, Put)).marking)
    )
    raw = msgspec.Raw(msgspec.json.encode(marking | {"releasable_to": []}))
    node = ready["northreach"]
    node.exchange.receive(written(ready, puts(batch, marking=raw)))
    assert {item.body.bill for item in held(node, "")} == {"BEFORE"}
    assert [alarm.rule for alarm in node.exchange.alarms.values()] == ["audience"]


def test_a_batch_said_again_in_any_order_changes_nothing(ready: World) -> None:
    node, giver = ready["northreach"], ready["marisol"]
    first = giver.exchange.batch("northreach")
    ready.sync("marisol", "northreach")
    give(ready, Bill(bill="SECOND"), sync=False)
    second = giver.exchange.batch("northreach")
    ready.sync("marisol", "northreach")
    before, size = whole(node), node.exchange.log.head()
    for data in (first, second, second, first, first):
        assert not node.exchange.receive(data).fresh
    assert whole(node) == before
    assert node.exchange.log.head() == size
    assert node.exchange.alarms == {}


# --- agreements -----------------------------------------------------------------------------------


def signed_by(world: World, agreement: Any, *agencies: str) -> bytes:
    done = Signed(agreement=agreement)
    for agency in agencies:
        signer = world.signer(agency)
        done = sign(done, agency, signer.key_id, world.clock(), signer.sign)
    return write_signed(done)


@pytest.fixture(scope="module")
def strangers(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Two nodes that know each other's keys and have agreed on nothing."""
    world = World(tmp_path_factory.mktemp("strangers"), "marisol", "northreach")
    yield world
    world.close()


@pytest.mark.parametrize("signers", [(), ("marisol",), ("northreach",)])
def test_an_agreement_that_not_both_have_signed_is_not_put_in_force(
    strangers: World, signers: tuple[str, ...]
) -> None:
    node = strangers["marisol"]
    data = signed_by(strangers, strangers.draft("marisol", "northreach"), *signers)
    refused(lambda: node.exchange.adopt(data, by="ana"), AgreementError)
    assert node.exchange.state().pacts == {}
    assert node.exchange.in_force() == {}


def test_an_agreement_whose_text_was_changed_after_signing_is_not_put_in_force(
    strangers: World,
) -> None:
    node = strangers["marisol"]
    draft = strangers.draft("marisol", "northreach")
    done = strangers.signed(draft)
    validity = msgspec.structs.replace(draft.valid, until=draft.valid.until + dt.timedelta(days=1))
    changed = msgspec.structs.replace(
        done, agreement=msgspec.structs.replace(draft, valid=validity)
    )
    refused(lambda: node.exchange.adopt(write_signed(changed), by="ana"), AgreementError)
    assert node.exchange.state().pacts == {}


@pytest.mark.parametrize(("start", "until"), [(-20, -10), (10, 20)])
def test_an_agreement_that_is_over_or_has_not_begun_is_not_put_in_force(
    strangers: World, start: int, until: int
) -> None:
    node = strangers["marisol"]
    today = strangers.clock().date()
    draft = strangers.draft("marisol", "northreach")
    valid = msgspec.structs.replace(
        draft.valid, start=today + dt.timedelta(days=start), until=today + dt.timedelta(days=until)
    )
    done = strangers.signed(msgspec.structs.replace(draft, valid=valid))
    refused(lambda: node.exchange.adopt(write_signed(done), by="ana"), AgreementError)
    assert node.exchange.state().pacts == {}


def test_an_agreement_with_nobody_we_know_is_not_put_in_force(strangers: World) -> None:
    node = strangers["marisol"]
    data = signed_by(strangers, strangers.draft("marisol", "northreach"), "marisol", "northreach")
    other = data.replace(b"northreach", b"altamira")
    refused(lambda: node.exchange.adopt(other, by="ana"), AgreementError, NotFound)
    assert node.exchange.state().pacts == {}


def test_what_goes_under_another_text_than_ours_is_not_held_until_both_hold_the_same(
    two: World,
) -> None:
    (before,) = two["marisol"].exchange.in_force()
    draft = two.draft("marisol", "northreach", version=2, replaces=before)
    data = write_signed(two.signed(draft))
    two["marisol"].exchange.adopt(data, by="ana")
    give(two, Bill())
    node = two["northreach"]
    assert copies(node) == []
    assert "agreement" in {alarm.rule for alarm in node.exchange.alarms.values()}
    node.exchange.adopt(data, by="ana")
    two.sync("marisol", "northreach")
    assert len(copies(node)) == 1


def test_a_second_agreement_is_refused_while_one_is_in_force_and_takes_nothing_back(
    two: World,
) -> None:
    give(two, Bill())
    (before,) = two["marisol"].exchange.in_force()
    other = write_signed(two.signed(two.draft("marisol", "northreach", id="a-further-treaty")))
    for agency in ("marisol", "northreach"):
        adopt = partial(two[agency].exchange.adopt, other, by="ana")
        error = refused(adopt, AgreementError)
        assert "is in force" in str(error) and "end marisol-northreach first" in str(error)
    two.sync("marisol", "northreach")
    assert list(two["marisol"].exchange.in_force()) == [before]
    assert len(copies(two["northreach"])) == 1


def test_a_next_version_that_drops_nothing_takes_nothing_back(two: World) -> None:
    give(two, Bill())
    (before,) = two["marisol"].exchange.in_force()
    changes = {"version": 2, "replaces": before}
    draft = two.draft("marisol", "northreach", sample="marisol-northreach-casework", **changes)
    assert {"consignment", "referral_move"} < {clause.kind for clause in draft.clauses}
    for agency in ("marisol", "northreach"):
        two[agency].exchange.adopt(write_signed(two.signed(draft)), by="ana")
    two.sync("marisol", "northreach")
    assert len(copies(two["northreach"])) == 1
    (partner,) = two["marisol"].partner_desk.partners(two["marisol"].administrator())
    assert (partner.given, partner.recalled) == (1, 0)
    assert [item.standing for item in partner.agreements if item.version == 1] == ["superseded"]


def test_a_node_without_keys_exchanges_nothing_and_works(tmp_path: Path) -> None:
    node = Node.create(tmp_path / "n", agency="marisol")
    node.exchange.tick()
    assert node.exchange.publish() == 0
    refused(lambda: node.exchange.batch("northreach"), EsclusaError)
    node.close()


def test_a_half_migrated_node_does_not_open_and_loses_nothing(ready: World) -> None:
    """An upgrade that stopped half-way: the program is the new one, the schema still the old."""
    data = ready["marisol"].exchange.batch("northreach")
    node = ready["northreach"]
    before = whole(node)
    node.store.downgrade("-1")
    node.close()
    said = refused(lambda: Node.open(node.folder), LedgerError)
    assert "run `esclusa upgrade`" in said
    upgrade(node.folder)
    node = ready.nodes["northreach"] = Node.open(node.folder)
    node.exchange.now = ready.clock
    assert whole(node) == before
    node.exchange.receive(data)
    assert len(held(node)) == 1


def test_a_node_that_runs_on_while_another_process_migrates_takes_and_sends_nothing(
    ready: World,
) -> None:
    data = ready["marisol"].exchange.batch("northreach")
    node = ready["northreach"]
    before = whole(node)
    with closing(Store(node.settings.database_url(node.folder))) as other:
        other.downgrade("-1")
        said = refused(lambda: node.exchange.receive(data), LedgerError)
        assert "stop it, start the version" in said
        other.upgrade()
    assert whole(node) == before
    node.exchange.receive(data)
    assert len(held(node)) == 1
