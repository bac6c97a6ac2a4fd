"""The pages of two worlds that differ in secrets are the same to whoever may not know these.

One person per role walks through both worlds at once: every link, every form, every filter of the
queue, words and names that only secrets hold, ids that exist only in secret, wrong addresses, a file
that is there already in secret. Status, headers, size and body of each answer are compared.

Timing is not compared. The audit log is another matter: it is one log for the whole node, and an
auditor sees all of it. What he learns from it, and what not, has its own test below.
"""

from __future__ import annotations

import datetime as dt
import os
import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from itertools import product
from urllib.parse import quote
from zlib import crc32

import httpx
import msgspec
import pytest
from lxml import html
from starlette.applications import Starlette
from starlette.testclient import TestClient
from walker import Walker

import case_worlds
import joint_worlds
import redress_worlds
import referral_worlds
import request_worlds
import rule_texts
import seizure_worlds
import twin_worlds
import worlds
from esclusa.api.queries import ALERT_KINDS, KINDS, SORTS, STATES
from esclusa.casework import snooze
from esclusa.node import Node
from esclusa.sharing.reader import PERMITTED, Role
from esclusa.sharing.views import QueueFilter
from esclusa.web.app import create_app
from esclusa.web.page import Page, all_pages
from twins import quotes, same
from worlds import PASSWORD, ROLES

pytestmark = pytest.mark.slow

MISSING = "00000000-0000-5000-8000-000000000000"
ENTITIES = 12
ALL = list(product(ROLES, ("en", "es")))
# What decides is the same in both languages: each role meets one of them.
SOME = [("analyst", "en"), ("supervisor", "es"), ("auditor", "en"), ("administrator", "es")]
EACH = ALL if os.environ.get("ESCLUSA_LONG") else SOME
Pair = tuple[Node, Node]
Apps = tuple[Starlette, Starlette]
People = Callable[..., "Twins"]


class Person(Walker):
    """A walker through an application that others walk through as well, on an open client."""

    def __init__(self, client: TestClient) -> None:
        self.client = client
        self.token = ""


class Twins:
    """One person in both worlds; each request is made in both, and the answers must be the same."""

    def __init__(self, left: Person, right: Person) -> None:
        self.left, self.right = left, right
        self.asked: set[tuple[str, str]] = set()

    def get(self, address: str) -> httpx.Response:
        """Ask both for an address."""
        return self._same("GET", address, self.left.get(address), self.right.get(address))

    def post(self, address: str, files: object = None, **form: str | list[str]) -> httpx.Response:
        """Send both the same form, each with its own token."""
        answers = (person.post(address, files, **form) for person in (self.left, self.right))
        return self._same("POST", address, *answers)

    def _same(
        self, method: str, address: str, left: httpx.Response, right: httpx.Response
    ) -> httpx.Response:
        self.asked.add((method, address.partition("?")[0]))
        return same(f"{method} {address}", left, right)


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    with twin_worlds.both(tmp_path_factory.mktemp("pages")) as pair:
        yield pair


@pytest.fixture(scope="module")
def apps(both: Pair) -> Apps:
    return tuple(create_app(node) for node in both)


@pytest.fixture
def people(apps: Apps) -> Iterator[People]:
    """Sign a role in, in a language; return the one person in both worlds."""
    with ExitStack() as stack:

        def sign_in(role: str, language: str = "en") -> Twins:
            clients = (
                TestClient(
                    app,
                    base_url="http://node.test",
                    follow_redirects=False,
                    # Compressed sizes vary with the random tokens; sizes are compared as they are.
                    headers={"accept-encoding": "identity"},
                )
                for app in apps
            )
            return Twins(
                *(
                    Person(stack.enter_context(client)).sign_in(role, language, password=PASSWORD)
                    for client in clients
                )
            )

        yield sign_in


def onward(answer: httpx.Response) -> Iterator[str]:
    """Yield every address that an answer leads to: links, and forms with each of their choices."""
    if location := answer.headers.get("location"):
        yield location
    if not answer.text:
        return
    page = html.fromstring(answer.text)
    yield from page.xpath("//a/@href")
    for form in page.xpath("//form[@method='get']"):
        for choice in form.xpath(".//select"):
            yield from (
                f"{form.get('action')}?{choice.get('name')}={option.get('value', option.text)}"
                for option in choice.xpath("option")
            )
        yield from (
            f"{form.get('action')}?{tick.get('name')}=true"
            for tick in form.xpath(".//input[@type='checkbox']")
        )


def crawl(twins: Twins, *, every: int = 1) -> set[str]:
    """Follow everything that leads on and return the addresses; not the audit log.

    An alert is opened once, from the first list that names it. Of alerts and records, whose pages
    are alike, only every so many are opened when asked to; of the ways back to a list one in seven,
    of the entities the first twelve: each has its chart, its timeline and every filter of both.
    """
    seen: set[str] = set()
    entities: dict[str, int] = {}
    ahead = ["/", "/help", "/sign-in"]  # an auditor begins at the log, which is not walked here
    while ahead:
        address = ahead.pop(0).partition("#")[0]
        name = address.partition("?")[0] if address.startswith("/alerts/") else address
        if name in seen or not address.startswith("/") or address.startswith("/audit"):
            continue
        seen.add(name)
        if name.startswith(("/alerts/", "/records/")) and crc32(name.encode()) % every:
            continue
        if "at=" in name and crc32(name.encode()) % 7:
            continue
        if name.startswith("/case-starts/") and crc32(name.encode()) % 7:
            continue
        if entity := re.match(r"/entities/(ent-\w+)", name):
            entities.setdefault(entity[1], len(entities))
            if entities[entity[1]] >= ENTITIES:
                continue
        ahead += onward(twins.get(address))
    return seen


@pytest.mark.parametrize(("role", "language"), EACH)
def test_everything_that_a_link_or_a_form_leads_to_is_the_same(
    people: People, role: str, language: str
) -> None:
    twins = people(role, language)
    seen = crawl(twins, every={"analyst": 1 if language == "en" else 2}.get(role, 5))
    # These nodes have no partner, so no link leads here; with partners: test_web_partners.py.
    for address in ("/partners/ghost", "/consents", "/records/ghost/trail", "/records/ghost/preview",
                    f"/seizures/{seizure_worlds.HIDDEN}",
                    f"/seizures/{seizure_worlds.HIDDEN}/reports/ghost",
                    f"/redress?number={redress_worlds.HIDDEN_NUMBER}", "/redress-starts/ghost",
                    f"/redress/{redress_worlds.HIDDEN}", f"/redress/{redress_worlds.HIDDEN}/paper",
                    "/referral-starts/ghost", f"/referrals/{referral_worlds.HIDDEN}",
                    "/request-starts/ghost", f"/requests/{request_worlds.HIDDEN}", "/requests.csv",
                    f"/cases/{case_worlds.HIDDEN}", f"/cases/{case_worlds.HIDDEN}/checks",
                    f"/cases/{case_worlds.HIDDEN}/share", f"/joint-cases/{joint_worlds.HIDDEN}",
                    "/case-starts/record/ghost",
                    "/examinations/ghost/photographs", "/intake/ghost/recall",
                    f"/kept-reports/{'0' * 64}", "/reports/2026-11/figures/ghost", "/board/ghost", "/users/ana",
                    "/notices/ghost", "/notice-forms?referral=ghost&account=ana",
                    "/feed/ghost", "/sign-in/return?state=x&code=x"):  # fmt: skip
        twins.get(address)
    paths = {path for method, path in twins.asked if method == "GET"}
    for page in all_pages():
        if page.method == "GET" and not page.path.startswith("/audit") and may(role, page):
            shape = re.compile(re.sub(r"{\w+}", "[^/]+", page.path))
            assert any(map(shape.fullmatch, paths)), page.path
    assert len(seen) > (100 if role in ("analyst", "supervisor") else 5)


def may(role: str, page: Page) -> bool:
    return page.action is None or page.action in PERMITTED[Role(role)]


def test_the_queue_is_the_same_in_every_order_and_under_every_filter(
    people: People, both: Pair
) -> None:
    twins = people("analyst")
    for state, kind, sort in product(STATES, ("", *ALERT_KINDS), SORTS):
        walk(twins, f"/queue?state={state}&kind={kind}&sort={sort}&limit=25")
    ports = {row.port for row in worlds.queue_of(both[1], worlds.cleared(both[1]))}
    for port in sorted(ports | {"XXXXX"}):
        walk(twins, f"/queue?state=all&port={port}&limit=200")
    for score in (5, 20, 50, 90):
        walk(twins, f"/queue?minimum_score={score}&limit=25")
    walk(twins, "/queue?mine=true&state=all")


def walk(twins: Twins, address: str) -> None:
    """Turn the pages of a queue to its end, in each world by its own links: a cursor of the order
    "recent" holds the moment of its row."""
    nexts = [address, address]
    while nexts[0]:
        answers = [p.get(to) for p, to in zip((twins.left, twins.right), nexts, strict=True)]
        same(nexts[0], *answers)
        nexts = [
            next(iter(html.fromstring(answer.text).xpath("//a[@rel='next']/@href")), "")
            for answer in answers
        ]


def test_a_cursor_and_neighbours_at_a_secret_row_are_the_same(people: People, both: Pair) -> None:
    """Whoever got hold of a cursor of a cleared reader turns to the same page in both worlds. The
    order "recent" is left out: its cursors hold a moment, and the worlds were not made at once."""
    twins = people("analyst")
    for sort in ("score", "arrival"):
        wanted = QueueFilter(state="all", sort=sort, limit=3)
        for _page in range(4):
            found = both[1].queue(worlds.cleared(both[1]), wanted)
            wanted = msgspec.structs.replace(wanted, cursor=found.next_cursor)
            twins.get(f"/queue?state=all&sort={sort}&limit=9&cursor={quote(found.next_cursor)}")
            for row in found.rows[:1]:
                twins.get(f"/alerts/{row.alert_id}?state=all&sort={sort}")


def test_words_of_secret_records_find_the_same(people: People) -> None:
    twins = people("analyst", "es")
    for word, kind in product(worlds.WORDS, ("", *KINDS)):
        twins.get(f"/search?text={quote(word)}&kind={kind}")


def test_names_listed_in_secret_are_screened_as_if_they_were_not(people: People) -> None:
    for language in ("en", "es"):
        twins = people("analyst", language)
        for name, type_ in product(worlds.NAMES, ("any", "person", "organisation")):
            twins.post("/screening", name=name, type=type_)


def test_what_exists_only_in_secret_is_not_found_like_what_does_not_exist(
    people: People, both: Pair
) -> None:
    hidden = worlds.only_in(both[1], both[0])
    assert len(hidden) > 10
    twins = people("analyst")
    for path in (
        "/records/{}",
        "/alerts/{}",
        "/alerts/{}?verdict=refer",
        "/intake/{}",
        "/intake/{}/proposal",
    ):
        missing = twins.get(path.format(MISSING))
        for name in hidden:
            answer = twins.get(path.format(name))
            assert answer.status_code == 404
            assert in_main(answer) == in_main(missing)
    boss = people("supervisor")
    missing = boss.get(f"/intake/{MISSING}/recall")
    for name in hidden[::4]:
        assert in_main(boss.get(f"/intake/{name}/recall")) == in_main(missing)
        boss.post(f"/intake/{name}/recall", sure="yes", reason="wrong office")
    steps = ("/alerts/{}/claim", "/quarantine/{}/retry")
    for path, name in product(steps, hidden):
        assert twins.post(path.format(name)).status_code == 404
    for name in hidden:
        form = {"verdict": "refer", "reason": "because"}
        assert twins.post(f"/alerts/{name}/verdict", **form).status_code == 404


def in_main(answer: httpx.Response) -> str:
    return str(html.fromstring(answer.text).xpath("//main")[0].text_content())


@pytest.mark.parametrize("role", ROLES)
def test_error_pages_are_the_same(people: People, role: str) -> None:
    twins = people(role)
    wrong = ("/nothing", "/queue?limit=0", "/queue?state=secret", "/queue?cursor=GHOST",
             "/search?text=%00", "/search?text=GHOST&kind=ghost", f"/records/{MISSING}?version=x",
             "/records/GHOST%20FIRM", "/alerts/B8", "/intake/hidden.edi", "/users", "/intake",
             "/queue", "/lists", "/rules", "/preferences", "/static/0/x.css")  # fmt: skip
    statuses = {twins.get(address).status_code for address in wrong}
    posts = ("/queue", "/intake", "/lists", "/users", "/screening", "/preferences",
             f"/alerts/{MISSING}/verdict", "/alerts/GHOST/claim")  # fmt: skip
    statuses |= {twins.post(address).status_code for address in posts}
    assert statuses >= {404, 403}
    assert (400 in statuses) == (role != "auditor")


def test_steps_on_an_alert_that_a_cleared_person_works_on_in_secret_are_the_same(
    people: People, both: Pair
) -> None:
    """She has claimed and decided it under the label that she alone sees; here it is new."""
    twins = people("analyst")
    low = {row.alert_id for row in worlds.queue_of(both[0], worlds.reader(both[0]))}
    taken = [row.alert_id for row in worlds.queue_of(both[1], worlds.cleared(both[1]))
             if row.state != "new" and row.alert_id in low]  # fmt: skip
    assert taken
    for alert in taken:
        for step in ("claim", "release", "claim"):
            assert twins.post(f"/alerts/{alert}/{step}").status_code == 303
        twins.get(f"/alerts/{alert}")
        form = {"verdict": "explained", "reason": "Papers seen.", "list": "state=all"}
        assert twins.post(f"/alerts/{alert}/verdict", **form).status_code == 303
        twins.get(f"/alerts/{alert}")
        twins.get("/queue?state=closed")
        for _step in range(4):
            twins.post(f"/alerts/{alert}/undo")
        twins.get(f"/alerts/{alert}")


@pytest.mark.parametrize("role", ("analyst", "supervisor"))
def test_steps_on_many_alerts_and_kept_views_are_the_same(
    people: People, both: Pair, role: str
) -> None:
    """Also with alerts that are there in secret alone, and on those that a cleared person put off or
    decided in secret."""
    twins = people(role, "es" if role == "supervisor" else "en")
    box = re.compile(r'name="alert" value="([0-9a-f-]{36}\.[\w-]{6})"')
    boxes = box.findall(twins.get("/queue?limit=200").text)
    bea = worlds.cleared(both[1])
    known = {row.alert_id: row for row in worlds.queue_of(both[1], bea)}
    hidden = [f"{name}.{row.seen}" for name, row in known.items()
              if name not in {pick[:36] for pick in boxes}][:4]  # fmt: skip
    fresh = next(name[:36] for name in hidden if known[name[:36]].state == "new")
    asleep = next(name for name, row in known.items() if row.state == "new" and name != fresh)
    end = snooze.in_hours(1, dt.datetime.now(dt.UTC))
    both[1].snooze(bea, asleep, until=end, reason="GHOST FIRM is known to us")
    secret = both[1].bulk_desk.decide(
        bea, {fresh: known[fresh].seen}, verdict="refer", reason="GHOST FIRM"
    )
    assert secret.bulk
    form = {"verdict": "explained", "reason": "Papers seen.", "list": "limit=200"}
    for picks in ([], boxes[:2] + hidden, hidden, [f"{MISSING}.AAAAAA"], ["GHOST"]):
        assert twins.post("/queue/verdict", alert=picks, **form).status_code in (400, 409)
    for bulk in (secret.bulk, MISSING, "GHOST", ""):
        for rest in ("", "true"):
            assert twins.post("/queue/undo", bulk=bulk, rest=rest).status_code in (400, 404)
    done = twins.post("/queue/verdict", alert=boxes[:3], **form)
    assert done.status_code == 303
    twins.get(done.headers["location"])
    twins.get("/queue?state=closed")
    bulk = done.headers["location"].rpartition("=")[2]
    assert twins.post("/queue/undo", bulk=bulk).status_code == 303
    assert twins.post("/queue/undo", bulk=bulk).status_code == 409
    for pick in (*boxes[:2], *hidden):
        twins.post(f"/alerts/{pick[:36]}/snooze", why="later", hours="1", list="state=all")
        twins.post(f"/alerts/{pick[:36]}/wake")
        twins.get(f"/queue?state=all&limit=2&at={pick[:36]}")
    twins.get("/queue?state=snoozed")
    both[1].saved_views.keep(bea, "GHOST FIRM", "port=PAONX")
    twins.post("/queue/views", name="Pier 7", list="port=PAONX")
    for name in ("GHOST FIRM", "Pier 7", "Pier 7"):
        twins.post("/queue/views/drop", drop=name)
    twins.get("/queue")
    both[1].undo(bea, asleep)
    both[1].bulk_desk.undo(bea, secret.bulk)


def test_a_file_that_exists_already_in_secret_is_taken_as_new(people: People, both: Pair) -> None:
    twins = people("analyst")
    known = {
        "hidden.edi": worlds.cuscar(*worlds.HIDDEN_BILLS),
        "late.edi": worlds.cuscar(*worlds.LATE_BILLS),
    }
    for name, data in known.items():
        answer = twins.post("/intake", files={"files": (name, data)})
        page = twins.get(answer.headers["location"])
        assert answer.status_code == 303 and name in page.text
    for address in (
        "/intake",
        "/queue?state=all&limit=200",
        "/search?text=GHOST",
        "/search?text=B8",
    ):
        twins.get(address)


@pytest.mark.parametrize("role", ("analyst", "supervisor"))
def test_steps_on_a_case_with_a_secret_part_are_the_same(
    people: People, both: Pair, role: str
) -> None:
    """On the case that has a secret part, on one that is there in secret alone, on none."""
    twins = people(role, "es" if role == "supervisor" else "en")
    secret = both[1].case_desk.show(worlds.cleared(both[1]), case_worlds.OPEN)
    ghost, photo, note = secret.evidence[0].name, f"{9:016x}", {"text": "seen"}
    for name in (case_worlds.OPEN, case_worlds.HIDDEN, MISSING):
        page = twins.get(f"/cases/{name}")
        assert "GHOST" not in page.text and "ghost.pdf" not in page.text
        version = re.search(r'name="version" value="(\w+)"', page.text)
        for seen in (secret.version, version[1] if version else "old"):
            for of in ("", ghost, secret.items[-1].name):
                form = {"move": "note", "of": of, "version": seen, "under": "all"}
                twins.post(f"/cases/{name}/move", **form, **note)
        for of in (photo, ghost):
            form = {"move": "hand_on", "of": of, "to": "court", "reason": "asked"}
            twins.post(f"/cases/{name}/move", **form)
            twins.post(f"/cases/{name}/evidence/{of}", why="compare")
        for data in (b"GHOST FIRM its books", b"", b"of the " + role.encode()):
            file = {"files": ("books.pdf", data)}
            twins.post(f"/cases/{name}/evidence", files=file, what="books", source="the firm")
        twins.post(f"/cases/{name}/evidence", what="books", source="the firm")
        twins.post(f"/cases/{name}/package", to="court")
        twins.get(f"/cases/{name}/checks")
        twins.get(f"/cases/{name}")
        twins.get(f"/cases/{name}/share?partner=ghost")
        for look in ("", "yes"):
            twins.post(f"/cases/{name}/share", partner="ghost", reason="why", look=look)
        twins.post(f"/cases/{name}/shares/{ghost}/end", joint=joint_worlds.HIDDEN, reason="why")
    for name in (joint_worlds.HIDDEN, MISSING):
        page = twins.get(f"/joint-cases/{name}")
        assert page.status_code == 404
        twins.post(f"/joint-cases/{name}/take-up", title="mine")
        twins.post(f"/joint-cases/{name}/tasks/g3/done", result="mine", version="old")
    for item in (*worlds.only_in(both[1], both[0])[:4], secret.items[-1].id, MISSING):
        for kind in ("record", "alert", "entity", "ghost"):
            twins.get(f"/case-starts/{kind}/{item}")
            twins.post(f"/case-starts/{kind}/{item}", title="mine", case="")
            twins.post(f"/case-starts/{kind}/{item}", title="mine", case=case_worlds.OPEN)
    shown = worlds.queue_of(both[0], worlds.reader(both[0]))[-1].alert_id
    twins.get(f"/case-starts/alert/{shown}")
    for level in ("", "1", "4", "x"):
        twins.post(f"/case-starts/alert/{shown}", title="mine", level=level)
    twins.get("/cases?state=all")


def test_a_list_that_exists_already_in_secret_is_loaded_as_new(people: People) -> None:
    twins = people("supervisor")
    for list_id in ("own_secret", "own_public"):
        data = worlds.list_of(("s1", "ISTMO PRIMAVERA"), ("p1", "OTRA FIRMA"))
        form = {"list_id": list_id, "title": "Ours"}
        answer = twins.post("/lists", files={"files": ("ours.json", data)}, **form)
        assert answer.status_code == 303
        wrong = twins.post("/lists", files={"files": ("ours.json", b"GHOST")}, **form)
        assert wrong.status_code >= 400
    twins.get("/lists")
    for list_id in ("own_secret", "own_public", "own_people"):
        address = f"/lists/{list_id}"
        for path in ("", "/editions/1", "/editions/2", "/editions/0?what=removed"):
            twins.get(address + path)
        few = {"files": ("ours.json", worlds.list_of(("p1", "OTRA FIRMA")))}
        for step in ("diff", "editions"):
            twins.post(f"{address}/{step}", files=few)
        for step in ("confirm", "discard", "confirm"):
            twins.post(f"{address}/{step}", reason="asked for")
        twins.get(address)
    twins.post("/screening", name="ISTMO PRIMAVERA SA", type="any")
    bills = worlds.cuscar(("B5", "ISTMO PRIMAVERA SA", "GENERAL CARGO"))
    twins.get(twins.post("/intake", files={"files": ("new.edi", bills)}).headers["location"])
    twins.get("/queue?state=all&limit=200")


@pytest.mark.parametrize("role", ("analyst", "supervisor"))
def test_rules_are_written_rehearsed_and_decided_with_the_same_answers(
    people: People, role: str
) -> None:
    """Also under the ids of rules that are there in secret alone."""
    twins = people(role, "es" if role == "analyst" else "en")
    twins.get("/rules?yields=true")
    fresh = f"N{len(role)}"
    for name in (fresh, worlds.SECRET_RULE, "S2", "N0"):
        version = "1" if name != "N0" else f"v{len(role)}"
        text = rule_texts.rule(name, "BANANAS", version=version)
        for at in ("", f"?rule={name}"):
            twins.get(f"/rule-editor{at}")
            for do in ("check", "rehearse", "keep", "keep"):
                twins.post(f"/rule-editor{at}", text=text, do=do)
        twins.get(f"/rules/{name}")
        for step in ("rehearse", "approve", "reject", "withdraw", "retire"):
            twins.post(f"/rules/{name}/{step}", reason="asked for")
            twins.get(f"/rules/{name}")
    twins.get("/rules")
    twins.get("/queue?state=all&limit=200")


@pytest.mark.parametrize("role", ("analyst", "supervisor"))
def test_models_are_read_and_decided_and_bills_scored_with_the_same_answers(
    people: People, both: Pair, role: str
) -> None:
    """Also by the names of a model, and of scores, that are there in secret alone."""
    twins = people(role, "es" if role == "analyst" else "en")
    secret = both[1].model_desk.show(worlds.cleared(both[1]), "hidden").model.checksum
    shown = both[0].score_desk.highest(worlds.reader(both[0]), limit=200)
    top = both[1].score_desk.highest(worlds.cleared(both[1]), limit=200)
    hidden = sorted({row.subject_id for row in top} - {row.subject_id for row in shown})
    for name in ("open", "hidden", secret, "nothing"):
        for more in ("", "?compare=1", "?days=3660"):
            twins.get(f"/models/{name}{more}")
        twins.post(f"/models/{name}/activate", reason="asked for")
        twins.post("/models-retire", reason="asked for")
    for name in (shown[0].subject_id, *hidden[:3], "ghost"):
        twins.post(f"/records/{name}/score")
        twins.post("/models/open/activate", reason="asked for")
        twins.post(f"/records/{name}/score")
        twins.get(f"/records/{name}")
    twins.post("/models", name="mine", level="", clock="recorded")
    twins.get("/models")


def test_an_account_is_opened_with_the_same_answers(people: People) -> None:
    twins = people("administrator", "es")
    form = {"name": "eva", "password": PASSWORD, "role": "analyst", "clearance": "1"}
    assert [twins.post("/users", **form).status_code for _time in range(2)] == [303, 400]
    twins.get("/users")


def test_the_log_tells_an_auditor_that_cleared_people_worked_and_nothing_of_what_they_saw(
    people: People, both: Pair
) -> None:
    """The log is one for the whole node and an auditor sees all of it: who, when, for which purpose,
    which action, on which identifier, with which counts.

    So in the secret world he sees more lines. Each of these was made by somebody cleared, the node's
    operator among them, and holds identifiers (of records, alerts, files, lists), counts and codes,
    and no word of a record: no name, no bill, no file name, no text that was searched or written.
    What everybody else did stands in both logs in the same words.
    """
    analyst = people("analyst")
    for address in ("/search?text=GHOST", "/records/GHOST%20FIRM", "/alerts/B8", "/intake/a.edi"):
        analyst.get(address)
    analyst.post("/screening", name="GHOST FIRM", type="any")
    bea = worlds.cleared(both[1])
    for row in worlds.queue_of(both[1], bea):
        both[1].alert(bea, row.alert_id)
    auditor = people("auditor")
    logs = [whole_log(person) for person in (auditor.left, auditor.right)]
    left, right = ([line for line in log if line[0] in ROLES] for log in logs)
    assert left == right
    known = {line for line in logs[1] if line[0] not in ROLES}
    assert {line[0] for line in known} <= {"operator", worlds.CLEARED, "ana"}
    words = (*worlds.NAMES, *filter(_is_long, worlds.WORDS), "FIRM", "known to us", ".edi", ".csv")
    for line in logs[1]:
        assert not quotes(" ".join(line), words), line
    subjects = {line[4] for line in known if line[0] == worlds.CLEARED}
    assert subjects & set(worlds.only_in(both[1], both[0]))


def _is_long(word: str) -> bool:
    """Two letters may stand in any identifier."""
    return len(word) > 4


def whole_log(auditor: Person) -> list[tuple[str, ...]]:
    """Return who, role, purpose, action, subject and detail of every line, the oldest first."""
    found: list[tuple[str, ...]] = []
    address = "/audit?as=table"
    while address:
        page = html.fromstring(auditor.get(address).text)
        found += [
            tuple(cell.text_content() for cell in row.xpath("td")[2:])
            for row in page.xpath("//tbody[@class='lines']/tr")
        ]
        address = next(iter(page.xpath("//a[@rel='next']/@href")), "")
    return found[::-1]
