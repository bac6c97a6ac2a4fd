"""The API about partners, over two real nodes: what a program gets, does, and must not learn."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Iterator
from contextlib import suppress
from importlib.resources import files
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from starlette.testclient import TestClient

from esclusa.api import shapes
from esclusa.errors import WireError
from esclusa.model import Level
from esclusa.node import Node
from esclusa.sharing import partner_views as views
from esclusa.web.app import create_app
from exchange_cases import Bill, give
from exchange_cases import record_of as exchange_record
from exchange_worlds import MANIFEST, World, for_partners, own, take_in

PASSWORD = "correct horse battery"
BASE = "/api/v1"
ROLES = ("analyst", "supervisor", "auditor", "administrator")
BILL = "NRLN04120004"


def with_people(node: Node, clearance: Level) -> None:
    for role in ROLES:
        node.add_user(
            node.administrator(), name=role, password=PASSWORD, role=role, clearance=clearance
        )


class Caller:
    """A program that calls a node's API in one role."""

    def __init__(self, node: Node, role: str = "supervisor", purpose: str = "") -> None:
        self.client = TestClient(create_app(node), base_url="http://node.test")
        self.headers: dict[str, str] = {}
        asked = {"name": role, "password": PASSWORD, "purpose": purpose}
        token = self.call("POST", "/session", json=asked).json()["token"]
        self.headers = {"Authorization": f"Bearer {token}"}

    def call(self, method: str, path: str, **more: Any) -> httpx.Response:
        return self.client.request(method, BASE + path, headers=self.headers, **more)

    def post(self, path: str, **body: Any) -> httpx.Response:
        return self.call("POST", path, json=body)

    def get(self, path: str, into: Any, **query: Any) -> Any:
        """Return the answer as the type."""
        answer = self.call("GET", path, params=query)
        assert answer.status_code == 200, answer.text
        return msgspec.convert(answer.json(), into)


def record_of(node: Node, bill: str = BILL) -> str:
    return next(record.id for record in own(node) if bill in str(record.body))


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    made = World(tmp_path_factory.mktemp("partners"), "marisol", "northreach", "altamira")
    made.agree("marisol", "northreach")
    take_in(made["marisol"], for_partners("northreach"))
    made["marisol"].exchange.publish()
    made.sync("marisol", "northreach")
    for agency in ("marisol", "northreach"):
        with_people(made[agency], Level.RESTRICTED)
    yield made
    made.close()


def test_partners_come_with_counts_and_one_with_its_agreement(world: World) -> None:
    caller = Caller(world["marisol"], "analyst")
    found = caller.get("/partners", tuple[views.PartnerView, ...])
    assert [(item.agency, item.state) for item in found] == [
        ("altamira", "none"), ("northreach", "in_force"),
    ]  # fmt: skip
    assert found[1].given > 0 and found[1].up_to_date and found[1].lent_until
    one = caller.get("/partners/northreach", views.PartnerView)
    assert one.agreements[0].standing == "in_force" and one.agreements[0].says
    assert one.numbers is None
    assert (
        Caller(world["marisol"], "auditor").get("/partners/northreach", views.PartnerView).numbers
    )
    held = Caller(world["northreach"]).get("/partners/marisol", views.PartnerView)
    assert held.held > 0 and held.readable_until


def test_a_preview_says_what_goes_or_that_no_agreement_is_in_force(world: World) -> None:
    caller, record = Caller(world["marisol"], "analyst"), record_of(world["marisol"])
    found = caller.get(f"/records/{record}/preview", views.PreviewView, partner="northreach")
    outcome = {item.path: item.outcome for item in found.fields}
    assert found.goes and found.keep_until
    assert (outcome["bill"], outcome["goods.0.hs_code"]) == ("goes", "generalised")
    assert all(item.rule or item.reason for item in found.fields)
    assert all(item.rule for item in found.fields if item.outcome != "withheld")
    refused = caller.call("GET", f"/records/{record}/preview", params={"partner": "altamira"})
    assert refused.status_code == 422
    assert "no agreement with altamira is in force" in refused.json()["detail"]
    for missing, partner in ((record, "nobody"), ("none", "northreach")):
        answer = caller.call("GET", f"/records/{missing}/preview", params={"partner": partner})
        assert answer.status_code == 404


def test_a_recall_ends_in_a_receipt_on_the_trail(world: World) -> None:
    record = record_of(world["marisol"], "NRLN04120005")
    caller = Caller(world["marisol"])
    why = {"reason": "wrong office"}
    for body, problem in (
        ({}, "missing"),
        ({"reason": " "}, "missing"),
        ({"reason": "x" * 2_001}, "long"),
    ):
        refused = caller.post(f"/records/{record}/recall", **body)
        (wrong,) = refused.json()["errors"]
        assert refused.status_code == 400
        assert (wrong["pointer"], wrong["problem"]) == ("#/reason", problem)
    answer = caller.post(f"/records/{record}/recall", **why)
    assert msgspec.convert(answer.json(), shapes.Recalled).holders == ("northreach",)
    assert not caller.get("/partners/northreach", views.PartnerView).up_to_date
    world.sync("marisol", "northreach")
    for role in ("supervisor", "auditor"):
        trail = Caller(world["marisol"], role).get(f"/records/{record}/trail", views.TrailView)
        (holder,) = trail.holders
        assert (holder.holder, holder.state) == ("northreach", "gone")
        assert holder.receipt is not None and holder.receipt.erased["tables"] > 0
        assert trail.steps
    assert caller.post(f"/records/{record}/recall", **why).status_code == 409
    assert caller.post("/records/none/recall", **why).status_code == 404


def test_all_records_of_a_file_are_recalled_in_one_request(world: World) -> None:
    bills = (Bill(bill="ONEOFFILE"), Bill(bill="TWOOFFILE"))
    give(world, *bills)
    caller = Caller(world["marisol"])
    file = exchange_record(world["marisol"], "ONEOFFILE").provenance.source
    before = caller.get("/partners/northreach", views.PartnerView)
    plan = caller.get(f"/sources/{file}/recall-plan", views.RecallPlanView)
    assert [(one.holder, one.records) for one in plan.holders] == [("northreach", 2)]
    why = {"reason": "wrong office"}
    assert caller.post(f"/sources/{file}/recall", reason=" ").status_code == 400
    assert caller.post(f"/sources/{file}/recall", version="old", **why).status_code == 409
    answer = caller.post(f"/sources/{file}/recall", version=plan.version, **why)
    made = msgspec.convert(answer.json(), views.RecalledView)
    assert made == views.RecalledView(records=2, holders=("northreach",))
    world.sync("marisol", "northreach")
    told = caller.get("/partners/northreach", views.PartnerView)
    assert (told.given, told.recalled) == (before.given - 2, before.recalled + 2)
    assert caller.post(f"/sources/{file}/recall", **why).status_code == 409
    assert caller.post("/sources/none/recall", **why).status_code == 404
    analyst = Caller(world["marisol"], "analyst")
    assert analyst.post(f"/sources/{file}/recall", **why).status_code == 403
    assert analyst.call("GET", f"/sources/{file}/recall-plan").status_code == 403


@pytest.mark.parametrize("role", ("analyst", "auditor", "administrator"))
def test_only_a_supervisor_recalls_answers_and_hands_on(world: World, role: str) -> None:
    record, caller = record_of(world["marisol"]), Caller(world["marisol"], role)
    said = {"record": record, "asker": "northreach", "to": "altamira", "granted": True}
    assert caller.post(f"/records/{record}/recall", reason="wrong office").status_code == 403
    assert caller.post(f"/records/{record}/ask", to="altamira").status_code == 403
    assert caller.post(f"/records/{record}/pass-on", to="altamira").status_code == 403
    assert caller.post("/consents", **said).status_code == 403


def test_a_consent_is_asked_answered_and_used(world: World) -> None:
    data = files("esclusa.samples").joinpath("passengers-altamira-AM218.edi").read_bytes()
    take_in(world["marisol"], for_partners("northreach"), data, "p.edi")
    world["marisol"].exchange.publish()
    world.sync("marisol", "northreach")
    draft = world.draft("northreach", "altamira")
    clauses = [msgspec.structs.replace(c, caveats=(*c.caveats, "ORCON")) for c in draft.clauses]
    world.agree("northreach", "altamira", id="northreach-altamira", clauses=tuple(clauses))
    copy = own(world["northreach"], "traveller")[0].id
    asking = Caller(world["northreach"], purpose="border_control")
    answering = Caller(world["marisol"], purpose="border_control")
    assert asking.post(f"/records/{copy}/pass-on", to="altamira").status_code == 409
    assert asking.post(f"/records/{copy}/ask", to="altamira", use="sell").status_code == 400
    assert asking.post(f"/records/{copy}/ask", to="altamira", why="Joint").status_code == 204
    world.sync("northreach", "marisol")
    (question,) = answering.get("/consents", tuple[views.QuestionView, ...])
    assert (question.asker, question.to, question.state) == ("northreach", "altamira", "asked")
    until = (world.clock() + dt.timedelta(days=30)).isoformat()
    said = {"record": question.record, "asker": "northreach", "to": "altamira", "until": until}
    assert answering.post("/consents", **said, granted=True).status_code == 204
    strange = answering.post("/consents", **said | {"record": "0" * 36}, granted=True)
    assert strange.status_code == 404
    world.sync("marisol", "northreach")
    (answered,) = asking.get("/consents", tuple[views.QuestionView, ...])
    assert answered.state == "granted" and answered.ours
    assert asking.post(f"/records/{copy}/pass-on", to="altamira").status_code == 204


# --- two worlds -----------------------------------------------------------------------------------

OWN_ONLY = b"OWNN0412"
"""Bills whose record everybody may see and no partner gets; in the secret world it was also stated
for the partner, under a marking that is above everybody's clearance."""
SECRET = b"SECR0412"


def build(folder: Path, *, secret: bool) -> World:
    made = World(folder, "marisol", "northreach")
    made.agree("marisol", "northreach")
    marisol = made["marisol"]
    plain = MANIFEST.read_bytes()
    take_in(marisol, for_partners("northreach"))
    take_in(marisol, for_partners(), plain.replace(b"NRLN0412", OWN_ONLY), "own")
    marisol.exchange.publish()
    made.sync("marisol", "northreach")
    for node in made.nodes.values():
        with_people(node, Level.OFFICIAL)
    if secret:
        marking = for_partners("northreach", level=Level.RESTRICTED)
        take_in(marisol, marking, plain.replace(b"NRLN0412", SECRET), "secret")
        take_in(marisol, marking, plain.replace(b"NRLN0412", OWN_ONLY), "own for a partner")
        marisol.exchange.publish()
    return made


@pytest.fixture(scope="module")
def twins(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[World, World]]:
    folder = tmp_path_factory.mktemp("twins")
    found = build(folder / "plain", secret=False), build(folder / "secret", secret=True)
    yield found
    for made in found:
        made.close()


def test_no_answer_tells_of_a_record_that_may_not_be_known(twins: tuple[World, World]) -> None:
    """Before the partner has heard, after it has, and once the record was taken back, with a
    refused batch about it: answers are the same but for times and names made of each node's keys."""
    plain, secret = twins
    hidden = sorted(ids(secret["marisol"]) - ids(plain["marisol"]))
    both = record_of(plain["marisol"], OWN_ONLY.decode())
    assert hidden and secret["marisol"].exchange.has_news("northreach")
    compare(twins, hidden, both)
    secret.sync("marisol", "northreach")
    compare(twins, hidden, both)
    marisol = secret["marisol"]
    named = marisol.exchange.name_of(both)
    assert any(key[2] == named for key in marisol.exchange.state().grants)
    assert marisol.exchange.withdraw(hidden, by="test") == ("northreach",)
    batch = marisol.exchange.batch("northreach")
    with suppress(WireError):
        secret["northreach"].exchange.receive(batch[:-20] + batch[-10:])
    assert secret["northreach"].exchange.alarms and not plain["northreach"].exchange.alarms
    secret.sync("marisol", "northreach")
    compare(twins, hidden, both)


def ids(node: Node) -> set[str]:
    return {record.id for record in own(node)}


def compare(worlds: tuple[World, World], hidden: list[str], both: str) -> None:
    for agency, other in (("marisol", "northreach"), ("northreach", "marisol")):
        known = [names(world[agency]) for world in worlds]
        for role in ("analyst", "supervisor"):
            callers = [Caller(world[agency], role) for world in worlds]
            seen_by = {one.id: one.provenance.source for one in own(worlds[1][agency])}
            mine = [seen_by[one] for one in (both, hidden[0]) if one in seen_by]
            given = sorted({*seen_by.values()} - {"", *mine})
            for method, path, body in asked(other, hidden[0], both, mine, given):
                seen = [
                    steady(named, caller.call(method, path, json=body))
                    for named, caller in zip(known, callers, strict=True)
                ]
                assert seen[0] == seen[1], (agency, role, method, path)


def asked(
    other: str, hidden: str, both: str, mine: list[str], given: list[str]
) -> Iterator[tuple[str, str, Any]]:
    yield from (("GET", path, None) for path in ("/partners", f"/partners/{other}", "/consents"))
    for record in (hidden, both, "none"):
        yield "GET", f"/records/{record}/trail", None
        yield "GET", f"/records/{record}/preview?partner={other}", None
        yield "POST", f"/records/{record}/recall", {"reason": "wrong office"}
        yield "POST", f"/records/{record}/ask", {"to": "altamira"}
        yield "POST", f"/records/{record}/pass-on", {"to": "altamira"}
        named = {"record": record, "asker": other, "to": "altamira", "granted": True}
        yield "POST", "/consents", named
    for file in (*mine, *given, "none"):
        yield "GET", f"/sources/{file}/recall-plan", None
        # What was given to the partner stays there: with another version nothing is taken back.
        version = "old" if file in given else ""
        yield "POST", f"/sources/{file}/recall", {"reason": "wrong office", "version": version}


def names(node: Node) -> dict[str, str]:
    """What the exchange calls each record of a node: a name that hangs on the keys of the node."""
    return {node.exchange.name_of(record): record for record in ids(node)}


def steady(named: dict[str, str], answer: httpx.Response) -> tuple[int, str]:
    """An answer without times, digests, and names that hang on the keys of one node."""
    text = answer.text
    for name, record in named.items():
        text = text.replace(name, f"name of {record}")
    text = re.sub(r"\b[0-9a-f]{64}\b", "digest", text)
    text = re.sub(r"\d{4}-\d\d-\d\dT[\d:.]+(\+00:00|Z)", "time", text)
    return answer.status_code, json.dumps(json.loads(text), sort_keys=True) if text else ""
