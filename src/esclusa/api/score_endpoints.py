"""The API's addresses about scores and the models that give them: the pages' services."""

from __future__ import annotations

from typing import Final, Literal

import msgspec

from esclusa.api import shapes
from esclusa.api.endpoint import Call, at
from esclusa.api.queries import check_limit, check_value
from esclusa.errors import InputError
from esclusa.sharing import score_views as views

_MOST_RECORDS: Final = 500
_LONGEST: Final = 3660


class ModelFitted(shapes.Asked, frozen=True, kw_only=True):
    """A name for the model; learn only from what is marked ``level`` or lower (None: from all that
    you may see); ``clock``: a consignment's moment is when it was recorded, or what it states."""

    name: str
    level: int | None = None
    clock: Literal["recorded", "stated"] = "recorded"


class ModelReason(shapes.Asked, frozen=True, kw_only=True):
    """Why, in your own words."""

    reason: str


class Scored(shapes.Asked, frozen=True, kw_only=True):
    """Record ids (at most 500; None for every consignment in force); ``again``: also those that the
    active model has scored."""

    records: tuple[str, ...] | None = None
    again: bool = False


class CompareQuery(msgspec.Struct, frozen=True, kw_only=True):
    """The other model, "" for the active one."""

    old: str = ""


class CardQuery(msgspec.Struct, frozen=True, kw_only=True):
    """The card's language, "" for your own."""

    language: Literal["", "en", "es"] = ""


class DriftQuery(msgspec.Struct, frozen=True, kw_only=True):
    """What was scored in so many days up to now is looked at, 1 to 3660."""

    days: int = 30


class VersionQuery(msgspec.Struct, frozen=True, kw_only=True):
    """An earlier score, from 1; 0 for the newest."""

    version: int = 0


async def models(call: Call) -> views.ModelsView:
    """The fitted models, which is active, and who decided so why."""
    return await call.ask(call.node.model_desk.models)


async def fit_model(call: Call) -> views.ModelPage:
    """Fit a model on known outcomes and keep it; it scores nothing until activated."""
    asked: ModelFitted = call.body
    return await call.ask(
        call.node.model_desk.fit, asked.name, level=asked.level, clock=asked.clock
    )


async def model(call: Call) -> views.ModelPage:
    """One model with its card and the shapes of its features."""
    return await call.ask(call.node.model_desk.show, _name(call), language=call.query.language)


async def compare_models(call: Call) -> views.CompareView:
    """A model against another on outcomes that neither learned from."""
    check_value("old", call.query.old, limits=call.limits)
    return await call.ask(call.node.model_desk.compare, _name(call), call.query.old)


async def model_drift(call: Call) -> views.DriftView:
    """What moved since training, and whether the probability holds on the control sample."""
    days: int = call.query.days
    if not 1 <= days <= _LONGEST:
        raise InputError(f"days is {days}, expected 1 to {_LONGEST}")
    return await call.ask(call.node.model_desk.drift, _name(call), days=days)


async def activate_model(call: Call) -> views.StepView:
    """Let a model score from now on."""
    return await call.ask(call.node.model_desk.activate, _name(call), reason=call.body.reason)


async def retire_model(call: Call) -> views.StepView:
    """Leave no model active: nothing is scored then."""
    return await call.ask(call.node.model_desk.retire, reason=call.body.reason)


async def score_consignments(call: Call) -> views.ScoredView:
    """Score consignments by the active model and keep the scores."""
    asked: Scored = call.body
    if asked.records is not None and len(asked.records) > _MOST_RECORDS:
        raise InputError(f"{len(asked.records)} records, expected at most {_MOST_RECORDS}")
    return await call.ask(call.node.score_desk.score, asked.records, again=asked.again)


async def highest_scores(call: Call) -> tuple[views.ScoreRow, ...]:
    """The consignments with the highest scores."""
    limit: int = call.query.limit
    check_limit(limit, call.limits)
    return await call.ask(call.node.score_desk.highest, limit=limit)


async def explain_score(call: Call) -> views.AssessmentView:
    """A consignment's score as it stood, with its reasons and their sum."""
    version: int = call.query.version
    if version < 0:
        raise InputError(f"version is {version}, expected 0 or more")
    return await call.ask(
        call.node.score_desk.explain, call.path["record_id"], version=version or None
    )


async def box_score(call: Call) -> views.BoxScoreView:
    """A container as the combination of its bills."""
    return await call.ask(call.node.score_desk.box, call.path["number"])


def _name(call: Call) -> str:
    name: str = call.path["model"]
    check_value("model", name, limits=call.limits)
    return name


ENDPOINTS: Final = (
    at("GET", "/models", models, views.ModelsView),
    at("POST", "/models", fit_model, views.ModelPage, body=ModelFitted),
    at("POST", "/models/retire", retire_model, views.StepView, body=ModelReason),
    at("GET", "/models/{model}", model, views.ModelPage, query=CardQuery),
    at("GET", "/models/{model}/comparison", compare_models, views.CompareView, query=CompareQuery),
    at("GET", "/models/{model}/drift", model_drift, views.DriftView, query=DriftQuery),
    at("POST", "/models/{model}/activate", activate_model, views.StepView, body=ModelReason),
    at("GET", "/scores", highest_scores, tuple[views.ScoreRow, ...], query=shapes.LimitQuery),
    at("POST", "/scores", score_consignments, views.ScoredView, body=Scored),
    at("GET", "/scores/{record_id}", explain_score, views.AssessmentView, query=VersionQuery),
    at("GET", "/boxes/{number}/score", box_score, views.BoxScoreView),
)
