"""Cases shared with partners: the form with its preview, the joint case with one history, what is
taken up, done and taken back.

What the form shows before a case is shared is what the release itself would let go.
"""

from __future__ import annotations

from typing import Final

import msgspec
from starlette.responses import Response

from esclusa.casework.case_words import words
from esclusa.casework.forms import FieldMistake, MoveMistakes
from esclusa.errors import AgreementError, EsclusaError, InputError, StateError
from esclusa.model import Level
from esclusa.sharing.case_views import CaseShareView
from esclusa.sharing.joint_views import JointView, ShareStartView
from esclusa.sharing.reader import Action
from esclusa.web import steps
from esclusa.web.advice import SILENT, sentence
from esclusa.web.page import Page
from esclusa.web.visit import Visit

_OWN: Final = frozenset({"csrf", "version", "move", "of", "look"})
"""Fields of the forms that are no facts to record."""
_REFUSED: Final = (StateError, InputError, AgreementError)


class Tried(steps.Tried, frozen=True, kw_only=True):
    """A step that was not made, on the thing ``of`` the joint case."""

    of: str = ""


async def share(visit: Visit) -> Response:
    """Draw the form to share a case: partners, reason, and what a chosen one would see."""
    return await _form(visit, Tried(), partner=visit.param("partner")[:40])


async def shared(visit: Visit) -> Response:
    """Share a case, or only look at what the partner would see; faults stand at their fields."""
    form, desk = visit.form, visit.site.node.joint_desk
    partner, reason = form.get("partner", "")[:40], form.get("reason", "")
    if form.get("look"):
        return await _form(visit, _tried(visit, None), partner=partner, reason=reason)
    try:
        if not partner:
            raise MoveMistakes((FieldMistake(field="partner", problem="missing"),))
        view = await visit.ask(
            desk.share, _case(visit), partner, reason, version=form.get("version", "")
        )
    except _REFUSED as error:
        return await _form(
            visit, _tried(visit, error), partner=partner, reason=reason, status=steps.status(error)
        )
    return visit.go(f"/joint-cases/{view.row.id}")


async def unshare(visit: Visit) -> Response:
    """Take back what a partner was told of a case, or show the joint case with what is wrong."""
    name, share_id = _case(visit), str(visit.request.path_params["share_id"])[:64]
    desk, joint = visit.site.node.joint_desk, visit.form.get("joint", "")[:64]
    try:
        await visit.ask(desk.unshare, name, share_id, visit.form.get("reason", ""))
    except _REFUSED as error:
        tried = msgspec.structs.replace(_tried(visit, error), move="unshare", of=share_id)
        return await _drawn(visit, joint, tried, status=steps.status(error))
    return visit.go(f"/joint-cases/{joint}")


async def joint_case(visit: Visit) -> Response:
    """Draw a joint case: tasks, evidence, notes, and the history of both sides."""
    return await _drawn(visit, _joint(visit), Tried())


async def take_up(visit: Visit) -> Response:
    """Open a case of our own for one that a partner shares, or say what is wrong."""
    form, name = visit.form, _joint(visit)
    given = {key: form.get(key, "").strip() for key in ("title", "summary")}
    level = form.get("level", "")
    try:
        view = await visit.ask(
            visit.site.node.joint_desk.take_up, name, given,
            level=int(level) if level.isascii() and level.isdigit() and len(level) < 3 else None,
        )  # fmt: skip
    except _REFUSED as error:
        tried = msgspec.structs.replace(_tried(visit, error), move="take_up")
        return await _drawn(visit, name, tried, status=steps.status(error))
    return visit.go(f"/cases/{view.row.id}")


async def done(visit: Visit) -> Response:
    """Say that a task of the other side is done, or say what is wrong."""
    form, name = visit.form, _joint(visit)
    task = str(visit.request.path_params["task_id"])[:64]
    try:
        await visit.ask(
            visit.site.node.joint_desk.done, name, task, form.get("result", ""),
            version=form.get("version", ""),
        )  # fmt: skip
    except _REFUSED as error:
        tried = msgspec.structs.replace(_tried(visit, error), move="done", of=task)
        return await _drawn(visit, name, tried, status=steps.status(error))
    return visit.go(f"/joint-cases/{name}#tasks")


async def _form(
    visit: Visit, tried: Tried, *, partner: str = "", reason: str = "", status: int = 200
) -> Response:
    desk, name = visit.site.node.joint_desk, _case(visit)
    start: ShareStartView = await visit.ask(desk.start, name)
    tried = steps.against(visit, tried, start.version)
    preview, why = None, SILENT
    chosen = next((one for one in start.partners if one.agency == partner), None)
    if chosen is not None and chosen.stays is None:
        try:
            preview = await visit.ask(desk.preview, name, partner, reason.strip())
        except _REFUSED as error:
            why = sentence(error, visit.language)
    return visit.page(
        "joint_share.html", status=status, view=start, tried=tried, chosen=chosen, preview=preview,
        why=why, partner=partner, elsewhere=words("joint")["elsewhere"],
    )  # fmt: skip


async def _drawn(visit: Visit, name: str, tried: Tried, *, status: int = 200) -> Response:
    view: JointView = await visit.ask(visit.site.node.joint_desk.show, name)
    tried = steps.against(visit, tried, view.version)
    shares: tuple[CaseShareView, ...] = ()
    if view.row.case:
        case = await visit.ask(visit.site.node.case_desk.show, view.row.case)
        shares = tuple(one for one in case.shares if one.joint == name)
    levels = [int(one) for one in Level if view.row.level <= one <= visit.reader.clearance]
    return visit.page(
        "joint.html", status=status, view=view, tried=tried, shares=shares, levels=levels,
        elsewhere=words("joint")["elsewhere"],
    )  # fmt: skip


def _tried(visit: Visit, error: EsclusaError | None) -> Tried:
    mistakes, why = steps.mistaken(error, visit.language) if error is not None else ({}, SILENT)
    return Tried(
        move="share", typed=steps.typed(visit, _OWN), mistakes=mistakes, why=why,
        of=visit.form.get("of", ""),
    )  # fmt: skip


def _case(visit: Visit) -> str:
    return str(visit.request.path_params["case_id"])[:64]


def _joint(visit: Visit) -> str:
    return str(visit.request.path_params["joint_id"])[:64]


_SHARE: Final = Action.CASE_SHARE

PAGES = (
    Page(path="/cases/{case_id}/share", show=share, action=_SHARE),
    Page(path="/cases/{case_id}/share", show=shared, method="POST", action=_SHARE),
    Page(path="/cases/{case_id}/shares/{share_id}/end", show=unshare, method="POST",
         action=_SHARE),
    Page(path="/joint-cases/{joint_id}", show=joint_case, action=Action.CASE_READ),
    Page(path="/joint-cases/{joint_id}/take-up", show=take_up, method="POST", action=_SHARE),
    Page(path="/joint-cases/{joint_id}/tasks/{task_id}/done", show=done, method="POST",
         action=_SHARE),
)  # fmt: skip
