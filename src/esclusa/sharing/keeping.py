"""Rows of the exchange as JSON, so that a ledger can keep them.

Each table has one kind of row. Keys are a text or a few; a number in a key is a place in an outbox.

A recall of many records changes a dozen small rows for each. Such rows go together into pages: many
keys and their rows of one table in one piece, and in the outboxes of one kind of message; what they
say alike stands once. No row with content ever stands in a page, because content must be erased
later and a page is never written again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache, partial
from typing import Any, Final, NamedTuple, TypeVar

import msgspec

from esclusa.sharing import earlier_pages
from esclusa.sharing.exchange import rows
from esclusa.sharing.exchange.messages import Correct, Narrow, Put, Recall, Receipt
from esclusa.sharing.exchange.state import TABLES

T = TypeVar("T")

_parts: Final = msgspec.structs.astuple

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

_TEXTS: Final = msgspec.json.Decoder(list[msgspec.Raw]).decode

_KEYS: Final[dict[str, Any]] = {
    "own": str, "copies": rows.CopyKey, "owed": rows.CopyKey, "floors": rows.Pair,
    "grants": rows.CopyKey, "trail": rows.TrailKey, "entries": rows.EntryKey,
}  # fmt: skip
"""Tables whose rows may stand in pages, with their keys."""
_PARTS: Final = {
    "own": ("record",), "copies": ("supplier", "originator", "record"),
    "owed": ("supplier", "originator", "record"), "floors": ("originator", "record"),
    "grants": ("partner", "originator", "record"), "trail": ("originator", "record", "holder"),
    "entries": ("partner", "number"),
}  # fmt: skip
"""What the parts of a key name."""
_KNOWN: Final = {"copies": 3, "trail": 2}
"""How many of a row's first fields its key says already, as its first parts."""
_HELD_CONTENT: Final = ("copies", "entries")
"""Tables whose earlier rows may hold content that a page overtakes."""
_SILENT: Final = ("own", "copies")
"""Tables whose rows hold nothing of what a record says once they are without content; rows of
other tables, but for entries, never do."""
_FEW: Final = 64
"""Rows of a table that are stored one by one: fewer than this make no page."""
_LONG: Final = 1_000
"""Rows in one page."""
_CARRIERS: Final = frozenset({Put, Correct, Narrow})
_BARE: Final[dict[type, str]] = {
    kind: f"entries/{kind.__name__.lower()}" for kind in (Put, Correct, Narrow, Recall, Receipt)
}
"""Messages that hold nothing of a record once their content has gone, and the name of their pages:
each kind has its own."""
_BEFORE: Final = "page/"
"""What the names of pages began with as they were written before (:mod:`.earlier_pages`)."""
_PREFIX: Final = "page/2/"
"""A program of before takes it for a page of a table that it does not have, and stops."""
_APART: Final = frozenset({"record", "number", "digest", "head"})
"""Columns that say something else in nearly every row."""
_LARGE: Final = frozenset(
    {"marking", "fields", "roots", "erased", "consent", "onward", "state", "hold"}
)
"""Columns whose values are not compared as they are, or at some cost; most rows share the very
objects."""


class _Form(NamedTuple):
    """How rows of a table, or messages of one kind in an outbox, stand in a page: how many, the
    places of those that take something back, then column by column their keys (``parts``) and what
    they say (``names``) behind the ``known`` first fields. A column is its values and the number of
    each row's; without numbers it is a value for each row, or one for all."""

    make: Callable[..., Any]
    parts: tuple[str, ...]
    known: int
    names: tuple[str, ...]
    page: msgspec.json.Decoder[Any]


def _form(table: str, kind: Any) -> _Form:
    key, known = _KEYS[table], _KNOWN.get(table, 0)
    keys = (str,) if key is str else key.__args__
    names, types = [_PLAIN], [kind]
    if issubclass(kind, msgspec.Struct):
        fields = msgspec.structs.fields(kind)[known:]
        names, types = [each.name for each in fields], [each.type for each in fields]
    if kind in _CARRIERS:  # their content is the last field, and has gone
        names, types = names[:-1], types[:-1]
    if table == "entries":
        names, types = ["head", *names], [str, *types]
    columns = [tuple[list[each], list[int]] for each in (*keys, *types)]  # type: ignore[valid-type]
    page = tuple[(int, list[int], *columns)]  # type: ignore[valid-type]
    make = partial(_entry, kind) if table == "entries" else kind
    return _Form(make, _PARTS[table], known, tuple(names), msgspec.json.Decoder(page))


def _entry(kind: Any, head: str, *said: Any) -> rows.Entry:
    return rows.Entry(kind(*said), head)


_PLAIN: Final = ""
"""The name of the one column of rows that are no structs."""
_FORMS: Final = {
    name: _form(name, _ROWS[name]) for name in _KEYS if name != "entries"
} | {name: _form("entries", kind) for kind, name in _BARE.items()}  # fmt: skip
_EARLIER: Final = {name: earlier_pages.reader(_ROWS[name], key) for name, key in _KEYS.items()}


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
            small = _small(name, table)
            number = sum(map(len, small.values()))
            if number >= _FEW:
                single = {}
                if number < len(table):
                    paged = set[Any]().union(*small.values())
                    single = {key: row for key, row in table.items() if key not in paged}
                for page, some in small.items():
                    made.pages.extend(_cut(page, some))
                if name in _HELD_CONTENT:
                    old = [key for some in small.values() for key in some]
                    if name == "entries" and ends is not None:
                        old = [key for key in old if key[1] <= ends.get(key[0], 0)]
                    made.overtaken[name] = _key_texts(old)
        made.rows.update(written({name: single}))
    return made


def _small(name: str, table: Mapping[Any, Any]) -> dict[str, Mapping[Any, Any]]:
    """Return the rows of a table that hold nothing of what a record says, by the name of their
    pages; rows that are taken back are among them."""
    if name == "entries":
        return _alike(table)
    if name not in _SILENT:
        return {name: table}
    bare = {key: row for key, row in table.items() if row is None or row.content is None}
    return {name: bare if len(bare) < len(table) else table}


def _alike(table: Mapping[Any, rows.Entry | None]) -> dict[str, Mapping[Any, Any]]:
    """Return places of an outbox by the kind of their message; those without one go with others."""
    found: dict[type, dict[Any, Any]] = {}
    gone: dict[Any, Any] = {}
    for key, row in table.items():
        if row is None:
            gone[key] = None
            continue
        message = row.message
        kind = type(message)
        some = found.get(kind)
        if some is None:
            some = found[kind] = {}
        if kind not in _CARRIERS or message.content is None:  # type: ignore[union-attr]
            some[key] = row
    made: dict[str, Mapping[Any, Any]] = {
        _BARE[kind]: some for kind, some in found.items() if some and kind in _BARE
    }
    if gone:
        page = next(iter(made), _BARE[Recall])
        made[page] = {**made.get(page, {}), **gone}
    return made


def _key_texts(keys: list[Any]) -> list[str]:
    """Return :func:`key_text` of each: of many it is quicker written in one go."""
    return [bytes(text).decode() for text in _TEXTS(_ENCODE(keys))]


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
    for at in range(0, len(keys), _LONG):
        yield _PREFIX + name, _page(form, keys[at : at + _LONG], found[at : at + _LONG])


def _page(form: _Form, keys: list[Any], found: list[Any]) -> bytes:
    gone = [at for at, row in enumerate(found) if row is None]
    rows = [row for row in found if row is not None] if gone else found
    parts = list(zip(*keys, strict=True)) if len(form.parts) > 1 else [keys]
    columns: list[Any] = [len(keys), gone, *map(_column, form.parts, parts)]
    columns += map(_column, form.names, _said(form, rows))
    return _ENCODE(columns)


def _said(form: _Form, rows: list[Any]) -> Sequence[Sequence[Any]]:
    """Return what rows say as columns."""
    if form.names == (_PLAIN,):
        return [rows]
    if not rows:
        return [()] * len(form.names)
    if form.names[0] == "head":
        messages = zip(*[_parts(row.message) for row in rows], strict=True)
        return [[row.head for row in rows], *messages][: len(form.names)]
    return list(zip(*map(_parts, rows), strict=True))[form.known :]


def _column(name: str, found: Sequence[Any]) -> tuple[Sequence[Any], Sequence[int]]:
    """Return a column as it stands in a page."""
    if name in _APART:
        return found, ()
    if name in _LARGE:
        return _shared(found)
    if not found or found.count(found[0]) == len(found):
        return found[:1], ()
    said = dict.fromkeys(found)
    if len(said) * 4 > len(found):
        return found, ()
    numbers = {value: number for number, value in enumerate(said)}
    return tuple(said), [numbers[value] for value in found]


def _shared(column: Sequence[Any]) -> tuple[Sequence[Any], Sequence[int]]:
    """Return the distinct values of a column, and the number of each row's, as in :func:`_column`.
    Rows of one table mostly share the very objects: those are compared before what they say."""
    places = list(map(id, column))
    objects = dict(zip(places, column, strict=True))
    if len(objects) == 1:
        return column[:1], ()
    values: list[Any] = []
    said: dict[bytes, int] = {}
    numbers: dict[int, int] = {}
    for place, value in objects.items():
        text = _ENCODE(value)
        number = said.get(text)
        if number is None:
            number = said[text] = len(values)
            values.append(value)
        numbers[place] = number
    return values, list(map(numbers.__getitem__, places)) if len(values) > 1 else ()


def page_of(name: str) -> str:
    """Return the table that the pages of a name are of, "" when it is no page's name."""
    for prefix in (_PREFIX, _BEFORE):
        if name.startswith(prefix):
            return name.removeprefix(prefix).split("/")[0]
    return ""


def read_page(name: str, page: bytes) -> Iterator[tuple[Any, Any]]:
    """Yield the keys and rows of a page; None takes a row back.

    :param name: as :class:`Kept` says it, or an earlier version did.
    :raises KeyError: when there are no such pages.
    """
    if not name.startswith(_PREFIX):
        yield from _EARLIER[name.removeprefix(_BEFORE)](page)
        return
    form = _FORMS[name.removeprefix(_PREFIX)]
    number, places, *columns = form.page.decode(page)
    gone, of_key = set(places), len(form.parts)
    parts = [_values(column, number) for column in columns[:of_key]]
    said = [_values(column, number - len(gone)) for column in columns[of_key:]]
    known = [
        [each for at, each in enumerate(part) if at not in gone] if gone else part
        for part in parts[: form.known]
    ]
    made = iter(said[0]) if form.names == (_PLAIN,) else map(form.make, *known, *said)
    for at, key in enumerate(zip(*parts, strict=True) if of_key > 1 else parts[0]):
        yield key, None if at in gone else next(made)


def _values(column: tuple[list[Any], list[int]], number: int) -> list[Any]:
    values, numbers = column
    if values and type(values[0]) is msgspec.Raw:
        values = [value.copy() for value in values]  # each would keep the whole page in memory
    if numbers:
        return [values[at] for at in numbers]
    return values * number if len(values) == 1 else values


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
