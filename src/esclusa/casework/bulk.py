"""One verdict on many alerts, and one undo that takes it back: one transaction, one audit line.

The step is made on all of the alerts or on none. One person looked at a set and wrote one reason
for it; when the set has changed in between (somebody was faster, the facts changed), the software
does not quietly decide on another set. It says what stands against the step and which alerts
nothing stands against, and the person asks again for those.

Each alert gets a move of its own, so its history is whole; the audit line names all of them.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, Final

import sqlalchemy as sa

from esclusa.casework.alerts import kept, next_move, verdicts
from esclusa.casework.desk import moved_on, store_moves
from esclusa.casework.reasons import check_reason
from esclusa.casework.refusals import code_of
from esclusa.errors import InputError, LimitError, NotFound, StateError, Term
from esclusa.ledger import audit, queue, records
from esclusa.ledger.indexing import bulk_reference
from esclusa.ledger.labels import Labels
from esclusa.ledger.store import Store
from esclusa.model import AlertMove, record_id
from esclusa.sharing.reader import Action, Reader, Role
from esclusa.sharing.release import Gate
from esclusa.sharing.seeing import seen as seen_as
from esclusa.sharing.views import Against, BulkView

MOST: Final = 1000
"""Alerts in one step."""
_SPACE: Final = uuid.UUID("5b1f0c52-3f3c-5d0a-9a53-6f8f3a1f9c11")
_Ready = list[tuple[int, AlertMove]]


class BulkDesk:
    """Steps on many alerts, each made on the alert as its maker sees it, under that label."""

    def __init__(self, store: Store, labels: Labels, gate: Gate) -> None:
        self._store = store
        self._labels = labels
        self._gate = gate

    def decide(
        self, reader: Reader, chosen: Mapping[str, str], *, verdict: str, reason: str
    ) -> BulkView:
        """Write one verdict with one reason on every alert chosen, or on none of them.

        :param chosen: for each alert the sign of what the reader saw (:attr:`QueueRow.seen`); ""
            not to compare.
        :raises InputError: when nothing is chosen, or verdict or reason is missing or wrong.
        :raises LimitError: when more than ``MOST`` are chosen.
        """
        reader.require(Action.ALERT_VERDICT)
        _check(chosen, verdict, reason)
        visible = self._gate.visible(reader)
        with self._store.write() as connection:
            at = records.now_text()
            rows = queue.find_all(connection, visible, chosen)
            alerts = records.bodies_by_seq(connection, visible, [row.seq for row in rows.values()])
            histories = _histories(connection, self._labels, rows.values())
            bulk = _name(reader, {name: len(histories[name]) for name in rows})
            made: _Ready = []
            against: list[Against] = []
            for name, seen in chosen.items():
                row = rows.get(name)
                if row is None:
                    against.append(Against(alert_id=name[:64], why="missing"))
                elif seen and seen_as(row, alerts.get(row.seq), at) != seen:
                    against.append(self._faster(connection, row, histories[name]))
                else:
                    _try(
                        row, made, against, histories[name], alert_id=name, move="verdict",
                        by=reader.name, at=at, verdict=verdict, reason=reason, bulk=bulk,
                    )  # fmt: skip
            return self._finish(connection, reader, Action.ALERT_VERDICT, bulk, made, against)

    def undo(self, reader: Reader, bulk: str, *, rest: bool = False) -> BulkView:
        """Take a bulk verdict back from every alert it was written on, or from none.

        :param rest: take it back where it still stands, and leave the others as they are.
        :raises NotFound: when there is no such step on alerts that the reader may know of.
        """
        reader.require(Action.ALERT_UNDO)
        visible = self._gate.visible(reader)
        with self._store.write() as connection:
            at = records.now_text()
            reference = bulk_reference(bulk)
            steps = {
                body.alert_id: label_id
                for label_id, body in records.referring(connection, visible, reference)
                if isinstance(body, AlertMove)
            }
            if not steps:
                raise NotFound("no such step on alerts")
            known = queue.known(connection, steps)
            rows = {name: known[name, label] for name, label in steps.items()
                    if (name, label) in known}  # fmt: skip
            histories = _histories(connection, self._labels, rows.values())
            made: _Ready = []
            against = [Against(alert_id=name, why="missing") for name in steps if name not in rows]
            for name, row in rows.items():
                if _last_bulk(histories[name]) != bulk:
                    against.append(self._faster(connection, row, histories[name]))
                else:
                    _try(
                        row, made, against, histories[name], alert_id=name, move="undo",
                        by=reader.name, at=at, supervisor=reader.role is Role.SUPERVISOR,
                    )  # fmt: skip
            left = [] if rest and made else against
            return self._finish(connection, reader, Action.ALERT_UNDO, bulk, made, left)

    def _finish(
        self, connection: sa.Connection, reader: Reader, action: Action, bulk: str, made: _Ready,
        against: Sequence[Against],
    ) -> BulkView:  # fmt: skip
        names = tuple(step.alert_id for _label, step in made)
        if against:
            return BulkView(against=tuple(against), rest=names)
        store_moves(connection, self._labels, made)
        said = (made[0][1].verdict, f"alerts={len(names)}", *names)
        audit.write_line(
            connection, who=reader.name, role=reader.role, purpose=reader.purpose, action=action,
            subject=bulk, detail=" ".join(filter(None, said)),
        )  # fmt: skip
        return BulkView(bulk=bulk, done=names)

    def _faster(self, connection: sa.Connection, row: Any, moves: Sequence[AlertMove]) -> Against:
        found = moved_on(connection, self._labels, row, moves)
        return Against(
            alert_id=row.alert_id, title=row.title, why="moved" if found.move else "facts",
            by=found.by, at=found.at, move=found.move,
        )  # fmt: skip


def _name(reader: Reader, steps: Mapping[str, int]) -> str:
    """Return the id of a step: of who makes it, and of the move before it on each alert."""
    said = (f"{name}/{number}" for name, number in sorted(steps.items()))
    return str(uuid.uuid5(_SPACE, "\n".join((reader.agency, reader.name, *said))))


def _try(
    row: Any, made: _Ready, against: list[Against], moves: Sequence[AlertMove], **asked: Any
) -> None:
    """Make the move of one alert, or note why it cannot be made."""
    try:
        made.append((row.label_id, next_move(moves, **asked)))
    except StateError as error:
        facts = {name: str(value) for name, value in error.facts.items()}
        lists = {name: one.group for name, one in error.facts.items() if isinstance(one, Term)}
        against.append(
            Against(
                alert_id=row.alert_id, title=row.title, why="state", said=str(error),
                code=code_of(error), facts=facts, lists=lists,
            )
        )  # fmt: skip


def _last_bulk(moves: Sequence[AlertMove]) -> str:
    """Return the step on many alerts that the last standing move was part of, "" for none."""
    left = kept(moves)
    return left[-1].bulk if left else ""


def _check(chosen: Collection[str], verdict: str, reason: str) -> None:
    if not chosen:
        raise InputError("no alert is chosen", field="alert", problem="missing")
    if len(chosen) > MOST:
        raise LimitError(f"{len(chosen)} alerts are chosen, at most {MOST} go in one step")
    if verdict not in {item.code for item in verdicts()}:
        raise InputError(
            f"the verdict {verdict[:40]!r} is not on the list of verdicts",
            field="verdict", problem="code" if verdict else "missing",
        )  # fmt: skip
    check_reason(reason)
    if not reason.strip():
        raise InputError("a verdict needs a written reason", field="reason", problem="missing")


def _histories(
    connection: sa.Connection, labels: Labels, rows: Iterable[Any]
) -> dict[str, list[AlertMove]]:
    """Return the moves on each row's alert under the row's label, in order, by a round of questions
    for each move of the longest history."""
    going = list(rows)
    found: dict[str, list[AlertMove]] = {row.alert_id: [] for row in going}
    while going:
        asked = {_next_place(labels, row, found): row for row in going}
        going = []
        for place, body in records.current_bodies(connection, asked).items():
            if isinstance(body, AlertMove):
                found[asked[place].alert_id].append(body)
                going.append(asked[place])
    return found


def _next_place(
    labels: Labels, row: Any, found: Mapping[str, Sequence[AlertMove]]
) -> tuple[str, int]:
    number = len(found[row.alert_id]) + 1
    originator = labels.get(row.label_id).originator
    return record_id(originator, "alert_move", f"{row.alert_id}/{number}"), row.label_id
