"""The identity provider as this node meets it: what it says of itself, its keys, its tokens.

Two requests and no more than OpenID Connect Discovery 1.0 and RFC 6749, section 4.1.3 ask for, over
the standard library's HTTPS. A redirect is never followed, an answer is read to a limit, and an
address that the provider names is used only when it is HTTPS (or on this machine).
"""

from __future__ import annotations

import base64
import http.client
import json
import ssl
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from threading import Lock
from typing import Any, Final, TypeVar
from urllib.parse import quote, urlencode, urlsplit

from esclusa.errors import ConfigError, ProviderError
from esclusa.node.oidc_settings import Oidc, check_address
from esclusa.node.oidc_tokens import Ended, Person, UnknownKey, Wanted, believe, ended

T = TypeVar("T")

KEPT_S: Final = 3_600
"""How long the provider's description and keys are kept."""
ASKED_AGAIN_S: Final = 10
"""Newer keys are fetched at once when a token needs them, and no more often than this."""
SECONDS: Final = 10
LARGEST: Final = 262_144

_DISCOVERY: Final = "/.well-known/openid-configuration"
_ENDPOINTS: Final = ("authorization_endpoint", "token_endpoint", "jwks_uri")


class Provider:
    """One identity provider.

    :param folder: the node's folder, where the client's secret and the authorities lie.
    :param clock: seconds since 1970.
    """

    def __init__(
        self, chosen: Oidc, folder: Path, *, clock: Callable[[], float] = time.time
    ) -> None:
        self.chosen = chosen
        self._folder = folder
        self._clock = clock
        self._lock = Lock()
        self._kept: dict[str, tuple[float, Any]] = {}

    @property
    def title(self) -> str:
        """How people call the provider."""
        return self.chosen.title or urlsplit(self.chosen.issuer).hostname or self.chosen.issuer

    def metadata(self) -> Mapping[str, Any]:
        """Return what the provider says of itself.

        :raises ProviderError: when it cannot be reached, or says that it is another one (the
            mix-up of RFC 9700, section 4.4), or names an address that may not be asked.
        """
        found: dict[str, Any] = self._keep("metadata", self._discover)
        return found

    def leave_address(self) -> str:
        """Return where people sign out of the provider (OpenID Connect RP-Initiated Logout 1.0),
        "" when it says no such place or has not been asked yet."""
        kept = self._kept.get("metadata")
        found = kept[1].get("end_session_endpoint", "") if kept else ""
        try:
            check_address("end_session_endpoint", str(found))
        except ConfigError:
            return ""
        return _with_query(str(found), {"client_id": self.chosen.client_id})

    def ask_address(self, *, state: str, nonce: str, challenge: str) -> str:
        """Return the address to send a browser to (OpenID Connect Core 1.0, section 3.1.2.1; RFC
        7636, section 4.3)."""
        asked = {
            "response_type": "code", "client_id": self.chosen.client_id,
            "redirect_uri": self.chosen.return_address, "scope": "openid profile", "state": state,
            "nonce": nonce, "code_challenge": challenge, "code_challenge_method": "S256",
        }  # fmt: skip
        return _with_query(str(self.metadata()["authorization_endpoint"]), asked)

    def check_issuer(self, said: str | None) -> None:
        """Refuse an answer of another issuer (RFC 9207, section 2.4).

        :param said: the parameter ``iss`` of the answer, None when it has none.
        """
        must = self.metadata().get("authorization_response_iss_parameter_supported") is True
        if said != self.chosen.issuer and (must or said is not None):
            raise ProviderError("issuer")

    def redeem(self, code: str, *, verifier: str, nonce: str) -> Person:
        """Change a code for an ID token and return whom it speaks of.

        :raises ProviderError: when the provider refuses, or the token is not to be believed.
        """
        return self._read(believe, self._token(code, verifier), nonce)

    def ended(self, token: str) -> Ended:
        """Return whom a logout token says to be signed out; raises ``ProviderError`` when it is
        not to be believed."""
        return self._read(ended, token, "")

    def _read(self, rules: Callable[..., T], token: str, nonce: str) -> T:
        """Judge a token by rules, with newer keys where none of those at hand has signed it."""
        wanted = Wanted(
            issuer=self.chosen.issuer, client_id=self.chosen.client_id, nonce=nonce,
            algorithms=self.chosen.algorithms,
        )  # fmt: skip
        now = int(self._clock())
        try:
            return rules(token, self._keys(), wanted, now=now)
        except UnknownKey:
            return rules(token, self._keys(newer=True), wanted, now=now)

    # --- what is kept --------------------------------------------------------------------------

    def _keep(self, name: str, fetch: Callable[[], Any], *, after: float = KEPT_S) -> Any:
        with self._lock:
            at, found = self._kept.get(name, (float("-inf"), None))
            if self._clock() - at >= after:
                found = fetch()
                self._kept[name] = (self._clock(), found)
            return found

    def _discover(self) -> dict[str, Any]:
        found = self._json("GET", self.chosen.issuer.rstrip("/") + _DISCOVERY)
        if found.get("issuer") != self.chosen.issuer:
            raise ProviderError("issuer")
        for name in _ENDPOINTS:
            try:
                check_address(name, str(found.get(name, "")))
            except ConfigError:
                raise ProviderError("endpoint") from None
        return found

    def _keys(self, *, newer: bool = False) -> list[dict[str, Any]]:
        address = str(self.metadata()["jwks_uri"])
        after = ASKED_AGAIN_S if newer else KEPT_S
        found: list[dict[str, Any]] = self._keep(
            "keys", lambda: self._fetch_keys(address), after=after
        )
        return found

    def _fetch_keys(self, address: str) -> list[dict[str, Any]]:
        keys = self._json("GET", address).get("keys")
        if not isinstance(keys, list):
            raise ProviderError("keys")
        return [key for key in keys if isinstance(key, dict)]

    # --- what is asked -------------------------------------------------------------------------

    def _token(self, code: str, verifier: str) -> str:
        metadata = self.metadata()
        form = {
            "grant_type": "authorization_code", "code": code, "code_verifier": verifier,
            "redirect_uri": self.chosen.return_address,
        }  # fmt: skip
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        secret = self._secret()
        offered = metadata.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
        if not secret or "client_secret_basic" not in offered:
            form |= {"client_id": self.chosen.client_id} | (
                {"client_secret": secret} if secret else {}
            )
        else:
            pair = f"{quote(self.chosen.client_id, safe='')}:{quote(secret, safe='')}"
            headers["Authorization"] = "Basic " + base64.b64encode(pair.encode()).decode()
        address = str(metadata["token_endpoint"])
        answer = self._json("POST", address, urlencode(form).encode(), headers)
        token = answer.get("id_token")
        if not isinstance(token, str):
            raise ProviderError("no-id-token")
        return token

    def _secret(self) -> str:
        if not self.chosen.client_secret_file:
            return ""
        try:
            path = self._folder / self.chosen.client_secret_file
            return path.read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError):
            raise ProviderError("secret") from None

    def _json(
        self, method: str, address: str, body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> dict[str, Any]:  # fmt: skip
        status, data = self._ask(method, address, body, {"Accept": "application/json"} | dict(
            headers or {}
        ))  # fmt: skip
        if status != http.HTTPStatus.OK:
            raise ProviderError("refused" if 400 <= status < 500 else "unreachable")
        try:
            found = json.loads(data)
        except ValueError:
            raise ProviderError("answer") from None
        if not isinstance(found, dict):
            raise ProviderError("answer")
        return found

    def _ask(
        self, method: str, address: str, body: bytes | None, headers: Mapping[str, str]
    ) -> tuple[int, bytes]:
        connection = self._connection(address)
        parts = urlsplit(address)
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        try:
            connection.request(method, target, body, dict(headers))
            reply = connection.getresponse()
            data = reply.read(LARGEST + 1)
        except (OSError, http.client.HTTPException, ValueError):
            raise ProviderError("unreachable") from None
        finally:
            connection.close()
        if len(data) > LARGEST:
            raise ProviderError("answer")
        return reply.status, data

    def _connection(self, address: str) -> http.client.HTTPConnection:
        parts = urlsplit(address)
        host = parts.hostname or ""
        if parts.scheme == "http":
            return http.client.HTTPConnection(host, parts.port or 80, timeout=SECONDS)
        file = self.chosen.authorities
        try:
            context = ssl.create_default_context(cafile=str(self._folder / file) if file else None)
        except (OSError, ssl.SSLError):
            raise ProviderError("authorities") from None
        return http.client.HTTPSConnection(
            host, parts.port or 443, timeout=SECONDS, context=context
        )


def _with_query(address: str, values: Mapping[str, str]) -> str:
    """Add values to an address that may have a query of its own (RFC 6749, section 3.1)."""
    return f"{address}{'&' if urlsplit(address).query else '?'}{urlencode(values)}"
