"""A day's errands in a real browser, before a real node with real messages; with script and without.

The node holds the sample manifest with its amendment, the passenger list, a list of lost documents
and a list with one party of the manifest. People are signed in by cookie, except where signing in is
the errand.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

import worlds
from esclusa.node import Node
from esclusa.sharing.views import QueueFilter, QueueRow
from esclusa.web.catalogue import catalogue
from esclusa.web.extract import texts
from worlds import PASSWORD

pytestmark = pytest.mark.browser

PEOPLE = {
    "ana": "analyst", "eva": "analyst", "luz": "analyst", "sol": "supervisor", "ada": "auditor",
    "tom": "administrator",
}  # fmt: skip
AMENDED = "NRLN NRLN04120044"
DECIDED = "NRLN NRLN04120062"
CONTESTED = "NRLN NRLN04120012"
WALKED = "NRLN NRLN04120033"
LISTED = "ISTMO PRIMAVERA SA"
CONTAINER = "NRXU4430056"

Visitor = Callable[..., Page]


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    made = worlds.make(tmp_path_factory.mktemp("browser") / "node")
    worlds.with_list(made, "own", ("p1", LISTED))
    lost = Path(str(worlds.files("esclusa.samples").joinpath("lost-documents.csv")))
    with lost.open("rb") as stream:
        made.add_list(made.operator(), "lost_documents", "Lost documents", [(lost.name, stream)])
    amendment = worlds.MANIFEST.replace(".edi", "-amendment.edi")
    for name in (worlds.MANIFEST, amendment, worlds.PASSENGERS):
        worlds.take_in(made, name, worlds.sample(name))
    for name, role in PEOPLE.items():
        made.add_user(made.administrator(), name=name, password=PASSWORD, role=role)
    yield made
    made.close()


@pytest.fixture(params=(True, False), ids=("with script", "script off"))
def script(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


@pytest.fixture(scope="module")
def tokens(node: Node) -> dict[str, str]:
    return {name: node.sign_in(name, PASSWORD) for name in PEOPLE}


@pytest.fixture
def visitor(
    window: Callable[..., object], home: str, tokens: dict[str, str], script: bool
) -> Iterator[Visitor]:
    """Open a window of its own for a person: ``visitor("ana")``; "" for nobody."""
    with ExitStack() as stack:

        def opened(name: str, *, refused: int = 0) -> Page:
            context = stack.enter_context(window(home, refused=refused, java_script_enabled=script))  # type: ignore[arg-type]
            if name:
                context.add_cookies([{"name": "esclusa", "value": tokens[name], "url": home}])
            return context.new_page()

        yield opened


def row_of(node: Node, title: str) -> QueueRow:
    rows = node.queue(node.operator(), QueueFilter(state="all", limit=200)).rows
    return next(row for row in rows if row.title == title)


def choose(page: Page, title: str, *, script: bool) -> None:
    """Open an alert of the queue with the keyboard: with j and Enter, or from link to link."""
    if not script:
        page.get_by_role("link", name=title, exact=True).focus()
    for _row in range(60 if script else 0):
        page.keyboard.press("j")
        if title in page.locator("tr.at").inner_text():
            break
    page.keyboard.press("Enter")
    page.wait_for_url("**/alerts/*")


# --- the queue ------------------------------------------------------------------------------------


def test_a_person_signs_in_and_sees_the_queue_with_its_reasons(
    visitor: Visitor, node: Node
) -> None:
    page = visitor("")
    page.goto("/queue")
    page.wait_for_url("**/sign-in?next=%2Fqueue")
    expect(page.get_by_label("Name", exact=True)).to_be_focused()
    page.keyboard.type("ana")
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/queue")
    shown = page.locator("tr[data-row]")
    first = node.queue(node.operator(), QueueFilter()).rows[0]
    assert first.subject_kind == "traveller"
    expect(shown.first.locator("th")).to_contain_text(first.title)
    for reason in first.reasons:
        expect(shown.first).to_contain_text(reason.text_en)
    scores = [float(text) for text in shown.locator("td.num").all_inner_texts()]
    assert scores == sorted(scores, reverse=True)
    assert len(scores) > 30


def test_the_queue_is_filtered_by_kind_and_by_port(visitor: Visitor) -> None:
    page = visitor("ana")
    page.goto("/queue")
    page.get_by_label("Kind").select_option(label="Traveller")
    page.get_by_role("button", name="Show").click()
    expect(page.locator("tr[data-row]")).to_have_count(1)
    expect(page.locator("tr[data-row]")).to_contain_text("RIVADENEIRA")
    page.get_by_label("Kind").select_option(label="All kinds")
    page.get_by_role("textbox", name="Port").fill("BEANR")
    page.get_by_role("button", name="Show").click()
    page.wait_for_url("**port=BEANR**")
    page.wait_for_load_state()
    ports = page.locator("tr[data-row] td:nth-of-type(4)").all_inner_texts()
    assert set(ports) == {"BEANR"}
    assert f"{len(ports)} alerts" in page.locator(".summary").inner_text()
    page.get_by_role("textbox", name="Port").fill("XXXXX")
    page.get_by_role("button", name="Show").click()
    expect(page.locator("main")).to_contain_text("No alert matches this filter.")


# --- one alert ------------------------------------------------------------------------------------


def test_from_an_alert_a_person_walks_to_facts_versions_links_and_the_file(
    visitor: Visitor, script: bool
) -> None:
    page = visitor("ana")
    page.goto("/queue?limit=200")
    choose(page, AMENDED, script=script)
    expect(page.locator("h1")).to_contain_text(AMENDED)
    page.locator("table.reasons a[href^='#f-']").first.click()
    cited = page.url.partition("#")[2]
    expect(page.locator(f"[id='{cited}']")).to_be_in_viewport()
    page.get_by_role("link", name="Version 1", exact=True).click()
    expect(page.locator("main")).to_contain_text("This is version 1; version 2 is the newest.")
    page.get_by_role("link", name="Open the newest version").click()
    expect(page.locator("aside")).to_contain_text("Changed:")
    links = page.get_by_role("region", name="Links").get_by_role("link")
    other = links.first.inner_text()
    links.first.click()
    expect(page.locator("h1")).to_contain_text(other)
    page.go_back()
    page.get_by_role("region", name="Record").get_by_role("link").click()
    expect(page.locator("h1")).to_contain_text("File in custody")
    page.go_back()
    page.get_by_role("link", name="Open the alert").click()
    page.wait_for_url("**/alerts/*")


def test_an_alert_is_claimed_decided_with_a_reason_and_undone(
    visitor: Visitor, node: Node, script: bool
) -> None:
    page = visitor("ana")
    page.goto("/queue?limit=200")
    choose(page, DECIDED, script=script)
    alert = page.url
    decision = page.get_by_role("region", name="Next step")
    press(page, "c", "Claim c", script=script)
    expect(decision).to_contain_text("State: Claimed · Claimed by ana")
    if script:
        page.keyboard.press("2")
        page.keyboard.type("Papers asked for; j and k are letters here.")
        page.keyboard.press("Enter")
    else:
        decision.get_by_role("radio").nth(1).check()
        page.get_by_label("Reason, in your own words").fill(
            "Papers asked for; j and k are letters here."
        )
        page.get_by_role("button", name="Write the verdict").click()
    page.wait_for_url("**moved=*")
    expect(page.locator("main")).to_contain_text("Verdict written on the alert before.")
    press(page, "u", "Undo u", script=script)
    page.wait_for_url(re.compile(re.escape(alert.partition("?")[0])))
    expect(decision).to_contain_text("State: Claimed")
    expect(page.get_by_role("region", name="Steps taken")).to_contain_text("letters here.")
    press(page, "r", "Release r", script=script)
    expect(decision).to_contain_text("State: New")
    assert row_of(node, DECIDED).state == "new"


def press(page: Page, key: str, name: str, *, script: bool) -> None:
    """Press a key, or the button that it stands for."""
    if script:
        page.keyboard.press(key)
    else:
        page.get_by_role("button", name=name, exact=True).click()


def test_who_comes_second_to_an_alert_is_told_who_has_claimed_it(
    visitor: Visitor, node: Node
) -> None:
    first, second, chief = visitor("ana"), visitor("eva", refused=409), visitor("sol")
    address = f"/alerts/{row_of(node, CONTESTED).alert_id}"
    for page in (first, second):
        page.goto(address)
        expect(page.get_by_role("button", name="Claim")).to_be_visible()
    first.get_by_role("button", name="Claim").click()
    expect(first.locator(".decision")).to_contain_text("Claimed by ana")
    second.get_by_role("button", name="Claim").click()
    note = second.get_by_role("alert")
    expect(note).to_contain_text("That step is not possible now")
    expect(note).to_contain_text("the alert is already claimed by ana")
    second.goto(address)
    expect(second.locator(".decision")).to_contain_text("Claimed by ana")
    for name in ("Claim", "Release"):
        expect(second.get_by_role("button", name=name)).to_have_count(0)
    second.goto("/queue?state=claimed")
    expect(second.locator("tr[data-row]", has_text=CONTESTED)).to_contain_text("ana")
    chief.goto(address)
    chief.get_by_role("button", name="Release").click()
    expect(chief.locator(".decision")).to_contain_text("State: New")


# --- search and intake ----------------------------------------------------------------------------


def test_a_container_number_leads_to_its_consignment(visitor: Visitor, script: bool) -> None:
    page = visitor("ana")
    page.goto("/queue")
    press(page, "/", "", script=True) if script else page.goto("/search")
    page.wait_for_url("**/search")
    expect(page.locator("input[name=text]")).to_be_focused()
    page.keyboard.type(CONTAINER.lower())
    page.keyboard.press("Enter")
    page.wait_for_url("**/search?text=*")
    found = page.locator("tr[data-row]")
    expect(found.first).to_be_visible()
    assert {"Consignment", "Container"} & set(found.locator("td:nth-of-type(1)").all_inner_texts())
    found.first.get_by_role("link").click()
    expect(page.get_by_role("region", name="Facts")).to_contain_text(CONTAINER)


def test_a_damaged_file_is_read_and_each_defect_names_its_byte(visitor: Visitor) -> None:
    data = worlds.sample(worlds.DAMAGED)
    page = visitor("ana")
    page.goto("/intake")
    file = {"name": "damaged.edi", "mimeType": "application/edifact", "buffer": data}
    page.get_by_label("Files", exact=True).set_input_files(files=[file])  # type: ignore[list-item]
    page.get_by_role("button", name="Take into custody and read").click()
    page.wait_for_url("**/intake/*")
    expect(page.locator("h1")).to_contain_text("damaged.edi")
    held = page.get_by_role("group", name="Quarantine").locator("tr[data-row]")
    expect(held).to_have_count(3)
    for row in held.all():
        offset = int(row.locator("td").first.inner_text())
        assert data[offset:].lstrip(b"\r\n").startswith(b"UNH+")
    defects = page.get_by_role("group", name="Defects").locator("tbody tr").all()
    assert len(defects) >= 10
    for row in defects:
        offset, reason = int(row.locator("td").first.inner_text()), row.locator("[lang=en]")
        assert 0 <= offset <= len(data)  # where it breaks off counts as well
        assert reason.inner_text()
    page.get_by_role("link", name="Back to the list").click()
    expect(page.locator("tr[data-row]", has_text="damaged.edi")).to_have_count(1)


# --- languages and roles --------------------------------------------------------------------------


def test_in_spanish_no_english_is_left_on_the_queue(visitor: Visitor, node: Node) -> None:
    """What senders wrote stays as they wrote it; it is in capital letters."""
    page = visitor("luz")
    page.goto("/queue")
    page.get_by_role("button", name="Español").click()
    page.wait_for_url("**/queue")
    expect(page.locator("html")).to_have_attribute("lang", "es")
    expect(page.locator("h1")).to_have_text("Cola")
    seen = page.locator("body").inner_text()
    spanish = catalogue("es")
    english = {text for _context, text in texts() if spanish.gettext(text) not in (text, "")}
    said = {line.strip() for line in re.split(r"[\n\t·]", seen)}
    assert said & english == set()
    common = {"the", "of", "and", "with", "is", "are", "for", "from", "by", "this", "not", "that"}
    assert set(re.findall(r"\b[a-z]+\b", seen)) & common == set()
    rows = node.queue(node.operator(), QueueFilter()).rows
    assert all(row.reasons[0].text_es in seen for row in rows)
    page.get_by_role("button", name="English").click()
    expect(page.locator("h1")).to_have_text("Queue")


def test_a_supervisor_may_load_a_list_and_an_analyst_may_not(visitor: Visitor) -> None:
    analyst, supervisor = visitor("ana"), visitor("sol")
    for page, forms in ((analyst, 0), (supervisor, 1)):
        page.goto("/queue")
        page.locator("summary", has_text="Lists and rules").click()
        page.get_by_role("link", name="Lists").click()
        expect(page.locator("main")).to_contain_text("Lost documents")
        expect(page.get_by_role("button", name="Load")).to_have_count(forms)
    file = {"name": "own2.json", "mimeType": "application/json",
            "buffer": worlds.list_of(("p2", "NUEVA FIRMA SA"))}  # fmt: skip
    supervisor.get_by_label("Identifier").fill("own2")
    supervisor.get_by_label("Title").fill("Second list of ours")
    supervisor.get_by_label("Files", exact=True).set_input_files(files=[file])  # type: ignore[list-item]
    supervisor.get_by_role("button", name="Load").click()
    expect(supervisor.locator("main")).to_contain_text("Second list of ours")
    supervisor.get_by_role("navigation", name="Pages").get_by_role("link", name="Lists").click()
    expect(supervisor.get_by_role("row", name="own2")).to_contain_text("Second list of ours")


def test_an_auditor_sees_the_log_and_no_record(visitor: Visitor, node: Node) -> None:
    visitor("ana").goto(f"/alerts/{row_of(node, WALKED).alert_id}")
    page = visitor("ada", refused=403)
    page.goto("/")
    pages = page.get_by_role("navigation", name="Pages", exact=True)
    names = [" ".join(name.split()) for name in pages.locator("a").all_text_contents()]
    assert {"Messages", "Lists", "Rules", "Partners", "Trails", "Audit", "Help"} <= set(names)
    with_records = {"Queue", "Matches", "Referrals", "Requests", "Cases", "Search", "Intake"}
    assert not with_records & set(names)
    expect(page.locator("h1")).to_have_text("Audit")
    page.get_by_label("Who").fill("ana")
    page.get_by_label("Action").select_option(value="record:read")
    page.get_by_role("button", name="Show").click()
    newest = page.locator("tbody tr").first
    expect(newest).to_contain_text("ana")
    expect(newest).to_contain_text("Targeting")
    assert WALKED not in page.content()
    page.goto("/queue")
    expect(page.locator("h1")).to_contain_text("403 Your role does not include this")


def test_an_administrator_opens_accounts_and_sees_no_record(visitor: Visitor, script: bool) -> None:
    name = f"new{int(script)}"
    page = visitor("tom", refused=403)
    page.goto("/users")
    page.get_by_label("Name", exact=True).fill(name)
    page.get_by_label("First password").fill(PASSWORD)
    page.get_by_role("button", name="Add").click()
    expect(page.get_by_role("row", name=name)).to_contain_text("Analyst")
    page.goto("/search?text=NRLN")
    expect(page.locator("h1")).to_contain_text("403")
