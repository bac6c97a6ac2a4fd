"""Signing in through an identity provider of another site, in a real browser: the strict policy lets
the form go there, and the strict cookie is there when the browser is back. Without script too."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import msgspec
import pytest
from oidc_world import IdentityProvider, identity_provider
from playwright.sync_api import Browser, Page, expect

from esclusa.node import Node
from esclusa.node.oidc_provider import Provider
from esclusa.node.oidc_settings import Oidc
from esclusa.node.settings import load

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def provider() -> Iterator[IdentityProvider]:
    with identity_provider() as found:
        yield found


@pytest.fixture(scope="module")
def node(provider: IdentityProvider, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    folder: Path = tmp_path_factory.mktemp("oidc") / "node"
    Node.create(folder, agency="marisol").close()
    (folder / "oidc.secret").write_text("s3cret", encoding="utf-8")
    chosen = Oidc(
        issuer=provider.issuer, client_id="esclusa", client_secret_file="oidc.secret",
        return_address="http://127.0.0.1:1/sign-in/return", title="Marisol ID",
    )  # fmt: skip
    made = Node(folder, msgspec.structs.replace(load(folder), oidc=chosen))
    made.add_user(made.administrator(), name="ana", password="", role="analyst")
    yield made
    made.close()


@pytest.fixture(scope="module")
def home(node: Node, serving: Callable[..., AbstractContextManager[str]]) -> Iterator[str]:
    """The node at 127.0.0.1, the provider at localhost: two sites to a browser."""
    with serving(node) as address:
        chosen = msgspec.structs.replace(
            node.oidc_desk.provider.chosen,  # type: ignore[union-attr]
            return_address=address + "/sign-in/return",
        )
        node.oidc_desk.provider = Provider(chosen, node.folder)
        yield address


@pytest.fixture(params=[True, False], ids=["with script", "script off"])
def page(browser: Browser, home: str, request: pytest.FixtureRequest) -> Iterator[Page]:
    context: Any = browser.new_context(base_url=home, java_script_enabled=request.param)
    said: list[str] = []
    context.on("console", lambda message: said.append(message.text))
    yield context.new_page()
    context.close()
    # The provider's own page asks for a style sheet elsewhere; of ours, nothing may breach the policy.
    assert [text for text in said if "Content Security Policy" in text and home in text] == []


def go_there_and_agree(page: Page, subject: str) -> None:
    page.get_by_role("button", name="Sign in with Marisol ID").click()
    page.wait_for_url("**/oauth2/authorize**")
    page.locator("input[name=sub]").fill(subject)
    page.locator("input[name=sub]").press("Enter")


def test_there_and_back_across_sites(page: Page, node: Node, home: str) -> None:
    subject = "sub-ana"
    if not any(one.account for one in node.oidc_desk.links(node.administrator())):
        page.goto("/queue")
        go_there_and_agree(page, subject)
        expect(page.get_by_role("heading", level=1)).to_have_text("Ask your administrator")
        code = page.locator("strong code").inner_text()
        node.oidc_desk.approve(node.administrator(), code, "ana")
    page.goto("/queue?port=PAONX")
    page.get_by_label("Purpose of this session").first.select_option("sanctions")
    go_there_and_agree(page, subject)
    page.wait_for_url(home + "/queue?port=PAONX")
    expect(page.get_by_role("heading", level=1)).to_have_text("Queue")
    expect(page.locator(".who")).to_contain_text("ana")
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("status")).to_contain_text("You are signed out here.")
    link = page.get_by_role("link", name="Sign out there too")
    assert (link.get_attribute("href") or "").startswith("http://localhost:")
