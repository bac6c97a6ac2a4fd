"""Notices of the request desk and of the case room."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Final

from esclusa.casework.cases import Case, Thing
from esclusa.casework.information import HOME
from esclusa.casework.information_words import words
from esclusa.ledger import records
from esclusa.ledger.labels import Labels
from esclusa.model import InformationMove
from esclusa.node import case_rows, information_rows
from esclusa.node.information_telling import is_open
from esclusa.node.notice_look import Found, Look, Told, said, text_of

_KIND: Final = information_rows.KIND


class Requests:
    """Requests for information that were received, were answered, or whose clock runs out."""

    kinds = ("request_received", "request_answered", "request_clock")
    records = (_KIND,)

    def __init__(self, labels: Labels, us: str) -> None:
        self._labels = labels
        self._us = us
        self._memory = information_rows.Memory(labels, us)

    def found(self, look: Look) -> Iterator[Found]:
        """Yield the other side's new steps, and the clocks that run."""
        seqs = [row.seq for row in look.fresh_of(_KIND)]
        steps = records.get_by_seq(look.connection, self._labels, look.visible, seqs)
        for item in steps.values():
            if isinstance(item.body, InformationMove) and self._is_theirs(item.body):
                move = item.body
                kind = "request_received" if move.answerer == self._us else "request_answered"
                key = f"request/{move.request}/{move.agency}/{move.number}"
                yield Found(kind=kind, key=key, subject=move.request)
        for kept in self._memory.all(look.connection, look.visible):
            it = kept.request
            left = it.left(look.now)
            if not it.side(self._us) or left is None or it.resting or left <= dt.timedelta():
                continue
            due = text_of(it.due or look.now)
            yield Found(kind="request_clock", key=f"request_clock/{it.id}/{due}", subject=it.id,
                        minutes=int(left.total_seconds() // 60))  # fmt: skip

    def _is_theirs(self, move: InformationMove) -> bool:
        sides = {move.requester, move.answerer}
        return move.agency != self._us and self._us in sides and move.number > HOME

    def told(self, look: Look, kind: str, subject: str) -> Told | None:
        """Return what is asked about and where it stands; a clock only while it runs, a question
        that was received only while somebody still has something to do."""
        kept = information_rows.one(look.connection, self._labels, look.visible, self._us, subject)
        if kept is None:
            return None
        it = kept.request
        left = it.left(look.now)
        runs = left is not None and it.resting is None and left > dt.timedelta()
        if kind == "request_clock" and not runs:
            return None
        if kind == "request_received" and not is_open(it.state):
            return None
        about, state = it.subject, words("state")[it.state]
        what = " ".join(part for part in (about.name, about.number) if part) or it.id
        labels = [self._labels.get(number) for number in sorted(set(kept.labels.values()))]
        return said(
            labels, f"/requests/{it.id}", f"{what}: {state.text_en}", f"{what}: {state.text_es}",
            due=text_of(it.due) if runs and it.due else "",
        )  # fmt: skip


class Cases:
    """Tasks in cases: told to the member who has them, when given and when overdue."""

    kinds = ("case_task", "case_overdue")
    records = ()

    def __init__(self, labels: Labels) -> None:
        self._labels = labels
        self._memory = case_rows.Memory()

    def found(self, look: Look) -> Iterator[Found]:
        """Yield the tasks that wait."""
        for kept in self._memory.all(look.connection, look.visible):
            for task in kept.case.of("task"):
                who = task.said("member")
                if task.state != "waiting" or task.erased or not who:
                    continue
                subject = f"{kept.case.id}/{task.name}/{who}"
                given = (task.steps[-1] if task.steps else task.made).move.at
                yield Found(kind="case_task", key=f"case_task/{subject}", subject=subject,
                            at=given, person=who)  # fmt: skip
                if task.is_overdue(look.now):
                    due = text_of(task.due or look.now)
                    yield Found(kind="case_overdue", key=f"case_overdue/{subject}/{due}",
                                subject=subject, person=who)  # fmt: skip

    def told(self, look: Look, kind: str, subject: str) -> Told | None:
        """Return the task while it waits with that member."""
        case, name, who = subject.split("/", 2)
        kept = case_rows.one(look.connection, look.visible, case)
        task = kept.case.thing(name) if kept else None
        if kept is None or task is None or not _waits(task, who):
            return None
        if kind == "case_overdue" and not task.is_overdue(look.now):
            return None
        steps = [kept.case.steps[0], task.made, *task.steps]
        numbers = {kept.labels[step.move.step] for step in steps}
        title = f"{_titled(kept.case)}: {task.said('task')}".strip(": ")
        return said(
            [self._labels.get(number) for number in sorted(numbers)], f"/cases/{case}", title,
            due=text_of(task.due) if task.due else "",
        )  # fmt: skip


def _waits(task: Thing, who: str) -> bool:
    return task.state == "waiting" and not task.erased and task.said("member") == who


def _titled(case: Case) -> str:
    return case.title or case.id
