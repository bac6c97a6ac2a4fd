"""The front door: the first page of the errand that the reader's role is here for."""

from __future__ import annotations

from typing import Final

from starlette.responses import Response

from esclusa.sharing.reader import Role
from esclusa.web.page import Group, Page
from esclusa.web.visit import Visit

FIRST: Final = {Role.AUDITOR: Group.OVERSIGHT, Role.ADMINISTRATOR: Group.ADMINISTRATION}
"""Where a role begins that does not begin with the first group it may use."""


async def home(visit: Visit) -> Response:
    """Send the reader to the first page of the errand that the role is here for."""
    groups = visit.request.app.state.navigation(visit.reader)
    wanted = FIRST.get(visit.reader.role)
    own = [group for group in groups if wanted and group.label == wanted.value]
    return visit.go((*own, *groups)[0].items[0].path)


PAGES = (Page(path="/", show=home),)
