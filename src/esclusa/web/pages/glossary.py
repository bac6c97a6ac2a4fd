"""The glossary: terms by group, by word, and one by one."""

from __future__ import annotations

from typing import Final

from starlette.responses import Response

from esclusa.api.queries import check_value, one_of
from esclusa.codes.glossary import GROUPS, by_name, find, terms
from esclusa.errors import NotFound
from esclusa.web.catalogue import mark as _
from esclusa.web.page import Group, Page
from esclusa.web.visit import Visit

MOST: Final = 60
"""Terms of a search on one page; more are asked for with another word."""


async def show(visit: Visit) -> Response:
    """Draw the terms of a group, or those that hold the words searched for."""
    text, group = visit.param("text"), one_of("group", visit.param("group"), ("", *GROUPS))
    check_value("text", text, limits=visit.site.limits)
    held = find(text) if text else tuple(one for one in terms() if one.group == group)
    found = held[:MOST] if text else held
    return visit.page(
        "glossary.html", text=text, group=group, groups=GROUPS, found=found,
        more=len(held) > len(found), whole=len(terms()), one=None,
    )  # fmt: skip


async def term(visit: Visit) -> Response:
    """Draw one term."""
    one = by_name().get(visit.request.path_params["term"])
    if one is None:
        raise NotFound("no such term")
    return visit.page(
        "glossary.html", text="", group=one.group, groups=GROUPS, found=(one,), more=False,
        whole=len(terms()), one=one,
    )  # fmt: skip


PAGES = (
    Page(path="/glossary", show=show, label=_("Glossary"), group=Group.LOOK_UP, order=90),
    Page(path="/glossary/{term}", show=term),
)
