"""What a register of entities takes from a snapshot of the ledger, and how far it has come."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Set
from hashlib import blake2b
from typing import Final

import msgspec
import sqlalchemy as sa

from esclusa.analysis.resolution import Mention, Settings, listed_rarity, mentions_of
from esclusa.analysis.resolution.wordtable import WordTable
from esclusa.ledger import records
from esclusa.ledger.labels import Label, Labels
from esclusa.ledger.register import Changing, File
from esclusa.ledger.standing import (
    Mark,
    Standing,
    erased_by,
    erased_since,
    mark,
    standing_at,
)
from esclusa.node import entity_judging as judging
from esclusa.node.entity_known import Known
from esclusa.node.pipeline import ANALYSED

KINDS: Final = ANALYSED | {"list_entry", "ownership"}
UNSETTLED: Final = "unsettled"
_BATCH: Final = 2_000


def number_of(label: Label) -> int:
    """Return a label's number from what it says. The node's own numbers tell in which order
    markings came to it, hidden ones too, and ids are made from them."""
    said = msgspec.structs.replace(label, id=0)
    made = blake2b(msgspec.json.encode(said, order="deterministic"), digest_size=7).digest()
    return int.from_bytes(made, "big")


# -- how far a file has come


def noted(file: File) -> Mark:
    """Return how far a file has come."""
    return msgspec.json.decode(file.get("mark") or "{}", type=Mark)


def labels_in(file: File) -> frozenset[int]:
    """Return the labels that a file was made for."""
    return frozenset(msgspec.json.decode(file.get("labels") or "[]", type=list[int]))


def owed_in(file: File) -> list[int]:
    """Return those of them of which nothing was taken in yet."""
    return msgspec.json.decode(file.get("owed") or "[]", type=list[int])


def note(file: File, here: Standing, visible: Collection[int]) -> None:
    """Note how far a file has come."""
    file.put("mark", msgspec.json.encode(here.mark).decode())
    file.put("last", here.digest)
    file.put("labels", msgspec.json.encode(sorted(visible)).decode())


def is_before(here: Mark, before: Mark) -> bool:
    """Tell whether a snapshot is older than what a file knows, which another process may have
    brought on; or of a ledger that was restored."""
    return here.last < before.last or here.erased < before.erased


def goes_on(connection: sa.Connection, file: File, here: Mark) -> bool:
    """Tell whether a ledger goes on from where a file stands: it has that last version (digests are
    salted), and the erasures that the file knows. One that was restored from a backup has not: it
    took another way from some point on, or has something back that was erased."""
    before = noted(file)
    if file.get("last") != standing_at(connection, before.last):
        return False
    if _as_erased(before, here):
        return True
    count, at = erased_by(connection, before.at)
    return count >= before.erased and at == before.at


def _as_erased(before: Mark, here: Mark) -> bool:
    """Tell whether nothing was erased between two marks."""
    return (before.erased, before.at) == (here.erased, here.at)


def stands(here: Standing, file: File) -> bool:
    """Tell whether a file is of just what a snapshot of the ledger shows."""
    same = noted(file) == here.mark and file.get("last") == here.digest
    return same and not owed_in(file)


def gone(connection: sa.Connection, file: File, here: Mark) -> set[int]:
    """Return what a file holds and the ledger has erased."""
    before = noted(file)
    if _as_erased(before, here):
        return set()
    count, _ = erased_by(connection, before.at)
    # More than there were: a clock went back, and later erasures bear an earlier moment.
    since = before.at if count == before.erased else ""
    return {seq for seq in erased_since(connection, since) if holds(file, seq)}


def holds(file: File, seq: int) -> bool:
    """Tell whether a version is in a file."""
    query = "SELECT 1 FROM version WHERE seq = ?1 UNION SELECT 1 FROM judged WHERE seq = ?1"
    return file.one(query, (seq,)) is not None


# -- rows


class Taking:
    """Takes versions and judgements into a file, inside its transaction, and out of it."""

    def __init__(self, labels: Labels, settings: Settings) -> None:
        self.settings: Final = settings
        self._labels = labels
        self._table = WordTable(listed_rarity(), settings)

    def known(self, file: File) -> Known:
        """Return what a file tells, for as long as its block of reading lasts."""
        return Known(file, self.settings, self._table)

    def versions(
        self, connection: sa.Connection, visible: Collection[int], file: File,
        fresh: dict[int, int], left: Iterable[int],
    ) -> set[str]:  # fmt: skip
        """Take versions out and in: sequence number → label number of those that came. Return the
        mentions that left or came."""
        out = sorted(seq for seq in left if _stated(file, seq))
        names = [row[0] for seq in out
                 for row in file.all("SELECT id FROM mention WHERE seq = ?", (seq,))]  # fmt: skip
        came = {seq: label for seq, label in fresh.items() if not _stated(file, seq)}
        stated = list(self.stated(connection, visible, came, file))
        if names or stated:
            Changing(file, self.settings, self._table).change(stated, names)
        file.many("DELETE FROM version WHERE seq = ?", [(seq,) for seq in out])
        return {*names, *(mention.id for mention in stated)}

    def erased(self, connection: sa.Connection, file: File) -> bool:
        """Take out what was erased and nothing in; tell whether there was something. What it takes
        out is in the file's journal until that is settled, and so it is noted."""
        here, before = mark(connection), noted(file)
        left = gone(connection, file, here)
        touched = self.versions(connection, (), file, {}, left)
        self.judgements(connection, (), file, {}, left, touched)
        now = Mark(before.last, here.erased, here.at)
        file.put("mark", msgspec.json.encode(now).decode())
        if left:
            file.put(UNSETTLED, "1")
        return bool(left)

    def stated(
        self, connection: sa.Connection, visible: Collection[int], fresh: dict[int, int],
        file: File,
    ) -> Iterator[Mention]:  # fmt: skip
        """Yield the mentions of versions, and note the versions."""
        numbers = {number: number_of(self._labels.get(number)) for number in visible}
        seqs = sorted(fresh)
        for start in range(0, len(seqs), _BATCH):
            some = seqs[start : start + _BATCH]
            held = records.get_by_seq(connection, self._labels, visible, some)
            file.many(
                "INSERT INTO version VALUES (?, ?, ?)",
                [(seq, held[seq].id, numbers[fresh[seq]]) for seq in some],
            )
            for seq in some:
                one = held[seq]
                assert one.body is not None  # erased versions are not in force
                label = numbers[fresh[seq]]
                yield from mentions_of(one.body, record=one.id, label=label, seq=seq)

    def judgements(
        self, connection: sa.Connection, visible: Collection[int], file: File,
        fresh: dict[int, int], left: Collection[int], touched: Set[str],
    ) -> None:  # fmt: skip
        """Take steps on pairs out and in, and let those count whose mentions state what they
        stated.

        :param touched: the mentions that left or came; a step on others counts as it did.
        """
        if not (fresh or left or touched):
            return
        standing = file.standing()
        stood = {row[0] for row in file.all("SELECT seq FROM judged WHERE stands")}
        file.many("DELETE FROM judged WHERE seq = ?", [(seq,) for seq in left])
        held = judging.read(connection, self._labels, visible, fresh)
        for seq in sorted(held):
            label = number_of(self._labels.get(fresh[seq]))
            file.put_judged(seq, judging.said_in(held[seq], label))
        known = self.known(file)
        counting = {
            seq: one
            for seq, one in known.judged.items()
            if one is not None and (
                not known.rests(one)
                if seq in held or not touched.isdisjoint(one.judgement.pair)
                else seq in stood
            )
        }  # fmt: skip
        wanted = {one.judgement.id: one.judgement for one in counting.values()}
        if wanted != standing:
            Changing(file, self.settings, self._table, standing).change(judgements=wanted)
        file.run("UPDATE judged SET stands = 0 WHERE stands")
        file.many("UPDATE judged SET stands = 1 WHERE seq = ?", [(seq,) for seq in counting])


def _stated(file: File, seq: int) -> bool:
    return file.one("SELECT 1 FROM version WHERE seq = ?", (seq,)) is not None
