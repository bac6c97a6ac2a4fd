"""Rules for people: read, written, rehearsed, approved by a second person, retired.

Each step is a record under the rule's label. A rule that a reader may not see answers like one that
is not there. A rehearsal looks only at records that the reader sees and that every reader of the
rule may know of; so its figures may stand in the rule's own step.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from typing import Any, Final

import msgspec
import sqlalchemy as sa

from esclusa.analysis.targeting import Pack
from esclusa.analysis.targeting.rehearsal import Rehearsed
from esclusa.analysis.targeting.written import Written, blank, refusal
from esclusa.casework.rule_life import ASK, Periods, Version, in_force, next_move
from esclusa.errors import InputError, NotFound, StateError
from esclusa.ledger import audit, records
from esclusa.ledger.indexing import title_of
from esclusa.model import Level, RehearsalFigures, RuleMove, natural_key, record_id
from esclusa.node import own_rules
from esclusa.node.examinations import outcomes_under
from esclusa.node.list_desk import key_of
from esclusa.node.own_rules import Kept, packs_in_force
from esclusa.node.pipeline import Pipeline
from esclusa.node.rehearsing import NEWEST, Rehearsing
from esclusa.node.rule_telling import Told, failure_view, figures_view, mistake_view, rate_view
from esclusa.node.rules import views_of
from esclusa.sharing import rule_views as views
from esclusa.sharing.policy import may_see
from esclusa.sharing.reader import Action, Reader, Role
from esclusa.sharing.release import Gate
from esclusa.sharing.views import RuleView

_MISSING: Final = "no such rule"
_ACTIONS: Final = {
    "new": Action.RULE_WRITE, "amend": Action.RULE_WRITE, "edit": Action.RULE_WRITE,
    ASK: Action.RULE_WRITE, "rehearse": Action.RULE_WRITE, "withdraw": Action.RULE_WRITE,
    "approve": Action.RULE_APPROVE, "reject": Action.RULE_APPROVE, "retire": Action.RULE_APPROVE,
}  # fmt: skip
"""What a role must include to make a move."""


class RuleDesk:
    """The pack's rules and the node's own, for people.

    :param pack: the rules of the program, whose lists own rules read.
    """

    def __init__(self, gate: Gate, pipeline: Pipeline, pack: Pack) -> None:
        self._gate = gate
        self._pipeline = pipeline
        self._store = pipeline.store
        self._labels = pipeline.labels
        self._pack = pack
        self._pack_rows: tuple[dt.date, tuple[RuleView, ...]] = (dt.date.min, ())
        settings = pipeline.settings
        self._periods = Periods(
            before_end=settings.rule_review_before, in_force=settings.rule_review_after
        )
        self._check = pipeline.analyst.own.check
        self._rehearsing = Rehearsing(
            labels=self._labels, algebra=pipeline.analyst.algebra,
            outcomes=lambda connection, seen: outcomes_under(connection, self._labels, seen),
        )  # fmt: skip

    # --- reading -------------------------------------------------------------------------------

    def rules(
        self, reader: Reader, *, yields: bool = False, every: bool = False
    ) -> tuple[RuleView, ...]:
        """Return the rules of the pack, then the node's own, with their state today.

        :param yields: also replay those in force over the newest records that the reader may see.
            Own rules show the figures of their rehearsal otherwise.
        :param every: over all records, which takes time.
        """
        reader.require(Action.RULE_READ)
        if yields:
            reader.require(Action.RECORD_READ)
        with self._gate.reading(reader) as (connection, visible):
            own = own_rules.kept(connection, visible)
            found = (*self._of_pack(), *(told.row() for told in self._told(own)))
            if yields:
                packs = self._standing(own)
                said = self._rehearsing.compare(
                    connection, visible, packs, self._today(), most=0 if every else NEWEST
                )
                found = _with_rates(found, said)
        detail = f"rows={len(found)}{' yields' if yields else ''}"
        self._gate.note(reader, Action.RULE_READ, detail=detail)
        return found

    def show(self, reader: Reader, name: str) -> views.OwnRuleView:
        """Return one of the node's own rules with all versions and steps; raises ``NotFound``.

        :param name: its id; with a key behind ``@`` where rules under several markings share it.
        """
        reader.require(Action.RULE_READ)
        with self._gate.reading(reader) as (connection, visible):
            told = self._find(connection, visible, name)
            view = self._view(connection, visible, reader, told) if told else None
        self._gate.note(
            reader, Action.RULE_READ, subject=view.record_id if view else "",
            detail="" if view else "not found",
        )  # fmt: skip
        if view is None:
            raise NotFound(_MISSING)
        return view

    def blank(self, reader: Reader) -> str:
        """Return a text to begin a rule with."""
        reader.require(Action.RULE_WRITE)
        return blank(self._today())

    def try_out(
        self, reader: Reader, text: str, *, rehearse: bool = True, name: str = "",
        level: int | None = None, every: bool = False,
    ) -> views.TriedView:  # fmt: skip
        """Check a text, and rehearse it over the newest records when nothing is wrong with it.
        Nothing is kept.

        :param name: the own rule that it is a version of, "" for a new one.
        :param level: of a new rule's marking; None for that of what comes in.
        :param every: rehearse it over all records, which takes time.
        """
        reader.require(Action.RULE_WRITE)
        written = self._check(text)
        figures, fresh = None, 0 if name else self._label(level, reader)
        with self._gate.reading(reader) as (connection, visible):
            told = self._find(connection, visible, name) if name else None
            if name and told is None:
                raise NotFound(_MISSING)
            if rehearse and written.pack is not None:
                label = told.kept.label_id if told else fresh
                most = 0 if every else NEWEST
                made = self._rehearse(connection, visible, label, written, told, most=most)
                figures = figures_view(made, self._titles(connection, visible, [made]))
        self._gate.note(reader, Action.RULE_WRITE, detail="tried" if figures else "checked")
        rule = written.compiled.rule if written.compiled else None
        return views.TriedView(
            id=rule.id if rule else "", version=rule.version if rule else "",
            mistakes=tuple(map(mistake_view, written.mistakes)),
            failures=tuple(map(failure_view, written.failures)), figures=figures,
        )  # fmt: skip

    # --- steps ---------------------------------------------------------------------------------

    def write(
        self, reader: Reader, text: str, *, name: str = "", reason: str = "",
        level: int | None = None,
    ) -> views.OwnRuleView:  # fmt: skip
        """Keep a text: a new rule, the changed text of its open version, or a new version beside
        the one in force.

        :param name: the own rule that it belongs to, "" for a new one.
        :param level: of a new rule's marking; None for that of what comes in.
        :raises RuleError: naming each mistake with its line and character; nothing is kept then.
        :raises StateError: when there is such a rule, or such a version, already.
        """
        reader.require(Action.RULE_WRITE)
        written = self._usable(text)
        assert written.compiled is not None  # _usable refuses what is not
        rule = written.compiled.rule
        with self._gate.reading(reader) as (connection, visible):
            told = self._find(connection, visible, name or rule.id)
        if told is None and name:
            raise NotFound(_MISSING)
        if told is not None and not name:
            raise StateError(
                "there is a rule {rule} already; write a new version of that one", rule=rule.id
            )
        if told is not None and told.kept.rule_id != rule.id:
            raise InputError(
                f"the text is of a rule {rule.id}, not of {told.kept.rule_id}", field="text",
                problem="refused", expected=f'id = "{told.kept.rule_id}"',
            )  # fmt: skip
        move = "new"
        if told is not None:
            move = "edit" if told.kept.versions()[-1].stored in ("draft", "rehearsed") else "amend"
        asked = self._asked(
            reader, rule.id, move, version=rule.version, reason=reason, text=text,
            digest=written.digest, valid_from=rule.valid_from.isoformat(),
            valid_to=rule.valid_to.isoformat(),
        )  # fmt: skip
        label = told.kept.label_id if told else self._label(level, reader)
        self._store_step(reader, asked, label)
        return self._after(reader, rule.id, label)

    def rehearse(self, reader: Reader, name: str) -> views.OwnRuleView:
        """Replay the open version over what is kept, and keep the figures with the step.

        :raises StateError: when there is no open version, or its text was changed meanwhile.
        """
        reader.require(Action.RULE_WRITE)
        with self._gate.reading(reader) as (connection, visible):
            told = self._found(connection, visible, name)
            version = told.kept.versions()[-1]
            if version.stored not in ("draft", "rehearsed"):
                raise StateError("this rule has no version that waits for a rehearsal")
            written = self._usable(version.text)
            figures = self._rehearse(connection, visible, told.kept.label_id, written, told)
        return self._move(
            reader, told, "rehearse", digest=version.digest, figures=figures, now=written.digest
        )

    def ask_rehearsal(self, reader: Reader, name: str) -> views.OwnRuleView:
        """Have the open version rehearsed beside the pages; that it waits is a step of the rule.

        Asked again by the same person while it waits, it changes nothing.

        :raises StateError: when there is no open version.
        """
        told, version = self._open(reader, name, Action.RULE_WRITE)
        if version.waiting is not None and version.waiting.by == reader.name:
            return self._after(reader, told.kept.rule_id, told.kept.label_id)
        return self._move(reader, told, ASK, digest=version.digest)

    def rehearse_or_ask(
        self, reader: Reader, name: str, *, most: int = NEWEST
    ) -> views.OwnRuleView:
        """Rehearse the open version at once where no more than ``most`` records are looked at, and
        have it done beside the pages where there are more. Raises as both do."""
        told, version = self._open(reader, name, Action.RULE_WRITE)
        written = self._check(version.text)
        with self._gate.reading(reader) as (connection, visible):
            allowed = self._rehearsing.allowed(visible, told.kept.label_id)
            long = written.compiled is not None and self._rehearsing.more_than(
                connection, allowed, written.compiled, most
            )
        return self.ask_rehearsal(reader, name) if long else self.rehearse(reader, name)

    def keyed(self, one: Kept) -> str:
        """Return the name under which a rule is found where others under other markings share its
        id."""
        return f"{one.rule_id}@{key_of(self._labels.get(one.label_id).marking)}"

    def approve(
        self, reader: Reader, name: str, *, reason: str, digest: str = ""
    ) -> views.OwnRuleView:
        """Approve the rehearsed version; from then on it judges what comes in, within its dates.

        :param digest: the fingerprint of the text that the approver saw; "" for the present one.
        :raises StateError: when the reader wrote it, when it is not what was rehearsed or seen, or
            when its own tests do not come out.
        """
        told, version = self._open(reader, name, Action.RULE_APPROVE)
        written = self._usable(version.text)
        if written.failures:
            failed = ", ".join(repr(one.test) for one in written.failures)
            raise StateError("its own tests do not come out: {tests}", tests=failed)
        for item in self._labels.all():  # what another process takes in now needs no new label
            self._pipeline.analyst.algebra.join(item.id, told.kept.label_id)
        return self._move(reader, told, "approve", reason=reason, digest=digest, now=written.digest)

    def reject(self, reader: Reader, name: str, *, reason: str) -> views.OwnRuleView:
        """Turn the open version down, with a reason."""
        told, _version = self._open(reader, name, Action.RULE_APPROVE)
        return self._move(reader, told, "reject", reason=reason)

    def withdraw(self, reader: Reader, name: str, *, reason: str = "") -> views.OwnRuleView:
        """Take the open version back: its author, or a supervisor."""
        told, _version = self._open(reader, name, Action.RULE_WRITE)
        return self._move(reader, told, "withdraw", reason=reason)

    def retire(
        self, reader: Reader, name: str, *, reason: str, version: str = ""
    ) -> views.OwnRuleView:
        """Stop a rule: the version in force, or the one named. What it said stays said.

        :raises StateError: when none is in force or waits for its first day.
        """
        told, _version = self._open(reader, name, Action.RULE_APPROVE)
        return self._move(reader, told, "retire", reason=reason, version=version)

    # --- inside --------------------------------------------------------------------------------

    def _of_pack(self) -> tuple[RuleView, ...]:
        """Return the rules of the pack; they change with the day alone."""
        day, rows = self._pack_rows
        if day != (now := dt.datetime.now(dt.UTC).date()):
            self._pack_rows = (now, rows := views_of(self._pack, now))
        return rows

    def _today(self) -> dt.date:
        return self._pipeline.analyst.now().astimezone(dt.UTC).date()

    def _usable(self, text: str) -> Written:
        written = self._check(text)
        if written.mistakes:
            raise refusal(written.mistakes)
        return written

    def _label(self, level: int | None, reader: Reader) -> int:
        """Return the label of a new rule."""
        agency, marking = self._pipeline.settings.agency, self._pipeline.settings.intake_marking()
        if level is not None:
            if level not in set(Level):
                raise InputError(
                    f"level is {level}, expected 0 to 4",
                    field="level",
                    problem="whole",
                    expected="0–4",
                )
            marking = msgspec.structs.replace(marking, level=Level(level))
        if not may_see(reader, agency, marking, self._today()):
            raise InputError(
                "you could not see yourself what is marked so", field="level", problem="above"
            )
        return self._labels.intern(agency, marking)

    def _told(self, own: Sequence[Kept]) -> tuple[Told, ...]:
        ids = [one.rule_id for one in own]
        return tuple(
            Told(
                kept=one, check=self._check, day=self._today(), periods=self._periods,
                name=one.rule_id if ids.count(one.rule_id) == 1 else self.keyed(one),
                level=int(self._labels.get(one.label_id).marking.level),
            )
            for one in own
        )  # fmt: skip

    def _find(self, connection: sa.Connection, visible: Collection[int], name: str) -> Told | None:
        """Return the rule of this name; of several with one id the least restricted."""
        told = self._told(own_rules.kept(connection, visible))
        named = [one for one in told if name in (one.name, self.keyed(one.kept))]
        named = named or [one for one in told if one.kept.rule_id == name]
        return min(named, key=lambda one: (one.level, one.name), default=None)

    def _found(self, connection: sa.Connection, visible: Collection[int], name: str) -> Told:
        told = self._find(connection, visible, name)
        if told is None:
            raise NotFound(_MISSING)
        return told

    def _open(self, reader: Reader, name: str, action: Action) -> tuple[Told, Version]:
        reader.require(action)
        with self._gate.reading(reader) as (connection, visible):
            told = self._found(connection, visible, name)
        return told, told.kept.versions()[-1]

    def _standing(self, own: Sequence[Kept], label: int | None = None) -> list[Pack]:
        """Return the packs in force: the program's, and own rules that every reader of ``label``
        may know of; all of them when None."""
        packs = packs_in_force(own, self._check, self._today())
        covers = self._pipeline.analyst.algebra.covers
        chosen = [
            pack for other, pack in sorted(packs.items()) if label is None or covers(other, label)
        ]
        return [self._pack, *chosen]

    def _rehearse(
        self, connection: sa.Connection, visible: frozenset[int], label: int, written: Written,
        told: Told | None, *, most: int = 0,
    ) -> RehearsalFigures:  # fmt: skip
        assert written.compiled is not None
        own = own_rules.kept(connection, visible)
        running = in_force(told.kept.versions(), self._today(), self._periods) if told else None
        before = self._check(running.text).compiled if running else None
        return self._rehearsing.run(
            connection, self._rehearsing.allowed(visible, label), written.compiled,
            self._standing(own, label), self._today(), before=before, most=most,
        )  # fmt: skip

    def _asked(self, reader: Reader, rule_id: str, move: str, **more: Any) -> RuleMove:
        values = {"version": "", **more}
        at = self._pipeline.analyst.now().astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        return RuleMove(rule_id=rule_id, number=0, move=move, by=reader.name, at=at, **values)

    def _move(
        self, reader: Reader, told: Told, move: str, *, digest: str = "", reason: str = "",
        version: str = "", figures: RehearsalFigures | None = None, now: str = "",
    ) -> views.OwnRuleView:  # fmt: skip
        asked = self._asked(
            reader, told.kept.rule_id, move, version=version, reason=reason, digest=digest,
            figures=figures,
        )  # fmt: skip
        self._store_step(reader, asked, told.kept.label_id, now=now)
        return self._after(reader, told.kept.rule_id, told.kept.label_id)

    def _store_step(self, reader: Reader, asked: RuleMove, label: int, *, now: str = "") -> None:
        name = record_id(self._pipeline.settings.agency, own_rules.KIND, natural_key(asked))
        action = _ACTIONS[asked.move]
        with self._store.write() as connection:
            chain = records.chain(connection, self._labels, name, label)
            moves = [held.body for held in chain if isinstance(held.body, RuleMove)]
            step = next_move(
                moves, asked, day=self._today(), periods=self._periods, now=now,
                supervisor=reader.role is Role.SUPERVISOR,
            )  # fmt: skip
            draft = records.Draft(
                body=step, originator=self._labels.get(label).originator, label_id=label,
                valid_time=step.at,
            )  # fmt: skip
            records.append(connection, [draft])
            audit.write_line(
                connection, who=reader.name, role=reader.role, purpose=reader.purpose,
                action=action, subject=name, detail=step.move,
            )  # fmt: skip

    def _after(self, reader: Reader, rule_id: str, label: int) -> views.OwnRuleView:
        with self._gate.reading(reader) as (connection, visible):
            told = next(
                one for one in self._told(own_rules.kept(connection, visible))
                if (one.kept.rule_id, one.kept.label_id) == (rule_id, label)
            )  # fmt: skip
            return self._view(connection, visible, reader, told)

    def _view(
        self, connection: sa.Connection, visible: Collection[int], reader: Reader, told: Told
    ) -> views.OwnRuleView:
        figures = [one.figures for one in told.kept.versions() if one.figures]
        shown = reader.may(Action.RECORD_READ)
        titles = self._titles(connection, visible, figures) if shown else {}
        return told.view(
            titles, reader=reader.name, supervisor=reader.role is Role.SUPERVISOR,
            allowed=[move for move, action in _ACTIONS.items() if reader.may(action)],
        )  # fmt: skip

    def _titles(
        self, connection: sa.Connection, visible: Collection[int],
        figures: Sequence[RehearsalFigures],
    ) -> dict[str, str]:  # fmt: skip
        """Return the titles of examples that are still there and that the reader may see."""
        found = {}
        for name in sorted({name for one in figures for name in one.examples}):
            held = records.get(connection, self._labels, visible, name)
            if held is not None and held.body is not None and not held.withdrawn:
                found[name] = title_of(held.body) or name
        return found


def _with_rates(rows: Sequence[RuleView], said: Sequence[Rehearsed]) -> tuple[RuleView, ...]:
    rates = {answer.rule: answer for answer in said}
    return tuple(
        msgspec.structs.replace(
            row, rate=rate_view(rates[row.id].all), alone=rate_view(rates[row.id].alone)
        )
        if row.id in rates else row
        for row in rows
    )  # fmt: skip
