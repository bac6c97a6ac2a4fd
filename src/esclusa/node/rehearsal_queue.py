"""Rehearsals that were asked for and are made beside the pages: each waits in its rule's history.

1. That a rehearsal is asked for is a step of the rule. So it waits through a restart, everybody who
   may see the rule sees that it waits, and nobody else does.
2. It is made in the name of who asked, with what that account may see then. One that was closed, or
   may not write rules any more, has none made; somebody else may ask anew.
3. What was changed meanwhile is not rehearsed: a new text has nothing that waits. Two processes
   that take the same one make it twice and say the same.
4. One that fails is tried three times by a process, and then by the next one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Final

from esclusa.casework.rule_life import OPEN
from esclusa.errors import EsclusaError
from esclusa.ledger.store import Store
from esclusa.node import own_rules
from esclusa.node.own_rules import Kept
from esclusa.node.rule_desk import RuleDesk
from esclusa.sharing.reader import Action, Reader

_TRIES: Final = 3

People = Callable[[str], Reader | None]
"""Returns an open account as a reader, None where there is none."""


class RehearsalQueue:
    """Makes the rehearsals of one node that wait.

    :param account: who an account is now.
    """

    def __init__(self, store: Store, desk: RuleDesk, account: People) -> None:
        self._store = store
        self._desk = desk
        self._account = account
        self._failed: Counter[tuple[str, str]] = Counter()

    def run(self) -> int:
        """Make what waits, one after the other; return how many were made.

        :raises EsclusaError: of the last one that could not be made, once all were tried.
        """
        with self._store.read() as connection:
            rules = own_rules.kept(connection)
        made, last = 0, None
        for rule in rules:
            who, key = self._asker(rule), (rule.record_id, rule.moves[-1].at)
            if who is None or self._failed[key] >= _TRIES:
                continue
            try:
                self._desk.rehearse(who, self._desk.keyed(rule))
                made += 1
            except EsclusaError as error:
                self._failed[key] += 1
                last = error
        if last is not None:
            raise last
        return made

    def _asker(self, rule: Kept) -> Reader | None:
        """Return who asked for a rehearsal that waits and may still have it made."""
        newest = rule.versions()[-1]
        if newest.waiting is None or newest.stored not in OPEN:
            return None
        who = self._account(newest.waiting.by)
        return who if who is not None and who.may(Action.RULE_WRITE) else None
