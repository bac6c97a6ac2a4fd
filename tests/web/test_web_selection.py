"""Selection and its report through the pages, over real nodes and a small one; no script.

About 10 CPU seconds, most of it two worlds.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import pytest
from lxml import html
from small_node import HOSTILE, SmallNode
from small_selection import SELECTION
from walker import Walker, text_of

import selection_worlds as made
import worlds
from esclusa.node import Node
from twins import same

PERIOD = "?since=2026-04-01&until=2026-04-30"
SHEET = f"/selections/{made.PORT}.{made.DAY}.A"


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Node, Node]]:
    folder = tmp_path_factory.mktemp("selection")
    nodes = [made.selected_node(folder / str(secret), secret=secret) for secret in (False, True)]
    for node in nodes:
        worlds.add_people(node)
        node.add_user(node.administrator(), name="bea", password=worlds.PASSWORD,
                      role="supervisor", clearance=4)  # fmt: skip
    yield nodes[0], nodes[1]
    for node in nodes:
        node.close()


def person(node: Node, role: str = "analyst", language: str = "en") -> Walker:
    return Walker(node).sign_in(role, language, password=worlds.PASSWORD)


def test_from_a_commitment_to_a_checked_draw(tmp_path_factory: pytest.TempPathFactory) -> None:
    node = made.filled_node(tmp_path_factory.mktemp("page"))
    worlds.add_people(node)
    ana = person(node)
    form = {"port": "pablb", "day": made.DAY, "shift": "a", "capacity": "9", "level": ""}
    assert ana.post("/selections", **form).headers["location"] == SHEET
    page = ana.see(SHEET)
    assert "Committed" in text_of(page) and not page.xpath("//*[@id='proposed']")
    assert ana.post("/selections", **form).status_code == 409
    assert ana.post("/selections", **(form | {"capacity": "many"})).status_code == 400
    assert ana.post(f"{SHEET}/reveal").status_code == 409
    assert ana.post(f"{SHEET}/draw", until="").status_code == 303
    page = ana.see(SHEET)
    assert len(page.xpath("//div[@aria-labelledby='proposed']//tbody/tr")) == 9
    links = page.xpath("//div[@aria-labelledby='proposed']//tbody/tr/th/a/@href")
    proposed = page.xpath("//select[@name='out']/option/@value")[1:]
    assert links == [f"/records/{record}" for record in proposed]
    off = page.xpath("//select[@name='out']/option[2]/@value")[0]
    on = page.xpath("//select[@name='taken']/option[2]/@value")[0]
    assert ana.post(f"{SHEET}/swap", out=off, taken=on, reason=" ").status_code == 400
    assert ana.post(f"{SHEET}/swap", out=off, taken=on, reason="no crane").status_code == 303
    assert "no crane" in text_of(ana.see(SHEET))
    assert ana.get(f"{SHEET}/proof.json").status_code == 409
    assert ana.post(f"{SHEET}/reveal").status_code == 303
    assert "come out as the sheet says" in text_of(ana.see(f"{SHEET}/check"))
    assert json.loads(ana.get(f"{SHEET}/proof.json").text)["capacity"] == 9
    assert ana.get("/selections/PABLB.2031-01-01").status_code == 404
    node.close()


def test_roles_without_selection_have_no_page(pair: tuple[Node, Node]) -> None:
    for role in ("auditor", "administrator"):
        walker = person(pair[0], role)
        for address in ("/selections", SHEET, f"{SHEET}/sheet.pdf", "/selection-report",
                        "/selection-report.pdf", "/selection-report.csv"):  # fmt: skip
            assert walker.get(address).status_code == 403


@pytest.mark.parametrize(("role", "language"), [("analyst", "en"), ("supervisor", "es")])
def test_pages_csv_and_pdf_of_two_worlds_are_the_same(
    pair: tuple[Node, Node], role: str, language: str
) -> None:
    people = [person(node, role, language) for node in pair]
    for walker in people:  # sizes are compared as they are
        walker.client.headers["accept-encoding"] = "identity"
    secret = f"{SHEET}@4"
    for address in (
        "/selections", f"/selections?port={made.PORT}", "/selections?port=PAMIT", SHEET, secret,
        f"{SHEET}/sheet.pdf", f"{SHEET}/sheet.csv", f"{SHEET}/proof.json", f"{SHEET}/check",
        f"{secret}/sheet.pdf", f"{secret}/sheet.csv", f"{secret}/proof.json", f"{secret}/check",
        f"/selection-report{PERIOD}", f"/selection-report.pdf{PERIOD}", f"/selection-report.csv{PERIOD}",
        "/selection-report?since=x", "/selection-report?since=2026-04-30&until=2026-04-01",
    ):  # fmt: skip
        answer = same(address, *(walker.get(address) for walker in people))
        assert made.HIDDEN.encode() not in answer.content
        assert (answer.status_code == 404) == (secret in address)
    for step, form in (("draw", {}), ("reveal", {}), ("swap", {"reason": "why"})):
        answers = [walker.post(f"{secret}/{step}", **form) for walker in people]
        assert same(step, *answers).status_code == 404


def test_a_cleared_person_sees_the_secret_sheet_and_its_marking(pair: tuple[Node, Node]) -> None:
    walker = person(pair[1], "bea")
    assert made.HIDDEN in text_of(walker.see(f"{SHEET}@4"))
    assert "SECRET" in text_of(walker.see(f"/selection-report{PERIOD}"))
    assert "OFFICIAL" in text_of(person(pair[1]).see(f"/selection-report{PERIOD}"))


def test_a_report_has_a_table_beside_each_plot(pair: tuple[Node, Node]) -> None:
    page = person(pair[0]).see(f"/selection-report{PERIOD}")
    assert len(page.xpath("//svg")) == 2
    assert all(svg.xpath("string(title)") for svg in page.xpath("//svg"))
    heads = [text_of(one) for one in page.xpath("//h2")]
    assert heads[:3] == ["What is missed", "Find rate by lane of selection", "Auditors' table"]
    spanish = text_of(person(pair[0], language="es").see(f"/selection-report{PERIOD}"))
    assert "Lo que nadie abrió es desconocido, nunca limpio" in spanish
    assert "50,0 %" in spanish


@pytest.mark.parametrize("language", ["en", "es"])
def test_every_text_is_escaped(language: str) -> None:
    walker = Walker(SmallNode(title=HOSTILE)).sign_in("supervisor", language)
    for address in ("/selections", f"/selections/{SELECTION}", "/selections/drawn", "/selections/committed",
                    "/selections/drawn/check", "/selection-report"):  # fmt: skip
        answer = walker.get(address)
        assert answer.status_code == 200, address
        assert "<script>alert" not in answer.text
        assert "onerror=alert" not in re.sub(r"&lt;img[^<]*", "", answer.text)
    for address in (f"/selections/{SELECTION}/sheet.pdf", "/selection-report.pdf"):
        assert walker.get(address).content.startswith(b"%PDF-")


def test_an_alarm_and_too_much_mandatory_work_are_said_in_words() -> None:
    walker = Walker(SmallNode()).sign_in("analyst")
    assert "1 group is chosen more often" in text_of(walker.see("/selection-report"))
    assert "exceeds the slots by 1" in text_of(walker.see(f"/selections/{SELECTION}"))
    assert "The draw is not what it says" in text_of(walker.see("/selections/drawn/check"))
    page = html.fromstring(walker.get(f"/selections/{SELECTION}").text)
    assert page.xpath("//circle[@class='span']")  # the policy in force
    assert page.xpath("//svg[@class='plot']/title") and page.xpath("//polyline/@points")
