"""The front door: the first page that the reader's role may use."""

from __future__ import annotations

from starlette.responses import Response

from esclusa.web.page import Page
from esclusa.web.visit import Visit


async def home(visit: Visit) -> Response:
    """Send the reader to the first page of the navigation."""
    return visit.go(visit.request.app.state.navigation(visit.reader)[0].path)


PAGES = (Page(path="/", show=home),)
