"""Cases shared with partners: shared, looked at before, taken up, worked on, taken back.

The partner sees of a case what the agreement and the markings release, and adds steps of its own,
which come back. Each side owns its own steps; both see one history. Before a case is shared, its
preview is made of what the release itself would let go.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from contextlib import suppress

import msgspec
import sqlalchemy as sa

from esclusa.casework.case_moves import FASTER, refusal
from esclusa.casework.case_words import fields, rows
from esclusa.casework.case_words import words as case_words
from esclusa.casework.cases import Step, Thing
from esclusa.casework.forms import filled
from esclusa.casework.joint import SHARE, Joint, is_given, merge, step_name
from esclusa.errors import AgreementError, EsclusaError, InputError, NotFound, StateError, Term
from esclusa.ledger import versions
from esclusa.ledger.indexing import joint_reference
from esclusa.model import (
    CaseMove,
    CaseWords,
    JointCaseMove,
    JointItem,
    Marking,
    Provenance,
    Record,
    Recorded,
    decode_body,
    kind_of,
    natural_key,
    record_id,
)
from esclusa.node import case_telling, joint_rows
from esclusa.node import joint_telling as telling
from esclusa.node.case_desk import CaseDesk
from esclusa.node.case_rows import Kept as KeptCase
from esclusa.node.case_writing import Wanted
from esclusa.node.exchange import Exchange
from esclusa.node.information_terms import agreement_with
from esclusa.node.joint_rows import MISSING, Kept
from esclusa.node.joint_writing import Writing, share_of
from esclusa.node.move_telling import text_of
from esclusa.node.pipeline import Pipeline
from esclusa.node.shown_names import ShownNames
from esclusa.sharing import joint_views as views
from esclusa.sharing.case_views import CaseView
from esclusa.sharing.reader import Action, Reader, Role
from esclusa.sharing.referral_views import WordView
from esclusa.sharing.release import Gate
from esclusa.sharing.terms import body_of

_PREVIEW = "preview"
"""The name of a joint case that nobody has made."""


class JointDesk:
    """Joint cases of one node, for people and for the node's own tick."""

    def __init__(self, gate: Gate, pipeline: Pipeline, exchange: Exchange, cases: CaseDesk) -> None:
        self._gate = gate
        self._store = pipeline.store
        self._labels = pipeline.labels
        self._us = pipeline.settings.agency
        self._exchange = exchange
        self._cases = cases
        self._memory = joint_rows.Memory(pipeline.labels, self._us)
        self._writing = Writing(pipeline, exchange, cases)
        self._names = ShownNames(pipeline.store, pipeline.settings.shown_to_partners)
        cases.shared = self._tell

    # --- reading -------------------------------------------------------------------------------

    def joints(self, reader: Reader) -> tuple[views.JointRow, ...]:
        """Return the joint cases that the reader may see, the one worked on last first."""
        reader.require(Action.CASE_READ)
        with self._gate.reading(reader) as (connection, visible):
            known = self._memory.all(connection, visible)
            homes = self._homes(connection, visible)
            told = [self._row(kept, homes) for kept in known if kept.joint.side(self._us)]
        self._gate.note(reader, Action.CASE_READ, detail=f"joint rows={len(told)}")
        return tuple(sorted(told, key=lambda row: (row.last, row.id), reverse=True))

    def show(self, reader: Reader, name: str) -> views.JointView:
        """Return a joint case with its history and what the reader can do; raises ``NotFound``."""
        reader.require(Action.CASE_READ)
        with self._gate.reading(reader) as (connection, visible):
            kept = joint_rows.one(connection, self._labels, visible, self._us, name)
            view = self._view(connection, visible, reader, kept) if kept else None
        self._gate.note(
            reader, Action.CASE_READ, subject=view.row.id if view else "",
            detail="" if view else "not found",
        )  # fmt: skip
        if view is None or kept is None:
            raise NotFound(MISSING)
        given, back, receipts = self._writing.given(name, kept.joint.other(self._us))
        return msgspec.structs.replace(
            view, given=given, back=back, receipts=receipts, stays=self._last_stays(kept)
        )

    def start(self, reader: Reader, case: str) -> views.ShareStartView:
        """Return what is needed to share a case; raises ``NotFound``."""
        reader.require(Action.CASE_SHARE)
        kept = self._case(reader, case)
        partners = tuple(self._partner(kept, agency) for agency in self._partners())
        form = case_telling.form(rows()[SHARE], {})
        return views.ShareStartView(
            case=case, title=kept.case.title, version=kept.case.version, partners=partners,
            fields=tuple(one for one in form.fields if one.word.code == "reason"),
        )  # fmt: skip

    def preview(self, reader: Reader, case: str, partner: str, reason: str = "") -> views.JointView:
        """Return what a partner would see of a case if it were shared now: the joint case that its
        node would make of what the release lets go.

        :param reason: why it is to be shared, as far as that is written.
        :raises AgreementError: when nothing would go, with the reason.
        :raises InputError: when it is no partner, or the case rests on a third agency's record.
        """
        reader.require(Action.CASE_SHARE)
        kept = self._case(reader, case)
        agreement = self._agreement(partner)
        share = _tried(kept.case.id, partner, agreement, reason, reader.name, self._at())
        said = self._writing.planned(kept, share)
        self._writing.require_going(said, kept.base, partner)
        marking = self._writing.saying.marking(self._labels.get(kept.base), partner)
        gone = [self._released(one.move, marking, partner) for one in said]
        self._gate.note(reader, Action.RELEASE_PREVIEW, subject=case, detail=f"to {partner}")
        with self._gate.reading(reader) as (connection, visible):
            it = merge(one for one in gone if one is not None)
            row = telling.row(it, partner, level=int(marking.level))
            return self._telling(connection, visible, it, partner).view(row, marking)

    # --- sharing -------------------------------------------------------------------------------

    def share(
        self, reader: Reader, case: str, partner: str, reason: str, *, version: str = ""
    ) -> views.JointView:
        """Share a case with a partner, and return the joint case.

        :param version: of the case as the reader saw it; "" to share it as it is.
        :raises StateError: when the reader does not lead the case, the case is closed or shared
            with this partner already, or somebody was faster.
        :raises MoveMistakes: when the reason is missing or wrong.
        :raises AgreementError: when nothing would reach the partner; nothing is kept then.
        """
        reader.require(Action.CASE_SHARE)
        kept = self._case(reader, case)
        agreement = self._agreement(partner)
        supervisor = reader.role is Role.SUPERVISOR
        if why := refusal(kept.case, SHARE, reader.name, supervisor=supervisor):
            raise why
        if partner in kept.case.shared_with:
            raise StateError("the case is shared with {partner} already", partner=partner)
        trial = _tried(case, partner, agreement, reason, reader.name, self._at())
        self._writing.require_going(self._writing.planned(kept, trial), kept.base, partner)
        joint = self._cases.new_name()
        given = {"partner": partner, "joint": joint, "agreement": agreement, "reason": reason}
        self._cases.step(
            reader, case, Wanted(move=SHARE, given=given, under="case", version=version),
            {"partners": [partner], "joints": [joint], "agreements": [agreement]},
        )  # fmt: skip
        return self.show(reader, joint)

    def unshare(self, reader: Reader, case: str, share: str, reason: str) -> CaseView:
        """Take back from a partner all that it was told of a case, and tell it nothing more.

        :param share: the name of the sharing in the case.
        :raises StateError: when the reader does not lead the case, or it was taken back already.
        """
        reader.require(Action.CASE_SHARE)
        wanted = Wanted(move="unshare", of=share, given={"reason": reason}, under="case")
        made = self._cases.step(reader, case, wanted, {}).thing(share)
        assert made is not None  # the step was about it
        self._writing.recall(made.made.said("joint"), by=reader.name)
        return self._cases.show(reader, case)

    def take_up(
        self, reader: Reader, name: str, given: Mapping[str, str], *, level: int | None = None
    ) -> CaseView:
        """Open a case of our own for one that a partner shares: what is done in it is told to the
        partner as its steps are told to us.

        :param given: ``title`` and ``summary`` of our case.
        :param level: of our case; at least that of what is shared.
        :raises StateError: when it is our own case, or was taken up already.
        """
        reader.require(Action.CASE_SHARE)
        kept, visible = self._found(reader, name)
        it = kept.joint
        if it.side(self._us) != "guest":
            raise StateError("this is a case of our own; only the partner takes it up")
        with self._gate.reading(reader) as (connection, seen):
            if name in self._homes(connection, seen):
                raise StateError("this case was taken up already")
        first = next(step.move for step in it.steps if step.move.move == SHARE)
        wanted = Wanted(move="take_up", given={"partner": it.owner, "joint": name}, level=level)
        case = self._cases.taken_up(
            reader, kept.base, given, wanted, {"partners": [it.owner], "joints": [name]},
            [self._record_of(first, visible)],
        )  # fmt: skip
        return self._cases.show(reader, case)

    def done(
        self, reader: Reader, name: str, task: str, result: str = "", *, version: str = ""
    ) -> views.JointView:
        """Say that a task of the other side, which our service was given, is done.

        :param task: its name in the joint case.
        :param version: of the joint case as the reader saw it; "" for any.
        :raises StateError: when our service was not given the task, it does not wait, the reader is
            no member of our case, or somebody was faster.
        """
        reader.require(Action.CASE_SHARE)
        kept, visible = self._found(reader, name)
        it = kept.joint
        if version and version != it.version:
            raise StateError(FASTER)
        home, share = self._home(reader, name, visible)
        thing = it.thing(task)
        if thing is None or thing.made.move.agency == self._us or not is_given(thing, self._us):
            raise StateError("this is no task that our service was given")
        if thing.state != "waiting":
            raise StateError(
                "a task that is {state!r} does not wait",
                state=Term(thing.state, es=case_words("of_state")[thing.state].text_es),
            )
        row, now = rows()["done"], self._at()
        said = filled("done", row.needs, fields(), {}, {"result": result}, now)
        self._writing.say(reader, home, share, JointCaseMove(
            joint=it.id, owner=it.owner, guest=it.guest, agency=self._us, number=0, seen=0,
            step=step_name(it.id, self._cases.new_name()), move="done",
            by=self._names.of(reader.name), at=now, of=task,
            recorded=tuple(Recorded(name=key, value=text) for key, text in said.items()),
        ))  # fmt: skip
        self._publish()
        return self.show(reader, name)

    def keep_up(self) -> None:
        """Tell partners what they were not told yet, and take back what was left."""
        if self._writing.keep_up():
            self._exchange.publish()

    # --- inside --------------------------------------------------------------------------------

    def _tell(self, case: str) -> None:
        # The step is written, whatever becomes of this; the next tick tells it.
        with suppress(EsclusaError):
            self._writing.tell(case)
        self._publish()

    def _publish(self) -> None:
        with suppress(EsclusaError):
            self._exchange.publish()

    def _partners(self) -> tuple[str, ...]:
        self._exchange.state()
        return tuple(sorted(self._exchange.partners.known))

    def _partner(self, kept: KeptCase, agency: str) -> views.SharePartnerView:
        share = _tried(kept.case.id, agency, "", "", "-", self._at())
        try:
            move = self._writing.planned(kept, share)[0].move
            why = self._writing.stays(move, kept.base, agency)
        except InputError:
            why = case_telling.word("stays", "third")
        return views.SharePartnerView(
            agency=agency, stays=why, shared=agency in kept.case.shared_with
        )

    def _agreement(self, partner: str) -> str:
        """Return the agreement with a partner in words."""
        if partner not in self._partners():
            raise InputError("{partner!r} is no partner of this node", partner=partner[:40])
        found = agreement_with(self._exchange, partner)
        if found is None:
            raise AgreementError("no agreement with {partner} is in force", partner=partner)
        return f"{found.id} {found.version}"

    def _at(self) -> str:
        return text_of(self._cases.now())

    def _released(
        self, move: JointCaseMove, marking: Marking, partner: str
    ) -> JointCaseMove | None:
        """Return what of a move the release would let go to a partner, None when nothing."""
        kind, key = kind_of(move), natural_key(move)
        record = Record(
            id=record_id(self._us, kind, key), kind=kind, version=1, key=key, body=move,
            originator=self._us, marking=marking, provenance=Provenance(),
        )  # fmt: skip
        plan = self._exchange.planned(record, partner)
        if plan is None or not plan.released:
            return None
        body = body_of(plan)
        assert isinstance(body, JointCaseMove)  # a plan keeps the kind
        return body

    def _case(self, reader: Reader, name: str) -> KeptCase:
        with self._gate.reading(reader) as (connection, visible):
            return self._cases.kept_under(connection, visible, name)

    def _found(self, reader: Reader, name: str) -> tuple[Kept, Collection[int]]:
        with self._gate.reading(reader) as (connection, visible):
            kept = joint_rows.one(connection, self._labels, visible, self._us, name)
        if kept is None:
            raise NotFound(MISSING)
        return kept, visible

    def _homes(self, connection: sa.Connection, visible: frozenset[int]) -> dict[str, KeptCase]:
        """Return our own cases that belong to joint cases, by the names of these."""
        found: dict[str, KeptCase] = {}
        for kept in self._cases.every(connection, visible):
            found |= {one.made.said("joint"): kept for one in kept.case.of("share")}
        return found

    def _home(self, reader: Reader, name: str, visible: Collection[int]) -> tuple[KeptCase, Thing]:
        with self._gate.reading(reader) as (connection, visible):
            home = self._homes(connection, frozenset(visible)).get(name)
        share = share_of(home.case, name) if home else None
        if home is None or share is None or share.state != "shared":
            raise StateError("take the case up first: what is done is done in a case of our own")
        if reader.role is not Role.SUPERVISOR and reader.name not in home.case.members:
            raise StateError("this belongs to the members of our case; its lead takes members in")
        return home, share

    def _record_of(self, move: JointCaseMove, visible: Collection[int]) -> str:
        """Return the id of the record here that holds a partner's move."""
        with self._store.read() as connection:
            for held in versions.all_holding(connection, visible, joint_reference(move.joint)):
                if held.kind == joint_rows.KIND and decode_body(held.body) == move:
                    return held.id
        raise NotFound(MISSING)

    def _row(self, kept: Kept, homes: Mapping[str, KeptCase]) -> views.JointRow:
        home = homes.get(kept.joint.id)
        level = int(self._labels.get(kept.base).marking.level)
        return telling.row(kept.joint, self._us, level=level, case=home.case.id if home else "")

    def _telling(
        self, connection: sa.Connection, visible: Collection[int], it: Joint, us: str, *,
        may: bool = False,
    ) -> telling.Telling:  # fmt: skip
        def find(item: JointItem) -> tuple[str, str]:
            return self._writing.saying.item(connection, visible, item)

        return telling.Telling(it, us, find, may=may, who=self._names.of_ours(us))

    def _view(
        self, connection: sa.Connection, visible: frozenset[int], reader: Reader, kept: Kept
    ) -> views.JointView:
        homes = self._homes(connection, visible)
        home = homes.get(kept.joint.id)
        share = share_of(home.case, kept.joint.id) if home else None
        active = share is not None and share.state == "shared"
        may = reader.may(Action.CASE_SHARE)
        member = home is not None and (
            reader.role is Role.SUPERVISOR or reader.name in home.case.members
        )
        told = self._telling(
            connection, visible, kept.joint, self._us, may=may and member and active
        )
        view = told.view(self._row(kept, homes), self._labels.get(kept.base).marking)
        guest = kept.joint.side(self._us) == "guest"
        return msgspec.structs.replace(
            view, ended=share is not None and not active,
            can_take_up=guest and home is None and may,
        )  # fmt: skip

    def _last_stays(self, kept: Kept) -> WordView | None:
        """Return why our last move does not reach the other side, None when it does."""
        it = kept.joint
        ours = [step.move for step in it.steps if step.move.agency == self._us]
        if not ours:
            return None
        label = kept.labels[self._us, max(move.number for move in ours)]
        return self._writing.stays_under(ours[-1], label, it.other(self._us))


def _tried(case: str, partner: str, agreement: str, why: str, by: str, at: str) -> Thing:
    """Return a sharing that nobody has made, to see what would go by it."""
    said = {"partner": partner, "joint": _PREVIEW, "agreement": agreement}
    move = CaseMove(
        case=case, step=_PREVIEW, move=SHARE, by=by, at=at,
        recorded=tuple(Recorded(name=name, value=value) for name, value in said.items() if value),
    )  # fmt: skip
    reason = (Recorded(name="reason", value=why.strip()),) if why.strip() else ()
    words = CaseWords(case=case, step=_PREVIEW, recorded=reason)
    return Thing(kind="share", state="shared", made=Step(move=move, state="open", words=words))
