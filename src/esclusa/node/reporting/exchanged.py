"""Facts about the exchange with partners, from the audit log, as far as the reader may know.

The log names records of every marking. A line counts only where the reader may see the record it
is about, and only from when on there was a version that he may see: what went before under another
marking is not told, nor counted.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from typing import Any, Final

import polars as pl
import sqlalchemy as sa

from esclusa.analysis.figures import gathered
from esclusa.ledger import casework_counts as counts
from esclusa.ledger.labels import Labels
from esclusa.ledger.store import Store
from esclusa.node.exchange import Exchange

OURS: Final = {
    "exchange:grant:sent": "exchange_sent",
    "exchange:grant:recalled": "exchange_recalled",
    "exchange:receipt:taken": "exchange_receipts",
}
THEIRS: Final = {
    "exchange:copy:taken": "exchange_received",
    "exchange:copy:erased": "exchange_erased",
}


class _Line:
    """An audit line of the exchange, taken apart."""

    def __init__(self, row: Any) -> None:
        told = dict(part.partition("=")[::2] for part in row.detail.split())
        self.at: str = row.at
        self.action: str = row.action
        self.record: str = row.subject
        self.partner: str = told.get("partner", "")
        self.originator: str = told.get("originator", "")


def facts(
    connection: sa.Connection, visible: frozenset[int], store: Store, labels: Labels,
    exchange: Exchange, since: str, until: str, looked_for: Callable[[Iterable[str]], None],
) -> Iterator[pl.DataFrame]:  # fmt: skip
    """Yield the facts about what went to and came from partners in a span.

    :param looked_for: is told the ids of the records that are looked for.
    """
    with store.read() as log:
        rows = counts.exchanged(log, (*OURS, *THEIRS), since, until)
    lines = [_Line(row) for row in rows]
    exchange.state()
    own = [line for line in lines if _is_own(line, exchange)]
    ids = {line.record: place.id for line in own
           if (place := exchange.pointers.get(line.record)) and place.label in visible}  # fmt: skip
    looked_for((*ids.values(), *(line.record for line in lines)))
    seen = counts.first_seen(connection, _home(labels, visible), set(ids.values()))
    yield _told(
        [line for line in own if _knew(line, seen.get(ids.get(line.record, "")))],
        OURS | THEIRS,
        lambda line: ids[line.record],
    )
    # A copy keeps its originator's name, and stands under a label of the path that it came by: from
    # this partner, or, where we passed it on to this one, from any.
    for partner in sorted({line.partner for line in lines}):
        for actions, under in (
            (THEIRS, _from(labels, visible, partner)), (OURS, visible - _home(labels, visible)),
        ):  # fmt: skip
            theirs = [line for line in lines if line.partner == partner
                      and line.action in actions and not _is_own(line, exchange)]  # fmt: skip
            copies = counts.first_seen(connection, under, {line.record for line in theirs})
            known = [line for line in theirs if _knew(line, copies.get(line.record))]
            yield _told(known, actions, lambda line: line.record)


def _is_own(line: _Line, exchange: Exchange) -> bool:
    return line.originator in ("", exchange.agency) and line.action in OURS


def _home(labels: Labels, visible: Collection[int]) -> frozenset[int]:
    return frozenset(number for number in visible if not labels.get(number).supplier)


def _from(labels: Labels, visible: Collection[int], partner: str) -> frozenset[int]:
    return frozenset(number for number in visible if labels.get(number).supplier == partner)


def _knew(line: _Line, seen: tuple[str, str] | None) -> bool:
    """Tell whether a line is from when on the reader may know of its record."""
    return seen is not None and line.at >= seen[1]


def _told(lines: list[_Line], figures: dict[str, str], name: Any) -> pl.DataFrame:
    return gathered({
        "figure": [figures[line.action] for line in lines],
        "part": [line.partner for line in lines],
        "record": [name(line) for line in lines], "kind": "record",
        "at": [line.at for line in lines],
    })  # fmt: skip
