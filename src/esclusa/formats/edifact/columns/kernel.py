"""The one pass over the bytes: where the separators stand (ISO 9735-1 § 8).

Two backends give the same arrays. numpy looks each byte up in a table and keeps those that are not
plain; numba walks the bytes in compiled code and is installed with the extra ``fast``. Both know
released separators: one that an odd run of release characters precedes is text.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from esclusa.formats.edifact.columns import compiled
from esclusa.formats.edifact.segment import Separators

COMPONENT: Final = 1
ELEMENT: Final = 2
TERMINATOR: Final = 3
BREAK: Final = 4
ODD: Final = 5
RELEASE: Final = 6

CHUNK: Final = 1 << 20
"""Bytes looked at in one go: the table look-up then stays in the processor's cache."""

STEP: Final = 1 << 18
"""The same for compiled code, which keeps an answer for each of them."""

Bytes = npt.NDArray[np.uint8]
Positions = npt.NDArray[np.int32]


class Found(NamedTuple):
    """``at`` are the positions of all separators, line breaks and odd bytes in order, ``kind``
    what stands there; ``releases`` are the release characters that release something."""

    at: Positions
    kind: Bytes
    releases: Positions


def classes(marks: Separators) -> Bytes:
    """Return the kind of each of the 256 bytes: 0 for plain text, ODD for what is not ASCII and
    for control codes that separate nothing."""
    table = np.full(256, ODD, np.uint8)
    table[0x20:0x7F] = 0
    table[[0x0A, 0x0D]] = BREAK
    for mark, kind in (
        (marks.component, COMPONENT), (marks.element, ELEMENT), (marks.terminator, TERMINATOR),
        (marks.release, RELEASE),
    ):  # fmt: skip
        if mark:
            table[ord(mark)] = kind
    return table


def find(text: Bytes, since: int, end: int, marks: Separators, backend: str) -> Found:
    """Return what stands where in ``text[since:end]``, in positions of the text.

    :param backend: one of :data:`BACKENDS`.
    """
    return BACKENDS[backend](text, since, end, classes(marks))


def _released(at: Positions, kind: Bytes, released: npt.NDArray[np.bool_]) -> Found:
    """Take out release characters, and the separators they release."""
    places = at[released]
    active = places[_even_in_run(places)]
    follow = np.searchsorted(at, active + 1)
    inside = follow < len(at)
    follow, after = follow[inside], active[inside] + 1
    taken = follow[at[follow] == after]
    keep = ~released
    # A released byte that is odd (a letter with an accent, a line break) stays odd.
    keep[taken[kind[taken] <= TERMINATOR]] = False
    return Found(at[keep], kind[keep], active)


def _even_in_run(places: Positions) -> npt.NDArray[np.bool_]:
    """Of neighbouring release characters the first releases the second, the third the fourth."""
    number = np.arange(len(places))
    opens = np.diff(places, prepend=-2) != 1
    begin = np.maximum.accumulate(np.where(opens, number, 0))
    even: npt.NDArray[np.bool_] = (number - begin) % 2 == 0
    return even


def _numpy(text: Bytes, since: int, end: int, table: Bytes) -> Found:
    places, kinds = [np.zeros(0, np.int32)], [np.zeros(0, np.uint8)]
    for begin in range(since, end, CHUNK):
        seen = table[text[begin : min(begin + CHUNK, end)]]
        here = np.flatnonzero(seen)
        kinds.append(seen[here])
        places.append(here.astype(np.int32) + np.int32(begin))
    at, kind = np.concatenate(places), np.concatenate(kinds)
    released = kind == RELEASE
    return _released(at, kind, released) if released.any() else Found(at, kind, at[:0])


def _numba(text: Bytes, since: int, end: int, table: Bytes) -> Found:
    """The same by compiled code, into arrays that grow when a file is all separators."""
    walk = compiled.compiled(compiled.separators)
    step = min(STEP, (end - since + 7) & -8)
    room = (end - since) // 4 + step + 8
    at, kind, count, skip = np.empty(room, np.int32), np.empty(room, np.uint8), 0, -1
    releases = [at[:0]]
    active, flags, marks = np.empty(step, np.int32), np.empty(step, np.uint8), _marks(table)
    for begin in range(since, end, STEP):
        if count + step + 8 > len(at):
            at = np.concatenate([at, np.empty(end - since, np.int32)])
            kind = np.concatenate([kind, np.empty(end - since, np.uint8)])
        stop = min(begin + STEP, end)
        count, found, skip = walk(
            text, table, marks, flags, flags.view(np.uint64), _SETS, _SIZES,
            at, kind, active, begin, stop, count, skip,
        )  # fmt: skip
        releases.append(active[:found].copy())
    return Found(at[:count], kind[:count], np.concatenate(releases))


def _marks(table: Bytes) -> Bytes:
    """The bytes from blank to tilde that are not plain, and the one that releases, as the last, if
    there is one. What separates outside of these is found with the control codes, as zero is, which
    stands for those that are missing of four."""
    found = np.flatnonzero(table[0x20:0x7F]).astype(np.uint8) + np.uint8(0x20)
    release = np.flatnonzero(table == RELEASE).astype(np.uint8)
    every = np.concatenate([found[table[found] != RELEASE], release])
    return np.concatenate([np.zeros(4 - len(every), np.uint8), every])


_SETS: Final = np.array(
    [([bit for bit in range(8) if number >> bit & 1] + [0] * 8)[:8] for number in range(256)],
    np.int32,
)
_SIZES: Final = np.array([number.bit_count() for number in range(256)], np.uint8)


BACKENDS: Final[dict[str, Callable[[Bytes, int, int, Bytes], Found]]] = (
    {"numba": _numba, "numpy": _numpy} if compiled.INSTALLED else {"numpy": _numpy}
)
"""What this installation can run, the fastest first."""
