"""Facts about referrals, of the side that asks and of the host."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import polars as pl

from esclusa.analysis.figures import gathered
from esclusa.casework.referral_rates import Ending, ending
from esclusa.casework.referrals import Referral

SIDES = {"requester": "sent", "host": "received"}
"""The section of a report in which a side's referrals stand."""
_KINDS = ("waiting", "answered", "silent", "waived")
_ENDS = {"found": "found", "nothing_found": "nothing"}
HELD_BACK = "kept_back"
"""The part of a ground that the agreement keeps back; "" is the whole."""


def facts(referrals: Iterable[Referral], us: str, since: str, until: str) -> Iterator[pl.DataFrame]:
    """Yield the facts about the referrals that were asked for in a span.

    :param us: the node's agency; a referral of which it is no side is left out.
    """
    rows: list[tuple[str, str, str, str, float | None]] = []
    for it in referrals:
        end, side = ending(it), SIDES.get(it.side(us), "")
        if end is None or not side or not since <= end.asked < until:
            continue
        partner = it.host if side == "sent" else it.requester
        rows += [
            (f"{side}_{figure}", part, it.id, end.asked, minutes)
            for figure, part, minutes in _counts(end, partner)
        ]
    names = ("figure", "part", "record", "at", "minutes")
    columns = {name: [row[at] for row in rows] for at, name in enumerate(names)}
    yield gathered({**columns, "kind": "referral"})


def _counts(end: Ending, partner: str) -> Iterator[tuple[str, str, float | None]]:
    if end.kind == "void":
        yield "void", partner, None
        return
    yield "asked", partner, None
    yield end.kind, partner, end.minutes
    if end.kind == "answered":
        yield "declined" if end.declined else "accepted", partner, None
    if end.declined:
        yield "grounds", end.ground or HELD_BACK, None
    if end.kind == "waived":
        yield "exceptions", end.exception or HELD_BACK, None
    if end.end:
        yield _ENDS[end.end], partner, None
