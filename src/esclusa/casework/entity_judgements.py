"""The rules of a judgement on two mentions.

1. A pair of which nothing is said may be judged ``same`` or ``different``, with a written reason.
2. A pair that is judged must have its judgement taken back first, by whoever made it or by a
   supervisor; so two people never overrule each other unseen.
3. A judgement counts while both mentions state the facts that it was made on. Else it rests: it
   decides nothing, counts again when the facts are back, and anybody may judge the pair anew.
4. Taking back is a step of its own. Everything is then as if the judgement had never been.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec

from esclusa.casework.entity_facts import changed
from esclusa.casework.reasons import check_reason
from esclusa.errors import InputError, StateError, Term
from esclusa.model import EntityJudgement

JUDGE: Final = "judge"
UNDO: Final = "undo"
VERDICTS: Final = ("same", "different")


def next_step(
    steps: Sequence[EntityJudgement], asked: EntityJudgement, *, supervisor: bool
) -> EntityJudgement:
    """Return the step that follows from the history, or refuse it.

    :param steps: the steps so far on this pair, oldest first.
    :param asked: the step asked for, a judgement with the facts of now; its number is filled in
        here.
    :raises StateError: when what stands, or the person, does not allow it.
    :raises InputError: when verdict or reason is missing or wrong.
    """
    last = steps[-1] if steps else None
    standing = last.verdict if last else ""
    check_reason(asked.reason)
    if asked.move == UNDO:
        if last is None or not standing:
            raise StateError("there is no judgement of this pair to take back")
        if last.by != asked.by and not supervisor:
            raise StateError("only {by} or a supervisor may take this judgement back", by=last.by)
        return msgspec.structs.replace(asked, number=len(steps) + 1, verdict="")
    if asked.verdict not in VERDICTS:
        raise InputError(
            f"the verdict {asked.verdict[:40]!r} is not one of {', '.join(VERDICTS)}",
            field="verdict", problem="code" if asked.verdict else "missing",
        )  # fmt: skip
    if not asked.reason.strip():
        raise InputError("a judgement needs a written reason", field="reason", problem="missing")
    if last is not None and standing and not _rests(last, asked):
        raise StateError(
            "{by} has judged this pair {verdict!r}; take that back first",
            by=last.by,
            verdict=Term(standing, group="entity_verdict"),
        )
    return msgspec.structs.replace(asked, number=len(steps) + 1)


def _rests(last: EntityJudgement, asked: EntityJudgement) -> bool:
    sides = ((last.a, asked.a), (last.b, asked.b))
    return any(changed(then.facts, now.facts) for then, now in sides)
