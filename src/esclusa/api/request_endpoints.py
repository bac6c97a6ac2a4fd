"""The API's addresses about requests for information: the same services as the pages."""

from __future__ import annotations

from typing import Final

import msgspec

from esclusa.api.endpoint import Call, at
from esclusa.api.queries import check_limit, one_of
from esclusa.api.shapes import Asked
from esclusa.casework.information_words import rows, states
from esclusa.errors import InputError
from esclusa.model import Level
from esclusa.sharing import information_views as views

SIDES: Final = ("requester", "answerer")
STATES: Final = ("open", "all", *states())


class RequestQuery(msgspec.Struct, frozen=True, kw_only=True):
    """Which requests: ``side`` ``requester`` (we asked) or ``answerer`` (we are asked), "" for
    both; ``state`` ``open``, ``all`` or one state."""

    side: str = ""
    state: str = "open"
    limit: int = 50


class RequestAsked(Asked, frozen=True, kw_only=True):
    """A new question: ``partner`` is who is asked, ``given`` what is recorded, by field.

    ``record`` is the id of a record or alert that it is about, "" for none; then ``level`` (0 to 4)
    is the one under which question and answer stand.
    """

    partner: str
    given: dict[str, str] = msgspec.field(default_factory=dict)
    record: str = ""
    level: int = int(Level.OFFICIAL)


class RequestMoved(Asked, frozen=True, kw_only=True):
    """A step: its name, what it records by field, ids of ``records`` of ours that an answer points
    to, and the ``version`` of the request as it was seen: the step is refused when somebody was
    faster."""

    move: str
    version: str
    given: dict[str, str] = msgspec.field(default_factory=dict)
    records: tuple[str, ...] = ()


async def information_requests(call: Call) -> views.RequestPage:
    """Requests for information, what waits for us first, by when it is due."""
    asked: RequestQuery = call.query
    one_of("side", asked.side, ("", *SIDES))
    one_of("state", asked.state, STATES)
    check_limit(asked.limit, call.limits)
    desk = call.node.information_desk
    return await call.ask(desk.requests, side=asked.side, state=asked.state, limit=asked.limit)


async def information_request(call: Call) -> views.RequestView:
    """A request for information: clock, history of both sides, the steps that can be made now."""
    return await call.ask(call.node.information_desk.show, call.path["request_id"])


async def request_start(call: Call) -> views.RequestStartView:
    """What a new question needs: partners, fields, levels."""
    return await call.ask(call.node.information_desk.start)


async def request_start_about(call: Call) -> views.RequestStartView:
    """What a new question about a record or an alert needs: partners, fields."""
    return await call.ask(call.node.information_desk.start, call.path["record_id"])


async def ask_partner(call: Call) -> views.RequestView:
    """Ask a partner for information."""
    asked: RequestAsked = call.body
    if asked.level not in set(Level):
        raise InputError(f"level is {asked.level}, expected 0 to {max(Level)}")
    return await call.ask(
        call.node.information_desk.ask, asked.partner, asked.given, record=asked.record,
        level=Level(asked.level),
    )  # fmt: skip


async def move_request(call: Call) -> views.RequestView:
    """Make a step on a request for information."""
    asked: RequestMoved = call.body
    one_of("move", asked.move, dict.fromkeys(name for name, _state in rows()))
    if not asked.version:
        raise InputError("version is empty; send the one of the request as you saw it")
    return await call.ask(
        call.node.information_desk.move, call.path["request_id"], asked.move, asked.given,
        version=asked.version, record_ids=asked.records,
    )  # fmt: skip


async def request_rates(call: Call) -> tuple[views.InformationRatesView, ...]:
    """How requests for information ended, of each side: in time, late, refused, no answer."""
    return await call.ask(call.node.information_desk.rates)


ENDPOINTS: Final = (
    at("GET", "/requests", information_requests, views.RequestPage, query=RequestQuery),
    at("POST", "/requests", ask_partner, views.RequestView, body=RequestAsked),
    at("GET", "/requests/{request_id}", information_request, views.RequestView),
    at("POST", "/requests/{request_id}/moves", move_request, views.RequestView, body=RequestMoved),
    at("GET", "/request-starts", request_start, views.RequestStartView),
    at("GET", "/request-starts/{record_id}", request_start_about, views.RequestStartView),
    at("GET", "/request-rates", request_rates, tuple[views.InformationRatesView, ...]),
)
