"""The API's addresses about cases shared with partners: the same services as the pages."""

from __future__ import annotations

from typing import Final

import msgspec

from esclusa.api.endpoint import Call, at
from esclusa.api.shapes import Asked
from esclusa.errors import InputError
from esclusa.sharing import joint_views as views
from esclusa.sharing.case_views import CaseView


class PreviewQuery(msgspec.Struct, frozen=True, kw_only=True):
    """With whom a case would be shared, and why as far as that is written."""

    partner: str
    reason: str = ""


class CaseShared(Asked, frozen=True, kw_only=True):
    """A case to be shared with a ``partner``, why, and the ``version`` of the case as it was seen:
    refused when somebody was faster."""

    partner: str
    reason: str
    version: str


class ShareEnded(Asked, frozen=True, kw_only=True):
    """Why what was shared is taken back."""

    reason: str


class JointTakenUp(Asked, frozen=True, kw_only=True):
    """A case of ours for one that a partner shares; ``level`` None keeps that of what is shared."""

    title: str
    summary: str = ""
    level: int | None = None


class JointTaskDone(Asked, frozen=True, kw_only=True):
    """What came of a task that our service was given, and the ``version`` of the joint case as it
    was seen."""

    version: str
    result: str = ""


async def share_start(call: Call) -> views.ShareStartView:
    """Tell with whom a case can be shared, and why nothing would reach the others."""
    return await call.ask(call.node.joint_desk.start, call.path["case_id"])


async def share_preview(call: Call) -> views.JointView:
    """Show what a partner would see of a case if it were shared now."""
    asked: PreviewQuery = call.query
    return await call.ask(
        call.node.joint_desk.preview, call.path["case_id"], asked.partner, asked.reason
    )


async def case_shared(call: Call) -> views.JointView:
    """Share a case with a partner."""
    asked: CaseShared = call.body
    return await call.ask(
        call.node.joint_desk.share, call.path["case_id"], asked.partner, asked.reason,
        version=_seen(asked.version),
    )  # fmt: skip


async def share_ended(call: Call) -> CaseView:
    """Take back from a partner what it was told of a case."""
    asked: ShareEnded = call.body
    return await call.ask(
        call.node.joint_desk.unshare, call.path["case_id"], call.path["share_id"], asked.reason
    )


async def joint_list(call: Call) -> tuple[views.JointRow, ...]:
    """List the cases shared with partners or by them, the one worked on last first."""
    return await call.ask(call.node.joint_desk.joints)


async def joint_shown(call: Call) -> views.JointView:
    """Show a joint case with the history of both sides."""
    return await call.ask(call.node.joint_desk.show, call.path["joint_id"])


async def joint_taken_up(call: Call) -> CaseView:
    """Open a case of our own for one that a partner shares."""
    asked: JointTakenUp = call.body
    return await call.ask(
        call.node.joint_desk.take_up, call.path["joint_id"],
        {"title": asked.title, "summary": asked.summary}, level=asked.level,
    )  # fmt: skip


async def joint_task_done(call: Call) -> views.JointView:
    """Say that a task is done which the other side gave to our service."""
    asked: JointTaskDone = call.body
    return await call.ask(
        call.node.joint_desk.done, call.path["joint_id"], call.path["task_id"], asked.result,
        version=_seen(asked.version),
    )  # fmt: skip


def _seen(version: str) -> str:
    if not version:
        raise InputError("version is empty; send the one of the case as you saw it")
    return version


ENDPOINTS: Final = (
    at("GET", "/cases/{case_id}/share-start", share_start, views.ShareStartView),
    at("GET", "/cases/{case_id}/share-preview", share_preview, views.JointView,
       query=PreviewQuery),
    at("POST", "/cases/{case_id}/shares", case_shared, views.JointView, body=CaseShared),
    at("POST", "/cases/{case_id}/shares/{share_id}/end", share_ended, CaseView, body=ShareEnded),
    at("GET", "/joint-cases", joint_list, tuple[views.JointRow, ...]),
    at("GET", "/joint-cases/{joint_id}", joint_shown, views.JointView),
    at("POST", "/joint-cases/{joint_id}/case", joint_taken_up, CaseView, body=JointTakenUp),
    at("POST", "/joint-cases/{joint_id}/tasks/{task_id}/done", joint_task_done, views.JointView,
       body=JointTaskDone),
)  # fmt: skip
