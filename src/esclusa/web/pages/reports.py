"""Reports on casework: a month or a year, the records behind each figure, and what was kept."""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import quote, urlencode

from starlette.responses import Response

from esclusa.api.queries import check_value, number
from esclusa.node.reporting import tables as told
from esclusa.node.reporting.words import say, section
from esclusa.node.reporting.written import FORMATS, file_name
from esclusa.sharing.reader import Action
from esclusa.sharing.report_views import CaseworkReport
from esclusa.web.catalogue import mark as _
from esclusa.web.day_plots import day_plot
from esclusa.web.page import Group, Page
from esclusa.web.report_page import lane_plot
from esclusa.web.visit import Visit

ROWS: Final = 100
"""Records behind a figure that one page shows."""


async def latest(visit: Visit) -> Response:
    """Draw the report of the period asked for, or of this month."""
    desk = visit.site.node.casework_reports
    name = visit.param("period").strip() or await visit.ask(desk.this_month)
    check_value("period", name, limits=visit.site.limits)
    return await _drawn(visit, name)


async def show(visit: Visit) -> Response:
    """Draw the report of a month or a year beside those before it."""
    return await _drawn(visit, _path(visit, "period"))


async def _drawn(visit: Visit, name: str) -> Response:
    view, language = await _report(visit, name), visit.language
    return visit.page(
        "casework_report.html", view=view, heading=told.heading(view, language),
        marking=told.marking(view, language), about=told.about(view, language),
        earlier=told.earlier(view),
        sections=told.sections(view, language),
        definitions=told.definitions(view.definitions, language), days=day_plot(view.days),
        lanes=lane_plot(view, language), query="?hide_small=true" if view.hides_small else "",
        may_keep=visit.reader.may(Action.REPORT_KEEP), say=_sayer(visit),
    )  # fmt: skip


async def as_pdf(visit: Visit) -> Response:
    """Give the report as PDF."""
    return await _file(visit, "pdf")


async def as_docx(visit: Visit) -> Response:
    """Give the report as DOCX."""
    return await _file(visit, "docx")


async def as_csv(visit: Visit) -> Response:
    """Give the report as CSV."""
    return await _file(visit, "csv")


async def behind(visit: Visit) -> Response:
    """Draw the records that a figure of a report counts."""
    period, figure = _path(visit, "period"), _path(visit, "figure")
    part, of = (visit.param(name) for name in ("part", "of"))
    for name, value in (("part", part), ("of", of)):
        check_value(name, value, limits=visit.site.limits)
    offset = number("offset", visit.param("offset") or "0")
    view = await visit.ask(
        visit.site.node.casework_reports.behind, period, figure, part=part, of=of, limit=ROWS,
        offset=offset,
    )  # fmt: skip
    spanish = visit.language == "es"
    meaning = view.meaning

    def page(at: int) -> str:
        asked = {"part": part, "of": of, "offset": str(at) if at else ""}
        query = urlencode({key: value for key, value in asked.items() if value})
        return f"/reports/{quote(period)}/figures/{quote(figure)}" + (f"?{query}" if query else "")

    whole = told.title_of(meaning, visit.language)
    return visit.page(
        "report_behind.html", view=view, period=period,
        title=f"{whole}: {told.title_of(view, visit.language)}" if part else whole,
        section=section(meaning.section, visit.language),
        counts=meaning.counts_es if spanish else meaning.counts_en,
        leaves_out=meaning.not_es if spanish else meaning.not_en,
        earlier=page(max(0, offset - ROWS)), later=page(offset + ROWS), say=_sayer(visit),
    )  # fmt: skip


async def keep(visit: Visit) -> Response:
    """Freeze the report of a period that has ended, and show what was kept."""
    made = await visit.ask(visit.site.node.casework_reports.keep, _path(visit, "period"))
    return visit.go(f"/kept-reports/{made.row.digest}")


async def all_kept(visit: Visit) -> Response:
    """Draw the reports that were kept, the newest first."""
    found = await visit.ask(visit.site.node.casework_reports.kept_reports)
    return visit.page("kept_reports.html", found=found, say=_sayer(visit))


async def kept(visit: Visit) -> Response:
    """Draw a kept report beside the figures of now."""
    view = await visit.ask(visit.site.node.casework_reports.kept, _path(visit, "digest"))
    language = visit.language
    return visit.page(
        "kept_report.html", view=view, heading=say("report", language, view.row.period),
        table=told.kept_table(view, language),
        definitions=told.definitions(view.definitions, language), say=_sayer(visit),
    )  # fmt: skip


async def _report(visit: Visit, name: str) -> CaseworkReport:
    small = visit.param("hide_small") == "true"
    return await visit.ask(visit.site.node.casework_reports.report, name, hide_small=small)


async def _file(visit: Visit, form: str) -> Response:
    view = await _report(visit, _path(visit, "period"))
    return visit.attach(file_name(view, form), FORMATS[form](view, visit.language))


def _sayer(visit: Visit) -> Any:
    return lambda key, *values: say(key, visit.language, *values)


def _path(visit: Visit, name: str) -> str:
    value: str = visit.request.path_params[name]
    check_value(name, value, limits=visit.site.limits)
    return value


_READ = Action.REPORT_READ

PAGES = (
    Page(path="/reports", show=latest, action=_READ, label=_("Reports"), group=Group.OVERSIGHT,
         order=10),
    # The files first: a period's address takes any word.
    Page(path="/reports/{period}.pdf", show=as_pdf, action=_READ, download=True),
    Page(path="/reports/{period}.docx", show=as_docx, action=_READ, download=True),
    Page(path="/reports/{period}.csv", show=as_csv, action=_READ, download=True),
    Page(path="/reports/{period}", show=show, action=_READ),
    Page(path="/reports/{period}/figures/{figure}", show=behind, action=_READ),
    Page(path="/reports/{period}/keep", show=keep, method="POST", action=Action.REPORT_KEEP),
    Page(path="/kept-reports", show=all_kept, action=_READ),
    Page(path="/kept-reports/{digest}", show=kept, action=_READ),
)  # fmt: skip
