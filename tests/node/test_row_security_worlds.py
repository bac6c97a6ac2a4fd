"""The two worlds on PostgreSQL, with both walls and with the first one torn down.

The first wall is the list of labels in every query. Here a broken program forgets it: each
``label_id IN (…)`` of a read is made true for every row. What a reader gets must stay the same.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from test_two_worlds import answer, everything, text

import worlds
from esclusa.ledger import records
from esclusa.ledger.store import is_walled
from esclusa.model import Level
from esclusa.node import Node

pytestmark = pytest.mark.postgres

_FILTER = re.compile(r"\w+\.label_id IN \((?:[^()]|\([^()]*\))*\)")


@contextmanager
def first_wall_down(node: Node) -> Iterator[list[bool]]:
    """Take the labels out of every query of a read; yields whether each that had some was walled."""
    broken: list[bool] = []

    def forget(asking: sa.Connection, _cursor: Any, statement: str, given: Any, *_rest: Any) -> Any:
        without = _FILTER.sub(lambda found: f"({found[0]} OR true)", statement)
        if without != statement:
            broken.append(is_walled(asking))
        return without, given

    reader = node.store._reader
    sa.event.listen(reader, "before_cursor_execute", forget, retval=True)
    try:
        yield broken
    finally:
        sa.event.remove(reader, "before_cursor_execute", forget)


def test_without_the_labels_in_the_queries_a_reader_gets_the_same_and_nothing_more(
    fresh_postgres: str, tmp_path: Path
) -> None:
    secret = worlds.build(tmp_path / "secret", secret=True, database=fresh_postgres)
    plain = worlds.build(tmp_path / "plain", secret=False)
    hidden = worlds.only_in(secret, plain)
    assert len(hidden) > 20
    whole = everything(secret, Level.OFFICIAL)
    assert whole == everything(plain, Level.OFFICIAL)
    with first_wall_down(secret) as broken:
        assert everything(secret, Level.OFFICIAL) == whole
        assert answers(secret, hidden) == answers(plain, hidden)
    assert len(broken) > 100
    assert all(broken)  # no read for a person goes round the wall
    plain.close()
    secret.close()


def answers(node: Node, ids: list[str]) -> list[str]:
    """Ask for records, alerts and files by ids, and for what waits in quarantine."""
    who = worlds.reader(node)
    calls: tuple[Callable[..., Any], ...] = (node.record, node.alert, node.source)
    found = [answer(lambda c=call, n=name: c(who, n)) for name in ids for call in calls]
    return [*found, text(node.quarantine(who))]


def test_the_fault_is_a_real_one_the_nodes_own_reading_would_show_the_secret(
    fresh_postgres: str, tmp_path: Path
) -> None:
    node = worlds.make(tmp_path, fresh_postgres)
    worlds.take_in(node, "open.edi", worlds.cuscar(*worlds.OPEN_BILLS))
    worlds.take_in(node, "hidden.edi", worlds.cuscar(*worlds.HIDDEN_BILLS), worlds.SECRET)
    low = node.gate.visible(worlds.reader(node))
    with first_wall_down(node), node.store.read() as connection:
        bodies = records.bodies_by_seq(connection, low, range(1, 50))
        assert "HIDDEN" in text(list(bodies.values()))
    with first_wall_down(node), node.gate.reading(worlds.reader(node)) as (connection, low):
        bodies = records.bodies_by_seq(connection, low, range(1, 50))
        assert bodies
        assert "HIDDEN" not in text(list(bodies.values()))
    node.close()
