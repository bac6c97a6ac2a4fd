"""Write an X12 file back as it was, byte for byte, but for the segments that somebody changed.

The rules are those of ``edifact.rewriting``: the bytes go from source to sink, and SE01 moves by as
many segments as come or go. A changed segment gets the separators it stood between; a value that
holds one of them is refused, because X12 has no release character.
"""

from __future__ import annotations

from typing import BinaryIO, Final

from esclusa.formats.edifact import rewriting
from esclusa.formats.edifact.rewriting import Change, Dialect, unchanged
from esclusa.formats.edifact.segment import Segment
from esclusa.formats.limits import DEFAULT, Limits
from esclusa.formats.x12.drafting import again, segment
from esclusa.formats.x12.syntax import read_messages


def _recount(tail: Segment, count: str) -> Segment:
    return segment("SE", count, tail.get(2), marks=tail.marks)


X12: Final = Dialect(read_messages, "SE", _recount, again)


def rewrite(
    source: BinaryIO,
    sink: BinaryIO,
    change: Change = unchanged,
    *,
    file: str = "",
    limits: Limits = DEFAULT,
) -> int:
    """Copy a file of X12 interchanges, whatever state it is in, with changes; count the edits.

    Parameters and errors are those of :func:`esclusa.formats.edifact.rewriting.rewrite`.
    """
    return rewriting.rewrite(source, sink, change, file=file, limits=limits, dialect=X12)
