"""The rules of a step on which model scores.

1. A model scores only after a person activated it, with a written reason; fitting activates none.
2. Activating one takes the place of the one before; the history of steps stays.
3. A model that is retired leaves none active: then nothing is scored, and nothing is guessed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec

from esclusa.casework.reasons import check_reason
from esclusa.errors import InputError, StateError
from esclusa.model import ModelMove

ACTIVATE: Final = "activate"
RETIRE: Final = "retire"


def next_step(steps: Sequence[ModelMove], asked: ModelMove) -> ModelMove:
    """Return the step that follows from the history, or refuse it.

    :param steps: the steps so far, oldest first.
    :param asked: the step asked for; its number is filled in here.
    :raises StateError: when the model is active already, or none is to be retired.
    :raises InputError: when the reason is missing, too long, or no text.
    """
    check_reason(asked.reason)
    if not asked.reason.strip():
        raise InputError(
            "which model scores is changed with a written reason", field="reason",
            problem="missing",
        )  # fmt: skip
    active = steps[-1].checksum if steps else ""
    if asked.move == ACTIVATE and asked.checksum == active:
        raise StateError("the model {name} is active already", name=asked.name)
    if asked.move == RETIRE and not active:
        raise StateError("no model is active")
    return msgspec.structs.replace(asked, number=len(steps) + 1)
