"""The API's addresses about watchlists: the same services as the pages.

A list comes as one file, its bytes as they are; a list with companion files is loaded on the page
or on the command line.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec

from esclusa.api.body import spooled
from esclusa.api.endpoint import Call, at
from esclusa.api.queries import one_of
from esclusa.api.uploads import clean_name
from esclusa.model import Level, Marking
from esclusa.sharing import list_views as views
from esclusa.sharing.reader import Action
from esclusa.sharing.views import ListView

WHAT: Final = ("", "added", "changed", "removed")


class ListQuery(msgspec.Struct, frozen=True, kw_only=True):
    """``key`` tells lists of one id under several markings apart; see ``GET /lists``."""

    key: str = ""


class ReportQuery(msgspec.Struct, frozen=True, kw_only=True):
    """``number`` is that of an edition, 0 for the newest that was not discarded. ``what``:
    ``added``, ``changed``, ``removed`` or "" for all; pages of 50 rows from 1."""

    number: int = 0
    key: str = ""
    what: str = ""
    page: int = 1


class ListFileQuery(msgspec.Struct, frozen=True, kw_only=True):
    """The file's name as its publisher gave it, and the id of the mapping to read a table with."""

    name: str
    key: str = ""
    mapping: str = ""
    source: str = ""


class NewListQuery(msgspec.Struct, frozen=True, kw_only=True):
    """A list's first file. ``level`` -1 is a published list, open to everyone; 0 to 4 one that this
    agency alone may know of."""

    name: str
    title: str
    mapping: str = ""
    source: str = ""
    level: int = -1


class HeldDecided(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a person says about the edition that is held. Confirming takes a reason."""

    reason: str = ""
    key: str = ""


class LoadedList(msgspec.Struct, frozen=True, kw_only=True):
    """What a new edition changes. ``held`` is why it waits for a person, "" when it is in force."""

    edition: str
    number: int
    entries: int
    added: int
    changed: int
    removed: int
    defects: int
    held: str
    key: str


async def lists(call: Call) -> tuple[ListView, ...]:
    """Watchlists in force."""
    return await call.ask(call.node.lists)


async def shown(call: Call) -> views.ListDetail:
    """One watchlist with its editions, newest first."""
    return await call.ask(call.node.list_desk.show, call.path["list_id"], key=call.query.key)


async def report(call: Call) -> views.ListReport:
    """What an edition of a list changed, or would change while it is held."""
    asked: ReportQuery = call.query
    one_of("what", asked.what, WHAT)
    values = msgspec.structs.asdict(asked)
    return await call.ask(call.node.list_desk.report, call.path["list_id"], **values)


async def diff(call: Call) -> views.ListReport:
    """What a file would change in a list; nothing of it is kept."""
    call.reader.require(Action.LIST_WRITE)
    asked: ListFileQuery = call.query
    async with spooled(call.request, call.limits.upload_bytes) as stream:
        return await call.ask(
            call.node.list_desk.diff, call.path["list_id"], [(clean_name(asked.name), stream)],
            key=asked.key, mapping=asked.mapping,
        )  # fmt: skip


async def update(call: Call) -> LoadedList:
    """Bring a new edition of a list into force, or hold it."""
    call.reader.require(Action.LIST_WRITE)
    asked: ListFileQuery = call.query
    async with spooled(call.request, call.limits.upload_bytes) as stream:
        return _loaded(
            await call.ask(
                call.node.list_desk.update, call.path["list_id"],
                [(clean_name(asked.name), stream)], key=asked.key, mapping=asked.mapping,
                source=asked.source,
            )
        )  # fmt: skip


async def used(call: Call) -> views.ListUse:
    """What came of a list: answers to matches, examinations, finds; here and at partners."""
    asked: ListQuery = call.query
    return await call.ask(call.node.list_uses.use, call.path["list_id"], key=asked.key)


async def add(call: Call) -> LoadedList:
    """Bring a list into force."""
    call.reader.require(Action.LIST_WRITE)
    asked: NewListQuery = call.query
    one_of("level", str(asked.level), [str(level) for level in range(-1, 5)])
    marking = None if asked.level < 0 else Marking(level=Level(asked.level))
    async with spooled(call.request, call.limits.upload_bytes) as stream:
        return _loaded(
            await call.ask(
                call.node.list_desk.add, call.path["list_id"], asked.title,
                [(clean_name(asked.name), stream)], marking=marking, mapping=asked.mapping,
                source=asked.source,
            )
        )  # fmt: skip


async def confirm(call: Call) -> LoadedList:
    """Bring the edition of a list that is held into force."""
    asked: HeldDecided = call.body
    return _loaded(
        await call.ask(
            call.node.list_desk.confirm, call.path["list_id"], reason=asked.reason, key=asked.key
        )
    )


async def discard(call: Call) -> None:
    """Let the edition of a list that is held go; the one in force stays."""
    asked: HeldDecided = call.body
    await call.ask(
        call.node.list_desk.discard, call.path["list_id"], reason=asked.reason, key=asked.key
    )


def _loaded(done: Any) -> LoadedList:
    return LoadedList(
        edition=done.edition, number=done.number, entries=done.entries, added=done.added,
        changed=done.changed, removed=done.removed, defects=len(done.defects), held=done.held,
        key=done.key,
    )  # fmt: skip


ENDPOINTS: Final = (
    at("GET", "/lists", lists, tuple[ListView, ...]),
    at("GET", "/lists/{list_id}", shown, views.ListDetail, query=ListQuery),
    at("GET", "/lists/{list_id}/use", used, views.ListUse, query=ListQuery),
    at("POST", "/lists/{list_id}", add, LoadedList, query=NewListQuery, raw=True, status=201),
    at("GET", "/lists/{list_id}/report", report, views.ListReport, query=ReportQuery),
    at("POST", "/lists/{list_id}/editions", update, LoadedList, query=ListFileQuery, raw=True,
        status=201),
    at("POST", "/lists/{list_id}/diff", diff, views.ListReport, query=ListFileQuery, raw=True),
    at("POST", "/lists/{list_id}/confirm", confirm, LoadedList, body=HeldDecided),
    at("POST", "/lists/{list_id}/discard", discard, None, body=HeldDecided, status=204),
)  # fmt: skip
"""Every address of the API about watchlists."""
