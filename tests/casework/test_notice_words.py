"""What an account may choose, when a digest goes, how long a message waits; 0.1 s of CPU beside the imports."""

from __future__ import annotations

import datetime as dt
from itertools import pairwise

import msgspec
import pytest

from esclusa.api.queries import ALERT_KINDS
from esclusa.casework import notices
from esclusa.casework.notices import Choice, Way, check, goes_at, is_mailbox, kinds, wait, zone
from esclusa.casework.tables import table
from esclusa.errors import InputError
from esclusa.node.notice_desk import SUBJECTS
from esclusa.sharing.reader import Action

PANAMA, MADRID = zone("America/Panama"), zone("Europe/Madrid")
GOOD = Choice(mail=Way(kinds=("alert",), to="ana@customs.example"))


def utc(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC)


def test_every_kind_has_an_action_of_the_list_and_words_in_both_languages() -> None:
    assert len(kinds()) >= 9
    for kind in kinds().values():
        assert kind.action in set(Action)
        assert all((kind.text_en, kind.text_es, kind.one_en, kind.one_es))
        assert kind.text("en") != kind.text("es")
    for row in table("notice_words.csv"):
        assert row["text_en"].count("{") == row["text_es"].count("{"), row["code"]
        assert row["text_es"]


def test_the_kinds_of_records_are_those_that_alerts_can_be_about() -> None:
    assert SUBJECTS == ALERT_KINDS


def test_a_choice_that_can_be_kept_is_kept_as_it_is() -> None:
    assert check(GOOD, SUBJECTS) is GOOD
    assert check(Choice(), SUBJECTS) == Choice()


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"mail": Way(kinds=("alert",))}, "to is empty"),
        ({"mail": Way(kinds=("gossip",), to="ana@customs.example")}, "gossip"),
        ({"mail": Way(to="ana@customs.example\r\nBcc: x@y.example")}, "one mail address"),
        ({"mail": Way(to="ana@customs.example, x@y.example")}, "one mail address"),
        ({"mail": Way(when="sometimes")}, "at_once"),
        ({"mail": Way(at="25:00")}, "time of day"),
        ({"webhook": Way(to="https://elsewhere.example")}, "administrator"),
        ({"feed": Way(to="x")}, "given by the node"),
        ({"language": "fr"}, "en or es"),
        ({"time_zone": "Panama City"}, "IANA"),
        ({"time_zone": "../../etc/passwd"}, "IANA"),
        ({"minimum_score": -1.0}, "minimum_score"),
        ({"minimum_score": float("nan")}, "minimum_score"),
        ({"subject_kinds": ("ghost",)}, "ghost"),
        ({"clock_minutes": 5}, "clock_minutes"),
    ],
)
def test_a_choice_with_a_mistake_names_its_field(wrong: dict[str, object], named: str) -> None:
    with pytest.raises(InputError, match=named):
        check(msgspec.structs.replace(GOOD, **wrong), SUBJECTS)


@pytest.mark.parametrize(
    "text",
    ["", "ana", "@customs.example", "ana@", "ana@customs", "ana@cust oms.example", "a..b@c.example",
     "<ana@customs.example>", "ana@customs.example\n", "ana@-x.example", "añá@customs.example",
     f"{'a' * 250}@customs.example"],
)  # fmt: skip
def test_what_is_no_mail_address_is_none(text: str) -> None:
    assert not is_mailbox(text)
    assert is_mailbox("ana.b+c@mail.customs.example")


def test_a_digest_goes_at_the_next_hour_or_time_of_day_in_its_zone() -> None:
    at = utc("2026-11-27T11:30:00")
    assert goes_at(Way(), PANAMA, at) == at
    assert goes_at(Way(when="hourly"), PANAMA, at) == utc("2026-11-27T12:00:00")
    daily = Way(when="daily", at="07:00")
    assert goes_at(daily, PANAMA, at) == utc("2026-11-27T12:00:00")  # 06:30 there
    assert goes_at(daily, PANAMA, utc("2026-11-27T12:00:00")) == utc("2026-11-28T12:00:00")
    assert goes_at(daily, MADRID, at) == utc("2026-11-28T06:00:00")


def test_a_daily_digest_keeps_its_local_time_when_clocks_change() -> None:
    daily = Way(when="daily", at="07:00")
    assert goes_at(daily, MADRID, utc("2026-10-24T12:00:00")) == utc("2026-10-25T06:00:00")
    assert goes_at(daily, MADRID, utc("2026-10-23T12:00:00")) == utc("2026-10-24T05:00:00")
    left_out = Way(when="daily", at="02:30")  # on 2026-03-29 Madrid goes from 02:00 to 03:00
    assert goes_at(left_out, MADRID, utc("2026-03-28T20:00:00")) == utc("2026-03-29T01:30:00")
    twice = Way(when="daily", at="02:30")
    first = goes_at(twice, MADRID, utc("2026-10-24T20:00:00"))
    assert first == utc("2026-10-25T00:30:00")
    assert goes_at(twice, MADRID, first) == utc("2026-10-26T01:30:00")  # not twice in one night


def test_a_wait_doubles_up_to_four_hours_and_a_message_ends() -> None:
    waits = [wait(attempt) for attempt in range(1, 60)]
    assert waits[:3] == [dt.timedelta(minutes=1), dt.timedelta(minutes=2), dt.timedelta(minutes=4)]
    assert all(before <= after for before, after in pairwise(waits))
    assert max(waits) == dt.timedelta(hours=4)
    tries = next(n for n in range(60) if sum(waits[:n], dt.timedelta()) > notices.GIVEN_UP_AFTER)
    assert 20 < tries < 40
