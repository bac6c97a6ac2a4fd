"""While the entities of a reader's labels are worked out for the first time, pages and API say so
and nothing else goes wrong. About 5 CPU seconds."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from threading import Event

import pytest
from starlette.testclient import TestClient
from walker import Walker, text_of

import worlds
from entity_folders import folder_of
from esclusa.api.endpoints import ENDPOINTS
from esclusa.node import Node
from esclusa.node.entity_folder import Folder
from esclusa.web.app import create_app
from esclusa.web.page import all_pages
from worlds import PASSWORD

SAID = {
    "en": "the entities are being worked out, which takes some minutes; ask again then",
    "es": "se están determinando las entidades, lo que tarda unos minutos; vuelva a intentarlo",
}
QUERIES = {
    "/entities": "?text=istmo", "/entities/{entity_id}/paths": "?other={other}",
}  # fmt: skip
"""What an address needs to be asked for entities at all."""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, str]]:
    """A node's folder, and what stands in its addresses; the registers are removed."""
    node = worlds.make(tmp_path_factory.mktemp("made") / "node")
    bills = (("B1", "ISTMO PRIMAVERA SA", "BANANAS"), ("B2", "OTRA FIRMA SA", "COFFEE"))
    worlds.take_in(node, "open.edi", worlds.cuscar(*bills))
    for name, role in (("ana", "analyst"), ("sol", "supervisor")):
        node.add_user(node.administrator(), name=name, password=PASSWORD, role=role)
    who = worlds.reader(node)
    one, other = (node.entities.find(who, word).rows[0].id for word in ("ISTMO", "OTRA FIRMA"))
    mentions = [name.removeprefix("ent-") for name in (one, other)]
    node.entities.registers.clear()
    node.close()
    return node.folder, {
        "entity_id": one, "one": mentions[0], "other": mentions[1], "judgement_id": "j",
    }  # fmt: skip


@pytest.fixture
def node(
    made: tuple[Path, dict[str, str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[Node, Event]]:
    """A served node that works its entities out and is not done before the event is set."""
    folder, _parts = made
    shutil.copytree(folder, tmp_path / "node")
    opened, done, put = Node.open(tmp_path / "node"), Event(), Folder.put

    def slowly(self: Folder, part: Path, name: str) -> Path:
        assert done.wait(60)
        return put(self, part, name)

    monkeypatch.setattr(Folder, "put", slowly)
    opened.entities.registers.patience = 0.01
    yield opened, done
    done.set()
    opened.close()


def filled(path: str, parts: dict[str, str]) -> str:
    return (path + QUERIES.get(path, "")).format(**parts)


def of_entities(path: str) -> bool:
    return path.startswith(("/entities", "/entity-"))


PAGES = sorted(p.path for p in all_pages() if p.method == "GET" and of_entities(p.path))
ADDRESSES = sorted(e.path for e in ENDPOINTS if e.method == "GET" and of_entities(e.path))


@pytest.mark.parametrize("language", ("en", "es"))
def test_every_page_of_entities_says_that_they_are_worked_out_in_the_reader_s_language(
    node: tuple[Node, Event], made: tuple[Path, dict[str, str]], language: str
) -> None:
    opened, done = node
    walker = Walker(opened).sign_in("ana", language, password=PASSWORD)
    assert len(PAGES) >= 9
    for path in PAGES:
        page = walker.see(filled(path, made[1]), 409)
        assert SAID[language] in text_of(page), path
    assert walker.get("/search?text=ISTMO").status_code == 200  # what needs no entities goes on
    done.set()
    opened.entities.registers.patience = 60
    for path in PAGES:
        assert walker.get(filled(path, made[1])).status_code == 200, path


def test_every_address_of_the_api_answers_409_until_they_are_there(
    node: tuple[Node, Event], made: tuple[Path, dict[str, str]]
) -> None:
    opened, done = node
    token = opened.sign_in("ana", PASSWORD)
    with TestClient(create_app(opened), headers={"authorization": f"Bearer {token}"}) as client:
        assert len(ADDRESSES) >= 9
        for path in ADDRESSES:
            answer = client.get("/api/v1" + filled(path, made[1]))
            assert answer.status_code == 409 and SAID["en"] in answer.text, path
        asked = {"one": made[1]["one"], "other": made[1]["other"], "verdict": "different",
                 "reason": "two papers"}  # fmt: skip
        assert client.post("/api/v1/entity-judgements", json=asked).status_code == 409
        done.set()
        opened.entities.registers.patience = 60
        for path in ADDRESSES:
            assert client.get("/api/v1" + filled(path, made[1])).status_code == 200, path
        assert client.post("/api/v1/entity-judgements", json=asked).status_code == 200


def test_a_judgement_sent_meanwhile_is_refused_and_comes_back_with_what_was_typed(
    node: tuple[Node, Event], made: tuple[Path, dict[str, str]]
) -> None:
    opened, done = node
    walker = Walker(opened).sign_in("ana", password=PASSWORD)
    address = filled("/entity-pairs/{one}/{other}", made[1])
    page = walker.post(address, verdict="different", reason="Two <b>ledgers</b>.")
    assert page.status_code == 409
    assert "Two &lt;b&gt;ledgers&lt;/b&gt;." in page.text
    done.set()
    opened.entities.registers.patience = 60
    assert opened.entities.judgements(worlds.reader(opened)).rows == ()


def test_readers_of_other_labels_are_answered_meanwhile(
    node: tuple[Node, Event], made: tuple[Path, dict[str, str]]
) -> None:
    opened, done = node
    done.set()
    opened.entities.registers.patience = 60
    walker = Walker(opened).sign_in("ana", password=PASSWORD)
    address = filled("/entities/{entity_id}", made[1])
    walker.see(address)
    done.clear()
    opened.entities.registers.patience = 0.01
    worlds.take_in(opened, "hid.edi", worlds.cuscar(("B8", "GHOST SA", "TEA")), worlds.SECRET)
    token = opened.sign_in("sol", PASSWORD)
    assert token and len(list(folder_of(opened).glob("*.db"))) == 1
    walker.see(address)
