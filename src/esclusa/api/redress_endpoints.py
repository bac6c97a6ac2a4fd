"""The API's addresses about redress: the same services as the pages."""

from __future__ import annotations

from typing import Final

import msgspec

from esclusa.api.endpoint import Call, at
from esclusa.api.queries import check_limit, one_of
from esclusa.api.shapes import Asked
from esclusa.casework.redress import rows, words
from esclusa.errors import InputError
from esclusa.model import RedressPerson
from esclusa.sharing import redress_views as views

STATES: Final = ("open", "all", *(code for code in words("state") if code != "none"))


class RedressQuery(msgspec.Struct, frozen=True, kw_only=True):
    """Which cases: ``state`` is ``open``, ``all`` or one state."""

    state: str = "all"
    limit: int = 50


class CountsQuery(msgspec.Struct, frozen=True, kw_only=True):
    """Days that count (``YYYY-MM-DD``, UTC): "" for the beginning and for today."""

    since: str = ""
    until: str = ""


class PersonGiven(Asked, frozen=True, kw_only=True):
    """Who is vouched for: ``birth_date`` is ``YYYY-MM-DD``, ``nationality`` an ICAO code,
    ``documents`` are ``type:number``."""

    name: str = ""
    birth_date: str = ""
    nationality: str = ""
    documents: tuple[str, ...] = ()


class RedressApplied(Asked, frozen=True, kw_only=True):
    """An application: ``match`` is the match in which the person was mistaken, ``entries`` are ids
    of further list entries, ``given`` is what is recorded, by field (``statement``)."""

    person: PersonGiven
    match: str = ""
    entries: tuple[str, ...] = ()
    given: dict[str, str] = msgspec.field(default_factory=dict)


class RedressMoved(Asked, frozen=True, kw_only=True):
    """A step: its name, what it records by field, and the ``version`` of the case as it was seen:
    the step is refused when somebody was faster. ``person`` goes with ``papers``, ``partners`` with
    ``grant`` and ``renew``."""

    move: str
    version: str
    given: dict[str, str] = msgspec.field(default_factory=dict)
    person: PersonGiven | None = None
    partners: tuple[str, ...] = ()


async def cases(call: Call) -> views.CasePage:
    """Redress cases, open ones first, then the newest."""
    asked: RedressQuery = call.query
    one_of("state", asked.state, STATES)
    check_limit(asked.limit, call.limits)
    return await call.ask(call.node.redress_desk.cases, state=asked.state, limit=asked.limit)


async def case(call: Call) -> views.CaseView:
    """A redress case: history, and the steps that can be made now."""
    return await call.ask(call.node.redress_desk.show, call.path["case"])


async def apply(call: Call) -> views.CaseView:
    """Take a person's application."""
    asked: RedressApplied = call.body
    return await call.ask(
        call.node.redress_desk.apply, _person(asked.person), asked.given, match=asked.match,
        entries=asked.entries,
    )  # fmt: skip


async def move_redress(call: Call) -> views.CaseView:
    """Make a step on a redress case."""
    asked: RedressMoved = call.body
    one_of("move", asked.move, dict.fromkeys(name for name, _state in rows() if name != "expire"))
    if not asked.version:
        raise InputError("version is empty; send the one of the case as you saw it")
    return await call.ask(
        call.node.redress_desk.move, call.path["case"], asked.move, asked.given,
        person=_person(asked.person) if asked.person else None, partners=asked.partners,
        version=asked.version,
    )  # fmt: skip


async def number(call: Call) -> tuple[views.NumberView, ...]:
    """What a redress number stands for, ours or a partner's."""
    return await call.ask(call.node.redress_desk.number, call.path["number"])


async def redress_counts(call: Call) -> views.CountsView:
    """How often people were taken for somebody else."""
    asked: CountsQuery = call.query
    return await call.ask(call.node.redress_desk.counts, since=asked.since, until=asked.until)


def _person(given: PersonGiven) -> RedressPerson:
    return RedressPerson(
        name=given.name, birth_date=given.birth_date, nationality=given.nationality,
        documents=given.documents,
    )  # fmt: skip


ENDPOINTS: Final = (
    at("GET", "/redress", cases, views.CasePage, query=RedressQuery),
    at("POST", "/redress", apply, views.CaseView, body=RedressApplied),
    at("GET", "/redress/{case}", case, views.CaseView),
    at("POST", "/redress/{case}/moves", move_redress, views.CaseView, body=RedressMoved),
    at("GET", "/redress-numbers/{number}", number, tuple[views.NumberView, ...]),
    at("GET", "/redress-counts", redress_counts, views.CountsView, query=CountsQuery),
)
