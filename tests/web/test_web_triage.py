"""Steps from the queue and on an alert without script: bulk verdict, snooze, kept views, conflicts.

About 5 CPU seconds.
"""

from __future__ import annotations

import re

import pytest
from small_node import HOSTILE, SmallNode, alert_name
from small_triage import BULK
from walker import Walker, text_of

from esclusa.web.pages.help import KEYS

ALERT = alert_name(1)
VIEW = "state=all&port=PAONX"


def picks(walker: Walker, *numbers: int) -> list[str]:
    """Return the boxes of rows as the queue's page gives them."""
    page = walker.see("/queue?state=all")
    wanted = [alert_name(number) for number in numbers]
    return [box for box in page.xpath("//input[@name='alert']/@value") if box[:36] in wanted]


def test_one_verdict_on_the_rows_chosen_and_one_undo() -> None:
    walker = Walker(SmallNode(rows=4)).sign_in()
    form = {"alert": picks(walker, 0, 2), "verdict": "explained", "reason": "Papers seen."}
    there = walker.post("/queue/verdict", list=VIEW, **form).headers["location"]
    assert there == f"/queue?{VIEW}&bulk={BULK}"
    page = walker.see(there)
    states = [row.xpath("string(td[6])") for row in page.xpath("//tr[@data-row]")]
    assert [state.startswith("Closed") for state in states] == [True, False, True, False]
    undo = page.xpath("//form[@action='/queue/undo']")[0]
    assert undo.xpath(".//button/@data-key") == ["u"]
    back = walker.post("/queue/undo", list=VIEW, bulk=undo.xpath(".//*[@name='bulk']/@value")[0])
    assert back.headers["location"] == f"/queue?{VIEW}"
    assert text_of(walker.see("/queue?state=all")).count("New") >= 4


@pytest.mark.parametrize("language", ("en", "es"))
@pytest.mark.parametrize(
    ("missing", "said"),
    [
        ("alert", {"en": "Choose the alerts", "es": "Elija las alertas"}),
        ("verdict", {"en": "Fill this in.", "es": "Rellene este campo."}),
        ("reason", {"en": "Fill this in.", "es": "Rellene este campo."}),
    ],
)
def test_what_is_missing_is_said_and_what_was_chosen_and_typed_stays(
    missing: str, said: dict[str, str], language: str
) -> None:
    walker = Walker(SmallNode(rows=4)).sign_in("analyst", language)
    boxes = picks(walker, 0, 2)
    form = {"alert": boxes, "verdict": "explained", "reason": "Seen <b>"}
    form[missing] = [] if missing == "alert" else ""
    answer = walker.post("/queue/verdict", list=VIEW, **form)
    assert answer.status_code == 400
    page = walker.tree(answer)
    assert said[language] in text_of(page.xpath("//*[@role='alert']")[0])
    assert page.xpath("//input[@name='alert'][@checked]/@value") == form["alert"]
    typed = page.xpath("//form[@action='/queue']//input[@name='reason']/@value")
    assert typed == [form["reason"]]
    chosen = page.xpath("//select[@name='verdict']/option[@selected]/@value")
    assert chosen == [form["verdict"]]
    assert all(not moves for moves in walker.node.moves.values())


def test_somebody_faster_refuses_the_whole_and_the_rest_is_one_press_away() -> None:
    node = SmallNode(rows=4)
    walker = Walker(node).sign_in()
    boxes = picks(walker, 0, 1, 2)
    node.faster = {ALERT}
    form = {"alert": boxes, "verdict": "explained", "reason": "Papers seen."}
    answer = walker.post("/queue/verdict", list=VIEW, **form)
    assert answer.status_code == 409
    page = walker.tree(answer)
    row = page.xpath("//tbody/tr")
    assert len(row) == 1
    assert {"Claim", "bea", "2026-11-20 10:00Z 05:00 Panama"} <= {
        " ".join(cell.text_content().split()) for cell in row[0].xpath("td")
    }
    assert not node.moves.get(alert_name(0))
    again = page.xpath("//form[@action='/queue/verdict']")[0]
    assert again.xpath(".//*[@name='alert']/@value") == [boxes[0], boxes[2]]
    assert again.xpath(".//*[@name='reason']/@value") == ["Papers seen."]
    assert again.xpath(".//option[@selected]/@value") == ["explained"]
    node.faster = set()
    rest = walker.post("/queue/verdict", list=VIEW, **form | {"alert": [boxes[0], boxes[2]]})
    assert rest.status_code == 303
    assert [bool(node.moves.get(alert_name(n))) for n in range(4)] == [True, False, True, False]


@pytest.mark.parametrize("box", ("", "x", f"{ALERT}", f"{ALERT}.", f"{ALERT}.AAAAAAA", HOSTILE))
def test_a_box_is_an_alert_as_the_page_gave_it(box: str) -> None:
    form = {"alert": [box], "verdict": "explained", "reason": "x"}
    assert Walker().sign_in().post("/queue/verdict", **form).status_code == 400


def test_two_hundred_rows_are_decided_in_one_form() -> None:
    walker = Walker(SmallNode(rows=200)).sign_in()
    page = walker.see("/queue?limit=200&chosen=all")
    boxes = page.xpath("//input[@name='alert'][@checked]/@value")
    assert len(boxes) == 200
    form = {"alert": boxes, "verdict": "explained", "reason": "x"}
    assert walker.post("/queue/verdict", list="limit=200", **form).status_code == 303
    assert walker.post(f"/alerts/{ALERT}/claim", **form).status_code == 409
    many = {"alert": boxes * 6, "verdict": "explained", "reason": "x"}
    assert walker.post("/queue/verdict", **many).status_code == 400


def test_a_verdict_on_what_somebody_else_changed_says_who_and_when_and_keeps_the_words() -> None:
    node = SmallNode()
    walker, other = Walker(node).sign_in(), Walker(node).sign_in("supervisor")
    seen = walker.see(f"/alerts/{ALERT}").xpath("//form[@class='verdict']//*[@name='seen']/@value")
    other.post(f"/alerts/{ALERT}/claim")
    form = {"verdict": "inform", "reason": "Long words <i> of mine", "seen": seen[0]}
    answer = walker.post(f"/alerts/{ALERT}/verdict", list=VIEW, **form)
    assert answer.status_code == 409
    page = walker.tree(answer)
    told = text_of(page.xpath("//*[@role='alert']")[0])
    assert "Claim · supervisor · 2026-11-20 10:00Z 05:00 Panama" in told
    verdict = page.xpath("//form[@class='verdict']")[0]
    assert verdict.xpath(".//input[@name='reason']/@value") == ["Long words <i> of mine"]
    assert verdict.xpath(".//input[@checked]/@value") == ["inform"]
    form["seen"] = verdict.xpath(".//*[@name='seen']/@value")[0]
    assert walker.post(f"/alerts/{ALERT}/verdict", list=VIEW, **form).status_code == 303


def test_an_alert_is_put_off_with_a_reason_and_the_next_one_follows() -> None:
    walker = Walker().sign_in()
    address = f"/alerts/{ALERT}/snooze"
    there = walker.post(address, list=VIEW, hours="4", why="Papers on their way.")
    assert there.headers["location"] == f"/alerts/{alert_name(2)}?{VIEW}&moved={ALERT}"
    assert "The alert before is put off." in text_of(walker.see(there.headers["location"]))
    said = text_of(walker.see(f"/alerts/{ALERT}").xpath("//section[@class='decision']")[0])
    assert re.search(r"State: Snoozed until 20\d\d-\d\d-\d\d \d\d:\d\dZ .*\d\d:\d\d Panama", said)
    row = walker.see("/queue?state=all").xpath(f"//tr[@id='a-{ALERT}']")[0]
    assert re.search(r"Snoozed *until 20\d\d", text_of(row))
    walker.post(f"/alerts/{ALERT}/wake")
    assert "State: New" in text_of(walker.see(f"/alerts/{ALERT}"))


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"hours": "4", "why": " "}, "Reason for putting it off: Fill this in."),
        ({"hours": "5", "why": "w"}, "For: Choose from the list."),
        ({"until": "tomorrow", "zone": "UTC", "why": "w"}, "or until: Write date and time"),
        (
            {"until": "2026-11-24T06:00", "zone": "Mars", "why": "w"},
            "Clock of: Choose from the list.",
        ),
        (
            {"until": "2020-11-24T06:00", "zone": "UTC", "why": "w"},
            "or until: This is not after now.",
        ),
    ],
)
def test_a_wrong_snooze_is_said_and_keeps_what_was_typed(form: dict[str, str], said: str) -> None:
    walker = Walker().sign_in()
    answer = walker.post(f"/alerts/{ALERT}/snooze", list=VIEW, **form)
    assert answer.status_code == 400
    page = walker.tree(answer)
    assert said in text_of(page.xpath("//*[@role='alert']")[0])
    kept = page.xpath("//form[contains(@action,'/snooze')]")[0]
    assert kept.xpath(".//input[@name='why']/@value") == [form["why"]]
    assert kept.xpath(".//input[@name='until']/@value") == [form.get("until", "")]
    assert page.xpath("//details[@open]//form[contains(@action,'/snooze')]")


def test_the_same_verdict_is_offered_after_ones_own_and_not_after_an_undo() -> None:
    node = SmallNode(rows=4)
    walker = Walker(node).sign_in()
    form = {"verdict": "explained", "reason": "Papers seen."}
    there = walker.post(f"/alerts/{ALERT}/verdict", **form).headers["location"]
    same = walker.see(there).xpath("//button[@data-key='s']/..")[0]
    assert same.xpath(".//*[@name='verdict']/@value") == ["explained"]
    assert same.xpath(".//*[@name='reason']/@value") == ["Papers seen."]
    other = Walker(node).sign_in("supervisor")
    assert not other.see(there).xpath("//button[@data-key='s']")
    walker.post(f"/alerts/{ALERT}/undo")
    assert not walker.see(there).xpath("//button[@data-key='s']")


def test_a_filter_is_kept_as_a_link_for_its_person_alone() -> None:
    node = SmallNode()
    walker, other = Walker(node).sign_in(), Walker(node).sign_in("supervisor")
    walker.post("/queue/views", list=VIEW + "&cursor=abc", name="Pier <7>")
    link = walker.see("/queue").xpath("//nav[@aria-label='My views']//a")
    assert [(a.text, a.get("href")) for a in link] == [("Pier <7>", f"/queue?{VIEW}")]
    assert not other.see("/queue").xpath("//nav[@aria-label='My views']")
    assert walker.see(link[0].get("href")).xpath("//nav//a[@aria-current][text()='Pier <7>']")
    wrong = walker.post("/queue/views", list=VIEW, name=" ")
    assert wrong.status_code == 400
    assert "This is not written as such a name is. 1–60" in wrong.text
    walker.post("/queue/views/drop", list=VIEW, drop="Pier <7>")
    assert not walker.see("/queue").xpath("//nav[@aria-label='My views']")


def test_every_key_of_the_pages_stands_on_the_help_page() -> None:
    node = SmallNode()
    walker = Walker(node).sign_in()
    walker.post(f"/alerts/{alert_name(0)}/verdict", verdict="explained", reason="x")
    walker.post(f"/alerts/{alert_name(2)}/snooze", hours="4", why="x")
    keys: set[str] = set()
    for address in ("/queue", f"/queue?bulk={BULK}", f"/alerts/{alert_name(2)}?state=all",
                    f"/alerts/{ALERT}?state=all&moved={alert_name(0)}"):  # fmt: skip
        keys |= set(walker.see(address).xpath("//@data-key"))
    walker.post(f"/alerts/{ALERT}/claim")
    keys |= set(walker.see(f"/alerts/{ALERT}").xpath("//@data-key"))
    told = {key for key, _text in KEYS}
    assert keys >= set("jkcrsuvwxzaq/?1")
    assert {key for key in keys if not key.isdigit()} <= told
