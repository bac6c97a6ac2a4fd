"""Records are given to several partners as if each were asked about alone, with fewer readings.

About 6 s of CPU.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from esclusa.ledger import emptying, records
from esclusa.model import Level
from esclusa.node import Node, releasing
from esclusa.node.exchange import Exchange
from esclusa.sharing.exchange.state import TABLES
from esclusa.sharing.terms import Walked
from esclusa.sharing.terms.walk import Walk, rules_of
from exchange_cases import Bill, held, manifest, record_of
from exchange_worlds import World, for_partners, take_in

THREE = ("marisol", "northreach", "altamira")
BOTH = for_partners("northreach", "altamira")


@pytest.fixture(scope="module")
def made_giver(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folders of three nodes; Marisol gives to both others, by texts that differ in no field."""
    folder = tmp_path_factory.mktemp("giver")
    with World(folder, *THREE) as world:
        world.agree("marisol", "northreach")
        world.agree("marisol", "altamira", id="marisol-altamira")
        take_in(world["marisol"], BOTH, manifest(*bills("BOTH", 12)), "both.edi")
        one = for_partners("altamira", level=Level.RESTRICTED)
        take_in(world["marisol"], one, manifest(*bills("ONE", 9)), "one.edi")
        take_in(world["marisol"], BOTH, manifest(*bills("AGAIN", 7)), "again.edi")
    return folder


def bills(word: str, count: int) -> tuple[Bill, ...]:
    return tuple(Bill(bill=f"{word}{n:03d}", shipper=f"{word} SHIPPER {n}") for n in range(count))


@pytest.fixture
def world(made_giver: Path, tmp_path: Path) -> Iterator[World]:
    with World.copied(made_giver, tmp_path / "world", *THREE) as made:
        yield made


def alone(patch: pytest.MonkeyPatch) -> None:
    """Read each record for each partner, and walk through it for each."""

    def at(self: Any, place: releasing.Pointer) -> Any:
        found = records.get_by_seq(self._connection, self._labels, {place.label}, [place.seq])
        return found.get(place.seq)

    def fields(_self: Walked, record: Any, offers: Any) -> Any:
        plain = msgspec.to_builtins(record.body)
        return Walk(rules_of(offers).by_field).body(record.kind, plain)

    patch.setattr(releasing._Reading, "at", at)
    patch.setattr(Walked, "fields", fields)
    patch.setattr(Walked, "bytes_of", lambda _self, made, build: build(made))


def stand_still(*made: World) -> None:
    """Leases run from the moment at which they are given: let it be one."""
    moment = made[0].clock()
    for world in made:
        for node in world.nodes.values():
            node.exchange.now = lambda: moment


def given(node: Node) -> dict[str, Any]:
    """Return what a node stated and says, to the last byte."""
    state = node.exchange.state()
    return {name: dict(getattr(state, name)) for name in TABLES if name != "clock"}


def test_what_is_stated_and_sent_is_the_same_to_the_last_byte(
    made_giver: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with (
        World.copied(made_giver, tmp_path / "one", *THREE) as together,
        World.copied(made_giver, tmp_path / "two", *THREE) as apart,
    ):
        stand_still(together, apart)
        together["marisol"].exchange.publish()
        with monkeypatch.context() as patch:
            alone(patch)
            apart["marisol"].exchange.publish()
        ours, theirs = given(together["marisol"]), given(apart["marisol"])
        assert ours == theirs
        assert len(ours["own"]) == 28
        assert {key[0] for key in ours["entries"]} == {"northreach", "altamira"}
        for made in (together, apart):
            made.sync("marisol", "northreach")
            made.sync("marisol", "altamira")
        for agency, count in (("northreach", 19), ("altamira", 28)):
            bills_held = [
                sorted(item.body.bill for item in held(made[agency], ""))
                for made in (together, apart)
            ]
            assert bills_held[0] == bills_held[1]
            assert len(bills_held[0]) >= count - 9


def test_each_record_is_read_and_walked_once_for_all_partners(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    read, walks = counted(monkeypatch)
    world["marisol"].exchange.publish()
    assert sum(read) == 28
    assert len(read) <= 3  # labels, each of one lot
    assert len(walks) == 28


def test_where_a_partner_announces_its_text_all_records_are_read_together_too(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    giver = world["marisol"].exchange
    giver.publish()
    said = given(world["marisol"])["grants"]
    read, _walks = counted(monkeypatch)
    giver.receive(world["northreach"].exchange.batch("marisol"))
    assert sum(read) >= sum(key[0] == "northreach" for key in said) > 10
    assert len(read) <= 3  # labels, each of one lot
    assert given(world["marisol"])["grants"] == said


@pytest.mark.parametrize("lot", [1, 2, 5])
def test_lots_of_any_size_give_the_same(
    world: World, made_giver: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lot: int
) -> None:
    with World.copied(made_giver, tmp_path / "other", *THREE) as other:
        stand_still(world, other)
        other["marisol"].exchange.publish()
        monkeypatch.setattr(releasing, "_LOT", lot)
        world["marisol"].exchange.publish()
        assert given(world["marisol"]) == given(other["marisol"])


def counted(patch: pytest.MonkeyPatch) -> tuple[list[int], list[str]]:
    """Return how many records each reading asks for, and which kinds are walked through."""
    read: list[int] = []
    walks: list[str] = []
    get, body = records.get_by_seq, Walk.body

    def by_seq(connection: Any, labels: Any, visible: Any, seqs: Any) -> Any:
        read.append(len(list(seqs)))
        return get(connection, labels, visible, seqs)

    def walked(self: Walk, kind: str, value: Any) -> Any:
        walks.append(kind)
        return body(self, kind, value)

    patch.setattr(records, "get_by_seq", by_seq)
    patch.setattr(Walk, "body", walked)
    return read, walks


def test_a_record_that_was_erased_after_it_was_found_goes_to_nobody(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    node = world["marisol"]
    gone = record_of(node, "BOTH004")
    waiting: Callable[[Exchange], Any] = Exchange._waiting

    def erased_meanwhile(self: Exchange) -> Any:
        found = waiting(self)
        with self._store.write() as connection:
            emptying.erase(connection, [gone.id])
        return found

    monkeypatch.setattr(Exchange, "_waiting", erased_meanwhile)
    node.exchange.publish()
    name = node.exchange.name_of(gone.id)
    grants = node.exchange.state().grants
    assert {key[2] for key in grants} >= {node.exchange.name_of(record_of(node, "BOTH003").id)}
    assert not [key for key in grants if key[2] == name]
    for partner in ("northreach", "altamira"):
        data = node.exchange.batch(partner)
        assert b"BOTH003" in data or b"BOTH 003" in data or b"BOTH005" in data
        assert b"BOTH004" not in data and b"BOTH SHIPPER 4" not in data


def test_a_statement_is_read_anew_in_each_transition(world: World) -> None:
    """What one transition read is not what the next one gives."""
    node = world["marisol"]
    node.exchange.publish()
    world.sync("marisol", "northreach")
    changed = Bill(bill="BOTH004", shipper="BOTH SHIPPER 4", goods="OTHER WORDS")
    take_in(node, BOTH, manifest(changed), "changed.edi")
    node.exchange.publish()
    world.sync("marisol", "northreach")
    (copy,) = held(world["northreach"], "BOTH004")
    assert "OTHER WORDS" in msgspec.json.encode(copy.body).decode()
