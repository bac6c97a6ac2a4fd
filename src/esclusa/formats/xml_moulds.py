"""One pattern for elements of a tag that differ in what they have inside.

Each element that was parsed shows tags in an order. As long as one order holds for all, they become
one mould: what some lack is optional, what stands several times running repeats, and a child may be
a text in one, empty in another and hold elements in a third. The pattern of a mould matches what
any of them may look like, and nothing that is not well-formed: every tag stands in it as it is, and
between tags nothing but blanks and plain text. It catches the texts that a reader wants and passes
over all others.

Patterns match text of which each character is one byte of the file, so their places are bytes;
:func:`meant` makes of a caught text what a parser would.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from operator import itemgetter
from types import MappingProxyType
from typing import Final, NamedTuple

from lxml import etree

Texts = tuple[str | None, ...]

SPACE: Final = "[ \t\r\n]*+"
TEXT: Final = r"[^<>\x00-\x08\x0b\x0c\x0e-\x1f]++"
"""Text without mark-up and without what XML 1.0 forbids (§ 2.2, § 2.4) among single bytes."""

_NONE: Final = "((?!))?"
"""A group that never matches: the value of what is absent."""

_MEANT: Final = (("&lt;", "<"), ("&gt;", ">"), ("&quot;", '"'), ("&apos;", "'"), ("&amp;", "&"))
"""The entities of XML itself; that of the ampersand last."""

_GROUP: Final = re.compile(r"\((?!\?)")

_NAME: Final = re.compile("[A-Za-z_][A-Za-z0-9_.-]*+")
_BLANKS: Final = " \t\r\n"

_WIDEST: Final = 400
"""Tags that one mould may have."""

_LONGEST: Final = 64
"""Letters of a tag in a mould. Longer ones, which no format has, would make patterns of megabytes
and be kept in their caches."""

_DEEPEST: Final = 8
"""Nesting inside an element that goes into a mould."""


Kinds = Mapping[str, str]
"""Path of a text → what it looks like where there is nothing to tidy about it: a pattern of bytes,
with groups where it is wanted in pieces; "" for a text that is taken as it stands."""


class Wanted:
    """What a reader takes out of an element, by paths below it (``Group/Tag``).

    ``texts`` are texts of children. ``raws`` are children that are wanted as they stand in the
    file, those that stand several times running together; each names the texts wanted of it.
    ``marks`` are children of which only is asked whether they are there. Values come in this order.
    """

    def __init__(
        self,
        texts: Kinds,
        raws: Mapping[str, Kinds] = MappingProxyType({}),
        marks: tuple[str, ...] = (),
    ) -> None:
        self.texts = dict(texts)
        self.raws = {
            raw: {f"{raw}/{path}": kind for path, kind in inner.items()}
            for raw, inner in raws.items()
        }
        self.marks = marks
        inner = {path: kind for each in self.raws.values() for path, kind in each.items()}
        self.kinds = {**self.texts, **inner}
        self.single: Final = frozenset(_above([*self.kinds, *self.raws])) - frozenset(self.raws)
        """Paths at or above a text: which of several is meant must not be asked."""


def _above(paths: list[str]) -> list[str]:
    """Return the paths and those above them."""
    split = [path.split("/") for path in paths]
    return ["/".join(parts[: at + 1]) for parts in split for at in range(len(parts))]


class Slot(NamedTuple):
    """A child: with text, empty, or with children (``inner``), or now one, now the other; where
    ``many``, several running."""

    tag: str
    inner: Slots | None = None
    text: bool = False
    empty: bool = False
    optional: bool = False
    many: bool = False


Slots = tuple[Slot, ...]


def slots_of(element: etree._Element, wanted: Wanted) -> Slots | None:
    """Return what an element has inside; None where no mould can be made of it: an attribute, text
    beside children, two of one tag apart from each other, or two of what only one may be."""
    if _ATTRIBUTES(element):
        return None
    found = _slots(element, wanted, "", _DEEPEST)
    return found if found is not None and _width(found) <= _WIDEST else None


_ATTRIBUTES: Final = etree.XPath("boolean(descendant-or-self::*/@*)")


def _slots(element: etree._Element, wanted: Wanted, above: str, deep: int) -> Slots | None:
    if not deep or (element.text or "").strip(_BLANKS):
        return None
    found: dict[str, Slot] = {}
    last = ""
    for each in element:
        tag = str(each.tag)
        slot = _slot(each, tag, wanted, above, deep)
        before = found.get(tag)
        if slot is not None and before is not None:
            apart = tag != last or f"{above}{tag}" in wanted.single
            slot = None if apart else _both(before, slot)
            slot = slot and slot._replace(many=True)
        if slot is None:
            return None
        found[tag], last = slot, tag
    return tuple(found.values())


def _slot(element: etree._Element, tag: str, wanted: Wanted, above: str, deep: int) -> Slot | None:
    tail = element.tail
    if len(tag) > _LONGEST or (tail and tail.strip(_BLANKS)):
        return None
    if not len(element):
        return _leaf(tag, bool(element.text))
    inner = _slots(element, wanted, f"{above}{tag}/", deep - 1)
    return None if inner is None or not _NAME.fullmatch(tag) else Slot(tag, inner)


@lru_cache(maxsize=1024)
def _leaf(tag: str, text: bool) -> Slot | None:
    return Slot(tag, text=text, empty=not text) if _NAME.fullmatch(tag) else None


def merged(one: Slots, other: Slots) -> Slots | None:
    """Return what holds for both, None where they have children in different orders."""
    if one == other:
        return one
    places = {slot.tag: at for at, slot in enumerate(one)}
    found: list[Slot] = []
    at = 0
    for slot in other:
        place = places.get(slot.tag)
        if place is None:
            found.append(_optional(slot))
            continue
        both = _both(one[place], slot) if place >= at else None
        if both is None:
            return None
        found += map(_optional, one[at:place])
        found.append(both)
        at = place + 1
    found += map(_optional, one[at:])
    return tuple(found) if _width(found) <= _WIDEST else None


def _optional(slot: Slot) -> Slot:
    return slot if slot.optional else slot._replace(optional=True)


def _both(one: Slot, other: Slot) -> Slot | None:
    if one == other:
        return one
    inner = one.inner or other.inner
    if one.inner is not None and other.inner is not None:
        inner = merged(one.inner, other.inner)
        if inner is None:
            return None
    return Slot(
        one.tag, inner, one.text or other.text, one.empty or other.empty,
        one.optional or other.optional, one.many or other.many,
    )  # fmt: skip


def _width(slots: Iterable[Slot]) -> int:
    return sum(1 + _width(slot.inner or ()) for slot in slots)


class Mould:
    """The pattern of elements with these children, and where what is wanted stands in a match.

    A ``tidy`` one matches only where all texts wanted look as their kinds say, and gives them in
    the pieces of those. ``order`` are the paths of what it catches as they stand in the file.
    ``drawn`` is for what a reader works out of the mould, once.
    """

    __slots__ = ("_each", "drawn", "end", "match", "order", "pick", "tidy")

    def __init__(self, tag: str, slots: Slots, wanted: Wanted, *, tidy: bool) -> None:
        self.tidy = tidy
        writer = _Writer(wanted, (*wanted.texts, *wanted.raws, *wanted.marks), tidy=tidy)
        body = writer.children(slots, "")
        name = re.escape(tag)
        self.match = re.compile(f"<{name}>{SPACE}{body}</{name}>(){SPACE}{_NONE}").match
        self.end = writer.count + 1
        """The group behind the element; the blanks after it are part of the match."""
        self.pick: Callable[[Texts], Texts] = itemgetter(*writer.places(writer.count + 1))
        self.order = tuple(writer.found)
        first = sum(map(writer.size, wanted.texts))
        self._each = {
            number: _each(writer.raw[path], path, wanted, tidy)
            for number, path in enumerate(wanted.raws, first)
            if path in writer.found
        }
        self.drawn: object = None

    def each(self, number: int, text: str) -> list[Texts]:
        """Return the texts wanted of each raw child in value ``number``; "" for absent ones."""
        find, pick = self._each[number]
        return [pick(found) for found in find(text)]


Found = Callable[[str], list[tuple[str, ...]]]


def _each(
    slot: Slot, path: str, wanted: Wanted, tidy: bool
) -> tuple[Found, Callable[[tuple[str, ...]], Texts]]:
    """Return what finds the children of a raw value, and picks their texts in the order wanted."""
    writer = _Writer(wanted, tuple(wanted.raws[path]), tidy=tidy)
    body = writer.element(slot, path)
    # Two empty groups: then tuples are found however few texts there are, the last of them "".
    find: Found = re.compile(f"{body}{SPACE}()()").findall
    places = writer.places(writer.count)
    if len(places) == 1:
        (place,) = places
        return find, lambda found: (found[place],)
    return find, itemgetter(*places)


class _Writer:
    """Writes the pattern of a mould, with groups for each path of ``caught``.

    ``found`` is the number of the first group of a path, ``raw`` the slot of a raw child.
    """

    def __init__(self, wanted: Wanted, caught: tuple[str, ...], *, tidy: bool) -> None:
        self._wanted = wanted
        self._tidy = tidy
        self.caught = caught
        self.found: dict[str, int] = {}
        self.raw: dict[str, Slot] = {}
        self.count = 0

    def size(self, path: str) -> int:
        """Return how many values a path has."""
        kind = self._wanted.kinds.get(path, "") if self._tidy else ""
        return max(len(_GROUP.findall(kind)), 1)

    def places(self, absent: int) -> list[int]:
        """Return which group of a match is which value, ``absent`` for what is not in it."""
        found: list[int] = []
        for path in self.caught:
            first, size = self.found.get(path), self.size(path)
            found += [absent] * size if first is None else range(first - 1, first - 1 + size)
        return found

    def children(self, slots: Slots, above: str) -> str:
        """Write what an element has inside."""
        return "".join([self._child(slot, f"{above}{slot.tag}") for slot in slots])

    def _child(self, slot: Slot, path: str) -> str:
        caught = path in self.caught
        if caught and path in self._wanted.raws:
            self.raw[path] = slot
            self._found(path)
            bare = _Writer(self._wanted, (), tidy=self._tidy).element(slot, path)
            pattern = f"((?:{bare}{SPACE})++)" if slot.many else f"({bare}){SPACE}"
        else:
            pattern = self.element(slot, path) + SPACE
            pattern = f"(?:{pattern})++" if slot.many else pattern
            if caught and path in self._wanted.marks:
                self._found(path)
                pattern += "()"
        return f"(?>{pattern}|)" if slot.optional else pattern

    def _found(self, path: str) -> None:
        self.found[path] = self.count + 1
        self.count += self.size(path)

    def element(self, slot: Slot, path: str) -> str:
        """Write an element, without what it may be followed by."""
        tag, ways = re.escape(slot.tag), []
        if slot.text:
            ways.append(f"<{tag}>{self._text(path)}</{tag}>")
        if slot.inner is not None:
            ways.append(f"<{tag}>{SPACE}{self.children(slot.inner, f'{path}/')}</{tag}>")
        if slot.empty:
            ways += [f"<{tag}/>", f"<{tag}></{tag}>"]
        return ways[0] if len(ways) == 1 else f"(?>{'|'.join(ways)})"

    def _text(self, path: str) -> str:
        kind = self._wanted.kinds.get(path, "") if self._tidy else ""
        if path not in self.caught:
            return _GROUP.sub("(?:", kind) or TEXT
        self._found(path)
        return kind if _GROUP.search(kind) else f"({kind or TEXT})"


def meant(text: str, codec: str) -> str:
    """Return what a parser makes of a text each of whose characters is a byte of the file.

    Lines end in one character (XML 1.0 § 2.11), the entities of XML itself are what they mean.
    """
    if not text.isascii():
        text = text.encode("latin-1").decode(codec)
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    if "&" in text:
        for entity, character in _MEANT:
            text = text.replace(entity, character)
    return text
