"""A register filled at once, from entities that were worked out in one run."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from esclusa.analysis.resolution import Entities, Mention
from esclusa.analysis.resolution.state import State
from esclusa.ledger.register.blocks import own, packed
from esclusa.ledger.register.file import File, content_of, hash_of, number_of, read_content
from esclusa.ledger.register.rows import words_of


def fill(file: File, entities: Entities) -> None:
    """Write entities into a file that has empty tables and no indexes, but for versions and
    judgements: these are the caller's."""
    state = entities._state
    file.many("INSERT INTO thing VALUES (?, ?, ?)", _things(state.mentions.values()))
    said = _Said(file)
    number = {name: m for m, name in enumerate(state.mentions, start=1)}
    spelled: dict[tuple[int, int], list[Any]] = {}
    file.many("INSERT INTO mention VALUES (?, ?, ?, ?, ?, ?, ?)",
              _mentions(state, said, number, spelled))  # fmt: skip
    said.flush()
    file.many("INSERT INTO spelling VALUES (?, ?, ?, ?, ?)",
              ((*key, *spelled[key]) for key in sorted(spelled)))  # fmt: skip
    blocks: list[tuple[int, int]] = []
    file.many("INSERT INTO node VALUES (?, ?, ?, ?, ?, ?)", _nodes(state, blocks))
    blocks.sort()
    file.many("INSERT INTO block VALUES (?, ?)", blocks)
    del blocks
    file.many("INSERT INTO near VALUES (?, ?, ?)", _near(state))
    file.many("INSERT INTO open_pair VALUES (?, ?, ?)", _open(state))
    ties = sorted((t, number[one.id], state.node_of[one.id] + 1, role)
                  for one in state.mentions.values() for t, role in _ties(one))  # fmt: skip
    file.many("INSERT INTO tie VALUES (?, ?, ?, ?)", ties)
    file.index()


def _things(mentions: Iterable[Mention]) -> list[tuple[int, str, str]]:
    found = {(tie.kind, tie.value) for one in mentions for tie in one.ties}
    return sorted((number_of(f"{kind}:{value}"), kind, value) for kind, value in found)


def _ties(mention: Mention) -> Iterator[tuple[int, str]]:
    ties = {f"{tie.kind}:{tie.value}": tie.role for tie in reversed(mention.ties)}
    return ((number_of(name), role) for name, role in ties.items())


class _Said:
    """Contents, each once."""

    def __init__(self, file: File) -> None:
        self._file = file
        self._known: dict[bytes, int] = {}
        self._rows: list[tuple[int, bytes, bytes, str]] = []

    def number(self, mention: Mention, digest: str) -> int:
        content = content_of(mention)
        name = hash_of(content)
        found = self._known.get(name)
        if found is None:
            found = self._known[name] = len(self._known) + 1
            self._rows.append((found, name, content, digest))
        return found

    def flush(self) -> None:
        self._file.many("INSERT INTO said VALUES (?, ?, ?, ?)", self._rows)
        words = sorted((w, s) for s, _, content, _ in self._rows
                       for w in words_of(read_content(content)))  # fmt: skip
        self._file.many("INSERT INTO word VALUES (?, ?)", words)


def _mentions(
    state: State, said: _Said, number: Mapping[str, int], spelled: dict[tuple[int, int], list[Any]]
) -> Iterator[tuple[Any, ...]]:
    for name, one in state.mentions.items():
        n = state.node_of[name] + 1
        s = said.number(one, state.nodes[n - 1].digest)
        held = spelled.setdefault((n, s), [0, one.seq, name])
        held[0] += 1
        if (one.seq, name) < (held[1], held[2]):
            held[1:] = one.seq, name
        yield number[name], name, one.seq, n, s, one.path, one.role


def _nodes(state: State, blocks: list[tuple[int, int]]) -> Iterator[tuple[Any, ...]]:
    for n, node in state.nodes.items():
        its = own(node.profile, state.table)
        blocks.extend((key, n + 1) for key in its.keys)
        content = f"{node.digest}/{node.judged}" if node.judged else node.digest
        alone = n not in state.groups and not state.telling(n)
        entity = None if alone else state.entity_of[node.mentions[0]]
        yield n + 1, content, node.packed, node.own, entity, packed(its.refs)


def _near(state: State) -> Iterator[tuple[int, int, float]]:
    return (
        (a + 1, b + 1, points)
        for a, others in sorted(state.near.items())
        for b, points in sorted(others.items())
    )


def _open(state: State) -> list[tuple[float, int, int]]:
    return sorted(
        (-points, a + 1, b + 1)
        for a, others in state.near.items()
        for b, points in others.items()
        if a < b and state.groups.get(a, (a,)) is not state.groups.get(b, (b,))
    )
