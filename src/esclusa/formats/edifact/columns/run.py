"""A stretch of interchanges with the same service characters, as arrays."""

from __future__ import annotations

from functools import cached_property
from typing import Any, Final, NamedTuple

import msgspec
import numpy as np
import numpy.typing as npt

from esclusa.formats.edifact.columns import compiled
from esclusa.formats.edifact.columns.kernel import ELEMENT, TERMINATOR, Found
from esclusa.formats.edifact.segment import Interchange, Separators

Whole = npt.NDArray[Any]
"""An array of integers, as a rule 32 bits wide: positions in the text, or numbers of rows."""

PAD: Final = 8
"""Zero bytes behind the text, so that eight bytes can be fetched at any of its positions."""


_UN: Final = np.uint32(int.from_bytes(b"UN", "little"))

_LETTERS: Final = np.zeros(256, np.uint8)
"""1 for what may begin a tag, 2 for what may stand in it."""
_LETTERS[65:91] = 1
_LETTERS[48:58] = 2


class Shifts(NamedTuple):
    """From positions in the text to bytes of the file: line breaks were taken out and characters
    written anew. From ``starts[n]`` on, ``moves[n]`` is to be added."""

    starts: npt.NDArray[np.int64]
    moves: npt.NDArray[np.int64]

    def back(self, places: Whole) -> npt.NDArray[np.int64]:
        """Return bytes of the file."""
        if len(self.starts) == 1:
            moves = self.moves[:1]
            moved: npt.NDArray[np.int64] = places.astype(np.int64) + moves
            return moved
        found = np.searchsorted(self.starts, places, side="right") - 1
        moved = places.astype(np.int64)
        moved += self.moves[found]
        return moved

    def forth(self, place: int) -> int:
        """Return the position in the text of one byte of the file."""
        found = int(np.searchsorted(self.starts + self.moves, place, side="right")) - 1
        return place - int(self.moves[found])


NONE: Final = Shifts(np.zeros(1, np.int64), np.zeros(1, np.int64))


class Text(NamedTuple):
    """The file as text to be indexed: an array, padded, and the bytes in it without the padding."""

    data: memoryview
    array: npt.NDArray[np.uint8]
    shifts: Shifts


def text_of(data: bytes, shifts: Shifts = NONE) -> Text:
    """Return ``data`` with its padding."""
    padded = np.empty(len(data) + PAD, np.uint8)
    padded[len(data) :] = 0
    padded[: len(data)] = np.frombuffer(data, np.uint8)
    return Text(padded.data[: len(data)], padded, shifts)


class Run(msgspec.Struct, dict=True):
    """Segments as rows. Row ``n`` begins (its tag) at ``begin[n]`` of the text and has the
    boundaries ``bound[first[n]:first[n + 1]]``, numbers into ``at``: one where its tag ends, one
    for each element, the last of them its terminator. Between two boundaries ``at`` holds the
    separators of components.

    ``message_first`` and ``message_last`` are the rows of UNH and UNT of each whole, regular
    message, ``envelope`` the number of its interchange.
    ``headers`` are the bytes of the file that open each interchange: UNA and UNB. ``fast``
    tells that compiled loops may work on it.
    """

    text: Text
    marks: Separators
    at: Whole
    bound: Whole
    first: Whole
    begin: Whole
    releases: Whole
    interchanges: list[Interchange] = []
    headers: list[tuple[int, int]] = []
    message_first: Whole = np.zeros(0, np.int32)
    message_last: Whole = np.zeros(0, np.int32)
    envelope: Whole = np.zeros(0, np.int32)
    fast: bool = False

    @cached_property
    def words(self) -> npt.NDArray[np.uint64]:
        """Eight bytes at each position of the text, little end first; a view, no copy."""
        array = self.text.array
        shape = (len(array) - PAD + 1,)
        return np.ndarray(shape, np.dtype("<u8"), array.data, strides=(1,))

    @cached_property
    def tag(self) -> npt.NDArray[np.uint32]:
        """The tag of each row, see :func:`tag_code`; :meth:`tags` of some of them."""
        return self.tags(slice(None))

    @cached_property
    def quads(self) -> npt.NDArray[np.uint32]:
        """Four bytes at each position of the text, little end first; a view, no copy."""
        return _quads(self.text)

    @cached_property
    def high(self) -> npt.NDArray[np.intp] | None:
        """Where bytes beyond ASCII stand; None when there are none."""
        array = self.text.array
        return np.flatnonzero(array >= 0x80) if array.max() >= 0x80 else None

    @cached_property
    def end(self) -> Whole:
        """Where each row's terminator stands; :meth:`ends` of some of them."""
        ends: Whole = self.at[self.bound[self.first[1:] - 1]]
        return ends

    @cached_property
    def untagged(self) -> Whole:
        """Rows that do not begin with a tag: a letter, two letters or digits, then a separator."""
        plain = self.at[self.bound[self.first[:-1]]] == self.begin + 3
        for number, letter in enumerate(_LETTERS[self.tag.view(np.uint8).reshape(-1, 4)[:, :3]].T):
            plain &= (letter == 1) | ((letter == 2) & (number > 0))
        return np.flatnonzero(~plain)

    @cached_property
    def suspects(self) -> Whole:
        """Boundaries before which ``UN`` and one more letter stand: positions in the text."""
        places = self.at[self.bound]
        found: Whole = places[(self.quads[places - 3] & np.uint32(0xFFFF)) == _UN]
        return found

    def tags(self, rows: Whole | slice) -> npt.NDArray[np.uint32]:
        """The tags of some rows."""
        found: npt.NDArray[np.uint32] = self.quads[self.begin[rows]] & np.uint32(0xFFFFFF)
        return found

    def ends(self, rows: Whole) -> Whole:
        """Where the terminators of some rows stand."""
        if "end" in self.__dict__:  # known already: one look-up instead of three
            return self.end[rows]
        ends: Whole = self.at[self.bound[self.first[rows + 1] - 1]]
        return ends

    def place(self, position: int) -> int:
        """Return the byte of the file where this position of the text stands."""
        return int(self.text.shifts.back(np.array([position]))[0])

    def __len__(self) -> int:
        return len(self.begin)


def tag_code(tag: str) -> int:
    """Return three letters as a number, as :attr:`Run.tag` holds them."""
    return int.from_bytes(tag.encode("ascii"), "little")


def run_of(text: Text, marks: Separators, found: Found, since: int, *, fast: bool = False) -> Run:
    """Cut what was found into rows; the first of them begins at ``since``. What was found may be
    written over."""
    if fast:
        return _compiled(text, marks, found, since)
    at, kind = found.at, found.kind
    if len(kind) and kind.max() > TERMINATOR:
        plain = kind <= TERMINATOR
        at, kind = at[plain], kind[plain]
    bound = np.flatnonzero(kind >= ELEMENT).astype(np.int32)
    last = np.flatnonzero(kind[bound] == TERMINATOR).astype(np.int32)
    first = np.zeros(len(last) + 1, np.int32)
    first[1:] = last + 1
    ends = at[bound[last]]
    begin = np.empty(len(ends), np.int32)
    if len(ends):
        begin[0] = since
        begin[1:] = ends[:-1] + 1
    _skip_blanks(text.array, begin, ends)
    return Run(text, marks, at, bound, first, begin, found.releases)


def _compiled(text: Text, marks: Separators, found: Found, since: int) -> Run:
    """The same in a compiled pass, which finds on its way what the run would reckon for itself."""
    count = np.count_nonzero(found.kind == TERMINATOR)
    bounds = np.count_nonzero(found.kind == ELEMENT) + count
    bound, suspects = np.empty(bounds + 1, np.int32), np.empty(bounds + 1, np.int32)
    first, begin = np.zeros(count + 1, np.int32), np.empty(count, np.int32)
    end, tag = np.empty(count, np.int32), np.empty(count, np.uint32)
    untagged, at = np.empty(count, np.intp), found.at
    quads = _quads(text)
    kept, wrong, hidden = compiled.compiled(compiled.rows)(
        quads, at, found.kind, since, _LETTERS,
        bound, first, begin, end, tag, untagged, suspects,
    )  # fmt: skip
    run = Run(text, marks, at[:kept], bound[:-1], first, begin, found.releases, fast=True)
    run.__dict__.update(
        quads=quads, end=end, tag=tag,
        untagged=untagged[:wrong].copy(), suspects=suspects[:hidden].copy(),
    )  # fmt: skip
    return run


def _quads(text: Text) -> npt.NDArray[np.uint32]:
    """Four bytes at each position of the text, little end first; a view, no copy."""
    array = text.array
    return np.ndarray((len(array) - 3,), np.dtype("<u4"), array.data, strides=(1,))


def _skip_blanks(array: npt.NDArray[np.uint8], begin: Whole, ends: Whole) -> None:
    """Line breaks between segments are a transport's doing, and blanks before a tag are nothing."""
    rows = np.flatnonzero(_blank(array[begin]))
    while len(rows):
        begin[rows] += 1
        rows = rows[(begin[rows] < ends[rows]) & _blank(array[begin[rows]])]


def _blank(found: npt.NDArray[np.uint8]) -> npt.NDArray[np.bool_]:
    blank: npt.NDArray[np.bool_] = (found == 0x20) | (found == 0x0A) | (found == 0x0D)
    return blank
