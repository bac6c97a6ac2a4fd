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
from itertools import islice
from operator import itemgetter
from types import MappingProxyType
from typing import Final, NamedTuple

from lxml import etree

Texts = tuple[str | None, ...]

SPACE: Final = "[ \t\r\n]*+"
TEXT: Final = r"[\t\n\r -;=?-\xff]++"
"""Text without mark-up and without what XML 1.0 forbids (§ 2.2, § 2.4) among single bytes."""

_NONE: Final = "((?!))?"
"""A group that never matches: the value of what is absent."""

_MEANT: Final = (("&lt;", "<"), ("&gt;", ">"), ("&quot;", '"'), ("&apos;", "'"), ("&amp;", "&"))
"""The entities of XML itself; that of the ampersand last."""

_GROUP: Final = re.compile(r"\((?!\?)")

_NAME: Final = re.compile("[A-Za-z_][A-Za-z0-9_.-]*+")
_TAG: Final = re.compile("<(/?)[^<>]*?(/?)>([ \t\r\n]*+)(?=(</|<?))")
"""A tag, what stands behind it if that is blank, and how the next one begins."""

_WIDEST: Final = 400
"""Tags that one mould may have."""

_LONGEST: Final = 64
"""Letters of a tag in a mould, and blanks of a gap. Longer ones, which no format has, would make
patterns of megabytes and be kept in their caches."""

_DEEPEST: Final = 8
"""Nesting inside an element that goes into a mould."""


Kinds = Mapping[str, str]
"""Path of a text → what it looks like where there is nothing to tidy about it: a pattern of bytes,
with groups where it is wanted in pieces; "" for a text that is taken as it stands."""


class Wanted:
    """What a reader takes out of an element, by paths below it (``Group/Tag``).

    ``texts`` are texts of children. ``raws`` are children that may stand several times running;
    each names the texts wanted of it. ``marks`` are children of which only is asked whether they
    are there.
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


Gaps = tuple[str, ...]
"""What stands before each tag, by how deep its element is: 0 for the end of the outermost."""


def gaps_of(text: str) -> Gaps:
    """Return the gaps between the tags of an element that was written in a regular way, as far
    as they are known; () where tags of one depth do not stand alike, or far apart."""
    found: dict[int, str] = {}
    deep, leaf = 0, False
    for tag in islice(_TAG.finditer(text), _LOOKED):
        closing, void, blanks, following = tag.groups()
        deep += -1 if closing else 0 if void else 1
        if deep <= 0:
            break
        leaf = not (closing or void) and following == "</"
        at = deep - 1 if following == "</" else deep
        if not following or leaf:
            continue
        if found.setdefault(at, blanks) != blanks or len(blanks) > _LONGEST:
            return ()
    return tuple([found[at] for at in range(len(found)) if at in found])


_LOOKED: Final = 200
"""Tags of an element by which its gaps are told."""


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
    if _UNFIT(element):
        return None
    found = _slots(element, wanted, "", _DEEPEST)
    return found if found is not None and _width(found) <= _WIDEST else None


_UNFIT: Final = etree.XPath(
    "boolean(descendant-or-self::*/@* | descendant-or-self::*[*]/text()[normalize-space()])"
)


def _slots(element: etree._Element, wanted: Wanted, above: str, deep: int) -> Slots | None:
    if not deep:
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
    if len(tag) > _LONGEST:
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
    found = _merged(one, other)
    return found if found is not None and _width(found) <= _WIDEST else None


def _merged(one: Slots, other: Slots) -> Slots | None:
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
    return tuple(found)


def _optional(slot: Slot) -> Slot:
    return slot if slot.optional else slot._replace(optional=True)


def _both(one: Slot, other: Slot) -> Slot | None:
    if one == other:
        return one
    inner = one.inner or other.inner
    if one.inner is not None and other.inner is not None:
        inner = _merged(one.inner, other.inner)
        if inner is None:
            return None
    return Slot(
        one.tag, inner, one.text or other.text, one.empty or other.empty,
        one.optional or other.optional, one.many or other.many,
    )  # fmt: skip


def _width(slots: Iterable[Slot]) -> int:
    return sum([1 + _width(slot.inner) if slot.inner else 1 for slot in slots])


Pick = Callable[[Texts], Texts]
Each = Callable[[Texts, str], list[Texts]]


class Mould:
    """The pattern of elements with these children, and where what is wanted stands in a match.

    A ``tidy`` one matches only where all texts wanted look as their kinds say, and gives them in
    the pieces of those; one with ``gaps`` only where those stand between tags. ``order`` are the
    paths of what it catches as they stand in the file, ``raws`` the places of what is caught as it
    stands. ``drawn`` is for what a reader works out of the mould, once.
    """

    __slots__ = ("_wanted", "_writer", "drawn", "end", "gaps", "match", "order", "raws", "tidy")

    def __init__(
        self, tag: str, slots: Slots, wanted: Wanted, *, tidy: bool, gaps: Gaps = ()
    ) -> None:
        self.tidy, self.gaps = tidy, gaps
        self._wanted = wanted
        caught = frozenset([*wanted.kinds, *wanted.marks])
        self._writer = writer = _Writer(wanted, caught, gaps, tidy=tidy)
        body = writer.children(slots, "")
        name = re.escape(tag)
        self.match = re.compile(f"<{name}>{body}</{name}>(){SPACE}{_NONE}").match
        self.end = writer.count + 1
        """The group behind the element; the blanks after it are part of the match."""
        self.order = tuple(writer.found)
        self.raws = frozenset([place - 1 for place in writer.more.values()])
        self.drawn: object = None

    def pick(self, paths: Iterable[str]) -> Pick:
        """Return what picks the values of paths out of the texts of a match; absent are None."""
        return _picked(self._writer.places(paths, self.end))

    def place(self, path: str) -> int:
        """Return where the first value of a path stands among the texts of a match."""
        return self._writer.places((path,), self.end)[0]

    def each(self, raw: str) -> Each | None:
        """Return what gives the texts wanted of each child of ``Wanted.raws``, out of the texts of
        a match and the file's encoding ("" where texts are as they stand); absent ones are "" or
        None. None where the mould has no such child."""
        here = self._writer.found.get(raw)
        if here is None:
            return None
        paths = self._wanted.raws[raw]
        first, more = self.pick(paths), self._writer.more.get(raw)
        if more is None:
            return _single(here - 1, first)
        writer = _Writer(self._wanted, frozenset(paths), self.gaps, tidy=self.tidy)
        body = writer.element(self._writer.raw[raw], raw)
        # Two empty groups: so it finds tuples however few texts there are, the last "".
        find: Found = re.compile(f"{body}()()").findall
        return _several(
            here - 1, first, more - 1, find, _picked(writer.places(paths, writer.count))
        )


Found = Callable[[str], list[tuple[str, ...]]]


def _single(here: int, first: Pick) -> Each:
    return lambda texts, codec: [] if texts[here] is None else [first(texts)]


def _several(here: int, first: Pick, behind: int, find: Found, pick: Pick) -> Each:
    def several(texts: Texts, codec: str) -> list[Texts]:
        others = texts[behind]
        if not others:
            return [] if texts[here] is None else [first(texts)]
        found: Iterable[Texts] = map(pick, find(others))
        if codec:
            found = [tuple([text and meant(text, codec) for text in each]) for each in found]
        return [first(texts), *found]

    return several


def _picked(places: list[int]) -> Pick:
    if len(places) == 1:
        (place,) = places
        return lambda texts: (texts[place],)
    return itemgetter(*places)


class _Writer:
    """Writes the pattern of a mould, with groups for each path of ``caught``.

    ``found`` is the number of the first group of a path; that of a raw child is empty and says
    that it is there. ``raw`` are the slots of those, ``more`` the groups of what stands behind the
    first.
    """

    def __init__(self, wanted: Wanted, caught: frozenset[str], gaps: Gaps, *, tidy: bool) -> None:
        self._wanted = wanted
        self._tidy = tidy
        self._gaps = gaps
        self.caught = caught
        self.found: dict[str, int] = {}
        self.raw: dict[str, Slot] = {}
        self.more: dict[str, int] = {}
        self.count = 0

    def size(self, path: str) -> int:
        """Return how many values a path has."""
        kind = self._wanted.kinds.get(path, "") if self._tidy else ""
        return max(len(_GROUP.findall(kind)), 1)

    def places(self, paths: Iterable[str], absent: int) -> list[int]:
        """Return which group of a match is which value, ``absent`` for what is not in it."""
        found: list[int] = []
        for path in paths:
            first, size = self.found.get(path), self.size(path)
            found += [absent] * size if first is None else range(first - 1, first - 1 + size)
        return found

    def children(self, slots: Slots, above: str) -> str:
        """Write what an element has inside, up to its end tag."""
        deep = above.count("/") + 1
        if deep < len(self._gaps):
            before, end = map(re.escape, (self._gaps[deep], self._gaps[deep - 1]))
            inner = [self._child(slot, f"{above}{slot.tag}", before, "") for slot in slots]
            return "".join(inner) + end
        # Behind each child: before it, any number of blanks were gone through for each one absent.
        return SPACE + "".join(
            [self._child(slot, f"{above}{slot.tag}", "", SPACE) for slot in slots]
        )

    def _child(self, slot: Slot, path: str, before: str, behind: str) -> str:
        if path in self._wanted.raws:
            pattern = self._several(slot, path, before, behind)
        else:
            pattern = f"{before}{self.element(slot, path)}{behind}"
            pattern = f"(?:{pattern})++" if slot.many else pattern
            if path in self._wanted.marks and path in self.caught:
                self._found(path)
                pattern += "()"
        return f"(?>{pattern}|)" if slot.optional else pattern

    def _several(self, slot: Slot, path: str, before: str, behind: str) -> str:
        """Write children that are wanted each: the first with its texts, what follows as it is."""
        self.raw[path] = slot
        pattern = f"{before}{self.element(slot, path)}{behind}()"
        self._found(path)
        if not slot.many:
            return pattern
        bare = _Writer(self._wanted, frozenset(), self._gaps, tidy=self._tidy).element(slot, path)
        self.count += 1
        self.more[path] = self.count
        return f"{pattern}((?:{before}{bare}{behind})*+)"

    def _found(self, path: str) -> None:
        self.found[path] = self.count + 1
        self.count += self.size(path)

    def element(self, slot: Slot, path: str) -> str:
        """Write an element, without what it may stand behind."""
        tag, ways = re.escape(slot.tag), []
        if slot.text:
            ways.append(f"<{tag}>{self._text(path)}</{tag}>")
        if slot.inner is not None:
            ways.append(f"<{tag}>{self.children(slot.inner, f'{path}/')}</{tag}>")
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
