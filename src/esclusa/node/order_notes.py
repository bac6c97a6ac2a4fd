"""What a reader is told of messages that came out of order."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from esclusa.ledger.records import Appended, Draft, Outcome
from esclusa.model import Defect, Severity

LATE: Final = "intake.order.late"
UNKNOWN: Final = "intake.order.unknown"


def order_notes(drafts: Sequence[Draft], made: Sequence[Appended]) -> Iterator[Defect]:
    """Yield a note for each message of which statements came late, or brought back what had been
    withdrawn, and for each message that they met.

    It names messages and times and nothing of the statements: a note outlives their erasure. Both
    messages stand under one marking, so who may read the note may know of the other.
    """
    met: dict[tuple[str, str, str, str, int, int, str], int] = {}
    for draft, answer in zip(drafts, made, strict=True):
        if answer.met is None or not draft.provenance.source:
            continue
        code = LATE if answer.outcome is Outcome.LATE else UNKNOWN
        place = draft.provenance
        key = (
            code, answer.met.message, answer.met.prepared, place.message, place.offset,
            place.length, draft.prepared,
        )  # fmt: skip
        met[key] = met.get(key, 0) + 1
    for (code, other, then, message, offset, length, prepared), number in met.items():
        yield Defect(
            code=code, severity=Severity.WARNING, offset=offset, length=length, message=message,
            reason=_late(prepared, other, then, number) if code == LATE else _back(other, number),
        )  # fmt: skip


def _late(prepared: str, other: str, then: str, number: int) -> str:
    return (
        f"prepared {prepared}, before message {other or '–'} ({then}) of the same sender, which "
        f"arrived first: kept, not in force; statements concerned: {number}"
    )


def _back(other: str, number: int) -> str:
    return (
        f"states again what message {other or '–'} had cancelled, and which of the two was "
        f"prepared first cannot be known: in force, as it arrived last; statements concerned: "
        f"{number}"
    )
