"""A message's structure made ready for walking: which place may follow which.

A plan numbers the segments and groups of a message in the order of its segment table. From a place
(the segment matched last) each later place for a tag is a :class:`Move`, with what it skips that
should be there. Moves depend on the place and the tag alone, so each pair is worked out once.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from esclusa.formats.edifact.directory import Node

ROOT = -1
"""The place before the first segment, and the group around the whole message."""


class Place(NamedTuple):
    """A segment or group: ``end`` is the number after its last descendant.

    ``tokens`` is what a segment answers to: its tag, or its tag with a qualifier (``LOC+147``).
    """

    tag: str
    group: str
    mandatory: bool
    repeats: int
    parent: int
    end: int
    tokens: frozenset[str]


class Move(NamedTuple):
    """A way to take a segment.

    ``target`` is the place it takes; ``opens`` the groups it enters, outermost first; ``again`` the
    segment or group that it repeats (-1: none); ``missing`` the mandatory places it leaves out.
    """

    target: int
    opens: tuple[int, ...]
    again: int
    missing: tuple[int, ...]


class Plan:
    """The places of one message, and the moves between them."""

    __slots__ = ("_moves", "known", "places", "qualified", "tags")

    def __init__(self, nodes: tuple[Node, ...], openers: dict[str, frozenset[str]]) -> None:
        """``openers``: group number → tokens (``LOC+147``) that alone open it, and open only it."""
        self.places: list[Place] = []
        self._moves: dict[tuple[int, str], tuple[Move, ...]] = {}
        self._number(nodes, ROOT, openers)
        self.tags = frozenset(place.tag for place in self.places if place.tag)
        self.qualified = frozenset(token for tokens in openers.values() for token in tokens)
        self.known = frozenset(token[:3] for token in self.qualified)

    def _number(
        self, nodes: tuple[Node, ...], parent: int, openers: dict[str, frozenset[str]]
    ) -> None:
        for node in nodes:
            at = len(self.places)
            first = bool(node.tag) and at == parent + 1 and parent != ROOT
            group = self.places[parent].group if first else ""
            tokens = openers.get(group) or frozenset((node.tag,))
            place = Place(
                node.tag, node.group, node.mandatory, node.repeats, parent, at + 1, tokens
            )
            self.places.append(place)
            if node.inside:
                self._number(node.inside, at, openers)
                self.places[at] = place._replace(end=len(self.places))

    def token(self, tag: str, qualifier: str) -> str:
        """Return what a segment answers to, see :class:`Place`."""
        token = f"{tag}+{qualifier}"
        return token if token in self.qualified else tag

    def moves(self, place: int, token: str) -> tuple[Move, ...]:
        """Return every way to take a segment from a place, innermost and earliest first."""
        found = self._moves.get((place, token))
        if found is None:
            found = self._moves[place, token] = tuple(self._find(place, token))
        return found

    def _find(self, place: int, token: str) -> Iterator[Move]:
        if place != ROOT and token in self.places[place].tokens:
            yield Move(place, (), place, ())
        missing: tuple[int, ...] = ()
        here = place
        while True:
            parent = self.places[here].parent if here != ROOT else ROOT
            start = self.places[here].end if here != ROOT else 0
            found, missing = self._forward(start, parent, token, missing, ())
            yield from found
            if parent == ROOT:
                return
            again, _ = self._forward(parent + 1, parent, token, missing, ())
            for move in again:
                yield move._replace(again=parent)
            here = parent

    def _forward(
        self, start: int, parent: int, token: str, missing: tuple[int, ...], opens: tuple[int, ...]
    ) -> tuple[list[Move], tuple[int, ...]]:
        """Look from ``start`` to the end of a group; return moves and all that would be missing."""
        found: list[Move] = []
        at = start
        end = self.places[parent].end if parent != ROOT else len(self.places)
        while at < end:
            place = self.places[at]
            if place.tag:
                if token in place.tokens:
                    found.append(Move(at, opens, -1, missing))
            else:
                inner, _ = self._forward(at + 1, at, token, missing, (*opens, at))
                found += inner
            if place.mandatory:
                missing = (*missing, at)
            at = place.end
        return found, missing

    def name(self, at: int) -> str:
        """Return how a place is called: ``segment BGM``, ``group 4 (NAD)``."""
        place = self.places[at]
        if place.tag:
            return f"segment {place.tag}"
        return f"segment group {place.group} ({self.places[at + 1].tag})"

    def inside(self, at: int) -> str:
        """Return in which group a place stands: ``in segment group 2``, "" for none."""
        parent = self.places[at].parent
        return f" in segment group {self.places[parent].group}" if parent != ROOT else ""
