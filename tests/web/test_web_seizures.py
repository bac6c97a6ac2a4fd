"""Seizures through the pages, no script. About 5 s of CPU."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from lxml import html
from small_node import HOSTILE, SmallNode
from small_seizures import JOINED, REPORT
from walker import Walker, text_of

import worlds
from esclusa.node import Node
from seizure_worlds import HIDDEN, hide

GIVEN = {
    "agency": "customs", "number": "C-10", "event": "", "part": "found", "seized": "2026-11-20",
    "place": "paonx", "equipment": "CSQU 305438 3", "concealment": "behind the doors",
    "category_0": "drugs", "what_0": "packages", "quantity_0": "112.5", "unit_0": "kgm",
    "category_1": "", "what_1": "", "quantity_1": "", "unit_1": "",
}  # fmt: skip


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    made = worlds.make(tmp_path_factory.mktemp("seizures") / "node")
    worlds.add_people(made)
    yield made
    made.close()


@pytest.fixture
def ana(node: Node) -> Walker:
    return Walker(node).sign_in("analyst", "en", password=worlds.PASSWORD)


def test_reported_joined_corrected_counted_and_taken_back(node: Node, ana: Walker) -> None:
    sent = ana.post("/seizure-starts", **GIVEN)
    assert sent.status_code == 303, text_of(html.fromstring(sent.text))
    assert sent.headers["location"] == "/seizures/customs-C-10"
    police = GIVEN | {"agency": "police", "number": "P-3", "event": "customs-C-10",
                      "part": "helped", "quantity_0": "110"}  # fmt: skip
    assert ana.post("/seizure-starts", **police).status_code == 303
    page = ana.see("/seizures/customs-C-10")
    said = text_of(page)
    assert "Drugs 112.5 KGM" in said
    assert "CSQU3054383" in said
    counts = [text_of(row) for row in ana.see("/seizures?by=year").xpath("//tbody/tr")]
    assert any("Drugs" in row and "112.5 KGM" in row for row in counts)
    assert any(row.endswith("1–2") and "all of them" in row for row in counts), counts
    place = page.xpath("//a[contains(@href, '/reports/')]/@href")[0]
    form = ana.see(place)
    version = form.xpath("//input[@name='version']/@value")[0]
    fixed = GIVEN | {"event": "customs-C-10", "quantity_0": "98.5", "version": version}
    wrong = ana.post(place, **fixed)
    assert wrong.status_code == 422
    assert html.fromstring(wrong.text).xpath("//*[@aria-invalid='true']/@name") == ["why"]
    assert ana.post(place, **fixed, why="weighed again, dry").status_code == 303
    late = ana.post(place, **fixed, why="and again")
    assert late.status_code == 409
    assert "somebody was faster" in late.text
    assert "weighed again, dry" in text_of(ana.see("/seizures/customs-C-10"))
    again = ana.see(place).xpath("//input[@name='version']/@value")[0]
    gone = ana.post(place, **(fixed | {"version": again}), why="entered twice", withdraw="yes")
    assert gone.status_code == 303
    left = text_of(ana.see("/seizures/customs-C-10"))
    assert "police P-3" in left
    assert "customs C-10" not in left


def test_a_wrong_form_says_so_at_the_field_and_loses_nothing(ana: Walker) -> None:
    typed = GIVEN | {"number": "W-1", "seized": "2199-01-01", "equipment": "CSQU3054384",
                     "quantity_0": "much", "event": "A/B"}  # fmt: skip
    wrong = ana.post("/seizure-starts", **typed)
    assert wrong.status_code == 422
    page = html.fromstring(wrong.text)
    assert set(page.xpath("//*[@aria-invalid='true']/@name")) == {
        "seized", "equipment", "event", "quantity_0"}  # fmt: skip
    for name in ("seized", "equipment", "event", "quantity_0"):
        assert text_of(page.get_element_by_id(f"{name}-wrong"))
    assert page.xpath("//input[@name='quantity_0']/@value") == ["much"]
    assert page.xpath("//select[@name='category_0']/option[@selected]/@value") == ["drugs"]
    none = ana.post("/seizure-starts", **(typed | {"category_0": "", "what_0": "",
                                                   "quantity_0": "", "unit_0": ""}))  # fmt: skip
    assert "category_0-wrong" in none.text
    assert ana.get("/seizures/W-1").status_code == 404


def test_what_is_there_in_secret_is_not_there(node: Node, ana: Walker) -> None:
    name = hide(node)
    assert ana.get(f"/seizures/{HIDDEN}").status_code == 404
    for method in (ana.get, ana.post):
        assert method(f"/seizures/{HIDDEN}/reports/{name}").status_code == 404
    for address in ("/seizures", "/seizures?by=year", "/seizures?category=drugs"):
        page = ana.get(address).text
        assert "GHOST" not in page and "ghost" not in page
    assert ana.get(f"/seizure-starts?about={name}").status_code == 404
    auditor = Walker(node).sign_in("auditor", "en", password=worlds.PASSWORD)
    assert auditor.get("/seizures").status_code == 403


@pytest.mark.parametrize("language", ("en", "es"))
def test_hostile_text_is_text(language: str) -> None:
    walker = Walker(SmallNode(title=HOSTILE)).sign_in("supervisor", language)
    for address in ("/seizures", f"/seizures/{JOINED}", f"/seizures/{JOINED}/reports/{REPORT}",
                    "/seizure-starts"):  # fmt: skip
        page = walker.get(address)
        assert page.status_code == 200, address
        assert "<script>alert" not in page.text and "<img src=x" not in page.text
