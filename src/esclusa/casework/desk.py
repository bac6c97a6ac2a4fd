"""The desk: makes a person's move on an alert, stores it, audits it, all in one transaction."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any

import sqlalchemy as sa

from esclusa.casework.alerts import ANALYSIS, next_move
from esclusa.casework.snooze import behaviour_of, read
from esclusa.errors import MovedOn, NotFound
from esclusa.ledger import audit, queue, records
from esclusa.ledger.labels import Labels
from esclusa.ledger.store import Store
from esclusa.model import AlertMove
from esclusa.sharing.reader import Action, Reader, Role
from esclusa.sharing.release import Gate
from esclusa.sharing.seeing import seen as seen_as
from esclusa.sharing.views import AlertView

_ACTIONS = {
    "claim": Action.ALERT_CLAIM,
    "release": Action.ALERT_RELEASE,
    "verdict": Action.ALERT_VERDICT,
    "snooze": Action.ALERT_SNOOZE,
    "wake": Action.ALERT_WAKE,
    "undo": Action.ALERT_UNDO,
}


class Desk:
    """Moves on alerts. A move is made on the alert as its maker sees it, under that label; what
    readers of other labels do neither shows nor blocks."""

    def __init__(self, store: Store, labels: Labels, gate: Gate) -> None:
        self._store = store
        self._labels = labels
        self._gate = gate

    def move(
        self, reader: Reader, alert_id: str, move: str, *, verdict: str = "", reason: str = "",
        until: str = "", seen: str = "",
    ) -> AlertView:  # fmt: skip
        """Make a move and return the alert as it stands after it.

        :param until: when a snoozed alert comes back: ISO 8601 with an offset.
        :param seen: the sign of what the reader saw (:attr:`AlertView.seen`); "" not to compare.
        :raises NotFound: when there is no such alert, or none this reader may know of.
        :raises StateError: when the alert's state or the person does not allow the move.
        :raises MovedOn: when the alert says something else than what the reader saw.
        :raises InputError: when a verdict, reason or moment is missing or wrong.
        """
        action = _ACTIONS[move]
        reader.require(action)
        end = read(until) if move == "snooze" else ""
        visible = self._gate.visible(reader)
        with self._store.write() as connection:
            row = queue.find(connection, visible, alert_id)
            if row is None:
                raise NotFound("no such alert")
            at = records.now_text()
            moves = self._gate.moves(connection, alert_id, row.label_id)
            if seen:
                self._compare(connection, row, moves, seen, at)
            made = next_move(
                moves, alert_id=alert_id, move=move, by=reader.name, at=at,
                supervisor=reader.role is Role.SUPERVISOR, verdict=verdict, reason=reason,
                until=end, behaviour=self._behaviour(connection, visible, row) if end else "",
            )  # fmt: skip
            store_moves(connection, self._labels, [(row.label_id, made)])
            audit.write_line(
                connection, who=reader.name, role=reader.role, purpose=reader.purpose,
                action=action, subject=alert_id, detail=made.verdict,
            )  # fmt: skip
        return self._gate.alert(reader, alert_id)

    def _compare(
        self, connection: sa.Connection, row: Any, moves: Sequence[AlertMove], seen: str, at: str
    ) -> None:
        """Refuse a move on an alert that says something else than what its maker saw."""
        alert = records.bodies_by_seq(connection, {row.label_id}, [row.seq]).get(row.seq)
        if seen_as(row, alert, at) != seen:
            raise moved_on(connection, self._labels, row, moves)

    def _behaviour(self, connection: sa.Connection, visible: Collection[int], row: Any) -> str:
        subject = records.get(connection, self._labels, visible, row.subject_id)
        return behaviour_of(subject.body) if subject else ""


def moved_on(
    connection: sa.Connection, labels: Labels, row: Any, moves: Sequence[AlertMove]
) -> MovedOn:
    """Return what happened last to an alert under its row's label: a person's move or new facts."""
    record = records.get_by_seq(connection, labels, {row.label_id}, [row.seq]).get(row.seq)
    changed = ""
    if record is not None and record.recorded_time is not None:
        changed = record.recorded_time.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    last = moves[-1] if moves else None
    if last is None or last.by == ANALYSIS or changed > last.at:
        return MovedOn(ANALYSIS, max(changed, last.at if last else ""))
    return MovedOn(last.by, last.at, last.move)


def store_moves(
    connection: sa.Connection, labels: Labels, made: Iterable[tuple[int, AlertMove]]
) -> None:
    """Append moves under their labels as records and bring the queue in step with them."""
    ready = list(made)
    drafts = [
        records.Draft(
            body=move,
            originator=labels.get(label_id).originator,
            label_id=label_id,
            derived_from=(move.alert_id,),
            valid_time=move.at,
        )
        for label_id, move in ready
    ]
    records.append(connection, drafts)
    queue.move(
        connection,
        [
            queue.Place(
                alert_id=move.alert_id, label_id=label_id, state=move.state,
                claimed_by=move.claimed_by, verdict=move.verdict, until=move.until,
            )
            for label_id, move in ready
        ],
    )  # fmt: skip
