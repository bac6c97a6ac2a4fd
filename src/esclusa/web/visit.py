"""One request to a page: who asks, with what form, and how the answer is drawn."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar
from urllib.parse import quote

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from esclusa.errors import SignInError
from esclusa.sharing.reader import Reader
from esclusa.web import times
from esclusa.web.preferences import Likes
from esclusa.web.site import Site

T = TypeVar("T")
PLACED: Final = "esclusa.placed"
"""Key of a request's scope that says: this page is drawn at another address than its own."""


@dataclass(frozen=True, kw_only=True)
class Visit:
    """A request, understood. ``found`` is None while nobody has signed in."""

    site: Site
    request: Request
    likes: Likes
    found: Reader | None = None
    token: str = ""
    csrf: str = ""
    form: Mapping[str, str] = field(default_factory=dict)
    chosen: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    files: tuple[UploadFile, ...] = ()
    due: bool = False
    """The reader's password has to be changed before anything else."""

    @property
    def reader(self) -> Reader:
        """The person who asks; raises ``SignInError`` when nobody has signed in."""
        if self.found is None:
            raise SignInError("sign in first")
        return self.found

    @property
    def language(self) -> str:
        """Language of the answer."""
        return self.likes.language

    async def ask(self, service: Callable[..., T], *args: Any, **values: Any) -> T:
        """Call a service of the node for this reader, off the event loop."""
        return await run_in_threadpool(service, self.reader, *args, **values)

    def page(self, template: str, *, status: int = 200, **values: Any) -> Response:
        """Draw a page. Templates find the values plus what :func:`shared` lists."""
        html = self.site.draw(self.language, template, shared(self) | values)
        return HTMLResponse(html, status_code=status)

    def attach(self, name: str, text: str | bytes) -> Response:
        """Hand text or bytes to the browser as a file to keep. ``name`` is ASCII without blanks."""
        return Response(
            text,
            media_type="application/octet-stream",
            headers={"Content-Disposition": f'attachment; filename="{name}"'},
        )

    def go(self, address: str) -> Response:
        """Send the browser on after a form (Post/Redirect/Get)."""
        return RedirectResponse(address, status_code=303)

    def param(self, name: str) -> str:
        """Return a value of the address, "" when it is not there."""
        return self.request.query_params.get(name, "")


def shared(visit: Visit) -> dict[str, Any]:
    """Return the values that every template may use."""
    zone = times.zone_of(visit.found.time_zone if visit.found else "UTC")
    url = visit.request.url
    return {
        "site_title": visit.site.node.title or visit.site.node.agency,
        "agency": visit.site.node.agency,
        "reader": visit.found,
        "csrf": visit.csrf,
        "keys": visit.likes.keys,
        "time_zone": zone.key,
        "when": lambda text: times.moment(text, zone),
        "now": times.now(zone),
        "here": url.path + (f"?{url.query}" if url.query else ""),
        "path": url.path,
        "placed": bool(visit.request.scope.get(PLACED)),
        "section": "/" + url.path.split("/")[1],
        "navigation": visit.request.app.state.navigation(visit.found),
        "quote": quote,
    }
