"""What a page must withstand: other people's scripts, forged forms, wrong values, too much."""

from __future__ import annotations

import re

import pytest
from lxml import html
from small_cases import CASE
from small_entities import ENTITY, MENTION, OTHER
from small_lists import LIST
from small_matches import MATCH
from small_node import HOSTILE, PASSWORD, SOURCE, SmallNode, alert_name, record_name
from small_redress import GIVEN
from small_referrals import LOUD
from small_requests import LATE
from small_scores import MODEL
from small_seizures import JOINED, REPORT
from small_yard import SHEET as YARD
from walker import Walker, text_of

from esclusa.api.limits import FaceLimits
from esclusa.errors import LedgerError
from esclusa.web.page import all_pages
from esclusa.web.shield import HEADERS

ALERT, RECORD = alert_name(1), record_name(1)
ADDRESSES = (
    "/", "/queue", f"/alerts/{ALERT}", f"/records/{RECORD}", "/search?text=x", "/screening",
    "/intake", f"/intake/{SOURCE}", f"/intake/{SOURCE}/proposal", f"/intake/{SOURCE}/recall", "/mappings",
    "/mappings/marisol-consignment", "/lists", f"/lists/{LIST}", f"/lists/{LIST}/editions/3", "/rules", "/help", "/preferences", "/sign-in",
    "/audit", "/entities?text=x", f"/entities/{ENTITY}?to=x", "/entity-questions", "/entity-judgements",
    f"/entity-pairs/{MENTION}/{OTHER}", "/models", f"/models/{MODEL}", "/matches", f"/matches/{MATCH}", "/warnings", "/seizures", f"/seizures/{JOINED}", f"/seizures/{JOINED}/reports/{REPORT}", "/seizure-starts", "/redress", f"/redress/{GIVEN}", f"/redress-starts/{RECORD}", "/referrals", f"/referrals/{LOUD}", f"/referral-starts/{RECORD}", "/requests", f"/requests/{LATE}", "/request-starts", "/yard", f"{YARD}?receipt=7", "/glossary/seal", "/cases", f"/cases/{CASE}", f"/cases/{CASE}/checks", f"/case-starts/alert/{ALERT}", "/nothing", "/queue?limit=x", "/api/v1/health", "/api/v1/queue", "/api/v1/nothing",
)  # fmt: skip


@pytest.mark.parametrize("address", ADDRESSES)
def test_every_answer_carries_the_strict_policy(address: str) -> None:
    walker = Walker().sign_in()
    answer = walker.get(address)
    for name, value in HEADERS.items():
        assert answer.headers[name] == value, name
    assert answer.headers["Cache-Control"] == "no-store"
    assert "unsafe" not in answer.headers["Content-Security-Policy"]


def test_the_policy_covers_a_crash_and_tells_nothing_of_it() -> None:
    walker = Walker(SmallNode(broken=RuntimeError("secret detail"))).sign_in()
    for language in ("en", "es"):
        walker.post("/preferences", language=language, back="/help")
        answer = walker.get("/queue")
        assert answer.status_code == 500
        assert answer.headers["Content-Security-Policy"] == HEADERS["Content-Security-Policy"]
        assert "secret" not in answer.text and "RuntimeError" not in answer.text
        assert f'lang="{language}"' in answer.text


def test_a_crash_is_logged_by_kind_and_place_without_its_words(
    caplog: pytest.LogCaptureFixture,
) -> None:
    Walker(SmallNode(broken=RuntimeError("secret detail"))).sign_in().get("/queue")
    assert "RuntimeError" in caplog.text and "queue" in caplog.text
    assert "secret" not in caplog.text


def test_an_unreachable_ledger_is_503_without_detail() -> None:
    walker = Walker(SmallNode(broken=LedgerError("sqlite:///secret/path is locked"))).sign_in()
    answer = walker.get("/queue")
    assert answer.status_code == 503 and "sqlite" not in answer.text


@pytest.mark.parametrize("language", ("en", "es"))
@pytest.mark.parametrize("role", ("analyst", "supervisor", "auditor", "administrator"))
def test_a_hostile_text_is_shown_as_text_everywhere(role: str, language: str) -> None:
    walker = Walker(SmallNode(title=HOSTILE)).sign_in(role, language)
    shown = 0
    for address in (*ADDRESSES, "/users", "/audit"):
        text = walker.get(address).text
        assert "<script>alert" not in text and "<img src=x" not in text, address
        shown += "&lt;script&gt;" in text
    assert shown >= 1


def test_a_hostile_text_typed_by_the_reader_comes_back_as_text() -> None:
    walker = Walker().sign_in()
    for answer in (
        walker.client.get("/search", params={"text": HOSTILE}),
        walker.client.get("/queue", params={"port": HOSTILE}),
        walker.post("/screening", name=HOSTILE),
        walker.client.get("/queue", params={"state": HOSTILE}),
        walker.client.get("/sign-in", params={"next": HOSTILE}),
    ):
        assert "<script>alert" not in answer.text and "<img src=x" not in answer.text


# --- sessions ------------------------------------------------------------------------------


def test_without_a_session_every_page_leads_to_the_sign_in() -> None:
    walker = Walker()
    for page in all_pages():
        if page.signed_in:
            answer = walker.client.request(page.method, page.path)
            assert answer.status_code == 303, page.path
            assert answer.headers["location"].startswith("/sign-in")


def test_the_session_cookie_is_out_of_reach_of_scripts_and_other_sites() -> None:
    answer = Walker().try_sign_in("analyst")
    cookie = next(c for c in answer.headers.get_list("set-cookie") if c.startswith("esclusa="))
    assert "HttpOnly" in cookie and "SameSite=strict" in cookie and "Path=/" in cookie


def test_behind_https_the_cookie_is_secure_and_bound_to_the_host() -> None:
    answer = Walker(secure=True).try_sign_in("analyst")
    cookies = answer.headers.get_list("set-cookie")
    session = next(c for c in cookies if c.startswith("__Host-esclusa="))
    assert "Secure" in session and "Path=/" in session and "Domain" not in session
    assert answer.headers["Strict-Transport-Security"]


def test_signing_out_ends_the_session_at_the_node_too() -> None:
    walker = Walker().sign_in()
    kept = walker.client.cookies["esclusa"]
    assert walker.post("/sign-out").status_code == 303
    walker.client.cookies.set("esclusa", kept, domain="node.test")
    assert walker.get("/queue").headers["location"].startswith("/sign-in")


def test_after_signing_in_the_reader_goes_where_he_wanted() -> None:
    walker = Walker()
    assert walker.get("/queue?port=PAONX").headers["location"] == (
        "/sign-in?next=%2Fqueue%3Fport%3DPAONX"
    )
    answer = walker.try_sign_in("analyst", next="/queue?port=PAONX")
    assert answer.headers["location"] == "/queue?port=PAONX"


@pytest.mark.parametrize("next_address", ("//evil.test", "https://evil.test", "/\\evil.test",
                                          "/\t/evil.test", "javascript:alert(1)", ""))  # fmt: skip
def test_the_way_back_never_leads_to_another_site(next_address: str) -> None:
    answer = Walker().try_sign_in("analyst", next=next_address)
    assert answer.headers["location"] == "/"


@pytest.mark.parametrize(
    "wrong", ({"password": "wrong"}, {"name": "nobody"}, {"purpose": "curiosity"})
)
def test_a_refused_sign_in_never_says_what_was_wrong(wrong: dict[str, str]) -> None:
    walker = Walker()
    answer = walker.try_sign_in(wrong.pop("name", "analyst"), **wrong)
    assert answer.status_code == 401
    assert "Name, password or purpose is not right." in answer.text


@pytest.mark.usefixtures("brake_clock")
def test_failed_sign_ins_are_slowed_down() -> None:
    walker = Walker()
    codes = [walker.try_sign_in("analyst", password="wrong").status_code for _ in range(7)]
    assert codes == [401] * 5 + [429] * 2
    assert walker.try_sign_in("analyst").status_code == 429
    assert walker.try_sign_in("supervisor").status_code == 303


# --- forged and wrong forms ------------------------------------------------------------------

POSTS = [page for page in all_pages() if page.method == "POST"]


@pytest.mark.parametrize("page", POSTS, ids=lambda page: page.path)
@pytest.mark.parametrize("token", ("", "form-token-analyst-9"))
def test_a_form_without_the_sessions_token_is_refused(page: object, token: str) -> None:
    path = re.sub(r"\{alert_id\}", ALERT, page.path)  # type: ignore[attr-defined]
    path = re.sub(r"\{quarantine_id\}", "5", path)
    for role in ("analyst", "administrator"):
        walker = Walker().sign_in(role)
        answer = walker.client.post(path, data={"csrf": token} if token else {})
        assert answer.status_code == 403, path


def test_a_sign_in_form_from_another_browser_is_refused() -> None:
    walker = Walker()
    walker.client.get("/sign-in")
    answer = walker.client.post(
        "/sign-in", data={"csrf": "x", "name": "analyst", "password": PASSWORD}
    )
    assert answer.status_code == 403


@pytest.mark.parametrize(
    "address",
    (
        "/queue?limit=x", "/queue?limit=0", "/queue?limit=100000", "/queue?minimum_score=nan",
        "/queue?minimum_score=1e999", "/queue?state=none", "/queue?sort=x", "/queue?mine=perhaps",
        "/queue?kind=alert", "/queue?colour=red", "/queue?port=%00", "/queue?port=" + "x" * 3000,
        "/queue?limit=99999999999999999999999", f"/records/{RECORD}?version=-1",
        f"/records/{RECORD}?version=1e3", f"/records/{RECORD}?version=" + "9" * 40,
        "/search?text=x&kind=none", "/search?text=%01", f"/alerts/{ALERT}?limit=x",
    ),
)  # fmt: skip
@pytest.mark.parametrize("language", ("en", "es"))
def test_a_wrong_value_in_an_address_is_400_and_never_500(address: str, language: str) -> None:
    answer = Walker().sign_in("analyst", language).get(address)
    assert answer.status_code == 400
    assert f'lang="{language}"' in answer.text


def test_a_wrong_value_in_a_form_is_told_and_never_500() -> None:
    walker = Walker().sign_in("administrator")
    for form in (
        {"name": "x", "password": "y", "role": "king", "clearance": "1"},
        {"name": "x", "password": "y", "role": "analyst", "clearance": "9"},
        {"name": "x", "password": "y", "role": "analyst", "clearance": "²"},
        {"name": "x", "password": "y"},
        {},
    ):
        assert walker.post("/users", **form).status_code == 400
    for form in ({"language": "xx"}, {"time_zone": "../etc/passwd"}, {"purpose": "x"}):
        assert walker.post("/preferences", **form).status_code == 400


def test_a_missing_and_a_hidden_thing_give_the_same_page() -> None:
    walker = Walker().sign_in()
    pages = [
        re.sub(
            r"\d\d:\d\d|value=\"/[^\"]*\"| aria-current=\"page\"| class=\"here\" open",
            "",
            walker.get(address).text,
        )
        for address in ("/records/nothing", "/alerts/nothing", "/intake/nothing", "/nothing")
    ]
    assert len(set(pages)) == 1


def test_a_wrong_method_is_405() -> None:
    walker = Walker().sign_in()
    assert walker.client.delete("/queue").status_code == 405


# --- too much ----------------------------------------------------------------------------------


def test_an_upload_above_the_limit_is_413_with_the_limit_named() -> None:
    walker = Walker(limits=FaceLimits(upload_bytes=2_000_000)).sign_in()
    answer = walker.post("/intake", files={"files": ("big.edi", b"x" * 2_500_000)})
    assert answer.status_code == 413
    assert "2 MB" in answer.text


def test_an_upload_below_the_limit_is_taken() -> None:
    walker = Walker(limits=FaceLimits(upload_bytes=2_000_000)).sign_in()
    answer = walker.post("/intake", files={"files": ("small.edi", b"x" * 1_500_000)})
    assert answer.headers["location"].partition("?")[0] == f"/intake/{SOURCE}"


def test_an_upload_without_a_file_is_told() -> None:
    answer = Walker().sign_in().post("/intake", files={"files": ("", b"")})
    assert answer.status_code == 400 and "Choose a file." in answer.text


def test_a_form_without_files_is_small() -> None:
    walker = Walker().sign_in()
    assert walker.post("/screening", name="x" * 500_000).status_code == 413


def test_a_file_sent_to_a_form_that_takes_none_is_400() -> None:
    answer = Walker().sign_in().post("/screening", files={"name": ("x", b"y")})
    assert answer.status_code == 400


def test_too_many_fields_are_400() -> None:
    walker = Walker().sign_in()
    form = {f"f{number}": "" for number in range(100)}
    assert walker.post("/screening", **form).status_code == 400


def test_a_broken_multipart_body_is_400() -> None:
    walker = Walker().sign_in()
    answer = walker.client.post(
        "/intake", content=b"garbage", headers={"content-type": "multipart/form-data; boundary=x"}
    )
    assert answer.status_code in (400, 403)


def test_an_unknown_body_kind_is_refused_for_want_of_the_token() -> None:
    walker = Walker().sign_in()
    answer = walker.client.post("/screening", json={"name": "x"})
    assert answer.status_code == 403


def test_static_files_carry_their_hash_and_may_be_kept_for_ever() -> None:
    walker = Walker()
    page = walker.see("/sign-in")
    for address in (*page.xpath("//link/@href"), *page.xpath("//script/@src")):
        answer = walker.get(address)
        assert answer.status_code == 200
        assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert walker.get(address.replace("/static/", "/static/0")).status_code == 404
    assert walker.get("/static/0123456789abcdef/..%2fapp.py").status_code == 404


def test_no_page_asks_for_anything_outside_the_node() -> None:
    walker = Walker().sign_in()
    for address in ADDRESSES:
        if address.startswith("/api"):
            continue
        page = walker.client.get(address, follow_redirects=True).text
        assert not re.search(r"(?:src|href|action|formaction)=\"(?!/|#)", page), address


def test_a_refused_step_says_why_in_the_readers_language() -> None:
    node = SmallNode()
    Walker(node).sign_in("supervisor").post(f"/alerts/{ALERT}/claim")
    walker = Walker(node).sign_in("analyst", "es")
    answer = walker.post(f"/alerts/{ALERT}/claim")
    assert answer.status_code == 409
    assert 'lang="es">la alerta ya la tiene supervisor' in answer.text
    assert "Ese paso no es posible ahora" in answer.text


def test_a_name_screened_stands_in_no_address() -> None:
    walker = Walker().sign_in()
    form = walker.see("/screening").xpath("//form[@action='/screening']")[0]
    assert form.get("method") == "post"
    answer = walker.post("/screening", name="Orilla")
    assert "Possible matches" in text_of(html.fromstring(answer.text))
