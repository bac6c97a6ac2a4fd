"""What our warnings led to: the page, the API and the command, over two joined nodes. About 6 s of
CPU."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from click.testing import CliRunner
from small_node import HOSTILE, SmallNode
from walker import Walker, text_of

import worlds
from esclusa.cli.commands import cli
from exchange_worlds import World
from referral_worlds import ASKING, HOST, bill, go, made, request


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with made(tmp_path_factory.mktemp("warnings")) as two:
        worlds.add_people(two[ASKING])
        yield two


def test_a_seizure_at_the_host_is_in_the_list_of_who_asked(world: World) -> None:
    ana = Walker(world[ASKING]).sign_in("analyst", "en", password=worlds.PASSWORD)
    assert "No partner has said yet" in text_of(ana.see("/warnings"))
    name = request(world, bill(world)).row.id
    world.sync(HOST, ASKING)
    go(world, name, "accept", "scan", "scan_anomaly", "examine", "seize")
    page = ana.see("/warnings")
    (row,) = page.xpath("//tr[@data-row]")
    assert row.xpath(f".//a[@href='/referrals/{name}']")
    assert "Seizure" in text_of(row)
    done = CliRunner().invoke(cli, ["warnings", "--node", str(world[ASKING].folder)])
    (told,) = [json.loads(line) for line in done.stdout.splitlines()]
    assert (told["record"], told["seized"], told["partner"]) == (name, True, HOST)
    es = Walker(world[ASKING]).sign_in("supervisor", "es", password=worlds.PASSWORD)
    assert "Incautación" in text_of(es.see("/warnings"))
    said = {"name": "analyst", "password": worlds.PASSWORD}
    token = ana.client.post("/api/v1/session", json=said).json()["token"]
    head = {"Authorization": f"Bearer {token}"}
    answer = ana.client.get("/api/v1/warnings", headers=head).json()
    assert (answer["examined"], answer["found"], answer["seized"]) == (1, 1, 1)
    auditor = Walker(world[ASKING]).sign_in("auditor", "en", password=worlds.PASSWORD)
    assert auditor.get("/warnings").status_code == 403


@pytest.mark.parametrize("language", ("en", "es"))
def test_hostile_text_is_text(language: str) -> None:
    walker = Walker(SmallNode(title=HOSTILE)).sign_in("supervisor", language)
    page = walker.get("/warnings")
    assert page.status_code == 200
    assert "<script>alert" not in page.text and "<img src=x" not in page.text
