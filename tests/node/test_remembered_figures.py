"""Figures that are remembered are those that would be worked out now, for each reader.

About 3 CPU seconds, most of it for one node.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from typing import Final

import pytest

import report_worlds as made
import worlds
from esclusa.analysis.figures import Figure, Key, counted, empty
from esclusa.casework.report_definitions import definitions
from esclusa.casework.report_periods import Period
from esclusa.ledger import queue, records
from esclusa.ledger.records import Draft
from esclusa.ledger.standing import Mark, Written, mark, written_since
from esclusa.model import (
    Alert,
    Body,
    Consignment,
    Examination,
    Finding,
    Level,
    Marking,
    Reason,
    TransportEquipment,
)
from esclusa.node import Node
from esclusa.node.reporting import desk, intake
from esclusa.node.reporting.gathering import Gathering
from esclusa.node.reporting.remembered import Remembered, Rests, Stamp, rests
from esclusa.sharing.reader import Reader
from esclusa.sharing.report_views import CaseworkReport

PERIODS = ("2026-03", "2026-02", "2026")


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    node = made.node_of(tmp_path_factory.mktemp("remembered") / "node", secret=True)
    yield node
    node.close()


def told(node: Node, reader: Reader, periods: Sequence[str] = PERIODS) -> list[object]:
    found: list[CaseworkReport] = [node.casework_reports.report(reader, name) for name in periods]
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


def put(node: Node, *bodies: Body) -> None:
    """Write statements for everybody, as recorded now."""
    label = node.labels.intern(made.US, Marking(level=Level.OFFICIAL))
    with node.store.write() as connection:
        records.append(connection, [Draft(body=one, originator=made.US, label_id=label)
                                    for one in bodies])  # fmt: skip


BOX: Final = "NRXU1234560"


def opened(node: Node) -> None:
    """A box is opened of which no bill is known."""
    put(node, Examination(agency="MC", number="E7", result="found", equipment=BOX, lane="value",
                          findings=(Finding(category="drugs"),), methods=("scan",),
                          completed="2026-03-18T10:00:00Z", reported="2026-03-18T10:00:00Z"))  # fmt: skip


def bill(number: str, **more: object) -> Consignment:
    held = {"carrier": "NRCH", "departure": "2026-02-01", "arrival": "2026-03-05", **more}
    return Consignment(bill=number, **held)  # type: ignore[arg-type]


def reasons(number: str, *rules: str) -> Alert:
    told = tuple(Reason(source="rule", code=rule, version="1", points=9, text_en=rule, text_es=rule)
                 for rule in rules)  # fmt: skip
    return Alert(subject_id=made.subject_of(number), subject_kind="consignment", score=9,
                 title=f"NRCH {number}", reasons=told)  # fmt: skip


def casework(node: Node, enter: Callable[[made.Book, int], None]) -> None:
    """Write what people did in March."""
    book, label = made.Book(), node.labels.intern(made.US, Marking(level=Level.OFFICIAL))
    enter(book, label)
    with node.store.write() as connection:
        book.write(connection)


def decided(node: Node) -> None:
    casework(node, lambda book, label: made._match(
        book, label, "M8", "2026-03-04T00:00:00Z", "the_same"
    ))  # fmt: skip


def asked(node: Node) -> None:
    casework(node, lambda book, label: made._asked(
        book, label, "r9", "2026-03-09T00:00:00Z", made.US, made.THEM
    ))  # fmt: skip


MATTER: Final = (
    lambda node: put(node, bill("B7", equipment=(TransportEquipment(number=BOX),))),
    lambda node: put(node, reasons("B7", "C07")),
    lambda node: put(node, bill("B7")),  # it was not in that box
    decided,
    asked,
)
"""What changes figures, once a box was opened and there is an alert on a bill."""

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


def test_what_concerns_no_figure_has_none_worked_out_anew_and_all_else_has(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    node = made.node_of(tmp_path_factory.mktemp("concerned") / "node")
    anew: list[str] = []
    work_out = desk._worked_out

    def counting(held: Gathering, span: Period) -> tuple[dict[Key, Figure], Rests]:
        anew.append(span.name)
        return work_out(held, span)

    monkeypatch.setattr(desk, "_worked_out", counting)
    sol = made.supervisor(node)
    opened(node)
    put(node, reasons("B7", "C05"))
    before = told(node, sol, PERIODS[:1])
    assert len(anew) == 3  # with those that a report compares
    put(node, bill("N1", equipment=(TransportEquipment(number="NRXU7654320"),)))
    put(node, reasons("N1", "C05"))
    assert told(node, sol, PERIODS[:1]) == before
    assert len(anew) == 3
    for step in MATTER:
        step(node)
        after = told(node, sol, PERIODS[:1])
        assert after != before, step
        before = after
        node.casework_reports._remembered = Remembered()
        assert told(node, sol, PERIODS[:1]) == before
    assert len(anew) == 3 + 6 * len(MATTER)
    node.close()


def test_what_becomes_known_later_counts_from_then_on(node: Node) -> None:
    """An office stated, ahead of time, when it reports; so did another process by its own clock."""
    told_at = made.NOW + dt.timedelta(minutes=20)
    put(node, Examination(agency="MC", number="E8", result="found", bills=("B2",), carrier="NRCH",
                          lane="value", findings=(Finding(category="drugs"),), methods=("scan",),
                          completed="2026-03-18T10:00:00Z", reported=told_at.isoformat()))  # fmt: skip
    sol, desk_ = made.supervisor(node), node.casework_reports
    before = told(node, sol)
    desk_.now = lambda: told_at - dt.timedelta(seconds=1)
    assert told(node, sol) == before
    desk_.now = lambda: told_at
    after = told(node, sol)
    assert after != before
    desk_._remembered = Remembered()
    assert told(node, sol) == after
    desk_.now = lambda: made.NOW


def test_what_is_too_much_to_look_at_is_not_looked_at(node: Node) -> None:
    with node.store.read() as connection:
        last = mark(connection).last
        every = {label.id for label in node.labels.all()}
        assert written_since(connection, every, last - 3, last) is not None
        assert written_since(connection, every, last - 3_000, last) is None
        assert written_since(connection, set(), last - 3, last) == Written(frozenset(), frozenset())


def test_another_stamp_has_the_figures_made_anew_and_other_labels_have_their_own() -> None:
    held, made_so_far = Remembered(), []

    def make() -> tuple[dict[Key, Figure], Rests]:
        made_so_far.append(1)
        return {("f", ""): Figure(number=len(made_so_far))}, rests(("seizure",), {hash("b")})

    def since(after: int) -> Written | None:
        return {1: Written(frozenset({"alert"}), frozenset({"a"})),
                2: Written(frozenset({"alert"}), frozenset({"b", "c"})),
                3: Written(frozenset({"seizure"}), frozenset({"c"}))}.get(after)  # fmt: skip

    first = Stamp(Mark(1, 0, ""), 0, "", 0, "2026-11-27T08")
    for stamp, labels, number in (
        (first, {1}, 1), (first, {1}, 1), (first, {1, 2}, 2), (first, {1}, 1),
        # What came after 1 concerns nothing, after 2 and 3 it does, after 4 it is too much to tell.
        (first._replace(records=Mark(2, 0, "")), {1}, 1),
        (first._replace(records=Mark(3, 0, "")), {1}, 3),
        (first._replace(records=Mark(4, 0, "")), {1}, 4),
        (first._replace(records=Mark(5, 0, "")), {1}, 5),
        (first, {1}, 6),
        (first._replace(records=Mark(2, 1, "t")), {1}, 7), (first._replace(awake=1), {1}, 8),
        (first._replace(exchange=1), {1}, 9), (first._replace(logged="t"), {1}, 10),
        (first._replace(hour="2026-11-27T09"), {1}, 11), (first, {1, 2}, 2),
    ):  # fmt: skip
        found = held.of(frozenset(labels), "2026-11", stamp, since, make, made.NOW)
        assert found == {("f", ""): Figure(number=number)}
        found.clear()  # what is handed out is the caller's own


@pytest.mark.parametrize("period", ["2026-03", "2026-02", "2026"])
def test_figures_of_files_are_what_counting_their_facts_gives(node: Node, period: str) -> None:
    wanted = [one for one in definitions() if one.section == "intake"]
    last = {"2026-03": "2026-04-01", "2026-02": "2026-03-01", "2026": "2027-01-01"}[period]
    for reader in readers(node):
        with node.gate.reading(reader) as (connection, visible):
            span = (connection, visible, f"{period}-01-01"[:10], last)
            assert intake.figures(*span) == counted(empty(intake.facts(*span)), wanted)
