"""The identity provider says that somebody is signed out (OpenID Connect Back-Channel Logout 1.0): who
is signed out, and every token that must not be believed. The provider of these tests runs and does
not know this part, so the tokens are signed by a key that it publishes. About 6 s of CPU."""

from __future__ import annotations

import base64
import hmac
import json
import secrets
import time
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from joserfc import jws, jwt
from joserfc.jwk import ECKey, RSAKey
from oidc_browser import PASSWORD, settings_for, use
from oidc_world import IdentityProvider, identity_provider
from test_web_oidc import Guest, link
from walker import Walker

from esclusa.ledger import audit
from esclusa.node import Node
from esclusa.sharing.reader import Role

KEY = RSAKey.generate_key(2048, {"kid": "logout", "use": "sig"})
STRANGE = RSAKey.generate_key(2048, {"kid": "logout", "use": "sig"})
EVENT = "http://schemas.openid.net/event/backchannel-logout"
PATH = "/sign-in/ended"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@pytest.fixture(scope="module")
def provider() -> Iterator[IdentityProvider]:
    with identity_provider() as found:
        yield found


@pytest.fixture(scope="module")
def world(provider: IdentityProvider, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    folder = tmp_path_factory.mktemp("ended") / "node"
    made = Node.create(folder, agency="marisol")
    (folder / "oidc.secret").write_text("s3cret\n", encoding="utf-8")
    use(made, settings_for(provider.issuer))
    for name in ("ana", "sol"):
        made.add_user(made.administrator(), name=name, password=PASSWORD, role=Role.ANALYST)
        link(made, provider, name)
    yield made
    made.close()


@pytest.fixture
def node(world: Node, provider: IdentityProvider) -> Iterator[Node]:
    """The node, with a provider that publishes the key of these tests."""
    use(world, settings_for(provider.issuer))
    provider.publish(KEY)
    yield world
    provider.honest()
    with world.store.write() as connection:
        connection.exec_driver_sql("DELETE FROM session")


def sign_in(node: Node, provider: IdentityProvider, name: str, sid: str = "") -> Guest:
    """Sign in through the provider, which calls the session ``sid``."""
    provider.forge(lambda claims: claims | ({"sid": sid} if sid else {}), KEY, kid="logout")
    browser = Guest(node)
    assert browser.through(provider, f"sub-{name}").status_code == 200
    return browser


def claims_for(provider: IdentityProvider, **more: Any) -> dict[str, Any]:
    now = int(time.time())
    usual = {
        "iss": provider.issuer, "aud": "esclusa", "iat": now, "exp": now + 120,
        "jti": secrets.token_hex(8), "events": {EVENT: {}}, "sub": "sub-ana",
    }  # fmt: skip
    return {name: value for name, value in (usual | more).items() if value is not ...}


def signed(claims: dict[str, Any], key: Any = KEY, **header: Any) -> str:
    made = {"alg": "RS256", "kid": "logout", "typ": "logout+jwt"} | header
    return jwt.encode(
        {name: value for name, value in made.items() if value is not ...}, claims, key,
        algorithms=[str(made["alg"])],
    )  # fmt: skip


def say(node: Node, token: str, **more: Any) -> httpx.Response:
    """Bring a token to the node as the provider's server does: no cookie, no form's token."""
    return Walker(node).client.post(PATH, data={"logout_token": token}, **more)


def lines(node: Node, action: str) -> list[tuple[str, str, str]]:
    with node.store.read() as connection:
        found = audit.lines(connection, limit=10, action=action)
    return [(row.who, row.subject, row.detail) for row in found]


# --- who is signed out ----------------------------------------------------------------------------


def test_a_subject_is_signed_out_everywhere_and_nobody_else_is(
    node: Node, provider: IdentityProvider
) -> None:
    ana, again = (sign_in(node, provider, "ana", sid) for sid in ("s1", "s2"))
    sol = sign_in(node, provider, "sol", "s1")
    by_password = Walker(node).sign_in("ana", password=PASSWORD)
    answer = say(node, signed(claims_for(provider)))
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["cache-control"] == "no-store"
    assert (ana.inside, again.inside, sol.inside) == (False, False, True)
    assert by_password.get("/help").status_code == 200  # the provider did not open that one
    assert lines(node, "session:end")[0] == ("ana", "ana", "oidc sessions=2 ended")


@pytest.mark.parametrize("sub", ["sub-ana", ...])
def test_one_session_is_ended_by_its_name_with_and_without_the_subject(
    node: Node, provider: IdentityProvider, sub: Any
) -> None:
    here, there = (sign_in(node, provider, "ana", sid) for sid in ("here", "there"))
    assert say(node, signed(claims_for(provider, sub=sub, sid="here"))).status_code == 200
    assert (here.inside, there.inside) == (False, True)


def test_a_session_name_of_another_subject_ends_nothing(
    node: Node, provider: IdentityProvider
) -> None:
    sol = sign_in(node, provider, "sol", "mine")
    assert say(node, signed(claims_for(provider, sid="mine"))).status_code == 200
    assert sol.inside


def test_a_session_that_came_without_a_name_ends_with_its_subject(
    node: Node, provider: IdentityProvider
) -> None:
    nameless = sign_in(node, provider, "ana")
    assert say(node, signed(claims_for(provider, sub=..., sid="s9"))).status_code == 200
    assert nameless.inside  # the name alone says nothing of it
    assert say(node, signed(claims_for(provider, sid="s9"))).status_code == 200
    assert not nameless.inside


def test_who_is_not_here_is_signed_out_already(node: Node, provider: IdentityProvider) -> None:
    assert say(node, signed(claims_for(provider, sub="sub-nobody"))).status_code == 200


def test_the_type_may_be_left_out_and_an_audience_be_a_list_of_us(
    node: Node, provider: IdentityProvider
) -> None:
    for header, more in (({"typ": ...}, {}), ({"typ": "JWT"}, {}), ({}, {"aud": ["esclusa"]})):
        ana = sign_in(node, provider, "ana", "s1")
        assert say(node, signed(claims_for(provider, **more), **header)).status_code == 200
        assert not ana.inside


def test_a_token_counts_once(node: Node, provider: IdentityProvider) -> None:
    token = signed(claims_for(provider))
    assert say(node, token).status_code == 200
    ana = sign_in(node, provider, "ana", "s2")
    assert say(node, token).status_code == 400
    assert ana.inside
    assert lines(node, "session:refuse")[0][2] == "oidc logout logout-again"
    twin = signed(claims_for(provider, jti=json.loads(_part(token))["jti"], iat=int(time.time())))
    assert say(node, twin).status_code == 400 and ana.inside  # the name counts, not the bytes


def _part(token: str) -> bytes:
    part = token.split(".")[1]
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


# --- what must not be believed -------------------------------------------------------------------


class Ago(int):
    """A moment so many seconds ago, counted when the token is made."""


DEFECTS: dict[str, tuple[dict[str, Any], str]] = {
    "another issuer": ({"iss": "https://evil.example"}, "claim-iss"),
    "no issuer": ({"iss": ...}, "claim-iss"),
    "another audience": ({"aud": "elsewhere"}, "claim-aud"),
    "us among others": ({"aud": ["esclusa", "elsewhere"]}, "claim-aud"),
    "no audience": ({"aud": ...}, "claim-aud"),
    "another authorised party": ({"azp": "elsewhere"}, "claim-azp"),
    "no moment": ({"iat": ...}, "claim-iat"),
    "a moment that is no number": ({"iat": "now"}, "claim-iat"),
    "made in the future": ({"iat": Ago(-900), "exp": Ago(-1_000)}, "claim-iat"),
    "made long ago": ({"iat": Ago(9_000)}, "claim-time"),
    "no end": ({"exp": ...}, "claim-exp"),
    "over": ({"iat": Ago(400), "exp": Ago(200)}, "claim-exp"),
    "good for ever": ({"exp": Ago(-(10**9))}, "claim-time"),
    "no name": ({"jti": ...}, "claim-jti"),
    "an empty name": ({"jti": ""}, "claim-jti"),
    "a name that is no text": ({"jti": 7}, "claim-jti"),
    "a name beyond measure": ({"jti": "x" * 256}, "claim-jti"),
    "no events": ({"events": ...}, "claim-events"),
    "events that are no object": ({"events": [EVENT]}, "claim-events"),
    "another event": ({"events": {EVENT + "x": {}}}, "claim-events"),
    "an event that is no object": ({"events": {EVENT: True}}, "claim-events"),
    "a nonce": ({"nonce": "n"}, "claim-nonce"),
    "an empty nonce": ({"nonce": ""}, "claim-nonce"),
    "neither subject nor session": ({"sub": ...}, "claim-sub"),
    "an empty subject": ({"sub": ""}, "claim-sub"),
    "a subject that is no text": ({"sub": ["sub-ana"]}, "claim-sub"),
    "a session that is no text": ({"sid": {"$ne": ""}}, "claim-sid"),
    "a session beyond measure": ({"sid": "s" * 256}, "claim-sid"),
}


def refused(node: Node, provider: IdentityProvider, token: str, kind: str, **more: Any) -> None:
    """Nobody is signed out, the provider is told no more than that, the log says it in a word."""
    ana = sign_in(node, provider, "ana", "s1")
    answer = say(node, token, **more)
    assert (answer.status_code, answer.json()) == (400, {"error": "invalid_request"})
    assert answer.headers["cache-control"] == "no-store"
    assert ana.inside
    if kind:
        assert lines(node, "session:refuse")[0][2] == f"oidc logout {kind}"


@pytest.mark.parametrize("defect", DEFECTS)
def test_a_token_whose_claims_do_not_hold_signs_nobody_out(
    node: Node, provider: IdentityProvider, defect: str
) -> None:
    change, kind = DEFECTS[defect]
    now = int(time.time())
    change = {name: now - one if isinstance(one, Ago) else one for name, one in change.items()}
    refused(node, provider, signed(claims_for(provider, **change)), kind)


def packed(part: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=")


def unsigned(claims: dict[str, Any]) -> str:
    return f"{packed({'alg': 'none', 'typ': 'logout+jwt'})}.{packed(claims)}."


def by_secret(claims: dict[str, Any]) -> str:
    """Sign with the published key taken for a shared secret (RFC 8725, section 2.1)."""
    text = ".".join(map(packed, ({"alg": "HS256", "kid": "logout"}, claims)))
    seal = hmac.digest(KEY.as_pem(private=False), text.encode(), "sha256")
    return f"{text}.{base64.urlsafe_b64encode(seal).decode().rstrip('=')}"


def changed(claims: dict[str, Any]) -> str:
    head, _body, seal = signed(claims | {"sub": "sub-sol"}).split(".")
    return ".".join((head, signed(claims).split(".")[1], seal))


FORGED: dict[str, tuple[Callable[[dict[str, Any]], str], str]] = {
    "not signed": (unsigned, "algorithm"),
    "by a shared secret": (by_secret, "algorithm"),
    "by a strange key of the same name": (lambda claims: signed(claims, STRANGE), "signature"),
    "by an unknown key": (lambda claims: signed(claims, STRANGE, kid="other"), "key"),
    "by an algorithm that is not on the list": (
        lambda claims: signed(claims, alg="RS384"), "algorithm",
    ),
    "by a key of another kind": (
        lambda claims: signed(claims, ECKey.generate_key("P-256"), alg="ES256"), "",
    ),
    "changed after it was signed": (changed, "signature"),
    "of another type": (lambda claims: signed(claims, typ="at+jwt"), "token-type"),
    "cut off": (lambda claims: signed(claims)[:-40], ""),
    "no token": (lambda _claims: "sub-ana", "token-form"),
    "nothing": (lambda _claims: "", ""),
    "beyond measure": (lambda claims: signed(claims | {"more": "x" * 40_000}), "token-size"),
    "signed text that is no JSON": (
        lambda _claims: jws.serialize_compact(
            {"alg": "RS256", "kid": "logout"}, b"sub-ana", KEY, algorithms=["RS256"]
        ), "",
    ),
    "signed JSON that is no object": (
        lambda _claims: jws.serialize_compact(
            {"alg": "RS256", "kid": "logout"}, b"[1]", KEY, algorithms=["RS256"]
        ), "",
    ),
}  # fmt: skip


@pytest.mark.parametrize("how", FORGED)
def test_a_token_that_the_provider_did_not_sign_signs_nobody_out(
    node: Node, provider: IdentityProvider, how: str
) -> None:
    forge, kind = FORGED[how]
    refused(node, provider, forge(claims_for(provider)), kind)


def test_an_id_token_is_no_logout_and_a_logout_opens_no_session(
    node: Node, provider: IdentityProvider
) -> None:
    """Neither is taken for the other (RFC 8725, section 2.8)."""
    seen: list[str] = []
    sign_in(node, provider, "ana")
    forged = provider.front.tokens
    provider.front.tokens = lambda token: seen.append(forged(token)) or forged(token)  # type: ignore[func-returns-value]
    assert Guest(node).through(provider, "sub-ana").status_code == 200
    assert say(node, seen[0]).status_code == 400
    for header in ({}, {"typ": "JWT"}):
        logout = signed(claims_for(provider), **header)
        provider.front.tokens = lambda _token, made=logout: made  # type: ignore[misc]
        browser = Guest(node)
        assert browser.through(provider, "sub-ana").status_code == 401 and not browser.inside


def test_only_a_form_with_one_token_is_read(node: Node, provider: IdentityProvider) -> None:
    token = signed(claims_for(provider))
    client = Walker(node).client
    ana = sign_in(node, provider, "ana", "s1")
    for sent in (
        {"content": b"", "headers": FORM},
        {"content": f"logout_token={token}&logout_token={token}", "headers": FORM},
        {"content": "&".join(["a=b"] * 9) + f"&logout_token={token}", "headers": FORM},
        {"content": f"token={token}", "headers": FORM},
        {"content": b"logout_token=\xff", "headers": FORM},
        {"content": b"logout_token=" + b"x" * 70_000, "headers": FORM},
        {"json": {"logout_token": token}},
        {"content": token, "headers": {"Content-Type": "application/logout+jwt"}},
        {"params": {"logout_token": token}, "headers": FORM},
    ):
        assert client.post(PATH, **sent).status_code == 400, sent
    assert client.get(f"{PATH}?logout_token={token}").status_code == 405
    assert ana.inside
    assert say(node, token).status_code == 200


def test_a_key_that_the_provider_just_changed_to_is_fetched(
    node: Node, provider: IdentityProvider
) -> None:
    clock = [time.time()]
    use(node, settings_for(provider.issuer), clock=lambda: clock[0])
    ana = sign_in(node, provider, "ana", "s1")
    fresh = RSAKey.generate_key(2048, {"kid": "fresh", "use": "sig"})
    provider.publish(fresh)
    clock[0] += 11
    assert say(node, signed(claims_for(provider), fresh, kid="fresh")).status_code == 200
    assert not ana.inside


@pytest.mark.usefixtures("brake_clock")
def test_guesses_are_slowed_down_and_the_providers_own_word_is_not(
    node: Node, provider: IdentityProvider
) -> None:
    client = Walker(node).client
    for _ in range(40):
        assert client.post(
            PATH, data={"logout_token": signed(claims_for(provider))}
        ).status_code == (200)
    answers = [client.post(PATH, data={"logout_token": "x"}).status_code for _ in range(40)]
    assert answers[0] == 400 and answers[-1] == 429


def test_without_a_provider_there_is_no_such_place(node: Node) -> None:
    node.oidc_desk.provider = None
    assert say(node, "x").status_code == 404


def test_a_provider_out_of_reach_signs_nobody_out(node: Node, provider: IdentityProvider) -> None:
    ana = sign_in(node, provider, "ana", "s1")
    use(node, settings_for(provider.issuer))
    provider.front.says["/jwks"] = lambda _own: {"keys": "none"}
    assert say(node, signed(claims_for(provider))).status_code == 400
    assert ana.inside
