"""One event, one count: definition seizures/1. About 1 s of CPU."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from esclusa.analysis.seizures import Report, counts, events, maybe_one, period_of
from esclusa.model import SeizedItem, Seizure


def report(agency: str, number: str, event: str, day: str, *items: tuple[str, float | None],
           box: str = "", bill: str = "") -> Report:  # fmt: skip
    return Report(id=f"{agency}/{number}", originator="marisol", body=Seizure(
        agency=agency, number=number, event=event, seized=day, part="found", equipment=box,
        bill=bill, items=tuple(SeizedItem(category=name, quantity=amount,
                                          unit="KGM" if amount else "") for name, amount in items),
    ))  # fmt: skip


CUSTOMS = report("customs", "1", "E1", "2026-11-20", ("drugs", 100.0), ("drugs", 12.0))
POLICE = report("police", "77", "E1", "2026-11-21T08:00:00Z", ("drugs", 110.0), ("security", None))
OTHER = report("customs", "2", "E2", "2026-12-01", ("drugs", 5.0))


def test_one_event_counts_once_however_many_services_report_it() -> None:
    found = events([POLICE, OTHER, CUSTOMS])
    assert [(one.event, one.day) for one in found] == [("E1", "2026-11-20"), ("E2", "2026-12-01")]
    rows = {(row.period, row.category): row for row in counts(found, by="year")}
    assert (rows["2026", ""].events, rows["2026", ""].reports) == (2, 3)
    assert (rows["2026", "drugs"].events, rows["2026", "drugs"].reports) == (2, 3)
    assert (rows["2026", "security"].events, rows["2026", "security"].reports) == (1, 1)


def test_goods_are_the_largest_sum_of_one_service_never_the_sum_of_all() -> None:
    (event, _other) = events([CUSTOMS, POLICE, OTHER])
    assert event.amounts == {("drugs", "KGM"): 112.0}
    (row,) = [row for row in counts([event], by="month") if row.category == "drugs"]
    assert (row.period, row.amounts) == ("2026-11", {"KGM": 112.0})


def test_periods() -> None:
    assert [period_of("2026-11-20", by) for by in ("month", "quarter", "year")] == [
        "2026-11", "2026-Q4", "2026",
    ]  # fmt: skip
    assert [period_of(f"2026-{month:02}-01", "quarter")[-1] for month in (1, 3, 4, 6, 7, 10)] == [
        "1", "1", "2", "2", "3", "4",
    ]  # fmt: skip
    assert counts(events([CUSTOMS, OTHER]), by="month", since="2026-12-01")[0].period == "2026-12"
    assert counts(events([CUSTOMS]), by="month", until="2026-11-19") == ()


@pytest.mark.parametrize(
    ("other", "one"),
    [
        (report("police", "9", "P9", "2026-11-22", ("drugs", 1.0), box="CSQU3054383"), True),
        (report("police", "9", "P9", "2026-11-24", ("drugs", 1.0), box="CSQU3054383"), False),
        (report("police", "9", "P9", "2026-11-22", ("revenue", 1.0), box="CSQU3054383"), False),
        (report("customs", "9", "P9", "2026-11-22", ("drugs", 1.0), box="CSQU3054383"), False),
        (report("police", "9", "P9", "2026-11-22", ("drugs", 1.0), box="MSKU9070323"), False),
        (report("police", "9", "P9", "2026-11-22", ("drugs", 1.0), bill="B1"), True),
    ],
)
def test_two_events_that_may_be_one_are_shown_and_still_counted_as_two(
    other: Report, one: bool
) -> None:
    first = report("customs", "1", "E1", "2026-11-20", ("drugs", 2.0), box="CSQU3054383", bill="B1")
    found = events([first, other])
    assert maybe_one(found) == ((("E1", "P9"),) if one else ())
    assert counts(found, by="year")[0].events == 2


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(st.sampled_from("ABC"), st.sampled_from("123"), st.integers(1, 9),
                          st.sampled_from(("drugs", "revenue"))), max_size=12),
       st.randoms(use_true_random=False))  # fmt: skip
def test_the_count_is_that_of_the_distinct_events_in_whatever_order(
    said: list[tuple[str, str, int, str]], order: random.Random
) -> None:
    made = [report(agency, str(n), event, f"2026-11-0{amount}", (category, float(amount)))
            for n, (agency, event, amount, category) in enumerate(said)]  # fmt: skip
    rows = counts(events(made), by="year")
    shuffled = list(made)
    order.shuffle(shuffled)
    assert counts(events(shuffled), by="year") == rows
    total = {row.category: row for row in rows}
    assert total[""].events == len({e for _a, e, _n, _c in said}) if said else not rows
    for category in ("drugs", "revenue"):
        wanted = {e for _a, e, _n, c in said if c == category}
        assert (total[category].events if category in total else 0) == len(wanted)
        best = sum(
            max(sum(n for a2, e2, n, c2 in said if (a2, e2, c2) == (a, e, category))
                for a in "ABC")
            for e in wanted
        )  # fmt: skip
        assert (total[category].amounts.get("KGM", 0) if category in total else 0) == best
