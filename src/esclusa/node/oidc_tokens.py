"""The rules by which an ID token is believed (OpenID Connect Core 1.0, section 3.1.3.7).

1. It is signed with an algorithm on the list, by a key pair: never none, never a shared secret
   (RFC 8725, sections 2.1 and 3.1).
2. It is signed by a key that the provider publishes for signatures now.
3. Its issuer is exactly the provider's; its audience is this node and nobody else.
4. Its time is not over, give or take a minute.
5. Its nonce is the one that this node made up for this sign-in in this browser.

Signatures and times are judged by joserfc; see docs/decisions/0039-joserfc-for-sign-in.md.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec
from joserfc import jws, jwt
from joserfc.errors import BadSignatureError, JoseError
from joserfc.jwk import JWKRegistry, Key

from esclusa.errors import ProviderError

LEEWAY_S: Final = 60
"""How far the provider's clock may be from ours."""
LONGEST: Final = 32_768
"""Bytes of a token; providers that list hundreds of groups stay under it."""
MOST_KEYS: Final = 40

_KEY_KINDS: Final = ("RSA", "EC", "OKP")
_TYPES: Final = ("", "jwt")
_CALLED: Final = ("preferred_username", "email", "name")


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """What a token has to say to be believed."""

    issuer: str
    client_id: str
    nonce: str
    algorithms: tuple[str, ...]


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """Whom a token speaks of: ``subject`` is the provider's own, for ever the same; ``called`` is
    what it calls the person today and proves nothing."""

    subject: str
    called: str
    claims: dict[str, Any]


class UnknownKey(ProviderError):
    """None of the keys at hand can have signed the token; the provider may have newer ones."""


def believe(token: str, keys: Sequence[Mapping[str, Any]], wanted: Wanted, *, now: int) -> Person:
    """Return whom an ID token speaks of.

    :param keys: the provider's key set, as JSON Web Keys (RFC 7517).
    :param now: seconds since 1970.
    :raises UnknownKey: when no key fits; newer ones may.
    :raises ProviderError: when the token is not to be believed.
    """
    if len(token) > LONGEST:
        raise ProviderError("token-size")
    header = _header(token)
    algorithm = header.get("alg")
    if algorithm not in wanted.algorithms:
        raise ProviderError("algorithm")
    if str(header.get("typ", "")).casefold() not in _TYPES:
        raise ProviderError("token-type")
    claims = _signed(token, [key for key in keys if _fits(key, header)][:MOST_KEYS], str(algorithm))
    _check(claims, wanted, now)
    return Person(subject=claims["sub"], called=_called(claims), claims=claims)


def _header(token: str) -> dict[str, Any]:
    try:
        return dict(jws.extract_compact(token.encode()).headers())
    except (JoseError, ValueError, TypeError):
        raise ProviderError("token-form") from None


def _fits(key: Mapping[str, Any], header: Mapping[str, Any]) -> bool:
    """A key may have signed: of a pair, for signatures, for this algorithm, of this name."""
    return (
        key.get("kty") in _KEY_KINDS
        and key.get("use", "sig") == "sig"
        and key.get("alg", header["alg"]) == header["alg"]
        and ("kid" not in header or key.get("kid") == header["kid"])
    )


def _signed(token: str, keys: list[Mapping[str, Any]], algorithm: str) -> dict[str, Any]:
    for found in keys:
        try:
            return jwt.decode(token, _key(found), algorithms=[algorithm]).claims
        except BadSignatureError:
            continue
        except (JoseError, ValueError, TypeError):
            raise ProviderError("token-form") from None
    raise UnknownKey("signature" if keys else "key")


def _key(found: Mapping[str, Any]) -> Key:
    return JWKRegistry.import_key(dict(found))


def _check(claims: dict[str, Any], wanted: Wanted, now: int) -> None:
    rules = jwt.JWTClaimsRegistry(
        now=now, leeway=LEEWAY_S,
        iss={"essential": True, "value": wanted.issuer},
        aud={"essential": True, "value": wanted.client_id},
        exp={"essential": True}, iat={"essential": True}, sub={"essential": True},
        nonce={"essential": True, "value": wanted.nonce},
    )  # fmt: skip
    try:
        rules.validate(claims)
    except JoseError as error:
        raise ProviderError(f"claim-{getattr(error, 'claim', None) or 'missing'}"[:40]) from None
    if claims["aud"] not in (wanted.client_id, [wanted.client_id]):
        raise ProviderError("claim-aud")
    if claims.get("azp", wanted.client_id) != wanted.client_id:
        raise ProviderError("claim-azp")
    if not (isinstance(claims["sub"], str) and 0 < len(claims["sub"]) <= 255):
        raise ProviderError("claim-sub")


def _called(claims: Mapping[str, Any]) -> str:
    found = [claims.get(name) for name in _CALLED]
    said = next((text for text in found if isinstance(text, str) and text), "")
    return "".join(letter for letter in said if letter.isprintable())[:120]
