"""Moves on joint cases in the ledger: read, told apart by joint case, merged.

Whoever may not see that a case was shared sees nothing of the rest.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

import msgspec
import sqlalchemy as sa

from esclusa.casework.joint import Joint, merge
from esclusa.ledger.indexing import JOINT_REFERENCE, joint_reference
from esclusa.ledger.labels import Labels
from esclusa.model import JointCaseMove
from esclusa.node import two_side_rows
from esclusa.node.two_side_rows import Moves

KIND: Final = "joint_case_move"
MISSING: Final = "no such joint case"


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """A joint case as the ledger holds it under some labels; ``labels`` are those of its moves by
    (agency, number)."""

    joint: Joint
    labels: dict[tuple[str, int], int]

    @property
    def base(self) -> int:
        """Return the label of the move that shared it."""
        return self.labels[self.joint.owner, 1]


def _kept(moves: Moves[JointCaseMove]) -> Kept | None:
    """Return the joint case; None where the move that shared it is not here to be seen."""
    if not moves.said:
        return None
    joint = merge(moves.said.values())
    if (joint.owner, 1) not in moves.said:
        return None
    return Kept(joint=joint, labels=dict(moves.labels))


_JOINTS: Final = two_side_rows.Kind(
    KIND, JOINT_REFERENCE, JointCaseMove,
    key=lambda move: (move.joint, move.owner, move.guest),
    sides=lambda move: (move.owner, move.guest), kept=_kept,
)  # fmt: skip


class Memory(two_side_rows.Memory[JointCaseMove, Kept]):
    """All joint cases under some labels."""

    def __init__(self, labels: Labels, us: str) -> None:
        super().__init__(_JOINTS, labels, us)


def one(
    connection: sa.Connection, labels: Labels, visible: Collection[int], us: str, name: str
) -> Kept | None:
    """Return the joint case of this name that is ours to see under these labels, None without one.

    :param us: the node's agency.
    """
    rows = two_side_rows.kept(_JOINTS, connection, labels, visible, us, value=joint_reference(name))
    return next((row for row in rows if row.joint.id == name and row.joint.side(us)), None)
