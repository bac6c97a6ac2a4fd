"""Which version of an examination was known at a moment."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from itertools import groupby
from operator import attrgetter

import msgspec

from esclusa.analysis.outcomes.times import instant
from esclusa.model import Examination


class Stated(msgspec.Struct, frozen=True, kw_only=True):
    """A version of an examination: the record's id, its chain (one for each label), its place in
    the ledger's order, when it was recorded, and whether it takes the record back. ``known`` is
    filled in by :func:`as_known`."""

    id: str
    chain: int
    seq: int
    recorded: dt.datetime
    body: Examination
    withdrawn: bool = False
    known: dt.datetime | None = None


def as_known(versions: Iterable[Stated], moment: dt.datetime | None = None) -> list[Stated]:
    """Return, for each record, the version in force at a moment, with when it became known.

    :param versions: all versions of some examinations, in any order.
    :param moment: aware; None for what is in force now.
    :return: ordered by record id; records not yet known, or taken back by then, are left out. Where
        a record has several chains, the version recorded last speaks.
    """
    order = sorted(versions, key=lambda one: (one.id, one.chain, one.seq))
    found: list[Stated] = []
    for _name, group in groupby(order, key=attrgetter("id")):
        standing = []
        for _chain, chain in groupby(group, key=attrgetter("chain")):
            known = [one for one in _dated(chain) if moment is None or _by(one, moment)]
            if known and not known[-1].withdrawn:
                standing.append(known[-1])
        if standing:
            found.append(max(standing, key=attrgetter("seq")))
    return found


def next_known(versions: Iterable[Stated], moment: dt.datetime) -> dt.datetime | None:
    """Return a moment before which :func:`as_known` of these versions gives what it gives at
    ``moment`` (aware); None where it does so for ever."""
    told = (at for one in versions for at in (one.recorded, instant(one.body.reported)))
    return min((at for at in told if at is not None and at > moment), default=None)


def _by(one: Stated, moment: dt.datetime) -> bool:
    return one.known is not None and one.known <= moment


def _dated(chain: Iterable[Stated]) -> Iterator[Stated]:
    """Yield the versions of one chain with the moment each became known; never before the one that
    it replaces."""
    before: Stated | None = None
    for one in chain:
        reported = instant(one.body.reported) if one.body.reported and not one.withdrawn else None
        if before is not None and before.body.reported == one.body.reported:
            reported = None  # a correction that says nothing of when it was given
        known = reported or one.recorded
        if before is not None and before.known is not None:
            known = max(known, before.known)
        before = msgspec.structs.replace(one, known=known)
        yield before
