"""Scores of consignments as they stood when people decided, and the models that gave them."""

from __future__ import annotations

import msgspec


class ScoreFigure(msgspec.Struct, frozen=True, kw_only=True):
    """One figure of two models on the same rows: the old one's, the new one's, and the interval of
    95 % of their difference."""

    name: str
    old: float
    new: float
    low: float
    high: float


class ScoreModel(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    omit_defaults=True,
    tag_field="kind",
    tag="score_model",
):
    """A fitted model. Natural key: its checksum.

    ``document`` is the model's file as text (see ``analysis.scoring.model``), ``by`` who had it
    fitted, ``at`` when, ISO 8601 UTC. ``challenger`` are its figures against boosted trees fitted
    on the same rows. ``rests_on`` counts the outcomes that it was learned from.
    """

    name: str
    checksum: str
    document: str
    by: str
    at: str
    rests_on: int = 0
    challenger: tuple[ScoreFigure, ...] = ()


class ModelMove(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    omit_defaults=True,
    tag_field="kind",
    tag="model_move",
):
    """A person's step on which model scores: ``activate`` or ``retire``; each a version of one
    record. Natural key: what is scored (``subject_kind``).

    ``checksum`` names the model that is active after the step, "" when none is. ``compared`` is
    what the person was shown against the model before, empty when there was none.
    """

    subject_kind: str
    number: int
    move: str
    name: str
    by: str
    at: str
    reason: str
    checksum: str = ""
    compared: tuple[ScoreFigure, ...] = ()


class ScoreReason(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A contribution in units of a ten-thousandth of log odds: what it is about and the value that
    was read, in English and Spanish."""

    contribution: int
    title_en: str
    title_es: str
    value_en: str
    value_es: str


class Assessment(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    omit_defaults=True,
    tag_field="kind",
    tag="assessment",
):
    """A consignment's score as it stood at a moment. Natural key: the consignment's record id.

    A later score of the same consignment is a later version; none is ever changed.

    ``subject_version`` and ``subject_seq`` name the version that was scored. ``start + sum of
    contributions == score``, and ``start + sum of reasons + rest == score``, in units. ``model``,
    ``checksum``, ``feature_version``, ``rules`` and ``lists`` are the versions that it rests on.
    ``points`` is what rules and lists gave the consignment at that moment.
    """

    subject_id: str
    subject_version: int
    subject_seq: int
    at: str
    score: int
    probability: float
    start: int
    rest: int
    model: str
    checksum: str
    feature_version: str
    reasons: tuple[ScoreReason, ...] = ()
    contributions: tuple[int, ...] = ()
    rules: tuple[str, ...] = ()
    lists: tuple[str, ...] = ()
    points: float = 0.0
