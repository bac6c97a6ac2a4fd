"""What of a case a partner is told: its steps, as moves of ours on the joint case.

A step goes that stands under the marking of the case itself, so that every reader of the joint case
may know all of it. A step under a stricter marking, or one that its writer kept at home, or one
about a thing that was not told, stays; and nothing that goes tells that it is there.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Final

import msgspec
import sqlalchemy as sa

from esclusa.casework.case_words import rows
from esclusa.casework.cases import Case, Step, Thing
from esclusa.casework.joint import ELSEWHERE, SHARE, TAKE_UP, TOLD, step_name
from esclusa.errors import InputError
from esclusa.ledger import records
from esclusa.ledger.indexing import title_of
from esclusa.ledger.labels import Label
from esclusa.model import JointCaseMove, JointItem, Marking, Recorded, natural_key, record_id
from esclusa.node import information_rows, referral_rows
from esclusa.node.case_rows import MOVE, Kept
from esclusa.node.exchange import Exchange
from esclusa.node.information_pointing import Pointing
from esclusa.node.pipeline import Pipeline
from esclusa.node.referral_rows import addressed, drafted
from esclusa.node.shown_names import PEOPLE, ShownNames

_PRIVATE: Final = frozenset({"joint", "partner"})
"""What a sharing records that the moves say otherwise."""


class Said(msgspec.Struct, frozen=True, kw_only=True):
    """A move to be told, still without its numbers, with the records that it rests on."""

    move: JointCaseMove
    sources: tuple[str, ...]


class Saying:
    """Turns steps of cases into moves on joint cases, for one node."""

    def __init__(self, pipeline: Pipeline, exchange: Exchange) -> None:
        self._labels = pipeline.labels
        self._exchange = exchange
        self._us = pipeline.settings.agency
        self._names = ShownNames(pipeline.store, pipeline.settings.shown_to_partners)
        self._pointing = Pointing(pipeline, exchange)

    def marking(self, label: Label, partner: str) -> Marking:
        """Return the marking of what a partner is told of a case that stands under a label.

        :raises InputError: when the case rests on what a third agency said.
        """
        return addressed(drafted(label, self._us, partner), partner)

    def covered(self, base: int, partner: str) -> frozenset[int]:
        """Return the labels whose steps a partner may be told of: those that are no stricter than
        that of the case, and rest on nothing of a third agency or of one whose lease is over."""
        marking = self._labels.get(base).marking
        return frozenset(
            label.id for label in self._labels.all()
            if _covers(marking, label.marking) and self._is_free(label, partner)
        )  # fmt: skip

    def _is_free(self, label: Label, partner: str) -> bool:
        try:
            drafted(label, self._us, partner)
        except InputError:
            return False
        return self._exchange.is_readable(label)

    def moves(
        self, connection: sa.Connection, kept: Kept, share: Thing, visible: Collection[int]
    ) -> list[Said]:  # fmt: skip
        """Return all that a partner is told of a case, in order, the sharing first.

        :param kept: the case under the labels ``visible``, see :meth:`covered`.
        :param share: the sharing, or the taking up, that the moves belong to.
        """
        it, told, found = kept.case, set[str](), []
        first = share.made
        for step in (first, *(one for one in it.steps if one.move.step != share.name)):
            said = self._said(connection, it, share, step, told, visible)
            if said is not None:
                told.add(step.move.step)
                shell = record_id(self._us, MOVE, natural_key(step.move))
                written = kept.written.get(step.move.step)
                found.append(Said(move=said, sources=(shell, *([written] if written else ()))))
        return found

    def _said(
        self, connection: sa.Connection, it: Case, share: Thing, step: Step, told: set[str],
        visible: Collection[int],
    ) -> JointCaseMove | None:  # fmt: skip
        move, ours = step.move, share.made.move.move == SHARE
        partner = share.made.said("partner")
        if move.home or step.erased or move.move not in TOLD:
            return None
        if move.move in (SHARE, TAKE_UP) and move.step != share.name:
            return None
        if move.move == "name" and not ours:
            return None  # the title of a case that was taken up is the other side's
        row, item = rows()[move.move], JointItem()
        if row.about and move.of not in told:
            return None
        if row.makes == "item":
            known = self._item(connection, step, partner, visible)
            if known is None:
                return None
            item = known
        joint = share.made.said("joint")
        of = step_name(joint, move.of) if move.of in told else ELSEWHERE if move.of else ""
        sides = (self._us, partner) if ours else (partner, self._us)
        return JointCaseMove(
            joint=joint, owner=sides[0], guest=sides[1], agency=self._us, number=0, seen=0,
            step=step_name(joint, move.step), move=move.move, by=self._names.of(move.by),
            at=move.at, of=of, item=item, recorded=tuple(self._recorded(step)),
            file=step.words.file if step.words else None,
        )  # fmt: skip

    def _recorded(self, step: Step) -> Iterator[Recorded]:
        written = step.words.recorded if step.words else ()
        for item in (*step.move.recorded, *written):
            if item.name in PEOPLE:
                yield msgspec.structs.replace(item, value=self._names.of(item.value))
            elif item.name not in _PRIVATE:
                yield item

    def _item(
        self, connection: sa.Connection, step: Step, partner: str, visible: Collection[int]
    ) -> JointItem | None:
        """Return the name by which a partner knows what was put in, None where it does not hold
        it: of that nothing is told, not even that there is one."""
        kind, name = step.move.item, step.words.item if step.words else ""
        known = ""
        if kind == "record" and name:
            record = records.get(connection, self._labels, visible, name)
            if record is not None and record.body is not None and not record.withdrawn:
                known = self._pointing.name_for(record, partner, visible)
        elif kind == "referral" and name:
            held = referral_rows.one(connection, self._labels, visible, self._us, name)
            sent = held is not None and held.request_label is not None
            sides = {held.referral.requester, held.referral.host} if held and sent else set()
            known = name if sides == {self._us, partner} else ""
        elif kind == "request" and name:
            asked = information_rows.one(connection, self._labels, visible, self._us, name)
            known = name if asked and asked.request.other(self._us) == partner else ""
        return JointItem(kind=kind, name=known) if known else None

    def item(
        self, connection: sa.Connection, visible: Collection[int], item: JointItem
    ) -> tuple[str, str]:
        """Return the id here and the title of a thing that both sides know; two "" where the reader
        of these labels has none."""
        if item.kind == "record":
            record = self._pointing.found(connection, visible, item.name)
            if record is not None and record.body is not None:
                return record.id, title_of(record.body) or record.kind
        elif item.kind == "referral":
            held = referral_rows.one(connection, self._labels, visible, self._us, item.name)
            if held is not None and held.referral.side(self._us):
                subject = held.referral.subject
                title = f"{subject.carrier} {subject.bill}".strip() or " ".join(subject.boxes)
                return item.name, title or item.name
        elif item.kind == "request":
            asked = information_rows.one(connection, self._labels, visible, self._us, item.name)
            if asked is not None:
                about = asked.request.subject
                return item.name, f"{about.name} {about.number}".strip() or about.kind
        return "", ""


def _covers(above: Marking, below: Marking) -> bool:
    """Tell whether whoever may see one marking at this node may see the other."""
    joined = above.join(below)
    return (joined.level, joined.caveats, joined.purposes) == (
        above.level, above.caveats, above.purposes,
    )  # fmt: skip
