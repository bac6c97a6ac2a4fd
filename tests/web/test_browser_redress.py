"""Redress in a real browser, across two served nodes, without script: a person is taken for somebody
else, applies, a second person grants, the partner's next list is quiet, and the true one is not.
About 10 s of CPU beside the browser's."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect
from two_desks import Seat, is_refused, step, wrong_at

from esclusa.model import record_id
from exchange_worlds import World
from redress_worlds import HOST, NAME, OTHER, X_BORN, X_PAPER, Y_BORN, Y_PAPER, fly, made

pytestmark = pytest.mark.browser
APPLIES = "Take the application"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with made(tmp_path_factory.mktemp("browser")) as two:
        two.add_people()
        yield two


def alert_of(agency: str, record: str) -> str:
    return record_id(agency, "alert", record)


def in_queue(page: Page, agency: str, record: str) -> bool:
    """Tell whether the open queue shows the alert of a record."""
    page.goto("/queue")
    expect(page.locator("h1")).to_be_visible()
    return page.locator(f"#a-{alert_of(agency, record)}").count() == 1


def test_a_person_taken_for_another_gets_a_number_that_the_partner_honours(
    seat: Seat, world: World
) -> None:
    """Scenario S06, from the first stop to the true match."""
    first = fly(world[HOST], "AM500")
    with (seat(HOST) as desk, seat(HOST, "supervisor") as lead,
          seat(OTHER) as there):  # fmt: skip
        # The first contact is closed as another person's, with the reason.
        assert in_queue(desk, HOST, first)
        desk.goto(f"/records/{first}")
        desk.get_by_role("link", name="Review the match").first.click()
        desk.get_by_role("radio", name="Not the same").check()
        desk.get_by_label("Reason, in your own words").fill("Born in another year, to others.")
        match = desk.url
        desk.get_by_role("button", name="Write the decision").click()
        expect(desk.get_by_role("status")).to_contain_text("Decision written")
        desk.goto(f"/alerts/{alert_of(HOST, first)}")
        expect(desk.locator("main")).to_contain_text("Match cleared on")
        verdict = desk.locator("form.verdict")
        verdict.get_by_role("radio", name="The listed party is another one").check()
        verdict.locator("[name=reason]").fill("Cleared: born in another year.")
        with desk.expect_navigation():
            verdict.get_by_role("button", name="Write the verdict").click()
        assert not in_queue(desk, HOST, first)

        # He applies; what is missing is said at the field, and nothing that was typed is lost.
        desk.goto(match)
        desk.get_by_role("link", name="Application for redress").click()
        expect(desk.get_by_label("Date of birth")).to_have_value(X_BORN)
        desk.get_by_label("Name").fill(NAME)
        desk.get_by_label("Date of birth").fill("12/05/1971")
        desk.get_by_label("What happened to the person").fill("Stopped twice for somebody else.")
        desk.get_by_role("button", name=APPLIES).click()
        assert wrong_at(desk) == {"birth_date": "Write a whole date, such as 1971-05-12."}
        expect(desk.get_by_label("What happened to the person")).to_have_value(
            "Stopped twice for somebody else."
        )
        desk.get_by_label("Date of birth").fill(X_BORN)
        desk.get_by_role("button", name=APPLIES).click()
        expect(desk.locator("main")).to_contain_text("State: Applied for")
        expect(desk.locator("main")).to_contain_text(X_PAPER)
        path = "/redress/" + desk.url.rsplit("/", 1)[1]

        # Whoever saw the papers grants nothing, in whatever way he asks for it.
        step(desk, "Papers seen", seen="Passport and birth certificate, in original")
        expect(desk.locator("main")).to_contain_text("State: Papers seen")
        assert desk.get_by_role("form", name="Number granted").count() == 0
        is_refused(desk, path, "a supervisor", move="grant",
                   ground="Another birth date and other parents", until="2199-01-01")  # fmt: skip

        lead.goto(path)
        step(lead, "Number granted", ground="brother")
        assert wrong_at(lead, "Number granted") == {"ground": "This says too little."}
        step(lead, "Number granted", ground="Another birth date and other parents",
             **{f"partner_{OTHER}": "yes"})  # fmt: skip
        expect(lead.locator("main")).to_contain_text("State: Granted")
        expect(lead.locator("main")).to_contain_text(f"Told to: {OTHER}")
        number = lead.locator("main p strong", has_text="-").first.inner_text()
        world.sync(HOST, OTHER)

        # The second contact, at the partner: nobody is asked, and the trace is there.
        second = fly(world[OTHER], "AM501", number=number)
        assert not in_queue(there, OTHER, second)
        there.goto(f"/records/{second}")
        expect(there.locator("main")).to_contain_text(
            f"Quiet: redress number {number}, granted by {HOST}"
        )
        there.goto("/redress")
        there.get_by_label("Redress number").fill(number.lower())
        there.get_by_role("button", name="Look up").click()
        expect(there.locator("main")).to_contain_text(f"Given by {HOST}")
        expect(there.locator("main")).to_contain_text("kept quiet")

        # The one who is listed still alerts, also with the number that he borrows.
        for flight, given in (("AM502", ""), ("AM503", number)):
            target = fly(world[OTHER], flight, Y_PAPER, born=Y_BORN, number=given)
            assert in_queue(there, OTHER, target)
            there.goto(f"/records/{target}")
            expect(there.locator("main")).not_to_contain_text("Quiet:")
        expect(there.locator("main")).to_contain_text("another birth date")
