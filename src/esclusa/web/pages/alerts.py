"""An alert: its reasons, its subject, the steps people made, and the next step."""

from __future__ import annotations

import datetime as dt

import msgspec
from starlette.responses import Response

from esclusa.api.queries import number, one_of
from esclusa.api.status import status_of
from esclusa.errors import MovedOn, StateError
from esclusa.node.snoozing import HOURS, in_hours, read
from esclusa.sharing.reader import Action
from esclusa.sharing.views import AlertView, QueueFilter
from esclusa.web.filters import address_of, alert_named, filter_in, filter_of, with_filter
from esclusa.web.page import Page
from esclusa.web.pages.records import draw
from esclusa.web.pages.triage import QUEUE_FIELDS
from esclusa.web.steps import require
from esclusa.web.visit import Visit


class Typed(msgspec.Struct, frozen=True, kw_only=True):
    """What a person chose and typed, for a page that is drawn anew; ``wrong`` says why."""

    chosen: str = ""
    reason: str = ""
    why: str = ""
    hours: str = ""
    until: str = ""
    zone: str = ""
    wrong: str = ""
    faster: MovedOn | None = None


async def show(visit: Visit) -> Response:
    """Draw the alert with the record it is about, and the way to its neighbours in the list."""
    return await _draw(visit, filter_of(visit), Typed(chosen=_by_number(visit)))


async def _draw(visit: Visit, wanted: QueueFilter, typed: Typed, *, status: int = 200) -> Response:
    around = msgspec.structs.replace(wanted, cursor="")
    moved = alert_named(visit.param("moved"))
    seen = await visit.ask(visit.site.node.record_desk.alert, _alert(visit), around, moved=moved)
    name = seen.alert.alert_id
    return draw(
        visit, seen.sheet, seen.alert, status=status, typed=typed, last=seen.last, lengths=HOURS,
        back=with_filter("/queue", address_of(wanted), at=name), filter=address_of(wanted),
        before=seen.before, after=seen.after, moved=moved, in_list=True, cased=f"alert/{name}",
    )  # fmt: skip


def _by_number(visit: Visit) -> str:
    """Return the code of the verdict whose number the address names, as a key in the queue does."""
    asked = visit.param("verdict")
    codes = [item.code for item in visit.site.node.verdicts()]
    return codes[int(asked) - 1] if asked in [str(n + 1) for n in range(len(codes))] else ""


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
    """Write the verdict, then show the next alert of the same list, or the list at its end; when it
    cannot be written, show the alert as it stands now with what was typed."""
    form, wanted = visit.form, filter_in(visit)
    code, reason = form.get("verdict", ""), form.get("reason", "").strip()
    typed = Typed(chosen=code, reason=reason)
    require(visit, "verdict", "reason")
    after = await _next(visit, wanted)
    try:
        done = await visit.ask(
            visit.site.node.verdict, _alert(visit), verdict=code, reason=reason,
            seen=form.get("seen", ""),
        )  # fmt: skip
    except StateError as error:
        return await _again(visit, wanted, typed, error)
    path = f"/alerts/{after}" if after else "/queue"
    return visit.go(with_filter(path, _list(visit), moved=done.alert_id))


async def snooze(visit: Visit) -> Response:
    """Put the alert off, then show the next alert of the same list, or the list at its end; when it
    cannot be put off, show the alert as it stands now with what was typed."""
    form, wanted = visit.form, filter_in(visit)
    reason = form.get("why", "").strip()
    typed = Typed(
        why=reason, hours=form.get("hours", ""), until=form.get("until", ""),
        zone=form.get("zone", ""),
    )  # fmt: skip
    require(visit, "why")
    end = _end(visit, typed)
    after = await _next(visit, wanted)
    try:
        done = await visit.ask(
            visit.site.node.snooze, _alert(visit), until=end, reason=reason,
            seen=form.get("seen", ""),
        )  # fmt: skip
    except StateError as error:
        return await _again(visit, wanted, typed, error)
    if after:
        return visit.go(with_filter(f"/alerts/{after}", _list(visit), moved=done.alert_id))
    return visit.go(with_filter("/queue", _list(visit)))


async def wake(visit: Visit) -> Response:
    """End a snooze before its moment and go back to where the button was."""
    return await _step(visit, await visit.ask(visit.site.node.wake, _alert(visit)))


def _end(visit: Visit, typed: Typed) -> str:
    """Return when the alert comes back: the moment typed, else so many hours from now."""
    zone = one_of("zone", typed.zone or "UTC", ("UTC", visit.reader.time_zone))
    if typed.until:
        return read(typed.until, zone)
    hours = number("hours", one_of("hours", typed.hours, map(str, HOURS)))
    return in_hours(hours, dt.datetime.now(dt.UTC))


async def _next(visit: Visit, wanted: QueueFilter) -> str:
    around = msgspec.structs.replace(wanted, cursor="")
    _before, after = await visit.ask(visit.site.node.neighbours, _alert(visit), around)
    return str(after)


async def _again(visit: Visit, wanted: QueueFilter, typed: Typed, why: StateError) -> Response:
    """Draw the alert anew with what was typed and the reason why it was not written."""
    faster = why if isinstance(why, MovedOn) else None
    typed = msgspec.structs.replace(typed, faster=faster, wrong="" if faster else str(why))
    return await _draw(visit, wanted, typed, status=status_of(why))


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
    Page(
        path="/alerts/{alert_id}/claim",
        show=claim,
        method="POST",
        action=Action.ALERT_CLAIM,
        fields=QUEUE_FIELDS,
    ),
    Page(
        path="/alerts/{alert_id}/release",
        show=release,
        method="POST",
        action=Action.ALERT_RELEASE,
        fields=QUEUE_FIELDS,
    ),
    Page(
        path="/alerts/{alert_id}/verdict", show=verdict, method="POST", action=Action.ALERT_VERDICT
    ),
    Page(
        path="/alerts/{alert_id}/snooze",
        show=snooze,
        method="POST",
        action=Action.ALERT_SNOOZE,
        names={"reason": "why"},
    ),
    Page(path="/alerts/{alert_id}/wake", show=wake, method="POST", action=Action.ALERT_WAKE),
    Page(path="/alerts/{alert_id}/undo", show=undo, method="POST", action=Action.ALERT_UNDO),
)
