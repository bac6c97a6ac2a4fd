"""The supervisor's board: work that waits, who works on what, and the lists behind each count."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlencode

from starlette.responses import Response

from esclusa.api.queries import check_value, number
from esclusa.node.reporting.words import say
from esclusa.sharing.reader import Action
from esclusa.web.catalogue import mark as _
from esclusa.web.day_plots import day_plot
from esclusa.web.page import Group, Page
from esclusa.web.visit import Visit

ROWS: Final = 100


async def show(visit: Visit) -> Response:
    """Draw the board: queues with their ages, people, the last days, what wants looking after."""
    view = await visit.ask(visit.site.node.board.board)
    return visit.page(
        "board.html", view=view, plot=day_plot(view.days),
        say=lambda key, *values: say(key, visit.language, *values),
    )  # fmt: skip


async def waiting(visit: Visit) -> Response:
    """Draw what waits in a queue of the board, the longest first."""
    queue: str = visit.request.path_params["queue"]
    asked = {name: visit.param(name) for name in ("age", "who")}
    for name, value in (("queue", queue), *asked.items()):
        check_value(name, value, limits=visit.site.limits)
    late = visit.param("late") == "true"
    offset = number("offset", visit.param("offset") or "0")
    view = await visit.ask(
        visit.site.node.board.waiting, queue, late=late, limit=ROWS, offset=offset, **asked
    )

    def page(at: int) -> str:
        more = {**asked, "late": "true" if late else "", "offset": str(at) if at else ""}
        query = urlencode({key: value for key, value in more.items() if value})
        return f"/board/{view.queue}" + (f"?{query}" if query else "")

    return visit.page(
        "board_queue.html", view=view, age=asked["age"], who=asked["who"], late=late,
        earlier=page(max(0, offset - ROWS)), later=page(offset + ROWS),
        say=lambda key, *values: say(key, visit.language, *values),
    )  # fmt: skip


PAGES = (
    Page(path="/board", show=show, action=Action.BOARD_READ, label=_("Board"),
         group=Group.OVERSIGHT, order=5),
    Page(path="/board/{queue}", show=waiting, action=Action.BOARD_READ),
)  # fmt: skip
