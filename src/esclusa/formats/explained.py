"""What is told of a message that somebody wants to understand: see :mod:`esclusa.formats.explain`.

Numbers tie the parts together: a defect has a number in its list, a row has a number on the page.
Offsets are bytes of the data (of the unpacked data where they were packed), from 0; lines count
from 1, 0 where the data are no text.
"""

from __future__ import annotations

import msgspec

from esclusa.model import Defect, Function, Message, Statement


class Told(msgspec.Struct, frozen=True):
    """A defect. ``number`` counts from 1 in the list; ``row`` is the number of the row in which it
    is, 0 when it is in none that is shown."""

    number: int
    defect: Defect
    line: int
    row: int = 0


class Value(msgspec.Struct, frozen=True):
    """One component as it was sent, release characters taken out.

    ``place`` is ``3`` or ``3.2``. ``id`` and ``name`` are the directory's, "" where it has none;
    ``means`` is what the directory's code list says of the text. ``text`` is "" only where a defect
    says that something is missing. ``defects`` are numbers of defects.
    """

    place: str
    text: str
    id: str = ""
    name: str = ""
    means: str = ""
    defects: tuple[int, ...] = ()


class Element(msgspec.Struct, frozen=True):
    """One filled place of a segment, a repeated one once for each ``occurrence``.

    ``id`` and ``name`` are the composite's, or the simple element's. ``defects`` are those of the
    place as a whole.
    """

    number: int
    values: tuple[Value, ...]
    id: str = ""
    name: str = ""
    occurrence: int = 1
    defects: tuple[int, ...] = ()

    @property
    def broken(self) -> bool:
        """Answer whether a defect is told of it or of one of its components."""
        return bool(self.defects) or any(value.defects for value in self.values)

    @property
    def composite(self) -> bool:
        """Answer whether the place has components with names of their own."""
        return len(self.values) > 1 or "." in self.values[0].place


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One segment. ``row`` counts from 1 over everything, ``number`` in its message (0: a segment
    of the envelope). ``cut``: only its first elements are shown. ``skipped`` is how many segments
    before it are not shown."""

    row: int
    number: int
    tag: str
    name: str
    offset: int
    length: int
    line: int
    elements: tuple[Element, ...]
    defects: tuple[int, ...] = ()
    cut: bool = False
    skipped: int = 0

    @property
    def broken(self) -> bool:
        """Answer whether a defect is told of it or of one of its elements."""
        return bool(self.defects) or any(element.broken for element in self.elements)


class Block(msgspec.Struct, frozen=True, kw_only=True):
    """A message, or the segments of envelopes between two messages (``format`` is "").

    ``directory`` is the one that the message names, ``judged_by`` the packed one that it was
    compared with, ``guide`` the guide's id and its titles. ``messages`` is what the typed reader
    made of it, one for each function. ``skipped`` is how many segments after the last row are not
    shown. ``defects`` are those of the message as a whole.
    """

    rows: tuple[Row, ...] = ()
    skipped: int = 0
    format: str = ""
    type: str = ""
    reference: str = ""
    directory: str = ""
    judged_by: str = ""
    guide: str = ""
    guide_title_en: str = ""
    guide_title_es: str = ""
    offset: int = 0
    length: int = 0
    line: int = 0
    messages: tuple[Message, ...] = ()
    defects: tuple[int, ...] = ()

    @property
    def functions(self) -> tuple[Function, ...]:
        """Return what the sender wants done with the statements, each once."""
        return tuple(dict.fromkeys(message.function for message in self.messages))

    @property
    def statements(self) -> tuple[Statement, ...]:
        """Return what the message states, in its order."""
        return tuple(one for message in self.messages for one in message.statements)


class Explained(msgspec.Struct, frozen=True, kw_only=True):
    """A whole input, explained.

    ``counts`` are all defects by severity; ``told`` are those listed, ``unlisted`` how many of the
    severities asked for are not. ``segments`` is how many there are, ``shown`` how many have a row.
    """

    format: str
    title_en: str
    title_es: str
    standard: str
    size: int
    blocks: tuple[Block, ...]
    told: tuple[Told, ...]
    counts: dict[str, int]
    unlisted: int
    segments: int
    shown: int

    @property
    def messages(self) -> int:
        """Return how many messages there are."""
        return sum(bool(block.format) for block in self.blocks)

    @property
    def statements(self) -> int:
        """Return how many records the typed readers made."""
        return sum(len(message.statements) for one in self.blocks for message in one.messages)
