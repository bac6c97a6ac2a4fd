"""Features of consignments at a node: from records, outcomes and masses, for a reader, as of when.

CPU: about four seconds.
"""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Iterator

import polars as pl
import pytest

import worlds
from esclusa.analysis.profiles import feature_names
from esclusa.errors import Forbidden, InputError
from esclusa.model import Level
from esclusa.node import Node
from esclusa.node.features import consignment_features, features_for
from esclusa.sharing.reader import Role

LATER = dt.datetime(2100, 1, 1, tzinfo=dt.UTC)


def features(node: Node, level: Level = Level.OFFICIAL, **asked: object) -> pl.DataFrame:
    reader = worlds.reader(node, clearance=level)
    return features_for(node.gate, node.labels, reader, **asked)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Node, Node]]:
    with worlds.both(tmp_path_factory.mktemp("features")) as pair:
        yield pair


@pytest.mark.parametrize("level", [Level.OFFICIAL, Level.OPEN])
@pytest.mark.parametrize("as_of", [None, LATER])
def test_features_are_those_of_a_world_without_what_the_reader_may_not_see(
    both: tuple[Node, Node], level: Level, as_of: dt.datetime | None
) -> None:
    plain, secret = (features(node, level, as_of=as_of) for node in both)
    assert plain["record"].to_list() == secret["record"].to_list()
    for name in feature_names():
        left, right = plain[name], secret[name]
        assert left.is_null().equals(right.is_null()), name
        # The worlds were built some seconds apart.
        assert ((left - right).abs().max() or 0) < 0.05, name  # type: ignore[operator]


def test_a_cleared_reader_counts_what_is_secret_too(both: tuple[Node, Node]) -> None:
    _plain, secret = both
    low, top = (features(secret, level, as_of=LATER) for level in (Level.OFFICIAL, Level.SECRET))
    assert set(low["record"]) < set(top["record"])
    met = low.join(top, on="record", suffix="_top")
    assert (met["all_count_top"] > met["all_count"]).all()
    assert (met["carrier_count_top"] > met["carrier_count"]).any()
    assert (met["all_examined_top"] > met["all_examined"]).any()


def test_who_may_not_read_records_gets_none(both: tuple[Node, Node]) -> None:
    plain, _secret = both
    with pytest.raises(Forbidden):
        features_for(plain.gate, plain.labels, worlds.reader(plain, role=Role.ADMINISTRATOR))


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    """A voyage, then its bay plan with masses, then what was examined of it."""
    made = worlds.make(tmp_path_factory.mktemp("featured") / "node")
    made.add_mapping(
        made.operator(), "examinations.toml", io.BytesIO(worlds.sample("examinations.toml"))
    )
    worlds.take_in(made, "one.edi", worlds.cuscar(("B1", "ISTMO PRIMAVERA SA", "BANANAS")))
    for name in (worlds.MANIFEST, "bayplan-northreach-0412.edi", "examinations-marisol.csv"):
        worlds.take_in(made, name, worlds.sample(name))
    worlds.take_in(made, "two.edi", worlds.cuscar(("B2", "Istmo  Primavera, S.A.", "BANANAS")))
    yield made
    made.close()


def named(node: Node, bill: str) -> str:
    (row,) = node.search(worlds.reader(node), bill, kind="consignment").rows
    return row.record_id


def test_one_firm_in_two_spellings_is_one_and_a_bill_is_no_history_of_its_own(node: Node) -> None:
    made = features(node, names=[named(node, "B1"), named(node, "B2")])
    counts = dict(zip(made["record"], made["importer_count"], strict=True))
    assert counts == {named(node, "B1"): 0, named(node, "B2"): 1}
    later = features(node, names=[named(node, "B1")], as_of=LATER)
    assert later["importer_count"].to_list() == [1]


def test_masses_of_the_bay_plan_count_from_when_they_were_recorded(node: Node) -> None:
    # The plan came after the manifest: too late for its own moment, in time for now.
    soon = dt.datetime.now(dt.UTC) + dt.timedelta(hours=1)
    own, now = features(node), features(node, as_of=soon)
    gaps = [frame["stow_gap"].is_not_null().sum() for frame in (own, now)]
    verified = [frame["verified_gap"].is_not_null().sum() for frame in (own, now)]
    assert gaps[0] == 0 and gaps[1] > 0
    assert verified[1] >= verified[0]
    old = features(node, as_of=soon + dt.timedelta(days=90))
    assert old["stow_gap"].is_not_null().sum() == 0  # by then the box has travelled again


def test_outcomes_count_from_when_they_were_known(node: Node) -> None:
    reader = worlds.reader(node)
    told = node.outcomes(reader, kinds=("consignment",))
    now = features(node, as_of=LATER, names=[named(node, "B2")])
    assert now["all_examined"][0] == told["found"].is_not_null().sum() > 0
    assert now["all_found"][0] == told["found"].sum() > 0
    with node.gate.reading(reader) as (connection, visible):
        future = told.with_columns(known=pl.lit(LATER))
        none = consignment_features(connection, visible, future, as_of=LATER)
    assert none["all_examined"].max() == 0


def test_each_consignment_may_have_a_moment_of_its_own(node: Node) -> None:
    first, second = named(node, "B1"), named(node, "B2")
    long_ago = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
    made = features(node, as_of={first: LATER, second: long_ago})
    assert made["record"].to_list() == [first]
    assert made["at"].to_list() == [LATER]


def test_history_that_was_loaded_in_one_go_can_be_taken_by_stated_times(node: Node) -> None:
    made = features(node, clock="stated")
    assert made["at"].n_unique() > 1
    assert dt.datetime(2026, 4, 18, 4, tzinfo=dt.UTC) in made["at"].to_list()


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"clock": "wall"}, "clock is 'wall'"),
        ({"as_of": dt.datetime(2026, 1, 1)}, "no time zone"),
    ],
)
def test_questions_that_cannot_be_answered_are_refused(
    node: Node, asked: dict[str, object], said: str
) -> None:
    with pytest.raises(InputError, match=said):
        features(node, **asked)  # type: ignore[arg-type]
