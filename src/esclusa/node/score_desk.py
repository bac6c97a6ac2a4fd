"""Scores for people: frozen as they stood, with what they rested on, and explained.

A consignment is scored under its own label, from history that every reader of that label may see,
by the model that the asking person sees as active. The score is a record under the label of the
consignment and the model together. Scoring again makes a later version; nothing is overwritten.
Where no model is active nothing is scored.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from typing import Any, Final

import sqlalchemy as sa

from esclusa.analysis.scoring import combine, explain
from esclusa.analysis.targeting import Pack
from esclusa.errors import InputError, NotFound, StateError
from esclusa.ledger import queue, records, versions, watchlists
from esclusa.ledger.indexing import title_of
from esclusa.ledger.records import Draft, now_text
from esclusa.model import Assessment, record_id
from esclusa.node.examinations import outcomes_under
from esclusa.node.features import consignment_features
from esclusa.node.model_fitting import FEATURE_VERSION
from esclusa.node.model_store import KeptModel, Scorers
from esclusa.node.pipeline import Pipeline
from esclusa.node.score_live import LiveProfiles
from esclusa.node.score_rows import (
    ASSESSMENT,
    CONSIGNMENT,
    KIND,
    Judged,
    ToScore,
    assessments,
    count_of,
    frozen,
    in_force,
    view_of,
)
from esclusa.sharing import score_views as views
from esclusa.sharing.reader import Action, Reader
from esclusa.sharing.release import PAGE_LIMIT, Gate

_MISSING: Final = "no score of such a record"
_BATCH: Final = 500
_SINGLE: Final = 5
_SHARE: Final = 100
"""History in memory answers for so few consignments, or for one in so many of those kept; more are
worked out together. To ask it takes about a hundred times what it takes to read one row anew."""


class ScoreDesk:
    """Scores of consignments, for people."""

    def __init__(self, gate: Gate, pipeline: Pipeline, scorers: Scorers, pack: Pack) -> None:
        self._gate = gate
        self._pack = pack
        self._pipeline = pipeline
        self._labels = pipeline.labels
        self._algebra = pipeline.analyst.algebra
        self._scorers = scorers
        self._live = LiveProfiles(pipeline.store, pipeline.labels)
        self._reached = 0
        """The newest version of a consignment that :meth:`keep_up` has looked at."""
        self.now: Callable[[], dt.datetime] = lambda: dt.datetime.now(dt.UTC)

    # --- scoring -------------------------------------------------------------------------------

    def score(
        self, reader: Reader, names: Collection[str] | None = None, *, again: bool = False
    ) -> views.ScoredView:
        """Score consignments that the reader may see, as of now, and keep the scores.

        :param names: record ids; None for every consignment in force.
        :param again: also those whose present version the active model has scored.
        :raises StateError: when no model is active.
        :raises NotFound: when one of the names is no consignment that the reader may see.
        """
        reader.require(Action.SCORE_WRITE)
        with self._gate.reading(reader) as (connection, visible):
            model = self._active(connection, visible)
            asked = in_force(connection, visible, names)
            if names is not None and len(asked) < len(set(names)):
                raise NotFound("no such consignment")
        scored = self._freeze(reader, asked, model, again=again)
        self._gate.note(
            reader, Action.SCORE_WRITE, detail=f"rows={scored} model={model.body.checksum[:12]}"
        )
        return views.ScoredView(
            model=model.body.name, checksum=model.body.checksum, scored=scored,
            already=0 if again else len(asked) - scored,
        )  # fmt: skip

    def keep_up(self, node: Reader) -> int:
        """Score what came in or was amended since the last time; return how many scores were kept.

        What is older than the activation of a model waits until a person asks. A consignment is
        scored by the model that is active for those who see its label and no more, so that they
        have a score, and by the one that is active for this node, where that is another.

        :param node: the node itself as a reader.
        """
        with self._gate.reading(node) as (connection, visible):
            kept = self._scorers.kept(connection, visible)
            top = kept.activated()
            if top is None:
                return 0
            fresh = in_force(connection, visible, None, after=max(self._reached, kept.steps[0].seq))
            work: dict[KeptModel, list[ToScore]] = {}
            for label in sorted({one.label_id for one in fresh}):
                below = self._scorers.kept(connection, visible & self._view(label)).activated()
                for model, since in dict.fromkeys(found for found in (below, top) if found):
                    some = [one for one in fresh if one.label_id == label and one.seq > since]
                    if some and self._reads(model):
                        work.setdefault(model, []).extend(some)
        scored = sum(self._freeze(node, some, model) for model, some in work.items())
        self._reached = max((one.seq for one in fresh), default=self._reached)
        if scored:
            self._gate.note(node, Action.SCORE_WRITE, detail=f"rows={scored}")
        return scored

    def _freeze(
        self, reader: Reader, asked: Sequence[ToScore], model: KeptModel, *, again: bool = False
    ) -> int:
        """Score by a model what it has not scored yet, or all, and return how many scores."""
        targets = {one.label_id: self._algebra.known(one.label_id, model.label_id) for one in asked}
        for label, target in targets.items():
            if target is None:
                targets[label] = self._algebra.join(label, model.label_id)
        with self._gate.reading(reader) as (connection, visible):
            done = set() if again else self._done(connection, targets, asked, model)
            wanted = {one.id: one for one in asked if one.id not in done}
            made = self._assessed(connection, visible, list(wanted.values()), model, targets)
        scored = 0
        for start in range(0, len(made), _BATCH):
            some = {draft.derived_from[0]: draft for draft in made[start : start + _BATCH]}
            with self._pipeline.store.write() as connection:
                # Another process of this node may have scored them meanwhile.
                met = set() if again else self._done(
                    connection, targets, [wanted[name] for name in some], model
                )  # fmt: skip
                fresh = [draft for name, draft in some.items() if name not in met]
                records.append(connection, fresh)
            scored += len(fresh)
        return scored

    def _active(self, connection: sa.Connection, visible: Collection[int]) -> KeptModel:
        found = self._scorers.kept(connection, visible).active()
        if found is None:
            raise StateError("no model is active, so nothing is scored")
        if not self._reads(found):
            raise StateError("the active model reads an older list of features; fit a new one")
        return found

    def _reads(self, model: KeptModel) -> bool:
        """Tell whether a model reads the features of this version of the program."""
        return self._scorers.of(model.body).model.feature_version == FEATURE_VERSION

    def _done(
        self, connection: sa.Connection, targets: dict[int, int | None],
        asked: Sequence[ToScore], model: KeptModel,
    ) -> set[str]:  # fmt: skip
        """Return the consignments whose present version this model has scored."""
        agency = self._pipeline.settings.agency
        of = {record_id(agency, KIND, one.id): one for one in asked}
        labels = {target for target in targets.values() if target is not None}
        done = set()
        for held in versions.named(connection, labels, {KIND}, of).values():
            body, one = ASSESSMENT.decode(held.body), of[held.id]
            same = body.subject_seq == one.seq and body.checksum == model.body.checksum
            if same and held.label_id == targets[one.label_id]:
                done.add(one.id)
        return done

    def _assessed(
        self, connection: sa.Connection, visible: frozenset[int], wanted: Sequence[ToScore],
        model: KeptModel, targets: dict[int, int | None],
    ) -> list[Draft]:  # fmt: skip
        by_label: dict[int, list[ToScore]] = defaultdict(list)
        for one in wanted:
            by_label[one.label_id].append(one)
        drafts: list[Draft] = []
        for label, some in sorted(by_label.items()):
            target = targets[label]
            assert target is not None  # joined before
            seen = visible & self._view(label)
            judged = list(self._judged(connection, seen, [one.id for one in some], model))
            rested = self._rested(connection, visible & self._view(target), model)
            drafts += self._drafts(connection, judged, some, model, target, rested)
        return drafts

    def _judged(
        self, connection: sa.Connection, seen: frozenset[int], names: Sequence[str],
        model: KeptModel,
    ) -> Iterator[Judged]:  # fmt: skip
        """Yield the features of each consignment with its contributions and its probability."""
        scorer, now = self._scorers.of(model.body), self.now()
        if self._live.knows(seen) and self._few(connection, seen, len(names)):
            for name in names:
                row = self._live.features(connection, seen, name, now)
                if row is not None:
                    one = scorer.one(row)
                    yield row, one.contributions, one.probability
            return
        outcomes = outcomes_under(connection, self._labels, seen, kinds=("consignment",))
        frame = consignment_features(connection, seen, outcomes, names=names, as_of=now)
        scored = scorer.score(frame)
        for place, row in enumerate(frame.iter_rows(named=True)):
            found = tuple(scored.contributions[:, place].tolist())
            yield row, found, float(scored.probability[place])

    def _few(self, connection: sa.Connection, seen: Collection[int], asked: int) -> bool:
        return asked <= _SINGLE or asked * _SHARE <= count_of(connection, seen)

    def _view(self, label: int) -> frozenset[int]:
        """Return the labels whose records what stands under a label may rest on."""
        below = self._algebra.all_below(label)
        return frozenset(one for one in below if self._algebra.covers(one, label))

    def _rested(
        self, connection: sa.Connection, seen: Collection[int], model: KeptModel
    ) -> dict[str, Any]:
        own = self._pipeline.analyst.own.packs()
        rules = [f"{self._pack.id} {self._pack.version}"]
        rules += sorted(
            f"{one.rule.id} {one.rule.version}"
            for label, pack in own.items() if label in seen for one in pack.rules
        )  # fmt: skip
        lists = tuple(
            sorted(
                f"{row.id} {row.edition}" for row in watchlists.all_lists(connection)
                if row.label_id in seen
            )
        )  # fmt: skip
        return {
            "model": model.body.name, "checksum": model.body.checksum,
            "feature_version": FEATURE_VERSION, "rules": tuple(rules),
            "lists": lists,
        }  # fmt: skip

    def _drafts(
        self, connection: sa.Connection, judged: Iterable[Judged], some: Sequence[ToScore],
        model: KeptModel, target: int, rested: dict[str, Any],
    ) -> Iterable[Draft]:  # fmt: skip
        scorer = self._scorers.of(model.body)
        at = now_text()
        seen, of = self._view(target), {one.id: one for one in some}
        for row, found, probability in judged:
            one = of[row["record"]]
            told = explain(scorer.model, row, found, probability)
            alert = queue.of_subject(connection, seen, one.id)
            yield Draft(
                body=frozen(
                    told, subject_id=one.id, subject_version=one.version, subject_seq=one.seq,
                    at=at, contributions=found, points=alert.score if alert else 0.0, **rested,
                ),
                originator=self._pipeline.settings.agency, label_id=target, valid_time=at,
                derived_from=(one.id,),
            )  # fmt: skip

    # --- reading -------------------------------------------------------------------------------

    def explain(
        self, reader: Reader, subject: str, *, version: int | None = None
    ) -> views.AssessmentView:
        """Return a consignment's score as it stood, the newest or a version; raises ``NotFound``.

        :param subject: the consignment's record id.
        """
        reader.require(Action.SCORE_READ)
        with self._gate.reading(reader) as (connection, visible):
            view = self.found(connection, visible, subject, version=version)
        self._gate.note(reader, Action.SCORE_READ, subject=view.record_id if view else "")
        if view is None:
            raise NotFound(_MISSING)
        return view

    def beside(self, reader: Reader, subject: str) -> views.AssessmentView | None:
        """Return the newest score of a consignment for its page, None when there is none."""
        if not reader.may(Action.SCORE_READ):
            return None
        with self._gate.reading(reader) as (connection, visible):
            view = self.found(connection, visible, subject)
        if view is not None:
            self._gate.note(reader, Action.SCORE_READ, subject=view.record_id)
        return view

    def found(
        self, connection: sa.Connection, visible: Collection[int], subject: str,
        *, version: int | None = None,
    ) -> views.AssessmentView | None:  # fmt: skip
        """Return a consignment's score under these labels, None when there is none."""
        name = record_id(self._pipeline.settings.agency, KIND, subject)
        held = records.get(connection, self._labels, visible, name, version=version)
        if held is None or not isinstance(held.body, Assessment) or held.withdrawn:
            return None
        label = records.label_of(connection, held.seq)
        chain = records.chain(connection, self._labels, name, label)
        present = records.get(connection, self._labels, visible, subject)
        return view_of(held, len(chain), present, int(self._labels.get(label).marking.level))

    def highest(self, reader: Reader, *, limit: int = 50) -> tuple[views.ScoreRow, ...]:
        """Return the consignments with the highest newest scores that the reader may see."""
        reader.require(Action.SCORE_READ)
        limit = max(1, min(limit, PAGE_LIMIT))
        with self._gate.reading(reader) as (connection, visible):
            newest = assessments(connection, visible)
            best = sorted(newest.values(), key=lambda one: (-one.score, one.subject_id))[:limit]
            held = versions.named(
                connection, visible, {"consignment"}, {one.subject_id for one in best}
            )
            titles = {one.id: title_of(CONSIGNMENT.decode(one.body)) for one in held.values()}
        self._gate.note(reader, Action.SCORE_READ, detail=f"rows={len(best)}")
        return tuple(
            views.ScoreRow(
                subject_id=one.subject_id, title=titles[one.subject_id], score=one.score,
                probability=one.probability, at=one.at,
            )
            for one in best
            if one.subject_id in titles
        )  # fmt: skip

    def box(self, reader: Reader, number: str) -> views.BoxScoreView:
        """Return a container as the combination of its bills that the reader may see.

        :param number: the container's number.
        :raises NotFound: when none of its bills has a score.
        :raises InputError: when the number is empty.
        """
        reader.require(Action.SCORE_READ)
        if not number.strip():
            raise InputError("give a container number", field="number", problem="missing")
        number = number.strip().upper()
        with self._gate.reading(reader) as (connection, visible):
            bills = versions.holding(connection, visible, {"consignment"}, {f"equipment:{number}"})
            newest = assessments(connection, visible, {one.id for one in bills.values()})
        of = {one.id: newest.get(one.id) for one in bills.values()}
        made = combine(one.probability if one else None for one in of.values())
        self._gate.note(reader, Action.SCORE_READ, detail=f"box rows={len(of)}")
        if made is None:
            raise NotFound("no score of a bill in such a container")
        return views.BoxScoreView(
            number=number, probability=made.probability, low=made.low, high=made.high,
            scored=made.scored, unscored=made.unscored,
        )  # fmt: skip
