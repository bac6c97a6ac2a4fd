"""The door of every page: session, role, form and its token, in this order, before any page code.

1. A page that needs a session sends a visitor without one to the sign-in page, and back afterwards.
2. The reader's role must include the page's action, or the page does not exist for that role (403).
3. A form is read only within its limits, and believed only with the token of the same session;
   before sign-in, with the token that this browser was given (double submit).
"""

from __future__ import annotations

import hmac
import secrets
from dataclasses import replace
from typing import Final
from urllib.parse import quote

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from esclusa.api.body import limited
from esclusa.api.limits import FaceLimits
from esclusa.api.queries import check_value
from esclusa.casework.forms import FieldMistake, MoveMistakes
from esclusa.errors import Forbidden, InputError, SignInError
from esclusa.web.page import Page
from esclusa.web.preferences import likes_of
from esclusa.web.refused import REFUSALS, again, linked, sought
from esclusa.web.site import Site
from esclusa.web.visit import Visit

EARLY_COOKIE: Final = "esclusa_early"
"""Holds the form token of a browser in which nobody has signed in yet."""

DUE_PATH: Final = "/own-password"
"""Where a person is led whose password has to be changed first."""

_COPIES: Final = 4
"""A message may stand in its form as text, as the file before it in base64, and as a new file."""


async def admit(site: Site, page: Page, request: Request, *, drawn: Page | None = None) -> Response:
    """Let a request through to its page, or answer in the page's place.

    :param drawn: the page that draws the form which this one takes, for a form that is refused.
    """
    try:
        visit = await visit_of(site, request)
    except SignInError:
        visit = None
    if visit is None and page.signed_in:
        return _to_sign_in(request)
    if visit is not None and visit.due and page.signed_in and not page.due:
        return RedirectResponse(DUE_PATH, status_code=303)
    if visit is None:
        visit = early_visit(site, request)
    if page.action is not None:
        visit.reader.require(page.action)
    if request.method == "POST":
        return _remember(await _sent(await _with_form(visit, page), page, drawn), visit)
    try:
        return _remember(await page.show(visit), visit)
    except InputError as error:
        return _remember(await sought(visit, page, error), visit)


async def _sent(visit: Visit, page: Page, drawn: Page | None) -> Response:
    """Answer a form: what is refused comes back on its page, with all that was typed."""
    try:
        _check_values(visit, page)
        answer = await page.show(visit)
    except REFUSALS as error:
        if drawn is None:
            raise
        return await again(visit, page, drawn, error)
    told = isinstance(answer, HTMLResponse) and 400 <= answer.status_code < 500
    return linked(answer) if told else answer


async def visit_of(site: Site, request: Request) -> Visit | None:
    """Return the visit of the person whose session cookie this is, None when there is no cookie.

    Raises ``SignInError`` for a session that is over.
    """
    token = request.cookies.get(site.session_cookie, "")
    if not token:
        return None
    session = await run_in_threadpool(site.node.session, token)
    reader = session.reader
    likes = likes_of(request)
    if reader.chosen:
        likes = msgspec.structs.replace(likes, language=reader.language)
    else:
        reader = msgspec.structs.replace(reader, language=likes.language)
    return Visit(
        site=site,
        request=request,
        likes=likes,
        found=reader,
        token=token,
        due=session.due,
        csrf=session.csrf,
    )


def early_visit(site: Site, request: Request) -> Visit:
    """Return the visit of a person who has not signed in."""
    csrf = request.cookies.get(EARLY_COOKIE, "") or secrets.token_urlsafe(24)
    return Visit(site=site, request=request, likes=likes_of(request), csrf=csrf)


def _to_sign_in(request: Request) -> Response:
    url = request.url
    back = url.path + (f"?{url.query}" if url.query else "")
    wanted = f"?next={quote(back, safe='')}" if request.method == "GET" and back != "/" else ""
    return RedirectResponse("/sign-in" + wanted, status_code=303)


def _remember(response: Response, visit: Visit) -> Response:
    if visit.found is None and visit.request.method == "GET":
        response.set_cookie(
            EARLY_COOKIE, visit.csrf, httponly=True, samesite="strict", secure=visit.site.secure
        )
    return response


async def _with_form(visit: Visit, page: Page) -> Visit:
    limits = visit.site.limits
    most, named, part = _bounds(page, limits)
    request = visit.request
    bounded = Request(request.scope, limited(request.receive, most, named=named))
    most_files, most_fields = limits.files if page.files else 0, page.fields or limits.fields
    try:
        form = await bounded.form(
            max_files=most_files, max_fields=most_fields, max_part_size=part
        )  # fmt: skip
    except HTTPException:
        raise InputError(
            f"the form cannot be read; it has at most {most_files} files and {most_fields} fields"
        ) from None
    fields = _fields(form)
    _check_token(visit, fields)
    files = tuple(value for _, value in form.multi_items() if isinstance(value, UploadFile))
    return replace(visit, form=fields, chosen=_chosen(form), files=files)


def _check_values(visit: Visit, page: Page) -> None:
    """Refuse values that nobody types into a form; raises ``MoveMistakes`` naming each field."""
    mistakes = []
    for name, values in visit.chosen.items():
        try:
            for value in () if name in page.whole else values:
                check_value(name, value, limits=visit.site.limits)
        except InputError as error:
            mistakes.append(
                FieldMistake(field=name, problem=error.problem, expected=error.expected)
            )
    if mistakes:
        raise MoveMistakes(tuple(mistakes))


def _bounds(page: Page, limits: FaceLimits) -> tuple[int, int, int]:
    """Return the most that the body may hold, the limit to name, and the most of one field."""
    if page.whole:
        most = limits.message_bytes * _COPIES
        return most, limits.message_bytes, most
    most = limits.upload_bytes if page.files else limits.form_bytes
    return most, most, limits.form_bytes


def _fields(form: FormData) -> dict[str, str]:
    return {name: value for name, value in form.multi_items() if isinstance(value, str)}


def _chosen(form: FormData) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for name, value in form.multi_items():
        if isinstance(value, str):
            found[name] = (*found.get(name, ()), value)
    return found


def _check_token(visit: Visit, fields: dict[str, str]) -> None:
    early = visit.found is None
    expected = visit.request.cookies.get(EARLY_COOKIE, "") if early else visit.csrf
    given = fields.get("csrf", "")
    if not expected or not hmac.compare_digest(expected.encode(), given.encode()):
        raise Forbidden("the form's token is missing or not of this session")
