"""Notices of cases shared with partners: of what the partner does on them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import sqlalchemy as sa

from esclusa.casework.case_words import words
from esclusa.casework.forms import moment
from esclusa.casework.joint import JointStep, is_given
from esclusa.ledger import records
from esclusa.ledger.labels import Labels
from esclusa.model import JointCaseMove
from esclusa.node import case_rows, joint_rows
from esclusa.node.joint_rows import KIND, Kept
from esclusa.node.joint_writing import share_of
from esclusa.node.notice_look import Found, Look, Told, said, text_of

_QUIET: Final = frozenset({"read"})
"""Moves that are kept and told to nobody: that a file was looked at asks nothing of anyone."""


class JointCases:
    """What a partner does on a shared case: that it shares one, told until somebody here takes it
    up; its steps on one that is worked on here, told to the members of our own case."""

    kinds = ("joint_shared", "joint_moved")
    records = (KIND,)

    def __init__(self, labels: Labels, us: str) -> None:
        self._labels = labels
        self._us = us
        self._cases = case_rows.Memory()

    def found(self, look: Look) -> Iterator[Found]:
        """Yield, of each joint case with new steps of the partner, the last of them; one that
        arrives whole is one thing to be told of."""
        seqs = [row.seq for row in look.fresh_of(KIND)]
        moves = records.get_by_seq(look.connection, self._labels, look.visible, seqs)
        last: dict[str, int] = {}
        for item in moves.values():
            if isinstance(item.body, JointCaseMove) and self._is_theirs(item.body):
                last[item.body.joint] = max(last.get(item.body.joint, 0), item.body.number)
        homes = self._homes(look.connection, look.visible) if last else {}
        for joint, number in last.items():
            home = homes.get(joint)
            if home is None:
                yield Found(kind="joint_shared", key=f"joint_shared/{joint}", subject=joint)
                continue
            for member in home.case.members:
                subject = f"{joint}/{number}/{home.case.id}/{member}"
                yield Found(kind="joint_moved", key=f"joint_moved/{subject}", subject=subject,
                            person=member)  # fmt: skip

    def _is_theirs(self, move: JointCaseMove) -> bool:
        sides = {move.owner, move.guest}
        told = move.agency != self._us and self._us in sides and move.number > 0
        return told and move.move not in _QUIET

    def _homes(
        self, connection: sa.Connection, visible: frozenset[int]
    ) -> dict[str, case_rows.Kept]:
        """Return our own cases by the names of the joint cases that they belong to."""
        return {
            one.made.said("joint"): kept
            for kept in self._cases.all(connection, visible)
            for one in kept.case.of("share")
        }

    def told(self, look: Look, kind: str, subject: str) -> Told | None:
        """Return the case and what was done; a shared case only while nobody here has taken it up,
        a step only to who is still a member, while it stands and the sharing was not taken back."""
        joint, _, rest = subject.partition("/")
        it = joint_rows.one(look.connection, self._labels, look.visible, self._us, joint)
        if it is None:
            return None
        return self._shared(look, it) if kind == "joint_shared" else self._moved(look, it, rest)

    def _shared(self, look: Look, it: Kept) -> Told | None:
        joint = it.joint
        if joint.owner == self._us or joint.id in self._homes(look.connection, look.visible):
            return None
        labels = [self._labels.get(number) for number in sorted(set(it.labels.values()))]
        title = joint.said("title") or joint.id
        return said(labels, f"/joint-cases/{joint.id}", f"{title} ({joint.owner})")

    def _moved(self, look: Look, it: Kept, rest: str) -> Told | None:
        number, case, member = rest.split("/", 2)
        joint, partner = it.joint, it.joint.other(self._us)
        step = _step(it, partner, int(number))
        home = case_rows.one(look.connection, look.visible, case)
        share = share_of(home.case, joint.id) if home else None
        if step is None or home is None or share is None or share.state != "shared":
            return None
        if member not in home.case.members:
            return None
        numbers = {home.base, it.base, it.labels[partner, step.move.number]}
        word = words("move")[step.move.move]
        title = home.case.title or home.case.id
        return said(
            [self._labels.get(one) for one in sorted(numbers)], f"/joint-cases/{joint.id}",
            f"{title}: {word.text_en} ({partner})", f"{title}: {word.text_es} ({partner})",
            due=self._due(it, step),
        )  # fmt: skip

    def _due(self, it: Kept, step: JointStep) -> str:
        """Return by when we must have done what a step gave us to do, "" for nothing."""
        task = it.joint.thing(step.move.step)
        waits = task is not None and task.state == "waiting" and is_given(task, self._us)
        due = moment(task.said("due")) if task is not None and waits else None
        return text_of(due) if due else ""


def _step(it: Kept, agency: str, number: int) -> JointStep | None:
    """Return a side's step by its number, None when it is not here or does not count."""
    steps = (s for s in it.joint.steps if (s.move.agency, s.move.number) == (agency, number))
    step = next(steps, None)
    return None if step is None or step.lost else step
