"""Every text that a standard exception ever had is kept. 0.1 s of CPU beside the imports."""

from __future__ import annotations

import datetime as dt
import hashlib
from itertools import pairwise

import msgspec
import pytest

from esclusa.casework import waiver_exceptions
from esclusa.casework.referral_words import codes
from esclusa.casework.waiver_exceptions import WaiverException, every, in_force, of_step

RELEASED = {
    "examined_this_journey@1": "79fda9c9746b80bb",
    "diplomatic_bag@1": "69d52a7f1fd8c865",
    "relief_goods@1": "06443c42f9ee6ee1",
    "host_programme@1": "ecab9b7b854567da",
}
"""Digests of the rows as they were released: one is added for each new version, none is changed."""


def row(version: int, since: str, until: str = "", code: str = "relief") -> WaiverException:
    said = f"{code} {version}"
    return WaiverException(
        code=code, version=version, since=since, until=until, text_en=said, text_es=said,
        meaning_en=said, meaning_es=said,
    )  # fmt: skip


TABLE = (row(1, "2026-01-01"), row(2, "2026-06-01"), row(3, "2026-09-15", "2026-10-31"),
         row(1, "2026-03-01", code="bag"))  # fmt: skip


@pytest.mark.parametrize(
    ("day", "relief", "bag"),
    [
        ("2025-12-31", 0, 0), ("2026-01-01", 1, 0), ("2026-05-31", 1, 1), ("2026-06-01", 2, 1),
        ("2026-09-14T23:59:59Z", 2, 1), ("2026-09-15T00:00:00Z", 3, 1), ("2026-10-31", 3, 1),
        ("2026-11-01", 0, 1), ("", 0, 1),
    ],
)  # fmt: skip
def test_of_each_day_the_text_that_was_in_force(day: str, relief: int, bag: int) -> None:
    found = {code: one.version for code, one in in_force(day, TABLE).items()}
    assert found == {
        code: version for code, version in (("relief", relief), ("bag", bag)) if version
    }


def test_a_released_text_is_never_changed_and_never_taken_out() -> None:
    told = {
        one.key: hashlib.sha256(msgspec.json.encode(one, order="deterministic")).hexdigest()[:16]
        for one in every()
    }  # fmt: skip
    assert {key: told.get(key) for key in RELEASED} == RELEASED
    assert told.keys() == RELEASED.keys(), "add the digest of the new version"


def test_versions_follow_each_other_by_number_and_day_in_both_languages() -> None:
    by_code: dict[str, list[WaiverException]] = {}
    for one in every():
        by_code.setdefault(one.code, []).append(one)
        assert dt.date.fromisoformat(one.since)
        assert one.text_en and one.text_es and one.meaning_en and one.meaning_es
        assert "@" not in one.code
    for found in by_code.values():
        assert [one.version for one in found] == list(range(1, len(found) + 1))
        assert all(one.since < other.since for one, other in pairwise(found))


def test_the_codes_of_a_form_are_those_in_force_on_its_day() -> None:
    assert set(codes("exception", "2026-11-27")) == set(in_force("2026-11-27"))
    assert codes("exception", "2025-01-01") == {}
    assert set(codes("decline", "2025-01-01")) == set(codes("decline"))  # others have no days


def test_a_step_names_its_version_and_an_older_one_its_day(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waiver_exceptions, "every", lambda: TABLE)
    for version, at, wanted in (
        ("1", "2026-07-01T00:00:00Z", 1), ("2", "2026-01-05T00:00:00Z", 2),
        ("", "2026-07-01T00:00:00Z", 2), ("", "2026-01-05T00:00:00Z", 1),
    ):  # fmt: skip
        found = of_step("relief", version, at)
        assert found is not None and found.version == wanted
    assert of_step("relief", "9", "2026-07-01T00:00:00Z") is None  # a newer partner's
    assert of_step("friend", "", "2026-07-01T00:00:00Z") is None
