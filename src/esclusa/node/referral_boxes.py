"""What messages have told of the boxes of a referral: gates, loading, discharge.

People decide by it: the host's officer says that a box was never loaded, and a loading that is told
while "do not load" stands is shown first and marked. That no message tells a loading says nothing.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from typing import Final

import msgspec
import sqlalchemy as sa

from esclusa.casework.forms import moment
from esclusa.casework.referrals import Referral
from esclusa.ledger import versions
from esclusa.ledger.labels import Labels
from esclusa.model import TransportEvent
from esclusa.sharing.referral_views import BoxNewsView

KIND: Final = "transport_event"
JOURNEY: Final = dt.timedelta(days=14)
"""What came in longer before the request than this belongs to an earlier journey of the box."""
MOST: Final = 50
"""So many are shown, the newest; the box's own page has all of them."""

_EVENT: Final = msgspec.json.Decoder(TransportEvent)


def told(
    connection: sa.Connection, labels: Labels, visible: Collection[int], it: Referral
) -> tuple[BoxNewsView, ...]:
    """Return what messages under these labels tell of a referral's boxes: loadings against "do not
    load" first, then the newest first; at most :data:`MOST`.

    A loading is against it when the referral says "do not load" now and the message of an actual
    loading came in after the request. Whether the box was lifted before that, a person finds out:
    the times of terminals are local and often lack their zone.
    """
    # A step of the other side may stand before the request, with whatever it says for a time.
    request = (one.move for one in it.steps if one.move.move == "request" and not one.lost)
    asked = next((moment(one.at) for one in request), None)
    if not it.subject.boxes or asked is None:
        return ()
    held = versions.holding(
        connection, visible, {KIND}, {f"equipment:{box}" for box in it.subject.boxes}
    )
    news = [
        _news(
            one, _EVENT.decode(one.body), int(labels.get(one.label_id).marking.level),
            stands=it.do_not_load and one.recorded >= asked,
        )
        for one in held.values()
        if one.recorded >= asked - JOURNEY
    ]  # fmt: skip
    news.sort(key=lambda one: (one.against, one.recorded, one.record), reverse=True)
    return tuple(news[:MOST])


def _news(held: versions.Held, event: TransportEvent, level: int, *, stands: bool) -> BoxNewsView:
    ship = event.voyage.conveyance
    return BoxNewsView(
        box=event.equipment.number if event.equipment else "",
        event=event.event, stage=event.stage, occurred=event.occurred,
        place=event.place.code or event.place.name, ship=ship.name or ship.imo,
        voyage=event.voyage.reference, record=held.id,
        recorded=held.recorded.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ"), level=level,
        against=stands and event.event == "load" and event.stage == "actual",
    )  # fmt: skip
