"""Schedules: how often each thing happens. Every seed stresses one group of things.

Stressing one group at a time finds more than mixing all of them evenly in every schedule.
"""

from __future__ import annotations

from bisect import bisect
from collections.abc import Callable
from itertools import accumulate
from typing import TYPE_CHECKING

from simulator import dishonest, hostile
from simulator.errands import carry_late, consult, hurry, isolate, relapse
from simulator.operations import (
    answer,
    arrive,
    ask,
    back_up,
    change_agreement,
    correct,
    crash,
    cut,
    derive,
    end_agreement,
    erase,
    exchange,
    heal,
    migrate,
    narrow,
    pass_on,
    read,
    repeat,
    request,
    respond,
    restore,
    send,
    set_clock,
    state_new,
    think_again,
    wait,
    wait_long,
    widen,
    withdraw,
)
from simulator.truth import HOUR

if TYPE_CHECKING:
    from simulator.world import World

_PEOPLE = {
    state_new: 15,
    correct: 5,
    narrow: 7,
    withdraw: 5,
    widen: 3,
    hurry: 2,
    request: 3,
    respond: 4,
    read: 2,
}
_CONSENT = {consult: 8, pass_on: 8, ask: 2, answer: 3, think_again: 4, derive: 7}
_TEXTS = {change_agreement: 2, end_agreement: 1}
_TIME = {wait: 3, wait_long: 2, erase: 5, set_clock: 1, isolate: 1, carry_late: 1}
_NETWORK = {send: 6, arrive: 12, exchange: 12, repeat: 3, cut: 2, heal: 2}
_FAULTS = {crash: 1, back_up: 2, restore: 1, migrate: 1, relapse: 1}
_ATTACKS = {hostile.forge: 3, hostile.overreach: 3, dishonest.lie: 3}
_GROUPS = (_PEOPLE, _CONSENT, _TEXTS, _TIME, _NETWORK, _FAULTS, _ATTACKS)
_SOON = HOUR / 2
_STRESS = (1, 3, 5, 3, 1, 4, 2)
"""How much more often the things of a group happen in the schedules that are about that group."""


def _schedule(stressed: int) -> tuple[tuple[Callable[[World], None], ...], tuple[int, ...]]:
    weights = {
        operation: weight * (_STRESS[place] if place == stressed else 1)
        for place, group in enumerate(_GROUPS)
        for operation, weight in group.items()
    }
    return tuple(weights), tuple(accumulate(weights.values()))


_SCHEDULES = tuple(_schedule(stressed) for stressed in range(len(_GROUPS)))


def one(world: World) -> None:
    """Let one thing happen; eager nodes then send, and the network moves."""
    random = world.rng.random
    world.now += random() * _SOON
    operations, steps = _SCHEDULES[world.seed % len(_SCHEDULES)]
    operations[bisect(steps, random() * steps[-1])](world)
    if world.dirty and random() < world.eager:
        send(world)
        arrive(world)
    world.steps += 1
