"""The loops that numba compiles, when the extra ``fast`` is installed; nothing is compiled at
installation. Each does what its neighbour in numpy does, and the same tests hold both.

Here are the loops of the index, in :mod:`loops` those of tables. They are plain Python that numba
compiles, so they use no more of numpy than it knows.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from esclusa.formats.compiling import INSTALLED as INSTALLED
from esclusa.formats.compiling import compiled as compiled


def separators(
    text: Any, table: Any, marks: Any, flags: Any, words: Any, sets: Any, sizes: Any,
    at: Any, kind: Any, active: Any, begin: int, end: int, count: int, skip: int,
) -> tuple[int, int, int]:  # fmt: skip
    """Fill ``at`` and ``kind`` from ``count`` on, and ``active`` with the release characters that
    release something; ``skip`` is the last place that one of them released.

    What is not plain is told by comparison, many bytes at once, and eight of the answers are the
    number of a set of places. Each place is written and only kept if it counts: a branch that
    nobody can foretell costs more.

    :param marks: four bytes: those that are not plain though ASCII shows them, zeros for those of
        the four that are missing. The last is the one that releases, if there is one.
    :param flags: room for an answer to each byte, eight at a time; ``words`` the same by eights.
    :param sets: for each set of eight places these places, in order; ``sizes`` how many.
    :return: where both lists end, and ``skip``.
    """
    one, other, third, release = marks[0], marks[1], marks[2], marks[3]
    low, high, some = np.uint8(32), np.uint8(126), np.uint8(skip == begin)
    size = np.uintp(end - begin)
    since = np.uintp(begin)
    for here in range(np.uintp(0), size):
        byte = text[since + here]
        flags[here] = (
            (byte == one) | (byte == other) | (byte == third) | (byte == release)
            | (byte < low) | (byte > high)
        )  # fmt: skip
        some |= np.uint8(byte == release)
    eights = (size + np.uintp(7)) >> np.uintp(3)
    for here in range(size, eights << np.uintp(3)):
        flags[here] = 0
    old = np.uintp(count)
    new = old
    for which in range(np.uintp(0), eights):
        found = np.uintp(words[which] * np.uint64(0x0102040810204080) >> np.uint64(56))
        place = np.int32(since + (which << np.uintp(3)))
        for bit in range(np.uintp(0), np.uintp(8)):
            at[new + bit] = sets[found, bit] + place
        new += np.uintp(sizes[found])
    if not some:
        for here in range(old, new):
            kind[here] = table[text[np.uintp(at[here])]]
        count = np.int64(new)  # type: ignore[assignment]
        return count, 0, skip
    releases = 0
    for here in range(old, new):
        where = at[here]
        what = table[text[np.uintp(where)]]
        at[count] = where
        kind[count] = what
        if what == 6:
            if where != skip:
                skip = where + 1
                active[releases] = where
                releases += 1
        elif where != skip or what > 3:
            count += 1
    return count, releases, skip


def torn(at: Any, kind: Any) -> bool:
    """Whether a line break stands inside a segment: behind what neither ends one nor breaks a line,
    or not close behind it."""
    found = len(kind) > 0 and kind[0] == 4
    for here in range(np.uintp(1), np.uintp(len(kind))):
        before = here - np.uintp(1)
        close = (kind[before] == 3) | (kind[before] == 4)
        found |= (kind[here] == 4) & ((not close) | (at[here] - at[before] != 1))
    return found


def rows(
    quads: Any, at: Any, kind: Any, since: int, letter: Any,
    bound: Any, first: Any, begin: Any, end: Any, tag: Any, untagged: Any, suspects: Any,
) -> tuple[int, int, int]:  # fmt: skip
    """Cut separators into rows; :mod:`run` says what each array is. What separates nothing is taken
    out of ``at``, in place.

    ``bound`` and ``suspects`` have room for one more: as in :func:`separators` each is written and
    only kept if it counts.

    :param quads: four bytes at each position of the text, little end first.
    :param letter: for each byte 1 where it may begin a tag, 2 where it may only stand in one.
    :return: how many of ``at``, of ``untagged`` and of ``suspects`` are filled.
    """
    one, three = np.uintp(1), np.uintp(3)
    kept, count, row, hidden = np.uintp(0), np.uintp(0), np.uintp(0), np.uintp(0)
    wrong, start = 0, np.uintp(since)
    for here in range(np.uintp(0), np.uintp(len(kind))):
        what, place = kind[here], np.uintp(at[here])
        edge = np.uintp((what == 2) | (what == 3))
        at[kept] = place
        bound[count] = kept
        suspects[hidden] = place
        kept += np.uintp(what <= 3)
        count += edge
        hidden += edge & np.uintp(quads[max(place, three) - three] & np.uint32(0xFFFF) == 0x4E55)
        if what != 3:
            continue
        word = quads[start]
        while start < place and (word & 0xFF == 32 or word & 0xFF == 10 or word & 0xFF == 13):
            start += one
            word = quads[start]
        word &= np.uint32(0xFFFFFF)
        begin[row], end[row], tag[row] = start, place, word
        opens = np.uintp(at[np.uintp(bound[np.uintp(first[row])])]) == start + three
        if not opens or (
            letter[word & 0xFF] != 1 or not letter[word >> 8 & 0xFF] or not letter[word >> 16]
        ):
            untagged[wrong] = row
            wrong += 1
        row += one
        first[row] = count
        start = place + one
    return int(kept), wrong, int(hidden)
