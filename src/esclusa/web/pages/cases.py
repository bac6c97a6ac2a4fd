"""The case room: the list, one case with its tasks, evidence and history, a form for each step.

A step that cannot be made leaves everything on the page that was typed: what is wrong stands at its
field, and where somebody was faster the page shows what has changed. A file of evidence is never
drawn; it is handed out as a file to keep.
"""

from __future__ import annotations

from typing import Final

import msgspec
from starlette.responses import Response

from esclusa.api.case_endpoints import STATES
from esclusa.api.download import attachment
from esclusa.api.queries import one_of
from esclusa.casework.case_words import fields, words
from esclusa.errors import EsclusaError, InputError, NotFound, StateError
from esclusa.model import Level
from esclusa.node.case_writing import Wanted
from esclusa.sharing.case_views import CaseView, OfItemView
from esclusa.sharing.reader import Action
from esclusa.web import steps
from esclusa.web.advice import SILENT
from esclusa.web.catalogue import mark as _
from esclusa.web.page import Group, Page
from esclusa.web.visit import Visit

ROWS: Final = 100
LATEST: Final = 60
"""Steps of the history that a page shows when not asked for more: what a day of work makes."""
_OWN: Final = frozenset({"csrf", "version", "move", "of", "under", "level", "case", "caveat"})
"""Fields of the forms that are no facts to record."""


class Tried(steps.Tried, frozen=True, kw_only=True):
    """A step on a case, or on the thing ``of`` it, that was not made."""

    of: str = ""
    under: str = ""
    level: str = ""
    case: str = ""
    caveats: tuple[str, ...] = ()

    def shown_in(self, view: CaseView) -> bool:
        """Tell whether the page draws the form that was tried."""
        forms = {one.name: one.moves for one in view.items}
        forms |= {one.name: one.moves for one in view.tasks}
        forms |= {one.name: one.moves for one in view.evidence}
        drawn = (*view.moves, *forms.get(self.of, ()))
        return self.move in {one.move.code for one in drawn} or self.move == "export"


async def show(visit: Visit) -> Response:
    """Draw the cases, those with overdue tasks first."""
    state = one_of("state", visit.param("state") or "open", STATES)
    mine = one_of("mine", visit.param("mine"), ("", "yes"))
    desk = visit.site.node.case_desk
    page = await visit.ask(desk.cases, state=state, mine=mine == "yes", limit=ROWS)
    joints = await visit.ask(visit.site.node.joint_desk.joints)
    return visit.page(
        "cases.html", page=page, state=state, mine=mine, states=STATES, texts=words("state"),
        joints=joints[:ROWS],
    )  # fmt: skip


async def case(visit: Visit) -> Response:
    """Draw one case: tasks, items, evidence with its custody, history, and a form for each step
    possible now."""
    return await _drawn(visit, Tried())


async def move(visit: Visit) -> Response:
    """Make a step on a case, or show its page again with what is wrong."""
    name, form = _name(visit), visit.form
    desk = visit.site.node.case_desk
    wanted = _wanted(visit, form.get("move", ""))
    try:
        await visit.ask(desk.move, name, wanted)
    except (StateError, InputError) as error:
        return await _drawn(visit, _tried(visit, error), status=steps.status(error))
    return visit.go(f"/cases/{name}")


async def take_in(visit: Visit) -> Response:
    """Take files of evidence in, or show the case again with what is wrong; the files must be
    chosen again then, because no page may choose a file."""
    name, desk = _name(visit), visit.site.node.case_desk
    given = [file for file in visit.files if file.filename]
    if not given:
        raise steps.no_file()
    wanted = _wanted(visit, "take_in")
    try:
        for file in given:
            await visit.ask(desk.take_in, name, file.filename or "", file.file, wanted)
            # What comes with the same form was seen by the same eyes.
            wanted = msgspec.structs.replace(wanted, version="")
    except (StateError, InputError) as error:
        tried = msgspec.structs.replace(_tried(visit, error), move="take_in")
        return await _drawn(visit, tried, status=steps.status(error))
    return visit.go(f"/cases/{name}#evidence")


async def read(visit: Visit) -> Response:
    """Hand a file of evidence out; that it was read is written in its chain of custody."""
    evidence = str(visit.request.path_params["evidence_id"])[:64]
    try:
        file, stream = await visit.ask(
            visit.site.node.case_desk.read, _name(visit), evidence,
            why=visit.form.get("why", "").strip(),
        )  # fmt: skip
    except (StateError, InputError) as error:
        tried = msgspec.structs.replace(_tried(visit, error), move="read", of=evidence)
        return await _drawn(visit, tried, status=steps.status(error))
    return attachment(stream, file.size, file.name)


async def package(visit: Visit) -> Response:
    """Hand a case out as one sealed package, of what its reader may see."""
    given = {key: visit.form.get(key, "").strip() for key in ("to", "why")}
    try:
        made = await visit.ask(
            visit.site.node.case_desk.export, _name(visit), given, language=visit.language
        )
    except (StateError, InputError) as error:
        tried = msgspec.structs.replace(_tried(visit, error), move="export")
        return await _drawn(visit, tried, status=steps.status(error))
    return attachment(made.file, made.size, made.name)


async def checks(visit: Visit) -> Response:
    """Draw how each file of evidence compares with the hash recorded when it came."""
    view = await visit.ask(visit.site.node.case_desk.show, _name(visit))
    found = await visit.ask(visit.site.node.case_desk.verify, _name(visit))
    return visit.page("case_checks.html", view=view, found=found)


async def start(visit: Visit) -> Response:
    """Draw the form of a new case, with a thing to put into it or into a case that there is."""
    return await _started(visit, Tried())


async def begin(visit: Visit) -> Response:
    """Open a case or put a thing into one, or show the form again with what is wrong."""
    kind, item = _thing(visit)
    form, desk = visit.form, visit.site.node.case_desk
    chosen, why = form.get("case", ""), form.get("why", "").strip()
    try:
        if chosen:
            view = await visit.ask(
                desk.put, chosen, kind, item, why=why, under=form.get("under") or "all"
            )
        else:
            given = {key: form.get(key, "").strip() for key in ("title", "summary")}
            view = await visit.ask(
                desk.open, given, kind=kind, item=item, why=why, level=_level(visit),
                caveats=visit.chosen.get("caveat", ()),
            )  # fmt: skip
    except (StateError, InputError) as error:
        return await _started(visit, _tried(visit, error), status=steps.status(error))
    return visit.go(f"/cases/{view.row.id}")


async def cases_of(visit: Visit, kind: str, name: str) -> OfItemView:
    """Return the open cases that hold a thing, for its page."""
    return await visit.ask(visit.site.node.case_desk.of_item, kind, name)


async def _drawn(visit: Visit, tried: Tried, *, status: int = 200) -> Response:
    view = await visit.ask(visit.site.node.case_desk.show, _name(visit))
    tried = steps.against(visit, tried, view.version)
    return visit.page(
        "case.html", status=status, view=view, tried=tried, levels=_levels(visit, view.row.level),
        latest=len(view.steps) if visit.param("history") == "whole" else LATEST,
        limit=visit.site.limits.upload_bytes, lost=bool(tried.move) and not tried.shown_in(view),
    )  # fmt: skip


async def _started(visit: Visit, tried: Tried, *, status: int = 200) -> Response:
    view = await visit.ask(visit.site.node.case_desk.start, *_thing(visit))
    return visit.page("case_start.html", status=status, view=view, tried=tried)


def _levels(visit: Visit, least: int) -> list[int]:
    return [int(one) for one in Level if least <= one <= visit.reader.clearance]


def _name(visit: Visit) -> str:
    return str(visit.request.path_params["case_id"])[:64]


def _thing(visit: Visit) -> tuple[str, str]:
    found = visit.request.path_params
    kind = str(found.get("item_kind", ""))
    if kind and kind not in words("item"):
        raise NotFound("no such kind of thing")
    return kind, str(found.get("item_id", ""))[:64]


def _level(visit: Visit) -> int | None:
    """Return the level chosen, None where nobody has; what is no number is refused below."""
    text = visit.form.get("level", "")
    if not text:
        return None
    return int(text) if text.isascii() and text.isdigit() and len(text) < 3 else -1


def _wanted(visit: Visit, asked: str) -> Wanted:
    form = visit.form
    return Wanted(
        move=asked, given=steps.given(visit, _OWN, fields()), of=form.get("of", ""),
        level=_level(visit), under=form.get("under") or "all", version=form.get("version", ""),
    )  # fmt: skip


def _tried(visit: Visit, error: EsclusaError | None) -> Tried:
    mistakes, why = steps.mistaken(error, visit.language) if error is not None else ({}, SILENT)
    form = visit.form
    return Tried(
        move=form.get("move", ""), of=form.get("of", ""), typed=steps.typed(visit, _OWN),
        mistakes=mistakes, why=why, under=form.get("under", ""), level=form.get("level", ""),
        case=form.get("case", ""), caveats=visit.chosen.get("caveat", ()),
    )  # fmt: skip


_READ, _MOVE = Action.CASE_READ, Action.CASE_MOVE

PAGES = (
    Page(path="/cases", show=show, action=_READ, label=_("Cases"), group=Group.WORK, order=40),
    Page(path="/cases/{case_id}", show=case, action=_READ),
    Page(path="/cases/{case_id}/move", show=move, method="POST", action=_MOVE),
    Page(path="/cases/{case_id}/evidence", show=take_in, method="POST",
         action=Action.CASE_EVIDENCE, files=True),
    Page(path="/cases/{case_id}/evidence/{evidence_id}", show=read, method="POST",
         action=Action.CASE_EVIDENCE),
    Page(path="/cases/{case_id}/package", show=package, method="POST", action=Action.CASE_EXPORT),
    Page(path="/cases/{case_id}/checks", show=checks, action=_READ),
    Page(path="/case-starts", show=start, action=_MOVE),
    Page(path="/case-starts", show=begin, method="POST", action=_MOVE),
    Page(path="/case-starts/{item_kind}/{item_id}", show=start, action=_MOVE),
    Page(path="/case-starts/{item_kind}/{item_id}", show=begin, method="POST", action=_MOVE),
)  # fmt: skip
