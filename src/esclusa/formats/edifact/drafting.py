"""Segments made to be written, from components: the same :class:`Segment` that is read.

A segment is kept as text, as it is read. So what is written can be read, checked and compared
without going through bytes, and a segment that was read goes out as it came when it is in order.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import lru_cache, partial
from itertools import repeat
from typing import Final, TypeAlias

from esclusa.errors import InputError
from esclusa.formats.edifact.segment import Segment, Separators
from esclusa.formats.edifact.service import LEVEL_A

Element: TypeAlias = str | Sequence[str] | Sequence[Sequence[str]]
"""A simple element, the components of a composite, or the occurrences of a repeated element, each
as components (syntax version 4)."""

SERVICE: Final = frozenset({"UNA", "UNB", "UNG", "UNH", "UNT", "UNE", "UNZ"})
"""Segments of the envelopes, which no message may hold between UNH and UNT."""

TAG: Final = re.compile(r"[A-Z][A-Z0-9]{2}")


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
    tags = [tag for tag, _ in parts]
    found = _plain_texts(parts, marks) if _all_tags(tags) else None
    if found is None:
        return [segment(tag, *elements, marks=marks) for tag, elements in parts]
    none = repeat(0)
    return list(map(Segment, found, tags, none, none, none, repeat(marks)))


def _plain_texts(
    parts: Sequence[tuple[str, Sequence[Element]]], marks: Separators
) -> list[str] | None:
    """The texts of segments, all looked at together; None when they are to be made one by one: an
    element is no list of components, a separator cannot be released.

    As in :func:`_plain` separators are counted, here all service characters with one another: an
    element without components makes what is due too small by one, a service character in a text
    makes what is counted too large. What is counted is never below what is due, so one cannot make
    up for the other.
    """
    try:
        found, components = _joined_texts(parts, marks)
    except TypeError:
        return None
    text = marks.terminator.join([*found, ""])
    # One character that stands before each component but the first of a segment, one at its end.
    due = components + len(found)
    services = _services(marks)
    if not services:
        return None
    data = text.encode("utf-8", "surrogatepass")
    counted = len(data) - len(data.translate(None, services))
    if counted == due and not open_ended(text, marks):
        return found
    return _escaped_texts(parts, components, marks)


_TAGS: Final[set[str]] = set()
"""What was looked at and is a tag; there are no more than 26 by 36 by 36."""


def _all_tags(tags: list[str]) -> bool:
    if not _TAGS.issuperset(tags):
        found = set(tags)
        if not all(map(TAG.fullmatch, found)):
            return False
        _TAGS.update(found)
    return True


def _joined_texts(
    parts: Sequence[tuple[str, Sequence[Element]]], marks: Separators
) -> tuple[list[str], int]:
    """Tags and elements with separators between them and nothing else done; how many components.

    :raises TypeError: an element is no list of texts. Joining would take a text for one.
    """
    element, narrow = marks.element, marks.component.join
    found: list[str] = []
    components = 0
    for tag, elements in parts:
        line = tag
        for each in elements:
            if type(each) is not list:
                raise TypeError
            components += len(each)
            line += element + narrow(each)
        found.append(line)
    return found, components


@lru_cache(maxsize=64)
def _services(marks: Separators) -> bytes:
    """The service characters, b"" when one is none of ASCII."""
    return marks.active().encode("ascii") if marks.active().isascii() else b""


STAND_INS: Final = Separators("\x01", "\x02", release="", terminator="\x00")
"""Stand between texts until these have their release characters; no character set has them."""


def _escaped_texts(
    parts: Sequence[tuple[str, Sequence[Element]]], components: int, marks: Separators
) -> list[str] | None:
    """The texts of segments of which some hold a service character in a text or have empty ends.

    All get their release characters at one go. None when that cannot be.
    """
    table, end = _instead_of_stand_ins(marks), STAND_INS.terminator
    text = end.join([*_joined_texts(parts, STAND_INS)[0], ""])
    if table is None or sum(map(text.count, STAND_INS.active())) != components + len(parts):
        return None
    return marks.escape(trimmed(text, STAND_INS)).translate(table).split(end)[:-1]


@lru_cache(maxsize=64)
def _instead_of_stand_ins(marks: Separators) -> dict[int, str] | None:
    """The table from stand-ins to separators; None when no text can be released or one is both."""
    if not marks.release or set(marks.active()) & set(STAND_INS.active()):
        return None
    return _table(
        (STAND_INS.component, marks.component), (STAND_INS.element, marks.element)
    )  # fmt: skip


def _table(*pairs: tuple[str, str]) -> dict[int, str]:
    """A table for ``str.translate`` with all of ASCII: to look for what is not in it costs much."""
    table = {code: chr(code) for code in range(0x80)}
    return table | {ord(before): after for before, after in pairs}


@lru_cache(maxsize=256)
def _is_tag(tag: str) -> bool:
    return TAG.fullmatch(tag) is not None


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
    text = old.text
    strange, table = exchange(old.marks, marks)
    if text[:3] == old.tag:
        if not any(map(text.__contains__, strange)):
            text = trimmed(text.translate(table) + marks.terminator, marks)[:-1]
            return Segment(text, old.tag, 0, 0, 0, marks)
        swap = _swap(old.marks, marks)
        ends = ("", old.marks.element, old.marks.component)
        if swap is not None and text[3:4] in ends and _is_tag(old.tag):
            text = trimmed(swap(text) + marks.terminator, marks)[:-1]
            return Segment(text, old.tag, 0, 0, 0, marks)
    head, elements = _elements(old)
    made = segment(old.tag, *elements, marks=marks)
    if nested := head[1:]:
        made.text = _composite([old.tag, *nested], old.tag, marks) + made.text[len(old.tag) :]
    return made


@lru_cache(maxsize=64)
def _swap(old: Separators, new: Separators) -> Callable[[str], str] | None:
    """The way from a text to the same text with other separators; None when there is none for all.

    What a release character precedes is text, as in :meth:`Separators.resolve`, and gets that of
    the new separators where it needs one.
    """
    if not new.release or (old.repetition and not new.repetition):
        return None
    table = {mark: new.release + mark for mark in new.active()}
    if old.release:
        table[old.release] = table.get(old.release, old.release)
        table |= {old.release + mark: table.get(mark, mark) for mark in old.releasable()}
    table |= {old.component: new.component, old.element: new.element}
    if old.repetition:
        table[old.repetition] = new.repetition
    found = sorted(table, key=len, reverse=True)
    pattern = re.compile("|".join(map(re.escape, found)))
    return partial(pattern.sub, lambda match: table[match[0]])


@lru_cache(maxsize=64)
def exchange(old: Separators, new: Separators) -> tuple[tuple[str, ...], dict[int, str]]:
    """Return what forbids a mere exchange of separators in a text, and the table for it."""
    pairs = [
        (old.component, new.component),
        (old.element, new.element),
        (old.repetition, new.repetition),
    ]
    table = _table(
        *[pair for pair in pairs if all(pair)], (old.terminator, new.terminator)
    )  # fmt: skip
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


# -- empty ends -----------------------------------------------------------------------------------


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


_SHORT: Final = 256
"""Characters below which a search for each pair costs less than one number."""


def open_ended(text: str, marks: Separators) -> bool:
    """Does an element or a segment have an empty end? ``text`` has its terminators.

    A long text is not searched for one pair of separators after the other but taken as one number.
    Bits 0 and 1 of a byte say that it is a component or an element separator, bits 2 and 3 that one
    of these is needless before it. Moved down by a byte and two bits, the number shares a bit with
    itself where two such stand side by side; all other bits are 0.
    """
    sides = _sides(marks)
    if len(text) < _SHORT or not sides or not text.isascii():
        return any(map(text.__contains__, _open_ends(marks)))
    number = int.from_bytes(text.encode("ascii").translate(sides), "little")
    return number & (number >> 10) != 0


@lru_cache(maxsize=64)
def _sides(marks: Separators) -> bytes:
    """The table of :func:`open_ended`; b"" where elements can repeat or separators are no ASCII."""
    if marks.repetition or not marks.active().isascii():
        return b""
    table = bytearray(256)
    table[ord(marks.component)] = 0b0001
    table[ord(marks.element)] = 0b0110
    table[ord(marks.terminator)] = 0b1100
    return bytes(table)


def trimmed(text: str, marks: Separators) -> str:
    """Leave out empty ends of elements and segments; ``text`` has its terminators."""
    if open_ended(text, marks):
        return _empty_ends(marks).sub(r"\1", text)
    return text
