"""Targeting: the commands by name. Nothing heavy is imported here."""

from __future__ import annotations

import click

from esclusa.cli.lazy import LazyGroup

_SCORES = "esclusa.cli.target_scores"
_SELECTION = "esclusa.cli.target_selection"

COMMANDS = {
    "score": (_SCORES, "score", "Score consignments by the active model and keep the scores."),
    "explain": (_SCORES, "explain", "Show a consignment's score, reason by reason, with its sum."),
    "highest": (_SCORES, "highest", "List the consignments with the highest scores."),
    "select": (
        _SELECTION,
        "select",
        "Selection of a port, day and shift: commit, draw, swap, show, list.",
    ),
    "reveal": (_SELECTION, "reveal", "Reveal the seed of a draw, so that anyone can check it."),
    "verify": (
        _SELECTION,
        "verify",
        "Make a draw again and say whether it is what it claims to be.",
    ),
    "report": (
        _SELECTION,
        "report",
        "Report what selection found, what it missed, and on whom it fell.",
    ),
    "box": (_SCORES, "box", "Show a container as the combination of its bills."),
}


@click.group(cls=LazyGroup, lazy=COMMANDS)
def target() -> None:
    """Targeting: score, explain, highest, box, select, reveal, verify, report."""
