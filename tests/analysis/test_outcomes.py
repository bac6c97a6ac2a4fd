"""What examinations say together of a subject, and when it was known. CPU: under a second."""

from __future__ import annotations

import datetime as dt
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from esclusa.analysis.outcomes import (
    COLUMNS,
    Stated,
    Subject,
    as_known,
    definitions,
    instant,
    link,
    next_known,
    outcome_table,
)
from esclusa.errors import InputError
from esclusa.model import Conveyance, Examination, Finding, Voyage

RULES = definitions()
BOX = "CSQU3054383"


def bill(name: str, *, box: str = BOX, arrival: str = "2026-03-10", **more: Any) -> Subject:
    values = {"carrier": "NRLN", "voyage": "V1", "ship": "STAR", "boxes": (box,), **more}
    return Subject(id=name, kind="consignment", bill=name, arrival=arrival, **values)


def unit(name: str, *, voyage: str = "V1", arrival: str = "2026-03-10") -> Subject:
    return Subject(id=name, kind="equipment", boxes=(BOX,), ship="STAR", voyage=voyage,
                   arrival=arrival)  # fmt: skip


def exam(number: str = "1", result: str = "nothing_found", **more: Any) -> Examination:
    values: dict[str, Any] = {
        "methods": ("physical_full",), "completed": "2026-03-11T10:00Z",
        "reported": "2026-03-12T10:00Z", "carrier": "NRLN", **more,
    }  # fmt: skip
    return Examination(agency="A", number=number, result=result, **values)


def stated(*exams: Examination) -> list[Stated]:
    recorded = dt.datetime(2026, 6, 1, tzinfo=dt.UTC)
    versions = [
        Stated(id=f"x{one.number}", chain=1, seq=seq, recorded=recorded, body=one)
        for seq, one in enumerate(exams)
    ]
    return as_known(versions)


def table(exams: list[Examination], subjects: list[Subject]) -> dict[str, dict[str, Any]]:
    known = stated(*exams)
    made = outcome_table(known, link([one.body for one in known], subjects, RULES), RULES)
    assert dict(made.schema) == {
        name: pl.Series([], dtype=kind).dtype for name, kind in COLUMNS.items()
    }
    return {row["subject"]: row for row in made.iter_rows(named=True)}


# --- what counts ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("result", "methods", "examined", "found"),
    [
        ("found", ("scan",), True, True),
        ("nothing_found", ("dogs",), True, False),
        ("inconclusive", ("scan",), True, None),
        ("not_performed", (), False, None),
        ("nothing_found", ("documents",), False, None),
        ("found", ("documents",), False, None),
        ("nothing_found", ("documents", "scan"), True, False),
        ("nothing_found", (), True, False),
        ("", (), False, None),
        ("cleared", ("scan",), False, None),
    ],
)
def test_only_a_look_into_the_box_that_settles_something_is_in_a_rate(
    result: str, methods: tuple[str, ...], examined: bool, found: bool | None
) -> None:
    row = table([exam(result=result, methods=methods, bills=("B1",))], [bill("B1")])["B1"]
    assert (row["examined"], row["found"], row["result"]) == (examined, found, result)
    assert (row["at"] is None) is not examined


def test_every_result_of_the_code_list_is_defined_once() -> None:
    from esclusa.codes.examination import lists

    defined = [*RULES.unknown, *RULES.found, *RULES.nothing_found]
    assert sorted(defined) == sorted(lists().result)
    assert set(RULES.examined) == set(lists().result) - {"not_performed"}
    assert set(RULES.looking) == set(lists().method) - {"documents"}


def test_an_unknown_version_of_the_definitions_is_refused() -> None:
    assert definitions(1) == definitions()
    with pytest.raises(InputError, match="no version 99"):
        definitions(99)


def test_a_subject_nobody_looked_into_has_no_row() -> None:
    assert table([exam(bills=("B1",))], [bill("B1"), bill("B2", box="OTHER")]).keys() == {"B1"}


# --- several examinations of one subject ------------------------------------------------------


def test_found_outweighs_nothing_outweighs_inconclusive_outweighs_not_performed() -> None:
    results = ["not_performed", "inconclusive", "nothing_found", "found"]
    for count in range(1, 5):
        exams = [exam(str(n), result, bills=("B1",)) for n, result in enumerate(results[:count])]
        for order in (exams, exams[::-1]):
            assert table(order, [bill("B1")])["B1"]["result"] == results[count - 1]


def test_a_scan_that_settled_nothing_and_the_opening_after_it_are_one_outcome() -> None:
    scan = exam("1", "inconclusive", bills=("B1",), methods=("scan",), lane="control_random",
                probability=0.02, selection="S1", completed="2026-03-10T08:00Z")  # fmt: skip
    opened = exam("2", "found", bills=("B1",), lane="mandatory", reported="2026-03-14T00:00Z")
    row = table([opened, scan], [bill("B1")])["B1"]
    assert (row["found"], row["examination"]) == (True, "x2")
    assert row["known"] == dt.datetime(2026, 3, 14, tzinfo=dt.UTC)
    # It was in the control sample all the same, or the sample's rate would lose its finds.
    assert (row["lane"], row["probability"], row["selection"]) == ("control_random", 0.02, "S1")


def test_a_waiver_takes_no_lane_from_an_examination_that_was_made() -> None:
    waived = exam("1", "not_performed", bills=("B1",), methods=(), lane="value", probability=1.0,
                  completed="", reported="2026-03-01")  # fmt: skip
    made = exam("2", bills=("B1",), lane="control_random", probability=0.1)
    assert table([waived, made], [bill("B1")])["B1"]["lane"] == "control_random"
    assert table([waived], [bill("B1")])["B1"]["lane"] == "value"


@pytest.mark.parametrize("given", [0.0, -1.0, 1.5, float("nan"), None])
def test_a_chance_that_is_none_is_not_handed_on(given: float | None) -> None:
    assert (
        table([exam(bills=("B1",), probability=given)], [bill("B1")])["B1"]["probability"] is None
    )


def test_an_unnamed_lane_is_other() -> None:
    assert table([exam(bills=("B1",))], [bill("B1")])["B1"]["lane"] == "other"


# --- boxes and bills --------------------------------------------------------------------------


def test_a_find_in_a_box_with_one_bill_is_the_bills() -> None:
    rows = table([exam("1", "found", equipment=BOX)], [bill("B1"), unit("U1")])
    assert {name: row["found"] for name, row in rows.items()} == {"B1": True, "U1": True}
    assert len({row["event"] for row in rows.values()}) == 1


@pytest.mark.parametrize("result", ["found", "nothing_found"])
def test_of_several_bills_in_a_box_only_those_named_have_an_outcome(result: str) -> None:
    subjects = [bill("B1"), bill("B2"), bill("B3"), unit("U1")]
    unnamed = table([exam("1", result, equipment=BOX)], subjects)
    told = result == "found"
    assert {name: row["found"] for name, row in unnamed.items()} == {
        "B1": None, "B2": None, "B3": None, "U1": told,
    }  # fmt: skip
    assert all(row["examined"] for row in unnamed.values())
    named = table([exam("1", result, equipment=BOX, bills=("B2",))], subjects)
    assert {name: row["found"] for name, row in named.items()} == {
        "B1": None, "B2": told, "B3": None, "U1": told,
    }  # fmt: skip


def test_a_copy_of_the_bill_does_not_make_two_bills_of_it() -> None:
    subjects = [bill("B1"), bill("copy", carrier="nrln")]
    both = [subjects[0], Subject(**{**_fields(subjects[1]), "bill": "b1"})]
    rows = table([exam("1", "found", equipment=BOX)], both)
    assert {row["found"] for row in rows.values()} == {True}
    assert len(rows) == 2
    assert len({row["event"] for row in rows.values()}) == 1


def _fields(one: Subject) -> dict[str, Any]:
    return {name: getattr(one, name) for name in one.__struct_fields__}


def test_one_opening_told_by_two_services_is_one_event() -> None:
    customs = exam("1", "found", equipment=BOX, bills=("B1",), event="OP7")
    police = Examination(agency="P", number="9", result="found", equipment=BOX, event="OP7",
                         completed="2026-03-11", reported="2026-03-20")  # fmt: skip
    rows = table([customs, police], [bill("B1"), bill("B2"), unit("U1")])
    assert {row["event"] for row in rows.values()} == {"OP7"}


def test_a_bill_without_carrier_is_found_when_one_carrier_alone_has_the_number() -> None:
    one = [bill("B1")]
    two = [bill("B1"), Subject(id="other", kind="consignment", bill="B1", carrier="ZZZZ")]
    assert table([exam(bills=("b1 ",), carrier="")], one).keys() == {"B1"}
    assert table([exam(bills=("B1",), carrier="")], two) == {}
    assert table([exam(bills=("B1",), carrier="ZZZZ")], two).keys() == {"other"}


def test_equal_ends_of_masked_numbers_are_not_one_bill() -> None:
    masked = Subject(id="m", kind="consignment", bill="…401", carrier="NRLN")
    assert table([exam(bills=("…401",))], [masked]) == {}


# --- journeys of one box ----------------------------------------------------------------------

SPRING, SUMMER = bill("S1", arrival="2026-03-10"), bill("S2", arrival="2026-07-10", voyage="V2")


@pytest.mark.parametrize(
    ("completed", "subject"),
    [
        ("2026-03-12T08:00Z", "S1"),
        ("2026-03-01", "S1"),
        ("2026-07-01", "S2"),
        ("2026-04-24", "S1"),
        ("2026-04-25", ""),
        ("2025-07-10", ""),
    ],
)
def test_an_examination_of_a_box_belongs_to_the_journey_nearest_in_time(
    completed: str, subject: str
) -> None:
    rows = table([exam(equipment=BOX, completed=completed)], [SPRING, SUMMER])
    assert set(rows) == ({subject} if subject else set())


def test_two_journeys_equally_near_leave_it_open() -> None:
    other = bill("S3", arrival="2026-03-12", voyage="V3")
    assert table([exam(equipment=BOX, completed="2026-03-11")], [SPRING, other]) == {}
    by_voyage = exam(equipment=BOX, completed="2026-03-11", voyage=Voyage(reference="v3"))
    assert table([by_voyage], [SPRING, other]).keys() == {"S3"}
    ship = Voyage(reference="V3", conveyance=Conveyance(name="COMET"))
    assert table([exam(equipment=BOX, voyage=ship)], [SPRING, other]) == {}


def test_named_bills_choose_the_journey() -> None:
    units = [unit("U1"), unit("U2", voyage="V2", arrival="2026-07-10")]
    rows = table([exam(equipment=BOX, bills=("S2",))], [SPRING, SUMMER, *units])
    assert rows.keys() == {"S2", "U2"}


def test_a_journey_without_dates_is_taken_only_when_there_is_no_other() -> None:
    bare = bill("S9", arrival="", voyage="V9")
    assert table([exam(equipment=BOX)], [bare]).keys() == {"S9"}
    assert table([exam(equipment=BOX)], [bare, bill("S8", arrival="", voyage="V8")]) == {}


# --- as of a moment ---------------------------------------------------------------------------


def version(seq: int, body: Examination, recorded: str, **more: Any) -> Stated:
    moment = dt.datetime.fromisoformat(recorded).replace(tzinfo=dt.UTC)
    values = {"id": "x", "chain": 1, **more}
    return Stated(seq=seq, recorded=moment, body=body, **values)


def known_at(versions: list[Stated], day: str) -> list[str]:
    moment = dt.datetime.fromisoformat(day).replace(tzinfo=dt.UTC)
    return [one.body.result for one in as_known(versions, moment)]


def test_a_result_is_known_from_its_report_else_from_when_it_was_recorded() -> None:
    told = version(1, exam(reported="2026-03-12T10:00Z"), "2026-06-01")
    silent = version(1, exam(reported=""), "2026-06-01")
    assert known_at([told], "2026-03-12T10:00") == ["nothing_found"]
    assert known_at([told], "2026-03-12T09:59") == []
    assert known_at([silent], "2026-05-31") == []
    assert known_at([silent], "2026-06-01") == ["nothing_found"]


def test_a_day_alone_is_known_at_its_end() -> None:
    one = version(1, exam(reported="2026-03-12"), "2026-06-01")
    assert known_at([one], "2026-03-12T23:59:58") == []
    assert known_at([one], "2026-03-13") == ["nothing_found"]


def test_a_correction_is_known_from_when_it_was_recorded_and_not_before_that() -> None:
    first = version(1, exam(reported="2026-03-12"), "2026-03-20")
    later = version(2, exam(result="found", reported="2026-03-12"), "2026-06-01")
    dated = version(2, exam(result="found", reported="2026-04-01"), "2026-06-01")
    early = version(2, exam(result="found", reported="2026-01-01"), "2026-06-01")
    assert known_at([first, later], "2026-05-31") == ["nothing_found"]
    assert known_at([later, first], "2026-06-01") == ["found"]
    assert known_at([first, dated], "2026-04-02") == ["found"]
    assert known_at([first, early], "2026-03-12T12:00") == []
    assert known_at([first, early], "2026-03-13") == ["found"]


def test_an_examination_taken_back_is_gone_from_then_on() -> None:
    first = version(1, exam(reported="2026-03-12"), "2026-03-20")
    gone = version(2, exam(reported="2026-03-12"), "2026-04-01", withdrawn=True)
    assert known_at([first, gone], "2026-03-31") == ["nothing_found"]
    assert known_at([first, gone], "2026-04-01") == []
    assert as_known([first, gone]) == []


def test_of_several_chains_the_version_recorded_last_speaks() -> None:
    one = version(1, exam(reported="2026-03-12"), "2026-03-20")
    other = version(2, exam(result="found", reported="2026-05-01"), "2026-05-01", chain=2)
    assert known_at([one, other], "2026-04-01") == ["nothing_found"]
    assert [item.body.result for item in as_known([one, other])] == ["found"]


MOMENTS = st.datetimes(dt.datetime(2026, 1, 1), dt.datetime(2026, 1, 5)).map(
    lambda found: found.replace(second=0, microsecond=0, tzinfo=dt.UTC)
)
VERSIONS = st.lists(
    st.tuples(MOMENTS, st.none() | MOMENTS, st.integers(1, 2), st.booleans()), max_size=5
)


Drawn = list[tuple[dt.datetime, dt.datetime | None, int, bool]]


def drawn_versions(drawn: Drawn) -> list[Stated]:
    return [
        Stated(id="x", chain=chain, seq=seq, recorded=recorded, withdrawn=withdrawn,
               body=exam(reported=told.isoformat() if told else "", number=str(seq)))
        for seq, (recorded, told, chain, withdrawn) in enumerate(sorted(drawn, key=lambda d: d[0]))
    ]  # fmt: skip


@given(VERSIONS, MOMENTS, MOMENTS)
def test_until_the_next_becomes_known_what_is_known_stays(
    drawn: Drawn, moment: dt.datetime, later: dt.datetime
) -> None:
    versions = drawn_versions(drawn)
    until = next_known(versions, moment)
    assert until is None or until > moment
    if later >= moment and (until is None or later < until):
        assert as_known(versions, later) == as_known(versions, moment)


@given(VERSIONS, MOMENTS)
def test_what_was_known_at_a_moment_is_what_a_ledger_of_that_moment_says(
    drawn: Drawn, moment: dt.datetime
) -> None:
    """Versions not known by the moment change nothing of what was known by it."""
    versions = drawn_versions(drawn)
    later = {one.seq for one in as_known(versions, moment)}
    for cut in range(len(versions) + 1):
        kept = versions[:cut]
        found = {one.seq for one in as_known(kept, moment)}
        if all(one.recorded > moment and not one.body.reported for one in versions[cut:]):
            assert found == later


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-03-12T10:00Z", "2026-03-12T10:00:00+00:00"),
        ("2026-03-12T05:00-05:00", "2026-03-12T10:00:00+00:00"),
        ("2026-03-12T10:00", "2026-03-12T10:00:00+00:00"),
        ("2026-03-12", "2026-03-12T23:59:59+00:00"),
        ("2026-02", "2026-02-28T23:59:59+00:00"),
        ("2026", "2026-12-31T23:59:59+00:00"),
        ("", None), ("soon", None), ("2026-13-01", None), ("2026-02-30T10:00", None),
    ],
)  # fmt: skip
def test_moments_are_read_and_a_coarse_one_is_its_end(text: str, expected: str | None) -> None:
    found = instant(text)
    assert (found.isoformat() if found else None) == expected


def test_findings_do_not_change_what_an_outcome_is() -> None:
    found = (Finding(category="drugs"), Finding(category="revenue"))
    rows = table([exam("1", "found", bills=("B1",), findings=found)], [bill("B1")])
    assert len(rows) == 1
