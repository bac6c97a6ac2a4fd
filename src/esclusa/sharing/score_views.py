"""What people see of models and scores."""

from __future__ import annotations

import msgspec

from esclusa.model import ScoreFigure, ScoreReason


class ModelView(msgspec.Struct, frozen=True, kw_only=True):
    """A fitted model in a list."""

    checksum: str
    name: str
    fitted: str
    by: str
    known: int
    finds: int
    prior: float
    features: int
    active: bool
    level: int
    auc: float | None = None
    auc_low: float | None = None
    auc_high: float | None = None
    challenger: tuple[ScoreFigure, ...] = ()


class StepView(msgspec.Struct, frozen=True, kw_only=True):
    """A step on which model scores."""

    move: str
    name: str
    checksum: str
    by: str
    at: str
    reason: str
    compared: tuple[ScoreFigure, ...] = ()


class ModelsView(msgspec.Struct, frozen=True, kw_only=True):
    """The models that a reader may see, newest first, and the steps on them, newest first."""

    models: tuple[ModelView, ...]
    steps: tuple[StepView, ...]
    may_fit: bool
    may_activate: bool


class ShapeView(msgspec.Struct, frozen=True, kw_only=True):
    """The contributions of one feature: (value or interval, contribution) in units of a
    ten-thousandth of log odds; ``cuts`` of a number, for the drawing; missing stands last."""

    title: str
    number: bool
    cuts: tuple[float, ...]
    rows: tuple[tuple[str, int], ...]


class ModelPage(msgspec.Struct, frozen=True, kw_only=True):
    """A model with its card and shapes, the widest first; ``more`` shapes are not shown."""

    model: ModelView
    card: str
    shapes: tuple[ShapeView, ...]
    more: int


class CompareView(msgspec.Struct, frozen=True, kw_only=True):
    """Two models on the same rows, which neither learned from. ``old`` is "" and there are no
    figures when nothing is to be compared with."""

    old: str
    new: str
    rows: int
    finds: int
    twins: float | None
    figures: tuple[ScoreFigure, ...]


class ShiftView(msgspec.Struct, frozen=True, kw_only=True):
    """A feature that is looked at for drift; ``title`` is "" for the score itself."""

    title: str
    index: float
    beyond: float
    alarm: bool


class DriftView(msgspec.Struct, frozen=True, kw_only=True):
    """What moved since training, alarms first; and the promise on the control sample, None without
    one: rows, finds, shares expected and found, standard errors between them, alarm."""

    model: str
    rows: int
    shifts: tuple[ShiftView, ...]
    control_rows: int
    control_finds: int
    expected: float | None
    found: float | None
    errors: float | None
    alarm: bool


class AssessmentView(msgspec.Struct, frozen=True, kw_only=True):
    """A frozen score. Units are ten-thousandths of log odds; ``reasons`` and ``rest`` with
    ``start`` sum to ``score``. ``later`` tells that the consignment has changed since."""

    record_id: str
    subject_id: str
    version: int
    of: int
    subject_version: int
    at: str
    score: int
    probability: float
    start: int
    rest: int
    points: float
    model: str
    checksum: str
    feature_version: str
    rules: tuple[str, ...]
    lists: tuple[str, ...]
    reasons: tuple[ScoreReason, ...]
    later: bool
    level: int


class ScoredView(msgspec.Struct, frozen=True, kw_only=True):
    """What a run did: how many were scored, how many had a score already, by which model."""

    model: str
    checksum: str
    scored: int
    already: int


class ScoreRow(msgspec.Struct, frozen=True, kw_only=True):
    """A scored consignment in a list, the highest first."""

    subject_id: str
    title: str
    score: int
    probability: float
    at: str


class BoxScoreView(msgspec.Struct, frozen=True, kw_only=True):
    """A container: the combination of its bills' probabilities and the bounds of it."""

    number: str
    probability: float
    low: float
    high: float
    scored: int
    unscored: int
