"""Watchlists: which are in force, what an edition changes, what is held, and loading a new one."""

from __future__ import annotations

from typing import Any, BinaryIO
from urllib.parse import quote, urlencode

from starlette.background import BackgroundTask
from starlette.responses import Response

from esclusa.api.queries import number, one_of
from esclusa.api.uploads import clean_name
from esclusa.errors import InputError
from esclusa.model import Level, Marking
from esclusa.sharing.reader import Action
from esclusa.web.catalogue import mark as _
from esclusa.web.page import Group, Page
from esclusa.web.steps import no_file, require
from esclusa.web.visit import Visit

WHAT = ("added", "changed", "removed")
LEVELS = tuple(str(int(level)) for level in Level)


async def show(visit: Visit) -> Response:
    """Draw the lists with their editions."""
    return await _page(visit)


async def add(visit: Visit) -> Response:
    """Load a list from its published files; kept records are compared with it afterwards."""
    list_id, title = visit.form.get("list_id", "").strip(), visit.form.get("title", "").strip()
    files = _files(visit)
    require(visit, "list_id", "title", *(() if files else ("files",)))
    level = one_of("level", visit.form.get("level", ""), ("", *LEVELS))
    marking = Marking(level=Level(int(level))) if level else None
    done = await visit.ask(
        visit.site.node.list_desk.add, list_id, title, files, marking=marking,
        mapping=visit.form.get("mapping", ""), source=visit.form.get("source", ""), compare=False,
    )  # fmt: skip
    return _then_compared(visit, list_id, done.key)


async def one(visit: Visit) -> Response:
    """Draw one list: the edition in force, what is held, and every edition before."""
    return await _list(visit)


async def update(visit: Visit) -> Response:
    """Bring a new edition of a list into force, or hold it; kept records are compared after it."""
    list_id, key = visit.request.path_params["list_id"], visit.form.get("key", "")
    files = _files(visit)
    if not files:
        raise no_file()
    done = await visit.ask(
        visit.site.node.list_desk.update, list_id, files, key=key,
        mapping=visit.form.get("mapping", ""), source=visit.form.get("source", ""), compare=False,
    )  # fmt: skip
    return _then_compared(visit, list_id, done.key)


async def compare(visit: Visit) -> Response:
    """Say what files would change in a list; nothing of them is kept."""
    list_id, key = visit.request.path_params["list_id"], visit.form.get("key", "")
    files = _files(visit)
    if not files:
        raise no_file()
    found = await visit.ask(
        visit.site.node.list_desk.diff, list_id, files, key=key,
        mapping=visit.form.get("mapping", ""),
    )  # fmt: skip
    return visit.page("list_report.html", report=found, what="", pages=())


async def report(visit: Visit) -> Response:
    """Draw what an edition changed entry by entry, or would change while it is held."""
    path = visit.request.path_params
    what = visit.param("what")
    if what and what not in WHAT:
        raise InputError("entries are added, changed or removed")
    found = await visit.ask(
        visit.site.node.list_desk.report, path["list_id"], number("edition", path["number"]),
        key=visit.param("key"), what=what, page=number("page", visit.param("page") or "1", low=1),
    )  # fmt: skip
    return visit.page("list_report.html", report=found, what=what, pages=_pages(visit, found))


async def use(visit: Visit) -> Response:
    """Draw what came of a list, here and at partners."""
    found = await visit.ask(
        visit.site.node.list_uses.use, visit.request.path_params["list_id"], key=visit.param("key")
    )
    return visit.page("list_use.html", found=found)


async def confirm(visit: Visit) -> Response:
    """Bring the edition that is held into force, with a written reason."""
    list_id, key = visit.request.path_params["list_id"], visit.form.get("key", "")
    require(visit, "reason")
    done = await visit.ask(
        visit.site.node.list_desk.confirm,
        list_id,
        reason=visit.form["reason"],
        key=key,
        compare=False,
    )
    return _then_compared(visit, list_id, done.key)


async def discard(visit: Visit) -> Response:
    """Let the edition that is held go; the one in force stays."""
    list_id, key = visit.request.path_params["list_id"], visit.form.get("key", "")
    await visit.ask(
        visit.site.node.list_desk.discard, list_id, reason=visit.form.get("reason", ""), key=key
    )
    return visit.go(_address(list_id, key))


def _files(visit: Visit) -> list[tuple[str, BinaryIO]]:
    return [(clean_name(file.filename or ""), file.file) for file in visit.files if file.filename]


def _address(list_id: str, key: str) -> str:
    return f"/lists/{quote(list_id)}" + (f"?key={quote(key)}" if key else "")


def _then_compared(visit: Visit, list_id: str, key: str) -> Response:
    """Go to the list at once; its page says how far kept records have been compared."""
    answer = visit.go(_address(list_id, key))
    answer.background = BackgroundTask(visit.site.node.list_desk.compare_waiting)
    return answer


def _pages(visit: Visit, found: Any) -> tuple[tuple[str, str], ...]:
    """Return the pages before and after as (what it is, query)."""
    asked = {"key": visit.param("key"), "what": found.what}
    near = (("prev", found.page - 1), ("next", found.page + 1))
    return tuple(
        (name, urlencode({k: v for k, v in (asked | {"page": str(page)}).items() if v}))
        for name, page in near
        if 1 <= page <= found.pages
    )


async def _list(visit: Visit) -> Response:
    list_id = visit.request.path_params["list_id"]
    key = visit.form.get("key", "") or visit.param("key")
    found = await visit.ask(visit.site.node.list_desk.show, list_id, key=key)
    held = next((edition for edition in found.editions if edition.state == "held"), None)
    return visit.page(
        "list.html", found=found, held=held,
        mappings=await _mappings(visit),
    )  # fmt: skip


async def _page(visit: Visit) -> Response:
    lists = await visit.ask(visit.site.node.lists)
    return visit.page(
        "lists.html", lists=lists, levels=LEVELS,
        mappings=await _mappings(visit),
    )  # fmt: skip


async def _mappings(visit: Visit) -> list[Any]:
    if not visit.reader.may(Action.LIST_WRITE):
        return []
    kept = await visit.ask(visit.site.node.mappings)
    return [mapping for mapping in kept if mapping.target == "list_entry"]


PAGES = (
    Page(path="/lists", show=show, action=Action.LIST_READ, label=_("Lists"),
         group=Group.GUIDANCE, order=10),
    Page(path="/lists", show=add, method="POST", action=Action.LIST_WRITE, files=True),
    Page(path="/lists/{list_id}", show=one, action=Action.LIST_READ),
    Page(path="/lists/{list_id}/use", show=use, action=Action.WARNING_READ),
    Page(path="/lists/{list_id}/editions", show=update, method="POST", action=Action.LIST_WRITE,
         files=True),
    Page(path="/lists/{list_id}/diff", show=compare, method="POST", action=Action.LIST_WRITE,
         files=True),
    Page(path="/lists/{list_id}/editions/{number}", show=report, action=Action.LIST_READ),
    Page(path="/lists/{list_id}/confirm", show=confirm, method="POST", action=Action.LIST_WRITE),
    Page(path="/lists/{list_id}/discard", show=discard, method="POST", action=Action.LIST_WRITE),
)  # fmt: skip
