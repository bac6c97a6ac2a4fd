"""A real browser before a served node, watched: what a page says on the console, a breach of its
content security policy and a request to another place all fail the test.

A test module defines ``home`` (the address of a served node) and asks for ``context``::

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
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import pytest
import uvicorn
from playwright.sync_api import Browser, BrowserContext, expect, sync_playwright

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

    :param refused: the status of an error page that the test brings about; Chromium notes it on
        the console.
    """

    @contextmanager
    def opened(home: str, *, refused: int = 0, **options: Any) -> Iterator[BrowserContext]:
        size = {"width": 1300, "height": 900}
        found = browser.new_context(viewport=size, base_url=home, **options)
        found.set_default_timeout(PATIENCE)
        watch = Watch(found, home)
        yield found
        found.close()
        noted = f"the server responded with a status of {refused} "
        assert [text for text in watch.said if not (refused and noted in text)] == []
        assert watch.outside == []

    return opened


@pytest.fixture
def context(
    window: Callable[..., AbstractContextManager[BrowserContext]], home: str
) -> Iterator[BrowserContext]:
    """A browser window that must stay without console errors and without outside requests."""
    with window(home) as found:
        yield found
