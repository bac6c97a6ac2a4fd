"""A person at a browser without script, for tests: signs in, follows addresses, sends forms."""

from __future__ import annotations

import re
from typing import Any

import httpx
from lxml import html
from small_node import PASSWORD, SmallNode
from starlette.testclient import TestClient

from esclusa.api.limits import FaceLimits
from esclusa.web.app import create_app

_TOKEN = re.compile(r'name="csrf" value="([^"]+)"')


class Walker:
    """Walk through the pages of a node in one role and language.

    >>> walker = Walker(SmallNode()).sign_in("analyst", "es")
    >>> walker.see("/queue").findtext(".//h1")
    'Cola'
    """

    def __init__(
        self, node: Any = None, *, limits: FaceLimits | None = None, secure: bool = False
    ) -> None:
        more = {"limits": limits} if limits else {}
        self.node = node or SmallNode()
        app = create_app(self.node, secure_cookies=secure, **more)
        base = "https://node.test" if secure else "http://node.test"
        self.client = TestClient(app, base_url=base, follow_redirects=False)
        self.token = ""

    def sign_in(
        self, name: str = "analyst", language: str = "en", *, password: str = PASSWORD, **more: str
    ) -> Walker:
        """Sign in; fail the test when that does not work."""
        answer = self.try_sign_in(name, language, password=password, **more)
        assert answer.status_code == 303, answer.text
        page = self.client.get("/help").text
        self.token = _TOKEN.search(page)[1]  # type: ignore[index]
        return self

    def try_sign_in(
        self, name: str, language: str = "en", *, password: str = PASSWORD, **more: str
    ) -> httpx.Response:
        """Fill in the sign-in form as its page draws it."""
        page = self.client.get(f"/sign-in?language={language}").text
        form = {"csrf": _TOKEN.search(page)[1], "language": language, "next": "/", "purpose": ""}  # type: ignore[index]
        return self.client.post("/sign-in", data=form | {"name": name, "password": password} | more)

    def get(self, address: str) -> httpx.Response:
        """Ask for an address."""
        return self.client.get(address)

    def see(self, address: str, status: int = 200) -> html.HtmlElement:
        """Return the page at an address as a tree; fail the test on another status."""
        answer = self.get(address)
        assert answer.status_code == status, (address, answer.status_code)
        return html.fromstring(answer.text)

    def tree(self, answer: httpx.Response) -> html.HtmlElement:
        """Return an answer's page as a tree."""
        return html.fromstring(answer.text)

    def post(self, address: str, files: Any = None, **form: str | list[str]) -> httpx.Response:
        """Send a form with the session's token; a list is a field that is sent several times."""
        return self.client.post(address, data={"csrf": self.token} | form, files=files)

    def form_of(self, path: str, move: str, of: str = "", /, **given: str) -> dict[str, str]:
        """Return what a step's form on a page sends, with the version that the page has now: what
        is given, and every other field empty. A field that the form lacks fails the test."""
        _form, hidden, fields = step_form(self.see(path), move, of)
        assert set(given) <= fields, (fields, given)
        return hidden | dict.fromkeys(fields, "") | given

    def step(self, path: str, move: str, of: str = "", /, **given: str) -> httpx.Response:
        """Send a step's form of a page."""
        return self.post(f"{path}/move", **self.form_of(path, move, of, **given))


def step_form(
    page: html.HtmlElement, move: str, of: str = ""
) -> tuple[html.HtmlElement, dict[str, str], set[str]]:
    """Return a step's form on a page, what it sends unseen beside the session's token, and the
    names of the fields that a person fills in, files apart.

    :param of: the part of the page's subject that the step is about; "" for the whole.
    """
    about = f" and input[@name='of' and @value='{of}']" if of else " and not(input[@name='of'])"
    (form,) = page.xpath(f"//form[input[@name='move' and @value='{move}']{about}]")
    hidden = {item.get("name"): item.get("value") for item in form.xpath("input[@type='hidden']")}
    hidden.pop("csrf")
    fields = form.xpath(".//input[not(@type='hidden' or @type='file')]/@name"
                        " | .//select/@name | .//textarea/@name")  # fmt: skip
    return form, hidden, set(fields)


def text_of(page: html.HtmlElement) -> str:
    """Return what a person reads of a page, blanks folded."""
    return " ".join(page.text_content().split())
