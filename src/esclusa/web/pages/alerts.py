"""An alert: its reasons, its subject, the steps people made, and the next step."""

from __future__ import annotations

import msgspec
from starlette.responses import Response

from esclusa.errors import InputError
from esclusa.sharing.reader import Action
from esclusa.sharing.views import AlertView
from esclusa.web.filters import address_of, alert_named, filter_in, filter_of, with_filter
from esclusa.web.page import Page
from esclusa.web.pages.records import draw, score_of
from esclusa.web.pages.referrals import referrals_of
from esclusa.web.visit import Visit


async def show(visit: Visit) -> Response:
    """Draw the alert with the record it is about, and the way to its neighbours in the list."""
    wanted = filter_of(visit)
    node = visit.site.node
    alert = await visit.ask(node.alert, visit.request.path_params["alert_id"])
    record = await visit.ask(node.record, alert.alert.subject_id)
    around = msgspec.structs.replace(wanted, cursor="")
    before, after = await visit.ask(node.neighbours, alert.alert_id, around)
    return draw(
        visit,
        record,
        alert,
        chosen=visit.param("verdict"),
        filter=address_of(wanted),
        before=before,
        after=after,
        moved=alert_named(visit.param("moved")),
        in_list=True,
        score=await score_of(visit, record),
        referrals=await referrals_of(visit, record),
    )


async def claim(visit: Visit) -> Response:
    """Take the alert and go back to where the button was."""
    return await _step(visit, await visit.ask(visit.site.node.claim, _alert(visit)))


async def release(visit: Visit) -> Response:
    """Give the alert back and go back to where the button was."""
    return await _step(visit, await visit.ask(visit.site.node.release, _alert(visit)))


async def undo(visit: Visit) -> Response:
    """Take the last step back and show the alert."""
    undone = await visit.ask(visit.site.node.undo, _alert(visit))
    return visit.go(with_filter(f"/alerts/{undone.alert_id}", _list(visit)))


async def verdict(visit: Visit) -> Response:
    """Write the verdict, then show the next alert of the same list, or the list at its end."""
    node, alert_id = visit.site.node, _alert(visit)
    if not visit.form.get("verdict"):
        raise InputError("choose a verdict from the list")
    around = msgspec.structs.replace(filter_in(visit), cursor="")
    _before, after = await visit.ask(node.neighbours, alert_id, around)
    done = await visit.ask(
        node.verdict,
        alert_id,
        verdict=visit.form["verdict"],
        reason=visit.form.get("reason", "").strip(),
    )
    path = f"/alerts/{after}" if after else "/queue"
    return visit.go(with_filter(path, _list(visit), moved=done.alert_id))


async def _step(visit: Visit, alert: AlertView) -> Response:
    if visit.form.get("from") == "queue":
        return visit.go(with_filter("/queue", _list(visit)) + f"#a-{alert.alert_id}")
    return visit.go(with_filter(f"/alerts/{alert.alert_id}", _list(visit)))


def _alert(visit: Visit) -> str:
    return str(visit.request.path_params["alert_id"])


def _list(visit: Visit) -> str:
    return address_of(filter_in(visit))


PAGES = (
    Page(path="/alerts/{alert_id}", show=show, action=Action.QUEUE_READ),
    Page(path="/alerts/{alert_id}/claim", show=claim, method="POST", action=Action.ALERT_CLAIM),
    Page(
        path="/alerts/{alert_id}/release", show=release, method="POST", action=Action.ALERT_RELEASE
    ),
    Page(
        path="/alerts/{alert_id}/verdict", show=verdict, method="POST", action=Action.ALERT_VERDICT
    ),
    Page(path="/alerts/{alert_id}/undo", show=undo, method="POST", action=Action.ALERT_UNDO),
)
