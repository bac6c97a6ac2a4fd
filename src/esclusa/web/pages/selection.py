"""Selection of what is opened at a port: sheets, their draw and changes, and the report on them."""

from __future__ import annotations

from typing import Any, cast
from urllib.parse import quote, urlencode

import msgspec
from starlette.responses import Response

from esclusa.api.queries import check_value, number
from esclusa.node.report_pdf import report_pdf, sheet_pdf
from esclusa.node.report_tables import (
    definitions_of,
    marking_of,
    report_csv,
    report_tables,
    sheet_csv,
    sheet_table,
    word,
    written,
)
from esclusa.sharing.reader import Action
from esclusa.sharing.rule_views import RateView
from esclusa.sharing.selection_views import ReportView
from esclusa.web.catalogue import mark as _
from esclusa.web.page import Group, Page
from esclusa.web.plots import interval_plot
from esclusa.web.trade_plots import trade_plot
from esclusa.web.visit import Visit

_MOST_SLOTS = 20_000
_OTHERS_SHOWN = 500
_PERIOD = ("since", "until", "port")


async def show(visit: Visit) -> Response:
    """Draw the selections, the newest day first, and the form of a new one."""
    port = visit.param("port")
    check_value("port", port, limits=visit.site.limits)
    found = await visit.ask(visit.site.node.selection_desk.selections, port=port, limit=200)
    may = visit.reader.may(Action.SELECTION_WRITE)
    return visit.page("selections.html", found=found, port=port, may_write=may)


async def one(visit: Visit) -> Response:
    """Draw a selection: its sheet, steps, and the line between finds and value."""
    view = await visit.ask(visit.site.node.selection_desk.show, _name(visit))
    others = [row for row in view.rows if not row.now]
    return visit.page(
        "selection.html", view=view, table=sheet_table(view, visit.language),
        others=others[:_OTHERS_SHOWN], more=len(others[_OTHERS_SHOWN:]),
        address=_address(view.name), plot=trade_plot(view.trade), **_words(visit),
    )  # fmt: skip


async def commit(visit: Visit) -> Response:
    """Publish a commitment and show it."""
    form = visit.form
    level = number("level", form["level"], high=4) if form.get("level") else None
    made = await visit.ask(
        visit.site.node.selection_desk.commit, port=form.get("port", "").strip().upper(),
        day=form.get("day", ""), shift=form.get("shift", "").strip().upper(),
        capacity=number("capacity", form.get("capacity", ""), low=1, high=_MOST_SLOTS), level=level,
    )  # fmt: skip
    return visit.go(_address(made.name))


async def draw(visit: Visit) -> Response:
    """Fix the list of candidates and draw."""
    desk, until = visit.site.node.selection_desk, visit.form.get("until", "")
    made = await visit.ask(desk.draw, _name(visit), until=until)
    return visit.go(_address(made.name))


async def swap(visit: Visit) -> Response:
    """Take a candidate off the proposal, another on it, or both."""
    form = visit.form
    made = await visit.ask(
        visit.site.node.selection_desk.swap, _name(visit), reason=form.get("reason", ""),
        out=form.get("out", ""), taken=form.get("taken", ""),
    )  # fmt: skip
    return visit.go(_address(made.name))


async def reveal(visit: Visit) -> Response:
    """Reveal the seed."""
    made = await visit.ask(visit.site.node.selection_desk.reveal, _name(visit))
    return visit.go(_address(made.name))


async def sheet_as_pdf(visit: Visit) -> Response:
    """Give the sheet as PDF."""
    view = await visit.ask(visit.site.node.selection_desk.show, _name(visit), trade=False)
    return visit.attach(f"selection-{_file(view.name)}.pdf", sheet_pdf(view, visit.language))


async def sheet_as_csv(visit: Visit) -> Response:
    """Give the sheet as CSV."""
    view = await visit.ask(visit.site.node.selection_desk.show, _name(visit), trade=False)
    return visit.attach(f"selection-{_file(view.name)}.csv", sheet_csv(view, visit.language))


async def proof(visit: Visit) -> Response:
    """Give what others need to check the draw."""
    told = await visit.ask(visit.site.node.selection_desk.proof, _name(visit))
    name = f"{told.port}-{told.day}-{told.shift}".strip("-")
    return visit.attach(f"proof-{name}.json", msgspec.json.encode(told))


async def verify(visit: Visit) -> Response:
    """Make the draw again and say whether it is what it says."""
    desk, name = visit.site.node.selection_desk, _name(visit)
    found = await visit.ask(desk.verify, name)
    return visit.page("selection_check.html", found=found, address=_address(name))


async def report(visit: Visit) -> Response:
    """Draw the report of a period."""
    view = await _report(visit)
    lanes = [(word("names", row.name, visit.language), row) for row in view.lanes]
    weeks = [(row.week, row.missed) for row in view.weeks]
    asked = {key: visit.param(key) for key in _PERIOD if visit.param(key)}
    return visit.page(
        "selection_report.html", view=view, tables=report_tables(view, visit.language),
        lanes=_plot(lanes),
        weeks=_plot([(week, one) for week, one in weeks if one.value is not None]),
        query="?" + urlencode(asked) if asked else "", port=visit.param("port"),
        alarms=sum(row.alarm for row in view.groups), marking=marking_of(view, visit.language),
        definitions=definitions_of(view, visit.language), **_words(visit),
    )  # fmt: skip


async def report_as_pdf(visit: Visit) -> Response:
    """Give the report as PDF."""
    view = await _report(visit)
    return visit.attach(f"{_report_name(view)}.pdf", report_pdf(view, visit.language))


async def report_as_csv(visit: Visit) -> Response:
    """Give the report as CSV."""
    view = await _report(visit)
    return visit.attach(f"{_report_name(view)}.csv", report_csv(view, visit.language))


async def _report(visit: Visit) -> ReportView:
    asked = {key: visit.param(key) for key in _PERIOD}
    for key, value in asked.items():
        check_value(key, value, limits=visit.site.limits)
    return await visit.ask(visit.site.node.report_desk.report, **asked)


def _plot(rows: list[tuple[str, Any]]) -> Any:
    """Return the plot of shares; rows of estimates have ``value`` where rates have ``share``."""
    told = [
        (label, RateView(
            hits=0, examined=0, found=0, share=getattr(row, "share", getattr(row, "value", None)),
            low=row.low, high=row.high,
        ))
        for label, row in rows
    ]  # fmt: skip
    return interval_plot(cast("list[tuple[str, RateView | None]]", told))


def _words(visit: Visit) -> dict[str, Any]:
    language = visit.language
    return {
        "say": lambda key, *values: word("titles", key, language, *values),
        "name_of": lambda key: word("names", key, language),
        "cell": lambda column, value: written(column, value, language),
    }


def _name(visit: Visit) -> str:
    name: str = visit.request.path_params["selection"]
    check_value("selection", name, limits=visit.site.limits)
    return name


def _address(name: str) -> str:
    return f"/selections/{quote(name.replace('/', '.'), safe='')}"


def _file(name: str) -> str:
    return name.replace("/", "-").replace("@", "-")


def _report_name(view: ReportView) -> str:
    return f"selection-report-{view.since}-{view.until}"


_READ, _WRITE = Action.SELECTION_READ, Action.SELECTION_WRITE

PAGES = (
    Page(path="/selections", show=show, action=_READ, label=_("Selection"),
         group=Group.WORK, order=70),
    Page(path="/selections", show=commit, method="POST", action=_WRITE),
    Page(path="/selections/{selection}", show=one, action=_READ),
    Page(path="/selections/{selection}/draw", show=draw, method="POST", action=_WRITE),
    Page(path="/selections/{selection}/swap", show=swap, method="POST", action=_WRITE),
    Page(path="/selections/{selection}/reveal", show=reveal, method="POST", action=_WRITE),
    Page(path="/selections/{selection}/check", show=verify, action=_READ),
    Page(path="/selections/{selection}/sheet.pdf", show=sheet_as_pdf, action=_READ, download=True),
    Page(path="/selections/{selection}/sheet.csv", show=sheet_as_csv, action=_READ, download=True),
    Page(path="/selections/{selection}/proof.json", show=proof, action=_READ, download=True),
    Page(path="/selection-report", show=report, action=Action.REPORT_READ,
         label=_("Selection report"),
         group=Group.OVERSIGHT, order=30),
    Page(path="/selection-report.pdf", show=report_as_pdf, action=Action.REPORT_READ,
         download=True),
    Page(path="/selection-report.csv", show=report_as_csv, action=Action.REPORT_READ,
         download=True),
)  # fmt: skip
