"""Objects of a shelf are found by their id, in both levels of the index and in any order of merges,
on both databases (6 s of CPU)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from esclusa.errors import LedgerError
from esclusa.ledger import places, shelf
from esclusa.ledger.schema import taxii_object, taxii_place, taxii_recent
from esclusa.ledger.shelf import Item, Wanted
from esclusa.ledger.store import Store

NOW = dt.datetime(2026, 11, 26, 8, 30, tzinfo=dt.UTC)


@pytest.fixture
def store(ledger_url: str) -> Iterator[Store]:
    store = Store(ledger_url)
    store.upgrade()
    yield store
    store.close()


def version(number: int) -> str:
    return f"2026-11-20T10:00:00.{number:06d}Z"


def put(store: Store, *objects: tuple[str, int], on: str = "s") -> None:
    """Put (id, version) on a shelf; what is there already stays, as in a post."""
    with store.write() as connection:
        before = shelf.known(connection, on, {stix_id for stix_id, _ in objects})
        there = {(row.stix_id, row.version) for rows in before.values() for row in rows}
        fresh = [(i, n) for i, n in dict.fromkeys(objects) if (i, version(n)) not in there]
        free = islice(shelf.positions(connection, on, NOW), len(fresh))
        items = [
            Item(position=place, stix_id=i, version=version(n), type="note", label=1,
                 body=f"{i} {n}".encode())
            for place, (i, n) in zip(free, fresh, strict=True)
        ]  # fmt: skip
        shelf.add(connection, on, items, before)


def found(store: Store, *ids: str, on: str = "s") -> dict[str, list[str]]:
    with store.read() as connection:
        rows = shelf.known(connection, on, ids)
    return {i: sorted(row.version for row in some) for i, some in rows.items()}


def pages(store: Store, limit: int, **wanted: tuple[str, ...]) -> list[bytes]:
    got: list[bytes] = []
    after = 0
    with store.read() as connection:
        while True:
            asked = Wanted(after=after, limit=limit, **wanted)
            rows = shelf.page(connection, "s", asked, of_records=False)
            got += [bytes(row[3]) for row in rows]
            if len(rows) < limit:
                return got
            after = rows[-1][0]


IDS = st.sampled_from(["note--1", "note--2", "note--3", "note--4"])
STEPS = st.lists(
    st.one_of(st.lists(st.tuples(IDS, st.integers(1, 5)), max_size=4), st.just("merge")),
    max_size=8,
)  # fmt: skip


@pytest.mark.parametrize("bits", [0, 47])
@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS, limit=st.integers(1, 7))
def test_any_posts_and_merges_give_what_a_list_would(
    store: Store, monkeypatch: pytest.MonkeyPatch, bits: int, steps: list[object], limit: int
) -> None:
    """With no bits every object has the same key: ids are compared, whatever the keys say."""
    if not bits:
        monkeypatch.setattr(places, "key_of", lambda _shelf, _id: 0)
    with store.write() as connection:
        for table in (taxii_object, taxii_place):
            connection.execute(table.delete())
        connection.execute(taxii_recent.update().values(objects=0))
    said: list[tuple[str, int]] = []
    for step in steps:
        if step == "merge":
            with store.write() as connection:
                places.merge(connection)
            continue
        assert isinstance(step, list)
        put(store, *step)
        put(store, ("note--1", 9), on="elsewhere")
        said += [item for item in dict.fromkeys(step) if item not in said]
    ids = {i for i, _ in said}
    numbers = {i: sorted(n for name, n in said if name == i) for i in ids}
    expected = {i: [version(n) for n in some] for i, some in numbers.items()}
    assert found(store, *ids, "note--9") == expected
    bodies = {item: f"{item[0]} {item[1]}".encode() for item in said}
    first = [bodies[i, n] for i, n in said if n == numbers[i][0]]
    last = [bodies[i, n] for i, n in said if n == numbers[i][-1]]
    both = [bodies[i, n] for i, n in said if n in (numbers[i][0], numbers[i][-1])]
    two = [bodies[i, n] for i, n in said if i in ("note--2", "note--4")]
    assert pages(store, limit, versions=("first",)) == first
    assert pages(store, limit, versions=("last",)) == last
    assert pages(store, limit, versions=("first", "last")) == both
    assert pages(store, limit, versions=("all",), ids=("note--2", "note--4")) == two


def test_the_small_part_is_merged_when_it_is_full_and_not_before(store: Store) -> None:
    def levels() -> list[int]:
        with store.read() as connection:
            rows = connection.execute(sa.select(taxii_place.c.level)).scalars()
            return sorted(rows)

    def note(*numbers: int) -> None:
        with store.write() as connection:
            places.note(connection, "s", [(f"note--{n}", n) for n in numbers], most=5)

    note(1, 2)
    note(3, 4)
    assert levels() == [0] * 4
    note(5)
    assert levels() == [1] * 5
    note(6, 7)
    assert levels() == [0] * 2 + [1] * 5
    note(8, 9, 10)
    assert levels() == [1] * 10


def test_a_version_that_is_there_cannot_be_put_again(store: Store) -> None:
    put(store, ("note--1", 1))
    again = Item(position=9, stix_id="note--1", version=version(1), type="note", label=1, body=b"")
    other = Item(position=11, stix_id="note--2", version=version(1), type="note", label=1, body=b"")
    for items in ([again], [other, other]):
        with pytest.raises(LedgerError, match="only once"), store.write() as connection:
            shelf.add(connection, "s", items, shelf.known(connection, "s", ["note--1", "note--2"]))
    assert found(store, "note--1", "note--2") == {"note--1": [version(1)]}


def test_the_same_objects_put_by_several_at_once_are_there_once(store: Store) -> None:
    objects = [(f"note--{number}", 1) for number in range(40)]
    with ThreadPoolExecutor(4) as crew:
        list(
            crew.map(lambda start: put(store, *objects[start:], *objects[:start]), range(0, 40, 5))
        )
    assert found(store, *(i for i, _ in objects)) == {i: [version(1)] for i, _ in objects}
    assert len(pages(store, 100, versions=("all",))) == 40


def test_when_the_newest_version_is_deleted_the_one_before_is_the_last(store: Store) -> None:
    put(store, ("note--1", 1), ("note--1", 2), ("note--1", 3), ("note--2", 1))
    with store.write() as connection:
        places.merge(connection)
        gone = Wanted(ids=("note--1",), versions=(version(3),))
        assert shelf.remove(connection, "s", gone) == 1
    assert pages(store, 9, versions=("last",)) == [b"note--1 2", b"note--2 1"]
    assert pages(store, 9, versions=("first",)) == [b"note--1 1", b"note--2 1"]


def test_no_question_by_id_walks_the_shelf(tmp_path: Path) -> None:
    """On SQLite alone: PostgreSQL reads a small table whole, whatever its indexes."""
    store = Store(f"sqlite:///{tmp_path / 'ledger.db'}")
    store.upgrade()
    with store.read() as connection:
        asked: list[tuple[str, object]] = []
        sa.event.listen(connection.engine, "before_cursor_execute",
                        lambda _c, _r, text, values, *_: asked.append((text, values)))  # fmt: skip
        shelf.known(connection, "s", ["note--1", "note--2"])
        shelf.page(connection, "s", Wanted(ids=("note--1", "note--2")), of_records=True)
        plans = [
            row[3]
            for text, values in list(asked)
            for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}", values)  # type: ignore[arg-type]
        ]
    assert [step for step in plans if step.startswith(("SCAN", "SEARCH o"))] == [
        "SCAN wanted VIRTUAL TABLE INDEX 1:",
        *[step for step in plans if step.startswith("SEARCH o") and "position=?" in step],
    ]
    store.close()


def test_what_stood_on_shelves_before_the_migration_is_found_after_it(store: Store) -> None:
    put(store, ("note--1", 1), ("note--1", 2), ("note--2", 1))
    put(store, ("note--1", 3), on="elsewhere")
    bodies = pages(store, 9, versions=("all",))
    store.downgrade("0014")
    with pytest.raises(sa.exc.IntegrityError), store.write() as connection:
        columns = "shelf, stix_id, version, type, current, label, name, seq, digest"
        connection.exec_driver_sql(
            f"INSERT INTO taxii_object (position, {columns})"
            f" SELECT position + 9, {columns} FROM taxii_object"
        )
    store.upgrade()
    assert found(store, "note--1", "note--2") == {
        "note--1": [version(1), version(2)], "note--2": [version(1)],
    }  # fmt: skip
    assert found(store, "note--1", on="elsewhere") == {"note--1": [version(3)]}
    assert pages(store, 9, versions=("all",)) == bodies
    put(store, ("note--2", 2))
    assert pages(store, 9, versions=("last",)) == [b"note--1 2", b"note--2 2"]
