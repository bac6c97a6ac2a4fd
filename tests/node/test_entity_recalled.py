"""What an originator takes back leaves the registers of entities that its holder keeps: no byte of
any file beside the ledger tells that it was there. About 15 CPU seconds."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from test_exchange_letting_go import fewer, newer, recall

from entity_folders import anew, folder_of, places_of, told
from esclusa.node import Node
from esclusa.node.entity_folder import Folder
from esclusa.sharing.reader import Reader
from exchange_cases import OTHER_BOX, Bill, give, held, receipts, record_of, traces
from exchange_worlds import World, officer

WORD = b"KANARI"
WORDS = ("FIRMA CUATRO", "OTRA FIRMA", "NORTHREACH STAR")
STAYS = Bill(bill="SECONDBILL", shipper="OTRA FIRMA SA", consignee="FIRMA CUATRO SA", box=OTHER_BOX,
             goods="BANANAS", marks="M", street="S", notify="N", seal="SEAL2")  # fmt: skip


def readers(node: Node) -> tuple[Reader, Reader]:
    """Two who see the copies, and of whom one sees copies of a stricter marking too."""
    return officer(node), officer(node, purpose="sanctions")


def read_by_all(node: Node) -> None:
    """Have both ask for entities, so that their files stand, open in this process."""
    for who in readers(node):
        assert node.entities.find(who, "KANARI").rows
        told(node.entities, who, WORDS)
    assert places_of(node, "KANARI SHIPPER")


def nothing_is_left(node: Node, *words: str) -> None:
    """No register has a byte of these words, none tells of them, and each is that of the ledger."""
    assert places_of(node, *words) == []
    for who in readers(node):
        said = told(node.entities, who, WORDS)
        assert not [word for word in words if word in "".join(said).upper()]
        assert said == told(anew(node), who, WORDS)
        assert not [word for word in words if node.entities.find(who, word).rows]
    assert places_of(node, *words) == []


def test_a_recalled_copy_is_in_no_byte_of_a_register_and_what_stays_is(pair: World) -> None:
    node = pair["northreach"]
    give(pair, STAYS)
    give(pair, Bill())
    read_by_all(node)
    assert recall(pair) == ("northreach",)
    # The originator is not told of the files, nor so how many sets of labels are read under.
    (receipt,) = receipts(pair["marisol"], "northreach")
    assert {name for name, count in receipt.erased.items() if count} == {"tables", "indexes"}
    assert traces(node, WORD) == []
    nothing_is_left(node, "KANARI")
    assert places_of(node, "FIRMA CUATRO")
    assert node.check() == []


def test_a_recall_that_another_process_takes_in_leaves_the_files_that_this_one_holds(
    two: World,
) -> None:
    give(two, STAYS)
    give(two, Bill())
    serving = Node.open(two["northreach"].folder)
    serving.exchange.clock = two.clock
    try:
        read_by_all(serving)
        recall(two)  # the world's own node takes it in: another opening of the same folder
        assert places_of(serving, "KANARI") == []
        nothing_is_left(serving, "KANARI")
    finally:
        serving.close()


def test_a_recall_while_a_register_is_made_is_not_in_it(
    two: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    give(two, STAYS)
    give(two, Bill())
    node, put, before = two["northreach"], Folder.put, list[tuple[str, str]]()

    def recalling(self: Folder, *given: object) -> object:
        before.extend(places_of(node, "KANARI"))
        monkeypatch.setattr(Folder, "put", put)
        recall(two)
        return put(self, *given)  # type: ignore[arg-type]

    monkeypatch.setattr(Folder, "put", recalling)
    node.entities.registers.make(node.gate.visible(officer(node)))
    assert before
    nothing_is_left(node, "KANARI")


def corrected(world: World) -> None:
    give(world, Bill(shipper="OTRA FIRMA SA", consignee="FIRMA CUATRO SA", notify="N"))


def narrowed(world: World) -> None:
    newer(world, clauses=fewer(world))
    world["marisol"].exchange.tick()
    world.sync("marisol", "northreach")


def ended(world: World) -> None:
    world["marisol"].exchange.end("northreach", by="ana")
    world.sync("marisol", "northreach")


TAKEN_BACK: dict[str, Callable[[World], None]] = {
    "corrected": corrected, "narrowed": narrowed, "ended": ended,
}  # fmt: skip


@pytest.mark.parametrize("how", sorted(TAKEN_BACK))
def test_what_a_correction_a_narrowing_or_an_end_takes_back_leaves_every_register(
    two: World, how: str
) -> None:
    node = two["northreach"]
    give(two, Bill())
    read_by_all(node)
    TAKEN_BACK[how](two)
    assert held(node, "KANARI SHIPPER") == []
    nothing_is_left(node, "KANARI SHIPPER", "KANARI CONSIGNEE", "KANARI NOTIFY")
    assert [path.suffix for path in folder_of(node).glob("*.part")] == []


def test_the_giver_s_own_register_keeps_what_it_only_took_back(two: World) -> None:
    """A recall erases at the holders; the record stays its originator's."""
    node = two["marisol"]
    give(two, Bill())
    told(node.entities, officer(node), WORDS)
    recall(two)
    assert record_of(node, "KANARIBILL") and places_of(node, "KANARI SHIPPER")
    assert node.entities.find(officer(node), "KANARI SHIPPER").rows
