"""Walks a message's segments along its plan and finds what is missing, misplaced or too many.

Sound messages take one move per segment. At a fault every explanation (something is missing before,
there is one too many, the segment itself does not belong here) is tried on the segments that
follow, and the one after which most of them fit is taken. A segment that fitted and led astray (a
stray total sends the walk to the summary) is taken back. So one fault gives one finding.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Final, NamedTuple

from esclusa.formats.edifact.plan import ROOT, Move, Plan

AHEAD: Final = 12
"""Segments that an explanation is tried on; groups of real messages repeat within ten."""

TRIED: Final = 8
"""Explanations that are tried: the cheapest ones."""

SKIPPED: Final = 3
"""An explanation that leaves out more places than this is none."""


SNAP: Final = 64
"""Segments between two states kept, from which a state is made again."""

FREE: Final = 4
SPARSE: Final = 16
"""Faults of a message that are looked into: so many, and one for so many segments. Further ones are
told as they come, lest a file made of faults cost more than its size."""


class Fault(StrEnum):
    """What a finding is about; the words become the end of a defect's code."""

    SEGMENT_MISSING = "segment.missing"
    GROUP_MISSING = "group.missing"
    SEGMENT_REPEATS = "segment.repetitions"
    GROUP_REPEATS = "group.repetitions"
    UNEXPECTED = "segment.unexpected"
    ORDER = "segment.order"


STRAY: Final = (Fault.UNEXPECTED, Fault.ORDER)


class Finding(NamedTuple):
    """``at`` is the index of the segment where it was noticed, ``place`` the one of the plan."""

    fault: Fault
    at: int
    place: int


class State:
    """Where the walk is: the last place, how often each stands there, what came out of order."""

    __slots__ = ("counts", "place", "strays")

    def __init__(self, place: int, counts: list[int], strays: dict[str, int]) -> None:
        self.place = place
        self.counts = counts
        self.strays = strays

    def copy(self) -> State:
        """Return a state that may go another way."""
        return State(self.place, self.counts.copy(), self.strays.copy())


def walk(plan: Plan, tokens: Sequence[str], limit: int) -> list[Finding]:
    """Return what is wrong with the order of segments, at most about ``limit`` findings.

    :param tokens: what each segment answers to (:meth:`~.plan.Plan.token`); service segments of
        ISO 9735-5, which may stand anywhere, as "".
    """
    walker = _Walker(plan, tokens)
    walker.run(limit)
    return sorted(walker.found, key=lambda finding: finding.at)


class _Walker:
    """One walk: its state, what was taken where, and what was found."""

    __slots__ = ("care", "clear", "found", "plan", "snaps", "state", "taken", "tokens")

    def __init__(self, plan: Plan, tokens: Sequence[str]) -> None:
        self.plan = plan
        self.tokens = tokens
        self.state = State(ROOT, [0] * len(plan.places), {})
        self.taken: list[Move | None] = []
        self.snaps: dict[int, State] = {}
        self.found: list[Finding] = []
        self.care = FREE + len(tokens) // SPARSE
        self.clear = 0

    def run(self, limit: int) -> None:
        state, taken = self.state, self.taken
        places, counts, moves_of = self.plan.places, self.state.counts, self.plan.moves
        for at, token in enumerate(self.tokens):
            if at % SNAP == 0:
                self.snap(at)
            moves = moves_of(state.place, token) if token else ()
            if moves and not moves[0].missing:
                move = moves[0]
                target, opens, again, _ = move
                if again < 0:
                    for group in opens:
                        counts[group] = 1
                    counts[target] = 1
                    state.place = target
                    taken.append(move)
                    continue
                if counts[again] < places[again].repeats:
                    _take(state, move)
                    taken.append(move)
                    continue
            if not token:
                taken.append(None)
                continue
            self.resolve(at)
            state, counts = self.state, self.state.counts
            if len(self.found) >= limit:
                return

    def snap(self, at: int) -> None:
        """Keep the state before the segment at ``at``; two are enough to go back by AHEAD."""
        self.snaps[at // SNAP] = self.state.copy()
        self.snaps.pop(at // SNAP - 2, None)

    def resolve(self, at: int) -> None:
        """Take the segment at a place that explains it best, or not at all; keep what is wrong."""
        move = _sound(self.plan, self.state, self.tokens[at])
        if move is None:
            move, cost = self.best(at)
            if cost > 1 and self.care > 0 and self.taken_back(at, cost):
                self.clear = at + 1
                return
            self.clear = at + 1
            self.care -= 1
        self.settle(at, move)

    def settle(self, at: int, move: Move | None) -> None:
        if move is None:
            self.stray(at)
        else:
            self.found += _findings(self.plan, self.state, move, at)
            _take(self.state, move)
        self.taken.append(move)

    def stray(self, at: int) -> None:
        tag = self.tokens[at][:3]
        self.state.strays[tag] = at
        fault = Fault.ORDER if tag in self.plan.tags else Fault.UNEXPECTED
        self.found.append(Finding(fault, at, self.state.place))

    def best(self, at: int) -> tuple[Move | None, int]:
        """Choose among the moves with a fault, and none at all, by what follows.

        Return it with the faults it leads to, its own among them.
        """
        plan, state, tokens = self.plan, self.state, self.tokens
        moves = [
            (_cost(plan, state, move, at), order, move)
            for order, move in enumerate(plan.moves(state.place, tokens[at]))
        ]
        if moves and at == len(tokens) - 1 and moves[-1][2].target == len(plan.places) - 1:
            # The trailer is never out of place: whatever is not there by now is missing.
            return moves[-1][2], moves[-1][0]
        moves = sorted(one for one in moves if one[0] <= SKIPPED)[:TRIED]
        if not moves and tokens[at][:3] not in plan.tags:
            return None, 1
        if self.care <= 0:
            cheap = moves and moves[0][0] <= 1
            return (moves[0][2], moves[0][0]) if cheap else (None, 1)
        without = state.copy()
        without.strays[tokens[at][:3]] = at
        best: Move | None = None
        least = 1 + _ahead(plan, without, tokens, at + 1)
        for cost, _, move in moves:
            trial = state.copy()
            _take(trial, move)
            total = cost + _ahead(plan, trial, tokens, at + 1)
            if total < least or (total == least and best is None):
                best, least = move, total
        return best, least

    def taken_back(self, at: int, cost: int) -> bool:
        """Look for a segment a little before without which less is wrong; if so leave it out."""
        plan, tokens = self.plan, self.tokens
        for suspect in range(at - 1, max(self.clear, at - AHEAD) - 1, -1):
            move = self.taken[suspect]
            if move is None or move.again == move.target:
                continue
            trial = self.before(suspect)
            trial.strays[tokens[suspect][:3]] = suspect
            if 1 + _ahead(plan, trial, tokens, suspect + 1, at + AHEAD, cost - 1) < cost:
                self.go_back(suspect)
                return self.again(suspect, at)
        return False

    def before(self, at: int) -> State:
        """Return the state in which the segment at ``at`` was met."""
        start = at // SNAP
        state = self.snaps[start].copy()
        for move in self.taken[start * SNAP : at]:
            if move is not None:
                _take(state, move)
        misplaced = (one.at for one in self.found if one.fault in STRAY and one.at < at)
        state.strays = {self.tokens[one][:3]: one for one in misplaced}
        return state

    def go_back(self, at: int) -> None:
        self.state = self.before(at)
        del self.taken[at:]
        self.snaps.pop(at // SNAP + 1, None)
        self.found = [finding for finding in self.found if finding.at < at]

    def again(self, suspect: int, at: int) -> bool:
        """Walk from a segment that is left out to the one that was met last."""
        self.care -= 1
        for here in range(suspect, at + 1):
            if here % SNAP == 0 and here > suspect:
                self.snap(here)
            token = self.tokens[here]
            if here == suspect:
                self.settle(here, None)
            elif not token:
                self.taken.append(None)
            else:
                self.settle(here, _sound(self.plan, self.state, token) or self.best(here)[0])
        return True


def _take(state: State, move: Move) -> None:
    for group in move.opens:
        state.counts[group] = 1
    if move.again >= 0:
        state.counts[move.again] += 1
    if move.again != move.target:
        state.counts[move.target] = 1
    state.place = move.target


def _sound(plan: Plan, state: State, token: str) -> Move | None:
    """Return the first move that finds nothing wrong."""
    for move in plan.moves(state.place, token):
        if not move.missing and not _over(plan, state, move):
            return move
    return None


def _over(plan: Plan, state: State, move: Move) -> bool:
    """Answer whether a move is the first past what is allowed; it tells of all that follow it."""
    return move.again >= 0 and state.counts[move.again] == plan.places[move.again].repeats


def _findings(plan: Plan, state: State, move: Move, at: int) -> list[Finding]:
    found: list[Finding] = []
    for place in _missing(plan, state, move, at):
        fault = Fault.SEGMENT_MISSING if plan.places[place].tag else Fault.GROUP_MISSING
        found.append(Finding(fault, at, place))
    if _over(plan, state, move):
        fault = Fault.SEGMENT_REPEATS if plan.places[move.again].tag else Fault.GROUP_REPEATS
        found.append(Finding(fault, at, move.again))
    return found


def _missing(plan: Plan, state: State, move: Move, at: int) -> list[int]:
    """Return what a move leaves out, less what came a little before in the wrong place."""
    missing = []
    for place in move.missing:
        tag = plan.places[place].tag or plan.places[place + 1].tag
        if at - state.strays.get(tag, -AHEAD) >= AHEAD:
            missing.append(place)
    return missing


def _cost(plan: Plan, state: State, move: Move, at: int) -> int:
    return len(_missing(plan, state, move, at)) + _over(plan, state, move)


def _ahead(
    plan: Plan, state: State, tokens: Sequence[str], start: int, end: int = 0, most: int = AHEAD
) -> int:
    """Count the faults from ``start`` on, each taken the cheapest way, until there are ``most``."""
    faults = 0
    for at in range(start, min(max(end, start + AHEAD), len(tokens))):
        token = tokens[at]
        if not token:
            continue
        move = _sound(plan, state, token)
        if move is None:
            moves = plan.moves(state.place, token)
            costs = [(_cost(plan, state, one, at), order) for order, one in enumerate(moves)]
            cost, order = min(costs, default=(2, 0))
            faults += min(cost, 1)
            if faults >= most:
                return faults
            if cost > 1:
                state.strays[token[:3]] = at
                continue
            move = moves[order]
        _take(state, move)
    return faults
