"""Texts of many segments, looked at together: nearly all need nothing, and a look at each costs.

What is asked of the texts joined is what would be asked of each. Where the answer is not plain,
each is looked at, so that what comes out is the same.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from operator import itemgetter
from typing import Final

from esclusa.formats.edifact.drafting import SERVICE, TAG, WritingError, again, exchange
from esclusa.formats.edifact.segment import Segment, Separators

HEAD: Final = itemgetter(slice(4))
"""Tag and first separator of a text."""

APART: Final = "\0"
"""Stands between texts that are looked at: no character set has it."""

_TAG: Final = itemgetter(slice(3))


def texts(
    batch: Sequence[Segment], marks: Separators, same: Separators, known: set[str]
) -> list[str]:
    """Return the texts of segments with these separators, without terminators.

    A segment in order goes out as it is. ``same`` is the object that most of the segments bear;
    ``known`` remembers beginnings that need no second look.

    :raises WritingError: as ``drafting.segment``; the number is the place in the batch, from 0.
    """
    found = [each.text for each in batch if each.marks is same]
    if len(found) != len(batch):
        found = [
            each.text if alike(each.marks, marks) else _anew(each, marks, at)
            for at, each in enumerate(batch)
        ]
    elif not alike(same, marks):
        found = exchanged(found, batch, same, marks)
    if marks.release and marks.release in "".join(found):
        release, in_order = marks.release, _in_order(marks).fullmatch
        found = [
            text if release not in text or in_order(text) else _anew(batch[at], marks, at)
            for at, text in enumerate(found)
        ]
    heads = set(map(HEAD, found)) - known
    if heads:
        _look(found, batch, marks, heads)
        known |= heads
    return found


def exchanged(
    found: list[str], batch: Sequence[Segment], old: Separators, new: Separators
) -> list[str]:
    """Return the texts of segments, all with ``old``, as ``again`` writes them with ``new``.

    :param found: the texts as they are.
    :raises WritingError: as :func:`texts`.
    """
    text = APART.join(found)
    if text.count(APART) == len(found) - 1 and list(map(_TAG, found)) == [
        each.tag for each in batch
    ]:
        way = Exchange(old, new)
        if way.possible:
            return way.run(text, batch).split(APART)
    return [_anew(each, new, at) for at, each in enumerate(batch)]


class Exchange:
    """The way from the separators of a file to those that are written, for all of its messages."""

    def __init__(self, old: Separators, new: Separators) -> None:
        self.old = old
        self.new = new
        self.possible = APART not in old.active() + new.active()
        self.strange, self.table = exchange(old, new)
        self.look = re.compile("[" + re.escape("".join(self.strange)) + "]")
        self.tags: dict[str, str] = {}
        """Beginnings that need no second look, with their tags."""

    def message(self, head: Segment, body: list[str], batch: Sequence[Segment]) -> str | None:
        """Return a message's texts, UNH first, with APART between them.

        None when a segment is not what its text begins with, or begins oddly.

        :raises WritingError: as :func:`texts`.
        """
        heads, tags = list(map(HEAD, body)), [each.tag for each in batch]
        if list(map(self.tags.get, heads)) != tags:
            self.learn(set(heads))
            if list(map(self.tags.get, heads)) != tags:
                return None
        text = APART.join([head.text, *body])
        if not self.possible or text.count(APART) != len(body):
            return None
        return self.run(text, [head, *batch])

    def learn(self, heads: set[str]) -> None:
        ends = ("", self.old.element, self.old.component)
        for head in heads:
            if TAG.match(head) and head[3:] in ends and head[:3] not in SERVICE:
                self.tags[head] = head[:3]

    def run(self, text: str, batch: Sequence[Segment]) -> str:
        """Texts with APART between them: all separators exchanged at one go, but in the few texts
        that hold a released character or one that must be; these are written by themselves.
        """
        if not any(map(text.__contains__, self.strange)):
            return text.translate(self.table)
        pieces, done, index = [], 0, 0
        for match in self.look.finditer(text):
            place = match.start()
            if place < done:
                continue
            begin = text.rfind(APART, done, place) + 1 or done
            index += text.count(APART, done, begin)
            pieces.append(text[done:begin].translate(self.table))
            pieces.append(_anew(batch[index], self.new, index))
            done = text.find(APART, place)
            if done < 0:
                return "".join(pieces)
        return "".join([*pieces, text[done:].translate(self.table)])


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
    odd = {head for head in heads if not TAG.match(head) or head[3:] not in ends}
    for at, text in enumerate(found):
        if text[:3] in SERVICE or batch[at].tag in SERVICE:
            raise WritingError(
                "a service segment cannot stand inside a message", segment=batch[at].tag, number=at
            )
        if text[:4] in odd:
            found[at] = _anew(batch[at], marks, at)
    heads -= odd


# -- release characters ---------------------------------------------------------------------------


@lru_cache(maxsize=64)
def _in_order(marks: Separators) -> re.Pattern[str]:
    """Matches text whose release characters all stand where one is needed."""
    release = re.escape(marks.release)
    return re.compile(
        f"(?:[^{release}]++|{release}[{re.escape(marks.active())}])*+", re.DOTALL
    )  # fmt: skip


def settled(apart: str, found: Sequence[str], marks: Separators) -> bool:
    """Does each release character stand where one is needed, and one before each terminator?

    :param apart: all of ``found``, with :data:`APART` behind each and nowhere else.
    """
    release, end = marks.release, marks.terminator
    ends = 0
    if release and release in apart:
        parts = apart.split(release)
        if "" in parts:
            in_order = _in_order(marks).fullmatch
            return all(
                in_order(each) and len(marks.split(each, end)) == 1
                for each in found
                if release in each or end in each
            )
        after = [part[0] for part in parts[1:]]
        if not set(marks.active()).issuperset(after):
            return False
        ends = after.count(end)
    return apart.count(end) == ends
