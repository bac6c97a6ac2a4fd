"""Columns of text out of one buffer, without a call or an object for each value.

polars makes a column of text value by value, unless it reads one that is laid out already. An Arrow
stream (Apache Arrow columnar format 1.5, "IPC streaming format") holds just that: where each value
ends, and all the bytes behind one another. polars checks that they are UTF-8 and keeps no reference
to what it read.

:func:`frame` reads many columns of one table out of one stream, texts laid out as views ("Variable-
size Binary View Layout"): sixteen bytes for each value, which are its length and its bytes when it
has at most twelve, else its length, its first four bytes and its place in a buffer.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Sequence
from functools import cache
from itertools import accumulate, chain
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl

Offsets = npt.NDArray[np.int64]
"""Where each value begins, and behind the last where it ends: one more than there are values."""
Pairs = Sequence[tuple[int, int]]
"""Nodes (values, how many of them null) or buffers (place in the body, bytes)."""


class Column(NamedTuple):
    """A column of a frame. Buffers are as the type wants them; ``blocks`` are those of texts, how
    many buffers of long values there are: one number for each column of texts in it."""

    nodes: Pairs
    parts: Sequence[Any]
    blocks: Sequence[int] = ()


_MARK: Final = 0xFFFFFFFF
_END: Final = struct.pack("<II", _MARK, 0)
_MESSAGE: Final = struct.Struct("<I6HiIqhB5x")
_BATCH: Final = struct.Struct("<7H2xiIqII")


def texts(
    data: npt.NDArray[np.uint8], offsets: Offsets, there: npt.NDArray[np.bool_] | None = None
) -> pl.Series:
    """Return a column of texts.

    :param data: their bytes, one behind the other, in UTF-8; there may be more behind the last.
    :param there: where there is a text, which may be empty; none elsewhere.
    :raises polars.exceptions.PolarsError: when a text is not UTF-8.
    """
    count = len(offsets) - 1
    known = b"" if there is None else np.packbits(there, bitorder="little").tobytes()
    nulls = 0 if there is None else count - int(there.sum())
    return _column(False, [(count, nulls)], [known, _bytes(offsets), data[: int(offsets[-1])].data])


def lists(data: npt.NDArray[np.uint8], offsets: Offsets, cuts: Offsets) -> pl.Series:
    """Return a column of lists of texts.

    :param data: as for :func:`texts`. :param offsets: as for it, of all texts of all lists.
    :param cuts: which texts a list has: those from ``cuts[n]`` up to ``cuts[n + 1]``.
    :raises polars.exceptions.PolarsError: when a text is not UTF-8.
    """
    nodes = [(len(cuts) - 1, 0), (len(offsets) - 1, 0)]
    parts = [b"", _bytes(cuts), b"", _bytes(offsets), data[: int(offsets[-1])].data]
    return _column(True, nodes, parts)


def views(found: npt.NDArray[Any], data: npt.NDArray[np.uint8]) -> Column:
    """Return a column of texts.

    :param found: their views, one behind the other. :param data: the bytes of the long ones.
    """
    count = found.nbytes // 16
    parts = [b"", found.data.cast("B")] if count else [b"", b""]
    return Column([(count, 0)], [*parts, data.data] if len(data) else parts, [int(len(data) > 0)])


def numbers(found: npt.NDArray[Any], there: npt.NDArray[np.bool_] | None = None) -> Column:
    """Return a column of numbers as wide as the type wants them; none where ``there`` is false."""
    known, nulls = b"", 0
    if there is not None and not there.all():
        known = np.packbits(there, bitorder="little").tobytes()
        nulls = len(found) - int(np.count_nonzero(there))
    return Column([(len(found), nulls)], [known, found.data.cast("B") if len(found) else b""])


def cut(cuts: Offsets, inner: Column) -> Column:
    """Return a column of lists. :param cuts: as for :func:`lists`."""
    nodes = [(len(cuts) - 1, 0), *inner.nodes]
    return Column(nodes, [b"", _bytes(cuts), *inner.parts], inner.blocks)


def frame(schema: tuple[tuple[str, Any], ...], columns: Sequence[Column]) -> pl.DataFrame:
    """Return a table of these columns; a stream has one batch, whose columns are equally long.

    :param schema: their names and types, texts as :class:`polars.String`.
    :raises polars.exceptions.PolarsError: when a text is not UTF-8.
    """
    nodes = [node for each in columns for node in each.nodes]
    parts = [part for each in columns for part in each.parts]
    blocks = [count for each in columns for count in each.blocks]
    return pl.read_ipc_stream(_stream(_schema(schema), nodes, parts, blocks))


def _bytes(offsets: Offsets) -> memoryview:
    return offsets.data.cast("B")


def _column(listed: bool, nodes: Pairs, parts: Sequence[Any]) -> pl.Series:
    """Read a column whose buffers are these."""
    head = _schema((("", _LISTS if listed else pl.String),), plain=True)
    return pl.read_ipc_stream(_stream(head, nodes, parts)).to_series()


_LISTS: Final = pl.List(pl.String)


def _stream(head: bytes, nodes: Pairs, parts: Sequence[Any], blocks: Sequence[int] = ()) -> bytes:
    """A stream of one batch, each buffer laid from a multiple of eight on."""
    sizes = [len(part) for part in parts]
    *places, length = accumulate((size + -size % 8 for size in sizes), initial=0)
    body = chain.from_iterable((part, bytes(-len(part) % 8)) for part in parts)
    header = _batch(nodes, list(zip(places, sizes, strict=True)), length, blocks)
    return b"".join([head, header, *body, _END])


@cache
def _schema(schema: tuple[tuple[str, Any], ...], *, plain: bool = False) -> bytes:
    """The head of a stream of such a table, as polars writes it.

    :param plain: texts with offsets of 64 bits instead of views.
    """
    stream = io.BytesIO()
    level = pl.CompatLevel.oldest() if plain else pl.CompatLevel.newest()
    pl.DataFrame(schema=dict(schema)).write_ipc_stream(stream, compat_level=level)
    whole = stream.getvalue()
    (size,) = struct.unpack_from("<i", whole, 4)
    return whole[: 8 + size]


def _batch(nodes: Pairs, buffers: Pairs, length: int, blocks: Sequence[int]) -> bytes:
    """The header of a batch whose body has this many bytes.

    A flatbuffer (Message.fbs, tables Message and RecordBatch), laid out by hand: numbers that are
    no facts of the batch are places in it.
    """
    message = _MESSAGE.pack(16, 12, 20, 16, 18, 4, 8, 12, 36, length, 4, 3)
    second = 20 + 16 * len(nodes)
    third = second + 4 + 16 * len(buffers)
    batch = _BATCH.pack(
        14, 24, 8, 4, 16, 0, 20 if blocks else 0, 16, 24, nodes[0][0], second, third
    )
    found = message + batch + _vector(nodes) + _vector(buffers)
    if blocks:
        found += struct.pack(f"<4xI{len(blocks)}q", len(blocks), *blocks)
    return struct.pack("<II", _MARK, len(found)) + found


def _vector(pairs: Pairs) -> bytes:
    return struct.pack(f"<4xI{2 * len(pairs)}q", len(pairs), *chain.from_iterable(pairs))
