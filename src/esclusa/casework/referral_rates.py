"""How referrals ended: how many the host answered before the cut-off, what it declined, what was
found. Void ones are counted apart and are in no rate: nobody could have acted on them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

import msgspec

from esclusa.casework.referral_words import codes
from esclusa.casework.referrals import Referral, counted
from esclusa.model import ReferralMove

_DECISIONS = frozenset({"accept", "decline", "expire", "waive"})


class Rates(msgspec.Struct, frozen=True, kw_only=True):
    """Counts of referrals that were sent, one for each referral.

    ``asked`` is all but the ``void`` ones; it is ``waiting`` (nothing decided yet) + ``answered``
    (the host accepted or declined before the cut-off) + ``silent`` (no answer) + ``waived``.
    ``declined`` counts by the ground given. ``found`` and ``nothing_found`` are those that ended
    after somebody looked; those that are under way, or were not looked into, are in neither.
    """

    asked: int = 0
    waiting: int = 0
    answered: int = 0
    silent: int = 0
    waived: int = 0
    void: int = 0
    declined: dict[str, int] = {}
    found: int = 0
    nothing_found: int = 0

    @property
    def due(self) -> int:
        """Return how many the host had to answer: the denominator of the share answered."""
        return self.answered + self.silent


def rates(referrals: Iterable[Referral]) -> Rates:
    """Return the counts of some referrals; drafts are left out."""
    tally: Counter[str] = Counter()
    grounds: Counter[str] = Counter()
    for it in referrals:
        if not it.steps:
            continue
        if it.state == "void":
            tally["void"] += 1
            continue
        tally["asked"] += 1
        first = next((s.move for s in counted(it) if s.move.move in _DECISIONS), None)
        tally[_kind(first)] += 1
        if first is not None and first.move == "decline":
            grounds[_ground(first)] += 1
        if it.state in ("seizure", "resolved_clear"):
            tally["found" if it.state == "seizure" else "nothing_found"] += 1
    order = {code: place for place, code in enumerate(codes("decline"))}
    declined = dict(sorted(grounds.items(), key=lambda item: (order.get(item[0], 99), item[0])))
    return Rates(declined=declined, **{name: tally[name] for name in _COUNTS})


_COUNTS = (
    "asked", "waiting", "answered", "silent", "waived", "void", "found", "nothing_found",
)  # fmt: skip


def _kind(first: ReferralMove | None) -> str:
    if first is None:
        return "waiting"
    return {"expire": "silent", "waive": "waived"}.get(first.move, "answered")


def _ground(decline: ReferralMove) -> str:
    """Return the ground of a refusal, "" where the agreement keeps it back."""
    return next((item.value for item in decline.recorded if item.name == "decline_code"), "")
