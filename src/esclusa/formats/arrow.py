"""Columns of text out of one buffer, without a call or an object for each value.

polars makes a column of text value by value, unless it reads one that is laid out already. An Arrow
stream (Apache Arrow columnar format 1.5, "IPC streaming format") holds just that: where each value
ends, and all the bytes behind one another. polars checks that they are UTF-8 and keeps no reference
to what it read.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Sequence
from functools import cache
from itertools import accumulate, chain
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import polars as pl

Offsets = npt.NDArray[np.int64]
"""Where each value begins, and behind the last where it ends: one more than there are values."""
Pairs = Sequence[tuple[int, int]]
"""Nodes (values, how many of them null) or buffers (place in the body, bytes)."""

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


def _bytes(offsets: Offsets) -> memoryview:
    return offsets.data.cast("B")


def _column(listed: bool, nodes: Pairs, parts: Sequence[Any]) -> pl.Series:
    """Read a column whose buffers are these, each laid from a multiple of eight on."""
    sizes = [len(part) for part in parts]
    *places, length = accumulate((size + -size % 8 for size in sizes), initial=0)
    body = chain.from_iterable((part, bytes(-len(part) % 8)) for part in parts)
    header = _batch(nodes, list(zip(places, sizes, strict=True)), length)
    return pl.read_ipc_stream(b"".join([_schema(listed), header, *body, _END])).to_series()


@cache
def _schema(listed: bool) -> bytes:
    """The head of a stream of one column of text, or of lists of texts, with offsets of 64 bits, as
    polars writes it."""
    stream = io.BytesIO()
    frame = pl.DataFrame(schema={"": pl.List(pl.String) if listed else pl.String})
    frame.write_ipc_stream(stream, compat_level=pl.CompatLevel.oldest())
    whole = stream.getvalue()
    (size,) = struct.unpack_from("<i", whole, 4)
    return whole[: 8 + size]


def _batch(nodes: Pairs, buffers: Pairs, length: int) -> bytes:
    """The header of a batch whose body has this many bytes.

    A flatbuffer (Message.fbs, tables Message and RecordBatch), laid out by hand: numbers that are
    no facts of the batch are places in it.
    """
    message = _MESSAGE.pack(16, 12, 20, 16, 18, 4, 8, 12, 36, length, 4, 3)
    second = 20 + 16 * len(nodes)
    batch = _BATCH.pack(14, 24, 8, 4, 16, 0, 0, 16, 24, nodes[0][0], second, 0)
    found = message + batch + _vector(nodes) + _vector(buffers)
    return struct.pack("<II", _MARK, len(found)) + found


def _vector(pairs: Pairs) -> bytes:
    return struct.pack(f"<4xI{2 * len(pairs)}q", len(pairs), *chain.from_iterable(pairs))
