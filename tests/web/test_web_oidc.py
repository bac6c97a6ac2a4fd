"""Signing in through an identity provider that runs (OpenID Connect Core 1.0, section 3.1; RFC 7636;
RFC 9700): who gets in, and every way not to. About 8 s of CPU for the module."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import hmac
import html
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import msgspec
import pytest
from joserfc.jwk import ECKey, OKPKey, RSAKey
from oidc_browser import (
    CODE,
    CSRF,
    ONWARD,
    PASSWORD,
    RETURN,
    Browser,
    kinds,
    made_node,
    refused,
    settings_for,
    tie,
    use,
)
from oidc_world import IdentityProvider, identity_provider
from walker import Walker

from esclusa.errors import ConfigError, ProviderError
from esclusa.ledger import sign_ins
from esclusa.node import Node
from esclusa.node.oidc_settings import Oidc
from esclusa.node.settings import Settings, load
from esclusa.sharing.reader import Role
from esclusa.web.gatekeeper import EARLY_COOKIE


@pytest.fixture(scope="module")
def running() -> Iterator[IdentityProvider]:
    with identity_provider() as found:
        yield found


@pytest.fixture
def provider(running: IdentityProvider) -> Iterator[IdentityProvider]:
    yield running
    running.honest()


@pytest.fixture(scope="module")
def world(running: IdentityProvider, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    """Ana, an analyst, and Sol, a supervisor, are tied to the provider's people of these names."""
    made = made_node(tmp_path_factory.mktemp("oidc") / "node", running.issuer, secret="s3cret&/")
    for name in ("ana", "sol"):
        link(made, running, name)
    yield made
    made.close()


@pytest.fixture
def node(world: Node, running: IdentityProvider) -> Iterator[Node]:
    """The world's node with a provider that has not been asked anything yet."""
    use(world, settings_for(running.issuer))
    yield world
    use(world, settings_for(running.issuer))


def link(node: Node, provider: IdentityProvider, name: str) -> None:
    """Let a person come, and have the administrator say who it is."""
    tie(node, Guest(node).through(provider, f"sub-{name}"), name)


class Guest(Browser):
    """A browser whose person has nothing to fill in at the provider but the subject."""

    def through(self, provider: IdentityProvider, subject: str, **form: str) -> httpx.Response:
        """Go there, sign in as a subject, come back."""
        return self.come(provider.agree(self.onward(**form), subject))


# --- who gets in ---------------------------------------------------------------------------------


def test_a_person_whom_an_administrator_approved_signs_in_with_the_purpose_chosen(
    node: Node, provider: IdentityProvider
) -> None:
    browser = Guest(node)
    answer = browser.through(
        provider, "sub-ana", next="/queue?port=PAONX", purpose="sanctions", language="es"
    )
    assert answer.status_code == 200
    assert ONWARD.search(answer.text)[1] == "/queue?port=PAONX"  # type: ignore[index]
    reader = node.reader(browser.client.cookies["esclusa"])
    assert (reader.name, reader.role, reader.purpose) == ("ana", Role.ANALYST, "sanctions")
    assert (int(reader.clearance), reader.language) == (1, "es")
    assert browser.get("/queue").status_code == 200
    assert browser.get("/users").status_code == 403


def test_the_request_carries_state_nonce_and_an_s256_challenge_rfc_7636_and_no_two_are_alike(
    node: Node, provider: IdentityProvider
) -> None:
    seen = []
    for _ in range(2):
        asked = parse_qs(urlsplit(Guest(node).onward()).query)
        assert asked["response_type"] == ["code"] and asked["redirect_uri"] == [RETURN]
        assert asked["code_challenge_method"] == ["S256"] and "openid" in asked["scope"][0].split()
        assert min(len(asked[name][0]) for name in ("state", "nonce", "code_challenge")) >= 43
        seen.append(asked)
    for name in ("state", "nonce", "code_challenge"):
        assert seen[0][name] != seen[1][name]


def test_a_stranger_whom_the_provider_knows_gets_a_code_for_the_administrator_and_nothing_else(
    node: Node, provider: IdentityProvider
) -> None:
    provider.person("sub-eve", preferred_username="ana", roles=["administrator"])
    browser = Guest(node)
    answer = browser.through(provider, "sub-eve")
    assert answer.status_code == 403 and "Ask your administrator" in answer.text
    assert not browser.inside and "esclusa" not in browser.client.cookies
    code = CODE.search(answer.text)[1]  # type: ignore[index]
    again = Guest(node).through(provider, "sub-eve")
    assert CODE.search(again.text)[1] == code  # type: ignore[index]
    (waiting,) = [one for one in node.oidc_desk.links(node.administrator()) if one.code == code]
    assert (waiting.called, waiting.account) == ("ana", "")
    node.oidc_desk.drop(node.administrator(), code)


def test_a_closed_account_opens_for_nobody_and_an_ended_link_neither(
    node: Node, provider: IdentityProvider
) -> None:
    admin = node.administrator()
    node.add_user(admin, name="leo", password="", role=Role.ANALYST)
    link(node, provider, "leo")
    browser = Guest(node)
    assert browser.through(provider, "sub-leo").status_code == 200 and browser.inside
    node.account_desk.close(admin, "leo", seen=node.account_desk.one(admin, "leo").seen)
    assert not browser.inside
    assert Guest(node).through(provider, "sub-leo").status_code == 403
    node.account_desk.reopen(admin, "leo", seen=node.account_desk.one(admin, "leo").seen)
    browser = Guest(node)
    assert browser.through(provider, "sub-leo").status_code == 200
    (mine,) = [one for one in node.oidc_desk.links(admin) if one.account == "leo"]
    node.oidc_desk.drop(admin, mine.code)
    assert not browser.inside
    assert Guest(node).through(provider, "sub-leo").status_code == 403


def test_an_account_without_a_password_is_opened_by_none(node: Node) -> None:
    node.add_user(node.administrator(), name="rio", password="", role=Role.ANALYST)
    for password in ("", "!", PASSWORD):
        assert Walker(node).try_sign_in("rio", password=password).status_code == 401


def test_local_sign_in_can_be_off_but_for_the_accounts_named(
    node: Node, provider: IdentityProvider
) -> None:
    chosen = msgspec.structs.replace(
        node.settings,
        oidc=settings_for(provider.issuer),
        local_sign_in=False,
        local_accounts=("sol",),
    )
    strict = Node(node.folder, chosen)
    assert Walker(strict).try_sign_in("ana", password=PASSWORD).status_code == 401
    assert Walker(strict).try_sign_in("sol", password=PASSWORD).status_code == 303
    assert Guest(strict).through(provider, "sub-ana").status_code == 200
    closed = Node(node.folder, msgspec.structs.replace(chosen, local_accounts=()))
    page = Walker(closed).client.get("/sign-in").text
    assert 'name="password"' not in page and "Marisol ID" in page
    strict.close()
    closed.close()


def test_after_signing_out_the_page_offers_the_providers_own_way_out(
    node: Node, provider: IdentityProvider
) -> None:
    browser = Guest(node)
    browser.through(provider, "sub-ana")
    browser.token = CSRF.search(browser.client.get("/help").text)[1]  # type: ignore[index]
    assert browser.post("/sign-out").headers["location"] == "/sign-in?left=1"
    assert not browser.inside
    page = browser.client.get("/sign-in?left=1").text
    assert f'href="{provider.issuer}/oauth2/end_session?client_id=esclusa"' in page


# --- the browser and the answer -------------------------------------------------------------------


def test_an_answer_counts_once_a_replayed_state_is_refused(
    node: Node, provider: IdentityProvider
) -> None:
    browser = Guest(node)
    back = provider.agree(browser.onward(), "sub-ana")
    kept = browser.client.cookies["esclusa_away"]
    assert browser.come(back).status_code == 200
    thief = Guest(node)
    thief.client.cookies.set("esclusa_away", kept, domain="node.test")
    refused(thief, node, thief.come(back), "state")


def test_an_answer_in_another_browser_is_refused_login_csrf(
    node: Node, provider: IdentityProvider
) -> None:
    attacker, victim = Guest(node), Guest(node)
    back = provider.agree(attacker.onward(), "sub-ana")
    refused(victim, node, victim.come(back), "browser")
    victim.onward()  # has a cookie of its own now
    back = provider.agree(attacker.onward(), "sub-ana")
    refused(victim, node, victim.come(back), "browser")


@pytest.mark.parametrize("answer", ("?code=x", "?state=x&code=x", "?state=&code=", ""))
def test_an_answer_that_nobody_asked_for_is_refused(
    node: Node, provider: IdentityProvider, answer: str
) -> None:
    browser = Guest(node)
    browser.onward()
    refused(browser, node, browser.come(RETURN + answer), "state")


def test_a_refusal_at_the_provider_lets_nobody_in(node: Node, provider: IdentityProvider) -> None:
    browser = Guest(node)
    address = browser.onward()
    state = parse_qs(urlsplit(address).query)["state"][0]
    back = provider.refuse(address)
    assert "error=access_denied" in back
    refused(browser, node, browser.come(f"{RETURN}?error=access_denied&state={state}"), "declined")


def test_a_code_of_another_sign_in_does_not_fit_its_verifier_code_injection(
    node: Node, provider: IdentityProvider
) -> None:
    victim, attacker = Guest(node), Guest(node)
    stolen = parse_qs(urlsplit(provider.agree(victim.onward(), "sub-ana")).query)["code"][0]
    own = parse_qs(urlsplit(attacker.onward()).query)["state"][0]
    refused(attacker, node, attacker.come(f"{RETURN}?state={own}&code={stolen}"), "refused")


def test_the_session_is_a_new_one_and_the_one_before_ends_session_fixation(
    node: Node, provider: IdentityProvider
) -> None:
    browser = Guest(node)
    browser.client.cookies.set("esclusa", "planted-by-somebody", domain="node.test")
    browser.client.cookies.set(EARLY_COOKIE, "planted-too", domain="node.test")
    browser.client.cookies.clear()
    browser.through(provider, "sub-ana")
    first = browser.client.cookies["esclusa"]
    browser.client.cookies.set("esclusa_likes", "en|1", domain="node.test")
    csrf = node.csrf(first)
    answer = browser.client.post("/sign-in/provider", data={"csrf": csrf})
    back = provider.agree(html.unescape(ONWARD.search(answer.text)[1]), "sub-sol")  # type: ignore[index]
    browser.come(back)
    second = browser.client.cookies["esclusa"]
    assert second != first and node.reader(second).name == "sol"
    browser.client.cookies.clear()
    browser.client.cookies.set("esclusa", first, domain="node.test")
    assert not browser.inside


def test_the_button_needs_the_forms_token(node: Node, provider: IdentityProvider) -> None:
    assert Guest(node).client.post("/sign-in/provider", data={"csrf": "x"}).status_code == 403


@pytest.mark.parametrize("wanted", ("//evil.test", "https://evil.test/", "/\\evil.test", "javascript:x"))  # fmt: skip
def test_the_way_on_never_leads_to_another_site_open_redirect(
    node: Node, provider: IdentityProvider, wanted: str
) -> None:
    answer = Guest(node).through(provider, "sub-ana", next=wanted)
    assert ONWARD.search(answer.text)[1] == "/"  # type: ignore[index]


def test_the_cookie_of_the_way_is_bound_to_the_host_and_out_of_scripts_reach(
    node: Node, provider: IdentityProvider
) -> None:
    answer = Guest(node, secure=True).leave()
    (cookie,) = [one for one in answer.headers.get_list("set-cookie") if "esclusa_away" in one]
    assert cookie.startswith("__Host-esclusa_away=")
    assert all(word in cookie for word in ("Secure", "HttpOnly", "SameSite=lax", "Path=/"))


def test_a_purpose_that_the_role_may_not_read_for_is_refused(
    node: Node, provider: IdentityProvider
) -> None:
    browser = Guest(node)
    refused(browser, node, browser.through(provider, "sub-ana", purpose="audit"), "purpose")


@pytest.mark.usefixtures("brake_clock")
def test_many_tries_from_one_address_are_slowed_down(
    node: Node, provider: IdentityProvider
) -> None:
    browser = Guest(node)
    answers = [browser.client.get("/sign-in/return?state=x").status_code for _ in range(32)]
    assert answers[:30] == [401] * 30 and answers[30:] == [429] * 2


def test_a_flood_of_begun_sign_ins_is_bounded(node: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sign_ins, "MOST_ATTEMPTS", 3)
    for _ in range(5):
        node.oidc_desk.begin({})
    with node.store.read() as connection:
        from esclusa.ledger.schema import sign_in_attempt

        assert len(connection.execute(sign_in_attempt.select()).all()) == 3


# --- the token ------------------------------------------------------------------------------------

OTHER = RSAKey.generate_key(2048, {"kid": "other"})


def test_a_token_signed_by_another_key_is_refused(node: Node, provider: IdentityProvider) -> None:
    provider.forge(lambda claims: claims, OTHER)
    browser = Guest(node)
    refused(browser, node, browser.through(provider, "sub-ana"), "signature")
    provider.forge(lambda claims: claims, OTHER, kid="other")
    refused(browser, node, browser.through(provider, "sub-ana"), "key")


def _unsigned(token: str) -> str:
    _, claims, _ = token.split(".")
    return "eyJhbGciOiJub25lIn0." + claims + "."


def test_a_token_without_a_signature_alg_none_is_refused(
    node: Node, provider: IdentityProvider
) -> None:
    provider.front.tokens = _unsigned
    browser = Guest(node)
    refused(browser, node, browser.through(provider, "sub-ana"), "algorithm")


def test_a_token_signed_with_the_public_key_as_a_shared_secret_is_refused_rfc_8725_2_1(
    node: Node, provider: IdentityProvider
) -> None:
    public = RSAKey.import_key(provider.keys()["keys"][0]).as_pem(private=False)

    def confused(token: str) -> str:
        signed = "eyJhbGciOiJIUzI1NiJ9." + token.split(".")[1]
        mac = hmac.new(public, signed.encode(), hashlib.sha256).digest()
        return f"{signed}.{base64.urlsafe_b64encode(mac).decode().rstrip('=')}"

    provider.front.tokens = confused
    browser = Guest(node)
    refused(browser, node, browser.through(provider, "sub-ana"), "algorithm")


HOUR = dt.timedelta(hours=1)
"""From now, when the test runs: names of tests are the same in every process that collects them."""


@pytest.mark.parametrize(
    ("change", "kind"),
    (
        ({"iss": "https://evil.test"}, "claim-iss"),
        ({"aud": "another"}, "claim-aud"),
        ({"aud": ["esclusa", "another"]}, "claim-aud"),
        ({"azp": "another"}, "claim-azp"),
        ({"exp": -HOUR}, "claim-exp"),
        ({"nbf": HOUR}, "claim-nbf"),
        ({"iat": HOUR}, "claim-iat"),
        ({"nonce": "of-another-sign-in"}, "claim-nonce"),
        ({"nonce": None}, "claim-nonce"),
        ({"exp": None}, "claim-exp"),
        ({"aud": None}, "claim-aud"),
        ({"iss": None}, "claim-iss"),
        ({"sub": None}, "claim-sub"),
        ({"sub": ["sub-ana"]}, "claim-sub"),
        ({"sub": ""}, "claim-sub"),
    ),
    ids=lambda value: str(value)[:40],
)
def test_a_token_of_the_providers_own_key_with_wrong_claims_is_refused(
    node: Node, provider: IdentityProvider, change: dict[str, Any], kind: str
) -> None:
    def changed(claims: dict[str, Any]) -> dict[str, Any]:
        made = {
            name: int(time.time() + value.total_seconds())
            if isinstance(value, dt.timedelta)
            else value
            for name, value in change.items()
        }
        return {name: value for name, value in (claims | made).items() if value is not None}

    provider.publish(OTHER)
    provider.forge(changed, OTHER, kid="other")
    browser = Guest(node)
    refused(browser, node, browser.through(provider, "sub-ana"), kind)


@pytest.mark.parametrize("token", ("", "x", "a.b.c", "e30.e30.", "x" * 40_000, "é.é.é"))
def test_what_is_no_token_is_refused(node: Node, provider: IdentityProvider, token: str) -> None:
    provider.front.tokens = lambda _own: token
    browser = Guest(node)
    answer = browser.through(provider, "sub-ana")
    assert answer.status_code == 401 and not browser.inside
    assert kinds(node).startswith("oidc token-") or kinds(node) == "oidc algorithm"


@pytest.mark.parametrize("typ", ("at+jwt", "logout+jwt"))
def test_a_token_made_for_something_else_is_refused_rfc_8725_3_11(
    node: Node, provider: IdentityProvider, typ: str
) -> None:
    provider.publish(OTHER)
    provider.forge(lambda claims: claims, OTHER, typ=typ)
    browser = Guest(node)
    refused(browser, node, browser.through(provider, "sub-ana"), "token-type")


@pytest.mark.parametrize(
    "key",
    (
        ECKey.generate_key("P-256", {"kid": "ec", "use": "sig"}),
        OKPKey.generate_key("Ed25519", {"kid": "ed"}),
    ),
    ids=("ES256", "Ed25519"),
)
def test_the_providers_keys_may_be_of_other_kinds_and_may_change_while_we_run(
    node: Node, provider: IdentityProvider, key: ECKey | OKPKey
) -> None:
    clock = [1_000.0 + time.time()]
    use(node, settings_for(provider.issuer), clock=lambda: clock[0])
    before = provider.front.asked.get("/jwks", 0)
    assert Guest(node).through(provider, "sub-ana").status_code == 200
    provider.publish(key)
    provider.forge(lambda claims: claims, key, kid=str(key.kid))
    # Newer keys are fetched at once, yet not for every token that somebody makes up.
    clock[0] += 11
    assert Guest(node).through(provider, "sub-ana").status_code == 200
    assert provider.front.asked["/jwks"] == before + 2
    provider.forge(lambda claims: claims, OTHER, kid="unknown")
    for _ in range(3):
        assert Guest(node).through(provider, "sub-ana").status_code == 401
    assert provider.front.asked["/jwks"] == before + 2


def test_a_key_for_encryption_signs_nothing(node: Node, provider: IdentityProvider) -> None:
    published = OTHER.as_dict(private=False) | {"use": "enc"}
    provider.front.says["/jwks"] = lambda _own: {"keys": [published]}
    provider.forge(lambda claims: claims, OTHER, kid="other")
    browser = Guest(node)
    refused(browser, node, browser.through(provider, "sub-ana"), "key")


# --- the provider ---------------------------------------------------------------------------------


def test_another_issuer_in_the_description_is_refused_mix_up(
    node: Node, provider: IdentityProvider
) -> None:
    provider.front.says["/.well-known/openid-configuration"] = lambda own: (
        own | {"issuer": "https://evil.test"}
    )
    answer = Guest(node).leave()
    assert answer.status_code == 503 and "evil.test" not in answer.text


def test_another_issuer_in_the_answer_is_refused_rfc_9207(
    node: Node, provider: IdentityProvider
) -> None:
    browser = Guest(node)
    back = provider.agree(browser.onward(), "sub-ana")
    refused(browser, node, browser.come(back + "&iss=https%3A%2F%2Fevil.test"), "issuer")
    provider.front.says["/.well-known/openid-configuration"] = lambda own: (
        own | {"authorization_response_iss_parameter_supported": True}
    )
    use(node, settings_for(provider.issuer))
    refused(browser, node, browser.through(provider, "sub-ana"), "issuer")
    back = provider.agree(browser.onward(), "sub-ana")
    assert browser.come(f"{back}&iss={provider.issuer}").status_code == 200


@pytest.mark.parametrize("endpoint", ("http://evil.test/token", "file:///etc/passwd", ""))
def test_an_endpoint_that_is_no_https_address_is_refused(
    node: Node, provider: IdentityProvider, endpoint: str
) -> None:
    provider.front.says["/.well-known/openid-configuration"] = lambda own: (
        own | {"token_endpoint": endpoint}
    )
    assert Guest(node).leave().status_code == 503


def test_a_provider_out_of_reach_is_told_and_password_sign_in_goes_on(
    node: Node, provider: IdentityProvider
) -> None:
    gone = Oidc(issuer="http://127.0.0.1:9", client_id="esclusa", return_address=RETURN)
    use(node, gone)
    assert Guest(node).leave().status_code == 503
    assert Walker(node).try_sign_in("sol", password=PASSWORD).status_code == 303


def test_an_answer_beyond_measure_and_one_that_is_no_json_are_refused(
    node: Node, provider: IdentityProvider
) -> None:
    browser = Guest(node)
    provider.front.says["/jwks"] = lambda own: own | {"more": "x" * 300_000}
    refused(browser, node, browser.through(provider, "sub-ana"), "answer")
    provider.front.says["/jwks"] = lambda own: {"keys": "none"}
    refused(browser, node, browser.through(provider, "sub-ana"), "keys")


def test_the_secret_goes_to_the_token_endpoint_alone_and_in_its_header(
    node: Node, provider: IdentityProvider
) -> None:
    browser = Guest(node)
    address = browser.onward()
    assert "s3cret" not in address
    assert browser.come(provider.agree(address, "sub-ana")).status_code == 200
    assert not {"client_id", "client_secret"} & set(provider.front.forms[-1])
    use(node, settings_for(provider.issuer, client_secret_file="missing"))
    other = Guest(node)
    refused(other, node, other.through(provider, "sub-ana"), "secret")
    # A client without a secret names itself; this provider takes none such.
    use(node, settings_for(provider.issuer, client_secret_file=""))
    refused(other, node, other.through(provider, "sub-ana"), "refused")
    assert provider.front.forms[-1]["client_id"] == ["esclusa"]


# --- roles ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "status"),
    ((["esclusa-analyst"], 200), ("esclusa-analyst", 200), (["esclusa-boss"], 401),
     (["other"], 401), (None, 401), (7, 401), ([["esclusa-analyst"]], 401)),
)  # fmt: skip
def test_what_the_provider_says_of_roles_can_stand_in_the_way_and_never_raises(
    node: Node, provider: IdentityProvider, said: Any, status: int
) -> None:
    values = {"esclusa-analyst": Role.ANALYST, "esclusa-boss": Role.SUPERVISOR}
    use(node, settings_for(provider.issuer, role_claim="groups", role_values=values))
    provider.publish(OTHER)
    provider.forge(lambda claims: claims | {"groups": said, "clearance": 4}, OTHER, kid="other")
    browser = Guest(node)
    assert browser.through(provider, "sub-ana").status_code == status
    if status == 200:
        reader = node.reader(browser.client.cookies["esclusa"])
        assert (reader.role, int(reader.clearance)) == (Role.ANALYST, 1)


# --- settings -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "word"),
    (
        ({"issuer": "http://provider.example"}, "https"),
        ({"issuer": "https://user:pw@provider.example"}, "no user"),
        ({"return_address": "https://node.example/elsewhere"}, "/sign-in/return"),
        ({"return_address": "http://node.example/sign-in/return"}, "https"),
        ({"client_id": ""}, "client_id"),
        ({"algorithms": ("HS256",)}, "HS256"),
        ({"algorithms": ("none",)}, "none"),
        ({"algorithms": ()}, "none"),
        ({"role_claim": "groups"}, "go together"),
    ),
)
def test_a_setting_that_cannot_be_right_is_refused_by_name(
    values: dict[str, Any], word: str
) -> None:
    good = {
        "issuer": "https://provider.example", "client_id": "esclusa",
        "return_address": "https://node.example/sign-in/return",
    }  # fmt: skip
    with pytest.raises(ConfigError, match=word):
        Oidc(**(good | values))


def test_settings_come_from_the_file_and_nobody_is_shut_out_by_them(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="nobody could sign in"):
        Settings(agency="marisol", local_sign_in=False)
    (tmp_path / "esclusa.toml").write_text(
        'agency = "marisol"\nlocal_sign_in = false\n[oidc]\nissuer = "https://id.example"\n'
        'client_id = "esclusa"\nreturn_address = "https://node.example/sign-in/return"\n'
        'role_claim = "groups"\n[oidc.role_values]\nanalysts = "analyst"\n',
        encoding="utf-8",
    )
    found = load(tmp_path)
    assert found.oidc is not None and found.oidc.role_values == {"analysts": Role.ANALYST}
    assert not found.by_password("ana")


def test_a_node_without_a_provider_has_no_such_addresses() -> None:
    walker = Walker()
    page = walker.client.get("/sign-in").text
    assert "/sign-in/provider" not in page
    csrf = CSRF.search(page)[1]  # type: ignore[index]
    assert walker.client.post("/sign-in/provider", data={"csrf": csrf}).status_code == 404
    assert walker.client.get("/sign-in/return?state=x&code=x").status_code == 404


def test_a_desk_without_a_provider_refuses(tmp_path: Path) -> None:
    Node.create(tmp_path / "node", agency="marisol").close()
    node = Node.open(tmp_path / "node")
    with pytest.raises(ProviderError):
        node.oidc_desk.begin({})
    with pytest.raises(ProviderError):
        node.oidc_desk.finish({"state": "x"}, "y")
    node.close()
