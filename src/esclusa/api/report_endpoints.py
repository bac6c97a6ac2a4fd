"""The API's addresses about reports on casework and the board: the pages' services.

A period is a month (``2026-11``) or a year (``2026``).
"""

from __future__ import annotations

from typing import Final

import msgspec

from esclusa.api.endpoint import Call, at
from esclusa.api.queries import check_limit, check_value
from esclusa.errors import InputError
from esclusa.sharing import report_views as views


class CaseworkQuery(msgspec.Struct, frozen=True, kw_only=True):
    """``hide_small`` leaves out figures from 1 to 4 and what would give them away."""

    hide_small: bool = False


class BehindQuery(msgspec.Struct, frozen=True, kw_only=True):
    """One ``part`` of the figure only ("" for all of it), in one of the periods that the report
    compares (``of``, "" for its own); ``limit`` rows from ``offset`` on."""

    part: str = ""
    of: str = ""
    limit: int = 100
    offset: int = 0


class WaitingQuery(msgspec.Struct, frozen=True, kw_only=True):
    """Of an ``age`` (``day``, ``days``, ``week``, ``longer``; "" for all), only what is ``late``,
    only what a person holds (``who``); ``limit`` rows from ``offset`` on."""

    age: str = ""
    late: bool = False
    who: str = ""
    limit: int = 100
    offset: int = 0


class KeptQuery(msgspec.Struct, frozen=True, kw_only=True):
    """Of one period only, "" for all."""

    period: str = ""


async def casework_report(call: Call) -> views.CaseworkReport:
    """The figures of a month or a year beside those before it, and what each counts."""
    desk, asked = call.node.casework_reports, call.query
    return await call.ask(desk.report, _path(call, "period"), hide_small=asked.hide_small)


async def behind(call: Call) -> views.BehindView:
    """The records that a figure of a report counts, the earliest first."""
    asked: BehindQuery = call.query
    _check(call, asked.limit, asked.offset)
    return await call.ask(
        call.node.casework_reports.behind, _path(call, "period"), _path(call, "figure"),
        part=asked.part, of=asked.of, limit=asked.limit, offset=asked.offset,
    )  # fmt: skip


async def keep(call: Call) -> views.KeptView:
    """Freeze the report of a period that has ended, with its digest, as a record."""
    return await call.ask(call.node.casework_reports.keep, _path(call, "period"))


async def kept_reports(call: Call) -> tuple[views.KeptRow, ...]:
    """The reports that were kept, the newest first."""
    return await call.ask(call.node.casework_reports.kept_reports, period=call.query.period)


async def kept(call: Call) -> views.KeptView:
    """A kept report beside the figures of now under the same labels."""
    return await call.ask(call.node.casework_reports.kept, _path(call, "digest"))


async def board(call: Call) -> views.BoardView:
    """Work that waits with its age, who works on what, and what was done in fourteen days."""
    return await call.ask(call.node.board.board)


async def board_queue(call: Call) -> views.WaitingView:
    """What waits in a queue of the board, the longest first."""
    asked: WaitingQuery = call.query
    _check(call, asked.limit, asked.offset)
    return await call.ask(
        call.node.board.waiting, _path(call, "queue"), age=asked.age, late=asked.late,
        who=asked.who, limit=asked.limit, offset=asked.offset,
    )  # fmt: skip


def _check(call: Call, limit: int, offset: int) -> None:
    check_limit(limit, call.limits)
    if offset < 0:
        raise InputError(f"offset is {offset}, expected 0 or more")


def _path(call: Call, name: str) -> str:
    value: str = call.path[name]
    check_value(name, value, limits=call.limits)
    return value


ENDPOINTS: Final = (
    at("GET", "/reports/{period}", casework_report, views.CaseworkReport, query=CaseworkQuery),
    at("GET", "/reports/{period}/figures/{figure}", behind, views.BehindView, query=BehindQuery),
    at("POST", "/reports/{period}/keep", keep, views.KeptView, status=201),
    at("GET", "/kept-reports", kept_reports, tuple[views.KeptRow, ...], query=KeptQuery),
    at("GET", "/kept-reports/{digest}", kept, views.KeptView),
    at("GET", "/board", board, views.BoardView),
    at("GET", "/board/{queue}", board_queue, views.WaitingView, query=WaitingQuery),
)
