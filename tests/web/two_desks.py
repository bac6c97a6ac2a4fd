"""What browser tests over two served nodes share: people at their desks, steps, and what somebody
sends by hand.

A test module defines ``world`` (nodes with the accounts of :func:`worlds.add_people`) and asks for
``seat``::

    def test_something(seat: Seat, world: World) -> None:
        with seat("marisol") as desk, seat("northreach", "supervisor") as lead:
            desk.goto("/referrals")
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

from playwright.sync_api import BrowserContext, Page, expect

import worlds
from exchange_worlds import World

Seat = Callable[..., AbstractContextManager[Page]]
"""Sit a person down at a node, by agency and account, in a watched window without script."""


def signed_in(context: BrowserContext, home: str, world: World, agency: str, name: str) -> Page:
    """Return a page on which somebody is signed in."""
    token = world[agency].sign_in(name, worlds.PASSWORD)
    context.add_cookies([{"name": "esclusa", "value": token, "url": home}])
    return context.new_page()


def step(page: Page, title: str, **given: str) -> None:
    """Open a step's form by its title, fill it in, send it, and wait for the page that comes."""
    form = page.get_by_role("form", name=title, exact=True)
    if not form.is_visible():
        page.locator("summary", has_text=title).first.click()
    for name, value in given.items():
        field = form.locator(f"[name={name}]")
        if field.evaluate("item => item.tagName") == "SELECT":
            field.select_option(value)
        elif field.get_attribute("type") == "checkbox":
            field.check()
        else:
            field.fill(value)
    with page.expect_navigation():
        form.get_by_role("button", name=title, exact=True).click()


def is_refused(page: Page, path: str, why: str, **given: str) -> None:
    """Try a step that the page has no form for; it is refused with the reason, and what was typed
    is still there.

    :param path: of the page; the step is sent to its ``/move``.
    """
    page.goto(path)
    _by_hand(page, f"{path}/move", given)
    expect(page.get_by_role("alert")).to_contain_text(why)
    for name, value in given.items():
        if name != "move":
            expect(page.locator("#typed + pre")).to_contain_text(value)


def _by_hand(page: Page, path: str, given: dict[str, str]) -> None:
    """Send a form as somebody would with a browser's own tools: the one that signs out, with its
    token, turned into another."""
    page.locator("form[action='/sign-out']").evaluate(
        """(form, [path, given]) => {
            form.action = path;
            for (const [name, value] of Object.entries(given)) {
                const field = document.createElement("input");
                [field.type, field.name, field.value] = ["hidden", name, value];
                form.append(field);
            }
            form.submit();
        }""",
        [path, given],
    )
    page.wait_for_url(f"**{path}")


def wrong_at(page: Page, title: str = "") -> dict[str, str]:
    """Return what is wrong with a form, by field, as it stands at the field.

    :param title: of the form; "" for all of the page's forms.
    """
    within = page.get_by_role("form", name=title, exact=True) if title else page.locator("main")
    return {
        str(field.get_attribute("name")):
            page.locator(f"[id='{field.get_attribute('aria-describedby')}']").inner_text()
        for field in within.locator("[aria-invalid=true]").all()
    }  # fmt: skip


def history(page: Page) -> str:
    """Return the history that the page of a referral, request or case shows, as text."""
    return page.locator("#history + .wide table").inner_text()
