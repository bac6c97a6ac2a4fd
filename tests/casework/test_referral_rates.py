"""Rates of referrals by the period in which they were asked for, by hand. Below 1 CPU second."""

from __future__ import annotations

from itertools import pairwise

import pytest

from esclusa.casework.referral_rates import ending, rates, version
from esclusa.casework.referrals import Referral, merge
from esclusa.casework.report_definitions import every
from esclusa.casework.report_periods import of_month, period, span
from esclusa.errors import InputError
from esclusa.model import Recorded, ReferralMove


def said(
    agency: str, number: int, seen: int, move: str, at: str, by: str = "ana", **more: object
) -> ReferralMove:  # fmt: skip
    return ReferralMove(
        referral="r", requester="north", host="mar", agency=agency, number=number, seen=seen,
        move=move, by=by, at=at, **more,  # type: ignore[arg-type]
    )  # fmt: skip


def referral(*moves: ReferralMove, asked: str = "2026-03-01T00:00:00Z") -> Referral:
    cut_off = asked.replace("-01T", "-05T")
    return merge([said("north", 1, 0, "request", asked, cut_off=cut_off), *moves])


def accepted(at: str = "2026-03-01T06:00:00Z", **more: str) -> Referral:
    return referral(said("mar", 1, 1, "accept", at), **more)


def test_a_referral_belongs_to_the_period_in_which_it_was_asked_for() -> None:
    both = [accepted(), accepted("2026-05-02T00:00:00Z", asked="2026-05-01T00:00:00Z"), referral()]
    march = rates(both, since="2026-03-01", until="2026-04-01")
    assert (march.asked, march.answered, march.waiting) == (2, 1, 1)
    assert rates(both, since="2026-05-01").asked == 1
    assert rates(both, until="2026-03-01").asked == 0
    assert rates(both).asked == 3


def test_the_time_to_an_answer_leaves_out_how_long_the_clock_rested() -> None:
    moves = (
        said("mar", 1, 1, "ask", "2026-03-01T01:00:00Z", recorded=(Recorded(name="question", value="q"),)),
        said("north", 2, 1, "answer", "2026-03-01T04:00:00Z", recorded=(Recorded(name="answer", value="a"),)),
        said("mar", 2, 2, "accept", "2026-03-01T06:00:00Z"),
    )  # fmt: skip
    end = ending(referral(*moves))
    assert end is not None and (end.kind, end.minutes, end.declined) == ("answered", 180.0, False)


def test_first_decision_ground_and_end_are_told() -> None:
    ground = (Recorded(name="decline_code", value="not_here"),)
    declined = ending(
        referral(said("mar", 1, 1, "decline", "2026-03-01T02:00:00Z", recorded=ground))
    )
    assert declined is not None
    assert (declined.declined, declined.ground, declined.minutes) == (True, "not_here", 120.0)
    silent = ending(referral(said("north", 2, 0, "expire", "2026-03-05T00:00:01Z", by="(node)")))
    assert silent is not None and (silent.kind, silent.minutes) == ("silent", None)
    draft = merge([said("north", 0, 0, "open", "2026-03-01T00:00:00Z")])
    assert ending(draft) is None


def test_months_and_years_meet_and_lie_beside_those_before() -> None:
    november = period("2026-11")
    assert (november.since, november.until) == ("2026-11-01", "2026-12-01")
    assert [one.name for _what, one in november.compared()] == ["2026-11", "2026-10", "2025-11"]
    assert [one.name for _what, one in period("2026").compared()] == ["2026", "2025"]
    assert period("2026-01").before() == of_month(2025, 12)
    assert period("2024-02").last.day == 29
    assert november.holds("2026-11-30T23:59:59.999999Z") and not november.holds(
        "2026-12-01T00:00:00Z"
    )
    twelve = [of_month(2026, month) for month in range(1, 13)]
    assert twelve[0].first == period("2026").first and twelve[-1].end == period("2026").end
    assert all(one.end == after.first for one, after in pairwise(twelve))


@pytest.mark.parametrize(("since", "until"), [("x", ""), ("2026-03-02", "2026-03-01"), ("", "3")])
def test_a_span_that_is_none_is_refused(since: str, until: str) -> None:
    with pytest.raises(InputError):
        span(since, until)


def test_every_definition_has_its_words_in_both_languages_and_points_at_others() -> None:
    known = every()
    names = {name for name, _version in known}
    for (name, number), one in known.items():
        it = one.definition
        assert number >= 1 and it.unit in ("count", "minutes", "share", "estimate")
        for text in (one.title_en, one.title_es, one.counts_en, one.counts_es):
            assert text.strip(), name
        assert bool(one.not_en) == bool(one.not_es), name
        pointed = {it.whole, it.top.partition(":")[0], *it.bottom.split("+")} - {""}
        assert pointed <= names, name
        assert (it.unit == "count") == (not it.bottom) or it.unit == "estimate", name
    assert version() == 1
