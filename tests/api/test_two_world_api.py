"""The API of two worlds that differ in secrets answers the same to whoever may not know these.

A program of each role asks both worlds the same, at every address of the OpenAPI document: with ids
that exist only in secret, words and names that only secrets hold, files that are there already in
secret. Status, headers, size and body of each answer are compared. Timing is not.
"""

from __future__ import annotations

import datetime as dt
import itertools
import json
import re
from collections.abc import Iterator
from itertools import pairwise
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from starlette.testclient import TestClient

import case_worlds
import joint_worlds
import redress_worlds
import referral_worlds
import request_worlds
import rule_texts
import seizure_worlds
import twin_worlds
import worlds
from esclusa.api.queries import SORTS, STATES
from esclusa.casework.notices import kinds as notice_kinds
from esclusa.casework.report_definitions import meanings
from esclusa.ledger import notices
from esclusa.model import record_id
from esclusa.node import Node
from esclusa.node.entity_story import KINDS as STORY_KINDS
from esclusa.node.reporting.waiting import QUEUES
from esclusa.web.app import create_app
from twins import blank, quotes, same
from worlds import PASSWORD, ROLES

pytestmark = pytest.mark.slow

BASE = "/api/v1"
MISSING = "00000000-0000-5000-8000-000000000000"
Pair = tuple[Node, Node]
Clients = tuple[TestClient, TestClient]


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    with twin_worlds.both(tmp_path_factory.mktemp("api")) as pair:
        yield pair


@pytest.fixture(scope="module")
def clients(both: Pair) -> Iterator[Clients]:
    plain, secret = (
        TestClient(
            create_app(node),
            base_url="http://node.test",
            headers={"accept-encoding": "identity"},
        )
        for node in both
    )
    with plain, secret:
        yield plain, secret


class Twins:
    """A program in both worlds; each call is made in both, and the answers must be the same."""

    def __init__(self, clients: Clients, role: str) -> None:
        self.clients = clients
        self.asked: set[tuple[str, str]] = set()
        self.headers: list[dict[str, str]] = [{}, {}]
        answers = self.both("POST", "/session", json={"name": role, "password": PASSWORD})
        self.headers = [{"Authorization": f"Bearer {a.json()['token']}"} for a in answers]

    def both(self, method: str, path: str, name: str = "", **more: Any) -> list[httpx.Response]:
        """Ask both at an address of the document, ``name`` for what it has in braces."""
        self.asked.add((method.lower(), path))
        address = BASE + re.sub(r"{\w+}", quote(name), path)
        return [
            client.request(method, address, headers=headers, **more)
            for client, headers in zip(self.clients, self.headers, strict=True)
        ]

    def call(self, method: str, path: str, name: str = "", **more: Any) -> httpx.Response:
        """Ask both; return the one answer that both gave."""
        return same(f"{method} {path} {name} {more}", *self.both(method, path, name, **more))

    def get(self, path: str, name: str = "", **query: Any) -> httpx.Response:
        """Ask both for something."""
        return self.call("GET", path, name, params=query)


def read(twins: Twins, both: Pair, *, every: int = 1) -> None:
    """Ask for all that can be read, by ids that answers name and by those that exist in secret;
    ``every`` takes one of so many words and ids."""
    for path in ("/verdicts", "/lists", "/rules", "/mappings", "/health", "/openapi.json",
                 "/partners", "/consents"):  # fmt: skip
        twins.get(path)
    twins.get("/partners/{agency}", "ghost")
    twins.get("/mappings/{mapping_id}", "marisol-office")
    for state in STATES:
        for sort in SORTS:
            twins.get("/queue", state=state, sort=sort, limit=200)
    page = twins.get("/queue", state="all", limit=9)
    while cursor := page.json().get("next_cursor"):
        page = twins.get("/queue", state="all", limit=9, cursor=cursor)
    for word in worlds.WORDS[::every]:
        for kind in ("", "consignment", "list_entry"):
            twins.get("/search", text=word, kind=kind, limit=3)
        twins.get("/search", text=word, limit=200)
    for name in worlds.NAMES:
        twins.call("POST", "/screen", json={"name": name})
    files = twins.get("/sources", limit=200)
    if files.status_code == 200:
        for file in files.json():
            for held in twins.get("/sources/{source_id}", file["id"]).json()["quarantine"]:
                twins.call("POST", "/quarantine/{quarantine_id}/retry", held["id"])
            twins.get("/sources/{source_id}/proposal", file["id"])
            twins.get("/sources/{source_id}/recall-plan", file["id"])
    for name in LISTS:
        twins.get("/lists/{list_id}", name)
        twins.get("/lists/{list_id}/use", name)
        for number in range(3):
            twins.get("/lists/{list_id}/report", name, number=number)
    waiting = twins.get("/matches", limit=200)
    for row in waiting.json()["rows"] if waiting.status_code == 200 else ():
        twins.get("/matches/{match_id}", row["match_id"])
    for name in hidden_matches(both):
        twins.get("/matches/{match_id}", name)
    known = sorted(worlds.ids_of(both[0]))[:: 6 * every]
    for name in (*known, *hidden_in(both)[::every], "GHOST FIRM"):
        twins.get("/records/{record_id}", name)
        twins.get("/records/{record_id}", name, version=1)
        twins.get("/alerts/{alert_id}", name)
        twins.get("/records/{record_id}/trail", name)
        twins.get("/records/{record_id}/preview", name, partner="ghost")


def hidden_in(both: Pair) -> list[str]:
    return sorted(worlds.ids_of(both[1]) - worlds.ids_of(both[0]))


def hidden_matches(both: Pair) -> list[str]:
    """Return the matches that only the secret world knows."""
    names = [
        {
            r.match.id
            for row in worlds.queue_of(node, worlds.cleared(node))
            for r in row.reasons
            if r.match
        }
        for node in both
    ]
    return sorted(names[1] - names[0])


def decide(twins: Twins, both: Pair) -> None:
    """Decide and undo matches: of the open world, and of those that are there in secret alone."""
    said = {"outcome": "not_the_same", "reason": "Papers seen."}
    waiting = twins.get("/matches", limit=200)
    shown = waiting.json()["rows"] if waiting.status_code == 200 else []
    for name in [row["match_id"] for row in shown[:2]] + hidden_matches(both)[:4] + [MISSING]:
        for step, body in (("decide", said), ("undo", None), ("undo", None)):
            twins.call("POST", f"/matches/{{match_id}}/{step}", name, json=body)


def resolve(twins: Twins, both: Pair) -> None:
    """Read and judge entities: of the open world, and of those that are there in secret alone."""
    found = [row for word in ("FIRM", "MARISOL", "GHOST") for row in entities_at(twins, word)]
    open_ones, hidden = [row["id"] for row in found[:3]], hidden_entities(both)[:3]
    for name in (*open_ones, *hidden, "ent-nobody"):
        twins.get("/entities/{entity_id}", name)
        twins.get("/entities/{entity_id}/links", name, depth=2)
        twins.get("/entities/{entity_id}/paths", name, other=(open_ones or hidden)[0])
        twins.get("/entities/{entity_id}/chart", name, depth=2)
        twins.get("/entities/{entity_id}/chart", name, to=(open_ones or hidden)[0])
        twins.get("/entities/{entity_id}/facts", name)
        twins.get("/entities/{entity_id}/places", name)
        for kind in ("", *STORY_KINDS):
            twins.get("/entities/{entity_id}/timeline", name, kind=kind, limit=5)
    twins.get("/entity-questions", limit=200)
    asked = {"verdict": "same", "reason": "Papers seen."}
    assert hidden
    pairs = [
        *pairwise(open_ones),
        *((name, hidden[0]) for name in open_ones),
    ]
    for one, other in (*pairs, ("ent-nobody", hidden[0])):
        said = twins.call("POST", "/entity-judgements", json={"one": one, "other": other, **asked})
        twins.get("/entities/{entity_id}", one)
        name = said.json().get("id", one)
        twins.get("/entity-judgements", limit=200)
        for _ in range(2):
            twins.call("POST", "/entity-judgements/{judgement_id}/undo", name, json={})
    twins.get("/entity-judgements", limit=200)


def entities_at(twins: Twins, word: str) -> list[dict[str, Any]]:
    answer = twins.get("/entities", text=word, limit=200)
    return answer.json()["rows"] if answer.status_code == 200 else []


def hidden_entities(both: Pair) -> list[str]:
    """Return the entities that only the secret world knows."""
    found = [
        {
            row.id
            for word in ("FIRM", "GHOST", "HIDDEN")
            for row in node.entities.find(worlds.cleared(node), word, limit=200).rows
        }
        for node in both
    ]
    return sorted(found[1] - found[0])


def rehearse(twins: Twins, both: Pair) -> None:
    """Read, try, write and decide rules: new ones, and those that are there in secret alone."""
    fresh = rule_texts.rule("N1", "BANANAS").encode()
    same_id = rule_texts.rule(worlds.SECRET_RULE, "GENERAL").encode()
    twins.get("/rules", yields=True)
    for text in (fresh, same_id, b"GHOST", rule_texts.rule("C05").encode()):
        twins.call("POST", "/rules/try", content=text)
        twins.call("POST", "/rules/try", params={"level": 4}, content=text)
        twins.call("POST", "/rules/try", params={"name": "S2"}, content=text)
        for query in ({"name": "S2"}, {"level": 4}, {}, {}):
            twins.call("POST", "/rules", params=query, content=text)
    assert "S2" in {row.id for row in both[1].rules(worlds.cleared(both[1]))}
    for name in ("N0", "N1", worlds.SECRET_RULE, "S2", "S9", "C05"):
        for step, body in (("rehearsals", None), ("rehearse", None), ("approve", {"reason": "good"}),
                           ("reject", {"reason": "no"}), ("withdraw", {}),
                           ("retire", {"reason": "no"})):  # fmt: skip
            twins.get("/rules/{rule_name}", name)
            twins.call("POST", f"/rules/{{rule_name}}/{step}", name, json=body)
    twins.get("/rules")


def score(twins: Twins, both: Pair) -> None:
    """Read models and scores, score anew, decide which model scores: of the open world, and what
    is there in secret alone."""
    top = both[1].score_desk.highest(worlds.cleared(both[1]), limit=200)
    shown = both[0].score_desk.highest(worlds.reader(both[0]), limit=200)
    hidden = sorted({row.subject_id for row in top} - {row.subject_id for row in shown})
    assert hidden and shown
    secret = both[1].model_desk.show(worlds.cleared(both[1]), "hidden").model
    for _ in range(2):
        twins.get("/models")
        for name in ("open", "hidden", secret.checksum[:12], "nothing"):
            twins.get("/models/{model}", name, language="es")
            twins.get("/models/{model}/comparison", name, old="hidden")
            twins.get("/models/{model}/drift", name, days=3660)
            twins.call("POST", "/models/{model}/activate", name, json={"reason": "asked"})
        twins.call("POST", "/models/retire", json={"reason": "asked"})
        twins.call("POST", "/scores", json={})
        twins.call("POST", "/models/{model}/activate", "open", json={"reason": "asked"})
        twins.get("/scores", limit=200)
        for name in (shown[0].subject_id, *hidden[:3], MISSING):
            twins.call("POST", "/scores", json={"records": [name], "again": True})
            twins.get("/scores/{record_id}", name)
            twins.get("/scores/{record_id}", name, version=1)
    for level in (None, 0, 4, 7):
        twins.call("POST", "/models", json={"name": "mine", "level": level})
    for number in ("NRXU4430056", "MARU1234567"):
        twins.get("/boxes/{number}/score", number)


def refer(twins: Twins, both: Pair) -> None:
    """Read, open and move referrals: about open records, and what is there in secret alone."""
    for state in ("open", "all", "requested", "ghost"):
        twins.get("/referrals", state=state, limit=200)
    shown = worlds.queue_of(both[0], worlds.reader(both[0]))[0].subject_id
    version = both[1].referral_desk.show(worlds.cleared(both[1]), referral_worlds.HIDDEN).version
    for name in (referral_worlds.HIDDEN, "0" * 16):
        twins.get("/referrals/{referral_id}", name)
        for move in ("expire", "void", "ask_waiver", "ghost"):
            body = {"move": move, "version": version, "given": {"reason": "GHOST"}}
            twins.call("POST", "/referrals/{referral_id}/moves", name, json=body)
    for name in (shown, *hidden_in(both)[:5], MISSING):
        twins.get("/referral-starts/{record_id}", name)
        for send in (True, False):
            body = {"record": name, "host": "ghost", "given": {}, "send": send}
            twins.call("POST", "/referrals", json=body)
    twins.get("/referrals", state="all", limit=200)
    twins.get("/referral-rates")


def redress(twins: Twins, both: Pair) -> None:
    """Read cases and numbers, apply and move: what is there in secret alone, and what is nowhere."""
    for state in ("open", "all", "granted", "ghost"):
        twins.get("/redress", state=state, limit=200)
    for name in (redress_worlds.HIDDEN, "0" * 16):
        twins.get("/redress/{case}", name)
        for move in ("grant", "revoke", "papers", "expire", "ghost"):
            body = {"move": move, "version": "3", "given": {"reason": "GHOST"}}
            twins.call("POST", "/redress/{case}/moves", name, json=body)
    who = {"name": "GHOST PERSON", "birth_date": "1970-01-01", "documents": ["passport:G1"]}
    for name in (*hidden_in(both)[:5], MISSING):
        said = {"person": who, "given": {"statement": "Stopped for another person."}}
        twins.call("POST", "/redress", json=said | {"match": name})
        twins.call("POST", "/redress", json=said | {"entries": [name]})
    twins.call("POST", "/redress", json={"person": {}, "given": {}})
    for number in (redress_worlds.HIDDEN_NUMBER, "RPE4-QYGW-VJ8M", "R7K2-D9QF-4M8X", "x"):
        twins.get("/redress-numbers/{number}", number)
    for since in ("", "2026-11-01", "soon"):
        twins.get("/redress-counts", since=since)


def report(twins: Twins) -> None:
    """Read reports of every figure, and the board; a month that has not ended is not kept."""
    month = f"{dt.datetime.now(dt.UTC):%Y-%m}"
    for period in (month, "2025-11", month[:4], "2026-13", "GHOST"):
        twins.get("/reports/{period}", period)
    for period in (month, month[:4], "GHOST"):
        twins.call("POST", "/reports/{period}/keep", period)
    twins.get("/reports/{period}", month, hide_small="true")
    twins.asked.add(("get", "/reports/{period}/figures/{figure}"))
    for figure in (*meanings(), "ghost"):
        twins.get(f"/reports/{month}/figures/{{figure}}", figure, limit=200)
    twins.get(f"/reports/{month[:4]}/figures/{{figure}}", "alerts_raised", part="traveller")
    twins.get("/kept-reports")
    twins.get("/kept-reports/{digest}", "0" * 64)
    twins.get("/board")
    for queue in (*QUEUES, "ghost"):
        twins.get("/board/{queue}", queue, limit=200)
        twins.get("/board/{queue}", queue, age="day", who=worlds.CLEARED)


def seize(twins: Twins, both: Pair) -> None:
    """Read, report, correct and take back seizures: what is there in secret alone, what is nowhere,
    and one that joins the number of a secret event."""
    item = {"category": "drugs", "quantity": 1, "unit": "KGM"}
    said = {"seized": "2026-11-20", "agency": "customs", "number": "C-1", "items": [item]}
    hidden = [record_id(both[1].agency, "seizure", "GHOST/S-2"), *hidden_in(both)[:3], MISSING]
    for query in ({}, {"category": "drugs"}, {"since": "2026-11-20"}, {"category": "ghost"}):
        twins.get("/seizures", limit=200, **query)
    for name in (seizure_worlds.HIDDEN, "nothing"):
        twins.get("/seizures/{event}", name)
    for name in hidden:
        fix = {"why": "because", "version": "1"}
        twins.call("POST", "/seizure-reports/{record}/correction", name,
                   json=fix | {"report": said})  # fmt: skip
        twins.call("POST", "/seizure-reports/{record}/withdrawal", name, json=fix)
        twins.call("POST", "/seizures", json={"report": said, "about": name})
    twins.call("POST", "/seizures", json={"report": said | {"event": seizure_worlds.HIDDEN}})
    twins.get("/seizures/{event}", seizure_worlds.HIDDEN)
    twins.get("/warnings")
    for by in ("month", "year", "week"):
        twins.get("/seizure-counts", by=by)


def enquire(twins: Twins, both: Pair) -> None:
    """Read, ask and move requests for information: about open records, and what is there in secret
    alone."""
    for state in ("open", "all", "asked", "ghost"):
        twins.get("/requests", state=state, limit=200)
    shown = worlds.queue_of(both[0], worlds.reader(both[0]))[0].subject_id
    desk = both[1].information_desk
    version = desk.show(worlds.cleared(both[1]), request_worlds.HIDDEN).version
    for name in (request_worlds.HIDDEN, "0" * 16):
        twins.get("/requests/{request_id}", name)
        for move in ("expire", "withdraw", "answer_full", "ghost"):
            body = {"move": move, "version": version, "given": {"reason": "GHOST"}}
            twins.call("POST", "/requests/{request_id}/moves", name, json=body)
    twins.get("/request-starts")
    for name in (shown, *hidden_in(both)[:5], MISSING):
        twins.get("/request-starts/{record_id}", name)
        body = {"partner": "ghost", "record": name, "given": request_worlds.question()}
        twins.call("POST", "/requests", json=body)
    twins.get("/requests", state="all", limit=200)
    twins.get("/request-rates")


def keep_cases(twins: Twins, both: Pair) -> None:
    """Open cases, put things in, work on the one that has a secret part, and on one that is there
    in secret alone."""
    shown = worlds.queue_of(both[0], worlds.reader(both[0]))[0]
    hidden, photo = hidden_in(both)[:4], f"{9:016x}"
    secret = both[1].case_desk.show(worlds.cleared(both[1]), case_worlds.OPEN)
    for state in ("open", "all", "closed", "ghost"):
        twins.get("/cases", state=state, limit=200)
    twins.get("/cases", mine=True)
    for kind, item in (
        ("", ""), ("alert", shown.alert_id), ("record", shown.subject_id), ("case", MISSING),
        *(("record", name) for name in hidden), *(("alert", name) for name in hidden),
        *(("entity", name) for name in hidden_entities(both)[:2]), ("record", secret.items[-1].id),
    ):  # fmt: skip
        twins.get("/case-starts", kind=kind, item=item)
        body = {"title": "mine", "kind": kind, "item": item, "level": 1}
        twins.call("POST", "/cases", json=body)
        twins.call("POST", "/cases", json=body | {"level": 4})
    for name in (case_worlds.OPEN, case_worlds.HIDDEN, MISSING):
        view = twins.get("/cases/{case_id}", name)
        version = view.json()["version"] if view.status_code == 200 else "old"
        twins.get("/cases/{case_id}/checks", name)
        for item in (shown.alert_id, *hidden[:2], MISSING):
            body = {"kind": "alert", "item": item, "version": version}
            twins.call("POST", "/cases/{case_id}/items", name, json=body)
        for move, of in (("note", ""), ("hand_on", photo), ("hand_on", secret.evidence[0].name),
                         ("note", secret.items[-1].name), ("start", "")):  # fmt: skip
            given = {"note": {"text": "seen"}, "start": {}}.get(move, {"to": "a", "reason": "why"})
            body = {"move": move, "version": secret.version, "given": given, "of": of}
            twins.call("POST", "/cases/{case_id}/moves", name, json=body)
            view = twins.get("/cases/{case_id}", name)
            version = view.json()["version"] if view.status_code == 200 else "old"
            body["version"] = version
            twins.call("POST", "/cases/{case_id}/moves", name, json=body)
        for data in (b"GHOST FIRM its books", b"", case_worlds.PHOTO):
            view = twins.get("/cases/{case_id}", name)
            version = view.json()["version"] if view.status_code == 200 else "old"
            query = {"name": "a.jpg", "what": "photo", "source": "gate", "version": version}
            twins.call("POST", "/cases/{case_id}/evidence", name, params=query, content=data)
        for file in (photo, secret.evidence[0].name, MISSING):
            path = f"/cases/{{case_id}}/evidence/{file}/readings"
            twins.call("POST", path, name, json={})
        twins.asked.add(("post", "/cases/{case_id}/evidence/{evidence_id}/readings"))
        twins.call("POST", "/cases/{case_id}/package", name, json={"to": "court"})
        twins.get("/cases/{case_id}/share-start", name)
        twins.get("/cases/{case_id}/share-preview", name, partner="ghost")
        asked = {"partner": "ghost", "reason": "why", "version": version}
        twins.call("POST", "/cases/{case_id}/shares", name, json=asked)
        end = "/cases/{case_id}/shares/ghost/end"
        twins.call("POST", end, name, json={"reason": "why"})
        twins.asked.add(("post", "/cases/{case_id}/shares/{share_id}/end"))
    twins.get("/joint-cases")
    for name in (joint_worlds.HIDDEN, MISSING):
        twins.get("/joint-cases/{joint_id}", name)
        twins.call("POST", "/joint-cases/{joint_id}/case", name, json={"title": "mine"})
        done = "/joint-cases/{joint_id}/tasks/g3/done"
        twins.call("POST", done, name, json={"version": "old"})
        twins.asked.add(("post", "/joint-cases/{joint_id}/tasks/{task_id}/done"))
    twins.get("/cases", state="all", limit=200)


def be_told(twins: Twins, both: Pair, role: str) -> None:
    """Ask to be told of everything, of all that ever happened, and read what waits, the feed, the
    outbox and the use; try forms for what is there in secret alone."""
    kinds = list(notice_kinds())
    choice = {"feed": {"kinds": kinds}, "minimum_score": 1.0}
    twins.call("POST", "/notice-settings", json={"choice": choice})
    for node in both:
        numbers = itertools.count(1)
        node.notices.outbox.name = lambda numbers=numbers: f"{next(numbers):030x}{len(role):02x}"
        with node.store.write() as connection:
            connection.exec_driver_sql("UPDATE notice_choice SET since = ''")
            notices.set_mark(connection, "records", "0")
        node.notices.tick()
    twins.get("/notice-settings")
    told = twins.get("/notices", via="feed")
    assert role == "administrator" or told.json()
    made = [answer.json()["path"] for answer in twins.both("POST", "/notice-feed")]
    for headers in ({}, {"If-Modified-Since": "Fri, 01 Jan 2199 00:00:00 GMT"}):
        left, right = (
            client.get(path, headers=headers)
            for client, path in zip(twins.clients, made, strict=True)
        )
        assert left.status_code == right.status_code
        assert blank(feed_of(left.text)) == blank(feed_of(right.text))
    twins.call("POST", "/notice-feed/end")
    for state in ("", "all", "ghost"):
        twins.get("/notice-outbox", state=state)
    twins.call("POST", "/notice-outbox/{message_id}/again", MISSING)
    twins.call("POST", "/notice-tests", json={"channel": "mail", "to": "a@ghost.example"})
    twins.call("POST", "/notice-agencies", json={"account": role, "agency": ""})
    twins.call("POST", "/notice-agencies", json={"account": "ghost", "agency": "x"})
    twins.get("/notice-use", days=366)
    for name in (referral_worlds.HIDDEN, MISSING):
        for account in ("analyst", "ghost"):
            twins.get("/notice-forms/{referral_id}", name, account=account)
    for data in (b"", b"field,value,note\nform,1,\n"):
        twins.call("POST", "/notice-answers", params={"name": "f.csv"}, content=data)


def feed_of(text: str) -> str:
    """Return a feed without the names that its secret address gives it."""
    return re.sub(r"urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f-]+", "URN", text)


def select(twins: Twins) -> None:
    """Read sheets and the report, draw, change, reveal: what all may know, and what is there in
    secret alone."""
    place = f"{worlds.PORT}.{worlds.ARRIVAL}"
    for _ in range(2):
        twins.get("/selections", limit=200)
        twins.get("/selections", port=worlds.PORT)
        twins.get("/selection-report", since="2026-11-01", until="2026-12-31")
        for name in (f"{place}.{one}" for one in ("A", "B", "C", "D", "S", "A@4", "S@4", "A@1")):
            twins.get("/selections/{selection}", name)
            twins.get("/selections/{selection}/proof", name)
            twins.get("/selections/{selection}/verification", name)
            twins.call("POST", "/selections/{selection}/draw", name, json={})
            swapped = {"taken": MISSING, "reason": "asked"}
            twins.call("POST", "/selections/{selection}/swap", name, json=swapped)
        for name in (f"{place}.B", f"{place}.C", f"{place}.S", f"{place}.S@4"):
            twins.call("POST", "/selections/{selection}/reveal", name)
        for level in (None, 1, 4, 7):
            asked = {"port": worlds.PORT, "day": worlds.ARRIVAL, "shift": "S", "capacity": 2}
            twins.call("POST", "/selections", json=asked | {"level": level})


def examine(twins: Twins, both: Pair) -> None:
    """Read sheets for the yard and record boxes of them, and of what is there in secret alone."""
    place = f"{worlds.PORT}.{worlds.ARRIVAL}"
    twins.get("/yard", limit=50)
    hidden = hidden_in(both)[0]
    for name in (f"{place}.{one}" for one in ("A", "B", "C", "S", "A@4", "S@4")):
        sheet = twins.get("/yard/{selection}", name)
        found = sheet.json().get("boxes", [])
        for number, subject in enumerate([*(one["subject"] for one in found), hidden, MISSING]):
            box = found[number]["box"] if number < len(found) else ""
            form = {"id": f"0000000{number}{MISSING[8:]}", "subject": subject, "box": box,
                    "result": "not_performed", "cause": "gone"}  # fmt: skip
            for _ in range(2):
                twins.call("POST", "/yard/{selection}/forms", name, json={"form": form})
                twins.call("POST", "/yard/{selection}/forms/photographed", name,
                           data={"data": json.dumps({"form": form})})  # fmt: skip
            twins.get("/yard-forms/{form}", form["id"])
    for name in (*hidden_in(both)[:3], MISSING):
        twins.get("/examinations/{record_id}/photographs", name)
        path = f"/examinations/{{record_id}}/photographs/{'0' * 64}/readings"
        twins.call("POST", path, name, json={"why": "seen"})
    path = "/examinations/{record_id}/photographs/{photo_id}/readings"
    twins.asked.add(("post", path))


def bring(twins: Twins) -> None:
    """Compare, load, confirm and discard editions of open lists, and of those there in secret."""
    data = worlds.list_of(("p1", "OTRA FIRMA"), ("n1", "NEW FIRM"))
    for name in LISTS:
        file = {"params": {"name": "list.json"}, "content": data}
        twins.call("POST", "/lists/{list_id}/diff", name, **file)
        twins.call("POST", "/lists/{list_id}/editions", name, **file)
        few = {"params": {"name": "list.json"}, "content": worlds.list_of(("n1", "NEW FIRM"))}
        for step in ("confirm", "discard"):
            twins.call("POST", "/lists/{list_id}/editions", name, **few)
            twins.call("POST", f"/lists/{{list_id}}/{step}", name, json={"reason": "asked"})
        twins.get("/lists/{list_id}", name)
    for level in (-1, 4, 7):
        named = {"name": "list.json", "title": "New", "level": level}
        twins.call("POST", "/lists/{list_id}", f"new{level + 1}", params=named, content=data)


END = "2026-12-01T00:00Z"
"""A snooze ends there or is refused; either way alike."""
LISTS = ("own_public", "own_secret", "own_people", "nothing")


def act(twins: Twins, both: Pair) -> None:
    """Try every step on what is secret and, in the right order, on one alert that is not."""
    row = next(
        row for row in worlds.queue_of(both[0], worlds.reader(both[0])) if row.title == "NRCH B1"
    )
    said = {"verdict": "explained", "reason": "Papers seen."}
    for name in (*hidden_in(both)[::4], MISSING, row.alert_id):
        for step in ("claim", "release", "verdict", "undo", "snooze", "wake"):
            bodies = {"verdict": said, "snooze": {"until": END, "reason": "later"}}
            twins.call("POST", f"/alerts/{{alert_id}}/{step}", name, json=bodies.get(step))
        many = said | {"alerts": [{"alert_id": name}]}
        answer = twins.call("POST", "/queue/verdict", json=many)
        for bulk in (name, answer.json().get("bulk", "")):
            twins.call("POST", "/queue/undo", json={"bulk": bulk})
        twins.get("/sources/{source_id}", name)
        twins.get("/sources/{source_id}/proposal", name)
        twins.get("/sources/{source_id}/recall-plan", name)
        twins.call("POST", "/sources/{source_id}/recall", name, json={"reason": "why"})
    for name in hidden_in(both):
        twins.call("POST", "/quarantine/{quarantine_id}/retry", name)
    for name in (*hidden_in(both)[::4], row.subject_id):
        twins.call("POST", "/records/{record_id}/recall", name, json={"reason": "why"})
        twins.call("POST", "/records/{record_id}/ask", name, json={"to": "ghost"})
        twins.call("POST", "/records/{record_id}/pass-on", name, json={"to": "ghost"})
        named = {"record": name, "asker": "ghost", "to": "ghost", "granted": True}
        twins.call("POST", "/consents", json=named)
    for name, data in (
        ("hidden.edi", worlds.cuscar(*worlds.HIDDEN_BILLS)),
        ("t.csv", worlds.HIDDEN_TABLE),
    ):
        twins.call("POST", "/sources", params={"name": name}, content=data)
    twins.call("POST", "/mappings", params={"name": "m.toml"}, content=worlds.MAPPING.encode())


def keep_running(twins: Twins, role: str) -> None:
    """Ask for the state of the node, and have the log verified: an administrator learns nothing of
    what others keep, and an auditor how long the log is, which he may read anyway."""
    for method, path, moving in (
        ("GET", "/node-health", ("at", "disk_free")),
        ("POST", "/log-verification", ("at", "lines", "seal") if role == "auditor" else ("at",)),
    ):
        left, right = twins.both(method, path)
        assert left.status_code == right.status_code
        if left.status_code == 200:
            told = [json.loads(blank(one.text)) | dict.fromkeys(moving) for one in (left, right)]
            assert told[0] == told[1], path
        else:
            same(path, left, right)


def refuse(twins: Twins) -> None:
    """Ask wrongly: errors name what was asked, and nothing that is kept."""
    for query in ({"limit": 0}, {"state": "secret"}, {"cursor": "GHOST"}, {"colour": "red"}):
        twins.get("/queue", **query)
    twins.get("/search", text="GHOST", kind="ghost")
    twins.get("/search", text="\0")
    twins.get("/records/{record_id}", MISSING, version=-1)
    twins.get("/mappings/{mapping_id}", "ghost")
    twins.call("POST", "/screen", content=b"{")
    twins.call("POST", "/mappings", params={"name": "m.toml"}, content=b"GHOST")
    twins.call("POST", "/session", json={"name": worlds.CLEARED, "password": "wrong"})
    twins.call("POST", "/password", json={"old": "wrong", "new": "no password of ours"})
    twins.call("POST", "/notice-address", json={"code": "GHOSTGHO"})
    twins.call("POST", "/notice-address/again")
    twins.get("/nothing")


@pytest.mark.parametrize("role", ROLES)
def test_every_address_of_the_document_answers_the_same(
    clients: Clients, both: Pair, role: str
) -> None:
    twins = Twins(clients, role)
    read(twins, both, every=1 if role == "analyst" else 5)
    act(twins, both)
    decide(twins, both)
    resolve(twins, both)
    rehearse(twins, both)
    score(twins, both)
    select(twins)
    examine(twins, both)
    refer(twins, both)
    redress(twins, both)
    seize(twins, both)
    keep_cases(twins, both)
    enquire(twins, both)
    report(twins)
    be_told(twins, both, role)
    bring(twins)
    keep_running(twins, role)
    refuse(twins)
    if role == "auditor":
        compare_logs(twins)
    else:
        assert twins.get("/audit").status_code == 403
    assert twins.call("DELETE", "/session").status_code == 204
    document = twins.get("/openapi.json").json()
    offered = {(method, path) for path, item in document["paths"].items() for method in item}
    assert offered - twins.asked == set()


def compare_logs(twins: Twins) -> None:
    """An auditor sees the whole log of the node: in the secret world also the lines of those who
    are cleared, with identifiers and counts. All other lines are the same, but for their numbers,
    and no line of either log holds a word of a record."""
    logs = list(map(lines_of, whole_logs(twins)))
    left, right = ([line for line in log if line["who"] in ROLES] for log in logs)
    assert left == right
    more = [line["who"] for line in logs[1] if line["who"] not in ROLES]
    assert len(more) > sum(line["who"] not in ROLES for line in logs[0])
    assert set(more) == {"operator", worlds.CLEARED}
    words = (*worlds.NAMES, "FIRM", "GHOST", "HIDDEN", "known to us", ".edi", ".csv")
    for line in logs[1]:
        assert not quotes(" ".join(line.values()), words), line


def whole_logs(twins: Twins) -> list[list[dict[str, Any]]]:
    twins.asked.add(("get", "/audit"))
    return [list(log_of(*world)) for world in zip(twins.clients, twins.headers, strict=True)]


def log_of(client: TestClient, headers: dict[str, str]) -> Iterator[dict[str, Any]]:
    before = 0
    while before != 1:
        asked = {"limit": "200", "before": str(before)}
        lines = client.get(f"{BASE}/audit", params=asked, headers=headers).json()
        yield from lines
        before = lines[-1]["seq"]


def lines_of(log: list[dict[str, Any]]) -> list[dict[str, str]]:
    return [{name: line[name] for name in line if name not in ("seq", "at")} for line in log]
