"""S04.3: a waiver is read by the text that its exception had on its day, in the history, in rates of
a day and in the month's report, also after the program has come with another text. About 6 s of
CPU."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from esclusa.casework import referral_words, waiver_exceptions
from esclusa.model import ReferralMove
from esclusa.node.reporting import words
from esclusa.sharing.reader import Role
from exchange_worlds import World, officer, own
from referral_worlds import ASKING, HOST, bill, lead, made, request

RELIEF = "relief_goods"
OLD, NEW = "An authority has declared the emergency", "The minister has signed for this shipment"


@pytest.fixture
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with made(tmp_path_factory.mktemp("texts")) as two:
        for node in two.nodes.values():
            node.casework_reports.now = two.clock
        yield two


@pytest.fixture
def upgraded(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Let the program come with a new text of an exception from a day on."""

    def upgrade(day: str) -> None:
        (first,) = [one for one in rows if one.code == RELIEF]
        newer = msgspec.structs.replace(
            first, version=2, since=day, meaning_en=NEW, meaning_es="Firmó el ministro"
        )
        monkeypatch.setattr(waiver_exceptions, "every", lambda: (*rows, newer))
        referral_words.codes.cache_clear()
        words._parts.cache_clear()

    rows = waiver_exceptions.every()
    yield upgrade
    monkeypatch.undo()
    referral_words.codes.cache_clear()
    words._parts.cache_clear()


def waived(world: World, **given: str) -> str:
    """Have a referral waived by a standard exception, or as given; return its name."""
    name, node = request(world, bill(world), hours=24).row.id, world[ASKING]
    asked = given or {"exception_code": RELIEF}
    node.referral_desk.move(officer(node), name, "ask_waiver", asked)
    node.referral_desk.move(lead(world), name, "waive", {"approval": "as the exception says"})
    world.sync(HOST, ASKING)
    return name


def offered(world: World) -> str:
    """Return what the form for a waiver says that the exception means now."""
    name, node = request(world, bill(world), hours=24).row.id, world[ASKING]
    moves = {one.move.code: one for one in node.referral_desk.show(officer(node), name).moves}
    (field,) = [one for one in moves["ask_waiver"].fields if one.word.code == "exception_code"]
    return next(one.meaning_en for one in field.codes if one.word.code == RELIEF)


def recorded(world: World, agency: str, name: str) -> list[str]:
    """Return the version that the shared step holds at a node."""
    return [
        item.value for record in own(world[agency], "referral_move")
        if isinstance(record.body, ReferralMove) and record.body.referral == name
        for item in record.body.recorded if item.name == waiver_exceptions.VERSION
    ]  # fmt: skip


def exceptions(world: World, agency: str, day: str) -> list[tuple[int, str, int]]:
    """Return (version, meaning, count) of a day's waivers as the rates of a side tell them."""
    node = world[agency]
    side = 0 if agency == ASKING else 1
    rates = node.referral_desk.rates(officer(node), since=day, until=day)[side]
    return [(one.version, one.meaning_en, one.count) for one in rates.exceptions]


def of_month(world: World, agency: str, month: str) -> dict[str, int]:
    node = world[agency]
    view = node.casework_reports.report(officer(node, role=Role.SUPERVISOR), month)
    return {
        row.title_en: row.cells["now"].number or 0
        for section in view.sections for row in section.rows
        if row.figure in ("sent_exceptions", "received_exceptions") and row.part
    }  # fmt: skip


def test_the_text_of_a_past_day_is_that_of_its_day(world: World, upgraded: Any) -> None:
    first, day = waived(world), f"{world.clock():%Y-%m-%d}"
    assert offered(world).startswith(OLD)
    before = of_month(world, ASKING, day[:7])
    assert [(text.startswith("Relief goods"), OLD in text) for text in before] == [(True, True)]

    world.clock.ahead += dt.timedelta(days=1)
    next_day = f"{world.clock():%Y-%m-%d}"
    upgraded(next_day)
    assert offered(world) == NEW
    second = waived(world)
    for agency in (ASKING, HOST):
        assert recorded(world, agency, first) == ["1"]
        assert recorded(world, agency, second) == ["2"]
        ((version, meaning, count),) = exceptions(world, agency, day)
        assert (version, meaning.startswith(OLD), count) == (1, True, 1)
        assert exceptions(world, agency, next_day) == [(2, NEW, 1)]
        told = of_month(world, agency, day[:7]) | of_month(world, agency, next_day[:7])
        assert sorted(told.values()) == [1, 1]
        assert [text for text in told if NEW in text and "(2)" in text]
        assert [text for text in told if OLD in text and "(1)" in text]


def test_a_written_reason_and_what_is_kept_back_are_told_as_such(world: World) -> None:
    waived(world, waiver_reason="examined in Altamira two days ago, seal unbroken")
    day = f"{world.clock():%Y-%m-%d}"
    node = world[ASKING]
    (sent, _) = node.referral_desk.rates(officer(node), since=day, until=day)
    assert [(one.word.code, one.word.en, one.version) for one in sent.exceptions] == [
        ("written", "Written reason", 0)
    ]
    assert of_month(world, ASKING, day[:7]) == {"Written reason": 1}


def test_where_the_agreement_keeps_back_what_was_recorded_the_other_side_is_told_so(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    with made(tmp_path_factory.mktemp("bare"), bare=True) as two:
        for node in two.nodes.values():
            node.casework_reports.now = two.clock
        waived(two)
        day = f"{two.clock():%Y-%m-%d}"
        host = two[HOST]
        (_, received) = host.referral_desk.rates(officer(host), since=day, until=day)
        assert [one.word.code for one in received.exceptions] == ["kept_back"]
        assert of_month(two, HOST, day[:7]) == {"Kept back by the agreement": 1}
        assert [one[0] for one in exceptions(two, ASKING, day)] == [1]
