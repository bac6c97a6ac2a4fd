"""Short texts of a column as pairs of whole numbers, read where polars keeps them.

polars keeps a text as Arrow's string view: 16 bytes that begin with its length and, up to 12 bytes
of text, hold all of it, the rest zeros (Arrow columnar format, variable-size binary view layout).
So two short texts are equal where both halves of their views are, and nothing need be hashed,
gathered or compared again. What polars gives is read by Arrow's C stream interface.
"""

from __future__ import annotations

import ctypes
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl

_VIEW: Final = 16


class Views(NamedTuple):
    """A piece of a column: two numbers of 64 bits for each text, and which are there, bit by bit
    from ``offset`` on; none where all are. ``owner`` keeps the memory."""

    halves: npt.NDArray[np.uint64]
    valid: npt.NDArray[np.uint8] | None
    offset: int
    owner: _Held


def views(column: pl.Series) -> list[Views] | None:
    """Return the pieces of a column of texts; None where polars gives them in another layout."""
    capsule = column.__arrow_c_stream__(None)
    stream = _Stream.from_address(_address(capsule, b"arrow_array_stream"))
    schema = _Schema()
    _done(stream.get_schema(ctypes.byref(stream), ctypes.byref(schema)))
    layout = schema.format
    schema.release(ctypes.byref(schema))
    if layout != b"vu":
        return None
    pieces: list[Views] = []
    while True:
        held = _Held()
        _done(stream.get_next(ctypes.byref(stream), ctypes.byref(held.array)))
        if not held.array.release:
            return pieces
        pieces.append(_piece(held))


def _piece(held: _Held) -> Views:
    array = held.array
    first, size = array.offset, array.length
    bits, texts = array.buffers[0], array.buffers[1]
    if not size:
        return Views(np.empty((0, 2), np.uint64), None, 0, held)
    halves = _numbers(texts + first * _VIEW, size * _VIEW, np.uint64).reshape(size, 2)
    valid = _numbers(bits, (first + size + 7) // 8, np.uint8) if bits else None
    return Views(halves, valid, first, held)


def _numbers(address: int, size: int, kind: Any) -> Any:
    cells: Any = (ctypes.c_char * size).from_address(address)
    return np.frombuffer(cells, kind)


def _address(capsule: object, name: bytes) -> int:
    get = ctypes.pythonapi.PyCapsule_GetPointer
    get.restype, get.argtypes = ctypes.c_void_p, [ctypes.py_object, ctypes.c_char_p]
    return int(get(capsule, name))


def _done(error: int) -> None:
    if error:
        raise MemoryError(f"polars gave a column no more: error {error}")


class _Schema(ctypes.Structure):
    """``ArrowSchema`` of Arrow's C data interface."""


class _Array(ctypes.Structure):
    """``ArrowArray`` of Arrow's C data interface."""


class _Stream(ctypes.Structure):
    """``ArrowArrayStream`` of Arrow's C stream interface. polars releases it with its capsule."""


_Schema._fields_ = [
    ("format", ctypes.c_char_p), ("name", ctypes.c_char_p), ("metadata", ctypes.c_void_p),
    ("flags", ctypes.c_int64), ("n_children", ctypes.c_int64), ("children", ctypes.c_void_p),
    ("dictionary", ctypes.c_void_p), ("release", ctypes.CFUNCTYPE(None, ctypes.POINTER(_Schema))),
    ("private_data", ctypes.c_void_p),
]  # fmt: skip
_Array._fields_ = [
    ("length", ctypes.c_int64), ("null_count", ctypes.c_int64), ("offset", ctypes.c_int64),
    ("n_buffers", ctypes.c_int64), ("n_children", ctypes.c_int64),
    ("buffers", ctypes.POINTER(ctypes.c_void_p)), ("children", ctypes.c_void_p),
    ("dictionary", ctypes.c_void_p), ("release", ctypes.CFUNCTYPE(None, ctypes.POINTER(_Array))),
    ("private_data", ctypes.c_void_p),
]  # fmt: skip
_GET_SCHEMA = ctypes.CFUNCTYPE(
    ctypes.c_int, ctypes.POINTER(_Stream), ctypes.POINTER(_Schema)
)  # fmt: skip
_GET_NEXT = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(_Stream), ctypes.POINTER(_Array))
_Stream._fields_ = [
    ("get_schema", _GET_SCHEMA), ("get_next", _GET_NEXT), ("get_last_error", ctypes.c_void_p),
    ("release", ctypes.c_void_p), ("private_data", ctypes.c_void_p),
]  # fmt: skip


class _Held:
    """An Arrow array that is given back when nobody reads it any more."""

    def __init__(self) -> None:
        self.array = _Array()

    def __del__(self) -> None:
        if self.array.release:
            self.array.release(ctypes.byref(self.array))
