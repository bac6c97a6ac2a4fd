"""The rules of a step on a selection.

1. The commitment comes first, with the number of slots; the list of candidates is fixed after it.
2. A place is drawn once. Who comes later is for another shift: drawing again until the list pleases
   would be no draw.
3. What is drawn is a proposal. A person may take a candidate off and another on, with a written
   reason; the draw stays as it was.
4. The seed is revealed once, after the draw. Nothing is drawn with it any more.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Final

import msgspec

from esclusa.casework.reasons import check_reason
from esclusa.errors import InputError, StateError
from esclusa.model import SelectionMove

COMMIT: Final = "commit"
DRAW: Final = "draw"
SWAP: Final = "swap"
REVEAL: Final = "reveal"


def next_step(
    steps: Sequence[SelectionMove],
    asked: SelectionMove,
    *,
    proposed: Collection[str] = (),
    candidates: Collection[str] = (),
) -> SelectionMove:
    """Return the step that follows from the history, or refuse it.

    :param steps: the steps so far, oldest first.
    :param asked: the step asked for; its number is filled in here.
    :param proposed: for a swap: what the sheet proposes now, after earlier swaps.
    :param candidates: for a swap: all that stand on the sheet.
    :raises StateError: when the history does not allow the step.
    :raises InputError: when a swap names what is not there, or has no reason.
    """
    moves = {step.move for step in steps}
    check_reason(asked.reason)
    if asked.move == COMMIT:
        if moves:
            raise StateError("there is a commitment for this port, day and shift already")
        if asked.capacity < 1:
            raise InputError(
                f"the number of slots is {asked.capacity}, expected 1 or more", field="capacity",
                problem="whole", expected="≥ 1",
            )  # fmt: skip
    elif COMMIT not in moves:
        raise StateError("commit to a seed for this port, day and shift first")
    elif asked.move == DRAW and moves & {DRAW, REVEAL}:
        raise StateError("this port, day and shift was drawn already; later arrivals need a shift")
    elif asked.move != DRAW and DRAW not in moves:
        raise StateError("nothing was drawn for this port, day and shift yet")
    elif asked.move == REVEAL and REVEAL in moves:
        raise StateError("the seed was revealed already")
    elif asked.move == SWAP:
        _check_swap(asked, proposed, candidates)
    return msgspec.structs.replace(asked, number=len(steps) + 1)


def _check_swap(
    asked: SelectionMove, proposed: Collection[str], candidates: Collection[str]
) -> None:
    if not asked.reason.strip():
        raise InputError(
            "a change to the sheet needs a written reason", field="reason", problem="missing"
        )
    if not asked.out and not asked.taken:
        raise InputError("say what is taken off the sheet, or on it", field="out", problem="one_of")
    if asked.out and asked.out not in proposed:
        raise InputError(
            "what is to be taken off is not proposed for opening", field="out", problem="code"
        )
    if asked.taken and (asked.taken in proposed or asked.taken not in candidates):
        raise InputError(
            "what is to be taken on is no candidate here, or proposed already", field="taken",
            problem="code",
        )  # fmt: skip


def after_swaps(chosen: Collection[str], steps: Sequence[SelectionMove]) -> frozenset[str]:
    """Return what is proposed after all swaps."""
    now = set(chosen)
    for step in steps:
        if step.move == SWAP:
            now.discard(step.out)
            if step.taken:
                now.add(step.taken)
    return frozenset(now)
