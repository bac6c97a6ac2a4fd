"""Epochs: for a while one key, one set, one count; then a new key.

The key comes from 32 random bytes that are destroyed with the epoch, and from a label that names
scope and number. So two agreements, purposes, kinds of things or epochs never share a key, and what
an asker kept of an ended epoch can be computed by nobody any more.
"""

from __future__ import annotations

import datetime as dt

import msgspec

from esclusa.sharing.pointers.group import Random
from esclusa.sharing.pointers.messages import Scope
from esclusa.sharing.pointers.suite import framed
from esclusa.sharing.pointers.terms import Terms
from esclusa.sharing.pointers.voprf import SEED, KeyPair, derive_key


class Epoch(msgspec.Struct, frozen=True, kw_only=True):
    """One epoch as its owner keeps it. ``seed`` is secret, and gone when ``until`` has come.

    Questions are answered from ``begins`` up to and without ``ends``; hits may be followed up until
    ``until``. ``catalogue`` is the digest of its one set; ``seen`` are the ids of its questions.
    """

    scope: Scope
    number: int
    begins: dt.datetime
    ends: dt.datetime
    until: dt.datetime
    seed: bytes
    catalogue: str = ""
    seen: frozenset[str] = frozenset()

    def __repr__(self) -> str:
        return f"Epoch({self.scope.owner}, {self.scope.asker}, {self.scope.subject}, {self.number})"

    def answers(self, now: dt.datetime) -> bool:
        """Tell whether questions are answered now."""
        return self.begins <= now < self.ends


def begin(scope: Scope, number: int, terms: Terms, now: dt.datetime, random: Random) -> Epoch:
    """Return a new epoch; none outlives its agreement."""
    ends = min(now + dt.timedelta(hours=terms.clause.epoch_hours), terms.ends)
    until = min(ends + dt.timedelta(hours=terms.clause.grace_hours), terms.ends)
    return Epoch(scope=scope, number=number, begins=now, ends=ends, until=until,
                 seed=random(SEED))  # fmt: skip


def key_of(epoch: Epoch) -> KeyPair:
    """Return the epoch's key pair."""
    return derive_key(epoch.seed, label(epoch.scope, epoch.number))


def label(scope: Scope, number: int) -> bytes:
    """Return the public label that a key is derived under."""
    names = (scope.owner, scope.asker, scope.agreement, scope.purpose, scope.subject, str(number))
    return framed(b"esclusa-pointer-key/1", *(name.encode() for name in names))
