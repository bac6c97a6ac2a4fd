"""The rule pack as officers read it."""

from __future__ import annotations

import datetime as dt
from functools import cache
from pathlib import Path

from esclusa.analysis.targeting import Pack, PackReport, check_pack, load_pack, standing
from esclusa.sharing.views import RuleView


@cache
def pack_in_force() -> Pack:
    """Return the pack that comes with the program; read and compiled once in a process."""
    return load_pack()


def views_of(pack: Pack) -> tuple[RuleView, ...]:
    """Return every rule of the pack with its state today (UTC)."""
    states = {item.rule: item.state for item in standing(pack, dt.datetime.now(dt.UTC))}
    return tuple(
        RuleView(
            id=rule.id,
            version=rule.version,
            indicator=", ".join(rule.indicators),
            subject=", ".join(rule.subjects),
            title_en=rule.title_en,
            title_es=rule.title_es,
            points=rule.points,
            when=rule.when,
            owner=rule.owner,
            purpose=rule.purpose,
            legal_basis=rule.legal_basis,
            valid_from=rule.valid_from.isoformat(),
            valid_to=rule.valid_to.isoformat(),
            state=states[rule.id].replace(" ", "_"),
            note_en=rule.false_positive_en,
            note_es=rule.false_positive_es,
        )
        for rule in (compiled.rule for compiled in pack.rules)
    )


def report_of(path: Path | None) -> PackReport:
    """Load a pack (None: the one in force) and run the tests that its rules carry.

    :raises RuleError: naming every rule that cannot be used.
    """
    return check_pack(load_pack(path))
