"""Signing in through the identity provider: sent there, and back."""

from __future__ import annotations

import secrets
from dataclasses import replace
from typing import Final

from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from esclusa.api.status import TooMany
from esclusa.errors import LimitError, NotFound, ProviderError, UnknownSubject
from esclusa.sharing.reader import PURPOSES
from esclusa.web.catalogue import LANGUAGES
from esclusa.web.catalogue import mark as _
from esclusa.web.page import Page
from esclusa.web.pages.sign_in import form, local, with_session
from esclusa.web.visit import Visit

FAILED: Final = _("The sign-in did not work. Begin again; if it stays so, ask your administrator.")
_TAKEN: Final = ("state", "code", "iss", "error")
_SECONDS: Final = 600
_LONGEST: Final = 8_192
"""Characters of a code; some providers pack much into theirs."""


async def leave(visit: Visit) -> Response:
    """Send the browser to the identity provider, with the purpose that was chosen."""
    if not visit.site.node.sign_in_ways().provider:
        raise NotFound("there is no identity provider")
    _brake(visit)
    wish = {
        "next": local(visit.form.get("next", "")),
        "purpose": visit.form.get("purpose", "") if visit.form.get("purpose") in PURPOSES else "",
        "language": visit.form.get("language", ""),
    }
    try:
        begun = await run_in_threadpool(visit.site.node.oidc_desk.begin, wish)
    except ProviderError:
        return form(visit, next_address=wish["next"], wrong=FAILED, status=503)
    provider = visit.site.node.sign_in_ways().provider
    response = visit.page("sign_in_onward.html", onward=begun.address, provider=provider)
    response.set_cookie(
        cookie_name(visit), begun.browser, max_age=_SECONDS, httponly=True, samesite="lax",
        secure=visit.site.secure,
    )  # fmt: skip
    return response


async def back(visit: Visit) -> Response:
    """Take the identity provider's answer and open a session, or say what to do."""
    if not visit.site.node.sign_in_ways().provider:
        raise NotFound("there is no identity provider")
    brake = _brake(visit)
    answer = {name: visit.param(name) for name in _TAKEN if name in visit.request.query_params}
    if any(len(value) > _LONGEST for value in answer.values()):
        raise LimitError(f"the answer holds a value of more than {_LONGEST} characters")
    browser = visit.request.cookies.get(cookie_name(visit), "")
    try:
        arrived = await run_in_threadpool(
            visit.site.node.oidc_desk.finish, answer, browser, over=visit.token
        )
    except UnknownSubject as unknown:
        provider = visit.site.node.sign_in_ways().provider
        early = replace(visit, found=None)
        return _used(
            early, early.page("sign_in_unknown.html", status=403, code=unknown.code,
                              provider=provider)
        )  # fmt: skip
    except ProviderError:
        return _used(visit, form(visit, next_address="/", wrong=FAILED, status=401))
    for _way in ("there", "back"):
        visit.site.throttle.forgive(*brake)
    wish = arrived.wish
    if wish.get("language") in LANGUAGES:
        await run_in_threadpool(
            visit.site.node.set_preferences, arrived.token, language=wish["language"]
        )
    onward = local(wish.get("next", ""))
    response = replace(visit, found=None).page("sign_in_onward.html", onward=onward, provider="")
    return _used(visit, with_session(visit, response, arrived.token))


def cookie_name(visit: Visit) -> str:
    """Return the name of the cookie that the browser keeps while it is away. It is not
    ``SameSite=Strict``: it has to come along with the way back from another site."""
    return "__Host-esclusa_away" if visit.site.secure else "esclusa_away"


def _used(visit: Visit, response: Response) -> Response:
    response.delete_cookie(cookie_name(visit), secure=visit.site.secure)
    return response


def _brake(visit: Visit) -> tuple[str, str]:
    """Count a try from this address; raises ``TooMany``. There is no name yet to count by."""
    keys = (secrets.token_hex(8), visit.request.client.host if visit.request.client else "")
    if wait := visit.site.throttle.attempt(*keys):
        raise TooMany(wait)
    return keys


PAGES = (
    Page(path="/sign-in/provider", show=leave, method="POST", signed_in=False),
    Page(path="/sign-in/return", show=back, signed_in=False),
)
