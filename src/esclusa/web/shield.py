"""The outermost layer: the headers that every answer carries, and the answer of last resort.

It stands outside Starlette's own error layer so that a crash, too, leaves with the strict content
security policy and without a word about the inside of the machine.
"""

from __future__ import annotations

import logging
import traceback
from typing import Final

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
HEADERS: Final = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "X-Frame-Options": "DENY",
}
STRICT_TRANSPORT: Final = "max-age=31536000"
_LOG: Final = logging.getLogger("esclusa.web")
_LAST_RESORT: Final = (
    b"<!doctype html><html lang=en><title>500</title><h1>500</h1>"
    b"<p>The node could not do this. / El nodo no pudo hacerlo.</p></html>"
)


class Shield:
    """Wrap an application. ``secure`` adds HSTS (RFC 6797), for a node that is behind HTTPS."""

    def __init__(self, app: ASGIApp, *, secure: bool = False) -> None:
        self.app = app
        self.headers = HEADERS | ({"Strict-Transport-Security": STRICT_TRANSPORT} if secure else {})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started = False

        async def covered(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                self._cover(message)
            await send(message)

        try:
            await self.app(scope, receive, covered)
        except Exception as error:
            note_crash(error)
            if not started:
                await _last_resort(covered)

    def _cover(self, message: Message) -> None:
        headers = MutableHeaders(scope=message)
        for name, value in self.headers.items():
            headers[name] = value
        headers.setdefault("Cache-Control", "no-store")


async def _last_resort(send: Send) -> None:
    kind = [(b"content-type", b"text/html; charset=utf-8")]
    await send({"type": "http.response.start", "status": 500, "headers": kind})
    await send({"type": "http.response.body", "body": _LAST_RESORT})


def note_crash(error: Exception) -> None:
    """Write the kind and the place of an unexpected error to the log."""
    _LOG.error("%s", places(error))


def places(error: Exception) -> str:
    """Return an error's kind and where it arose, without its words: they may quote a record."""
    frames = traceback.extract_tb(error.__traceback__)[-6:]
    where = " < ".join(f"{frame.name}:{frame.lineno}" for frame in reversed(frames))
    return f"{type(error).__name__} in {where}"
