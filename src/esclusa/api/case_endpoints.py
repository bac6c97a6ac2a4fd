"""The API's addresses about cases: the same services as the pages."""

from __future__ import annotations

from typing import Final

import msgspec
from starlette.responses import Response

from esclusa.api.body import spooled
from esclusa.api.download import attachment
from esclusa.api.endpoint import Call, at
from esclusa.api.queries import check_limit, one_of
from esclusa.api.shapes import Asked
from esclusa.casework.case_words import ITEMS, rows, states
from esclusa.errors import InputError
from esclusa.node.case_writing import UNDER, Wanted
from esclusa.sharing import case_views as views
from esclusa.sharing.reader import Action

STATES: Final = ("open", "all", *states())


class CaseQuery(msgspec.Struct, frozen=True, kw_only=True):
    """Which cases: ``state`` ``open`` (not closed), ``all`` or one state; ``mine``: only those that
    the reader is a member of."""

    state: str = "open"
    mine: bool = False
    limit: int = 50


class CaseStartQuery(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be put into a case: its ``kind`` and id; "" for a case with nothing in it."""

    kind: str = ""
    item: str = ""


class EvidenceQuery(msgspec.Struct, frozen=True, kw_only=True):
    """A file of evidence: its ``name``, ``what`` it is, its ``source``, the item ``of`` the case
    that it is about, who may read it (``under``, ``level``), the ``version`` of the case as it was
    seen."""

    name: str
    what: str
    source: str
    version: str
    of: str = ""
    under: str = "all"
    level: int = -1


class CaseOpened(Asked, frozen=True, kw_only=True):
    """A new case. ``kind`` and ``item`` name what is put into it, ``why`` says why; ``level`` is
    that of the case itself, None for the usual one; ``caveats`` are compartments that its readers
    must hold."""

    title: str
    summary: str = ""
    kind: str = ""
    item: str = ""
    why: str = ""
    level: int | None = None
    caveats: tuple[str, ...] = ()


class CaseMoved(Asked, frozen=True, kw_only=True):
    """A step: its name, what it records by field, the thing that it is about (``of``), who may read
    it (``under`` ``all`` or ``case``, ``level``), and the ``version`` of the case as it was seen:
    the step is refused when somebody was faster."""

    move: str
    version: str
    given: dict[str, str] = msgspec.field(default_factory=dict)
    of: str = ""
    under: str = "all"
    level: int | None = None


class CasePut(Asked, frozen=True, kw_only=True):
    """A thing that is put into a case: its kind and id."""

    kind: str
    item: str
    version: str
    why: str = ""
    under: str = "all"


class CaseRead(Asked, frozen=True, kw_only=True):
    """Why a file of evidence is read."""

    why: str = ""


class CaseExported(Asked, frozen=True, kw_only=True):
    """To whom a case is exported and why; ``language`` is that of its readable page."""

    to: str = ""
    why: str = ""
    language: str = "en"


async def case_list(call: Call) -> views.CasePage:
    """Cases, those with overdue tasks first."""
    asked: CaseQuery = call.query
    one_of("state", asked.state, STATES)
    check_limit(asked.limit, call.limits)
    desk = call.node.case_desk
    return await call.ask(desk.cases, state=asked.state, mine=asked.mine, limit=asked.limit)


async def case_shown(call: Call) -> views.CaseView:
    """A case: items, tasks, evidence with its custody, history, and what can be done now."""
    return await call.ask(call.node.case_desk.show, call.path["case_id"])


async def case_start(call: Call) -> views.CaseStartView:
    """What is needed to put a thing into a case, and the cases that hold it already."""
    asked: CaseStartQuery = call.query
    one_of("kind", asked.kind, ("", *ITEMS))
    return await call.ask(call.node.case_desk.start, asked.kind, asked.item)


async def open_case(call: Call) -> views.CaseView:
    """Open a case, with a thing in it where one is named."""
    asked: CaseOpened = call.body
    one_of("kind", asked.kind, ("", *ITEMS))
    return await call.ask(
        call.node.case_desk.open, {"title": asked.title, "summary": asked.summary},
        kind=asked.kind, item=asked.item, why=asked.why, level=asked.level,
        caveats=asked.caveats,
    )  # fmt: skip


async def case_move(call: Call) -> views.CaseView:
    """Make a step on a case."""
    asked: CaseMoved = call.body
    one_of("move", asked.move, rows())
    wanted = Wanted(
        move=asked.move, given=asked.given, of=asked.of, under=one_of("under", asked.under, UNDER),
        level=asked.level, version=_seen(asked.version),
    )  # fmt: skip
    return await call.ask(call.node.case_desk.move, call.path["case_id"], wanted)


async def case_put(call: Call) -> views.CaseView:
    """Put a thing into a case."""
    asked: CasePut = call.body
    one_of("kind", asked.kind, ITEMS)
    return await call.ask(
        call.node.case_desk.put, call.path["case_id"], asked.kind, asked.item, why=asked.why,
        under=one_of("under", asked.under, UNDER), version=_seen(asked.version),
    )  # fmt: skip


async def case_evidence(call: Call) -> views.CaseView:
    """Take a file of evidence in; its bytes are durable when this answers."""
    asked: EvidenceQuery = call.query
    call.reader.require(Action.CASE_EVIDENCE)
    wanted = Wanted(
        move="take_in", given={"what": asked.what, "source": asked.source}, of=asked.of,
        under=one_of("under", asked.under, UNDER), version=_seen(asked.version),
        level=asked.level if asked.level >= 0 else None,
    )  # fmt: skip
    async with spooled(call.request, call.limits.upload_bytes) as stream:
        return await call.ask(
            call.node.case_desk.take_in, call.path["case_id"], asked.name, stream, wanted
        )


async def case_reading(call: Call) -> Response:
    """Read a file of evidence; that it was read is written in its chain of custody."""
    file, stream = await call.ask(
        call.node.case_desk.read, call.path["case_id"], call.path["evidence_id"],
        why=call.body.why,
    )  # fmt: skip
    return attachment(stream, file.size, file.name)


async def case_checks(call: Call) -> tuple[views.CheckView, ...]:
    """Compare each file of evidence with the hash recorded when it came."""
    return await call.ask(call.node.case_desk.verify, call.path["case_id"])


async def case_package(call: Call) -> Response:
    """Export a case as one sealed package of what the reader may see."""
    asked: CaseExported = call.body
    one_of("language", asked.language, ("en", "es"))
    made = await call.ask(
        call.node.case_desk.export, call.path["case_id"], {"to": asked.to, "why": asked.why},
        language=asked.language,
    )  # fmt: skip
    return attachment(made.file, made.size, made.name)


def _seen(version: str) -> str:
    if not version:
        raise InputError("version is empty; send the one of the case as you saw it")
    return version


ENDPOINTS: Final = (
    at("GET", "/cases", case_list, views.CasePage, query=CaseQuery),
    at("POST", "/cases", open_case, views.CaseView, body=CaseOpened),
    at("GET", "/cases/{case_id}", case_shown, views.CaseView),
    at("POST", "/cases/{case_id}/moves", case_move, views.CaseView, body=CaseMoved),
    at("POST", "/cases/{case_id}/items", case_put, views.CaseView, body=CasePut),
    at("POST", "/cases/{case_id}/evidence", case_evidence, views.CaseView, query=EvidenceQuery,
       raw=True),
    at("POST", "/cases/{case_id}/evidence/{evidence_id}/readings", case_reading, bytes,
       body=CaseRead, file=True),
    at("GET", "/cases/{case_id}/checks", case_checks, tuple[views.CheckView, ...]),
    at("POST", "/cases/{case_id}/package", case_package, bytes, body=CaseExported, file=True),
    at("GET", "/case-starts", case_start, views.CaseStartView, query=CaseStartQuery),
)  # fmt: skip
