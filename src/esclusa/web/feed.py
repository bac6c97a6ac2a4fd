"""The address of a feed: whoever has it reads it, and its owner, signed in, reads more."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from email.utils import format_datetime

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from esclusa.api.endpoint import bearer
from esclusa.errors import EsclusaError, NotFound, SignInError
from esclusa.node.notice_feed import TYPE, is_known
from esclusa.sharing.reader import Reader
from esclusa.web.site import Site

PATH = "/feed/{token}"


def feed_of(site: Site) -> Callable[[Request], Awaitable[Response]]:
    """Return what answers at the address of a feed."""

    async def answer(request: Request) -> Response:
        reader = await run_in_threadpool(_signed_in, site, request)
        try:
            feed = await run_in_threadpool(
                site.node.notices.feed, request.path_params["token"], reader
            )
        except NotFound:
            return PlainTextResponse("no such feed\n", status_code=404)
        except EsclusaError:
            return PlainTextResponse("the feed cannot be read now\n", status_code=503)
        headers = {
            "ETag": f"W/{feed.tag}", "Last-Modified": format_datetime(feed.changed, usegmt=True),
            "Cache-Control": "private, no-cache", "Vary": "Authorization, Cookie",
        }  # fmt: skip
        asked = request.headers
        if is_known(feed, asked.get("if-none-match", ""), asked.get("if-modified-since", "")):
            return Response(status_code=304, headers=headers)
        return Response(feed.body, headers=headers | {"Content-Type": TYPE})

    return answer


def _signed_in(site: Site, request: Request) -> Reader | None:
    """Return who asks, None where no session that counts came along: a feed needs none."""
    try:
        token = request.cookies.get(site.session_cookie, "") or bearer(request)
        return site.node.reader(token)
    except SignInError:
        return None
