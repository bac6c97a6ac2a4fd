"""Steps from the queue: one verdict on many alerts, its undo, and the filters a person keeps."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

import msgspec
from starlette.responses import Response

from esclusa.api.queries import one_of
from esclusa.casework.refusals import against
from esclusa.errors import InputError, LimitError
from esclusa.sharing.reader import Action
from esclusa.sharing.views import Against, BulkView
from esclusa.web.advice import Why, sentence
from esclusa.web.catalogue import mark as _
from esclusa.web.filters import address_of, alert_named, filter_in, with_filter
from esclusa.web.page import Page
from esclusa.web.pages.queue import draw
from esclusa.web.steps import require
from esclusa.web.visit import Visit

_PICK: Final = re.compile(r"([0-9a-f-]{36})\.([\w-]{6})")
"""An alert and the sign of what the page said about it."""
QUEUE_FIELDS: Final = 1_050
"""A thousand alerts, and the fields beside them."""
NO_ALERT = _("Choose the alerts that the verdict is for.")
TOO_MANY = _("You keep 50 views already. Drop one first.")


async def verdict(visit: Visit) -> Response:
    """Write one verdict on the alerts chosen, or say what stands against it."""
    form, chosen = visit.form, _chosen(visit)
    wanted = filter_in(visit)
    typed = {"verdict": form.get("verdict", ""), "reason": form.get("reason", "")}
    known = {item.code for item in visit.site.node.verdicts()}
    require(visit, "verdict", "reason")
    one_of("verdict", typed["verdict"], known)
    if not chosen:
        return await draw(
            visit, wanted, status=400, chosen=frozenset(chosen), wrong=NO_ALERT, **typed
        )
    done = await visit.ask(visit.site.node.bulk_desk.decide, chosen, **typed)
    if done.against:
        return _refused(visit, done, chosen, **typed)
    return visit.go(with_filter("/queue", address_of(wanted), bulk=done.bulk))


async def undo(visit: Visit) -> Response:
    """Take a verdict on many alerts back, or say what stands against it."""
    wanted, bulk = filter_in(visit), alert_named(visit.form.get("bulk", ""))
    if not bulk:
        raise InputError("bulk does not name a step on alerts")
    rest = visit.form.get("rest") == "true"
    done = await visit.ask(visit.site.node.bulk_desk.undo, bulk, rest=rest)
    if done.against:
        return _refused(visit, done, {}, bulk=bulk)
    return visit.go(with_filter("/queue", address_of(wanted)))


async def keep(visit: Visit) -> Response:
    """Keep the filter under a name of the person's own."""
    wanted, name = msgspec.structs.replace(filter_in(visit), cursor=""), visit.form.get("name", "")
    try:
        await visit.ask(visit.site.node.saved_views.keep, name, address_of(wanted))
    except LimitError:
        return await draw(visit, wanted, status=400, view_name=name, wrong_view=TOO_MANY)
    return visit.go(with_filter("/queue", address_of(wanted)))


async def drop(visit: Visit) -> Response:
    """Drop one of the person's kept filters."""
    await visit.ask(visit.site.node.saved_views.drop, visit.form.get("drop", ""))
    return visit.go(with_filter("/queue", address_of(filter_in(visit))))


def _refused(
    visit: Visit, done: BulkView, chosen: Mapping[str, str], *, verdict: str = "", reason: str = "",
    bulk: str = "",
) -> Response:  # fmt: skip
    return visit.page(
        "bulk.html", status=409, done=done, bulk=bulk, verdict=verdict, reason=reason,
        picks=tuple(f"{name}.{chosen[name]}" for name in done.rest if name in chosen),
        verdicts=visit.site.node.verdicts(), filter=address_of(filter_in(visit)),
        said=lambda one: _said(one, visit.language),
    )  # fmt: skip


def _said(one: Against, language: str) -> Why:
    if not one.code:
        return Why(one.said)
    return sentence(against(one.code, one.facts, one.lists), language)


def _chosen(visit: Visit) -> dict[str, str]:
    found = {}
    for pick in visit.chosen.get("alert", ()):
        read = _PICK.fullmatch(pick)
        if not read:
            raise InputError(f"alert is {pick[:60]!r}, expected an alert as the page gave it")
        found[read[1]] = read[2]
    return found


PAGES = (
    Page(
        path="/queue/verdict", show=verdict, method="POST", action=Action.ALERT_VERDICT,
        fields=QUEUE_FIELDS,
    ),
    Page(path="/queue/undo", show=undo, method="POST", action=Action.ALERT_UNDO),
    Page(path="/queue/views", show=keep, method="POST", action=Action.QUEUE_READ),
    Page(path="/queue/views/drop", show=drop, method="POST", action=Action.QUEUE_READ),
)  # fmt: skip
