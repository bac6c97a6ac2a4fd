"""Requests for information over the API: asked, answered, refused, hidden. About 6 s of CPU."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from program import Program

import worlds
from exchange_cases import Bill, manifest, record_of
from exchange_worlds import World, for_partners, take_in
from request_worlds import ASKED, ASKING, HIDDEN, bill, facts, hide, in_hours, made, question


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with made(tmp_path_factory.mktemp("requests")) as two:
        two.add_people()
        yield two


class Desk(Program):
    def move(self, name: str, move: str, *records: str, **given: str) -> httpx.Response:
        return self.step(f"/requests/{name}", move, given=given, records=records)


def test_a_request_from_the_form_to_an_answer_with_its_records(world: World) -> None:
    asks, host, record = Desk(world[ASKING]), Desk(world[ASKED]), bill(world)
    start = asks.get(f"/request-starts/{record}").json()
    (partner,) = start["partners"]
    assert [code["word"]["code"] for code in partner["clocks"]] == ["8h", "7d"]
    body = {"partner": ASKED, "record": record, "given": question(subject_kind="document")}
    name = asks.post("/requests", body).json()["row"]["id"]
    world.sync(ASKED, ASKING)
    assert name in {row["id"] for row in host.get("/requests", side="answerer").json()["rows"]}
    until = in_hours(world, 40)
    for move, given in (("acknowledge", {}), ("extend", {"until": until})):
        done = host.move(name, move, **(facts(move, "asked") | given))
        assert done.status_code == 200, done.text
    clock = host.get(f"/requests/{name}").json()["row"]["clock"]
    assert (clock["hours"], clock["extended"], clock["due"][:13]) == (8, 1, until[:13])
    node = world[ASKED]
    said = Bill(bill="KANARIAPI", box="CSQU3054383", seal="SAPI")
    take_in(node, for_partners(ASKING), manifest(said), "api.edi")
    goes, stays = record_of(node, "KANARIAPI").id, bill(world, ASKED)
    wrong = host.move(name, "answer_full", stays, **facts("answer_full", "acknowledged"))
    assert wrong.status_code == 422 and "stays here" in wrong.json()["detail"]
    done = host.move(name, "answer_full", goes, **facts("answer_full", "acknowledged"))
    assert done.status_code == 200, done.text
    world.sync(ASKED, ASKING)
    view = asks.get(f"/requests/{name}").json()
    assert view["row"]["state"]["es"] == "Respondida por completo"
    copy = record_of(world[ASKING], "KANARIAPI")
    assert [one["id"] for one in view["steps"][-1]["records"]] == [copy.id]
    ours, _ = asks.get("/request-rates").json()
    assert (ours["asked"], ours["in_time"], ours["due"], ours["full"]) == (1, 1, 1, 1)


def test_what_is_refused_is_refused_in_one_clear_sentence(world: World) -> None:
    asks, host = Desk(world[ASKING]), Desk(world[ASKED])
    body = {"partner": ASKED, "given": question(clock="14d", question="")}
    wrong = asks.post("/requests", body)
    assert wrong.status_code == 400
    assert "question must be filled in" in wrong.json()["detail"]
    assert "clock is not one that the agreement" in wrong.json()["detail"]
    for more in ({"level": 9}, {"level": 4}, {"partner": "altamira"}, {"given": {"x": "y"}},
                 {"ghost": 1}):  # fmt: skip
        assert asks.post("/requests", body | {"given": question()} | more).status_code == 400
    name = asks.post("/requests", body | {"given": question()}).json()["row"]["id"]
    world.sync(ASKED, ASKING)
    theirs = asks.move(name, "answer_none", **facts("answer_none", "asked"))
    assert (theirs.status_code, "belongs to the service that is asked" in theirs.text) == (
        409,
        True,
    )
    ground = host.move(name, "refuse", **facts("refuse", "asked", ground="minor_offence"))
    assert (ground.status_code, "ground is not one that" in ground.text) == (400, True)
    stale = {"move": "acknowledge", "version": "9.9", "given": {"officer": "7"}}
    faster = host.post(f"/requests/{name}/moves", stale)
    assert (faster.status_code, "somebody was faster" in faster.text) == (409, True)
    for bad in ({"move": "fly", "version": "1"}, {"move": "refuse", "version": ""},
                {"move": "refuse"}):  # fmt: skip
        assert host.post(f"/requests/{name}/moves", bad).status_code == 400
    damaged = host.move(name, "need_more", officer="7", missing="which\x00one?")
    assert damaged.status_code == 400
    for query in ({"state": "gone"}, {"side": "other"}, {"limit": 0}, {"limit": 10**6}):
        assert host.get("/requests", **query).status_code == 400
    auditor = Desk(world[ASKED], "auditor")
    assert auditor.get("/requests").status_code == 403
    assert auditor.get(f"/requests/{name}").status_code == 403
    assert host.get(f"/requests/{name}").json()["row"]["state"]["code"] == "asked"


def test_what_a_reader_may_not_see_changes_no_answer(world: World) -> None:
    asks, record = Desk(world[ASKING]), bill(world)

    def answers() -> list[tuple[int, Any]]:
        said = {"move": "withdraw", "version": "1.0", "given": {"reason": "settled"}}
        found = [
            *(asks.get("/requests", state=state, side="answerer") for state in ("open", "all")),
            asks.get("/requests", state="expired"), asks.get("/request-rates"),
            asks.get(f"/requests/{HIDDEN}"), asks.get(f"/request-starts/{record}"),
            asks.post(f"/requests/{HIDDEN}/moves", said), asks.get("/search", text="GHOST"),
            asks.get(f"/records/{record}"),
        ]  # fmt: skip
        return [(answer.status_code, answer.content) for answer in found]

    before = answers()
    hide(world[ASKING], record)
    assert answers() == before
    cleared = worlds.cleared(world[ASKING])
    assert world[ASKING].information_desk.show(cleared, HIDDEN).record == record
