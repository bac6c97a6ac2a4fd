"""Who shares a reference, and what rests on what: the ledger's answers are those of a plain walk
over its rows, on both databases."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterator
from random import Random
from typing import Any

import pytest
import sqlalchemy as sa

from esclusa.ledger import records, ties
from esclusa.ledger.labels import Labels
from esclusa.ledger.records import Draft
from esclusa.ledger.schema import record, reference
from esclusa.ledger.store import Store
from esclusa.model import Consignment, Level, Marking, Seal, TransportEquipment

COUNT = 60


@pytest.fixture
def store(ledger_url: str) -> Iterator[Store]:
    """Records under two labels whose seals, boxes and bills are of few, of many, or of one alone."""
    made = Store(ledger_url)
    made.upgrade()
    labels = Labels(made)
    under = [labels.intern("marisol", Marking(level=level)) for level in (Level.OPEN, Level.SECRET)]
    random = Random(7)
    with made.write() as connection:
        for number in range(COUNT):
            drafts = [
                Draft(body=bill(number, random), originator="marisol", label_id=label)
                for label in under[: random.choice([1, 1, 2])]
            ]
            records.append(connection, drafts)
    yield made
    made.close()


def bill(number: int, random: Random) -> Consignment:
    seals = [Seal(number=f"JUNK{random.randrange(3)}")] * random.randrange(2)
    seals += [Seal(number=f"S{random.randrange(40)}")]
    box = TransportEquipment(number=f"CSQU305438{random.randrange(10)}", seals=tuple(seals))
    return Consignment(carrier="NRCH", bill=f"B{number}", equipment=(box,))


def shared(rows: Collection[Any], names: Collection[str], kinds: Collection[str]) -> set[str]:
    """The definition: who holds a reference of these kinds that one of the names holds as well, and
    that is not held by the names alone."""
    holders: dict[str, set[str]] = {}
    for value, name in rows:
        if value.split(":", 1)[0] in kinds:
            holders.setdefault(value, set()).add(name)
    return {
        name for held in holders.values() if held & set(names) and held - set(names)
        for name in held
    }  # fmt: skip


def test_the_records_that_share_a_reference_are_those_of_the_definition(store: Store) -> None:
    kinds = {"seal", "equipment", "bill"}
    both = sa.select(reference.c.value, record.c.id).join(record, record.c.seq == reference.c.seq)
    with store.read() as connection:
        rows = connection.execute(both).all()
        labels = sorted(connection.execute(sa.select(record.c.label_id).distinct()).scalars())
        every = sorted({name for _value, name in rows})
        assert len(every) == COUNT
        for seed, part in itertools.product(range(4), (1, 5, 30, COUNT)):
            names = Random(seed).sample(every, part)
            versions = ties.in_force(connection, names)
            found = ties.sharing(
                connection, labels, versions, ties=kinds, kinds={"consignment"}, each=1_000
            )
            others = found - set(names)
            assert others == shared(rows, names, kinds) - set(names)
            assert bool(others) == (part < COUNT)


def test_what_rests_on_a_record_is_all_that_a_walk_from_it_meets(ledger_url: str) -> None:
    store = Store(ledger_url)
    store.upgrade()
    label = Labels(store).intern("marisol", Marking())
    random, edges = Random(11), dict[str, set[str]]()
    with store.write() as connection:
        names: list[str] = []
        for number in range(30):
            sources = tuple(random.sample(names, min(len(names), random.randrange(3))))
            draft = Draft(
                body=Consignment(carrier="NRCH", bill=f"D{number}"), originator="marisol",
                label_id=label, derived_from=sources,
            )  # fmt: skip
            (made,) = records.append(connection, [draft])
            names.append(made.id)
            for source in sources:
                edges.setdefault(source, set()).add(made.id)
        # Two that rest on each other: nothing rests on itself for that.
        rows = [{"value": f"record:{names[-1]}", "seq": 1}]
        connection.execute(reference.insert(), rows)
        edges.setdefault(names[-1], set()).add(names[0])
        for asked in (names, names[3:9], names[-1:], []):
            walked = {name: met(edges, name) for name in asked}
            assert records.dependents(connection, asked) == {
                name: under for name, under in walked.items() if under
            }
    store.close()


def met(edges: dict[str, set[str]], start: str) -> set[str]:
    found: set[str] = set()
    waiting = [start]
    while waiting:
        for other in edges.get(waiting.pop(), ()):
            if other not in found:
                found.add(other)
                waiting.append(other)
    return found - {start}
