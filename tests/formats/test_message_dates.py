"""Dates of messages: UN/EDIFACT 2379 as ISO 8601."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from esclusa.formats.dates import iso_moment
from esclusa.formats.edifact.common import CODES

LAYOUT = CODES["date_format"]


@pytest.mark.parametrize(
    ("code", "text", "expected"),
    [
        ("101", "260418", "2026-04-18"),
        ("102", "20260418", "2026-04-18"),
        ("2", "180426", "2026-04-18"),
        ("3", "041826", "2026-04-18"),
        ("4", "18042026", "2026-04-18"),
        ("5", "180420260400", "2026-04-18T04:00"),
        ("201", "2604180400", "2026-04-18T04:00"),
        ("202", "260418040059", "2026-04-18T04:00:59"),
        ("203", "202604180400", "2026-04-18T04:00"),
        ("204", "20260418040059", "2026-04-18T04:00:59"),
        ("205", "202604180400-0500", "2026-04-18T04:00-05:00"),
        ("206", "2604180400+0530", "2026-04-18T04:00+05:30"),
        ("303", "202604180400UTC", "2026-04-18T04:00Z"),
        ("303", "202604180400+05", "2026-04-18T04:00+05:00"),
        ("304", "20260418040059Z", "2026-04-18T04:00:59Z"),
        ("602", "2026", "2026"),
        ("609", "2604", "2026-04"),
        ("610", "202604", "2026-04"),
        ("713", "2604180400-2604181000", "2026-04-18T04:00/2026-04-18T10:00"),
        ("718", "20260418-20260420", "2026-04-18/2026-04-20"),
    ],
)
def test_formats_of_2379(code: str, text: str, expected: str) -> None:
    assert iso_moment(text, LAYOUT[code], year=2026) == expected


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("102", "20260230"),
        ("102", "2026041"),
        ("102", "2026O418"),
        ("203", "202604182500"),
        ("303", "202604180400EST"),
        ("205", "202604180400+9900"),
        ("713", "2604180400"),
        ("610", "202613"),
    ],
)
def test_what_is_no_date_is_none(code: str, text: str) -> None:
    assert iso_moment(text, LAYOUT[code], year=2026) is None


@pytest.mark.parametrize(
    ("text", "past", "expected"),
    [
        ("560101", False, "2056-01-01"),
        ("570101", False, "1957-01-01"),
        ("260101", True, "2026-01-01"),
        ("270101", True, "1927-01-01"),
    ],
)
def test_a_two_digit_year_falls_in_the_hundred_years_round_the_message(
    text: str, past: bool, expected: str
) -> None:
    assert iso_moment(text, "yyMMDD", year=2026, past=past) == expected


@given(st.dates(min_value=dt.date(1000, 1, 1)))
def test_every_date_is_read_back(date: dt.date) -> None:
    assert iso_moment(f"{date:%Y%m%d}", LAYOUT["102"], year=2026) == date.isoformat()


@given(st.text(max_size=20), st.sampled_from(sorted(LAYOUT)), st.booleans())
def test_any_text_gives_a_date_or_none(text: str, code: str, past: bool) -> None:
    value = iso_moment(text, LAYOUT[code], year=2026, past=past)
    assert value is None or value[0].isdigit()
