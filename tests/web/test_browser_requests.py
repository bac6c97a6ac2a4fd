"""A request for information in a real browser, across two served nodes, without script: refused on
a ground that the agreement lists. About 8 s of CPU beside the browser's."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import expect
from two_desks import Seat, step

from exchange_worlds import World
from request_worlds import ASKED, ASKING, bill, made

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with made(tmp_path_factory.mktemp("browser")) as two:
        two.add_people()
        yield two


def test_a_request_is_refused_with_a_ground_of_the_agreement_across_two_nodes(
    seat: Seat, world: World
) -> None:
    record = bill(world)
    with seat(ASKING) as page, seat(ASKED) as desk:
        page.goto(f"/records/{record}")
        page.get_by_role("link", name="Ask a partner about it").click()
        page.get_by_label("What is asked").fill("who paid the freight of this bill?")
        page.get_by_label("Urgency").select_option("8h")
        page.get_by_role("button", name="Ask").click()
        expect(page.get_by_role("alert")).to_contain_text("it is said at the field")
        expect(page.locator(".wrong")).to_have_text("Fill this in.")
        expect(page.get_by_label("What is asked")).to_have_value(
            "who paid the freight of this bill?"
        )
        page.get_by_label("Legal basis").fill("treaty, article 7")
        page.get_by_role("button", name="Ask").click()
        expect(page.locator("main")).to_contain_text("State: Asked")
        expect(page.locator("main")).to_contain_text("within eight hours")
        world.sync(ASKED, ASKING)

        desk.goto("/requests")
        desk.get_by_role("link", name="KANARIREF").first.click()
        step(desk, "Acknowledge", officer="77")
        step(desk, "Say what is missing", officer="77", missing="which of the two bills?")
        expect(desk.locator("main")).to_contain_text("The clock rests")
        world.sync(ASKED, ASKING)
        page.reload()
        step(page, "Give what was missing", reply="the one of November")
        world.sync(ASKED, ASKING)
        desk.reload()
        grounds = desk.get_by_role("form", name="Refuse").locator("[name=ground] option")
        desk.locator("summary", has_text="Refuse").click()
        assert [one.get_attribute("value") for one in grounds.all()] == [
            "", "not_available", "national_security", "outside_agreement",
        ]  # fmt: skip
        desk.locator("summary", has_text="Refuse").click()
        step(desk, "Refuse", officer="77", ground="national_security",
             refusal_text="an operation is under way")  # fmt: skip
        expect(desk.locator("main")).to_contain_text("State: Refused")
        world.sync(ASKED, ASKING)
        page.reload()
        expect(page.locator("main")).to_contain_text("State: Refused")
        expect(page.locator("main")).to_contain_text("essential interests of national security")
        page.goto("/requests?state=all")
        expect(page.locator("main")).to_contain_text("1 of 1")
