"""What reading a file may cost beyond looking at its bytes once.

Time is no measure: it would refuse a file on a busy machine and take it on an idle one. So work is
counted in units of about what one clean byte costs. A file is refused when the work behind a byte
exceeds that byte's position by more than ``limits.work``. A clean file spends nothing: a message
that states something is free, whatever its size.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from esclusa.errors import LimitError
from esclusa.formats.limits import Limits
from esclusa.model import Defect, Message

DEFECT: Final = 8
"""A defect, listed or not. Real broken files have one for each segment or row, 15 bytes or more."""

EMPTY: Final = 32
"""A message or row that states nothing. UNH to UNT takes some 60 bytes."""

START: Final = 64
"""An interchange. UNB to UNZ takes some 120 bytes, ISA to IEA 200."""

LINE: Final = 4
"""A line that is read once more because a quote before it was left open."""


class Work:
    """Counts the units that one file has spent."""

    __slots__ = ("_allowed", "_file", "spent")

    def __init__(self, file: str, limits: Limits, inside: int = 0) -> None:
        """``inside`` is the size of all that a packed file holds, where rows have no place."""
        self._file = file
        self._allowed = limits.work + inside
        self.spent = 0

    def spend(self, units: int, offset: int) -> None:
        """Count units spent by a byte of the file; -1 where what is read has no place in it.

        :raises LimitError: they exceed what a file may spend by that byte.
        """
        self.spent += units
        most = self._allowed + max(offset, 0)
        if self.spent > most:
            reason = (
                f"too much is broken for a file of this size: {self.spent:,} units of work so far, "
                f"at most {most:,}; the rest is not read"
            )
            raise LimitError(reason, file=self._file, offset=offset)

    def owe(self, units: int) -> None:
        """Count units that are asked for with the next item, so that this one is handed over."""
        self.spent += units

    def take(self, item: Message | Defect, *, placed: bool = True) -> None:
        """Count an item that a reader hands over; it is ``placed`` when its offset is a byte's."""
        if isinstance(item, Defect):
            units, end = DEFECT, item.offset
        elif item.statements and not item.defects and not self.spent:
            return  # as most items are: nothing is spent, so nothing can be exceeded
        else:
            units = DEFECT * len(item.defects) + (0 if item.statements else EMPTY)
            end = item.offset + item.length
        self.spend(units, end if placed else -1)


def metered(items: Iterable[Message | Defect], work: Work) -> Iterator[Message | Defect]:
    """Hand items on and count them; the one that breaks the limit is still handed on."""
    for item in items:
        yield item
        work.take(item)
