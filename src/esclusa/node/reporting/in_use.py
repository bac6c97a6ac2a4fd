"""Under which labels there is anything that a report counts; remembered, because records stay."""

from __future__ import annotations

import threading
from collections.abc import Collection
from typing import Final

from esclusa.ledger import casework_counts as counts
from esclusa.ledger.store import Store

_NO_WORK: Final = ("list_entry", "rule_move", "score_model", "model_move", "kept_report")
"""Kinds of record that a report counts nothing of."""


class InUse:
    """The labels in use of one ledger; safe to share between threads.

    A record's version is never removed from the ledger, only emptied: so a label that was in use
    once stays so, and only what was added since has to be looked at. The ledger itself is asked and
    not a reader's part of it; what is handed out are labels that the caller may see.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._last = 0
        self._known: set[int] = set()
        self._lock = threading.Lock()

    def among(self, visible: Collection[int]) -> frozenset[int]:
        """Return which of these labels anything of a report stands under."""
        with self._lock, self._store.read() as connection:
            last, fresh = counts.labels_since(connection, self._last, _NO_WORK)
            self._known |= fresh
            self._last = max(last, self._last)
            files = counts.labels_of_files(connection)
            return frozenset(visible) & (self._known | files)
