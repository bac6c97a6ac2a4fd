"""Models that score: the list with its steps, a model's card and shapes, fitting, activating."""

from __future__ import annotations

from urllib.parse import quote

from starlette.responses import Response

from esclusa.analysis.scoring import points
from esclusa.api.queries import check_value, number, one_of
from esclusa.errors import StateError
from esclusa.sharing.reader import Action
from esclusa.web.advice import SILENT, sentence
from esclusa.web.catalogue import mark as _
from esclusa.web.page import Group, Page
from esclusa.web.shape_plots import shape_plot
from esclusa.web.visit import Visit

_DAYS = ("7", "30", "90", "365")


async def show(visit: Visit) -> Response:
    """Draw the models, newest first, which is active, and who decided so why."""
    found = await visit.ask(visit.site.node.model_desk.models)
    return visit.page("models.html", found=found)


async def model(visit: Visit) -> Response:
    """Draw a model's card and shapes; on request also a comparison, and what moved since."""
    desk, name = visit.site.node.model_desk, _name(visit)
    page = await visit.ask(desk.show, name, language=visit.language)
    told, too_few = None, SILENT
    if visit.param("compare"):
        try:
            told = await visit.ask(desk.compare, name)
        except StateError as error:
            too_few = sentence(error, visit.language)
    moved, days = None, visit.param("days")
    if days:
        moved = await visit.ask(desk.drift, name, days=number("days", days, low=1, high=3660))
    return visit.page(
        "model.html", page=page, told=told, too_few=too_few, moved=moved, days=_DAYS,
        plot=shape_plot, log_odds=points,
    )  # fmt: skip


async def fit(visit: Visit) -> Response:
    """Fit a model and show its card."""
    name, form = visit.form.get("name", ""), visit.form
    check_value("name", name, limits=visit.site.limits)
    level = number("level", form["level"], high=4) if form.get("level") else None
    clock = one_of("clock", form.get("clock", "recorded"), ("recorded", "stated"))
    made = await visit.ask(visit.site.node.model_desk.fit, name, level=level, clock=clock)
    return visit.go(f"/models/{made.model.checksum}")


async def activate(visit: Visit) -> Response:
    """Let a model score from now on."""
    name = _name(visit)
    await visit.ask(visit.site.node.model_desk.activate, name, reason=visit.form.get("reason", ""))
    return visit.go(f"/models/{quote(name, safe='')}")


async def retire(visit: Visit) -> Response:
    """Leave no model active."""
    await visit.ask(visit.site.node.model_desk.retire, reason=visit.form.get("reason", ""))
    return visit.go("/models")


async def score(visit: Visit) -> Response:
    """Score a consignment anew and show it."""
    name = visit.request.path_params["record_id"]
    await visit.ask(visit.site.node.score_desk.score, [name], again=True)
    return visit.go(f"/records/{quote(name, safe='')}#model-score")


def _name(visit: Visit) -> str:
    name: str = visit.request.path_params["model"]
    check_value("model", name, limits=visit.site.limits)
    return name


PAGES = (
    Page(path="/models", show=show, action=Action.MODEL_READ, label=_("Models"),
         group=Group.GUIDANCE, order=30),
    Page(path="/models", show=fit, method="POST", action=Action.MODEL_FIT),
    Page(path="/models-retire", show=retire, method="POST", action=Action.MODEL_ACTIVATE,
         form="/models"),
    Page(path="/models/{model}", show=model, action=Action.MODEL_READ),
    Page(path="/models/{model}/activate", show=activate, method="POST",
         action=Action.MODEL_ACTIVATE),
    Page(path="/records/{record_id}/score", show=score, method="POST", action=Action.SCORE_WRITE),
)  # fmt: skip
