"""Reports on casework against figures worked out by hand, parts against wholes, kept reports, and
two worlds. About 10 CPU seconds."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

import report_worlds as made
from esclusa.analysis.figures import SMALLEST, Sum, reach, sums_of
from esclusa.casework.report_definitions import definitions, meanings
from esclusa.casework.report_periods import period
from esclusa.errors import Forbidden, InputError, NotFound, StateError
from esclusa.model import Level
from esclusa.node import Node
from esclusa.node.reporting.keeping import digest_of, is_intact, sealed
from esclusa.sharing.reader import Role
from esclusa.sharing.report_views import CaseworkReport, CellView

MARCH = "2026-03"
Pair = tuple[Node, Node]


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    """The same node without and with secrets."""
    folder = tmp_path_factory.mktemp("reports")
    nodes = [made.node_of(folder / str(secret), secret=secret) for secret in (False, True)]
    yield nodes[0], nodes[1]
    for node in nodes:
        node.close()


def cells(view: CaseworkReport, of: str = "now") -> dict[tuple[str, str], CellView]:
    return {(row.figure, row.part): row.cells[of] for one in view.sections for row in one.rows}


def numbers(view: CaseworkReport, of: str = "now") -> dict[str, int]:
    """Return every count that is not 0, as ``figure`` or ``figure/part``."""
    units = {name: one.definition.unit for name, one in meanings().items()}
    return {
        figure + (f"/{part}" if part else ""): cell.number
        for (figure, part), cell in cells(view, of).items()
        if units[figure] == "count" and cell.number
    }


def of_march(node: Node, **more: object) -> CaseworkReport:
    return node.casework_reports.report(made.supervisor(node), MARCH, **more)  # type: ignore[arg-type]


MARCH_BY_HAND = {
    # Raised in March: A1, A3 (in the last second), A4, and the traveller A5.
    "alerts_raised": 4, "alerts_raised/consignment": 3, "alerts_raised/traveller": 1,
    "alerts_standing": 4, "alerts_standing/new": 1, "alerts_standing/claimed": 1,
    "alerts_standing/closed": 2,
    # A1; A2 of February; A5 twice, by its last verdict; A6 again after it came back. Not A4.
    "alerts_decided": 4, "alerts_decided/refer": 1, "alerts_decided/explained": 2,
    "alerts_decided/duplicate": 1,
    # M1 to M4; M5 is of February, M6 was taken back.
    "matches_decided": 4, "matches_decided/not_the_same": 2, "matches_decided/the_same": 1,
    "matches_decided/cannot_tell": 1,
    # r1 to r5; r0 is of February, r6 void.
    "sent_asked": 5, "sent_asked/northreach": 3, "sent_asked/altamira": 2,
    "sent_answered": 3, "sent_answered/northreach": 2, "sent_answered/altamira": 1,
    "sent_accepted": 1, "sent_accepted/northreach": 1,
    "sent_declined": 2, "sent_declined/northreach": 1, "sent_declined/altamira": 1,
    "sent_grounds": 2, "sent_grounds/no_capacity": 1, "sent_grounds/kept_back": 1,
    "sent_silent": 1, "sent_silent/northreach": 1,
    "sent_waiting": 1, "sent_waiting/altamira": 1,
    "sent_void": 1, "sent_void/northreach": 1,
    "received_asked": 2, "received_asked/northreach": 2,
    "received_answered": 1, "received_answered/northreach": 1,
    "received_accepted": 1, "received_accepted/northreach": 1,
    "received_waiting": 1, "received_waiting/northreach": 1,
    "received_found": 1, "received_found/northreach": 1,
    # V1 was told twice and is one opening; E4 is inconclusive.
    "exams_made": 4, "exams_made/value": 2, "exams_made/control_random": 2,
    "exams_answered": 3, "exams_answered/value": 2, "exams_answered/control_random": 1,
    "exams_found": 1, "exams_found/value": 1,
    # B1 has two rules and counts once in the whole; B3 has none, B4 no result.
    "rules_answered": 2, "rules_answered/C05": 2, "rules_answered/C07": 1,
    "rules_found": 1, "rules_found/C05": 1, "rules_found/C07": 1,
    "intake_files": 3, "intake_files/done": 2, "intake_files/refused": 1,
    "intake_messages": 5, "intake_messages/edifact": 5,
    "intake_quarantined": 1, "intake_quarantined/edifact": 1,
    "intake_defects": 3, "intake_defects/edifact": 3,
}  # fmt: skip


def test_every_count_of_march_is_that_worked_out_by_hand(pair: Pair) -> None:
    view = of_march(pair[0])
    assert numbers(view) == MARCH_BY_HAND
    assert (view.first, view.last, view.over) == ("2026-03-01", "2026-03-31", True)
    assert view.compared == {"now": "2026-03", "before": "2026-02", "year": "2025-03"}


def test_times_and_shares_of_march_are_those_worked_out_by_hand(pair: Pair) -> None:
    told = cells(of_march(pair[0]))
    # 360, 600, 1440 and 4320 minutes: A5 and A6 from when they came back.
    assert told["alerts_time", ""] == CellView(number=4, value=1020.0, low=0.0, high=4320.0)
    assert told["alerts_time", "explained"] == CellView(
        number=2, value=2880.0, low=0.0, high=4320.0
    )
    assert told["matches_false", ""].value == 0.5
    assert (told["sent_share", ""].number, told["sent_share", ""].of) == (3, 4)
    assert (told["sent_share", "northreach"].number, told["sent_share", "northreach"].of) == (2, 3)
    # Answers after 6, 2 and 4 hours.
    assert (told["sent_time", ""].value, told["sent_time", ""].high) == (240.0, 360.0)
    rate = told["exams_rate", ""]
    assert (rate.number, rate.of) == (1, 3)
    # Wilson (1927) for 1 of 3 by the formula, with z = 1.96.
    assert (round(rate.low or 0, 4), round(rate.high or 0, 4)) == (0.0615, 0.7923)
    assert told["selection_missed", ""].value is None


def test_the_month_before_and_the_same_month_a_year_ago_stand_beside_it(pair: Pair) -> None:
    view = of_march(pair[0])
    assert numbers(view, "before") == {
        "alerts_raised": 2, "alerts_raised/consignment": 2, "alerts_standing": 2,
        "alerts_standing/closed": 2, "alerts_decided": 1, "alerts_decided/other_party": 1,
        "matches_decided": 1, "matches_decided/the_same": 1,
        "sent_asked": 1, "sent_asked/northreach": 1, "sent_waiting": 1,
        "sent_waiting/northreach": 1,
        "exams_made": 1, "exams_made/mandatory": 1, "exams_answered": 1,
        "exams_answered/mandatory": 1, "rules_answered": 1, "rules_answered/C05": 1,
        "intake_files": 1, "intake_files/done": 1, "intake_messages": 2, "intake_messages/wco": 2,
    }  # fmt: skip
    assert numbers(view, "year") == {
        "alerts_raised": 1, "alerts_raised/consignment": 1, "alerts_standing": 1,
        "alerts_standing/closed": 1, "alerts_decided": 1, "alerts_decided/refer": 1,
    }  # fmt: skip


def test_a_year_is_its_months_together(pair: Pair) -> None:
    node = pair[0]
    year = node.casework_reports.report(made.supervisor(node), "2026")
    assert year.compared == {"now": "2026", "before": "2025"}
    assert not year.over
    told = numbers(year)
    months = [numbers(node.casework_reports.report(made.supervisor(node), f"2026-0{n}"))
              for n in (1, 2, 3, 4)]  # fmt: skip
    for name in ("alerts_raised", "sent_asked", "exams_made", "intake_messages", "matches_decided"):
        assert told[name] == sum(one.get(name, 0) for one in months)
    # A6 was decided in February and again in March: in the year it counts once, by the last.
    assert told["alerts_decided"] == sum(one.get("alerts_decided", 0) for one in months) - 1
    assert numbers(year, "before")["alerts_decided"] == 1


@pytest.mark.parametrize("who", [made.supervisor, made.cleared])
def test_the_parts_of_a_figure_sum_to_the_whole(pair: Pair, who: object) -> None:
    node = pair[1]
    view = node.casework_reports.report(who(node), MARCH)  # type: ignore[operator]
    for of in view.compared:
        told = {key: cell.number or 0 for key, cell in cells(view, of).items()}
        for name, one in meanings().items():
            it = one.definition
            parts = [number for (figure, part), number in told.items() if figure == name and part]
            if it.unit == "count" and parts and it.adds:
                assert sum(parts) == told[name, ""], name
            if it.whole:
                same = [told[other, ""] for other, o in meanings().items()
                        if (o.definition.whole, o.definition.split) == (it.whole, it.split)]  # fmt: skip
                whole = told[it.whole, ""]
                assert sum(same) == whole if it.complete else sum(same) <= whole, name


def test_behind_each_figure_are_the_records_that_it_counts(pair: Pair) -> None:
    node, sol = pair[0], made.supervisor(pair[0])
    view = of_march(node)
    for key, cell in cells(view).items():
        unit = meanings()[key[0]].definition.unit
        rows = node.casework_reports.behind(sol, MARCH, key[0], part=key[1], limit=200)
        counts = {"count": cell.number, "share": cell.of, "minutes": cell.number, "estimate": 0}
        told = sum(row.value for row in rows.rows)
        if key[0] in ("rules_rate",) and key[1] == "":
            told = len({row.id for row in rows.rows})
        elif key[0] == "matches_false":
            assert {row.kind for row in rows.rows} == {"match"}
        assert told == counts[unit], key
    named = node.casework_reports.behind(sol, MARCH, "alerts_decided", part="explained")
    assert [row.id for row in named.rows] == [made.alert_id("A6"), made.alert_id("A2")]
    assert [row.title for row in named.rows] == ["NRCH A6", "NRCH A2"]
    assert named.rows[0].address == f"/alerts/{made.alert_id('A6')}"
    assert named.rows[0].part_es == "Los motivos se explican por los hechos registrados"
    asked = node.casework_reports.behind(sol, MARCH, "sent_silent")
    assert [(row.id, row.title) for row in asked.rows] == [("r4", "NRCH KR4")]
    before = node.casework_reports.behind(sol, MARCH, "alerts_decided", of="2026-02")
    assert [row.id for row in before.rows] == [made.alert_id("A6")]
    page = node.casework_reports.behind(sol, MARCH, "alerts_decided", limit=1, offset=3)
    assert (page.number, len(page.rows), page.offset) == (4, 1, 3)


def test_days_of_a_month_count_what_was_raised_and_decided(pair: Pair) -> None:
    days = {one.day: (one.raised, one.decided) for one in of_march(pair[0]).days}
    assert len(days) == 31
    assert (days["2026-03-01"], days["2026-03-20"], days["2026-03-31"]) == ((1, 2), (0, 1), (1, 0))
    assert sum(raised for raised, _ in days.values()) == 4


def test_small_figures_are_left_out_with_what_gives_them_away(pair: Pair) -> None:
    plain, small = cells(of_march(pair[0])), of_march(pair[0], hide_small=True)
    told = cells(small)
    assert small.hides_small and small.days == ()
    for key, cell in plain.items():
        unit = meanings()[key[0]].definition.unit
        if unit == "count" and 0 < (cell.number or 0) < SMALLEST:
            assert told[key] == CellView(hidden=True), key
    assert told["alerts_time", ""].hidden and told["exams_rate", ""].hidden
    assert told["matches_false", ""].hidden and told["sent_share", ""].hidden
    assert not [cell for cell in told.values() if 0 < (cell.number or 9) < SMALLEST]
    # What is still shown leaves every hidden small count at least five wide.
    assert told["sent_asked", ""] == CellView(number=5)
    counts = {key: cell.number or 0 for key, cell in plain.items()
              if meanings()[key[0]].definition.unit == "count"}  # fmt: skip
    sums = tuple(sums_of(definitions(), list(plain)))
    gone = {key for key in counts if told[key].hidden}
    for key in (key for key in gone if 0 < counts[key] < SMALLEST):
        low, high = reach(counts, sums, gone, key)
        assert high - low >= SMALLEST, key


def test_the_reports_of_a_year_and_of_its_months_give_no_small_figure_away_together(
    pair: Pair,
) -> None:
    """All that is printed of 2026, each report made small, taken together; an alert that was decided
    anew in a later month counts once in the year, so figures of alerts are at most the sum."""
    node, sol = pair[0], made.supervisor(pair[0])
    today = node.casework_reports.now().date()
    begun = [one.name for one in period("2026").months() if one.first <= today]
    names = ("2026", *begun)
    plain, told = (
        {name: cells(node.casework_reports.report(sol, name, hide_small=hides)) for name in names}
        for hides in (False, True)
    )
    unit = {name: one.definition.unit for name, one in meanings().items()}
    for name in begun:
        assert [key for key, cell in told[name].items() if unit[key[0]] == "count"
                and cell.hidden and not told["2026"][key].hidden] == []  # fmt: skip
    counts = {(name, key): cell.number or 0 for name in names for key, cell in plain[name].items()
              if unit[key[0]] == "count"}  # fmt: skip
    sums = [
        Sum(whole=(name, one.whole), parts=tuple((name, part) for part in one.parts),
            complete=one.complete)
        for name in names for one in sums_of(definitions(), list(plain[name]))
    ]  # fmt: skip
    sums += [
        Sum(whole=("2026", key), parts=months)
        for key in {key for name, key in counts if name == "2026"}
        if (months := tuple((name, key) for name in begun if (name, key) in counts))
        and sum(counts[one] for one in months) == counts["2026", key]
    ]  # fmt: skip
    gone = {one for one in counts if told[one[0]][one[1]].hidden}
    small = [one for one in gone if 0 < counts[one] < SMALLEST]
    assert {name for name, _key in small} >= {"2026", MARCH}
    for one in small:
        low, high = reach(counts, sums, gone, one)
        assert high - low >= SMALLEST, one


# --- keeping --------------------------------------------------------------------------------------


def test_a_kept_report_stays_as_it_was_and_says_what_has_changed(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    node = made.node_of(tmp_path_factory.mktemp("kept"))
    sol, desk = made.supervisor(node), node.casework_reports
    kept = desk.keep(sol, MARCH)
    assert kept.intact and kept.row.changed == 0 and len(kept.row.digest) == 64
    assert kept.rests_on == "OFFICIAL · marisol"
    assert of_march(node).kept[0].changed == 0
    made.told_late(node)
    again = desk.kept(sol, kept.row.digest[:12])
    changed = {(row.figure, row.part): (row.kept.number, row.now.number)
               for row in again.rows if row.changed}  # fmt: skip
    assert {key: value for key, value in changed.items() if key[0].startswith("exams")} == {
        ("exams_made", ""): (4, 5), ("exams_made", "value"): (2, 3),
        ("exams_answered", ""): (3, 4), ("exams_answered", "value"): (2, 3),
        ("exams_found", ""): (1, 2), ("exams_found", "value"): (1, 2),
        ("exams_rate", ""): (1, 2), ("exams_rate", "value"): (1, 2),
    }  # fmt: skip
    assert {figure.partition("_")[0] for figure, _part in changed} == {"exams", "rules"}
    assert (again.intact, again.row.changed, again.row.digest) == (
        True, len(changed), kept.row.digest
    )  # fmt: skip
    assert of_march(node).kept[0].changed == len(changed)
    assert [one.changed for one in desk.kept_reports(sol)] == [None]
    node.close()


def test_a_kept_report_that_was_tampered_with_is_told() -> None:
    body = sealed(MARCH, at="2026-04-09T05:00:00Z", by="sol", figures=(), clearance="OPEN")
    assert is_intact(body)
    assert not is_intact(msgspec.structs.replace(body, by="bea"))
    forged = msgspec.structs.replace(body, by="bea")
    assert digest_of(forged) != body.digest


def test_what_has_not_ended_is_not_kept_and_keeping_is_for_supervisors(pair: Pair) -> None:
    desk = pair[0].casework_reports
    with pytest.raises(StateError, match="can be kept from 2026-05-01 on"):
        desk.keep(made.supervisor(pair[0]), "2026-04")
    with pytest.raises(StateError):
        desk.keep(made.supervisor(pair[0]), "2026")
    with pytest.raises(Forbidden):
        desk.keep(made.supervisor(pair[0], role=Role.ANALYST), MARCH)
    with pytest.raises(NotFound):
        desk.kept(made.supervisor(pair[0]), "0" * 64)


def test_a_report_kept_by_the_cleared_is_not_there_for_others(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    node = made.node_of(tmp_path_factory.mktemp("secret"), secret=True)
    desk, sol, bea = node.casework_reports, made.supervisor(node), made.cleared(node)
    kept = desk.keep(bea, MARCH)
    assert kept.row.level == int(Level.SECRET)
    assert {(row.figure, row.part): row.kept.number for row in kept.rows}["alerts_decided", ""] == 5
    with pytest.raises(NotFound):
        desk.kept(sol, kept.row.digest)
    assert desk.kept_reports(sol) == () == of_march(node).kept
    low = desk.keep(sol, MARCH)
    # Figures under the label of the low one are the same for whoever reads it.
    assert desk.kept(bea, low.row.digest).row.changed == 0
    told = {one.digest: one.changed for one in desk.report(bea, MARCH).kept}
    assert told == {kept.row.digest: 0, low.row.digest: None}
    node.close()


# --- refusals and two worlds ----------------------------------------------------------------------


@pytest.mark.parametrize("name", ["2026-13", "2026-3", "26", "1999-01", "march", "2026-03-01", ""])
def test_what_is_no_period_is_said(pair: Pair, name: str) -> None:
    with pytest.raises(InputError, match="is no month such as 2026-11, and no year"):
        pair[0].casework_reports.report(made.supervisor(pair[0]), name)


def test_wrong_questions_are_refused_by_name(pair: Pair) -> None:
    desk, sol = pair[0].casework_reports, made.supervisor(pair[0])
    with pytest.raises(InputError, match="2026-05 has not begun"):
        desk.report(sol, "2026-05")
    with pytest.raises(InputError, match="no figure 'nothing'"):
        desk.behind(sol, MARCH, "nothing")
    with pytest.raises(InputError, match="none of those that the report compares"):
        desk.behind(sol, MARCH, "alerts_raised", of="2026-01")
    for role in (Role.AUDITOR, Role.ADMINISTRATOR):
        with pytest.raises(Forbidden):
            desk.report(made.supervisor(pair[0], role=role), MARCH)


def test_a_secret_changes_no_figure_of_whoever_may_not_know_it(pair: Pair) -> None:
    for asked in (MARCH, "2026-02", "2026"):
        for hide in (False, True):
            plain, secret = (
                node.casework_reports.report(made.supervisor(node), asked, hide_small=hide)
                for node in pair
            )
            assert plain == secret
    for name in meanings():
        left, right = (
            node.casework_reports.behind(made.supervisor(node), MARCH, name) for node in pair
        )
        assert left == right
        assert made.HIDDEN not in str(right)


def test_the_cleared_count_the_secret_ones_too_and_each_thing_once(pair: Pair) -> None:
    view = pair[1].casework_reports.report(made.cleared(pair[1]), MARCH)
    told = numbers(view)
    assert told["alerts_raised"] == 5
    # A1 is decided otherwise under the label with more reasons, and counts once.
    assert (told["alerts_decided"], told["alerts_decided/inform"]) == (5, 1)
    assert (told["alerts_decided/refer"], told["matches_decided"]) == (1, 5)
    # M1 was decided otherwise in secret, later: the last one speaks.
    assert (told["matches_decided/the_same"], told["matches_decided/not_the_same"]) == (3, 1)
    assert told["intake_messages"] == 14
    assert view.level == int(Level.SECRET)
    assert "SECRET" in view.marking
    assert (view.clearance, view.purpose) == (4, "targeting")


def test_an_erased_alert_counts_no_more(tmp_path_factory: pytest.TempPathFactory) -> None:
    node = made.node_of(tmp_path_factory.mktemp("erased"))
    before = numbers(of_march(node))
    node.erase(node.administrator(), made.subject_of("B1"), reason="asked for")
    after = numbers(of_march(node))
    assert after["rules_answered"] == before["rules_answered"] - 1
    node.close()


@pytest.mark.postgres
def test_postgresql_counts_the_same_behind_its_own_wall(
    fresh_postgres: str, tmp_path: Path, pair: Pair
) -> None:
    node = made.node_of(tmp_path, secret=True, database=fresh_postgres)
    node.board.now = lambda: made.NOW
    for who in (made.supervisor, made.cleared):
        left, right = (one.casework_reports.report(who(one), MARCH) for one in (node, pair[1]))
        assert msgspec.structs.replace(left, kept=()) == msgspec.structs.replace(right, kept=())
    assert numbers(of_march(node)) == MARCH_BY_HAND
    sol = made.supervisor(node)
    assert node.casework_reports.keep(sol, MARCH).row.changed == 0
    for name in ("alerts_decided", "matches_decided", "rules_answered", "intake_files"):
        assert node.casework_reports.behind(sol, MARCH, name).number
    queues = {one.queue: one.count for one in node.board.board(sol).queues}
    assert (queues["alerts_new"], queues["alerts_claimed"], queues["quarantine"]) == (6, 1, 1)
    assert node.board.waiting(sol, "alerts_new", age="longer").number == 6
    node.close()
