"""Moves on joint cases written: what a partner is told, and what is taken back.

What goes is worked out anew from the case and the joint case, and each step is told once: after an
interruption the next call tells what is missing.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

import msgspec
import sqlalchemy as sa

from esclusa.casework.case_words import words
from esclusa.casework.cases import Case, Thing
from esclusa.casework.joint import SHARE, TAKE_UP
from esclusa.errors import EsclusaError, StateError
from esclusa.ledger import audit, records
from esclusa.ledger.records import Draft
from esclusa.model import JointCaseMove, natural_key, record_id
from esclusa.node import joint_rows
from esclusa.node.case_desk import CaseDesk
from esclusa.node.case_rows import Kept
from esclusa.node.exchange import Exchange
from esclusa.node.joint_rows import KIND
from esclusa.node.joint_saying import Said, Saying
from esclusa.node.move_telling import nothing_goes, reason
from esclusa.node.pipeline import Pipeline
from esclusa.node.referral_rows import all_labels
from esclusa.node.releasing import pointer_of
from esclusa.node.two_side_writing import kept_until, stays
from esclusa.sharing.exchange.rows import Grade
from esclusa.sharing.reader import Action, Reader
from esclusa.sharing.referral_views import WordView

NODE = "(node)"


class Writing:
    """Tells partners of the cases that one node shares with them."""

    def __init__(self, pipeline: Pipeline, exchange: Exchange, cases: CaseDesk) -> None:
        self._store = pipeline.store
        self._labels = pipeline.labels
        self._settings = pipeline.settings
        self._us = pipeline.settings.agency
        self._exchange = exchange
        self._cases = cases
        self.saying = Saying(pipeline, exchange)

    # --- what would go ---------------------------------------------------------------------------

    def planned(self, kept: Kept, share: Thing) -> list[Said]:
        """Return all that a partner is told of a case by a sharing, with numbers from 1.

        :param kept: the case under any labels; what is told is read anew under those that may go.
        """
        partner = share.made.said("partner")
        visible = self.saying.covered(kept.base, partner)
        with self._store.read() as connection:
            it = self._cases.kept_under(connection, visible, kept.case.id)
            said = self.saying.moves(connection, it, share, visible)
        return [_numbered(one, number, 0) for number, one in enumerate(said, 1)]

    def stays(self, move: JointCaseMove, base: int, partner: str) -> WordView | None:
        """Return why a move would not reach a partner, None when it would.

        :param base: the label of the case.
        :raises InputError: when the case rests on what a third agency said.
        """
        marking = self.saying.marking(self._labels.get(base), partner)
        why = stays(self._exchange, move, marking, partner)
        return reason(words("stays"), why) if why else None

    def stays_under(self, move: JointCaseMove, label: int, partner: str) -> WordView | None:
        """Return why a move that was made under a label would not reach a partner now."""
        why = stays(self._exchange, move, self._labels.get(label).marking, partner)
        return reason(words("stays"), why) if why else None

    def require_going(self, said: Sequence[Said], base: int, partner: str) -> None:
        """Raise ``AgreementError`` when nothing would reach a partner; ``InputError``, see
        :meth:`stays`."""
        why = self.stays(said[0].move, base, partner)
        if why is not None:
            raise nothing_goes(partner, why)

    # --- telling ---------------------------------------------------------------------------------

    def tell(self, name: str) -> int:
        """Tell partners what they were not told yet of a case; return how many steps."""
        with self._store.read() as connection:
            kept = self._cases.kept_under(connection, all_labels(self._labels), name)
        shares = [one for one in kept.case.of("share") if one.state == "shared"]
        return sum(self._tell(kept, share) for share in shares)

    def _tell(self, kept: Kept, share: Thing) -> int:
        joint, partner = share.made.said("joint"), share.made.said("partner")
        every, ours = self._shown(), share.made.move.move == SHARE
        fresh = self.planned(kept, share)
        marking = self.saying.marking(self._labels.get(kept.base), partner)
        label = self._labels.intern(self._us, marking)
        with self._store.write() as connection:
            now = joint_rows.one(connection, self._labels, every, self._us, joint)
            if now is None and not ours:
                return 0  # what the partner shared is not here, and without it nobody can read ours
            known = now.joint.told(self._us) if now else frozenset()
            seen = now.joint.highest(partner) if now else 0
            number = now.joint.highest(self._us) if now else 0
            waiting = [one for one in fresh if one.move.step not in known]
            for one in waiting:
                number = self._free(connection, one.move, number + 1)
                self._append(connection, _numbered(one, number, seen), label)
        return len(waiting)

    def say(self, reader: Reader, kept: Kept, share: Thing, move: JointCaseMove) -> None:
        """Make a move about what the other side made; it has no step in our own case.

        :param share: the sharing of our case, under whose marking it stands.
        """
        partner = share.made.said("partner")
        marking = self.saying.marking(self._labels.get(kept.base), partner)
        label = self._labels.intern(self._us, marking)
        shell = (record_id(self._us, "case_move", natural_key(share.made.move)),)
        every = self._shown()  # not in a transaction: a move of the exchange may wait for that
        with self._store.write() as connection:
            now = joint_rows.one(
                connection, self._labels, every, self._us, share.made.said("joint")
            )
            if now is None:
                raise StateError("the joint case is not here any more")
            number = self._free(connection, move, now.joint.highest(self._us) + 1)
            said = _numbered(Said(move=move, sources=shell), number, now.joint.highest(partner))
            self._append(connection, said, label, by=reader)

    def _shown(self) -> frozenset[int]:
        """Return the labels of all that is not hidden: copies whose lease is over are not there."""
        every = self._labels.all()
        return frozenset(one.id for one in every if self._exchange.is_readable(one))

    def _free(self, connection: sa.Connection, move: JointCaseMove, number: int) -> int:
        """Return the first number from one on that no move has, nor one that was erased."""
        every = all_labels(self._labels)
        while True:
            taken = msgspec.structs.replace(move, number=number)
            name = record_id(self._us, KIND, natural_key(taken))
            if records.get(connection, self._labels, every, name) is None:
                return number
            number += 1

    def _append(
        self, connection: sa.Connection, said: Said, label: int, *, by: Reader | None = None
    ) -> None:
        move = said.move
        records.append(connection, [Draft(
            body=move, originator=self._us, label_id=label, valid_time=move.at,
            derived_from=said.sources,
            retain_until=kept_until(self._settings, KIND, self._exchange.now()),
        )])  # fmt: skip
        audit.write_line(
            connection, who=by.name if by else NODE, role=by.role if by else "node",
            purpose=by.purpose if by else "case", action=Action.CASE_SHARE, subject=move.joint,
            detail=f"{move.move} {move.number}",
        )  # fmt: skip

    # --- taking back -----------------------------------------------------------------------------

    def recall(self, joint: str, *, by: str) -> None:
        """Take back from the partner all that we told on a joint case."""
        self._exchange.withdraw(self.said_on(joint), by=by)

    def said_on(self, joint: str) -> tuple[str, ...]:
        """Return the ids of the records of all our moves on a joint case."""
        with self._store.read() as connection:
            now = joint_rows.one(
                connection, self._labels, all_labels(self._labels), self._us, joint
            )
        ours = [s.move for s in now.joint.steps if s.move.agency == self._us] if now else []
        return tuple(record_id(self._us, KIND, natural_key(move)) for move in ours)

    def given(self, joint: str, partner: str) -> tuple[int, int, int]:
        """Return how many of our moves went out to a partner, how many of these were taken back,
        and how many of these it has confirmed to be erased."""
        state = self._exchange.state()
        names = [self._exchange.name_of(one) for one in self.said_on(joint)]
        keys = [(partner, self._us, name) for name in names]
        grades = [state.grants[key].state for key in keys if key in state.grants]
        back = sum(grade in (Grade.RECALLED, Grade.GONE) for grade in grades)
        return len(grades), back, sum(grade is Grade.GONE for grade in grades)

    # --- what follows of itself ------------------------------------------------------------------

    def keep_up(self) -> int:
        """Tell what an interruption left untold, and take back what it left; return how many steps
        were told."""
        with self._store.read() as connection:
            every = self._cases.every(connection, all_labels(self._labels))
        self._recall_erased()
        told = 0
        for kept in every:
            for share in kept.case.of("share"):
                with suppress(EsclusaError):
                    if share.state == "shared":
                        told += self._tell(kept, share)
                    elif self._is_out(share):
                        self.recall(share.made.said("joint"), by=NODE)
        return told

    def _recall_erased(self) -> None:
        """Take back what was erased here with a record that it rested on, a partner's too."""
        owns = [own for own in self._exchange.state().own.values() if own.kind == KIND]
        places = [place for own in owns if (place := pointer_of(own)) is not None]
        with self._store.read() as connection:
            gone = records.emptied(connection, [place.seq for place in places])
        if gone:
            self._exchange.withdraw([one.id for one in places if one.seq in gone], by=NODE)

    def _is_out(self, share: Thing) -> bool:
        given, back, _gone = self.given(share.made.said("joint"), share.made.said("partner"))
        return given > back


def share_of(case: Case, joint: str) -> Thing | None:
    """Return the sharing, or the taking up, that ties a case to a joint case; None without one."""
    return next((one for one in case.of("share") if one.made.said("joint") == joint), None)


def is_ours(share: Thing) -> bool:
    """Tell whether a sharing is of a case of our own, and not the taking up of a partner's."""
    return share.made.move.move != TAKE_UP


def _numbered(said: Said, number: int, seen: int) -> Said:
    move = msgspec.structs.replace(said.move, number=number, seen=seen)
    return msgspec.structs.replace(said, move=move)
