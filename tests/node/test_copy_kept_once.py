"""The content of a copy lies in one place: the record. The exchange's own row says which version.

So a recall has one place less to empty, and what is erased among the records is erased for the
exchange. Content that is not stored byte for byte, and rows of before, stay whole in their rows.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from typing import Any

import msgspec
import pytest

from esclusa.ledger import emptying, exchange, records
from esclusa.node import Node
from esclusa.node.copies import Copies
from esclusa.sharing import keeping
from esclusa.sharing.carriage import pack
from esclusa.sharing.exchange import core, outbox
from esclusa.sharing.exchange.messages import Content, Put
from esclusa.sharing.keys import EXCHANGE
from exchange_cases import Bill, copies, give, held, receipts, traces
from exchange_worlds import World

COUNT = 64  # enough for pages
BILLS = tuple(Bill(bill=f"KANARI{number:03d}") for number in range(COUNT))
WORD = b"KANARI"


def rows_of(node: Node) -> dict[Any, bytes]:
    """Return the rows of copies as the ledger keeps them, those that were emptied left out."""
    with node.store.read() as connection:
        found = dict(exchange.of_table(connection, "copies"))
    return {keeping.key_of(key): row for key, row in found.items()}


def between(patch: pytest.MonkeyPatch, act: Callable[[], Any]) -> list[Any]:
    """Act once between the look at what goes and its erasure, when analysis is made ready; return
    where what came of it is put."""
    around, ready, looked, done = Copies.around, Copies.ready, list[int](), list[Any]()

    def seen(self: Copies, *given: Any) -> Any:
        looked.append(1)
        return around(self, *given)

    def readied(self: Copies, labels: Any) -> None:
        ready(self, labels)
        if looked and not done:
            done.append(None)  # what is done may come here itself
            done[0] = act()

    patch.setattr(Copies, "around", seen)
    patch.setattr(Copies, "ready", readied)
    return done


def recalled(world: World) -> None:
    giver = world["marisol"]
    giver.exchange.withdraw([place.id for place in giver.exchange.pointers.values()], by="ana")
    world.sync("marisol", "northreach")
    holder = world["northreach"]
    assert copies(holder) == [] and held(holder, "KANARI") == []
    assert len(receipts(world["marisol"], "northreach")) == COUNT
    assert traces(holder, WORD) == []


def test_a_row_holds_no_content_and_read_anew_it_gives_the_same_copy(pair: World) -> None:
    give(pair, *BILLS)
    before = {copy.record: copy for copy in copies(pair["northreach"])}
    rows = rows_of(pair["northreach"])
    assert len(before) == len(rows) == COUNT
    assert not any(WORD in row for row in rows.values())
    after = {copy.record: copy for copy in copies(pair.reopen("northreach"))}
    assert after == before
    for copy in after.values():
        assert copy.content is not None and WORD in bytes(copy.content.body)
        assert outbox.content_digest(copy.content) == copy.digest
    recalled(pair)
    assert rows_of(pair["northreach"]) == {}  # nor the salts, with which a guess could be tried
    assert copies(pair.reopen("northreach")) == []


def test_rows_of_before_with_their_content_are_emptied_by_a_recall_of_many(pair: World) -> None:
    give(pair, *BILLS)
    node = pair["northreach"]
    whole = {(c.supplier, c.originator, c.record): c for c in copies(node)}
    with node.store.write() as connection:
        exchange.put(connection, keeping.written({"copies": whole}))
    node = pair.reopen("northreach")
    assert {(c.supplier, c.originator, c.record): c for c in copies(node)} == whole
    assert all(WORD in row for row in rows_of(node).values())
    recalled(pair)
    assert rows_of(pair["northreach"]) == {}


def test_content_in_other_bytes_than_the_ledgers_is_kept_as_it_came(two: World) -> None:
    give(two, *BILLS[:2], sync=False)
    giver, node = two["marisol"], two["northreach"]
    batch = core.batch_for(giver.exchange.state(), "northreach", giver.exchange.now())
    spaced = tuple(_spaced(item) if isinstance(item, Put) else item for item in batch.messages)
    signer = giver.exchange.credentials.signer(EXCHANGE)
    node.exchange.receive(pack(msgspec.structs.replace(batch, messages=spaced), signer))
    given = {item.record: item.content for item in spaced if isinstance(item, Put)}
    assert len(given) == 2
    assert {copy.record: copy.content for copy in copies(node)} == given
    assert all(WORD in row for row in rows_of(node).values())
    again = two.reopen("northreach")
    assert {copy.record: copy.content for copy in copies(again)} == given


def _spaced(put: Put) -> Put:
    assert put.content is not None
    body = bytes(put.content.body).replace(b"{", b"{ ", 1)
    content = Content(put.content.salt, msgspec.Raw(body))
    return msgspec.structs.replace(put, content=content, digest=outbox.content_digest(content))


def test_what_is_erased_among_the_records_is_erased_for_the_exchange(two: World) -> None:
    give(two, *BILLS[:2])
    node = two["northreach"]
    gone = held(node, "KANARI001")[0].id
    with node.store.write() as connection:
        assert emptying.erase(connection, [gone]) == {gone: 1}
    state = two.reopen("northreach").exchange.state()
    contents = {key[2]: copy.content for key, copy in state.copies.items()}
    assert contents.pop(gone) is None
    assert all(content is not None for content in contents.values())
    recalled_one = two["marisol"].exchange
    recalled_one.withdraw([place.id for place in recalled_one.pointers.values()], by="ana")
    two.sync("marisol", "northreach")
    assert len(receipts(two["marisol"], "northreach")) == 2


def test_what_another_process_emptied_meanwhile_is_not_counted_in_the_receipt(
    two: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the look at what goes and the erasure, analysis is made ready outside of both."""
    give(two, *BILLS[:2])
    node = two["northreach"]
    gone = held(node, "KANARI001")[0].id

    def other() -> dict[str, int]:
        with node.store.write() as connection:
            return emptying.erase(connection, [gone])

    done = between(monkeypatch, other)
    giver = two["marisol"].exchange
    giver.withdraw([place.id for place in giver.pointers.values()], by="ana")
    two.sync("marisol", "northreach")
    assert done == [{gone: 1}]
    told = {receipt.record: receipt.erased for receipt in receipts(two["marisol"], "northreach")}
    assert told.pop(gone) == {"tables": 1, "indexes": 0, "lake": 0, "caches": 0, "exports": 0}
    assert [erased["indexes"] > 0 for erased in told.values()] == [True]
    assert traces(node, WORD) == []


def test_whoever_reads_the_state_meanwhile_meets_no_copy_in_the_making(
    two: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A second process takes in what the first has stored while its pages read the state."""
    give(two, BILLS[0])
    with closing(Node.open(two["northreach"].folder)) as other:
        state = other.exchange.state()
        give(two, BILLS[1])
        met = list[bytes]()

        def read(connection: Any, seqs: Any) -> dict[int, bytes]:
            met.extend(bytes(c.content.body) for c in state.copies.values() if c.content)
            return kept_bytes(connection, seqs)

        kept_bytes = records.kept_bytes
        monkeypatch.setattr(records, "kept_bytes", read)
        assert len(copies(other)) == 2
        assert len(met) == 1 and WORD in met[0]


def test_what_another_process_takes_in_meanwhile_stays(
    two: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One process erases what was recalled, and the other is told the record's next version."""
    give(two, BILLS[0])
    giver, node = two["marisol"], two["northreach"]
    giver.exchange.withdraw([place.id for place in giver.exchange.pointers.values()], by="ana")
    with closing(Node.open(node.folder)) as second:

        def other() -> bool:
            give(two, msgspec.structs.replace(BILLS[0], goods="KANARI TEA"), sync=False)
            return second.exchange.receive(giver.exchange.batch("northreach")).fresh

        done = between(monkeypatch, other)
        node.exchange.receive(giver.exchange.batch("northreach"))
    assert done == [True]
    (copy,) = copies(two.reopen("northreach"))
    assert b"KANARI TEA" in bytes(copy.content.body)
    assert len(held(two["northreach"], "KANARI TEA")) == 1
