"""The own password: the present one is asked for, every other session ends.

Wrong tries are slowed down together with those at the sign-in, so that whoever finds an open
session guesses no faster than at the door.
"""

from __future__ import annotations

from typing import Final

from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from esclusa.api.status import TooMany
from esclusa.errors import InputError, WrongPassword
from esclusa.node.people import PASSWORD_LENGTH
from esclusa.web.catalogue import mark as _
from esclusa.web.gatekeeper import DUE_PATH
from esclusa.web.page import Page
from esclusa.web.pages.sign_in import with_session
from esclusa.web.refused import marked
from esclusa.web.steps import require
from esclusa.web.visit import Visit

WRONG: Final = _("The present password is not right.")
APART: Final = _("The two new passwords are not the same.")
SHORT: Final = _("A password has at least 12 characters.")
SAME: Final = _("The new password is the present one. Choose another.")


async def show(visit: Visit) -> Response:
    """Draw the form."""
    return await _page(visit)


async def change(visit: Visit) -> Response:
    """Put a new password in place of the present one."""
    require(visit, "old_password", "new_password", "again_password")
    form, name = visit.form, visit.reader.name
    old, new = form.get("old_password", ""), form.get("new_password", "")
    if new != form.get("again_password", ""):
        return await _page(visit, "again_password", APART, status=400)
    address = visit.request.client.host if visit.request.client else ""
    if wait := visit.site.throttle.attempt(name, address):
        raise TooMany(wait)
    try:
        token = await run_in_threadpool(visit.site.node.change_password, visit.token, old, new)
    except WrongPassword:
        return await _page(visit, "old_password", WRONG, status=403)
    except InputError:
        visit.site.throttle.forgive(name, address)
        return await _page(visit, "new_password", SAME if new == old else SHORT, status=400)
    visit.site.throttle.forgive(name, address)
    after = "/" if visit.due else "/preferences?changed=1"
    return with_session(visit, visit.go(after), token)


async def _page(visit: Visit, field: str = "", wrong: str = "", *, status: int = 200) -> Response:
    may = await run_in_threadpool(visit.site.node.may_change_password, visit.token)
    drawn = visit.page(
        "own_password.html", status=status, wrong=wrong, due=visit.due, may_change=may,
        least=PASSWORD_LENGTH,
    )  # fmt: skip
    return marked(visit, drawn, {field: wrong}) if field else drawn


PAGES = (
    Page(path=DUE_PATH, show=show, due=True),
    Page(path=DUE_PATH, show=change, method="POST", due=True),
)
