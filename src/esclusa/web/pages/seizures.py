"""Seizures: events and counts, one event with each service's report, the form of a report."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

import msgspec
from starlette.datastructures import FormData
from starlette.responses import Response

from esclusa.analysis.seizures import PERIODS
from esclusa.api.queries import one_of
from esclusa.casework.seizures import categories
from esclusa.errors import EsclusaError, InputError, NotFound, StateError
from esclusa.model import Place, SeizedItem, Seizure
from esclusa.sharing.reader import Action
from esclusa.web import steps
from esclusa.web.catalogue import mark as _
from esclusa.web.page import Group, Page
from esclusa.web.visit import Visit

ROWS: Final = 100
LINES: Final = 5
"""Lines for goods on the form; more are reported by API or command line."""
PROBLEMS: Final = steps.PROBLEMS | {
    "moment": _("Write a day like 2026-11-28, or a moment like 2026-11-28T10:00Z."),
}
_TEXTS: Final = ("agency", "number", "event", "seized", "part", "equipment", "carrier", "bill",
                 "concealment", "examination")  # fmt: skip
_GOODS: Final = ("category", "what", "quantity", "unit")
_ITEM: Final = re.compile(r"items\[(\d+)\]\.(\w+)")
_PARTNER: Final = "partner_"
"""Begins the names of the boxes that choose partners."""


class Tried(msgspec.Struct, frozen=True, kw_only=True):
    """A report that was not kept: what was typed, what is wrong; ``faster``: it has changed."""

    typed: Mapping[str, str] = {}
    mistakes: Mapping[str, str] = {}
    why: str = ""


async def show(visit: Visit) -> Response:
    """Draw seizures, the newest first, and how many there are by period and category."""
    desk = visit.site.node.seizure_desk
    category = one_of("category", visit.param("category"), ("", *categories()))
    by = one_of("by", visit.param("by") or "month", PERIODS)
    since, until = visit.param("since").strip(), visit.param("until").strip()
    page = await visit.ask(desk.seizures, category=category, since=since, until=until, limit=ROWS)
    counts = await visit.ask(desk.counts, by=by, since=since, until=until)
    return visit.page(
        "seizures.html", page=page, counts=counts, category=category, by=by, since=since,
        until=until, categories=tuple(categories().values()), periods=PERIODS,
    )  # fmt: skip


async def event(visit: Visit) -> Response:
    """Draw one seizure with each service's report."""
    view = await visit.ask(visit.site.node.seizure_desk.show, _event(visit))
    return visit.page("seizure.html", view=view)


async def start(visit: Visit) -> Response:
    """Draw the form of a new report, from an examination or from nothing."""
    return await _started(visit, Tried())


async def begin(visit: Visit) -> Response:
    """Report a seizure, or show the form again with what is wrong."""
    form = visit.form
    partners = [name.removeprefix(_PARTNER) for name in form if name.startswith(_PARTNER)]
    try:
        view = await visit.ask(
            visit.site.node.seizure_desk.report, _body(form), partners=partners,
            about=form.get("about", ""),
        )  # fmt: skip
    except (StateError, InputError) as error:
        return await _started(visit, _tried(visit, error), status=steps.status(error))
    return visit.go(f"/seizures/{view.row.event}")


async def edit(visit: Visit) -> Response:
    """Draw the form that corrects a report of ours."""
    return await _edited(visit, Tried())


async def correct(visit: Visit) -> Response:
    """Correct a report or take it back, or show the form again with what is wrong."""
    form, desk = visit.form, visit.site.node.seizure_desk
    name, version = _record(visit), form.get("version", "")
    try:
        if form.get("withdraw") == "yes":
            await visit.ask(desk.withdraw, name, form.get("why", ""), version=version)
            return visit.go("/seizures")
        body = msgspec.structs.replace(_body(form), why=form.get("why", ""))
        view = await visit.ask(desk.correct, name, body, version=version)
    except (StateError, InputError) as error:
        return await _edited(visit, _tried(visit, error), status=steps.status(error))
    return visit.go(f"/seizures/{view.row.event}")


async def _started(visit: Visit, tried: Tried, *, status: int = 200) -> Response:
    about = (visit.form.get("about", "") or visit.param("about"))[:64]
    view = await visit.ask(visit.site.node.seizure_desk.start, about)
    return visit.page(
        "seizure_form.html", status=status, view=view, tried=tried, began=about,
        typed=tried.typed or _flat(view.body), report=None, event="", lines=range(LINES),
    )  # fmt: skip


async def _edited(visit: Visit, tried: Tried, *, status: int = 200) -> Response:
    desk = visit.site.node.seizure_desk
    shown = await visit.ask(desk.show, _event(visit))
    report = next((one for one in shown.reports if one.record == _record(visit)), None)
    if report is None or not report.own:
        raise NotFound("no such report")
    view = await visit.ask(desk.start, "")
    return visit.page(
        "seizure_form.html", status=status, view=view, tried=tried, began="",
        typed=tried.typed or _flat(report.body), report=report, event=shown.row.event,
        lines=range(max(LINES, len(report.body.items))),
    )  # fmt: skip


def _event(visit: Visit) -> str:
    return str(visit.request.path_params["event"])[:64]


def _record(visit: Visit) -> str:
    return str(visit.request.path_params["report_id"])[:64]


def _body(form: Mapping[str, str] | FormData) -> Seizure:
    said = {name: str(form.get(name, "")).strip() for name in _TEXTS}
    place = str(form.get("place", "")).strip().upper()
    return Seizure(
        **said,
        items=tuple(_goods(form)),
        place=Place(code=place, scheme="unlocode") if place else Place(),
    )


def _lines(form: Mapping[str, str] | FormData) -> list[tuple[int, tuple[str, ...]]]:
    """Return the lines of goods in which something was filled in, each with its number."""
    found = []
    for line in range(100):
        if not any(f"{name}_{line}" in form for name in _GOODS):
            break
        said = tuple(str(form.get(f"{name}_{line}", "")).strip() for name in _GOODS)
        if any(said):
            found.append((line, said))
    return found


def _goods(form: Mapping[str, str] | FormData) -> list[SeizedItem]:
    """Return the goods of the form."""
    return [
        SeizedItem(
            category=category, what=what, quantity=_number(quantity) if quantity else None,
            unit=unit.upper(),
        )
        for _line, (category, what, quantity, unit) in _lines(form)
    ]  # fmt: skip


def _number(text: str) -> float:
    """Return a number; what is none becomes one that is refused with the words for it."""
    try:
        return float(text)
    except ValueError:
        return -1.0


def _flat(body: Seizure) -> dict[str, str]:
    """Return a report as the form's fields hold it."""
    said = {name: str(getattr(body, name)) for name in _TEXTS} | {"place": body.place.code}
    for line, item in enumerate(body.items):
        said |= {
            f"category_{line}": item.category, f"what_{line}": item.what,
            f"unit_{line}": item.unit,
            f"quantity_{line}": f"{item.quantity:g}" if item.quantity is not None else "",
        }  # fmt: skip
    return said


def _tried(visit: Visit, error: EsclusaError) -> Tried:
    said, why = steps.mistaken(error, visit.language, PROBLEMS)
    lines = [line for line, _said in _lines(visit.form)]
    mistakes = {_field(name, lines): text for name, text in said.items()}
    typed = {name: str(value) for name, value in visit.form.items() if name != "csrf"}
    return Tried(typed=typed, mistakes=mistakes, why=why)


def _field(name: str, lines: list[int]) -> str:
    """Return the form's field for what a report names: goods by the line they were typed in."""
    if found := _ITEM.fullmatch(name):
        return f"{found[2]}_{lines[int(found[1])]}"
    return "category_0" if name == "items" else name


_READ, _WRITE = Action.SEIZURE_READ, Action.SEIZURE_WRITE

PAGES = (
    Page(path="/seizures", show=show, action=_READ, label=_("Seizures"), group=Group.WORK,
         order=65),
    Page(path="/seizures/{event}", show=event, action=_READ),
    Page(path="/seizures/{event}/reports/{report_id}", show=edit, action=_WRITE),
    Page(path="/seizures/{event}/reports/{report_id}", show=correct, method="POST",
         action=_WRITE),
    Page(path="/seizure-starts", show=start, action=_WRITE),
    Page(path="/seizure-starts", show=begin, method="POST", action=_WRITE),
)  # fmt: skip
