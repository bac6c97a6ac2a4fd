"""Who has to do with whom: entities and what they share, as a graph with evidence.

Two sorts of nodes: entities, and things that their mentions tie them to (a consignment, a voyage,
an address, a telephone). Two entities are linked when they share a thing. Kept as compressed sparse
rows (numpy): a link costs 24 bytes, and a walk is a slice.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, Final, Literal, Protocol

import msgspec
import numpy as np
import numpy.typing as npt

from esclusa.analysis.resolution.mention import Mention

Ints = npt.NDArray[np.int64]

_SIDES: Final[tuple[Literal["left"], Literal["right"]]] = ("left", "right")
SHOWN: Final = 20
"""Places in records told for one link; a carrier's link to its own address has thousands."""


class Evidence(msgspec.Struct, frozen=True):
    """Where a link is stated: the record, the place in it, the part played, and the label."""

    record: str
    path: str
    role: str
    label: int


class Linked(Protocol):
    """What walks and charts ask of a graph. Nodes are known by what orders them: entities by name,
    then things by kind and value."""

    def find(self, entity: str) -> Any:
        """Return an entity's node, None for one that is not here."""

    def beside(self, number: Any) -> Sequence[Any]:
        """Return the nodes that a node is tied to, in order."""

    def degree(self, number: Any) -> int:
        """Return how many nodes a node is tied to."""

    def shared(self, entity: Any) -> int:
        """Return how many of the things that an entity is tied to others are tied to as well."""

    def name(self, number: Any) -> str:
        """Return an entity's id, or ``kind:value`` of a thing."""

    def thing(self, number: Any) -> tuple[str, str] | None:
        """Return kind and value of a thing, None for an entity."""

    def number_of_thing(self, kind: str, value: str) -> Any:
        """Return a thing's node; raises ``KeyError`` for one that is not here."""

    def seqs(self, entity: Any, thing: Any) -> tuple[int, ...]:
        """Return the numbers of the records that state a tie, in order of arrival."""

    def evidence(self, entity: Any, thing: Any) -> tuple[Evidence, ...]:
        """Return where a tie is stated, at most 20 places."""

    def expect(self, ties: Collection[tuple[Any, Any]]) -> None:
        """Be told of which ties, (entity, thing), :meth:`evidence` and :meth:`seqs` will be asked
        next: who has to read them may read them together."""


class Graph:
    """Immutable. Nodes are numbered by the order of their names, entities first, so all answers
    come in one order."""

    def __init__(self, entities: list[str], things: list[tuple[str, str]]) -> None:
        self.entities: Final = entities
        self.things: Final = things
        self.number_of: Final = {entity: number for number, entity in enumerate(entities)}
        self._thing_of: dict[tuple[str, str], int] = {}
        self._start: Ints = np.zeros(len(entities) + len(things) + 1, dtype=np.int64)
        self._ends: Ints = np.zeros(0, dtype=np.int64)
        self.degrees: Ints = np.diff(self._start)
        """How many nodes each node is tied to, by its number."""
        self._stated: list[Mention] = []
        self._codes: Ints = np.zeros(0, dtype=np.int64)
        self._by: Ints = np.zeros(0, dtype=np.int64)

    @classmethod
    def build(
        cls,
        mentions: Iterable[Mention],
        entity_of: Mapping[str, str],
        visible: Collection[int] | None = None,
    ) -> Graph:
        """Arrange the ties of mentions.

        :param entity_of: mention id → entity id; mentions that are not there are left out.
        :param visible: the labels a reader may see, None for all. What has another label leaves no
            trace, so ``entity_of`` must come from the reader's own view.
        """
        kept = [
            one
            for one in mentions
            if one.id in entity_of and (visible is None or one.label in visible)
        ]
        kept.sort(key=lambda one: (one.record, one.path, one.label))
        entities = sorted({entity_of[one.id] for one in kept})
        things = sorted({(tie.kind, tie.value) for one in kept for tie in one.ties})
        made = cls(entities, things)
        made._fill(kept, entity_of)
        return made

    def _fill(self, mentions: list[Mention], entity_of: Mapping[str, str]) -> None:
        thing_of = {thing: len(self.entities) + n for n, thing in enumerate(self.things)}
        rows = [
            (self.number_of[entity_of[one.id]], thing_of[tie.kind, tie.value], number)
            for number, one in enumerate(mentions)
            for tie in one.ties
        ]
        if not rows:
            return
        table = np.array(rows, dtype=np.int64)
        codes = table[:, 0] << 32 | table[:, 1]
        order = np.argsort(codes, kind="stable")
        self._stated, self._codes, self._by = mentions, codes[order], table[order, 2]
        links = np.unique(codes)
        ours, theirs = links >> 32, links & 0xFFFFFFFF
        begins, ends = np.r_[ours, theirs], np.r_[theirs, ours]
        by_begin = np.lexsort((ends, begins))
        self._ends = ends[by_begin]
        self._start = np.searchsorted(begins[by_begin], np.arange(self._start.size))
        self.degrees = np.diff(self._start)

    def beside(self, number: int) -> list[int]:
        """Return the nodes that a node is tied to, in order: things of an entity, or entities of a
        thing."""
        found: list[int] = self._beside(number).tolist()
        return found

    def _beside(self, number: int) -> Ints:
        found: Ints = self._ends[self._start[number] : self._start[number + 1]]
        return found

    def shared(self, entity: int) -> int:
        """Return how many of the things that an entity is tied to others are tied to as well."""
        return int(np.count_nonzero(self.degrees[self._beside(entity)] > 1))

    def find(self, entity: str) -> int | None:
        """Return the number of an entity, None for one that is not here."""
        return self.number_of.get(entity)

    def thing(self, number: int) -> tuple[str, str] | None:
        """Return kind and value of a thing, None for an entity."""
        count = len(self.entities)
        return self.things[number - count] if number >= count else None

    def degree(self, number: int) -> int:
        """Return how many nodes a node is tied to."""
        return int(self._start[number + 1] - self._start[number])

    def number_of_thing(self, kind: str, value: str) -> int:
        """Return the number of a thing; raises ``KeyError`` for one that is not here."""
        if not self._thing_of:
            count = len(self.entities)
            self._thing_of |= {thing: count + n for n, thing in enumerate(self.things)}
        return self._thing_of[kind, value]

    def name(self, number: int) -> str:
        """Return an entity's id, or ``kind:value`` of a thing."""
        count = len(self.entities)
        return self.entities[number] if number < count else ":".join(self.things[number - count])

    def _places(self, entity: int, thing: int) -> Ints:
        code = entity << 32 | thing
        left, right = (int(np.searchsorted(self._codes, code, side)) for side in _SIDES)
        return self._by[left:right]

    def expect(self, ties: Collection[tuple[int, int]]) -> None:
        """All ties are at hand."""

    def seqs(self, entity: int, thing: int) -> tuple[int, ...]:
        """Return the numbers of all records that state the tie of an entity and a thing, in the
        order in which they arrived."""
        return tuple(sorted({self._stated[n].seq for n in self._places(entity, thing).tolist()}))

    def evidence(self, entity: int, thing: int) -> tuple[Evidence, ...]:
        """Return where the tie of an entity and a thing is stated, at most 20 places."""
        kind, value = self.things[thing - len(self.entities)]
        found: list[Any] = []
        for number in self._places(entity, thing)[:SHOWN].tolist():
            one = self._stated[number]
            role = next(t.role for t in one.ties if (t.kind, t.value) == (kind, value))
            found.append(Evidence(one.record, one.path, role, one.label))
        return tuple(dict.fromkeys(found))
