"""Which transaction sets of a window are regular: whole, counted and numbered right (X12.6)."""

from __future__ import annotations

from typing import Final

import numpy as np

from esclusa.formats.limits import Limits
from esclusa.formats.x12.columns.digits import digits
from esclusa.formats.x12.columns.scan import Rows, Whole, tag_code

ST: Final = tag_code("ST")
SE: Final = tag_code("SE")
SERVICE: Final = tuple(tag_code(tag) for tag in ("ST", "SE", "GS", "GE", "ISA", "IEA"))

MARGIN: Final = 256
"""A segment about as long as the limit is a matter for the plain reader."""

_MOST: Final = 8
"""Longest count and control number that are compared here; longer ones are rare and read plainly.
X12 allows ten digits and nine characters."""


def regular(rows: Rows, limits: Limits) -> tuple[Whole, Whole]:
    """Return the rows of ST and of SE of each regular set.

    Between them no segment is doubtful or belongs to an envelope, SE01 counts them, SE02 repeats
    ST02, and neither ST01 nor ST02 is empty.
    """
    tag = rows.tag
    service = np.zeros(len(rows), bool)
    for code in SERVICE:
        service |= tag == code
    places = np.flatnonzero(service)
    kind = np.append(tag[places], np.uint32(0))
    heads = np.flatnonzero((kind[:-1] == ST) & (kind[1:] == SE))
    first, last = places[heads], places[heads + 1] if len(heads) else heads
    bad = rows.bad | (rows.end - rows.raw >= limits.segment_bytes - MARGIN)
    faulty = np.concatenate([[0], np.cumsum(bad)])
    count = last - first + 1
    good = faulty[last + 1] == faulty[first]
    good &= count < limits.segments
    good &= rows.end[last] - rows.begin[first] < limits.message_bytes - MARGIN
    good &= _agree(rows, first, last, count)
    return first[good], last[good]


def _agree(rows: Rows, first: Whole, last: Whole, count: Whole) -> Whole:
    """Where SE01 counts the segments and SE02 repeats ST02."""
    kind, reference = rows.element(first, 1), rows.element(first, 2)
    claimed, repeated = rows.element(last, 1), rows.element(last, 2)
    length = reference.end - reference.begin
    good = (kind.end > kind.begin) & (length > 0) & (length <= _MOST)
    good &= length == repeated.end - repeated.begin
    words, masks = rows.run.words, _MASKS[np.minimum(length, _MOST)]
    good &= (words[reference.begin] & masks) == (words[repeated.begin] & masks)
    number, plain = digits(rows, claimed)
    agree: Whole = good & plain & (number == count)
    return agree


_MASKS: Final = np.array([(1 << (8 * size)) - 1 for size in range(9)], np.uint64)
