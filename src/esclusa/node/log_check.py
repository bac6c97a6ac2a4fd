"""Whether the audit log is unbroken: worked out whole, kept with its moment, and told.

Each line's hash covers all lines before it, so one walk from the first line shows a line that was
changed, taken out or put in. A log that was cut off at its end, or written anew as a whole, shows
only against a hash that somebody kept elsewhere: the seal on the auditor's page and in each monthly
pack is for that.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from threading import Lock
from typing import Final

import msgspec

from esclusa.errors import InputError
from esclusa.ledger import audit
from esclusa.ledger.store import Store
from esclusa.sharing.health_views import LogView
from esclusa.sharing.reader import Action, Reader

AGAIN: Final = dt.timedelta(hours=24)
"""A served node verifies the whole log this often."""


class LogCheck:
    """Verifies one node's audit log. ``now`` is the node's clock."""

    def __init__(
        self, store: Store, now: Callable[[], dt.datetime] = lambda: dt.datetime.now(dt.UTC)
    ) -> None:
        self._store = store
        self._now = now
        self._lock = Lock()
        self._last = LogView()
        self._at: dt.datetime | None = None

    def last(self) -> LogView:
        """Return what the last verification of this process found."""
        return self._last

    def last_for(self, reader: Reader) -> LogView:
        """Return the same for a reader: how many lines there are is for who may read them."""
        if reader.may(Action.AUDIT_READ):
            return self._last
        return msgspec.structs.replace(self._last, lines=0, seal="")

    def keep_up(self) -> None:
        """Verify when the last time is a day ago: a job of a served node."""
        if self._at is None or self._now() - self._at >= AGAIN:
            self._verify()

    def verify(self, reader: Reader) -> LogView:
        """Verify now, the whole log; the line that says so comes after what was verified."""
        reader.require(Action.LOG_VERIFY)
        found = self._verify()
        with self._store.write() as connection:
            audit.write_line(
                connection, who=reader.name, role=reader.role, purpose=reader.purpose,
                action=Action.LOG_VERIFY, detail=f"broken={found.broken}",
            )  # fmt: skip
        return self.last_for(reader)

    def holds(self, reader: Reader, number: int, seal: str) -> bool:
        """Tell whether the log still has a line of a number with the hash that somebody kept.

        :raises InputError: when the hash is not one.
        """
        reader.require(Action.LOG_VERIFY)
        try:
            kept = bytes.fromhex(seal.strip())
        except ValueError:
            raise InputError(
                "a seal is 64 digits from 0 to f", field="seal", problem="name", expected="64 × 0–f"
            ) from None
        if len(kept) != 32 or number < 1:
            raise InputError(
                "a seal is a line's number and 64 digits from 0 to f",
                field="number" if number < 1 else "seal",
                problem="whole" if number < 1 else "name",
                expected="≥ 1" if number < 1 else "64 × 0–f",
            )  # fmt: skip
        with self._store.read() as connection:
            return audit.hash_of(connection, number) == kept

    def _verify(self) -> LogView:
        with self._lock:
            with self._store.read() as connection:
                found = audit.verified(connection)
            self._at = self._now()
            self._last = LogView(
                at=self._at.strftime("%Y-%m-%dT%H:%M:%SZ"), lines=found.lines,
                broken=found.broken, seal=found.seal.hex(),
            )  # fmt: skip
            return self._last
