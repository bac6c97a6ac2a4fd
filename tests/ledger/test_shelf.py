"""Shelves of the TAXII door on both databases: positions only grow, pages lose nothing, withdrawal
empties."""

from __future__ import annotations

import datetime as dt
from itertools import islice

import pytest
import sqlalchemy as sa

from esclusa.ledger import records, shelf
from esclusa.ledger.labels import Labels
from esclusa.ledger.records import Draft
from esclusa.ledger.shelf import Item, Wanted
from esclusa.ledger.store import Store
from esclusa.model import Consignment, Marking

NOW = dt.datetime(2026, 11, 26, 8, 30, tzinfo=dt.UTC)


@pytest.fixture
def store(ledger_url: str) -> Store:
    store = Store(ledger_url)
    store.upgrade()
    return store


def put(store: Store, count: int, *, now: dt.datetime = NOW, **more: object) -> list[int]:
    """Put objects on the shelf; return their positions."""
    with store.write() as connection:
        free = list(islice(shelf.positions(connection, "s", now), count))
        items = [
            Item(position=place, stix_id=f"note--{place}", version=shelf.moment_text(place),
                 type="note", label=1, body=b"{}", **more)  # type: ignore[arg-type]
            for place in free
        ]  # fmt: skip
        shelf.add(connection, "s", items, {})
    return free


def page(store: Store, after: int = 0, limit: int = 1000, *, of_records: bool = False) -> list[int]:
    with store.read() as connection:
        found = shelf.page(connection, "s", Wanted(after=after, limit=limit), of_records=of_records)
    return [row[0] for row in found]


def test_positions_grow_also_when_the_clock_is_set_back_and_never_end_in_zero(store: Store) -> None:
    one = put(store, 25)
    two = put(store, 25, now=NOW - dt.timedelta(days=3))
    assert one + two == sorted(set(one + two))
    assert not [place for place in one + two if place % 10 == 0]
    assert one[0] >= shelf.microseconds(NOW)


@pytest.mark.parametrize("limit", [1, 7, 30, 31])
def test_pages_of_any_size_give_every_object_once_in_order(store: Store, limit: int) -> None:
    put_there = put(store, 30)
    got: list[int] = []
    while some := page(store, got[-1] if got else 0, limit):
        got += some
    assert got == put_there


def test_what_was_cut_from_a_record_is_shown_while_the_record_says_so(store: Store) -> None:
    labels = Labels(store)
    label, closed = labels.intern("marisol", Marking()), labels.intern("altamira", Marking())

    def say(goods: str, under: int, **more: bool) -> int:
        draft = Draft(body=Consignment(carrier="NRCH", bill="B1", master_bill=goods), originator="marisol",
                      label_id=under, **more)  # fmt: skip
        with store.write() as connection:
            return records.append(connection, [draft])[0].seq

    first = say("one", label)
    put(store, 1, name="r1", seq=first)
    assert len(page(store, of_records=True)) == 1
    second = say("two", label)
    assert page(store, of_records=True) == []
    put(store, 1, name="r1", seq=second)
    assert len(page(store, of_records=True)) == 1
    say("three", closed)
    assert page(store, of_records=True) == [], "a newer word under any label ends the older"


def test_withdrawal_empties_what_was_cut_from_the_record_on_one_shelf_or_all(store: Store) -> None:
    put(store, 2, name="r1", seq=0)
    put(store, 1, name="r2", seq=0)
    put(store, 1)  # a partner's own
    with store.write() as connection:
        assert shelf.withdraw(connection, ["r1"], shelf="elsewhere") == 0
        assert shelf.withdraw(connection, ["r1"], shelf="s") == 2
        assert shelf.withdraw(connection, ["r2", "r1"]) == 1
        assert shelf.withdraw(connection, [""]) == 0
        bodies = connection.execute(sa.select(sa.func.count()).select_from(shelf.taxii_object)
                                    .where(shelf.taxii_object.c.body.is_not(None)))  # fmt: skip
        assert bodies.scalar_one() == 1
    assert len(page(store)) == 1
