"""A real browser: keys, focus, script off, colours, and nothing asked from outside."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect
from small_node import PASSWORD, SmallNode, alert_name

pytestmark = pytest.mark.browser


@pytest.fixture
def home(serving: Callable[[SmallNode], AbstractContextManager[str]]) -> Iterator[str]:
    """Serve a fresh small node; yield its address."""
    with serving(SmallNode(rows=4)) as address:
        yield address


def sign_in_by_keyboard(context: BrowserContext, language: str = "en") -> Page:
    """Sign in without a mouse: the name field has the focus."""
    page = context.new_page()
    page.goto(f"/sign-in?language={language}")
    # The browser gives the focus a moment after the page has loaded; letters before that are lost.
    expect(page.locator("input[name=name]")).to_be_focused()
    page.keyboard.type("analyst")
    expect(page.locator("input[name=name]")).to_have_value("analyst")
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/queue")
    return page


def test_an_alert_is_found_claimed_decided_and_undone_by_keyboard_alone(
    context: BrowserContext,
) -> None:
    page = sign_in_by_keyboard(context)
    page.keyboard.press("j")
    page.keyboard.press("j")
    expect(page.locator("tr.at a")).to_be_focused()
    expect(page.locator("tr.at")).to_contain_text("NRTH 0001")
    page.keyboard.press("k")
    page.keyboard.press("j")
    page.keyboard.press("c")
    page.wait_for_url(f"**/queue#a-{alert_name(1)}")
    expect(page.locator("tr.at")).to_contain_text("Claimed")
    expect(page.locator("tr.at a")).to_be_focused()
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/alerts/{alert_name(1)}")
    page.keyboard.press("4")
    expect(page.locator("input[name=reason]")).to_be_focused()
    page.keyboard.type("Papers seen; j and k are letters here.")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/alerts/{alert_name(2)}?moved={alert_name(1)}")
    page.keyboard.press("u")
    page.wait_for_url(f"**/alerts/{alert_name(1)}")
    expect(page.locator(".decision")).to_contain_text("Claimed")
    expect(page.locator("aside")).to_contain_text("j and k are letters here.")


def test_j_and_k_on_an_alert_walk_along_the_list_and_q_leads_back(context: BrowserContext) -> None:
    page = sign_in_by_keyboard(context)
    page.goto(f"/alerts/{alert_name(1)}?sort=recent")
    page.keyboard.press("j")
    page.wait_for_url(f"**/alerts/{alert_name(2)}?sort=recent")
    page.keyboard.press("k")
    page.wait_for_url(f"**/alerts/{alert_name(1)}?sort=recent")
    page.keyboard.press("q")
    page.wait_for_url(f"**/queue?sort=recent&at={alert_name(1)}#a-{alert_name(1)}")


def test_a_number_in_the_queue_opens_the_alert_with_that_verdict_chosen(
    context: BrowserContext,
) -> None:
    page = sign_in_by_keyboard(context)
    page.keyboard.press("j")
    page.keyboard.press("2")
    page.wait_for_url(f"**/alerts/{alert_name(0)}?verdict=2")
    expect(page.locator("input[value=inform]")).to_be_checked()
    expect(page.locator("input[name=reason]")).to_be_focused()


def test_slash_searches_question_mark_helps_and_escape_leaves_the_field(
    context: BrowserContext,
) -> None:
    page = sign_in_by_keyboard(context)
    page.keyboard.press("/")
    page.wait_for_url("**/search")
    expect(page.locator("input[type=search]")).to_be_focused()
    page.keyboard.type("orilla?")
    page.keyboard.press("Escape")
    page.keyboard.press("Shift+?")
    page.wait_for_url("**/help")


def test_single_keys_can_be_switched_off_wcag_2_1_4(context: BrowserContext) -> None:
    page = sign_in_by_keyboard(context)
    page.goto("/preferences")
    page.get_by_label("Off").check()
    page.get_by_role("button", name="Save").click()
    page.goto("/queue")
    page.keyboard.press("j")
    expect(page.locator("tr.at")).to_have_count(0)


def test_everything_works_with_script_switched_off(browser: Browser, home: str) -> None:
    context = browser.new_context(java_script_enabled=False, base_url=home)
    page = sign_in_by_keyboard(context, "es")
    page.get_by_role("link", name="NRTH 0001").click()
    page.get_by_role("button", name="Tomar").click()
    page.get_by_label("Tratada en otra alerta").check()
    page.get_by_label("Motivo, con sus propias palabras").fill("Ya visto.")
    page.get_by_role("button", name="Anotar el dictamen").click()
    page.get_by_role("button", name="Deshacer u", exact=True).click()
    expect(page.locator(".decision")).to_contain_text("Tomada")
    page.get_by_role("button", name="Salir").click()
    page.wait_for_url("**/sign-in?left=1")
    context.close()


def test_the_skip_link_is_first_and_visible_when_it_has_the_focus(context: BrowserContext) -> None:
    page = sign_in_by_keyboard(context)
    page.keyboard.press("Tab")
    skip = page.locator("a.skip")
    expect(skip).to_be_focused()
    assert skip.bounding_box()["x"] >= 0  # type: ignore[index]
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()


def test_focus_is_visible_on_every_control_of_the_alert_wcag_2_4_7(context: BrowserContext) -> None:
    page = sign_in_by_keyboard(context)
    page.goto(f"/alerts/{alert_name(1)}")
    for _ in range(30):
        page.keyboard.press("Tab")
        outline = page.evaluate(
            "() => { const s = getComputedStyle(document.activeElement);"
            " return [document.activeElement.tagName, s.outlineStyle, s.outlineWidth] }"
        )
        assert outline[0] == "BODY" or outline[1:] == ["solid", "3px"], outline


def test_forced_colours_and_print_keep_the_content(context: BrowserContext) -> None:
    page = sign_in_by_keyboard(context)
    page.goto(f"/alerts/{alert_name(1)}")
    page.emulate_media(forced_colors="active")
    expect(page.locator(".marking")).to_be_visible()
    page.emulate_media(media="print", forced_colors="none")
    expect(page.locator(".marking")).to_be_visible()
    expect(page.locator(".top nav")).to_be_hidden()
