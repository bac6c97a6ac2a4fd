"""The desk: makes a person's move on an alert, stores it, audits it, all in one transaction."""

from __future__ import annotations

import sqlalchemy as sa

from esclusa.casework.alerts import next_move
from esclusa.errors import NotFound
from esclusa.ledger import audit, queue, records
from esclusa.ledger.labels import Labels
from esclusa.ledger.store import Store
from esclusa.model import AlertMove
from esclusa.sharing.reader import Action, Reader, Role
from esclusa.sharing.release import Gate
from esclusa.sharing.views import AlertView

_ACTIONS = {
    "claim": Action.ALERT_CLAIM,
    "release": Action.ALERT_RELEASE,
    "verdict": Action.ALERT_VERDICT,
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
        self, reader: Reader, alert_id: str, move: str, *, verdict: str = "", reason: str = ""
    ) -> AlertView:
        """Make a move and return the alert as it stands after it.

        :raises NotFound: when there is no such alert, or none this reader may know of.
        :raises StateError: when the alert's state or the person does not allow the move.
        """
        action = _ACTIONS[move]
        reader.require(action)
        visible = self._gate.visible(reader)
        with self._store.write() as connection:
            row = queue.find(connection, visible, alert_id)
            if row is None:
                raise NotFound("no such alert")
            made = next_move(
                self._gate.moves(connection, alert_id, row.label_id),
                alert_id=alert_id, move=move, by=reader.name, at=records.now_text(),
                supervisor=reader.role is Role.SUPERVISOR, verdict=verdict, reason=reason,
            )  # fmt: skip
            store_move(connection, self._labels, row.label_id, made)
            audit.write_line(
                connection, who=reader.name, role=reader.role, purpose=reader.purpose,
                action=action, subject=alert_id, detail=made.verdict,
            )  # fmt: skip
        return self._gate.alert(reader, alert_id)


def store_move(connection: sa.Connection, labels: Labels, label_id: int, made: AlertMove) -> None:
    """Append a move as a record and bring the queue in step with it."""
    draft = records.Draft(
        body=made,
        originator=labels.get(label_id).originator,
        label_id=label_id,
        derived_from=(made.alert_id,),
        valid_time=made.at,
    )
    records.append(connection, [draft])
    queue.move(
        connection, made.alert_id, label_id, state=made.state,
        open_=made.state in ("new", "claimed"), claimed_by=made.claimed_by, verdict=made.verdict,
    )  # fmt: skip
