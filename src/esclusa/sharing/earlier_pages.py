"""Pages of exchange rows as they were written until the forms of :mod:`.keeping`: read alone.

A page is never written again, so a node that came from there keeps them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final

import msgspec

_OFTEN: Final = frozenset({"marking", "onward", "fields", "roots", "agreement", "erased"})
"""Columns whose values many rows of a page share: each stands in it once, and rows by number."""


def reader(kind: Any, key: Any) -> Callable[[bytes], Iterator[tuple[Any, Any]]]:
    """Return how the pages of a table are read: their keys and rows, None where one is taken back.

    They stand column by column. The keys' columns come first, then the places of rows that take
    something back, then the rows' own; a plain row is one column.

    :param kind: of the rows.
    :param key: the type of a key: a text, or a tuple.
    """
    parts = (str,) if key is str else key.__args__
    fields = msgspec.structs.fields(kind) if isinstance(kind, type(msgspec.Struct)) else ()
    types = [
        (list[field.type], list[int]) if field.name in _OFTEN else (list[field.type],)  # type: ignore[name-defined]
        for field in fields
    ] or [(list[kind],)]
    columns = [item for column in types for item in column]
    page = tuple[(*(list[part] for part in parts), list[int], *columns)]  # type: ignore[misc,valid-type]
    decode = msgspec.json.Decoder(page).decode
    names = tuple(field.name for field in fields)

    def read(data: bytes) -> Iterator[tuple[Any, Any]]:
        columns = decode(data)
        keys = columns[0] if len(parts) == 1 else zip(*columns[: len(parts)], strict=True)
        gone, said, made = set(columns[len(parts)]), iter(columns[len(parts) + 1 :]), []
        for name in names:
            column = next(said)
            made.append([column[number] for number in next(said)] if name in _OFTEN else column)
        rows = map(kind, *made) if names else iter(next(said))
        for at, key in enumerate(keys):
            yield key, None if at in gone else next(rows)

    return read
