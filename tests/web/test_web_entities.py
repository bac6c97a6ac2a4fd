"""Entities through the pages and the API, over one real node."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from lxml import html
from small_entities import ENTITY
from small_node import SmallNode
from starlette.testclient import TestClient
from walker import Walker, text_of

import owner_worlds
import worlds
from esclusa.analysis.resolution.mention import TYPES
from esclusa.analysis.resolution.stated import PARTS as STATED
from esclusa.casework.entity_facts import NOT_KEPT, PARTS
from esclusa.casework.entity_judgements import VERDICTS
from esclusa.model import Level
from esclusa.node import Node
from esclusa.node.entity_story import KINDS
from esclusa.web.app import create_app
from esclusa.web.catalogue import vocabulary
from worlds import PASSWORD

WHY = "Two <b>ledgers</b>."


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("entities") / "node"
    node = worlds.make(folder)
    bills = (("B1", "ISTMO PRIMAVERA SA", "BANANAS"), ("B2", "OTRA FIRMA SA", "COFFEE"))
    worlds.take_in(node, "open.edi", worlds.cuscar(*bills))
    worlds.take_in(node, "secret.edi", worlds.cuscar(("B8", "GHOST SA", "TEA")), worlds.SECRET)
    for name, role in (("ana", "analyst"), ("eva", "analyst"), ("sol", "supervisor")):
        node.add_user(node.administrator(), name=name, password=PASSWORD, role=role)
    node.close()
    return folder


@pytest.fixture
def node(made: Path, tmp_path: Path) -> Iterator[Node]:
    shutil.copytree(made, tmp_path / "node")
    opened = Node.open(tmp_path / "node")
    yield opened
    opened.close()


def walk(node: Node, name: str = "ana", language: str = "en") -> Walker:
    return Walker(node).sign_in(name, language, password=PASSWORD)


def entity(node: Node, words: str, level: Level = Level.OFFICIAL) -> str:
    (row,) = node.entities.find(worlds.reader(node, clearance=level), words).rows
    return row.id


def mention(name: str) -> str:
    return name.removeprefix("ent-")


def pair_path(node: Node) -> str:
    one, other = sorted(mention(entity(node, w)) for w in ("ISTMO PRIMAVERA", "OTRA FIRMA"))
    return f"/entity-pairs/{one}/{other}"


def test_an_entity_is_found_by_name_and_shows_members_neighbours_and_ways(node: Node) -> None:
    walker, name = walk(node), entity(node, "ISTMO PRIMAVERA")
    found = walker.see("/entities?text=istmo+primavera")
    assert f"/entities/{name}" in found.xpath("//a/@href")
    page = walker.see(f"/entities/{name}?depth=2")
    assert "ISTMO PRIMAVERA SA" in text_of(page) and "open.edi" in text_of(page)
    near = page.xpath("//section[@aria-labelledby='near']//tbody//a/@href")
    near = [href for href in near if href.startswith("/entities/") and not href.endswith(name)]
    assert near
    other = near[0].removeprefix("/entities/")
    ways = walker.see(f"/entities/{name}?to={other}")
    assert ways.xpath("//section[@aria-labelledby='ways']//tbody/tr")
    spanish = walk(node, language="es").see(f"/entities/{name}")
    assert "Quién comparte qué con ella" in text_of(spanish)


def test_the_page_of_a_ship_says_who_owns_it_and_that_of_the_owner_what_it_owns(node: Node) -> None:
    owner_worlds.with_mappings(node)
    owner_worlds.take(node, owner_worlds.register("ALTAMIRA HOLDING SA"))
    for words, language, told in (
        ("NORTHREACH STAR", "en", ("Ownership", "Registered owner", "Owned")),
        ("ALTAMIRA HOLDING", "es", ("Titularidad", "Propietario registrado", "Propiedad de otro")),
    ):
        page = walk(node, language=language).see(f"/entities/{entity(node, words)}")
        near = text_of(page.xpath("//section[@aria-labelledby='near']")[0])
        assert all(text in near for text in told), language
        assert f"9074729 < ALTAMIRA HOLDING SA; {told[1]}; 2019-03-01/.." in near
        assert {"NORTHREACH STAR", "ALTAMIRA HOLDING SA"} <= {
            link.text for link in page.xpath("//section[@aria-labelledby='near']//tbody//td/a")
        }


def test_a_firm_a_ship_a_box_and_a_person_have_facts_with_source_and_marking_a_timeline_and_links(
    node: Node,
) -> None:
    worlds.take_in(node, "box.edi", worlds.box("B3", "CSQU3054383", "S1"))
    worlds.take_in(node, "crew.edi", worlds.sample("crew-altamira-AM218.edi"))
    walker = walk(node)
    for words, kind, told, source in (
        ("ISTMO PRIMAVERA", "party", "ISTMO PRIMAVERA SA", "open.edi"),
        ("NORTHREACH STAR", "vessel", "imo:9074729", "box.edi"),
        ("CSQU3054383", "container", "CSQU3054383", "box.edi"),
        ("CASTREJON GUARDIA", "person", "CASTREJON GUARDIA", "crew.edi"),
    ):
        (row,) = node.entities.find(worlds.reader(node), words).rows
        assert row.types == (kind,)
        page = walker.see(f"/entities/{row.id}")
        part = {
            name: text_of(page.xpath(f"//section[@aria-labelledby='{name}']")[0])
            for name in ("facts", "story", "members", "near")
        }
        assert told in part["facts"] + part["members"], kind
        assert "marisol · OFFICIAL" in part["facts"] and source in part["members"], kind
        assert page.xpath("//section[@aria-labelledby='story']//tbody/tr"), kind
        assert page.xpath("//section[@aria-labelledby='near']//tbody/tr"), kind


def turned(walker: Walker, address: str, part: str) -> Iterator[list[str]]:
    """Yield the rows of a list of an entity's page, page by page, on by its links and back."""
    before: list[str] = []
    while address:
        page = walker.see(address)
        (section,) = page.xpath(f"//section[@aria-labelledby='{part}']")
        yield [text_of(row) for row in section.xpath(".//tbody/tr")]
        back = section.xpath("./nav/a[@rel='prev']/@href")
        assert [one.partition("#")[0] for one in back] == before
        before = [address.partition("#")[0]]
        (address, *_rest) = [*section.xpath("./nav/a[@rel='next']/@href"), ""]


def test_long_lists_of_an_entity_are_turned_until_nothing_is_left(node: Node) -> None:
    bills = [(f"K{n}", "ISTMO PRIMAVERA SA", "TEA") for n in range(59)]
    worlds.take_in(node, "many.edi", worlds.cuscar(*bills))
    walker, name = walk(node), entity(node, "ISTMO PRIMAVERA")
    here = f"/entities/{name}"
    pages = list(turned(walker, here, "members"))
    assert [len(rows) for rows in pages] == [25, 25, 10]
    assert len({row for rows in pages for row in rows}) == 60  # none twice, none left out
    near = node.entities.links(worlds.reader(node), name)
    links = list(turned(walker, here, "near"))
    assert sum(map(len, links)) == near.count > 50
    assert all(len(rows) == 25 for rows in links[:-1])
    last = walker.see(f"{here}?mentions=50&links=25")
    assert "51 to 60 of 60" in text_of(last) and f"26 to 50 of {near.count}" in text_of(last)
    # Each list is turned by itself, and one beside it stays where it is.
    hrefs = last.xpath("//section[@aria-labelledby='near']/nav/a/@href")
    assert [href.partition("#")[0] for href in hrefs][:1] == [f"{here}?mentions=50"]
    # What is compared with the first is so on every page.
    (link, *_more) = last.xpath("//section[@aria-labelledby='members']//td/a/@href")[1:]
    assert walker.get(link).status_code == 200 and link.startswith(f"/entity-pairs/{name}/")


@pytest.mark.parametrize("asked", ["mentions=-1", "links=x", "pairs=99999999999", "mentions=1e3"])
def test_a_list_that_is_turned_to_no_place_is_refused_and_one_beyond_its_end_is_empty(
    node: Node, asked: str
) -> None:
    walker, name = walk(node), entity(node, "ISTMO PRIMAVERA")
    assert walker.get(f"/entities/{name}?{asked}").status_code == 400
    key = asked.partition("=")[0]
    beyond = walker.see(f"/entities/{name}?{key}=1000")
    (back,) = beyond.xpath("//section/nav/a/@href")
    assert back.startswith(f"/entities/{name}?{key}=975#")


def test_nothing_found_and_blank_text_are_said(node: Node) -> None:
    walker = walk(node)
    nothing = walker.see("/entities?text=nobody")
    assert "Nothing found among what you may see." in text_of(nothing)
    assert walker.get("/entities?text=%20").status_code == 200
    wordless = walker.see("/entities?text=...")
    (said,) = wordless.xpath("//form//p[@role='alert']/text()")
    assert said == "There is no word or number in it to look for."
    assert wordless.xpath("//input[@name='text']/@value") == ["..."]


def test_an_unknown_other_entity_is_said_beside_the_form_and_the_page_stays(node: Node) -> None:
    walker, name = walk(node), entity(node, "ISTMO PRIMAVERA")
    page = walker.see(f"/entities/{name}?depth=3&to=%22%26%2Fx")
    (said,) = page.xpath("//section[@aria-labelledby='ways']//p[@role='alert']/text()")
    assert said == "There is no entity with this id among what you may see."
    assert "ISTMO PRIMAVERA SA" in text_of(page)
    # How far and to whom are kept by the links and the form of either.
    hrefs = page.xpath("//section[@aria-labelledby='near']/p/a/@href")
    assert hrefs == [f"/entities/{name}?depth={n}&to=%22%26%2Fx#near" for n in (1, 2, 3)]
    form = dict(zip(*(page.xpath(f"//section[@aria-labelledby='ways']//input/@{a}")
                      for a in ("name", "value")), strict=True))  # fmt: skip
    assert form == {"depth": "3", "to": '"&/x'}
    bare = walker.see(f"/entities/{name}").xpath("//section[@aria-labelledby='near']/p/a/@href")
    assert bare == [f"/entities/{name}?depth={n}#near" for n in (1, 2, 3)]


def test_what_a_page_leaves_out_is_said() -> None:
    walker = Walker(SmallNode()).sign_in()
    said = text_of(walker.see(f"/entities/{ENTITY}"))
    for words in ("1 to 2 of 2", "The 1 weakest pairs are shown",
                  "The 1 likeliest are shown; there are more."):  # fmt: skip
        assert words in said


def test_more_questions_than_a_page_holds_are_said(
    node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    worlds.take_in(node, "more.edi", worlds.cuscar(*(
        (f"D{n}", name, "TEA") for n, name in enumerate(("DELVALLE", "M DELVALLE", "MARIO DELVALLE ZUBIETA"))
    )))  # fmt: skip
    walker = walk(node)
    assert len(node.entities.questions(worlds.reader(node))) == 2
    assert "likeliest are shown" not in text_of(walker.see("/entity-questions"))
    monkeypatch.setattr("esclusa.web.pages.entities.QUESTIONS", 1)
    page = walker.see("/entity-questions")
    assert "The 1 likeliest are shown; there are more." in text_of(page)
    assert len(page.xpath("//tr[@data-row]")) == 1


def test_a_judgement_is_taken_back_on_the_entity_s_page(node: Node) -> None:
    walker, one = walk(node), entity(node, "ISTMO PRIMAVERA")
    walker.post(pair_path(node), verdict="same", reason=WHY)
    (form,) = walker.see(f"/entities/{one}").xpath("//section[@aria-labelledby='judged']//form")
    assert not walk(node, "eva").see(f"/entities/{one}").xpath("//form[contains(@action, '/undo')]")
    fields = {field.get("name"): field.get("value") for field in form.xpath(".//input")}
    fields.pop("csrf")
    undone = walker.post(form.get("action"), **fields)
    assert undone.status_code == 303
    page = walker.see(undone.headers["location"].partition("#")[0])
    assert not page.xpath("//section[@aria-labelledby='judged']")


def test_a_judgement_that_rests_says_why_and_the_pair_can_be_judged_anew(node: Node) -> None:
    walker, path = walk(node), pair_path(node)
    walker.post(path, verdict="same", reason=WHY)
    worlds.take_in(node, "new.edi", worlds.cuscar(("B2", "CUARTA SA", "TEA"), function="5"))
    for address in ("/entity-judgements", path, f"/entities/{entity(node, 'CUARTA')}"):
        assert "other facts stand there now: Names" in text_of(walker.see(address))
    assert "It decides nothing about what stands there now." in text_of(walker.see(path))
    assert "otros datos: Nombres" in text_of(walk(node, "sol", "es").see("/entity-judgements"))
    assert walk(node, "eva").post(path, verdict="different", reason="New").status_code == 303
    assert not walker.see("/entity-judgements").xpath("//td/small[starts-with(., 'Rests')]")


def test_a_judgement_from_a_page_older_than_an_amendment_is_refused(node: Node) -> None:
    walker, path = walk(node), pair_path(node)
    form = {"verdict": "same", "reason": WHY}
    seen = walker.see(path).xpath("//input[@name='seen']/@value")[0]
    worlds.take_in(node, "goods.edi", worlds.cuscar(("B2", "OTRA FIRMA SA", "TEA"), function="5"))
    assert walker.see(path).xpath("//input[@name='seen']/@value") == [seen]
    worlds.take_in(node, "new.edi", worlds.cuscar(("B2", "CUARTA SA", "TEA"), function="5"))
    refused = walker.post(path, seen=seen, **form)
    assert refused.status_code == 409
    assert "other facts stand there than were shown" in text_of(html.fromstring(refused.text))
    assert not node.entities.judgements(worlds.reader(node)).rows
    seen = walker.see(path).xpath("//input[@name='seen']/@value")[0]
    assert walker.post(path, seen=seen, **form).status_code == 303


def test_a_judgement_on_a_withdrawn_record_is_taken_back_from_the_list(node: Node) -> None:
    walker, path = walk(node), pair_path(node)
    walker.post(path, verdict="same", reason=WHY)
    worlds.take_in(node, "gone.edi", worlds.cuscar(("B2", "OTRA FIRMA SA", "COFFEE"), function="1"))
    page = walker.see("/entity-judgements")
    assert "its record is no longer in force" in text_of(page)
    (action,) = page.xpath("//form[contains(@action, '/undo')]/@action")
    undone = walker.post(action)
    assert (undone.status_code, undone.headers["location"]) == (303, "/entity-judgements")
    assert "Taken back" in text_of(walker.see("/entity-judgements"))


def test_two_entities_are_judged_the_same_side_by_side_and_it_is_taken_back(node: Node) -> None:
    walker, path = walk(node), pair_path(node)
    one, other = entity(node, "ISTMO PRIMAVERA"), entity(node, "OTRA FIRMA")
    joined = walker.post(f"/entities/{one}/join", other=other)
    page = walker.see(joined.headers["location"])
    assert {"ISTMO PRIMAVERA SA", "OTRA FIRMA SA"} <= set(page.xpath("//table//p/text()"))
    done = walker.post(path, verdict="same", reason=WHY)
    assert done.status_code == 303 and "?judged=" in done.headers["location"]
    said = done.headers["location"].partition("judged=")[2]
    entity_page = walker.get(f"/entities/{one}").text
    assert "OTRA FIRMA SA" in entity_page
    assert "Two &lt;b&gt;ledgers&lt;/b&gt;." in entity_page
    former = [walker.get(f"/entities/{name}").text for name in (one, other)]
    assert sum("a former one" in text for text in former) == 1
    assert "One and the same" in text_of(walker.see("/entity-judgements"))
    undone = walker.post(f"/entity-judgements/{said}/undo", reason="wrong till")
    assert undone.headers["location"] == path
    assert "OTRA FIRMA SA" not in text_of(walker.see(f"/entities/{one}").xpath("//h1")[0])
    assert "Taken back" in text_of(walker.see("/entity-judgements"))


def test_only_one_s_own_judgement_or_a_supervisor_s_hand_takes_it_back(node: Node) -> None:
    path = pair_path(node)
    done = walk(node).post(path, verdict="different", reason=WHY)
    said = done.headers["location"].partition("judged=")[2]
    other = walk(node, "eva")
    assert "Take the judgement back" not in other.get(path).text
    assert other.post(f"/entity-judgements/{said}/undo").status_code == 409
    refused = other.post(path, verdict="same", reason="no")
    assert refused.status_code == 409
    assert "alert" not in text_of(html.fromstring(refused.text).xpath("//main")[0])
    for words in ("That step is not possible now", "It may have changed since you opened it.",
                  "ana has judged this pair 'different'; take that back first"):  # fmt: skip
        assert words in text_of(html.fromstring(refused.text))
    assert walk(node, "sol").post(f"/entity-judgements/{said}/undo").status_code == 303


@pytest.mark.parametrize("form", [{"reason": "x"}, {"verdict": "same", "reason": " "},
                                  {"verdict": "alike", "reason": "x"}])  # fmt: skip
def test_a_judgement_without_verdict_or_reason_is_refused(node: Node, form: dict[str, str]) -> None:
    assert walk(node).post(pair_path(node), **form).status_code == 400
    assert not node.entities.judgements(worlds.reader(node)).rows


def test_an_entity_that_may_not_be_known_is_like_none_on_every_page(node: Node) -> None:
    walker, shown = walk(node), mention(entity(node, "OTRA FIRMA"))
    hidden = mention(entity(node, "GHOST", Level.SECRET))
    for path, status in (
        ("/entities/ent-{}", 404),
        (f"/entity-pairs/{shown}/{{}}", 404),
        (f"/entities/ent-{shown}?to=ent-{{}}", 200),
    ):
        answers = [walker.get(path.format(name)) for name in (hidden, "f" * 20)]
        assert {answer.status_code for answer in answers} == {status}
        texts = {answer.text.replace(hidden, "f" * 20).split("<footer")[0] for answer in answers}
        assert len(texts) == 1
    assert "GHOST" not in walker.get("/entities?text=ghost").text.replace('value="ghost"', "")


def test_the_api_finds_shows_judges_and_undoes(node: Node) -> None:
    with TestClient(create_app(node), base_url="http://node.test") as client:
        client.headers["Authorization"] = f"Bearer {node.sign_in('ana', PASSWORD)}"
        rows = client.get("/api/v1/entities", params={"text": "otra firma"}).json()["rows"]
        one, other = rows[0]["id"], entity(node, "ISTMO PRIMAVERA")
        asked = {"one": one, "other": other, "verdict": "same", "reason": "One till."}
        said = client.post("/api/v1/entity-judgements", json=asked).json()
        assert (said["verdict"], said["by"]) == ("same", "ana")
        pair = {"one": said["a"]["id"], "other": said["b"]["id"]}
        again = client.post("/api/v1/entity-judgements", json={**asked, **pair})
        assert again.status_code == 409
        view = client.get(f"/api/v1/entities/{one}").json()
        assert len(view["members"]) == 2 and view["judgements"][0]["id"] == said["id"]
        wrong = client.post("/api/v1/entity-judgements", json={**asked, "verdict": "alike"})
        assert wrong.status_code == 400
        assert client.get(f"/api/v1/entities/{one}/links", params={"depth": 9}).status_code == 400
        undone = client.post(f"/api/v1/entity-judgements/{said['id']}/undo", json={})
        assert undone.json()["verdict"] == ""


def test_every_type_tie_and_verdict_has_a_word() -> None:
    ties = {
        "consignment", "voyage", "journey", "booking", "document", "phone", "address", "owner",
    }  # fmt: skip
    words = vocabulary()
    assert set(words["entity_type"]) == set(TYPES)
    assert set(words["entity_verdict"]) == {*VERDICTS, "taken_back"}
    assert set(words["tie"]) == ties
    assert set(words["entity_fact"]) == {*PARTS, *STATED}
    assert set(words["story"]) == set(KINDS)
    assert set(words["rest"]) == {"gone", "changed", NOT_KEPT}
