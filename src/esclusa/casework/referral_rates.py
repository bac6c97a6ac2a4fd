"""How referrals ended: how many the host answered before the cut-off, what it declined, what was
found. Void ones are counted apart and are in no rate: nobody could have acted on them.

A referral belongs to the period in which it was asked for, whatever came of it later. The meaning
of each count stands in ``report_definitions.csv`` with its version.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable

import msgspec

from esclusa.casework import waiver_exceptions
from esclusa.casework.forms import moment
from esclusa.casework.referral_words import codes
from esclusa.casework.referrals import Referral, counted
from esclusa.casework.report_definitions import meaning
from esclusa.model import ReferralMove

WRITTEN = "written"
"""A waiver that was asked for by a written reason, and by no standard exception."""

_DECISIONS = frozenset({"accept", "decline", "expire", "waive"})
_ENDS = {"seizure": "found", "resolved_clear": "nothing_found"}


def version() -> int:
    """Return the version of the definitions that rates are made by."""
    return meaning("sent_asked").definition.version


class Ending(msgspec.Struct, frozen=True, kw_only=True):
    """What came of one referral that was sent.

    ``asked`` is when (ISO 8601 UTC). ``kind`` is ``waiting``, ``answered``, ``silent``, ``waived``
    or ``void``, by the first decision. Of an answer: ``declined`` with its ``ground`` (a code, ""
    where the agreement keeps it back), or not, and the ``minutes`` that it took without the time
    that the clock rested. ``end`` is ``found`` or ``nothing_found`` where somebody looked. Of a
    waiver: the ``exception`` that it was asked for by, with its version (``relief_goods@1``),
    :data:`WRITTEN` for a written reason alone, "" where the agreement keeps it back.
    """

    asked: str
    kind: str
    declined: bool = False
    ground: str = ""
    minutes: float | None = None
    end: str = ""
    exception: str = ""


def ending(it: Referral) -> Ending | None:
    """Return what came of a referral, None for a draft."""
    steps = counted(it)
    asked = next((step.move.at for step in steps if step.move.move == "request"), "")
    if not it.steps:
        return None
    if it.state == "void":
        return Ending(asked=asked, kind="void")
    first = next((step.move for step in steps if step.move.move in _DECISIONS), None)
    kind, declined = _kind(first), first is not None and first.move == "decline"
    return Ending(
        asked=asked, kind=kind, declined=declined,
        ground=_ground(first) if first is not None and declined else "",
        minutes=_minutes(it, asked, first) if first is not None and kind == "answered" else None,
        end=_ENDS.get(it.state, ""), exception=_exception(it) if kind == "waived" else "",
    )  # fmt: skip


class Rates(msgspec.Struct, frozen=True, kw_only=True):
    """Counts of referrals that were sent, one for each referral.

    ``asked`` is all but the ``void`` ones; it is ``waiting`` (nothing decided yet) + ``answered``
    (the host accepted or declined before the cut-off) + ``silent`` (no answer) + ``waived``.
    ``declined`` counts by the ground given, ``exceptions`` the waived ones by exception and its
    version. ``found`` and ``nothing_found`` are those that ended
    after somebody looked; those that are under way, or were not looked into, are in neither.
    """

    asked: int = 0
    waiting: int = 0
    answered: int = 0
    silent: int = 0
    waived: int = 0
    void: int = 0
    declined: dict[str, int] = {}
    exceptions: dict[str, int] = {}
    found: int = 0
    nothing_found: int = 0

    @property
    def due(self) -> int:
        """Return how many the host had to answer: the denominator of the share answered."""
        return self.answered + self.silent


def rates(referrals: Iterable[Referral], *, since: str = "", until: str = "") -> Rates:
    """Return the counts of some referrals; drafts are left out.

    :param since: only those asked for from this moment on, and ``until`` before that one (ISO 8601
        UTC); "" for no bound.
    """
    tally: Counter[str] = Counter()
    grounds: Counter[str] = Counter()
    exceptions: Counter[str] = Counter()
    for it in referrals:
        end = ending(it)
        if end is None or end.asked < since or (until and end.asked >= until):
            continue
        tally[end.kind] += 1
        tally["asked"] += end.kind != "void"
        tally[end.end] += 1
        if end.declined:
            grounds[end.ground] += 1
        if end.kind == "waived":
            exceptions[end.exception] += 1
    order = {code: place for place, code in enumerate(codes("decline"))}
    declined = dict(sorted(grounds.items(), key=lambda item: (order.get(item[0], 99), item[0])))
    waived = dict(sorted(exceptions.items()))
    return Rates(declined=declined, exceptions=waived, **{name: tally[name] for name in _COUNTS})


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


def _exception(it: Referral) -> str:
    """Return by what the waiver that counts was asked for."""
    asked = [step.move for step in counted(it) if step.move.move == "ask_waiver"]
    said = {item.name: item.value for item in asked[-1].recorded} if asked else {}
    code = said.get(waiver_exceptions.FIELD, "")
    if not code:
        return WRITTEN if said.get("waiver_reason") else ""
    found = waiver_exceptions.of_step(code, said.get(waiver_exceptions.VERSION, ""), asked[-1].at)
    return found.key if found else code


def _minutes(it: Referral, asked: str, decision: ReferralMove) -> float | None:
    """Return how long an answer took; the clock rests only before it."""
    begun, ended = moment(asked), moment(decision.at)
    if begun is None or ended is None:
        return None
    return max(ended - begun - it.rested, dt.timedelta()).total_seconds() / 60
