"""Who has to do with whom, asked of a register: a graph of which only what is walked is read.

Nodes are ``(0, entity id)`` and ``(1, kind, value)``, so that they sort as those of
:class:`~esclusa.analysis.links.Graph` do.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection
from typing import Any, Final

from esclusa.analysis.links.graph import SHOWN, Evidence
from esclusa.analysis.resolution.state import PREFIX
from esclusa.ledger.register.file import File, lots, marks, number_of
from esclusa.ledger.register.read import Kept

Key = tuple[Any, ...]

_FEW: Final = 64
"""Entities of a thing that are read at once; of one that has more only the number is, at first."""
_NAME: Final = (
    f"coalesce(node.entity, (SELECT '{PREFIX}' || m.id FROM mention m WHERE m.m = tie.m))"
)
_HOLDERS: Final = "FROM tie CROSS JOIN node ON node.n = tie.n WHERE tie.t = ?"

_AHEAD: Final = 64
_TIES: Final = (
    f"SELECT t, (SELECT count(*) FROM (SELECT 1 FROM tie WHERE tie.t = thing.t LIMIT {_FEW + 1})) "
    "FROM thing WHERE t IN {marks}"
)
_HELD: Final = (
    f"SELECT DISTINCT tie.t, {_NAME} FROM tie CROSS JOIN node ON node.n = tie.n "
    "WHERE tie.t IN {marks}"
)

_STATED: Final = (
    f"SELECT t, name, record, path, role, label FROM (SELECT tie.t, {_NAME} AS name, "
    "v.record, m.path, tie.role, v.label, row_number() OVER (PARTITION BY tie.t, tie.n, "
    "CASE WHEN node.entity IS NULL THEN tie.m END ORDER BY v.record, m.path, v.label) AS place "
    "FROM tie CROSS JOIN node ON node.n = tie.n CROSS JOIN mention m ON m.m = tie.m "
    f"CROSS JOIN version v ON v.seq = m.seq WHERE tie.t IN {{marks}}) WHERE place <= {SHOWN}"
)
_ARRIVED: Final = (
    f"SELECT DISTINCT tie.t, {_NAME}, m.seq FROM tie CROSS JOIN node ON node.n = tie.n "
    "CROSS JOIN mention m ON m.m = tie.m WHERE tie.t IN {marks}"
)


class Links:
    """The graph of a register's entities."""

    def __init__(self, file: File, kept: Kept) -> None:
        self._file, self._kept = file, kept
        self._beside: dict[Key, list[Key]] = {}
        self._degree: dict[Key, int] = {}
        self._owned: dict[str, tuple[str, tuple[int, ...]]] = {}
        self._told: dict[tuple[Key, Key], tuple[Evidence, ...]] = {}
        self._seqs: dict[tuple[Key, Key], tuple[int, ...]] = {}
        self._awaited: dict[int, Key] = {}
        self._listed: list[Key] = []

    def find(self, entity: str) -> Key | None:
        """Return an entity's node, None for one that is tied to nothing or is not here."""
        found = self._kept.entity(entity)
        return (0, entity) if found is not None and found.id == entity else None

    def thing(self, number: Key) -> tuple[str, str] | None:
        """Return kind and value of a thing, None for an entity."""
        return (number[1], number[2]) if number[0] else None

    def name(self, number: Key) -> str:
        """Return an entity's id, or ``kind:value`` of a thing."""
        return ":".join(number[1:])

    def number_of_thing(self, kind: str, value: str) -> Key:
        """Return a thing's node; raises ``KeyError`` for one that is not here."""
        if self._file.one("SELECT 1 FROM thing WHERE t = ?", (_digest((1, kind, value)),)) is None:
            raise KeyError(f"{kind}:{value}")
        return (1, kind, value)

    def beside(self, number: Key) -> list[Key]:
        """Return the nodes that a node is tied to, in order."""
        if number not in self._beside:
            self._beside[number] = self._holders(number) if number[0] else self._things(number)
        return self._beside[number]

    def degree(self, number: Key) -> int:
        """Return how many nodes a node is tied to."""
        if number not in self._degree:
            if number[0] and number not in self._beside:
                self._look_ahead(number)
            self._degree[number] = self._count(number)
        return self._degree[number]

    def _look_ahead(self, thing: Key) -> None:
        """Read who is tied to a thing and to those after it among an entity's, which a walk asks
        for next, as far as that is few."""
        place = bisect_left(self._listed, thing)
        if self._listed[place : place + 1] != [thing]:
            return
        asked = {_digest(one): one for one in self._listed[place : place + _AHEAD]
                 if one not in self._beside}  # fmt: skip
        counted = self._file.all(_TIES.format(marks=marks(tuple(asked))), tuple(asked))
        few = [t for t, ties in counted if ties <= _FEW]
        found: dict[Key, list[Key]] = {asked[t]: [] for t in few}
        for t, name in self._file.all(_HELD.format(marks=marks(few)), few):
            found[asked[t]].append((0, name))
        self._beside.update((one, sorted(held)) for one, held in found.items())

    def shared(self, entity: Key) -> int:
        """Return how many of the things that an entity is tied to others are tied to as well."""
        own, values = self._own(entity)
        query = (
            f"SELECT count(*) FROM (SELECT DISTINCT t FROM tie WHERE {own}) d "
            f"WHERE EXISTS (SELECT 1 FROM tie WHERE tie.t = d.t AND NOT ({own}))"
        )
        return int(self._file.one(query, (*values, *values))[0])

    def _count(self, number: Key) -> int:
        if number in self._beside:
            return len(self._beside[number])
        if not number[0]:
            return len(self.beside(number))
        few = self._file.all(f"SELECT DISTINCT {_NAME} {_HOLDERS} LIMIT {_FEW + 1}",
                             (_digest(number),))  # fmt: skip
        if len(few) <= _FEW:
            self._beside[number] = sorted((0, row[0]) for row in few)
            return len(few)
        found = self._file.one(f"SELECT count(DISTINCT {_NAME}) {_HOLDERS}", (_digest(number),))
        return int(found[0])

    def _holders(self, thing: Key) -> list[Key]:
        found = self._file.all(f"SELECT DISTINCT {_NAME} {_HOLDERS}", (_digest(thing),))
        return sorted((0, row[0]) for row in found)

    def _things(self, entity: Key) -> list[Key]:
        own, values = self._own(entity)
        query = (
            "SELECT thing.kind, thing.value FROM thing WHERE thing.t IN "
            f"(SELECT t FROM tie WHERE {own})"
        )
        self._listed = sorted((1, kind, value) for kind, value in self._file.all(query, values))
        return self._listed

    def _own(self, entity: Key) -> tuple[str, tuple[int, ...]]:
        """Return which ties are an entity's, as a condition and its values."""
        name = entity[1]
        if name not in self._owned:
            found = self._kept.entity(name)
            assert found is not None  # it was found here
            own = f"tie.n IN {marks(found.nodes)}", found.nodes
            if found.alone:
                query = "SELECT m FROM mention WHERE id = ?"
                m = self._file.one(query, (name.removeprefix(PREFIX),))[0]
                own = "tie.n = ? AND tie.m = ?", (*found.nodes, m)
            self._owned[name] = own
        return self._owned[name]

    def _stated(self, entity: Key, thing: Key, columns: str, rest: str) -> list[Any]:
        own, values = self._own(entity)
        query = (
            f"SELECT {columns} FROM tie CROSS JOIN mention m ON m.m = tie.m "
            f"CROSS JOIN version v ON v.seq = m.seq WHERE {own} AND tie.t = ? {rest}"
        )
        return self._file.all(query, (*values, _digest(thing)))

    def expect(self, ties: Collection[tuple[Key, Key]]) -> None:
        """Read at once what :meth:`evidence` and :meth:`seqs` will be asked: where a thing has few
        entities, of all of them. Of the others each tie is read when it is asked for."""
        asked = {thing for _entity, thing in ties if self.degree(thing) <= _FEW}
        things = {_digest(thing): thing for thing in asked}
        told: dict[tuple[Key, Key], list[Evidence]] = {}
        for some in lots(sorted(things)):
            for t, name, *stated in self._file.all(_STATED.format(marks=marks(some)), some):
                told.setdefault(((0, name), things[t]), []).append(Evidence(*stated))
        # Of several nodes of one entity each gave its first.
        for tie, places in told.items():
            places.sort(key=lambda one: (one.record, one.path, one.label))
            self._told[tie] = tuple(places[:SHOWN])
        self._awaited |= things

    def _arrive(self) -> None:
        """Read when the ties arrived that :meth:`expect` was told of; pages of links do not ask."""
        seqs: dict[tuple[Key, Key], set[int]] = {}
        for some in lots(sorted(self._awaited)):
            for t, name, seq in self._file.all(_ARRIVED.format(marks=marks(some)), some):
                seqs.setdefault(((0, name), self._awaited[t]), set()).add(seq)
        self._seqs.update((tie, tuple(sorted(found))) for tie, found in seqs.items())
        self._awaited = {}

    def seqs(self, entity: Key, thing: Key) -> tuple[int, ...]:
        """Return the numbers of the records that state a tie, in order of arrival."""
        if self._awaited:
            self._arrive()
        if (entity, thing) in self._seqs:
            return self._seqs[entity, thing]
        rows = self._stated(entity, thing, "DISTINCT m.seq", "ORDER BY m.seq")
        return tuple(row[0] for row in rows)

    def evidence(self, entity: Key, thing: Key) -> tuple[Evidence, ...]:
        """Return where a tie is stated, at most 20 places."""
        if (entity, thing) in self._told:
            return self._told[entity, thing]
        rows = self._stated(
            entity, thing, "v.record, m.path, tie.role, v.label",
            f"ORDER BY v.record, m.path, v.label LIMIT {SHOWN}",
        )  # fmt: skip
        return tuple(Evidence(*row) for row in rows)


def _digest(thing: Key) -> int:
    return number_of(f"{thing[1]}:{thing[2]}")
