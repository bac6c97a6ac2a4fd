"""What a problem says is in the language that its request asks for (RFC 9110 §12.5.4), and in no
language says more than in English."""

from __future__ import annotations

from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

import pytest
from starlette.requests import Request
from starlette.testclient import TestClient

import worlds
from esclusa import errors
from esclusa.api.language import TITLES, language_of, said, title
from esclusa.api.problem import problem_of
from esclusa.api.status import STATUS, sentence_of
from esclusa.model import Level
from esclusa.node.node import Node
from esclusa.web.app import create_app

BASE = "/api/v1"
HIDDEN = "ALTAMIRA-SECRET-7"


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    made = Node.create(tmp_path_factory.mktemp("language") / "node", agency="NORTHREACH")
    made.add_user(
        made.administrator(), name="ana", password=worlds.PASSWORD, role="supervisor",
        clearance=Level.RESTRICTED, caveats=("*",),
    )  # fmt: skip
    token = made.sign_in("ana", worlds.PASSWORD)
    head = {"Authorization": f"Bearer {token}"}
    yield TestClient(create_app(made), base_url="http://node.test", headers=head)
    made.close()


def asked(client: TestClient, header: str, path: str, method: str = "GET", **more: Any) -> Any:
    return client.request(method, BASE + path, headers={"Accept-Language": header}, **more)


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("", "en"), ("es", "es"), ("es-PA,es;q=0.9,en;q=0.5", "es"), ("en, es", "en"),
        ("fr, es;q=0.3", "es"), ("en;q=0.2, ES;q=0.7", "es"), ("es;q=0, en;q=0.1", "en"),
        ("fr;q=x,,,", "en"), ("*", "en"), ("es;q=nan", "en"), ("es;q=1e9", "en"),
        ("x" * 500 + ", es", "en"), ("es;q=0.9, " + "f" * 186 + ", en;q=0.1", "es"),
    ],
    ids=["none", "plain", "region", "order", "second", "weights", "refused", "odd", "any", "nan",
         "exponent", "long", "cut"],
)  # fmt: skip
def test_the_language_is_the_one_most_asked_for(header: str, language: str) -> None:
    scope = {"type": "http", "headers": [(b"accept-language", header.encode())]}
    assert language_of(Request(scope)) == language


def test_every_status_that_the_node_answers_with_has_its_title() -> None:
    assert {*STATUS.values(), 405, 429} <= set(TITLES)
    for status in TITLES:
        assert title(status, "en") == HTTPStatus(status).phrase != title(status, "es") != ""


def test_a_problem_is_in_spanish_where_it_is_asked_for_and_else_as_ever(client: TestClient) -> None:
    path = "/queue?limit=0"
    plain, english, spanish = (asked(client, one, path) for one in ("", "en-GB", "es"))
    assert plain.content == english.content and plain.headers["content-language"] == "en"
    assert plain.json()["title"] == "Bad Request" and "expected 1 to" in plain.json()["detail"]
    assert spanish.headers["content-language"] == "es"
    assert (
        "Accept-Language" in spanish.headers["vary"] and "Accept-Language" in plain.headers["vary"]
    )
    told, before = spanish.json(), plain.json()
    assert told["title"] == "Petición incorrecta"
    assert told["detail"].startswith("limit es 0, se esperaba de 1 a ")
    assert told["errors"][0].pop("detail") == told.pop("detail")
    assert before["errors"][0].pop("detail") in before.pop("detail")
    assert told.pop("title") != before.pop("title")
    assert told == before, "codes, places and words for programs are the same in both"


@pytest.mark.parametrize(
    ("method", "path", "status", "detail"),
    [
        ("GET", "/records/0000", 404, "no existe, o no de modo que usted pueda saberlo"),
        ("GET", "/no-such-address", 404, "no encontrado"),
        ("DELETE", "/queue", 405, "método no permitido"),
        ("GET", "/audit", 403, "la función supervisor no incluye audit:read"),
    ],
    ids=["hidden", "address", "method", "role"],
)
def test_what_is_refused_without_a_value_is_said_in_spanish_too(
    client: TestClient, method: str, path: str, status: int, detail: str
) -> None:
    answer = asked(client, "es", path, method)
    assert (answer.status_code, answer.headers["content-language"]) == (status, "es")
    assert answer.json()["detail"] == detail


def test_a_hidden_thing_and_a_machine_tell_no_more_in_spanish() -> None:
    """404 and 5xx say one sentence each, whatever the error says of itself."""
    for error in (errors.NotFound(HIDDEN), errors.LedgerError(HIDDEN), errors.ConfigError(HIDDEN)):
        told = problem_of(error, None, "es")
        assert HIDDEN not in told.detail and told.detail and told.detail != sentence_of(error)
        assert told.error == problem_of(error).error


def test_a_sentence_without_spanish_leaves_the_whole_answer_in_english() -> None:
    error = errors.InputError("a sentence that nobody put into a catalogue", field="limit")
    assert said(error, str(error), "es") == ""
    assert problem_of(error, None, "es").detail == ""  # so on_error takes English


def test_a_refused_step_keeps_the_codes_that_the_api_itself_uses() -> None:
    state, move = errors.Term("closed", group="state"), errors.Term("claim", group="move")
    error = errors.StateError(
        "an alert that is {state} does not allow the move {move!r}", state=state, move=move
    )
    told = problem_of(error, None, "es")
    assert told.detail == "una alerta en estado «closed» no permite el paso «claim»"
    assert (told.code, told.title) == ("alert:state", "Conflicto")
