"""Watchlists in force, and loading a new edition."""

from __future__ import annotations

from starlette.responses import Response

from esclusa.api.uploads import clean_name
from esclusa.sharing.reader import Action
from esclusa.web.catalogue import mark as _
from esclusa.web.page import Page
from esclusa.web.visit import Visit


async def show(visit: Visit) -> Response:
    """Draw the lists with their editions."""
    return await _page(visit)


async def add(visit: Visit) -> Response:
    """Load a list from its published files."""
    list_id, title = visit.form.get("list_id", "").strip(), visit.form.get("title", "").strip()
    given = [file for file in visit.files if file.filename]
    if not (list_id and title and given):
        wrong = _("A list needs an identifier, a title and at least one file.")
        return await _page(visit, wrong=wrong, status=400)
    files = [(clean_name(file.filename or ""), file.file) for file in given]
    mapping = visit.form.get("mapping", "")
    await visit.ask(visit.site.node.add_list, list_id, title, files, mapping=mapping)
    return visit.go("/lists")


async def _page(visit: Visit, *, wrong: str = "", status: int = 200) -> Response:
    lists = await visit.ask(visit.site.node.lists)
    writes = visit.reader.may(Action.LIST_WRITE)
    kept = await visit.ask(visit.site.node.mappings) if writes else ()
    return visit.page(
        "lists.html", status=status, lists=lists, wrong=wrong,
        mappings=[mapping for mapping in kept if mapping.target == "list_entry"],
    )  # fmt: skip


PAGES = (
    Page(path="/lists", show=show, action=Action.LIST_READ, label=_("Lists"), order=50),
    Page(path="/lists", show=add, method="POST", action=Action.LIST_WRITE, files=True),
)
