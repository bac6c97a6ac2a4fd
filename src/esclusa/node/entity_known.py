"""The entities of one set of labels while they are read: what is kept of them, and what people said
of pairs and whether it counts now."""

from __future__ import annotations

from collections.abc import Collection
from functools import cached_property
from typing import NamedTuple

import msgspec
import sqlalchemy as sa

from esclusa.analysis.resolution import Settings
from esclusa.analysis.resolution.wordtable import WordTable
from esclusa.casework.entity_facts import NOT_KEPT, changed, mention_digests
from esclusa.casework.match_facts import digest
from esclusa.ledger import records, versions
from esclusa.ledger.labels import Labels
from esclusa.ledger.register import File, Judged, Kept, KeptEntity, Links
from esclusa.ledger.standing import Mark, Standing
from esclusa.model import Record

Facts = dict[str, str]


class Rest(NamedTuple):
    """Why a judgement rests, as :class:`~esclusa.sharing.entity_views.RestView` tells it."""

    side: str
    why: str
    parts: tuple[str, ...] = ()


class Known:
    """The entities of one set of labels, as a register's file has them."""

    def __init__(self, file: File, settings: Settings, table: WordTable) -> None:
        self._file, self._table = file, table
        self.settings = settings
        self._facts: dict[str, Facts] = {}
        self._seqs: dict[str, int] = {}
        self._records: dict[int, Record] = {}
        self._parts: dict[int, versions.Held] = {}

    def records(
        self, connection: sa.Connection, labels: Labels, visible: Collection[int],
        seqs: Collection[int],
    ) -> dict[int, Record]:  # fmt: skip
        """Return the visible ones of these records by sequence number; the parts of a page ask for
        the same ones, and each is read once."""
        fresh = [seq for seq in seqs if seq not in self._records]
        self._records |= records.get_by_seq(connection, labels, visible, fresh)
        return {seq: self._records[seq] for seq in seqs if seq in self._records}

    def parts(
        self, connection: sa.Connection, visible: Collection[int], seqs: Collection[int]
    ) -> dict[int, versions.Held]:
        """Return the visible ones of these records by sequence number with their bodies as stored,
        for who needs little of each; read once as well."""
        fresh = [seq for seq in seqs if seq not in self._parts]
        self._parts |= versions.by_seq(connection, visible, fresh) if fresh else {}
        return {seq: self._parts[seq] for seq in seqs if seq in self._parts}

    @cached_property
    def judged(self) -> dict[int, Judged | None]:
        """Newest step on each pair by its sequence number; None where nothing stands after it."""
        return self._file.judged()

    @cached_property
    def entities(self) -> Kept:
        """Who is one and the same, and why."""
        return Kept(self._file, self.settings, self._table, self._file.standing())

    @cached_property
    def linked(self) -> Links:
        """Who shares what."""
        return Links(self._file, self.entities)

    @cached_property
    def standing(self) -> Standing:
        """How far the ledger had come of which these are."""
        mark = msgspec.json.decode(self._file.get("mark") or "{}", type=Mark)
        return Standing(mark, self._file.get("last"))

    # -- mentions

    def seq_of(self, mention: str) -> int:
        """Return the number of the version that a mention stands in; 0 when it is not here."""
        if mention not in self._seqs:
            row = self._file.one("SELECT seq FROM mention WHERE id = ?", (mention,))
            self._seqs[mention] = row[0] if row else 0
        return self._seqs[mention]

    def seqs_of(self, mentions: Collection[str]) -> set[int]:
        """Return the numbers of the versions that mentions stand in."""
        self.entities.load(mentions)
        held = (self.entities.mention(name) for name in mentions)
        self._seqs.update((one.id, one.seq) for one in held if one is not None)
        return {self.seq_of(name) for name in mentions}

    def mentions(self) -> dict[int, tuple[str, ...]]:
        """Return the mentions of every version that was taken in, by its number."""
        found: dict[int, list[str]] = {
            row[0]: [] for row in self._file.all("SELECT seq FROM version")
        }
        for seq, name in self._file.all("SELECT seq, id FROM mention ORDER BY seq, id"):
            found[seq].append(name)
        return {seq: tuple(names) for seq, names in found.items()}

    def facts(self, mention: str) -> Facts:
        """Return the digests of what a mention states now, none when it is not here."""
        if mention not in self._facts:
            found = self.entities.mention(mention)
            if found is None:
                return {}
            self._facts[mention] = mention_digests(found)
        return self._facts[mention]

    def seen(self, one: str, other: str) -> str:
        """Return the digest of what two mentions state now."""
        return digest([sorted(self.facts(name).items()) for name in sorted((one, other))])

    # -- judgements

    def rests(self, said: Judged) -> tuple[Rest, ...]:
        """Return why a judgement decides nothing now; nothing when it does."""
        sides = (("a", said.judgement.a, said.a), ("b", said.judgement.b, said.b))
        return tuple(rest for side in sides if (rest := self._rest(*side)) is not None)

    def _rest(self, side: str, mention: str, then: Facts) -> Rest | None:
        if not self.seq_of(mention):
            return Rest(side, "gone")
        parts = changed(then, self.facts(mention))
        if parts == (NOT_KEPT,):
            return Rest(side, NOT_KEPT)
        return Rest(side, "changed", parts) if parts else None

    def about(self, entity: KeptEntity) -> list[int]:
        """Return the steps that say something about a mention of an entity, newest first; those
        that rest too."""
        spoken = [(seq, one) for seq, one in self.judged.items() if one is not None]
        found = (
            seq for seq, one in spoken
            if any(self._is_of(name, entity) for name in one.judgement.pair)
        )  # fmt: skip
        return sorted(found, reverse=True)

    def _is_of(self, mention: str, entity: KeptEntity) -> bool:
        held = self.entities.entity_of(mention)
        return held is not None and held.id == entity.id

    def on(self, one: str, other: str) -> list[int]:
        """Return the steps on a pair after which something stands, newest first."""
        pair = {one, other}
        found = (
            seq for seq, said in self.judged.items()
            if said is not None and pair == set(said.judgement.pair)
        )  # fmt: skip
        return sorted(found, reverse=True)
