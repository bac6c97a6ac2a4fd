"""Models and scores of a small node: one model active and one not, one scored consignment."""

from __future__ import annotations

from typing import Any

import msgspec

from esclusa.errors import NotFound, StateError
from esclusa.model import ScoreFigure, ScoreReason
from esclusa.sharing import score_views as views
from esclusa.sharing.reader import Action, Reader

MODEL = "cd" * 32
OLD = "ef" * 32
FIGURES = (
    ScoreFigure(name="auc", old=0.702, new=0.731, low=0.004, high=0.055),
    ScoreFigure(name="precision_5", old=0.31, new=0.29, low=-0.09, high=0.05),
)


class SmallModels:
    """The services of :class:`esclusa.node.model_desk.ModelDesk`. ``name`` stands for every text
    that a person wrote."""

    def __init__(self, name: str) -> None:
        self.name = name

    def _model(self, checksum: str) -> views.ModelView:
        active = checksum == OLD
        return views.ModelView(
            checksum=checksum, name=self.name or ("spring" if active else "summer"),
            fitted="2026-05-01T06:00:00.000000Z", by=self.name or "sol", known=4120, finds=331,
            prior=0.08, features=3, active=active, level=1,
            auc=None if active else 0.731, auc_low=0.70, auc_high=0.76,
            challenger=() if active else FIGURES,
        )  # fmt: skip

    def models(self, reader: Reader) -> views.ModelsView:
        reader.require(Action.MODEL_READ)
        step = views.StepView(
            move="activate", name=self.name or "spring", checksum=OLD, by=self.name or "sol",
            at="2026-05-02T06:00:00.000000Z", reason=self.name or "card read", compared=FIGURES,
        )  # fmt: skip
        return views.ModelsView(
            models=(self._model(MODEL), self._model(OLD)), steps=(step,),
            may_fit=reader.may(Action.MODEL_FIT), may_activate=reader.may(Action.MODEL_ACTIVATE),
        )  # fmt: skip

    def show(self, reader: Reader, name: str, *, language: str = "") -> views.ModelPage:
        reader.require(Action.MODEL_READ)
        if name not in (MODEL, OLD):
            raise NotFound("no such model")
        title = self.name or ("masa bruta" if language == "es" else "gross mass")
        number = views.ShapeView(
            title=title, number=True, cuts=(1_000.0, 5_000.0, 11_000.0),
            rows=(("< 1000", -2_000), ("1000 – 5000", 0), ("5000 – 11000", 1_000),
                  ("≥ 11000", 8_000), ("not stated", 500)),
        )  # fmt: skip
        text = views.ShapeView(
            title=self.name or "origin", number=False, cuts=(),
            rows=((self.name or "AA", 900), ("BB", -400), ("any other", 0), ("not stated", 20)),
        )  # fmt: skip
        flat = msgspec.structs.replace(text, rows=(("…", 0), ("not stated", 0)))
        return views.ModelPage(
            model=self._model(name), card=f"Model card: {self.name}\n\n" + "x" * 300 + "\n",
            shapes=(number, text, flat), more=2,
        )  # fmt: skip

    def compare(self, reader: Reader, new: str, old: str = "") -> views.CompareView:
        self.show(reader, new)
        if new == OLD:
            raise StateError("only 12 outcomes with 1 finds are new to both models")
        return views.CompareView(
            old=self.name or "spring", new=self.name or "summer", rows=812, finds=70, twins=0.031,
            figures=FIGURES,
        )  # fmt: skip

    def drift(self, reader: Reader, name: str, *, days: int = 30, **more: Any) -> views.DriftView:
        self.show(reader, name)
        shifts = (
            views.ShiftView(title=self.name or "gross mass", index=0.31, beyond=4.2, alarm=True),
            views.ShiftView(title="", index=0.02, beyond=0.3, alarm=False),
        )
        return views.DriftView(
            model="summer", rows=days * 10, shifts=shifts, control_rows=240, control_finds=9,
            expected=0.031, found=0.038, errors=0.6, alarm=False,
        )  # fmt: skip

    def fit(self, reader: Reader, name: str, **more: Any) -> views.ModelPage:
        reader.require(Action.MODEL_FIT)
        return self.show(reader, MODEL)

    def activate(self, reader: Reader, name: str, *, reason: str) -> views.StepView:
        reader.require(Action.MODEL_ACTIVATE)
        return self.models(reader).steps[0]

    def retire(self, reader: Reader, *, reason: str) -> views.StepView:
        reader.require(Action.MODEL_ACTIVATE)
        return self.models(reader).steps[0]


class SmallScores:
    """The services of :class:`esclusa.node.score_desk.ScoreDesk`."""

    def __init__(self, name: str) -> None:
        self.name = name

    def beside(self, reader: Reader, subject: str) -> views.AssessmentView | None:
        if not reader.may(Action.SCORE_READ):
            return None
        said = {"title_en": self.name or "gross mass", "title_es": self.name or "masa bruta"}
        return views.AssessmentView(
            record_id="0" * 36, subject_id=subject, version=2, of=2, subject_version=1,
            at="2026-05-03T06:00:00.000000Z", score=-20_000, probability=0.119, start=-25_000,
            rest=-1_000, points=30, model=self.name or "spring", checksum=OLD,
            feature_version="profiles-1", rules=("first 1",), lists=(self.name or "own 3",),
            reasons=(
                ScoreReason(contribution=8_000, value_en="12000", value_es="12000", **said),
                ScoreReason(contribution=-2_000, value_en=self.name or "x", value_es="x", **said),
            ),
            later=True, level=1,
        )  # fmt: skip

    def score(self, reader: Reader, names: Any = None, *, again: bool = False) -> views.ScoredView:
        reader.require(Action.SCORE_WRITE)
        return views.ScoredView(model="spring", checksum=OLD, scored=1, already=0)
