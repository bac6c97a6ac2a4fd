"""An identity provider that organisations run in production, and a person's browser before it.

The provider (``production_server.py``) is a server in a process of its own.

>>> with production_provider() as provider:
...     provider.client("esclusa", secret="...", back="https://node.example/sign-in/return")
...     provider.person("ana", "a password")
...     Visitor(provider).through(address, "ana", "a password")
"""

from __future__ import annotations

import html
import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx

_SERVER = Path(__file__).with_name("production_server.py")
_FIELD = re.compile(r"<input[^>]*>")
_NAME = re.compile(r'name="([^"]*)"')
_VALUE = re.compile(r'value="([^"]*)"')


class ProductionProvider:
    """A provider that runs, and what its administrator may do to it."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self.home: str = self._answer()
        self.issuer = self.home + "/o"

    def says(self, path: str) -> dict[str, Any]:
        """Return the JSON at a path below the issuer."""
        found: dict[str, Any] = (
            httpx.get(self.issuer + path, verify=False).raise_for_status().json()
        )
        return found

    def person(self, name: str, password: str) -> str:
        """Make an account; return the subject that tokens will name."""
        return str(self._do("person", name=name, password=password))

    def set_open(self, name: str, *, to: bool) -> None:
        """Close an account, or open it again."""
        self._do("set_open", name=name, to=to)

    def client(self, name: str, *, secret: str, back: str, algorithm: str = "RS256") -> None:
        """Register a client; one without a secret is public."""
        self._do("client", name=name, secret=secret, back=back, algorithm=algorithm)

    def age_codes(self) -> None:
        """Let the time of every code that was given out be over."""
        self._do("age_codes")

    def change_key(self, *, keep: bool) -> None:
        """Sign with a fresh key; go on publishing the one before, or not."""
        self._do("change_key", keep=keep)

    def _do(self, work: str, **given: Any) -> Any:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps([work, given]) + "\n")
        self._process.stdin.flush()
        return self._answer()

    def _answer(self) -> Any:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, "the provider ended; its own words stand in the captured output"
        return json.loads(line)


class Visitor:
    """A person's browser at the provider: fills in the forms that it draws, keeps its cookies."""

    def __init__(self, provider: ProductionProvider) -> None:
        self.provider = provider
        self.client = httpx.Client(base_url=provider.home, verify=False)

    def go(self, address: str) -> httpx.Response:
        """Follow an address as far as it stays at the provider; the last answer is a page, or leads
        elsewhere."""
        answer = self.client.get(address)
        while answer.is_redirect and self._stays(answer.headers["location"]):
            answer = self.client.get(answer.headers["location"])
        return answer

    def sign_in(self, page: httpx.Response, name: str, password: str) -> httpx.Response:
        """Fill in the form of sign-in on a page; return the page that comes of it."""
        answer = self.send(page, username=name, password=password)
        return self.go(answer.headers["location"]) if answer.is_redirect else answer

    def agree(self, page: httpx.Response) -> str:
        """Consent; return the address that the browser is sent back to."""
        return self._sent_back(self.send(page, allow="Authorize"))

    def refuse(self, page: httpx.Response) -> str:
        """Press Cancel; return the address that the browser is sent back to."""
        return self._sent_back(self.send(page))

    def through(self, address: str, name: str, password: str) -> str:
        """Sign in where that is asked, consent, and return the address back."""
        page = self.go(address)
        if asks_for_password(page):
            page = self.sign_in(page, name, password)
        return self.agree(page)

    def send(self, page: httpx.Response, **typed: str) -> httpx.Response:
        """Send a page's form, with its hidden fields, to the page's own address."""
        assert page.status_code == 200, (page.status_code, page.text)
        hidden = {
            _said(_NAME, tag): _said(_VALUE, tag)
            for tag in _FIELD.findall(page.text)
            if 'type="hidden"' in tag
        }
        return self.client.post(page.url, data=hidden | typed)

    def _stays(self, address: str) -> bool:
        return urlsplit(address).netloc in ("", urlsplit(self.provider.home).netloc)

    def _sent_back(self, answer: httpx.Response) -> str:
        assert answer.is_redirect, answer.text
        location = answer.headers["location"]
        assert not self._stays(location)
        return str(location)


def asks_for_password(page: httpx.Response) -> bool:
    """Tell whether a page is the provider's form of sign-in."""
    return page.status_code == 200 and 'name="password"' in page.text


def _said(pattern: re.Pattern[str], tag: str) -> str:
    found = pattern.search(tag)
    return html.unescape(found[1]) if found else ""


@contextmanager
def production_provider() -> Iterator[ProductionProvider]:
    """Run the provider on a free port of ``localhost`` while the block runs."""
    with tempfile.TemporaryDirectory(prefix="provider-") as folder:
        process = subprocess.Popen(
            [sys.executable, str(_SERVER), folder],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        try:
            yield ProductionProvider(process)
        finally:
            process.communicate(timeout=60)  # the end of its input is the end of the provider
