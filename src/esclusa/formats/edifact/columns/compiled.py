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
    text: Any,
    table: Any,
    at: Any,
    kind: Any,
    active: Any,
    begin: int,
    end: int,
    count: int,
    skip: int,
) -> tuple[int, int, int]:
    """Fill ``at`` and ``kind`` from ``count`` on, and ``active`` with the release characters that
    release something; ``skip`` is the last place that one of them released.

    Each place is written and only kept if it counts: a branch that nobody can foretell costs more.

    :return: where both lists end, and ``skip``.
    """
    first, last = np.uintp(begin), np.uintp(end)
    old = np.uintp(count)
    new = old
    for place in range(first, last):
        at[new] = place
        new += np.uintp(table[text[place]] != 0)
    releases = 0
    for here in range(old, new):
        found = at[here]
        what = table[text[found]]
        at[count] = found
        kind[count] = what
        if what == 6:
            if found != skip:
                skip = found + 1
                active[releases] = found
                releases += 1
        elif found != skip or what > 3:
            count += 1
    return count, releases, skip


def rows(
    quads: Any,
    at: Any,
    kind: Any,
    since: int,
    letter: Any,
    bound: Any,
    first: Any,
    begin: Any,
    end: Any,
    tag: Any,
    untagged: Any,
    suspects: Any,
) -> tuple[int, int]:
    """Cut separators into rows; :mod:`run` says what each array is.

    ``bound``, ``first`` and ``suspects`` have room for one more: as in :func:`separators` each is
    written and only kept if it counts.

    :param quads: four bytes at each position of the text, little end first.
    :param letter: for each byte 1 where it may begin a tag, 2 where it may only stand in one.
    :return: how many of ``untagged`` and of ``suspects`` are filled.
    """
    one = np.uintp(1)
    count, row = np.uintp(0), np.uintp(0)
    for here in range(np.uintp(0), np.uintp(len(kind))):
        what = kind[here]
        bound[count] = here
        count += np.uintp(what >= 2)
        first[row + one] = count
        row += np.uintp(what == 3)
    hidden = np.uintp(0)
    for here in range(np.uintp(0), count):
        place = np.uintp(max(at[np.uintp(bound[here])], 3))
        suspects[hidden] = place
        hidden += np.uintp(quads[place - np.uintp(3)] & np.uint32(0xFFFF) == 0x4E55)
    wrong, start = 0, np.uintp(since)
    for here in range(np.uintp(0), row):
        place = np.uintp(at[np.uintp(bound[np.uintp(first[here + one]) - one])])
        word = quads[start]
        while start < place and (word & 0xFF == 32 or word & 0xFF == 10 or word & 0xFF == 13):
            start += one
            word = quads[start]
        word &= np.uint32(0xFFFFFF)
        begin[here], end[here], tag[here] = start, place, word
        opens = np.uintp(at[np.uintp(bound[np.uintp(first[here])])]) == start + np.uintp(3)
        if not opens or (
            letter[word & 0xFF] != 1 or not letter[word >> 8 & 0xFF] or not letter[word >> 16]
        ):
            untagged[wrong] = here
            wrong += 1
        start = place + one
    return wrong, int(hidden)
