"""Pages of exchange rows: every row of every table comes back as it was, those of an earlier
version too, and nothing that a record says stands in one."""

from __future__ import annotations

import sys
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import Raw

from esclusa.model import Level, Marking
from esclusa.sharing import keeping
from esclusa.sharing.exchange.messages import (
    Content,
    Correct,
    Narrow,
    Onward,
    Put,
    Recall,
    Receipt,
)
from esclusa.sharing.exchange.rows import Copy, Entry, Grade, Grant, Hold, Owed, Own

LEAST = 64
"""Rows from which on they stand in pages."""

names = st.sampled_from(["marisol", "northreach", "altamira"])
words = st.sampled_from(["r1", "r2", "consignment"])
numbers = st.integers(1, 4)
markings = st.sampled_from(
    [
        Marking(releasable_to=frozenset({"northreach"})),
        Marking(level=Level.RESTRICTED, caveats=frozenset({"X"})),
    ]
)
raws = st.sampled_from([b"{}", b'{"level":1}', b'{"level":2}']).map(Raw)
onwards = st.sampled_from([Onward(), Onward("never"), Onward("within", ("altamira",))])
texts = st.sampled_from(["", "ab", 'a "quoted" ñame'])
lists = st.sampled_from([(), ("bill",), ("bill", "carrier")])
places = st.sampled_from([{"tables": 2, "indexes": 1}, {"tables": 1}, {}])

bare = st.one_of(
    st.builds(Put, names, words, numbers, numbers, words, texts, raws, onwards, texts),
    st.builds(Correct, names, words, numbers, numbers, words, texts, raws, onwards, texts),
    st.builds(Narrow, names, words, numbers, numbers, raws, onwards, texts),
    st.builds(Recall, names, words, numbers, numbers, texts),
    st.builds(Receipt, names, words, numbers, numbers, names, st.sampled_from(["recall", "lease"]),
              texts, places),
)  # fmt: skip
ROWS: dict[str, Any] = {
    "own": st.builds(Own, st.just("marisol"), texts, texts, numbers, markings, st.none(),
                     st.sampled_from([(), (("northreach", "northreach", "x"),)]),
                     st.sampled_from(list(Hold))),
    "owed": st.builds(Owed, st.sampled_from(["recall", "lease"]), numbers, numbers),
    "floors": numbers,
    "grants": st.builds(Grant, numbers, numbers, texts, lists, markings, onwards,
                        st.sampled_from(list(Grade)), numbers, names, texts),
    "entries": st.builds(Entry, bare, texts),
    "copies": st.tuples(texts, numbers, numbers, markings, onwards, texts, texts),
    "trail": st.tuples(numbers, numbers, st.sampled_from(["recall", "passed"]), texts, places),
}  # fmt: skip


def keyed(table: str, number: int, said: Any, gone: bool) -> tuple[Any, Any]:
    """Return a key and its row; the row of a copy or a receipt says what its key says."""
    supplier, record = ("northreach", "altamira")[number % 2], f"r{number}"
    key: Any = (supplier, "marisol", record)
    row: Any = said
    match table:
        case "own":
            key = record
        case "floors":
            key = ("marisol", record)
        case "entries":
            key = (supplier, number)
        case "copies":
            kind, version, edition, marking, onward, digest, why = said
            row = Copy(supplier, "marisol", record, kind, version, edition, marking, onward,
                       digest, None, why)  # fmt: skip
        case "trail":
            version, edition, reason, rule, erased = said
            key = ("marisol", record, supplier)
            row = Receipt("marisol", record, version, edition, supplier, reason, rule, erased)
    return key, None if gone else row


def back(pages: list[tuple[str, bytes]]) -> dict[str, dict[Any, Any]]:
    found: dict[str, dict[Any, Any]] = {}
    for name, page in pages:
        found.setdefault(keeping.page_of(name), {}).update(keeping.read_page(name, page))
    return found


@pytest.mark.parametrize("table", sorted(ROWS))
@settings(max_examples=8, deadline=None)
@given(data=st.data())
def test_every_row_of_a_table_comes_back_from_its_pages(table: str, data: st.DataObject) -> None:
    some = data.draw(st.lists(st.tuples(ROWS[table], st.booleans()), min_size=1, max_size=9))
    rows = dict(keyed(table, at, *some[at % len(some)]) for at in range(LEAST + 7))
    kept = keeping.kept({table: rows})
    assert kept.rows == {}
    assert back(kept.pages) == {table: rows}


def test_a_value_that_all_rows_share_stands_once() -> None:
    rows = {("northreach", n): Entry(Recall("marisol", f"r{n}", 2, 2), f"h{n}") for n in range(99)}
    (_name, page), *others = keeping.kept({"entries": rows}).pages
    assert not others
    assert page.count(b"northreach") == page.count(b"marisol") == 1


def test_rows_that_were_read_do_not_keep_their_page_in_memory() -> None:
    said = ("consignment", "ab", Raw(b'{"level":1}'), Onward(), "d")
    rows = {("altamira", n): Entry(Put("marisol", f"r{n}", 1, 1, *said), "h") for n in range(99)}
    ((name, page),) = keeping.kept({"entries": rows}).pages
    before = sys.getrefcount(page)
    read = dict(keeping.read_page(name, page))
    assert (read, sys.getrefcount(page)) == (rows, before)


@pytest.mark.parametrize("kind", [Put, Correct, Narrow])
def test_what_still_holds_content_stands_in_a_row_of_its_own(kind: Any) -> None:
    said = ("consignment", "ab") if kind is not Narrow else ()
    last = () if kind is Narrow else (None,)
    content = Content("salt", Raw(b'{"bill":"KANARI"}'))
    rows: dict[Any, Any] = {
        ("northreach", n): Entry(
            kind("marisol", f"r{n}", 1, 1, *said, Raw(b"{}"), Onward(), "d", *last,
                 content if n % 2 else None), f"h{n}",
        )
        for n in range(200)
    }  # fmt: skip
    kept = keeping.kept({"entries": rows})
    assert all(b"KANARI" not in page for _name, page in kept.pages)
    silent = {key: row for key, row in rows.items() if row.message.content is None}
    assert back(kept.pages) == {"entries": silent}
    assert len(kept.rows) == len(rows) - len(silent)


MARKING = Marking(releasable_to=frozenset({"northreach"}))
OF = ("northreach", "marisol")
EARLIER: dict[str, tuple[bytes, dict[Any, Any]]] = {
    "own": (
        b'[["r1","r2"],[1],["marisol"],["r1"],["consignment"],[2],[{"releasable_to":["northreach"]'
        b'}],[0],[null],[[]],[0],[""]]',
        {"r1": Own("marisol", "r1", "consignment", 2, MARKING, None), "r2": None},
    ),
    "copies": (
        b'[["northreach"],["marisol"],["r1"],[],["northreach"],["marisol"],["r1"],["consignment"],'
        b'[2],[2],[{"releasable_to":["northreach"]}],[0],[{"rule":"never"}],[0],[""],[null],'
        b'["recall"]]',
        {(*OF, "r1"): Copy(*OF, "r1", "consignment", 2, 2, MARKING, Onward("never"), "", None,
                           "recall")},
    ),
    "owed": (
        b'[["northreach","northreach"],["marisol","marisol"],["r1","r2"],[1],["recall"],[2],[2]]',
        {(*OF, "r1"): Owed("recall", 2, 2), (*OF, "r2"): None},
    ),
    "floors": (b'[["marisol"],["r1"],[],[3]]', {("marisol", "r1"): 3}),
    "grants": (
        b'[["northreach"],["marisol"],["r1"],[],[2],[2],["d1"],[["bill","carrier"]],[0],'
        b'[{"releasable_to":["northreach"]}],[0],[{}],[0],["gone"],[7],[""],["ab"],[0]]',
        {(*OF, "r1"): Grant(2, 2, "d1", ("bill", "carrier"), MARKING, Onward(), Grade.GONE, 7, "",
                            "ab")},
    ),
    "trail": (
        b'[["marisol"],["r1"],["northreach"],[],["marisol"],["r1"],[2],[2],["northreach"],'
        b'["recall"],[""],[{"tables":2}],[0]]',
        {("marisol", "r1", "northreach"): Receipt("marisol", "r1", 2, 2, "northreach", "recall",
                                                  "", {"tables": 2})},
    ),
    "entries": (
        b'[["northreach","northreach","northreach"],[1,2,3],[2],[{"type":"recall","originator":'
        b'"marisol","record":"r1","version":2,"edition":2},{"type":"put","originator":"marisol",'
        b'"record":"r2","version":1,"edition":1,"kind":"consignment","agreement":"ab","marking":{},'
        b'"onward":{},"digest":"d2"}],["h1","h2"]]',
        {("northreach", 1): Entry(Recall("marisol", "r1", 2, 2), "h1"),
         ("northreach", 2): Entry(Put("marisol", "r2", 1, 1, "consignment", "ab", Raw(b"{}"),
                                      Onward(), "d2"), "h2"),
         ("northreach", 3): None},
    ),
}  # fmt: skip
"""A page of each table as the version before wrote it."""


@pytest.mark.parametrize("table", sorted(EARLIER))
def test_pages_that_an_earlier_version_wrote_are_read_for_ever(table: str) -> None:
    page, rows = EARLIER[table]
    assert back([(f"page/{table}", page)]) == {table: rows}


def test_what_is_no_page_is_none_and_an_unknown_one_is_refused() -> None:
    assert keeping.page_of("copies") == ""
    for name in ("page/2/unknown", "page/2/entries/request", "page/unknown"):
        with pytest.raises(KeyError):
            list(keeping.read_page(name, b"[]"))
