"""The lists in force as screening indexes, one per label.

Lists under different markings never share an index: how rare a word is would otherwise depend on
entries that a reader may not know of, and so would his scores.
"""

from __future__ import annotations

import gc
from collections.abc import Sequence

import msgspec
import sqlalchemy as sa

from esclusa.analysis.screening import Hit, Index, Screener, sentences
from esclusa.ledger import records, watchlists
from esclusa.ledger.labels import Labels
from esclusa.ledger.store import Store
from esclusa.model import ListEntry, natural_key, record_id
from esclusa.node.queries import Query


class Match(msgspec.Struct, frozen=True, kw_only=True):
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


class Screens:
    """Indexes over the lists in force; :meth:`refresh` follows the ledger."""

    def __init__(self, store: Store, labels: Labels, *, agency: str) -> None:
        self._store = store
        self._labels = labels
        self._agency = agency
        self._editions: dict[int, dict[str, str]] = {}
        self._screeners: dict[int, Screener] = {}

    def labels(self) -> tuple[int, ...]:
        """Return the labels that lists in force carry."""
        return tuple(sorted(self._screeners))

    def refresh(self) -> None:
        """Rebuild the indexes of labels whose lists changed since the last call."""
        rebuilt = False
        with self._store.read() as connection:
            now: dict[int, dict[str, str]] = {}
            for row in watchlists.all_lists(connection):
                now.setdefault(row.label_id, {})[row.id] = f"{row.edition} {row.loaded}"
            for label, editions in now.items():
                if self._editions.get(label) != editions:
                    entries = self._entries(connection, label, editions)
                    shown = {name: text.split(" ")[0] for name, text in editions.items()}
                    self._screeners[label] = Screener(Index.build(entries, shown))
                    rebuilt = True
        self._screeners = {label: self._screeners[label] for label in now}
        self._editions = now
        if rebuilt:
            _settle()

    def _entries(
        self, connection: sa.Connection, label: int, editions: dict[str, str]
    ) -> list[ListEntry]:
        found = records.current_of_kind(connection, self._labels, "list_entry", label_id=label)
        return [
            record.body
            for record in found
            if isinstance(record.body, ListEntry) and record.body.list_id in editions
        ]

    def matches(self, label: int, queries: Sequence[Query]) -> list[tuple[Match, ...]]:
        """Return for each query its matches in the lists under a label, best first."""
        screener = self._screeners[label]
        return [
            tuple(
                self._match(hit)
                for hit in screener.one(
                    query.name, query.type, query.birth_date, query.nationality, query.identifiers
                )
            )
            for query in queries
        ]

    def _match(self, hit: Hit) -> Match:
        key = natural_key(ListEntry(list_id=hit.list_id, uid=hit.uid, type=hit.entry_type, name=""))
        return Match(
            record_id=record_id(self._agency, "list_entry", key),
            list_id=hit.list_id,
            uid=hit.uid,
            edition=hit.edition,
            entry_type=hit.entry_type,
            entry_name=hit.entry_name,
            matched_name=hit.matched_name,
            score=hit.score,
            detail=tuple(sentences(hit, "en")),
            detail_es=tuple(sentences(hit, "es")),
            agrees=frozenset(_agreements(hit)),
        )


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
