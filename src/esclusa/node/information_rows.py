"""Moves on requests for information in the ledger: read, told apart by request, merged.

Whoever may not see the question sees nothing of the rest.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

import msgspec
import sqlalchemy as sa

from esclusa.casework.information import HOME, Request, merge
from esclusa.ledger.indexing import RECORD_REFERRED, REQUEST_REFERENCE, request_reference
from esclusa.ledger.labels import Labels
from esclusa.model import InformationMove
from esclusa.node import two_side_rows
from esclusa.node.two_side_rows import Moves

KIND: Final = "information_move"
MISSING: Final = "no such request for information"


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """A request as the ledger holds it under some labels.

    ``labels`` are those of its moves by (agency, number); ``record`` is what it was asked about
    here, "" where it was about none, and at the other side.
    """

    request: Request
    labels: dict[tuple[str, int], int]
    record: str = ""

    def label_of(self, agency: str) -> int | None:
        """Return the label of an agency's moves, None when it has made none."""
        numbers = [number for who, number in self.labels if who == agency and number > HOME]
        return self.labels[agency, max(numbers)] if numbers else None

    @property
    def question_label(self) -> int:
        """Return the label of the question."""
        return self.labels[self.request.requester, 1]


def _kept(moves: Moves[InformationMove]) -> Kept | None:
    """Return the request; None where its question is not here to be seen."""
    if not moves.said:
        return None
    now = merge(moves.said.values())
    if (now.requester, 1) not in moves.said:
        return None
    about = [item.value for move in moves.home[-1:] for item in move.recorded
             if item.name == RECORD_REFERRED]  # fmt: skip
    return Kept(request=now, labels=dict(moves.labels), record=next(iter(about), ""))


_REQUESTS: Final = two_side_rows.Kind(
    KIND, REQUEST_REFERENCE, InformationMove,
    key=lambda move: (move.request, move.requester, move.answerer),
    sides=lambda move: (move.requester, move.answerer), kept=_kept,
)  # fmt: skip


class Memory(two_side_rows.Memory[InformationMove, Kept]):
    """All requests for information under some labels."""

    def __init__(self, labels: Labels, us: str) -> None:
        super().__init__(_REQUESTS, labels, us)


def kept(
    connection: sa.Connection, labels: Labels, visible: Collection[int], us: str,
    *, value: str = REQUEST_REFERENCE,
) -> list[Kept]:  # fmt: skip
    """Return the requests whose moves hold a reference under these labels, oldest first.

    :param us: the node's agency.
    """
    return two_side_rows.kept(_REQUESTS, connection, labels, visible, us, value=value)


def one(
    connection: sa.Connection, labels: Labels, visible: Collection[int], us: str, name: str
) -> Kept | None:
    """Return the request of this name that is ours to see under these labels, None without one."""
    rows = kept(connection, labels, visible, us, value=request_reference(name))
    return next((row for row in rows if row.request.id == name and row.request.side(us)), None)


def named_by(
    connection: sa.Connection, labels: Labels, visible: Collection[int], us: str, value: str
) -> list[str]:
    """Return the names of the requests that a note kept at home ties to a reference."""
    found = two_side_rows.at_home(_REQUESTS, connection, labels, visible, us, value=value)
    return list(dict.fromkeys(move.request for move in found))
