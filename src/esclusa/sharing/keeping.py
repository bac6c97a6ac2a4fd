"""Rows of the exchange as JSON, so that a ledger can keep them.

Each table has one kind of row. Keys are a text or a few; a number in a key is a place in an outbox.

A recall of many records changes a dozen small rows for each. Such rows go together into pages: many
keys and their rows of one table in one piece. No row with content ever stands in a page, because
content must be erased later and a page is never written again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache
from operator import attrgetter
from typing import Any, Final, NamedTuple, TypeVar

import msgspec

from esclusa.sharing.exchange import rows
from esclusa.sharing.exchange.messages import Correct, Narrow, Put, Recall, Receipt
from esclusa.sharing.exchange.state import TABLES

T = TypeVar("T")

_ROWS: Final[dict[str, Any]] = {
    "clock": rows.Clock,
    "own": rows.Own,
    "uses": tuple[str, ...],
    "copies": rows.Copy,
    "owed": rows.Owed,
    "floors": int,
    "grants": rows.Grant,
    "trail": Receipt,
    "pacts": rows.Pact,
    "outboxes": rows.Outbox,
    "entries": rows.Entry,
    "inboxes": rows.Inbox,
    "leases": rows.Lease,
    "lent": rows.Lease,
    "consents": rows.Consent,
    "questions": rows.Question,
}
assert set(_ROWS) == set(TABLES)

_READERS: Final = {name: msgspec.json.Decoder(kind) for name, kind in _ROWS.items()}
_ENCODE: Final = msgspec.json.Encoder(order="deterministic").encode

_KEYS: Final[dict[str, Any]] = {
    "own": str, "copies": rows.CopyKey, "owed": rows.CopyKey, "floors": rows.Pair,
    "grants": rows.CopyKey, "trail": rows.TrailKey, "entries": rows.EntryKey,
}  # fmt: skip
"""Tables whose rows may stand in pages, with their keys."""
_HELD_CONTENT: Final = ("copies", "entries")
"""Tables whose earlier rows may hold content that a page overtakes."""
_FEW: Final = 64
"""Rows of a table that are stored one by one: fewer than this make no page."""
_LONG: Final = 1_000
"""Rows in one page."""
_CARRIERS: Final = frozenset({Put, Correct, Narrow})
_BARE: Final = _CARRIERS | {Recall, Receipt}
"""Messages that hold nothing of a record once their content has gone."""
_PREFIX: Final = "page/"
_OFTEN: Final = frozenset({"marking", "onward", "fields", "roots", "agreement", "erased"})
"""Columns whose values many rows of a page share: each stands in it once, and rows by number."""


class _Form(NamedTuple):
    """How rows of a table stand in a page: column by column. The keys' columns come first, then
    the places of rows that take something back, then the rows' own; a plain row is one column."""

    kind: Any
    names: tuple[str, ...]
    page: msgspec.json.Decoder[Any]


def _form(name: str, key: Any) -> _Form:
    kind = _ROWS[name]
    parts = (str,) if key is str else key.__args__
    fields = msgspec.structs.fields(kind) if isinstance(kind, type(msgspec.Struct)) else ()
    types = [
        (list[field.type], list[int]) if field.name in _OFTEN else (list[field.type],)  # type: ignore[name-defined]
        for field in fields
    ] or [(list[kind],)]  # type: ignore[valid-type]
    columns = [item for column in types for item in column]
    page = tuple[(*(list[part] for part in parts), list[int], *columns)]  # type: ignore[misc,valid-type]
    return _Form(kind, tuple(field.name for field in fields), msgspec.json.Decoder(page))


_FORMS: Final = {name: _form(name, key) for name, key in _KEYS.items()}


class Kept(NamedTuple):
    """What a ledger stores of a move: rows by (table, key); pages by table; and the keys, by table,
    of rows that may hold content and that a page now overtakes, so that they must be emptied."""

    rows: dict[tuple[str, str], bytes | None]
    pages: list[tuple[str, bytes]]
    overtaken: dict[str, list[str]]


def key_text(key: str | tuple[Any, ...]) -> str:
    """Return a key as text: itself, or a JSON list."""
    return key if isinstance(key, str) else _ENCODE(key).decode()


def key_of(text: str) -> Any:
    """Return the key that a text stands for."""
    return tuple(msgspec.json.decode(text)) if text.startswith("[") else text


def written(store: Mapping[str, Mapping[Any, Any]]) -> dict[tuple[str, str], bytes | None]:
    """Return what a transition stores as rows of a ledger."""
    return {
        (name, key_text(key)): _ENCODE(row) if row is not None else None
        for name, table in store.items()
        for key, row in table.items()
    }


def kept(store: Mapping[str, Mapping[Any, Any]], ends: Mapping[str, int] | None = None) -> Kept:
    """Return what a ledger stores of a move: as :func:`written`, but many small rows in pages.

    :param ends: the last number of each outbox before the move, where it is known: no row of a
        higher number was ever stored, so a page overtakes none.
    """
    made = Kept({}, [], {})
    for name, table in store.items():
        single: Mapping[Any, Any] = table
        if len(table) >= _FEW and name in _KEYS:
            small = table
            if bare := _BARE_ROWS.get(name):
                small = {key: row for key, row in table.items() if row is None or bare(row)}
            if len(small) >= _FEW:
                single = {}
                if len(small) < len(table):
                    single = {key: row for key, row in table.items() if key not in small}
                made.pages.extend(_cut(name, small))
                if name in _HELD_CONTENT:
                    old: Iterable[Any] = small
                    if name == "entries" and ends is not None:
                        old = [key for key in small if key[1] <= ends.get(key[0], 0)]
                    made.overtaken[name] = [key_text(key) for key in old]
        made.rows.update(written({name: single}))
    return made


def pointed(copy: rows.Copy, version: int) -> tuple[tuple[str, str], bytes]:
    """Return the table, key and row of a copy whose content the ledger keeps as a record, byte for
    byte: the row says only where, and the salt. So content lies in one place, and erasing the
    record erases it; a salt goes with its row.

    :param version: the number of the record's version.
    """
    assert copy.content is not None
    there = msgspec.structs.replace(copy.content, body=msgspec.Raw(b"%d" % version))
    row = msgspec.structs.replace(copy, content=there)
    return ("copies", key_text((copy.supplier, copy.originator, copy.record))), _ENCODE(row)


def version_of(copy: rows.Copy) -> int:
    """Return the number of the version that holds the content of a copy as it was read, 0 when its
    row holds it, or there is none. A content is a JSON object, never a number."""
    if copy.content is None:
        return 0
    body = bytes(copy.content.body)
    return int(body) if body.isdigit() else 0


def filled(copy: rows.Copy, body: bytes | None) -> rows.Copy:
    """Return a copy with the content that the ledger keeps for it; without any when it was erased
    there."""
    assert copy.content is not None
    content = None
    if body is not None:
        content = msgspec.structs.replace(copy.content, body=msgspec.Raw(body))
    return msgspec.structs.replace(copy, content=content)


def _cut(name: str, small: Mapping[Any, Any]) -> Iterator[tuple[str, bytes]]:
    keys, found, form = list(small), list(small.values()), _FORMS[name]
    for start in range(0, len(keys), _LONG):
        yield _PREFIX + name, _page(form, keys[start : start + _LONG], found[start : start + _LONG])


def _page(form: _Form, keys: list[Any], found: list[Any]) -> bytes:
    gone = [at for at, row in enumerate(found) if row is None]
    rows = [row for row in found if row is not None] if gone else found
    columns: list[Any] = [keys] if isinstance(keys[0], str) else list(zip(*keys, strict=True))
    columns.append(gone)
    for name in form.names:
        column = list(map(attrgetter(name), rows))
        columns += _shared(column) if name in _OFTEN else (column,)
    return _ENCODE(columns if form.names else [*columns, rows])


def _shared(column: list[Any]) -> tuple[list[Any], list[int]]:
    """Return the distinct values of a column, and the number of each row's. Most rows share the
    very object, and to compare objects costs far less than to compare what they say."""
    places = list(map(id, column))
    objects = dict(zip(places, column, strict=True))
    if len(objects) == 1:
        return column[:1], [0] * len(column)
    said: dict[bytes, int] = {}
    values: list[Any] = []
    numbers: dict[int, int] = {}
    for place, value in objects.items():
        text = _ENCODE(value)
        if text not in said:
            said[text] = len(values)
            values.append(value)
        numbers[place] = said[text]
    return values, [numbers[place] for place in places]


def _says_nothing(row: rows.Own | rows.Copy) -> bool:
    return row.content is None


def _carries_nothing(row: rows.Entry) -> bool:
    kind = type(row.message)
    return kind in _BARE and (kind not in _CARRIERS or row.message.content is None)  # type: ignore[union-attr]


_BARE_ROWS: Final[dict[str, Callable[[Any], bool]]] = {
    "own": _says_nothing, "copies": _says_nothing, "entries": _carries_nothing,
}  # fmt: skip
"""How to tell that a row holds nothing of what a record says; rows of other tables never do."""


def page_of(name: str) -> str:
    """Return the table that the pages of a name are of, "" when it is no page's name."""
    return name.removeprefix(_PREFIX) if name.startswith(_PREFIX) else ""


def read_page(table: str, page: bytes) -> Iterator[tuple[Any, Any]]:
    """Yield the keys and rows of a page; None takes a row back.

    :raises KeyError: when there is no such table.
    """
    form, parts = _FORMS[table], 1 if _KEYS[table] is str else len(_KEYS[table].__args__)
    columns = form.page.decode(page)
    keys = columns[0] if parts == 1 else zip(*columns[:parts], strict=True)
    gone, said, made = set(columns[parts]), iter(columns[parts + 1 :]), []
    for name in form.names:
        column = next(said)
        made.append([column[number] for number in next(said)] if name in _OFTEN else column)
    rows = map(form.kind, *made) if form.names else iter(next(said))
    for at, key in enumerate(keys):
        yield key, None if at in gone else next(rows)


def read(name: str, row: bytes) -> Any:
    """Return the row of a table.

    :raises KeyError: when there is no such table.
    """
    made = _READERS[name].decode(row)
    for field in _ALIKE.get(name, ()):
        msgspec.structs.force_setattr(made, field, same(getattr(made, field)))
    return made


_ALIKE: Final = {
    "own": ("marking",), "copies": ("marking", "onward"),
    "grants": ("fields", "marking", "onward", "agreement"),
}  # fmt: skip


@lru_cache(maxsize=4096)
def same(value: T) -> T:
    """Return the first value that was equal to this one: what many rows share is held once. A
    hundred thousand grants name the same few lists of fields, each some kilobytes long."""
    return value
