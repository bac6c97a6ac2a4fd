"""The queue's pages: each filter and order against a plain list sorted in memory."""

from __future__ import annotations

import random
from collections.abc import Iterator
from itertools import product
from typing import Any

import pytest

from esclusa.errors import InputError
from esclusa.ledger import queue
from esclusa.ledger.queue import Wanted
from esclusa.ledger.store import Store

OPEN, SECRET = 1, 2
Row = dict[str, Any]


def rows() -> list[Row]:
    """Eighty alerts under one label or both, with many ties in each column."""
    rng = random.Random(5)
    made = []
    for number in range(80):
        labels = rng.choice(((OPEN,), (SECRET,), (OPEN, SECRET)))
        made += [row(rng, number, label) for label in labels]
    return made


def row(rng: random.Random, number: int, label: int) -> Row:
    state = rng.choice(("new", "new", "claimed", "closed", "withdrawn"))
    return {
        "alert_id": f"a{number:02}", "label_id": label, "seq": number * 2 + label,
        "subject_id": f"s{number}", "subject_kind": rng.choice(("consignment", "port_call")),
        "source_id": "", "breadth": label, "title": "", "score": float(rng.randint(1, 4)),
        "open": state in ("new", "claimed"), "state": state,
        "claimed_by": "" if state == "new" else rng.choice(("ana", "bea")), "verdict": "",
        "port": rng.choice(("PAONX", "PABLB")), "arrival": f"2026-12-{rng.randint(1, 3):02}",
        "created": f"2026-11-{rng.randint(1, 3):02}",
    }  # fmt: skip


ROWS = rows()


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    yield from filled(f"sqlite:///{tmp_path_factory.mktemp('queue') / 'ledger.sqlite'}")


@pytest.fixture
def either(ledger_url: str) -> Iterator[Store]:
    yield from filled(ledger_url)


def filled(url: str) -> Iterator[Store]:
    store = Store(url)
    store.upgrade()
    with store.write() as connection:
        queue.put(connection, ROWS)
    yield store
    store.close()


def expected(visible: set[int], wanted: Wanted) -> list[str]:
    """The same answer without a database: the broadest visible row of each alert, then sorted."""
    broadest: dict[str, Row] = {}
    for item in sorted(ROWS, key=lambda item: item["breadth"]):
        if item["label_id"] in visible:
            broadest[item["alert_id"]] = item
    found = [item for item in broadest.values() if matches(item, wanted)]
    for name, down in {
        "score": (("alert_id", False), ("arrival", False), ("score", True)),
        "recent": (("alert_id", False), ("created", True)),
        "arrival": (("alert_id", False), ("arrival", False)),
    }[wanted.sort]:
        found.sort(key=lambda item, name=name: item[name], reverse=down)
    return [item["alert_id"] for item in found]


def matches(item: Row, wanted: Wanted) -> bool:
    state = {
        "open": item["open"], "closed": not item["open"], "all": True,
    }.get(wanted.state, item["state"] == wanted.state)  # fmt: skip
    return bool(
        state
        and wanted.kind in ("", item["subject_kind"])
        and wanted.port in ("", item["port"])
        and wanted.claimed_by in ("", item["claimed_by"])
        and item["score"] >= wanted.minimum_score
    )


def pages(store: Store, visible: set[int], wanted: Wanted, few: bool) -> list[str]:
    """Read page by page, eleven rows each, to the end."""
    found: list[str] = []
    cursor = ""
    with store.read() as connection:
        while True:
            asked = Wanted(**{n: getattr(wanted, n) for n in Wanted.__struct_fields__}
                           | {"cursor": cursor, "limit": 11})  # fmt: skip
            some, cursor = queue.page(connection, visible, asked, few=few)
            found += [item.alert_id for item in some]
            if not cursor:
                return found


STATES = ("open", "new", "claimed", "closed", "withdrawn", "all")
SORTS = ("score", "recent", "arrival")
FILTERS = (
    {}, {"kind": "port_call"}, {"port": "PABLB"}, {"claimed_by": "ana"}, {"minimum_score": 3.0},
    {"kind": "consignment", "port": "PAONX", "claimed_by": "bea"},
)  # fmt: skip


@pytest.mark.parametrize("few", (False, True))
@pytest.mark.parametrize("visible", ({OPEN}, {SECRET}, {OPEN, SECRET}))
def test_each_filter_and_order_gives_what_a_sorted_list_gives(
    small: Store, visible: set[int], few: bool
) -> None:
    for state, sort, chosen in product(STATES, SORTS, FILTERS):
        wanted = Wanted(state=state, sort=sort, **chosen)
        assert pages(small, visible, wanted, few) == expected(visible, wanted), wanted
        with small.read() as connection:
            assert queue.count(connection, visible, wanted) == len(expected(visible, wanted))


@pytest.mark.parametrize("state", STATES)
def test_both_databases_give_the_same_pages(either: Store, state: str) -> None:
    for sort, chosen in product(SORTS, FILTERS[:4]):
        wanted = Wanted(state=state, sort=sort, **chosen)
        for few in (False, True):
            assert pages(either, {OPEN, SECRET}, wanted, few) == expected({OPEN, SECRET}, wanted)


@pytest.mark.parametrize("state", ("open", "all", "claimed"))
@pytest.mark.parametrize("sort", SORTS)
def test_neighbours_are_those_of_the_list(small: Store, state: str, sort: str) -> None:
    wanted = Wanted(state=state, sort=sort)
    order = expected({OPEN, SECRET}, wanted)
    with small.read() as connection:
        for place, name in enumerate(order):
            before = order[place - 1] if place else ""
            after = order[place + 1] if place + 1 < len(order) else ""
            found = queue.neighbours(connection, {OPEN, SECRET}, wanted, name)
            assert found == (before, after)


def test_a_count_stops_at_its_bound(small: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queue, "COUNTED", 10)
    with small.read() as connection:
        for state in ("open", "all"):
            assert queue.count(connection, {OPEN, SECRET}, Wanted(state=state)) == 11


def test_a_cursor_of_another_order_is_refused(small: Store) -> None:
    with small.read() as connection:
        _rows, cursor = queue.page(connection, {OPEN}, Wanted(limit=5))
        with pytest.raises(InputError, match="another order"):
            queue.page(connection, {OPEN}, Wanted(limit=5, sort="recent", cursor=cursor))
