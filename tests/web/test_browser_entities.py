"""Judging a pair in a real browser, with the keyboard alone."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import BrowserContext, expect

import worlds
from esclusa.node import Node
from worlds import PASSWORD

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    made = worlds.make(tmp_path_factory.mktemp("browser") / "node")
    names = ("DELVALLE", "M DELVALLE", "MARIO DELVALLE ZUBIETA")
    bills = [(f"B{n}", name, "BANANAS") for n, name in enumerate(names, start=1)]
    worlds.take_in(made, "open.edi", worlds.cuscar(*bills))
    made.add_user(made.administrator(), name="ana", password=PASSWORD, role="analyst")
    yield made
    made.close()


def test_an_open_pair_is_judged_and_taken_back_with_the_keyboard(
    context: BrowserContext, home: str, node: Node
) -> None:
    reader = worlds.reader(node)
    first, second = node.entities.questions(reader)
    token = node.sign_in("ana", PASSWORD)
    context.add_cookies([{"name": "esclusa", "value": token, "url": home}])
    page = context.new_page()
    page.goto(f"/entity-pairs/{first.a.id}/{first.b.id}")
    page.keyboard.press("2")
    expect(page.get_by_label("Reason, in your own words")).to_be_focused()
    page.keyboard.type("Other owner, seen on paper.")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/entity-pairs/{second.a.id}/{second.b.id}?judged=**")
    expect(page.get_by_role("status")).to_contain_text("Judgement written on the pair before.")
    (said,) = node.entities.judgements(reader).rows
    assert (said.verdict, said.reason) == ("different", "Other owner, seen on paper.")
    assert node.entities.questions(reader) == (second,)
    page.keyboard.press("u")
    page.wait_for_url(f"**/entity-pairs/{first.a.id}/{first.b.id}")
    (said,) = node.entities.judgements(reader).rows
    assert said.verdict == ""
    assert node.entities.questions(reader) == (first, second)
