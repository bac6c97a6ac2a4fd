"""A partner's list and what came of it: pages, API and command over two joined nodes. About 8 s of
CPU."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator

import pytest
from click.testing import CliRunner
from walker import Walker, text_of

import worlds
from entry_worlds import GIVER, TAKER, bill, entries_clause, entry_of, rows, warn
from esclusa.cli.commands import cli
from esclusa.sharing.agreement.shape import Clause
from exchange_worlds import World, officer


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with World(tmp_path_factory.mktemp("lists"), GIVER, TAKER) as two:
        two.agree(GIVER, TAKER, clauses=(entries_clause(), feedback()))
        node = two[TAKER]
        node.add_mapping(node.operator(), "e.toml", io.BytesIO(worlds.sample("examinations.toml")))
        two.add_people()
        warn(two, "own", ("x1", "CANARIA VERDE"))
        bill(two, "MATCHED1", "CANARIA VERDE SA")
        (row,) = rows(two, "MATCHED1")
        (match,) = [r.match.id for r in row.reasons if r.match]
        node.match_desk.decide(officer(node), match, outcome="the_same", reason="papers")
        looked = worlds.examined(("E1", "found", "", "MATCHED1", "value", ""))
        worlds.take_in(node, "found.csv", looked)
        node.exchange.tick()
        two.sync(GIVER, TAKER)
        yield two


def feedback() -> Clause:
    return entries_clause(
        TAKER, "{agency,to,about,about_kind,result,at,event,seized,match,decided}", "categories.*",
        id="feedback", kind="feedback",
    )  # fmt: skip


def signed_in(world: World, agency: str, role: str, language: str = "en") -> Walker:
    return Walker(world[agency]).sign_in(role, language, password=worlds.PASSWORD)


def test_the_list_says_whose_it_is_and_takes_no_edition(world: World) -> None:
    boss = signed_in(world, TAKER, "supervisor")
    assert "from-marisol" in boss.get("/lists").text
    page = boss.see("/lists/from-marisol")
    assert "marisol shares these entries of its own lists" in text_of(page)
    assert not page.xpath("//form[contains(@action,'/editions')]")
    es = signed_in(world, TAKER, "analyst", "es").see("/lists/from-marisol")
    assert "marisol comparte estas entradas" in text_of(es)


def test_both_sides_see_what_came_of_it(world: World) -> None:
    taker = signed_in(world, TAKER, "analyst").see("/lists/from-marisol/use")
    assert [text_of(one) for one in taker.xpath("//tr[@data-row]/th")] == [
        "Here", "What we told marisol"]  # fmt: skip
    giver = signed_in(world, GIVER, "analyst", "es").see("/lists/own/use")
    (_here, row) = giver.xpath("//tr[@data-row]")
    assert [text_of(one) for one in row] == [TAKER, "1", "1", "0", "–", "1", "1", "0"]
    for agency, name in ((TAKER, "from-marisol"), (GIVER, "own")):
        auditor = signed_in(world, agency, "auditor")
        assert auditor.get(f"/lists/{name}/use").status_code == 403
    done = CliRunner().invoke(cli, ["lists", "use", "own", "--node", str(world[GIVER].folder)])
    told = [json.loads(line) for line in done.stdout.splitlines()]
    assert [(one["partner"], one["the_same"], one["found"]) for one in told] == [
        ("", 0, 0), (TAKER, 1, 1)]  # fmt: skip


def test_the_warning_led_to_an_answer_and_a_find(world: World) -> None:
    ana = signed_in(world, GIVER, "analyst")
    (row,) = ana.see("/warnings").xpath("//tr[@data-row]")
    assert "The same" in text_of(row) and "Found" in text_of(row)
    record = entry_of(world, GIVER, "CANARIA").id
    assert "Your warning led to an opening at northreach" in text_of(ana.see(f"/records/{record}"))
    es = signed_in(world, GIVER, "supervisor", "es")
    assert "Su aviso condujo" in text_of(es.see(f"/records/{record}"))
    said = {"name": "analyst", "password": worlds.PASSWORD}
    token = ana.client.post("/api/v1/session", json=said).json()["token"]
    head = {"Authorization": f"Bearer {token}"}
    answer = ana.client.get("/api/v1/warnings", headers=head).json()
    assert (answer["the_same"], answer["examined"], answer["found"]) == (1, 1, 1)
    used = ana.client.get("/api/v1/lists/own/use", headers=head).json()
    assert used["partners"][0]["the_same"] == 1
    assert ana.client.get("/api/v1/lists/none/use", headers=head).status_code == 404
