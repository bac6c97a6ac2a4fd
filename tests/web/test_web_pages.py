"""Every page, in both languages, for every role: there or refused, whole, and in the language."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import pairwise

import httpx
import pytest
from lxml import html
from small_accounts import ACCOUNT
from small_cases import CASE
from small_casework import DIGEST
from small_entities import ENTITY, MENTION, OTHER
from small_joint import SHARED
from small_lists import LIST
from small_matches import MATCH
from small_node import HOSTILE, SOURCE, SmallNode, alert_name, record_name
from small_notices import NOTICE
from small_redress import GIVEN
from small_referrals import LOUD
from small_requests import LATE
from small_rules import RULE
from small_scores import MODEL
from small_seizures import JOINED, REPORT
from small_selection import SELECTION
from walker import Walker, text_of

from esclusa.sharing.reader import PERMITTED, Role
from esclusa.web.catalogue import catalogue
from esclusa.web.extract import texts
from esclusa.web.page import Page, all_pages
from esclusa.web.shield import HEADERS

READ = [page for page in all_pages() if page.method == "GET" and page.signed_in]
PAGES = [page for page in READ if not page.download]
DOWNLOADS = [page for page in READ if page.download]
EXAMPLE = {
    "{account}": ACCOUNT,
    "{alert_id}": alert_name(1),
    "{record_id}": record_name(1),
    "{source_id}": SOURCE,
    "{mapping_id}": "marisol-consignment",
    "{agency}": "northreach",
    "{match_id}": MATCH,
    "{entity_id}": ENTITY,
    "{one}": MENTION,
    "{other}": OTHER,
    "{list_id}": LIST,
    "{number}": "3",
    "{rule_name}": RULE,
    "{model}": MODEL,
    "{selection}": SELECTION,
    "{term}": "seal",
    "{period}": "2026-11",
    "{figure}": "sent_asked",
    "{digest}": DIGEST,
    "{queue}": "alerts_claimed",
    "{referral_id}": LOUD,
    "{event}": JOINED,
    "{report_id}": REPORT,
    "/redress/{case}": f"/redress/{GIVEN}",
    "{case_id}": CASE,
    "{joint_id}": SHARED,
    "{item_kind}": "alert",
    "{item_id}": alert_name(1),
    "{request_id}": LATE,
    "{notice_id}": NOTICE,
}
LANGUAGES = ("en", "es")


def address(page: Page) -> str:
    """Return an address of the page on the small node."""
    path = page.path
    for name, value in EXAMPLE.items():
        path = path.replace(name, value)
    return path


@pytest.fixture(scope="module")
def walkers() -> dict[tuple[Role, str], Walker]:
    return {
        (role, language): Walker(SmallNode()).sign_in(role, language)
        for role in Role
        for language in LANGUAGES
    }


def reader_of(page: Page) -> Role:
    """Return the first role that may open a page."""
    return next(role for role in Role if page.action is None or page.action in PERMITTED[role])


Seen = Callable[[Page, str], httpx.Response]


@pytest.fixture(scope="module")
def seen(walkers: dict[tuple[Role, str], Walker]) -> Seen:
    """Return a page's answer to the first role that may open it, in a language, asked for once."""
    kept: dict[tuple[str, str], httpx.Response] = {}

    def see(page: Page, language: str) -> httpx.Response:
        if (page.path, language) not in kept:
            client = walkers[reader_of(page), language].client
            kept[page.path, language] = client.get(address(page), follow_redirects=True)
        return kept[page.path, language]

    return see


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.path)
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("role", Role)
def test_a_page_is_there_exactly_for_the_roles_that_include_its_action(
    walkers: dict[tuple[Role, str], Walker], role: Role, language: str, page: Page
) -> None:
    answer = walkers[role, language].client.get(address(page), follow_redirects=True)
    allowed = page.action is None or page.action in PERMITTED[role]
    assert answer.status_code == (200 if allowed else 403)
    assert html.fromstring(answer.text).get("lang") == language


@pytest.mark.parametrize("page", DOWNLOADS, ids=lambda page: page.path)
@pytest.mark.parametrize("role", Role)
def test_a_download_is_a_file_that_no_browser_opens_as_a_page(
    walkers: dict[tuple[Role, str], Walker], role: Role, page: Page
) -> None:
    answer = walkers[role, "en"].get(address(page))
    assert answer.status_code == (200 if page.action in PERMITTED[role] else 403)
    if answer.status_code == 200:
        assert answer.headers["content-type"] == "application/octet-stream"
        assert answer.headers["content-disposition"].startswith("attachment; ")
        assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("role", Role)
def test_the_navigation_shows_only_what_the_role_may_open(
    walkers: dict[tuple[Role, str], Walker], role: Role
) -> None:
    walker = walkers[role, "en"]
    shown = walker.see("/help").xpath("//header//nav//a/@href")
    assert "/help" in shown
    for path in shown:
        assert walker.get(path).status_code == 200
    unshown = {page.path for page in PAGES if page.label} - set(shown)
    for path in unshown:
        assert walker.get(path).status_code == 403


def test_a_page_of_the_navigation_names_its_group_and_only_the_help_stands_alone() -> None:
    alone = {page.path for page in all_pages() if page.label and page.group is None}
    assert alone == {"/help"}
    placed = [(page.group, page.order) for page in all_pages() if page.group]
    assert len(placed) == len(set(placed)), "two pages of one group have the same order"


def test_the_group_that_the_reader_is_in_is_open_and_the_others_are_closed(
    walkers: dict[tuple[Role, str], Walker],
) -> None:
    for path, group in (("/queue", "Work"), ("/rules", "Lists and rules"), ("/help", None)):
        page = walkers[Role.SUPERVISOR, "en"].see(path)
        found = page.xpath("//header//nav/details[@open]")
        assert [text_of(one.find("summary")) for one in found] == ([group] if group else [])
        assert {one.get("name") for one in page.xpath("//header//nav/details")} == {"pages"}
        assert page.xpath("//header//nav//a[@aria-current]/@href") == [path]


def own_texts(page: html.HtmlElement) -> list[str]:
    """Return the texts of a page that are the page's own: not marked as another language."""
    found = page.xpath("//text()[not(ancestor::*[@lang][not(self::html)])][not(parent::script)]")
    labels = page.xpath("//@aria-label")
    return [" ".join(str(text).split()) for text in (*found, *labels) if str(text).strip()]


def english_only() -> set[str]:
    """Return the English texts that read differently in Spanish."""
    spanish = catalogue("es")
    differing = {
        text
        for (context, text), _plural in texts().items()
        if "%" not in text and spanish.pgettext(context, text) != text
    }
    return differing - {"Supervisor", "Auditor", "General", "No", "Error"}


@pytest.mark.parametrize("role", Role)
def test_no_english_text_is_left_on_a_spanish_page(
    walkers: dict[tuple[Role, str], Walker], role: Role
) -> None:
    english = english_only()
    for page in PAGES:
        answer = walkers[role, "es"].client.get(address(page), follow_redirects=True)
        left = english & set(own_texts(html.fromstring(answer.text)))
        assert not left, (page.path, left)


def test_the_sign_in_page_follows_what_the_browser_asks_for() -> None:
    walker = Walker()
    page = walker.client.get("/sign-in", headers={"Accept-Language": "es-PA,es;q=0.9,en;q=0.5"})
    assert html.fromstring(page.text).get("lang") == "es"
    page = walker.client.get("/sign-in", headers={"Accept-Language": "fr;q=x,,,"})
    assert html.fromstring(page.text).get("lang") == "en"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.path)
def test_structure_wcag_1_3_1_and_2_4(seen: Seen, page: Page) -> None:
    """Landmarks, one heading, a skip link, labelled fields, headed tables, unique ids."""
    tree = html.fromstring(seen(page, "en").text)
    assert len(tree.xpath("//main")) == len(tree.xpath("//header")) == 1
    assert len(tree.xpath("//h1")) == 1
    assert tree.xpath("//body/a[1]/@href") == ["#main"]
    assert tree.findtext(".//title")
    levels = [int(heading.tag[1]) for heading in tree.xpath("//h1|//h2|//h3")]
    assert all(after <= before + 1 for before, after in pairwise(levels))
    ids = tree.xpath("//@id")
    assert len(ids) == len(set(ids))
    for field in tree.xpath("//input[not(@type='hidden')]|//select|//textarea"):
        assert field.xpath("ancestor::label"), html.tostring(field)
    for button in tree.xpath("//button"):
        assert text_of(button)
    for table in tree.xpath("//table"):
        assert table.xpath(".//th[@scope]")
        assert table.xpath("ancestor-or-self::*[@aria-label or @aria-labelledby]|caption")
    for reference in tree.xpath("//@aria-labelledby"):
        assert reference in ids
    for link in tree.xpath("//a[starts-with(@href, '#')]/@href"):
        assert link[1:] in ids, link
    assert not tree.xpath("//*[@style]|//style|//script[not(@src)]|//*[@onclick]")


_CLOCK = re.compile(r"(?<![\d:])\d?\d:\d\d(?::\d\d)?(?![\d:])")
_NAMED = re.compile(r"Z|[+-]\d\d:\d\d| Panama| port time| hora del puerto")
_TWO_WAYS = re.compile(r"(?<![\d./-])\d{1,2}[/.]\d{1,2}[/.](?:\d{4}|\d\d)(?![\d.])")
_HOURS = ("before 6:00 and from 20:00, in America/Panama",
          "antes de las 6:00 y desde las 20:00, en America/Panama")  # fmt: skip
"""The only clock times that are named by the sentence around them, on the page of unusual use."""


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.path)
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_time_names_its_clock_and_no_date_can_be_read_in_two_ways(
    seen: Seen, language: str, page: Page
) -> None:
    """UTC, the reader's own zone by its name, or the port's; ISO 8601 days. Titles of drawings too."""
    said = text_of(html.fromstring(seen(page, language).text))
    for hours in _HOURS:
        said = said.replace(hours, "")
    bare = [said[max(0, one.start() - 20) : one.end() + 20] for one in _CLOCK.finditer(said)
            if not _NAMED.match(said, one.end())]  # fmt: skip
    assert bare == []
    assert _TWO_WAYS.findall(said) == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.path)
def test_a_page_has_the_strict_policy_and_asks_for_nothing_outside(seen: Seen, page: Page) -> None:
    answer = seen(page, "en")
    assert {name: answer.headers[name] for name in HEADERS} == HEADERS
    assert answer.headers["Cache-Control"] == "no-store"
    assert "unsafe" not in answer.headers["Content-Security-Policy"]
    assert not re.findall(r"(?:src|href|action|formaction)=\"(?!/|#)[^\"]*", answer.text)


@pytest.fixture(scope="module")
def hostile() -> dict[tuple[Role, str], Walker]:
    node = SmallNode(title=HOSTILE)
    return {(role, language): Walker(node).sign_in(role, language)
            for role in Role for language in LANGUAGES}  # fmt: skip


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.path)
def test_what_senders_and_colleagues_wrote_is_text_on_every_page(
    hostile: dict[tuple[Role, str], Walker], page: Page
) -> None:
    for language in LANGUAGES:
        client = hostile[reader_of(page), language].client
        answer = client.get(address(page), follow_redirects=True)
        assert answer.status_code == 200
        assert "<script>alert" not in answer.text and "<img src=x" not in answer.text


def test_a_reason_leads_to_its_fact_and_the_points_add_up_to_the_score(
    walkers: dict[tuple[Role, str], Walker],
) -> None:
    page = walkers[Role.ANALYST, "en"].see("/alerts/" + alert_name(1))
    points = [
        float(cell.text_content()) for cell in page.xpath("//tbody/tr[@id][td[@class='num']]/td[1]")
    ]
    assert sum(points) == float(page.xpath("//*[@class='score']")[0].text_content()) == 50.5
    path = page.xpath("//a[starts-with(@href,'#f-goods')]/@href")[0][1:]
    fact = page.xpath(f"//tr[@id='{path}']")[0]
    assert "GENERAL CARGO" in fact.text_content()
    assert "#r-1" in fact.xpath(".//a/@href")


def test_a_record_shows_source_message_byte_and_marking(
    walkers: dict[tuple[Role, str], Walker],
) -> None:
    said = text_of(walkers[Role.ANALYST, "en"].see("/records/" + record_name(1)))
    for part in ("manifest.edi", "message M1", "byte 214", "RESTRICTED", "PAX", "NORTHREACH",
                 "the originator alone"):  # fmt: skip
        assert part in said


def test_times_are_shown_in_utc_and_in_the_named_zone_of_the_reader(
    walkers: dict[tuple[Role, str], Walker],
) -> None:
    said = text_of(walkers[Role.ANALYST, "en"].see("/queue"))
    assert "2026-11-01 14:05Z 09:05 Panama" in said
    assert "America/Panama" in said


def test_silence_is_never_called_clear() -> None:
    """Invariant 3: no page prints "safe" or "clear" of a subject, in either language."""
    node = SmallNode(rows=0)
    for language, forbidden in (
        ("en", ("safe", " clear", "harmless")),
        ("es", ("seguro", "limpio", "inofensivo", "sin riesgo")),
    ):
        said = text_of(Walker(node).sign_in("analyst", language).see("/queue")).lower()
        assert not [word for word in forbidden if word in said]
        assert ("does not mean" in said) or ("no significa" in said)
