"""Figures that are remembered are those that would be worked out now, for each reader.

About 3 CPU seconds, most of it for one node.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import pairwise

import pytest

import report_worlds as made
import worlds
from esclusa.analysis.figures import Figure, Key
from esclusa.ledger import queue
from esclusa.ledger.standing import Mark
from esclusa.model import Level
from esclusa.node import Node
from esclusa.node.reporting.remembered import Remembered, Stamp
from esclusa.sharing.reader import Reader
from esclusa.sharing.report_views import CaseworkReport

PERIODS = ("2026-03", "2026-02", "2026")


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    node = made.node_of(tmp_path_factory.mktemp("remembered") / "node", secret=True)
    yield node
    node.close()


def told(node: Node, reader: Reader) -> list[object]:
    desk = node.casework_reports
    found: list[CaseworkReport] = [desk.report(reader, name) for name in PERIODS]
    return [(one.period, one.sections, one.days) for one in found]


def readers(node: Node) -> tuple[Reader, ...]:
    return made.supervisor(node), made.cleared(node), made.supervisor(node, clearance=Level.OPEN)


def snoozed(node: Node, until: str) -> None:
    """Put an alert to sleep up to a moment that may have passed."""
    with node.store.write() as connection:
        label = node.labels.intern(made.US, made.Marking(level=Level.OFFICIAL))
        queue.move(connection, [queue.Place(
            alert_id=made.alert_id("A4"), label_id=label, state="snoozed", claimed_by="",
            verdict="", until=until,
        )])  # fmt: skip
    made.told_late(node)  # a move never comes without a record


def log(node: Node) -> None:
    with node.store.write() as connection:
        made._log(connection, made.subject_of("B1"), "exchange:grant:sent", "2026-03-09T00:00:00Z")


def verdict(node: Node) -> None:
    ana = worlds.reader(node, name="ana")
    node.verdict(ana, made.alert_id("A3"), verdict="refer", reason="seen")


STEPS: tuple[Callable[[Node], object], ...] = (
    made.told_late,
    verdict,
    log,
    lambda node: snoozed(node, "2026-03-30T00:00:00.000000Z"),
    lambda node: snoozed(node, "2199-03-30T00:00:00.000000Z"),
    lambda node: node.erase(node.administrator(), made.subject_of("B1"), reason="asked for"),
)


def test_after_each_change_the_figures_are_those_of_a_desk_that_remembers_nothing(
    node: Node,
) -> None:
    seen = []
    for step in (lambda _node: None, *STEPS):
        step(node)
        remembered = [told(node, who) for who in readers(node)]
        assert [told(node, who) for who in readers(node)] == remembered
        node.casework_reports._remembered = Remembered()
        assert [told(node, who) for who in readers(node)] == remembered
        seen.append(remembered)
    assert seen[0][0] != seen[0][1]  # the cleared one is told more
    assert sum(one != other for one, other in pairwise(seen)) >= 3


def test_another_stamp_has_the_figures_made_anew_and_other_labels_have_their_own() -> None:
    held, made_so_far = Remembered(), []

    def make() -> dict[Key, Figure]:
        made_so_far.append(1)
        return {("f", ""): Figure(number=len(made_so_far))}

    first = Stamp(Mark(1, 0, ""), 0, "", 0, "2026-11-27T08")
    for stamp, labels, number in (
        (first, {1}, 1), (first, {1}, 1), (first, {1, 2}, 2), (first, {1}, 1),
        (first._replace(records=Mark(2, 0, "")), {1}, 3),
        (first._replace(records=Mark(2, 1, "t")), {1}, 4), (first._replace(awake=1), {1}, 5),
        (first._replace(exchange=1), {1}, 6), (first._replace(logged="t"), {1}, 7),
        (first._replace(hour="2026-11-27T09"), {1}, 8), (first, {1, 2}, 2),
    ):  # fmt: skip
        found = held.of(frozenset(labels), "2026-11", stamp, make)
        assert found == {("f", ""): Figure(number=number)}
        found.clear()  # what is handed out is the caller's own
