"""What a register answers: entities, why each is one, what is open, who is found by name.

The answers are those of :class:`~esclusa.analysis.resolution.Entities` over the same mentions and
judgements. Each reads the rows that it is about, however many there are beside them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from functools import cached_property
from itertools import groupby, islice
from typing import Any, Final

from esclusa.analysis.resolution import (
    Bond,
    Explanation,
    Judgement,
    Mention,
    Notice,
    PairScore,
    Settings,
)
from esclusa.analysis.resolution.entities import Entity, tree
from esclusa.analysis.resolution.state import PREFIX
from esclusa.analysis.resolution.weigh import explain_pairs
from esclusa.analysis.resolution.wordtable import WordTable
from esclusa.analysis.screening import normalise
from esclusa.ledger.register import rows
from esclusa.ledger.register.change import Parts
from esclusa.ledger.register.file import File, Said, lots, marks, number_of, read_content

_COMMON: Final = 5_000
"""Contents from which a word is common: then entities are gone through in order until enough have
it, which is soon."""


class KeptEntity:
    """An entity. Of its mentions only those that are asked for are read: a carrier has a hundred
    thousand."""

    def __init__(self, file: File, name: str, nodes: tuple[int, ...], *, alone: bool) -> None:
        """:param alone: its one mention stands for itself, whoever states the same."""
        self._file = file
        self.id: Final = name
        self.nodes: Final = nodes
        self.alone: Final = alone

    def _where(self) -> tuple[str, list[Any]]:
        if self.alone:
            return "m.id = ?", [self.id.removeprefix(PREFIX)]
        return f"m.n IN {marks(self.nodes)}", list(self.nodes)

    def _all(self, text: str) -> list[Any]:
        where, values = self._where()
        return self._file.all(text.format(where=where), values)

    def hold(self, contents: tuple[Said, ...], count: int) -> None:
        """Take :attr:`contents` and :attr:`count`, which were read with those of others."""
        self.__dict__.update(contents=contents, count=count)

    @cached_property
    def contents(self) -> tuple[Said, ...]:
        """What its mentions state, each content once, in the order in which it was first stated."""
        if self.alone:
            found = self._all("SELECT s.content FROM mention m JOIN said s ON s.s = m.s "
                              "WHERE {where}")  # fmt: skip
        else:
            found = self._file.all(
                "SELECT s.content FROM spelling p JOIN said s ON s.s = p.s "
                f"WHERE p.n IN {marks(self.nodes)} ORDER BY p.first_seq, p.first_id",
                self.nodes,
            )
        return tuple(read_content(row[0]) for row in found)

    @property
    def types(self) -> tuple[str, ...]:
        """The types of its mentions."""
        return tuple(sorted({said.type for said in self.contents}))

    @cached_property
    def count(self) -> int:
        """How many mentions it has."""
        if self.alone:
            return 1
        query = f"SELECT sum(size) FROM spelling WHERE n IN {marks(self.nodes)}"
        return int(self._file.one(query, self.nodes)[0])

    @cached_property
    def mentions(self) -> tuple[str, ...]:
        """The ids of all its mentions, earliest first."""
        return self.first(-1)

    def first(self, most: int, *, passed: int = 0) -> tuple[str, ...]:
        """Return the ids of its earliest mentions, all with -1, or of those after so many."""
        found = self._all(
            "SELECT m.id FROM mention m WHERE {where} ORDER BY m.seq, m.id "
            f"LIMIT {most:d} OFFSET {passed:d}"
        )
        return tuple(row[0] for row in found)

    def newest(self, most: int) -> list[int]:
        """Return the numbers of the newest versions that name it, the newest first."""
        found = self._all(
            f"SELECT DISTINCT m.seq FROM mention m WHERE {{where}} ORDER BY m.seq DESC LIMIT {most}"
        )
        return [row[0] for row in found]

    def seqs(self) -> set[int]:
        """Return the numbers of all versions that name it."""
        return {row[0] for row in self._all("SELECT DISTINCT m.seq FROM mention m WHERE {where}")}

    def stated(self, since: int) -> list[Mention]:
        """Return its mentions in versions from this number on, earliest first, without ties."""
        found = self._all(
            f"SELECT {rows.COLUMNS} FROM {rows.JOINED} WHERE {{where}} AND m.seq >= {since:d} "
            "ORDER BY m.seq, m.id"
        )
        said = {content: read_content(content) for content in {row[6] for row in found}}
        return [rows.made(row, said=said[row[6]]) for row in found]

    def places(self, since: int) -> list[tuple[int, str, str, str]]:
        """Return where it is named in versions from this number on, the earliest first: the
        version's number, the record's id, the path in it, and the role."""
        return self._all(
            "SELECT m.seq, v.record, m.path, m.role FROM mention m JOIN version v ON v.seq = m.seq "
            f"WHERE {{where}} AND m.seq >= {since:d} ORDER BY m.seq, m.id"
        )

    def labels(self) -> set[int]:
        """Return the labels of its mentions, as resolution knows them."""
        found = self._all(
            "SELECT DISTINCT v.label FROM mention m JOIN version v ON v.seq = m.seq WHERE {where}"
        )
        return {row[0] for row in found}


class Kept:
    """The entities of a register's file."""

    def __init__(
        self, file: File, settings: Settings, table: WordTable, standing: dict[str, Judgement]
    ) -> None:
        """:param standing: judgements that count, by id; overruled ones too."""
        self._file, self._settings, self._table = file, settings, table
        self._parts = Parts(file, settings, table, standing)
        self._mentions: dict[str, Mention | None] = {}
        self._scores: dict[tuple[str, str], PairScore] = {}
        self._found: dict[str, KeptEntity] = {}
        self._single: dict[str, KeptEntity] = {}

    # -- entities

    def __len__(self) -> int:
        return sum(1 for _ in self._names())

    def __iter__(self) -> Iterator[KeptEntity]:
        found = (self.entity_of(name.removeprefix(PREFIX)) for name in sorted(self._names()))
        return (one for one in found if one is not None)

    def _names(self) -> Iterator[str]:
        yield from (
            row[0]
            for row in self._file.all("SELECT DISTINCT entity FROM node WHERE entity NOT NULL")
        )
        alone = "SELECT m.id FROM mention m JOIN node ON node.n = m.n WHERE node.entity IS NULL"
        yield from (PREFIX + row[0] for row in self._file.all(alone))

    def entity(self, name: str) -> KeptEntity | None:
        """Return an entity by its id or a former one of its ids; None for an id that no mention
        here stands for."""
        return self.entity_of(name.removeprefix(PREFIX))

    def entity_of(self, mention: str) -> KeptEntity | None:
        """Return the entity that a mention belongs to, None for a mention that is not here."""
        held = self._single.get(PREFIX + mention) or self._found.get(PREFIX + mention)
        if held is not None:  # an entity's first mention is its own
            return held
        row = self._file.one(
            "SELECT node.n, node.entity FROM mention m JOIN node ON node.n = m.n WHERE m.id = ?",
            (mention,),
        )
        if row is None:
            return None
        number, name = row
        if name is None:
            return KeptEntity(self._file, PREFIX + mention, (number,), alone=True)
        if name not in self._found:
            rows = self._file.all("SELECT n FROM node WHERE entity = ? ORDER BY n", (name,))
            nodes = tuple(r[0] for r in rows)
            self._found[name] = KeptEntity(self._file, name, nodes, alone=False)
        return self._found[name]

    def expect(self, names: Collection[str]) -> None:
        """Read at once entities, by their present ids, that will be asked for with what they
        state."""
        for some in lots(name for name in dict.fromkeys(names) if name not in self._found):
            nodes: dict[str, list[int]] = {}
            of_entity = f"SELECT entity, n FROM node WHERE entity IN {marks(some)} ORDER BY n"
            for name, number in self._file.all(of_entity, some):
                nodes.setdefault(name, []).append(number)
            spelled = self._spelled([n for numbers in nodes.values() for n in numbers])
            for name, numbers in nodes.items():
                made = self._found[name] = KeptEntity(self._file, name, tuple(numbers), alone=False)
                stated = sorted(row for n in numbers for row in spelled.get(n, ()))
                made.hold(tuple(read_content(row[2]) for row in stated), sum(r[3] for r in stated))
            self._expect_alone([name for name in some if name not in nodes])

    def _spelled(self, numbers: list[int]) -> dict[int, list[tuple[int, str, bytes, int]]]:
        """Return what nodes state: first in which version and mention, the content, how often."""
        found: dict[int, list[tuple[int, str, bytes, int]]] = {}
        for some in lots(numbers):
            query = (
                "SELECT p.n, p.first_seq, p.first_id, s.content, p.size FROM spelling p "
                f"JOIN said s ON s.s = p.s WHERE p.n IN {marks(some)}"
            )
            for n, *row in self._file.all(query, some):
                found.setdefault(n, []).append(tuple(row))
        return found

    def _expect_alone(self, names: list[str]) -> None:
        mentions = [name.removeprefix(PREFIX) for name in names]
        query = (
            "SELECT m.id, m.n, s.content FROM mention m JOIN said s ON s.s = m.s "
            f"JOIN node ON node.n = m.n AND node.entity IS NULL WHERE m.id IN {marks(mentions)}"
        )
        for mention, number, content in self._file.all(query, mentions):
            made = KeptEntity(self._file, PREFIX + mention, (number,), alone=True)
            made.hold((read_content(content),), 1)
            self._single[made.id] = made

    def mention(self, name: str) -> Mention | None:
        """Return a mention by its id, without ties."""
        if name not in self._mentions:
            self._mentions[name] = rows.mention(self._file, name)
        return self._mentions[name]

    def load(self, names: Collection[str]) -> None:
        """Read mentions at once that will be asked for."""
        self._mentions.update(
            rows.mentions(self._file, [n for n in names if n not in self._mentions])
        )

    def partition(self) -> dict[str, tuple[str, ...]]:
        """Return entity id → its mention ids, earliest first; all of them."""
        return {one.id: one.mentions for one in self}

    @property
    def judgements(self) -> tuple[Judgement, ...]:
        """The judgements that count, by id; overruled ones too."""
        return tuple(one for _, one in sorted(self._parts.standing.items()))

    def notices(self) -> tuple[Notice, ...]:
        """Return which judgements contradict each other, and which of them counts."""
        return self._parts.told()

    # -- found by name

    def find(self, words: set[str], most: int) -> list[KeptEntity]:
        """Return the entities that have all these words in one name or number, in order of id."""
        query = f"SELECT count(*) FROM (SELECT 1 FROM word WHERE w = ? LIMIT {_COMMON})"
        counted = sorted((self._file.one(query, (w,))[0], w) for w in map(number_of, words))
        asked = [w for _, w in counted]
        if counted[0][0] < _COMMON:
            names = self._listed(words, asked)
        else:
            names = set(islice(self._walked(words, asked), most))
            names.update(self._alone(words, asked))
        found = (self.entity(name) for name in sorted(names)[:most])
        return [one for one in found if one is not None]

    def _listed(self, words: set[str], asked: list[int]) -> set[str]:
        """Names of all entities that have the words, from the list of those with the rarest."""
        found = self._file.all(
            f"SELECT s.s, s.content FROM word CROSS JOIN said s ON s.s = word.s "
            f"WHERE word.w = ?{_having(asked[1:])}",
            asked[:1],
        )
        fits = [s for s, content in found if len(words) == 1 or _says(content, words)]
        names: set[str] = set()
        for some in lots(fits):
            holders = f"FROM spelling p JOIN node ON node.n = p.n WHERE p.s IN {marks(some)}"
            query = f"SELECT DISTINCT node.entity {holders} AND node.entity NOT NULL"
            names.update(row[0] for row in self._file.all(query, some))
            alone = (
                "SELECT m.id FROM spelling p JOIN node ON node.n = p.n AND node.entity IS NULL "
                f"JOIN mention m ON m.s = p.s AND m.n = p.n WHERE p.s IN {marks(some)}"
            )
            names.update(PREFIX + row[0] for row in self._file.all(alone, some))
        return names

    def _walked(self, words: set[str], asked: list[int]) -> Iterator[str]:
        """Names of entities that have words which many have, in order, while they are asked for."""
        rows = self._file.db.execute(
            "SELECT node.entity, s.content FROM node INDEXED BY node_entity "
            "CROSS JOIN spelling p ON p.n = node.n CROSS JOIN said s ON s.s = p.s "
            f"WHERE node.entity NOT NULL{_having(asked)} ORDER BY node.entity"
        )
        last = ""
        for name, content in rows:
            if name != last and (len(words) == 1 or _says(content, words)):
                last = name
                yield name

    def _alone(self, words: set[str], asked: list[int]) -> Iterator[str]:
        """Names of those among them that are a mention each."""
        rows = self._file.db.execute(
            "SELECT m.id, s.content FROM node CROSS JOIN spelling p ON p.n = node.n "
            "CROSS JOIN said s ON s.s = p.s CROSS JOIN mention m ON m.s = p.s AND m.n = p.n "
            f"WHERE node.entity IS NULL{_having(asked)}"
        )
        return (PREFIX + name for name, content in rows if len(words) == 1 or _says(content, words))

    # -- reasons

    def compare(self, a: str, b: str) -> PairScore:
        """Return the points of two mentions with all parts, whether or not they share a key."""
        if (a, b) not in self._scores:
            self._compare([(a, b)])
        return self._scores[a, b]

    def _compare(self, pairs: Iterable[tuple[str, str]]) -> None:
        """Compare at once the pairs that will be told."""
        fresh = [pair for pair in dict.fromkeys(pairs) if pair not in self._scores]
        sides = [(self._profile(a), self._profile(b)) for a, b in fresh]
        found = explain_pairs(sides, self._table, self._settings) if sides else ()
        self._scores.update(zip(fresh, found, strict=True))

    def _profile(self, mention: str) -> Any:
        number = self._parts.number_of(mention)
        assert number is not None  # it is here
        return self._parts.node(number).profile

    def explain(self, entity: KeptEntity) -> Explanation:
        """Return why an entity is one."""
        parts, nodes = self._parts, list(entity.nodes)
        view: Any = _View(parts, nodes)
        own, edges = set(nodes), list(tree(view, nodes))
        refused = [r for r in parts.settle(parts.component(nodes[0]))[1] if {r.a, r.b} & own]
        apart = [r for r in refused if not {r.a, r.b} <= own]
        ends = [*((edge[0], edge[1]) for edge in edges), *((r.a, r.b) for r in apart)]
        self._compare(self._pair(*pair) for pair in ends)
        bonds = [self._bond(*edge) for edge in edges]
        told = Entity(id=entity.id, types=entity.types, mentions=(), labels=frozenset())
        return Explanation(
            entity=told,
            bonds=tuple(bonds),
            weakest=bonds[-1] if bonds else None,
            refused=tuple(self._bond(r.a, r.b, r.judgement, r.why) for r in apart),
            equal=entity.count - len(nodes),
            version=self._settings.version,
        )

    def questions(self, most: int = 100, *, about: KeptEntity | None = None) -> tuple[Bond, ...]:
        """Return the likeliest pairs that are possible and undecided, for a person to judge.

        :param about: only pairs that concern this entity.
        """
        asked = self._open(most, about)
        self._compare(self._pair(a, b) for a, b in asked)
        return tuple(self._bond(a, b) for a, b in asked)

    def open_pairs(self, most: int = 100) -> tuple[tuple[str, str], ...]:
        """Return the mentions of the pairs that :meth:`questions` gives, without comparing them."""
        return tuple(self._pair(a, b) for a, b in self._open(most, None))

    def _open(self, most: int, about: KeptEntity | None) -> list[tuple[int, int]]:
        found: list[tuple[int, int]] = []
        likeliest = self._likeliest() if about is None else iter(sorted(self._beside(about)))
        for _points, equal in groupby(likeliest, key=lambda row: row[0]):
            pairs = [(self._pair(a, b), a, b) for _, a, b in equal]
            pairs.sort()
            found += [(a, b) for pair, a, b in pairs if pair not in self._parts.force]
            if len(found) >= most:
                break
        return found[:most]

    def _likeliest(self) -> Iterator[tuple[float, int, int]]:
        yield from self._file.db.execute("SELECT less, a, b FROM open_pair ORDER BY less")

    def _beside(self, entity: KeptEntity) -> Iterator[tuple[float, int, int]]:
        own = set(entity.nodes)
        seen = {
            (-points, min(a, b), max(a, b))
            for a in own
            for b, points in self._parts.near(a).items()
            if b not in own
        }
        yield from seen

    def _first(self, number: int) -> str:
        """The earliest mention of a node."""
        row = self._file.one(
            "SELECT first_id FROM spelling WHERE n = ? ORDER BY first_seq, first_id LIMIT 1",
            (number,),
        )
        return str(row[0])

    def _pair(self, a: int, b: int) -> tuple[str, str]:
        """The earliest mentions of two nodes, in order."""
        ours, theirs = self._first(a), self._first(b)
        return (ours, theirs) if ours <= theirs else (theirs, ours)

    def _bond(self, a: int, b: int, judgement: str = "", why: str = "") -> Bond:
        ours, theirs = self._pair(a, b)
        labels = {one.label for name in (ours, theirs) if (one := self.mention(name)) is not None}
        if judgement:
            labels.add(self._parts.standing[judgement].label)
        return Bond(
            a=ours, b=theirs, score=self.compare(ours, theirs), labels=frozenset(labels),
            judgement=judgement, why=why,
        )  # fmt: skip


class _View:
    """As much of a state as the fewest strongest pairs need."""

    def __init__(self, parts: Parts, nodes: list[int]) -> None:
        self.nodes = {n: parts.node(n) for n in nodes}
        self.matching, self.judged = parts.matching, parts.judged


def _having(words: list[int]) -> str:
    """Return the condition that a content has all these words."""
    return "".join(
        f" AND EXISTS (SELECT 1 FROM word o WHERE o.w = {w:d} AND o.s = s.s)" for w in words
    )


def _says(content: bytes, words: set[str]) -> bool:
    texts = rows.texts_of(read_content(content))
    return any(words <= set(normalise(text).tokens) for text in texts)
