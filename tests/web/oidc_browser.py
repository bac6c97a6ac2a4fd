"""A node that people sign in to through an identity provider, and a browser before it, for tests."""

from __future__ import annotations

import html
import re
from pathlib import Path
from typing import Any

import httpx
import msgspec
from walker import Walker

from esclusa.ledger import audit
from esclusa.node import Node
from esclusa.node.oidc_provider import Provider
from esclusa.node.oidc_settings import Oidc
from esclusa.node.settings import load
from esclusa.sharing.reader import Role

HOME = "http://127.0.0.1:8484"
RETURN = HOME + "/sign-in/return"
PASSWORD = "correct horse battery"
CSRF = re.compile(r'name="csrf" value="([^"]+)"')
ONWARD = re.compile(r'content="0; url=([^"]+)"')
CODE = re.compile(r"<strong><code>([0-9A-Z]{8})</code></strong>")


def settings_for(issuer: str, **more: Any) -> Oidc:
    """Return what an administrator of the node writes down of a provider."""
    usual = {"client_secret_file": "oidc.secret", "title": "Marisol ID", "client_id": "esclusa"}
    return Oidc(issuer=issuer, return_address=RETURN, **(usual | more))


def made_node(folder: Path, issuer: str, *, secret: str) -> Node:
    """Return a node of this provider with Ana, an analyst, and Sol, a supervisor."""
    Node.create(folder, agency="marisol").close()
    (folder / "oidc.secret").write_text(secret + "\n", encoding="utf-8")
    made = Node(folder, msgspec.structs.replace(load(folder), oidc=settings_for(issuer)))
    for name, role in (("ana", Role.ANALYST), ("sol", Role.SUPERVISOR)):
        made.add_user(made.administrator(), name=name, password=PASSWORD, role=role, clearance=1)
    return made


def use(node: Node, chosen: Oidc, **more: Any) -> None:
    """Give the node's desk other settings of its provider, which has not been asked anything yet."""
    node.oidc_desk.provider = Provider(chosen, node.folder, **more)


class Browser(Walker):
    """A browser that signs in through the provider."""

    def leave(self, **form: str) -> httpx.Response:
        """Press the button of the sign-in page."""
        csrf = CSRF.search(self.client.get("/sign-in").text)[1]  # type: ignore[index]
        return self.client.post("/sign-in/provider", data={"csrf": csrf} | form)

    def onward(self, **form: str) -> str:
        """Press the button; return the address at the provider."""
        answer = self.leave(**form)
        assert answer.status_code == 200, answer.text
        return html.unescape(ONWARD.search(answer.text)[1])  # type: ignore[index]

    def come(self, address: str) -> httpx.Response:
        """Follow the provider back."""
        assert address.startswith(RETURN)
        return self.client.get(address.removeprefix(HOME))

    @property
    def inside(self) -> bool:
        """Whether the browser has a session of this node."""
        return self.client.get("/help").status_code == 200


def tie(node: Node, answer: httpx.Response, account: str) -> None:
    """Have the administrator say whose account the person with the code on a page opens."""
    code = CODE.search(answer.text)
    assert code is not None
    node.oidc_desk.approve(node.administrator(), code[1], account)


def kinds(node: Node) -> str:
    """Return what the newest line of the log says of a refusal."""
    with node.store.read() as connection:
        return str(audit.lines(connection, limit=1, action="session:refuse")[0].detail)


def refused(browser: Browser, node: Node, answer: httpx.Response, kind: str) -> None:
    """The answer lets nobody in, says nothing of why, and the log says it in a word."""
    assert answer.status_code == 401
    assert "The sign-in did not work." in answer.text
    assert f"oidc {kind}" not in answer.text and "claim-" not in answer.text
    assert not browser.inside
    assert kinds(node) == f"oidc {kind}"
