"""Reports on what went to partners and came from them, and on selection sheets, over nodes that
really exchanged and drew. About 6 CPU seconds."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

import selection_worlds
from esclusa.errors import NotFound
from esclusa.model import Level
from esclusa.node import Node
from esclusa.sharing.reader import Reader, Role
from exchange_cases import Bill, give, record_of
from exchange_worlds import World, for_partners, officer

HIGHER = for_partners("northreach", level=Level.RESTRICTED)


def month() -> str:
    return f"{dt.datetime.now(dt.UTC):%Y-%m}"


def counted(node: Node, reader: Reader, name: str = "") -> dict[str, int]:
    """Return the figures of the exchange that are not 0."""
    view = node.casework_reports.report(reader, name or month())
    (section,) = [one for one in view.sections if one.section == "exchange"]
    return {
        row.figure.removeprefix("exchange_") + (f"/{row.part}" if row.part else ""): number
        for row in section.rows
        if (number := row.cells["now"].number)
    }


def test_what_was_sent_recalled_and_acknowledged_is_told_at_both_sides(two: World) -> None:
    give(two, Bill())
    here, there = two["marisol"], two["northreach"]
    sent, received = counted(here, officer(here)), counted(there, officer(there))
    assert sent["sent"] == sent["sent/northreach"] == received["received"] > 0
    assert received["received/marisol"] == received["received"]
    assert set(sent) == {"sent", "sent/northreach"} and "sent" not in received
    bill = record_of(here, "KANARIBILL").id
    behind = here.casework_reports.behind(
        officer(here), month(), "exchange_sent", part="northreach"
    )
    assert bill in {row.id for row in behind.rows}
    assert {row.title for row in behind.rows if row.id == bill} == {"NRCH KANARIBILL"}
    here.partner_desk.recall(officer(here, role=Role.SUPERVISOR), bill, "wrong office")
    two.sync("marisol", "northreach")
    after = counted(here, officer(here))
    assert (after["recalled/northreach"], after["receipts/northreach"]) == (1, 1)
    assert counted(there, officer(there))["erased/marisol"] == 1


def test_what_went_under_a_hidden_marking_is_in_nobodys_count_that_may_not_see_it(
    two: World,
) -> None:
    give(two, Bill(), marking=HIGHER)
    for agency, figure in (("marisol", "sent"), ("northreach", "received")):
        node, desk = two[agency], two[agency].casework_reports
        low = officer(node, clearance=Level.OFFICIAL)
        assert counted(node, low) == {}, agency
        assert counted(node, officer(node))[figure] > 0, agency
        assert desk.behind(low, month(), f"exchange_{figure}").number == 0


def test_a_kept_report_stays_at_home_and_goes_with_the_copies_it_rests_on(two: World) -> None:
    give(two, Bill())
    node = two["northreach"]
    desk, lead = node.casework_reports, officer(node, role=Role.SUPERVISOR)
    desk.now = lambda: dt.datetime.now(dt.UTC) + dt.timedelta(days=40)
    kept = desk.keep(lead, month())
    assert kept.row.changed == 0
    (label,) = [one for one in node.labels.all() if one.id in node.gate.visible(lead)
                and one.originator == "northreach" and one.paths]  # fmt: skip
    assert (label.paths, label.marking.releasable_to) == ((("marisol", "marisol"),), frozenset())
    two.clock.ahead += dt.timedelta(days=400)  # the lease of the copies has run out
    with pytest.raises(NotFound):
        desk.kept(lead, kept.row.digest)
    assert desk.kept_reports(lead) == ()


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Node:
    node = selection_worlds.selected_node(tmp_path_factory.mktemp("drawn") / "node")
    node.casework_reports.now = lambda: selection_worlds.LATER
    return node


def test_selection_figures_are_those_of_the_selection_report(drawn: Node, tmp_path: Path) -> None:
    sol = selection_worlds.supervisor(drawn)
    told = drawn.report_desk.report(sol, since="2026-04-01", until="2026-04-30")
    view = drawn.casework_reports.report(sol, "2026-04")
    cells = {(row.figure, row.part): row.cells["now"]
             for one in view.sections for row in one.rows}  # fmt: skip
    assert cells["selection_candidates", ""].number == told.candidates
    for lane in told.lanes:
        if lane.chosen:
            assert cells["selection_candidates", lane.name].number == lane.chosen
            rate = cells["selection_rate", lane.name] if lane.examined else None
            if rate is not None:
                assert (rate.number, rate.of, rate.value) == (lane.found, lane.examined, lane.share)
                assert (rate.low, rate.high) == (lane.low, lane.high)
    missed = cells["selection_missed", ""]
    assert (missed.value, missed.low, missed.high) == (
        told.missed.value, told.missed.low, told.missed.high
    )  # fmt: skip
    assert missed.number == told.control_examined
    behind = drawn.casework_reports.behind(sol, "2026-04", "selection_missed")
    assert behind.number == told.control_examined
    assert {row.part for row in behind.rows} <= {"control_random", "control_lane"}
