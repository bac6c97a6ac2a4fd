"""Referrals in a real browser, across two served nodes, without script: to a seizure; declined, not
loaded, cleared by the host alone; a waiver that is abused. About 20 s of CPU beside the browser's."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect
from two_desks import Seat, history, is_refused, step, wrong_at

import worlds
from exchange_worlds import World
from referral_worlds import ASKING, HOST, bill, made, request

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with made(tmp_path_factory.mktemp("browser")) as two:
        two.add_people()
        node = two[ASKING]
        node.add_user(node.administrator(), name="second", password=worlds.PASSWORD, role="analyst")
        yield two


def ended(page: Page) -> dict[str, str]:
    """Return how the referrals of a node that only asks ended, from its page, by heading."""
    page.goto("/referrals?state=all")
    table = page.locator("[aria-labelledby=ends] table")
    heads = table.locator("thead th").all_inner_texts()
    cells = table.locator("tbody").locator("th, td").all_inner_texts()
    return dict(zip(heads, cells, strict=True))


def test_from_request_to_seizure_across_two_running_nodes_without_script(
    seat: Seat, world: World
) -> None:
    record = bill(world)
    with seat(ASKING) as page, seat(HOST) as desk:
        page.goto(f"/records/{record}")
        page.get_by_role("link", name="Refer it to a host").click()
        page.get_by_label("Reasons for the risk").fill("goods do not fit the exporter")
        cut_off = world.clock() + dt.timedelta(hours=9)
        page.get_by_label("Vessel's cut-off").fill(f"{cut_off:%Y-%m-%dT%H:%M}")
        page.get_by_role("button", name="Send the request").click()
        expect(page.get_by_role("alert")).to_contain_text("it is said at the field")
        expect(page.locator(".wrong")).to_have_text("Fill this in.")
        expect(page.get_by_label("Reasons for the risk")).to_have_value(
            "goods do not fit the exporter"
        )
        page.get_by_label("Legal basis and purpose").fill("treaty, article 3")
        page.get_by_role("button", name="Send the request").click()
        expect(page.locator("main")).to_contain_text("State: Requested")
        world.sync(HOST, ASKING)

        desk.goto("/referrals")
        desk.get_by_role("link", name="KANARIREF").first.click()
        step(desk, "Accept", officer="77", planned_exam="scan_and_open")
        step(desk, "Begin the scan", equipment_id="portal 2")
        step(desk, "Scan shows an anomaly", image_ref="img-1", zone="behind the doors")
        step(desk, "Open the box", order_id="order 9")
        step(desk, "Seizure", category="drugs", what="packages", mass_kg="112",
             concealment="bags behind the doors", photo_ref="photo 1")  # fmt: skip
        expect(desk.locator("main")).to_contain_text("State: Seizure")
        world.sync(HOST, ASKING)
        page.reload()
        expect(page.locator("main")).to_contain_text("State: Seizure")
        expect(page.locator("main")).to_contain_text("bags behind the doors")
        assert history(page) == history(desk)


def test_declined_and_not_loaded_until_the_host_and_nobody_else_clears_it(
    seat: Seat, world: World
) -> None:
    """Scenario S03: a refusal that is the host's own, and the flag that only the host lifts."""
    name = request(world, bill(world)).row.id
    path = f"/referrals/{name}"
    world.sync(HOST, ASKING)
    clears = {"officer": "77", "clearance_code": "papers_proved",
              "clearance_text": "the embassy has confirmed the papers"}  # fmt: skip
    with seat(ASKING) as page, seat(ASKING, "supervisor") as lead, seat(HOST) as desk:
        before = ended(page)
        desk.goto(path)
        step(desk, "Decline", officer="77", decline_text="an inquiry of ours is under way")
        assert wrong_at(desk, "Decline") == {"decline_code": "Fill this in."}
        form = desk.get_by_role("form", name="Decline")
        expect(form.locator("[name=decline_text]")).to_have_value("an inquiry of ours is under way")
        step(desk, "Decline", decline_code="own_operation")
        expect(desk.locator("main")).to_contain_text("State: Declined")
        world.sync(HOST, ASKING)

        page.goto(path)
        for said in ("An operation of the host", "an inquiry of ours is under way"):
            expect(page.locator("#history + .wide")).to_contain_text(said)
        assert history(page) == history(desk)
        after = ended(page)
        assert "An operation of the host: 1" in after["Declined"]
        assert after["Declined"] != before["Declined"]
        assert answered(after) == (answered(before)[0] + 1, answered(before)[1] + 1)

        page.goto(path)
        step(page, "Escalate: do not load", escalation_reason="the same lane carried drugs twice")
        expect(page.locator("main")).to_contain_text("Do not load.")
        for mine in (page, lead):
            mine.goto(path)
            expect(mine.locator("main")).to_contain_text("There is no step that you can make now.")
            assert mine.locator("input[name=move]").count() == 0
            for move in ("clear_load", "accept"):
                is_refused(mine, path, "this belongs to the host, and to nobody else",
                           move=move, **clears)  # fmt: skip
            is_refused(mine, path, "or when the host says so", move="void",
                       void_text="never loaded, they say")  # fmt: skip
            expect(mine.locator("main")).to_contain_text("Do not load.")
        world.sync(HOST, ASKING)
        desk.goto(path)
        expect(desk.locator("main")).to_contain_text("Do not load.")
        expect(desk.locator("main")).to_contain_text("State: Escalated")
        assert history(lead) == history(desk)
        desk.goto("/referrals")
        row = desk.locator("tr[data-row]", has=desk.locator(f"a[href='{path}']"))
        expect(row).to_contain_text("Do not load")

        desk.goto(path)
        step(desk, "Clear for loading", **clears)
        world.sync(HOST, ASKING)
        page.goto(path)
        for side in (page, desk):
            expect(side.locator("main")).to_contain_text("State: Cleared by the host")
            expect(side.locator("main")).not_to_contain_text("Do not load.")
        assert history(page) == history(desk)
        assert ended(page) == after  # it counts by its first decision


def answered(counts: dict[str, str]) -> tuple[int, int]:
    some, _of, whole = counts["Answered before the cut-off"].split()
    return int(some), int(whole)


def test_a_waiver_without_reason_without_a_second_person_or_without_a_lead_is_refused(
    seat: Seat, world: World
) -> None:
    """Scenario S04: the ways to abuse a waiver, and a proper one, which is in no rate."""
    name = request(world, bill(world)).row.id
    path = f"/referrals/{name}"
    world.sync(HOST, ASKING)
    asks, approves = "Ask for a waiver", "Approve the waiver"
    why = "examined in Altamira two days ago, seal unbroken"
    approval = {"move": "waive", "approval": "fine with me, we are late"}
    with (seat(ASKING) as page, seat(ASKING, "second") as second,
          seat(ASKING, "supervisor") as lead, seat(HOST) as desk):  # fmt: skip
        before = ended(page)
        page.goto(path)
        step(page, asks)
        both = "Fill in this or the field beside it."
        assert wrong_at(page, asks) == {"exception_code": both, "waiver_reason": both}
        step(page, asks, waiver_reason="no time")
        assert wrong_at(page, asks) == {"waiver_reason": "This says too little."}
        reason = page.get_by_role("form", name=asks).locator("[name=waiver_reason]")
        expect(reason).to_have_value("no time")
        assert history(page).count("Ask for a waiver") == 0

        # Nobody approves what nobody has asked for, and nobody his own: not even who leads.
        is_refused(lead, path, "nobody has asked for a waiver", **approval)
        step(lead, asks, waiver_reason=why)
        expect(lead.locator("main")).to_contain_text("supervisor has asked for a waiver")
        assert lead.get_by_role("form", name=approves).count() == 0
        is_refused(lead, path, "a second person approves it", **approval)

        page.goto(path)
        step(page, asks, waiver_reason=why)
        for person in (page, second):
            person.goto(path)
            expect(person.locator("main")).to_contain_text("analyst has asked for a waiver")
            assert person.get_by_role("form", name=approves).count() == 0
            is_refused(person, path, "somebody who leads the team", **approval)
        world.sync(HOST, ASKING)
        desk.goto(path)
        is_refused(desk, path, "somebody who leads the team", **approval)

        lead.goto(path)
        step(lead, approves, approval="ok")
        assert wrong_at(lead, approves) == {"approval": "This says too little."}
        expect(lead.get_by_role("form", name=approves).locator("textarea")).to_have_value("ok")
        step(lead, approves, approval="the record of Altamira was read")
        expect(lead.locator("main")).to_contain_text("State: Waived")
        world.sync(HOST, ASKING)
        desk.goto(path)
        expect(desk.locator("main")).to_contain_text("State: Waived")
        assert history(lead) == history(desk)
        after = ended(page)
        waived = [int(one["Waived"].split("\n")[0]) for one in (before, after)]
        assert waived[1] == waived[0] + 1
        assert "Written reason: 1" in after["Waived"]
        assert answered(after) == answered(before)
        assert {head for head in after if after[head] != before[head]} == {
            "Not decided yet", "Waived",
        }  # fmt: skip
