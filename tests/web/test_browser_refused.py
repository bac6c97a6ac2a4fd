"""A refused form in a browser: axe finds nothing, and the note leads the focus to the field."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from axe import breaches
from playwright.sync_api import BrowserContext, expect
from small_node import PASSWORD, alert_name

FORMS = {
    "/users": ("administrator", "form[action='/users'] button.main", "name"),
    f"/alerts/{alert_name(1)}": ("analyst", "form.verdict button.main", "reason"),
    "/preferences": ("analyst", "main form[action='/preferences'] button", "time_zone"),
}
"""Page → who fills its form in, the button that sends it, and a field that is left empty."""


@pytest.mark.parametrize("place", FORMS)
def test_a_refused_form_is_as_accessible_as_before_and_leads_to_its_field_wcag_3_3_1(
    window: Callable[..., AbstractContextManager[BrowserContext]], home: str, place: str
) -> None:
    role, button, field = FORMS[place]
    with window(home, refused=(400,)) as context:
        page = context.new_page()
        page.goto("/sign-in")
        page.fill("input[name=name]", role)
        page.fill("input[name=password]", PASSWORD)
        page.click("main form[action='/sign-in'] button")
        page.wait_for_url(lambda address: "/sign-in" not in address)
        page.goto(place)
        # A browser that holds nothing back: what is required is found out at the node.
        page.evaluate("document.querySelectorAll('form').forEach(one => one.noValidate = true)")
        page.fill(f"main form:has({button.rpartition(' ')[2]}) [name={field}]", "")
        page.click(button)
        expect(page.locator("main [role=alert] a").first).to_be_visible()
        assert breaches(page) == []
        reached = []
        for way in page.locator("main [role=alert] a").all():
            way.click()
            reached.append(page.evaluate("document.activeElement.name"))
        assert field in reached
