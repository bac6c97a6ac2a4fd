"""Where the identity provider says that somebody is signed out (OpenID Connect Back-Channel Logout
1.0, sections 2.5 to 2.8): one form from its server, without a cookie and without a form's token.

Whoever comes is believed by the signature of what it brings and by nothing else. What does not hold
is told as invalid and no more; the audit log has the word for it.
"""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable
from typing import Final
from urllib.parse import parse_qs

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from esclusa.api.body import small
from esclusa.errors import EsclusaError, ProviderError
from esclusa.node.oidc_settings import ENDED as PATH
from esclusa.web.site import Site

_FORM: Final = "application/x-www-form-urlencoded"
_MOST: Final = 65_536
_QUIET: Final = {"Cache-Control": "no-store"}


def ended_at(site: Site) -> Callable[[Request], Awaitable[Response]]:
    """Return the handler of the address."""

    async def answer(request: Request) -> Response:
        if not site.node.sign_in_ways().provider:
            return _said("not_found", 404)
        brake = (secrets.token_hex(8), request.client.host if request.client else "")
        if site.throttle.attempt(*brake):
            return _said("slow_down", 429)
        try:
            token = await _token(request)
            await run_in_threadpool(site.node.oidc_desk.ended, token)
        except EsclusaError:
            return _said("invalid_request", 400)
        site.throttle.forgive(*brake)
        return Response(status_code=200, headers=_QUIET)

    return answer


async def _token(request: Request) -> str:
    """Return the one logout token of a form; raises ``ProviderError`` for anything else."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != _FORM:
        raise ProviderError("form")
    body = await small(request, _MOST)
    try:
        found = parse_qs(body.decode("ascii"), max_num_fields=8).get("logout_token", [])
    except ValueError:
        raise ProviderError("form") from None
    if len(found) != 1:
        raise ProviderError("form")
    return found[0]


def _said(error: str, status: int) -> Response:
    return JSONResponse({"error": error}, status_code=status, headers=_QUIET)


__all__ = ["PATH", "ended_at"]
