"""One account: what it may, how it signs in, and every step an administrator has on it.

Each step asks to be confirmed by a tick, and names what the page showed: when somebody was faster
nothing is written, and the page comes back with what was typed.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Final

from starlette.responses import Response

from esclusa.api.queries import number, one_of
from esclusa.errors import StateError
from esclusa.model import Level
from esclusa.node.shown_names import NAME
from esclusa.sharing.reader import Action, Role
from esclusa.web.advice import SILENT, Why, sentence
from esclusa.web.page import Page
from esclusa.web.steps import unsure
from esclusa.web.visit import Visit

Step = Callable[[Visit, str, str], Awaitable[Any]]
"""(visit, account, what was seen) → does it."""


async def show(visit: Visit) -> Response:
    """Draw one account with its steps."""
    return await _page(visit, visit.request.path_params["account"])


async def _change(visit: Visit, name: str, seen: str) -> None:
    form = visit.form
    await visit.ask(
        visit.site.node.account_desk.change, name, seen=seen,
        role=one_of("role", form.get("role", ""), tuple(Role)),
        clearance=number("clearance", form.get("clearance", ""), high=max(Level)),
        caveats=tuple(form.get("caveats", "").replace(",", " ").split()),
    )  # fmt: skip


async def _close(visit: Visit, name: str, seen: str) -> None:
    await visit.ask(visit.site.node.account_desk.close, name, seen=seen)


async def _reopen(visit: Visit, name: str, seen: str) -> None:
    await visit.ask(visit.site.node.account_desk.reopen, name, seen=seen)


async def _password(visit: Visit, name: str, seen: str) -> None:
    password = "" if visit.form.get("none") == "yes" else visit.form.get("password", "") or "-"
    stays = visit.form.get("stays") == "yes"
    await visit.ask(
        visit.site.node.account_desk.set_password, name, password, seen=seen, stays=stays
    )


async def _require(visit: Visit, name: str, seen: str) -> None:
    await visit.ask(visit.site.node.account_desk.require_change, name, seen=seen)


async def _number(visit: Visit, name: str, seen: str) -> None:
    number = visit.form.get("number", "").strip()
    await visit.ask(visit.site.node.account_desk.set_number, name, number, seen=seen)


async def _sessions(visit: Visit, name: str, seen: str) -> None:
    await visit.ask(visit.site.node.account_desk.end_sessions, name)


STEPS: Final[dict[str, Step]] = {
    "change": _change, "close": _close, "reopen": _reopen, "password": _password,
    "require": _require, "number": _number, "sessions": _sessions,
}  # fmt: skip


async def step(visit: Visit) -> Response:
    """Take a step on an account, one of :data:`STEPS`."""
    name = visit.request.path_params["account"]
    taken = STEPS[one_of("step", visit.request.path_params["step"], STEPS)]
    if visit.form.get("sure") != "yes":
        raise unsure()
    try:
        await taken(visit, name, visit.form.get("seen", ""))
    except StateError as error:
        return await _page(visit, name, why=sentence(error, visit.language), status=409)
    return visit.go(f"/users/{name}")


async def tie(visit: Visit) -> Response:
    """Say whose account a person of the identity provider opens."""
    code, account = visit.request.path_params["code"], visit.form.get("account", "")
    await visit.ask(visit.site.node.oidc_desk.approve, code, account)
    return visit.go(f"/users/{account}")


async def untie(visit: Visit) -> Response:
    """End what ties a person of the identity provider, or forget one who waits."""
    code, account = visit.request.path_params["code"], visit.form.get("account", "")
    if visit.form.get("sure") != "yes" and account:
        raise unsure()
    await visit.ask(visit.site.node.oidc_desk.drop, code)
    return visit.go(f"/users/{account}" if account else "/users")


async def _page(visit: Visit, name: str, *, why: Why = SILENT, status: int = 200) -> Response:
    node = visit.site.node
    account = await visit.ask(node.account_desk.one, name)
    links = await visit.ask(node.oidc_desk.links)
    form = visit.form
    return visit.page(
        "user.html", status=status, account=account, roles=tuple(Role), levels=tuple(Level),
        links=[one for one in links if one.account == name], why=why,
        shown=account.number if node.shown_names.mode != NAME and account.number else account.name,
        provider=node.sign_in_ways().provider, own=name == visit.reader.name,
        typed={
            "role": form.get("role", account.role),
            "clearance": form.get("clearance", str(account.clearance)),
            "caveats": form.get("caveats", " ".join(account.caveats)),
            "number": form.get("number", account.number),
        },
    )  # fmt: skip


PAGES = (
    Page(path="/users/{account}", show=show, action=Action.USER_READ),
    Page(path="/users/{account}/{step}", show=step, method="POST", action=Action.USER_WRITE),
    Page(path="/sign-in-links/{code}/tie", show=tie, method="POST", action=Action.USER_WRITE,
         form="/users"),
    Page(path="/sign-in-links/{code}/untie", show=untie, method="POST", action=Action.USER_WRITE,
         form="/users"),
)  # fmt: skip
