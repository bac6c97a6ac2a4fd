"""The rules by which an ID token is believed (OpenID Connect Core 1.0, section 3.1.3.7), and the
word that somebody is signed out (Back-Channel Logout 1.0, section 2.6): see :func:`ended`.

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
_LOGOUT_TYPES: Final = (*_TYPES, "logout+jwt")
LOGOUT_EVENT: Final = "http://schemas.openid.net/event/backchannel-logout"
LOGOUT_OLD_S: Final = 600
"""How old the word of a logout may be, and how far ahead its end: the standard advises two minutes,
and as long the node remembers which it has had."""
_NAME_MOST: Final = 255
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
    claims = _opened(token, keys, wanted.algorithms, _TYPES)
    _check(claims, wanted, now)
    return Person(subject=claims["sub"], called=_called(claims), claims=claims)


class Ended(msgspec.Struct, frozen=True, kw_only=True):
    """A session that the provider has ended: of ``subject``, or the one called ``session``, or
    both; "" where the token does not say. ``jti`` is the token's own name, ``until`` the second
    after which it is believed no more."""

    subject: str
    session: str
    jti: str
    until: int


def ended(token: str, keys: Sequence[Mapping[str, Any]], wanted: Wanted, *, now: int) -> Ended:
    """Return what a logout token says (Back-Channel Logout 1.0, sections 2.4 and 2.6).

    It is signed as an ID token is, for this node alone, in time and not for long; it names a
    subject or a session, says that it is a logout, has a name of its own, and no nonce, so no ID
    token can be taken for one. ``wanted.nonce`` is not used.

    :raises UnknownKey: when no key fits; newer ones may.
    :raises ProviderError: when it is not to be believed.
    """
    claims = _opened(token, keys, wanted.algorithms, _LOGOUT_TYPES)
    if "nonce" in claims:
        raise ProviderError("claim-nonce")
    _check_times(claims, wanted, now, {"jti": {"essential": True}})
    events = claims.get("events")
    if not isinstance(events, dict) or not isinstance(events.get(LOGOUT_EVENT), dict):
        raise ProviderError("claim-events")
    if not (now - LOGOUT_OLD_S <= claims["iat"] and claims["exp"] <= now + LOGOUT_OLD_S):
        raise ProviderError("claim-time")
    said = {name: claims.get(name, "") for name in ("sub", "sid", "jti")}
    for name, value in said.items():
        if not isinstance(value, str) or len(value) > _NAME_MOST:
            raise ProviderError(f"claim-{name}")
    if not said["jti"] or not (said["sub"] or said["sid"]):
        raise ProviderError("claim-jti" if not said["jti"] else "claim-sub")
    return Ended(
        subject=said["sub"], session=said["sid"], jti=said["jti"], until=claims["exp"] + LEEWAY_S
    )


def _opened(
    token: str, keys: Sequence[Mapping[str, Any]], algorithms: Sequence[str], types: Sequence[str]
) -> dict[str, Any]:
    if len(token) > LONGEST:
        raise ProviderError("token-size")
    header = _header(token)
    algorithm = header.get("alg")
    if algorithm not in algorithms:
        raise ProviderError("algorithm")
    if str(header.get("typ", "")).casefold() not in types:
        raise ProviderError("token-type")
    return _signed(token, [key for key in keys if _fits(key, header)][:MOST_KEYS], str(algorithm))


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
    more = {"sub": {"essential": True}, "nonce": {"essential": True, "value": wanted.nonce}}
    _check_times(claims, wanted, now, more)
    if not (isinstance(claims["sub"], str) and 0 < len(claims["sub"]) <= _NAME_MOST):
        raise ProviderError("claim-sub")


def _check_times(claims: dict[str, Any], wanted: Wanted, now: int, more: Mapping[str, Any]) -> None:
    """Hold issuer, audience and times to what is wanted, and claims to ``more`` rules."""
    rules = jwt.JWTClaimsRegistry(
        now=now, leeway=LEEWAY_S,
        iss={"essential": True, "value": wanted.issuer},
        aud={"essential": True, "value": wanted.client_id},
        exp={"essential": True}, iat={"essential": True}, **more,
    )  # fmt: skip
    try:
        rules.validate(claims)
    except JoseError as error:
        raise ProviderError(f"claim-{getattr(error, 'claim', None) or 'missing'}"[:40]) from None
    if claims["aud"] not in (wanted.client_id, [wanted.client_id]):
        raise ProviderError("claim-aud")
    if claims.get("azp", wanted.client_id) != wanted.client_id:
        raise ProviderError("claim-azp")


def _called(claims: Mapping[str, Any]) -> str:
    found = [claims.get(name) for name in _CALLED]
    said = next((text for text in found if isinstance(text, str) and text), "")
    return "".join(letter for letter in said if letter.isprintable())[:120]
