"""The entities of one set of labels, kept in memory and brought up to date from the ledger."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import NamedTuple

from esclusa.analysis.links import Graph
from esclusa.analysis.resolution import Entities, Judgement, Mention, Settings
from esclusa.casework.entity_facts import NOT_KEPT, changed, mention_digests
from esclusa.casework.match_facts import digest
from esclusa.ledger.standing import Mark

Facts = dict[str, str]


class Said(NamedTuple):
    """A judgement, and the facts of its two mentions when it was made."""

    judgement: Judgement
    a: Facts
    b: Facts


class Rest(NamedTuple):
    """Why a judgement rests, as :class:`~esclusa.sharing.entity_views.RestView` tells it."""

    side: str
    why: str
    parts: tuple[str, ...] = ()


class Known:
    """The entities of one set of labels, and which versions they were worked out from."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.entities = Entities(settings)
        self.mentions: dict[int, tuple[str, ...]] = {}
        self.seq_of: dict[str, int] = {}
        self.judged: dict[int, Said | None] = {}
        """Newest step on each pair by its sequence number; None where nothing stands after it."""
        self.graph: Graph | None = None
        self.mark: Mark | None = None
        """How far the ledger had come; None before anything was read."""
        self._facts: dict[str, Facts] = {}

    def take_out(self, seqs: Collection[int]) -> None:
        """Forget versions that are no longer in force, whatever took them away."""
        gone = [mention for seq in seqs for mention in self.mentions.pop(seq)]
        for mention in gone:
            del self.seq_of[mention]
            self._facts.pop(mention, None)
        self.entities.remove_mentions(gone)
        self.graph = None

    def take_in(self, stated: Iterable[tuple[int, tuple[Mention, ...]]]) -> None:
        """Take in versions: (sequence number, its mentions)."""
        found: list[Mention] = []
        for seq, mentions in stated:
            self.mentions[seq] = tuple(one.id for one in mentions)
            self.seq_of |= dict.fromkeys(self.mentions[seq], seq)
            found += mentions
        if self.entities.partition():
            self.entities.add(found)
        else:
            self.entities = Entities.build(found, (), self.settings)
        self.graph = None

    def linked(self) -> Graph:
        """Return the graph of who shares what, made when first asked for."""
        if self.graph is None:
            of = {m: entity.id for entity in self.entities for m in entity.mentions}
            stated = [one for one in map(self.entities.mention, of) if one is not None]
            self.graph = Graph.build(stated, of)
        return self.graph

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

    def rests(self, said: Said) -> tuple[Rest, ...]:
        """Return why a judgement decides nothing now; nothing when it does."""
        sides = (("a", said.judgement.a, said.a), ("b", said.judgement.b, said.b))
        return tuple(rest for side in sides if (rest := self._rest(*side)) is not None)

    def _rest(self, side: str, mention: str, then: Facts) -> Rest | None:
        if mention not in self.seq_of:
            return Rest(side, "gone")
        parts = changed(then, self.facts(mention))
        if parts == (NOT_KEPT,):
            return Rest(side, NOT_KEPT)
        return Rest(side, "changed", parts) if parts else None

    def settle(self) -> None:
        """Let those judgements stand whose two mentions are here and state what they stated. The
        others rest, and stand again when that is so again."""
        spoken = (one for one in self.judged.values() if one is not None)
        wanted = {one.judgement.id: one.judgement for one in spoken if not self.rests(one)}
        standing = {one.id: one for one in self.entities.judgements}
        for name in standing.keys() - wanted.keys():
            self.entities.withdraw(name)
            self.graph = None
        for name in sorted(wanted):
            if standing.get(name) != wanted[name]:
                self.entities.judge(wanted[name])
                self.graph = None

    def about(self, mentions: Collection[str]) -> list[int]:
        """Return the steps that say something about one of these mentions, newest first; those that
        rest too."""
        own = set(mentions)
        found = (
            seq
            for seq, one in self.judged.items()
            if one is not None and own & {one.judgement.a, one.judgement.b}
        )
        return sorted(found, reverse=True)

    def says(self, seq: int, one: str, other: str) -> bool:
        """Tell whether a step is about this pair and something stands after it."""
        found = self.judged[seq]
        return found is not None and {found.judgement.a, found.judgement.b} == {one, other}
