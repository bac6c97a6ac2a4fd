"""Models for people: fitted on request, compared, read as a card, activated with a reason.

Everything is learned from records and outcomes that the person may see, and the model then stands
under the label of all of it: who may not see one of the labels does not see the model either. A new
model takes nobody's place by itself.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection
from typing import Final

import msgspec
import sqlalchemy as sa

from esclusa.analysis.scoring import Model, Recipe, Shape, card, checksum, widest_first, write_model
from esclusa.analysis.scoring.words import Language
from esclusa.casework.model_steps import ACTIVATE, RETIRE, next_step
from esclusa.casework.reasons import check_words
from esclusa.errors import InputError, NotFound, StateError
from esclusa.ledger import audit, records
from esclusa.ledger.records import Draft, now_text
from esclusa.model import Level, ModelMove, ScoreFigure, ScoreModel, natural_key, record_id
from esclusa.node import model_fitting as fitting
from esclusa.node import model_rows as rows
from esclusa.node import model_store as store
from esclusa.node.features import consignment_features
from esclusa.node.model_store import KeptModel, Models, Scorers
from esclusa.node.pipeline import Pipeline
from esclusa.sharing import score_views as views
from esclusa.sharing.policy import is_below
from esclusa.sharing.reader import Action, Reader
from esclusa.sharing.release import Gate

_NAME_LIMIT: Final = 60
_SHAPES: Final = 60


class ModelDesk:
    """Fitted models, for people."""

    def __init__(self, gate: Gate, pipeline: Pipeline, scorers: Scorers) -> None:
        self._gate = gate
        self._pipeline = pipeline
        self._labels = pipeline.labels
        self._algebra = pipeline.analyst.algebra
        self._scorers = scorers
        self.now: Callable[[], dt.datetime] = lambda: dt.datetime.now(dt.UTC)

    # --- reading -------------------------------------------------------------------------------

    def models(self, reader: Reader) -> views.ModelsView:
        """Return the models that a reader may see and the steps on them, newest first."""
        reader.require(Action.MODEL_READ)
        with self._gate.reading(reader) as (connection, visible):
            kept = self._scorers.kept(connection, visible)
        self._gate.note(reader, Action.MODEL_READ, detail=f"rows={len(kept.models)}")
        active = kept.active()
        return views.ModelsView(
            models=tuple(self._view(one, active) for one in reversed(kept.models)),
            steps=tuple(_step(one.body) for one in reversed(kept.steps)),
            may_fit=reader.may(Action.MODEL_FIT),
            may_activate=reader.may(Action.MODEL_ACTIVATE),
        )

    def show(self, reader: Reader, name: str, *, language: str = "") -> views.ModelPage:
        """Return a model with its card and the shapes of its features; raises ``NotFound``.

        :param name: its name, or how its checksum begins; "" for the active one.
        :param language: ``en`` or ``es``; "" for the reader's.
        """
        reader.require(Action.MODEL_READ)
        with self._gate.reading(reader) as (connection, visible):
            kept = self._scorers.kept(connection, visible)
        found = self._found(kept, name)
        self._gate.note(reader, Action.MODEL_READ, subject=found.record_id)
        model = self._scorers.of(found.body).model
        spoken: Language = "es" if (language or reader.language) == "es" else "en"
        single = [one for one in widest_first(model) if len(model.terms[one].parts) == 1]
        shapes = [_shape(Shape(model, one, spoken)) for one in single[:_SHAPES]]
        return views.ModelPage(
            model=self._view(found, kept.active()), card=card(model, spoken),
            shapes=tuple(shapes), more=len(model.terms) - len(shapes),
        )  # fmt: skip

    def document(self, reader: Reader, name: str) -> str:
        """Return a model's file as text, with its checksum; raises ``NotFound``."""
        reader.require(Action.MODEL_READ)
        with self._gate.reading(reader) as (connection, visible):
            found = self._found(self._scorers.kept(connection, visible), name)
        self._gate.note(reader, Action.MODEL_READ, subject=found.record_id, detail="document")
        return found.body.document

    def compare(self, reader: Reader, new: str, old: str = "") -> views.CompareView:
        """Compare two models on outcomes that neither learned from.

        :param old: "" for the active one. When none is active, nothing is compared.
        :raises StateError: when there are too few such outcomes.
        """
        reader.require(Action.MODEL_READ)
        reader.require(Action.RECORD_READ)
        with self._gate.reading(reader) as (connection, visible):
            kept = self._scorers.kept(connection, visible)
            newer = kept.find(new)
            older = kept.find(old) if old else kept.active()
            if older is None or older.body.checksum == newer.body.checksum:
                view = views.CompareView(
                    old="", new=newer.body.name, rows=0, finds=0, twins=None, figures=()
                )
            else:
                view = self._compared(connection, visible, older, newer)
        self._gate.note(reader, Action.MODEL_READ, subject=newer.record_id, detail="compared")
        return view

    def _compared(
        self, connection: sa.Connection, visible: Collection[int], old: KeptModel, new: KeptModel
    ) -> views.CompareView:
        seen = self._learnable(visible, new.label_id)
        frame, outcomes = rows.learnable(connection, self._labels, seen, "recorded")
        told = fitting.compare_on(
            frame, outcomes, self._scorers.of(old.body).model, self._scorers.of(new.body).model,
            self.now(),
        )  # fmt: skip
        return views.CompareView(
            old=told.old, new=told.new, rows=told.rows, finds=told.finds, twins=told.twins,
            figures=fitting.figures_of(told),
        )  # fmt: skip

    def drift(self, reader: Reader, name: str = "", *, days: int = 30) -> views.DriftView:
        """Return what moved since training, and how the probability holds on the control sample.

        :param name: "" for the active model.
        :param days: what it scored in so many days up to now is looked at.
        """
        reader.require(Action.MODEL_READ)
        reader.require(Action.RECORD_READ)
        with self._gate.reading(reader) as (connection, visible):
            found = self._found(self._scorers.kept(connection, visible), name)
            seen = self._learnable(visible, found.label_id)
            frame, outcomes = rows.learnable(connection, self._labels, seen, "recorded")
            since = self.now() - dt.timedelta(days=days)
            moments = rows.scored_since(connection, visible, found.body.checksum, since)
            recent = consignment_features(connection, seen, outcomes, as_of=moments)
        scorer = self._scorers.of(found.body)
        view = fitting.drift_on(recent, frame, outcomes, scorer, self.now(), reader.language)
        self._gate.note(reader, Action.MODEL_READ, subject=found.record_id, detail="drift")
        return view

    # --- steps ---------------------------------------------------------------------------------

    def fit(
        self, reader: Reader, name: str, *, level: int | None = None,
        clock: str = "recorded", recipe: Recipe | None = None,
    ) -> views.ModelPage:  # fmt: skip
        """Fit a model on what the reader may see, and keep it. It scores nothing until activated.

        :param name: what people will call it.
        :param level: learn only from what every reader of what comes in at this level may see, so
            that they see the model and its scores too; None: from all that the reader may see.
        :param clock: see :func:`~esclusa.node.features.consignment_features`.
        :raises StateError: too few outcomes, or the extra ``learn`` is not installed.
        :raises InputError: a name that cannot be kept.
        """
        reader.require(Action.MODEL_FIT)
        reader.require(Action.RECORD_READ)
        check_words("the name", name, limit=_NAME_LIMIT)
        if not name.strip():
            raise InputError("a model needs a name", field="name", problem="missing")
        with self._gate.reading(reader) as (connection, visible):
            seen = self._under(visible, level)
            used = rows.used(connection, seen)
            frame, outcomes = rows.learnable(connection, self._labels, seen, clock)
            consignments = rows.count(connection, seen)
        if not used:
            raise StateError("there are no consignments to learn from")
        now = self.now()
        made = fitting.fit_on(
            frame, outcomes, name=name.strip(), now=now, recipe=recipe or Recipe(),
            consignments=consignments,
            data=f"{self._pipeline.settings.agency}: consignments with a known outcome",
        )  # fmt: skip
        label = self._joined(used)
        body = ScoreModel(
            name=made.model.name, checksum=checksum(made.model),
            document=write_model(made.model).decode(), by=reader.name, at=now_text(),
            rests_on=made.model.training.known, challenger=made.challenger,
        )  # fmt: skip
        self._append(reader, body, label, Action.MODEL_FIT, body.name)
        return self.show(reader, body.checksum)

    def activate(self, reader: Reader, name: str, *, reason: str) -> views.StepView:
        """Let a model score from now on. The step keeps the comparison with the one before, where
        there are outcomes enough to compare.

        :raises NotFound: no such model; :raises StateError: it is active already.
        :raises InputError: the reason is missing.
        """
        reader.require(Action.MODEL_ACTIVATE)
        compared: tuple[ScoreFigure, ...] = ()
        with self._gate.reading(reader) as (connection, visible):
            kept = self._scorers.kept(connection, visible)
            found = kept.find(name)
            before = kept.active()
            fits = self._scorers.of(found.body).model.feature_version == fitting.FEATURE_VERSION
            if not fits:
                raise StateError("the model was fitted on an older list of features; fit a new one")
            if before is not None and before.body.checksum != found.body.checksum:
                try:
                    compared = self._compared(connection, visible, before, found).figures
                except StateError:
                    compared = ()
        asked = ModelMove(
            subject_kind=store.SUBJECT, number=0, move=ACTIVATE, name=found.body.name,
            checksum=found.body.checksum, by=reader.name, at=now_text(), reason=reason,
            compared=compared,
        )  # fmt: skip
        return self._move(reader, asked, found.label_id)

    def retire(self, reader: Reader, *, reason: str) -> views.StepView:
        """Leave no model active, so that nothing is scored; raises as :meth:`activate`."""
        reader.require(Action.MODEL_ACTIVATE)
        with self._gate.reading(reader) as (connection, visible):
            found = self._scorers.kept(connection, visible).active()
        if found is None:
            raise StateError("no model is active")
        asked = ModelMove(
            subject_kind=store.SUBJECT, number=0, move=RETIRE, name=found.body.name,
            by=reader.name, at=now_text(), reason=reason,
        )  # fmt: skip
        return self._move(reader, asked, found.label_id)

    # --- parts ---------------------------------------------------------------------------------

    def _move(self, reader: Reader, asked: ModelMove, label: int) -> views.StepView:
        agency = self._pipeline.settings.agency
        name = record_id(agency, "model_move", natural_key(asked))
        with self._pipeline.store.write() as connection:
            chain = records.chain(connection, self._labels, name, label)
            steps = [one.body for one in chain if isinstance(one.body, ModelMove)]
            step = next_step(self._standing(connection, steps, label), asked)
            step = msgspec.structs.replace(step, number=len(steps) + 1)
            draft = Draft(body=step, originator=agency, label_id=label, valid_time=step.at)
            records.append(connection, [draft])
            audit.write_line(
                connection, who=reader.name, role=reader.role, purpose=reader.purpose,
                action=Action.MODEL_ACTIVATE, subject=name,
                detail=f"{step.move} {asked.checksum[:12]}".strip(),
            )  # fmt: skip
        return _step(step)

    def _standing(
        self, connection: sa.Connection, steps: list[ModelMove], label: int
    ) -> list[ModelMove]:
        """Return the steps of this chain, without the last ones where a step under another label
        that its readers see took the model's place since."""
        kept = self._scorers.kept(connection, self._algebra.all_below(label))
        last = kept.steps[-1] if kept.steps else None
        return steps if last is None or last.label_id == label else []

    def _append(
        self, reader: Reader, body: ScoreModel, label: int, action: Action, detail: str
    ) -> None:
        agency = self._pipeline.settings.agency
        name = record_id(agency, "score_model", natural_key(body))
        with self._pipeline.store.write() as connection:
            draft = Draft(body=body, originator=agency, label_id=label, valid_time=body.at)
            records.append(connection, [draft])
            audit.write_line(
                connection, who=reader.name, role=reader.role, purpose=reader.purpose,
                action=action, subject=name, detail=detail,
            )  # fmt: skip

    def _found(self, kept: Models, name: str) -> KeptModel:
        found = kept.find(name) if name else kept.active()
        if found is None:
            raise NotFound("no model is active")
        return found

    def _under(self, visible: Collection[int], level: int | None) -> frozenset[int]:
        if level is None:
            return frozenset(visible)
        if level not in set(Level):
            raise InputError(
                f"level is {level}, expected 0 to 4", field="level", problem="whole", expected="0–4"
            )
        settings = self._pipeline.settings
        upper = msgspec.structs.replace(settings.intake_marking(), level=Level(level))
        upper = upper.including(settings.agency)
        labels = [self._labels.get(number) for number in visible]
        return frozenset(
            one.id for one in labels if is_below(one.marking.including(one.originator), upper)
        )

    def _learnable(self, visible: Collection[int], label: int) -> frozenset[int]:
        """Return the labels of what every reader of a model may see."""
        return frozenset(visible) & self._algebra.all_below(label)

    def _joined(self, used: Collection[int]) -> int:
        first, *others = sorted(used)
        for other in others:
            first = self._algebra.join(first, other)
        return first

    def _view(self, one: KeptModel, active: KeptModel | None) -> views.ModelView:
        model: Model = self._scorers.of(one.body).model
        auc = next((m for m in model.training.metrics if m.name == "auc"), None)
        return views.ModelView(
            checksum=one.body.checksum, name=one.body.name, fitted=one.body.at, by=one.body.by,
            known=model.training.known, finds=model.training.finds, prior=model.prior,
            features=len(model.features), active=active is not None and active.seq == one.seq,
            level=int(self._labels.get(one.label_id).marking.level),
            auc=auc.value if auc else None, auc_low=auc.low if auc else None,
            auc_high=auc.high if auc else None, challenger=one.body.challenger,
        )  # fmt: skip


def _step(body: ModelMove) -> views.StepView:
    return views.StepView(
        move=body.move, name=body.name, checksum=body.checksum, by=body.by, at=body.at,
        reason=body.reason, compared=body.compared,
    )  # fmt: skip


def _shape(shape: Shape) -> views.ShapeView:
    return views.ShapeView(
        title=shape.title, number=shape.part.is_number, cuts=shape.part.cuts,
        rows=tuple(shape.lines()),
    )  # fmt: skip
