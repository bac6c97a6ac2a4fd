"""What is known of the entries of timelines, kept from one look to the next.

Most of what is written concerns few records. What was found of a record and of the alert about it
is kept for as long as nothing is written that it rests on, and only the other records are read
again. Each set of labels that somebody reads under has its own; nothing goes from one to another.
What is erased makes all begin anew.
"""

from __future__ import annotations

import datetime as dt
import threading
from collections import OrderedDict
from collections.abc import Collection, Iterator, Mapping
from typing import Final, NamedTuple

import msgspec

from esclusa.analysis.resolution.mention import CONTAINER
from esclusa.ledger.register import KeptEntity
from esclusa.ledger.standing import Standing, standing_at, written_since
from esclusa.node.entity_known import Known
from esclusa.node.story_entries import (
    Around,
    Refs,
    alerts_beside,
    kinds_beside,
    of_record,
    refs_of,
    reports_beside,
    sought,
)
from esclusa.node.story_sketch import Sketch, part_of
from esclusa.sharing.reader import Action

LOOKED: Final = 2_000
"""Records of an entity that are looked at, the newest; a carrier has a hundred thousand."""
_KEPT: Final = 20_000
"""Records of which something is kept, about a kilobyte each; those of the entity that was asked for
longest ago go first."""
_BOXES: Final = 8
"""Boxes of a bill that take as much as a record does."""

_Key = tuple[frozenset[int], bool, str]
"""The labels that somebody reads under, whether he may read referrals, and the entity's id."""


class Stated(NamedTuple):
    """A version that names an entity: its number, its label, and when it was recorded (UTC)."""

    seq: int
    label_id: int
    recorded: dt.datetime


class _Where(NamedTuple):
    """Where a record names an entity: in which version, in which roles, at which places."""

    seq: int
    roles: tuple[str, ...]
    places: frozenset[str]


class _Piece(NamedTuple):
    """What was found of a record and the alert about it, and the names that this rests on."""

    where: _Where
    sketches: tuple[Sketch, ...]
    refs: Refs
    rests: frozenset[str]


class Story(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of an entity, of its newest records.

    ``standing`` is how far the ledger had come, ``stated`` its versions by number, ``pieces`` what
    was found of each record, ``kinds`` the kinds of reports that may stand beside these, ``boxes``
    the container numbers that it bears; ``cut`` tells that there are more records, ``size`` as how
    many records it counts among what is kept.
    """

    standing: Standing
    stated: Mapping[int, Stated]
    pieces: Mapping[str, _Piece]
    kinds: frozenset[str]
    boxes: frozenset[str]
    cut: bool
    size: int

    def sketches(self, around: Around) -> dict[str, Sketch]:
        """Return the entries of the timeline by id, with the reports of now beside them."""
        found = {one.id: one for piece in self.pieces.values() for one in piece.sketches}
        if self.kinds:
            by = sought(around, _refs(self.pieces), self.boxes)
            found.update((one.id, one) for one in reports_beside(around, by, self.kinds))
        return found


class Stories:
    """The stories of a node's entities; safe to share between threads."""

    def __init__(self) -> None:
        self._held: OrderedDict[_Key, Story] = OrderedDict()
        self._size = 0
        self._gone: tuple[int, str] | None = None
        self._forgot = 0
        self._lock = threading.Lock()

    def forget(self, _erased: Collection[int] = ()) -> None:
        """Keep nothing of what there is, nor of what is being made of it now."""
        with self._lock:
            self._clear()

    def _clear(self) -> None:
        self._held.clear()
        self._size = 0
        self._forgot += 1

    def of(self, around: Around, known: Known, entity: KeptEntity) -> Story:
        """Return what is known of an entity in a snapshot; ``known`` is of just that."""
        key = (around.visible, around.reader.may(Action.REFERRAL_READ), entity.id)
        here = known.standing
        gone = here.mark.erased, here.mark.at
        with self._lock:
            if self._gone != gone:  # all that is held has seen the same erasures
                self._clear()
                self._gone = gone
            before, forgot = self._held.get(key), self._forgot
            if before is not None and before.standing == here:
                self._held.move_to_end(key)
                return before
        story = _made(around, known, entity, *_goes_on(around, before, here))
        with self._lock:
            if self._forgot == forgot:  # else it may hold what was erased meanwhile
                self._keep(key, story)
        return story

    def _keep(self, key: _Key, story: Story) -> None:
        before = self._held.pop(key, None)
        self._size += story.size - (before.size if before else 0)
        self._held[key] = story
        while len(self._held) > 1 and self._size > _KEPT:
            self._size -= self._held.popitem(last=False)[1].size


def _refs(pieces: Mapping[str, _Piece]) -> dict[str, Refs]:
    return {name: one.refs for name, one in pieces.items()}


def _goes_on(
    around: Around, before: Story | None, here: Standing
) -> tuple[Story | None, frozenset[str]]:
    """Return what is kept, if the ledger goes on from there, and the names of what was written
    since: ids of records, and references that they hold."""
    if before is None or here.mark.last < before.standing.mark.last:
        return None, frozenset()
    then, connection = before.standing, around.connection
    if standing_at(connection, then.mark.last) != then.digest:  # another ledger, which was restored
        return None, frozenset()
    written = written_since(connection, around.visible, then.mark.last, here.mark.last)
    return (None, frozenset()) if written is None else (before, written.names)


def _made(
    around: Around, known: Known, entity: KeptEntity, before: Story | None, names: frozenset[str]
) -> Story:
    seqs = entity.newest(LOOKED + 1)
    wheres = _wheres(entity, seqs[:LOOKED])
    kept = dict(_standing(before, wheres, names)) if before else {}
    stated = (
        {seq: before.stated[seq] for seq in seqs[:LOOKED] if seq in before.stated} if before else {}
    )
    boxes = frozenset(
        number.partition(":")[2]
        for one in entity.contents if one.type == CONTAINER for number in one.identifiers
    )  # fmt: skip
    fresh = {name: where for name, where in wheres.items() if name not in kept}
    wanted = {where.seq for where in fresh.values()} | {
        seq for seq in seqs[:LOOKED] if seq not in stated
    }
    held = known.parts(around.connection, around.visible, sorted(wanted))
    stated |= {seq: Stated(seq, row.label_id, row.recorded) for seq, row in held.items()}
    fresh = {name: where for name, where in fresh.items() if where.seq in held}
    raised = alerts_beside(around, {name: where.places for name, where in fresh.items()})
    added: dict[str, _Piece] = {}
    for name, where in fresh.items():
        row = held[where.seq]
        part = part_of(row)
        above = raised.get(name)
        added[name] = _Piece(
            where, (of_record(row, part, where.roles), *(above.sketches if above else ())),
            refs_of(part), frozenset({name, f"record:{name}", *(above.rests if above else ())}),
        )  # fmt: skip
    pieces = kept | added
    return Story(
        standing=known.standing, stated=stated, pieces=pieces,
        kinds=_kinds(around, before, kept, added, boxes, names), boxes=boxes,
        cut=len(seqs) > LOOKED,
        size=len(pieces) + sum(len(one.refs.carried) for one in pieces.values()) // _BOXES,
    )  # fmt: skip


def _wheres(entity: KeptEntity, seqs: Collection[int]) -> dict[str, _Where]:
    """Return where each record names an entity. Of a record that stands under several labels the
    version that came first is told."""
    roles: dict[int, dict[str, None]] = {}
    places: dict[str, set[str]] = {}
    first: dict[str, int] = {}
    for seq, record, path, role in entity.places(since=min(seqs)) if seqs else ():
        first.setdefault(record, seq)  # they come in order
        places.setdefault(record, set()).add(path)
        if role:
            roles.setdefault(seq, {})[role] = None
    return {
        name: _Where(seq, tuple(roles.get(seq, ())), frozenset(places[name]))
        for name, seq in first.items()
    }


def _standing(
    before: Story, wheres: Mapping[str, _Where], names: frozenset[str]
) -> Iterator[tuple[str, _Piece]]:
    """Yield what still holds of what was found."""
    for name, where in wheres.items():
        piece = before.pieces.get(name)
        if piece is not None and piece.where == where and piece.rests.isdisjoint(names):
            yield name, piece


def _kinds(
    around: Around, before: Story | None, kept: dict[str, _Piece], added: dict[str, _Piece],
    boxes: frozenset[str], names: frozenset[str],
) -> frozenset[str]:  # fmt: skip
    """Return the kinds of reports that may stand beside an entity's records. Where nothing was
    written that holds their references, those are asked for that came alone."""
    fresh = boxes - before.boxes if before else boxes
    if before is None or not names.isdisjoint(sought(around, _refs(kept), boxes).every()):
        return frozenset(kinds_beside(around, sought(around, _refs(kept | added), boxes).every()))
    asked = sought(around, _refs(added), fresh).every()
    return before.kinds | (kinds_beside(around, asked) if asked else frozenset())
