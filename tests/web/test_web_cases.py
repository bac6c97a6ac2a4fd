"""The case room through the pages, no script: every step, what is refused, nothing typed is lost.
About 7 s of CPU."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from typing import Any

import pytest
from small_cases import CASE, ENDED, EVIDENCE, OTHER
from small_node import HOSTILE, SmallNode
from walker import Walker, text_of

import case_worlds
import worlds
from case_worlds import PHOTO, go, opened
from esclusa.api.limits import FaceLimits
from esclusa.node import Node


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    one = case_worlds.made(tmp_path_factory.mktemp("cases"))
    yield one
    one.close()


@pytest.fixture(scope="module")
def ana(node: Node) -> Walker:
    return person(node)


def person(node: Node, role: str = "analyst", language: str = "en", **more: Any) -> Walker:
    return Walker(node, **more).sign_in(role, language, password=worlds.PASSWORD)


def step(walker: Walker, name: str, move: str, of: str = "", **given: str) -> Any:
    return walker.step(f"/cases/{name}", move, of, **given)


def take(walker: Walker, name: str, data: bytes, file: str = "seal.jpg", **given: str) -> Any:
    form = walker.form_of(
        f"/cases/{name}", "take_in", **({"what": "photo", "source": "gate"} | given)
    )
    return walker.post(f"/cases/{name}/evidence", files={"files": (file, data)}, **form)


def test_from_an_alert_to_the_closed_case(node: Node, ana: Walker) -> None:
    alert = case_worlds.alert(node)
    (place,) = ana.see(f"/alerts/{alert}").xpath("//a[starts-with(@href, '/case-starts/')]/@href")
    assert place == f"/case-starts/alert/{alert}"
    answer = ana.post(place, title="Boxes of Altamira", summary="three boxes", why="same exporter")
    name = answer.headers["location"].removeprefix("/cases/")
    assert answer.status_code == 303
    assert "Boxes of Altamira" in text_of(ana.see(f"/alerts/{alert}"))
    for move, given in (
        ("start", {}), ("join", {"person": "supervisor"}), ("note", {"text": "the seal differs"}),
        ("task", {"task": "ask the carrier", "member": "supervisor", "due": "2026-11-28 10:00"}),
    ):  # fmt: skip
        assert step(ana, name, move, **given).status_code == 303, move
    assert take(ana, name, PHOTO).status_code == 303
    view = node.case_desk.show(case_worlds.lead(node), name)
    assert view.tasks[0].due == "2026-11-28T10:00:00Z"
    early = step(ana, name, "close", outcome="nothing_found", closing="scan and opening")
    assert early.status_code == 409
    page = ana.tree(early)
    assert "tasks wait: 1" in text_of(page)
    assert page.xpath("//textarea[@name='closing']")[0].text.strip() == "scan and opening"
    boss = person(node, "supervisor")
    assert step(boss, name, "done", view.tasks[0].name).status_code == 303
    closed = step(ana, name, "close", outcome="nothing_found", closing="scan and opening")
    assert closed.status_code == 303
    page = text_of(ana.see(f"/cases/{name}"))
    assert "State: Closed" in page and "Examined, nothing found" in page
    assert name not in str(ana.see("/cases").xpath("//table//a/@href"))
    assert f"/cases/{name}" in ana.see("/cases?state=closed").xpath("//table//a/@href")


def test_what_is_wrong_stands_at_its_field_and_nothing_typed_is_lost(
    node: Node, ana: Walker
) -> None:
    name = opened(node).row.id
    answer = step(ana, name, "task", task="ask the carrier", due="11/12/2026")
    page = ana.tree(answer)
    assert answer.status_code == 422
    (form,) = page.xpath("//form[input[@name='move' and @value='task']]")
    wrong = {item.get("name") for item in form.xpath(".//*[@aria-invalid]")}
    assert wrong == {"member", "due"}
    assert form.xpath(".//input[@name='task']/@value") == ["ask the carrier"]
    assert form.xpath(".//input[@name='due']/@value") == ["11/12/2026"]
    assert form.getparent().get("open") is not None
    answer = ana.post("/case-starts", title="x", summary="three boxes")
    page = ana.tree(answer)
    assert answer.status_code == 422
    assert page.xpath("//textarea[@name='summary']")[0].text.strip() == "three boxes"
    assert page.xpath("//p[@class='wrong']")[0].text == "This says too little."


def test_somebody_was_faster_is_said_and_what_was_typed_stays(node: Node, ana: Walker) -> None:
    name = opened(node).row.id
    form = ana.form_of(
        f"/cases/{name}", "suspend", until="2026-12-01 08:00", reason="the yard is full"
    )
    go(node, name, "suspend", until="2026-12-02T08:00Z", reason="waits for the laboratory")
    answer = ana.post(f"/cases/{name}/move", **form)
    page = ana.tree(answer)
    assert answer.status_code == 409
    assert "Somebody was faster" in page.xpath("//*[@role='alert']")[0].text_content()
    assert "waits for the laboratory" in text_of(page)
    assert "the yard is full" in page.xpath("//section[@aria-labelledby='typed']/pre")[0].text


def test_evidence_comes_in_and_goes_out_as_a_file_and_is_never_drawn(
    node: Node, ana: Walker
) -> None:
    name = opened(node).row.id
    page = b"<script>alert(document.domain)</script>"
    assert take(ana, name, page, '"><img src=x onerror=alert(1)>.html').status_code == 303
    tree = ana.see(f"/cases/{name}")
    assert not tree.xpath("//img | //iframe | //object | //embed | //script[not(@src)]")
    (place,) = tree.xpath("//form[contains(@action, '/evidence/')]/@action")
    assert ana.get(place).status_code == 405  # a look is a line in the chain: it takes a form
    answer = ana.post(place, why="compare")
    assert answer.content == page
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["content-disposition"].startswith('attachment; filename="')
    assert "<" not in answer.headers["content-disposition"]
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "Download" in text_of(ana.see(f"/cases/{name}"))
    for data, why in ((b"", "This file is empty."), (None, "Choose a file")):
        form = ana.form_of(f"/cases/{name}", "take_in", what="photo of the seal", source="gate")
        files = {"files": ("a.jpg", data)} if data is not None else {"files": ("", b"")}
        answer = ana.post(f"/cases/{name}/evidence", files=files, **form)
        assert (answer.status_code, why in answer.text) == (400, True)
        assert ana.tree(answer).xpath("//input[@name='what']/@value") == ["photo of the seal"]
    small = person(node, limits=FaceLimits(upload_bytes=3000))
    assert take(small, name, b"x" * 4000).status_code == 413
    evidence = node.case_desk.show(case_worlds.lead(node), name).evidence
    assert len(evidence) == 1
    path = node.vault.path(evidence[0].sha256)
    path.write_bytes(b"<script>alert(2)</script>")
    refused = ana.post(place)
    assert (refused.status_code, "altered" in refused.text) == (409, True)
    assert "Altered" in text_of(ana.see(f"/cases/{name}/checks"))
    path.write_bytes(page)


def test_a_package_is_handed_out_and_written_in_the_history(node: Node, ana: Walker) -> None:
    name = opened(node).row.id
    answer = ana.post(f"/cases/{name}/package", to="court", why="file 12/26")
    assert answer.headers["content-disposition"].startswith(f'attachment; filename="case-{name}')
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert "manifest.json" in archive.namelist()
    assert "Export the case" in text_of(ana.see(f"/cases/{name}"))
    other = person(node, "supervisor", "es")
    page = other.post(f"/cases/{name}/package")
    with zipfile.ZipFile(io.BytesIO(page.content)) as archive:
        assert 'lang="es"' in archive.read("case.html").decode()


def test_roles_that_work_on_no_case_see_none(node: Node) -> None:
    name = opened(node).row.id
    for role in ("auditor", "administrator"):
        walker = person(node, role)
        for address in ("/cases", f"/cases/{name}", "/case-starts"):
            assert walker.get(address).status_code == 403
        for address in (f"/cases/{name}/move", f"/cases/{name}/package", "/case-starts"):
            assert walker.post(address).status_code == 403
    outside = person(node).post(f"/cases/{name}/move", csrf="wrong", move="start")
    assert outside.status_code == 403


def test_what_people_wrote_is_text_on_every_page_and_never_markup() -> None:
    walker = Walker(SmallNode(title=HOSTILE)).sign_in("supervisor")
    for address in ("/cases", f"/cases/{CASE}", f"/cases/{OTHER}", f"/cases/{ENDED}",
                    f"/cases/{CASE}/checks", "/case-starts/alert/x"):  # fmt: skip
        page = walker.see(address)
        assert HOSTILE in page.text_content(), address
        assert not page.xpath("//main//script | //main//img | //main//*[@onerror]"), address


def test_overdue_tasks_double_work_and_the_end_of_a_suspension_are_said() -> None:
    for language, late, double, over in (
        ("en", "overdue", "Suspicion of double work", "The suspension is over."),
        ("es", "vencida", "Sospecha de trabajo doble", "La suspensión ha terminado."),
    ):
        walker = Walker(SmallNode()).sign_in("supervisor", language)
        page = walker.see(f"/cases/{CASE}")
        rows = page.xpath("//section[@aria-labelledby='tasks']//tbody/tr")
        assert [late in text_of(row) for row in rows] == [True, False]
        assert double in text_of(page)
        assert over in text_of(walker.see(f"/cases/{OTHER}"))
        sealed = walker.post(f"/cases/{CASE}/evidence/e2", why="court", of="e2")
        assert sealed.status_code == 409
        good = walker.post(f"/cases/{CASE}/evidence/{EVIDENCE}")
        assert good.headers["content-disposition"].endswith("filename*=UTF-8''se%C3%B1al.html")
