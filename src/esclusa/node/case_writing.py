"""Steps on cases written: under which label, with what they rest on, and by whom.

A step is one record, and what it writes down another; both are appended with an audit line in one
transaction.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection, Iterable, Mapping
from typing import Final

import msgspec
import sqlalchemy as sa

from esclusa.casework.case_moves import Asked, next_move
from esclusa.casework.case_words import rows
from esclusa.casework.cases import Case, after
from esclusa.errors import InputError, NotFound, StateError
from esclusa.ledger import audit, custody, records
from esclusa.ledger.records import Draft
from esclusa.model import CaseMove, CaseWords, Level, Marking, Provenance, natural_key, record_id
from esclusa.node.case_items import Item
from esclusa.node.case_rows import MOVE, Kept
from esclusa.node.people import PURPOSES_OF, People
from esclusa.node.pipeline import Pipeline
from esclusa.sharing.policy import may_see
from esclusa.sharing.reader import Action, Reader, Role
from esclusa.sharing.release import today_utc

UNDER: Final = ("all", "case", "home")
"""Who may read what is written: those who may read all that its writer sees of the case, or those
who may read the case; ``home``: as ``all``, and no partner is told of it."""
_NAME: Final = 8
"""Bytes of a name: random, so that it tells neither how many there are nor what of."""


def new_name() -> str:
    """Return a name for a case or a step."""
    return secrets.token_hex(_NAME)


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """A step that a person wants: see :class:`~esclusa.casework.case_moves.Asked`. ``under`` and
    ``level`` say who may read it, ``version`` is that of the case as the person saw it."""

    move: str
    given: Mapping[str, str] = {}
    of: str = ""
    under: str = "all"
    level: int | None = None
    version: str = ""


class Writing:
    """Writes the steps of one node's people."""

    def __init__(self, pipeline: Pipeline, people: People) -> None:
        self._labels = pipeline.labels
        self._algebra = pipeline.analyst.algebra
        self._us = pipeline.settings.agency
        self._people = people

    # --- labels: made before the transaction that writes under them ------------------------------

    def base_label(
        self, reader: Reader, rests_on: Collection[int], level: int | None,
        caveats: Collection[str] = (),
    ) -> int:  # fmt: skip
        """Return the label of a new case: this agency's own, as high as what it is opened from.

        :param caveats: compartments that its readers must hold.
        :raises InputError: when the level is none or above the reader's clearance, or the reader
            does not hold a compartment.
        :raises MarkingError: when a compartment is no word that a marking may use.
        """
        chosen = frozenset(caveats)
        if not reader.holds(chosen):
            reason = "you do not hold this compartment; you could not read it yourself"
            raise InputError(reason, field="caveats", problem="above")
        made = Marking(level=self._level(reader, level), caveats=chosen)
        for number in rests_on:
            marking = self._labels.get(number).marking
            made = made.join(
                Marking(level=marking.level, caveats=marking.caveats, purposes=marking.purposes)
            )
        return self._labels.intern(self._us, made)

    def label_for(
        self, reader: Reader, kept: Kept, wanted: Wanted, rests_on: Iterable[int] = ()
    ) -> int:
        """Return the label of a step on a case.

        The moves that make where a case stands, and who leads it, stand under that of the case
        itself: so every reader of the case has one state.

        :raises InputError: when ``under`` or ``level`` is wrong.
        """
        row, label = rows().get(wanted.move), kept.base
        if wanted.under not in UNDER:
            reason = f"{wanted.under[:40]!r} is not one of {', '.join(UNDER)}"
            raise InputError(reason, field="under", problem="code")
        if wanted.of in kept.labels:
            label = self._algebra.join(label, kept.labels[wanted.of])
        label = self.join(label, rests_on)
        if row is None or not row.makes or row.makes == "item":
            return label
        if wanted.under in ("all", "home"):
            label = self.join(label, kept.labels.values())
        if wanted.level is not None:
            own = self._labels.intern(self._us, Marking(level=self._level(reader, wanted.level)))
            label = self._algebra.join(label, own)
        return label

    def whole_label(self, kept: Kept) -> int:
        """Return the label of all that a reader sees of a case."""
        return self.join(kept.base, kept.labels.values())

    def join(self, label: int, others: Iterable[int]) -> int:
        """Return the label of what rests on all of these; opens a transaction when it is new."""
        for number in sorted(set(others)):
            label = self._algebra.join(label, number)
        return label

    @staticmethod
    def _level(reader: Reader, level: int | None) -> Level:
        chosen = Level.OFFICIAL if level is None else level
        if chosen not in set(Level):
            reason = f"the level {chosen} is not a number from 0 to 4"
            raise InputError(reason, field="level", problem="whole", expected="0–4")
        if chosen > reader.clearance:
            reason = "the level is above your clearance; you could not read it yourself"
            raise InputError(reason, field="level", problem="above")
        return Level(chosen)

    # --- people ----------------------------------------------------------------------------------

    def people(self, label: int) -> tuple[str, ...]:
        """Return the accounts that work on cases and may read what stands under a label."""
        return tuple(
            view.name for view in self._people.all()
            if view.active and Role(view.role) in (Role.ANALYST, Role.SUPERVISOR)
            and self._may_read(view.name, view.role, view.clearance, view.caveats, label)
        )  # fmt: skip

    def _may_read(
        self, name: str, role: str, clearance: int, caveats: Iterable[str], label: int
    ) -> bool:
        held = self._labels.get(label)
        return any(
            may_see(
                Reader(name=name, role=Role(role), agency=self._us, clearance=Level(clearance),
                       caveats=frozenset(caveats), purpose=purpose),
                held.originator, held.marking, today_utc(),
            )
            for purpose in PURPOSES_OF[Role(role)]
        )  # fmt: skip

    def _check_person(self, move: CaseMove, label: int) -> None:
        """Refuse to give a task to a member who may not read it."""
        person = next((one.value for one in move.recorded if one.name == "member"), "")
        known = {view.name for view in self._people.all()}
        if move.move in ("task", "assign") and person in known - set(self.people(label)):
            raise StateError(
                "{person} may not read what this rests on; write it for those who read the case, "
                "or give it to another member",
                person=person,
            )

    # --- steps -----------------------------------------------------------------------------------

    def append(
        self, connection: sa.Connection, reader: Reader, now: Case, asked: Asked,
        wanted: Wanted, label: int, *, people: Collection[str] = (), item: Item | None = None,
        sources: Collection[str] = (), chosen: Mapping[str, Collection[str]] | None = None,
    ) -> Case:  # fmt: skip
        """Make a step on a case and write it; return the case after it.

        :param now: the case as the reader sees it, read in this transaction.
        :param item: what is put in.
        :param sources: records that what is written rests on; it is erased with them.
        :raises StateError, MoveMistakes: see :func:`~esclusa.casework.case_moves.next_move`.
        """
        move, words = next_move(
            now, asked, wanted.given, supervisor=reader.role is Role.SUPERVISOR, people=people,
            version=wanted.version, chosen=chosen or {},
        )  # fmt: skip
        self._check_person(move, label)
        rests_on = tuple(sorted({*(item.sources if item else ()), *sources}))
        self._check_there(connection, rests_on)
        drafts: list[Draft] = [self._draft(move, label)]
        if words is not None:
            source = self._source(connection, reader, now.id, words, label, move.at)
            drafts.append(self._draft(words, label, rests_on=rests_on, source=source))
        records.append(connection, drafts)
        audit.write_line(
            connection, who=reader.name, role=reader.role, purpose=reader.purpose,
            action=ACTIONS.get(move.move, Action.CASE_MOVE), subject=now.id,
            detail=f"{move.move} {move.of or move.step}",
        )  # fmt: skip
        return after(now, move, words)

    def _source(
        self, connection: sa.Connection, reader: Reader, case: str, words: CaseWords, label: int,
        at: str,
    ) -> str:  # fmt: skip
        if words.file is None:
            return ""
        return custody.keep_evidence(
            connection, case=case, name=words.file.name, label_id=label, sha256=words.file.sha256,
            marking=self._labels.get(label).marking.canonical(), size=words.file.size,
            by=reader.name, at=at,
        )  # fmt: skip

    def _draft(
        self, body: CaseMove | CaseWords, label: int, *, rests_on: tuple[str, ...] = (),
        source: str = "",
    ) -> Draft:  # fmt: skip
        return Draft(
            body=body, originator=self._us, label_id=label, derived_from=rests_on,
            valid_time=body.at if isinstance(body, CaseMove) else "",
            provenance=Provenance(source=source) if source else Provenance(),
        )  # fmt: skip

    def _check_there(self, connection: sa.Connection, names: Collection[str]) -> None:
        """Refuse to rest on a record that was erased since its reader saw it."""
        every = frozenset(label.id for label in self._labels.all())
        for name in names:
            held = records.get(connection, self._labels, every, name)
            if held is None or held.body is None:
                raise NotFound("what this rests on is not there any more")

    def names_of(self, kept: Kept) -> tuple[str, ...]:
        """Return the ids of all records of a case."""
        moves = (step.move for step in kept.case.steps)
        shells = (record_id(self._us, MOVE, natural_key(move)) for move in moves)
        return (*shells, *kept.written.values())


ACTIONS: Final = {
    "read": Action.CASE_EVIDENCE, "take_in": Action.CASE_EVIDENCE, "hand_on": Action.CASE_EVIDENCE,
    "seal": Action.CASE_EVIDENCE, "unseal": Action.CASE_EVIDENCE, "export": Action.CASE_EXPORT,
}  # fmt: skip
"""What the audit log calls a step."""
