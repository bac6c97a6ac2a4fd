"""Error pages. A missing and a hidden thing give the same page; no page tells the machine's inside.

The heading and the advice are in the reader's language. An error sentence from inside the house is
English and marked as such, so a screen reader says it in the right voice.
"""

from __future__ import annotations

from typing import Final

import msgspec
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from esclusa.api.status import TooMany, status_of
from esclusa.errors import EsclusaError, InputError, SignInError
from esclusa.web.catalogue import mark as _
from esclusa.web.gatekeeper import early_visit, visit_of
from esclusa.web.site import Site


class Advice(msgspec.Struct, frozen=True, kw_only=True):
    """What happened and what the person can do. ``say_why`` adds the error's own sentence."""

    heading: str
    text: str
    say_why: bool = False


ADVICE: Final = {
    400: Advice(
        heading=_("Something in the request could not be understood"),
        text=_("Go back, correct the value and send it again."),
        say_why=True,
    ),
    403: Advice(
        heading=_("Your role does not include this"),
        text=_("If you came from a form that was open for a long time, load its page again."),
    ),
    404: Advice(
        heading=_("Not found"),
        text=_("There is no such page or record, or none that you may know of."),
    ),
    405: Advice(
        heading=_("This address does not take that kind of request"),
        text=_("Go back and use the buttons of the page."),
    ),
    409: Advice(
        heading=_("That step is not possible now"),
        text=_("It may have changed since you opened it. Load its page again to see its state."),
        say_why=True,
    ),
    413: Advice(
        heading=_("Too large"),
        text=_("Send fewer or smaller files at once, or load them with the command line."),
        say_why=True,
    ),
    415: Advice(
        heading=_("Unknown file format"),
        text=_("No reader of this node recognises the file."),
        say_why=True,
    ),
    422: Advice(
        heading=_("The content could not be used"),
        text=_("Go back, correct the value and send it again."),
        say_why=True,
    ),
    429: Advice(
        heading=_("Too many failed sign-ins"),
        text=_("Wait a minute, then try again."),
    ),
    503: Advice(
        heading=_("The node cannot reach its ledger"),
        text=_("Nothing was changed. Try again in a moment, then tell the administrator."),
    ),
    500: Advice(
        heading=_("The node could not do this"),
        text=_("Nothing more is shown here. Tell the administrator the time of this page."),
    ),
}


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
        advice = ADVICE.get(status, ADVICE[400 if status < 500 else 500])
        why = _sentence(error) if error and advice.say_why else ""
        return visit.page("mistake.html", status=status, code=status, advice=advice, why=why)


def _sentence(error: EsclusaError) -> str:
    return error.reason if isinstance(error, InputError) and not error.file else str(error)
