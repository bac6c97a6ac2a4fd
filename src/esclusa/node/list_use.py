"""What came of a list: possible matches, people's answers, examinations and finds; here and, of
entries that partners were given or gave us, on the other side.

Everything is counted from what the reader may see, so a reader who may not know of an alert gets
the figures of a world without it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from typing import Final

import polars as pl
import sqlalchemy as sa

from esclusa.ledger import matches, partner_lists, records, watchlists
from esclusa.ledger.records import slices
from esclusa.model import Alert, Feedback, ListEntry
from esclusa.node.examinations import outcomes_of
from esclusa.node.exchange import Exchange
from esclusa.node.feedback_entries import NOT_THE_SAME, SAME, of_our_entries
from esclusa.node.list_desk import ListDesk
from esclusa.node.partner_entries import is_partners
from esclusa.node.pipeline import Pipeline
from esclusa.sharing import list_views as views
from esclusa.sharing.reader import Action, Reader
from esclusa.sharing.release import Gate

MOST: Final = 20_000
"""Alerts that are looked through; a list on which more rest is counted by its newest."""
_CANNOT_TELL: Final = "cannot_tell"


class ListUses:
    """The figures of lists, for people."""

    def __init__(
        self, gate: Gate, pipeline: Pipeline, exchange: Exchange, lists: ListDesk
    ) -> None:  # fmt: skip
        self._gate = gate
        self._store = pipeline.store
        self._labels = pipeline.labels
        self._exchange = exchange
        self._lists = lists
        self._us = pipeline.settings.agency

    def use(self, reader: Reader, list_id: str, *, key: str = "") -> views.ListUse:
        """Return what came of a list.

        :raises NotFound: when there is no such list that the reader may know of.
        """
        reader.require(Action.WARNING_READ)
        with self._gate.together(reader), self._gate.reading(reader) as (connection, visible):
            shown = self._lists.show(reader, list_id, key=key)
            row = self._lists.named(connection, visible, list_id, shown.key)
            theirs = is_partners(self._labels.get(row.label_id))
            entries = self._entries(connection, list_id, row.label_id, theirs=theirs)
            seqs = list(self._alerts(connection, visible, entries))
            here = self._here(connection, visible, entries, seqs[:MOST])
            said = [body for _held, body in of_our_entries(connection, visible, self._us)]
        partners = self._told(said, entries) if theirs else self._heard(said, list_id, row.label_id)
        return views.ListUse(
            id=list_id, key=shown.key, title=shown.title, here=here, partners=tuple(partners),
            more=len(seqs) > MOST, given_by=self._labels.get(row.label_id).originator
            if theirs else "",
        )  # fmt: skip

    def _entries(
        self, connection: sa.Connection, list_id: str, label: int, *, theirs: bool
    ) -> set[str]:
        if theirs:
            return set(partner_lists.versions(connection, label))
        return watchlists.entry_ids(connection, list_id, label)

    def _alerts(
        self, connection: sa.Connection, visible: Collection[int], entries: Collection[str]
    ) -> Iterator[int]:
        """Yield the newest versions of visible alerts that rest on entries, the newest first."""
        found: set[int] = set()
        for some in slices(sorted(entries)):
            values = [f"record:{name}" for name in some]
            found.update(matches.alerts_holding(connection, visible, values))
        yield from sorted(found, reverse=True)

    def _here(
        self, connection: sa.Connection, visible: Collection[int], entries: Collection[str],
        seqs: Collection[int],
    ) -> views.UseRow:  # fmt: skip
        states: dict[str, str] = {}
        subjects: set[str] = set()
        bodies = records.bodies_by_seq(connection, visible, list(seqs))
        for seq in sorted(bodies):
            alert = bodies[seq]
            assert isinstance(alert, Alert)
            for reason in alert.reasons:
                if reason.record_id in entries and reason.match:
                    states[reason.match.id] = reason.match.state
                    if reason.match.state != NOT_THE_SAME:
                        subjects.add(alert.subject_id)
        outcomes = outcomes_of(connection, self._labels, visible, subjects)
        table = outcomes.filter(pl.col("found").is_not_null())
        told = Counter(states.values())
        return views.UseRow(
            matches=len(states), the_same=told[SAME], not_the_same=told[NOT_THE_SAME],
            cannot_tell=told[_CANNOT_TELL], examined=table["event"].n_unique(),
            found=table.filter(pl.col("found"))["event"].n_unique(),
        )  # fmt: skip

    def _told(self, said: Iterable[Feedback], entries: Collection[str]) -> Iterator[views.UseRow]:
        """Yield what we told the partner whose entries these are."""
        ours = [one for one in said if one.agency == self._us and one.about in entries]
        if ours:
            yield _row(ours[0].to, ours)

    def _heard(
        self, said: Iterable[Feedback], list_id: str, label: int
    ) -> Iterator[views.UseRow]:  # fmt: skip
        """Yield what each partner said of this list's entries."""
        self._exchange.state()
        by_partner: dict[str, list[Feedback]] = {}
        names = {one.about for one in said if one.to == self._us}
        places = {
            name: place for name in names
            if (place := self._exchange.pointers.get(name)) is not None and place.label == label
        }  # fmt: skip
        with self._store.read() as connection:
            bodies = partner_lists.bodies(connection, {one.seq for one in places.values()})
        ours = {
            name for name, place in places.items()
            if isinstance(body := bodies.get(place.seq), ListEntry) and body.list_id == list_id
        }  # fmt: skip
        for one in said:
            if one.to == self._us and one.about in ours:
                by_partner.setdefault(one.agency, []).append(one)
        for partner, held in sorted(by_partner.items()):
            yield _row(partner, held)


def _row(partner: str, said: Collection[Feedback]) -> views.UseRow:
    told = Counter(one.decided for one in said)
    looked = {one.event or f"{one.about}/{one.match}": one for one in said if one.result}
    return views.UseRow(
        partner=partner, matches=len(said), the_same=told[SAME], not_the_same=told[NOT_THE_SAME],
        examined=len(looked), found=sum(one.result == "found" for one in looked.values()),
        seized=sum(one.seized for one in looked.values()),
    )  # fmt: skip
