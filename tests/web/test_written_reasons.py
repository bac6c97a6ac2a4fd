"""A reason that is no text gives one clear error, on every face and for every kind of step."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from typing import NamedTuple

import pytest
from lxml import html
from starlette.testclient import TestClient
from walker import Walker, text_of

import worlds
from esclusa.errors import InputError
from esclusa.node import Node
from esclusa.web.app import create_app
from worlds import PASSWORD

BAD = {"NUL": "a\0b", "escape": "a\x1b[2Jb", "DEL": "a\x7fb", "C1": "a\x9bb", "half": "a\ud800b"}
"""No text: what a database, a terminal or UTF-8 cannot hold."""


CLI = "from esclusa.cli.commands import cli; cli()"


class World(NamedTuple):
    node: Node
    pair: tuple[str, str]
    match: str
    alert: str


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    node = worlds.make(tmp_path_factory.mktemp("reasons") / "node")
    worlds.with_list(node, "own", ("p1", "OTRA FIRMA"))
    worlds.take_in(node, "open.edi", worlds.cuscar(*worlds.OPEN_BILLS))
    node.add_user(node.administrator(), name="ana", password=PASSWORD, role="analyst")
    who = worlds.reader(node)
    one, other = (node.entities.find(who, w).rows[0].id[4:] for w in ("ISTMO", "OTRA FIRMA"))
    (match,) = node.match_desk.matches(who).rows
    yield World(node, (one, other), match.match_id, worlds.queue_of(node, who)[0].alert_id)
    node.close()


@pytest.fixture(autouse=True)
def unchanged(world: World) -> Iterator[None]:
    """Nothing that is refused leaves a trace."""
    who = worlds.reader(world.node)
    yield
    assert world.node.entities.judgements(who).rows == ()
    assert world.node.match_desk.match(who, world.match).steps == ()
    assert world.node.alert(who, world.alert).moves == ()


@pytest.mark.parametrize("bad", BAD.values(), ids=BAD)
def test_no_service_takes_it(world: World, bad: str) -> None:
    node, who = world.node, worlds.reader(world.node)
    record = worlds.queue_of(node, who)[0].subject_id
    for step in (
        lambda: node.entities.judge(who, *world.pair, verdict="same", reason=bad),
        lambda: node.match_desk.decide(who, world.match, outcome="the_same", reason=bad),
        lambda: node.match_desk.decide(
            who, world.match, outcome="the_same", reason="x", redress=bad
        ),
        lambda: node.verdict(who, world.alert, verdict="refer", reason=bad),
        lambda: node.erase(node.administrator(), record, reason=bad),
        lambda: node.exchange.log.begin(2, by="ana", reason=bad, now=node.exchange.now()),
    ):
        with pytest.raises(
            InputError, match=r"has a character that is no text: U\+[0-9A-F]{4}, at 2"
        ):
            step()


def steps(world: World) -> tuple[tuple[str, dict[str, str]], ...]:
    """Addresses under ``/`` and ``/api/v1``, and what they need but for the reason."""
    one, other = world.pair
    return (
        (f"/entity-pairs/{one}/{other}", {"verdict": "same"}),
        (f"/matches/{world.match}/decide", {"outcome": "the_same"}),
        (f"/alerts/{world.alert}/verdict", {"verdict": "refer"}),
    )


@pytest.mark.parametrize(
    "sent", ["a%00b", "a%1B%5B2Jb", "a%7Fb", "a%C2%9Bb", "a%ffb", "a%ED%A0%80b"]
)
def test_a_page_says_so(world: World, sent: str) -> None:
    walker = Walker(world.node).sign_in("ana", password=PASSWORD)
    for address, form in steps(world):
        fields = "&".join(f"{name}={value}" for name, value in form.items())
        answer = walker.client.post(
            address, content=f"csrf={walker.token}&{fields}&reason={sent}",
            headers={"content-type": "application/x-www-form-urlencoded"},
        )  # fmt: skip
        said = text_of(html.fromstring(answer.text))
        assert answer.status_code == 400 and "The node could not do this" not in said
        assert "Reason" in said and "This has a character that is no text." in said


@pytest.mark.parametrize(
    "sent", [rb"a\u0000b", rb"a\u001bb", rb"a\u007fb", rb"a\u009bb", rb"a\ud800b", b"a\xffb"]
)
def test_the_api_says_so(world: World, sent: bytes) -> None:
    with TestClient(create_app(world.node), base_url="http://node.test") as client:
        client.headers["Authorization"] = f"Bearer {world.node.sign_in('ana', PASSWORD)}"
        one, other = world.pair
        judge = ("/entity-judgements", {"verdict": "same", "one": one, "other": other})
        for address, form in (judge, *steps(world)[1:]):
            fields = ",".join(f'"{name}":"{value}"' for name, value in form.items()).encode()
            answer = client.post(
                f"/api/v1{address}", content=b'{%b,"reason":"%b"}' % (fields, sent),
                headers={"content-type": "application/json"},
            )  # fmt: skip
            assert answer.status_code == 400, answer.text


def test_the_command_line_says_so_in_one_sentence(world: World) -> None:
    node = world.node.folder
    for words in (("resolve", "judge", *world.pair, "same"),
                  ("matches", "decide", world.match, "the_same")):  # fmt: skip
        done = subprocess.run(
            [sys.executable, "-c", CLI, *words, "--reason", b"a\xffb", "--node", str(node)],
            check=False, capture_output=True, text=True,
        )  # fmt: skip
        assert done.returncode == 1
        said = "esclusa: input: reason holds bytes that are no text in UTF-8, at 2\n"
        assert done.stderr == said
