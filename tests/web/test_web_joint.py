"""A case shared with a partner through the pages of both nodes, no script: preview, share, take up,
task done, taken back; what is wrong is said at its field and nothing typed is lost. About 9 s of
CPU."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from walker import Walker, text_of

import worlds
from exchange_worlds import World
from joint_worlds import DUE, GUEST, OWNER, WHY, made


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with made(tmp_path_factory.mktemp("joint")) as two:
        yield two


@pytest.fixture(scope="module")
def two(world: World) -> tuple[Walker, Walker]:
    """An officer at each side, the guest's reads Spanish."""
    return (
        Walker(world[OWNER]).sign_in("analyst", password=worlds.PASSWORD),
        Walker(world[GUEST]).sign_in("analyst", "es", password=worlds.PASSWORD),
    )


def opened(walker: Walker, title: str = "Boxes of Altamira") -> str:
    answer = walker.post("/case-starts", title=title, summary="three boxes")
    assert answer.status_code == 303, text_of(walker.tree(answer))
    return answer.headers["location"].removeprefix("/cases/")


def version(walker: Walker, path: str) -> str:
    return str(walker.see(path).xpath("//input[@name='version']/@value")[0])


def step(walker: Walker, case: str, move: str, **given: str) -> Any:
    return walker.step(f"/cases/{case}", move, **given)


def test_from_the_preview_to_the_recall_at_both_sides(
    world: World, two: tuple[Walker, Walker]
) -> None:
    ana, luis = two
    case = opened(ana)
    assert step(ana, case, "note", text="the seal differs").status_code == 303
    page = ana.see(f"/cases/{case}")
    assert page.xpath(f"//a[@href='/cases/{case}/share']")
    form = f"/cases/{case}/share"
    seen = version(ana, form)
    look = ana.post(form, partner=GUEST, reason=WHY, version=seen, look="yes")
    shown = text_of(ana.tree(look))
    assert look.status_code == 200
    assert f"What {GUEST} would see" in shown and "the seal differs" in shown
    assert WHY in look.text  # what was typed is still there
    answer = ana.post(form, partner=GUEST, reason=WHY, version=seen)
    assert answer.status_code == 303
    joint = answer.headers["location"]
    world.sync(OWNER, GUEST)
    assert "sin asumir todavía" in text_of(luis.see("/cases"))
    there = luis.see(joint)
    assert "the seal differs" in text_of(there) and "Caso conjunto" in text_of(there)
    missing = luis.post(f"{joint}/take-up", title="", summary="ours")
    assert missing.status_code == 422
    assert luis.tree(missing).xpath("//input[@name='title' and @aria-invalid='true']")
    assert "ours" in missing.text
    home = luis.post(f"{joint}/take-up", title="Cajas").headers["location"]
    assert (
        step(luis, home.removeprefix("/cases/"), "note", text="la cámara lo vio").status_code == 303
    )
    due = DUE[:16].replace("T", " ")
    member = f"@{GUEST}"
    assert step(ana, case, "task", task="check the gate", member=member, due=due).status_code == 303
    world.sync(OWNER, GUEST)
    there = luis.see(joint)
    (done,) = there.xpath("//form[contains(@action, '/done')]")
    action = done.get("action")
    stale = luis.post(action, result="nobody", version="old")
    assert stale.status_code == 409 and "nobody" in stale.text
    seen = done.xpath("input[@name='version']/@value")[0]
    assert luis.post(action, result="nobody passed", version=seen).status_code == 303
    world.sync(OWNER, GUEST)
    here = text_of(ana.see(joint))
    assert "nobody passed" in here and "la cámara lo vio" in here
    (end,) = ana.see(joint).xpath("//form[contains(@action, '/end')]")
    name = joint.removeprefix("/joint-cases/")
    empty = ana.post(end.get("action"), joint=name, reason="")
    assert empty.status_code == 422 and ana.tree(empty).xpath("//textarea[@aria-invalid='true']")
    assert ana.post(end.get("action"), joint=name, reason="court order").status_code == 303
    world.sync(OWNER, GUEST)
    assert luis.get(joint).status_code == 404
    assert "Of 4 steps of ours 4 were taken back; northreach has confirmed that 4" in text_of(
        ana.see(joint)
    )
    assert "Taken back" in text_of(ana.see(f"/cases/{case}"))


def test_a_note_kept_at_home_is_offered_where_the_case_is_shared(
    world: World, two: tuple[Walker, Walker]
) -> None:
    ana, luis = two
    case = opened(ana, "Quiet")
    assert not ana.see(f"/cases/{case}").xpath("//option[@value='home']")
    joint = ana.post(f"/cases/{case}/share", partner=GUEST, reason=WHY,
                     version=version(ana, f"/cases/{case}/share")).headers["location"]  # fmt: skip
    assert step(ana, case, "note", text="for us alone", under="home").status_code == 303
    world.sync(OWNER, GUEST)
    assert "for us alone" not in luis.get(joint).text
    assert "for us alone" in ana.get(f"/cases/{case}").text


def test_what_is_wrong_is_said_at_its_field_and_nothing_typed_is_lost(
    two: tuple[Walker, Walker],
) -> None:
    ana, luis = two
    case = opened(ana, "Wrong")
    form = f"/cases/{case}/share"
    seen = version(ana, form)
    none = ana.post(form, reason="typed with care", version=seen)
    assert none.status_code == 422
    assert "typed with care" in none.text and "Fill this in." in none.text
    empty = ana.post(form, partner=GUEST, reason="", version=seen)
    assert empty.status_code == 422
    assert ana.tree(empty).xpath("//textarea[@name='reason' and @aria-invalid='true']")
    assert ana.tree(empty).xpath(f"//input[@value='{GUEST}' and @checked]")
    step(ana, case, "start")
    faster = ana.post(form, partner=GUEST, reason="typed with care", version=seen)
    assert faster.status_code == 409
    assert "Somebody was faster" in faster.text and "typed with care" in faster.text
    stranger = ana.post(form, partner="altamira", reason=WHY, version=version(ana, form))
    assert stranger.status_code == 422
    other = Walker(luis.node).sign_in("auditor", password=worlds.PASSWORD)
    for path in (form, "/joint-cases/none"):
        assert other.get(path).status_code == 403
    assert ana.get("/joint-cases/none").status_code == 404
