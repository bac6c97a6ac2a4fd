"""The lists in force as screening indexes, one per label.

Lists under different markings never share an index: how rare a word is would otherwise depend on
entries that a reader may not know of, and so would his scores.
"""

from __future__ import annotations

import gc
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import msgspec
import sqlalchemy as sa

from esclusa.analysis.screening import (
    BulkScreener,
    Hit,
    Index,
    Party,
    Screener,
    sentences,
)
from esclusa.ledger import partner_lists, records, watchlists
from esclusa.ledger.labels import Labels
from esclusa.ledger.store import Store
from esclusa.model import Body, ListEntry, natural_key, record_id
from esclusa.node.partner_entries import compared, is_partners
from esclusa.node.queries import Query


class Match(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A possible match of a query with a list entry in force. ``agrees`` names what agrees:
    ``name``, ``birth_date``, ``document``, ``other``."""

    record_id: str
    list_id: str
    uid: str
    edition: str
    entry_type: str
    entry_name: str
    matched_name: str
    score: float
    detail: tuple[str, ...]
    detail_es: tuple[str, ...]
    agrees: frozenset[str] = frozenset()
    seq: int = 0
    """The version of a partner's entry that was compared; 0 for one of our own lists."""


class Screens:
    """Indexes over the lists in force; :meth:`refresh` follows the ledger."""

    def __init__(self, store: Store, labels: Labels, *, agency: str) -> None:
        self._store = store
        self._labels = labels
        self._agency = agency
        self._editions: dict[int, dict[str, Any]] = {}
        self._screeners: dict[int, Screener] = {}
        self._partners: dict[int, dict[str, int]] = {}
        """The versions in the indexes over partners' entries, by label and record."""

    def labels(self) -> tuple[int, ...]:
        """Return the labels that lists in force carry."""
        return tuple(sorted(self._screeners))

    def screener(self, label: int) -> Screener | None:
        """Return the screener over the lists in force under a label, None when there are none."""
        return self._screeners.get(label)

    def refresh(self) -> bool:
        """Follow the lists that changed since the last call, and say whether any did; reads only,
        so it may be called inside a transaction."""
        with self._store.read() as connection:
            now: dict[int, dict[str, Any]] = {}
            for row in watchlists.all_lists(connection):
                now.setdefault(row.label_id, {})[row.id] = row
            changed = [label for label in now if self._editions.get(label) != now[label]]
            for label in changed:
                index = self._index(connection, label, now[label])
                self._screeners[label] = Screener(index)
        self._screeners = {label: self._screeners[label] for label in now}
        self._partners = {label: held for label, held in self._partners.items() if label in now}
        self._editions = now
        if any(len(self._screeners[label].index.entries) > _LARGE for label in changed):
            _settle()
        return bool(changed)

    def _index(self, connection: sa.Connection, label: int, lists: Mapping[str, Any]) -> Index:
        """Return the index over the lists under a label: the one known with what editions since
        changed in it, if that is all, else a new one."""
        editions = {name: row.edition for name, row in lists.items()}
        if is_partners(self._labels.get(label)):
            return self._partners_index(connection, label, editions)
        known, old = self._screeners.get(label), self._editions.get(label, {})
        if known is not None and old.keys() == lists.keys():
            fresh = {name: old[name].number for name, row in lists.items() if row != old[name]}
            put, gone = watchlists.since(connection, label, fresh)
            index = known.index.updated(_listed(put), gone, editions)
            # Erasure takes an entry away without an edition; the count tells.
            if len(index.entries) == watchlists.count(connection, label, lists):
                return index
        every = records.current_of_kind(connection, self._labels, "list_entry", label_id=label)
        entries = _listed(record.body for record in every)
        return Index.build((entry for entry in entries if entry.list_id in lists), editions)

    def _partners_index(
        self, connection: sa.Connection, label: int, editions: Mapping[str, str]
    ) -> Index:
        """Return the index over a partner's entries in force under a label: the one known with what
        differs, if there is one."""
        (list_id,) = editions
        versions = partner_lists.versions(connection, label)
        known, held = self._screeners.get(label), self._partners.get(label, {})
        names = {seq: name for name, seq in versions.items()
                 if held.get(name) != seq}  # fmt: skip
        bodies = partner_lists.bodies(connection, names)
        put = [compared(list_id, names[seq], body) for seq, body in bodies.items()
               if isinstance(body, ListEntry)]  # fmt: skip
        self._partners[label] = versions
        if known is None:
            return Index.build(put, editions)
        gone = [(list_id, name) for name in held if name not in versions]
        return known.index.updated(put, gone, editions)

    def asked(self, label: int, query: Query) -> tuple[Match, ...]:
        """Return the matches of one query in the lists under a label as they stand now."""
        found = self.matches(label, [query])
        with self._store.read() as connection:
            return self.standing(connection, found)[0]

    def standing(
        self, connection: sa.Connection, found: list[tuple[Match, ...]]
    ) -> list[tuple[Match, ...]]:
        """Leave out matches with entries of partners that are no more what the index holds: taken
        back, narrowed or changed in this very transaction, or since the index was made."""
        asked = {match.seq for each in found for match in each if match.seq}
        if not asked:
            return found
        still = records.standing(connection, asked) | {0}
        return [tuple(match for match in each if match.seq in still) for each in found]

    def matches(self, label: int, queries: Sequence[Query]) -> list[tuple[Match, ...]]:
        """Return for each query its matches in the lists under a label, best first.

        Of a partner's list they count only as far as :meth:`standing` leaves them.
        """
        screener = self._screeners[label]
        asked = [screener.made(*query.asked) for query in queries]
        held = self._partners.get(label)
        return [
            tuple(self._match(hit, held) for hit in hits)
            for hits in BulkScreener(screener).all_of(asked)
        ]

    def ahead(self, label: int, asked: Sequence[Party]) -> None:
        """Ask the lists under a label for parties that :meth:`matches` will soon ask for, many at
        once: their answers are remembered."""
        screener = self._screeners.get(label)
        if screener is not None:
            BulkScreener(screener).all_of([screener.made(*party) for party in asked])

    def _match(self, hit: Hit, held: Mapping[str, int] | None) -> Match:
        """:param held: what the index holds when it is one over a partner's entries, which are
        named by their records."""
        name = hit.uid
        if held is None:
            key = natural_key(
                ListEntry(list_id=hit.list_id, uid=hit.uid, type=hit.entry_type, name="")
            )
            name = record_id(self._agency, "list_entry", key)
        return Match(
            record_id=name,
            seq=held[hit.uid] if held is not None else 0,
            list_id=hit.list_id,
            uid=hit.uid,
            edition=hit.edition,
            entry_type=hit.entry_type,
            entry_name=hit.entry_name or hit.uid,
            matched_name=hit.matched_name,
            score=hit.score,
            detail=tuple(sentences(hit, "en")),
            detail_es=tuple(sentences(hit, "es")),
            agrees=frozenset(_agreements(hit)),
        )


def _listed(bodies: Iterable[Body | None]) -> Iterator[ListEntry]:
    return (body for body in bodies if isinstance(body, ListEntry))


_LARGE = 1_000
"""Entries from which on an index is worth taking out of the collector's sight."""


def _settle() -> None:
    """Take what is alive out of the collector's sight. An index is some hundred thousand objects
    that stay until its list changes; looking through them again and again took an eighth of the
    time from bytes to queue (measured at 20,000 entries)."""
    gc.unfreeze()
    gc.collect()
    gc.freeze()


_AGREES = {
    "birth_date": "birth_date",
    "identifier": "document",
    "identifier_other_scheme": "document",
    # A country only ever backs up a name and a birth date; rules never ask for it alone.
    "country": "other",
}


def _agreements(hit: Hit) -> set[str]:
    found = {_AGREES[part.code] for part in hit.parts if part.code in _AGREES and part.points > 0}
    return found | ({"name"} if hit.matched_name and not hit.weak_alias else set())
