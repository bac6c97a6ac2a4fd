"""The work queue: filter, steps and verdicts without script, and its weight on a thin line."""

from __future__ import annotations

import gzip

import pytest
from small_node import SmallNode, alert_name
from walker import Walker, text_of

from esclusa.api.limits import DEFAULT
from esclusa.errors import InputError
from esclusa.sharing.views import QueueFilter
from esclusa.web.filters import address_of, read, with_filter
from esclusa.web.statics import Statics

ALERT = alert_name(1)
VIEW = "state=all&port=PAONX&sort=arrival"


@pytest.mark.parametrize("language", ("en", "es"))
def test_200_rows_with_style_and_script_weigh_30_kb_at_most(language: str) -> None:
    walker = Walker(SmallNode(rows=250)).sign_in("analyst", language)
    answer = walker.get("/queue?limit=200")
    assert answer.text.count("data-row") == 200
    page = int(answer.headers["content-length"])
    assert answer.headers["content-encoding"] == "gzip"
    statics = sum(len(gzip.compress(data, 6)) for data in Statics()._files.values())
    assert page + statics <= 30_000, (page, statics)


def test_the_key_script_stays_below_2_kb() -> None:
    assert len(Statics()._files["keys.js"]) < 2_048


def test_the_filter_travels_through_alert_steps_and_back() -> None:
    walker = Walker().sign_in()
    row = walker.see(f"/queue?{VIEW}").xpath(f"//tr[@id='a-{ALERT}']//a/@href")[0]
    assert row == f"/alerts/{ALERT}?{VIEW}"
    page = walker.see(row)
    nearby = page.xpath("//a[@rel]/@href")
    assert nearby == [f"/alerts/{alert_name(0)}?{VIEW}", f"/alerts/{alert_name(2)}?{VIEW}"]
    assert page.xpath("//a[@data-key='q']/@href") == [f"/queue?{VIEW}&at={ALERT}#a-{ALERT}"]
    answer = walker.post(f"/alerts/{ALERT}/claim", list=VIEW)
    assert answer.headers["location"] == row


def test_a_claim_from_the_queue_comes_back_to_its_row() -> None:
    answer = Walker().sign_in().post(f"/alerts/{ALERT}/claim", list=VIEW, **{"from": "queue"})
    assert answer.headers["location"] == f"/queue?{VIEW}#a-{ALERT}"


def test_a_verdict_leads_to_the_next_alert_with_undo_at_hand() -> None:
    walker = Walker().sign_in()
    answer = walker.post(
        f"/alerts/{ALERT}/verdict", verdict="explained", reason="Papers seen.", list=VIEW
    )
    there = answer.headers["location"]
    assert there == f"/alerts/{alert_name(2)}?{VIEW}&moved={ALERT}"
    undo = walker.see(there).xpath("//form[contains(@class,'note')]/@action")
    assert undo == [f"/alerts/{ALERT}/undo"]
    assert walker.post(undo[0], list=VIEW).headers["location"] == f"/alerts/{ALERT}?{VIEW}"
    said = text_of(walker.see(f"/alerts/{ALERT}"))
    assert "Papers seen." in said and "State: New" in said


def test_the_last_verdict_of_a_list_leads_back_to_the_list() -> None:
    walker = Walker(SmallNode(rows=1)).sign_in()
    answer = walker.post(f"/alerts/{alert_name(0)}/verdict", verdict="refer", reason="x")
    assert answer.headers["location"] == f"/queue?moved={alert_name(0)}"


@pytest.mark.parametrize("form", ({}, {"verdict": "refer"}, {"verdict": "x", "reason": "y"},
                                  {"verdict": "refer", "reason": "   "}))  # fmt: skip
def test_a_verdict_needs_a_code_of_the_list_and_a_reason(form: dict[str, str]) -> None:
    assert Walker().sign_in().post(f"/alerts/{ALERT}/verdict", **form).status_code == 400


def test_a_claimed_row_offers_release_to_its_holder_alone() -> None:
    node = SmallNode()
    holder, other = Walker(node).sign_in("analyst"), Walker(node).sign_in("supervisor")
    holder.post(f"/alerts/{ALERT}/claim")
    row = f"//tr[@id='a-{ALERT}']//button/@formaction"
    assert holder.see("/queue").xpath(row) == [f"/alerts/{ALERT}/release"]
    assert other.see("/queue").xpath(row) == []
    assert "analyst" in other.see("/queue").xpath(f"//tr[@id='a-{ALERT}']")[0].text_content()


def test_the_next_page_keeps_the_filter() -> None:
    page = Walker(SmallNode(rows=60)).sign_in().see("/queue?sort=recent")
    assert page.xpath("//a[@rel='next']/@href") == ["/queue?sort=recent&cursor=b3RoZXI%3D"]


def test_a_filter_and_its_address_say_the_same() -> None:
    wanted = QueueFilter(state="all", mine=True, minimum_score=12.5, cursor="a=b&c", limit=200)
    address = address_of(wanted)
    from urllib.parse import parse_qsl

    assert read(parse_qsl(address), DEFAULT) == wanted
    assert address_of(QueueFilter()) == ""
    assert with_filter("/queue", "", moved="") == "/queue"


def test_a_list_sent_by_a_form_is_read_as_strictly_as_an_address() -> None:
    with pytest.raises(InputError):
        read([("limit", "0")], DEFAULT)
    answer = Walker().sign_in().post(f"/alerts/{ALERT}/claim", list="state=x&evil=1")
    assert answer.status_code == 400


def test_moved_is_an_alerts_id_or_nothing() -> None:
    page = Walker().sign_in().see('/queue?moved="><script>')
    assert not page.xpath("//form[contains(@class,'note')]")


def test_a_verdict_chosen_by_key_in_the_queue_is_chosen_on_the_alert() -> None:
    page = Walker().sign_in().see(f"/alerts/{ALERT}?verdict=2")
    assert page.xpath("//input[@type='radio'][@checked]/@value") == ["inform"]
    assert page.xpath("//input[@name='reason']/@autofocus")
