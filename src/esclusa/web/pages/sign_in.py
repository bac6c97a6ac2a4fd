"""Signing in, with the purpose of the session, and signing out."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from esclusa.api.status import TooMany
from esclusa.errors import InputError, SignInError
from esclusa.sharing.reader import PURPOSES
from esclusa.web import yard_device
from esclusa.web.catalogue import LANGUAGES
from esclusa.web.catalogue import mark as _
from esclusa.web.gatekeeper import EARLY_COOKIE
from esclusa.web.page import Page
from esclusa.web.preferences import Likes, keep
from esclusa.web.visit import Visit

WRONG: Final = _("Name, password or purpose is not right.")


async def show(visit: Visit) -> Response:
    """Draw the sign-in form; a reader who has a session goes on."""
    if visit.found is not None:
        return visit.go(local(visit.param("next")))
    return form(visit, next_address=local(visit.param("next")))


async def sign_in(visit: Visit) -> Response:
    """Open a session; a wrong answer draws the form again and never says what was wrong."""
    name, after = visit.form.get("name", "").strip(), local(visit.form.get("next", ""))
    address = visit.request.client.host if visit.request.client else ""
    if wait := visit.site.throttle.attempt(name, address):
        raise TooMany(wait)
    try:
        token = await _token(visit, name)
    except (SignInError, InputError):
        return form(visit, next_address=after, wrong=WRONG, status=401)
    visit.site.throttle.forgive(name, address)
    if visit.form.get("language") in LANGUAGES:
        language = visit.form["language"]
        await run_in_threadpool(visit.site.node.set_preferences, token, language=language)
    return with_session(visit, visit.go(after), token)


async def sign_out(visit: Visit) -> Response:
    """Close the session and forget its cookie; ask first where forms of the yard were not sent."""
    if visit.form.get("erase") != "yes" and (left := yard_device.unsent(visit.request)):
        return visit.page("yard_leave.html", unsent=left)
    await run_in_threadpool(visit.site.node.sign_out, visit.token)
    response = visit.go("/sign-in?left=1")
    response.delete_cookie(visit.site.session_cookie, secure=visit.site.secure)
    yard_device.erase(response, secure=visit.site.secure)
    return response


def local(address: str) -> str:
    """Return the address when it is a path of this node, else "/": never another site."""
    plain = address.isprintable() and "\\" not in address
    return address if plain and address.startswith("/") and address[1:2] != "/" else "/"


async def _token(visit: Visit, name: str) -> str:
    purpose = visit.form.get("purpose", "")
    if purpose and purpose not in PURPOSES:
        raise SignInError("unknown purpose")
    password = visit.form.get("password", "")
    return await run_in_threadpool(visit.site.node.sign_in, name, password, purpose=purpose)


def _likes(visit: Visit) -> Likes:
    wanted = visit.form.get("language", "")
    if wanted not in LANGUAGES:
        return visit.likes
    return msgspec.structs.replace(visit.likes, language=wanted)


def with_session(visit: Visit, response: Response, token: str) -> Response:
    """Give the browser its session and take back what it held before signing in."""
    secure = visit.site.secure
    response.set_cookie(
        visit.site.session_cookie, token, httponly=True, samesite="strict", secure=secure
    )
    response.delete_cookie(EARLY_COOKIE, secure=secure)
    keep(response, _likes(visit), secure=secure)
    return response


def form(visit: Visit, *, next_address: str, wrong: str = "", status: int = 200) -> Response:
    """Draw the sign-in form, with what was wrong."""
    return replace(visit, likes=_likes(visit)).page(
        "sign_in.html",
        status=status,
        purposes=PURPOSES,
        ways=visit.site.node.sign_in_ways(),
        left=visit.param("left") == "1",
        next_address=next_address,
        asked_for=visit.form.get("language") or visit.param("language"),
        wrong=wrong,
        name=visit.form.get("name", ""),
        purpose=visit.form.get("purpose", ""),
    )


PAGES = (
    Page(path="/sign-in", show=show, signed_in=False),
    Page(path="/sign-in", show=sign_in, method="POST", signed_in=False),
    Page(path="/sign-out", show=sign_out, method="POST", due=True),
)
