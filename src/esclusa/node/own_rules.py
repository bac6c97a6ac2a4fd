"""The node's own rules in the ledger: their steps, and what of them is in force today.

A rule stands under a label. What it makes of a record stands under that label and the record's
together, so a rule that not everybody may know shows in no reason that everybody may read.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping
from typing import Final

import msgspec
import sqlalchemy as sa

from esclusa.analysis.targeting import Pack
from esclusa.analysis.targeting.written import Checker
from esclusa.casework.rule_life import Periods, Version, in_force, versions
from esclusa.ledger.asked import under, which
from esclusa.ledger.indexing import RULE_REFERENCE
from esclusa.ledger.schema import record, reference
from esclusa.ledger.store import Store
from esclusa.model import RuleMove, decode_body

KIND: Final = "rule_move"
_PERIODS: Final = Periods()
"""Whether a review is due changes nothing about what runs."""


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """A rule of the node's own: record id and label of its chain of steps, and the steps."""

    record_id: str
    label_id: int
    moves: tuple[RuleMove, ...]

    @property
    def rule_id(self) -> str:
        """Return the rule's id."""
        return self.moves[0].rule_id

    def versions(self) -> tuple[Version, ...]:
        """Return its versions, oldest first."""
        return versions(self.moves)


def kept(connection: sa.Connection, visible: Collection[int] | None = None) -> tuple[Kept, ...]:
    """Return the rules with all their steps, in order of id.

    :param visible: the labels whose rules count; None for all, for analysis and not for people.
    """
    found: dict[tuple[str, int], list[RuleMove]] = {}
    query = _SEEN if visible is not None else _STEPS
    for name, label, body in connection.execute(query, which(visible or ())):
        step = decode_body(bytes(body))
        if isinstance(step, RuleMove):
            found.setdefault((name, label), []).append(step)
    rules = [
        Kept(record_id=name, label_id=label, moves=tuple(steps))
        for (name, label), steps in found.items()
    ]
    return tuple(sorted(rules, key=lambda one: (one.rule_id, one.label_id)))


_STEPS: Final = (
    sa.select(record.c.id, record.c.label_id, record.c.body)
    .join(reference, reference.c.seq == record.c.seq)
    .where(reference.c.value == RULE_REFERENCE, record.c.body.is_not(None))
    .order_by(record.c.seq)
)
_SEEN: Final = _STEPS.where(under(record))


def stand(connection: sa.Connection) -> tuple[int, int]:
    """Return the sequence number of the last step on any rule, and how many steps there are: one of
    them changes with every step, and with every one that is erased."""
    last, steps = connection.execute(_STAND).one()
    return int(last or 0), int(steps)


_STAND: Final = sa.select(sa.func.max(reference.c.seq), sa.func.count()).where(
    reference.c.value == RULE_REFERENCE
)


class OwnRules:
    """The own rules that run, as one pack for each label; :meth:`refresh` follows the ledger.

    A rule that can no longer be used, because a field or a list that it reads has gone from the
    program, does not run; whoever looks at it is told why.
    """

    def __init__(self, store: Store, pack: Pack) -> None:
        self._store = store
        self.check = Checker(pack, taken=[found.rule.id for found in pack.rules])
        self._stand = (-1, -1)
        self._kept: tuple[Kept, ...] = ()
        self._day = dt.date.min
        self._packs: Mapping[int, Pack] = {}

    def refresh(self, day: dt.date) -> bool:
        """Follow the steps made since the last call, and the day; say whether anything changed.
        Reads only."""
        with self._store.read() as connection:
            now = stand(connection)
            if now == self._stand and day == self._day:
                return False
            rules = kept(connection) if now != self._stand else self._kept
        before = _names(self._packs)
        self._packs = packs_in_force(rules, self.check, day)
        self._kept, self._stand, self._day = rules, now, day
        return before != _names(self._packs)

    def packs(self) -> Mapping[int, Pack]:
        """Return the rules in force by label."""
        return self._packs


def packs_in_force(rules: Collection[Kept], check: Checker, day: dt.date) -> dict[int, Pack]:
    """Return the rules that run on a day as packs, by label.

    :param check: checks a text within the pack of the program.
    """
    found: dict[int, list[Pack]] = {}
    for rule in rules:
        version = in_force(rule.versions(), day, _PERIODS)
        written = check(version.text) if version else None
        if written is not None and written.pack is not None:
            found.setdefault(rule.label_id, []).append(written.pack)
    return {
        label: msgspec.structs.replace(
            packs[0], rules=tuple(rule for pack in packs for rule in pack.rules)
        )
        for label, packs in found.items()
    }


def _names(packs: Mapping[int, Pack]) -> set[tuple[int, str, str]]:
    return {
        (label, found.rule.id, found.rule.version)
        for label, pack in packs.items()
        for found in pack.rules
    }
