"""Errors as ``application/problem+json`` (RFC 9457).

``type`` stays ``about:blank`` (§4.2.1: the title is the status phrase); the member ``error`` names
the class of :mod:`esclusa.errors`, so a program can tell a refused move from a bad value. What is
wrong with single values stands in ``errors``, each with its place: a JSON pointer into the body
(RFC 6901, as in RFC 9457 §3), or the name of a parameter of the address. Title and sentences are
in the language that the request asks for (``api/language.py``); all else is the same in both.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from esclusa.api.language import ENGLISH, TITLES, in_language, language_of, said, title
from esclusa.api.status import TooMany, sentence_of, status_of
from esclusa.casework import yard
from esclusa.casework.forms import MoveMistakes, mistakes_of
from esclusa.casework.refusals import code_of
from esclusa.casework.yard import FormMistakes
from esclusa.errors import EsclusaError, InputError, RuleError

MEDIA_TYPE: Final = "application/problem+json"
_STEP: Final = re.compile(r"[^.\[\]]+")
"""One step of a place such as ``items[0].unit``."""


class ValueProblem(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is wrong with one value: where (``pointer`` into the body, or ``parameter`` of the
    address), a word for it, and a sentence. Of a text that was sent whole, ``line`` and ``column``
    are its line and the character in it, from 1; 0 where it has no place. ``code`` names a sentence
    that has one, and stays when it is worded anew."""

    pointer: str = ""
    parameter: str = ""
    problem: str
    detail: str
    code: str = ""
    line: int = 0
    column: int = 0


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to a request that failed. ``file`` and ``offset`` place a bad input's trouble,
    ``errors`` the values that were wrong. ``code`` names the sentence, and stays when it is worded
    anew; None where a status and ``error`` say all."""

    title: str
    status: int
    detail: str
    error: str
    code: str | None = None
    type: str = "about:blank"
    file: str | None = None
    offset: int | None = None
    errors: tuple[ValueProblem, ...] = ()


def problem_of(
    error: EsclusaError, request: Request | None = None, language: str = ENGLISH
) -> Problem:
    """Return what the caller may be told about an error of the house. A sentence that the language
    does not have is empty.

    :param request: tells which values came in the address; all others are of the body.
    """
    status = status_of(error)
    where = error if isinstance(error, InputError) else None
    return Problem(
        title=title(status, language),
        status=status,
        detail=said(error, sentence_of(error), language),
        error=type(error).__name__ if status < 500 else "EsclusaError",
        code=(code_of(error) or None) if status < 500 and status != 404 else None,
        file=where.file if where else None,
        offset=where.offset if where else None,
        errors=(*_values(error, request, language), *_in_the_text(error, language)),
    )


ASKED: Final = "esclusa.asked"
"""Key of a request's scope that holds its :class:`Asked`."""


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """The parameters that an address may have, and the body as it was read."""

    parameters: frozenset[str] = frozenset()
    body: Any = None


def _in_the_text(error: EsclusaError, language: str) -> Iterator[ValueProblem]:
    """Yield what is wrong with the text of a rule, each with its place in it."""
    for line, column, one in error.places if isinstance(error, RuleError) else ():
        yield ValueProblem(
            pointer="#", problem="refused", detail=_reason(one, language), code=code_of(one),
            line=line, column=column,
        )  # fmt: skip


def _values(error: EsclusaError, request: Request | None, language: str) -> Iterator[ValueProblem]:
    """Yield what is wrong with single values, those of a form of the yard included."""
    for one in mistakes_of(error):
        detail = in_language(MoveMistakes((one,)).reason, language)
        if isinstance(error, InputError) and not isinstance(error, MoveMistakes):
            detail = _reason(error, language)
        yield _value(one.field, one.problem, detail, request)
    for left in error.mistakes if isinstance(error, FormMistakes) else ():
        detail = in_language(yard.sentence_of(left), language)
        yield _value(left.field, left.problem, detail, request)


def _reason(error: InputError | RuleError, language: str) -> str:
    """Return what is wrong, without the place that stands in members of its own."""
    return error.reason if language == ENGLISH else said(error, str(error), language)


def _value(field: str, problem: str, detail: str, request: Request | None) -> ValueProblem:
    steps = _STEP.findall(field)
    asked = request.scope.get(ASKED, Asked()) if request is not None else Asked()
    if request is not None and steps and _in_address(request, asked, steps[0]):
        return ValueProblem(parameter=steps[0], problem=problem, detail=detail)
    escaped = (step.replace("~", "~0").replace("/", "~1") for step in _within(asked.body, steps))
    return ValueProblem(
        pointer="#" + "".join(f"/{step}" for step in escaped), problem=problem, detail=detail
    )


def _in_address(request: Request, asked: Asked, name: str) -> bool:
    return name in asked.parameters or name in {*request.path_params, *request.query_params}


def _within(body: Any, steps: list[str]) -> list[str]:
    """Return the steps from the root of a body: a service names a value by its own name, and it may
    stand in an object of the body (``given``, ``report``)."""
    if not isinstance(body, msgspec.Struct) or not steps or steps[0] in body.__struct_fields__:
        return steps
    for name in body.__struct_fields__:
        inside = getattr(body, name)
        if isinstance(inside, Mapping) or steps[0] in getattr(inside, "__struct_fields__", ()):
            return [name, *steps]
    return steps


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
    language = language_of(request)
    problem = problem_of(error, request, language)
    if not problem.detail or not all(one.detail for one in problem.errors):
        language = ENGLISH  # one language for the whole answer
        problem = problem_of(error, request)
    return answer(problem, headers | _in(language))


def _in(language: str) -> dict[str, str]:
    """Return the headers that say the language, and that the request's header chose it
    (RFC 9110 §12.5.5)."""
    return {"Content-Language": language, "Vary": "Accept-Language"}


async def on_http_error(request: Request, error: Exception) -> Response:
    """Answer what the router refuses: no such address, a method that the address does not take."""
    status = getattr(error, "status_code", 500)
    language = language_of(request) if status in TITLES else ENGLISH
    phrase = title(status, language)
    return answer(
        Problem(title=phrase, status=status, detail=phrase.lower(), error="HTTPError"),
        {**(getattr(error, "headers", None) or {}), **_in(language)},
    )


async def on_crash(request: Request, error: Exception) -> Response:
    """Answer an error that nobody expected, without a word about it."""
    return await on_http_error(request, HTTPException(500))
