"""Referrals over the API: asked, moved, refused, hidden. About 6 s of CPU."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest
from program import Program

import worlds
from exchange_worlds import World
from referral_worlds import ASKING, HIDDEN, HOST, bill, facts, hide, in_hours, made


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with made(tmp_path_factory.mktemp("referrals")) as two:
        two.add_people()
        yield two


class Desk(Program):
    def move(self, name: str, move: str, **given: str) -> httpx.Response:
        return self.step(f"/referrals/{name}", move, given=given)


def given(world: World) -> dict[str, str]:
    return {"risk_reasons": "goods do not fit", "legal_purpose": "treaty, article 3",
            "cut_off": in_hours(world, 8)}  # fmt: skip


def test_a_referral_from_form_to_seizure(world: World) -> None:
    asks, host, record = Desk(world[ASKING]), Desk(world[HOST]), bill(world)
    start = asks.get(f"/referral-starts/{record}").json()
    assert start["hosts"] == [{"agency": HOST, "stays": None}]
    assert [field["word"]["code"] for field in start["fields"]] == [*given(world)]
    body = {"record": record, "host": HOST, "given": given(world)}
    name = asks.post("/referrals", body).json()["row"]["id"]
    world.sync(HOST, ASKING)
    assert name in {row["id"] for row in host.get("/referrals", side="host").json()["rows"]}
    for move, state in (("accept", "requested"), ("scan", "accepted"), ("scan_anomaly", "scanning"),
                        ("examine", "scan_anomaly"), ("seize", "physical")):  # fmt: skip
        made_ = host.move(name, move, **facts(move, state))
        assert made_.status_code == 200, made_.text
    world.sync(HOST, ASKING)
    view = asks.get(f"/referrals/{name}").json()
    assert view["row"]["state"]["es"] == "Incautación"
    assert view["steps"][-1]["recorded"][0]["text"]["en"] == "Drugs"


def test_what_is_refused_is_refused_in_one_clear_sentence(world: World) -> None:
    asks, host, record = Desk(world[ASKING]), Desk(world[HOST]), bill(world)
    body = {"record": record, "host": HOST, "given": {"risk_reasons": "x", "cut_off": "soon"}}
    wrong = asks.post("/referrals", body)
    assert wrong.status_code == 400
    assert "legal_purpose must be filled in" in wrong.json()["detail"]
    assert "cut_off is not a date" in wrong.json()["detail"]
    assert asks.get(f"/referral-starts/{record}").json()["referrals"] == []
    name = asks.post("/referrals", body | {"given": given(world)}).json()["row"]["id"]
    world.sync(HOST, ASKING)
    theirs = asks.move(name, "accept", **facts("accept", "requested"))
    assert (theirs.status_code, "belongs to the host" in theirs.text) == (409, True)
    stale = {"move": "ask", "version": "9.9.9", "given": {"question": "which one?"}}
    faster = host.post(f"/referrals/{name}/moves", stale)
    assert (faster.status_code, "somebody was faster" in faster.text) == (409, True)
    for bad in ({"move": "fly", "version": "1"}, {"move": "ask", "version": ""}, {"move": "ask"}):
        assert host.post(f"/referrals/{name}/moves", bad).status_code == 400
    unknown = host.move(name, "ask", question="which one?", secret="x")
    assert (unknown.status_code, "does not record 'secret'" in unknown.text) == (400, True)
    damaged = host.move(name, "ask", question="which\x00one?")
    assert damaged.status_code == 400
    for query in ({"state": "gone"}, {"side": "other"}, {"limit": 0}, {"limit": 10**6}):
        assert host.get("/referrals", **query).status_code == 400
    auditor = Desk(world[HOST], "auditor")
    assert auditor.get("/referrals").status_code == 403
    assert auditor.get(f"/referrals/{name}").status_code == 403


def test_what_a_reader_may_not_see_changes_no_answer(world: World) -> None:
    asks, record = Desk(world[ASKING]), bill(world)

    def answers() -> list[tuple[int, bytes]]:
        said = {"move": "ask_waiver", "version": "1.1.0", "given": {}}
        found = [
            *(asks.get("/referrals", state=state) for state in ("open", "all", "requested")),
            asks.get(f"/referrals/{HIDDEN}"), asks.get(f"/referral-starts/{record}"),
            asks.post(f"/referrals/{HIDDEN}/moves", said), asks.get("/search", text="GHOST"),
            asks.get(f"/records/{record}"),
        ]  # fmt: skip
        return [(answer.status_code, answer.content) for answer in found]

    before = answers()
    hide(world[ASKING], record)
    assert answers() == before
    cleared = worlds.cleared(world[ASKING])
    assert world[ASKING].referral_desk.show(cleared, HIDDEN).record == record
