"""Signing in through a provider that organisations run in production: its own forms of sign-in and
consent, its clients, its codes and keys. What a hostile provider may try stands in
``test_web_oidc.py``. About 5 s of CPU for the module, 1 s of them the
provider's start and 1 s the node's."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from oidc_browser import (
    CSRF,
    PASSWORD,
    RETURN,
    Browser,
    made_node,
    refused,
    settings_for,
    tie,
    use,
)
from production_provider import (
    ProductionProvider,
    Visitor,
    asks_for_password,
    production_provider,
)

from esclusa.errors import ProviderError
from esclusa.node import Node
from esclusa.sharing.reader import Role

SECRET = "s3cret &/+%:é, as long as a key of 256 bits"
"""With letters that mean something in a header or in an address, and one beyond ASCII."""
THERE = "what Ana types at the provider"


@pytest.fixture(scope="module")
def provider() -> Iterator[ProductionProvider]:
    with production_provider() as found:
        found.client("esclusa", secret=SECRET, back=RETURN)
        for name in ("ana", "sol"):
            found.person(name, THERE)
        yield found


@pytest.fixture(scope="module")
def world(provider: ProductionProvider, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    """The node of the client ``esclusa``; whom the provider calls Ana opens the account ``ana``."""
    made = made_node(tmp_path_factory.mktemp("oidc") / "node", provider.issuer, secret=SECRET)
    browser = Browser(made)
    tie(made, browser.come(Visitor(provider).through(browser.onward(), "ana", THERE)), "ana")
    yield made
    made.close()


@pytest.fixture
def node(world: Node, provider: ProductionProvider) -> Node:
    """The world's node, which has not asked the provider anything yet."""
    use(world, settings_for(provider.issuer))
    return world


@pytest.fixture(scope="module")
def ana(world: Node, provider: ProductionProvider) -> Visitor:
    """Ana's browser at the provider, where she is signed in."""
    return signed_in(world, provider)


def signed_in(node: Node, provider: ProductionProvider) -> Visitor:
    """Return Ana's browser, fresh, where she has signed in at the provider."""
    visitor = Visitor(provider)
    visitor.sign_in(visitor.go(Browser(node).onward()), "ana", THERE)
    return visitor


def way_back(browser: Browser, visitor: Visitor) -> str:
    """Go there, agree, and return the address back; the visitor is signed in there."""
    return visitor.agree(visitor.go(browser.onward()))


# --- who gets in ----------------------------------------------------------------------------------


def test_who_signs_in_there_and_agrees_is_signed_in_here_and_is_not_asked_twice(
    node: Node, provider: ProductionProvider
) -> None:
    browser, visitor = Browser(node), Visitor(provider)
    page = visitor.go(browser.onward(next="/queue", purpose="sanctions"))
    assert asks_for_password(page)
    page = visitor.sign_in(page, "ana", THERE)
    assert "Authorize esclusa?" in page.text
    back = visitor.agree(page)
    assert parse_qs(urlsplit(back).query)["iss"] == [provider.issuer]  # RFC 9207
    assert browser.come(back).status_code == 200
    reader = node.reader(browser.client.cookies["esclusa"])
    assert (reader.name, reader.role, reader.purpose) == ("ana", Role.ANALYST, "sanctions")
    again = Browser(node)
    assert again.come(way_back(again, visitor)).status_code == 200 and again.inside


def test_whom_the_provider_knows_and_no_administrator_here_tied_gets_a_code_and_no_session(
    node: Node, provider: ProductionProvider
) -> None:
    browser = Browser(node)
    answer = browser.come(Visitor(provider).through(browser.onward(), "sol", THERE))
    assert answer.status_code == 403 and "Ask your administrator" in answer.text
    assert not browser.inside
    (waiting,) = [one for one in node.oidc_desk.links(node.administrator()) if not one.account]
    assert (waiting.called, waiting.issuer) == ("sol", provider.issuer)
    node.oidc_desk.drop(node.administrator(), waiting.code)


@pytest.mark.parametrize(("name", "password"), (("ana", PASSWORD), ("nobody", THERE)))
def test_who_is_unknown_there_or_has_another_password_stays_at_the_form(
    node: Node, provider: ProductionProvider, name: str, password: str
) -> None:
    browser, visitor = Browser(node), Visitor(provider)
    page = visitor.sign_in(visitor.go(browser.onward()), name, password)
    assert asks_for_password(page) and "Please enter a correct username" in page.text
    assert not browser.inside


def test_an_account_closed_there_opens_nothing_here_though_it_was_signed_in_there(
    node: Node, provider: ProductionProvider
) -> None:
    browser, ana = Browser(node), signed_in(node, provider)
    provider.set_open("ana", to=False)
    try:
        page = ana.go(browser.onward())
        assert asks_for_password(page)
        assert asks_for_password(ana.sign_in(page, "ana", THERE))
    finally:
        provider.set_open("ana", to=True)
    assert not browser.inside


def test_who_refuses_there_is_not_let_in_here(node: Node, ana: Visitor) -> None:
    browser = Browser(node)
    back = ana.refuse(ana.go(browser.onward()))
    assert "error=access_denied" in back
    refused(browser, node, browser.come(back), "declined")


def test_after_the_providers_own_way_out_it_asks_for_the_password_again(
    node: Node, provider: ProductionProvider
) -> None:
    browser, ana = Browser(node), signed_in(node, provider)
    browser.come(way_back(browser, ana))
    browser.token = CSRF.search(browser.client.get("/help").text)[1]  # type: ignore[index]
    browser.post("/sign-out")
    page = browser.client.get("/sign-in?left=1").text
    leave = re.search(rf'href="({re.escape(provider.issuer)}/logout/[^"]*)"', page)
    assert leave is not None and not asks_for_password(ana.go(browser.onward()))
    assert ana.send(ana.go(leave[1]), allow="Logout").status_code in (200, 302)
    assert asks_for_password(ana.go(browser.onward()))


# --- the client and its code ----------------------------------------------------------------------


def test_a_client_with_another_secret_gets_no_token(node: Node, ana: Visitor) -> None:
    (node.folder / "wrong.secret").write_text(SECRET.replace("é", "e"), encoding="utf-8")
    use(node, settings_for(ana.provider.issuer, client_secret_file="wrong.secret"))
    browser = Browser(node)
    refused(browser, node, browser.come(way_back(browser, ana)), "refused")


def test_a_client_without_a_secret_is_let_in_by_its_verifier_alone_rfc_7636(
    node: Node, ana: Visitor
) -> None:
    ana.provider.client("esclusa-open", secret="", back=RETURN)
    use(node, settings_for(ana.provider.issuer, client_id="esclusa-open", client_secret_file=""))
    browser = Browser(node)
    assert browser.come(way_back(browser, ana)).status_code == 200 and browser.inside


def test_a_client_that_is_not_registered_and_an_address_that_is_not_are_not_sent_back(
    node: Node, ana: Visitor
) -> None:
    asked = Browser(node).onward()
    for right, wrong in (
        ("client_id=esclusa", "client_id=other"),
        ("sign-in%2Freturn", "elsewhere"),
    ):
        assert right in asked
        answer = ana.go(asked.replace(right, wrong))
        assert answer.status_code == 400 and "location" not in answer.headers


def test_the_provider_takes_no_request_without_a_challenge(node: Node, ana: Visitor) -> None:
    parts = urlsplit(Browser(node).onward())
    asked = {name: value[0] for name, value in parse_qs(parts.query).items()}
    bare = {name: value for name, value in asked.items() if "challenge" not in name}
    answer = ana.go(f"{ana.provider.issuer}/authorize/?{urlencode(bare)}")
    assert "error=invalid_request" in answer.headers["location"]


def test_a_code_is_good_for_its_time_for_one_use_and_for_its_own_verifier(
    node: Node, ana: Visitor
) -> None:
    browser = Browser(node)
    back = way_back(browser, ana)
    ana.provider.age_codes()
    refused(browser, node, browser.come(back), "refused")

    victim, attacker = Browser(node), Browser(node)
    stolen = parse_qs(urlsplit(way_back(victim, ana)).query)["code"][0]
    own = parse_qs(urlsplit(attacker.onward()).query)["state"][0]
    query = urlencode({"state": own, "code": stolen, "iss": ana.provider.issuer})
    refused(attacker, node, attacker.come(f"{RETURN}?{query}"), "refused")

    back = way_back(browser, ana)
    assert browser.come(back).status_code == 200
    with pytest.raises(ProviderError) as spent:
        node.oidc_desk.provider.redeem(  # type: ignore[union-attr]
            parse_qs(urlsplit(back).query)["code"][0], verifier="v" * 43, nonce="n"
        )
    assert spent.value.kind == "refused"


def test_an_answer_that_does_not_name_this_issuer_is_refused_rfc_9207(
    node: Node, ana: Visitor
) -> None:
    browser = Browser(node)
    back = way_back(browser, ana)
    refused(browser, node, browser.come(re.sub("&iss=[^&]*", "", back)), "issuer")


def test_a_token_signed_by_the_shared_secret_is_refused_though_the_provider_signs_so(
    node: Node, ana: Visitor
) -> None:
    ana.provider.client("esclusa-mac", secret=SECRET, back=RETURN, algorithm="HS256")
    use(node, settings_for(ana.provider.issuer, client_id="esclusa-mac"))
    browser = Browser(node)
    refused(browser, node, browser.come(way_back(browser, ana)), "algorithm")


# --- its keys -------------------------------------------------------------------------------------


def test_a_key_that_the_provider_changes_is_fetched_when_a_token_needs_it(
    node: Node, ana: Visitor
) -> None:
    clock = [time.time()]
    use(node, settings_for(ana.provider.issuer), clock=lambda: clock[0])
    browser = Browser(node)
    assert browser.come(way_back(browser, ana)).status_code == 200
    for keep in (True, False):  # it goes on publishing the key before, or takes it away at once
        ana.provider.change_key(keep=keep)
        assert len(ana.provider.says("/.well-known/jwks.json")["keys"]) == 1 + keep
        clock[0] += 11
        browser = Browser(node)
        assert browser.come(way_back(browser, ana)).status_code == 200
