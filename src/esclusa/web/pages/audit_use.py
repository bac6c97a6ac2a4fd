"""Use of the node in a period, as plain counts for a person to judge, and the pack of a month."""

from __future__ import annotations

import datetime as dt
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from esclusa.api.queries import number
from esclusa.errors import InputError
from esclusa.node.audit_pack import pack_pdf
from esclusa.sharing.reader import Action
from esclusa.web.catalogue import mark as _
from esclusa.web.page import Group, Page
from esclusa.web.visit import Visit


async def show(visit: Visit) -> Response:
    """Draw the counts of a period: people, pairs of person and record, hours, the own name."""
    use = await _use(visit)
    return visit.page(
        "audit_use.html", use=use, asked=_asked(visit), log=visit.site.node.log_check.last()
    )


async def pack_as_csv(visit: Visit) -> Response:
    """Hand out every line of a period as CSV."""
    asked = _asked(visit)
    text = await visit.ask(visit.site.node.audit_desk.pack, asked["since"], asked["until"])
    return visit.attach(f"audit-{asked['since']}-{asked['until']}.csv", text)


async def pack_as_pdf(visit: Visit) -> Response:
    """Hand out the counts of a period as PDF, with the state of the log."""
    asked, node = _asked(visit), visit.site.node
    made = await run_in_threadpool(
        pack_pdf, await _use(visit), node.log_check.last(), node.agency, visit.language
    )
    return visit.attach(f"audit-{asked['since']}-{asked['until']}.pdf", made)


async def _use(visit: Visit) -> Any:
    asked = _asked(visit)
    return await visit.ask(
        visit.site.node.audit_desk.use, asked["since"], asked["until"],
        opens=number("opens", asked["opens"], high=24),
        shuts=number("shuts", asked["shuts"], high=24),
        least=number("least", asked["least"], high=1000), weekend=asked["weekend"] == "yes",
    )  # fmt: skip


def _asked(visit: Visit) -> dict[str, str]:
    """Return the period and the hours asked for; without any, the month up to today."""
    today = dt.datetime.now(dt.UTC).date()
    usual = {
        "since": (today - dt.timedelta(days=30)).isoformat(), "until": today.isoformat(),
        "opens": "6", "shuts": "20", "least": "5", "weekend": "",
    }  # fmt: skip
    found = {name: visit.param(name).strip()[:20] or value for name, value in usual.items()}
    for name in ("since", "until"):
        try:
            dt.date.fromisoformat(found[name])
        except ValueError:
            raise InputError("a day is written YYYY-MM-DD", field=name, problem="day") from None
    return found


PAGES = (
    Page(path="/audit-use", show=show, action=Action.AUDIT_READ, label=_("Unusual use"),
         group=Group.OVERSIGHT, order=60),
    Page(path="/audit-pack.csv", show=pack_as_csv, action=Action.AUDIT_READ, download=True),
    Page(path="/audit-pack.pdf", show=pack_as_pdf, action=Action.AUDIT_READ, download=True),
)  # fmt: skip
