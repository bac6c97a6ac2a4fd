"""What became of the entities: the log that says which was founded, grew, merged or split."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

KINDS: Final = ("founded", "grown", "shrunk", "merged", "split", "renamed", "dissolved")


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that happened to an entity.

    ``kind``: ``founded``; ``grown`` or ``shrunk`` by ``mentions``; ``merged`` (``others`` are the
    former ids that now lead here); ``split`` (``others`` are the ids of the parts that left);
    ``renamed`` (its first mention went or an earlier one came; ``others`` is the former id);
    ``dissolved`` (no mention is left). ``event`` is what brought it about: ``added``, ``removed``,
    ``judged``, ``withdrawn`` or ``threshold``; ``because`` the judgement's id or the mention ids
    that came or went, at most five of them.
    """

    kind: str
    entity: str
    others: tuple[str, ...] = ()
    mentions: tuple[str, ...] = ()
    event: str = ""
    because: tuple[str, ...] = ()


Partition = Mapping[str, Sequence[str]]
"""Entity id → its mention ids."""


def changes_between(
    before: Partition, after: Partition, *, event: str = "", because: tuple[str, ...] = ()
) -> tuple[Change, ...]:
    """Return what happened between two states of the same entities, in order of entity id."""
    was = {mention: entity for entity, mentions in before.items() for mention in mentions}
    sources: dict[str, set[str]] = defaultdict(set)
    targets: dict[str, set[str]] = defaultdict(set)
    for entity, mentions in after.items():
        for old in {was[mention] for mention in mentions if mention in was}:
            sources[entity].add(old)
            targets[old].add(entity)
    found = [
        *_ends(before, after, targets),
        *(one for entity in after for one in _news(entity, before, after, sources, targets)),
    ]
    order = {kind: number for number, kind in enumerate(KINDS)}
    told = sorted(found, key=lambda change: (change.entity, order[change.kind]))
    return tuple(msgspec.structs.replace(one, event=event, because=because[:5]) for one in told)


def _ends(before: Partition, after: Partition, targets: Mapping[str, set[str]]) -> list[Change]:
    found = []
    for entity in before:
        parts = targets.get(entity, set())
        if not parts:
            found.append(Change(kind="dissolved", entity=entity))
        elif len(parts) > 1:
            found.append(
                Change(kind="split", entity=entity, others=tuple(sorted(parts - {entity})))
            )
    return found


def _news(
    entity: str,
    before: Partition,
    after: Partition,
    sources: Mapping[str, set[str]],
    targets: Mapping[str, set[str]],
) -> list[Change]:
    came = sources.get(entity, set())
    if not came:
        return [Change(kind="founded", entity=entity, mentions=tuple(sorted(after[entity])))]
    if len(came) > 1:
        return [Change(kind="merged", entity=entity, others=tuple(sorted(came - {entity})))]
    (old,) = came
    if len(targets[old]) > 1:
        return []
    found = []
    if old != entity:
        found.append(Change(kind="renamed", entity=entity, others=(old,)))
    now, then = set(after[entity]), set(before[old])
    grown, shrunk = now - then, then - now
    for kind, mentions in (("grown", grown), ("shrunk", shrunk)):
        if mentions:
            found.append(Change(kind=kind, entity=entity, mentions=tuple(sorted(mentions))))
    return found
