"""Errors as ``application/problem+json`` (RFC 9457).

``type`` stays ``about:blank`` (§4.2.1: the title is the status phrase); the member ``error`` names
the class of :mod:`esclusa.errors`, so a program can tell a refused move from a bad value.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import Final

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from esclusa.api.status import TooMany, sentence_of, status_of
from esclusa.errors import EsclusaError, InputError

MEDIA_TYPE: Final = "application/problem+json"


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to a request that failed. ``file`` and ``offset`` place a bad input's trouble."""

    title: str
    status: int
    detail: str
    error: str
    type: str = "about:blank"
    file: str | None = None
    offset: int | None = None


def problem_of(error: EsclusaError) -> Problem:
    """Return what the caller may be told about an error of the house."""
    status = status_of(error)
    where = error if isinstance(error, InputError) else None
    return Problem(
        title=HTTPStatus(status).phrase,
        status=status,
        detail=sentence_of(error),
        error=type(error).__name__ if status < 500 else "EsclusaError",
        file=where.file if where else None,
        offset=where.offset if where else None,
    )


def answer(problem: Problem, headers: dict[str, str] | None = None) -> Response:
    """Encode a problem as a response."""
    return Response(
        msgspec.json.encode(problem),
        status_code=problem.status,
        media_type=MEDIA_TYPE,
        headers=headers,
    )


async def on_error(request: Request, error: Exception) -> Response:
    """Answer an error of the house."""
    assert isinstance(error, EsclusaError)
    headers = {"WWW-Authenticate": "Bearer"} if status_of(error) == 401 else {}
    if isinstance(error, TooMany):
        headers = {"Retry-After": str(error.seconds)}
    return answer(problem_of(error), headers)


async def on_http_error(request: Request, error: Exception) -> Response:
    """Answer what the router refuses: no such address, a method that the address does not take."""
    status = getattr(error, "status_code", 500)
    phrase = HTTPStatus(status).phrase
    return answer(
        Problem(title=phrase, status=status, detail=phrase.lower(), error="HTTPError"),
        getattr(error, "headers", None),
    )


async def on_crash(request: Request, error: Exception) -> Response:
    """Answer an error that nobody expected, without a word about it."""
    return await on_http_error(request, HTTPException(500))
