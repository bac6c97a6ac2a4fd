"""The pages of accounts on a real node: each step confirmed, stale forms told, nothing lost; a form
of another role or without its token does nothing. About 3 s of CPU."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from lxml import html
from walker import Walker, text_of

from esclusa.node import Node
from esclusa.sharing.reader import Role

PASSWORD = "correct horse battery"


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    made = Node.create(tmp_path_factory.mktemp("accounts") / "node", agency="marisol")
    for name, role in (("ana", Role.ANALYST), ("tom", Role.ADMINISTRATOR),
                       ("uma", Role.ADMINISTRATOR), ("ada", Role.AUDITOR)):  # fmt: skip
        made.add_user(made.administrator(), name=name, password=PASSWORD, role=role)
    yield made
    made.close()


@pytest.fixture
def tom(node: Node) -> Walker:
    return Walker(node).sign_in("tom", password=PASSWORD)


def seen(page: html.HtmlElement) -> str:
    return str(page.xpath("//input[@name='seen']/@value")[0])


def note(answer: Any) -> str:
    return text_of(html.fromstring(answer.text).xpath("//*[@role='alert']")[0])


def test_a_step_that_is_not_confirmed_is_not_taken_and_keeps_what_was_typed(
    node: Node, tom: Walker
) -> None:
    page = tom.see("/users/ana")
    form = {"seen": seen(page), "role": "supervisor", "clearance": "3", "caveats": "PAX CREW"}
    answer = tom.post("/users/ana/change", **form)
    assert answer.status_code == 400 and "Tick that you are sure" in note(answer)
    drawn = html.fromstring(answer.text)
    assert drawn.xpath("//input[@name='caveats']/@value") == ["PAX CREW"]
    assert drawn.xpath("//select[@name='clearance']/option[@selected]/@value") == ["3"]
    assert node.account_desk.one(node.administrator(), "ana").role == "analyst"


def test_a_change_made_on_an_older_page_is_refused_and_names_who_was_faster(
    node: Node, tom: Walker
) -> None:
    old = seen(tom.see("/users/ana"))
    form = {"seen": old, "role": "analyst", "clearance": "2", "caveats": "", "sure": "yes"}
    assert Walker(node).sign_in("uma", password=PASSWORD).post(
        "/users/ana/change", **form
    ).status_code == 303  # fmt: skip
    answer = tom.post("/users/ana/change", **(form | {"clearance": "4"}))
    assert answer.status_code == 409 and "by uma" in note(answer)
    assert node.account_desk.one(node.administrator(), "ana").clearance == 2


def test_close_and_open_again_and_end_sessions(node: Node, tom: Walker) -> None:
    ana = Walker(node).sign_in("ana", password=PASSWORD)
    page = tom.see("/users/ana")
    assert tom.post("/users/ana/close", seen=seen(page), sure="yes").status_code == 303
    assert ana.get("/queue").headers["location"].startswith("/sign-in")
    assert Walker(node).try_sign_in("ana", password=PASSWORD).status_code == 401
    page = tom.see("/users/ana")
    assert page.xpath("//h2[@id='reopen']") and not page.xpath("//h2[@id='close']")
    assert tom.post("/users/ana/reopen", seen=seen(page), sure="yes").status_code == 303
    ana = Walker(node).sign_in("ana", password=PASSWORD)
    assert tom.post("/users/ana/sessions", sure="yes").status_code == 303
    assert ana.get("/queue").status_code == 303


def test_a_short_password_is_told_at_the_page(tom: Walker) -> None:
    page = tom.see("/users/ana")
    for password in ("short", ""):
        answer = tom.post("/users/ana/password", seen=seen(page), sure="yes", password=password)
        assert answer.status_code == 400 and "at least 12 characters" in note(answer)
        assert "short" not in answer.text.replace("shortcut", "")


def test_the_own_account_offers_no_step_but_ending_sessions_and_takes_none(tom: Walker) -> None:
    page = tom.see("/users/tom")
    assert [form.get("action") for form in page.xpath("//main//form")] == ["/users/tom/sessions"]
    answer = tom.post("/users/tom/change", seen=seen(page), sure="yes", role="supervisor",
                      clearance="4", caveats="*")  # fmt: skip
    assert answer.status_code == 409 and "another administrator" in note(answer)


def test_the_last_sign_in_and_open_sessions_stand_in_the_list(tom: Walker) -> None:
    row = tom.see("/users").xpath("//tr[th/a[text()='tom']]")[0]
    assert "never" not in text_of(row) and int(row.xpath("td[@class='num']")[0].text) >= 1


@pytest.mark.parametrize("name", ("ana", "ada"))
def test_an_analyst_and_an_auditor_reach_no_account_privilege_escalation(
    node: Node, name: str
) -> None:
    walker = Walker(node).sign_in(name, password=PASSWORD)
    assert [walker.get(path).status_code for path in ("/users", "/users/tom")] == [403, 403]
    for step in ("change", "close", "password", "sessions", "reopen", "nothing"):
        answer = walker.post(f"/users/{name}/{step}", sure="yes", role="administrator",
                             clearance="4", caveats="*", password=PASSWORD)  # fmt: skip
        assert answer.status_code == 403
    for step in ("tie", "untie"):
        assert walker.post(f"/sign-in-links/ABCD2345/{step}", account=name).status_code == 403
    assert node.account_desk.one(node.administrator(), name).role in ("analyst", "auditor")


def test_a_form_of_another_session_changes_nothing_csrf(node: Node, tom: Walker) -> None:
    page = tom.see("/users/ana")
    tom.token = node.csrf(node.sign_in("uma", PASSWORD))
    answer = tom.post("/users/ana/close", seen=seen(page), sure="yes")
    assert answer.status_code == 403
    assert node.account_desk.one(node.administrator(), "ana").active


def test_an_unknown_account_step_or_code_is_told(tom: Walker) -> None:
    assert tom.get("/users/nobody").status_code == 404
    assert tom.post("/users/nobody/close", sure="yes").status_code == 404
    assert tom.post("/users/ana/vanish", sure="yes").status_code == 400
    assert tom.post("/sign-in-links/NOTHING9/tie", account="ana").status_code == 404
    assert tom.post("/sign-in-links/NOTHING9/untie").status_code == 404
