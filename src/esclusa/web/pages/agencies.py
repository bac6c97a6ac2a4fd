"""The agencies that this node knows, and the agreements with them: what is in force, until when."""

from __future__ import annotations

import datetime as dt
from typing import Any

from starlette.responses import Response

from esclusa.errors import ConfigError, ExchangeError
from esclusa.sharing.reader import Action
from esclusa.web.advice import SILENT, Why, sentence
from esclusa.web.catalogue import mark as _
from esclusa.web.page import Group, Page
from esclusa.web.steps import unsure
from esclusa.web.visit import Visit


async def show(visit: Visit) -> Response:
    """Draw every agency with its agreements, the first to end first."""
    return await _page(visit)


async def end(visit: Visit) -> Response:
    """End the agreement with a partner: nothing goes from then on, and copies are let go."""
    agency = visit.request.path_params["agency"]
    if visit.form.get("sure") != "yes":
        raise unsure()
    try:
        await visit.ask(visit.site.node.partner_desk.end, agency)
    except (ConfigError, ExchangeError) as error:
        return await _page(visit, why=sentence(error, visit.language), status=409)
    return visit.go("/agencies")


async def _page(visit: Visit, *, why: Why = SILENT, status: int = 200) -> Response:
    partners = await visit.ask(visit.site.node.partner_desk.partners)
    today = dt.datetime.now(dt.UTC).date()
    return visit.page(
        "agencies.html", status=status, partners=partners, why=why,
        rows=sorted(_rows(partners, today), key=lambda row: (row["days"] is None, row["days"])),
    )  # fmt: skip


def _rows(partners: Any, today: dt.date) -> Any:
    for one in partners:
        for item in one.agreements:
            inside = item.standing == "in_force" and bool(item.ends)
            days = (dt.date.fromisoformat(item.ends[:10]) - today).days if inside else None
            yield {"agency": one.agency, "state": one.state, "item": item, "days": days}


PAGES = (
    Page(path="/agencies", show=show, action=Action.PARTNER_WRITE, label=_("Agencies"),
         group=Group.ADMINISTRATION, order=20),
    Page(path="/agencies/{agency}/end", show=end, method="POST", action=Action.PARTNER_WRITE),
)  # fmt: skip
