"""How requests for information ended: decided in time, late, not at all; on which grounds refused.

Each request counts once, by its first answer or refusal. One that was withdrawn before anything was
said to it is in no rate. Silence is no answer; it says nothing about the subject.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

import msgspec

from esclusa.casework.information import Request, Step
from esclusa.casework.information_words import codes


class Rates(msgspec.Struct, frozen=True, kw_only=True):
    """Counts of requests, one for each.

    ``asked`` = ``waiting`` + ``in_time`` + ``late`` + ``silent`` + ``withdrawn``. ``in_time`` and
    ``late`` are those that the service answered or refused before or after the due moment; both
    together are ``full`` + ``part`` + ``nothing_known`` + those ``refused``, by ground. ``silent``:
    the time ran out and nothing was said since. ``extended`` and ``escalated`` count requests.
    """

    asked: int = 0
    waiting: int = 0
    in_time: int = 0
    late: int = 0
    silent: int = 0
    withdrawn: int = 0
    full: int = 0
    part: int = 0
    nothing_known: int = 0
    refused: dict[str, int] = {}
    extended: int = 0
    escalated: int = 0

    @property
    def due(self) -> int:
        """Return how many had to be decided: the denominator of the share in time."""
        return self.in_time + self.late + self.silent


_KINDS = {
    "answer_full": "full", "answer_part": "part", "answer_none": "nothing_known",
    "refuse": "refused",
}  # fmt: skip


def rates(requests: Iterable[Request]) -> Rates:
    """Return the counts of some requests."""
    tally: Counter[str] = Counter()
    grounds: Counter[str] = Counter()
    for it in requests:
        if it.asked is None:
            continue
        tally["asked"] += 1
        tally["extended"] += it.extended > 0
        tally["escalated"] += it.escalated
        step = it.decision
        tally[_kind(it, step)] += 1
        if step is not None:
            tally[_KINDS[step.move.move]] += 1
            if step.move.move == "refuse":
                grounds[_ground(step)] += 1
    order = {code: place for place, code in enumerate(codes("ground"))}
    refused = dict(sorted(grounds.items(), key=lambda item: (order.get(item[0], 99), item[0])))
    names = set(Rates.__struct_fields__) - {"refused"}
    return Rates(refused=refused, **{name: tally[name] for name in names})


def _kind(it: Request, decision: Step | None) -> str:
    if decision is not None:
        return "late" if decision.late else "in_time"
    if any(step.move.move == "expire" and not step.lost for step in it.steps):
        return "silent"
    return "withdrawn" if it.state == "withdrawn" else "waiting"


def _ground(step: Step) -> str:
    """Return the ground of a refusal, "" where the agreement keeps it back."""
    return next((item.value for item in step.move.recorded if item.name == "ground"), "")
