"""A register brought up to date: mentions and judgements that came and went, and what that touches.

What stands afterwards is what :class:`~esclusa.analysis.resolution.Entities` makes of the same
mentions and judgements in one run: which nodes are compared depends on how many share a key, what
a pair scores on the two nodes, and a group on its connected part. Tests hold that both are equal.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from typing import Final

import msgspec
import numpy as np

from esclusa.analysis.resolution import DIFFERENT, SAME, Judgement, Mention, Notice, Settings
from esclusa.analysis.resolution.cluster import Component, Refusal, cluster
from esclusa.analysis.resolution.compare import make_columns
from esclusa.analysis.resolution.judgement import in_force
from esclusa.analysis.resolution.profile import Profile, pack, unpack
from esclusa.analysis.resolution.state import PREFIX
from esclusa.analysis.resolution.weigh import CERTAIN, IMPOSSIBLE, score_pairs
from esclusa.analysis.resolution.wordtable import WordTable
from esclusa.ledger.register.blocks import Blocks, Own, own, packed
from esclusa.ledger.register.file import File, content_of, hash_of, number_of, read_content
from esclusa.ledger.register.rows import tied, words_of


class Node(msgspec.Struct):
    """A comparable content: its number, digest, the mention that a person judged if it stands for
    that one alone, its content as bytes, and its points with itself."""

    number: int
    digest: str
    judged: str
    packed: bytes
    own: float

    @property
    def profile(self) -> Profile:
        """The comparable content, read from its bytes."""
        return unpack(self.digest, self.packed)

    @property
    def rank(self) -> tuple[str, str]:
        """Orders nodes by content."""
        return self.digest, self.judged


class Parts:
    """Nodes, pairs and groups of a register, remembered from when they are asked for."""

    def __init__(
        self, file: File, settings: Settings, table: WordTable, standing: dict[str, Judgement]
    ) -> None:
        """:param standing: judgements that count, by id; overruled ones too."""
        self.file: Final = file
        self.settings: Final = settings
        self.table: Final = table
        self._nodes: dict[int, Node] = {}
        self._near: dict[int, dict[int, float]] = {}
        self.judge(standing)

    def judge(self, standing: dict[str, Judgement]) -> None:
        """Let these judgements count and no others."""
        self.standing = standing
        self.force, self.notices = in_force(standing.values())
        found: dict[str, list[Judgement]] = defaultdict(list)
        for one in self.force.values():
            found[one.a].append(one)
            found[one.b].append(one)
        self.of_mention = dict(found)

    def node(self, number: int) -> Node:
        """Return a node by its number."""
        if number not in self._nodes:
            row = self.file.one("SELECT content, packed, own FROM node WHERE n = ?", (number,))
            digest, _, judged = row[0].partition("/")
            self._nodes[number] = Node(number, digest, judged, row[1], row[2])
        return self._nodes[number]

    def near(self, number: int) -> dict[int, float]:
        """Return the points of those that are possibly one with a node."""
        if number not in self._near:
            rows = self.file.all("SELECT b, points FROM near WHERE a = ?", (number,))
            self._near[number] = dict(rows)
        return self._near[number]

    def number_of(self, mention: str) -> int | None:
        """Return the number of a mention's node, None for a mention that is not here."""
        row = self.file.one("SELECT n FROM mention WHERE id = ?", (mention,))
        return row[0] if row else None

    def telling(self, number: int) -> bool:
        """Answer whether equal content is enough to be one."""
        return self.node(number).own >= self.settings.threshold.match

    def matching(self, number: int) -> Iterator[tuple[int, float]]:
        """Yield the nodes that match one, with the points."""
        least = self.settings.threshold.match
        if self.telling(number):
            for other, points in self.near(number).items():
                if points >= least and self.telling(other):
                    yield other, points

    def judged(self, number: int, verdict: str) -> Iterator[tuple[int, Judgement]]:
        """Yield the nodes that a person called ``verdict`` with this one."""
        mention = self.node(number).judged if self.of_mention else ""
        for one in self.of_mention.get(mention, ()) if mention else ():
            other = self.number_of(one.b if one.a == mention else one.a)
            if other is not None and one.verdict == verdict:
                yield other, one

    def component(self, start: int) -> list[int]:
        """Return the nodes that pairs which match, or ``same`` of a person, connect with one."""
        found, waiting = {start}, [start]
        while waiting:
            number = waiting.pop()
            beside = [other for other, _ in self.matching(number)]
            beside.extend(other for other, _ in self.judged(number, SAME))
            for other in beside:
                if other not in found:
                    found.add(other)
                    waiting.append(other)
        return sorted(found)

    def settle(self, nodes: list[int]) -> tuple[list[tuple[int, ...]], list[Refusal]]:
        """Return the groups of a connected part, and what was kept from joining."""
        different = {n: frozenset(o for o, _ in self.judged(n, DIFFERENT)) for n in nodes}
        part = Component(
            profiles={n: self.node(n).profile for n in nodes},
            rank={n: self.node(n).rank for n in nodes},
            near={n: self.near(n) for n in nodes},
            joining=[(p, n, o) for n in nodes for o, p in self.matching(n) if n < o],
            same=[(n, o, one) for n in nodes for o, one in self.judged(n, SAME) if n < o],
            different={n: others for n, others in different.items() if others},
        )
        return cluster(part, self.settings)

    def told(self) -> tuple[Notice, ...]:
        """Return which judgements contradict each other, and which of them counts."""
        found, seen = list(self.notices), set[int]()
        there = [self.number_of(mention) for pair in self.force for mention in pair]
        for start in sorted({n for n in there if n is not None}):
            if start not in seen:
                nodes = self.component(start)
                seen.update(nodes)
                refused = self.settle(nodes)[1]
                found.extend(Notice("contradicted", r.judgement) for r in refused if r.judgement)
        return tuple(sorted(found, key=lambda notice: (notice.code, notice.judgement, notice.by)))


class _Keys(dict[int, Own]):
    """Keys of nodes, worked out when they are asked for."""

    def __init__(self, parts: Parts) -> None:
        super().__init__()
        self._parts = parts

    def __missing__(self, number: int) -> Own:
        self[number] = found = own(self._parts.node(number).profile, self._parts.table)
        return found


class Changing:
    """One change of a register, inside its transaction."""

    def __init__(
        self, file: File, settings: Settings, table: WordTable,
        standing: dict[str, Judgement] | None = None,
    ) -> None:  # fmt: skip
        """:param standing: judgements that count now; None reads them."""
        known = file.standing() if standing is None else standing
        self._parts = Parts(file, settings, table, known)
        self._file = file
        self._keys = _Keys(self._parts)
        self._blocks = Blocks(file, settings.limits.block, self._keys)
        self._s_of: dict[bytes, tuple[int, str]] = {}
        self._born: dict[int, None] = {}
        self._left: set[int] = set()
        self._aged: set[int] = set()
        row = file.one("SELECT coalesce(max(n), 0) FROM node")
        self._next = row[0] + 1

    def change(
        self,
        add: Iterable[Mention] = (),
        remove: Collection[str] = (),
        judgements: dict[str, Judgement] | None = None,
    ) -> None:
        """Take mentions out (by id) and in, let ``judgements`` and no others count (None: those
        that did), and work out anew what that touches. Once for each object."""
        moved, also = self._rejudge(judgements, set(remove)) if judgements is not None else ([], [])
        for name in [*remove, *(mention.id for mention in moved)]:
            self._displace(name)
        ties = {one.id for one in moved}
        for mention in (*moved, *add):
            self._place(mention, tied=mention.id in ties)
        born = [n for n in self._born if self._any(n)]
        dead = sorted(n for n in self._left | self._born.keys() if not self._any(n))
        dirty = self._drop(dead) | set(born) | (self._aged - set(dead))
        dirty |= self._follow(born, dead)
        stated = [*(mention.id for mention in moved), *also]
        found = (self._parts.number_of(name) for name in stated)
        dirty.update(n for n in found if n is not None)
        self._regroup(sorted(dirty))

    def _rejudge(
        self, judgements: dict[str, Judgement], leaving: set[str]
    ) -> tuple[list[Mention], list[str]]:
        """Return the mentions that need another node now, and those of which a pair changed."""
        parts = self._parts
        before, judged = parts.force, set(parts.of_mention)
        parts.judge(judgements)
        moved = (judged ^ set(parts.of_mention)) - leaving
        force = parts.force
        pairs = [p for p in before.keys() | force.keys() if before.get(p) != force.get(p)]
        held = [one for name in sorted(moved) if (one := self._mention(name)) is not None]
        return held, [m for pair in pairs for m in pair]

    # -- mentions

    def _mention(self, name: str) -> Mention | None:
        return tied(self._file, name)

    def _any(self, number: int) -> bool:
        return self._file.one("SELECT 1 FROM spelling WHERE n = ?", (number,)) is not None

    def _content(self, mention: Mention) -> tuple[int, str]:
        """Return the number of what a mention states, and the digest of its comparable form."""
        content = content_of(mention)
        name = hash_of(content)
        if name not in self._s_of:
            row = self._file.one("SELECT s, digest FROM said WHERE hash = ?", (name,))
            if row is None:
                digest = pack(mention)[0]
                s = self._file.db.execute(
                    "INSERT INTO said (hash, content, digest) VALUES (?, ?, ?)",
                    (name, content, digest),
                ).lastrowid
                assert s is not None
                row = s, digest
                words = words_of(read_content(content))
                self._file.many("INSERT INTO word VALUES (?, ?)", [(w, s) for w in words])
            self._s_of[name] = row
        return self._s_of[name]

    def _place(self, mention: Mention, *, tied: bool = False) -> None:
        """Put a mention on its node, a new one if there is none."""
        file, (s, digest) = self._file, self._content(mention)
        judged = mention.id if mention.id in self._parts.of_mention else ""
        content = f"{digest}/{judged}" if judged else digest
        row = file.one("SELECT n FROM node WHERE content = ?", (content,))
        number = row[0] if row else self._found(content, mention)
        m = file.db.execute(
            "INSERT INTO mention (id, seq, n, s, path, role) VALUES (?, ?, ?, ?, ?, ?)",
            (mention.id, mention.seq, number, s, mention.path, mention.role),
        ).lastrowid
        first = self._first(number)
        if first is None or (mention.seq, mention.id) < first:
            self._aged.add(number)
        file.run(
            "INSERT INTO spelling VALUES (?, ?, 1, ?, ?) ON CONFLICT (n, s) DO UPDATE SET "
            "size = size + 1",
            (number, s, mention.seq, mention.id),
        )
        file.run(
            "UPDATE spelling SET first_seq = ?, first_id = ? "
            "WHERE n = ? AND s = ? AND (first_seq, first_id) > (?, ?)",
            (mention.seq, mention.id, number, s, mention.seq, mention.id),
        )
        ties = {(tie.kind, tie.value): tie for tie in reversed(mention.ties)}
        rows = [(number_of(f"{kind}:{value}"), kind, value, tie.role)
                for (kind, value), tie in ties.items()]  # fmt: skip
        file.many("INSERT OR IGNORE INTO thing VALUES (?, ?, ?)", [row[:3] for row in rows])
        file.many(
            "INSERT INTO tie VALUES (?, ?, ?, ?)", [(t, m, number, role) for t, _, _, role in rows]
        )

    def _found(self, content: str, mention: Mention) -> int:
        number: int = self._next
        self._next += 1
        digest, content_bytes = pack(mention)
        node = Node(number, digest, content.partition("/")[2], content_bytes, 0.0)
        self._parts._nodes[number] = node
        its = self._keys[number]
        self._file.run(
            "INSERT INTO node VALUES (?, ?, ?, 0, NULL, ?)",
            (number, content, content_bytes, packed(its.refs)),
        )
        self._born[number] = None
        return number

    def _first(self, number: int) -> tuple[int, str] | None:
        row = self._file.one(
            "SELECT first_seq, first_id FROM spelling WHERE n = ? "
            "ORDER BY first_seq, first_id LIMIT 1",
            (number,),
        )
        return (row[0], row[1]) if row else None

    def _displace(self, name: str) -> None:
        """Take a mention off its node, with what only it stated."""
        file = self._file
        row = file.one("SELECT m, n, s, seq FROM mention WHERE id = ?", (name,))
        if row is None:
            return
        m, number, s, _seq = row
        self._left.add(number)
        if (first := self._first(number)) is not None and first[1] == name:
            self._aged.add(number)
        things = [r[0] for r in file.all("SELECT t FROM tie WHERE m = ?", (m,))]
        file.many("DELETE FROM tie WHERE t = ? AND m = ?", [(t, m) for t in things])
        file.many(
            "DELETE FROM thing WHERE t = ?1 AND NOT EXISTS (SELECT 1 FROM tie WHERE t = ?1)",
            [(t,) for t in things],
        )
        file.run("DELETE FROM mention WHERE m = ?", (m,))
        earliest = file.one(
            "SELECT seq, id FROM mention WHERE s = ? AND n = ? ORDER BY seq, id LIMIT 1",
            (s, number),
        )
        if earliest is None:
            file.run("DELETE FROM spelling WHERE n = ? AND s = ?", (number, s))
            if file.one("SELECT 1 FROM mention WHERE s = ?", (s,)) is None:
                self._unsay(s)
        else:
            file.run(
                "UPDATE spelling SET size = size - 1, first_seq = ?, first_id = ? "
                "WHERE n = ? AND s = ?",
                (*earliest, number, s),
            )

    def _unsay(self, s: int) -> None:
        row = self._file.one("SELECT hash, content FROM said WHERE s = ?", (s,))
        self._s_of.pop(row[0], None)
        words = [(w, s) for w in words_of(read_content(row[1]))]
        self._file.many("DELETE FROM word WHERE w = ? AND s = ?", words)
        self._file.run("DELETE FROM said WHERE s = ?", (s,))

    # -- pairs

    def _drop(self, dead: list[int]) -> set[int]:
        """Forget the pairs of nodes that are no more; return who was beside them."""
        touched: set[int] = set()
        for number in dead:
            row = self._file.one("SELECT entity FROM node WHERE n = ?", (number,))
            if row and row[0] is not None:
                touched.update(
                    r[0] for r in self._file.all("SELECT n FROM node WHERE entity = ?", row)
                )
            others = dict(self._parts.near(number))
            touched.update(others)
            self._part_ways((number, other) for other in others)
        return touched - set(dead)

    def _part_ways(self, pairs: Iterable[tuple[int, int]]) -> None:
        """Drop pairs that are kept, from memory and file."""
        near = self._parts.near
        gone = []
        for a, b in pairs:
            points = near(a).pop(b)
            near(b).pop(a, None)
            gone.append((a, b, points))
        file = self._file
        file.many("DELETE FROM near WHERE a = ? AND b = ?", [(a, b) for a, b, _ in gone])
        file.many("DELETE FROM near WHERE a = ? AND b = ?", [(b, a) for a, b, _ in gone])
        file.many(
            "DELETE FROM open_pair WHERE less = ? AND a = ? AND b = ?",
            [(-points, min(a, b), max(a, b)) for a, b, points in gone],
        )

    def _follow(self, born: list[int], dead: list[int]) -> set[int]:
        """Bring keys and pairs up to date; return the nodes of which a pair changed."""
        parts, blocks = self._parts, self._blocks
        there = [n for n in dead if n not in self._born]
        before = blocks.around([self._keys[n] for n in (*there, *born)])
        for number in dead:
            if number in there:
                blocks.remove(number, self._keys[number])
            self._file.run("DELETE FROM node WHERE n = ?", (number,))
            parts._nodes.pop(number, None)
        for number in born:
            blocks.add(number, self._keys[number])
        lost, gained = blocks.transitions(before)
        dirty = self._forget(lost)
        gained.update(_pair(n, other) for n in born for other in blocks.candidates(n))
        fresh = sorted(p for p in gained if p[1] not in parts.near(p[0]))
        self._score(fresh, born)
        return dirty.union(*(p for p in fresh if p[1] in parts.near(p[0])))

    def _forget(self, pairs: set[tuple[int, int]]) -> set[int]:
        """Drop pairs that no block holds any more; return their nodes."""
        held: dict[int, set[int]] = {}
        gone = []
        for a, b in sorted(pairs):
            if b not in self._parts.near(a):
                continue
            if a not in held:
                held[a] = self._blocks.candidates(a)
            if b not in held[a]:
                gone.append((a, b))
        self._part_ways(gone)
        return {n for pair in gone for n in pair}

    def _score(self, pairs: list[tuple[int, int]], born: list[int]) -> None:
        """Find the points of pairs, keep those that are possible, and the points of new nodes with
        themselves."""
        parts, settings, table = self._parts, self._parts.settings, self._parts.table
        numbers = sorted({n for pair in pairs for n in pair} | set(born))
        if not numbers:
            return
        columns = make_columns((parts.node(n).profile for n in numbers), table, settings)
        at = {n: place for place, n in enumerate(numbers)}
        new = np.array([at[n] for n in born], dtype=np.int64)
        if new.size:
            told = score_pairs(columns, table, settings, new, new).tolist()
            for number, points in zip(born, told, strict=True):
                node = parts.node(number)
                silent = points == CERTAIN and not node.profile.says_anything
                node.own = IMPOSSIBLE if silent else points
            self._file.many(
                "UPDATE node SET own = ? WHERE n = ?", [(parts.node(n).own, n) for n in born]
            )
        if not pairs:
            return
        a, b = (np.array([at[p[side]] for p in pairs], dtype=np.int64) for side in (0, 1))
        points = score_pairs(columns, table, settings, a, b).tolist()
        kept = [
            (one, other, value)
            for (one, other), value in zip(pairs, points, strict=True)
            if value >= settings.threshold.possible
        ]
        for one, other, value in kept:
            parts.near(one)[other] = value
            parts.near(other)[one] = value
        both = [row for a, b, value in kept for row in ((a, b, value), (b, a, value))]
        self._file.many("INSERT OR REPLACE INTO near VALUES (?, ?, ?)", both)

    # -- groups

    def _regroup(self, dirty: Iterable[int]) -> None:
        """Work out anew the groups of all parts that hold one of these nodes."""
        parts, file = self._parts, self._file
        seen: set[int] = set()
        groups: list[tuple[int, ...]] = []
        for start in dirty:
            if start not in seen:
                nodes = parts.component(start)
                seen.update(nodes)
                groups.extend(parts.settle(nodes)[0] if len(nodes) > 1 else [(start,)])
        for group in groups:
            alone = len(group) == 1 and not parts.telling(group[0])
            first = min(f for n in group if (f := self._first(n)) is not None)
            entity = None if alone else PREFIX + first[1]
            file.many("UPDATE node SET entity = ? WHERE n = ? AND entity IS NOT ?",
                      [(entity, n, entity) for n in group])  # fmt: skip
        of = {n: group for group in groups for n in group}
        apart: set[tuple[float, int, int]] = set()
        joined: set[tuple[float, int, int]] = set()
        for a in seen:
            for b, points in parts.near(a).items():
                if a > b and b in seen:
                    continue
                row = (-points, min(a, b), max(a, b))
                (joined if b in of[a] else apart).add(row)
        file.many("DELETE FROM open_pair WHERE less = ? AND a = ? AND b = ?", joined)
        file.many("INSERT OR IGNORE INTO open_pair VALUES (?, ?, ?)", apart)


def _pair(a: int, b: int) -> tuple[int, int]:
    return (a, b) if a < b else (b, a)
