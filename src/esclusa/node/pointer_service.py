"""Pointer search between this node and its partners: both sides, and what time brings.

The rules are those of :mod:`esclusa.sharing.pointers`; messages travel in the requests of the
exchange, each stored in one transaction with the state, the log row and the audit line.
"""

from __future__ import annotations

from esclusa.ledger.labels import Labels
from esclusa.ledger.store import Store
from esclusa.node import pointer_rows as kept
from esclusa.node.exchange_ledger import ExchangeLedger
from esclusa.node.pointer_asker import AskerSide
from esclusa.node.pointer_owner import OwnerSide
from esclusa.sharing.pointers.rows import Row


class PointerService:
    """Both sides of one node; safe to share between threads."""

    def __init__(
        self, exchange: ExchangeLedger, store: Store, labels: Labels, workers: int = 1
    ) -> None:
        """:param workers: processes that compute a large set."""
        self._exchange = exchange
        self._store = store
        exchange.kept.update({name: {} for name in kept.WATCHED})
        self.owner = OwnerSide(exchange, store, labels, workers)
        self.asker = AskerSide(exchange, store)
        exchange.upkeep.append(self.keep_up)

    def keep_up(self) -> None:
        """Answer what partners asked, take in what they answered, let what is over go."""
        self.owner.keep_up()
        self.asker.keep_up()

    def log(self) -> list[Row]:
        """Return the log of both sides, oldest first; no key stands in it."""
        with self._store.read() as connection:
            return kept.log(connection)
