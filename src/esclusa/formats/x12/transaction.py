"""A transaction set whose regular segments are texts, and become objects when they are asked for.

A segment object costs as much as cutting its elements. Typed readers need the texts alone, and the
place of a segment only where there is something to say about it.
"""

from __future__ import annotations

from itertools import accumulate, count, repeat
from typing import Final

import msgspec

from esclusa.formats.edifact.segment import RawMessage, Segment, Separators

Stretch = tuple[int, int, int]
"""Segments in a row: index of the first, byte of its tag, bytes from the end of each one's text to
the next tag (the terminator, and a line break where one follows)."""


class TransactionSet(RawMessage, kw_only=True, eq=False):
    """A raw message of X12.

    All segments stand in ``texts`` and ``tags``, as long as each of them is so many bytes as its
    text has characters, and its terminator; ``segments`` makes them, and from then on ``texts`` is
    empty.
    """

    marks: Separators = Separators()
    texts: list[str] = msgspec.field(default_factory=list)
    tags: list[str] = msgspec.field(default_factory=list)
    stretches: list[Stretch] = msgspec.field(default_factory=list)

    @property  # type: ignore[misc]  # what is a field of the base is made of texts here
    def segments(self) -> list[Segment]:
        """Every segment; the list is the set's own, and may be changed."""
        made: list[Segment] = _SEGMENTS.__get__(self)
        if self.texts:
            made.extend(self._made())
            self.texts, self.tags, self.stretches = [], [], []
        return made

    @segments.setter
    def segments(self, segments: list[Segment]) -> None:
        self.texts, self.tags, self.stretches = [], [], []
        _SEGMENTS.__set__(self, segments)

    def held(self) -> int:
        return len(self.texts) or len(self.segments)

    def keep(self, segment: Segment) -> None:
        text, number = segment.text, len(self.texts)
        if (
            number
            and segment.length == len(text) + 1
            and segment.number == number + 1
            and segment.marks is self.marks
        ):
            self.take([text], [segment.tag], segment.offset, 1)
        else:
            self.segments.append(segment)

    def take(self, texts: list[str], tags: list[str], offset: int, step: int) -> None:
        """Add regular segments that stand in a row.

        :param offset: byte of the first one's tag.
        :param step: bytes from the end of each one's text to the next one's tag.
        """
        stretch = (len(self.texts), offset, step)
        if self.texts:
            self.stretches.append(stretch)
            self.texts += texts
            self.tags += tags
        else:
            held = self.segments
            held.extend(_segments(texts, tags, stretch, len(held) + 1, self.marks))

    def _made(self) -> list[Segment]:
        made: list[Segment] = []
        ends = [stretch[0] for stretch in self.stretches[1:]]
        for stretch, end in zip(self.stretches, [*ends, len(self.texts)], strict=True):
            run = slice(stretch[0], end)
            made += _segments(self.texts[run], self.tags[run], stretch, stretch[0] + 1, self.marks)
        return made


_SEGMENTS: Final = RawMessage.__dict__["segments"]
"""The field of the plain message, where the objects stand once they are made."""


def _segments(
    texts: list[str], tags: list[str], stretch: Stretch, number: int, marks: Separators
) -> map[Segment]:
    _, offset, step = stretch
    begins = accumulate([len(text) + step for text in texts], initial=offset)
    lengths = [len(text) + 1 for text in texts]
    return map(Segment, texts, tags, begins, lengths, count(number), repeat(marks))
