"""A node, and an identity provider that really runs, for sign-in tests.

The provider is ``oidc-provider-mock`` behind HTTP. It does not know PKCE, so :class:`Front` stands
before it and holds codes to their challenge as RFC 7636, section 4.6 says. The same front turns the
provider into a hostile or a broken one, by changing what it says.

>>> with identity_provider() as provider:
...     provider.keys()["keys"][0]["kty"]
'RSA'
"""

from __future__ import annotations

import base64
import hashlib
import json
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import oidc_provider_mock
from joserfc import jwt
from joserfc.jwk import ECKey, OKPKey, RSAKey
from werkzeug.serving import make_server

Key = RSAKey | ECKey | OKPKey
Answer = dict[str, Any]


class Front:
    """Stands before the provider's WSGI application.

    ``tokens`` changes an ID token before it is handed out; ``says`` changes the JSON of an address;
    ``codes`` holds each code's challenge; ``asked`` counts requests by path.
    """

    def __init__(self, inner: Callable[..., Iterable[bytes]]) -> None:
        self.inner = inner
        self.tokens: Callable[[str], str] = lambda token: token
        self.says: dict[str, Callable[[Answer], Answer]] = {}
        self.codes: dict[str, str] = {}
        self.asked: dict[str, int] = {}
        self.forms: list[dict[str, list[str]]] = []

    def __call__(self, environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        path = environ["PATH_INFO"]
        self.asked[path] = self.asked.get(path, 0) + 1
        if path == "/oauth2/token":
            wrong = self._check_pkce(environ)
            if wrong:
                return self._json(start, {"error": wrong}, "400 BAD REQUEST")
        kept: list[Any] = []
        body = b"".join(self.inner(environ, lambda *given: kept.append(given)))
        status, headers, *_more = kept[-1]
        if path == "/oauth2/authorize" and status.startswith("302"):
            self._note_code(environ, dict(headers)["Location"])
        if path == "/oauth2/token" and status.startswith("200"):
            found = json.loads(body)
            return self._json(start, found | {"id_token": self.tokens(found["id_token"])}, status)
        if path in self.says:
            return self._json(start, self.says[path](json.loads(body)), status)
        start(status, headers)
        return [body]

    def _note_code(self, environ: dict[str, Any], location: str) -> None:
        asked = parse_qs(environ["QUERY_STRING"])
        code = parse_qs(urlsplit(location).query).get("code", [""])[0]
        if asked.get("code_challenge_method") == ["S256"]:
            self.codes[code] = asked["code_challenge"][0]

    def _check_pkce(self, environ: dict[str, Any]) -> str:
        import io

        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        environ["wsgi.input"] = io.BytesIO(body)
        form = parse_qs(body.decode())
        self.forms.append(form)
        digest = hashlib.sha256(form.get("code_verifier", [""])[0].encode()).digest()
        given = base64.urlsafe_b64encode(digest).decode().rstrip("=")
        challenge = self.codes.pop(form.get("code", [""])[0], "")
        return "" if given == challenge else "invalid_grant"

    def _json(self, start: Callable[..., Any], found: Answer, status: str) -> Iterable[bytes]:
        body = json.dumps(found).encode()
        start(status, [("Content-Type", "application/json"), ("Content-Length", str(len(body)))])
        return [body]


class IdentityProvider:
    """A provider that runs, and what a test may do to it."""

    def __init__(self, front: Front, port: int) -> None:
        self.front = front
        self.issuer = f"http://localhost:{port}"

    def keys(self) -> Answer:
        """Return the key set that it publishes."""
        found: Answer = httpx.get(f"{self.issuer}/jwks").json()
        return found

    def person(self, subject: str, **claims: Any) -> None:
        """Make a person known to it."""
        httpx.put(f"{self.issuer}/users/{subject}", json=claims).raise_for_status()

    def agree(self, address: str, subject: str) -> str:
        """Sign in there as a person; return the address that the browser is sent back to."""
        answer = httpx.post(address, data={"sub": subject}, follow_redirects=False)
        assert answer.status_code == 302, answer.text
        return answer.headers["location"]

    def refuse(self, address: str) -> str:
        """Say no there; return the address that the browser is sent back to."""
        answer = httpx.post(address, data={"action": "deny"}, follow_redirects=False)
        assert answer.status_code == 302, answer.text
        return answer.headers["location"]

    def honest(self) -> None:
        """Forget all that a test did to it."""
        self.front.tokens = lambda token: token
        self.front.says.clear()

    def forge(self, change: Callable[[Answer], Answer], key: Key, **header: str) -> None:
        """Hand out tokens with other claims, signed by another key."""

        def forged(token: str) -> str:
            part = token.split(".")[1]
            claims = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
            algorithm = {"RSA": "RS256", "EC": "ES256", "OKP": "Ed25519"}[key.key_type]
            return jwt.encode(
                {"alg": algorithm} | header, change(claims), key, algorithms=[algorithm]
            )

        self.front.tokens = forged

    def publish(self, *keys: Key) -> None:
        """Publish these keys in the place of its own."""
        found = {"keys": [key.as_dict(private=False) for key in keys]}
        self.front.says["/jwks"] = lambda _own: found


@contextmanager
def identity_provider() -> Iterator[IdentityProvider]:
    """Run a provider on a free port of ``localhost`` while the block runs."""
    import os

    os.environ["AUTHLIB_INSECURE_TRANSPORT"] = "1"
    app = oidc_provider_mock.app(require_nonce=True)
    front = Front(app.wsgi_app)
    app.debug = False
    server = make_server("localhost", 0, front, threaded=True)
    thread = threading.Thread(
        target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
    )
    thread.start()
    try:
        yield IdentityProvider(front, server.server_port)
    finally:
        server.shutdown()
        thread.join(timeout=5)
        server.server_close()
