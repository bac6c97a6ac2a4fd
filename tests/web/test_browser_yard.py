"""The yard in a real browser: opened once, filled without link, sent once, erased at sign-out.

About 20 CPU seconds.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from axe import breaches
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect

import worlds
import yard_worlds as yard
from esclusa.node import Node
from photos import jpeg, png
from yard_worlds import ADDRESS, boxes

pytestmark = pytest.mark.browser

KEPT = """async () => ({
  caches: await caches.keys(),
  bases: (await indexedDB.databases()).map(base => base.name),
  workers: (await navigator.serviceWorker.getRegistrations()).map(found => found.scope),
})"""
FORMS = """async () => {
  const open = indexedDB.open("esclusa-yard", 1);
  await new Promise(done => open.onsuccess = done);
  const all = open.result.transaction("forms").objectStore("forms").getAll();
  await new Promise(done => all.onsuccess = done);
  open.result.close();
  return all.result;
}"""


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    node = yard.yard_node(tmp_path_factory.mktemp("yard") / "node")
    worlds.add_people(node)
    yield node
    node.close()


def open_sheet(context: BrowserContext, node: Node, home: str, name: str = "analyst") -> Page:
    """Open the sheet with link, as the officer does before he leaves."""
    token = node.sign_in(name, worlds.PASSWORD)
    context.add_cookies([{"name": "esclusa", "value": token, "url": home}])
    page = context.new_page()
    page.goto(ADDRESS)
    expect(page.locator("[data-say]")).to_contain_text("work without a connection")
    return page


def fill(page: Page, box: str, result: str = "Nothing found") -> None:
    """Fill the form in as far as it needs."""
    choice = page.locator("form.yard select[name=box]")
    value = choice.locator(f"option:has-text('{box}')").get_attribute("value")
    choice.select_option(value)
    page.get_by_label(result, exact=True).check()
    page.get_by_label("Dogs", exact=True).check()
    page.get_by_label("Completed").fill(yard.DONE)
    page.get_by_label("Seal on the box before it was opened").fill("S77")


def has_states(page: Page, *states: str) -> None:
    """Wait until the forms kept on the device stand like this: they are kept in the background."""
    expect(page.locator("[data-kept] tr td:nth-child(2)")).to_have_text(states)


def record(page: Page) -> None:
    page.get_by_role("button", name="Record", exact=True).click()


def test_two_forms_filled_without_link_and_one_acknowledgement_lost_make_two_records(
    window: Callable[..., Any], node: Node, home: str
) -> None:
    first, second = boxes(node)[:2]
    lost: list[int] = []

    def lose(route: Route) -> None:
        """The node takes the form in; its answer never arrives."""
        if route.request.method != "POST" or lost:
            route.continue_()
            return
        lost.append(route.fetch().status)
        route.abort()

    with window(home, without=True) as context:
        page = open_sheet(context, node, home)
        context.set_offline(True)
        page.reload()  # also the page itself is there without link
        expect(page.locator("h1")).to_contain_text("Yard PABLB")
        for box in (first, second):
            fill(page, box.box)
            record(page)
            expect(page.locator("[data-say]")).to_contain_text("No connection")
        has_states(page, "Waits to be sent", "Waits to be sent")
        assert [yard.examinations(node, one.box) for one in (first, second)] == [0, 0]
        page.close()
        page = context.new_page()  # the tab was closed: both are still there
        page.goto(ADDRESS)
        expect(page.locator("[data-kept] tr")).to_have_count(2)
        page.route("**/yard/*", lose)
        context.set_offline(False)
        expect(page.locator("[data-kept]")).to_contain_text("Sent, not yet acknowledged")
        assert lost == [200]
        assert yard.examinations(node, first.box) == 1
        page.get_by_role("button", name="Send now").click()
        expect(page.locator("[data-say]")).to_contain_text(
            "Everything on this device has been sent"
        )
        has_states(page, "Recorded", "Recorded")
        assert [yard.examinations(node, one.box) for one in (first, second)] == [1, 1]
        # What was acknowledged is no longer kept, and the table tells what is known by now.
        assert all("fields" not in form for form in page.evaluate(FORMS))
        expect(page.locator("[data-boxes]")).to_contain_text("analyst recorded it")
        page.get_by_role("button", name="Sign out").click()
        page.wait_for_url("**/sign-in*")
        assert page.evaluate(KEPT) == {"caches": [], "bases": [], "workers": []}


def attach(page: Page, *files: tuple[str, bytes]) -> None:
    """Choose photographs, as the device's own picker does; a type is what a sender says."""
    page.locator("form.yard input[type=file]").set_input_files(
        [{"name": name, "mimeType": "image/jpeg", "buffer": data} for name, data in files]
    )


def test_photographs_taken_without_link_are_sent_once_with_their_form_though_an_answer_is_lost(
    window: Callable[..., Any], node: Node, home: str
) -> None:
    box, lost = boxes(node)[8], []
    seal, door = jpeg(640, 480, note=bytes(60_000)), png(30, 20)

    def lose(route: Route) -> None:
        if route.request.method != "POST" or lost:
            route.continue_()
            return
        lost.append(route.fetch().status)
        route.abort()

    with window(home, without=True) as context:
        page = open_sheet(context, node, home)
        context.set_offline(True)
        fill(page, box.box)
        attach(page, ("seal.jpg", seal), ("door.png", door), ("page.jpg", b"<script>no</script>"))
        expect(page.locator("[data-say]")).to_contain_text("This is no photograph")
        expect(page.locator("[data-photos] li")).to_have_count(2)
        attach(page, ("again.jpg", jpeg(9, 9)))
        page.get_by_role("button", name="Remove: again.jpg").click()
        expect(page.locator("[data-photos] li")).to_have_count(2)
        assert breaches(page) == []
        expect(page.locator("[data-kept]")).to_contain_text("Not finished")
        page.reload()  # they wait with their form
        page.get_by_role("button", name=f"Open: {box.box}").click()
        expect(page.locator("[data-photos] li")).to_have_count(2)
        record(page)
        expect(page.locator("[data-say]")).to_contain_text("No connection")
        page.route("**/yard/*", lose)
        context.set_offline(False)
        expect(page.locator("[data-kept]")).to_contain_text("Sent, not yet acknowledged")
        assert lost == [200]
        page.get_by_role("button", name="Send now").click()
        expect(page.locator("[data-say]")).to_contain_text(
            "Everything on this device has been sent"
        )
        assert all("photos" not in form for form in page.evaluate(FORMS))
        who = yard.officer(node)
        (row,) = node.search(who, box.box, kind="examination").rows
        shown = node.yard_desk.photos.show(who, row.record_id)
        assert [(p.file, p.sha256, len(p.custody)) for p in shown.photos] == [
            (name, hashlib.sha256(data).hexdigest(), 1)
            for name, data in (("seal.jpg", seal), ("door.png", door))
        ]
        page.goto(f"/records/{row.record_id}")
        page.get_by_role("link", name="2 photographs").click()
        expect(page).to_have_url(re.compile(r"/photographs$"))
        assert breaches(page) == []
        with page.expect_download() as started:
            page.get_by_role("button", name="Download seal.jpg").click()
        assert started.value.path().read_bytes() == seal
        page.reload()
        expect(page.locator("main")).to_contain_text("Download")
        assert len(node.yard_desk.photos.show(who, row.record_id).photos[0].custody) == 2


def test_a_draft_survives_and_a_conflict_is_told_with_everything_typed(
    window: Callable[..., Any], node: Node, home: str
) -> None:
    box = boxes(node)[3]
    with window(home, refused=409) as context:
        page = open_sheet(context, node, home)
        fill(page, box.box, "Inconclusive")
        page.locator("textarea[name=remarks]").fill("door bent")
        expect(page.locator("[data-kept]")).to_contain_text("Not finished")
        page.reload()
        page.get_by_role("button", name=f"Open: {box.box}").click()
        expect(page.locator("textarea[name=remarks]")).to_have_value("door bent")
        node.yard_desk.record(yard.officer(node, "ben"), yard.NAME, yard.filled(box))
        record(page)
        expect(page.locator("[data-kept]")).to_contain_text("Needs you")
        assert yard.examinations(node, box.box) == 1
        page.get_by_role("button", name=f"Open: {box.box}").click()
        expect(page.locator("[data-told]")).to_contain_text("ben recorded it")
        expect(page.locator("textarea[name=remarks]")).to_have_value("door bent")
        page.get_by_role("button", name="Record it nevertheless").click()
        expect(page.locator("[data-kept]")).to_contain_text("Recorded")
        assert yard.examinations(node, box.box) == 2


def test_a_mistake_is_shown_at_its_field(window: Callable[..., Any], node: Node, home: str) -> None:
    box = boxes(node)[4]
    with window(home, refused=422) as context:
        page = open_sheet(context, node, home)
        fill(page, box.box)
        page.get_by_label("Completed").fill("yesterday")
        record(page)
        expect(page.locator("[data-kept]")).to_contain_text("Needs you")
        page.get_by_role("button", name=f"Open: {box.box}").click()
        expect(page.locator("#completed-wrong")).to_contain_text("Write date and time")
        page.get_by_role("button", name="Now · Completed").click()
        record(page)
        expect(page.locator("[data-kept]")).to_contain_text("Recorded")
        assert yard.examinations(node, box.box) == 1


def test_signing_out_elsewhere_asks_first_and_another_account_sees_no_form(
    window: Callable[..., Any], node: Node, home: str
) -> None:
    with window(home) as context:
        page = open_sheet(context, node, home)
        fill(page, boxes(node)[5].box)
        expect(page.locator("[data-kept] tr")).to_have_count(1)
        other = open_sheet(context, node, home, "supervisor")
        expect(other.locator("[data-kept] tr")).to_have_count(0)
        assert other.evaluate(KEPT)["caches"] == ["esclusa-yard:supervisor"]
        other.goto("/queue")
        other.get_by_role("button", name="Sign out").click()
        expect(other.get_by_role("alert")).to_contain_text("1 form of the yard waits")
        other.get_by_role("button", name="Erase and sign out").click()
        other.wait_for_url("**/sign-in*")
        page.close()
        assert other.evaluate(KEPT)["workers"] == []
        assert [one["name"] for one in context.cookies()].count("esclusa_unsent") == 0


def test_what_is_older_than_the_page_says_is_erased(
    window: Callable[..., Any], node: Node, home: str
) -> None:
    with window(home) as context:
        page = open_sheet(context, node, home)
        fill(page, boxes(node)[6].box)
        expect(page.locator("[data-kept] tr")).to_have_count(1)
        page.clock.install()
        page.clock.fast_forward(73 * 3_600_000)
        page.reload()
        expect(page.locator("[data-say]")).to_contain_text("work without a connection")
        assert page.evaluate(FORMS) == []


def test_without_script_the_same_form_works(browser: Browser, node: Node, home: str) -> None:
    box = boxes(node)[7]
    context = browser.new_context(java_script_enabled=False, base_url=home)
    token = node.sign_in("analyst", worlds.PASSWORD)
    context.add_cookies([{"name": "esclusa", "value": token, "url": home}])
    page = context.new_page()
    page.goto(ADDRESS)
    page.get_by_role("link", name=box.box).click()
    page.get_by_label("Nothing found").check()
    page.get_by_label("Scan (non-intrusive imaging)").check()
    page.get_by_label("Completed").fill(yard.DONE)
    page.get_by_role("button", name="Record", exact=True).click()
    expect(page.get_by_role("status").filter(has_text="Recorded.")).to_be_visible()
    assert yard.examinations(node, box.box) == 1
    context.close()
