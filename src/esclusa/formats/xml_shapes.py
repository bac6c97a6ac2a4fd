"""Elements that look like ones before them, read without a parser.

A large manifest repeats a few shapes: the same tags in the same order, with other texts. A shape
that was seen becomes one regular expression: every tag as it stands, and what may stand in a text
without saying anything to a parser. Where it matches, the text is well-formed XML without an
attribute, comment, instruction, CDATA or entity other than the five of XML itself, and its nesting
is known; so the texts it finds are those that any parser finds. Where no shape matches, the caller
parses.

Shapes are kept for one file, are bounded in number and size, and hold tags alone.
"""

from __future__ import annotations

import re
from typing import Final

from esclusa.formats.xml_moulds import SPACE, TEXT, Slots, merged, pattern_of, slots_of_all
from esclusa.formats.xml_twigs import Plan, Stem, StemPlan, Twig, meant

_NAME: Final = "[A-Za-z_][A-Za-z0-9_.-]*"
_FORBIDDEN: Final = ("\ufffe", "\uffff")
"""What XML 1.0 forbids and :data:`TEXT` lets through."""

_NONE: Final = "((?!))?"
"""A group that never matches: the value of what is absent stands last."""

_OPENING: Final = re.compile(f"<({_NAME})>")
_CLOSING: Final = re.compile(f"</({_NAME})>")
_EMPTY: Final = re.compile(f"<({_NAME})(?:/>|></\\1>)")
_LEAF: Final = re.compile(f"<({_NAME})>{TEXT}</\\1>")
_BLANKS: Final = re.compile(SPACE)
_ENTITY: Final = re.compile("&(?:amp|lt|gt|quot|apos);")

_MOST: Final = 16
"""Shapes kept for one tag; the one used longest ago makes room."""

_MOST_FAMILIES: Final = 4
"""Families of whole elements; where they are told apart by more, no more are made."""

_WAIT: Final = 512
"""A pattern costs some ten milliseconds: four are made for a family, each later than the last."""

_NOTED: Final = 256
"""How many different elements are taken into families; after that none is."""

_LEARNED: Final = 200
"""Shapes made for one file: each costs about a millisecond."""

_PATIENCE: Final = 8
"""How often in vain an element is held against the shape of a whole one, before it is left."""

_LONGEST: Final = 16_000
"""Characters of an element that a shape is made of."""

_DEEPEST: Final = 8
"""Nesting inside an element that a shape is made of."""


class _Shape:
    """A shape and the one that came behind it the last time."""

    __slots__ = ("match", "next", "pattern", "plan", "size")

    def __init__(self, plan: Plan, pattern: str) -> None:
        made = re.compile(pattern)
        self.plan = plan
        self.pattern = pattern
        self.match = made.match
        self.size = made.groups
        self.next = self


class _Family:
    """Elements that fit into one mould, and its pattern as far as it is made.

    It is made when ``quiet`` elements running have brought nothing new: one at first, then eight
    times as many each time.
    """

    __slots__ = ("match", "plan", "quiet", "slots", "stale", "wait")

    def __init__(self, slots: Slots) -> None:
        self.slots = slots
        self.plan = StemPlan([])
        self.match = _NEVER
        self.stale = True
        self.quiet = 0
        self.wait = 1

    def take(self, slots: Slots) -> bool:
        """Let an element in; False where it does not fit."""
        more = merged(self.slots, slots)
        if more is None:
            return False
        if more != self.slots:
            self.slots, self.stale, self.quiet = more, True, -1
        return True

    def settle(self, tag: str) -> None:
        """Make the pattern if it is time."""
        self.quiet += 1
        if self.stale and self.quiet >= self.wait and self.wait <= _WAIT:
            pattern, self.plan = pattern_of(tag, self.slots)
            self.match = pattern.match
            self.stale, self.wait = False, 8 * self.wait


_NEVER: Final = re.compile("(?!)").match


class Shapes:
    """The shapes of one file, for elements of one tag that repeat."""

    def __init__(self, tag: str) -> None:
        self._tag = tag
        self._opening = re.compile(f"<{re.escape(tag)}>{SPACE}")
        self._closing = f"</{tag}>"
        self._first = _Shape(Plan(""), r"(?!)")
        self._known: dict[str, list[_Shape]] = {}
        self._families: list[_Family] = []
        self._family = _Family(())
        self._noted: dict[tuple[Plan, ...], _Family | None] = {}
        self._luck = 0
        self.learned = 0

    def read(self, text: str) -> list[Twig] | Stem | None:
        """Return the children of the element that ``text`` is, None where no shape tells them."""
        entities = "&" in text
        if entities and len(_ENTITY.findall(text)) != text.count("&"):
            return None
        if _FORBIDDEN[0] in text or _FORBIDDEN[1] in text:
            return None
        if "\r" in text:  # XML 1.0 § 2.11: a line ends in one character
            text = text.replace("\r\n", "\n").replace("\r", "\n")
        if self._luck >= -_PATIENCE:
            found = self._family.match(text)
            if found is not None and found.end() == len(text):
                return self._stem(found, entities)
            self._luck -= 1
        return self._by_parts(text, entities)

    def ahead(self, text: str, at: int) -> tuple[Stem, int] | None:
        """Return the children of the element that stands at a place of a longer text, and where it
        ends; None where :meth:`read` must tell. The text has no line end but ``\\n``."""
        found = self._family.match(text, at) if self._luck >= -_PATIENCE else None
        if found is None:
            return None
        end = found.end()
        entities = text.find("&", at, end) >= 0
        if entities and len(_ENTITY.findall(text, at, end)) != text.count("&", at, end):
            return None
        return self._stem(found, entities), end

    def _stem(self, found: re.Match[str], entities: bool) -> Stem:
        plan, values = self._family.plan, (*found.groups(), None)
        self._luck = _PATIENCE
        return Stem(plan, meant(values, plan.raw) if entities else values, entities)

    def _by_parts(self, text: str, entities: bool) -> list[Twig] | None:
        opened = self._opening.match(text)
        if opened is None or not text.endswith(self._closing):
            return None
        parts: list[Twig] = []
        last, at, end = self._first, opened.end(), len(text) - len(self._closing)
        while at < end:
            shape = last.next
            found = shape.match(text, at)
            if found is None:
                other = self._other(text, at)
                if other is None:
                    return None
                shape, found = other
                last.next = shape
            values = found.groups()
            parts.append(Twig(shape.plan, meant(values) if entities else values))
            last, at = shape, found.end()
        if at != end:
            return None
        if len(text) <= _LONGEST:
            self._note(tuple([twig.plan for twig in parts]))
        return parts

    def _note(self, plans: tuple[Plan, ...]) -> None:
        """Let the families know what an element had: one of them takes it in, or a new one."""
        if plans not in self._noted:
            if len(self._noted) >= _NOTED:
                return
            self._noted[plans] = self._taken(slots_of_all(plans))
        family = self._noted[plans]
        if family is None:
            return
        family.settle(self._tag)
        if family.match is not _NEVER:
            self._luck = min(self._luck + 2, _PATIENCE)
            self._family = family

    def _taken(self, slots: Slots | None) -> _Family | None:
        """Return the family into which what an element had inside was taken, None for none."""
        if not slots:
            return None
        family = next((each for each in self._families if each.take(slots)), None)
        if family is None and len(self._families) < _MOST_FAMILIES:
            family = _Family(slots)
            family.quiet = -1
            self._families.append(family)
        return family

    def _other(self, text: str, at: int) -> tuple[_Shape, re.Match[str]] | None:
        """Return a shape that is known, or learn one; and what it finds."""
        opening = _OPENING.match(text, at)
        if opening is None:
            return None
        known = self._known.setdefault(opening[1], [])
        for place, shape in enumerate(known):
            if (found := shape.match(text, at)) is not None:
                known.insert(0, known.pop(place))
                return shape, found
        if self.learned >= _LEARNED:
            return None
        self.learned += 1
        made = _Drawing(text, at).shape()
        if made is None or (found := made.match(text, at)) is None:
            return None
        known.insert(0, made)
        del known[_MOST:]
        return made, found


class _Drawing:
    """Draws the shape of the element that starts at ``at``."""

    def __init__(self, text: str, at: int) -> None:
        self._text = text
        self._begin = self._at = at
        self._pieces: list[str] = []
        self._open: list[tuple[Plan, set[str]]] = []
        self._count = 0

    def shape(self) -> _Shape | None:
        """Return it; None where something else than elements and their texts stands in it.

        An element with children has no text of its own and no two children of one name.
        """
        while self._at - self._begin < _LONGEST and len(self._open) <= _DEEPEST:
            if self._open:
                self._literal(_BLANKS.match(self._text, self._at))
            if found := self._literal(_CLOSING.match(self._text, self._at)):
                plan, names = self._open.pop()
                if found[1] != plan.tag or not names:
                    return None
            elif (belongs := self._element()) is None:
                return None
            else:
                plan = belongs
            if not self._open:
                return _Shape(plan, "".join(self._pieces) + SPACE + _NONE)
        return None

    def _element(self) -> Plan | None:
        """Take a start tag, or an element without children; return the plan it belongs to."""
        text, at = self._text, self._at
        empty, leaf = _EMPTY.match(text, at), _LEAF.match(text, at)
        found = empty or leaf or _OPENING.match(text, at)
        if found is None:
            return None
        name, inner = found[1], Plan(found[1])
        outer, names = self._open[-1] if self._open else (inner, set[str]())
        if name in names:
            return None
        names.add(name)
        if outer is not inner:
            outer.order.append(name)
        if leaf:
            if outer is not inner:
                outer.places[name] = self._count
            self._count += 1
            tag = re.escape(name)
            self._pieces.append(f"<{tag}>({TEXT})</{tag}>")
            self._at = leaf.end()
            return outer
        self._literal(found)
        if not empty:
            self._open.append((inner, set()))
            if outer is not inner:
                outer.parts[name] = inner
        return outer

    def _literal(self, found: re.Match[str] | None) -> re.Match[str] | None:
        """Take what stands there as it stands."""
        if found:
            self._pieces.append(re.escape(found[0]))
            self._at = found.end()
        return found
