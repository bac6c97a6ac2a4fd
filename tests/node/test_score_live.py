"""History in memory gives what history read anew gives, whatever happens in between.

CPU: about six seconds.
"""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Iterator

import msgspec
import polars as pl
import pytest
from polars.testing import assert_frame_equal

import score_worlds
import worlds
from esclusa.ledger import records
from esclusa.ledger.records import Draft
from esclusa.model import record_id
from esclusa.node import Node
from esclusa.node.examinations import outcomes_under
from esclusa.node.features import consignment_features
from esclusa.node.score_live import LiveProfiles
from esclusa.sharing.reader import Role

DAY = dt.timedelta(days=1)


@pytest.fixture
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    made = score_worlds.scored_node(tmp_path_factory.mktemp("live") / "node", count=60)
    yield made
    made.close()


def both(node: Node, live: LiveProfiles, name: str, as_of: dt.datetime) -> pl.DataFrame:
    """Ask both ways; fail unless they say the same."""
    with node.gate.reading(worlds.reader(node)) as (connection, visible):
        outcomes = outcomes_under(connection, node.labels, visible, kinds=("consignment",))
        read = consignment_features(connection, visible, outcomes, names=[name], as_of=as_of)
        kept = live.features(connection, visible, name, as_of)
    asked = [] if kept is None else [kept]
    assert_frame_equal(pl.DataFrame(asked, schema=read.schema), read, abs_tol=1e-6)
    return read


def put(node: Node, body: object, moment: dt.datetime) -> None:
    label = node.labels.intern(node.agency, worlds.Marking())
    with node.store.write() as connection:
        draft = Draft(body=body, originator=node.agency, label_id=label)  # type: ignore[arg-type]
        records.append(
            connection, [draft], recorded=moment.isoformat().replace("+00:00", ".000000Z")
        )


def named(node: Node, number: int) -> str:
    return record_id(node.agency, "consignment", f"PZ/B{number}")


def test_after_every_kind_of_change_both_ways_agree(node: Node) -> None:
    live, draw = LiveProfiles(node.store, node.labels), random.Random(5)
    now = score_worlds.AS_OF
    first = both(node, live, named(node, 3), now)
    # A new bill, not examined; then its examination; then another that outweighs it.
    body = score_worlds.bill("PZ", 900, 2.0, draw)
    put(node, body, now + DAY)
    both(node, live, named(node, 900), now + 2 * DAY)
    put(node, score_worlds.examination("PZ", 900, False, now + 3 * DAY, draw), now + 3 * DAY)
    both(node, live, named(node, 3), now + 5 * DAY)
    later = msgspec.structs.replace(
        score_worlds.examination("PZ", 900, True, now + 4 * DAY, draw), number="X900"
    )
    put(node, later, now + 6 * DAY)
    changed = both(node, live, named(node, 3), now + 8 * DAY)
    assert not changed.drop("at").equals(first.drop("at"))
    # The bill is amended, then an old one is erased: what counted no longer counts.
    heavier = msgspec.structs.replace(body.goods[0], value=1.0)
    put(node, msgspec.structs.replace(body, goods=(heavier,)), now + 9 * DAY)
    both(node, live, named(node, 900), now + 10 * DAY)
    node.erase(node.administrator(), named(node, 5), reason="asked for")
    both(node, live, named(node, 3), now + 11 * DAY)
    both(node, live, named(node, 5), now + 12 * DAY)


def test_an_examination_that_is_taken_back_counts_no_more(node: Node) -> None:
    live, draw = LiveProfiles(node.store, node.labels), random.Random(5)
    now = score_worlds.AS_OF
    exam = score_worlds.examination("PZ", 9, True, now - 3 * DAY, draw)  # B9 was never examined
    put(node, exam, now - 2 * DAY)
    both(node, live, named(node, 3), now)
    put(node, msgspec.structs.replace(exam, result="inconclusive", findings=()), now + DAY)
    both(node, live, named(node, 3), now + 2 * DAY)


def test_each_set_of_labels_has_a_history_of_its_own(node: Node) -> None:
    score_worlds.fill(node, worlds.SECRET, "QX", 30, seed=4)
    live, subject = LiveProfiles(node.store, node.labels), named(node, 3)
    seen = []
    for clearance in (worlds.Level.OFFICIAL, worlds.Level.SECRET, worlds.Level.OFFICIAL):
        reader = worlds.reader(node, clearance=clearance)
        with node.gate.reading(reader) as (connection, visible):
            seen.append(live.features(connection, visible, subject, score_worlds.AS_OF))
    assert seen[0] is not None and seen[0] == seen[2] != seen[1]


def test_a_consignment_that_is_not_there_has_no_row(node: Node) -> None:
    live = LiveProfiles(node.store, node.labels)
    with node.gate.reading(worlds.reader(node, role=Role.ANALYST)) as (connection, visible):
        assert live.features(connection, visible, "0" * 36, score_worlds.AS_OF) is None
