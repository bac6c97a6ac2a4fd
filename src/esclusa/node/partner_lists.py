"""Partners' list entries as lists that are screened against here.

What a partner shares of its own lists is a list here, named by its originator, one for each marking
under which entries came. Records are the truth; this brings the lists in step with them: right
after a batch was taken in, and as time passes. New and changed entries are compared with all kept
records at once. What is taken back, narrowed, or no more lent leaves the list; screening itself
leaves out a match the moment its entry is not in force any more.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

import sqlalchemy as sa

from esclusa.ledger import audit, partner_lists, retro, watchlists
from esclusa.ledger.labels import Label
from esclusa.ledger.partner_lists import Held
from esclusa.ledger.watchlists import ChangeRow, Edition
from esclusa.node.list_changes import ADDED, CHANGED, REMOVED
from esclusa.node.partner_entries import EXCHANGED, is_partners, list_of
from esclusa.node.pipeline import Pipeline
from esclusa.node.retro import Retro
from esclusa.sharing.reader import Action


class PartnerLists:
    """Keeps the lists that partners' entries make in step with the entries held."""

    def __init__(self, pipeline: Pipeline, retro: Retro) -> None:
        self._store = pipeline.store
        self._labels = pipeline.labels
        self._algebra = pipeline.analyst.algebra
        self._retro = retro
        self._seen: dict[int, Held] = {}
        self._begun = False

    def keep_up(self) -> None:
        """Enter what has come, changed or gone since, and compare kept records with it; safe to
        repeat and to interrupt. Opens transactions."""
        labels = {label.id: label for label in self._labels.all() if is_partners(label)}
        if not labels:
            return
        hidden = self._algebra.hidden()
        with self._store.read() as connection:
            now = partner_lists.in_force(connection, labels.keys() - hidden)
            known = partner_lists.lists(connection, labels.keys())
        concerned = {
            label for label in now.keys() | known if self._seen.get(label) != now.get(label)
        }
        if not self._begun:
            concerned = now.keys() | known
        for label in sorted(concerned):
            self._bring(labels[label], fresh=label not in known, lent=label not in hidden)
        self._seen, self._begun = now, True
        if concerned:
            self._retro.run()

    def _bring(self, label: Label, *, fresh: bool, lent: bool) -> None:
        if fresh and lent:
            # What another process takes in meanwhile needs no label that is not made yet.
            for item in self._labels.all():
                if "/" not in item.supplier:
                    self._algebra.join(item.id, label.id)
        name = list_of(label.originator, label.supplier)
        with self._store.write() as connection:
            now = partner_lists.versions(connection, label.id) if lent else {}
            changes = _changes(partner_lists.said(connection, name, label.id), now)
            if not changes:
                return
            self._enter(connection, name, label, changes, len(now))

    def _enter(
        self, connection: sa.Connection, name: str, label: Label, changes: list[ChangeRow],
        entries: int,
    ) -> None:  # fmt: skip
        more = any(row.what != REMOVED for row in changes)
        through = label.supplier if label.supplier != label.originator else ""
        edition = Edition(
            id=name, label_id=label.id, title=label.originator,
            edition=f"{dt.datetime.now(dt.UTC):%Y-%m-%d}", format=EXCHANGED, entries=entries,
            by=label.supplier, source=through,
        )  # fmt: skip
        # Where entries only go, the erasure or the narrowing has seen to what rested on them.
        until = retro.newest(connection) if more else 0
        number = watchlists.enter(connection, edition, changes, in_force=True, until=until)
        if entries:
            watchlists.put(
                connection, id=name, title=edition.title, format=EXCHANGED,
                edition=edition.edition, entries=entries, label_id=label.id, by=edition.by,
                number=number, source=through,
            )  # fmt: skip
        else:
            partner_lists.end(connection, name, label.id)
        audit.write_line(
            connection, who="exchange", role="exchange", purpose="exchange",
            action=Action.LIST_WRITE, subject=name, detail=f"entries={entries}",
        )  # fmt: skip


def _changes(before: Mapping[str, int], now: Mapping[str, int]) -> list[ChangeRow]:
    """Return what leads from versions to others, by record; nothing in it quotes an entry."""
    gone = [(REMOVED, name, 0) for name in sorted(before.keys() - now.keys())]
    told = [
        (CHANGED if name in before else ADDED, name, seq)
        for name, seq in sorted(now.items()) if before.get(name) != seq
    ]  # fmt: skip
    told.sort(key=lambda one: one[0] != CHANGED)
    return [ChangeRow(what=what, uid=name, record_id=name, after=seq)
            for what, name, seq in (*gone, *told)]  # fmt: skip
