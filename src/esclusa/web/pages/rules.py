"""The rules, as an officer reads them: text, expression, owner, legal basis, dates."""

from __future__ import annotations

from starlette.responses import Response

from esclusa.sharing.reader import Action
from esclusa.web.catalogue import mark as _
from esclusa.web.page import Page
from esclusa.web.visit import Visit


async def show(visit: Visit) -> Response:
    """Draw every rule, in force or not."""
    return visit.page("rules.html", rules=await visit.ask(visit.site.node.rules))


PAGES = (Page(path="/rules", show=show, action=Action.RULE_READ, label=_("Rules"), order=60),)
