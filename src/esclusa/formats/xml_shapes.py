"""Elements that look like ones before them, read without a parser.

A large manifest repeats a few shapes: the same tags in the same order, with other texts. Elements
that lxml parsed show their shapes, and moulds are made of them (:mod:`esclusa.formats.xml_moulds`).
Where a mould's pattern matches, the text is well-formed XML without an attribute, comment,
instruction, CDATA or entity other than the five of XML itself, and its nesting is known; so the
texts it finds are those that any parser finds. Where none matches, the caller parses.

Moulds are kept for one file, are bounded in number and size, and hold tags alone.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import islice
from operator import eq
from typing import Final, Generic, NamedTuple, TypeVar

from lxml import etree

from esclusa.formats.xml_moulds import (
    Gaps,
    Mould,
    Slots,
    Texts,
    Wanted,
    gaps_of,
    meant,
    merged,
    slots_of,
)

_ENTITY: Final = re.compile("&(?:amp|lt|gt|quot|apos);")

_FORBIDDEN: Final = ("\ufffe", "\uffff")
"""What XML 1.0 forbids beyond ASCII (§ 2.2); surrogates are no UTF-8."""

_MOST: Final = 4
"""Moulds kept for one file; where elements are told apart by more, no more are made."""

_WAIT: Final = 512
"""A pattern costs some ten milliseconds: four are made of a mould. The first as soon as an element
was seen, each other when eight times as many have brought something new."""

_NOTED: Final = 4096
"""Elements that did not match and are looked at."""


_PATIENCE: Final = 32
"""Elements of one batch that are not tidy, after which tidiness is not asked any more."""

_RUN: Final = 8
"""Elements that are handed over together. More are slower: their records leave the cache."""

_FIRST: Final = 24
"""Elements of one parsing that are looked at."""

_QUIET: Final = 12
"""Elements running without anything new, after which the rest of a batch is not looked at."""

_LOOKED: Final = 65536
"""Letters of an element in which is looked how it is written."""

_SEEN: Final = 512
"""Different elements that go into moulds; after that no mould changes."""


class UnplacedError(Exception):
    """Something is to be remarked of what was read by its shape: it must be read as an element, so
    that a defect has its place."""


T = TypeVar("T")

Take = Callable[[Mould, Texts, str, int, int], T | None]
"""What makes something of an element: of its mould, the texts of a match as a parser gives them
(those of ``Mould.raws`` as they stand), the encoding of these ("" where there is nothing to do),
and the element's byte and length. It returns None or raises :class:`UnplacedError` where the
element must be read as one instead."""


class Run(NamedTuple, Generic[T]):
    """What was made of elements that follow each other, and where it did not go on.

    ``end`` is where the last of them ended and ``at`` where the next thing stands. ``refused`` is
    where an element ends that has a shape but was not taken, ``behind`` where the blanks after it
    do; both 0 where what stands there has no shape. ``full`` is for a run that may go on.
    """

    made: list[T]
    end: int
    at: int
    refused: int = 0
    behind: int = 0
    full: bool = False


class Text:
    """A batch of the file as text each of whose characters is a byte, to be matched.

    ``codec`` is "" where that is all that need be known of it.
    """

    __slots__ = ("codec", "text")

    def __init__(self, batch: bytes, codec: str) -> None:
        """``codec`` is ``utf-8``, ``us-ascii`` or ``iso-8859-1``; no text where it is not that."""
        plain = batch.isascii()
        self.text = "" if not plain and _refused(batch, codec) else batch.decode("latin-1")
        self.codec = "" if plain and b"&" not in batch and b"\r" not in batch else codec


def _refused(batch: bytes, codec: str) -> bool:
    """Answer whether a batch is not of its code, or holds what is not matched: blanks that are one
    byte of ISO 8859-1 would look like a part of a letter of UTF-8."""
    if codec == "iso-8859-1":
        return b"\x85" in batch or b"\xa0" in batch
    try:
        text = batch.decode(codec)
    except UnicodeDecodeError:
        return True
    return _FORBIDDEN[0] in text or _FORBIDDEN[1] in text


class _Pair:
    """The tidy mould of a family and the other, which is made when it is needed.

    ``match`` is that of the tidy one, which asks for the gaps of the first element as well; as soon
    as many did not match it, of one that asks for less.
    """

    __slots__ = ("_made", "_other", "luck", "match", "tidy")

    def __init__(self, tag: str, slots: Slots, wanted: Wanted, gaps: Gaps) -> None:
        self._made = (tag, slots, wanted)
        self._other: Mould | None = None
        self.luck = _PATIENCE
        self.tidy = Mould(tag, slots, wanted, tidy=any(wanted.kinds.values()), gaps=gaps)
        self.match = self.tidy.match

    def told(self, text: str, at: int) -> tuple[Mould, re.Match[str]] | None:
        """Match an element; with the other mould where it is not tidy."""
        found = self.match(text, at)
        if found is not None:
            return self.tidy, found
        if not (self.tidy.tidy or self.tidy.gaps):
            return None
        if self._other is None:
            self._other = Mould(*self._made, tidy=False)
        found = self._other.match(text, at)
        if found is None:
            return None
        self.luck -= 1
        if not self.luck:
            self._give_up(self._other, gaps_of(found.group()))
        return self._other, found

    def _give_up(self, other: Mould, gaps: Gaps) -> None:
        """Ask for less: for no gaps where the last element has other ones, else for no tidiness."""
        known = self.tidy.gaps
        if self.tidy.tidy and known and not (gaps and all(map(eq, gaps, known))):
            self.luck = _PATIENCE
            other = Mould(*self._made, tidy=True)
        self.tidy, self.match = other, other.match


class _Family:
    """Elements that fit into one mould, and the mould as far as it is made."""

    __slots__ = ("missed", "pair", "slots", "stale", "wait")

    def __init__(self, slots: Slots) -> None:
        self.pair: _Pair | None = None
        self.slots = slots
        self.stale = True
        self.missed = 1
        self.wait = 1

    def take(self, slots: Slots) -> bool:
        """Let an element in; False where it does not fit."""
        more = merged(self.slots, slots)
        if more is None:
            return False
        if more != self.slots:
            self.slots, self.stale = more, True
        self.missed += 1
        return True


class Shapes:
    """The shapes of one file, for elements of one tag that repeat."""

    def __init__(self, tag: str, wanted: Wanted) -> None:
        self._tag = tag
        self._opening = f"<{tag}>"
        self._wanted = wanted
        self._families: list[_Family] = []
        self._ready: list[_Pair] = []
        self._gaps: Gaps = ()
        self._seen: dict[Slots | None, _Family | None] = {}
        self.noted = 0
        self.made = 0

    @property
    def ready(self) -> bool:
        """Whether there is anything to match."""
        return bool(self._ready)

    def run(self, whole: Text, at: int, offset: int, most: int, take: Take[T]) -> Run[T]:
        """Read elements from a place of a batch on, one behind the other, as long as they have a
        shape and at most ``most`` bytes and are taken; some at a time.

        ``offset`` is the byte where the batch stands."""
        made: list[T] = []
        if not self._ready:
            return Run(made, at, at)
        add, text, codec, stop = made.append, whole.text, whole.codec, at
        pair = self._ready[0]
        while True:
            found = pair.match(text, at)
            mould = pair.tidy
            if found is None:
                other = self._other(text, at)
                if other is None:
                    return Run(made, stop, at)
                mould, found = other
                pair = self._ready[0]
            end = found.end(mould.end)
            texts = found.groups()
            told = ""
            if codec and not _bare(part := text[at:end]):
                if "&" in part and len(_ENTITY.findall(part)) != part.count("&"):
                    return Run(made, stop, at)
                texts, told = _meant(mould, texts, codec), codec
            if end - at > most:
                return Run(made, stop, at)
            try:
                one = take(mould, texts, told, offset + at, end - at)
            except UnplacedError:
                one = None
            if one is None:
                return Run(made, stop, at, end, found.end())
            add(one)
            stop, at = end, found.end()
            if len(made) == _RUN:
                return Run(made, stop, at, full=True)

    def _other(self, text: str, at: int) -> tuple[Mould, re.Match[str]] | None:
        """Match with all moulds; the one that does comes first from then on."""
        if not text.startswith(self._opening, at):
            return None
        for pair in self._ready:
            told = pair.told(text, at)
            if told is not None:
                if pair is not self._ready[0]:
                    self._ready.remove(pair)
                    self._ready.insert(0, pair)
                return told
        return None

    def see(self, text: str) -> None:
        """Let the patterns know how elements are written, by the first one of a text."""
        start = text.find(self._opening)
        if start >= 0:
            self._gaps = gaps_of(text[start : start + _LOOKED])

    def note(self, root: etree._Element) -> None:
        """Let the moulds know what the root's elements that were parsed have inside: the first of
        them, until some running bring nothing new."""
        quiet = 0
        for element in islice(root.iterchildren(self._tag), _FIRST):
            if self.noted >= _NOTED or quiet >= _QUIET:
                return
            self.noted += 1
            slots = slots_of(element, self._wanted)
            quiet = quiet + 1 if slots in self._seen else 0
            self._take(slots)

    def _take(self, slots: Slots | None) -> None:
        if slots in self._seen:
            family = self._seen[slots]
            if family is not None:
                family.missed += 1
            return
        if len(self._seen) >= _SEEN:
            return
        family = next((each for each in self._families if slots and each.take(slots)), None)
        if family is None and slots and len(self._families) < _MOST:
            family = _Family(slots)
            self._families.append(family)
        self._seen[slots] = family

    def settle(self) -> None:
        """Make those patterns for which it is time; a batch is done."""
        for pair in self._ready:
            pair.luck = _PATIENCE
        for family in self._families:
            if family.stale and family.missed >= family.wait and family.wait <= _WAIT:
                family.pair = _Pair(self._tag, family.slots, self._wanted, self._gaps)
                self._ready = [each.pair for each in self._families if each.pair is not None]
                self.made += 1
                family.stale, family.missed, family.wait = False, 0, 8 * family.wait


def _bare(text: str) -> bool:
    """Answer whether texts are as they stand: ASCII without entities and carriage returns."""
    return text.isascii() and "&" not in text and "\r" not in text


def _meant(mould: Mould, texts: Texts, codec: str) -> Texts:
    """Return the texts of a match as a parser gives them, but for raw ones."""
    told = list(texts)
    for at, text in enumerate(texts):
        # Asked here, as calling for each text would cost more than it tells.
        odd = text and (not text.isascii() or "&" in text or "\r" in text)
        if text and odd and at not in mould.raws:
            told[at] = meant(text, codec)
    return tuple(told)
