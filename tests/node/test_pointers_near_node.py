"""Approximate names between two nodes: both stages, what the sizes tell, an epoch that ends."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from pointer_node_worlds import (
    PERSON,
    VESSEL,
    analyst,
    ask,
    chief,
    enter,
    hits,
    outcomes,
    search,
)

from esclusa.errors import InputError, PointerError
from esclusa.ledger import exchange as tables
from esclusa.model import Level, ListEntry
from esclusa.node import Node
from esclusa.node.pointer_desk import pointers_of, sought_of
from esclusa.sharing.agreement.shape import Limits
from exchange_worlds import World, for_partners

BOTH = ("northreach", "marisol")
NOON = dt.datetime(2027, 3, 1, 12, tzinfo=dt.UTC)
NEAR = "Anna Ryvas/1980-02-29/PAN"
STRANGER = "Ana Solano/1980-07-01/PA"
NOBODY = "Pedro Quintana/1950/CO"


def sizes(node: Node, event: str) -> list[int]:
    """Return the elements in each row of one event, in order."""
    return [row.elements for row in node.pointers.log() if row.event.endswith(event)]


def test_a_near_name_is_found_told_and_answered_and_neither_log_tells_who_was_hit(
    searchable: World,
) -> None:
    marisol, northreach = searchable["marisol"], searchable["northreach"]
    (listed,) = enter(marisol, PERSON)
    enter(marisol, VESSEL)
    assert search(searchable, "name_near", NOBODY) == {NOBODY: "no_hit"}
    assert search(searchable, "name_near", STRANGER) == {STRANGER: "no_hit"}
    assert search(searchable, "name_near", NEAR) == {NEAR: "possible_hit"}
    # Three searches, one without any hit, one with a hit in the first stage, one with a possible
    # hit: the owner saw the same two sizes of each.
    assert sizes(marisol, "question:answered") == [16, 64] * 3
    assert sizes(northreach, "question:asked") == [16, 64] * 3
    hit_in_first = [row.hits for row in northreach.pointers.log() if row.event.endswith("settled")]
    assert hit_in_first[0] == hit_in_first[1] == 0 and hit_in_first[2] > 0 and hit_in_first[4] > 0
    for node in (marisol, northreach):
        text = msgspec.json.encode(node.pointers.log()).decode().lower()
        assert not [word for word in ("rivas", "rvs", "solano", "quintana") if word in text]

    (line,) = northreach.pointer_desk.found(analyst(northreach), only_hits=True)
    assert line.points is not None and line.points > 0
    assert line.why == ("pair:1", "short:1", "day:1", "country:1")
    northreach.pointer_desk.tell(analyst(northreach), line.id)
    searchable.sync(*BOTH)
    (case,) = marisol.pointer_desk.cases(chief(marisol))
    assert case.key == "name_near" and case.records == (listed,)
    assert "Ryvas" not in case.value and case.value.endswith("1980")


def test_an_epoch_that_ends_between_the_stages_begins_the_search_anew(searchable: World) -> None:
    marisol, northreach = searchable["marisol"], searchable["northreach"]
    enter(marisol, PERSON)
    ask(northreach, "name_near", NEAR)
    while not sizes(northreach, "question:settled"):
        searchable.sync(*BOTH, rounds=1)
    # The owner closes the epoch that the second question names.
    enter(marisol, PERSON, withdrawn=True)
    enter(marisol, msgspec.structs.replace(PERSON, uid="9", birth_dates=("1980-02-29",)))
    searchable.sync(*BOTH, rounds=12)
    assert outcomes(northreach) == {NEAR: "possible_hit"}
    assert {row.outcome for row in marisol.pointers.log()} == {"", "epoch"}
    assert len({row.number for row in marisol.pointers.log() if "answered" in row.event}) == 2


def test_many_names_share_two_questions_and_both_stages_are_counted_before_the_first(
    tmp_path: Path,
) -> None:
    world = World(tmp_path, *BOTH)
    few = Limits(question=64, day=100, epoch=100, year=1000)
    world.agree("marisol", "northreach", pointers=(hits(limits=few),))
    enter(world["marisol"], PERSON, ListEntry(list_id="watch", uid="8", type="person",
                                              name="Luis Solano Mora", birth_dates=("1975",)))  # fmt: skip
    asked = [NEAR, STRANGER, NOBODY, "Solano, Luis/1975"]
    found = search(world, "name_near", *asked)
    assert found == {NEAR: "possible_hit", STRANGER: "no_hit", NOBODY: "no_hit",
                     "Solano, Luis/1975": "possible_hit"}  # fmt: skip
    assert sizes(world["marisol"], "question:answered") == [16, 64]
    with pytest.raises(PointerError, match="80 elements would be asked and 20 may be asked now"):
        ask(world["northreach"], "name_near", NOBODY)
    assert world["northreach"].pointers.log()[-1].outcome == "limit"
    world.close()


def test_a_question_too_small_for_the_second_stage_asks_nothing(tmp_path: Path) -> None:
    world = World(tmp_path, *BOTH)
    world.agree("marisol", "northreach",
                pointers=(hits(limits=Limits(question=16, day=64, epoch=64, year=64)),))  # fmt: skip
    with pytest.raises(PointerError, match="may be asked now"):
        ask(world["northreach"], "name_near", NOBODY)
    assert not sizes(world["marisol"], "question:answered")
    world.close()


def told_in(data: bytes) -> list[bytes]:
    """Return what of the name stands in bytes, in any case. Each has a sign that base64 lacks, or
    is long: five letters alone come up in it by chance."""
    words = (b"anna ryvas", b"ryvas anna", b" ryvas", b"ryvas ", b'"ryvas', b"n rvs", b"rvs/pa")
    return [word for word in words if word in data.lower()]


def crossed(world: World) -> list[tuple[str, list[int]]]:
    """Search for one name; return who said messages of which lengths, without the header's time."""
    ask(world["northreach"], "name_near", NEAR)
    said = []
    for _ in range(5):
        for giver, taker in (BOTH, BOTH[::-1]):
            batch = world[giver].exchange.batch(taker)
            said.append((giver, [len(line) for line in batch.split(b"\n")[1:-2]]))
            world[taker].exchange.receive(batch)
            assert not told_in(batch)
    return said


def test_a_hidden_record_no_record_and_a_hit_look_alike_to_all_that_crosses(
    searchable_anew: Callable[[], World],
) -> None:
    seen, told = [], []
    for marking in (None, for_partners("altamira", level=Level.SECRET),
                    for_partners("northreach")):  # fmt: skip
        world = searchable_anew()
        enter(world["marisol"], VESSEL)
        if marking is not None:
            enter(world["marisol"], PERSON, marking=marking)
        rows = crossed(world), [msgspec.structs.replace(row, at=NOON, message="", hits=0)
                                for row in world["marisol"].pointers.log()]  # fmt: skip
        seen.append(rows)
        told.append(outcomes(world["northreach"])[NEAR])
        for node in world.nodes.values():
            with node.store.read() as connection:
                kept = b"".join(key.encode() + (row or b"")
                                for _n, _t, key, row in tables.changed(connection, 0))  # fmt: skip
            assert not told_in(kept)
        world.close()
    assert seen[0] == seen[1] == seen[2]
    assert told == ["no_hit", "no_hit", "possible_hit"]


@pytest.mark.parametrize("value", ["Ana Rivas", "Ana Rivas/80", "Ana/1980", "/1980/PA", "A/B/C/D"])
def test_what_is_no_near_name_is_refused_with_what_was_expected(value: str) -> None:
    with pytest.raises(InputError, match="NAME/DATE/NATIONALITY"):
        sought_of(value)


def test_facts_alone_cannot_be_asked_by_a_person() -> None:
    with pytest.raises(InputError, match="is not one of the keys"):
        pointers_of("name_near_facts", "ANA RVS/1980")
