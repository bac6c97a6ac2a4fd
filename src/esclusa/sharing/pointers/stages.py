"""The two questions of an approximate search: how names are packed, what the second one asks.

1. The size of the second question follows from the size of the first alone. It is sent even when
   nothing was hit, filled up with padding, so it tells the owner nothing of the hits.
2. What does not fit is not asked. Each name that was hit has its most telling block asked before
   any name has a second one; a name of which no block fits is unclear, and may be searched again.
3. The facts of a block are asked all or not at all.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Final

from esclusa.sharing.pointers import near
from esclusa.sharing.pointers.keys import Pointer
from esclusa.sharing.pointers.near import Block, Sought, Verdict
from esclusa.sharing.pointers.padding import question_size

SECOND: Final = {16: 64, 64: 256, 256: 256, 1024: 1024, 4096: 4096}
"""Elements of the second question by those of the first. Behind one block stand about 20."""
_ROUNDS: Final = 4
"""Most blocks of one name whose facts are asked."""

Chosen = dict[Sought, dict[Block, frozenset[Pointer]]]
"""Whom → the blocks whose facts are asked, each with its finer keys."""


def first(people: Iterable[Sought]) -> frozenset[Pointer]:
    """Return the keys of the first question about some people."""
    return frozenset(key for person in people for key in near.coarse(person))


def total(people: Iterable[Sought]) -> int:
    """Return how many elements both questions about some people take, with padding."""
    size = question_size(len(first(people)))
    return size + SECOND[size]


def packs(people: Iterable[Sought], most: int) -> Iterator[tuple[Sought, ...]]:
    """Yield the people in parts, each small enough for one search.

    :param most: elements that one question may hold, at least those of the smallest second one.
    """
    largest = max(size for size, second in SECOND.items() if max(size, second) <= most)
    part: list[Sought] = []
    keys: set[Pointer] = set()
    for person in dict.fromkeys(people):
        more = keys | near.coarse(person).keys()
        if part and len(more) > largest:
            yield tuple(part)
            part, more = [], set(near.coarse(person))
        part.append(person)
        keys = more
    if part:
        yield tuple(part)


def chosen(people: Iterable[Sought], hits: Collection[Pointer], size: int) -> Chosen:
    """Return the finer keys to ask after the first question.

    :param hits: the coarse keys that were hits.
    :param size: elements of the second question.
    """
    found: Chosen = {}
    room: set[Pointer] = set()
    for person, block in _in_turns(people, frozenset(hits)):
        keys = near.finer(person, block)
        if len(room | keys) <= size:
            room |= keys
            found.setdefault(person, {})[block] = keys
    return found


def _in_turns(people: Iterable[Sought], hits: frozenset[Pointer]) -> Iterator[tuple[Sought, Block]]:
    hit = {person: _hit(person, hits) for person in people}
    for turn in range(_ROUNDS):
        now = [(blocks[turn], person) for person, blocks in hit.items() if len(blocks) > turn]
        for block, person in sorted(now, key=lambda item: -Verdict(item[0].start).points):
            yield person, block


def _hit(person: Sought, hits: frozenset[Pointer]) -> list[Block]:
    return [block for key, block in near.coarse(person).items() if key in hits]


def verdicts(
    asked: Mapping[Sought, Mapping[Block, Collection[Pointer]]], hits: Collection[Pointer]
) -> dict[Sought, tuple[Block, Verdict]]:
    """Return for each person whose facts were asked the best block and its verdict.

    :param hits: the finer keys that were hits.
    """
    met = frozenset(hits)
    found = {}
    for person, blocks in asked.items():
        facts = {block: {key.parts[1] for key in keys if key in met}
                 for block, keys in blocks.items()}  # fmt: skip
        if (told := near.best(person, facts)) is not None:
            found[person] = told
    return found
