"""The photographs of an examination: a list with their chains of custody, each handed out alone.

A photograph is never drawn in a page.
"""

from __future__ import annotations

from starlette.responses import Response

from esclusa.api.download import attachment
from esclusa.sharing.reader import Action
from esclusa.web.page import Page
from esclusa.web.visit import Visit


async def show(visit: Visit) -> Response:
    """Draw the photographs of an examination with their chains of custody."""
    view = await visit.ask(visit.site.node.yard_desk.photos.show, _name(visit))
    return visit.page("photographs.html", view=view)


async def read(visit: Visit) -> Response:
    """Hand a photograph out; that it was read is written in its chain of custody."""
    photo = str(visit.request.path_params["photo_id"])[:64]
    file, stream = await visit.ask(
        visit.site.node.yard_desk.photos.read, _name(visit), photo,
        why=visit.form.get("why", "").strip(),
    )  # fmt: skip
    return attachment(stream, file.size, file.name)


def _name(visit: Visit) -> str:
    return str(visit.request.path_params["record_id"])[:64]


_DO = Action.CASE_EVIDENCE

PAGES = (
    Page(path="/examinations/{record_id}/photographs", show=show, action=_DO),
    Page(path="/examinations/{record_id}/photographs/{photo_id}", show=read, method="POST",
         action=_DO),
)  # fmt: skip
