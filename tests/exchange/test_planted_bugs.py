"""The simulator is worth something: planted faults do not live long in it.

Each fault is one function of the core replaced by a wrong one, modelled on a public report
(``bugs/reports.py``). ``pytest -s -m slow`` on this file prints what killed each, and survivors.
"""

from __future__ import annotations

import pytest
from bugs import ALL, Bug, planted
from bugs.reports import REPORTS
from simulator.run import play, run
from trio import marking

from esclusa.sharing.exchange import holdings, labels

MOST = 400
"""Seeds after which a fault counts as a survivor."""

SURVIVORS: dict[str, str] = {}
"""Faults that schedules do not find, and what shows them instead."""

THEMES = sorted({bug.make.__module__.removeprefix("bugs.") for bug in ALL.values()})


def killed_at(bug: Bug, most: int = MOST) -> tuple[int, str]:
    """Return how many schedules a planted fault lived and what it broke; (0, "") for a survivor."""
    with planted(bug):
        for report in play(range(most)):
            if report.violation is not None:
                return report.seed + 1, report.violation.split(":")[0]
    return 0, ""


def test_there_are_at_least_sixty_faults_and_each_names_its_report() -> None:
    assert len(ALL) >= 60
    assert {bug.report for bug in ALL.values()} <= set(REPORTS)
    assert len({bug.report for bug in ALL.values()}) >= 30


def test_every_report_has_its_fault() -> None:
    assert set(REPORTS) == {bug.report for bug in ALL.values()}


def test_a_fault_is_gone_after_its_block_and_leaves_nothing_remembered() -> None:
    right, below = holdings.recall, labels.is_below(marking("a", level=1), marking("a", level=0))
    with planted(ALL["a_recall_is_not_heeded"]):
        assert holdings.recall is not right
    with planted(ALL["caveats_are_not_compared"]):
        labels.is_below(marking("a", orcon=True), marking("a"))
    assert holdings.recall is right
    assert labels.is_below(marking("a", level=1), marking("a", level=0)) is below
    assert not labels.is_below(marking("a", orcon=True), marking("a"))


@pytest.mark.parametrize(
    "name", ["a_recall_is_not_heeded", "members_see_each_other", "numbers_are_used_twice"]
)
def test_a_fault_is_found_and_the_same_seed_without_it_is_clean(name: str) -> None:
    lived, rule = killed_at(ALL[name])
    assert lived and rule
    assert run(lived - 1).violation is None


def test_at_least_nineteen_of_twenty_faults_are_expected_to_be_killed() -> None:
    assert set(SURVIVORS) <= set(ALL)
    assert len(SURVIVORS) <= 0.05 * len(ALL)


@pytest.mark.slow
@pytest.mark.parametrize("theme", THEMES)
def test_every_other_fault_is_killed_within_four_hundred_schedules(theme: str) -> None:
    found = {
        name: killed_at(bug) for name, bug in ALL.items() if bug.make.__module__ == f"bugs.{theme}"
    }
    for name, (lived, rule) in sorted(found.items(), key=lambda item: item[1]):
        print(f"{lived or 'lives':>6}  {name}  ({ALL[name].report}): {rule}")
    survivors = {name for name, (lived, _) in found.items() if not lived}
    print(f"{theme}: {len(found) - len(survivors)} of {len(found)} killed")
    assert survivors <= set(SURVIVORS), survivors - set(SURVIVORS)
