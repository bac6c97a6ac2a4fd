"""Labels: each distinct (originator, marking, supplier) as a small integer.

A policy is then evaluated once per label and reader, and every query carries the answer as a set
of integers. Labels are never removed, so the numbers can be cached.
"""

from __future__ import annotations

import threading
from typing import Final

import msgspec
import sqlalchemy as sa

from esclusa.ledger.schema import label
from esclusa.ledger.store import Store
from esclusa.model import Marking, parse_marking


class Label(msgspec.Struct, frozen=True, kw_only=True):
    """An interned marking with the originator it belongs to.

    ``supplier`` is the partner that a copy came through, "" for what this node took in itself. What
    this node made of copies, and of something stricter of its own, names their paths instead:
    ``supplier/originator``, several of them joined by ``+``.
    """

    id: int
    originator: str
    marking: Marking
    supplier: str = ""

    @property
    def paths(self) -> tuple[tuple[str, str], ...]:
        """Return the (supplier, originator) of every copy that this is, or rests on."""
        if "/" not in self.supplier:
            return ((self.supplier, self.originator),) if self.supplier else ()
        parts = (part.partition("/") for part in self.supplier.split("+"))
        return tuple((supplier, originator) for supplier, _, originator in parts)


class Labels:
    """The table of labels with a cache; safe to share between threads."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._by_id: dict[int, Label] = {}
        self._by_value: dict[tuple[str, Marking, str], int] = {}
        self._lock = threading.Lock()

    def intern(self, originator: str, marking: Marking, supplier: str = "") -> int:
        """Return the label's number, making one when it is new; opens a transaction then."""
        value = (originator, marking, supplier)
        known = self._by_value.get(value)
        if known is not None:
            return known
        with self._store.write() as connection:
            self._load(connection)
            known = self._by_value.get(value)
            if known is None:
                known = max(self._by_id, default=0) + 1
                text = marking.canonical().decode()
                connection.execute(
                    label.insert().values(
                        id=known, originator=originator, marking=text, supplier=supplier
                    )
                )
        self._keep(Label(id=known, originator=originator, marking=marking, supplier=supplier))
        return known

    def find(self, originator: str, marking: Marking, supplier: str = "") -> int | None:
        """Return the label's number as far as :meth:`all` has read, None when there is none."""
        return self._by_value.get((originator, marking, supplier))

    def all(self) -> tuple[Label, ...]:
        """Return every label, by number."""
        with self._store.read() as connection:
            self._load(connection)
        return tuple(self._by_id[number] for number in sorted(self._by_id))

    def get(self, number: int) -> Label:
        """Return one label by its number."""
        if number not in self._by_id:
            self.all()
        return self._by_id[number]

    def _load(self, connection: sa.Connection) -> None:
        newest = max(self._by_id, default=0)
        rows = connection.execute(_NEWER, {"newest": newest})
        for row in rows:
            marking = parse_marking(row.marking)
            self._keep(
                Label(id=row.id, originator=row.originator, marking=marking, supplier=row.supplier)
            )

    def _keep(self, item: Label) -> None:
        with self._lock:
            self._by_id[item.id] = item
            self._by_value[item.originator, item.marking, item.supplier] = item.id


_NEWER: Final = sa.select(label).where(label.c.id > sa.bindparam("newest"))
