"""Every page against its budget: bytes, time until it can be used on a slow link, server time.

    python benchmarks/pages.py [--records 5000] [--runs 1] [--only /queue] [--no-browser]
                               [--language en] [--node FOLDER] [--slow 0.6] [--no-anew]
                               [--postgres]

A small world with something on every kind of page and a partner (:mod:`benchmarks.page_world`),
filled up to ``--records`` with bills, alerts on them and what officers did with these. Three roles
walk along the links, and to addresses that no link leads to, to one address of each kind of page. A
page of the site that is not reached fails the run.

For each page, beside an empty page of the same node (the floor):

- **server**: processor time of one request through the application, compression included; median
  of nine after two warm ones, with the slowest of the nine and the median of the time that passed.
  Goal 30 ms. At the end the same is told of the first request after a record came in. At most 200
  rows are on a page.
- **bytes**: all that Chromium receives on a first visit, headers included, and on the next visit
  (``warm``). Goal 30,000.
- **usable**: from the start of the visit until the content is painted and the scripts have run
  (the later of first contentful paint and the end of DOMContentLoaded), with Chromium throttled to
  400 kbit/s and 400 ms; best of ``--runs``. Goal 1.3 s cold, 0.6 s warm.

With ``--postgres`` the processor time is the application's; what the database takes beside it is in
the time that passed. Real time on a machine that does other things is too long, never too short. The size that the
project promises is --records 1000000.
"""

from __future__ import annotations

import argparse
import asyncio
import datetime as dt
import math
import random
import re
import shutil
import socket
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

import msgspec
import uvicorn
from benchmarks import page_world
from benchmarks.queue_page import BATCH, queue_row
from lxml import html
from starlette.applications import Starlette
from starlette.responses import HTMLResponse, Response

import esclusa.web.app as web
import postgres_server
import worlds
from esclusa.casework.alerts import next_move
from esclusa.ledger import queue, records
from esclusa.ledger.records import Appended, Draft
from esclusa.model import (
    Alert,
    AlertMove,
    Consignment,
    Evidence,
    GoodsItem,
    Marking,
    Party,
    Place,
    Reason,
    TransportEquipment,
)
from esclusa.node import Node
from esclusa.web.page import Page, all_pages

OUTSIDE: Final = "/sign-in"
"""The page of somebody who has no session; no link leads to it from inside."""
ANSWERS: Final = {"/sign-in/return": (200, 303, 400, 404, 409)}
"""Pages that answer otherwise: this node has no provider to come back from."""
QUESTIONS: Final = ("/search?text=MACHINE", "/search?text=FIRMA+77")
"""Asked beside the page as it opens: words that half of all records hold, and that few do."""
ROLES: Final = ("supervisor", "administrator", "auditor")
EMPTY: Final = "/empty-page"
GOALS: Final = {
    "bytes": 30_000, "bytes warm": 30_000, "usable": 1.3, "usable warm": 0.6, "server": 30.0,
}  # fmt: skip
SLOW_ANEW: Final = 24.0
"""Milliseconds of a first request after a record from which on it is told."""
PATIENCE_MS: Final = 90_000
KBIT_S, LATENCY_MS = 400, 400
END: Final = dt.datetime.now(dt.UTC)
SPAN: Final = dt.timedelta(days=426)
"""When the last record was written, and how long before the first: fourteen months."""
DECIDED: Final = 0.1
"""Share of the alerts on which a verdict was given."""
CLAIMED: Final = 0.001
"""Share that somebody holds at present."""
TIMES: Final = """() => {
  const [visit] = performance.getEntriesByType("navigation");
  const paint = performance.getEntriesByName("first-contentful-paint")[0];
  return Math.max(visit.domContentLoadedEventEnd, paint ? paint.startTime : 0) / 1000;
}"""


class Figures(msgspec.Struct, kw_only=True):
    """What was measured of a page; None where it was not."""

    path: str
    address: str
    role: str
    server: float
    worst: float = math.nan
    wall: float = math.nan
    anew: float = math.nan
    cold: int | None = None
    warm: int | None = None
    usable: float | None = None
    again: float | None = None


# --- the node ---------------------------------------------------------------------------------


def bill(number: int, rng: random.Random) -> Consignment:
    """Return a made-up bill."""
    return Consignment(
        carrier="NRCH", bill=f"P{number}", load_port=Place(code=rng.choice(("COCTG", "CNSHA"))),
        discharge_port=Place(code=rng.choice(("PAONX", "PABLB"))),
        arrival=f"2026-12-{rng.randint(1, 28):02}",
        parties=(
            Party(role="consignee", name=f"FIRMA {rng.randint(1, 9_000)} SA", country="PA"),
            Party(role="consignor", name=f"ALTAMIRA EXPORT {rng.randint(1, 900)} LTD"),
        ),
        equipment=(TransportEquipment(number=f"NRXU{number:07}"),),
        goods=(GoodsItem(description=f"MACHINE PARTS {number % 500}", gross_mass_kg=12_000.0),),
    )  # fmt: skip


def alert(subject: str, title: str, rng: random.Random) -> Alert:
    """Return an alert on a bill."""
    points = float(rng.randint(5, 60))
    reason = Reason(
        source="rule", code="C05", version="1", points=points,
        text_en="The goods text is vague.", text_es="El texto de la mercancía es vago.",
        evidence=(Evidence(path="goods.0.description", value="MACHINE PARTS"),),
    )  # fmt: skip
    return Alert(
        subject_id=subject, subject_kind="consignment", score=points, title=title, reasons=(reason,)
    )


def fill(node: Node, wanted: int) -> None:
    """Write bills, alerts on them, and what officers did with some, until there are about
    ``wanted`` records more. They were raised over fourteen months up to today; one in ten was
    decided within three days, half of these after somebody had claimed it."""
    rng = random.Random(5)
    label = node.labels.intern(node.agency, Marking())
    bills = round(wanted / (2 + DECIDED * 1.5))
    for first in range(0, bills, BATCH):
        numbers = range(first, min(first + BATCH, bills))
        moments = [END - SPAN + SPAN * n / bills for n in numbers]
        with node.store.write() as connection:
            _batch(connection, node.agency, label, numbers, moments, rng)


def _batch(
    connection: Any, agency: str, label: int, numbers: range, moments: list[dt.datetime],
    rng: random.Random,
) -> None:  # fmt: skip
    def written(bodies: Sequence[Any]) -> list[Appended]:
        drafts = [
            Draft(body=body, originator=agency, label_id=label,
                  derived_from=(body.alert_id,) if isinstance(body, AlertMove) else ())
            for body in bodies
        ]  # fmt: skip
        return records.append(connection, drafts, recorded=text(moments[0]))

    bills = [bill(number, rng) for number in numbers]
    names = [made.id for made in written(bills)]
    alerts = [
        alert(name, f"{b.carrier} {b.bill}", rng) for name, b in zip(names, bills, strict=True)
    ]
    rows, moves = [], []
    for made, body, at in zip(written(alerts), alerts, moments, strict=True):
        said = worked_on(made.id, at, rng)
        last = said[-1] if said else None
        moves += said
        rows.append(
            queue_row(
                Draft(body=body, originator=agency, label_id=label), made, day=rng.randint(1, 28),
                state=last.state if last else "new", who=last.claimed_by if last else "",
                port=rng.choice(("PAONX", "PABLB")),
            ) | {"created": text(at), "verdict": last.verdict if last else ""}
        )  # fmt: skip
    queue.put(connection, rows)
    written(moves)


def worked_on(name: str, at: dt.datetime, rng: random.Random) -> list[AlertMove]:
    """Return what officers did with an alert, most often nothing."""
    who, chance = rng.choice(("ana", "eva", "luis")), rng.random()
    if chance > DECIDED + CLAIMED:
        return []
    said: list[AlertMove] = []
    later = at + dt.timedelta(minutes=rng.expovariate(1 / 600))
    if chance > DECIDED / 2:
        said.append(next_move(said, alert_id=name, move="claim", by=who, at=text(later)))
    if chance < DECIDED:
        verdict = rng.choice(("refer", "explained", "other_party"))
        said.append(next_move(said, alert_id=name, move="verdict", by=who, reason="papers seen",
                              at=text(later + dt.timedelta(minutes=7)), verdict=verdict))  # fmt: skip
    return said


def text(moment: dt.datetime) -> str:
    """Return a moment as the ledger writes it."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


@contextmanager
def database(chosen: argparse.Namespace) -> Iterator[str]:
    """Yield the address of a PostgreSQL of one's own while the block runs, "" for SQLite."""
    if not chosen.postgres:
        yield ""
        return
    url, folder = postgres_server.start()
    try:
        yield url
    finally:
        postgres_server.stop(folder)


@contextmanager
def filled(chosen: argparse.Namespace) -> Iterator[Node]:
    """Yield a node with that many records: the kept one, or one filled now."""
    with tempfile.TemporaryDirectory() as folder, database(chosen) as url:
        place = chosen.node or Path(folder) / "nodes"
        if (place / page_world.ADDRESSES).exists():
            node = Node.open(place / page_world.US)
        else:
            began = time.process_time()
            place.mkdir(parents=True, exist_ok=True)
            node = page_world.made(place, url)
            fill(node, chosen.records)
            if url:
                with node.store.write() as connection:
                    connection.exec_driver_sql("ANALYZE")
            print(f"{chosen.records:,} records written in {time.process_time() - began:.0f} CPU s")
        yield node
        node.close()


# --- the application --------------------------------------------------------------------------


async def _empty(visit: Any) -> Response:
    text = '{% extends "base.html" %}{% block title %}-{% endblock %}'
    template = visit.site._templates[visit.language].from_string(text)
    return HTMLResponse(template.render(web_values(visit)))


def web_values(visit: Any) -> dict[str, Any]:
    """Return what every template may use."""
    from esclusa.web.visit import shared

    return shared(visit)


def application(node: Node) -> Starlette:
    """Return the node's application with an empty page beside the others."""
    pages = (*all_pages(), Page(path=EMPTY, show=_empty))
    kept = web.all_pages
    web.all_pages = lambda: pages
    try:
        return web.create_app(node)
    finally:
        web.all_pages = kept


class Asking:
    """Requests straight into an application, in one event loop, without a client library."""

    def __init__(self, app: Starlette) -> None:
        self.app = app
        self.loop = asyncio.new_event_loop()

    def get(self, address: str, token: str) -> tuple[int, bytes]:
        """Return status and compressed body."""
        return self.loop.run_until_complete(self._get(address, token))

    async def _get(self, address: str, token: str) -> tuple[int, bytes]:
        parts = urlsplit(address)
        headers = [
            (b"host", b"node.test"), (b"accept-encoding", b"gzip"),
            *([(b"cookie", f"esclusa={token}".encode())] if token else []),
        ]  # fmt: skip
        scope = {
            "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "GET",
            "path": parts.path, "raw_path": parts.path.encode(), "root_path": "",
            "query_string": parts.query.encode(), "headers": headers, "scheme": "http",
            "server": ("node.test", 80), "client": ("127.0.0.1", 1),
        }  # fmt: skip
        status, body = 0, bytearray()

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(message: Any) -> None:
            nonlocal status
            status = message.get("status", status)
            body.extend(message.get("body", b""))

        await self.app(scope, receive, send)
        return status, bytes(body)


def serve(asking: Asking, one: Figures, token: str) -> None:
    """Fill in the milliseconds of a page: of nine requests after two warm ones, or NaN for an error
    page."""
    spent, passed = [], []
    for _ in range(11):
        began, moment = time.process_time(), time.perf_counter()
        status, _body = asking.get(one.address, token)
        spent.append(time.process_time() - began)
        passed.append(time.perf_counter() - moment)
        if status not in ANSWERS.get(one.path, (200,)):
            one.server = math.nan
            return
    one.server = statistics.median(spent[2:]) * 1000
    one.worst, one.wall = max(spent[2:]) * 1000, statistics.median(passed[2:]) * 1000


def serve_anew(node: Node, asking: Asking, figures: list[Figures], tokens: dict[str, str]) -> None:
    """Fill in the milliseconds of the first request for each page after a record came in."""
    rng, label = random.Random(7), node.labels.intern(node.agency, Marking())
    first = int(time.time())  # a kept node has those of earlier runs already
    for number, one in enumerate(figures):
        body = bill(first + number, rng)
        with node.store.write() as connection:
            draft = Draft(body=body, originator=node.agency, label_id=label)
            records.append(connection, [draft])
        began = time.process_time()
        asking.get(one.address, tokens[one.role])
        one.anew = (time.process_time() - began) * 1000


def kind_of(address: str, pages: tuple[Page, ...]) -> Page | None:
    """Return the page that an address of this node belongs to, None for a file or another place."""
    parts = urlsplit(address)
    for page in pages:
        shape = re.sub(r"\{\w+\}", "[^/]+", page.path)
        if page.method == "GET" and re.fullmatch(shape, parts.path):
            return None if page.download or parts.netloc else page
    return None


def walk(asking: Asking, token: str, known: set[str], planted: Sequence[str]) -> dict[str, str]:
    """Return one address for each kind of page that links lead to, or that was ``planted``, and
    that is not known yet."""
    import gzip

    pages, found, ahead, asked = all_pages(), {}, ["/", *planted], set()
    while ahead:
        address = ahead.pop(0).partition("#")[0]
        page = kind_of(address, pages)
        named = page.path + (f" ({address})" if address in QUESTIONS else "") if page else ""
        if page is None or named in asked:
            continue
        status, body = asking.get(address, token)
        if status not in ANSWERS.get(page.path, (200, 303)):
            continue
        asked.add(named)
        if status == 303 and page.path not in ANSWERS:
            ahead += ["/queue", "/lists", "/audit"]
            continue
        if named not in known:
            found[named] = address
        text = gzip.decompress(body) if body[:2] == b"\x1f\x8b" else body
        ahead += html.fromstring(text).xpath("//a/@href") if text else []
    return found


# --- the browser ------------------------------------------------------------------------------


@contextmanager
def served(app: Starlette) -> Iterator[str]:
    """Serve an application while the block runs; yield its address."""
    with socket.socket() as spare:
        spare.bind(("127.0.0.1", 0))
        port = spare.getsockname()[1]
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_level="error"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.02)
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join(timeout=5)


def visit_twice(browser: Any, home: str, address: str, token: str) -> tuple[int, int, float, float]:
    """Return the bytes of a first and a second visit, and the seconds until each can be used."""
    context = browser.new_context(base_url=home, viewport={"width": 1300, "height": 900})
    if token:
        context.add_cookies([{"name": "esclusa", "value": token, "url": home}])
    page = context.new_page()
    link = context.new_cdp_session(page)
    received = [0]
    link.on("Network.loadingFinished", lambda e: received.append(int(e["encodedDataLength"])))
    link.send("Network.enable")
    link.send("Network.emulateNetworkConditions", {
        "offline": False, "latency": LATENCY_MS, "downloadThroughput": KBIT_S * 125,
        "uploadThroughput": KBIT_S * 125,
    })  # fmt: skip
    told = []
    for _ in range(2):
        received.clear()
        page.goto(address, wait_until="networkidle", timeout=PATIENCE_MS)
        told.append((sum(received), page.evaluate(TIMES)))
    context.close()
    (cold, usable), (warm, again) = told
    return cold, warm, usable, again


def browse(app: Starlette, figures: list[Figures], tokens: dict[str, str], runs: int) -> None:
    """Fill in what a browser measures."""
    from playwright.sync_api import sync_playwright

    with served(app) as home, sync_playwright() as play:
        browser = play.chromium.launch(executable_path=shutil.which("chromium"))
        for one in figures:
            token = tokens[one.role]
            seen = [visit_twice(browser, home, one.address, token) for _ in range(runs)]
            one.cold, one.warm, one.usable, one.again = (
                min(part) for part in zip(*seen, strict=True)
            )
        browser.close()


# --- the table --------------------------------------------------------------------------------


def show(figures: list[Figures]) -> None:
    """Print each page with its ratio to the goal and to the floor."""
    floor = figures[0]
    columns: list[tuple[str, Callable[[Figures], float | None], str]] = [
        ("bytes", lambda f: f.cold, "{:,.0f}"), ("bytes warm", lambda f: f.warm, "{:,.0f}"),
        ("usable", lambda f: f.usable, "{:.2f} s"), ("usable warm", lambda f: f.again, "{:.2f} s"),
        ("server", lambda f: f.server, "{:.1f} ms"),
    ]  # fmt: skip
    told = (("worst", "worst"), ("wall", "wall"))
    print(f"{'page':<44}" + "".join(f"{name:>12} goal floor" for name, _, _ in columns)
          + "".join(f"{name:>8}" for name, _ in told))  # fmt: skip
    over: list[str] = []
    for one in figures:
        line = f"{one.path:<44}"
        for name, value, shape in columns:
            got, least, goal = value(one), value(floor), GOALS[name]
            if got is None or least is None:
                line += f"{'–':>23}"
                continue
            line += f"{shape.format(got):>12}{got / goal:>5.2f}{got / max(least, 1e-9):>6.1f}"
            if got > goal:
                over.append(f"{one.path}: {name} {shape.format(got)}, {got / goal:.2f} of the goal")
        print(line + "".join(f"{getattr(one, key):8.1f}" for _, key in told))
    print(f"\n{len(figures)} pages; over budget: {len(over)}")
    for line in over:
        print(" ", line)


def main() -> None:
    """Fill a node, walk through its pages, measure each, print the table."""
    parser = argparse.ArgumentParser(description="pages against their budgets")
    parser.add_argument("--records", type=int, default=5_000)
    parser.add_argument("--runs", type=int, default=1)
    parser.add_argument("--only", default="")
    parser.add_argument("--language", default="en")
    parser.add_argument("--no-browser", action="store_true")
    parser.add_argument("--no-anew", action="store_true",
                        help="do not ask each page after a new record")  # fmt: skip
    parser.add_argument("--slow", type=float, default=0.0,
                        help="only pages whose server time is this much of the goal or more go "
                             "through the browser")  # fmt: skip
    parser.add_argument("--node", type=Path, default=None)
    parser.add_argument("--postgres", action="store_true", help="a PostgreSQL started for this run")
    chosen = parser.parse_args()
    if chosen.node and chosen.postgres:
        parser.error("a kept node has a database already")
    with filled(chosen) as node:
        app = application(node)
        asking = Asking(app)
        tokens = {role: node.sign_in(role, worlds.PASSWORD) for role in ROLES}
        for token in tokens.values():
            node.set_preferences(token, language=chosen.language)
        planted = (*page_world.addresses(node.folder.parent), *QUESTIONS)
        figures = [Figures(path="(empty)", address=EMPTY, role="supervisor", server=0.0)]
        for role, token in tokens.items():
            known = {one.path for one in figures}
            found = walk(asking, token, known, planted)
            figures += [
                Figures(path=path, address=address, role=role, server=0.0)
                for path, address in sorted(found.items()) if chosen.only in path
            ]  # fmt: skip
        if chosen.only in OUTSIDE:
            figures.append(Figures(path=OUTSIDE, address=OUTSIDE, role="", server=0.0))
        tokens[""] = ""
        for one in figures:
            serve(asking, one, tokens[one.role])
        broken = [one for one in figures if math.isnan(one.server)]
        figures = [one for one in figures if one not in broken]
        if not chosen.no_browser:
            slow = [one for one in figures if one.server >= chosen.slow * GOALS["server"]]
            browse(app, figures[:1] + [one for one in slow if one is not figures[0]], tokens,
                   chosen.runs)  # fmt: skip
        show(figures)
        if not chosen.no_anew:  # last: what is made anew for a record would be in other figures
            serve_anew(node, asking, figures, tokens)
            print("\nms of the first request after a record came in, the slow ones")
            for one in sorted(figures, key=lambda one: -one.anew):
                if one.anew >= SLOW_ANEW:
                    print(f"  {one.path:<44}{one.anew:10.1f}")
        for one in broken:
            print("an error page:", one.address)
        reached = {one.path for one in figures}
        left = {page.path for page in all_pages() if page.method == "GET" and not page.download}
        if not chosen.only and (missing := sorted(left - reached - {"/"})):
            sys.exit(f"not measured: {', '.join(missing)}")


if __name__ == "__main__":
    main()
