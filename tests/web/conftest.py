"""A real browser before a served node, watched: what a page says on the console, a breach of its
content security policy and a request to another place all fail the test.

A test module asks for ``context``, a window on its ``node``. That is a small one for the whole
module; a module that needs another, or a fresh one for each test, defines ``node`` or ``home``::

    @pytest.fixture
    def home(serving: Serving) -> Iterator[str]:
        with serving(SmallNode(rows=4)) as address:
            yield address
"""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from typing import Any

import pytest
import uvicorn
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright
from small_node import SmallNode
from two_desks import Seat, signed_in

from esclusa.web.app import create_app

PATIENCE = 60_000
"""Milliseconds before a page is given up: a busy machine is no failure."""

expect.set_options(timeout=PATIENCE)


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    with sync_playwright() as play:
        found = play.chromium.launch(executable_path=chromium)
        yield found
        found.close()


@contextmanager
def _serving(node: Any) -> Iterator[str]:
    with socket.socket() as spare:
        spare.bind(("127.0.0.1", 0))
        port = spare.getsockname()[1]
    config = uvicorn.Config(create_app(node), port=port, log_level="error")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.02)
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join(timeout=5)


@pytest.fixture(scope="session")
def serving() -> Callable[[Any], AbstractContextManager[str]]:
    """Serve a node while the block runs; the block gets its address."""
    return _serving


class Watch:
    """What went wrong in a page, and what it asked from elsewhere."""

    def __init__(self, context: BrowserContext, home: str) -> None:
        self.said: list[str] = []
        self.outside: list[str] = []
        context.on("console", lambda message: self.said.append(message.text))
        context.on("weberror", lambda error: self.said.append(str(error.error)))
        context.on("request", lambda r: r.url.startswith(home) or self.outside.append(r.url))


@pytest.fixture
def window(browser: Browser) -> Callable[..., AbstractContextManager[BrowserContext]]:
    """Open a watched browser window on an address.

    :param refused: statuses of error pages that the test brings about; Chromium notes them on the
        console.
    :param without: the test takes the network away; Chromium notes each request that fails.
    """

    @contextmanager
    def opened(
        home: str, *, refused: int | tuple[int, ...] = 0, without: bool = False, **options: Any
    ) -> Iterator[BrowserContext]:
        size = {"width": 1300, "height": 900}
        found = browser.new_context(viewport=size, base_url=home, **options)
        found.set_default_timeout(PATIENCE)
        watch = Watch(found, home)
        yield found
        found.close()
        statuses = refused if isinstance(refused, tuple) else (refused,)
        noted = tuple(f"the server responded with a status of {code} " for code in statuses if code)
        told = [text for text in watch.said if not text.startswith("Clear-Site-Data header ")]
        said = [text for text in told if not any(note in text for note in noted)]
        assert [text for text in said if not (without and "net::ERR_" in text)] == []
        assert watch.outside == []

    return opened


@pytest.fixture(scope="module")
def node() -> Any:
    """A small node, unless the test module has another."""
    return SmallNode()


@pytest.fixture(scope="module")
def home(node: Any, serving: Callable[[Any], AbstractContextManager[str]]) -> Iterator[str]:
    """The address of the module's node, served."""
    with serving(node) as address:
        yield address


@pytest.fixture
def context(
    window: Callable[..., AbstractContextManager[BrowserContext]], home: str
) -> Iterator[BrowserContext]:
    """A browser window that must stay without console errors and without outside requests."""
    with window(home) as found:
        yield found


@pytest.fixture(scope="module")
def homes(serving: Callable[[Any], AbstractContextManager[str]], world: Any,
          ) -> Iterator[dict[str, str]]:  # fmt: skip
    """The addresses of the nodes of a module's ``world``, all served, by agency."""
    with ExitStack() as stack:
        yield {name: stack.enter_context(serving(node)) for name, node in world.nodes.items()}


@pytest.fixture
def seat(
    window: Callable[..., AbstractContextManager[BrowserContext]], homes: dict[str, str], world: Any
) -> Seat:
    """Sit people of a module's ``world`` down at its nodes; refusals are looked for there."""

    @contextmanager
    def sat(agency: str, name: str = "analyst") -> Iterator[Page]:
        home = homes[agency]
        with window(home, refused=(409, 422), java_script_enabled=False) as context:
            yield signed_in(context, home, world, agency, name)

    return sat
