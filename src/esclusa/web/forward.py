"""A page of ours drawn at another address, where a redirect would cost a slow link a round trip."""

from __future__ import annotations

from urllib.parse import quote, unquote, urlsplit

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Match, Route

from esclusa.web.visit import PLACED, Visit


async def forward(visit: Visit, address: str) -> Response:
    """Return the page at an address, as its own door answers: session, role and errors with it.

    The answer names its own address (``Content-Location``, RFC 9110 section 8.7); with script the
    browser shows that one. What no page of ours answers is left to a redirect.

    :param address: a path of this application, with its query.
    """
    parts = urlsplit(address)
    scope = dict(visit.request.scope) | {
        "path": unquote(parts.path), "raw_path": quote(parts.path, safe="/%").encode(),
        "query_string": parts.query.encode(), "path_params": {}, PLACED: True,
    }  # fmt: skip
    for route in visit.request.app.routes:
        match, more = route.matches(scope)
        if match is Match.FULL and isinstance(route, Route):
            answer: Response = await route.endpoint(Request(scope | more, visit.request.receive))
            answer.headers["Content-Location"] = address
            return answer
    return visit.go(address)
