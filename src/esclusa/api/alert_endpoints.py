"""The API's addresses for putting an alert off, and for one verdict on many alerts.

A step on many is made on all of them or on none; the answer says which. When it was refused the
answer's ``bulk`` is "", ``against`` says why, and nothing was changed.
"""

from __future__ import annotations

from typing import Final

import msgspec

from esclusa.api.endpoint import Call, Endpoint
from esclusa.api.queries import one_of
from esclusa.sharing import views


class SnoozeAsked(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``until`` is ISO 8601 with an offset; ``seen`` is the sign of what you saw, "" not to
    compare."""

    until: str
    reason: str
    seen: str = ""


class Pick(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An alert and the sign of what you saw of it (``seen`` of the queue), "" not to compare."""

    alert_id: str
    seen: str = ""


class BulkAsked(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Up to 1,000 alerts, a verdict's code and one reason for all of them."""

    alerts: tuple[Pick, ...]
    verdict: str
    reason: str


class BulkUndoAsked(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The step to take back. ``rest`` takes it back where it still stands."""

    bulk: str
    rest: bool = False


async def snooze(call: Call) -> views.AlertView:
    """Put the alert off until a moment, with a reason."""
    asked = call.body
    return await call.ask(
        call.node.snooze, call.path["alert_id"], until=asked.until, reason=asked.reason,
        seen=asked.seen,
    )  # fmt: skip


async def wake(call: Call) -> views.AlertView:
    """End a snooze before its moment."""
    return await call.ask(call.node.wake, call.path["alert_id"])


async def decide_many(call: Call) -> views.BulkView:
    """Write one verdict on many alerts, on all of them or on none."""
    one_of("verdict", call.body.verdict, (found.code for found in call.node.verdicts()))
    chosen = {pick.alert_id: pick.seen for pick in call.body.alerts}
    return await call.ask(
        call.node.bulk_desk.decide, chosen, verdict=call.body.verdict, reason=call.body.reason
    )


async def undo_many(call: Call) -> views.BulkView:
    """Take a verdict on many alerts back, from all of them or from none."""
    return await call.ask(call.node.bulk_desk.undo, call.body.bulk, rest=call.body.rest)


ALERT_ENDPOINTS: Final = (
    Endpoint(
        method="POST", path="/alerts/{alert_id}/snooze", summary=(snooze.__doc__ or "").strip(),
        call=snooze, answer=views.AlertView, body=SnoozeAsked,
    ),
    Endpoint(
        method="POST", path="/alerts/{alert_id}/wake", summary=(wake.__doc__ or "").strip(),
        call=wake, answer=views.AlertView,
    ),
    Endpoint(
        method="POST", path="/queue/verdict", summary=(decide_many.__doc__ or "").strip(),
        call=decide_many, answer=views.BulkView, body=BulkAsked,
    ),
    Endpoint(
        method="POST", path="/queue/undo", summary=(undo_many.__doc__ or "").strip(),
        call=undo_many, answer=views.BulkView, body=BulkUndoAsked,
    ),
)  # fmt: skip
