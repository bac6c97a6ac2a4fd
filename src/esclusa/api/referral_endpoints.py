"""The API's addresses about referrals: the same services as the pages."""

from __future__ import annotations

from typing import Final

import msgspec

from esclusa.api.endpoint import Call, at
from esclusa.api.queries import check_limit, one_of
from esclusa.api.shapes import Asked
from esclusa.casework.referral_words import rows, states
from esclusa.errors import InputError
from esclusa.sharing import referral_views as views

SIDES: Final = ("requester", "host")
STATES: Final = ("open", "all", *states())


class ReferralQuery(msgspec.Struct, frozen=True, kw_only=True):
    """Which referrals: ``side`` ``requester`` (we asked) or ``host`` (we are asked), "" for both;
    ``state`` ``open``, ``all`` or one state."""

    side: str = ""
    state: str = "open"
    limit: int = 50


class RatesQuery(msgspec.Struct, frozen=True, kw_only=True):
    """First and last day on which the referrals were asked for, "" for no bound."""

    since: str = ""
    until: str = ""


class ReferralOpened(Asked, frozen=True, kw_only=True):
    """A new referral: ``record`` is the id of an alert, a consignment or a unit of equipment,
    ``host`` the partner that is asked, ``box`` the one of its boxes that is meant ("" for all).
    ``given`` is what is recorded, by field. ``send`` false keeps a draft."""

    record: str
    host: str
    given: dict[str, str] = msgspec.field(default_factory=dict)
    box: str = ""
    send: bool = True


class ReferralMoved(Asked, frozen=True, kw_only=True):
    """A step: its name, what it records by field, and the ``version`` of the referral as it was
    seen: the step is refused when somebody was faster."""

    move: str
    version: str
    given: dict[str, str] = msgspec.field(default_factory=dict)


async def referrals(call: Call) -> views.ReferralPage:
    """Referrals, what waits for us first, by when it is due."""
    asked: ReferralQuery = call.query
    one_of("side", asked.side, ("", *SIDES))
    one_of("state", asked.state, STATES)
    check_limit(asked.limit, call.limits)
    desk = call.node.referral_desk
    return await call.ask(desk.referrals, side=asked.side, state=asked.state, limit=asked.limit)


async def referral(call: Call) -> views.ReferralView:
    """A referral: clock, history of both sides, and the steps that can be made now."""
    return await call.ask(call.node.referral_desk.show, call.path["referral_id"])


async def start(call: Call) -> views.StartView:
    """What a new referral about a record or an alert needs: subject, hosts, fields."""
    return await call.ask(call.node.referral_desk.start, call.path["record_id"])


async def open_referral(call: Call) -> views.ReferralView:
    """Ask a host to look into a box, or keep a draft of it."""
    asked: ReferralOpened = call.body
    return await call.ask(
        call.node.referral_desk.open, asked.record, asked.host, asked.given, box=asked.box,
        send=asked.send,
    )  # fmt: skip


async def move(call: Call) -> views.ReferralView:
    """Make a step on a referral."""
    asked: ReferralMoved = call.body
    one_of("move", asked.move, dict.fromkeys(name for name, _state in rows()))
    if not asked.version:
        raise InputError("version is empty; send the one of the referral as you saw it")
    return await call.ask(
        call.node.referral_desk.move, call.path["referral_id"], asked.move, asked.given,
        version=asked.version,
    )  # fmt: skip


async def rates(call: Call) -> tuple[views.RatesView, ...]:
    """How referrals ended, of each side; void ones are in no rate."""
    asked: RatesQuery = call.query
    return await call.ask(call.node.referral_desk.rates, since=asked.since, until=asked.until)


ENDPOINTS: Final = (
    at("GET", "/referrals", referrals, views.ReferralPage, query=ReferralQuery),
    at("POST", "/referrals", open_referral, views.ReferralView, body=ReferralOpened),
    at("GET", "/referrals/{referral_id}", referral, views.ReferralView),
    at("POST", "/referrals/{referral_id}/moves", move, views.ReferralView, body=ReferralMoved),
    at("GET", "/referral-starts/{record_id}", start, views.StartView),
    at("GET", "/referral-rates", rates, tuple[views.RatesView, ...], query=RatesQuery),
)
