"""The API over a real node: every address, its answer's type, its errors, its document."""

from __future__ import annotations

import datetime as dt
import gzip
import re
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any

import msgspec
import pytest
from starlette.testclient import TestClient

from esclusa.api import shapes
from esclusa.api.endpoint import Endpoint
from esclusa.api.endpoints import ENDPOINTS
from esclusa.api.limits import FaceLimits
from esclusa.api.problem import Problem
from esclusa.api.status import STATUS, status_of
from esclusa.errors import EsclusaError, LimitError
from esclusa.model import Level
from esclusa.node.node import Node
from esclusa.sharing import views
from esclusa.web.app import create_app

PASSWORD = "correct horse battery"
SAMPLES = files("esclusa.samples")
BASE = "/api/v1"


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    made = Node.create(tmp_path_factory.mktemp("api") / "node", agency="NORTHREACH")
    for role in ("analyst", "supervisor", "auditor", "administrator"):
        made.add_user(
            made.administrator(), name=role, password=PASSWORD, role=role,
            clearance=Level.RESTRICTED, caveats=("*",),
        )  # fmt: skip
    for name in ("manifest-northreach-0412.edi", "manifest-damaged.edi"):
        with (SAMPLES / name).open("rb") as stream:
            made.ingest(made.operator(), name, stream)
    yield made
    made.close()


class Caller:
    """A program that calls the API in one role."""

    def __init__(self, client: TestClient, role: str = "") -> None:
        self.client = client
        self.headers: dict[str, str] = {}
        if role:
            answer = self.call("POST", "/session", json={"name": role, "password": PASSWORD})
            self.headers = {"Authorization": f"Bearer {answer.json()['token']}"}

    def call(self, method: str, path: str, **more: Any) -> Any:
        return self.client.request(method, BASE + path, headers=self.headers, **more)

    def get(self, path: str, into: Any, **params: Any) -> Any:
        """Return the answer as the type; an extra or missing member fails the test."""
        answer = self.call("GET", path, params=params)
        assert answer.status_code == 200, answer.text
        return msgspec.convert(answer.json(), into)


@pytest.fixture(scope="module")
def client(node: Node) -> TestClient:
    return TestClient(create_app(node), base_url="http://node.test")


@pytest.fixture(scope="module")
def analyst(client: TestClient) -> Caller:
    return Caller(client, "analyst")


@pytest.fixture(scope="module")
def document(client: TestClient) -> dict[str, Any]:
    return client.get(BASE + "/openapi.json").json()


def problem(answer: Any, status: int) -> Problem:
    """Return the problem of an answer; fail the test on another status or media type."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    return msgspec.convert(answer.json(), Problem)


# --- the document -------------------------------------------------------------------------------


def test_every_address_is_in_the_document_and_nothing_else(document: dict[str, Any]) -> None:
    said = {(path, method.upper()) for path, item in document["paths"].items() for method in item}
    assert said == {(found.path, found.method) for found in ENDPOINTS}
    assert document["openapi"].startswith("3.1")


def test_every_reference_of_the_document_leads_somewhere(document: dict[str, Any]) -> None:
    names = set(
        re.findall(r'"#/components/schemas/([^"]+)"', msgspec.json.encode(document).decode())
    )
    assert names <= set(document["components"]["schemas"])
    assert {"QueuePage", "RecordView", "Problem"} <= names


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda e: f"{e.method} {e.path}")
def test_the_document_says_what_each_address_takes(
    document: dict[str, Any], endpoint: Endpoint
) -> None:
    said = document["paths"][endpoint.path][endpoint.method.lower()]
    given = {p["name"] for p in said["parameters"] if p["in"] == "path"}
    assert given == set(re.findall(r"\{(\w+)\}", endpoint.path))
    asked = {p["name"] for p in said["parameters"] if p["in"] == "query"}
    assert asked == set(endpoint.query.__struct_fields__ if endpoint.query else ())
    assert ("requestBody" in said) == bool(endpoint.body or endpoint.raw)
    assert str(endpoint.status) in said["responses"] and "default" in said["responses"]
    assert (said.get("security") == []) == (not endpoint.signed_in)
    assert said["summary"]


def test_operations_have_names_of_their_own(document: dict[str, Any]) -> None:
    names = [op["operationId"] for item in document["paths"].values() for op in item.values()]
    assert len(names) == len(set(names))


# --- reading ------------------------------------------------------------------------------------


def test_the_queue_its_alert_and_its_record_are_of_their_view_types(analyst: Caller) -> None:
    page = analyst.get("/queue", views.QueuePage, limit=5)
    assert len(page.rows) == 5 and page.next_cursor
    alert = analyst.get(f"/alerts/{page.rows[0].alert_id}", views.AlertView)
    assert alert.alert.score == sum(reason.points for reason in alert.alert.reasons)
    record = analyst.get(f"/records/{alert.alert.subject_id}", views.RecordView)
    assert record.alert == alert
    first = analyst.get(f"/records/{record.id}", views.RecordView, version=1)
    assert first.version == 1


def test_the_queue_is_walked_to_its_end_by_its_cursor(analyst: Caller) -> None:
    seen: list[str] = []
    cursor = ""
    while True:
        page = analyst.get("/queue", views.QueuePage, limit=7, cursor=cursor)
        seen += [row.alert_id for row in page.rows]
        cursor = page.next_cursor
        if not cursor:
            break
    assert len(seen) == len(set(seen)) == page.count > 7


def test_search_sources_lists_rules_and_verdicts(analyst: Caller) -> None:
    found = analyst.get("/search", views.SearchPage, text="NORTHREACH PIONEER", limit=3)
    assert len(found.rows) == 3 and found.more
    sources = analyst.get("/sources", tuple[views.SourceView, ...])
    assert {source.name for source in sources} >= {"manifest-damaged.edi"}
    damaged = next(s for s in sources if s.name == "manifest-damaged.edi")
    deep = analyst.get(f"/sources/{damaged.id}", views.SourceView)
    assert deep.quarantine and all(defect.offset >= 0 for defect in deep.defects)
    again = analyst.call("POST", f"/quarantine/{deep.quarantine[0].id}/retry")
    assert msgspec.convert(again.json(), views.SourceView).id == deep.id
    analyst.get("/lists", tuple[views.ListView, ...])
    assert analyst.get("/rules", tuple[views.RuleView, ...])
    codes = [choice.code for choice in analyst.get("/verdicts", list[shapes.VerdictChoice])]
    assert "refer" in codes


def test_screening_answers_with_hits_and_a_word_of_caution(
    client: TestClient, node: Node, analyst: Caller
) -> None:
    with gzip.open(str(SAMPLES / "lists" / "un_consolidated.xml.gz")) as stream:
        node.add_list(node.operator(), "un", "United Nations", [("un.xml", stream)])
    entry = analyst.get("/search", views.SearchPage, text="al", kind="list_entry").rows
    name = entry[0].title if entry else "MOHAMMAD"
    answer = analyst.call("POST", "/screen", json={"name": name})
    screened = msgspec.convert(answer.json(), shapes.ScreenAnswer)
    assert "may still" in screened.note
    assert all(0 < hit.score <= 1.0 or hit.score <= 100 for hit in screened.hits)
    if entry:
        assert name in {hit.entry_name for hit in screened.hits}


def test_health_is_open_and_says_nothing_of_the_inside(client: TestClient) -> None:
    answer = client.get(BASE + "/health")
    assert answer.json() == {"status": "ok"}


def test_the_auditor_reads_the_log_and_finds_the_calls_in_it(client: TestClient) -> None:
    auditor = Caller(client, "auditor")
    Caller(client, "analyst").get("/queue", views.QueuePage)
    rows = auditor.get("/audit", tuple[views.AuditRow, ...], limit=50)
    assert "queue:read" in {row.action for row in rows}
    older = auditor.get("/audit", tuple[views.AuditRow, ...], before=rows[-1].seq, limit=5)
    assert all(row.seq < rows[-1].seq for row in older)


# --- acting -------------------------------------------------------------------------------------


def test_claim_verdict_and_undo(analyst: Caller) -> None:
    alert = analyst.get("/queue", views.QueuePage).rows[0].alert_id

    def step(name: str, **body: str) -> views.AlertView:
        answer = analyst.call("POST", f"/alerts/{alert}/{name}", json=body or None)
        assert answer.status_code == 200, answer.text
        return msgspec.convert(answer.json(), views.AlertView)

    assert step("claim").claimed_by == "analyst"
    assert step("release").state == "new"
    assert step("verdict", verdict="explained", reason="Papers seen.").state == "closed"
    assert step("undo").state == "new"
    end = (dt.datetime.now(dt.UTC) + dt.timedelta(hours=1)).isoformat()
    late = analyst.call("POST", f"/alerts/{alert}/snooze", json={"until": end, "reason": "later"})
    assert "after what the alert is about" in problem(late, 409).detail
    problem(analyst.call("POST", f"/alerts/{alert}/wake"), 409)
    stale = {"verdict": "explained", "reason": "x", "seen": "AAAAAA"}
    refused = problem(analyst.call("POST", f"/alerts/{alert}/verdict", json=stale), 409)
    assert refused.error == "MovedOn"
    assert "undo by analyst" in refused.detail


def test_one_verdict_on_many_alerts_is_written_on_all_or_on_none(analyst: Caller) -> None:
    rows = analyst.get("/queue", views.QueuePage).rows
    picks = [{"alert_id": row.alert_id, "seen": row.seen} for row in rows[:2]]

    def many(path: str, **body: object) -> views.BulkView:
        answer = analyst.call("POST", path, json=body)
        assert answer.status_code == 200, answer.text
        return msgspec.convert(answer.json(), views.BulkView)

    said = {"verdict": "explained", "reason": "Papers seen."}
    done = many("/queue/verdict", alerts=picks, **said)
    assert done.done == tuple(row.alert_id for row in rows[:2])
    again = many("/queue/verdict", alerts=picks, **said)
    assert (again.bulk, [item.by for item in again.against]) == ("", ["analyst", "analyst"])
    assert set(many("/queue/undo", bulk=done.bulk).done) == set(done.done)
    crowd = [{"alert_id": f"a{number}"} for number in range(1001)]
    for wrong, status in (
        ({"alerts": []}, 400),
        ({"alerts": picks, "verdict": "clean"}, 400),
        ({"alerts": picks, "reason": " "}, 400),
        ({"alerts": [{"id": "x"}]}, 400),
        ({"alerts": crowd}, 413),
    ):
        problem(analyst.call("POST", "/queue/verdict", json=said | wrong), status)
    problem(analyst.call("POST", "/queue/undo", json={"bulk": "nothing"}), 404)


def test_a_step_the_state_does_not_allow_is_409(client: TestClient, analyst: Caller) -> None:
    alert = analyst.get("/queue", views.QueuePage).rows[1].alert_id
    Caller(client, "supervisor").call("POST", f"/alerts/{alert}/claim")
    found = problem(analyst.call("POST", f"/alerts/{alert}/claim"), 409)
    assert found.error == "StateError" and "supervisor" in found.detail


def test_a_file_sent_is_in_custody_and_read_when_the_answer_comes(analyst: Caller) -> None:
    data = (SAMPLES / "ocean-manifest-309.x12").read_bytes()
    answer = analyst.call("POST", "/sources", params={"name": "../ocean.x12"}, content=data)
    assert answer.status_code == 201
    source = msgspec.convert(answer.json(), views.SourceView)
    assert (source.name, source.size, source.state) == ("ocean.x12", len(data), "done")
    again = analyst.call("POST", "/sources", params={"name": "ocean.x12"}, content=data)
    assert again.json()["id"] == source.id


# --- refusing -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "endpoint", [e for e in ENDPOINTS if e.signed_in], ids=lambda e: f"{e.method} {e.path}"
)
def test_without_a_bearer_token_every_address_is_401(
    client: TestClient, endpoint: Endpoint
) -> None:
    path = re.sub(r"\{\w+\}", "x", endpoint.path)
    for headers in ({}, {"Authorization": "Basic x"}, {"Authorization": "Bearer nonsense"}):
        answer = client.request(endpoint.method, BASE + path, headers=headers)
        assert problem(answer, 401).error == "SignInError"
        assert answer.headers["WWW-Authenticate"] == "Bearer"


def test_a_session_cookie_opens_nothing_here(client: TestClient, node: Node) -> None:
    token = node.sign_in("analyst", PASSWORD)
    answer = client.get(BASE + "/queue", headers={"Cookie": f"esclusa={token}"})
    assert answer.status_code == 401
    assert "set-cookie" not in answer.headers


def test_a_closed_session_is_worth_nothing(client: TestClient) -> None:
    caller = Caller(client, "analyst")
    assert caller.call("DELETE", "/session").status_code == 204
    problem(caller.call("GET", "/queue"), 401)


@pytest.mark.parametrize("role", ("auditor", "administrator"))
def test_a_role_without_the_action_is_403(client: TestClient, role: str) -> None:
    caller = Caller(client, role)
    for path in ("/queue", "/search?text=x", "/sources", "/records/x", "/alerts/x"):
        assert problem(caller.call("GET", path), 403).error == "Forbidden"
    problem(caller.call("POST", "/sources?name=x", content=b"x"), 403)


def test_a_missing_thing_and_a_hidden_one_are_the_same_404(
    client: TestClient, node: Node, analyst: Caller
) -> None:
    row = analyst.get("/queue", views.QueuePage).rows[0]
    node.add_user(
        node.administrator(), name="low", password=PASSWORD, role="analyst", clearance=Level.OPEN
    )
    low = Caller(client, "low")
    assert low.get("/queue", views.QueuePage).rows == ()
    for path in (f"/records/{row.subject_id}", f"/alerts/{row.alert_id}"):
        hidden = low.call("GET", path)
        missing = low.call("GET", "/records/00000000-0000-5000-8000-000000000000")
        assert problem(hidden, 404) == problem(missing, 404)


@pytest.mark.parametrize(
    ("path", "word"),
    (
        ("/queue?limit=0", "limit"), ("/queue?limit=x", "limit"), ("/queue?state=x", "state"),
        ("/queue?minimum_score=nan", "minimum_score"), ("/queue?colour=red", "colour"),
        ("/queue?cursor=rubbish", "cursor"), ("/search", "text"), ("/search?text=%00", "text"),
        ("/search?text=x&kind=y", "kind"), ("/search?text=x&limit=999", "limit"),
        ("/records/x?version=-1", "version"), ("/records/x?version=" + "9" * 30, "version"),
        ("/sources?limit=1e9", "limit"), ("/rules?x=1", "x"),
    ),
)  # fmt: skip
def test_a_wrong_parameter_is_400_and_named(analyst: Caller, path: str, word: str) -> None:
    assert word in problem(analyst.call("GET", path), 400).detail


@pytest.mark.parametrize(
    "body",
    (b"", b"{", b"[]", b"null", b'{"name": 5}', b'{"name": "x", "colour": "red"}', b"\xff\xfe",
     b'{"name": "x", "limit": 0}', b'{"name": "x", "type": "ghost"}', b'{"name": "\\u0000"}',
     b"[" * 100_000),
)  # fmt: skip
def test_a_wrong_body_is_400_and_never_500(analyst: Caller, body: bytes) -> None:
    assert problem(analyst.call("POST", "/screen", content=body), 400).error == "InputError"


def test_a_body_above_the_limit_is_413(node: Node) -> None:
    limits = FaceLimits(upload_bytes=1_000_000, form_bytes=10_000)
    caller = Caller(TestClient(create_app(node, limits=limits)), "analyst")
    answer = caller.call("POST", "/sources?name=x", content=b"x" * 1_000_001)
    assert "1 MB" in problem(answer, 413).detail
    problem(caller.call("POST", "/screen", content=b" " * 20_000), 413)


def test_an_unknown_address_and_a_wrong_method_are_problems_too(analyst: Caller) -> None:
    problem(analyst.call("GET", "/nothing"), 404)
    answer = analyst.call("PUT", "/queue")
    problem(answer, 405)
    assert "GET" in answer.headers["Allow"]


def test_failed_sign_ins_are_slowed_down_with_retry_after(
    node: Node, brake_clock: list[float]
) -> None:
    client = TestClient(create_app(node))
    body = {"name": "analyst", "password": "wrong"}
    answers = [client.post(BASE + "/session", json=body) for _ in range(6)]
    assert [answer.status_code for answer in answers] == [401] * 5 + [429]
    wait = int(answers[-1].headers["Retry-After"])
    assert wait > 0
    for later, status in ((wait - 0.5, 429), (0.5, 401), (0.0, 429)):
        brake_clock[0] += later
        assert client.post(BASE + "/session", json=body).status_code == status


def test_a_crash_is_a_problem_without_detail(node: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    def crash(*args: object, **more: object) -> None:
        raise RuntimeError("secret detail")

    client = TestClient(create_app(node), raise_server_exceptions=False)
    caller = Caller(client, "analyst")
    monkeypatch.setattr(node, "queue", crash)
    answer = caller.call("GET", "/queue")
    problem(answer, 500)
    assert "secret" not in answer.text
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]


# --- the table of statuses ------------------------------------------------------------------------


def every_error(root: type[EsclusaError]) -> Iterator[type[EsclusaError]]:
    for cls in root.__subclasses__():
        yield cls
        yield from every_error(cls)


def test_every_error_of_the_house_has_a_status() -> None:
    house = {cls for cls in every_error(EsclusaError) if cls.__module__ == "esclusa.errors"}
    assert house == set(STATUS)


def test_an_error_below_another_takes_its_status() -> None:
    class Narrow(LimitError):
        """An error added later."""

    assert status_of(Narrow("x")) == 413
    assert status_of(EsclusaError("x")) == 500


def test_nothing_is_left_of_an_upload_that_was_refused(node: Node, tmp_path: Path) -> None:
    limits = FaceLimits(upload_bytes=1_000)
    caller = Caller(TestClient(create_app(node, limits=limits)), "analyst")
    before = caller.get("/sources", tuple[views.SourceView, ...])
    caller.call("POST", "/sources?name=x", content=b"x" * 2_000)
    assert caller.get("/sources", tuple[views.SourceView, ...]) == before
