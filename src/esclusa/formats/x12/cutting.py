"""Segments cut into their elements once, for typed readers, which ask for one after another.

The syntax engine cuts no elements (:mod:`esclusa.formats.edifact.segment` says why). A typed reader
asks a segment for five of them on average, and cuts its text at once. No segment object is made for
it: where the segment stands is looked up when a defect asks for it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from itertools import repeat
from typing import Final, Protocol, TypeVar

from esclusa.formats.edifact.segment import RawMessage, Segment, Separators
from esclusa.formats.reading import Walked, passed_over
from esclusa.formats.x12.transaction import TransactionSet

_NOTHING: Final = ("",) * 32

Found = TypeVar("Found", bound=Walked)


class _Holder(Protocol):
    """What segments stand in: a transaction set."""

    @property
    def segments(self) -> list[Segment]: ...


class _One:
    """A segment by itself."""

    __slots__ = ("segments",)

    def __init__(self, segment: Segment) -> None:
        self.segments = [segment]


class Cut:
    """A segment of X12 with the first component of each element, "" where there is none.

    ``values[0]`` is the tag. Elements up to 32 may be asked for; X12 has no longer segment here.
    One object serves all segments of a set in turn: whoever wants to come back to a segment keeps
    ``at``, its index in the set.
    """

    __slots__ = ("at", "of", "values")

    def __init__(self, of: _Holder, at: int = 0, values: list[str] | None = None) -> None:
        self.of = of
        self.at = at
        self.values: list[str] = values or []

    @property
    def tag(self) -> str:
        return self.of.segments[self.at].tag

    @property
    def offset(self) -> int:
        return self.of.segments[self.at].offset

    @property
    def length(self) -> int:
        return self.of.segments[self.at].length

    @property
    def number(self) -> int:
        return self.of.segments[self.at].number


def cut(segment: Segment) -> Cut:
    """Cut a segment, which has no release characters: X12 knows none (X12.6)."""
    return Cut(_One(segment), 0, cut_text(segment.text, segment.marks))


def placeless(values: list[str]) -> Cut:
    """Values that stand in no segment, for what asks for one."""
    return Cut(_One(Segment("", "", 0, 0, 0, Separators())), 0, values)


def cut_text(text: str, marks: Separators) -> list[str]:
    """Cut the text of a segment as :class:`Cut` holds it."""
    values = text.split(marks.element)
    if marks.component in text:
        values = [value.split(marks.component, 1)[0] for value in values]
    if marks.repetition and marks.repetition in text:
        values = [value.split(marks.repetition, 1)[0] for value in values]
    values += _NOTHING
    return values


def tokens(raw: RawMessage) -> Iterator[list[str]]:
    """Cut each segment of a set into its tag and elements, which keep their components."""
    if isinstance(raw, TransactionSet) and raw.texts:
        return map(str.split, raw.texts, repeat(raw.marks.element))
    return (segment.text.split(segment.marks.element) for segment in raw.segments)


def walk(
    found: Found,
    raw: RawMessage,
    handlers: Mapping[str, Callable[[Found, Cut], None]],
    unread: Collection[str],
    message: str,
) -> None:
    """As :func:`esclusa.formats.reading.walk`, with segments cut once."""
    segment, (texts, tags, marks) = Cut(raw), _columns(raw)
    element, whole = marks.element, _whole(texts, marks)
    each = zip(range(len(tags)), map(handlers.get, tags), texts, strict=True)
    for segment.at, handler, text in each:
        if handler is not None:
            if whole:
                segment.values = values = text.split(element)
                values += _NOTHING
            else:
                segment.values = cut_text(text, marks)
            handler(found, segment)
        elif tags[segment.at] not in unread:
            passed_over(found.notes, segment, message, f"x12.{message}")


def _columns(raw: RawMessage) -> tuple[list[str], list[str], Separators]:
    """The texts and tags of a set, and its separators: ISA names them, so a set has no others."""
    if isinstance(raw, TransactionSet) and raw.texts:
        return raw.texts, raw.tags, raw.marks
    segments = raw.segments
    marks = segments[0].marks if segments else Separators()
    return [each.text for each in segments], [each.tag for each in segments], marks


def _whole(texts: list[str], marks: Separators) -> bool:
    """Has no element of these segments components or repeats?"""
    every = "".join(texts)
    return marks.component not in every and not (marks.repetition and marks.repetition in every)
