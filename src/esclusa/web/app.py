"""The one ASGI application: pages for people, and the API under ``/api/v1``."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, Route

from esclusa.api.app import create_api
from esclusa.api.limits import DEFAULT, FaceLimits
from esclusa.api.taxii import create_door
from esclusa.errors import EsclusaError
from esclusa.web import back_channel, feed
from esclusa.web.gatekeeper import admit
from esclusa.web.mistakes import Mistakes
from esclusa.web.page import Page, all_pages, navigation
from esclusa.web.refused import drawn_by
from esclusa.web.shield import Shield, note_crash
from esclusa.web.site import Site
from esclusa.web.statics import PREFIX, WORKER_PATH

if TYPE_CHECKING:
    from esclusa.node.node import Node

Handler = Callable[[Request], Awaitable[Response]]


def create_app(
    node: Node, *, secure_cookies: bool = False, limits: FaceLimits = DEFAULT
) -> Starlette:
    """Return the application over a node.

    ``secure_cookies`` belongs on when people reach the node over HTTPS: cookies then travel over
    HTTPS alone, and browsers are told to insist on it.
    """
    site = Site(node=node, limits=limits, secure=secure_cookies)
    pages = all_pages()
    mistakes = Mistakes(site)
    app = Starlette(
        routes=_routes(site, pages, mistakes),
        middleware=[
            Middleware(Shield, secure=secure_cookies),
            Middleware(GZipMiddleware, minimum_size=600, compresslevel=6),
        ],
        exception_handlers={
            EsclusaError: mistakes.on_error,
            HTTPException: mistakes.on_http_error,
        },
    )
    app.state.navigation = partial(navigation, pages)
    app.state.site = site
    return app


def _routes(site: Site, pages: tuple[Page, ...], mistakes: Mistakes) -> list[BaseRoute]:
    shown = [
        Route(
            page.path, _handler(site, page, drawn_by(pages, page), mistakes), methods=[page.method]
        )
        for page in pages
    ]
    return [
        Route(WORKER_PATH, site.statics.serve_worker, methods=["GET"]),
        *shown,
        Route(PREFIX + "/{digest}/{name}", site.statics.serve, methods=["GET"]),
        Route(feed.PATH, feed.feed_of(site), methods=["GET"]),
        Route(back_channel.PATH, back_channel.ended_at(site), methods=["POST"]),
        Mount("/api/v1", create_api(site.node, limits=site.limits, throttle=site.throttle)),
        Mount("/taxii2", create_door(site.node)),
    ]


def _handler(site: Site, page: Page, drawn: Page | None, mistakes: Mistakes) -> Handler:
    async def handle(request: Request) -> Response:
        try:
            return await admit(site, page, request, drawn=drawn)
        except (EsclusaError, HTTPException):
            raise
        except Exception as error:
            note_crash(error)
            return await mistakes.on_crash(request, error)

    return handle
