"""User accounts: who may sign in, in which role, read into which compartments."""

from __future__ import annotations

from starlette.responses import Response

from esclusa.api.queries import number, one_of
from esclusa.model import Level
from esclusa.sharing.reader import Action, Role
from esclusa.web.catalogue import mark as _
from esclusa.web.page import Group, Page
from esclusa.web.steps import require
from esclusa.web.visit import Visit


async def show(visit: Visit) -> Response:
    """Draw the accounts, the people who wait for one, and the form for a new account."""
    return await _page(visit)


async def add(visit: Visit) -> Response:
    """Open an account."""
    form = visit.form
    name, password = form.get("name", "").strip(), form.get("password", "")
    provider = visit.site.node.sign_in_ways().provider
    require(visit, "name", *(() if provider else ("password",)))
    await visit.ask(
        visit.site.node.add_user,
        name=name,
        password=password,
        role=Role(one_of("role", form.get("role", ""), tuple(Role))),
        clearance=Level(number("clearance", form.get("clearance", ""), high=max(Level))),
        caveats=tuple(form.get("caveats", "").replace(",", " ").split()),
        first=form.get("stays") != "yes",
    )
    return visit.go("/users")


async def _page(visit: Visit) -> Response:
    users = await visit.ask(visit.site.node.users)
    links = await visit.ask(visit.site.node.oidc_desk.links)
    return visit.page(
        "users.html", users=users, roles=tuple(Role), levels=tuple(Level),
        waiting=[one for one in links if not one.account],
        provider=visit.site.node.sign_in_ways().provider,
    )  # fmt: skip


PAGES = (
    Page(path="/users", show=show, action=Action.USER_READ, label=_("Users"),
         group=Group.ADMINISTRATION, order=10),
    Page(path="/users", show=add, method="POST", action=Action.USER_WRITE),
)  # fmt: skip
