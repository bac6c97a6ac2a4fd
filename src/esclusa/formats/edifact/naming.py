"""What stands in a segment, place by place, with the names and code words of its directory.

The places are cut as the reader cuts them; a name is only ever looked up. X12 segments are cut the
same way and have no names: its dictionary may not be passed on.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import accumulate
from typing import Final

from esclusa.formats.edifact import directory as packed
from esclusa.formats.edifact.contents import qualified
from esclusa.formats.edifact.segment import Segment
from esclusa.formats.edifact.validation import Schema
from esclusa.formats.explained import Element, Value
from esclusa.model import Defect

Numbered = tuple[int, Defect]
"""A defect and its number."""

COMPONENTS: Final = 200
"""About how many components are shown of one segment: a name and address has up to 26, a segment of
arrays ten thousand."""

_UNSPLIT: Final = frozenset({"ISA"})
"""ISA16 is the component separator itself, so ISA has no components."""

_Spec = packed.Element | None


class Names:
    """The names of one directory, as a guide has its segments where a schema is given.

    :param edition: a packed directory, "" for no names at all.
    """

    def __init__(self, edition: str = "", schema: Schema | None = None) -> None:
        self.edition = edition
        self._schema = schema

    def segment(self, tag: str) -> str:
        """Return the English name of a segment, "" when there is none."""
        return packed.segment_name(self.edition, tag) if self.edition else ""

    def name(self, identity: str) -> str:
        """Return the English name of an element or composite, "" when there is none."""
        return packed.element_name(self.edition, identity) if identity else ""

    def specs(self, segment: Segment) -> tuple[packed.Element, ...]:
        """Return what stands at each place of a segment, () when the directory does not have it.

        Before syntax version 4 a repeated last element takes a place for each time.
        """
        if not self.edition:
            return ()
        content = self._schema.content(segment.tag, segment.marks) if self._schema else None
        if content is not None:
            elements, positional = content.elements, content.positional
        else:
            elements = packed.segment(self.edition, segment.tag) or ()
            positional = not segment.marks.repetition
        more = elements[-1].repeats - 1 if elements and positional else 0
        return (*elements, *elements[-1:] * min(more, COMPONENTS))

    def means(self, spec: _Spec, texts: list[str], at: int) -> str:
        """Return what the code list says of the text at an index, "" where it is another's list."""
        if spec is None or at >= len(spec.parts) or qualified(spec, texts, at):
            return ""
        return (packed.codes(self.edition, spec.parts[at].id) or {}).get(texts[at], "")


class _Place:
    """One occurrence of an element while its defects are put in their places."""

    __slots__ = ("dotted", "number", "occurrence", "spec", "starts", "texts", "told", "whole")

    def __init__(
        self, number: int, occurrence: int, spec: _Spec, texts: list[str], starts: list[int]
    ) -> None:
        """``starts`` are where the texts stand in the segment's text as it was sent."""
        self.number, self.occurrence, self.spec = number, occurrence, spec
        self.texts, self.starts = texts, starts
        self.told: dict[int, list[int]] = {}
        self.whole: list[int] = []
        self.dotted = len(texts) > 1 or (spec is not None and spec.composite)

    def take(self, number: int, component: int) -> None:
        """Take a defect of a component (0: of the element)."""
        if not component and self.dotted:
            self.whole.append(number)
            return
        at = max(component, 1) - 1
        self.texts += [""] * (at + 1 - len(self.texts))
        self.told.setdefault(at, []).append(number)

    def shown(self) -> list[int]:
        """Return the indexes of the components that are filled or have a defect."""
        found = [at for at, text in enumerate(self.texts) if text or at in self.told]
        return found or ([0] if self.whole else [])


def elements_of(
    segment: Segment, names: Names, defects: Iterable[Numbered] = ()
) -> tuple[tuple[Element, ...], tuple[int, ...]]:
    """Return the filled places of a segment, and the numbers of defects that have no place in it.

    A place that is empty is there only where a defect says so. What comes after the first
    :data:`COMPONENTS` is left out.
    """
    specs = names.specs(segment)
    places: dict[int, list[_Place]] = {}
    left = COMPONENTS
    for place in _places(segment, specs):
        places.setdefault(place.number, []).append(place)
        left -= len(place.texts)
        if left <= 0:
            break
    loose = tuple(
        number for number, one in defects if not _put(number, one, places, specs, segment)
    )
    ordered = (place for number in sorted(places) for place in places[number])
    made = (_element(place, names) for place in ordered)
    return tuple(one for one in made if one.values), loose


def weight(segment: Segment) -> int:
    """Return about how many components of a segment are shown; :data:`COMPONENTS`: not all."""
    text, marks = segment.text, segment.marks
    return min(COMPONENTS, text.count(marks.element) + text.count(marks.component))


def _places(segment: Segment, specs: tuple[packed.Element, ...]) -> Iterator[_Place]:
    """Yield what is filled, in its order."""
    marks = segment.marks
    plain = segment.tag in _UNSPLIT
    cells = marks.split(segment.text, marks.element)
    start = len(cells[0]) + 1
    for number, cell in enumerate(cells[1:], 1):
        repeats = marks.split(cell, marks.repetition) if marks.repetition and not plain else [cell]
        for occurrence, one in enumerate(repeats, 1):
            raw = [one] if plain else marks.split(one, marks.component)[:COMPONENTS]
            starts = list(accumulate((len(part) + 1 for part in raw[:-1]), initial=start))
            start += len(one) + 1
            if one:
                texts = [marks.resolve(part) for part in raw]
                yield _Place(number, occurrence, _at(specs, number), texts, starts)


def _at(specs: tuple[packed.Element, ...], number: int) -> _Spec:
    return specs[number - 1] if number <= len(specs) else None


def _put(
    number: int, defect: Defect, places: dict[int, list[_Place]],
    specs: tuple[packed.Element, ...], segment: Segment,
) -> bool:  # fmt: skip
    """Put a defect at its place; a place that is not there is made. False: it names none."""
    element, _, component = defect.element.partition(".")
    if not element.isdecimal() or int(element) < 1:
        return False
    wanted = int(element)
    if wanted not in places:
        places[wanted] = [_Place(wanted, 1, _at(specs, wanted), [""], [])]
    start = defect.offset - segment.offset
    same = places[wanted]
    place = next((one for one in same if start in one.starts), same[0])
    place.take(number, int(component) if component.isdecimal() else 0)
    return True


def _element(place: _Place, names: Names) -> Element:
    spec = place.spec
    return Element(
        number=place.number,
        values=tuple(_value(place, at, names) for at in place.shown()),
        id=spec.id if spec else "",
        name=names.name(spec.id) if spec else "",
        occurrence=place.occurrence,
        defects=tuple(place.whole),
    )


def _value(place: _Place, at: int, names: Names) -> Value:
    parts = place.spec.parts if place.spec else ()
    identity = parts[at].id if at < len(parts) else ""
    dotted = place.dotted or at > 0
    return Value(
        place=f"{place.number}.{at + 1}" if dotted else str(place.number),
        text=place.texts[at],
        id=identity,
        name=names.name(identity),
        means=names.means(place.spec, place.texts, at),
        defects=tuple(place.told.get(at, ())),
    )
