"""Mappings: what the columns of a sender's tables mean, kept and chosen when files are taken in."""

from __future__ import annotations

from starlette.responses import Response

from esclusa.api.uploads import clean_name
from esclusa.errors import FormatError, LimitError
from esclusa.sharing.reader import Action
from esclusa.sharing.views import MappingView
from esclusa.web.advice import SILENT, Why, sentence
from esclusa.web.catalogue import mark as _
from esclusa.web.page import Group, Page
from esclusa.web.steps import no_file
from esclusa.web.visit import Visit


async def show(visit: Visit) -> Response:
    """Draw the kept mappings and the form for a new one."""
    return await _page(visit)


async def add(visit: Visit) -> Response:
    """Keep a mapping file, or a new version of one."""
    given = [file for file in visit.files if file.filename]
    if len(given) != 1:
        raise no_file()
    name = clean_name(given[0].filename or "")
    try:
        kept = await visit.ask(visit.site.node.add_mapping, name, given[0].file)
    except (FormatError, LimitError) as error:
        return await _page(visit, why=sentence(error, visit.language), status=422)
    return visit.go(f"/mappings/{kept.id}")


async def one(visit: Visit) -> Response:
    """Draw one mapping: its text and its versions."""
    return visit.page("mapping.html", mapping=await _mapping(visit))


async def one_file(visit: Visit) -> Response:
    """Hand out a mapping's text as a file."""
    found = await _mapping(visit)
    kind = "json" if found.text.lstrip().startswith("{") else "toml"
    return visit.attach(f"{found.id}.{kind}", found.text)


async def _mapping(visit: Visit) -> MappingView:
    name, digest = visit.request.path_params["mapping_id"], visit.param("digest")
    return await visit.ask(visit.site.node.mapping, name, digest=digest)


async def _page(visit: Visit, *, why: Why = SILENT, status: int = 200) -> Response:
    kept = await visit.ask(visit.site.node.mappings)
    return visit.page("mappings.html", status=status, mappings=kept, why=why)


PAGES = (
    Page(
        path="/mappings",
        show=show,
        action=Action.MAPPING_READ,
        label=_("Mappings"),
        group=Group.INCOMING,
        order=30,
    ),
    Page(path="/mappings", show=add, method="POST", action=Action.MAPPING_WRITE, files=True),
    Page(path="/mappings/{mapping_id}", show=one, action=Action.MAPPING_READ),
    Page(
        path="/mappings/{mapping_id}/file",
        show=one_file,
        action=Action.MAPPING_READ,
        download=True,
    ),
)
