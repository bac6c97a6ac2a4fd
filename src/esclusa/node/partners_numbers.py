"""Redress numbers that partners gave: which labels their grants stand under, and which labels the
reasons get that rest on them.

Such a reason is hidden with the partner's copy and erased with it: then what is known without the
number speaks again, and nothing is quiet that nobody vouches for any more.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Final

import msgspec

from esclusa.analysis.targeting import TravellerContext
from esclusa.ledger import redress
from esclusa.ledger.labels import Labels
from esclusa.ledger.store import Store
from esclusa.node.alerts import LabelAlgebra
from esclusa.node.match_memory import Weighed

_MOST: Final = 64
"""Labels of one record's reasons that are joined with a partner's; a record has a handful."""


class Quieted(msgspec.Struct, frozen=True, kw_only=True):
    """What lists say of a traveller once a partner's number counts, and a match it keeps quiet."""

    watched: TravellerContext
    by: Weighed | None = None


class PartnersNumbers:
    """Labels of partners' grants, and of what rests on them; made ready outside transactions."""

    def __init__(self, store: Store, labels: Labels, algebra: LabelAlgebra) -> None:
        self._store = store
        self._labels = labels
        self._algebra = algebra
        self._joined: dict[tuple[int, int], int] = {}
        self._hidden: frozenset[int] = frozenset()
        self.coming: frozenset[int] = frozenset()
        """Labels of grants that are about to be stored."""
        self.missed: set[str] = set()
        """Records that could not be screened again when a grant came; the node's tick does it."""

    def ready(
        self, label: int, hidden: frozenset[int], lists: Collection[int], rules: Iterable[int]
    ) -> None:
        """Make the labels that reasons about records under ``label`` may need; opens transactions.

        :param hidden: labels of copies that may not be looked at now.
        :param lists: the labels of lists in force.
        :param rules: the labels of rules of the node's own.
        """
        self._hidden = hidden
        with self._store.read() as connection:
            standing = redress.grant_labels(connection)
        granting = {n for n in standing | self.coming if self._labels.get(n).supplier}
        if not granting:
            return
        needed = {label}
        for other in (*lists, *rules):
            needed |= {self._algebra.join(known, other) for known in needed}
            if len(needed) > _MOST:
                break
        for grant in granting:
            self._joined |= {(known, grant): self._algebra.join(known, grant) for known in needed}

    def joined(self, needed: int, granting: int) -> int | None:
        """Return the label of what rests on a reason's label and a partner's grant; None where the
        partner's copies may not be looked at, or analysis was not made ready for it."""
        return None if granting in self._hidden else self._joined.get((needed, granting))
