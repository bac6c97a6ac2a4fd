"""Recalling records of ours: the order is durable as a whole, its work goes lot by lot.

Thousands of records in one transaction would hold the lock for seconds, and no partner would hear
of the first before the last is recorded. So the first lot is recalled in the transaction that also
notes the names of all others; each further lot is struck off in the transaction that recalls it. A
crash in between leaves what was not recalled yet, and the node's next tick goes on with it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import count
from typing import Any, Final

import msgspec

from esclusa.node import credentials
from esclusa.node.collecting import uncollected
from esclusa.node.exchange_ledger import ExchangeLedger
from esclusa.node.releasing import in_order, wire_name
from esclusa.sharing.exchange import moves
from esclusa.sharing.exchange.rows import Grade, Grant
from esclusa.sharing.exchange.state import Effects, Rules, State

ORDERED: Final = "recall_order"
"""The table of lots that were ordered and are not recalled yet."""
LOT: Final = 2_500
"""Records recalled in the first transaction, or a tenth of all where that is more. It is carried to
partners at once, who then need not wait for the next."""
LARGEST: Final = 10_000
"""Records in the last lots; until then each is twice the one before it. A contact costs a partner
by what it still holds, so the more comes in one batch the better. Such a lot holds the lock about a
second with five partners."""
_MANY: Final = 1_000
"""Records from which on their names are looked up together."""
_LEFT: Final = dt.timedelta(minutes=2)
"""For how long a lot is left to whoever ordered it; then that process is taken for dead."""


class Ordered(msgspec.Struct, frozen=True, kw_only=True):
    """A lot that waits: when and by whom it was ordered, and the version of each record then."""

    at: dt.datetime
    by: str
    versions: dict[str, int]


class RecallOrders(ExchangeLedger):
    """What a node's people do to take its records back."""

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self.kept[ORDERED] = {}

    def name_of(self, record_id: str) -> str:
        """Return the name by which partners know a record of ours."""
        return wire_name(record_id, self.agency, self.credentials.secret)

    @uncollected()
    def withdraw(
        self, record_ids: Iterable[str], *, by: str, whole: bool = False
    ) -> tuple[str, ...]:
        """Recall records of ours from everyone who has them; return those who had any.

        The records themselves stay here. A newer version of one would be stated again. What was
        never stated, or is withdrawn already, is passed over. Where they are many, what is ordered
        first can be carried to partners while the rest is still being recorded.

        :param whole: also what is stated anew between two lots; else the order is about what each
            record said when it was given.
        """
        with self._lock:  # state and places together, as below
            state = self.state()
            # In the order in which they were stated: a lot then lies together at both ends.
            out = in_order(self.given(record_ids), self.pointers)
        holders = [
            partner for partner in sorted(state.pacts)
            if any(_is_out(state.grants.get((partner, self.agency, name))) for name in out)
        ]  # fmt: skip
        lots = list(_lots(out))
        waiting: dict[tuple[str, str], bytes | None] = {}

        def first(state: State, rules: Rules, now: dt.datetime) -> Effects:
            waiting.clear()  # called again when another process has moved meanwhile
            waiting.update(_rows(self.kept[ORDERED], state, lots[1:], now, by))
            return _withdrawn(state, rules, now, lots[0])

        if lots:
            self._move([first], also=waiting, who=by)
        for (_, key), row, lot in zip(waiting, waiting.values(), lots[1:], strict=True):
            then = msgspec.json.decode(row or b"", type=Ordered).versions
            self._recall_lot(key, row, lot, by, None if whole else then)
        return tuple(holders)

    def erased(self, record_ids: Iterable[str], *, by: str) -> None:
        """Recall records of ours whose content is about to be erased here."""
        if credentials.exist(self._folder):
            self.withdraw(record_ids, by=by, whole=True)

    def given(self, record_ids: Iterable[str]) -> dict[str, str]:
        """Return, of these records of ours, those that were stated and not withdrawn since: the
        name by which partners know each, with its id here."""
        wanted = set(record_ids)
        with self._lock:  # state and places together: a move that fails makes both forgotten
            state = self.state()
            if len(wanted) < _MANY:
                named = {self.name_of(record_id): record_id for record_id in wanted}
            else:  # a keyed hash for each costs more than one walk over all that were ever stated
                named = {name: at.id for name, at in self.pointers.items() if at.id in wanted}
            return {name: record_id for name, record_id in named.items() if _is_stated(state, name)}

    def go_on(self) -> int:
        """Recall what was ordered by a process that did not come to its end; return how many lots
        that were. Of a record that was stated anew since nothing is taken back: the order was about
        what it said then."""
        with self._lock:
            self.state()
            waiting = sorted(self.kept[ORDERED].items())
        done = 0
        for key, row in waiting:
            lot = msgspec.json.decode(row, type=Ordered)
            # One ordered by a clock that was set back since must not wait until it gets there.
            if abs(self.now() - lot.at) >= _LEFT:
                self._recall_lot(key, row, list(lot.versions), lot.by, lot.versions)
                done += 1
        return done

    def _recall_lot(
        self, key: str, row: bytes | None, names: Sequence[str], by: str,
        versions: Mapping[str, int] | None = None,
    ) -> None:  # fmt: skip
        """Recall a lot that waits, and strike it off.

        :param row: as it was noted under ``key``; another order may have come in its place.
        :param versions: only records that are at these still; all when None.
        """
        also: dict[tuple[str, str], bytes | None] = {}

        def made(state: State, rules: Rules, now: dt.datetime) -> Effects:
            also.clear()
            if self.kept[ORDERED].get(key) == row:
                also[ORDERED, key] = None
            those = names
            if versions is not None:
                own = state.own
                those = [n for n in names if n in own and own[n].version == versions[n]]
            return _withdrawn(state, rules, now, those)

        self._move([made], also=also, who=by)


def _lots(names: Sequence[str]) -> Iterator[Sequence[str]]:
    """Yield records in lots that grow, so that carrying begins soon and goes on in large batches.

    :param names: in the order in which they are recalled; none make no lot.
    """
    start, size = 0, min(max(LOT, len(names) // 10), LARGEST)
    while start < len(names):
        yield names[start : start + size]
        start, size = start + size, min(2 * size, LARGEST)


def _rows(
    kept: Mapping[str, bytes], state: State, lots: Sequence[Sequence[str]], now: dt.datetime,
    by: str,
) -> dict[tuple[str, str], bytes | None]:  # fmt: skip
    """Return lots as rows under keys that are free. Keys are used again: what was taken back leaves
    an empty row behind."""
    free = (key for number in count() if (key := f"{number:06d}") not in kept)
    made: dict[tuple[str, str], bytes | None] = {}
    for key, lot in zip(free, lots, strict=False):
        versions = {name: own.version for name in lot if (own := state.own.get(name)) is not None}
        made[ORDERED, key] = msgspec.json.encode(Ordered(at=now, by=by, versions=versions))
    return made


def _withdrawn(state: State, rules: Rules, now: dt.datetime, names: Sequence[str]) -> Effects:
    """Withdraw those of these records that are stated, each with its next version: another process
    may have taken one since."""
    versions = {name: state.own[name].version + 1 for name in names if _is_stated(state, name)}
    return moves.withdraw_all(state, rules, now, versions=versions)


def _is_stated(state: State, name: str) -> bool:
    own = state.own.get(name)
    return own is not None and own.content is not None


def _is_out(grant: Grant | None) -> bool:
    return grant is not None and grant.state is Grade.OUT
