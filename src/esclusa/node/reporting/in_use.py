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

    :param only: kinds of record that count, and no files; without any, what a report on casework
        counts.

    A record's version is never removed from the ledger, only emptied: so a label that was in use
    once stays so, and only what was added since has to be looked at. The ledger itself is asked and
    not a reader's part of it; what is handed out are labels that the caller may see.
    """

    def __init__(self, store: Store, only: Collection[str] = ()) -> None:
        self._store = store
        self._only = frozenset(only)
        self._last = 0
        self._known: set[int] = set()
        self._lock = threading.Lock()

    def among(self, visible: Collection[int]) -> frozenset[int]:
        """Return which of these labels anything of a report stands under."""
        with self._lock, self._store.read() as connection:
            last, fresh = counts.labels_since(
                connection, self._last, self._only or _NO_WORK, only=bool(self._only)
            )
            self._known |= fresh
            self._last = max(last, self._last)
            files = set[int]() if self._only else counts.labels_of_files(connection)
            return frozenset(visible) & (self._known | files)
