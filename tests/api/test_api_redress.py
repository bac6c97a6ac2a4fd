"""Redress over the API: applied for, granted by a second person, looked up, refused, hidden. About
4 s of CPU."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from program import Program

from exchange_worlds import World
from redress_worlds import (
    ENTRY,
    HIDDEN,
    HIDDEN_NUMBER,
    HOST,
    NAME,
    OTHER,
    STATEMENT,
    fly,
    hide,
    listed,
    made,
)

WHO = {"name": NAME, "birth_date": "1971-05-12", "documents": ["passport:PA1111112"]}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with made(tmp_path_factory.mktemp("redress")) as two:
        two.add_people()
        yield two


class Desk(Program):
    def move(self, case: str, move: str, **more: Any) -> httpx.Response:
        return self.step(f"/redress/{case}", move, **more)


def test_a_case_from_the_match_to_the_number_at_the_partner(world: World) -> None:
    ana, lena, there = Desk(world[HOST]), Desk(world[HOST], role="supervisor"), Desk(world[OTHER])
    match = listed(world[HOST], fly(world[HOST], "AM100")).match
    assert match is not None
    case = ana.post("/redress", {"person": WHO, "match": match.id, "given": STATEMENT})
    assert case.status_code == 200, case.text
    name, shown = case.json()["row"]["case"], case.json()
    assert [(one["list_id"], one["uid"]) for one in shown["entries"]] == [("wanted", ENTRY)]
    assert ana.move(name, "papers", given={"seen": "passport"}).status_code == 200
    given = {"ground": "Another birth date", "until": f"{world.clock().date()}"}
    denied = ana.move(name, "grant", given=given)
    assert denied.status_code == 409
    assert "a supervisor" in denied.text
    done = lena.move(name, "grant", given=given, partners=[OTHER])
    assert done.status_code == 200, done.text
    number = done.json()["row"]["number"]
    world.sync(HOST, OTHER)
    (found,) = there.get(f"/redress-numbers/{number}").json()
    assert (found["agency"], found["state"], found["case"]) == (HOST, "granted", "")
    counts = there.get("/redress-counts").json()
    assert (counts["definition"], counts["partners_numbers"]) == ("misidentified/1", 1)
    assert name in {row["case"] for row in ana.get("/redress", state="granted").json()["rows"]}


@pytest.mark.parametrize(
    ("body", "status", "said"),
    [
        ({"person": WHO, "given": STATEMENT}, 400, "entries must be filled in"),
        ({"person": {}, "given": STATEMENT, "match": ""}, 400, "name must be filled in"),
        ({"person": WHO | {"born": "x"}}, 400, "unknown field"),
        ({"person": WHO, "match": "0" * 36, "given": STATEMENT}, 404, "no such thing"),
        ({"person": WHO, "entries": ["0" * 36], "given": STATEMENT}, 404, "no such thing"),
        (
            {"person": WHO | {"name": "x" * 100_000}},
            400,
            "person.name is longer than 2000 characters",
        ),
    ],
)
def test_a_wrong_application_is_refused_with_its_reason(
    world: World, body: dict[str, Any], status: int, said: str
) -> None:
    answer = Desk(world[HOST]).post("/redress", body)
    assert answer.status_code == status, answer.text
    assert said in answer.text


def test_a_stale_version_and_a_missing_one_are_refused(world: World) -> None:
    ana = Desk(world[HOST])
    match = listed(world[HOST], fly(world[HOST], "AM130")).match
    assert match is not None
    name = ana.post("/redress", {"person": WHO, "match": match.id, "given": STATEMENT}).json()[
        "row"
    ]["case"]
    assert ana.move(name, "papers", given={"seen": "passport"}).status_code == 200
    late = ana.post(f"/redress/{name}/moves", {
        "move": "withdraw", "version": "1", "given": {"reason": "He wishes it."}})  # fmt: skip
    assert late.status_code == 409
    assert "somebody was faster" in late.text
    none = ana.post(f"/redress/{name}/moves", {"move": "withdraw", "version": ""})
    assert "version is empty" in none.text
    assert ana.get(f"/redress/{name}").json()["row"]["state"]["code"] == "checked"


def test_what_is_there_in_secret_is_not_there(world: World) -> None:
    hide(world[HOST])
    ana = Desk(world[HOST])
    assert ana.get(f"/redress/{HIDDEN}").status_code == 404
    assert ana.get(f"/redress-numbers/{HIDDEN_NUMBER}").status_code == 404
    assert ana.get("/redress-numbers/RPE4-QYGW-VJ8M").status_code in (400, 422)
    assert "GHOST" not in ana.get("/redress", limit=200).text
    auditor = Desk(world[HOST], role="auditor")
    assert auditor.get("/redress").status_code == 403
