"""The list manager's pages over a real node: history, difference, what is held and its decision."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from walker import Walker, text_of

import worlds
from esclusa.node import Node

MANY = tuple((f"e{number:02}", f"FIRM NUMBER{number} OF NORTHREACH") for number in range(60))
FEWER = MANY[:50]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of a node with people, one record and a list; each test opens a copy."""
    folder = tmp_path_factory.mktemp("lists") / "node"
    node = worlds.make(folder)
    worlds.add_people(node)
    worlds.take_in(node, "b.edi", worlds.cuscar(("B1", "FIRM NUMBER59 OF NORTHREACH", "BANANAS")))
    worlds.with_list(node, "own", *MANY)
    node.close()
    return folder


@pytest.fixture
def node(made: Path, tmp_path: Path) -> Iterator[Node]:
    opened = Node.open(shutil.copytree(made, tmp_path / "node"))
    yield opened
    opened.close()


def walk(node: Node, role: str = "supervisor", language: str = "en") -> Walker:
    return Walker(node).sign_in(role, language, password=worlds.PASSWORD)


def send(walker: Walker, address: str, entries: tuple[tuple[str, str], ...], **form: str) -> int:
    files = {"files": ("own.json", worlds.list_of(*entries))}
    return walker.post(address, files=files, **form).status_code


@pytest.mark.parametrize(
    ("language", "said"),
    (("en", "1 records in retention compared with 60 new or changed entries: 1 alerts new"),
     ("es", "1 registros en conservación comparados con 60 entradas nuevas o cambiadas")),
)  # fmt: skip
def test_the_page_of_a_list_says_what_comparing_kept_records_gave(
    node: Node, language: str, said: str
) -> None:
    assert said in text_of(walk(node, "analyst", language).see("/lists/own"))


def test_a_list_is_loaded_with_its_origin_and_marking(node: Node) -> None:
    walker = walk(node)
    form = {"list_id": "second", "title": "Second", "source": "Office of Altamira", "level": "1"}
    assert send(walker, "/lists", MANY[:3], **form) == 303
    shown = text_of(walker.see("/lists/second"))
    assert "Office of Altamira" in shown
    assert "this agency alone" in shown
    assert node.list_desk.show(node.operator(), "second").list.level == 1  # type: ignore[union-attr]


def test_files_are_compared_before_they_are_loaded(node: Node) -> None:
    walker = walk(node)
    files = {"files": ("own.json", worlds.list_of(*MANY[1:], ("n1", "NEW FIRM")))}
    page = walker.post("/lists/own/diff", files=files)
    for said in ("nothing of them was kept", "NEW FIRM", "FIRM NUMBER0 OF NORTHREACH"):
        assert said in page.text
    assert node.lists(node.operator())[0].number == 1
    assert walker.post("/lists/own/diff").status_code == 400


def test_a_held_edition_shows_what_would_go_and_waits_for_a_reason(node: Node) -> None:
    walker = walk(node)
    assert send(walker, "/lists/own/editions", FEWER) == 303
    shown = text_of(walker.see("/lists/own"))
    assert "More entries would go than the settings allow." in shown
    assert "Of 60 entries in force 10 would go" in shown
    assert "A new edition waits for a person" in text_of(walker.see("/lists"))
    gone = text_of(walker.see("/lists/own/editions/2?what=removed"))
    assert "FIRM NUMBER59 OF NORTHREACH" in gone
    assert walker.post("/lists/own/confirm", reason=" ").status_code == 400
    assert node.lists(node.operator())[0].entries == 60

    assert walker.post("/lists/own/confirm", reason="two offices were joined").status_code == 303
    shown = text_of(walker.see("/lists/own"))
    assert "two offices were joined" in shown
    assert "0 alerts new or changed, 1 ended" in shown
    assert walker.post("/lists/own/confirm", reason="again").status_code == 409


def test_a_held_edition_is_discarded(node: Node) -> None:
    walker = walk(node)
    send(walker, "/lists/own/editions", FEWER)
    assert walker.post("/lists/own/discard", reason="cut in half").status_code == 303
    shown = text_of(walker.see("/lists/own"))
    assert "Discarded" in shown
    assert "A new edition waits" not in shown


def test_a_difference_comes_in_pages_of_fifty_with_a_filter(node: Node) -> None:
    walker = walk(node, "analyst")
    page = walker.see("/lists/own/editions/1")
    assert len(page.xpath("//tr[@data-row]")) == 50
    (further,) = page.xpath("//a[@rel='next']/@href")
    assert len(walker.see(further).xpath("//tr[@data-row]")) == 10
    assert walker.see("/lists/own/editions/1?what=removed").xpath("//tr[@data-row]") == []
    for wrong in ("?what=x", "?page=0", "?page=x"):
        assert walker.get(f"/lists/own/editions/1{wrong}").status_code == 400


def test_who_may_not_write_lists_reads_and_decides_nothing(node: Node) -> None:
    send(walk(node), "/lists/own/editions", FEWER)
    for role in ("analyst", "auditor"):
        walker = walk(node, role)
        assert "Bring it into force" not in text_of(walker.see("/lists/own"))
        for step in ("confirm", "discard", "editions", "diff"):
            assert walker.post(f"/lists/own/{step}", reason="x").status_code == 403


def test_a_list_that_is_not_there_is_not_found(node: Node) -> None:
    walker = walk(node)
    for address in ("/lists/none", "/lists/none/editions/1", "/lists/own/editions/9",
                    "/lists/own?key=00000000"):  # fmt: skip
        assert walker.get(address).status_code == 404


def test_an_address_is_compared_with_listed_addresses_by_page_and_api(node: Node) -> None:
    import io
    import json

    line = {"id": "p1", "schema": "Company",
            "properties": {"name": ["OTRA FIRMA"], "address": ["Calle 5ta 23, Colon, Panama"]}}  # fmt: skip
    data = io.BytesIO(json.dumps(line).encode() + b"\n")
    node.add_list(node.operator(), "places", "Places", [("places.json", data)])
    walker = walk(node)
    shown = walker.post("/screening", name="23 Calle 5ta, Colon", type="address")
    assert "OTRA FIRMA" in shown.text
    assert "OTRA FIRMA" not in walker.post("/screening", name="99 Avenida Sur", type="address").text
