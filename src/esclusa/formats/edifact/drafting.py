"""Segments made to be written, from components: the same :class:`Segment` that is read.

A segment is kept as text, as it is read. So what is written can be read, checked and compared
without going through bytes, and a segment that was read goes out as it came when it is in order.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from itertools import chain, repeat
from operator import itemgetter
from typing import Final, TypeAlias

from esclusa.errors import InputError
from esclusa.formats.edifact.segment import Segment, Separators
from esclusa.formats.edifact.service import LEVEL_A

Element: TypeAlias = str | Sequence[str] | Sequence[Sequence[str]]
"""A simple element, the components of a composite, or the occurrences of a repeated element, each
as components (syntax version 4)."""

SERVICE: Final = frozenset({"UNA", "UNB", "UNG", "UNH", "UNT", "UNE", "UNZ"})
"""Segments of the envelopes, which no message may hold between UNH and UNT."""

_HEAD: Final = itemgetter(slice(4))
"""Tag and first separator."""

_LENGTH: Final = list.__len__
"""The length of a list and of nothing else."""

_FIRST: Final = itemgetter(0)
_SECOND: Final = itemgetter(1)

_TAG: Final = re.compile(r"[A-Z][A-Z0-9]{2}")


class WritingError(InputError):
    """What was to be written cannot be; nothing of its message is.

    The sentence names the message, the segment with its number (UNH = 1), the element and at most
    one character of the value.

    :param message: reference of the message, "" for an envelope.
    :param number: position of the segment in the message, 0 if it has none.
    :param element: written ``3`` or ``3.2``, "" if it has none.
    """

    def __init__(
        self,
        reason: str,
        *,
        file: str = "",
        message: str = "",
        segment: str = "",
        number: int = 0,
        element: str = "",
    ) -> None:
        self.message = message
        self.segment = segment
        self.number = number
        self.element = element
        self.what = reason
        places = (
            f"message {message!r}" if message else "",
            f"segment {number} ({segment})" if number else segment,
            f"element {element}" if element else "",
        )
        where = ", ".join(place for place in places if place)
        super().__init__(f"{where}: {reason}" if where else reason, file=file)


def segment(tag: str, *elements: Element, marks: Separators = LEVEL_A) -> Segment:
    """Return a segment of these elements, release characters put in, empty ends left out.

    :raises WritingError: the tag is none, or a text holds a separator and there is no release
        character to put before it, or an element repeats and no separator tells repeats apart.
    """
    text = _plain(tag, elements, marks)
    if not text:
        text = marks.element.join([tag, *_trimmed([_written(e, tag, marks) for e in elements])])
    if not _is_tag(tag):
        raise WritingError(f"{tag[:8]!r} is not a tag, expected a letter and two letters or digits")
    return Segment(text, tag, 0, 0, 0, marks)


def segments(
    parts: Sequence[tuple[str, Sequence[Element]]], *, marks: Separators = LEVEL_A
) -> list[Segment]:
    """Return the segments of these tags and elements, each as :func:`segment` makes it.

    Several times as fast where every element is given as a list of components and no text holds a
    separator, as in nearly every message; the answer is the same.

    :raises WritingError: as :func:`segment`, of the first that cannot be made.
    """
    found = _plain_texts(parts, marks)
    if found is not None:
        tags, none = map(_FIRST, parts), repeat(0)
        return list(map(Segment, found, tags, none, none, none, repeat(marks)))
    return [segment(tag, *elements, marks=marks) for tag, elements in parts]


def _plain_texts(
    parts: Sequence[tuple[str, Sequence[Element]]], marks: Separators
) -> list[str] | None:
    """The texts of segments in which nothing is to be done, all looked at together; None when in
    one of them something is, or an element is no list of components.

    As in :func:`_plain` separators are counted: an element without components makes the count too
    small by one, a separator in a text too large, so both can never make up for each other: what is
    counted is never below what is due.
    """
    if not all(map(_is_tag, set(map(_FIRST, parts)))):
        return None
    every = list(chain.from_iterable(map(_SECOND, parts)))
    narrow, wide = marks.component.join, marks.element.join
    try:
        components = sum(map(_LENGTH, every))
        found = [wide([tag, *map(narrow, elements)]) for tag, elements in parts]  # type: ignore[arg-type]
    except TypeError:
        return None
    text = marks.terminator.join([*found, ""])
    if (
        text.count(marks.element) != len(every)
        or text.count(marks.component) != components - len(every)
        or text.count(marks.terminator) != len(found)
        or (marks.release and marks.release in text)
        or (marks.repetition and marks.repetition in text)
        or any(pair in text for pair in _open_ends(marks))
    ):
        return None
    return found


@lru_cache(maxsize=256)
def _is_tag(tag: str) -> bool:
    return _TAG.fullmatch(tag) is not None


def _plain(tag: str, elements: Sequence[Element], marks: Separators) -> str:
    """The text of elements in which nothing is to be done, as in nearly all; "" when something is.

    Separators are counted instead of looked for in each text: one too many stands in a text.
    """
    component, element = marks.component, marks.element
    parts, count = [tag], 0
    try:
        for each in elements:
            if isinstance(each, str):
                parts.append(each)
            else:
                parts.append(component.join(each))  # type: ignore[arg-type]
                count += len(each) - 1
    except TypeError:
        return ""
    text = element.join(parts)
    if (
        text.count(element) != len(elements)
        or text.count(component) != count
        or text[-1:] in (component, element)
        or component + element in text
        or marks.terminator in text
        or (marks.release and marks.release in text)
        or (marks.repetition and marks.repetition in text)
    ):
        return ""
    return text


@lru_cache(maxsize=64)
def _service(marks: Separators) -> re.Pattern[str]:
    return re.compile(f"[{re.escape(marks.active())}]")


def _written(element: Element, tag: str, marks: Separators) -> str:
    if isinstance(element, str):
        return _escaped(element, tag, marks)
    if all(isinstance(part, str) for part in element):
        return _composite(element, tag, marks)  # type: ignore[arg-type]
    occurrences = _trimmed([_composite(each, tag, marks) for each in element])
    if len(occurrences) > 1 and not marks.repetition:
        reason = "an element repeats, which syntax version 4 alone can write"
        raise WritingError(reason, segment=tag)
    return marks.repetition.join(occurrences)


def _composite(parts: Sequence[str], tag: str, marks: Separators) -> str:
    return marks.component.join(_trimmed([_escaped(part, tag, marks) for part in parts]))


def _escaped(text: str, tag: str, marks: Separators) -> str:
    if not marks.release and (found := _service(marks).search(text)):
        reason = f"the separator {found[0]!r} stands in a text and no release character is in force"
        raise WritingError(reason, segment=tag)
    return marks.escape(text)


def _trimmed(parts: list[str]) -> list[str]:
    while parts and not parts[-1]:
        parts.pop()
    return parts


def again(old: Segment, marks: Separators) -> Segment:
    """Return a segment written anew with these separators; its values stay.

    :raises WritingError: as :func:`segment`.
    """
    strange, table = _exchange(old.marks, marks)
    if not any(mark in old.text for mark in strange) and old.text[:3] == old.tag:
        text = trimmed(old.text.translate(table) + marks.terminator, marks)[:-1]
        return Segment(text, old.tag, 0, 0, 0, marks)
    head, elements = _elements(old)
    made = segment(old.tag, *elements, marks=marks)
    if nested := head[1:]:
        made.text = _composite([old.tag, *nested], old.tag, marks) + made.text[len(old.tag) :]
    return made


@lru_cache(maxsize=64)
def _exchange(old: Separators, new: Separators) -> tuple[tuple[str, ...], dict[int, str]]:
    """Characters that forbid a mere exchange of separators, and the table of that exchange."""
    pairs = [
        (old.component, new.component),
        (old.element, new.element),
        (old.repetition, new.repetition),
    ]
    table = {ord(before): after for before, after in pairs if before and after}
    kept = {before for before, after in pairs if before == after}
    strange = {old.release, old.terminator, *new.active()} - kept
    strange |= {before for before, after in pairs if before and not after}
    return tuple(strange - {""}), table


def _elements(old: Segment) -> tuple[list[str], list[Element]]:
    """The components of the tag, and every element as its occurrences."""
    marks = old.marks
    head, *parts = marks.split(old.text, marks.element)
    found: list[Element] = []
    for part in parts:
        occurrences = marks.split(part, marks.repetition) if marks.repetition else [part]
        found.append([_components(each, marks) for each in occurrences])
    return _components(head, marks), found


def _components(text: str, marks: Separators) -> list[str]:
    return [marks.resolve(part) for part in marks.split(text, marks.component)]


# -- many at once ---------------------------------------------------------------------------------


@lru_cache(maxsize=64)
def _in_order(marks: Separators) -> re.Pattern[str]:
    """Matches text whose release characters all stand where one is needed."""
    release = re.escape(marks.release)
    return re.compile(
        f"(?:[^{release}]++|{release}[{re.escape(marks.active())}])*+", re.DOTALL
    )  # fmt: skip


@lru_cache(maxsize=64)
def _empty_ends(marks: Separators) -> re.Pattern[str]:
    """Finds what stands for nothing: separators before the terminator or before a wider one.

    Group 1 is a released character, which stays.
    """
    wide, end = re.escape(marks.element), re.escape(marks.terminator)
    narrow = re.escape(marks.component + marks.repetition)
    found = f"[{wide}{narrow}]+(?={end})|[{narrow}]+(?={wide})"
    if marks.repetition:
        found += f"|{re.escape(marks.component)}+(?={re.escape(marks.repetition)})"
    released = f"({re.escape(marks.release)}.)" if marks.release else "((?!))"
    return re.compile(f"{released}|{found}", re.DOTALL)


@lru_cache(maxsize=64)
def _open_ends(marks: Separators) -> tuple[str, ...]:
    """Pairs of separators of which one at least is needless."""
    narrow = (marks.component, marks.repetition) if marks.repetition else (marks.component,)
    pairs = [mark + marks.element for mark in narrow]
    pairs += [mark + marks.terminator for mark in (*narrow, marks.element)]
    return (*pairs, "".join(narrow)) if marks.repetition else tuple(pairs)


def texts(
    batch: Sequence[Segment], marks: Separators, same: Separators, known: set[str]
) -> list[str]:
    """Return the texts of segments with these separators, without terminators.

    A segment in order goes out as it is. ``same`` is the object, alike ``marks``, that most of the
    segments bear; ``known`` remembers beginnings that need no second look.

    :raises WritingError: as :func:`segment`; the number is the place in the batch, from 0.
    """
    found = [each.text for each in batch if each.marks is same]
    if len(found) != len(batch):
        found = [
            each.text if each.marks is same or alike(each.marks, marks) else _anew(each, marks, at)
            for at, each in enumerate(batch)
        ]
    if marks.release and marks.release in "".join(found):
        release, in_order = marks.release, _in_order(marks).fullmatch
        found = [
            text if release not in text or in_order(text) else _anew(batch[at], marks, at)
            for at, text in enumerate(found)
        ]
    heads = set(map(_HEAD, found)) - known
    if heads:
        _look(found, batch, marks, heads)
        known |= heads
    return found


def alike(one: Separators, other: Separators) -> bool:
    """Do both cut alike? The decimal mark and the reserved character separate nothing."""
    return one is other or _cutting(one) == _cutting(other)


def _cutting(marks: Separators) -> tuple[str, ...]:
    separators = (marks.component, marks.element, marks.terminator)
    return (*separators, marks.release, marks.repetition)


def _anew(old: Segment, marks: Separators, at: int) -> str:
    try:
        return again(old, marks).text
    except WritingError as error:
        raise WritingError(error.what, segment=old.tag, number=at) from None


def _look(found: list[str], batch: Sequence[Segment], marks: Separators, heads: set[str]) -> None:
    """Write anew what begins oddly (a tag in lower case, blanks behind it); refuse service tags."""
    ends = ("", marks.element, marks.component)
    odd = {head for head in heads if not _TAG.match(head) or head[3:] not in ends}
    for at, text in enumerate(found):
        if text[:3] in SERVICE or batch[at].tag in SERVICE:
            reason = "a service segment cannot stand inside a message"
            raise WritingError(reason, segment=batch[at].tag, number=at)
        if text[:4] in odd:
            found[at] = _anew(batch[at], marks, at)
    heads -= odd


def trimmed(text: str, marks: Separators) -> str:
    """Leave out empty ends of elements and segments; ``text`` has its terminators."""
    for pair in _open_ends(marks):
        if pair in text:
            return _empty_ends(marks).sub(r"\1", text)
    return text
