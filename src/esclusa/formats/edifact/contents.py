"""Checks what stands inside a segment: elements and components, their length, characters, codes.

A sound segment is told by one regular expression made from its content; only where that fails is
the segment taken apart to name what is wrong. The expression never takes what the slow way would
not, see ``tests/formats/test_validation.py``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Final, NamedTuple

from esclusa.formats.edifact.directory import Element, Part
from esclusa.formats.edifact.segment import Segment, Separators

QUALIFIERS: Final = frozenset({"1131", "3055"})
"""Code list and agency: where either is filled, the code before them is another's (UNTDID 5.4)."""

UNCHECKED: Final = frozenset({"1131"})
"""Names lists of users, and its own list cannot know them."""

_NUMBER: Final = re.compile(r"-?(?:[0-9]+[.,]?[0-9]*|[.,][0-9]+)")


class Flaw(StrEnum):
    """What is wrong; the words become the end of a defect's code."""

    ELEMENT_MISSING = "element.missing"
    COMPONENT_MISSING = "component.missing"
    ELEMENT_EXCESS = "element.excess"
    COMPONENT_EXCESS = "component.excess"
    REPEATS = "element.repetitions"
    LONG = "element.long"
    SHORT = "element.short"
    CLASS = "element.class"
    CODE = "element.code"


class Found(NamedTuple):
    """``element`` and ``component`` count from 1 (0: the element as a whole), ``start`` is the
    place in the segment's text, ``part`` what should stand there."""

    flaw: Flaw
    element: int
    component: int
    start: int
    text: str
    id: str
    part: Part | None = None


class Content:
    """What a segment may hold, ready for checking under given service characters."""

    __slots__ = (
        "_coded",
        "_match",
        "_qualifiers",
        "codes",
        "elements",
        "marks",
        "positional",
        "tag",
    )

    def __init__(
        self,
        tag: str,
        elements: tuple[Element, ...],
        codes: Mapping[str, frozenset[str]],
        marks: Separators,
        *,
        positional: bool = False,
    ) -> None:
        """``codes``: element → codes that may stand there; elements without a list are absent.

        ``positional``: a repeated last element takes a position for each time, as before syntax
        version 4, which has a separator for it.
        """
        self.tag = tag
        self.elements = elements
        self.codes = codes
        self.marks = marks
        self.positional = positional or not marks.repetition
        self._coded: list[frozenset[str]] = []
        self._qualifiers: list[tuple[int, ...]] = []
        self._match = re.compile(self._pattern()).fullmatch

    def sound(self, text: str) -> bool:
        """Answer whether the segment's text is plainly right; False when it must be looked into."""
        match = self._match(text)
        if match is None:
            return False
        # A plain loop: told apart, this line is where validation spends its time.
        for code, allowed in zip(match.groups(), self._coded):  # noqa: B905
            if code and code not in allowed:
                return self._excused(match)
        return True

    def _excused(self, match: re.Match[str]) -> bool:
        """Answer whether each code that its list lacks is said to be of another's."""
        for group, (code, allowed) in enumerate(zip(match.groups(), self._coded, strict=True), 1):
            if code and code not in allowed:
                rest = match.string[match.end(group) :].split(self.marks.element, 1)[0]
                later = rest.split(self.marks.component)
                if not any(later[at] for at in self._qualifiers[group - 1] if at < len(later)):
                    return False
        return True

    def flaws(self, segment: Segment) -> Iterator[Found]:
        """Name everything that is wrong in a segment, from left to right."""
        marks = segment.marks
        raw = marks.split(segment.text, marks.element)
        index = len(raw[0])
        places = self._places()
        for number, text in enumerate(raw[1:], 1):
            index += 1
            if number <= len(places):
                yield from self._element(places[number - 1], text, number, index)
            elif text:
                yield Found(Flaw.ELEMENT_EXCESS, number, 0, index, text, "")
            index += len(text)
        for number in range(len(raw), len(places) + 1):
            if places[number - 1].mandatory:
                yield Found(Flaw.ELEMENT_MISSING, number, 0, index, "", places[number - 1].id)

    def _places(self) -> tuple[Element, ...]:
        """The elements by position; only the last can take more than one and move no other."""
        last = self.elements[-1]
        if last.repeats == 1 or not self.positional:
            return self.elements
        more = Element(last.id, False, 1, last.parts)
        return (*self.elements, *[more] * (last.repeats - 1))

    def _element(self, spec: Element, text: str, number: int, index: int) -> Iterator[Found]:
        repetition = self.marks.repetition
        times = self.marks.split(text, repetition) if repetition else [text]
        if not text.strip(self.marks.component + repetition):
            if spec.mandatory:
                yield Found(Flaw.ELEMENT_MISSING, number, 0, index, "", spec.id)
            return
        if len(times) > spec.repeats:
            yield Found(Flaw.REPEATS, number, 0, index, str(len(times)), spec.id)
        for time in times:
            yield from self._components(spec, time, number, index)
            index += len(time) + 1

    def _components(self, spec: Element, text: str, number: int, index: int) -> Iterator[Found]:
        raw = self.marks.split(text, self.marks.component)
        values = [self.marks.resolve(one) for one in raw]
        for at, value in enumerate(values):
            component = at + 1 if spec.composite or at else 0
            if at >= len(spec.parts):
                if value:
                    yield Found(Flaw.COMPONENT_EXCESS, number, component, index, value, spec.id)
            elif value:
                part = spec.parts[at]
                for flaw in self._value(part, value, values, at, spec):
                    yield Found(flaw, number, component, index, value, part.id, part)
            elif spec.parts[at].mandatory:
                yield Found(Flaw.COMPONENT_MISSING, number, component, index, "", spec.parts[at].id)
            index += len(raw[at]) + 1
        for at in range(len(values), len(spec.parts)):
            if spec.parts[at].mandatory:
                yield Found(Flaw.COMPONENT_MISSING, number, at + 1, index, "", spec.parts[at].id)

    def _value(
        self, part: Part, value: str, values: list[str], at: int, spec: Element
    ) -> Iterator[Flaw]:
        size = len(value)
        if part.form == "n":
            if not _NUMBER.fullmatch(value):
                yield Flaw.CLASS
            size = sum(character.isdigit() for character in value) or size
        elif part.form == "a" and any(character.isdigit() for character in value):
            yield Flaw.CLASS
        if size > part.longest:
            yield Flaw.LONG
        elif size < part.shortest:
            yield Flaw.SHORT
        elif self._foreign(part, value) and not qualified(spec, values, at):
            yield Flaw.CODE

    def _foreign(self, part: Part, value: str) -> bool:
        allowed = self.codes.get(part.id)
        return allowed is not None and value not in allowed

    # -- the expression -----------------------------------------------------------------------

    def _pattern(self) -> str:
        """Build the expression; its groups catch the values of coded elements, in order."""
        texts = [self._one(element) for element in self.elements]
        pattern, needed = "", False
        for element, text in zip(reversed(self.elements), reversed(texts), strict=True):
            needed = needed or element.mandatory
            pattern = _optional(re.escape(self.marks.element) + text + pattern, needed)
        return self.tag + pattern

    def _one(self, element: Element) -> str:
        own = [self._part(element, at) for at in range(len(element.parts))]
        separator, pattern, needed = re.escape(self.marks.component), "", False
        for at in range(len(own) - 1, 0, -1):
            needed = needed or element.parts[at].mandatory
            pattern = _optional(separator + own[at] + pattern, needed)
        pattern = own[0] + pattern
        needed = needed or element.parts[0].mandatory
        if needed:
            return _optional(pattern, element.mandatory)
        filled = rf"(?!{separator}*(?:{re.escape(self.marks.element)}|\Z))"
        return filled + pattern if element.mandatory else pattern

    def _part(self, element: Element, at: int) -> str:
        """The expression for one value; it takes nothing back, so that it tells at once."""
        part = element.parts[at]
        least = part.shortest
        if part.form == "n" or (least > 1 and not part.mandatory):
            text = _optional(_text(part, self.marks, least), part.mandatory)
        else:
            text = _text(part, self.marks, least if part.mandatory else 0)
        allowed = self.codes.get(part.id)
        if allowed is None:
            return text
        self._coded.append(allowed)
        self._qualifiers.append(tuple(_qualifiers(element, at)))
        return f"({text})"


def _optional(pattern: str, mandatory: bool) -> str:
    return pattern if mandatory else f"(?:{pattern})?"


def _qualifiers(element: Element, at: int) -> Iterator[int]:
    """How many components after the code at ``at`` stand those that name another's list."""
    for distance, part in enumerate(element.parts[at + 1 :], 1):
        if part.id == element.parts[at].id:
            return
        if part.id in QUALIFIERS:
            yield distance


def qualified(element: Element, values: list[str], at: int) -> bool:
    """Answer whether the code at ``at`` is of the list that the components after it name."""
    later = values[at:]
    return any(later[one] for one in _qualifiers(element, at) if one < len(later))


def _text(part: Part, marks: Separators, least: int) -> str:
    most = part.longest
    if part.form == "n":
        digits = f"[0-9]{{{least},{most}}}(?![0-9.,])"
        broken = f"(?=[0-9.,]{{{least + 1},{most + 1}}}(?![0-9.,]))[0-9]*[.,][0-9]+"
        return f"-?(?:{digits}|{broken})"
    closed = re.escape(marks.active()) + ("0-9" if part.form == "a" else "")
    return f"[^{closed}]{{{least},{most}}}+"
