"""The API as an ASGI application, to be mounted by the web face or served alone."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import cache, partial
from typing import TYPE_CHECKING

import msgspec
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from esclusa.api import problem
from esclusa.api.endpoint import Call, Endpoint, serve
from esclusa.api.endpoints import ENDPOINTS
from esclusa.api.limits import DEFAULT, FaceLimits
from esclusa.api.openapi import PATH, document
from esclusa.api.throttle import Throttle
from esclusa.errors import EsclusaError

if TYPE_CHECKING:
    from esclusa.node.node import Node


def create_api(
    node: Node, *, limits: FaceLimits = DEFAULT, throttle: Throttle | None = None
) -> Starlette:
    """Return the API over a node. Its addresses start at the root: mount it under ``/api/v1``."""
    start = partial(Call, node=node, limits=limits, throttle=throttle or Throttle())
    routes = [
        Route(found.path, _handler(found, start), methods=[found.method]) for found in ENDPOINTS
    ]
    routes.append(Route(PATH, _description(), methods=["GET"]))
    return Starlette(
        routes=routes,
        exception_handlers={
            EsclusaError: problem.on_error,
            HTTPException: problem.on_http_error,
            Exception: problem.on_crash,
        },
    )


Handler = Callable[[Request], Awaitable[Response]]


def _handler(endpoint: Endpoint, start: Callable[..., Call]) -> Handler:
    async def handle(request: Request) -> Response:
        return await serve(endpoint, start(request=request))

    return handle


@cache
def _described() -> bytes:
    """The document, the same for every node of a process; it takes a tenth of a second to make."""
    return msgspec.json.encode(document(ENDPOINTS))


def _description() -> Handler:
    text = _described()

    async def describe(request: Request) -> Response:
        return Response(text, media_type="application/json")

    return describe
