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
    assert answer.status_code == 400 and "Tick this to confirm." in note(answer)
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


def test_a_refused_step_is_said_in_the_readers_language(node: Node) -> None:
    walker = Walker(node).sign_in("uma", "es", password=PASSWORD)
    old = seen(walker.see("/users/uma"))
    answer = walker.post("/users/uma/close", seen=old, sure="yes")
    assert answer.status_code == 409
    said = html.fromstring(answer.text).xpath("//*[@role='alert']//span[@lang]")[0]
    assert (said.get("lang"), said.text) == (
        "es", "su propia cuenta la cambia otro administrador",
    )  # fmt: skip


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


# --- the own password ------------------------------------------------------------------------------

OWN = "/own-password"
FRESH = "battery horse correct"


def own_form(old: str, new: str, again: str = "") -> dict[str, str]:
    return {"old_password": old, "new_password": new, "again_password": again or new}


def test_a_person_changes_the_own_password_and_stays_signed_in_here_alone(node: Node) -> None:
    node.people.add(name="eva", password=PASSWORD, role="analyst")
    here, there = (Walker(node).sign_in("eva", password=PASSWORD) for _ in range(2))
    answer = here.post(OWN, **own_form(PASSWORD, FRESH))
    assert answer.status_code == 303 and answer.headers["location"] == "/preferences?changed=1"
    assert "Every other session of yours has ended" in text_of(here.see("/preferences?changed=1"))
    assert there.get("/queue").headers["location"].startswith("/sign-in")
    assert Walker(node).try_sign_in("eva", password=PASSWORD).status_code == 401
    assert here.post(OWN, **own_form(FRESH, PASSWORD)).status_code == 403  # the old form's token


@pytest.mark.parametrize(
    ("form", "status", "field", "told"),
    [
        (own_form("wrong", FRESH), 403, "old_password", "The present password is not right."),
        (own_form(PASSWORD, "short"), 400, "new_password", "at least 12"),
        (own_form(PASSWORD, PASSWORD), 400, "new_password", "is the present one"),
        (own_form(PASSWORD, FRESH, "else"), 400, "again_password", "not the same"),
        ({}, 400, "old_password", "Fill this in."),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_at_its_field_and_no_password_comes_back(
    node: Node, form: dict[str, str], status: int, field: str, told: str
) -> None:
    ana = Walker(node).sign_in("ana", password=PASSWORD)
    answer = ana.post(OWN, **form)
    assert answer.status_code == status
    page = html.fromstring(answer.text)
    (control,) = page.xpath(f"//input[@name='{field}']")
    assert control.get("aria-invalid") == "true" and told in text_of(page)
    for typed in form.values():
        assert typed not in page.xpath("//input/@value")
    assert ana.get("/queue").status_code == 200


@pytest.mark.usefixtures("brake_clock")
def test_guessing_the_present_password_in_a_stolen_session_is_slowed_down(node: Node) -> None:
    ana = Walker(node).sign_in("ana", password=PASSWORD)
    tries = [ana.post(OWN, **own_form(f"guess number {n}", FRESH)).status_code for n in range(7)]
    assert tries == [403] * 5 + [429] * 2
    assert ana.post(OWN, **own_form(PASSWORD, FRESH)).status_code == 429  # the right one as well


def test_a_form_of_another_site_changes_no_password(node: Node) -> None:
    ana = Walker(node).sign_in("ana", password=PASSWORD)
    form = {"csrf": "forged"} | own_form(PASSWORD, FRESH)
    assert ana.client.post(OWN, data=form).status_code == 403
    assert Walker(node).try_sign_in("ana", password=PASSWORD).status_code == 303


def test_a_new_account_does_nothing_before_it_has_a_password_of_its_own(
    node: Node, tom: Walker
) -> None:
    form = {"name": "noa", "password": PASSWORD, "role": "analyst", "clearance": "1"}
    assert tom.post("/users", **form).status_code == 303
    walker = Walker(node)
    assert walker.try_sign_in("noa", password=PASSWORD).status_code == 303
    for path in ("/", "/queue", "/preferences", "/help"):
        assert walker.get(path).headers["location"] == OWN
    page = walker.see(OWN)
    walker.token = page.xpath("//input[@name='csrf']/@value")[0]
    assert "Choose your own before you go on" in text_of(page)
    for path, sent in (("/intake", {}), ("/users", form), ("/notices", {})):
        assert walker.post(path, **sent).headers.get("location") == OWN
    assert walker.post("/preferences", language="es", back=OWN).status_code == 303
    assert walker.see(OWN).get("lang") == "es"
    assert walker.client.get("/feed/guess").status_code == 404
    answer = walker.post(OWN, **own_form(PASSWORD, FRESH))
    assert answer.headers["location"] == "/"
    assert walker.see("/queue").get("lang") == "es"


def test_an_account_of_a_program_and_one_without_password_are_not_asked(
    node: Node, tom: Walker
) -> None:
    form = {"name": "robot", "password": PASSWORD, "role": "analyst", "clearance": "1"}
    tom.post("/users", stays="yes", **form)
    assert Walker(node).sign_in("robot", password=PASSWORD).get("/queue").status_code == 200


def test_an_administrator_asks_for_another_password_and_sees_that_it_is_due(
    node: Node, tom: Walker
) -> None:
    node.people.add(name="ivo", password=PASSWORD, role="analyst")
    page = tom.see("/users/ivo")
    assert tom.post("/users/ivo/require", seen=seen(page)).status_code == 400  # no tick
    assert tom.post("/users/ivo/require", seen=seen(page), sure="yes").status_code == 303
    page = tom.see("/users/ivo")
    assert "to be changed at the next sign-in" in text_of(page)
    assert not page.xpath("//h2[@id='require']")
    ivo = Walker(node)
    ivo.try_sign_in("ivo", password=PASSWORD)
    assert ivo.get("/queue").headers["location"] == OWN


# --- service numbers -------------------------------------------------------------------------------


def test_a_service_number_is_given_on_the_accounts_page(node: Node, tom: Walker) -> None:
    node.people.add(name="max.paredes", password=PASSWORD, role="analyst")
    path = "/users/max.paredes"
    for wrong, told in (("MAX-1", "tell the account"), ("PAREDES7", "tell the account"),
                        ("mr-104", "capital letters"), ("ABC", "capital letters"),
                        ("9" * 21, ""), ("MR 104", "capital letters")):  # fmt: skip
        answer = tom.post(f"{path}/number", number=wrong, seen=seen(tom.see(path)), sure="yes")
        assert answer.status_code == 400 and told in answer.text
        assert html.fromstring(answer.text).xpath("//input[@name='number']/@value") == [wrong]
    form = {"number": "MR-104", "sure": "yes"}
    assert tom.post(f"{path}/number", seen=seen(tom.see(path)), **form).status_code == 303
    assert "MR-104" in text_of(tom.see(path))
    max_ = Walker(node).sign_in("max.paredes", password=PASSWORD)
    assert "you are shown as MR-104" in text_of(max_.see("/preferences"))
    # A number is one account's for ever, and an account's name is never a number.
    tom.post(f"{path}/number", number="", seen=seen(tom.see(path)), sure="yes")
    answer = tom.post("/users/ana/number", seen=seen(tom.see("/users/ana")), **form)
    assert answer.status_code == 400 and "another account" in answer.text
    taken = {"name": "mr-104", "password": PASSWORD, "role": "analyst", "clearance": "1"}
    assert tom.post("/users", **taken).status_code == 400
