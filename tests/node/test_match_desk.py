"""Decisions on possible matches: remembered for the same facts, reopened when either side changes."""

from __future__ import annotations

import datetime as dt
import io
import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import worlds
from esclusa.errors import Forbidden, InputError, NotFound, StateError
from esclusa.ledger import records
from esclusa.model import Level, Reason
from esclusa.node import Node
from esclusa.sharing.match_views import MatchView
from esclusa.sharing.reader import Reader, Role
from esclusa.sharing.views import QueueRow

LISTED = ("p1", "OTRA FIRMA")
WHY = "Another firm: other tax number."


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty node: making one runs every migration, so each test opens a copy."""
    folder = tmp_path_factory.mktemp("made") / "node"
    worlds.make(folder).close()
    return folder


@pytest.fixture
def empty(made: Path, tmp_path: Path) -> Iterator[Callable[[], Node]]:
    """Return a function that gives an empty node."""
    nodes: list[Node] = []

    def opened() -> Node:
        folder = tmp_path / str(len(nodes))
        shutil.copytree(made, folder)
        nodes.append(Node.open(folder))
        return nodes[-1]

    yield opened
    for each in nodes:
        each.close()


@pytest.fixture
def node(empty: Callable[[], Node]) -> Node:
    """A node with one list of one firm."""
    opened = empty()
    worlds.with_list(opened, "own", LISTED)
    return opened


def take(node: Node, bill: str, name: str = "OTRA FIRMA SA", goods: str = "BANANAS",
         **more: object) -> None:  # fmt: skip
    worlds.take_in(node, f"{bill}.edi", worlds.cuscar((bill, name, goods)), **more)  # type: ignore[arg-type]


def row(node: Node, title: str, who: Reader | None = None) -> QueueRow:
    return next(r for r in worlds.queue_of(node, who or worlds.reader(node)) if r.title == title)


def listed(found: QueueRow) -> Reason:
    return next(reason for reason in found.reasons if reason.source == "list")


def first(node: Node, who: Reader | None = None) -> MatchView:
    who = who or worlds.reader(node)
    return node.match_desk.match(who, node.match_desk.matches(who).rows[0].match_id)


def clear(node: Node, who: Reader | None = None, **more: str) -> MatchView:
    who = who or worlds.reader(node)
    wanted = {"outcome": "not_the_same", "reason": WHY, **more}
    return node.match_desk.decide(who, first(node, who).match_id, **wanted)


def later(node: Node, days: int) -> None:
    node.analyst.now = lambda: dt.datetime.now(dt.UTC) + dt.timedelta(days=days)


def supervisor(node: Node) -> Reader:
    return worlds.reader(node, name="sol", role=Role.SUPERVISOR)


# --- what a decision does -------------------------------------------------------------------------


def test_a_cleared_match_has_no_points_at_once_and_stays_told(node: Node) -> None:
    take(node, "B1", goods="GENERAL CARGO")
    before = row(node, "NRCH B1")
    clear(node)
    after = row(node, "NRCH B1")
    reason = listed(after)
    assert reason.points == 0
    assert f"Match cleared on {dt.datetime.now(dt.UTC):%Y-%m-%d} by ana" in reason.text_en
    assert WHY in reason.text_en and "Coincidencia descartada" in reason.text_es
    assert after.score == before.score - listed(before).points == 10
    assert node.match_desk.matches(worlds.reader(node)).rows == ()


def test_the_same_party_on_another_bill_is_recognised(node: Node) -> None:
    take(node, "B1")
    clear(node)
    take(node, "B2", name="Otra  Firma, S.A.")
    assert listed(row(node, "NRCH B2")).points == 0
    assert node.match_desk.matches(worlds.reader(node)).rows == ()


def test_a_confirmed_match_keeps_its_points_and_says_so(node: Node) -> None:
    take(node, "B1")
    before = row(node, "NRCH B1").score
    clear(node, outcome="the_same")
    found = row(node, "NRCH B1")
    assert found.score == before > 0
    assert "Match confirmed on" in listed(found).text_en


def test_who_cannot_tell_leaves_the_points_and_takes_the_match_off_the_queue(node: Node) -> None:
    take(node, "B1")
    before = row(node, "NRCH B1").score
    clear(node, outcome="cannot_tell")
    assert row(node, "NRCH B1").score == before
    assert node.match_desk.matches(worlds.reader(node)).rows == ()


def test_a_decision_concerns_every_record_in_force_with_the_same_party(node: Node) -> None:
    for bill in ("B1", "B2", "B3"):
        take(node, bill)
    assert node.match_desk.matches(worlds.reader(node)).rows[0].alerts == 3
    clear(node)
    assert {listed(row(node, f"NRCH {bill}")).points for bill in ("B1", "B2", "B3")} == {0}


def test_when_the_best_match_is_cleared_the_next_one_counts(empty: Callable[[], Node]) -> None:
    node = empty()
    worlds.with_list(node, "own", ("p1", "OTRA FIRMA"), ("p2", "OTRA FIRMA"))
    take(node, "B1")
    points = {r.code: r.points for r in row(node, "NRCH B1").reasons}
    best = max(points, key=lambda code: points[code])
    who = worlds.reader(node)
    name = next(r.match.id for r in row(node, "NRCH B1").reasons if r.match and r.code == best)
    node.match_desk.decide(who, name, outcome="not_the_same", reason=WHY)
    after = {r.code: r.points for r in row(node, "NRCH B1").reasons}
    assert after[best] == 0
    assert sum(after.values()) == points[best]


def test_a_closed_alert_does_not_come_back_because_its_match_was_decided(node: Node) -> None:
    take(node, "B1")
    who = worlds.reader(node)
    node.verdict(who, row(node, "NRCH B1").alert_id, verdict="other_party", reason=WHY)
    clear(node)
    assert row(node, "NRCH B1").state == "closed"
    node.match_desk.undo(who, first_decided(node))
    assert row(node, "NRCH B1").state == "new"


def first_decided(node: Node) -> str:
    found = listed(row(node, "NRCH B1")).match
    assert found is not None
    return found.decision


def test_what_rules_said_stands_when_a_match_is_decided(node: Node) -> None:
    """An amendment's rules compare two versions; a decision later does not make them silent."""
    take(node, "B1", goods="BANANAS")
    take(node, "B1", goods="GENERAL CARGO")
    before = {r.code for r in row(node, "NRCH B1").reasons if r.source == "rule"}
    clear(node)
    assert before <= {r.code for r in row(node, "NRCH B1").reasons}
    assert before


# --- reopening ----------------------------------------------------------------------------------


def test_a_changed_birth_date_of_the_entry_reopens_and_is_named(empty: Callable[[], Node]) -> None:
    node = empty()
    person_list(node, "1971-05-12")
    worlds.take_in(node, "flight.edi", worlds.sample(worlds.PASSENGERS))
    found = clear(node)
    assert found.state == "not_the_same"
    person_list(node, "1980-01-01", remarks="also")
    node.process_waiting()
    again = node.match_desk.match(worlds.reader(node), found.match_id)
    assert again.state == "reopened"
    assert "reopened because the list entry changed: birth dates" in again.told_en
    assert "fechas de nacimiento" in again.told_es
    person_list(node, "1971-05-12", remarks="other words")
    assert node.match_desk.match(worlds.reader(node), found.match_id).state == "not_the_same"


def person_list(node: Node, born: str, *, remarks: str = "") -> None:
    line = {"id": "s3", "schema": "Person", "properties": {
        "name": ["FABIO DELVALLE JURADO"], "birthDate": [born], "notes": [remarks]}}  # fmt: skip
    # Others stay as they are: an edition that changes everything waits for a person.
    others = worlds.list_of(*((f"o{n}", f"ZZYZX {n}") for n in range(5)))
    data = io.BytesIO(json.dumps(line).encode() + b"\n" + others)
    node.add_list(node.operator(), "people", "People", [("people.json", data)])


def test_another_fact_of_the_party_reopens_and_is_named(node: Node) -> None:
    def table(bill: str, country: str) -> bytes:
        plain = worlds.cuscar((bill, "OTRA FIRMA SA", "BANANAS")).decode()
        return plain.replace(
            "NAD+CN+++OTRA FIRMA SA'", f"NAD+CN+++OTRA FIRMA SA+STREET 1+CITY+++{country}'"
        ).encode()

    worlds.take_in(node, "1.edi", table("B1", "PA"))
    clear(node)
    worlds.take_in(node, "2.edi", table("B2", "CO"))
    reason = listed(row(node, "NRCH B2"))
    assert reason.points > 0
    assert "cleared on" in reason.text_en
    assert "reopened because the party's facts are others: nationality" in reason.text_en
    assert listed(row(node, "NRCH B1")).points == 0


def test_the_last_day_counts_and_the_day_after_does_not(node: Node) -> None:
    take(node, "B1")
    day = dt.datetime.now(dt.UTC).date() + dt.timedelta(days=10)
    clear(node, until=day.isoformat())
    later(node, 10)
    node.match_desk.settle()
    assert listed(row(node, "NRCH B1")).points == 0
    later(node, 11)
    node.match_desk.settle()
    reason = listed(row(node, "NRCH B1"))
    assert reason.points > 0
    assert f"reopened because the decision ended on {day}" in reason.text_en
    assert [r.state for r in node.match_desk.matches(worlds.reader(node)).rows] == ["reopened"]


# --- who may what ----------------------------------------------------------------------------------


def test_only_the_decider_or_a_supervisor_takes_a_decision_back(node: Node) -> None:
    take(node, "B1")
    name = clear(node).match_id
    other = worlds.reader(node, name="eva")
    with pytest.raises(StateError, match="only ana or a supervisor"):
        node.match_desk.undo(other, name)
    with pytest.raises(StateError, match="only ana or a supervisor"):
        node.match_desk.decide(other, name, outcome="the_same", reason="x")
    assert node.match_desk.undo(supervisor(node), name).state == ""
    assert listed(row(node, "NRCH B1")).points > 0
    assert [step.move for step in node.match_desk.match(other, name).steps] == ["decide", "undo"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"outcome": "harmless"}, {"reason": " "}, {"reason": "x" * 2001}, {"until": "soon"},
        {"until": "2020-01-01"}, {"until": "2999-01-01"}, {"redress": "1" * 41},
    ],
)  # fmt: skip
def test_a_wrong_decision_is_refused_and_nothing_is_written(
    node: Node, wrong: dict[str, str]
) -> None:
    take(node, "B1")
    with pytest.raises(InputError):
        clear(node, **wrong)
    assert first(node).steps == ()


def test_an_auditor_and_an_administrator_read_and_decide_nothing(node: Node) -> None:
    for role in (Role.AUDITOR, Role.ADMINISTRATOR):
        with pytest.raises(Forbidden):
            node.match_desk.matches(worlds.reader(node, role=role))


def test_each_step_is_in_the_audit_log_without_a_word_of_content(node: Node) -> None:
    take(node, "B1")
    name = clear(node).match_id
    node.match_desk.undo(worlds.reader(node), name)
    lines = node.audit(worlds.reader(node, role=Role.AUDITOR))
    said = [(line.action, line.subject, line.detail) for line in lines if "match:" in line.action]
    assert ("match:decide", name, "not_the_same") in said
    assert ("match:undo", name, "") in said
    assert "FIRMA" not in str(said) and "tax" not in str(said)


# --- two worlds ------------------------------------------------------------------------------------


def test_a_decision_made_in_secret_changes_nothing_below(empty: Callable[[], Node]) -> None:
    """The same party stands on a secret bill, and who is cleared decides the match there."""
    read = []
    for secret in (False, True):
        node = empty()
        worlds.with_list(node, "own", LISTED)
        bea = worlds.cleared(node)
        if secret:
            take(node, "S1", marking=worlds.SECRET)
            found = clear(node, bea)
            assert found.marking.level == Level.SECRET
            assert listed(row(node, "NRCH S1", bea)).points == 0
        take(node, "B1")
        low = worlds.reader(node)
        shown = node.match_desk.matches(low)
        view = node.match_desk.match(low, shown.rows[0].match_id)
        read.append((shown, view, row(node, "NRCH B1").reasons, row(node, "NRCH B1").score))
        if secret:
            assert node.match_desk.match(bea, view.match_id).earlier[0].by == worlds.CLEARED
    assert read[0] == read[1]


def test_a_match_that_only_secret_alerts_tell_of_is_not_found_below(
    empty: Callable[[], Node],
) -> None:
    node = empty()
    worlds.with_list(node, "own_secret", LISTED, marking=worlds.SECRET)
    take(node, "B1")
    bea, low = worlds.cleared(node), worlds.reader(node)
    name = first(node, bea).match_id
    assert node.match_desk.matches(low).rows == ()
    clear(node, bea)
    for call in (
        lambda: node.match_desk.match(low, name),
        lambda: node.match_desk.undo(low, name),
        lambda: node.match_desk.decide(low, name, outcome="the_same", reason="x"),
    ):
        with pytest.raises(NotFound, match="no such match"):
            call()


def test_a_second_statement_in_secret_does_not_end_the_alert_below(node: Node) -> None:
    take(node, "B1")
    take(node, "B1", goods="BANANAS AND MORE", marking=worlds.SECRET)
    assert row(node, "NRCH B1").state == "new"


# --- erasure ----------------------------------------------------------------------------------------


def test_a_decision_goes_with_the_last_record_that_states_its_party(node: Node) -> None:
    take(node, "B1")
    take(node, "B2")
    name = clear(node).match_id
    eraser = worlds.reader(node, name="tom", role=Role.ADMINISTRATOR)
    bills = [row(node, f"NRCH {bill}").subject_id for bill in ("B1", "B2")]
    node.erase(eraser, bills[0], reason="asked")
    assert body_of(node, name) is not None
    node.erase(eraser, bills[1], reason="asked")
    assert body_of(node, name) is None
    assert b"OTRA FIRMA SA" not in ledger_text(node)


def test_a_decision_is_erased_some_time_after_its_last_day(node: Node) -> None:
    take(node, "B1")
    today = dt.datetime.now(dt.UTC).date()
    name = clear(node, until=(today + dt.timedelta(days=5)).isoformat()).match_id
    eraser = worlds.reader(node, name="tom", role=Role.ADMINISTRATOR)
    kept = node.settings.match_kept_days
    node.purge(eraser, (today + dt.timedelta(days=5 + kept)).isoformat())
    assert body_of(node, name) is not None
    node.purge(eraser, (today + dt.timedelta(days=6 + kept)).isoformat())
    assert body_of(node, name) is None
    assert row(node, "NRCH B1").reasons


def body_of(node: Node, name: str) -> object:
    with node.store.read() as connection:
        every = {label.id for label in node.labels.all()}
        found = records.get(connection, node.labels, every, name)
    return found.body if found else None


def ledger_text(node: Node) -> bytes:
    with node.store.read() as connection:
        rows = connection.exec_driver_sql("SELECT body FROM record WHERE body IS NOT NULL")
        return b"".join(bytes(found[0]) for found in rows)


@pytest.mark.postgres
def test_on_postgresql_a_reader_s_own_wall_gives_the_same_answers(
    tmp_path: Path, fresh_postgres: str
) -> None:
    node = worlds.make(tmp_path / "node", fresh_postgres)
    worlds.with_list(node, "own", LISTED)
    worlds.with_list(node, "hidden", ("h1", "ISTMO PRIMAVERA"), marking=worlds.SECRET)
    take(node, "B1")
    take(node, "B2", name="ISTMO PRIMAVERA SA")
    assert len(node.match_desk.matches(worlds.cleared(node)).rows) == 2
    assert [row.list_id for row in node.match_desk.matches(worlds.reader(node)).rows] == ["own"]
    name = clear(node, until=dt.datetime.now(dt.UTC).date().isoformat()).match_id
    assert listed(row(node, "NRCH B1")).points == 0
    later(node, 1)
    node.match_desk.settle()
    assert node.match_desk.match(worlds.reader(node), name).state == "reopened"
    eraser = worlds.reader(node, name="tom", role=Role.ADMINISTRATOR)
    node.erase(eraser, row(node, "NRCH B1").subject_id, reason="asked")
    assert body_of(node, name) is None
    node.close()
