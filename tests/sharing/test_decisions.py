"""The policy is asked once per (label, reader class) and day, and the answers are its own."""

from __future__ import annotations

import datetime as dt

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from esclusa.model import EVERYONE, Level, Marking
from esclusa.sharing import policy
from esclusa.sharing.policy import Decisions, class_of, may_see
from esclusa.sharing.reader import PURPOSES, Reader, Role
from esclusa.sharing.vocabularies.handling import handling

AGENCIES = ("marisol", "northreach", "altamira")
DAYS = st.dates(min_value=dt.date(2026, 11, 20), max_value=dt.date(2026, 11, 24))
WORDS = st.frozensets(st.sampled_from([*AGENCIES, EVERYONE]), max_size=2)
CAVEATS = st.frozensets(st.sampled_from([*handling(), "PAX", "NARCOTICS"]), max_size=3)
MARKINGS = st.builds(
    Marking,
    level=st.sampled_from(Level),
    releasable_to=WORDS,
    caveats=CAVEATS,
    purposes=st.frozensets(st.sampled_from([*PURPOSES, EVERYONE]), max_size=3),
    source_grade=st.sampled_from("ABCX"),
    information_grade=st.sampled_from("1234"),
    retain_until=st.none() | DAYS,
)
READERS = st.builds(
    Reader,
    name=st.sampled_from(["ana", "bea"]),
    role=st.sampled_from(Role),
    agency=st.sampled_from(AGENCIES),
    clearance=st.sampled_from(Level),
    caveats=CAVEATS | st.just(frozenset({EVERYONE})),
    purpose=st.sampled_from(PURPOSES),
)
LABELS = st.lists(st.tuples(st.sampled_from(AGENCIES), MARKINGS), max_size=6)


@given(LABELS, st.lists(st.tuples(READERS, DAYS), max_size=8))
def test_whoever_asks_in_whatever_order_gets_the_policys_answer_of_that_day(
    labels: list[tuple[str, Marking]], asked: list[tuple[Reader, dt.date]]
) -> None:
    numbered = [(number, *label) for number, label in enumerate(labels, 1)]
    decisions = Decisions()
    for known, (reader, day) in enumerate(asked):
        some = numbered[: known + 1]  # labels are added while the node runs
        right = {number for number, origin, mark in some if may_see(reader, origin, mark, day)}
        assert decisions.seen(reader, day, some) == right


@given(READERS, READERS, st.sampled_from(AGENCIES), MARKINGS, DAYS)
def test_readers_of_one_class_see_the_same(
    one: Reader, other: Reader, originator: str, marking: Marking, day: dt.date
) -> None:
    alike = msgspec.structs.replace(
        other, agency=one.agency, clearance=one.clearance, caveats=one.caveats, purpose=one.purpose
    )
    assert class_of(alike) == class_of(one)
    seen = (may_see(reader, originator, marking, day) for reader in (one, alike))
    assert len(set(seen)) == 1


@given(READERS, st.sampled_from(AGENCIES), MARKINGS, CAVEATS, DAYS)
def test_a_caveat_or_handling_code_more_never_shows_more(
    reader: Reader, originator: str, marking: Marking, more: frozenset[str], day: dt.date
) -> None:
    stricter = msgspec.structs.replace(marking, caveats=marking.caveats | more)
    if may_see(reader, originator, stricter, day):
        assert may_see(reader, originator, marking, day)


def test_each_label_is_judged_once_a_day_for_all_readers_of_a_class(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    judged: list[str] = []

    def counted(reader: Reader, originator: str, marking: Marking, today: dt.date) -> bool:
        judged.append(originator)
        return may_see(reader, originator, marking, today)

    monkeypatch.setattr(policy, "may_see", counted)
    decisions, day = Decisions(), dt.date(2026, 11, 23)
    labels = [(number, "marisol", Marking(level=Level(number))) for number in range(4)]
    ana = Reader(name="ana", role=Role.ANALYST, agency="marisol")
    for reader in (ana, msgspec.structs.replace(ana, name="bea", role=Role.SUPERVISOR), ana):
        assert decisions.seen(reader, day, labels) == {0, 1}
    assert len(judged) == 4
    decisions.seen(ana, day, [*labels, (4, "marisol", Marking())])
    assert len(judged) == 5
    decisions.seen(msgspec.structs.replace(ana, purpose="sanctions"), day, labels)
    decisions.seen(ana, day + dt.timedelta(days=1), labels)
    assert len(judged) == 13
