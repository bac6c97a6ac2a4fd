"""Error pages. A missing and a hidden thing give the same page; no page tells the machine's inside.

The heading, the advice and the error's own sentence are in the reader's language. A sentence that
has none but English is marked as such, so a screen reader says it in the right voice.
"""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from esclusa.api.status import TooMany, status_of
from esclusa.errors import EsclusaError, SignInError
from esclusa.web.gatekeeper import early_visit, visit_of
from esclusa.web.refused import told
from esclusa.web.site import Site


class Mistakes:
    """The handlers that Starlette calls; they need the site to draw."""

    def __init__(self, site: Site) -> None:
        self.site = site

    async def on_error(self, request: Request, error: Exception) -> Response:
        """Answer an error of the house."""
        assert isinstance(error, EsclusaError)
        if isinstance(error, SignInError) and not isinstance(error, TooMany):
            return RedirectResponse("/sign-in", status_code=303)
        return await self._page(request, status_of(error), error)

    async def on_http_error(self, request: Request, error: Exception) -> Response:
        """Answer what the router or the form reader refuses."""
        return await self._page(request, getattr(error, "status_code", 500), None)

    async def on_crash(self, request: Request, error: Exception) -> Response:
        """Answer an error that nobody expected."""
        return await self._page(request, 500, None)

    async def _page(self, request: Request, status: int, error: EsclusaError | None) -> Response:
        try:
            visit = await visit_of(self.site, request) or early_visit(self.site, request)
        except EsclusaError:
            visit = early_visit(self.site, request)
        return told(visit, error, status=status)
