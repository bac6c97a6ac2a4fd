"""The entities of one set of labels, kept in memory and brought up to date from the ledger."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from esclusa.analysis.links import Graph
from esclusa.analysis.resolution import Entities, Judgement, Mention, Settings


class Known:
    """The entities of one set of labels, and which versions they were worked out from."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.entities = Entities(settings)
        self.mentions: dict[int, tuple[str, ...]] = {}
        self.seq_of: dict[str, int] = {}
        self.judged: dict[int, Judgement | None] = {}
        """Newest step on each pair by its sequence number; None where nothing stands after it."""
        self.graph: Graph | None = None

    def take_out(self, seqs: Collection[int]) -> None:
        """Forget versions that are no longer in force, whatever took them away."""
        gone = [mention for seq in seqs for mention in self.mentions.pop(seq)]
        for mention in gone:
            del self.seq_of[mention]
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

    def settle(self) -> None:
        """Let those judgements stand whose two mentions are here. One whose record went and came
        back stands again."""
        spoken = (one for one in self.judged.values() if one is not None)
        wanted = {one.id: one for one in spoken if self.seq_of.keys() >= {one.a, one.b}}
        standing = {one.id: one for one in self.entities.judgements}
        for name in standing.keys() - wanted.keys():
            self.entities.withdraw(name)
            self.graph = None
        for name in sorted(wanted):
            if standing.get(name) != wanted[name]:
                self.entities.judge(wanted[name])
                self.graph = None

    def about(self, mentions: Collection[str]) -> list[int]:
        """Return the steps on pairs that stand and name one of these mentions, newest first."""
        own = set(mentions)
        found = (
            seq for seq, one in self.judged.items() if one is not None and own & {one.a, one.b}
        )
        return sorted(found, reverse=True)

    def says(self, seq: int, one: str, other: str) -> bool:
        """Tell whether a step is about this pair and something stands after it."""
        found = self.judged[seq]
        return found is not None and {found.a, found.b} == {one, other}
