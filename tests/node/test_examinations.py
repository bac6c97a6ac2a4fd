"""Examinations at a node: taken in from a table, found, linked, and made outcomes for a reader.

CPU: about two seconds. What is hidden is hidden: tests/node/test_two_worlds.py.
"""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import worlds
from esclusa.errors import Forbidden, InputError
from esclusa.ledger.records import Draft
from esclusa.model import Consignment, Examination, Level, TransportEquipment
from esclusa.node import Node
from esclusa.sharing.reader import Role


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    """The voyage of the samples, its bay plan, and what was examined of it."""
    made = worlds.make(tmp_path_factory.mktemp("examined") / "node")
    made.add_mapping(
        made.operator(), "examinations.toml", io.BytesIO(worlds.sample("examinations.toml"))
    )
    for name in (worlds.MANIFEST, "bayplan-northreach-0412.edi", "examinations-marisol.csv"):
        worlds.take_in(made, name, worlds.sample(name))
    yield made
    made.close()


def outcomes(node: Node, **asked: Any) -> dict[str, dict[str, Any]]:
    """Outcomes by the subject's title."""
    reader = worlds.reader(node)
    rows = node.outcomes(reader, **asked).iter_rows(named=True)
    return {node.record(reader, row["subject"]).title: row for row in rows}


def test_the_table_is_taken_in_by_the_mapping_that_fits(node: Node) -> None:
    found = {source.name: source for source in node.sources(worlds.reader(node))}
    counts = found["examinations-marisol.csv"].counts
    assert (counts["new"], counts["quarantined"], counts["defects"]) == (9, 0, 1)  # one note: which


def test_bills_have_the_outcomes_that_the_table_says(node: Node) -> None:
    found = outcomes(node, kinds=("consignment",))
    told = {title[-2:]: (row["result"], row["found"], row["lane"]) for title, row in found.items()}
    assert told == {
        "03": ("nothing_found", False, "value"),
        "12": ("nothing_found", False, "control_random"),
        "21": ("found", True, "value"),
        "30": ("found", True, "mandatory"),
        "45": ("nothing_found", False, "control_lane"),
        "52": ("not_performed", None, "value"),
        "61": ("not_performed", None, "control_random"),
    }
    assert found["NRLN NRLN04120012"]["probability"] == 0.025
    assert found["NRLN NRLN04120021"]["at"] == dt.datetime(2026, 4, 19, 15, 40, tzinfo=dt.UTC)


def test_a_box_on_the_bay_plan_and_its_bill_share_one_event(node: Node) -> None:
    both = node.outcomes(worlds.reader(node))
    assert set(both["kind"]) == {"consignment", "equipment"}
    seized = [row for row in both.iter_rows(named=True) if row["event"] == "OP-0412-3"]
    assert {row["kind"] for row in seized} == {"consignment", "equipment"}
    # Two services, a box and a bill: four ways to count one seizure.
    finds = {row["event"] for row in both.iter_rows(named=True) if row["found"]}
    assert len(finds) == 2


def test_only_what_was_known_by_a_moment_counts(node: Node) -> None:
    noon = dt.datetime(2026, 4, 20, 15, 45, tzinfo=dt.UTC)
    assert {title[-2:] for title in outcomes(node, kinds=("consignment",), known_by=noon)} == {
        "03", "12", "21",
    }  # fmt: skip
    assert outcomes(node, known_by=noon - dt.timedelta(days=1)) == {}
    with pytest.raises(InputError, match="no time zone"):
        node.outcomes(worlds.reader(node), known_by=dt.datetime(2026, 4, 20))


def test_an_examination_is_searched_and_leads_to_its_bill_and_box(node: Node) -> None:
    reader = worlds.reader(node)
    (row,) = node.search(reader, "spare seals", kind="examination").rows
    assert row.title == "MARISOL_CUSTOMS MC-2026-3"
    view = node.record(reader, row.record_id)
    links = {(link.relation, link.title) for link in view.links}
    assert ("same_bill", "NRLN NRLN04120021") in links
    assert ("same_bill", "MARISOL_POLICE P-77") in links
    assert ("same_equipment", "NRXU4634980") in links
    bill = next(link for link in view.links if link.title == "NRLN NRLN04120021")
    back = {link.title for link in node.record(reader, bill.record_id).links}
    assert {"MARISOL_CUSTOMS MC-2026-3", "MARISOL_POLICE P-77"} <= back


def test_who_may_read_no_record_gets_no_outcome(node: Node) -> None:
    for role in (Role.AUDITOR, Role.ADMINISTRATOR):
        with pytest.raises(Forbidden):
            node.outcomes(worlds.reader(node, role=role))


def test_asking_for_outcomes_leaves_a_line(node: Node) -> None:
    reader = worlds.reader(node, name="mia")
    count = node.outcomes(reader).height
    auditor = worlds.reader(node, role=Role.AUDITOR)
    lines = [line for line in node.audit(auditor, limit=20) if line.who == "mia"]
    assert [line.detail for line in lines] == [f"outcomes={count}"]


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[Node]:
    made = worlds.make(tmp_path / "node")
    yield made
    made.close()


def keep(node: Node, *bodies: Any, level: Level = Level.OFFICIAL) -> None:
    from esclusa.model import Marking

    label = node.labels.intern(node.agency, Marking(level=level))
    with node.store.write() as connection:
        node.pipeline.store_drafts(
            connection,
            [Draft(body=body, originator=node.agency, label_id=label) for body in bodies],
        )


BOX = TransportEquipment(number="CSQU3054383")
FOUND = Examination(
    agency="MC", number="1", result="found", equipment=BOX.number, completed="2026-03-11T10:00Z",
    reported="2026-03-12T10:00Z", methods=("physical_full",),
)  # fmt: skip


def bill(number: str) -> Consignment:
    return Consignment(carrier="NRLN", bill=number, arrival="2026-03-10", equipment=(BOX,))


def test_a_bill_that_the_reader_may_not_see_does_not_share_the_box_for_him(empty: Node) -> None:
    keep(empty, bill("B1"), FOUND)
    keep(empty, bill("B2"), level=Level.SECRET)
    low, top = worlds.reader(empty), worlds.cleared(empty)
    assert empty.outcomes(low)["found"].to_list() == [True]
    assert empty.outcomes(top)["found"].to_list() == [None, None]


def test_a_result_that_the_reader_may_not_see_is_not_his_outcome(empty: Node) -> None:
    keep(empty, bill("B1"))
    keep(empty, FOUND, level=Level.SECRET)
    assert empty.outcomes(worlds.reader(empty)).height == 0
    assert empty.outcomes(worlds.cleared(empty)).height == 1


def test_an_erased_examination_leaves_no_outcome(empty: Node) -> None:
    keep(empty, bill("B1"), FOUND)
    reader = worlds.reader(empty)
    (name,) = empty.outcomes(reader)["examination"]
    empty.erase(empty.administrator(), name, reason="sent by mistake")
    assert empty.outcomes(reader).height == 0
    assert empty.search(reader, "MC", kind="examination").rows == ()


def test_bills_recorded_before_bills_were_references_are_found_by_their_key(empty: Node) -> None:
    import sqlalchemy as sa

    from esclusa.ledger.schema import reference

    keep(empty, bill("B1"))
    with empty.store.write() as connection:
        connection.execute(reference.delete().where(reference.c.value == "bill:B1"))
        left = connection.execute(sa.select(reference.c.value)).scalars().all()
    assert "bill:B1" not in left
    import msgspec

    keep(empty, msgspec.structs.replace(FOUND, equipment="", carrier="NRLN", bills=("B1",)))
    assert empty.outcomes(worlds.reader(empty))["found"].to_list() == [True]


def test_rows_that_cannot_stand_go_to_quarantine_with_their_place(empty: Node) -> None:
    empty.add_mapping(
        empty.operator(), "examinations.toml", io.BytesIO(worlds.sample("examinations.toml"))
    )
    data = worlds.examined(("1", "nothing found", "", "B1", "value", "1"),
                           ("2", "nothing found", "", "B1", "value", "3"),
                           ("3", "found", "", "B1", "value", "1"))  # fmt: skip
    source = worlds.take_in(empty, "t.csv", data)
    view = empty.source(worlds.reader(empty), source)
    assert (view.counts["new"], view.counts["quarantined"]) == (2, 1)
    (held,) = view.quarantine
    assert "row 3: probability 3 is not above 0 and at most 1" in held.reason
