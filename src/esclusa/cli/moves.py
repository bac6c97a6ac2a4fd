"""What commands about moves share: how fields are given, and how words, clocks, what was recorded
and the steps that can be made now are shown."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import click

from esclusa.cli import output

if TYPE_CHECKING:
    from esclusa.sharing.information_views import RequestClockView
    from esclusa.sharing.referral_views import ClockView, MoveView, RecordedView, WordView

fields_option = click.option(
    "--set", "said", multiple=True, metavar="FIELD=TEXT",
    help="What the step records; once for each field. `show` names the fields of each step.",
)  # fmt: skip


def given(said: Iterable[str]) -> dict[str, str]:
    """Return what was given with ``--set``, by field; raises ``click.BadParameter``."""
    found: dict[str, str] = {}
    for item in said:
        name, sign, value = item.partition("=")
        if not sign or not name.strip() or name.strip() in found:
            raise click.BadParameter(f"{item[:40]!r}: write FIELD=TEXT, each field once")
        found[name.strip()] = value
    return found


def word(view: WordView, spoken: str) -> str:
    """Return a word of the data in the language that is spoken."""
    return view.es if spoken == "es" else view.en


def clock(view: ClockView | RequestClockView) -> str:
    """Return how much time is left or over, or since when the clock rests; "" where none runs."""
    added = f" (+{view.rested_minutes} min)" if view.rested_minutes else ""
    if view.resting_since:
        return f"rests since {view.resting_since[:16]}{added}"
    if view.left_minutes is None:
        return added.strip()
    hours, minutes = divmod(abs(view.left_minutes), 60)
    told = f"{hours} h {minutes:02} min"
    return f"{told} left{added}" if view.left_minutes >= 0 else f"over since {told}{added}"


def recorded(said: Iterable[RecordedView], spoken: str) -> str:
    """Return what a step recorded, a line for each field."""
    return "\n".join(
        f"{word(one.field, spoken)}: {word(one.text, spoken) if one.text else one.value}"
        for one in said
    )


def needs(move: MoveView) -> str:
    """Return the fields that a step records: ``a?`` may be left out, of ``a|`` one is needed."""
    signs = {"yes": "", "no": "?", "one_of": "|"}
    return " ".join(f"{field.word.code}{signs[field.needed]}" for field in move.fields)


def next_steps(moves: Iterable[MoveView], spoken: str) -> None:
    """Write the table of the steps that can be made now."""
    output.table(
        "\nSteps that you can make now",
        ("step", "", "records"),
        [(one.move.code, word(one.move, spoken), needs(one)) for one in moves],
    )
