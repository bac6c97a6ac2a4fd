"""The yard through its pages, without script and as a script asks. About 4 CPU seconds."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from starlette.requests import Request
from walker import Walker, text_of

import selection_worlds as made
import worlds
import yard_worlds as yard
from esclusa.node import Node
from esclusa.sharing.yard_views import YardBox
from esclusa.web.statics import FOLDER, WORKER_PATH
from esclusa.web.yard_device import KEPT_HOURS, UNSENT, unsent
from twins import same
from yard_worlds import ADDRESS, boxes

JSON = {"accept": "application/json"}


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    node = yard.yard_node(tmp_path_factory.mktemp("yard") / "node")
    worlds.add_people(node)
    yield node
    node.close()


def person(node: Node, role: str = "analyst", language: str = "en") -> Walker:
    return Walker(node).sign_in(role, language, password=worlds.PASSWORD)


def form_of(walker: Walker, box: YardBox, **changes: Any) -> dict[str, Any]:
    """Return the form of the page filled in about a box, with the number that the page gave it."""
    page = walker.see(ADDRESS)
    plain = {
        "form_id": page.xpath("//form//input[@name='form_id']/@value")[0],
        "box": f"{box.subject}|{box.box}", "result": "nothing_found", "methods": ["scan", "dogs"],
        "completed": yard.DONE, "zone": "UTC", "seal": "S1",
    }  # fmt: skip
    return plain | changes


def as_script(walker: Walker, form: dict[str, Any]) -> httpx.Response:
    data = {"csrf": walker.token} | form
    return walker.client.post(ADDRESS, data=data, headers=JSON)


def test_a_form_is_recorded_and_its_receipt_shown(node: Node) -> None:
    ana, box = person(node), boxes(node)[0]
    assert ana.see("/yard").xpath(f"//a[@href='{ADDRESS}']")
    assert ana.see(f"{ADDRESS}?box={box.subject}%7C{box.box}").xpath(
        "//select[@name='box']/option[@selected]/@value") == [f"{box.subject}|{box.box}"]  # fmt: skip
    form = form_of(ana, box)
    answer = ana.post(ADDRESS, **form)
    assert answer.status_code == 303
    assert answer.headers["location"] == f"{ADDRESS}?receipt={form['form_id']}"
    page = ana.see(answer.headers["location"])
    assert "Recorded." in text_of(page) and form["form_id"] in text_of(page)
    assert "analyst recorded it, 2026-04-07 09:30Z: Nothing found." in text_of(page)
    # The button pressed twice, or the page sent again: one record.
    assert ana.post(ADDRESS, **form).headers["location"] == answer.headers["location"]
    assert yard.examinations(node, box.box) == 1
    assert ana.post(ADDRESS, **(form | {"seal": "S2"})).status_code == 409


@pytest.mark.parametrize("language", ("en", "es"))
def test_what_is_wrong_stands_at_its_field_and_nothing_typed_is_lost(
    node: Node, language: str
) -> None:
    ana, box = person(node, language=language), boxes(node)[1]
    form = form_of(ana, box, completed="7/4/2026", remarks="door <bent>", category="drugs",
                   quantity="two", officer="Sgt. Rey")  # fmt: skip
    answer = ana.post(ADDRESS, **form)
    assert answer.status_code == 422
    page = ana.tree(answer)
    wrong = {node.get("id") for node in page.xpath("//p[@class='wrong']")}
    assert wrong == {"completed-wrong", "category-wrong", "quantity-wrong"}
    assert page.xpath("//input[@name='completed'][@aria-invalid='true']/@value") == ["7/4/2026"]
    assert page.xpath("//textarea[@name='remarks']")[0].text == "door <bent>"
    assert page.xpath("//input[@name='methods'][@checked]/@value") == ["scan", "dogs"]
    assert page.xpath("//input[@name='form_id']/@value") == [form["form_id"]]
    assert page.xpath("//input[@name='officer']/@value") == ["Sgt. Rey"]
    assert yard.examinations(node, box.box) == 0


def test_who_comes_second_is_told_and_records_it_nevertheless(node: Node) -> None:
    sol, ana, box = person(node, "supervisor"), person(node), boxes(node)[2]
    form = form_of(ana, box)  # before the other one
    assert sol.post(ADDRESS, **form_of(sol, box, result="inconclusive")).status_code == 303
    answer = ana.post(ADDRESS, **form)
    page = ana.tree(answer)
    assert answer.status_code == 409
    assert "supervisor recorded it" in text_of(page) and "Inconclusive" in text_of(page)
    codes = page.xpath("//input[@name='told']/@value")
    assert page.xpath("//input[@name='seal']/@value") == ["S1"] and len(codes) == 1
    assert ana.post(ADDRESS, **form, told=codes).status_code == 303
    assert yard.examinations(node, box.box) == 2


def test_a_script_gets_an_acknowledgement_for_each_form_and_always_the_same(node: Node) -> None:
    ana, box = person(node), boxes(node)[3]
    form = form_of(ana, box)
    first, again = as_script(ana, form), as_script(ana, form)
    assert first.status_code == 200 and first.json() == again.json()
    assert first.json()["receipt"]["form"] == form["form_id"]
    other = as_script(ana, form | {"remarks": "later"})
    assert other.status_code == 409 and "another content" in other.json()["why"]
    wrong = as_script(ana, form_of(ana, box, completed=""))
    assert wrong.status_code == 422
    assert wrong.json()["mistakes"] == [{"field": "completed", "text": "Fill this in."}]
    told = as_script(ana, form_of(ana, box))
    assert told.status_code == 409 and told.json()["told"][0]["text"].startswith("analyst recorded")
    assert yard.examinations(node, box.box) == 1


def test_a_forged_form_records_nothing(node: Node) -> None:
    ana, box = person(node), boxes(node)[4]
    form = form_of(ana, box)
    assert ana.client.post(ADDRESS, data=form | {"csrf": "x"}, headers=JSON).status_code == 403
    out = Walker(node).client.post(ADDRESS, data=form, headers=JSON)
    assert out.status_code == 303 and out.headers["location"].startswith("/sign-in")
    assert yard.examinations(node, box.box) == 0


def test_a_lost_number_a_wrong_sheet_and_a_wrong_receipt_are_said(node: Node) -> None:
    ana, box = person(node), boxes(node)[4]
    answer = ana.post(ADDRESS, **form_of(ana, box, form_id="x"))
    assert answer.status_code == 422 and "lost its number" in text_of(ana.tree(answer))
    assert ana.get("/yard/PABLB.2031-01-01").status_code == 404
    assert ana.get(f"{ADDRESS}?receipt=x").status_code == 404
    assert ana.post("/yard/PABLB.2031-01-01", **form_of(ana, box)).status_code == 404


def test_roles_that_examine_nothing_have_no_yard(node: Node) -> None:
    for role in ("auditor", "administrator"):
        for address in ("/yard", ADDRESS):
            assert person(node, role).get(address).status_code == 403


# --- what the device keeps ------------------------------------------------------------------------


def test_the_worker_answers_for_the_yards_folder_alone_and_keeps_as_long_as_the_page_says(
    node: Node,
) -> None:
    answer = Walker(node).get(WORKER_PATH)
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/javascript")
    assert answer.headers["cache-control"] == "no-store"
    assert "service-worker-allowed" not in answer.headers
    assert WORKER_PATH.rpartition("/")[0] == "/yard"
    assert re.search(r"HOURS = (\d+);", answer.text)[1] == str(KEPT_HOURS)  # type: ignore[index]
    page = person(node).see(ADDRESS)
    assert f"{KEPT_HOURS} hours" in text_of(page)
    assert page.xpath("//@data-hours") == [str(KEPT_HOURS)]
    script = (FOLDER / "yard.js").read_text()
    assert f'register("{WORKER_PATH}", {{ scope: "/yard/" }})' in script


def test_signing_out_erases_the_device_and_asks_first_where_forms_wait(node: Node) -> None:
    ana = person(node)
    ana.client.cookies.set(UNSENT, "2")
    asked = ana.post("/sign-out")
    assert asked.status_code == 200 and "2 forms of the yard wait" in text_of(ana.tree(asked))
    assert ana.get("/yard").status_code == 200  # still signed in
    answer = ana.post("/sign-out", erase="yes")
    assert answer.status_code == 303
    assert '"storage"' in answer.headers["clear-site-data"]
    assert any(line.startswith(f'{UNSENT}=""') for line in answer.headers.get_list("set-cookie"))


@pytest.mark.parametrize(
    ("said", "count"), (("2", 2), ("0", 0), ("", 0), ("x", 0), ("-1", 0), ("1e3", 0), ("5000", 999))
)
def test_the_count_of_a_device_is_a_number_or_nothing(said: str, count: int) -> None:
    headers = [(b"cookie", f"{UNSENT}={said}".encode())]
    assert unsent(Request({"type": "http", "headers": headers})) == count


def test_a_sheet_is_the_same_in_a_world_without_secrets(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    folder = tmp_path_factory.mktemp("worlds")
    pair = [yard.yard_node(folder / str(secret), secret=secret) for secret in (False, True)]
    for node in pair:
        worlds.add_people(node)
        node.add_user(node.administrator(), name="bea", password=worlds.PASSWORD,
                      role="supervisor", clearance=4)  # fmt: skip
    for role in ("analyst", "supervisor"):
        ana = [person(node, role, "es") for node in pair]
        for address in ("/yard", ADDRESS, f"{ADDRESS}@4", f"{ADDRESS}?receipt={yard.NAME}"):
            left, right = (one.client.get(address, headers={"accept-encoding": "identity"})
                           for one in ana)  # fmt: skip
            assert made.HIDDEN not in same(address, left, right).text
    bea = Walker(pair[1]).sign_in("bea", password=worlds.PASSWORD)
    assert made.HIDDEN in bea.get(f"{ADDRESS}@4").text
    for node in pair:
        node.close()
