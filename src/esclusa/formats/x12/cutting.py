"""Segments cut into their elements once, for typed readers, which ask for one after another.

The syntax engine cuts no elements (:mod:`esclusa.formats.edifact.segment` says why). A typed reader
asks a segment for five of them on average, and cuts it at once instead of five times; the list
lives no longer than the segment is looked at.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import Final, TypeVar

from esclusa.formats.edifact.segment import RawMessage, Segment
from esclusa.formats.reading import Walked, passed_over

_NOTHING: Final = ("",) * 32

Found = TypeVar("Found", bound=Walked)


class Cut(Segment, gc=False, eq=False):
    """A segment of X12 with the first component of each element, "" where there is none.

    ``values[0]`` is the tag. Elements up to 32 may be asked for; X12 has no longer segment here.
    """

    values: list[str]


def cut(segment: Segment) -> Cut:
    """Cut a segment, which has no release characters: X12 knows none (X12.6)."""
    text, marks = segment.text, segment.marks
    values = text.split(marks.element)
    if marks.component in text:
        values = [value.split(marks.component, 1)[0] for value in values]
    if marks.repetition and marks.repetition in text:
        values = [value.split(marks.repetition, 1)[0] for value in values]
    values += _NOTHING
    return Cut(text, segment.tag, segment.offset, segment.length, segment.number, marks, values)


def cuts(segments: Iterable[Segment]) -> Iterator[Cut]:
    """Cut one segment after another, none before it is asked for."""
    return map(cut, segments)


def walk(
    found: Found,
    raw: RawMessage,
    handlers: Mapping[str, Callable[[Found, Cut], None]],
    unread: Collection[str],
    message: str,
) -> None:
    """As :func:`esclusa.formats.reading.walk`, with segments cut once."""
    for segment in raw.segments:
        handler = handlers.get(segment.tag)
        if handler is not None:
            handler(found, cut(segment))
        elif segment.tag not in unread:
            passed_over(found.notes, segment, message, f"x12.{message}")
