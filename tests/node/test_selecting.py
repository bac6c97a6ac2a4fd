"""Selections at a node: commit, draw, change, reveal, check; and the report on them.

About 5 CPU seconds, most of it two worlds.
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import msgspec
import pytest

import selection_worlds as made
import worlds
from esclusa.analysis.selection import Look
from esclusa.errors import ConfigError, InputError, NotFound, StateError
from esclusa.model import Assessment, Marking
from esclusa.node import Node
from esclusa.node import selection_candidates as candidates
from esclusa.node.selecting import check
from esclusa.sharing.reader import Role
from worlds import reader


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Node:
    return made.selected_node(tmp_path_factory.mktemp("open"))


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Node:
    return made.selected_node(tmp_path_factory.mktemp("both"), secret=True)


def test_a_sheet_has_every_candidate_and_fills_the_slots(node: Node) -> None:
    view = node.selection_desk.show(reader(node), made.NAME)
    assert len(view.rows) == 60  # of the day, not those of the weeks before
    assert sum(row.now for row in view.rows) == made.CAPACITY
    assert view.over == 0
    lanes = [row.lane for row in view.rows]
    assert lanes.count("mandatory") == 2
    assert lanes.count("control_random") + lanes.count("control_lane") == 2
    assert all(row.reasons == ("list",) for row in view.rows if row.lane == "mandatory")
    assert all(0 < row.chance < 1 for row in view.rows if row.lane == "none")
    assert all(row.boxes and row.importer and row.trade_lane for row in view.rows)
    assert view.state == "revealed"
    assert view.by_model == ""


def test_a_sheet_keeps_no_name_of_a_party(node: Node) -> None:
    proof = node.selection_desk.proof(reader(node), made.NAME)
    assert "IMPORTADORA" not in msgspec.json.encode(proof).decode()


def test_what_a_person_changed_is_kept_with_the_reason(node: Node) -> None:
    view = node.selection_desk.show(reader(node), made.NAME)
    assert [step.move for step in view.steps] == ["commit", "draw", "swap", "reveal"]
    swap = view.steps[2]
    assert (swap.by, swap.reason) == ("sol", "box not unloaded")
    changed = {row.title: (row.lane, row.now) for row in view.rows}
    assert changed[swap.out] == ("value", False)
    assert changed[swap.taken] == ("none", True)


def test_a_draw_is_checked_from_its_proof_alone(node: Node) -> None:
    proof = node.selection_desk.proof(reader(node), made.NAME)
    assert check(proof).faults == ()
    assert node.selection_desk.verify(reader(node), made.NAME).faults == ()
    other = msgspec.structs.replace(proof, seed="00" * 32)
    assert any("seed" in fault for fault in check(other).faults)
    lines = msgspec.json.decode(proof.candidates)
    lines[3]["score"] = 0.9
    changed = msgspec.structs.replace(proof, candidates=msgspec.json.encode(lines).decode())
    assert any("list of candidates" in fault for fault in check(changed).faults)
    moved = msgspec.structs.replace(proof, capacity=99)
    assert any("number of slots" in fault for fault in check(moved).faults)
    with pytest.raises(InputError, match="cannot be read"):
        check(msgspec.structs.replace(proof, sheet="{"))


def test_the_commitment_comes_first_and_a_place_is_drawn_once(tmp_path: Path) -> None:
    node = made.filled_node(tmp_path)
    desk, sol = node.selection_desk, made.supervisor(node)
    with pytest.raises(NotFound):
        desk.draw(sol, made.NAME)
    desk.commit(sol, port=made.PORT, day=made.DAY, shift="A", capacity=5)
    with pytest.raises(StateError, match="commitment"):
        desk.commit(sol, port=made.PORT, day=made.DAY, shift="A", capacity=6)
    with pytest.raises(StateError, match="nothing was drawn"):
        desk.reveal(sol, made.NAME)
    with pytest.raises(StateError, match="not been revealed"):
        desk.proof(sol, made.NAME)
    drawn = desk.draw(sol, made.NAME)
    assert drawn.state == "drawn"
    assert not any(step.seed for step in drawn.steps)  # nobody knows it before it is revealed
    with pytest.raises(StateError, match="drawn already"):
        desk.draw(sol, made.NAME)
    chosen = [row for row in drawn.rows if row.now]
    with pytest.raises(InputError, match="written reason"):
        desk.swap(sol, made.NAME, out=chosen[0].subject_id, reason=" ")
    with pytest.raises(InputError, match="not proposed"):
        desk.swap(sol, made.NAME, out=drawn.rows[-1].subject_id, reason="why")
    with pytest.raises(InputError, match="no candidate"):
        desk.swap(sol, made.NAME, taken=chosen[0].subject_id, reason="why")
    with pytest.raises(StateError, match="nothing that can be opened"):
        desk.commit(sol, port="PAMIT", day=made.DAY, capacity=5)
        desk.draw(sol, f"PAMIT/{made.DAY}")
    for bad in ({"port": "panama"}, {"day": "6 April"}, {"shift": "night watch"}, {"capacity": 0}):
        with pytest.raises(InputError):
            desk.commit(sol, **{"port": made.PORT, "day": made.DAY, "capacity": 5, **bad})


def test_another_secret_than_that_of_the_commitment_draws_nothing(tmp_path: Path) -> None:
    node = made.filled_node(tmp_path)
    desk, sol = node.selection_desk, made.supervisor(node)
    desk.commit(sol, port=made.PORT, day=made.DAY, shift="A", capacity=5)
    assert (tmp_path / "selection.key").stat().st_mode & 0o077 == 0
    (tmp_path / "selection.key").write_bytes(bytes(32))
    with pytest.raises(ConfigError, match="another"):
        desk.draw(sol, made.NAME)


def test_a_policy_of_the_service_is_used_and_named(tmp_path: Path) -> None:
    node = made.filled_node(tmp_path)
    (tmp_path / "selection.toml").write_text('version = "M2"\nalways = ["C06"]\nlist_hits = false')
    desk, sol = node.selection_desk, made.supervisor(node)
    desk.commit(sol, port=made.PORT, day=made.DAY, shift="A", capacity=5)
    view = desk.draw(sol, made.NAME)
    assert view.policy_version == "M2"
    assert view.over == 10 - 5  # ten hits of the rule and five slots: said, none dropped
    assert [row.reasons for row in view.rows if row.now] == [("rule C06",)] * 10
    (tmp_path / "selection.toml").write_text('[[cells]]\nkind = "colour"')
    with pytest.raises(InputError, match="no cells of kind colour"):
        desk.policy()
    (tmp_path / "selection.toml").write_bytes(b'version = "M\xff"')
    with pytest.raises(InputError, match="selection.toml, byte 12: is not UTF-8 text"):
        desk.policy()


def test_an_analyst_may_draw_and_an_auditor_sees_no_sheet(node: Node) -> None:
    from esclusa.errors import Forbidden

    for role in (Role.AUDITOR, Role.ADMINISTRATOR):
        with pytest.raises(Forbidden):
            node.selection_desk.show(reader(node, role=role), made.NAME)
        with pytest.raises(Forbidden):
            node.report_desk.report(reader(node, role=role))


def test_the_report_counts_what_was_opened_and_estimates_the_rest(node: Node) -> None:
    told = node.report_desk.report(reader(node), since="2026-04-01", until="2026-04-30")
    assert (told.sheets, told.candidates) == (1, 60)
    lanes = {row.name: row for row in told.lanes}
    assert lanes["mandatory"].examined == 2
    assert lanes["value"].chosen == 8
    assert lanes["value"].examined == 7  # one was taken off: unknown, not clean
    assert told.others.examined == 1  # and another put on by an officer
    assert told.pool == 60 - 2 - 8
    assert told.control_examined == 2
    assert told.missed.low is not None
    assert told.missed.low <= told.missed.value <= told.missed.high
    assert [week.week for week in told.weeks] == ["2026-04-06"]
    assert {row.kind for row in told.groups} == {
        "importer_country",
        "lane_of_trade",
        "carrier",
        "agent",
    }
    table = {row.name: row for row in told.table}
    assert table["chosen_with"].value + table["chosen_without"].value == pytest.approx(10)
    spoken_for = told.pool - told.control_unseen  # strata that no exam speaks for stay unknown
    assert 0 < spoken_for < told.pool
    assert table["others_with"].value + table["others_without"].value == pytest.approx(spoken_for)
    assert ("unknown", 1) in told.left_out
    empty = node.report_desk.report(reader(node), since="2025-04-01", until="2025-04-30")
    assert (empty.sheets, empty.missed.value) == (0, None)
    with pytest.raises(InputError, match="no day"):
        node.report_desk.report(reader(node), since="April")
    with pytest.raises(InputError, match="no period"):
        node.report_desk.report(reader(node), since="2026-05-01", until="2026-04-01")


def test_who_may_not_know_the_secrets_finds_a_world_without_them(node: Node, both: Node) -> None:
    """Lists, sheets, proofs and reports are equal to the last number, also for a supervisor."""
    for ask in (
        lambda n, who: n.selection_desk.selections(who),
        lambda n, who: n.selection_desk.show(who, made.NAME),
        lambda n, who: n.selection_desk.verify(who, made.NAME),
        lambda n, who: n.report_desk.report(who, since="2026-01-01", until="2026-12-31"),
    ):
        for role in (Role.ANALYST, Role.SUPERVISOR):
            told = [ask(one, reader(one, role=role)) for one in (node, both)]
            assert told[0] == told[1]
    found = both.selection_desk.selections(made.cleared(both))
    assert len(found) == 2
    assert [row.level for row in found].count(4) == 1


def test_a_secret_sheet_is_not_there_for_others(tmp_path: Path) -> None:
    node = made.filled_node(tmp_path, secret=True)
    bea, desk = made.cleared(node), node.selection_desk
    held = desk.commit(bea, port=made.PORT, day=made.DAY, shift="S", capacity=5, level=4)
    view = desk.draw(bea, held.name)
    assert len(view.rows) == 120  # open and secret ones
    assert "SECRET" in view.marking
    for name in (held.record_id, held.name, f"{made.PORT}/{made.DAY}/S"):
        with pytest.raises(NotFound):
            desk.show(reader(node), name)
        for step in (desk.draw, desk.reveal, desk.proof, desk.verify):
            with pytest.raises(NotFound):
                step(made.supervisor(node), name)
        with pytest.raises(NotFound):
            desk.swap(made.supervisor(node), name, taken=view.rows[0].subject_id, reason="why")
    assert desk.selections(reader(node)) == ()
    made.at(node, made.NOW + dt.timedelta(days=1))
    told = desk.commit(made.supervisor(node), port=made.PORT, day=made.DAY, shift="S", capacity=5)
    assert [step.move for step in told.steps] == ["commit"]  # as if there were no other
    with pytest.raises(InputError, match="could not see"):
        desk.commit(made.supervisor(node), port=made.PORT, day=made.DAY, capacity=5, level=4)


def scored(node: Node, carrier: str, marking: Marking, moment: dt.datetime) -> None:
    """Score every bill of a carrier: those of the weeks before with 0.1 each, the others with 0.2."""
    with node.store.read() as connection:
        visible = [node.labels.intern(node.agency, marking)]
        every = candidates.cargos(connection, visible)
    bodies = [
        Assessment(
            subject_id=one.id, subject_version=1, subject_seq=1, at=moment.isoformat(), score=0,
            probability=0.1 if one.cargo.arrival < made.DAY else 0.2, start=0, rest=0, model="m",
            checksum="", feature_version="",
        )
        for one in every.values() if one.cargo.carrier == carrier
    ]  # fmt: skip
    made.keep(node, marking, bodies, moment)


def test_a_find_raises_what_is_in_its_cell_and_a_hidden_one_does_not(tmp_path: Path) -> None:
    """Eight of twelve bills were examined, four by each lane, three with a find; each was promised at
    0.1. The secret ones, examined too, change nothing."""
    text = '[[follow]]\nkind = "lane"\nweight = 0.3'
    node = made.filled_node(tmp_path, secret=True)
    (tmp_path / "selection.toml").write_text(text)
    moment = dt.datetime(2026, 4, 4, 8, tzinfo=dt.UTC)
    scored(node, "PZ", Marking(), moment)
    scored(node, "QX", worlds.SECRET, moment)
    open_ = node.labels.intern(node.agency, Marking())

    def trails(now: dt.datetime) -> set[tuple[str, int, float]]:
        with node.store.read() as connection:
            found = candidates.listed(
                connection, node.labels, [open_], node.agency, port=made.PORT, day=made.DAY,
                until=made.DAY, now=now, policy=node.selection_desk.policy(),
            )  # fmt: skip
        assert found.by_model == "m"
        assert len(found.candidates) == 60
        return {
            (one.cells["lane"].cell, trail.found, trail.promised)
            for one in found.candidates
            for trail in one.trails.values()
        }

    told = trails(made.LATER)
    assert {(found, promised) for _, found, promised in told} == {(2, 0.4), (1, 0.4)}
    assert len(told) == 2  # the lanes are told apart
    assert trails(made.NOW) == set()  # not known yet
    assert trails(made.LATER + dt.timedelta(days=candidates.TRAIL_DAYS)) == set()  # long ago
    (tmp_path / "selection.toml").write_text('[[follow]]\nkind = "colour"\nweight = 1')
    with pytest.raises(InputError, match="no cells of kind colour"):
        node.selection_desk.policy()


def test_what_was_usual_of_new_importers_on_a_lane_is_counted_from_when_not_all_seem_new(
    tmp_path: Path,
) -> None:
    """The node starts on 1 January, so from 26 February an importer can be called new. Three came
    between then and the last four weeks, 15 days: 5.6 in four weeks. One of them was opened. Four
    come now, one with two bills. What is secret changes nothing."""
    node = worlds.make(tmp_path)
    open_, secret = Marking(), worlds.SECRET

    def came(marking: Marking, name: str, day: str, numbers: range, arrival: str) -> None:
        bills = [made.bill("PZ", name, number, arrival) for number in numbers]
        made.keep(node, marking, bills, dt.datetime.fromisoformat(f"{day}T06:00Z"))

    came(open_, "VIEJA", "2026-01-01", range(0, 2, 2), "2026-01-02")
    came(open_, "NUEVA", "2026-03-01", range(10, 16, 2), "2026-03-02")
    came(secret, "OCULTA", "2026-03-01", range(30, 50, 2), "2026-03-02")
    came(open_, "OTRA", "2026-04-04", range(50, 58, 2), made.DAY)
    came(open_, "OTRA", "2026-04-04", range(68, 69), made.DAY)  # of the same importer as 50
    came(open_, "VIEJA", "2026-04-04", range(72, 73), made.DAY)
    changed = made.bill("PZ", "VIEJA", 0, "2026-01-03")  # amended: its importer is not born anew
    made.keep(node, open_, [changed], dt.datetime(2026, 4, 5, tzinfo=dt.UTC))
    exam = made.examination("PZ B10", 1, found=False)
    made.keep(node, open_, [exam], dt.datetime(2026, 3, 5, tzinfo=dt.UTC))
    policy = node.selection_desk.policy()
    assert set(policy.kinds()) == {"importer", "born_on_lane", "lane", "fresh_lane"}
    policy = msgspec.structs.replace(policy, cells=(*policy.cells, Look("new_on_lane", surge=2.0)))
    visible = [node.labels.intern(node.agency, open_)]
    with node.store.read() as connection:
        found = candidates.listed(
            connection, node.labels, visible, node.agency, port=made.PORT, day=made.DAY,
            until=made.DAY, now=made.LATER, policy=policy,
        ).candidates  # fmt: skip
        older = msgspec.structs.replace(policy, cells=(), follow=())
        bare = candidates.listed(
            connection, node.labels, visible, node.agency, port=made.PORT, day=made.DAY,
            until=made.DAY, now=made.LATER, policy=older,
        ).candidates  # fmt: skip
    new = [one.cells["new_on_lane"] for one in found if "new_on_lane" in one.cells]
    assert len(found) == 6
    assert len(new) == 5  # the sixth has an importer whom the node has known since January
    assert {(past.lately, past.usual, past.looked) for past in new} == {(5, 5.6, 1)}
    assert len({past.cell for past in new}) == 1
    born = [one.cells["born_on_lane"] for one in found if "born_on_lane" in one.cells]
    assert len(born) == 5
    counted = {(past.lately, past.ever, past.usual, past.looked) for past in born}
    assert counted == {(4, 8, 5.6, 1)}  # each importer once; VIEJA too was new there
    assert {(past.usual, past.looked) for one in bare for past in one.cells.values()} == {
        (None, None)
    }
