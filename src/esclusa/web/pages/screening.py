"""Screening: a name that a person types, compared with the lists.

The form is sent as POST, so the name stands in no address, history or server log.
"""

from __future__ import annotations

from typing import Final

from starlette.responses import Response

from esclusa.node.screening_asked import TYPES
from esclusa.sharing.reader import Action
from esclusa.sharing.views import ScreenHit
from esclusa.web.catalogue import mark as _
from esclusa.web.page import Group, Page
from esclusa.web.steps import require
from esclusa.web.visit import Visit

FIELDS: Final = ("name", "type", "birth_date", "nationality", "identifiers", "birth_place",
                 "address")  # fmt: skip
HITS: Final = 50


async def form(visit: Visit) -> Response:
    """Draw the empty form."""
    return _page(visit, None)


async def screen(visit: Visit) -> Response:
    """Compare the name and draw the possible matches below the form."""
    asked = {name: visit.form.get(name, "").strip() for name in FIELDS}
    require(visit, "name")
    hits = await visit.ask(
        visit.site.node.screen,
        name=asked["name"],
        type=asked["type"] or "any",
        birth_date=asked["birth_date"],
        nationality=asked["nationality"].upper(),
        identifiers=tuple(asked["identifiers"].split()),
        birth_place=asked["birth_place"],
        address=asked["address"],
        limit=HITS,
    )
    return _page(visit, hits)


def _page(visit: Visit, hits: tuple[ScreenHit, ...] | None) -> Response:
    asked = {name: visit.form.get(name, "") for name in FIELDS}
    return visit.page("screening.html", asked=asked, hits=hits, types=TYPES)


PAGES = (
    Page(
        path="/screening",
        show=form,
        action=Action.SCREEN,
        label=_("Screening"),
        group=Group.LOOK_UP,
        order=30,
    ),
    Page(path="/screening", show=screen, method="POST", action=Action.SCREEN),
)
