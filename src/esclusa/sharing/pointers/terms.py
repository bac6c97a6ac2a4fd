"""What two services agree on for pointer search: the clause, its searches and their limits.

A clause releases "hit" and nothing else. What it does not name is not searched: neither a purpose,
nor a kind of record, nor a key. Its level and caveats are its own: "hit" may be said of a record
that no other clause hands over.
"""

from __future__ import annotations

import datetime as dt
from typing import Final

import msgspec

from esclusa.errors import AgreementError
from esclusa.sharing.agreement.searches import KEYS, faults
from esclusa.sharing.agreement.shape import Agreement, Limits, PointerClause, Search, Subject

__all__ = [
    "DRAFT_LIMITS", "KEYS", "Limits", "PointerClause", "Search", "Subject", "Terms", "check",
]  # fmt: skip


class Terms(msgspec.Struct, frozen=True, kw_only=True):
    """A clause in force: the digest of its agreement, from ``begins`` up to and without ``ends``.

    :func:`esclusa.sharing.pointers.admission.terms_of` makes one of a signed agreement.
    """

    agreement: str
    begins: dt.datetime
    ends: dt.datetime
    clause: PointerClause

    def search(self, subject: Subject, owner: str, purpose: str, now: dt.datetime) -> Search | None:
        """Return what an owner lets be searched now for a purpose, None when nothing."""
        given = self.clause.giver == owner and purpose in self.clause.purposes
        return self.clause.search(subject) if given and self.begins <= now < self.ends else None


DRAFT_LIMITS: Final[dict[Subject, Limits]] = {
    "person": Limits(question=1024, day=8192, epoch=8192, year=500_000),
    "company": Limits(question=256, day=1024, epoch=1024, year=100_000),
    "vessel": Limits(question=64, day=512, epoch=512, year=40_000),
    "container": Limits(question=1024, day=4096, epoch=4096, year=400_000),
}
"""Numbers to begin a draft with. A vessel's are low because its numbers are few: 40,000 a year is
4 % of the 900,000 well-formed IMO numbers. docs/pointer-search.md computes what each allows."""


def check(clause: PointerClause, agreement: Agreement) -> None:
    """Check what the types cannot say.

    :raises AgreementError: for the first thing that is wrong, named by its place in the clause.
    """
    for problem in faults(clause, agreement):
        place = ".".join(map(str, problem.place))
        raise AgreementError(f"pointers {clause.id}: {place}: {problem.reason}")
