"""Two sides and the messages between them, for tests that hold a shared history together whatever
happens to the messages: late, lost, repeated, in any order.

A side has ``agency``, the moves it has ``known``, ``now()`` and ``make(...)``; a test's own network
says how people move.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
from typing import Any

from hypothesis import strategies as st


def schedules(longest: float) -> st.SearchStrategy[list[tuple[str, int, float]]]:
    """Return what may happen, each as what, a choice, and the hours since the last: a move of the
    first or the second side, a message that arrives or arrives again, messages that are lost.

    :param longest: the most hours between two.
    """
    what = ("first", "second", "first", "second", "send", "send", "repeat", "lose")
    one = st.tuples(st.sampled_from(what), st.integers(0, 1000), st.floats(0.05, longest))
    return st.lists(one, min_size=1, max_size=40)


def carry(one: Any, other: Any) -> None:
    """Let every move of each side's own arrive at the other at once; a draft stays where it is."""
    for here, there in ((one, other), (other, one)):
        sent = [move for move in here.known if move.agency == here.agency and move.number]
        there.known += [move for move in sent if move not in there.known]


class Network(ABC):
    """Two sides and, for each, the messages on their way to it."""

    def __init__(self, first: Any, second: Any) -> None:
        self.sides = {side.agency: side for side in (first, second)}
        self.ways: dict[str, list[Any]] = {agency: [] for agency in self.sides}
        self.hours = 0.0

    @abstractmethod
    def any_move(self, agency: str, choice: int) -> None:
        """Try a move of a side, allowed or not."""

    def play(self, acts: Iterable[tuple[str, int, float]]) -> None:
        """Let a schedule happen."""
        first, second = self.sides
        for act, choice, hours in acts:
            self.hours += hours
            if act in ("first", "second"):
                self.any_move(first if act == "first" else second, choice)
            elif act == "lose":
                for way in self.ways.values():
                    del way[choice % (len(way) + 1) :]
            else:
                self.send(choice, keep=act == "repeat")

    def post(self, agency: str, move: Any) -> None:
        """Put a side's move on its way to the other."""
        for other, way in self.ways.items():
            if other != agency:
                way.append(move)

    def send(self, choice: int, *, keep: bool) -> None:
        """Let one message arrive, out of turn; of a repeated one the message stays on its way."""
        for agency, way in self.ways.items():
            if way:
                place = choice % len(way)
                self.arrive(agency, way[place] if keep else way.pop(place))

    def arrive(self, agency: str, move: Any) -> None:
        """Have a side know a move; the exchange keeps one copy of each, however often it comes."""
        if move not in self.sides[agency].known:
            self.sides[agency].known.append(move)

    def deliver_all(self) -> None:
        """End the faults: what was lost comes again."""
        carry(*self.sides.values())
