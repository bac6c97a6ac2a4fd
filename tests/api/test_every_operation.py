"""Bad input, on every operation of the API: what is sent is made from the OpenAPI document itself,
so a new address is held to this without anybody thinking of it.

Each value of each body and address is sent missing, too long, of another kind and with signs that
are no text. Each must be refused as a problem (RFC 9457) that points to the value, in the language that
was asked for, and must change nothing. About twenty CPU seconds.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import httpx
import pytest
from starlette.testclient import TestClient

import form_worlds
import worlds
from esclusa.api.language import TITLES
from esclusa.api.limits import DEFAULT
from esclusa.web.app import create_app
from form_worlds import GHOST, Forms

BASE = "/api/v1"
LONG = "x" * (DEFAULT.text_characters + 1)
NOBODY = "0" * 32
ROLES = ("analyst", "supervisor", "auditor", "administrator")
Place = tuple[str | int, ...]


class Api:
    """A node's API with its document, and a token for each role."""

    def __init__(self, forms: Forms) -> None:
        self.forms = forms
        self.client = TestClient(create_app(forms.node()), base_url="http://node.test")
        self.document = self.client.get(f"{BASE}/openapi.json").json()
        self.tokens = {
            role: forms.node().sign_in(role, worlds.PASSWORD) for role in ROLES
        }  # fmt: skip

    def ask(
        self, method: str, path: str, *, name: str = NOBODY, role: str = "supervisor", **more: Any
    ) -> httpx.Response:
        """Ask at an address of the document, ``name`` for each part of it."""
        address = BASE + re.sub(r"{\w+}", name, path)
        headers = {"Authorization": f"Bearer {self.tokens[role]}"} if role else {}
        headers |= {"content-type": "application/json", "accept-language": "es-PA, es;q=0.9"}
        return self.client.request(method, address, headers=headers, **more)

    def operations(self) -> Iterator[tuple[str, str, dict[str, Any]]]:
        """Yield (method, path, operation)."""
        for path, item in self.document["paths"].items():
            for method, operation in item.items():
                yield method.upper(), path, operation

    def schema(self, operation: dict[str, Any]) -> dict[str, Any] | None:
        """Return the schema of an operation's JSON body, None where it has none."""
        content = operation.get("requestBody", {}).get("content", {})
        return content.get("application/json", {}).get("schema")

    def meant(self, schema: dict[str, Any]) -> dict[str, Any]:
        """Return what a schema refers to, the first kind of several that is not null."""
        while True:
            if "$ref" in schema:
                schema = self.document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
            elif "anyOf" in schema:
                schema = next(one for one in schema["anyOf"] if one.get("type") != "null")
            else:
                return schema

    def sample(self, schema: dict[str, Any]) -> Any:
        """Return a value of the shape that a schema says."""
        schema = self.meant(schema)
        if "enum" in schema:
            return schema["enum"][0]
        if schema.get("format") == "date-time":
            return "2026-12-31T00:00:00Z"
        kind = schema.get("type", "string")
        if kind == "object" and "properties" in schema:
            return {name: self.sample(one) for name, one in schema["properties"].items()}
        if kind == "array":
            return [self.sample(schema["items"])] if "items" in schema else []
        plain = {"string": "x", "integer": 1, "number": 1.0, "boolean": False, "object": {}}
        return plain[kind]

    def places(self, schema: dict[str, Any], at: Place = ()) -> Iterator[tuple[Place, Any, bool]]:
        """Yield (place, schema, whether it must be there) of every value in a body."""
        schema = self.meant(schema)
        for name, one in schema.get("properties", {}).items():
            yield (*at, name), self.meant(one), name in schema.get("required", ())
            yield from self.places(one, (*at, name))
        if schema.get("type") == "array" and "properties" in self.meant(schema.get("items", {})):
            yield from self.places(schema["items"], (*at, 0))


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    forms = form_worlds.made(tmp_path_factory.mktemp("operations"))
    yield Api(forms)
    forms.world.close()


def faults(
    place: Place, schema: dict[str, Any], must: bool, whole: Any
) -> Iterator[tuple[str, Any]]:
    """Yield (what is wrong, the body) for a value of a body."""
    kind = schema.get("type", "string") if "enum" not in schema else "string"
    if must:
        yield "missing", without(whole, place)
    wrong = {"string": 7, "integer": "seven", "number": "seven", "boolean": "perhaps",
             "array": "x", "object": "x"}  # fmt: skip
    yield "kind", put(whole, place, wrong[kind])
    if kind == "string" and not {"enum", "format"} & set(schema):
        yield "long", put(whole, place, LONG)
        yield from (("damaged", put(whole, place, f"a{sign}b")) for sign in "\x00\x1b\x85\ufffd")


def put(whole: Any, place: Place, value: Any) -> Any:
    made = inside = deepcopy(whole)
    for step in place[:-1]:
        inside = inside[step]
    inside[place[-1]] = value
    return made


def without(whole: Any, place: Place) -> Any:
    made = inside = deepcopy(whole)
    for step in place[:-1]:
        inside = inside[step]
    del inside[place[-1]]
    return made


def problem(answer: httpx.Response, *statuses: int) -> dict[str, Any]:
    """Return the problem that an answer tells; it says nothing of the inside and of secrets, and is
    in Spanish as a whole, as was asked."""
    assert answer.status_code in statuses, answer.status_code
    assert answer.headers["content-type"] == "application/problem+json"
    for word in (GHOST, "Traceback", 'File "', "sqlalchemy", worlds.PASSWORD):
        assert word not in answer.text, f"it quotes {word}"
    told = answer.json()
    assert told["status"] == answer.status_code and told["title"] == TITLES[told["status"]]
    sentences = [told["detail"], *(one["detail"] for one in told["errors"])]
    assert answer.headers["content-language"] == "es" and all(sentences), f"English: {sentences}"
    return dict(told)


def test_each_value_of_each_body_is_refused_by_its_pointer(api: Api) -> None:
    before, wrong, seen = api.forms.written(), [], 0
    for method, path, operation in api.operations():
        schema = api.schema(operation)
        if schema is None:
            continue
        whole = api.sample(schema)
        for place, one, must in api.places(schema):
            for fault, body in faults(place, one, must, whole):
                answer = api.ask(method, path, content=json.dumps(body))
                pointer = "#/" + "/".join(map(str, place))
                seen += 1
                try:
                    told = problem(answer, 400)["errors"]
                    assert told and told[0]["pointer"] == pointer, f"{told} is not {pointer}"
                    assert told[0]["problem"] == fault, f"{told[0]['problem']} is not {fault}"
                except (AssertionError, KeyError) as error:
                    wrong.append(f"{method} {path} {pointer} {fault}: {error}")
    assert not wrong, "\n".join(map(str, wrong))
    assert seen > 500
    assert api.forms.written() == before


def test_a_body_that_is_none_is_refused(api: Api) -> None:
    """Nothing, no JSON, another JSON, bytes that are no UTF-8, half a surrogate pair, nesting
    without end, a name that nobody knows, more than a form may have."""
    before, wrong = api.forms.written(), []
    for method, path, operation in api.operations():
        schema = api.schema(operation)
        if schema is None:
            continue
        whole = json.dumps(api.sample(schema))
        stranger = json.dumps(api.sample(schema) | {"no_such_member": 1})
        bodies: dict[str, tuple[bytes, int]] = {
            "nothing": (b"", 400), "no JSON": (b"{", 400), "a list": (b"[]", 400),
            "a number": (b"7", 400), "no UTF-8": (whole.encode()[:-1] + b'\xff"}', 400),
            "half a pair": (whole.replace('"x"', '"\\ud800"').encode(), 400),
            "nesting": (b'{"given":' * 5_000, 400),
            "a stranger": (stranger.encode(), 400),
            "too much": (b" " * (DEFAULT.form_bytes + 1), 413),
        }  # fmt: skip
        for what, (body, status) in bodies.items():
            if what == "half a pair" and '"x"' not in whole:
                continue
            try:
                problem(api.ask(method, path, content=body), status)
            except AssertionError as error:
                wrong.append(f"{method} {path} {what}: {error}")
    assert not wrong, "\n".join(map(str, wrong))
    assert api.forms.written() == before


def test_each_parameter_of_each_address_is_refused_by_its_name(api: Api) -> None:
    before, wrong, seen = api.forms.written(), [], 0
    for method, path, operation in api.operations():
        known = [one for one in operation["parameters"] if one["in"] == "query"]
        needed = {one["name"]: api.sample(one["schema"]) for one in known if one["required"]}
        body = api.schema(operation)
        more = {"content": json.dumps(api.sample(body))} if body else {}
        cases = [("no_such_parameter", "x", "unknown")]
        for one in known:
            meant = api.meant(one["schema"])
            kind = "integer" if "enum" in meant else meant.get("type", "string")
            if kind == "string":
                cases += [(one["name"], LONG, "long"), (one["name"], "a\x00b", "damaged")]
            elif kind in ("integer", "number", "boolean"):
                cases += [(one["name"], "neither", "kind")]
        for name, value, fault in cases:
            answer = api.ask(method, path, params=needed | {name: value}, **more)
            seen += 1
            try:
                told = problem(answer, 400)["errors"]
                assert told and told[0].get("parameter") == name, f"{told} is not of {name}"
                assert told[0]["problem"] == fault, told
            except (AssertionError, KeyError) as error:
                wrong.append(f"{method} {path} {name} {fault}: {str(error)[:150]}")
        for name in needed:
            rest = {key: value for key, value in needed.items() if key != name}
            try:
                told = problem(api.ask(method, path, params=rest, **more), 400)["errors"]
                assert told[0].get("parameter") == name and told[0]["problem"] == "missing"
            except (AssertionError, KeyError, IndexError) as error:
                wrong.append(f"{method} {path} {name} missing: {str(error)[:150]}")
    assert not wrong, "\n".join(map(str, wrong))
    assert seen > 150
    assert api.forms.written() == before


def test_the_first_and_the_last_day_of_the_calendar_are_days(api: Api) -> None:
    """Where a period may be asked for, days are counted from its ends; the calendar ends too."""
    before, seen = api.forms.written(), 0
    for method, path, operation in api.operations():
        names = {one["name"] for one in operation["parameters"] if one["in"] == "query"}
        for name in names & {"since", "until"} if method == "GET" else ():
            for day in ("0001-01-01", "9999-12-31"):
                for role in ("supervisor", "auditor"):
                    answer = api.ask(method, path, role=role, params={name: day})
                    assert answer.status_code in (200, 400, 403, 404), (path, name, day)
                    seen += 1
    assert seen > 30
    assert api.forms.written() == before


def test_without_a_session_every_operation_but_the_open_ones_is_401(api: Api) -> None:
    for method, path, operation in api.operations():
        if operation.get("security") == []:
            continue
        schema = api.schema(operation)
        more = {"content": json.dumps(api.sample(schema))} if schema else {}
        assert api.ask(method, path, role="", **more).status_code == 401, f"{method} {path}"


def test_whoever_may_not_is_told_the_same_of_what_is_there_and_of_what_is_not(api: Api) -> None:
    before, barred = api.forms.written(), 0
    for method, path, operation in api.operations():
        if "{" not in path or operation.get("security") == []:
            continue
        schema = api.schema(operation)
        more = {"content": json.dumps(api.sample(schema))} if schema else {}
        for role in ROLES:
            first = api.ask(method, path, role=role, **more)
            if first.status_code != 403:
                continue
            barred += 1
            for name in sorted(set(api.forms.ids.values()))[::4]:
                if "/" not in name and "|" not in name:
                    again = api.ask(method, path, role=role, name=name, **more)
                    assert (again.status_code, again.content) == (403, first.content), path
    assert barred > 50
    assert api.forms.written() == before


_SAID = {"reason": "written with a reason"}
_AGAIN = {"seized": "2026-11-20", "items": [{"category": "drugs"}]}
STALE: dict[str, tuple[str, dict[str, Any]]] = {
    "POST /alerts/{alert_id}/verdict": ("alert", {"verdict": "explained", "reason": "seen"}),
    "POST /alerts/{alert_id}/snooze": ("alert", {"until": "2099-01-01T00:00Z", "reason": "later"}),
    "POST /redress/{case}/moves": ("redress", {"move": "papers", "given": {"seen": "passport"}}),
    "POST /seizure-reports/{record}/correction": ("report", {"report": _AGAIN, "why": "mistyped"}),
    "POST /sources/{source_id}/recall": ("file", {"reason": "sent to the wrong office"}),
    "POST /seizure-reports/{record}/withdrawal": ("report", {"why": "reported twice"}),
    "POST /referrals/{referral_id}/moves": ("referral", {"move": "accept"}),
    "POST /requests/{request_id}/moves": ("request", {"move": "acknowledge"}),
    "POST /cases/{case_id}/moves": ("case", {"move": "suspend", "given": _SAID}),
    "POST /cases/{case_id}/items": ("case", {"kind": "record", "item": "{record}"}),
}
"""Operation → the thing it is about and a body that would do, but for the version."""
NO_STATE = {
    "POST /rules/{rule_name}/retire": "the version of the rule's own text",
    "POST /cases/{case_id}/shares": "tests/api/test_api_joint.py",
    "POST /joint-cases/{joint_id}/tasks/{task_id}/done": "tests/api/test_api_joint.py",
}
"""Operations with a version that says no state, or whose state another test has."""


def test_a_step_on_an_older_state_is_refused(api: Api) -> None:
    """Somebody was faster. Each operation whose body has a version has a row here."""
    before, wrong = api.forms.written(), []
    for method, path, operation in api.operations():
        schema = api.schema(operation)
        names = {"version", "seen"} & set(api.meant(schema)["properties"]) if schema else set()
        for name in names if f"{method} {path}" not in NO_STATE else ():
            if f"{method} {path}" not in STALE:
                wrong.append(f"{method} {path}: add a row to STALE")
                continue
            thing, body = STALE[f"{method} {path}"]
            said = json.dumps(body | {name: "0" * 16}).replace("{record}", api.forms.ids["record"])
            answer = api.ask(method, path, name=api.forms.ids[thing], content=said)
            try:
                problem(answer, 409)
            except AssertionError as error:
                wrong.append(f"{method} {path}: {error} {answer.text[:200]}")
    assert not wrong, "\n".join(map(str, wrong))
    assert api.forms.written() == before
