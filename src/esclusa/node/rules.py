"""The rule pack as officers read it."""

from __future__ import annotations

import datetime as dt
from functools import cache
from pathlib import Path

from esclusa.analysis.targeting import Pack, PackReport, check_pack, load_pack, standing
from esclusa.node.rule_telling import rule_row
from esclusa.sharing.views import RuleView


@cache
def pack_in_force() -> Pack:
    """Return the pack that comes with the program; read and compiled once in a process."""
    return load_pack()


def views_of(pack: Pack, day: dt.date) -> tuple[RuleView, ...]:
    """Return every rule of the pack with its state on a day."""
    states = {item.rule: item.state for item in standing(pack, day)}
    rules = (compiled.rule for compiled in pack.rules)
    return tuple(rule_row(rule, states[rule.id].replace(" ", "_")) for rule in rules)


def report_of(path: Path | None) -> PackReport:
    """Load a pack (None: the one in force) and run the tests that its rules carry.

    :raises RuleError: naming every rule that cannot be used.
    """
    return check_pack(load_pack(path))
