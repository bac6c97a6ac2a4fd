"""What both layouts have in common: the forms of one call as cells under IMO data numbers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple, TypeVar

import msgspec

from esclusa.formats.reading import Notes
from esclusa.model import Severity

T = TypeVar("T")


class Cell(NamedTuple):
    """A value under a data number. ``tag`` is that number, ``where`` a JSON pointer or sheet and
    cell. The other fields make it a place that a defect can name."""

    tag: str
    text: str
    where: str = ""
    offset: int = 0
    length: int = 0
    number: int = 0


Cells = Sequence[Cell]


class Section(msgspec.Struct):
    """A form as it stands in a file: its own cells, and the rows of each of its lists."""

    cells: list[Cell] = []
    lists: dict[str, list[list[Cell]]] = {}


class Filing(msgspec.Struct):
    """The forms of one call. ``call`` holds for all of them; ``sections`` are by word of form."""

    call: list[Cell] = []
    sections: dict[str, Section] = {}
    offset: int = 0
    length: int = 0


class Row:
    """Cells to be taken once each; what nobody took can be asked for at the end."""

    __slots__ = ("_cells", "notes")

    def __init__(self, cells: Iterable[Cell], notes: Notes) -> None:
        self.notes = notes
        self._cells: dict[str, list[Cell]] = {}
        for cell in cells:
            self._cells.setdefault(cell.tag, []).append(cell)

    def __contains__(self, tag: str) -> bool:
        return tag in self._cells

    def take(self, tag: str) -> Cell | None:
        """Return the only cell of a number; of several the first, and a note."""
        found = self._cells.pop(tag, None)
        if found is None:
            return None
        for extra in found[1:]:
            reason = "the number stands more than once; the first value was read"
            self.notes.add("fal.duplicate", Severity.WARNING, reason, extra, extra.where)
        return found[0]

    def all(self, tag: str) -> list[Cell]:
        """Return every cell of a number."""
        return self._cells.pop(tag, [])

    def text(self, tag: str) -> str:
        """Return the text under a number, "" when there is none."""
        cell = self.take(tag)
        return cell.text if cell else ""

    def read(self, tag: str, how: Callable[[Cell, Notes], T], none: T) -> T:
        """Return a value read by ``how``, ``none`` when the number does not stand here."""
        cell = self.take(tag)
        return how(cell, self.notes) if cell else none

    def rest(self) -> list[Cell]:
        """Return the cells that nobody took, in their order."""
        return [cell for found in self._cells.values() for cell in found]


def cells_of(pairs: Iterable[tuple[str, str]]) -> list[Cell]:
    """Return cells to be written; pairs without text are left out."""
    return [Cell(tag, text) for tag, text in pairs if text]
