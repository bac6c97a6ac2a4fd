"""A report as one page that stands alone: a file to open, print or send, without any request."""

from __future__ import annotations

from pathlib import Path
from typing import Final, cast

from esclusa.node.reporting import tables as told
from esclusa.node.reporting.words import say
from esclusa.sharing.report_views import CaseworkReport
from esclusa.sharing.rule_views import RateView
from esclusa.web.day_plots import day_plot
from esclusa.web.plots import Plot, interval_plot
from esclusa.web.site import environment

_STYLE: Final = Path(__file__).parent / "templates" / "report_file.css"


def lane_plot(view: CaseworkReport, language: str) -> Plot | None:
    """Return the plot of find rates by lane, None where none is known."""
    rows = [
        (told.title_of(row, language), _rate(row.cells["now"]))
        for one in view.sections for row in one.rows if row.figure == "exams_rate" and row.part
    ]  # fmt: skip
    return interval_plot(cast("list[tuple[str, RateView | None]]", rows))


def _rate(cell: object) -> RateView:
    known = cast("RateView", cell)  # both have a share with its interval
    share = getattr(cell, "value", None)
    return RateView(hits=0, examined=0, found=0, share=share, low=known.low, high=known.high)


def page(view: CaseworkReport, language: str) -> str:
    """Return the report as HTML, its style within."""
    template = environment(language, lambda name: name).get_template("report_file.html")
    return template.render(
        view=view, heading=told.heading(view, language), marking=told.marking(view, language),
        about=told.about(view, language), sections=told.sections(view, language),
        definitions=told.definitions(view.definitions, language), days=day_plot(view.days),
        lanes=lane_plot(view, language), style=_STYLE.read_text(encoding="utf-8"),
        say=lambda key, *values: say(key, language, *values),
    )  # fmt: skip
