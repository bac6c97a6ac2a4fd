"""The API's addresses about selection and the report on it: the pages' services.

A selection is asked for by its record id, or by port, day and shift with a full stop between.
"""

from __future__ import annotations

from typing import Final

import msgspec

from esclusa.api import shapes
from esclusa.api.endpoint import Call, at
from esclusa.api.queries import check_limit, check_value
from esclusa.sharing import selection_views as views


class SelectionsQuery(msgspec.Struct, frozen=True, kw_only=True):
    """Of one port only ("" for all), at most so many."""

    port: str = ""
    limit: int = 50


class Committed(shapes.Asked, frozen=True, kw_only=True):
    """For which port, day and shift ("" for the whole day), and how many slots there are. ``level``
    marks the sheet, None as what comes in."""

    port: str
    day: str
    capacity: int
    shift: str = ""
    level: int | None = None


class DrawnAsked(shapes.Asked, frozen=True, kw_only=True):
    """The last day of arrival that counts, "" for the selection's day alone."""

    until: str = ""


class Swapped(shapes.Asked, frozen=True, kw_only=True):
    """Record ids: ``out`` is not to be opened, ``taken`` is; either may be "". And why."""

    reason: str
    out: str = ""
    taken: str = ""


class ReportQuery(msgspec.Struct, frozen=True, kw_only=True):
    """First and last day ("" for twelve weeks up to now), and one port only ("" for all)."""

    since: str = ""
    until: str = ""
    port: str = ""


async def selections(call: Call) -> tuple[views.SelectionRow, ...]:
    """Selections, the newest day first."""
    asked: SelectionsQuery = call.query
    check_limit(asked.limit, call.limits)
    return await call.ask(call.node.selection_desk.selections, port=asked.port, limit=asked.limit)


async def commit(call: Call) -> views.SelectionView:
    """Publish the commitment to a secret seed, before the list of candidates is fixed."""
    asked: Committed = call.body
    return await call.ask(
        call.node.selection_desk.commit, port=asked.port, day=asked.day, shift=asked.shift,
        capacity=asked.capacity, level=asked.level,
    )  # fmt: skip


async def show(call: Call) -> views.SelectionView:
    """A selection with its sheet, its steps, and the line between finds and value."""
    return await call.ask(call.node.selection_desk.show, _name(call))


async def draw(call: Call) -> views.SelectionView:
    """Fix the list of candidates and draw."""
    return await call.ask(call.node.selection_desk.draw, _name(call), until=call.body.until)


async def swap(call: Call) -> views.SelectionView:
    """Take a candidate off the proposal, another on it, or both, with a reason."""
    asked: Swapped = call.body
    return await call.ask(
        call.node.selection_desk.swap, _name(call), reason=asked.reason, out=asked.out,
        taken=asked.taken,
    )  # fmt: skip


async def reveal(call: Call) -> views.SelectionView:
    """Reveal the seed of a draw, so that anyone can check it."""
    return await call.ask(call.node.selection_desk.reveal, _name(call))


async def proof(call: Call) -> views.ProofView:
    """All that somebody else needs to make a draw again; once the seed is revealed."""
    return await call.ask(call.node.selection_desk.proof, _name(call))


async def verify(call: Call) -> views.VerifiedView:
    """Make a draw again and say in what it is not as it says."""
    return await call.ask(call.node.selection_desk.verify, _name(call))


async def selection_report(call: Call) -> views.ReportView:
    """What selection found, what it missed, and on whom it fell."""
    asked: ReportQuery = call.query
    return await call.ask(
        call.node.report_desk.report, since=asked.since, until=asked.until, port=asked.port
    )


def _name(call: Call) -> str:
    name: str = call.path["selection"]
    check_value("selection", name, limits=call.limits)
    return name


ENDPOINTS: Final = (
    at("GET", "/selections", selections, tuple[views.SelectionRow, ...], query=SelectionsQuery),
    at("POST", "/selections", commit, views.SelectionView, body=Committed),
    at("GET", "/selections/{selection}", show, views.SelectionView),
    at("POST", "/selections/{selection}/draw", draw, views.SelectionView, body=DrawnAsked),
    at("POST", "/selections/{selection}/swap", swap, views.SelectionView, body=Swapped),
    at("POST", "/selections/{selection}/reveal", reveal, views.SelectionView),
    at("GET", "/selections/{selection}/proof", proof, views.ProofView),
    at("GET", "/selections/{selection}/verification", verify, views.VerifiedView),
    at("GET", "/selection-report", selection_report, views.ReportView, query=ReportQuery),
)
