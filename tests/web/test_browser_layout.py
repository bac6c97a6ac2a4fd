"""Every kind of page, narrow and wide, in English and light, in Spanish and dark: nothing scrolls
sideways, all can be hit."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from layout import LOOKS, look, misfits
from playwright.sync_api import BrowserContext
from small_cases import CASE, ENDED
from small_cases import OTHER as ON_HOLD
from small_casework import DIGEST
from small_entities import ENTITY
from small_node import PASSWORD, SOURCE, SmallNode, alert_name, record_name
from small_redress import CHECKED, GIVEN, NUMBER
from small_referrals import ASKED, LOUD, OURS
from small_requests import LATE, RESTS, WAITS
from small_scores import MODEL
from small_seizures import JOINED, REPORT
from small_selection import SELECTION
from small_yard import SHEET as YARD

pytestmark = pytest.mark.browser

ADDRESSES = (
    "/queue", f"/alerts/{alert_name(1)}", f"/records/{record_name(1)}", "/intake",
    f"/intake/{SOURCE}", f"/intake/{SOURCE}/proposal", f"/intake/{SOURCE}/recall", "/mappings", "/mappings/marisol-consignment",
    "/lists", "/screening", "/search?text=x", "/help", "/preferences",
    "/models", f"/models/{MODEL}?compare=1&days=30",
    "/rules", "/rules?yields=true", "/rules/N1", "/rule-editor",
    "/selections", f"/selections/{SELECTION}", "/selections/committed", "/selections/drawn/check",
    "/selection-report", "/yard", f"{YARD}?receipt=7", "/glossary?group=parties", "/glossary/seal",
    "/reports/2026-11", "/reports/2026", "/reports/2026-11/figures/sent_asked",
    f"/kept-reports/{DIGEST}", "/kept-reports", "/board", "/board/alerts_claimed",
    f"/redress?number={NUMBER}", f"/redress/{CHECKED}", f"/redress/{GIVEN}",
    f"/redress-starts/{record_name(1)}",
    f"/entities/{ENTITY}", f"/entities/{ENTITY}/chart", f"/entities/{ENTITY}/timeline", f"/entities/{ENTITY}/map",
    "/cases", *(f"/cases/{name}" for name in (CASE, ON_HOLD, ENDED)), f"/cases/{CASE}/checks",
    "/case-starts", f"/case-starts/alert/{alert_name(1)}",
    "/warnings", "/seizures", f"/seizures/{JOINED}", f"/seizures/{JOINED}/reports/{REPORT}", "/seizure-starts",
    "/referrals", *(f"/referrals/{name}" for name in (ASKED, OURS, LOUD)),
    f"/referral-starts/{record_name(1)}",
    "/notices", "/notice-answers",
    "/requests", *(f"/requests/{name}" for name in (WAITS, RESTS, LATE)), "/request-starts",
    f"/request-starts/{record_name(1)}",
)  # fmt: skip


@pytest.mark.parametrize(("width", "scheme"), LOOKS)
def test_no_page_scrolls_sideways_and_targets_are_24_pixels_wcag_1_4_10_and_2_5_8(
    window: Callable[..., AbstractContextManager[BrowserContext]], home: str, node: SmallNode,
    width: int, scheme: str,
) -> None:  # fmt: skip
    token = node.sign_in("supervisor", PASSWORD)
    node.set_preferences(token, language="es" if scheme == "dark" else "en")
    with window(home) as context:
        context.add_cookies([{"name": "esclusa", "value": token, "url": home}])
        page = context.new_page()
        look(page, width, scheme)
        for address in ADDRESSES:
            answer = page.goto(address)
            assert answer is not None and answer.ok, address
            assert misfits(page) == [], address
