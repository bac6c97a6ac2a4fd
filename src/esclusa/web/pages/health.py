"""How the node is: what to look at, jobs, exchange, certificates, the log. No content."""

from __future__ import annotations

from starlette.responses import Response

from esclusa.sharing.reader import Action
from esclusa.web.catalogue import mark as _
from esclusa.web.page import Group, Page
from esclusa.web.visit import Visit


async def show(visit: Visit) -> Response:
    """Draw the node's health, what needs a look first."""
    node = visit.site.node
    health = await visit.ask(node.health_desk.look, node.agency)
    return visit.page("health.html", health=health)


async def verify(visit: Visit) -> Response:
    """Verify the audit log from its first line."""
    await visit.ask(visit.site.node.log_check.verify)
    return visit.go("/health#log" if visit.reader.may(Action.HEALTH_READ) else "/audit#log")


PAGES = (
    Page(path="/health", show=show, action=Action.HEALTH_READ, label=_("Health"),
         group=Group.ADMINISTRATION, order=60),
    Page(path="/log-verification", show=verify, method="POST", action=Action.LOG_VERIFY),
)  # fmt: skip
