"""Link charts: laid out on the server, served as a page, drawn in Chromium.

    python benchmarks/link_chart.py                      # 1,000 nodes
    python benchmarks/link_chart.py --nodes 200 --repeat 3 --no-browser

First the layout alone, on two made-up graphs: ``branching`` (few things shared by a few, as in a
neighbourhood) and ``dense`` (everything shared by many). Beside it, in the same run: the floor
(random places, written out), a spring layout of our own in numpy and, where it is installed, that of
networkx. Quality is told by two figures: the mean length of a line in cells, and the share of
lines that run through the shape of another node.

Then a real node with that many bills: the chart as the service gives it, the page, its size, and
what Chromium needs from the last byte to the second frame after (and the time its main thread
computes, which a busy machine does not change). The goals are issue 7's: 1,000 nodes laid out within
1.5 s, drawn within 2 s. CPU seconds, median of the repeats.
"""

from __future__ import annotations

import argparse
import gzip
import math
import random
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

import msgspec
import numpy as np

import worlds
from esclusa.analysis.links import CELL_HEIGHT, CELL_WIDTH, bows, layout
from esclusa.node import Node
from esclusa.web.app import create_app

Lines = list[tuple[int, int]]
GOAL_LAYOUT, GOAL_DRAWN = 1.5, 2.0
PASSWORD = "a long enough password"
TOUCHED = 9
"""Pixels from the middle of a node within which a line runs through its shape."""


def branching(nodes: int, rng: random.Random) -> tuple[Lines, list[int]]:
    """Return lines and distances of a graph that grows outwards, one node in five tied back."""
    lines: Lines = []
    away = [0]
    entities = [0]
    while len(away) < nodes:
        one = rng.choice(entities[-60:])
        thing = len(away)
        away.append(away[one] + 1)
        lines.append((one, thing))
        for _ in range(rng.randint(1, 4)):
            if rng.random() < 0.2:
                lines.append((rng.choice(entities), thing))
            elif len(away) < nodes:
                entities.append(len(away))
                lines.append((len(away), thing))
                away.append(away[thing] + 1)
    return sorted(set(lines)), away


def dense(nodes: int, rng: random.Random) -> tuple[Lines, list[int]]:
    """Return a graph in which each of half the nodes is tied to four of a fifth of the rest."""
    half = nodes // 2
    away = [0] + [2] * (half - 1) + [1] * (nodes - half)
    hubs = range(half, half + max(4, (nodes - half) // 5))
    lines = {(one, thing) for one in range(half) for thing in rng.sample(hubs, 4)}
    lines |= {(rng.randrange(half), thing) for thing in range(half, nodes) for _ in range(2)}
    return sorted(lines), away


def own(nodes: int, lines: Lines, _away: list[int]) -> Any:
    """Fruchterman and Reingold in numpy, 100 rounds: what we would write without a library."""
    places = np.random.default_rng(1).random((nodes, 2))
    ends, best, heat = np.array(lines), 1 / math.sqrt(nodes), 0.1
    for turn in range(100):
        apart = places[:, None, :] - places[None, :, :]
        far = np.maximum(np.sqrt((apart**2).sum(-1)), 0.01)
        push = (apart * (best * best / far**2)[..., None]).sum(1)
        along = places[ends[:, 0]] - places[ends[:, 1]]
        pull = along * (np.sqrt((along**2).sum(-1)) / best)[:, None]
        np.add.at(push, ends[:, 0], -pull)
        np.add.at(push, ends[:, 1], pull)
        size = np.maximum(np.sqrt((push**2).sum(-1)), 0.01)
        places += push * (heat * (1 - turn / 100) / size)[:, None]
    return places


def networkx_spring(nodes: int, lines: Lines, _away: list[int]) -> Any:
    """The spring layout of networkx with the same number of rounds."""
    import networkx

    graph = networkx.Graph(lines)
    graph.add_nodes_from(range(nodes))
    return networkx.spring_layout(graph, iterations=100, seed=1)


def floor(nodes: int, _lines: Lines, _away: list[int]) -> bytes:
    """Random places, written out as JSON: less cannot be done."""
    rng = random.Random(1)
    return msgspec.json.encode([(rng.random(), rng.random()) for _ in range(nodes)])


def timed(action: Callable[[], Any], repeat: int) -> float:
    """Return the median of CPU seconds."""
    spent = []
    for _ in range(repeat):
        start = time.process_time()
        action()
        spent.append(time.process_time() - start)
    return statistics.median(spent)


def quality(places: list[tuple[int, int]], lines: Lines) -> tuple[float, float]:
    """Return the mean length of lines in cells, and the share that runs through another node."""
    spots = np.array(places, dtype=float)
    long, through = 0.0, 0
    steps = np.linspace(0, 1, 60)[1:-1, None]
    for (one, other), share in zip(lines, bows(places, lines), strict=True):
        a, b = spots[one], spots[other]
        long += math.hypot((b[0] - a[0]) / CELL_WIDTH, (b[1] - a[1]) / CELL_HEIGHT)
        bow = (a + b) / 2 + share * np.array([-(b[1] - a[1]), b[0] - a[0]])
        curve = (1 - steps) ** 2 * a + 2 * steps * (1 - steps) * bow + steps**2 * b
        near = (
            np.hypot(*(curve[:, None, :] - spots[None, :, :]).transpose(2, 0, 1)).min(0) < TOUCHED
        )
        near[[one, other]] = False
        through += bool(near.any())
    return long / len(lines), through / len(lines)


def layouts(nodes: int, repeat: int) -> None:
    """Print what layouts cost and how they look."""
    print(f"layout of {nodes} nodes, CPU s (goal {GOAL_LAYOUT})")
    for make in (branching, dense):
        lines, away = make(nodes, random.Random(7))
        ours = timed(lambda lines=lines, away=away: bows(layout(nodes, lines, away), lines), repeat)
        print(f"  {make.__name__}, {len(lines)} lines: {ours:.3f}")
        others: list[tuple[str, Callable[..., Any]]] = [("floor", floor), ("own, numpy", own)]
        if find_spec("networkx"):
            others.append(("networkx", networkx_spring))
        for name, other in others:
            cost = timed(lambda o=other, lines=lines, away=away: o(nodes, lines, away), repeat)
            print(f"    {name}: {cost:.4f}, ours is {ours / cost:.2f} times that")
        length, through = quality(layout(nodes, lines, away), lines)
        print(f"    mean line {length:.1f} cells, {through:.1%} of lines through another node")


def filled(folder: Path, nodes: int) -> Node:
    """Return a node with two bills for each node of the chart."""
    made = worlds.make(folder)
    for part in range(max(1, nodes // 250)):
        worlds.take_in(made, f"{part}.edi", worlds.interchange(100, 5, first=1 + 500 * part))
    made.add_user(made.administrator(), name="ana", password=PASSWORD, role="analyst")
    return made


def page(nodes: int, repeat: int, browser: str) -> None:
    """Print what the service, the page and the browser need for a chart of that many nodes."""
    from starlette.testclient import TestClient

    with tempfile.TemporaryDirectory() as folder:
        node = filled(Path(folder) / "node", nodes)
        reader = worlds.reader(node)
        start = node.entities.find(reader, "FIRMA 7 SA").rows[0].id
        around = node.charts.chart(reader, start, depth=3)
        hubs = tuple(one.opens for one in around.nodes if one.opens)
        view = node.charts.chart(reader, start, depth=3, through=hubs)
        cost = timed(lambda: node.charts.chart(reader, start, depth=3, through=hubs), repeat)
        print(
            f"chart of a real node: {len(view.nodes)} nodes, {len(view.lines)} lines, {cost:.3f} s"
        )
        address = (
            f"/entities/{start}/chart?{urlencode({'depth': 3, 'through': chr(10).join(hubs)})}"
        )
        token = node.sign_in("ana", PASSWORD)
        with TestClient(create_app(node), cookies={"esclusa": token}) as client:
            text = client.get(address).content
            served = timed(lambda: client.get(address), repeat)
        packed = len(gzip.compress(text, 6))
        print(f"its page: {served:.3f} s, {len(text):,} bytes, {packed:,} compressed")
        if browser:
            drawn(node, address, token, browser, repeat)
        node.close()


def drawn(node: Node, address: str, token: str, browser: str, repeat: int) -> None:
    """Print how long Chromium needs to draw a page, from its last byte to the second frame."""
    sys.path.insert(0, str(ROOT / "tests" / "web"))
    from playwright.sync_api import sync_playwright

    from conftest import _serving

    frames = """() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() =>
        done(performance.now() - performance.getEntriesByType("navigation")[0].responseEnd))))"""
    walls, threads = [], []
    with _serving(node) as home, sync_playwright() as play:
        opened = play.chromium.launch(executable_path=browser)
        for _ in range(repeat):
            context = opened.new_context(base_url=home, viewport={"width": 1300, "height": 900})
            context.add_cookies([{"name": "esclusa", "value": token, "url": home}])
            shown = context.new_page()
            tools = context.new_cdp_session(shown)
            tools.send("Performance.enable", {"timeDomain": "threadTicks"})
            shown.goto(address, wait_until="load", timeout=120_000)
            walls.append(shown.evaluate(frames) / 1000)
            found = {m["name"]: m["value"] for m in tools.send("Performance.getMetrics")["metrics"]}
            threads.append(found["TaskDuration"])
            context.close()
        opened.close()
    print(f"drawn in Chromium (goal {GOAL_DRAWN} s): {statistics.median(walls):.2f} s of the clock, "
          f"{statistics.median(threads):.2f} s of its main thread")  # fmt: skip


def main() -> None:
    """Measure."""
    asked = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    asked.add_argument("--nodes", type=int, default=1_000)
    asked.add_argument("--repeat", type=int, default=3)
    asked.add_argument("--no-browser", action="store_true")
    given = asked.parse_args()
    browser = "" if given.no_browser else shutil.which("chromium") or ""
    layouts(given.nodes, given.repeat)
    page(given.nodes, given.repeat, browser)
    if not browser:
        print("not drawn: no Chromium")


if __name__ == "__main__":
    main()
